r"""Parts of characteristic functions that neither overflow nor cancel."""

from __future__ import annotations

import numpy as np

__all__ = ["LARGE", "factors", "turn"]

LARGE = 1e308
_EPS = float(np.finfo(np.float64).eps)


def factors(sigma: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Standard deviations s and a factor C, :math:`\Sigma_{ij} = s_i (C C^\top)_{ij} s_j`.

    By Cholesky's method with pivots for the correlations, which ends where only rounding is left.

    Parameters
    ----------
    sigma : ndarray, shape (m, m)
        Positive semidefinite up to rounding.
    """
    m = len(sigma)
    s = np.sqrt(np.maximum(np.diag(sigma), 0))
    scale = np.where(s > 0, s, 1.0)
    left = np.where((s > 0) & (s > 0)[:, None], sigma / scale / scale[:, None], 0.0)
    C = np.zeros((m, m))
    for k in range(m):
        pivot = int(np.argmax(np.diag(left)))
        if left[pivot, pivot] <= 8 * m * _EPS:
            break
        C[:, k] = left[:, pivot] / np.sqrt(left[pivot, pivot])
        left = left - np.outer(C[:, k], C[:, k])
    return s, C


def turn(gain: float, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Real and imaginary part of :math:`(e^{i\gamma t} - 1) / \gamma`; floating errors ignored.

    It is :math:`2i \sin(\theta/2)\,e^{i\theta/2}/\gamma` with :math:`\theta = \gamma t`.
    """
    theta = np.clip(gain * t, -LARGE, LARGE)
    sine = np.sin(theta / 2)
    slope = np.where(np.abs(theta) < 1, t * np.sinc(theta / (2 * np.pi)), sine / gain * 2)
    slope = np.clip(slope, -LARGE, LARGE)
    return -sine * slope, np.cos(theta / 2) * slope
