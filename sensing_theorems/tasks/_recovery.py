"""What tasks that run a recovery algorithm have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._validate import positive_int
from ..thresholds import Threshold

__all__ = ["by_some_algorithm", "collected", "dealt", "one_of", "share", "zero_or_more"]

Array = NDArray[Any]


def by_some_algorithm(found: Iterable[Threshold]) -> tuple[Threshold, ...]:
    """Thresholds that say so: what is enough for the best algorithm may not be for this one."""
    return tuple(
        one
        if one.kind == "necessary"
        else replace(one, statement=f"{one.statement}, by some algorithm")
        for one in found
    )


def one_of(value: object, name: str, known: Sequence[str]) -> None:
    """Refuse a word that is not known."""
    if not isinstance(value, str):
        raise TypeError(f"`{name}` must be a string; got {type(value).__name__}.")
    if value not in known:
        raise ValueError(f"`{name}` must be one of {', '.join(known)}; got {value!r}.")


def share(value: object, name: str) -> None:
    """Refuse what is no number between 0 and 1."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.floating)):
        raise TypeError(f"`{name}` must be a real number; got {type(value).__name__}.")
    if not 0 < value < 1:
        raise ValueError(f"`{name}` must lie between 0 and 1; got {value}.")


def zero_or_more(value: object, name: str) -> int:
    """Return `value` as an int that is at least 0."""
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool) and value == 0:
        return 0
    return positive_int(value, name)


def dealt(columns: Array, hands: int) -> Array:
    """Columns (r, N) dealt in turn, (hands, r, ceil(N/hands)), with zeros where they run out."""
    rows, count = columns.shape
    rounds = -(-count // hands)
    filled = np.zeros((rows, rounds * hands), columns.dtype)
    filled[:, :count] = columns
    return np.ascontiguousarray(filled.reshape(rows, rounds, hands).transpose(2, 0, 1))


def collected(parts: Array, count: int) -> Array:
    """Undo `dealt`: parts (hands, r, rounds) as `count` columns."""
    hands, rows, rounds = parts.shape
    return parts.transpose(1, 2, 0).reshape(rows, rounds * hands)[:, :count]
