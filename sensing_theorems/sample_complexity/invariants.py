r"""Motions of a model that an action keeps: one block of every orbit moves, and carries the others.

A generator T maps block b to block c, :math:`T B_b = B_c R`. A family of invariant models moves by
:math:`T\,\delta B_b = \delta B_c R` modulo motions inside :math:`G_c`, which is

.. math:: Q_c^H T Q_b\, Z_b = Z_c R .

Along a tree this carries the motion of one block of an orbit to all others; the remaining maps tell
which of its motions its stabiliser allows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._validate import MOST_POINTS
from ..groups.action import GroupAction
from ..groups.isotypic import Family
from ..subspaces import residual_norms, same_up_to
from ..tolerance import threshold
from .row_span import RowSpan
from .tangents import Blocks, Tangents, complements

__all__ = ["Copies", "copies", "invariant_tangents"]

_STABILISED = 2500
_NEAR = 1e-4


class Copies(NamedTuple):
    """How often every complex irrep occurs: in the signals (c), in a subspace (d), and its dim."""

    dims: NDArray[np.int64]
    signals: NDArray[np.int64]
    model: NDArray[np.int64]

    @property
    def parameters(self) -> int:
        r""":math:`\sum_j d_j (c_j - d_j) = \dim \operatorname{Hom}_G(X, X^\perp)`."""
        return int(np.sum(self.model * (self.signals - self.model)))

    @property
    def least_samples(self) -> int:
        r""":math:`\max_j \lceil d_j / s_j \rceil` over the irreps that can move."""
        moving = (self.model > 0) & (self.signals > self.model)
        return int(np.max(-(-self.model // self.dims), where=moving, initial=0))


def copies(basis: NDArray[Any], action: GroupAction) -> Copies | None:
    """Multiplicities of an invariant subspace, basis (n, k) orthonormal, where they are known."""
    if not action.has_transform:
        return None
    parts = action.isotypic(basis.T)

    def each(value: Callable[[Family], int]) -> NDArray[np.int64]:
        families = action.transform.families
        return np.concatenate([np.full(f.count, value(f)) for f in families])

    dims = each(lambda family: family.dim)
    found = np.rint(parts.energies.sum(axis=0) / dims).astype(np.int64)
    return Copies(dims, each(lambda family: family.multiplicity), found)


def invariant_tangents(blocks: Blocks, action: GroupAction, rng: np.random.Generator) -> Tangents:
    """Tangents of the family of invariant models of the same kind.

    Raises
    ------
    ValueError
        If the action does not permute the blocks, or a block has too many motions to list.
    """
    found, clear = complements(blocks, rng)
    close = max(same_up_to(blocks.joint.dtype), 1e4 * action.rounding)
    maps = [_Map(blocks, found, element, close) for element in action.generators]
    turns: list[NDArray[Any] | None] = [None] * len(blocks)
    orbits = np.full(len(blocks), -1)
    for first in range(len(blocks)):
        if orbits[first] < 0:
            clear &= _orbit(first, maps, turns, orbits, close)
    return Tangents.placed(blocks, found, turns, orbits, clear)


class _Map:
    """What a generator does to blocks and to their motions."""

    def __init__(
        self, blocks: Blocks, complements: list[NDArray[Any]], element: Any, close: float
    ) -> None:
        self.complements, self.element, self.n = complements, element, element.n
        self.images, self.codes = [], []
        ends = np.cumsum([0, *(basis.shape[1] for basis in blocks.bases)])[:-1]
        for basis in blocks.bases:
            moved = self._moved(basis)
            energies = np.abs(blocks.joint.conj().T @ np.linalg.qr(moved)[0]) ** 2
            image = int(np.argmax(np.add.reduceat(energies.sum(axis=1), ends)))
            target = blocks.bases[image]
            size = np.linalg.norm(moved, axis=0).max()
            away = residual_norms(target, moved.T).max()
            if target.shape != basis.shape or away > close * size:
                raise ValueError(
                    "the action must map the atoms or pieces of the model to each other; it keeps "
                    "the signals, but not these."
                )
            self.images.append(image)
            self.codes.append(target.conj().T @ moved)

    def _moved(self, columns: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate([self.element(columns[: self.n].T).T, columns[self.n :]])

    def carry(self, b: int, turn: NDArray[Any]) -> NDArray[Any]:
        r""":math:`\operatorname{vec} Z_c` from :math:`\operatorname{vec} Z_b`, both (q k, P)."""
        complement = self.complements[self.images[b]]
        along = complement.conj().T @ self._moved(self.complements[b])
        back = np.linalg.inv(self.codes[b])
        parts = turn.reshape(len(back), along.shape[1], turn.shape[1])
        return np.einsum("lm,ij,ljp->mip", back, along, parts, optimize=True).reshape(turn.shape)


def _orbit(
    first: int,
    maps: list[_Map],
    turns: list[NDArray[Any] | None],
    orbits: NDArray[np.int64],
    close: float,
) -> bool:
    """Fill in the turns of the orbit of a block; return whether its dimension is clear."""
    size = maps[0].complements[first].shape[1] * maps[0].codes[first].shape[0]
    if size > _STABILISED:
        raise ValueError(
            f"under an action, pieces may have at most {_STABILISED} motions k (n - k); got {size}."
        )
    carried = {first: np.eye(size)}
    # Invariance of the model is known up to `close`, and so is what its motions must satisfy.
    kept, front = RowSpan(size, close / threshold(1.0, 1.0)), [first]
    for b in front:
        for step in maps:
            c, moved = step.images[b], step.carry(b, carried[b])
            if c in carried:
                kept.add(moved - carried[c])
                continue
            carried[c] = moved
            front.append(c)
            if len(carried) * size**2 > MOST_POINTS:
                raise ValueError(
                    "the orbits of the atoms or pieces are too long to follow their motions."
                )
    for b, turn in carried.items():
        orbits[b], turns[b] = first, turn @ kept.null
    return kept.clear
