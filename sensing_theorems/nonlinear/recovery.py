"""Whether answers tell the signals of a known model apart."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._probes import probe_rng
from ..judgement import Verdict
from .points import Point
from .question import Question, as_signal, real_signals
from .responses import Sign

__all__ = ["known_points", "lost_recovery", "twins_of"]


def lost_recovery(
    question: Question, twins: tuple[np.ndarray, np.ndarray] | None
) -> dict[str, Any]:
    """Recovery, its reason and its twins, where the answers lose signals of the model."""
    sign = isinstance(question.response, Sign)
    return {
        "recovery": Verdict.NOT_IDENTIFIABLE,
        "recovery_reason": "finitely_many_signs" if sign else "saturation",
        "twins": twins,
    }


def twins_of(
    question: Question, piece: tuple[np.ndarray, np.ndarray] | None
) -> tuple[np.ndarray, np.ndarray] | None:
    """Two signals of a piece that the first operator gives the same answers."""
    if piece is None or question.own is None:
        return None
    point = Point.of(question, question.own[0], piece)
    direction = piece[0] @ probe_rng("twins").standard_normal(piece[0].shape[1])
    other = point.x + point.step(direction) * direction
    if not point.unchanged(other):
        return None
    return as_signal(point.x, question.model), as_signal(other, question.model)


def known_points(question: Question) -> dict[str, Any]:
    """Recovery and smaller sets for finitely many signals: which answers coincide."""
    points = real_signals(question.model.points, question.model)
    size = float(np.linalg.norm(points, axis=1).max()) or 1.0
    confused, twins = np.ones(len(points), bool), None
    for number, A in enumerate(question.rows or []):
        small = question.error * size * float(np.linalg.norm(A, axis=1).max())
        values = points @ A.T
        answers = question.response(np.where(np.abs(values) <= small, 0.0, values))
        apart = np.abs(answers[:, None] - answers[None]).max(axis=2)
        np.fill_diagonal(apart, np.inf)
        same = apart <= small
        confused &= same.any(axis=1)
        if twins is None and number < len(question.problem.singles) and same.any():
            i, j = np.argwhere(same)[0]
            twins = (question.model.points[i], question.model.points[j])
    lost = twins is not None
    return {
        "recovery": Verdict.NOT_IDENTIFIABLE if lost else Verdict.IDENTIFIABLE,
        "recovery_reason": "same_answers" if lost else "one_to_one",
        "twins": twins,
        "smaller_sets": Verdict.NOT_IDENTIFIABLE if confused.any() else Verdict.IDENTIFIABLE,
    }
