"""The (virtual) operators as the search looks through them: orthonormal rows, and seen pieces."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .._forward import ForwardOperator
from .._probes import probe_rng
from ..groups.action import GroupAction
from ..rows import dense_matrix, magnitude, precision
from ..subspaces import Pieces
from ..tolerance import cut, grey

__all__ = ["Rows", "Seen", "View", "Views", "row_bases", "some_elements"]

_SOME_ELEMENTS = 64
_LISTED = 4096


@dataclass(frozen=True, eq=False)
class Rows:
    """Orthonormal basis of the row space of an operator, (r, n), and its error in norm."""

    basis: np.ndarray
    error: float
    clear: bool


def row_bases(operators: tuple[ForwardOperator, ...], model_error: float = 0.0) -> list[Rows]:
    """Row spaces of operators over their own field, by dense decompositions.

    The error of the model they will be compared with is added to that of the rows.
    """
    found = []
    for A in operators:
        matrix = dense_matrix(A, "identify")
        scale = magnitude(matrix)
        _, values, vh = np.linalg.svd(matrix / scale, full_matrices=False)
        decision = cut(values, precision(A), scale)
        kept = values > decision.tolerance
        # A direction found with singular value s carries the rounding of the matrix over s.
        error = model_error + (decision.tolerance / values[kept][-1] if kept.any() else 0.0)
        # An operator that sees nothing is no doubt of rounding.
        clear = (decision.clear or not np.any(matrix)) and error * grey(error) < 0.5
        found.append(Rows(vh[kept], min(1.0, float(error)), bool(clear)))
    return found


@dataclass(frozen=True, eq=False)
class Seen:
    r"""The pieces as one operator sees them.

    Attributes
    ----------
    rows : ndarray, (r, N)
        Orthonormal rows of the operator, in the space of the bases of the pieces.
    pieces : ndarray, (p, k, r)
        Orthonormal bases of :math:`A S_i`, one vector per row, zeros behind `dims[i]`.
    dims : ndarray of int64, (p,)
    error : float
    unclear : bool
        Whether a dimension hung on rounding.
    """

    rows: np.ndarray
    pieces: np.ndarray
    dims: np.ndarray
    error: float
    unclear: bool

    @classmethod
    def of(cls, rows: Rows, pieces: Pieces) -> Seen:
        """Look at pieces through the rows of an operator."""
        basis = rows.basis
        if pieces.height:
            basis = np.block(
                [
                    [basis, np.zeros((basis.shape[0], 1))],
                    [np.zeros((1, basis.shape[1])), np.ones((1, 1))],
                ]
            )
        images = np.einsum("rn,pnk->prk", basis, pieces.bases, optimize=True)
        u, values, _ = np.linalg.svd(images, full_matrices=False)
        counted = values > rows.error
        unclear = bool(np.any(counted & (values <= rows.error * grey(rows.error))))
        kept = np.where(counted[:, None, :], u, 0.0).swapaxes(1, 2)
        return cls(basis, np.ascontiguousarray(kept), counted.sum(axis=1), rows.error, unclear)


@dataclass(frozen=True, eq=False)
class View:
    """A virtual operator: what an operator sees after a transformation of the signals."""

    seen: Seen
    element: Any
    own: bool

    def responses(self, vectors: np.ndarray) -> np.ndarray:
        """Answers (r, d) to columns (N, d)."""
        if self.element is None:
            return self.seen.rows @ vectors
        n = self.element.n
        moved = np.concatenate([self.element(vectors[:n].T).T, vectors[n:]])
        return self.seen.rows @ moved


class Views:
    """Virtual operators in the order in which they are looked at, made when asked for.

    Attributes
    ----------
    count : int
    complete : bool
        False where only some elements of a large or continuous group are looked at: what they
        leave consistent may still be refuted by others.
    """

    def __init__(self, rows: list[Rows], pieces: Pieces, action: GroupAction | None) -> None:
        self.pieces, self.action = pieces, action
        # What shows most first: it leaves the least to be gone through.
        order = sorted(range(len(rows)), key=lambda i: -rows[i].basis.shape[0])
        self.seen = [Seen.of(rows[i], pieces) for i in order]
        self.complete = action is None or (action.finite and action.order <= _LISTED)
        self._made: list[View] = []
        self._elements = self._all()

    @cached_property
    def count(self) -> int:
        """Number of virtual operators that are looked at."""
        if self.action is None:
            return len(self.seen)
        size = self.action.order if self.complete else _SOME_ELEMENTS
        return len(self.seen) * int(size)

    def _all(self) -> Iterator[View]:
        if self.action is None:
            return (View(seen, None, False) for seen in self.seen)
        elements = self.action.elements() if self.complete else some_elements(self.action)
        return (
            View(seen, element, number == 0)
            for element in elements
            for number, seen in enumerate(self.seen)
        )

    def __getitem__(self, depth: int) -> View:
        while len(self._made) <= depth:
            self._made.append(next(self._elements))
        return self._made[depth]


def some_elements(action: GroupAction) -> Iterator[Any]:
    """The identity and random products of the generators."""
    rng = probe_rng("elements")
    element = action.identity
    for _ in itertools.repeat(None, _SOME_ELEMENTS):
        yield element
        generator = action.generators[int(rng.integers(len(action.generators)))]
        element = generator.power(int(rng.integers(1, 8))) @ element
