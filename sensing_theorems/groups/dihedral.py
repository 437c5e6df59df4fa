r"""Isotypic coordinates of a dihedral action, from its rotations and one flip.

With :math:`F R F = R^{-1}` the flip exchanges the rotation characters f and -f. For
:math:`f \ne -f` the pair is one irrep of dimension 2 whose multiplicity space is that of f; for
:math:`f \in \{0, 1/2\}` the flip acts on the multiplicity space as a signed permutation of the
rotation orbits, and splits it into an even and an odd character. All irreps are of real type.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from .abelian import AbelianTransform
from .isotypic import Family, IsotypicTransform
from .orbit_types import cyclic_orbit_types
from .signed import SignedPermutation

__all__ = ["DihedralTransform"]


class DihedralTransform(IsotypicTransform):
    """Isotypic coordinates from the rotations' transform and the flip F.

    Parameters
    ----------
    rotations : AbelianTransform
        Of the cyclic subgroup, one generator R.
    flip : SignedPermutation
        F with F² = 1 and F R F = R⁻¹.
    """

    def __init__(self, rotations: AbelianTransform, flip: SignedPermutation) -> None:
        self.n = rotations.n
        self.rotations = rotations
        self.flip = flip

    @cached_property
    def _plan(self) -> list[tuple[int, np.ndarray, np.ndarray]]:
        """Per rotation family: its number, positions with 0 < f < 1/2, positions with f = -f."""
        plan = []
        for number in range(len(self.rotations.families)):
            phases = self.rotations.phases(number)[:, 0, :]
            real = phases[:, 1] <= 2
            lower = ~real & (2 * phases[:, 0] < phases[:, 1])
            plan.append((number, np.flatnonzero(lower), np.flatnonzero(real)))
        return plan

    @cached_property
    def _splits(self) -> dict[tuple[int, int], AbelianTransform]:
        """How the flip splits the multiplicity space of each real rotation character."""
        return {
            (number, int(at)): self._split(number, int(at))
            for number, _, real in self._plan
            for at in real
        }

    def _split(self, number: int, at: int) -> AbelianTransform:
        c = self.rotations.families[number].multiplicity
        parts = self._zeros(2)
        parts[number][:, at, 0, :] = np.stack([np.ones(c), np.arange(1, c + 1)])
        weight, numbered = self.rotations.synthesize(parts).real
        support = np.flatnonzero(np.abs(weight) > 0.5 / self.n)
        owner = np.full(self.n, -1, dtype=np.int64)
        owner[support] = np.rint(numbered[support] / weight[support]).astype(np.int64) - 1
        _, first = np.unique(owner[support], return_index=True)
        base = support[first]
        target = self.flip.images[base]
        signs = np.sign(weight[base]) * np.sign(weight[target])
        if self.flip.signs is not None:
            signs = signs * self.flip.signs[base]
        induced = SignedPermutation(owner[target], signs.astype(np.int8))
        return AbelianTransform(c, cyclic_orbit_types(induced, 2))

    def _zeros(self, r: int) -> list[np.ndarray]:
        return [
            np.zeros((r, f.count, 1, f.multiplicity), dtype=np.complex128)
            for f in self.rotations.families
        ]

    @cached_property
    def families(self) -> tuple[Family, ...]:
        """Two-dimensional irreps first, then the one-dimensional ones of each real character."""
        result = []
        for number, lower, _ in self._plan:
            family = self.rotations.families[number]
            if lower.size:
                names = [f"±{family.label(int(at))}" for at in lower]
                ones = np.ones(lower.size, dtype=np.int64)
                result.append(Family(2, family.multiplicity, ones, names.__getitem__))
        for (number, at), split in self._splits.items():
            rotation = self.rotations.families[number].label(at)
            for half, family in enumerate(split.families):
                odd = split.phases(half)[:, 0, 0]
                names = [f"{rotation}, {'odd' if o else 'even'} under the flip" for o in odd]
                ones, itself = np.ones(family.count, dtype=np.int64), np.arange(family.count)
                result.append(Family(1, family.multiplicity, ones, names.__getitem__, itself))
        return tuple(result)

    def analyze(self, x: np.ndarray) -> list[np.ndarray]:
        """Coordinates of `x`, shape (r, n)."""
        upright = self.rotations.analyze(x)
        parts = []
        mirrored = None
        for number, lower, _ in self._plan:
            if lower.size:
                if mirrored is None:
                    mirrored = self.rotations.analyze(self.flip.inverse()(x))
                pair = [upright[number][:, lower], mirrored[number][:, lower]]
                parts.append(np.concatenate(pair, axis=2))
        for (number, at), split in self._splits.items():
            parts.extend(split.analyze(upright[number][:, at, 0, :]))
        return parts

    def synthesize(self, parts: list[np.ndarray]) -> np.ndarray:
        """Inverse of `analyze`."""
        r = parts[0].shape[0]
        upright, mirrored = self._zeros(r), self._zeros(r)
        queue = iter(parts)
        for number, lower, _ in self._plan:
            if lower.size:
                part = next(queue)
                upright[number][:, lower] = part[:, :, :1]
                mirrored[number][:, lower] = part[:, :, 1:]
        for (number, at), split in self._splits.items():
            own = [next(queue) for _ in split.families]
            upright[number][:, at, 0, :] = split.synthesize(own)
        direct = self.rotations.synthesize(upright)
        return direct + self.flip(self.rotations.synthesize(mirrored))
