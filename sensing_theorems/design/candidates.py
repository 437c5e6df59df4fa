"""Symmetries that may be tried on the signals of a problem."""

from __future__ import annotations

from ..groups.action import GroupAction
from ..groups.lattices import reflections, shifts
from ..groups.rotations import dihedral, quarter_turns
from ..problem import Problem
from ..rows import DENSE_ENTRIES
from .larger_groups import larger_groups

__all__ = ["affordable", "larger", "on_pixels", "others"]

_WORK = 3e8


def on_pixels(problem: Problem) -> bool:
    """Whether signals are arrays of one or two axes, and no coefficients of functions."""
    shape = problem.shape_in
    if problem.action is not None and problem.action.harmonics is not None:
        return False
    return len(shape) == 1 or (len(shape) == 2 and min(shape) > 1)


def larger(problem: Problem) -> list[tuple[str, GroupAction]]:
    """Groups that contain the given one, each with what they add in words."""
    given = problem.action
    if given is None or not on_pixels(problem):
        return []
    return list(larger_groups(given, problem.shape_in))


def others(problem: Problem) -> list[GroupAction]:
    """Usual groups on such an array that neither are the given one nor were listed as larger."""
    if not on_pixels(problem):
        return []
    shape, given = problem.shape_in, problem.action
    actions = [shifts(*shape)]
    if len(shape) == 2 and shape[0] == shape[1]:
        actions += [quarter_turns(shape[0]), dihedral(shape[0])]
    actions += [reflections(*shape, axis=axis) for axis in range(len(shape))]
    known = [action for _, action in larger(problem)]
    known += [] if given is None else [given]
    return [a for a in actions if not any(a.same_as(b) for b in known)]


def affordable(action: GroupAction, m: int, most: float = _WORK) -> bool:
    """Whether the rank takes seconds: the work of one decomposition per block."""
    work = sum(
        r.count * r.multiplicity**2 * min(m * r.dim, r.multiplicity)
        for r in action.irreps.complex
        if r.multiplicity > 1
    )
    sketched = min(m, action.irreps.max_multiplicity + 4) * action.n
    return work <= most and sketched <= DENSE_ENTRIES
