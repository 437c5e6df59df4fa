r"""Pictures of the learnability spectrum: how well the stack sees each irrep."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ..rank_result import RankResult
from ..spectrum import Spectrum
from .ranks import listed_spectrum
from .style import KINDS, axes, legend, write_ticks

__all__ = ["plot_learnability"]

_MOST_NAMES, _MOST_LEVEL = 12, 5
_ABOVE = 1.5


def plot_learnability(rank_result: RankResult, ax: Axes | None = None) -> Axes:
    r"""Singular values of the stack, irrep by irrep.

    Each irrep has its :math:`c_j` values :math:`\sqrt{|G|/s_j}\,\sigma(B_j)` above its number, from
    the weakest to the strongest, each of which the stack has :math:`s_j` times. Irreps are in the
    order of `RankResult.spectrum`. Where rank is missing the irrep is marked, and values that count
    as zero are drawn at the lower edge.

    Parameters
    ----------
    rank_result : RankResult
        Of method "blocks" or "sketch"; others do not tell irreps apart.
    ax : Axes, optional

    Returns
    -------
    Axes
        Logarithmic, in the units of the stack.

    Raises
    ------
    TypeError
        If `rank_result` is none, or `ax` no axes.
    ValueError
        If the method that found the rank has no singular values, not even estimates.

    Examples
    --------
    >>> import numpy as np
    >>> import sensing_theorems as st
    >>> blur = st.stacked_rank(np.ones((1, 6)) / 6, st.groups.shifts(6))
    >>> ax = st.plot.plot_learnability(blur)
    >>> ax.get_legend_handles_labels()[1]
    ['irreps seen completely: 1 of 6', 'deficient irreps: zero, at the lower edge']
    """
    spectrum = listed_spectrum(rank_result)
    at, values, zero = _points(spectrum)
    deficient = np.zeros(len(spectrum), dtype=bool)
    deficient[at[zero]] = True
    ax, (low, high) = axes(ax), _limits(values, zero, spectrum)
    size = 4.0 if at.size <= 100 else 2.0
    whole = f"{deficient.size - np.count_nonzero(deficient)} of {deficient.size}"
    for chosen, kind, marker, label in (
        (~deficient[at], "exact", "o", f"irreps seen completely: {whole}"),
        (deficient[at] & ~zero, "necessary", "o", "deficient irreps: what is seen"),
        (zero, "necessary", "x", "deficient irreps: zero, at the lower edge"),
    ):
        if chosen.any():
            shown = np.maximum(values[chosen], low * _ABOVE)
            (dots,) = ax.plot(at[chosen] + 1, shown, marker, markersize=size, label=label)
            dots.set_color(KINDS[kind][0])
    about = ", estimated" if spectrum.relative_error else ""
    ax.set(yscale="log", ylabel=f"singular value of the stack{about}")
    ax.set_ylim(low, high)
    _name_irreps(ax, spectrum)
    return legend(ax, loc="lower left", bbox_to_anchor=(0.0, 1.0))


def _limits(values: np.ndarray, zero: np.ndarray, spectrum: Spectrum) -> tuple[float, float | None]:
    """Where the axis begins and ends: around all that is seen, which may span many decades."""
    seen = values[~zero]
    if not seen.size:
        return max(spectrum.tolerance * spectrum.root, 1e-16), None
    span = float(seen.max() / seen.min())
    # Zeros are drawn below, apart from what is seen.
    below = max(4.0, span**0.15) if zero.any() else max(_ABOVE, span**0.08)
    return float(seen.min()) / below, float(seen.max()) * max(_ABOVE, span**0.08)


def _points(spectrum: Spectrum) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Number of the irrep, value, and whether it counts as zero, of every singular value."""
    at, first = [], 0
    for gains in spectrum.gains:
        at.append(np.repeat(np.arange(first, first + len(gains)), gains.shape[1]))
        first += len(gains)
    gains = np.concatenate([gains.reshape(-1) for gains in spectrum.gains])
    return np.concatenate(at), gains * spectrum.root, gains <= spectrum.tolerance


def _name_irreps(ax: Axes, spectrum: Spectrum) -> None:
    """Name few irreps, and number many."""
    if len(spectrum) > _MOST_NAMES:
        write_ticks(ax.xaxis)
        ax.set(xlabel="number of the irrep", xlim=(0, len(spectrum) + 1))
        return
    names = [row.label if row.dim == 1 else f"{row.label}, s = {row.dim}" for row in spectrum]
    slant: dict[str, Any] = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"}
    if len(names) <= _MOST_LEVEL:
        names, slant = (
            [textwrap.fill(name, 58 // len(names), break_long_words=False) for name in names],
            {},
        )
    at = np.arange(1, len(names) + 1)
    ax.set_xticks(at, names, parse_math=False, fontsize="small", **slant)
    ax.set(xlabel="irrep", xlim=(0.5, len(names) + 0.5))
