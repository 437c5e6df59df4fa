"""Pictures of training without ground truth: what it reached beside what was predicted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .._loss_names import decibels, loss_name
from . import style
from .direct_labels import EndLabel, label_ends
from .titles import set_title, write_title

if TYPE_CHECKING:
    from ..comparison import Comparison

__all__ = ["LOSSES", "plot_forgetting", "plot_training"]

# Colours of Okabe and Ito; those of the kinds of statements are left to statements.
LOSSES: Mapping[str, str] = {
    "mc": "#7A7A7A",
    "ei": "#0072B2",
    "rei": "#56B4E9",
    "moi": "#009E73",
    "es": "#B8860B",
    "sure": "#9467BD",
    "unsure": "#8C564B",
    "splitting": "#E377C2",
    "supervised": "#000000",
}
_OTHER = ("#4B5FA0", "#2F8F83", "#A0527A")
_PREDICTED, _PINV = "#D55E00", "#7A7A7A"
_APART = 0.01  # dB, as far as levels are written
_SIZE, _ONE = (7.2, 3.4), (5.4, 3.3)


def loss_color(loss: str) -> str:
    """Return the colour of a loss, the same in every picture."""
    last = loss.split("+")[-1].strip()
    return LOSSES.get(last, _OTHER[sum(map(ord, last)) % len(_OTHER)])


def checked(comparison: Any) -> Comparison:
    """Return a comparison if it is one."""
    # By what it holds, since comparisons draw themselves through here and stand above.
    if not hasattr(comparison, "gap_closed"):
        raise TypeError(f"`comparison` must be a Comparison; got {type(comparison).__name__}.")
    return comparison


def plot_training(
    comparison: Comparison, ax: Axes | None = None, *, title: str | None = None
) -> list[Axes]:
    r"""Draw the PSNR that every loss reached, between pseudo-inverse, prediction and supervision.

    Left the runs, step by step; right where they ended, and open where runs from the supervised
    network ended. Lines are the pseudo-inverse, the level that was predicted for perfect learning
    of all that is identifiable, and supervised training.

    Parameters
    ----------
    comparison : Comparison
    ax : Axes, optional
        Then only the levels are drawn; a given figure must leave room for the labels to the right.
    title : str, optional
        By default operators, action and what was predicted.

    Returns
    -------
    list of Axes
        Of the runs, if there are any, and of the levels. In dB.

    Raises
    ------
    TypeError
        If `comparison` is none, `ax` no axes, or `title` no string.

    Examples
    --------
    >>> import numpy as np
    >>> import sensing_theorems as st
    >>> from sensing_theorems.comparison import Comparison
    >>> from sensing_theorems.prediction import predict
    >>> blur = st.Problem(np.ones((1, 6)) / 6, st.groups.shifts(6))
    >>> found = Comparison(psnr={"pinv": 20.0, "ei": 20.0}, prediction=predict(blur))
    >>> [ax.get_ylabel() for ax in st.plot.plot_training(found)]
    ['PSNR (dB)']
    """
    comparison = checked(comparison)
    if ax is None and comparison.history:
        figure = Figure(figsize=_SIZE, layout="constrained")
        panels = figure.subplots(1, 2, sharey=True, width_ratios=(1.35, 1.0))
        left, right = (style.tidy(panel) for panel in panels)
        _draw_runs(left, comparison)
        drawn = [left, right]
    else:
        right = style.axes(ax, _ONE)
        right.set_ylabel("PSNR (dB)")
        drawn = [right]
    _draw_levels(right, comparison)
    low, high = _limits(comparison)
    for panel in drawn:
        _draw_lines(panel, comparison)
        panel.set_ylim(low, high)
    label_ends(right, _line_labels(comparison, high))
    _entitle(drawn, comparison, title)
    return drawn


def _entitle(drawn: list[Axes], comparison: Comparison, title: str | None) -> None:
    if title is None:
        title = f"{comparison.setup or 'training'}: predicted {comparison.prediction.outcome.value}"
    if len(drawn) == 1:
        set_title(drawn[0], title)
        return
    figure = drawn[0].figure
    write_title(figure.suptitle("", fontsize="medium"), title, 72.0 * 0.95 * _SIZE[0])


def _trained(comparison: Comparison) -> list[str]:
    """Losses in the order of drawing: by level, what has supervision last."""
    names = [loss for loss in {**comparison.psnr, **comparison.warm} if loss != "pinv"]
    low = comparison.psnr["pinv"]
    return sorted(names, key=lambda loss: (loss == "supervised", comparison.psnr.get(loss, low)))


def _draw_runs(ax: Axes, comparison: Comparison) -> None:
    for loss, run in comparison.history.items():
        known = np.isfinite(run.psnr)
        ax.plot(
            run.step[known],
            run.psnr[known],
            color=loss_color(loss),
            linewidth=1.6,
            label=loss_name(loss),
        )
    style.write_ticks(ax.xaxis, 6)
    ax.set(xlabel="training step", ylabel="PSNR (dB)")
    ax.margins(x=0.02)


def _draw_levels(ax: Axes, comparison: Comparison) -> None:
    losses = _trained(comparison)
    warm = comparison.warm_psnr
    for place, loss in enumerate(losses):
        color = loss_color(loss)
        cold, kept = comparison.psnr.get(loss, math.nan), warm.get(loss, math.nan)
        if math.isfinite(cold) and math.isfinite(kept):
            ax.plot([place, place], [cold, kept], color=color, linewidth=0.8, alpha=0.6, zorder=2)
        if math.isfinite(cold):
            ax.plot([place], [cold], "o", color=color, markersize=7, zorder=3)
        if math.isfinite(kept):
            label = "from the supervised network" if "open" not in _marks(ax) else None
            (mark,) = ax.plot([place], [kept], "D", color=color, markersize=6, zorder=3)
            mark.set(markerfacecolor="white", markeredgewidth=1.3, gid="open", label=label)
    names = [loss_name(loss).replace(" + ", "\n+ ") for loss in losses]
    ax.set_xticks(range(len(losses)), names, fontsize="small")
    # In colour, these names are the legend of the curves too.
    for text, loss in zip(ax.get_xticklabels(), losses, strict=True):
        text.set(color=loss_color(loss), fontweight="bold")
    ax.tick_params(axis="x", length=0)
    ax.set_xlim(-0.6, max(len(losses), 1) - 0.4)
    if "open" in _marks(ax):
        style.legend(ax, loc="lower left", bbox_to_anchor=(0.0, 1.0), handletextpad=0.2)


def _marks(ax: Axes) -> set[str | None]:
    return {line.get_gid() for line in ax.get_lines()}


def _levels(comparison: Comparison) -> Iterator[tuple[float, str, str, Any]]:
    """Levels that lines are drawn at: height, name, colour and dashes."""
    yield comparison.psnr["pinv"], "pseudo-inverse", _PINV, (0, (1, 1.5))
    level = comparison.prediction.stack_psnr
    if level is not None:
        yield level, "predicted level", _PREDICTED, (0, (5, 2))
    if "supervised" in comparison.psnr:
        yield comparison.psnr["supervised"], "supervised", LOSSES["supervised"], "-"


def _draw_lines(ax: Axes, comparison: Comparison) -> None:
    for height, _, color, dashes in _levels(comparison):
        if math.isfinite(height):
            ax.axhline(height, color=color, linestyle=dashes, linewidth=1.2, zorder=1.5)


def _line_labels(comparison: Comparison, high: float) -> list[EndLabel]:
    labels = []
    for height, name, color, _ in _levels(comparison):
        if math.isfinite(height):
            labels.append(EndLabel(height, f"{name} {decibels(height)}", color))
        elif height > 0:
            labels.append(EndLabel(high, f"{name}: no limit", color))
    return labels


def _limits(comparison: Comparison) -> tuple[float, float]:
    """Around all levels; the start of a run may lie far below."""
    heights = [height for height, *_ in _levels(comparison)]
    heights += [*comparison.psnr.values(), *comparison.warm_psnr.values()]
    known = [height for height in heights if math.isfinite(height)] or [0.0]
    span = max(max(known) - min(known), 1.0)
    return min(known) - 0.14 * span, max(known) + 0.1 * span


def plot_forgetting(
    comparison: Comparison, ax: Axes | None = None, *, title: str | None = None
) -> Axes:
    r"""Draw what training without ground truth keeps of a supervised network.

    Strong curves start from the supervised network, faint ones from scratch. Where rank is missing
    the strong curves fall to the predicted level (dashed), or as low as the supervised network
    without what nobody sees (faint): that is forgotten. Where no rank is missing, they stay.

    Parameters
    ----------
    comparison : Comparison
        With runs in `warm`.
    ax : Axes, optional
        A given figure must leave room for the labels to the right.
    title : str, optional

    Returns
    -------
    Axes
        In dB.

    Raises
    ------
    TypeError
        If `comparison` is none, `ax` no axes, or `title` no string.
    ValueError
        If there is no run from a supervised network.
    """
    comparison = checked(comparison)
    if not comparison.warm:
        raise ValueError(
            "`comparison` must hold runs from a supervised network; got none in `warm`."
        )
    ax = style.axes(ax, _ONE)
    last = max(int(run.step[-1]) for run in comparison.warm.values())
    ends = []
    for loss, run in comparison.warm.items():
        color = loss_color(loss)
        known = np.isfinite(run.psnr)
        ax.plot(run.step[known], run.psnr[known], color=color, linewidth=2.0, zorder=3)
        if known.any():
            ax.plot(run.step[known][:1], run.psnr[known][:1], "o", color="black", zorder=4)
            text = f"{loss_name(loss)} from there {decibels(run.last)}"
            ends.append(EndLabel(float(run.psnr[known][-1]), text, color))
        cold = comparison.history.get(loss)
        if cold is not None and np.isfinite(cold.psnr).any():
            known = np.isfinite(cold.psnr) & (cold.step <= last)
            (faint,) = ax.plot(cold.step[known], cold.psnr[known], color=color, linewidth=1.2)
            faint.set_alpha(0.45)
            if cold.psnr[known].size:
                height = float(cold.psnr[known][-1])
                text = f"{loss_name(loss)} from scratch {decibels(height)}"
                ends.append(EndLabel(height, text, color))
    low, high = _forgetting_limits(comparison)
    _draw_lines(ax, comparison)
    kept = _kept(comparison)
    if kept is not None:
        ax.axhline(kept, color=_PREDICTED, linestyle=(0, (2, 2)), linewidth=0.9, alpha=0.6)
        ends.append(EndLabel(kept, f"kept of the supervised {decibels(kept)}", _PREDICTED))
    ax.set(xlabel="training step without ground truth", ylabel="PSNR (dB)", ylim=(low, high))
    ax.set_xlim(-0.02 * last, last)
    style.write_ticks(ax.xaxis, 6)
    label_ends(ax, [*_line_labels(comparison, high), *ends])
    set_title(ax, title if title is not None else comparison.setup or None)
    return ax


def _kept(comparison: Comparison) -> float | None:
    """Level of the supervised network without the unseen, where it is one of its own."""
    kept, level = comparison.kept_psnr, comparison.prediction.stack_psnr
    if kept is None or level is None or math.isinf(level):
        return None
    return kept if abs(kept - level) > _APART else None


def _forgetting_limits(comparison: Comparison) -> tuple[float, float]:
    low, high = _limits(comparison)
    kept = _kept(comparison)
    if kept is not None:
        low = min(low, kept - 0.05 * (high - low))
    starts = [float(np.nanmax(run.psnr)) for run in comparison.warm.values()]
    top = max([high, *(start for start in starts if math.isfinite(start))])
    return low, top + 0.02 * (top - low)
