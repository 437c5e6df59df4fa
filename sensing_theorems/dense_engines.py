"""Ranks by dense decompositions: the listed stack, the spun row space, and single operators."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg

from ._forward import ForwardOperator
from .groups.action import GroupAction
from .groups.isotypic import Family
from .null_space import DenseNullSpace
from .rank_result import Losses, RankResult
from .rows import dense_matrix, magnitude, precision, triangular
from .spectrum import Spectrum
from .tolerance import Cut, cut, grey, rounding, threshold

__all__ = ["DenseSource", "dense", "operator_rank", "row_space", "spin"]


def _unit(A: ForwardOperator, method: str) -> tuple[np.ndarray, float]:
    """Matrix of A over the power of two near its largest entry, and that power."""
    matrix = dense_matrix(A, method)
    scale = magnitude(matrix)
    matrix /= scale
    return matrix, scale


def row_space(A: ForwardOperator) -> tuple[np.ndarray, Cut]:
    """Orthonormal rows that span the row space of A, and where its spectrum was cut."""
    matrix, scale = _unit(A, "row_space")
    if matrix.shape[0] > matrix.shape[1]:
        matrix = triangular(matrix)
    _, values, vh = scipy.linalg.svd(matrix, full_matrices=False)
    decision = cut(values, precision(A), scale)
    return vh[values > decision.tolerance], decision


def operator_rank(A: ForwardOperator) -> int | None:
    """Rank of A alone, or ``None`` where its spectrum shows no gap."""
    matrix, scale = _unit(A, "operator_rank")
    if matrix.shape[0] > matrix.shape[1]:
        matrix = triangular(matrix)
    values = np.linalg.svd(matrix, compute_uv=False)
    decision = cut(values, precision(A), scale)
    return int((values > decision.tolerance).sum()) if decision.clear else None


@dataclass(frozen=True, eq=False)
class DenseSource:
    """What a dense decomposition tells beyond the rank.

    Parameters
    ----------
    null : DenseNullSpace
    action : GroupAction
    values : ndarray of shape (n,), or None
        Singular values of the stack.
    tolerance : float
    """

    null: DenseNullSpace
    action: GroupAction
    values: np.ndarray | None
    tolerance: float

    def losses(self) -> Losses:
        """Missing multiplicities, where the irreps are known."""
        action, basis = self.action, self.null.basis
        if not action.has_transform:
            return ()
        families = action.transform.families
        if basis.shape[0] == 0:
            return tuple((family, np.zeros(family.count, int)) for family in families)
        parts = action.transform.analyze(basis)
        # The null space is invariant: its part in W (x) C^c is W (x) K, of energy s dim K.
        return tuple(
            (family, np.rint(np.sum(np.abs(part) ** 2, axis=(0, 2, 3)) / family.dim).astype(int))
            for family, part in zip(families, parts, strict=True)
        )

    def spectrum(self) -> Spectrum | None:
        """Singular values of the listed stack, which do not come irrep by irrep."""
        if self.values is None:
            return None
        one = np.ones(1, dtype=np.int64)
        everything = Family(1, self.values.size, one, lambda i: f"all of R^{self.action.n}")
        return Spectrum((everything,), (self.values[None],), 1, self.tolerance)

    def null_space(self) -> DenseNullSpace:
        """The null space by an orthonormal basis."""
        return self.null


def dense(A: ForwardOperator, action: GroupAction, field: str) -> RankResult:
    """Every row of every A T_g, reduced by QR as it comes, then one SVD."""
    matrix, scale = _unit(A, "dense")
    n = action.n
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
    decision = cut(values, precision(A), scale, maps=action.rounding)
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
        source=DenseSource(null, action, values * scale, decision.tolerance * scale),
    )


def spin(A: ForwardOperator, action: GroupAction, field: str) -> RankResult:
    """Row space of A closed under the generators, with re-orthogonalisation at every step."""
    matrix, scale = _unit(A, "spin")
    n = action.n
    _, values, vh = scipy.linalg.svd(matrix, full_matrices=False)
    decision = cut(values, precision(A), scale)
    kept = values > decision.tolerance
    basis, clear, gap = vh[kept], decision.clear, decision.gap
    # A direction found with singular value s carries the rounding of its matrix divided by s.
    floor = threshold(float(np.sqrt(n)), max(rounding(precision(A), scale), action.rounding))
    error = floor
    error *= values[0] / values[kept][-1] if basis.size else 1.0
    new = basis
    while new.shape[0] and basis.shape[0] < n:
        images = np.concatenate([g.pull_back(new) for g in action.generators])
        for _ in range(2):
            images = images - (images @ basis.conj().T) @ basis
        _, values, vh = scipy.linalg.svd(images, full_matrices=False)
        kept = values > error
        new = vh[kept]
        lost = float(values[~kept].max(initial=0.0))
        # Between rounding and rounding blown up: a true direction, or not.
        clear = clear and lost <= floor
        if new.size:
            smallest = float(values[kept][-1])
            gap = min(gap, smallest / lost if lost > 0 else smallest / error)
            clear = clear and smallest > error * grey(error)
            error /= smallest
        basis = np.concatenate([basis, new])
    null = DenseNullSpace(_complement(basis, n))
    return RankResult(
        rank=basis.shape[0],
        n=n,
        m=A.shape[0],
        field=field,
        method="spin",
        clear=bool(clear),
        gap=gap,
        tolerance=error,
        source=DenseSource(null, action, None, error),
    )


def _complement(basis: np.ndarray, n: int) -> np.ndarray:
    """Orthonormal basis, in rows, of what is orthogonal to the conjugate rows of `basis`."""
    if basis.shape[0] == 0:
        return np.eye(n)
    full, _ = scipy.linalg.qr(basis.conj().T, mode="full")
    return full[:, basis.shape[0] :].T
