"""A linear or affine subspace, given or in general position."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._validate import at_most, finite_array, generator, positive_int
from ..groups.action import GroupAction
from ..subspaces import Pieces, columns_of, moderate, reduced_basis, residual_norms, same_up_to
from .base import Model, PieceModel

__all__ = ["GenericSubspace", "Subspace", "offset_floor"]


def offset_floor(error: float) -> float:
    """Share of an offset outside the span that rounding explains."""
    return max(1e-12, 10 * error)


class Subspace(PieceModel):
    r"""A linear subspace, or with an offset an affine one: :math:`X = a + \operatorname{span} B`.

    Parameters
    ----------
    basis : array_like, shape (n, k)
        B, one signal per column; complex for a subspace of :math:`\mathbb{C}^n`. Dependent columns
        are dropped with a warning.
    offset : array_like, shape (n,), optional
        a, in the same units as the signals.

    Attributes
    ----------
    basis : ndarray, shape (n, k)
        Orthonormal.
    offset : ndarray, shape (n,), or None
        The signal of X closest to 0; ``None`` for a linear subspace.
    error : float
        What rounding of the given entries may turn the subspace by.

    Raises
    ------
    ValueError
        For shapes that disagree, or entries that are not finite.

    Examples
    --------
    >>> import sensing_theorems as st
    >>> st.models.Subspace([[1.0], [1.0], [1.0]]).dim
    1
    """

    def __init__(self, basis: Any, offset: Any = None) -> None:
        columns = columns_of(basis, "basis")
        self.precision = columns.dtype
        self.basis, self.error = reduced_basis(columns, "basis")
        self.n, self.dim = self.basis.shape
        self.offset = None if offset is None else self._foot(offset)
        kinds = {self.basis.dtype.kind, "f" if self.offset is None else self.offset.dtype.kind}
        self.field = "complex" if "c" in kinds else "real"

    def _foot(self, offset: Any) -> NDArray[Any] | None:
        a = finite_array(offset, "offset")
        if a.shape != (self.n,):
            raise ValueError(f"`offset` must have shape ({self.n},); got {a.shape}.")
        moderate(a, "offset")
        foot = a - self.basis @ (self.basis.conj().T @ a)
        # An offset inside the span is none: the subspace is linear.
        return foot if np.linalg.norm(foot) > offset_floor(self.error) * np.linalg.norm(a) else None

    @cached_property
    def pieces(self) -> Pieces:  # type: ignore[override]
        """One piece."""
        return Pieces.of(
            [self.basis], None if self.offset is None else self.offset[None], self.error
        )


class GenericSubspace(Model):
    """Almost every linear subspace of a dimension: all but a set of measure zero.

    Parameters
    ----------
    n, dim : int
        Dimension of the signals, and of the subspace, 0 < dim <= n.
    field : {"real", "complex"}
    """

    def __init__(self, n: int, dim: int, field: str = "real") -> None:
        self.n = positive_int(n, "n")
        self.dim = at_most(dim, "dim", self.n)
        if field not in ("real", "complex"):
            raise ValueError(f"`field` must be 'real' or 'complex'; got {field!r}.")
        self.field = field

    def draw(self, rng: Any) -> Subspace:
        """Draw a subspace from the rotation-invariant law."""
        rng = generator(rng)
        basis = rng.standard_normal((self.n, self.dim))
        if self.field == "complex":
            basis = basis + 1j * rng.standard_normal(basis.shape)
        return Subspace(basis)

    def offender(self, action: GroupAction) -> int | None:
        """Almost no subspace is kept by a map that is no multiple of the identity."""
        if self.dim == self.n:
            return None
        probe = np.random.default_rng(0).standard_normal(self.n)
        for number, element in enumerate(action.generators):
            moved = element(probe)
            if residual_norms(probe[:, None] / np.linalg.norm(probe), moved) > same_up_to(
                np.dtype(np.float64)
            ) * np.linalg.norm(probe):
                return number
        return None
