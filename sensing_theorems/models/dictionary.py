"""Signals that are sparse in a dictionary."""

from __future__ import annotations

import itertools
import math
import warnings
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._validate import at_most
from ..groups.action import GroupAction
from ..groups.element import Element
from ..subspaces import (
    Pieces,
    columns_of,
    equal_up_to,
    orthonormal,
    residual_norms,
    same_up_to,
    unit_columns,
)
from ..tolerance import threshold
from .base import PieceModel

__all__ = ["SparseDictionary"]

MAX_PIECES = 200_000
_PIECE_ENTRIES = 2**26
_DEPENDENT = 1e-6


class SparseDictionary(PieceModel):
    r"""Signals that are sparse in a dictionary: :math:`X = \{Dc : \|c\|_0 \le s\}`.

    Parameters
    ----------
    atoms : array_like, shape (n, p)
        D, one atom per column; scaled to norm 1. Zero and parallel atoms are dropped with a
        warning.
    sparsity : int
        s, 1 <= s <= p.

    Raises
    ------
    ValueError
        For shapes that disagree, or entries that are not finite.
    """

    def __init__(self, atoms: Any, sparsity: int) -> None:
        columns = columns_of(atoms, "atoms")
        self.precision = columns.dtype
        self.atoms, self.crowded = _distinct_atoms(columns)
        self.n = self.atoms.shape[0]
        self.sparsity = at_most(sparsity, "sparsity", self.atoms.shape[1])
        self.field = "complex" if self.atoms.dtype.kind == "c" else "real"

    @property
    def n_supports(self) -> int:
        """Number of supports of s atoms."""
        return math.comb(self.atoms.shape[1], self.sparsity)

    @cached_property
    def dim(self) -> int:  # type: ignore[override]
        """Largest dimension of a piece: the sparsity, unless atoms are dependent."""
        return int(self.pieces.dims.max())

    @cached_property
    def supports(self) -> NDArray[np.int64]:
        """All supports, shape (count, s), in lexicographic order.

        Raises
        ------
        ValueError
            If there are more than 200,000.
        """
        if self.n_supports > MAX_PIECES or self.n_supports * self.n * self.sparsity > (
            _PIECE_ENTRIES
        ):
            raise ValueError(
                f"a dictionary is taken apart into at most {MAX_PIECES} supports, and "
                f"{_PIECE_ENTRIES} entries of their bases; {self.atoms.shape[1]} atoms and "
                f"sparsity {self.sparsity} make {self.n_supports} supports."
            )
        return np.array(list(itertools.combinations(range(self.atoms.shape[1]), self.sparsity)))

    @cached_property
    def pieces(self) -> Pieces:  # type: ignore[override]
        """One piece per support."""
        atoms = self.atoms.astype(np.result_type(self.atoms, np.float64))
        whole, error = orthonormal(self.atoms)
        if whole.shape[1] <= self.sparsity:
            return Pieces.of([whole], None, error)
        bases, factors = np.linalg.qr(np.moveaxis(atoms[:, self.supports], 0, 1))
        least = np.linalg.svd(factors, compute_uv=False)[:, -1]
        dims = np.full(len(bases), self.sparsity)
        error = threshold(self.sparsity**0.5, float(np.finfo(self.precision).eps))
        dependent = least < max(_DEPENDENT, 1e3 * error)
        errors = [error / float(least[~dependent].min(initial=1.0))]
        for i in np.flatnonzero(dependent):
            span, error = orthonormal(self.atoms[:, self.supports[i]])
            dims[i] = span.shape[1]
            bases[i] = 0.0
            bases[i, :, : dims[i]] = span
            errors.append(error)
        return Pieces(np.ascontiguousarray(bases), dims, 0.0, min(1.0, max(errors)))

    def offender(self, action: GroupAction) -> int | None:
        """Number of a generator that moves the model; ``None`` if none does."""
        close = self.closeness(action)
        moves = [self._moves_atoms(element, close) for element in action.generators]
        if not any(moves):
            return None
        if self.n_supports > MAX_PIECES:
            return moves.index(True)
        # Atoms may be exchanged for others of the same pieces.
        return super().offender(action)

    def _moves_atoms(self, element: Element, close: float) -> bool:
        """Whether an atom is no multiple of an atom any more."""
        moved = element(self.atoms.T)
        moved = moved / np.linalg.norm(moved, axis=1, keepdims=True)
        overlap = moved.conj() @ self.atoms
        best = np.abs(overlap).argmax(axis=1)
        share = np.take_along_axis(overlap.conj(), best[:, None], axis=1)
        return bool(np.linalg.norm(moved - self.atoms[:, best].T * share, axis=1).max() > close)


def _distinct_atoms(atoms: NDArray[Any]) -> tuple[NDArray[Any], bool]:
    """Atoms of norm 1, one of each direction, and whether some are only nearly parallel."""
    unit = unit_columns(atoms)
    close, equal = same_up_to(atoms.dtype), equal_up_to(atoms.dtype)
    kept: list[int] = []
    crowded = False
    for i in range(unit.shape[1]):
        near = np.abs(unit[:, kept].conj().T @ unit[:, i])
        apart = min(
            (
                float(residual_norms(unit[:, [kept[int(j)]]], unit[:, i]))
                for j in np.flatnonzero(near > 1 - 1e-4)
            ),
            default=np.inf,
        )
        if apart > close:
            kept.append(i)
        crowded = crowded or equal < apart <= close
    if not kept:
        raise ValueError("`atoms` must have a column that is not zero; got none.")
    if len(kept) < atoms.shape[1]:
        warnings.warn(
            f"`atoms` should be distinct and not zero; {len(kept)} of {atoms.shape[1]} are kept.",
            UserWarning,
            stacklevel=3,
        )
    return np.ascontiguousarray(unit[:, kept].astype(atoms.dtype)), crowded
