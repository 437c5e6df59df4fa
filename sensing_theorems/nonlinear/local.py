"""Locally constant answers: small steps out of the model that signs or saturation hide."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..identification import Identification
from ..judgement import Verdict
from ..models import FiniteSet
from .points import Point
from .question import Question, real_pieces
from .recovery import known_points, lost_recovery, twins_of
from .responses import Sign

__all__ = ["decide_generic", "decide_pieces", "unlisted"]

_STAYS = {
    True: "Small steps out of the model change none of finitely many signs.",
    False: "Where the model saturates, small steps out of it change no answer.",
}

_VANISHING = (
    "Measurements that are the same number for the whole model, exactly, confine signals to it. "
    "Any noise destroys this."
)


def decide_generic(question: Question) -> Identification:
    """Almost every subspace has no row of an operator that is zero on it."""
    model = question.model
    if model.dim == model.n:
        return replace(question.linear, **lost_recovery(question, None))
    sign = isinstance(question.response, Sign)
    if question.action is not None and not question.action.finite:
        return unlisted(question)
    return Identification(
        Verdict.NOT_IDENTIFIABLE,
        "finitely_many_signs" if sign else "saturated_directions",
        f"For almost every subspace: {_STAYS[sign]}",
        question.explored("signs" if sign else "saturation"),
        **lost_recovery(question, None),
    )


def decide_pieces(question: Question) -> Identification:
    """Look for directions out of a piece that change no answer; see Notes of identify_through."""
    if question.rows is None:
        return unlisted(question)
    model, sign = question.model, isinstance(question.response, Sign)
    method = "signs" if sign else "saturation"
    stack, clear = np.concatenate(question.rows), True
    known = known_points(question) if isinstance(model, FiniteSet) else {}
    for piece in real_pieces(model):
        if piece[0].shape[1] and not known:
            known = lost_recovery(question, twins_of(question, piece))
            known["smaller_sets"] = Verdict.NOT_IDENTIFIABLE
        point = Point.of(question, stack, piece)
        z = point.outside(model)
        if z is not None:
            reason = "finitely_many_signs" if sign else "saturated_directions"
            explored = question.explored(method)
            return Identification(
                Verdict.NOT_IDENTIFIABLE, reason, _STAYS[sign], explored, z, **known
            )
        clear = clear and point.settled
    whole = piece[0].shape[1] == stack.shape[1]
    if clear and (len(model.pieces) == 1 or len(question.rows) == 1):
        text = "The model is the whole space." if whole else _VANISHING
        reason = "whole_space" if whole else "vanishing_measurements"
        return Identification(
            Verdict.IDENTIFIABLE, reason, text, question.explored(method), **known
        )
    linear = question.linear
    if linear.verdict is Verdict.NOT_IDENTIFIABLE:
        return replace(linear, **known)
    reason = "saturation" if not sign else "vanishing_measurements"
    text = "No step out of the model goes unnoticed nearby; combinations of pieces are open."
    return Identification(Verdict.UNDECIDED, reason, text, question.explored(method), **known)


def unlisted(question: Question) -> Identification:
    """Answer where not all (virtual) operators can be listed: what is linear, or nothing."""
    linear = question.linear
    if linear.verdict is Verdict.NOT_IDENTIFIABLE:
        return replace(linear, recovery=Verdict.UNDECIDED, recovery_reason="not_asked", twins=None)
    return Identification(
        Verdict.UNDECIDED,
        "not_listed",
        "The (virtual) operators are too many or too large to list, and what they see through the "
        "response is open.",
        question.explored("none"),
    )
