r"""Exact tests of identification for given operators and linear models, by ranks alone.

The largest set that fits all measurement sets is :math:`\hat X = \bigcap_g (X + \operatorname{null}
A_g)`, and X is the only candidate that contains X exactly if :math:`\hat X = X`.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = [
    "Search",
    "identified_subspace",
    "identified_union",
    "one_to_one_on_union",
    "seen_rows",
    "simple_polygon",
]

ZERO = 1e-9
_AT_ONCE = 8192


def seen_rows(A: np.ndarray, basis: np.ndarray) -> np.ndarray:
    r"""Orthonormal rows that span :math:`(S + \operatorname{null} A)^\perp`, S with this basis.

    These are the combinations of rows of A that vanish on S: what A says that S leaves open.
    """
    _, values, vh = np.linalg.svd(basis.T @ A.T)
    rows = vh[int((values > ZERO).sum()) :] @ A
    return np.linalg.qr(rows.T)[0].T


def identified_subspace(operators: Sequence[np.ndarray], basis: np.ndarray) -> bool:
    r"""Whether a subspace with this basis, (n, k), is identified: one rank.

    :math:`\hat X^\perp = \sum_g (X + \operatorname{null} A_g)^\perp` must have dimension n - k.
    """
    n, k = basis.shape
    stack = np.concatenate([seen_rows(A, basis) for A in operators])
    if stack.shape[0] < n - k:
        return False
    values = np.linalg.svd(stack, compute_uv=False)
    return int((values > ZERO).sum()) == n - k


@dataclass
class Search:
    """What the search through all tuples of subspaces found.

    Attributes
    ----------
    identified : bool or None
        ``None`` where the search was given up.
    visited : int
        Number of intersections looked at.
    kept, dropped : float
        Smallest singular value taken for non-zero, largest taken for zero.
    """

    identified: bool | None = True
    visited: int = 0
    kept: float = np.inf
    dropped: float = 0.0


def identified_union(
    operators: Sequence[np.ndarray], bases: Sequence[np.ndarray], limit: int = 1_000_000
) -> Search:
    r"""Whether a union of subspaces of equal dimension is identified.

    .. math:: \hat X = \bigcup_{i_1, \dots, i_G} \bigcap_g (S_{i_g} + \operatorname{null} A_g)

    Depth first over g; a branch ends once its intersection lies in one of the subspaces. One that
    survives all g is a counterexample.

    Parameters
    ----------
    operators : sequence of ndarray, each (m, n), m > k
    bases : sequence of ndarray, each (n, k), orthonormal
    limit : int
        The search is given up after so many intersections.
    """
    n = operators[0].shape[1]
    found = Search()
    rows = [_stacked([seen_rows(A, S) for S in bases], n) for A in operators]
    outside = np.stack([np.eye(n) - S @ S.T for S in bases])

    def survives(g: int, spaces: np.ndarray) -> bool:
        """Whether one of the spaces, (b, n, d), has a descendant that no operator excludes."""
        if g == len(rows):
            return True
        step = max(1, _AT_ONCE // len(bases))
        for start in range(0, len(spaces), step):
            for children in _children(spaces[start : start + step], rows[g], outside, found):
                if found.visited > limit or survives(g + 1, children):
                    return True
        return False

    if survives(0, np.eye(n)[None]):
        found.identified = None if found.visited > limit else False
    return found


def _stacked(rows: list[np.ndarray], n: int) -> np.ndarray:
    """Row sets as one array, (len(rows), most rows, n), filled up with zeros, which ask nothing."""
    result = np.zeros((len(rows), max(map(len, rows)), n))
    for place, some in zip(result, rows, strict=True):
        place[: len(some)] = some
    return result


def _children(
    spaces: np.ndarray, rows: np.ndarray, outside: np.ndarray, found: Search
) -> list[np.ndarray]:
    """Intersections with every S_i + null A that are not inside the model, by dimension."""
    d = spaces.shape[2]
    images = np.einsum("iqn,bnd->biqd", rows, spaces).reshape(-1, rows.shape[1], d)
    _, values, vh = np.linalg.svd(images)
    kept, dropped = values[values > ZERO], values[values <= ZERO]
    found.visited += len(images)
    found.kept = min(found.kept, kept.min(initial=np.inf))
    found.dropped = max(found.dropped, dropped.max(initial=0.0))
    ranks = (values > ZERO).sum(axis=1)
    parents = np.repeat(spaces, len(rows), axis=0)
    result = []
    for rank in np.unique(ranks[ranks < d]):
        chosen = ranks == rank
        children = parents[chosen] @ vh[chosen, rank:].transpose(0, 2, 1)
        residual = np.einsum("jab,xbd->xjad", outside, children)
        distance = np.sqrt((residual**2).sum(axis=(2, 3))).min(axis=1)
        result.append(children[distance > 1e-6])
    return [children for children in result if len(children)]


def one_to_one_on_union(A: np.ndarray, bases: Sequence[np.ndarray]) -> bool:
    r"""Whether A is one-to-one on a union of subspaces.

    X - X is the union of all :math:`S_i + S_j`, and A must keep the dimension of each.
    """
    for S, T in itertools.combinations(bases, 2):
        _, values, vh = np.linalg.svd(np.concatenate([S, T], axis=1).T, full_matrices=False)
        both = vh[values > ZERO]
        if (np.linalg.svd(A @ both.T, compute_uv=False) > ZERO).sum() < len(both):
            return False
    return True


def simple_polygon(corners: np.ndarray) -> bool:
    """Whether the closed polygon with these corners, (p, m), does not meet itself."""
    p, m = corners.shape
    if m == 1:
        # A closed curve on a line must turn back.
        return False
    edges = np.roll(corners, -1, axis=0) - corners
    for i, j in itertools.combinations(range(p), 2):
        if j - i in (1, p - 1):
            continue
        pair = np.stack([edges[i], -edges[j]], axis=1)
        gap = corners[j] - corners[i]
        where = np.linalg.lstsq(pair, gap, rcond=None)[0]
        meet = np.linalg.norm(pair @ where - gap) < ZERO
        if meet and (where >= 0).all() and (where <= 1).all():
            return False
    return True
