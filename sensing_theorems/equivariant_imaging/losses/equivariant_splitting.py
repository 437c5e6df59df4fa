r"""Splitting of A T_g, with a reconstruction that is equivariant in the pair (y, A)."""

from __future__ import annotations

from typing import Any

import torch

from ..._validate import positive_int
from ..physics import Physics
from .base import Estimator, Evaluation, Loss
from .equivariance import require_transforms
from .split_physics import SplitPhysics, TransformedPhysics
from .splitting import draw_split, mean_square_on, split_average, split_share

__all__ = ["EquivariantSplitting", "TransformedPhysics", "reynolds_average"]


class EquivariantSplitting(Loss):
    r"""Splitting with a reconstruction averaged over the group.

    .. math::
        R(y, A) = \frac{1}{|G|} \sum_g T_g f(y, A T_g), \qquad
        \mathcal L_{\mathrm{ES}} = \frac{1}{m_2} \|M_2 (y - A \hat x_1)\|^2
        + \frac{1}{m_1} \|M_1 (y - A \hat x_1)\|^2, \quad \hat x_1 = R(M_1 y, M_1 A),

    with a random split for each signal. The mean over g is estimated by that over `count` elements
    drawn uniformly from G, the identity included.

    Parameters
    ----------
    transforms : Transforms
        Of a group of orthogonal maps: ``exact``, with ``inverse(label, x)``.
    keep : float
        Share of measurements that f is given.
    count : int
        Elements of the group per evaluation.
    consistency : bool
        Whether to count the second summand. It is right for measurements without noise; with
        noise, it asks f to keep that.

    Raises
    ------
    ValueError
        If `transforms` are of no group of orthogonal maps, or `keep` or `count` out of their range.
    TypeError
        If `transforms` cannot draw and apply.

    Notes
    -----
    *Why the average.* R(y, A T_h) = T_h^{-1} R(y, A): substitute g = h^{-1} k in the
    sum over g of T_g f(y, A T_h T_g). Equivariance is in the pair of measurements and operator; f
    itself, and f ∘ A, need have none. By it, the loss of splits of A is the loss of splits of every
    A T_g on signals T_g^{-1} x, which are as likely as x: together they see what A does not.

    Evaluate with `reynolds_average` and `split_average` around f, in this order from within.

    References
    ----------
    V. Sechaud et al., Equivariant Splitting: self-supervised learning from incomplete data, 2026.
    """

    name = "es"

    def __init__(
        self, transforms: Any, *, keep: float = 0.9, count: int = 1, consistency: bool = True
    ) -> None:
        self.transforms = _require_group(transforms)
        self.keep = split_share(keep)
        self.count = positive_int(count, "count")
        self.consistency = bool(consistency)

    def value(self, at: Evaluation) -> torch.Tensor:
        """Return the error on what is held out and, if asked for, on what is kept."""
        kept = draw_split(at.y, self.keep, at.rng)
        labels = [_any_element(self.transforms, at.rng) for _ in range(self.count)]
        split = SplitPhysics(at.physics, kept)
        x = _average(at.f, self.transforms, labels, kept * at.y, split)
        residual = at.y - at.physics(x)
        value = mean_square_on(~kept, residual)
        return value + mean_square_on(kept, residual) if self.consistency else value

    def estimator(self, f: Estimator) -> Estimator:
        """Return the average of f over elements of the group, and over splits."""
        return split_average(reynolds_average(f, self.transforms), keep=self.keep)


def reynolds_average(f: Estimator, transforms: Any, *, count: int = 8, seed: int = 0) -> Estimator:
    r"""A reconstruction averaged over random elements of a group.

    .. math:: R(y, A) = \frac{1}{N} \sum_{i=1}^{N} T_{g_i} f(y, A T_{g_i})

    Parameters
    ----------
    f : callable
        From measurements and their physics to signals.
    transforms : Transforms
        Of a group.
    count : int
        Number N of elements, drawn uniformly with replacement.
    seed : int
        Of the elements: every call draws the same ones.

    Returns
    -------
    callable
        As f.

    Raises
    ------
    ValueError
        If `transforms` are of no group of orthogonal maps, or `count` is not positive.
    """
    transforms, count = _require_group(transforms), positive_int(count, "count")

    def averaged(y: torch.Tensor, physics: Physics) -> torch.Tensor:
        rng = torch.Generator().manual_seed(seed)
        labels = [_any_element(transforms, rng) for _ in range(count)]
        return _average(f, transforms, labels, y, physics)

    return averaged


def _average(
    f: Estimator, transforms: Any, labels: list[Any], y: torch.Tensor, physics: Physics
) -> torch.Tensor:
    found = []
    for label in labels:
        if label is None:
            x = f(y, physics)
        else:
            x = transforms.apply(label, f(y, TransformedPhysics(physics, transforms, label)))
        found.append(x)
    return torch.stack(found).mean(0)


def _any_element(transforms: Any, rng: torch.Generator) -> Any:
    """A label drawn from the whole group; None is the identity, which `draw` leaves out."""
    size = transforms.size
    # One element in more than can be counted is as good as never drawn.
    if size > 2**31:
        return transforms.draw(rng)
    place = torch.randint(int(size), (), generator=rng, device=rng.device)
    if int(place) == 0:
        return None
    # Of an action that is not faithful, other labels act as the identity too, and count.
    return getattr(transforms, "any_label", transforms.draw)(rng)


def _require_group(transforms: Any) -> Any:
    require_transforms(transforms)
    orthogonal = getattr(getattr(transforms, "action", None), "orthogonal", True)
    if not (transforms.exact and orthogonal):
        raise ValueError(
            "`transforms` must be of a group of orthogonal maps; "
            f"got {getattr(transforms, 'name', type(transforms).__name__)}."
        )
    return transforms
