r"""The equations of samples modulo a prime, from entries read exactly.

Floating-point entries are dyadic rationals, so basis and operators have exact residues modulo an
odd prime p; a complex entry takes a root of -1 in place of i.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._forward import ForwardOperator, real_form
from ..modular import PRIMES, echelon
from .tangents import Blocks

__all__ = ["MODULI", "Modular", "Part", "dyadic_residues"]

# With p = 1 mod 4 there is a root of -1.
MODULI = tuple(p for p in PRIMES if p % 4 == 1)

_EXACT = 2.0**53


def dyadic_residues(values: NDArray[Any], p: int) -> NDArray[np.int64]:
    """Residues in [0, p) of floats, which are integers times powers of two.

    Parameters
    ----------
    values : ndarray, real or complex, finite
    p : int
        Prime below 2^26, for complex entries 1 modulo 4.
    """
    if values.dtype.kind == "c":
        unit = next(x for x in (pow(a, p // 4, p) for a in range(2, p)) if x * x % p == p - 1)
        return (dyadic_residues(values.real, p) + unit * dyadic_residues(values.imag, p)) % p
    mantissa, exponent = np.frexp(values.astype(np.float64))
    powers, place = np.unique(exponent, return_inverse=True)
    factors = np.array([pow(2, int(e) - 53, p) for e in powers], np.int64)
    whole = (mantissa * _EXACT).astype(np.int64) % p
    return np.asarray(whole * factors[place.reshape(values.shape)] % p)


class Part(NamedTuple):
    """Equations of blocks that share them.

    Attributes
    ----------
    matrix : ndarray of int64, shape (r, unknowns)
    samples : ndarray of int, shape (r,)
        Number of the sample that each row comes from.
    unknowns : int
    counted : bool
        Whether all samples but the last have fewer equations than unknowns.
    """

    matrix: NDArray[np.int64]
    samples: NDArray[np.int64]
    unknowns: int
    counted: bool


class Modular:
    """Equations of samples modulo a prime.

    Parameters
    ----------
    blocks : Blocks
    operators : sequence of ForwardOperator
    field : {"real", "complex"}
    p : int
        Prime below 2^26, 1 modulo 4.

    Raises
    ------
    ValueError
        If the columns of a block are dependent modulo p.
    """

    def __init__(
        self, blocks: Blocks, operators: Sequence[ForwardOperator], field: str, p: int
    ) -> None:
        self.blocks, self.p, self.skipped = blocks, p, False
        self._known: dict[tuple[int, int], tuple[int, NDArray[np.int64]]] = {}
        self.bases = [dyadic_residues(basis, p) for basis in blocks.bases]
        entries = [(real_form(A) if field == "real" else A).to_dense() for A in operators]
        self.operators = [self._lifted(dyadic_residues(rows, p)) for rows in entries]
        self.kept = [self._transversal(basis) for basis in self.bases]

    def _lifted(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        if not self.blocks.height:
            return rows
        wide = np.zeros((len(rows) + 1, rows.shape[1] + 1), np.int64)
        wide[:-1, :-1], wide[-1, -1] = rows, 1
        return wide

    def _transversal(self, basis: NDArray[np.int64]) -> NDArray[np.int64]:
        """Coordinates in which motions modulo the span of a block are told apart."""
        found = echelon(basis.T, self.p)
        if found.rank < basis.shape[1]:
            raise ValueError(f"columns must be independent modulo {self.p}; they are not.")
        return np.setdiff1d(np.arange(len(basis)), found.columns)

    def draw_codes(
        self, supports: NDArray[np.int64], rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """Codes uniform modulo p, shape (N, K)."""
        widths = [sum(self.bases[b].shape[1] for b in support) for support in supports]
        codes = rng.integers(0, self.p, (len(supports), max(widths, default=0)))
        return np.where(np.arange(codes.shape[1]) < np.array(widths)[:, None], codes, 0)

    def checked(self, supports: Any, codes: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Supports and codes as arrays of integers, refused where they are malformed."""
        supports, codes = np.asarray(supports), np.asarray(codes)
        shaped = supports.ndim == codes.ndim == 2 and len(supports) == len(codes)
        if not shaped or supports.shape[1] != self.blocks.per_signal:
            raise ValueError("supports and codes must have one row per sample.")
        if supports.dtype.kind not in "iu" or codes.dtype.kind not in "iu":
            raise TypeError("supports and codes must be integers.")
        inside = (supports >= 0) & (supports < len(self.bases))
        if not inside.all() or np.any(np.diff(supports, axis=1) <= 0):
            raise ValueError("supports must be increasing numbers of blocks.")
        widths = [sum(self.bases[b].shape[1] for b in support) for support in supports]
        if codes.shape[1] < max(widths, default=0):
            raise ValueError("codes must have an entry for every column.")
        return supports.astype(np.int64), codes.astype(np.int64) % self.p

    def parts(self, supports: NDArray[np.int64], codes: NDArray[np.int64]) -> list[Part]:
        """Equations of all samples, in parts that share no unknown."""
        if self.blocks.per_signal > 1:
            return [self._part(range(len(self.bases)), range(len(supports)), supports, codes)]
        return [
            self._part([b], np.flatnonzero(supports[:, 0] == b), supports, codes)
            for b in range(len(self.bases))
        ]

    def _part(
        self,
        members: Sequence[int],
        samples: Any,
        supports: NDArray[np.int64],
        codes: NDArray[np.int64],
    ) -> Part:
        widths = [self.bases[b].shape[1] * self.kept[b].size for b in members]
        starts = dict(zip(members, np.cumsum([0, *widths])[:-1].tolist(), strict=True))
        unknowns, equations, before = sum(widths), [np.zeros((0, sum(widths)), np.int64)], 0
        numbers, last = [], len(supports) - 1
        for t in samples:
            rows, possible = self._sample(int(t), supports[t], codes[t], starts, unknowns)
            equations.append(rows)
            numbers += [int(t)] * len(rows)
            before += possible if t != last else 0
        owners = np.array(numbers, np.int64)
        return Part(np.concatenate(equations), owners, unknowns, before < unknowns)

    def _sample(
        self,
        t: int,
        support: NDArray[np.int64],
        code: NDArray[np.int64],
        starts: dict[int, int],
        unknowns: int,
    ) -> tuple[NDArray[np.int64], int]:
        """Equations of a sample, and how many there are at most over the rationals."""
        rank, rows = self._unseen(t % len(self.operators), support)
        if rank < sum(self.bases[b].shape[1] for b in support):
            # Over the rationals the rank may be larger, and the equations fewer than they seem.
            self.skipped = True
            return np.zeros((0, unknowns), np.int64), len(rows)
        found, first = np.zeros((len(rows), unknowns), np.int64), 0
        for b in support:
            k, kept = self.bases[b].shape[1], self.kept[b]
            own = np.einsum("k,ri->rki", code[first : first + k], rows[:, kept]) % self.p
            found[:, starts[b] : starts[b] + k * kept.size] = own.reshape(len(rows), k * kept.size)
            first += k
        return found, len(rows)

    def _unseen(self, g: int, support: NDArray[np.int64]) -> tuple[int, NDArray[np.int64]]:
        """Rank of A on a support, and the rows C A."""
        key = (g, int(support[0]))
        if len(support) == 1 and key in self._known:
            return self._known[key]
        A = self.operators[g]
        seen = _product(A, np.hstack([self.bases[b] for b in support]), self.p)
        found = _eliminated(seen, A, self.p)
        if len(support) == 1:
            self._known[key] = found
        return found


def _product(a: NDArray[np.int64], b: NDArray[np.int64], p: int) -> NDArray[np.int64]:
    total = np.zeros((len(a), b.shape[1]), np.int64)
    step = 2**10  # so many products of residues below 2^26, and one more, fit into 63 bits
    for k in range(0, a.shape[1], step):
        total = (total + a[:, k : k + step] @ b[k : k + step]) % p
    return total


def _eliminated(
    left: NDArray[np.int64], right: NDArray[np.int64], p: int
) -> tuple[int, NDArray[np.int64]]:
    """Rank of `left` modulo p, and what its left null space makes of `right`."""
    work, rank = np.hstack([left, right]), 0
    for column in range(left.shape[1]):
        pivots = np.flatnonzero(work[rank:, column])
        if not pivots.size:
            continue
        work[[rank, rank + pivots[0]]] = work[[rank + pivots[0], rank]]
        factors = work[rank + 1 :, column] * pow(int(work[rank, column]), -1, p) % p
        work[rank + 1 :] = (work[rank + 1 :] - factors[:, None] * work[rank]) % p
        rank += 1
    return rank, work[rank:, left.shape[1] :]
