"""Exact ranks: against fraction-free elimination and SymPy, and their certificates."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as some
from sympy import QQ
from sympy.polys.matrices import DomainMatrix

import sensing_theorems as st
from sensing_theorems.certificate import Certificate, Moved
from sensing_theorems.integers import annihilates, integer_matrix
from sensing_theorems.lattice_proof import prove_lattice
from sensing_theorems.lifting import null_vectors
from sensing_theorems.modular import PRIMES, echelon

SMALL = {name: a for name, a in oracles.small_actions(st).items() if a.order <= 200}
GROUPS = {name: oracles.dense_elements(action) for name, action in SMALL.items()}


def rational_rank(matrix: np.ndarray) -> int:
    rows = [[QQ(int(v)) for v in row] for row in matrix]
    return DomainMatrix(rows, matrix.shape, QQ).rank()


class TestRank:
    @pytest.mark.parametrize("name", SMALL)
    def test_is_that_of_the_rationals_and_proved(self, name, rng):
        action = SMALL[name]
        for m, high in ((1, 2), (2, 3), (1 + action.n // 2, 2)):
            A = rng.integers(-1, high, size=(m, action.n))
            A[:, rng.random(action.n) < 0.3] = 0
            found = st.stacked_rank(A, action, method="exact")
            stack = oracles.stack(A, GROUPS[name]).astype(int)
            assert found.rank == rational_rank(stack)
            assert found.clear
            proof = found.certificate
            assert proof.lower == proof.upper == found.rank
            assert proof.verify(A, action)
            assert all(not np.any(stack @ x) for x in proof.signals)

    @pytest.mark.parametrize("name", ["shifts", "quarter turns odd", "symmetric", "signed cycle"])
    def test_agrees_with_the_numerical_methods(self, name, rng):
        action = SMALL[name]
        A = rng.integers(0, 2, size=(2, action.n))
        exact = st.stacked_rank(A, action, method="exact")
        blocks = st.stacked_rank(A, action, method="blocks")
        assert exact.rank == blocks.rank
        assert exact.deficient == blocks.deficient
        x = rng.standard_normal((3, action.n))
        np.testing.assert_allclose(exact.invisible_part(x), blocks.invisible_part(x), atol=1e-9)

    def test_of_the_single_pixel_camera(self, rng):
        A = st.operators.bernoulli(2, 64, rng)
        found = st.stacked_rank(A, st.groups.shifts(8, 8), method="exact")
        assert found.full
        assert found.certificate.verify(A, st.groups.shifts(8, 8))

    def test_of_a_list_of_masks(self, rng):
        masks = [rng.random(30) < 0.3 for _ in range(3)]
        listed = [st.operators.inpainting(mask) for mask in masks]
        found = st.stacked_rank(listed, method="exact")
        assert found.rank == np.any(masks, axis=0).sum()
        assert found.certificate.verify(listed)

    def test_sees_what_floating_point_cannot(self):
        # Of full rank, with a smallest singular value of about 2^-58.
        A = np.eye(60) - np.triu(np.ones((60, 60)), 1)
        found = st.stacked_rank(A, method="exact")
        assert found.full
        assert found.certificate.verify(A)
        assert not st.stacked_rank(A).full

    def test_weak_entries_count_as_they_are(self):
        A = np.array([[1.0, 0.0], [1.0, 2.0**-30]])
        assert st.stacked_rank(A, method="exact").rank == 2

    def test_a_prime_that_divides_the_determinant_is_passed_over(self):
        p = PRIMES[0]
        A = np.array([[1, 1, 0], [1, 1 + p, 0]])
        found = st.stacked_rank(A, method="exact")
        assert found.rank == 2
        assert found.certificate.prime != p
        assert found.certificate.verify(A)

    def test_zero_operator(self):
        found = st.stacked_rank(np.zeros((2, 5)), st.groups.shifts(5), method="exact")
        assert found.rank == 0
        assert found.certificate.verify(np.zeros((2, 5)), st.groups.shifts(5))
        np.testing.assert_allclose(found.invisible_part(np.ones(5)), np.ones(5))

    def test_an_open_end_is_said(self, rng, monkeypatch):
        # As where so many signals are missing, and so long, that a basis would be endless.
        from sensing_theorems import exact_engine

        monkeypatch.setattr(exact_engine, "_BITS", 0)
        A = rng.integers(0, 2, size=(20, 50))
        found = st.stacked_rank(A, method="exact")
        proof = found.certificate
        assert proof.lower == found.rank == 20
        assert found.rank < proof.upper < 50
        assert found.note == f"proved: 20 <= rank <= {proof.upper}"
        assert proof.verify(A)


class TestRows:
    def test_averages_and_halves_are_integers_up_to_a_factor(self):
        A = np.array(
            [[1 / 3, 1 / 3, 2 / 3], [0.5, 0.25, 0], [0, 0, 0], [0.1, 0.1, 0.1], [1, 1 / 2, 1 / 3]]
        )
        np.testing.assert_array_equal(
            integer_matrix(st.as_operator(A)),
            [[1, 1, 2], [2, 1, 0], [0, 0, 0], [1, 1, 1], [6, 3, 2]],
        )

    @given(
        rows=some.lists(
            some.lists(some.integers(-(2**20), 2**20), min_size=3, max_size=3), min_size=1
        ),
        place=some.integers(-300, 300),
    )
    def test_any_power_of_two_is_taken_out(self, rows, place):
        A = np.array(rows, dtype=float)
        found = integer_matrix(st.as_operator(A * 2.0**place))
        for ours, theirs in zip(found, A.astype(int), strict=True):
            divisor = np.gcd.reduce(theirs)
            np.testing.assert_array_equal(ours, theirs // max(divisor, 1))

    def test_the_smallest_numbers_are_not_rounded(self):
        u = 5e-324
        assert st.stacked_rank([[3 * u, 4 * u], [2.0, 3.0]], method="exact").rank == 2

    def test_single_precision_rounds_fractions_in_its_own_way(self):
        A = np.array([[1, 2 / 3, 1 / 3], [3, 2, 1]])
        for dtype in (np.float64, np.float32):
            assert st.stacked_rank(A.astype(dtype), method="exact").rank == 1

    @pytest.mark.parametrize("kind", [np.int64, np.uint64])
    def test_integers_that_floats_would_round_are_refused(self, kind):
        for A in ([[2**53, 2**53 + 1], [1, 1]], [[2**60 + 1, 2**60], [2**60, 2**60]]):
            with pytest.raises(ValueError, match=r"integers up to 2\^53"):
                st.stacked_rank(np.array(A, kind), method="exact")

    @pytest.mark.parametrize(
        ("A", "match"),
        [
            (np.array([[1.0, np.pi]]), r"multiples of integers below 2\^31; row 0 is none"),
            (np.array([[1.0, 1.0], [1.0, 2.0**-60]]), "row 1 is none"),
        ],
    )
    def test_others_are_refused(self, A, match):
        with pytest.raises(ValueError, match=match):
            st.stacked_rank(A, method="exact")

    def test_complex_operators_by_their_parts(self):
        A = np.array([[1, 1j, 0], [1j, -1, 0]])
        assert st.stacked_rank(A, method="exact").rank == 2
        with pytest.raises(ValueError, match="needs real entries"):
            st.stacked_rank(A, method="exact", field="complex")

    def test_sizes_beyond_reach(self):
        mask = st.operators.inpainting(np.arange(5184).reshape(72, 72) > 0)
        with pytest.raises(ValueError, match=r"up to 4096.*got n = 5184 under dihedral"):
            st.stacked_rank(mask, st.groups.dihedral(72), method="exact")

    def test_too_many_elements_to_go_through(self, rng):
        action = st.groups.direct_sum(*[st.groups.direct_sum(*[st.groups.symmetric(40)] * 2)] * 2)
        A = np.zeros((80, 160))
        A[:40, :40] = A[40:, :40] = rng.integers(0, 2**18, (40, 40))
        found = st.stacked_rank(A, action, method="exact")
        assert found.certificate.verify(A, action)


class TestNullVectors:
    @given(
        rows=some.lists(
            some.lists(some.integers(-9, 9), min_size=6, max_size=6), min_size=1, max_size=5
        )
    )
    def test_solve_what_sympy_solves(self, rows):
        matrix = np.array(rows, dtype=np.int64)
        found = echelon(matrix, PRIMES[0])
        if not found.rank:
            return
        picked = matrix[found.rows]
        outside = np.setdiff1d(np.arange(6), found.columns)
        free = np.zeros((outside.size, 6), dtype=np.int64)
        free[np.arange(outside.size), outside] = 1
        vectors = null_vectors(picked, found.columns, free, PRIMES[0])
        null = DomainMatrix([[QQ(int(v)) for v in row] for row in picked], picked.shape, QQ)
        null = null.nullspace()
        assert len(vectors) == null.shape[0]
        for x in vectors:
            assert not np.any(picked.astype(object) @ x)
            assert np.gcd.reduce(x) == 1

    def test_long_numbers(self, rng):
        # 60 random rows: numerators of some two hundred bits.
        rows = rng.integers(-50, 51, size=(60, 61))
        free = np.zeros((1, 61), dtype=np.int64)
        free[0, 60] = 1
        x = null_vectors(rows, np.arange(60), free, PRIMES[1])[0]
        assert max(abs(v) for v in x).bit_length() > 200
        assert not np.any(rows.astype(object) @ x)

    @given(some.lists(some.integers(-(2**200), 2**200), min_size=2, max_size=2))
    def test_limbs_multiply_like_integers(self, numbers):
        a, b = numbers
        matrix = np.array([[b % 97, -(a % 89)], [3, -5]])
        for x in ([a, b], [a % 89, b % 97], [5 * a, 3 * a], [0, 0]):
            vector = np.array([x], dtype=object).T
            expected = not np.any(matrix.astype(object) @ vector)
            assert annihilates(matrix, vector) == expected

    def test_rows_too_long_for_doubles_are_refused(self):
        A = np.array([[2.0**30 + 1, 2.0**30 - 1, 7.0], [3.0, 2.0**30, 5.0]])
        with pytest.raises(ValueError, match="absolute sum is below"):
            st.stacked_rank(A, method="exact")


class TestCertificate:
    A = np.kron(np.eye(4, dtype=int), [1, 1])
    action = st.groups.shifts(8)

    @pytest.fixture
    def proof(self):
        return st.stacked_rank(self.A, self.action, method="exact").certificate

    def test_holds_for_its_own_setup(self, proof):
        assert proof.verify(self.A, self.action)
        assert proof.verify(self.A / 7, self.action)

    def test_fails_for_another_operator(self, proof):
        other = self.A.copy()
        other[0, 0] = 2
        assert not proof.verify(other, self.action)
        assert not proof.verify(np.zeros_like(self.A), self.action)
        assert not proof.verify(self.A[:1, :4], st.groups.shifts(4))

    def test_fails_for_another_action(self, proof):
        assert not proof.verify(self.A)
        assert not proof.verify(self.A, st.groups.symmetric(8))

    def test_numbers_do_not_wrap_around(self):
        # Claims that would hold modulo 2^64, or for a modulus that is too large or no prime.
        A, swap = np.array([[0.0, 1.0]]), st.groups.from_permutations([[1, 0]])
        start = (Moved(-1, 0),)
        for kind in (np.int64, object):
            signal = np.array([[2**32, 0]], kind)
            assert not Certificate(2, PRIMES[0], start, signal, start, True).verify(A, swap)
        singular = np.array([[-1.0, -2, 7], [-7, 8, -7], [-8, 6, 0]])
        three, none = tuple(Moved(-1, k) for k in range(3)), np.zeros((0, 3), object)
        for prime in (1927818518989604157, 15, 0, -7, 2**70, 7.5):
            assert not Certificate(3, prime, three, none, (), True).verify(singular)

    def test_sums_of_limbs_do_not_wrap_around(self):
        # a x = 2^64 exactly, with entries near 2^31.
        n, entry = 2048, 2**31 - 1
        a = np.full((1, n), entry, dtype=np.int64)
        a[0, -1] = 1
        x = np.full((n, 1), 2**64 // (n * entry), dtype=object)
        x[-1, 0] = 2**64 - sum(int(v) * entry for v in x[:-1, 0])
        assert int(a.astype(object)[0] @ x[:, 0]) == 2**64
        assert not annihilates(a, x)

    @pytest.mark.parametrize(
        "signals",
        [
            np.ones(8, object),
            np.ones((1, 2, 4), object),
            np.ones((1, 8)),
            [[1, 2]],
            [[Fraction(1, 2)] * 8],
            None,
        ],
    )
    def test_malformed_ones_are_false(self, proof, signals):
        assert not dataclasses.replace(proof, signals=signals).verify(self.A, self.action)

    def test_plain_tuples_will_do(self, proof):
        plain = dataclasses.replace(
            proof, rows=[tuple(m) for m in proof.rows], orbit=[tuple(m) for m in proof.orbit]
        )
        assert plain.verify(self.A, self.action)

    def test_fails_when_tampered_with(self, proof):
        signal = proof.signals.copy()
        signal[0, 0] += 1
        one_more = (*proof.rows, proof.rows[0])
        changes = [
            {"signals": signal},
            {"signals": 0 * proof.signals},
            {"rows": one_more},
            {"rows": (*proof.rows[:-1], proof.rows[0])},
            {"rows": (*proof.rows[:-1], Moved(99, 0, 1))},
            {"rows": (*proof.rows[:-1], Moved(-1, 99))},
            {"orbit": (*proof.orbit, proof.orbit[0])},
        ]
        for change in changes:
            assert not dataclasses.replace(proof, **change).verify(self.A, self.action), change

    def test_of_a_full_stack_fails_for_a_deficient_one(self, rng):
        A = rng.integers(0, 2, size=(2, 8))
        proof = st.stacked_rank(A, self.action, method="exact").certificate
        assert proof.verify(A, self.action)
        assert not proof.verify(np.vstack([self.A[:1], self.A[:1]]), self.action)

    def test_by_orbits_of_a_few_signals(self, rng, monkeypatch):
        from sensing_theorems import exact_engine

        monkeypatch.setattr(exact_engine, "_BITS", 0)
        low = np.zeros((3, 12), dtype=int)
        low[:, ::3] = rng.integers(0, 2, size=(3, 4)) * 2 - 1
        A = low + np.roll(low, 1, axis=1) + np.roll(low, 2, axis=1)
        found = st.stacked_rank(A, st.groups.shifts(12), method="exact")
        proof = found.certificate
        assert not found.full
        assert not proof.invariant
        assert proof.lower == proof.upper == found.rank
        assert proof.verify(A, st.groups.shifts(12))
        assert not proof.verify(np.eye(12, dtype=int)[:3], st.groups.shifts(12))

    def test_rational_numbers_by_hand(self):
        # The null vector of (1, 1/2, 1/3) with the last two entries prescribed.
        A = np.array([[6, 3, 2]])
        proof = st.stacked_rank(A / 6, method="exact").certificate
        for x in proof.signals:
            assert sum(Fraction(int(v), d) for v, d in zip(x, (1, 2, 3), strict=True)) == 0


class TestLattices:
    """Full rank at image size, character by character modulo a prime."""

    @pytest.mark.parametrize(
        "action",
        [
            st.groups.shifts(72, 72),
            st.groups.shifts(5, 1001),
            st.groups.shifts(72, 72, stride=2),
            st.groups.shifts(2, 2700, stride=(1, 3), channels=2),
            st.groups.polar_rotations(5, 1000),
        ],
        ids=lambda action: action.name,
    )
    def test_masks_and_patterns_are_proved(self, action, rng):
        if action.irreps.max_multiplicity == 1:
            mask = np.zeros(action.shape, bool)
            mask.flat[[3, 5]] = True
            A = st.operators.inpainting(mask)
        else:
            A = st.operators.bernoulli(action.irreps.max_multiplicity, action.n, rng)
        found = st.stacked_rank(A, action, method="exact")
        assert (found.full, found.clear) == (True, True)
        assert found.certificate.lower == found.certificate.upper == action.n
        assert found.certificate.verify(A, action)

    def test_the_rank_modulo_the_prime_is_that_of_the_stack(self, rng):
        for action in (st.groups.shifts(6, 4), st.groups.shifts(12, stride=3)):
            for m in (1, 2, 3):
                A = rng.integers(-1, 2, size=(m, action.n)) * (rng.random(action.n) < 0.6)
                stack = oracles.stack(A, oracles.dense_elements(action)).astype(int)
                rank, proof = prove_lattice(st.as_operator(A), action)
                assert rank == rational_rank(stack)
                assert (proof is not None) == (rank == action.n)

    def test_deficits_are_left_to_others(self):
        pairs = st.operators.downsample((72, 72), 2)
        boxes = st.as_operator(
            np.kron(np.eye(36), [1, 1])[:, None, :].repeat(72, 1).reshape(36, -1)
        )
        with pytest.raises(ValueError, match="modulo a prime this stack has rank"):
            st.stacked_rank(boxes, st.groups.shifts(72, 72), method="exact")
        assert st.stacked_rank(pairs, st.groups.shifts(72, 72), method="exact").full

    def test_others_than_integers_are_refused(self, rng):
        shifts = st.groups.shifts(72, 72)
        with pytest.raises(ValueError, match="known by its products alone"):
            st.stacked_rank(st.operators.blur([[1, 1]], (72, 72)), shifts, method="exact")
        with pytest.raises(ValueError, match="entries that are integers"):
            st.stacked_rank(st.operators.gaussian(1, 5184, rng), shifts, method="exact")

    def test_a_certificate_is_of_one_setup(self, rng):
        A, shifts = st.operators.bernoulli(1, 72**2, rng), st.groups.shifts(72, 72)
        proof = st.stacked_rank(A, shifts, method="exact").certificate
        flat = st.as_operator(np.ones((1, 72**2)))
        assert not proof.verify(flat, shifts)
        assert not proof.verify(A)
        assert not proof.verify(A, st.groups.shifts(72**2))
        assert not proof.verify(A, st.groups.quarter_turns(72))
        changes = [
            {"prime": 72 * 1000 + 1},
            {"prime": proof.prime * proof.prime},
            {"roots": (1, *proof.roots[1:])},
            {"roots": proof.roots[:1]},
            {"index": proof.index.swapaxes(1, 2)},
            {"index": np.zeros_like(proof.index)},
            {"weights": 0 * proof.weights},
        ]
        for change in changes:
            assert not dataclasses.replace(proof, **change).verify(A, shifts), change
