"""One colour and one line per kind of statement, and what all drawings share.

They differ in lightness and in dashes too, so that a print in grey and a colour-blind reader lose
nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, ScalarFormatter

__all__ = [
    "KINDS",
    "PALE",
    "axes",
    "fitting_ticks",
    "legend",
    "line_style",
    "room",
    "tidy",
    "write_ticks",
]

# Colours of Okabe and Ito, chosen to stay apart in lightness as well.
KINDS: dict[str, tuple[str, str | tuple[int, tuple[float, ...]]]] = {
    "necessary": ("#D55E00", "-"),
    "exact": ("#000000", "-"),
    "sufficient": ("#0072B2", (0, (5, 2))),
    "derived": ("#CC79A7", (0, (1, 1))),
}
PALE = "#BBBBBB"
_BOTH = "derived necessary"


def line_style(kind: str) -> dict[str, Any]:
    """Colour and dashes of a kind of statement, as keywords of ``Axes.plot``.

    Parameters
    ----------
    kind : {"necessary", "exact", "sufficient", "derived", "derived necessary"}
        ``"derived"`` for what is no published statement; ``"derived necessary"`` where it has to be
        told from what is sufficient.
    """
    if kind not in (*KINDS, _BOTH):
        raise ValueError(f"`kind` must be one of {', '.join((*KINDS, _BOTH))}; got {kind!r}.")
    colour, dashes = KINDS["necessary" if kind == _BOTH else kind]
    dashes = KINDS["derived"][1] if kind == _BOTH else dashes
    return {"color": colour, "linestyle": dashes, "linewidth": 1.6}


def tidy(ax: Axes) -> Axes:
    """Take away the frame's upper and right side, and draw what is left thinly."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_linewidth(0.8)
    ax.tick_params(width=0.8)
    return ax


def room(ax: Axes) -> float:
    """Width of axes in points, as far as it is known before they are laid out."""
    return float(ax.bbox.width) / float(ax.figure.dpi) * 72.0


def fitting_ticks(ax: Axes, digits: int, points: float) -> int:
    """Intervals between ticks along x of so many points, so few that long numbers stay apart."""
    size = float(ax.xaxis.get_major_ticks(1)[0].label1.get_fontsize())
    # A digit is 0.64 of the font size wide.
    return int(np.clip(points / (size * (0.64 * digits + 1.0)), 1, 6))


def write_ticks(axis: Axis, most: int = 10, *, integer: bool = True) -> None:
    """Put ticks at `most` + 1 numbers or fewer, written in full: no offset, no power of ten."""
    # A range that holds a single integer has a single tick.
    axis.set_major_locator(MaxNLocator(most, integer=integer, min_n_ticks=1 if integer else 2))
    formatter = ScalarFormatter(useOffset=False)
    formatter.set_scientific(False)
    axis.set_major_formatter(formatter)


def axes(ax: Axes | None, size: tuple[float, float] = (5.0, 3.4)) -> Axes:
    """Axes that were given, or those of a new figure of `size` inches, tidied."""
    if ax is not None and not isinstance(ax, Axes):
        raise TypeError(f"`ax` must be matplotlib axes; got {type(ax).__name__}.")
    # Not through pyplot, which would keep the figure alive and open a window.
    return tidy(Figure(figsize=size, layout="constrained").add_subplot() if ax is None else ax)


def legend(ax: Axes, **where: Any) -> Axes:
    """Put a legend on axes that have something to name."""
    if ax.get_legend_handles_labels()[1]:
        # No frame, but a ground of its own where lines pass below.
        ax.legend(edgecolor="none", framealpha=0.85, fontsize="small", **where)
    return ax
