r"""Stein's unbiased risk estimate: the error against A x, from noisy y alone."""

from __future__ import annotations

from typing import Any

import torch

from ...noise.reals import positive
from ..noise import GaussianNoise, Noise, PoissonGaussianNoise, as_noise
from .base import Evaluation, Loss
from .divergence import divergence, second_divergence, step_length
from .entries import mean_square

__all__ = ["SURE"]


class SURE(Loss):
    r"""Unbiased estimate of the error in measurement space.

    With h = A ∘ f, the variance estimate v(y) of the noise (:math:`\sigma^2`, :math:`\gamma y` or
    :math:`\gamma y + \sigma^2`) and a random direction b,

    .. math::
        \mathcal L = \frac{1}{m} \Bigl[ \|y - h(y)\|^2 - \sum_i v(y)_i
        + \frac{2}{\tau} \sum_i v(y)_i\, b_i \bigl(h(y + \tau b) - h(y)\bigr)_i \Bigr],
        \qquad
        \mathbb E\, \mathcal L \approx \mathbb E\, \frac{1}{m} \|A x - h(y)\|^2,

    averaged over the batch. b is standard normal for Gaussian noise, and of signs otherwise. Of
    complex measurements, real and imaginary parts are 2m real entries, with the standard deviation
    :math:`\sigma` each, and m above is 2m.

    Parameters
    ----------
    noise : Noise or float
        The law of the noise; a number is the standard deviation of Gaussian noise.
    tau : float, optional
        Length :math:`\tau` of the step, in the units of y. By default a tenth of the noise level of
        the batch, as in `step_length`.
    order : {1, 2}
        2 adds a term for noise of counts, at the cost of two more evaluations of f.
    tau2 : float, optional
        Step of that term, by default three times `tau`.

    Raises
    ------
    ValueError
        If there is no noise, a step is not positive, or `order` is neither 1 nor 2, or is 2 for
        Gaussian noise.
    TypeError
        If `noise` is none, or measurements are complex where noise is of counts.

    Notes
    -----
    *Gaussian noise.* Exact for weakly differentiable h, up to :math:`O(\tau^2)` of the finite
    difference (Stein 1981; Ramani, Blu and Unser 2008 for the random direction).

    *Counts, derived here.* Let :math:`y = p + e` with :math:`p_i = \gamma z_i` and Gaussian e. From
    :math:`\mathbb E[\lambda g(z)] = \mathbb E[z g(z - 1)]` for Poisson z of mean λ, then Stein's
    identity for e, with :math:`y^- = y - \gamma e_i` for the i-th unit vector,

    .. math::
        \mathbb E[u_i h_i(y)] = \mathbb E[p_i h_i(y^-)]
        = \mathbb E[y_i h_i(y^-) - \sigma^2 \partial_i h_i(y^-)].

    Expanding at y to first order in γ gives
    :math:`y_i h_i - (\gamma y_i + \sigma^2) \partial_i h_i`, hence the formula above. What
    ``order=1`` neglects begins with

    .. math::
        -\frac{1}{m} \sum_i (\gamma^2 y_i + 2 \gamma \sigma^2)\, \partial_i^2 h_i(y),

    which ``order=2`` adds; then only third derivatives, times :math:`\gamma^3 y` and
    :math:`\gamma^2 \sigma^2`, are left. Order 1 is exact if each :math:`h_i` is affine in its own
    :math:`y_i`, order 2 if it is quadratic. Other implementations have
    :math:`2 \gamma \sigma^2` alone as the weight of second derivatives, and neglect
    :math:`\gamma^2 y`, the larger one wherever counts exceed :math:`2 \sigma^2 / \gamma^2`.

    The null space of A is not penalised: add `Equivariance` or `MultiOperator`. And f must be free
    not to explain y: with :math:`A f(y) = y` whatever its weights are, as of a reconstruction made
    consistent, the value is a constant.

    Examples
    --------
    >>> SURE(0.1).name
    'sure'
    """

    name = "sure"

    def __init__(
        self,
        noise: Noise | float,
        *,
        tau: float | None = None,
        order: int = 1,
        tau2: float | None = None,
    ) -> None:
        self.noise: Any = as_noise(noise)
        if self.noise is None:
            raise ValueError("SURE must know the noise; got None. Use `MeasurementConsistency`.")
        self.tau = None if tau is None else positive(tau, "tau")
        self.tau2 = None if tau2 is None else positive(tau2, "tau2")
        self._gaussian = isinstance(self.noise, GaussianNoise)
        if order not in (1, 2):
            raise ValueError(f"`order` must be 1 or 2; got {order!r}.")
        if order == 2 and self._gaussian:
            raise ValueError("`order` must be 1 for Gaussian noise, which is exact; got 2.")
        self.order = order

    def value(self, at: Evaluation) -> torch.Tensor:
        """Return the estimate of the mean square of A x - A f(y)."""
        variance = self.noise.variance(at.y)
        tau = step_length(at.y, variance) if self.tau is None else self.tau
        first = divergence(at, variance, tau, gaussian=self._gaussian)
        value = mean_square(at.y_hat - at.y) - variance.mean() + 2 * first
        if self.order == 2:
            weight = self._second_weight(at.y)
            value = value - second_divergence(at, weight, self.tau2 or 3 * tau)
        return value

    def _second_weight(self, y: torch.Tensor) -> torch.Tensor:
        gamma = self.noise.gamma
        mixed = isinstance(self.noise, PoissonGaussianNoise)
        return gamma**2 * y + (2 * gamma * self.noise.sigma**2 if mixed else 0.0)
