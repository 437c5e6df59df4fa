"""Pictures: what they show, and that they leave nothing behind."""

from __future__ import annotations

from fractions import Fraction

import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

import sensing_theorems as st
from sensing_theorems import plot
from sensing_theorems.report import analyze

g = st.groups
TURNS = g.quarter_turns(4)


def ranks(action=TURNS, rows=range(1, 7)):
    n = action.n
    return [st.stacked_rank(st.operators.gaussian(m, n, rng=m), action) for m in rows]


def labels(ax: Axes) -> list[str]:
    return ax.get_legend_handles_labels()[1]


def line(ax: Axes, start: str):
    (found,) = [one for one in ax.get_lines() if str(one.get_label()).startswith(start)]
    return found


DRAWN = {
    "plot_rank_curve": lambda ax=None: plot.plot_rank_curve(ranks(), ax, bound=4, label="A"),
    "plot_irreps": lambda ax=None: plot.plot_irreps(TURNS, ax),
    "plot_spectrum": lambda ax=None: plot.plot_spectrum(ranks()[0], ax),
    "plot_bounds": lambda ax=None: plot.plot_bounds(TURNS, ax),
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

    def test_can_be_written(self, name, tmp_path):
        path = tmp_path / "picture.png"
        DRAWN[name]().figure.savefig(path)
        assert path.stat().st_size > 1000

    def test_axes_have_a_label_and_a_legend(self, name):
        ax = DRAWN[name]()
        assert ax.get_ylabel()
        assert ax.get_legend() is not None

    def test_refuses_what_is_no_axes(self, name):
        with pytest.raises(TypeError, match="`ax` must be matplotlib axes; got str"):
            DRAWN[name]("axes")

    def test_computes_no_rank(self, name, monkeypatch):
        from sensing_theorems import block_engines, dense_engines

        def refuse(*_):
            raise AssertionError("a plot computed a rank")

        given = {"plot_rank_curve": ranks, "plot_spectrum": ranks}.get(name, lambda: None)()
        for room, engine in (
            (block_engines, "blocks"),
            (block_engines, "sketch"),
            (dense_engines, "spin"),
            (dense_engines, "dense"),
        ):
            monkeypatch.setattr(room, engine, refuse)
        if name == "plot_rank_curve":
            plot.plot_rank_curve(given)
        elif name == "plot_spectrum":
            plot.plot_spectrum(given[0])
        else:
            DRAWN[name]()


class TestStyle:
    def test_kinds_differ_in_grey_and_in_dashes(self):
        # Rec. 601 luma, what a grey print makes of a colour.
        luma = [np.dot([0.299, 0.587, 0.114], to_rgb(colour)) for colour, _ in plot.KINDS.values()]
        apart = np.abs(np.subtract.outer(luma, luma))[np.triu_indices(len(luma), 1)]
        assert apart.min() > 0.08
        assert len({str(style) for style in plot.KINDS.values()}) == len(plot.KINDS)

    def test_unknown_kind(self):
        with pytest.raises(ValueError, match=r"must be one of necessary.*got 'proved'"):
            plot.line_style("proved")


class TestPlotRankCurve:
    def test_shows_the_ranks_in_order_of_m(self):
        ax = plot.plot_rank_curve(ranks()[::-1], label="gaussian")
        x, y = line(ax, "gaussian").get_data()
        assert list(x) == [1, 2, 3, 4, 5, 6]
        assert list(y) == [4, 8, 12, 16, 16, 16]

    def test_marks_the_bound(self):
        ax = plot.plot_rank_curve(ranks(), bound=Fraction(5, 2))
        assert line(ax, "necessary: m ≥ 5/2").get_xdata()[0] == 2.5

    def test_marks_what_is_unclear(self):
        values = np.ones(4)
        values[3] = 1e-12
        found = st.stacked_rank(np.diag(values))
        assert not found.clear
        assert "no gap in the spectrum" in labels(plot.plot_rank_curve([found]))
        assert "no gap in the spectrum" not in labels(plot.plot_rank_curve(ranks(), label="A"))

    def test_refuses_nothing_and_a_mixture(self):
        with pytest.raises(ValueError, match="at least one RankResult"):
            plot.plot_rank_curve([])
        with pytest.raises(ValueError, match="one n"):
            plot.plot_rank_curve([*ranks(), *ranks(g.shifts(9))])


class TestPlotIrreps:
    @pytest.mark.parametrize(
        "action", [g.trivial(3), g.shifts(12, stride=4), g.dihedral(5), g.symmetric(4), TURNS]
    )
    def test_one_bar_per_row(self, action):
        ax, rows = plot.plot_irreps(action), action.irreps.complex
        assert [bar.get_height() for bar in ax.patches] == [row.multiplicity for row in rows]
        assert [tick.get_text().split(" ")[0] for tick in ax.get_xticklabels()] == [
            str(row.count) for row in rows
        ]
        assert line(ax, "c/s").get_ydata().max() == action.irreps.max_ratio
        assert line(ax, "necessary").get_ydata()[0] == action.irreps.max_ratio

    def test_takes_irreps_too(self):
        ax = plot.plot_irreps(TURNS.irreps)
        assert len(ax.patches) == len(TURNS.irreps.complex)

    def test_refuses_others(self):
        with pytest.raises(TypeError, match="Irreps or a GroupAction; got list"):
            plot.plot_irreps([4, 4])


class TestPlotSpectrum:
    def test_counts(self):
        found = ranks()[1]
        ax = plot.plot_spectrum(found)
        assert len(line(ax, "seen: 8").get_xdata()) == 8
        assert len(line(ax, "nobody sees: 8").get_xdata()) == 8
        assert line(ax, "counts as zero").get_ydata()[0] == found.tolerance

    def test_full_rank_has_no_invisible_part(self):
        assert not any(name.startswith("nobody") for name in labels(plot.plot_spectrum(ranks()[4])))

    def test_zero_operator(self):
        ax = plot.plot_spectrum(st.stacked_rank(np.zeros((2, 4))))
        assert labels(ax) == ["nobody sees: 4"]

    def test_says_which_methods_list_singular_values(self):
        found = st.stacked_rank(np.eye(4)[:2], g.shifts(4), method="spin")
        with pytest.raises(ValueError, match=r"'spin' lists no singular values; .*blocks"):
            plot.plot_spectrum(found)


def covered(ax: Axes, start: str) -> dict[int, int]:
    """Largest k that a drawn line gives for each m."""
    m, k = line(ax, start).get_data()
    return {int(a): int(b) for a, b in zip(m, k, strict=True) if not np.isnan(b)}


class TestPlotBounds:
    @pytest.mark.parametrize("stride", [1, 2, 4])
    def test_lines_turn_where_the_theorems_do(self, stride):
        action = g.shifts(16, stride=stride)
        ax = plot.plot_bounds(action)
        published, derived = covered(ax, "published"), covered(ax, "derived")
        for m in range(1, 16):
            A = st.operators.gaussian(m, 16, rng=m)
            reach = analyze(st.Problem(A, action)).max_model_dim
            assert published.get(m) == reach["cyclic_group"]
            assert derived.get(m) == reach["any_group"]

    def test_several_operators(self):
        operators = [st.operators.gaussian(6, 20, rng=i) for i in range(7)]
        ax = plot.plot_bounds(st.Problem(operators, model_dim=3))
        published, linear = covered(ax, "published"), covered(ax, "derived")
        for m in range(1, 21):
            for k in range(21):
                assert (k <= published.get(m, -1)) == (m > k + Fraction(20, 7))
                assert (k <= linear.get(m, -1)) == (7 * (m - k) >= 20 - k)
        assert line(ax, "this problem: m = 6, k = 3").get_xydata().tolist() == [[6, 3]]

    def test_no_published_line_without_a_cyclic_group(self):
        names = labels(plot.plot_bounds(g.shifts(4, 4)))
        assert not any(name.startswith("published") for name in names)

    def test_marks_the_problem(self):
        ax = plot.plot_bounds(st.Problem(np.ones((3, 16)), TURNS))
        assert line(ax, "this problem: m = 3").get_xdata()[0] == 3

    def test_large_images_are_thinned(self):
        ax = plot.plot_bounds(g.shifts(256, 256))
        assert len(line(ax, "derived").get_xdata()) <= 400

    def test_refuses(self):
        with pytest.raises(TypeError, match="Problem or a GroupAction; got int"):
            plot.plot_bounds(3)
        with pytest.raises(ValueError, match="equal numbers of rows"):
            plot.plot_bounds(st.Problem([np.ones((2, 5)), np.ones((3, 5))]))
        with pytest.raises(ValueError, match="real signals"):
            plot.plot_bounds(st.Problem(np.ones((2, 16)), TURNS, field="complex"))
