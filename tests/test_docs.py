"""The site: every public name is in the reference, links lead somewhere, examples print what they
show, and all of it builds without a warning.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import io
import os
import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest

import sensing_theorems as st

pytestmark = pytest.mark.compiled

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
sys.path.append(str(DOCS))
links = importlib.import_module("links")
pages = importlib.import_module("pages")

DOCUMENTED = Counter(
    name
    for page in (DOCS / "reference").glob("*.md")
    for name in re.findall(
        r"^\.\. (?:autofunction|autoclass|py:data):: (\S+)$", page.read_text(encoding="utf-8"), re.M
    )
)
TRAINING = ("", ".experiments", ".losses", ".networks", ".signals")
MODULES = [
    *(name for name in st._SUBMODULES if name != "equivariant_imaging"),
    "interop.deepinv",
    *(
        pytest.param(f"equivariant_imaging{name}", marks=pytest.mark.torch, id=name or "training")
        for name in TRAINING
    ),
]


class TestReference:
    @pytest.mark.parametrize("name", [n for n in st.__all__ if n not in st._SUBMODULES])
    def test_has_every_name_of_the_package(self, name):
        assert DOCUMENTED[f"sensing_theorems.{name}"] == 1

    @pytest.mark.parametrize("module", MODULES)
    def test_has_every_name_of_a_module(self, module):
        if module.startswith("equivariant_imaging"):
            pytest.importorskip("torch")
        full = f"sensing_theorems.{module}"
        found = importlib.import_module(full)
        top = [getattr(st, name) for name in st.__all__]
        missing = []
        for name in found.__all__:
            value = getattr(found, name)
            # What the package itself offers is documented there, and only there.
            known = any(value is other for other in top)
            if not known and DOCUMENTED[f"{full}.{name}"] != 1 and not is_module(value):
                missing.append(name)
        assert missing == []

    def test_has_nothing_that_is_not_there(self):
        for name in DOCUMENTED:
            module, _, rest = name.removeprefix("sensing_theorems.").rpartition(".")
            home = importlib.import_module(f"sensing_theorems.{module}") if module else st
            if "equivariant_imaging" not in module:
                assert hasattr(home, rest), name


def is_module(value: object) -> bool:
    return isinstance(value, type(sys))


class TestLinks:
    def test_of_all_pages_lead_somewhere(self):
        assert list(links.dead_in_sources(links.sources())) == []

    def test_dead_ones_are_found(self, tmp_path, monkeypatch):
        monkeypatch.setattr(links, "ROOT", tmp_path)
        (tmp_path / "there.md").write_text("# One *heading*\n\n(a-target)=\n", encoding="utf-8")
        page = tmp_path / "page.md"
        page.write_text(
            "[1](there.md#one-heading) [2](there.md#a-target) [3](#here) [4](gone.md)\n"
            "[5](there.md#two) [6](https://example.org/gone) `[7](gone.md)` ![8](gone.png)\n\n"
            "## Here\n",
            encoding="utf-8",
        )
        dead = [line.split()[1] for line in links.dead_in_sources([page])]
        assert dead == ["gone.md", "there.md#two", "gone.png"]

    def test_dead_ones_of_a_page_and_of_its_script_are_found(self, tmp_path, monkeypatch):
        monkeypatch.setattr(links, "ROOT", tmp_path)
        (tmp_path / "there.md").write_text("(a-target)=\n", encoding="utf-8")
        page = tmp_path / "page.html"
        page.write_text(
            '<a href="there.md">1</a><a href="gone.html">2</a><a href="#k=3">3</a><a href="#no">'
            '</a><p>"not/a.md"</p><script>f(["there.md#a-target", "gone/too.md#x"])</script>',
            encoding="utf-8",
        )
        dead = [line.split()[1] for line in links.dead_in_sources([page])]
        assert dead == ["gone.html", "#no", "gone/too.md#x"]

    def test_of_the_explorer_hold_in_the_repository_and_in_the_site(self):
        path = DOCS / "explorer.html"
        assert path in links.sources()
        text = path.read_text(encoding="utf-8")
        here, there = ([*links.Page(t).links] for t in (text, pages.for_the_site(text)))
        pairs = [(a, b) for a, b in zip(here, there, strict=True) if not a.startswith("#")]
        assert len(set(pairs)) > 10
        for one, other in pairs:
            name, dot, anchor = one.partition(".md")
            assert dot and other == f"{name}.html{anchor}"
            # The site makes a page of every page of ours.
            assert (DOCS / f"{name}.md") in links.sources()

    def test_dead_ones_of_a_site_are_found(self, tmp_path):
        (tmp_path / "a.html").write_text(
            '<a href="b.html#x">1</a><a href="b.html#y">2</a><img src="no.png">'
            '<a href="https://example.org">3</a><a href="#top">4</a><a href="?q">5</a>'
        )
        (tmp_path / "b.html").write_text('<p id="x"><a href="../b.html">1</a>')
        dead = [line.split()[:2] for line in links.dead_in_site(tmp_path)]
        assert dead == [
            ["a.html:", "b.html#y"],
            ["a.html:", "no.png"],
            ["a.html:", "#top"],
            ["b.html:", "../b.html"],
        ]

    def test_are_led_to_the_copies(self):
        text = "[a](../figures/README.md#x) [b](howto/index.md) ![c](../figures/rotation.png)\n"
        code = "```\n[d](../figures/README.md)\n```\n"
        found = pages.rebased(text + code, "docs/sweeps.md", "docs/sweeps.md")
        moved = text.replace("../figures/README.md", "reference/generated/figures.md")
        assert found == moved + code

    def test_of_copies_count_from_where_they_are(self):
        text = "[a](../docs/training.md) ![b](exact.svg) [c](validation/README.md) [d](#here)"
        found = pages.rebased(text, "figures/README.md", "docs/reference/generated/figures.md")
        assert found == (
            "[a](../../training.md) ![b](../../../figures/exact.svg) [c](validation.md) [d](#here)"
        )


def test_every_page_is_in_a_table_of_contents():
    listed = {DOCS / "index.md"}
    for page in (page for page in links.sources() if page.suffix == ".md"):
        text = page.read_text(encoding="utf-8")
        for block in re.findall(r"```\{toctree\}\n(.*?)```", text, re.DOTALL):
            entries = [line for line in block.splitlines() if line and not line.startswith(":")]
            listed |= {(page.parent / f"{entry}.md").resolve() for entry in entries}
    written = [page for page in links.sources() if page.suffix == ".md"]
    assert [page for page in written if page not in listed] == []
    made = {ROOT / copy for copy in pages.COPIES.values()}
    assert [
        page for page in listed if not (page.exists() or page in made or "*" in page.name)
    ] == []
    assert made <= listed


FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```\n?", re.DOTALL | re.MULTILINE)


def shown(page: Path, language: str) -> list[tuple[str, str]]:
    """Blocks of a page in a language, each with the plain block that follows at once, or ""."""
    fences = list(FENCE.finditer(page.read_text(encoding="utf-8")))
    after = {fence.start(): fence[2] for fence in fences if fence[1] == ""}
    return [(fence[2], after.get(fence.end(), "")) for fence in fences if fence[1] == language]


def printed(code: str, names: dict[str, object]) -> str:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(code, names)
    return said.getvalue()


THEORY = [p for p in sorted((DOCS / "explanation").glob("*.md")) if shown(p, "python")]
GUIDES = [DOCS / "index.md", *sorted((DOCS / "howto").glob("*-*.md")), *THEORY]


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_examples_print_what_the_page_shows(page):
    names: dict[str, object] = {}
    blocks = shown(page, "python")
    assert any(output for _, output in blocks)
    for code, output in blocks:
        said = printed(code, names)
        # A report of many lines may be shown in parts, in a guide; the theory shows all.
        assert said == output or (not output and page not in THEORY)


def test_theory_shows_examples():
    assert len(THEORY) == 5


def test_page_on_clusters_counts_its_cells():
    page = DOCS / "howto" / "run-a-sweep-on-a-cluster.md"
    ((text, _),) = shown(page, "toml")
    given = tomllib.loads(text)
    start, stop, step = map(int, given["grid"]["m"].split(":"))
    grid = {"m": range(start, stop + 1, step), "G": given["grid"]["G"]}
    task = st.tasks.SubspaceIdentification(**given["parameters"])
    found = st.sweep(task, grid, trials=2, seed=given["seed"], refine=given["refine"])
    every = (stop - start + 1) * len(grid["G"])
    said = f"takes {(found.trials > 0).sum()} cells where all would be {every}."
    assert said in " ".join(page.read_text(encoding="utf-8").split())


@pytest.mark.torch
def test_page_on_deepinv():
    pytest.importorskip("torch")
    shim = importlib.import_module("torchvision_shim")
    shim.import_deepinv()
    names: dict[str, object] = {}
    blocks = shown(DOCS / "howto" / "plug-in-deepinv.md", "python deepinv")
    assert len(blocks) == 2
    for code, output in blocks:
        assert printed(code, names) == output


def test_page_on_reports_shows_a_report():
    page = DOCS / "howto" / "read-a-report.md"
    names: dict[str, object] = {}
    (first, _), *_ = shown(page, "python")
    report = without_gap(printed(first, names))
    printouts = {output for _, output in shown(page, "python")}
    excerpts = [text for text, _ in shown(page, "") if text not in printouts]
    assert len(excerpts) > 6
    for excerpt in excerpts:
        assert without_gap(excerpt) in report


def without_gap(text: str) -> str:
    """In one line, and without the ratio of rounding errors, which differs between libraries."""
    return re.sub(r"gap (inf|[0-9.e+]+)", "gap", " ".join(text.split()))


def test_page_on_reports_has_every_reason():
    page = (DOCS / "howto" / "read-a-report.md").read_text(encoding="utf-8")
    tree = ast.parse((Path(st.__file__).parent / "judgement.py").read_text(encoding="utf-8"))
    reasons = {
        node.args[index].value
        for function in tree.body
        if isinstance(function, ast.FunctionDef) and function.name != "recovery"
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        for name, index in (("Answer", 1), ("_undecided", 0))
        if node.func.id == name and isinstance(node.args[index], ast.Constant)
    }
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.M)) == reasons and len(reasons) > 10


class TestFormulas:
    @pytest.fixture
    def formula(self):
        pytest.importorskip("sphinx")
        pytest.importorskip("latex2mathml")
        return importlib.import_module("mathml").formula

    def test_is_mathml(self, formula):
        made = formula(r"\operatorname{rank}[A_1; \dots; A_G] = n", "block")
        assert made.startswith("<math ") and 'display="block"' in made and "<msub>" in made

    def test_what_cannot_be_read_is_refused(self, formula):
        with pytest.raises(ValueError, match="commands that MathML has"):
            formula(r"\nosuchcommand x", "inline")


@pytest.mark.slow
def test_the_site_builds_without_a_warning_and_without_dead_links(tmp_path):
    pytest.importorskip("myst_nb")
    pytest.importorskip("furo")
    sphinx = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    done = subprocess.run(
        [*sphinx, "-d", str(tmp_path / "trees"), str(DOCS), str(tmp_path / "html")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "DOCS_NOTEBOOKS": "off"},
    )
    assert done.returncode == 0, done.stderr
    assert list(links.dead_in_site(tmp_path / "html")) == []
    for page in (tmp_path / "html").rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(r'<(?:script|img|link)[^>]+(?:src|href)="(https?:[^"]+)"', text)
        assert loaded == [], f"{page} needs a network"
    explorer = links.Page((tmp_path / "html" / "explorer.html").read_text(encoding="utf-8"))
    assert "explanation/statements.html#virtual-rank" in explorer.links
    assert not any(".md" in link for link in explorer.links)
