"""Families in closed form, against the general engine on the same generators."""

from __future__ import annotations

import math

import numpy as np
import pytest

import sensing_theorems as st
from sensing_theorems.groups.generated import Generated, schreier_sims_order
from sensing_theorems.groups.irreps import Irreps

g = st.groups
INNER = [
    g.shifts(3),
    g.quarter_turns(3),
    g.dihedral(3),
    g.trivial(3),
    g.from_permutations([[1, 0]], [[1, -1]]),
    g.hyperoctahedral(2),
    g.symmetric(4),
]
FAMILIES = [
    *(g.polygon(k) for k in (3, 4, 7, 8)),
    *(g.subsets(*pair) for pair in ((5, 2), (6, 3), (4, 1), (2, 1), (3, 2), (7, 3))),
    *(g.hyperoctahedral(k) for k in (1, 2, 3, 5)),
    *(g.wallpaper(N, kind) for N in (1, 2, 3, 4, 5, 6) for kind in ("p2", "pmm", "p4", "p4m")),
    *(g.wreath(inner, b) for inner in INNER for b in (1, 2, 3)),
]
every_family = pytest.mark.parametrize("action", FAMILIES, ids=lambda a: a.name)


class TestFamilies:
    @every_family
    def test_order_and_table(self, action):
        assert action.order == schreier_sims_order(action.generators)
        table = Generated(action.generators).irreps
        assert action.irreps == table
        assert Irreps.from_families(action.transform.families) == table

    @every_family
    def test_coordinates(self, action, rng):
        x = rng.standard_normal((2, action.n))
        parts = action.transform.analyze(x)
        np.testing.assert_allclose(action.transform.synthesize(parts), x, atol=1e-12)
        energy = sum(np.sum(np.abs(part) ** 2) for part in parts)
        assert energy == pytest.approx(np.sum(x**2))

    @pytest.mark.parametrize(
        "action", [a for a in FAMILIES if a.order < 2000], ids=lambda a: a.name
    )
    @pytest.mark.parametrize("kept", [1.0, 0.3])
    def test_blocks_see_what_the_listed_stack_sees(self, action, kept, rng):
        A = rng.standard_normal((2, action.n)) * (rng.random(action.n) < kept)
        blocks = st.stacked_rank(A, action, method="blocks")
        dense = st.stacked_rank(A, action, method="dense")
        assert blocks.rank == dense.rank
        np.testing.assert_allclose(blocks.spectrum.values, dense.spectrum.values, atol=1e-8)


class TestClosedForms:
    @pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 9, 12])
    def test_square(self, size):
        action = g.dihedral(size)
        assert action.irreps == Irreps.from_families(action.transform.families)
        assert action.irreps == Generated(action.generators).irreps

    @pytest.mark.parametrize("sides", [1, 2, 3, 4, 9, 10])
    def test_polygons_of_few_sides(self, sides):
        action = g.polygon(sides)
        assert action.irreps == Irreps.from_families(action.transform.families)
        assert action.irreps == Generated(action.generators).irreps

    def test_polygon(self):
        rows = g.polygon(1000).irreps.complex
        assert [tuple(r) for r in rows] == [(1, 1, 1, 2), (2, 1, 1, 499)]
        assert [tuple(r) for r in g.polygon(7).irreps.complex] == [(1, 1, 1, 1), (2, 1, 1, 3)]

    def test_subsets(self):
        table = g.subsets(60, 3).irreps
        assert [r.dim for r in table.complex] == [1, 59, 1710, 32450]
        assert table.max_multiplicity == 1 and g.subsets(60, 3).order == math.factorial(60)
        # Edges of a graph on 4 vertices: trivial, standard, and the partition 2 + 2.
        assert [r.dim for r in g.subsets(4, 2).irreps.complex] == [1, 2, 3]

    def test_wallpaper_counts_orbits_of_frequencies(self):
        # By hand: {0}, {22}; {02, 20}; {±01}, {±11}, {±12} each with their turned copies.
        table = g.wallpaper(4, "p4m").irreps
        assert {(r.dim, r.count) for r in table.complex} == {(1, 2), (2, 1), (4, 3)}
        assert g.wallpaper(32).order == 8 * 1024

    def test_wreath(self):
        # A video of b frames in any order, each shifted at will: each frequency but 0 as one irrep.
        table = g.wreath(g.shifts(8, 8), 5).irreps
        assert {tuple(r)[:2] for r in table.complex} == {(1, 1), (4, 1), (5, 1)}
        assert g.wreath(g.shifts(2), 3).order == 2**3 * 6

    @pytest.mark.parametrize("inner", [g.polygon(2), g.quarter_turns(1), g.reflections(1)])
    def test_wreath_counts_maps_and_not_names(self, inner, rng):
        action = g.wreath(inner, 2)
        assert action.order == len(list(action.elements()))
        x = rng.standard_normal(action.n)
        np.testing.assert_allclose(action.equivariant_average(lambda x: x)(x), x)
        A = rng.standard_normal((1, action.n))
        blocks, dense = (st.stacked_rank(A, action, method=m) for m in ("blocks", "dense"))
        np.testing.assert_allclose(blocks.spectrum.values, dense.spectrum.values, atol=1e-8)

    def test_one_row_shows_all_under_all_signs_and_orders(self, rng):
        A = rng.standard_normal((1, 30))
        assert st.stacked_rank(A, g.hyperoctahedral(30)).rank == 30


class TestBadInput:
    @pytest.mark.parametrize(
        "build, match",
        [
            (lambda: g.wallpaper(4, "p6"), "must be one of p2, pmm, p4, p4m"),
            (lambda: g.wallpaper(0), "positive"),
            (lambda: g.polygon(0), "positive"),
            (lambda: g.subsets(4, 4), "1, …, 3"),
            (lambda: g.subsets(100, 10), "at most"),
            (lambda: g.wreath(g.shifts(3), 0), "positive"),
            (lambda: g.wreath(g.shifts(8, 8), 10**9), "at most 67108864 entries"),
            (lambda: g.wallpaper(10**6), "at most 67108864 entries"),
            (lambda: g.wallpaper(4, ["p2"]), "must be one of"),
            (lambda: g.cube_rotations(1000), "at most 67108864 entries"),
            (lambda: g.subsets(10**6, 10**6 - 1), "at most"),
            (lambda: g.symmetric(10**12), "at most 67108864 entries"),
            (lambda: g.kravchuk_rotations(5000), "at most 1024"),
            (lambda: g.disk_rotations(10**5), "at most 1024"),
            (lambda: g.ball_rotations(500), "at most 128"),
            (lambda: g.interpolated_rotations(5000, 12), "at most 2048"),
        ],
    )
    def test_says_what_must_hold(self, build, match):
        with pytest.raises(ValueError, match=match):
            build()

    @pytest.mark.parametrize("build", [g.regular, g.character_table])
    def test_tables_are_of_actions(self, build):
        with pytest.raises(TypeError, match="GroupAction"):
            build(3)

    @pytest.mark.parametrize("inner", [3, None, "shifts"])
    def test_wreath_takes_actions(self, inner):
        with pytest.raises(TypeError, match="GroupAction"):
            g.wreath(inner, 2)
