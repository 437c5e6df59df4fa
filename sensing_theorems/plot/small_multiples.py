"""Phase diagrams side by side, on one scale, with one legend and one colour bar."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from .._validate import positive_int
from .cells import checked
from .footer import GREY, common, describe, folded
from .phase import chosen_axis, chosen_plane, colour_bar, draw_plane
from .theory import Theory

if TYPE_CHECKING:
    from ..sweep.diagram import PhaseDiagram
    from .cells import Plane

__all__ = ["plot_small_multiples"]

_PANEL = (2.3, 2.2)
_LABELS = 0.7
_LEGEND = 44


class _Panel(NamedTuple):
    title: str
    diagram: PhaseDiagram
    theory: Theory | tuple[()]
    n: int | None


def plot_small_multiples(
    diagrams: Mapping[str, PhaseDiagram] | PhaseDiagram,
    *,
    over: str | None = None,
    x: str | None = None,
    y: str | None = None,
    thresholds: Theory | Mapping[str, Theory] | tuple[()] = (),
    transition: str | Literal[False] | None = None,
    axes: str = "integers",
    n: int | None = None,
    columns: int | None = None,
    title: str | None = None,
) -> list[Axes]:
    r"""Draw several phase diagrams on a common scale.

    Parameters
    ----------
    diagrams : mapping from str to PhaseDiagram, or PhaseDiagram
        One panel per entry, under its key; or a diagram with one axis more, `over`.
    over : str, optional
        Of a single diagram: the axis that has one panel per value; by default the last one.
    x, y, transition, axes, n
        As of `plot_phase_diagram`, the same in every panel. Over n, "delta-rho" takes n from there.
    thresholds : callable, or mapping from str to callable, optional
        As of `plot_phase_diagram`; the cell holds the value of `over` too. For a mapping of
        diagrams it may be one for each key.
    columns : int, optional
        Panels side by side, four at most by default.
    title : str, optional

    Returns
    -------
    list of Axes
        In the order of the panels.

    Raises
    ------
    ValueError
        If there is no diagram, `over` is no axis, or a panel has not just two axes to draw.
    """
    if isinstance(diagrams, Mapping):
        panels = _of_mapping(diagrams, thresholds, n)
    else:
        panels = _over(diagrams, over, (x, y), thresholds, n)
    planes = [chosen_plane(panel.diagram, x, y, axes, panel.n) for panel in panels]
    width = min(len(panels), 4) if columns is None else positive_int(columns, "columns")
    figure, grid = _figure(len(panels), width)
    for ax, panel, plane in zip(grid, panels, planes, strict=True):
        along = chosen_axis(plane, transition)
        tiles = draw_plane(ax, plane, panel.theory, along, transition is not False)
        ax.set_title(panel.title, fontsize="medium")
    _share(grid, planes, width)
    colour_bar(tiles, grid)
    if title is not None:
        figure.suptitle(textwrap.fill(title, int(9 * figure.get_size_inches()[0])))
    whole = [diagrams] if not isinstance(diagrams, Mapping) else list(diagrams.values())
    _below(figure, grid, common([describe(diagram) for diagram in whole]))
    return grid


def _of_mapping(
    diagrams: Mapping[str, PhaseDiagram],
    thresholds: Theory | Mapping[str, Theory] | tuple[()],
    n: int | None,
) -> list[_Panel]:
    if not diagrams:
        raise ValueError("`diagrams` must hold at least one diagram; got none.")
    of = thresholds if isinstance(thresholds, Mapping) else dict.fromkeys(diagrams, thresholds)
    return [_Panel(str(key), diagram, of.get(key, ()), n) for key, diagram in diagrams.items()]


def _over(
    diagram: PhaseDiagram,
    over: str | None,
    drawn: tuple[str | None, str | None],
    thresholds: Theory | Mapping[str, Theory] | tuple[()],
    n: int | None,
) -> list[_Panel]:
    names = list(checked(diagram).axes)
    over = next((name for name in names[::-1] if name not in drawn), None) if over is None else over
    if over not in names or over in drawn:
        raise ValueError(
            f"`over` must be an axis that is not drawn, of {', '.join(names)}; got {over!r}."
        )
    if isinstance(thresholds, Mapping):
        raise TypeError("`thresholds` of a single diagram must be one callable; got a mapping.")
    return [
        _Panel(f"{over} = {value}", diagram.select(**{over: value}), thresholds, n)
        for value in diagram.axes[over].tolist()
    ]


def _figure(count: int, width: int) -> tuple[Figure, list[Axes]]:
    rows = math.ceil(count / width)
    size = (_PANEL[0] * width + 0.9, _PANEL[1] * rows + _LABELS)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(rows, width, sharex=True, sharey=True, squeeze=False).ravel()
    for ax in grid[count:]:
        ax.remove()
    return figure, list(grid[:count])


def _share(grid: list[Axes], planes: list[Plane], width: int) -> None:
    """Common limits; labels only below the lowest and left of the first panels."""
    left, right, low, high = zip(*(plane.limits for plane in planes), strict=True)
    grid[0].set(xlim=(min(left), max(right)), ylim=(min(low), max(high)))
    for i, ax in enumerate(grid):
        if i % width:
            ax.set_ylabel("")
        if i + width < len(grid):
            ax.set_xlabel("")
        else:
            ax.tick_params(labelbottom=True)


def _lines(labels: list[str], columns: int) -> int:
    """Lines of the longest column of a legend, which is filled column by column."""
    heights = [1 + label.count("\n") for label in labels]
    return max((sum(map(int, part)) for part in np.array_split(heights, columns)), default=0)


def _below(figure: Figure, grid: list[Axes], text: str) -> None:
    """One legend and one footer in a strip of their own below all panels."""
    entries: dict[str, Any] = {}
    for ax in grid:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            entries.setdefault(textwrap.fill(label, _LEGEND), handle)
    width, height = figure.get_size_inches()
    columns = max(1, int(width / 3.2))
    text = folded(text, int(14 * width))
    lines = _lines(list(entries), columns) + (1.3 + text.count("\n")) * bool(text)
    # Panels keep their size, whatever stands above and below them.
    line = 1.3 * float(rcParams["font.size"]) / 72
    above = 1.3 * line * (1 + figure.get_suptitle().count("\n")) * bool(figure.get_suptitle())
    figure.set_size_inches(width, height + above + lines * line)
    strip = lines * line / (height + above + lines * line)
    engine = figure.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        engine.set(rect=(0.0, strip, 1.0, 1.0 - strip))
    figure.legend(
        list(entries.values()),
        list(entries),
        loc="upper center",
        bbox_to_anchor=(0.5, strip),
        ncols=columns,
        frameon=False,
        fontsize="small",
        borderaxespad=0.0,
    )
    figure.text(0.5, 0.01, text, ha="center", va="bottom", fontsize="x-small", color=GREY)
