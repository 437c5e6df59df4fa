"""Tasks that run an algorithm: against plain solvers, known solutions, and what theory forbids."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import asdict
from fractions import Fraction

import numba
import numpy as np
import pytest

from sensing_theorems._kernels.bilinear import best_codes, dense_equations, sparse_equations
from sensing_theorems._kernels.pursuit import encode, pursue
from sensing_theorems.covering import covering_condition
from sensing_theorems.tasks._recovery import collected, dealt
from sensing_theorems.tasks.dictionary_learning import DictionaryLearning, correlations
from sensing_theorems.tasks.low_rank import LowRankRecovery
from sensing_theorems.tasks.matching_pursuit import MatchingPursuit

# As plain Python, a kernel takes a microsecond per operation.
SLOW = bool(numba.config.DISABLE_JIT)

SMALL = [
    (MatchingPursuit(n=30, k=3), {"m": 14}),
    (MatchingPursuit(n=12, k=2, atoms=20, law="signs"), {"m": 9}),
    (LowRankRecovery(n=10, k=2, G=4, N=40), {"m": 4}),
    (LowRankRecovery(n=10, k=2, G=12, N=40, law="masks", algorithm="als"), {"m": 5}),
    (DictionaryLearning(n=6, atoms=6, k=1, G=5, N=60, restarts=3), {"m": 4}),
]


def seeds(count: int, first: int = 0) -> list[np.random.Generator]:
    return [np.random.default_rng(first + i) for i in range(1 if SLOW else count)]


def rate(task, count: int, **cell: int) -> float:
    return float(np.mean(task.many(cell, seeds(count))))


def gaussian(rng, *shape: int) -> np.ndarray:
    return rng.standard_normal(shape)


def plain_pursuit(matrix: np.ndarray, y: np.ndarray, k: int) -> tuple[list[int], np.ndarray]:
    """Orthogonal matching pursuit with a new least-squares solution at every step."""
    chosen, values, rest = [], np.zeros(0), y
    for _ in range(k):
        seen = np.abs(matrix.T @ rest) / np.linalg.norm(matrix, axis=0)
        seen[chosen] = -1
        chosen.append(int(np.argmax(seen)))
        values = np.linalg.lstsq(matrix[:, chosen], y)[0]
        rest = y - matrix[:, chosen] @ values
    return chosen, values


def by_null_spaces(operators: np.ndarray, measurements: np.ndarray, k: int) -> np.ndarray | None:
    """Signals from the left null spaces of what each operator saw; None if X is not determined."""
    rows = []
    for g, A in enumerate(operators):
        left = np.linalg.svd(measurements[:, g :: len(operators)])[0][:, k:]
        rows.append(left.T @ A)
    _, values, right = np.linalg.svd(np.concatenate(rows))
    n = operators.shape[2]
    if len(values) < n - k or values[n - k - 1] < 1e-6 * values[0]:
        return None
    X = right[n - k :].T
    found = np.empty((n, measurements.shape[1]))
    for g, A in enumerate(operators):
        own = measurements[:, g :: len(operators)]
        found[:, g :: len(operators)] = X @ np.linalg.lstsq(A @ X, own)[0]
    return found


class TestTasks:
    @pytest.mark.parametrize("task, cell", SMALL)
    def test_many_are_one_by_one_in_any_grouping(self, task, cell):
        count = len(seeds(12))
        alone = [task(cell, rng) for rng in seeds(12)]
        assert task.many(cell, seeds(12)) == alone
        turned = task.many(cell, seeds(12)[::-1])
        assert turned[::-1] == alone
        assert task.many(cell, seeds(12)[: count // 2]) == alone[: count // 2]
        assert all(type(one) is bool for one in alone)
        assert task.many(cell, []) == []

    @pytest.mark.parametrize("task, cell", SMALL)
    def test_are_plain_values(self, task, cell):
        assert type(task)(**json.loads(json.dumps(asdict(task)))) == task

    @pytest.mark.parametrize("task, cell", SMALL)
    def test_measurements_are_of_the_signals_that_were_drawn(self, task, cell, rng):
        drawn = task.draw(cell, rng)
        if isinstance(task, MatchingPursuit):
            x = drawn.dictionary @ drawn.codes
            np.testing.assert_allclose(drawn.operator @ x, drawn.measurements)
            assert np.count_nonzero(drawn.codes) == drawn.sparsity
            return
        x = drawn.signals if isinstance(task, LowRankRecovery) else drawn.dictionary @ drawn.codes
        for i in range(x.shape[1]):
            own = drawn.operators[i % len(drawn.operators)] @ x[:, i]
            np.testing.assert_allclose(own, drawn.measurements[:, i])

    def test_refuse_what_they_do_not_know(self):
        with pytest.raises(ValueError, match="`law` must be one of gaussian, signs; got 'cauchy'"):
            MatchingPursuit(law="cauchy")
        with pytest.raises(ValueError, match="`algorithm` must be one of gauss_newton, als"):
            LowRankRecovery(algorithm="svt")
        with pytest.raises(TypeError, match="`coding` must be a string; got int"):
            DictionaryLearning(coding=1)
        with pytest.raises(ValueError, match="`tolerance` must lie between 0 and 1; got nan"):
            LowRankRecovery(tolerance=math.nan)
        with pytest.raises(TypeError, match="`tolerance` must be a real number; got bool"):
            MatchingPursuit(tolerance=True)
        with pytest.raises(ValueError, match="`restarts` must be a positive integer; got -1"):
            DictionaryLearning(restarts=-1)
        with pytest.raises(TypeError, match="`restarts` must be an integer; got bool"):
            LowRankRecovery(restarts=False)
        with pytest.raises(ValueError, match="`N` must be given"):
            LowRankRecovery(n=4, k=1, G=2)({"m": 2}, np.random.default_rng(0))

    @pytest.mark.parametrize("count, hands", [(7, 3), (6, 3), (2, 1), (3, 3), (1, 1)])
    def test_deal_in_turn(self, count, hands, rng):
        columns = gaussian(rng, 2, count)
        parts = dealt(columns, hands)
        for g in range(hands):
            own = columns[:, g::hands]
            np.testing.assert_array_equal(parts[g, :, : own.shape[1]], own)
            assert not parts[g, :, own.shape[1] :].any()
        np.testing.assert_array_equal(collected(parts, count), columns)


class TestPursuit:
    @pytest.mark.parametrize("m, p, k", [(20, 50, 6), (8, 12, 8), (5, 9, 1), (40, 30, 12)])
    def test_is_least_squares_step_by_step(self, m, p, k, rng):
        for _ in range(10):
            matrix, y = gaussian(rng, m, p) * np.exp(gaussian(rng, p)), gaussian(rng, m)
            support, values = np.zeros(k, np.int64), np.zeros(k)
            rest = pursue(matrix, np.linalg.norm(matrix, axis=0), y, 0, support, values)
            chosen, expected = plain_pursuit(matrix, y, k)
            assert support.tolist() == chosen
            np.testing.assert_allclose(values, expected, rtol=1e-8, atol=1e-10)
            left = y - matrix[:, chosen] @ expected
            assert rest == pytest.approx(left @ left, abs=1e-12)

    def test_finds_every_support_in_one_pass_if_columns_are_orthonormal(self, rng):
        matrix = np.linalg.qr(gaussian(rng, 7, 6))[0]
        for k in range(1, 7):
            for S in itertools.combinations(range(6), k):
                z = gaussian(rng, k)
                support, values = np.zeros(k, np.int64), np.zeros(k)
                pursue(matrix, np.ones(6), matrix[:, S] @ z, 0, support, values)
                # The largest coefficients come first.
                order = np.argsort(-np.abs(z))
                assert support.tolist() == np.array(S)[order].tolist()
                np.testing.assert_allclose(values, z[order])

    def test_stops_where_columns_depend(self, rng):
        matrix = gaussian(rng, 4, 2) @ gaussian(rng, 2, 5)
        support, values = np.zeros(4, np.int64), np.ones(4)
        lengths = np.linalg.norm(matrix, axis=0)
        pursue(matrix, lengths, gaussian(rng, 4), 0, support, values)
        assert np.all(support[:2] >= 0) and np.all(support[2:] == -1)
        assert np.all(values[2:] == 0)
        assert pursue(np.zeros((2, 3)), np.zeros(3), np.ones(2), 0, support, values) == 2
        assert np.all(support == -1)

    def test_columns_that_are_given_come_first(self, rng):
        matrix, y = gaussian(rng, 9, 7), gaussian(rng, 9)
        support, values = np.array([4, 2, 0]), np.zeros(3)
        rest = pursue(matrix, np.linalg.norm(matrix, axis=0), y, 2, support, values)
        errors = []
        for j in range(7):
            own = matrix[:, [4, 2, j]]
            errors.append(np.linalg.norm(y - own @ np.linalg.lstsq(own, y)[0]) ** 2)
        assert support[:2].tolist() == [4, 2] and rest == pytest.approx(errors[support[2]])

    @pytest.mark.parametrize("m, n, p", [(4, 6, 7), (3, 3, 5), (2, 5, 4)])
    def test_best_pairs_are_the_best_of_all(self, m, n, p, rng):
        D, A, Y = gaussian(rng, n, p), gaussian(rng, 2, m, n), gaussian(rng, 2, 4, m)
        codes = np.zeros((2, 4, 2), np.int64), np.zeros((2, 4, 2)), np.zeros((2, 4))
        total = encode(D, A, Y, True, *codes)
        assert total == pytest.approx(codes[2].sum())
        for g, i in np.ndindex(2, 4):
            least = math.inf
            for S in itertools.combinations(range(p), 2):
                own = A[g] @ D[:, S]
                left = Y[g, i] - own @ np.linalg.lstsq(own, Y[g, i])[0]
                least = min(least, left @ left)
            own = A[g] @ D[:, codes[0][g, i]] @ codes[1][g, i]
            assert codes[2][g, i] == pytest.approx(least, abs=1e-12)
            assert np.linalg.norm(Y[g, i] - own) ** 2 == pytest.approx(least, abs=1e-12)


class TestNormalEquations:
    def case(self, rng, m=5, n=6, k=2):
        A, Y, U = gaussian(rng, 3, m, n), gaussian(rng, 3, m, 4), gaussian(rng, n, k)
        parts = np.empty((3, k, 4)), np.empty((3, m, 4)), np.empty((3, k, m))
        return A, Y, U, parts, best_codes(U, A, Y, *parts)

    def test_codes_are_least_squares(self, rng):
        A, Y, U, (codes, rests, bases), error = self.case(rng)
        for g in range(3):
            np.testing.assert_allclose(codes[g], np.linalg.lstsq(A[g] @ U, Y[g])[0])
            np.testing.assert_allclose(rests[g], Y[g] - A[g] @ U @ codes[g], atol=1e-12)
            np.testing.assert_allclose(bases[g].T @ bases[g] @ A[g] @ U, A[g] @ U, atol=1e-12)
        assert error == pytest.approx(np.sum(rests**2))

    def test_codes_of_dependent_columns(self, rng):
        A, Y = gaussian(rng, 2, 4, 5), gaussian(rng, 2, 4, 3)
        U = np.repeat(gaussian(rng, 5, 1), 2, axis=1)
        parts = np.empty((2, 2, 3)), np.empty((2, 4, 3)), np.empty((2, 2, 4))
        error = best_codes(U, A, Y, *parts)
        one = np.empty((2, 1, 3)), np.empty((2, 4, 3)), np.empty((2, 1, 4))
        assert error == pytest.approx(best_codes(np.ascontiguousarray(U[:, :1]), A, Y, *one))
        assert np.isfinite(parts[0]).all()

    def test_slope_is_that_of_the_error_with_codes_eliminated(self, rng):
        A, Y, U, parts, _ = self.case(rng)
        normal, slope = np.empty((2, 6, 2, 6)), np.empty((2, 6))
        dense_equations(A, *parts, True, normal, slope)
        for i, t in np.ndindex(6, 2):
            ends = []
            for sign in (1, -1):
                moved = U.copy()
                moved[i, t] += sign * 1e-5
                ends.append(best_codes(moved, A, Y, *(np.empty_like(one) for one in parts)))
            assert (ends[0] - ends[1]) / 2e-5 == pytest.approx(-2 * slope[t, i], abs=1e-5)

    @pytest.mark.parametrize("projected", [True, False])
    def test_of_a_subspace_are_those_of_a_dictionary_that_is_always_used(self, projected, rng):
        A, Y, U, parts, _ = self.case(rng)
        normal, slope = np.empty((2, 6, 2, 6)), np.empty((2, 6))
        trace = dense_equations(A, *parts, projected, normal, slope)
        values = np.ascontiguousarray(parts[0].mT)
        supports = np.broadcast_to(np.arange(2), values.shape).copy()
        other, along = np.empty_like(normal), np.empty_like(slope)
        signals = np.ascontiguousarray(Y.mT)
        size = sparse_equations(U, A, signals, supports, values, projected, other, along)
        np.testing.assert_allclose(other, normal, atol=1e-12)
        np.testing.assert_allclose(along, slope, atol=1e-12)
        assert size == pytest.approx(trace)
        if not projected:
            assert np.trace(normal.reshape(12, 12)) == pytest.approx(trace)

    @pytest.mark.parametrize("projected", [True, False])
    def test_are_those_of_the_residuals_written_out(self, projected, rng):
        D, A, Y = gaussian(rng, 5, 4), gaussian(rng, 2, 4, 5), gaussian(rng, 2, 3, 4)
        codes = np.zeros((2, 3, 2), np.int64), np.zeros((2, 3, 2)), np.zeros((2, 3))
        encode(D, A, Y, False, *codes)
        codes[1][0, 0, 1] = 0
        rows, right = [], []
        for g, i in np.ndindex(2, 3):
            z = np.zeros(4)
            z[codes[0][g, i]] = codes[1][g, i]
            P = np.eye(4)
            if projected:
                used = A[g] @ D[:, z != 0]
                P = P - used @ np.linalg.pinv(used)
            rows.append(np.kron(z, P @ A[g]))
            right.append(P @ (Y[g, i] - A[g] @ D @ z))
        J, r = np.concatenate(rows), np.concatenate(right)
        normal, slope = np.empty((4, 5, 4, 5)), np.empty((4, 5))
        sparse_equations(D, A, Y, codes[0], codes[1], projected, normal, slope)
        np.testing.assert_allclose(normal.reshape(20, 20), J.T @ J, atol=1e-12)
        expected = J.T @ r
        if projected:
            # The residual of a code that was changed is not yet orthogonal to its atoms.
            g, i = 0, 0
            z = np.zeros(4)
            z[codes[0][g, i]] = codes[1][g, i]
            whole = Y[g, i] - A[g] @ D @ z
            expected = expected + np.kron(z, A[g]).T @ (whole - right[0])
        np.testing.assert_allclose(slope.ravel(), expected, atol=1e-12)


class TestMatchingPursuit:
    @pytest.mark.parametrize("task", [MatchingPursuit(n=40, k=4), MatchingPursuit(20, None, 3, 30)])
    def test_outcomes_are_those_of_a_plain_loop(self, task):
        seen = set()
        for m in (6, 12, 18):
            for rng, again in zip(seeds(15), seeds(15), strict=True):
                D, z, k, A, y = task.draw({"m": m}, rng)
                chosen, values = plain_pursuit(A @ D, y, k)
                x = D[:, chosen] @ values
                right = set(chosen) == set(np.flatnonzero(z))
                assert task({"m": m}, again) == (right and np.allclose(x, D @ z, rtol=1e-6))
                seen.add(right)
        assert SLOW or seen == {True, False}

    @pytest.mark.parametrize("law", ["gaussian", "signs"])
    def test_rises_with_the_rows(self, law):
        task = MatchingPursuit(n=64, k=6, law=law)
        rates = [rate(task, 60, m=m) for m in (6, 12, 24, 36, 64)]
        assert rates[0] == 0
        assert SLOW or (rates == sorted(rates) and rates[-1] >= 0.95)

    def test_of_k_rows_is_a_guess(self):
        task = MatchingPursuit(n=4, k=1)
        assert rate(task, 50, m=1) == 0 and rate(task, 50, m=2) > 0
        assert MatchingPursuit(n=3, k=3).many({"m": 3}, seeds(5)) == [True] * len(seeds(5))
        assert not any(MatchingPursuit(n=3, k=3, atoms=4).many({"m": 5}, seeds(5)))

    def test_thresholds(self):
        task = MatchingPursuit(n=50, k=7)
        assert [(one.kind, one.least) for one in task.thresholds({}, "m")] == [
            ("necessary", 8),
            ("sufficient", 14),
            ("sufficient", 15),
        ]
        along = MatchingPursuit(n=50, m=14).thresholds({}, "k")
        assert [one.most for one in along] == [13, 7, 6]
        # From n of more atoms on, any signal is explained.
        assert [one.least for one in MatchingPursuit(n=3, k=3, atoms=5).thresholds({}, "m")] == [
            math.inf
        ]
        along = MatchingPursuit(n=3, m=9, atoms=5).thresholds({}, "k")
        assert [one.most for one in along] == [2, 2, 2]
        assert [one.least for one in MatchingPursuit(n=3, k=5, atoms=2).thresholds({}, "m")] == [
            2,
            4,
            5,
        ]
        assert task.thresholds({"m": 9}, "n") == ()
        assert len(MatchingPursuit(n=50, k=7, law="signs").thresholds({}, "m")) == 1
        assert MatchingPursuit(n=5, k=9).thresholds({}, "m")[0].least == 5
        assert MatchingPursuit(n=5, k=5, atoms=9).thresholds({}, "m")[0].least == math.inf
        assert MatchingPursuit(n=5, m=5).thresholds({}, "k")[0].most == math.inf

    @pytest.mark.parametrize("n, k, atoms", [(5, 1, None), (6, 3, 6), (4, 2, 3), (3, 2, 5)])
    def test_necessary_bounds_hold(self, n, k, atoms):
        task = MatchingPursuit(n=n, k=k, atoms=atoms)
        least = task.thresholds({}, "m")[0].least
        for m in range(1, min(n + 1, least) if least < math.inf else n + 1):
            assert rate(task, 20, m=m) == 0


class TestLowRankRecovery:
    @pytest.mark.parametrize(
        "n, k, G, N", [(10, 2, 4, 24), (12, 3, 9, 54), (9, 1, 4, 30), (10, 2, 8, 16)]
    )
    def test_turns_where_the_subspace_is_identified(self, n, k, G, N):
        task = LowRankRecovery(n=n, k=k, G=G, N=N)
        (exact,) = (one for one in task.thresholds({}, "m") if one.kind == "exact")
        assert exact.least == k + -(-(n - k) // G)
        assert rate(task, 30, m=exact.least - 1) == 0
        assert SLOW or rate(task, 30, m=exact.least) >= 0.8
        assert rate(task, 30, m=n) == 1

    def test_solution_is_that_of_null_spaces(self):
        task = LowRankRecovery(n=9, k=2, G=3, N=30)
        for m in (3, 4, 5, 7):
            for rng in seeds(10):
                problem = task.draw({"m": m}, rng)
                known = by_null_spaces(problem.operators, problem.measurements, 2)
                assert (known is None) == (3 * (m - 2) < 7)
                found = task.solve(problem, rng)
                if known is not None:
                    np.testing.assert_allclose(known, problem.signals, atol=1e-6)
                right = np.linalg.norm(found - problem.signals) < 1e-4 * np.linalg.norm(
                    problem.signals
                )
                seen = collected(problem.operators @ dealt(found, 3), 30)
                if right:
                    np.testing.assert_allclose(seen, problem.measurements, atol=1e-2)
                assert known is not None or not right

    def test_below_the_bound_other_signals_explain_all(self):
        # With m = 4 rows, 3 (4 - 2) < 9 - 2: a solution is found, and it is another one.
        task = LowRankRecovery(n=9, k=2, G=3, N=30)
        for rng in seeds(10):
            problem = task.draw({"m": 4}, rng)
            found = task.solve(problem, rng)
            seen = collected(problem.operators @ dealt(found, 3), 30)
            np.testing.assert_allclose(seen, problem.measurements, atol=1e-6)
            assert np.linalg.matrix_rank(found) == 2
            away = np.linalg.norm(found - problem.signals) / np.linalg.norm(problem.signals)
            assert away > 1e-2

    def test_alternating_least_squares_needs_more_rows(self):
        cells = [(5, 100), (6, 100), (8, 100)]
        ours, theirs = (
            [
                rate(LowRankRecovery(12, 2, m, 4, 60, algorithm=own, iterations=its), 12)
                for m, its in cells
            ]
            for own in ("gauss_newton", "als")
        )
        assert all(a >= b for a, b in zip(ours, theirs, strict=True))
        assert SLOW or (ours[0] > 0.8 and theirs[0] < ours[0] and theirs[2] > 0)

    def test_masks_that_do_not_cover_fail(self):
        task = LowRankRecovery(n=8, k=2, G=7, N=70, law="masks")
        seen = []
        for m in (3, 4, 6):
            for rng, again in zip(seeds(15), seeds(15), strict=True):
                masks = task.draw({"m": m}, rng).operators.any(axis=1)
                enough = covering_condition(masks, 2).rank == 6
                found = task({"m": m}, again)
                assert enough or not found
                seen.append((enough, found))
        assert SLOW or (np.mean([b for a, b in seen if a]) > 0.8 and not all(a for a, _ in seen))

    def test_too_few_samples_fail(self):
        task = LowRankRecovery(n=10, k=2, m=4, G=100)
        (count, *_) = task.thresholds({}, "N")
        assert count.least == 8
        assert rate(task, 20, N=7) == 0
        assert SLOW or rate(task, 20, N=16) >= 0.5

    def test_necessary_bounds_hold_in_random_cells(self, rng):
        for _ in range(2 if SLOW else 120):
            n, k, G = int(rng.integers(2, 7)), int(rng.integers(1, 4)), int(rng.integers(1, 5))
            own = {
                "k": k,
                "G": G,
                "N": int(rng.integers(1, 12)),
                "m": int(rng.integers(1, 7)),
                "n": n,
            }
            law = ("gaussian", "masks")[int(rng.integers(2))]
            task = LowRankRecovery(law=law, restarts=1, iterations=30)
            won = any(task.many(own, seeds(3)))
            for axis in ("m", "G", "N", "k", "n"):
                rest = {name: value for name, value in own.items() if name != axis}
                for one in task.thresholds(rest, axis):
                    met = own[axis] <= one.most if one.upper else own[axis] >= one.least
                    assert met or not won or one.kind == "sufficient"

    def test_below_the_bound_every_signal_has_a_twin(self, rng):
        """The proof that G (m - k) >= n - k is necessary, in numbers."""
        n, k, m, G = 8, 2, 4, 2
        A, B = gaussian(rng, G, m, n), gaussian(rng, n, k)
        outside = [np.linalg.svd(own @ B)[0][:, k:].T @ own for own in A]
        kernel = np.linalg.svd(np.concatenate(outside))[2][G * (m - k) :].T
        u = next(v for v in kernel.T if np.linalg.matrix_rank(np.column_stack([B, v])) == k + 1)
        phi, c = 0.3 * gaussian(rng, k), gaussian(rng, k)
        for own in A:
            w = np.linalg.lstsq(own @ B, own @ u)[0]
            twin = (B + np.outer(u, phi)) @ np.linalg.solve(np.eye(k) + np.outer(w, phi), c)
            np.testing.assert_allclose(own @ twin, own @ B @ c, atol=1e-9)
            assert np.linalg.norm(twin - B @ c) > 1e-3

    def test_a_large_tolerance_lets_chance_in(self):
        task = LowRankRecovery(n=6, k=1, m=5, G=1, N=25, law="masks", tolerance=0.5)
        rest = {"n": 6, "k": 1, "G": 1, "N": 25}
        (least, *_) = LowRankRecovery(law="masks").thresholds(rest, "m")
        assert least.least == 6
        assert SLOW or rate(task, 30) > 0.5
        assert rate(LowRankRecovery(law="masks"), 30, m=5, **rest) == 0

    def test_each_signal_by_itself(self):
        for task in (LowRankRecovery(n=4, k=5, G=3, N=20), LowRankRecovery(n=6, k=3, G=2, N=3)):
            n = task.n
            (bound,) = task.thresholds({}, "m")
            assert bound.least == n and bound.kind == "exact"
            assert rate(task, 10, m=n) == 1 and rate(task, 10, m=n - 1) == 0
        (bound,) = LowRankRecovery(n=4, k=5, m=3, N=20).thresholds({}, "G")
        assert bound.least == math.inf
        (bound,) = LowRankRecovery(n=4, k=5, m=4, G=2).thresholds({}, "N")
        assert bound.least == 1

    def test_thresholds_of_few_samples_or_masks_are_only_necessary(self):
        kinds = lambda task, axis: {one.kind for one in task.thresholds({}, axis)}  # noqa: E731
        assert "exact" in kinds(LowRankRecovery(n=10, k=2, G=5, N=10), "m")
        assert kinds(LowRankRecovery(n=10, k=2, G=5, N=9), "m") == {"necessary"}
        assert kinds(LowRankRecovery(n=10, k=2, G=5, N=99, law="masks"), "m") == {"necessary"}
        (*_, enough) = LowRankRecovery(n=10, k=2, m=4, G=5).thresholds({}, "N")
        assert (enough.kind, enough.value) == ("sufficient", 10)


def freedom(problem) -> int:
    """Dimensions of the (dD, dz) that change no measurement, to first order."""
    D, (p, N), k = problem.dictionary, problem.codes.shape, problem.sparsity
    G, m, n = problem.operators.shape
    J = np.zeros((N, m, n * p + N * k))
    for i in range(N):
        A, z = problem.operators[i % G], problem.codes[:, i]
        J[i, :, : n * p] = np.kron(z, A)
        J[i, :, n * p + i * k : n * p + (i + 1) * k] = A @ D[:, np.flatnonzero(z)]
    return J.shape[2] - int(np.linalg.matrix_rank(J.reshape(N * m, -1), tol=1e-8))


class TestDictionaryLearning:
    def test_correlations_are_those_of_the_best_order(self, rng):
        true, found = gaussian(rng, 4, 4), gaussian(rng, 4, 4)
        best = max(
            sum(abs(true[:, i] @ found[:, j]) for i, j in enumerate(order))
            for order in itertools.permutations(range(4))
        )
        assert correlations(true, found).sum() == pytest.approx(best)
        mixed = true[:, [2, 0, 3, 1]] * np.array([1, -1, -1, 1])
        np.testing.assert_allclose(correlations(true, mixed), np.sum(true**2, axis=0))

    @pytest.mark.parametrize("n, p, k, N", [(6, 6, 1, 100), (6, 9, 1, 150), (6, 6, 2, 200)])
    def test_full_data_is_enough_and_k_rows_are_not(self, n, p, k, N):
        task = DictionaryLearning(n=n, atoms=p, k=k, G=5, N=N)
        assert SLOW or rate(task, 10, m=n) >= 0.9
        assert rate(task, 10, m=k) == 0

    def test_rises_with_the_rows(self):
        task = DictionaryLearning(n=6, atoms=6, k=1, G=8, N=120, restarts=10)
        rates = [rate(task, 12, m=m) for m in (1, 3, 4, 6)]
        assert rates[0] == 0
        assert SLOW or (rates == sorted(rates) and rates[-1] == 1 and rates[1] < 1)

    def test_success_explains_every_measurement(self):
        quick = {"restarts": 1, "iterations": 10} if SLOW else {}
        task = DictionaryLearning(n=6, atoms=7, k=2, G=5, N=120, **quick)
        for rng, again in zip(seeds(4), seeds(4), strict=True):
            problem = task.draw({"m": 5}, rng)
            found = task.solve(problem, rng)
            np.testing.assert_allclose(np.linalg.norm(found, axis=0), 1)
            right = bool(correlations(problem.dictionary, found).min() >= 0.99)
            assert right == task({"m": 5}, again)
            if not right:
                continue
            for i in range(0, 120, 7):
                A, y = problem.operators[i % 5], problem.measurements[:, i]
                least = min(
                    np.linalg.norm(y - A @ found[:, S] @ np.linalg.lstsq(A @ found[:, S], y)[0])
                    for S in itertools.combinations(range(7), 2)
                )
                assert least < 0.1 * np.linalg.norm(y)

    def test_the_true_dictionary_is_kept(self, rng):
        from sensing_theorems.tasks._descent import fit_dictionary

        task = DictionaryLearning(n=6, atoms=8, k=1, m=4, G=5, N=60)
        problem = task.draw({}, rng)
        signals = np.ascontiguousarray(dealt(problem.measurements, 5).mT)
        for projected in (True, False):
            near = problem.dictionary + 1e-3 * gaussian(rng, 6, 8)
            fit = fit_dictionary(near, problem.operators, signals, 1, True, projected, 200, 1e-14)
            assert fit.error < 1e-4 if not projected else fit.error < 1e-12
            assert correlations(problem.dictionary, fit.factor).min() > 0.9999

    def test_where_the_dictionary_is_not_unique(self):
        for task in (
            DictionaryLearning(n=3, atoms=5, k=3, m=3, G=2, N=20),
            DictionaryLearning(n=5, atoms=2, k=2, m=5, G=2, N=20),
        ):
            assert task.many({}, seeds(3)) == [False] * len(seeds(3))
            assert all(one.least == math.inf for one in task.thresholds({}, "N"))

    def test_thresholds(self):
        task = DictionaryLearning(n=8, atoms=12, k=2, G=3)
        found = [(one.status, one.value) for one in task.thresholds({"N": 50}, "m")]
        assert found == [
            ("published", Fraction(8, 3)),
            ("derived", 3),
            ("derived", 1 + Fraction(7, 3)),
            ("derived", 2 + Fraction(12 * 7, 50)),
        ]
        along = lambda axis, **own: [  # noqa: E731
            one.least for one in DictionaryLearning(n=8, atoms=12, **own).thresholds({}, axis)
        ]
        assert along("N", k=1, G=8, m=4) == [28]
        assert along("N", k=4, G=8, m=4) == [math.inf]
        assert along("N", k=1, G=2, m=4) == [28, math.inf]
        assert along("G", k=1, N=28, m=4) == [2, 3]
        assert along("G", k=1, N=27, m=4) == [2, 3, math.inf]
        assert along("G", k=1, N=99, m=1) == [8, math.inf, math.inf]
        assert along("k", G=1, N=99, m=1) == []

    def test_nothing_is_called_sufficient(self, rng):
        for _ in range(100):
            own = {name: int(rng.integers(1, 9)) for name in DictionaryLearning.axes}
            for axis in own:
                rest = {name: value for name, value in own.items() if name != axis}
                bounds = DictionaryLearning().thresholds(rest, axis)
                assert all(one.kind == "necessary" for one in bounds)

    def test_sparse_signals_need_less_than_a_union_of_their_subspaces(self):
        """Unions of planes are not identified below m = k + (n - k)/G, where D may be learned."""
        for n, p, m, N, seed in ((9, 4, 5, 200, 2), (9, 4, 5, 200, 5), (7, 3, 4, 120, 1)):
            task = DictionaryLearning(n=n, atoms=p, k=2, m=m, G=2, N=N, restarts=60)
            assert 2 * (m - 2) < n - 2
            assert SLOW or task({}, np.random.default_rng(seed))
            rest = {"n": n, "atoms": p, "k": 2, "G": 2, "N": N}
            assert all(one.least <= m for one in DictionaryLearning().thresholds(rest, "m"))

    def test_bounds_deny_no_dictionary_that_cannot_move(self, rng):
        """Kernel of the derivative of A D z in D and z: p dimensions are the scales of atoms."""
        seen, rigid = set(), 0
        for _ in range(10 if SLOW else 250):
            n, p, m, G = (int(one) for one in rng.integers((2, 2, 1, 1), (6, 5, 6, 5)))
            k = int(rng.integers(1, min(n, p)))
            own = {"n": n, "atoms": p, "k": k, "m": m, "G": G, "N": int(rng.integers(4, 41))}
            unmoved = freedom(DictionaryLearning().draw(own, rng)) == p
            met = []
            for axis in ("m", "G", "N"):
                rest = {name: value for name, value in own.items() if name != axis}
                met += [
                    own[axis] >= one.least for one in DictionaryLearning().thresholds(rest, axis)
                ]
            assert all(met) or not unmoved
            seen.add((all(met), unmoved))
            rigid += all(met) and unmoved
        assert SLOW or (rigid > 20 and (False, False) in seen)

    def test_an_atom_that_moves_unseen(self, rng):
        """With G (m - 1) < n - 1 some d + t u has multiples of the same measurements."""
        n, m, G = 6, 3, 2
        A, d = gaussian(rng, G, m, n), gaussian(rng, n)
        rows = []
        for own in A:
            y = own @ d
            rows.append(np.linalg.svd(y[None])[2][1:] @ own)
        kernel = np.linalg.svd(np.concatenate(rows))[2][G * (m - 1) :].T
        assert kernel.shape == (n, 2)
        u = kernel @ np.linalg.svd((kernel.T @ d)[None])[2][1]
        moved = d + 0.5 * u
        assert np.linalg.norm(u) == pytest.approx(1) and abs(u @ d) < 1e-9
        for own in A:
            pair = np.stack([own @ d, own @ moved])
            assert np.linalg.svd(pair, compute_uv=False)[1] < 1e-9

    @pytest.mark.parametrize("m, N", [(3, 20), (6, 7), (4, 13)])
    def test_too_few_samples_fail(self, m, N):
        task = DictionaryLearning(n=6, atoms=8, k=1, G=20, restarts=2)
        assert task.thresholds({"m": m}, "N")[0].least == math.ceil(40 / (m - 1))
        assert N < math.ceil(40 / (m - 1)) + 7
        assert rate(task, 5, m=m, N=min(N, math.ceil(40 / (m - 1)) - 1)) == 0
