r"""Elements of SO(2), and of its finite subgroups, acting by frequencies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._probes import probe_rng
from .element import Element
from .frequencies import FrequencyTransform

__all__ = ["Rotation", "largest_cluster", "same_image"]

# Steps into which a full turn is divided to tell angles apart: 6e-12 radians each.
_STEPS = 2**40
LARGEST_ANGLE = 1e15


def largest_cluster(frequencies: np.ndarray, counts: np.ndarray, angle: float) -> int:
    r"""Largest multiplicity of an eigenvalue :math:`e^{-\mathrm{i}\mu\theta}`, up to rounding.

    Parameters
    ----------
    frequencies, counts : ndarray of int, shape (k,)
        Frequencies :math:`\mu` and their multiplicities.
    angle : float
        :math:`\theta` in radians.
    """
    turns = frequencies * (angle / (2 * math.pi)) % 1.0
    order = np.argsort(turns)
    sorted_turns = turns[order]
    same = (1 + int(np.abs(frequencies).max())) / _STEPS
    cluster = np.concatenate([[0], np.cumsum(np.diff(sorted_turns) > same)])
    if sorted_turns[0] + 1 - sorted_turns[-1] <= same:
        cluster[cluster == cluster[-1]] = 0
    return int(np.bincount(cluster, weights=counts[order]).max())


def same_image(a: Element, b: Element) -> bool:
    """Whether two orthogonal maps agree on a random signal, to 1e-10."""
    if a.n != b.n:
        return False
    x = probe_rng("same map").standard_normal(a.n)
    return bool(np.linalg.norm(a(x) - b(x)) <= 1e-10 * np.linalg.norm(x))


@dataclass(frozen=True, eq=False, repr=False)
class Rotation(Element):
    r"""Rotation :math:`T_\theta` of signals on which SO(2), or C_N, acts by frequencies.

    Parameters
    ----------
    space : FrequencyTransform
    amount : float or int
        Of SO(2), the angle :math:`\theta` in radians; of C_N, the exponent k of the rotation by
        :math:`2\pi k/N`, so that exponents add exactly.

    Raises
    ------
    ValueError
        If the angle is not finite.
    TypeError
        If it is no real number, or the exponent no integer.
    """

    space: FrequencyTransform
    amount: float

    def __post_init__(self) -> None:
        order, amount = self.space.order, self.amount
        kind: Any = (
            int | np.integer if order is not None else float | int | np.floating | np.integer
        )
        if isinstance(amount, bool) or not isinstance(amount, kind):
            wanted = "an angle must be a real number" if order is None else "exponents are integers"
            raise TypeError(f"{wanted}; got {type(amount).__name__}.")
        if order is None and not abs(amount) <= LARGEST_ANGLE:
            raise ValueError(
                f"an angle must be finite and at most {LARGEST_ANGLE:g} radians, beyond which "
                f"rounding hides it; got {amount}."
            )
        reduced = float(amount) % (2 * math.pi) if order is None else int(amount) % order
        object.__setattr__(self, "amount", reduced)

    @property
    def n(self) -> int:
        """Dimension of the signals."""
        return self.space.n

    @property
    def rounding(self) -> float:  # type: ignore[override]
        """That of the change of basis."""
        return self.space.rounding

    def __repr__(self) -> str:
        return f"<Rotation by {math.degrees(self.angle):.6g}° of R^{self.n}>"

    @property
    def angle(self) -> float:
        """Angle in radians, in [0, 2π)."""
        order = self.space.order
        return self.amount if order is None else 2 * math.pi * self.amount / order

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Apply T to the last axis of `x`, shape (..., n)."""
        return self.space.turn(x, self._angles())

    def pull_back(self, rows: np.ndarray) -> np.ndarray:
        r"""Rows :math:`a \mapsto a\,T`, which is :math:`T^{-1} a`; shape (..., n)."""
        return self.space.turn(rows, -self._angles())

    def _angles(self) -> np.ndarray:
        pairs, order = self.space.pairs, self.space.order
        if order is None:
            return pairs * self.amount
        # Reduced while still integers, so that a full turn is exactly none.
        return (pairs % order * int(self.amount) % order) * (2 * math.pi / order)

    def __matmul__(self, other: Rotation) -> Rotation:
        """Composition: angles, or exponents, add."""
        if not isinstance(other, Rotation):
            return NotImplemented
        if not self.space.like(other.space):
            raise ValueError("rotations must belong to one action to be composed.")
        return Rotation(self.space, self.amount + other.amount)

    def equals(self, other: Any) -> bool:
        """Whether both are the same map; of two different actions, on a random signal."""
        if isinstance(other, Rotation) and other.space is self.space:
            return (self @ other.inverse()).is_identity()
        return same_image(self, other)

    def inverse(self) -> Rotation:
        """Return the inverse, which is also the transpose."""
        return Rotation(self.space, -self.amount)

    def power(self, exponent: int) -> Rotation:
        """Return T to an integer power, negative powers included."""
        return Rotation(self.space, self.amount * int(exponent))

    def is_identity(self) -> bool:
        """Whether T is the identity; of SO(2), up to 3e-12 radians."""
        return self.key() == 0

    def key(self) -> int:
        """Of C_N the exponent; of SO(2) the angle in steps of 6e-12 radians."""
        divisor, order = self.space.common_divisor, self.space.order
        if divisor == 0:
            return 0
        if order is not None:
            return int(self.amount) % (order // math.gcd(order, divisor))
        return round(self.amount * divisor / (2 * math.pi) * _STEPS) % _STEPS

    def largest_eigenspace(self) -> int:
        r""":math:`\max_\lambda \operatorname{mult}_\lambda(T)`: exact for C_N, else to rounding."""
        about = self.space.multiplicities
        frequencies, counts = np.array(list(about)), np.array(list(about.values()))
        order = self.space.order
        if order is None:
            return largest_cluster(frequencies, counts, self.amount)
        where = np.unique(frequencies * int(self.amount) % order, return_inverse=True)[1]
        return int(np.bincount(where.reshape(-1), weights=counts).max())
