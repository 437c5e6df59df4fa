"""One row per setup, the same for the terminal and for the page."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .. import evidence
from ..report import Report
from .setups import Setup

__all__ = ["COLUMNS", "Numbering", "Row", "header", "line", "notes_of", "row_of"]

# Title and width of every column; numbers are set flush right.
COLUMNS: tuple[tuple[str, int], ...] = (
    ("setup", -27),
    ("m", 7),
    ("n", 5),
    ("|G|", 5),
    ("max c", 5),
    ("rank", 6),
    ("verdict", -16),
    ("why", -19),
    ("k covered", -9),
    ("s", 4),
    ("notes", -5),
)
_WIDTH = 120


class Row(NamedTuple):
    """A row in words, in the order of `COLUMNS`."""

    setup: str
    m: str
    n: str
    order: str
    multiplicity: str
    rank: str
    verdict: str
    why: str
    covered: str
    seconds: str
    notes: str


class Numbering:
    """Notes in the order in which they first occur, each with one number."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def marks(self, notes: Iterable[str]) -> str:
        """Numbers of these notes, new ones given the next."""
        numbers = []
        for note in notes:
            if note not in self.texts:
                self.texts.append(note)
            numbers.append(self.texts.index(note) + 1)
        return ",".join(map(str, numbers))

    def lines(self) -> list[str]:
        """All notes, wrapped to the width of the table."""
        wrapped = (
            textwrap.wrap(
                f"{text}.",
                _WIDTH,
                initial_indent=f"{number:>3}  ",
                subsequent_indent=" " * 5,
                break_on_hyphens=False,
            )
            for number, text in enumerate(self.texts, start=1)
        )
        return [line for lines in wrapped for line in lines]


def row_of(setup: Setup, report: Report, seconds: float, marks: str) -> Row:
    """The row of an analysed setup."""
    problem, found, table = report.problem, report.rank, report.irreps
    count = len(problem.operators)
    each = str(max(problem.rows))
    return Row(
        setup.label,
        each if count == 1 else f"{count}x{each}",
        str(problem.n),
        "–" if problem.action is None else str(problem.order),
        "–" if table is None else str(table.max_multiplicity),
        f"{'~' if found.rank_error else ''}{found.rank}{'' if found.clear else '?'}",
        str(report.verdict),
        report.reason,
        covered(report),
        f"{seconds:.1f}",
        marks,
    )


def covered(report: Report) -> str:
    """Largest k of the published bound, for operators that it speaks of and for no others."""
    if not evidence.is_generic(report.problem):
        return "–"
    key = "generic_operators" if len(report.problem.operators) > 1 else "cyclic_group"
    k = report.max_model_dim.get(key)
    return "–" if k is None else f"k ≤ {k}"


def notes_of(setup: Setup, report: Report) -> tuple[str, ...]:
    """The setup's own notes, and what a derived check says against a full rank."""
    exhausted = _exhausted(report)
    return setup.notes if exhausted is None else (*setup.notes, exhausted)


def _exhausted(report: Report) -> str | None:
    """Whether the virtual operators that differ leave no room for any linear model."""
    check = next(check for check in report.checks if check.key == "effective_group")
    if check.margin is None or not report.rank.full:
        return None
    subgroup = evidence.stabilising_subgroup(report.problem)
    if subgroup is None or subgroup.index == 1:
        return None
    # |G:H| (r - k) >= n - k loses |G:H| - 1 from its margin with every further dimension.
    limit = (report.problem.model_dim or 0) + check.margin / (subgroup.index - 1)
    if not 0 <= limit < 1:
        return None
    return (
        f"full rank, yet no success: only {subgroup.index} of the {report.problem.order} virtual "
        "operators differ, and by a count derived here (not published) this A and group identify "
        "no linear model of dimension 1 or more on which A is one-to-one"
    )


def _set(cells: Sequence[str]) -> str:
    parts = [
        f"{cell:<{-width}}" if width < 0 else f"{cell:>{width}}"
        for cell, (_, width) in zip(cells, COLUMNS, strict=True)
    ]
    # A flush-left column after a flush-right one would touch it.
    return f"{' '.join(parts[:6])}  {' '.join(parts[6:9])} {parts[9]}  {parts[10]}".rstrip()


def header() -> list[str]:
    """Titles and a rule."""
    titles = _set([title for title, _ in COLUMNS])
    return [titles, "-" * _WIDTH]


def line(row: Row) -> str:
    """One row of the table in the terminal."""
    return _set(row)
