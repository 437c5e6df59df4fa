r"""Pseudo-inverses as modules: by adjoint, by filter, by dense matrix, of real forms.

Each has ``forward(y)``, :math:`A^+ y`, ``visible(x)``, :math:`A^+ A x`, and ``diagonal``, that of
:math:`A^+ A` as an array (n,), or None.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import scipy.linalg
import torch
from scipy import fft

from .._forward import ForwardOperator
from ..tolerance import cut
from .maps import OperatorMaps, Translation
from .stored import as_tensor
from .twins import CircularFilter

__all__ = [
    "AdjointInverse",
    "DenseInverse",
    "FilterInverse",
    "RealFormInverse",
    "SelectionInverse",
    "Zero",
]

GRAM_ENTRIES = 10**7  # beyond which singular values come from the smaller Gram matrix


class Zero:
    """Says up to where singular values count as zero."""

    def __init__(
        self, operator: ForwardOperator, precision: torch.dtype, rcond: float | None
    ) -> None:
        single = precision == torch.float32 or np.finfo(operator.dtype).eps > 1e-10
        self.dtype = np.dtype(np.float32 if single else np.float64)
        self.rcond = rcond

    def __call__(self, values: np.ndarray, largest_entry: float, norm: float) -> float:
        """Return the largest value that counts as zero, see `tolerance.cut`."""
        if self.rcond is not None:
            return self.rcond * float(values.max(initial=0.0))
        return cut(values, self.dtype, largest_entry, norm=norm).tolerance


class AdjointInverse(torch.nn.Module):
    r""":math:`A^+ = A^H D` with weights D, real part for real signals; D = 1 unless given.

    Notes
    -----
    *Weights of Fourier rows on real signals (derived here).* Let :math:`a_k` be orthonormal
    Fourier rows, k in S, and :math:`M = [\operatorname{Re} A;\, \operatorname{Im} A]`, so that
    :math:`M^\top M = \operatorname{Re} A^H A` is the sum over S of
    :math:`\operatorname{Re} a_k \operatorname{Re} a_k^\top + \operatorname{Im} a_k
    \operatorname{Im} a_k^\top`. For :math:`k \ne -k` the vectors
    :math:`\operatorname{Re} a_k` and :math:`\operatorname{Im} a_k` are orthogonal, of squared
    length 1/2; -k has the same two, up to a sign; those of other frequencies are orthogonal to
    them. So :math:`M^\top M` is 1 on the plane of :math:`\pm k` if both are sampled, and 1/2 if one
    is. For k = -k the row is real, of length 1, and :math:`M^\top M` is 1 on it. Hence
    :math:`M^+ y = (M^\top M)^+ M^\top y = \operatorname{Re} A^H D y` with :math:`D_k = 2` where k
    is sampled and -k is not, else 1, and :math:`M^+ M` is the projector onto the frequencies in
    :math:`S \cup -S`, with diagonal :math:`|S \cup -S| / n`.
    """

    weights: torch.Tensor | None

    def __init__(
        self, maps: OperatorMaps, diagonal: np.ndarray | None, weights: np.ndarray | None = None
    ) -> None:
        super().__init__()
        self.maps, self.diagonal = maps, diagonal
        held = None if weights is None else as_tensor(weights, maps.precision)
        self.register_buffer("weights", held, persistent=False)

    def forward(self, y: torch.Tensor) -> torch.Tensor:
        r""":math:`A^+ y`, (B, m) -> (B, n)."""
        if self.weights is None:
            return self.maps.adjoint(y)
        return self.maps.adjoint(self.weights * y).real

    def visible(self, x: torch.Tensor) -> torch.Tensor:
        r""":math:`A^+ A x`, (B, n)."""
        return self(self.maps(x))


class SelectionInverse(AdjointInverse):
    r""":math:`A^+` of a selection of coordinates: :math:`A^+ A` keeps them and no other."""

    seen: torch.Tensor
    unseen: torch.Tensor

    def __init__(self, maps: OperatorMaps, rows: np.ndarray) -> None:
        seen = np.zeros(maps.operator.shape[1])
        seen[rows] = 1.0
        super().__init__(maps, seen)
        self.register_buffer("seen", as_tensor(seen, maps.precision), persistent=False)
        self.register_buffer("unseen", as_tensor(1 - seen, maps.precision), persistent=False)

    def visible(self, x: torch.Tensor) -> torch.Tensor:
        r""":math:`A^+ A x`, (B, n)."""
        return self.seen * x

    def invisible(self, x: torch.Tensor) -> torch.Tensor:
        r""":math:`x - A^+ A x`, (B, n)."""
        return self.unseen * x


class FilterInverse(torch.nn.Module):
    r"""Pseudo-inverse of a circular convolution with transfer function h.

    .. math:: \widehat{A^+ y}_k = \bar h_k \hat y_k / S_k, \qquad S_k = |h_k|^2,

    and 0 where :math:`\sqrt{S_k}` counts as zero: up to :math:`64\,\varepsilon \max_j \sqrt{S_j}`.
    Rounding moves each frequency for itself, by a share of the largest and not of the norm of all,
    which grows with the size of the image. For real signals the real part is taken, with
    :math:`S_k = (|h_k|^2 + |h_{-k}|^2)/2`: that is the transfer function of
    :math:`\operatorname{Re} A^H A`, and the same as before for real kernels (derived here).
    """

    def __init__(
        self,
        translation: Translation,
        transfer: np.ndarray,
        shape: tuple[int, ...],
        zero: Zero,
        *,
        whole: bool,
        real: bool,
    ) -> None:
        super().__init__()
        kernel = fft.ifftn(transfer) if whole else fft.irfftn(transfer, s=shape)
        full = fft.fftn(kernel)
        squared = np.abs(full) ** 2
        if real:
            axes = tuple(range(len(shape)))
            squared = (squared + np.roll(np.flip(squared), 1, axes)) / 2
        values = np.sqrt(squared)
        tolerance = zero(values, float(np.abs(kernel).max()), float(values.max()))
        kept = values > tolerance
        inverse = full.conj() * np.divide(1.0, squared, where=kept, out=np.zeros_like(squared))
        self.diagonal = np.full(kept.size, kept.mean())
        half = (..., slice(shape[-1] // 2 + 1))
        self.back = CircularFilter(translation, inverse if whole else inverse[half], shape)
        seen = kept[half] if real else kept
        self.seen = CircularFilter(translation, seen.astype(np.float64), shape)
        self.to_real = real and whole

    def forward(self, y: torch.Tensor) -> torch.Tensor:
        r""":math:`A^+ y`, (B, n)."""
        found = self.back(y)
        return found.real if self.to_real else found

    def visible(self, x: torch.Tensor) -> torch.Tensor:
        r""":math:`A^+ A x`, (B, n)."""
        return self.seen(x)


class DenseInverse(torch.nn.Module):
    r""":math:`A^+ = V \Sigma^{-1} U^H` and :math:`A^+ A = V V^H`, from a dense matrix, (m, n).

    Computed in double precision: by singular values up to 10**7 entries, beyond from eigenvalues of
    the smaller one of :math:`A A^H` and :math:`A^H A`, which cannot tell singular values below
    :math:`8 \sqrt\varepsilon = 10^{-7}` of the largest from zero, and counts those as zero.
    """

    inverse: torch.Tensor
    basis: torch.Tensor

    def __init__(self, matrix: np.ndarray, zero: Zero, precision: torch.dtype) -> None:
        super().__init__()
        largest = float(np.abs(matrix).max())
        double = matrix.astype(np.result_type(matrix, np.float64))
        decompose = _by_gram if matrix.size > GRAM_ENTRIES else _by_singular_values
        inverse, basis = decompose(double, partial(zero, largest_entry=largest))
        self.diagonal = (np.abs(basis) ** 2).sum(axis=1)
        # Of full column rank everything is visible, exactly.
        self.sees_all = basis.shape[1] == basis.shape[0]
        self.register_buffer("inverse", as_tensor(inverse, precision), persistent=False)
        self.register_buffer("basis", as_tensor(basis, precision), persistent=False)

    def forward(self, y: torch.Tensor) -> torch.Tensor:
        r""":math:`A^+ y`, (B, m) -> (B, n)."""
        return y @ self.inverse.T

    def visible(self, x: torch.Tensor) -> torch.Tensor:
        r""":math:`A^+ A x`, (B, n)."""
        return x if self.sees_all else (x @ self.basis.conj()) @ self.basis.T


def _by_singular_values(matrix: np.ndarray, zero: Any) -> tuple[np.ndarray, np.ndarray]:
    left, values, right = scipy.linalg.svd(matrix, full_matrices=False)
    kept = values > zero(values, norm=float(np.linalg.norm(values)))
    basis = right[kept].conj().T
    return (basis / values[kept]) @ left[:, kept].conj().T, basis


def _by_gram(matrix: np.ndarray, zero: Any) -> tuple[np.ndarray, np.ndarray]:
    m, n = matrix.shape
    adjoint = matrix.conj().T
    squares, vectors = np.linalg.eigh(matrix @ adjoint if m <= n else adjoint @ matrix)
    values = np.sqrt(np.maximum(squares, 0.0))
    resolved = 8 * np.sqrt(np.finfo(np.float64).eps) * values.max(initial=0.0)
    kept = values > max(zero(values, norm=float(np.linalg.norm(values))), resolved)
    vectors, values = vectors[:, kept], values[kept]
    if m <= n:
        basis = (adjoint @ vectors) / values
        return (basis / values) @ vectors.conj().T, basis
    return (vectors / values**2) @ (vectors.conj().T @ adjoint), vectors


class RealFormInverse(torch.nn.Module):
    """Pseudo-inverse of a real form: of (u, v), by that for u + iv; or ``apart``, the reverse."""

    def __init__(self, inner: Any, apart: bool = False) -> None:
        super().__init__()
        self.inner, self.apart, self.diagonal = inner, apart, inner.diagonal

    def forward(self, y: torch.Tensor) -> torch.Tensor:
        r""":math:`A^+ y`, a real (B, n)."""
        if self.apart:
            return self.inner(torch.cat([y.real, y.imag], dim=1))
        return self.inner(torch.complex(*y.chunk(2, dim=1)))

    def visible(self, x: torch.Tensor) -> torch.Tensor:
        r""":math:`A^+ A x`, (B, n)."""
        return self.inner.visible(x)
