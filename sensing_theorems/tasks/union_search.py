r"""A search for spurious signals of a union of subspaces, many branches at once.

Signals that all operators take for part of the pieces :math:`S_i` are those of

.. math:: \hat X = \bigcup_{(i_g)} \bigcap_g \{z : W_{g, i_g} z = 0\}, \qquad
          W_{g,i} = C^\top A_g, \quad C \perp A_g S_i.

It is the search of `identify` for pieces of one dimension, without its margins and witnesses, and
for arrays. Decisions that hang on rounding are taken so that a branch goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..tolerance import grey, threshold

__all__ = ["Setting", "decide_union", "looked_at"]

Array = NDArray[Any]

# Branches that are followed at once: few, so that one comes to its end soon.
_AT_ONCE = 2048
# Bounds on rounding leave a factor 64 to what it does, see `threshold`. Sizes well below the bound,
# and misses within a 64th of it, are zero as far as can be known; larger ones may be real.
_INSIDE = 1 / 8
_CONSISTENT = 1 / 64
_OUTSIDE = 1e-6
_CLEAR = 1e-9
_NEAR = 1e-4


@dataclass(frozen=True, eq=False)
class Setting:
    """Pieces, and what operators say of them.

    Attributes
    ----------
    pieces : ndarray, shape (p, n, k)
        Orthonormal bases.
    rows : ndarray, shape (L, p, q, n)
        The W, with orthonormal rows.
    error : float
        By how much rounding may turn them.
    invariant : bool
        Whether piece i of operator g is what piece i of the first one is after a map that keeps
        the union, so that by symmetry the first operator may have the first piece of all.
    """

    pieces: Array
    rows: Array
    error: float
    invariant: bool = False


@dataclass(frozen=True, eq=False)
class _Branches:
    """Subspaces (b, n, d) that so many operators leave, their first pieces and their errors."""

    depth: int
    spaces: Array
    first: NDArray[np.int64]
    errors: Array

    def part(self, chosen: Any) -> _Branches:
        return _Branches(self.depth, self.spaces[chosen], self.first[chosen], self.errors[chosen])


def looked_at(A: Array, pieces: Array) -> tuple[Array, float] | None:
    r"""The W of operators (L, m, n) with m > k, of rank min(m, n), and their error.

    Returns
    -------
    tuple of ndarray, shape (L, p, q, n), and float, or None
        ``None`` where a rank is not clear, or the error too large to tell pieces from neighbours.
    """
    k = pieces.shape[2]
    _, values, vh = np.linalg.svd(A, full_matrices=False)
    spread = float((values[:, 0] / values[:, -1]).max())
    error = threshold(A.shape[2] ** 0.5, float(np.finfo(np.float64).eps)) * spread
    u, seen, _ = np.linalg.svd(vh[:, None] @ pieces)
    least = float(seen.min())
    if least <= error * grey(error) or error > _CLEAR * least:
        return None
    return u[..., k:].swapaxes(2, 3) @ vh[:, None], error / least


def decide_union(setting: Setting, budget: int) -> bool | None:
    """Whether a union is identified.

    Parameters
    ----------
    setting : Setting
    budget : int
        Most subspaces to look at.

    Returns
    -------
    bool or None
        ``None`` if the budget is used up, or rounding could turn the answer. A no is confirmed by
        a signal whose measurements are those of signals of the model, and which is none. Fewer
        equations than unknowns, or symmetry, have to be the reason for it: if it exists by
        chance, rounding may hide that it does not.
    """
    p, n, _ = setting.pieces.shape
    visited, doubt = 0, False
    waiting = [_Branches(0, np.eye(n)[None], np.zeros(1, np.int64), np.zeros(1))]
    while waiting:
        branches = waiting.pop()
        if branches.depth == len(setting.rows):
            if _holds_spurious(setting, branches):
                return False
            doubt = True
            continue
        step = max(1, _AT_ONCE // p)
        if len(branches.spaces) > step:
            waiting.append(branches.part(slice(step, None)))
            branches = branches.part(slice(step))
        visited += len(branches.spaces) * p
        if visited > budget:
            return None
        for children in _children(setting, branches):
            kept, unsure = _outside(setting, children)
            doubt |= unsure
            if kept.any():
                waiting.append(children.part(kept))
    return None if doubt else True


def _children(setting: Setting, branches: _Branches) -> list[_Branches]:
    """Intersections with what each piece allows at the next operator; small ones first."""
    rows, depth = setting.rows[branches.depth], branches.depth
    (b, n, d), (p, q) = branches.spaces.shape, rows.shape[:2]
    images = (rows.reshape(p * q, n) @ branches.spaces).reshape(b * p, q, d)
    parent, piece = np.divmod(np.arange(b * p), p)
    noise = branches.errors + setting.error
    plainly = _plainly(noise)
    allowed = np.ones(b * p, np.bool_)
    if setting.invariant and depth:
        allowed = piece >= branches.first[parent]
    if d == 1:
        # Lines are many, and end unless the whole image vanishes.
        allowed &= np.linalg.norm(images, axis=1)[:, 0] <= plainly[parent]
    images, parent, piece = images[allowed], parent[allowed], piece[allowed]
    if not len(images):
        return []
    _, values, vh = np.linalg.svd(images, full_matrices=q < d)
    # A grey value counts as zero: the branch becomes too large rather than too small.
    kept = values > plainly[parent, None]
    errors = noise[parent] / np.where(kept, values, 1.0).min(axis=1)
    ranks, first = kept.sum(axis=1), branches.first[parent] if depth else piece
    found = []
    for rank in np.unique(ranks[ranks < d])[::-1]:
        own = ranks == rank
        spaces = branches.spaces[parent[own]] @ vh[own, rank:].swapaxes(1, 2)
        found.append(_Branches(depth + 1, spaces, first[own], errors[own]))
    return found


def _outside(setting: Setting, branches: _Branches) -> tuple[NDArray[np.bool_], bool]:
    """Which subspaces lie in no piece, and whether rounding could turn that for any."""
    (p, n, k), d = setting.pieces.shape, branches.spaces.shape[2]
    outside = np.ones(len(branches.spaces), np.bool_)
    if d > k:
        return outside, False
    inner = setting.pieces.swapaxes(1, 2).reshape(p * k, n) @ branches.spaces
    energies = (inner**2).reshape(-1, p, k * d).sum(axis=2)
    at, piece = np.nonzero(d - energies < _NEAR)
    V, S = branches.spaces[at], setting.pieces[piece]
    sizes = np.linalg.norm(V - S @ (S.swapaxes(1, 2) @ V), axis=(1, 2))
    errors = branches.errors[at]
    inside = sizes <= _INSIDE * errors
    outside[at[inside]] = False
    # A large error would let anything near pass for zero, and a small size be too large for it.
    doubtful = np.where(inside, errors > _OUTSIDE, sizes <= _plainly(errors))
    return outside, bool(doubtful.any())


def _holds_spurious(setting: Setting, branches: _Branches) -> bool:
    """Whether signals outside the model certainly fit all measurements."""
    L, _, q, n = setting.rows.shape
    if not setting.invariant and branches.spaces.shape[2] > n - L * q:
        return False
    ends = zip(branches.spaces, branches.errors.tolist(), strict=True)
    return any(_is_spurious(setting, V, error) for V, error in ends)


def _is_spurious(setting: Setting, V: Array, error: float) -> bool:
    """Whether a subspace (n, d), turned by rounding, has a signal outside the model that fits."""
    z = V @ np.linspace(1.0, 2.0, V.shape[1])
    z = z / np.linalg.norm(z)
    P = setting.pieces
    apart = np.linalg.norm(z - np.einsum("pnk,pmk,m->pn", P, P, z, optimize=True), axis=1)
    misses = np.linalg.norm(setting.rows @ z, axis=2).min(axis=1).max()
    return bool(apart.min() > max(_OUTSIDE, error) and misses <= _CONSISTENT * setting.error)


def _plainly(errors: Array) -> Array:
    """Sizes beyond which rounding explains nothing, one per error."""
    return np.array([error * grey(error) for error in errors.tolist()])
