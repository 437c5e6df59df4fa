r"""What an action does to single pixels and to single frequencies: orbits, where it moves them.

A permutation of the pixels of a periodic array turns every character into a multiple of a character
exactly if it is affine, :math:`\varphi(p) = Mp + t` modulo the sides. (If each
:math:`\chi \circ \varphi^{-1}` is a phase times a character, then :math:`\varphi - \varphi(0)`
respects all characters, hence sums.) It then moves the frequency f to :math:`M^{-\top} f`; derived
here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from ..groups.action import GroupAction
from ..groups.signed import SignedPermutation

__all__ = ["frequency_map", "frequency_orbits", "linear_part", "pixel_orbits"]


def _coordinates(indices: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return np.stack(np.unravel_index(indices, shape)).astype(np.int64)


def linear_part(images: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
    r"""Matrix M of an affine permutation :math:`p \mapsto Mp + t` of a periodic array.

    Parameters
    ----------
    images : ndarray of int, shape (n,)
        Where each pixel goes, both in C order.
    shape : tuple of int, d sides with product n

    Returns
    -------
    ndarray of int, shape (d, d), or None
        Row a is taken modulo side a; ``None`` if the permutation is not affine.
    """
    sides = np.array(shape)[:, None]
    moved = _coordinates(images, shape)
    offset = moved[:, :1]
    steps = [math.prod(shape[a + 1 :]) if side > 1 else 0 for a, side in enumerate(shape)]
    matrix = (moved[:, steps] - offset) % sides
    # Agreement on representatives is not enough: going once around must lead back.
    if np.any(matrix * np.array(shape) % sides):
        return None
    expected = (matrix @ _coordinates(np.arange(images.size), shape) + offset) % sides
    return matrix if np.array_equal(expected, moved) else None


def frequency_map(images: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
    r"""Where a permutation of the pixels takes the frequencies, shape (n,), in NumPy's order.

    ``None`` if some character is not turned into a multiple of a character.
    """
    if linear_part(images, shape) is None:
        return None
    n, around = images.size, math.lcm(*shape)
    inverse = np.empty(n, dtype=np.int64)
    inverse[images] = np.arange(n)
    offset = _coordinates(images[:1], shape)[:, 0]
    f = _coordinates(np.arange(n), shape)
    moved = []
    for a, side in enumerate(shape):
        unit = offset.copy()
        unit[a] = (unit[a] + 1) % side
        back = _coordinates(inverse[[np.ravel_multi_index(unit, shape)]], shape)[:, 0]
        turns = sum(f[b] * (back[b] * (around // shape[b])) for b in range(len(shape)))
        # Whole turns first, which would overflow large arrays.
        moved.append(turns % around * side // around % side)
    return np.ravel_multi_index(moved, shape)


def _orbits(maps: Sequence[np.ndarray], n: int) -> np.ndarray:
    rows = np.tile(np.arange(n), len(maps))
    joined = sparse.coo_array((np.ones(rows.size, np.int8), (rows, np.concatenate(maps))), (n, n))
    return connected_components(joined, directed=False)[1]


def pixel_orbits(action: GroupAction) -> np.ndarray | None:
    """Number of the orbit of every coordinate, shape (n,); ``None`` if they are not permuted."""
    maps = [g.images for g in action.generators if isinstance(g, SignedPermutation)]
    return _orbits(maps, action.n) if len(maps) == len(action.generators) else None


def frequency_orbits(
    action: GroupAction, shape: tuple[int, ...], paired: bool = True
) -> np.ndarray | None:
    """Number of the orbit of every frequency under the group, and f to -f if paired, shape (n,).

    ``None`` if the action does not permute frequencies, up to phases.
    """
    n = action.n
    f = _coordinates(np.arange(n), shape)
    maps = [np.ravel_multi_index(list((-f if paired else f) % np.array(shape)[:, None]), shape)]
    for g in action.generators:
        if not isinstance(g, SignedPermutation) or (g.signs is not None and (g.signs < 0).any()):
            return None
        moved = frequency_map(g.images, shape)
        if moved is None:
            return None
        maps.append(moved)
    return _orbits(maps, n)
