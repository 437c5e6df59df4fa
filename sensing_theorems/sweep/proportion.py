r"""How sure a proportion is: Wilson's score interval."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["normal_quantile", "proper_fraction", "wilson"]


def wilson(
    successes: Any, trials: Any, confidence: float = 0.95, undecided: Any = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Interval of the probabilities of success that a number of successes does not contradict.

    Those p with :math:`|\hat p - p| \le z \sqrt{p (1 - p) / t}`, which is

    .. math:: \frac{\hat p + z^2/2t \pm z \sqrt{\hat p (1 - \hat p)/t + z^2/4t^2}}{1 + z^2/t},
              \qquad \hat p = s / t.

    Trials that were not decided may be either: the low end counts them as failures, the high end
    as successes.

    Parameters
    ----------
    successes, trials : array_like of int
        s, and the number t of decided trials.
    confidence : float, default 0.95
        Strictly between 0 and 1.
    undecided : array_like of int, default 0
        Trials that were run beside those, without a decision.

    Returns
    -------
    low, high : ndarray of float64
        Of the common shape of the arguments. NaN where no trial was run.

    Raises
    ------
    TypeError
        If counts are no integers.
    ValueError
        If counts are negative, there are more successes than trials, or `confidence` is not
        between 0 and 1.

    Notes
    -----
    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal
    of the American Statistical Association 22 (1927), 209-212.

    Examples
    --------
    No success in 20 trials does not exclude a probability of 0.16:

    >>> low, high = wilson(0, 20)
    >>> float(low), round(float(high), 2)
    (0.0, 0.16)
    """
    z = normal_quantile(confidence)
    s, t, u = (
        _counts(value, name)
        for value, name in (
            (successes, "successes"),
            (trials, "trials"),
            (undecided, "undecided"),
        )
    )
    try:
        s, t, u = np.broadcast_arrays(s, t, u)
    except ValueError:
        raise ValueError(
            "`successes`, `trials` and `undecided` must have shapes that go together; got "
            f"{s.shape}, {t.shape} and {u.shape}."
        ) from None
    if np.any(s > t):
        raise ValueError("`successes` must not exceed `trials`; got more of them.")
    run = t + u
    low, _ = _ends(s, run, z)
    _, high = _ends(s + u, run, z)
    return low, high


def normal_quantile(confidence: Any, name: str = "confidence") -> float:
    """Return z such that a standard normal number is within ±z with probability `confidence`."""
    from scipy.special import ndtri

    return float(-ndtri((1 - proper_fraction(confidence, name)) / 2))


def proper_fraction(value: Any, name: str) -> float:
    """Return `value` as a float strictly between 0 and 1."""
    if isinstance(value, (bool, np.bool_)) or not (
        hasattr(value, "__float__") and np.ndim(value) == 0
    ):
        raise TypeError(f"`{name}` must be a number; got {type(value).__name__}.")
    number = float(value)
    if not 0 < number < 1:
        raise ValueError(f"`{name}` must be strictly between 0 and 1; got {number:g}.")
    return number


def _counts(value: Any, name: str) -> NDArray[np.int64]:
    array = np.asarray(value)
    if array.dtype.kind not in "iu":
        raise TypeError(f"`{name}` must hold integers; got dtype {array.dtype}.")
    if array.size and array.min() < 0:
        raise ValueError(f"`{name}` must not be negative; got {array.min()}.")
    return array.astype(np.int64)


def _ends(
    s: NDArray[np.int64], t: NDArray[np.int64], z: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both ends for s successes in t trials, NaN where t = 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = s / t
        middle = rate + z * z / (2 * t)
        half = z * np.sqrt(rate * (1 - rate) / t + (z / (2 * t)) ** 2)
        low, high = (middle - half) / (1 + z * z / t), (middle + half) / (1 + z * z / t)
    # Exactly 0 and 1 there, which rounding would miss.
    return np.where((s == 0) & (t > 0), 0.0, low), np.where((s == t) & (t > 0), 1.0, high)
