r"""Irreducible copies inside a representation, told apart by random matrices that commute with it.

A random Hermitian one has one irreducible copy per eigenvalue; a second one links equivalent copies
by Schur's lemma; a third tells real from quaternionic type by the symmetry of its bilinear form.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.sparse.csgraph import connected_components

from .element import Element

__all__ = ["AdaptedIrrep", "Commutant", "decompose"]

_SAME = 1e-8
_UNSURE = 1e-3


@dataclass(frozen=True, eq=False)
class AdaptedIrrep:
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

    @property
    def forms(self) -> int:
        r"""Invariant symmetric forms less antisymmetric ones, :math:`\sum_j \nu_j c_j`."""
        ...

    @property
    def rounding(self) -> float:
        """By how much the generators may differ from a group."""
        ...

    def sample(self, rng: np.random.Generator, real: bool) -> np.ndarray:
        """Draw a generic matrix that commutes, real or complex."""
        ...


def decompose(
    commutant: Commutant, offsets: np.ndarray, real: bool, rng: np.random.Generator
) -> list[AdaptedIrrep] | None:
    """Irreps of one orbit of each type, or ``None`` where copies do not come out clean."""
    same = min(max(_SAME, 1e3 * commutant.rounding), _UNSURE)
    hermitian = commutant.sample(rng, real)
    hermitian = hermitian + hermitian.conj().T
    edges, vectors = [0], np.zeros_like(hermitian)
    for low, high in itertools.pairwise(offsets):
        values, own = np.linalg.eigh(hermitian[low:high, low:high])
        spread = max(np.abs(values).max(), 1e-300)
        edges += (low + np.flatnonzero(np.diff(values) > same * spread) + 1).tolist()
        edges.append(int(high))
        vectors[low:high, low:high] = own
    link = vectors.conj().T @ commutant.sample(rng, real) @ vectors
    return _linked(commutant, offsets, vectors, np.array(edges), link, rng, same)


def _linked(
    commutant: Commutant,
    offsets: np.ndarray,
    vectors: np.ndarray,
    edges: np.ndarray,
    link: np.ndarray,
    rng: np.random.Generator,
    same: float,
) -> list[AdaptedIrrep] | None:
    """Put together the irreducible copies that a random invariant matrix links."""
    form = commutant.sample(rng, True)
    squares = np.add.reduceat(np.abs(link) ** 2, edges[:-1], axis=0)
    norms = np.sqrt(np.add.reduceat(squares, edges[:-1], axis=1))
    number, owner = connected_components(norms > same * max(norms.max(), 1e-300), directed=False)
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
        indicator = _indicator(first.T @ form @ first, float(np.linalg.norm(form)), same)
        if indicator is None:
            return None
        characters = _characters(whole, commutant.generators, same)
        found.append(AdaptedIrrep(bases, indicator, characters))
    return found


def _characters(
    basis: np.ndarray, generators: Sequence[Element], same: float
) -> tuple[complex, ...]:
    r"""Characters of the generators on :math:`W \otimes \mathbb{C}^c` with basis (n, s, c).

    Stops at the first generator that has not the block form :math:`D(g) \otimes I`.
    """
    characters: list[complex] = []
    columns = basis.reshape(basis.shape[0], -1)
    for generator in generators:
        moved = generator(columns.T).reshape(*basis.shape[1:], -1)  # (s, c, n)
        block = basis[:, :, 0].conj().T @ moved[:, 0].T
        rebuilt = np.tensordot(block, basis, axes=(0, 1))  # (s, n, c)
        if np.abs(rebuilt - moved.transpose(0, 2, 1)).max() > same * np.sqrt(basis.shape[0]):
            return tuple(characters)
        characters.append(complex(np.trace(block)))
    return tuple(characters)


def _indicator(bilinear: np.ndarray, size: float, same: float) -> int | None:
    """Type of the invariant bilinear form on one copy: symmetric, none, or antisymmetric.

    ``None`` where it is neither clearly zero nor clearly something.
    """
    if np.linalg.norm(bilinear) <= same * size:
        return 0
    if np.linalg.norm(bilinear) <= min(10 * same, _UNSURE) * size:
        return None
    symmetric = np.linalg.norm(bilinear + bilinear.T)
    antisymmetric = np.linalg.norm(bilinear - bilinear.T)
    return 1 if symmetric > antisymmetric else -1
