r"""Isotypic coordinates of any group from generators, through its commutant.

The matrices that commute with every :math:`T_g` have one degree of freedom per orbital (orbit of
index pairs), so their dimension :math:`\sum_j c_j^2` is counted exactly. A random Hermitian one has
one irreducible copy per eigenvalue; a second one links equivalent copies by Schur's lemma. Both
choices are generic, so the outcome is certified by :math:`\sum_j s_j c_j = n`,
:math:`\sum_j c_j^2 = \#\text{orbitals}` and by the block form of every generator, or drawn again.

All of this happens on one orbit of each type; equal orbits share its basis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .characters import value_text
from .copies import AdaptedIrrep, Commutant, decompose
from .isotypic import Family, IsotypicTransform
from .orbit_classes import OrbitClasses
from .orbital_algebra import Orbitals
from .signed import SignedPermutation

__all__ = ["COMMUTANT_LIMIT", "CommutantTransform", "PermutationCommutant", "check_points"]

COMMUTANT_LIMIT = 2048
_DRAWS = 8


@dataclass(frozen=True, eq=False)
class PermutationCommutant:
    """Commutant of signed permutations: one degree of freedom per orbital."""

    generators: Sequence[SignedPermutation]
    orbitals: Orbitals

    @property
    def dim(self) -> int:
        """Number of orbitals."""
        return self.orbitals.count

    @property
    def forms(self) -> int:
        """Symmetric orbitals less antisymmetric ones."""
        opposite, sign = self.orbitals.transposed()
        return int(sign[opposite == np.arange(opposite.size)].sum())

    @property
    def rounding(self) -> float:
        """Nothing: they move and negate entries."""
        return 0.0

    def sample(self, rng: np.random.Generator, real: bool) -> np.ndarray:
        """Draw a weight per orbital."""
        return self.orbitals.sample(rng, real)


class CommutantTransform(IsotypicTransform):
    """Isotypic coordinates of a group through what commutes with it.

    Parameters
    ----------
    classes : OrbitClasses
        How signals are made of orbits, equal ones side by side.
    commutant : Commutant
        On one orbit of each type.
    real : bool
        Whether all irreps are known to be of real type; then the basis is real.

    Raises
    ------
    ArithmeticError
        When first used, if no draw passes its certificate.
    """

    def __init__(self, classes: OrbitClasses, commutant: Commutant, real: bool) -> None:
        self.classes, self.commutant, self.real = classes, commutant, real
        self.n = sum(index.size for index in classes.index)

    @classmethod
    def of(cls, generators: Sequence[SignedPermutation], real: bool = False) -> CommutantTransform:
        """Transform for the group that signed permutations generate.

        Raises
        ------
        ValueError
            If orbits of different types have more than 2048 points together.
        """
        classes = OrbitClasses.of(generators)
        check_points(classes)
        return cls(
            classes, PermutationCommutant(classes.reduced, Orbitals.of(classes.reduced)), real
        )

    @cached_property
    def _irreps(self) -> list[list[AdaptedIrrep]]:
        """Irreps that share dimension and multiplicities, together."""
        for seed in range(_DRAWS):
            rng = np.random.default_rng(seed)
            found = decompose(self.commutant, self.classes.offsets, self.real, rng)
            if found is not None and self._certified(found):
                groups: dict[tuple[int, ...], list[AdaptedIrrep]] = {}
                for irrep in found:
                    groups.setdefault(irrep.key, []).append(irrep)
                return [groups[key] for key in sorted(groups)]
        raise ArithmeticError(
            f"no decomposition of this action on R^{self.n} passed its integer certificate (sum of "
            f"c^2 must be {self.commutant.dim} on one orbit of each type) in {_DRAWS} draws."
        )

    def _certified(self, found: list[AdaptedIrrep]) -> bool:
        size = sum(irrep.key[0] * sum(irrep.key[1:]) for irrep in found)
        squares = sum(sum(irrep.key[1:]) ** 2 for irrep in found)
        forms = sum(irrep.indicator * sum(irrep.key[1:]) for irrep in found)
        if size != sum(self.classes.sizes) or squares != self.commutant.dim:
            return False
        if forms != self.commutant.forms:
            return False
        # The traces were taken while the block form of the generators was checked.
        return all(len(irrep.characters) == len(self.commutant.generators) for irrep in found)

    @cached_property
    def families(self) -> tuple[Family, ...]:
        """Irreps in the order of dimension and multiplicities."""
        families = []
        for group in self._irreps:
            s, *own = group[0].key
            c = sum(q * k for q, k in zip(self.classes.copies, own, strict=True))
            names = [f"dimension {s}, {_character_text(irrep.characters)}" for irrep in group]
            partners = np.arange(len(group)) if self.real else None
            indicators = np.array([irrep.indicator for irrep in group])
            families.append(Family(s, c, indicators, names.__getitem__, partners))
        return tuple(families)

    @cached_property
    def _bases(self) -> list[list[np.ndarray]]:
        """Per family and type: the bases of all its irreps, (size, count, s, c)."""
        return [
            [
                np.stack([irrep.bases[t] for irrep in group], axis=1)
                for t in range(len(self.classes.sizes))
            ]
            for group in self._irreps
        ]

    def analyze(self, x: np.ndarray) -> list[np.ndarray]:
        """Coordinates of `x`, shape (r, n)."""
        along = [
            x[:, index] * signs
            for index, signs in zip(self.classes.index, self.classes.signs, strict=True)
        ]
        parts = []
        for bases in self._bases:
            pieces = []
            for values, basis in zip(along, bases, strict=True):
                z = np.tensordot(values, basis.conj(), 1)  # (r, q, count, s, c)
                pieces.append(z.transpose(0, 2, 3, 1, 4).reshape(len(x), *basis.shape[1:3], -1))
            parts.append(np.concatenate(pieces, axis=3))
        return parts

    def synthesize(self, parts: list[np.ndarray]) -> np.ndarray:
        """Inverse of `analyze`."""
        r = parts[0].shape[0]
        along = [np.zeros((r, *index.shape), np.complex128) for index in self.classes.index]
        for part, bases in zip(parts, self._bases, strict=True):
            start = 0
            for values, basis in zip(along, bases, strict=True):
                q, (_, count, s, c) = values.shape[1], basis.shape
                piece = part[..., start : start + q * c].reshape(r, count, s, q, c)
                values += np.einsum("rksqc,nksc->rqn", piece, basis, optimize=True)
                start += q * c
        out = np.empty((r, self.n), dtype=np.complex128)
        for values, index, signs in zip(along, self.classes.index, self.classes.signs, strict=True):
            out[:, index] = values * signs
        return out


def check_points(classes: OrbitClasses) -> None:
    """Refuse orbits whose dense decomposition would be out of reach."""
    points = sum(classes.sizes)
    if points > COMMUTANT_LIMIT:
        raise ValueError(
            f"isotypic coordinates from generators need at most {COMMUTANT_LIMIT} points in "
            f"orbits of different types; got {points}. A named action of "
            "`sensing_theorems.groups` has no such limit, nor has method 'krylov'."
        )


def _character_text(characters: Sequence[complex]) -> str:
    """Characters of the generators, such as ``"characters (2, 0.618, -1+i)"``."""
    shown = [value_text(c) for c in characters[:6]]
    return f"characters ({', '.join(shown)}{', …' if len(characters) > 6 else ''})"
