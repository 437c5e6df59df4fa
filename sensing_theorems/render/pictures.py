"""Pictures of signals: the witness, and an image split into what is seen and what is not.

Figures are made without pyplot, so that none is left open behind the user's back; `png` turns one
into bytes.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeVar

import matplotlib.style
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ..groups.disk_harmonics import DiskHarmonics

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..report import Report

__all__ = [
    "Split",
    "as_signal",
    "is_image",
    "panels",
    "percent",
    "plain_style",
    "png",
    "split",
    "split_figure",
    "witness",
]

P = ParamSpec("P")
R = TypeVar("R")

INK, SEEN, LOST, QUIET = "#1c2430", "#e9c46a", "#2f3e5c", "#8a93a3"
WIDE = (4.6, 2.9)
_SIDE = 3.2
_STEMS = 64
_NOTHING = 1e-9


def plain_style(function: Callable[P, R]) -> Callable[P, R]:
    """Draw in matplotlib's default style, whatever the user has chosen for other figures."""

    @functools.wraps(function)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> R:
        with matplotlib.style.context("default"):
            return function(*args, **kwargs)

    return drawn


@plain_style
def png(figure: Figure, dpi: int = 110) -> bytes:
    """Return the figure as the bytes of a PNG file, equal for equal figures."""
    held = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(held, format="png", dpi=dpi, metadata={"Software": None})
    return held.getvalue()


class Split(NamedTuple):
    """A signal and its two orthogonal parts, in the array shape of the problem.

    Attributes
    ----------
    image, seen, hidden : ndarray
        image = seen + hidden, where A T_g annihilates `hidden` for every g.
    share : float
        Share of the image's energy that is hidden, between 0 and 1.
    """

    image: np.ndarray
    seen: np.ndarray
    hidden: np.ndarray
    share: float

    @property
    def reach(self) -> float:
        """Largest hidden value that is shown, 1 if none is hidden.

        Of an image all but 1 in 200 pixels lie below it, so that a few outliers do not pale the
        rest; of a curve it is the maximum.
        """
        sizes = np.abs(self.hidden.real)
        typical = float(np.quantile(sizes, 0.995)) if is_image(self.hidden) else 0.0
        return typical or float(sizes.max()) or 1.0


def as_signal(report: Report, image: Any) -> np.ndarray:
    """Return `image` as numbers in the array shape of the problem's signals.

    Raises
    ------
    ValueError
        If it has another number of entries, or entries that are not finite.
    """
    values = np.asarray(image)
    if values.size != report.problem.n or values.dtype.kind not in "buifc":
        raise ValueError(
            f"`image` must hold {report.problem.n} numbers, as many as a signal of the problem; "
            f"got shape {values.shape}, dtype {values.dtype}."
        )
    values = values.astype(complex if values.dtype.kind == "c" else float)
    if not np.isfinite(values).all():
        raise ValueError("`image` must be finite; got NaN or infinity.")
    return values.reshape(report.problem.shape_in)


def split(report: Report, image: Any) -> Split:
    """Split a signal into what measurements and symmetry can see and what nobody can see."""
    whole = as_signal(report, image)
    hidden = report.rank.invisible_part(whole.reshape(-1)).reshape(whole.shape)
    energy = float(np.linalg.norm(whole) ** 2)
    share = float(np.linalg.norm(hidden) ** 2) / energy if energy else 0.0
    return Split(whole, whole - hidden, hidden, share)


def is_image(values: np.ndarray) -> bool:
    """Whether a signal is shown as an image: two axes, both longer than one."""
    return values.ndim == 2 and min(values.shape) > 1


def _limits(parts: Split) -> list[tuple[str, float, float]]:
    """Colours and range per panel: one grey scale for two, a symmetric one for what is hidden."""
    low, high = float(parts.image.real.min()), float(parts.image.real.max())
    grey = ("gray", low, high if high > low else low + 1.0)
    return [grey, grey, ("RdBu_r", -parts.reach, parts.reach)]


def _draw(axes: Axes, values: np.ndarray, cmap: str, low: float, high: float) -> None:
    """One panel: an image, or a curve for what is no image."""
    if is_image(values):
        axes.imshow(values.real, cmap=cmap, vmin=low, vmax=high)
        axes.set_axis_off()
        return
    pad = 0.05 * (high - low)
    _curve(axes, values.reshape(-1).real)
    axes.set_ylim(low - pad, high + pad)


def _curve(axes: Axes, values: np.ndarray) -> None:
    """Stems for a short signal, a line for a long one."""
    at = np.arange(values.size)
    if values.size <= _STEMS:
        axes.vlines(at, 0, values, color=LOST, linewidth=1.2)
        axes.plot(at, values, "o", color=LOST, markersize=4)
    else:
        axes.plot(at, values, color=LOST, linewidth=0.9)
    axes.axhline(0, color=QUIET, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)


@plain_style
def panels(parts: Split) -> list[Figure]:
    """The three parts as figures of their own, without words: image, seen, hidden."""
    drawn = []
    for values, limits in zip(parts[:3], _limits(parts), strict=True):
        figure, axes = _canvas(values)
        _draw(axes, values, *limits)
        drawn.append(figure)
    return drawn


def _canvas(values: np.ndarray) -> tuple[Figure, Axes]:
    """A figure that an image fills to its edges, or that a curve and its axes share."""
    if is_image(values):
        height, width = (max(_SIDE * side / max(values.shape), 0.4) for side in values.shape)
        figure = Figure(figsize=(width, height))
        return figure, figure.add_axes((0, 0, 1, 1))
    figure = Figure(figsize=(WIDE[0], 2.2))
    return figure, figure.add_axes((0.13, 0.14, 0.85, 0.82))


@plain_style
def split_figure(parts: Split) -> Figure:
    """The three parts beside or below each other, with their shares of the energy.

    The first two have one scale in common; the third has its own, symmetric about zero.
    """
    titles = (
        "the image",
        f"what measurements + symmetry see\n{percent(1 - parts.share)} of the energy",
        f"what nobody sees\n{percent(parts.share)} of the energy",
    )
    image = is_image(parts.image)
    figure, places = _side_by_side(parts.image.shape) if image else _below_each_other()
    for place, values, limits, title in zip(
        places[:3], parts[:3], _limits(parts), titles, strict=True
    ):
        axes = figure.add_axes(place)
        _draw(axes, values, *limits)
        axes.set_title(title, fontsize=11, color=INK)
    if image:
        over = bool(np.abs(parts.hidden.real).max() > parts.reach)
        bar = figure.colorbar(
            axes.images[0], cax=figure.add_axes(places[3]), extend="both" if over else "neither"
        )
        bar.ax.tick_params(labelsize=9)
    return figure


Box = tuple[float, float, float, float]


def _side_by_side(shape: tuple[int, ...]) -> tuple[Figure, list[Box]]:
    """Three panels of the image's proportions, and room for the colours of the last."""
    side, gap, below, above, right = 3.0, 0.14, 0.12, 0.55, 0.85
    scale = side / max(shape)
    height, width = (max(length * scale, 0.3) for length in shape[:2])
    column = max(width, 2.5)
    size = (3 * column + 3 * gap + right, height + below + above)
    figure = Figure(figsize=size)
    starts = [gap + place * (column + gap) + (column - width) / 2 for place in range(3)]
    last = starts[2] + width + 0.1
    boxes = [(start, below, width, height) for start in starts] + [(last, below, 0.14, height)]
    return figure, [(x / size[0], y / size[1], w / size[0], h / size[1]) for x, y, w, h in boxes]


def _below_each_other() -> tuple[Figure, list[Box]]:
    figure = Figure(figsize=(6.0, 6.6))
    return figure, [(0.1, bottom, 0.87, 0.215) for bottom in (0.72, 0.385, 0.05)]


def percent(share: float) -> str:
    """A share in per cent that never rounds something to nothing, nor nearly all to all."""
    value = 100 * share
    if 0 < value < 0.01 or 99.99 < value < 100:
        return "less than 0.01 %" if value < 1 else "more than 99.99 %"
    return f"{value:.3g} %" if value < 10 else f"{value:.1f} %"


@plain_style
def witness(report: Report) -> list[Figure]:
    """The witness as an image or a curve; its parts apart where it is complex, unless one is zero.

    Each figure has the name of what it shows as its label.
    """
    if report.witness is None:
        return []
    signal = report.witness.reshape(report.problem.shape_in)
    action = report.problem.action
    if action is not None and isinstance(action.harmonics, DiskHarmonics):
        # Coefficients tell nobody anything; the function that they stand for does.
        signal = action.harmonics.synthesis(report.witness)
    parts = {"The witness": signal}
    if np.iscomplexobj(signal):
        parts = {"Real part": signal.real, "Imaginary part": signal.imag}
    reach = float(np.abs(signal).max())
    drawn = []
    for name, part in parts.items():
        # What rounding leaves of zero would be drawn as nothing.
        if np.abs(part).max() <= _NOTHING * reach:
            continue
        figure, axes = _canvas(part)
        _draw(axes, part, "RdBu_r", -reach, reach)
        figure.set_label(name)
        drawn.append(figure)
    return drawn
