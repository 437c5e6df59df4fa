"""The gallery: every picture is in it, drawn by the command it names, and what it says is true."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import sensing_theorems as st

pytestmark = pytest.mark.compiled

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "figures"
sys.path.insert(0, str(FOLDER))

import gallery  # noqa: E402
import headlines  # noqa: E402
import make  # noqa: E402
import phases  # noqa: E402
import toy  # noqa: E402
import validate  # noqa: E402

every_figure = pytest.mark.parametrize("figure", gallery.FIGURES, ids=lambda figure: figure.key)
NAMES = {
    "figures/make.py": set(st.THEOREMS),
    "figures/phases.py": set(phases.FIGURES),
    "figures/headlines.py": set(headlines.FIGURES),
    "figures/validate.py": {"--draw"},
}


class TestRegistry:
    def test_holds_every_picture_once(self):
        pictures = {p.relative_to(ROOT).as_posix() for p in FOLDER.rglob("*.svg")}
        pictures |= {p.relative_to(ROOT).as_posix() for p in FOLDER.rglob("*.png")}
        listed = [figure.file for figure in gallery.FIGURES]
        assert len(set(listed)) == len(listed)
        assert pictures == {file for file in listed if file.startswith("figures/")}

    def test_every_theorem_has_its_figure(self):
        found = {figure.key: figure.file for figure in gallery.FIGURES}
        assert len(found) == len(gallery.FIGURES)
        for key in st.THEOREMS:
            assert found[key] == f"figures/{key}.svg"

    @every_figure
    def test_files_and_evidence_exist(self, figure):
        assert (ROOT / figure.file).is_file()
        assert figure.evidence and all((ROOT / path).is_file() for path in figure.evidence)

    @every_figure
    def test_texts_are_whole(self, figure):
        assert figure.caption.endswith(".") and figure.alt.endswith(".")
        assert len(figure.caption) > 60 and len(figure.alt) > 40
        assert not figure.title.endswith(".") and figure.about

    def test_status_is_that_of_the_theorem(self):
        for figure in gallery.FIGURES:
            theorem = st.THEOREMS.get(figure.key)
            if theorem is not None:
                assert figure.about.startswith(theorem.kind)
                assert ("derived" in figure.about) == (theorem.status == "derived")
                assert ("derived" in figure.source) == (theorem.status == "derived")


class TestCommands:
    @every_figure
    def test_script_and_name_exist(self, figure):
        python, script, *arguments = figure.command.split()
        assert python == "python" and (ROOT / script).is_file()
        assert set(arguments) <= NAMES.get(script, set())
        assert len(arguments) == (script in NAMES)

    @pytest.mark.parametrize("module", [make, phases, headlines])
    def test_other_names_are_refused(self, module, capsys):
        with pytest.raises(SystemExit):
            module.main(["no-such-figure"])
        assert "no-such-figure" in capsys.readouterr().err

    def test_validation_can_be_drawn_alone(self, capsys):
        with pytest.raises(SystemExit):
            validate.main(["--help"])
        assert "--draw" in capsys.readouterr().out

    @pytest.mark.parametrize("name", headlines.FIGURES)
    def test_headlines_are_drawn_again_alike(self, name, monkeypatch, tmp_path):
        stored = (headlines.FOLDER / f"{name}.svg").read_bytes()
        monkeypatch.setattr(headlines, "FOLDER", tmp_path)
        headlines.main([name])
        drawn = (tmp_path / f"{name}.svg").read_bytes()
        if make.versions().encode() in stored:
            assert drawn == stored
        listed = next(f for f in gallery.FIGURES if f.key == name)
        assert {ROOT / path for path in listed.evidence} == set(headlines.stored(name))


class TestPages:
    def test_are_fresh(self, capsys):
        # To renew them: python figures/gallery.py
        assert gallery.main(["--check"]) == 0, capsys.readouterr().out

    def test_stale_ones_are_named(self, monkeypatch, tmp_path, capsys):
        monkeypatch.setattr(gallery, "PAGE", tmp_path / "gallery.md")
        monkeypatch.setattr(gallery, "ROOT", tmp_path.parents[-1])
        assert gallery.main(["--check"]) == 1
        assert "gallery.md is not fresh" in capsys.readouterr().out
        assert not (tmp_path / "gallery.md").exists()

    @every_figure
    def test_page_shows_it(self, figure):
        text = gallery.PAGE.read_text(encoding="utf-8")
        assert f"![{figure.alt}](../{figure.file})" in text
        assert figure.caption in text and f"`{figure.command}`" in text and figure.credit in text

    def test_evidence_can_be_read_as_it_says(self, monkeypatch, capsys):
        (block,) = re.findall(r"```py\n(.*?)```", gallery.ABOUT, re.DOTALL)
        monkeypatch.chdir(ROOT)
        exec(block, {})
        assert "PARTLY" in capsys.readouterr().out

    def test_pictures_of_the_page_exist(self):
        text = gallery.PAGE.read_text(encoding="utf-8")
        targets = re.findall(r"\]\((\.\./[^)]+)\)", text)
        assert len(targets) == len(gallery.FIGURES)
        assert all((gallery.PAGE.parent / target).is_file() for target in targets)


class TestToy:
    """The smallest example, whose answer a cross product and a determinant know as well."""

    def test_evidence_is_true(self):
        assert json.loads(json.dumps(toy.evidence())) == toy.load()

    def test_planes_meet_in_the_model(self):
        data, x = toy.load(), np.ones(3)
        normals = [np.cross(x, toy.hidden(view)) for view in data["views"]]
        assert np.linalg.matrix_rank(normals[:1]) == 1 and data["verdict"][0] == "not identifiable"
        assert np.linalg.matrix_rank(normals) == 2 and data["verdict"][1] == "identifiable"
        assert data["rank"] == [2, np.linalg.matrix_rank(np.concatenate(data["views"]))]

    def test_views_are_shifts_of_the_first(self):
        first, *others = (np.array(view) for view in toy.load()["views"])
        x = np.array([1.0, 2.0, 4.0])
        seen = {tuple(view @ x) for view in others}
        assert seen == {tuple(first @ np.roll(x, steps)) for steps in (1, 2)}

    def test_is_drawn_again_alike(self, monkeypatch, tmp_path):
        stored = toy.PICTURE.read_bytes()
        monkeypatch.setattr(toy, "PICTURE", tmp_path / "toy.svg")
        toy.main([])
        if make.versions().encode() in stored:
            assert (tmp_path / "toy.svg").read_bytes() == stored
