"""Predictions of training: levels against dense linear algebra, rules against counts."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import scipy.linalg
import scipy.sparse as sp

import sensing_theorems as st
from sensing_theorems.groups.transforms import TransformSet, matrix_map
from sensing_theorems.prediction import Outcome, Prediction, predict, predicting, signal_parts
from sensing_theorems.prediction.signal_parts import psnr

SHAPE = (8, 8)
N = 64


def half(rng, share=0.5):
    return (rng.permutation(N) < share * N).reshape(SHAPE)


def low_pass():
    near = np.abs(np.fft.fftfreq(8)) < 0.3
    return near[:, None] & near[None]


def lines():
    seen = np.zeros(SHAPE, bool)
    seen[[0, 1, 7]] = True
    return seen


def matrix(A):
    """Rows of an operator, real and imaginary parts below each other."""
    dense = st.as_operator(A).to_dense()
    return np.concatenate([dense.real, dense.imag]) if np.iscomplexobj(dense) else dense


def null_projector(rows):
    basis = scipy.linalg.null_space(rows)
    return basis @ basis.conj().T


def setups(rng):
    """Operators with their action, and what must come out: by counting, not by this package."""
    shifts, turns = st.groups.shifts(*SHAPE), st.groups.quarter_turns(8)
    periodic = np.zeros(SHAPE, bool)
    periodic[::2, ::2] = True
    return {
        "mask, shifts": (st.operators.inpainting(half(rng)), shifts, Outcome.LEARNABLE),
        "periodic mask, shifts": (st.operators.inpainting(periodic), shifts, Outcome.OPEN),
        "low-pass, shifts": (st.operators.fourier(low_pass()), shifts, Outcome.NOT_LEARNABLE),
        "lines, turns": (st.operators.fourier(lines()), turns, Outcome.PARTLY),
        "all, shifts": (np.eye(N) + 0.1 * rng.random((N, N)), shifts, Outcome.LEARNABLE),
    }


@pytest.fixture
def signals(rng):
    return rng.random((7, *SHAPE))


class TestOutcome:
    @pytest.mark.parametrize("name", setups(np.random.default_rng(0)))
    def test_of_known_setups(self, rng, name):
        A, action, outcome = setups(rng)[name]
        assert predict(st.Problem(A, action)).outcome is outcome

    @pytest.mark.parametrize("name", setups(np.random.default_rng(0)))
    def test_ranks_are_those_of_dense_matrices(self, rng, name):
        A, action, _ = setups(rng)[name]
        found = predict(st.Problem(A, action))
        rows = matrix(A)
        stack = np.concatenate([g.pull_back(rows) for g in action.elements()])
        assert found.operator_rank == np.linalg.matrix_rank(rows)
        assert found.stack_rank == np.linalg.matrix_rank(stack)
        assert found.n == N

    def test_refuses_bool(self):
        with pytest.raises(TypeError, match="four answers"):
            bool(Outcome.OPEN)
        with pytest.raises(TypeError, match="four answers"):
            bool(predict(st.Problem(np.eye(3))))

    def test_injective_is_said_to_be_trivial(self):
        found = predict(st.Problem(np.eye(4), st.groups.shifts(4)))
        assert found.outcome is Outcome.LEARNABLE
        assert "nothing is learned" in found.reason

    def test_numerically_unclear_is_open(self):
        # Singular values that fall evenly into rounding: no gap anywhere.
        A = np.diag(np.logspace(0, -18, 40))
        assert not st.stacked_rank(A).clear
        found = predict(st.Problem(A))
        assert found.outcome is Outcome.OPEN
        assert "numerically unclear" in found.reason

    def test_weak_directions_are_mentioned(self):
        for least, weak in ((0.5, False), (1e-6, True)):
            A = np.diag(np.r_[np.ones(5), least, 0.0, 0.0])
            found = predict(st.Problem(A))
            assert ("only 5 of 6" in found.reason) is weak
            assert found.operator_rank == 6

    @pytest.mark.parametrize("k", [None, 1, 2, 3, 9])
    def test_turns_where_the_group_leaves_no_room(self, k, rng):
        # Two shifts, both new: 2 (m - k) >= n - k with m = 9, n = 16 says k <= 2.
        action = st.groups.shifts(16, stride=8)
        found = predict(st.Problem(rng.standard_normal((9, 16)), action, model_dim=k))
        assert (found.effective_order, found.stack_rank) == (2, 16)
        assert found.outcome is (Outcome.LEARNABLE if (k or 1) <= 2 else Outcome.OPEN)

    @pytest.mark.parametrize("k", [1, 2, 3, 4])
    def test_turns_at_the_count_of_several_operators(self, k, rng):
        # G (m - k) >= n - k with G = 3, m = 6, n = 14: k <= 2.
        operators = list(rng.standard_normal((3, 6, 14)))
        found = predict(st.Problem(operators, model_dim=k))
        assert found.stack_rank == 14
        assert found.outcome is (Outcome.LEARNABLE if k <= 2 else Outcome.OPEN)

    def test_several_operators(self, rng):
        masks = [rng.permutation(20) < 8 for _ in range(3)]
        several = [st.operators.inpainting(mask) for mask in masks]
        union = int(np.logical_or.reduce(masks).sum())
        assert 8 < union < 20
        found = predict(st.Problem(several))
        assert (found.outcome, found.stack_rank) == (Outcome.PARTLY, union)
        same = predict(st.Problem([several[0]] * 3))
        assert same.outcome is Outcome.NOT_LEARNABLE

    def test_full_rank_beside_operators_of_which_no_rank_is_known(self, rng):
        rows = rng.standard_normal((3, 6))
        rows[2] *= 1e-13
        found = predict(st.Problem(rows, st.groups.shifts(6)))
        assert (found.operator_rank, found.stack_rank) == (None, 6)
        assert found.outcome is Outcome.OPEN
        assert "rank of A is unclear" in found.reason

    def test_operators_below_the_model_take_nothing_from_the_count(self, rng):
        # (6 - 2) + (6 - 2) + 0 >= 10 - 2, while a row alone sees nothing of dimension 2.
        operators = [rng.standard_normal((m, 10)) for m in (6, 6, 1)]
        assert predict(st.Problem(operators, model_dim=2)).outcome is Outcome.LEARNABLE
        assert predict(st.Problem(operators[:2], model_dim=2)).outcome is Outcome.LEARNABLE

    @pytest.mark.parametrize("more", ["copy", "scaled", "mixed", "rows", "nothing"])
    @pytest.mark.parametrize("field", ["real", "complex"])
    def test_operators_that_show_nothing_of_their_own_do_not_count(self, more, field, rng):
        # 2 (8 - 3) < 14 - 3, and 3 (8 - 3) >= 14 - 3.
        A, B, C = rng.standard_normal((3, 8, 14))
        if field == "complex":
            A = A + 1j * rng.standard_normal((8, 14))
        third = {
            "copy": A,
            "scaled": 2 * A,
            "mixed": rng.standard_normal((9, 8)) @ A,
            "rows": A[:5],
            "nothing": 0 * A,
        }[more]
        for operators in ([A, B, third], [third, B, A], [A, third, B]):
            found = predict(st.Problem(operators, model_dim=3, field=field))
            assert (found.effective_order, found.outcome) == (2, Outcome.OPEN)
            assert "only 2 of 3 operators" in found.reason
        found = predict(st.Problem([A, B, C], model_dim=3, field=field))
        assert (found.effective_order, found.outcome) == (3, Outcome.LEARNABLE)

    def test_row_spaces_that_lie_in_others_against_ranks(self, rng):
        # Selections of rows of one matrix, so that some hold others.
        rows, rank = rng.standard_normal((5, 9)), np.linalg.matrix_rank
        for _ in range(20):
            chosen = [rows[rng.random(5) < 0.6] for _ in range(5)]
            chosen = [rng.standard_normal((len(A) + 1, len(A))) @ A for A in chosen if len(A)]
            kept: list[int] = []
            for i in sorted(range(len(chosen)), key=lambda i: (-rank(chosen[i]), i)):
                both = [rank(np.concatenate([chosen[i], chosen[j]])) for j in kept]
                if all(r > rank(chosen[j]) for r, j in zip(both, kept, strict=True)):
                    kept.append(i)
            singles = st.Problem(chosen).singles
            parts = signal_parts.SignalParts(singles, st.stacked_rank(chosen))
            assert parts.distinct() == tuple(sorted(kept))

    def test_one_operator_of_several_that_shows_everything_leaves_something_to_learn(self, rng):
        found = predict(st.Problem([np.eye(6), rng.standard_normal((2, 6))]))
        assert found.outcome is Outcome.LEARNABLE
        assert "nothing is learned" not in found.reason
        assert "alone sees 2" in found.reason
        found = predict(st.Problem([np.eye(6), rng.standard_normal((7, 6))]))
        assert "each operator has rank 6 = n" in found.reason
        assert "nothing is learned" in found.reason

    def test_says_that_full_rank_is_only_necessary_where_nothing_is_counted(self, rng):
        maps = tuple(matrix_map(sp.csr_array(np.roll(np.eye(6), i, axis=0))) for i in range(6))
        rolled = TransformSet("rolls", 6, (6,), maps, tuple(range(6)))
        operators = list(rng.standard_normal((2, 3, 6)))
        for found in (
            predict(st.Problem(operators[0]), transforms=rolled),
            predict(st.Problem(operators, st.groups.shifts(6))),
        ):
            assert found.outcome is Outcome.LEARNABLE
            assert "necessary" in found.reason
        counted = predict(st.Problem(operators[0], st.groups.shifts(6)))
        assert "necessary" not in counted.reason

    def test_verdict_is_that_of_analyze(self, rng):
        for A, action, _ in setups(rng).values():
            problem = st.Problem(A, action)
            report = st.analyze(problem)
            found = predict(problem)
            assert found.verdict is report.verdict
            assert dict(found.max_model_dim) == report.max_model_dim


class TestLevels:
    @pytest.mark.parametrize("name", setups(np.random.default_rng(0)))
    def test_against_dense_projectors(self, rng, signals, name):
        A, action, _ = setups(rng)[name]
        found = predict(st.Problem(A, action), signals)
        x, rows = signals.reshape(7, N), matrix(A)
        stack = np.concatenate([g.pull_back(rows) for g in action.elements()])
        pinv = x @ (np.linalg.pinv(rows, rcond=1e-10) @ rows).T
        best = x - x @ null_projector(stack)
        for level, estimate in ((found.pinv_psnr, pinv), (found.stack_psnr, best)):
            error = np.mean((x - estimate) ** 2)
            expected = math.inf if error < 1e-24 else 10 * np.log10(x.max() ** 2 / error)
            assert level == pytest.approx(expected, abs=1e-6)
        seen, between, lost = found.energy_split
        energy = np.sum(x**2)
        assert seen + between + lost == pytest.approx(1.0)
        assert seen == pytest.approx(np.sum(pinv**2) / energy)
        assert lost == pytest.approx(np.sum((x - best) ** 2) / energy, abs=1e-12)

    def test_complex_signals(self, rng):
        A = st.operators.fourier(lines())
        turns = st.groups.quarter_turns(8)
        x = rng.standard_normal((5, N)) + 1j * rng.standard_normal((5, N))
        found = predict(st.Problem(A, turns, field="complex"), x)
        rows = A.to_dense()
        stack = np.concatenate([g.pull_back(rows) for g in turns.elements()])
        assert found.operator_rank == 24
        for level, part in ((found.pinv_psnr, rows), (found.stack_psnr, stack)):
            error = np.mean(np.abs(x @ null_projector(part).T) ** 2)
            assert level == pytest.approx(10 * np.log10(np.abs(x).max() ** 2 / error), abs=1e-9)

    def test_several_operators_average_errors(self, rng):
        operators = list(rng.standard_normal((3, 4, 15)))
        x = rng.random((6, 15))
        found = predict(st.Problem(operators), x)
        errors = [np.mean((x @ null_projector(A)) ** 2) for A in operators]
        assert found.pinv_psnr == pytest.approx(10 * np.log10(x.max() ** 2 / np.mean(errors)))
        lost = np.mean((x @ null_projector(np.concatenate(operators))) ** 2)
        assert found.stack_psnr == pytest.approx(10 * np.log10(x.max() ** 2 / lost))
        assert sum(found.energy_split) == pytest.approx(1.0)

    def test_not_learnable_is_the_level_of_the_pseudo_inverse(self, rng, signals):
        A, action, _ = setups(rng)["low-pass, shifts"]
        found = predict(st.Problem(A, action), signals)
        assert found.stack_psnr == pytest.approx(found.pinv_psnr)
        assert found.energy_split[1] == pytest.approx(0.0, abs=1e-12)

    def test_no_share_is_negative(self):
        for seed in range(5):
            x = np.random.default_rng(seed).random((7, 11))
            found = predict(st.Problem(np.zeros((2, 11)), st.groups.shifts(11)), x)
            assert min(found.energy_split) >= 0.0
            assert "-0.0" not in str(found)

    def test_scale_of_the_signals_leaves_levels_alone(self, rng, signals):
        A, action, _ = setups(rng)["lines, turns"]
        one, other = (predict(st.Problem(A, action), a * signals) for a in (1.0, -1e6))
        assert one.stack_psnr == pytest.approx(other.stack_psnr)
        assert one.pinv_psnr == pytest.approx(other.pinv_psnr)

    @pytest.mark.parametrize("name", ["lines, turns", "low-pass, shifts"])
    def test_operators_too_large_to_decompose(self, rng, signals, name, monkeypatch):
        A, action, outcome = setups(rng)[name]
        problem = st.Problem(A, action)
        small = predict(problem, signals)
        monkeypatch.setattr(signal_parts, "_WORK", 0.0)
        monkeypatch.setattr(predicting.evidence, "operator_ranks", lambda problem: (None,))
        large = predict(problem, signals)
        if outcome is Outcome.PARTLY:
            assert (large.outcome, large.operator_rank) == (outcome, None)
        assert large.pinv_psnr == pytest.approx(small.pinv_psnr, abs=1e-6)
        assert large.energy_split == pytest.approx(small.energy_split, abs=1e-9)
        assert large.split(signals, 0.5 * signals)[1] == pytest.approx(0.25)

    def test_psnr_by_hand(self):
        # Peak 2, errors 0.04 in all over 4 entries: 4 / 0.01.
        assert psnr(np.array([[1.0, 2.0], [0.0, 1.0]]), 0.04) == pytest.approx(10 * np.log10(400))


class TestSplit:
    def test_finds_errors_where_they_were_put(self, rng, signals):
        A, action, _ = setups(rng)["lines, turns"]
        found = predict(st.Problem(A, action))
        rows = matrix(A)
        x = signals.reshape(7, N)
        lost = x @ null_projector(np.concatenate([g.pull_back(rows) for g in action.elements()]))
        between = x @ null_projector(rows) - lost
        seen = x - between - lost
        for a, b in ((0.0, 0.0), (0.5, 0.0), (0.0, 1.0), (-0.3, 2.0)):
            estimate = x + 0.7 * seen + a * between + b * lost
            first, second = found.split(signals, estimate.reshape(signals.shape))
            assert first == pytest.approx(a**2, abs=1e-20, rel=1e-9)
            assert second == pytest.approx(b**2, abs=1e-20, rel=1e-9)

    def test_pseudo_inverse_learns_nothing(self, rng, signals):
        A, action, _ = setups(rng)["lines, turns"]
        found = predict(st.Problem(A, action))
        rows = matrix(A)
        estimate = signals.reshape(7, N) @ (np.linalg.pinv(rows, rcond=1e-10) @ rows).T
        assert found.split(signals, estimate) == pytest.approx((1.0, 1.0))

    def test_nothing_there_is_nan(self, rng, signals):
        learnable, low = (setups(rng)[name] for name in ("mask, shifts", "low-pass, shifts"))
        first, second = predict(st.Problem(*learnable[:2])).split(signals, 0 * signals)
        assert first == pytest.approx(1.0)
        assert math.isnan(second)
        first, second = predict(st.Problem(*low[:2])).split(signals, 0 * signals)
        assert math.isnan(first)
        assert second == pytest.approx(1.0)

    def test_several_operators_by_index(self, rng):
        operators = list(rng.standard_normal((3, 4, 15)))
        found = predict(st.Problem(operators))
        x, index = rng.random((8, 15)), rng.integers(0, 3, 8)
        lost = null_projector(np.concatenate(operators))
        error = rng.random((8, 15))
        parts = [null_projector(A) - lost for A in operators]
        wrong = sum(np.sum((parts[i] @ e) ** 2) for i, e in zip(index, error, strict=True))
        there = sum(np.sum((parts[i] @ s) ** 2) for i, s in zip(index, x, strict=True))
        assert found.split(x, x + error, operator=index)[0] == pytest.approx(wrong / there)
        wrong, there = (sum(np.sum((v @ p) ** 2) for p in parts) for v in (error, x))
        assert found.split(x, x + error)[0] == pytest.approx(wrong / there)

    def test_refusals(self, rng):
        found = predict(st.Problem(list(rng.standard_normal((2, 4, 15)))))
        x = rng.random((3, 15))
        with pytest.raises(ValueError, match="as many signals"):
            found.split(x, x[:2])
        with pytest.raises(ValueError, match="must lie in 0"):
            found.split(x, x, operator=[0, 1, 2])
        with pytest.raises(ValueError, match="must be an integer"):
            found.split(x, x, operator=[0.0, 1.0, 1.0])
        with pytest.raises(ValueError, match="must have shape"):
            found.split(x[0], x[0])


class TestTransforms:
    def test_stack_of_the_listed_maps(self, rng, signals):
        scalings = st.groups.scalings(*SHAPE)
        A = st.operators.inpainting(half(rng))
        found = predict(st.Problem(A), signals, transforms=scalings)
        rows = matrix(A)
        stack = np.concatenate([rows, *(rows @ sp.csr_array(T.matrix()) for T in scalings)])
        assert found.stack_rank == np.linalg.matrix_rank(stack)
        assert found.operator_rank == 32
        assert found.outcome is Outcome.PARTLY
        assert found.effective_order is None

    def test_the_identity_is_always_there(self, rng):
        # One map that shows nothing but zero: what A sees itself must not be lost.
        zero = TransformSet("zero", N, SHAPE, (matrix_map(sp.csr_array((N, N))),), (3,))
        A = st.operators.inpainting(half(rng))
        found = predict(st.Problem(A), transforms=zero)
        assert found.stack_rank == found.operator_rank == 32
        assert found.outcome is Outcome.NOT_LEARNABLE

    def test_no_theorem_no_verdict(self, rng):
        swap = np.eye(4)[[1, 0, 2, 3]]
        maps = TransformSet("swap", 4, (4,), (matrix_map(np.eye(4)), matrix_map(swap)), (0, 1))
        found = predict(st.Problem(np.eye(4)[:1]), transforms=maps)
        assert found.stack_rank == 2
        assert found.verdict is st.Verdict.UNDECIDED

    def test_refusals(self):
        shifts = st.groups.shifts(4)
        with pytest.raises(TypeError, match="must be a TransformSet"):
            predict(st.Problem(np.eye(4)), transforms=shifts)
        with pytest.raises(ValueError, match="in place of an action"):
            maps = TransformSet("one", 4, (4,), (matrix_map(np.eye(4)),), (0,))
            predict(st.Problem(np.eye(4), shifts), transforms=maps)


class TestNotes:
    """The computation in the notes of `predict`, done with numbers."""

    def setup_method(self):
        rng = np.random.default_rng(3)
        self.action = st.groups.shifts(12)
        A = matrix(st.operators.fourier(np.abs(np.fft.fftfreq(12)) < 0.2))
        A = np.concatenate([A, rng.standard_normal((1, 12)) @ (A.T @ A)])
        pinv = np.linalg.pinv(A)
        shifts = list(self.action.elements())
        self.null = null_projector(np.concatenate([g.pull_back(A) for g in shifts]))
        self.A, self.x, self.pinv, self.shifts = A, rng.random((5, 12)), pinv, shifts
        self.pattern = rng.standard_normal(12)

    def loss(self, v, scale=1.0, bend=0.1):
        """Mean of |f(A T f(y)) - T f(y)|^2 over all shifts, f(y) = a map out of N, plus v."""

        def f(y):
            z = y @ self.pinv.T
            bent = (np.abs(z) * self.pattern) @ (np.eye(12) - self.null)
            return z + bend * bent + scale * v(z)

        z = f(self.x @ self.A.T)
        return np.mean([np.sum((f(g(z) @ self.A.T) - g(z)) ** 2) for g in self.shifts])

    def test_an_equivariant_component_in_the_null_space_costs_nothing(self):
        def square(z):
            return (z**2) @ self.null

        def bent(z):
            return (z * self.pattern) @ self.null

        # Measurement consistent without `bend`: then v(A T f(y)) = T v(y) for the first.
        assert np.abs(square(self.x @ self.A.T @ self.pinv.T)).max() > 1e-3
        assert self.loss(square, bend=0.0) < 1e-24
        assert self.loss(bent, bend=0.0) > 1e-4

    def test_any_other_is_pulled_down(self):
        def bent(z):
            return (z * self.pattern) @ self.null

        base, once, half = (self.loss(bent, s) for s in (0.0, 1.0, 0.5))
        assert once > base * 1.01
        assert half - base == pytest.approx((once - base) / 4, rel=1e-9)


class TestFiles:
    @pytest.mark.parametrize("name", setups(np.random.default_rng(0)))
    def test_there_and_back(self, rng, signals, name):
        A, action, _ = setups(rng)[name]
        found = predict(st.Problem(A, action), signals)
        content = json.loads(json.dumps(found.to_dict(), allow_nan=False))
        again = Prediction.from_dict(content)
        assert again.to_dict() == found.to_dict()
        assert (again.stack_psnr, again.outcome) == (found.stack_psnr, found.outcome)
        assert str(again) == str(found)
        with pytest.raises(ValueError, match="saved prediction does not hold"):
            again.split(signals, signals)

    def test_infinite_groups(self):
        action = st.groups.kravchuk_rotations(4)
        found = predict(st.Problem(np.eye(action.n)[:3], action))
        again = Prediction.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False)))
        assert again.effective_order == found.effective_order == math.inf

    @pytest.mark.parametrize(
        "change, words",
        [
            ({"schema_version": 9}, "schema_version"),
            ({"outcome": "perhaps"}, "perhaps"),
            ({"n": "many"}, "must be a number"),
            ({"extra": 1}, "extra"),
        ],
    )
    def test_refuses_what_is_none(self, change, words):
        content = predict(st.Problem(np.eye(3))).to_dict() | change
        with pytest.raises((TypeError, ValueError), match=words):
            Prediction.from_dict(content)
        with pytest.raises(TypeError, match="must be a dict"):
            Prediction.from_dict([])


class TestRefusals:
    def test_types_and_shapes(self):
        problem = st.Problem(np.eye(4)[:2], st.groups.shifts(4))
        with pytest.raises(TypeError, match="must be a Problem"):
            predict(np.eye(4))
        for wrong in (np.ones(4), np.ones((2, 5)), np.ones((0, 4))):
            with pytest.raises(ValueError, match="must have shape"):
                predict(problem, wrong)
        with pytest.raises(ValueError, match="must be real"):
            predict(problem, np.ones((2, 4)) * 1j)
        with pytest.raises(ValueError, match="not all be zero"):
            predict(problem, np.zeros((2, 4)))
        with pytest.raises(ValueError, match="finite"):
            predict(problem, np.full((2, 4), np.nan))

    def test_prints_what_matters(self, rng, signals):
        A, action, _ = setups(rng)["lines, turns"]
        text = str(predict(st.Problem(A, action), signals))
        assert "PARTLY" in text
        assert "dB" in text
        assert "seen by nobody" in text
        assert max(map(len, text.splitlines())) < 140
