"""Two pairs of trainings side by side: `python figures/headlines.py [NAME …]`.

Drawn from what `figures/validate.py` stored in `figures/validation/`; nothing is trained here.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import make
import matplotlib.style
from matplotlib.figure import Figure

from sensing_theorems import plot
from sensing_theorems.comparison import Comparison

__all__ = ["FIGURES", "FOLDER", "draw", "main", "stored"]

FOLDER = Path(__file__).resolve().parent / "headlines"
RUNS = FOLDER.with_name("validation")
# Name of the picture: its title, and the titles of its panels by stored run.
FIGURES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "views": (
        "CT under quarter turns: one view fewer, and learning begins",
        {"ct-even": "8 views: A is equivariant", "ct-odd": "7 views: A is not"},
    ),
    "masks": (
        "Inpainting through ten masks of 30 % of the pixels, no symmetry",
        {"moi-same": "ten times the same mask", "moi-10": "ten masks that differ"},
    ),
}


def stored(name: str) -> list[Path]:
    """Files that a picture is drawn from."""
    return [RUNS / f"{key}.json" for key in FIGURES[name][1]]


def draw(name: str) -> Figure:
    """A picture of two panels on a common scale."""
    title, panels = FIGURES[name]
    figure = Figure(figsize=(11.0, 3.9), layout="constrained")
    figure.suptitle(title, fontsize=12, weight="bold")
    axes = figure.subplots(1, len(panels))
    for ax, (key, text) in zip(axes, panels.items(), strict=True):
        plot.plot_forgetting(Comparison.load(RUNS / f"{key}.json"), plot.tidy(ax), title=text)
    low = min(ax.get_ylim()[0] for ax in axes)
    high = max(ax.get_ylim()[1] for ax in axes)
    for ax in axes:
        ax.set_ylim(low, high)
    return figure


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw the pictures that were asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(FIGURES))
    chosen = parser.parse_args(arguments)
    unknown = sorted(set(chosen.names) - set(FIGURES))
    if unknown:
        parser.error(f"unknown name {', '.join(unknown)}; choose from {', '.join(FIGURES)}")
    FOLDER.mkdir(exist_ok=True)
    for name in chosen.names or FIGURES:
        with matplotlib.style.context(["default", make.STYLE]):
            about = {"Date": None, "Creator": make.versions()}
            draw(name).savefig(FOLDER / f"{name}.svg", metadata=about)
        print(f"figures/headlines/{name}.svg")


if __name__ == "__main__":
    main()
