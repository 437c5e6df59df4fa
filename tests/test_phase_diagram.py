"""Phase diagrams: intervals by two routes, brackets by definition, bands by simulation."""

from __future__ import annotations

import json
import math
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize
from scipy.special import expit, log_expit, logit, logsumexp

from sensing_theorems.sweep import location as locations
from sensing_theorems.sweep.counts import union
from sensing_theorems.sweep.diagram import PhaseDiagram
from sensing_theorems.sweep.firth import firth_fit
from sensing_theorems.sweep.penalised import Cells, penalised
from sensing_theorems.sweep.proportion import wilson


def diagram(axes, successes, trials, undecided=None, provenance=None) -> PhaseDiagram:
    successes = np.asarray(successes)
    trials = np.broadcast_to(trials, successes.shape)
    undecided = np.zeros_like(successes) if undecided is None else undecided
    return PhaseDiagram(axes, successes, trials, undecided, provenance or {})


def column(successes, trials, x=None) -> PhaseDiagram:
    return diagram({"m": np.arange(len(successes)) if x is None else x}, successes, trials)


@st.composite
def columns(draw) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coordinates, successes and trials of one column, at least two cells."""
    steps = draw(st.lists(st.integers(1, 9), min_size=2, max_size=9))
    trials = draw(st.lists(st.integers(0, 12), min_size=len(steps), max_size=len(steps)))
    successes = [draw(st.integers(0, n)) for n in trials]
    return np.cumsum(steps), np.array(successes), np.array(trials)


def log_likelihood(a, b, x, y, n) -> float:
    """Penalised log-likelihood; det I = sum of w_i w_j (x_i - x_j)^2 over pairs (Cauchy-Binet)."""
    x, y, n = (np.asarray(values, float)[np.asarray(n) > 0] for values in (x, y, n))
    t = a + b * x
    weights = np.log(n) + log_expit(t) + log_expit(-t)
    i, j = np.triu_indices(len(x), 1)
    log_det = logsumexp(weights[i] + weights[j] + 2 * np.log(np.abs(x[i] - x[j])))
    return float((y * log_expit(t) + (n - y) * log_expit(-t)).sum() + log_det / 2)


class TestWilson:
    @pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
    def test_against_scipy(self, confidence):
        from scipy.stats import binomtest

        for t in (1, 2, 7, 20, 100, 10**6):
            for s in {0, 1, t // 3, t - 1, t}:
                low, high = wilson(s, t, confidence)
                ours = binomtest(s, t).proportion_ci(confidence, method="wilson")
                assert low == pytest.approx(ours.low, abs=1e-12)
                assert high == pytest.approx(ours.high, abs=1e-12)

    def test_ends_are_reached(self):
        low, high = wilson([0, 20], [20, 20])
        assert low[0] == 0 and high[1] == 1

    def test_undecided_trials_may_be_either(self):
        low, high = wilson(5, 10, undecided=4)
        assert low == wilson(5, 14)[0] and high == wilson(9, 14)[1]
        plain = wilson(5, 10)
        assert low < plain[0] and plain[1] < high

    def test_nothing_was_run(self):
        low, high = wilson([0, 0], [0, 0], undecided=[0, 3])
        assert np.isnan([low[0], high[0]]).all() and (low[1], high[1]) == (0, 1)

    @pytest.mark.parametrize(
        "arguments, error, match",
        [
            ((1.0, 2), TypeError, "`successes` must hold integers; got dtype float64"),
            ((True, 2), TypeError, "`successes` must hold integers; got dtype bool"),
            ((-1, 2), ValueError, "`successes` must not be negative; got -1"),
            ((3, 2), ValueError, "`successes` must not exceed `trials`"),
            (([1, 2], [2, 2, 2]), ValueError, "must have shapes that go together"),
            ((1, 2, 1.0), ValueError, "`confidence` must be strictly between 0 and 1; got 1"),
            ((1, 2, math.nan), ValueError, "`confidence` must be strictly between 0 and 1"),
            ((1, 2, "95"), TypeError, "`confidence` must be a number; got str"),
        ],
    )
    def test_refuses(self, arguments, error, match):
        with pytest.raises(error, match=match):
            wilson(*arguments)


class TestFirth:
    @given(st.integers(1, 50), st.integers(1, 10**4), st.data())
    def test_two_cells_get_half_a_trial_of_each_kind(self, first, second, data):
        y = np.array([data.draw(st.integers(0, first)), data.draw(st.integers(0, second))])
        n = np.array([first, second])
        ends = logit((y + 0.5) / (n + 1))
        slope = (ends[1] - ends[0]) / 3
        if abs(slope) < 1e-3:
            return
        fit = firth_fit([4, 7], y, n)
        assert fit.slope[0] / fit.scale[0] == pytest.approx(slope, rel=1e-6)
        for level in (0.1, 0.5, 0.9):
            place = 4 + (logit(level) - ends[0]) / slope
            assert fit.location(level)[0] == pytest.approx(place, rel=1e-6, abs=1e-6)

    def test_does_not_step_to_where_nothing_is_left(self):
        # A full step from the start ends where all weights are rounded to 0.
        fit = firth_fit([0, 1], [16, 3634], [16, 3634])
        assert fit.converged.all()
        assert fit.slope[0] == pytest.approx(math.log(3634.5 / 0.5) - math.log(16.5 / 0.5))

    @pytest.mark.parametrize("trials", [1, 5, 20, 1000])
    @pytest.mark.parametrize("width", [6, 1, 0.1])
    def test_against_numerical_maximisation(self, trials, width, rng):
        x = np.array([0, 1, 2, 4, 5, 6, 9, 10, 12])
        u = (x - 5) / 3.0
        for place in rng.uniform(3, 8, 3):
            y = rng.binomial(trials, expit((x - place) * 2 * math.log(9) / width))
            n = np.full_like(y, trials)
            fit = firth_fit(x, y, n)
            best = max(
                (
                    optimize.minimize(
                        lambda t, y=y, n=n: -log_likelihood(*t, u, y, n),
                        start,
                        method="Nelder-Mead",
                        options={"xatol": 1e-9, "fatol": 1e-13, "maxiter": 4000},
                    )
                    for start in ([0.0, 1.0], [-1.0, 8.0])
                ),
                key=lambda found: -found.fun,
            )
            assert fit.converged.all()
            found = 5 - 3 * best.x[0] / best.x[1], 3 * 2 * math.log(9) / best.x[1]
            assert fit.location()[0] == pytest.approx(found[0], abs=1e-5)
            assert fit.width()[0] == pytest.approx(found[1], rel=1e-5)

    @given(columns(), st.floats(-3, 3), st.floats(-3, 3))
    def test_the_function_is_what_it_says(self, counts, a, b):
        x, y, n = counts
        if np.count_nonzero(n) < 2:
            return
        u = (x - x.mean()) / 9
        cells = Cells(u[None], y[None].astype(float), n[None].astype(float))
        value = penalised(np.array([a]), np.array([b]), cells)[0]
        assert value == pytest.approx(log_likelihood(a, b, u, y, n), abs=1e-8)

    @pytest.mark.parametrize("trials", [1, 20, 10**4])
    @pytest.mark.parametrize("cells", [2, 3, 40])
    def test_of_separated_data_is_finite(self, cells, trials):
        x = np.arange(cells)
        y = np.array([trials * (x > cut) for cut in range(cells - 1)])
        fit = firth_fit(x, y, np.full_like(y, trials))
        assert fit.converged.all() and np.isfinite(fit.width()).all()
        if trials > 1:
            middle = np.arange(cells - 1) + 0.5
            np.testing.assert_allclose(fit.location(), middle, atol=1e-3)

    @pytest.mark.parametrize("cut", [0, 1, 7, 15])
    @pytest.mark.parametrize("trials", [1, 5])
    def test_no_other_curve_is_better(self, cut, trials):
        # With one trial a cell, and one failure at all, the best curve is flat and far off.
        x, n = np.arange(30), np.full(30, trials)
        y = trials * (x > cut)
        best = firth_fit(x, y, n).penalised[0]
        unit = firth_fit(x, y, n).scale[0]
        for slope in np.geomspace(0.01, 20, 25):
            for place in np.linspace(-40, 70, 111):
                other = log_likelihood(-slope * place, slope, x, y, n) - math.log(unit)
                assert other <= best + 1e-9

    def test_converges_on_rough_columns(self, rng):
        for spread in (0.5, 3, 8):
            x = np.unique(np.cumsum(np.exp(rng.uniform(0, spread, 15))).astype(np.int64))
            n = rng.choice([1, 2, 20, 10**4], size=(200, len(x)))
            y = rng.binomial(n, rng.choice([0, 0, 0.01, 0.5, 1, 1], size=n.shape))
            fit = firth_fit(x, y, n)
            assert fit.converged.all()
            low, high = fit.interval()
            assert np.all(low <= fit.location()) and np.all(fit.location() <= high)

    def test_large_coordinates_lose_nothing(self):
        y, n = np.array([0, 1, 12, 20]), np.full(4, 20)
        near, far = firth_fit(np.arange(4), y, n), firth_fit(np.arange(4) + 2**52, y, n)
        assert far.location()[0] - 2**52 == pytest.approx(near.location()[0], abs=1)
        assert far.width()[0] == pytest.approx(near.width()[0], rel=1e-9)

    def test_needs_two_cells(self):
        with pytest.raises(ValueError, match="two cells with trials; got 1"):
            firth_fit([1, 2], [0, 3], [0, 5])


class TestInterval:
    @pytest.mark.parametrize("trials, width", [(1, 0.1), (1, 4), (20, 4), (20, 0.1), (200, 2)])
    @pytest.mark.parametrize("level", [0.5, 0.1])
    def test_costs_what_the_confidence_allows(self, trials, width, level, rng):
        x = np.arange(12)
        y = rng.binomial(trials, expit((x - 5.3) * 2 * math.log(9) / width))
        n = np.full_like(y, trials)
        fit = firth_fit(x, y, n)
        low, high = fit.interval(level, 0.9)
        best = log_likelihood(*_plain(fit), x, y, n)

        def profile(place: float) -> float:
            found = optimize.minimize_scalar(
                lambda b: -log_likelihood(logit(level) - b * place, b, x, y, n),
                bounds=(-1, 30),
                method="bounded",
                options={"xatol": 1e-9},
            )
            return -found.fun

        for end in (low[0], high[0]):
            # chi2.ppf(0.9, 1) = 2.7055
            assert 2 * (best - profile(end)) == pytest.approx(2.7055434541, abs=1e-4)

    def test_is_all_of_the_line_where_the_data_locate_nothing(self):
        low, high = firth_fit([0, 1], [0, 1], [1, 1]).interval()
        assert (low[0], high[0]) == (-math.inf, math.inf)

    def test_bounded_and_unbounded_columns_do_not_mix(self):
        x, n = np.arange(4), np.full((2, 4), 20)
        y = np.array([[9, 10, 10, 11], [0, 2, 17, 20]])
        low, high = firth_fit(x, y, n).interval()
        assert np.isinf([low[0], high[0]]).all()
        alone = firth_fit(x, y[1], n[1]).interval()
        assert low[1] == pytest.approx(alone[0][0]) and high[1] == pytest.approx(alone[1][0])


def _plain(fit) -> tuple[float, float]:
    """Intercept and slope in the given coordinate."""
    slope = fit.slope[0] / fit.scale[0]
    return fit.intercept[0] - slope * fit.centre[0], slope


class TestBracket:
    @given(columns(), st.sampled_from([0.1, 0.5, 0.75]))
    def test_by_definition(self, counts, level):
        x, y, n = counts
        known = n > 0
        places, sides = x[known], np.sign(y[known] / n[known] - level)
        allowed = [
            (int(low), int(high))
            for low in places
            for high in places[places > low]
            for sign in (-1, 1)
            if np.all(sides[places <= low] == sign) and np.all(sides[places >= high] == -sign)
        ]
        found = column(y, n, x).transition(level=level)
        assert bool(found.found) == bool(allowed)
        if allowed:
            # The narrowest of them; it lies inside of all the others.
            lower, upper = min(allowed, key=lambda pair: pair[1] - pair[0])
            assert (int(found.lower), int(found.upper)) == (lower, upper)
            assert all(low <= lower and upper <= high for low, high in allowed)
            assert bool(found.rising) == bool(sides[-1] > 0) and found.side == 0
        else:
            assert np.isnan([found.lower, found.upper, found.location, found.low]).all()
            same = sides.size > 0 and np.all(sides == sides[0])
            assert found.side == (sides[0] if same else 0)


class TestTransition:
    @given(columns(), st.sampled_from([0.25, 0.5, 0.75]))
    def test_reversing_the_axis_mirrors_it(self, counts, level):
        x, y, n = counts
        here = column(y, n, x).transition(level=level)
        there = column(y[::-1], n[::-1], -x[::-1]).transition(level=level)
        self.agree(here, there, lambda value: -value)

    @given(columns(), st.sampled_from([0.25, 0.5, 0.75]))
    def test_swapping_success_and_failure_keeps_it(self, counts, level):
        x, y, n = counts
        here = column(y, n, x).transition(level=level)
        there = column(n - y, n, x).transition(level=1 - level)
        assert here.side == -there.side
        self.agree(here, there, lambda value: value)

    @given(columns(), st.integers(-(10**6), 10**6))
    def test_moves_with_the_axis(self, counts, shift):
        x, y, n = counts
        here, there = column(y, n, x).transition(), column(y, n, x + shift).transition()
        assert bool(here.rising) == bool(there.rising)
        for name in ("lower", "upper", "location", "low", "high"):
            moved = getattr(there, name) - shift
            np.testing.assert_allclose(moved, getattr(here, name), rtol=1e-5, atol=1e-5)

    @staticmethod
    def agree(here, there, move) -> None:
        assert bool(here.found) == bool(there.found)
        if here.found:
            assert bool(here.rising) != bool(there.rising)
            assert np.isnan(here.location) == np.isnan(there.location)
            np.testing.assert_allclose(there.width, here.width, rtol=1e-4)
            ours = sorted([here.lower, here.upper]), sorted([here.low, here.high])
            theirs = (move(np.array(pair)) for pair in ([there.lower, there.upper],))
            assert ours[0] == sorted(next(theirs))
            band = sorted(move(np.array([there.low, there.high])))
            np.testing.assert_allclose(band, ours[1], rtol=1e-4, atol=1e-4)
            np.testing.assert_allclose(move(there.location), here.location, rtol=1e-4, atol=1e-4)

    @pytest.mark.parametrize("trials", [1, 20, 10**4])
    def test_separated_data_give_their_bracket(self, trials):
        # Refined by bisection: the curve alone would put the transition elsewhere.
        x = np.array([0, 64, 96, 97, 98, 100, 104, 112, 128, 192, 256])
        found = column(trials * (x > 96), trials, x).transition()
        assert (found.lower, found.upper, found.location) == (96, 97, 96.5)
        assert found.low <= 96 and 97 <= found.high and found.rising

    def test_a_fit_that_sees_the_shape_is_narrower_than_the_cells(self):
        x = np.arange(0, 40, 4)
        y = np.round(1000 * expit((x - 18) / 5)).astype(int)
        found = column(y, 1000, x).transition()
        assert found.location == pytest.approx(18, abs=0.1)
        assert found.width == pytest.approx(10 * math.log(9), rel=0.01)
        assert found.lower <= found.low < found.location < found.high <= found.upper
        assert found.high - found.low < 1

    @pytest.mark.parametrize("level", [0.1, 0.25, 0.9])
    def test_other_levels(self, level):
        x = np.arange(60)
        y = np.round(10**5 * expit((x - 30) / 4)).astype(int)
        found = column(y, 10**5, x).transition(level=level)
        place = 30 + 4 * logit(level)
        assert found.location == pytest.approx(place, abs=0.02)
        assert found.lower <= place <= found.upper == found.lower + 1

    @pytest.mark.parametrize(
        "successes, side",
        [([0, 0, 0], -1), ([20, 20, 15], 1), ([0, 20, 0], 0), ([10, 20, 20], 0), ([0, 0, 10], 0)],
    )
    def test_nothing_is_said_of_columns_that_do_not_cross(self, successes, side):
        found = column(successes, 20).transition()
        assert not found.found and found.side == side
        for name in ("location", "low", "high", "lower", "upper", "width"):
            assert np.isnan(getattr(found, name))

    def test_a_fit_that_runs_the_other_way_locates_nothing(self):
        found = column([0, 1000, 800, 600], [1, 1000, 1000, 1000]).transition()
        assert found.found and found.rising and (found.lower, found.upper) == (0, 1)
        assert np.isnan([found.location, found.low, found.high, found.width]).all()

    def test_undecided_trials_are_no_failures(self):
        x = np.arange(5)
        plain = column([0, 0, 1, 20, 20], [20, 20, 5, 20, 20]).transition()
        unclear = diagram({"m": x}, [0, 0, 1, 20, 20], [20, 20, 5, 20, 20], [0, 0, 15, 0, 0])
        found = unclear.transition()
        assert found.location == plain.location and found.lower == plain.lower

    def test_every_column_is_as_if_alone(self, rng):
        axes = {"k": [1, 2, 5], "m": np.arange(10), "G": [3, 4]}
        rate = expit(np.arange(10)[:, None] - np.array([2, 4, 6])[:, None, None] - [0, 0.5])
        y = rng.binomial(20, rate)
        y[1, :, 1] = 0
        whole = diagram(axes, y, 20)
        found = whole.transition("m", 0.4, 0.9)
        assert list(found.along) == ["k", "G"] and found.location.shape == (3, 2)
        for i, k in enumerate(axes["k"]):
            for j, G in enumerate(axes["G"]):
                alone = whole.select(k=k, G=G).transition("m", 0.4, 0.9)
                for name in ("found", "rising", "side", "lower", "upper"):
                    expected = getattr(alone, name)
                    np.testing.assert_array_equal(getattr(found, name)[i, j], expected)
                for name in ("location", "low", "high", "width"):
                    expected = getattr(alone, name)
                    np.testing.assert_allclose(getattr(found, name)[i, j], expected, rtol=1e-6)
        assert not found.found[1, 1]

    def test_says_what_it_is(self):
        found = column([0, 0, 20, 20], 20).transition()
        assert "at m = 1.50, 95 % band" in str(found)
        assert "between the cells 1 and 2, rising" in str(found)
        assert "all cells are below" in str(column([0, 0], 20).transition())
        both = diagram({"m": [0, 1], "k": [1, 2]}, [[0, 0], [20, 0]], 20)
        assert "in 1 of 2 columns" in str(both.transition("m"))

    def test_says_no_digits_less_of_large_integers(self):
        x = np.arange(65500, 65556)
        line = "m = 65530.50, 95 % band 65530.00 to 65531.00, between the cells 65530 and 65531"
        assert line in str(column(20 * (x > 65530), 20, x).transition())
        x = np.array([2**53 - 1, 2**53])
        assert f"band {2**53 - 1}.00 to {2**53}.00" in str(column([0, 20], 20, x).transition())

    def test_says_bands_without_bounds(self):
        assert "band -inf to inf, between" in str(column([0, 1], 1).transition())

    def test_says_that_there_is_no_fit(self):
        found = column([0, 1000, 800, 600], [1, 1000, 1000, 1000]).transition()
        line = "success rate 0.5 along m: no fit, between the cells 0 and 1, rising"
        assert str(found) == line

    def test_says_every_column_of_a_few(self):
        y = np.zeros((8, 5, 2), int)
        for k in range(5):
            y[k + 3 :, k] = 20
        y[:, 3, 1], y[:, 4, 1] = 20, 0
        y[[0, 3], 0, 1], y[[1, 2], 0, 1] = 0, 20
        y[4:, 0, 1] = 0
        axes = {"m": 100 * np.arange(8), "k": np.arange(5) + 8, "G": [1, 20]}
        lines = str(diagram(axes, y, 20).transition("m")).split("\n")
        assert lines[0] == "success rate 0.5 is passed along m in 7 of 10 columns"
        assert lines[1].split() == ["k", "G", "m", "at", "95", "%", "band", "between"]
        assert lines[2].split() == "8 1 250.00 200.00 to 300.00 200 and 300".split()
        assert lines[3].split() == ["8", "20"]
        assert [lines[i].split()[2] for i in (9, 11)] == ["above", "below"]
        assert len({line.rindex("00") for line in lines[2:] if "and" in line}) == 1
        assert len(lines) == 12 and all(line == line.rstrip() for line in lines)

    def test_says_how_many_columns_it_leaves_out(self):
        for count, more in ((12, []), (13, ["  ... and 1 more"]), (50, ["  ... and 38 more"])):
            y = np.tile([[0], [20]], count)
            found = diagram({"m": [0, 1], "k": np.arange(count)}, y, 20).transition("m")
            assert str(found).split("\n")[14:] == more

    def test_cannot_be_changed(self):
        found = column([0, 20], 20).transition()
        with pytest.raises(ValueError, match="read-only"):
            found.location[...] = 3

    @pytest.mark.parametrize(
        "arguments, error, match",
        [
            ({}, ValueError, "`axis` must be one of m, k; got none"),
            ({"axis": "n"}, ValueError, "unknown axis 'n'"),
            ({"axis": "m", "level": 0}, ValueError, "`level` must be strictly between 0 and 1"),
            ({"axis": "m", "level": True}, TypeError, "`level` must be a number; got bool"),
            ({"axis": "m", "confidence": 2}, ValueError, "`confidence` must be strictly between"),
        ],
    )
    def test_refuses(self, arguments, error, match):
        both = diagram({"m": [0, 1], "k": [1, 2]}, [[0, 0], [20, 0]], 20)
        with pytest.raises(error, match=match):
            both.transition(**arguments)


def unclear(successes, trials, undecided, x=None) -> PhaseDiagram:
    axes = {"m": np.arange(len(successes)) if x is None else x}
    return diagram(axes, successes, trials, np.asarray(undecided))


class TestUndecided:
    """Bracket and location are those of decided trials; the band holds for both extremes."""

    @pytest.mark.parametrize("undecided, bounded", [(10, False), (9, True)])
    def test_half_of_the_trials_that_would_succeed(self, undecided, bounded):
        # All as failures, 10 of 20 successes are no more than half, which may come beyond the
        # cells. 11 of 20 are.
        x, more = np.arange(1, 11), np.repeat([0, undecided], 5)
        y = np.repeat([0, 20], 5) - more
        found = unclear(y, 20 - more, more, x).transition()
        assert (found.location, found.lower, found.upper) == (5.5, 5, 6)
        assert found.low == 5 and found.high > 6 and np.isfinite(found.high) == bounded
        falls = unclear(y[::-1], (20 - more)[::-1], more[::-1], -x[::-1]).transition()
        assert falls.high == -found.low and falls.low == pytest.approx(-found.high)

    def test_half_of_the_trials_that_would_fail(self):
        more = np.repeat([10, 0], 5)
        found = unclear(np.repeat([0, 20], 5), 20 - more, more).transition()
        assert (found.low, found.high, found.location) == (-math.inf, 5, 4.5)

    def test_cells_without_a_decision_may_be_anything(self):
        inside = unclear([0, 0, 0, 20, 20], [20, 20, 0, 20, 20], [0, 0, 20, 0, 0]).transition()
        # As failures or successes they give a step between 2 and 3, or between 1 and 2.
        assert (inside.lower, inside.upper) == (1, 3) and inside.low <= 1 and inside.high >= 3
        ends = unclear([0, 0, 20, 0], [0, 20, 20, 0], [20, 0, 0, 20]).transition()
        assert (ends.lower, ends.upper) == (1, 2) and ends.low == -math.inf
        assert ends.high == math.inf

    @given(columns(), st.sampled_from([0.25, 0.5, 0.75]), st.data())
    def test_is_the_hull_of_three_bands(self, counts, level, data):
        x, y, n = counts
        u = np.array([data.draw(st.sampled_from([0, 0, 1, 7])) for _ in x])
        found = unclear(y, n, u, x).transition(level=level)
        plain, least, most = (
            column(s, t, x).transition(level=level) for s, t in ((y, n), (y, n + u), (y + u, n + u))
        )
        for name in ("found", "side", "rising", "lower", "upper", "location", "width"):
            np.testing.assert_array_equal(getattr(found, name), getattr(plain, name))
        if not u.any() or np.isnan(plain.location):
            np.testing.assert_array_equal([found.low, found.high], [plain.low, plain.high])
            return
        ends = [(plain.low, plain.high)]
        for one, beyond in ((least, plain.rising), (most, not plain.rising)):
            line = (math.inf, math.inf) if beyond else (-math.inf, -math.inf)
            if one.found:
                assert bool(one.rising) == bool(plain.rising)
                line = (one.low, one.high)
                line = (-math.inf, math.inf) if np.isnan(one.location) else line
            ends.append(line)
        low, high = np.transpose(ends)
        assert found.low == pytest.approx(low.min()) and found.high == pytest.approx(high.max())

    def test_other_columns_are_left_alone_and_cost_nothing(self, rng, monkeypatch):
        y = rng.binomial(20, expit(np.arange(9) - np.array([[3], [4], [5]])))
        axes, more = {"k": [1, 2, 3], "m": np.arange(9)}, np.zeros_like(y)
        plain, fitted = diagram(axes, y, 20).transition("m"), []
        more[1, 6] = 4
        original = locations.firth_fit
        monkeypatch.setattr(
            locations, "firth_fit", lambda x, *a: fitted.append(len(a[0])) or original(x, *a)
        )
        found = diagram(axes, y, 20, more).transition("m")
        assert fitted == [3, 1, 1]
        for name in ("location", "low", "high", "width"):
            ours, theirs = getattr(found, name), getattr(plain, name)
            np.testing.assert_array_equal(ours[[0, 2]], theirs[[0, 2]])
        assert found.low[1] < plain.low[1] or found.high[1] > plain.high[1]

    @pytest.mark.parametrize("failures", [True, False])
    def test_the_band_holds_where_it_depends_on_the_outcome(self, failures, rng):
        place = rng.uniform(5, 13, 800)
        y = rng.binomial(20, expit((EVEN - place[:, None]) * 2 * math.log(9) / 4))
        hidden = rng.binomial(20 - y if failures else y, 0.4)
        axes, s = {"c": np.arange(800), "m": EVEN}, y if failures else y - hidden
        found = diagram(axes, s, 20 - hidden, hidden).transition("m")
        alone = diagram(axes, s, 20 - hidden).transition("m")
        inside, without = (
            np.mean(((one.low <= place) & (place <= one.high))[one.found]) for one in (found, alone)
        )
        # Five standard errors, as below.
        assert inside >= 0.911 and without < 0.7


def covered(x, width, trials, columns, rng, level=0.5) -> float:
    """Share of columns whose band holds the place where the probability is `level`."""
    centre = rng.uniform(x[0] + (x[-1] - x[0]) / 4, x[-1] - (x[-1] - x[0]) / 4, columns)
    p = expit((x - centre[:, None]) * 2 * math.log(9) / width)
    y = rng.binomial(trials, p)
    found = diagram({"c": np.arange(columns), "m": x}, y, trials).transition("m", level)
    place = centre + width * logit(level) / (2 * math.log(9))
    inside = (found.low <= place) & (place <= found.high)
    return float(inside[found.found].mean())


EVEN = np.arange(19)
UNEVEN = np.array([0, 3, 6, 7, 8, 9, 12, 14, 15, 16, 20, 22])


class TestCoverage:
    """The band holds the place as often as it says, whatever the width against the spacing."""

    @pytest.mark.parametrize("trials", [20, 100])
    @pytest.mark.parametrize("width", [4, 1, 0.1])
    def test_of_a_few_columns(self, width, trials, rng):
        # Five standard errors, sqrt(0.95 * 0.05 / 800) = 0.0077, below 0.95.
        assert covered(EVEN, width, trials, 800, rng) >= 0.911

    def test_the_fit_alone_would_not(self, rng):
        centre = rng.uniform(5, 13, 800)
        y = rng.binomial(100, expit((EVEN - centre[:, None]) * 2 * math.log(9) / 0.1))
        low, high = firth_fit(EVEN, y, np.full_like(y, 100)).interval()
        assert np.mean((low <= centre) & (centre <= high)) < 0.6

    def test_the_bracket_is_no_statement_of_confidence(self, rng):
        place = rng.uniform(5, 13, 2000)
        y = rng.binomial(20, expit((EVEN - place[:, None]) * 2 * math.log(9) / 4))
        found = diagram({"c": np.arange(2000), "m": EVEN}, y, 20).transition("m")
        assert found.found.all()
        # Five standard errors, sqrt(0.77 * 0.23 / 2000) = 0.0094.
        share = np.mean((found.lower <= place) & (place <= found.upper))
        assert share == pytest.approx(0.77, abs=0.047)

    @pytest.mark.parametrize("trials, share", [(20, 0.78), (100, 0.19)])
    def test_it_rests_on_the_logistic_shape(self, trials, share, rng):
        # 1 - exp(-exp(a (x - place))) goes from 0.1 to 0.9 over 4 cells.
        a = (math.log(math.log(10)) - math.log(-math.log(0.9))) / 4
        place = rng.uniform(4.5, 13.5, 1500)
        p = -np.expm1(-np.exp(np.minimum(a * (EVEN - place[:, None]), 50)))
        y = rng.binomial(trials, p)
        found = diagram({"c": np.arange(1500), "m": EVEN}, y, trials).transition("m")
        half = place + math.log(math.log(2)) / a
        inside = (found.low <= half) & (half <= found.high)
        # Five standard errors, sqrt(0.78 * 0.22 / 1500) = 0.011.
        assert inside[found.found].mean() == pytest.approx(share, abs=0.055)

    @pytest.mark.slow
    @pytest.mark.parametrize("x", [EVEN, UNEVEN], ids=["even", "uneven"])
    @pytest.mark.parametrize("trials", [1, 5, 20, 100])
    @pytest.mark.parametrize("width", [4, 1, 0.1])
    def test_of_many_columns(self, width, trials, x, rng):
        assert covered(x, width, trials, 8000, rng) >= 0.93

    @pytest.mark.slow
    @pytest.mark.parametrize("level", [0.1, 0.9])
    @pytest.mark.parametrize("trials", [20, 100])
    @pytest.mark.parametrize("width", [4, 1, 0.1])
    def test_at_other_levels(self, width, trials, level, rng):
        assert covered(EVEN, width, trials, 8000, rng, level) >= 0.93

    @pytest.mark.slow
    @pytest.mark.parametrize("trials, level", [(1, 0.5), (20, 0.5), (100, 0.5), (20, 0.1)])
    @pytest.mark.parametrize("width", [100, 10, 1, 0.1])
    def test_after_refinement(self, width, trials, level, rng):
        hits, scale = [], 2 * math.log(9) / width
        for _ in range(400):
            place = rng.uniform(300, 700)
            x = np.arange(0, 1025, 64)
            found = column(rng.binomial(trials, expit((x - place) * scale)), trials, x)
            for _ in range(8):
                for cell in found.refinement(level=level):
                    y = rng.binomial(trials, expit((cell["m"] - place) * scale))
                    found = found.merge(column([y], trials, [cell["m"]]))
            band, at = found.transition(level=level), place + logit(level) / scale
            if band.found:
                hits.append(band.low <= at <= band.high)
        # Five standard errors, sqrt(0.95 * 0.05 / 400) = 0.011, below 0.95.
        assert len(hits) > 390 and np.mean(hits) >= 0.895


class TestRefinement:
    @pytest.mark.parametrize("place", [1, 500, 511, 512, 513, 1023])
    def test_finds_a_step_by_bisection(self, place):
        found = column([0, 1], 1, [0, 1024])
        rounds = 0
        while cells := found.refinement():
            (cell,) = cells
            found = found.merge(column([int(cell["m"] >= place)], 1, [cell["m"]]))
            rounds += 1
        step = found.transition()
        assert (step.lower, step.upper) == (place - 1, place) and rounds == 10

    def test_halves_the_bracket_of_every_column(self):
        y = [[0, 0, 1, 1], [0, 1, 1, 1], [0, 0, 0, 0], [1, 1, 1, 0]]
        found = diagram({"k": [1, 2, 3, 4], "m": [0, 8, 12, 13]}, y, 1)
        assert found.refinement("m") == [{"k": 1, "m": 10}, {"k": 2, "m": 4}]
        assert found.refinement("k") == []

    @given(columns())
    def test_ends_with_all_cells_of_the_bracket_or_a_fit_that_sees_its_shape(self, counts):
        x, y, n = counts
        found, before = column(y, n, x), column(y, n, x).transition()
        while cells := found.refinement():
            (cell,) = cells
            assert found.transition().lower < cell["m"] < found.transition().upper
            assert cell not in list(found.cells())
            found = found.merge(column([cell["m"] % 3], 2, [cell["m"]]))
        after = found.transition()
        if before.found:
            assert before.lower <= after.lower < after.upper <= before.upper
            inside = {cell["m"] for cell in found.cells()}
            missing = set(range(int(after.lower), int(after.upper) + 1)) - inside
            gap = max(np.diff(sorted(cell["m"] for cell in found.cells())), default=1)
            seen = np.isfinite(after.low) and np.isfinite(after.high) and after.width >= 4
            assert not missing or (seen and gap > 1)

    def test_stops_where_a_wide_transition_is_seen(self, rng):
        cells = np.arange(0, 4001, 200)
        found = column(rng.binomial(50, 1 / (1 + np.exp((2000 - cells) / 200))), 50, cells)
        assert found.transition().width > 800 and found.refinement() == []
        assert found.refinement(level=0.1) == found.refinement(level=0.9) == []

    @pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
    def test_stops_at_a_quarter_of_the_width(self, level):
        # Exact rates of a curve that goes from 0.1 to 0.9 over 40, level at 100 + 9.1 logit.
        def found(spacing):
            x = np.arange(0, 201, spacing)
            y = np.round(10**4 * expit((x - 100.3) * 2 * math.log(9) / 40)).astype(int)
            return column(y, 10**4, x).refinement(level=level)

        place = 100.3 + 20 * logit(level) / math.log(9)
        (cell,) = found(11)
        assert abs(cell["m"] - place) <= 6 and found(9) == []

    def test_goes_on_where_few_trials_bound_nothing(self):
        # A curve as flat as these rates is wide, but may as well be none at all.
        found = column([9, 11], 20, [0, 8])
        assert found.transition().width > 32 and np.isinf(found.transition().high)
        assert found.refinement() == [{"m": 4}]

    def test_goes_on_where_the_fit_runs_the_other_way(self):
        trials = np.array([1] + 5 * [1000])
        found = column([0, 1000, 900, 800, 600, 550], trials, [0, 2, 4, 6, 8, 10])
        assert np.isnan(found.transition().location) and found.refinement() == [{"m": 1}]

    def test_does_not_ask_again_what_could_not_be_decided(self):
        unclear = diagram({"m": [0, 4, 8]}, [0, 0, 9], [9, 0, 9], [0, 9, 0])
        assert unclear.refinement() == [{"m": 2}]


class TestCells:
    def test_rates_and_what_was_run(self):
        found = diagram({"m": [1, 2, 3, 4]}, [0, 3, 0, 0], [5, 5, 0, 0], [0, 0, 2, 0])
        np.testing.assert_array_equal(found.rate, [0, 0.6, np.nan, np.nan])
        np.testing.assert_array_equal(found.run, [True, True, True, False])
        assert found.shape == (4,) and list(found.cells()) == [{"m": 1}, {"m": 2}, {"m": 3}]
        low, high = found.interval(0.9)
        np.testing.assert_array_equal(low, wilson([0, 3, 0, 0], [5, 5, 0, 0], 0.9, [0, 0, 2, 0])[0])
        assert high[2] == 1 and np.isnan(high[3])

    def test_arrays_are_copies_that_cannot_be_changed(self):
        m, y, provenance = np.array([1, 2]), np.array([0, 1]), {"sessions": [{"host": "a"}]}
        found = PhaseDiagram({"m": m}, y, y, y, provenance)
        m[0], y[0], provenance["sessions"][0]["host"] = 7, 1, "b"
        assert found.axes["m"][0] == 1 and found.successes[0] == 0
        assert found.provenance == {"sessions": [{"host": "a"}]}
        for array in (found.axes["m"], found.successes, found.trials, found.undecided):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 5

    def test_one_line_says_what_it_is(self):
        found = diagram(
            {"m": [1, 2, 9], "k": [3]}, [[0], [3], [0]], [[5], [9], [0]], [[0], [1], [0]]
        )
        line = (
            "PhaseDiagram(m from 1 to 9 (3 values), k = 3; 2 of 3 cells run, 5 to 10 trials each, "
        )
        assert repr(found) == str(found) == line + "1 undecided)"
        assert "0 of 1 cells run, none undecided" in str(column([0], 0))
        assert "1 of 1 cells run, 1 trial each, none" in str(column([0], 1))

    def test_select(self, rng):
        y = rng.integers(0, 5, (2, 3, 4))
        found = diagram({"a": [1, 2], "b": [4, 5, 6], "c": [0, 1, 2, 3]}, y, 9)
        part = found.select(c=2, a=1)
        np.testing.assert_array_equal(part.successes, y[0, :, 2])
        assert list(part.axes) == ["b"] and part.provenance == {"selected": {"a": 1, "c": 2}}
        assert found.select(a=1).select(c=2).same_counts(part)
        assert found.select().same_counts(found)

    @pytest.mark.parametrize(
        "fixed, error, match",
        [
            ({"a": 7}, ValueError, "`a` must be one of 1, 2; got 7"),
            ({"z": 7}, ValueError, "unknown axis 'z'"),
            ({"a": True}, TypeError, "`a` must be an integer; got bool"),
            ({"a": 1.0}, TypeError, "`a` must be an integer; got float"),
            ({"a": 1, "b": 4}, ValueError, "at least one axis must remain"),
        ],
    )
    def test_select_refuses(self, fixed, error, match):
        with pytest.raises(error, match=match):
            diagram({"a": [1, 2], "b": [4]}, [[0], [1]], 1).select(**fixed)

    @pytest.mark.parametrize(
        "arguments, error, match",
        [
            (({}, [], [], []), ValueError, "at least one axis"),
            (([1], [0], [0], [0]), TypeError, "`axes` must be a dict; got list"),
            (({"m": []}, [], [], []), ValueError, "`m` must be a list of values"),
            (({"m": 3}, [0], [0], [0]), ValueError, "`m` must be a list of values"),
            (({"m": [2, 1]}, [0, 0], [0, 0], [0, 0]), ValueError, "ascending and distinct"),
            (({"m": [1, 1]}, [0, 0], [0, 0], [0, 0]), ValueError, "ascending and distinct"),
            (({"m": [1.5]}, [0], [0], [0]), TypeError, "`m` must hold integers; got float"),
            (({"m": [2**60]}, [0], [0], [0]), ValueError, "integers up to 2\\^53"),
            (({2: [1]}, [0], [0], [0]), ValueError, "must be an identifier; got 2"),
            (({"m": [1]}, [0, 0], [1], [0]), ValueError, r"`successes` must have the shape \(1,\)"),
            (({"m": [1]}, [2], [1], [0]), ValueError, "`successes` must not exceed `trials`"),
            (({"m": [1]}, [0], [1], [-1]), ValueError, "`undecided` must not be negative; got -1"),
            (({"m": [1]}, [True], [1], [0]), TypeError, "`successes` must hold integers; got bool"),
            (({"m": [1]}, np.array([1.0]), [1], [0]), TypeError, "got dtype float64"),
            (({"m": [1]}, [0], [None], [0]), TypeError, "`trials` must hold integers; got None"),
            (({"m": [1]}, [0], [0], [0], []), TypeError, "`provenance` must be a dict; got list"),
            (({"m": [1]}, [0], [0], [0], {"a": {1}}), TypeError, "must be plain JSON; got this"),
            (({"m": [1]}, [0], [0], [0], {"a": math.nan}), ValueError, "must be plain JSON"),
            (({"m": [1]}, [0], [0], [0], {"sessions": {}}), TypeError, "must be a list; got dict"),
        ],
    )
    def test_refuses(self, arguments, error, match):
        with pytest.raises(error, match=match) as caught:
            PhaseDiagram(*arguments)
        assert "\n" not in str(caught.value)

    def test_refuses_masks(self):
        hidden = np.ma.array([1, 2], mask=[True, False])
        with pytest.raises(ValueError, match="must not hide entries"):
            PhaseDiagram({"m": [1, 2]}, hidden, [3, 3], [0, 0])


FULL = diagram(
    {"m": [1, 2, 4], "k": [1, 7]},
    [[0, 1], [2, 3], [0, 0]],
    [[4, 4], [4, 4], [0, 0]],
    np.array([[0, 0], [1, 0], [0, 0]]),
    {"specification": {"task": {"name": "a:b", "parameters": {"ε": 0.1}}}, "sessions": [{"n": 1}]},
)


class TestMerge:
    def test_is_the_union(self):
        first = diagram({"m": [1, 3], "k": [1, 2]}, [[0, 1], [2, 3]], 5)
        second = diagram({"m": [2, 3], "k": [2, 9]}, [[4, 5], [3, 1]], 5)
        both = first.merge(second)
        assert both.same_counts(second.merge(first)) and not both.same_counts(first)
        held = {tuple(cell.values()) for cell in both.cells()}
        assert held == {(1, 1), (1, 2), (3, 1), (3, 2), (2, 2), (2, 9), (3, 9)}
        for part in (first, second):
            rows = np.searchsorted(both.axes["m"], part.axes["m"])
            lines = np.searchsorted(both.axes["k"], part.axes["k"])
            np.testing.assert_array_equal(both.successes[np.ix_(rows, lines)], part.successes)
        assert both.trials.sum() == 7 * 5

    def test_an_empty_cell_gives_way(self):
        first = column([0, 2], [0, 5])
        assert first.merge(column([3, 2], [5, 5])).same_counts(column([3, 2], [5, 5]))

    def test_refuses_a_cell_with_other_counts(self):
        for other in (column([1, 3], 5), diagram({"m": [0, 1]}, [1, 2], 5, [0, 1])):
            with pytest.raises(ValueError, match="cell m = 1, with different counts"):
                column([1, 2], 5).merge(other)

    def test_refuses_other_sweeps_and_says_what_differs(self):
        def of(n: int, **more: int) -> PhaseDiagram:
            task = {"specification": {"task": {"parameters": {"n": n}, **more}, "seed": 0}}
            return diagram({"m": [1], "k": [1]}, [[0]], 1, None, task)

        with pytest.raises(ValueError, match=r"`specification.task.parameters.n` is 50 in one and"):
            of(50).merge(of(60))
        with pytest.raises(ValueError, match=r"`specification.task.x` is null in one and 1 in the"):
            of(50).merge(of(50, x=1))
        with pytest.raises(ValueError, match=r"`selected.k` is 1 in one and null"):
            of(50).select(k=1).merge(diagram({"m": [1]}, [0], 1, None, of(50).provenance))
        with pytest.raises(ValueError, match="must have the axes m, k; got m"):
            of(50).merge(of(50).select(k=1))
        with pytest.raises(TypeError, match="`other` must be a PhaseDiagram; got dict"):
            of(50).merge({})

    @pytest.mark.parametrize("other", [None, {}, FULL.to_dict()], ids=["None", "dict", "JSON"])
    def test_only_diagrams_are_compared(self, other):
        came = type(other).__name__
        with pytest.raises(TypeError, match=f"^`other` must be a PhaseDiagram; got {came}.$"):
            FULL.same_counts(other)

    def test_keeps_every_session_once(self):
        first = diagram({"m": [1]}, [0], 1, None, {"sessions": [{"i": 1}, {"i": 2}]})
        second = diagram({"m": [2]}, [0], 1, None, {"sessions": [{"i": 2}, {"i": 3}]})
        assert first.merge(second).provenance == {"sessions": [{"i": 1}, {"i": 2}, {"i": 3}]}

    def test_counts_alone(self):
        axes = {"m": np.array([1])}
        found, counts = union(
            (axes, np.ones((3, 1), int)), ({"m": np.array([0])}, np.zeros((3, 1), int))
        )
        np.testing.assert_array_equal(found["m"], [0, 1])
        np.testing.assert_array_equal(counts, [[0, 1]] * 3)


class TestFile:
    def test_comes_back(self, tmp_path):
        FULL.save(tmp_path / "found.json")
        again = PhaseDiagram.load(tmp_path / "found.json")
        assert again.same_counts(FULL) and again.provenance == FULL.provenance
        assert list(again.axes) == ["m", "k"]
        assert PhaseDiagram.from_dict(FULL.to_dict()).same_counts(FULL)

    def test_order_of_the_axes_is_kept(self, tmp_path):
        path = str(tmp_path / "found.json")
        diagram({"z": [1, 2], "a": [3]}, [[0], [1]], 1).save(path)
        assert list(PhaseDiagram.load(path).axes) == ["z", "a"]

    def test_every_truncation_is_refused(self, tmp_path):
        path = tmp_path / "found.json"
        FULL.save(path)
        whole = path.read_bytes()
        for length in range(len(whole)):
            path.write_bytes(whole[:length])
            with pytest.raises(ValueError, match="is no phase diagram: it is truncated"):
                PhaseDiagram.load(path)

    @pytest.mark.parametrize(
        "change, match",
        [
            ({"schema_version": 2}, "`schema_version` must be 1; got 2"),
            ({"schema_version": True}, "`schema_version` must be 1; got True"),
            ({"schema_version": None}, "`schema_version` must be 1; got None"),
            ({"successes": [[0, 1], [2, 3], [0, -1]]}, "`successes` must not be negative"),
            ({"successes": [[0, 1], [2, 9], [0, 0]]}, "`successes` must not exceed"),
            ({"successes": [[0, 1], [2, 3], [0]]}, "`successes` must hold integers; got list"),
            ({"successes": "many"}, "`successes` must hold integers; got str"),
            ({"trials": [[4, 4], [4, 4], [0, True]]}, "`trials` must hold integers; got bool"),
            ({"trials": [[4, 4], [4, 4.5], [0, 0]]}, "`trials` must hold integers; got float"),
            ({"trials": [[4, 4], [4, math.nan], [0, 0]]}, "must be finite; got NaN"),
            ({"trials": [[4, 4], [4, 10**30], [0, 0]]}, "integers up to 2\\^53"),
            ({"axes": {"m": [1, 2, 4]}}, "must have the shape"),
            ({"axes": [1, 2]}, "`axes` must be a dict; got list"),
            ({"provenance": []}, "`provenance` must be a dict"),
            ({"provenance": {"specification": 3}}, "must be a dict; got int"),
            ({"more": 1}, "it must hold axes, successes, trials, undecided, provenance; got"),
        ],
    )
    def test_what_is_malformed_is_refused_in_one_line(self, change, match, tmp_path):
        path = tmp_path / "found.json"
        path.write_text(json.dumps({**FULL.to_dict(), **change}))
        with pytest.raises(ValueError, match=match) as caught:
            PhaseDiagram.load(path)
        assert "\n" not in str(caught.value) and str(path) in str(caught.value)

    @pytest.mark.parametrize("content", [b"[1, 2]", b"null", b"\xff\xfe", b"[" * 10**5])
    def test_other_files_are_refused(self, content, tmp_path):
        (tmp_path / "other").write_bytes(content)
        with pytest.raises(ValueError, match="is no phase diagram"):
            PhaseDiagram.load(tmp_path / "other")

    def test_missing_keys_are_named(self):
        content = FULL.to_dict()
        del content["trials"]
        with pytest.raises(ValueError, match="got axes, provenance, successes, undecided"):
            PhaseDiagram.from_dict(content)

    def test_no_file(self, tmp_path):
        with pytest.raises(ValueError, match=r"cannot read .*: No such file"):
            PhaseDiagram.load(tmp_path / "none")

    @pytest.mark.parametrize("path", [None, 7, b"found.json", True])
    def test_what_is_no_path(self, path):
        for use in (PhaseDiagram.load, FULL.save):
            with pytest.raises(TypeError, match=f"^`path` must be .*; got {type(path).__name__}.$"):
                use(path)


class TestXarray:
    @pytest.mark.parametrize("name", ["successes", "trials", "undecided", "rate", "low", "high"])
    def test_refuses_axes_that_are_named_as_an_array(self, name):
        pytest.importorskip("xarray")
        found = diagram({"m": [1], name: [1, 2]}, [[0, 1]], 1)
        with pytest.raises(ValueError, match=f"^no axis may be named .* here; got {name}.$"):
            found.to_xarray()

    def test_holds_all(self):
        pytest.importorskip("xarray")
        found = FULL.to_xarray(0.9)
        assert dict(found.sizes) == {"m": 3, "k": 2}
        cell = found.sel(m=2, k=7)
        assert int(cell.successes) == 3 and int(cell.trials) == 4 and float(cell.rate) == 0.75
        low, high = wilson(2, 4, 0.9, 1)
        assert float(found.low.sel(m=2, k=1)) == low and float(found.high.sel(m=2, k=1)) == high
        assert np.isnan(found.rate.sel(m=4)).all()
        assert json.loads(found.attrs["specification"]) == FULL.provenance["specification"]

    @pytest.mark.filterwarnings("default")
    def test_goes_through_netcdf_3(self, tmp_path):
        xarray = pytest.importorskip("xarray")
        found = FULL.to_xarray()
        found.to_netcdf(tmp_path / "found.nc", engine="scipy")
        with xarray.open_dataset(tmp_path / "found.nc", engine="scipy") as again:
            for name in found.variables:
                np.testing.assert_array_equal(again[name], found[name])
            assert json.loads(again.attrs["specification"])["task"]["parameters"] == {"ε": 0.1}

    def test_is_asked_for_where_it_is_missing(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "xarray", None)
        with pytest.raises(ImportError, match=r"pip install 'sensing-theorems\[sweep\]'"):
            FULL.to_xarray()


def test_a_smaller_confidence_gives_a_narrower_band(rng):
    y = rng.binomial(50, expit((np.arange(20) - 9.2) / 3))
    bands = [column(y, 50).transition(confidence=c) for c in (0.5, 0.8, 0.95, 0.999)]
    for inner, outer in pairwise(bands):
        assert outer.low < inner.low < inner.high < outer.high
