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

    def gain(self, m: int, G: int, store: str | os.PathLike[str] | None = None) -> float:
        """PSNR in dB that training on other operators adds to the pseudo-inverse."""
        rng = np.random.default_rng((self.seed, m, G))
        found = compare(
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
        return found.psnr["moi" if G > 1 else "mc"] - found.psnr["pinv"]

    def _signals(self, rng: np.random.Generator, count: int) -> NDArray[np.float64]:
        basis = np.linalg.qr(rng.standard_normal((self.n, self.k)))[0]
        return subspace(count + _TEST, basis, rng)

    def thresholds(self, G: int) -> tuple[float, float]:
        """The exact threshold k + (n - k)/G of subspaces, and the published k + n/G."""
        return self.k + (self.n - self.k) / G, self.k + self.n / G


def gains(
    phase: GainPhase, store: str | os.PathLike[str] | None = None, *, n_jobs: int = 2
) -> Iterator[tuple[int, int, float]]:
    """Yield m, G and the gain in dB, for all pairs in order."""
    pairs = list(product(phase.rows, phase.counts))
    work = (delayed(_alone)(phase, m, G, store) for m, G in pairs)
    found = Parallel(n_jobs=n_jobs, return_as="generator")(work)
    for (m, G), gain in zip(pairs, found, strict=True):
        yield m, G, gain


def _alone(phase: GainPhase, m: int, G: int, store: str | os.PathLike[str] | None) -> float:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return phase.gain(m, G, store)
    finally:
        torch.set_num_threads(threads)
