"""Rows of an operator, as many at a time as memory should hold: all of them, or a sketch."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
from scipy import sparse

from ._forward import ForwardOperator
from ._probes import probe_rng

__all__ = [
    "DENSE_ENTRIES",
    "Rows",
    "all_rows",
    "dense_matrix",
    "gram_matrix",
    "leaves",
    "magnitude",
    "positive_definite",
    "precision",
    "random_rows",
    "triangular",
]

DENSE_ENTRIES = 2**26
_BATCH = 2**20
_SKETCHED = 2**22  # at a time: every batch is one pass over the operator
# Squares of entries beyond these powers of two could overflow or vanish.
_PLAIN = 300
_LOWER_WEIGHTS = 2.0**-70


class Rows:
    """Rows in double precision, over a common scale; an iterator that can be gone through once.

    Parameters
    ----------
    raw : iterator of ndarray, each (r, n)
    scale : float
        Power of two by which they are divided.
    copies : int
        How many times the squared norm of A they have, on average.

    Attributes
    ----------
    largest : float
        Largest entry so far in absolute value, before scaling.
    """

    def __init__(self, raw: Iterator[np.ndarray], scale: float, copies: int = 1) -> None:
        self.raw, self.scale, self.copies = raw, scale, copies
        self.largest = 0.0

    def __iter__(self) -> Iterator[np.ndarray]:
        for rows in self.raw:
            self.largest = max(self.largest, _largest(rows))
            yield _double(rows, self.scale)


def magnitude(rows: np.ndarray) -> float:
    """Power of two near the largest entry, so that squares neither overflow nor vanish."""
    largest = _largest(rows)
    return _power(largest) if largest > 0 else 1.0


def _power(largest: float) -> float:
    # By the exponent, since a logarithm may round up to one beyond the largest number.
    return math.ldexp(1.0, math.frexp(largest)[1] - 1)


def _largest(rows: np.ndarray) -> float:
    if rows.size == 0:
        return 0.0
    if rows.dtype.kind == "c":
        return max(_largest(rows.real), _largest(rows.imag))
    return max(float(rows.max()), -float(rows.min()))


def _scale(largest: float) -> float:
    if largest == 0.0 or -_PLAIN < math.log2(largest) < _PLAIN:
        return 1.0
    return _power(largest)


def _double(rows: np.ndarray, scale: float) -> np.ndarray:
    # In double precision even where the entries are single: only the tolerance must know of that.
    rows = rows.astype(np.result_type(rows.dtype, np.float64), copy=False)
    return rows if scale == 1.0 else rows / scale


def triangular(matrix: np.ndarray) -> np.ndarray:
    """R of the QR decomposition, which has the singular values of the matrix."""
    return np.asarray(np.linalg.qr(matrix, mode="r"))


def positive_definite(gram: np.ndarray, floor: float) -> bool:
    r"""Whether :math:`G - \text{floor} \cdot I` has a Cholesky factor.

    In floating point it has one only if the smallest eigenvalue of G is at least `floor`, up to
    :math:`n \varepsilon \operatorname{tr} G`.
    """
    diagonal = np.diag_indices_from(gram)
    kept = gram[diagonal].copy()
    gram[diagonal] -= floor
    try:
        np.linalg.cholesky(gram)
    except np.linalg.LinAlgError:
        return False
    finally:
        gram[diagonal] = kept
    return True


def dense_matrix(A: ForwardOperator, method: str) -> np.ndarray:
    """Matrix of A, refused beyond 2**26 entries with the name of the method that asked."""
    m, n = A.shape
    if m * n > DENSE_ENTRIES:
        raise ValueError(
            f"method '{method}' needs the {m} x {n} matrix of A, {m * n} entries; it takes at most "
            f"{DENSE_ENTRIES}. Method 'sketch' works on larger operators."
        )
    return _double(A.to_dense(DENSE_ENTRIES), 1.0)


def all_rows(A: ForwardOperator) -> Rows:
    """Every row of A, some at a time; of an operator without entries, from its adjoint."""
    step = max(1, _BATCH // A.shape[1])
    parts = list(leaves(A))
    raw = itertools.chain.from_iterable(_pieces(part, step) for part in parts)
    scale = _scale(max(_size(part) for part in parts))
    return Rows(_joined(raw, step) if len(parts) > 1 else raw, scale)


def _joined(raw: Iterator[np.ndarray], step: int) -> Iterator[np.ndarray]:
    """Batches of at least `step` rows: many small operators would make many small products."""
    waiting: list[np.ndarray] = []
    for rows in raw:
        waiting.append(rows)
        if sum(part.shape[0] for part in waiting) >= step:
            yield np.concatenate(waiting)
            waiting = []
    if waiting:
        yield np.concatenate(waiting)


def gram_matrix(rows: np.ndarray) -> np.ndarray:
    """Products of all columns with each other, (n, n)."""
    # Without a copy, NumPy sees that both factors are the same, and does half of the work.
    return rows.T @ rows if rows.dtype.kind != "c" else rows.conj().T @ rows


def _size(A: ForwardOperator) -> float:
    """Largest stored entry, or about the norm of the strongest row, from one random signal."""
    if A.matrix is not None:
        return _largest(A.matrix.data if sparse.issparse(A.matrix) else A.matrix)
    signs = probe_rng("size").integers(0, 2, A.shape[1]) * 2.0 - 1.0
    with np.errstate(over="ignore", invalid="ignore"):
        size = _largest(A.matvec(signs))
    return size if math.isfinite(size) else float(np.finfo(float).max)


def precision(A: ForwardOperator) -> np.dtype:
    """Coarsest precision in which any part of A was given: its rounding is in the whole stack."""
    return max((part.dtype for part in leaves(A)), key=lambda dtype: float(np.finfo(dtype).eps))


def leaves(A: ForwardOperator) -> Iterator[ForwardOperator]:
    """The operators that a stack is made of, in order; an operator that is none, itself."""
    if not A.parts:
        yield A
    for part in A.parts:
        yield from leaves(part)


def _pieces(A: ForwardOperator, step: int) -> Iterator[np.ndarray]:
    m, matrix = A.shape[0], A.matrix
    for start in range(0, m, step):
        if matrix is None:
            yield _unit_rows(A, start, min(step, m - start))
            continue
        rows = matrix[start : start + step]
        yield rows.toarray() if sparse.issparse(rows) else rows


def _unit_rows(A: ForwardOperator, start: int, count: int) -> np.ndarray:
    unit = np.eye(A.shape[0], count, -start, dtype=A.dtype)
    rows = A.rmatmat(unit).T
    return rows.conj() if rows.dtype.kind == "c" else rows


def random_rows(A: ForwardOperator, count: int, rng: np.random.Generator) -> Rows:
    r"""Rows of S A for a random S of `count` rows, Gaussian over the field of A.

    With as many rows as A has, or more, the rows of A themselves.

    Raises
    ------
    ValueError
        If the sketch has more than 2**26 entries, or is not finite.
    """
    m, n = A.shape
    if count * n > DENSE_ENTRIES:
        raise ValueError(
            f"a sketch of {count} rows on R^{n} has {count * n} entries; at most {DENSE_ENTRIES} "
            "are taken. Choose a smaller image or a larger group."
        )
    if count >= m:
        return all_rows(A)
    step = max(1, _SKETCHED // n)

    def weights(start: int) -> np.ndarray:
        width = min(step, count - start)
        # Single precision draws twice as fast, and weights need be no finer.
        drawn = rng.standard_normal((m, width), dtype=np.float32).astype(np.float64)
        if A.dtype.kind == "c":
            drawn = drawn + 1j * rng.standard_normal((m, width), dtype=np.float32)
        return drawn

    first, factor = _first(A, weights(0))
    rest = (_combined(A, weights(start) * factor) for start in range(step, count, step))
    raw = (_finite(rows) for rows in itertools.chain([first], rest))
    return Rows(raw, _scale(_largest(first)), count)


def _first(A: ForwardOperator, weights: np.ndarray) -> tuple[np.ndarray, float]:
    """First rows, by lower weights where others overflow, and the factor of the weights."""
    with np.errstate(over="ignore", invalid="ignore"):
        rows = _combined(A, weights)
        if np.isfinite(_total(rows)):
            return rows, 1.0
    return _finite(_combined(A, weights * _LOWER_WEIGHTS)), _LOWER_WEIGHTS


def _combined(A: ForwardOperator, weights: np.ndarray) -> np.ndarray:
    rows = A.rmatmat(weights).T
    return rows.conj() if rows.dtype.kind == "c" else rows


def _finite(rows: np.ndarray) -> np.ndarray:
    if not np.isfinite(_total(rows)):
        raise ValueError(
            "combinations of the rows of the operator must be finite; they overflow. Scale it down."
        )
    return rows


def _total(rows: np.ndarray) -> float:
    """Sum that is finite only if all entries are, in one pass and without a copy."""
    with np.errstate(over="ignore", invalid="ignore"):
        return float(abs(rows.sum()))
