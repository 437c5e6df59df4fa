"""The one rule by which a singular value counts as zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Cut", "cut", "grey", "judge", "rounding", "threshold"]

_SAFETY = 64.0
_GREY = 1e3


def rounding(dtype: np.dtype, largest: float = 1.0) -> float:
    r"""Relative rounding error of entries given in a precision.

    .. math:: \max(\varepsilon,\ \eta / |a|_{\max}), \qquad
              \varepsilon = 2^{-52} \text{ or } 2^{-23}

    with the spacing :math:`\eta` of subnormal numbers, beside which an operator of tiny entries
    has lost digits that :math:`\varepsilon` knows nothing of.

    Parameters
    ----------
    dtype : dtype
        Precision in which the operator was given.
    largest : float
        Its largest entry in absolute value, in the units of A.
    """
    limits = np.finfo(dtype)
    spacing = float(limits.smallest_subnormal)
    return max(float(limits.eps), spacing / largest) if largest > spacing else 1.0


def threshold(norm: float, relative: float) -> float:
    r"""Largest singular value that rounding explains: :math:`64\,\varepsilon\,\|A\|_F`.

    Entries rounded to relative precision :math:`\varepsilon` move a matrix by at most
    :math:`\varepsilon \|A\|_F`, and by Weyl no singular value by more; the factor leaves room for
    the rounding of the computation itself.

    Parameters
    ----------
    norm : float
        Frobenius norm :math:`\|A\|_F`, the root of the sum of all squared singular values.
    relative : float
        :math:`\varepsilon`, see `rounding`.
    """
    return _SAFETY * relative * norm


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


def grey(relative: float) -> float:
    """Factor above the tolerance, itself `relative` to the largest value, that is still unclear."""
    return min(_GREY, relative**-0.5) if relative > 0 else _GREY


def judge(tolerance: float, kept: float, lost: float | None, largest: float) -> Cut:
    """Judge a cut by the smallest value kept and the largest one lost.

    Parameters
    ----------
    tolerance : float
    kept : float
        Smallest value above the tolerance, or a lower bound of it; infinite if there is none.
    lost : float or None
        Largest value at or below the tolerance; ``None`` if there is none.
    largest : float
        Largest value of all.
    """
    if largest == 0.0:
        return Cut(tolerance, float("inf"), True)
    if kept == float("inf"):
        # Something is there, and all of it may be rounding.
        return Cut(tolerance, 1.0, False)
    far = kept > tolerance * grey(tolerance / largest)
    if lost is None:
        return Cut(tolerance, kept / tolerance if tolerance > 0 else float("inf"), far)
    gap = kept / lost if lost > 0 else float("inf")
    return Cut(tolerance, gap, far and lost <= tolerance / 2)


def cut(
    values: np.ndarray,
    dtype: np.dtype,
    largest_entry: float = 1.0,
    norm: float | None = None,
    maps: float = 0.0,
) -> Cut:
    """Cut a non-negative spectrum, given in any order, by `threshold`.

    Parameters
    ----------
    values : ndarray
        Singular values.
    dtype : dtype
        Precision in which the operator was given.
    largest_entry : float
        In the units in which it was given, see `rounding`.
    norm : float, optional
        Frobenius norm in the units of `values`, where they do not list every value.
    maps : float
        Relative rounding of the maps that the operator was multiplied by.
    """
    values = np.asarray(values, dtype=float).reshape(-1)
    norm = float(np.linalg.norm(values)) if norm is None else norm
    relative = max(rounding(dtype, largest_entry), maps)
    tolerance = threshold(norm, relative) if norm > 0 else 0.0
    seen = values > tolerance
    kept = float(values.min(where=seen, initial=np.inf))
    lost = None if seen.all() else float(values.max(where=~seen, initial=0.0))
    return judge(tolerance, kept, lost, float(values.max(initial=0.0)))
