r"""Phase diagrams: how often each cell of a sweep succeeded, and what theory says about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from matplotlib.axes import Axes
from matplotlib.collections import PathCollection

from .._validate import positive_int
from . import style
from .cells import Plane, checked, draw_cells, fixed_values
from .contour import draw_transition
from .footer import describe, joined, legend_below, parameters, undecided, write_below
from .theory import Theory, draw_curves
from .titles import set_title

if TYPE_CHECKING:
    from ..sweep.diagram import PhaseDiagram

__all__ = [
    "chosen_axis",
    "chosen_plane",
    "colour_bar",
    "draw_plane",
    "plot_phase_diagram",
    "write_plane_ticks",
]

_SIZE = (4.4, 4.8)
_SCALES = ("integers", "delta-rho")


def plot_phase_diagram(
    diagram: PhaseDiagram,
    ax: Axes | None = None,
    *,
    x: str | None = None,
    y: str | None = None,
    thresholds: Theory | tuple[()] = (),
    transition: str | Literal[False] | None = None,
    axes: str = "integers",
    n: int | None = None,
    title: str | None = None,
) -> Axes:
    r"""Draw the share of successes over two axes: black is never, white is always.

    A cell is a tile around its integers, one unit wide. Where the grid leaves integers out, tiles
    stand apart, and the ground between them is no result. Cells that were not run are hatched,
    cells without any decided trial are hatched crosswise. A small cross marks those of which only
    some trials were decided, which their grey is the share of.

    Cells are centred on integers and curves run at the real value, so that an exact curve lies
    within half a cell of the edge where the colour turns.

    Parameters
    ----------
    diagram : PhaseDiagram
        With two axes of more than one value.
    ax : Axes, optional
        Legend and footer stand below it; a given figure must leave room for them.
    x, y : str, optional
        Which axes run to the right and upwards; by default in the order of the diagram.
    thresholds : callable, optional
        ``thresholds(cell)`` returns the `Threshold` s along the axis `transition`, such as
        ``lambda cell: task.thresholds(cell, "m")``, at every integer of the other axis. Of curves
        that coincide the first is drawn the widest, so that all are seen.
    transition : str or False, optional
        Axis along which the empirical transition is fitted, and drawn with its band where one was
        found; by default y, or m for "delta-rho", where no line joins its points: k steps along
        integers, and would make it a sawtooth. False draws none.
    axes : {"integers", "delta-rho"}
        The latter draws m and k as :math:`\delta = m/n` and :math:`\rho = k/m \le 1`.
    n : int, optional
        Dimension of the signals, for "delta-rho"; by default what the task was made with.
    title : str, optional

    Returns
    -------
    Axes

    Raises
    ------
    TypeError
        If `diagram` is no diagram, `ax` no axes, `thresholds` no callable that returns thresholds,
        or `title` no string.
    ValueError
        If not just two axes are left to be drawn, an axis is not of the diagram, or for "delta-rho"
        they are not m and k or n is not known, or the title holds a formula that cannot be drawn.

    Examples
    --------
    >>> import numpy as np
    >>> import sensing_theorems as st
    >>> from sensing_theorems.sweep import PhaseDiagram
    >>> m, G = np.arange(1, 9), np.arange(1, 5)
    >>> hits = 20 * (m[:, None] * G >= 8)
    >>> diagram = PhaseDiagram(
    ...     axes={"m": m, "G": G}, successes=hits, trials=np.full_like(hits, 20),
    ...     undecided=np.zeros_like(hits), provenance={},
    ... )
    >>> st.plot.plot_phase_diagram(diagram, x="G", y="m").get_ylabel()
    'rows m of each operator'
    """
    plane = chosen_plane(diagram, x, y, axes, n)
    along = chosen_axis(plane, transition)
    ax = style.axes(ax, _SIZE)
    set_title(ax, title, 1.2)
    tiles = draw_plane(ax, plane, thresholds, along, transition is not False)
    # The colour bar beside the axes takes its part.
    write_plane_ticks(ax, [plane], 0.75 * style.room(ax))
    colour_bar(tiles, ax)
    footer = joined(describe(diagram, plane.fixed), undecided(diagram))
    write_below(ax, footer, legend_below(ax))
    return ax


def draw_plane(
    ax: Axes, plane: Plane, thresholds: Theory | tuple[()], along: str, fitted: bool
) -> PathCollection:
    """Draw cells, the fitted transition and theory, without a legend; return the grey tiles."""
    # In the order of the legend.
    if thresholds != ():
        if not callable(thresholds):
            came = type(thresholds).__name__
            raise TypeError(f"`thresholds` must be a callable that takes a cell; got {came}.")
        draw_curves(ax, plane, thresholds, along)
    if fitted:
        draw_transition(ax, plane, along)
    ax.spines[:].set_visible(True)
    return draw_cells(ax, plane)


def write_plane_ticks(ax: Axes, planes: Sequence[Plane], points: float) -> None:
    """Put few ticks on axes of some planes and so wide; at integers, unless δ and ρ are drawn."""
    integer = all(plane.n is None for plane in planes)
    digits = max(plane.digits for plane in planes)
    along_x = style.fitting_ticks(ax, digits, points)
    style.write_ticks(ax.xaxis, along_x, integer=integer)
    style.write_ticks(ax.yaxis, 6, integer=integer)


def colour_bar(tiles: PathCollection, beside: Axes | Sequence[Axes]) -> None:
    """Say beside axes, or beside a group of them, what black and white stand for."""
    if isinstance(beside, Axes):
        # Hangs on the axes, whatever else is laid out around them.
        where: dict[str, Any] = {"cax": beside.inset_axes((1.03, 0.0, 0.05, 1.0))}
        figure = beside.figure
    else:
        where = {"ax": list(beside), "fraction": 0.05, "pad": 0.02, "aspect": 25}
        figure = beside[0].figure
    bar = figure.colorbar(tiles, ticks=[0, 0.5, 1], **where)
    bar.set_label("share of trials that succeed", fontsize="small")
    bar.ax.tick_params(labelsize="small", width=0.8)
    bar.outline.set_linewidth(0.8)


def chosen_plane(
    diagram: PhaseDiagram, x: str | None, y: str | None, axes: str, n: int | None
) -> Plane:
    """Two axes of a diagram to draw, checked."""
    checked(diagram)
    if axes not in _SCALES:
        raise ValueError(f"`axes` must be one of {', '.join(_SCALES)}; got {axes!r}.")
    names = list(diagram.axes)
    for name, value in (("x", x), ("y", y)):
        if value is not None and value not in names:
            raise ValueError(f"`{name}` must be an axis, of {', '.join(names)}; got {value!r}.")
    if axes == "delta-rho":
        x, y, n = _ratios(diagram, x, y, n)
    free = [name for name in names if len(diagram.axes[name]) > 1 or name in (x, y)]
    # Axes of one value are drawn only where there is nothing else to draw.
    free += [name for name in names if name not in free][: max(0, 2 - len(free))]
    if len(free) != 2:
        raise ValueError(
            f"a phase diagram is drawn over two axes; got {', '.join(names)}: fix all others by "
            "`diagram.select(name=value)`."
        )
    x = next(name for name in free if name != y) if x is None else x
    y = next(name for name in free if name != x) if y is None else y
    if x == y:
        raise ValueError(f"`x` and `y` must be two axes; got {x!r} twice.")
    return Plane(diagram, x, y, n if axes == "delta-rho" else None)


def _ratios(
    diagram: PhaseDiagram, x: str | None, y: str | None, n: int | None
) -> tuple[str, str, int]:
    """The axes m and k, and n, of a drawing over δ and ρ."""
    if not {"m", "k"} <= set(diagram.axes) or x not in (None, "m") or y not in (None, "k"):
        came = f"x={x!r}, y={y!r}" if x or y else ", ".join(diagram.axes)
        raise ValueError(f"'delta-rho' draws x = m and y = k; got {came}.")
    if n is None:
        n = {**parameters(diagram), **fixed_values(diagram, list("mk"))}.get("n")
    if n is None:
        raise ValueError("'delta-rho' needs `n`, which the diagram does not say; got None.")
    return "m", "k", positive_int(n, "n")


def chosen_axis(plane: Plane, transition: str | Literal[False] | None) -> str:
    """Axis along which transitions and thresholds are."""
    if transition is None or transition is False:
        return plane.y if plane.n is None else plane.x
    if transition not in (plane.x, plane.y):
        raise ValueError(
            f"`transition` must be one of the axes drawn, {plane.x} and {plane.y}; got "
            f"{transition!r}."
        )
    return transition
