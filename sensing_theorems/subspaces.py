"""Linear algebra of subspaces: orthonormal bases, distances, containment, maps between pieces."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._validate import finite_array
from .tolerance import cut

__all__ = [
    "Pieces",
    "columns_of",
    "equal_up_to",
    "moderate",
    "orthonormal",
    "real_coordinates",
    "reduced_basis",
    "residual_norms",
    "same_up_to",
    "unit_columns",
]

_SMALLEST = 1e-100
_ULPS = 256.0


def same_up_to(dtype: np.dtype) -> float:
    """Largest distance, beside a signal of norm 1, that rounding of given entries explains."""
    return max(1e-8, 1e4 * float(np.finfo(dtype).eps))


def equal_up_to(dtype: np.dtype) -> float:
    """Largest distance, beside a signal of norm 1, of what was given twice: last digits differ.

    What is farther apart, and no farther than `same_up_to`, is neither clearly equal nor clearly
    different.
    """
    return _ULPS * float(np.finfo(dtype).eps)


def columns_of(value: Any, name: str, n: int | None = None) -> NDArray[Any]:
    """Return `value` as a finite matrix (n, k) whose columns are signals."""
    matrix = finite_array(value, name)
    if matrix.ndim == 1:
        matrix = matrix[:, None]
    if matrix.ndim != 2 or matrix.shape[0] == 0:
        raise ValueError(
            f"`{name}` must have shape (n, k), one signal of R^n per column; got {matrix.shape}."
        )
    if n is not None and matrix.shape[0] != n:
        raise ValueError(
            f"`{name}` must have columns of length n = {n}; got columns of length "
            f"{matrix.shape[0]}."
        )
    return matrix


def unit_columns(columns: NDArray[Any]) -> NDArray[Any]:
    """Columns in double precision over their lengths, without those that are zero."""
    wide = columns.astype(np.result_type(columns.dtype, np.float64))
    # In two steps: squares of very small or large entries are beyond floating point.
    for norm in (np.inf, 2):
        lengths = np.linalg.norm(wide, norm, axis=0)
        wide = wide[:, lengths > 0] / lengths[lengths > 0]
    return wide


def orthonormal(columns: NDArray[Any]) -> tuple[NDArray[Any], float]:
    """Orthonormal basis (n, r) of the span of the columns, whatever their lengths, and its error.

    The error is what rounding of the entries may turn the span by: large for columns that are
    nearly dependent.
    """
    wide = unit_columns(columns)
    if wide.shape[1] == 0:
        return np.zeros((columns.shape[0], 0), wide.dtype), 0.0
    u, values, _ = np.linalg.svd(wide, full_matrices=False)
    tolerance = cut(values, columns.dtype).tolerance
    kept = values > tolerance
    return u[:, kept], min(1.0, float(tolerance / values[kept][-1]))


def reduced_basis(columns: NDArray[Any], name: str) -> tuple[NDArray[Any], float]:
    """Orthonormal basis of a span, and its error; dependent columns are dropped with a warning."""
    basis, error = orthonormal(columns)
    if basis.shape[1] < columns.shape[1]:
        warnings.warn(
            f"`{name}` should have independent columns; {columns.shape[1]} columns span "
            f"{basis.shape[1]} dimensions, which are kept.",
            UserWarning,
            stacklevel=4,
        )
    return basis, error


def real_coordinates(signals: NDArray[Any]) -> NDArray[Any]:
    """Signals (r, n) by real coordinates: complex ones as pairs of real ones, (r, 2n)."""
    if signals.dtype.kind != "c":
        return signals
    return np.concatenate([signals.real, signals.imag], axis=1)


def moderate(values: NDArray[Any], name: str) -> None:
    """Refuse signals whose squares are beyond floating point."""
    largest = float(np.abs(values).max(initial=0.0))
    if largest and not _SMALLEST < largest < 1 / _SMALLEST:
        raise ValueError(
            f"`{name}` must have a largest entry between {_SMALLEST:g} and {1 / _SMALLEST:g}; got "
            f"{largest:.3g}. Choose another unit."
        )


def residual_norms(basis: NDArray[Any], x: NDArray[Any]) -> NDArray[Any]:
    """Distances of signals (..., n) from the span of orthonormal columns (n, k)."""
    rest = x - (x @ basis.conj()) @ basis.T
    # Once more: what the first projection rounded may be larger than what is left.
    rest = rest - (rest @ basis.conj()) @ basis.T
    return np.asarray(np.linalg.norm(rest, axis=-1))


@dataclass(frozen=True, eq=False)
class Pieces:
    r"""A union of linear subspaces, by orthonormal bases.

    Affine pieces :math:`a_i + S_i` of :math:`\mathbb{R}^n` are kept as the linear ones that
    :math:`(S_i, 0)` and :math:`(a_i, s)` span in :math:`\mathbb{R}^{n+1}`, whose signals of last
    entry s they are.

    Attributes
    ----------
    bases : ndarray, shape (p, n, k) or (p, n + 1, k)
        Orthonormal columns, zeros behind the first `dims[i]`.
    dims : ndarray of int, shape (p,)
    height : float
        The entry s; 0 where all pieces are linear, in :math:`\mathbb{R}^n` itself.
    error : float
        What rounding of the entries that were given may turn a piece by.
    """

    bases: NDArray[Any]
    dims: NDArray[np.int64]
    height: float = 0.0
    error: float = 0.0

    def __post_init__(self) -> None:
        # Kernels count on it, and look beyond no other bound.
        if self.dims.max() > self.bases.shape[2]:
            raise ValueError(
                f"pieces must have at most {self.bases.shape[2]} dimensions, as their bases; got "
                f"{self.dims.max()}."
            )

    @classmethod
    def of(
        cls,
        spans: list[NDArray[Any]],
        offsets: NDArray[Any] | None = None,
        error: float = 0.0,
    ) -> Pieces:
        """Pieces from orthonormal bases (n, k_i), and offsets (p, n) orthogonal to them."""
        n = spans[0].shape[0]
        dtype = np.result_type(np.float64, *spans)
        if offsets is None or not np.any(offsets):
            width = max(1, max(span.shape[1] for span in spans))
            bases = np.zeros((len(spans), n, width), dtype)
            for target, span in zip(bases, spans, strict=True):
                target[:, : span.shape[1]] = span
            return cls(bases, np.array([span.shape[1] for span in spans]), 0.0, error)
        height = float(np.sqrt(np.mean(np.abs(offsets) ** 2) * n)) or 1.0
        lifted = []
        for span, offset in zip(spans, offsets, strict=True):
            up = np.append(offset / height, 1.0)
            base = np.vstack([span, np.zeros((1, span.shape[1]))])
            lifted.append(np.column_stack([base, up / np.linalg.norm(up)]))
        return cls(cls.of(lifted).bases, np.array([b.shape[1] for b in lifted]), height, error)

    def __len__(self) -> int:
        return len(self.bases)

    @property
    def ambient(self) -> int:
        """Dimension of the space that the bases live in: n, or n + 1 for affine pieces."""
        return int(self.bases.shape[1])

    def basis(self, i: int) -> NDArray[Any]:
        """Basis of piece i without its padding."""
        return self.bases[i, :, : self.dims[i]]

    def lift(self, x: NDArray[Any]) -> NDArray[Any]:
        """Signals (..., n) as vectors of the space that the bases live in."""
        if not self.height:
            return x
        return np.concatenate([x, np.full((*x.shape[:-1], 1), self.height)], axis=-1)

    def energies(self, vectors: NDArray[Any]) -> NDArray[Any]:
        """Squared norms (p,) of the projections of orthonormal columns (N, d) on every piece."""
        inner = np.tensordot(self.bases.conj(), vectors, axes=(1, 0))
        return np.sum(np.abs(inner) ** 2, axis=(1, 2))

    def distances(self, x: NDArray[Any]) -> NDArray[Any]:
        """Distances (p, ...) of signals (..., n) from every piece, in R^n."""
        if not self.height:
            return np.array([residual_norms(self.basis(i), x) for i in range(len(self))])
        found = []
        for i in range(len(self)):
            base, up = self.bases[i, :-1, : self.dims[i] - 1], self.bases[i, :, self.dims[i] - 1]
            found.append(residual_norms(base, x - up[:-1] * (self.height / up[-1])))
        return np.array(found)
