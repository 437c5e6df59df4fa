"""Isotypic parts of signals, and averages over the group."""

from __future__ import annotations

import numpy as np
import oracles
import pytest

import sensing_theorems as st

SMALL = oracles.small_actions(st)
every_small = pytest.mark.parametrize("action", SMALL.values(), ids=SMALL.keys())


class TestIsotypic:
    @every_small
    def test_inverse_energies_and_parts(self, action, rng):
        x = rng.standard_normal((2, 3, action.n))
        found = action.isotypic(x)
        assert found.signal().dtype == x.dtype
        np.testing.assert_allclose(found.signal(), x, atol=1e-12)
        assert found.energies.shape == (2, 3, len(found))
        np.testing.assert_allclose(found.energies.sum(axis=-1), np.sum(x**2, axis=-1))
        parts = [found.component(j) for j in range(len(found))]
        np.testing.assert_allclose(sum(parts), x, atol=1e-12)
        for j, part in enumerate(parts):
            np.testing.assert_allclose(
                np.sum(np.abs(part) ** 2, axis=-1), found.energies[..., j], atol=1e-12
            )

    @every_small
    def test_projectors_commute_and_are_idempotent(self, action):
        whole = action.isotypic(np.eye(action.n))
        for j in range(len(whole)):
            P = whole.component(j)
            np.testing.assert_allclose(P @ P, P, atol=1e-12)
            np.testing.assert_allclose(P, P.conj().T, atol=1e-12)
            for g in action.generators:
                T = g.matrix().toarray()
                np.testing.assert_allclose(T @ P, P @ T, atol=1e-12)

    @every_small
    def test_projectors_are_averages_of_characters(self, action):
        # P_j = s/|G| sum_g conj(chi_j(g)) T_g, with chi_j = trace(P_j T_g)/c_j.
        whole = action.isotypic(np.eye(action.n))
        group = oracles.dense_elements(action)
        at = 0
        for family in action.transform.families:
            for _ in range(family.count):
                P = whole.component(at)
                characters = [np.trace(P @ T) / family.multiplicity for T in group]
                rebuilt = sum(np.conj(c) * T for c, T in zip(characters, group, strict=True))
                rebuilt = rebuilt * family.dim / len(group)
                np.testing.assert_allclose(rebuilt, P, atol=1e-10)
                at += 1

    def test_real_signals_have_real_parts_where_the_irrep_is(self, rng):
        found = st.groups.shifts(6).isotypic(rng.standard_normal(6))
        kinds = [found.component(j).dtype.kind for j in range(6)]
        assert kinds == ["f", "c", "c", "f", "c", "c"]
        np.testing.assert_allclose(found.component(1), found.component(5).conj(), atol=1e-14)

    def test_complex_signals(self, rng):
        x = rng.standard_normal(12) + 1j * rng.standard_normal(12)
        np.testing.assert_allclose(st.groups.shifts(12).isotypic(x).signal(), x, atol=1e-12)

    def test_numbers_as_lists_take_them(self, rng):
        found = st.groups.reflections(4).isotypic(rng.standard_normal(4))
        np.testing.assert_array_equal(found.component(-1), found.component(1))
        assert found.label(-1) == found.labels[1]
        with pytest.raises(IndexError):
            found.component(2)

    @pytest.mark.parametrize("x", [np.zeros(5), 3.0, np.zeros((4, 3))])
    def test_shapes(self, x):
        with pytest.raises(ValueError, match=r"\(\.\.\., 4\)"):
            st.groups.shifts(4).isotypic(x)

    def test_no_text(self):
        with pytest.raises(TypeError, match="numbers"):
            st.groups.shifts(2).isotypic(["a", "b"])


class TestAverage:
    @every_small
    def test_matrices_against_the_sum(self, action, rng):
        M = rng.standard_normal((action.n, action.n))
        group = oracles.dense_elements(action)
        expected = sum(T @ M @ T.T for T in group) / len(group)
        found = action.equivariant_average(M)
        assert found.dtype == float
        np.testing.assert_allclose(found, expected, atol=1e-12)

    def test_complex_matrices(self, rng):
        action = st.groups.dihedral(3)
        M = rng.standard_normal((9, 9)) + 1j * rng.standard_normal((9, 9))
        group = oracles.dense_elements(action)
        expected = sum(T @ M @ T.T for T in group) / len(group)
        np.testing.assert_allclose(action.equivariant_average(M), expected, atol=1e-12)

    def test_oblique_matrix_groups_are_listed(self, rng):
        C = rng.standard_normal((5, 5)) + 3 * np.eye(5)
        inverse = np.linalg.inv(C)
        base = st.groups.from_permutations([[1, 2, 0, 3, 4], [0, 1, 2, 4, 3]])
        action = st.groups.from_matrices(
            [C @ g.matrix().toarray() @ inverse for g in base.generators], tol=1e-7
        )
        M = action.equivariant_average(rng.standard_normal((5, 5)))
        for g in action.generators:
            np.testing.assert_allclose(g.matrix() @ M, M @ g.matrix(), atol=1e-8)

    def test_a_huge_group_is_not_listed(self, rng):
        # Under S_30: multiples of the identity and of the all-ones matrix.
        M = st.groups.symmetric(30).equivariant_average(rng.standard_normal((30, 30)))
        assert np.ptp(np.diag(M)) < 1e-12
        assert np.ptp(M[~np.eye(30, dtype=bool)]) < 1e-12

    def test_functions_become_equivariant(self, rng):
        action = st.groups.dihedral(4)
        weights = rng.standard_normal((16, 16))
        averaged = action.equivariant_average(lambda x: np.tanh(x @ weights))
        x = rng.standard_normal((3, 16))
        for g in action.generators:
            np.testing.assert_allclose(averaged(g(x)), g(averaged(x)), atol=1e-12)
        assert not np.allclose(np.tanh(g(x) @ weights), g(np.tanh(x @ weights)))

    def test_linear_functions_agree_with_their_matrix(self, rng):
        action = st.groups.quarter_turns(4)
        M = rng.standard_normal((16, 16))
        x = rng.standard_normal(16)
        averaged = action.equivariant_average(lambda x: x @ M.T)
        np.testing.assert_allclose(averaged(x), action.equivariant_average(M) @ x, atol=1e-12)

    def test_bad_input(self):
        with pytest.raises(ValueError, match=r"shape \(4, 4\)"):
            st.groups.shifts(4).equivariant_average(np.zeros((3, 4)))
        with pytest.raises(ValueError, match="n <= 4096"):
            st.groups.shifts(5000).equivariant_average(np.broadcast_to(0.0, (5000, 5000)))
        with pytest.raises(ValueError, match="too many"):
            st.groups.symmetric(30).equivariant_average(lambda x: x)(np.zeros(30))
