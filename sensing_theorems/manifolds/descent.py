"""Descent from random starts to signals beside the model that fit, or nearly fit."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..tolerance import cut
from .distances import bracket, descended, least_squares
from .findings import SpuriousPoint
from .manifold import Manifold, real_entries
from .projections import Projections

__all__ = ["Search"]

_APART = 1e-3  # distance from the model that counts, beside its size
_SAME = 1e-6
_SOLVED = 1e-12  # residual that rounding explains, beside the size of the model
_CLEAR = 1e-5  # smallest singular value of equations, beside the largest, that are independent


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
    clear: bool

    @classmethod
    def of(cls, manifold: Manifold, views: Projections, rng: np.random.Generator) -> Search:
        """Decompose all rows together, and draw a cloud of signals for distances."""
        stack = np.concatenate(views.rows)
        u, values, vh = np.linalg.svd(stack, full_matrices=True)
        decision = cut(values, np.dtype(np.float64))
        rank = int((values > decision.tolerance).sum())
        solve = vh[:rank].T @ (u[:, :rank] / values[:rank]).T
        thetas = manifold.draw(256 * 2 ** min(manifold.d, 4), rng)
        cloud = np.array([real_entries(manifold.function(theta), "function") for theta in thetas])
        scale = float(np.linalg.norm(cloud - cloud.mean(axis=0), axis=1).max()) or 1.0
        clear = views.clear and decision.clear
        return cls(manifold, views, solve, u[:, rank:].T, vh[rank:], thetas, cloud, scale, clear)

    def answers(self, q: np.ndarray) -> np.ndarray:
        """All P_g x(θ_g), one below the other."""
        thetas = q.reshape(len(self.views.rows), -1)
        pairs = zip(self.views.rows, thetas, strict=True)
        return np.concatenate([P @ self.manifold.point(theta) for P, theta in pairs])

    def slopes(self, q: np.ndarray) -> list[np.ndarray]:
        """Derivative of each answer in its θ_g."""
        thetas = q.reshape(len(self.views.rows), -1)
        pairs = zip(self.views.rows, thetas, strict=True)
        return [P @ self.manifold.tangent(theta) for P, theta in pairs]

    def derivative(self, q: np.ndarray) -> np.ndarray:
        """Derivative of the equations in all θ_g."""
        return _by_blocks(self.rest, self.slopes(q))

    def solved(self, point: SpuriousPoint) -> bool:
        """Whether a signal fits up to rounding."""
        return point.residual <= _SOLVED * self.scale

    def descend(self, thetas: np.ndarray, found: list[SpuriousPoint]) -> SpuriousPoint | bool:
        """A new minimum away from the model; True for one that is not new, False for none."""
        end = self._minimum(thetas)
        if end is None:
            return False
        q = end.ravel()
        z = self.solve @ self.answers(q)
        close = [p.signal for p in found] + [self.manifold.point(theta) for theta in end]
        if np.linalg.norm(np.array(close) - z, axis=1).min() <= _SAME * self.scale:
            return True
        return self._judged(self._point(z, end))

    def _minimum(self, thetas: np.ndarray) -> np.ndarray | None:
        """All θ_g at the end of a descent, in the box if the model is its image."""
        if not len(self.rest):
            return thetas
        ends = None
        for box in (None, self._box(len(thetas))):
            q = least_squares(
                lambda q: self.rest @ self.answers(q),
                self.derivative,
                thetas.ravel(),
                most=200,
                box=box,
            )
            ends = None if q is None else self._inside(q.reshape(thetas.shape))
            if ends is not None or self.manifold.lipschitz is None:
                break
        return ends

    def _box(self, count: int) -> tuple[np.ndarray, np.ndarray] | None:
        if self.manifold.lipschitz is None:
            return None
        low, high = self.manifold.domain
        return np.tile(low, count), np.tile(high, count)

    def _inside(self, thetas: np.ndarray) -> np.ndarray | None:
        """The same signals by parameters in the box; ``None`` if a period does not give them."""
        if self.manifold.lipschitz is None:
            return thetas
        low, high = self.manifold.domain
        out = (thetas < low) | (thetas > high)
        moved = np.where(out, low + np.mod(thetas - low, high - low), thetas)
        change = self.answers(moved.ravel()) - self.answers(thetas.ravel())
        return moved if np.linalg.norm(change) <= _SOLVED * self.scale else None

    def _point(self, z: np.ndarray, thetas: np.ndarray) -> SpuriousPoint:
        """What equations and dimensions say of a signal, distances apart."""
        q = thetas.ravel()
        gaps = np.concatenate([P @ z for P in self.views.rows]) - self.answers(q)
        slopes = self.slopes(q)
        values, regular, kernel = np.ones(1), True, np.eye(q.size)
        if len(self.rest):
            _, values, vh = np.linalg.svd(_by_blocks(self.rest, slopes), full_matrices=True)
            kept = int((values > cut(values, np.dtype(np.float64)).tolerance).sum())
            regular = kept >= len(self.rest) and bool(values[-1] > _CLEAR * values[0])
            kernel = vh[kept:].T
        moves = np.concatenate([_by_blocks(self.solve, slopes) @ kernel, self.null.T], axis=1)
        dimension = self._rank(moves) if regular and self._interior(thetas) else 0
        residual = float(np.linalg.norm(gaps))
        return SpuriousPoint(
            z, thetas, residual, np.inf, 0.0, dimension, float(values[-1]), regular
        )

    def _interior(self, thetas: np.ndarray) -> bool:
        if self.manifold.lipschitz is None:
            return True
        low, high = self.manifold.domain
        return bool(np.all((low < thetas) & (thetas < high)))

    def _rank(self, moves: np.ndarray) -> int:
        """Rank, as far as it is clear."""
        values = np.linalg.svd(moves, compute_uv=False)
        return int((values > _CLEAR * values.max(initial=0.0)).sum())

    def _judged(self, point: SpuriousPoint, *, exact: bool = False) -> SpuriousPoint | bool:
        """With distances; True for a signal that a search finds in the model."""
        solved, enough = self.solved(point), _APART * self.scale
        upper = descended(
            self.manifold,
            point.signal,
            point.parameters,
            (self.thetas, self.cloud),
            enough=enough,
            thorough=solved
            and self.manifold.lipschitz is None
            and point.dimension <= self.manifold.d,
        )
        if upper <= enough:
            return True
        point = replace(point, distance_at_most=upper)
        return self.bounded(point, exact=exact) if solved else point

    def bounded(self, point: SpuriousPoint, *, exact: bool = False) -> SpuriousPoint | bool:
        """With a proven distance, where there is a Lipschitz constant; True if it is too small."""
        slope, enough = self.manifold.lipschitz, _APART * self.scale
        if slope is None:
            return point
        lower, upper = bracket(self.manifold, point.signal, enough=enough)
        upper = min(upper, point.distance_at_most)
        if upper <= enough:
            return True
        # How far an exact solution may be from the computed one, beside rounding.
        moved = _SOLVED * self.scale
        if self.solved(point) and point.regular and not exact:
            size = float(np.linalg.norm(self.solve, 2)) * slope
            moved += 2 * size * point.residual / point.conditioning
        return replace(point, distance_at_most=upper, distance_at_least=max(0.0, lower - moved))

    def invisible(self, thetas: np.ndarray) -> list[SpuriousPoint]:
        """Signals that differ from the model by what no operator sees, if there is such a thing."""
        for theta in thetas if len(self.null) else []:
            # Further than the model is wide, if it is bounded.
            z = self.manifold.point(theta) + 3 * self.scale * self.null[0]
            same = np.tile(theta, (len(self.views.rows), 1))
            moves = np.concatenate([self.manifold.tangent(theta), self.null.T], axis=1)
            point = replace(self._point(z, same), regular=True, dimension=self._rank(moves))
            judged = self._judged(point, exact=True)
            if isinstance(judged, SpuriousPoint):
                return [judged]
        return []


def _by_blocks(matrix: np.ndarray, blocks: list[np.ndarray]) -> np.ndarray:
    """Product of a matrix with a block-diagonal one."""
    columns, start = [], 0
    for block in blocks:
        columns.append(matrix[:, start : start + len(block)] @ block)
        start += len(block)
    return np.concatenate(columns, axis=1)
