r"""Gaussian signals on subspaces and unions of them: the models that theorems on k are about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._validate import generator, positive_int
from ...groups.action import GroupAction
from ...subspaces import columns_of, reduced_basis

__all__ = ["invariant_subspace", "invariant_union", "subspace", "union"]

_DENSE = 4096


def subspace(count: int, basis: Any, rng: Any) -> NDArray[Any]:
    r"""Signals x = B c with standard Gaussian coefficients c, for orthonormal columns B.

    Parameters
    ----------
    count : int
        Number of signals.
    basis : array_like, shape (n, k)
        Its columns span the subspace; they are orthonormalised. Complex for a subspace of
        :math:`\mathbb{C}^n`: coefficients then have real and imaginary parts of variance 1/2.
    rng : numpy.random.Generator or int

    Returns
    -------
    ndarray, shape (count, n)

    Notes
    -----
    *Invariance (derived here).* The law is Gaussian with covariance :math:`B B^*`, the projector
    onto the span. Orthogonal maps that keep the span commute with it, hence keep the law.
    """
    return union(count, [basis], rng)


def union(count: int, bases: Sequence[Any], rng: Any) -> NDArray[Any]:
    r"""Signals as those of `subspace`, each on a piece drawn uniformly from several.

    Parameters
    ----------
    count : int
        Number of signals.
    bases : sequence of array_like, each (n, k_i)
        One per piece; see `invariant_union` for the pieces that make the law invariant.
    rng : numpy.random.Generator or int

    Returns
    -------
    ndarray, shape (count, n)

    Raises
    ------
    ValueError
        If there are no pieces, or they are of different n.
    """
    count, rng = positive_int(count, "count"), generator(rng)
    if len(bases) == 0:
        raise ValueError("`bases` must have at least one piece; got none.")
    n = columns_of(bases[0], "bases").shape[0]
    pieces = [reduced_basis(columns_of(basis, "bases", n), "bases")[0] for basis in bases]
    dtype = np.result_type(np.float64, *pieces)
    signals = np.empty((count, n), dtype)
    chosen = rng.integers(len(pieces), size=count)
    for number in np.unique(chosen):
        rows, piece = np.flatnonzero(chosen == number), pieces[number]
        coefficients = rng.standard_normal((len(rows), piece.shape[1])).astype(dtype)
        if dtype.kind == "c":
            coefficients += 1j * rng.standard_normal(coefficients.shape)
            coefficients /= np.sqrt(2)
        signals[rows] = coefficients @ piece.T
    return signals


def invariant_subspace(
    action: GroupAction, copies: int, rng: Any
) -> tuple[NDArray[np.float64], int]:
    r"""Random subspace that the group keeps: a sum of irreducible ones.

    Parameters
    ----------
    action : GroupAction
        Orthogonal, on at most 4096 entries; continuous groups too.
    copies : int
        How many irreducible subspaces over ℝ are added.
    rng : numpy.random.Generator or int

    Returns
    -------
    basis : ndarray, shape (n, k)
        Orthonormal.
    k : int
        Its dimension, the sum of those of the irreducible ones.

    Raises
    ------
    ValueError
        If the action is not orthogonal, is too large, or has fewer irreducible subspaces.

    Notes
    -----
    *Method (derived here).* The group average S of a Gaussian symmetric matrix is symmetric and
    commutes with all :math:`T_g`, so that its eigenspaces are invariant. In isotypic coordinates it
    is a Hermitian c x c matrix over ℝ, ℂ or ℍ for each real irrep, with a density; its eigenvalues
    are distinct with probability 1, and eigenspaces irreducible. Which are taken is drawn
    uniformly without replacement.
    """
    copies, rng = positive_int(copies, "copies"), generator(rng)
    if not action.orthogonal:
        raise ValueError(f"`action` must be orthogonal; {action.name} is not.")
    if action.n > _DENSE:
        raise ValueError(f"`action` must be on at most {_DENSE} entries; got {action.n}.")
    probe = rng.standard_normal((action.n, action.n))
    average = np.asarray(action.equivariant_average(probe + probe.T)).real
    values, vectors = np.linalg.eigh((average + average.T) / 2)
    apart = np.flatnonzero(np.diff(values) > 1e-9 * max(abs(values[0]), abs(values[-1])))
    spaces = np.split(np.arange(action.n), apart + 1)
    if copies > len(spaces):
        raise ValueError(
            f"`copies` must be at most {len(spaces)}, the irreducible subspaces of {action.name}; "
            f"got {copies}."
        )
    taken = rng.choice(len(spaces), size=copies, replace=False)
    basis = vectors[:, np.concatenate([spaces[each] for each in sorted(taken)])]
    return basis, basis.shape[1]


def invariant_union(basis: Any, action: GroupAction) -> NDArray[Any]:
    r"""Bases of all :math:`T_g S`, whose union is the smallest invariant one that contains S.

    Parameters
    ----------
    basis : array_like, shape (n, k)
    action : GroupAction
        Finite, and small enough to list.

    Returns
    -------
    ndarray, shape (|G|, n, k)
        One basis per element, so that a uniform piece, as `union` draws it, makes the law exactly
        invariant under an orthogonal action, whether or not some pieces coincide.

    Raises
    ------
    ValueError
        If the group cannot be listed, or acts on signals of another size.
    """
    columns = columns_of(basis, "basis", action.n)
    return np.stack([element(columns.T).T for element in action.elements()])
