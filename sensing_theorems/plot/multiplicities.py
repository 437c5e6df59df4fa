"""Pictures of irreps: how often an action contains each of them."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes

from ..groups.action import GroupAction
from ..groups.irreps import Irreps
from .style import axes, legend, line_style, write_ticks

__all__ = ["plot_irreps"]


def plot_irreps(irreps_or_action: Irreps | GroupAction, ax: Axes | None = None) -> Axes:
    r"""Multiplicities :math:`c_j` of an action, one bar per row of its complex table.

    Rows come in the order of :math:`(s_j, c_j)`. The black mark on each bar is at :math:`c_j/s_j`,
    and the line at its maximum, the number of rows that any operator needs.

    Parameters
    ----------
    irreps_or_action : Irreps or GroupAction
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    TypeError
        If the first argument is neither.
    """
    table = (
        irreps_or_action.irreps if isinstance(irreps_or_action, GroupAction) else irreps_or_action
    )
    if not isinstance(table, Irreps):
        raise TypeError(
            f"multiplicities are drawn of Irreps or a GroupAction; got {type(table).__name__}."
        )
    ax, rows = axes(ax), table.complex
    position = np.arange(len(rows))
    # Of many bars only some are named, and their edges would hide them.
    step = 1 if len(rows) <= 8 else math.ceil(len(rows) / 5)
    edge = "k" if len(rows) <= 60 else "none"
    heights = [row.multiplicity for row in rows]
    ax.bar(position, heights, width=0.7, color="#56B4E9", edgecolor=edge)
    ratios = [row.multiplicity / row.dim for row in rows]
    size = 4 if len(rows) <= 60 else 1
    ax.plot(position, ratios, linestyle="none", marker="D", markersize=size, color="k", label="c/s")
    necessary = f"necessary: m ≥ {table.max_ratio}"
    ax.axhline(float(table.max_ratio), **line_style("necessary"), label=necessary)
    kind = {1: "real", 0: "complex", -1: "quaternionic"}
    names = [f"{r.count} × s={r.dim}\n{kind[r.indicator]}" for r in rows]
    ax.set_xticks(position[::step], names[::step])
    if step > 1:
        ax.set_xlabel(f"rows of the complex table, by dimension s; {len(names[::step])} are named")
    write_ticks(ax.yaxis)
    ax.set(
        ylabel="multiplicity c",
        ylim=(0, 1.4 * table.max_multiplicity),
        xlim=(-0.6, len(rows) - 0.4),
    )
    return legend(ax)
