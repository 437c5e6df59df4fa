r"""Laws of measurement noise: their parameters, and their characteristic functions.

Every law is of independent measurements, given the signal, unless it says otherwise, and in the
units of the measurements. `noise_allows` says which let p_y determine the law of A x.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from numbers import Real
from typing import Any, ClassVar

import numpy as np

from .factors import LARGE, factors, turn
from .reals import positive, real_array

__all__ = ["CorrelatedGaussian", "Gaussian", "Laplace", "Poisson", "PoissonGaussian", "Uniform"]


class _Positive:
    """A dataclass all of whose fields are positive numbers."""

    def __post_init__(self) -> None:
        for one in fields(self):  # type: ignore[arg-type]
            object.__setattr__(self, one.name, positive(getattr(self, one.name), one.name))


def _rows(t: Any, m: int) -> np.ndarray:
    """Return `t` as frequencies in R^m, along its last axis."""
    array = real_array(t, "t")
    if array.shape[-1:] != (m,):
        raise ValueError(f"`t` must have shape (..., {m}) for {m} measurements; got {array.shape}.")
    return array


@dataclass(frozen=True, eq=False)
class Gaussian:
    r"""Independent Gaussian noise.

    .. math:: \varphi_e(t) = \exp(-\sigma^2 t^2 / 2), \qquad
              \exp\bigl(-\tfrac12 \textstyle\sum_i \sigma_i^2 t_i^2\bigr)

    Parameters
    ----------
    std : float or array_like, shape (m,)
        Standard deviation σ > 0 of every measurement, or of each.

    Raises
    ------
    ValueError
        If a standard deviation is not positive and finite, or the array not one-dimensional.
    TypeError
        If they are no real numbers.
    """

    std: Any
    zero_set: ClassVar[str] = "none"
    zeros_text: ClassVar[str] = "phi_e is an exponential and has no zero"

    def __post_init__(self) -> None:
        if isinstance(self.std, Real | np.bool_):
            object.__setattr__(self, "std", positive(self.std, "std"))
            return
        std = real_array(self.std, "std")
        if std.ndim != 1 or std.size == 0:
            raise ValueError(f"`std` must be a number or have shape (m,); got shape {std.shape}.")
        if np.any(std <= 0):
            raise ValueError(f"`std` must be positive; got a least value of {std.min():g}.")
        std.setflags(write=False)
        object.__setattr__(self, "std", std)

    @property
    def common(self) -> bool:
        """Whether one number is the level of every measurement."""
        return isinstance(self.std, float)

    def characteristic_function(self, t: Any) -> np.ndarray:
        """Of one measurement, t of any shape; of all, t of shape (..., m), if each has its std."""
        with np.errstate(over="ignore", under="ignore"):
            if self.common:
                return np.exp(-0.5 * (self.std * real_array(t, "t")) ** 2)
            return np.exp(-0.5 * np.sum((self.std * _rows(t, self.std.size)) ** 2, axis=-1))


@dataclass(frozen=True, eq=False)
class CorrelatedGaussian:
    r"""Gaussian noise of a covariance Σ, which may be singular.

    .. math:: \varphi_e(t) = \exp(-t^\top \Sigma\, t / 2)

    Parameters
    ----------
    covariance : array_like, shape (m, m)
        Real, symmetric and positive semidefinite, both up to rounding.

    Raises
    ------
    ValueError
        If it is neither.
    TypeError
        If it does not hold real numbers.
    """

    covariance: Any
    zero_set: ClassVar[str] = "none"
    zeros_text: ClassVar[str] = Gaussian.zeros_text
    common: ClassVar[bool] = False

    def __post_init__(self) -> None:
        sigma = real_array(self.covariance, "covariance")
        if sigma.ndim != 2 or sigma.shape[0] != sigma.shape[1] or sigma.size == 0:
            raise ValueError(f"`covariance` must have shape (m, m); got {sigma.shape}.")
        scale = float(np.abs(sigma).max())
        if not np.allclose(sigma, sigma.T, rtol=0, atol=1e-10 * scale):
            raise ValueError("`covariance` must be symmetric.")
        least = float(np.linalg.eigvalsh(sigma / (scale or 1.0))[0])
        if least < -1e-10 * len(sigma):
            raise ValueError(
                "`covariance` must be positive semidefinite; got an eigenvalue of "
                f"{least * scale:.3g}."
            )
        sigma.setflags(write=False)
        object.__setattr__(self, "covariance", sigma)

    def characteristic_function(self, t: Any) -> np.ndarray:
        """Of all measurements, shape (...), for t of shape (..., m)."""
        rows = _rows(t, len(self.covariance))
        deviations, factor = factors(self.covariance)
        # Numbers and powers of two apart, so that nothing overflows before it cancels.
        (a, k), (b, e) = np.frexp(deviations), np.frexp(rows)
        digits, powers = a * b, np.where(a * b == 0, -9999, k + e)
        top = powers.max(axis=-1, keepdims=True)
        with np.errstate(over="ignore", under="ignore"):
            near = np.ldexp(digits, powers - top)
            # Not by a matrix product, whose fused operations leave a rest where terms cancel.
            parts = [np.sum(near * column, axis=-1) for column in factor.T]
            size = np.linalg.norm(parts, axis=0)
            return np.exp(-0.5 * np.ldexp(size, top[..., 0]) ** 2)


@dataclass(frozen=True)
class Laplace(_Positive):
    r"""Independent Laplace noise of density :math:`e^{-|e|/b} / 2b` and variance :math:`2b^2`.

    .. math:: \varphi_e(t) = 1 / (1 + b^2 t^2)

    Parameters
    ----------
    scale : float
        b > 0.
    """

    scale: float
    zero_set: ClassVar[str] = "none"
    zeros_text: ClassVar[str] = "phi_e(t) = 1/(1 + (scale t)^2) has no zero"

    def characteristic_function(self, t: Any) -> np.ndarray:
        """Of one measurement, for t of any shape."""
        with np.errstate(over="ignore", under="ignore"):
            return 1 / (1 + (self.scale * real_array(t, "t")) ** 2)


@dataclass(frozen=True)
class Uniform(_Positive):
    r"""Independent noise, uniform on [-w/2, w/2].

    .. math:: \varphi_e(t) = \frac{\sin(wt/2)}{wt/2}

    It models rounding to multiples of w only where subtractive dither makes the error independent
    of the signal.

    Parameters
    ----------
    width : float
        w > 0.
    """

    width: float
    zero_set: ClassVar[str] = "isolated"
    zeros_text: ClassVar[str] = "phi_e is zero at the multiples of 2 pi/width other than 0, only"

    def characteristic_function(self, t: Any) -> np.ndarray:
        """Of one measurement, for t of any shape."""
        with np.errstate(over="ignore", under="ignore"):
            turns = self.width / (2 * np.pi) * real_array(t, "t")
            return np.sinc(np.clip(turns, -1e300, 1e300))


@dataclass(frozen=True)
class Poisson(_Positive):
    r"""Independent counts: :math:`y_i \sim \gamma\, \mathrm{Poisson}((Ax)_i / \gamma)`, Ax ≥ 0.

    The noise depends on the signal, so there is no :math:`\varphi_e`; given :math:`(Ax)_i = z`,

    .. math:: E[e^{ity} \mid z] = \exp\bigl(z\,(e^{i\gamma t} - 1)/\gamma\bigr)

    Parameters
    ----------
    gain : float
        γ > 0, in units of the measurements per count.
    """

    gain: float
    zeros_text: ClassVar[str] = "the noise depends on the signal: there is no phi_e"

    def conditional_characteristic_function(self, t: Any, mean: Any) -> np.ndarray:
        """Of one measurement y, given its mean (A x)_i ≥ 0; t and mean are broadcast."""
        mean = real_array(mean, "mean")
        if np.any(mean < 0):
            raise ValueError(f"`mean` must be non-negative; got {mean.min():g}.")
        with np.errstate(all="ignore"):
            real, imaginary = turn(self.gain, real_array(t, "t"))
            phase = np.clip(mean * imaginary, -LARGE, LARGE)
            return np.exp(mean * real) * (np.cos(phase) + 1j * np.sin(phase))


@dataclass(frozen=True)
class PoissonGaussian(_Positive):
    r"""Counts and read-out noise: :math:`y_i = \gamma N_i + e_i`, as `Poisson` plus `Gaussian`.

    .. math:: E[e^{ity} \mid z] = \exp\bigl(z\,(e^{i\gamma t} - 1)/\gamma - \sigma^2 t^2/2\bigr)

    Parameters
    ----------
    gain, std : float
        γ > 0 and σ > 0, in units of the measurements.
    """

    gain: float
    std: float
    zeros_text: ClassVar[str] = (
        "phi_e of the read-out noise has no zero; the counts depend on the signal and have no phi_e"
    )

    def conditional_characteristic_function(self, t: Any, mean: Any) -> np.ndarray:
        """Of one measurement y, given its mean (A x)_i ≥ 0; t and mean are broadcast."""
        counts = Poisson(self.gain).conditional_characteristic_function(t, mean)
        return counts * Gaussian(self.std).characteristic_function(t)
