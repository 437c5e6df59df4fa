"""The empirical transition of a phase diagram: where half of the trials succeed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection

from .cells import Plane, edges
from .theory import alone

if TYPE_CHECKING:
    from ..sweep.transition import Transition

__all__ = ["EMPIRICAL", "draw_transition", "fit_label", "flat"]

# Bluish green of Okabe and Ito: no kind of statement has it.
EMPIRICAL = "#009E73"
_MOST_MARKERS = 20


def flat(transition: Transition, name: str) -> np.ndarray:
    """One of the arrays of a transition, as a vector over the other axis."""
    return np.asarray(getattr(transition, name)).reshape(-1)


def fit_label(transition: Transition, place: str = "succeed") -> str:
    """Name of a fitted transition: its level of success, its place if it is one, its band."""
    level, sure = 100 * transition.level, 100 * transition.confidence
    return f"fitted: {level:g} % {place}, {sure:g} % band"


def draw_transition(ax: Axes, plane: Plane, along: str) -> None:
    """Draw where half succeed along an axis, with its band, only where that was found."""
    transition = plane.diagram.transition(along)
    # A bracket may be found where the fit runs the other way, and has no location.
    found = np.isfinite(flat(transition, "location"))
    if not found.any():
        return
    other = plane.y if along == plane.x else plane.x
    at = plane.values(other)
    where = flat(transition, "location")
    x, y = (where, at) if along == plane.x else (at, where)
    points = plane.at(x, y)
    ax.add_collection(_band(plane, along, transition, found), autolim=False)
    ax.plot(
        points[:, 0],
        points[:, 1],
        color=EMPIRICAL,
        linewidth=0.9,
        markeredgecolor="white",
        zorder=2.5,
        label=fit_label(transition),
        **_marks(where, joined=plane.n is None),
    )


def _marks(where: np.ndarray, joined: bool) -> dict[str, Any]:
    """Markers of a fitted transition, and whether a line joins them."""
    few = len(where) <= _MOST_MARKERS
    look: dict[str, Any] = {"marker": "o", "markersize": 3.6, "markeredgewidth": 0.5}
    if not joined:
        # Over δ and ρ one m may be that of several k, and a line would be a sawtooth.
        small = {} if few else {"markersize": 3.0, "markeredgewidth": 0.0}
        return look | small | {"linestyle": "none"}
    # Side by side, many markers would hide the theory.
    lone = alone(where)
    return look | ({} if few else {"markevery": lone} if lone else {"marker": ""})


def _band(plane: Plane, along: str, transition: Transition, found: np.ndarray) -> PolyCollection:
    """From low to high over the width of each row of cells; endless ones end with the cells."""
    other = plane.y if along == plane.x else plane.x
    before, after = (ends[found] for ends in edges(plane.values(other)))
    first, last = (ends[at] for ends, at in zip(edges(plane.values(along)), (0, -1), strict=True))
    low, high = (np.clip(flat(transition, name)[found], first, last) for name in ("low", "high"))
    corners = ((low, before), (high, before), (high, after), (low, after))
    turn = 1 if along == plane.x else -1
    quads = np.stack([plane.at(*corner[::turn]) for corner in corners], axis=1)
    return PolyCollection(
        list(quads), facecolor=EMPIRICAL, alpha=0.3, linewidth=0, antialiased=False
    )
