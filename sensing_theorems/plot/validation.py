"""Predictions of training against what training came to, over many setups or noise levels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .._loss_names import loss_name, uses_equivariance
from . import style
from .direct_labels import EndLabel, label_ends
from .titles import set_title, write_title
from .training import checked, loss_color

if TYPE_CHECKING:
    from ..comparison import Comparison

__all__ = ["plot_noise_levels", "plot_validation"]

_NEAR = 0.5
_LOOKS: Mapping[str, tuple[str, str]] = {
    "learnable": ("#009E73", "o"),
    "partly": ("#D98A00", "s"),
    "not learnable": ("#D55E00", "X"),
    "open": ("#7A7A7A", "D"),
}
_DECADES = 30.0


class _Setup(NamedTuple):
    name: str
    outcome: str
    predicted: float  # where runs from the supervised network should end
    kept: float  # the lowest where they may
    ends: tuple[float, ...]
    gains: tuple[float, ...]


def plot_validation(
    comparisons: Mapping[str, Comparison], *, title: str | None = None
) -> list[Axes]:
    r"""Draw predictions against outcomes of many setups.

    Left, where runs that start from the supervised network end, against the predicted level; a bar
    reaches down to what the supervised network has without what nobody sees, and a run may end
    anywhere between. So a setup agrees whose disc or bar meets the grey band of ± 0.5 dB. Where
    nothing limits the level, it is the supervised one that is to be kept. Right, what training from
    scratch gains over the pseudo-inverse. Numbers name the setups.

    Parameters
    ----------
    comparisons : mapping from str to Comparison
        One row per entry, under its key.
    title : str, optional

    Returns
    -------
    list of Axes
        Of the levels and of the gains, in dB.

    Raises
    ------
    TypeError
        If there is something else than comparisons under names, or `title` is no string.
    ValueError
        If there are no comparisons.
    """
    if not isinstance(comparisons, Mapping):
        raise TypeError(
            f"`comparisons` must be a dict with names; got {type(comparisons).__name__}."
        )
    if not comparisons:
        raise ValueError("`comparisons` must hold at least one Comparison; got none.")
    setups = [_setup(str(name), checked(one)) for name, one in comparisons.items()]
    figure = Figure(figsize=(10.4, max(3.8, 1.2 + 0.25 * len(setups))), layout="constrained")
    left, right = (style.tidy(panel) for panel in figure.subplots(1, 2, width_ratios=(2.4, 1.0)))
    _draw_ends(left, setups)
    _draw_gains(right, setups)
    if title is not None:
        write_title(figure.suptitle("", fontsize="medium"), title, 72.0 * 7.2)
    return [left, right]


def _setup(name: str, comparison: Comparison) -> _Setup:
    level, kept = comparison.prediction.stack_psnr, comparison.kept_psnr
    if level is None or not math.isfinite(level):
        level, kept = comparison.psnr.get("supervised", math.nan), None
    low = comparison.psnr["pinv"]
    return _Setup(
        name,
        comparison.prediction.outcome.value,
        level,
        level if kept is None else min(kept, level),
        tuple(comparison.warm_psnr.values()),
        tuple(value - low for loss, value in comparison.psnr.items() if uses_equivariance(loss)),
    )


def _draw_ends(ax: Axes, setups: Sequence[_Setup]) -> None:
    points = [
        (i, setup, end)
        for i, setup in enumerate(setups, start=1)
        for end in setup.ends
        if math.isfinite(end) and math.isfinite(setup.predicted)
    ]
    values = [v for _, setup, end in points for v in (setup.predicted, setup.kept, end)]
    values = values or [0.0, 1.0]
    bars = any(setup.kept < setup.predicted for _, setup, _ in points)
    edge = 0.08 * max(max(values) - min(values), 2.0)
    low, high = min(values) - edge, max(values) + edge
    ends = np.array([low, high])
    ax.fill_between(ends, ends - _NEAR, ends + _NEAR, color="#DDDDDD", linewidth=0, zorder=0.5)
    ax.plot(ends, ends, color="black", linewidth=0.8, zorder=1)
    ax.annotate(
        "as predicted, ± 0.5 dB" + ("\nbars: down to what is kept of supervised" if bars else ""),
        (0.03, 0.97),
        xycoords="axes fraction",
        va="top",
        fontsize="small",
        color="#555555",
    )
    for i, setup, end in points:
        if setup.kept < setup.predicted:
            color = _LOOKS[setup.outcome][0]
            ax.plot([setup.kept, setup.predicted], [end, end], color=color, lw=1.4, alpha=0.7)
            ax.plot([setup.kept], [end], "|", color=color, markersize=7, alpha=0.7)
        _numbered(ax, setup.predicted, end, i, setup.outcome)
    ax.set(xlim=(low, high), ylim=(low, high))
    ax.set_xlabel("predicted level (dB)")
    ax.set_ylabel("reached from supervised (dB)")
    ax.set_box_aspect(1.0)


def _numbered(ax: Axes, x: float, y: float, number: int, outcome: str) -> None:
    """Draw a disc with a number in it, in the colour of what was predicted."""
    look: dict[str, Any] = {
        "color": _LOOKS[outcome][0],
        "markeredgecolor": "white",
        "markeredgewidth": 0.5,
    }
    ax.plot([x], [y], "o", markersize=12, zorder=3, clip_on=False, **look)
    ax.annotate(
        str(number),
        (x, y),
        ha="center",
        va="center_baseline",
        color="white",
        fontsize=7.5,
        fontweight="bold",
        zorder=4,
        annotation_clip=False,
    )


def _draw_gains(ax: Axes, setups: Sequence[_Setup]) -> None:
    highest = max((gain for setup in setups for gain in setup.gains), default=1.0)
    for i, setup in enumerate(setups, start=1):
        for gain in setup.gains:
            if math.isfinite(gain):
                color = _LOOKS[setup.outcome][0]
                ax.plot([0.0, gain], [i, i], color=color, linewidth=2.0, zorder=2)
                _numbered(ax, gain, i, i, setup.outcome)
    ax.axvline(0.0, color="black", linewidth=0.8, zorder=1)
    ax.set_ylim(len(setups) + 0.6, 0.4)
    ax.set_yticks(range(1, len(setups) + 1), [setup.name for setup in setups], fontsize="small")
    ax.yaxis.tick_right()
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_xlim(min(-0.04 * highest, 0.0), 1.1 * highest)
    ax.set_xlabel("gain from scratch (dB)")
    for outcome in dict.fromkeys(setup.outcome for setup in setups):
        ax.plot([], [], "o", color=_LOOKS[outcome][0], markersize=7, label=f"predicted {outcome}")
    style.legend(ax, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, handletextpad=0.1)


def plot_noise_levels(
    noise: Sequence[float],
    psnr: Mapping[str, Sequence[float]],
    ax: Axes | None = None,
    *,
    name: str = "noise level σ",
    title: str | None = None,
) -> Axes:
    r"""Draw the PSNR of several losses against the level of the noise.

    Parameters
    ----------
    noise : sequence of float
        Ascending, at least two; a standard deviation unless `name` says otherwise.
    psnr : mapping from str to sequence of float
        By loss, one value in dB for each level of the noise; NaN leaves a gap.
    ax : Axes, optional
        A given figure must leave room for the labels to the right.
    name : str
        Label of the horizontal axis.
    title : str, optional

    Returns
    -------
    Axes
        Logarithmic in the noise where it spans a factor of 30.

    Raises
    ------
    TypeError
        If `psnr` is no mapping, `ax` no axes, or `title` no string.
    ValueError
        If levels do not ascend, or a loss has not one value for each.

    Examples
    --------
    >>> import sensing_theorems as st
    >>> ax = st.plot.plot_noise_levels([0.01, 0.05], {"ei": [19.0, 15.0], "rei": [19.1, 17.5]})
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('noise level σ', 'PSNR (dB)')
    """
    levels = np.asarray(noise, dtype=np.float64)
    if levels.ndim != 1 or levels.size < 2 or not np.all(np.diff(levels) > 0):
        raise ValueError(f"`noise` must ascend, with at least two levels; got {noise!r}.")
    if not isinstance(psnr, Mapping):
        raise TypeError(f"`psnr` must be a dict with names; got {type(psnr).__name__}.")
    curves = {loss: np.asarray(values, dtype=np.float64) for loss, values in psnr.items()}
    for loss, values in curves.items():
        if values.shape != levels.shape:
            raise ValueError(
                f"`psnr` must have one value per level, {levels.size}; got {values.shape} for "
                f"{loss!r}."
            )
    ax = style.axes(ax, (4.9, 3.3))
    ends = [_draw_curve(ax, levels, loss, values) for loss, values in curves.items()]
    if levels[0] > 0 and levels[-1] / levels[0] >= _DECADES:
        ax.set_xscale("log")
    ax.set(xlabel=name, ylabel="PSNR (dB)")
    ax.set_ylim(*ax.get_ylim())
    label_ends(ax, [end for end in ends if end is not None])
    set_title(ax, title)
    return ax


def _draw_curve(ax: Axes, levels: np.ndarray, loss: str, values: np.ndarray) -> EndLabel | None:
    look: dict[str, Any] = {"color": loss_color(loss), "linewidth": 1.6, "markersize": 4}
    if loss == "pinv":
        look |= {"linestyle": (0, (1, 1.5)), "color": "#7A7A7A"}
    ax.plot(levels, np.where(np.isfinite(values), values, np.nan), marker="o", **look)
    known = values[np.isfinite(values)]
    return EndLabel(float(known[-1]), loss_name(loss), look["color"]) if known.size else None
