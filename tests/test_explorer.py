"""The explorer says what the package says, to whoever asks, however they ask it."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import sensing_theorems as st
from sensing_theorems import evidence
from sensing_theorems.cli import _parser
from sensing_theorems.specs import OPERATORS, parse_action
from sensing_theorems.theorems import best_element

pytestmark = pytest.mark.site

pytest_plugins = ("browser",)

DOCS = Path(__file__).parents[1] / "docs"
PAGE, SOURCES = DOCS / "explorer.html", DOCS / "explorer"
VECTORS = json.loads((SOURCES / "vectors.json").read_text(encoding="utf-8"))
ops = st.operators

# Everything on the page that an answer consists of.
READ = """() => ({
  rows: [...document.querySelectorAll("#rows tr")].map(r => ({ ...r.dataset })),
  setup: document.getElementById("setup").textContent,
  text: document.querySelector("main").innerText,
  title: document.getElementById("title").textContent,
  tone: document.getElementById("answer").className.split(" ").pop(),
  answer: document.getElementById("text").textContent,
  problems: [...document.querySelectorAll("#problems li")].map(p => p.textContent),
  facts: [...document.querySelectorAll("#facts li")].map(p => p.textContent),
  check: document.getElementById("command").textContent,
  irreps: document.getElementById("irreps").textContent,
  marks: [...document.querySelectorAll("#chart .mark")].map(m => Number(m.getAttribute("cx"))),
  here: Number(document.querySelector("#chart .here").getAttribute("x1")),
})"""
VISIT = f"""hashes => hashes.map(hash => {{
  history.replaceState(null, "", hash);
  dispatchEvent(new PopStateEvent("popstate"));
  return ({READ})();
}})"""


# Every operator and every symmetry, chosen one after the other as by hand.
EVERY_CHOICE = """() => {
  const [look, group] = ["in-look", "in-group"].map(id => document.getElementById(id));
  const complaints = [];
  let tried = 0;
  const choose = (list, value) => {
    list.value = value;
    list.dispatchEvent(new Event("change", { bubbles: true }));
    tried += 1;
    const said = document.getElementById("problems").textContent;
    if (said || list.value !== value) complaints.push([look.value, group.value, value, said]);
  };
  const values = list => [...list.options].map(option => option.value);
  for (const one of values(look)) {
    choose(look, one);
    if (group.checkVisibility()) for (const other of values(group)) choose(group, other);
  }
  return [tried, complaints];
}"""


def address(**setup):
    return "#" + "&".join(f"{key}={value}" for key, value in setup.items())


@pytest.fixture(scope="module")
def shown(browser):
    """Function from addresses to what the page shows there; one page for all."""
    page = browser.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(PAGE.resolve().as_uri())
    yield lambda *hashes: page.evaluate(VISIT, list(hashes))
    page.close()
    assert errors == []


@pytest.fixture(scope="module")
def answers(shown):
    """What the page shows for every vector."""
    return shown(*(address(**vector["address"]) for vector in VECTORS))


@pytest.fixture(scope="module")
def build():
    """The script beside the sources, under a name of its own: other folders have a build.py too."""
    sys.path.insert(0, str(SOURCES))
    try:
        spec = importlib.util.spec_from_file_location("explorer_build", SOURCES / "build.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(SOURCES))
    return module


@pytest.fixture(scope="module")
def operators(build):
    """Function that makes operators of a modality, the one that the vectors come from."""
    return sys.modules["vectors"].operators


class TestSources:
    def test_page_and_vectors_are_fresh(self, build, capsys):
        assert build.main(["--check"]) == 0, capsys.readouterr().err

    def test_check_tells_what_is_stale_and_writes_nothing(
        self, build, tmp_path, monkeypatch, capsys
    ):
        stale = tmp_path / "explorer.html"
        stale.write_text("old")
        monkeypatch.setattr(build, "PAGE", stale)
        monkeypatch.setattr(build, "listed", lambda: build.VECTORS.read_text(encoding="utf-8"))
        assert build.main(["--check"]) == 1
        assert stale.read_text() == "old"
        assert "explorer.html must be written anew" in capsys.readouterr().err

    def test_one_small_file_that_asks_for_nothing(self):
        text = PAGE.read_text(encoding="utf-8")
        assert len(text.encode()) <= 60_000
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|<link|<img|@import|fetch\(", text)

    def test_no_name_is_used_twice(self):
        scripts = "".join(p.read_text(encoding="utf-8") for p in sorted(SOURCES.glob("*.js")))
        names = re.findall(r"^(?:async )?(?:function|const|let) (\w+)", scripts, re.MULTILINE)
        assert len(names) == len(set(names)) > 60

    @pytest.mark.parametrize("path", sorted(SOURCES.glob("*.js")), ids=lambda p: p.name)
    def test_functions_are_short_and_documented(self, path):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 250
        assert max(map(len, lines)) <= 130
        starts = [i for i, line in enumerate(lines) if re.match(r"(async )?function ", line)]
        for start in starts:
            assert lines.index("}", start) - start < 40
            assert lines[start - 1].rstrip().endswith("*/")

    @pytest.mark.parametrize("size", [2, 3, 9, 16, 33, 100])
    def test_disks_are_those_of_the_package(self, build, size):
        action = st.groups.disk_rotations(size)
        assert build.tables()["disk"][size - 2] == action.n
        assert action.irreps.max_multiplicity == size // 2

    @pytest.mark.parametrize("radius", [2, 3, 7, 16, 25])
    def test_balls_are_those_of_the_package(self, build, radius):
        action = st.groups.ball_rotations(radius)
        assert build.tables()["ball"][radius - 2] == [action.n, best_element(action)[0]]
        assert action.irreps.max_ratio == action.irreps.max_multiplicity == radius - 1


class TestNumbers:
    def test_there_are_vectors_of_every_kind(self):
        assert len(VECTORS) >= 64
        looks = {v["address"]["look"] for v in VECTORS}
        groups = {v["address"].get("group") for v in VECTORS} - {None}
        scripts = (SOURCES / "modalities.js").read_text() + (SOURCES / "groups.js").read_text()
        known = set(re.findall(r"^  (\w+): \{$", scripts, re.MULTILINE))
        assert looks | groups == known

    def test_no_vector_is_refused(self, answers):
        assert [a["problems"] for a in answers if a["problems"]] == []

    def test_bounds_are_those_of_the_package(self, answers):
        for vector, answer in zip(VECTORS, answers, strict=True):
            found = {row["key"]: row for row in answer["rows"]}
            assert set(found) == set(vector["bounds"]), vector["address"]
            for key, expected in vector["bounds"].items():
                row = found[key]
                about = (vector["address"], key)
                assert Fraction(row["value"]) == Fraction(expected["value"]), about
                assert (row["met"] == "true") is expected["met"], about
                covers = "" if expected["covers"] is None else str(expected["covers"])
                assert row["covers"] == covers, about

    def test_setups_are_those_of_the_package(self, answers):
        for vector, answer in zip(VECTORS, answers, strict=True):
            numbers = re.search(r"\|G\| = (\S+); n = (\d+), m [=≤] (\d+), k", answer["setup"])
            expected = (vector["order"], str(vector["n"]), str(vector["m"]))
            assert numbers.groups() == expected, vector["address"]

    def test_marks_stand_in_order_and_on_their_side_of_the_setup(self, answers):
        for answer in answers:
            values = [Fraction(row["value"]) for row in answer["rows"]]
            assert values == sorted(values)
            marks = answer["marks"]
            assert marks == sorted(marks)
            for row, mark in zip(answer["rows"], marks, strict=False):
                met = mark < answer["here"] if row["strict"] == "true" else mark <= answer["here"]
                assert met is (row["met"] == "true"), answer["setup"]

    def test_fractions_are_shown_as_such(self, shown):
        (answer,) = shown(address(look="several", size="5", operators=2, amount=4, k=1))
        assert "m ≥ 5/2" in answer["text"]
        assert {row["value"] for row in answer["rows"]} == {"5/2", "3", "2", "7/2"}


class TestWords:
    def test_verdicts_are_left_to_the_package(self, answers):
        for answer in answers:
            assert not re.search(r"identifiable", answer["text"], re.IGNORECASE)
        assert not re.search(r"identifiable", PAGE.read_text(encoding="utf-8"), re.IGNORECASE)

    def test_a_failed_necessary_condition_is_a_fact(self, answers):
        for vector, answer in zip(VECTORS, answers, strict=True):
            necessary = ("measurement_count", "irrep_multiplicity")
            fails = not all(vector["bounds"].get(key, {"met": True})["met"] for key in necessary)
            if fails:
                assert answer["tone"] == "fails"
                assert "No model can be learned, whatever" in answer["answer"]

    def test_what_fails_here_fails_in_the_package(self, shown, operators):
        """A claim that no model can be learned is checked on real operators of that kind."""
        for look, group, size, amount in CLAIMS:
            (answer,) = shown(address(look=look, group=group, size=size, amount=amount, k=0))
            if answer["tone"] != "fails":
                continue
            shape = tuple(map(int, size.split("x")))
            action = parse_action(f"{group}:{size if group == 'shifts' else shape[0]}")
            A = operators(look, shape, action.n, amount)[0]
            found = st.stacked_rank(A, action)
            assert not found.full and found.clear, (look, group, size, amount)

    @pytest.mark.parametrize(
        ("look", "group", "size", "amount", "more"),
        [
            ("mri_cartesian", "shifts", "6x8", 2, {}),
            ("mri_cartesian", "shifts", "6x8", 2, {"stride": 2}),
            ("superres", "shifts", "8x8", 2, {"stride": 2}),
            ("superres", "shifts", "12", 2, {"stride": 4}),
            ("ct", "shifts", "7x7", 2, {}),
            ("ct", "shifts", "7x7", 1, {}),
            ("ct", "quarter_turns", "8x8", 4, {}),
            ("ct", "quarter_turns", "7x7", 6, {}),
            ("ct", "dihedral", "6x6", 4, {}),
            ("ct", "reflections", "6x6", 3, {"axis": 0}),
            ("ct", "reflections", "7x7", 4, {"axis": 1}),
        ],
    )
    def test_equivariance_is_told_where_it_is(
        self, shown, operators, look, group, size, amount, more
    ):
        (answer,) = shown(address(look=look, group=group, size=size, amount=amount, k=1, **more))
        assert "A is equivariant" in " ".join(answer["facts"])
        shape = tuple(map(int, size.split("x")))
        head = shape[0] if group in ("quarter_turns", "dihedral") else size
        action = parse_action(",".join([f"{group}:{head}", *(f"{a}={b}" for a, b in more.items())]))
        A = operators(look, shape, action.n, amount)[0]
        assert st.is_equivariant(A, action)

    @pytest.mark.parametrize(
        ("look", "group", "size", "amount", "more"),
        [
            ("superres", "shifts", "8x8", 2, {}),
            ("superres", "shifts", "12x12", 2, {"stride": 3}),
            ("ct", "shifts", "7x7", 3, {}),
            ("ct", "quarter_turns", "8x8", 3, {}),
            ("mri_cartesian", "quarter_turns", "8x8", 3, {}),
            ("inpainting", "shifts", "8x8", 9, {}),
        ],
    )
    def test_equivariance_is_not_told_where_it_is_not(
        self, shown, operators, look, group, size, amount, more
    ):
        (answer,) = shown(address(look=look, group=group, size=size, amount=amount, k=1, **more))
        assert "So A is equivariant" not in " ".join(answer["facts"])
        shape = tuple(map(int, size.split("x")))
        head = shape[0] if group == "quarter_turns" else size
        action = parse_action(",".join([f"{group}:{head}", *(f"{a}={b}" for a, b in more.items())]))
        A = operators(look, shape, action.n, amount)[0]
        assert not st.is_equivariant(A, action)

    def test_a_bound_that_is_met_decides_nothing_for_a_structured_operator(self, shown):
        setup = {"group": "shifts", "size": "30", "amount": 10, "k": 3}
        mask, camera = shown(address(look="inpainting", **setup), address(look="gaussian", **setup))
        assert mask["tone"] == camera["tone"] == "met"
        assert "decides nothing by itself" in mask["answer"]
        assert "decides nothing" not in camera["answer"]

    def test_derived_bounds_are_called_so(self, shown):
        (answer,) = shown(address(look="gaussian", group="shifts", size="30", amount=8, k=3))
        assert answer["tone"] == "open"
        assert "derived in this package" in answer["answer"]

    def test_without_k_it_says_what_the_bounds_cover(self, shown):
        (answer,) = shown(address(look="gaussian", group="shifts", size="30", amount=8, k=""))
        problem = st.Problem(ops.gaussian(8, 30, 0), st.groups.shifts(30))
        covered = st.analyze(problem).max_model_dim
        for key in ("cyclic_group", "any_group"):
            assert f"{key} k ≤ {covered[key]}" in answer["answer"]


# Pairs of an operator and a group for which the page may claim that no model can be learned.
CLAIMS = [
    *(("mri_cartesian", "shifts", "8x6", lines) for lines in range(1, 9)),
    *(("mri_cartesian", "quarter_turns", "6x6", lines) for lines in range(1, 5)),
    *(("ct", "quarter_turns", "8x8", views) for views in range(1, 9)),
    *(("ct", "dihedral", "7x7", views) for views in range(1, 8)),
    *(("superres", "quarter_turns", "8x8", factor) for factor in (2, 4, 8)),
    *(("inpainting", "quarter_turns", "6x6", pixels) for pixels in range(1, 10)),
]


class TestMeasurements:
    """m is never less than what an operator of that kind can measure: it is used to rule out."""

    @pytest.mark.parametrize(
        ("size", "views"), [(6, 1), (6, 4), (9, 5), (12, 3), (12, 20), (16, 7)]
    )
    def test_views(self, shown, size, views):
        (answer,) = shown(address(look="ct", group="trivial", size=f"{size}x{size}", amount=views))
        A = ops.tomography(size, np.arange(views) * np.pi / views)
        rank = evidence.measurements(st.Problem(A))[0]
        most = int(re.search(r"m ≤ (\d+)", answer["setup"])[1])
        assert rank <= most == min(size * size, A.shape[0] - (views - 1))

    @pytest.mark.parametrize(("height", "width"), [(6, 4), (7, 3)])
    def test_lines(self, shown, rng, height, width):
        for lines in range(1, height + 1):
            hashes = address(
                look="mri_cartesian", group="trivial", size=f"{height}x{width}", amount=lines
            )
            most = int(re.search(r"m ≤ (\d+)", shown(hashes)[0]["setup"])[1])
            ranks = []
            for _ in range(30):
                mask = np.zeros((height, width), bool)
                mask[rng.choice(height, lines, replace=False)] = True
                ranks.append(np.linalg.matrix_rank(ops.fourier(mask, real=True).to_dense()))
            assert max(ranks) == most

    @pytest.mark.parametrize("size", [6, 7])
    def test_spokes(self, shown, size):
        """A line through the centre, one sample per step, at any slope."""
        steps = np.arange(size) - size // 2
        for spokes in (1, 2, 3):
            hashes = address(
                look="mri_radial", group="trivial", size=f"{size}x{size}", amount=spokes
            )
            most = int(re.search(r"m ≤ (\d+)", shown(hashes)[0]["setup"])[1])
            mask = np.zeros((size, size), bool)
            for slope in np.linspace(-1, 1, spokes, endpoint=False):
                mask[np.rint(slope * steps).astype(int) % size, steps % size] = True
            assert np.linalg.matrix_rank(ops.fourier(mask, real=True).to_dense()) <= most


class TestLinearModels:
    """The exact turning point of invariant linear models, on real draws."""

    @pytest.mark.parametrize(
        ("action", "basis"),
        [
            (st.groups.reflections(5), [[1, 0, 0, 0, -1], [0, 1, 0, -1, 0]]),
            (st.groups.shifts(4), [[1, 0, -1, 0], [0, 1, 0, -1]]),
            (st.groups.dihedral(2), [[1, -1, -1, 1]]),
        ],
    )
    def test_turns_at_k_plus_the_ratio(self, action, basis):
        basis = np.linalg.qr(np.array(basis, float).T)[0]
        turn = basis.shape[1] + action.irreps.max_ratio
        for m in range(1, action.n):
            found = st.identify(st.models.Subspace(basis), ops.gaussian(m, action.n, 1), action)
            assert (found.verdict is st.Verdict.IDENTIFIABLE) is (m >= turn)


class TestLinks:
    def test_every_link_leads_to_a_heading_of_the_documentation(self, open_page):
        page = open_page(PAGE).page
        links = set()
        for look, group in (("gaussian", "shifts"), ("blur", "shifts"), ("several", "trivial")):
            page.evaluate(VISIT, [address(look=look, group=group, size="30", amount=7, k=2)])
            links |= set(page.eval_on_selector_all("a", "a => a.map(x => x.getAttribute('href'))"))
        links |= set(re.findall(r"explanation/[a-z]+\.html#[a-z-]+", PAGE.read_text("utf-8")))
        outside = sorted(link for link in links if not link.startswith("#"))
        assert len(outside) > 10
        for link in outside:
            name, _, anchor = link.partition("#")
            text = (DOCS / name.replace(".html", ".md")).read_text(encoding="utf-8")
            titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
            slugs = {re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") for title in titles}
            assert not anchor or anchor in slugs or f"({anchor})=" in text, link


class TestCommands:
    def test_every_command_is_read_by_the_package(self, answers):
        for answer in answers:
            program, *arguments = shlex.split(answer["check"])
            words = [w for word in arguments for w in expanded(word)]
            parsed = _parser().parse_args(words)
            assert program == "sensing-theorems"
            for operator in parsed.operators:
                name = operator.partition(":")[0]
                assert operator == "A.npy" or name in OPERATORS
            if answer["irreps"]:
                assert shlex.split(answer["irreps"])[:2] == ["sensing-theorems", "irreps"]
                assert parsed.action == shlex.split(answer["irreps"])[2]

    def test_the_symmetry_and_the_model_are_those_shown(self, answers):
        for vector, answer in zip(VECTORS, answers, strict=True):
            words = shlex.split(answer["check"])
            k = vector["address"]["k"]
            assert ("--model-dim" in words) is (k != "")
            if k:
                assert Fraction(words[words.index("--model-dim") + 1]) == Fraction(k)
            if "--action" in words:
                action = parse_action(words[words.index("--action") + 1])
                assert action.n == vector["n"]

    @pytest.mark.parametrize("look", ["gaussian", "single_pixel", "ct", "superres"])
    def test_operators_without_files_fit_the_action(self, shown, look):
        (answer,) = shown(address(look=look, group="quarter_turns", size="6x6", k=1))
        words = shlex.split(answer["check"])
        name, _, rest = words[2].partition(":")
        A = OPERATORS[name].read(rest)
        assert A.shape[1] == parse_action(words[4]).n

    def test_several_operators_are_listed_one_by_one(self, shown):
        few, many = shown(
            address(look="several", size="12", operators=3, amount=4, k=1),
            address(look="several", size="12", operators=30, amount=4, k=1),
        )
        assert few["check"].count("gaussian:") == 3
        (word,) = (w for w in shlex.split(many["check"]) if w.startswith("gaussian"))
        assert len(expanded(word)) == 30
        assert "bash and zsh" in many["text"]

    def test_what_is_too_large_to_build_is_not_offered(self, shown):
        (answer,) = shown(
            address(look="gaussian", group="shifts", size="512x512", amount=9999, k=1)
        )
        assert answer["check"] == ""
        assert "smaller image" in answer["text"]


def expanded(word):
    """Braces with a range, as a shell expands them."""
    found = re.search(r"\{(\d+)\.\.(\d+)\}", word)
    if not found:
        return [word]
    first, last = map(int, found.groups())
    return [word.replace(found[0], str(i)) for i in range(first, last + 1)]


BAD = [
    ({"amount": "-3"}, "“Pixels kept, m” must be an integer from 1 to 784; got", "m = 1,"),
    ({"amount": "NaN"}, 'must be an integer from 1 to 784; got "NaN"', "m = 196,"),
    ({"amount": "785"}, 'must be an integer from 1 to 784; got "785"', "m = 784,"),
    ({"k": "785"}, 'k must be a number from 0 to n = 784; got "785"', "k = 784."),
    ({"k": "-1"}, 'k must be a number from 0 to n = 784; got "-1"', "k = 0."),
    ({"k": "1e99"}, 'k must be a number from 0 to n = 784; got "1e99"', "k unknown."),
    ({"k": "NaN"}, "k must be a number", "k unknown."),
    ({"stride": "3"}, "must divide every side; got stride 3 on side 28", "|G| = 784"),
    ({"stride": "0"}, 'stride must be an integer from 1 to 28; got "0"', "|G| = 784"),
    ({"size": "28y28"}, "must be positive integers joined by x, such as 28x28; got", "n = 784"),
    ({"size": "0x4"}, "must be positive integers joined by x", "n = 784"),
    ({"size": "9999x9999"}, "must be at most 1048576 pixels; got", "n = 784"),
    ({"size": "2x2x2x2"}, "must be 1 or 2 or 3 numbers", "n = 784"),
    ({"channels": "1e3"}, "channels must be an integer from 1 to 64; got", "n = 784"),
    ({"look": "<b>x</b>"}, "must be one of inpainting, mri_cartesian", "Inpainting;"),
    ({"group": "rotations"}, "must be one of trivial, shifts", "cyclic shifts"),
    ({"group": "quarter_turns", "size": "5x6"}, "must be that of a square image; got", "n = 784"),
    ({"group": "reflections", "axis": "2"}, "axis must be an integer from 0 to 1; got", "n = 784"),
    ({"group": "symmetric", "size": "4x4"}, "must be a positive integer", "n = 12"),
    (
        {"look": "mri_cartesian", "size": "64"},
        'must be 2 numbers joined by x, such as 28x28; got "64"',
        "n = 784",
    ),
    ({"look": "superres", "amount": "3"}, "must divide every side of 28x28; got 3", "m = 784"),
    (
        {"look": "several", "operators": "1"},
        "number of operators must be an integer from 2",
        "|G| = 2",
    ),
    (
        {"look": "gaussian", "group": "ball_rotations", "size": "1"},
        "must be between 2 and 128",
        "n = 8254",
    ),
]


class TestLimits:
    @pytest.mark.parametrize(("change", "said", "instead"), BAD)
    def test_bad_values_are_named_and_replaced(self, shown, change, said, instead):
        setup = {"look": "inpainting", "group": "shifts", "size": "28x28", "k": "4", **change}
        if change.get("look") == "several":
            del setup["group"]
        (answer,) = shown(address(**setup))
        assert len(answer["problems"]) == 1, answer["problems"]
        assert said in answer["problems"][0]
        assert instead in answer["setup"]

    def test_an_empty_and_an_unknown_address_show_the_start(self, shown):
        start, other = shown("#", "#nothing=here&x")
        assert start["problems"] == other["problems"] == []
        assert "n = 784, m = 64, k = 12." in start["setup"]
        assert "n = 784" in other["setup"]


class TestUse:
    def test_the_address_holds_the_setup(self, open_page):
        page = open_page(PAGE).page
        page.select_option("#in-look", "gaussian")
        page.select_option("#in-group", "polar_rotations")
        page.fill("#in-size", "4x10")
        page.fill("#in-amount", "9")
        page.fill("#in-k", "2.5")
        page.press("#in-k", "Tab")
        said = page.inner_text("#setup")
        assert "|G| = 10; n = 40, m = 9, k = 5/2." in said
        again = open_page(PAGE).page
        again.goto(page.url)
        assert again.inner_text("#setup") == said
        assert again.input_value("#in-size") == "4x10"

    def test_the_back_button_goes_back(self, open_page):
        page = open_page(PAGE).page
        first = page.inner_text("#setup")
        page.fill("#in-k", "3")
        page.press("#in-k", "Tab")
        second = page.inner_text("#setup")
        page.select_option("#in-group", "trivial")
        page.go_back()
        assert page.inner_text("#setup") == second != first
        assert page.input_value("#in-group") == "shifts"
        page.go_back()
        assert page.inner_text("#setup") == first
        page.go_forward()
        assert page.inner_text("#setup") == second

    def test_a_choice_that_cannot_keep_the_rest_replaces_it_silently(self, open_page):
        opened = open_page(PAGE)
        tried, complaints = opened.page.evaluate(EVERY_CHOICE)
        assert tried > 50
        assert complaints == []
        assert opened.errors == []

    def test_the_keyboard_is_enough(self, open_page):
        page = open_page(PAGE).page
        reached = []
        for _ in range(40):
            page.keyboard.press("Tab")
            reached.append(
                page.evaluate("document.activeElement.id || document.activeElement.tagName")
            )
            if reached[-1] == "BODY":
                break
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", reached[-1]
            if reached[-1] == "in-look":
                page.keyboard.press("ArrowDown")
            if reached[-1] == "in-k":
                page.keyboard.type("7")
        fields = [name for name in reached if name.startswith("in-")]
        assert fields == ["in-look", "in-group", "in-size", "in-stride", "in-amount", "in-k"]
        assert "MRI, Cartesian lines" in page.inner_text("#setup")
        assert "k = 7." in page.inner_text("#setup")
        assert "BUTTON" in reached

    def test_what_is_mistyped_stays_and_is_marked(self, open_page):
        page = open_page(PAGE).page
        page.fill("#in-k", "abc")
        page.press("#in-k", "Tab")
        assert page.input_value("#in-k") == "abc"
        assert page.get_attribute("#in-k", "aria-invalid") == "true"
        assert 'got "abc"' in page.inner_text("#problems")
        page.fill("#in-k", "4")
        assert page.get_attribute("#in-k", "aria-invalid") == "false"
        assert page.inner_text("#problems") == ""

    def test_copying_gives_the_command(self, open_page):
        page = open_page(PAGE, permissions=["clipboard-read", "clipboard-write"]).page
        page.click("[data-copy=command]")
        page.wait_for_function("document.getElementById('copied').textContent")
        assert page.evaluate("navigator.clipboard.readText()") == page.inner_text("#command")

    def test_markup_in_the_address_stays_text(self, open_page):
        opened = open_page(PAGE)
        opened.page.goto(f"{PAGE.resolve().as_uri()}#k=<img src=x onerror=alert(1)>")
        opened.page.reload()
        assert opened.page.query_selector("#problems img") is None
        assert "<img" in opened.page.inner_text("#problems")


class TestLooks:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("width", [400, 1400])
    def test_it_can_be_read_and_stays_within(self, open_page, width, scheme):
        opened = open_page(PAGE, width, scheme)
        page = opened.page
        for setup in (
            {},
            {"look": "several", "operators": 40, "amount": 32, "k": 12},
            {"look": "mri_cartesian", "group": "shifts", "size": "64x64", "k": "x"},
            {"look": "gaussian", "group": "shifts", "size": "30", "amount": 10, "k": 3},
            {"look": "ct", "group": "quarter_turns", "size": "64x64", "amount": 3, "k": 90},
            {"look": "gaussian", "group": "symmetric", "size": "300", "amount": 300, "k": 1},
        ):
            page.evaluate(VISIT, [address(**setup)])
            opened.assert_readable()
            opened.assert_within()
        assert opened.errors == []
        assert opened.requests == [PAGE.resolve().as_uri()]

    def test_it_is_described(self, open_page):
        page = open_page(PAGE).page
        assert page.get_attribute("html", "lang") == "en"
        assert page.get_attribute("meta[name=description]", "content")
        unlabelled = (
            "f => f.filter(x => !x.labels.length || !x.labels[0].textContent.trim()).map(x => x.id)"
        )
        assert page.eval_on_selector_all("input, select", unlabelled) == []
        assert page.get_attribute("#answer", "aria-live") == "polite"
        assert page.get_attribute("#chart", "role") == "img"
        assert "max c/s at 1" in page.get_attribute("#chart", "aria-label")
        levels = page.eval_on_selector_all("h1, h2", "h => h.map(x => Number(x.tagName[1]))")
        assert levels[0] == 1 and set(levels[1:]) == {2}

    def test_it_keeps_still_if_asked(self, open_page):
        page = open_page(PAGE, reduced_motion="reduce").page
        moving = "b => b.filter(x => parseFloat(getComputedStyle(x).transitionDuration) > 0).length"
        assert page.eval_on_selector_all("*", moving) == 0
