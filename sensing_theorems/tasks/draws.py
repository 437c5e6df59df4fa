"""Random operators and bases, a few at a time, from the generators of the trials."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["by_stages", "extended", "gaussian"]

Array = NDArray[Any]
Decide = Callable[[NDArray[np.int64], int], tuple[NDArray[np.int64], NDArray[np.bool_]]]


def gaussian(rngs: Sequence[np.random.Generator], *shape: int) -> Array:
    """Standard normal entries, (b, *shape), each trial from its own generator."""
    drawn = np.empty((len(rngs), *shape))
    for one, rng in zip(drawn, rngs, strict=True):
        rng.standard_normal(out=one)
    return drawn


def extended(old: Array, rngs: Sequence[np.random.Generator], count: int) -> Array:
    """Gaussian arrays (b, count, ...), of which (b, r, ...) are there already."""
    more = gaussian(rngs, count - old.shape[1], *old.shape[2:])
    return more if old.shape[1] == 0 else np.concatenate([old, more], axis=1)


def by_stages(
    trials: int, first: int, total: int, most: int, decide: Decide
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Decide with the first operators of each trial, and with more only where that is open.

    What a rank lacks can only become less with more operators, and by no more than their rows.

    Parameters
    ----------
    trials : int
    first, total : int
        Number of operators to begin with, and of all.
    most : int
        What a further operator can add to a rank.
    decide : callable
        Takes numbers of trials (b,), ascending, and how many operators to use; returns what each
        rank lacks of a yes, and whether it is clear. Every call is about some of the trials of the
        last.

    Returns
    -------
    holds, clear : ndarray of bool, shape (trials,)
    """
    holds, clear = np.zeros(trials, np.bool_), np.zeros(trials, np.bool_)
    left, count = np.arange(trials), max(1, min(first, total))
    while True:
        missing, clear[left] = decide(left, count)
        holds[left] = missing == 0
        settled = (missing == 0) | (missing > most * (total - count))
        left = left[~(settled & clear[left])]
        if count == total or left.size == 0:
            return holds, clear
        count = min(total, 2 * count)
