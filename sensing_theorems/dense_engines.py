"""Ranks by dense decompositions: the listed stack, the spun row space, and single operators."""

from __future__ import annotations

import math

import numpy as np
import scipy.linalg

from ._forward import ForwardOperator
from .groups.action import GroupAction
from .groups.commutant import COMMUTANT_LIMIT
from .rank_result import DenseNullSpace, Losses, RankResult
from .tolerance import Cut, cut, relative_tolerance

__all__ = [
    "DENSE_ENTRIES",
    "dense",
    "dense_matrix",
    "magnitude",
    "operator_rank",
    "row_space",
    "spin",
    "triangular",
]

DENSE_ENTRIES = 2**26


def magnitude(rows: np.ndarray) -> float:
    """Power of two near the largest entry, so that squares neither overflow nor vanish."""
    largest = float(np.abs(rows).max(initial=0.0))
    return 2.0 ** math.floor(math.log2(largest)) if largest > 0 else 1.0


def triangular(matrix: np.ndarray) -> np.ndarray:
    """R of the QR decomposition, which has the singular values of the matrix."""
    return np.asarray(np.linalg.qr(matrix, mode="r"))


def dense_matrix(A: ForwardOperator, method: str) -> np.ndarray:
    """Matrix of A, refused beyond 2**26 entries with the name of the method that asked."""
    m, n = A.shape
    if m * n > DENSE_ENTRIES:
        raise ValueError(
            f"method '{method}' needs the {m} x {n} matrix of A, {m * n} entries; it takes at most "
            f"{DENSE_ENTRIES}. Method 'sketch' works on larger operators."
        )
    # In double precision even where the entries are single: only the tolerance must know of that.
    return A.to_dense(DENSE_ENTRIES).astype(np.result_type(A.dtype, np.float64))


def row_space(A: ForwardOperator) -> tuple[np.ndarray, Cut]:
    """Orthonormal rows that span the row space of A, and where its spectrum was cut."""
    matrix = dense_matrix(A, "row_space")
    matrix = matrix / magnitude(matrix)
    if matrix.shape[0] > matrix.shape[1]:
        matrix = triangular(matrix)
    _, values, vh = scipy.linalg.svd(matrix, full_matrices=False)
    decision = cut(values, A.dtype)
    return vh[values > decision.tolerance], decision


def operator_rank(A: ForwardOperator) -> int | None:
    """Rank of A alone, or ``None`` where its spectrum shows no gap."""
    matrix = dense_matrix(A, "operator_rank")
    matrix = matrix / magnitude(matrix)
    if matrix.shape[0] > matrix.shape[1]:
        matrix = triangular(matrix)
    values = np.linalg.svd(matrix, compute_uv=False)
    decision = cut(values, A.dtype)
    return int((values > decision.tolerance).sum()) if decision.clear else None


def dense(A: ForwardOperator, action: GroupAction, field: str) -> RankResult:
    """Every row of every A T_g, reduced by QR as it comes, then one SVD."""
    matrix = dense_matrix(A, "dense")
    n = action.n
    scale = magnitude(matrix)
    matrix = matrix / scale
    factor = np.zeros((0, n), dtype=matrix.dtype)
    waiting: list[np.ndarray] = []
    for element in action.elements():
        waiting.append(element.pull_back(matrix))
        if sum(w.shape[0] for w in waiting) > 4 * n:
            factor = triangular(np.concatenate([factor, *waiting]))
            waiting = []
    stack = np.concatenate([factor, *waiting])
    if stack.shape[0] > n:
        stack = triangular(stack)
    _, values, vh = scipy.linalg.svd(stack, full_matrices=True)
    values = np.concatenate([values, np.zeros(n - values.size)])
    decision = cut(values, A.dtype)
    rank = int((values > decision.tolerance).sum())
    # Rows of vh are conjugate to the vectors that A annihilates.
    null = DenseNullSpace(vh[rank:].conj())
    return RankResult(
        rank=rank,
        n=n,
        m=A.shape[0],
        field=field,
        method="dense",
        clear=decision.clear,
        gap=decision.gap,
        tolerance=decision.tolerance * scale,
        singular_values=values * scale,
        lost=_dense_losses(null.basis, action),
        null_space=null,
    )


def spin(A: ForwardOperator, action: GroupAction, field: str) -> RankResult:
    """Row space of A closed under the generators, with re-orthogonalisation at every step."""
    matrix = dense_matrix(A, "spin")
    n = action.n
    _, values, vh = scipy.linalg.svd(matrix / magnitude(matrix), full_matrices=False)
    decision = cut(values, A.dtype)
    kept = values > decision.tolerance
    basis, clear, gap = vh[kept], decision.clear, decision.gap
    # A direction found with singular value s carries the rounding of its matrix divided by s.
    error = relative_tolerance(np.ones(n), A.dtype)
    error *= values[0] / values[kept][-1] if basis.size else 1.0
    new = basis
    while new.shape[0] and basis.shape[0] < n:
        images = np.concatenate([g.pull_back(new) for g in action.generators])
        for _ in range(2):
            images = images - (images @ basis.conj().T) @ basis
        _, values, vh = scipy.linalg.svd(images, full_matrices=False)
        kept = values > error
        new = vh[kept]
        if new.size:
            smallest = float(values[kept][-1])
            lost = float(values[~kept].max(initial=0.0))
            gap = min(gap, smallest / lost if lost > 0 else smallest / error)
            clear = clear and smallest > error * min(1e3, error**-0.5)
            error /= smallest
        basis = np.concatenate([basis, new])
    null = DenseNullSpace(_complement(basis, n))
    return RankResult(
        rank=basis.shape[0],
        n=n,
        m=A.shape[0],
        field=field,
        method="spin",
        clear=clear,
        gap=gap,
        tolerance=error,
        lost=_dense_losses(null.basis, action),
        null_space=null,
    )


def _complement(basis: np.ndarray, n: int) -> np.ndarray:
    """Orthonormal basis, in rows, of what is orthogonal to the conjugate rows of `basis`."""
    if basis.shape[0] == 0:
        return np.eye(n)
    full, _ = scipy.linalg.qr(basis.conj().T, mode="full")
    return full[:, basis.shape[0] :].T


def _dense_losses(null_basis: np.ndarray, action: GroupAction) -> Losses:
    """Missing multiplicities in a null space given by orthonormal rows, where irreps are known."""
    if null_basis.shape[0] == 0 or (action.kind == "generic" and action.n > COMMUTANT_LIMIT):
        return ()
    families = action.transform.families
    parts = action.transform.analyze(null_basis)
    # The null space is invariant: its part in W (x) C^c is W (x) K, of energy s dim K.
    return tuple(
        (family, np.rint(np.sum(np.abs(part) ** 2, axis=(0, 2, 3)) / family.dim).astype(int))
        for family, part in zip(families, parts, strict=True)
    )
