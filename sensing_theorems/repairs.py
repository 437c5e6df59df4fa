"""What would change the answer: other symmetries and other measurements, each re-analysed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from . import evidence, operators
from ._forward import ForwardOperator, vertical_stack
from ._probes import probe_rng
from ._validate import flag
from .design.candidates import affordable, larger, on_pixels, others
from .design.larger_groups import contains
from .design.samples import Samples, fewest_more, same_budget, sampled
from .design.seams import SEAM, owed_to_pixels
from .judgement import DECIDING, Verdict, identification, run_checks
from .problem import Problem
from .repair import Change, Repair, analysed

__all__ = ["Repair", "suggest"]

_SAME_WORK = 1e9
_ROWS = 2**22
_OF_SIGNALS = "a symmetry is a property of the signals and no choice"


def suggest(problem: Problem, *, partial: bool = False) -> tuple[Repair, ...]:
    """List repairs of a setup that is not known to be identifiable, the most useful ones first.

    Groups on the same array that contain the given one, and other actions; the best mask that was
    found of the same budget; the smallest number of generic rows, of pixels or of frequencies, and
    of lines or spokes, whose text says "or fewer" where the number is not proved to be the
    smallest; for generic operators and a known k, the number of measurements at which the published
    bound holds. Every one is analysed anew before it is listed, and what is too large to analyse is
    not listed.

    Where the rank is full already, only what meets a published bound is listed: more measurements,
    or a cyclic group. A symmetry is listed as what it would do if the signals had it. Nobody can
    choose it. For tomography under shifts the `note` says that full rank is owed to the pixel grid.

    Masks for complex signals, ``field="complex"``, are made by orbits that tell f from -f, which
    `design_mask` joins: its masks are for real signals.

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
        By verdict, IDENTIFIABLE ones first; then by what stays unseen, `deficit`; then by `margin`,
        the largest first; then by the number of extra measurements, and last by condition.

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
    5 more frequencies (9, 0)
    1 more generic row (9, 0)
    """
    flag(partial, "partial")
    if not isinstance(problem, Problem):
        raise TypeError(f"`problem` must be a Problem; got {type(problem).__name__}.")
    found = evidence.stack(problem)
    enough = found.full and found.clear
    changes = _for_bounds(problem) if enough else _changes(problem, partial)
    repairs = (analysed(problem, change, partial) for change in changes)
    helpful = [
        _with_seam(repair)
        for repair in repairs
        if repair is not None and not (enough and repair.verdict is not Verdict.IDENTIFIABLE)
    ]
    return tuple(sorted(_without_more_than_needed(helpful), key=_usefulness))


def _with_seam(repair: Repair) -> Repair:
    """The repair with the reservation that its full rank calls for."""
    if not (repair.full and owed_to_pixels(repair.problem)):
        return repair
    return replace(repair, note="; ".join(filter(None, (repair.note, SEAM))))


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


def _usefulness(repair: Repair) -> tuple[bool, int, Fraction, int, float]:
    return (
        repair.verdict is not Verdict.IDENTIFIABLE,
        repair.deficit[1],
        -Fraction(repair.margin or 0),
        repair.extra,
        -round(repair.condition or 0.0, 9),
    )


def _changes(problem: Problem, partial: bool) -> Iterator[Change]:
    if evidence.stack(problem).clear:
        yield from _more_rows(problem)
        yield from _more_measurements(problem)
        yield from _samples(problem, partial)
    yield from _symmetries(problem)


def _for_bounds(problem: Problem) -> Iterator[Change]:
    """What could meet a published bound where the rank is full and none is met."""
    if problem.model_dim is None or problem.field != "real" or not evidence.is_generic(problem):
        return
    if identification(problem, run_checks(problem, DECIDING)).verdict is Verdict.IDENTIFIABLE:
        return
    yield from _more_measurements(problem)
    for change in _symmetries(problem):
        action = change.problem.action
        if action is not None and action.is_cyclic:
            yield change


def _symmetries(problem: Problem) -> Iterator[Change]:
    for elements, action in larger(problem):
        if affordable(action, problem.m):
            text = f"symmetry {action.name}, if the signals also allow {elements}"
            yield Change("group", text, replace(problem, action=action), note=_OF_SIGNALS)
    for action in others(problem):
        if affordable(action, problem.m):
            text = f"symmetry {action.name} instead, if the signals have it"
            changed = replace(problem, action=action)
            yield Change("action", text, changed, note=_OF_SIGNALS)


def _samples(problem: Problem, partial: bool) -> Iterator[Change]:
    """Other masks, for one operator that samples pixels or frequencies."""
    action = problem.action
    one = len(problem.operators) == 1
    given = sampled(problem.operators[0], problem.field) if one else None
    if given is None or action is None or not on_pixels(problem):
        return
    if not affordable(action, problem.m, _SAME_WORK):
        return
    for samples, cannot in same_budget(given, action, partial):
        text = f"another choice of {given.units.text(len(given.chosen))}"
        if samples is given:
            text = "the mask as it is"
        elif samples.units.kind != given.units.kind:
            text = f"{samples.units.text(len(samples.chosen))}, chosen freely, in their place"
        # As many spokes may hold some frequencies more.
        extra = samples.entries - given.entries
        yield _with_mask(problem, "mask", text, samples, (extra, cannot))
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
    # Rows that were added before must not come again.
    rows = operators.gaussian(extra, problem.n, probe_rng("extra rows", problem.m))
    text = f"{extra} more generic row{'s' if extra > 1 else ''}"
    given = list(problem.operators)
    if len(given) == 1:
        changed: list[ForwardOperator] = [vertical_stack([*given, rows])]
    else:
        # Each signal is seen by one operator, so the rows are one more operator and join no other.
        changed = [*given, rows]
        text = f"one more operator with {extra} generic row{'s' if extra > 1 else ''}"
    # Rows drawn here do not make the given operators generic, and leave generic ones so.
    generic = problem.generic if evidence.is_generic(problem) else False
    joined = Problem(changed, problem.action, problem.model_dim, generic, problem.field)
    yield Change("rows", text, joined, extra)


def _more_measurements(problem: Problem) -> Iterator[Change]:
    k, G = problem.exact_dim, len(problem.operators)
    if k is None or problem.field != "real" or not evidence.is_generic(problem):
        return
    key = "cyclic_group" if G == 1 else "generic_operators"
    check = run_checks(problem, (key,))[key]
    if check.rhs is None or check.exceeds:
        return
    # That of the operators as they are may be for some of them only.
    bound = check.rhs if G == 1 else k + Fraction(problem.n, G)
    needed, rows = math.floor(bound) + 1, problem.rows
    if needed > problem.n or needed * problem.n * G > _ROWS:
        return
    rng = probe_rng("more measurements")
    fresh = [operators.gaussian(needed, problem.n, rng) for _ in range(G)]
    changed = Problem(fresh, problem.action, problem.model_dim, None, problem.field)
    each = " per operator" if G > 1 else ""
    taken = check.lhs if G == 1 else "–".join(map(str, sorted({min(rows), max(rows)})))
    text = f"{needed} generic measurements{each} instead of {taken}"
    extra = needed * G - sum(rows)
    yield Change("measurements", text, changed, extra)
