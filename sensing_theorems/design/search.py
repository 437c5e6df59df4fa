"""The search for units whose mask has the largest least eigenvalue: E-optimal designs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .units import Units

__all__ = ["Found", "Gram", "exhaustive", "heuristic"]

_CELLS = 2**22  # of masks that are scored at once
_STARTS = 4
_WORK, _STEP, _GROWTH = 1.5e9, 2e8, 2e9
_WIDE, _NARROW = 4096, 4


class Gram(Protocol):
    """A learnability Gram matrix M(S), additive in the entries of the mask S.

    Attributes
    ----------
    exact : bool
        Whether eigenvalues are ratios of integers, and not rounded.
    work : float
        About how many multiplications one score takes.
    """

    exact: bool
    work: float

    def eigenvalues(self, mask: np.ndarray) -> np.ndarray:
        """All n eigenvalues of M, increasing."""
        ...

    def scores(self, masks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Least eigenvalue, and log det of M + soft I, of masks (b, n)."""
        ...

    def pull(self, mask: np.ndarray, power: int) -> np.ndarray:
        """What each entry would add to first order, tr (M + soft I)^-power M_u, shape (n,)."""
        ...


@dataclass(frozen=True)
class Found:
    """Units that were found, and their key: least eigenvalue, then log det."""

    key: tuple[float, float]
    chosen: tuple[int, ...]


def _scored(gram: Gram, units: Units, choices: Sequence[Sequence[int]]) -> Iterator[Found]:
    step = max(1, _CELLS // units.n)
    for start in range(0, len(choices), step):
        some = choices[start : start + step]
        least, volume = gram.scores(np.stack([units.mask(c) for c in some]))
        # Rounded, so that what only rounding tells apart is a tie, which goes to the first.
        keys = zip(least.round(12).tolist(), volume.round(9).tolist(), strict=True)
        yield from (Found(k, tuple(sorted(c))) for k, c in zip(keys, some, strict=True))


def _best(found: Iterable[Found]) -> Found:
    return max(found, key=lambda f: f.key)  # the first of equals


def exhaustive(gram: Gram, units: Units, budget: int, kept: tuple[int, ...]) -> Found | None:
    """Best of all choices; ``None`` where these are too many."""
    free = [u for u in range(units.count) if u not in set(kept)]
    number = math.comb(len(free), budget - len(kept))
    if number * units.n > (2**22 if gram.exact else 2**15):
        return None
    choices = [(*kept, *c) for c in itertools.combinations(free, budget - len(kept))]
    return _best(_scored(gram, units, choices))


def heuristic(
    gram: Gram, units: Units, kept: tuple[int, ...], drawn: list[tuple[int, ...]]
) -> Found:
    r"""Greedy growth of log det, then exchanges of two units that raise the least eigenvalue.

    Starts from what was grown and from the best of the choices that were drawn. Log det of the
    regularised Gram matrix stands in for the least eigenvalue, which is zero for all small masks.
    """
    ranked = sorted(_scored(gram, units, drawn), key=lambda found: found.key, reverse=True)
    grown = _grown(gram, units, len(drawn[0]), kept)
    starts = [grown, *(found.chosen for found in ranked[:_STARTS])]
    allowed = int(_WORK / (gram.work * len(starts)))
    return _best(_exchanged(gram, units, start, kept, allowed) for start in starts)


def _unit_sums(units: Units, entries: np.ndarray) -> np.ndarray:
    if units.single:
        return entries
    return np.array([entries[at].sum() for at in units.members])


def _width(gram: Gram, units: Units, steps: int = 1) -> int:
    """How many candidates are scored in a step, of so many."""
    if units.single and not gram.exact:
        # Of single entries the first order tells nearly all, and there are many steps.
        return 1
    return max(_NARROW, min(_WIDE, int(min(_STEP, _GROWTH / steps) / gram.work)))


def _grown(gram: Gram, units: Units, budget: int, kept: tuple[int, ...]) -> tuple[int, ...]:
    chosen = list(kept)
    width = _width(gram, units, max(1, budget - len(kept)))
    while len(chosen) < budget:
        mask = units.mask(chosen)
        gains = _unit_sums(units, np.where(mask, 0.0, gram.pull(mask, 1)))
        gains[chosen] = -np.inf
        short = np.argsort(-gains, kind="stable")[: min(width, units.count - len(chosen))]
        if width == 1:
            chosen.append(int(short[0]))
            continue
        options = [(*chosen, u) for u in short.tolist()]
        scored = _scored(gram, units, options)
        volumes = [found.key[1] for found in scored]
        chosen.append(options[int(np.argmax(volumes))][-1])
    return tuple(chosen)


def _exchanged(
    gram: Gram, units: Units, start: tuple[int, ...], kept: tuple[int, ...], allowed: int
) -> Found:
    """Best of the exchanges, again and again, until none helps or `allowed` were scored."""
    (best,) = _scored(gram, units, [start])
    while allowed > 0:
        options = _exchanges(gram, units, best.chosen, kept, max(_NARROW, _width(gram, units)))
        if not options:
            break
        better = _best(_scored(gram, units, options))
        if better.key <= best.key:
            break
        best, allowed = better, allowed - len(options)
    return best


def _exchanges(
    gram: Gram, units: Units, chosen: tuple[int, ...], kept: tuple[int, ...], width: int
) -> list[tuple[int, ...]]:
    """Promising exchanges of one unit for another, by their first order in weak directions."""
    inside = np.array([u for u in chosen if u not in set(kept)], dtype=np.int64)
    outside = np.setdiff1d(np.arange(units.count), chosen)
    if not inside.size or not outside.size:
        return []
    mask = units.mask(chosen)
    pull = gram.pull(mask, 2)
    times = np.zeros(units.n, dtype=np.int64)
    for u in chosen:
        times[units.members[u]] += 1
    lost = _unit_sums(units, np.where(times == 1, pull, 0.0))[inside]
    won = _unit_sums(units, np.where(mask, 0.0, pull))[outside]
    some = max(2, math.isqrt(width))
    leave = inside[np.argsort(lost, kind="stable")[:some]]
    enter = outside[np.argsort(-won, kind="stable")[:some]]
    return [
        (*(v for v in chosen if v != out), into)
        for out in leave.tolist()
        for into in enter.tolist()
    ]
