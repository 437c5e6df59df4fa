r"""Estimators of the dimension of a cloud of points: arrays in, numbers out.

`intrinsic_dimension` adds intervals, and says what an estimate is worth.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .neighbours import nearest, pairs_within

__all__ = ["ESTIMATORS", "Fit", "correlation", "mle", "two_nn"]

# Of the ratios of distances, the part that Facco et al. keep.
_KEPT = 0.9
_RADII = 8
# Logarithms of ratios below are rounding, or so rare that they do not count.
_EVEN = 1e-6
# Distances of other pairs come this near by chance only where there are very many.
_SAME = 1e-10


class Fit(NamedTuple):
    """An estimate, infinite where all distances tie.

    Attributes
    ----------
    dimension : float
    low, high : float
        Range of the distances that decided.
    ties : float
        Part of the points whose two nearest neighbours are equally far.
    repeated : float
        Part of the pairs of a point and its nearest that are as far apart as another such pair.
    """

    dimension: float
    low: float
    high: float
    ties: float
    repeated: float


def _fit(count: int, total: float, distances: np.ndarray, indices: np.ndarray) -> Fit:
    low, high = np.quantile(distances[:, 0], 0.05), np.quantile(distances[:, -1], 0.95)
    value = count / total if total > 0 else float("inf")
    return Fit(value, float(low), float(high), *_ties(distances, indices))


def _logs(far: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Logarithms of ratios of distances, zero where these tie."""
    logs = np.log(far / near)
    return np.where(logs < _EVEN, 0.0, logs)


def _ties(distances: np.ndarray, indices: np.ndarray) -> tuple[float, float]:
    """Parts of ties: of the two nearest of a point, and of pairs of nearest neighbours."""
    near = distances[:, 0]
    pairs = np.sort(np.stack([np.arange(len(near)), indices[:, 0]]), axis=0)
    own = np.unique(pairs, axis=1, return_index=True)[1]
    lengths = np.sort(np.log(near[own]))
    same = np.diff(lengths) < _SAME
    repeated = np.concatenate([[False], same]) | np.concatenate([same, [False]])
    return float(np.mean(_logs(distances[:, 1], near) == 0)), float(np.mean(repeated))


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
    distances, indices = nearest(points, 2)
    logs = np.sort(_logs(distances[:, 1], distances[:, 0]))
    kept = max(1, int(_KEPT * len(logs)))
    total = logs[:kept].sum() + (len(logs) - kept) * logs[kept - 1]
    return _fit(kept, float(total), distances, indices)


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
    distances, indices = nearest(points, neighbours)
    logs = _logs(distances[:, -1:], distances[:, :-1])
    return _fit(logs.size, float(logs.sum()), distances, indices)


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
    distances, indices = nearest(points, neighbours)
    low, high = float(np.median(distances[:, 0])), float(np.median(distances[:, -1]))
    if high <= low * (1 + _EVEN):
        return Fit(float("inf"), low, high, *_ties(distances, indices))
    # A median is the distance of a pair, which rounding must not leave out.
    radii = np.geomspace(low, high, _RADII) * (1 + 1e-9)
    slope = np.polyfit(np.log(radii), np.log(pairs_within(points, radii)), 1)[0]
    return Fit(float(slope), low, high, *_ties(distances, indices))


ESTIMATORS = {"two_nn": two_nn, "mle": mle, "correlation": correlation}
