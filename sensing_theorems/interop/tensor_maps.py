"""Maps of numpy, applied to tensors: differentiable, with their exact transposes."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._forward import ForwardOperator
from ..groups.signed import SignedPermutation
from .imports import require_torch

__all__ = ["operator_map", "signal_map"]

_DENSE = 2**24


def signal_map(T: Any) -> Any:
    r"""Return a module for a map :math:`T` of signals: `forward(x)` and `transpose(x)`.

    Parameters
    ----------
    T : Element or LinearMap, on R^n

    Returns
    -------
    torch.nn.Module
        On tensors (B, ...) with n entries for each of B; shapes are kept.
    """
    if isinstance(T, SignedPermutation):
        return _permutation_map()(T)
    return _matrix_map()(T.matrix())


def operator_map(A: ForwardOperator) -> Any:
    r"""Return a module for a real operator: `forward` to (B, m), `transpose` back to (B, n).

    The matrix is kept where it is small or stored; else numpy is asked for every batch.
    """
    m, n = A.shape
    if sp.issparse(A.matrix):
        return _matrix_map()(A.matrix, flat=True)
    if m * n <= _DENSE:
        return _matrix_map()(A.to_dense(), flat=True)
    return _callable_map()(A)


@functools.cache
def _permutation_map() -> Any:
    torch = require_torch()
    base: Any = torch.nn.Module

    class PermutationMap(base):
        """Moves entries, and negates some."""

        def __init__(self, T: SignedPermutation) -> None:
            super().__init__()
            signs = None if T.signs is None else torch.from_numpy(T.signs.astype(np.float64))
            target, source = (torch.from_numpy(np.array(p.images)) for p in (T, T.inverse()))
            self.register_buffer("target", target, persistent=False)
            self.register_buffer("source", source, persistent=False)
            self.register_buffer("signs", signs, persistent=False)

        def forward(self, x: Any) -> Any:
            """T x."""
            return self._signed(x.reshape(len(x), -1))[:, self.source].reshape(x.shape)

        def transpose(self, x: Any) -> Any:
            """Transpose of T, which is its inverse, times x."""
            return self._signed(x.reshape(len(x), -1)[:, self.target]).reshape(x.shape)

        def _signed(self, flat: Any) -> Any:
            return flat if self.signs is None else flat * self.signs.to(flat.dtype)

    return PermutationMap


@functools.cache
def _matrix_map() -> Any:
    base: Any = require_torch().nn.Module

    class MatrixMap(base):
        """Multiplies by a matrix, dense or sparse."""

        def __init__(self, matrix: Any, flat: bool = False) -> None:
            super().__init__()
            self.flat = flat
            self.register_buffer("matrix", _tensor(matrix), persistent=False)
            self.register_buffer("transposed", _tensor(matrix.T), persistent=False)

        def forward(self, x: Any) -> Any:
            """Matrix times x."""
            return self._times(self.matrix, x)

        def transpose(self, y: Any) -> Any:
            """Transposed matrix times y."""
            return self._times(self.transposed, y)

        def _times(self, matrix: Any, x: Any) -> Any:
            y = (matrix.to(x.dtype) @ x.reshape(len(x), -1).T).T
            return y if self.flat else y.reshape(x.shape)

    return MatrixMap


@functools.cache
def _callable_map() -> Any:
    base: Any = require_torch().nn.Module

    class CallableMap(base):
        """Asks an operator of numpy, forwards and backwards."""

        def __init__(self, A: ForwardOperator) -> None:
            super().__init__()
            self.asked = (A.matmat, A.rmatmat)

        def forward(self, x: Any) -> Any:
            """A x."""
            return _asked().apply(x.reshape(len(x), -1), *self.asked)

        def transpose(self, y: Any) -> Any:
            """Transpose of A, times y."""
            return _asked().apply(y.reshape(len(y), -1), *self.asked[::-1])

    return CallableMap


@functools.cache
def _asked() -> Any:
    torch = require_torch()
    base: Any = torch.autograd.Function

    class Asked(base):
        """A linear function of numpy on rows, whose gradient is its transpose."""

        @staticmethod
        def forward(context: Any, x: Any, there: Any, back: Any) -> Any:
            """Rows of `there`."""
            context.asked = (there, back)
            rows = there(x.detach().cpu().numpy().T).T
            return torch.from_numpy(np.array(rows, order="C")).to(x)

        @staticmethod
        def backward(context: Any, gradient: Any) -> Any:
            """Rows of `back`."""
            # Applied as a function again, so that gradients have gradients.
            return Asked.apply(gradient, *context.asked[::-1]), None, None

    return Asked


def _tensor(matrix: Any) -> Any:
    torch = require_torch()
    if not sp.issparse(matrix):
        return torch.from_numpy(np.array(matrix, order="C"))
    entries = sp.coo_array(matrix)
    index = torch.from_numpy(np.stack([entries.row, entries.col]).astype(np.int64))
    values = torch.from_numpy(np.array(entries.data))
    return torch.sparse_coo_tensor(index, values, entries.shape, check_invariants=True).coalesce()
