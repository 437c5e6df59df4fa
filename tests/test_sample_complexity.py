"""Sample complexity: against the Jacobian of the whole map, codes included, and closed forms."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from oracles import rank

import sensing_theorems as st
from sensing_theorems.models import (
    FiniteSet,
    Gaussian,
    GenericSubspace,
    SparseDictionary,
    Subspace,
    UnionOfSubspaces,
)
from sensing_theorems.sample_complexity import SampleCertificate, samples_needed
from sensing_theorems.sample_complexity.equations import Dealing
from sensing_theorems.sample_complexity.residues import dyadic_residues
from sensing_theorems.sample_complexity.row_span import RowSpan


def cameras(m, n, L, rng):
    return [st.operators.gaussian(m, n, rng) for _ in range(L)]


def dense(operators):
    return [A.to_dense() if hasattr(A, "to_dense") else np.asarray(A) for A in operators]


def jacobian(function, point):
    """Derivative of a polynomial of degree at most 2, for which central differences are exact."""
    steps = np.eye(point.size)
    columns = [(function(point + step) - function(point - step)) / 2 for step in steps]
    return np.array(columns).T


def parts(vector, complex_model):
    """A real vector as numbers of the field."""
    half = vector.size // 2
    return vector[:half] + 1j * vector[half:] if complex_model else vector


def determined(build, theta, chosen, codes, operators, parameters):
    """Whether samples determine a family, by the Jacobian in parameters and codes together.

    `build` takes parameters to all columns, linearly; sample t combines the columns `chosen[t]`.
    All is taken apart into real numbers, so that nothing is shared with the engine.
    """
    if not codes:
        return parameters == 0
    complex_model = np.iscomplexobj(codes[0])
    sizes = np.cumsum([0, *(len(code) for code in codes)])
    own = np.concatenate(codes)
    flat = np.concatenate([own.real, own.imag]) if complex_model else own
    start = theta.size

    def measure(point):
        columns, all_codes = build(point[:start]), parts(point[start:], complex_model)
        samples = []
        for t, use in enumerate(chosen):
            A = operators[t % len(operators)]
            samples.append(A @ (columns[:, use] @ all_codes[sizes[t] : sizes[t + 1]]))
        y = np.concatenate(samples)
        return np.concatenate([y.real, y.imag]) if np.iscomplexobj(y) else y

    J = jacobian(measure, np.concatenate([theta, flat]))
    return rank(J) == parameters + rank(J[:, start:])


def subspace_determined(B, operators, N, rng):
    """The same for a subspace without symmetry: all entries of a basis are parameters."""
    n, k = B.shape
    codes = [rng.standard_normal(k) for _ in range(N)]
    complex_model = np.iscomplexobj(B)
    if complex_model:
        codes = [code + 1j * rng.standard_normal(k) for code in codes]
    flat = np.concatenate([B.real.ravel(), B.imag.ravel()]) if complex_model else B.ravel()
    return determined(
        lambda theta: parts(theta, complex_model).reshape(n, k),
        flat,
        [list(range(k))] * N,
        codes,
        operators,
        k * (n - k) * (2 if complex_model else 1),
    )


def is_smallest(found, test):
    """Whether a number of samples passes a test that one less fails."""
    return test(found.samples) and not (found.samples and test(found.samples - 1))


def seen_complement(B, operators):
    """Rank of what operators see of the complement of a subspace: theory of the exact test."""
    rows = []
    for A in dense(operators):
        u, values, _ = np.linalg.svd(A @ B)
        seen = (values > 1e-9).sum()
        rows.append(u[:, seen:].conj().T @ A)
    stack = np.concatenate(rows)
    return rank(stack) if stack.size else 0


class TestGenericSubspace:
    @pytest.mark.parametrize("cell", range(64))
    def test_counts_equations(self, cell):
        rng = np.random.default_rng(cell)
        n = int(rng.integers(2, 15))
        k, m = int(rng.integers(1, n)), int(rng.integers(1, n + 1))
        # With seven operators or more, counting was right in every one of 2700 cells.
        L = int(rng.integers(7, 14))
        found = samples_needed(GenericSubspace(n, k), cameras(m, n, L, rng), rng=cell)
        enough = m > k and L * (m - k) >= n - k
        tight = enough and (L - 1) * (m - k) < n - k
        assert found.clear
        assert found.parameters == k * (n - k)
        if not enough:
            assert found.samples is None
        elif tight:
            assert found.samples == L * k
        else:
            assert found.samples == math.ceil(k * (n - k) / (m - k)) == found.counting_bound

    @pytest.mark.parametrize("L, m, samples", [(3, 5, None), (3, 6, 12), (3, 7, 8), (1, 12, 4)])
    def test_turns(self, L, m, samples):
        # n - k = 6: three operators need m - k >= 2 each, and are then used to the last sample.
        rng = np.random.default_rng(1)
        n, k = (10, 4) if L > 1 else (12, 4)
        assert samples_needed(GenericSubspace(n, k), cameras(m, n, L, rng)).samples == samples

    @pytest.mark.parametrize("n, k, m", [(8, 4, 7), (9, 3, 7), (10, 4, 9), (7, 2, 6)])
    def test_two_operators_see_every_code_twice(self, n, k, m):
        # One of them alone does not see all: counting asks for fewer than 2k.
        rng = np.random.default_rng(n)
        operators = cameras(m, n, 2, rng)
        found = samples_needed(GenericSubspace(n, k), operators)
        assert found.samples == 2 * k > found.counting_bound
        assert is_smallest(
            found, lambda N: subspace_determined(found.model.basis, dense(operators), N, rng)
        )

    def test_three_operators_whose_codes_meet_in_a_line(self):
        # n - k = 5, m - k = 3: 15 equations of 5 samples are dependent, since codes of the first
        # two operators, two planes of R^3, share a line.
        rng = np.random.default_rng(3)
        operators = cameras(6, 8, 3, rng)
        found = samples_needed(GenericSubspace(8, 3), operators)
        assert (found.samples, found.counting_bound) == (6, 5)
        assert is_smallest(
            found, lambda N: subspace_determined(found.model.basis, dense(operators), N, rng)
        )

    @pytest.mark.parametrize("seed", range(12))
    def test_against_the_whole_jacobian(self, seed):
        rng = np.random.default_rng(100 + seed)
        n = int(rng.integers(3, 8))
        k = int(rng.integers(1, n))
        m, L = int(rng.integers(k + 1, n + 1)), int(rng.integers(1, 5))
        operators = cameras(m, n, L, rng)
        found = samples_needed(Subspace(rng.standard_normal((n, k))), operators, rng=seed)

        def test(N):
            return subspace_determined(found.model.basis, dense(operators), N, rng)

        if found.samples is None:
            assert not test(2 * L * k)
        else:
            assert is_smallest(found, test)

    def test_fewer_measurements_never_need_fewer_samples(self):
        rng = np.random.default_rng(4)
        whole = dense(cameras(11, 12, 4, rng))
        model = Subspace(rng.standard_normal((12, 4)))
        counts = [samples_needed(model, [A[:m] for A in whole]).samples for m in range(4, 12)]
        numbers = [math.inf if count is None else count for count in counts]
        assert numbers == sorted(numbers, reverse=True)
        assert math.inf in numbers and numbers[-1] < math.inf

    def test_samples_are_dealt_in_turn(self):
        found = samples_needed(GenericSubspace(12, 3), cameras(5, 12, 8, np.random.default_rng(0)))
        assert found.per_operator == (2, 2, 2, 2, 2, 2, 1, 1)
        assert sum(found.per_operator) == found.samples == 14

    def test_the_same_seed_gives_the_same(self):
        operators = cameras(4, 6, 3, np.random.default_rng(0))
        model = SparseDictionary(np.random.default_rng(1).standard_normal((6, 7)), 2)
        one, two = (samples_needed(model, operators, rng=7) for _ in range(2))
        np.testing.assert_array_equal(one.supports, two.supports)
        np.testing.assert_array_equal(one.certificate.codes, two.certificate.codes)


class TestGivenSubspace:
    @pytest.mark.parametrize("seed", range(40))
    def test_no_number_exactly_where_the_complement_is_not_seen(self, seed):
        rng = np.random.default_rng(seed)
        n, k = 6, int(rng.integers(1, 4))
        B = rng.integers(-1, 2, (n, k)).astype(float)
        if np.linalg.matrix_rank(B) < k:
            B = np.eye(n)[:, :k]
        operators = [
            rng.integers(-1, 2, (int(rng.integers(1, 5)), n)).astype(float) for _ in range(3)
        ]
        found, q = samples_needed(Subspace(B), operators), np.linalg.qr(B)[0]
        kept = [A for A in operators if rank(A @ B) == k]
        assert (found.motion is not None) == (seen_complement(q, operators) < n - k)
        # What only operators that lose codes see is no proof of a number.
        enough = bool(kept) and seen_complement(q, kept) == n - k
        assert (found.samples is not None) == enough
        if found.samples is not None:
            assert is_smallest(found, lambda N: determined_without_lost(B, operators, N, rng))
        elif found.motion is None:
            assert not found.clear and "is open" in found.explanation

    def test_generic_masks_by_what_they_cover(self):
        # Masks of k + 1 pixels, n - k of them: every q must cover q + k pixels (Pimentel-Alarcon,
        # Boston, Nowak 2016, on deterministic sampling for low-rank completion).
        rng = np.random.default_rng(2)
        n, k, answers = 6, 2, set()
        for _ in range(60):
            sets = [set(rng.choice(n, k + 1, replace=False)) for _ in range(n - k)]
            cover = all(
                len(set.union(*some)) >= len(some) + k
                for q in range(1, n - k + 1)
                for some in itertools.combinations(sets, q)
            )
            masks = [st.operators.inpainting(np.isin(np.arange(n), list(s))) for s in sets]
            found = samples_needed(GenericSubspace(n, k), masks)
            assert (found.samples is not None) == cover
            # One equation per sample, and each mask must meet all k codes.
            assert found.samples in (None, k * (n - k))
            answers.add(cover)
        assert answers == {True, False}

    def test_the_motion_keeps_what_is_measured(self):
        rng = np.random.default_rng(5)
        operators, model = cameras(5, 9, 2, rng), Subspace(rng.standard_normal((9, 3)))
        found = samples_needed(model, operators)
        assert found.samples is None and found.motion.shape == (9, 3)
        moved = model.basis + 0.1 * found.motion
        assert rank(np.hstack([moved, model.basis])) > 3
        for A in dense(operators):
            assert rank(A @ moved) == rank(np.hstack([A @ moved, A @ model.basis])) == 3

    def test_all_of_space_and_nothing_have_no_parameters(self):
        for basis in (np.eye(4), np.zeros((4, 0))):
            found = samples_needed(Subspace(basis), np.eye(4)[:1])
            assert (found.samples, found.parameters, found.supports.shape) == (0, 0, (0, 1))
            assert "no parameters" in str(found)

    def test_operators_that_see_nothing(self):
        model = Subspace(np.random.default_rng(0).standard_normal((5, 2)))
        assert samples_needed(model, np.zeros((2, 5))).samples is None
        assert samples_needed(model, np.zeros((2, 5))).counting_bound is None
        # Every second sample is lost, so the last of two that count is the fourth.
        both = samples_needed(model, [np.zeros((2, 5)), np.eye(5)])
        assert (both.samples, both.per_operator) == (4, (2, 2))

    def test_affine_subspaces_move_with_their_offsets(self):
        rng = np.random.default_rng(6)
        n, k, m = 8, 2, 5
        operators = cameras(m, n, 6, rng)
        model = Subspace(rng.standard_normal((n, k)), rng.standard_normal(n))
        found = samples_needed(model, operators)
        assert found.parameters == (k + 1) * (n - k) == 18
        assert found.samples == math.ceil(18 / (m - k))
        # Codes of the offset are 1 and known, so that there are k of them per sample.
        B, a = model.basis, model.offset

        def test(N):
            codes = rng.standard_normal((N, k))

            def measure(point):
                basis, offset = point[: n * k].reshape(n, k), point[n * k : n * (k + 1)]
                c = point[n * (k + 1) :].reshape(N, k)
                A = dense(operators)
                return np.concatenate([A[t % 6] @ (basis @ c[t] + offset) for t in range(N)])

            J = jacobian(measure, np.concatenate([B.ravel(), a, codes.ravel()]))
            return rank(J) == 18 + N * k

        assert is_smallest(found, test)

    def test_the_motion_of_an_affine_subspace(self):
        rng = np.random.default_rng(7)
        model = Subspace(rng.standard_normal((6, 1)), rng.standard_normal(6))
        A = rng.standard_normal((3, 6))
        found = samples_needed(model, A)
        assert found.samples is None and found.motion.shape == (6, 2)
        direction, point = found.motion.T
        base = A @ model.basis
        for moved in (A @ direction, A @ point):
            assert rank(np.column_stack([base, moved])) == 1


class TestComplex:
    @pytest.mark.parametrize("seed", range(4))
    def test_models_by_complex_dimensions(self, seed):
        rng = np.random.default_rng(seed)
        n, k, m, L = 5, 2, 4, 3
        B = rng.standard_normal((n, k)) + 1j * rng.standard_normal((n, k))
        operators = dense(cameras(m, n, L, rng))
        if seed % 2:
            operators = [A + 1j * rng.standard_normal((m, n)) for A in operators]
        found = samples_needed(Subspace(B), operators)
        assert found.parameters == k * (n - k) == 6
        assert found.samples == math.ceil(6 / (m - k))
        assert is_smallest(
            found, lambda N: subspace_determined(found.model.basis, operators, N, rng)
        )
        assert found.certificate.verify(found.model, operators)

    def test_complex_rows_are_two_for_real_signals(self):
        rng = np.random.default_rng(1)
        model = Subspace(rng.standard_normal((9, 3)))
        operators = [A + 1j * rng.standard_normal((3, 9)) for A in dense(cameras(3, 9, 4, rng))]
        halves = [np.concatenate([A.real, A.imag]) for A in operators]
        found = samples_needed(model, operators)
        assert found.samples == samples_needed(model, halves).samples == 6
        assert found.certificate.verify(model, operators)

    def test_fourier_rows_without_an_imaginary_part_are_one(self):
        # Frequencies 0 and 4 of 8 are real: six real rows, of which one more than k is needed.
        mask = np.isin(np.arange(8), [0, 1, 2, 4])
        model = Subspace(np.random.default_rng(0).standard_normal((8, 5)))
        found = samples_needed(model, st.operators.fourier(mask))
        assert found.samples is None
        assert seen_complement(model.basis, [st.operators.fourier(mask, real=True)]) == 1


def determined_without_lost(B, operators, N, rng):
    """Whether those of N samples whose operators keep all codes determine a subspace."""
    listed = [operators[t % len(operators)] for t in range(N)]
    listed = [A for A in listed if rank(A @ B) == B.shape[1]]
    return subspace_determined(B, listed, len(listed), rng)


LINE = np.array([[1.0], [0.0], [0.0]])
PLANE = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [0.0, 0.0]])
PAIRS = [np.eye(4)[[1, 2]], np.eye(4)[[0, 3]]]


class TestLostCodes:
    """Operators that are not one-to-one on a piece or support."""

    @pytest.mark.parametrize("B, operators", [(LINE, [np.eye(3)[1:]]), (PLANE, PAIRS)])
    def test_alone_leave_the_number_open(self, B, operators):
        found = samples_needed(Subspace(B), operators)
        # The equations as a whole have no solution but 0, so that no motion hides the model.
        assert seen_complement(np.linalg.qr(B)[0], operators) == B.shape[0] - B.shape[1]
        assert found.samples is None and found.motion is None and not found.clear
        assert found.certificate is None and found.counting_bound is None
        assert found.per_operator == () and found.parameters > 0
        assert "is open" in found.explanation and "suffices, and which" in found.explanation
        assert str(found).startswith("no number of samples was found.")
        assert "no number suffices" not in str(found)

    @pytest.mark.parametrize("B, operators", [(LINE, [np.eye(3)[1:]]), (PLANE, PAIRS)])
    @pytest.mark.parametrize("size", [1e-2, 1e-4, 1e-6])
    def test_a_model_near_by_explains_thousands_of_samples(self, B, operators, size):
        # With A B' of full row rank there are codes for every sample, and no larger ones.
        rng = np.random.default_rng(41)
        near = B + size * rng.standard_normal(B.shape)
        if B is PLANE:
            assert all(rank(A @ near) == len(A) for A in operators)
        assert rank(np.hstack([B, near])) > B.shape[1]
        for A in operators:
            codes = rng.standard_normal((B.shape[1], 1000))
            others, *_ = np.linalg.lstsq(A @ near, A @ B @ codes, rcond=None)
            np.testing.assert_allclose(A @ near @ others, A @ B @ codes, atol=1e-12)
            assert np.abs(others).max() < 10 * np.abs(codes).max()

    def test_beside_others_are_no_equations(self):
        # Each of the other two operators sees one of two directions beside the line.
        rng = np.random.default_rng(42)
        operators = [np.eye(3)[1:], *rng.standard_normal((2, 2, 3))]
        found = samples_needed(Subspace(LINE), operators)
        assert found.clear and found.samples == 3 > found.counting_bound == 2
        assert is_smallest(found, lambda N: determined_without_lost(LINE, operators, N, rng))
        assert "lose codes in 1 of the samples" in found.explanation
        assert found.certificate.verify(found.model, operators)
        # One of the two alone leaves a direction that only the first operator would see.
        assert samples_needed(Subspace(LINE), operators[:2]).samples is None

    def test_that_measure_nothing_of_it_change_no_answer(self):
        # Row e_2 alone sees one direction, however often: a motion is left, and no doubt.
        found = samples_needed(Subspace(LINE), np.eye(3)[1:2])
        assert found.samples is None and found.motion is not None and found.clear
        # Fewer rows than codes have no equations anyway.
        rng = np.random.default_rng(43)
        basis, whole = rng.standard_normal((5, 2)), dense(cameras(4, 5, 3, rng))
        mixed = samples_needed(Subspace(basis), [whole[0], whole[1][:1], whole[2]])
        assert mixed.clear and "lose codes" not in mixed.explanation
        assert is_smallest(
            mixed,
            lambda N: determined_without_lost(basis, [whole[0], whole[1][:1], whole[2]], N, rng),
        )

    def test_under_a_symmetry(self):
        # Signals (u, u): swapping the halves keeps them. A sees differences alone, which are 0.
        action = st.groups.from_permutations([[2, 3, 0, 1]])
        line = np.array([[1.0], [0.0], [1.0], [0.0]])
        lost, kept = np.array([[0.0, 1, 0, 1], [1, 0, -1, 0]]), np.eye(4)
        open_ = samples_needed(Subspace(line), lost, action)
        assert open_.parameters == 1 and open_.samples is None
        assert open_.motion is None and not open_.clear
        assert "1 parameter." in open_.explanation
        assert samples_needed(Subspace(line), [lost, kept], action).samples == 2

    def test_of_supports_of_atoms(self):
        # The first operator does not see the first atom.
        rng = np.random.default_rng(44)
        D = rng.standard_normal((5, 5))
        D[:4, 0] = 0
        lossy, whole = np.eye(5)[:4], np.eye(5)
        alone = samples_needed(SparseDictionary(D, 2), [lossy, rng.standard_normal((3, 5))])
        assert alone.samples is None and alone.motion is None and not alone.clear
        assert "is open" in alone.explanation
        operators = [lossy, whole]
        found = samples_needed(SparseDictionary(D, 2), operators)

        def test(N):
            own = [
                (operators[t % 2], s)
                for t, s in enumerate(found.supports[:N].tolist())
                if rank(operators[t % 2] @ D[:, s]) == 2
            ]
            return atoms_determined(D, [s for _, s in own], [A for A, _ in own], len(own), rng)

        assert found.clear and is_smallest(found, test)
        assert "lose codes in" in found.explanation
        assert found.certificate.verify(found.model, operators)


def atoms_determined(D, supports, operators, N, rng):
    """Whether samples determine a dictionary whose only free motions are those of scale."""
    n, p = D.shape
    codes = [rng.standard_normal(len(support)) for support in supports[:N]]
    chosen = [list(support) for support in supports[:N]]
    return determined(
        lambda theta: theta.reshape(n, p), D.ravel(), chosen, codes, operators, p * (n - 1)
    )


class TestSparseDictionary:
    @pytest.mark.parametrize(
        "n, p, s, m, L",
        [(4, 5, 1, 3, 2), (5, 6, 2, 4, 2), (5, 6, 2, 5, 1), (4, 6, 2, 3, 4), (6, 5, 3, 5, 3)],
    )
    def test_against_the_whole_jacobian(self, n, p, s, m, L):
        rng = np.random.default_rng(n * p + m)
        operators = cameras(m, n, L, rng)
        model = SparseDictionary(rng.standard_normal((n, p)), s)
        found = samples_needed(model, operators)
        assert found.parameters == p * (n - 1)
        assert found.samples >= found.counting_bound >= p * (n - 1) / (m - s)
        assert is_smallest(
            found,
            lambda N: atoms_determined(model.atoms, found.supports, dense(operators), N, rng),
        )
        assert found.certificate.verify(model, operators)

    @pytest.mark.parametrize("n, p, s, m, L", [(12, 18, 2, 6, 4), (12, 15, 3, 8, 3)])
    def test_counting_is_met_where_atoms_are_many(self, n, p, s, m, L):
        rng = np.random.default_rng(p)
        model = SparseDictionary(rng.standard_normal((n, p)), s)
        found = samples_needed(model, cameras(m, n, L, rng))
        assert found.samples == math.ceil(p * (n - 1) / (m - s))

    @pytest.mark.parametrize("p, s", [(5, 4), (4, 3), (5, 3)])
    def test_every_atom_must_be_avoided(self, p, s):
        # p - 1 samples without each atom: N (p - s) >= p (p - 1), beyond what equations ask for.
        n = 8
        model = SparseDictionary(np.random.default_rng(p).standard_normal((n, p)), s)
        found = samples_needed(model, np.eye(n))
        assert found.samples == found.counting_bound == math.ceil(p * (p - 1) / (p - s))
        assert found.samples > math.ceil(p * (n - 1) / (n - s))
        avoided = p - 1 <= (found.samples - np.bincount(found.supports.ravel(), minlength=p)).min()
        assert avoided

    def test_as_many_atoms_as_a_signal_uses_are_a_subspace(self):
        rng = np.random.default_rng(8)
        atoms, operators = rng.standard_normal((7, 3)), cameras(5, 7, 3, rng)
        one = samples_needed(SparseDictionary(atoms, 3), operators)
        two = samples_needed(Subspace(atoms), operators)
        assert (one.samples, one.parameters) == (two.samples, two.parameters)
        assert one.parameters == 3 * 4

    def test_one_atom_is_a_line(self):
        # A line of R^3 has two parameters, and one look at a signal shows it.
        found = samples_needed(SparseDictionary([[1.0], [2.0], [3.0]], 1), np.eye(3))
        assert (found.samples, found.parameters, found.counting_bound) == (1, 2, 1)

    def test_sparse_signals_of_lines_are_a_union_of_lines(self):
        rng = np.random.default_rng(9)
        atoms, operators = rng.standard_normal((6, 5)), cameras(4, 6, 3, rng)
        one = samples_needed(SparseDictionary(atoms, 1), operators)
        two = samples_needed(UnionOfSubspaces(atoms.T[:, :, None]), operators)
        assert one.samples == two.samples and one.parameters == two.parameters == 5 * 5

    @pytest.mark.parametrize("m, L, enough", [(2, 5, False), (3, 3, False), (3, 5, True)])
    def test_turns(self, m, L, enough):
        # m > s = 2 is needed to see anything. And an atom moves in 6 dimensions, of which an
        # operator beside the atom alone sees m - 1 = 2 : three operators must join, but see less
        # of pairs, which vary.
        rng = np.random.default_rng(m * L)
        n = 7 if enough else 8
        model = SparseDictionary(rng.standard_normal((n, 9)), 2)
        found = samples_needed(model, cameras(m, n, L, rng))
        assert (found.samples is not None) == enough

    def test_the_motion_keeps_what_is_measured(self):
        rng = np.random.default_rng(10)
        model = SparseDictionary(rng.standard_normal((8, 5)), 2)
        operators = cameras(4, 8, 2, rng)
        found = samples_needed(model, operators)
        assert found.samples is None and found.motion.shape == (8, 5)
        moved = model.atoms + 0.1 * found.motion
        assert np.linalg.norm(found.motion) == pytest.approx(1.0)
        for A, support in itertools.product(dense(operators), model.supports):
            both = np.hstack([A @ model.atoms[:, support], A @ moved[:, support]])
            assert rank(both) == rank(A @ moved[:, support]) == 2

    def test_no_from_some_supports_only_is_unclear(self, monkeypatch):
        # Two measurements say nothing about pairs, though much about single atoms.
        from sensing_theorems.sample_complexity import search, tangents

        rng = np.random.default_rng(40)
        model = SparseDictionary(rng.standard_normal((8, 9)), 2)
        operators = cameras(2, 8, 9, rng)
        found = samples_needed(model, operators)
        assert found.samples is None and found.clear and found.counting_bound is None
        for module in (search, tangents):
            monkeypatch.setattr(module, "SUPPORTS", 3)
        assert not samples_needed(model, operators).clear

    def test_a_model_that_fills_space_has_nothing_to_learn(self):
        # Two of three atoms of the plane span it, whatever they are.
        model = SparseDictionary(np.random.default_rng(0).standard_normal((2, 3)), 2)
        assert samples_needed(model, [[1.0, 0.0]]).samples == 0


class TestUnions:
    def test_of_subspaces_are_learned_piece_by_piece(self):
        rng = np.random.default_rng(11)
        bases, L = rng.standard_normal((3, 7, 2)), 4
        operators = cameras(4, 7, L, rng)
        model = UnionOfSubspaces(bases)
        found = samples_needed(model, operators)
        assert found.parameters == 3 * 2 * 5
        # Five samples per piece, of which each makes two equations.
        assert found.samples == 15
        counts = np.bincount(found.supports[:, 0])
        assert counts.tolist() == [5, 5, 5]

    @pytest.mark.parametrize("p, L, m", [(2, 2, 5), (4, 2, 5), (6, 3, 4), (3, 6, 3), (5, 5, 3)])
    def test_take_as_many_samples_as_their_pieces(self, p, L, m):
        rng = np.random.default_rng(p * L)
        operators = cameras(m, 6, L, rng)
        one = samples_needed(GenericSubspace(6, 2), operators).samples
        found = samples_needed(UnionOfSubspaces(rng.standard_normal((p, 6, 2))), operators)
        assert found.samples == (None if one is None else p * one)

    def test_of_different_dimensions(self):
        rng = np.random.default_rng(12)
        model = UnionOfSubspaces([rng.standard_normal((6, k)) for k in (1, 3)])
        operators = dense(cameras(5, 6, 3, rng))
        found = samples_needed(model, operators)
        owners = found.supports[:, 0]

        def test(N):
            return all(
                subspace_determined_by(model.pieces.basis(i), operators, owners[:N] == i, rng)
                for i in range(2)
            )

        assert is_smallest(found, test)
        assert found.certificate.verify(model, operators)

    def test_the_bound_holds_for_every_dealing(self):
        # Two samples give the line 5 equations, and nine the other piece 9. The pieces take turns,
        # which is slower: the answer must not claim that counting asks for it.
        rng = np.random.default_rng(45)
        model = UnionOfSubspaces([rng.standard_normal((6, k)) for k in (1, 3)])
        operators = dense(cameras(4, 6, 6, rng))
        answers = [samples_needed(model, operators, rng=seed) for seed in range(6)]
        assert {found.counting_bound for found in answers} == {2 + 9}
        for found in answers:
            assert found.samples > 11
            assert "Counting alone asks for 11 samples; in this sequence" in found.explanation
            assert "With fewer samples" not in found.explanation
            assert "this sequence without its last sample has too few" in str(found.certificate)
        for piece, own in enumerate([np.arange(11) < 2, np.arange(11) >= 2]):
            basis = model.pieces.basis(piece)
            assert subspace_determined_by(basis, operators, own, rng)

    def test_the_bound_is_that_of_the_richest_operator(self):
        rng = np.random.default_rng(46)
        plain = dense(cameras(8, 8, 3, rng))
        found = samples_needed(Subspace(rng.standard_normal((8, 2))), [plain[0][:3], *plain[1:]])
        # 12 parameters by 6 equations; the first operator, which comes first, has one only.
        assert (found.samples, found.counting_bound) == (3, 2)
        assert "in this sequence of them, fewer than 3 have too few equations" in found.explanation

    def test_a_piece_that_nobody_tells_apart(self):
        # Both operators lose the last coordinate: a line moves along it.
        model = UnionOfSubspaces([np.eye(4)[:, :1], np.eye(4)[:, 1:2]])
        found = samples_needed(model, np.eye(4)[:3])
        assert found.samples is None
        np.testing.assert_allclose(np.abs(found.motion[3]).sum(), 1.0)
        np.testing.assert_allclose(found.motion[:3], 0, atol=1e-12)

    @pytest.mark.parametrize("m, L, per_point", [(4, 1, 1), (2, 2, 2), (3, 2, 2), (1, 4, 4)])
    def test_points_need_operators_of_joint_rank(self, m, L, per_point):
        rng = np.random.default_rng(13)
        model, operators = FiniteSet(rng.standard_normal((5, 4))), cameras(m, 4, L, rng)
        found = samples_needed(model, operators)
        assert found.parameters == 20 and found.samples == 5 * per_point
        for point in range(5):
            seen = np.flatnonzero(found.supports[:, 0] == point) % L
            assert rank(np.concatenate([dense(operators)[g] for g in seen])) == 4
        assert found.certificate.verify(model, operators)

    def test_points_in_a_common_null_space(self):
        model = FiniteSet(np.random.default_rng(0).standard_normal((3, 4)))
        A = np.random.default_rng(1).standard_normal((3, 4))
        found = samples_needed(model, A)
        assert found.samples is None and found.motion.shape == (4, 3)
        np.testing.assert_allclose(A @ found.motion, 0, atol=1e-12)
        assert np.linalg.norm(found.motion) > 0.1


def subspace_determined_by(B, operators, own, rng):
    """A piece by those of its samples, whose operators are dealt by their place among all."""
    listed = [operators[t % len(operators)] for t in np.flatnonzero(own)]
    return subspace_determined(B, listed, len(listed), rng)


def orbit_basis(action, signals):
    return np.concatenate([g(signals) for g in action.elements()]).T


def family_dimension(build, theta):
    """Dimension of the subspaces that a family makes, by the derivative of their projectors."""

    def projector(point):
        q = np.linalg.qr(build(point))[0]
        return (q @ q.T).ravel()

    step = 1e-5
    J = np.array(
        [
            (projector(theta + step * e) - projector(theta - step * e)) / (2 * step)
            for e in np.eye(theta.size)
        ]
    )
    values = np.linalg.svd(J, compute_uv=False)
    kept = values > 1e-5 * values[0]
    assert not np.any((values < 1e-4 * values[0]) & kept)
    return int(kept.sum())


FAMILIES = {
    "shifts": (st.groups.shifts(3, channels=3), 1),
    "two shifts": (st.groups.shifts(2, 2, channels=2), 1),
    "quarter turns": (st.groups.quarter_turns(3), 1),
    "more quarter turns": (st.groups.quarter_turns(4), 2),
    "D4": (st.groups.dihedral(4), 1),
    "reflections": (st.groups.reflections(7), 2),
    "quaternions": (
        st.groups.from_permutations(
            [[1, 0, 3, 2, 5, 4, 7, 6], [2, 3, 0, 1, 6, 7, 4, 5]],
            signs=[[1, -1, 1, -1] * 2, [1, -1, -1, 1] * 2],
        ),
        1,
    ),
}


def copies(action, B):
    """How often each complex irrep occurs in the signals and in the model, and its dimension."""
    found = action.isotypic(np.linalg.qr(B)[0].T).energies.sum(axis=0)
    families = action.transform.families
    dims = np.repeat([f.dim for f in families], [f.count for f in families])
    c = np.repeat([f.multiplicity for f in families], [f.count for f in families])
    return dims, c, np.rint(found / dims).astype(int)


class TestInvariantSubspace:
    @pytest.mark.parametrize("name", FAMILIES)
    def test_against_the_family_of_orbits(self, name):
        action, count = FAMILIES[name]
        rng = np.random.default_rng(14)
        theta = rng.standard_normal(count * action.n)
        span = orbit_basis(action, theta.reshape(count, -1))
        # As many columns as are independent; the same ones all over the family.
        k = rank(span)
        columns = next(
            list(c)
            for c in itertools.combinations(range(span.shape[1]), k)
            if np.linalg.svd(span[:, list(c)], compute_uv=False)[-1] > 1e-2
        )

        def build(point):
            return orbit_basis(action, point.reshape(count, -1))[:, columns]

        P = family_dimension(build, theta)
        numbers = set()
        for m, L in [(k, 1), (k + 1, 1), (k + 2, 1), (k + 1, 2), (action.n, 1)]:
            operators = cameras(min(m, action.n), action.n, L, rng)
            found = samples_needed(Subspace(build(theta)), operators, action)
            assert found.clear and found.parameters == P

            def test(N, operators=operators):
                codes = list(rng.standard_normal((N, k)))
                chosen = [list(range(k))] * N
                return determined(build, theta, chosen, codes, dense(operators), P)

            if found.samples is None:
                assert not test(P + 2)
            else:
                assert is_smallest(found, test)
            numbers.add(found.samples)
        assert len(numbers) > 1

    @pytest.mark.parametrize("name", FAMILIES)
    def test_turns_where_the_bound_of_multiplicities_does(self, name):
        # One operator identifies an invariant subspace iff m >= k + max (c - d) / s.
        action, count = FAMILIES[name]
        rng = np.random.default_rng(15)
        B = orbit_basis(action, rng.standard_normal((count, action.n)))
        B = np.linalg.svd(B)[0][:, : rank(B)]
        s, c, d = copies(action, B)
        moving = (d > 0) & (c > d)
        least = B.shape[1] + math.ceil(
            max(Fraction(int(e), int(w)) for e, w in zip((c - d)[moving], s[moving], strict=True))
        )
        for m in range(B.shape[1], action.n + 1):
            found = samples_needed(Subspace(B), cameras(m, action.n, 1, rng), action)
            assert (found.samples is not None) == (m >= least)
            assert found.parameters == np.sum(d * (c - d))

    def test_counting_is_met_by_several_operators(self):
        action, rng = st.groups.quarter_turns(5), np.random.default_rng(16)
        B = orbit_basis(action, rng.standard_normal((2, 25)))
        # c = 7, 6, 6, 6 and d = 2: P = 10 + 8 + 8 + 8.
        for m, samples in [(11, 12), (13, 7), (15, 5), (21, 3), (25, 2)]:
            found = samples_needed(Subspace(B), cameras(m, 25, 2, rng), action)
            assert found.samples == samples == math.ceil(34 / (m - 8))

    def test_one_operator_whose_irreps_share_a_direction(self):
        # m - k = 5 measurements see 5, 4, 4 and 4 directions: 17 > 3 * 5, so that one direction is
        # common to all four irreps, whose 2 + 2 + 2 + 2 codes must be told apart in it.
        action, rng = st.groups.quarter_turns(5), np.random.default_rng(17)
        B = orbit_basis(action, rng.standard_normal((2, 25)))
        found = samples_needed(Subspace(B), cameras(13, 25, 1, rng), action)
        assert (found.samples, found.counting_bound) == (8, 7)

    def test_codes_of_a_sample_span_no_more_than_the_irrep(self):
        # Three of four copies of the trivial irrep: a sample has one code of three, whatever m.
        action = st.groups.from_permutations([[4, 5, 6, 7, 0, 1, 2, 3]])
        half = np.random.default_rng(18).standard_normal((4, 3))
        found = samples_needed(Subspace(np.concatenate([half, half])), np.eye(8), action)
        assert found.parameters == 3 and found.counting_bound == found.samples == 3

    def test_a_model_without_relatives_takes_no_samples(self):
        # Every frequency occurs once: invariant subspaces are finitely many.
        action = st.groups.shifts(8)
        wave = np.exp(2j * np.pi * np.arange(8) / 8)
        model = Subspace(np.column_stack([wave.real, wave.imag]))
        A = np.random.default_rng(0).standard_normal((2, 8))
        found = samples_needed(model, A, action)
        assert (found.samples, found.parameters) == (0, 0)
        # Two measurements do not exclude a larger model.
        assert "a larger invariant one, of 8 dimensions" in found.explanation
        more = samples_needed(model, np.random.default_rng(0).standard_normal((3, 8)), action)
        assert more.samples == 0 and "larger" not in more.explanation

    def test_equivariant_operators_are_one(self):
        # A blur keeps every frequency apart, and its stack sees no more than it does.
        action, rng = st.groups.shifts(4, channels=2), np.random.default_rng(19)
        model = Subspace(orbit_basis(action, rng.standard_normal((1, 8))))
        joint = np.hstack([np.eye(4), 2 * np.eye(4)])
        found = samples_needed(model, joint, action)
        assert found.samples is None
        moved = model.basis + 0.1 * found.motion
        assert rank(np.hstack([moved, model.basis])) > 4
        assert rank(joint @ moved) == rank(np.hstack([joint @ moved, joint @ model.basis]))
        for g in action.elements():
            assert rank(np.hstack([moved, g(moved.T).T])) == 4

    def test_rotations_of_the_plane(self):
        action = st.groups.kravchuk_rotations(4)
        rng = np.random.default_rng(20)
        signal = rng.standard_normal(16)
        # Sixteen turns span what all of them do.
        turned = np.array([action.element(float(t))(signal) for t in range(16)]).T
        u, values, _ = np.linalg.svd(turned)
        B = u[:, : (values > 1e-9 * values[0]).sum()]
        _, c, d = copies(action, B)
        found = samples_needed(Subspace(B), cameras(14, 16, 1, rng), action)
        assert found.parameters == np.sum(d * (c - d)) == 9
        assert found.samples == 2

    def test_an_affine_subspace_moves_its_invariant_point(self):
        action = st.groups.shifts(3, channels=2)
        rng = np.random.default_rng(21)
        B = orbit_basis(action, rng.standard_normal((1, 6)))
        point = np.repeat(rng.standard_normal(2), 3)
        model = Subspace(B, point)
        # Three motions of the directions, and the point moves in what is left of two constants.
        found = samples_needed(model, np.eye(6), action)
        assert found.parameters == 3 + 1
        assert found.samples == 2

    def test_matrices_that_are_not_orthogonal(self):
        rng = np.random.default_rng(22)
        turn = np.kron(np.eye(2), [[0.0, -1.0], [1.0, 0.0]])
        shear = np.eye(4) + np.triu(rng.standard_normal((4, 4)), 1)
        action = st.groups.from_matrices([shear @ turn @ np.linalg.inv(shear)])
        B = orbit_basis(action, rng.standard_normal((1, 4)))[:, :2]
        # C^2 with one of two copies of a complex pair: P = 1 + 1.
        found = samples_needed(Subspace(B), cameras(3, 4, 1, rng), action)
        assert (found.parameters, found.samples) == (2, 2)


class TestInvariantPieces:
    def test_a_filter_and_its_shifts(self):
        action, rng = st.groups.shifts(6), np.random.default_rng(23)
        theta, A = rng.standard_normal(6), cameras(4, 6, 1, rng)
        model = SparseDictionary(orbit_basis(action, theta[None]), 2)
        found = samples_needed(model, A, action)
        # The filter up to scale; two equations a sample.
        assert (found.parameters, found.samples) == (5, 3)
        order = [
            int(np.argmax(np.abs(model.atoms.T @ a))) for a in orbit_basis(action, theta[None]).T
        ]
        assert order == list(range(6))

        def test(N):
            codes = list(rng.standard_normal((N, 2)))
            chosen = [list(s) for s in found.supports[:N]]

            def build(point):
                return orbit_basis(action, point[None])

            return determined(build, theta, chosen, codes, dense(A), 5)

        assert is_smallest(found, test)

    def test_two_filters_take_turns(self):
        action, rng = st.groups.shifts(5), np.random.default_rng(24)
        theta, operators = rng.standard_normal(10), cameras(4, 5, 2, rng)

        def build(point):
            return np.hstack([orbit_basis(action, f[None]) for f in point.reshape(2, 5)])

        model = SparseDictionary(build(theta), 2)
        found = samples_needed(model, operators, action)
        assert found.parameters == 2 * 4

        def test(N):
            codes = list(rng.standard_normal((N, 2)))
            chosen = [list(s) for s in found.supports[:N]]
            return determined(build, theta, chosen, codes, dense(operators), 8)

        assert is_smallest(found, test)

    def test_stabilisers_hold_a_filter(self):
        # A filter of period 3 keeps it; one that shifts by 3 negate keeps that.
        action, rng = st.groups.shifts(6), np.random.default_rng(25)
        h = rng.standard_normal(3)
        for filt in (np.concatenate([h, h]), np.concatenate([h, -h])):
            atoms = orbit_basis(action, filt[None])[:, :3]
            found = samples_needed(SparseDictionary(atoms, 2), cameras(3, 6, 1, rng), action)
            assert found.parameters == 2 and found.samples == 2

    def test_points_of_an_orbit_are_one(self):
        action, rng = st.groups.shifts(6), np.random.default_rng(26)
        model = FiniteSet(orbit_basis(action, rng.standard_normal((1, 6))).T)
        A = cameras(2, 6, 1, rng)
        assert samples_needed(model, A).samples is None
        found = samples_needed(model, A, action)
        assert found.parameters == 6 and found.samples == 3
        joint = []
        for t in range(3):
            # Point number i is a shift of point 0, found by comparison.
            g = next(
                g
                for g in action.elements()
                if np.allclose(g(model.points[0]), model.points[found.supports[t, 0]])
            )
            joint.append(g.pull_back(dense(A)[0]))
        assert rank(np.concatenate(joint)) == 6 > rank(np.concatenate(joint[:2]))

    def test_lines_that_turn_into_each_other(self):
        action, rng = st.groups.quarter_turns(3), np.random.default_rng(27)
        model = UnionOfSubspaces(orbit_basis(action, rng.standard_normal((1, 9))).T[:, :, None])
        found = samples_needed(model, cameras(5, 9, 1, rng), action)
        assert found.parameters == 8 and found.samples == 2

    def test_atoms_must_be_permuted(self):
        # All pairs of three atoms of a plane are the plane, which the turns keep: not the atoms.
        action, rng = st.groups.quarter_turns(2), np.random.default_rng(0)
        signal = rng.standard_normal((1, 4))
        plane = orbit_basis(action, signal - action.element(2)(signal))[:, :2]
        atoms = plane @ rng.standard_normal((2, 3))
        with pytest.raises(ValueError, match="must map the atoms or pieces"):
            samples_needed(SparseDictionary(atoms, 2), np.eye(4), action)

    def test_the_identity_alone_is_no_symmetry(self):
        rng = np.random.default_rng(28)
        model, operators = Subspace(rng.standard_normal((5, 2))), cameras(4, 5, 2, rng)
        found = samples_needed(model, operators, st.groups.trivial(5))
        assert found.certificate is not None
        assert found.samples == samples_needed(model, operators).samples


@pytest.fixture(scope="module")
def found():
    """Return a dictionary's number of samples, and its operators."""
    rng = np.random.default_rng(29)
    operators = cameras(4, 6, 3, rng)
    model = SparseDictionary(rng.standard_normal((6, 8)), 2)
    return samples_needed(model, operators), operators


class TestCertificate:
    def test_holds(self, found):
        result, operators = found
        proof = result.certificate
        assert isinstance(proof, SampleCertificate)
        assert proof.samples == result.samples and proof.counted
        assert proof.verify(result.model, operators)
        assert proof.verify(result.model, operators, st.groups.trivial(6))

    def test_is_of_these_very_entries(self, found):
        result, operators = found
        proof = result.certificate
        swapped = SparseDictionary(result.model.atoms, 3)
        assert not proof.verify(result.model, [np.zeros((4, 6))] * 3)
        assert not proof.verify(result.model, [dense(operators)[0]] * 3)
        assert not proof.verify(result.model, operators[:2])
        assert not proof.verify(swapped, operators)
        assert not proof.verify(GenericSubspace(6, 2), operators)
        assert not proof.verify(Subspace(np.eye(5)[:, :2]), operators)
        assert not proof.verify(result.model, operators, st.groups.shifts(6))
        with pytest.raises(TypeError, match="`model` must be a model"):
            proof.verify("model", operators)
        for bad in (3, "shifts:6", [1]):
            with pytest.raises(TypeError, match="`action` must be a GroupAction"):
                proof.verify(result.model, operators, bad)
        assert not proof.verify(result.model, operators, st.groups.shifts(5))

    def test_holds_for_others_too(self, found):
        # Nothing ties it to the model that it was found for: what it proves is true of others.
        result, operators = found
        rng = np.random.default_rng(47)
        other = SparseDictionary(rng.standard_normal((6, 8)), 2)
        assert result.certificate.verify(other, operators)
        supports, N = result.certificate.supports, result.samples
        assert atoms_determined(other.atoms, supports, dense(operators), N, rng)

    def test_fails_when_tampered_with(self, found):
        result, operators = found
        proof = result.certificate
        same = np.repeat(proof.supports[:1], proof.samples, axis=0)
        for change in (
            {"codes": np.zeros_like(proof.codes)},
            {"codes": proof.codes.astype(float)},
            {"codes": proof.codes[:-1]},
            {"supports": same},
            {"supports": proof.supports + 8},
            {"supports": proof.supports[:, ::-1]},
            {"supports": proof.supports[:-1], "codes": proof.codes[:-1]},
            {"parameters": proof.parameters - 1},
            {"prime": 8388592},
            {"prime": 7},
            {"n_operators": 2},
        ):
            assert not replace(proof, **change).verify(result.model, operators)

    def test_of_counting_is_checked(self):
        # 2k samples of two operators are more than counting asks for.
        rng = np.random.default_rng(30)
        model, operators = Subspace(rng.standard_normal((8, 4))), cameras(7, 8, 2, rng)
        proof = samples_needed(model, operators).certificate
        assert not proof.counted and proof.verify(model, operators)
        assert not replace(proof, counted=True).verify(model, operators)
        assert "modulo the prime" in str(proof)

    def test_agrees_with_the_whole_jacobian_modulo_the_prime(self):
        rng = np.random.default_rng(31)
        model, operators = Subspace(rng.standard_normal((5, 2))), cameras(4, 5, 3, rng)
        proof = samples_needed(model, operators).certificate
        p, N, (n, k) = proof.prime, proof.samples, (5, 2)
        B = dyadic_residues(model.basis, p)
        A = [dyadic_residues(matrix, p) for matrix in dense(operators)]

        def whole(count):
            # Derivatives in all entries of B, and in all codes; k^2 changes of basis are free.
            blocks = []
            for t in range(count):
                own = np.zeros((4, count * k), np.int64)
                own[:, t * k : t * k + k] = A[t % 3] @ B % p
                blocks.append(np.hstack([np.kron(A[t % 3], proof.codes[t]) % p, own]))
            return st.modular_rank(np.concatenate(blocks), p)

        assert whole(N) == n * k + N * k - k * k
        assert whole(N - 1) < n * k + (N - 1) * k - k * k

    def test_curve_counts_the_rank(self, found):
        result, _ = found
        assert result.curve[0] == 0 and result.curve[-1] == result.parameters
        assert len(result.curve) == result.samples + 1
        assert np.all(np.diff(result.curve) <= 4 - 2)
        assert result.curve[-2] < result.parameters

    @pytest.mark.parametrize("p", [8388593, 13])
    def test_residues_are_those_of_the_fractions(self, p):
        rng = np.random.default_rng(32)
        values = np.concatenate(
            [rng.standard_normal(20) * 10.0 ** rng.integers(-300, 300, 20), [0, -1, 5e-324]]
        )
        found = dyadic_residues(values, p)
        for value, residue in zip(values, found, strict=True):
            exact = Fraction(float(value))
            assert (exact.numerator - exact.denominator * int(residue)) % p == 0
        unit = int(dyadic_residues(np.array([1j]), p)[0])
        assert unit * unit % p == p - 1


class TestNumerics:
    def test_units_do_not_matter(self):
        rng = np.random.default_rng(33)
        model, plain = Subspace(rng.standard_normal((8, 2))), dense(cameras(4, 8, 5, rng))
        sizes = 10.0 ** rng.integers(-150, 150, (5, 4, 1))
        found = samples_needed(model, [size * A for size, A in zip(sizes, plain, strict=True)])
        assert found.samples == samples_needed(model, plain).samples == 6
        assert found.clear

    def test_repeated_rows_count_once(self):
        rng = np.random.default_rng(34)
        model, plain = Subspace(rng.standard_normal((8, 2))), dense(cameras(4, 8, 5, rng))
        twice = [np.concatenate([A, 2 * A[:2]]) for A in plain]
        assert samples_needed(model, twice).samples == samples_needed(model, plain).samples

    def test_what_hangs_on_rounding_is_unclear(self):
        # The second operator is the first, changed in its last digits.
        rng = np.random.default_rng(35)
        model, A = Subspace(rng.standard_normal((6, 2))), rng.standard_normal((4, 6))
        found = samples_needed(model, [A, A + 3e-13 * rng.standard_normal((4, 6))])
        assert not found.clear and "UNCLEAR" in str(found)
        assert samples_needed(model, [A, A + 1e-3 * rng.standard_normal((4, 6))]).clear

    def test_exact_arithmetic_is_not_taken_in_by_rounding(self):
        # Read digit by digit the third row is independent; meant is the sum of the others.
        rng = np.random.default_rng(36)
        A = rng.standard_normal((3, 4))
        A[2] = (A[0] / 3 + A[1] / 3) * 3
        others = [rng.standard_normal((2, 4)) for _ in range(2)]
        operators = [np.linalg.qr(rng.standard_normal((3, 3)))[0] @ A, *others]
        found = samples_needed(Subspace(np.eye(4)[:, :1] + 0.5), operators)
        # Every operator sees one of three directions beside the line.
        assert found.samples == 3 and found.clear
        assert found.certificate is None
        assert "digit by digit" in found.explanation

    def test_single_precision_is_told_apart(self):
        rng = np.random.default_rng(37)
        model = Subspace(rng.standard_normal((6, 2)))
        A = rng.standard_normal((4, 6)).astype(np.float32)
        close = (A + 1e-7 * rng.standard_normal((4, 6))).astype(np.float32)
        found = samples_needed(model, [A, close])
        assert found.samples is None or not found.clear


class TestRowSpan:
    @pytest.mark.parametrize("field", [float, complex])
    def test_like_a_rank_of_all_rows(self, field, monkeypatch):
        from sensing_theorems.sample_complexity import row_span

        monkeypatch.setattr(row_span, "_AT_ONCE", 4)
        rng = np.random.default_rng(38)
        base = rng.standard_normal((5, 9)).astype(field)
        if field is complex:
            base = base + 1j * rng.standard_normal((5, 9))
        span, seen = RowSpan(9, 2.0**-52), np.zeros((0, 9))
        for count in (1, 3, 2, 6):
            rows = rng.standard_normal((count, 5)) @ base
            seen = np.concatenate([seen, rows])
            span.add(rows)
            assert span.rank == rank(seen) and span.clear
            np.testing.assert_allclose(seen @ span.null, 0, atol=1e-10)
            np.testing.assert_allclose(
                span.null.conj().T @ span.null, np.eye(9 - span.rank), atol=1e-12
            )
        span.add(rng.standard_normal((9, 9)))
        assert span.missing == 0 and span.null.shape == (9, 0)

    def test_rounding_alone_has_no_rank(self):
        span = RowSpan(3, 2.0**-52)
        span.add(1e-17 * np.random.default_rng(0).standard_normal((4, 3)))
        assert span.rank == 0 and span.clear

    def test_values_in_between_are_unclear(self):
        span = RowSpan(2, 2.0**-52)
        span.add(np.diag([1.0, 1e-12]))
        assert span.rank == 2 and not span.clear


class TestDealing:
    @pytest.mark.parametrize("L, p, s", [(2, 4, 1), (4, 4, 1), (3, 6, 2), (6, 4, 2), (5, 7, 3)])
    def test_every_operator_meets_every_block_in_time(self, L, p, s):
        # Where L and p share factors, taking turns on both sides would pair them off for ever.
        dealing = Dealing(L, np.arange(p), s, np.random.default_rng(0))
        met = np.zeros((L, p), int)
        for t in range(6 * L * p):
            g, support = dealing.deal()
            assert g == t % L and len(set(support)) == s and support == tuple(sorted(support))
            met[g, list(support)] += 1
            assert np.all(met.max(axis=1) - met.min(axis=1) <= 1)

    def test_orbits_share_alike(self):
        orbits = np.array([0, 0, 0, 1, 1, 1])
        for per_signal in (1, 2):
            dealing = Dealing(1, orbits, per_signal, np.random.default_rng(0))
            for _ in range(6):
                pair = [orbits[b] for _ in range(2 // per_signal) for b in dealing.deal()[1]]
                assert sorted(pair) == [0, 1]

    @pytest.mark.parametrize("L, p", [(2, 6), (3, 3), (4, 6), (5, 3)])
    def test_pieces_take_turns(self, L, p):
        dealing = Dealing(L, np.arange(p), 1, np.random.default_rng(1))
        for _ in range(4):
            assert sorted(dealing.deal()[1][0] for _ in range(p)) == list(range(p))


class TestPatience:
    def test_ends_with_an_error_and_not_with_a_number(self, monkeypatch):
        from sensing_theorems.sample_complexity import search

        # Dealing stops before the samples that count can have come.
        monkeypatch.setattr(search.Search, "_most", lambda self: 3)
        with pytest.raises(ArithmeticError, match="but 3 do not"):
            samples_needed(GenericSubspace(6, 3), cameras(5, 6, 2, np.random.default_rng(0)))


class TestInput:
    def test_models(self):
        with pytest.raises(TypeError, match="`model` must be a model"):
            samples_needed(np.eye(3), np.eye(3))
        with pytest.raises(TypeError, match="second moments are no function of finitely many"):
            samples_needed(Gaussian(np.eye(3)), np.eye(3))

    def test_operators(self):
        model = GenericSubspace(4, 2)
        with pytest.raises(ValueError, match="at least one operator"):
            samples_needed(model, [])
        with pytest.raises(ValueError, match="of size 4; got 3"):
            samples_needed(model, np.eye(3))
        with pytest.raises(ValueError, match="one size n"):
            samples_needed(model, [np.eye(3), np.eye(4)])
        with pytest.raises(ValueError, match="finite"):
            samples_needed(model, np.full((2, 4), np.nan))

    def test_actions(self):
        with pytest.raises(ValueError, match="must be invariant under the action; generator 0"):
            samples_needed(GenericSubspace(4, 2), np.eye(4), st.groups.shifts(4))
        with pytest.raises(ValueError, match="R\\^4; shifts"):
            samples_needed(GenericSubspace(4, 2), np.eye(4), st.groups.shifts(5))
        with pytest.raises(TypeError, match="must be a GroupAction"):
            samples_needed(GenericSubspace(4, 2), np.eye(4), "shifts:4")

    def test_chance(self):
        for bad in (None, True, "seed"):
            with pytest.raises(TypeError, match="`rng` must be"):
                samples_needed(GenericSubspace(4, 2), np.eye(4), rng=bad)

    def test_sizes(self):
        with pytest.raises(ValueError, match="at most 5000 parameters"):
            samples_needed(GenericSubspace(400, 100), np.eye(400))
        action = st.groups.reflections(200)
        model = Subspace(np.eye(200)[:, :50] + np.eye(200)[:, ::-1][:, :50])
        with pytest.raises(ValueError, match="at most 2500 motions"):
            samples_needed(model, np.eye(200), action)

    def test_what_it_says(self):
        operators = cameras(5, 12, 8, np.random.default_rng(0))
        text = str(samples_needed(GenericSubspace(12, 3), operators))
        assert text.startswith("14 samples, 1 or 2 per operator. The model has 27 parameters.")
        assert "Proof: rank 27 of 27 modulo 8388593" in text
        none = str(samples_needed(GenericSubspace(12, 3), operators[:2]))
        assert none.startswith("no number of samples suffices. The model has 27 parameters.")
        one = samples_needed(Subspace(np.eye(3)[:, :1]), np.eye(3))
        assert str(one).startswith("1 sample. ")
        single = samples_needed(Subspace(np.eye(2)[:, :1]), np.eye(2))
        assert "The model has 1 parameter. " in str(single)

    @pytest.mark.slow
    def test_thousands_of_parameters(self):
        rng = np.random.default_rng(39)
        operators = cameras(50, 100, 10, rng)
        found = samples_needed(GenericSubspace(100, 30), operators)
        assert found.samples == 105 and found.clear
        assert found.certificate.verify(found.model, operators)
