"""Rows weaker than rounding of the others: measurements in other units, or mere noise.

Scaling a row changes no null space, yet a row far below the others is lost in the rounding of any
joint decomposition. Whether the rank hangs on such rows is seen by scaling them up.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from ._forward import ForwardOperator, from_matrix
from ._probes import probe_rng
from .tolerance import grey, rounding, threshold

__all__ = ["even_rows", "weak_rows"]

_PROBES = 2
_QUICK = 2**20


def weak_rows(operators: Sequence[ForwardOperator]) -> list[np.ndarray] | None:
    """Exponents of two that make all rows about equal; ``None`` where none is too weak.

    Parameters
    ----------
    operators : sequence of ForwardOperator, each (m_g, n)
        Before real and imaginary parts are taken apart: a part that is rounding beside the other
        is no row of its own.

    Returns
    -------
    list of ndarray of int, each (m_g,), or None
    """
    if all(A.orthonormal_rows for A in operators):
        return None
    sizes = [_sizes(A) for A in operators]
    joint = np.concatenate(sizes)
    relative = max(threshold(1.0, rounding(A.dtype)) for A in operators)
    bar = relative * grey(relative) * joint.max()
    if not np.any((joint > 0) & (joint < bar)):
        return None
    return [-np.round(np.log2(np.where(size > 0, size, 1.0))).astype(int) for size in sizes]


def _sizes(A: ForwardOperator) -> np.ndarray:
    """About the norms of the rows: from entries, where quick, or from answers to random signals."""
    m, n = A.shape
    if A.orthonormal_rows:
        return np.ones(m)
    if isinstance(A.matrix, np.ndarray) and A.matrix.size <= _QUICK:
        return np.abs(A.matrix).max(axis=1).astype(float)
    x = probe_rng("row sizes").standard_normal((n, _PROBES))
    with np.errstate(over="ignore", invalid="ignore"):
        answers = np.abs(A.matmat(x)).max(axis=1)
    return np.nan_to_num(answers, nan=np.inf, posinf=np.finfo(float).max)


def even_rows(A: ForwardOperator, powers: np.ndarray) -> ForwardOperator:
    """The operator with its rows multiplied by powers of two, exactly."""
    if isinstance(A.matrix, np.ndarray):
        return from_matrix(_scaled(A.matrix, powers), name=A.name)
    return ForwardOperator(
        partial(_after, A, powers),
        partial(_before, A, powers),
        shape=A.shape,
        dtype=A.dtype,
        name=A.name,
    )


def _scaled(rows: np.ndarray, powers: np.ndarray) -> np.ndarray:
    # Not by a product: a single factor cannot span from the smallest number to the largest.
    if rows.dtype.kind != "c":
        return np.ldexp(rows, powers[:, None])
    return _scaled(rows.real, powers) + 1j * _scaled(rows.imag, powers)


def _after(A: ForwardOperator, powers: np.ndarray, X: np.ndarray) -> np.ndarray:
    return _scaled(A.matmat(X), powers)


def _before(A: ForwardOperator, powers: np.ndarray, Y: np.ndarray) -> np.ndarray:
    return A.rmatmat(_scaled(Y, powers))
