"""Ranks of many small integer matrices modulo a prime."""

from __future__ import annotations

import numpy as np

from ._jit import njit

__all__ = ["ranks_modulo"]


@njit
def _inverse_modulo(value: int, p: int) -> int:
    """Inverse of 0 < value < p by the extended Euclidean algorithm."""
    a, b, u, v = value, p, 1, 0
    while a > 1:
        quotient = b // a
        a, b, u, v = b - quotient * a, a, v - quotient * u, u
    return u % p


@njit
def _subtract_modulo(target: np.ndarray, row: np.ndarray, factor: int, p: int) -> None:
    """Subtract factor * row modulo p < 2^31 from residues in [0, p), in place."""
    negative = p - factor
    inverse = 1.0 / p
    for c in range(target.size):
        # Below 2^63. The quotient in doubles is off by at most one, which the last lines mend;
        # integer division has no vector instruction.
        value = target[c] + negative * row[c]
        value -= np.int64(value * inverse) * p
        value += p if value < 0 else 0
        target[c] = value - p if value >= p else value


@njit
def ranks_modulo(batch: np.ndarray, ranks: np.ndarray, p: int) -> None:
    """Ranks of int64 (b, m, n) `batch` modulo a prime p < 2^31, into int64 (b,) `ranks`."""
    m, n = batch.shape[1:]
    for b in range(batch.shape[0]):
        work = batch[b] % p
        rank = 0
        for column in range(n):
            if rank == m:
                break
            row = rank
            while row < m and work[row, column] == 0:
                row += 1
            if row == m:
                continue
            pivot = work[row, column:].copy()
            work[row, column:] = work[rank, column:]
            inverse = _inverse_modulo(pivot[0], p)
            rank += 1
            for i in range(rank, m):
                if work[i, column] != 0:
                    _subtract_modulo(work[i, column:], pivot, work[i, column] * inverse % p, p)
        ranks[b] = rank
