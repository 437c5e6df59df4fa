"""Rows closed under a group, modulo a prime: which moved rows are independent."""

from __future__ import annotations

import numpy as np

from .certificate import Moved
from .groups.action import GroupAction
from .groups.signed import SignedPermutation
from .modular import echelon, inverse, multiply, residues

__all__ = ["Span"]


class Span:
    """Span of rows and their images under a group, modulo p.

    Parameters
    ----------
    rows : ndarray of residues modulo p, (r, n)
        Starting rows.
    action : GroupAction
    p : int

    Attributes
    ----------
    moves : list of Moved
        Independent rows that span, each with how it comes about.
    rows : ndarray, (rank, n)
        These rows.
    columns : ndarray of int, (rank,)
        Where the rows restricted to these columns are invertible.
    """

    def __init__(self, rows: np.ndarray, action: GroupAction, p: int) -> None:
        self.p, self.n = p, rows.shape[1]
        self.moves: list[Moved] = []
        self.rows = np.zeros((0, self.n))
        self.columns = np.zeros(0, dtype=np.int64)
        # Reduced rows: the identity at the columns, so that one product reduces any other row.
        self._reduced = np.zeros((0, self.n))
        self._add(rows, [Moved(-1, i) for i in range(len(rows))])
        self._leap(action)
        self._close(action)

    @property
    def rank(self) -> int:
        """Dimension of the span modulo p."""
        return len(self.moves)

    def extend(self, rows: np.ndarray, first: int, action: GroupAction) -> None:
        """Take further starting rows, numbered from `first`, and close again."""
        self._add(rows, [Moved(-1, first + i) for i in range(len(rows))])
        self._leap(action)
        self._close(action)

    def _add(self, candidates: np.ndarray, moves: list[Moved]) -> int:
        """Add those candidates that are new; return how many are."""
        if self.rank == self.n or not len(candidates):
            return 0
        p, known = self.p, self.columns
        left = candidates
        if known.size:
            inside = multiply(np.ascontiguousarray(candidates[:, known]), self._reduced, p)
            left = residues(candidates - inside, p)
        found = echelon(left, p)
        if not found.rank:
            return 0
        fresh = np.ascontiguousarray(left[found.rows])
        own = inverse(np.ascontiguousarray(fresh[:, found.columns]), p)
        fresh = multiply(own, fresh, p)
        if known.size:
            above = np.ascontiguousarray(self._reduced[:, found.columns])
            self._reduced = residues(self._reduced - multiply(above, fresh, p), p)
        self._reduced = np.concatenate([self._reduced, fresh])
        self.columns = np.concatenate([known, found.columns])
        self.rows = np.concatenate([self.rows, candidates[found.rows]])
        self.moves += [moves[i] for i in found.rows]
        return found.rank

    def _move(self, start: int, number: int, exponent: int, power: SignedPermutation) -> int:
        stop = self.rank
        images = residues(power.pull_back(self.rows[start:stop]), self.p)
        return self._add(images, [Moved(i, number, exponent) for i in range(start, stop)])

    def _leap(self, action: GroupAction) -> None:
        """Double the reach of every generator until nothing is new: T, T², T⁴, …."""
        for number, generator in enumerate(action.generators):
            power, exponent = generator, 1
            while self.rank < self.n and not power.is_identity():
                if not self._move(0, number, exponent, power):
                    break
                power, exponent = power @ power, 2 * exponent

    def _close(self, action: GroupAction) -> None:
        """Apply every generator to every row until nothing is new."""
        start = 0
        while start < self.rank < self.n:
            stop = self.rank
            for number, generator in enumerate(action.generators):
                images = residues(generator.pull_back(self.rows[start:stop]), self.p)
                self._add(images, [Moved(i, number, 1) for i in range(start, stop)])
            start = stop
