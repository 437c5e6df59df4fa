"""The smallest example, n = 3 and m = 2: `python figures/toy.py` draws it from stored evidence.

Signals are the multiples of (1, 1, 1), and A keeps the first two coordinates. Evidence lies in
`figures/headlines/toy.json` and is computed where it is missing, or with `--recompute`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import make
import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d.art3d import Poly3DCollection

import sensing_theorems as st

__all__ = ["EVIDENCE", "PICTURE", "draw", "evidence", "load", "main"]

FOLDER = Path(__file__).resolve().parent / "headlines"
EVIDENCE, PICTURE = FOLDER / "toy.json", FOLDER / "toy.svg"
COLOURS = ("#D55E00", "#0072B2", "#009E73")
NAMES = ("A", "A T", "A T²")
REACH = 1.15


def evidence() -> dict[str, Any]:
    """What is consistent with A alone and with its three shifts, by `identify`."""
    keeps = np.eye(3)[:2]
    model, shifts = st.models.Subspace(np.ones((3, 1))), st.groups.shifts(3)
    alone, together = st.identify(model, keeps), st.identify(model, keeps, shifts)
    generator = shifts.generators[0]
    views, rows = [], keeps
    for _ in NAMES:
        views.append(rows)
        rows = _moved(rows, generator)
    return {
        "views": [view.tolist() for view in views],
        "rank": [st.stacked_rank(keeps).rank, st.stacked_rank(keeps, shifts).rank],
        "verdict": [alone.verdict.value, together.verdict.value],
        "extra": [alone.identified_up_to.dim, 0],
    }


def _moved(rows: np.ndarray, generator: Any) -> np.ndarray:
    """Rows of A T from those of A."""
    matrix = np.column_stack([generator(unit) for unit in np.eye(3)])
    return rows @ matrix


def load() -> dict[str, Any]:
    """Stored evidence."""
    return json.loads(EVIDENCE.read_text(encoding="utf-8"))


def hidden(view: Sequence[Sequence[float]]) -> np.ndarray:
    """Unit vector that an operator of two rows does not see."""
    found = np.cross(*np.asarray(view, float))
    return found / np.linalg.norm(found)


def draw(data: dict[str, Any]) -> Figure:
    """One plane of consistent signals; three of them; and these three seen along the model."""
    figure = Figure(figsize=(9.6, 3.7), layout="constrained")
    figure.suptitle(
        "n = 3, m = 2: what fits one operator, and what fits all three of its shifts",
        fontsize=11,
        weight="bold",
    )
    for place, count in ((1, 1), (2, 3)):
        space = figure.add_subplot(1, 3, place, projection="3d")
        _space(space, data["views"][:count])
        states = ("a plane fits A: not identified", "three planes meet in X: identified")
        space.set_title(states[count > 1], fontsize=9)
    _along(figure.add_subplot(1, 3, 3), data["views"])
    return figure


def _space(ax: Any, views: Sequence[Any]) -> None:
    x = np.ones(3)
    for view, colour in zip(views, COLOURS, strict=False):
        v = 1.25 * hidden(view)
        corners = [REACH * x + v, REACH * x - v, -REACH * x - v, -REACH * x + v]
        plane = Poly3DCollection([corners], facecolor=colour, alpha=0.25, edgecolor=colour)
        ax.add_collection3d(plane)
    ax.plot(*np.outer(x, [-REACH, REACH]), color="black", linewidth=2.5)
    ax.text(*(1.3 * x), "X", fontsize=11)
    if len(views) == 1:
        seen = np.array([[1, 1, 0]]).T * [-REACH, REACH] + np.array([[0, 0, -2.2]]).T
        ax.plot(*seen, color=COLOURS[0], linewidth=2)
        ax.text(-REACH, -REACH - 0.9, -1.95, "A X", color=COLOURS[0], fontsize=10)
    ax.set(xlim=(-1.7, 1.7), ylim=(-1.7, 1.7), zlim=(-2.2, 2.2))
    ax.set(xticklabels=[], yticklabels=[], zticklabels=[], xlabel="x₁", ylabel="x₂", zlabel="x₃")
    ax.xaxis.labelpad = ax.yaxis.labelpad = ax.zaxis.labelpad = -12
    ax.set_box_aspect((1, 1, 1), zoom=1.15)
    ax.view_init(elev=14, azim=-40)


def _along(ax: Axes, views: Sequence[Any]) -> None:
    """Planes as lines, in the plane orthogonal to X."""
    across = np.array([[1, -1, 0], [1, 1, -2]]) / np.sqrt([[2], [6]])
    for view, colour, name in zip(views, COLOURS, NAMES, strict=True):
        u = across @ hidden(view)
        u /= np.linalg.norm(u)
        ax.plot(*np.outer(u, [-1, 1]), color=colour, linewidth=2)
        ax.annotate(name, 1.12 * u, color=colour, ha="center", va="center", fontsize=10)
    ax.plot(0, 0, "o", color="black", markersize=7)
    ax.annotate("X", (0.07, -0.16), fontsize=11)
    ax.set(xlim=(-1.35, 1.35), ylim=(-1.35, 1.35), aspect="equal", xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    ax.set_title("the three planes, seen along X", fontsize=9)


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw the picture, after computing the evidence where it is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recompute", action="store_true", help="compute the evidence again")
    if parser.parse_args(arguments).recompute or not EVIDENCE.exists():
        FOLDER.mkdir(exist_ok=True)
        EVIDENCE.write_text(json.dumps(evidence(), indent=1) + "\n", encoding="utf-8")
    with matplotlib.style.context(["default", make.STYLE]):
        about = {"Date": None, "Creator": make.versions()}
        draw(load()).savefig(PICTURE, metadata=about)
    print("figures/headlines/toy.svg")


if __name__ == "__main__":
    main()
