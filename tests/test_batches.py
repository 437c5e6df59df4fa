"""Ranks of batches: against singular values, whose rule they must follow."""

from __future__ import annotations

import os

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

import sensing_theorems as st
from sensing_theorems import batches
from sensing_theorems._kernels import small_ranks as kernels
from sensing_theorems.batches import matrix_ranks, modular_ranks

# As plain Python, a kernel takes a microsecond per operation.
SLOW = bool(numba.config.DISABLE_JIT)
SIZES = (1, 3, 8) if SLOW else (1, 3, 8, 17, 32, 33, 64, 70)
EPS = float(np.finfo(float).eps)


def by_singular_values(matrix: np.ndarray, eps: float = EPS) -> tuple[int, bool, float]:
    """Rank and clarity by the rule; and how near, as a factor, a value comes to its turns."""
    values = np.linalg.svd(matrix, compute_uv=False)
    tau = 64 * eps * np.linalg.norm(values)
    away = min(1e3, (tau / values[0]) ** -0.5) if values[0] else 1.0
    kept, lost = values[values > tau], values[values <= tau]
    clear = bool(kept.min(initial=np.inf) > away * tau and lost.max(initial=0) <= tau / 2)
    turns = [abs(np.log2(v / t)) for v in values if v > 0 for t in (tau, tau / 2, away * tau)]
    return kept.size, clear, min(turns, default=np.inf)


def agree(batch: np.ndarray, eps: float = EPS) -> None:
    """A clear rank is right; and what is clear by a factor of two is called clear."""
    found = matrix_ranks(batch, np.float32 if eps > EPS else None)
    stack = batch.reshape(-1, *batch.shape[-2:])
    for matrix, rank, clear in zip(stack, found.ranks.ravel(), found.clear.ravel(), strict=True):
        expected, sure, distance = by_singular_values(matrix, eps)
        if clear:
            assert rank == expected
            assert sure or distance < 1
        if distance > 0.1:
            assert (rank, clear) == (expected, sure)


def low_rank(rng, count: int, r: int, c: int, rank: int) -> np.ndarray:
    return rng.standard_normal((count, r, rank)) @ rng.standard_normal((count, rank, c))


def kahan(n: int, theta: float) -> np.ndarray:
    """Graded triangular matrix whose pivots say nothing about its smallest singular value."""
    s, c = np.sin(theta), np.cos(theta)
    return np.diag(s ** np.arange(n)) @ (np.eye(n) - c * np.triu(np.ones((n, n)), 1))


class TestAgainstSingularValues:
    @pytest.mark.parametrize("n", SIZES)
    def test_of_full_and_of_lower_rank(self, n, rng):
        for r, c in [(n, n), (n + 3, n), (n, 2 * n + 1)]:
            agree(rng.standard_normal((5, r, c)))
            for rank in {0, 1, n // 2, 3 * n // 4, n - 1}:
                agree(low_rank(rng, 5, r, c, rank))

    @given(
        some.integers(0, 2**32 - 1),
        some.integers(1, 9),
        some.integers(1, 9),
        some.integers(0, 9),
        some.floats(-17, -1),
        some.floats(-12, 12),
    )
    @settings(max_examples=25 if SLOW else 300)
    def test_of_noisy_low_rank(self, seed, r, c, rank, noise, spread):
        rng = np.random.default_rng(seed)
        batch = low_rank(rng, 4, r, c, rank) * 10 ** (spread * rng.random((4, r, 1)))
        agree(batch)
        agree(batch + 10**noise * rng.standard_normal(batch.shape))

    @pytest.mark.parametrize("distance", np.linspace(-17, -6, 34))
    def test_walking_through_the_tolerance(self, distance, rng):
        n = 6
        q, _ = np.linalg.qr(rng.standard_normal((3, n, n)))
        u, _ = np.linalg.qr(rng.standard_normal((3, n, n)))
        agree((q * np.array([1, 1, 0.5, 0.1, 0.01, 10**distance])) @ u)

    @pytest.mark.parametrize("n", [10] if SLOW else [10, 30, 60, 90])
    @pytest.mark.parametrize("theta", [0.3, 0.8, 1.2, 1.4])
    def test_of_matrices_with_misleading_pivots(self, n, theta):
        agree(np.array([kahan(n, theta), kahan(n, theta).T, kahan(n, theta)[::-1]]))

    def test_of_growing_entries(self):
        n = 12 if SLOW else 60
        # Wilkinson's matrix: with partial pivoting the last column doubles at every step.
        wilkinson = np.eye(n) - np.tril(np.ones((n, n)), -1)
        wilkinson[:, -1] = 1
        agree(np.array([wilkinson, wilkinson.T, np.triu(wilkinson)]))

    @pytest.mark.parametrize("n", SIZES)
    def test_of_complex_matrices(self, n, rng):
        for rank in {n, n // 2}:
            left = low_rank(rng, 4, n, rank, rank) + 1j * low_rank(rng, 4, n, rank, rank)
            right = low_rank(rng, 4, rank, n, rank) + 1j * low_rank(rng, 4, rank, n, rank)
            agree(left @ right)

    def test_of_complex_multiples_of_real_rows(self, rng):
        row = rng.standard_normal((1, 4)) + 1j * rng.standard_normal((1, 4))
        found = matrix_ranks(np.vstack([row, 1j * row, (2 - 1j) * row])[None])
        assert (found.ranks.tolist(), found.clear.tolist()) == ([1], [True])

    @pytest.mark.parametrize("n", SIZES)
    def test_of_single_precision(self, n, rng):
        eps = float(np.finfo(np.float32).eps)
        for rank in {n, n // 2}:
            batch = low_rank(rng, 4, n, n, rank)
            agree(batch.astype(np.float32).astype(float), eps)
            single = matrix_ranks(batch.astype(np.float32))
            for ours, theirs in zip(single, matrix_ranks(batch, np.float32), strict=True):
                np.testing.assert_array_equal(ours, theirs)

    def test_of_integers(self):
        found = matrix_ranks([[[1, 2], [2, 4]], [[1, 2], [3, 4]], [[0, 0], [0, 0]]])
        assert (found.ranks.tolist(), found.clear.tolist()) == ([1, 2, 0], [True] * 3)


class TestClarity:
    def test_rows_that_nearly_depend(self, rng):
        batch = rng.standard_normal((20, 6, 20))
        batch[:, 5] = batch[:, 4] + 1e-13 * rng.standard_normal((20, 20))
        assert not matrix_ranks(batch).clear.any()

    def test_rows_that_repeat(self, rng):
        batch = rng.standard_normal((20, 6, 6))
        batch[:, 5] = batch[:, 4]
        found = matrix_ranks(batch)
        assert np.all(found.ranks == 5) and found.clear.all()

    def test_zero_is_clear(self):
        found = matrix_ranks(np.zeros((2, 3, 4)))
        assert (found.ranks.tolist(), found.clear.tolist()) == ([0, 0], [True, True])


class TestScale:
    @pytest.mark.parametrize("scale", [1e-150, 1e150, 2.0**-1000, 2.0**1000, 1e300, 1e-290])
    def test_does_not_matter(self, scale, rng):
        batch = np.concatenate([low_rank(rng, 3, 5, 6, rank) for rank in (2, 5)])
        for field in (batch, batch * (1 + 1j)):
            expected, found = matrix_ranks(field), matrix_ranks(field * scale)
            assert found.ranks.tolist() == [2] * 3 + [5] * 3
            np.testing.assert_array_equal(found.ranks, expected.ranks)
            np.testing.assert_array_equal(found.clear, expected.clear)

    def test_entries_over_the_whole_range(self):
        found = matrix_ranks(
            [[[1e308, 0.0], [0.0, 1e-308]], [[1.7e308, 1.7e308], [-1.7e308, 1.7e308]]]
        )
        assert (found.ranks.tolist(), found.clear.tolist()) == ([1, 2], [True, True])

    def test_subnormal_entries_are_coarse(self, rng):
        tiny = 5e-324
        batch = low_rank(rng, 4, 4, 4, 2) * (1e9 * tiny)
        found = matrix_ranks(batch)
        assert np.all(found.ranks == 2) and found.clear.all()
        few = rng.integers(-4, 5, (4, 3, 3)) * tiny
        assert not matrix_ranks(few).clear.any()
        assert not matrix_ranks([[[tiny]]]).clear.any()

    def test_in_single_precision_too(self, rng):
        batch = (low_rank(rng, 4, 4, 4, 2) * 1e-38).astype(np.float32)
        assert np.all(matrix_ranks(batch).ranks == 2)
        assert not matrix_ranks((low_rank(rng, 4, 4, 4, 4) * 1e-43).astype(np.float32)).clear.any()


class TestShapes:
    @pytest.mark.parametrize("shape", [(0, 3, 3), (2, 0, 3), (2, 3, 0), (0, 0), (2, 0, 2, 2)])
    def test_of_nothing(self, shape):
        found = matrix_ranks(np.zeros(shape))
        assert found.ranks.shape == found.clear.shape == shape[:-2]
        assert np.all(found.ranks == 0) and np.all(found.clear)
        assert modular_ranks(np.zeros(shape, int), 3).shape == shape[:-2]

    def test_leading_axes_and_strides(self, rng):
        batch = rng.standard_normal((2, 3, 5, 4))
        batch[1, 2] = 0
        found = matrix_ranks(batch)
        assert found.ranks.tolist() == [[4, 4, 4], [4, 4, 0]]
        np.testing.assert_array_equal(matrix_ranks(batch.swapaxes(2, 3)).ranks, found.ranks)
        np.testing.assert_array_equal(matrix_ranks(batch[:, ::-1]).ranks, found.ranks[:, ::-1])
        assert matrix_ranks(batch[0, 0]).ranks.shape == ()

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    def test_refuses_what_is_not_finite(self, bad):
        batch = np.ones((3, 2, 2))
        batch[1, 0, 1] = bad
        for field in (batch, batch * 1j if np.isnan(bad) else batch.astype(complex)):
            with pytest.raises(ValueError, match="`batch` must be finite; got"):
                matrix_ranks(field)

    def test_refuses_other_arguments(self):
        with pytest.raises(ValueError, match=r"shape \(\.\.\., r, c\); got \(3,\)"):
            matrix_ranks([1.0, 2.0, 3.0])
        with pytest.raises(TypeError, match="`batch` must hold real or complex numbers"):
            matrix_ranks([["a"]])
        with pytest.raises(ValueError, match="behind a mask"):
            matrix_ranks(np.ma.masked_equal(np.ones((2, 2)), 1))
        with pytest.raises(TypeError, match="`dtype` must be a dtype; got 'x'"):
            matrix_ranks(np.eye(2), "x")
        with pytest.raises(TypeError, match="`batch` must hold integers; got dtype float64"):
            modular_ranks(np.ones((2, 2)), 3)
        with pytest.raises(ValueError, match="`p` must be a prime"):
            modular_ranks(np.ones((2, 2), int), 4)


class TestThreads:
    def test_their_number_does_not_matter(self, rng, monkeypatch):
        batch = np.concatenate([low_rank(rng, 40, 9, 9, rank) for rank in (9, 6, 3)])
        batch[::7, 4] = batch[::7, 2] * (1 + 1e-13)
        whole = rng.integers(-2, 3, batch.shape)
        monkeypatch.setattr(batches, "_TASK", range(500, 1000))
        found = []
        for threads in ("1", "2", "5"):
            monkeypatch.setenv("NUMBA_NUM_THREADS", threads)
            monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
            assert batches._threads() == int(threads)
            found.append([*matrix_ranks(batch), modular_ranks(whole, 3)])
        for other in found[1:]:
            for ours, theirs in zip(found[0], other, strict=True):
                np.testing.assert_array_equal(ours, theirs)

    def test_a_caller_may_ask_for_fewer(self, monkeypatch):
        monkeypatch.setattr(batches.os, "sched_getaffinity", lambda _: range(8), raising=False)
        monkeypatch.delenv("NUMBA_NUM_THREADS", raising=False)
        with batches.at_most_threads(3):
            assert batches._threads() == 3
            with batches.at_most_threads(1):
                assert batches._threads() == 1
            monkeypatch.setenv("NUMBA_NUM_THREADS", "2")
            assert batches._threads() == 2
        monkeypatch.delenv("NUMBA_NUM_THREADS")
        assert batches._threads() == 8


class TestModulo:
    @given(some.integers(0, 2**32 - 1), some.integers(1, 6), some.integers(1, 6))
    @settings(max_examples=20 if SLOW else 100)
    def test_like_one_at_a_time(self, seed, r, c):
        rng = np.random.default_rng(seed)
        for p in (3, 101, 8388593):
            batch = rng.integers(-3, 4, (4, r, c)) * rng.integers(1, 2 * p, (4, 1, c))
            expected = [st.modular_rank(matrix, p) for matrix in batch]
            assert modular_ranks(batch, p).tolist() == expected

    @pytest.mark.parametrize("p", [2, 3, 65537, 2**31 - 1])
    def test_of_products_at_extreme_residues(self, p, rng):
        n = 5
        left, right = rng.integers(p - 3, p, (6, n, 3)), rng.integers(0, p, (6, 3, n))
        exact = (left.astype(object) @ right.astype(object)) % p
        found = modular_ranks(exact.astype(np.int64), p)
        flint = pytest.importorskip("flint")
        for matrix, rank in zip(exact, found, strict=True):
            assert rank == flint.nmod_mat(n, n, [int(x) for x in matrix.ravel()], p).rank()

    def test_of_every_integer_type(self):
        top = np.array([[[2**64 - 1, 0], [0, 1]]], np.uint64)
        # 2^64 - 1 = 3 * 5 * 17 * 257 * 641 * 65537 * 6700417
        assert modular_ranks(top, 641).tolist() == [1]
        assert modular_ranks(top, 643).tolist() == [2]
        assert modular_ranks(np.array([[[True, True], [True, True]]]), 2).tolist() == [1]
        low = np.array([[[-(2**63), 0], [0, 1]]], np.int64)
        assert modular_ranks(low, 2).tolist() == [1]
        assert modular_ranks(low, 2**31 - 1).tolist() == [2]


class TestKernels:
    def test_as_plain_python(self, rng):
        batch = np.concatenate([low_rank(rng, 2, 5, 6, rank) for rank in (5, 3, 0)])
        rule = np.array([64 * EPS, 1e3, EPS / 2, 1e-10])
        for kernel in (kernels.certified_ranks, getattr(kernels.certified_ranks, "py_func", None)):
            if kernel is not None:
                ranks = np.empty(6, np.int64)
                kernel(batch, ranks, rule, -1021, 2)
                assert ranks.tolist() == [5, 5, 3, 3, 0, 0]

    def test_bound_is_a_bound_for_every_block(self, rng):
        n = 9
        for block in (1, 2, 4, 9, 20):
            work = rng.standard_normal((n, n))
            exact = np.linalg.norm(np.linalg.inv(work), 2)
            rank, bound, left, _ = kernels._eliminate(work.copy(), 1e-300, False, block)
            assert rank == n and left == 0
            assert bound >= exact * (1 - 1e-9)

    @pytest.mark.parametrize("m", [1, 3, 4, 5, 9])
    def test_a_cholesky_factor_exists_down_to_the_smallest_singular_value(self, m):
        rng = np.random.default_rng(m)
        work = rng.standard_normal((m, m + 2))
        least = np.linalg.svd(work, compute_uv=False)[-1] ** 2
        kernel = kernels._has_full_rank
        for run in (kernel, getattr(kernel, "py_func", kernel)):
            for floor, exists in ((0.0, True), (0.999 * least, True), (1.001 * least, False)):
                factor, scale = np.empty((m, m)), np.empty(m)
                assert run(work, factor, scale, floor) is exists
