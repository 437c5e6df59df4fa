"""What would change the answer: other symmetries and more measurements, each re-analysed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from . import evidence, operators
from ._forward import ForwardOperator, vertical_stack
from ._probes import probe_rng
from .groups.action import GroupAction
from .groups.lattices import reflections, shifts
from .groups.rotations import dihedral, quarter_turns
from .judgement import DECIDING, Verdict, identification, run_checks
from .problem import Problem
from .rows import DENSE_ENTRIES

__all__ = ["Repair", "suggest"]

_WORK = 3e8
_ROWS = 2**22


@dataclass(frozen=True)
class Repair:
    """A change of the setup, with what the analysis says after it.

    Attributes
    ----------
    kind : {"action", "rows", "measurements"}
    text : str
        What to change.
    rank : int
        Rank of the stack afterwards.
    verdict : Verdict
    reason : str
        Answer on model identification afterwards.
    """

    kind: str
    text: str
    rank: int
    verdict: Verdict
    reason: str


def suggest(problem: Problem) -> tuple[Repair, ...]:
    """List repairs of a setup that is not known to be identifiable.

    Other actions on arrays of the same shape that make the rank full; the smallest number of
    generic rows that does; for generic operators, the number of measurements at which the
    published bound holds. Every one is analysed anew before it is listed, and what is too large to
    analyse is not listed.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    tuple of Repair

    Examples
    --------
    >>> import numpy as np
    >>> import sensing_theorems as st
    >>> low = np.abs(np.fft.fftfreq(16)) < 0.25
    >>> setup = st.Problem(st.operators.fourier(low), st.groups.shifts(16))
    >>> print(st.suggest(setup)[0].text)
    1 more generic row
    """
    found = evidence.stack(problem)
    if found.full and found.clear:
        return tuple(_more_measurements(problem))
    rows = _more_rows(problem) if found.clear else ()
    return (*rows, *_other_actions(problem))


def _analysed(kind: str, text: str, changed: Problem) -> Repair | None:
    found = evidence.stack(changed)
    if not (found.full and found.clear):
        return None
    answer = identification(changed, run_checks(changed, DECIDING))
    return Repair(kind, text, found.rank, answer.verdict, answer.reason)


def _other_actions(problem: Problem) -> Iterator[Repair]:
    for action in _candidates(problem):
        if not _affordable(action, problem.m):
            continue
        changed = replace(problem, action=action)
        if (repair := _analysed("action", f"symmetry {action.name} instead", changed)) is not None:
            yield repair


def _candidates(problem: Problem) -> list[GroupAction]:
    shape = problem.shape_in
    if problem.action is not None and problem.action.harmonics is not None:
        return []  # coefficients of functions are no pixels
    if len(shape) > 2 or (len(shape) == 2 and min(shape) == 1):
        return []
    actions = [shifts(*shape)]
    if len(shape) == 2 and shape[0] == shape[1]:
        actions += [quarter_turns(shape[0]), dihedral(shape[0])]
    actions += [reflections(*shape, axis=axis) for axis in range(len(shape))]
    given = problem.action
    return [a for a in actions if given is None or not a.same_as(given)]


def _affordable(action: GroupAction, m: int) -> bool:
    """Whether the rank takes seconds: the work of one decomposition per block."""
    work = sum(
        r.count * r.multiplicity**2 * min(m * r.dim, r.multiplicity)
        for r in action.irreps.complex
        if r.multiplicity > 1
    )
    sketched = min(m, action.irreps.max_multiplicity + 4) * action.n
    return work <= _WORK and sketched <= DENSE_ENTRIES


def _more_rows(problem: Problem) -> Iterator[Repair]:
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
    if (repair := _analysed("rows", text, joined)) is not None:
        yield repair


def _more_measurements(problem: Problem) -> Iterator[Repair]:
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
    if (repair := _analysed("measurements", text, changed)) is not None:
        yield repair
