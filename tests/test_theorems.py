"""One class per theorem: where it turns, where it is silent, and what it says is true."""

from __future__ import annotations

import itertools
import re
from fractions import Fraction

import numpy as np
import oracles
import pytest

import sensing_theorems as st
from sensing_theorems import theorems
from sensing_theorems.model_dims import max_model_dims
from sensing_theorems.theorems import THEOREMS


def gaussians(m: int, n: int, count: int) -> list:
    rng = np.random.default_rng(7)
    return [st.operators.gaussian(m, n, rng) for _ in range(count)]


def masks(m: int, n: int, count: int, rng) -> list:
    return [
        st.operators.inpainting(np.isin(np.arange(n), rng.choice(n, m, replace=False)))
        for _ in range(count)
    ]


class TestMeasurementConsistency:
    def test_holds_exactly_for_injective_operators(self):
        n = 6
        for m, holds in ((1, False), (n - 1, False), (n, True), (n + 2, True)):
            check = theorems.measurement_consistency(st.Problem(gaussians(m, n, 1)))
            assert check.holds is holds
            assert check.margin == min(m, n) - n

    def test_two_reconstructions_of_one_measurement(self, rng):
        # f(y) = A+ y + v(y) fits the data for any v into null A, and is not unique.
        A = rng.standard_normal((4, 9))
        null = np.linalg.svd(A)[2][4:]
        x = rng.standard_normal((9, 50))
        y = A @ x
        v = null.T @ np.tanh(rng.standard_normal((5, 4)) @ y)
        assert np.abs(A @ (np.linalg.pinv(A) @ y + v) - y).max() < 1e-12
        assert theorems.measurement_consistency(st.Problem(A)).holds is False

    def test_repeated_rows_are_not_measurements(self):
        A = np.ones((9, 3))
        assert theorems.measurement_consistency(st.Problem(A)).lhs == 1


class TestKnownModel:
    @pytest.mark.parametrize(("k", "m_turn"), [(0, 1), (1, 3), (2, 5), (1.5, 4), (1.25, 3)])
    def test_strict_at_twice_the_dimension(self, k, m_turn):
        for m in range(1, 8):
            check = theorems.known_model(st.Problem(gaussians(m, 20, 1), model_dim=k))
            assert check.holds is (m >= m_turn), m

    def test_smallest_operator_counts(self):
        A = [*gaussians(9, 20, 1), *gaussians(4, 20, 2)[1:]]
        assert theorems.known_model(st.Problem(A, model_dim=2)).lhs == 4

    def test_silent_without_k_and_for_structured_operators(self, rng):
        assert theorems.known_model(st.Problem(gaussians(9, 20, 1))).holds is None
        check = theorems.known_model(st.Problem(masks(9, 20, 1, rng), model_dim=1))
        assert check.holds is None
        assert check.exceeds
        assert "silent" in check.detail

    def test_true_for_unions_of_subspaces(self, rng):
        # One-to-one on a union of generic k-dimensional subspaces exactly from m = 2k on.
        n, k = 9, 2
        bases = [rng.standard_normal((n, k)) for _ in range(5)]
        for m in range(k, 2 * k + 2):
            A = rng.standard_normal((m, n))
            injective = all(
                oracles.rank(A @ np.hstack([a, b])) == 2 * k
                for a in bases
                for b in bases
                if a is not b
            )
            assert injective is (m >= 2 * k)


class TestStackedRank:
    @pytest.mark.parametrize(("n", "G"), [(12, 4), (13, 4), (10, 3), (7, 7), (5, 8)])
    def test_generic_operators_turn_at_n_over_G(self, n, G):
        turn = -(-n // G)
        for m in range(1, turn + 2):
            check = theorems.stacked_rank(st.Problem(gaussians(m, n, G)))
            assert check.holds is (m >= turn)
            assert check.lhs == min(n, m * G)

    def test_failure_shows_a_signal_that_changes_no_measurement(self, rng):
        problem = st.Problem(masks(3, 20, 4, rng))
        report = st.analyze(problem)
        assert report.verdict is st.Verdict.NOT_IDENTIFIABLE
        x = rng.standard_normal(20)
        for A in problem.operators:
            np.testing.assert_allclose(A.matvec(x + 5 * report.witness), A.matvec(x), atol=1e-12)

    def test_ten_copies_are_one(self, rng):
        one = masks(4, 20, 1, rng)
        check = theorems.stacked_rank(st.Problem(one * 10))
        assert (check.holds, check.lhs) == (False, 4)

    def test_silent_under_an_action(self):
        problem = st.Problem(gaussians(2, 8, 1), st.groups.shifts(8))
        assert theorems.stacked_rank(problem).holds is None


class TestMeasurementCount:
    @pytest.mark.parametrize(("n", "G"), [(12, 4), (13, 4), (10, 3)])
    def test_fails_one_below_and_holds_at_the_bound(self, n, G):
        turn = -(-n // G)
        for m, holds in ((turn - 1, False), (turn, True)):
            assert theorems.measurement_count(st.Problem(gaussians(m, n, G))).holds is holds

    def test_virtual_operators_count_too(self):
        action = st.groups.shifts(12, stride=4)
        for m, holds in ((3, False), (4, True)):
            check = theorems.measurement_count(st.Problem(gaussians(m, 12, 1), action))
            assert check.holds is holds
            assert check.rhs == 4

    def test_non_integer_quotient(self):
        action = st.groups.quarter_turns(5)
        check = theorems.measurement_count(st.Problem(gaussians(6, 25, 1), action))
        assert check.rhs == Fraction(25, 4)
        assert check.holds is False


ACTIONS = {
    "stride 4": st.groups.shifts(16, stride=4),
    "stride 2 in 2-D": st.groups.shifts(4, 4, stride=2),
    "quarter turns": st.groups.quarter_turns(5),
    "dihedral": st.groups.dihedral(4),
    "dihedral odd": st.groups.dihedral(5),
    "polar": st.groups.polar_rotations(3, 5),
    "reflection": st.groups.reflections(9),
    "channels": st.groups.shifts(6, channels=3),
    "trivial": st.groups.trivial(7),
    "vectors": st.groups.from_permutations([[1, 0, 3, 2, 5, 4]], signs=[[1, -1] * 3]),
    "tetrahedron": st.groups.from_permutations([[3, 4, 0, 5, 1, 2], [0, 3, 4, 1, 2, 5]]),
}
every_action = pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS.keys())


class TestVirtualRank:
    @every_action
    def test_turns_where_brute_force_turns(self, action):
        group = oracles.dense_elements(action)
        for m in range(1, int(np.ceil(action.irreps.max_ratio)) + 2):
            A = gaussians(m, action.n, 1)[0]
            check = theorems.virtual_rank(st.Problem(A, action))
            assert check.lhs == oracles.rank(oracles.stack(A.to_dense(), group))

    def test_many_rows_do_not_help_an_equivariant_operator(self):
        action = st.groups.shifts(8, 8)
        low = np.hypot(*np.meshgrid(*[np.fft.fftfreq(8)] * 2)) < 0.45
        check = theorems.virtual_rank(st.Problem(st.operators.fourier(low), action))
        assert check.holds is False
        assert 32 < check.lhs == low.sum() < 64

    def test_unclear_spectrum_gives_no_answer(self, rng):
        A = np.vstack([np.eye(6)[:2], 1e-13 * rng.standard_normal((2, 6))])
        check = theorems.virtual_rank(st.Problem(A, st.groups.shifts(6, stride=6)))
        assert check.holds is None


class TestIrrepMultiplicity:
    @every_action
    def test_rank_is_full_exactly_from_the_bound_on_for_generic_operators(self, action):
        bound = int(np.ceil(action.irreps.max_ratio))
        for m, holds in ((bound - 1, False), (bound, True)):
            if m == 0:
                continue
            problem = st.Problem(gaussians(m, action.n, 1), action)
            assert theorems.irrep_multiplicity(problem).holds is holds
            assert theorems.virtual_rank(problem).holds is holds

    def test_real_multiplicities_would_be_wrong(self):
        # Over the reals 3/2 would say that two rows are enough; they are not.
        problem = st.Problem(gaussians(2, 6, 1), ACTIONS["vectors"])
        check = theorems.irrep_multiplicity(problem)
        assert (check.holds, check.rhs) == (False, 3)
        assert theorems.virtual_rank(problem).holds is False

    @every_action
    def test_at_least_n_over_the_order(self, action):
        problem = st.Problem(gaussians(1, action.n, 1), action)
        count, ratio = theorems.measurement_count(problem), theorems.irrep_multiplicity(problem)
        assert ratio.rhs >= count.rhs


class TestEquivariantOperator:
    def test_equivariant_means_rank_of_the_stack_is_rank_of_A(self, rng):
        action = st.groups.shifts(12)
        A = st.operators.fourier(np.arange(12) < 4, real=True)
        check = theorems.equivariant_operator(st.Problem(A, action))
        assert check.holds is False
        assert check.lhs == check.rhs == oracles.rank(A.to_dense())

    def test_converse_fails(self):
        # Block averages are not equivariant and still deficient.
        A = np.kron(np.eye(4), [1, 1])
        problem = st.Problem(A, st.groups.shifts(8))
        assert theorems.equivariant_operator(problem).holds is True
        assert theorems.virtual_rank(problem).holds is False

    def test_an_injective_operator_may_be_equivariant(self):
        kernel = np.array([1.0, 3.0, 1.0])
        problem = st.Problem(st.operators.blur(kernel, (8,)), st.groups.shifts(8))
        assert theorems.equivariant_operator(problem).holds is True


class TestGenericOperators:
    @pytest.mark.parametrize(
        ("n", "G", "k"), [(12, 4, 1), (13, 4, 1), (10, 3, 2), (12, 4, 0.5), (10, 3, 1 / 3)]
    )
    def test_strict_at_the_bound(self, n, G, k):
        bound = Fraction(k).limit_denominator(10) + Fraction(n, G)
        for m in range(1, n):
            check = theorems.generic_operators(st.Problem(gaussians(m, n, G), model_dim=k))
            assert check.holds is (m > bound), m
            assert check.rhs == bound

    def test_equality_is_not_enough(self):
        check = theorems.generic_operators(st.Problem(gaussians(4, 12, 4), model_dim=1))
        assert (check.holds, check.margin) == (False, 0)

    def test_true_for_subspaces(self, rng):
        # The largest consistent set of a k-dimensional subspace, by ranks: it is the subspace.
        n, k, G = 12, 2, 3
        X = np.linalg.qr(rng.standard_normal((n, k)))[0]
        for m in range(k + 1, n):
            problem = st.Problem(gaussians(m, n, G), model_dim=k)
            rows = []
            for A in problem.operators:
                dense = A.to_dense()
                left = np.linalg.svd((dense @ X).T)[2][k:]
                rows.append(left @ dense)
            identified = oracles.rank(np.vstack(rows)) == n - k
            assert identified is (G * (m - k) >= n - k)
            if theorems.generic_operators(problem).holds:
                assert identified

    def test_unequal_sizes_use_the_best_subset(self):
        many = gaussians(11, 12, 6)
        A = [*many[:2], *(st.operators.gaussian(2, 12, seed) for seed in range(4))]
        check = theorems.generic_operators(st.Problem(A, model_dim=1))
        assert (check.lhs, check.rhs) == (11, 7)
        assert check.holds is True

    def test_silent_for_one_operator_for_masks_and_for_copies(self, rng):
        assert (
            theorems.generic_operators(st.Problem(gaussians(9, 12, 1), model_dim=1)).holds is None
        )
        structured = st.Problem(masks(9, 12, 5, rng), model_dim=1)
        assert theorems.generic_operators(structured).holds is None
        copies = st.Problem([st.operators.gaussian(9, 12, 0)] * 5, model_dim=1)
        assert theorems.generic_operators(copies).holds is None


class TestCyclicGroup:
    @pytest.mark.parametrize(("stride", "k"), [(1, 0), (1, 1), (2, 1), (4, 1), (1, 1.5)])
    def test_strict_at_the_bound(self, stride, k):
        action = st.groups.shifts(16, stride=stride)
        bound = 2 * Fraction(k) + stride + 1
        for m in range(stride, 12):
            check = theorems.cyclic_group(st.Problem(gaussians(m, 16, 1), action, model_dim=k))
            assert check.rhs == bound
            assert check.holds is (m > bound), m

    def test_says_nothing_for_shifts_along_two_axes(self):
        problem = st.Problem(gaussians(60, 64, 1), st.groups.shifts(8, 8), model_dim=1)
        assert theorems.cyclic_group(problem).holds is None
        coprime = st.Problem(gaussians(60, 63, 1), st.groups.shifts(9, 7), model_dim=1)
        assert theorems.cyclic_group(coprime).holds is True

    def test_vacuous_for_the_slides_toy(self):
        toy = st.Problem(gaussians(2, 3, 1), st.groups.shifts(3), model_dim=1)
        check = theorems.cyclic_group(toy)
        assert (check.holds, check.rhs) == (False, 4)

    @pytest.mark.parametrize(("m", "spurious"), [(2, True), (3, False)])
    def test_never_contradicts_the_orbit_of_a_line(self, m, spurious, rng):
        # n lines {T^i v} under C_n: m = 2 leaves spurious lines, m = 3 does not.
        n = 5
        action = st.groups.shifts(n)
        for _ in range(3):
            v, A = rng.standard_normal(n), rng.standard_normal((m, n))
            assert self.spurious_lines(A, action, v) is spurious
            problem = st.Problem(A, action, model_dim=1, generic=True)
            if theorems.cyclic_group(problem).holds:
                assert not spurious

    @staticmethod
    def spurious_lines(A: np.ndarray, action, v: np.ndarray) -> bool:
        """Whether a line outside the orbit fits every view: all assignments, one by one."""
        n = A.shape[1]
        lines = np.stack([element(v) for element in action.elements()])
        lines /= np.linalg.norm(lines, axis=1)[:, None]
        views = [element.pull_back(A) for element in action.elements()]
        # Rows that vanish on line + null view, for every view and line.
        left = [[np.linalg.svd((B @ x)[None])[2][1:] @ B for x in lines] for B in views]
        for choice in itertools.product(range(n), repeat=n):
            _, values, basis = np.linalg.svd(
                np.vstack([rows[c] for rows, c in zip(left, choice, strict=True)])
            )
            rank = int((values > 1e-9 * values[0]).sum())
            if rank < n - 1 or (rank < n and np.abs(lines @ basis[-1]).max() < 1 - 1e-9):
                return True
        return False


class TestAnyGroup:
    def test_shifts_along_two_axes_have_an_element_of_multiplicity_N(self):
        problem = st.Problem(gaussians(20, 64, 1), st.groups.shifts(8, 8), model_dim=3)
        check = theorems.any_group(problem)
        assert (check.rhs, check.status) == (14, "derived")

    def test_coprime_axes_have_an_element_that_generates_all(self):
        problem = st.Problem(gaussians(20, 63, 1), st.groups.shifts(9, 7), model_dim=3)
        assert theorems.any_group(problem).rhs == 7

    def test_the_symmetric_group_has_a_full_cycle(self):
        problem = st.Problem(gaussians(4, 6, 1), st.groups.symmetric(6), model_dim=1)
        check = theorems.any_group(problem)
        assert check.rhs == 3
        assert check.holds is True

    def test_never_looser_than_some_element_of_a_brute_search(self):
        action = st.groups.dihedral(3)
        least = min(
            np.unique(np.round(np.linalg.eigvals(T), 6), return_counts=True)[1].max()
            for T in oracles.dense_elements(action)
        )
        check = theorems.any_group(st.Problem(gaussians(8, 9, 1), action, model_dim=1))
        assert check.rhs - 2 >= least

    @pytest.mark.parametrize("m", [3, 4, 5])
    def test_strict(self, m):
        problem = st.Problem(gaussians(m, 8, 1), st.groups.shifts(8), model_dim=1.5)
        assert theorems.any_group(problem).holds is (m > 4)

    def test_decides_no_verdict(self):
        problem = st.Problem(gaussians(60, 64, 1), st.groups.shifts(8, 8), model_dim=1)
        assert theorems.any_group(problem).holds is True
        report = st.analyze(problem)
        assert (report.verdict, report.reason) == (st.Verdict.UNDECIDED, "action_not_cyclic")


class TestEffectiveGroup:
    def test_periodic_mask(self):
        mask = np.zeros((8, 8), bool)
        mask[::2, ::2] = True
        action = st.groups.shifts(8, 8)
        for k, holds in ((0, True), (1, False)):
            problem = st.Problem(st.operators.inpainting(mask), action, model_dim=k)
            check = theorems.effective_group(problem)
            assert check.holds is holds
            assert "|G:H| = 4" in check.detail

    def test_true_for_invariant_subspaces(self, rng):
        # k-dimensional shift-invariant subspaces under a mask of period 3: by ranks.
        n, period = 12, 3
        mask = np.arange(n) % period != 0
        A = np.eye(n)[mask]
        action = st.groups.shifts(n)
        dft = np.fft.fft(np.eye(n), norm="ortho")
        for pairs in range(5):
            chosen = [0, *(j for p in range(1, pairs + 1) for j in (p, n - p))]
            X = np.linalg.svd(np.hstack([dft[:, chosen].real, dft[:, chosen].imag]))[0]
            k = len(chosen)
            X = X[:, :k]
            if oracles.rank(A @ X) < k:
                continue
            rows = []
            for element in action.elements():
                B = element.pull_back(A)
                rows.append(np.linalg.svd((B @ X).T)[2][k:] @ B)
            identified = oracles.rank(np.vstack(rows)) == n - k
            check = theorems.effective_group(st.Problem(A, action, model_dim=k))
            if identified:
                assert check.holds is True

    def test_whole_group_for_generic_operators(self):
        problem = st.Problem(gaussians(3, 12, 1), st.groups.shifts(12), model_dim=1)
        assert theorems.effective_group(problem).lhs == 12 * 2


class TestRegistry:
    def test_in_the_order_of_the_papers(self):
        assert list(THEOREMS) == [
            "measurement_consistency",
            "known_model",
            "stacked_rank",
            "measurement_count",
            "virtual_rank",
            "irrep_multiplicity",
            "equivariant_operator",
            "generic_operators",
            "cyclic_group",
            "any_group",
            "effective_group",
        ]

    def test_every_theorem_has_its_function_and_test_class(self):
        for key, theorem in THEOREMS.items():
            assert getattr(theorems, key) is theorem.function
            assert theorem.function.__doc__
            name = "Test" + "".join(part.capitalize() for part in key.split("_"))
            assert name in globals(), key

    def test_derived_statements_show_their_proof(self):
        for theorem in THEOREMS.values():
            derived = "Derived here, not published." in theorem.function.__doc__
            assert derived is (theorem.status == "derived")
            assert ("Proof sketch" in theorem.function.__doc__) is derived

    def test_no_theorem_numbers_are_invented(self):
        for theorem in THEOREMS.values():
            text = theorem.source + theorem.function.__doc__
            assert not re.search(r"(Theorem|Proposition|Corollary|Lemma) \d", text)

    def test_a_check_refuses_bool(self):
        with pytest.raises(TypeError, match="three answers"):
            bool(theorems.stacked_rank(st.Problem(np.eye(2))))

    def test_no_necessary_condition_fails_where_a_sufficient_one_holds(self, rng):
        for _ in range(150):
            n = int(rng.integers(3, 20))
            count = int(rng.integers(1, 5))
            m = int(rng.integers(1, n + 1))
            action = [None, st.groups.shifts(n), st.groups.reflections(n)][rng.integers(3)]
            k = float(rng.integers(0, n + 1)) / int(rng.integers(1, 4))
            operators = [st.operators.gaussian(m, n, rng) for _ in range(count)]
            problem = st.Problem(operators, action, model_dim=min(k, n))
            checks = [theorem.function(problem) for theorem in THEOREMS.values()]
            enough = any(
                c.holds is True and c.kind == "sufficient" and c.target == "identification"
                for c in checks
            )
            failed = [c.key for c in checks if c.kind == "necessary" and c.holds is False]
            assert not (enough and failed), failed


class TestMaxModelDims:
    @pytest.mark.parametrize("n", [10, 13, 16])
    def test_the_bound_holds_at_it_and_fails_one_above(self, n):
        for m in range(2, n):
            several = st.Problem(gaussians(m, n, 3))
            single = st.Problem(gaussians(m, n, 1), st.groups.shifts(n))
            for problem in (several, single):
                for key, k in max_model_dims(problem).items():
                    for value, holds in ((k, True), (0 if k is None else k + 1, False)):
                        if value is None or value > n:
                            continue
                        again = st.Problem(list(problem.operators), problem.action, model_dim=value)
                        assert THEOREMS[key].function(again).holds is holds, (key, m, value)

    def test_complex_signals_are_not_covered(self, rng):
        A = rng.standard_normal((5, 8)) + 1j * rng.standard_normal((5, 8))
        problem = st.Problem(A, st.groups.shifts(8), 1, generic=True, field="complex")
        assert max_model_dims(problem) == {}
        assert theorems.cyclic_group(problem).holds is None
