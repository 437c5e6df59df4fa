r"""The two values of the subject: a group action and its irreducible representations."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from .isotypic import Family, IsotypicTransform
from .signed import SignedPermutation

__all__ = ["ComplexIrrep", "GroupAction", "Irreps", "RealIrrep"]

ENUMERATION_LIMIT = 200_000_000


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


@dataclass(frozen=True, eq=False)
class GroupAction:
    r"""An orthogonal action :math:`g \mapsto T_g` of a finite group on R^n.

    Build one with the constructors of `sensing_theorems.groups`; this class is the value they
    return. Multiplicities belong to the action, not to the abstract group.

    Parameters
    ----------
    name : str
        Text such as ``"shifts(28x28)"``.
    n : int
        Dimension of the signals, flattened in C order.
    generators : tuple of SignedPermutation
        Maps that generate the action.
    order : int or callable
        Number of elements |G|; a callable is evaluated once, when asked for.
    is_cyclic : bool
        True only where one element is known to generate the group.
    shape : tuple of int
        Array shape of a signal, for pictures.
    periods : tuple of int or None
        Where the generators form a direct product of cyclic groups: their orders.
    """

    name: str
    n: int
    generators: tuple[SignedPermutation, ...]
    is_cyclic: bool
    shape: tuple[int, ...]
    periods: tuple[int, ...] | None = None
    kind: str = "generic"
    parts: Any = field(default=None, repr=False)
    _order: int | Callable[[], int] = field(default=1, repr=False)
    _build: Callable[[], IsotypicTransform] | None = field(default=None, repr=False)

    @cached_property
    def order(self) -> int:
        """Number of elements |G| of the group, as it acts.

        A named action keeps the order of its name where the space is degenerate: the quarter turns
        of a single pixel are four.
        """
        return self._order() if callable(self._order) else self._order

    @cached_property
    def transform(self) -> IsotypicTransform:
        """Change of basis into isotypic coordinates.

        Raises
        ------
        ValueError
            If the group is known by generators only and n is beyond the general engine.
        """
        if self._build is None:
            raise ValueError(f"{self.name} has no isotypic transform.")
        return self._build()

    @cached_property
    def irreps(self) -> Irreps:
        """Dimensions and multiplicities of the irreps, over ℂ and over ℝ."""
        return Irreps.from_families(self.transform.families)

    def element(self, g: int | Sequence[int] | SignedPermutation) -> SignedPermutation:
        r"""Return the map T_g.

        Parameters
        ----------
        g : int, tuple of int, or SignedPermutation
            A number in 0, …, |G|-1 (0 is the identity; for a cyclic action with one generator g
            is its power); a tuple with one exponent per generator, meaning
            :math:`T_1^{g_1} T_2^{g_2} \cdots`; or an element itself, such as one of `generators`.

        Raises
        ------
        ValueError
            If the number is out of range, the tuple has another length, or the group is too
            large to be enumerated.
        TypeError
            If `g` is none of these.
        """
        if isinstance(g, SignedPermutation):
            if g.n != self.n:
                raise ValueError(f"the element must act on R^{self.n}; it acts on R^{g.n}.")
            return g
        if isinstance(g, int | np.integer):
            return self._numbered(int(g))
        if isinstance(g, tuple | list) and all(isinstance(e, int | np.integer) for e in g):
            if len(g) != len(self.generators):
                raise ValueError(
                    f"{self.name} has {len(self.generators)} generators and needs as many "
                    f"exponents; got {len(g)}."
                )
            result = SignedPermutation.identity(self.n)
            for generator, exponent in zip(self.generators, g, strict=True):
                result = result @ generator.power(int(exponent))
            return result
        raise TypeError(
            "an element is given by its number, by a tuple of exponents of the generators, or "
            f"by a SignedPermutation; got {type(g).__name__}."
        )

    def apply(self, g: int | Sequence[int] | SignedPermutation, x: np.ndarray) -> np.ndarray:
        """T_g x for signals `x` of shape (..., n); see `element` for `g`."""
        x = np.asarray(x)
        if x.ndim == 0 or x.shape[-1] != self.n:
            raise ValueError(f"signals must have shape (..., {self.n}); got {x.shape}.")
        return self.element(g)(x)

    def _numbered(self, g: int) -> SignedPermutation:
        if not 0 <= g < self.order:
            raise ValueError(
                f"an element number must lie in 0, …, |G| - 1 with |G| = {order_text(self.order)}; "
                f"got {g}."
            )
        if self.periods is not None:
            return self.element(tuple(int(e) for e in np.unravel_index(g, self.periods)))
        return self._enumerated[g]

    @cached_property
    def _enumerated(self) -> list[SignedPermutation]:
        if self.order * self.n > ENUMERATION_LIMIT:
            raise ValueError(
                f"{self.name} has {order_text(self.order)} elements on R^{self.n}, too many to "
                "enumerate; use its generators."
            )
        first = SignedPermutation.identity(self.n)
        found = {first.key(): first}
        front = [first]
        while front:
            following = []
            for element, generator in itertools.product(front, self.generators):
                candidate = generator @ element
                if candidate.key() not in found:
                    found[candidate.key()] = candidate
                    following.append(candidate)
            front = following
        return list(found.values())

    def elements(self) -> Iterator[SignedPermutation]:
        """All |G| maps, the identity first; refuses a group too large to list."""
        if self.periods is not None:
            if self.order * self.n > 10 * ENUMERATION_LIMIT:
                raise ValueError(
                    f"{self.name} has {order_text(self.order)} elements, too many to list."
                )
            return (self._numbered(g) for g in range(self.order))
        return iter(self._enumerated)

    def __repr__(self) -> str:
        order = self._order if isinstance(self._order, int) else self.__dict__.get("order")
        size = "" if order is None else f", |G|={order_text(order)}"
        return f"<GroupAction {self.name}: n={self.n}{size}>"

    def same_as(self, other: GroupAction) -> bool:
        """Whether both have equal generators, in order."""
        return (
            self.n == other.n
            and len(self.generators) == len(other.generators)
            and all(a.equals(b) for a, b in zip(self.generators, other.generators, strict=True))
        )


def order_text(order: int) -> str:
    """Order of a group for people; |S_n| soon exceeds what floating point can hold."""
    if order < 10**9:
        return str(order)
    digits = int(math.log10(order))
    # From the leading digits alone: a long integer may not be turned into text as a whole.
    leading = order // 10 ** (digits - 2)
    while leading >= 1000:
        leading, digits = leading // 10, digits + 1
    return f"{leading / 100:.2f}e{digits}"


def product_order(periods: Sequence[int]) -> tuple[int, bool]:
    """Order of a direct product of cyclic groups, and whether it is cyclic (coprime orders)."""
    order = math.prod(periods)
    return order, math.lcm(*periods) == order
