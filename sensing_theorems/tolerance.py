r"""The one rule by which a singular value counts as zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Cut", "cut", "relative_tolerance"]

_SAFETY = 8.0
_GREY = 1e3


def relative_tolerance(size: int, dtype: np.dtype) -> float:
    r"""Largest relative singular value that rounding alone explains: 8·size·ε.

    Parameters
    ----------
    size : int
        The larger side of the matrix whose spectrum is judged.
    dtype : dtype
        Precision in which the operator was given; its machine epsilon is ε.
    """
    return _SAFETY * size * float(np.finfo(dtype).eps)


@dataclass(frozen=True)
class Cut:
    """Where a spectrum is cut, and whether the cut falls into a gap.

    Attributes
    ----------
    tolerance : float
        Values at or below it count as zero.
    gap : float
        Smallest kept value over the largest discarded one; where nothing was discarded, over the
        tolerance. Infinite where the discarded values are exactly zero.
    clear : bool
        False when a kept value lies less than a factor 1000 (in single precision: the square root
        of what precision allows) above the tolerance, so that rounding, or an entry changed in its
        last digits, could turn the answer.
    """

    tolerance: float
    gap: float
    clear: bool


def cut(values: np.ndarray, size: int, dtype: np.dtype) -> Cut:
    """Cut a non-negative spectrum, given in any order, by `relative_tolerance`."""
    values = np.asarray(values, dtype=float).reshape(-1)
    largest = float(values.max(initial=0.0))
    if largest == 0.0:
        return Cut(0.0, float("inf"), True)
    relative = min(relative_tolerance(size, dtype), 0.5)
    tolerance = relative * largest
    kept = values[values > tolerance]
    lost = float(values[values <= tolerance].max(initial=0.0))
    smallest = float(kept.min())
    if kept.size == values.size:
        gap = smallest / tolerance
    else:
        gap = smallest / lost if lost > 0 else float("inf")
    clear = smallest > tolerance * min(_GREY, relative**-0.5)
    return Cut(tolerance, gap, clear)
