"""What the masks of given operators are made of, and masks that would see more."""

from __future__ import annotations

from collections.abc import Iterator
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
from .units import Units, lines, points, spokes

__all__ = ["Samples", "fewest_more", "same_budget", "sampled"]

_SINGLES, _UNITS, _SEARCHED = 2**16, 2**12, 2**10
_SECONDS = 2.0


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


def sampled(A: ForwardOperator, field: str = "real") -> Samples | None:
    """Read the mask off an operator that samples pixels or frequencies; ``None`` for others.

    Frequencies are told in whole lines where that is possible, along the last axis or the first,
    and else in spokes: in the fewest that make the mask, as some may be covered by others.
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
    # Real and imaginary parts of frequency f show -f of complex signals too.
    paired = real or field == "real"
    mask = np.zeros(A.shape[1], dtype=bool)
    mask[rows] = True
    for units in _whole_units(shape):
        whole = tuple(u for u, at in enumerate(units.members) if mask[at].all())
        if whole and np.array_equal(units.mask(whole), mask):
            chosen = whole if units.kind == "cartesian" else _irredundant(units, whole)
            return Samples(replace(units, paired=paired), chosen, real)
    return Samples(points("fourier", shape, paired), tuple(rows.tolist()), real)


def _whole_units(shape: tuple[int, ...]) -> Iterator[Units]:
    """Units of several frequencies, the usual ones first."""
    if len(shape) == 2 and min(shape) > 1:
        yield lines(shape, -1)
        yield lines(shape, 0)
        yield spokes(shape)


def _irredundant(units: Units, whole: tuple[int, ...]) -> tuple[int, ...]:
    """Fewest of these units that make the same mask, or all where they were not found."""
    times = np.zeros(units.n, dtype=np.int64)
    for u in whole:
        times[units.members[u]] += 1
    needed = tuple(u for u in whole if (times[units.members[u]] == 1).any())
    covered = units.mask(needed)
    if np.array_equal(covered, times > 0):
        return needed
    open_entries = np.flatnonzero((times > 0) & ~covered)
    hits = np.stack([np.isin(open_entries, units.members[u]) for u in whole], axis=1)
    more, _ = _hitting(hits)
    return whole if more is None else tuple(sorted({*needed, *(whole[i] for i in more)}))


def _orbits(units: Units, action: GroupAction, budget: int) -> OrbitGram | None:
    """Orbits, where the group permutes entries and a search takes no longer than a second."""
    most = _SINGLES if units.single else _UNITS
    return orbits_of(units, action, budget) if units.n <= most else None


def fewest_more(given: Samples, action: GroupAction) -> tuple[Samples, bool] | None:
    """The given mask, and more units of its kind that make the rank full.

    Returns
    -------
    tuple of Samples and bool, or None
        With whether it is proved that no fewer units can: by a count of orbits for single entries,
        and for lines by orbits that share no line or by an integer programme.
    """
    units, kept = given.units, given.chosen
    gram = _orbits(units, action, len(kept) + 1)
    if gram is None:
        return None
    needed, _ = least_units(gram, units, action, kept)
    chosen, proved = _covering(gram, units, kept), True
    if len(chosen) > max(needed, len(kept)):
        chosen, proved = _fewest(gram, units, chosen, kept)
    if units.single or units.n <= _SEARCHED:
        rng = probe_rng("more units")
        drawn = [chosen, *random_choices(units, len(chosen), kept, rng)]
        chosen = best_units(gram, units, kept, drawn, rng)[0].chosen
    return replace(given, chosen=chosen), proved


def _covering(gram: OrbitGram, units: Units, kept: tuple[int, ...]) -> tuple[int, ...]:
    """Units added one by one, each time the one that hits most new orbits."""
    unseen = gram.counts(units.mask(kept)[None])[0] == 0
    if units.single:
        # One entry of every orbit: its first, as no entry hits two.
        first = np.unique(gram.labels, return_index=True)[1]
        return tuple(sorted((*kept, *first[unseen].tolist())))
    chosen = list(kept)
    hits = gram.counts(units.cells) > 0
    while unseen.any():
        chosen.append(int(np.argmax((hits & unseen).sum(axis=1))))
        unseen &= ~hits[chosen[-1]]
    return tuple(sorted(chosen))


def _fewest(
    gram: OrbitGram, units: Units, known: tuple[int, ...], kept: tuple[int, ...]
) -> tuple[tuple[int, ...], bool]:
    """Fewest units that hit all orbits, and whether that is proved; else the `known` ones."""
    unseen = gram.counts(units.mask(kept)[None])[0] == 0
    hits = gram.counts(units.cells)[:, unseen].T > 0
    more, proved = _hitting(hits)
    if more is None or len({*kept, *more}) > len(known):
        return known, False
    return tuple(sorted({*kept, *more})), proved


def _hitting(hits: np.ndarray) -> tuple[list[int] | None, bool]:
    """Fewest columns of (J, count) that hit every row, and whether that is proved."""
    from scipy.optimize import Bounds, LinearConstraint, milp  # a third of a second to import

    found = milp(
        np.ones(hits.shape[1]),
        integrality=np.ones(hits.shape[1]),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(np.unique(hits, axis=0).astype(float), lb=1.0),
        options={"time_limit": _SECONDS},
    )
    if found.x is None:
        return None, False
    chosen = np.flatnonzero(found.x > 0.5)
    # Checked in whole numbers, as the solver rounds.
    if not hits[:, chosen].any(axis=1).all():
        return None, False
    return chosen.tolist(), found.status == 0


def _rank(gram: OrbitGram, samples: Samples) -> int:
    """Rank of the stack: the entries of all orbits that are hit."""
    return int(gram.sizes[gram.counts(samples.mask.reshape(1, -1))[0] > 0].sum())


def same_budget(given: Samples, action: GroupAction, hopeless: bool) -> list[tuple[Samples, str]]:
    """Best masks with as many measurements, each with why its kind cannot do, or "".

    Of the same kind, and for lines and spokes of single frequencies as well. As many spokes may
    hold some frequencies more, or fewer. Kinds that cannot do are left out
    unless `hopeless` ones are asked for; their mask is the given one where none of more rank was
    found.
    """
    kinds = [given.units]
    if not given.units.single:
        kinds.append(points("fourier", given.units.shape, given.units.paired))
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
            better = replace(given, units=units, chosen=best.chosen)
            worse = no and _rank(gram, better) <= _rank(gram, given)
            found.append((given if worse else better, no))
    return found
