"""The span of rows that come in batches, and the directions that none of them has met yet."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from ..tolerance import grey, judge, threshold

__all__ = ["RowSpan"]

_AT_ONCE = 1024


class RowSpan:
    r"""Rank of a matrix of `size` columns whose rows come in batches.

    Every batch is restricted to the null space of the earlier ones, where its rank is what it adds:
    with orthonormal columns :math:`Z` of the null space,
    :math:`\operatorname{rank}[M; R] = \operatorname{rank} M + \operatorname{rank} R Z`.

    Parameters
    ----------
    size : int
        Number of columns.
    relative : float
        Relative precision of the rows, which come from unit vectors.

    Attributes
    ----------
    rank : int
    clear : bool
        False once a batch showed no gap where its spectrum was cut.

    Notes
    -----
    Values are cut at `threshold` of the Frobenius norm of all rows so far, or of 1. Where an
    earlier batch kept a value :math:`\sigma`, its null space is known to
    :math:`\varepsilon / \sigma` only, and later batches are cut accordingly.
    """

    def __init__(self, size: int, relative: float) -> None:
        self.size, self.relative = size, relative
        self.rank, self.clear = 0, True
        self._null: NDArray[Any] | None = None
        self._square = 0.0
        self._least = 1.0

    @property
    def missing(self) -> int:
        """Dimension of the null space."""
        return self.size - self.rank

    @property
    def null(self) -> NDArray[Any]:
        """Orthonormal columns (size, missing) that all rows send to zero."""
        return np.eye(self.size) if self._null is None else self._null

    def add(self, rows: NDArray[Any]) -> None:
        """Take in rows (r, size), real or complex."""
        for start in range(0, len(rows), _AT_ONCE):
            batch = rows[start : start + _AT_ONCE]
            self._square += float(np.vdot(batch, batch).real)
            if not self.missing:
                return
            self._meet(batch if self._null is None else batch @ self._null)

    def _meet(self, batch: NDArray[Any]) -> None:
        if batch.shape[0] > batch.shape[1]:
            batch = np.asarray(np.linalg.qr(batch, mode="r"))
        q, r = scipy.linalg.qr(batch.conj().T)
        r = r[: len(batch)]
        # Rows of rounding alone must not be measured by themselves.
        norm = max(1.0, self._square**0.5)
        tolerance = threshold(norm, self.relative / self._least)
        least = _least_value(r)
        if least > tolerance * grey(tolerance / norm):
            self._keep(q[:, len(r) :], len(r), least / norm)
            return
        u, values, _ = np.linalg.svd(r)
        kept = values > tolerance
        lost = float(values.max(where=~kept, initial=0.0))
        least = float(values.min(where=kept, initial=norm))
        self.clear &= judge(tolerance, least, None if kept.all() else lost, norm).clear
        rank = int(kept.sum())
        q[:, : len(r)] = q[:, : len(r)] @ u
        self._keep(q[:, rank:], rank, least / norm if rank else 1.0)

    def _keep(self, null: NDArray[Any], rank: int, least: float) -> None:
        self._null = null if self._null is None else self._null @ null
        self._least = min(self._least, least)
        self.rank += rank


def _least_value(upper: NDArray[Any]) -> float:
    r"""Lower bound :math:`1 / \|U^{-1}\|_F` of the singular values of an upper triangle."""
    if not np.all(np.diagonal(upper)):
        return 0.0
    (invert,) = scipy.linalg.get_lapack_funcs(("trtri",), (upper,))
    inverse, info = invert(upper)
    size = float(np.linalg.norm(np.triu(inverse)))
    return 0.0 if info or not np.isfinite(size) else 1.0 / size
