"""The gallery: `python figures/gallery.py` writes its page and the index of `figures/README.md`.

All that is said of a figure is data, in `gallery.toml`; kind, status and source of theorems come
from the registry of the package. `--check` writes nothing and fails where a page is not fresh.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sensing_theorems.theorems import THEOREMS

__all__ = ["FIGURES", "INDEX", "PAGE", "ROOT", "Figure", "index", "main", "page", "read"]

ROOT = Path(__file__).resolve().parents[1]
PAGE, INDEX = ROOT / "docs" / "gallery.md", ROOT / "figures" / "README.md"
MARKS = ("<!-- index: written by figures/gallery.py -->", "<!-- /index -->")
LICENCE = "BSD-3-Clause"
ABOUT = """\
# Gallery

One figure per theorem, and one per headline experiment. Every point in them was computed; each is
drawn again from stored evidence by the one command below it, and computed again with `--recompute`
where there is that flag. You may use them in lectures, slides and papers under the licence of this
project. Orange stands for what is necessary, black for what is exact, dashed blue for published
sufficient bounds, dotted lines for what was derived here and is not published.

What lies behind a figure can be read and drawn in another way, from the root of the repository:

```py
import sensing_theorems as st

diagram = st.PhaseDiagram.load("figures/phases/operators-0.json")
print(diagram.select(G=10).transition("m"))
found = st.Comparison.load("figures/validation/ct-odd.json")
print(found.prediction.outcome, found.psnr)
```
"""


@dataclass(frozen=True)
class Figure:
    """A picture, and all that is said of it.

    Attributes
    ----------
    key : str
        Of the theorem, or a name of its own.
    file : str
    evidence : tuple of str
        What it is drawn from; a script where everything is computed when it is drawn. Paths from
        the root of the repository, as `file`.
    title, caption, alt : str
    command : str
        Draws it again.
    about : str
        Where it belongs.
    source : str
        Of the statement, for theorems.
    """

    key: str
    file: str
    evidence: tuple[str, ...]
    title: str
    caption: str
    alt: str
    command: str
    about: str
    source: str = ""

    @property
    def credit(self) -> str:
        """Line to put below a picture in other people's slides."""
        made = f"Figure: sensing-theorems, {LICENCE}."
        return f"{made} Statement: {self.source}." if self.source else made


def read() -> tuple[Figure, ...]:
    """All figures, in the order of the gallery."""
    text = (ROOT / "figures" / "gallery.toml").read_text(encoding="utf-8")
    return tuple(_figure(entry) for entry in tomllib.loads(text)["figure"])


def _figure(entry: dict[str, object]) -> Figure:
    known = {**entry, "evidence": tuple(entry["evidence"])}
    known["caption"] = " ".join(entry["caption"].split())
    theorem = THEOREMS.get(entry["key"])
    if theorem is None:
        return Figure(**known)
    published = theorem.status == "published"
    status = "published" if published else "derived here"
    about = f"{theorem.kind}, {status}"
    return Figure(**known, about=about, source=theorem.source if published else "derived here")


FIGURES = read()


def _sections() -> Iterator[tuple[str, str, list[Figure]]]:
    """Titles of the parts, what they hold in a sentence, and their figures."""
    parts = {
        "Theorems": "One figure per key, each at the place where its theorem turns.",
        "Pictures": "The ideas, before the numbers.",
        "Phase diagrams": "How often something succeeds, over a grid of integers. White is always.",
        "Training": "What networks reach without ground truth, beside what was predicted.",
        "The rank engine": "What it costs to decide.",
    }
    for title, text in parts.items():
        yield title, text, [figure for figure in FIGURES if _part(figure) == title]


def _part(figure: Figure) -> str:
    if figure.key in THEOREMS:
        return "Theorems"
    if figure.file.startswith("benchmarks/"):
        return "The rank engine"
    if "/phases/" in figure.file:
        return "Phase diagrams"
    trained = any("/validation/" in path for path in figure.evidence)
    return "Training" if trained else "Pictures"


def page() -> str:
    """The page of the documentation."""
    lines = [ABOUT]
    for title, text, figures in _sections():
        lines += [f"## {title}", "", text, ""]
        for figure in figures:
            lines += _card(figure)
    return "\n".join(lines)


def _card(figure: Figure) -> list[str]:
    evidence, stop = _paths(figure.evidence), "" if figure.title[-1] in "?!" else "."
    about = figure.about[0].upper() + figure.about[1:]
    if figure.key in THEOREMS:
        anchor = figure.key.replace("_", "-")
        about = f"{about}: [`{figure.key}`](explanation/statements.md#{anchor})"
    return [
        f"### {figure.title}",
        "",
        f"![{figure.alt}](../{figure.file})",
        "",
        figure.caption,
        "",
        f"{about}. Drawn by `{figure.command}` from {evidence}.",
        "",
        "<details><summary>Caption and credit as plain text</summary>",
        "",
        "```text",
        f"{figure.title}{stop} {figure.caption}",
        figure.credit,
        "```",
        "",
        "</details>",
        "",
    ]


def _paths(paths: Sequence[str]) -> str:
    """Evidence in a few words."""
    if len(paths) > 2:
        return f"`{paths[0]}` and {len(paths) - 1} files beside it"
    return " and ".join(f"`{path}`" for path in paths)


def index() -> str:
    """The table at the top of `figures/README.md`, between its marks."""
    lines = [MARKS[0], "", "| figure | about | drawn by |", "|---|---|---|"]
    for figure in FIGURES:
        target = figure.file.removeprefix("figures/")
        target = target if target != figure.file else f"../{figure.file}"
        lines.append(f"| [{figure.title}]({target}) | {figure.about} | `{figure.command}` |")
    return "\n".join([*lines, "", MARKS[1]])


def _renewed(text: str) -> str:
    """The text of `figures/README.md` with a fresh index."""
    head, rest = text.split(MARKS[0])
    return f"{head}{index()}{rest.split(MARKS[1])[1]}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write both, or say which is stale."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail where stale")
    chosen = parser.parse_args(arguments)
    written = INDEX.read_text(encoding="utf-8")
    fresh = {PAGE: page(), INDEX: _renewed(written)}
    stale = [p for p, text in fresh.items() if not p.exists() or p.read_text("utf-8") != text]
    for path in stale:
        name = path.relative_to(ROOT)
        print(f"{name} is not fresh: run `python figures/gallery.py`" if chosen.check else name)
        if not chosen.check:
            path.write_text(fresh[path], encoding="utf-8")
    return int(chosen.check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
