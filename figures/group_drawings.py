"""Drawings of the theorems on group actions."""

from __future__ import annotations

import group_evidence
import numpy as np
from drawings import GREY, MARKERS, SERIES, Arrays, panels, register, turn
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sensing_theorems import plot


@register
def virtual_rank(data: Arrays, figure: Figure) -> None:
    axes = panels(figure, 2, "Symmetry makes one operator many, unless it has that symmetry itself")
    n, points = int(data["n"]), data["points"]
    labels = ("Gaussian rows", "random pixels", "random Fourier rows", "low Fourier rows")
    names = ("shifts", "quarter turns")
    for a, ax in enumerate(axes):
        for kind, label in enumerate(labels):
            rows = points[(points[:, 0] == a) & (points[:, 1] == kind)]
            # Open and large where others lie on top.
            size = {"ms": 7, "markerfacecolor": "white"} if kind == 0 else {"ms": 4}
            style = {"color": SERIES[kind], "marker": MARKERS[kind], "lw": 0.8, **size}
            rows = rows[np.argsort(rows[:, 2], kind="stable")]
            ax.plot(rows[:, 2], rows[:, 3], label=label, **style)
        ax.plot([0, n], [0, n], color=GREY, lw=0.8, zorder=0)
        ax.axhline(n, color=GREY, lw=0.8, zorder=0)
        necessary = {**plot.line_style("necessary"), "zorder": 0}
        ratio = data["ratios"][a]
        ax.axvline(ratio, **necessary, label=f"max c/s = {ratio:g}")
        ax.set_title(f"{names[a]} of 16 × 16 pixels", fontsize=10)
        ax.set(xlabel="rank A", ylabel=r"rank of $[A T_g]_g$", xlim=(0, n), ylim=(0, 1.04 * n))
        ax.set(xticks=range(0, n + 1, 64), yticks=range(0, n + 1, 64))
    axes[1].legend(loc="lower right", frameon=False, fontsize=9)
    axes[0].legend(*_only(axes[0], "max c/s"), loc="lower right", frameon=False, fontsize=9)


def _only(ax: Axes, start: str) -> tuple[list, list]:
    """Handles and labels of the legend entries that start so."""
    pairs = zip(*ax.get_legend_handles_labels(), strict=True)
    handles, labels = zip(*[pair for pair in pairs if pair[1].startswith(start)], strict=True)
    return list(handles), list(labels)


@register
def irrep_multiplicity(data: Arrays, figure: Figure) -> None:
    title = "One generic operator and a group: rank n exactly from m = max c/s on"
    (ax,) = panels(figure, 1, title)
    m = data["m"]
    for i, name in enumerate(data["names"]):
        n, ratio = int(data["n"][i]), data["ratio"][i]
        full = int(m[np.argmax(data["rank"][i] == n)])
        label = f"{name}: max c/s = {ratio:g}, full at m = {full}"
        ax.plot(m, data["rank"][i] / n, color=SERIES[i], marker=MARKERS[i], ls="none", label=label)
        ax.plot(m, data["generic"][i] / n, color=SERIES[i], lw=1.0)
        turn(ax, ratio, SERIES[i])
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlabel="rows m of A", ylabel=r"rank of $[A T_g]_g$ / n", ylim=(0, 1.04))
    ax.set_xlim(0, m.max() + 0.5)
    ax.legend(loc="lower right", framealpha=1, edgecolor="none", fontsize=9)


@register
def equivariant_operator(data: Arrays, figure: Figure) -> None:
    title = "An equivariant operator gains nothing; the others may gain too little"
    ax, key = panels(figure, 2, title, [1.5, 1])
    n, same = int(data["n"]), data["equivariant"]
    ax.plot([0, n], [0, n], color=GREY, lw=0.8, zorder=0)
    ax.axhline(n, color=GREY, lw=0.8, zorder=0)
    points = list(zip(data["alone"].tolist(), data["stack"].tolist(), strict=True))
    for point in dict.fromkeys(points):
        here = [i for i, other in enumerate(points) if other == point]
        label = ", ".join(str(i + 1) for i in here)
        ax.plot(*point, **_point_style(bool(same[here[0]]), point[1] == n))
        ax.annotate(label, point, (6, -12), textcoords="offset points", fontsize=9)
    for i, name in enumerate(data["names"]):
        key.text(0.0, 0.72 - i / 17, f"{i + 1}", fontsize=9, transform=key.transAxes)
        key.text(0.09, 0.72 - i / 17, str(name), fontsize=9, transform=key.transAxes)
    for equal, full, label in (
        (True, False, "equivariant: rank A remains"),
        (False, False, "not equivariant, rank below n"),
        (False, True, "not equivariant, rank n"),
    ):
        key.plot([], [], label=label, **_point_style(equal, full))
    key.legend(loc="upper left", frameon=False, fontsize=9, borderpad=0, handletextpad=0.1)
    key.set_axis_off()
    ax.set(xlabel="rank A", ylabel=r"rank of $[A T_g]_g$", xlim=(0, n), ylim=(0, 1.06 * n))
    ax.set(xticks=range(0, n + 1, 64), yticks=range(0, n + 1, 64))


def _point_style(equivariant: bool, full: bool) -> dict[str, object]:
    colour = plot.KINDS["exact" if full else "necessary"][0]
    face = colour if full else "white"
    marker = "s" if equivariant else "o"
    return {"marker": marker, "color": colour, "markerfacecolor": face, "ms": 7, "ls": "none"}


def _outcomes(ax: Axes, outcomes: np.ndarray, panel: int) -> None:
    rows = outcomes[outcomes[:, 0] == panel]
    yes = rows[:, 3] == rows[:, 4]
    no = rows[:, 3] == 0
    mixed = ~yes & ~no
    styles = (
        (yes, "black", "orbit of a subspace: identified"),
        (no, "white", "orbit of a subspace: not identified"),
        (mixed, "grey", "orbit of a subspace: in some draws"),
    )
    for chosen, face, label in styles:
        if chosen.any():
            m, k = rows[chosen, 2], rows[chosen, 1]
            style = {"ls": "none", "color": "k", "markerfacecolor": face, "ms": 6}
            ax.plot(m, k, marker="o", label=label, **style)


def _bounds(data: Arrays, axes: list[Axes], actions: list, names: list[str]) -> None:
    for panel, (ax, action) in enumerate(zip(axes, actions, strict=True)):
        plot.plot_bounds(action, ax)
        _outcomes(ax, data["outcomes"], panel)
        ax.set(ylim=(0, 3.5), xlim=(0, action.n + 0.4), yticks=range(4))
        ax.set_title(names[panel], fontsize=10)
        _legend_below(ax)


def _legend_below(ax: Axes) -> None:
    ax.legend(loc="upper center", bbox_to_anchor=(0.45, -0.2), fontsize=9, frameon=False)


@register
def cyclic_group(data: Arrays, figure: Figure) -> None:
    axes = panels(
        figure, 3, "One operator and a cyclic group: what is proved, what one model needs"
    )
    names = ["shifts, n = 6", "shifts by 2, n = 8", "shifts by 4, n = 12"]
    _bounds(data, axes, list(group_evidence.cyclic_actions()), names)


@register
def any_group(data: Arrays, figure: Figure) -> None:
    axes = panels(figure, 3, "No cyclic group: the published bound is silent, one element speaks")
    names = ["shifts of 2 × 2 pixels, 2 channels", "dihedral, 3 × 3 pixels", "S₃ on two channels"]
    _bounds(data, axes, list(group_evidence.finite_actions()), names)


@register
def effective_group(data: Arrays, figure: Figure) -> None:
    axes = panels(figure, 3, "A mask of period p under all shifts: p operators differ, not n")
    n, rows = int(data["n"]), data["rows"]
    r = np.linspace(1, n, 200)
    for ax, period in zip(axes, np.unique(rows[:, 0]), strict=True):
        found = rows[rows[:, 0] == period]
        reach = np.minimum(r, (period * r - n) / (period - 1))
        label = f"|G:H|(r - k) ≥ n - k, |G:H| = {period}"
        ax.plot(r, np.where(reach < 0, np.nan, reach), **plot.line_style("derived"), label=label)
        if period < n:
            ax.plot(r, (n * r - n) / (n - 1), color=GREY, lw=0.8, label=f"with |G| = {n} for |G:H|")
        open_circle = {"ms": 7, "markerfacecolor": "white"}
        ax.plot(found[:, 1], found[:, 2], "ko", label="generic subspaces", **open_circle)
        ax.plot(found[:, 1], found[:, 3], "k^", ms=4, label="best shift-invariant subspace")
        name = f"period {period}" if period < n else "no period"
        ax.set_title(f"{name}, n = {n}", fontsize=10)
        ax.set(xlabel="pixels kept, r = rank A", xlim=(0, n), ylim=(-0.7, n))
        ax.set(xticks=range(0, n + 1, 6), yticks=range(0, n + 1, 6))
        _legend_below(ax)
    axes[0].set_ylabel("largest identified k")
