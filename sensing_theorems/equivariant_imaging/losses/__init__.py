"""Losses of a reconstruction that need no ground truth, and the one that does.

A loss is called ``loss(f, y, physics, *, x_hat=None, x=None, rng=None)`` and returns a tensor
without axes, a mean over entries in which a complex entry counts as two real ones. Losses add and
scale: ``MeasurementConsistency() + 10 * Equivariance(transforms)``.
"""

from __future__ import annotations

from .base import Evaluation, Loss, Sum
from .consistency import MeasurementConsistency, Supervised
from .equivariance import Equivariance, MultiOperator
from .equivariant_splitting import EquivariantSplitting, TransformedPhysics, reynolds_average
from .splitting import SplitPhysics, Splitting, split_average
from .sure import SURE
from .unsure import UNSURE

__all__ = [
    "SURE",
    "UNSURE",
    "Equivariance",
    "EquivariantSplitting",
    "Evaluation",
    "Loss",
    "MeasurementConsistency",
    "MultiOperator",
    "SplitPhysics",
    "Splitting",
    "Sum",
    "Supervised",
    "TransformedPhysics",
    "reynolds_average",
    "split_average",
]
