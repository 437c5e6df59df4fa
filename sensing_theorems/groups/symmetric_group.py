r"""Isotypic coordinates of S_N on copies of its permutation representation.

:math:`\mathbb{R}^N = 1 \oplus \text{std}`: the mean, and the vectors of mean zero. The orthonormal
DCT-II has the mean as its first row and hence a basis of the standard irrep in the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import scipy.fft

from .isotypic import Family, IsotypicTransform

__all__ = ["SymmetricTransform"]


class SymmetricTransform(IsotypicTransform):
    """Isotypic coordinates of S_N, N >= 2, on q natural blocks and t fixed coordinates.

    Parameters
    ----------
    degree : int
        N.
    starts : sequence of int
        Where each natural block of N coordinates begins.
    fixed : sequence of int
        Coordinates that the group leaves alone.
    """

    def __init__(self, degree: int, starts: Sequence[int], fixed: Sequence[int] = ()) -> None:
        self.degree = degree
        self.starts = tuple(starts)
        self.fixed = np.asarray(fixed, dtype=np.int64)
        self.n = degree * len(self.starts) + self.fixed.size

    @cached_property
    def families(self) -> tuple[Family, ...]:
        """The trivial and the standard irrep."""
        q, one, itself = len(self.starts), np.ones(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
        return (
            Family(1, q + self.fixed.size, one, lambda i: "trivial", itself),
            Family(self.degree - 1, q, one, lambda i: "standard (mean zero)", itself),
        )

    def analyze(self, x: np.ndarray) -> list[np.ndarray]:
        """Coordinates of `x`, shape (r, n)."""
        index = np.array(self.starts)[:, None] + np.arange(self.degree)
        modes = scipy.fft.dct(x[:, index].real, type=2, norm="ortho").astype(np.complex128)
        if np.iscomplexobj(x):
            modes += 1j * scipy.fft.dct(x[:, index].imag, type=2, norm="ortho")
        trivial = np.concatenate([modes[:, :, 0], x[:, self.fixed]], axis=1)
        return [trivial[:, None, None, :], modes[:, :, 1:].transpose(0, 2, 1)[:, None]]

    def synthesize(self, parts: list[np.ndarray]) -> np.ndarray:
        """Inverse of `analyze`."""
        trivial, standard = parts[0][:, 0, 0, :], parts[1][:, 0]
        q = len(self.starts)
        out = np.empty((trivial.shape[0], self.n), dtype=np.complex128)
        modes = np.concatenate([trivial[:, :q, None], standard.transpose(0, 2, 1)], axis=2)
        values = scipy.fft.idct(modes.real, type=2, norm="ortho") + 1j * scipy.fft.idct(
            modes.imag, type=2, norm="ortho"
        )
        for block, start in enumerate(self.starts):
            out[:, start : start + self.degree] = values[:, block]
        out[:, self.fixed] = trivial[:, q:]
        return out
