r"""Left null spaces of many small matrices at once, and a matching that grows mask by mask."""

from __future__ import annotations

import math

import numpy as np

from ._jit import njit

__all__ = ["LANES", "are_definite", "extend_matching", "left_null_spaces"]

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
def are_definite(grams: np.ndarray, floors: np.ndarray, definite: np.ndarray) -> None:
    r"""Whether :math:`G - \text{floor} \cdot I` has a Cholesky factor, for symmetric matrices G.

    Four pivots are eliminated from the lines below them at a time, which share what they load.

    Parameters
    ----------
    grams : ndarray of float64, shape (b, r, r)
        Upper triangles are read; overwritten.
    floors : ndarray of float64, shape (b,)
    definite : ndarray of bool, shape (b,)
        Receives the answers; False for NaN.
    """
    b, r = grams.shape[:2]
    for x in range(b):
        gram, start, sound = grams[x], 0, True
        while sound and start < r:
            stop = min(start + 4, r)
            for j in range(start, stop):
                left = gram[j, j] - floors[x]
                sound = sound and left > 0.0
                scale = 1.0 / math.sqrt(left) if sound else 0.0
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
            start = stop
        definite[x] = sound


@njit
def _make_room(
    start: int, bases: np.ndarray, edges: np.ndarray, owner: np.ndarray, seen: np.ndarray, turn: int
) -> bool:
    """Seat edge `start` elsewhere, with others moving up as needed.

    Breadth first. `seen` has `turn` for what was reached, -1 for vertices out of bounds; behind
    the vertices it lists masks, whose edges share a base that is looked through once.
    """
    n, k = owner.size, bases.shape[1]
    queue, via = np.empty(edges.shape[0], np.int64), np.empty(n, np.int64)
    queue[0] = start
    head, tail = 0, 1
    while head < tail:
        edge = queue[head]
        head += 1
        mask = edges[edge, 0]
        for j in range(1 if seen[n + mask] == turn else k + 1):
            vertex = edges[edge, 1] if j == 0 else bases[mask, j - 1]
            if seen[vertex] == -1 or seen[vertex] == turn:
                continue
            seen[vertex] = turn
            via[vertex] = edge
            if owner[vertex] >= 0:
                queue[tail] = owner[vertex]
                tail += 1
                continue
            while True:
                moved = via[vertex]
                left = edges[moved, 2]
                edges[moved, 2] = vertex
                owner[vertex] = moved
                if moved == start:
                    return True
                vertex = left
        seen[n + mask] = turn
    return False


@njit
def extend_matching(
    line: np.ndarray, bases: np.ndarray, mask: int, edges: np.ndarray, owner: np.ndarray, count: int
) -> int:
    r"""Add what one mask brings to an independent set of edges {base, one more coordinate}.

    A new edge is independent of the others if these can be seated, each in a vertex of its own,
    outside of the new edge. First the base is emptied, which is always possible, and then one
    further coordinate after the other. What was reached in vain from a coordinate that stays
    occupied will never make room for another one of this mask.

    Parameters
    ----------
    line : ndarray of int64, shape (k + r,)
        Coordinates of the mask, its base first. With r = 0, the base is emptied and no more.
    bases : ndarray of int64, shape (L, k)
    mask : int
        Its number in `bases`.
    edges : ndarray of int64, shape (most, 3)
        Mask, further coordinate and seat of each edge; updated.
    owner : ndarray of int64, shape (n,)
        Edge in each seat, -1 in empty ones; updated.
    count : int
        Number of edges so far.

    Returns
    -------
    int
        Number of edges now.
    """
    n, k = owner.size, bases.shape[1]
    seen = np.zeros(n + bases.shape[0], np.int64)
    seen[line[:k]] = -1
    for j in range(line.size):
        vertex, turn = line[j], j + 1
        if j >= k and seen[vertex] == -1:
            continue
        seen[vertex] = -1
        if owner[vertex] >= 0 and not _make_room(owner[vertex], bases, edges, owner, seen, turn):
            seen[:n][seen[:n] == turn] = -1
            continue
        owner[vertex] = -1
        if j >= k:
            edges[count, 0], edges[count, 1], edges[count, 2] = mask, vertex, vertex
            owner[vertex] = count
            count += 1
    return count
