r"""Isotypic coordinates of any group from generators, through its commutant.

The matrices that commute with every :math:`T_g` have one degree of freedom per orbital (orbit of
index pairs), so their dimension :math:`\sum_j c_j^2` is counted exactly. A random Hermitian one has
one irreducible copy per eigenvalue; a second one links equivalent copies by Schur's lemma. Both
choices are generic, so the outcome is certified by :math:`\sum_j s_j c_j = n`,
:math:`\sum_j c_j^2 = \#\text{orbitals}` and by the block form of every generator, or drawn again.

All of this happens on one orbit of each type; equal orbits share its basis.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from scipy.sparse.csgraph import connected_components

from .characters import value_text
from .element import Element
from .isotypic import Family, IsotypicTransform
from .orbit_classes import OrbitClasses
from .orbital_algebra import Orbitals
from .signed import SignedPermutation

__all__ = ["COMMUTANT_LIMIT", "Commutant", "CommutantTransform", "PermutationCommutant"]

COMMUTANT_LIMIT = 2048
_DRAWS = 8
_SAME = 1e-8


@dataclass(frozen=True, eq=False)
class _Irrep:
    """Adapted bases (size, s, c) per type of orbit, and what tells the irrep from others."""

    bases: tuple[np.ndarray, ...]
    indicator: int
    characters: tuple[complex, ...]

    @property
    def key(self) -> tuple[int, ...]:
        """Equal for irreps that may travel together: dimension, and multiplicity per type."""
        return (self.bases[0].shape[1], *(b.shape[2] for b in self.bases))


class Commutant(Protocol):
    """What commutes with the action on one orbit of each type."""

    @property
    def generators(self) -> Sequence[Element]:
        """Generators on these orbits."""
        ...

    @property
    def dim(self) -> int:
        r"""Dimension over the complex numbers, :math:`\sum_j c_j^2`."""
        ...

    def sample(self, rng: np.random.Generator, real: bool) -> np.ndarray:
        """Draw a generic matrix that commutes, real or complex."""
        ...


@dataclass(frozen=True, eq=False)
class PermutationCommutant:
    """Commutant of signed permutations: one degree of freedom per orbital."""

    generators: Sequence[SignedPermutation]
    orbitals: Orbitals

    @property
    def dim(self) -> int:
        """Number of orbitals."""
        return self.orbitals.count

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
    def _irreps(self) -> list[list[_Irrep]]:
        """Irreps that share dimension and multiplicities, together."""
        for seed in range(_DRAWS):
            rng = np.random.default_rng(seed)
            found = _decompose(self.commutant, self.classes.offsets, self.real, rng)
            if found is not None and self._certified(found):
                groups: dict[tuple[int, ...], list[_Irrep]] = {}
                for irrep in found:
                    groups.setdefault(irrep.key, []).append(irrep)
                return [groups[key] for key in sorted(groups)]
        raise ArithmeticError(
            f"no decomposition of this action on R^{self.n} passed its integer certificate (sum of "
            f"c^2 must be {self.commutant.dim} on one orbit of each type) in {_DRAWS} draws."
        )

    def _certified(self, found: list[_Irrep]) -> bool:
        size = sum(irrep.key[0] * sum(irrep.key[1:]) for irrep in found)
        squares = sum(sum(irrep.key[1:]) ** 2 for irrep in found)
        if size != sum(self.classes.sizes) or squares != self.commutant.dim:
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


def _decompose(
    commutant: Commutant, offsets: np.ndarray, real: bool, rng: np.random.Generator
) -> list[_Irrep] | None:
    """Irreps of one orbit of each type, or ``None`` where copies do not come out clean."""
    hermitian = commutant.sample(rng, real)
    hermitian = hermitian + hermitian.conj().T
    edges, vectors = [0], np.zeros_like(hermitian)
    for low, high in itertools.pairwise(offsets):
        values, own = np.linalg.eigh(hermitian[low:high, low:high])
        spread = max(np.abs(values).max(), 1e-300)
        edges += (low + np.flatnonzero(np.diff(values) > _SAME * spread) + 1).tolist()
        edges.append(int(high))
        vectors[low:high, low:high] = own
    link = vectors.conj().T @ commutant.sample(rng, real) @ vectors
    return _linked(commutant, offsets, vectors, np.array(edges), link, rng)


def _linked(
    commutant: Commutant,
    offsets: np.ndarray,
    vectors: np.ndarray,
    edges: np.ndarray,
    link: np.ndarray,
    rng: np.random.Generator,
) -> list[_Irrep] | None:
    """Put together the irreducible copies that a random invariant matrix links."""
    form = commutant.sample(rng, True)
    squares = np.add.reduceat(np.abs(link) ** 2, edges[:-1], axis=0)
    norms = np.sqrt(np.add.reduceat(squares, edges[:-1], axis=1))
    number, owner = connected_components(norms > _SAME * max(norms.max(), 1e-300), directed=False)
    found = []
    for j in range(number):
        members = np.flatnonzero(owner == j)
        columns = [slice(edges[i], edges[i + 1]) for i in members]
        s = edges[members[0] + 1] - edges[members[0]]
        if any(c.stop - c.start != s for c in columns):
            return None
        aligned = []
        for column in columns:
            block = np.eye(s) if column == columns[0] else link[column, columns[0]]
            aligned.append(vectors[:, column] @ (block * np.sqrt(s) / np.linalg.norm(block)))
        kind = np.searchsorted(offsets, [c.start for c in columns], side="right") - 1
        bases = tuple(
            np.stack([aligned[i][low:high] for i in np.flatnonzero(kind == t)], axis=2)
            if np.any(kind == t)
            else np.zeros((high - low, s, 0))
            for t, (low, high) in enumerate(itertools.pairwise(offsets))
        )
        whole = np.stack(aligned, axis=2)
        first = aligned[0]
        indicator = _indicator(first.T @ form @ first, float(np.linalg.norm(form)))
        found.append(_Irrep(bases, indicator, _characters(whole, commutant.generators)))
    return found


def _characters(basis: np.ndarray, generators: Sequence[Element]) -> tuple[complex, ...]:
    r"""Characters of the generators on :math:`W \otimes \mathbb{C}^c` with basis (n, s, c).

    Stops at the first generator that has not the block form :math:`D(g) \otimes I`.
    """
    characters: list[complex] = []
    columns = basis.reshape(basis.shape[0], -1)
    for generator in generators:
        moved = generator(columns.T).reshape(*basis.shape[1:], -1)  # (s, c, n)
        block = basis[:, :, 0].conj().T @ moved[:, 0].T
        rebuilt = np.tensordot(block, basis, axes=(0, 1))  # (s, n, c)
        if np.abs(rebuilt - moved.transpose(0, 2, 1)).max() > _SAME * np.sqrt(basis.shape[0]):
            return tuple(characters)
        characters.append(complex(np.trace(block)))
    return tuple(characters)


def _character_text(characters: Sequence[complex]) -> str:
    """Characters of the generators, such as ``"characters (2, 0.618, -1+i)"``."""
    shown = [value_text(c) for c in characters[:6]]
    return f"characters ({', '.join(shown)}{', …' if len(characters) > 6 else ''})"


def _indicator(bilinear: np.ndarray, size: float) -> int:
    """Type of the invariant bilinear form on one copy: symmetric, none, or antisymmetric."""
    if np.linalg.norm(bilinear) <= _SAME * size:
        return 0
    symmetric = np.linalg.norm(bilinear + bilinear.T)
    antisymmetric = np.linalg.norm(bilinear - bilinear.T)
    return 1 if symmetric > antisymmetric else -1
