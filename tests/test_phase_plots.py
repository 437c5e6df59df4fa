"""Pictures of phase diagrams: what stands where, what it is called, and that nothing is made up."""

from __future__ import annotations

import io
import itertools
import math
import re
from fractions import Fraction
from typing import ClassVar

import matplotlib
import matplotlib.style
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection, PolyCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch

import sensing_theorems as st
from sensing_theorems import plot
from sensing_theorems.plot.cells import edges
from sensing_theorems.sweep import PhaseDiagram
from sensing_theorems.thresholds import Threshold

N, K = 20, 4
SPECIFICATION = {
    "task": {"name": "somewhere.tasks:Subspaces", "parameters": {"n": N, "k": K, "law": "x"}},
    "seed": 7,
}


def diagram(axes, successes, trials=20, undecided=0, **more) -> PhaseDiagram:
    shape = tuple(map(len, axes.values()))
    counts = (np.broadcast_to(a, shape).copy() for a in (successes, trials, undecided))
    return PhaseDiagram(axes, *counts, {"specification": SPECIFICATION, **more})


def least(G: int) -> Fraction:
    return K + Fraction(N - K, G)


def sharp(m=range(1, 25), G=range(1, 11), **more) -> PhaseDiagram:
    """Every trial succeeds exactly from m ≥ k + (n - k)/G on."""
    hits = np.array([[20 * (a >= least(g)) for g in G] for a in m])
    return diagram({"m": np.array(m), "G": np.array(G)}, hits, **more)


def smooth(k: int = K) -> PhaseDiagram:
    m, G = np.arange(1, 21), np.arange(2, 9)
    p = 1 / (1 + np.exp(k + (N - k) / G[None, :] - m[:, None]))
    return diagram({"m": m, "G": G}, np.random.default_rng(k).binomial(20, p))


def theory(cell):
    G = cell["G"]
    return (
        Threshold("necessary", "published", "m ≥ n/G", Fraction(N, G)),
        Threshold("exact", "derived", "m ≥ k + (n − k)/G", least(G)),
        Threshold("sufficient", "published", "m > k + n/G", K + Fraction(N, G), strict=True),
        Threshold("sufficient", "derived", "m ≥ n", N),
    )


def labels(ax: Axes) -> list[str]:
    return ax.get_legend_handles_labels()[1]


def line(ax: Axes, start: str):
    (found,) = [one for one in ax.get_lines() if str(one.get_label()).startswith(start)]
    return found


def quads(path) -> np.ndarray:
    """Corners of a compound path of quadrilaterals, shape (count, 4, 2)."""
    return path.vertices.reshape(-1, 5, 2)[:, :4]


def shaded(ax: Axes) -> PathCollection:
    (found,) = [one for one in ax.collections if isinstance(one, PathCollection)]
    return found


def centres(corners: np.ndarray) -> list[tuple[float, float]]:
    return [tuple(np.round(quad.mean(axis=0), 9)) for quad in corners]


def drawn_rates(ax: Axes) -> dict[tuple[float, float], float]:
    """Rate that is drawn at the centre of every tile."""
    tiles = shaded(ax)
    return {
        centre: float(rate)
        for path, rate in zip(tiles.get_paths(), tiles.get_array(), strict=True)
        for centre in centres(quads(path))
    }


def filled(ax: Axes, label: str) -> set[tuple[float, float]]:
    """Centres of the tiles of a patch."""
    found = [p for p in ax.artists + ax.patches if isinstance(p, PathPatch)]
    return {
        centre
        for patch in found
        if patch.get_label() == label
        for centre in centres(quads(patch.get_path()))
    }


def texts(ax: Axes) -> str:
    return " ".join(text.get_text().replace("\n", " ") for text in ax.texts)


def shown(axis) -> list[str]:
    """Texts of the ticks of an axis that lie within it, without any two that overlap."""
    figure = axis.axes.figure
    figure.draw_without_rendering()
    low, high = sorted(axis.get_view_interval())
    ticks = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
    boxes = [tick.label1.get_window_extent() for tick in ticks]
    assert not any(one.overlaps(other) for one, other in itertools.pairwise(boxes))
    assert axis.get_offset_text().get_text() == ""
    return [tick.label1.get_text() for tick in ticks]


LONG = "How often a random subspace is identified, by the number of rows and of operators, in R⁵⁰"


def inside(text) -> bool:
    """Whether a text that was laid out is wholly within its figure."""
    figure = text.figure
    figure.draw_without_rendering()
    return figure.bbox.count_contains(text.get_window_extent().corners()) == 4


DRAWN = {
    "phase": lambda ax=None: plot.plot_phase_diagram(
        smooth(), ax, transition="m", thresholds=theory
    ),
    "curve": lambda ax=None: plot.plot_transition_curve(smooth().select(G=4), ax),
    "learnability": lambda ax=None: plot.plot_learnability(
        st.stacked_rank(st.operators.gaussian(2, 16, rng=0), st.groups.quarter_turns(4)), ax
    ),
}


@pytest.mark.parametrize("name", DRAWN)
class TestEveryPlot:
    def test_draws_on_the_given_axes(self, name):
        ax = Figure().add_subplot()
        assert DRAWN[name](ax) is ax

    def test_makes_a_figure_that_nobody_else_knows(self, name):
        from matplotlib import pyplot

        before = pyplot.get_fignums(), dict(matplotlib.rcParams)
        ax = DRAWN[name]()
        assert isinstance(ax, Axes) and isinstance(ax.figure, Figure)
        assert (pyplot.get_fignums(), dict(matplotlib.rcParams)) == before

    def test_refuses_what_is_no_axes(self, name):
        with pytest.raises(TypeError, match="`ax` must be matplotlib axes; got str"):
            DRAWN[name]("axes")

    def test_the_figure_has_room_for_all_labels(self, name):
        ax = DRAWN[name]()
        ax.figure.draw_without_rendering()
        whole = ax.get_tightbbox()
        assert ax.figure.bbox.count_contains(whole.corners()) == 4

    def test_nothing_of_the_legend_lies_on_the_data(self, name):
        ax = DRAWN[name]()
        ax.figure.draw_without_rendering()
        frame, legend = ax.get_window_extent(), ax.get_legend().get_window_extent()
        assert not frame.overlaps(legend)


class TestCells:
    def test_every_tile_has_the_rate_of_its_cell(self):
        found = smooth()
        rates = drawn_rates(plot.plot_phase_diagram(found))
        assert rates == {
            (m, G): found.rate[i, j]
            for i, m in enumerate(found.axes["m"])
            for j, G in enumerate(found.axes["G"])
        }

    def test_x_and_y_are_chosen(self):
        found = smooth()
        ax = plot.plot_phase_diagram(found, x="G")
        assert ax.get_ylabel() == "rows m of each operator"
        upright = drawn_rates(plot.plot_phase_diagram(found))
        assert drawn_rates(ax) == {(G, m): rate for (m, G), rate in upright.items()}

    def test_black_is_never_and_white_is_always(self):
        tiles = shaded(plot.plot_phase_diagram(smooth()))
        assert [to_hex(tiles.to_rgba(rate)) for rate in (0.0, 1.0)] == ["#000000", "#ffffff"]
        # Also where no cell comes near either of them.
        half = diagram({"m": [1, 2], "G": [1, 2]}, 10)
        tiles = shaded(plot.plot_phase_diagram(half))
        assert tiles.get_clim() == (0.0, 1.0)
        tiles.update_scalarmappable()
        assert abs(tiles.get_facecolor()[0, 0] - 0.5) < 0.01

    def test_cells_that_say_nothing_are_hatched_and_told_apart(self):
        trials = np.full((24, 10), 20)
        trials[:3], trials[10:12, 4] = 0, 0
        undecided = np.zeros_like(trials)
        undecided[10:12, 4], undecided[20, 2] = 5, 5
        whole = sharp()
        found = diagram(whole.axes, np.minimum(whole.successes, trials), trials, undecided)
        ax = plot.plot_phase_diagram(found)
        cells = {(i + 1, j + 1) for i, j in np.argwhere(~found.run)}
        assert filled(ax, "not run") == cells
        assert filled(ax, "run, but undecided") == {(11, 5), (12, 5)}
        assert len(drawn_rates(ax)) == 240 - 32
        assert {"not run", "run, but undecided"} <= set(labels(ax))

    def test_nothing_is_hatched_where_all_is_known(self):
        assert not {"not run", "run, but undecided", "not on the grid"} & set(
            labels(plot.plot_phase_diagram(sharp()))
        )

    def test_cells_that_are_decided_in_part_have_a_cross_each(self):
        undecided = np.zeros((24, 10), dtype=int)
        undecided[[4, 20], [2, 9]] = 10, 1
        ax = plot.plot_phase_diagram(sharp(undecided=undecided))
        crosses = line(ax, "some trials undecided").get_xydata()
        # Each within its own cell.
        assert np.round(crosses).tolist() == [[5, 3], [21, 10]]
        assert len(drawn_rates(ax)) == 240
        assert "some trials undecided" in labels(ax) and texts(ax).endswith("11 trials undecided")

    def test_crosses_are_smaller_than_cells(self):
        found = diagram({"m": np.arange(1, 41), "G": np.arange(1, 11)}, 10, undecided=1)
        ax = plot.plot_phase_diagram(found)
        ax.figure.draw_without_rendering()
        across = ax.get_window_extent().width / 40 * 72 / ax.figure.dpi
        assert 0 < line(ax, "some trials").get_markersize() < across

    def test_nothing_is_said_of_undecided_trials_where_there_are_none(self):
        ax = plot.plot_phase_diagram(sharp())
        assert not any("undecided" in text for text in (*labels(ax), texts(ax)))

    def test_integers_off_the_grid_stay_ground(self):
        ax = plot.plot_phase_diagram(sharp(m=[2, 4, 8, 9, 10, 24]))
        assert "not on the grid" in labels(ax)
        covered = np.concatenate([quads(path) for path in shaded(ax).get_paths()])
        for m in (3, 6, 11, 20):
            assert not ((covered[:, 0, 0] < m) & (m < covered[:, 1, 0])).any()

    def test_the_drawing_ends_with_the_tiles(self):
        ax = plot.plot_phase_diagram(sharp())
        assert (ax.get_xlim(), ax.get_ylim()) == ((0.5, 24.5), (0.5, 10.5))


class TestEdges:
    def test_neighbours_touch_in_the_middle(self):
        left, right = edges(np.arange(3, 8))
        assert left.tolist() == [2.5, 3.5, 4.5, 5.5, 6.5]
        assert right.tolist() == [3.5, 4.5, 5.5, 6.5, 7.5]

    def test_a_single_value(self):
        assert [end.tolist() for end in edges(np.array([7]))] == [[6.5], [7.5]]

    @pytest.mark.parametrize("seed", range(20))
    def test_tiles_hold_their_own_integer_and_touch_only_neighbours(self, seed):
        rng = np.random.default_rng(seed)
        values = np.unique(rng.integers(1, 10 ** rng.integers(1, 4), size=20))
        left, right = edges(values)
        assert np.all(left < values) and np.all(values < right)
        gap = np.diff(values)
        assert np.allclose((left[1:] - right[:-1])[gap == 1], 0.0)
        assert np.all((left[1:] - right[:-1])[gap > 1] >= 0.2 * gap[gap > 1] - 1e-9)

    def test_a_coarse_grid_can_be_seen(self):
        left, right = edges(np.arange(20, 801, 20))
        assert np.allclose(right - left, 16.0)


class TestTheory:
    def test_curves_run_at_the_real_values(self):
        ax = plot.plot_phase_diagram(sharp(), transition="m", thresholds=theory)
        for start, value in (
            ("necessary", lambda G: N / G),
            ("exact", lambda G: float(least(int(G)))),
            ("sufficient, published", lambda G: K + N / G),
        ):
            m, G = line(ax, start).get_data()
            assert G.tolist() == list(range(1, 11))
            assert np.allclose(m, [value(g) for g in G])

    def test_the_exact_curve_stays_within_half_a_cell_of_the_turn(self):
        ax = plot.plot_phase_diagram(sharp(), transition="m", thresholds=theory)
        rates = drawn_rates(ax)
        for m, G in zip(*line(ax, "exact").get_data(), strict=True):
            turn = max(a for (a, g), rate in rates.items() if g == G and rate == 0.0) + 0.5
            assert abs(m - turn) <= 0.5

    def test_also_between_the_cells_of_a_coarse_grid(self):
        ax = plot.plot_phase_diagram(sharp(G=[1, 5, 10]), transition="m", thresholds=theory)
        assert line(ax, "exact").get_ydata().tolist() == list(range(1, 11))

    def test_each_is_called_what_it_is(self):
        ax = plot.plot_phase_diagram(sharp(), transition="m", thresholds=theory)
        assert labels(ax)[:4] == [
            "necessary, published: m ≥ n/G",
            "exact, derived here: m ≥ k + (n − k)/G",
            "sufficient, published: m > k + n/G",
            "sufficient, derived here: m ≥ n",
        ]
        colours = [line(ax, label).get_color() for label in labels(ax)[:4]]
        kinds = ("necessary", "exact", "sufficient", "derived")
        assert colours == [plot.KINDS[kind][0] for kind in kinds]
        assert not any("the transition" in label for label in labels(ax))

    def test_statements_of_one_kind_differ_in_their_dashes(self):
        def several(cell):
            return [Threshold("necessary", "derived", f"m ≥ {m}", m) for m in (3, 5, 7)]

        ax = plot.plot_phase_diagram(sharp(), transition="m", thresholds=several)
        lines = [line(ax, f"necessary, derived here: m ≥ {m}") for m in (3, 5, 7)]
        assert len({one.get_color() for one in lines}) == 1
        assert len({str(one._dash_pattern) for one in lines}) == 3

    def test_a_necessary_bound_that_was_derived_here_looks_derived(self):
        def derived(cell):
            return [Threshold("necessary", "derived", "m ≥ 3", 3)]

        ax = plot.plot_phase_diagram(sharp(), transition="m", thresholds=derived)
        drawn = line(ax, "necessary, derived here")
        assert drawn.get_color() == plot.KINDS["necessary"][0]
        published = ax.plot([0], [0], **plot.line_style("necessary"))[0]
        assert drawn.get_linestyle() != published.get_linestyle()

    def test_along_y_by_default(self):
        def along_G(cell):
            rows = cell["m"] - K
            value = Fraction(N - K, rows) if rows > 0 else math.inf
            return [Threshold("exact", "derived", "G ≥ (n − k)/(m − k)", value)]

        ax = plot.plot_phase_diagram(sharp(), thresholds=along_G)
        m, G = line(ax, "exact").get_data()
        known = m > K
        assert np.isnan(G[~known]).all()
        assert np.allclose(G[known], (N - K) / (m[known] - K))

    @pytest.mark.parametrize("value", [math.inf, -math.inf, 1000, -1])
    def test_what_is_never_in_sight_is_not_named(self, value):
        def far(cell):
            return [Threshold("exact", "derived", "far", value)]

        ax = plot.plot_phase_diagram(sharp(), transition=False, thresholds=far)
        assert labels(ax) == [] and ax.get_legend() is None

    def test_a_single_known_value_is_seen(self):
        def once(cell):
            return [Threshold("exact", "derived", "once", 5 if cell["G"] == 3 else math.inf)]

        ax = plot.plot_phase_diagram(sharp(), transition="m", thresholds=once)
        assert line(ax, "exact").get_markevery() == [2]
        ax = plot.plot_phase_diagram(sharp(), transition="m", thresholds=theory)
        assert line(ax, "exact").get_marker() == "None"

    def test_curves_that_coincide_are_all_seen(self):
        def twice(cell):
            value = K + Fraction(N, cell["G"])
            return [
                Threshold("sufficient", "derived", "m ≥ k + n/G", value),
                Threshold("necessary", "published", "m ≥ n/G", Fraction(N, cell["G"])),
                Threshold("sufficient", "published", "m > k + n/G", value, strict=True),
            ]

        ax = plot.plot_phase_diagram(sharp(), transition="m", thresholds=twice)
        below, apart, above = (
            line(ax, start) for start in ("sufficient, d", "necessary", "sufficient, p")
        )
        assert below.get_linewidth() >= above.get_linewidth() + 1.5
        assert apart.get_linewidth() == above.get_linewidth()
        # The rim of what lies above would hide what lies below.
        assert (len(below.get_path_effects()), len(above.get_path_effects())) == (1, 0)

    def test_curves_that_agree_only_somewhere_keep_their_width(self):
        def crossing(cell):
            return [
                Threshold("exact", "derived", "m ≥ 5", 5),
                Threshold("necessary", "published", "m ≥ G", cell["G"]),
            ]

        ax = plot.plot_phase_diagram(sharp(), transition="m", thresholds=crossing)
        assert len({line(ax, start).get_linewidth() for start in ("exact", "necessary")}) == 1

    def test_is_told_what_was_selected(self):
        seen = []
        cube = diagram({"m": [1, 2, 3], "G": [1, 2], "k": [2, 5]}, 10)
        plot.plot_phase_diagram(
            cube.select(k=5), transition=False, thresholds=lambda cell: seen.append(cell) or ()
        )
        assert seen == [{"k": 5, "m": m} for m in (1, 2, 3)]

    def test_long_axes_are_thinned(self):
        wide, calls = diagram({"m": [1, 2], "n": [1, 100_000]}, 10), []
        plot.plot_phase_diagram(
            wide, transition="m", thresholds=lambda cell: calls.append(cell["n"]) or ()
        )
        assert len(calls) <= 400 and (calls[0], calls[-1]) == (1, 100_000)

    def test_refuses_what_is_not_callable(self):
        with pytest.raises(TypeError, match=r"`thresholds` must be a callable .*; got tuple"):
            plot.plot_phase_diagram(sharp(), thresholds=theory({"G": 2}))

    @pytest.mark.parametrize(
        "draw",
        [
            lambda bad: plot.plot_phase_diagram(sharp(), thresholds=bad),
            lambda bad: plot.plot_small_multiples({"a": sharp()}, thresholds=bad),
            lambda bad: plot.plot_transition_curve(sharp().select(G=4), thresholds=bad),
            lambda bad: plot.plot_transition_curve(sharp().select(G=4), thresholds=bad({})),
        ],
    )
    @pytest.mark.parametrize(
        "returned, came",
        [([3], "list with int"), (None, "NoneType"), ("m", "str with str"), (theory, "function")],
    )
    def test_refuses_what_is_no_threshold(self, draw, returned, came):
        if callable(returned):
            returned, came = theory({"G": 2})[0], "Threshold"
        need = "`thresholds` must be or return a sequence of Threshold"
        with pytest.raises(TypeError, match=f"{need}; got {came}[.]$"):
            draw(lambda cell: returned)


class TestTransition:
    @pytest.mark.parametrize("turned", [False, True])
    def test_location_and_band_are_those_of_the_diagram(self, turned):
        found = smooth()
        expected = found.transition("m")
        ax = plot.plot_phase_diagram(found, x="G" if turned else "m", transition="m")
        m, G = line(ax, "fitted").get_data()[:: -1 if turned else 1]
        assert np.allclose(m, expected.location) and G.tolist() == found.axes["G"].tolist()
        (band,) = [one for one in ax.collections if isinstance(one, PolyCollection)]
        for path, low, high, g in zip(
            band.get_paths(), expected.low, expected.high, found.axes["G"], strict=True
        ):
            corners = path.vertices[:, :: -1 if turned else 1]
            assert np.allclose([corners[:, 0].min(), corners[:, 0].max()], [low, high])
            assert [corners[:, 1].min(), corners[:, 1].max()] == [g - 0.5, g + 0.5]
        assert "fitted: 50 % succeed, 95 % band" in labels(ax)

    def test_only_where_one_was_found(self):
        found = sharp(m=range(1, 9))
        expected = found.transition("m")
        assert 0 < expected.found.sum() < expected.found.size
        ax = plot.plot_phase_diagram(found, transition="m")
        assert np.isfinite(line(ax, "fitted").get_xdata()).tolist() == expected.found.tolist()

    @pytest.mark.parametrize("count", [12, 30])
    def test_is_seen_in_columns_that_stand_alone(self, count):
        # Of three columns one turns, one always succeeds and one always fails.
        m, G = np.arange(1, 11), np.arange(1, count + 1)
        hits = np.select([G % 3 == 0, G % 3 == 1], [20 * (m[:, None] >= 6), 20], 0)
        ax = plot.plot_phase_diagram(diagram({"m": m, "G": G}, hits), x="G", transition="m")
        drawn = line(ax, "fitted")
        marked = drawn.get_markevery()
        alone = np.flatnonzero(np.isfinite(drawn.get_ydata())).tolist()
        assert drawn.get_marker() == "o" and (marked is None or marked == alone)
        assert alone == list(range(2, count, 3))

    def test_of_many_columns_side_by_side_is_a_line_alone(self):
        ax = plot.plot_phase_diagram(sharp(m=range(1, 25), G=range(1, 31)), transition="m")
        assert line(ax, "fitted").get_marker() in ("", "None")

    def test_none_where_all_fail_or_none_is_wanted(self):
        fails = diagram({"m": [1, 2, 3], "G": [1, 2]}, 0)
        assert labels(plot.plot_phase_diagram(fails, transition="m")) == []
        assert labels(plot.plot_phase_diagram(smooth(), transition=False)) == []

    def test_an_endless_band_ends_with_the_cells(self):
        few = diagram({"m": [1, 2], "G": [1, 2]}, [[0, 0], [1, 1]], 1)
        assert np.isinf(few.transition("m").low).all()
        (band,) = [
            one
            for one in plot.plot_phase_diagram(few, transition="m").collections
            if isinstance(one, PolyCollection)
        ]
        corners = np.concatenate([path.vertices for path in band.get_paths()])
        assert (corners[:, 0].min(), corners[:, 0].max()) == (0.5, 2.5)


def delta_rho(**more) -> PhaseDiagram:
    m, k = np.arange(1, 11), np.arange(1, 7)
    hits = np.where(m[:, None] >= k + 2, 20, 0)
    return diagram({"k": k, "m": m}, hits.T, **more)


class TestDeltaRho:
    def test_corners(self):
        ax = plot.plot_phase_diagram(delta_rho(), axes="delta-rho", n=10)
        corners = np.concatenate([quads(path) for path in shaded(ax).get_paths()])
        drawn = {tuple(np.round(quad, 9).reshape(-1)) for quad in corners}
        expected = {
            tuple(np.round([f(a, b) for a, b in sides for f in (delta, rho)], 9))
            for m in range(1, 11)
            for k in range(1, 7)
            # Of cells with k > m at most a corner touches ρ = 1, which is where the drawing ends.
            if k <= m
            for sides in [[(m + a, k + b) for a, b in ((-h, -h), (h, -h), (h, h), (-h, h))]]
        }
        assert drawn == expected
        assert (ax.get_xlabel(), ax.get_ylabel()) == (
            "undersampling δ = m/n",
            "dimensions per row ρ = k/m",
        )
        assert ax.get_xlim() == (0.05, 1.05) and ax.get_ylim() == (0.5 / 10.5, 1.0)

    def test_curves_and_transitions(self):
        def bound(cell):
            return [Threshold("exact", "derived", "m ≥ k + 3/2", cell["k"] + Fraction(3, 2))]

        ax = plot.plot_phase_diagram(delta_rho(), axes="delta-rho", n=10, thresholds=bound)
        k = np.arange(1, 7)
        for start in ("exact", "fitted"):
            found = line(ax, start).get_xydata()
            assert np.allclose(found, np.stack([(k + 1.5) / 10, k / (k + 1.5)], axis=1))

    @pytest.mark.parametrize("size", [6, 30])
    def test_points_of_the_transition_are_not_joined(self, size):
        # m turns at 4, 4, 7, 7, 10, ...: of each two neighbours, k/m would jump.
        m, k = np.arange(1, 2 * size), np.arange(1, size + 1)
        hits = np.where(m[:, None] >= 4 + 3 * ((k - 1) // 2), 20, 0)
        found = diagram({"m": m, "k": k}, hits)
        ax = plot.plot_phase_diagram(found, axes="delta-rho", n=2 * size)
        drawn = line(ax, "fitted")
        assert (drawn.get_linestyle(), drawn.get_marker()) == ("None", "o")
        assert drawn.get_markevery() is None and drawn.get_markersize() > 0
        assert line(plot.plot_phase_diagram(found, transition="m"), "fitted").get_linestyle() == "-"

    def test_n_is_what_the_diagram_says(self):
        of_task = plot.plot_phase_diagram(delta_rho(), axes="delta-rho")
        assert np.isclose(of_task.get_xlim()[1], 10.5 / N)
        m, k = np.arange(1, 4), np.arange(1, 3)
        cube = diagram({"m": m, "k": k, "n": [5, 8]}, 10).select(n=8)
        assert np.isclose(plot.plot_phase_diagram(cube, axes="delta-rho").get_xlim()[1], 3.5 / 8)

    def test_refuses(self):
        with pytest.raises(ValueError, match="draws x = m and y = k; got m, G"):
            plot.plot_phase_diagram(sharp(), axes="delta-rho")
        with pytest.raises(ValueError, match="draws x = m and y = k; got x='k'"):
            plot.plot_phase_diagram(delta_rho(), axes="delta-rho", x="k")
        with pytest.raises(ValueError, match="needs `n`"):
            plot.plot_phase_diagram(delta_rho(specification={}), axes="delta-rho")
        with pytest.raises(ValueError, match="`n` must be a positive integer; got 0"):
            plot.plot_phase_diagram(delta_rho(), axes="delta-rho", n=0)


h = 0.5


def delta(m, k):
    return m / 10


def rho(m, k):
    return k / m


class TestChoices:
    def test_a_third_axis_is_not_guessed(self):
        cube = diagram({"m": [1, 2], "G": [1, 2], "k": [1, 2]}, 10)
        with pytest.raises(ValueError, match=r"two axes; got m, G, k: .*diagram\.select"):
            plot.plot_phase_diagram(cube)

    def test_an_axis_of_one_value_needs_no_choice(self):
        flat = diagram({"k": [3], "m": [1, 2], "G": [1, 2]}, 10)
        ax = plot.plot_phase_diagram(flat)
        assert ax.get_xlabel() == "rows m of each operator"
        assert "k = 3" in texts(ax)

    def test_a_column_can_be_drawn(self):
        column = diagram({"m": [1, 2, 3], "G": [3]}, 10)
        assert drawn_rates(plot.plot_phase_diagram(column)) == {(m, 3): 0.5 for m in (1, 2, 3)}

    @pytest.mark.parametrize(
        ("chosen", "words"),
        [
            ({"x": "n"}, "`x` must be an axis, of m, G; got 'n'"),
            ({"x": "m", "y": "m"}, "two axes; got 'm' twice"),
            ({"transition": "k"}, "one of the axes drawn, m and G; got 'k'"),
            ({"axes": "rho"}, "`axes` must be one of integers, delta-rho; got 'rho'"),
        ],
    )
    def test_refuses(self, chosen, words):
        with pytest.raises(ValueError, match=words):
            plot.plot_phase_diagram(sharp(), **chosen)

    @pytest.mark.parametrize(
        "draw", [plot.plot_phase_diagram, plot.plot_transition_curve, plot.plot_small_multiples]
    )
    def test_refuses_what_is_no_diagram(self, draw):
        with pytest.raises(TypeError, match="`diagram` must be a PhaseDiagram; got list"):
            draw([1, 2])


class TestFooter:
    def test_says_how_it_was_made(self):
        ax = plot.plot_phase_diagram(sharp())
        assert texts(ax) == "n = 20, k = 4, 20 trials per cell, success: Subspaces, seed 7"

    def test_counts_undecided_trials_as_run(self):
        trials = np.full((2, 2), 20)
        trials[0, 0] = 5
        ax = plot.plot_phase_diagram(diagram({"m": [1, 2], "G": [1, 2]}, 0, trials, 5))
        assert "10 to 25 trials per cell" in texts(ax)

    @pytest.mark.parametrize(
        "trials, words", [(1, "1 trial per cell"), ([[0, 1], [1, 1]], "1 trial per cell")]
    )
    def test_one_trial(self, trials, words):
        ax = plot.plot_phase_diagram(diagram({"m": [1, 2], "G": [1, 2]}, 0, trials))
        assert f", {words}, " in texts(ax)

    def test_one_undecided_trial(self):
        found = diagram({"m": [1, 2]}, 0, undecided=[0, 1])
        assert texts(plot.plot_transition_curve(found)).endswith(", seed 7, 1 trial undecided")

    @pytest.mark.parametrize(
        "specification", [{}, {"task": None}, {"task": {"parameters": 3}, "seed": "x"}]
    )
    def test_leaves_out_what_is_not_known(self, specification):
        ax = plot.plot_phase_diagram(sharp(specification=specification))
        assert texts(ax) == "20 trials per cell"


TITLED = {
    "phase": lambda title: plot.plot_phase_diagram(smooth(), title=title).title,
    "curve": lambda title: plot.plot_transition_curve(smooth().select(G=4), title=title).title,
    "large": lambda title: plot.plot_transition_curve(large(), title=title).title,
    "several": lambda title: (
        plot.plot_small_multiples({"a": smooth(), "b": smooth()}, title=title)[0].figure._suptitle
    ),
    "panel": lambda title: plot.plot_small_multiples({title: smooth(), "b": smooth()})[0].title,
    "panel alone": lambda title: plot.plot_small_multiples({title: smooth()})[0].title,
}


@pytest.mark.parametrize("name", TITLED)
class TestTitles:
    @pytest.mark.parametrize("title", [LONG, "W" * 90, "$a + b$ " * 20, "short\n" + "l" * 200])
    def test_long_ones_are_folded_to_the_width(self, name, title):
        written = TITLED[name](title)
        assert written.get_text().count("\n") > title.count("\n")
        assert "".join(written.get_text().split()) == "".join(title.split())
        assert inside(written)

    def test_equations_are_not_broken(self, name):
        lines = TITLED[name]("k = 4 or m ≥ 10, " * 12).get_text().split("\n")
        assert len(lines) > 2 and not any(re.search(r"^[=≥]|[=≥]$|^\d|[mk]$", a) for a in lines)

    def test_short_ones_stay(self, name):
        assert TITLED[name]("m $\\geq$ k").get_text() == "m $\\geq$ k"

    @pytest.mark.parametrize("title", ["$\\undefined$", "$$", "$\\frac{1}$ of all"])
    def test_refuses_formulas_that_cannot_be_drawn(self, name, title):
        with pytest.raises(ValueError, match=r"^a title must be plain text, .*; got '.*'\.$"):
            TITLED[name](title)

    def test_what_is_no_formula_is_no_formula_in_any_line(self, name):
        title = "From $3 to $5 for " + "every one of the many trials " * 3 + "and $7"
        assert "\n" in TITLED[name](title).get_text() and inside(TITLED[name](title))
        assert not TITLED[name](title).get_parse_math()


@pytest.mark.parametrize("name", ["phase", "curve", "several"])
def test_a_title_is_a_string(name):
    with pytest.raises(TypeError, match=r"a title must be a string; got int\."):
        TITLED[name](3)


def test_titles_of_panels_do_not_meet():
    panels = plot.plot_small_multiples({f"{LONG} {i}": smooth() for i in range(3)})
    panels[0].figure.draw_without_rendering()
    boxes = [ax.title.get_window_extent() for ax in panels]
    assert not any(one.overlaps(other) for one, other in itertools.pairwise(boxes))
    # Panels keep their size.
    short = plot.plot_small_multiples({str(i): smooth() for i in range(3)})
    short[0].figure.draw_without_rendering()
    heights = [ax.get_window_extent().height for ax in (panels[0], short[0])]
    assert np.isclose(*heights, rtol=0.05)


def large(first: int = 65500, step: int = 1) -> PhaseDiagram:
    m = first + step * np.arange(56)
    p = 1 / (1 + np.exp((36.4 - np.arange(56)) / 2))
    return diagram({"m": m}, np.random.default_rng(0).binomial(20, p))


class TestLargeIntegers:
    @pytest.mark.parametrize("step", [1, 7, 10, 250])
    def test_labels_tell_neighbouring_cells_apart(self, step):
        found = large(step=step)
        expected = found.transition("m")
        (label,) = [one for one in labels(plot.plot_transition_curve(found)) if "fitted" in one]
        written = [float(x) for x in re.findall(r"(?:at|band|to) ([\d.]+)", label)]
        exact = [float(x) for x in (expected.location, expected.low, expected.high)]
        assert np.abs(np.subtract(written, exact)).max() <= 0.006 * step * 1.7
        assert "e+" not in label

    @pytest.mark.parametrize("first", [0, 65500, 1_000_000, 123_456_789_012])
    def test_ticks_are_written_in_full(self, first):
        curve = plot.plot_transition_curve(large(first))
        m = first + np.arange(9)
        cells = plot.plot_phase_diagram(diagram({"m": m, "k": m}, 10))
        panels = plot.plot_small_multiples(
            {"a": diagram({"m": m, "k": m}, 10), "b": diagram({"m": [1, 2], "k": [1, 2]}, 10)}
        )
        for axis, values in ((curve.xaxis, first + np.arange(56)), (cells.xaxis, m)):
            assert shown(axis) and set(map(int, shown(axis))) <= set(values.tolist())
        assert set(map(int, shown(cells.yaxis))) <= set(m.tolist())
        assert all(text.isdigit() for ax in panels for text in shown(ax.xaxis))

    def test_ratios_too(self):
        m = 65500 + np.arange(9)
        found = diagram({"m": m, "k": m - 60000}, 10)
        ax = plot.plot_phase_diagram(found, axes="delta-rho", n=65536)
        written = [float(text) for axis in (ax.xaxis, ax.yaxis) for text in shown(axis)]
        assert len(set(written)) == len(written) > 2 and max(written) <= 1


class TestTicks:
    @pytest.mark.parametrize("axes", [{"m": [1, 2, 3], "G": [4]}, {"m": [7], "G": [4]}])
    def test_of_a_single_value_are_that_value(self, axes):
        ax = plot.plot_phase_diagram(diagram(axes, 10), x="m", y="G")
        assert shown(ax.yaxis) == ["4"]
        assert [int(text) for text in shown(ax.xaxis)] == axes["m"]

    def test_also_of_a_curve(self):
        assert shown(plot.plot_transition_curve(diagram({"m": [4]}, 10)).xaxis) == ["4"]


def cube() -> PhaseDiagram:
    parts = [smooth(k) for k in (2, 4, 6)]
    hits = np.stack([part.successes for part in parts], axis=1)
    m, G = parts[0].axes.values()
    return diagram({"m": m, "k": [2, 4, 6], "G": G}, hits)


class TestSmallMultiples:
    def test_one_panel_per_value(self):
        panels = plot.plot_small_multiples(cube(), over="k", transition="m")
        assert [ax.get_title() for ax in panels] == ["k = 2", "k = 4", "k = 6"]
        for ax, k in zip(panels, (2, 4, 6), strict=True):
            assert drawn_rates(ax) == drawn_rates(plot.plot_phase_diagram(smooth(k)))
            assert shaded(ax).get_clim() == (0.0, 1.0)

    def test_one_scale_one_bar_one_legend_one_footer(self):
        panels = plot.plot_small_multiples(
            cube(), x="m", y="G", over="k", transition="m", thresholds=theory, columns=2
        )
        figure = panels[0].figure
        assert len({ax.get_xlim() for ax in panels}) == len({ax.get_ylim() for ax in panels}) == 1
        assert len(figure.axes) == 3 + 1
        assert all(ax.get_legend() is None and not ax.texts for ax in panels)
        (legend,) = figure.legends
        names = [text.get_text() for text in legend.get_texts()]
        assert len(names) == len(set(names)) == 5
        assert [text.get_text() for text in figure.texts] == [
            "n = 20, k = 4, 20 trials per cell, success: Subspaces, seed 7"
        ]
        figure.draw_without_rendering()
        drawn = legend.get_window_extent()
        assert not any(ax.get_tightbbox().overlaps(drawn) for ax in panels)
        assert not figure.texts[0].get_window_extent().overlaps(drawn)

    def test_theory_knows_the_panel(self):
        def bound(cell):
            return [Threshold("exact", "derived", "m ≥ k", cell["k"])]

        for ax, k in zip(
            plot.plot_small_multiples(cube(), over="k", transition="m", thresholds=bound),
            (2, 4, 6),
            strict=True,
        ):
            assert set(line(ax, "exact").get_xdata()) == {k}

    def test_named_diagrams_with_a_theory_each(self):
        panels = plot.plot_small_multiples(
            {"few": sharp(m=range(1, 9)), "many": sharp()},
            transition="m",
            thresholds={"many": theory},
        )
        assert [ax.get_title() for ax in panels] == ["few", "many"]
        assert panels[0].get_xlim() == (0.5, 24.5)
        assert "exact, derived here: m ≥ k + (n − k)/G" not in labels(panels[0])
        assert "exact, derived here: m ≥ k + (n − k)/G" in labels(panels[1])

    def test_over_n_each_panel_has_its_own_delta(self):
        m, k = np.arange(1, 6), np.arange(1, 4)
        whole = diagram({"n": [5, 10], "m": m, "k": k}, 10)
        small, large = plot.plot_small_multiples(whole, over="n", axes="delta-rho")
        widths = [np.ptp(quads(shaded(ax).get_paths()[0])[0, :2, 0]) for ax in (small, large)]
        assert np.allclose(widths, [1 / 5, 1 / 10])

    def test_refuses(self):
        with pytest.raises(ValueError, match="at least one diagram"):
            plot.plot_small_multiples({})
        with pytest.raises(ValueError, match=r"`over` must be an axis that is not drawn.*'n'"):
            plot.plot_small_multiples(cube(), over="n")
        with pytest.raises(ValueError, match=r"`over` must be an axis that is not drawn.*'m'"):
            plot.plot_small_multiples(cube(), over="m", x="m")
        with pytest.raises(ValueError, match="`columns` must be a positive integer; got 0"):
            plot.plot_small_multiples(cube(), over="k", columns=0)
        with pytest.raises(TypeError, match="must be one callable; got a mapping"):
            plot.plot_small_multiples(cube(), over="k", thresholds={"k = 2": theory})

    def test_refuses_what_it_would_not_use(self):
        with pytest.raises(
            ValueError, match="`over` is of a single diagram; got a mapping and 'q'"
        ):
            plot.plot_small_multiples({"a": sharp()}, over="q")
        words = r"unknown panel of `thresholds` 'man'; did you mean 'many'\? Known: few, many\."
        with pytest.raises(ValueError, match=words):
            plot.plot_small_multiples({"few": sharp(), "many": sharp()}, thresholds={"man": theory})

    def test_keys_may_be_numbers(self):
        panels = plot.plot_small_multiples(
            {1: sharp(), 2: sharp()}, transition="m", thresholds={2: theory}
        )
        assert ["exact" in " ".join(labels(ax)) for ax in panels] == [False, True]

    def test_counts_undecided_trials_of_all_panels(self):
        several = {"a": sharp(undecided=1), "b": sharp(), "c": sharp(undecided=1)}
        figure = plot.plot_small_multiples(several)[0].figure
        assert (
            figure.texts[0].get_text().replace("\n", " ").endswith("seed 7, 480 trials undecided")
        )


class TestTransitionCurve:
    def test_points_and_wilson_intervals(self):
        found = smooth().select(G=4)
        ax = plot.plot_transition_curve(found)
        (bars,) = ax.containers
        assert np.allclose(bars[0].get_xydata(), np.stack([found.axes["m"], found.rate], axis=1))
        low, high = found.interval()
        ends = np.array(bars[2][0].get_segments())[:, :, 1]
        assert np.allclose(ends, np.stack([low, high], axis=1))

    def test_fit_band_and_bracket(self):
        found = smooth().select(G=4)
        expected = found.transition("m")
        ax = plot.plot_transition_curve(found)
        dot = line(ax, "fitted: 50 % at")
        assert np.allclose(dot.get_xydata(), [[expected.location, 0.5]])
        (band,) = [one for one in ax.collections if isinstance(one, PolyCollection)]
        across = band.get_paths()[0].vertices[:, 0]
        assert np.allclose([across.min(), across.max()], [expected.low, expected.high])
        (bracket,) = [patch for patch in ax.patches if "bracket" in patch.get_label()]
        assert bracket.get_label() == f"bracket: {expected.lower:.0f} to {expected.upper:.0f}"
        assert (bracket.get_x(), bracket.get_x() + bracket.get_width()) == (
            expected.lower,
            expected.upper,
        )

    @pytest.mark.parametrize("bounds", [theory, theory({"G": 4})])
    def test_thresholds_stand_at_their_value(self, bounds):
        ax = plot.plot_transition_curve(sharp().select(G=4), thresholds=bounds)
        for start, value in (("necessary", 5), ("exact", 8), ("sufficient, published", 9)):
            assert set(line(ax, start).get_xdata()) == {value}

    def test_thresholds_that_coincide_are_all_seen(self):
        bounds = st.tasks.FullRank(n=24, G=3).thresholds({}, "m")
        assert len({bound.value for bound in bounds}) == 1 < len(bounds)
        ax = plot.plot_transition_curve(sharp().select(G=4), thresholds=bounds)
        below, above = (line(ax, start) for start in ("necessary", "exact"))
        assert below.get_linewidth() >= above.get_linewidth() + 1.5
        assert above.get_path_effects() == []

    def test_what_is_out_of_sight_is_not_named(self):
        bounds = [Threshold("exact", "derived", "far", v) for v in (math.inf, 40, -1)]
        ax = plot.plot_transition_curve(sharp().select(G=4), thresholds=bounds)
        assert not any("far" in label for label in labels(ax))

    def test_nothing_is_fitted_where_nothing_turns(self):
        ax = plot.plot_transition_curve(diagram({"m": [1, 2, 3]}, 0))
        assert labels(ax) == ["share, with its 95 % Wilson interval"]

    def test_no_share_is_named_where_no_cell_was_run(self):
        ax = plot.plot_transition_curve(diagram({"m": [1, 2, 3]}, 0, 0))
        assert labels(ax) == ["not run"]

    def test_points_are_open_where_some_trials_are_undecided(self):
        found = diagram({"m": [1, 2, 3]}, [0, 10, 20], 20, [0, 5, 0])
        ax = plot.plot_transition_curve(found)
        drawn = line(ax, "some trials undecided")
        assert drawn.get_xydata().tolist() == [[2, 0.5]] and drawn.get_markerfacecolor() == "white"

    def test_cells_that_say_nothing_are_hatched(self):
        found = diagram({"m": [1, 2, 3, 4]}, [0, 0, 0, 20], [20, 0, 0, 20], [0, 0, 4, 0])
        ax = plot.plot_transition_curve(found)
        hatched = {patch.get_label(): patch for patch in ax.patches if patch.get_hatch()}
        assert {label: patch.get_x() for label, patch in hatched.items()} == {
            "not run": 1.5,
            "run, but undecided": 2.5,
        }
        assert list(ax.containers[0][0].get_xdata()) == [1, 4]

    def test_an_endless_band(self):
        few = diagram({"m": [1, 2]}, [0, 1], 1)
        (label,) = [one for one in labels(plot.plot_transition_curve(few)) if "fitted" in one]
        assert label.endswith("band −∞ to ∞")

    def test_refuses(self):
        with pytest.raises(ValueError, match=r"along one axis; got m, G: .*diagram\.select"):
            plot.plot_transition_curve(sharp())
        with pytest.raises(ValueError, match="`axis` must be an axis, of m, G; got 'k'"):
            plot.plot_transition_curve(sharp(), axis="k")


class TestLearnability:
    @pytest.mark.parametrize(
        ("m", "action"),
        [
            (2, st.groups.quarter_turns(4)),
            (5, st.groups.quarter_turns(4)),
            (1, st.groups.dihedral(4)),
            (1, st.groups.shifts(16, stride=4)),
        ],
    )
    def test_all_singular_values_by_irrep(self, m, action):
        found = st.stacked_rank(st.operators.gaussian(m, action.n, rng=m), action)
        ax = plot.plot_learnability(found)
        drawn = np.concatenate([one.get_xydata() for one in ax.get_lines()])
        assert len(drawn) == sum(len(row.values) for row in found.spectrum)
        for i, row in enumerate(found.spectrum):
            here = np.sort(drawn[drawn[:, 0] == i + 1, 1])[::-1]
            seen = row.values > found.tolerance
            assert np.allclose(here[: seen.sum()], row.values[seen])
            assert np.all(here[seen.sum() :] < row.values[seen].min(initial=np.inf))

    def test_deficient_irreps_are_marked(self):
        # A box of six samples: zeros of its transform at multiples of 24/6 = 4.
        box = np.where(np.arange(24) < 6, 1.0, 0.0)[None] / 6
        found = st.stacked_rank(box, st.groups.shifts(24))
        ax = plot.plot_learnability(found)
        zeros = line(ax, "deficient irreps: zero")
        assert zeros.get_xdata().tolist() == [5, 9, 13, 17, 21]
        assert zeros.get_color() == plot.KINDS["necessary"][0]
        assert labels(ax)[0] == "irreps seen completely: 19 of 24"
        m = np.array([i for i in range(24) if i % 4 or i == 0])
        seen = line(ax, "irreps seen")
        assert (seen.get_xdata() - 1).tolist() == m.tolist()
        # The stack of all shifts is circulant: its singular values are |Â|.
        assert np.allclose(seen.get_ydata(), np.abs(np.fft.fft(box[0]))[m])

    def test_full_and_empty(self):
        full = st.stacked_rank(np.eye(6), st.groups.shifts(6))
        assert labels(plot.plot_learnability(full)) == ["irreps seen completely: 6 of 6"]
        nothing = st.stacked_rank(np.zeros((1, 6)), st.groups.shifts(6))
        assert labels(plot.plot_learnability(nothing)) == [
            "deficient irreps: zero, at the lower edge"
        ]

    def test_says_which_methods_list_singular_values(self):
        found = st.stacked_rank(np.eye(4)[:2], st.groups.shifts(4), method="spin")
        with pytest.raises(ValueError, match=r"'spin' lists no singular values; .*blocks"):
            plot.plot_learnability(found)

    def test_refuses_what_is_no_rank(self):
        for draw in (plot.plot_learnability, plot.plot_spectrum):
            with pytest.raises(TypeError, match="`rank_result` must be a RankResult; got NoneType"):
                draw(None)

    @pytest.mark.parametrize("m", [1, 2, 3, 4, 6])
    def test_values_fill_the_height(self, m):
        found = st.stacked_rank(st.operators.gaussian(m, 16, rng=m), st.groups.quarter_turns(4))
        ax = plot.plot_learnability(found)
        drawn = np.concatenate([one.get_ydata() for one in ax.get_lines()])
        low, high = ax.get_ylim()
        assert low < drawn.min() and drawn.max() < high
        assert np.log(drawn.max() / drawn.min()) > 0.6 * np.log(high / low)


class TestFiles:
    STYLE: ClassVar = {"svg.hashsalt": "sensing_theorems", "svg.fonttype": "path", "font.size": 10}

    def written(self, draw) -> bytes:
        stream = io.BytesIO()
        with matplotlib.style.context(["default", self.STYLE]):
            draw().figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": "x"})
        return stream.getvalue()

    def holes(self, side: int) -> Axes:
        rng = np.random.default_rng(0)
        at = np.arange(1, side + 1)
        trials = 100 * (rng.random((side, side)) < 0.9)
        undecided = 5 * (rng.random((side, side)) < 0.5)
        hits = rng.binomial(trials, 0.5)
        found = diagram({"m": at, "G": at}, hits, trials, undecided)
        return plot.plot_phase_diagram(found, transition="m", thresholds=theory)

    def test_equal_diagrams_give_equal_bytes(self):
        first, second = (self.written(lambda: self.holes(8)) for _ in range(2))
        assert first == second
        # Two kinds of hatching.
        assert first.count(b"<pattern") == 2

    def test_also_of_several_panels(self):
        first, second = (
            self.written(lambda: plot.plot_small_multiples(cube(), over="k")[0]) for _ in range(2)
        )
        assert first == second

    def test_a_large_diagram_stays_small_and_sharp(self):
        drawing = self.written(lambda: self.holes(40))
        assert len(drawing) < 350_000
        # Nothing but the colour bar is an image.
        assert drawing.count(b"<image") == 1
