"""Where a fitted probability passes a level, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .bracket import Bracket, brackets, columns
from .firth import firth_fit
from .proportion import proper_fraction
from .transition import Transition

__all__ = ["fitted_places", "locate"]

Counts = NDArray[np.int64]


def locate(
    axes: Mapping[str, NDArray[np.int64]],
    counts: Counts,
    axis: str,
    level: float = 0.5,
    confidence: float = 0.95,
) -> Transition:
    """Find the transition of every column of cells along `axis`: see `PhaseDiagram.transition`.

    Counts have shape (3, ...): successes, trials and undecided.
    """
    level, confidence = proper_fraction(level, "level"), proper_fraction(confidence, "confidence")
    along = {name: values for name, values in axes.items() if name != axis}
    x, shape = axes[axis], tuple(map(len, along.values()))
    y, n, u = columns(counts, axes, axis)
    found, rising, side, numbers = _placed(x, y, n, level, confidence)
    some = found & u.any(axis=-1)
    if some.any():
        outward = np.where(rising[some], 1.0, -1.0)
        # As failures they move the transition to where success is more likely.
        for sign, more in ((1, 0), (-1, u[some])):
            moved = _placed(x, y[some] + more, (n + u)[some], level, confidence)
            low, high = _ends(moved, sign * outward)
            numbers[3, some] = np.minimum(numbers[3, some], low)
            numbers[4, some] = np.maximum(numbers[4, some], high)
    fields: dict[str, Any] = dict(
        zip(("lower", "upper", "location", "low", "high", "width"), numbers, strict=True),
        rising=rising,
        found=found,
        side=side,
    )
    shaped = {name: _fixed(values.reshape(shape)) for name, values in fields.items()}
    return Transition(axis=axis, level=level, confidence=confidence, along=along, **shaped)


class _Places(NamedTuple):
    """What is found in C columns: numbers are lower, upper, location, low, high and width."""

    found: NDArray[np.bool_]
    rising: NDArray[np.bool_]
    side: NDArray[np.int64]
    numbers: NDArray[np.float64]  # (6, C)


def _placed(x: NDArray[np.int64], y: Counts, n: Counts, level: float, confidence: float) -> _Places:
    every = brackets(x, y, n, level)
    known = [one for one in every if isinstance(one, Bracket)]
    found = np.array([isinstance(one, Bracket) for one in every], np.bool_)
    side = np.array([0 if isinstance(one, Bracket) else one for one in every], np.int64)
    numbers, rising = np.full((6, len(every)), np.nan), np.zeros(len(every), np.bool_)
    if known:
        rising[found] = [one.rising for one in known]
        numbers[:, found] = fitted_places(x, y[found], n[found], known, level, confidence)
    return _Places(found, rising, side, numbers)


def _ends(moved: _Places, outward: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bands if all undecided trials are decided one way, which moves places `outward`, (2, C)."""
    low, high = moved.numbers[3:5]
    ends = np.where(np.isnan(low), [[-math.inf], [math.inf]], [low, high])
    # Moved beyond the cells, it is somewhere from the other bands to infinity.
    return np.where(moved.found, ends, math.inf * outward)


def fitted_places(
    x: NDArray[np.int64],
    y: Counts,
    n: Counts,
    known: list[Bracket],
    level: float,
    confidence: float,
) -> NDArray[np.float64]:
    """Lower, upper, location, low, high and width of columns that have a bracket, (6, C)."""
    lower, upper, gap = np.array([one[:3] for one in known], np.float64).T
    rising, separated = np.array([one[3:] for one in known], np.bool_).T
    fit = firth_fit(x, y, n)
    location, width = fit.location(level), fit.width()
    low, high = fit.interval(level, confidence)
    coarse = separated | (width < gap)
    low = np.where(coarse, np.minimum(low, lower), low)
    high = np.where(coarse, np.maximum(high, upper), high)
    location = np.where(separated, lower + (upper - lower) / 2, location)
    fitted = np.array([location, low, high, width])
    fitted[:, ~fit.converged | (np.where(rising, 1, -1) != np.sign(fit.slope))] = np.nan
    return np.concatenate([[lower, upper], fitted])


def _fixed(array: NDArray[Any]) -> NDArray[Any]:
    array = array.copy()
    array.flags.writeable = False
    return array
