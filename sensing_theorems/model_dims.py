"""For users who do not know k: the largest one that each sufficient bound covers."""

from __future__ import annotations

import math
from fractions import Fraction

from . import evidence
from .problem import Problem
from .theorems import best_element, largest_subsets

__all__ = ["max_model_dims"]


def max_model_dims(problem: Problem) -> dict[str, int | None]:
    """Largest integer k that each sufficient bound covers, ``None`` where it covers none.

    For generic operators with as many measurements as the given ones, whatever these are. Empty
    for complex signals, of which the theorems do not speak.
    """
    if problem.field == "complex":
        return {}
    n, sizes = problem.n, evidence.measurements(problem)
    found: dict[str, int | None] = {"known_model": _below(Fraction(min(sizes), 2), n)}
    if len(problem.operators) > 1:
        best = max(m - Fraction(n, G) for m, G in largest_subsets(problem))
        found["generic_operators"] = _below(best, n)
    if problem.action is not None:
        m, table = max(sizes), evidence.irreps(problem)
        if table is not None and problem.action.is_cyclic:
            found["cyclic_group"] = _below(Fraction(m - table.max_multiplicity - 1, 2), n)
        found["any_group"] = _below(Fraction(m - best_element(problem.action)[0], 2), n)
    return found


def _below(bound: Fraction, n: int) -> int | None:
    """Largest integer k < bound, at most n."""
    k = min(math.ceil(bound) - 1, n)
    return k if k >= 0 else None
