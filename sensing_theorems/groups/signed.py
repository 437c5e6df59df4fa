r"""Signed permutations of the coordinates: the elements of every finite action here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from .element import Element

__all__ = ["SignedPermutation"]


@dataclass(frozen=True, eq=False)
class SignedPermutation(Element):
    r"""The orthogonal map :math:`T e_i = \sigma_i\, e_{p(i)}` on :math:`\mathbb{R}^n`.

    Parameters
    ----------
    images : ndarray of int64, shape (n,)
        One-line form of :math:`p`, 0-based.
    signs : ndarray of int8, shape (n,), optional
        The signs :math:`\sigma_i`; ``None`` means all :math:`+1`.

    Examples
    --------
    >>> import numpy as np
    >>> shift = SignedPermutation.from_lists([1, 2, 0])
    >>> shift(np.array([10.0, 20.0, 30.0]))
    array([30., 10., 20.])
    """

    images: np.ndarray
    signs: np.ndarray | None = None

    @classmethod
    def from_lists(
        cls, images: Sequence[int] | np.ndarray, signs: Sequence[int] | np.ndarray | None = None
    ) -> SignedPermutation:
        """Validate a one-line form and its signs.

        Raises
        ------
        ValueError
            If `images` is no permutation of 0, …, n-1 or a sign is not ±1.
        """
        p = np.asarray(images)
        if p.ndim != 1 or p.size == 0 or p.dtype.kind not in "iu":
            raise ValueError(
                "a permutation must be a non-empty one-line list of integers; "
                f"got shape {p.shape}, dtype {p.dtype}."
            )
        n = p.size
        p = p.astype(np.int64)
        if p.min() < 0 or p.max() >= n or np.bincount(p, minlength=n).max() > 1:
            raise ValueError(
                f"a permutation must contain each of 0, …, {n - 1} once (0-based one-line form); "
                f"got {_preview(p)}."
            )
        s = None if signs is None else _signs(signs, n)
        p.setflags(write=False)
        return cls(p, s)

    @property
    def n(self) -> int:
        """Number of coordinates."""
        return int(self.images.size)

    @property
    def both(self) -> tuple[np.ndarray, np.ndarray]:
        """Images and signs, as kernels take them."""
        ones = np.broadcast_to(np.int8(1), self.n) if self.signs is None else self.signs
        return self.images, np.ascontiguousarray(ones, dtype=np.int8)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Apply T to the last axis of `x`, shape (..., n)."""
        x = np.asarray(x)
        y = np.empty_like(x)
        y[..., self.images] = x if self.signs is None else x * self.signs
        return y

    def pull_back(self, rows: np.ndarray) -> np.ndarray:
        r"""Rows :math:`a \mapsto a\,T`, so that `pull_back(A)` is :math:`A T`; shape (..., n)."""
        pulled = np.asarray(rows)[..., self.images]
        return pulled if self.signs is None else pulled * self.signs

    def __matmul__(self, other: SignedPermutation) -> SignedPermutation:
        """Composition: ``(self @ other)(x) == self(other(x))``."""
        if not isinstance(other, SignedPermutation):
            return NotImplemented
        if self.signs is None and other.signs is None:
            return SignedPermutation(self.images[other.images])
        mine = np.ones(self.n, np.int8) if self.signs is None else self.signs
        theirs = np.ones(self.n, np.int8) if other.signs is None else other.signs
        return SignedPermutation(self.images[other.images], theirs * mine[other.images])

    def inverse(self) -> SignedPermutation:
        """Return the inverse, which is also the transpose."""
        images = np.empty_like(self.images)
        images[self.images] = np.arange(self.n)
        return SignedPermutation(images, None if self.signs is None else self.signs[images])

    @classmethod
    def identity(cls, n: int) -> SignedPermutation:
        """Return the identity of R^n."""
        return cls(np.arange(n, dtype=np.int64))

    def is_identity(self) -> bool:
        """Whether T is the identity, signs included."""
        return bool(
            np.array_equal(self.images, np.arange(self.n))
            and (self.signs is None or np.all(self.signs == 1))
        )

    def largest_eigenspace(self) -> int:
        r""":math:`\max_\lambda \operatorname{mult}_\lambda(T)`, from the cycles."""
        if self.signs is None:
            # Every cycle has the eigenvalue 1 once, and no other eigenvalue more often.
            return int(self._cycles()[0])
        number, cycle = self._cycles()
        length = np.bincount(cycle, minlength=number)
        negative = np.bincount(cycle[self.signs < 0], minlength=number) % 2
        # A cycle of length l has the roots of z^l = 1, or of z^l = -1: all simple.
        kinds, repeats = np.unique(np.stack([length, negative]), axis=1, return_counts=True)
        counts: dict[Fraction, int] = {}
        for size, half, count in zip(*kinds.tolist(), repeats.tolist(), strict=True):
            for k in range(size):
                angle = Fraction(2 * k + half, 2 * size)
                counts[angle] = counts.get(angle, 0) + count
        return max(counts.values())

    def _cycles(self) -> tuple[int, np.ndarray]:
        steps = sp.coo_array((np.ones(self.n, np.int8), (np.arange(self.n), self.images)))
        return connected_components(steps, directed=False)

    def key(self) -> bytes:
        """Hashable form, equal exactly for equal maps."""
        signs = np.ones(self.n, np.int8) if self.signs is None else self.signs
        return self.images.tobytes() + signs.astype(np.int8).tobytes()

    def matrix(self) -> sp.csr_array:
        """Return T as a sparse (n, n) matrix."""
        values = np.ones(self.n) if self.signs is None else self.signs.astype(float)
        return sp.csr_array((values, (self.images, np.arange(self.n))), shape=(self.n, self.n))

    def beside(self, other: SignedPermutation) -> SignedPermutation:
        r"""Block-diagonal :math:`T \oplus T'`."""
        images = np.concatenate([self.images, other.images + self.n])
        if self.signs is None and other.signs is None:
            return SignedPermutation(images)
        mine = np.ones(self.n, np.int8) if self.signs is None else self.signs
        theirs = np.ones(other.n, np.int8) if other.signs is None else other.signs
        return SignedPermutation(images, np.concatenate([mine, theirs]))


def _signs(signs: Sequence[int] | np.ndarray, n: int) -> np.ndarray | None:
    s = np.asarray(signs)
    if s.shape != (n,):
        raise ValueError(
            f"signs must have one entry per coordinate, shape ({n},); got shape {s.shape}."
        )
    if s.dtype.kind not in "iuf" or not np.all(np.abs(s) == 1):
        raise ValueError(f"signs must be +1 or -1; got {_preview(s)}.")
    if np.all(s == 1):
        return None
    s = s.astype(np.int8)
    s.setflags(write=False)
    return s


def _preview(values: np.ndarray) -> str:
    return np.array2string(values, threshold=8, edgeitems=3, separator=", ")
