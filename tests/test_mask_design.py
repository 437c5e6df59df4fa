"""Masks that a symmetry makes the most of: against all masks, and against stacks written out."""

from __future__ import annotations

import itertools

import numpy as np
import oracles
import pytest

import sensing_theorems as st
from sensing_theorems.design import search
from sensing_theorems.design.block_gram import BlockGram
from sensing_theorems.design.orbit_gram import OrbitGram, water_filling
from sensing_theorems.design.shortfall import least_units
from sensing_theorems.design.solving import gram_of, orbits_of, random_choices
from sensing_theorems.design.torus import frequency_map, frequency_orbits, linear_part
from sensing_theorems.design.units import kept_units, lines, points, spokes, units_of

# Those of arrays, on which frequencies and lines mean something.
ARRAYS = {
    "trivial": st.groups.trivial(8),
    "shifts(8)": st.groups.shifts(8),
    "shifts(3x4)": st.groups.shifts(3, 4),
    "shifts(4x4, stride 2)": st.groups.shifts(4, 4, stride=2),
    "reflections(7)": st.groups.reflections(7),
    "reflections(2x3x2)": st.groups.reflections(2, 3, 2, axis=1),
    "quarter_turns(4)": st.groups.quarter_turns(4),
    "quarter_turns(5)": st.groups.quarter_turns(5),
    "dihedral(4)": st.groups.dihedral(4),
    "wallpaper(4, p4)": st.groups.wallpaper(4, "p4"),
    "polar_rotations(3x4)": st.groups.polar_rotations(3, 4),
}
MIXING = {
    "kravchuk(4), 3": st.groups.kravchuk_rotations(4, order=3),
    "kravchuk(5), 8": st.groups.kravchuk_rotations(5, order=8),
}
every_array = pytest.mark.parametrize("action", ARRAYS.values(), ids=ARRAYS)


def listed(action):
    """Matrices of all elements."""
    return [g(np.eye(action.n)).T for g in action.elements()]


def fourier_rows(shape):
    """Real and imaginary parts of the rows of the orthonormal DFT, (n, 2, n), from its formula."""
    at = np.stack(np.unravel_index(np.arange(np.prod(shape)), shape))
    turns = sum(np.outer(k, k) / side for k, side in zip(at, shape, strict=True))
    rows = np.exp(-2j * np.pi * turns) / np.sqrt(np.prod(shape))
    return np.stack([rows.real, rows.imag], axis=1)


def entry_grams(kind, action):
    """The average over the group of the projection on each entry, (n, n, n): by its definition."""
    n = action.n
    rows = np.eye(n)[:, None] if kind == "pixels" else fourier_rows(action.shape)
    total = np.zeros((n, n, n))
    group = listed(action)
    for T in group:
        moved = rows @ T
        total += moved.transpose(0, 2, 1) @ moved
    return total / len(group)


def least_of_all(units, grams, budget):
    """Largest least eigenvalue of all masks, and whether some mask has full rank."""
    masks = [units.mask(c) for c in itertools.combinations(range(units.count), budget)]
    summed = np.stack([grams[mask].sum(axis=0) for mask in masks])
    best = np.linalg.eigvalsh(summed)[:, 0].max()
    return best, best > 1e-9


def explicit_condition(operator, action):
    rows = oracles.realified(operator.to_dense(), "real")
    values = np.linalg.svd(oracles.stack(rows, listed(action)), compute_uv=False)
    return values[action.n - 1] / values[0] if values[action.n - 1] > 1e-9 else 0.0


class TestTorus:
    @every_array
    def test_moves_frequencies_as_the_fourier_transform_says(self, action):
        rows = fourier_rows(action.shape)
        F = rows[:, 0] + 1j * rows[:, 1]
        for g in action.generators:
            size = np.abs(F @ g.matrix().toarray() @ F.conj().T)
            moved = frequency_map(g.images, action.shape)
            # The character f is column f of F^H; what it becomes has one non-zero coefficient.
            assert np.allclose(size[moved, np.arange(action.n)], 1)

    def test_refuses_a_permutation_that_mixes_frequencies(self, rng):
        for _ in range(20):
            images = rng.permutation(12)
            F = np.fft.fftn(np.eye(12).reshape(12, 3, 4), axes=(1, 2)).reshape(12, 12)
            T = np.eye(12)[:, np.argsort(images)]
            monomial = np.allclose(np.sort(np.abs(F @ T @ F.conj().T / 12))[:, :-1], 0, atol=1e-9)
            assert (frequency_map(images, (3, 4)) is not None) is monomial

    def test_going_around_must_lead_back(self):
        # (i, j) to (i, i + j) looks affine on 2 x 4 and is not: twice (1, 1) is (0, 2).
        i, j = np.divmod(np.arange(8), 4)
        assert linear_part(i * 4 + (i + j) % 4, (2, 4)) is None
        assert linear_part(i * 4 + (2 * i + j) % 4, (2, 4)) is not None

    def test_large_sides_do_not_overflow(self):
        # Shifts of a long circle keep every frequency; products of three sides pass 2^63.
        side = 2**22 - 3
        images = (np.arange(side) + 1) % side
        assert np.array_equal(frequency_map(images, (side,)), np.arange(side))
        assert np.array_equal(frequency_map(-images % side, (side,)), -np.arange(side) % side)

    def test_orbits_join_negatives(self):
        found = frequency_orbits(st.groups.shifts(3, 4), (3, 4)).reshape(3, 4)
        assert found[1, 1] == found[2, 3]
        assert np.unique(found).size == 7  # 12 frequencies, two of them their own negatives

    def test_signs_are_left_to_the_blocks(self):
        action = st.groups.from_permutations([[1, 2, 3, 0]], signs=[[1, 1, 1, -1]])
        assert frequency_orbits(action, (4,)) is None


class TestGram:
    @every_array
    @pytest.mark.parametrize("kind", ["pixels", "fourier"])
    def test_eigenvalues_are_those_of_the_stack(self, action, kind, rng):
        units = points(kind, action.shape)
        for _ in range(4):
            mask = rng.random(action.n) < 0.5
            mask[0] = True
            shaped = mask.reshape(action.shape)
            A = st.operators.fourier(shaped) if kind == "fourier" else st.operators.inpainting(mask)
            rows = oracles.realified(A.to_dense(), "real")
            stack = oracles.stack(rows, listed(action))
            expected = np.linalg.eigvalsh(stack.T @ stack / len(listed(action)))
            found = gram_of(units, action, 4)
            assert isinstance(found, OrbitGram)
            assert np.allclose(found.eigenvalues(mask), expected)
            assert np.allclose(BlockGram(units, action, 0.5).eigenvalues(mask), expected)

    @pytest.mark.parametrize("action", MIXING.values(), ids=MIXING)
    @pytest.mark.parametrize("kind", ["pixels", "fourier"])
    def test_blocks_of_actions_that_mix_entries(self, action, kind, rng):
        grams = entry_grams(kind, action)
        found = gram_of(points(kind, action.shape), action, 4)
        assert isinstance(found, BlockGram)
        mask = rng.random(action.n) < 0.4
        assert np.allclose(found.eigenvalues(mask), np.linalg.eigvalsh(grams[mask].sum(axis=0)))

    @pytest.mark.parametrize("action", [*MIXING.values(), st.groups.dihedral(4)])
    @pytest.mark.parametrize("power", [1, 2])
    def test_pull_is_the_first_order(self, action, power, rng):
        units = points("fourier", action.shape)
        grams, mask = entry_grams("fourier", action), rng.random(action.n) < 0.4
        for gram in (gram_of(units, action, 4), BlockGram(units, action, 0.5)):
            inverse = np.linalg.inv(grams[mask].sum(axis=0) + gram.soft * np.eye(action.n))
            weights = np.linalg.matrix_power(inverse, power)
            expected = np.einsum("pij,ji->p", grams, weights)
            assert np.allclose(gram.pull(mask, power), expected, rtol=1e-6)


class TestAgainstAllMasks:
    @pytest.mark.parametrize("kind", ["pixels", "fourier"])
    @pytest.mark.parametrize(
        "action",
        [
            st.groups.quarter_turns(3),
            st.groups.dihedral(3),
            st.groups.reflections(3, 3, axis=0),
            st.groups.shifts(2, 4),
            st.groups.shifts(9, stride=3),
            st.groups.polygon(8),
        ],
        ids=lambda action: action.name,
    )
    def test_single_entries_are_optimal(self, kind, action):
        grams, units = entry_grams(kind, action), points(kind, action.shape)
        for budget in range(1, action.n + 1):
            best, possible = least_of_all(units, grams, budget)
            design = st.design_mask(kind, action, budget)
            assert np.count_nonzero(design.mask) == design.budget == budget
            own = np.linalg.eigvalsh(grams[design.mask.reshape(-1)].sum(axis=0))[0]
            assert own == pytest.approx(best, abs=1e-9)
            assert design.optimal and design.learnable is design.possible is bool(possible)

    @pytest.mark.parametrize("kind", ["cartesian", "radial"])
    @pytest.mark.parametrize(
        "action",
        [
            st.groups.quarter_turns(5),
            st.groups.dihedral(4),
            st.groups.shifts(4, 4),
            st.groups.reflections(4, 3, axis=0),
            st.groups.kravchuk_rotations(4, order=8),
        ],
        ids=lambda action: action.name,
    )
    def test_lines_and_spokes_are_optimal_where_all_can_be_tried(self, kind, action):
        grams, units = entry_grams(kind, action), units_of(kind, action.shape)
        for budget in range(1, units.count + 1):
            best, possible = least_of_all(units, grams, budget)
            design = st.design_mask(kind, action, budget)
            own = np.linalg.eigvalsh(grams[design.mask.reshape(-1)].sum(axis=0))[0]
            assert own == pytest.approx(best, abs=1e-9)
            assert design.learnable is bool(possible)
            if orbits_of(units, action, budget) is None:
                # Rounded eigenvalues rule nothing out.
                assert design.possible in ((True,) if possible else (None, False))
            else:
                assert design.optimal and design.possible is bool(possible)

    @pytest.mark.parametrize("kind", ["cartesian", "radial"])
    @pytest.mark.parametrize("name", ["quarter_turns", "dihedral", "kravchuk_rotations"])
    def test_the_search_comes_within_three_quarters(self, kind, name, rng):
        action = getattr(st.groups, name)(6)
        units = units_of(kind, (6, 6))
        for budget in (2, 3, 4, 5):
            gram = gram_of(units, action, budget)
            best = max(
                gram.scores(units.mask(c)[None])[0][0]
                for c in itertools.combinations(range(units.count), budget)
            )
            drawn = random_choices(units, budget, (), rng)
            found = search.heuristic(gram, units, (), drawn)
            assert len(found.chosen) == budget
            assert 0.75 * best <= found.key[0] <= best + 1e-9

    @pytest.mark.parametrize("kind", ["pixels", "fourier"])
    def test_single_entries_for_an_action_that_mixes_them(self, kind, rng):
        action = st.groups.kravchuk_rotations(4)
        units = points(kind, (4, 4))
        gram = gram_of(units, action, 5)
        masks = (units.mask(c) for c in itertools.combinations(range(16), 5))
        best = max(gram.scores(mask[None])[0][0] for mask in masks)
        found = search.heuristic(gram, units, (), random_choices(units, 5, (), rng))
        assert 0.6 * best <= found.key[0] <= best + 1e-9

    def test_water_filling_with_kept_entries(self, rng):
        labels = np.array([0, 0, 0, 0, 0, 1, 1, 1, 2])
        for kept in ([], [0, 1, 2], [5], [8, 0], [5, 6, 7]):
            for budget in range(len(kept), 10):
                chosen = water_filling(labels, np.array(kept, dtype=int), budget, rng)
                assert set(kept) <= set(chosen.tolist()) and len(set(chosen.tolist())) == budget
                free = [p for p in range(9) if p not in kept]

                def least(some):
                    return min(
                        np.count_nonzero(labels[list(some)] == j) / np.count_nonzero(labels == j)
                        for j in range(3)
                    )

                more = itertools.combinations(free, budget - len(kept))
                options = [(*kept, *c) for c in more]
                assert least(chosen) == max(map(least, options))

                def rank(some):
                    return np.isin(labels, labels[list(some)]).sum()

                assert least(chosen) > 0 or rank(chosen) == max(map(rank, options))

    def test_the_rank_is_the_largest_where_it_cannot_be_full(self):
        # Five orbits of 9 pixels under the reflection: four pairs and one pixel.
        for seed in range(5):
            design = st.design_mask("pixels", st.groups.reflections(9), 4, rng=seed)
            assert design.possible is False and design.rank.rank == 8

    @pytest.mark.parametrize("turn", [2e-7, 1e-2])
    def test_rounded_eigenvalues_rule_nothing_out(self, turn):
        # A reflection along nearly an axis: pixels 0 and 2 see everything, the first of the axes
        # just so, which squares lose.
        c, s = np.cos(turn), np.sin(turn)
        matrix = np.array([[c, s, 0], [s, -c, 0], [0, 0, 1]])
        action = st.groups.from_matrices([matrix])
        seen = st.stacked_rank(st.operators.inpainting(np.array([1, 0, 1])), action)
        assert seen.full and seen.clear
        design = st.design_mask("pixels", action, 2)
        assert design.possible is not False
        assert design.learnable or not design.optimal

    def test_spokes_of_unequal_length_are_not_bounded_by_their_own_mean(self):
        # All signed permutations: one orbit, so that more entries are better.
        action = st.groups.hyperoctahedral(60)
        design = st.design_mask("radial", action, 10, shape=(5, 12), keep=[11])
        units = spokes((5, 12))
        better = units.mask([11, 2, 15, 13, 0, 4, 6, 1, 8, 7]).sum()
        assert design.optimal <= (np.count_nonzero(design.mask) >= better)

    @pytest.mark.parametrize(("kind", "shape"), [("radial", (5, 6)), ("cartesian", (4, 3))])
    def test_no_mask_has_more_entries_than_the_bound(self, kind, shape):
        units = units_of(kind, shape)
        for budget in range(1, 5):
            options = itertools.combinations(range(units.count), budget)
            most = max(np.count_nonzero(units.mask(c)) for c in options)
            assert most <= units.most_entries(budget) <= units.n
            assert budget > 1 or most == units.most_entries(budget)


class TestTurningPoints:
    @pytest.mark.parametrize("size", [3, 4, 5, 6, 8, 9])
    def test_quarter_turns_need_one_frequency_per_orbit(self, size):
        # Burnside: a quarter turn fixes 2 frequencies of an even grid and 1 of an odd one, half a
        # turn 4 and 1; half a turn is f to -f, so that real signals join no more.
        one, two = (2, 4) if size % 2 == 0 else (1, 1)
        orbits = (size * size + two + 2 * one) // 4
        action = st.groups.quarter_turns(size)
        enough, few = (st.design_mask("fourier", action, b) for b in (orbits, orbits - 1))
        assert enough.learnable and enough.possible
        assert not few.learnable and few.possible is False
        assert f"{orbits} orbits" in few.reason
        assert few.condition == 0 < enough.condition

    @pytest.mark.parametrize("size", [4, 5, 6])
    @pytest.mark.parametrize("name", ["shifts", "quarter_turns", "dihedral"])
    def test_whole_lines_need_one_of_each_pair_under_turns_too(self, size, name):
        sides = (size, size) if name == "shifts" else (size,)
        action = getattr(st.groups, name)(*sides)
        grams = entry_grams("fourier", action)
        for chosen in itertools.product([False, True], repeat=size):
            mask = np.repeat(chosen, size)
            pairs = np.array(chosen) | np.roll(chosen[::-1], 1)
            full = np.linalg.eigvalsh(grams[mask].sum(axis=0))[0] > 1e-9
            assert full == pairs.all()
        for budget, possible in ((size // 2, False), (size // 2 + 1, True)):
            design = st.design_mask("cartesian", action, budget)
            assert design.possible is design.learnable is possible
            assert ("needs no symmetry" in design.reason) is possible

    def test_no_frequencies_gain_anything_from_shifts(self):
        action, group = st.groups.shifts(7), listed(st.groups.shifts(7))
        for chosen in itertools.product([False, True], repeat=7):
            if any(chosen):
                A = st.operators.fourier(np.array(chosen))
                rows = oracles.realified(A.to_dense(), "real")
                assert oracles.rank(oracles.stack(rows, group)) == oracles.rank(rows)
        assert st.design_mask("fourier", action, 3).possible is False
        enough = st.design_mask("fourier", action, 4)
        assert enough.learnable and "needs no symmetry" in enough.reason

    def test_one_pixel_is_enough_for_shifts_and_equally_good_everywhere(self):
        design = st.design_mask("pixels", st.groups.shifts(5, 7), 1)
        assert design.learnable and design.condition == pytest.approx(1)
        assert design.random == pytest.approx(np.ones(20))

    def test_rows_that_the_irreps_need(self):
        # SO(2) on 6 x 6 pixels has frequency 0 six times: five pixels cannot do, whatever they are.
        action = st.groups.kravchuk_rotations(6)
        few = st.design_mask("pixels", action, 5)
        assert few.possible is few.learnable is False and "max c_j/s_j = 6" in few.reason
        assert st.design_mask("pixels", action, 8).learnable

    @pytest.mark.parametrize("kind", ["cartesian", "radial", "fourier"])
    @every_array
    def test_the_lower_bound_is_one(self, kind, action):
        if kind != "fourier" and len(action.shape) != 2:
            return
        units = units_of(kind, action.shape)
        gram = orbits_of(units, action, 1)
        needed, _ = least_units(gram, units, action, ())
        for budget in range(1, min(needed, 5)):
            for chosen in itertools.combinations(range(units.count), budget):
                assert gram.eigenvalues(units.mask(chosen))[0] == 0
        kept_needed, _ = least_units(gram, units, action, (0,))
        assert needed <= kept_needed <= needed + 1

    def test_left_open_where_neither_proved_nor_found(self, monkeypatch):
        # With the choices untried and a bound below the truth, nothing is claimed.
        monkeypatch.setattr("sensing_theorems.design.solving.exhaustive", lambda *_: None)
        monkeypatch.setattr("sensing_theorems.design.mask_design.least_units", lambda *_: (1, "-"))
        design = st.design_mask("radial", st.groups.quarter_turns(6), 3)
        assert design.learnable is False
        assert design.possible is None and not design.optimal
        assert "left open" in design.reason


class TestMaskDesign:
    CASES = (
        ("cartesian", st.groups.quarter_turns(6), 4),
        ("cartesian", st.groups.kravchuk_rotations(6, order=6), 3),
        ("radial", st.groups.dihedral(6), 7),
        ("radial", st.groups.kravchuk_rotations(6, order=6), 3),
        ("fourier", st.groups.quarter_turns(6), 12),
        ("pixels", st.groups.dihedral(5), 9),
        ("pixels", st.groups.subsets(4, 2), 2),
    )
    every_case = pytest.mark.parametrize(("kind", "action", "budget"), CASES)

    @every_case
    def test_is_checked_on_the_operator_itself(self, kind, action, budget):
        design = st.design_mask(kind, action, budget)
        build = st.operators.inpainting if kind == "pixels" else st.operators.fourier
        assert np.array_equal(design.operator.to_dense(), build(design.mask).to_dense())
        assert design.mask.shape == action.shape and design.mask.dtype == bool
        rows = oracles.realified(design.operator.to_dense(), "real")
        assert design.rank.rank == oracles.rank(oracles.stack(rows, listed(action)))
        assert design.condition == pytest.approx(explicit_condition(design.operator, action))
        union = units_of(kind, action.shape).mask(design.units)
        assert np.array_equal(union.reshape(action.shape), design.mask)
        assert len(design.units) == budget

    @every_case
    def test_no_random_mask_of_the_budget_sees_more(self, kind, action, budget):
        design = st.design_mask(kind, action, budget)
        grams, units = entry_grams(kind, action), units_of(kind, action.shape)
        own = np.linalg.eigvalsh(grams[design.mask.reshape(-1)].sum(axis=0))[0]
        rng = np.random.default_rng(5)
        for _ in range(50):
            mask = units.mask(rng.choice(units.count, budget, replace=False))
            assert np.linalg.eigvalsh(grams[mask].sum(axis=0))[0] <= own + 1e-9

    def test_random_conditions_are_those_of_masks_of_the_budget(self, rng):
        action = st.groups.quarter_turns(3)
        design = st.design_mask("fourier", action, 4)
        possible = {0.0}
        for chosen in itertools.combinations(range(9), 4):
            mask = np.isin(np.arange(9), chosen).reshape(3, 3)
            possible.add(round(explicit_condition(st.operators.fourier(mask), action), 9))
        assert design.random.shape == (20,) and (np.diff(design.random) <= 0).all()
        assert set(design.random.round(9).tolist()) <= possible

    @every_case
    def test_same_seed_same_mask(self, kind, action, budget):
        one, two = (st.design_mask(kind, action, budget, rng=3) for _ in range(2))
        assert one.units == two.units and np.array_equal(one.random, two.random)
        default = st.design_mask(kind, action, budget)
        assert default.units == st.design_mask(kind, action, budget).units
        assert default.condition >= 0.7 * one.condition

    def test_the_centre_is_kept(self):
        action = st.groups.quarter_turns(8)
        centre = np.abs(np.fft.fftfreq(8)) < 0.2
        lines = np.flatnonzero(centre)
        by_number = st.design_mask("cartesian", action, 5, keep=lines)
        by_unit = st.design_mask("cartesian", action, 5, keep=centre)
        by_mask = st.design_mask("cartesian", action, 5, keep=np.repeat(centre[:, None], 8, axis=1))
        assert by_number.units == by_unit.units == by_mask.units
        assert set(lines.tolist()) <= set(by_unit.units)
        block = centre[:, None] & centre
        free = st.design_mask("fourier", action, 25, keep=block)
        assert free.mask[block].all() and np.count_nonzero(free.mask) == 25

    def test_keeping_can_make_a_budget_too_small(self):
        action = st.groups.quarter_turns(4)
        assert st.design_mask("fourier", action, 6).learnable
        kept = [1, 3, 4, 12]  # one orbit
        design = st.design_mask("fourier", action, 6, keep=kept)
        assert design.possible is design.learnable is False
        assert "beside those kept" in design.reason
        assert "No 6 frequencies that hold the kept frequencies can" in design.reason
        assert st.design_mask("fourier", action, 9, keep=kept).learnable

    def test_everything_is_no_worse_than_no_symmetry(self):
        design = st.design_mask("fourier", st.groups.quarter_turns(4), 16)
        assert design.condition == pytest.approx(1) and design.optimal

    def test_an_even_cover_is_optimal_by_the_trace(self):
        # 16 of 64 pixels in 16 orbits of four: the mean of the eigenvalues is 1/4, and so is each.
        design = st.design_mask("pixels", st.groups.quarter_turns(8), 16)
        assert design.optimal and design.condition == pytest.approx(1)

    def test_says_all_of_it(self):
        text = str(st.design_mask("fourier", st.groups.quarter_turns(4), 6))
        for part in ("6 frequencies on 4x4", "quarter_turns(4)", "rank 16 of 16", "condition 0.5"):
            assert part in text
        assert "20 random masks see everything" in text and "optimal" in text
        assert "not learnable" in str(st.design_mask("pixels", st.groups.quarter_turns(4), 3))

    @pytest.mark.parametrize(("kind", "budget"), [("radial", 4), ("fourier", 30)])
    def test_better_than_chance_at_image_size(self, kind, budget):
        design = st.design_mask(kind, st.groups.kravchuk_rotations(12), budget)
        assert design.learnable and design.condition > design.random[0]


class TestUnits:
    @pytest.mark.parametrize(
        "shape", [(2, 2), (3, 3), (4, 4), (6, 6), (8, 8), (9, 9), (4, 7), (6, 2)]
    )
    def test_spokes_are_digital_lines_through_the_centre(self, shape):
        units = spokes(shape)
        low = np.array(shape)[:, None]
        for at in units.members:
            where = np.stack(np.unravel_index(at, shape))
            assert 0 in at
            negative = np.ravel_multi_index(list(-where % low), shape)
            assert set(negative.tolist()) == set(at.tolist())
        if shape[0] == shape[1]:
            # On 2 x 2 and 4 x 4 some are equal, as the last frequency is its own negative.
            usual = 2 * shape[0] - 2 * (shape[0] % 2)
            assert units.count == {2: 3, 4: 6}.get(shape[0], usual)
            assert units.mask(range(units.count)).all()

    @pytest.mark.parametrize("size", [7, 9, 15])
    def test_spokes_stay_within_half_a_step(self, size):
        for at in spokes((size, size)).members:
            where = np.stack(np.unravel_index(at, (size, size)))
            y, x = (where + size // 2) % size - size // 2
            end = np.argmax(np.maximum(abs(y), abs(x)))
            length = max(abs(y[end]), abs(x[end]))
            step = np.where(abs(y[end]) == length, y * x[end] - x * y[end], x * y[end] - y * x[end])
            assert (np.abs(step) <= length / 2 + 1e-9).all()
            assert at.size == size

    @pytest.mark.parametrize("size", [6, 7, 12])
    def test_a_quarter_turn_takes_spokes_to_spokes(self, size):
        sets = {at.tobytes() for at in spokes((size, size)).members}
        for at in spokes((size, size)).members:
            y, x = np.divmod(at, size)
            assert np.sort(-x % size * size + y).tobytes() in sets

    def test_spokes_are_sorted_by_angle(self):
        ends = [at for at in spokes((9, 9)).members]
        angles = []
        for at in ends:
            y, x = (np.stack(np.divmod(at, 9)) + 4) % 9 - 4
            outer = np.argmax(y * 100 + np.where(y == 0, x, 0))
            angles.append(np.arctan2(y[outer], x[outer]))
        assert angles == sorted(angles)

    def test_lines_run_along_the_last_axis(self):
        units = lines((3, 4))
        assert [at.tolist() for at in units.members] == np.arange(12).reshape(3, 4).tolist()
        assert lines((2, 3, 4)).count == 6
        assert lines((3, 4), axis=0).members[1].tolist() == [1, 5, 9]

    def test_a_mask_made_of_spokes_is_kept_as_spokes(self):
        units = spokes((8, 8))
        mask = units.mask([2, 5]).reshape(8, 8)
        kept = kept_units(mask, units)
        assert {2, 5} <= set(kept) and np.array_equal(units.mask(kept).reshape(8, 8), mask)


class TestBadInput:
    TURNS = st.groups.quarter_turns(4)

    @pytest.mark.parametrize(
        ("arguments", "keywords", "error", "match"),
        [
            (("spiral", TURNS, 2), {}, ValueError, "`kind` must be one of"),
            ((3, TURNS, 2), {}, ValueError, "`kind` must be one of"),
            (("pixels", "turns", 2), {}, TypeError, "GroupAction"),
            (("pixels", TURNS, 0), {}, ValueError, "positive"),
            (("pixels", TURNS, 2.0), {}, TypeError, "`budget` must be an integer"),
            (("pixels", TURNS, 17), {}, ValueError, "at most the 16 pixels"),
            (("cartesian", TURNS, 5), {}, ValueError, "at most the 4 lines of k-space"),
            (("cartesian", st.groups.shifts(8), 2), {}, ValueError, "two axes"),
            (("radial", st.groups.shifts(8), 2), {}, ValueError, "two axes"),
            (("pixels", TURNS, 2), {"shape": (3, 5)}, ValueError, "as many entries"),
            (("pixels", TURNS, 2), {"shape": "wide"}, TypeError, "tuple of integers"),
            (("pixels", TURNS, 2), {"keep": [0, 1, 2]}, ValueError, "number of units kept, 3"),
            (("pixels", TURNS, 2), {"keep": [16]}, ValueError, "from 0 to 15"),
            (("pixels", TURNS, 2), {"keep": [-1]}, ValueError, "from 0 to 15"),
            (("pixels", TURNS, 2), {"keep": [0.5]}, TypeError, "booleans, or numbers"),
            (("pixels", TURNS, 2), {"keep": [True]}, ValueError, "shape of the mask"),
            (("cartesian", TURNS, 2), {"keep": np.eye(4) > 0}, ValueError, "cuts through some"),
            (("pixels", TURNS, 4), {"keep": np.array([0, 1, 0, 1])}, ValueError, "each unit once"),
            (("pixels", TURNS, 4), {"keep": [[1], [1, 2]]}, ValueError, "different lengths"),
            (("pixels", TURNS, 2), {"rng": "seed"}, TypeError, "`rng` must be"),
            (("pixels", TURNS, 2), {"rng": -1}, ValueError, "`rng` must be at least 0; got -1"),
            (("pixels", st.groups.disk_rotations(8), 2), {}, ValueError, "coefficients"),
            (
                ("fourier", st.groups.kravchuk_rotations(128), 9),
                {},
                ValueError,
                "does not permute frequencies",
            ),
        ],
    )
    def test_says_what_must_hold(self, arguments, keywords, error, match):
        with pytest.raises(error, match=match):
            st.design_mask(*arguments, **keywords)

    def test_a_shape_may_be_an_array(self):
        design = st.design_mask("pixels", self.TURNS, 4, shape=np.array([4, 4]))
        assert design.mask.shape == (4, 4)

    def test_an_empty_keep_keeps_nothing(self):
        design = st.design_mask("pixels", self.TURNS, 4, keep=[])
        assert design.units == st.design_mask("pixels", self.TURNS, 4).units
