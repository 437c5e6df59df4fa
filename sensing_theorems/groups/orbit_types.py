r"""Orbits of commuting signed permutations, grouped by how their periods close.

An orbit is listed from a base point as :math:`T_1^{e_1} \cdots T_k^{e_k}`, so that the characters
of the group are a nested (perhaps twisted) Fourier transform along it; see `abelian`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.fft

from .signed import SignedPermutation

__all__ = ["OrbitType", "cyclic_orbit_types", "orbit_types"]

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
