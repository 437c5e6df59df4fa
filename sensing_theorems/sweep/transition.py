r"""Where success turns: the bracket that the counts prove, and the fit inside of it."""

from __future__ import annotations

import itertools
import math
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

_ROWS = 12
_LARGE = 1e16  # beyond all cells


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
        The bracket: observed rates of all cells up to `lower` are on one side of the level, those
        of all from `upper` on are on the other, and no two cells closer together are such. It is
        about the rates, not about the probability: with 20 trials a cell and a logistic curve 4
        cells wide, it holds the place where that is `level` in 77 % of columns. The statement of
        confidence is the band.
    location : ndarray of float64
        Where the fitted probability is `level`. For separated data, which fail always up to
        `lower` and never from `upper` on (or the other way round), the middle of the bracket:
        they do not tell places inside of it apart. NaN, as are band and width, where there is no
        fit: it runs the other way, or rounding keeps it from its maximum, which was seen from 10^8
        trials a cell on.
    low, high : ndarray of float64
        Band that holds the place where the probability is `level` with the given confidence, see
        Notes; infinite where the data set no bound.
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
    The fit is `firth_fit`. The band is its profile interval where the fitted width is at least the
    largest spacing of cells inside of the bracket. Else the shape of the curve is not seen, and
    the interval would be far too narrow: the band is extended to contain the bracket, as it is for
    separated data. It may be wider, as it is with few trials.

    Bracket, location and width are those of decided trials. Where others were not decided, the
    band is the hull of three: without them, with all of them as failures, and with all as
    successes. Where the rates do not pass the level in one of these, the transition may be beyond
    the cells, and the band has no bound on the side to which that moves it.

    The band rests on the logistic shape of the curve, at any level. Of a complementary log-log
    curve, 4 cells wide, the one of level 1/2 and confidence 0.95 holds the place in 78 % of
    columns with 20 trials a cell, and in 19 % with 100, since more trials do not mend the shape.
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
            return "\n".join([f"{what} is passed along {self.axis} in {count}", *self._table()])
        at, band, between = self._words(0)
        if not self.found:
            return f"{what} is not passed along {self.axis}{at and ': all cells are ' + at}"
        place = f"at {self.axis} = {at}, {100 * self.confidence:g} % band {band}"
        place = place if band else f"along {self.axis}: {at}"
        turn = "rising" if self.rising else "falling"
        return f"{what} {place}, between the cells {between}, {turn}"

    def _table(self) -> list[str]:
        """Lines for the first columns, and one for the others."""
        rows = [(*self.along, f"{self.axis} at", f"{100 * self.confidence:g} % band", "between")]
        places = itertools.product(*(values.tolist() for values in self.along.values()))
        for i, place in enumerate(itertools.islice(places, _ROWS)):
            rows.append((*map(str, place), *self._words(i)))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = (zip(row, widths, strict=True) for row in rows)
        table = ["  " + "   ".join(word.rjust(width) for word, width in line) for line in lines]
        left = self.found.size - (len(rows) - 1)
        return [line.rstrip() for line in table] + ([f"  ... and {left} more"] if left else [])

    def _words(self, i: int) -> tuple[str, str, str]:
        """Location, band and bracket of column `i`, or what there is instead of a location."""
        names = ("location", "low", "high", "lower", "upper")
        at, low, high, lower, upper = (float(getattr(self, name).flat[i]) for name in names)
        if not self.found.flat[i]:
            return {1: "above", -1: "below", 0: ""}[int(self.side.flat[i])], "", ""
        between = f"{lower:.0f} and {upper:.0f}"
        if math.isnan(at):
            return "no fit", "", between
        return _number(at), f"{_number(low)} to {_number(high)}", between


def _number(value: float) -> str:
    # Cells are integers: two decimals show places among them, however large they are.
    return f"{value:z.2f}" if abs(value) < _LARGE else f"{value:.4g}"


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
    axes: Mapping[str, NDArray[np.int64]], counts: Counts, axis: str, level: float = 0.5
) -> list[dict[str, int]]:
    """Cells that halve the bracket of each column along `axis`, see `PhaseDiagram.refinement`.

    Counts have shape (3, ...): successes, trials and undecided.
    """
    level, x = proper_fraction(level, "level"), axes[axis]
    y, n, u = _columns(counts, axes, axis)
    others = [values.tolist() for name, values in axes.items() if name != axis]
    places = list(itertools.product(*others))
    every = dict(enumerate(_brackets(x, y, n, level)))
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
        _, _, _, low, high, width = _fitted(x, y[fits], n[fits], some, level, 0.95)
        close = width >= _CELLS_PER_WIDTH * np.array([one.gap for one in some])
        fits[fits] = close & np.isfinite(low) & np.isfinite(high)
    return fits


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
    y, n, u = _columns(counts, axes, axis)
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
    every = _brackets(x, y, n, level)
    known = [one for one in every if isinstance(one, Bracket)]
    found = np.array([isinstance(one, Bracket) for one in every], np.bool_)
    side = np.array([0 if isinstance(one, Bracket) else one for one in every], np.int64)
    numbers, rising = np.full((6, len(every)), np.nan), np.zeros(len(every), np.bool_)
    if known:
        rising[found] = [one.rising for one in known]
        numbers[:, found] = _fitted(x, y[found], n[found], known, level, confidence)
    return _Places(found, rising, side, numbers)


def _ends(moved: _Places, outward: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bands if all undecided trials are decided one way, which moves places `outward`, (2, C)."""
    low, high = moved.numbers[3:5]
    ends = np.where(np.isnan(low), [[-math.inf], [math.inf]], [low, high])
    # Moved beyond the cells, it is somewhere from the other bands to infinity.
    return np.where(moved.found, ends, math.inf * outward)


def _columns(counts: Counts, axes: Mapping[str, Any], axis: str) -> Counts:
    """Counts of every column of cells along `axis`, (3, C, L)."""
    return np.moveaxis(counts, 1 + list(axes).index(axis), -1).reshape(3, -1, len(axes[axis]))


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
