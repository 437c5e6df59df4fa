"""Signals that nobody sees, as a projector: from a basis, block by block, or by iteration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .groups.isotypic import IsotypicTransform

__all__ = ["BlockNullSpace", "DenseNullSpace", "NullSpace"]


class NullSpace(Protocol):
    """The signals that no A T_g sees."""

    def project(self, x: np.ndarray) -> np.ndarray:
        """Orthogonal projection of signals (r, n) on the null space."""
        ...

    def vector(self) -> np.ndarray:
        """One non-zero signal of the null space, complex where need be."""
        ...


@dataclass(frozen=True, eq=False)
class DenseNullSpace:
    """Null space with an orthonormal basis in its rows, shape (d, n)."""

    basis: np.ndarray

    def project(self, x: np.ndarray) -> np.ndarray:
        """Orthogonal projection of signals (r, n)."""
        return (x @ self.basis.conj().T) @ self.basis

    def vector(self) -> np.ndarray:
        """Return the last basis vector, which the singular values rate the least visible."""
        return self.basis[-1]


@dataclass(frozen=True, eq=False)
class BlockNullSpace:
    """Null space in isotypic coordinates.

    Parameters
    ----------
    transform : IsotypicTransform
    places : sequence of ndarray of int, one per family
        Irreps that are not seen completely, among those looked at.
    hidden : sequence of ndarray, each (k, c, c)
        Projectors on the unseen part of their multiplicity spaces.
    real : bool
        Whether the `views` of the transform were looked at, which tell all of real signals; or
        else every irrep.
    """

    transform: IsotypicTransform
    places: Sequence[np.ndarray]
    hidden: Sequence[np.ndarray]
    real: bool

    def project(self, x: np.ndarray) -> np.ndarray:
        """Orthogonal projection of signals (r, n)."""
        if not self.real:
            return self.transform.synthesize(self._hide(self.transform.analyze(x)))
        if np.iscomplexobj(x):
            return self.project(x.real) + 1j * self.project(x.imag)
        return self.transform.synthesize_real(self._hide(self.transform.analyze_real(x)))

    def _hide(self, parts: list[np.ndarray]) -> list[np.ndarray]:
        kept = []
        for part, places, hidden in zip(parts, self.places, self.hidden, strict=True):
            unseen = np.zeros(part.shape, np.result_type(part, hidden))
            unseen[:, places] = _apply(hidden, part[:, places])
            kept.append(unseen)
        return kept

    def sample(self, rng: np.random.Generator) -> np.ndarray:
        """Return a random real (or complex) signal of the null space, shape (n,)."""
        families = self.transform.families
        sizes = [f.count for f in families]
        if self.real:
            sizes = [view.positions.size for view in self.transform.views]
        parts = []
        for family, size, places, hidden in zip(
            families, sizes, self.places, self.hidden, strict=True
        ):
            shape = (1, places.size, family.dim, family.multiplicity)
            # Any law with a density will do; this one is the quickest to draw.
            drawn = rng.random((2, *shape), dtype=np.float32) - np.float32(0.5)
            coordinates = np.empty(shape, dtype=np.complex128)
            coordinates.real, coordinates.imag = drawn
            part = np.zeros((1, size, *shape[2:]), dtype=np.complex128)
            part[:, places] = _apply(hidden, coordinates)
            parts.append(part)
        back = self.transform.synthesize_real if self.real else self.transform.synthesize
        return back(parts)[0]

    def vector(self) -> np.ndarray:
        """Return an invisible signal of the first irrep that has one."""
        transform = self.transform
        parts = []
        found = False
        for family, view, places, hidden in zip(
            transform.families, transform.views, self.places, self.hidden, strict=True
        ):
            part = np.zeros((1, family.count, family.dim, family.multiplicity), np.complex128)
            if places.size and not found:
                best = int(np.argmax(np.linalg.norm(hidden[0], axis=0)))
                at = view.positions[places[0]] if self.real else places[0]
                part[0, at, 0] = hidden[0][:, best]
                found = True
            parts.append(part)
        return transform.synthesize(parts)[0]


def _apply(hidden: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Projectors (k, c, c) on coordinates (r, k, s, c)."""
    if hidden.shape[-1] == 1:
        return part  # a character is seen or not; the projector is 1
    return part @ hidden.transpose(0, 2, 1)
