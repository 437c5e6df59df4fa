"""Losses that compare an estimate with what is known: the measurements, or the truth."""

from __future__ import annotations

import torch

from .base import Evaluation, Loss
from .entries import mean_square_error

__all__ = ["MeasurementConsistency", "Supervised"]


class MeasurementConsistency(Loss):
    r"""How far the estimate is from explaining the measurements.

    .. math:: \mathcal L_{\mathrm{MC}} = \frac{1}{m} \|y - A f(y)\|^2

    averaged over the batch. It says nothing of the null space of A: for linear A and any
    :math:`v(y) \in \operatorname{null} A`, :math:`A^+ y + v(y)` has the loss of :math:`A^+ y`.

    Examples
    --------
    >>> MeasurementConsistency().name
    'mc'
    """

    name = "mc"

    def value(self, at: Evaluation) -> torch.Tensor:
        """Return the mean square of y - A f(y)."""
        return mean_square_error(at.y_hat, at.y)


class Supervised(Loss):
    r"""Squared error against the ground truth.

    .. math:: \mathcal L_{\mathrm{sup}} = \frac{1}{n} \|f(y) - x\|^2

    averaged over the batch.

    Raises
    ------
    ValueError
        When called without ground truth, or with one of another shape.
    """

    name = "sup"

    def value(self, at: Evaluation) -> torch.Tensor:
        """Return the mean square of f(y) - x."""
        if at.x is None:
            raise ValueError("a supervised loss must be given the ground truth `x`; got None.")
        if at.x.shape != at.x_hat.shape:
            raise ValueError(
                f"`x` must have the shape {tuple(at.x_hat.shape)} of the estimates; "
                f"got {tuple(at.x.shape)}."
            )
        return mean_square_error(at.x_hat, at.x)
