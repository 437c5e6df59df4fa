"""A generic signal of a piece, and where one can go from it without changing an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._probes import probe_rng
from ..models import PieceModel
from ..rows import triangular
from ..tolerance import cut
from .question import Question, as_signal
from .responses import Sign

__all__ = ["Point"]

_DRAWS = 16
_APART = 100.0  # a spurious signal is further from the model than this many times rounding


@dataclass(frozen=True, eq=False)
class Point:
    """A generic signal x of a piece, far out, and what its answers leave open.

    Attributes
    ----------
    x : ndarray, (N,)
    values, slack : ndarray, (R,)
        Measurements, and by how much each may move.
    small : ndarray, (R,)
        What rounding explains.
    hidden : ndarray, (N, h)
        Directions orthogonal to the piece that no measurement without slack sees.
    settled : bool
        Whether there is no such direction even by those rows alone that have no slack for certain.
    """

    response: Any
    error: float
    rows: np.ndarray
    x: np.ndarray
    values: np.ndarray
    slack: np.ndarray
    small: np.ndarray
    hidden: np.ndarray
    settled: bool

    @classmethod
    def of(
        cls, question: Question, rows: np.ndarray, piece: tuple[np.ndarray, np.ndarray]
    ) -> Point:
        """Draw the signal, and see which rows have slack there."""
        basis, foot = piece
        norms = np.linalg.norm(rows, axis=1)
        rows, norms = rows[norms > 0], norms[norms > 0]
        response, error = question.response, question.error
        seen = np.linalg.norm(rows @ basis, axis=1)
        constant = seen <= error * norms
        x = _far(response, rows[~constant], basis, foot)
        values = rows @ x
        small = error * norms * (float(np.linalg.norm(x)) or 1.0)
        slack = response.slack(values)
        fixed = slack <= small
        at_foot = rows @ foot
        if isinstance(response, Sign):
            sure = constant & (np.abs(at_foot) <= small)
        else:
            inside = (at_foot < response.high - small) & (at_foot > response.low + small)
            sure = constant & inside
        units = rows / norms[:, None]
        hidden, clear = _unseen(units[fixed], basis)
        left, certain = _unseen(units[sure], basis)
        settled = clear and certain and left.shape[1] == 0
        return cls(response, error, rows, x, values, slack, small, hidden, settled)

    def step(self, direction: np.ndarray) -> float:
        """Half of how far one may go before an answer with slack changes."""
        moves = np.abs(self.rows @ direction)
        free = (self.slack > self.small) & (moves > 0)
        most = (float(np.linalg.norm(self.x)) or 1.0) / float(np.linalg.norm(direction))
        return float(min(most, 0.5 * np.min(self.slack[free] / moves[free], initial=2 * most)))

    def unchanged(self, z: np.ndarray) -> bool:
        """Whether z is answered like x, values that rounding explains counting as zero."""
        values = self.rows @ z
        before = np.where(np.abs(self.values) <= self.small, 0.0, self.values)
        after = np.where(np.abs(values) <= self.small, 0.0, values)
        same = np.abs(self.response(after) - self.response(before)) <= self.small
        return bool(same.all())

    def outside(self, model: PieceModel) -> np.ndarray | None:
        """A signal outside the model with the answers of x, as far as chance finds one."""
        best, farthest, rng = None, 0.0, probe_rng("step")
        for _ in range(_DRAWS if self.hidden.shape[1] else 0):
            direction = self.hidden @ rng.standard_normal(self.hidden.shape[1])
            for share in (1.0, 0.5, 0.1):
                z = self.x + share * self.step(direction) * direction
                size = float(np.linalg.norm(z)) or 1.0
                apart = float(model.distance(as_signal(z, model))) / size
                if apart > max(farthest, _APART * self.error) and self.unchanged(z):
                    best, farthest = as_signal(z, model), apart
        return best


def _far(response: Any, rows: np.ndarray, basis: np.ndarray, foot: np.ndarray) -> np.ndarray:
    """A generic signal of a piece, at which all rows that change on it have slack."""
    if basis.shape[1] == 0:
        return foot
    drawn = probe_rng("far").standard_normal((_DRAWS, basis.shape[1])) @ basis.T
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    if len(rows) == 0:
        return foot + drawn[0]
    moves = np.abs(drawn @ rows.T)
    weakest = (moves / np.linalg.norm(rows, axis=1)).min(axis=1)
    best = int(np.argmax(weakest))
    size = float(np.linalg.norm(foot)) or 1.0
    if response.reach:
        size = float(np.max((np.abs(rows @ foot) + 2 * response.reach) / moves[best]))
    return foot + size * drawn[best]


def _unseen(rows: np.ndarray, basis: np.ndarray) -> tuple[np.ndarray, bool]:
    """Directions orthogonal to a basis and to unit rows; whether their number is clear."""
    stack = np.concatenate([rows, basis.T])
    n = stack.shape[1]
    if len(stack) == 0:
        return np.eye(n), True
    if len(stack) > n:
        stack = triangular(stack)
    _, values, vh = np.linalg.svd(stack, full_matrices=True)
    decision = cut(values, np.dtype(np.float64))
    return vh[int((values > decision.tolerance).sum()) :].T, decision.clear
