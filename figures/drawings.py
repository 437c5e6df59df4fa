"""One drawing per theorem key, from stored evidence alone. Those on groups: `group_drawings.py`."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from sensing_theorems import plot
from sensing_theorems.theorems import THEOREMS

__all__ = ["DRAWINGS", "draw"]

Arrays = Mapping[str, np.ndarray]
DRAWINGS: dict[str, Callable[[Arrays, Figure], None]] = {}
SIZE = (9.0, 4.2)
GREY = "#777777"
# Without the colours that stand for a kind of statement.
SERIES = ("#000000", "#0072B2", "#009E73", "#E69F00", "#56B4E9")
MARKERS = ("o", "s", "^", "D", "v")


def register(function: Callable[[Arrays, Figure], None]) -> Callable[[Arrays, Figure], None]:
    """Enter a function into `DRAWINGS` under its own name, a theorem key."""
    DRAWINGS[function.__name__] = function
    return function


def draw(key: str, data: Arrays) -> Figure:
    """The figure of a theorem, with its kind, status and source below."""
    figure = Figure(figsize=SIZE, layout="constrained")
    DRAWINGS[key](data, figure)
    theorem = THEOREMS[key]
    kind = theorem.kind if theorem.status == "published" else f"{theorem.kind}, derived here"
    source = theorem.source if theorem.status == "published" else "no published statement"
    text = textwrap.shorten(f"{key} ({kind}): {source}", 130, placeholder=" …")
    figure.supxlabel(text, fontsize=8, color=GREY)
    return figure


def panels(figure: Figure, count: int, title: str, widths: list[float] | None = None) -> list[Axes]:
    figure.suptitle(title, fontsize=12, weight="bold")
    axes = figure.subplots(1, count, width_ratios=widths, squeeze=False)[0]
    return [plot.tidy(ax) for ax in axes]


def picture(ax: Axes, image: np.ndarray, title: str, **style: object) -> None:
    ax.imshow(image, interpolation="nearest", **({"cmap": "gray"} | style))
    ax.set(xticks=[], yticks=[])
    ax.set_title(title, fontsize=9)
    ax.spines[:].set_visible(False)


def turn(ax: Axes, where: float, colour: str) -> None:
    ax.axvline(where, color=colour, linewidth=1.0, linestyle=(0, (4, 2)), zorder=0)


@register
def measurement_consistency(data: Arrays, figure: Figure) -> None:
    title = "Two images, one measurement: consistency leaves the null space of A free"
    figure.set_size_inches(SIZE[0], 3.2)
    axes = panels(figure, 5, title, [1, 1, 1, 1, 1.4])
    image, other, n = data["image"], data["other"], data["rank"].max()
    rows = int(data["mask"].any(axis=1).sum())
    picture(axes[0], image, "x: MR slice, 64 × 64", vmin=0, vmax=1)
    picture(axes[1], other - image, "v in null A", vmin=-0.5, vmax=0.5)
    picture(axes[2], other, "x + v", vmin=0, vmax=1)
    picture(axes[3], np.fft.fftshift(data["mask"]), f"A: {rows} of 64 Fourier lines")
    axes[0].set_xlabel(f"max |Ax| = {float(data['signal']):.3g}", fontsize=9)
    axes[2].set_xlabel(f"max |A(x + v) - Ax|\n= {float(data['difference']):.0e}", fontsize=9)
    axes[4].plot(data["rank"] / n, data["free"], "k.", markersize=4)
    axes[4].plot([1], data["free"][-1:], "o", color=plot.KINDS["necessary"][0], clip_on=False)
    arrow = {"arrowstyle": "->"}
    axes[4].annotate("0 only here", (1, 0), (0.45, 0.3), fontsize=9, arrowprops=arrow)
    axes[4].set(xlabel="rank A / n, centre lines", ylim=(0, None))
    axes[4].set_title("share of x in null A", fontsize=9)


@register
def known_model(data: Arrays, figure: Figure) -> None:
    left, right = panels(figure, 2, "A known model: A is one-to-one on it once m > 2k")
    m, trials = data["m"], int(data["trials"])
    for i, k in enumerate(data["k"]):
        style = {"color": SERIES[i], "marker": MARKERS[i]}
        left.plot(m, data["hits"][i] / trials, label=f"k = {k}", **style)
        turn(left, 2 * k, SERIES[i])
    left.set_title("six random subspaces: already at m = 2k, a cone", fontsize=10)
    share = data["polygon"] / trials
    right.plot(m, share, color=SERIES[0], marker="o")
    turn(right, 2, SERIES[0])
    crossing = f"at m = 2k: {share[1]:.1%} of {trials} draws\ndo not cross themselves"
    right.annotate(
        crossing, (2, share[1]), (3.2, 0.35), fontsize=9, arrowprops={"arrowstyle": "->"}
    )
    right.set_title("closed hexagon, k = 1, no cone: from m > 2k on", fontsize=10)
    for ax in (left, right):
        ax.yaxis.set_major_formatter(PercentFormatter(1))
        ax.set(xlabel="rows m of A", ylabel="draws on which A is one-to-one", ylim=(-0.04, 1.04))
    left.legend(loc="center right", frameon=False)


@register
def stacked_rank(data: Arrays, figure: Figure) -> None:
    G, n, m = int(data["G"]), int(data["n"]), data["m"]
    title = f"{G} operators: what counts is the rank of their stack, not their number"
    curve, looks, same = panels(figure, 3, title, [2.4, 1, 1])
    labels = ("Gaussian, independent", "random masks, independent", "the same mask every time")
    for i, label in enumerate(labels):
        rank = data["rank"][i] / n
        curve.plot(m, rank.mean(axis=1), color=SERIES[i], marker=MARKERS[i], ms=3.5, label=label)
        curve.fill_between(m, rank.min(axis=1), rank.max(axis=1), color=SERIES[i], alpha=0.2, lw=0)
    necessary = {**plot.line_style("necessary"), "zorder": 0}
    curve.axvline(n / G, **necessary, label=f"necessary: m ≥ n/G = {n / G:g}")
    curve.set(xlabel="rows m of each operator", ylabel="rank of the stack / n", ylim=(0, 1.04))
    curve.legend(loc="center right", frameon=False, fontsize=9, bbox_to_anchor=(1, 0.75))
    for ax, image, name in (
        (looks, data["looks"], "ten masks"),
        (same, data["same"], "one mask ten times"),
    ):
        shown = np.ma.masked_equal(image, 0)
        picture(ax, shown, f"{name}, m = 26", cmap="Greys_r", vmin=-6, vmax=11)
        # Unseen pixels are the point, so they alone are in colour.
        ax.set_facecolor(plot.KINDS["necessary"][0])
        ax.set_xlabel(f"never seen: {int((image == 0).sum())} of {n}", fontsize=9)


@register
def measurement_count(data: Arrays, figure: Figure) -> None:
    (ax,) = panels(figure, 1, "Counting rows: below m = n/G no stack has rank n")
    n, m = int(data["n"]), data["m"]
    for i, G in enumerate(data["G"]):
        full = int(m[np.argmax(data["rank"][i] == n)])
        label = f"G = {G}: n/G = {n / G:.4g}, full at m = {full}"
        style = {"color": SERIES[i], "marker": MARKERS[i], "ms": 3, "lw": 1.0}
        ax.plot(m, data["rank"][i] / n, label=label, **style)
        turn(ax, n / G, SERIES[i])
    ax.set(
        xlabel="rows m of each of G Gaussian operators", ylabel=f"rank of the stack / n, n = {n}"
    )
    ax.set(xlim=(0, n + 1), ylim=(0, 1.04))
    ax.legend(loc="lower right", frameon=False, fontsize=9, bbox_to_anchor=(0.95, 0))


@register
def generic_operators(data: Arrays, figure: Figure) -> None:
    n, k, trials = int(data["n"]), int(data["k"]), int(data["trials"])
    title = "Independent operators: a subspace is identified before the published bound"
    (ax,) = panels(figure, 1, title)
    m, G = data["m"], data["G"]
    ax.pcolormesh(m, G, data["hits"] / trials, cmap="Greys_r", vmin=-0.9, vmax=1.1)
    below, above = data["hits"].min(), data["hits"].max()
    words = f"of {trials} random subspaces, k = {k}: identified"
    ax.text(6.8, 1.2, f"{below} {words}", color="white", fontsize=10)
    ax.text(16, 7, f"{above} {words}", fontsize=10)
    # The first m that a bound covers, as the left edge of its cell.
    least = {
        ("sufficient", "published: m > k + n/G"): k + n // G + 1,
        ("derived", "derived here, subspaces: m ≥ k + (n - k)/G"): k - (k - n) // G,
    }
    for (kind, label), first in least.items():
        corners = np.stack([G - 0.5, G + 0.5], axis=1).reshape(-1)
        style = plot.line_style(kind) | {"linewidth": 2.4}
        ax.plot(np.repeat(first, 2) - 0.5, corners, label=label, **style)
    ax.set(xlim=(m.min() - 0.5, n + 0.5), ylim=(0.5, G.max() + 0.5), yticks=G[1::2])
    ax.set(xlabel=f"rows m of each operator, n = {n}", ylabel="number G of operators")
    ax.legend(loc="upper right", framealpha=0.9, edgecolor="none")
