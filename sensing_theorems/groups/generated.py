r"""A group known by (signed) permutations that generate it: the ladder of ways to its irreps.

1. Generators that commute: orbits and Fourier transforms, at any size.
2. Orbits by type, then the algebra of orbitals, whose size is the dimension of the commutant.
3. Where that is large and the group is small: its character table.

Every rung certifies its integers; where none reaches, the error names the limits.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from .action import GroupAction
from .commutant import CommutantTransform, PermutationCommutant, check_points
from .cycles import cycle_counts, cycle_irreps, cycle_order
from .irreps import Irreps
from .lattices import abelian_action
from .orbit_classes import OrbitClasses
from .orbit_types import orbit_types
from .orbital_algebra import Orbitals, irreps_by_orbitals
from .signed import SignedPermutation

__all__ = ["Generated", "generated", "schreier_sims_order"]

POINT_LIMIT = 4096  # whose pairs fit into memory
ALGEBRA_LIMIT = 2500
_QUICK_ALGEBRA = 700


class Generated:
    """What can be found out about the group that some signed permutations generate.

    Parameters
    ----------
    maps : sequence of SignedPermutation
    """

    def __init__(self, maps: Sequence[SignedPermutation]) -> None:
        self.maps = tuple(maps)

    @cached_property
    def classes(self) -> OrbitClasses:
        """Orbits by type."""
        return OrbitClasses.of(self.maps)

    @cached_property
    def orbitals(self) -> Orbitals | None:
        """Orbitals of one orbit of each type, where pairs of points can be listed."""
        if sum(self.classes.sizes) > POINT_LIMIT:
            return None
        return Orbitals.of(self.classes.reduced)

    @cached_property
    def irreps(self) -> Irreps:
        """Table of the action.

        Raises
        ------
        ValueError
            If the group is beyond the limits of every route.
        """
        algebra = self.orbitals.count if self.orbitals is not None else None
        if self.orbitals is not None and self.orbitals.count <= _QUICK_ALGEBRA:
            return irreps_by_orbitals(self.classes, self.orbitals)
        from .character_table import irreps_by_classes

        try:
            found = irreps_by_classes(self.classes.reduced, weights=self._copies())
        except ValueError as error:
            if self.orbitals is not None and self.orbitals.count <= ALGEBRA_LIMIT:
                return irreps_by_orbitals(self.classes, self.orbitals)
            points = sum(self.classes.sizes)
            large = f"{points} points" if algebra is None else f"a commutant of dimension {algebra}"
            raise ValueError(
                f"multiplicities from generators need at most {POINT_LIMIT} points in orbits of "
                f"different types and a commutant of dimension at most {ALGEBRA_LIMIT}, or a small "
                f"group; got {large}, and {error}"
            ) from None
        return found

    def _copies(self) -> np.ndarray:
        """How often each point of `classes.reduced` stands for another one."""
        return np.repeat(self.classes.copies, self.classes.sizes)

    def transform(self) -> CommutantTransform:
        """Isotypic coordinates."""
        quick = self.orbitals is not None and self.orbitals.count <= _QUICK_ALGEBRA
        real = quick and all(row.indicator == 1 for row in self.irreps.complex)
        check_points(self.classes)
        orbitals = self.orbitals or Orbitals.of(self.classes.reduced)
        return CommutantTransform(
            self.classes, PermutationCommutant(self.classes.reduced, orbitals), real
        )

    def order(self) -> int:
        """Order of the group; equal orbits tell nothing new."""
        return schreier_sims_order(self.classes.reduced)


def generated(
    name: str, maps: tuple[SignedPermutation, ...], shape: tuple[int, ...]
) -> GroupAction:
    """Action of the group that the maps generate."""
    if all((a @ b).equals(b @ a) for a, b in itertools.combinations(maps, 2)):
        if len(maps) == 1:
            cycles = cycle_counts(maps[0])
            periods = (cycle_order(cycles),)
            return abelian_action(
                name,
                maps,
                lambda: orbit_types(maps),
                shape,
                periods,
                lambda: cycle_irreps(cycles),
            )
        return abelian_action(name, maps, orbit_types(maps), shape)
    found = Generated(maps)
    return GroupAction(
        name,
        maps[0].n,
        maps,
        False,
        shape,
        parts=found,
        _order=found.order,
        _build=found.transform,
        _table=lambda: found.irreps,
    )


def schreier_sims_order(maps: Sequence[SignedPermutation]) -> int:
    """Order by Schreier–Sims; a signed permutation acts on the 2n points ±e_i."""
    from sympy.combinatorics import Permutation, PermutationGroup

    signed = any(g.signs is not None for g in maps)

    def lifted(g: SignedPermutation) -> list[int]:
        if not signed:
            return g.images.tolist()
        negative = np.zeros(g.n, dtype=bool) if g.signs is None else g.signs < 0
        plus = g.images + g.n * negative
        minus = g.images + g.n * ~negative
        return np.concatenate([plus, minus]).tolist()

    group = PermutationGroup([Permutation(lifted(g)) for g in maps])
    # Of random words, one with a long prime cycle proves it (Jordan); else the answer is no guess.
    if not signed and maps[0].n >= 8 and group.is_transitive() and group.is_alt_sym():
        even = all(g.is_even for g in group.generators)
        return math.factorial(maps[0].n) // (2 if even else 1)
    return int(group.order())
