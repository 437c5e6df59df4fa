"""Cells that tell more of a transition."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .bracket import Bracket, brackets, columns
from .location import fitted_places
from .proportion import proper_fraction

__all__ = ["halvings"]

Counts = NDArray[np.int64]

# Of a transition that is no step, so many cells show the shape.
_CELLS_PER_WIDTH = 4


def halvings(
    axes: Mapping[str, NDArray[np.int64]], counts: Counts, axis: str, level: float = 0.5
) -> list[dict[str, int]]:
    """Cells that halve the bracket of each column along `axis`, see `PhaseDiagram.refinement`.

    Counts have shape (3, ...): successes, trials and undecided.
    """
    level, x = proper_fraction(level, "level"), axes[axis]
    y, n, u = columns(counts, axes, axis)
    others = [values.tolist() for name, values in axes.items() if name != axis]
    places = list(itertools.product(*others))
    every = dict(enumerate(brackets(x, y, n, level)))
    known = {c: one for c, one in every.items() if isinstance(one, Bracket)}
    middles = {c: one.middle(x[n[c] + u[c] > 0]) for c, one in known.items()}
    asked = {c: middle for c, middle in middles.items() if middle is not None}
    which = list(asked)
    seen = _seen(x, y[which], n[which], [known[c] for c in which], level)
    cells = []
    for c, middle in itertools.compress(asked.items(), ~seen):
        rest = iter(places[c])
        cells.append({name: middle if name == axis else next(rest) for name in axes})
    return cells


def _seen(
    x: NDArray[np.int64], y: Counts, n: Counts, known: list[Bracket], level: float
) -> NDArray[np.bool_]:
    """Whether a fit sees the shape: beside its width cells are close, and it bounds the place."""
    # A perfect step is as narrow as its bracket, for all that the data tell.
    fits = np.array([not one.separated and one.gap > 1 for one in known], np.bool_)
    if fits.any():
        some = list(itertools.compress(known, fits))
        _, _, _, low, high, width = fitted_places(x, y[fits], n[fits], some, level, 0.95)
        close = width >= _CELLS_PER_WIDTH * np.array([one.gap for one in some])
        fits[fits] = close & np.isfinite(low) & np.isfinite(high)
    return fits
