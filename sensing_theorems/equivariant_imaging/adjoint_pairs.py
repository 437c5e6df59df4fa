"""Linear maps that automatic differentiation cannot see through, given with their adjoints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

__all__ = ["linear", "on_columns", "over_parts"]

TensorMap = Callable[[torch.Tensor], torch.Tensor]


class _Linear(torch.autograd.Function):
    # The gradient of a linear map is its adjoint, whose gradient is the map: any order exists.
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, forward: TensorMap, adjoint: TensorMap) -> torch.Tensor:
        ctx.maps = (forward, adjoint)
        return forward(x)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        forward, adjoint = ctx.maps
        return _Linear.apply(gradients[0], adjoint, forward), None, None


def linear(x: torch.Tensor, forward: TensorMap, adjoint: TensorMap) -> torch.Tensor:
    r"""Apply a linear map :math:`x \mapsto Ax`, differentiable any number of times.

    Parameters
    ----------
    x : tensor
    forward, adjoint : callable
        :math:`A` and :math:`A^H`, of tensors of one kind, both real or both complex. They may
        leave torch; what they compute is not recorded.

    Returns
    -------
    tensor
    """
    found: torch.Tensor = _Linear.apply(x, forward, adjoint)
    return found


def over_parts(function: TensorMap, z: torch.Tensor) -> torch.Tensor:
    """Apply a real linear map to real tensors, or to real and imaginary parts of complex ones."""
    if not z.is_complex():
        return function(z)
    return torch.complex(function(z.real), function(z.imag))


def on_columns(function: Callable[[np.ndarray], np.ndarray], x: torch.Tensor) -> torch.Tensor:
    r"""Apply a NumPy map of columns, (n, p) -> (m, p), to the rows of a tensor, (p, n) -> (p, m).

    The precision and the device of `x` are kept.
    """
    # NumPy knows no views that are conjugated or negated when they are read.
    rows = x.detach().resolve_conj().resolve_neg().cpu().numpy()
    columns = function(np.ascontiguousarray(rows.T))
    return torch.from_numpy(np.array(columns.T, order="C")).to(x)
