r"""Dimensions and multiplicities of the irreducible representations of an action."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

import numpy as np

from .isotypic import Family

__all__ = ["ComplexIrrep", "Irreps", "RealIrrep"]


class ComplexIrrep(NamedTuple):
    """`count` inequivalent complex irreps of this dimension, multiplicity and indicator."""

    dim: int
    multiplicity: int
    indicator: int
    count: int  # type: ignore[assignment]


class RealIrrep(NamedTuple):
    """`count` inequivalent real irreps of this dimension, multiplicity and algebra."""

    dim: int
    multiplicity: int
    algebra: str
    count: int  # type: ignore[assignment]


@dataclass(frozen=True)
class Irreps:
    r"""Multiplicities of the irreducible representations of an action on R^n.

    Over ℂ, :math:`\mathbb{C}^n = \bigoplus_j W_j \otimes \mathbb{C}^{c_j}` with
    :math:`\dim W_j = s_j`. Every bound of the theory uses these complex numbers; the real table
    is given beside it and must not be put into :math:`\max_j c_j/s_j`.

    Parameters
    ----------
    complex : tuple of ComplexIrrep
        Rows ``(dim, multiplicity, indicator, count)``, sorted, multiplicity > 0.

    Examples
    --------
    >>> import sensing_theorems as st
    >>> print(st.groups.quarter_turns(5).irreps)
    over C: 2 x (s=1, c=6, complex) + 1 x (s=1, c=6, real) + 1 x (s=1, c=7, real)
    over R: 1 x (s=1, c=6, R) + 1 x (s=1, c=7, R) + 1 x (s=2, c=6, C)
    n = 25, max c = 7, max c/s = 7, commutant dimension 157
    """

    complex: tuple[ComplexIrrep, ...]

    @classmethod
    def from_families(cls, families: Sequence[Family]) -> Irreps:
        """Collect the rows of several families."""
        counts: dict[tuple[int, int, int], int] = {}
        for family in families:
            values, repeats = np.unique(family.indicators, return_counts=True)
            for indicator, count in zip(values.tolist(), repeats.tolist(), strict=True):
                key = (family.dim, family.multiplicity, indicator)
                counts[key] = counts.get(key, 0) + count
        return cls(tuple(ComplexIrrep(*key, counts[key]) for key in sorted(counts)))

    @cached_property
    def real(self) -> tuple[RealIrrep, ...]:
        r"""Rows ``(dim, multiplicity, algebra, count)`` over ℝ.

        Real type keeps (s, c); a conjugate pair becomes one irrep (2s, c) with algebra C; the
        quaternionic type becomes (2s, c/2) with algebra H.
        """
        counts: dict[tuple[int, int, str], int] = {}
        for dim, multiplicity, indicator, count in self.complex:
            if indicator == 1:
                key, number = (dim, multiplicity, "R"), count
            elif indicator == 0:
                key, number = (2 * dim, multiplicity, "C"), count // 2
            else:
                key, number = (2 * dim, multiplicity // 2, "H"), count
            counts[key] = counts.get(key, 0) + number
        return tuple(RealIrrep(*key, counts[key]) for key in sorted(counts))

    @property
    def n(self) -> int:
        r"""Dimension :math:`n = \sum_j s_j c_j`."""
        return sum(r.dim * r.multiplicity * r.count for r in self.complex)

    @property
    def max_multiplicity(self) -> int:
        r""":math:`\max_j c_j` over ℂ, the number of the sufficient bound."""
        return max(r.multiplicity for r in self.complex)

    @property
    def max_ratio(self) -> Fraction:
        r""":math:`\max_j c_j / s_j` over ℂ, the number of the necessary bound."""
        return max(Fraction(r.multiplicity, r.dim) for r in self.complex)

    @property
    def commutant_dim(self) -> int:
        r""":math:`\sum_j c_j^2`, the dimension of the algebra that commutes with the action."""
        return sum(r.multiplicity**2 * r.count for r in self.complex)

    def generic_rank(self, m: int) -> int:
        r"""Rank of the stack for almost every A with m rows: :math:`\sum_j s_j \min(m s_j, c_j)`.

        Source: theory of the block form (derived here, see `sensing_theorems.stacked_rank`).
        """
        return sum(r.dim * min(m * r.dim, r.multiplicity) * r.count for r in self.complex)

    def __str__(self) -> str:
        kind = {1: "real", 0: "complex", -1: "quaternionic"}
        over_c = " + ".join(
            f"{r.count} x (s={r.dim}, c={r.multiplicity}, {kind[r.indicator]})"
            for r in self.complex
        )
        over_r = " + ".join(
            f"{r.count} x (s={r.dim}, c={r.multiplicity}, {r.algebra})" for r in self.real
        )
        return (
            f"over C: {over_c}\nover R: {over_r}\n"
            f"n = {self.n}, max c = {self.max_multiplicity}, max c/s = {self.max_ratio}, "
            f"commutant dimension {self.commutant_dim}"
        )
