"""Outcomes of single trials, cell by cell, in whatever order they come in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

__all__ = ["MARKS", "MOST_TRIALS", "Counts", "Outcomes"]

MOST_TRIALS = 10**8
MARKS = {True: "1", False: "0", None: "?"}
_MISSING = ord(".")


class Counts(NamedTuple):
    """Of the trials of a cell: how many succeeded, were decided, and could not be decided."""

    successes: int
    trials: int
    undecided: int


class Outcomes:
    """For every cell, one mark per trial: success, failure, undecided, or not known yet."""

    def __init__(self) -> None:
        self._marks: dict[tuple[tuple[str, int], ...], bytearray] = {}
        self._axes: list[str] = []

    def add(self, cell: Any, first: Any, outcomes: Any, axes: Iterable[str] | None = None) -> None:
        """Enter outcomes of a cell, a mapping to integers, of trials from number `first` on.

        Raises
        ------
        ValueError
            If they are no outcomes, or contradict what is known of the same trials.
        """
        if not isinstance(cell, Mapping):
            raise ValueError(f"it must be of a cell; got {cell!r}")
        if axes is not None and sorted(cell) != sorted(axes):
            raise ValueError(f"its cell must have the axes {', '.join(axes)}; got {dict(cell)}")
        if any(type(value) is not int for value in (*cell.values(), first)) or first < 0:
            raise ValueError("cells and trials must be integers")
        if not isinstance(outcomes, str) or not set(outcomes) <= set(MARKS.values()):
            raise ValueError("outcomes must be 0, 1 or ?")
        end = first + len(outcomes)
        if end > MOST_TRIALS:
            raise ValueError(f"a cell has at most {MOST_TRIALS} trials; got number {end}")
        self._axes = self._axes or list(cell)
        marks = self._marks.setdefault(_key(cell), bytearray())
        marks.extend(b"." * (end - len(marks)))
        for number, mark in enumerate(outcomes.encode(), first):
            if marks[number] not in (_MISSING, mark):
                raise ValueError(f"trial {number} of {dict(cell)} has two outcomes")
            marks[number] = mark

    def missing(self, cell: Mapping[str, int], trials: int) -> list[tuple[int, int]]:
        """Ranges, as first and count, of the trials below `trials` that are not known."""
        marks = self._marks.get(_key(cell), bytearray())[:trials]
        marks.extend(b"." * (trials - len(marks)))
        ranges, at = [], 0
        while (at := marks.find(b".", at)) >= 0:
            end = at
            while end < trials and marks[end] == _MISSING:
                end += 1
            ranges.append((at, end - at))
            at = end
        return ranges

    def counts(self, cell: Mapping[str, int], trials: int | None = None) -> Counts:
        """Counts of a cell, over its first trials or all."""
        marks = self._marks.get(_key(cell), bytearray())[:trials]
        good, bad, open_ = (marks.count(MARKS[key].encode()) for key in (True, False, None))
        return Counts(good, good + bad, open_)

    def cells(self) -> Iterator[dict[str, int]]:
        """Cells of which anything is known, as they came in, with axes as in the first."""
        for key in self._marks:
            cell = dict(key)
            yield {name: cell[name] for name in self._axes}


def _key(cell: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(cell.items()))
