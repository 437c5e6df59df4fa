"""Draw the figures of the benchmarks from their stored numbers: `python benchmarks/draw.py`.

Nothing is measured here. Equal numbers and equal library versions give equal files.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from sensing_theorems import plot

__all__ = ["FIGURES", "RESULTS", "main", "redraw", "versions"]

RESULTS = Path(__file__).resolve().parent / "results" / "rank_engine.json"
STYLE = {"svg.hashsalt": "sensing_theorems", "svg.fonttype": "path", "font.size": 9}
# Colours of Okabe and Ito, and a marker each.
LOOKS = {
    "ours": ("#000000", "o"),
    "frequency": ("#0072B2", "s"),
    "eigsh": ("#E69F00", "^"),
    "interpolative": ("#CC79A7", "v"),
    "gram": ("#009E73", "D"),
    "explicit": ("#D55E00", "P"),
}
GREY = "#777777"
STEP = 2.2  # between two crosses above each other
MET, MISSED = "#0072B2", "#D55E00"

Numbers = Mapping[str, Any]


def versions() -> str:
    """Libraries on which the bytes of a drawing depend."""
    needed = ("matplotlib", "numpy", "pillow")
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in needed)


def _when(found: Numbers) -> str:
    machine = found["environment"]
    names = ("numpy", "scipy", "python-flint")
    versions = ", ".join(f"{name} {machine['versions'][name]}" for name in names)
    blas = ", ".join(machine["blas"])
    return f"{found['date']}, {machine['cpus']} CPUs, {versions}, {blas}"


def _span(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _log(axis: Any, ticks: Sequence[float], text: Callable[[float, int], str]) -> None:
    axis.set_ticks(ticks)
    axis.set_major_formatter(FuncFormatter(text))
    axis.set_minor_locator(NullLocator())


def _dumbbells(ax: Axes, rows: Sequence[Numbers]) -> None:
    """One line per row: where we are, and where the target is."""
    for place, row in enumerate(rows):
        # Speeds all turn the same way, whichever way their target is put.
        turned = "our_seconds" in row and row["ratio_of"] == "ours/baseline"
        here, aim = ((1 / v if turned else v) for v in (row["ratio"], row["target"]))
        colour = MET if row["met"] else MISSED
        ax.plot([aim, here], [place, place], color=colour, lw=1.5, zorder=1)
        ax.plot(aim, place, "|", color="black", ms=13, mew=1.8, zorder=2)
        ax.plot(here, place, "o" if row["met"] else "X", color=colour, ms=7, zorder=3)
        right = here >= aim
        ax.annotate(
            f"{_span(here)}×",
            (here, place),
            (8 if right else -8, 0),
            textcoords="offset points",
            ha="left" if right else "right",
            va="center",
        )
    names = [f"{row['task']}\nagainst {row['baseline']}" for row in rows]
    ax.set_yticks(range(len(rows)), names, fontsize=8)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.set_xscale("log")
    ax.axvline(1, color=GREY, lw=0.8, ls=(0, (3, 3)), zorder=0)


def _key(ax: Axes) -> None:
    ax.plot([], [], "|", color="black", ms=11, mew=1.8, label="target")
    ax.plot([], [], "o", color=MET, ms=7, label="measured, target met")
    ax.plot([], [], "X", color=MISSED, ms=7, label="measured, target missed")
    ax.legend(loc="lower right", frameon=False)


def ratios(found: Numbers) -> Figure:
    """Speed and memory of every row against its peer and its target."""
    rows, memory = found["rows"], found["memory"]
    heights = [len(rows) + 1, len(memory) + 1]
    figure = Figure(figsize=(9.5, 1.6 + 0.42 * sum(heights)), layout="constrained")
    figure.suptitle("Ranks against named peers: how fast, and in how much memory", weight="bold")
    time, space = (plot.tidy(ax) for ax in figure.subplots(2, 1, height_ratios=heights))
    _dumbbells(time, rows)
    _key(time)
    time.set(xlabel="time of the peer / our time, more is better")
    _widen(time)
    _dumbbells(space, memory)
    space.set(xlabel="memory that the rank adds / memory of the operator, less is better")
    _widen(space)
    figure.supxlabel(_when(found), fontsize=8, color=GREY)
    return figure


def _widen(ax: Axes) -> None:
    """Leave room for the numbers beside the markers."""
    low, high = ax.get_xlim()
    ax.set_xlim(low / 4, high * 3)
    ax.xaxis.set_major_locator(LogLocator(10))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.10g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())


def _curve(ax: Axes, curve: Numbers) -> None:
    colour, marker = LOOKS[curve["name"]]
    n = [point["n"] for point in curve["points"]]
    seconds = [point["seconds"] for point in curve["points"]]
    ours = curve["name"] == "ours"
    wide = {"lw": 2.4 if ours else 1.4, "ms": 5 if ours else 4, "zorder": 4 if ours else 3}
    ax.plot(n, seconds, color=colour, marker=marker, label=curve["label"], **wide)


def _crosses(ax: Axes, kind: Numbers, limit: float) -> None:
    """Where each peer stops, and why: in a band of its own above the limit."""
    stopped = [curve for curve in kind["curves"] if curve["stopped"]]
    # Those that come far lie low, so that no line runs through the words of another.
    stopped.sort(key=lambda curve: -curve["stopped"]["n"])
    for place, curve in enumerate(stopped):
        colour, _ = LOOKS[curve["name"]]
        n, height = curve["stopped"]["n"], limit * STEP ** (place + 1)
        last = curve["points"][-1]
        ends = ([last["n"], n], [last["seconds"], height])
        ax.plot(*ends, color=colour, lw=0.9, ls=(0, (2, 2)), zorder=2)
        ax.plot(n, height, "x", color=colour, ms=7, mew=2, zorder=5)
        words = f"stopped: {curve['stopped']['why']}"
        beside = {"textcoords": "offset points", "va": "center", "fontsize": 8, "color": colour}
        ax.annotate(words, (n, height), (8, 0), **beside)


def rank_cost(found: Numbers) -> Figure:
    """Seconds against pixels, for us and for peers, each until it stops."""
    cost = found["cost"]
    limit = cost["limits"]["seconds"]
    figure = Figure(figsize=(10.5, 5.6), layout="constrained")
    figure.suptitle("Rank of an operator under all shifts of an image", weight="bold")
    axes = figure.subplots(1, len(cost["kinds"]), sharex=True, sharey=True)
    for ax, kind in zip(axes, cost["kinds"], strict=True):
        plot.tidy(ax).set(xscale="log", yscale="log")
        ax.set_title(kind["label"], fontsize=10)
        for curve in kind["curves"]:
            _curve(ax, curve)
        _crosses(ax, kind, limit)
        ax.axhline(limit, color=GREY, lw=0.8, ls=(0, (3, 3)), zorder=0)
        ax.set_xlabel("pixels n of the image, and shifts")
    axes[0].set_ylabel("time in seconds, median")
    sizes = [point["n"] for point in cost["kinds"][0]["curves"][0]["points"]]
    _log(axes[0].xaxis, sizes[:: max(1, len(sizes) // 6)], _power)
    _log(axes[0].yaxis, [10.0**k for k in range(-5, 2)], _plain)
    axes[0].set_ylim(top=limit * STEP ** len(LOOKS))
    where = {"loc": "center right", "bbox_to_anchor": (1.03, 0.58)}
    axes[0].legend(frameon=False, fontsize=8, labelspacing=0.6, **where)
    figure.supxlabel(_when(found), fontsize=8, color=GREY)
    return figure


def _plain(value: float, _: int) -> str:
    return f"{value:.5f}".rstrip("0").rstrip(".")


def _power(n: float, _: int) -> str:
    return f"$2^{{{int(n).bit_length() - 1}}}$"


FIGURES = {"ratios": ratios, "rank_cost": rank_cost}


def redraw(found: Numbers, name: str, target: Path) -> None:
    """Draw one figure from the numbers into a file of any format."""
    # Whatever the user's own settings are, the drawing must not depend on them.
    with matplotlib.style.context(["default", STYLE]):
        figure = FIGURES[name](found)
        svg = target.suffix == ".svg"
        about = {"metadata": {"Date": None, "Creator": versions()}} if svg else {"dpi": 110}
        figure.savefig(target, **about)


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw all figures beside the numbers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("numbers", nargs="?", type=Path, default=RESULTS, metavar="JSON")
    path = parser.parse_args(arguments).numbers
    found = json.loads(path.read_text(encoding="utf-8"))
    for name in FIGURES:
        target = path.with_name(f"{name}.svg")
        redraw(found, name, target)
        print(target.name)


if __name__ == "__main__":
    main()
