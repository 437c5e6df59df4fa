"""``python -m sensing_theorems.demo``: one table, and one page per setup."""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from threadpoolctl import threadpool_limits

from ..report import analyze
from . import table
from .page import Entry, write_index, write_report
from .setups import FULL, Setup, Sizes, setups

__all__ = ["main", "run"]


def run(folder: Path, sizes: Sizes = FULL, say: Callable[[str], None] = print) -> list[Entry]:
    """Analyse every setup, say the table row by row, write the pages into `folder`."""
    started = time.perf_counter()
    numbering, entries = table.Numbering(), []
    for text in table.header():
        say(text)
    for setup, begun in _timed(sizes):
        report = analyze(setup.problem)
        parts = write_report(folder / setup.key, setup, report)
        notes = table.notes_of(setup, report)
        marks = numbering.marks(notes)
        row = table.row_of(setup, report, time.perf_counter() - begun, marks)
        entries.append(Entry(setup, report, row, notes, parts))
        say(table.line(row))
    say("")
    for text in numbering.lines():
        say(text)
    index = write_index(folder, entries, numbering.texts)
    say(f"\n{len(entries)} setups in {time.perf_counter() - started:.0f} s. Pages: {index}")
    return entries


def _timed(sizes: Sizes) -> Iterator[tuple[Setup, float]]:
    """Every setup with the time at which its making began."""
    waiting = setups(sizes)
    while True:
        begun = time.perf_counter()
        setup = next(waiting, None)
        if setup is None:
            return
        yield setup, begun


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sensing_theorems.demo",
        description="Ask of real images whether their model can be learned from measurements.",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("demo-output"),
        metavar="DIR",
        help="where the pages go (default: %(default)s)",
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; return 2, with one line that says why, if files cannot be read or written."""
    folder = _options(arguments).output
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that has no sign for "at most" shall show another sign, not a traceback.
        sys.stdout.reconfigure(errors="replace")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
        # Many small decompositions: threads of their own would wait for each other.
        with threadpool_limits(1):
            run(folder)
    except OSError as error:
        where = error.filename or folder
        print(f"the demo needs {where}: {error.strerror or error}.", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
