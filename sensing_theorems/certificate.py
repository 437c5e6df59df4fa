r"""A proof of an exact rank, and how to check it without the engine that found it.

Lower bound: some rows of the stack, independent modulo a prime and hence over ℚ. Upper bound:
integer signals that no :math:`A T_g` sees, whose orbits are independent modulo the prime.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ._forward import real_form, vertical_stack
from ._primes import is_prime
from .groups.action import GroupAction
from .groups.lattices import trivial
from .integers import annihilates, integer_matrix
from .problem import as_operators, check_action

__all__ = ["Certificate", "Moved", "moved_rows"]


class Moved(NamedTuple):
    r"""How a row comes about: a starting row, or an earlier one moved by :math:`T_i^e`.

    Attributes
    ----------
    parent : int
        Number of the earlier row in the list; -1 for a starting row.
    number : int
        Of the starting row, or of the generator i.
    exponent : int
        e.
    """

    parent: int
    number: int
    exponent: int = 0


@dataclass(frozen=True, eq=False)
class Certificate:
    r"""Proof that :math:`\text{lower} \le \operatorname{rank}[A T_g]_g \le \text{upper}` over ℚ.

    Attributes
    ----------
    n : int
    prime : int
        Modulus of the independence of the rows.
    rows : tuple of Moved
        Rows :math:`a_i T_g` of the stack, as many as `lower`.
    signals : ndarray of Python integers, (k, n)
        Signals x with :math:`A T_g x = 0` for all g.
    orbit : tuple of Moved
        Signals :math:`T_g^{-1} x`, linearly independent, as many as n - `upper`.
    invariant : bool
        Whether `signals` are a basis of a space that the generators keep, which proves
        :math:`A T_g x = 0` for all g at once; else the elements are gone through.
    """

    n: int
    prime: int
    rows: tuple[Moved, ...] = field(repr=False)
    signals: np.ndarray = field(repr=False)
    orbit: tuple[Moved, ...] = field(repr=False)
    invariant: bool

    @property
    def lower(self) -> int:
        """Proved lower bound of the rank."""
        return len(self.rows)

    @property
    def upper(self) -> int:
        """Proved upper bound of the rank."""
        return self.n - len(self.orbit)

    def verify(self, A: Any, action: GroupAction | None = None) -> bool:
        """Check the proof against operators and action, in exact arithmetic.

        Entries are read by `integer_matrix`, as the engine reads them; nothing else is shared.

        Parameters
        ----------
        A : operator or sequence of operators
            With rows that are multiples of integers; a complex operator by its two parts.
        action : GroupAction, optional

        Returns
        -------
        bool
            Whether both bounds hold for this operator and action.

        Raises
        ------
        ValueError
            If the operators have no integer entries, or act on another R^n.
        """
        matrix = integer_matrix(real_form(vertical_stack(as_operators(A))))
        action = trivial(matrix.shape[1]) if action is None else action
        check_action(action, matrix.shape[1])
        if matrix.shape[1] != self.n:
            return False
        proof = self._plain(len(matrix), action)
        if proof is None:
            return False
        stack = moved_rows(matrix % proof.prime, proof.rows, action)
        hidden = moved_rows((proof.signals % proof.prime).astype(np.int64), proof.orbit, action)
        return (
            _rank(stack, proof.prime) == self.lower
            and _rank(hidden, proof.prime) == len(self.orbit)
            and proof.signals_are_hidden(matrix, action)
        )

    def _plain(self, m: int, action: GroupAction) -> Certificate | None:
        """The same in Python integers; ``None`` if it is malformed, or speaks of other sizes."""
        try:
            listed = [[operator.index(v) for v in signal] for signal in self.signals]
            rows, orbit = (
                tuple(Moved(*(operator.index(v) for v in move)) for move in moves)
                for moves in (self.rows, self.orbit)
            )
            prime = operator.index(self.prime)
        except TypeError:
            return None
        signals = np.zeros((len(listed), self.n), dtype=object)
        for target, signal in zip(signals, listed, strict=True):
            if len(signal) != self.n:
                return None
            target[:] = signal
        sound = (
            2 < prime < 2**31
            and is_prime(prime)
            and _possible(rows, m, action)
            and _possible(orbit, len(signals), action)
        )
        return Certificate(self.n, prime, rows, signals, orbit, self.invariant) if sound else None

    def signals_are_hidden(self, matrix: np.ndarray, action: GroupAction) -> bool:
        """Whether A T_g x = 0 for all signals x and all g, for A as a matrix of integers."""
        if not len(self.signals):
            return True
        return self._kept(matrix, action) if self.invariant else self._listed(matrix, action)

    def _possible_orbit(self, action: GroupAction) -> bool:
        return _possible(self.orbit, len(self.signals), action)

    def _listed(self, matrix: np.ndarray, action: GroupAction) -> bool:
        """A T_g x = 0 for every g, one after the other."""
        return all(annihilates(g.pull_back(matrix), self.signals.T) for g in action.elements())

    def _kept(self, matrix: np.ndarray, action: GroupAction) -> bool:
        """A x = 0 for a basis of signals, each 0 where the others have their only entry, D."""
        basis = self.signals
        places = _own_places(basis)
        if places is None or len(self.orbit) != len(basis) or not annihilates(matrix, basis.T):
            return False
        own = basis[np.arange(len(basis)), places]
        common = math.lcm(*own.tolist())
        for generator in action.generators:
            if generator.is_identity():
                continue
            moved = generator(basis)
            # A signal of the space is told by its entries at the places of the basis.
            weights = moved[:, places] * (common // own)
            if np.any(_exact_product(weights, basis) != common * moved):
                return False
        return True


def _exact_product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Product of matrices of Python integers, by doubles where these are exact."""
    if int(np.abs(a).max()) * int(np.abs(b).max()) * len(b) < 2**53:
        return (a.astype(np.float64) @ b.astype(np.float64)).astype(np.int64)
    return a.dot(b)


def _own_places(basis: np.ndarray) -> np.ndarray | None:
    """A coordinate of each signal in which it alone is not zero."""
    alone = np.flatnonzero(np.count_nonzero(basis, axis=0) == 1)
    places = []
    for row in basis:
        own = alone[row[alone] != 0]
        if not own.size:
            return None
        places.append(int(own[0]))
    return np.array(places, dtype=np.int64)


def _possible(moves: Sequence[Moved], starts: int, action: GroupAction) -> bool:
    return all(
        (0 <= move.number < starts)
        if move.parent < 0
        else (move.parent < number and 0 <= move.number < len(action.generators))
        for number, move in enumerate(moves)
    )


def moved_rows(starts: np.ndarray, moves: Sequence[Moved], action: GroupAction) -> np.ndarray:
    """The rows that the moves make of starting rows, (len(moves), n)."""
    rows: list[np.ndarray] = []
    powers: dict[tuple[int, int], Any] = {}
    for parent, number, exponent in moves:
        if parent < 0:
            rows.append(starts[number])
            continue
        if (number, exponent) not in powers:
            powers[number, exponent] = action.generators[number].power(exponent)
        rows.append(powers[number, exponent].pull_back(rows[parent]))
    return np.array(rows, dtype=np.int64).reshape(-1, starts.shape[1])


def _rank(matrix: np.ndarray, p: int) -> int:
    """Rank modulo p < 2^31 by elimination as in a textbook, on purpose not the engine's."""
    work, rank = matrix % p, 0
    for column in range(work.shape[1]):
        pivots = np.flatnonzero(work[rank:, column])
        if not pivots.size:
            continue
        work[[rank, rank + pivots[0]]] = work[[rank + pivots[0], rank]]
        work[rank] = work[rank] * pow(int(work[rank, column]), -1, p) % p
        below = work[rank + 1 :]
        below -= np.outer(below[:, column], work[rank]) % p
        below %= p
        rank += 1
        if rank == len(work):
            break
    return rank
