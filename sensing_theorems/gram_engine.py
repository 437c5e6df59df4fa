r"""Rank of a stack through its Gram matrix :math:`\sum_g T_g^T A^H A T_g`, for n up to 8192.

The Gram matrix needs n² numbers however many rows there are, but squares all singular values, so
that half of the digits of the small ones are lost. Full rank is proved by a Cholesky factor.
Otherwise the directions of the small eigenvalues are cleaned of the large ones and put to the stack
itself, which gives their singular values to full precision.
"""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
import scipy.linalg

from ._forward import ForwardOperator
from .dense_engines import DenseSource
from .groups.action import GroupAction
from .listed import listed_rows
from .null_space import DenseNullSpace
from .rank_result import Losses, RankResult
from .rows import gram_matrix, positive_definite, precision, triangular
from .spectrum import Spectrum
from .tolerance import Cut, cut, grey, rounding, threshold

__all__ = ["GRAM_LIMIT", "gram"]

GRAM_LIMIT = 8192
_ROUNDS = 3


class _Stack:
    """The stack by its Gram matrix and by products that go through its rows again."""

    def __init__(self, A: ForwardOperator, action: GroupAction) -> None:
        self.A, self.action = A, action
        rows = listed_rows(A, action, "gram")
        self.scale = rows.scale
        dtype = np.result_type(A.dtype, np.float64)
        self.gram = np.zeros((action.n, action.n), dtype=dtype)
        for batch in rows:
            self.gram += gram_matrix(batch)
        self.largest = rows.largest
        self.norm = math.sqrt(float(np.trace(self.gram).real))

    def through(self, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Adjoint of the stack after the stack, and R of the stack on vectors (n, d)."""
        twice = np.zeros_like(vectors)
        seen: list[np.ndarray] = []
        for batch in listed_rows(self.A, self.action, "gram"):
            seen.append(batch @ vectors)
            twice += batch.conj().T @ seen[-1]
            if sum(part.shape[0] for part in seen) > 4 * vectors.shape[1]:
                seen = [triangular(np.concatenate(seen))]
        return twice, triangular(np.concatenate(seen))

    def decompose(self) -> tuple[np.ndarray, np.ndarray]:
        """Singular values of the stack, decreasing, and its right singular vectors, in columns."""
        n = self.action.n
        squares, vectors = scipy.linalg.eigh(self.gram)
        squares, vectors = squares[::-1], vectors[:, ::-1]
        # Below this eigenvalues carry few digits, and so do the directions that belong to them.
        sure = 1e4 * n * np.finfo(float).eps * max(float(squares[0]), np.finfo(float).tiny)
        big = int(np.count_nonzero(squares > sure))
        values = np.sqrt(np.maximum(squares, 0.0))
        if big == n:
            return values, vectors
        large, small = vectors[:, :big], vectors[:, big:]
        for _ in range(_ROUNDS):
            twice, _ = self.through(small)
            small = small - large @ ((large.conj().T @ twice) / squares[:big, None])
            small = np.linalg.qr(small)[0]
        _, own, vh = np.linalg.svd(self.through(small)[1])
        values[big:] = 0.0
        values[big : big + own.size] = own
        return values, np.concatenate([large, small @ vh.conj().T], axis=1)


class _GramSource:
    """What the Gram matrix tells beyond the rank, decomposed when first asked for."""

    def __init__(self, stack: _Stack, tolerance: float) -> None:
        self.stack, self.tolerance = stack, tolerance

    @cached_property
    def decomposed(self) -> tuple[np.ndarray, np.ndarray]:
        """See `_Stack.decompose`."""
        return self.stack.decompose()

    @cached_property
    def _dense(self) -> DenseSource:
        values, vectors = self.decomposed
        basis = vectors[:, values <= self.tolerance].T
        scale = self.stack.scale
        null = DenseNullSpace(np.ascontiguousarray(basis))
        return DenseSource(null, self.stack.action, values * scale, self.tolerance * scale)

    def losses(self) -> Losses:
        """Missing multiplicities, where the irreps are known."""
        return self._dense.losses()

    def spectrum(self) -> Spectrum | None:
        """Singular values of the listed stack."""
        return self._dense.spectrum()

    def null_space(self) -> DenseNullSpace:
        """The null space by an orthonormal basis."""
        return self._dense.null_space()


def gram(A: ForwardOperator, action: GroupAction, field: str) -> RankResult:
    """Rank through the Gram matrix of the listed stack.

    Raises
    ------
    ValueError
        If n > 8192, or the group has more than 64 elements.
    """
    n = action.n
    if n > GRAM_LIMIT:
        raise ValueError(
            f"method 'gram' holds an n x n matrix, for n up to {GRAM_LIMIT}; got n = {n}. Method "
            "'krylov' works on larger signals."
        )
    stack = _Stack(A, action)
    tolerance = threshold(stack.norm, max(rounding(precision(A), stack.largest), action.rounding))
    source = _GramSource(stack, tolerance)
    floor = 64 * n * np.finfo(float).eps * stack.norm**2
    if positive_definite(stack.gram, floor) and math.sqrt(floor) > tolerance * grey(0.0):
        decision, rank = Cut(tolerance, 0.99 * math.sqrt(floor) / tolerance, True), n
    else:
        values, _ = source.decomposed
        decision = cut(values, precision(A), stack.largest, stack.norm, action.rounding)
        rank = int((values > decision.tolerance).sum())
    return RankResult(
        rank=rank,
        n=n,
        m=A.shape[0],
        field=field,
        method="gram",
        clear=decision.clear,
        gap=decision.gap,
        tolerance=tolerance * stack.scale,
        source=source,
    )
