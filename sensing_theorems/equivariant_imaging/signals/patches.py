"""Patches of a real MR slice: a law exactly invariant under D4."""

from __future__ import annotations

import gzip
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._validate import at_most, generator, positive_int
from .moves import dihedral_moves
from .parts import checked_part

__all__ = ["mr_patches"]

_SIDE = 256
_BORDER = 152  # columns left of it are for training, from it on for testing
_LARGEST = 64
_TISSUE = 0.05


def mr_patches(count: int, size: int, rng: Any, *, part: str = "train") -> NDArray[np.float64]:
    r"""Square patches of the MR slice that ships with matplotlib, each turned or flipped by D4.

    Patches are drawn uniformly, with replacement, among those at least half of which is tissue: of
    intensity above 5 % of the brightest pixel.

    Parameters
    ----------
    count : int
        Number of patches.
    size : int
        Pixels along a side, at most 64 of the slice's 256.
    rng : numpy.random.Generator or int
    part : {"train", "test"}
        Training patches lie left of column 152, test patches right of it: they share no pixel.

    Returns
    -------
    ndarray, shape (count, size, size)
        Intensity over that of the brightest pixel of the slice.

    Raises
    ------
    ValueError
        If a number is out of range, or `part` is neither.

    Notes
    -----
    The law is exactly invariant under D4, since each patch is moved by its own uniform element. It
    is not exactly invariant under circular shifts: the borders of a patch do not fit together. It
    is one slice of one head, so that its patches stand for texture and not for patients; those for
    testing have more of the skull's edge and are darker, 0.32 against 0.40 on average at size 32.
    """
    count, size, rng = positive_int(count, "count"), at_most(size, "size", _LARGEST), generator(rng)
    corners = _corners(size, checked_part(part))
    row, column = corners[rng.integers(len(corners), size=count)].T
    i, j = row[:, None] + np.arange(size), column[:, None] + np.arange(size)
    return dihedral_moves(_slice()[i[:, :, None], j[:, None, :]], rng)


@cache
def _corners(size: int, part: str) -> NDArray[np.intp]:
    """Upper left corners (k, 2) of all patches with enough tissue."""
    first, stop = (0, _BORDER) if part == "train" else (_BORDER, _SIDE)
    tissue = np.zeros((_SIDE + 1, _SIDE + 1))
    tissue[1:, 1:] = np.cumsum(np.cumsum(_slice() > _TISSUE, axis=0), axis=1)
    summed = tissue[size:, size:] - tissue[:-size, size:] - tissue[size:, :-size]
    enough = summed + tissue[:-size, :-size] >= size**2 / 2
    enough[:, :first] = False
    enough[:, stop - size + 1 :] = False
    return np.argwhere(enough)


@cache
def _slice() -> NDArray[np.float64]:
    from matplotlib import cbook

    with gzip.open(cbook.get_sample_data("s1045.ima.gz", asfileobj=False)) as stored:
        pixels = np.frombuffer(stored.read(), dtype=">u2").reshape(_SIDE, _SIDE).astype(float)
    return pixels / pixels.max()
