"""Exact rank of integer operators under permutation actions, with a certificate."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
import scipy.linalg

from ._forward import ForwardOperator
from ._probes import probe_rng
from .certificate import Certificate, Moved, moved_rows
from .dense_engines import DenseSource
from .groups.action import GroupAction
from .groups.orders import order_text
from .groups.signed import SignedPermutation
from .integers import integer_matrix
from .lattice_proof import lattice_of, prove_lattice
from .lifting import null_vectors
from .modular import PRIMES, residues
from .null_space import DenseNullSpace
from .rank_result import Losses, RankResult
from .spectrum import Spectrum
from .spinning import Span

__all__ = ["EXACT_LIMIT", "exact"]

EXACT_LIMIT = 4096
_SIGNALS = 8  # whose orbits prove a deficit where a basis would be too long
_BITS = 3e8  # of a basis
_SHORT = 20  # bits of numbers whose products are exact in double precision
_LONG_PRODUCT = 100
_PRODUCTS = 5e9
_LISTED_WORK = 2e10


def exact(A: ForwardOperator, action: GroupAction, field: str) -> RankResult:
    """Rank over ℚ, and hence over ℝ and ℂ, of a stack of integers.

    Full rank modulo a prime is full rank. A deficit is proved by integer signals that no A T_g
    sees. That the rank is not larger than found is proved too, by as many such signals as are
    missing, where these are within reach; `RankResult.note` says where it is not.

    Raises
    ------
    ValueError
        If the rows are no multiples of integers; or if n is beyond 4096, unless the group is a
        lattice of shifts and the rank is full.
    ArithmeticError
        If several primes divide all the minors that matter.
    """
    n = action.n
    if not all(isinstance(g, SignedPermutation) for g in action.generators):
        raise ValueError(
            "method 'exact' takes groups of (signed) permutations, which keep integers integer; "
            f"{action.name} acts otherwise. Method 'auto' decides numerically."
        )
    if n > EXACT_LIMIT:
        return _large(A, action, field)
    matrix = integer_matrix(A)
    for p in PRIMES:
        span = Span(residues(matrix, p), action, p)
        if span.rank == n:
            empty = np.zeros((0, n), dtype=object)
            proof = Certificate(n, p, tuple(span.moves), empty, (), True)
            return _result(A, action, field, span, matrix, proof)
        rows = moved_rows(matrix, span.moves, action)
        found = _deficit(matrix, rows, span, action)
        if found is None or (found.lower < found.upper and _grows(matrix, span, action)):
            continue
        return _result(A, action, field, span, matrix, found)
    raise ArithmeticError(f"no prime among {PRIMES} decides the rank of this operator.")


def _large(A: ForwardOperator, action: GroupAction, field: str) -> RankResult:
    n = action.n
    if lattice_of(action) is None:
        raise ValueError(
            f"method 'exact' takes n up to {EXACT_LIMIT}, and more only under shifts with periods "
            f"up to 4096; got n = {n} under {action.name}."
        )
    rank, proof = prove_lattice(A, action)
    if proof is None:
        raise ValueError(
            f"method 'exact' proves full rank at n = {n}, and deficits up to n = {EXACT_LIMIT}; "
            f"modulo a prime this stack has rank {rank}. Method 'auto' decides numerically."
        )
    return RankResult(n, n, A.shape[0], field, "exact", True, math.inf, 0.0, certificate=proof)


def _deficit(
    matrix: np.ndarray, rows: np.ndarray, span: Span, action: GroupAction
) -> Certificate | None:
    """Signals that prove the deficit; ``None`` if the prime was a bad one."""
    outside = np.setdiff1d(np.arange(span.n), span.columns)
    free = np.zeros((outside.size, span.n), dtype=np.int64)
    free[np.arange(outside.size), outside] = 1
    first = null_vectors(rows, span.columns, free[:1], span.p)
    moves = tuple(span.moves)
    if _basis_is_short(first, outside.size):
        signals = null_vectors(rows, span.columns, free, span.p)
        orbit = tuple(Moved(-1, i) for i in range(outside.size))
        proof = Certificate(span.n, span.p, moves, signals, orbit, True)
    else:
        signals, own = _orbits(rows, span, action, outside)
        proof = Certificate(span.n, span.p, moves, signals, tuple(own.moves), False)
        _check_listable(matrix, action)
    return proof if proof.signals_are_hidden(matrix, action) else None


def _grows(matrix: np.ndarray, span: Span, action: GroupAction) -> bool:
    """Whether two other primes see more: for what a proof leaves open, good evidence."""
    others = [p for p in PRIMES if p != span.p][:2]
    return any(Span(residues(matrix, p), action, p).rank > span.rank for p in others)


def _basis_is_short(first: np.ndarray, missing: int) -> bool:
    """Whether a basis of all that is missing can be written down and checked, by its first."""
    n, bits = first.shape[1], max(int(v).bit_length() for v in np.abs(first[0]))
    products = missing**2 * n * (1 if bits < _SHORT else _LONG_PRODUCT)
    return missing * n * bits <= _BITS and products <= _PRODUCTS


def _orbits(
    rows: np.ndarray, span: Span, action: GroupAction, outside: np.ndarray
) -> tuple[np.ndarray, Span]:
    """A few signals, and how much of what is missing their orbits make up."""
    free = np.zeros((_SIGNALS, span.n), dtype=np.int64)
    free[:, outside] = probe_rng("exact").integers(1, 50, (_SIGNALS, outside.size))
    signals = null_vectors(rows, span.columns, free, span.p)
    orbit, used = Span(_residues(signals[:1], span.p), action, span.p), 1
    while orbit.rank < outside.size and used < _SIGNALS:
        orbit.extend(_residues(signals[used : used + 1], span.p), used, action)
        used += 1
    return signals[:used], orbit


def _residues(signals: np.ndarray, p: int) -> np.ndarray:
    return residues((signals % p).astype(np.int64), p)


def _check_listable(matrix: np.ndarray, action: GroupAction) -> None:
    if action.order * matrix.size > _LISTED_WORK:
        raise ValueError(
            f"the stack is deficient modulo a prime, and the {order_text(action.order)} elements "
            f"of {action.name} are too many to prove it one by one. Method 'auto' decides "
            "numerically."
        )


class _ExactSource:
    """What the independent rows tell beyond the rank, in double precision."""

    def __init__(self, rows: np.ndarray, action: GroupAction) -> None:
        self.rows, self.action = rows, action

    @cached_property
    def _dense(self) -> DenseSource:
        rank = len(self.rows)
        if rank == 0:
            return DenseSource(DenseNullSpace(np.eye(self.action.n)), self.action, None, 0.0)
        size = np.linalg.norm(self.rows, axis=1, keepdims=True)
        basis = scipy.linalg.qr((self.rows / size).T, mode="full")[0][:, rank:].T
        return DenseSource(DenseNullSpace(basis), self.action, None, 0.0)

    def losses(self) -> Losses:
        """Missing multiplicities, where the irreps are known."""
        return self._dense.losses()

    def spectrum(self) -> Spectrum | None:
        """Nothing: exact arithmetic has no singular values."""
        return None

    def null_space(self) -> DenseNullSpace:
        """The null space by an orthonormal basis."""
        return self._dense.null_space()


def _result(
    A: ForwardOperator,
    action: GroupAction,
    field: str,
    span: Span,
    matrix: np.ndarray,
    proof: Certificate,
) -> RankResult:
    open_end = proof.lower < proof.upper
    return RankResult(
        rank=span.rank,
        n=span.n,
        m=A.shape[0],
        field=field,
        method="exact",
        clear=True,
        gap=math.inf,
        tolerance=0.0,
        note=f"proved: {proof.lower} <= rank <= {proof.upper}" if open_end else "",
        certificate=proof,
        source=_ExactSource(moved_rows(matrix, span.moves, action), action),
    )
