"""Physics: forward operators on batches of tensors, with their pseudo-inverses, as modules."""

from __future__ import annotations

from typing import Any

import torch

from .._forward import ForwardOperator
from ..foreign import as_operator
from .adjoint_pairs import over_parts
from .maps import Translation
from .physics_base import Physics, real_precision
from .pseudo_inverse import pseudo_inverse
from .stored import as_tensor

__all__ = ["LinearPhysics", "Physics", "as_physics"]


class LinearPhysics(Physics):
    r"""Linear measurements :math:`y = Ax`, with :math:`A^H`, :math:`A^+` and :math:`A^+ A`.

    :math:`A^+` is the pseudo-inverse over the field of the signals. Where real signals have complex
    measurements, it is that of :math:`[\operatorname{Re} A;\, \operatorname{Im} A]`, and the
    adjoint is :math:`\operatorname{Re} A^H`.

    Parameters
    ----------
    operator : ForwardOperator, (m, n)
    dtype : torch.dtype
        Of signals.
    rcond : float, optional
        From 0 to below 0.5. Singular values up to `rcond` times the largest count as zero, which
        keeps noise from being amplified; by default those that rounding explains. Operators beyond
        2**24 entries without structure have an approximate :math:`A^+`, linear too, which damps
        singular values below `rcond` times the largest, by default 0.01; see `PolynomialInverse`.

    Attributes
    ----------
    operator : ForwardOperator
    orthonormal_rows : bool
        Whether :math:`A^+` is the adjoint, known from :math:`A A^H = I` over the field of the
        signals.
    visibility : tensor of shape `shape_in`, or None
        Diagonal of :math:`A^+ A`; None where A is too large for its matrix and has no structure.

    Raises
    ------
    TypeError
        If the dtype is none of signals.
    ValueError
        If `rcond` is out of range.

    Warns
    -----
    UserWarning
        If :math:`A^+` is approximate, and `rcond` is not given.
    """

    linear = True

    def __init__(
        self,
        operator: ForwardOperator,
        *,
        dtype: torch.dtype = torch.float32,
        rcond: float | None = None,
    ) -> None:
        precision = real_precision(dtype)
        has_complex = operator.dtype.kind == "c" or dtype.is_complex
        super().__init__(
            operator.shape_in,
            operator.shape[0],
            name=operator.name,
            dtype=dtype,
            measurement_dtype=precision.to_complex() if has_complex else precision,
        )
        if rcond is not None and not 0 <= rcond < 0.5:
            raise ValueError(f"`rcond` must lie in [0, 0.5); got {rcond}.")
        self.operator, self.rcond = operator, rcond
        self._real_signals = not dtype.is_complex
        over_reals = self._real_signals and operator.dtype.kind == "c"
        self.orthonormal_rows = operator.orthonormal_rows and not over_reals
        translation = Translation(precision)
        self._maps = translation.operator(operator)
        # A real operator takes complex signals part by part.
        real = self._real_signals or operator.dtype.kind != "c"
        self._inverse = pseudo_inverse(operator, translation, real=real, rcond=rcond)
        diagonal = self._inverse.diagonal
        if diagonal is not None:
            held = as_tensor(diagonal.reshape(self.shape_in), precision)
            self.register_buffer("visibility", held, persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        r""":math:`Ax`, (B, *shape_in) -> (B, m)."""
        return self._maps(self._signals(x))

    def adjoint(self, y: torch.Tensor) -> torch.Tensor:
        r""":math:`A^H y`, its real part for real signals, (B, m) -> (B, *shape_in)."""
        x = self._maps.adjoint(self._measurements(y))
        return self._shaped(x.real if self._real_signals and x.is_complex() else x)

    def backproject(self, y: torch.Tensor) -> torch.Tensor:
        r""":math:`A^+ y`, (B, m) -> (B, *shape_in)."""
        return self._shaped(self._part_by_part(self._inverse, self._measurements(y)))

    def visible(self, x: torch.Tensor) -> torch.Tensor:
        r""":math:`A^+ A x`, the part of a signal that is seen, (B, *shape_in)."""
        return self._shaped(self._part_by_part(self._inverse.visible, self._signals(x)))

    def invisible(self, x: torch.Tensor) -> torch.Tensor:
        r""":math:`x - A^+ A x`, the part of a signal that is not seen, (B, *shape_in)."""
        direct = getattr(self._inverse, "invisible", None)
        if direct is None:
            return x - self.visible(x)
        return self._shaped(self._part_by_part(direct, self._signals(x)))

    def moved(self, dtype: torch.dtype, device: Any) -> LinearPhysics:
        """Return the physics for signals of another dtype, made anew, on a device."""
        if dtype == self.dtype:
            return self.to(device)
        return LinearPhysics(self.operator, dtype=dtype, rcond=self.rcond).to(device)

    def _part_by_part(self, function: Any, z: torch.Tensor) -> torch.Tensor:
        return function(z) if self.operator.dtype.kind == "c" else over_parts(function, z)

    def _shaped(self, x: torch.Tensor) -> torch.Tensor:
        return x.reshape(x.shape[0], *self.shape_in)


def as_physics(
    operator: Any,
    *,
    dtype: torch.dtype | None = None,
    device: Any = "cpu",
    rcond: float | None = None,
) -> Physics:
    r"""Return an operator as a physics on batches of tensors.

    Operators of this package run in torch; others run through NumPy, with their adjoints as
    gradients. Matrices up to 2**24 entries are stored densely, larger sparse ones by rows. For
    :math:`A^+` see `pseudo_inverse`.

    Parameters
    ----------
    operator : Physics, ForwardOperator, or whatever `as_operator` takes
        A Physics is moved.
    dtype : torch.dtype, optional
        Of signals: by default float32, and that of a given Physics.
    device : torch.device or str
    rcond : float, optional
        See `LinearPhysics`.

    Returns
    -------
    Physics

    Raises
    ------
    TypeError
        If the dtype is no floating or complex one, or `operator` nothing that acts linearly.
    ValueError
        If the operator is refused by `as_operator`, or `rcond` cannot be used.

    Warns
    -----
    UserWarning
        If :math:`A^+` is approximate, and `rcond` is not given; see `LinearPhysics`.

    Examples
    --------
    >>> import torch
    >>> import sensing_theorems as st
    >>> physics = as_physics(st.operators.inpainting([True, False, True]))
    >>> physics(torch.tensor([[1.0, 2.0, 3.0]]))
    tensor([[1., 3.]])
    """
    if dtype is not None:
        real_precision(dtype)
    if isinstance(operator, Physics):
        if rcond is not None and rcond != getattr(operator, "rcond", None):
            raise ValueError(f"`rcond` must be None for a physics, which has its own; got {rcond}.")
        return operator.moved(operator.dtype if dtype is None else dtype, device)
    physics = LinearPhysics(as_operator(operator), dtype=dtype or torch.float32, rcond=rcond)
    return physics.to(device)
