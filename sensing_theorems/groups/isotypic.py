r"""Isotypic components: the value that every engine hands to the rank.

Over the complex numbers :math:`\mathbb{C}^n = \bigoplus_j W_j \otimes \mathbb{C}^{c_j}` with
:math:`\dim W_j = s_j`, and :math:`T_g` acts as :math:`D_j(g) \otimes I`. An isotypic transform is
the unitary change of basis into these coordinates. Irreps that share :math:`(s_j, c_j)` travel
together as one *family*, so that a million characters are one array and not a million objects.

A real signal has conjugate coordinates in conjugate irreps, so that one of each pair tells all: the
*view* of a family says which ones are looked at, and how many irreps each stands for.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

__all__ = ["Family", "IsotypicTransform", "View"]


class View(NamedTuple):
    """Irreps of a family that are looked at.

    Attributes
    ----------
    positions : ndarray of int, shape (k,)
        Where they stand in the family.
    weights : ndarray of int, shape (k,)
        How many irreps each stands for: 2 where its conjugate is left out. They sum to the count.
    real : ndarray of bool, shape (k,)
        True where real signals have real coordinates.
    """

    positions: np.ndarray
    weights: np.ndarray
    real: np.ndarray


@dataclass(frozen=True, eq=False)
class Family:
    """Inequivalent complex irreps that share dimension and multiplicity.

    Parameters
    ----------
    dim, multiplicity : int
        The common s_j and c_j.
    indicators : ndarray of int, shape (count,)
        Frobenius–Schur indicators: 1 real, 0 complex, -1 quaternionic.
    label : callable
        `label(i)` is the text of the i-th irrep of the family.
    partners : ndarray of int, shape (count,), optional
        Where the complex conjugate of each irrep stands in the family, such that real signals have
        conjugate coordinates there; ``None`` where that is not known.
    """

    dim: int
    multiplicity: int
    indicators: np.ndarray
    label: Callable[[int], str] = field(repr=False)
    partners: np.ndarray | None = field(default=None, repr=False)

    @property
    def count(self) -> int:
        """Number of irreps in the family."""
        return int(self.indicators.size)

    @cached_property
    def whole(self) -> View:
        """Every irrep."""
        ones = np.ones(self.count, dtype=np.int64)
        return View(np.arange(self.count), ones, np.zeros(self.count, dtype=bool))

    @cached_property
    def half(self) -> View:
        """One of each conjugate pair, as far as pairs are known."""
        if self.partners is None:
            return self.whole
        here = np.arange(self.count)
        positions = np.flatnonzero(self.partners >= here)
        own = self.partners[positions] == positions
        return View(positions, np.where(own, 1, 2), own)

    def spread(self, view: View, values: np.ndarray) -> np.ndarray:
        """Values at the positions of a view, (k, …), for every irrep; equal for conjugates."""
        whole = np.empty((self.count, *values.shape[1:]), dtype=values.dtype)
        if self.partners is not None:
            whole[self.partners[view.positions]] = values
        whole[view.positions] = values
        return whole


class IsotypicTransform(ABC):
    """Unitary transform into isotypic coordinates.

    Attributes
    ----------
    n : int
        Dimension of the signals.
    """

    n: int

    @property
    @abstractmethod
    def families(self) -> tuple[Family, ...]:
        """Irreps in the order in which `analyze` returns their coordinates."""

    @abstractmethod
    def analyze(self, x: np.ndarray) -> list[np.ndarray]:
        """Coordinates of `x`, shape (r, n): one (r, count, s, c) array per family."""

    @abstractmethod
    def synthesize(self, parts: list[np.ndarray]) -> np.ndarray:
        """Inverse of `analyze`: complex signals, shape (r, n)."""

    @property
    def views(self) -> tuple[View, ...]:
        """Irreps of each family that tell all of a real signal."""
        return tuple(family.half for family in self.families)

    def analyze_real(self, x: np.ndarray) -> list[np.ndarray]:
        """Coordinates of real signals, (r, n), at the `views`: (r, k, s, c) per family."""
        parts = self.analyze(x)
        return [part[:, view.positions] for part, view in zip(parts, self.views, strict=True)]

    def synthesize_real(self, parts: list[np.ndarray]) -> np.ndarray:
        """Inverse of `analyze_real`: real signals, shape (r, n)."""
        whole = []
        for part, view, family in zip(parts, self.views, self.families, strict=True):
            shape = (part.shape[0], family.count, *part.shape[2:])
            full = np.zeros(shape, dtype=np.complex128)
            if family.partners is not None:
                full[:, family.partners[view.positions]] = part.conj()
            full[:, view.positions] = part
            whole.append(full)
        return self.synthesize(whole).real
