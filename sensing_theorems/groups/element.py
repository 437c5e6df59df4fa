r"""What an element of an acting group can do, whatever it is made of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable
from typing import Any

import numpy as np

from .._forward import MAX_ENTRIES

__all__ = ["Element"]


class Element(ABC):
    r"""An invertible real map :math:`T_g` on :math:`\mathbb{R}^n`.

    Attributes
    ----------
    orthogonal : bool
        Whether :math:`T_g^\top T_g = I`, up to rounding.
    rounding : float
        By how much the map, as computed, may differ from an element of the group, in norm; 0 where
        it only moves and negates entries.
    """

    orthogonal: bool = True
    rounding: float = 0.0

    @property
    @abstractmethod
    def n(self) -> int:
        """Dimension of the signals."""

    @abstractmethod
    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Apply T to the last axis of `x`, shape (..., n)."""

    @abstractmethod
    def pull_back(self, rows: np.ndarray) -> np.ndarray:
        r"""Rows :math:`a \mapsto a\,T`, so that `pull_back(A)` is :math:`A T`; shape (..., n)."""

    @abstractmethod
    def __matmul__(self, other: Any) -> Any:
        """Composition: ``(self @ other)(x) == self(other(x))``."""

    @abstractmethod
    def inverse(self) -> Any:
        """Return the inverse."""

    @abstractmethod
    def is_identity(self) -> bool:
        """Whether T is the identity."""

    @abstractmethod
    def key(self) -> Hashable:
        """Hashable form, equal exactly for equal maps of one action."""

    def matrix(self) -> Any:
        """Return T as a sparse or dense (n, n) array.

        Raises
        ------
        ValueError
            If it would be dense, of more than 2**26 entries.
        """
        if self.n**2 > MAX_ENTRIES:
            raise ValueError(
                f"a dense matrix may have {MAX_ENTRIES} entries; this map of R^{self.n} has "
                f"{self.n**2}. Apply it to signals instead."
            )
        return self(np.eye(self.n)).T

    @abstractmethod
    def largest_eigenspace(self) -> int:
        r""":math:`\max_\lambda \operatorname{mult}_\lambda(T)`, over ℂ."""

    def equals(self, other: Any) -> bool:
        """Whether both are the same map."""
        if type(self) is not type(other) or self.n != other.n:
            return False
        return bool((self @ other.inverse()).is_identity())

    def power(self, exponent: int) -> Any:
        """Return T to an integer power, negative powers included."""
        base = self if exponent >= 0 else self.inverse()
        exponent = abs(exponent)
        result = self @ self.inverse()
        while exponent:
            if exponent & 1:
                result = base @ result
            base = base @ base
            exponent >>= 1
        return result
