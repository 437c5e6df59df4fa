"""Laws of actions and of their irreps, against brute force and closed forms."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from fractions import Fraction

import numpy as np
import oracles
import pytest

import sensing_theorems as st

SMALL = oracles.small_actions(st)
every_small = pytest.mark.parametrize("action", SMALL.values(), ids=SMALL.keys())


class TestAction:
    @every_small
    def test_order_is_the_number_of_maps(self, action):
        assert len(oracles.dense_elements(action)) == action.order
        listed = list(action.elements())
        assert len(listed) == action.order
        assert len({element.key() for element in listed}) == action.order

    @every_small
    def test_elements_are_orthogonal_and_closed(self, action):
        keys = {element.key() for element in action.elements()}
        for element, generator in itertools.product(action.elements(), action.generators):
            assert (generator @ element).key() in keys
        for element in action.elements():
            T = element.matrix().toarray()
            np.testing.assert_array_equal(T.T @ T, np.eye(action.n))
            assert (element @ element.inverse()).is_identity()

    @every_small
    def test_homomorphism(self, action, rng):
        x = rng.standard_normal((2, action.n))
        listed = list(action.elements())
        for g, h in rng.integers(action.order, size=(20, 2)):
            np.testing.assert_array_equal(
                action.apply(int(g), action.apply(int(h), x)), (listed[g] @ listed[h])(x)
            )

    @every_small
    def test_apply_by_number_exponents_and_element(self, action, rng):
        x = rng.standard_normal(action.n)
        np.testing.assert_array_equal(action.apply(0, x), x)
        exponents = tuple(int(e) for e in rng.integers(0, 4, len(action.generators)))
        expected = x
        for generator, exponent in reversed(list(zip(action.generators, exponents, strict=True))):
            for _ in range(exponent):
                expected = action.apply(generator, expected)
        np.testing.assert_array_equal(action.apply(exponents, x), expected)

    def test_is_cyclic_exactly_where_one_element_generates(self):
        for name, action in SMALL.items():
            orders = [
                next(k for k in range(1, action.order + 1) if element.power(k).is_identity())
                for element in action.elements()
            ]
            if action.is_cyclic:
                assert max(orders) == action.order, name
            elif action.kind == "abelian":
                assert max(orders) < action.order, name

    def test_generators_are_numpys(self, rng):
        x = rng.standard_normal((6, 6))
        flat = x.reshape(-1)
        shift = st.groups.shifts(6, 6, stride=(2, 3))
        for axis, step in enumerate((2, 3)):
            moved = shift.apply(shift.generators[axis], flat)
            np.testing.assert_array_equal(moved, np.roll(x, step, axis).reshape(-1))
        turn = st.groups.quarter_turns(6)
        np.testing.assert_array_equal(turn.apply(1, flat), np.rot90(x).reshape(-1))
        square = st.groups.dihedral(6)
        np.testing.assert_array_equal(square.apply((0, 1), flat), np.fliplr(x).reshape(-1))
        flip = st.groups.reflections(6, 6, axis=0)
        np.testing.assert_array_equal(flip.apply(1, flat), np.flipud(x).reshape(-1))
        polar = st.groups.polar_rotations(9, 4)
        np.testing.assert_array_equal(
            polar.apply(1, flat), np.roll(x.reshape(9, 4), 1, axis=1).reshape(-1)
        )

    def test_one_line_form(self):
        action = st.groups.from_permutations([[2, 0, 1]], signs=[[1, -1, 1]])
        T = action.generators[0].matrix().toarray()
        for i, (p, s) in enumerate(zip([2, 0, 1], [1, -1, 1], strict=True)):
            np.testing.assert_array_equal(T @ np.eye(3)[i], s * np.eye(3)[p])

    def test_large_groups_keep_their_order(self):
        assert st.groups.symmetric(40).order == math.factorial(40)
        assert st.groups.shifts(512, 512).order == 512**2
        generators = [np.roll(np.arange(12), -1), [1, 0, *range(2, 12)]]
        assert st.groups.from_permutations(generators).order == math.factorial(12)


class TestIrreps:
    @every_small
    def test_dimensions_add_up(self, action):
        table = action.irreps
        assert table.n == action.n
        assert sum(r.dim * r.multiplicity * r.count for r in table.real) == action.n

    @every_small
    def test_commutant_dimension_is_the_norm_of_the_character(self, action):
        assert action.irreps.commutant_dim == oracles.character_table_multiplicities(action)

    @every_small
    def test_real_endomorphisms_count_the_same_commutant(self, action):
        size = {"R": 1, "C": 2, "H": 4}
        real = sum(size[r.algebra] * r.multiplicity**2 * r.count for r in action.irreps.real)
        assert real == action.irreps.commutant_dim

    @every_small
    def test_sum_of_indicators_counts_invariant_symmetric_forms(self, action):
        # The second-order Frobenius-Schur sum of the whole representation.
        group = oracles.dense_elements(action)
        traces = sum(np.trace(T @ T) for T in group) / len(group)
        found = sum(r.indicator * r.multiplicity * r.count for r in action.irreps.complex)
        assert found == round(traces)

    @every_small
    def test_bounds(self, action):
        table = action.irreps
        assert table.max_ratio >= Fraction(action.n, action.order)
        assert table.max_multiplicity >= table.max_ratio

    def test_cyclic_multiplicities_are_eigenvalue_multiplicities(self):
        for name, action in SMALL.items():
            if len(action.generators) > 1:
                continue
            values = np.linalg.eigvals(action.generators[0].matrix().toarray())
            phases = np.rint(np.angle(values) / (2 * np.pi) * action.order).astype(int)
            counted = Counter(Counter((phases % action.order).tolist()).values())
            table = Counter()
            for row in action.irreps.complex:
                table[row.multiplicity] += row.count
            assert table == counted, name

    @pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 8, 9, 16])
    def test_quarter_turns_closed_form(self, size):
        n = size * size
        expected = {n // 4: 4} if size % 2 == 0 else {(n + 3) // 4: 1, (n - 1) // 4: 3}
        found = Counter()
        for row in st.groups.quarter_turns(size).irreps.complex:
            found[row.multiplicity] += row.count
        assert found == Counter({c: k for c, k in expected.items() if c})

    @pytest.mark.parametrize("size", [2, 3, 4, 5, 6, 9, 64])
    def test_dihedral_closed_form(self, size):
        n = size * size
        if size % 2 == 0:
            ones, two = [(n + 2 * size) // 8] * 2 + [(n - 2 * size) // 8] * 2, n // 4
        else:
            ones = [(n + 3 + 4 * size) // 8, (n + 3 - 4 * size) // 8, (n - 1) // 8, (n - 1) // 8]
            two = (n - 1) // 4
        found = Counter()
        for row in st.groups.dihedral(size).irreps.complex:
            assert row.indicator == 1
            found[(row.dim, row.multiplicity)] += row.count
        expected = Counter((1, c) for c in ones if c) + Counter([(2, two)])
        assert found == expected

    @pytest.mark.parametrize(("n", "stride", "channels"), [(12, 1, 1), (12, 3, 1), (12, 4, 3)])
    def test_shifts_closed_form(self, n, stride, channels):
        table = st.groups.shifts(n, stride=stride, channels=channels).irreps
        assert {r.multiplicity for r in table.complex} == {stride * channels}
        assert sum(r.count for r in table.complex) == n // stride

    def test_real_irreps_do_not_give_the_bound(self):
        # Three plane vectors under quarter turns: c/s = 3, where the real table suggests 3/2.
        vectors = SMALL["vectors under C4"].irreps
        assert vectors.max_ratio == 3
        assert vectors.real == ((2, 3, "C", 1),)
        quaternions = SMALL["quaternions"].irreps
        assert quaternions.complex == ((2, 2, -1, 1),)
        assert quaternions.real == ((4, 1, "H", 1),)

    @pytest.mark.parametrize(
        ("generators", "expected"),
        [
            # S_4 on the six edges of the tetrahedron: 1 + 2 + 3.
            ([[3, 4, 0, 5, 1, 2], [0, 3, 4, 1, 2, 5]], ((1, 1, 1, 1), (2, 1, 1, 1), (3, 1, 1, 1))),
            # The Fano plane: doubly transitive, 1 + 6.
            ([[1, 2, 3, 4, 5, 6, 0], [0, 2, 1, 6, 4, 5, 3]], ((1, 1, 1, 1), (6, 1, 1, 1))),
        ],
        ids=["tetrahedron edges", "Fano plane"],
    )
    def test_permutation_groups_of_the_literature(self, generators, expected):
        assert st.groups.from_permutations(generators).irreps.complex == expected

    def test_printed_table_names_both_fields(self):
        text = str(st.groups.shifts(8).irreps)
        assert "over C" in text
        assert "over R" in text
        assert "max c/s = 1" in text


class TestIsotypicTransform:
    @every_small
    def test_unitary_and_invertible(self, action, rng):
        x = rng.standard_normal((3, action.n)) + 1j * rng.standard_normal((3, action.n))
        parts = action.transform.analyze(x)
        np.testing.assert_allclose(action.transform.synthesize(parts), x, atol=1e-12)
        energy = sum(np.sum(np.abs(part) ** 2) for part in parts)
        np.testing.assert_allclose(energy, np.sum(np.abs(x) ** 2))

    @every_small
    def test_group_acts_on_the_irrep_and_not_on_the_multiplicity(self, action, rng):
        # T_g = D(g) (x) I, with one D(g) for every multiplicity index and every signal.
        x = rng.standard_normal((action.n + 2, action.n))
        parts = action.transform.analyze(x)
        for generator in action.generators:
            moved = action.transform.analyze(generator(x))
            for before, after in zip(parts, moved, strict=True):
                for i in range(before.shape[1]):
                    columns = before[:, i].transpose(1, 0, 2).reshape(before.shape[2], -1)
                    images = after[:, i].transpose(1, 0, 2).reshape(after.shape[2], -1)
                    D = images @ np.linalg.pinv(columns)
                    np.testing.assert_allclose(D @ columns, images, atol=1e-9)
                    np.testing.assert_allclose(D @ D.conj().T, np.eye(D.shape[0]), atol=1e-9)

    def test_shift_coordinates_are_the_fft(self, rng):
        x = rng.standard_normal((2, 5, 7))
        (part,) = st.groups.shifts(5, 7).transform.analyze(x.reshape(2, -1))
        expected = np.fft.fft2(x, norm="ortho").reshape(2, -1)
        np.testing.assert_allclose(part[:, :, 0, 0], expected, atol=1e-12)


class TestCombinations:
    def test_direct_sum_adds_multiplicities(self):
        a, b = st.groups.shifts(4, 4), st.groups.shifts(4, 4)
        both = st.groups.direct_sum(a, b)
        assert both.order == a.order
        assert both.irreps.max_multiplicity == 2
        assert both.irreps.commutant_dim == 4 * a.irreps.commutant_dim

    def test_channels_are_a_direct_sum(self):
        g = st.groups
        summed = g.direct_sum(g.direct_sum(g.shifts(6), g.shifts(6)), g.shifts(6))
        assert summed.irreps == g.shifts(6, channels=3).irreps

    def test_direct_sum_with_trivial_either_way(self):
        g = st.groups
        for other in (g.dihedral(3), g.symmetric(4), g.shifts(2, 3), SMALL["not commuting"]):
            left = g.direct_sum(g.trivial(2), other)
            right = g.direct_sum(other, g.trivial(2))
            assert left.irreps == right.irreps
            assert left.order == other.order

    def test_product_of_commuting_actions(self):
        rows = st.groups.from_permutations([[3, 4, 5, 0, 1, 2]])
        columns = st.groups.from_permutations([[1, 2, 0, 4, 5, 3]])
        assert st.groups.product(rows, columns).irreps == st.groups.shifts(2, 3).irreps

    def test_product_counts_maps_and_not_pairs(self):
        a = st.groups.shifts(6)
        assert st.groups.product(a, a).order == 6

    def test_product_refuses_what_does_not_commute(self):
        with pytest.raises(ValueError, match="do not commute"):
            st.groups.product(st.groups.shifts(4, 4), st.groups.quarter_turns(4))

    @pytest.mark.parametrize(
        ("a", "b"),
        [("shifts 2-D", "shifts"), ("dihedral odd", "shifts 2-D"), ("symmetric", "dihedral odd")],
    )
    def test_direct_sum_refuses_two_groups(self, a, b):
        with pytest.raises(ValueError, match="one group"):
            st.groups.direct_sum(SMALL[a], SMALL[b])


class TestBadInput:
    @pytest.mark.parametrize(
        ("build", "match"),
        [
            (lambda g: g.shifts(), "at least one axis"),
            (lambda g: g.shifts(0), "positive"),
            (lambda g: g.shifts(-3), "positive"),
            (lambda g: g.shifts(8, stride=3), "divide"),
            (lambda g: g.shifts(8, 8, stride=(2, 2, 2)), "one entry per axis"),
            (lambda g: g.reflections(4, axis=1), "axis must lie"),
            (lambda g: g.reflections(), "at least one axis"),
            (lambda g: g.from_permutations([]), "at least one generator"),
            (lambda g: g.from_permutations([[0, 0]]), "each of 0"),
            (lambda g: g.from_permutations([[1, 2, 3]]), "each of 0"),
            (lambda g: g.from_permutations([[0, 1], [0, 1, 2]]), "same R"),
            (lambda g: g.from_permutations([[[0, 1]]]), "one-line"),
            (lambda g: g.from_permutations([[0.5, 1.5]]), "integers"),
            (lambda g: g.from_permutations([["a", "b"]]), "integers"),
            (lambda g: g.from_permutations([[0, 1]], signs=[[1, 2]]), r"\+1 or -1"),
            (lambda g: g.from_permutations([[0, 1]], signs=[[1]]), "one entry per coordinate"),
            (lambda g: g.from_permutations([[0, 1]], signs=[]), "one list per generator"),
            (lambda g: g.product(g.shifts(4), g.shifts(5)), "one R"),
            (lambda g: g.shifts(4).apply(4, np.zeros(4)), "must lie in 0"),
            (lambda g: g.scalings(10**30), "at most"),
            (lambda g: g.scalings(8, factors=[10**30]), "`factors` must be at most"),
            (lambda g: g.interpolated_rotations(4, 10**30), "`order` must be at most"),
            (lambda g: g.scalings(8, direction="up"), "'in' or 'out'; got 'up'"),
            (lambda g: g.shifts(4).apply((1, 1), np.zeros(4)), "1 generators"),
            (lambda g: g.shifts(4).apply(1, np.zeros(5)), r"\(\.\.\., 4\)"),
            (lambda g: g.symmetric(30).apply(7, np.zeros(30)), "too many to enumerate"),
        ],
    )
    def test_says_what_must_hold(self, build, match):
        with pytest.raises(ValueError, match=match):
            build(st.groups)

    @pytest.mark.parametrize("size", ["8", 2.5, None, True])
    def test_sizes_are_integers(self, size):
        with pytest.raises(TypeError, match="integer"):
            st.groups.shifts(size)

    @pytest.mark.parametrize(
        "build",
        [
            lambda g: g.reflections(2, 3, axis=True),
            lambda g: g.shifts(3).apply(True, np.ones(3)),
            lambda g: g.shifts(3).apply((True,), np.ones(3)),
            lambda g: g.scalings(8).apply(True, np.ones(8)),
            lambda g: g.scalings(8, direction=np.array(["in", "out"])),
            lambda g: g.shifts(np.array([2, 3])),
            lambda g: st.Problem(np.eye(2), field=np.array(["real", "complex"])),
        ],
    )
    def test_neither_booleans_nor_arrays_pass_for_something_else(self, build):
        with pytest.raises(TypeError, match=r"must be|given by integers"):
            build(st.groups)

    def test_elements_are_not_text(self):
        with pytest.raises(TypeError, match="tuple of exponents"):
            st.groups.shifts(4).apply("1", np.zeros(4))


class TestRestriction:
    def test_quarter_turns_of_a_square(self):
        found = st.groups.restrict(st.groups.dihedral(6), [(1, 0)])
        assert found.irreps == st.groups.quarter_turns(6).irreps and found.is_cyclic

    def test_of_shifts(self):
        found = st.groups.restrict(st.groups.shifts(12), [3])
        assert found.irreps == st.groups.shifts(12, stride=3).irreps

    @every_small
    def test_multiplicities_are_averages_over_the_subgroup(self, action, rng):
        chosen = [int(g) for g in rng.integers(action.order, size=2)]
        found = st.groups.restrict(action, chosen)
        group = oracles.elements([action.element(g).matrix().toarray() for g in chosen])
        assert found.order == len(group)
        traces = np.array([np.trace(T) for T in group])
        assert found.irreps.commutant_dim == round(float(np.mean(traces**2)))
        assert found.irreps.commutant_dim >= action.irreps.commutant_dim

    def test_of_matrix_groups(self):
        c, s = np.cos(2 * np.pi / 6), np.sin(2 * np.pi / 6)
        action = st.groups.from_matrices([[[c, -s], [s, c]], [[1, 0], [0, -1]]])
        assert action.order == 12
        found = st.groups.restrict(action, [(2, 0)])
        assert found.order == 3
        assert [tuple(r) for r in found.irreps.complex] == [(1, 1, 0, 2)]

    def test_of_rotations(self):
        found = st.groups.restrict(st.groups.kravchuk_rotations(6), 4)
        assert found.irreps == st.groups.kravchuk_rotations(6, order=4).irreps
        assert st.groups.restrict(st.groups.ball_rotations(3), 5).order == 5

    @pytest.mark.parametrize("to", [[], (), 3, None, "g"])
    def test_needs_elements(self, to):
        with pytest.raises(TypeError, match="non-empty list"):
            st.groups.restrict(st.groups.shifts(4), to)

    def test_needs_an_action(self):
        with pytest.raises(TypeError, match="GroupAction"):
            st.groups.restrict(3, [0])
        with pytest.raises(TypeError, match="number N"):
            st.groups.restrict(st.groups.kravchuk_rotations(4), [1])


class TestMixedKinds:
    @pytest.mark.parametrize("join", ["direct_sum", "product"])
    def test_only_permutations_are_joined(self, join):
        turns = st.groups.kravchuk_rotations(3)
        with pytest.raises(ValueError, match="otherwise"):
            getattr(st.groups, join)(turns, st.groups.shifts(9))
        with pytest.raises(TypeError, match="GroupAction"):
            getattr(st.groups, join)(turns.transform, turns)

    def test_different_kinds_are_never_the_same(self):
        a, b = st.groups.kravchuk_rotations(2, order=4), st.groups.quarter_turns(2)
        assert not a.same_as(b) and not b.same_as(a)
