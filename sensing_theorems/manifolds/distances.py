r"""Distances from a manifold: from above by descents, from below by a Lipschitz constant."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

import numpy as np

from .manifold import Manifold

__all__ = ["bracket", "descended", "least_squares"]

_EPS = float(np.finfo(np.float64).eps)
# Mixtures of the given parameters that are looked at, and the points from which descents start.
_MIXED, _SWEPT, _FEW, _MANY = 256, 8, 4, 48
# Values of the function that may be spent on one lower bound.
_BUDGET = 20_000


def descended(
    manifold: Manifold,
    z: np.ndarray,
    thetas: np.ndarray,
    known: tuple[np.ndarray, np.ndarray],
    *,
    enough: float,
    thorough: bool,
) -> float:
    """Upper bound of the distance of z from the model, by descents until it is `enough`.

    Parameters
    ----------
    z : ndarray, shape (n,)
    thetas : ndarray, shape (L, d)
        Parameters to start from, and their mixtures: coordinate by coordinate from any of them.
    known : (ndarray, ndarray), shapes (p, d) and (p, n)
        Other parameters and their signals.
    enough : float
        What is near enough to stop.
    thorough : bool
        Whether to descend from many points.
    """
    mixed = _mixtures(manifold, z, thetas)
    points = np.array([manifold.point(theta) for theta in mixed])
    starts, signals = (np.concatenate(pair) for pair in zip((mixed, points), known, strict=True))
    away = np.linalg.norm(signals - z, axis=1)
    order = np.argsort(np.where(np.isfinite(away), away, np.inf))[: _MANY if thorough else _FEW]
    best = float(away[order[0]])
    box = manifold.domain if manifold.lipschitz is not None else None
    for theta in [*starts[order], *(thetas if thorough else [])]:
        if best <= enough:
            break
        end = least_squares(
            lambda t: manifold.point(t) - z, manifold.tangent, theta, most=50, box=box
        )
        if end is not None:
            best = min(best, float(np.linalg.norm(manifold.point(end) - z)))
    return best


def _mixtures(manifold: Manifold, z: np.ndarray, thetas: np.ndarray) -> np.ndarray:
    """All parameters with each coordinate from one of the given ones, or the nearest of them."""
    L, d = thetas.shape
    if d * np.log(L) <= np.log(_MIXED):
        choices = np.array(list(itertools.product(range(L), repeat=d)))
        return np.asarray(thetas[choices, np.arange(d)])
    return np.concatenate([thetas, [_improved(manifold, z, thetas, t) for t in thetas[:_SWEPT]]])


def _improved(
    manifold: Manifold, z: np.ndarray, thetas: np.ndarray, start: np.ndarray
) -> np.ndarray:
    """Exchange one coordinate after the other for the best of the given ones, twice."""
    best, least = start, float(np.linalg.norm(manifold.point(start) - z))
    for j in [*range(len(start))] * 2:
        for value in np.unique(thetas[:, j]):
            other = best.copy()
            other[j] = value
            gap = float(np.linalg.norm(manifold.point(other) - z))
            if gap < least:
                best, least = other, gap
    return best


def bracket(manifold: Manifold, z: np.ndarray, *, enough: float) -> tuple[float, float]:
    r"""Lower and upper bound of the distance of z from the image of the box.

    .. math:: \|x(\theta) - z\| \ge \|x(c) - z\| - L\,r

    in a box of centre c and half-diagonal r. Boxes are halved, that of the smallest bound first,
    until the bounds are within a factor of two, z is near `enough`, or the budget is spent.

    Parameters
    ----------
    manifold : Manifold
        With a Lipschitz constant L.
    z : ndarray, shape (n,)
    enough : float
    """
    slope, upper, numbers = float(manifold.lipschitz or np.inf), np.inf, itertools.count()
    heap: list[tuple[float, int, np.ndarray, np.ndarray]] = []

    def push(low: np.ndarray, high: np.ndarray) -> float:
        gap = float(np.linalg.norm(manifold.point((low + high) / 2) - z))
        # What is not finite, against the declaration, is never taken for far.
        gap = gap if np.isfinite(gap) else -np.inf
        bound = gap - slope * float(np.linalg.norm(high - low)) / 2
        heapq.heappush(heap, (bound, next(numbers), low, high))
        return min(upper, gap) if np.isfinite(gap) else upper

    upper = push(*manifold.domain)
    for _ in range(_BUDGET // 2):
        if not heap or upper <= enough or heap[0][0] >= upper / 2:
            break
        _, _, low, high = heapq.heappop(heap)
        axis = int(np.argmax(high - low))
        middle = (low[axis] + high[axis]) / 2
        for end, value in ((high, middle), (low, middle)):
            half = end.copy()
            half[axis] = value
            upper = push(low, half) if end is high else push(half, high)
    return max(0.0, heap[0][0]) if heap else 0.0, upper


def least_squares(
    function: Callable[[np.ndarray], np.ndarray],
    jacobian: Callable[[np.ndarray], np.ndarray],
    start: np.ndarray,
    *,
    most: int,
    box: tuple[np.ndarray, np.ndarray] | None = None,
) -> np.ndarray | None:
    """End of a descent; ``None`` if it does not settle or leaves where the function is finite."""
    from scipy import optimize

    exact = {"xtol": _EPS, "ftol": _EPS, "gtol": _EPS}
    bounds = (-np.inf, np.inf) if box is None else box
    try:
        done = optimize.least_squares(
            function, start, jac=jacobian, max_nfev=most, bounds=bounds, **exact
        )
    except (ValueError, np.linalg.LinAlgError):
        # Not finite at the start, or on the way.
        return None
    return done.x if done.status > 0 and np.all(np.isfinite(done.x)) else None
