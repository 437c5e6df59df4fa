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

pytestmark = pytest.mark.compiled


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
  here_cells: [...document.querySelectorAll("#rows td:nth-child(4)")].map(c => c.textContent),
  hint: document.getElementById("label-amount").textContent,
  zones: [...document.querySelectorAll("#chart .zone")].map(z => [z.classList[1],
    Number(z.getAttribute("x")), Number(z.getAttribute("width"))]),
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
        assert len(text.encode()) <= 70_000
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


def frequency_pairs(shape):
    """Masks of k and -k, which a real image or a real kernel has in common."""
    grid = np.arange(np.prod(shape)).reshape(shape)
    mirror = np.roll(np.flip(grid), 1, tuple(range(len(shape))))
    pairs = zip(grid.flat, mirror.flat, strict=True)
    return [np.isin(grid, pair) for pair in pairs if pair[0] <= pair[1]]


def low_pass(mask):
    """A blur by a real kernel that lets exactly these frequencies pass."""
    return ops.blur(np.fft.fftshift(np.fft.ifftn(mask).real), mask.shape)


def named(group, size, **more):
    """The action that the page would name in its command."""
    square = group in ("quarter_turns", "dihedral", "kravchuk_rotations")
    head = size.split("x")[0] if square else size
    return parse_action(",".join([f"{group}:{head}", *(f"{a}={b}" for a, b in more.items())]))


MIRRORED = [
    ("reflections", "7x4", {"axis": 0}),
    ("reflections", "6x5", {"axis": 1}),
    ("quarter_turns", "6x6", {}),
    ("quarter_turns", "5x5", {}),
    ("dihedral", "6x6", {}),
    ("dihedral", "7x7", {}),
]


class TestStructure:
    """What is said of structured operators, on operators with that structure."""

    @pytest.mark.parametrize(("group", "size", "more"), MIRRORED)
    def test_whole_lines_gain_nothing_from_flips_and_turns(self, shown, rng, group, size, more):
        height, width = map(int, size.split("x"))
        action = named(group, size, **more)
        setup = {"look": "mri_cartesian", "group": group, "size": size, "k": 0, **more}
        for lines in range(1, height + 1):
            (answer,) = shown(address(amount=lines, **setup))
            most = int(re.search(r"m ≤ (\d+)", answer["setup"])[1])
            assert answer["tone"] == ("fails" if most < action.n else "open")
            for _ in range(4):
                mask = np.zeros((height, width), bool)
                mask[rng.choice(height, lines, replace=False)] = True
                A = ops.fourier(mask, real=True)
                alone = np.linalg.matrix_rank(A.to_dense())
                found = st.stacked_rank(A, action)
                assert found.full is bool(alone == action.n)
                # "The rank of all views together stays that of A."
                told = "A is equivariant" in " ".join(answer["facts"])
                assert told is (group == "reflections")
                assert found.rank == alone or not told

    @pytest.mark.parametrize(
        ("look", "group", "size", "more"),
        [
            *(("blur", *setup) for setup in MIRRORED),
            *(("mri_radial", *setup) for setup in MIRRORED[2:]),
            ("blur", "reflections", "8", {"axis": 0}),
            ("blur", "reflections", "9x2", {"axis": 0}),
            ("blur", "reflections", "3x4x5", {"axis": 1}),
            ("mri_radial", "reflections", "6x6", {"axis": 1}),
        ],
    )
    def test_frequencies_that_are_needed(self, shown, rng, look, group, size, more):
        """A set built pair by pair, each one kept if it adds to the rank, is as small as any."""
        shape = tuple(map(int, size.split("x")))
        action = named(group, size, **more)
        see = low_pass if look == "blur" else lambda mask: ops.fourier(mask, real=True)
        mask, rank, last = np.zeros(shape, bool), 0, None
        pairs = frequency_pairs(shape)
        for place in rng.permutation(len(pairs)):
            found = st.stacked_rank(see(mask | pairs[place]), action).rank
            if found > rank:
                mask, rank, last = mask | pairs[place], found, pairs[place]
        assert rank == action.n
        assert st.stacked_rank(see(mask & ~last), action).rank < action.n
        setup = {"look": look, "group": group, "size": size, "k": 0, **more}
        few = shown(*(address(amount=m, **setup) for m in range(1, len(pairs))))
        for answer in few:
            assert f"takes m ≥ {mask.sum()}, n = {action.n}" in " ".join(answer["facts"])
            most = int(re.search(r"m [=≤] (\d+)", answer["setup"])[1])
            assert (answer["tone"] == "fails") is bool(most < mask.sum())

    def test_a_round_kernel_is_not_kept_by_kravchuk_rotations(self, shown):
        kernel = np.array([[0, 1, 0], [1, 2, 1], [0, 1, 0]]) / 6
        A = ops.blur(kernel, (9, 9))
        for group, kept in (("dihedral", True), ("kravchuk_rotations", False)):
            (answer,) = shown(address(look="blur", group=group, size="9x9", amount=60, k=1))
            assert st.is_equivariant(A, named(group, "9x9")) is kept
            assert ("looks the same after" in " ".join(answer["facts"])) is kept

    @pytest.mark.parametrize(
        ("size", "stride", "factor", "most"),
        [("8x8", 2, 4, 16), ("12", 4, 6, 6), ("12x12", 3, 6, 16), ("6x6", 2, 3, 36)],
    )
    def test_stride_and_factor_with_a_common_divisor(self, shown, rng, size, stride, factor, most):
        shape = tuple(map(int, size.split("x")))
        action = named("shifts", size, stride=stride)
        setup = {"look": "superres", "group": "shifts", "size": size, "k": 0}
        (answer,) = shown(address(stride=stride, amount=factor, **setup))
        kernel = rng.standard_normal(shape)
        for A in (ops.downsample(shape, factor), ops.downsample(shape, factor, kernel=kernel)):
            assert st.stacked_rank(A, action).rank == most
        assert (answer["tone"] == "fails") is (most < action.n)
        said = f"rank is at most {most}, below n = {action.n}"
        assert (said in " ".join(answer["facts"])) is (most < action.n)

    @pytest.mark.parametrize(
        "setup",
        [
            {"look": "ct", "group": "quarter_turns", "size": "8x8", "amount": 5, "k": 15},
            {"look": "ct", "group": "quarter_turns", "size": "8x8", "amount": 8, "k": 1},
            {"look": "ct", "group": "trivial", "size": "8x8", "amount": 8, "k": 1},
            {"look": "mri_cartesian", "group": "trivial", "size": "8x6", "amount": 5, "k": 1},
            {"look": "mri_cartesian", "group": "kravchuk_rotations", "size": "32x32", "amount": 8},
            {"look": "mri_radial", "group": "kravchuk_rotations", "size": "9x9", "amount": 4},
            {"look": "single_pixel", "group": "shifts", "size": "6x6", "amount": 12, "k": 2},
        ],
    )
    def test_nothing_is_met_by_an_upper_bound_on_m(self, shown, setup):
        known, unknown = shown(address(**{"k": 2, **setup}), address(**{**setup, "k": ""}))
        assert known["tone"] == unknown["tone"] == "open"
        assert "at most" in known["answer"]
        most = int(re.search(r"m ≤ (\d+)", known["setup"])[1])
        assert {"met", "may be met"} & set(known["here_cells"]) == {"may be met"}
        assert most >= int(re.search(r"n = (\d+)", known["setup"])[1]) or (
            f"with {most} independent rows, the most there can be" in unknown["answer"]
        )

    def test_an_upper_bound_is_not_always_reached(self, shown):
        """Why the page hesitates: real operators with fewer independent rows than it counts."""
        views, lines = shown(
            address(look="ct", group="trivial", size="8x8", amount=8),
            address(look="mri_cartesian", group="trivial", size="8x6", amount=5),
        )
        wasted = np.outer(np.isin(np.arange(8), [0, 1, 2, 6, 7]), np.ones(6, bool))
        for answer, A in (
            (views, ops.tomography(8, np.arange(8) * np.pi / 8)),
            (lines, ops.fourier(wasted, real=True)),
        ):
            most = int(re.search(r"m ≤ (\d+)", answer["setup"])[1])
            assert np.linalg.matrix_rank(A.to_dense()) < most

    def test_lines_run_along_the_last_axis_and_say_so(self, shown):
        setup = {"look": "mri_cartesian", "group": "trivial", "size": "16x4", "amount": 3, "k": 1}
        (answer,) = shown(address(**setup))
        assert "along the last axis" in answer["hint"]
        assert "mask[i, :], all 4 frequencies along the last axis" in answer["text"]
        assert answer["tone"] == "fails"
        lines = np.zeros((16, 4), bool)
        lines[:, :3] = True
        assert np.linalg.matrix_rank(ops.fourier(lines, real=True).to_dense()) == 64
        assert np.linalg.matrix_rank(ops.fourier(lines.T.reshape(16, 4)).to_dense()) < 64

    def test_the_strip_says_what_the_answer_says(self, answers):
        zone_of = {"fails": "fails", "open": "open", "met": "met", "trivial": "whole"}
        seen = set()
        for vector, answer in zip(VECTORS, answers, strict=True):
            if "m ≤" in answer["setup"] or vector["address"]["k"] == "":
                continue
            here = answer["here"]
            zones = {css for css, x, w in answer["zones"] if x - 0.01 <= here <= x + w + 0.01}
            assert zone_of[answer["tone"]] in zones, vector["address"]
            seen |= {answer["tone"]}
        assert seen == set(zone_of)

    def test_no_row_beyond_n_is_asked_for_without_saying_so(self, shown):
        (far,) = shown(address(look="inpainting", group="shifts", size="9x9", amount=60, k=49))
        (near,) = shown(
            address(look="inpainting", group="shifts", size="9x9", amount=20, k="7.333333333")
        )
        assert "asks for 108 rows, beyond n = 81." in far["answer"]
        assert "asks for 24 rows." in near["answer"]


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
        links |= set(re.findall(r"explanation/[a-z]+\.\w+#[a-z-]+", PAGE.read_text("utf-8")))
        outside = sorted(link for link in links if not link.startswith("#"))
        assert len(outside) > 10
        for link in outside:
            name, _, anchor = link.partition("#")
            text = (DOCS / name).read_text(encoding="utf-8")
            titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
            slugs = {re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") for title in titles}
            assert not anchor or anchor in slugs or f"({anchor})=" in text, link

    def test_the_ways_out_are_open_in_the_repository(self, open_page):
        for ways in ("header a[href^=index]", "#facts a", "#rows a", "footer a"):
            page = open_page(PAGE).page
            page.click(f"{ways} >> nth=0")
            page.wait_for_url(lambda url: "explorer.html" not in url)
            # Chromium shows an error page of its own for a file that is not there.
            assert page.inner_text("body").lstrip("(").startswith(("#", "`", "setting"))


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

    @pytest.mark.parametrize(
        ("setup", "offered"),
        [
            ({"look": "ct", "group": "quarter_turns", "size": "512x512", "amount": 256}, True),
            ({"look": "ct", "group": "quarter_turns", "size": "512x512", "amount": 257}, False),
            ({"look": "several", "size": "256x256", "operators": 2, "amount": 512}, True),
            ({"look": "several", "size": "256x256", "operators": 1000, "amount": 1024}, False),
        ],
    )
    def test_what_the_command_line_would_refuse_is_not_offered(self, shown, setup, offered):
        (answer,) = shown(address(k=1, **setup))
        assert bool(answer["check"]) is offered
        if setup["look"] == "ct":
            text = f"size=512,views={setup['amount']}"
            if offered:
                assert answer["check"].split()[2] == f"tomography:{text}"
            else:
                with pytest.raises(ValueError, match="at most 67108864 entries"):
                    OPERATORS["tomography"].read(text)
                assert "fewer views" in answer["text"]

    def test_no_option_breaks_after_its_dashes(self, open_page):
        page = open_page(PAGE, 400).page
        whole = "o => o.map(x => [x.textContent, x.getClientRects().length])"
        found = page.eval_on_selector_all("#command .option", whole)
        assert found == [["--action", 1], ["--model-dim", 1]]


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

    def test_an_empty_and_an_unknown_address_show_the_start(self, shown, open_page):
        (start,) = shown("#")
        page = open_page(PAGE).page
        page.goto(f"{PAGE.resolve().as_uri()}#nothing=here&x")
        page.reload()
        assert start["problems"] == [] and page.inner_text("#problems") == ""
        assert "n = 784, m = 64, k = 12." in start["setup"]
        assert page.inner_text("#setup") == start["setup"]

    @pytest.mark.parametrize("other", ["#answer", "#foo=bar", "#%", "#nothing"])
    def test_an_address_of_something_else_leaves_the_setup(self, shown, other):
        before, after = shown(address(look="gaussian", group="shifts", size="30", k="2.5"), other)
        assert after == before

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"k": "999"}, "Shown instead: 784."),
            ({"k": "abc"}, "Shown instead: k unknown."),
            ({"amount": "-3"}, "Shown instead: 1."),
            ({"size": "0x4"}, "Shown instead: 28x28."),
            ({"stride": "3"}, "Shown instead: 1."),
            ({"look": "x"}, "Shown instead: Inpainting."),
            ({"group": "x"}, "Shown instead: cyclic shifts."),
        ],
    )
    def test_what_is_shown_instead_is_said(self, shown, change, said):
        setup = {"look": "inpainting", "group": "shifts", "size": "28x28", "k": "4", **change}
        assert shown(address(**setup))[0]["problems"][0].endswith(said)

    @pytest.mark.parametrize("size", ["28\u00d729", "28X29", "28 x 29", " 28x29 ", "28 \u00d7 29"])
    def test_sizes_are_read_as_people_write_them(self, shown, size):
        (answer,) = shown(address(look="inpainting", group="shifts", size=size, k=1))
        assert answer["problems"] == [] and "n = 812" in answer["setup"]

    @pytest.mark.parametrize(
        ("text", "said"), [("12,5", "25/2"), (".5", "1/2"), ("5.", "5"), ("0.0000001", "0.0000001")]
    )
    def test_dimensions_are_read_as_people_write_them(self, shown, text, said):
        (answer,) = shown(address(look="inpainting", group="shifts", size="8x8", k=text))
        assert answer["problems"] == [] and answer["setup"].endswith(f"k = {said}.")

    @pytest.mark.parametrize("text", [".", "", " ", ",", "-", "1.2.3", "--1", "0x10"])
    def test_what_is_no_number_is_none(self, shown, text):
        (answer,) = shown(address(look="inpainting", group="shifts", size="8x8", k=text))
        assert answer["setup"].endswith("k unknown.")
        assert bool(answer["problems"]) is bool(text.strip())


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

    def test_k_survives_its_own_address(self, open_page):
        page = open_page(PAGE).page
        for k in ("1.333333333", "0.0000001", "97.25", "12", "0", "120"):
            page.fill("#in-k", k)
            page.press("#in-k", "Tab")
            said = page.inner_text("#setup")
            assert page.inner_text("#command").endswith(f"--model-dim {k}")
            page.evaluate("dispatchEvent(new PopStateEvent('popstate'))")
            assert page.input_value("#in-k") == k
            assert page.inner_text("#problems") == ""
            assert page.inner_text("#setup") == said

    def test_the_address_follows_what_is_typed_in_one_step(self, open_page):
        page = open_page(PAGE).page
        first = page.inner_text("#setup")
        steps = page.evaluate("history.length")
        page.fill("#in-k", "")
        page.type("#in-k", "123")
        assert page.url.endswith("k=123")
        assert page.evaluate("history.length") == steps + 1
        page.press("#in-k", "Tab")
        page.go_back()
        assert page.inner_text("#setup") == first

    def test_the_skip_link_leads_to_the_answer_and_keeps_the_setup(self, open_page):
        page = open_page(PAGE).page
        page.fill("#in-k", "3")
        said, url = page.inner_text("#setup"), page.url
        page.focus(".skip")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "answer"
        assert (page.inner_text("#setup"), page.url) == (said, url)

    def test_the_answer_is_spoken_once_the_typing_has_stopped(self, open_page):
        page = open_page(PAGE).page
        assert page.text_content("#spoken") == ""
        spoken = page.evaluate("""() => new Promise(done => {
          const said = [];
          const box = document.getElementById("spoken");
          new MutationObserver(() => said.push(box.textContent)).observe(box, { childList: true });
          const k = document.getElementById("in-k");
          for (const text of ["1", "12", "123", "999"]) {
            k.value = text;
            k.dispatchEvent(new Event("input", { bubbles: true }));
          }
          setTimeout(() => done(said), 700);
        })""")
        assert len(spoken) == 1
        assert 'got "999". Shown instead: 784. Open' in spoken[0]
        assert page.inner_text("#answer").replace("\n", " ").split()[-1] in spoken[0]

    def test_copied_is_said_of_what_is_shown(self, open_page):
        page = open_page(PAGE, permissions=["clipboard-read", "clipboard-write"]).page
        page.click("[data-copy=command]")
        page.wait_for_function("document.getElementById('copied').textContent")
        page.fill("#in-k", "3")
        assert page.text_content("#copied") == ""

    def test_the_page_leaves_the_names_of_the_browser_alone(self, open_page):
        page = open_page(PAGE).page
        own = re.findall(r"^(?:async )?function (\w+)", PAGE.read_text("utf-8"), re.MULTILINE)
        assert "open" in own
        ours = """names => names.filter(
          n => typeof window[n] === "function" && !/native code/.test(window[n]))"""
        assert page.evaluate(ours, own) == []

    def test_what_has_the_focus_is_seen_in_a_low_window(self, open_page):
        page = open_page(PAGE).page
        page.set_viewport_size({"width": 1000, "height": 420})
        for name in ("in-look", "in-size", "in-k"):
            page.focus(f"#{name}")
            box = page.locator(f"#{name}").bounding_box()
            assert 0 <= box["y"] and box["y"] + box["height"] <= 420, name
        page.evaluate("document.activeElement.blur(); scrollTo(0, 1e6)")
        page.focus("#in-k")
        box = page.locator("#in-k").bounding_box()
        assert 0 <= box["y"] and box["y"] + box["height"] <= 420

    def test_markup_in_the_address_stays_text(self, open_page):
        opened = open_page(PAGE)
        opened.page.goto(f"{PAGE.resolve().as_uri()}#k=<img src=x onerror=alert(1)>")
        opened.page.reload()
        assert opened.page.query_selector("#problems img") is None
        assert "<img" in opened.page.inner_text("#problems")


class TestLooks:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("width", [320, 1400])
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
            {"look": "several", "size": "81", "operators": 7, "amount": 60, "k": "49.123456789"},
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
        live = page.eval_on_selector_all("[aria-live]", "e => e.map(x => x.id)")
        assert sorted(live) == ["copied", "spoken"]
        assert page.get_attribute("#chart", "role") == "img"
        assert "max c/s at 1" in page.get_attribute("#chart", "aria-label")
        levels = page.eval_on_selector_all("h1, h2", "h => h.map(x => Number(x.tagName[1]))")
        assert levels[0] == 1 and set(levels[1:]) == {2}

    def test_it_keeps_still_if_asked(self, open_page):
        page = open_page(PAGE, reduced_motion="reduce").page
        moving = "b => b.filter(x => parseFloat(getComputedStyle(x).transitionDuration) > 0).length"
        assert page.eval_on_selector_all("*", moving) == 0
