r"""Rotations of pixels by any angle, interpolated: linear, with exact transposes, but no group."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from functools import partial

import numpy as np
import scipy.fft
import scipy.sparse as sp

from .._validate import at_most, choice, positive_int
from .action import ENUMERATION_LIMIT
from .approximate import ApproximateAction
from .orders import order_text
from .transforms import LinearMap, matrix_map

__all__ = ["interpolated_rotations"]

_MOST_MAPS = 2**16


def interpolated_rotations(size: int, order: int, method: str = "bilinear") -> ApproximateAction:
    r"""Rotations by :math:`2 \pi k/N` of size × size pixels about the centre, interpolated.

    Counter-clockwise, as ``numpy.rot90``; quarter turns are exact. With :math:`R` the rotation of
    the plane, :math:`(T_k x)(p) = \tilde x(R_k^{-1} p)` for an interpolant :math:`\tilde x`:

    * "bilinear": of the four pixels around, with zeros outside the image.
    * "bicubic": the cubic B-spline with one coefficient per pixel that passes through all pixels;
      outside the image it fades to zero within two pixels.
    * "shear": three shears by Fourier interpolation (Paeth's factors of a rotation by at most 45°,
      after a quarter turn), :math:`R = H(-\tan\frac\theta2) V(\sin\theta) H(-\tan\frac\theta2)`.
      Orthogonal; what leaves the image comes in on the other side.

    Parameters
    ----------
    size : int
        Side of the image; n is its square.
    order : int
        Number of angles N.
    method : {"bilinear", "bicubic", "shear"}

    Returns
    -------
    ApproximateAction
        With `defects` far from zero, unless all angles are quarter turns.

    Raises
    ------
    ValueError
        If a number is not positive, the maps are too many to list, or the method is unknown.

    Notes
    -----
    The highest frequency of an even side cannot be moved by a fraction of a pixel and stay real; a
    shear moves it by the nearest whole number, which keeps it orthogonal.
    """
    size, order = at_most(size, "size", 2048), positive_int(order, "order")
    most = min(_MOST_MAPS, ENUMERATION_LIMIT // size**2)
    if order > most:
        raise ValueError(
            f"`order` must be at most {most} for {size} x {size} pixels, since every map is "
            f"listed; got {order_text(order)}."
        )
    builders = {"bilinear": _bilinear, "bicubic": _bicubic, "shear": _shear}
    choice(method, "method", builders)
    maps = tuple(_rotation(size, k, order, builders[method]) for k in range(order))
    name = f"interpolated_rotations({size}, {order}, {method})"
    return ApproximateAction(name, size**2, (size, size), maps, tuple(range(order)))


def _rotation(
    size: int, k: int, order: int, build: Callable[[int, float, sp.csr_array], LinearMap]
) -> LinearMap:
    """Quarter turns, exactly, after a rotation by at most 45 degrees."""
    quarters, rest = divmod(4 * k, order)
    if 2 * rest > order:
        quarters, rest = quarters + 1, rest - order
    shown = np.rot90(np.arange(size**2).reshape(size, size), quarters).reshape(-1)
    n = shown.size
    turn = sp.csr_array((np.ones(n), (np.arange(n), shown)), shape=(n, n))
    return matrix_map(turn) if rest == 0 else build(size, math.pi * rest / (2 * order), turn)


def _linear_weights(t: np.ndarray) -> np.ndarray:
    """Weights of the pixels at 0 and 1 for a point at t, shape (2, …)."""
    return np.stack([1 - t, t])


def _cubic_weights(t: np.ndarray) -> np.ndarray:
    """Values at t of the B-splines about -1, 0, 1 and 2, shape (4, …)."""
    near, far = (4 - 6 * t**2 + 3 * t**3, 4 - 6 * (1 - t) ** 2 + 3 * (1 - t) ** 3)
    return np.stack([(1 - t) ** 3, near, far, t**3]) / 6


def _sampling(size: int, angle: float, weights: Callable[[np.ndarray], np.ndarray]) -> sp.csr_array:
    """Sparse map from coefficients to values at the pixels turned back by the angle, (n, n)."""
    centre = (size - 1) / 2
    row, column = np.mgrid[:size, :size].reshape(2, -1)
    right, up = column - centre, centre - row
    cosine, sine = math.cos(angle), math.sin(angle)
    rows = centre - (cosine * up - sine * right)
    columns = centre + cosine * right + sine * up
    along = [(weights(at - np.floor(at)), np.floor(at).astype(int)) for at in (rows, columns)]
    width = along[0][0].shape[0]
    total = sp.csr_array((size**2, size**2))
    for i, j in itertools.product(range(width), repeat=2):
        (by_row, first), (by_column, second) = along
        r, c = first + i - (width // 2 - 1), second + j - (width // 2 - 1)
        kept = np.flatnonzero((r >= 0) & (r < size) & (c >= 0) & (c < size))
        values = (by_row[i] * by_column[j])[kept]
        total = total + sp.csr_array((values, (kept, (r * size + c)[kept])), shape=total.shape)
    return total


def _bilinear(size: int, angle: float, turn: sp.csr_array) -> LinearMap:
    return matrix_map(sp.csr_array(turn @ _sampling(size, angle, _linear_weights)))


def _bicubic(size: int, angle: float, turn: sp.csr_array) -> LinearMap:
    splines = np.eye(size) * 4 / 6 + (np.eye(size, k=1) + np.eye(size, k=-1)) / 6
    # Symmetric, so that it is its own transpose.
    prefilter = np.linalg.inv(splines)
    matrix = sp.csr_array(turn @ _sampling(size, angle, _cubic_weights))
    return LinearMap(
        size**2,
        partial(_after_prefilter, matrix, prefilter),
        partial(_to_prefilter, matrix, prefilter),
    )


def _prefiltered(prefilter: np.ndarray, x: np.ndarray) -> np.ndarray:
    images = x.reshape(-1, *prefilter.shape)
    return (prefilter @ images @ prefilter).reshape(x.shape)


def _after_prefilter(matrix: sp.csr_array, prefilter: np.ndarray, x: np.ndarray) -> np.ndarray:
    return (matrix @ _prefiltered(prefilter, x).T).T


def _to_prefilter(matrix: sp.csr_array, prefilter: np.ndarray, x: np.ndarray) -> np.ndarray:
    return _prefiltered(prefilter, (matrix.T @ x.T).T)


def _shear(size: int, angle: float, turn: sp.csr_array) -> LinearMap:
    offset = np.arange(size) - (size - 1) / 2
    # Rows lie at heights -offset, and columns that go up lose in row number.
    across = _shifts(offset * math.tan(angle / 2))
    along = _shifts(-offset * math.sin(angle)).T
    steps = [(across, -1), (along, -2), (across, -1)]
    return LinearMap(size**2, partial(_sheared, turn, steps), partial(_sheared_back, turn, steps))


def _shifts(by: np.ndarray) -> np.ndarray:
    """Fourier multipliers of circular shifts, one row for every shift, (N, N)."""
    size = by.size
    multipliers = np.exp(-2j * np.pi * np.outer(by, scipy.fft.fftfreq(size)))
    if size % 2 == 0:
        multipliers[:, size // 2] = np.where(np.rint(by) % 2, -1.0, 1.0)
    return multipliers


def _multiplied(multipliers: np.ndarray, axis: int, images: np.ndarray) -> np.ndarray:
    moved = scipy.fft.ifft(multipliers * scipy.fft.fft(images, axis=axis), axis=axis)
    return moved if images.dtype.kind == "c" else moved.real


def _sheared(turn: sp.csr_array, steps: list[tuple[np.ndarray, int]], x: np.ndarray) -> np.ndarray:
    images = x.reshape(-1, *steps[0][0].shape)
    for multipliers, axis in steps:
        images = _multiplied(multipliers, axis, images)
    return (turn @ images.reshape(x.shape).T).T


def _sheared_back(
    turn: sp.csr_array, steps: list[tuple[np.ndarray, int]], x: np.ndarray
) -> np.ndarray:
    images = (turn.T @ x.T).T.reshape(-1, *steps[0][0].shape)
    for multipliers, axis in reversed(steps):
        images = _multiplied(multipliers.conj(), axis, images)
    return images.reshape(x.shape)
