"""Where the cells of a two-dimensional phase diagram lie in a drawing, and what fills them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

if TYPE_CHECKING:
    from ..sweep.diagram import PhaseDiagram

__all__ = [
    "CROSSED",
    "HATCHED",
    "NAMES",
    "PARTLY",
    "Plane",
    "checked",
    "draw_cells",
    "edges",
    "fixed_values",
]

NAMES: Mapping[str, str] = {
    "m": "rows m of each operator",
    "k": "model dimension k",
    "G": "number |G| of operators",
    "n": "signal size n",
    "N": "number N of signals",
}
# Tinted, since white and every grey already say how often a cell succeeded.
_GROUND = "#E3ECF4"
HATCHED: dict[str, Any] = {
    "facecolor": _GROUND,
    "edgecolor": "#9DB4CA",
    "hatch": "////",
    "linewidth": 0,
    "label": "not run",
}
CROSSED: dict[str, Any] = {
    "facecolor": "#FBEBD3",
    "edgecolor": "#C99A4B",
    "hatch": "xxxx",
    "linewidth": 0,
    "label": "run, but undecided",
}
PARTLY: dict[str, Any] = {
    "linestyle": "none",
    "color": "#D98A00",
    "label": "some trials undecided",
}


def edges(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Left and right edges of the tiles of sorted integers.

    The tile of an integer v is [v - 1/2, v + 1/2] where its neighbours on the axis are v ± 1.
    Towards a neighbour further away it ends at 0.4 of the gap at most, so that tiles stand apart
    where integers were left out; beside refined values it is no wider than theirs, unless it could
    then not be seen: a half percent of the axis is always allowed.
    """
    gaps = np.diff(values)
    if not gaps.size:
        return values - 0.5, values + 0.5
    usual, span = float(np.median(gaps)), float(values[-1] - values[0])
    reach = max(0.5, 0.4 * usual if usual > 1 else 0.5, span / 200)
    half = np.where(gaps == 1, 0.5, np.minimum(0.4 * gaps, reach))
    return values - np.r_[half[0], half], values + np.r_[half, half[-1]]


def checked(diagram: object) -> PhaseDiagram:
    """Return `diagram` if it is one."""
    from ..sweep.diagram import PhaseDiagram

    if not isinstance(diagram, PhaseDiagram):
        raise TypeError(f"`diagram` must be a PhaseDiagram; got {type(diagram).__name__}.")
    return diagram


def fixed_values(diagram: PhaseDiagram, drawn: Sequence[str]) -> dict[str, int]:
    """Values that all cells of a drawing share: of other axes, and of those selected before."""
    rest = {name: int(v[0]) for name, v in diagram.axes.items() if name not in drawn}
    return {**diagram.provenance.get("selected", {}), **rest}


@dataclass(frozen=True, eq=False)
class Plane:
    """Two axes of a diagram, as they are drawn.

    Parameters
    ----------
    diagram : PhaseDiagram
        Of two axes; further ones may have one value each.
    x, y : str
        Axes that run to the right and upwards.
    n : int, optional
        Where given, x = m is drawn as δ = m/n and y = k as ρ = k/m.
    """

    diagram: PhaseDiagram
    x: str
    y: str
    n: int | None = None

    @cached_property
    def fixed(self) -> dict[str, int]:
        """Values on the axes that are not drawn, or were selected before."""
        return fixed_values(self.diagram, (self.x, self.y))

    def values(self, name: str) -> np.ndarray:
        """Integers on an axis."""
        return np.asarray(self.diagram.axes[name])

    def turned(self, array: np.ndarray) -> np.ndarray:
        """Entries of the diagram by (x, y)."""
        names = list(self.diagram.axes)
        rest = [i for i, name in enumerate(names) if name not in (self.x, self.y)]
        order = [names.index(self.x), names.index(self.y), *rest]
        return np.asarray(array).transpose(order).reshape(array.shape[order[0]], -1)

    def at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Points of the drawing, shape (..., 2), for values on the axes."""
        x, y = np.broadcast_arrays(np.asarray(x, dtype=float), np.asarray(y, dtype=float))
        if self.n is not None:
            x, y = x / self.n, y / x
        return np.stack([x, y], axis=-1)

    @cached_property
    def tiles(self) -> np.ndarray:
        """Corners of every cell, counterclockwise, shape (cells along x, cells along y, 4, 2)."""
        (left, right), (low, high) = edges(self.values(self.x)), edges(self.values(self.y))
        corners = ((left, low), (right, low), (right, high), (left, high))
        return np.stack([self.at(a[:, None], b[None, :]) for a, b in corners], axis=2)

    @cached_property
    def limits(self) -> tuple[float, float, float, float]:
        """Left, right, low and high end of all tiles; ρ ends at 1, since k > m is out of reach."""
        x, y = self.tiles[..., 0], self.tiles[..., 1]
        high = float(y.max())
        return (
            float(x.min()),
            float(x.max()),
            float(y.min()),
            high if self.n is None else min(high, 1.0),
        )

    @property
    def digits(self) -> int:
        """How long the numbers beside the x axis are, at about six ticks."""
        if self.n is None:
            return len(str(self.values(self.x)[-1]))
        left, right, _, _ = self.limits
        return 2 + max(1, -math.floor(math.log10((right - left) / 6)))

    @property
    def labels(self) -> tuple[str, str]:
        """What to write beside the axes."""
        if self.n is not None:
            return "undersampling δ = m/n", "dimensions per row ρ = k/m"
        return NAMES.get(self.x, self.x), NAMES.get(self.y, self.y)


def draw_cells(ax: Axes, plane: Plane) -> PathCollection:
    """Fill every cell: grey where it was decided, hatched where nothing is known.

    Cells where some trials were decided and some were not are grey too, with a small cross.
    """
    trials, undecided = (
        plane.turned(array) for array in (plane.diagram.trials, plane.diagram.undecided)
    )
    seen = plane.tiles[..., 1].min(axis=-1) < plane.limits[3]
    decided, doubtful = seen & (trials > 0), seen & (trials == 0) & (undecided > 0)
    left, right, low, high = plane.limits
    ax.set_facecolor(_GROUND)
    if plane.n is not None or any((np.diff(plane.values(a)) > 1).any() for a in (plane.x, plane.y)):
        frame = Rectangle((left, low), right - left, high - low, facecolor=_GROUND, zorder=0.4)
        frame.set_label("not on the grid")
        ax.add_artist(frame)
    _fill(ax, plane.tiles[seen & ~decided & ~doubtful], HATCHED)
    _fill(ax, plane.tiles[doubtful], CROSSED)
    tiles = _shaded(plane.tiles[decided], plane.turned(plane.diagram.rate)[decided])
    ax.add_collection(tiles, autolim=False)
    xlabel, ylabel = plane.labels
    ax.set(xlim=(left, right), ylim=(low, high), xlabel=xlabel, ylabel=ylabel)
    _cross(ax, plane.tiles[decided & (undecided > 0)])
    return tiles


def _shaded(corners: np.ndarray, rate: np.ndarray) -> PathCollection:
    """Tiles in greys from black, 0, to white, 1."""
    # One path per shade keeps files small. Its thin edge hides the seams that smoothing leaves.
    shades, shade = np.unique(rate, return_inverse=True)
    paths = [Path.make_compound_path_from_polys(corners[shade == i]) for i in range(shades.size)]
    return PathCollection(
        paths,
        array=shades,
        cmap="gray",
        clim=(0.0, 1.0),
        antialiased=False,
        edgecolor="face",
        linewidth=0.25,
        zorder=0.5,
    )


def _cross(ax: Axes, tiles: np.ndarray) -> None:
    """Mark tiles whose grey leaves something out, by crosses that fit into the smallest.

    They stand to the lower right, since curves of theory often pass through the centres.
    """
    if not len(tiles):
        return
    x, y = (0.55 * tiles.mean(axis=1) + 0.45 * tiles[:, 1]).T
    extent = np.ptp(ax.transData.transform(tiles.reshape(-1, 2)).reshape(tiles.shape), axis=1)
    side = float(extent.min()) * 72.0 / float(ax.figure.dpi)
    size = min(max(0.4 * side, 1.2), 4.5)
    ax.plot(x, y, marker="x", markersize=size, markeredgewidth=0.2 * size, zorder=2.6, **PARTLY)


def _fill(ax: Axes, tiles: np.ndarray, look: dict[str, Any]) -> None:
    if len(tiles):
        ax.add_artist(PathPatch(Path.make_compound_path_from_polys(tiles), zorder=0.6, **look))
