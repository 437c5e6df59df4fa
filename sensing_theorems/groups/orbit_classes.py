r"""Orbits of any group of signed permutations, equal ones side by side.

An image has thousands of orbits and only a handful of different ones: under the symmetries of a
square, eight pixels in general position, four on a diagonal or an axis, the centre. What is true of
one orbit is true of all its copies, so that everything else works on one of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .signed import SignedPermutation

__all__ = ["OrbitClasses"]


@dataclass(frozen=True, eq=False)
class OrbitClasses:
    """Orbits by type.

    Attributes
    ----------
    index : tuple of ndarray of int, each (copies, size)
        Coordinates of every orbit of a type; equal positions correspond.
    signs : tuple of ndarray of int8, each (copies, size)
        The sign of each correspondence; the first copy has +1.
    """

    generators: tuple[SignedPermutation, ...]
    index: tuple[np.ndarray, ...]
    signs: tuple[np.ndarray, ...]

    @classmethod
    def of(cls, generators: Sequence[SignedPermutation], *, merge: bool = True) -> OrbitClasses:
        """Find the orbits, and which of them are equal; else (not `merge`) tell all apart."""
        # Numba is imported only here, so that the named actions start cold without it.
        from .._kernels.orbitals import equivalent_orbits

        images, signs = stacked(generators)
        points, carried, starts, types = equivalent_orbits(images, signs)
        if not merge:
            types, carried = np.arange(starts.size), np.ones_like(carried)
        ends = np.append(starts[1:], points.size)
        index, signed = [], []
        for number in range(int(types.max()) + 1):
            chosen = np.flatnonzero(types == number)
            size = ends[chosen[0]] - starts[chosen[0]]
            where = starts[chosen][:, None] + np.arange(size)
            index.append(points[where])
            signed.append(carried[where].astype(np.int8))
        return cls(tuple(generators), tuple(index), tuple(signed))

    @property
    def copies(self) -> tuple[int, ...]:
        """Number of orbits of each type."""
        return tuple(index.shape[0] for index in self.index)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of points in one orbit of each type."""
        return tuple(index.shape[1] for index in self.index)

    @cached_property
    def offsets(self) -> np.ndarray:
        """Where each type begins among the coordinates of `reduced`."""
        return np.concatenate([[0], np.cumsum(self.sizes)])

    @cached_property
    def reduced(self) -> tuple[SignedPermutation, ...]:
        """The generators on the first orbit of every type: the same group, on fewer points."""
        kept = np.concatenate([index[0] for index in self.index])
        place = np.full(self.generators[0].n, -1, dtype=np.int64)
        place[kept] = np.arange(kept.size)
        return tuple(
            SignedPermutation(place[g.images[kept]], None if g.signs is None else g.signs[kept])
            for g in self.generators
        )


def stacked(generators: Sequence[SignedPermutation]) -> tuple[np.ndarray, np.ndarray]:
    """Images and signs of all generators, (k, n), as kernels take them."""
    ones = np.ones(generators[0].n, np.int64)
    images = np.stack([g.images for g in generators])
    signs = np.stack([ones if g.signs is None else g.signs.astype(np.int64) for g in generators])
    return images, signs
