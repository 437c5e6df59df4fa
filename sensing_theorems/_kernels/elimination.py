r"""Elimination modulo an odd prime p, on balanced residues in double precision."""

from __future__ import annotations

import numpy as np

from ._jit import njit

__all__ = ["eliminate_panel", "invert_unit_lower", "reduce_balanced", "reduce_difference"]


@njit
def reduce_balanced(values: np.ndarray, p: int) -> None:
    """Residues from -(p-1)/2 to (p-1)/2 of (n,) integers below 2^53, in place."""
    inverse = 1.0 / p
    half = (p - 1) / 2.0
    for i in range(values.size):
        value = values[i] - p * np.rint(values[i] * inverse)
        # The quotient of a large value may be rounded to the multiple next to the nearest.
        value -= p if value > half else 0.0
        values[i] = value + p if value < -half else value


@njit
def reduce_difference(
    target: np.ndarray, row: int, column: int, product: np.ndarray, p: int
) -> None:
    """Subtract (a, b) `product` modulo p from the block of `target` that starts at row, column."""
    a, b = product.shape
    for i in range(a):
        line = target[row + i, column : column + b]
        for j in range(b):
            line[j] -= product[i, j]
        reduce_balanced(line, p)


@njit
def _balanced_inverse(value: int, p: int) -> int:
    """Inverse of `value` modulo p, balanced, by the extended Euclidean algorithm."""
    a, b, u, v = value % p, p, 1, 0
    while a > 1:
        quotient = b // a
        a, b, u, v = b - quotient * a, a, v - quotient * u, u
    u %= p
    return u - p if u > p // 2 else u


@njit
def _subtract_multiple(target: np.ndarray, factor: float, source: np.ndarray) -> None:
    """Subtract factor * source, in place and without reduction."""
    for i in range(target.size):
        target[i] -= factor * source[i]


@njit
def _swap_rows(matrix: np.ndarray, i: int, k: int) -> None:
    """Swap two rows, in place."""
    for c in range(matrix.shape[1]):
        matrix[i, c], matrix[k, c] = matrix[k, c], matrix[i, c]


@njit
def eliminate_panel(
    panel: np.ndarray, matrix: np.ndarray, order: np.ndarray, rank: int, p: int
) -> np.ndarray:
    r"""PLU elimination of some columns below the pivot rows found before, in place.

    An entry is reduced when it is used, not when it changes: until then it gathers at most one
    product of residues per column, so the columns must be few enough for this to be exact.

    Parameters
    ----------
    panel : ndarray of float64, shape (c, m - rank)
        Residues of the columns, one per row of this array, from row `rank` of the matrix on. The
        multipliers come to stand behind the pivots.
    matrix : ndarray of float64, shape (m, n)
        Only swaps rows like the panel; so does `order`, of shape (m,).

    Returns
    -------
    ndarray of int64
        Which of the columns have a pivot; their pivot rows are rank, rank + 1, ...
    """
    width, height = panel.shape
    chosen = np.empty(min(width, height), np.int64)
    count = 0
    for c in range(width):
        line = panel[c]
        reduce_balanced(line, p)
        place = count
        while place < height and line[place] == 0:
            place += 1
        if place == height:
            continue
        if place != count:
            _swap_rows(matrix, rank + count, rank + place)
            _swap_rows(panel.T, count, place)
            _swap_rows(order.reshape(-1, 1), rank + count, rank + place)
        multipliers = line[count + 1 :]
        multipliers *= _balanced_inverse(int(line[count]), p)
        reduce_balanced(multipliers, p)
        for d in range(c + 1, width):
            reduce_balanced(panel[d, count : count + 1], p)
            _subtract_multiple(panel[d, count + 1 :], panel[d, count], multipliers)
        chosen[count] = c
        count += 1
    return chosen[:count]


@njit
def invert_unit_lower(lower: np.ndarray, p: int) -> np.ndarray:
    """Inverse modulo p of an (r, r) unit lower triangular matrix, reading only below its diagonal.

    Each entry gathers up to r products before it is reduced.
    """
    r = lower.shape[0]
    inverse = np.eye(r)
    for i in range(r):
        for k in range(i):
            _subtract_multiple(inverse[i, : k + 1], lower[i, k], inverse[k, : k + 1])
        reduce_balanced(inverse[i, : i + 1], p)
    return inverse
