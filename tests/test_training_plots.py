"""Pictures of training: what is drawn is what was found, and labels keep apart."""

from __future__ import annotations

import math
from dataclasses import replace

import matplotlib.pyplot
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from scipy.optimize import isotonic_regression

import sensing_theorems as st
from sensing_theorems.comparison import Comparison, History
from sensing_theorems.plot.direct_labels import EndLabel, label_ends, spread
from sensing_theorems.prediction import Outcome, predict


def run(*psnr):
    steps = np.arange(len(psnr)) * 10
    return History(steps, np.ones(len(psnr)), np.array(psnr))


@pytest.fixture
def found():
    prediction = predict(st.Problem(np.eye(8)[:4], st.groups.shifts(8, stride=4)))
    prediction = replace(prediction, outcome=Outcome.PARTLY, pinv_psnr=16.0, stack_psnr=20.5)
    return Comparison(
        psnr={"pinv": 16.0, "mc": 16.1, "ei": 18.5, "supervised": 23.0},
        prediction=prediction,
        history={"ei": run(12.0, math.nan, 18.5), "supervised": run(12.0, 20.0, 23.0)},
        warm={"ei": run(23.0, 21.0, 20.3)},
        about={"operators": ["Cartesian ×4"], "action": "quarter turns"},
    )


def texts(ax):
    return [text.get_text() for text in ax.texts]


def flat(ax):
    """Heights of the horizontal lines."""
    lines = [line.get_ydata() for line in ax.get_lines() if list(line.get_xdata()) == [0, 1]]
    return sorted(float(y[0]) for y in lines if y[0] == y[1])


def drawn(ax):
    FigureCanvasAgg(ax.figure).draw()


class TestSpread:
    def test_is_isotonic_regression(self, rng):
        for _ in range(50):
            heights = np.sort(rng.random(rng.integers(1, 9)))
            gap = 0.3 * rng.random()
            places = spread(heights, gap)
            steps = gap * np.arange(heights.size)
            np.testing.assert_allclose(places, isotonic_regression(heights - steps).x + steps)
            assert np.all(np.diff(places) >= gap - 1e-12)

    def test_leaves_what_is_apart(self):
        np.testing.assert_allclose(spread([0.0, 1.0, 3.0], 1.0), [0.0, 1.0, 3.0])

    def test_labels_do_not_meet(self):
        ax = Figure(figsize=(5, 3), layout="constrained").add_subplot()
        ax.set_ylim(0, 1)
        label_ends(ax, [EndLabel(h, f"label {h}", "black") for h in (0.5, 0.5, 0.51, 0.52, 0.9)])
        drawn(ax)
        boxes = [text.get_window_extent() for text in ax.texts]
        boxes.sort(key=lambda box: box.y0)
        assert len(boxes) == 5
        spans = [(text._get_xy_display()[1], text.get_text()) for text in ax.texts]
        heights = sorted(height for height, _ in spans)
        assert min(np.diff(heights)) > 0.9 * ax.texts[0].get_fontsize() * ax.figure.dpi / 72


class TestTraining:
    def test_draws_levels_and_runs(self, found):
        left, right = found.plot()
        for ax in (left, right):
            assert flat(ax) == [16.0, 20.5, 23.0]
        assert {"pseudo-inverse 16.00", "predicted level 20.50", "supervised 23.00"} == set(
            texts(right)
        )
        (curve,) = [line for line in left.get_lines() if line.get_label() == "EI"]
        assert curve.get_xdata().tolist() == [0, 20]
        assert curve.get_ydata().tolist() == [12.0, 18.5]
        names = [text.get_text() for text in right.get_xticklabels()]
        assert names == ["MC", "EI", "supervised"]
        dots = [
            tuple(map(float, (*d.get_xdata(), *d.get_ydata())))
            for d in right.get_lines()
            if len(d.get_xdata()) == 1
        ]
        assert {(0, 16.1), (1, 18.5), (1, 20.3), (2, 23.0)} == set(dots)
        drawn(left)

    def test_title_says_what_was_predicted(self, found):
        left, _ = found.plot()
        assert left.figure.get_suptitle() == "Cartesian ×4, quarter turns: predicted partly"
        left, _ = st.plot.plot_training(found, title="mine")
        assert left.figure.get_suptitle() == "mine"

    def test_on_given_axes_levels_alone(self, found):
        ax = Figure().add_subplot()
        assert found.plot(ax) == [ax]
        assert flat(ax) == [16.0, 20.5, 23.0]

    def test_no_limit_and_nan(self, found):
        endless = replace(found.prediction, stack_psnr=math.inf)
        odd = replace(found, prediction=endless, psnr=found.psnr | {"ei": math.nan}, warm={})
        left, right = odd.plot()
        assert flat(right) == [16.0, 23.0]
        assert "predicted level: no limit" in texts(right)
        drawn(left)

    def test_the_pseudo_inverse_alone(self, found):
        bare = Comparison(psnr={"pinv": 3.0}, prediction=found.prediction)
        (ax,) = bare.plot()
        assert 3.0 in flat(ax)
        drawn(ax)


class TestForgetting:
    def test_draws_warm_and_cold(self, found):
        ax = found.plot_forgetting()
        assert flat(ax) == [16.0, 20.5, 23.0]
        said = texts(ax)
        assert "EI from there 20.30" in said
        assert "EI from scratch 18.50" in said
        curves = [list(line.get_ydata()) for line in ax.get_lines()]
        assert [23.0, 21.0, 20.3] in curves
        drawn(ax)

    def test_draws_what_is_kept_of_the_supervised_network(self, found):
        # 0.4 of what lies between the two levels.
        kept = -10 * math.log10(0.4 * 10**-1.6 + 0.6 * 10**-2.05)
        partly = replace(found, split={"supervised": (0.4, 0.5)})
        ax = partly.plot_forgetting()
        assert flat(ax) == pytest.approx([16.0, kept, 20.5, 23.0])
        assert f"kept of the supervised {kept:.2f}" in texts(ax)
        drawn(ax)
        wrong = replace(found, split={"supervised": (3.0, 0.5)}).plot_forgetting()
        assert wrong.get_ylim()[0] < min(flat(wrong)) < 16.0
        for same in (1e-4, math.nan):
            ax = replace(found, split={"supervised": (same, 0.5)}).plot_forgetting()
            assert flat(ax) == [16.0, 20.5, 23.0]

    def test_needs_warm_runs(self, found):
        with pytest.raises(ValueError, match="got none in `warm`"):
            replace(found, warm={}).plot_forgetting()


class TestValidation:
    def test_places_setups(self, found):
        low = replace(
            found,
            prediction=replace(found.prediction, outcome=Outcome.NOT_LEARNABLE, stack_psnr=16.0),
            warm={"ei": run(23.0, 16.2)},
        )
        full = replace(
            found,
            prediction=replace(found.prediction, outcome=Outcome.LEARNABLE, stack_psnr=math.inf),
            warm={"ei": run(23.0, 22.8)},
        )
        left, right = st.plot.plot_validation({"part": found, "low": low, "full": full})
        points = {
            tuple(map(float, (*d.get_xdata(), *d.get_ydata())))
            for d in left.get_lines()
            if len(d.get_xdata()) == 1
        }
        # Full rank limits nothing: then the supervised level is to be kept.
        assert points == {(20.5, 20.3), (16.0, 16.2), (23.0, 22.8)}
        gains = {
            tuple(map(float, (*d.get_xdata(), *d.get_ydata())))
            for d in right.get_lines()
            if len(d.get_xdata()) == 1
        }
        assert gains == {(2.5, 1.0), (2.5, 2.0), (2.5, 3.0)}
        assert [t.get_text() for t in right.get_yticklabels()] == ["part", "low", "full"]
        drawn(left)

    def test_bars_reach_from_what_is_kept_to_the_level(self, found):
        kept = -10 * math.log10(0.4 * 10**-1.6 + 0.6 * 10**-2.05)
        partly = replace(found, split={"supervised": (0.4, 0.5)}, warm={"ei": run(23.0, 19.0)})
        # A level above the supervised one is still the level.
        above = replace(partly, psnr=found.psnr | {"supervised": 20.0})
        for each in (partly, above):
            left, _ = st.plot.plot_validation({"part": each})
            bars = [d for d in left.get_lines() if list(d.get_ydata()) == [19.0, 19.0]]
            assert [list(bar.get_xdata()) for bar in bars] == [pytest.approx([kept, 20.5])]
            discs = [d for d in left.get_lines() if d.get_marker() == "o"]
            assert [(d.get_xdata()[0], d.get_ydata()[0]) for d in discs] == [(20.5, 19.0)]
            assert left.get_xlim()[0] < kept
            drawn(left)
        full = replace(partly, prediction=replace(found.prediction, stack_psnr=math.inf))
        left, _ = st.plot.plot_validation({"full": full})
        assert [d.get_xdata()[0] for d in left.get_lines() if d.get_marker() == "o"] == [23.0]
        assert not [d for d in left.get_lines() if list(d.get_ydata()) == [19.0, 19.0]]

    def test_without_warm_runs_or_levels(self, found):
        bare = replace(found, warm={}, prediction=replace(found.prediction, stack_psnr=None))
        left, _ = st.plot.plot_validation({"bare": bare}, title="all setups")
        assert left.figure.get_suptitle() == "all setups"
        drawn(left)

    def test_refusals(self, found):
        with pytest.raises(ValueError, match="at least one"):
            st.plot.plot_validation({})
        with pytest.raises(TypeError, match="dict with names"):
            st.plot.plot_validation([found])
        with pytest.raises(TypeError, match="must be a Comparison"):
            st.plot.plot_validation({"x": 3})


class TestNoiseLevels:
    def test_draws_one_curve_per_loss(self):
        levels = [0.0, 0.05, 0.1]
        psnr = {"pinv": [3.0, 2.0, 1.0], "ei": [5.0, math.nan, 2.0], "rei": [5.0, 4.5, 4.0]}
        ax = st.plot.plot_noise_levels(levels, psnr, title="noise")
        assert {"pseudo-inverse", "EI", "REI"} == set(texts(ax))
        assert ax.get_xscale() == "linear"
        assert [line.get_ydata()[0] for line in ax.get_lines()] == [3.0, 5.0, 5.0]
        drawn(ax)

    def test_is_logarithmic_over_decades(self):
        ax = st.plot.plot_noise_levels([0.001, 0.1], {"ei": [1.0, 2.0]})
        assert ax.get_xscale() == "log"
        drawn(ax)

    def test_refusals(self):
        for noise in ([0.1], [0.2, 0.1], [[0.1, 0.2]], [0.1, math.nan]):
            with pytest.raises(ValueError, match="must ascend"):
                st.plot.plot_noise_levels(noise, {"ei": [1.0, 2.0]})
        with pytest.raises(ValueError, match="one value per level, 2"):
            st.plot.plot_noise_levels([0.1, 0.2], {"ei": [1.0]})
        with pytest.raises(TypeError, match="dict with names"):
            st.plot.plot_noise_levels([0.1, 0.2], [[1.0, 2.0]])


class TestAll:
    def test_opens_no_window(self, found):
        found.plot()
        found.plot_forgetting()
        assert matplotlib.pyplot.get_fignums() == []

    @pytest.mark.parametrize("draw", [st.plot.plot_training, st.plot.plot_forgetting])
    def test_refuses_what_is_none(self, draw, found):
        with pytest.raises(TypeError, match="must be a Comparison"):
            draw(3)
        with pytest.raises(TypeError, match="matplotlib axes"):
            draw(found, 3)
        with pytest.raises(TypeError, match="must be a string"):
            draw(found, title=3)
