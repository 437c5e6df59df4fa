"""What would change the answer: other symmetries and other measurements, each re-analysed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from . import evidence, operators
from ._forward import ForwardOperator, vertical_stack
from ._probes import probe_rng
from .design.larger_groups import contains, larger_groups
from .design.samples import Samples, fewest_more, same_budget, sampled
from .groups.action import GroupAction
from .groups.lattices import reflections, shifts
from .groups.rotations import dihedral, quarter_turns
from .judgement import run_checks
from .problem import Problem
from .repair import Change, Repair, analysed
from .rows import DENSE_ENTRIES

__all__ = ["Repair", "suggest"]

_WORK, _SAME_WORK = 3e8, 1e9
_ROWS = 2**22
_OF_SIGNALS = "a symmetry is a property of the signals and no choice"


def suggest(problem: Problem, *, partial: bool = False) -> tuple[Repair, ...]:
    """List repairs of a setup that is not known to be identifiable, the most useful ones first.

    Groups on the same array that contain the given one, and other actions; the best mask that was
    found of the same budget; the smallest number of generic rows, of pixels or of frequencies, and
    of lines, whose text says "or fewer" where the number is not proved to be the smallest; for
    generic operators of full rank, the number of measurements at which the published bound holds.
    Every one is analysed anew before it is listed, and what is too large to analyse is not listed.

    A symmetry is listed as what it would do if the signals had it. Nobody can choose it.

    Parameters
    ----------
    problem : Problem
    partial : bool
        List also what raises the rank and leaves it deficient; and, with the reason in its `note`,
        a mask of a kind of which none can make the rank full: one of more rank where one was
        found, else the given one.

    Returns
    -------
    tuple of Repair
        First those that make the rank full, by the number of extra measurements, then by
        condition; then partial ones, by rank.

    Raises
    ------
    TypeError
        If `problem` is no Problem.

    Examples
    --------
    >>> import numpy as np
    >>> import sensing_theorems as st
    >>> low = np.abs(np.fft.fftfreq(16)) < 0.25
    >>> setup = st.Problem(st.operators.fourier(low), st.groups.shifts(16))
    >>> for repair in st.suggest(setup):
    ...     print(repair.text, repair.deficit)
    1 more generic row (9, 0)
    5 more frequencies (9, 0)
    """
    if not isinstance(problem, Problem):
        raise TypeError(f"`problem` must be a Problem; got {type(problem).__name__}.")
    found = evidence.stack(problem)
    if found.full and found.clear:
        changes = _more_measurements(problem)
    else:
        changes = _changes(problem, partial)
    repairs = (analysed(problem, change, partial) for change in changes)
    kept = _without_more_than_needed([repair for repair in repairs if repair is not None])
    return tuple(sorted(kept, key=_usefulness))


def _without_more_than_needed(repairs: list[Repair]) -> list[Repair]:
    """Leave out groups that ask more of the signals than a listed one that does as much."""
    kept: list[Repair] = []
    for repair in repairs:
        if repair.kind == "group":
            smaller = (r for r in kept if r.kind == "group" and r.rank == repair.rank)
            if any(_within(r, repair) for r in smaller):
                continue
        kept.append(repair)
    return kept


def _within(one: Repair, other: Repair) -> bool:
    small, large = one.problem.action, other.problem.action
    shape = one.problem.shape_in
    return small is not None and large is not None and contains(large, small, shape)


def _usefulness(repair: Repair) -> tuple[bool, int, float]:
    if not repair.full:
        return True, -repair.rank, float(repair.extra)
    condition = repair.condition
    return False, repair.extra, 0.0 if condition is None else -round(condition, 9)


def _changes(problem: Problem, partial: bool) -> Iterator[Change]:
    if evidence.stack(problem).clear:
        yield from _more_rows(problem)
        yield from _samples(problem, partial)
    yield from _larger(problem)
    yield from _other_actions(problem)


def _other_actions(problem: Problem) -> Iterator[Change]:
    known = [action for _, action in _larger_groups(problem)]
    for action in _candidates(problem):
        if _affordable(action, problem.m) and not any(action.same_as(a) for a in known):
            changed = replace(problem, action=action)
            text = f"symmetry {action.name} instead, if the signals have it"
            yield Change("action", text, changed, note=_OF_SIGNALS)


def _larger(problem: Problem) -> Iterator[Change]:
    for elements, action in _larger_groups(problem):
        if _affordable(action, problem.m):
            text = f"symmetry {action.name}, if the signals also allow {elements}"
            yield Change("group", text, replace(problem, action=action), note=_OF_SIGNALS)


def _larger_groups(problem: Problem) -> list[tuple[str, GroupAction]]:
    given = problem.action
    if given is None or not _on_pixels(problem):
        return []
    return list(larger_groups(given, problem.shape_in))


def _on_pixels(problem: Problem) -> bool:
    """Whether signals are arrays of one or two axes, and no coefficients of functions."""
    shape = problem.shape_in
    if problem.action is not None and problem.action.harmonics is not None:
        return False
    return len(shape) == 1 or (len(shape) == 2 and min(shape) > 1)


def _candidates(problem: Problem) -> list[GroupAction]:
    if not _on_pixels(problem):
        return []
    shape, given = problem.shape_in, problem.action
    actions = [shifts(*shape)]
    if len(shape) == 2 and shape[0] == shape[1]:
        actions += [quarter_turns(shape[0]), dihedral(shape[0])]
    actions += [reflections(*shape, axis=axis) for axis in range(len(shape))]
    return [a for a in actions if given is None or not a.same_as(given)]


def _affordable(action: GroupAction, m: int, most: float = _WORK) -> bool:
    """Whether the rank takes seconds: the work of one decomposition per block."""
    work = sum(
        r.count * r.multiplicity**2 * min(m * r.dim, r.multiplicity)
        for r in action.irreps.complex
        if r.multiplicity > 1
    )
    sketched = min(m, action.irreps.max_multiplicity + 4) * action.n
    return work <= most and sketched <= DENSE_ENTRIES


def _samples(problem: Problem, partial: bool) -> Iterator[Change]:
    """Other masks, for one operator that samples pixels, or frequencies of real signals."""
    action = problem.action
    given = sampled(problem.operators[0]) if len(problem.operators) == 1 else None
    if given is None or action is None or not _on_pixels(problem):
        return
    if not _affordable(action, problem.m, _SAME_WORK):
        return
    if given.units.frequencies and problem.field != "real":
        return  # orbits join f and -f, which complex signals tell apart
    for samples, cannot in same_budget(given, action, partial):
        text = f"another choice of {given.units.text(len(given.chosen))}"
        if samples is given:
            text = "the mask as it is"
        elif samples.units.kind != given.units.kind:
            text = f"{samples.units.text(len(samples.chosen))}, chosen freely, in their place"
        yield _with_mask(problem, "mask", text, samples, (0, cannot))
    enough = fewest_more(given, action)
    if enough is not None:
        more, proved = enough
        number = len(more.chosen) - len(given.chosen)
        text = f"{number} more {given.units.name(number)}{'' if proved else ', or fewer'}"
        extra = more.entries - given.entries
        yield _with_mask(problem, "units", text, more, (extra, ""))


def _with_mask(
    problem: Problem, kind: str, text: str, samples: Samples, about: tuple[int, str]
) -> Change:
    extra, note = about
    changed = Problem(samples.operator(), problem.action, problem.model_dim, False, problem.field)
    return Change(kind, text, changed, extra, samples.mask, note)


def _more_rows(problem: Problem) -> Iterator[Change]:
    found = evidence.stack(problem)
    # One row adds at most s_j to the rank of block j, and a generic row adds that much.
    steps = [
        math.ceil(int(missing.max()) / family.dim)
        for family, missing in found.lost
        if missing.size and missing.max() > 0
    ]
    extra = max(steps, default=0)
    if not extra or extra * problem.n > _ROWS:
        return
    rows = operators.gaussian(extra, problem.n, probe_rng("extra rows"))
    text = f"{extra} more generic row{'s' if extra > 1 else ''}"
    given = list(problem.operators)
    if len(given) == 1:
        changed: list[ForwardOperator] = [vertical_stack([*given, rows])]
    else:
        # Each signal is seen by one operator, so the rows are one more operator and join no other.
        changed = [*given, rows]
        text = f"one more operator with {extra} generic row{'s' if extra > 1 else ''}"
    # Rows drawn here do not make the given operators generic.
    joined = Problem(changed, problem.action, problem.model_dim, False, problem.field)
    yield Change("rows", text, joined, extra)


def _more_measurements(problem: Problem) -> Iterator[Change]:
    if problem.model_dim is None or not evidence.is_generic(problem):
        return
    key = "cyclic_group" if len(problem.operators) == 1 else "generic_operators"
    check = run_checks(problem)[key]
    if check.rhs is None or check.exceeds:
        return
    needed, G = math.floor(check.rhs) + 1, len(problem.operators)
    if needed > problem.n or needed * problem.n * G > _ROWS:
        return
    rng = probe_rng("more measurements")
    fresh = [operators.gaussian(needed, problem.n, rng) for _ in range(G)]
    changed = Problem(fresh, problem.action, problem.model_dim, None, problem.field)
    each = " per operator" if G > 1 else ""
    text = f"{needed} generic measurements{each} instead of {check.lhs}"
    extra = needed * G - sum(problem.rows)
    yield Change("measurements", text, changed, extra)
