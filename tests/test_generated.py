"""Groups from generators: orbits by type, algebra of orbitals, bases; against brute force."""

from __future__ import annotations

import itertools
import math

import numpy as np
import oracles
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

import sensing_theorems as st
from sensing_theorems.groups.commutant import CommutantTransform
from sensing_theorems.groups.generated import Generated, schreier_sims_order
from sensing_theorems.groups.irreps import Irreps
from sensing_theorems.groups.orbit_classes import OrbitClasses
from sensing_theorems.groups.orbital_algebra import Orbitals, irreps_by_orbitals
from sensing_theorems.groups.signed import SignedPermutation

SMALL = oracles.small_actions(st)
every_small = pytest.mark.parametrize("action", SMALL.values(), ids=SMALL.keys())


def permutation(points) -> SignedPermutation:
    return SignedPermutation(np.asarray(points))


@some.composite
def signed_groups(draw) -> tuple[SignedPermutation, ...]:
    """One to three random signed permutations of up to five coordinates, with fixed parts."""
    n = draw(some.integers(1, 5))
    maps = []
    for _ in range(draw(some.integers(1, 3))):
        images = draw(some.permutations(range(n)))
        signs = draw(some.lists(some.sampled_from([1, -1]), min_size=n, max_size=n))
        kept = draw(some.booleans())
        maps.append(SignedPermutation.from_lists(images, None if kept else signs))
    return tuple(maps)


def brute_invariants(maps) -> tuple[int, int, float]:
    """Order, Σ c² and Σ ν c, by listing the group."""
    group = oracles.elements([g.matrix().toarray() for g in maps])
    traces = np.array([np.trace(T) for T in group])
    squares = np.array([np.trace(T @ T) for T in group])
    return len(group), round(float(np.mean(traces**2))), round(float(np.mean(squares)))


class TestOrbitClasses:
    def test_copies_move_alike(self, rng):
        action = st.groups.dihedral(9)
        classes = OrbitClasses.of(action.generators)
        assert sum(index.size for index in classes.index) == action.n
        for number, (index, signs) in enumerate(zip(classes.index, classes.signs, strict=True)):
            low, high = classes.offsets[number : number + 2]
            for g, small in zip(action.generators, classes.reduced, strict=True):
                for copy, sign in zip(index, signs, strict=True):
                    x = np.zeros((high - low, action.n))
                    x[np.arange(high - low), copy] = sign
                    y = small(np.eye(sum(classes.sizes)))[low:high, low:high]
                    moved = np.zeros_like(x)
                    moved[:, copy] = y * sign
                    np.testing.assert_array_equal(g(x), moved)

    @pytest.mark.parametrize("size, types", [(2, 1), (3, 3), (8, 2), (9, 4)])
    def test_a_square_has_few_types(self, size, types):
        # Corners lie on a diagonal; odd sizes have a centre and pixels on an axis besides.
        assert len(OrbitClasses.of(st.groups.dihedral(size).generators).index) == types

    def test_signs_make_a_difference_and_may_be_undone(self):
        # The second orbit is the first with one basis vector negated; the third is twisted.
        action = st.groups.from_permutations(
            [[1, 0, 3, 2, 5, 4], [0, 1, 2, 3, 4, 5]],
            signs=[[1, 1, -1, -1, 1, -1], [1] * 6],
        )
        assert OrbitClasses.of(action.generators).copies == (2, 1)

    def test_the_group_is_the_same_on_one_orbit_of_each_type(self):
        for action in SMALL.values():
            reduced = OrbitClasses.of(action.generators).reduced
            assert schreier_sims_order(reduced) == schreier_sims_order(action.generators)


class TestOrbitals:
    @every_small
    def test_they_commute_and_are_as_many_as_the_commutant_is_large(self, action):
        orbitals = Orbitals.of(action.generators)
        assert orbitals.count == oracles.character_table_multiplicities(action)
        for k in range(min(orbitals.count, 40)):
            A = (orbitals.labels == k) * orbitals.entries
            assert np.count_nonzero(A) == orbitals.sizes[k]
            for g in action.generators:
                T = g.matrix().toarray()
                np.testing.assert_array_equal(T @ A, A @ T)

    @given(signed_groups(), some.booleans())
    @settings(max_examples=40)
    def test_products_are_those_of_matrices(self, maps, from_left):
        orbitals = Orbitals.of(maps)
        rng = np.random.default_rng(0)
        weights = rng.standard_normal(orbitals.count) + 1j * rng.standard_normal(orbitals.count)
        basis = [(orbitals.labels == k) * orbitals.entries for k in range(orbitals.count)]
        X = sum(
            (w * A for w, A in zip(weights, basis, strict=True)), np.zeros(orbitals.labels.shape)
        )
        table = orbitals.multiplication(weights, from_left)
        root = np.sqrt(orbitals.sizes)
        for j, A in enumerate(basis):
            product = X @ A if from_left else A @ X
            rebuilt = sum(
                (table[k, j] * root[j] / root[k] * B for k, B in enumerate(basis)),
                np.zeros_like(product),
            )
            np.testing.assert_allclose(rebuilt, product, atol=1e-12)


class TestTable:
    @every_small
    def test_is_that_of_the_named_action(self, action):
        assert Generated(action.generators).irreps == action.irreps

    @given(signed_groups())
    @settings(max_examples=60)
    def test_random_groups_against_the_listed_group(self, maps):
        table = Generated(maps).irreps
        order, commutant, forms = brute_invariants(maps)
        assert table.n == maps[0].n
        assert table.commutant_dim == commutant
        assert sum(r.indicator * r.multiplicity * r.count for r in table.complex) == forms
        assert all(order % r.dim == 0 for r in table.complex)  # degrees divide the order
        assert schreier_sims_order(maps) == order

    @given(signed_groups())
    @settings(max_examples=40)
    def test_random_groups_have_the_generic_rank(self, maps):
        table = Generated(maps).irreps
        group = oracles.elements([g.matrix().toarray() for g in maps])
        A = np.random.default_rng(1).standard_normal((1, maps[0].n))
        assert oracles.rank(oracles.stack(A, group)) == table.generic_rank(1)

    def test_a_large_group_needs_no_list(self):
        # S_8 on pairs is rank 3: trivial, standard, and the rest; M_24 is five times transitive.
        pairs = list(itertools.combinations(range(8), 2))
        place = {pair: i for i, pair in enumerate(pairs)}
        cycle, swap = [*range(1, 8), 0], [1, 0, *range(2, 8)]
        maps = [[place[tuple(sorted((p[a], p[b])))] for a, b in pairs] for p in (cycle, swap)]
        rows = st.groups.from_permutations(maps).irreps.complex
        assert [(r.dim, r.multiplicity, r.indicator) for r in rows] == [
            (1, 1, 1),
            (7, 1, 1),
            (20, 1, 1),
        ]
        assert [r.dim for r in mathieu_24().irreps.complex] == [1, 23]
        assert mathieu_24().order == 244_823_040

    def test_copies_add_multiplicities_and_cost_nothing(self):
        # D4 on pixels without its name: 8192 orbits, three types.
        named = st.groups.dihedral(200)
        turn, flip = named.generators
        undeclared = Generated((flip @ turn, flip))
        assert undeclared.irreps == named.irreps
        assert sum(undeclared.classes.sizes) <= 16

    def test_another_draw_is_made_where_two_eigenvalues_meet(self, monkeypatch):
        from sensing_theorems.groups import orbital_algebra

        plain, calls = orbital_algebra._spectrum, []

        def colliding(*arguments):
            values, vectors = plain(*arguments)
            calls.append(values.size)
            if len(calls) == 1:
                values = np.sort(np.concatenate([[values[1]], values[1:]]))
            return values, vectors

        monkeypatch.setattr(orbital_algebra, "_spectrum", colliding)
        action = st.groups.symmetric(5)
        classes = OrbitClasses.of(action.generators)
        assert irreps_by_orbitals(classes, Orbitals.of(classes.reduced)) == action.irreps
        assert len(calls) == 2

    def test_never_a_guess(self, monkeypatch):
        from sensing_theorems.groups import orbital_algebra

        monkeypatch.setattr(
            orbital_algebra,
            "_spectrum",
            lambda orbitals, *_: (np.zeros(orbitals.count), np.eye(orbitals.count)),
        )
        with pytest.raises(ArithmeticError, match="integer certificate"):
            _ = Generated(st.groups.symmetric(5).generators).irreps


def mathieu_24():
    # x -> x + 1, x -> 2x and x -> -1/x on the projective line over GF(23), and one more.
    def one_line(image):
        return [image(x) for x in range(24)]

    def inverse(x):
        return 23 if x == 0 else 0 if x == 23 else -pow(x, -1, 23) % 23

    def extra(x):
        if x in (0, 23):
            return x
        square = pow(x, 11, 23) == 1
        return pow(x, 3, 23) * pow(9, -1, 23) % 23 if square else 9 * pow(x, 3, 23) % 23

    return st.groups.from_permutations(
        [
            one_line(lambda x: 23 if x == 23 else (x + 1) % 23),
            one_line(lambda x: 23 if x == 23 else 2 * x % 23),
            one_line(inverse),
            one_line(extra),
        ]
    )


class TestOrder:
    def test_large_symmetric_groups_are_recognised(self):
        rng = np.random.default_rng(3)
        for n in (60, 200):
            cycle = np.roll(np.arange(n), -1)
            mixed = rng.permutation(n)
            maps = [permutation(mixed[cycle[np.argsort(mixed)]]), permutation([1, 0, *range(2, n)])]
            order = schreier_sims_order([*maps, permutation(cycle)])
            assert order == math.factorial(n)

    def test_and_others_are_not_taken_for_one(self):
        assert schreier_sims_order(st.groups.polygon(9).generators) == 18
        assert schreier_sims_order(mathieu_24().generators) == 244_823_040
        three = [np.roll(np.arange(9), -1), [1, 2, 0, *range(3, 9)]]  # even: the alternating group
        assert schreier_sims_order([permutation(p) for p in three]) == math.factorial(9) // 2


class TestCycles:
    @given(signed_groups())
    @settings(max_examples=40)
    def test_one_generator_against_its_fourier_transform(self, maps):
        action = st.groups.from_permutations(
            [maps[0].images], None if maps[0].signs is None else [maps[0].signs]
        )
        assert action.irreps == Irreps.from_families(action.transform.families)
        assert action.order == len(oracles.elements([maps[0].matrix().toarray()]))
        eigenvalues = np.linalg.eigvals(maps[0].matrix().toarray())
        angles = np.rint(np.angle(eigenvalues) / (2 * np.pi) * action.order) % action.order
        counts = np.unique(angles, return_counts=True)[1]
        assert action.irreps.max_multiplicity == counts.max()
        assert maps[0].largest_eigenspace() == counts.max()

    def test_every_named_lattice_has_its_closed_form(self):
        for action in SMALL.values():
            if action.kind == "abelian":
                assert action.irreps == Irreps.from_families(action.transform.families)

    def test_a_million_points_in_cycles_of_many_lengths(self):
        lengths = [2, 3, 5, 7, 11, 13, 999_959]
        starts = np.cumsum([0, *lengths])
        images = np.concatenate(
            [s + np.roll(np.arange(k), -1) for s, k in zip(starts, lengths, strict=False)]
        )
        table = st.groups.from_permutations([images]).irreps
        # The trivial character once per cycle; all others once, since the lengths are coprime.
        assert table.max_multiplicity == 7
        assert sum(r.count for r in table.complex) == sum(lengths) - 6


class TestBasis:
    @every_small
    @pytest.mark.parametrize("real", [True, False])
    def test_table_inverse_and_norm(self, action, real, rng):
        real = real and all(r.indicator == 1 for r in action.irreps.complex)
        transform = CommutantTransform.of(action.generators, real)
        assert Irreps.from_families(transform.families) == action.irreps
        x = rng.standard_normal((3, action.n))
        parts = transform.analyze(x)
        np.testing.assert_allclose(transform.synthesize(parts), x, atol=1e-12)
        energy = sum(np.sum(np.abs(part) ** 2) for part in parts)
        assert energy == pytest.approx(np.sum(x**2))
        np.testing.assert_allclose(
            transform.synthesize_real(transform.analyze_real(x)), x, atol=1e-12
        )

    @given(signed_groups())
    @settings(max_examples=40)
    def test_elements_are_blocks_times_the_identity(self, maps):
        transform = CommutantTransform.of(maps)
        rest = transform.analyze(np.eye(maps[0].n))
        for g in maps:
            for before, after in zip(rest, transform.analyze(g(np.eye(maps[0].n))), strict=True):
                for j in range(before.shape[1]):
                    x, y = before[:, j], after[:, j]
                    # One matrix D for all copies: y[:, :, c] = x[:, :, c] D.
                    D = np.linalg.lstsq(x[:, :, 0], y[:, :, 0], rcond=None)[0]
                    np.testing.assert_allclose(np.einsum("rac,ab->rbc", x, D), y, atol=1e-8)

    def test_labels_are_characters_of_the_generators(self):
        # Two-dimensional irreps of the pentagon: a rotation has 2 cos(2 pi k/5), a flip 0.
        around = [*range(1, 5), 0]
        found = CommutantTransform.of([permutation(around), permutation([0, 4, 3, 2, 1])])
        labels = [f.label(i) for f in found.families for i in range(f.count)]
        assert sorted(labels) == [
            "dimension 1, characters (1, 1)",
            "dimension 2, characters (-1.618, 0)",
            "dimension 2, characters (0.618, 0)",
        ]

    def test_feeds_the_rank_of_images(self, rng):
        named = st.groups.dihedral(40)
        turn, flip = named.generators
        undeclared = st.groups.from_permutations([(flip @ turn).images, flip.images])
        A = rng.standard_normal((150, 1600))
        A[:, rng.random(1600) < 0.9] = 0
        expected = st.stacked_rank(A, named)
        found = st.stacked_rank(A, undeclared)
        assert found.method == "blocks" and found.rank == expected.rank < 1600
        np.testing.assert_allclose(found.spectrum.values, expected.spectrum.values, atol=1e-8)


class TestLimits:
    @pytest.mark.compiled
    def test_points_beyond_reach_are_named(self):
        n = 5000
        action = st.groups.from_permutations([np.roll(np.arange(n), -1), [1, 0, *range(2, n)]])
        with pytest.raises(ValueError, match="at most 4096 points"):
            _ = action.irreps
        assert not action.has_transform
        with pytest.raises(ValueError, match="at most 2048 points"):
            _ = action.transform
