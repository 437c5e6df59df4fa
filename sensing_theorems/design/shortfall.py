"""Proofs that no mask of a kind and a budget has full rank."""

from __future__ import annotations

import math

import numpy as np

from ..groups.action import GroupAction
from .orbit_gram import OrbitGram
from .search import Gram
from .units import Units

__all__ = ["least_units", "packing"]


def packing(hits: np.ndarray, done: np.ndarray) -> list[int]:
    """Orbits of which no unit hits two: each of them needs a unit of its own.

    Parameters
    ----------
    hits : ndarray of bool, shape (J, count)
        Which orbits each unit hits.
    done : ndarray of bool, shape (J,)
        Orbits that are hit anyhow.
    """
    taken = np.zeros(hits.shape[1], dtype=bool)
    found = []
    # Orbits that few units hit stand in the way of few others.
    for orbit in np.argsort(hits.sum(axis=1), kind="stable").tolist():
        if not done[orbit] and not (hits[orbit] & taken).any():
            taken |= hits[orbit]
            found.append(orbit)
    return found


def least_units(
    gram: Gram, units: Units, action: GroupAction, kept: tuple[int, ...]
) -> tuple[int, str]:
    r"""Number of units below which full rank is impossible, and why.

    Orbits: those that no two share a unit, beside what is kept. Blocks: as many rows as the irreps
    need, :math:`m \ge \max_j c_j/s_j`, and of a real frequency two.
    """
    if isinstance(gram, OrbitGram):
        what = "frequencies" if units.frequencies else "pixels"
        pairs = " (f and -f together)" if units.frequencies and units.paired else ""
        orbits = f"orbits of {what} under {action.name}{pairs}"
        beside = " beside those kept" if kept else ""
        done = gram.counts(units.mask(kept)[None])[0] > 0
        if units.single:
            number = int(np.count_nonzero(~done))
            return number + len(kept), f"the {number} {orbits} need one each{beside}"
        number = len(packing(gram.counts(units.cells).T > 0, done))
        why = f"{number} {orbits} were found of which no {units.name(1)} hits two{beside}"
        return number + len(kept), f"{why}, so that each needs its own"
    ratio = action.irreps.max_ratio
    rows = [len(at) * (2 if units.frequencies else 1) for at in units.members]
    total = np.cumsum(sorted(rows, reverse=True))
    number = int(np.searchsorted(total, math.ceil(ratio))) + 1
    return number, f"any operator needs max c_j/s_j = {ratio} rows, for {action.name}"
