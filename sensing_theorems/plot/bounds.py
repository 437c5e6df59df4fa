"""Pictures of the bounds on model identification: which k each of them covers, against m."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
from matplotlib.axes import Axes

from ..groups.action import GroupAction
from ..problem import Problem
from ..theorems import best_element
from .style import KINDS, axes, legend, line_style, write_ticks

__all__ = ["plot_bounds"]

_MOST_POINTS = 400


def plot_bounds(problem_or_action: Problem | GroupAction, ax: Axes | None = None) -> Axes:
    r"""Which model dimensions k each bound on model identification covers, against m.

    Left of the necessary line no model can be identified, whatever its dimension. Below a
    sufficient line almost every operator with m rows identifies every model of dimension k.
    Between the lines nothing is said. Bounds derived for this package have a line of their own.

    Parameters
    ----------
    problem_or_action : Problem or GroupAction
        Of a problem the own m is marked, and k where it is known. Without an action, m is the
        number of rows of each of the operators.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    TypeError
        If the first argument is neither.
    ValueError
        If operators without an action differ in m, the irreps are out of reach, or the signals are
        complex.

    Examples
    --------
    >>> import sensing_theorems as st
    >>> ax = st.plot.plot_bounds(st.groups.shifts(16, stride=4))
    >>> [line.get_label() for line in ax.get_lines()]
    ['necessary: m ≥ 4', 'published: m > 2k + 4 + 1', 'derived here: m > 2k + 4']
    """
    if not isinstance(problem_or_action, Problem | GroupAction):
        came = type(problem_or_action).__name__
        raise TypeError(f"bounds are drawn of a Problem or a GroupAction; got {came}.")
    if getattr(problem_or_action, "field", "real") != "real":
        raise ValueError("the bounds are stated for real signals; got a problem over ℂ.")
    ax, n = axes(ax), problem_or_action.n
    if isinstance(problem_or_action, GroupAction):
        least, bounds = _group_bounds(problem_or_action)
    elif problem_or_action.action is not None:
        least, bounds = _group_bounds(problem_or_action.action)
    else:
        least, bounds = _operator_bounds(n, problem_or_action.rows)
    m = np.unique(np.linspace(1, n, min(n, _MOST_POINTS)).astype(int))
    ax.axvspan(0, float(least), color=KINDS["necessary"][0], alpha=0.12, linewidth=0)
    ax.axvline(float(least), **line_style("necessary"), label=f"necessary: m ≥ {_text(least)}")
    highest = 1
    for kind, label, covered in bounds:
        k = np.array([min(covered(int(rows)), n) for rows in m])
        highest = max(highest, int(k.max()))
        style = line_style(kind) | {"drawstyle": "steps-post", "label": label}
        ax.plot(m, np.where(k < 0, np.nan, k), **style)
    if isinstance(problem_or_action, Problem):
        _mark_problem(problem_or_action, ax)
        highest = max(highest, math.ceil(problem_or_action.model_dim or 0))
    for axis in (ax.xaxis, ax.yaxis):
        write_ticks(axis)
    # Room above the lines for the legend.
    ax.set(xlabel="rows m of A", ylabel="model dimension k", xlim=(0, n), ylim=(0, 1.5 * highest))
    return legend(ax, loc="upper left")


def _mark_problem(problem: Problem, ax: Axes) -> None:
    """Where the problem itself stands: a line at its m, or a star where k is known."""
    rows = problem.m if problem.action is not None else problem.rows[0]
    if problem.model_dim is None:
        ax.axvline(rows, color="k", linewidth=0.8, label=f"this problem: m = {rows}")
        return
    label = f"this problem: m = {rows}, k = {problem.model_dim:g}"
    ax.plot([rows], [problem.model_dim], "k*", markersize=10, clip_on=False, label=label)


_Bound = tuple[str, str, Callable[[int], int]]


def _operator_bounds(n: int, rows: tuple[int, ...]) -> tuple[Fraction, list[_Bound]]:
    """Least m, and the largest k that each bound covers, for independent operators."""
    if len(set(rows)) > 1:
        raise ValueError(f"operators must have equal numbers of rows m to be drawn; got {rows}.")
    G, least = len(rows), Fraction(n, len(rows))
    published = f"published: m > k + {_text(least)}"
    linear = f"derived here, linear models: {G}(m - k) ≥ {n} - k"
    bounds: list[_Bound] = [("sufficient", published, lambda m: math.ceil(m - least) - 1)]
    if G > 1:
        bounds.append(("derived", linear, lambda m: (G * m - n) // (G - 1)))
    return least, bounds


def _group_bounds(action: GroupAction) -> tuple[Fraction, list[_Bound]]:
    """Least m, and the largest k that each bound covers, for one operator and a group."""
    table = action.irreps
    bounds: list[_Bound] = []
    if action.is_cyclic:
        c = table.max_multiplicity
        label = f"published: m > 2k + {c} + 1"
        bounds.append(("sufficient", label, lambda m: -((c + 1 - m) // 2) - 1))
    best, _ = best_element(action)
    label = f"derived here: m > 2k + {best}"
    bounds.append(("derived", label, lambda m: -((best - m) // 2) - 1))
    return table.max_ratio, bounds


def _text(value: Fraction) -> str:
    return str(value) if value.denominator == 1 else f"{float(value):.2f}"
