"""The pages of the demo: a report per setup, and an index with the table and the pictures."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from ..render.elements import page, table, tag, tone
from ..render.pictures import Split, percent, png, split, split_figure
from ..report import Report, Verdict
from .setups import Setup
from .table import COLUMNS, Row

__all__ = ["Entry", "write_index", "write_report"]

_TITLE = "Can a set of signals be learned from its measurements alone?"
_LEAD = (
    "Real images, seen through the operators of imaging, with the symmetry that is claimed for "
    "them. Every verdict is about the operator at hand. NOT IDENTIFIABLE comes with a signal that "
    "no view measures; IDENTIFIABLE rests on a theorem about almost every operator of that size; "
    "UNDECIDED means that no theorem speaks. No noise is added: what is lost is lost without it."
)


class Entry(NamedTuple):
    """What the index shows of one setup."""

    setup: Setup
    report: Report
    row: Row
    notes: tuple[str, ...]
    parts: Split | None


def write_report(folder: Path, setup: Setup, report: Report) -> Split | None:
    """Write the report and, where signals are invisible, the split of the image as a figure."""
    folder.mkdir(parents=True, exist_ok=True)
    fails = report.verdict is Verdict.NOT_IDENTIFIABLE
    text = report.to_html(setup.image if fails else None)
    (folder / "report.html").write_text(text, encoding="utf-8")
    if not fails:
        return None
    parts = split(report, setup.image)
    (folder / "split.png").write_bytes(png(split_figure(parts), 140))
    return parts


def write_index(folder: Path, entries: Sequence[Entry], notes: Sequence[str]) -> Path:
    """Write the index, which shows the table and links every report."""
    numbered = "".join(tag("li", escape(f"{note}.")) for note in notes)
    body = [
        tag("h1", escape(_TITLE)),
        tag("p", escape(_LEAD)),
        _overview(entries),
        tag("h2", "Notes to the table"),
        tag("ol", numbered, "small"),
        *(_section(entry) for entry in entries),
    ]
    target = folder / "index.html"
    target.write_text(page(_TITLE, "\n".join(body)), encoding="utf-8")
    return target


def _overview(entries: Sequence[Entry]) -> str:
    head = [title for title, _ in COLUMNS]
    rows = []
    for entry in entries:
        cells = [escape(cell) for cell in entry.row]
        cells[0] = tag("a", cells[0], href=f"#{entry.setup.key}")
        cells[6] = tag("span", cells[6], f"pill {tone(entry.report.verdict)}")
        cells[7] = tag("code", cells[7])
        rows.append(cells)
    caption = (
        "m: rows over the real numbers; max c: largest multiplicity of an irrep; k covered: "
        "dimension of models that the published bound covers, where it speaks of such operators; "
        "s: seconds."
    )
    numbers = [title for title, width in COLUMNS if width > 0]
    return table(head, rows, "wide", caption=caption, numbers=numbers)


def _section(entry: Entry) -> str:
    setup, report = entry.setup, entry.report
    said = tag("span", escape(str(report.verdict)), f"pill {tone(report.verdict)}")
    parts = [
        tag("h2", escape(setup.label), id=setup.key),
        tag("p", f"{said} <code>[{escape(report.reason)}]</code> {escape(report.explanation)}"),
        tag("p", escape(setup.remark)),
    ]
    if entry.notes:
        parts.append(tag("ul", "".join(tag("li", escape(f"{n}.")) for n in entry.notes), "small"))
    if entry.parts is not None:
        parts.append(_figure(setup.key, entry.parts))
    link = tag("a", "The full report", href=f"{setup.key}/report.html")
    parts.append(tag("p", f"{link}. Image: {escape(setup.source)}.", "small"))
    return tag("section", "\n".join(parts), aria_labelledby=setup.key)


def _figure(key: str, parts: Split) -> str:
    lost = percent(parts.share)
    alt = (
        "Three panels: the image, what measurements and symmetry see of it, what nobody sees "
        f"({lost} of its energy)"
    )
    image = f'<img alt="{escape(alt)}" src="{escape(key)}/split.png">'
    caption = (
        f"Nobody sees {lost} of the energy of this image. The first two panels share one grey "
        "scale; the third has its own, white at zero."
    )
    return tag("figure", tag("div", image, "scroll") + tag("figcaption", caption), "wide")
