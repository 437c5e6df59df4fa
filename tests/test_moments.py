"""Gaussian laws from the second moments of their measurements."""

from __future__ import annotations

import itertools
from math import comb

import numpy as np
import pytest

import sensing_theorems as st
from sensing_theorems.identification.moments import covariances

YES, NO, OPEN = st.Verdict.IDENTIFIABLE, st.Verdict.NOT_IDENTIFIABLE, st.Verdict.UNDECIDED


def law(rng: np.random.Generator, n: int, k: int, field: str = "real") -> st.models.Gaussian:
    B = rng.standard_normal((n, k))
    B = B + 1j * rng.standard_normal((n, k)) if field == "complex" else B
    return st.models.Gaussian(B @ B.conj().T)


def agrees(found, model, operators) -> float:
    """Largest difference of the second moments of the measurements."""
    other = found.spurious
    assert np.allclose(other, other.conj().T)
    assert np.linalg.eigvalsh(other)[0] > -1e-12 * np.linalg.norm(other)
    assert np.linalg.norm(other - model.covariance) > 1e-6 * np.linalg.norm(model.covariance)
    change = other - model.covariance
    return max(float(np.abs(A @ change @ A.conj().T).max()) for A in operators)


def stationary(n: int) -> np.ndarray:
    lags = np.minimum(np.arange(n), n - np.arange(n))
    return np.array([np.roll(0.5**lags, i) for i in range(n)])


class TestFullCovariance:
    @pytest.mark.parametrize(("n", "m"), [(6, 2), (5, 2), (5, 1), (7, 3)])
    def test_turns_at_the_count_of_equations(self, n, m):
        # |G| m (m + 1) >= n (n + 1) for generic operators; 6, 2: seven of them, though three
        # suffice for the rank of the stack.
        rng = np.random.default_rng(n * m)
        least = -(-n * (n + 1) // (m * (m + 1)))
        model = law(rng, n, n)
        for G, verdict in ((least - 1, NO), (least, YES)):
            operators = list(rng.standard_normal((G, m, n)))
            found = st.identify(model, operators)
            assert found.verdict is verdict
            if verdict is NO:
                assert agrees(found, model, operators) < 1e-10
                missing = comb(n + 1, 2) - G * comb(m + 1, 2)
                assert found.identified_up_to.dim == missing
        assert (n, m) != (6, 2) or least == 7

    @pytest.mark.parametrize("n", [3, 4, 6])
    def test_the_count_is_necessary_and_not_sufficient(self, n):
        # Two operators never suffice, however many rows below n: with u and v in their null
        # spaces, u v' + v u' shows in neither. Three of n - 1 rows do.
        rng = np.random.default_rng(n)
        operators, model = list(rng.standard_normal((3, n - 1, n))), law(rng, n, n)
        assert n == 3 or 2 * (n - 1) * n >= n * (n + 1)
        found = st.identify(model, operators[:2])
        assert found.verdict is NO and found.identified_up_to.dim == 1
        assert st.identify(model, operators).verdict is YES

    def test_set_and_law_are_different_questions(self, rng):
        # The n = 6, m = 2 example: the signals fill R^6, which is the largest set at once, while
        # six operators leave three dimensions of the covariance open.
        operators = list(rng.standard_normal((6, 2, 6)))
        assert st.stacked_rank(operators[:3]).full
        assert st.identify(st.models.Subspace(np.eye(6)), operators).verdict is YES
        assert st.identify(law(rng, 6, 6), operators).verdict is NO

    def test_masks_must_see_every_pair(self, rng):
        model = law(rng, 5, 5)
        pairs = [np.eye(5)[list(pair)] for pair in itertools.combinations(range(5), 2)]
        assert st.identify(model, pairs).verdict is YES
        for left_out in range(len(pairs)):
            seen = pairs[:left_out] + pairs[left_out + 1 :]
            found = st.identify(model, seen)
            assert found.verdict is NO and found.identified_up_to.dim == 1
            assert agrees(found, model, seen) < 1e-12

    @pytest.mark.parametrize("field", ["real", "complex"])
    def test_complex_operators(self, rng, field):
        # Over C the m^2 real moments of each operator against n^2.
        n, m = 4, 2
        model = law(rng, n, n, field)
        for G in (1, 2, 3, 4):
            A = rng.standard_normal((G, m, n)) + 1j * rng.standard_normal((G, m, n))
            found = st.identify(model, list(A))
            if field == "complex":
                assert found.verdict is (YES if G * m * m >= n * n else NO)
                real = list(A)
            else:
                # Real and imaginary parts are seen together: 2m real rows.
                assert found.verdict is (YES if G * m * (2 * m + 1) >= comb(n + 1, 2) else NO)
                real = [np.concatenate([B.real, B.imag]) for B in A]
            if found.verdict is NO:
                assert agrees(found, model, real) < 1e-10


class TestUnderAnAction:
    @pytest.mark.parametrize(
        ("pixels", "verdict"), [((0, 1, 3, 9), YES), ((0, 1, 2, 3), NO), ((0, 1, 4, 6), YES)]
    )
    def test_one_mask_must_show_all_lags(self, pixels, verdict):
        n = 13
        model = st.models.Gaussian(stationary(n))
        mask = np.isin(np.arange(n), pixels)
        lags = {min((a - b) % n, (b - a) % n) for a in pixels for b in pixels}
        assert (len(lags) == n // 2 + 1) is (verdict is YES)
        found = st.identify(model, st.operators.inpainting(mask), st.groups.shifts(n))
        assert found.verdict is verdict
        if verdict is NO:
            assert found.identified_up_to.dim == n // 2 + 1 - len(lags) == 3
            assert agrees(found, model, [np.eye(n)[mask]]) < 1e-12

    @pytest.mark.parametrize("n", [7, 8, 11])
    def test_every_mask_against_its_lags(self, n):
        rng, model = np.random.default_rng(n), st.models.Gaussian(stationary(n))
        for _ in range(25):
            mask = rng.random(n) < 0.4
            if not mask.any():
                continue
            where = np.flatnonzero(mask)
            lags = {min((a - b) % n, (b - a) % n) for a in where for b in where}
            found = st.identify(model, st.operators.inpainting(mask), st.groups.shifts(n))
            assert found.verdict is (YES if len(lags) == n // 2 + 1 else NO)

    @pytest.mark.parametrize("field", ["real", "complex"])
    @pytest.mark.parametrize(
        "action",
        [
            st.groups.shifts(6),
            st.groups.quarter_turns(3),
            st.groups.dihedral(3),
            st.groups.symmetric(5),
            st.groups.from_permutations(
                [[1, 0, 3, 2], [2, 3, 0, 1]], signs=[[1, -1, 1, -1], [1, -1, -1, 1]]
            ),
        ],
        ids=lambda action: action.name,
    )
    def test_basis_of_the_invariant_covariances(self, action, field):
        # Against the null space of T E = E T, E = E*, written out.
        n, basis = action.n, covariances(action.n, action, field)
        units = []
        for p, q in itertools.combinations_with_replacement(range(n), 2):
            E = np.zeros((n, n))
            E[p, q] = E[q, p] = 1.0
            units.append(E.astype(complex))
            if field == "complex" and p != q:
                units.append(1j * np.triu(E) - 1j * np.tril(E))
        rows = [
            np.concatenate([(g(g(E).T).T - E).reshape(-1) for g in action.generators])
            for E in units
        ]
        matrix = np.array(rows)
        rank = np.linalg.matrix_rank(np.concatenate([matrix.real, matrix.imag], axis=1))
        assert len(basis) == len(units) - rank
        flat = basis.reshape(len(basis), -1)
        assert np.allclose((flat.conj() @ flat.T).real, np.eye(len(basis)))
        for E in basis:
            assert np.allclose(E, E.conj().T)
            assert all(np.allclose(g(g(E).T).T, E) for g in action.generators)


class TestSingularCovariance:
    def test_an_identified_support_decides(self):
        # 2 + 2 < 21 moments at least are missing, yet the support is identified.
        rng = np.random.default_rng(0)
        n, k, m, G = 8, 1, 2, 7
        model = law(rng, n, k)
        operators = list(rng.standard_normal((G, m, n)))
        assert G * comb(m + 1, 2) < comb(n + 1, 2)
        found = st.identify(model, operators)
        assert found.verdict is YES and found.reason == "support_identified"

    def test_other_covariances_on_the_same_support(self, rng):
        # X is the plane of two pixels that no mask shows together.
        model = st.models.Gaussian(np.diag([1.0, 1.0, 0.0]))
        masks = [np.eye(3)[[0, 2]], np.eye(3)[[1, 2]]]
        found = st.identify(model, masks)
        assert found.verdict is NO and agrees(found, model, masks) < 1e-12

    @pytest.mark.parametrize("field", ["real", "complex"])
    def test_other_covariances_beyond_the_support(self, field):
        rng = np.random.default_rng(1)
        seen = set()
        for _ in range(12):
            n, k, m, G = (int(v) for v in rng.integers((4, 1, 1, 1), (8, 4, 4, 4)))
            model, operators = law(rng, n, k, field), list(rng.standard_normal((G, m, n)))
            found = st.identify(model, operators)
            seen.add(found.verdict)
            if found.verdict is NO:
                assert agrees(found, model, operators) < 1e-8 * np.linalg.norm(found.spurious)
        assert NO in seen

    def test_points_of_zero_variance(self):
        found = st.identify(st.models.Gaussian(np.zeros((3, 3))), np.eye(3))
        assert found.verdict is YES


class TestTypes:
    def test_complex_entries_make_a_complex_law(self, rng):
        # White circular noise: real numbers in a complex matrix, on C^3.
        A = list(rng.standard_normal((2, 2, 3)) + 1j * rng.standard_normal((2, 2, 3)))
        assert st.identify(st.models.Gaussian(np.eye(3)), A).verdict is YES
        assert st.identify(st.models.Gaussian(np.eye(3, dtype=complex)), A).verdict is NO

    @pytest.mark.parametrize(
        ("least", "verdict"), [(1e-4, NO), (1e-9, OPEN), (1e-12, OPEN), (1e-17, YES)]
    )
    def test_small_eigenvalues(self, rng, least, verdict):
        operators = list(rng.standard_normal((2, 2, 3)))
        law = st.models.Gaussian(np.diag([1.0, least, least]))
        assert st.identify(law, operators).verdict is verdict

    def test_single_precision(self, rng):
        B = rng.standard_normal((5, 2)).astype(np.float32)
        law = st.models.Gaussian(B @ B.T)
        assert law.dim == 2
        assert st.identify(law, list(rng.standard_normal((4, 4, 5)))).verdict in (YES, OPEN)

    def test_actions_that_are_not_orthogonal(self):
        P = np.array([[2.0, 1.0], [0.0, 1.0]])
        action = st.groups.from_matrices([P @ np.diag([1.0, -1.0]) @ np.linalg.inv(P)])
        law = st.models.Gaussian(P @ np.diag([2.0, 1.0]) @ P.T)
        with pytest.raises(ValueError, match="orthogonal action"):
            st.identify(law, np.eye(2)[:1], action)


class TestLimits:
    def test_too_many_unknowns(self):
        with pytest.raises(ValueError, match=r"at most 4096 dimensions.*R.100 has 5050"):
            st.identify(st.models.Gaussian(np.eye(100)), np.eye(100)[:3])

    def test_invariance_is_asked_for(self, rng):
        with pytest.raises(ValueError, match="invariant"):
            st.identify(law(rng, 5, 5), np.eye(5)[:3], st.groups.shifts(5))

    def test_nearly_dependent_moments(self, rng):
        A = rng.standard_normal((2, 3))
        nudged = [A + 1e-13 * E for E in rng.standard_normal((4, 2, 3))]
        found = st.identify(law(rng, 3, 3), nudged)
        assert found.verdict is OPEN and found.reason == "numerically_unclear"
