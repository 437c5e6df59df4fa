r"""Pictures of what was computed: ranks, multiplicities, spectra, bounds and phase diagrams.

Every function draws on `ax`, or on a figure of its own that no window and no list of open figures
knows, and returns the axes; ``ax.figure`` is the figure. Nothing here computes a rank.

One colour and one line per kind of statement, the same everywhere. They differ in lightness and in
dashes too, so that a print in grey and a colour-blind reader lose nothing.
"""

from __future__ import annotations

from .bounds import plot_bounds
from .gains import plot_gains
from .learnability import plot_learnability
from .multiplicities import plot_irreps
from .phase import plot_phase_diagram
from .ranks import plot_rank_curve, plot_spectrum
from .small_multiples import plot_small_multiples
from .style import KINDS, line_style, tidy
from .training import plot_forgetting, plot_training
from .transitions import plot_transition_curve
from .validation import plot_noise_levels, plot_validation

__all__ = [
    "KINDS",
    "line_style",
    "plot_bounds",
    "plot_forgetting",
    "plot_gains",
    "plot_irreps",
    "plot_learnability",
    "plot_noise_levels",
    "plot_phase_diagram",
    "plot_rank_curve",
    "plot_small_multiples",
    "plot_spectrum",
    "plot_training",
    "plot_transition_curve",
    "plot_validation",
    "tidy",
]
