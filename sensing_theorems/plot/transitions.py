"""The transition of a one-dimensional sweep: rates, their intervals, the fit and theory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

from . import style
from .cells import CROSSED, HATCHED, NAMES, PARTLY, checked, edges, fixed_values
from .contour import EMPIRICAL, fit_label
from .footer import describe, joined, legend_below, undecided, write_below
from .theory import Theory, layers, threshold_label, threshold_style, told
from .titles import set_title

if TYPE_CHECKING:
    from ..sweep.diagram import PhaseDiagram
    from ..thresholds import Threshold

__all__ = ["plot_transition_curve"]

_SIZE = (4.4, 4.4)
_BAND = 0.03


def plot_transition_curve(
    diagram: PhaseDiagram,
    ax: Axes | None = None,
    *,
    axis: str | None = None,
    thresholds: Theory | Sequence[Threshold] = (),
    title: str | None = None,
) -> Axes:
    r"""Draw the share of successes along one axis, and where it turns.

    Points carry Wilson intervals, which hold undecided trials both ways, and are open where there
    are any. Grey is the bracket, outside of which the rates stay on their
    side of one half; green the fitted location, with its band at half height.

    Cells are centred on integers and thresholds stand at their real value, so that an exact one
    lies within half a cell of the middle of the step from 0 to 1.

    Parameters
    ----------
    diagram : PhaseDiagram
        With one axis of more than one value.
    ax : Axes, optional
        Legend and footer stand below it; a given figure must leave room for them.
    axis : str, optional
        The axis drawn; by default the one of more than one value.
    thresholds : callable or sequence of Threshold, optional
        Along that axis; ``thresholds(cell)`` is given the values on the other axes.
    title : str, optional

    Returns
    -------
    Axes

    Raises
    ------
    TypeError
        If `diagram` is no diagram, `ax` no axes, `thresholds` holds or returns anything but
        thresholds, or `title` is no string.
    ValueError
        If the diagram has more than one axis to draw, or not the one that was named, or the title
        holds a formula that cannot be drawn.

    Examples
    --------
    >>> import numpy as np
    >>> import sensing_theorems as st
    >>> from sensing_theorems.sweep import PhaseDiagram
    >>> m = np.arange(1, 9)
    >>> hits = np.where(m >= 4, 20, 0)
    >>> diagram = PhaseDiagram(
    ...     axes={"m": m}, successes=hits, trials=np.full(8, 20), undecided=np.zeros(8, int),
    ...     provenance={},
    ... )
    >>> st.plot.plot_transition_curve(diagram).get_xlabel()
    'rows m of each operator'
    """
    axis, fixed = _only_axis(diagram, axis)
    ax = style.axes(ax, _SIZE)
    set_title(ax, title)
    at = np.asarray(diagram.axes[axis])
    before, after = edges(at)
    _draw_thresholds(ax, told(thresholds, fixed), before[0], after[-1])
    _draw_fit(ax, diagram, axis)
    _draw_rates(ax, diagram, at)
    _draw_unknown(ax, diagram, before, after)
    ax.set(xlim=(before[0], after[-1]), ylim=(-0.04, 1.04))
    ax.set(xlabel=NAMES.get(axis, axis), ylabel="share of trials that succeed")
    style.write_ticks(ax.xaxis, style.fitting_ticks(ax, len(str(at[-1])), style.room(ax)))
    write_below(ax, joined(describe(diagram, fixed), undecided(diagram)), legend_below(ax))
    return ax


def _only_axis(diagram: PhaseDiagram, axis: str | None) -> tuple[str, dict[str, int]]:
    names = list(checked(diagram).axes)
    if axis is not None and axis not in names:
        raise ValueError(f"`axis` must be an axis, of {', '.join(names)}; got {axis!r}.")
    long = [name for name in names if len(diagram.axes[name]) > 1]
    if axis is None:
        axis = (long or names)[0]
    if set(long) - {axis}:
        raise ValueError(
            f"a transition is drawn along one axis; got {', '.join(names)}: fix all others by "
            "`diagram.select(name=value)`."
        )
    return axis, fixed_values(diagram, [axis])


def _draw_thresholds(ax: Axes, known: Sequence[Threshold], first: float, last: float) -> None:
    seen = [one for one in known if first <= float(one.value) <= last]
    stack = layers([np.array([float(one.value)]) for one in seen], last - first)
    for one, (below, above) in zip(seen, stack, strict=True):
        look = threshold_style(one, below, above)
        ax.axvline(float(one.value), label=threshold_label(one), **look)


def _draw_fit(ax: Axes, diagram: PhaseDiagram, axis: str) -> None:
    """Bracket, location and band, as far as there are any."""
    found = diagram.transition(axis)
    lower, upper, location, low, high = (
        float(np.squeeze(getattr(found, name)))
        for name in ("lower", "upper", "location", "low", "high")
    )
    if np.isfinite(lower):
        label = f"bracket: {lower:.0f} to {upper:.0f}"
        ax.axvspan(lower, upper, color="#DDDDDD", linewidth=0, zorder=0.2, label=label)
    if np.isfinite(location):
        at = np.asarray(diagram.axes[axis])
        place, *band = (_number(v, int(np.diff(at).min())) for v in (location, low, high))
        label = f"{fit_label(found, f'at {place}')} {' to '.join(band)}"
        ax.axvline(location, color=EMPIRICAL, linewidth=0.8, zorder=1.9)
        (dot,) = ax.plot([location], [found.level], "-o", color=EMPIRICAL, linewidth=0.8)
        dot.set(markersize=5, markeredgecolor="white", zorder=3.5, label=label)
        ends = max(low, float(at[0]) - 1), min(high, float(at[-1]) + 1)
        thick = (found.level - _BAND, found.level + _BAND)
        ax.fill_between(ends, *thick, color=EMPIRICAL, alpha=0.6, linewidth=0, zorder=2.4)


def _number(value: float, spacing: int) -> str:
    """Write a number to about a hundredth of the spacing of cells, however large it is."""
    if np.isinf(value):
        return "∞" if value > 0 else "−∞"
    decimals = max(0, 3 - len(str(spacing)))
    text = f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", "−")
    return text.rstrip("0").rstrip(".") if decimals else text


def _draw_rates(ax: Axes, diagram: PhaseDiagram, at: np.ndarray) -> None:
    known = np.asarray(diagram.trials).reshape(-1) > 0
    if not known.any():
        return
    rate = np.asarray(diagram.rate).reshape(-1)[known]
    low, high = (np.asarray(end).reshape(-1)[known] for end in diagram.interval())
    ax.errorbar(
        at[known],
        rate,
        yerr=np.maximum([rate - low, high - rate], 0.0),
        fmt="o",
        color="black",
        ecolor="#777777",
        markersize=3.0,
        elinewidth=0.9,
        zorder=3,
        clip_on=False,
        label="share, with its 95 % Wilson interval",
    )
    partly = np.asarray(diagram.undecided).reshape(-1)[known] > 0
    if partly.any():
        look = PARTLY | {"marker": "o", "markerfacecolor": "white", "markersize": 4.5}
        ax.plot(at[known][partly], rate[partly], zorder=3.2, clip_on=False, **look)


def _draw_unknown(ax: Axes, diagram: PhaseDiagram, before: np.ndarray, after: np.ndarray) -> None:
    """Hatch the cells that say nothing, as in two dimensions."""
    trials, undecided = (np.asarray(a).reshape(-1) for a in (diagram.trials, diagram.undecided))
    kinds: tuple[tuple[np.ndarray, dict[str, Any]], ...] = (
        ((trials == 0) & (undecided == 0), HATCHED),
        ((trials == 0) & (undecided > 0), CROSSED),
    )
    for cells, look in kinds:
        for first, (left, right) in enumerate(zip(before[cells], after[cells], strict=True)):
            label = "_" * bool(first) + look["label"]
            ax.axvspan(left, right, **(look | {"label": label}), zorder=0.1)
