"""Models as values: what they contain, what they refuse, and which symmetries they have."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest

import sensing_theorems as st

models = st.models


def least_squares_distance(columns: np.ndarray, x: np.ndarray) -> float:
    """Distance from a span by a solver, not by a projection."""
    if columns.shape[1] == 0:
        return float(np.linalg.norm(x))
    codes = np.linalg.lstsq(columns, x, rcond=None)[0]
    return float(np.linalg.norm(columns @ codes - x))


class TestSubspace:
    @pytest.mark.parametrize("field", ["real", "complex"])
    def test_distance_is_that_of_least_squares(self, rng, field):
        columns = rng.standard_normal((6, 2))
        if field == "complex":
            columns = columns + 1j * rng.standard_normal((6, 2))
        X = models.Subspace(columns)
        assert (X.n, X.dim, X.field) == (6, 2, field)
        for x in rng.standard_normal((5, 6)):
            assert X.distance(x) == pytest.approx(least_squares_distance(columns, x))

    def test_offset_is_the_signal_nearest_to_zero(self, rng):
        columns, a = rng.standard_normal((5, 2)), rng.standard_normal(5)
        X = models.Subspace(columns, a)
        assert np.allclose(columns.T @ X.offset, 0)
        assert X.distance(a) < 1e-12 and X.distance(a + columns @ [3.0, -1.0]) < 1e-12
        assert X.distance(np.zeros(5)) == pytest.approx(np.linalg.norm(X.offset))

    def test_an_offset_inside_is_none(self, rng):
        columns = rng.standard_normal((5, 2))
        assert models.Subspace(columns, columns @ [1.0, 2.0]).offset is None

    def test_dependent_columns_are_reduced_with_a_warning(self, rng):
        columns = rng.standard_normal((5, 2))
        with pytest.warns(UserWarning, match="independent columns; 3 columns span 2"):
            X = models.Subspace(np.column_stack([columns, columns @ [1e9, 1.0]]))
        assert X.dim == 2 and X.distance(columns.T).max() < 1e-8

    def test_lengths_of_columns_do_not_matter(self, rng):
        columns = rng.standard_normal((6, 3))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            X = models.Subspace(columns * [1e-200, 1.0, 1e150])
        assert X.dim == 3 and X.distance(columns.T).max() < 1e-12

    @pytest.mark.parametrize(
        ("basis", "offset", "words"),
        [
            ([[1.0], [np.nan]], None, "finite"),
            (np.zeros((2, 2, 2)), None, "one signal of R.n per column"),
            (np.zeros((0, 1)), None, "one signal of R.n per column"),
            ([[1.0], [2.0]], [1.0, 2.0, 3.0], "shape .2,."),
            ([[1.0], [2.0]], [1.0, np.inf], "finite"),
        ],
    )
    def test_bad_input(self, basis, offset, words):
        with pytest.raises(ValueError, match=words):
            models.Subspace(basis, offset)

    def test_text_is_no_basis(self):
        with pytest.raises(TypeError, match="real or complex numbers"):
            models.Subspace([["a"], ["b"]])


class TestUnionOfSubspaces:
    def test_distance_is_the_smallest(self, rng):
        bases = [rng.standard_normal((6, k)) for k in (1, 2, 3)]
        X = models.UnionOfSubspaces(bases)
        assert (len(X.pieces), X.dim) == (3, 3)
        for x in rng.standard_normal((5, 6)):
            assert X.distance(x) == pytest.approx(
                min(least_squares_distance(basis, x) for basis in bases)
            )

    def test_affine_pieces(self, rng):
        bases, offsets = rng.standard_normal((3, 5, 2)), 100 * rng.standard_normal((3, 5))
        X = models.UnionOfSubspaces(bases, offsets)
        x = rng.standard_normal(5)
        assert X.dim == 2
        assert X.distance(x) == pytest.approx(
            min(least_squares_distance(b, x - a) for b, a in zip(bases, offsets, strict=True))
        )
        assert X.distance(X.sample(20, rng)).max() < 1e-9

    @pytest.mark.parametrize("affine", [False, True])
    def test_samples_lie_in_it(self, rng, affine):
        offsets = rng.standard_normal((4, 6)) if affine else None
        X = models.UnionOfSubspaces(rng.standard_normal((4, 6, 2)), offsets)
        drawn = X.sample(30, rng)
        assert drawn.shape == (30, 6) and X.distance(drawn).max() < 1e-12
        assert np.linalg.matrix_rank(drawn) == 6

    def test_pieces_inside_others_are_dropped_with_a_warning(self, rng):
        plane = rng.standard_normal((5, 2))
        with pytest.warns(UserWarning, match="inside each other; 2 of 4"):
            X = models.UnionOfSubspaces(
                [plane[:, :1], plane, plane @ [[1, 1], [0, 2]], np.eye(5)[:, :1]]
            )
        assert sorted(X.pieces.dims) == [1, 2]

    @pytest.mark.parametrize("affine", [False, True])
    @pytest.mark.parametrize(("apart", "crowded"), [(0.0, False), (1e-11, True), (1e-9, True)])
    def test_near_pieces_are_no_duplicates(self, rng, affine, apart, crowded):
        # Another basis of the same plane is the plane; a plane that is tilted a little is none.
        plane, tilt = rng.standard_normal((2, 5, 2))
        offsets = np.array([1e3, 1.0])[:, None] * plane.sum(axis=1) + np.eye(5)[0]
        with pytest.warns(UserWarning, match="1 of 2"):
            X = models.UnionOfSubspaces(
                [plane, (plane + apart * tilt) @ [[1, 1], [0, 2]]], offsets if affine else None
            )
        assert X.crowded is crowded

    def test_near_offsets_beside_a_far_one(self):
        # Lifted, 1 and 2 look like the same point beside 1e13; given twice, they are the same.
        line = np.array([[0.0], [0.0], [1.0]])
        for second, crowded in ((2.0, True), (1.0, False)):
            offsets = [[1.0, 0, 5], [second, 0, -3], [0, 1e13, 0]]
            with pytest.warns(UserWarning, match="2 of 3"):
                assert models.UnionOfSubspaces([line] * 3, offsets).crowded is crowded

    def test_an_offset_nearly_inside(self):
        line, other = np.array([[1.0], [0.0]]), np.array([[0.0], [1.0]])
        for height, crowded in ((0.0, False), (5e-13, True)):
            assert models.UnionOfSubspaces([line, other], [[1, height], [0, 1]]).crowded is crowded

    @pytest.mark.parametrize(
        ("bases", "offsets", "words"),
        [
            ([], None, "at least one basis"),
            ([np.ones((3, 1)), np.ones((4, 1))], None, "length n = 3; got columns of length 4"),
            ([np.eye(3)[:, :1]], np.ones((2, 3)), r"\(1, 3\)"),
        ],
    )
    def test_bad_input(self, bases, offsets, words):
        with pytest.raises(ValueError, match=words):
            models.UnionOfSubspaces(bases, offsets)

    def test_signals_of_another_length(self, rng):
        with pytest.raises(ValueError, match="signals must have shape"):
            models.UnionOfSubspaces([np.eye(3)[:, :1]]).distance(np.ones(4))


class TestSparseDictionary:
    @pytest.mark.parametrize(("p", "s"), [(5, 1), (6, 2), (5, 3)])
    def test_pieces_are_the_supports(self, rng, p, s):
        atoms = rng.standard_normal((7, p))
        X = models.SparseDictionary(atoms, s)
        assert len(X.pieces) == X.n_supports == len(X.supports) and X.dim == s
        x = rng.standard_normal(7)
        assert X.distance(x) == pytest.approx(
            min(
                least_squares_distance(atoms[:, list(support)], x)
                for support in itertools.combinations(range(p), s)
            )
        )

    def test_as_sparse_as_there_are_atoms(self, rng):
        X = models.SparseDictionary(rng.standard_normal((5, 3)), 3)
        assert len(X.pieces) == 1 and X.dim == 3

    def test_dependent_atoms_make_smaller_pieces(self):
        # Three atoms of one plane, so that even three of them together only span the plane.
        angles = np.array([0.0, 1.0, 2.0])
        atoms = np.zeros((3, 3))
        atoms[:2] = np.cos(angles), np.sin(angles)
        for sparsity in (2, 3):
            X = models.SparseDictionary(atoms, sparsity)
            assert X.dim == 2
            assert np.allclose(X.distance([[1.0, 2.0, 0.0], [3.0, 4.0, 5.0]]), [0.0, 5.0])

    def test_parallel_and_zero_atoms(self, rng):
        atoms = rng.standard_normal((4, 2))
        with pytest.warns(UserWarning, match="2 of 4 are kept"):
            X = models.SparseDictionary(np.column_stack([atoms, -3 * atoms[:, 0], np.zeros(4)]), 1)
        assert len(X.pieces) == 2 and not X.crowded

    @pytest.mark.parametrize("scale", [1.0, -1 / 3, 1e-200])
    def test_nearly_parallel_atoms_are_no_duplicates(self, rng, scale):
        atoms = rng.standard_normal((4, 2))
        for apart, crowded in ((0.0, False), (1e-12, True), (1e-9, True)):
            other = (atoms[:, 0] + apart * atoms[:, 1]) * scale
            with pytest.warns(UserWarning, match="2 of 3 are kept"):
                X = models.SparseDictionary(np.column_stack([atoms, other]), 1)
            assert X.crowded is crowded

    def test_too_many_supports(self):
        with pytest.raises(ValueError, match="at most 200000 supports"):
            _ = models.SparseDictionary(np.eye(100), 5).pieces

    @pytest.mark.parametrize("sparsity", [0, 4])
    def test_bad_sparsity(self, sparsity):
        with pytest.raises(ValueError, match="sparsity"):
            models.SparseDictionary(np.eye(3), sparsity)

    def test_no_atom(self):
        with pytest.raises(ValueError, match="not zero"):
            models.SparseDictionary(np.zeros((3, 2)), 1)


class TestFiniteSet:
    @pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
    def test_distance(self, rng, scale):
        points = scale * rng.standard_normal((6, 3))
        x = scale * rng.standard_normal(3)
        expected = np.linalg.norm(points - x, axis=1).min()
        assert models.FiniteSet(points).distance(x) == pytest.approx(expected)

    def test_samples_are_points(self, rng):
        X = models.FiniteSet(rng.standard_normal((4, 3)))
        assert X.distance(X.sample(20, rng)).max() < 1e-12

    def test_zero_may_be_a_point(self):
        X = models.FiniteSet([[0.0, 0.0], [1.0, 0.0]])
        assert len(X.pieces) == 2 and X.distance([0.0, 0.0]) == 0

    def test_repeated_points(self):
        with pytest.warns(UserWarning, match="distinct; 1 of 2"):
            models.FiniteSet([[1.0, 2.0], [1.0, 2.0]])

    @pytest.mark.parametrize("points", [np.zeros(3), np.zeros((0, 3)), [[np.nan, 1.0]]])
    def test_bad_input(self, points):
        with pytest.raises(ValueError, match=r"shape|finite"):
            models.FiniteSet(points)


class TestGaussian:
    @pytest.mark.parametrize("field", ["real", "complex"])
    def test_support_is_the_range(self, rng, field):
        B = rng.standard_normal((5, 2))
        B = B + 1j * rng.standard_normal((5, 2)) if field == "complex" else B
        law = models.Gaussian(B @ B.conj().T)
        assert (law.n, law.dim, law.field) == (5, 2, field)
        assert law.support.distance(B.T).max() < 1e-10

    @pytest.mark.parametrize(
        ("covariance", "words"),
        [
            (np.ones((2, 3)), "shape"),
            ([[1.0, 2.0], [0.0, 1.0]], "symmetric"),
            ([[1.0, 2.0], [2.0, 1.0]], "positive semidefinite; got an eigenvalue -1"),
            ([[np.nan]], "finite"),
        ],
    )
    def test_bad_input(self, covariance, words):
        with pytest.raises(ValueError, match=words):
            models.Gaussian(covariance)


class TestGenericSubspace:
    def test_draws_have_the_dimension(self):
        X = models.GenericSubspace(6, 2).draw(0)
        assert (X.n, X.dim) == (6, 2)

    @pytest.mark.parametrize(("n", "k"), [(3, 0), (3, 4), (0, 1)])
    def test_bad_sizes(self, n, k):
        with pytest.raises(ValueError, match="must be"):
            models.GenericSubspace(n, k)


def invariant_models(rng: np.random.Generator) -> list[tuple[object, object]]:
    """Models with an action that keeps them, each built as an orbit."""
    v = rng.standard_normal(6)
    shifts, turns = st.groups.shifts(6), st.groups.quarter_turns(3)
    orbit = np.array([np.roll(v, i) for i in range(6)])
    image = rng.standard_normal((3, 3))
    turned = np.array([np.rot90(image, i).reshape(-1) for i in range(4)])
    planes = [np.column_stack([np.roll(v, i), np.roll(np.eye(6)[0], i)]) for i in range(6)]
    return [
        (models.Subspace(np.ones((6, 1))), shifts),
        (models.Subspace(np.ones((6, 1)), np.zeros(6)), shifts),
        (models.UnionOfSubspaces(orbit[:, :, None]), shifts),
        (models.UnionOfSubspaces(planes), shifts),
        (models.SparseDictionary(orbit.T, 2), shifts),
        (models.SparseDictionary(np.eye(6), 6), shifts),
        (models.FiniteSet(orbit), shifts),
        (models.FiniteSet(np.concatenate([turned, -turned])), turns),
        (models.Gaussian(np.eye(6) + np.ones((6, 6))), shifts),
        (models.GenericSubspace(6, 6), shifts),
    ]


class TestInvariance:
    def test_orbits_are_invariant(self, rng):
        for model, action in invariant_models(rng):
            assert model.offender(action) is None
            model.require_invariant(action)

    @pytest.mark.parametrize(
        "model",
        [
            models.Subspace(np.arange(1.0, 7)[:, None]),
            models.UnionOfSubspaces(np.eye(6)[:5, :, None]),
            models.SparseDictionary(np.eye(6)[:, :5], 2),
            models.FiniteSet(np.eye(6)[:5]),
            models.Gaussian(np.diag([1.0, 1, 1, 1, 1, 2])),
            models.GenericSubspace(6, 2),
        ],
        ids=lambda model: type(model).__name__,
    )
    def test_the_offending_generator_is_named(self, model):
        # The first generator keeps everything, so that the second must be blamed.
        action = st.groups.from_permutations([[0, 1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 0]])
        assert model.offender(action) == 1
        with pytest.raises(ValueError, match=r"generator 1 of .* maps it elsewhere"):
            model.require_invariant(action)

    def test_signs_matter_for_points_and_not_for_lines(self):
        flip = st.groups.from_permutations([[0, 1]], signs=[[-1, -1]])
        assert models.UnionOfSubspaces([[1.0, 2.0], [3.0, 1.0]]).offender(flip) is None
        assert models.FiniteSet([[1.0, 2.0], [3.0, 1.0]]).offender(flip) == 0

    def test_an_action_on_other_signals(self):
        with pytest.raises(ValueError, match=r"acts on R.5"):
            models.Subspace(np.ones((6, 1))).require_invariant(st.groups.shifts(5))
