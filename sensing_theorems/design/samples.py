"""What the masks of given operators are made of, and masks that would see more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from .._forward import ForwardOperator
from .._linear_maps import gather, real_forward, sampled_dft
from .._probes import probe_rng
from ..groups.action import GroupAction
from ..operators import fourier, inpainting
from .orbit_gram import OrbitGram
from .shortfall import least_units
from .solving import best_units, orbits_of, random_choices
from .units import Units, lines, points

__all__ = ["Samples", "fewest_more", "same_budget", "sampled"]

_SINGLES, _UNITS = 2**16, 2**12
_TRIES = 3


@dataclass(frozen=True, eq=False)
class Samples:
    """A mask as a choice of units.

    Attributes
    ----------
    units : Units
    chosen : tuple of int
    real : bool
        Whether real and imaginary parts of frequencies are stacked.
    """

    units: Units
    chosen: tuple[int, ...]
    real: bool = False

    @property
    def mask(self) -> np.ndarray:
        """The mask, bool, in the order that its operator takes."""
        return self.units.mask(self.chosen).reshape(self.units.shape)

    def operator(self) -> ForwardOperator:
        """Operator of the mask, of the form that the given one had."""
        if self.units.frequencies:
            return fourier(self.mask, real=self.real)
        return inpainting(self.mask)

    @property
    def entries(self) -> int:
        """Number of pixels or frequencies that are measured."""
        return int(np.count_nonzero(self.mask))


def sampled(A: ForwardOperator) -> Samples | None:
    """Read the mask off an operator that samples pixels or frequencies; ``None`` for others.

    Frequencies are told in whole lines where that is possible, along the last axis or the first.
    """
    forward, real = A._forward, False
    if isinstance(forward, partial) and forward.func is real_forward:
        forward, real = forward.args[0]._forward, True
    if not isinstance(forward, partial) or forward.func not in (gather, sampled_dft):
        return None
    rows = forward.args[0]
    if forward.func is gather:
        return Samples(points("pixels", A.shape_in), tuple(rows.tolist()))
    shape = forward.args[1]
    mask = np.zeros(A.shape[1], dtype=bool)
    mask[rows] = True
    axes = (-1, 0) if len(shape) == 2 and min(shape) > 1 else ()
    for units in (lines(shape, axis) for axis in axes):
        whole = tuple(u for u, at in enumerate(units.members) if mask[at].all())
        if whole and np.array_equal(units.mask(whole), mask):
            return Samples(units, whole, real)
    return Samples(points("fourier", shape), tuple(rows.tolist()), real)


def _orbits(units: Units, action: GroupAction, budget: int) -> OrbitGram | None:
    """Orbits, where the group permutes entries and a search takes no longer than a second."""
    most = _SINGLES if units.single else _UNITS
    return orbits_of(units, action, budget) if units.n <= most else None


def fewest_more(given: Samples, action: GroupAction) -> Samples | None:
    """The given mask, and as few more units of its kind as are known to make the rank full.

    Fewest for single pixels and frequencies. For lines a few budgets from the one below which none
    can do are searched, and then lines are added until all orbits are hit.
    """
    units, kept = given.units, given.chosen
    gram = _orbits(units, action, len(kept) + 1)
    if gram is None:
        return None
    needed, _ = least_units(gram, units, action, kept)
    least = max(needed, len(kept) + 1)
    for budget in range(least, min(least + _TRIES, units.count)):
        rng = probe_rng("more units")
        drawn = random_choices(units, budget, kept, rng)
        found, _ = best_units(gram, units, kept, drawn, rng)
        if found.key[0] > 0:
            return replace(given, chosen=found.chosen)
    return replace(given, chosen=_covering(gram, units, kept))


def _covering(gram: OrbitGram, units: Units, kept: tuple[int, ...]) -> tuple[int, ...]:
    """Units added one by one, each time the one that hits most new orbits."""
    chosen = list(kept)
    hits = gram.counts(units.cells) > 0
    unseen = gram.counts(units.mask(kept)[None])[0] == 0
    while unseen.any():
        chosen.append(int(np.argmax((hits & unseen).sum(axis=1))))
        unseen &= ~hits[chosen[-1]]
    return tuple(sorted(chosen))


def same_budget(given: Samples, action: GroupAction, hopeless: bool) -> list[tuple[Samples, str]]:
    """Best masks with as many measurements, each with why its kind cannot do, or "".

    Of the same kind, and for lines of single frequencies as well. Kinds that cannot do are left out
    unless `hopeless` ones are asked for.
    """
    kinds = [given.units]
    if not given.units.single:
        kinds.append(points("fourier", given.units.shape))
    found = []
    for units in kinds:
        budget = given.entries if units.single else len(given.chosen)
        gram = _orbits(units, action, budget)
        if gram is None:
            continue
        needed, why = least_units(gram, units, action, ())
        no = f"no {units.text(budget)} can make it full, since {why}" if budget < needed else ""
        if hopeless or not no:
            rng = probe_rng("same budget")
            drawn = random_choices(units, budget, (), rng)
            best, _ = best_units(gram, units, (), drawn, rng)
            found.append((replace(given, units=units, chosen=best.chosen), no))
    return found
