r"""The equations that samples put on a model, with their codes eliminated.

A sample :math:`y = A B_S c` of an operator and a support S allows a motion :math:`\delta B` exactly
if some change of the code makes up for it, :math:`A\,\delta B_S\,c \in \operatorname{range} A B_S`.
With rows C that span the left null space of :math:`A B_S` this is

.. math:: C A\,\delta B_S\,c = 0, \qquad m - \operatorname{rank} A B_S \text{ equations}.

Where A loses codes, :math:`A B_S v = 0` for some :math:`v \ne 0`, codes c + v that are not near c
make the same sample. So a motion with :math:`C A\,\delta B_S\,(c + v) = 0` suffices, and these
equations exclude nothing: of such samples none are taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._forward import ForwardOperator
from ..rows import DENSE_ENTRIES, precision
from ..tolerance import cut, rounding
from .tangents import Blocks, Tangents

__all__ = ["Dealing", "Equations", "Measured"]

_MATCHED = 300  # blocks up to which a round is matched as a whole


class Dealing:
    r"""Which operator and which blocks every sample gets: sample t has operator t mod L.

    Single blocks take turns: each has one sample of every p, matched with operators that it has
    met least often. Where a sample has several blocks, they are chosen one after the other, always
    one that its operator has met least often; among these one whose orbit was used least, then one
    used least, then one least often together with those already chosen. Chance decides between
    equals. So every operator meets all blocks in time, whatever L and their number have in common.

    Parameters
    ----------
    n_operators : int
        L.
    orbits : ndarray of int, one per block
    per_signal : int
        Number s of blocks per sample.
    rng : numpy.random.Generator
    """

    def __init__(
        self,
        n_operators: int,
        orbits: NDArray[np.int64],
        per_signal: int,
        rng: np.random.Generator,
    ) -> None:
        self.n_operators, self.per_signal, self.rng = n_operators, per_signal, rng
        self.supports: list[tuple[int, ...]] = []
        self._round: list[int] = []
        self._met = np.zeros((n_operators, len(orbits)), np.int64)
        self._together = np.zeros((len(orbits), len(orbits)), np.int64)
        _, self._orbit, sizes = np.unique(orbits, return_inverse=True, return_counts=True)
        self._share = 1.0 / sizes[self._orbit]

    def deal(self) -> tuple[int, tuple[int, ...]]:
        """Deal one more sample: its operator, and the numbers of its blocks in order."""
        g = len(self.supports) % self.n_operators
        if self.per_signal == 1 and 1 < len(self._orbit) <= _MATCHED:
            self._round = self._round or self._matched(g)
            chosen = [self._round.pop()]
        else:
            chosen = self._chosen(g)
            self._together[np.ix_(chosen, chosen)] += 1
        self._met[g, chosen] += 1
        self.supports.append(tuple(sorted(chosen)))
        return g, self.supports[-1]

    def _chosen(self, g: int) -> list[int]:
        used, chosen = self._met.sum(axis=0), list[int]()
        taken = np.zeros(used.size, bool)
        for _ in range(self.per_signal):
            in_orbit = np.bincount(self._orbit, used + taken)[self._orbit] * self._share
            near, ties = self._together[chosen].sum(axis=0), self.rng.random(used.size)
            order = np.lexsort((ties, near, used, in_orbit, self._met[g], taken))
            chosen.append(int(order[0]))
            taken[order[0]] = True
        return chosen

    def _matched(self, first: int) -> list[int]:
        """Blocks of the next round, the last one first."""
        from scipy.optimize import linear_sum_assignment

        p = len(self._orbit)
        slots = np.arange(p)
        cost = self._met[(first + slots) % self.n_operators].astype(float)
        # Orbits are spread over the round, so that its beginning is fair as well.
        order = np.argsort(self.rng.random(p))
        place = np.empty(p)
        for members in (order[self._orbit[order] == o] for o in np.unique(self._orbit)):
            place[members] = (np.arange(members.size) + 0.5) / members.size
        cost += 0.4 / p * np.abs((slots[:, None] + 0.5) / p - place)
        cost += 1e-3 / p**2 * self.rng.random((p, p))
        return [int(b) for b in linear_sum_assignment(cost)[1][::-1]]


class Measured:
    """Operators by orthonormal rows, so that neither units nor repeated rows count.

    Parameters
    ----------
    operators : sequence of ForwardOperator, each (m_g, n)
    field : {"real", "complex"}
        Field of the signals; over ℝ a complex row counts as two real ones.
    lifted : bool
        Whether signals have one more entry, which every operator sees.

    Attributes
    ----------
    rows : list of ndarray, each (r_g, n) or (r_g + 1, n + 1)
    relative : float
        Relative precision in which the entries were given.
    clear : bool
        Whether the ranks r_g were clear.
    """

    def __init__(self, operators: Sequence[ForwardOperator], field: str, lifted: bool) -> None:
        self.clear, self.relative = True, 0.0
        self.rows = [self._orthonormal(A, field, lifted) for A in operators]

    def _orthonormal(self, A: ForwardOperator, field: str, lifted: bool) -> NDArray[Any]:
        rows = A.to_dense(DENSE_ENTRIES)
        rows = rows.astype(np.result_type(rows, np.float64))
        largest = np.abs(rows).max(axis=1)
        self.relative = max(
            self.relative, rounding(precision(A), float(largest.max(initial=0.0)) or 1.0)
        )
        # Complex rows first: a part that is rounding beside the other is no row of its own.
        rows = rows[largest > 0] / largest[largest > 0, None]
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        if field == "real" and rows.dtype.kind == "c":
            rows = np.concatenate([rows.real, rows.imag])
        _, values, vh = np.linalg.svd(rows, full_matrices=False)
        decision = cut(values, precision(A))
        self.clear &= decision.clear
        basis = vh[values > decision.tolerance]
        if not lifted:
            return basis
        wide = np.zeros((len(basis) + 1, basis.shape[1] + 1), basis.dtype)
        wide[:-1, :-1], wide[-1, -1] = basis, 1.0
        return wide


class Equations:
    """Equations of operators on the motions of a model.

    Parameters
    ----------
    blocks : Blocks
    tangents : Tangents
    measured : Measured
    """

    def __init__(self, blocks: Blocks, tangents: Tangents, measured: Measured) -> None:
        self.blocks, self.tangents, self.measured = blocks, tangents, measured
        self.relative = max(blocks.relative, measured.relative)
        self.clear = True
        self._known: dict[tuple[int, tuple[int, ...]], tuple[NDArray[Any], bool]] = {}

    def rows(self, g: int, support: tuple[int, ...]) -> tuple[NDArray[Any], bool]:
        """Orthonormal rows C A, (r, N), of an operator on a support, and whether it loses codes."""
        if self.blocks.per_signal > 1:
            return self._rows(g, support)
        if (g, support) not in self._known:
            self._known[g, support] = self._rows(g, support)
        return self._known[g, support]

    def _rows(self, g: int, support: tuple[int, ...]) -> tuple[NDArray[Any], bool]:
        rows = self.measured.rows[g]
        seen = rows @ self.blocks.span(support)
        if not seen.size:
            return rows, seen.shape[1] > 0
        u, values, _ = np.linalg.svd(seen)
        # Columns have norm 1: what an operator does not see at all must not be scaled up.
        norm = max(float(np.linalg.norm(values)), seen.shape[1] ** 0.5)
        decision = cut(values, np.dtype(np.float64), norm=norm, maps=self.relative)
        rank = int((values > decision.tolerance).sum())
        self.clear &= decision.clear or (rank == 0 and values[0] <= decision.tolerance / 2)
        return np.asarray(u[:, rank:].conj().T @ rows), rank < seen.shape[1]

    def of_sample(
        self, g: int, support: tuple[int, ...], component: int, rng: np.random.Generator
    ) -> NDArray[Any]:
        """Equations of one sample with a random code, in the parameters of a component."""
        rows, lost = self.rows(g, support)
        rows = rows[:0] if lost else rows
        codes = [self._code(self.blocks.bases[b].shape[1], rng) for b in support]
        norm = np.linalg.norm(np.concatenate(codes))
        size = self.tangents.sizes[component]
        found = np.zeros((len(rows), size), np.result_type(rows, *codes, self.blocks.joint))
        for b, code in zip(support, codes, strict=True):
            own = self.tangents.blocks[b]
            found[:, own.place] += own.equations(rows, code / norm)
        return found

    def _code(self, k: int, rng: np.random.Generator) -> NDArray[Any]:
        code = rng.standard_normal(k)
        complex_model = self.blocks.joint.dtype.kind == "c"
        return code + 1j * rng.standard_normal(k) if complex_model else code
