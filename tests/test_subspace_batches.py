"""Many subspaces at once: against the closed form, singular values step by step, and residues."""

from __future__ import annotations

import os

import numba
import numpy as np
import pytest

from sensing_theorems import batches
from sensing_theorems import subspace_engines as engines
from sensing_theorems._kernels import subspaces as kernels
from sensing_theorems.batches import modular_ranks
from sensing_theorems.covering import covering_condition
from sensing_theorems.judgement import Verdict
from sensing_theorems.subspace_batches import SubspaceBatch, identify_subspaces

# As plain Python, a kernel takes a microsecond per operation.
SLOW = bool(numba.config.DISABLE_JIT)
MANY = 3 if SLOW else 60
EPS = float(np.finfo(float).eps)


def step_by_step(basis: np.ndarray, operators: np.ndarray) -> tuple[int, int]:
    """Rank and n - dim X by singular values of every matrix on the way, for rows of one size."""
    kept = np.linalg.svd(basis, compute_uv=False)
    dim = int((kept > 1e-10 * kept[0]).sum())
    rows = []
    for A in operators:
        u, values, _ = np.linalg.svd(A @ basis)
        size = max(np.linalg.norm(A, 2) * np.linalg.norm(basis, 2), 1e-300)
        rows.append(u[:, int((values > 1e-10 * size).sum()) :].conj().T @ A)
    values = np.linalg.svd(np.concatenate(rows), compute_uv=False)
    size = max(np.linalg.norm(A, 2) for A in operators)
    return int((values > 1e-10 * size).sum()), len(basis) - dim


def agree(bases: np.ndarray, operators: np.ndarray, found: SubspaceBatch | None = None) -> None:
    """All is clear, and as step by step."""
    found = identify_subspaces(bases, operators) if found is None else found
    expected = [step_by_step(X, A) for X, A in zip(bases, operators, strict=True)]
    np.testing.assert_array_equal(found.ranks, [rank for rank, _ in expected])
    np.testing.assert_array_equal(found.needed, [needed for _, needed in expected])
    assert found.clear.all()


def gaussian(rng, *shape: int) -> np.ndarray:
    return rng.standard_normal(shape)


def residues(bases: np.ndarray, operators: np.ndarray, p: int) -> np.ndarray:
    """Ranks modulo a prime, from one matrix per subspace and no null space."""
    (B, L, m, n), k = operators.shape, bases.shape[2]
    images = operators @ bases[:, None]
    large = np.zeros((B, L, m, n + L * k), np.int64)
    large[..., :n] = operators
    for g in range(L):
        large[:, g, :, n + g * k : n + (g + 1) * k] = images[:, g]
    return modular_ranks(large.reshape(B, L * m, -1), p) - modular_ranks(images, p).sum(axis=1)


class TestClosedForm:
    """For almost all operators the rank is min(n - k, L max(m - k, 0))."""

    def test_in_random_cells(self, rng):
        for _ in range(10 if SLOW else 1500):
            n, L, m = int(rng.integers(2, 16)), int(rng.integers(1, 7)), int(rng.integers(1, 12))
            k = int(rng.integers(1, n + 1))
            found = identify_subspaces(gaussian(rng, 2, n, k), gaussian(rng, 2, L, m, n))
            assert np.all(found.ranks == min(n - k, L * max(m - k, 0)))
            assert np.all(found.needed == n - k) and found.clear.all()
            assert np.all(found.identified == (L * max(m - k, 0) >= n - k))

    @pytest.mark.parametrize("n, k, L, m", [(50, 10, 5, 18), (50, 10, 10, 14), (20, 2, 6, 5)])
    def test_turns_at_equality(self, n, k, L, m, rng):
        assert L * (m - k) == n - k
        bases, operators = gaussian(rng, MANY, n, k), gaussian(rng, MANY, L, m, n)
        at = identify_subspaces(bases, operators)
        assert set(at.verdicts) == {Verdict.IDENTIFIABLE}
        operators[:, 0, 0] = 0
        below = identify_subspaces(bases, operators)
        assert np.all(below.ranks == n - k - 1)
        assert set(below.verdicts) == {Verdict.NOT_IDENTIFIABLE}

    def test_of_complex_subspaces(self, rng):
        for n, k, L, m in [(6, 2, 2, 4), (6, 2, 2, 3), (7, 1, 6, 2), (5, 3, 2, 2)]:
            bases = gaussian(rng, 5, n, k) + 1j * gaussian(rng, 5, n, k)
            for operators in (
                gaussian(rng, 5, L, m, n),
                gaussian(rng, 5, L, m, n) + 1j * gaussian(rng, 5, L, m, n),
            ):
                found = identify_subspaces(bases, operators)
                assert np.all(found.ranks == min(n - k, L * max(m - k, 0)))
                assert np.all(found.needed == n - k) and found.clear.all()

    def test_complex_rows_on_real_signals_count_twice(self, rng):
        bases = gaussian(rng, 4, 9, 2)
        operators = gaussian(rng, 4, 2, 2, 9) + 1j * gaussian(rng, 4, 2, 2, 9)
        found = identify_subspaces(bases, operators)
        assert np.all(found.ranks == 2 * (2 * 2 - 2)) and found.clear.all()
        both = np.concatenate([operators.real, operators.imag], axis=2)
        np.testing.assert_array_equal(identify_subspaces(bases, both).ranks, found.ranks)

    def test_of_long_operators(self, rng):
        # Beyond the size at which null spaces are LAPACK's.
        n, k, m = (12, 2, 9) if SLOW else (70, 5, 60)
        for L in (1, 2):
            found = identify_subspaces(gaussian(rng, 2, n, k), gaussian(rng, 2, L, m, n))
            assert np.all(found.ranks == min(n - k, L * (m - k))) and found.clear.all()


class TestAgainstSingularValues:
    @pytest.mark.parametrize("n, k, L, m", [(12, 3, 3, 6), (10, 2, 6, 3), (8, 2, 3, 7)])
    def test_of_gaussian_operators(self, n, k, L, m, rng):
        agree(gaussian(rng, MANY, n, k), gaussian(rng, MANY, L, m, n))

    def test_of_masks(self, rng):
        n, k, L = 12, 2, 5
        bases = gaussian(rng, MANY, n, k)
        masks = rng.random((MANY, L, n)) < 0.35
        found = identify_subspaces(bases, masks[..., None] * np.eye(n))
        agree(bases, masks[..., None] * np.eye(n), found)
        assert found.ranks.tolist() == [covering_condition(one, k).rank for one in masks]

    def test_of_repeated_operators(self, rng):
        bases, operators = gaussian(rng, MANY, 12, 3), gaussian(rng, MANY, 3, 6, 12)
        operators[:, 1] = operators[:, 0]
        agree(bases, operators)
        # The same rows after a change of basis: the same row space, up to rounding.
        operators[:, 1] = gaussian(rng, MANY, 6, 6) @ operators[:, 0]
        agree(bases, operators)
        assert np.all(identify_subspaces(bases, operators).ranks == 6)

    def test_of_operators_of_lower_rank(self, rng):
        for rank in (1, 3, 4, 5):
            bases = gaussian(rng, MANY, 12, 3)
            operators = gaussian(rng, MANY, 3, 7, rank) @ gaussian(rng, MANY, 3, rank, 12)
            found = identify_subspaces(bases, operators)
            # What is left of operators of rank 3 is rounding, however many rows they have.
            assert np.all(found.ranks == min(9, 3 * max(rank - 3, 0))) and found.clear.all()
            agree(bases, operators, found)

    def test_of_operators_that_lose_dimensions_of_the_subspace(self, rng):
        bases, operators = gaussian(rng, MANY, 10, 3), gaussian(rng, MANY, 3, 5, 10)
        # A_1 does not see the first vector of X, and A_2 sees nothing of X.
        own = np.linalg.qr(bases)[0]
        operators[:, 1] -= (operators[:, 1] @ own[:, :, :1]) @ own[:, :, :1].swapaxes(1, 2)
        operators[:, 2] -= (operators[:, 2] @ own) @ own.swapaxes(1, 2)
        agree(bases, operators)
        assert np.all(identify_subspaces(bases, operators[:, 2:]).ranks == 5)
        agree(bases, operators[:, 2:, :2])
        agree(bases, operators[:, :, :3])

    def test_of_structured_subspaces(self, rng):
        n, L = 12, 4
        axes = np.broadcast_to(np.eye(n)[:, ::5], (MANY, n, 3))
        last = np.broadcast_to(np.eye(n)[:, -3:], (MANY, n, 3))
        first = np.broadcast_to(np.eye(n)[:, :3], (MANY, n, 3))
        waves = np.cos(np.pi * np.arange(n)[:, None] * np.arange(3) / n)
        masks = (rng.random((MANY, L, n)) < 0.5)[..., None] * np.eye(n)
        for bases in (axes, last, first, np.broadcast_to(waves, (MANY, n, 3))):
            agree(bases, masks)
            agree(bases, gaussian(rng, MANY, 3, 6, n))

    def test_of_dependent_columns(self, rng):
        bases = gaussian(rng, MANY, 9, 2) @ gaussian(rng, 2, 4)
        agree(bases, gaussian(rng, MANY, 3, 5, 9))
        agree(bases, gaussian(rng, MANY, 3, 3, 9))
        zero = identify_subspaces(np.zeros((9, 2)), gaussian(rng, 2, 3, 9))
        assert (int(zero.needed), int(zero.ranks), bool(zero.clear)) == (9, 6, True)
        wide = identify_subspaces(gaussian(rng, 3, 5), gaussian(rng, 2, 4, 3))
        assert (int(wide.needed), int(wide.ranks), bool(wide.clear)) == (0, 0, True)

    def test_zero_operators_and_zero_rows_change_nothing(self, rng):
        bases, operators = gaussian(rng, MANY, 12, 3), gaussian(rng, MANY, 3, 6, 12)
        filled = np.zeros((MANY, 5, 9, 12))
        filled[:, 1:4, 2:8] = operators
        ours, theirs = identify_subspaces(bases, filled), identify_subspaces(bases, operators)
        for left, right in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(left, right)
        nothing = identify_subspaces(bases, np.zeros((2, 4, 12)))
        assert np.all(nothing.ranks == 0) and nothing.clear.all()

    def test_modulo_a_prime(self, rng):
        # Small integers: every kind of degeneracy occurs, and residues know the exact ranks.
        for n, k, L, m in [(6, 2, 2, 4), (6, 2, 3, 3), (5, 3, 2, 4), (7, 1, 4, 2), (6, 3, 3, 2)]:
            count = 4 if SLOW else 400
            bases = rng.integers(-1, 2, (count, n, k))
            operators = rng.integers(-1, 2, (count, L, m, n))
            found = identify_subspaces(bases, operators)
            np.testing.assert_array_equal(found.ranks, residues(bases, operators, 8388593))
            np.testing.assert_array_equal(found.needed, n - modular_ranks(bases, 8388593))
            assert found.clear.all()


class TestScale:
    @pytest.mark.parametrize("scale", [1e-290, 1e-150, 1e-60, 1e60, 1e150, 1e300])
    def test_does_not_matter(self, scale, rng):
        bases, operators = gaussian(rng, 4, 9, 2), gaussian(rng, 4, 3, 4, 9)
        operators[2:, 1] = operators[2:, 0]
        expected = identify_subspaces(bases, operators)
        assert expected.ranks.tolist() == [6, 6, 4, 4]
        for left, right in (
            (bases * scale, operators),
            (bases, operators * scale),
            (bases * scale, operators / scale),
        ):
            found = identify_subspaces(left, right)
            for ours, theirs in zip(found, expected, strict=True):
                np.testing.assert_array_equal(ours, theirs)

    def test_of_rows_and_columns_does_not_matter_either(self, rng):
        bases, operators = gaussian(rng, MANY, 9, 3), gaussian(rng, MANY, 3, 5, 9)
        sizes = 10.0 ** rng.uniform(-40, 40, (MANY, 3, 5, 1))
        found = identify_subspaces(bases * 10.0 ** rng.uniform(-40, 40, 3), operators * sizes)
        assert np.all(found.ranks == 6) and found.clear.all()
        one = identify_subspaces(bases, operators[:, :1] * sizes[:, :1])
        assert np.all(one.ranks == 2) and one.clear.all()

    def test_subnormal_entries_are_coarse(self, rng):
        bases, operators = gaussian(rng, 4, 9, 2), gaussian(rng, 4, 3, 4, 9)
        operators[:, 1:] = operators[:, :1]
        assert identify_subspaces(bases, operators * 1e-300).clear.all()
        assert not identify_subspaces(bases, operators * 1e-321).clear.any()
        assert not identify_subspaces(bases * 1e-321, operators).clear.any()
        assert not identify_subspaces(bases, (operators * 1e-42).astype(np.float32)).clear.any()


class TestClarity:
    def test_operators_that_nearly_repeat(self, rng):
        bases, operators = gaussian(rng, MANY, 9, 2), gaussian(rng, MANY, 2, 4, 9)
        operators[:, 1] = operators[:, 0] * (1 + 1e-12 * gaussian(rng, MANY, 4, 9))
        found = identify_subspaces(bases, operators)
        assert not found.clear.any()
        assert set(found.verdicts) == {Verdict.UNDECIDED} and not found.identified.any()

    def test_columns_that_nearly_depend(self, rng):
        bases, operators = gaussian(rng, MANY, 9, 3), gaussian(rng, MANY, 4, 5, 9)
        bases[:, :, 2] = bases[:, :, 1] + 1e-12 * gaussian(rng, MANY, 9)
        assert not identify_subspaces(bases, operators).clear.any()
        assert not identify_subspaces(bases, operators[:, :, :2]).clear.any()

    def test_a_subspace_that_an_operator_nearly_loses(self, rng):
        bases, operators = gaussian(rng, MANY, 9, 2), gaussian(rng, MANY, 1, 4, 9)
        own = np.linalg.qr(bases)[0][:, None, :, :1]
        for left, clear in ((0.0, True), (1e-12, False), (1e-3, True)):
            weak = operators - (1 - left) * (operators @ own) @ own.swapaxes(2, 3)
            found = identify_subspaces(np.concatenate([own[:, 0], bases[:, :, 1:]], 2), weak)
            assert np.all(found.clear == clear)
            assert not clear or np.all(found.ranks == (3 if left == 0 else 2))

    def test_weak_directions_are_seen(self, rng):
        # The last row of A adds 1e-6 of a direction: far from rounding, and known as such.
        bases, operators = gaussian(rng, MANY, 8, 2), gaussian(rng, MANY, 1, 5, 8)
        operators[:, 0, 4] = operators[:, 0, 3] + 1e-6 * gaussian(rng, MANY, 8)
        found = identify_subspaces(bases, operators)
        assert np.all(found.ranks == 3) and found.clear.all()

    def test_single_precision_knows_less(self, rng):
        bases, operators = gaussian(rng, MANY, 6, 1), gaussian(rng, MANY, 2, 3, 6)
        operators[:, 1] = operators[:, 0]
        operators[:, 1] += 1e-4 * gaussian(rng, MANY, 3, 6)
        assert identify_subspaces(bases, operators).clear.all()
        coarse = operators.astype(np.float32)
        assert not identify_subspaces(bases, coarse).clear.any()
        assert identify_subspaces(bases, coarse, dtype=np.float64).clear.all()
        assert not identify_subspaces(bases, operators, dtype=np.float32).clear.any()


class TestShapes:
    def test_broadcast(self, rng):
        bases, operators = gaussian(rng, 3, 8, 2), gaussian(rng, 3, 2, 5, 8)
        operators[1, 1] = operators[1, 0]
        every = identify_subspaces(bases, operators)
        assert every.ranks.tolist() == [6, 3, 6]
        for i in range(3):
            one = identify_subspaces(bases[i], operators[i])
            assert one.ranks.shape == one.clear.shape == one.needed.shape == one.verdicts.shape
            assert (one.ranks.shape, int(one.ranks)) == ((), every.ranks[i])
        assert identify_subspaces(bases[0], operators).ranks.tolist() == [6, 3, 6]
        assert identify_subspaces(bases, operators[1]).ranks.tolist() == [3, 3, 3]
        assert identify_subspaces(bases[:0], operators[0]).verdicts.shape == (0,)
        assert identify_subspaces(bases[0] * 1j, operators[:0]).ranks.shape == (0,)

    def test_order_in_memory_does_not_matter(self, rng):
        bases, operators = gaussian(rng, 4, 9, 2), gaussian(rng, 4, 2, 5, 9)
        operators[2, 1] = operators[2, 0]
        expected = identify_subspaces(bases, operators).ranks.tolist()
        assert identify_subspaces(np.asfortranarray(bases), operators).ranks.tolist() == expected
        turned = np.asfortranarray(operators)
        assert identify_subspaces(bases, turned).ranks.tolist() == expected
        assert identify_subspaces(bases[::-1], operators[::-1]).ranks.tolist() == expected[::-1]

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    @pytest.mark.parametrize("m", [2, 4])
    def test_refuses_what_is_not_finite(self, bad, m, rng):
        bases, operators = gaussian(rng, 3, 8, 2), gaussian(rng, 3, 2, m, 8)
        wrong = bases.copy()
        wrong[1, 3, 0] = bad
        with pytest.raises(ValueError, match="`bases` must be finite; got 1 NaN or infinite"):
            identify_subspaces(wrong, operators)
        operators[2, 1, 0, 5] = bad
        with pytest.raises(ValueError, match="`operators` must be finite; got 1 NaN or infinite"):
            identify_subspaces(bases, operators)

    def test_refuses_other_arguments(self, rng):
        bases, operators = gaussian(rng, 3, 8, 2), gaussian(rng, 3, 2, 4, 8)
        for wrong in (bases[0, 0], bases[None], bases[..., :0]):
            with pytest.raises(ValueError, match=r"`bases` must have shape \(B, n, k\) or"):
                identify_subspaces(wrong, operators)
        for wrong in (operators[0, 0], operators[None], operators[:, :0]):
            with pytest.raises(ValueError, match=r"`operators` must have shape \(B, L, m, n\) or"):
                identify_subspaces(bases, wrong)
        with pytest.raises(ValueError, match="got arrays of different shapes"):
            identify_subspaces(bases, [np.ones((2, 8)), np.ones((3, 8))])
        with pytest.raises(ValueError, match=r"`operators` must have n = 8 columns.*got 7"):
            identify_subspaces(bases, operators[..., :7])
        with pytest.raises(ValueError, match="batches of one length; got 2 and 3"):
            identify_subspaces(bases[:2], operators)
        with pytest.raises(TypeError, match="`bases` must hold real or complex numbers"):
            identify_subspaces(bases.astype(object), operators)
        with pytest.raises(TypeError, match="`dtype` must hold real or complex numbers"):
            identify_subspaces(bases, operators, dtype=str)
        with pytest.raises(ValueError, match="behind a mask"):
            identify_subspaces(np.ma.masked_less(bases, 0), operators)
        with pytest.raises(ValueError, match="integers up to 2"):
            identify_subspaces(np.full((8, 2), 2**60), operators)


class TestThreads:
    def test_their_number_does_not_matter(self, rng, monkeypatch):
        count = 8 if SLOW else 120
        bases, operators = gaussian(rng, count, 9, 3), gaussian(rng, count, 3, 5, 9)
        operators[::7, 1] = operators[::7, 0] * (1 + 1e-13)
        operators[::5, 2] = operators[::5, 0, :1]
        monkeypatch.setattr(batches, "_TASK", range(500, 1000))
        found = []
        for threads in ("1", "2", "5"):
            monkeypatch.setenv("NUMBA_NUM_THREADS", threads)
            monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
            found.append(identify_subspaces(bases, operators))
        for other in found[1:]:
            for ours, theirs in zip(found[0], other, strict=True):
                np.testing.assert_array_equal(ours, theirs)

    def test_nor_the_size_of_blocks(self, rng, monkeypatch):
        bases, operators = gaussian(rng, 7, 9, 3), gaussian(rng, 7, 3, 5, 9)
        operators[3, 1] = operators[3, 0]
        expected = identify_subspaces(bases, operators)
        monkeypatch.setattr(engines, "LANES", 6)
        monkeypatch.setattr(engines, "_BLOCK", 1)
        found = identify_subspaces(bases, operators)
        for ours, theirs in zip(found, expected, strict=True):
            np.testing.assert_array_equal(ours, theirs)


class TestKernels:
    """Both kernels, compiled and as plain Python, against NumPy."""

    @pytest.mark.parametrize("m, k", [(2, 1), (5, 4), (6, 2)])
    def test_left_null_spaces(self, m, k, rng):
        matrices = gaussian(rng, 2 if SLOW else 70, m, k)
        matrices[1, :, 0] = matrices[1, :, k - 1] * (k > 1)
        for kernel in {
            kernels.left_null_spaces,
            getattr(kernels.left_null_spaces, "py_func", kernels.left_null_spaces),
        }:
            spaces, inverses = np.empty((len(matrices), m - k, m)), np.empty(len(matrices))
            with np.errstate(all="ignore"):
                kernel(matrices, spaces, inverses)
            assert not inverses[1] < 1e14
            spaces, inverses = np.delete(spaces, 1, 0), np.delete(inverses, 1)
            good = np.delete(matrices, 1, 0)
            np.testing.assert_allclose(spaces @ good, 0, atol=1e-13)
            unit = np.broadcast_to(np.eye(m - k), (len(good), m - k, m - k))
            np.testing.assert_allclose(spaces @ spaces.swapaxes(1, 2), unit, atol=1e-13)
            norms = np.linalg.norm(np.linalg.pinv(good), axis=(1, 2))
            np.testing.assert_allclose(inverses, norms, rtol=1e-9)

    @pytest.mark.parametrize("small", [0, 10**6])
    def test_null_spaces_of_lapack_are_the_same(self, small, rng, monkeypatch):
        monkeypatch.setattr(engines, "_SMALL", small)
        bases, operators = gaussian(rng, 3, 7, 2), gaussian(rng, 3, 1, 6, 7)
        operators[2] = np.nan
        images = (operators @ bases[:, None])[:2, 0]
        with np.errstate(all="ignore"):
            spaces, inverses = (one[:, 0] for one in engines._null_spaces(bases, operators))
        projectors = np.eye(6) - images @ np.linalg.pinv(images)
        np.testing.assert_allclose(spaces[:2].swapaxes(1, 2) @ spaces[:2], projectors, atol=1e-13)
        # An upper bound of the norm is enough.
        norms = np.linalg.norm(np.linalg.pinv(images), axis=(1, 2))
        assert np.all(inverses[:2] >= norms * (1 - 1e-9))
        assert np.all(inverses[:2] <= 2**0.5 * norms * (1 + 1e-9))
        assert not inverses[2] < 1e14

    @pytest.mark.parametrize("r", [1, 3, 4, 5, 9])
    def test_definite_down_to_the_smallest_eigenvalue(self, r, rng):
        rows = gaussian(rng, r + 1, r + 2)
        gram = rows @ rows.T
        least = np.linalg.eigvalsh(gram[:r, :r])[0]
        kernel = kernels.is_definite
        for run in (kernel, getattr(kernel, "py_func", kernel)):
            for share, answer in ((0.0, True), (0.999, True), (1.001, False)):
                assert run(gram.copy(), r, share * least) is answer
            broken = gram.copy()
            broken[r - 1, r - 1] = np.nan
            assert run(broken, r, 0.0) is False

    @pytest.mark.parametrize("L, m, k", [(2, 4, 2), (2, 5, 2), (3, 5, 2), (3, 7, 2)])
    def test_full_ranks_are_bounded_away_from_zero(self, L, m, k, rng):
        # The rule is set so that singular values up to a share of s count as nothing.
        n, b = 9, 3 if SLOW else 50
        bases, operators = gaussian(rng, b, n, k), gaussian(rng, b, L, m, n)
        spaces, inverses = engines._null_spaces(bases, operators)
        sizes = np.einsum("blmn,blmn->bl", operators, operators)
        own = np.einsum("bnk,bnk->b", bases, bases)
        condition = np.sqrt(sizes * own[:, None]) * inverses
        scale = np.sqrt(np.sum(sizes * (1 + condition) ** 2, axis=1))
        stacks = np.einsum("blrm,blmn->blrn", spaces, operators).reshape(b, L * (m - k), n)
        most = min(n - k, L * (m - k))
        values = np.linalg.svd(stacks, compute_uv=False)[:, most - 1]
        kernel = kernels.full_ranks_by_groups
        for away in (1e-9, 1e-3, 1e-2):
            rule = np.array([1e-100, 1e100, away, 1e-12])
            for run in (kernel, getattr(kernel, "py_func", kernel)):
                full = np.zeros(b, bool)
                run(engines._frozen(bases), engines._frozen(operators), 4, rule, full)
                assert not np.any(full[values <= away * scale])
                assert np.all(full[values > 2 * away * scale] | (away > 1e-5))

    def test_scales_bound_what_rounding_does(self, rng):
        # Turn the last digits of A and X: the C^T A move by a few eps s, as the tolerance has it.
        (b, L, m, n), k = (3 if SLOW else 20, 2, 6, 9), 4
        bases, operators = gaussian(rng, b, n, k), gaussian(rng, b, L, m, n)
        operators[:, 0, 3:] = operators[:, 0, :3] + 1e-4 * operators[:, 0, 3:]
        found = []
        for turn in (0.0, 1e-10):
            X, A = (one * (1 + turn * rng.uniform(-1, 1, one.shape)) for one in (bases, operators))
            spaces, inverses = engines._null_spaces(X, A)
            found.append(np.einsum("blrm,blmn->blrn", spaces, A))
            sizes, own = np.einsum("blmn,blmn->bl", A, A), np.einsum("bnk,bnk->b", X, X)
            condition = np.sqrt(sizes * own[:, None]) * inverses
            scale = np.sqrt(np.sum(sizes * (1 + condition) ** 2, axis=1))
        for i in range(b):
            old, new = found[0][i], found[1][i]
            # The rows may be turned among each other, by an orthogonal matrix.
            turns = [np.linalg.svd(a @ c.T) for a, c in zip(old, new, strict=True)]
            moved = [u @ v @ c for (u, _, v), c in zip(turns, new, strict=True)]
            distance = np.linalg.norm(np.concatenate(moved) - np.concatenate(old))
            assert distance <= 4 * 1e-10 * scale[i]
