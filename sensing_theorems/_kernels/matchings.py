r"""A matching of masks to coordinates, which grows mask by mask."""

from __future__ import annotations

import numpy as np

from ._jit import njit

__all__ = ["extend_matching"]


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
