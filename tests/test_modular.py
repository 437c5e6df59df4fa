"""Linear algebra modulo a prime: against Python's integers, sympy and FLINT."""

from __future__ import annotations

from fractions import Fraction

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

import sensing_theorems as st
from sensing_theorems import modular
from sensing_theorems._kernels import elimination as kernels
from sensing_theorems._primes import prime
from sensing_theorems.modular import PRIMES, echelon, inverse, multiply, residues

P = PRIMES[0]
# As plain Python, a kernel takes a microsecond per operation.
SLOW = bool(numba.config.DISABLE_JIT)
SIZES = (1, 2, 31, 33) if SLOW else (1, 2, 31, 32, 33, 63, 64, 65, 130)
# The largest that is allowed leaves room for eight products only.
SOME_PRIMES = (3, 5, 101, P, 67108859)


def rank_by_elimination(rows: list[list[int]]) -> int:
    """Rank over the rationals, by Gauss elimination in fractions."""
    work = [[Fraction(entry) for entry in row] for row in rows]
    rank = 0
    for column in range(len(work[0])):
        pivot = next((r for r in range(rank, len(work)) if work[r][column]), None)
        if pivot is None:
            continue
        work[rank], work[pivot] = work[pivot], work[rank]
        for r in range(rank + 1, len(work)):
            factor = work[r][column] / work[rank][column]
            work[r] = [a - factor * b for a, b in zip(work[r], work[rank], strict=True)]
        rank += 1
    return rank


def rank_modulo(rows: list[list[int]], p: int) -> int:
    """Rank modulo p, by elimination in Python's integers."""
    work = [[entry % p for entry in row] for row in rows]
    rank = 0
    for column in range(len(work[0])):
        pivot = next((r for r in range(rank, len(work)) if work[r][column]), None)
        if pivot is None:
            continue
        work[rank], work[pivot] = work[pivot], work[rank]
        scale = pow(work[rank][column], -1, p)
        for r in range(rank + 1, len(work)):
            factor = work[r][column] * scale
            work[r] = [(a - factor * b) % p for a, b in zip(work[r], work[rank], strict=True)]
        rank += 1
    return rank


def of_rank(rng, m: int, n: int, r: int, p: int) -> np.ndarray:
    """Random residues whose rank is r but for a probability of order 1/p."""
    left, right = rng.integers(0, p, (m, r)), rng.integers(0, p, (r, n))
    return multiply(residues(left, p), residues(right, p), p)


small = some.tuples(some.integers(1, 6), some.integers(1, 6)).flatmap(
    lambda shape: some.lists(
        some.lists(some.integers(-3, 3), min_size=shape[1], max_size=shape[1]),
        min_size=shape[0],
        max_size=shape[0],
    )
)


class TestPrimes:
    def test_are_the_largest_below_two_to_the_23(self):
        sympy = pytest.importorskip("sympy")
        expected = [sympy.prevprime(2**23)]
        while len(expected) < len(PRIMES):
            expected.append(sympy.prevprime(expected[-1]))
        assert list(PRIMES) == expected

    def test_recognised(self):
        sympy = pytest.importorskip("sympy")
        # Strong pseudoprimes to base 2 are among them, and the largest that is allowed.
        candidates = [*range(1, 3000), 2047, 3277, 4033, 25326001, *range(2**31 - 99, 2**31)]
        for p in candidates:
            try:
                found = prime(p, "p", 2, 2**31) == p
            except ValueError:
                found = False
            assert found == sympy.isprime(p), p

    @pytest.mark.parametrize("p", [0, 2, 9, 2**26 + 15])
    def test_refused(self, p):
        with pytest.raises(ValueError, match="`p` must be a"):
            st.modular_rank([[1]], p)


class TestResidues:
    @given(some.lists(some.integers(-(10**30), 10**30), min_size=1), some.sampled_from(SOME_PRIMES))
    def test_balanced_and_congruent(self, entries, p):
        found = residues(np.array(entries, dtype=object), p)
        assert np.all(np.abs(found) <= (p - 1) // 2)
        assert all((int(r) - entry) % p == 0 for r, entry in zip(found, entries, strict=True))

    @pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.uint64, np.float32, float])
    def test_of_every_type(self, dtype):
        info = np.iinfo(dtype) if np.dtype(dtype).kind in "iu" else np.iinfo(np.int16)
        entries = np.array([info.min, 0, 1, info.max], dtype)
        expected = residues(np.array([int(x) for x in entries], dtype=object), 101)
        np.testing.assert_array_equal(residues(entries, 101), expected)

    def test_of_booleans(self):
        np.testing.assert_array_equal(residues([[True, False]], 3), [[1, 0]])

    def test_at_half_way_between_large_multiples(self):
        half = (P - 1) // 2
        entries = [
            q * P + r for q in (2**29, -(2**29), 2**30 - 1000) for r in (half, half + 1, -half)
        ]
        expected = [(e + half) % P - half for e in entries]
        np.testing.assert_array_equal(residues(np.array(entries, float), P), expected)

    @pytest.mark.parametrize("bad", [[0.5], [np.nan], [np.inf], [2.0**53], [1j], ["1"], [None]])
    def test_refuses(self, bad):
        with pytest.raises(ValueError, match="`matrix` must hold integers"):
            residues(bad, 3)


class TestProducts:
    @pytest.mark.parametrize("p", SOME_PRIMES)
    @pytest.mark.parametrize("k", [0, 1, 7, 8, 9, 511, 512, 1100])
    def test_exact_at_extreme_residues(self, p, k, rng):
        half = (p - 1) // 2
        a, b = rng.choice([-half, half], (3, k)), rng.choice([-half, half - 1], (k, 2))
        a[0], b[:, 0] = half, half
        exact = a.astype(object) @ b.astype(object) if k else np.zeros((3, 2), object)
        found = multiply(a.astype(float), b.astype(float), p)
        np.testing.assert_array_equal(found, residues(exact, p))

    def test_of_shapes_that_do_not_match(self):
        with pytest.raises(ValueError, match=r"got \(2, 3\) and \(2, 3\)"):
            multiply(np.ones((2, 3)), np.ones((2, 3)), 3)


class TestRank:
    def test_masked_entries_are_refused(self):
        hidden = np.ma.masked_array(np.eye(2, dtype=int), [[0, 0], [0, 1]])
        with pytest.raises(ValueError, match="hide entries behind a mask"):
            modular.modular_rank(hidden)

    @given(small, some.sampled_from(SOME_PRIMES))
    def test_like_elimination_in_integers(self, rows, p):
        assert st.modular_rank(rows, p) == rank_modulo(rows, p)
        assert st.modular_rank(rows, p) <= rank_by_elimination(rows)

    @given(small)
    def test_of_small_entries_is_that_over_the_rationals(self, rows):
        # Hadamard: minors are at most (3 sqrt 6)^6 < 2^18 < p, so p divides none that is not 0.
        assert st.modular_rank(rows) == rank_by_elimination(rows)

    @given(small)
    def test_like_sympy(self, rows):
        sympy = pytest.importorskip("sympy")
        over = sympy.polys.matrices.DomainMatrix(rows, (len(rows), len(rows[0])), sympy.ZZ)
        assert st.modular_rank(rows, 5) == over.convert_to(sympy.GF(5)).rank()
        assert st.modular_rank(rows) == over.convert_to(sympy.QQ).rank()

    @pytest.mark.parametrize("n", SIZES)
    @pytest.mark.parametrize("p", [P, 67108859, 3])
    def test_like_flint(self, n, p, rng):
        flint = pytest.importorskip("flint")
        for m, r in [(n, n), (n, n // 2), (n + 5, n - 1), (n // 2 + 1, n)]:
            matrix = of_rank(rng, m, n, r, p)
            entries = [int(x) % p for x in matrix.ravel()]
            assert st.modular_rank(matrix, p) == flint.nmod_mat(m, n, entries, p).rank()

    @pytest.mark.parametrize("n", SIZES)
    def test_known_beforehand(self, n, rng):
        doubled = of_rank(rng, n, n, n, P)
        assert st.modular_rank(np.zeros((n, n))) == 0
        assert st.modular_rank(np.eye(n)[rng.permutation(n)]) == n
        assert st.modular_rank(np.vstack([doubled, doubled])) == n
        assert st.modular_rank(np.hstack([np.zeros((n, n)), doubled])) == n
        assert st.modular_rank(np.kron(doubled, [[1, 1]])) == n

    def test_falls_where_p_divides(self):
        assert st.modular_rank(np.diag([P, 1])) == 1
        assert st.modular_rank(np.diag([P, 1]), PRIMES[1]) == 2

    @pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
    def test_of_nothing(self, shape):
        assert st.modular_rank(np.zeros(shape)) == 0

    def test_leaves_its_argument_alone(self, rng):
        matrix = of_rank(rng, 9, 9, 9, P)
        before = matrix.copy()
        st.modular_rank(matrix)
        np.testing.assert_array_equal(matrix, before)

    def test_of_a_vector(self):
        with pytest.raises(ValueError, match=r"two-dimensional, \(m, n\); got shape \(3,\)"):
            st.modular_rank([1, 2, 3])


class TestEchelon:
    @pytest.mark.parametrize("n", SIZES)
    @pytest.mark.parametrize("p", [P, 67108859, 3])
    def test_pivots_are_invertible(self, n, p, rng):
        matrix = of_rank(rng, n + 3, n, n // 2 + 1, p)
        # Panels without pivots, and rows that must be searched for.
        matrix[:, : n // 2] = 0
        matrix[::2] = 0
        rank, rows, columns = echelon(matrix, p)
        assert rank == rows.size == columns.size == np.unique(rows).size
        assert np.all(np.diff(columns) > 0)
        chosen = matrix[np.ix_(rows, columns)]
        np.testing.assert_array_equal(multiply(inverse(chosen, p), chosen, p), np.eye(rank))

    def test_columns_are_the_first_independent_ones(self):
        matrix = [[0, 2, 4, 1], [0, 1, 2, 1], [0, 3, 6, 1]]
        assert echelon(matrix, 101).columns.tolist() == [1, 3]


class TestInverse:
    @pytest.mark.parametrize("n", SIZES)
    @pytest.mark.parametrize("p", [P, 67108859])
    def test_times_the_matrix_is_one(self, n, p, rng):
        matrix = residues(rng.integers(-p, p, (n, n)), p)
        # Zeros on the diagonal force exchanges.
        np.fill_diagonal(matrix, 0 if n > 1 else 1)
        found = inverse(matrix, p)
        np.testing.assert_array_equal(multiply(found, matrix, p), np.eye(n))
        np.testing.assert_array_equal(multiply(matrix, found, p), np.eye(n))

    def test_of_nothing(self):
        assert inverse(np.zeros((0, 0)), 3).shape == (0, 0)

    def test_of_a_singular_matrix(self):
        with pytest.raises(ValueError, match="invertible modulo 5; got rank 1 of 2"):
            inverse([[1, 2], [3, 1]], 5)

    def test_of_a_rectangle(self):
        with pytest.raises(ValueError, match=r"square, \(n, n\); got shape \(1, 2\)"):
            inverse([[1, 2]], 5)


class TestKernels:
    def test_as_plain_python(self, rng):
        matrix = of_rank(rng, 9, 7, 5, P)
        matrix[:2] = 0
        results = []
        for form in (lambda kernel: kernel, lambda kernel: getattr(kernel, "py_func", kernel)):
            panel, work, order = matrix.T.copy(), matrix.copy(), np.arange(9)
            chosen = form(kernels.eliminate_panel)(panel, work, order, 0, P)
            lower = form(kernels.invert_unit_lower)(matrix[2:, :].copy(), P)
            form(kernels.reduce_difference)(work, 1, 2, np.full((3, 4), 5.0 * P + 1), P)
            results.append([chosen, panel, work, order, lower])
        for ours, theirs in zip(*results, strict=True):
            np.testing.assert_array_equal(ours, theirs)
        assert results[0][0].size == 5

    def test_panels_are_bounded_by_exactness(self):
        for p in SOME_PRIMES:
            depth = modular._depth(p, 10**30)
            assert depth * (p // 2) ** 2 + p <= 2**53
            assert depth >= 7
