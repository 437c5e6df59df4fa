"""Curves of theory over a phase diagram, each labelled as what it is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from ..thresholds import Threshold
from .style import line_style

if TYPE_CHECKING:
    from .cells import Plane

__all__ = ["Theory", "alone", "draw_curves", "layers", "threshold_label", "threshold_style", "told"]

Theory = Callable[[dict[str, int]], Sequence[Threshold]]
_MOST_POINTS = 400
# A line that another one hides shows so much more of itself.
_BESIDE = 2.2
_RIM = 1.4
# Dashes of further statements of one kind and status.
_FURTHER = ((0, (4, 1, 1, 1)), (0, (1, 3)), (0, (6, 2, 1, 2, 1, 2)))
# Closer than this part of an axis, lines cannot be told apart.
_NEAR = 1 / 300


def told(thresholds: Theory | Iterable[Threshold], cell: dict[str, int]) -> tuple[Threshold, ...]:
    """Thresholds of a theory at a cell, or those that were given as they are; checked."""
    found = thresholds(cell) if callable(thresholds) else thresholds
    several = isinstance(found, Iterable)
    known = tuple(found) if several else ()
    wrong = [type(one).__name__ for one in known if not isinstance(one, Threshold)]
    if wrong or not several:
        came = type(found).__name__ + (f" with {wrong[0]}" if wrong else "")
        raise TypeError(f"`thresholds` must be or return a sequence of Threshold; got {came}.")
    return known


def threshold_label(threshold: Threshold) -> str:
    """Kind, status and statement, such as ``"exact, derived here: m ≥ k + (n − k)/G"``."""
    status = "derived here" if threshold.status == "derived" else threshold.status
    return f"{threshold.kind}, {status}: {threshold.statement}"


def threshold_style(threshold: Threshold, below: int = 0, above: int = 0) -> dict[str, Any]:
    """Line of a threshold, wide enough to be seen where others lie `above` it.

    Its white rim keeps it visible on black cells; it needs none where others lie `below` it.
    """
    kind = threshold.kind
    if threshold.status == "derived" and kind != "exact":
        kind = "derived necessary" if kind == "necessary" else "derived"
    style = line_style(kind)
    style["linewidth"] += _BESIDE * above
    rim = withStroke(linewidth=style["linewidth"] + _RIM, foreground="white", alpha=0.75)
    return style | {"path_effects": [] if below else [rim]}


def layers(curves: Sequence[np.ndarray], span: float) -> list[tuple[int, int]]:
    """How many earlier and how many later curves run where each of some curves runs."""
    same = [[_coincide(one, other, span) for other in curves] for one in curves]
    return [(sum(row[:i]), sum(row[i + 1 :])) for i, row in enumerate(same)]


def _coincide(one: np.ndarray, other: np.ndarray, span: float) -> bool:
    known = np.isfinite(one)
    if not np.array_equal(known, np.isfinite(other)):
        return False
    return bool(np.all(np.abs(one[known] - other[known]) <= _NEAR * span))


def draw_curves(ax: Axes, plane: Plane, theory: Theory, along: str) -> None:
    r"""Draw thresholds along one axis, evaluated at every integer of the other one.

    A curve runs at the real value v of each threshold. Cells m ≥ v succeed, so that the colour
    turns at ⌈v⌉ - 1/2, the edge between two tiles, and v lies within half a cell of it. The same
    holds for strict bounds and for upper ones. Curves that never enter the drawing are left out;
    of curves that coincide the first is the widest, so that all of them are seen.
    """
    at, curves = _curves(plane, theory, along)
    points = {
        one: plane.at(*((values, at) if along == plane.x else (at, values)))
        for one, values in curves.items()
    }
    seen = [one for one in curves if _enters(points[one], plane.limits)]
    span = float(np.ptp(plane.values(along))) or 1.0
    stack = layers([curves[one] for one in seen], span)
    kinds: list[tuple[str, str]] = []
    for one, (below, above) in zip(seen, stack, strict=True):
        style = threshold_style(one, below, above)
        if before := kinds.count((one.kind, one.status)):
            style["linestyle"] = _FURTHER[(before - 1) % len(_FURTHER)]
        kinds.append((one.kind, one.status))
        if lone := alone(curves[one]):
            style |= {"marker": "|" if along == plane.x else "_", "markevery": lone}
        x, y = points[one].T
        ax.plot(x, y, label=threshold_label(one), markersize=9.0, **style)


def _curves(
    plane: Plane, theory: Theory, along: str
) -> tuple[np.ndarray, dict[Threshold, np.ndarray]]:
    """Integers of the other axis, and the values at them of each statement, or NaN."""
    other = plane.y if along == plane.x else plane.x
    first, last = int(plane.values(other)[0]), int(plane.values(other)[-1])
    count = min(last - first + 1, _MOST_POINTS)
    at = np.unique(np.linspace(first, last, count).round().astype(int))
    named: dict[str, Threshold] = {}
    curves: dict[Threshold, np.ndarray] = {}
    for i, value in enumerate(at):
        for threshold in told(theory, {**plane.fixed, other: int(value)}):
            one = named.setdefault(threshold_label(threshold), threshold)
            values = curves.setdefault(one, np.full(at.size, np.nan))
            if math.isfinite(threshold.value):
                values[i] = float(threshold.value)
    return at, curves


def alone(values: np.ndarray) -> list[int]:
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
