"""The demo at small sizes: every row, the laws behind it, and pages whose links lead somewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pytest
from matplotlib.image import imread

import sensing_theorems as st
from sensing_theorems import evidence
from sensing_theorems.demo import images, medical, optics, table
from sensing_theorems.demo.__main__ import main, run
from sensing_theorems.demo.setup import Sizes
from sensing_theorems.demo.setups import SETUPS
from sensing_theorems.design.seams import SEAM

SMALL = Sizes(image=28, turned=12, camera=16, drawn=8, views=6, even=(11, 2), odd=(13, 3))
NOT, YES, OPEN = st.Verdict.NOT_IDENTIFIABLE, st.Verdict.IDENTIFIABLE, st.Verdict.UNDECIDED


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Folder, printed lines and entries of one run."""
    folder, said = tmp_path_factory.mktemp("demo"), []
    entries = {entry.setup.key: entry for entry in run(folder, SMALL, said.append)}
    return folder, said, entries


@pytest.fixture(scope="module")
def entries(demo):
    return demo[2]


def rows_at(report, g):
    """Data of a function of signals seen through element g."""
    action = report.problem.action
    moved = (lambda x: x) if action is None else (lambda x: action.apply(g, x))
    return lambda x: report.problem.joint.matvec(moved(x))


class TestVerdicts:
    def test_cartesian_mri_is_equivariant_to_shifts_and_fails(self, entries):
        report = entries["mri-shifts"].report
        assert (report.verdict, report.reason) == (NOT, "equivariant")
        assert st.is_equivariant(report.problem.joint, report.problem.action)

    def test_cartesian_mri_fails_under_quarter_turns_without_being_equivariant(self, entries):
        report = entries["mri-turns"].report
        assert (report.verdict, report.reason) == (NOT, "rank_deficient")
        assert not st.is_equivariant(report.problem.joint, report.problem.action)

    def test_nothing_structured_is_identifiable(self, entries):
        for entry in entries.values():
            if not evidence.is_generic(entry.report.problem):
                assert entry.report.verdict is not YES, entry.setup.key
                assert entry.row.covered == "–", entry.setup.key

    def test_the_published_bounds_speak_of_gaussian_operators(self, entries):
        assert entries["gaussian-camera"].report.reason == "model_dim_unknown"
        assert entries["ten-gaussian"].report.verdict is YES
        for key in ("gaussian-camera", "ten-gaussian"):
            assert re.fullmatch(r"k ≤ \d+", entries[key].row.covered)
        assumed = entries["ten-gaussian"].report.problem.model_dim
        assert assumed <= entries["ten-gaussian"].report.max_model_dim["generic_operators"]

    def test_ten_in_disguise_see_what_one_sees(self, entries):
        report = entries["ten-masks-same"].report
        one, two = report.problem.operators[:2]
        assert report.rank.rank == st.stacked_rank(one).rank < report.rank.n
        assert not np.allclose(one.to_dense(), two.to_dense())
        assert report.verdict is NOT

    def test_ten_different_masks_see_more_than_one(self, entries):
        report = entries["ten-masks"].report
        assert report.rank.rank > st.stacked_rank(report.problem.operators[0]).rank

    @pytest.mark.parametrize("key", ["inpainting-periodic", "x2-decimation"])
    def test_a_rank_without_room_for_models_is_no_success(self, key, entries):
        entry = entries[key]
        assert entry.report.rank.full and entry.report.verdict is OPEN
        subgroup = evidence.stabilising_subgroup(entry.report.problem)
        assert subgroup.index == 4
        # One dimension of the model costs |G:H| on the left and 1 on the right.
        rank = evidence.operator_ranks(entry.report.problem)[0]
        assert 4 * rank >= entry.report.problem.n and 4 * (rank - 1) < entry.report.problem.n - 1
        assert any("yet no success" in note for note in entry.notes)

    def test_a_random_mask_has_no_such_note(self, entries):
        assert entries["inpainting-random"].notes == ()

    def test_the_blur_that_floating_point_cannot_judge(self, entries):
        entry = entries["blur-gaussian"]
        assert entry.report.reason == "numerically_unclear" and entry.row.rank.endswith("?")

    def test_antialiasing_makes_decimation_equivariant(self, entries):
        assert entries["x2-decimation"].report.reason == "structured_operator"
        assert entries["x2-antialiased"].report.reason == "equivariant"
        assert entries["x2-box-average"].report.rank.missing == 2 * SMALL.image - 1

    def test_planes_of_the_toy_meet_in_its_line(self, entries):
        problem = entries["toy"].report.problem
        normals = []
        for element in problem.action.elements():
            rows = np.array([problem.joint.matvec(element(e)) for e in np.eye(3)]).T
            null = np.linalg.svd(rows)[2][-1]
            normals.append(np.cross(np.ones(3), null))
        meet = np.linalg.svd(np.array(normals))
        assert (meet[1] > 1e-9).sum() == 2
        assert np.allclose(np.abs(meet[2][-1]), 1 / np.sqrt(3))


class TestTomography:
    @pytest.mark.parametrize(("views", "same"), [(4, True), (8, True), (9, False)])
    @pytest.mark.parametrize("size", [16, 17])
    def test_quarter_turns_permute_the_rows_exactly_for_even_numbers(self, size, views, same):
        A = st.operators.tomography(size, np.arange(views) * np.pi / views)
        turn = st.groups.quarter_turns(size).generators[0]
        rows = {tuple(row) for row in A.to_dense().round(9) + 0.0}
        turned = {tuple(row) for row in turn.pull_back(A.to_dense()).round(9) + 0.0}
        assert (rows == turned) is same

    def test_the_rank_of_few_and_even_views_is_that_of_one_position(self, entries):
        for key in ("tomography-few-turns", "tomography-even-turns"):
            report = entries[key].report
            assert report.reason == "equivariant"
            assert report.rank.rank == st.stacked_rank(report.problem.joint).rank

    def test_an_odd_number_of_views_is_doubled_and_no_more(self, entries):
        report = entries["tomography-odd-turns"].report
        alone = st.stacked_rank(report.problem.joint).rank
        assert report.reason == "rank_deficient"
        assert alone < report.rank.rank <= 2 * alone

    def test_shrinking_keeps_the_share_of_measurements(self):
        full = Sizes()
        assert full.views % 2 == full.even[1] % 2 == 0 and full.odd[1] % 2 == 1
        assert np.isclose(full.even[1] / full.even[0], full.views / full.image, rtol=0.01)
        assert np.isclose(full.odd[1] / full.odd[0], full.views / full.image, rtol=0.03)

    def test_the_caution_about_shifts_is_on_both_rows(self, entries):
        for key in ("tomography-many-shifts", "tomography-few-shifts"):
            assert entries[key].setup.notes == (SEAM,)


class TestSplit:
    def test_there_is_one_exactly_where_signals_are_lost(self, entries):
        for entry in entries.values():
            assert (entry.parts is not None) == (entry.report.verdict is NOT), entry.setup.key

    def test_parts_add_up_and_nobody_sees_the_second(self, entries, rng):
        for key, entry in entries.items():
            if entry.parts is None:
                continue
            image, seen, hidden, share = entry.parts
            assert np.allclose(seen + hidden, image) and 0 < share < 1, key
            assert abs(np.vdot(seen, hidden)) < 1e-9 * np.vdot(image, image), key
            for g in [0, *rng.integers(0, entry.report.problem.order, 4)]:
                data = rows_at(entry.report, int(g))
                scale = np.linalg.norm(data(image.reshape(-1)))
                assert np.linalg.norm(data(hidden.reshape(-1))) < 1e-9 * scale, key


class TestTable:
    def test_has_a_row_for_every_setup_within_120_columns(self, demo):
        _, said, entries = demo
        assert len(entries) == len(SETUPS)
        printed = "\n".join(said).splitlines()
        assert all(len(line) <= 120 for line in printed[:-1])
        rows = printed[2 : 2 + len(entries)]
        for line, entry in zip(rows, entries.values(), strict=True):
            cells = line.split()
            assert line.startswith(entry.setup.label)
            for cell in entry.row[1:8]:
                assert set(cell.split()) <= set(cells)

    def test_ends_with_the_pages_and_the_time(self, demo):
        folder, said, entries = demo
        assert said[-1].strip().startswith(f"{len(entries)} setups in ")
        assert said[-1].endswith(str(folder / "index.html"))

    def test_numbers_of_notes_lead_to_notes(self, demo):
        _, said, entries = demo
        notes = [line for line in said if re.match(r" *\d+  \S", line)]
        used = {n for e in entries.values() for n in e.row.notes.split(",") if n}
        assert used == {line.split()[0] for line in notes}

    def test_every_small_image_is_said_to_be_small(self, entries):
        for entry in entries.values():
            if entry.report.problem.n not in (SMALL.image**2, 3):
                shape = "x".join(map(str, entry.setup.image.shape))
                assert any(note.startswith(shape) for note in entry.notes), entry.setup.key

    def test_a_note_said_twice_has_one_number(self):
        numbering = table.Numbering()
        assert numbering.marks(["a", "b"]) == "1,2"
        assert numbering.marks(["b", "c"]) == "2,3"
        assert numbering.marks([]) == ""


class Links(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.links, self.pictures, self.identities = [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.identities.add(attributes.get("id"))
        if tag == "a":
            self.links.append(attributes["href"])
        if tag == "img":
            self.pictures.append((attributes["src"], attributes["alt"]))


class TestPages:
    def test_links_and_pictures_lead_somewhere(self, demo):
        folder, _, entries = demo
        page = Links((folder / "index.html").read_text(encoding="utf-8"))
        for link in page.links:
            assert link[1:] in page.identities if link[0] == "#" else (folder / link).is_file()
        assert len(page.links) == 2 * len(entries)
        failing = [key for key, entry in entries.items() if entry.parts is not None]
        assert [source for source, _ in page.pictures] == [f"{key}/split.png" for key in failing]
        for source, words in page.pictures:
            assert imread(folder / source)[..., :3].std() > 0.01 and "nobody sees" in words

    def test_reports_are_whole_pages_with_the_image_where_it_is_split(self, demo):
        folder, _, entries = demo
        for key, entry in entries.items():
            text = (folder / key / "report.html").read_text(encoding="utf-8")
            assert text.startswith("<!DOCTYPE html>") and entry.report.headline in text
            assert ("What nobody sees" in text) == (entry.parts is not None)


class TestImages:
    def test_blocks_keep_the_mean(self):
        image = images.mr_slice()
        assert image.shape == (256, 256) and image.max() == 1
        small, how = images.shrink(image, 32)
        assert np.isclose(small.mean(), image.mean()) and how == "averaged over 8x8 blocks"
        assert images.shrink(image, 256)[1] == "as it is"

    def test_the_photograph_is_square_and_grey(self):
        assert images.photograph().shape == (512, 512)

    def test_a_crop_is_said(self):
        small, how = images.shrink(images.mr_slice(), 41)
        assert small.shape == (41, 41)
        assert how == "centre 246x246 pixels, averaged over 6x6 blocks"

    def test_a_quarter_of_the_lines_with_the_centre(self):
        mask = medical._cartesian(64)
        lines = mask[:, 0]
        assert (mask == lines[:, None]).all() and lines.sum() == 16
        assert lines[[0, 1, 2, -1, -2]].all()

    def test_every_mask_keeps_what_it_says(self):
        half = optics.inpainting(SMALL).problem
        assert half.m == SMALL.image**2 // 2


class TestCommand:
    def test_a_folder_that_cannot_be_made_is_one_line_and_code_2(self, tmp_path, capsys):
        blocked = tmp_path / "file"
        blocked.write_text("", encoding="utf-8")
        assert main(["--output", str(blocked / "below")]) == 2
        out, err = capsys.readouterr()
        assert out == "" and err.count("\n") == 1 and str(blocked) in err

    def test_missing_images_are_one_line_and_code_2(self, tmp_path, capsys, monkeypatch):
        missing = tmp_path / "s1045.ima.gz"
        monkeypatch.setattr(images.cbook, "get_sample_data", lambda *a, **k: missing)
        medical.mr.cache_clear()
        assert main(["--output", str(tmp_path / "pages")]) == 2
        medical.mr.cache_clear()
        assert str(missing) in capsys.readouterr().err

    def test_unknown_options_are_refused(self, capsys):
        with pytest.raises(SystemExit, match="2"):
            main(["--size", "3"])
        assert "usage" in capsys.readouterr().err
