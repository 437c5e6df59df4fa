r"""Which masks identify a subspace in general position: a count of coordinates, without numerics.

Masks see a subspace X through some of its coordinates. For almost every X of dimension k, what
they tell together is decided by how many coordinates sets of masks cover.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from ._kernels.matchings import extend_matching
from ._validate import at_most, boolean_mask, plain_array
from .judgement import Verdict

__all__ = ["Covering", "covering_condition"]


@dataclass(frozen=True, eq=False)
class Covering:
    r"""What masks tell about almost every subspace of a dimension, with certificates for it.

    Attributes
    ----------
    n, model_dim : int
        Number of coordinates, and the dimension k of the subspaces.
    accepted : ndarray of int64, shape (rank, k + 1)
        Sub-masks, each inside of a mask, every q of which cover at least q + k coordinates
        together; coordinates in C order. They show that the rank is not smaller.
    sources : ndarray of int64, shape (rank,)
        Mask that each of them is a part of.
    blocks : tuple of ndarray of int64
        A partition of the masks with more than k coordinates, such that the unions of its blocks
        have, less k each, `rank` coordinates in total. It shows that the rank is not larger.
    """

    n: int
    model_dim: int
    accepted: NDArray[np.int64]
    sources: NDArray[np.int64]
    blocks: tuple[NDArray[np.int64], ...]

    @property
    def rank(self) -> int:
        r"""Dimension of :math:`\sum_g (X^\perp \cap R_g)` for almost every X."""
        return len(self.accepted)

    @property
    def needed(self) -> int:
        """The rank n - k at which X is identified."""
        return self.n - self.model_dim

    @property
    def verdict(self) -> Verdict:
        """Whether the masks identify almost every X; if not, they identify almost none."""
        if self.rank == self.needed:
            return Verdict.IDENTIFIABLE
        return Verdict.NOT_IDENTIFIABLE

    def verify(self, masks: Any) -> bool:
        r"""Check the certificates against the masks, by other means than those that found them.

        Every q sub-masks cover at least q + k coordinates if and only if, for each sub-mask, the
        others can be assigned distinct coordinates outside of it (Hall): one matching of SciPy's
        for each.

        Parameters
        ----------
        masks : array_like of bool, shape (L, n) or (L, *shape)

        Returns
        -------
        bool
            Whether both certificates hold, so that the rank is what it is said to be.
        """
        seen = _masks(masks)
        return (
            seen.shape[1] == self.n
            and self._lies_inside(seen)
            and self._adds_up(seen)
            and all(self._others_match(i) for i in range(self.rank))
        )

    def _lies_inside(self, seen: NDArray[np.bool_]) -> bool:
        """Whether sub-masks have k + 1 coordinates, all of them inside of their sources."""
        rows, known = (
            np.sort(self.accepted, axis=1),
            (0 <= self.sources) & (self.sources < len(seen)),
        )
        if rows.shape != (len(self.sources), self.model_dim + 1) or not known.all():
            return False
        distinct = np.all(np.diff(rows, axis=1) > 0) and np.all((rows >= 0) & (rows < self.n))
        return bool(distinct and seen[self.sources[:, None], rows].all())

    def _adds_up(self, seen: NDArray[np.bool_]) -> bool:
        """Whether blocks hold every mask that tells something, and count no more than the rank."""
        listed = np.concatenate([np.zeros(0, np.int64), *self.blocks])
        telling = np.flatnonzero(seen.sum(axis=1) > self.model_dim)
        if not np.array_equal(np.sort(listed), telling):
            return False
        covered = [int(seen[block].any(axis=0).sum()) for block in self.blocks]
        return sum(size - self.model_dim for size in covered) == self.rank

    def _others_match(self, i: int) -> bool:
        others = np.delete(self.accepted, i, axis=0)
        outside = ~np.isin(others, self.accepted[i])
        ends = np.concatenate([[0], np.cumsum(outside.sum(axis=1))])
        graph = csr_array(
            (np.ones(ends[-1], np.bool_), others[outside], ends), shape=(len(others), self.n)
        )
        return bool(np.all(maximum_bipartite_matching(graph, perm_type="column") >= 0))


def covering_condition(masks: Any, model_dim: int) -> Covering:
    r"""Masks identify almost every k-dimensional subspace iff enough sub-masks cover enough.

    Of sub-masks of k + 1 coordinates, each inside of a mask, one must be able to choose n - k such
    that every q of them, for every q, cover at least q + k coordinates together.

    Parameters
    ----------
    masks : array_like of bool, shape (L, n) or (L, *shape)
        True where a coordinate is observed. A mask of up to k coordinates tells nothing.
    model_dim : int
        Dimension k of the subspaces, 0 < k <= n.

    Returns
    -------
    Covering
        The rank, and what proves it. Real and complex subspaces have the same.

    Raises
    ------
    TypeError
        If `masks` holds no booleans, or `model_dim` is no integer.
    ValueError
        If `masks` is not an array of masks, or k is not from 1 to n.

    Notes
    -----
    The condition is that of Pimentel-Alarcón, Boston and Nowak, "Deterministic conditions for
    subspace identifiability from incomplete sampling" (arXiv:1410.0633), for n - k masks of k + 1
    coordinates. Sets of edges every q of which cover q + k vertices are the independent ones of
    a matroid: depth k in Whiteley, "A matroid on hypergraphs, with applications in scene analysis
    and geometry" (1989); sparse hypergraphs in Streinu and Theran, "Sparse hypergraphs and pebble
    game algorithms" (arXiv:math/0703921), where edges are sought in a similar way.

    Derived here is that the rank of this matroid is the dimension of
    :math:`\sum_g (X^\perp \cap R_g)` also below n - k, for masks of any size. For X in general
    position, :math:`X^\perp` has one line in every k + 1 coordinates, and a mask of m > k
    coordinates sees the span of m - k of them: those of k coordinates that are kept, and one more.
    At most: lines inside of v > k coordinates span at most v - k dimensions. At least: let F be
    independent, at first with n - k members. By Hall, they can be assigned distinct coordinates
    outside of any k given ones. A matrix U with these supports, and entries in general position,
    thus has independent rows whatever k columns are left out, so that no k coordinates of its null
    space X depend on each other: the rows of U are the lines of this X, and independent. So they
    are for almost every X, since a minor of them is a polynomial in X that is not zero everywhere.
    A smaller F extends to n - k members among all sets of k + 1 coordinates, by the exchange of
    bases. All this holds in every infinite field.

    The sub-masks are found greedily. A new one is independent of F if F can be assigned distinct
    coordinates outside of it, and a change of one coordinate takes one augmenting path.
    """
    seen = _masks(masks)
    k = at_most(model_dim, "model_dim", seen.shape[1])
    telling = np.flatnonzero(seen.sum(axis=1) > k)
    lines = [np.flatnonzero(seen[g]) for g in telling]
    bases = np.array([line[:k] for line in lines], np.int64).reshape(-1, k)
    edges = np.zeros((seen.shape[1] - k, 3), np.int64)
    owner = np.full(seen.shape[1], -1, np.int64)
    count = 0
    for number, line in enumerate(lines):
        if count < len(edges):
            count = extend_matching(line, bases, number, edges, owner, count)
    edges = edges[:count]
    blocks = _blocks(lines, bases, edges, owner)
    return Covering(
        n=seen.shape[1],
        model_dim=k,
        accepted=np.column_stack([bases[edges[:, 0]], edges[:, 1]]),
        sources=telling[edges[:, 0]],
        blocks=tuple(telling[block] for block in blocks),
    )


def _masks(masks: Any) -> NDArray[np.bool_]:
    """Return `masks` as a boolean array (L, n)."""
    raw = plain_array(masks, "masks")
    # Masks that show nothing have an answer, unlike an operator of one of them.
    dark = raw.dtype.kind in "biuf" and raw.size > 0 and not raw.any()
    seen = np.zeros(raw.shape, np.bool_) if dark else boolean_mask(raw, "masks")
    if seen.ndim < 2:
        raise ValueError(f"`masks` must have shape (L, n) or (L, *shape); got {seen.shape}.")
    return seen.reshape(len(seen), -1)


def _blocks(
    lines: list[NDArray[np.int64]],
    bases: NDArray[np.int64],
    edges: NDArray[np.int64],
    owner: NDArray[np.int64],
) -> list[NDArray[np.int64]]:
    """Numbers of the masks inside of each largest set of coordinates that is seen as a whole.

    Two such sets have fewer than k coordinates in common, so that no mask lies in both.
    """
    left, found = np.arange(len(lines)), []
    while left.size:
        first = int(left[0])
        extend_matching(bases[first], bases, first, edges, owner, len(edges))
        stuck = _stuck(bases[first], bases, edges, owner)
        inside = np.array([stuck[lines[number]].all() for number in left])
        found.append(left[inside])
        left = left[~inside]
    return found


def _stuck(
    base: NDArray[np.int64],
    bases: NDArray[np.int64],
    edges: NDArray[np.int64],
    owner: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Coordinates, with an empty base among them, that cannot be emptied beside it."""
    movable = owner < 0
    movable[base] = False
    before = -1
    while int(np.count_nonzero(movable)) != before:
        before = int(np.count_nonzero(movable))
        moving = np.any(movable[bases], axis=1)[edges[:, 0]] | movable[edges[:, 1]]
        movable[edges[moving, 2]] = True
    return np.logical_not(movable)
