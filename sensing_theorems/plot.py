r"""Pictures of what was computed: ranks, multiplicities, spectra and bounds.

Every function draws on `ax`, or on a figure of its own that no window and no list of open figures
knows, and returns the axes; ``ax.figure`` is the figure. Nothing here computes a rank.

One colour and one line per kind of statement, the same everywhere. They differ in lightness and in
dashes too, so that a print in grey and a colour-blind reader lose nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .groups.action import GroupAction
from .groups.irreps import Irreps
from .problem import Problem
from .rank_result import RankResult
from .theorems import best_element

__all__ = [
    "KINDS",
    "line_style",
    "plot_bounds",
    "plot_irreps",
    "plot_rank_curve",
    "plot_spectrum",
    "tidy",
]

# Colours of Okabe and Ito, chosen to stay apart in lightness as well.
KINDS: dict[str, tuple[str, str | tuple[int, tuple[float, ...]]]] = {
    "necessary": ("#D55E00", "-"),
    "exact": ("#000000", "-"),
    "sufficient": ("#0072B2", (0, (5, 2))),
    "derived": ("#CC79A7", (0, (1, 1))),
}
_PALE = "#BBBBBB"
_MOST_POINTS = 400


def line_style(kind: str) -> dict[str, Any]:
    """Colour and dashes of a kind of statement, as keywords of ``Axes.plot``.

    Parameters
    ----------
    kind : {"necessary", "exact", "sufficient", "derived"}
        ``"derived"`` for whatever is no published statement, whether sufficient or not.
    """
    if kind not in KINDS:
        raise ValueError(f"`kind` must be one of {', '.join(KINDS)}; got {kind!r}.")
    colour, dashes = KINDS[kind]
    return {"color": colour, "linestyle": dashes, "linewidth": 1.6}


def tidy(ax: Axes) -> Axes:
    """Take away the frame's upper and right side, and draw what is left thinly."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_linewidth(0.8)
    ax.tick_params(width=0.8)
    return ax


def _axes(ax: Axes | None) -> Axes:
    if ax is not None and not isinstance(ax, Axes):
        raise TypeError(f"`ax` must be matplotlib axes; got {type(ax).__name__}.")
    # Not through pyplot, which would keep the figure alive and open a window.
    return tidy(
        Figure(figsize=(5.0, 3.4), layout="constrained").add_subplot() if ax is None else ax
    )


def plot_rank_curve(
    results: Sequence[RankResult],
    ax: Axes | None = None,
    *,
    bound: Fraction | float | None = None,
    label: str | None = None,
) -> Axes:
    r"""Rank of the stack against the number of rows of A.

    Parameters
    ----------
    results : sequence of RankResult
        Of operators of growing m on signals of one size n.
    ax : Axes, optional
    bound : number, optional
        A necessary number of rows, such as ``action.irreps.max_ratio``, drawn as a vertical line.
    label : str, optional
        For the legend.

    Returns
    -------
    Axes
        Ranks whose singular values show no gap have an open marker.

    Raises
    ------
    ValueError
        If there are no results, or they differ in n.

    Examples
    --------
    >>> import sensing_theorems as st
    >>> action = st.groups.quarter_turns(4)
    >>> ranks = [st.stacked_rank(st.operators.gaussian(m, 16, rng=m), action) for m in range(1, 7)]
    >>> st.plot.plot_rank_curve(ranks, bound=action.irreps.max_ratio).get_ylabel()
    'rank of the stack'
    """
    results = sorted(results, key=lambda found: found.m)
    if not results:
        raise ValueError("`results` must hold at least one RankResult; got none.")
    if len({found.n for found in results}) > 1:
        raise ValueError(f"all results must have one n; got {[found.n for found in results]}.")
    ax, n = _axes(ax), results[0].n
    m, rank = [found.m for found in results], [found.rank for found in results]
    (line,) = ax.plot(m, rank, marker="o", markersize=4, linewidth=1.2, label=label)
    unclear = [found for found in results if not found.clear]
    if unclear:
        ax.plot(
            [found.m for found in unclear],
            [found.rank for found in unclear],
            linestyle="none",
            marker="o",
            markersize=6,
            markerfacecolor="white",
            color=line.get_color(),
            label="no gap in the spectrum",
        )
    ax.axhline(n, color=_PALE, linewidth=0.8, zorder=0)
    if bound is not None:
        ax.axvline(float(bound), **line_style("necessary"), label=f"necessary: m ≥ {bound}")
    ax.set(xlabel="rows m of A", ylabel="rank of the stack", ylim=(0, 1.05 * n))
    return _legend(ax)


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
    ax, rows = _axes(ax), table.complex
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
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(
        ylabel="multiplicity c",
        ylim=(0, 1.4 * table.max_multiplicity),
        xlim=(-0.6, len(rows) - 0.4),
    )
    return _legend(ax)


def plot_spectrum(rank_result: RankResult, ax: Axes | None = None) -> Axes:
    """Singular values of the stack, and where they count as zero.

    Parameters
    ----------
    rank_result : RankResult
    ax : Axes, optional

    Returns
    -------
    Axes
        Logarithmic; values that are exactly zero are drawn at the lower edge.

    Raises
    ------
    ValueError
        If the method that found the rank has no singular values, not even estimates.
    """
    spectrum = rank_result.spectrum
    if spectrum is None or not spectrum.listed:
        raise ValueError(
            f"method '{rank_result.method}' lists no singular values; compute the rank with "
            "method='blocks' or method='dense'."
        )
    values, about = spectrum.values, ", estimated" if spectrum.relative_error else ""
    ax, tolerance = _axes(ax), rank_result.tolerance
    index, seen = np.arange(1, values.size + 1), values > tolerance
    heights = np.maximum(values, tolerance * 1e-3 if tolerance > 0 else 1e-16)
    for chosen, style, label in (
        (seen, "ko", f"seen: {rank_result.rank}"),
        (~seen, "rx", f"nobody sees: {rank_result.missing}"),
    ):
        if chosen.any():
            (dots,) = ax.plot(index[chosen], heights[chosen], style, markersize=4, label=label)
            dots.set_color(KINDS["exact" if style == "ko" else "necessary"][0])
    if tolerance > 0:
        ax.axhline(tolerance, color=_PALE, linewidth=0.8, zorder=0, label="counts as zero")
    ax.set_yscale("log")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlabel="number", ylabel=f"singular value of the stack{about}")
    return _legend(ax)


def plot_bounds(problem_or_action: Problem | GroupAction, ax: Axes | None = None) -> Axes:
    r"""Which model dimensions k each bound on model identification covers, against m.

    Left of the necessary line no model can be identified, whatever its dimension. Below a
    sufficient line almost every operator with m rows identifies every model of dimension k.
    Between the lines nothing is said. Bounds derived for this package have a line of their own.

    Parameters
    ----------
    problem_or_action : Problem or GroupAction
        Of a problem the own m is marked, and k where it is known. Without an action, m is the
        number of rows of each of the operators.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    TypeError
        If the first argument is neither.
    ValueError
        If operators without an action differ in m, the irreps are out of reach, or the signals are
        complex.

    Examples
    --------
    >>> import sensing_theorems as st
    >>> ax = st.plot.plot_bounds(st.groups.shifts(16, stride=4))
    >>> [line.get_label() for line in ax.get_lines()]
    ['necessary: m ≥ 4', 'published: m > 2k + 4 + 1', 'derived here: m > 2k + 4']
    """
    if not isinstance(problem_or_action, Problem | GroupAction):
        came = type(problem_or_action).__name__
        raise TypeError(f"bounds are drawn of a Problem or a GroupAction; got {came}.")
    if getattr(problem_or_action, "field", "real") != "real":
        raise ValueError("the bounds are stated for real signals; got a problem over ℂ.")
    ax, n = _axes(ax), problem_or_action.n
    if isinstance(problem_or_action, GroupAction):
        least, bounds = _group_bounds(problem_or_action)
    elif problem_or_action.action is not None:
        least, bounds = _group_bounds(problem_or_action.action)
    else:
        least, bounds = _operator_bounds(n, problem_or_action.rows)
    m = np.unique(np.linspace(1, n, min(n, _MOST_POINTS)).astype(int))
    ax.axvspan(0, float(least), color=KINDS["necessary"][0], alpha=0.12, linewidth=0)
    ax.axvline(float(least), **line_style("necessary"), label=f"necessary: m ≥ {_text(least)}")
    highest = 1
    for kind, label, covered in bounds:
        k = np.array([min(covered(int(rows)), n) for rows in m])
        highest = max(highest, int(k.max()))
        style = line_style(kind) | {"drawstyle": "steps-post", "label": label}
        ax.plot(m, np.where(k < 0, np.nan, k), **style)
    if isinstance(problem_or_action, Problem):
        _mark_problem(problem_or_action, ax)
        highest = max(highest, math.ceil(problem_or_action.model_dim or 0))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True))
    # Room above the lines for the legend.
    ax.set(xlabel="rows m of A", ylabel="model dimension k", xlim=(0, n), ylim=(0, 1.5 * highest))
    return _legend(ax, loc="upper left")


def _mark_problem(problem: Problem, ax: Axes) -> None:
    """Where the problem itself stands: a line at its m, or a star where k is known."""
    rows = problem.m if problem.action is not None else problem.rows[0]
    if problem.model_dim is None:
        ax.axvline(rows, color="k", linewidth=0.8, label=f"this problem: m = {rows}")
        return
    label = f"this problem: m = {rows}, k = {problem.model_dim:g}"
    ax.plot([rows], [problem.model_dim], "k*", markersize=10, clip_on=False, label=label)


_Bound = tuple[str, str, Callable[[int], int]]


def _operator_bounds(n: int, rows: tuple[int, ...]) -> tuple[Fraction, list[_Bound]]:
    """Least m, and the largest k that each bound covers, for independent operators."""
    if len(set(rows)) > 1:
        raise ValueError(f"operators must have equal numbers of rows m to be drawn; got {rows}.")
    G, least = len(rows), Fraction(n, len(rows))
    published = f"published: m > k + {_text(least)}"
    linear = f"derived here, linear models: {G}(m - k) ≥ {n} - k"
    bounds: list[_Bound] = [("sufficient", published, lambda m: math.ceil(m - least) - 1)]
    if G > 1:
        bounds.append(("derived", linear, lambda m: (G * m - n) // (G - 1)))
    return least, bounds


def _group_bounds(action: GroupAction) -> tuple[Fraction, list[_Bound]]:
    """Least m, and the largest k that each bound covers, for one operator and a group."""
    table = action.irreps
    bounds: list[_Bound] = []
    if action.is_cyclic:
        c = table.max_multiplicity
        label = f"published: m > 2k + {c} + 1"
        bounds.append(("sufficient", label, lambda m: -((c + 1 - m) // 2) - 1))
    best, _ = best_element(action)
    label = f"derived here: m > 2k + {best}"
    bounds.append(("derived", label, lambda m: -((best - m) // 2) - 1))
    return table.max_ratio, bounds


def _text(value: Fraction) -> str:
    return str(value) if value.denominator == 1 else f"{float(value):.2f}"


def _legend(ax: Axes, **where: Any) -> Axes:
    if ax.get_legend_handles_labels()[1]:
        # No frame, but a ground of its own where lines pass below.
        ax.legend(edgecolor="none", framealpha=0.85, fontsize="small", **where)
    return ax
