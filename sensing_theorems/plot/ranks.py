"""Pictures of a stacked rank: against the rows of A, and its singular values."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from matplotlib.axes import Axes

from ..rank_result import RankResult
from ..spectrum import Spectrum
from .style import KINDS, PALE, axes, legend, line_style, write_ticks

__all__ = ["listed_spectrum", "plot_rank_curve", "plot_spectrum"]


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
    ax, n = axes(ax), results[0].n
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
    ax.axhline(n, color=PALE, linewidth=0.8, zorder=0)
    if bound is not None:
        ax.axvline(float(bound), **line_style("necessary"), label=f"necessary: m ≥ {bound}")
    for axis in (ax.xaxis, ax.yaxis):
        write_ticks(axis)
    ax.set(xlabel="rows m of A", ylabel="rank of the stack", ylim=(0, 1.05 * n))
    return legend(ax)


def listed_spectrum(rank_result: RankResult) -> Spectrum:
    """Singular values that a rank was found from."""
    if not isinstance(rank_result, RankResult):
        came = type(rank_result).__name__
        raise TypeError(f"`rank_result` must be a RankResult; got {came}.")
    spectrum = rank_result.spectrum
    if spectrum is None or not spectrum.listed:
        raise ValueError(
            f"method '{rank_result.method}' lists no singular values; compute the rank with "
            "method='blocks' or method='dense'."
        )
    return spectrum


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
    TypeError
        If `rank_result` is none, or `ax` no axes.
    ValueError
        If the method that found the rank has no singular values, not even estimates.
    """
    spectrum = listed_spectrum(rank_result)
    values, about = spectrum.values, ", estimated" if spectrum.relative_error else ""
    ax, tolerance = axes(ax), rank_result.tolerance
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
        ax.axhline(tolerance, color=PALE, linewidth=0.8, zorder=0, label="counts as zero")
    ax.set_yscale("log")
    write_ticks(ax.xaxis)
    ax.set(xlabel="number", ylabel=f"singular value of the stack{about}")
    return legend(ax)
