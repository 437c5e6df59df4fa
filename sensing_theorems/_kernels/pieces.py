"""Which pieces of a union meet a subspace, by small Gram matrices."""

from __future__ import annotations

import numpy as np

from ._jit import njit

__all__ = ["independent_pairs", "independent_pieces"]


@njit
def _trace_of_inverse(gram: np.ndarray, size: int, floor: float) -> float:
    r"""Trace of :math:`G^{-1}` for the leading block of `gram`, which becomes its factor L.

    Returns 0 where a pivot is at most `floor`.
    """
    for a in range(size):
        for b in range(a + 1):
            total = gram[a, b]
            for c in range(b):
                total -= gram[a, c] * np.conj(gram[b, c])
            if a != b:
                gram[a, b] = total / gram[b, b].real
            elif total.real <= floor:
                return 0.0
            else:
                gram[a, a] = np.sqrt(total.real)
    # Columns of the inverse of L, one at a time, above the diagonal that is no longer needed.
    trace = 0.0
    for b in range(size):
        for a in range(b, size):
            value = gram[0, 0] * 0.0 + (1.0 if a == b else 0.0)
            for c in range(b, a):
                value -= gram[a, c] * gram[b, c + 1]
            value /= gram[a, a].real
            gram[b, a + 1] = value
            trace += value.real**2 + value.imag**2
    return trace


@njit
def independent_pieces(
    inner: np.ndarray, dims: np.ndarray, complement: bool, floor: float, margins: np.ndarray
) -> None:
    r"""For each of p pieces, a lower bound of :math:`\lambda_{\min}(G_i)`, or 0 below `floor`.

    .. math:: G_i = Y_i Y_i^H \quad\text{or}\quad I - Y_i Y_i^H, \qquad
              1/\operatorname{tr} G^{-1} \le \lambda_{\min}(G) \le k/\operatorname{tr} G^{-1}

    Parameters
    ----------
    inner : ndarray of float64 or complex128, shape (p, k, r)
        :math:`Y_i`, of which the first `dims[i]` rows count.
    dims : ndarray of int64, shape (p,)
    complement : bool
        Whether the second form is meant.
    floor : float
        Eigenvalues below it cannot be told from 0.
    margins : ndarray of float64, shape (p,)
        Receives the bounds.
    """
    p, k, r = inner.shape
    gram = np.zeros((k, k + 1), inner.dtype)
    for i in range(p):
        size = dims[i]
        for a in range(size):
            for b in range(a + 1):
                total = inner[i, a, 0] * 0.0 if r else gram[a, b] * 0.0
                for c in range(r):
                    total += inner[i, a, c] * np.conj(inner[i, b, c])
                if complement:
                    total = (1.0 if a == b else 0.0) - total
                gram[a, b] = total
        trace = _trace_of_inverse(gram, size, floor)
        margins[i] = 0.0
        if trace > 0.0 and trace * floor < 1.0:
            margins[i] = 1.0 / trace
        elif size == 0:
            margins[i] = 1.0


@njit
def independent_pairs(
    cross: np.ndarray,
    own: np.ndarray,
    sizes: np.ndarray,
    first: int,
    flat: int,
    floor: float,
    together: np.ndarray,
) -> None:
    r"""Pairs (i, j), j >= i, whose vectors are not plainly independent.

    Parameters
    ----------
    cross : ndarray of float64 or complex128, shape (c, k, p, k)
        Inner products of the vectors of pieces first, first + 1, … with those of all pieces.
    own : ndarray, shape (p, k, k)
        Inner products within pieces.
    sizes : ndarray of int64, shape (p,)
        How many vectors of a piece count.
    first : int
    flat : int
        1 where only the difference of the last vectors of both counts, and within a piece all but
        the last; else 0.
    floor : float
        Smallest eigenvalue of Gram matrices that is plainly not 0.
    together : ndarray of bool, shape (c, p)
        Receives the answer.
    """
    count, k, p, _ = cross.shape
    gram = np.zeros((2 * k, 2 * k + 1), cross.dtype)
    for c in range(count):
        i = first + c
        for j in range(i, p):
            a, b = sizes[i], sizes[j]
            for x in range(a):
                for y in range(a):
                    gram[x, y] = own[i, x, y]
            size = a - flat
            if i != j:
                for x in range(b):
                    for y in range(b):
                        gram[a + x, a + y] = own[j, x, y]
                    for y in range(a):
                        gram[a + x, y] = np.conj(cross[c, y, j, x])
                        gram[y, a + x] = cross[c, y, j, x]
                size = a + b
                if flat:
                    size -= 1
                    for y in range(a + b):
                        gram[a - 1, y] -= gram[size, y]
                    for y in range(a + b):
                        gram[y, a - 1] -= gram[y, size]
            trace = _trace_of_inverse(gram, size, floor)
            together[c, j] = size > 0 and (trace == 0.0 or trace * floor >= 1.0)
