r"""How much several operators teach, over their number G and the rows m of each.

Signals fill a random subspace of dimension k, so that k is known, and operators are Gaussian, so
that theory has the last word: identifiable if and only if m >= k + (n - k)/G, with probability one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import torch
from joblib import Parallel, delayed
from numpy.typing import NDArray

from ... import operators
from ...comparison import Comparison
from ..compare import compare
from ..signals import subspace

__all__ = ["GainPhase", "gains"]

_TEST = 200


@dataclass(frozen=True)
class GainPhase:
    """The experiment: sizes, and how long to train.

    Attributes
    ----------
    n, k : int
        Dimensions of signals and of their subspace.
    rows, counts : sequence of int
        Values of m and G.
    signals : int
        For training, dealt round-robin to the operators.
    steps : int
    seed : int
    """

    n: int = 48
    k: int = 6
    rows: Sequence[int] = (6, 9, 12, 15, 18, 24, 30, 36, 42)
    counts: Sequence[int] = (1, 2, 3, 4, 6, 8, 16)
    signals: int = 4000
    steps: int = 800
    seed: int = 0

    def trained(self, m: int, G: int, store: str | os.PathLike[str] | None = None) -> Comparison:
        """Train on G operators of m rows each; "moi" is the loss, or "mc" where G = 1."""
        rng = np.random.default_rng((self.seed, m, G))
        return compare(
            [operators.gaussian(m, self.n, rng) for _ in range(G)],
            None,
            self._signals(rng, self.signals),
            losses=("pinv", "moi") if G > 1 else ("pinv", "mc"),
            network="mlp",
            steps=self.steps,
            batch_size=64,
            learning_rate=1e-3,
            every=self.steps,
            test_signals=None,
            store=None if store is None else Path(store) / f"m{m}-G{G}",
            progress=False,
        )

    def _signals(self, rng: np.random.Generator, count: int) -> NDArray[np.float64]:
        basis = np.linalg.qr(rng.standard_normal((self.n, self.k)))[0]
        return subspace(count + _TEST, basis, rng)

    def thresholds(self, G: int) -> tuple[float, float]:
        """The exact threshold k + (n - k)/G of subspaces, and the published k + n/G."""
        return self.k + (self.n - self.k) / G, self.k + self.n / G


def gains(
    phase: GainPhase, store: str | os.PathLike[str] | None = None, *, n_jobs: int = 2
) -> Iterator[tuple[int, int, float, Comparison]]:
    """Yield m, G, the gain in dB over the pseudo-inverse, and all of it, for all pairs in order."""
    pairs = list(product(phase.rows, phase.counts))
    work = (delayed(_alone)(phase, m, G, store) for m, G in pairs)
    found = Parallel(n_jobs=n_jobs, return_as="generator")(work)
    for (m, G), each in zip(pairs, found, strict=True):
        (level,) = (value for loss, value in each.psnr.items() if loss != "pinv")
        yield m, G, level - each.psnr["pinv"], each


def _alone(phase: GainPhase, m: int, G: int, store: str | os.PathLike[str] | None) -> Comparison:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return phase.trained(m, G, store)
    finally:
        torch.set_num_threads(threads)
