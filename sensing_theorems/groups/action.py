r"""A group action on signals: the value that every constructor returns."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from .components import Isotypic, average_map, average_matrix, isotypic
from .element import Element
from .irreps import Irreps
from .isotypic import IsotypicTransform
from .orders import order_text

__all__ = ["GroupAction"]

ENUMERATION_LIMIT = 200_000_000


@dataclass(frozen=True, eq=False)
class GroupAction:
    r"""An action :math:`g \mapsto T_g` of a finite or compact group on R^n.

    Build one with the constructors of `sensing_theorems.groups`; this class is the value they
    return. Multiplicities belong to the action, not to the abstract group.

    Parameters
    ----------
    name : str
        Text such as ``"shifts(28x28)"``.
    n : int
        Dimension of the signals, flattened in C order.
    generators : tuple of Element
        Maps that generate the action; of a continuous group, a dense subgroup.
    is_cyclic : bool
        True only where one element is known to generate the group (of a continuous one: a dense
        subgroup, so that the group is monothetic, as SO(2) is).
    shape : tuple of int
        Array shape of a signal, for pictures.
    periods : tuple of int or None
        Where the generators form a direct product of cyclic groups: their orders.
    harmonics : object or None
        Where signals are coefficients of functions on a disk or a ball: what turns them into
        images and back.
    """

    name: str
    n: int
    generators: tuple[Any, ...]
    is_cyclic: bool
    shape: tuple[int, ...]
    periods: tuple[int, ...] | None = None
    kind: str = "generic"
    parts: Any = field(default=None, repr=False)
    harmonics: Any = field(default=None, repr=False)
    _order: int | float | Callable[[], int] = field(default=1, repr=False)
    _build: Callable[[], IsotypicTransform] | None = field(default=None, repr=False)
    _table: Callable[[], Irreps] | None = field(default=None, repr=False)
    _at: Callable[[Any], Element] | None = field(default=None, repr=False)

    @cached_property
    def order(self) -> int:
        """Number of elements |G| of the group, as it acts; `math.inf` for a continuous group.

        A named action keeps the order of its name where the space is degenerate: the quarter turns
        of a single pixel are four.
        """
        # Infinity is a float; everywhere else the order is an exact integer.
        return self._order() if callable(self._order) else self._order  # type: ignore[return-value]

    @property
    def finite(self) -> bool:
        """Whether the group is finite; found without computing its order."""
        return callable(self._order) or self._order != math.inf

    @property
    def cyclic_text(self) -> str:
        """Whether the group is known to be cyclic, in words."""
        if not self.is_cyclic:
            return "not known to be cyclic"
        return "cyclic" if self.finite else "generated densely by one element"

    @cached_property
    def orthogonal(self) -> bool:
        r"""Whether all :math:`T_g` are orthogonal, up to rounding."""
        return all(g.orthogonal for g in self.generators)

    @cached_property
    def rounding(self) -> float:
        """By how much computed maps may miss the group, in norm: ranks need a margin for it."""
        return max(float(g.rounding) for g in self.generators)

    @cached_property
    def transform(self) -> IsotypicTransform:
        """Orthogonal change of basis into isotypic coordinates.

        Raises
        ------
        ValueError
            If the action is not orthogonal, or is known by generators only and beyond the reach of
            the general engine.
        """
        if self._build is None:
            raise ValueError(f"{self.name} has no isotypic transform.")
        if not self.orthogonal:
            raise ValueError(
                f"isotypic coordinates need an orthogonal action; {self.name} is not. "
                "`irreps` gives its multiplicities all the same."
            )
        return self._build()

    @cached_property
    def has_transform(self) -> bool:
        """Whether `transform` is within reach."""
        try:
            return bool(self.transform.families)
        except (ValueError, ArithmeticError):
            return False

    @cached_property
    def irreps(self) -> Irreps:
        """Dimensions and multiplicities of the irreps, over ℂ and over ℝ.

        Raises
        ------
        ValueError
            If the group is known by generators only and beyond the reach of every route.
        ArithmeticError
            If no computation passed its integer certificate.
        """
        if self._table is not None:
            return self._table()
        return Irreps.from_families(self.transform.families)

    def element(self, g: Any) -> Element:
        r"""Return the map T_g.

        Parameters
        ----------
        g : int, tuple of int, Element, or what the group is parametrised by
            A number in 0, …, |G|-1 (0 is the identity; for a cyclic action with one generator g
            is its power); a tuple with one exponent per generator, meaning
            :math:`T_1^{g_1} T_2^{g_2} \cdots`; or an element itself, such as one of `generators`
            (not looked for in the group). For SO(2) a number is an angle in radians, and a tuple an
            exponent of its generator, the golden angle; for SO(3) a rotation matrix (3, 3).

        Raises
        ------
        ValueError
            If the number is out of range, the tuple has another length, or the group is too
            large to be enumerated.
        TypeError
            If `g` is none of these.
        """
        if isinstance(g, Element):
            if g.n != self.n:
                raise ValueError(f"the element must act on R^{self.n}; it acts on R^{g.n}.")
            if type(g) is not type(self.generators[0]):
                raise ValueError(
                    f"elements of {self.name} are of type {type(self.generators[0]).__name__}; "
                    f"got {type(g).__name__}."
                )
            return g
        parts = g if isinstance(g, tuple | list) else [g]
        # Elements of continuous groups are given by angles and matrices, which look for themselves.
        if self._order != math.inf and any(isinstance(part, bool) for part in parts):
            raise TypeError("an element is given by integers; got bool.")
        if isinstance(g, tuple | list) and all(isinstance(e, int | np.integer) for e in g):
            return self._word(g)
        if self._at is not None:
            return self._at(g)
        if isinstance(g, int | np.integer):
            return self._numbered(int(g))
        raise TypeError(
            "an element is given by its number, by a tuple of exponents of the generators, or "
            f"by an Element; got {type(g).__name__}."
        )

    def _word(self, exponents: Sequence[int]) -> Element:
        if len(exponents) != len(self.generators):
            raise ValueError(
                f"{self.name} has {len(self.generators)} generators and needs as many "
                f"exponents; got {len(exponents)}."
            )
        result = self.identity
        for generator, exponent in zip(self.generators, exponents, strict=True):
            result = result @ generator.power(int(exponent))
        return result

    @property
    def identity(self) -> Any:
        """The identity of R^n, as an element of this action."""
        return self.generators[0].power(0)

    def apply(self, g: Any, x: np.ndarray) -> np.ndarray:
        """T_g x for signals `x` of shape (..., n); see `element` for `g`."""
        x = np.asarray(x)
        if x.ndim == 0 or x.shape[-1] != self.n:
            raise ValueError(f"signals must have shape (..., {self.n}); got {x.shape}.")
        return self.element(g)(x)

    def isotypic(self, x: np.ndarray) -> Isotypic:
        r"""Signals in isotypic coordinates; see `Isotypic` for parts, energies and the inverse.

        Parameters
        ----------
        x : array_like of shape (..., n)

        Raises
        ------
        ValueError
            If the shape is another, or `transform` is out of reach.

        Examples
        --------
        >>> import sensing_theorems as st
        >>> found = st.groups.reflections(3).isotypic([1.0, 5.0, 3.0])
        >>> found.labels, found.component(1).round(12).tolist()
        (('frequency 1/2', 'frequency 0'), [2.0, 5.0, 2.0])
        """
        return isotypic(self, x)

    def equivariant_average(self, f: Any) -> Any:
        r"""Reynolds operator: average over the group, which commutes with it.

        Parameters
        ----------
        f : array_like of shape (n, n), or callable
            A matrix M gives :math:`\frac{1}{|G|} \sum_g T_g M T_g^{-1}`, from isotypic
            coordinates where there are any, so that the group may be huge or continuous. A
            function, of signals (..., n) to signals (..., n), gives the function
            :math:`x \mapsto \frac{1}{|G|} \sum_g T_g f(T_g^{-1} x)`, which lists the group.

        Returns
        -------
        ndarray of shape (n, n), or callable

        Raises
        ------
        ValueError
            If the shape is another, or elements must be listed and are too many.
        """
        return average_map(self, f) if callable(f) else average_matrix(self, f)

    def _numbered(self, g: int) -> Element:
        if not 0 <= g < self.order:
            raise ValueError(
                f"an element number must lie in 0, …, |G| - 1 with |G| = {order_text(self.order)}; "
                f"got {g}."
            )
        if self.periods is not None:
            return self._word([int(e) for e in np.unravel_index(g, self.periods)])
        return self._enumerated[g]

    @cached_property
    def _enumerated(self) -> list[Element]:
        self._check_finite()
        if self.order * self.n > ENUMERATION_LIMIT:
            raise ValueError(
                f"{self.name} has {order_text(self.order)} elements on R^{self.n}, too many to "
                "enumerate; use its generators."
            )
        first = self.identity
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
        if len(found) != self.order:
            raise ArithmeticError(
                f"{self.name} should have {self.order} elements; its generators make {len(found)}."
            )
        return list(found.values())

    def _check_finite(self) -> None:
        if not self.finite:
            raise ValueError(
                f"{self.name} is a continuous group, whose elements cannot be listed; restrict it "
                "to a finite subgroup, or use method 'blocks' or 'sketch'."
            )

    def elements(self) -> Iterator[Element]:
        """All |G| maps, the identity first; refuses a group too large to list."""
        self._check_finite()
        if self.periods is not None:
            if self.order * self.n > 10 * ENUMERATION_LIMIT:
                raise ValueError(
                    f"{self.name} has {order_text(self.order)} elements, too many to list."
                )
            return (self._numbered(g) for g in range(self.order))
        return iter(self._enumerated)

    def __repr__(self) -> str:
        order = self.__dict__.get("order") if callable(self._order) else self._order
        size = "" if order is None else f", |G|={order_text(order)}"
        return f"<GroupAction {self.name}: n={self.n}{size}>"

    def __sweep_parameters__(self) -> dict[str, Any]:
        """Return what identifies the action in the specification of a sweep."""
        # Not what was found out about it, which changes as it is used.
        return {"n": self.n, "generators": self.generators}

    def same_as(self, other: GroupAction) -> bool:
        """Whether both have equal generators, in order."""
        if not isinstance(other, GroupAction):
            raise TypeError(f"actions are compared with actions; got {type(other).__name__}.")
        return (
            self.n == other.n
            and len(self.generators) == len(other.generators)
            and all(a.equals(b) for a, b in zip(self.generators, other.generators, strict=True))
        )
