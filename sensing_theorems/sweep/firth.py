r"""Logistic regression that has an answer for separated data too: Firth's penalised likelihood."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .penalised import Array, Cells, climb, constant, penalised
from .proportion import normal_quantile

__all__ = ["LogisticFit", "firth_fit"]

_DOUBLINGS = 60


@dataclass(frozen=True, eq=False)
class LogisticFit:
    r"""Fits :math:`\operatorname{logit} p(x) = b (x - x_0)` of C columns.

    Attributes
    ----------
    centre, scale : ndarray, shape (C,)
        Of the coordinate :math:`u = (x - centre) / scale` in which the fit is done.
    intercept, slope : ndarray, shape (C,)
        :math:`\operatorname{logit} p = intercept + slope \cdot u`.
    penalised : ndarray, shape (C,)
        Penalised log-likelihood there.
    converged : ndarray of bool, shape (C,)
        Whether the last step changed nothing that matters.
    """

    centre: Array
    scale: Array
    intercept: Array
    slope: Array
    penalised: Array
    converged: NDArray[np.bool_]
    cells: Cells

    def location(self, level: float = 0.5) -> Array:
        """Return x at which the fitted probability is `level`, shape (C,)."""
        return self.centre + self.scale * self._crossing(level)

    def width(self, low: float = 0.1, high: float = 0.9) -> Array:
        """Distance over which the fitted probability goes from `low` to `high`, shape (C,)."""
        return (_logit(high) - _logit(low)) * self.scale / np.abs(self.slope)

    def interval(self, level: float = 0.5, confidence: float = 0.95) -> tuple[Array, Array]:
        r"""Confidence interval of the location, by the profile of the penalised likelihood.

        It holds the x at which a probability of `level` costs less than :math:`z^2/2` of the
        penalised log-likelihood, the other parameter being fitted anew. Where a constant
        probability costs less than that, the data do not locate anything, and the interval is all
        of the line.

        Parameters
        ----------
        level, confidence : float
            Strictly between 0 and 1.

        Returns
        -------
        low, high : ndarray, shape (C,)
            Infinite where the data set no bound.
        """
        z = normal_quantile(confidence)
        bounded = self.penalised - constant(self.cells) > z * z / 2
        ends = np.full((2, len(bounded)), math.inf) * [[-1.0], [1.0]]
        if bounded.any():
            ends[:, bounded] = [self._end(sign, level, z, bounded) for sign in (-1.0, 1.0)]
        low, high = self.centre + self.scale * ends
        return low, high

    def _crossing(self, level: float) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            return (_logit(level) - self.intercept) / self.slope

    def _end(self, sign: float, level: float, z: float, some: NDArray[np.bool_]) -> Array:
        """One end of the interval in the scaled coordinate, for some of the columns."""
        x, successes, trials = (counts[some] for counts in self.cells)
        place, slope, penalised = (
            self._crossing(level)[some],
            self.slope[some],
            self.penalised[some],
        )
        logit = np.full_like(place, _logit(level))

        def excess(distance: Array) -> Array:
            nonlocal slope
            moved = Cells(x - (place + sign * distance)[:, None], successes, trials)
            _, slope, value, _ = climb(logit, slope, moved, fixed=True)
            # Signed roots of the likelihood ratio are almost linear, so that few are needed.
            return np.sqrt(np.maximum(2 * (penalised - value), 0.0)) - z

        return place + sign * _root(excess, 1 / np.abs(slope), -z)


def firth_fit(x: Any, successes: Any, trials: Any) -> LogisticFit:
    r"""Fit a logistic curve to counts by maximising the penalised log-likelihood.

    .. math:: \ell(a, b) + \tfrac12 \log\det I(a, b), \qquad
              \operatorname{logit} p_i = a + b x_i

    with the Fisher information I. Unlike the likelihood itself, it has a finite maximum for
    separated data, where all trials fail up to some x and succeed beyond it.

    Parameters
    ----------
    x : array_like, shape (L,)
        Coordinates, ascending.
    successes, trials : array_like, shape (C, L) or (L,)
        Counts of C columns. Cells without a trial are left out; each column must have two with
        trials.

    Returns
    -------
    LogisticFit
        Of C columns, or of one.

    Notes
    -----
    D. Firth, "Bias reduction of maximum likelihood estimates", Biometrika 80 (1993), 27-38; for
    logistic regression and intervals by the profile, G. Heinze and M. Schemper, "A solution to the
    problem of separation in logistic regression", Statistics in Medicine 21 (2002), 2409-2419.

    The score is that of a fit to :math:`y_i + h_i/2` successes in :math:`n_i + h_i` trials, with
    the leverages h of I. For two cells, h = 1: half a success and half a failure are added to both.

    Examples
    --------
    >>> fit = firth_fit([10, 11, 12, 13], [0, 0, 20, 20], [20, 20, 20, 20])
    >>> round(float(fit.location()[0]), 6)
    11.5
    """
    coordinates = np.asarray(x)
    n = np.atleast_2d(np.asarray(trials, dtype=np.float64))
    y = np.atleast_2d(np.asarray(successes, dtype=np.float64))
    left, right, sign = _split(coordinates, y, n)
    # Integers are subtracted first, since large ones would lose their last digits when halved.
    half = (right - left) / 2
    scale = 2.0 * half
    u = ((coordinates[None, :] - left[:, None]) - half[:, None]) / scale[:, None]
    cells = Cells(u, y, n)
    fit = climb(*_start(sign, cells), cells)
    return LogisticFit(left + half, scale, *fit, cells)


def _split(x: NDArray[Any], y: Array, n: Array) -> tuple[NDArray[Any], NDArray[Any], Array]:
    """Neighbouring cells between which one step would explain most, and the sign of the step."""
    left = np.empty(len(y), x.dtype)
    right, sign = left.copy(), np.ones(len(y))
    for c, (successes, trials) in enumerate(zip(y, n, strict=True)):
        (known,) = np.nonzero(trials)
        if known.size < 2:
            raise ValueError(f"a fit needs two cells with trials; got {known.size}.")
        surplus = np.cumsum(2 * successes[known] - trials[known])
        gain = 2 * surplus[:-1] - surplus[-1]
        cut = int(np.argmax(np.abs(gain)))
        left[c], right[c] = x[known[cut]], x[known[cut + 1]]
        sign[c] = -1.0 if gain[cut] > 0 else 1.0
    return left, right, sign


def _start(sign: Array, cells: Cells) -> tuple[Array, Array]:
    """Return the best of slopes from 4 per gap to almost 0, all through the step."""
    zero = np.zeros_like(sign)
    best, slope = np.full_like(sign, -math.inf), sign
    for power in range(28):
        trial = sign * 4.0 ** (1 - power)
        value = penalised(zero, trial, cells)
        slope = np.where(value > best, trial, slope)
        best = np.maximum(best, value)
    return zero, slope


def _root(f: Callable[[Array], Array], high: Array, f_zero: float) -> Array:
    """Roots of increasing functions with f(0) < 0: doubling, then the Illinois method."""
    low, f_low, f_high = 0 * high, np.full_like(high, f_zero), f(high)
    for _ in range(_DOUBLINGS):
        short = f_high < 0
        if not short.any():
            break
        low, f_low = np.where(short, high, low), np.where(short, f_high, f_low)
        high = np.where(short, 2 * high, high)
        f_high = np.where(short, f(high), f_high)
    never = f_high < 0
    f_high = np.where(never, 1.0, f_high)
    middle, side = high, 0 * high
    for _ in range(_DOUBLINGS):
        middle = low + (high - low) * (f_low / (f_low - f_high))
        value = f(middle)
        if np.all((np.abs(value) < 1e-8) | (high - low <= 1e-12 * high) | never):
            break
        above = value >= 0
        f_high = np.where(above, value, np.where(side < 0, f_high / 2, f_high))
        f_low = np.where(above, np.where(side > 0, f_low / 2, f_low), value)
        low, high = np.where(above, low, middle), np.where(above, middle, high)
        side = np.where(above, 1.0, -1.0)
    return np.where(never, math.inf, middle)


def _logit(p: float) -> float:
    return math.log(p / (1 - p))
