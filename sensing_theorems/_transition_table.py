"""A table of where success turns, column by column, beside the theory."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Sized
from itertools import product
from typing import Any

from .sweep.diagram import PhaseDiagram
from .thresholds import Threshold

__all__ = ["transition_table", "usual_axis"]

_ROWS = 25


def usual_axis(axes: Mapping[str, Sized]) -> str:
    """Where none is named, success turns along m, or else along the first axis of some length."""
    long = [name for name, values in axes.items() if len(values) > 1] or list(axes)
    return "m" if "m" in long else long[0]


def transition_table(diagram: PhaseDiagram, axis: str, task: Any) -> str:
    """Where half succeed along an axis, column by column, beside the theory."""
    transition = diagram.transition(axis)
    others = {name: values.tolist() for name, values in diagram.axes.items() if name != axis}
    cells = [dict(zip(others, place, strict=True)) for place in product(*others.values())]
    known_bounds = getattr(task, "thresholds", lambda cell, axis: ())
    bounds = [tuple(known_bounds(cell, axis)) for cell in cells[:_ROWS]]
    marks: dict[str, str] = {}
    for bound in (bound for column in bounds for bound in column):
        marks.setdefault(_label(bound), f"({len(marks) + 1})")
    flat = {
        name: getattr(transition, name).reshape(-1)
        for name in ("found", "side", "location", "low", "high", "lower", "upper")
    }
    rows = [(*others, "50 %", "95 % band", "between", *marks.values())]
    for i, (cell, column) in enumerate(zip(cells, bounds, strict=False)):
        where = _where({name: array[i].item() for name, array in flat.items()})
        said = {_label(bound): _turn(bound) for bound in column}
        rows.append((*map(str, cell.values()), *where, *(said.get(key, "") for key in marks)))
    left = len(cells) - len(bounds)
    more = [f"  ... and {left} more; --json and `plot` show all"] if left else []
    legend = [f"  {mark} {label}" for label, mark in marks.items()]
    return "\n".join([f"where success turns along {axis}:", *_aligned(rows), *more, *legend])


def _where(at: Mapping[str, Any]) -> tuple[str, str, str]:
    """Location, band and bracket of one column."""
    if not at["found"]:
        return {1: "above", -1: "below", 0: "unclear"}[at["side"]], "", ""
    between = f"{at['lower']:.0f} and {at['upper']:.0f}"
    if math.isnan(at["location"]):
        return "no fit", "", between
    return f"{at['location']:.2f}", f"{at['low']:.2f} to {at['high']:.2f}", between


def _label(bound: Threshold) -> str:
    status = "derived here" if bound.status == "derived" else bound.status
    return f"{bound.kind}, {status}: {bound.statement}"


def _turn(bound: Threshold) -> str:
    """The integers that meet a bound."""
    value = bound.most if bound.upper else bound.least
    if math.isinf(value):
        return "always" if (value > 0) == bound.upper else "never"
    return f"{'<=' if bound.upper else '>='} {value}"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  " + "   ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
