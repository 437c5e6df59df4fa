r"""Operators made from a given one: some of its measurements, M A, or a transformed one, A T_g."""

from __future__ import annotations

import math
from typing import Any

import torch

from ..physics import Physics

__all__ = ["SplitPhysics", "TransformedPhysics"]

_GOLDEN = (math.sqrt(5) - 1) / 2


class _Derived(Physics):
    """A physics of the same signals and as many measurements as the one it is made from."""

    linear = True

    def __init__(self, physics: Physics, name: str) -> None:
        if not physics.linear:
            raise ValueError(
                f"splitting must have linear physics; got {type(physics).__name__}, which is not."
            )
        super().__init__(
            physics.shape_in,
            physics.m,
            name=name,
            dtype=physics.dtype,
            measurement_dtype=physics.measurement_dtype,
        )
        self.physics = physics

    def visible(self, x: torch.Tensor) -> torch.Tensor:
        """Return the estimate that noise-free measurements of signals (B, *shape_in) give."""
        return self.backproject(self.forward(x))


class SplitPhysics(_Derived):
    r"""Some of the measurements of an operator, M A, with zeros in place of the others.

    Parameters
    ----------
    physics : Physics
        A linear one.
    kept : torch.Tensor of bool, (m,) or (B, m)
        Which measurements are kept, the same for all signals or of each.

    Attributes
    ----------
    visibility : torch.Tensor, (1, *shape_in) or (B, *shape_in), or None
        The diagonal of :math:`A^+ M A` where that matrix is diagonal with entries 0 and 1, as for
        operators that sample pixels; this is judged by what it does to one signal. Otherwise
        :math:`p \operatorname{diag}(A^+ A)`, with the share p that is kept: not that of this
        split, but the mean of :math:`\operatorname{diag}(A^+ M A)` over uniformly random splits of
        the same size. None where that of A is not known.

    Raises
    ------
    ValueError
        If the physics is not linear, or `kept` has another number of measurements.
    TypeError
        If `kept` is not boolean.

    Notes
    -----
    *Inverse, derived here.* `backproject` is :math:`A^+ M`. For orthonormal rows this is the
    pseudo-inverse :math:`(M A)^+ = A^* M`. For other A with independent rows, over the field of
    the signals, it is not the one of least norm, but, as :math:`A A^+ = I`,

    .. math:: (M A)(A^+ M) = M, \qquad (M A)(A^+ M)(M A) = M A,

    so that what is backprojected explains all that was kept, and :math:`z + r - A^+ M A\, r` does
    so for every r.

    With dependent rows it does not: for y in the range of A,

    .. math:: (M A)(A^+ M) y = M y - M A A^+ (1 - M) y,

    which misses what :math:`A^+` takes from held-out measurements that depend on kept ones. Where
    Fourier samples k and -k of real signals are both in A and only one of them is kept, the
    backprojection has half of its value. Keep or hold out both, or measure one of them: then the
    rows are independent.
    """

    def __init__(self, physics: Physics, kept: torch.Tensor) -> None:
        super().__init__(physics, f"part of {physics.name}")
        if kept.dtype is not torch.bool:
            raise TypeError(f"`kept` must be boolean; got {kept.dtype}.")
        if kept.ndim not in (1, 2) or kept.shape[-1] != self.m:
            raise ValueError(
                f"`kept` must have shape ({self.m},) or (B, {self.m}); got {tuple(kept.shape)}."
            )
        self.register_buffer("kept", kept, persistent=False)
        self.visibility = self._diagonal()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return M A x, (B, m), of signals (B, *shape_in)."""
        return self.kept * self.physics(x)

    def adjoint(self, y: torch.Tensor) -> torch.Tensor:
        """Return A^* M y, (B, *shape_in), of measurements (B, m)."""
        return self.physics.adjoint(self.kept * y)

    def backproject(self, y: torch.Tensor) -> torch.Tensor:
        """Return A^+ M y, (B, *shape_in), of measurements (B, m)."""
        return self.physics.backproject(self.kept * y)

    @torch.no_grad()
    def _diagonal(self) -> torch.Tensor | None:
        v = self.physics.visibility
        if v is None:
            return None
        kept = self.kept.reshape(-1, self.m)
        # One signal tells no matrix, but its entries differ, and their irrational steps make it
        # unlikely that a matrix which mixes them returns each as itself or as 0.
        place = torch.arange(self.n, dtype=torch.float64, device=v.device)
        probe = (1 + (place * _GOLDEN).frac()).reshape(1, *self.shape_in).to(self.dtype)
        seen = self.visible(probe.expand(len(kept), *self.shape_in))
        diagonal = (seen / probe).real.round().clamp(0, 1)
        sampled = ((seen - diagonal * probe).abs() < 1e-3).all()
        share = kept.to(v.dtype).mean(1).reshape(-1, *[1] * len(self.shape_in))
        return torch.where(sampled, diagonal.to(v.dtype), share * v)


class TransformedPhysics(_Derived):
    r"""A transformed operator, A T_g, for an orthogonal or unitary T_g.

    Parameters
    ----------
    physics : Physics
        A linear one.
    transforms : Transforms
        Of a group, with ``apply(label, x)`` and ``inverse(label, x)``.
    label : object
        The element g, as ``draw`` returns it.

    Attributes
    ----------
    visibility : torch.Tensor, (1, *shape_in) or (B, *shape_in), or None
        The diagonal of :math:`T_g^{-1} A^+ A T_g` for T_g that permute entries and change signs.
        For other maps it is not known from the diagonal of :math:`A^+ A`, and the transform of
        that, clipped to [0, 1], stands in for it. None where that of A is not known.

    Raises
    ------
    ValueError
        If the physics is not linear.

    Notes
    -----
    :math:`(A T_g)^* = T_g^{-1} A^*` and :math:`(A T_g)^+ = T_g^{-1} A^+`, as T_g is unitary.
    """

    def __init__(self, physics: Physics, transforms: Any, label: Any) -> None:
        super().__init__(physics, f"{physics.name} after a transformation")
        self.transforms, self.label = transforms, label
        v = physics.visibility
        if v is not None:
            moved = transforms.inverse(label, v.reshape(-1, *self.shape_in))
            self.visibility = moved.abs().clamp(0, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return A T_g x, (B, m), of signals (B, *shape_in)."""
        return self.physics(self.transforms.apply(self.label, x))

    def adjoint(self, y: torch.Tensor) -> torch.Tensor:
        """Return T_g^{-1} A^* y, (B, *shape_in), of measurements (B, m)."""
        return self.transforms.inverse(self.label, self.physics.adjoint(y))

    def backproject(self, y: torch.Tensor) -> torch.Tensor:
        """Return T_g^{-1} A^+ y, (B, *shape_in), of measurements (B, m)."""
        return self.transforms.inverse(self.label, self.physics.backproject(y))

    def visible(self, x: torch.Tensor) -> torch.Tensor:
        """Return T_g^{-1} A^+ A T_g x, (B, *shape_in)."""
        moved = self.physics.visible(self.transforms.apply(self.label, x))
        return self.transforms.inverse(self.label, moved)
