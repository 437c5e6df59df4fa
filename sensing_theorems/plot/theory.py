"""Curves of theory over a phase diagram, each labelled as what it is."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from .style import line_style

if TYPE_CHECKING:
    from ..thresholds import Threshold
    from .cells import Plane

__all__ = ["Theory", "draw_curves", "threshold_label", "threshold_style"]

Theory = Callable[[dict[str, int]], Sequence["Threshold"]]
_MOST_POINTS = 400


def threshold_label(threshold: Threshold) -> str:
    """Kind, status and statement, such as ``"exact, derived here: m ≥ k + (n − k)/G"``."""
    status = "derived here" if threshold.status == "derived" else threshold.status
    return f"{threshold.kind}, {status}: {threshold.statement}"


def threshold_style(threshold: Threshold) -> dict[str, Any]:
    """Line of a threshold; its white rim keeps it visible on black cells."""
    kind = threshold.kind
    if threshold.status == "derived" and kind != "exact":
        kind = "derived necessary" if kind == "necessary" else "derived"
    rim = [withStroke(linewidth=3.0, foreground="white", alpha=0.75)]
    return line_style(kind) | {"path_effects": rim}


def draw_curves(ax: Axes, plane: Plane, theory: Theory, along: str) -> None:
    r"""Draw thresholds along one axis, evaluated at every integer of the other one.

    A curve runs at the real value v of each threshold. Cells m ≥ v succeed, so that the colour
    turns at ⌈v⌉ - 1/2, the edge between two tiles, and v lies within half a cell of it. The same
    holds for strict bounds and for upper ones. Curves that never enter the drawing are left out.
    """
    other = plane.y if along == plane.x else plane.x
    first, last = int(plane.values(other)[0]), int(plane.values(other)[-1])
    count = min(last - first + 1, _MOST_POINTS)
    at = np.unique(np.linspace(first, last, count).round().astype(int))
    curves: dict[str, tuple[dict[str, Any], np.ndarray]] = {}
    for i, value in enumerate(at):
        for threshold in theory({**plane.fixed, other: int(value)}):
            label = threshold_label(threshold)
            if label not in curves:
                curves[label] = (threshold_style(threshold), np.full(at.size, np.nan))
            if math.isfinite(threshold.value):
                curves[label][1][i] = float(threshold.value)
    for label, (style, values) in curves.items():
        x, y = (values, at) if along == plane.x else (at, values)
        points = plane.at(x, y)
        if _enters(points, plane.limits):
            if lone := _alone(values):
                style |= {"marker": "|" if along == plane.x else "_", "markevery": lone}
            ax.plot(points[:, 0], points[:, 1], label=label, markersize=9.0, **style)


def _alone(values: np.ndarray) -> list[int]:
    """Where a known value has no known neighbour, so that no line would show it."""
    known = np.isfinite(values)
    beside = np.r_[False, known[:-1]] | np.r_[known[1:], False]
    return [int(i) for i in np.flatnonzero(known & ~beside)]


def _enters(points: np.ndarray, limits: tuple[float, float, float, float]) -> bool:
    """Whether any stretch of a curve may be seen within the limits."""
    known = points[np.isfinite(points).all(axis=1)]
    if not len(known):
        return False
    left, right, low, high = limits
    (x0, y0), (x1, y1) = known.min(axis=0), known.max(axis=0)
    return bool(x0 <= right and x1 >= left and y0 <= high and y1 >= low)
