r"""Where success turns: the bracket that the counts prove, and the fit inside of it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .firth import firth_fit
from .proportion import proper_fraction

__all__ = ["Bracket", "Transition", "halvings", "locate"]

Counts = NDArray[np.int64]

# Of a transition that is no step, so many cells show the shape.
_CELLS_PER_WIDTH = 4


@dataclass(frozen=True, eq=False)
class Transition:
    r"""Where the probability of success passes a level along one axis.

    All arrays have the shape of the remaining axes, ``()`` if there are none. Where the rates do
    not pass the level, `found` is False, and all numbers are NaN.

    Attributes
    ----------
    axis : str
        The axis along which it is sought, in whose units all positions are.
    level, confidence : float
        The probability of success, and the confidence of the band.
    along : dict of str to ndarray of int64
        The remaining axes.
    lower, upper : ndarray of float64
        The bracket: all cells that were run up to `lower` have rates on one side of the level, all
        from `upper` on have them on the other, and nothing narrower can be said. Not a statement
        of confidence.
    location : ndarray of float64
        Where the fitted probability is `level`. For separated data, which fail always up to
        `lower` and never from `upper` on (or the other way round), the middle of the bracket:
        they do not tell places inside of it apart. NaN, as are band and width, where the
        fit runs the other way.
    low, high : ndarray of float64
        Band that holds the location with the given confidence, see Notes; infinite where the data
        set no bound.
    width : ndarray of float64
        Distance over which the fitted probability goes from 0.1 to 0.9. Of separated data it
        tells only that the true one is not much larger.
    rising : ndarray of bool
        Whether success becomes more likely along the axis; False where nothing was found.
    found : ndarray of bool
        Whether there is a bracket.
    side : ndarray of int64
        1 if all rates of a column are above the level, -1 if all are below, else 0.

    Notes
    -----
    The fit is `firth_fit`; trials that were not decided are left out. The band is its profile
    interval where the fitted width is at least the largest spacing of cells inside of the bracket.
    Else the shape of the curve is not seen, the interval would be far too narrow, and the band is
    extended to hold the bracket too; so it is for separated data. Levels far from 1/2 rest on the
    logistic shape of the curve more than 1/2 does.
    """

    axis: str
    level: float
    confidence: float
    along: dict[str, NDArray[np.int64]]
    location: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    width: NDArray[np.float64]
    rising: NDArray[np.bool_]
    found: NDArray[np.bool_]
    side: NDArray[np.int64]

    def __str__(self) -> str:
        what = f"success rate {self.level:g}"
        if self.found.ndim:
            count = f"{np.count_nonzero(self.found)} of {self.found.size} columns"
            return f"{what} is passed along {self.axis} in {count}"
        if not self.found:
            where = {1: ": all cells are above", -1: ": all cells are below", 0: ""}
            return f"{what} is not passed along {self.axis}{where[int(self.side)]}"
        return (
            f"{what} at {self.axis} = {self.location:.4g}, {100 * self.confidence:g} % band "
            f"{self.low:.4g} to {self.high:.4g}, between the cells {self.lower:.0f} and "
            f"{self.upper:.0f}, {'rising' if self.rising else 'falling'}"
        )


class Bracket(NamedTuple):
    """Cells between which the rates of one column pass a level."""

    lower: int
    upper: int
    gap: int  # largest spacing of cells from lower to upper
    rising: bool
    separated: bool  # only rates of 0 up to lower and 1 from upper on, or the other way round

    def middle(self, run: NDArray[np.int64]) -> int | None:
        """Return the middle of the largest gap, inside of the bracket, between cells `run`."""
        inside = run[(run >= self.lower) & (run <= self.upper)]
        gaps = np.diff(inside)
        widest = int(np.argmax(gaps))
        return int(inside[widest]) + int(gaps[widest]) // 2 if gaps[widest] > 1 else None


def _brackets(
    x: NDArray[np.int64], successes: Counts, trials: Counts, level: float
) -> list[Bracket | int]:
    """Return the bracket of each column, or which side it is on: 1, -1, or 0 for no one side.

    Counts have shape (C, L); cells without a decided trial are left out. A rate equal to the level
    is on neither side.
    """
    columns = zip(successes, trials, trials > 0, strict=True)
    return [_bracket(x[known], y[known], n[known], level) for y, n, known in columns]


def _bracket(x: NDArray[np.int64], y: Counts, n: Counts, level: float) -> Bracket | int:
    sides = np.sign(y / n - level).astype(np.int64)
    if not sides.size or sides[0] * sides[-1] != -1:
        return int(sides[0]) if sides.size and np.all(sides == sides[0]) else 0
    last = int(np.argmax(sides != sides[0])) - 1
    first = len(x) - int(np.argmax(sides[::-1] != sides[-1]))
    return Bracket(
        lower=int(x[last]),
        upper=int(x[first]),
        gap=int(np.diff(x[last : first + 1]).max()),
        rising=bool(sides[-1] > 0),
        separated=first == last + 1 and bool(np.all((y == 0) | (y == n))),
    )


def halvings(
    axes: Mapping[str, NDArray[np.int64]],
    successes: Counts,
    trials: Counts,
    run: NDArray[np.bool_],
    axis: str,
    level: float = 0.5,
) -> list[dict[str, int]]:
    """Cells that halve the bracket of each column along `axis`, see `PhaseDiagram.refinement`."""
    level = proper_fraction(level, "level")
    y, n, ran = (_columns(array, axes, axis) for array in (successes, trials, run))
    others = [values.tolist() for name, values in axes.items() if name != axis]
    found, x = _brackets(axes[axis], y, n, level), axes[axis]
    cells = []
    for c, (one, place) in enumerate(zip(found, itertools.product(*others), strict=True)):
        if not isinstance(one, Bracket) or _resolved(one, x, y[c], n[c]):
            continue
        if (middle := one.middle(x[ran[c]])) is not None:
            rest = iter(place)
            cells.append({name: middle if name == axis else next(rest) for name in axes})
    return cells


def _resolved(one: Bracket, x: NDArray[np.int64], y: Counts, n: Counts) -> bool:
    """Whether a fit sees the shape: beside its width cells are close, and it bounds the place."""
    if one.separated or one.gap == 1:
        return False
    fit = firth_fit(x, y, n)
    close = fit.converged[0] and one.gap <= fit.width()[0] / _CELLS_PER_WIDTH
    return bool(close and np.all(np.isfinite(fit.interval())))


def locate(
    axes: Mapping[str, NDArray[np.int64]],
    successes: Counts,
    trials: Counts,
    axis: str,
    level: float = 0.5,
    confidence: float = 0.95,
) -> Transition:
    """Find the transition of every column of cells along `axis`: see `PhaseDiagram.transition`."""
    level, confidence = proper_fraction(level, "level"), proper_fraction(confidence, "confidence")
    along = {name: values for name, values in axes.items() if name != axis}
    shape = tuple(map(len, along.values()))
    y, n = (_columns(counts, axes, axis) for counts in (successes, trials))
    every = _brackets(axes[axis], y, n, level)
    places = [i for i, one in enumerate(every) if isinstance(one, Bracket)]
    found = np.isin(np.arange(len(every)), places)
    numbers = np.full((6, len(every)), np.nan)
    rising = np.zeros(len(every), np.bool_)
    if places:
        known = [one for one in every if isinstance(one, Bracket)]
        rising[found] = [one.rising for one in known]
        numbers[:, found] = _fitted(axes[axis], y[found], n[found], known, level, confidence)
    side = [0 if isinstance(one, Bracket) else one for one in every]
    fields: dict[str, Any] = dict(
        zip(("lower", "upper", "location", "low", "high", "width"), numbers, strict=True),
        rising=rising,
        found=found,
        side=np.array(side, np.int64),
    )
    shaped = {name: _fixed(values.reshape(shape)) for name, values in fields.items()}
    return Transition(axis=axis, level=level, confidence=confidence, along=along, **shaped)


def _columns(counts: NDArray[Any], axes: Mapping[str, Any], axis: str) -> NDArray[Any]:
    """Counts of every column of cells along `axis`, (C, L)."""
    return np.moveaxis(counts, list(axes).index(axis), -1).reshape(-1, len(axes[axis]))


def _fitted(
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
