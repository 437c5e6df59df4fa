"""Descent from random starts to signals beside the model that fit, or nearly fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..tolerance import cut
from .findings import SpuriousPoint
from .manifold import Manifold, real_entries
from .projections import Projections

__all__ = ["Search"]

_APART = 1e-3  # distance from the model that counts, beside its size
_SAME = 1e-6
_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Search:
    r"""The equations :math:`N^\top [P_g x(\theta_g)]_g = 0`, with N orthogonal to all answers."""

    manifold: Manifold
    views: Projections
    solve: np.ndarray
    rest: np.ndarray
    null: np.ndarray
    thetas: np.ndarray
    cloud: np.ndarray
    scale: float

    @classmethod
    def of(cls, manifold: Manifold, views: Projections, rng: np.random.Generator) -> Search:
        """Decompose all rows together, and draw a cloud of signals for distances."""
        stack = np.concatenate(views.rows)
        u, values, vh = np.linalg.svd(stack, full_matrices=True)
        rank = int((values > cut(values, np.dtype(np.float64)).tolerance).sum())
        solve = vh[:rank].T @ (u[:, :rank] / values[:rank]).T
        thetas = manifold.draw(256 * 2 ** min(manifold.d, 4), rng)
        cloud = np.array([real_entries(manifold.function(theta), "function") for theta in thetas])
        scale = float(np.linalg.norm(cloud - cloud.mean(axis=0), axis=1).max()) or 1.0
        return cls(manifold, views, solve, u[:, rank:].T, vh[rank:], thetas, cloud, scale)

    def answers(self, q: np.ndarray) -> np.ndarray:
        """All P_g x(θ_g), one below the other."""
        thetas = q.reshape(len(self.views.rows), -1)
        pairs = zip(self.views.rows, thetas, strict=True)
        return np.concatenate([P @ self.manifold.point(theta) for P, theta in pairs])

    def derivative(self, q: np.ndarray) -> np.ndarray:
        """Derivative of the equations in all θ_g."""
        thetas = q.reshape(len(self.views.rows), -1)
        columns, start = [], 0
        for P, theta in zip(self.views.rows, thetas, strict=True):
            part = self.rest[:, start : start + len(P)]
            columns.append(part @ (P @ self.manifold.tangent(theta)))
            start += len(P)
        return np.concatenate(columns, axis=1)

    def descend(self, thetas: np.ndarray, found: list[SpuriousPoint]) -> SpuriousPoint | bool:
        """A new minimum away from the model; True for one that is not new, False for none."""
        q = thetas.ravel()
        if len(self.rest):
            done = _least_squares(
                lambda q: self.rest @ self.answers(q), self.derivative, q, most=200
            )
            if done is None:
                return False
            q = done
        thetas = q.reshape(thetas.shape)
        z = self.solve @ self.answers(q)
        close = [p.signal for p in found] + [self.manifold.point(theta) for theta in thetas]
        if np.linalg.norm(np.array(close) - z, axis=1).min() <= _SAME * self.scale:
            return True
        distance = self.distance(z, thetas)
        return self._point(z, thetas, distance) if distance > _APART * self.scale else True

    def _point(self, z: np.ndarray, thetas: np.ndarray, distance: float) -> SpuriousPoint:
        gaps = np.concatenate([P @ z for P in self.views.rows]) - self.answers(thetas.ravel())
        slopes = self.derivative(thetas.ravel())
        values = np.linalg.svd(slopes, compute_uv=False) if len(slopes) else np.ones(1)
        kept = values > cut(values, np.dtype(np.float64)).tolerance
        regular = bool(kept.sum() >= len(slopes))
        residual = float(np.linalg.norm(gaps))
        return SpuriousPoint(z, thetas, residual, distance, float(values[-1]), regular)

    def distance(self, z: np.ndarray, thetas: np.ndarray) -> float:
        """Distance from the model, from its nearest known points and from given ones."""
        away = np.linalg.norm(self.cloud - z, axis=1)
        nearest = np.argsort(away)[:4]
        best = float(away[nearest[0]])
        for theta in [*self.thetas[nearest], *thetas]:
            best = min(best, float(np.linalg.norm(self.manifold.point(theta) - z)))
            end = _least_squares(
                lambda t: self.manifold.point(t) - z, self.manifold.tangent, theta, most=50
            )
            if end is not None:
                best = min(best, float(np.linalg.norm(self.manifold.point(end) - z)))
            if best <= _APART * self.scale:
                break
        return best

    def invisible(self, thetas: np.ndarray) -> list[SpuriousPoint]:
        """Signals that differ from the model by what no operator sees, if there is such a thing."""
        for theta in thetas if len(self.null) else []:
            z = self.manifold.point(theta) + self.scale * self.null[0]
            same = np.tile(theta, (len(self.views.rows), 1))
            distance = self.distance(z, same)
            if distance > _APART * self.scale:
                return [self._point(z, same, distance)]
        return []


def _least_squares(
    function: Callable[[np.ndarray], np.ndarray],
    jacobian: Callable[[np.ndarray], np.ndarray],
    start: np.ndarray,
    *,
    most: int,
) -> np.ndarray | None:
    """End of a descent; ``None`` if it does not settle or leaves where the function is finite."""
    from scipy.optimize import least_squares

    exact = {"xtol": _EPS, "ftol": _EPS, "gtol": _EPS}
    try:
        done = least_squares(function, start, jac=jacobian, max_nfev=most, **exact)
    except (ValueError, np.linalg.LinAlgError):
        # Not finite at the start, or on the way.
        return None
    return done.x if done.status > 0 and np.all(np.isfinite(done.x)) else None
