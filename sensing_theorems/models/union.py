"""A union of finitely many linear or affine subspaces."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._validate import finite_array
from ..subspaces import (
    Pieces,
    columns_of,
    equal_up_to,
    moderate,
    reduced_basis,
    residual_norms,
    same_up_to,
)
from .base import PieceModel
from .subspace import Subspace, offset_floor

__all__ = ["UnionOfSubspaces", "irredundant"]


class UnionOfSubspaces(PieceModel):
    r"""A union :math:`X = \bigcup_i (a_i + \operatorname{span} B_i)`.

    Parameters
    ----------
    bases : sequence of array_like, each (n, k_i); or an array (p, n, k)
        Dependent columns are dropped with a warning, and so are pieces inside other pieces.
    offsets : array_like, shape (p, n), optional

    Raises
    ------
    ValueError
        For shapes that disagree, an empty sequence, or entries that are not finite.

    Examples
    --------
    >>> import numpy as np
    >>> import sensing_theorems as st
    >>> lines = st.models.UnionOfSubspaces(np.eye(3)[:, :, None])
    >>> len(lines.pieces), lines.dim
    (3, 1)
    """

    def __init__(self, bases: Any, offsets: Any = None) -> None:
        if isinstance(bases, Subspace) or not hasattr(bases, "__iter__"):
            raise TypeError(f"`bases` must be a sequence of bases; got {type(bases).__name__}.")
        columns: list[NDArray[Any]] = []
        for i, basis in enumerate(bases):
            n = columns[0].shape[0] if columns else None
            columns.append(columns_of(basis, f"bases[{i}]", n))
        if not columns:
            raise ValueError("`bases` must hold at least one basis; got none.")
        self.n, self.precision = columns[0].shape[0], np.result_type(*columns)
        reduced = [reduced_basis(basis, f"bases[{i}]") for i, basis in enumerate(columns)]
        spans, errors = [basis for basis, _ in reduced], [error for _, error in reduced]
        # One for each piece: what one badly given piece may hide, others do not.
        equal = np.maximum(equal_up_to(self.precision), 10 * np.array(errors))
        feet, sizes, near = None, np.zeros(len(spans)), False
        if offsets is not None:
            feet, sizes, near = _feet(offsets, spans, offset_floor(max(errors)), equal)
        self.pieces, crowded = irredundant(Pieces.of(spans, feet, max(errors)), equal, sizes)
        self.crowded = crowded or near
        self.dim = int(self.pieces.dims.max()) - bool(self.pieces.height)
        self.field = "complex" if self.pieces.bases.dtype.kind == "c" else "real"


def _feet(
    offsets: Any, spans: list[NDArray[Any]], floor: float, equal: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any], bool]:
    """The signals of the pieces that are closest to 0, the norms of the offsets, and a doubt.

    The doubt is whether an offset counts as inside its span although rounding does not explain it.
    """
    given = finite_array(offsets, "offsets")
    if given.shape != (len(spans), spans[0].shape[0]):
        raise ValueError(
            f"`offsets` must have shape (p, n) = ({len(spans)}, {spans[0].shape[0]}); got "
            f"{given.shape}."
        )
    moderate(given, "offsets")
    feet = np.array([a - span @ (span.conj().T @ a) for a, span in zip(given, spans, strict=True)])
    sizes, left = np.linalg.norm(given, axis=1), np.linalg.norm(feet, axis=1)
    inside = left <= floor * sizes
    near = bool(np.any(inside & (left > equal * sizes)))
    return np.where(inside[:, None], 0.0, feet), sizes, near


def irredundant(pieces: Pieces, equal: NDArray[Any], sizes: NDArray[Any]) -> tuple[Pieces, bool]:
    """Drop pieces that lie inside others, with a warning.

    Parameters
    ----------
    pieces : Pieces
    equal : ndarray, (p,)
        Distance, beside a signal of norm 1, up to which rounding explains that each piece is not
        inside another.
    sizes : ndarray, (p,)
        Norms of the offsets as they were given.

    Returns
    -------
    Pieces
    bool
        Whether a piece was dropped that is only nearly inside others.
    """
    close = max(same_up_to(pieces.bases.dtype), 10 * pieces.error)
    kept: list[int] = []
    crowded = False
    # Large pieces first, so that a piece can only lie inside one that was kept before.
    for i in sorted(range(len(pieces)), key=lambda i: (-pieces.dims[i], i)):
        basis = pieces.basis(i)
        near = pieces.energies(basis)
        around = [
            j
            for j in kept
            if pieces.dims[i] - near[j] < 1e-4
            and residual_norms(pieces.basis(j), basis.T).max(initial=0.0) <= close
        ]
        if not around:
            kept.append(i)
            continue
        inside = [
            _inside(pieces, i, j, max(equal[i], equal[j]), max(sizes[i], sizes[j])) for j in around
        ]
        crowded = crowded or not any(inside)
    if len(kept) == len(pieces):
        return pieces, False
    warnings.warn(
        f"pieces should not lie inside each other; {len(kept)} of {len(pieces)} are kept.",
        UserWarning,
        stacklevel=4,
    )
    kept.sort()
    return Pieces(pieces.bases[kept], pieces.dims[kept], pieces.height, pieces.error), crowded


def _inside(pieces: Pieces, i: int, j: int, equal: float, size: float) -> bool:
    """Whether piece i lies in piece j, of a dimension no smaller, up to rounding."""
    one, two = pieces.basis(i), pieces.basis(j)
    if pieces.height:
        # Beside far pieces, or much larger offsets, near ones look equal when lifted.
        feet = [up[:-1, -1] * (pieces.height / up[-1, -1]) for up in (one, two)]
        one, two = one[:-1, :-1], two[:-1, :-1]
        if residual_norms(two, feet[0] - feet[1]) > equal * size:
            return False
    return bool(residual_norms(two, one.T).max(initial=0.0) <= equal)
