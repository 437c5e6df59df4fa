r"""Images of a few flat shapes on a torus: a law exactly invariant under shifts and under D4."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._validate import generator, positive_int
from .moves import dihedral_moves, shift_moves

__all__ = ["shapes"]

KINDS = ("L", "T", "bar", "triangle", "ring")
_CHUNK = 512


def shapes(count: int, size: int, rng: Any, *, objects: int = 3) -> NDArray[np.float64]:
    r"""Images of a few random L, T, bars, triangles or rings, grey on black.

    Each shape has a random kind, size, grey level in [0.3, 1] and place; where they overlap, the
    brighter is seen.

    Parameters
    ----------
    count : int
        Number of images.
    size : int
        Pixels along a side, at least 8.
    rng : numpy.random.Generator or int
    objects : int
        Number of shapes in an image.

    Returns
    -------
    ndarray, shape (count, size, size)
        Grey levels from 0 to 1.

    Raises
    ------
    ValueError
        If `size` is below 8.

    Notes
    -----
    *Invariance (derived here).* Every image is drawn on the torus of size x size pixels, and then
    moved by an element h drawn uniformly from the finite group of circular shifts and the eight
    maps of D4, which is the semidirect product of both. Whatever the law of x is, the law of
    :math:`T_h x` is invariant: :math:`T_g T_h x = T_{gh} x`, and gh is as uniform as h. So the law
    is invariant exactly and not only up to pixels, under every subgroup also. Shifts have no border
    to cross, since shapes wrap around.
    """
    count, size, rng = positive_int(count, "count"), positive_int(size, "size"), generator(rng)
    if size < 8:
        raise ValueError(f"`size` must be at least 8, to tell shapes apart; got {size}.")
    objects = positive_int(objects, "objects")
    images = np.zeros((count, size, size))
    for start in range(0, count, _CHUNK):
        part = images[start : start + _CHUNK]
        for _ in range(objects):
            np.maximum(part, _one_each(len(part), size, rng), out=part)
    return shift_moves(dihedral_moves(images, rng), rng)


def _one_each(count: int, size: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Images of one shape each, about a place that is uniform on the torus."""
    centre = rng.uniform(0, size, (2, count, 1, 1))
    grid = np.arange(size) + 0.5
    # Coordinates about the centre, in (-size/2, size/2]: the torus cut open opposite to it.
    v = (grid[:, None] - centre[0] + size / 2) % size - size / 2
    u = (grid[None, :] - centre[1] + size / 2) % size - size / 2
    radius = rng.uniform(0.1, 0.2, (count, 1, 1)) * size
    thick = np.maximum(radius * rng.uniform(0.3, 0.6, (count, 1, 1)), 0.75)
    grey = rng.uniform(0.3, 1.0, (count, 1, 1))
    kind = rng.integers(len(KINDS), size=count)
    inside = np.empty((count, size, size), dtype=bool)
    for number, name in enumerate(KINDS):
        chosen = kind == number
        inside[chosen] = _inside(name, u[chosen], v[chosen], radius[chosen], thick[chosen])
    return grey * inside


def _inside(
    name: str, u: NDArray[Any], v: NDArray[Any], radius: NDArray[Any], thick: NDArray[Any]
) -> NDArray[np.bool_]:
    """Which pixels at (u, v) from the centre a shape of this radius covers."""
    box = np.maximum(abs(u), abs(v)) <= radius
    upright = abs(u) <= thick
    if name == "bar":
        return upright & (abs(v) <= radius)
    if name == "T":
        return box & (upright | (v <= 2 * thick - radius))
    if name == "L":
        return box & ((u <= 2 * thick - radius) | (v >= radius - 2 * thick))
    if name == "triangle":
        return box & (2 * abs(u) <= v + radius)
    distance = np.hypot(u, v)
    return (distance <= radius) & (distance >= radius - thick)
