"""Finite groups of matrices: orders, multiplicities and ranks, in any coordinates."""

from __future__ import annotations

import math

import numpy as np
import oracles
import pytest
from scipy import sparse
from scipy.stats import ortho_group

import sensing_theorems as st

SMALL = {
    name: action
    for name, action in oracles.small_actions(st).items()
    if name
    in (
        "stride",
        "reflections",
        "symmetric 2",
        "dihedral and constants",
        "cycles 4+3",
        "two commuting",
        "signed cycle",
        "vectors under C4",
        "not commuting",
        "quaternions",
    )
}
every_small = pytest.mark.parametrize("action", SMALL.values(), ids=SMALL.keys())


def turned(action, change: np.ndarray) -> list[np.ndarray]:
    back = np.linalg.inv(change)
    return [change @ g.matrix().toarray() @ back for g in action.generators]


def plane(angle: float) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s], [s, c]])


class TestInOtherCoordinates:
    """Multiplicities do not depend on the basis."""

    @every_small
    def test_orthogonal(self, action, rng):
        found = st.groups.from_matrices(turned(action, ortho_group.rvs(action.n, random_state=1)))
        assert found.irreps == action.irreps
        assert found.order == len(oracles.dense_elements(action))
        assert found.orthogonal
        x = rng.standard_normal((3, action.n))
        parts = found.transform.analyze(x)
        np.testing.assert_allclose(found.transform.synthesize(parts), x, atol=1e-10)
        energy = sum(np.sum(np.abs(part) ** 2) for part in parts)
        assert energy == pytest.approx(np.sum(x**2))
        for g, h in zip(found.generators, action.generators, strict=True):
            assert g.largest_eigenspace() == h.largest_eigenspace()

    @every_small
    def test_oblique(self, action, rng):
        change = rng.standard_normal((action.n, action.n)) + 3 * np.eye(action.n)
        found = st.groups.from_matrices(turned(action, change), tol=1e-7)
        assert found.irreps == action.irreps
        assert not found.orthogonal and not found.has_transform
        with pytest.raises(ValueError, match="orthogonal action"):
            _ = found.transform

    @every_small
    def test_ranks_follow_the_operator(self, action, rng):
        # rank [A T_g] = rank [A C^-1 (C T_g C^-1)], whatever the change of basis C.
        A = rng.standard_normal((2, action.n)) * (rng.random(action.n) < 0.6)
        expected = st.stacked_rank(A, action, method="dense").rank
        for change in (
            ortho_group.rvs(action.n, random_state=2),
            rng.standard_normal((action.n, action.n)) + 3 * np.eye(action.n),
        ):
            found = st.groups.from_matrices(turned(action, change), tol=1e-7)
            B = A @ np.linalg.inv(change)
            for method in ("auto", "spin", "dense"):
                assert st.stacked_rank(B, found, method=method).rank == expected

    def test_equivariance_looks_at_null_spaces(self, rng):
        # Oblique: the row space is not what T_g keeps, but what its transpose keeps.
        action = st.groups.shifts(6)
        change = rng.standard_normal((6, 6)) + 3 * np.eye(6)
        found = st.groups.from_matrices(turned(action, change), tol=1e-7)
        low = st.operators.fourier(np.abs(np.fft.fftfreq(6)) < 0.2, real=True).to_dense()
        assert st.is_equivariant(low, action)
        assert st.is_equivariant(low @ np.linalg.inv(change), found)
        assert not st.is_equivariant(rng.standard_normal((2, 6)), found)


class TestNamedGroups:
    def test_weyl_group_of_e8(self):
        # 696,729,600 elements, irreducible on R^8, known by its 240 roots.
        cartan = 2 * np.eye(8)
        for i, j in [(0, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7), (1, 3)]:
            cartan[i, j] = cartan[j, i] = -1
        reflections = []
        for i in range(8):
            matrix = np.eye(8)
            matrix[i] -= cartan[i]
            reflections.append(matrix)
        found = st.groups.from_matrices(reflections)
        assert found.order == 696_729_600
        assert [tuple(r) for r in found.irreps.complex] == [(8, 1, 1, 1)]

    @pytest.mark.parametrize("seed", [None, 0, 1])
    def test_reflections_in_any_coordinates(self, seed):
        # F4 in orthonormal coordinates, turned at random: unit vectors have up to 1152 images.
        short = np.array([1.0, -1, -1, -1]) / 2
        roots = [[0, 1, -1, 0], [0, 0, 1, -1], [0, 0, 0, 1], short]
        turn = np.eye(4) if seed is None else ortho_group.rvs(4, random_state=seed)
        maps = []
        for root in np.array(roots, dtype=float):
            r = turn @ root / np.linalg.norm(root)
            maps.append(np.eye(4) - 2 * np.outer(r, r))
        found = st.groups.from_matrices(maps)
        assert found.order == 1152 and found.orthogonal
        assert [tuple(r) for r in found.irreps.complex] == [(4, 1, 1, 1)]
        assert len(found.parts.frame.vectors) == 48  # the roots, each of unit length
        np.testing.assert_allclose(found.generators[0].matrix(), maps[0], atol=1e-12)

    def test_icosahedron(self):
        golden = (1 + math.sqrt(5)) / 2
        axis = np.array([0, 1, golden]) / math.hypot(1, golden)
        cross = np.cross(np.eye(3), axis)
        angle = 2 * math.pi / 5
        turn = np.eye(3) - math.sin(angle) * cross + (1 - math.cos(angle)) * cross @ cross
        half = np.diag([-1.0, -1.0, 1.0])
        found = st.groups.from_matrices([turn, half])
        assert found.order == 60
        assert [tuple(r) for r in found.irreps.complex] == [(3, 1, 1, 1)]
        twice = [np.kron(m, np.eye(2)) for m in (turn, half)]
        assert [tuple(r) for r in st.groups.from_matrices(twice).irreps.complex] == [(3, 2, 1, 1)]

    def test_rotations_of_the_plane(self):
        found = st.groups.from_matrices([plane(2 * math.pi / 1000)])
        assert found.order == 1000 and found.is_cyclic
        assert [tuple(r) for r in found.irreps.complex] == [(1, 1, 0, 2)]
        np.testing.assert_allclose(
            found.apply(7, np.eye(2)), plane(14 * math.pi / 1000).T, atol=1e-12
        )

    def test_monomial_matrices_are_signed_permutations(self):
        action = st.groups.quarter_turns(40)
        found = st.groups.from_matrices([action.generators[0].matrix()])
        assert isinstance(found.generators[0], st.groups.SignedPermutation)
        assert found.irreps == action.irreps

    def test_elements_do_not_drift(self):
        found = st.groups.from_matrices([plane(2 * math.pi / 7)])
        g = found.generators[0].power(7 * 10**6 + 1)
        np.testing.assert_allclose(g.matrix(), plane(2 * math.pi / 7), atol=1e-14)
        assert g.equals(found.generators[0])
        assert len(list(found.elements())) == 7


class TestInexactMatrices:
    """Single precision, or a few digits: integers stay right, and ranks keep a margin."""

    @pytest.mark.parametrize("order", [3, 5, 7, 12])
    def test_types_of_irreps(self, order):
        R = plane(2 * math.pi / order).astype(np.float32)
        found = st.groups.from_matrices([R], tol=1e-5)
        assert [tuple(r) for r in found.irreps.complex] == [(1, 1, 0, 2)]
        if found.has_transform:
            assert sum(found.transform.families[0].indicators) == 0
            part = found.isotypic(np.array([1.0, 0.0])).component(0)
            np.testing.assert_allclose(abs(part), 0.5, atol=1e-5)

    def test_ranks(self, rng):
        change = ortho_group.rvs(3, random_state=3)
        turn = np.block([[plane(2 * math.pi / 5), np.zeros((2, 1))], [np.zeros((1, 2)), 1.0]])
        maps = [turn, np.diag([1.0, -1.0, -1.0])]
        found = st.groups.from_matrices(
            [(change @ m @ change.T).astype(np.float32) for m in maps], tol=1e-5
        )
        assert found.order == 10 and found.rounding > 1e-8
        assert st.stacked_rank(rng.standard_normal((1, 3)), found).rank == 3
        # Along the axis: the group as given misses it by 1e-7, which must not pass for a signal.
        along = st.stacked_rank(change[:, 2][None], found)
        assert along.rank == 1 or not along.clear

    def test_a_large_order_needs_no_table(self):
        found = st.groups.from_matrices([plane(2 * math.pi / 9999)])
        assert found.order == 9999
        assert [tuple(r) for r in found.irreps.complex] == [(1, 1, 0, 2)]

    def test_equal_groups_are_the_same(self):
        a, b = (st.groups.from_matrices([plane(2 * math.pi / 7)]) for _ in range(2))
        assert a.same_as(b) and not a.same_as(st.groups.from_matrices([plane(2 * math.pi / 5)]))
        assert not a.same_as(st.groups.shifts(2))


class TestNearlyOrthogonal:
    """Beside an orthogonal group there are oblique ones, as near as one likes: they are others."""

    @pytest.mark.parametrize("tol", [None, 1e-8])
    @pytest.mark.parametrize("tilt", [9e-9, 1e-9, 1e-10, 1e-12])
    def test_entries_are_kept(self, tilt, tol):
        M, A = np.array([[1, tilt], [0, -1.0]]), np.array([[1.0, 0.0]])
        action = st.groups.from_matrices([M], tol=tol)
        assert action.order == 2 and not action.orthogonal
        np.testing.assert_array_equal(action.apply(1, np.eye(2)), M.T)
        found = st.stacked_rank(A, action)
        assert found.rank == 2 or not found.clear
        assert st.analyze(st.Problem(A, action)).verdict is not st.Verdict.NOT_IDENTIFIABLE

    @pytest.mark.parametrize("tol", [None, 1e-7])
    @pytest.mark.parametrize("size", [1e-3, 1e-9, 1e-10])
    def test_conjugates_of_a_cycle(self, size, tol, rng):
        change = np.eye(3) + size * rng.standard_normal((3, 3))
        M = change @ np.roll(np.eye(3), 1, axis=0) @ np.linalg.inv(change)
        action = st.groups.from_matrices([M], tol=tol)
        listed = [np.linalg.matrix_power(M, i) for i in range(3)]
        assert action.order == 3 and not action.orthogonal
        for g, expected in zip(action.elements(), listed, strict=True):
            np.testing.assert_allclose(g.matrix(), expected, atol=1e-14)
        A = np.ones((1, 3))
        for method in ("auto", "dense"):
            found = st.stacked_rank(A, action, method=method)
            assert found.rank == np.linalg.matrix_rank(np.concatenate([A @ T for T in listed]))

    def test_last_digits_are_rounding(self, rng):
        signed = np.array([[0, -1.0, 0], [1, 0, 0], [0, 0, 1]])
        given = signed + 1e-15 * rng.standard_normal((3, 3))
        action = st.groups.from_matrices([given])
        assert isinstance(action.generators[0], st.groups.SignedPermutation)
        np.testing.assert_array_equal(action.generators[0].matrix().toarray(), signed)
        single = st.groups.from_matrices([(signed + 1e-7).astype(np.float32)])
        assert isinstance(single.generators[0], st.groups.SignedPermutation)
        turn = ortho_group.rvs(3, random_state=5)
        again = st.groups.from_matrices([turn @ given @ turn.T])
        assert again.orthogonal and again.order == 4 and again.has_transform

    def test_a_group_that_is_missed_is_asked_for(self, rng):
        # No finite group up to rounding: what is known less exactly must be said to be.
        M = np.roll(np.eye(3), 1, axis=0) + 1e-9 * rng.standard_normal((3, 3))
        with pytest.raises(ValueError, match=r"up to rounding of their entries.* Pass `tol`"):
            st.groups.from_matrices([M])
        action = st.groups.from_matrices([M], tol=1e-7)
        missed = np.linalg.norm(M @ M @ M - np.eye(3), 2)
        assert action.order == 3 and missed / 10 < action.rounding < 1e-7


class TestBadInput:
    @pytest.mark.parametrize(
        "generators, match",
        [
            ([], "at least one generator"),
            ([[[1, 2, 3]]], "generator 0 must be a square matrix"),
            ([np.eye(2), np.eye(3)], "same R\\^n"),
            ([[[1, 0], [0, 0]]], "invertible"),
            ([[[1, 0], [0, np.nan]]], "finite numbers"),
            ([[[2, 0], [0, 0.5]]], "eigenvalues of modulus 1"),
            ([[[1, 1], [0, 1]]], "at most 20000 images"),
            ([plane(1.0)], "infinite"),
            ([np.round(plane(math.pi / 4), 4)], "less exactly than tol"),
            ([sparse.eye_array(3000)], "up to n = 2048"),
            ([[[1, 2], [3]]], "generator 0 must be a matrix"),
        ],
    )
    def test_says_what_must_hold(self, generators, match):
        with pytest.raises(ValueError, match=match):
            st.groups.from_matrices(generators)

    @pytest.mark.parametrize(
        "generators, match",
        [
            ([[[1j, 0], [0, 1]]], "real numbers"),
            (3, "sequence of matrices"),
            (sparse.eye_array(3), "sequence of matrices"),
            ([[["a"]]], "real numbers"),
        ],
    )
    def test_says_which_type(self, generators, match):
        with pytest.raises(TypeError, match=match):
            st.groups.from_matrices(generators)

    @pytest.mark.parametrize("tol", [0, -1, 1, True, "1e-8", float("nan")])
    def test_tolerance(self, tol):
        with pytest.raises(ValueError, match=r"between 0 and 0\.01"):
            st.groups.from_matrices([np.eye(2)], tol=tol)

    def test_groups_do_not_mix(self):
        a, b = (st.groups.from_matrices([plane(2 * math.pi / n)]) for n in (3, 5))
        with pytest.raises(ValueError, match="different matrix groups"):
            a.generators[0] @ b.generators[0]

    def test_exact_ranks_need_integers(self):
        found = st.groups.from_matrices([plane(2 * math.pi / 3)])
        with pytest.raises(ValueError, match=r"\(signed\) permutations"):
            st.stacked_rank(np.eye(2, dtype=int), found, method="exact")
