r"""Quality of estimates: peak signal-to-noise ratio over all signals at once.

The mean is taken of squared errors, not of decibels: so the errors of orthogonal parts add up, and
a signal that is met exactly does not count infinitely often.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from .measured import Measured
from .physics import Physics

__all__ = ["estimates", "psnr"]

# Of signals per call, so that evaluation needs no more memory than training.
_TOGETHER = 256

Estimator = Callable[[torch.Tensor, Physics], torch.Tensor]


def estimates(f: Estimator, measured: Measured) -> list[torch.Tensor]:
    r"""Return :math:`f(y)` for all measurements, one tensor (B, *shape) for each operator."""
    found = []
    with torch.no_grad():
        for batch in measured.batches:
            parts = [f(y, batch.physics) for y in batch.y.split(_TOGETHER)]
            found.append(torch.cat(parts))
    return found


def psnr(f: Estimator, measured: Measured, peak: float) -> float:
    r"""Peak signal-to-noise ratio in dB, over all signals.

    .. math:: 10 \log_{10} \frac{p^2}{\frac{1}{Nn} \sum_i \|f(y_i) - x_i\|^2}

    Parameters
    ----------
    f : callable
        From measurements (B, m) and their physics to signals (B, *shape).
    measured : Measured
    peak : float
        The largest modulus p of a signal.

    Returns
    -------
    float
        Infinite where all signals are met exactly, -inf where an estimate is not a number.
    """
    error, entries = 0.0, 0
    for x_hat, batch in zip(estimates(f, measured), measured.batches, strict=True):
        error += float((x_hat - batch.x).abs().double().square().sum())
        entries += x_hat.numel()
    if math.isnan(error):
        return -math.inf
    return math.inf if error == 0 else 10 * math.log10(peak**2 * entries / error)
