r"""Losses that see through other operators what A does not see: A T_g, or the other A_s."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from ..._validate import positive_int
from ..noise import Noise, as_noise
from ..physics import Physics
from .base import Evaluation, Loss
from .entries import mean_square_error

__all__ = ["Equivariance", "MultiOperator", "require_transforms"]


class Equivariance(Loss):
    r"""Whether the system f ∘ A commutes with transformations of the estimate.

    .. math::
        x_2 = T_g f(y), \quad x_3 = f(A x_2 + e), \qquad
        \mathcal L_{\mathrm{EI}} = \frac{1}{n} \|x_3 - x_2\|^2,

    averaged over the batch and over `count` draws of g, one for the whole batch each. Gradients
    pass through :math:`x_2` and :math:`x_3`.

    Parameters
    ----------
    transforms : Transforms
        With ``draw(rng)`` and ``apply(label, x)``; see `as_transforms`.
    count : int
        Draws of g.
    noise : Noise or float, optional
        Noise e on the measurements of :math:`x_2`; none by default. Give that of the measurements
        when y is noisy, so that f sees here what it sees there.

    Raises
    ------
    TypeError
        If `transforms` cannot draw and apply.
    ValueError
        If `count` is not positive.

    Notes
    -----
    A small value is no certificate that f is right: it is zero as well for
    :math:`f = A^+` whenever A commutes with all T_g up to maps of the measurements.

    *Robust equivariant imaging* is the sum with `SURE`, and no class of its own.

    References
    ----------
    D. Chen, J. Tachella, M. E. Davies, Equivariant Imaging, ICCV 2021; Robust Equivariant
    Imaging, CVPR 2022.

    Examples
    --------
    >>> from sensing_theorems.equivariant_imaging.losses import SURE
    >>> from sensing_theorems.equivariant_imaging.noise import PoissonNoise
    >>> def robust(transforms, noise):
    ...     return SURE(noise) + 1.0 * Equivariance(transforms, noise=noise)
    """

    name = "ei"

    def __init__(
        self, transforms: Any, *, count: int = 1, noise: Noise | float | None = None
    ) -> None:
        self.transforms = require_transforms(transforms)
        self.count = positive_int(count, "count")
        self.noise = as_noise(noise)

    def value(self, at: Evaluation) -> torch.Tensor:
        """Return the mean square of f(A T_g x_hat) - T_g x_hat."""
        values = []
        for _ in range(self.count):
            x = self.transforms.apply(self.transforms.draw(at.rng), at.x_hat)
            y = _measured(at.physics, x, self.noise, at.rng)
            values.append(mean_square_error(at.f(y, at.physics), x))
        return values[0] if self.count == 1 else torch.stack(values).mean()


class MultiOperator(Loss):
    r"""Whether the estimate is found again through another operator.

    .. math::
        \mathcal L_{\mathrm{MOI}} = \frac{1}{n} \|f(A_s \hat x + e, A_s) - \hat x\|^2,
        \qquad \hat x = f(y, A),

    averaged over the batch, with :math:`A_s` drawn uniformly among the operators other than the
    present one, which is known by identity.

    Parameters
    ----------
    physics : sequence of Physics
        All operators, on one device and of signals of one shape.
    noise : Noise or float, optional
        Noise e; none by default.

    Raises
    ------
    ValueError
        If there are fewer than two different objects, or their signals differ in shape.

    Notes
    -----
    The draw leaves out the present operator, for which the loss is that of f on its own estimates.
    Other implementations include it.

    References
    ----------
    J. Tachella, D. Chen, M. Davies, Unsupervised Learning From Incomplete Measurements for Inverse
    Problems, NeurIPS 2022.
    """

    name = "moi"

    def __init__(self, physics: Sequence[Physics], *, noise: Noise | float | None = None) -> None:
        self.physics = list(physics)
        different = len({id(each) for each in self.physics})
        if different < 2:
            raise ValueError(
                f"`physics` must be at least two operators, each its own object; got {different}. "
                "Use `Equivariance` for one."
            )
        shapes = {tuple(each.shape_in) for each in self.physics}
        if len(shapes) > 1:
            raise ValueError(f"operators must see signals of one shape; got {sorted(shapes)}.")
        self.noise = as_noise(noise)

    def value(self, at: Evaluation) -> torch.Tensor:
        """Return the mean square of f(A_s x_hat, A_s) - x_hat."""
        others = [each for each in self.physics if each is not at.physics]
        chosen = torch.randint(len(others), (), generator=at.rng, device=at.rng.device)
        other = others[int(chosen)]
        y = _measured(other, at.x_hat, self.noise, at.rng)
        return mean_square_error(at.f(y, other), at.x_hat)


def require_transforms(transforms: Any) -> Any:
    """Refuse what cannot draw a transformation and apply it."""
    if not all(callable(getattr(transforms, name, None)) for name in ("draw", "apply")):
        raise TypeError(
            "`transforms` must be Transforms, with `draw` and `apply`; "
            f"got {type(transforms).__name__}. Use `as_transforms`."
        )
    return transforms


def _measured(
    physics: Physics, x: torch.Tensor, noise: Noise | None, rng: torch.Generator
) -> torch.Tensor:
    u = physics(x)
    return u if noise is None else noise(noise.admissible(u), rng)
