"""Labels that stand beside what they name, where lines end, and never on each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes

from .style import PALE

__all__ = ["EndLabel", "label_ends", "spread"]

_LEADER, _BESIDE = 9.0, 3.0  # points


class EndLabel(NamedTuple):
    """What to write at a height, and in which colour."""

    height: float
    text: str
    color: str


def spread(heights: Sequence[float], gap: float) -> np.ndarray:
    r"""Move ascending heights as little as possible so that they are `gap` apart.

    .. math:: \min_p \sum_i (p_i - h_i)^2, \quad p_{i+1} \ge p_i + \text{gap}

    which is isotonic regression of :math:`h_i - i\,\text{gap}`, by pooling what goes down.
    """
    pools: list[tuple[float, int]] = []
    for i, height in enumerate(heights):
        mean, size = height - i * gap, 1
        while pools and pools[-1][0] > mean:
            before, count = pools.pop()
            mean, size = (before * count + mean * size) / (count + size), count + size
        pools.append((mean, size))
    means = np.repeat([mean for mean, _ in pools], [size for _, size in pools])
    return means + gap * np.arange(len(heights))


def label_ends(ax: Axes, labels: Sequence[EndLabel], fontsize: float = 8.0) -> None:
    """Write labels to the right of the axes, with a thin line to the height that each names.

    The limits of the axes must be set before.
    """
    low, high = ax.get_ylim()
    tall = float(ax.bbox.height) / float(ax.figure.dpi) * 72.0
    # In the order of naming where heights are equal, from top to bottom.
    ascending = sorted(reversed(labels), key=lambda label: label.height)
    gap = 1.35 * fontsize * (high - low) / tall
    places = spread([label.height for label in ascending], gap)
    for label, place in zip(ascending, places, strict=True):
        ax.annotate(
            label.text,
            (1.0, label.height),
            xycoords=("axes fraction", "data"),
            xytext=(_LEADER + _BESIDE, (place - label.height) / (high - low) * tall),
            textcoords="offset points",
            va="center",
            fontsize=fontsize,
            color=label.color,
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": PALE,
                "linewidth": 0.7,
                "shrinkA": 1.0,
                "shrinkB": 1.0,
                "relpos": (0.0, 0.5),
            },
        )
