"""What a row of the table is: two functions that are timed in turns, and the ratio aimed at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from timing import Function, in_turns

__all__ = ["ROWS", "Pair", "Row", "measure", "row"]


class Pair(NamedTuple):
    """Both sides of a row, ready to be timed."""

    baseline: Function
    ours: Function


@dataclass(frozen=True)
class Row:
    """A task with a target: at least so many times faster, or at most so many times the time."""

    name: str
    task: str
    baseline: str
    target: float
    faster: bool
    prepare: Callable[[bool], Pair]

    @property
    def aim(self) -> str:
        """The target in words."""
        if self.faster:
            return f">= {self.target:g}x faster"
        return f"<= {self.target:g}x the time"


ROWS: dict[str, Row] = {}


def row(
    name: str, task: str, baseline: str, *, at_least: float = 0.0, at_most: float = 0.0
) -> Callable[[Callable[[bool], Pair]], Callable[[bool], Pair]]:
    """Enter a function, from `quick` to a pair, into `ROWS`."""

    def enter(prepare: Callable[[bool], Pair]) -> Callable[[bool], Pair]:
        target, faster = (at_least, True) if at_least else (at_most, False)
        ROWS[name] = Row(name, task, baseline, target, faster, prepare)
        return prepare

    return enter


def measure(chosen: Row, quick: bool) -> dict[str, Any]:
    """Time both sides of a row in turns."""
    pair = chosen.prepare(quick)
    theirs, own = pair.baseline(), pair.ours()
    if theirs is not None and not np.array_equal(theirs, own):
        raise RuntimeError(f"{chosen.name}: the baseline finds rank {theirs}, we find {own}.")
    found = in_turns(pair.baseline, pair.ours, rounds=1 if quick else 7)
    by_round = found.ratios if chosen.faster else [1 / ratio for ratio in found.ratios]
    ratio = found.baseline / found.ours
    ratio = ratio if chosen.faster else 1 / ratio
    return {
        "name": chosen.name,
        "task": chosen.task,
        "baseline": chosen.baseline,
        "baseline_seconds": found.baseline,
        "our_seconds": found.ours,
        "rounds": found.rounds,
        "ratio_of": "baseline/ours" if chosen.faster else "ours/baseline",
        "ratio": ratio,
        "ratio_range": [min(by_round), max(by_round)],
        "target": chosen.target,
        "aim": chosen.aim,
        "met": bool(ratio >= chosen.target if chosen.faster else ratio <= chosen.target),
    }
