"""The front door: its example runs, its table is the registry, its commands exist."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sensing_theorems as st

pytestmark = pytest.mark.compiled

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def theorem_table() -> str:
    """Rows of the theorem table, from the registry."""
    lines = ["| theorem | kind | function | test | figure |", "|---|---|---|---|---|"]
    for key, theorem in st.THEOREMS.items():
        kind = theorem.kind + (" (derived)" if theorem.status == "derived" else "")
        test = "Test" + "".join(part.capitalize() for part in key.split("_"))
        statement = theorem.statement.replace("|", "\\|")
        picture = f"[svg](figures/{key}.svg)"
        lines.append(f"| {statement} | {kind} | `{key}` | `{test}` | {picture} |")
    return "\n".join(lines)


def test_theorem_table_is_the_registry():
    # To renew it: python tests/test_readme.py
    written = README.split("<!-- theorems -->\n")[1].split("\n<!-- /theorems -->")[0]
    assert written == theorem_table()


def test_every_figure_exists():
    for key in st.THEOREMS:
        assert (ROOT / "figures" / f"{key}.svg").is_file(), key


# As readers run it: without this, kernels in plain Python would take minutes.
COMPILED = {key: value for key, value in os.environ.items() if key != "NUMBA_DISABLE_JIT"}
EXAMPLES = re.findall(r"```python\n(.*?)```\n```\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize(
    ("code", "output"), EXAMPLES, ids=["report", "irreps", "sweep", "training"]
)
def test_examples_print_what_the_readme_shows(code, output):
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=COMPILED
    )
    assert done.returncode == 0, done.stderr
    # The gap is a ratio of rounding errors, which differ between machines.
    gap = re.compile(r"gap [0-9.e+]+")
    assert gap.sub("gap", done.stdout) == gap.sub("gap", output)


DOCS = ROOT / "docs"
# Built from others, and without code of their own.
PAGES = {
    page: "\n".join(re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL))
    for page in sorted(DOCS.rglob("*.md"))
    if "_build" not in page.parts and "generated" not in page.parts
}


def named(page: Path) -> str:
    return page.relative_to(DOCS).as_posix()


@pytest.mark.parametrize("page", [page for page, code in PAGES.items() if code], ids=named)
def test_pages_of_the_documentation(page, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", PAGES[page]],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=COMPILED,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("folder", ["", "howto"])
def test_guides_have_code_that_runs(folder):
    guides = [p for p in (DOCS / folder).glob("*.md") if p.stem != "index"]
    silent = [named(page) for page in guides if not PAGES[page]]
    assert guides and set(silent) <= {"gallery.md"}


def test_the_page_on_groups_names_every_constructor():
    page = (ROOT / "docs" / "groups.md").read_text(encoding="utf-8")
    constructors = [name for name in st.groups.__all__ if name.islower() and name != "trivial"]
    assert [name for name in constructors if f"{name}" not in page] == []


def test_short_enough_to_be_read():
    assert len(README.splitlines()) < 190


@pytest.mark.parametrize("target", sorted(set(re.findall(r"make ([a-z-]+)", README)) - {"test-"}))
def test_make_targets_exist(target):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{target}\b.*:", makefile, re.MULTILINE) or re.search(
        rf"^[a-z -]*\b{target}\b[a-z -]*:", makefile, re.MULTILINE
    )


if __name__ == "__main__":
    head, rest = README.split("<!-- theorems -->\n")
    tail = rest.split("<!-- /theorems -->")[1]
    renewed = f"{head}<!-- theorems -->\n{theorem_table()}\n<!-- /theorems -->{tail}"
    (ROOT / "README.md").write_text(renewed, encoding="utf-8")
