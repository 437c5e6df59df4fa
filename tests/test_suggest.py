"""What would repair a setup: every suggestion made again, by brute force."""

from __future__ import annotations

import itertools
import json

import numpy as np
import oracles
import pytest

import sensing_theorems as st
from sensing_theorems.design.larger_groups import contains, larger_groups
from sensing_theorems.design.orbit_gram import OrbitGram
from sensing_theorems.design.samples import _fewest, fewest_more, sampled
from sensing_theorems.design.seams import SEAM, holds_shifts
from sensing_theorems.design.units import lines, spokes
from sensing_theorems.repair import Change, analysed

LINES = np.isin(np.arange(32), [0, 1, 2, 30, 31, 7, 13, 22])
CARTESIAN = np.repeat(LINES[:, None], 32, axis=1)
SMALL = np.repeat((np.arange(6) < 2)[:, None], 6, axis=1)


def listed(action):
    """Matrices of all elements; of no action, the identity."""
    return [g(np.eye(action.n)).T for g in action.elements()]


def written_out(problem):
    """The stack of all A T_g for real signals, in full."""
    rows = np.vstack([oracles.realified(A.to_dense(), "real") for A in problem.operators])
    group = [np.eye(problem.n)] if problem.action is None else listed(problem.action)
    return oracles.stack(rows, group)


def mask_of(shape, share, seed):
    mask = np.random.default_rng(seed).random(shape) < share
    mask.flat[0] = True
    return mask


SETUPS = {
    "lines, shifts": (st.operators.fourier(SMALL), st.groups.shifts(6, 6)),
    "lines, turns": (st.operators.fourier(SMALL), st.groups.quarter_turns(6)),
    "columns, turns": (st.operators.fourier(SMALL.T, real=True), st.groups.quarter_turns(6)),
    "frequencies, turns": (
        st.operators.fourier(mask_of((5, 5), 0.3, 1)),
        st.groups.quarter_turns(5),
    ),
    "frequencies, flips": (st.operators.fourier(mask_of(9, 0.4, 2)), st.groups.reflections(9)),
    "pixels, turns": (
        # Two corners, two of the centre, one beside a corner; none of the fourth orbit.
        st.operators.inpainting(np.isin(np.arange(16), [0, 3, 5, 10, 1]).reshape(4, 4)),
        st.groups.quarter_turns(4),
    ),
    "pixels, strides": (
        st.operators.downsample((6, 6), 2),
        st.groups.shifts(6, 6, stride=2),
    ),
    "pixels, flips": (
        st.operators.inpainting(mask_of((4, 6), 0.3, 4)),
        st.groups.reflections(4, 6),
    ),
    "pixels": (st.operators.inpainting(mask_of((4, 4), 0.4, 5)), None),
    "blur": (st.operators.blur(np.ones((1, 2)), (4, 4)), st.groups.shifts(4, 4)),
    "views": (st.operators.tomography(5, [0.0, 0.5]), st.groups.quarter_turns(5)),
    "rows": (st.operators.gaussian(2, 16, rng=0), st.groups.dihedral(4)),
    "kravchuk": (
        st.operators.inpainting(mask_of((4, 4), 0.2, 6)),
        st.groups.kravchuk_rotations(4, order=4),
    ),
}
every_setup = pytest.mark.parametrize("setup", SETUPS.values(), ids=SETUPS)


class TestEverySuggestion:
    @every_setup
    def test_has_the_rank_that_it_says(self, setup):
        problem = st.Problem(*setup)
        before = oracles.rank(written_out(problem))
        full, everything = st.suggest(problem), st.suggest(problem, partial=True)
        assert full
        for repair in everything:
            rank = oracles.rank(written_out(repair.problem))
            assert repair.rank == rank
            assert repair.deficit == (problem.n - before, problem.n - rank)
            assert repair.full is (rank == problem.n)
            assert rank > before or (rank == before and "no " in repair.note)
        assert [r.text for r in everything if r.full] == [r.text for r in full]

    @every_setup
    def test_is_analysed_anew(self, setup):
        for repair in st.suggest(st.Problem(*setup), partial=True):
            report = st.analyze(repair.problem)
            assert (report.verdict, report.reason) == (repair.verdict, repair.reason)
            assert report.rank.rank == repair.rank
            if setup[1] is not None:
                assert repair.verdict is not st.Verdict.IDENTIFIABLE or report.reason == "injective"

    @every_setup
    def test_has_the_condition_that_it_says(self, setup):
        for repair in st.suggest(st.Problem(*setup), partial=True):
            values = np.linalg.svd(written_out(repair.problem), compute_uv=False)
            expected = values[repair.problem.n - 1] / values[0] if repair.full else 0.0
            assert repair.condition == pytest.approx(expected, abs=1e-12)

    @every_setup
    def test_takes_as_many_measurements_as_it_says(self, setup):
        problem = st.Problem(*setup)
        (A,) = problem.operators
        for repair in st.suggest(problem, partial=True):
            rows = sum(B.shape[0] for B in repair.problem.operators)
            double = 2 if A.name.endswith("parts") else 1
            if repair.kind in ("action", "group", "mask"):
                assert repair.extra == 0 and rows == A.shape[0]
            elif repair.kind == "units":
                assert repair.extra * double == rows - A.shape[0]
            else:
                assert repair.kind == "rows" and repair.extra > 0
            if repair.kind in ("mask", "units"):
                assert np.count_nonzero(repair.mask) * double == rows
                build = st.operators.fourier if "fourier" in A.name else st.operators.inpainting
                rebuilt = oracles.realified(build(repair.mask).to_dense(), "real")
                given = oracles.realified(repair.problem.operators[0].to_dense(), "real")
                assert np.allclose(rebuilt, given)

    @every_setup
    def test_regains_irreps_that_add_up(self, setup):
        problem = st.Problem(*setup)
        lost = {d.label: d.missing for d in st.stacked_rank(*setup).deficient}
        for repair in st.suggest(problem, partial=True):
            regained = dict(repair.regained)
            assert all(dims and dims <= lost.get(label, 0) for label, dims in regained.items())
            if repair.full or repair.kind in ("group", "mask"):
                before, after = repair.deficit
                assert sum(regained.values()) == before - after
            if repair.full:
                assert regained == lost

    @every_setup
    def test_order(self, setup):
        found = st.suggest(st.Problem(*setup), partial=True)
        full = [r for r in found if r.full]
        assert list(found[: len(full)]) == full
        sure = [r.verdict is st.Verdict.IDENTIFIABLE for r in full]
        assert sure == sorted(sure, reverse=True)
        keys = [
            (not yes, r.extra, -round(r.condition, 9)) for yes, r in zip(sure, full, strict=True)
        ]
        assert keys == sorted(keys)
        ranks = [r.rank for r in found if not r.full]
        assert ranks == sorted(ranks, reverse=True)


class TestMeasurements:
    @pytest.mark.parametrize(
        "name", [name for name in SETUPS if name.startswith(("lines", "freq", "pixels,"))]
    )
    def test_no_fewer_units_would_do(self, name):
        problem = st.Problem(*SETUPS[name])
        (repair,) = (r for r in st.suggest(problem) if r.kind == "units")
        given = sampled(problem.operators[0])
        units, kept = given.units, given.chosen
        number = int(repair.text.split()[0])
        assert np.array_equal(repair.mask.reshape(-1) | units.mask(kept), repair.mask.reshape(-1))
        free = [u for u in range(units.count) if u not in kept]
        # One entry more or less changes the rank by the orbits it hits: try all, or many.
        options = itertools.islice(itertools.combinations(free, number - 1), 400)
        for more in options:
            mask = units.mask((*kept, *more)).reshape(units.shape)
            build = st.operators.fourier if units.frequencies else st.operators.inpainting
            assert not st.stacked_rank(build(mask), problem.action).full

    def test_a_mask_of_the_same_size_where_there_is_one(self):
        mask = np.zeros((8, 8), bool)
        mask[:4, :4] = True  # one quadrant holds one pixel of each orbit
        turns = st.groups.quarter_turns(8)
        assert st.stacked_rank(st.operators.inpainting(mask), turns).full
        mask[3, 3], mask[4, 0] = False, True
        found = st.suggest(st.Problem(st.operators.inpainting(mask), turns))
        (repair,) = (r for r in found if r.kind == "mask")
        assert repair.text == "another choice of 16 pixels" and repair.condition == 1

    def test_single_frequencies_in_place_of_lines(self):
        lines = np.repeat((np.arange(16) < 5)[:, None], 16, axis=1)
        problem = st.Problem(st.operators.fourier(lines), st.groups.quarter_turns(16))
        (repair,) = (r for r in st.suggest(problem) if r.kind == "mask")
        # 80 frequencies against 66 orbits; five lines against nine pairs.
        assert "80 frequencies, chosen freely" in repair.text
        cannot = [r for r in st.suggest(problem, partial=True) if r.kind == "mask" and not r.full]
        assert len(cannot) == 1 and "no 5 lines of k-space can" in cannot[0].note

    def test_says_what_no_mask_can(self):
        problem = st.Problem(st.operators.fourier(np.arange(12) < 3), st.groups.shifts(12))
        (repair,) = (r for r in st.suggest(problem, partial=True) if r.kind == "mask")
        assert not repair.full and "the 7 orbits of frequencies" in repair.note
        assert "no 3 frequencies can make it full" in str(repair)

    def test_a_mask_that_no_other_beats_stays_as_it_is(self):
        # Five frequencies of shifts: 1 to 5 hit five pairs, of rank 10, which is the most.
        mask = np.isin(np.arange(12), [1, 2, 3, 4, 5])
        problem = st.Problem(st.operators.fourier(mask), st.groups.shifts(12))
        (repair,) = (r for r in st.suggest(problem, partial=True) if r.kind == "mask")
        assert repair.text == "the mask as it is" and np.array_equal(repair.mask, mask)
        assert repair.deficit == (2, 2) and repair.regained == ()
        assert "no 5 frequencies can make it full" in repair.note

    def test_what_another_mask_gives_up_is_told(self):
        # Zero and 6 are seen at the price of a pair each; a mask of pairs sees neither.
        mask = np.isin(np.arange(12), [0, 6, 1])
        problem = st.Problem(st.operators.fourier(mask), st.groups.shifts(12))
        (repair,) = (r for r in st.suggest(problem, partial=True) if r.kind == "mask")
        assert repair.deficit == (8, 6)
        regained = [dims for _, dims in repair.regained]
        assert sum(regained) == 2 and sorted(regained)[:2] == [-1, -1]

    def test_fewest_lines_against_all_choices(self, rng):
        for _ in range(12):
            labels = rng.integers(0, 9, 35)
            labels[:9] = np.arange(9)
            units = lines((7, 5))
            gram = OrbitGram(labels, 0.2)
            kept = (int(rng.integers(7)),)
            chosen, proved = _fewest(gram, units, tuple(range(7)), kept)
            sizes = [
                number
                for number in range(7)
                for more in itertools.combinations(set(range(7)) - set(kept), number)
                if gram.eigenvalues(units.mask((*kept, *more)))[0] > 0
            ]
            assert proved and len(chosen) == min(sizes) + 1 and set(kept) <= set(chosen)
            assert gram.eigenvalues(units.mask(chosen))[0] > 0

    def test_says_where_fewer_might_do(self, monkeypatch):
        # Two lines hit all six orbits; what is added greedily takes three.
        labels = np.array([0, 1, 2, 3, 0, 1, 4, 4, 2, 3, 5, 5]).reshape(3, 4).reshape(-1)
        monkeypatch.setattr("sensing_theorems.design.samples._SECONDS", 0.0)
        gram, units = OrbitGram(labels, 0.2), lines((3, 4))
        chosen, _ = _fewest(gram, units, (0, 1, 2), ())
        assert gram.eigenvalues(units.mask(chosen))[0] > 0
        given = sampled(st.operators.fourier(SMALL))
        monkeypatch.setattr(
            "sensing_theorems.design.samples._fewest", lambda _, __, known, ___: (known, False)
        )
        monkeypatch.setattr("sensing_theorems.design.samples.least_units", lambda *_: (1, "-"))
        more, proved = fewest_more(given, st.groups.shifts(6, 6))
        assert not proved and more.operator().shape[0] == 24
        problem = st.Problem(st.operators.fourier(SMALL), st.groups.shifts(6, 6))
        (repair,) = (r for r in st.suggest(problem) if r.kind == "units")
        assert repair.text == "2 more lines of k-space, or fewer"

    def test_the_example_of_the_readme(self):
        problem = st.Problem(st.operators.fourier(CARTESIAN), st.groups.shifts(32, 32))
        first, second = st.suggest(problem)
        assert first.text == "11 more lines of k-space" and first.extra == 352
        assert first.verdict is st.Verdict.IDENTIFIABLE
        assert second.text == "1 more generic row" and second.deficit == (672, 0)


def complex_rank(A, action):
    """Rank of the stack for complex signals, written out."""
    group = listed(action)
    return oracles.rank(np.vstack([A.to_dense() @ T for T in group]))


class TestComplexSignals:
    """They tell a frequency from its negative, which masks for real signals do not."""

    SETUPS = (
        (SMALL, st.groups.quarter_turns(6)),
        (SMALL, st.groups.reflections(6, 6)),
        (np.arange(9) < 4, st.groups.reflections(9)),
        (mask_of((5, 5), 0.3, 1), st.groups.reflections(5, 5)),
        (mask_of((4, 4), 0.3, 1), st.groups.shifts(4, 4)),
    )

    @pytest.mark.parametrize("real", [False, True])
    @pytest.mark.parametrize(("mask", "action"), SETUPS)
    def test_masks_have_the_rank_that_they_say(self, mask, action, real):
        A = st.operators.fourier(mask, real=real)
        problem = st.Problem(A, action, field="complex")
        kinds = set()
        for repair in st.suggest(problem, partial=True):
            if repair.kind in ("mask", "units"):
                kinds.add(repair.kind)
                (B,) = repair.problem.operators
                assert repair.rank == complex_rank(B, action)
                assert (B.dtype.kind == "f") is real
                assert repair.verdict is not st.Verdict.IDENTIFIABLE or repair.reason == "injective"
        assert kinds == {"mask", "units"}

    @pytest.mark.parametrize("size", [5, 6])
    def test_fewest_frequencies_against_all_masks(self, size):
        # All masks of so many frequencies, and of one fewer.
        action = st.groups.reflections(size)
        problem = st.Problem(st.operators.fourier(np.arange(size) < 1), action, field="complex")
        (repair,) = (r for r in st.suggest(problem) if r.kind == "units")
        needed = int(repair.mask.sum())
        full = {
            number: any(
                complex_rank(st.operators.fourier(np.isin(np.arange(size), some)), action) == size
                for some in itertools.combinations(range(size), number)
            )
            for number in (needed - 1, needed)
        }
        assert full == {needed - 1: False, needed: True}

    def test_impossible_ones_are_not_told_of_pairs(self):
        mask = np.arange(12) < 7
        shifts = st.groups.shifts(12)
        # Frequencies 0 to 6 hold one of every pair: all of a real signal, 7 of 12 of a complex one.
        assert st.analyze(st.Problem(st.operators.fourier(mask), shifts)).rank.full
        problem = st.Problem(st.operators.fourier(mask), shifts, field="complex")
        (repair,) = (r for r in st.suggest(problem, partial=True) if r.kind == "mask")
        assert "the 12 orbits" in repair.note and "together" not in repair.note
        (more,) = (r for r in st.suggest(problem) if r.kind == "units")
        assert more.text == "5 more frequencies"

    def test_real_and_imaginary_parts_show_both_of_a_pair(self):
        A = st.operators.fourier(np.arange(12) < 3, real=True)
        problem = st.Problem(A, st.groups.shifts(12), field="complex")
        (more,) = (r for r in st.suggest(problem) if r.kind == "units")
        assert more.text == "4 more frequencies" and more.rank == 12


class TestSpokes:
    TURNS = st.groups.quarter_turns(16)

    def deficient(self):
        """Eight spokes and their quarter turns, of which the turns show nothing new."""
        units = spokes((16, 16))
        assert units.count == 32
        return units.mask([*range(8), *range(16, 24)]).reshape(16, 16)

    @pytest.mark.parametrize("field", ["real", "complex"])
    def test_as_many_are_proposed(self, field):
        problem = st.Problem(st.operators.fourier(self.deficient()), self.TURNS, field=field)
        assert not st.stacked_rank(*problem.operators, self.TURNS).full
        (repair,) = (r for r in st.suggest(problem) if "spokes" in r.text and r.kind == "mask")
        assert repair.text == "another choice of 16 spokes of k-space" and repair.full
        made = sampled(*repair.problem.operators)
        assert made.units.kind == "radial" and len(made.chosen) == 16
        assert repair.extra == int(repair.mask.sum() - self.deficient().sum())
        assert repair.rank == complex_rank(*repair.problem.operators, self.TURNS) == 256
        # No worse than all of the random masks that a design is compared with.
        design = st.design_mask("radial", self.TURNS, 16)
        assert repair.condition >= design.random[0] - 1e-12

    def test_more_of_them(self):
        units = spokes((8, 8))
        problem = st.Problem(
            st.operators.fourier(units.mask([0, 4]).reshape(8, 8)), st.groups.quarter_turns(8)
        )
        (repair,) = (r for r in st.suggest(problem) if r.kind == "units")
        number = int(repair.text.split()[0])
        assert "more spokes of k-space" in repair.text and "fewer" not in repair.text
        for more in itertools.combinations(range(units.count), number - 1):
            mask = units.mask((0, 4, *more)).reshape(8, 8)
            assert not st.stacked_rank(st.operators.fourier(mask), problem.action).full

    @pytest.mark.parametrize("shape", [(5, 6), (6, 6), (7, 7), (8, 8), (16, 16)])
    def test_are_read_off_their_union(self, shape, rng):
        units = spokes(shape)
        for number in (1, 2, 4, 6):
            mask = units.mask(rng.choice(units.count, number, replace=False)).reshape(shape)
            found = sampled(st.operators.fourier(mask))
            assert np.array_equal(found.mask, mask)
            if found.units.kind == "cartesian":
                continue
            assert found.units.kind == "radial" and len(found.chosen) <= number
            # None can be left out, and no fewer make the mask.
            for fewer in itertools.combinations(range(units.count), len(found.chosen) - 1):
                if shape == (16, 16) and len(fewer) > 1:
                    break
                assert not np.array_equal(units.mask(fewer), mask.reshape(-1))


class TestBounds:
    """Generic operators of known k: what meets a published bound."""

    def problem(self, m=4, k=2):
        return st.Problem(st.operators.gaussian(m, 64, 0), st.groups.quarter_turns(8), k)

    def test_measurements_that_meet_it_where_the_rank_is_deficient(self):
        first, *rest = st.suggest(self.problem())
        c = st.groups.quarter_turns(8).irreps.max_multiplicity
        assert first.kind == "measurements" and first.extra == 2 * 2 + c + 2 - 4
        assert first.verdict is st.Verdict.IDENTIFIABLE and first.margin == 1
        assert "bound exceeded by 1" in str(first)
        assert all(r.margin is None and r.verdict is st.Verdict.UNDECIDED for r in rest)

    def test_generic_rows_leave_generic_operators_so(self):
        (rows,) = (r for r in st.suggest(self.problem()) if r.kind == "rows")
        assert rows.problem.generic is None and rows.reason == "between_bounds"
        (next_one,) = st.suggest(rows.problem)
        assert next_one.verdict is st.Verdict.IDENTIFIABLE
        assert next_one.text == "22 generic measurements instead of 16"

    def test_rows_added_twice_differ(self):
        problem = st.Problem(st.operators.gaussian(2, 64, 0), st.groups.quarter_turns(8), 2)
        (rows,) = (r for r in st.suggest(problem) if r.kind == "rows")
        (stack,) = rows.problem.operators
        few = st.Problem(st.as_operator(stack.to_dense()[:4]), problem.action)
        (again,) = (r for r in st.suggest(few) if r.kind == "rows")
        (joined,) = again.problem.operators
        assert st.stacked_rank(joined).rank == joined.shape[0] == 16

    @pytest.mark.parametrize("generic", [None, False])
    def test_rows_make_no_other_operators_generic(self, generic):
        rng = np.random.default_rng(5)
        A = st.operators.gaussian(4, 64, 0) if generic is False else rng.standard_normal((4, 64))
        problem = st.Problem(A, st.groups.quarter_turns(8), 2, generic=generic)
        found = st.suggest(problem)
        assert {r.kind for r in found} >= {"rows", "action"}
        for repair in found:
            assert repair.verdict is st.Verdict.UNDECIDED and repair.margin is None
            assert not st.analyze(repair.problem).generic

    def test_a_refuted_claim_stays_refuted(self):
        # Rows drawn here must not hide zeros from whoever looks at the entries.
        A = np.zeros((4, 64))
        A[:, :40] = np.random.default_rng(5).standard_normal((4, 40))
        problem = st.Problem(A, st.groups.quarter_turns(8), 2, generic=True)
        for repair in st.suggest(problem):
            assert repair.verdict is not st.Verdict.IDENTIFIABLE and repair.margin is None

    def test_several_operators(self):
        rng = np.random.default_rng(0)
        for sizes in ([8, 8, 8], [30, 5, 5], [25, 25]):
            problem = st.Problem([st.operators.gaussian(m, 36, rng) for m in sizes], None, 4)
            if st.analyze(problem).verdict is st.Verdict.IDENTIFIABLE:
                assert st.suggest(problem) == ()
                continue
            (repair,) = (r for r in st.suggest(problem) if r.kind == "measurements")
            least = 4 + 36 // len(sizes) + 1
            assert repair.problem.rows == (least,) * len(sizes) and repair.margin == 1
            assert repair.extra == least * len(sizes) - sum(sizes)

    def test_a_symmetry_that_meets_it_where_the_rank_is_full(self):
        # 40 > 10 + 1 + 1 under shifts, and not > 10 + 32 + 1 under a flip.
        problem = st.Problem(st.operators.gaussian(40, 64, 0), st.groups.reflections(64), 5)
        first, second = st.suggest(problem)
        assert (first.problem.action.name, first.margin) == ("shifts(64)", 28)
        assert (second.kind, second.margin) == ("measurements", 1)
        assert second.extra < first.margin  # so that it is not the extra rows that decide

    def test_margin_is_that_of_the_check(self):
        for k in (1, 2.5, 5):
            for repair in st.suggest(self.problem(6, k)):
                check = st.theorems.cyclic_group(repair.problem)
                assert repair.margin == (check.margin if check.holds else None)

    def test_a_bound_that_was_met_before_is_not_newly_met(self):
        given = st.Problem(st.operators.gaussian(30, 64, 0), st.groups.quarter_turns(8), 2)
        more = st.Problem(st.operators.gaussian(40, 64, 1), given.action, 2)
        repair = analysed(given, Change("measurements", "more", more), False)
        assert repair.verdict is st.Verdict.IDENTIFIABLE and repair.margin is None

    def test_no_theorem_for_complex_signals(self):
        problem = st.Problem(
            st.operators.gaussian(20, 64, 0), st.groups.quarter_turns(8), 5, field="complex"
        )
        assert st.suggest(problem) == ()
        few = st.Problem(st.operators.gaussian(4, 64, 0), problem.action, 2, field="complex")
        assert "measurements" not in {r.kind for r in st.suggest(few)}

    def test_the_larger_margin_comes_first(self):
        # 20 - (2/4 + 18 + 1) under a flip with no row more, 13 - (1/4 + 36/3) with nine more.
        rng = np.random.default_rng(0)
        given = [st.operators.gaussian(m, 36, rng) for m in (20, 5, 5)]
        found = st.suggest(st.Problem(given, None, 0.25))
        sure = [r for r in found if r.verdict is st.Verdict.IDENTIFIABLE]
        assert [(r.kind, r.margin, r.extra) for r in sure] == [
            ("action", 17.5, 0),
            ("measurements", 0.75, 9),
            ("action", 0.5, 0),
        ]
        assert found[:3] == tuple(sure) and len(found) > 3

    def test_is_in_the_report(self):
        report = st.analyze(self.problem())
        plain, *others = json.loads(report.to_json())["repairs"]
        assert plain["margin"] == 1 and all(p["margin"] is None for p in others)
        for page in (" ".join(str(report).split()), report.to_html(), report._repr_html_()):
            assert "bound exceeded by 1" in page


class TestReadsMasks:
    @pytest.mark.parametrize(
        ("operator", "kind", "number"),
        [
            (st.operators.fourier(SMALL), "cartesian", 2),
            (st.operators.fourier(SMALL, real=True), "cartesian", 2),
            (st.operators.fourier(SMALL.T), "cartesian", 2),
            (st.operators.fourier(np.eye(6) > 0), "radial", 1),
            (st.operators.fourier(np.eye(6, k=1) > 0), "fourier", 5),
            (st.operators.fourier(np.arange(6) < 2), "fourier", 2),
            (st.operators.inpainting(SMALL), "pixels", 12),
            (st.operators.downsample((6, 6), 3), "pixels", 4),
        ],
    )
    def test_of_operators_that_sample(self, operator, kind, number):
        found = sampled(operator)
        assert (found.units.kind, len(found.chosen)) == (kind, number)
        assert np.array_equal(found.operator().to_dense(), operator.to_dense())

    @pytest.mark.parametrize(
        "operator",
        [
            st.operators.gaussian(2, 5, rng=0),
            st.operators.blur([1.0, 1.0], (6,)),
            st.operators.downsample((6,), 2, [1.0, 1.0]),
            st.as_operator(np.eye(4)[:2]),
        ],
    )
    def test_of_no_others(self, operator):
        assert sampled(operator) is None


class TestSymmetry:
    CANDIDATES = (
        st.groups.trivial(16),
        st.groups.shifts(4, 4),
        st.groups.shifts(4, 4, stride=2),
        st.groups.reflections(4, 4, axis=0),
        st.groups.reflections(4, 4, axis=1),
        st.groups.quarter_turns(4),
        st.groups.dihedral(4),
        *(st.groups.wallpaper(4, kind) for kind in ("p2", "pmm", "p4", "p4m")),
    )

    @pytest.mark.parametrize("smaller", CANDIDATES, ids=lambda a: a.name)
    def test_contains_is_what_the_elements_say(self, smaller):
        own = {T.tobytes() for T in oracles.dense_elements(smaller)}
        for larger in self.CANDIDATES:
            theirs = {T.tobytes() for T in oracles.dense_elements(larger)}
            assert contains(larger, smaller, (4, 4)) is (own <= theirs)

    @pytest.mark.parametrize("given", CANDIDATES, ids=lambda a: a.name)
    def test_larger_groups_are_larger(self, given):
        own = {T.tobytes() for T in oracles.dense_elements(given)}
        for _, larger in larger_groups(given, (4, 4)):
            assert own < {T.tobytes() for T in oracles.dense_elements(larger)}

    def test_of_a_circle(self):
        names = [a.name for _, a in larger_groups(st.groups.reflections(7), (7,))]
        assert names == ["polygon(7)"]
        assert [a.name for _, a in larger_groups(st.groups.shifts(7), (7,))] == ["polygon(7)"]

    def test_actions_by_other_maps_are_in_none(self):
        assert list(larger_groups(st.groups.kravchuk_rotations(4), (4, 4))) == []

    def test_says_that_a_symmetry_is_no_choice(self):
        problem = st.Problem(*SETUPS["pixels, turns"])
        found = [r for r in st.suggest(problem, partial=True) if r.kind in ("action", "group")]
        assert {r.kind for r in found} == {"action", "group"}
        for repair in found:
            assert "property of the signals and no choice" in str(repair)
            condition = "also allow" if repair.kind == "group" else "have it"
            assert f"if the signals {condition}" in repair.text

    def test_no_group_that_asks_for_more_than_needed(self):
        problem = st.Problem(*SETUPS["pixels, strides"])
        groups = [r.problem.action.name for r in st.suggest(problem) if r.kind == "group"]
        assert groups == ["shifts(6x6)"]  # and none of the wallpaper groups that contain it

    def test_partial_regains_of_a_group_are_traces(self):
        problem = st.Problem(*SETUPS["lines, shifts"])
        (repair,) = (r for r in st.suggest(problem, partial=True) if r.kind == "group")
        _, values, rows = np.linalg.svd(written_out(repair.problem))
        hidden = rows[np.count_nonzero(values > 1e-9) :]
        F = np.fft.fftn(hidden.reshape(-1, 6, 6), axes=(1, 2), norm="ortho")
        left = (np.abs(F) ** 2).sum(axis=0).round().astype(int)
        regained = dict(repair.regained)
        lost = dict((d.label, d.missing) for d in repair.before.deficient)
        assert len(regained) + np.count_nonzero(left) == len(lost)

    def test_coefficients_of_functions_are_no_pixels(self):
        action = st.groups.disk_rotations(6)
        problem = st.Problem(st.operators.gaussian(1, action.n, rng=0), action)
        assert [r.kind for r in st.suggest(problem)] == ["rows"]


class TestOwedToPixels:
    VIEWS = st.operators.tomography(8, [0.2, 0.9, 1.3])

    def test_is_said_of_shifts_and_of_no_other_group(self):
        problem = st.Problem(self.VIEWS, st.groups.quarter_turns(8))
        found = st.suggest(problem, partial=True)
        told = {r.problem.action.name for r in found if SEAM in str(r)}
        assert told == {"shifts(8x8)", "wallpaper(8,kind=p4)"}
        for repair in found:
            owed = SEAM in repair.note
            holds = repair.kind in ("action", "group") and repair.problem.action.name in told
            assert owed is (holds and repair.full)

    def test_is_said_in_the_report_where_the_rank_is_full(self):
        shifts = st.groups.shifts(8, 8)
        for A, said in (
            (self.VIEWS, True),
            (st.operators.tomography(8, [0.0, np.pi / 2]), False),
            (st.operators.inpainting(np.eye(8)), False),
        ):
            report = st.analyze(st.Problem(A, shifts))
            assert (SEAM in report.assumptions) is said
        several = [st.operators.tomography(8, [angle]) for angle in (0.2, 0.9)]
        assert SEAM in st.analyze(st.Problem(several, shifts)).assumptions
        mixed = st.analyze(st.Problem([self.VIEWS, st.operators.gaussian(1, 64, 0)], shifts))
        assert mixed.rank.full and SEAM not in mixed.assumptions

    def test_on_paper_a_shift_only_moves_views(self):
        # A body inside, shifted along the rows, as seen along the columns.
        body = np.zeros((8, 8))
        body[2:5, 2:5] = np.random.default_rng(0).random((3, 3))
        view = st.operators.tomography(8, [0.0])
        moved = view @ np.roll(body, 2, axis=1).ravel()
        assert np.allclose(moved, np.roll(view @ body.ravel(), 2))

    @pytest.mark.parametrize("action", [*TestSymmetry.CANDIDATES, "glide", "steps"])
    def test_shifts_are_found_among_the_elements(self, action):
        pixels = np.arange(16).reshape(4, 4)
        if action == "glide":  # its square is a shift by two
            action = st.groups.from_permutations([np.roll(pixels[::-1], 1, 1).ravel()])
        elif action == "steps":  # two flips about points that are two pixels apart
            flips = [pixels[::-1].ravel(), np.roll(pixels[::-1], 2, 0).ravel()]
            action = st.groups.from_permutations(flips)
        own = {T.tobytes() for T in oracles.dense_elements(action)}
        shifted = oracles.dense_elements(st.groups.shifts(4, 4))
        expected = any(T.tobytes() in own for T in shifted if not np.array_equal(T, np.eye(16)))
        assert holds_shifts(action, (4, 4)) is expected

    def test_shifts_are_not_looked_for_where_nothing_is_permuted(self):
        assert holds_shifts(st.groups.kravchuk_rotations(4, order=4), (4, 4)) is False


class TestReport:
    def test_lists_only_what_makes_the_rank_full(self):
        problem = st.Problem(*SETUPS["pixels, turns"])
        report = st.analyze(problem)
        assert [r.text for r in report.repairs] == [r.text for r in st.suggest(problem)]
        assert all(r.full for r in report.repairs)

    def test_plain_values_and_both_renderings(self):
        report = st.analyze(st.Problem(*SETUPS["pixels, turns"]))
        plains = json.loads(report.to_json())["repairs"]
        for plain, repair in zip(plains, report.repairs, strict=True):
            assert plain["text"] == repair.text and plain["note"] == repair.note
            assert (plain["missing_before"], plain["missing_after"]) == repair.deficit
            assert plain["condition"] == repair.condition
        said = [" ".join(str(report).split()), report.to_html(), report._repr_html_()]
        for page in said:
            assert "instead, if the signals have it" in page
            assert "a symmetry is a property of the signals and no choice" in page

    def test_takes_a_problem(self):
        with pytest.raises(TypeError, match="must be a Problem"):
            st.suggest(np.eye(3))
