r"""Splitting: reconstruct from some measurements, and be judged by the others."""

from __future__ import annotations

import math
from numbers import Real

import torch

from ..._validate import positive_int
from ..physics import Physics
from .base import Estimator, Evaluation, Loss
from .entries import real_entries
from .split_physics import SplitPhysics

__all__ = ["SplitPhysics", "Splitting", "draw_split", "mean_square_on", "split_average"]


def draw_split(like: torch.Tensor, keep: float, rng: torch.Generator) -> torch.Tensor:
    r"""Draw which measurements to keep: the same number of each signal, uniformly.

    Parameters
    ----------
    like : torch.Tensor, (B, m)
        Measurements; a complex one is kept or held out as a whole.
    keep : float
        Share to keep. The number is ``round(keep * m)``, but at least 1 and at most m - 1.
    rng : torch.Generator

    Returns
    -------
    torch.Tensor of bool, (B, m)

    Raises
    ------
    ValueError
        If there are fewer than two measurements.
    """
    batch, m = like.shape
    if m < 2:
        raise ValueError(f"splitting must have at least two measurements; got {m}.")
    count = min(max(round(keep * m), 1), m - 1)
    keys = torch.rand(batch, m, generator=rng, device=rng.device, dtype=torch.float64)
    # The ranks of independent keys are a uniformly random permutation.
    return (keys.argsort(1).argsort(1) < count).to(like.device)


def mean_square_on(where: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
    """Mean square of the entries of `a`, (B, m), where a boolean mask is true."""
    parts = 2 if a.is_complex() else 1
    return real_entries(where * a).square().sum() / (parts * where.sum())


def split_share(keep: float) -> float:
    """Refuse shares that keep nothing, or everything."""
    if isinstance(keep, bool) or not isinstance(keep, Real):
        raise TypeError(f"`keep` must be a real number; got {type(keep).__name__}.")
    if not (math.isfinite(keep) and 0 < keep < 1):
        raise ValueError(f"`keep` must lie strictly between 0 and 1; got {keep!r}.")
    return float(keep)


class Splitting(Loss):
    r"""Error on measurements that f was not given.

    .. math::
        \mathcal L_{\mathrm{split}} = \frac{1}{m_2} \|M_2 (y - A\, f(M_1 y, M_1 A))\|^2,
        \qquad M_1 + M_2 = I,

    over the :math:`m_2` measurements held out of the whole batch, with a random split for each
    signal. f sees zeros in place of what is held out, and `SplitPhysics`.

    Parameters
    ----------
    keep : float
        Share of measurements that f is given.

    Raises
    ------
    ValueError
        If `keep` is not strictly between 0 and 1, or there is but one measurement.
    TypeError
        If it is no real number.

    Notes
    -----
    Where the noise of different measurements is independent, its part of the loss does not depend
    on f: nothing need be known of it. With a single operator no split sees its null space, and the
    loss says nothing about it. Evaluate with `split_average`, since f was trained on fewer
    measurements than there are.

    References
    ----------
    B. Yaman et al., Self-supervised learning of physics-guided reconstruction neural networks
    without fully sampled reference data, Magn. Reson. Med. 2020.
    """

    name = "split"

    def __init__(self, keep: float = 0.9) -> None:
        self.keep = split_share(keep)

    def value(self, at: Evaluation) -> torch.Tensor:
        """Return the mean square of y - A f(M1 y, M1 A) over what is held out."""
        kept = draw_split(at.y, self.keep, at.rng)
        x = at.f(kept * at.y, SplitPhysics(at.physics, kept))
        return mean_square_on(~kept, at.y - at.physics(x))

    def estimator(self, f: Estimator) -> Estimator:
        """Return the average of f over splits, as it was trained on."""
        return split_average(f, keep=self.keep)


def split_average(f: Estimator, *, keep: float = 0.9, samples: int = 5, seed: int = 0) -> Estimator:
    r"""What to evaluate after training with `Splitting`: the mean over random splits.

    .. math:: \bar f(y, A) = \frac{1}{N} \sum_{i=1}^{N} f(M_i y, M_i A)

    Parameters
    ----------
    f : callable
        From measurements and their physics to signals.
    keep : float
        As in training.
    samples : int
        Number N of splits.
    seed : int
        Of the splits: every call draws the same ones, so that evaluations can be compared.

    Returns
    -------
    callable
        As f.

    Raises
    ------
    ValueError
        If `keep` or `samples` are out of their range.
    """
    keep, samples = split_share(keep), positive_int(samples, "samples")

    def averaged(y: torch.Tensor, physics: Physics) -> torch.Tensor:
        rng = torch.Generator().manual_seed(seed)
        found = []
        for _ in range(samples):
            kept = draw_split(y, keep, rng)
            x = f(kept * y, SplitPhysics(physics, kept))
            found.append(x)
        return torch.stack(found).mean(0)

    return averaged
