r"""Least squares for products of two unknown factors, which several operators see."""

from __future__ import annotations

import math

import numpy as np

from ._jit import njit

__all__ = ["best_codes", "dense_equations", "sparse_equations"]


@njit
def _orthonormal(columns: np.ndarray, basis: np.ndarray, triangle: np.ndarray) -> None:
    """QR decomposition of (m, k) `columns`: Q^T into `basis`, with rows of 0 for dependent ones."""
    triangle[:] = 0.0
    for t in range(columns.shape[1]):
        q = basis[t]
        q[:] = columns[:, t]
        before = math.sqrt(np.dot(q, q))
        # A second pass removes what rounding left of the first.
        for _ in range(2):
            for u in range(t):
                share = np.dot(basis[u], q)
                triangle[u, t] += share
                q -= share * basis[u]
        left = math.sqrt(np.dot(q, q))
        if left > 1e-12 * before:
            q /= left
            triangle[t, t] = left
        else:
            q[:] = 0.0


@njit
def best_codes(
    factor: np.ndarray,
    operators: np.ndarray,
    signals: np.ndarray,
    codes: np.ndarray,
    rests: np.ndarray,
    bases: np.ndarray,
) -> float:
    r"""Codes C_g that fit :math:`Y_g \approx A_g U C_g` best, and the squared norm of the rest.

    Parameters
    ----------
    factor : ndarray of float64, shape (n, k)
        U.
    operators : ndarray of float64, shape (G, m, n)
    signals : ndarray of float64, shape (G, m, N)
    codes : ndarray of float64, shape (G, k, N)
        Receives the C_g.
    rests : ndarray of float64, shape (G, m, N)
        Receives the :math:`Y_g - A_g U C_g`.
    bases : ndarray of float64, shape (G, k, m)
        Receives orthonormal rows that span the :math:`A_g U`, or zeros.
    """
    G, k = codes.shape[:2]
    triangle, total = np.empty((k, k)), 0.0
    for g in range(G):
        _orthonormal(np.dot(operators[g], factor), bases[g], triangle)
        images = np.dot(bases[g], signals[g])
        rests[g] = signals[g] - np.dot(bases[g].T, images)
        total += np.sum(rests[g] * rests[g])
        for back in range(k):
            t = k - 1 - back
            codes[g, t] = 0.0
            if triangle[t, t] > 0.0:
                for c in range(t + 1, k):
                    images[t] -= triangle[t, c] * codes[g, c]
                codes[g, t] = images[t] / triangle[t, t]
    return total


@njit
def dense_equations(
    operators: np.ndarray,
    codes: np.ndarray,
    rests: np.ndarray,
    bases: np.ndarray,
    projected: bool,
    normal: np.ndarray,
    slope: np.ndarray,
) -> float:
    r"""Normal equations of :math:`\sum_g \|P_g (Y_g - A_g (U + E) C_g)\|^2` for the step E.

    Parameters
    ----------
    operators, codes, rests, bases
        From `best_codes`.
    projected : bool
        Whether P_g removes the span of the A_g U, or is the identity.
    normal : ndarray of float64, shape (k, n, k, n)
        Receives :math:`\sum_g C_g C_g^\top \otimes A_g^\top P_g A_g`.
    slope : ndarray of float64, shape (k, n)
        Receives the right-hand side for :math:`E^\top`.

    Returns
    -------
    float
        Trace of the normal matrix for P_g = 1.
    """
    G, k = codes.shape[:2]
    trace = 0.0
    normal[:], slope[:] = 0.0, 0.0
    for g in range(G):
        square = np.dot(operators[g].T, operators[g])
        moments = np.dot(codes[g], codes[g].T)
        trace += np.trace(square) * np.trace(moments)
        if projected:
            rows = np.dot(bases[g], operators[g])
            square -= np.dot(rows.T, rows)
        slope += np.dot(np.dot(codes[g], rests[g].T), operators[g])
        for a in range(k):
            for b in range(k):
                for i in range(square.shape[0]):
                    normal[a, i, b] += moments[a, b] * square[i]
    return trace


@njit
def _remainder(
    seen: np.ndarray,
    signal: np.ndarray,
    support: np.ndarray,
    values: np.ndarray,
    columns: np.ndarray,
    rest: np.ndarray,
) -> int:
    """Write what a code leaves into `rest`, the columns in use into `columns`; their number."""
    count = 0
    for a in range(rest.size):
        rest[a] = signal[a]
    for t in range(support.size):
        if values[t] != 0.0:
            for a in range(rest.size):
                columns[a, count] = seen[a, support[t]]
                rest[a] -= values[t] * seen[a, support[t]]
            count += 1
    return count


@njit
def sparse_equations(
    dictionary: np.ndarray,
    operators: np.ndarray,
    signals: np.ndarray,
    supports: np.ndarray,
    values: np.ndarray,
    projected: bool,
    normal: np.ndarray,
    slope: np.ndarray,
) -> float:
    r"""Normal equations of :math:`\sum_i \|P_i (y_i - A_{g_i} (D + E) z_i)\|^2` for the step E.

    Parameters
    ----------
    dictionary : ndarray of float64, shape (n, p)
        D.
    operators : ndarray of float64, shape (G, m, n)
    signals : ndarray of float64, shape (G, N, m)
    supports, values : ndarrays of int64 and of float64, shape (G, N, k)
        The z_i.
    projected : bool
        Whether P_i removes the span of the atoms in use, seen through the operator, or is the
        identity.
    normal : ndarray of float64, shape (p, n, p, n)
        Receives the sum of the :math:`z_i z_i^\top \otimes A_{g_i}^\top P_i A_{g_i}`.
    slope : ndarray of float64, shape (p, n)
        Receives the right-hand side for :math:`E^\top`.

    Returns
    -------
    float
        Trace of the normal matrix for P_i = 1.
    """
    (G, N, k), (m, n), trace = supports.shape, operators.shape[1:], 0.0
    columns, basis, triangle = np.empty((m, k)), np.empty((k, m)), np.empty((k, k))
    square, rest = np.empty((n, n)), np.empty(m)
    normal[:], slope[:] = 0.0, 0.0
    for g in range(G):
        seen, own = np.dot(operators[g], dictionary), np.dot(operators[g].T, operators[g])
        size = np.trace(own)
        for i in range(N):
            count = _remainder(seen, signals[g, i], supports[g, i], values[g, i], columns, rest)
            square[:] = own
            if projected and count > 0:
                _orthonormal(columns[:, :count], basis, triangle)
                for t in range(count):
                    row = np.dot(basis[t], operators[g])
                    for a in range(n):
                        for b in range(n):
                            square[a, b] -= row[a] * row[b]
            pull = np.dot(rest, operators[g])
            for t in range(k):
                z, j = values[g, i, t], supports[g, i, t]
                if z != 0.0:
                    trace += z * z * size
                    for a in range(n):
                        slope[j, a] += z * pull[a]
                    _add(values[g, i], supports[g, i], z, square, normal[j])
    return trace


@njit
def _add(
    values: np.ndarray, support: np.ndarray, z: float, square: np.ndarray, block: np.ndarray
) -> None:
    """Add z z_u S to the part u of an (n, p, n) `block` of rows."""
    for u in range(support.size):
        weight, j = z * values[u], support[u]
        if weight != 0.0:
            for a in range(square.shape[0]):
                for b in range(square.shape[0]):
                    block[a, j, b] += weight * square[a, b]
