r"""Noise of measurements: laws to draw from, each with an unbiased estimate of its variance.

All are of independent entries around noise-free measurements u = A x, in the units of the
measurements. A complex entry is two real ones, each with its own noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any

import torch

from ..noise.reals import positive

__all__ = [
    "GaussianNoise",
    "Noise",
    "PoissonGaussianNoise",
    "PoissonNoise",
    "as_noise",
    "standard_normal",
]


def standard_normal(like: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    r"""Independent standard normal numbers.

    Parameters
    ----------
    like : torch.Tensor
        Gives shape, dtype and device. If complex, both parts of an entry are standard normal.
    rng : torch.Generator
        The numbers are drawn on its device, so that they do not depend on that of `like`.

    Returns
    -------
    torch.Tensor, shape of `like`
    """
    _require_floating(like)
    shape = (*like.shape, 2) if like.is_complex() else tuple(like.shape)
    dtype = like.real.dtype
    e = torch.randn(shape, generator=rng, device=rng.device, dtype=dtype)
    return (torch.view_as_complex(e) if like.is_complex() else e).to(like.device)


class Noise:
    r"""Base of all laws: y given u, with :math:`\mathbb E[y] = u`."""

    def __call__(self, u: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        """Draw measurements around noise-free ones `u` of any shape; gradients pass to `u`."""
        raise NotImplementedError("a Noise must define `__call__(u, rng)`.")

    def variance(self, y: torch.Tensor) -> torch.Tensor:
        r"""Unbiased estimate of the variance of each real entry, from noisy y.

        .. math:: \mathbb E[v(y)_i] = \mathbb E (y_i - u_i)^2

        Returns
        -------
        torch.Tensor
            Real, of the shape of y, or one that expands to it.
        """
        raise NotImplementedError("a Noise must define `variance(y)`.")

    def admissible(self, u: torch.Tensor) -> torch.Tensor:
        """Return the nearest measurements around which noise can be drawn; `u` itself by default.

        Losses draw around measurements of an estimate, which may be slightly negative where an
        intensity cannot be.
        """
        return u


@dataclass(frozen=True)
class GaussianNoise(Noise):
    r"""Gaussian noise.

    .. math:: y = u + \sigma e, \qquad e \sim \mathcal N(0, I)

    For complex u, real and imaginary parts get :math:`\sigma` each.

    Parameters
    ----------
    sigma : float
        Standard deviation :math:`\sigma > 0`.

    Raises
    ------
    ValueError
        If `sigma` is not positive and finite.
    TypeError
        If it is no real number.

    Examples
    --------
    >>> import torch
    >>> rng = torch.Generator().manual_seed(0)
    >>> y = GaussianNoise(0.1)(torch.ones(10000), rng)
    >>> round(float(y.mean()), 2), round(float(y.std()), 2)
    (1.0, 0.1)
    """

    sigma: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "sigma", positive(self.sigma, "sigma"))

    def __call__(self, u: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        """Add noise to `u`, real or complex."""
        return u + self.sigma * standard_normal(u, rng)

    def variance(self, y: torch.Tensor) -> torch.Tensor:
        r"""The constant :math:`\sigma^2`."""
        return torch.full((), self.sigma**2, dtype=y.real.dtype, device=y.device)


@dataclass(frozen=True)
class PoissonNoise(Noise):
    r"""Poisson noise: counts times what one count is worth.

    .. math:: y = \gamma z, \qquad z \sim \mathcal P(u / \gamma)

    so that mean and variance are u and :math:`\gamma u`.

    Parameters
    ----------
    gamma : float
        Gain :math:`\gamma > 0`.

    Raises
    ------
    ValueError
        If `gamma` is not positive and finite. When called: if an intensity in u is below 0 by more
        than rounding (16 units of the largest one), or NaN.
    TypeError
        If `gamma` is no real number. When called: if u is complex.

    Notes
    -----
    Counts have no derivative. The gradient with respect to u is that of
    :math:`u + (y - u)` with the second summand held fixed, as if the noise were additive; it is the
    gradient of the mean.
    """

    gamma: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "gamma", positive(self.gamma, "gamma"))

    def __call__(self, u: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        """Draw counts around real intensities `u` that are at least 0."""
        return _counts(u, self.gamma, rng)

    def variance(self, y: torch.Tensor) -> torch.Tensor:
        r"""Return :math:`\gamma y`."""
        _require_real(y, "y")
        return self.gamma * y

    def admissible(self, u: torch.Tensor) -> torch.Tensor:
        """Return the positive part of `u`."""
        _require_real(u, "u")
        return u.clamp(min=0)


@dataclass(frozen=True)
class PoissonGaussianNoise(Noise):
    r"""Poisson noise with Gaussian noise on top.

    .. math:: y = \gamma z + \sigma e, \qquad z \sim \mathcal P(u / \gamma), \quad
              e \sim \mathcal N(0, I)

    so that mean and variance are u and :math:`\gamma u + \sigma^2`.

    Parameters
    ----------
    sigma : float
        Standard deviation :math:`\sigma > 0`.
    gamma : float
        Gain :math:`\gamma > 0`.

    Raises
    ------
    ValueError
        As for `GaussianNoise` and `PoissonNoise`.
    TypeError
        As for `GaussianNoise` and `PoissonNoise`.
    """

    sigma: float
    gamma: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "sigma", positive(self.sigma, "sigma"))
        object.__setattr__(self, "gamma", positive(self.gamma, "gamma"))

    def __call__(self, u: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        """Draw counts around real intensities `u` that are at least 0, and add Gaussian noise."""
        return _counts(u, self.gamma, rng) + self.sigma * standard_normal(u, rng)

    def variance(self, y: torch.Tensor) -> torch.Tensor:
        r"""Return :math:`\gamma y + \sigma^2`."""
        _require_real(y, "y")
        return self.gamma * y + self.sigma**2

    def admissible(self, u: torch.Tensor) -> torch.Tensor:
        """Return the positive part of `u`."""
        _require_real(u, "u")
        return u.clamp(min=0)


def as_noise(value: Any) -> Noise | None:
    """Whatever stands for noise, as noise.

    Parameters
    ----------
    value : None, float or Noise
        None is no noise, and a positive number the standard deviation of `GaussianNoise`.

    Raises
    ------
    ValueError
        If a number is not positive and finite.
    TypeError
        If it is anything else.

    Examples
    --------
    >>> as_noise(0.1)
    GaussianNoise(sigma=0.1)
    """
    if value is None or isinstance(value, Noise):
        return value
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(
            f"`noise` must be None, a standard deviation or a Noise; got {type(value).__name__}."
        )
    return GaussianNoise(positive(value, "noise"))


def _counts(u: torch.Tensor, gamma: float, rng: torch.Generator) -> torch.Tensor:
    _require_real(u, "u")
    _require_floating(u)
    with torch.no_grad():
        if u.numel():
            low, high = float(u.min()), float(u.max())
            # Negated, so that NaN is refused as well.
            if not low >= -16 * torch.finfo(u.dtype).eps * abs(high):
                raise ValueError(f"`u` must be non-negative intensities; got {low:g}.")
        rate = (u.clamp(min=0) / gamma).to(rng.device)
        y = gamma * torch.poisson(rate, generator=rng).to(u.device)
    return u + (y - u).detach() if u.requires_grad else y


def _require_real(tensor: torch.Tensor, name: str) -> None:
    if tensor.is_complex():
        raise TypeError(f"`{name}` must be real where noise is of counts; got {tensor.dtype}.")


def _require_floating(tensor: torch.Tensor) -> None:
    if not (tensor.is_floating_point() or tensor.is_complex()):
        raise TypeError(f"measurements must be floating-point; got {tensor.dtype}.")
