"""From outcomes of trials to counts on a grid."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .diagram import PhaseDiagram
from .outcomes import Outcomes
from .store_file import read_store

__all__ = ["stored_diagram", "tally"]


def tally(
    cells: Sequence[Mapping[str, int]],
    outcomes: Outcomes,
    trials: int | None,
    provenance: dict[str, Any],
) -> PhaseDiagram:
    """Counts over the first trials, or all, of the cells; others of their grid are left at 0."""
    axes = {name: sorted({cell[name] for cell in cells}) for name in cells[0]}
    places = {name: {value: i for i, value in enumerate(axes[name])} for name in axes}
    counts = np.zeros((3, *map(len, axes.values())), np.int64)
    for cell in cells:
        where = tuple(places[name][cell[name]] for name in axes)
        for kind, count in zip(counts, outcomes.counts(cell, trials), strict=True):
            kind[where] = count
    along = {name: np.array(values) for name, values in axes.items()}
    successes, decided, undecided = counts
    return PhaseDiagram(along, successes, decided, undecided, provenance)


def stored_diagram(folder: str | os.PathLike[str]) -> PhaseDiagram:
    """Everything that a store holds, also while a sweep is still writing to it.

    Raises
    ------
    ValueError
        If there is no store, it is damaged, or it holds no outcomes yet.
    """
    stored = read_store(folder)
    cells = list(stored.outcomes.cells())
    if not cells:
        raise ValueError(f"{folder} holds no outcomes yet.")
    about = {"specification": stored.specification, "sessions": stored.sessions}
    return tally(cells, stored.outcomes, None, about)
