"""Operators of pylops, sigpy and ODL themselves, read by `as_operator`.

Each is compared with the matrix that the library's own application gives on unit vectors, one by
one, and each stacked rank with the SVD of the stack written out.
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numba
import numpy as np
import pytest

import sensing_theorems as st

ROOT = Path(__file__).resolve().parents[1]


def imported(name):
    with warnings.catch_warnings():
        # Other people's deprecations at import are no failure of ours.
        warnings.simplefilter("ignore")
        return pytest.importorskip(name)


@pytest.fixture(scope="module")
def pylops():
    return imported("pylops")


@pytest.fixture(scope="module")
def sigpy():
    return imported("sigpy")


@pytest.fixture(scope="module")
def odl():
    return imported("odl")


def assert_reads(op, matrix, shape_in):
    A = st.as_operator(op)
    (m, n), size = matrix.shape, np.abs(matrix).max()
    assert (A.shape, A.shape_in, A.generic) == ((m, n), shape_in, None)
    np.testing.assert_allclose(A.matmat(np.eye(n)), matrix, atol=1e-12 * size)
    np.testing.assert_allclose(A.rmatmat(np.eye(m)), matrix.conj().T, atol=1e-12 * size)
    np.testing.assert_allclose(A.to_dense(), matrix, atol=1e-12 * size)
    return A


def real_rows(matrix):
    return np.concatenate([matrix.real, matrix.imag]) if np.iscomplexobj(matrix) else matrix


def shift_rank(matrix, shape):
    """Rank of the stack over all cyclic shifts, written out and decomposed."""
    grid = np.arange(matrix.shape[1]).reshape(shape)
    axes = tuple(range(len(shape)))
    rolled = [np.roll(grid, steps, axes).ravel() for steps in np.ndindex(shape)]
    return np.linalg.matrix_rank(np.concatenate([real_rows(matrix)[:, roll] for roll in rolled]))


PYLOPS = {
    "FFT": lambda p: p.signalprocessing.FFT(8),
    "FFT of real signals": lambda p: p.signalprocessing.FFT(8, real=True),
    "FFT2D": lambda p: p.signalprocessing.FFT2D((4, 6)),
    "FFT2D of real signals": lambda p: p.signalprocessing.FFT2D((4, 6), real=True),
    "Convolve1D": lambda p: p.signalprocessing.Convolve1D(9, np.array([1.0, 3, 1]), offset=1),
    "Convolve2D": lambda p: p.signalprocessing.Convolve2D((4, 5), np.ones((3, 3)), offset=(1, 1)),
    "FirstDerivative": lambda p: p.FirstDerivative((5, 4), axis=0),
    "Laplacian": lambda p: p.Laplacian((4, 5)),
    "Restriction": lambda p: p.Restriction((3, 4), [0, 2], axis=0),
    "Radon2D": lambda p: p.signalprocessing.Radon2D(
        np.arange(5.0), np.arange(4.0), np.linspace(-1, 1, 3), kind="linear"
    ),
    "undersampled FFT": lambda p: (
        p.Restriction(8, [0, 1, 7], dtype="complex128") * p.signalprocessing.FFT(8)
    ),
    "VStack": lambda p: p.VStack([p.FirstDerivative(6), p.Restriction(6, [2, 4])]),
}


class TestPylops:
    @pytest.mark.parametrize("name", PYLOPS)
    def test_is_its_own_matrix(self, pylops, name):
        op = PYLOPS[name](pylops)
        units = np.eye(op.shape[1], dtype=op.dtype)
        matrix = np.stack([op.matvec(unit) for unit in units], axis=1)
        dims = tuple(op.dims)
        A = assert_reads(op, matrix, dims)
        found = st.stacked_rank(A, st.groups.shifts(*dims))
        assert found.clear and found.rank == shift_rank(matrix, dims)
        assert st.stacked_rank(A).rank == np.linalg.matrix_rank(real_rows(matrix))

    def test_report(self, pylops):
        some = pylops.Restriction(8, [0, 1], dtype="complex128") * pylops.signalprocessing.FFT(8)
        report = st.analyze(st.Problem(some, st.groups.shifts(8)))
        # Frequencies 0, 1 and its mirror image: shifts show nothing that A does not.
        assert report.verdict is st.Verdict.NOT_IDENTIFIABLE and report.rank.rank == 3


SIGPY = {
    "FFT": lambda L: L.FFT((4, 6)),
    "Resize": lambda L: L.Resize((3, 3), (5, 4)),
    "NUFFT": lambda L: L.NUFFT((5, 5), np.random.default_rng(1).uniform(-2.5, 2.5, (9, 2))),
    "ConvolveData": lambda L: L.ConvolveData((5, 5), np.ones((2, 2))),
    "FiniteDifference": lambda L: L.FiniteDifference((4, 5)),
    "Downsample": lambda L: L.Downsample((4, 6), (2, 2)),
    "cropped FFT": lambda L: L.Resize((2, 2), (4, 4)) * L.FFT((4, 4)),
    "Vstack": lambda L: L.Vstack([L.Identity((3, 3)), L.Resize((2, 2), (3, 3))]),
}


class TestSigpy:
    @pytest.mark.parametrize("name", SIGPY)
    def test_is_its_own_matrix(self, sigpy, name):
        if name == "NUFFT" and numba.config.DISABLE_JIT:
            pytest.skip("kernels of sigpy do not run as plain Python")
        op = SIGPY[name](sigpy.linop)
        shape = tuple(op.ishape)
        units = np.eye(int(np.prod(shape)), dtype=complex).reshape(-1, *shape)
        matrix = np.stack([np.ravel(op(unit)) for unit in units], axis=1)
        matrix = matrix if np.abs(matrix.imag).max() else matrix.real
        A = assert_reads(op, matrix, shape)
        found = st.stacked_rank(A, st.groups.shifts(*shape))
        assert found.clear and found.rank == shift_rank(matrix, shape)

    def test_coils_add_what_one_does_not_see(self, sigpy):
        L, maps = sigpy.linop, np.random.default_rng(2).standard_normal((3, 6, 6)) + 0j
        centre = L.Resize((3, 3, 3), (3, 6, 6)) * L.FFT((3, 6, 6), axes=(-2, -1))
        units = np.eye(36, dtype=complex).reshape(-1, 6, 6)
        op = centre * L.Multiply((6, 6), maps)
        A = assert_reads(op, np.stack([np.ravel(op(unit)) for unit in units], axis=1), (6, 6))
        one = st.as_operator(L.Resize((3, 3), (6, 6)) * L.FFT((6, 6)))
        low = st.stacked_rank(one, st.groups.shifts(6, 6)).rank
        assert st.stacked_rank(A, st.groups.shifts(6, 6)).rank == 36 > low == 9


def odl_spaces(odl):
    return odl.uniform_discr([0, 0], [1, 3], (4, 5)), odl.uniform_discr([0], [1], 8, dtype=complex)


MATRIX = np.random.default_rng(3).standard_normal((3, 5))
ODL = {
    "MatrixOperator": lambda odl, X, Z: odl.MatrixOperator(MATRIX),
    "MatrixOperator, constant weights": lambda odl, X, Z: odl.MatrixOperator(
        MATRIX, domain=odl.rn(5, weighting=2.0), range=odl.rn(3, weighting=0.5)
    ),
    "ResizingOperator, larger": lambda odl, X, Z: odl.ResizingOperator(X, ran_shp=(6, 7)),
    "ResizingOperator, smaller": lambda odl, X, Z: odl.ResizingOperator(X, ran_shp=(2, 3)),
    "PartialDerivative": lambda odl, X, Z: odl.PartialDerivative(X, 0),
    "Gradient": lambda odl, X, Z: odl.Gradient(X),
    "Laplacian, cropped": lambda odl, X, Z: (
        odl.ResizingOperator(X, ran_shp=(2, 3)) * odl.Laplacian(X)
    ),
    "SamplingOperator": lambda odl, X, Z: odl.SamplingOperator(X, [[0, 1], [2, 0]]),
    "DiscreteFourierTransform": lambda odl, X, Z: odl.trafos.DiscreteFourierTransform(Z),
    "BroadcastOperator": lambda odl, X, Z: odl.BroadcastOperator(
        odl.IdentityOperator(X), odl.PartialDerivative(X, 1)
    ),
}


def odl_matrix(op):
    shape = op.domain.shape
    units = np.eye(int(np.prod(shape))).reshape(-1, *shape)
    return np.stack([op(op.domain.element(unit)).asarray().ravel() for unit in units], axis=1)


class TestOdl:
    @pytest.mark.parametrize("name", ODL)
    def test_is_its_own_matrix(self, odl, name):
        op = ODL[name](odl, *odl_spaces(odl))
        matrix, shape = odl_matrix(op), op.domain.shape
        A = assert_reads(op, matrix, shape)
        found = st.stacked_rank(A, st.groups.shifts(*shape))
        assert found.clear and found.rank == shift_rank(matrix, shape)

    def test_zeros_and_ones_stay_exact(self, odl):
        # The adjoint is scaled by weights, and `to_dense` asks it where there are fewer rows.
        A = st.as_operator(odl.ResizingOperator(odl_spaces(odl)[0], ran_shp=(2, 3)))
        assert set(np.unique(A.to_dense())) == {0.0, 1.0}

    def test_the_weights_left_out_are_noticed(self, odl):
        op = odl.MatrixOperator(
            MATRIX, domain=odl.rn(5, weighting=2.0), range=odl.rn(3, weighting=0.5)
        )
        x, y = op.domain.element(np.ones(5)), op.range.element(np.ones(3))
        left, right = op.range.inner(op(x), y), op.domain.inner(x, op.adjoint(y))
        assert right == pytest.approx(4 * left)  # once equal, the special case may go

    def test_an_adjoint_that_is_none_is_refused(self, odl):
        op = odl.trafos.FourierTransform(odl_spaces(odl)[1])
        with pytest.raises(ValueError, match="the adjoint must satisfy"):
            st.as_operator(op)
        A = st.as_operator(lambda x: op(x).asarray(), shape_in=8)
        np.testing.assert_allclose(A.to_dense(), odl_matrix(op), atol=1e-12)


@pytest.mark.parametrize("name", ["pylops", "sigpy", "odl"])
def test_page(name, capsys):
    imported(name)
    page = (ROOT / "docs" / "interop.md").read_text(encoding="utf-8")
    blocks = re.findall(rf"```python {name}\n(.*?)```\n```\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == page.count(f"```python {name}\n") == 1
    exec(blocks[0][0], {})
    assert capsys.readouterr().out == blocks[0][1]
