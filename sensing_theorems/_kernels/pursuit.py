r"""Sparse codes by greedy pursuit."""

from __future__ import annotations

import math

import numpy as np

from ._jit import njit

__all__ = ["encode", "pursue"]

# What of its length a vector must keep, orthogonal to others, to count as independent of them.
_LEAST = 1e-10


@njit
def _added(basis: np.ndarray, count: int, triangle: np.ndarray) -> bool:
    """Make row `count` of `basis` orthonormal to those before; False if nothing of it is left.

    The column `count` of `triangle` receives its coordinates.
    """
    q = basis[count]
    before = math.sqrt(np.dot(q, q))
    triangle[: count + 1, count] = 0.0
    # A second pass removes what rounding left of the first.
    for _ in range(2):
        for u in range(count):
            share = np.dot(basis[u], q)
            triangle[u, count] += share
            q -= share * basis[u]
    left = math.sqrt(np.dot(q, q))
    if not left > _LEAST * before:
        return False
    q /= left
    triangle[count, count] = left
    return True


@njit
def pursue(
    matrix: np.ndarray,
    lengths: np.ndarray,
    signal: np.ndarray,
    taken: int,
    support: np.ndarray,
    values: np.ndarray,
) -> float:
    r"""Orthogonal matching pursuit: :math:`y \approx \sum_{j \in S} z_j a_j`, one j at a time.

    Each time, the column with the largest :math:`|a_j^\top r| / \|a_j\|` is taken, where r is y
    without its projection onto the columns taken before.

    Parameters
    ----------
    matrix : ndarray of float64, shape (m, p)
    lengths : ndarray of float64, shape (p,)
        Norms of the columns; those of length 0 are never taken.
    signal : ndarray of float64, shape (m,)
    taken : int
        How many entries of `support` are given.
    support : ndarray of int64, shape (k,)
        Receives S in the order of choice, and -1 once no independent column is left.
    values : ndarray of float64, shape (k,)
        Receives the :math:`z_j` of the best approximation; 0 behind the end.

    Returns
    -------
    float
        :math:`\|r\|^2`.
    """
    (m, p), k = matrix.shape, support.size
    basis, triangle, images = np.empty((k, m)), np.zeros((k, k)), np.empty(k)
    rest, count = signal.copy(), 0
    support[taken:] = -1
    values[:] = 0.0
    while count < k:
        if count >= taken:
            seen, best = np.dot(rest, matrix), -1.0
            for j in range(p):
                if lengths[j] > 0.0 and abs(seen[j]) > best * lengths[j]:
                    if not np.any(support[:count] == j):
                        best, support[count] = abs(seen[j]) / lengths[j], j
            if best < 0.0:
                break
        basis[count] = matrix[:, support[count]]
        if not _added(basis, count, triangle):
            support[count:] = -1
            break
        images[count] = np.dot(basis[count], rest)
        rest -= images[count] * basis[count]
        count += 1
    for back in range(count):
        t = count - 1 - back
        found = images[t]
        for c in range(t + 1, count):
            found -= triangle[t, c] * values[c]
        values[t] = found / triangle[t, t]
    return float(np.dot(rest, rest))


@njit
def _best_pair(gram: np.ndarray, seen: np.ndarray, support: np.ndarray) -> bool:
    """The two unit columns that explain most, from products with each other and the signal."""
    best = -1.0
    for i in range(seen.size):
        for j in range(i):
            sine = 1.0 - gram[i, j] * gram[i, j]
            if sine > 1e-9:
                part = seen[j] - gram[i, j] * seen[i]
                explained = seen[i] * seen[i] + part * part / sine
                if explained > best:
                    best, support[0], support[1] = explained, i, j
    return best >= 0.0


@njit
def encode(
    dictionary: np.ndarray,
    operators: np.ndarray,
    signals: np.ndarray,
    paired: bool,
    supports: np.ndarray,
    values: np.ndarray,
    errors: np.ndarray,
) -> float:
    r"""Sparse codes z of all :math:`y \approx A_g D z` by `pursue`, and the sum of their errors.

    Parameters
    ----------
    dictionary : ndarray of float64, shape (n, p)
    operators : ndarray of float64, shape (G, m, n)
    signals : ndarray of float64, shape (G, N, m)
    paired : bool
        Whether pursuit begins with the best of all pairs of atoms, if k > 1.
    supports, values : ndarrays of int64 and of float64, shape (G, N, k)
        Receive the codes.
    errors : ndarray of float64, shape (G, N)
        Receives the squared norms of what is left.
    """
    (G, N, k), p = supports.shape, dictionary.shape[1]
    lengths, total = np.empty(p), 0.0
    for g in range(G):
        seen = np.dot(operators[g], dictionary)
        for j in range(p):
            lengths[j] = math.sqrt(np.sum(seen[:, j] ** 2))
        unit = seen / np.maximum(lengths, 1e-300)
        gram = np.dot(unit.T, unit)
        for i in range(N):
            support, taken = supports[g, i], 0
            if paired and k > 1 and _best_pair(gram, np.dot(signals[g, i], unit), support):
                taken = 2
            errors[g, i] = pursue(seen, lengths, signals[g, i], taken, support, values[g, i])
            total += errors[g, i]
    return total
