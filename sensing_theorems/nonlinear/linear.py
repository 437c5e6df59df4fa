"""Where the linear question is left: monotone responses, Gaussian laws, clipped cones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .._probes import probe_rng
from ..identification import Identification
from ..judgement import Verdict
from ..models import FiniteSet, Gaussian, GenericSubspace, PieceModel
from .question import Question, real_pieces
from .recovery import lost_recovery, twins_of
from .responses import Sign

__all__ = ["decide_cone", "decide_gaussian", "decide_invertible"]

_SIGNALS = 64


def decide_invertible(question: Question) -> Identification:
    """Monotone responses: the linear question, once measurements of the model were checked."""
    model, rng = question.model, probe_rng("response")
    if isinstance(model, FiniteSet):
        x = model.points
    elif isinstance(model, Gaussian):
        root = np.linalg.cholesky(model.range.conj().T @ model.covariance @ model.range)
        x = (model.range @ root @ rng.standard_normal((model.dim, _SIGNALS))).T
    else:
        drawn = model.draw(rng) if isinstance(model, GenericSubspace) else model
        x = drawn.sample(_SIGNALS, rng)
    seen = [A.matmat(x.T).ravel() for A in question.problem.singles]
    question.response.check(np.concatenate([part for y in seen for part in (y.real, y.imag)]))
    text = (
        f"The {question.response.name} is strictly monotone, as far as a grid and measurements of "
        "the model show, so that the linear measurements can be read off"
    )
    return replace(question.linear, explanation=f"{text}. {question.linear.explanation}")


def decide_gaussian(question: Question) -> Identification:
    """Gaussian laws: signs lose the amplitude, and clipping loses no second moment."""
    model, linear = question.model, question.linear
    if isinstance(question.response, Sign) and model.dim:
        return Identification(
            Verdict.NOT_IDENTIFIABLE,
            "amplitude_lost",
            "Signs do not depend on the amplitude: four times the covariance gives the same law.",
            question.explored("signs"),
            spurious=4 * model.covariance,
            recovery=Verdict.NOT_IDENTIFIABLE,
            recovery_reason="amplitude_lost",
        )
    text = "Among Gaussian laws, what the response leaves as it is tells the second moments"
    lost = Verdict.NOT_IDENTIFIABLE if model.dim else linear.recovery
    return replace(
        linear,
        explanation=f"{text}. {linear.explanation}",
        recovery=lost,
        recovery_reason="saturation" if model.dim else linear.recovery_reason,
        twins=None,
    )


def decide_cone(question: Question) -> Identification:
    """Clipping, for who knows that the model is a cone: the linear question."""
    model, linear = question.model, question.linear
    if model.dim:
        piece = next(real_pieces(model)) if isinstance(model, PieceModel) else None
        linear = replace(linear, **lost_recovery(question, twins_of(question, piece)))
    if linear.verdict is Verdict.IDENTIFIABLE and model.dim < model.n:
        text = (
            "Among cones: measurements that do not saturate determine all linear ones. "
            f"{linear.explanation} Who does not know that the model is a cone cannot exclude "
            "signals that only saturated measurements tell apart."
        )
        return replace(linear, reason="identified_among_cones", explanation=text)
    oblique = question.action is not None and not question.action.orthogonal
    if linear.spurious is None or question.own is None or oblique:
        return linear
    strongest = max(float(np.linalg.norm(A, axis=1).max()) for A in question.own)
    reach = min(-question.response.low, question.response.high)
    size = strongest * float(np.linalg.norm(linear.spurious)) or 1.0
    # So small that no measurement of it saturates.
    return replace(linear, spurious=linear.spurious * (reach / (2 * size)))
