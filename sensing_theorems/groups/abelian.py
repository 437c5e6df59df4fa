r"""Isotypic coordinates of commuting signed permutations: orbits and (twisted) Fourier transforms.

An abelian group acts on each orbit as the regular representation of a quotient, perhaps twisted by
signs. Its characters there solve :math:`t_i f_i = \sum_{j<i} a_{ij} f_j + h_i/2 + k_i`, with the
periods and relations of `OrbitType`, so the change of basis is a nested FFT. Shifts of any number
of axes, strides, channels, polar rotations, reflections, quarter turns, single permutations, and
their commuting products and direct sums are all this one case.

Convention: the character of frequency f is :math:`T_i \mapsto e^{-2\pi\mathrm{i} f_i}`, so that for
shifts the coordinates are numpy's FFT in the orthonormal scaling.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cached_property

import numpy as np

from .isotypic import Family, IsotypicTransform, View
from .orbit_types import OrbitType

__all__ = ["AbelianTransform"]


class AbelianTransform(IsotypicTransform):
    """Isotypic coordinates of an abelian action, given its orbit types.

    Parameters
    ----------
    n : int
        Dimension of the signals.
    types : sequence of OrbitType, or a function that finds them when needed
        Their indices partition 0, …, n-1.
    """

    def __init__(
        self, n: int, types: Sequence[OrbitType] | Callable[[], Sequence[OrbitType]]
    ) -> None:
        self.n = n
        self._types = types

    @cached_property
    def types(self) -> tuple[OrbitType, ...]:
        """Orbit types, equal ones put together."""
        return _merged(self._types() if callable(self._types) else self._types)

    @cached_property
    def families(self) -> tuple[Family, ...]:
        """Characters grouped by multiplicity and by the orbits that carry them."""
        return tuple(
            Family(
                1,
                self._multiplicity(i),
                self._indicators(i),
                self._labeller(i),
                self._partners(i),
            )
            for i in range(len(self._members))
        )

    @cached_property
    def _members(self) -> list[list[tuple[int, np.ndarray]]]:
        """Per family: pairs (orbit type, positions of the family's characters in that type)."""
        if len(self.types) == 1:
            return [[(0, np.arange(self.types[0].size))]]
        rows = [t.frequencies().reshape(t.size, -1) for t in self.types]
        distinct, inverse = np.unique(np.concatenate(rows), axis=0, return_inverse=True)
        place = np.full((distinct.shape[0], len(self.types)), -1, dtype=np.int64)
        start = 0
        for number, block in enumerate(rows):
            place[inverse.reshape(-1)[start : start + len(block)], number] = np.arange(len(block))
            start += len(block)
        patterns, family = np.unique(place >= 0, axis=0, return_inverse=True)
        members = []
        for f, pattern in enumerate(patterns):
            chosen = np.flatnonzero(family.reshape(-1) == f)
            members.append([(int(t), place[chosen, t]) for t in np.flatnonzero(pattern)])
        return members

    def phases(self, family: int) -> np.ndarray:
        """Reduced frequencies of a family's characters, shape (count, k, 2)."""
        number, positions = self._members[family][0]
        return self.types[number].frequencies()[positions]

    def _multiplicity(self, family: int) -> int:
        return sum(self.types[t].index.shape[0] for t, _ in self._members[family])

    @cached_property
    def lattice(self) -> OrbitType | None:
        """The one orbit type of an untwisted action, where frequencies form a plain grid."""
        only = self.types[0]
        return only if len(self.types) == 1 and not only.twisted else None

    def _indicators(self, family: int) -> np.ndarray:
        if self.lattice is not None:
            partners = self._partners(family)
            return np.asarray(partners == np.arange(partners.size), dtype=np.int64)
        real = np.all(self.phases(family)[:, :, 1] <= 2, axis=1)
        return np.asarray(real, dtype=np.int64)

    def _partners(self, family: int) -> np.ndarray:
        """Position of -f for every frequency f of the family."""
        if self.lattice is not None:
            periods = self.lattice.periods
            grid = np.arange(math.prod(periods)).reshape(periods)
            for axis in range(len(periods)):
                grid = np.roll(np.flip(grid, axis), 1, axis)
            return grid.reshape(-1)
        phases = self.phases(family)
        opposite = phases.copy()
        opposite[:, :, 0] = -phases[:, :, 0] % phases[:, :, 1]
        both = np.concatenate([phases, opposite]).reshape(2 * len(phases), -1)
        inverse = np.unique(both, axis=0, return_inverse=True)[1].reshape(-1)
        place = np.empty(len(phases), dtype=np.int64)
        place[inverse[: len(phases)]] = np.arange(len(phases))
        return place[inverse[len(phases) :]]

    def _labeller(self, family: int) -> Callable[[int], str]:
        def label(i: int) -> str:
            number, positions = self._members[family][0]
            carrier = self.types[number]
            where = np.unravel_index(positions[i], carrier.periods)
            text = [
                str(Fraction(int(np.broadcast_to(p, carrier.periods)[where]), 2 * carrier.size) % 1)
                for p in carrier.numerators
            ]
            return "frequency " + (text[0] if len(text) == 1 else "(" + ", ".join(text) + ")")

        return label

    def analyze(self, x: np.ndarray) -> list[np.ndarray]:
        """Coordinates of `x`, shape (r, n): one (r, count, 1, c) array per family."""
        forward = [t.forward(x) for t in self.types]
        parts = []
        for members in self._members:
            if len(self.types) == 1:
                stacked = forward[0]
            else:
                stacked = np.concatenate([forward[t][:, :, at] for t, at in members], axis=1)
            parts.append(stacked.transpose(0, 2, 1)[:, :, None, :])
        return parts

    def synthesize(self, parts: list[np.ndarray]) -> np.ndarray:
        """Inverse of `analyze`."""
        r = parts[0].shape[0]
        coordinates = [
            np.zeros((r, t.index.shape[0], t.size), dtype=np.complex128) for t in self.types
        ]
        for part, members in zip(parts, self._members, strict=True):
            columns = part[:, :, 0, :].transpose(0, 2, 1)
            start = 0
            for number, at in members:
                stop = start + self.types[number].index.shape[0]
                coordinates[number][:, :, at] = columns[:, start:stop]
                start = stop
        out = np.empty((r, self.n), dtype=np.complex128)
        for orbit_type, values in zip(self.types, coordinates, strict=True):
            orbit_type.backward(values, out)
        return out

    @cached_property
    def views(self) -> tuple[View, ...]:
        """Irreps that tell all of a real signal; of a lattice, half of the grid of frequencies."""
        if self.lattice is None:
            return super().views
        periods, axis = self.lattice.periods, self.lattice.half_axis
        kept = periods[axis] // 2 + 1
        grid = np.arange(self.lattice.size).reshape(periods)
        positions = grid.take(range(kept), axis).reshape(-1)
        weights = np.full(kept, 2)
        weights[0] = 1
        if periods[axis] % 2 == 0:
            weights[-1] = 1
        shape = [1] * len(periods)
        shape[axis] = kept
        half = (*periods[:axis], kept, *periods[axis + 1 :])
        spread = np.broadcast_to(weights.reshape(shape), half).reshape(-1)
        own = self.families[0].indicators[positions] == 1
        return (View(positions, spread, own),)

    def analyze_real(self, x: np.ndarray) -> list[np.ndarray]:
        """Coordinates of real signals, (r, n), at the `views`."""
        if self.lattice is None:
            return super().analyze_real(x)
        values = self.lattice.forward_real(x)
        return [values.reshape(*values.shape[:2], -1).transpose(0, 2, 1)[:, :, None, :]]

    def synthesize_real(self, parts: list[np.ndarray]) -> np.ndarray:
        """Inverse of `analyze_real`: real signals, shape (r, n)."""
        if self.lattice is None:
            return super().synthesize_real(parts)
        orbits, axis = self.lattice, self.lattice.half_axis
        half = [t // 2 + 1 if i == axis else t for i, t in enumerate(orbits.periods)]
        r, c = parts[0].shape[0], parts[0].shape[3]
        out = np.empty((r, self.n))
        orbits.backward_real(parts[0][:, :, 0].transpose(0, 2, 1).reshape(r, c, *half), out)
        return out

    @property
    def independent_periods(self) -> tuple[int, ...] | None:
        """Orders of the generators where these form a direct product, else None."""
        if len(self.types[0].periods) == 1:
            return (self.order_and_cyclic()[0],)
        if any(t.twisted for t in self.types):
            return None
        return tuple(math.lcm(*t) for t in zip(*(t.periods for t in self.types), strict=True))

    def order_and_cyclic(self) -> tuple[int, bool]:
        r"""Order of the acting group and whether it is cyclic.

        The dual group is generated by the characters that occur; its order is the index of
        :math:`\mathbb{Z}^k` in the lattice they span, read off a Smith normal form.
        """
        k = len(self.types[0].periods)
        rows = np.concatenate([t.frequencies() for t in self.types])
        exponent = math.lcm(*(int(d) for d in np.unique(rows[:, :, 1])))
        if k == 1:
            return exponent, True
        from sympy import ZZ, Matrix
        from sympy.matrices.normalforms import smith_normal_form

        scaled = _lattice_basis(rows, exponent)
        form = smith_normal_form(Matrix(scaled.tolist()), domain=ZZ)
        factors = [exponent // math.gcd(exponent, int(form[i, i])) for i in range(k)]
        return math.prod(factors), sum(f > 1 for f in factors) <= 1


def _lattice_basis(rows: np.ndarray, exponent: int) -> np.ndarray:
    """Triangular basis of the lattice spanned by the frequencies (times `exponent`) and Z^k."""
    k = rows.shape[1]
    basis = [[exponent if i == j else 0 for j in range(k)] for i in range(k)]
    scaled = {tuple(int(p) * (exponent // int(q)) for p, q in row) for row in rows.tolist()}
    for vector in scaled:
        row = list(vector)
        for i in range(k):
            while row[i]:
                quotient = basis[i][i] // row[i]
                basis[i] = [b - quotient * v for b, v in zip(basis[i], row, strict=True)]
                basis[i], row = row, basis[i]
    return np.array(basis, dtype=object)


def _merged(types: Sequence[OrbitType]) -> tuple[OrbitType, ...]:
    groups: dict[tuple, list[OrbitType]] = {}
    for t in types:
        groups.setdefault(t.key, []).append(t)
    merged = []
    for same in groups.values():
        if len(same) == 1:
            merged.append(same[0])
            continue
        signs = None
        if any(t.signs is not None for t in same):
            signs = np.concatenate(
                [np.ones(t.index.shape, np.int8) if t.signs is None else t.signs for t in same]
            )
        index = np.concatenate([t.index for t in same])
        merged.append(OrbitType(index, signs, same[0].relations, same[0].halves))
    return tuple(merged)
