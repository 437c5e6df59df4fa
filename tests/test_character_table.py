"""Laws of character tables, known tables, and agreement with brute force and with other routes."""

from __future__ import annotations

import importlib
import math
from collections import Counter

import numpy as np
import oracles
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as some

import sensing_theorems as st
from sensing_theorems._kernels import finite_groups as kernels
from sensing_theorems.groups import enumeration
from sensing_theorems.groups.character_table import character_table, irreps_by_classes
from sensing_theorems.groups.characters import multiplicities
from sensing_theorems.groups.enumeration import ListedGroup
from sensing_theorems.groups.exact_characters import proved_characters
from sensing_theorems.groups.regular import regular
from sensing_theorems.groups.signed import SignedPermutation

# The package gives the function under the name of its module.
module = importlib.import_module("sensing_theorems.groups.character_table")

SMALL = oracles.small_actions(st)
every_small = pytest.mark.parametrize("action", SMALL.values(), ids=SMALL.keys())


def maps(*generators, signs=None) -> tuple[SignedPermutation, ...]:
    """Signed permutations from 0-based one-line forms."""
    signs = signs or [None] * len(generators)
    return tuple(SignedPermutation.from_lists(p, s) for p, s in zip(generators, signs, strict=True))


def cyclic(n: int) -> tuple[SignedPermutation, ...]:
    return maps(np.roll(np.arange(n), -1))


def dihedral(n: int) -> tuple[SignedPermutation, ...]:
    return maps(np.roll(np.arange(n), -1), -np.arange(n) % n)


def symmetric(n: int) -> tuple[SignedPermutation, ...]:
    return maps(np.roll(np.arange(n), -1), [1, 0, *range(2, n)])


def special_linear(q: int) -> tuple[SignedPermutation, ...]:
    """SL(2, q) on the vectors of GF(q)^2, for a prime q: 0 is fixed."""

    def moved(a, b, c, d):
        return [(a * x + b * y) % q * q + (c * x + d * y) % q for x in range(q) for y in range(q)]

    return maps(moved(1, 1, 0, 1), moved(1, 0, 1, 1))


QUATERNIONS = maps([1, 0, 3, 2], [2, 3, 0, 1], signs=[[1, -1, 1, -1], [1, -1, -1, 1]])
ALTERNATING_5 = maps([1, 2, 3, 4, 0], [1, 2, 0, 3, 4])
FROBENIUS_21 = maps(np.roll(np.arange(7), -1), 2 * np.arange(7) % 7)
GROUPS = {
    "C_1": maps([0]),
    "C_7": cyclic(7),
    "D_6": dihedral(6),
    "S_4": symmetric(4),
    "A_5": ALTERNATING_5,
    "Q_8": QUATERNIONS,
    "C_7:C_3": FROBENIUS_21,
    "SL(2,3)": special_linear(3),
    "sign": maps([0, 1], signs=[[-1, -1]]),
    "signed cube": maps([1, 2, 0], [1, 0, 2], signs=[[1, 1, 1], [1, 1, -1]]),
}
every_group = pytest.mark.parametrize("generators", GROUPS.values(), ids=GROUPS.keys())


@some.composite
def signed_groups(draw) -> tuple[SignedPermutation, ...]:
    """One to three random signed permutations of up to five coordinates."""
    n = draw(some.integers(1, 5))
    found = []
    for _ in range(draw(some.integers(1, 3))):
        images = draw(some.permutations(range(n)))
        signs = draw(some.lists(some.sampled_from([1, -1]), min_size=n, max_size=n))
        found.append(SignedPermutation.from_lists(images, signs if draw(some.booleans()) else None))
    return tuple(found)


def brute_classes(group: list[np.ndarray]) -> list[list[np.ndarray]]:
    """Conjugacy classes, each element conjugated by each."""
    left = {T.tobytes(): T for T in group}
    classes = []
    while left:
        T = next(iter(left.values()))
        orbit = {(S @ T @ S.T + 0.0).tobytes() for S in group}
        classes.append([left.pop(key) for key in orbit])
    return classes


class TestListedGroup:
    @every_group
    def test_lists_what_brute_force_lists(self, generators):
        group = ListedGroup.of(generators)
        matrices = oracles.elements([g.matrix().toarray() for g in generators])
        listed = {group.element(g).matrix().toarray().tobytes() for g in range(group.order)}
        assert listed == {T.tobytes() for T in matrices}

    @every_group
    def test_classes_are_those_of_brute_force(self, generators):
        group = ListedGroup.of(generators)
        matrices = oracles.elements([g.matrix().toarray() for g in generators])
        ours = [
            frozenset(
                group.element(int(g)).matrix().toarray().tobytes()
                for g in np.flatnonzero(group.class_of == c)
            )
            for c in range(len(group.sizes))
        ]
        theirs = {frozenset(T.tobytes() for T in c) for c in brute_classes(matrices)}
        assert set(ours) == theirs

    @every_group
    def test_products_and_words(self, generators):
        group = ListedGroup.of(generators)
        for g in range(0, group.order, 1 + group.order // 20):
            for i, generator in enumerate(generators):
                product = group.element(int(group.products[g, i]))
                assert product.equals(generator @ group.element(g))
            built = SignedPermutation.identity(group.n)
            for letter in group.word(g):
                built = built @ generators[letter]
            assert built.equals(group.element(g))

    @every_group
    def test_orders_inverses_and_powers(self, generators):
        group = ListedGroup.of(generators)
        powers = group.power_maps(4)
        for c, g in enumerate(group.representatives):
            element = group.element(int(g))
            order = next(k for k in range(1, group.order + 1) if element.power(k).is_identity())
            assert group.element_orders[c] == order
            for power, classes in ((-1, group.inverse_map), *enumerate(powers)):
                wanted = element.power(power)
                members = np.flatnonzero(group.class_of == classes[c])
                assert any(group.element(int(h)).equals(wanted) for h in members)
        np.testing.assert_array_equal(powers[2], group.square_map)

    @every_group
    def test_only_the_identity_fixes_the_base(self, generators):
        group = ListedGroup.of(generators)
        fixed = np.all(group.rows[:, group.base] == group.base, axis=1)
        assert np.flatnonzero(fixed).tolist() == [0]
        assert group.base.size <= math.log2(group.order)

    def test_weighted_traces(self):
        group = ListedGroup.of(GROUPS["signed cube"])
        weights = np.array([1, 10, 100])
        expected = [
            weights @ np.diagonal(group.element(int(g)).matrix().toarray())
            for g in group.representatives
        ]
        np.testing.assert_array_equal(group.traces(weights), expected)
        np.testing.assert_array_equal(group.traces(np.ones(3, int)), group.traces())

    def test_stops_at_its_limit(self):
        assert ListedGroup.of(symmetric(4), limit=24).order == 24
        with pytest.raises(ValueError, match="order at most 23"):
            ListedGroup.of(symmetric(4), limit=23)

    def test_refuses_images_of_many_points(self, monkeypatch):
        monkeypatch.setattr(enumeration, "ENTRY_LIMIT", 99)
        assert ListedGroup.of(cyclic(9)).order == 9
        with pytest.raises(ValueError, match="more than 9 elements on 10 points"):
            ListedGroup.of(cyclic(10))

    def test_refuses(self):
        with pytest.raises(ValueError, match="at least one generator"):
            ListedGroup.of([])
        with pytest.raises(ValueError, match="the same R\\^n"):
            ListedGroup.of([*cyclic(3), *cyclic(4)])
        with pytest.raises(TypeError, match="signed permutations; got ndarray"):
            ListedGroup.of([np.eye(3)])


class TestLaws:
    @every_group
    def test_rows_and_columns_are_orthogonal(self, generators):
        table = character_table(generators)
        X, sizes = table.characters, table.class_sizes
        gram = (X * sizes) @ X.conj().T / table.order
        np.testing.assert_allclose(gram, np.eye(len(X)), atol=1e-9)
        np.testing.assert_allclose(X.T @ X.conj(), np.diag(table.order / sizes), atol=1e-8)

    @every_group
    def test_degrees(self, generators):
        table = character_table(generators)
        assert len(table.degrees) == len(table.class_sizes)
        assert table.degrees @ table.degrees == table.order
        assert not np.any(table.order % table.degrees)
        np.testing.assert_allclose(table.characters[:, 0], table.degrees, atol=1e-9)
        np.testing.assert_allclose(table.characters[0], 1, atol=1e-9)
        assert np.all(np.diff(table.degrees) >= 0)

    @every_group
    def test_indicators_are_sums_over_brute_force_squares(self, generators):
        table = character_table(generators)
        group = table.group
        squares = [group.element(g) @ group.element(g) for g in range(group.order)]
        keys = {group.element(g).key(): c for g, c in enumerate(group.class_of.tolist())}
        sums = sum(table.characters[:, keys[square.key()]] for square in squares)
        np.testing.assert_allclose(sums / table.order, table.indicators, atol=1e-9)

    @every_group
    def test_products_with_conjugates_decompose(self, generators):
        # chi_i conj(chi_j) holds the trivial character exactly where i = j.
        table = character_table(generators)
        for i, one in enumerate(table.characters):
            for j, other in enumerate(table.characters):
                assert table.multiplicities(one * other.conj())[0] == (i == j)

    @every_group
    def test_proved_is_the_same_table(self, generators):
        plain, proved = character_table(generators), character_table(generators, exact=True)
        assert (plain.exact, proved.exact) == (False, True)
        np.testing.assert_allclose(plain.characters, proved.characters, atol=1e-9)
        np.testing.assert_array_equal(proved.characters[:, 0], proved.degrees)
        np.testing.assert_array_equal(proved.multiplicities(), plain.multiplicities())


class TestKnownTables:
    @pytest.mark.parametrize("n", [1, 2, 5, 12])
    def test_cyclic(self, n):
        table = character_table(cyclic(n), exact=True)
        exponents = np.array([len(word) for word in table.words])
        ours = {tuple(np.round(row, 9) + 0.0) for row in table.characters}
        roots = np.exp(2j * np.pi * np.outer(np.arange(n), exponents) / n)
        assert ours == {tuple(np.round(row, 9) + 0.0) for row in roots}
        assert Counter(table.indicators.tolist())[1] == math.gcd(n, 2)

    @pytest.mark.parametrize("n", [3, 4, 9, 10])
    def test_dihedral(self, n):
        table = character_table(dihedral(n))
        linear = 2 * math.gcd(n, 2)
        assert table.degrees.tolist() == [1] * linear + [2] * ((2 * n - linear) // 4)
        assert np.all(table.indicators == 1)

    # Partitions of n.
    @pytest.mark.parametrize("n, irreps", [(3, 3), (4, 5), (5, 7), (6, 11)])
    def test_symmetric(self, n, irreps):
        table = character_table(symmetric(n))
        assert len(table.degrees) == irreps
        assert np.all(table.indicators == 1)
        np.testing.assert_allclose(table.characters, np.round(table.characters.real), atol=1e-9)

    def test_alternating_5_and_the_golden_ratio(self):
        table = character_table(ALTERNATING_5)
        assert table.degrees.tolist() == [1, 3, 3, 4, 5]
        assert table.class_sizes.tolist() == [1, 12, 12, 15, 20]
        golden = (1 + math.sqrt(5)) / 2
        fives = table.characters[1:3, table.element_orders == 5]
        np.testing.assert_allclose(
            np.sort(fives.real, axis=1), [[1 - golden, golden]] * 2, atol=1e-9
        )

    def test_quaternions(self):
        table = character_table(QUATERNIONS)
        assert table.degrees.tolist() == [1, 1, 1, 1, 2]
        assert table.indicators.tolist() == [1, 1, 1, 1, -1]
        assert table.irreps().complex == ((2, 2, -1, 1),)

    def test_frobenius_21(self):
        table = character_table(FROBENIUS_21)
        assert table.degrees.tolist() == [1, 1, 1, 3, 3]
        assert table.indicators.tolist() == [1, 0, 0, 0, 0]
        # (-1 + sqrt(-7)) / 2, the sum over the squares modulo 7.
        sevens = table.characters[3, table.element_orders == 7]
        np.testing.assert_allclose(sevens.real, -0.5, atol=1e-9)
        np.testing.assert_allclose(np.abs(sevens.imag), math.sqrt(7) / 2, atol=1e-9)

    def test_special_linear(self):
        table = character_table(special_linear(3))
        assert table.degrees.tolist() == [1, 1, 1, 2, 2, 2, 3]
        assert Counter(table.indicators.tolist()) == {1: 2, 0: 4, -1: 1}


class TestMultiplicities:
    @every_small
    def test_agree_with_the_action(self, action):
        assert irreps_by_classes(action.generators) == action.irreps

    @settings(max_examples=30)
    @given(signed_groups())
    def test_agree_with_the_action_for_random_groups(self, generators):
        assume(ListedGroup.of(generators).order <= 400)
        action = st.groups.from_permutations(
            [g.images for g in generators],
            [np.ones(g.n, int) if g.signs is None else g.signs for g in generators],
        )
        assert irreps_by_classes(generators) == action.irreps

    @every_group
    def test_are_averages_over_all_elements(self, generators):
        table = character_table(generators)
        traces = [np.trace(table.group.element(g).matrix().toarray()) for g in range(table.order)]
        means = table.characters[:, table.group.class_of].conj() @ traces / table.order
        np.testing.assert_allclose(table.multiplicities(), means, atol=1e-9)

    def test_weights_count_copies(self):
        # Two copies of the first orbit, three of the second.
        both = maps([1, 2, 0, 4, 3], [1, 0, 2, 4, 3])
        copies = maps(
            *(
                [*p[:3], *(p[:3] + 3), *(p[3:] + 3), *(p[3:] + 5), *(p[3:] + 7)]
                for p in (g.images for g in both)
            )
        )
        weights = np.array([2, 2, 2, 3, 3])
        assert irreps_by_classes(both, weights=weights) == irreps_by_classes(copies)

    def test_of_matrices_given_by_their_traces(self):
        # Symmetric square of R^3 under the rotations and reflections of a cube.
        table = character_table(GROUPS["signed cube"])
        traces = []
        for g in table.representatives:
            T = g.matrix().toarray()
            traces.append((np.trace(T) ** 2 + np.trace(T @ T)) / 2)
        assert table.multiplicities(traces) @ table.degrees == 6
        assert table.irreps(traces).complex == ((1, 1, 1, 1), (2, 1, 1, 1), (3, 1, 1, 1))

    def test_of_matrices_along_words(self):
        # The plane and its third power, in which a rotation turns by three times the angle.
        table = character_table(dihedral(7))
        angle = 2 * np.pi / 7
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        letters = (turn, np.diag([1.0, -1.0]))
        traces = []
        for word in table.words:
            T = np.linalg.multi_dot([np.eye(2), np.eye(2), *(letters[i] for i in word)])
            traces.append(np.trace(T) ** 3)
        counts = table.multiplicities(traces)
        # 2^3: the plane three times, and the one of the threefold angle.
        assert sorted(counts[table.degrees == 2].tolist()) == [0, 1, 3]
        assert counts[table.degrees == 1].tolist() == [0, 0]

    def test_of_large_images(self):
        table = character_table(dihedral(4))
        weights = np.full(4, 10**8)
        counts = table.multiplicities(table.group.traces(weights))
        assert counts @ table.degrees == 4 * 10**8

    @pytest.mark.parametrize(
        "wrong", [[1, 0, 0], [1, -1, 1], [0, 0, 2], [0.5, 0.5, 0.5], [np.nan] * 3]
    )
    def test_refuses_what_is_no_character(self, wrong):
        with pytest.raises(ValueError, match="must be a character"):
            character_table(symmetric(3)).multiplicities(wrong)

    def test_refuses_other_shapes(self):
        with pytest.raises(ValueError, match="one number per class"):
            character_table(symmetric(3)).multiplicities([1, 1])

    def test_a_wrong_table_fails_the_certificate(self):
        table = character_table(symmetric(3))
        twice = table.characters[[0, 0, 2]]
        with pytest.raises(ArithmeticError, match="certificate"):
            multiplicities(twice, table.class_sizes, np.array([2, 2, 2]))


class TestCertificates:
    def test_a_wrong_table_is_not_proved(self):
        table = character_table(symmetric(4))
        wrong = table.characters.copy()
        wrong[[3, 4]] = (wrong[[4, 3]] + wrong[[3, 4]]) / 2
        with pytest.raises(ArithmeticError):
            proved_characters(table.group, wrong, table.degrees, table.indicators)

    def test_a_permuted_table_is_not_proved(self):
        table = character_table(ALTERNATING_5)
        wrong = table.characters.copy()
        wrong[:, [1, 2]] = wrong[:, [2, 1]]
        wrong[[1, 2]] = wrong[[2, 1]]
        np.testing.assert_allclose(wrong, table.characters, atol=1e-9)  # outer automorphism
        wrong[1, 3] = -wrong[1, 3]
        with pytest.raises(ArithmeticError):
            proved_characters(table.group, wrong, table.degrees, table.indicators)

    def test_draws_again_and_gives_up(self, monkeypatch):
        draws = []

        def failing(group, rng):
            draws.append(rng)
            return None

        monkeypatch.setattr(module, "burnside", failing)
        with pytest.raises(ArithmeticError, match="no character table of this group of order 6"):
            character_table(symmetric(3))
        assert len(draws) == 8

    def test_limits(self, monkeypatch):
        monkeypatch.setattr(module, "CLASS_LIMIT", 4)
        with pytest.raises(ValueError, match="at most 4 classes"):
            character_table(symmetric(4))
        monkeypatch.setattr(module, "CLASS_LIMIT", 5)
        monkeypatch.setattr(module, "PRODUCT_LIMIT", 119)
        with pytest.raises(ValueError, match="119 products"):
            character_table(symmetric(4))


class TestText:
    def test_integers_as_integers(self):
        lines = str(character_table(symmetric(3))).splitlines()
        assert lines[0] == "group of order 6, 3 classes"
        assert [line.split()[-3:] for line in lines[1:]] == [
            ["1", "2", "3"],
            ["1", "3", "2"],
            ["1", "1", "1"],
            ["1", "1", "-1"],
            ["2", "-1", "0"],
        ]
        assert len({len(line) for line in lines[1:]}) == 1

    def test_roots_of_unity(self):
        text = str(character_table(cyclic(3)))
        assert "-0.5+0.866i" in text and "degree 1, complex" in text
        assert "-i" in str(character_table(cyclic(4)))
        assert "1i" not in str(character_table(cyclic(4)))

    def test_cuts_large_tables(self):
        text = str(character_table(cyclic(20)))
        assert "… and 4 more irreps and classes" in text

    def test_labels(self):
        table = character_table(symmetric(4))
        assert table.labels[-1] == "degree 3, characters (3, -1, -1, 1, 0)"
        assert table.labels[0] == "degree 1, characters (1, 1, 1, 1, 1)"
        assert character_table(cyclic(9)).labels[0].endswith("1, 1, …)")


class TestRegular:
    @pytest.mark.parametrize("name", ["Q_8", "SL(2,3)", "D_6", "C_7", "C_1"])
    def test_closed_form(self, name):
        action = st.groups.from_permutations(
            [g.images for g in GROUPS[name]],
            [np.ones(g.n, int) if g.signs is None else g.signs for g in GROUPS[name]],
        )
        own = regular(action)
        assert own.n == own.order == action.order
        assert own.irreps == irreps_by_classes(own.generators)
        assert all(row.dim == row.multiplicity for row in own.irreps.complex)

    def test_acts_as_the_group(self, rng):
        own = regular(st.groups.symmetric(3))
        x = rng.standard_normal(6)
        assert len({own.apply(g, x).tobytes() for g in range(6)}) == 6
        assert own.transform.families[0].dim == 1

    def test_refuses_large_groups(self):
        with pytest.raises(ValueError, match="order at most 20000"):
            regular(st.groups.symmetric(12))


class TestKernels:
    def test_compiled_and_plain(self):
        lifted = np.array([[1, 2, 3, 0], [1, 0, 2, 3]], dtype=np.uint16)
        one = kernels.enumerate_elements(lifted, 100)
        plain = getattr(kernels.enumerate_elements, "py_func", kernels.enumerate_elements)
        for ours, theirs in zip(one, plain(lifted, 100), strict=True):
            np.testing.assert_array_equal(ours, theirs)
        rows, _, _, keys, slots, _ = one
        assert kernels.find_all(keys, keys, slots).tolist() == list(range(len(rows)))
        assert np.all(kernels.find_all(keys[:, :1].repeat(keys.shape[1], 1), keys, slots) < 0)

    def test_wide_spaces_use_32_bits(self):
        swap = np.arange(2**16 + 1)
        swap[[0, -1]] = swap[[-1, 0]]
        group = ListedGroup.of(maps(swap))
        assert (group.rows.dtype, group.order) == (np.int32, 2)
        assert group.traces().tolist() == [2**16 + 1, 2**16 - 1]
