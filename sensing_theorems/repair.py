"""A change of the setup that was analysed anew, and what it regains irrep by irrep."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from . import evidence
from .check import Number
from .judgement import DECIDING, Verdict, identification, run_checks
from .problem import Problem
from .rank_result import RankResult

__all__ = ["Change", "Repair", "analysed"]

_BOUNDS = ("generic_operators", "cyclic_group")
_DENSE = 1024
_SPECTRUM_WORK = 3e8


@dataclass(frozen=True, eq=False)
class Change:
    """A change that is still to be analysed; see `Repair` for the attributes."""

    kind: str
    text: str
    problem: Problem
    extra: int = 0
    mask: np.ndarray | None = None
    note: str = ""


@dataclass(frozen=True, eq=False)
class Repair:
    """A change of the setup, with what the analysis says after it.

    Attributes
    ----------
    kind : {"action", "group", "rows", "units", "mask", "measurements"}
        Another action; a group that contains the given one; more generic rows; more lines, spokes,
        pixels or frequencies; a mask with as many measurements, or as many spokes; more generic
        measurements.
    text : str
        What to change.
    rank : int
        Rank of the stack afterwards.
    verdict : Verdict
    reason : str
        Answer on model identification afterwards.
    given, problem : Problem
        The setup before and after.
    extra : int
        Measurements beyond those that are taken: rows, pixels or frequencies. As many spokes may
        hold some frequencies more, or fewer.
    mask : ndarray of bool or None
        The changed mask, in the order that its operator takes.
    note : str
        On what the change hangs, or why its kind cannot make the rank full.
    """

    kind: str
    text: str
    rank: int
    verdict: Verdict
    reason: str
    given: Problem = field(repr=False)
    problem: Problem = field(repr=False)
    extra: int = 0
    mask: np.ndarray | None = field(default=None, repr=False)
    note: str = ""

    @property
    def before(self) -> RankResult:
        """Rank of the stack as it was."""
        return evidence.stack(self.given)

    @property
    def after(self) -> RankResult:
        """Rank of the changed stack."""
        return evidence.stack(self.problem)

    @property
    def full(self) -> bool:
        """Whether the rank is full afterwards; else the repair is a partial one."""
        return self.after.full

    @property
    def deficit(self) -> tuple[int, int]:
        """Dimensions of the signals that nobody sees, before and after."""
        return self.before.missing, self.after.missing

    @cached_property
    def margin(self) -> Number | None:
        r"""By how much m exceeds the published sufficient bound that is newly met.

        .. math:: m - (2k + \max_j c_j + 1) \quad\text{or}\quad m - (k + n/|G|)

        The first under a cyclic group (`theorems.cyclic_group`: Tachella, Chen, Davies, JMLR
        2023), the second for independent operators (`theorems.generic_operators`: NeurIPS 2022), m
        and G as there. It is positive, as both bounds are strict; of two bounds it is the larger
        one. ``None`` where the changed setup meets none, or only what the given one met: for
        operators that are not generic, for complex signals, and if k is not known.
        """
        before, after = (run_checks(p, _BOUNDS) for p in (self.given, self.problem))
        newly = [
            check.margin
            for key, check in after.items()
            if check.holds is True and before[key].holds is not True and check.margin is not None
        ]
        return max(newly, default=None)

    @cached_property
    def condition(self) -> float | None:
        """Smallest over largest singular value of the stack afterwards.

        0 where the rank is not full; ``None`` where it is not known or would take long.
        """
        if not self.full:
            return 0.0
        if not _spectrum_is_quick(self.problem, self.after):
            return None
        found = self.after.spectrum
        if found is None or found.largest == 0.0:
            return None
        smallest = min(float(gains.min(initial=np.inf)) for gains in found.gains)
        return smallest / found.largest

    @cached_property
    def regained(self) -> tuple[tuple[str, int], ...]:
        """Irreps of the given action of which more is seen afterwards: label, dimensions.

        Less is seen of those with negative dimensions, as another mask may give up what the given
        one saw. Empty where the irreps are not known, and for a partial repair by an action that
        does not contain the given one: what stays unseen is then no sum of parts of irreps.
        """
        lost = {d.label: d.missing for d in self.before.deficient}
        if self.full:
            return tuple(lost.items())
        if self.kind == "group":
            left = self._left_within()
        elif self.problem.action is self.given.action:
            left = {d.label: d.missing for d in self.after.deficient}
        else:
            left = None
        if left is None:
            return ()
        won = ((label, lost.get(label, 0) - left.get(label, 0)) for label in {**lost, **left})
        return tuple(pair for pair in won if pair[1])

    def _left_within(self) -> dict[str, int] | None:
        """Dimensions that stay unseen in each irrep of the given group, inside the larger one.

        What a larger group leaves unseen is invariant under the given group too, so that the trace
        of its projection on an irrep is a dimension.
        """
        action, n = self.given.action, self.after.n
        if action is None or n > _DENSE:
            return None
        hidden = action.isotypic(self.after.invisible_part(np.eye(n)))
        traces = hidden.energies.sum(axis=0).round().astype(int).tolist()
        return dict(zip(hidden.labels, traces, strict=True))

    def __str__(self) -> str:
        said = f"{self.text}: rank {self.rank}, {self.verdict} [{self.reason}]"
        if self.margin is not None:
            said += f", bound exceeded by {float(self.margin):g}"
        if self.condition:
            said += f", condition {self.condition:.2g}"
        return f"{said}; {self.note}" if self.note else said


def _spectrum_is_quick(problem: Problem, found: RankResult) -> bool:
    """Whether singular values take a fraction of a second."""
    if found.method in ("dense", "gram"):
        return problem.n <= _DENSE
    table = evidence.irreps(problem)
    widest = problem.n if table is None else table.max_multiplicity
    if widest == 1:
        return found.method == "blocks"
    return found.method == "blocks" and widest**2 * problem.n <= _SPECTRUM_WORK


def analysed(given: Problem, change: Change, partial: bool) -> Repair | None:
    """Analyse the changed setup; ``None`` if its rank is unclear, or neither full nor better.

    What is better and not full is told if `partial`; and then also a mask of a kind that cannot do,
    for the reason it comes with.
    """
    before, after = evidence.stack(given), evidence.stack(change.problem)
    better = before.clear and not after.rank_error and after.rank > before.rank
    told = partial and (better or (change.kind == "mask" and bool(change.note)))
    if not after.clear or not (after.full or told):
        return None
    answer = identification(change.problem, run_checks(change.problem, DECIDING))
    return Repair(
        kind=change.kind,
        text=change.text,
        rank=after.rank,
        verdict=answer.verdict,
        reason=answer.reason,
        given=given,
        problem=change.problem,
        extra=change.extra,
        mask=change.mask,
        note=change.note,
    )
