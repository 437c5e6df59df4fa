"""The phase diagrams of the figures: true, where theory has them, and drawn again alike."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

import sensing_theorems as st
from sensing_theorems.sweep_files import task_of

pytestmark = pytest.mark.compiled

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "figures"
sys.path.insert(0, str(FOLDER))

import make  # noqa: E402
import phases  # noqa: E402

every_picture = pytest.mark.parametrize("name", phases.FIGURES)
STORED = {name: phases.load(name) for name in phases.FIGURES}
CASES = [(name, i) for name in STORED for i in range(len(STORED[name]))]
every_panel = pytest.mark.parametrize(("name", "i"), CASES)


def columns(name, i):
    """Cells of a diagram without m, each with the rates along m."""
    diagram, task = STORED[name][i], phases.FIGURES[name].panels[i].task
    (other,) = set(diagram.axes) - {"m"}
    rates = np.moveaxis(diagram.rate, list(diagram.axes).index("m"), -1)
    for value, along in zip(diagram.axes[other].tolist(), rates, strict=True):
        yield (
            task.thresholds({other: value}, "m"),
            dict(zip(diagram.axes["m"].tolist(), along, strict=True)),
        )


@every_panel
class TestCounts:
    def test_are_of_the_sweep_that_the_picture_names(self, name, i):
        picture, diagram = phases.FIGURES[name], STORED[name][i]
        own = diagram.provenance["specification"]
        assert task_of(own) == picture.panels[i].task and own["seed"] == phases.SEED
        assert {k: v.tolist() for k, v in diagram.axes.items()} == {
            axis: list(values) for axis, values in picture.panels[i].grid.items()
        }
        assert (diagram.trials + diagram.undecided == picture.trials).all()
        assert diagram.undecided.sum() <= 0.01 * diagram.trials.sum()

    @pytest.mark.skipif(
        bool(numba.config.DISABLE_JIT), reason="minutes with kernels in plain Python"
    )
    def test_are_counted_again_alike(self, name, i):
        diagram, panel = STORED[name][i], phases.FIGURES[name].panels[i]
        rng = np.random.default_rng(list(f"{name}-{i}".encode()))
        sizes = [len(values) for values in diagram.axes.values()]
        places = [tuple(int(rng.integers(size)) for size in sizes) for _ in range(2)]
        cells = [
            {
                axis: int(diagram.axes[axis][at])
                for axis, at in zip(diagram.axes, place, strict=True)
            }
            for place in dict.fromkeys(places)
        ]
        again = st.sweep(panel.task, cells, phases.FIGURES[name].trials, phases.SEED)
        for place, cell in zip(dict.fromkeys(places), cells, strict=True):
            one = again.select(**{axis: cell[axis] for axis in list(cell)[:-1]})
            last = list(cell)[-1]
            where = list(one.axes[last]).index(cell[last])
            assert one.successes[where] == diagram.successes[place], cell

    def test_lie_where_theory_has_them(self, name, i):
        decides = not hasattr(phases.FIGURES[name].panels[i].task, "solve")
        for thresholds, rates in columns(name, i):
            for bound in thresholds:
                for m, rate in rates.items():
                    if m < bound.least and bound.kind != "sufficient":
                        assert rate == 0, (bound, m)
                    # What some algorithm can do, this one need not.
                    if m >= bound.least and bound.kind != "necessary" and decides:
                        assert rate == 1, (bound, m)


class TestExactCurves:
    @pytest.mark.parametrize("name", ["operators", "sizes", "invariant"])
    def test_pass_through_the_step_of_every_column(self, name):
        for i, panel in enumerate(phases.FIGURES[name].panels):
            transition = STORED[name][i].transition("m")
            (other,) = transition.along
            for j, value in enumerate(transition.along[other].tolist()):
                bounds = panel.task.thresholds({other: value}, "m")
                (exact,) = (bound for bound in bounds if bound.kind == "exact")
                if 1 < exact.least <= STORED[name][i].axes["m"].max():
                    assert transition.lower[j] < exact.value <= transition.upper[j]
                    assert transition.upper[j] == transition.lower[j] + 1

    def test_the_published_bound_is_loose_by_so_much(self):
        # What the text beside the picture says.
        gaps = set()
        for thresholds, rates in columns("operators", 0):
            (published,) = (bound for bound in thresholds if bound.kind == "sufficient")
            first = min((m for m, rate in rates.items() if rate == 1), default=math.inf)
            if published.least <= max(rates):
                gaps.add(published.least - first)
        assert min(gaps) == 0 and max(gaps) == 6


class TestTextBesideThePictures:
    def test_orbits_and_what_is_sufficient_for_them(self):
        touched, near, undecided = set(), set(), {}
        for i in range(4):
            diagram = STORED["orbits"][i]
            undecided |= {
                (i, k, m): int(diagram.select(k=k).undecided[m - 1])
                for k in range(1, 7)
                for m in range(1, 11)
            }
            for k, (thresholds, rates) in enumerate(columns("orbits", i), 1):
                first = min(m for m, rate in rates.items() if rate == 1)
                enough = {x.status: x.least for x in thresholds if x.kind == "sufficient"}
                needed = min(10, max(x.least for x in thresholds if x.kind == "necessary"))
                assert enough["published"] >= first + 2
                assert first == needed or (i, k) == (0, 5)
                touched |= {(i, k)} if enough["derived"] == first else set()
                near |= {(i, k)} if enough["derived"] == first + 1 else set()
        assert touched == {(0, 1), (0, 5), (0, 6), (1, 6)}
        assert near >= {(1, 1), (2, 1), (3, 1)}
        assert {at: count for at, count in undecided.items() if count} == {
            (0, 2, 3): 1,
            (0, 4, 5): 3,
        }

    def test_dictionary_rows_above_what_is_necessary(self):
        above = []
        for thresholds, rates in columns("dictionary", 0):
            half = min(m for m, rate in rates.items() if rate >= 0.5)
            above.append(half - max(x.least for x in thresholds))
        assert min(above) == 0 and max(above) == 3


@every_picture
class TestDrawing:
    def test_is_the_same_every_time(self, name, tmp_path, monkeypatch):
        stored = (FOLDER / "phases" / f"{name}.svg").read_bytes()
        diagrams = phases.load(name)
        monkeypatch.setattr(phases, "load", lambda _: diagrams)
        monkeypatch.setattr(phases, "FOLDER", tmp_path)
        phases.main([name])
        again = (tmp_path / f"{name}.svg").read_bytes()
        phases.main([name])
        assert (tmp_path / f"{name}.svg").read_bytes() == again
        if make.versions().encode() in stored:
            assert stored == again
        assert len(stored) < 500_000

    def test_is_explained(self, name):
        text = (FOLDER / "README.md").read_text(encoding="utf-8")
        assert f"### `{name}`" in text and f"(phases/{name}.svg)" in text
