r"""Depth-first search for a subspace that every operator takes for part of the model.

For linear pieces :math:`S_i` the largest consistent set is

.. math:: \hat X = \bigcup_{(i_g)} \bigcap_g (S_{i_g} + \operatorname{null} A_g),

a union over assignments of a piece to every operator. The search assigns one operator after the
other and keeps the intersection V. A branch ends where V lies inside a single piece; where all
operators are assigned and V lies in none, V is spurious, since a vector space over an infinite
field is in a finite union of subspaces only if it is in one of them.

The next step takes :math:`v \in V` with :math:`A_g v \in A_g S_j`. With an orthonormal basis of V,
:math:`A_g V = U \Sigma W^H` and :math:`Q` orthonormal to U, these are the null space of
:math:`A_g V` and the vectors :math:`V W \Sigma^{-1} U^H A_g s` for :math:`s \in S_j` with
:math:`Q^H A_g s = 0`. One product and one small Gram matrix per piece tell most pieces that have no
such s.

Decisions that hang on rounding are taken so that V becomes too large: a branch that ends all the
same has ended for good, and one that does not is called unclear.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from .._kernels.pieces import independent_pieces
from ..subspaces import residual_norms
from ..tolerance import grey
from .views import Seen, View, Views

__all__ = ["Found", "Search"]

_FLOOR = 1e-8  # of squares: pieces with smaller ones are decomposed
_INSIDE = 10.0
_COARSE, _GROWTH = 1e-7, 100.0


@dataclass(frozen=True, eq=False)
class Node:
    """A subspace that the operators before `depth` take for part of the model.

    Attributes
    ----------
    shared, own : ndarray, (N, a) and (N, b)
        Orthonormal basis, a part of which is shared with other nodes.
    first : int
        Piece of the first operator: by symmetry no other need come before it.
    weight : float
        Share of all assignments.
    error : float
        By how much rounding may have moved it.
    unclear : bool
    """

    depth: int
    shared: np.ndarray
    own: np.ndarray
    first: int
    weight: float
    error: float
    unclear: bool

    @property
    def dim(self) -> int:
        """Dimension of the subspace."""
        return int(self.shared.shape[1] + self.own.shape[1])

    @property
    def basis(self) -> np.ndarray:
        """Orthonormal basis, (N, d)."""
        return np.concatenate([self.shared, self.own], axis=1)


@dataclass(frozen=True, eq=False)
class Found:
    """A leaf outside the model: basis (N, d), error, and whether it hangs on rounding."""

    basis: np.ndarray
    error: float
    unclear: bool


@dataclass(eq=False)
class Search:
    """The state of a search.

    Attributes
    ----------
    views : Views
    budget : int
        Most nodes to look at.
    nodes : int
        Looked at so far.
    margin : float
        Smallest singular value so far that was taken for non-zero.
    open_fraction : float
        Share of the assignments that the budget left open.
    doubtful : bool
        Whether the end of a branch hung on rounding.
    """

    views: Views
    budget: int
    nodes: int = 0
    margin: float = 1.0
    open_fraction: float = 0.0
    doubtful: bool = False

    def leaves(self) -> Iterator[Found]:
        """Subspaces that every operator takes for part of the model, and that no piece contains."""
        whole = np.eye(self.views.pieces.ambient, dtype=self.views.pieces.bases.dtype)
        waiting = [Node(0, whole, whole[:, :0], 0, 1.0, 0.0, False)]
        while waiting:
            node = waiting.pop()
            if node.depth == self.views.count:
                yield Found(node.basis, node.error, node.unclear)
                continue
            if self.nodes == self.budget:
                self.open_fraction = node.weight + sum(other.weight for other in waiting)
                return
            self.nodes += 1
            children = [child for child in self._children(node) if not self._inside(child)]
            children = self._seen_again(children)
            # The largest is looked at first: it is the likeliest to be spurious.
            waiting += sorted(children, key=lambda child: child.dim)

    def _children(self, node: Node) -> list[Node]:
        view, basis = self.views[node.depth], node.basis
        seen, noise = view.seen, node.error + view.seen.error
        u, values, wh = np.linalg.svd(view.responses(basis), full_matrices=True)
        kept = values > noise * grey(noise)
        r, unclear = int(kept.sum()), bool(np.any(~kept & (values > noise)))
        least = float(values[r - 1]) if r else 1.0
        self.margin = min(self.margin, least)
        allowed = np.arange(node.first if view.own and self.views.action else 0, len(seen.dims))
        meeting = self._meeting(seen, u, r, noise / least)[allowed]
        # Directions that this operator does not see belong to every child.
        shared = basis @ wh[r:].conj().T
        lift = basis @ (wh[:r].conj().T / values[:r])
        step = Step(node, view, u, r, lift, shared, noise / least, unclear or seen.unclear)
        children = [self._child(step, int(j)) for j in allowed[meeting]]
        own = [child for child in children if child.own.shape[1]]
        if not own:
            if shared.shape[1] == 0:
                return []
            return [step.child(shared[:, :0], node.first, node.weight, step.noise, False)]
        weight = node.weight / len(own)
        return [replace(child, weight=weight) for child in own]

    def _seen_again(self, children: list[Node]) -> list[Node]:
        """Leave out lines that the next operator takes for no piece: all of them at once."""
        lines = [child for child in children if child.dim == 1 and child.depth < self.views.count]
        if not lines:
            return children
        view = self.views[lines[0].depth]
        noise = np.array([line.error for line in lines]) + view.seen.error
        answers = view.responses(np.concatenate([line.basis for line in lines], axis=1))
        sizes = np.linalg.norm(answers, axis=0)
        told = sizes > _plainly(noise)
        directions = answers / np.where(told, sizes, 1.0)
        inner = view.seen.pieces.conj() @ directions
        apart = 1.0 - np.sum(np.abs(inner) ** 2, axis=1).T
        if view.own and self.views.action:
            # Pieces that symmetry has left out, see `Node`.
            first = np.array([line.first for line in lines])
            apart[np.arange(apart.shape[1]) < first[:, None]] = 1.0
        doubt = np.where(told, noise / np.where(told, sizes, 1.0), 1.0)
        floor = np.maximum(_FLOOR, _plainly(doubt) ** 2)
        dead = told & np.all(apart > floor[:, None], axis=1)
        if dead.any():
            least = min(float(apart[dead].min()) ** 0.5, float(sizes[dead].min()))
            self.margin = min(self.margin, least)
        gone = {id(line) for line, over in zip(lines, dead, strict=True) if over}
        return [child for child in children if id(child) not in gone]

    def _meeting(self, seen: Seen, u: np.ndarray, r: int, noise: float) -> np.ndarray:
        """Which pieces may have a vector whose answer lies in the first r columns of `u`."""
        m = u.shape[0]
        if r == m:
            return seen.dims > 0
        complement = r <= m - r
        part = u[:, :r] if complement else u[:, r:]
        inner = np.ascontiguousarray(seen.pieces @ part.conj())
        margins = np.empty(len(seen.pieces))
        independent_pieces(inner, seen.dims, complement, _FLOOR, margins)
        apart = margins > max(_FLOOR, (noise * grey(noise)) ** 2)
        if apart.any():
            self.margin = min(self.margin, math.sqrt(float(margins[apart].min())))
        return ~apart

    def _child(self, step: Step, j: int) -> Node:
        seen = step.view.seen
        answers = seen.pieces[j, : seen.dims[j]].T
        rest = step.u[:, step.r :].conj().T @ answers
        _, values, zh = np.linalg.svd(rest, full_matrices=True)
        values = np.append(values, np.zeros(zh.shape[0] - values.size))
        kept = values > step.noise * grey(step.noise)
        least = float(values[kept].min(initial=1.0))
        self.margin = min(self.margin, least)
        unclear = bool(np.any(~kept & (values > step.noise)))
        inside = answers @ zh[~kept].conj().T
        lifted = step.lift @ (step.u[:, : step.r].conj().T @ inside)
        own = np.linalg.qr(lifted)[0] if lifted.shape[1] else lifted
        first = j if step.node.depth == 0 else step.node.first
        return step.child(own, first, 0.0, step.noise / least, unclear)

    def _inside(self, node: Node) -> bool:
        """Whether a node lies in a single piece, or holds no signal at all."""
        pieces, basis = self.views.pieces, node.basis
        if pieces.height and self._zero(float(np.linalg.norm(basis[-1])), node):
            return True
        if node.dim > pieces.dims.max():
            return False
        energies = pieces.energies(basis)
        return any(
            self._zero(float(residual_norms(pieces.basis(int(i)), basis.T).max()), node)
            for i in np.flatnonzero(node.dim - energies < 1e-4)
        )

    def _zero(self, size: float, node: Node) -> bool:
        """Whether rounding explains a size that ends a branch if it is zero."""
        zero = size <= _INSIDE * node.error
        # A large error would let anything near pass for zero, and a small size be too large for it.
        given = max(seen.error for seen in self.views.seen)
        self.doubtful |= (zero and node.error > max(_COARSE, _GROWTH * given)) or (
            not zero and size <= grey(node.error) * node.error
        )
        return zero


def _plainly(errors: np.ndarray) -> np.ndarray:
    """Sizes beyond which rounding explains nothing, one per error."""
    return np.array([error * grey(float(error)) for error in errors])


@dataclass(frozen=True, eq=False)
class Step:
    """What the children of a node have in common."""

    node: Node
    view: View
    u: np.ndarray
    r: int
    lift: np.ndarray
    shared: np.ndarray
    noise: float
    unclear: bool

    def child(
        self, own: np.ndarray, first: int, weight: float, error: float, unclear: bool
    ) -> Node:
        """Return a child whose basis is the shared part and `own`."""
        doubtful = self.node.unclear or self.unclear or unclear
        depth = self.node.depth + 1
        return Node(depth, self.shared, own, first, weight, error, doubtful)
