"""Random probes that no operator of a user's making was drawn with."""

from __future__ import annotations

import numpy as np

_ENTROPY = 0x6E756C6C_73706163_65


def probe_rng(purpose: str, seed: int = 0) -> np.random.Generator:
    """Generator for probes of one purpose.

    A plain small seed would be the very stream with which users draw their operators: a probe
    equal to a row of A is as far from random as can be.
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"`seed` must be an integer >= 0; got {seed!r}.")
    return np.random.default_rng(np.random.SeedSequence([_ENTROPY, seed, *purpose.encode()]))
