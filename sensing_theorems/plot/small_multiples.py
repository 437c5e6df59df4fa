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
from ..files import known
from .cells import checked
from .footer import GREY, common, describe, folded, joined, undecided
from .phase import chosen_axis, chosen_plane, colour_bar, draw_plane, write_plane_ticks
from .theory import Theory
from .titles import write_title

if TYPE_CHECKING:
    from ..sweep.diagram import PhaseDiagram
    from .cells import Plane

__all__ = ["plot_small_multiples"]

_PANEL = (2.3, 2.2)
# Between the middles of panels, and from end to end of one.
_PITCH, _ROOM = 2.24, 2.1
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

    Cells are centred on integers and curves run at the real value, so that an exact curve lies
    within half a cell of the edge where the colour turns.

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
    TypeError
        As by `plot_phase_diagram`.
    ValueError
        If there is no diagram, `over` is no axis of a single diagram, thresholds are given for a
        panel that there is not, a panel has not just two axes to draw, or a title holds a formula
        that cannot be drawn.
    """
    if isinstance(diagrams, Mapping):
        if over is not None:
            raise ValueError(f"`over` is of a single diagram; got a mapping and {over!r}.")
        panels = _of_mapping(diagrams, thresholds, n)
    else:
        panels = _over(diagrams, over, (x, y), thresholds, n)
    planes = [chosen_plane(panel.diagram, x, y, axes, panel.n) for panel in panels]
    width = min(len(panels), 4) if columns is None else positive_int(columns, "columns")
    figure, grid = _figure(len(panels), width)
    lines = _titles(figure, grid, [panel.title for panel in panels], title, width)
    for ax, panel, plane in zip(grid, panels, planes, strict=True):
        along = chosen_axis(plane, transition)
        tiles = draw_plane(ax, plane, panel.theory, along, transition is not False)
    _share(grid, planes, width)
    colour_bar(tiles, grid)
    whole = [diagrams] if not isinstance(diagrams, Mapping) else list(diagrams.values())
    made = common([describe(diagram) for diagram in whole])
    _fit(figure, grid, lines, joined(made, undecided(*whole)))
    return grid


def _of_mapping(
    diagrams: Mapping[str, PhaseDiagram],
    thresholds: Theory | Mapping[str, Theory] | tuple[()],
    n: int | None,
) -> list[_Panel]:
    if not diagrams:
        raise ValueError("`diagrams` must hold at least one diagram; got none.")
    names = list(map(str, diagrams))
    of: dict[str, Theory | tuple[()]] = {}
    if isinstance(thresholds, Mapping):
        for key, theory in thresholds.items():
            known(str(key), names, "panel of `thresholds`")
            of[str(key)] = theory
    else:
        of = dict.fromkeys(names, thresholds)
    pairs = zip(names, diagrams.values(), strict=True)
    return [_Panel(name, diagram, of.get(name, ()), n) for name, diagram in pairs]


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


def _titles(
    figure: Figure, grid: list[Axes], names: list[str], title: str | None, width: int
) -> float:
    """Write all titles, in as many lines as they need; return how many lines of text they add."""
    for ax, name in zip(grid, names, strict=True):
        ax.set_title("", fontsize="medium")
        write_title(ax.title, name, 72 * _PITCH)
    more = [ax.title.get_text().count("\n") for ax in grid]
    # Lines of one title are closer together than those of a legend, and larger in the main one.
    lines = 0.93 * sum(max(more[i : i + width]) for i in range(0, len(more), width))
    if title is None:
        return lines
    whole = figure.suptitle("")
    write_title(whole, title, 0.96 * 72 * figure.get_size_inches()[0])
    return lines + 1.3 * (1 + whole.get_text().count("\n"))


def _share(grid: list[Axes], planes: list[Plane], width: int) -> None:
    """Common limits; labels only below the lowest and left of the first panels."""
    left, right, low, high = zip(*(plane.limits for plane in planes), strict=True)
    grid[0].set(xlim=(min(left), max(right)), ylim=(min(low), max(high)))
    write_plane_ticks(grid[0], planes, 72 * _ROOM)
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


def _fit(figure: Figure, grid: list[Axes], titles: float, text: str) -> None:
    """Put a legend and a footer into a strip below all panels, and make room for lines of titles.

    Panels keep their size, whatever stands above and below them.
    """
    entries: dict[str, Any] = {}
    for ax in grid:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            entries.setdefault(textwrap.fill(label, _LEGEND), handle)
    width, height = figure.get_size_inches()
    columns = max(1, int(width / 3.2))
    text = folded(text, int(14 * width))
    lines = _lines(list(entries), columns) + (1.3 + text.count("\n")) * bool(text)
    line = 1.3 * float(rcParams["font.size"]) / 72
    above = line * titles
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
