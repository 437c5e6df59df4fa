"""What values of a characteristic function exclude."""

from __future__ import annotations

import numpy as np

__all__ = ["refuse_indefinite", "refuse_zeros"]


def refuse_zeros(t: np.ndarray, values: np.ndarray, zeros: str, *, run: int, floor: float) -> None:
    """Refuse a declaration, "none" or "isolated", that exact zeros contradict.

    Parameters
    ----------
    t, values : ndarray, shape (q,)
        Frequencies from 0 on, and φ there.
    zeros : str
    run : int
        How many zeros in a row are an interval.
    floor : float
        Zeros after a value of at most this size are taken for underflow.
    """
    size = np.abs(values)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], size == 0, [0]]))).reshape(-1, 2)
    most = 1 if zeros == "none" else run
    for start, stop in edges:
        if stop - start >= most and size[start - 1] > floor:
            raise ValueError(
                f"`zeros` must not be {zeros!r}, since phi is exactly 0 at {stop - start} "
                f"frequencies in a row, from {t[start]:.4g} to {t[stop - 1]:.4g}."
            )


def refuse_indefinite(values: np.ndarray, slack: float) -> None:
    """Refuse values of phi at equally spaced frequencies from 0 on that Bochner excludes."""
    lags = np.arange(len(values))[:, None] - np.arange(len(values))
    # Only the lower triangle of the hermitian matrix phi(t_j - t_k) is read.
    least = float(np.linalg.eigvalsh(values[np.abs(lags)])[0])
    if least < -slack * len(values):
        raise ValueError(
            "`phi` must be positive definite, as characteristic functions are; a matrix "
            f"phi(t_j - t_k) has an eigenvalue of {least:.3g}."
        )
