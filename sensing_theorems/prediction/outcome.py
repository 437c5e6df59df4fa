r"""The rules from ranks to what training should come to, and the four answers."""

from __future__ import annotations

from enum import Enum
from fractions import Fraction
from typing import NamedTuple

from .. import evidence
from ..problem import Problem
from ..rank_result import RankResult
from .signal_parts import SignalParts

__all__ = ["LARGE", "Count", "Outcome", "count_operators", "judge", "weakness"]

LARGE = 4096  # above it singular values and ranks take too long for a hint
_WEAK = 1e-3  # noise level at which weak directions are worth a word


class Outcome(Enum):
    """What training should come to; there are four, so it refuses ``bool()``."""

    LEARNABLE = "learnable"
    PARTLY = "partly"
    NOT_LEARNABLE = "not learnable"
    OPEN = "open"

    def __bool__(self) -> bool:
        raise TypeError(
            "an Outcome has four answers; write `outcome is Outcome.LEARNABLE` instead."
        )

    def __str__(self) -> str:
        return self.value.upper()


class Count(NamedTuple):
    """How many virtual operators differ, and whether they leave room for a model."""

    order: float | None
    admits: bool | None
    note: str = ""


def count_operators(problem: Problem, ranks: tuple[int | None, ...], parts: SignalParts) -> Count:
    """Count of dimensions: derived here, necessary for linear models, no theorem on training."""
    if None in ranks or (problem.action and len(ranks) > 1):
        return Count(None, None)
    known = [rank for rank in ranks if rank is not None]
    k = max(Fraction(1), problem.exact_dim or Fraction(1))
    if problem.action is None:
        # Copies ask nothing new of a model, and rows below k ask nothing at all.
        own = parts.distinct()
        seen = sum(max(known[i] - k, Fraction(0)) for i in own)
        note = f"{len(known)} operators"
        if len(own) < len(known):
            note = f"only {len(own)} of {note} show something of their own"
        return Count(len(own), seen >= problem.n - k, note)
    subgroup = evidence.stabilising_subgroup(problem)
    if subgroup is None:
        return Count(None, None)
    if not isinstance(subgroup.index, int):
        return Count(subgroup.index, True)
    admits = subgroup.index * (known[0] - k) >= problem.n - k
    return Count(
        subgroup.index,
        admits,
        f"{subgroup.name} keep{'' if subgroup.name.startswith(('mult', 'rot')) else 's'} null A, "
        f"so {subgroup.index} virtual operators differ",
    )


def judge(
    problem: Problem, ranks: tuple[int | None, ...], stack: RankResult, count: Count
) -> tuple[Outcome, str]:
    """Outcome and its reason, from the ranks of the operators and of the stack."""
    n, R = problem.n, stack.rank
    several = len(ranks) > 1
    who = "each operator" if several else "A"
    if all(rank == n for rank in ranks):
        return Outcome.LEARNABLE, (
            f"{who} has rank {n} = n: it shows every signal, nothing is learned."
        )
    if not stack.clear:
        why = stack.note or "the singular values of the stack show no gap"
        return Outcome.OPEN, f"numerically unclear: {why}."
    if stack.full:
        return _full(problem, ranks, count)
    if None in ranks:
        if evidence.equivariant(problem) is False and not several:
            # The stack of an operator that is not equivariant has more than its row space.
            return Outcome.PARTLY, (
                f"the stack sees {R} of {n} dimensions, A alone fewer since it is not equivariant; "
                f"{n - R} are seen by nobody."
            )
        return Outcome.OPEN, f"the stack sees {R} of {n} dimensions; the rank of A is unclear."
    if all(rank == R for rank in ranks):
        return Outcome.NOT_LEARNABLE, (
            f"the stack sees {R} of {n} dimensions, and {who} sees them already."
        )
    alone = min(rank for rank in ranks if rank is not None)
    return Outcome.PARTLY, (
        f"the stack sees {R} of {n} dimensions, {'an operator' if several else 'A'} alone {alone}; "
        f"{n - R} are seen by nobody."
    )


def _full(problem: Problem, ranks: tuple[int | None, ...], count: Count) -> tuple[Outcome, str]:
    """Full rank, which is necessary; the count may still leave no room for a model."""
    n, known = problem.n, [rank for rank in ranks if rank is not None]
    if count.admits is False:
        k = max(1, problem.model_dim or 1)
        return Outcome.OPEN, (
            f"the stack sees all {n} dimensions, but {count.note}: too few for any linear model of "
            f"dimension {k:g} (derived here)."
        )
    several = len(ranks) > 1
    if not known:
        of = "any operator" if several else "A"
        return Outcome.OPEN, f"the stack sees all {n} dimensions; the rank of {of} is unclear."
    alone = f"of which {'an operator' if several else 'A'} alone sees {min(known)}"
    unknown = "; that is necessary, and whether enough virtual operators differ was not found"
    return Outcome.LEARNABLE, (
        f"the stack sees all {n} dimensions, {alone}{unknown if count.admits is None else ''}."
    )


def weakness(stack: RankResult) -> str:
    """A word on directions that are seen, and too weakly for a realistic noise level."""
    if not stack.clear or stack.rank == 0 or stack.n > LARGE:
        return ""
    if stack.method not in ("blocks", "dense", "gram") or stack.spectrum is None:
        return ""
    strong = stack.effective_rank(_WEAK)
    if strong >= stack.rank:
        return ""
    return f" Weak: at noise of {100 * _WEAK:g} % only {strong} of {stack.rank} stand out."
