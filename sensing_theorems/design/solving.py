"""From units and an action to the best mask: by orbits where there are any, else by blocks."""

from __future__ import annotations

import math

import numpy as np

from ..groups.action import GroupAction
from .block_gram import BlockGram, check_cost
from .orbit_gram import OrbitGram, water_filling
from .search import Found, Gram, exhaustive, heuristic
from .torus import frequency_orbits, pixel_orbits
from .units import Units

__all__ = ["best_units", "condition_of", "conditions_of", "gram_of", "orbits_of", "random_choices"]

_RANDOM = 20


def orbits_of(units: Units, action: GroupAction, budget: int) -> OrbitGram | None:
    """Gram matrix by orbits; ``None`` where the group does not permute entries."""
    share = min(1.0, budget * len(units.members[-1]) / units.n)
    if units.frequencies:
        labels = frequency_orbits(action, units.shape, units.paired)
    else:
        labels = pixel_orbits(action)
    return None if labels is None else OrbitGram(labels, share)


def gram_of(units: Units, action: GroupAction, budget: int) -> Gram:
    """Gram matrix by orbits where the group permutes entries, and by isotypic blocks elsewhere."""
    orbits = orbits_of(units, action, budget)
    if orbits is not None:
        return orbits
    check_cost(units, action, budget)
    return BlockGram(units, action, min(1.0, budget * len(units.members[-1]) / units.n))


def random_choices(
    units: Units, budget: int, kept: tuple[int, ...], rng: np.random.Generator
) -> list[tuple[int, ...]]:
    """Twenty random choices of units that hold the kept ones."""
    free = np.setdiff1d(np.arange(units.count), kept)
    number = budget - len(kept)
    return [(*kept, *rng.choice(free, number, replace=False).tolist()) for _ in range(_RANDOM)]


def best_units(
    gram: Gram,
    units: Units,
    kept: tuple[int, ...],
    drawn: list[tuple[int, ...]],
    rng: np.random.Generator,
) -> tuple[Found, bool]:
    """Units with a large least eigenvalue, and whether it is proved that none have a larger one.

    No worse than the best of the choices that were `drawn`, which also say the budget. Rounded
    eigenvalues prove nothing: a tiny one ties with zero.
    """
    budget = len(drawn[0])
    if isinstance(gram, OrbitGram) and units.single:
        chosen = water_filling(gram.labels, np.array(kept, dtype=np.int64), budget, rng)
        least, volume = gram.scores(units.mask(chosen)[None])
        return Found((float(least[0]), float(volume[0])), tuple(sorted(chosen.tolist()))), True
    found = exhaustive(gram, units, budget, kept)
    if found is not None:
        return found, gram.exact
    return heuristic(gram, units, kept, drawn), False


def condition_of(values: np.ndarray) -> float:
    """Smallest over largest singular value of the stack, from eigenvalues of M, increasing."""
    return math.sqrt(float(values[0] / values[-1])) if values[0] > 0 else 0.0


def conditions_of(gram: Gram, units: Units, choices: list[tuple[int, ...]]) -> np.ndarray:
    """Conditions of the masks of some choices, decreasing."""
    found = [condition_of(gram.eigenvalues(units.mask(chosen))) for chosen in choices]
    return np.sort(found)[::-1].copy()
