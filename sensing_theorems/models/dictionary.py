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
from ..subspaces import Pieces, columns_of, orthonormal, residual_norms, same_up_to
from .base import PieceModel
from .union import irredundant

__all__ = ["SparseDictionary"]

MAX_PIECES = 200_000
_PIECE_ENTRIES = 2**26


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
        self.atoms = _distinct_atoms(columns_of(atoms, "atoms"))
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
        spans = np.moveaxis(self.atoms[:, self.supports], 0, 1)
        q, r = np.linalg.qr(spans)
        least = np.abs(np.diagonal(r, axis1=1, axis2=2)).min(axis=1)
        if np.all(least > 1e-6):
            return Pieces(np.ascontiguousarray(q), np.full(len(q), self.sparsity))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return irredundant(Pieces.of([orthonormal(span) for span in spans]))

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


def _distinct_atoms(atoms: NDArray[Any]) -> NDArray[Any]:
    lengths = np.linalg.norm(atoms, axis=0)
    unit = atoms[:, lengths > 0] / lengths[lengths > 0]
    close = same_up_to(atoms.dtype)
    kept: list[int] = []
    for i in range(unit.shape[1]):
        near = np.abs(unit[:, kept].conj().T @ unit[:, i])
        parallel = any(
            residual_norms(unit[:, [kept[int(j)]]], unit[:, i]) <= close
            for j in np.flatnonzero(near > 1 - 1e-4)
        )
        if not parallel:
            kept.append(i)
    if not kept:
        raise ValueError("`atoms` must have a column that is not zero; got none.")
    if len(kept) < atoms.shape[1]:
        warnings.warn(
            f"`atoms` should be distinct and not zero; {len(kept)} of {atoms.shape[1]} are kept.",
            UserWarning,
            stacklevel=3,
        )
    return np.ascontiguousarray(unit[:, kept])
