"""The twin in torch of every map in `_linear_maps`, on batches of rows instead of columns.

A twin is made from a `Translation`, which stores arrays and translates operators, and from what
the partial of its NumPy map holds. It needs no gradient of its own: torch sees through it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any

import torch

from .._forward import ForwardOperator
from .._linear_maps import (
    chain,
    circular_filter,
    gather,
    multiply,
    multiply_adjoint,
    real_backward,
    real_forward,
    sampled_dft,
    sampled_dft_adjoint,
    scatter,
    stack_backward,
    stack_forward,
)
from .adjoint_pairs import linear

if TYPE_CHECKING:
    from .maps import Translation

__all__ = ["TWINS", "CircularFilter"]


class _Gather(torch.nn.Module):
    def __init__(self, translation: Translation, rows: Any) -> None:
        super().__init__()
        self.rows = translation.array(rows)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows = self.rows.value
        # Rows differ, so that the gradient only moves entries: adding them up would take longer.
        put = partial(_put, rows, x.shape[1])
        return linear(x, forward=partial(_picked, rows), adjoint=put)


class _Scatter(torch.nn.Module):
    def __init__(self, translation: Translation, rows: Any, n: int) -> None:
        super().__init__()
        self.rows, self.n = translation.array(rows), n

    def forward(self, y: torch.Tensor) -> torch.Tensor:
        rows = self.rows.value
        return linear(y, forward=partial(_put, rows, self.n), adjoint=partial(_picked, rows))


def _picked(rows: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    return x.index_select(1, rows)


def _put(rows: torch.Tensor, n: int, y: torch.Tensor) -> torch.Tensor:
    return y.new_zeros(y.shape[0], n).index_copy_(1, rows, y)


class _SampledDFT(torch.nn.Module):
    def __init__(self, translation: Translation, rows: Any, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.pick, self.shape = _Gather(translation, rows), shape

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        axes = tuple(range(1, 1 + len(self.shape)))
        spectrum = torch.fft.fftn(x.reshape(-1, *self.shape), dim=axes, norm="ortho")
        return self.pick(spectrum.reshape(x.shape[0], -1))


class _SampledDFTAdjoint(torch.nn.Module):
    def __init__(self, translation: Translation, rows: Any, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.put, self.shape = _Scatter(translation, rows, prod(shape)), shape

    def forward(self, y: torch.Tensor) -> torch.Tensor:
        axes = tuple(range(1, 1 + len(self.shape)))
        batch = self.put(y).reshape(-1, *self.shape)
        return torch.fft.ifftn(batch, dim=axes, norm="ortho").reshape(y.shape[0], -1)


class CircularFilter(torch.nn.Module):
    """Circular convolution with a transfer function: of complex arrays all, of real ones half."""

    def __init__(self, translation: Translation, transfer: Any, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.transfer, self.shape = translation.array(transfer), shape

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Filter the rows of `x`, (B, n)."""
        batch, axes = x.reshape(-1, *self.shape), tuple(range(1, 1 + len(self.shape)))
        if x.is_complex():
            spectrum = torch.fft.fftn(batch, dim=axes) * self.transfer.value
            return torch.fft.ifftn(spectrum, dim=axes).reshape(x.shape)
        spectrum = torch.fft.rfftn(batch, dim=axes) * self.transfer.value
        return torch.fft.irfftn(spectrum, s=self.shape, dim=axes).reshape(x.shape)


class _Chain(torch.nn.Module):
    def __init__(self, translation: Translation, first: Any, second: Any) -> None:
        super().__init__()
        self.steps = torch.nn.Sequential(translation.map(first), translation.map(second))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.steps(x)


class _Multiply(torch.nn.Module):
    def __init__(self, translation: Translation, matrix: Any) -> None:
        super().__init__()
        self.matrix = translation.array(matrix)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.matrix.times(x)


class _MultiplyAdjoint(_Multiply):
    def forward(self, y: torch.Tensor) -> torch.Tensor:
        return self.matrix.adjoint_times(y)


class _RealForward(torch.nn.Module):
    def __init__(self, translation: Translation, operator: ForwardOperator) -> None:
        super().__init__()
        self.maps = translation.operator(operator)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.maps(x)
        return torch.cat([y.real, y.imag], dim=1)


class _RealBackward(_RealForward):
    def forward(self, y: torch.Tensor) -> torch.Tensor:
        real, imaginary = y.chunk(2, dim=1)
        return self.maps.adjoint(torch.complex(real, imaginary)).real


class _StackForward(torch.nn.Module):
    def __init__(self, translation: Translation, operators: Sequence[ForwardOperator]) -> None:
        super().__init__()
        self.parts = torch.nn.ModuleList(map(translation.operator, operators))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([maps(x) for maps in self.parts], dim=1)


class _StackBackward(_StackForward):
    def forward(self, y: torch.Tensor) -> torch.Tensor:
        pieces = y.split([maps.operator.shape[0] for maps in self.parts], dim=1)
        return sum(maps.adjoint(piece) for maps, piece in zip(self.parts, pieces, strict=True))


TWINS: dict[Any, Callable[..., torch.nn.Module]] = {
    gather: _Gather,
    scatter: _Scatter,
    sampled_dft: _SampledDFT,
    sampled_dft_adjoint: _SampledDFTAdjoint,
    circular_filter: CircularFilter,
    chain: _Chain,
    multiply: _Multiply,
    multiply_adjoint: _MultiplyAdjoint,
    real_forward: _RealForward,
    real_backward: _RealBackward,
    stack_forward: _StackForward,
    stack_backward: _StackBackward,
}
