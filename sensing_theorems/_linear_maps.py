"""The few maps that forward operators are made of: linear, on columns, by name.

An operator holds two of them, as partials, and no closure: so it can be pickled, told from others
in the specification of a sweep, and translated to another array library, map by map.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

__all__ = [
    "chain",
    "circular_filter",
    "gather",
    "multiply",
    "multiply_adjoint",
    "real_backward",
    "real_forward",
    "sampled_dft",
    "sampled_dft_adjoint",
    "scatter",
    "stack_backward",
    "stack_forward",
]

Array = NDArray[Any]


def gather(rows: Array, X: Array) -> Array:
    """Entries at `rows`, (n, p) -> (m, p)."""
    return X[rows]


def scatter(rows: Array, n: int, Y: Array) -> Array:
    """Adjoint of `gather`, for rows that differ: entries put to their place, zeros elsewhere."""
    X = np.zeros((n, Y.shape[1]), Y.dtype)
    X[rows] = Y
    return X


def sampled_dft(rows: Array, shape: tuple[int, ...], X: Array) -> Array:
    """Entries at `rows` of the orthonormal discrete Fourier transform of arrays of `shape`."""
    batch = X.reshape(*shape, -1)
    return fft.fftn(batch, axes=range(len(shape)), norm="ortho").reshape(X.shape)[rows]


def sampled_dft_adjoint(rows: Array, shape: tuple[int, ...], Y: Array) -> Array:
    """Adjoint of `sampled_dft`."""
    spectrum = scatter(rows, prod(shape), Y)
    batch = spectrum.reshape(*shape, -1)
    found = fft.ifftn(batch, axes=range(len(shape)), norm="ortho", overwrite_x=True)
    return found.reshape(spectrum.shape)


def circular_filter(transfer: Array, shape: tuple[int, ...], X: Array) -> Array:
    """Circular convolution with a `transfer` function: of complex arrays all, of real ones half."""
    batch, axes = X.reshape(*shape, -1), range(len(shape))
    if np.iscomplexobj(X):
        spectrum = fft.fftn(batch, axes=axes) * transfer[..., np.newaxis]
        return fft.ifftn(spectrum, axes=axes).reshape(X.shape)
    spectrum = fft.rfftn(batch, axes=axes) * transfer[..., np.newaxis]
    return fft.irfftn(spectrum, s=shape, axes=axes).reshape(X.shape)


def chain(first: Callable[[Array], Array], second: Callable[[Array], Array], X: Array) -> Array:
    """Apply `second` after `first`."""
    return second(first(X))


def multiply(matrix: Any, X: Array) -> Array:
    """Product with a dense or sparse matrix."""
    return matrix @ X


def multiply_adjoint(matrix: Any, Y: Array) -> Array:
    """Product with the conjugate transpose of a dense or sparse matrix."""
    # Conjugating the vectors twice spares a conjugated copy of the matrix.
    return (matrix.T @ Y.conj()).conj()


def real_forward(operator: Any, X: Array) -> Array:
    """Real and imaginary parts, one above the other, of what a complex operator answers."""
    Y = operator.matmat(X)
    return np.concatenate([Y.real, Y.imag])


def real_backward(operator: Any, Y: Array) -> Array:
    """Adjoint of `real_forward` on real signals."""
    m = operator.shape[0]
    return operator.rmatmat(Y[:m] + 1j * Y[m:]).real


def stack_forward(operators: Sequence[Any], X: Array) -> Array:
    """Answers of all operators, one above the other."""
    return np.concatenate([operator.matmat(X) for operator in operators])


def stack_backward(operators: Sequence[Any], Y: Array) -> Array:
    """Adjoint of `stack_forward`."""
    ends = np.cumsum([operator.shape[0] for operator in operators])
    parts = np.split(Y, ends[:-1])
    return sum(operator.rmatmat(part) for operator, part in zip(operators, parts, strict=True))
