"""The bracket of a transition: cells between which observed rates pass a level."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Bracket", "brackets", "columns"]

Counts = NDArray[np.int64]


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


def brackets(
    x: NDArray[np.int64], successes: Counts, trials: Counts, level: float
) -> list[Bracket | int]:
    """Return the bracket of each column, or which side it is on: 1, -1, or 0 for no one side.

    Counts have shape (C, L); cells without a decided trial are left out. A rate equal to the level
    is on neither side.
    """
    every = zip(successes, trials, trials > 0, strict=True)
    return [_bracket(x[known], y[known], n[known], level) for y, n, known in every]


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


def columns(counts: Counts, axes: Mapping[str, Any], axis: str) -> Counts:
    """Counts of every column of cells along `axis`, (3, C, L)."""
    return np.moveaxis(counts, 1 + list(axes).index(axis), -1).reshape(3, -1, len(axes[axis]))
