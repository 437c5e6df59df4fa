r"""One stream of random numbers per trial, known from the parameters of the trial alone."""

from __future__ import annotations

from collections.abc import Mapping
from zlib import crc32

import numpy as np

__all__ = ["LARGEST_SEED", "cell_limits", "trial_rngs"]

# Four words: with more, the entropy would no longer be padded before the key begins.
LARGEST_SEED = 2**128 - 1
_WORD = 2**32


def cell_limits() -> tuple[int, int]:
    """Least and largest value of a cell: those that differ as words of 32 bits."""
    return -(2**31), 2**31 - 1


def trial_rngs(
    seed: int, cell: Mapping[str, int], first: int, count: int
) -> list[np.random.Generator]:
    r"""Generators of trials, from number `first` on.

    The key of a trial is a word for the names of the axes, then the values in the order of the
    sorted names, then its number: equal however the grid was made, refined or extended, and in
    whatever order its cells are visited. Keys of one length are distinct streams, those of
    ``SeedSequence(seed, spawn_key=key)``.

    Parameters
    ----------
    seed : int
        Of the sweep, from 0 to :math:`2^{128} - 1`.
    cell : mapping from str to int
    first, count : int
        Numbers of trials, below :math:`2^{32}`.

    Examples
    --------
    >>> (one,) = trial_rngs(0, {"m": 3, "k": 2}, 5, 1)
    >>> other = trial_rngs(0, {"k": 2, "m": 3}, 4, 2)[1]
    >>> one.random() == other.random()
    True
    """
    names = sorted(cell)
    # What a SeedSequence makes of seed and key, which takes it longer than to mix them.
    entropy = [seed >> shift & (_WORD - 1) for shift in (0, 32, 64, 96)]
    values = [cell[name] % _WORD for name in names]
    words = np.array([*entropy, crc32(",".join(names).encode()), *values, 0], np.uint32)
    found = []
    for number in range(first, first + count):
        words[-1] = number
        # PCG64 by name, so that another default of NumPy changes nothing here.
        found.append(np.random.Generator(np.random.PCG64(np.random.SeedSequence(words.copy()))))
    return found
