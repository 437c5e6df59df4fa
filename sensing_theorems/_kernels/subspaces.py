r"""Left null spaces of many small matrices at once, and ranks of what operators leave there."""

from __future__ import annotations

import math

import numpy as np

from ._jit import njit

__all__ = ["LANES", "full_ranks", "full_ranks_by_groups", "is_definite", "left_null_spaces"]

# Sums may be reordered and multiplications fused; NaN and infinity keep their meaning.
_FAST = {"contract", "reassoc", "nsz", "arcp"}
# Matrices that are worked on side by side. A constant, so that the compiler unrolls loops over it.
LANES = 64


@njit(fastmath=_FAST, error_model="numpy")
def _triangulate(work: np.ndarray, heads: np.ndarray, factors: np.ndarray) -> None:
    """Householder reflections that make (m, k, lanes) `work` upper triangular.

    The diagonal goes to `heads`; on and below it, columns receive the vector v of a reflection
    x + f v v^T x, and `factors` the f, 0 where nothing is left to be reflected.
    """
    m, k = work.shape[:2]
    sums = np.empty(LANES)
    for j in range(k):
        sums[:] = 0.0
        for i in range(j, m):
            for w in range(LANES):
                sums[w] += work[i, j, w] * work[i, j, w]
        for w in range(LANES):
            head = work[j, j, w]
            end = -math.copysign(math.sqrt(sums[w]), head)
            work[j, j, w] = head - end
            heads[j, w] = end
            factors[j, w] = 1.0 / (end * (head - end)) if sums[w] > 0.0 else 0.0
        for c in range(j + 1, k):
            sums[:] = 0.0
            for i in range(j, m):
                for w in range(LANES):
                    sums[w] += work[i, j, w] * work[i, c, w]
            for w in range(LANES):
                sums[w] *= factors[j, w]
            for i in range(j, m):
                for w in range(LANES):
                    work[i, c, w] += work[i, j, w] * sums[w]


@njit(fastmath=_FAST, error_model="numpy")
def _reflect_back(work: np.ndarray, factors: np.ndarray, space: np.ndarray) -> None:
    """Last m - k columns of the product of the reflections, into (m, m - k, lanes) `space`."""
    m, k = work.shape[:2]
    sums = np.empty(LANES)
    space[:] = 0.0
    for c in range(m - k):
        space[k + c, c, :] = 1.0
    for back in range(k):
        j = k - 1 - back
        for c in range(m - k):
            sums[:] = 0.0
            for i in range(j, m):
                for w in range(LANES):
                    sums[w] += work[i, j, w] * space[i, c, w]
            for w in range(LANES):
                sums[w] *= factors[j, w]
            for i in range(j, m):
                for w in range(LANES):
                    space[i, c, w] += work[i, j, w] * sums[w]


@njit(fastmath=_FAST, error_model="numpy")
def _inverse_norms(work: np.ndarray, heads: np.ndarray, norms: np.ndarray) -> None:
    """Frobenius norms of the inverses of the triangles that `_triangulate` leaves."""
    k = heads.shape[0]
    column, total, rest = np.empty((k, LANES)), np.zeros(LANES), np.empty(LANES)
    for j in range(k):
        for back in range(j + 1):
            i = j - back
            rest[:] = 1.0 if i == j else 0.0
            for c in range(i + 1, j + 1):
                for w in range(LANES):
                    rest[w] -= work[i, c, w] * column[c, w]
            for w in range(LANES):
                entry = rest[w] / heads[i, w] if heads[i, w] != 0.0 else math.inf
                column[i, w] = entry
                total[w] += entry * entry
    for w in range(LANES):
        norms[w] = math.sqrt(total[w])


@njit
def left_null_spaces(matrices: np.ndarray, spaces: np.ndarray, inverses: np.ndarray) -> None:
    r"""Orthonormal C with :math:`C^T M = 0`, for each (m, k) matrix M of full rank, k < m.

    Parameters
    ----------
    matrices : ndarray of float64, shape (b, m, k)
    spaces : ndarray of float64, shape (b, m - k, m)
        Receives :math:`C^T`.
    inverses : ndarray of float64, shape (b,)
        Receives :math:`\|M^+\|_F`, infinite or NaN where dependent columns or entries that are not
        finite leave no such C.
    """
    b, m, k = matrices.shape
    work, space = np.empty((m, k, LANES)), np.empty((m, m - k, LANES))
    heads, factors, norms = np.empty((k, LANES)), np.empty((k, LANES)), np.empty(LANES)
    for first in range(0, b, LANES):
        for i in range(m):
            for c in range(k):
                for w in range(LANES):
                    # The last matrix fills lanes that would be empty.
                    work[i, c, w] = matrices[min(first + w, b - 1), i, c]
        _triangulate(work, heads, factors)
        _reflect_back(work, factors, space)
        _inverse_norms(work, heads, norms)
        used = min(LANES, b - first)
        inverses[first : first + used] = norms[:used]
        for c in range(m - k):
            for i in range(m):
                for w in range(used):
                    spaces[first + w, c, i] = space[i, c, w]


@njit(fastmath=_FAST)
def is_definite(gram: np.ndarray, r: int, floor: float) -> bool:
    r"""Whether :math:`G - \text{floor} \cdot I` has a Cholesky factor; False for NaN.

    G is the leading (r, r) part of `gram`, of which the upper triangle is read and overwritten.
    Four pivots are eliminated from the lines below them at a time, which share what they load.
    """
    for start in range(0, r, 4):
        stop = min(start + 4, r)
        for j in range(start, stop):
            left = gram[j, j] - floor
            if not left > 0.0:
                return False
            scale = 1.0 / math.sqrt(left)
            for c in range(j, r):
                gram[j, c] *= scale
            for i in range(j + 1, stop):
                factor = gram[j, i]
                for c in range(i, r):
                    gram[i, c] -= factor * gram[j, c]
        if stop < r:
            f0, f1, f2, f3 = gram[start], gram[start + 1], gram[start + 2], gram[start + 3]
            for i in range(stop, r):
                line, a0, a1, a2, a3 = gram[i], f0[i], f1[i], f2[i], f3[i]
                for c in range(i, r):
                    line[c] -= a0 * f0[c] + a1 * f1[c] + a2 * f2[c] + a3 * f3[c]
    return True


@njit(fastmath=_FAST)
def _square(matrix: np.ndarray) -> float:
    flat, total = matrix.reshape(matrix.size), 0.0
    for i in range(flat.size):
        total += flat[i] * flat[i]
    return total


@njit
def full_ranks(
    bases: np.ndarray,
    operators: np.ndarray,
    sizes: np.ndarray,
    spaces: np.ndarray,
    inverses: np.ndarray,
    rule: np.ndarray,
    full: np.ndarray,
) -> None:
    r"""Whether all :math:`C_g^T A_g` have the largest rank there can be, min(n - k, L (m - k)).

    A Cholesky factor of a Gram matrix bounds the least singular value that this takes. Of columns,
    k may be left out, which makes no singular value larger.

    Parameters
    ----------
    bases : ndarray of float64, shape (b, n, k)
    operators : ndarray of float64, shape (b, L, m, n)
    sizes : ndarray of float64, shape (b, L)
        Squared Frobenius norms of the operators.
    spaces : ndarray of float64, shape (b, L, m - k, m)
        :math:`C_g^T`, from `left_null_spaces` of the A X.
    inverses : ndarray of float64, shape (b, L)
        Norms of the :math:`(A_g X)^+`, from there.
    rule : ndarray of float64, shape (4,)
        Squared norms between which operators and bases may be; what of a norm a singular value
        must be to be clear of rounding, and its square to be clear of rounding in the Gram matrix.
    full : ndarray of bool, shape (b,)
        Receives the answers.
    """
    b, L, m, n = operators.shape
    k = bases.shape[2]
    rows, most = L * (m - k), n - k
    side = rows if rows <= most else n
    stack, turned, gram = np.empty((L, m - k, n)), np.empty((most, rows)), np.empty((side, side))
    for x in range(b):
        own, bound, g = _square(bases[x]), 0.0, 0
        sound = rule[0] < own < rule[1]
        while sound and g < L:
            condition = math.sqrt(sizes[x, g] * own) * inverses[x, g]
            sound = rule[0] < sizes[x, g] < rule[1] and condition * rule[2] < 1.0
            bound += sizes[x, g] * (1.0 + condition) ** 2
            np.dot(spaces[x, g], operators[x, g], stack[g])
            g += 1
        full[x] = sound
        if not sound:
            continue
        lines = stack.reshape(rows, n)
        if rows <= most:
            for i in range(rows):
                for c in range(most):
                    turned[c, i] = lines[i, c]
            np.dot(turned.T, turned, gram)
        else:
            np.dot(lines.T, lines, gram)
        total = np.trace(gram[: min(rows, most), : min(rows, most)])
        floor = rule[3] * total + 2.0 * rule[2] ** 2 * (bound + total)
        full[x] = is_definite(gram, min(rows, most), floor)


@njit
def full_ranks_by_groups(
    bases: np.ndarray, operators: np.ndarray, group: int, rule: np.ndarray, full: np.ndarray
) -> None:
    """Null spaces, and then what `full_ranks` says of them, for a group of subspaces at a time.

    Groups should be small enough to stay in a cache, and large enough to fill the lanes.
    """
    b, L, m, n = operators.shape
    k = bases.shape[2]
    images, sizes = np.empty((group, L * m, k)), np.empty((group, L))
    spaces, inverses = np.empty((group, L, m - k, m)), np.empty((group, L))
    for first in range(0, b, group):
        count = min(group, b - first)
        part = slice(first, first + count)
        for x in range(count):
            # Read in order before it is multiplied, an operator comes faster from the memory.
            for g in range(L):
                sizes[x, g] = _square(operators[first + x, g])
            np.dot(operators[first + x].reshape(L * m, n), bases[first + x], images[x])
        left_null_spaces(
            images[:count].reshape(count * L, m, k),
            spaces[:count].reshape(count * L, m - k, m),
            inverses[:count].reshape(count * L),
        )
        full_ranks(bases[part], operators[part], sizes, spaces, inverses, rule, full[part])
