r"""Isotypic components: the value that every engine hands to the rank.

Over the complex numbers :math:`\mathbb{C}^n = \bigoplus_j W_j \otimes \mathbb{C}^{c_j}` with
:math:`\dim W_j = s_j`, and :math:`T_g` acts as :math:`D_j(g) \otimes I`. An isotypic transform is
the unitary change of basis into these coordinates. Irreps that share :math:`(s_j, c_j)` travel
together as one *family*, so that a million characters are one array and not a million objects.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

__all__ = ["Family", "IsotypicTransform"]


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


class IsotypicTransform(Protocol):
    """Unitary transform into isotypic coordinates.

    Attributes
    ----------
    n : int
        Dimension of the signals.
    """

    n: int

    @property
    def families(self) -> tuple[Family, ...]:
        """Irreps in the order in which `analyze` returns their coordinates."""
        ...

    def analyze(self, x: np.ndarray) -> list[np.ndarray]:
        """Coordinates of `x`, shape (r, n): one (r, count, s, c) array per family."""
        ...

    def synthesize(self, parts: list[np.ndarray]) -> np.ndarray:
        """Inverse of `analyze`: complex signals, shape (r, n)."""
        ...
