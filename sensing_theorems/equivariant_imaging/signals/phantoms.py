r"""Ellipse phantoms for tomography: a law invariant under the rotations of the plane."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._validate import generator, positive_int
from .moves import dihedral_moves

__all__ = ["phantoms"]

_INNER = 5
_CHUNK = 256


def phantoms(count: int, size: int, rng: Any) -> NDArray[np.float64]:
    r"""Images of an ellipse with five smaller ones inside, turned by a uniform angle.

    Everything lies in the disc that the square circumscribes. Ellipses add up, inner ones with
    contrasts in [-0.3, 0.4], and the sum is cut to [0, 1].

    Parameters
    ----------
    count : int
        Number of images.
    size : int
        Pixels along a side, at least 8.
    rng : numpy.random.Generator or int

    Returns
    -------
    ndarray, shape (count, size, size)
        Attenuation from 0 to 1.

    Raises
    ------
    ValueError
        If `size` is below 8.

    Notes
    -----
    *What is exact (derived here).* Before pixels, a phantom is a function p on the plane, turned by
    an angle that is uniform and independent of its shape, and mirrored or not: the law of p is
    invariant under all rotations and mirror images. An image is p seen on pixels. The edge of an
    ellipse is one pixel wide where its short axis ends, and wider by the ratio of the axes where
    its long one does: up to 1.7 pixels for the outer ellipse, up to 6.3 for the inner ones.
    Quarter turns and flips map pixels to pixels, so that the law of images is invariant
    under D4; a uniform element of D4, applied to the pixels last, makes this exact in floating
    point too. By other angles an image cannot be turned exactly: interpolation errs by what
    ``interpolated_rotations(...).defects`` says, largest at edges. Shifts leave the disc.
    """
    count, size, rng = positive_int(count, "count"), positive_int(size, "size"), generator(rng)
    if size < 8:
        raise ValueError(f"`size` must be at least 8, to hold a phantom; got {size}.")
    images = np.empty((count, size, size))
    for start in range(0, count, _CHUNK):
        part = images[start : start + _CHUNK]
        part[:] = _drawn(len(part), size, rng)
    return dihedral_moves(images, rng)


def _drawn(count: int, size: int, rng: np.random.Generator) -> NDArray[np.float64]:
    angle = rng.uniform(0, 2 * np.pi, (count, 1, 1))
    grid = (2 * np.arange(size) + 1) / size - 1
    x = np.cos(angle) * grid[None, None, :] + np.sin(angle) * grid[None, :, None]
    y = np.cos(angle) * grid[None, :, None] - np.sin(angle) * grid[None, None, :]
    # An edge is 2 / size wide, at most 1.7 times that, and half of it lies outside its ellipse.
    axes = rng.uniform(0.6, 1.0, (2, count, 1, 1)) * (0.95 - 2 / size)
    image = rng.uniform(0.3, 0.6, (count, 1, 1)) * _ellipse(x, y, axes, size)
    for _ in range(_INNER):
        small = rng.uniform(0.08, 0.3, (2, count, 1, 1)) * axes
        radius = rng.uniform(0, 0.6, (count, 1, 1))
        place, tilt = rng.uniform(0, 2 * np.pi, (2, count, 1, 1))
        u, v = x - radius * np.cos(place) * axes[0], y - radius * np.sin(place) * axes[1]
        u, v = np.cos(tilt) * u + np.sin(tilt) * v, np.cos(tilt) * v - np.sin(tilt) * u
        image += rng.uniform(-0.3, 0.4, (count, 1, 1)) * _ellipse(u, v, small, size)
    return np.clip(image, 0, 1)


def _ellipse(
    u: NDArray[Any], v: NDArray[Any], axes: NDArray[Any], size: int
) -> NDArray[np.float64]:
    """Indicator of an ellipse, with an edge one pixel wide where its short axis ends."""
    level = np.hypot(u / axes[0], v / axes[1])
    distance = (1 - level) * axes.min(0) * size / 2
    return np.clip(distance + 0.5, 0, 1)
