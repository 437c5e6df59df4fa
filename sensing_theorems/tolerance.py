r"""The one rule by which a singular value counts as zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Cut", "cut", "relative_tolerance"]

_SAFETY = 32.0
_GREY = 1e3


def relative_tolerance(scaled: np.ndarray, dtype: np.dtype) -> float:
    r"""Largest relative singular value that rounding explains: :math:`32\,\varepsilon\,\|s\|_2`.

    Entries rounded to precision :math:`\varepsilon` move a matrix by at most
    :math:`\varepsilon \|A\|_F`, and by Weyl no singular value by more.

    Parameters
    ----------
    scaled : ndarray
        Singular values over the largest one, so that their norm is that of A over its own.
    dtype : dtype
        Precision in which the operator was given.
    """
    rounding = _SAFETY * float(np.finfo(dtype).eps)
    return min(rounding * max(4.0, float(np.linalg.norm(scaled))), 0.5)


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
        of what precision allows) above the tolerance, or a discarded one less than a factor 2
        below it, so that rounding, or an entry changed in its last digits, could turn the answer.
    """

    tolerance: float
    gap: float
    clear: bool


def cut(values: np.ndarray, dtype: np.dtype) -> Cut:
    """Cut a non-negative spectrum, given in any order, by `relative_tolerance`."""
    values = np.asarray(values, dtype=float).reshape(-1)
    largest = float(values.max(initial=0.0))
    if largest == 0.0:
        return Cut(0.0, float("inf"), True)
    relative = relative_tolerance(values / largest, dtype)
    tolerance = relative * largest
    kept = values[values > tolerance]
    lost = float(values[values <= tolerance].max(initial=0.0))
    smallest = float(kept.min())
    if kept.size == values.size:
        gap = smallest / tolerance
    else:
        gap = smallest / lost if lost > 0 else float("inf")
    far = smallest > tolerance * min(_GREY, relative**-0.5)
    return Cut(tolerance, gap, far and lost <= tolerance / 2)
