"""Pages of the site that lie elsewhere in the repository, and links that lead there.

Notebooks, the descriptions of figures and benchmarks, and the notes for contributors are copied
into the site. Links are written as files lie in the repository, where a code host follows them;
here they are led to the copies. A page of html that the site takes as it is links to Markdown in
the repository, and in the site to what is made of it.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

__all__ = ["COPIES", "copy_notebooks", "copy_pages", "for_the_site", "rebased", "write_help"]

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
COPIES = {
    "figures/README.md": "docs/reference/generated/figures.md",
    "figures/validation/README.md": "docs/reference/generated/validation.md",
    "benchmarks/README.md": "docs/reference/generated/benchmarks.md",
    "CONTRIBUTING.md": "docs/reference/generated/contributing.md",
    "CHANGELOG.md": "docs/reference/generated/changelog.md",
}
_LINK = re.compile(r"(\]\()([^()\s#:]+)((?:#[^()\s]*)?\))")
_QUOTED = re.compile(r"\"([\w/-]+)\.md(#[\w-]+)?\"")
_FENCE = re.compile(r"^(```.*?^```)", re.DOTALL | re.MULTILINE)


def _in_the_site(target: str) -> str:
    """Where a file of the repository is in the site; most are where they are."""
    path = PurePosixPath(target)
    if path.parent == PurePosixPath("notebooks"):
        return f"docs/tutorials/{path.name}"
    if target == "README.md":
        return "docs/index.md"
    return COPIES.get(target, target)


def rebased(text: str, at: str, to: str) -> str:
    """Text of a page whose links count from `at`, as they must be written in `to`.

    Parameters
    ----------
    text : str
        Markdown. What is fenced as code stays as it is.
    at, to : str
        Paths of the page in the repository and in the site, both from the root of the repository.
    """

    def moved(link: re.Match[str]) -> str:
        target = os.path.normpath(os.path.join(os.path.dirname(at), link[2]))
        path = os.path.relpath(_in_the_site(target), os.path.dirname(to))
        return link[1] + path + link[3]

    parts = _FENCE.split(text)
    return "".join(part if part.startswith("```") else _LINK.sub(moved, part) for part in parts)


def for_the_site(text: str) -> str:
    """Text of a page of html whose links to Markdown, also those in scripts, lead to html."""
    return _QUOTED.sub(r'"\1.html\2"', text)


def _write(path: Path, text: str) -> None:
    # Unchanged files are left alone, or every build would start from nothing.
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def copy_pages(copies: Mapping[str, str] = COPIES) -> None:
    """Write the copies, with links that hold there."""
    for source, copy in copies.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        _write(ROOT / copy, rebased(text, source, copy))


def copy_notebooks() -> None:
    """Copy the instructor's notebooks beside the index of tutorials, and drop those of before."""
    given = {path.name: path for path in (ROOT / "notebooks").glob("*.ipynb")}
    for copy in (DOCS / "tutorials").glob("*.ipynb"):
        if copy.name not in given:
            copy.unlink()
    for name, path in given.items():
        copy = DOCS / "tutorials" / name
        if not copy.is_file() or copy.read_bytes() != path.read_bytes():
            shutil.copyfile(path, copy)


def write_help() -> None:
    """Write what ``--help`` says, for every command."""
    # Its layout differs between versions of Python, so that no copy of it is kept.
    os.environ["COLUMNS"] = "100"
    from sensing_theorems.cli import _parser

    parser = _parser()
    commands = next(a.choices for a in parser._actions if isinstance(a.choices, dict))
    for name, command in {"main": parser, **commands}.items():
        _write(DOCS / "reference" / "generated" / f"help-{name}.txt", command.format_help())
