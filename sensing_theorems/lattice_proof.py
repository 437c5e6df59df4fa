r"""Exact full rank at image size: characters of a lattice of shifts, modulo a prime.

Where p - 1 is a multiple of all periods, the characters of :math:`\prod_i C_{N_i}` live in the
field of p elements, and the block form of the stack holds there as it does over ℂ (derived here):
the stack of a few integer combinations of rows has full rank modulo p if each block has. Full rank
modulo p is full rank over ℚ, whatever floating point would say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sympy import primefactors

from ._forward import ForwardOperator, real_form, vertical_stack
from ._primes import is_prime
from ._probes import probe_rng
from .batches import modular_ranks
from .groups.action import GroupAction
from .groups.orbit_types import OrbitType
from .integers import combined_rows, integer_entries
from .modular import multiply, residues
from .problem import as_operators, check_action

__all__ = ["LatticeCertificate", "lattice_of", "prove_lattice"]

_PRIMES_BELOW = 2**22
_EXTRA = 1
_LONGEST = 4096  # period along one axis, whose characters are a dense table


def lattice_of(action: GroupAction) -> OrbitType | None:
    """Orbits of an action of commuting shifts with short periods, or ``None``."""
    if action.kind != "abelian" or action.parts.lattice is None:
        return None
    orbits = action.parts.lattice
    return orbits if max(orbits.periods) <= _LONGEST else None


@dataclass(frozen=True, eq=False)
class LatticeCertificate:
    r"""Proof that :math:`[A T_g]_g` has full rank n over ℚ, for a lattice of shifts.

    Attributes
    ----------
    n, prime : int
        Dimension of the signals; modulus.
    roots : tuple of int
        An element of multiplicative order :math:`N_i` modulo the prime, for every period.
    index : ndarray of int, shape (c, N_1, …, N_k)
        Coordinate :math:`T_1^{e_1} \cdots T_k^{e_k}` takes each of c base points to.
    weights : ndarray of int64, shape (q, m)
        Combinations of rows whose blocks all have rank c.
    """

    n: int
    prime: int
    roots: tuple[int, ...]
    index: np.ndarray = field(repr=False)
    weights: np.ndarray = field(repr=False)

    @property
    def lower(self) -> int:
        """Proved lower bound of the rank."""
        return self.n

    @property
    def upper(self) -> int:
        """Proved upper bound of the rank."""
        return self.n

    def verify(self, A: Any, action: GroupAction | None = None) -> bool:
        """Check the proof against operators and action, in integers and from scratch.

        Raises
        ------
        ValueError
            If the operators have no integer entries, or act on another R^n.
        """
        matrix = integer_entries(real_form(vertical_stack(as_operators(A))))
        if action is None or matrix.shape != (self.weights.shape[1], self.n):
            return False
        check_action(action, self.n)
        p, periods = self.prime, self.index.shape[1:]
        if not (is_prime(p) and p < 2**26 and self._lists_orbits(action)):
            return False
        values = combined_rows(self.weights, matrix, p)[:, self.index]
        for axis, (root, period) in enumerate(zip(self.roots, periods, strict=True), start=2):
            if not _has_order(root, period, p):
                return False
            powers = np.outer(np.arange(period), np.arange(period)) % period
            table = np.array([pow(root, e, p) for e in range(period)], dtype=np.int64)[powers]
            values = np.moveaxis(np.moveaxis(values, axis, -1) @ table % p, -1, axis)
        blocks = np.moveaxis(values.reshape(*values.shape[:2], -1), 2, 0)
        return _all_have_full_rank(blocks.copy(), p)

    def _lists_orbits(self, action: GroupAction) -> bool:
        """Whether every generator moves along its own axis of the index, which lists all of R^n."""
        if len(action.generators) != self.index.ndim - 1 or len(self.roots) != self.index.ndim - 1:
            return False
        listed = np.array_equal(np.sort(self.index, axis=None), np.arange(self.n))
        return listed and all(
            generator.signs is None
            and np.array_equal(generator.images[self.index], np.roll(self.index, -1, axis))
            for axis, generator in enumerate(action.generators, start=1)
        )


def _has_order(root: int, period: int, p: int) -> bool:
    return pow(root, period, p) == 1 and all(
        pow(root, period // q, p) != 1 for q in primefactors(period)
    )


def _all_have_full_rank(blocks: np.ndarray, p: int) -> bool:
    """Whether all (k, q, c) blocks have rank c modulo p, by a textbook elimination of each."""
    c, everyone = blocks.shape[2], np.arange(len(blocks))
    for column in range(c):
        pivot = column + (blocks[:, column:, column] != 0).argmax(axis=1)
        top = blocks[everyone, pivot].copy()
        if not top[:, column].all():
            return False
        blocks[everyone, pivot] = blocks[:, column]
        # b_row top_c - b_c top clears the column, and needs no inverse.
        rest = blocks[:, column + 1 :]
        rest[:] = (rest * top[:, None, column, None] - rest[:, :, column, None] * top[:, None]) % p
    return True


def prove_lattice(A: ForwardOperator, action: GroupAction) -> tuple[int, LatticeCertificate | None]:
    """Rank modulo a prime of a few combinations of rows, and a certificate where it is full.

    Raises
    ------
    ValueError
        If A has no integer entries.
    """
    orbits = lattice_of(action)
    if orbits is None:
        raise ValueError(f"{action.name} is no lattice of shifts with periods up to {_LONGEST}.")
    matrix = integer_entries(A)
    exponent = math.lcm(*orbits.periods)
    p = next(c for c in range(_top(exponent), exponent, -exponent) if is_prime(c))
    c = orbits.index.shape[0]
    q = min(A.shape[0], c + _EXTRA)
    weights = probe_rng("lattice").integers(0, p, (q, A.shape[0]))
    values = residues(combined_rows(weights, matrix, p), p)[:, orbits.index]
    roots = []
    for axis, period in enumerate(orbits.periods, start=2):
        root = _root(period, p)
        powers = np.outer(np.arange(period), np.arange(period)) % period
        table = residues(np.array([pow(root, e, p) for e in range(period)]), p)[powers]
        moved = np.moveaxis(values, axis, -1)
        product = multiply(np.ascontiguousarray(moved.reshape(-1, period)), table, p)
        values = np.moveaxis(product.reshape(moved.shape), -1, axis)
        roots.append(root)
    blocks = np.moveaxis(values.reshape(q, c, -1), 2, 0)
    ranks = np.any(blocks, axis=(1, 2)) if c == 1 else modular_ranks(blocks.astype(np.int64), p)
    rank = int(ranks.sum())
    if rank < action.n:
        return rank, None
    return rank, LatticeCertificate(action.n, p, tuple(roots), orbits.index, weights)


def _top(exponent: int) -> int:
    return (_PRIMES_BELOW - 2) // exponent * exponent + 1


def _root(period: int, p: int) -> int:
    """Smallest number whose power has the order of the period."""
    candidates = (pow(a, (p - 1) // period, p) for a in range(2, p))
    return next(root for root in candidates if _has_order(root, period, p))
