"""Charts of a report: how much of every irrep is seen, and the spectrum of the stack."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from .pictures import INK, LOST, SEEN, WIDE, plain_style

if TYPE_CHECKING:
    from ..report import Report

__all__ = ["irreps_seen", "spectrum"]

_BARS = 24
_GOOD, _ZERO = "#1f6f8b", "#b3412e"


def irreps_seen(report: Report) -> Figure | None:
    """How much of every irrep the stack sees; ``None`` where the irreps are not known.

    For shifts along two axes this is the Fourier plane, zero frequency in the centre; along one
    axis a curve over frequency; otherwise one bar per irrep, or per kind of irrep if they are many.
    """
    if not report.rank.lost or report.problem.action is None:
        return None
    periods = _frequencies(report)
    if periods is not None and len(periods) == 2:
        return _plane(report, periods)
    if periods is not None and len(periods) == 1 and periods[0] > _BARS:
        return _line(report, periods[0])
    return _bars(_bar_rows(report))


def _frequencies(report: Report) -> tuple[int, ...] | None:
    """Periods longer than one, where the irreps are the frequencies of one lattice of shifts."""
    action = report.problem.action
    if action is None or action.kind != "abelian" or len(action.parts.types) != 1:
        return None
    orbit = action.parts.types[0]
    twisted = any(orbit.halves) or any(any(row) for row in orbit.relations)
    if twisted or orbit.periods != action.periods or len(report.rank.lost) != 1:
        return None
    return tuple(period for period in orbit.periods if period > 1)


def _fractions(report: Report, periods: tuple[int, ...]) -> np.ndarray:
    """Share of each multiplicity that is seen, zero frequency in the centre."""
    family, missing = report.rank.lost[0]
    return np.fft.fftshift((1 - missing / family.multiplicity).reshape(periods))


def _axis_labels(report: Report, periods: tuple[int, ...]) -> list[str]:
    action = report.problem.action
    if action is not None and action.name.startswith("shifts") and action.shape == periods:
        names = ["vertical ", "horizontal "] if len(periods) == 2 else [""]
        unit = "cycles per image" if len(periods) == 2 else "cycles per signal"
        return [f"{name}frequency ({unit})" for name in names]
    if len(periods) == 1:
        return ["frequency (index)"]
    return [f"frequency along generator {i + 1}" for i in range(len(periods))]


@plain_style
def _plane(report: Report, periods: tuple[int, ...]) -> Figure:
    seen = _fractions(report, periods)
    sharp = bool(np.isin(seen, (0.0, 1.0)).all())
    figure = Figure(figsize=(4.6, 4.2 if sharp else 3.8))
    low, high = (0.2, 0.77) if sharp else (0.15, 0.82)
    axes = figure.add_axes((0.15, low, 0.82 if sharp else 0.68, high))
    down, right = (-(period // 2) - 0.5 for period in periods)
    extent = (right, right + periods[1], down + periods[0], down)
    aspect: Literal["equal", "auto"] = "equal" if max(periods) <= 4 * min(periods) else "auto"
    if sharp:
        shown = ListedColormap([LOST, SEEN])
        axes.imshow(seen, cmap=shown, vmin=0, vmax=1, extent=extent, aspect=aspect)
        _legend(figure, report.rank.clear)
    else:
        drawn = axes.imshow(seen, cmap="cividis", vmin=0, vmax=1, extent=extent, aspect=aspect)
        bar = figure.colorbar(drawn, cax=figure.add_axes((0.85, low, 0.035, high)))
        bar.set_label("share of the multiplicity seen", fontsize=9)
        bar.ax.tick_params(labelsize=9)
    vertical, horizontal = _axis_labels(report, periods)
    axes.set_xlabel(horizontal)
    axes.set_ylabel(vertical)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(6, integer=True))
    return figure


def _legend(figure: Figure, clear: bool) -> None:
    names = ("seen", "seen by no view" if clear else "below the tolerance")
    handles = [
        Patch(facecolor=colour, edgecolor=INK, linewidth=0.5, label=name)
        for colour, name in zip((SEEN, LOST), names, strict=True)
    ]
    figure.legend(handles=handles, loc="lower center", ncols=2, frameon=False, fontsize=10)


@plain_style
def _line(report: Report, period: int) -> Figure:
    seen = _fractions(report, (period,))
    family, _ = report.rank.lost[0]
    figure = Figure(figsize=WIDE)
    axes = figure.add_axes((0.12, 0.29, 0.85, 0.66))
    at = np.arange(period) - period // 2
    axes.bar(at, seen * family.multiplicity, width=1.0, color=SEEN)
    axes.bar(
        at,
        (1 - seen) * family.multiplicity,
        bottom=seen * family.multiplicity,
        width=1.0,
        color=LOST,
    )
    axes.set_xlim(at[0] - 0.5, at[-1] + 0.5)
    axes.set_xlabel(_axis_labels(report, (period,))[0])
    axes.set_ylabel(f"rank, of multiplicity {family.multiplicity}")
    axes.set_ylim(0, family.multiplicity)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    _legend(figure, report.rank.clear)
    return figure


class _Bar(NamedTuple):
    label: str
    seen: int
    multiplicity: int


def _bar_rows(report: Report) -> list[_Bar]:
    """One row per irrep, or per (dimension, multiplicity, rank) if there are too many."""
    lost = report.rank.lost
    if sum(family.count for family, _ in lost) <= _BARS:
        return [
            _Bar(
                _named(family.label(i), family.dim),
                family.multiplicity - int(missing[i]),
                family.multiplicity,
            )
            for family, missing in lost
            for i in range(family.count)
        ]
    kinds: Counter[tuple[int, int, int]] = Counter()
    for family, missing in lost:
        for gone, count in zip(*np.unique(missing, return_counts=True), strict=True):
            kinds[family.dim, family.multiplicity, int(gone)] += int(count)
    worst = sorted(kinds.items(), key=lambda kind: (-kind[0][2], kind[0]))
    rows = [
        _Bar(_named(f"{count} irrep{'s' * (count > 1)}", s), c - gone, c)
        for (s, c, gone), count in worst
    ]
    return rows[:_BARS]


def _named(label: str, dim: int) -> str:
    return label if dim == 1 else f"{label}, s = {dim}"


@plain_style
def _bars(rows: list[_Bar]) -> Figure:
    figure = Figure(figsize=(4.6, 0.9 + 0.27 * len(rows)), layout="constrained")
    axes = figure.subplots()
    at = np.arange(len(rows))
    seen = np.array([row.seen for row in rows])
    total = np.array([row.multiplicity for row in rows])
    axes.barh(at, seen, color=SEEN, edgecolor=INK, linewidth=0.4)
    axes.barh(at, total - seen, left=seen, color=LOST, edgecolor=INK, linewidth=0.4)
    for place, row in enumerate(rows):
        text = f" {row.seen} of {row.multiplicity}"
        axes.text(row.multiplicity, place, text, va="center", fontsize=9, color=INK)
    axes.set_yticks(at, [row.label for row in rows], fontsize=9, parse_math=False)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0, 1.3 * max(1, int(total.max())))
    axes.set_xlabel("rank, of the multiplicity")
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.spines[["top", "right"]].set_visible(False)
    return figure


@plain_style
def spectrum(report: Report) -> Figure | None:
    """Singular values of the stack and the tolerance; ``None`` where they were not computed."""
    values = report.rank.singular_values
    if values is None or not values.size or values[0] == 0:
        return None
    tolerance = report.rank.tolerance
    floor = max(tolerance * 1e-3, values[0] * 1e-25, math.ulp(0.0))
    figure = Figure(figsize=WIDE)
    axes = figure.add_axes((0.19, 0.18, 0.78, 0.77))
    at = np.arange(1, values.size + 1)
    kept = values > tolerance
    size = 4 if values.size <= 200 else 2
    axes.plot(at[kept], values[kept], "o", color=_GOOD, markersize=size)
    axes.plot(at[~kept], np.maximum(values[~kept], floor), "o", color=_ZERO, markersize=size)
    axes.axhline(tolerance, color=INK, linestyle="--", linewidth=0.9)
    note = "tolerance; red counts as zero" if not kept.all() else "tolerance"
    axes.annotate(
        note,
        (0.02, tolerance),
        xycoords=("axes fraction", "data"),
        xytext=(0, 4),
        textcoords="offset points",
        fontsize=9,
        color=INK,
    )
    axes.set_yscale("log")
    # Powers set as mathematics would be parsed one by one, slower than all else here.
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0e}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("number")
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set_ylabel("singular value of the stack")
    axes.spines[["top", "right"]].set_visible(False)
    return figure
