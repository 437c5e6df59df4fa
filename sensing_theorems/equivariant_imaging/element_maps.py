"""Elements of a group, and other maps of signals, as maps of tensors, each with its transpose."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from scipy import sparse

from ..groups.signed import SignedPermutation
from .adjoint_pairs import TensorMap, linear, on_columns, over_parts
from .stored import StoredSparse, as_tensor

__all__ = ["ElementMap", "element_map"]

DENSE_SIDE = 2048
_AS_SPARSE = 0.1  # share of entries up to which a stored matrix is applied by rows


class ElementMap(NamedTuple):
    r"""A real linear map of rows, (B, n) -> (B, n), and its transpose.

    Both are differentiable any number of times, and take complex rows too. ``cost`` is how many
    numbers are kept for it.
    """

    forward: TensorMap
    transposed: TensorMap
    cost: int


def element_map(element: Any, dtype: torch.dtype, device: Any, *, dense: bool) -> ElementMap:
    """Return an element, or a map of a `TransformSet`, on tensors.

    Parameters
    ----------
    element : Element or LinearMap
    dtype : torch.dtype
        float32 or float64, of the signals or of their parts.
    device : torch.device
    dense : bool
        Whether to compute and keep the matrix, where it is not cheaper to do without.
    """
    if isinstance(element, SignedPermutation):
        return _permutation(element, dtype, device)
    entries: Any = getattr(element, "entries", None)
    if sparse.issparse(entries) and entries.nnz <= _AS_SPARSE * element.n**2:
        held = StoredSparse(sparse.csr_array(entries), dtype).to(device)
        ahead, back = partial(over_parts, held.times), partial(over_parts, held.adjoint_times)
        return ElementMap(ahead, back, 4 * entries.nnz)
    if dense or entries is not None:
        matrix = element.matrix()
        matrix = matrix.toarray() if sparse.issparse(matrix) else matrix
        tensor = as_tensor(matrix, dtype).to(device)
        ahead, back = partial(_product, tensor.T), partial(_product, tensor)
        return ElementMap(ahead, back, tensor.numel())
    forth, back = partial(on_columns, _columns(element)), partial(on_columns, _pulled(element))
    return ElementMap(partial(_pair, forth, back), partial(_pair, back, forth), element.n)


def _permutation(element: SignedPermutation, dtype: torch.dtype, device: Any) -> ElementMap:
    images = torch.from_numpy(np.array(element.images))
    sources = torch.empty_like(images)
    sources[images] = torch.arange(element.n)
    signs = None
    if element.signs is not None:
        signs = as_tensor(element.signs.astype(np.float64), dtype)
    back = _Gathered(images.to(device), None if signs is None else signs.to(device))
    ahead = _Gathered(sources.to(device), None if signs is None else signs[sources].to(device))
    return ElementMap(
        partial(linear, forward=ahead, adjoint=back),
        partial(linear, forward=back, adjoint=ahead),
        4 * element.n,
    )


class _Gathered:
    """Entries taken from `sources`, with signs."""

    def __init__(self, sources: torch.Tensor, signs: torch.Tensor | None) -> None:
        self.sources, self.signs = sources, signs

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        found = x.index_select(1, self.sources)
        return found if self.signs is None else found * self.signs


def _product(matrix: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    return over_parts(lambda part: part @ matrix, x)


def _pair(forward: TensorMap, adjoint: TensorMap, x: torch.Tensor) -> torch.Tensor:
    return over_parts(partial(linear, forward=forward, adjoint=adjoint), x)


class _columns:
    def __init__(self, element: Any) -> None:
        self.element = element

    def __call__(self, X: np.ndarray) -> np.ndarray:
        return self.element(X.T.astype(np.float64)).T


class _pulled(_columns):
    def __call__(self, X: np.ndarray) -> np.ndarray:
        return self.element.pull_back(X.T.astype(np.float64)).T
