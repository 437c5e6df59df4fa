"""Gaussian laws."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from .._validate import finite_array
from ..groups.action import GroupAction
from .base import Model
from .subspace import Subspace

__all__ = ["Gaussian"]


class Gaussian(Model):
    r"""A Gaussian law :math:`\mathcal{N}(0, \Sigma)`, of which second moments tell everything.

    Parameters
    ----------
    covariance : array_like, shape (n, n)
        Σ, symmetric (Hermitian) and positive semidefinite; in squared units of the signals.

    Attributes
    ----------
    support : Subspace
        The range of Σ, which the signals fill.

    Raises
    ------
    ValueError
        If Σ is not square, not symmetric, or has a negative eigenvalue.
    """

    def __init__(self, covariance: Any) -> None:
        sigma = finite_array(covariance, "covariance").astype(np.complex128, copy=False)
        if sigma.ndim != 2 or sigma.shape[0] != sigma.shape[1] or sigma.shape[0] == 0:
            raise ValueError(f"`covariance` must have shape (n, n); got {sigma.shape}.")
        size = float(np.abs(sigma).max())
        if not np.allclose(sigma, sigma.conj().T, rtol=0, atol=1e-10 * size):
            gap = float(np.abs(sigma - sigma.conj().T).max())
            raise ValueError(f"`covariance` must be symmetric; it differs by {gap:.3g}.")
        sigma = (sigma + sigma.conj().T) / 2
        self.field = "complex" if np.any(sigma.imag) else "real"
        self.covariance = sigma if self.field == "complex" else sigma.real.copy()
        values, vectors = np.linalg.eigh(self.covariance)
        top = max(float(values[-1]), 0.0)
        if values[0] < -1e-10 * max(size, top):
            raise ValueError(
                f"`covariance` must be positive semidefinite; got an eigenvalue {values[0]:.3g}."
            )
        self.n = int(sigma.shape[0])
        kept = values > 1e-12 * top
        self.dim = int(kept.sum())
        self.range = np.ascontiguousarray(vectors[:, kept])

    @cached_property
    def support(self) -> Subspace:
        """The subspace that the signals fill."""
        return Subspace(self.range) if self.dim else Subspace(np.zeros((self.n, 0)))

    def offender(self, action: GroupAction) -> int | None:
        """Number of a generator that moves the model; ``None`` if none does."""
        sigma = self.covariance
        size = float(np.linalg.norm(sigma)) or 1.0
        for number, element in enumerate(action.generators):
            moved = element(element(sigma).T).T
            if np.linalg.norm(moved - sigma) > 1e-8 * size:
                return number
        return None
