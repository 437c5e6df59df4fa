r"""Responses: what a sensor makes of a linear measurement, entry by entry."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

__all__ = ["Clip", "Invertible", "Sign", "number"]

_GRID = 2001


@dataclass(frozen=True)
class Invertible:
    r"""A strictly monotone response, such as the :math:`e^{-t}` of absorption.

    Parameters
    ----------
    h : callable, (p,) -> (p,)
        Of real arrays, entry by entry.
    name : str
        A few words for people.
    domain : (float, float)
        Interval, in units of A x, on which h is checked to be strictly monotone. It is a check on a
        grid, and later on measurements of the model, and no proof.

    Raises
    ------
    TypeError
        If `h` is no function, or does not return as many real numbers as it is given.
    ValueError
        If it is not finite, gives two values the same answer, turns back, or does not act entry by
        entry; if the domain is no interval.
    """

    h: Callable[[np.ndarray], Any]
    name: str = "response"
    domain: tuple[float, float] = (-10.0, 10.0)

    def __post_init__(self) -> None:
        if not callable(self.h):
            raise TypeError(f"`h` must be a function of arrays; got {type(self.h).__name__}.")
        low, high = (number(end, "domain") for end in _pair(self.domain))
        if not low < high:
            raise ValueError(f"`domain` must be an interval, low < high; got {low} and {high}.")
        object.__setattr__(self, "domain", (low, high))
        self.check(np.zeros(0))

    def __call__(self, v: np.ndarray) -> np.ndarray:
        """Answers to measurements v, of the same shape."""
        with np.errstate(all="ignore"):
            values = np.asarray(self.h(v))
        if values.shape != v.shape or values.dtype.kind not in "iuf":
            raise TypeError(
                f"`h` must return real numbers of the shape it is given, {v.shape}; got dtype "
                f"{values.dtype} and shape {values.shape}."
            )
        return values

    def check(self, v: np.ndarray) -> None:
        """Refuse h if it is not strictly monotone on its domain and the values `v` together."""
        v = np.sort(np.concatenate([np.linspace(*self.domain, _GRID), v.ravel()]))
        # Values closer than this may be mapped to one number by rounding alone.
        v = v[np.append(True, np.diff(v) > 1e-6 * (self.domain[1] - self.domain[0]))]
        values = self(v)
        bad = np.flatnonzero(~np.isfinite(values))
        if bad.size:
            raise ValueError(
                f"`h` must be finite on its domain; it is {values[bad[0]]} at {v[bad[0]]:.6g}."
            )
        if not np.array_equal(values[::2], self(v[::2])):
            raise ValueError(
                "`h` must act entry by entry; it answers a part of an array otherwise."
            )
        steps = np.diff(values)
        wrong = np.flatnonzero(steps * np.sign(values[-1] - values[0]) <= 0)
        if wrong.size:
            at, after = v[wrong[0]], v[wrong[0] + 1]
            raise ValueError(
                f"`h` must be strictly monotone on its domain; it is not between {at:.6g} and "
                f"{after:.6g}."
            )


@dataclass(frozen=True)
class Sign:
    """One bit per measurement: -1, 0 or 1, with 0 for exactly zero."""

    reach = 0.0

    def __call__(self, v: np.ndarray) -> np.ndarray:
        """Answers to measurements v, of the same shape."""
        return np.sign(v)

    def slack(self, v: np.ndarray) -> np.ndarray:
        """By how much every value may move while its answer stays; 0 where it may not."""
        return np.abs(v)


@dataclass(frozen=True)
class Clip:
    """Saturation: values below `low` read as `low`, above `high` as `high`.

    Parameters
    ----------
    low, high : float
        Finite, low < 0 < high, in units of A x.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        low, high = number(self.low, "low"), number(self.high, "high")
        if not low < 0 < high:
            raise ValueError(f"`low` < 0 < `high` must hold; got {low} and {high}.")
        object.__setattr__(self, "low", low)
        object.__setattr__(self, "high", high)

    def __call__(self, v: np.ndarray) -> np.ndarray:
        """Answers to measurements v, of the same shape."""
        return np.clip(v, self.low, self.high)

    @property
    def reach(self) -> float:
        """Size beyond which every value saturates."""
        return max(-self.low, self.high)

    def slack(self, v: np.ndarray) -> np.ndarray:
        """By how much every value may move while its answer stays; 0 where it may not."""
        return np.maximum(np.maximum(v - self.high, self.low - v), 0.0)


def _pair(value: Any) -> tuple[Any, Any]:
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise TypeError(f"`domain` must be a pair (low, high); got {value!r}.")
    return value[0], value[1]


def number(value: Any, name: str) -> float:
    """Return `value` as a finite float."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise TypeError(f"`{name}` must be a number; got {type(value).__name__}.")
    if not math.isfinite(value):
        raise ValueError(f"`{name}` must be finite; got {value}.")
    return float(value)
