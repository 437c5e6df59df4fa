"""Reports and the demo's index, opened as a reader opens them: from a file, in a browser."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import sensing_theorems as st
from sensing_theorems.cli import main
from sensing_theorems.demo.page import Entry, write_index, write_report
from sensing_theorems.demo.setup import Setup
from sensing_theorems.demo.table import COLUMNS, Row

pytestmark = pytest.mark.compiled


BAND = np.outer(np.abs(np.fft.fftfreq(8)) < 0.2, np.ones(8, bool))
IMAGE = np.outer(np.hanning(8), np.linspace(0, 1, 8))
NAMES = ("identifiable", "not identifiable", "undecided", "unclear", "several")
WIDTHS = (320, 1400)

HEADINGS = "() => [...document.querySelectorAll('h1, h2, h3')].map(h => Number(h.tagName[1]))"
TABLES = """() => [...document.querySelectorAll("table")].map(t => [
  Boolean(t.caption && t.caption.textContent.trim()),
  [...t.tHead.rows[0].cells].every(c => c.tagName === "TH" && c.scope === "col" && c.textContent),
  [...t.tBodies[0].rows].every(r => r.cells.length === t.tHead.rows[0].cells.length),
])"""


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """Pages that the command line writes, and their exit codes."""
    folder = tmp_path_factory.mktemp("reports")
    np.save(folder / "band.npy", BAND)
    np.save(folder / "image.npy", IMAGE)
    np.save(folder / "mask.npy", np.arange(64).reshape(8, 8) % 3 == 0)
    np.save(folder / "steep.npy", np.diag(10.0 ** -np.arange(16)))
    lines = f"fourier:{folder / 'band.npy'}"
    drawn = [f"gaussian:m=6,n=64,seed={seed}" for seed in range(3)]
    calls = {
        "identifiable": ["gaussian:m=20,n=30,seed=0", "--action", "shifts:30", "--model-dim", "3"],
        "not identifiable": [lines, "--action", "shifts:8x8", "--image", str(folder / "image.npy")],
        "undecided": [f"inpainting:{folder / 'mask.npy'}", "--action", "shifts:8x8"],
        "unclear": [str(folder / "steep.npy"), "--action", "trivial:16"],
        "several": [*drawn, "--model-dim", "2.5"],
    }
    pages = {}
    for name in NAMES:
        pages[name] = folder / f"{name}.html"
        arguments = ["check", *calls[name], "--html", str(pages[name]), "--quiet", "--exit-zero"]
        assert main(arguments) == 0
    return pages


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """An index of two setups, one of which loses part of its image."""
    folder = tmp_path_factory.mktemp("demo")
    entries = []
    for key, A in (("lost", st.operators.fourier(BAND)), ("seen", st.operators.gaussian(9, 64, 0))):
        problem = st.Problem(A, st.groups.shifts(8, 8))
        setup = Setup(key, f"The setup {key}", problem, IMAGE, "an image", "A remark.")
        report = st.analyze(problem)
        parts = write_report(folder / key, setup, report)
        cells = ["x" * (width or 4) for _, width in COLUMNS]
        cells[6] = str(report.verdict)
        entries.append(Entry(setup, report, Row(*cells), ("a note",), parts))
    return write_index(folder, entries, ["a note"])


class TestHelpers:
    """What the other tests lean on does find what it looks for."""

    PAGE = "<style>{}</style><main>" + "<p>A line of text.</p>" * 12 + "{}</main>"

    @pytest.mark.parametrize(
        ("style", "more"),
        [
            ("", "<p style='color:#888'>pale</p>"),
            ("p{opacity:.5}", ""),
            ("", "<p style='background:#666;color:#000'><b>on grey</b></p>"),
            ("body{background:#333}", ""),
            ("", "<svg><rect width=90 height=40 fill=#222 /><text x=9 y=20>dark</text></svg>"),
        ],
    )
    def test_pale_texts_are_found(self, open_page, tmp_path, style, more):
        path = tmp_path / "page.html"
        path.write_text(self.PAGE.format(style, more))
        with pytest.raises(AssertionError):
            open_page(path).assert_readable()

    @pytest.mark.parametrize(
        "more",
        [
            "<div style='width:500px'>wide</div>",
            "<svg width=300><text x=290 y=20>out of the picture</text></svg>",
            "<div style='position:absolute;left:-20px'>left</div>",
        ],
    )
    def test_what_sticks_out_is_found(self, open_page, tmp_path, more):
        path = tmp_path / "page.html"
        path.write_text(self.PAGE.format("", more))
        with pytest.raises(AssertionError):
            open_page(path, 400).assert_within()

    def test_a_good_page_passes(self, open_page, tmp_path):
        path = tmp_path / "page.html"
        wide = "<div style='overflow:auto'><div style='width:900px'>scrolls</div></div>"
        path.write_text(self.PAGE.format("", wide))
        opened = open_page(path, 400)
        opened.assert_readable()
        opened.assert_within()

    def test_errors_and_requests_are_heard(self, open_page, tmp_path):
        path = tmp_path / "page.html"
        path.write_text("<script>console.error('a'); nothing();</script><img src='none.png'>")
        opened = open_page(path)
        assert len(opened.errors) >= 2
        assert len(opened.requests) == 2


class TestReport:
    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize("width", WIDTHS)
    def test_it_can_be_read_and_stays_within(self, open_page, reports, name, width):
        opened = open_page(reports[name], width)
        for scheme in ("light", "dark"):
            opened.page.emulate_media(color_scheme=scheme)
            opened.assert_readable()
            opened.assert_within()
        assert opened.errors == []

    @pytest.mark.parametrize("name", NAMES)
    def test_the_verdict_is_first_all_is_in_order_and_nothing_is_asked_for(
        self, open_page, reports, name
    ):
        opened = open_page(reports[name])
        page = opened.page
        word = {"unclear": "undecided", "several": "not identifiable"}.get(name, name)
        assert page.inner_text("h1").startswith(word.upper())
        assert page.title().startswith(word.upper())
        asked = [url for url in opened.requests if not url.startswith("data:")]
        assert asked == [reports[name].as_uri()]
        self.check_order(page)

    def check_order(self, page):
        """Headings, tables and pictures are whole and in order."""
        levels = page.evaluate(HEADINGS)
        assert levels[0] == 1 and levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
        tables = page.evaluate(TABLES)
        assert len(tables) >= 2
        assert all(all(parts) for parts in tables)
        pictures = page.eval_on_selector_all(
            "img", "images => images.map(i => [i.alt, i.complete && i.naturalWidth])"
        )
        assert all(len(alt) > 8 and width for alt, width in pictures)
        assert page.get_attribute("html", "lang") == "en"

    def test_every_section_is_named_by_its_heading(self, open_page, reports):
        page = open_page(reports["not identifiable"]).page
        named = page.eval_on_selector_all(
            "section",
            "s => s.map(x => document.getElementById(x.getAttribute('aria-labelledby')).tagName)",
        )
        assert len(named) > 8 and set(named) == {"H2"}

    def test_only_part_of_a_wide_table_is_not_hidden_on_a_telephone(self, open_page, reports):
        """Each cell of a table that became a card names its column."""
        page = open_page(reports["undecided"], 400).page
        names = page.eval_on_selector_all(
            "table.wide td:not(:empty)",
            "cells => cells.map(c => getComputedStyle(c, '::before').content)",
        )
        assert names and all(name not in ("none", "normal", '": "') for name in names)


class TestIndex:
    @pytest.mark.parametrize("width", WIDTHS)
    def test_it_can_be_read_and_stays_within(self, open_page, index, width):
        opened = open_page(index, width)
        for scheme in ("light", "dark"):
            opened.page.emulate_media(color_scheme=scheme)
            opened.assert_readable()
            opened.assert_within()
        assert opened.errors == []

    def test_the_keyboard_reaches_every_link_in_the_order_of_the_page(self, open_page, index):
        page = open_page(index).page
        links = page.eval_on_selector_all("a", "links => links.map(a => a.href)")
        reached = []
        for _ in links:
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.href"))
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none"
        assert reached == links and len(links) == 4

    def test_a_link_leads_to_a_report_and_back(self, open_page, index):
        page = open_page(index).page
        page.click("a[href='lost/report.html']")
        assert page.inner_text("h1").startswith("NOT IDENTIFIABLE")
        page.go_back()
        assert page.locator("section").count() == 2

    def test_the_picture_that_is_split_has_a_text(self, open_page, index):
        page = open_page(index).page
        (alt,) = page.eval_on_selector_all("img", "images => images.map(i => i.alt)")
        assert "what nobody sees" in alt
