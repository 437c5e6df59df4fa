r"""Models as blocks of columns, and the directions in which a model can move.

A signal is a combination of the columns of one block, or for a dictionary of s blocks of one column
each. Affine pieces are linear ones one dimension up, see `Pieces`. A block :math:`B_b` moves by
:math:`\delta B_b = Q_b Z_b`, orthogonal to the motions that leave the model where it is: those
inside

.. math:: G_b = \bigcap_{S \ni b} \operatorname{span} B_S .
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from ..models import PieceModel, SparseDictionary
from .row_span import RowSpan

__all__ = ["SUPPORTS", "BlockTangent", "Blocks", "Tangents", "blocks_of", "supports_with"]

SUPPORTS = 2000
_DEPENDENT = 1e-10


@dataclass(frozen=True, eq=False)
class Blocks:
    """A model as blocks of columns.

    Attributes
    ----------
    bases : tuple of ndarray, each (N, k_b)
        Orthonormal columns; N is n, or n + 1 where the pieces are affine.
    per_signal : int
        Number s of blocks that a signal combines.
    height : float
        Last entry of a lifted signal; 0 where the pieces are linear.
    relative : float
        Relative precision of the columns.
    """

    bases: tuple[NDArray[Any], ...]
    per_signal: int
    height: float
    relative: float

    def __len__(self) -> int:
        return len(self.bases)

    @property
    def ambient(self) -> int:
        """Dimension N of the space that the columns live in."""
        return int(self.bases[0].shape[0])

    @cached_property
    def joint(self) -> NDArray[Any]:
        """All columns, (N, q)."""
        return np.hstack(self.bases)

    def span(self, support: tuple[int, ...]) -> NDArray[Any]:
        """Columns of some blocks, (N, k)."""
        return np.hstack([self.bases[b] for b in support])

    def signals(self, columns: list[NDArray[Any]]) -> NDArray[Any]:
        """Motions of all columns, (N, k_b) each, as motions of signals (n, q)."""
        if not self.height:
            return np.hstack(columns)
        flat = []
        for basis, motion in zip(self.bases, columns, strict=True):
            up, moved = basis[:, -1:], motion[:, -1:]
            # A direction must stay one: what raises it is taken off by the point above it.
            flat.append(motion[:-1, :-1] - up[:-1] * (motion[-1:, :-1] / up[-1]))
            slope = (moved[:-1] * up[-1] - up[:-1] * moved[-1]) / up[-1] ** 2
            flat.append(self.height * slope)
        return np.hstack(flat)


def blocks_of(model: PieceModel) -> Blocks:
    """Blocks of a model: its pieces, or the atoms of a dictionary."""
    if isinstance(model, SparseDictionary) and 1 < model.sparsity < model.atoms.shape[1]:
        atoms = model.atoms.astype(np.result_type(model.atoms, np.float64))
        columns = tuple(atoms[:, [a]] for a in range(atoms.shape[1]))
        return Blocks(columns, model.sparsity, 0.0, float(np.finfo(model.atoms.dtype).eps))
    pieces = model.pieces
    bases = tuple(pieces.basis(i) for i in range(len(pieces)))
    return Blocks(bases, 1, pieces.height, float(np.finfo(pieces.bases.dtype).eps))


def supports_with(
    block: int, count: int, size: int, rng: np.random.Generator
) -> Iterator[tuple[int, ...]]:
    """Supports of `size` out of `count` blocks that hold a block: all, or 2000 at random."""
    others = [b for b in range(count) if b != block]
    if math.comb(count - 1, size - 1) > SUPPORTS:
        for _ in range(SUPPORTS):
            rest = rng.choice(others, size - 1, replace=False)
            yield tuple(sorted((block, *rest.tolist())))
        return
    listed = list(itertools.combinations(others, size - 1))
    for i in rng.permutation(len(listed)):
        yield tuple(sorted((block, *listed[i])))


class BlockTangent(NamedTuple):
    r"""How a block moves with the parameters of its component.

    .. math:: \delta B_b = Q_b Z_b, \qquad \operatorname{vec} Z_b = V_b\, \theta

    Attributes
    ----------
    complement : ndarray, shape (N, q)
        :math:`Q_b`, orthonormal columns orthogonal to :math:`G_b`.
    turn : ndarray, shape (q k_b, P), or None
        :math:`V_b`, for the columns of :math:`Z_b` below each other; ``None`` for the identity.
    component : int
    place : slice
        Parameters of the component by which the block moves.
    """

    complement: NDArray[Any]
    turn: NDArray[Any] | None
    component: int
    place: slice

    def equations(self, rows: NDArray[Any], code: NDArray[Any]) -> NDArray[Any]:
        r""":math:`W \delta B_b c = 0` for W (r, N), in the parameters at `place`: (r, P)."""
        own = rows @ self.complement
        return self._turned(
            np.einsum("k,ri->rki", code, own).reshape(len(rows), code.size * own.shape[1])
        )

    def all_equations(self, rows: NDArray[Any], columns: int) -> NDArray[Any]:
        r""":math:`W Z_b = 0` for W (r, q), in the parameters at `place`: (r k_b, P)."""
        return self._turned(np.kron(np.eye(columns), rows))

    def _turned(self, rows: NDArray[Any]) -> NDArray[Any]:
        return rows if self.turn is None else rows @ self.turn

    def motion(self, parameters: NDArray[Any], columns: int) -> NDArray[Any]:
        r""":math:`\delta B_b`, (N, k_b), for parameters of the component."""
        own = parameters[self.place]
        vector = own if self.turn is None else self.turn @ own
        return self.complement @ vector.reshape(columns, self.complement.shape[1]).T


@dataclass(frozen=True, eq=False)
class Tangents:
    """The motions of all blocks, modulo those that leave the model where it is.

    Attributes
    ----------
    blocks : tuple of BlockTangent
    sizes : tuple of int
        Number of parameters of each component. Components share no equation.
    orbits : ndarray of int, one per block
        Blocks of one orbit move together.
    clear : bool
        Whether the dimensions were clear in floating point.
    """

    blocks: tuple[BlockTangent, ...]
    sizes: tuple[int, ...]
    orbits: NDArray[np.int64]
    clear: bool

    @property
    def parameters(self) -> int:
        """Dimension of the family of models around the given one."""
        return sum(self.sizes)

    def members(self, component: int) -> list[int]:
        """Blocks of a component."""
        return [b for b, own in enumerate(self.blocks) if own.component == component]

    @classmethod
    def free(cls, blocks: Blocks, rng: np.random.Generator) -> Tangents:
        """Every block by itself."""
        found, clear = complements(blocks, rng)
        return cls.placed(blocks, found, [None] * len(blocks), np.arange(len(blocks)), clear)

    @classmethod
    def placed(
        cls,
        blocks: Blocks,
        complements: list[NDArray[Any]],
        turns: list[NDArray[Any] | None],
        orbits: NDArray[np.int64],
        clear: bool,
    ) -> Tangents:
        """Tangents with the parameters of every orbit at their place."""
        own, sizes = [], [0]
        places: dict[int, tuple[int, slice]] = {}
        for b, (q, turn) in enumerate(zip(complements, turns, strict=True)):
            width = q.shape[1] * blocks.bases[b].shape[1] if turn is None else turn.shape[1]
            if orbits[b] not in places:
                if blocks.per_signal == 1 and places:
                    sizes.append(0)
                places[orbits[b]] = len(sizes) - 1, slice(sizes[-1], sizes[-1] + width)
                sizes[-1] += width
            own.append(BlockTangent(q, turn, *places[orbits[b]]))
        return cls(tuple(own), tuple(sizes), orbits, clear)


def complements(blocks: Blocks, rng: np.random.Generator) -> tuple[list[NDArray[Any]], bool]:
    """Orthonormal bases of the orthogonal complements of all G_b, and whether they are clear."""
    if blocks.per_signal == 1:
        return [_complement(basis) for basis in blocks.bases], True
    found, clear = [], True
    for b in range(len(blocks)):
        outside = RowSpan(blocks.ambient, blocks.relative)
        for support in supports_with(b, len(blocks), blocks.per_signal, rng):
            outside.add(_complement(blocks.span(support)).conj().T)
            if outside.missing == 1:
                break
        clear &= outside.clear
        found.append(_complement(outside.null))
    return found, clear


def _complement(basis: NDArray[Any]) -> NDArray[Any]:
    """Orthonormal columns orthogonal to given ones of norm 1."""
    n, k = basis.shape
    if k == 0:
        return np.eye(n)
    u, values, _ = scipy.linalg.svd(basis)
    return np.asarray(u[:, int((values > _DEPENDENT * values[0]).sum()) :])
