r"""Operators :math:`A T_g` as physics of deepinv, with exact adjoints."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from math import prod
from typing import Any

from .._forward import ForwardOperator, real_form
from ..foreign import as_operator
from ..groups.action import GroupAction
from ..groups.orders import order_text
from ..groups.transforms import TransformSet
from .imports import require_deepinv
from .physics import image_size
from .tensor_maps import operator_map, signal_map

__all__ = ["to_physics", "to_virtual_physics"]

_MOST = 4096  # virtual operators, unless they are named one by one


def to_physics(A: Any, img_size: Sequence[int] | None = None) -> Any:
    r"""Return an operator as a deepinv LinearPhysics on real images.

    A complex operator answers with real and imaginary parts, 2 m numbers, as `real_form` does.

    Parameters
    ----------
    A : operator, (m, n)
        Anything that `as_operator` takes.
    img_size : tuple of int, optional
        Shape of an image without its batch; by default that of the operator.

    Returns
    -------
    deepinv.physics.LinearPhysics
        From (B, *img_size) to (B, m), without noise. The matrix is kept up to 2**24 entries; beyond
        that NumPy is asked, on the CPU.

    Raises
    ------
    ImportError
        Without deepinv.
    ValueError
        If `img_size` has other than n entries.
    """
    operator = real_form(as_operator(A))
    shape = tuple(operator.shape_in if img_size is None else img_size)
    if prod(shape) != operator.shape[1]:
        raise ValueError(f"`img_size` must have n = {operator.shape[1]} entries; got {shape}.")
    return _operator_physics()(operator, shape)


def to_virtual_physics(
    A: Any,
    action: GroupAction | TransformSet,
    elements: Sequence[Any] | None = None,
    *,
    img_size: Sequence[int] | None = None,
) -> list[Any]:
    r"""Return the physics :math:`A T_g` of deepinv, one for every g.

    Each knows :math:`A T_g`, its adjoint :math:`T_g^\top A^\top`, and keeps the noise model of A.
    Where :math:`T_g` is orthogonal the pseudo-inverse is :math:`T_g^\top A^+`, with the `A_dagger`
    of A; otherwise deepinv's iterative solver is left to find it.

    They serve as `physics` of `MOILoss` and `MOEILoss`, or one by one in `MCLoss`.

    Parameters
    ----------
    A : deepinv.physics.LinearPhysics, or what `as_operator` takes
    action : GroupAction or TransformSet
    elements : sequence, optional
        Which g, in the words of `GroupAction.element`, or labels of a TransformSet. By default
        all, in order; needed for continuous groups and beyond 4096 elements.
    img_size : tuple of int, optional
        Shape of an image without its batch, where A does not tell it.

    Returns
    -------
    list of deepinv.physics.LinearPhysics

    Raises
    ------
    TypeError
        If `action` is none.
    ValueError
        If it acts on signals of another size, or has too many elements.
    ImportError
        Without deepinv.
    """
    if not isinstance(action, GroupAction | TransformSet):
        raise TypeError(
            f"`action` must be a GroupAction or a TransformSet; got {type(action).__name__}."
        )
    virtual = _virtual_physics()
    physics = A if hasattr(A, "A_adjoint") else to_physics(A, img_size)
    shape = image_size(physics, img_size)
    if prod(shape) != action.n:
        raise ValueError(
            f"the action must be on images of shape {shape}, R^{prod(shape)}; {action.name} acts "
            f"on R^{action.n}."
        )
    named = _named(action) if elements is None else list(elements)
    return [virtual(physics, action.element(g), shape) for g in named]


def _named(action: GroupAction | TransformSet) -> list[Any]:
    if isinstance(action, TransformSet):
        return list(action.labels)
    if not action.finite or action.order > _MOST:
        raise ValueError(
            f"`elements` must be given for more than {_MOST} elements; {action.name} has "
            f"{order_text(action.order)}."
        )
    return list(range(action.order))


@functools.cache
def _operator_physics() -> Any:
    """The subclass of deepinv's for operators of ours, made when that is there."""
    physics = require_deepinv().physics
    base: Any = physics.LinearPhysics

    class OperatorPhysics(base):
        """An operator of ours."""

        def __init__(self, operator: ForwardOperator, shape: tuple[int, ...]) -> None:
            super().__init__(img_size=shape, noise_model=physics.ZeroNoise())
            self.name = operator.name
            self.map = operator_map(operator)

        def A(self, x: Any, **kwargs: Any) -> Any:
            """A x, (B, m)."""
            return self.map(x)

        def A_adjoint(self, y: Any, **kwargs: Any) -> Any:
            """Transpose of A, times y, as images."""
            return self.map.transpose(y).reshape(len(y), *self.img_size)

    return OperatorPhysics


@functools.cache
def _virtual_physics() -> Any:
    """The subclass of deepinv's for A T, made when that is there."""
    kinds = require_deepinv().physics
    base: Any = kinds.LinearPhysics

    class VirtualPhysics(base):
        """A after a map of images."""

        def __init__(self, physics: Any, T: Any, shape: tuple[int, ...]) -> None:
            noise = getattr(physics, "noise_model", None) or kinds.ZeroNoise()
            super().__init__(img_size=shape, noise_model=noise)
            if hasattr(physics, "sensor_model"):
                self.sensor_model = physics.sensor_model
            self.physics = physics
            self.T = signal_map(T)
            self.orthogonal = bool(getattr(T, "orthogonal", False))

        def A(self, x: Any, **kwargs: Any) -> Any:
            """A T x."""
            return self.physics.A(self.T(x), **kwargs)

        def A_adjoint(self, y: Any, **kwargs: Any) -> Any:
            """Transposes of T and A, times y."""
            return self.T.transpose(self.physics.A_adjoint(y, **kwargs))

        def A_dagger(self, y: Any, **kwargs: Any) -> Any:
            """Pseudo-inverse times y, in closed form where T is orthogonal."""
            if not self.orthogonal:
                return super().A_dagger(y, **kwargs)
            return self.T.transpose(self.physics.A_dagger(y, **kwargs))

    return VirtualPhysics
