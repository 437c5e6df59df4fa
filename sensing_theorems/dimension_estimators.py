r"""Estimators of the dimension of a cloud of points: arrays in, numbers out.

`intrinsic_dimension` adds intervals, and says what an estimate is worth.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from ._validate import finite_array
from .tolerance import rounding, threshold

__all__ = ["ESTIMATORS", "Cloud", "Fit", "as_cloud", "correlation", "mle", "nets", "two_nn"]

# Of the ratios of distances, the part that Facco et al. keep.
_KEPT = 0.9
_RADII = 8
# Coordinates up to which a tree is quicker than all inner products.
_TREE = 12
_BLOCK = 2**22
# Squared distances below this part of the largest norm are not taken from inner products.
_NEAR = 1e-8
_BOXES = range(8, 2048)
# Logarithms of ratios below are rounding, or so rare that they do not count.
_EVEN = 1e-6


class Cloud(NamedTuple):
    """Distinct points, in units in which the largest entry of the data is below one.

    Attributes
    ----------
    points : ndarray, shape (N, D)
        Real, centred, in the order of the data.
    counts : ndarray of int, shape (N,)
        How often each came.
    exponent : int
        The unit is 2 to this power.
    """

    points: np.ndarray
    counts: np.ndarray
    exponent: int


class Fit(NamedTuple):
    """An estimate, infinite where all distances tie.

    Attributes
    ----------
    dimension : float
    low, high : float
        Range of the distances that decided.
    ties : float
        Part of the points whose two nearest neighbours are equally far.
    """

    dimension: float
    low: float
    high: float
    ties: float


def as_cloud(data: Any, name: str) -> Cloud:
    r"""Return samples, one per row, as distinct points of a Euclidean space.

    Samples count as equal where rounding explains their distance: up to
    :math:`64\,\varepsilon\max_i\|x_i\|`, with the precision in which they were given.

    Parameters
    ----------
    data : array_like, shape (N, ...)
        Real or complex; a complex entry makes two coordinates.
    name : str
        For errors.
    """
    array = finite_array(data, name)
    if array.ndim < 2 or array.size == 0:
        raise ValueError(
            f"`{name}` must hold one sample per row, (N, ...), none empty; got shape {array.shape}."
        )
    flat = array.reshape(len(array), -1)
    flat = flat.view(flat.real.dtype).astype(np.float64)
    largest = float(np.abs(flat).max())
    exponent = int(np.frexp(largest)[1])
    # In two steps: one power of two may itself be out of range.
    points = np.ldexp(np.ldexp(flat, -(exponent // 2)), exponent // 2 - exponent)
    equal = threshold(float(np.linalg.norm(points, axis=1).max()), rounding(array.dtype, largest))
    _, first, counts = np.unique(points, axis=0, return_index=True, return_counts=True)
    order = np.argsort(first)
    points, counts = points[first[order]], counts[order]
    return Cloud(*_merge(points - points.mean(axis=0), counts, equal), exponent)


def _merge(points: np.ndarray, counts: np.ndarray, equal: float) -> tuple[np.ndarray, np.ndarray]:
    """Keep one of the points that lie within rounding; each round halves these or more."""
    while len(points) > 1:
        distances, indices = nearest(points, 1)
        close = np.flatnonzero(distances[:, 0] <= equal)
        if close.size == 0:
            break
        links = (np.ones(close.size), (close, indices[close, 0]))
        groups = coo_array(links, shape=(len(points), len(points)))
        labels = connected_components(groups, directed=False)[1]
        first = np.sort(np.unique(labels, return_index=True)[1])
        counts = np.bincount(labels, counts)[labels[first]].astype(np.int64)
        points = points[first]
    return points, counts


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


def _fit(count: int, total: float, distances: np.ndarray) -> Fit:
    low, high = np.quantile(distances[:, 0], 0.05), np.quantile(distances[:, -1], 0.95)
    value = count / total if total > 0 else float("inf")
    return Fit(value, float(low), float(high), _ties(distances))


def _logs(far: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Logarithms of ratios of distances, zero where these tie."""
    logs = np.log(far / near)
    return np.where(logs < _EVEN, 0.0, logs)


def _ties(distances: np.ndarray) -> float:
    return float(np.mean(_logs(distances[:, 1], distances[:, 0]) == 0))


def two_nn(points: np.ndarray, neighbours: int = 2) -> Fit:
    r"""Dimension from the ratios of the distances to the second and to the first neighbour.

    .. math:: \hat d = \frac{r}{\sum_{i \le r} l_{(i)} + (N - r)\, l_{(r)}}, \qquad
              l_i = \log\frac{r_2(x_i)}{r_1(x_i)}, \quad r = \lfloor 0.9 N \rfloor

    Where the density is constant up to the second neighbour, :math:`l_i` is exponential of rate d.
    Facco, d'Errico, Rodriguez and Laio (2017) discard the largest tenth, which deviates most, and
    fit a line; here the same sample is fitted by maximum likelihood, of which the discarded are
    known to be larger.

    Parameters
    ----------
    points : ndarray, shape (N, D)
        Distinct.
    neighbours : int
        Not used: there are two.
    """
    distances, _ = nearest(points, 2)
    logs = np.sort(_logs(distances[:, 1], distances[:, 0]))
    kept = max(1, int(_KEPT * len(logs)))
    total = logs[:kept].sum() + (len(logs) - kept) * logs[kept - 1]
    return _fit(kept, float(total), distances)


def mle(points: np.ndarray, neighbours: int) -> Fit:
    r"""Dimension from the distances to k neighbours, by maximum likelihood.

    .. math:: \hat d = \Bigl[\frac{1}{N (k - 1)} \sum_i \sum_{j < k}
              \log\frac{r_k(x_i)}{r_j(x_i)}\Bigr]^{-1}

    of Levina and Bickel (2004), with the inverses averaged over the points as MacKay and
    Ghahramani (2005) correct it.

    Parameters
    ----------
    points : ndarray, shape (N, D)
        Distinct.
    neighbours : int
        k, from 2 to N - 1.
    """
    distances, _ = nearest(points, neighbours)
    logs = _logs(distances[:, -1:], distances[:, :-1])
    return _fit(logs.size, float(logs.sum()), distances)


def correlation(points: np.ndarray, neighbours: int) -> Fit:
    r"""Slope of the correlation sum, :math:`\log C(\varepsilon)` against :math:`\log\varepsilon`.

    .. math:: C(\varepsilon) = \binom{N}{2}^{-1} \#\{i < j : \|x_i - x_j\| \le \varepsilon\}

    of Grassberger and Procaccia (1983), by least squares at eight scales from the median distance
    of the first neighbour to that of the k-th.

    Parameters
    ----------
    points : ndarray, shape (N, D)
        Distinct.
    neighbours : int
        k, from 2 to N - 1.
    """
    distances, _ = nearest(points, neighbours)
    low, high = float(np.median(distances[:, 0])), float(np.median(distances[:, -1]))
    if high <= low * (1 + _EVEN):
        return Fit(float("inf"), low, high, _ties(distances))
    # A median is the distance of a pair, which rounding must not leave out.
    radii = np.geomspace(low, high, _RADII) * (1 + 1e-9)
    slope = np.polyfit(np.log(radii), np.log(pairs_within(points, radii)), 1)[0]
    return Fit(float(slope), low, high, _ties(distances))


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


def nets(points: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    r"""Sizes of maximal separated subsets over all scales that the number of points resolves.

    Points more than :math:`\varepsilon` apart, to which none can be added: no fewer than the balls
    of radius :math:`\varepsilon` that are needed to cover all, no more than there are disjoint
    balls of half that radius. Their number thus grows as that of mesh boxes, whatever the axes.

    Parameters
    ----------
    points : ndarray, shape (N, D)
        Distinct.
    rng : Generator
        Draws the order in which points are taken.

    Returns
    -------
    scales, sizes : ndarray
        Scales descend by a factor of :math:`2^{1/8}`; sizes lie from 8 to N/10, at most 2048.
    """
    most = min(len(points) // 10, _BOXES.stop)
    scale = float(np.linalg.norm(points - points.mean(axis=0), axis=1).max())
    scales, sizes = [], []
    size = 0
    while size <= most:
        if size >= _BOXES.start:
            scales.append(scale)
            sizes.append(size)
        scale *= 2**-0.125
        size = _net(points[rng.permutation(len(points))], scale, most)
    return np.array(scales), np.array(sizes)


def _net(left: np.ndarray, scale: float, most: int) -> int:
    """Size of the separated subset that takes points as they come, counted up to `most` + 1."""
    size = 0
    while len(left) and size <= most:
        size += 1
        gaps = left - left[0]
        left = left[np.einsum("ij,ij->i", gaps, gaps) > scale**2]
    return size


ESTIMATORS = {"two_nn": two_nn, "mle": mle, "correlation": correlation}
