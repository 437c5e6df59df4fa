"""What stands below a phase diagram: its legend, and how it was made."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.legend import Legend
from matplotlib.transforms import ScaledTranslation

if TYPE_CHECKING:
    from ..sweep.diagram import PhaseDiagram

__all__ = [
    "GREY",
    "common",
    "describe",
    "folded",
    "joined",
    "legend_below",
    "parameters",
    "undecided",
    "write_below",
]

GREY = "#666666"
_COLUMNS, _LEGEND = 66, 52
_COMMA = ", "


def parameters(diagram: PhaseDiagram) -> dict[str, Any]:
    """Parameters of the task that a diagram was made with, as far as it says."""
    found = _task(diagram).get("parameters")
    return dict(found) if isinstance(found, Mapping) else {}


def _specification(diagram: PhaseDiagram) -> Mapping[str, Any]:
    found = diagram.provenance.get("specification")
    return found if isinstance(found, Mapping) else {}


def _task(diagram: PhaseDiagram) -> Mapping[str, Any]:
    found = _specification(diagram).get("task")
    return found if isinstance(found, Mapping) else {}


def describe(diagram: PhaseDiagram, fixed: Mapping[str, int] | None = None) -> str:
    """Write n, what else was fixed, trials per cell, the rule of success and the seed in a line.

    What the provenance does not say is left out.
    """
    held = {
        name: value
        for name, value in parameters(diagram).items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    held |= dict(fixed or {})
    parts = [
        f"{name} = {held[name]}" for name in sorted(held, key=lambda name: (name != "n", name))
    ]
    run = np.asarray(diagram.trials + diagram.undecided)
    run = run[run > 0]
    if run.size:
        least, most = int(run.min()), int(run.max())
        each = f"{least} to {most}" if least < most else least
        parts.append(f"{each} trial{'s' * (most > 1)} per cell")
    name = _task(diagram).get("name")
    if isinstance(name, str) and name:
        parts.append(f"success: {name.rpartition(':')[2]}")
    seed = _specification(diagram).get("seed")
    if isinstance(seed, int) and not isinstance(seed, bool):
        parts.append(f"seed {seed}")
    return _COMMA.join(parts)


def undecided(*diagrams: PhaseDiagram) -> str:
    """Write how many trials of some diagrams could not be decided; nothing where all were."""
    count = sum(int(diagram.undecided.sum()) for diagram in diagrams)
    return f"{count} trial{'s' * (count > 1)} undecided" * (count > 0)


def common(texts: Sequence[str]) -> str:
    """Return those parts that all descriptions share."""
    parts = [text.split(_COMMA) for text in texts]
    return _COMMA.join(part for part in parts[0] if all(part in other for other in parts))


def joined(*texts: str) -> str:
    """Parts of a description, those that say anything, in one."""
    return _COMMA.join(filter(None, texts))


def legend_below(ax: Axes) -> Legend | None:
    """Put the legend below the axes: a phase diagram has no free corner."""
    handles, labels = ax.get_legend_handles_labels()
    if not labels:
        return None
    tick = ax.xaxis.get_major_ticks(1)[0]
    points = tick.get_tick_padding() + 1.2 * float(tick.label1.get_fontsize())
    if ax.get_xlabel():
        points += ax.xaxis.labelpad + 1.4 * float(ax.xaxis.label.get_fontsize())
    shift = ScaledTranslation(0.0, -(points + 4.0) / 72.0, ax.figure.dpi_scale_trans)
    return ax.legend(
        handles,
        [textwrap.fill(label, _LEGEND) for label in labels],
        loc="upper left",
        bbox_to_anchor=(0.0, 0.0),
        bbox_transform=ax.transAxes + shift,
        borderaxespad=0.0,
        borderpad=0.0,
        frameon=False,
        fontsize="small",
        handlelength=2.0,
    )


def folded(text: str, columns: int) -> str:
    """Text in lines that end at commas only."""
    parts = _COMMA.join(part.replace(" ", "\N{NO-BREAK SPACE}") for part in text.split(_COMMA))
    return textwrap.fill(parts, columns).replace("\N{NO-BREAK SPACE}", " ")


def write_below(ax: Axes, text: str, above: Artist | None = None) -> None:
    """Write small grey text below the label of the x axis, or below another artist."""
    if not text:
        return
    anchor = ax.xaxis.label if above is None else above
    ax.annotate(
        folded(text, _COLUMNS),
        (0.0, 0.0),
        xycoords=("axes fraction", anchor),
        xytext=(0.0, -5.0),
        textcoords="offset points",
        verticalalignment="top",
        fontsize="x-small",
        color=GREY,
        annotation_clip=False,
    )
