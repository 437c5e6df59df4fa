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
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import scipy.fft

from .isotypic import Family, IsotypicTransform, View
from .signed import SignedPermutation

__all__ = ["AbelianTransform", "OrbitType", "cyclic_orbit_types", "orbit_types"]

_SHORT = 8


@dataclass(frozen=True, eq=False)
class OrbitType:
    r"""All orbits with the same periods t, relations a and half-turns h.

    Parameters
    ----------
    index : ndarray of int, shape (n_orbits, t_1, …, t_k)
        Coordinate reached from the base point by :math:`T_1^{e_1} \cdots T_k^{e_k}`.
    signs : ndarray or None, same shape
        The sign with which it is reached.
    relations : tuple of tuple of int, k × k, strictly lower triangular
    halves : tuple of int, k
        1 where :math:`T_i^{t_i}` closes with a minus sign.
    """

    index: np.ndarray
    signs: np.ndarray | None
    relations: tuple[tuple[int, ...], ...]
    halves: tuple[int, ...]

    @classmethod
    def plain(cls, index: np.ndarray) -> OrbitType:
        """Type whose periods close without relation: a product of cyclic groups."""
        k = index.ndim - 1
        return cls(index, None, ((0,) * k,) * k, (0,) * k)

    @property
    def periods(self) -> tuple[int, ...]:
        """Periods t_i."""
        return self.index.shape[1:]

    @property
    def size(self) -> int:
        """Number of points of one orbit."""
        return math.prod(self.periods)

    @property
    def key(self) -> tuple:
        """Equal for types that may be merged."""
        return (self.periods, self.relations, self.halves)

    @cached_property
    def numerators(self) -> list[np.ndarray]:
        r"""Frequencies times 2·size, exact, entry i of shape (t_1, …, t_i, 1, …).

        The signed group that acts on the orbit has order dividing 2·size, so these are integers.
        """
        d = 2 * self.size
        k = len(self.periods)
        result: list[np.ndarray] = []
        for i, t in enumerate(self.periods):
            steps = np.arange(t, dtype=np.int64).reshape((t,) + (1,) * (k - 1 - i))
            result.append((steps * d + self._offset(i, result)) // t)
        return result

    def _offset(self, i: int, numerators: list[np.ndarray]) -> np.ndarray:
        offset = np.asarray(self.halves[i] * self.size, dtype=np.int64)
        for j in range(i):
            if self.relations[i][j]:
                offset = offset + self.relations[i][j] * numerators[j]
        return offset

    def frequencies(self) -> np.ndarray:
        """Reduced numerators and denominators of all characters, shape (size, k, 2)."""
        d = 2 * self.size
        k = len(self.periods)
        rows = np.empty((self.size, k, 2), dtype=np.int64)
        for i, numerator in enumerate(self.numerators):
            reduced = np.broadcast_to(numerator, self.periods).reshape(-1) % d
            divisor = np.gcd(reduced, d)
            rows[:, i, 0] = reduced // divisor
            rows[:, i, 1] = d // divisor
        return rows

    @cached_property
    def in_order(self) -> bool:
        """Whether the orbits list all coordinates as they stand, so that nothing is gathered."""
        return np.array_equal(self.index.reshape(-1), np.arange(self.index.size))

    @cached_property
    def half_axis(self) -> int:
        """Generator whose negative frequencies a real transform leaves out: the longest, last."""
        return max(range(len(self.periods)), key=lambda i: (self.periods[i], i))

    @property
    def _half_last(self) -> tuple[int, ...]:
        k = len(self.periods)
        return (*(2 + i for i in range(k) if i != self.half_axis), 2 + self.half_axis)

    def gather(self, x: np.ndarray) -> np.ndarray:
        """Signals along the orbits, (r, n) → (r, n_orbits, t_1, …, t_k)."""
        if self.in_order and x.shape[1] == self.index.size:
            values = x.reshape(x.shape[0], *self.index.shape)
        else:
            values = x[:, self.index]
        return values if self.signs is None else values * self.signs

    def scatter(self, values: np.ndarray, out: np.ndarray) -> None:
        """Write what `gather` read into `out`, shape (r, n)."""
        signed = values if self.signs is None else values * self.signs
        if self.in_order and out.shape[1] == self.index.size:
            out[...] = signed.reshape(out.shape)
        else:
            out[:, self.index] = signed

    def forward_real(self, x: np.ndarray) -> np.ndarray:
        """Half of the coordinates of real `x`, untwisted: (r, n_orbits, …), half of one axis."""
        values = self.gather(x)
        if self._table is None:
            return scipy.fft.rfftn(values, axes=self._half_last, norm="ortho")
        # Frequency first: what follows takes one frequency at a time.
        r, c = values.shape[:2]
        found = np.empty((self._table.shape[1], r * c), dtype=np.complex128)
        values = values.reshape(r * c, -1)
        found.real = (values @ self._table.real).T
        found.imag = (values @ self._table.imag).T
        return found.reshape(-1, r, c).transpose(1, 2, 0)

    @cached_property
    def _table(self) -> np.ndarray | None:
        """Transform of one short orbit as a matrix: many tiny FFTs would cost far more."""
        if len(self.periods) > 1 or self.size > _SHORT:
            return None
        return np.fft.rfft(np.eye(self.size), norm="ortho")

    def backward_real(self, values: np.ndarray, out: np.ndarray) -> None:
        """Inverse of `forward_real`, into real `out`, shape (r, n)."""
        axes = self._half_last
        lengths = [self.periods[axis - 2] for axis in axes]
        self.scatter(scipy.fft.irfftn(values, s=lengths, axes=axes, norm="ortho"), out)

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Coordinates of `x`, (r, n) → (r, n_orbits, size)."""
        values = self.gather(x)
        if not self.twisted:
            axes = tuple(range(2, values.ndim))
            values = scipy.fft.fftn(values, axes=axes, norm="ortho")
        else:
            for i in range(len(self.periods)):
                values = scipy.fft.fft(values * self._twist(i), axis=2 + i, norm="ortho")
        return values.reshape(*values.shape[:2], self.size)

    def backward(self, coordinates: np.ndarray, out: np.ndarray) -> None:
        """Write the signals with these coordinates into `out`, shape (r, n)."""
        values = coordinates.reshape(*coordinates.shape[:2], *self.periods)
        if not self.twisted:
            axes = tuple(range(2, values.ndim))
            values = scipy.fft.ifftn(values, axes=axes, norm="ortho")
        else:
            for i in reversed(range(len(self.periods))):
                values = scipy.fft.ifft(values, axis=2 + i, norm="ortho")
                values = values * self._twist(i).conj()
        self.scatter(values, out)

    @cached_property
    def twisted(self) -> bool:
        """Whether the periods close with relations or signs, so that frequencies are shifted."""
        return any(self.halves) or any(any(row) for row in self.relations)

    def _twist(self, i: int) -> np.ndarray:
        k = len(self.periods)
        t = self.periods[i]
        steps = np.arange(t).reshape((t,) + (1,) * (k - 1 - i))
        offset = self._offset(i, self.numerators) / (2 * self.size)
        return np.exp(-2j * np.pi * offset * steps / t)


class AbelianTransform(IsotypicTransform):
    """Isotypic coordinates of an abelian action, given its orbit types.

    Parameters
    ----------
    n : int
        Dimension of the signals.
    types : sequence of OrbitType
        Their indices partition 0, …, n-1.
    """

    def __init__(self, n: int, types: Sequence[OrbitType]) -> None:
        self.n = n
        self.types = _merged(types)

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


def orbit_types(generators: Sequence[SignedPermutation]) -> list[OrbitType]:
    """Orbit types of commuting generators, by walking the orbits."""
    # Numba is imported only here, so that the named actions start cold without it.
    from .._kernels.orbits import abelian_orbits

    k, n = len(generators), generators[0].n
    images = np.stack([g.images for g in generators])
    ones = np.ones(n, np.int64)
    signs = np.stack([ones if g.signs is None else g.signs.astype(np.int64) for g in generators])
    points, transport, starts, periods, flips, relations = abelian_orbits(images, signs)
    signed = bool((transport < 0).any())
    described = np.concatenate([periods, flips, relations.reshape(len(starts), k * k)], axis=1)
    distinct, inverse = np.unique(described, axis=0, return_inverse=True)
    types = []
    for number, row in enumerate(distinct):
        t = tuple(int(v) for v in row[:k])
        chosen = starts[inverse.reshape(-1) == number]
        where = chosen[:, None] + np.arange(math.prod(t))
        # The walk has the first generator running fastest; C order wants it slowest.
        axes = (0, *range(k, 0, -1))
        index = points[where].reshape(len(chosen), *t[::-1]).transpose(axes)
        reached = transport[where].reshape(len(chosen), *t[::-1]).transpose(axes)
        types.append(
            OrbitType(
                np.ascontiguousarray(index),
                np.ascontiguousarray(reached, dtype=np.int8) if signed else None,
                tuple(tuple(int(v) for v in a) for a in row[2 * k :].reshape(k, k)),
                tuple(int(v) for v in row[k : 2 * k]),
            )
        )
    return types


def cyclic_orbit_types(generator: SignedPermutation, order: int) -> list[OrbitType]:
    """Orbit types of one (signed) permutation of small order, in plain NumPy.

    The named actions use it so that a cold start needs no compiled kernel.
    """
    n = generator.n
    flips = np.ones(n, np.int8) if generator.signs is None else generator.signs
    tracks, carried = [np.arange(n)], [np.ones(n, np.int8)]
    for _ in range(order):
        carried.append(carried[-1] * flips[tracks[-1]])
        tracks.append(generator.images[tracks[-1]])
    walk, signs = np.stack(tracks, axis=1), np.stack(carried, axis=1)
    if not np.array_equal(walk[:, -1], walk[:, 0]) or (signs[:, -1] < 0).any():
        raise ValueError(f"the generator must be of order {order}.")
    is_base = walk.min(axis=1) == walk[:, 0]
    period = (walk[:, 1:] == walk[:, :1]).argmax(axis=1) + 1
    half = signs[np.arange(n), period] < 0
    types = []
    for t, h in sorted(set(zip(period[is_base].tolist(), half[is_base].tolist(), strict=True))):
        chosen = is_base & (period == t) & (half == h)
        reached = signs[chosen, :t]
        flipped = reached if (reached < 0).any() else None
        types.append(OrbitType(walk[chosen, :t], flipped, ((0,),), (int(h),)))
    return types
