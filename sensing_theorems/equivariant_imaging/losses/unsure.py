r"""SURE without a known noise level."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch

from ...noise.reals import positive
from .base import Evaluation, Loss, require_keys
from .divergence import divergence, step_length
from .entries import mean_square

__all__ = ["UNSURE"]


class UNSURE(Loss):
    r"""Risk estimate for Gaussian noise of unknown level, which is learned on the way.

    .. math::
        \min_f \max_\eta\; \mathbb E \frac{1}{m} \|y - h(y)\|^2
        + \frac{2 \eta}{m} \mathbb E \operatorname{div} h(y), \qquad h = A \circ f,

    with the divergence from one random direction, as in `SURE`. The multiplier η of the constraint
    :math:`\mathbb E \operatorname{div} h = 0` climbs by one step of gradient ascent with momentum μ
    at every call that gradients are recorded for:

    .. math::
        g = \frac{2}{m} \operatorname{div} h(y), \qquad v \leftarrow \mu v + (1 - \mu) g, \qquad
        \eta \leftarrow \eta + \text{step} \cdot v,

    v = g at first. The value returned is with the η before. Under ``torch.no_grad()`` nothing is
    learned.

    Parameters
    ----------
    sigma : float
        First guess of the noise level, in the units of y; :math:`\eta = \sigma^2` at first.
    step : float
        Step of the ascent, in the units of :math:`y^2`. The defaults of this and `sigma` are for
        measurements of the order of 1.
    momentum : float
        μ, at least 0 and below 1.
    tau : float, optional
        As in `SURE`, by default from the present η.

    Attributes
    ----------
    eta : float
        The multiplier now.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    Notes
    -----
    At the saddle point, for y = u + e of m entries and h over all functions (A = I),

    .. math::
        h(y) = y + \eta \nabla \log p_y(y), \qquad
        \eta = \Bigl(\frac1m \mathbb E \|\nabla \log p_y\|^2\Bigr)^{-1}
        = \frac{\sigma^2}{1 - \mathrm{MMSE} / \sigma^2},

    with MMSE the least mean squared error per entry. So η overestimates the variance of the noise,
    by little where the signals are easy to denoise. η may be negative on the way: it is the
    multiplier of an equation, not of an inequality. If f cannot meet the equation, as with
    :math:`A f(y) = y` whatever its weights are, η climbs for ever. Other implementations subtract η
    from the value, which no gradient of f sees.

    References
    ----------
    J. Tachella, M. Davies, L. Jacques, UNSURE: Self-supervised Learning with Unknown Noise Level
    and Stein's Unbiased Risk Estimate, ICLR 2025.
    """

    name = "unsure"

    def __init__(
        self,
        *,
        sigma: float = 0.1,
        step: float = 1e-4,
        momentum: float = 0.9,
        tau: float | None = None,
    ) -> None:
        self.step = positive(step, "step")
        self.tau = None if tau is None else positive(tau, "tau")
        if not (math.isfinite(momentum) and 0 <= momentum < 1):
            raise ValueError(f"`momentum` must be at least 0 and below 1; got {momentum!r}.")
        self.momentum = float(momentum)
        # Tensors rather than floats: to read one from a GPU would wait for it at every step.
        self._eta = torch.tensor(positive(sigma, "sigma") ** 2, dtype=torch.float64)
        self._velocity: torch.Tensor | None = None

    @property
    def eta(self) -> float:
        """The multiplier now, an estimate of the variance of the noise."""
        return float(self._eta)

    def value(self, at: Evaluation) -> torch.Tensor:
        """Return the Lagrangian with the present multiplier, then let that climb."""
        eta = self._eta.to(at.y.device)
        tau: Any = step_length(at.y, eta.to(at.y.real.dtype)) if self.tau is None else self.tau
        one = torch.ones((), dtype=at.y.real.dtype, device=at.y.device)
        div = divergence(at, one, tau, gaussian=True)
        value = mean_square(at.y - at.y_hat) + 2 * eta.to(div.dtype) * div
        if torch.is_grad_enabled():
            self._climb(eta, 2 * div.detach().double())
        return value

    def _climb(self, eta: torch.Tensor, gradient: torch.Tensor) -> None:
        if self._velocity is None:
            velocity = gradient
        else:
            before = self._velocity.to(gradient.device)
            velocity = self.momentum * before + (1 - self.momentum) * gradient
        self._velocity = velocity
        self._eta = eta + self.step * velocity

    def state(self) -> dict[str, Any]:
        """Return the multiplier and its velocity, as numbers."""
        velocity = None if self._velocity is None else float(self._velocity)
        return {"eta": self.eta, "velocity": velocity}

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned."""
        require_keys(state, ("eta", "velocity"), self.name)
        self._eta = torch.tensor(state["eta"], dtype=torch.float64)
        velocity = state["velocity"]
        self._velocity = None if velocity is None else torch.tensor(velocity, dtype=torch.float64)
