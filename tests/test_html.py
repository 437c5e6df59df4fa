"""Reports as HTML: whole, self-contained, escaped, and no stronger than the report."""

from __future__ import annotations

import base64
import io
import re
import subprocess
import sys
from html.parser import HTMLParser

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

import sensing_theorems as st
from sensing_theorems.render import charts, elements, html, pictures

g, ops = st.groups, st.operators
NOT, YES, OPEN = st.Verdict.NOT_IDENTIFIABLE, st.Verdict.IDENTIFIABLE, st.Verdict.UNDECIDED
LOW = np.abs(np.fft.fftfreq(32)) < 0.25
BAND = np.outer(np.abs(np.fft.fftfreq(8)) < 0.2, np.ones(8, bool))
HOSTILE = "<script>alert('A & B')</script>"
SECTIONS = [
    "Verdict",
    "Setup",
    "Why",
    "Pictures",
    "Witness",
    "All checks",
    "Which models the bounds cover",
    "Irreps of the action",
    "What would change the answer",
    "Assumed",
    "Not checked",
    "Computed by",
]


def gaussian(m, n, seed=0):
    return ops.gaussian(m, n, seed)


def named(name):
    operator = gaussian(3, 16)
    operator.name = name
    return operator


PROBLEMS = {
    "full": lambda: st.Problem(gaussian(8, 64), g.shifts(8, 8)),
    "identifiable": lambda: st.Problem(gaussian(20, 30), g.shifts(30), model_dim=3),
    "deficient": lambda: st.Problem(ops.fourier(BAND), g.shifts(8, 8)),
    "unclear": lambda: st.Problem(np.diag(10.0 ** -np.arange(0, 16)), g.trivial(16)),
    "operators": lambda: st.Problem([gaussian(5, 16, s) for s in range(3)]),
    "no action": lambda: st.Problem(gaussian(5, 16)),
    "line": lambda: st.Problem(ops.fourier(LOW), g.shifts(32)),
    "cube": lambda: st.Problem(ops.inpainting(np.arange(64).reshape(4, 4, 4) < 9), g.trivial(64)),
    "complex": lambda: st.Problem(ops.fourier(BAND), g.shifts(8, 8), field="complex"),
    "complex, real witness": lambda: st.Problem(1j * np.eye(5)[:3], g.trivial(5), field="complex"),
    "stride": lambda: st.Problem(gaussian(3, 64), g.shifts(8, 8, stride=4)),
    "turns": lambda: st.Problem(gaussian(7, 36), g.quarter_turns(6)),
    "symmetric": lambda: st.Problem(np.array([[1.0, -1, 0, 0]]), g.symmetric(4)),
    "zero": lambda: st.Problem(np.zeros((2, 9)), g.shifts(3, 3)),
    "hostile": lambda: st.Problem(named(HOSTILE), g.shifts(16)),
}


@pytest.fixture(scope="module")
def report_of():
    known = {}

    def analysed(name):
        if name not in known:
            known[name] = st.analyze(PROBLEMS[name]())
        return known[name]

    return analysed


@pytest.fixture(scope="module")
def text_of(report_of):
    """Each page once, with an image split."""
    known = {}

    def rendered(name):
        if name not in known:
            known[name] = report_of(name).to_html(signal(report_of(name)))
        return known[name]

    return rendered


def signal(report):
    return np.linspace(0, 1, report.problem.n) ** 2


EMPTY = {"meta", "br", "img", "link", "hr", "input"}


class Page(HTMLParser):
    """Elements, their texts, and whether every one is closed in its turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.texts.append((self.open[-1], data))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.seen if name == tag]

    def under(self, tag: str) -> list[str]:
        return [text for name, text in self.texts if name == tag]

    @property
    def text(self) -> str:
        return " ".join(" ".join(text for _, text in self.texts).split())


def images_of(page: Page) -> list[np.ndarray]:
    start = "data:image/png;base64,"
    sources = [image["src"] for image in page.all("img")]
    assert all(source.startswith(start) for source in sources)
    return [imread(io.BytesIO(base64.b64decode(s.removeprefix(start)))) for s in sources]


def terms(text: str) -> list[tuple[str, str]]:
    """Terms of the page's lists, with what is said of each."""
    page = Page(text)
    return list(zip(page.under("dt"), page.under("dd"), strict=True))


@pytest.mark.parametrize("name", PROBLEMS)
class TestEveryReport:
    def test_is_well_formed_and_has_all_sections_in_order(self, name, report_of, text_of):
        page = Page(text_of(name))
        assert page.open == []
        assert page.under("h2") == SECTIONS
        assert page.under("h1") == [report_of(name).headline]
        identities = [a["id"] for _, a in page.seen if "id" in a]
        assert len(set(identities)) == len(identities)
        assert [a["aria-labelledby"] for a in page.all("section")] == identities

    def test_loads_nothing_from_elsewhere(self, name, text_of):
        text = text_of(name)
        page = Page(text)
        assert not re.search(r"(?:src|href)\s*=\s*[\"']?(?:https?:)?//", text)
        assert "url(" not in text and "@import" not in text
        assert page.all("script") == page.all("link") == page.all("iframe") == []

    def test_says_both_verdicts_and_every_check(self, name, report_of, text_of):
        report = report_of(name)
        page = Page(text_of(name))
        assert page.under("strong") == [str(report.verdict), str(report.recovery)]
        for check in report.checks:
            assert check.key in page.under("code")
        words = {True: "yes", False: "no", None: "silent"}
        said = [text for text in page.under("span") if text in words.values()]
        assert said == [words[check.holds] for check in report.checks]

    def test_every_picture_has_a_text_and_is_not_blank(self, name, report_of, text_of):
        report = report_of(name)
        page = Page(text_of(name))
        assert all(picture["alt"] for picture in page.all("img"))
        drawn = images_of(page)
        assert len(drawn) == len(page.all("figure")) >= 3
        blank = sum(np.ptp(picture, axis=(0, 1)).max() < 0.01 for picture in drawn)
        # The image of a constant is blank, as where nothing is hidden; a curve still has its axes.
        parts = pictures.split(report, signal(report))
        shown = [*parts[:3], *([] if report.witness is None else [report.witness])]
        constant = sum(np.ptp(one.real) < 1e-9 for one in shown)
        assert blank == (constant if pictures.is_image(parts.image) else 0)

    def test_fragment_is_small_and_harmless(self, name, report_of):
        report = report_of(name)
        text = report._repr_html_()
        page = Page(text)
        assert len(text) < 4000
        assert page.open == [] and page.all("img") == page.all("html") == []
        assert page.all("div")[0] == {"class": "sensing-theorems"}
        assert report.headline in page.text and report.reason in page.text
        (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
        selectors = re.findall(r"([^{}]+)\{", style)
        assert all(selector.strip().startswith(".sensing-theorems") for selector in selectors)


class TestHonesty:
    def test_names_from_users_are_escaped(self, report_of, text_of):
        for text in (text_of("hostile"), report_of("hostile")._repr_html_()):
            assert "<script" not in text
            assert HOSTILE in Page(text).text

    def test_bounds_are_not_offered_to_operators_that_are_not_generic(self, text_of):
        bare = Page(text_of("deficient")).text
        assert "no bound covers them" in bare and "For almost every operator" in bare
        assert "no bound covers them" not in Page(text_of("full")).text

    def test_derived_checks_are_marked(self, report_of, text_of):
        page = Page(text_of("full"))
        marked = [a for a in page.all("span") if "derived" in (a.get("class") or "")]
        assert len(marked) == sum(c.status == "derived" for c in report_of("full").checks) > 0

    def test_doubt_is_said_and_no_witness_is_offered(self, report_of, text_of):
        page = Page(text_of("unclear"))
        assert report_of("unclear").reason == "numerically_unclear"
        assert "not to be trusted" in page.text and "None is offered" in page.text
        assert "numerically unclear, and so is this" in page.text

    @pytest.mark.parametrize("name", ["full", "unclear", "operators"])
    def test_undecided_reports_name_no_deciding_check(self, name, report_of, text_of):
        report = report_of(name)
        assert (report.verdict is OPEN) == ("No published statement decides" in text_of(name))

    def test_exact_checks_are_explained_and_rule_nothing_out(self, report_of, text_of):
        page = Page(text_of("identifiable"))
        (check,) = (c for c in report_of("identifiable").checks if c.kind == "exact")
        assert (check.key, check.holds) == ("measurement_consistency", False)
        assert not any(a.get("class") == "pill no" for a in page.all("span"))
        assert "an exact one speaks of A alone" in page.text

    @pytest.mark.parametrize(
        ("operator", "generic", "said"),
        [
            (gaussian(4, 16), None, "yes: drawn at random"),
            (gaussian(4, 16), False, "no, as declared"),
            (np.eye(16)[:4] + 0.1, True, "yes: declared so"),
            (np.eye(16)[:4], None, "no: nobody says so"),
        ],
    )
    def test_it_says_who_calls_the_operator_generic(self, operator, generic, said):
        report = st.analyze(st.Problem(operator, g.shifts(16), generic=generic))
        assert dict(terms(report.to_html()))["generic"] == said

    def test_complex_rows_are_told_from_real_numbers(self, text_of):
        count = int(BAND.sum())
        rank = np.linalg.matrix_rank(ops.fourier(BAND, real=True).to_dense())
        said = dict(terms(text_of("deficient")))["measurements m"]
        assert said.startswith(f"{2 * count} real numbers, from {count} complex rows")
        assert said.endswith(f"that can be independent: {rank}")
        assert dict(terms(text_of("full")))["measurements m"] == "8"

    def test_what_decides_is_shown(self, report_of, text_of):
        assert report_of("deficient").verdict is NOT
        assert "each alone decides" in Page(text_of("deficient")).text
        assert report_of("identifiable").verdict is YES
        assert "What holds, and decides" in Page(text_of("identifiable")).text

    def test_the_witness_is_measured_again(self, text_of):
        text = Page(text_of("deficient")).text
        (size,) = re.findall(r"largest norm of the data is (\S+)\.", text)
        assert float(size) < 1e-12

    def test_repairs_show_the_verdict_after_them(self, report_of, text_of):
        report = report_of("deficient")
        text = Page(text_of("deficient")).text
        assert report.repairs
        for repair in report.repairs:
            assert repair.text in text and repair.reason in text

    @pytest.mark.parametrize("image", [np.ones(63), np.full(64, np.nan), np.full(64, "a")])
    def test_refuses_what_is_no_signal(self, image, report_of):
        with pytest.raises(ValueError, match="`image` must"):
            report_of("deficient").to_html(image)


class TestPictures:
    def test_the_split_adds_up_and_its_energies_too(self, report_of, rng):
        report = report_of("deficient")
        image = rng.random((8, 8))
        parts = pictures.split(report, image)
        assert np.allclose(parts.seen + parts.hidden, image)
        hidden = np.linalg.norm(parts.hidden) ** 2
        assert np.isclose(parts.share, hidden / np.linalg.norm(image) ** 2)
        assert np.isclose(hidden + np.linalg.norm(parts.seen) ** 2, np.linalg.norm(image) ** 2)
        assert not report.problem.joint.matvec(parts.hidden.reshape(-1)).round(10).any()

    def test_a_signal_of_zeros_hides_nothing(self, report_of):
        assert pictures.split(report_of("deficient"), np.zeros(64)).share == 0

    def test_the_fourier_plane_shows_the_measured_band(self, report_of):
        (axes,) = charts.irreps_seen(report_of("deficient")).axes
        (plane,) = axes.images
        assert np.array_equal(plane.get_array(), np.fft.fftshift(BAND))
        centre = [np.mean(plane.get_extent()[:2]), np.mean(plane.get_extent()[2:])]
        assert np.allclose(centre, -0.5)  # pixel 0 has its middle at 0, as many on either side
        assert "cycles per image" in axes.get_xlabel() + axes.get_ylabel()

    def test_shares_of_a_multiplicity_are_shown_as_such(self, report_of):
        axes, bar = charts.irreps_seen(report_of("stride")).axes
        assert np.allclose(axes.images[0].get_array(), 3 / 16)
        assert "multiplicity" in bar.get_ylabel()

    def test_bars_carry_rank_and_multiplicity(self, report_of):
        (axes,) = charts.irreps_seen(report_of("turns")).axes
        assert [text.get_text().strip() for text in axes.texts] == ["7 of 9"] * 4
        (axes,) = charts.irreps_seen(report_of("symmetric")).axes
        assert [text.get_text().strip() for text in axes.texts] == ["0 of 1", "1 of 1"]

    def test_the_legend_does_not_claim_what_is_unclear(self):
        decay = 10.0 ** -np.abs(np.fft.fftfreq(32, 1 / 32))
        blur = ops.blur(np.fft.fftshift(np.fft.ifft(decay).real), (32,))
        report = st.analyze(st.Problem(blur, g.shifts(32)))
        assert report.reason == "numerically_unclear"
        (legend,) = charts.irreps_seen(report).legends
        assert [text.get_text() for text in legend.get_texts()] == ["seen", "below the tolerance"]

    def test_irreps_are_not_spoken_of_without_an_action(self, text_of):
        for name in ("no action", "operators"):
            text = Page(text_of(name)).text
            assert "irrep of the action is seen" not in text
            assert "irreps not fully seen" not in text and "No symmetry was assumed" in text

    def test_many_irreps_are_counted(self):
        report = st.analyze(st.Problem(ops.inpainting(np.arange(64) < 1), g.shifts(4, 4, 4)))
        (axes,) = charts.irreps_seen(report).axes
        assert [label.get_text() for label in axes.get_yticklabels()] == ["64 irreps"]

    def test_the_spectrum_has_every_value_and_the_tolerance(self, report_of):
        report = report_of("turns")
        (axes,) = charts.spectrum(report).axes
        kept, lost, tolerance = axes.get_lines()
        assert len(kept.get_xdata()) == report.rank.rank
        assert len(lost.get_xdata()) == report.rank.missing
        assert tolerance.get_ydata()[0] == report.rank.tolerance
        assert axes.get_yscale() == "log"

    def test_nothing_is_drawn_of_nothing(self, report_of):
        assert charts.spectrum(report_of("zero")) is None
        assert pictures.witness(report_of("full")) == []
        assert charts.irreps_seen(report_of("no action")) is None

    def test_complex_witnesses_have_two_parts(self, report_of):
        shear = np.array([[1, 1j, 0], [0, 0, 1]]) / np.sqrt(2)
        figures = pictures.witness(st.analyze(st.Problem(shear, g.trivial(3), field="complex")))
        assert [f.get_label() for f in figures] == ["Real part", "Imaginary part"]

    def test_a_part_that_is_zero_is_not_drawn(self, report_of, text_of):
        report = report_of("complex, real witness")
        assert np.iscomplexobj(report.witness)
        parts = {"Real part": report.witness.real, "Imaginary part": report.witness.imag}
        there = [name for name, part in parts.items() if np.abs(part).max() > 1e-6]
        assert [f.get_label() for f in pictures.witness(report)] == there == ["Real part"]
        assert "the imaginary part is zero" in Page(text_of("complex, real witness")).text

    def test_leaves_no_trace_in_matplotlib(self, report_of):
        from matplotlib import pyplot

        before = pyplot.get_fignums(), dict(matplotlib.rcParams)
        report_of("line").to_html(np.ones(32))
        assert (pyplot.get_fignums(), dict(matplotlib.rcParams)) == before

    def test_equal_reports_give_equal_pages(self):
        one, two = (st.analyze(PROBLEMS["deficient"]()) for _ in range(2))
        assert html.render(one) == html.render(two)

    def test_the_split_has_a_figure_of_its_own(self, report_of):
        for name, count in (("deficient", 4), ("line", 3)):
            parts = pictures.split(report_of(name), np.arange(report_of(name).problem.n))
            figure = pictures.split_figure(parts)
            assert isinstance(figure, Figure) and len(figure.axes) == count
            titles = " ".join(axes.get_title() for axes in figure.axes)
            assert pictures.percent(parts.share) in titles

    @pytest.mark.parametrize(
        ("share", "said"),
        [(0.0, "0 %"), (1e-9, "less than 0.01 %"), (0.5, "50.0 %"), (0.0123, "1.23 %"),
         (1 - 1e-9, "more than 99.99 %"), (1.0, "100.0 %")],
    )  # fmt: skip
    def test_per_cents_round_nothing_away(self, share, said):
        assert pictures.percent(share) == said


class TestColours:
    """Texts keep the contrast of 4.5 that WCAG AA asks for, in light and in dark."""

    @staticmethod
    def luminance(colour: str) -> float:
        digits = colour.lstrip("#")
        digits = "".join(d * 2 for d in digits) if len(digits) == 3 else digits
        channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    @pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
    def test_contrast(self, scheme):
        named = re.findall(r"--([a-z-]+):(#[0-9a-f]+)", elements.STYLE)
        half = len(named) // 2
        colours = dict(named[:half] if scheme == 0 else named[half:])
        pairs = [(text, ground) for text in ("ink", "soft", "link") for ground in ("paper", "card")]
        pairs += [(tone, f"{tone}-bg") for tone in ("no", "yes", "open")]
        pairs += [
            (text, f"{tone}-bg") for text in ("ink", "soft") for tone in ("no", "yes", "open")
        ]
        for text, ground in pairs:
            light, dark = sorted(
                (self.luminance(colours[text]), self.luminance(colours[ground])), reverse=True
            )
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)


def test_a_report_does_without_matplotlib_until_a_picture_is_asked_for():
    code = (
        "import sys, sensing_theorems as st\n"
        "report = st.analyze(st.Problem(st.operators.inpainting([1, 0])))\n"
        "str(report), report.to_json(), report._repr_html_()\n"
        "assert 'matplotlib' not in sys.modules\n"
        "report.to_html()\n"
        "assert 'matplotlib' in sys.modules and 'matplotlib.pyplot' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
