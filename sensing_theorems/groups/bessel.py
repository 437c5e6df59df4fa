r"""Zeros of Bessel functions up to a band limit, order by order."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import jv

__all__ = ["bessel_zeros"]


def bessel_zeros(first: float, limit: float) -> list[np.ndarray]:
    r"""Positive zeros below a limit of :math:`J_\nu`, :math:`\nu` = first, first + 1, ….

    Zeros of neighbouring orders interlace, so that each is found in its own bracket.

    Parameters
    ----------
    first : float
        0, or 1/2 for spherical Bessel functions.
    limit : float
        Zeros are strictly below it.

    Returns
    -------
    list of ndarray
        One array of increasing zeros per order, up to the last order that has any.

    Examples
    --------
    >>> [zeros.round(3).tolist() for zeros in bessel_zeros(0, 6.0)]
    [[2.405, 5.52], [3.832], [5.136]]
    """
    k = np.arange(1, int(limit / math.pi) + 2)
    if first == 0.5:
        zeros = math.pi * k
    else:
        zeros = _roots(0.0, (k - 0.25) * math.pi, (k - 0.125) * math.pi)
    # A zero at the limit itself is computed a little to either side of it.
    zeros = zeros[zeros < limit * (1 - 1e-14)]
    found = []
    order = float(first)
    while zeros.size:
        found.append(zeros)
        order += 1
        low, high = zeros, np.append(zeros[1:], limit)
        inside = jv(order, low) * jv(order, high) < 0
        zeros = _roots(order, low[inside], high[inside])
    return found


def _roots(order: float, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The one zero of J_order in each bracket: Newton's steps, or halves where these leave it."""
    sign = np.sign(jv(order, low))
    x = (low + high) / 2
    for _ in range(100):
        value = jv(order, x)
        left = value * sign > 0
        low, high = np.where(left, x, low), np.where(left, high, x)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = x - value / (order / x * value - jv(order + 1, x))
        following = np.where((step >= low) & (step <= high), step, (low + high) / 2)
        moved = np.abs(following - x).max(initial=0.0)
        x = following
        if moved <= 4 * np.finfo(float).eps * x.max(initial=1.0):
            break
    return x
