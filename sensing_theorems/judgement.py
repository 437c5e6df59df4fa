"""From checks to verdicts: three answers, each with the reason for it.

Only exact facts about the given operators and published theorems whose assumptions are met decide.
What was derived here is reported beside them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from . import evidence
from .check import Check, Number
from .problem import Problem
from .theorems import THEOREMS

__all__ = ["Answer", "Verdict", "identification", "recovery", "run_checks"]


class Verdict(Enum):
    """Answer to a question of identifiability; there are three, so it refuses ``bool()``."""

    IDENTIFIABLE = "identifiable"
    NOT_IDENTIFIABLE = "not identifiable"
    UNDECIDED = "undecided"

    def __bool__(self) -> bool:
        raise TypeError(
            "a Verdict has three answers; write `verdict is Verdict.IDENTIFIABLE` instead."
        )

    def __str__(self) -> str:
        return self.value.upper()


@dataclass(frozen=True)
class Answer:
    """A verdict with its reason.

    Attributes
    ----------
    verdict : Verdict
    reason : str
        Short code, stable across versions.
    explanation : str
        One or two sentences for people.
    """

    verdict: Verdict
    reason: str
    explanation: str


# What `identification` looks at; the others are shown and never decide.
DECIDING = (
    "measurement_consistency",
    "measurement_count",
    "irrep_multiplicity",
    "generic_operators",
    "cyclic_group",
)


def run_checks(problem: Problem, keys: Iterable[str] = tuple(THEOREMS)) -> dict[str, Check]:
    """Theorems applied to the problem, in the papers' order."""
    return {key: THEOREMS[key].function(problem) for key in keys}


def _decimal(value: Number | None) -> str:
    return "–" if value is None else f"{float(value):g}"


def identification(problem: Problem, checks: dict[str, Check]) -> Answer:
    """Whether the set of signals is determined by its measurements."""
    return (
        _injective(checks)
        or _too_few(problem, checks)
        or _unclear(problem)
        or _deficient(problem)
        or _guaranteed(problem, checks)
        or _open(problem, checks)
    )


def _injective(checks: dict[str, Check]) -> Answer | None:
    if checks["measurement_consistency"].holds is not True:
        return None
    return Answer(
        Verdict.IDENTIFIABLE,
        "injective",
        "An operator is one-to-one on all of R^n, so every signal can be read off its "
        "measurements; no symmetry and no learning is needed.",
    )


def _too_few(problem: Problem, checks: dict[str, Check]) -> Answer | None:
    """Count of rows, which stays decisive where floating point does not."""
    if evidence.stack(problem).clear:
        return None
    ratio = checks["irrep_multiplicity"].rhs
    least = ratio if ratio is not None else checks["measurement_count"].rhs
    if least is None or problem.m >= least:
        return None
    return Answer(
        Verdict.NOT_IDENTIFIABLE,
        "too_few_measurements",
        f"{problem.m} rows are fewer than the {_decimal(least)} that any operator needs.",
    )


def _unclear(problem: Problem) -> Answer | None:
    found = evidence.stack(problem)
    if found.clear:
        return None
    if found.note:
        text = f"Rank {found.rank} is not to be trusted: {found.note}."
        return Answer(Verdict.UNDECIDED, "numerically_unclear", text)
    return Answer(
        Verdict.UNDECIDED,
        "numerically_unclear",
        f"The singular values of the stack show no gap at the cut (gap {found.gap:.1e}, "
        f"tolerance {found.tolerance:.1e}): rank {found.rank} is not to be trusted, and at any "
        "realistic noise level the weakest directions are lost.",
    )


def _deficient(problem: Problem) -> Answer | None:
    found = evidence.stack(problem)
    if found.full:
        return None
    many = found.missing > 1
    about = "about " if found.rank_error else ""
    lost = (
        f"The stack has rank {about}{found.rank}, needs {found.n}: {about}{found.missing} "
        f"dimension{'s' if many else ''} of the signal {'are' if many else 'is'} invisible and "
        "can be added to any model without changing a measurement."
    )
    if problem.action is not None and problem.action.order > 1 and evidence.equivariant(problem):
        text = f"A is equivariant to {problem.action.name}, so symmetry adds nothing. {lost}"
        return Answer(Verdict.NOT_IDENTIFIABLE, "equivariant", text)
    return Answer(Verdict.NOT_IDENTIFIABLE, "rank_deficient", lost)


def _guaranteed(problem: Problem, checks: dict[str, Check]) -> Answer | None:
    for key in ("generic_operators", "cyclic_group"):
        check = checks[key]
        if check.holds is True:
            return Answer(
                Verdict.IDENTIFIABLE,
                "generic_bound_met",
                f"{check.lhs} > {_decimal(check.rhs)}: almost every operator of this size "
                f"identifies the model ({check.statement.split(':')[0]}), and this one "
                f"{origin(problem)} and passes the rank condition.",
            )
    return None


def origin(problem: Problem) -> str:
    """Where the claim of genericity comes from."""
    drawn = evidence.drawn_at_random(problem)
    return "was drawn at random" if drawn else "was declared generic"


def _open(problem: Problem, checks: dict[str, Check]) -> Answer:
    """Full rank, no theorem: say what is missing."""
    if problem.field == "complex":
        return _undecided(
            "complex_signals",
            "The rank condition holds. The sufficient theorems are stated for real signals.",
        )
    bounds = [checks[key] for key in ("generic_operators", "cyclic_group")]
    bounds = [check for check in bounds if check.margin is not None]
    met = any(check.exceeds for check in bounds)
    generic = evidence.is_generic(problem)
    if problem.model_dim is None:
        if generic and not _no_cyclic_theorem(problem):
            return _undecided(
                "model_dim_unknown",
                "The rank condition holds. Whether a sufficient bound is met depends on the "
                "dimension k of the model, which was not given; the bounds say which k they cover.",
            )
        if not generic:
            return _undecided("structured_operator", _structured_text(problem))
    elif bounds and not met:
        best = max(bounds, key=lambda check: check.margin or 0)
        return _undecided(
            "between_bounds",
            f"The rank condition holds, but {best.lhs} measurements do not exceed the "
            f"{_decimal(best.rhs)} of the sufficient bound ({best.statement.split(':')[0]}).",
        )
    if not generic:
        return _undecided("structured_operator", _structured_text(problem))
    return _undecided(
        "action_not_cyclic",
        f"The rank condition holds. The published sufficient bound is for cyclic groups, and "
        f"{_name(problem)} is not known to be one.",
    )


def _name(problem: Problem) -> str:
    return "the trivial group" if problem.action is None else problem.action.name


def _no_cyclic_theorem(problem: Problem) -> bool:
    one = len(problem.operators) == 1
    return one and problem.action is not None and not problem.action.is_cyclic


def _structured_text(problem: Problem) -> str:
    why = evidence.refutation(problem) if evidence.claimed_generic(problem) else None
    aside = f" The claim that it is generic was set aside: {why}." if why else ""
    return (
        "The rank condition holds for this operator. The sufficient theorems speak of almost every "
        f"operator and not of a structured one, so they do not decide.{aside}"
    )


def _undecided(reason: str, text: str) -> Answer:
    return Answer(Verdict.UNDECIDED, reason, text)


def recovery(problem: Problem, checks: dict[str, Check]) -> Answer:
    """Whether, with the model known, each signal is determined by its own measurement."""
    ranks = evidence.operator_ranks(problem)
    check = checks["known_model"]
    if all(rank == problem.n for rank in ranks):
        return Answer(Verdict.IDENTIFIABLE, "injective", "Every operator is one-to-one.")
    if 0 in ranks and problem.model_dim:
        text = "An operator is zero, and a model of positive dimension has more than one signal."
        return Answer(Verdict.NOT_IDENTIFIABLE, "zero_operator", text)
    if check.holds is True:
        text = (
            f"{check.lhs} > 2k = {_decimal(check.rhs)}: almost every operator is one-to-one on X."
        )
        return Answer(Verdict.IDENTIFIABLE, "generic_bound_met", text)
    if problem.model_dim is None:
        return _undecided(
            "model_dim_unknown",
            "It depends on the model; m > 2k is enough for almost every operator.",
        )
    if check.exceeds:
        return _undecided(
            "structured_operator", "m > 2k holds, but the theorem speaks of almost every operator."
        )
    return _undecided(
        "between_bounds", f"m = {check.lhs} does not exceed 2k = {_decimal(check.rhs)}."
    )
