r"""Dense linear algebra modulo a prime, exact and at the speed of floating-point products.

Residues are balanced, :math:`|x| \le \tfrac{p-1}{2}`, and kept in doubles: an inner product of K
of them is exact while :math:`K (p/2)^2 < 2^{53}`, whatever the order of its sums. Elimination
halves the columns recursively, so that nearly all of its work lies in such products.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ._kernels.elimination import (
    eliminate_panel,
    invert_unit_lower,
    reduce_balanced,
    reduce_difference,
)
from ._primes import prime
from ._validate import is_integer, plain_array

__all__ = ["PRIMES", "Echelon", "echelon", "inverse", "modular_rank", "multiply", "residues"]

# The largest below 2^23: 511 products may be added before a reduction.
PRIMES = (8388593, 8388587, 8388581, 8388571, 8388547, 8388539, 8388473, 8388461)

_EXACT = 2**53
_BOUND = 2**26
_PANEL = 32
_TRIANGLE = 64


class Echelon(NamedTuple):
    """Rank of a matrix modulo p, and where a square submatrix of that rank is invertible.

    Attributes
    ----------
    rank : int
    rows, columns : ndarray of int64, shape (rank,)
        Pivots, in the order of their elimination; the columns increase.
    """

    rank: int
    rows: np.ndarray
    columns: np.ndarray


def residues(matrix: Any, p: int) -> np.ndarray:
    r"""Balanced residues of integers modulo p.

    Parameters
    ----------
    matrix : array_like of integers
        Of integer or boolean type, floats below 2^53 with integer values, or Python integers of
        any size in an array of objects.
    p : int
        Prime with 3 <= p < 2^26.

    Returns
    -------
    ndarray of float64, shape of `matrix`
    """
    return _residues(matrix, prime(p, "p", 3, _BOUND))


def multiply(a: np.ndarray, b: np.ndarray, p: int) -> np.ndarray:
    r"""Product a b modulo p of matrices of residues.

    Parameters
    ----------
    a, b : ndarray of float64, shapes (m, k) and (k, n)
        Balanced, as `residues` returns them.
    p : int
        Prime with 3 <= p < 2^26.

    Returns
    -------
    ndarray of float64, shape (m, n)
        Balanced.
    """
    p = prime(p, "p", 3, _BOUND)
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[0]:
        came = f"{a.shape} and {b.shape}"
        raise ValueError(f"`a` and `b` must have shapes (m, k) and (k, n); got {came}.")
    return _multiply(a, b, p)


def echelon(matrix: Any, p: int) -> Echelon:
    r"""Rank profile modulo p, by recursive elimination :math:`P M = L U`.

    Parameters
    ----------
    matrix : array_like of integers, shape (m, n)
        See `residues`.
    p : int
        Prime with 3 <= p < 2^26.
    """
    p = prime(p, "p", 3, _BOUND)
    _, order, pivots = _factor(_matrix(matrix, p), p)
    return Echelon(pivots.size, order[: pivots.size], pivots)


def modular_rank(matrix: Any, p: int = PRIMES[0]) -> int:
    r"""Rank of an integer matrix modulo a prime, which is at most its rank over the rationals.

    .. math:: \operatorname{rank}_p M \le \operatorname{rank}_{\mathbb{Q}} M

    since a minor that is not zero modulo p is not zero. Full rank modulo p therefore proves full
    rank over the rational, real and complex numbers, without rounding. The converse does not
    hold: p may divide all the minors that matter, as it does for diag(p, 1).

    Parameters
    ----------
    matrix : array_like of integers, shape (m, n)
        Of integer or boolean type, floats below 2^53 with integer values, or Python integers of
        any size in an array of objects.
    p : int
        Prime with 3 <= p < 2^26.

    Examples
    --------
    >>> modular_rank([[8388593, 0], [0, 1]]), modular_rank([[8388593, 0], [0, 1]], p=8388587)
    (1, 2)
    """
    return echelon(matrix, p).rank


def inverse(matrix: Any, p: int) -> np.ndarray:
    r"""Inverse of a square integer matrix modulo p.

    Parameters
    ----------
    matrix : array_like of integers, shape (n, n)
        See `residues`.
    p : int
        Prime with 3 <= p < 2^26.

    Returns
    -------
    ndarray of float64, shape (n, n)
        Balanced residues.
    """
    p = prime(p, "p", 3, _BOUND)
    work = _matrix(matrix, p)
    n = work.shape[0]
    if work.shape[1] != n:
        raise ValueError(f"`matrix` must be square, (n, n); got shape {work.shape}.")
    work, order, pivots = _factor(work, p)
    if (rank := pivots.size) < n:
        raise ValueError(f"`matrix` must be invertible modulo {p}; got rank {rank} of {n}.")
    solved = _solve_lower(work, np.eye(n)[order], p)
    scale = _residues([pow(int(d), -1, p) for d in np.diagonal(work)], p)[:, None]
    # Read backwards, the unit upper factor is a unit lower one.
    upper = _reduced(work * scale, p)[::-1, ::-1]
    return _solve_lower(upper, _reduced(solved * scale, p)[::-1], p)[::-1].copy()


def _residues(matrix: Any, p: int) -> np.ndarray:
    """Balanced residues, as a new array."""
    raw = plain_array(matrix, "matrix")
    if raw.dtype.kind == "O":
        if not all(is_integer(entry) for entry in raw.flat):
            raise ValueError("`matrix` must hold integers; got objects that are none.")
        raw = np.array([int(entry) % p for entry in raw.flat], np.int64).reshape(raw.shape)
    elif raw.dtype.kind == "f":
        if not np.all((np.rint(raw) == raw) & (np.abs(raw) < _EXACT)):
            raise ValueError("`matrix` must hold integers below 2^53; got other floats.")
    elif raw.dtype.kind not in "biu":
        raise ValueError(f"`matrix` must hold integers; got dtype {raw.dtype}.")
    elif raw.size and raw.itemsize == 8 and not -_EXACT < raw.min() <= raw.max() < _EXACT:
        raw = raw % raw.dtype.type(p)
    return _reduced(np.array(raw, np.float64, order="C"), p)


def _matrix(matrix: Any, p: int) -> np.ndarray:
    """Residues of a two-dimensional array."""
    work = _residues(matrix, p)
    if work.ndim != 2:
        raise ValueError(f"`matrix` must be two-dimensional, (m, n); got shape {work.shape}.")
    return work


def _reduced(values: np.ndarray, p: int) -> np.ndarray:
    """Balance the C-ordered `values` in place, and return them."""
    reduce_balanced(values.reshape(-1), p)
    return values


def _depth(p: int, most: int) -> int:
    """How many products of residues, at most `most`, may be added to a residue."""
    return min(most, (_EXACT - p) // (p // 2) ** 2)


def _multiply(a: np.ndarray, b: np.ndarray, p: int) -> np.ndarray:
    """Product modulo p, reduced in between where the inner dimension is long."""
    depth = _depth(p, max(1, a.shape[1]))
    product = _reduced(a[:, :depth] @ b[:depth], p)
    for k in range(depth, a.shape[1], depth):
        product = _reduced(product + a[:, k : k + depth] @ b[k : k + depth], p)
    return product


def _solve_lower(lower: np.ndarray, block: np.ndarray, p: int) -> np.ndarray:
    """L^-1 block modulo p, for the unit lower triangle L of (r, r) `lower`."""
    r = lower.shape[0]
    if r <= _depth(p, _TRIANGLE):
        return _multiply(invert_unit_lower(np.ascontiguousarray(lower), p), block, p)
    half = r // 2
    top = _solve_lower(lower[:half, :half], block[:half], p)
    rest = block[half:].copy()
    _subtract_product(rest, (0, 0), lower[half:, :half], top, p)
    return np.vstack([top, _solve_lower(lower[half:, half:], rest, p)])


def _subtract_product(
    target: np.ndarray, corner: tuple[int, int], a: np.ndarray, b: np.ndarray, p: int
) -> None:
    """Subtract a b modulo p from the block of `target` at `corner`, in place."""
    depth = _depth(p, max(1, a.shape[1]))
    for k in range(0, a.shape[1], depth):
        reduce_difference(target, *corner, a[:, k : k + depth] @ b[k : k + depth], p)


def _factor(work: np.ndarray, p: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Factor `work` in place; return it, the order of its rows, and the pivot columns."""
    order = np.arange(work.shape[0])
    return work, order, np.array(_eliminate(work, order, 0, (0, work.shape[1]), p), np.int64)


def _eliminate(
    work: np.ndarray, order: np.ndarray, rank: int, columns: tuple[int, int], p: int
) -> list[int]:
    """Eliminate some columns below `rank` rows that have their pivots; return the new pivots."""
    first, last = columns
    if rank == work.shape[0]:
        return []
    if last - first <= _depth(p, _PANEL):
        panel = work[rank:, first:last].T.copy()
        chosen = eliminate_panel(panel, work, order, rank, p)
        work[rank:, first:last] = panel.T
        return [first + int(c) for c in chosen]
    middle = (first + last) // 2
    left = _eliminate(work, order, rank, (first, middle), p)
    if left:
        below = rank + len(left)
        lower = work[rank:, left]
        top = _solve_lower(lower[: len(left)], work[rank:below, middle:last], p)
        work[rank:below, middle:last] = top
        _subtract_product(work, (below, middle), lower[len(left) :], top, p)
    return left + _eliminate(work, order, rank + len(left), (middle, last), p)
