"""Finitely many signals."""

from __future__ import annotations

import warnings
from functools import cached_property
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from .._validate import finite_array
from ..groups.action import GroupAction
from ..subspaces import Pieces, moderate, real_coordinates
from ..tolerance import threshold
from .base import PieceModel

__all__ = ["FiniteSet"]


class FiniteSet(PieceModel):
    """Finitely many signals.

    Parameters
    ----------
    points : array_like, shape (p, n)
        One signal per row; repeated ones are dropped with a warning.

    Raises
    ------
    ValueError
        For another shape, or entries that are not finite.
    """

    dim = 0

    def __init__(self, points: Any) -> None:
        given = finite_array(points, "points")
        if given.ndim != 2 or 0 in given.shape:
            raise ValueError(
                f"`points` must have shape (p, n), one signal per row; got {given.shape}."
            )
        moderate(given, "points")
        self.precision = given.dtype
        self.points = np.unique(given, axis=0)
        if len(self.points) < len(given):
            warnings.warn(
                f"`points` should be distinct; {len(self.points)} of {len(given)} are kept.",
                UserWarning,
                stacklevel=2,
            )
        self.n = int(self.points.shape[1])
        self.field = "complex" if self.points.dtype.kind == "c" else "real"

    @cached_property
    def pieces(self) -> Pieces:  # type: ignore[override]
        """One piece per point."""
        empty = np.zeros((self.n, 0))
        points = self.points.astype(np.result_type(self.points, np.float64))
        error = threshold(1.0, float(np.finfo(self.precision).eps))
        return Pieces.of([empty] * len(points), points, error)

    def offender(self, action: GroupAction) -> int | None:
        """Number of a generator that moves the model; ``None`` if none does."""
        size = float(np.linalg.norm(self.points, axis=1).max())
        tree = cKDTree(real_coordinates(self.points))
        for number, element in enumerate(action.generators):
            apart, _ = tree.query(real_coordinates(element(self.points)))
            if apart.max() > self.closeness(action) * size:
                return number
        return None
