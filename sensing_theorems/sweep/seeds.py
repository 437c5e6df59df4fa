r"""One stream of random numbers per trial, known from the parameters of the trial alone."""

from __future__ import annotations

from collections.abc import Mapping
from zlib import crc32

import numpy as np

__all__ = ["LARGEST_SEED", "cell_limits", "trial_rng"]

# Four words: with more, the entropy would no longer be padded before the key begins.
LARGEST_SEED = 2**128 - 1
_WORD = 2**32


def cell_limits() -> tuple[int, int]:
    """Least and largest value of a cell: those that differ as words of 32 bits."""
    return -(2**31), 2**31 - 1


def trial_rng(seed: int, cell: Mapping[str, int], trial: int) -> np.random.Generator:
    r"""Generator of a trial.

    Its key is a word for the names of the axes, then the values in the order of the sorted names,
    then the number of the trial: equal however the grid was made, refined or extended, and in
    whatever order its cells are visited. Keys of one length are distinct streams.

    Parameters
    ----------
    seed : int
        Of the sweep, from 0 to :math:`2^{128} - 1`.
    cell : mapping from str to int
    trial : int

    Examples
    --------
    >>> one = trial_rng(0, {"m": 3, "k": 2}, 5).random()
    >>> one == trial_rng(0, {"k": 2, "m": 3}, 5).random()
    True
    """
    names = sorted(cell)
    key = [crc32(",".join(names).encode()), *(cell[name] % _WORD for name in names), trial]
    # Named, so that another default of NumPy changes nothing here.
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))
