"""Equivariance and the stabiliser of null A, against comparing row spaces one element at a time."""

from __future__ import annotations

import math

import numpy as np
import oracles
import pytest

import sensing_theorems as st
from sensing_theorems.equivariance import row_space_projector
from sensing_theorems.operators import as_operator, real_form

SMALL = oracles.small_actions(st)


def brute_stabiliser(A: np.ndarray, group: list[np.ndarray]) -> int:
    r = oracles.rank(A)
    return sum(oracles.rank(np.vstack([A, A @ T])) == r for T in group)


def operators(action, rng: np.random.Generator) -> dict[str, np.ndarray]:
    n = action.n
    rows = rng.standard_normal((2, n))
    group = list(action.elements())
    projector = sum(element.pull_back(np.eye(n)) for element in group) / len(group)
    return {
        "gaussian": rng.standard_normal((2, n)),
        "mask": np.eye(n)[:: max(1, n // 3)],
        "every second": np.eye(n)[::2],
        "whole orbit": np.vstack([element.pull_back(rows[:1]) for element in group]),
        "orbit sum": rows @ projector,
        "fourier": np.fft.fft(np.eye(n))[:2],
        "zero": np.zeros((1, n)),
        "identity": np.eye(n),
    }


@pytest.mark.parametrize("name", SMALL)
def test_agrees_with_comparing_row_spaces(name, rng):
    action = SMALL[name]
    group = oracles.dense_elements(action)
    for field in ("real", "complex"):
        for kind, A in operators(action, rng).items():
            expected = brute_stabiliser(oracles.realified(A, field), group)
            operator = as_operator(A)
            found = st.stabiliser(operator, action, field=field)
            assert found.order == expected, kind
            assert found.order * found.index == action.order
            whole = st.is_equivariant(A, action, field=field)
            assert whole is (expected == action.order), kind


class TestPitfalls:
    def test_periodic_mask_leaves_four_of_all_shifts(self):
        mask = np.zeros((256, 256), bool)
        mask[::2, ::2] = True
        found = st.stabiliser(st.operators.inpainting(mask), st.groups.shifts(256, 256))
        assert found.index == 4
        assert "(2, 2)" in found.name

    def test_sheared_periodic_mask(self):
        rows, columns = np.indices((8, 8))
        mask = (rows + columns) % 4 == 0
        found = st.stabiliser(st.operators.inpainting(mask), st.groups.shifts(8, 8))
        assert found.index == 4
        assert "sheared" in found.name

    def test_equispaced_views_are_equivariant_to_quarter_turns_only_in_pairs(self):
        turns = st.groups.quarter_turns(8)
        for views, expected in ((2, True), (4, True), (3, False)):
            A = st.operators.tomography(8, np.arange(views) * np.pi / views)
            assert st.is_equivariant(A, turns) is expected

    def test_fourier_rows_are_equivariant_to_shifts(self, rng):
        A = st.operators.fourier(rng.random((32, 32)) < 0.3)
        assert st.is_equivariant(A, st.groups.shifts(32, 32))
        assert not st.is_equivariant(A, st.groups.quarter_turns(32))

    def test_low_pass_is_equivariant_to_everything(self):
        low = np.hypot(*np.meshgrid(*[np.fft.fftfreq(16)] * 2)) < 0.3
        A = st.operators.fourier(low)
        actions = (
            st.groups.shifts(16, 16),
            st.groups.quarter_turns(16),
            st.groups.dihedral(16),
            st.groups.reflections(16, 16),
        )
        for action in actions:
            assert st.is_equivariant(A, action)
            assert st.stacked_rank(A, action).rank == low.sum()


class TestPrecision:
    def test_single_precision_blur_is_equivariant(self):
        A = st.operators.blur(np.ones((2, 2)), (8, 8)).to_dense().astype(np.float32)
        assert st.is_equivariant(A, st.groups.shifts(8, 8))

    def test_no_check_contradicts_the_rank(self, rng):
        # Equivariant to nine digits, and of full rank: neither answer is given.
        rows = st.operators.fourier(np.abs(np.fft.fftfreq(16)) < 0.25, real=True).to_dense()
        A = rows @ (np.eye(16) + 1e-9 * rng.standard_normal((16, 16)))
        report = st.analyze(st.Problem(A, st.groups.shifts(16)))
        held = {check.key: check.holds for check in report.checks}
        assert report.rank.full
        assert held["effective_group"] is not False
        assert held["equivariant_operator"] is not False


class TestProjector:
    def test_large_matrix_free_projection_is_a_projection(self, rng):
        A = real_form(st.operators.fourier(rng.random((64, 64)) < 0.5))
        project = row_space_projector(A)
        z = rng.standard_normal(64 * 64)
        p = project(z)
        np.testing.assert_allclose(project(p), p, atol=1e-9)
        np.testing.assert_allclose(A.matvec(p), A.matvec(z), atol=1e-9)

    def test_gives_up_where_iteration_cannot_decide(self, rng):
        kernel = np.exp(-0.5 * (np.arange(-32, 32) / 8.0) ** 2)
        A = st.operators.blur(np.outer(kernel, kernel), (64, 64))
        with pytest.raises(ArithmeticError, match="ill-conditioned"):
            row_space_projector(A)(rng.standard_normal(64 * 64))

    def test_an_action_of_another_size_is_refused(self):
        with pytest.raises(ValueError, match="acts on R"):
            st.is_equivariant(np.eye(4), st.groups.shifts(5))


class TestInducedMaps:
    @pytest.mark.parametrize("name", SMALL)
    def test_they_do_to_measurements_what_the_group_does_to_signals(self, name, rng):
        action = SMALL[name]
        group = oracles.dense_elements(action)
        # An average over the group is equivariant: take the rows of one, of deficient rank.
        B = rng.standard_normal((action.n, 2)) @ rng.standard_normal((2, action.n))
        A = np.linalg.svd(sum(T @ B @ T.T for T in group))[2][: max(1, action.n // 2)]
        if not st.is_equivariant(A, action):
            A = np.eye(action.n)
        for g, own in zip(action.generators, st.induced_maps(A, action), strict=True):
            np.testing.assert_allclose(A @ g.matrix().toarray(), own @ A, atol=1e-10)

    def test_complex_operators_over_both_fields(self, rng):
        action = st.groups.shifts(4, 4)
        A = st.operators.fourier(rng.random((4, 4)) < 0.5)
        matrix = A.to_dense()
        for field, rows in (("complex", matrix), ("real", np.vstack([matrix.real, matrix.imag]))):
            for g, own in zip(
                action.generators, st.induced_maps(A, action, field=field), strict=True
            ):
                np.testing.assert_allclose(g.pull_back(rows), own @ rows, atol=1e-12)

    @pytest.mark.parametrize("size", [8, 16, 24])
    def test_of_deficient_rank_they_still_keep_lengths(self, size):
        # Real rows of frequencies and of their mirror images are the same twice over.
        low = np.abs(np.fft.fftfreq(size)) < 0.3
        A, action = (
            st.operators.fourier(np.outer(low, low), real=True),
            st.groups.shifts(size, size),
        )
        for g, own in zip(action.generators, st.induced_maps(A, action), strict=True):
            np.testing.assert_allclose(g.pull_back(A.to_dense()), own @ A.to_dense(), atol=1e-12)
            assert np.linalg.norm(own, 2) == pytest.approx(1, abs=1e-12)

    def test_refuses_where_there_are_none(self, rng):
        with pytest.raises(ValueError, match="equivariant operators only"):
            st.induced_maps(rng.standard_normal((2, 6)), st.groups.shifts(6))


class TestContinuousRotations:
    def test_closed_subgroups(self, rng):
        turns = st.groups.kravchuk_rotations(7)
        B = rng.standard_normal((2, 49))
        assert st.stabiliser(B, turns).order == 1
        for N in (2, 3, 5):
            subgroup = st.groups.restrict(turns, N)
            A = np.vstack([g.pull_back(B) for g in subgroup.elements()])
            found = st.stabiliser(A, turns)
            assert (found.order, found.index) == (N, math.inf)
            assert st.is_equivariant(A, subgroup) and not st.is_equivariant(A, turns)

    def test_all_of_it(self):
        turns = st.groups.kravchuk_rotations(5)
        rings = np.array([turns.isotypic(x).component(0) for x in np.eye(25)[:4]])
        found = st.stabiliser(rings, turns)
        assert (found.order, found.index) == (math.inf, 1)
