"""Real numbers as arguments."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import numpy as np

from .._validate import finite_array

__all__ = ["positive", "real_array"]


def positive(value: Any, name: str) -> float:
    """Return `value` as a finite float above 0."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise TypeError(f"`{name}` must be a real number; got {type(value).__name__}.")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not (math.isfinite(number) and number > 0):
        raise ValueError(f"`{name}` must be positive and finite; got {number}.")
    return number


def real_array(value: Any, name: str) -> np.ndarray:
    """Return `value` as an array of finite real numbers in double precision."""
    array = finite_array(value, name)
    kind = np.asarray(value).dtype
    if kind.kind in "bc":
        raise TypeError(f"`{name}` must hold real numbers; got dtype {kind}.")
    return array.astype(np.float64)
