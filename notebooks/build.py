"""Write the notebooks from their sources: the instructor's copies, and the students' copies.

The sources are the percent scripts in `src/`; nothing else is edited by hand. The student's copy
lacks the solutions. `python notebooks/build.py` writes what is out of date, and
`python notebooks/build.py --check` only names it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

HOME = Path(__file__).resolve().parent

MISSING = "The notebooks are built with jupytext and nbformat. Install them: pip install jupytext"
STUDENT = (
    "*Exercise copy.* The solutions are left out. Replace each `...` marked `# your turn`, and run "
    "the check below it: it is silent when the answer is right, and gives a hint when it is not."
)
# Nothing of the machine that built them: the copies must come out the same everywhere.
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def sources(home: Path = HOME) -> list[Path]:
    """Percent scripts, in the order of the course."""
    return sorted((home / "src").glob("[0-9][0-9]_*.py"))


def instructor(source: Path) -> NotebookNode:
    """Notebook of a percent script: all cells, no outputs, cell ids from stem and position."""
    import jupytext

    notebook = jupytext.reads(source.read_text(encoding="utf-8"), fmt="py:percent")
    notebook.metadata = _node(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for number, cell in enumerate(notebook.cells, start=1):
        tags = cell.metadata.get("tags", [])
        cell.metadata = _node({"tags": tags} if tags else {})
        cell.id = f"{source.stem}-{number:02d}"
    return notebook


def student(source: Path) -> NotebookNode:
    """The same without the cells tagged `solution`, and with a first line that says so."""
    from nbformat.v4 import new_markdown_cell

    notebook = instructor(source)
    kept = [cell for cell in notebook.cells if "solution" not in cell.metadata.get("tags", [])]
    notebook.cells = [new_markdown_cell(STUDENT, id=f"{source.stem}-student"), *kept]
    return notebook


def copies(source: Path, home: Path = HOME) -> dict[Path, str]:
    """Text that each of the two files of a source must have."""
    import nbformat

    made = {
        home / f"{source.stem}.ipynb": instructor(source),
        home / "student" / f"{source.stem}.ipynb": student(source),
    }
    for notebook in made.values():
        nbformat.validate(notebook)
    return {path: nbformat.writes(notebook) + "\n" for path, notebook in made.items()}


def stale(home: Path = HOME) -> dict[Path, str | None]:
    """Files that differ from what the sources give, with the right text; ``None``: no source."""
    expected = {
        path: text for source in sources(home) for path, text in copies(source, home).items()
    }
    there = {*home.glob("*.ipynb"), *(home / "student").glob("*.ipynb")}
    wrong: dict[Path, str | None] = {
        path: text
        for path, text in expected.items()
        if path not in there or path.read_text(encoding="utf-8") != text
    }
    return wrong | dict.fromkeys(sorted(there - expected.keys()))


def main(arguments: Sequence[str] | None = None, home: Path = HOME) -> int:
    """Write what is stale, or only name it; 1 if something was stale and only to be named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    check = parser.parse_args(arguments).check
    try:
        import jupytext  # noqa: F401
        import nbformat  # noqa: F401
    except ImportError:
        print(MISSING, file=sys.stderr)
        return 2
    wrong = stale(home)
    for path, text in wrong.items():
        name = path.relative_to(home).as_posix()
        if check or text is None:
            print(f"stale: {name}" if text is not None else f"no source in src/: {name}")
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            print(f"wrote {name}")
    return int(bool(wrong) if check else None in wrong.values())


def _node(plain: Mapping[str, object]) -> NotebookNode:
    from nbformat import from_dict

    return from_dict(plain)


if __name__ == "__main__":
    sys.exit(main())
