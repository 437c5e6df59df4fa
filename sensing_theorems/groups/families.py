r"""Families of groups whose multiplicities are known in closed form."""

from __future__ import annotations

import itertools
import math
from functools import cached_property

import numpy as np

from .._validate import MOST_POINTS, positive_int, signal_size
from .action import GroupAction
from .generated import Generated
from .irreps import ComplexIrrep, Irreps
from .isotypic import Family, IsotypicTransform
from .lattices import shifts
from .rotations import dihedral_action
from .signed import SignedPermutation

__all__ = ["hyperoctahedral", "polygon", "subsets"]

_POINTS = 2**20


def polygon(sides: int) -> GroupAction:
    r"""The dihedral group :math:`D_N` on the N corners of a regular polygon.

    Irreps: every pair of frequencies ±f once with s = 2; f = 0, and f = 1/2 for even N, once with
    s = 1. Generators: the rotation by one corner and the flip that keeps corner 0.

    Parameters
    ----------
    sides : int
        N.

    Returns
    -------
    GroupAction
    """
    sides = signal_size(positive_int(sides, "sides"))
    around = shifts(sides)
    flip = SignedPermutation(-np.arange(sides) % sides)
    return dihedral_action(
        f"polygon({sides})",
        around.parts,
        around.generators[0],
        flip,
        sides,
        (sides,),
        lambda: _polygon_irreps(sides),
    )


def _polygon_irreps(sides: int) -> Irreps:
    ones, pairs = 2 - sides % 2, (sides - 1) // 2
    rows = [ComplexIrrep(1, 1, 1, ones)]
    return Irreps((*rows, ComplexIrrep(2, 1, 1, pairs)) if pairs else tuple(rows))


def subsets(degree: int, size: int) -> GroupAction:
    r""":math:`S_N` on the subsets of `size` elements, in lexicographic order.

    .. math:: \mathbb{R}^{\binom{N}{k}} = \bigoplus_{i=0}^{\min(k, N-k)} S^{(N-i,\,i)}, \qquad
              s_i = \binom{N}{i} - \binom{N}{i-1}, \quad c_i = 1

    Edges of a graph are the subsets of two vertices.

    Parameters
    ----------
    degree : int
        N.
    size : int
        k, from 1 to N - 1.

    Raises
    ------
    ValueError
        If `size` is out of range, or there are more than 2**20 subsets.
    """
    degree, size = positive_int(degree, "degree"), positive_int(size, "size")
    if size >= degree:
        raise ValueError(f"`size` must lie in 1, …, {degree - 1} for degree {degree}; got {size}.")
    few = min(size, degree - size)
    n = math.comb(degree, few) if few <= 20 or degree <= 100 else _POINTS + 1
    if n > _POINTS or n * size > MOST_POINTS:
        raise ValueError(
            f"at most {_POINTS} subsets are taken, with {MOST_POINTS} elements together; got those "
            f"of {size} elements among {degree}."
        )
    listed = np.array(list(itertools.combinations(range(degree), size)))
    cycle = np.roll(np.arange(degree), -1)
    swap = np.array([1, 0, *range(2, degree)])
    maps = tuple(_on_subsets(listed, images, degree) for images in (cycle, swap))
    return GroupAction(
        f"subsets({degree}x{size})",
        n,
        maps,
        False,
        (n,),
        kind="subsets",
        _order=lambda: math.factorial(degree),
        _build=lambda: Generated(maps).transform(),
        _table=lambda: _two_rows(degree, size),
    )


def _on_subsets(listed: np.ndarray, images: np.ndarray, degree: int) -> SignedPermutation:
    # Exact integers of any length: degree ** size may exceed 64 bits.
    weights = np.array([degree**i for i in reversed(range(listed.shape[1]))], dtype=object)
    if degree ** listed.shape[1] < 2**62:
        weights = weights.astype(np.int64)
    return SignedPermutation(
        np.searchsorted(listed @ weights, np.sort(images[listed], axis=1) @ weights)
    )


def _two_rows(degree: int, size: int) -> Irreps:
    counts: dict[int, int] = {}
    for i in range(min(size, degree - size) + 1):
        dim = math.comb(degree, i) - (math.comb(degree, i - 1) if i else 0)
        counts[dim] = counts.get(dim, 0) + 1
    return Irreps(tuple(ComplexIrrep(dim, 1, 1, counts[dim]) for dim in sorted(counts)))


def hyperoctahedral(n: int) -> GroupAction:
    r""":math:`B_n`, all permutations and sign changes of the n coordinates.

    Its action on :math:`\mathbb{R}^n` is irreducible, so that almost any single row shows all:
    s = n, c = 1. Generators: the cycle, the transposition (0 1), the sign of coordinate 0.

    Parameters
    ----------
    n : int
        Number of coordinates.

    Returns
    -------
    GroupAction
    """
    n = signal_size(positive_int(n, "n"))
    flipped = SignedPermutation.from_lists(np.arange(n), [-1] + [1] * (n - 1))
    cycle = SignedPermutation(np.roll(np.arange(n), -1))
    swap = SignedPermutation(np.array([1, 0, *range(2, n)]) if n > 1 else np.arange(1))
    return GroupAction(
        f"hyperoctahedral({n})",
        n,
        (cycle, swap, flipped),
        n == 1,
        (n,),
        kind="hyperoctahedral",
        _order=lambda: 2**n * math.factorial(n),
        _build=lambda: IrreducibleTransform(n),
    )


class IrreducibleTransform(IsotypicTransform):
    """Coordinates as they stand: the action is irreducible and of real type.

    Parameters
    ----------
    n : int
    """

    def __init__(self, n: int) -> None:
        self.n = n

    @cached_property
    def families(self) -> tuple[Family, ...]:
        """One irrep, all of the space."""
        one, itself = np.ones(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
        return (Family(self.n, 1, one, lambda i: f"all of R^{self.n}", itself),)

    def analyze(self, x: np.ndarray) -> list[np.ndarray]:
        """Coordinates of `x`, shape (r, n)."""
        return [np.asarray(x, dtype=np.complex128)[:, None, :, None]]

    def synthesize(self, parts: list[np.ndarray]) -> np.ndarray:
        """Inverse of `analyze`."""
        return parts[0][:, 0, :, 0]
