"""Near neighbours, and pairs within a radius, by trees or by inner products."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

__all__ = ["nearest", "pairs_within"]

# Coordinates up to which a tree is quicker than all inner products.
_TREE = 12
_BLOCK = 2**22
# Squared distances below this part of the largest norm are not taken from inner products.
_NEAR = 1e-8


def nearest(points: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Distances to the k < N nearest other points, ascending, and which these are.

    Parameters
    ----------
    points : ndarray, shape (N, D)
    k : int

    Returns
    -------
    distances, indices : ndarray, shape (N, k)
    """
    if points.shape[1] > _TREE:
        return _nearest_by_products(points, k)
    distances, indices = cKDTree(points).query(points, k + 1)
    # A point need not come first in its own list where others are as near as rounding allows.
    others = indices != np.arange(len(points))[:, None]
    others[others.all(axis=1), -1] = False
    return distances[others].reshape(-1, k), indices[others].reshape(-1, k)


def _nearest_by_products(points: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Candidates from inner products, which cancel; their distances from differences."""
    N, D = points.shape
    squares = np.einsum("ij,ij->i", points, points)
    distances, indices = np.empty((N, k)), np.empty((N, k), np.int64)
    many = min(N - 1, k + 8)
    step = max(1, _BLOCK // max(N, many * D))
    for start in range(0, N, step):
        some = points[start : start + step]
        here = np.arange(len(some))
        gaps = squares - 2 * (some @ points.T)
        gaps[here, start + here] = np.inf
        found = np.argpartition(gaps, many - 1, axis=1)[:, :many]
        exact = np.linalg.norm(points[found] - some[:, None], axis=2)
        doubtful = np.flatnonzero(np.sort(exact, axis=1)[:, k - 1] ** 2 < _NEAR * squares.max())
        if doubtful.size:
            full = cdist(some[doubtful], points)
            full[np.arange(doubtful.size), start + doubtful] = np.inf
            found[doubtful] = np.argpartition(full, many - 1, axis=1)[:, :many]
            exact[doubtful] = np.take_along_axis(full, found[doubtful], axis=1)
        order = np.argsort(exact, axis=1)[:, :k]
        distances[start : start + step] = np.take_along_axis(exact, order, axis=1)
        indices[start : start + step] = np.take_along_axis(found, order, axis=1)
    return distances, indices


def pairs_within(points: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Number of ordered pairs of two points within each radius.

    Parameters
    ----------
    points : ndarray, shape (N, D)
    radii : ndarray, shape (r,)
    """
    N, D = points.shape
    if D <= _TREE:
        tree = cKDTree(points)
        return np.asarray(tree.count_neighbors(tree, radii), np.float64) - N
    squares = np.einsum("ij,ij->i", points, points)
    near = radii.min() ** 2 < _NEAR * squares.max()
    counts = np.full(len(radii), -float(N))
    step = max(1, _BLOCK // N)
    for start in range(0, N, step):
        some = points[start : start + step]
        if near:
            gaps = cdist(some, points, "sqeuclidean")
        else:
            gaps = squares - 2 * (some @ points.T) + squares[start : start + step, None]
        counts += [np.count_nonzero(gaps <= radius**2) for radius in radii]
    return counts
