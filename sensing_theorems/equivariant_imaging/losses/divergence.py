r"""Weighted divergences of h = A ∘ f, from differences along random directions."""

from __future__ import annotations

import math

import torch

from ..noise import standard_normal
from .base import Evaluation
from .entries import mean_product

__all__ = ["divergence", "second_divergence", "signs", "step_length"]

_GOLDEN = (1 + math.sqrt(5)) / 2


def signs(like: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """Independent signs +1 and -1 with probability 1/2 each, drawn on the device of `rng`."""
    uniform = torch.rand(like.shape, generator=rng, device=rng.device, dtype=like.dtype)
    return torch.where(uniform > 0.5, 1.0, -1.0).to(like)


def skewed(like: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    r"""Independent numbers of mean 0 whose second and third moments are 1.

    They are the golden ratio :math:`\varphi` with probability :math:`1 / (1 + \varphi^2)`, else
    :math:`-1/\varphi`; these are the only two values with such moments.
    """
    uniform = torch.rand(like.shape, generator=rng, device=rng.device, dtype=like.dtype)
    rare = 1 / (1 + _GOLDEN**2)
    return torch.where(uniform < 1 - rare, -1 / _GOLDEN, _GOLDEN).to(like)


def step_length(y: torch.Tensor, variance: torch.Tensor) -> torch.Tensor:
    r"""A step for finite differences that neither noise nor rounding notices.

    .. math:: \tau = \max\Bigl(\tfrac{1}{10} \sqrt{\bar v},\; \sqrt{\varepsilon}\, \bar y\Bigr)

    with the mean :math:`\bar v` of the noise variance, the root mean square :math:`\bar y` of the
    measurements, and the unit :math:`\varepsilon` of rounding (so :math:`\sqrt\varepsilon` is
    3.5e-4 in float32 and 1.5e-8 in float64).

    Notes
    -----
    With a tenth of the noise, y + τ b is as noisy as :math:`1.005\, \sigma`: f is asked about what
    it is trained on, and the difference smooths over less than the noise does. Rounding of h, of
    :math:`\varepsilon \bar y / \tau` in each entry of the difference, averages over entries; the
    second bound keeps it below :math:`\sqrt\varepsilon` where there is hardly any noise.
    """
    with torch.no_grad():
        level = variance.mean().clamp(min=0).sqrt() / 10
        least = math.sqrt(torch.finfo(y.real.dtype).eps) * y.abs().square().mean().sqrt()
        tau = torch.maximum(level, least)
        # No measurement but zeros, of counts: any step will do.
        return torch.where(tau > 0, tau, torch.ones_like(tau))


def divergence(
    at: Evaluation, weight: torch.Tensor, tau: torch.Tensor | float, *, gaussian: bool
) -> torch.Tensor:
    r"""Estimate a weighted divergence with one direction.

    .. math::
        \frac{1}{m} \sum_i w_i\, \partial_i h_i(y) \approx
        \frac{1}{m \tau} \sum_i w_i b_i \bigl(h(y + \tau b) - h(y)\bigr)_i,
        \qquad \mathbb E[b b^\top] = I,

    averaged over the batch.

    Parameters
    ----------
    at : Evaluation
    weight : torch.Tensor
        Real, of the shape of y, or one that expands to it.
    tau : float or torch.Tensor without axes
    gaussian : bool
        Whether b is standard normal; else its entries are signs, for which y must be real.

    Notes
    -----
    Of complex measurements every real and every imaginary part is an entry, with its own derivative
    and its own b. Taylor: the mean over b is the divergence up to
    :math:`O(\tau^2)`, since the third moments of b vanish.
    """
    y = at.y
    b = standard_normal(y, at.rng) if gaussian else signs(y, at.rng)
    moved = at.physics(at.f(y + tau * b, at.physics))
    return mean_product(weight * b, moved - at.y_hat) / tau


def second_divergence(
    at: Evaluation, weight: torch.Tensor, tau: torch.Tensor | float
) -> torch.Tensor:
    r"""Estimate a weighted sum of second derivatives with one direction, for real y.

    .. math::
        \frac{1}{m} \sum_i w_i\, \partial_i^2 h_i(y) \approx \frac{1}{m \tau^2} \sum_i w_i c_i
        \bigl(h(y + \tau c) + h(y - \tau c) - 2 h(y)\bigr)_i

    averaged over the batch, with independent c whose third moments are 1: of
    :math:`\mathbb E[c_i c_j c_k]` only i = j = k is not zero.
    """
    c = skewed(at.y, at.rng)
    ahead = at.physics(at.f(at.y + tau * c, at.physics))
    behind = at.physics(at.f(at.y - tau * c, at.physics))
    return mean_product(weight * c, ahead + behind - 2 * at.y_hat) / tau**2
