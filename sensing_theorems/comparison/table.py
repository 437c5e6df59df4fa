"""Prediction and outcome of training in one table of plain text."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .._loss_names import decibels, loss_name

if TYPE_CHECKING:
    from .comparison import Comparison

__all__ = ["setup_name", "table"]

_HEAD = ("", "PSNR/dB", "gap closed", "warm/dB", "err. identif.", "err. unseen")
_ALWAYS = 2
_WIDTH = 88
_APART = 0.01  # dB, as far as levels are written


class _Row(NamedTuple):
    level: float
    name: str
    loss: str | None


def setup_name(comparison: Comparison) -> str:
    """Write operators and action in a line; empty where `about` does not say."""
    about = comparison.about
    return ", ".join(_words(about[key]) for key in ("operators", "action") if about.get(key))


def table(comparison: Comparison) -> str:
    """Write levels from low to high, the predicted one among them, and whether they agree."""
    cells = [_HEAD, *(_cells(comparison, row) for row in _rows(comparison))]
    shown = [i for i in range(len(_HEAD)) if i < _ALWAYS or any(row[i] for row in cells[1:])]
    widths = [max(len(row[i]) for row in cells) for i in shown]
    lines = [_line([row[i] for i in shown], widths) for row in cells]
    lines.insert(1, "-" * (sum(widths) + 2 * (len(widths) - 1)))
    found = comparison.prediction
    said = f"Predicted: {found.outcome}. {found.reason[:1].upper()}{found.reason[1:]}"
    above = [setup_name(comparison), *textwrap.wrap(said, _WIDTH)]
    notes = [textwrap.wrap(f"Note: {note}", _WIDTH) for note in comparison.about.get("notes", ())]
    below = [*_judgement(comparison), *(line for note in notes for line in note)]
    return "\n".join([*filter(None, above), "", *lines, "", *below])


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = zip(row, widths, strict=True)
    cells = [first[0].ljust(first[1]), *(text.rjust(width) for text, width in rest)]
    return "  ".join(cells).rstrip()


def _words(value: Any) -> str:
    if not isinstance(value, list):
        return str(value)
    named = [str(item) for item in value]
    return (
        f"{len(named)} × {named[0]}"
        if len(named) > 1 and len(set(named)) == 1
        else ("; ".join(named) if len(named) <= 3 else f"{named[0]} and {len(named) - 1} more")
    )


def _rows(comparison: Comparison) -> list[_Row]:
    """Rows by level; among equal ones the pseudo-inverse first, then the predicted level."""
    found = comparison.prediction
    rows = [_Row(comparison.psnr["pinv"], loss_name("pinv"), "pinv")]
    if found.stack_psnr is not None:
        name = f"predicted level, rank {found.stack_rank} of {found.n}"
        rows.append(_Row(found.stack_psnr, name, None))
        rows += [_Row(kept, "supervised, without the unseen", None) for kept in _kept(comparison)]
    warm = {loss: math.nan for loss in comparison.warm}
    trained = {**warm, **comparison.psnr}
    rows += [_Row(trained[loss], loss_name(loss), loss) for loss in trained if loss != "pinv"]
    return sorted(rows, key=lambda row: -math.inf if math.isnan(row.level) else row.level)


def _kept(comparison: Comparison) -> list[float]:
    """Where runs from the supervised network may end besides, if that is another level."""
    kept, level = comparison.kept_psnr, comparison.prediction.stack_psnr
    if not comparison.warm or kept is None or level is None or math.isinf(level):
        return []
    return [kept] if abs(kept - level) > _APART else []


def _cells(comparison: Comparison, row: _Row) -> tuple[str, ...]:
    if row.loss is None:
        level = "no limit" if row.level == math.inf else decibels(row.level)
        return (row.name, level, "", "", "", "")
    closed = comparison.gap_closed.get(row.loss, math.nan)
    warm, split = comparison.warm_psnr.get(row.loss), comparison.split.get(row.loss)
    errors = ("", "") if split is None else tuple(_share(part) for part in split)
    return (
        row.name,
        decibels(row.level),
        "" if math.isnan(closed) else f"{100 * closed + 0.0:.0f} %",
        "" if warm is None else decibels(warm),
        *errors,
    )


def _share(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f}"


def _judgement(comparison: Comparison) -> list[str]:
    agrees = comparison.agrees
    if agrees is None:
        return ["Training cannot agree or disagree: nothing was predicted that it could show."]
    if agrees:
        return [f"Training agrees with the prediction ({comparison.prediction.outcome})."]
    lines = ["Training disagrees with the prediction:"]
    for said in comparison.disagreements:
        lines += textwrap.wrap(said, _WIDTH, initial_indent="- ", subsequent_indent="  ")
    return lines
