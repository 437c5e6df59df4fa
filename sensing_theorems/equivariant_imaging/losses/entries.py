"""Means over real entries: a complex entry counts as two."""

from __future__ import annotations

import torch
from torch.nn import functional

__all__ = ["mean_product", "mean_square", "mean_square_error", "real_entries"]


def real_entries(a: torch.Tensor) -> torch.Tensor:
    """A tensor as real numbers: complex ones get a last axis (real part, imaginary part)."""
    # A conjugate or a negative that is still to be taken has no memory of that layout.
    return torch.view_as_real(a.resolve_conj().resolve_neg()) if a.is_complex() else a


def mean_square_error(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    r"""Return :math:`\frac1N \sum_i (a_i - b_i)^2` over the N real entries of two tensors."""
    return functional.mse_loss(real_entries(a), real_entries(b))


def mean_square(a: torch.Tensor) -> torch.Tensor:
    r"""Return :math:`\frac1N \sum_i a_i^2` over the N real entries of a tensor."""
    return real_entries(a).square().mean()


def mean_product(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    r"""Return :math:`\frac1N \sum_i a_i b_i` over the N real entries of two tensors."""
    return (real_entries(a) * real_entries(b)).mean()
