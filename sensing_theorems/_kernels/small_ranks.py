r"""Ranks of many small matrices, certified by Gauss-Jordan sweeps."""

from __future__ import annotations

import math

import numpy as np

from ._jit import njit

__all__ = ["certified_ranks"]

# Sums may be reordered and multiplications fused; NaN and infinity keep their meaning.
_FAST = {"contract", "reassoc", "nsz", "arcp"}
_MAGNITUDE = 0x7FFFFFFFFFFFFFFF


@njit
def _best(bits: np.ndarray, free: np.ndarray, keep: int) -> int:
    """Largest magnitude among the free entries, its place in the bits that `keep` leaves out.

    Bit patterns of non-negative doubles order like the numbers; and unlike a search for the
    largest double, one for the largest integer is compiled to vector instructions.
    """
    best = 0
    for c in range(bits.size):
        best = max(best, ((bits[c] & keep) | c) & free[c])
    return best


@njit
def _pivot(
    bits: np.ndarray, free_rows: np.ndarray, free_columns: np.ndarray, keep: int
) -> tuple[int, int]:
    """Rook pivot: the largest free entry of its row, and at least half of any in its column."""
    double = 1 << 52
    row = 0
    while free_rows[row] == 0:
        row += 1
    across = _best(bits[row], free_columns, keep)
    while True:
        column = across & ~keep
        down = 0
        for i in range(bits.shape[0]):
            down = max(down, ((bits[i, column] & keep) | i) & free_rows[i])
        if (down & keep) <= (across & keep) + double:
            return row, column
        row = down & ~keep
        across = _best(bits[row], free_columns, keep)


@njit(fastmath=_FAST)
def _sweep(work: np.ndarray, scaled: np.ndarray, active: np.ndarray, row: int, column: int) -> None:
    """Exchange y_row for x_column in y = W x, in the active rows of W, in place."""
    n = work.shape[1]
    inverse = 1.0 / work[row, column]
    for c in range(n):
        scaled[c] = work[row, c] * inverse
    scaled[column] = inverse
    for i in active:
        line = work[i]
        factor = line[column]
        for c in range(n):
            line[c] -= factor * scaled[c]
        # Only now: a number stored before would stall the vector loads just above.
        line[column] = -factor * inverse
    for c in range(n):
        work[row, c] = scaled[c]


@njit(fastmath=_FAST)
def _norm(work: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> float:
    """Frobenius norm of some rows of `work`, over the columns that are not 0 in `columns`."""
    total = 0.0
    for i in rows:
        for c in range(work.shape[1]):
            entry = work[i, c] if columns[c] != 0 else 0.0
            total += entry * entry
    return math.sqrt(total)


@njit(fastmath=_FAST)
def _has_full_rank(work: np.ndarray, factor: np.ndarray, scale: np.ndarray, floor: float) -> bool:
    r"""Whether :math:`W W^T - \text{floor} \cdot I` has a Cholesky factor, for (m, n) W, m <= n.

    It has one only if :math:`\sigma_m(W)^2` is at least `floor`, up to rounding of the products. No
    pivots are looked for, and most matrices of full rank need nothing else.
    """
    m, n = work.shape
    for i in range(m):
        # Four columns of the factor at a time, which share what they load.
        whole = i - i % 4
        for j in range(0, whole, 4):
            t0 = t1 = t2 = t3 = 0.0
            for c in range(n):
                w = work[i, c]
                t0 += w * work[j, c]
                t1 += w * work[j + 1, c]
                t2 += w * work[j + 2, c]
                t3 += w * work[j + 3, c]
            for c in range(j):
                f = factor[i, c]
                t0 -= f * factor[j, c]
                t1 -= f * factor[j + 1, c]
                t2 -= f * factor[j + 2, c]
                t3 -= f * factor[j + 3, c]
            t0 *= scale[j]
            t1 = (t1 - t0 * factor[j + 1, j]) * scale[j + 1]
            t2 = (t2 - t0 * factor[j + 2, j] - t1 * factor[j + 2, j + 1]) * scale[j + 2]
            t3 -= t0 * factor[j + 3, j] + t1 * factor[j + 3, j + 1] + t2 * factor[j + 3, j + 2]
            factor[i, j], factor[i, j + 1], factor[i, j + 2] = t0, t1, t2
            factor[i, j + 3] = t3 * scale[j + 3]
        for j in range(whole, i + 1):
            total = 0.0
            for c in range(n):
                total += work[i, c] * work[j, c]
            for c in range(j):
                total -= factor[i, c] * factor[j, c]
            if j < i:
                factor[i, j] = total * scale[j]
            elif total <= floor:
                return False
            else:
                scale[i] = 1.0 / math.sqrt(total - floor)
    return True


@njit
def _scaled_copy(matrix: np.ndarray, bits: np.ndarray, work: np.ndarray) -> int:
    """Copy times the power of two that brings the largest entry near 2^20; return its exponent.

    The exponent is 1024 for NaN and infinity, -1100 for a matrix of zeros. At 2^20, what sweeps
    leave in exchanged columns, of order one, is small beside what is still to be eliminated.
    """
    m, n = matrix.shape
    top = 0
    for i in range(m):
        for c in range(n):
            top = max(top, bits[i, c] & _MAGNITUDE)
    exponent = int(top >> 52) - 1023
    if top == 0 or exponent == 1024:
        return -1100 if top == 0 else 1024
    # In two steps, since one factor alone may be too large or too small for a double.
    half = (20 - exponent) // 2
    first, second = math.ldexp(1.0, half), math.ldexp(1.0, 20 - exponent - half)
    for i in range(m):
        for c in range(n):
            work[i, c] = (matrix[i, c] * first) * second
    return exponent


@njit
def _eliminate(
    work: np.ndarray, stop: float, track: bool, block: int
) -> tuple[int, float, float, float]:
    r"""Sweep (m, n) `work`, m <= n, until no pivot above `stop` is found.

    Finished rows stay active only to the end of their block of pivots. Sweeps of all rows would
    give the inverse of the pivot block B itself; the rows of block I satisfy
    :math:`x_I = Z_I y - V_I x_{>I}`, which bounds it at two thirds of the price.

    Returns
    -------
    rank : int
    inverse, left : float
        Bound on the norm of the inverse of B; norm of the Schur complement S that is left.
    noise : float
        Where `track`, sum of the norms of all the S on the way: every step rounds the entries
        that it leaves, the products and the scaled row, so that B and S are exact for a matrix at
        most 2 eps times this away.
    """
    m, n = work.shape
    bits = work.view(np.int64)
    free_rows, free_columns = np.full(m, _MAGNITUDE), np.full(n, _MAGNITUDE)
    low = 1
    while low < n:
        low *= 2
    scaled, active, finished = np.empty(n), np.arange(m), np.empty((m // block + 1, 2))
    rank, count, noise, small = 0, 0, 0.0, False
    while rank < m and not small:
        noise += _norm(work, active, free_columns) if track else 0.0
        row, column = _pivot(bits, free_rows, free_columns, _MAGNITUDE ^ (low - 1))
        small = abs(work[row, column]) <= stop
        if not small:
            _sweep(work, scaled, active, row, column)
            free_rows[row] = free_columns[column] = 0
            rank += 1
        if small or rank % block == 0 or rank == m:
            done = active[free_rows[active] == 0]
            finished[count, 0] = _norm(work, done, _MAGNITUDE - free_columns)
            finished[count, 1] = _norm(work, done, free_columns)
            active = active[free_rows[active] != 0]
            count += 1
    inverse = 0.0
    for i in range(count - 1, -1, -1):
        inverse = math.hypot(inverse, finished[i, 0] + finished[i, 1] * inverse)
    return rank, inverse, _norm(work, active, free_columns), noise


@njit
def certified_ranks(
    batch: np.ndarray, ranks: np.ndarray, rule: np.ndarray, lowest: int, block: int
) -> None:
    r"""Ranks of real (b, m, n) `batch`, m <= n, where bounds from an elimination decide them.

    With r pivots, an error E and what is left S, :math:`\sigma_{r+1} \le \|S\|_F + \|E\|_F` and
    :math:`\sigma_r \ge 1/\|B^{-1}\|_F - \|E\|_F`.

    Parameters
    ----------
    ranks : ndarray of int64, shape (b,)
        Receives the rank; -1 where the bounds leave it open, -2 for entries that are not finite.
    rule : ndarray of float64, shape (4,)
        Tolerance over the Frobenius norm; how many tolerances a kept value must be away; how much
        of what it left each step may have rounded; and the square of a singular value, over that
        of the norm, which is far enough away and which double precision can tell from 0.
    lowest : int
        Matrices with a largest entry below 2^lowest are left open.
    """
    m = batch.shape[1]
    bits = batch.view(np.int64)
    work, factor, scale = np.empty(batch.shape[1:]), np.empty((m, m)), np.empty(m)
    rows, columns = np.arange(m), np.ones(batch.shape[2], np.int64)
    for b in range(batch.shape[0]):
        exponent = _scaled_copy(batch[b], bits[b], work)
        ranks[b] = 0 if exponent == -1100 else -2 if exponent == 1024 else -1
        if exponent < lowest or exponent == 1024:
            continue
        norm = _norm(work, rows, columns)
        if _has_full_rank(work, factor, scale, rule[3] * norm * norm):
            ranks[b] = m
            continue
        tau = rule[0] * norm
        rank, inverse, left, noise = _eliminate(work, tau / 2, False, block)
        if 2 * inverse * rule[1] * tau >= 1 or rank == 0 or (rank < m and left > tau / 2):
            continue
        if rank < m:
            # Only what is left over needs to know its rounding errors, which costs as much again.
            _scaled_copy(batch[b], bits[b], work)
            rank, inverse, left, noise = _eliminate(work, tau / 2, True, block)
        if left + rule[2] * noise <= tau / 2:
            ranks[b] = rank
