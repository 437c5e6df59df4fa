"""Time two functions in turns, and take the peak of what one allocates."""

from __future__ import annotations

import gc
import math
import statistics
import time
import tracemalloc
from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["Function", "Seconds", "added_memory", "in_turns", "seconds"]

Function = Callable[[], Any]
_LEAST = 0.02  # below it, what else the machine does would show
_PATIENCE = 60.0


class Seconds(NamedTuple):
    """Medians of both sides, and how far their ratio moved from round to round."""

    baseline: float
    ours: float
    rounds: int
    ratios: list[float]


def seconds(function: Function, loops: int = 1) -> float:
    """Mean time of a call."""
    start = time.perf_counter()
    for _ in range(loops):
        function()
    return (time.perf_counter() - start) / loops


def in_turns(baseline: Function, ours: Function, rounds: int = 7) -> Seconds:
    """Medians over rounds, in each of which both sides have their turn.

    A machine that others use as well drifts; in turns, the drift meets both sides alike.
    """
    sides = (baseline, ours)
    # The second call tells the length: the first has compiled, and filled the caches.
    first = [(function(), seconds(function))[1] for function in sides]
    loops = [math.ceil(_LEAST / max(t, 1e-7)) for t in first]
    rounds = max(3, min(rounds, int(_PATIENCE / sum(first)))) if rounds > 1 else 1
    times = [[seconds(f, k) for f, k in zip(sides, loops, strict=True)] for _ in range(rounds)]
    theirs, own = (statistics.median(side) for side in zip(*times, strict=True))
    return Seconds(theirs, own, rounds, [b / t for b, t in times])


def added_memory(function: Function) -> int:
    """Bytes that a call holds at its peak, beyond those that were there before."""
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        function()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
