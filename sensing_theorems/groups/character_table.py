r"""Character tables of groups small enough to be listed, and multiplicities from them.

They come out of random weights (see `characters`), so that every table is certified by integers or
drawn again; on request it is proved.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from .action import GroupAction
from .characters import burnside, multiplicities, value_text
from .enumeration import ListedGroup
from .irreps import ComplexIrrep, Irreps
from .signed import SignedPermutation

__all__ = [
    "CLASS_LIMIT",
    "PRODUCT_LIMIT",
    "CharacterTable",
    "character_table",
    "irreps_by_classes",
]

CLASS_LIMIT = 3000
PRODUCT_LIMIT = 500_000_000
_DRAWS = 8
_SHOWN = 16


@dataclass(frozen=True, eq=False)
class CharacterTable:
    r"""The irreducible characters of a finite group of signed permutations.

    Parameters
    ----------
    group : ListedGroup
        Elements and classes.
    characters : ndarray of complex128, shape (irreps, classes)
        :math:`\chi_j(g_i)`; by degree, the trivial character first.
    degrees : ndarray of int64, shape (irreps,)
        :math:`s_j = \chi_j(1)`.
    indicators : ndarray of int64, shape (irreps,)
        :math:`\nu_j = |G|^{-1} \sum_g \chi_j(g^2)`: 1 for real, 0 for complex, -1 for quaternionic
        type (Frobenius and Schur).
    exact : bool
        Whether the table is proved by arithmetic modulo a prime.

    Examples
    --------
    >>> import sensing_theorems as st
    >>> print(character_table(st.groups.symmetric(4)))
    group of order 24, 5 classes
    size            1  3  6   6   8
    order           1  2  2   4   3
    degree 1, real  1  1  1   1   1
    degree 1, real  1  1 -1  -1   1
    degree 2, real  2  2  0   0  -1
    degree 3, real  3 -1  1  -1   0
    degree 3, real  3 -1 -1   1   0
    """

    group: ListedGroup = field(repr=False)
    characters: np.ndarray = field(repr=False)
    degrees: np.ndarray
    indicators: np.ndarray
    exact: bool = False

    @property
    def order(self) -> int:
        """Number of elements |G|."""
        return self.group.order

    @property
    def class_sizes(self) -> np.ndarray:
        """Sizes :math:`|C_i|`, increasing; shape (classes,)."""
        return self.group.sizes

    @property
    def element_orders(self) -> np.ndarray:
        """Order of the elements of each class; shape (classes,)."""
        return self.group.element_orders

    @cached_property
    def representatives(self) -> tuple[SignedPermutation, ...]:
        """One element :math:`g_i` of each class, the identity first."""
        return tuple(self.group.element(int(g)) for g in self.group.representatives)

    @property
    def words(self) -> tuple[tuple[int, ...], ...]:
        """Each representative as a product of generators, given by their numbers."""
        return tuple(self.group.word(int(g)) for g in self.group.representatives)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Each irrep in words, such as ``"degree 3, characters (3, -1, 1, -1, 0)"``."""
        more = ", …" if self.characters.shape[1] > 6 else ""
        return tuple(
            f"degree {s}, characters ({', '.join(value_text(v) for v in row[:6])}{more})"
            for s, row in zip(self.degrees, self.characters, strict=True)
        )

    def multiplicities(self, character: Any = None) -> np.ndarray:
        r"""How often each irrep occurs in a representation.

        .. math:: c_j = |G|^{-1} \sum_i |C_i|\,\chi(g_i)\overline{\chi_j(g_i)}

        Parameters
        ----------
        character : array_like, shape (classes,), optional
            Traces of any representation at `representatives`; of matrices, say, multiplied as
            `words` says. Left out, those of the signed permutations themselves.

        Returns
        -------
        ndarray of int64, shape (irreps,)

        Raises
        ------
        ValueError
            If the values are no character: a multiplicity is negative or no integer.
        ArithmeticError
            If :math:`\sum_j s_j c_j = \chi(1)` or :math:`\sum_j c_j^2 = \langle\chi,\chi\rangle`
            fails, in integers where the character has integer values.
        """
        values = self.group.traces() if character is None else np.asarray(character)
        return multiplicities(self.characters, self.group.sizes, values)

    def irreps(self, character: Any = None) -> Irreps:
        """Table of the irreps that occur, with their multiplicities; see `multiplicities`."""
        rows = zip(
            self.degrees.tolist(),
            self.multiplicities(character).tolist(),
            self.indicators.tolist(),
            strict=True,
        )
        counts = Counter(row for row in rows if row[1])
        return Irreps(tuple(ComplexIrrep(*key, counts[key]) for key in sorted(counts)))

    def __str__(self) -> str:
        kind = {1: "real", 0: "complex", -1: "quaternionic"}
        heads = ["size", "order"] + [
            f"degree {s}, {kind[v]}"
            for s, v in zip(self.degrees.tolist(), self.indicators.tolist(), strict=True)
        ]
        table = [self.group.sizes, self.element_orders, *self.characters]
        cells = [[value_text(complex(v)) for v in row[:_SHOWN]] for row in table[: _SHOWN + 2]]
        wide = [max(len(text) for text in column) for column in zip(*cells, strict=True)]
        left = max(map(len, heads))
        lines = [f"group of order {self.order}, {len(self.group.sizes)} classes"]
        for head, row in zip(heads, cells, strict=False):
            texts = [text.rjust(width) for text, width in zip(row, wide, strict=True)]
            lines.append("  ".join([head.ljust(left), *texts]))
        if len(self.degrees) > _SHOWN:
            lines.append(f"… and {len(self.degrees) - _SHOWN} more irreps and classes")
        return "\n".join(lines)


def character_table(
    source: GroupAction | ListedGroup | Sequence[SignedPermutation], *, exact: bool = False
) -> CharacterTable:
    """Irreducible characters of the group that signed permutations generate, as they act.

    Parameters
    ----------
    source : GroupAction, ListedGroup or sequence of SignedPermutation
        Generators, or what has such.
    exact : bool
        Prove the table modulo a prime, and return every value as the sum of roots of unity that it
        is: correct to the last digits.

    Raises
    ------
    ValueError
        If the group has more than 200 000 elements or 3000 classes, or would need more than 1e8
        images of points or 5e8 products of elements with representatives.
    TypeError
        If a generator is no signed permutation.
    ArithmeticError
        If no draw of weights passed its certificate.
    """
    if not isinstance(source, ListedGroup | GroupAction | list | tuple):
        raise TypeError(
            "`source` must be a GroupAction, a ListedGroup or a list of SignedPermutations; got "
            f"{type(source).__name__}."
        )
    if isinstance(source, ListedGroup):
        group = source
    else:
        group = ListedGroup.of(source.generators if isinstance(source, GroupAction) else source)
    classes = len(group.sizes)
    if classes > CLASS_LIMIT or group.order * classes > PRODUCT_LIMIT:
        raise ValueError(
            f"the character table needs at most {CLASS_LIMIT} classes and {PRODUCT_LIMIT} "
            f"products |G| x classes; got {classes} classes and |G| = {group.order}."
        )
    for seed in range(_DRAWS):
        found = burnside(group, np.random.default_rng(seed))
        if found is not None:
            table = CharacterTable(group, *found)
            return _proved(table) if exact else table
    raise ArithmeticError(
        f"no character table of this group of order {group.order} passed its certificate "
        f"(integer degrees, indicators 1, 0 or -1) in {_DRAWS} draws."
    )


def irreps_by_classes(
    generators: Sequence[SignedPermutation], *, weights: np.ndarray | None = None
) -> Irreps:
    """Irreps of an action through the character table of its group.

    Parameters
    ----------
    generators : sequence of SignedPermutation
    weights : ndarray of int, shape (n,), optional
        How many coordinates each one stands for, where equal orbits are given once.

    Raises
    ------
    ValueError, TypeError, ArithmeticError
        As `character_table` does.
    """
    table = character_table(generators)
    return table.irreps(table.group.traces(weights))


def _proved(table: CharacterTable) -> CharacterTable:
    """The same table with proved values."""
    from .exact_characters import proved_characters

    characters = proved_characters(table.group, table.characters, table.degrees, table.indicators)
    return CharacterTable(table.group, characters, table.degrees, table.indicators, True)
