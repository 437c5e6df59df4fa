"""Finitely many clipped signals: a linear program for every choice of points."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .._probes import probe_rng
from ..identification import Explored, Identification
from ..judgement import Verdict
from .local import decide_pieces, unlisted
from .question import Question, as_signal, real_signals

__all__ = ["decide_points"]

_PROGRAM = 50  # nodes of the budget that a linear program counts for


def decide_points(question: Question) -> Identification:
    """Finitely many signals, some of whose measurements may saturate."""
    points = real_signals(question.model.points, question.model)
    size = float(np.linalg.norm(points, axis=1).max()) or 1.0
    response, inside = question.response, True
    if question.own is None:
        return unlisted(question)
    for A in question.own:
        values = points @ A.T
        small = question.error * size * float(np.linalg.norm(A, axis=1).max())
        inside &= bool(np.all((values > response.low + small) & (values < response.high - small)))
    if inside:
        # T_g X = X: the virtual operators give no other answers than the operators themselves.
        text = f"No measurement of the model saturates. {question.linear.explanation}"
        return replace(question.linear, explanation=text)
    answer = decide_pieces(question)
    if answer.reason != "saturation":
        return answer
    return _Assignments(question, points / size, size).decide(answer)


@dataclass(eq=False)
class _Assignments:
    """Search over which point each operator takes a signal for: a polyhedron for every choice."""

    question: Question
    points: np.ndarray
    size: float
    nodes: int = 0
    unclear: bool = False

    def decide(self, answer: Identification) -> Identification:
        """Complete an answer that left combinations of points open."""
        rows = [A[np.any(A, axis=1)] for A in self.question.rows or []]
        spurious, waiting = self._search([self._answers(A) for A in rows])
        if spurious is not None:
            verdict, reason = Verdict.NOT_IDENTIFIABLE, "saturated_combination"
            text = "A signal outside the model gives every operator the clipped answers of a point."
            spurious = as_signal(spurious * self.size, self.question.model)
        elif waiting or self.unclear:
            verdict, reason = Verdict.UNDECIDED, "budget" if waiting else "numerically_unclear"
            text = "Not all combinations of points were decided."
        else:
            verdict, reason = Verdict.IDENTIFIABLE, "search_complete"
            text = "Whatever points the operators take a signal for, it is one of the model."
        budget = self.question.budget // _PROGRAM
        explored = Explored("polyhedra", self.nodes, budget, float(waiting), len(rows))
        return replace(
            answer,
            verdict=verdict,
            reason=reason,
            explanation=text,
            spurious=spurious,
            explored=explored,
        )

    def _search(
        self, choices: list[list[tuple[np.ndarray, np.ndarray]]]
    ) -> tuple[np.ndarray | None, bool]:
        """A signal outside the model, if one is found, and whether anything is left to look at."""
        waiting = [(0, np.zeros((0, self.points.shape[1])), np.zeros(0))]
        while waiting:
            if self.nodes * _PROGRAM >= self.question.budget:
                return None, True
            depth, C, b = waiting.pop()
            if depth == len(choices):
                spurious = self._leaf(C, b)
                if spurious is not None:
                    return spurious, False
                continue
            for rows, bounds in choices[depth]:
                child = (depth + 1, np.concatenate([C, rows]), np.append(b, bounds))
                if self._least(np.zeros(C.shape[1]), *child[1:]) is not None:
                    waiting.append(child)
        return None, False

    def _answers(self, A: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Inequalities C z <= b of the signals that are answered like a point, once per answer."""
        norms = np.linalg.norm(A, axis=1)
        response, units = self.question.response, A / norms[:, None]
        low, high = response.low / norms / self.size, response.high / norms / self.size
        found = {}
        for v in self.points @ units.T:
            over, under = v >= high - self.question.error, v <= low + self.question.error
            above = np.where(over, np.inf, np.where(under, low, v))
            below = np.where(under, -np.inf, np.where(over, high, v))
            bounds = np.concatenate([above, -below])
            kept = np.isfinite(bounds)
            key = np.round(np.where(kept, bounds, 0.0), 12).tobytes() + kept.tobytes()
            found[key] = (np.concatenate([units, -units])[kept], bounds[kept])
        return list(found.values())

    def _least(
        self, c: np.ndarray, C: np.ndarray, b: np.ndarray, box: float | None = None
    ) -> np.ndarray | None:
        """A solution of C z <= b, in a box, where c z is least; ``None`` if there is none."""
        from scipy.optimize import linprog

        self.nodes += 1
        ends = (None, None) if box is None else (-box, box)
        found = linprog(c, C, b, bounds=ends, method="highs")
        if found.status not in (0, 2):
            self.unclear = True
        return found.x if found.status == 0 else None

    def _leaf(self, C: np.ndarray, b: np.ndarray) -> np.ndarray | None:
        """A signal of a polyhedron outside the model; a polyhedron has one or is a single point."""
        c = probe_rng("leaf").standard_normal((1, C.shape[1]))[0]
        some = self._least(np.zeros(C.shape[1]), C, b)
        box = 10.0 if some is None else 10.0 * max(1.0, float(np.abs(some).max()))
        ends = [self._least(c, C, b, box), self._least(-c, C, b, box)]
        if ends[0] is None or ends[1] is None:
            self.unclear = True
            return None
        z = (ends[0] + ends[1]) / 2
        apart = float(np.linalg.norm(self.points - z, axis=1).min())
        if apart < 1e-6 and np.linalg.norm(ends[0] - ends[1]) < 1e-6:
            return None
        for _ in range(3):
            # Equations are held up to the tolerance of the program; least squares holds them.
            tight = np.abs(C @ z - b) < 1e-6
            z = z - np.linalg.lstsq(C[tight], (C @ z - b)[tight], rcond=1e-9)[0]
        apart = float(np.linalg.norm(self.points - z, axis=1).min())
        if apart > 1e-5 and float((C @ z - b).max(initial=0.0)) < 1e-11:
            return z
        self.unclear = True
        return None
