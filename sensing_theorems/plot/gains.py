"""What training gains, over the number of operators and their rows, beside the theory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from . import style
from .titles import set_title

__all__ = ["plot_gains"]


def plot_gains(
    counts: ArrayLike,
    rows: ArrayLike,
    gains: ArrayLike,
    *,
    exact: Callable[[float], float] | None = None,
    published: Callable[[float], float] | None = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    r"""Draw the gain in dB as numbers on a grid of cells, with bounds on m as steps.

    Parameters
    ----------
    counts : array, (q,)
        Numbers G of operators, increasing; one column for each.
    rows : array, (p,)
        Rows m of each operator, increasing; one row for each.
    gains : array, (p, q)
        In dB.
    exact, published : callable, optional
        From G to the m from which on signals can be learned, exactly and by the published bound.
        Lines lie below the first row that is enough.
    ax : Axes, optional
    title : str, optional

    Raises
    ------
    ValueError
        If shapes disagree.
    """
    counts, rows, gains = np.asarray(counts), np.asarray(rows), np.asarray(gains, float)
    if gains.shape != (rows.size, counts.size):
        raise ValueError(
            f"`gains` must have shape ({rows.size}, {counts.size}); got {gains.shape}."
        )
    own = ax is None
    if ax is None:
        ax = Figure(figsize=(6.2, 4.8), layout="constrained").subplots()
    top = max(1.0, float(np.nanmax(gains)))
    shown = ax.pcolormesh(gains, cmap="gray", vmin=0.0, vmax=top, edgecolors="#888888", lw=0.3)
    for (i, j), gain in np.ndenumerate(gains):
        color = "black" if gain > 0.55 * top else "white"
        ax.text(j + 0.5, i + 0.5, f"{gain:.1f}", ha="center", va="center", color=color, size=8)
    for bound, kind, label, strict in (
        (exact, "derived", "exact (derived): m ≥ k + (n − k)/|G|", False),
        (published, "sufficient", "published: m > k + n/|G|", True),
    ):
        if bound is not None:
            _draw_bound(ax, counts, rows, bound, kind=kind, label=label, strict=strict)
    ax.set_xticks(np.arange(counts.size) + 0.5, [f"{value:g}" for value in counts])
    ax.set_yticks(np.arange(rows.size) + 0.5, [f"{value:g}" for value in rows])
    ax.tick_params(length=0)
    ax.set(xlabel="number of operators |G|", ylabel="rows m of each operator")
    ax.figure.colorbar(shown, ax=ax, label="gain over the pseudo-inverse (dB)")
    if own:
        ax.figure.legend(loc="outside lower center", ncols=2, frameon=False)
    else:
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2, frameon=False)
    if title is not None:
        set_title(ax, title)
    return ax


def _draw_bound(
    ax: Axes,
    counts: Any,
    rows: Any,
    bound: Callable[[float], float],
    *,
    kind: str,
    label: str,
    strict: bool,
) -> None:
    """Steps below the first row that is enough, in each column."""
    least = np.array([bound(float(G)) for G in counts])
    # Thresholds such as 6 + 42/3 must not miss their integer by rounding.
    least = np.round(least, 9)[:, None]
    heights = np.sum(rows <= least if strict else rows < least, axis=1)
    edges = np.arange(counts.size + 1)
    look = style.line_style(kind) | {"linewidth": 2.4}
    ax.stairs(heights, edges, baseline=None, label=label, **look)
