"""Gaussian laws."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from .._validate import finite_array
from ..groups.action import GroupAction
from ..subspaces import same_up_to
from .base import Model
from .subspace import Subspace

__all__ = ["Gaussian"]

_NOTHING = 32.0
_GREY = 3e5


class Gaussian(Model):
    r"""A Gaussian law :math:`\mathcal{N}(0, \Sigma)`, of which second moments tell everything.

    Parameters
    ----------
    covariance : array_like, shape (n, n)
        Σ, symmetric (Hermitian) and positive semidefinite; in squared units of the signals.

    Attributes
    ----------
    field : {"real", "complex"}
        By the type of the entries: a complex matrix of real numbers is a law on
        :math:`\mathbb{C}^n`.
    support : Subspace
        The range of Σ, which the signals fill.
    clear : bool
        False where an eigenvalue is too small to be told from rounding.

    Raises
    ------
    ValueError
        If Σ is not square, not symmetric, or has a negative eigenvalue.
    """

    def __init__(self, covariance: Any) -> None:
        given = finite_array(covariance, "covariance")
        self.precision, self.field = given.dtype, "complex" if given.dtype.kind == "c" else "real"
        eps = float(np.finfo(given.dtype).eps)
        sigma = given.astype(np.result_type(given, np.float64))
        if sigma.ndim != 2 or sigma.shape[0] != sigma.shape[1] or sigma.shape[0] == 0:
            raise ValueError(f"`covariance` must have shape (n, n); got {sigma.shape}.")
        size = float(np.abs(sigma).max())
        if not np.allclose(sigma, sigma.conj().T, rtol=0, atol=max(1e-10, 100 * eps) * size):
            gap = float(np.abs(sigma - sigma.conj().T).max())
            raise ValueError(f"`covariance` must be symmetric; it differs by {gap:.3g}.")
        sigma = (sigma + sigma.conj().T) / 2
        self.covariance = sigma
        values, vectors = np.linalg.eigh(self.covariance)
        top = max(float(values[-1]), 0.0)
        if values[0] < -max(1e-10, 100 * eps) * max(size, top):
            raise ValueError(
                f"`covariance` must be positive semidefinite; got an eigenvalue {values[0]:.3g}."
            )
        self.n = int(sigma.shape[0])
        # Between rounding and what is plainly an eigenvalue: whether it is there is not known.
        kept = values > _NOTHING * eps * top
        self.dim = int(kept.sum())
        self.clear = not np.any(kept & (values <= _NOTHING * _GREY * eps * top))
        self.error = min(1.0, 64 * eps * top / float(values[kept][0])) if kept.any() else 0.0
        self.range = np.ascontiguousarray(vectors[:, kept])

    @cached_property
    def support(self) -> Subspace:
        """The subspace that the signals fill."""
        found = Subspace(self.range) if self.dim else Subspace(np.zeros((self.n, 0)))
        found.error = max(found.error, self.error)
        return found

    def offender(self, action: GroupAction) -> int | None:
        """Number of a generator that moves the model; ``None`` if none does."""
        sigma = self.covariance
        size = float(np.linalg.norm(sigma)) or 1.0
        for number, element in enumerate(action.generators):
            moved = element(element(sigma).T).T
            if np.linalg.norm(moved - sigma) > same_up_to(self.precision) * size:
                return number
        return None
