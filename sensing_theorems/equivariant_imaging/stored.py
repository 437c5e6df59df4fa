"""Arrays of an operator as buffers of a module, dense or sparse."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch
from scipy import sparse

from .adjoint_pairs import linear

__all__ = ["DENSE_ENTRIES", "Stored", "StoredSparse", "as_tensor", "stored"]

DENSE_ENTRIES = 2**24  # beyond which sparse matrices stay sparse


def as_tensor(array: Any, precision: torch.dtype) -> torch.Tensor:
    """Return an array as a tensor: integers as int64, the rest in `precision`, complex if it is."""
    tensor = torch.from_numpy(np.array(array, order="C"))
    if not (tensor.is_floating_point() or tensor.is_complex()):
        return tensor.to(torch.int64)
    return tensor.to(precision.to_complex() if tensor.is_complex() else precision)


class Stored(torch.nn.Module):
    """A dense array in a buffer, which the state of a module leaves out: the operator has it."""

    value: torch.Tensor

    def __init__(self, array: Any, precision: torch.dtype) -> None:
        super().__init__()
        self.register_buffer("value", as_tensor(array, precision), persistent=False)

    def times(self, x: torch.Tensor) -> torch.Tensor:
        r""":math:`Mx` of the rows of `x`, (B, n) -> (B, m)."""
        return x @ self.value.T

    def adjoint_times(self, y: torch.Tensor) -> torch.Tensor:
        r""":math:`M^H y` of the rows of `y`, (B, m) -> (B, n)."""
        return y @ self.value.conj()


class StoredSparse(torch.nn.Module):
    """A sparse matrix and its conjugate transpose in two buffers, both by rows."""

    matrix: torch.Tensor
    adjoint: torch.Tensor

    def __init__(self, matrix: Any, precision: torch.dtype) -> None:
        super().__init__()
        adjoint = sparse.csr_array(matrix.conj().T)
        self.register_buffer("matrix", _by_rows(matrix, precision), persistent=False)
        self.register_buffer("adjoint", _by_rows(adjoint, precision), persistent=False)

    def times(self, x: torch.Tensor) -> torch.Tensor:
        r""":math:`Mx` of the rows of `x`, (B, n) -> (B, m)."""
        return linear(x, self._ahead, self._back)

    def adjoint_times(self, y: torch.Tensor) -> torch.Tensor:
        r""":math:`M^H y` of the rows of `y`, (B, m) -> (B, n)."""
        return linear(y, self._back, self._ahead)

    def _ahead(self, x: torch.Tensor) -> torch.Tensor:
        return (self.matrix @ x.T).T

    def _back(self, y: torch.Tensor) -> torch.Tensor:
        return (self.adjoint @ y.T).T


def _by_rows(matrix: Any, precision: torch.dtype) -> torch.Tensor:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta state")
        return torch.sparse_csr_tensor(
            as_tensor(matrix.indptr, precision),
            as_tensor(matrix.indices, precision),
            as_tensor(matrix.data, precision),
            size=matrix.shape,
            check_invariants=False,
        )


def stored(array: Any, precision: torch.dtype) -> torch.nn.Module:
    """Return a module that holds an array: sparse ones densely up to 2**24 entries."""
    if not sparse.issparse(array):
        return Stored(array, precision)
    if array.shape[0] * array.shape[1] <= DENSE_ENTRIES:
        return Stored(array.toarray(), precision)
    return StoredSparse(sparse.csr_array(array), precision)
