r"""Damped least squares for one factor, while the other is the best one for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._kernels.bilinear import best_codes, dense_equations, sparse_equations
from .._kernels.pursuit import encode

__all__ = ["Fit", "fit_dictionary", "fit_subspace"]

Array = NDArray[Any]
# Normal matrix, right-hand side, and the mean of the diagonal to which damping is relative.
Equations = tuple[Array, Array, float]


class Fit(NamedTuple):
    r"""A factor, what is known of the other one, and the error of their product.

    Attributes
    ----------
    factor : ndarray of float64, shape (n, p)
    codes : tuple of ndarray
    error : float
        Squared norm of the residual, as a share of that of the measurements.
    """

    factor: Array
    codes: tuple[Array, ...]
    error: float


def fit_subspace(
    factor: Array, operators: Array, signals: Array, projected: bool, iterations: int, goal: float
) -> Fit:
    r"""Fit :math:`Y_g \approx A_g U C_g`, beginning with `factor`, by `best_codes` for each U.

    Steps of U solve normal equations with codes that are kept (alternating least squares) or, if
    `projected`, that may follow (Gauss-Newton for U alone, in Kaufman's approximation).

    Parameters
    ----------
    factor : ndarray of float64, shape (n, k)
    operators : ndarray of float64, shape (G, m, n)
    signals : ndarray of float64, shape (G, m, N)
    projected : bool
    iterations : int
    goal : float
        Error at which to stop.

    Returns
    -------
    Fit
        Its codes begin with those of U, shape (G, k, N).
    """
    (G, m, n), (k, N) = operators.shape, (factor.shape[1], signals.shape[2])
    size = max(float(np.sum(signals * signals)), 1e-300)

    def fitted(moved: Array) -> Fit:
        own = np.ascontiguousarray(np.linalg.qr(moved)[0])
        parts = np.empty((G, k, N)), np.empty((G, m, N)), np.empty((G, k, m))
        return Fit(own, parts, best_codes(own, operators, signals, *parts) / size)

    def equations(fit: Fit) -> Equations:
        normal, slope = np.empty((k, n, k, n)), np.empty((k, n))
        codes, rests, bases = fit.codes
        trace = dense_equations(operators, codes, rests, bases, projected, normal, slope)
        return normal.reshape(n * k, n * k), slope.reshape(n * k), trace / (n * k)

    least = 1e-13 if projected else 1e-10
    damping = 1e-3 if projected else least
    return _descend(fitted(factor), fitted, equations, iterations, goal, (damping, least))


def fit_dictionary(
    factor: Array,
    operators: Array,
    signals: Array,
    k: int,
    paired: bool,
    projected: bool,
    iterations: int,
    goal: float,
) -> Fit:
    r"""Fit :math:`y_i \approx A_{g_i} D z_i` with k-sparse codes, by `encode` for each D.

    Parameters
    ----------
    factor : ndarray of float64, shape (n, p)
        The first D.
    operators : ndarray of float64, shape (G, m, n)
    signals : ndarray of float64, shape (G, N, m)
    k : int
    paired, projected : bool
        As in `encode` and in `sparse_equations`.
    iterations : int
    goal : float
        Error at which to stop; also where ten steps lower it by less than a hundredth.

    Returns
    -------
    Fit
        With supports, values and squared residuals, shape (G, N, k) and (G, N).
    """
    (n, p), shape = factor.shape, signals.shape[:2]
    size = max(float(np.sum(signals * signals)), 1e-300)

    def fitted(moved: Array) -> Fit:
        own = np.ascontiguousarray(moved / np.maximum(np.linalg.norm(moved, axis=0), 1e-300))
        codes = np.zeros((*shape, k), np.int64), np.zeros((*shape, k)), np.zeros(shape)
        return Fit(own, codes, encode(own, operators, signals, paired, *codes) / size)

    def equations(fit: Fit) -> Equations:
        normal, slope = np.empty((p, n, p, n)), np.empty((p, n))
        supports, values, _ = fit.codes
        trace = sparse_equations(
            fit.factor, operators, signals, supports, values, projected, normal, slope
        )
        return normal.reshape(n * p, n * p), slope.reshape(n * p), trace / (n * p)

    first = 1e-2 if projected else 1e-8
    return _descend(fitted(factor), fitted, equations, iterations, goal, (first, 1e-10), 0.99)


def _descend(
    best: Fit,
    fitted: Callable[[Array], Fit],
    equations: Callable[[Fit], Equations],
    iterations: int,
    goal: float,
    damping: tuple[float, float],
    patience: float = 1.0,
) -> Fit:
    """Steps of damped normal equations, kept where the error falls (Levenberg-Marquardt)."""
    (amount, least), last, known = damping, best.error, None
    for step in range(iterations):
        if best.error <= goal or amount > 1e8:
            break
        if step % 10 == 9:
            if patience < 1 and best.error > patience * last:
                break
            last = best.error
        normal, slope, scale = known = known or equations(best)
        damped = normal.copy()
        damped.ravel()[:: len(slope) + 1] += amount * max(scale, 1e-200)
        move = np.linalg.solve(damped, slope).reshape(best.factor.shape[::-1])
        trial = fitted(best.factor + move.T)
        if trial.error < best.error:
            best, known, amount = trial, None, max(0.1 * amount, least)
        else:
            amount *= 10.0
    return best
