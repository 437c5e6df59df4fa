r"""Where success turns: the answer, column by column."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Transition"]

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
