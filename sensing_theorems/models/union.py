"""A union of finitely many linear or affine subspaces."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._validate import finite_array
from ..subspaces import Pieces, columns_of, moderate, reduced_basis, residual_norms, same_up_to
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
        spans, error = [basis for basis, _ in reduced], max(error for _, error in reduced)
        feet = None if offsets is None else _feet(offsets, spans, offset_floor(error))
        self.pieces = irredundant(Pieces.of(spans, feet, error))
        self.dim = int(self.pieces.dims.max()) - bool(self.pieces.height)
        self.field = "complex" if self.pieces.bases.dtype.kind == "c" else "real"


def _feet(offsets: Any, spans: list[NDArray[Any]], floor: float) -> NDArray[Any]:
    """The signals of the pieces that are closest to 0."""
    feet = finite_array(offsets, "offsets")
    if feet.shape != (len(spans), spans[0].shape[0]):
        raise ValueError(
            f"`offsets` must have shape (p, n) = ({len(spans)}, {spans[0].shape[0]}); got "
            f"{feet.shape}."
        )
    moderate(feet, "offsets")
    outside = [a - span @ (span.conj().T @ a) for a, span in zip(feet, spans, strict=True)]
    return np.array(
        [
            foot if np.linalg.norm(foot) > floor * np.linalg.norm(a) else np.zeros_like(foot)
            for foot, a in zip(outside, feet, strict=True)
        ]
    )


def irredundant(pieces: Pieces) -> Pieces:
    """Drop pieces that lie inside others, with a warning."""
    close = max(same_up_to(pieces.bases.dtype), 10 * pieces.error)
    kept: list[int] = []
    # Large pieces first, so that a piece can only lie inside one that was kept before.
    for i in sorted(range(len(pieces)), key=lambda i: (-pieces.dims[i], i)):
        basis = pieces.basis(i)
        near = pieces.energies(basis)
        inside = any(
            pieces.dims[i] - near[j] < 1e-4
            and residual_norms(pieces.basis(j), basis.T).max(initial=0.0) <= close
            for j in kept
        )
        if not inside:
            kept.append(i)
    if len(kept) == len(pieces):
        return pieces
    warnings.warn(
        f"pieces should not lie inside each other; {len(kept)} of {len(pieces)} are kept.",
        UserWarning,
        stacklevel=4,
    )
    kept.sort()
    return Pieces(pieces.bases[kept], pieces.dims[kept], pieces.height, pieces.error)
