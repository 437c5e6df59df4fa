"""Everybody else's operators: read by their protocol, then tested on random signals."""

from __future__ import annotations

import contextlib
import pickle
import subprocess
import sys
import types

import numpy as np
import pytest
from scipy.sparse.linalg import LinearOperator, aslinearoperator

from sensing_theorems import foreign
from sensing_theorems.foreign import as_operator

SHAPE = (2, 3)


@pytest.fixture
def matrix(rng):
    return rng.standard_normal((4, 6))


@pytest.fixture
def complex_matrix(rng):
    return rng.standard_normal((4, 6)) + 1j * rng.standard_normal((4, 6))


def assert_is(A, matrix, **kind):
    """A is `matrix`, and so is its adjoint, which `to_dense` alone would not use where m >= n."""
    np.testing.assert_allclose(A @ np.eye(A.shape[1]), matrix, **kind)
    np.testing.assert_allclose(A.rmatmat(np.eye(A.shape[0])), matrix.conj().T, **kind)
    np.testing.assert_allclose(A.to_dense(), matrix, **kind)
    assert A.generic is None


class Pylops:
    """Since 2.8 no subclass of SciPy's; its signals have a shape."""

    def __init__(self, matrix, dims, clinear=True):
        self.matrix, self.dims, self.clinear = matrix, dims, clinear
        self.shape, self.dtype = matrix.shape, matrix.dtype

    def matvec(self, x):
        return self.matrix @ (x if self.clinear else x.real)

    def rmatvec(self, y):
        x = self.matrix.conj().T @ y
        return x if self.clinear else x.real

    def matmat(self, X):
        return self.matvec(X)

    def rmatmat(self, Y):
        return self.rmatvec(Y)


class Sigpy:
    """Called on arrays; computes in single precision unless told otherwise."""

    def __init__(self, matrix, ishape, oshape):
        self.matrix, self.ishape, self.oshape = matrix, list(ishape), list(oshape)

    def __call__(self, x):
        assert list(x.shape) == self.ishape
        y = (self.matrix @ x.ravel()).reshape(self.oshape)
        return y.astype(np.complex64) if np.iscomplexobj(y) and not np.iscomplexobj(x) else y

    @property
    def H(self):
        return Sigpy(self.matrix.conj().T, self.oshape, self.ishape)


class Pyxu:
    def __init__(self, matrix, dim_shape, codim_shape):
        self.matrix, self.dim_shape, self.codim_shape = matrix, dim_shape, codim_shape

    def __call__(self, x):
        return self.apply(x)

    def apply(self, x):
        assert x.shape == self.dim_shape
        return (self.matrix @ x.ravel()).reshape(self.codim_shape)

    def adjoint(self, y):
        assert y.shape == self.codim_shape
        return (self.matrix.T @ y.ravel()).reshape(self.dim_shape)


class OdlElement:
    def __init__(self, array):
        self.array = array

    def asarray(self):
        return self.array


class OdlSpace:
    def __init__(self, shape, weight=1.0, dtype=float):
        self.shape, self.weight, self.dtype = shape, weight, np.dtype(dtype)

    def element(self, array):
        return OdlElement(np.asarray(array, self.dtype))

    def inner(self, x, y):
        return np.sum(self.weight * x.array * y.array.conj())


class Odl:
    """Its adjoint is the one of the weighted inner products of its two spaces."""

    def __init__(self, matrix, domain, range):
        self.matrix, self.domain, self.range = matrix, domain, range

    def __call__(self, x):
        return self.range.element((self.matrix @ x.ravel()).reshape(self.range.shape))

    @property
    def adjoint(self):
        def per_weight(space, columns):
            return columns * np.broadcast_to(space.weight, space.shape).ravel()

        matrix = per_weight(self.range, self.matrix.conj().T)
        matrix = matrix / per_weight(self.domain, np.ones_like(matrix.T)).T
        return Odl(matrix, self.range, self.domain)


class NonlinearOdl(Odl):
    def __call__(self, x):
        return self.range.element(np.abs(self.matrix @ x.ravel()).reshape(self.range.shape))

    @property
    def adjoint(self):
        raise NotImplementedError("nonlinear")


class Tensor:
    """As much of a tensor as crosses the border."""

    device = "here"

    def __init__(self, array):
        self.array, self.shape = array, array.shape

    def to(self, device):
        assert device == "here"
        return self

    def detach(self):
        return self

    def cpu(self):
        return self

    def numpy(self):
        return self.array


class TensorList(list):
    """What a stack of physics returns."""


@pytest.fixture
def torch(monkeypatch):
    fake = types.ModuleType("torch")
    fake.Tensor = Tensor
    fake.from_numpy = Tensor
    fake.no_grad = contextlib.nullcontext
    monkeypatch.setitem(sys.modules, "torch", fake)
    return fake


class Physics:
    """Batch first, single precision, and sometimes no word on the shape of a signal."""

    img_size = None

    def __init__(self, matrix, size, out=(4,)):
        self.matrix, self.size, self.out = matrix.astype(np.float32), size, out

    def A(self, x):
        assert x.shape[1:] == self.size and x.array.dtype == np.float32
        return Tensor((x.array.reshape(len(x.array), -1) @ self.matrix.T).reshape(-1, *self.out))

    def A_adjoint(self, y):
        assert y.shape[1:] == self.out
        return Tensor((y.array.reshape(len(y.array), -1) @ self.matrix).reshape(-1, *self.size))

    def __call__(self, x):
        raise AssertionError("a call adds noise")

    def buffers(self):
        return iter([Tensor(self.matrix)])


class StackedPhysics(Physics):
    def A(self, x):
        y = super().A(x).array
        return TensorList([Tensor(y[:, :1]), Tensor(y[:, 1:])])

    def A_adjoint(self, y):
        assert type(y) is TensorList
        return super().A_adjoint(Tensor(np.concatenate([part.array for part in y], 1)))


class TestScipy:
    def test_with_adjoint(self, matrix, complex_matrix):
        for M in (matrix, complex_matrix):
            assert_is(as_operator(aslinearoperator(M)), M)
            wrapped = LinearOperator(M.shape, M.__matmul__, M.conj().T.__matmul__, dtype=M.dtype)
            assert_is(as_operator(wrapped), M)

    def test_without_adjoint_from_its_columns(self, matrix):
        A = as_operator(LinearOperator(matrix.shape, lambda x: matrix @ x), shape_in=SHAPE)
        assert_is(A, matrix)
        assert A.shape_in == SHAPE

    def test_adjoint_may_be_given(self, matrix):
        bare = LinearOperator(matrix.shape, lambda x: matrix @ x)
        assert_is(as_operator(bare, adjoint=lambda y: matrix.T @ y), matrix)

    def test_compositions_of_ours_forget_what_was_known(self, rng):
        from sensing_theorems.operators import gaussian

        A = gaussian(2, 4, rng)
        assert_is(as_operator(2 * A), 2 * A.to_dense())

    def test_field_follows_what_comes_out_of_it(self, complex_matrix):
        liar = LinearOperator(
            complex_matrix.shape,
            lambda x: complex_matrix @ x,
            lambda y: complex_matrix.conj().T @ y,
            dtype=np.float64,
        )
        assert as_operator(liar).dtype == np.complex128

    def test_single_precision_is_kept(self, matrix):
        single = matrix.astype(np.float32)
        A = as_operator(aslinearoperator(single))
        assert A.dtype == np.float32
        assert_is(A, single)

    def test_bare_protocol(self, matrix):
        bare = types.SimpleNamespace(shape=matrix.shape, matvec=lambda x: matrix @ x)
        assert_is(as_operator(bare), matrix)
        bare.rmatvec = lambda y: matrix.T @ y
        assert_is(as_operator(bare), matrix)


class TestPylops:
    def test_protocol(self, complex_matrix):
        A = as_operator(Pylops(complex_matrix, SHAPE))
        assert_is(A, complex_matrix)
        assert A.shape_in == SHAPE
        assert A.name.endswith(".Pylops")

    def test_linear_over_the_reals_only(self, complex_matrix):
        # Its adjoint is that of the real form; the complex adjoint follows from it.
        A = as_operator(Pylops(complex_matrix, SHAPE, clinear=False))
        assert_is(A, complex_matrix)

    def test_real_measurements_declared_complex(self, matrix):
        A = as_operator(Pylops(matrix.astype(complex), SHAPE, clinear=False))
        assert_is(A, matrix)


class TestSigpy:
    def test_protocol(self, matrix):
        A = as_operator(Sigpy(matrix, SHAPE, (2, 2)))
        assert_is(A, matrix)
        assert (A.dtype, A.shape_in) == (np.float64, SHAPE)

    def test_travels_to_another_process(self, matrix):
        A = as_operator(Sigpy(matrix, SHAPE, (2, 2)))
        assert_is(pickle.loads(pickle.dumps(A)), matrix)

    def test_double_precision_although_real_signals_get_single(self, complex_matrix):
        A = as_operator(Sigpy(complex_matrix, SHAPE, (2, 2)))
        assert_is(A, complex_matrix)
        assert A.dtype == np.complex128


class TestPyxu:
    def test_protocol(self, matrix):
        A = as_operator(Pyxu(matrix, SHAPE, (2, 2)))
        assert_is(A, matrix)
        assert A.shape_in == SHAPE


class TestOdl:
    def test_protocol(self, matrix, complex_matrix):
        assert_is(as_operator(Odl(matrix, OdlSpace(SHAPE), OdlSpace((2, 2)))), matrix)
        both = OdlSpace(SHAPE, dtype=complex), OdlSpace((4,), dtype=complex)
        assert_is(as_operator(Odl(complex_matrix, *both)), complex_matrix)

    def test_real_signals_with_complex_measurements(self, complex_matrix):
        spaces = OdlSpace(SHAPE), OdlSpace((4,), dtype=complex)

        class Cut(Odl):
            @property
            def adjoint(self):
                return lambda y: OdlElement((self.matrix.conj().T @ y.ravel()).real)

        assert_is(as_operator(Cut(complex_matrix, *spaces)), complex_matrix)

    def test_constant_weights_are_taken_out_of_the_adjoint(self, matrix):
        domain, range = OdlSpace(SHAPE, weight=0.25), OdlSpace((2, 2), weight=3.0)
        assert_is(as_operator(Odl(matrix, domain, range)), matrix)

    def test_other_weights_are_noticed(self, matrix, rng):
        domain = OdlSpace(SHAPE, weight=rng.uniform(1, 2, SHAPE))
        with pytest.raises(ValueError, match="adjoint must satisfy"):
            as_operator(Odl(matrix, domain, OdlSpace((4,))))

    def test_nonlinear(self, matrix):
        with pytest.raises(ValueError, match="must be linear"):
            as_operator(NonlinearOdl(matrix, OdlSpace(SHAPE), OdlSpace((4,))))


class TestDeepinv:
    @pytest.mark.parametrize(
        "kind, out", [(Physics, (4,)), (Physics, (1, 2, 2)), (StackedPhysics, (4,))]
    )
    def test_protocol(self, torch, matrix, kind, out):
        A = as_operator(kind(matrix, (1, *SHAPE), out), shape_in=(1, *SHAPE))
        assert_is(A, matrix, rtol=1e-5, atol=1e-6)
        assert (A.dtype, A.shape_in) == (np.float32, (1, *SHAPE))

    def test_shape_where_the_physics_tells_it(self, torch, matrix):
        physics = Physics(matrix, (1, *SHAPE))
        physics.img_size = (1, *SHAPE)
        assert as_operator(physics).shape_in == (1, *SHAPE)

    def test_shape_must_be_told_otherwise(self, torch, matrix):
        with pytest.raises(TypeError, match="`shape_in` must be given for this physics"):
            as_operator(Physics(matrix, (1, *SHAPE)))

    def test_wrong_adjoint_in_single_precision(self, torch, matrix):
        physics = Physics(matrix, SHAPE)
        physics.A_adjoint = lambda y: Tensor(2 * Physics.A_adjoint(physics, y).array)
        with pytest.raises(ValueError, match=r"relative error is .* allowed in float32"):
            as_operator(physics, shape_in=SHAPE)

    def test_without_torch(self, monkeypatch, matrix):
        monkeypatch.delitem(sys.modules, "torch", raising=False)
        with pytest.raises(TypeError, match="torch is not loaded; pass its function `A`"):
            as_operator(Physics(matrix, SHAPE), shape_in=SHAPE)


class TestFunctions:
    def test_with_adjoint(self, matrix):
        def camera(x):
            assert x.shape == SHAPE
            return (matrix @ x.ravel()).reshape(2, 2)

        def back(y):
            assert y.shape == (2, 2)
            return (matrix.T @ y.ravel()).reshape(SHAPE)

        A = as_operator(camera, shape_in=SHAPE, adjoint=back)
        assert_is(A, matrix)
        assert (A.shape_in, A.name, A.matrix) == (SHAPE, "camera", None)
        assert as_operator(camera, shape_in=SHAPE, name="eye").name == "eye"

    def test_without_adjoint_from_its_columns(self, complex_matrix):
        A = as_operator(lambda x: complex_matrix @ x, shape_in=6)
        assert_is(A, complex_matrix)
        assert A.matrix is not None

    @pytest.mark.parametrize("dtype", [np.float32, np.complex64])
    def test_precision_follows_the_measurements(self, matrix, dtype):
        A = as_operator(lambda x: (matrix @ x).astype(dtype), shape_in=6)
        assert A.dtype == dtype

    def test_one_number(self):
        assert_is(as_operator(np.sum, shape_in=(2, 2)), np.ones((1, 4)))

    def test_one_buffer_used_again(self, matrix):
        buffer = np.empty(4)

        def reuses(x):
            buffer[:] = matrix @ x
            x[:] = np.nan
            return buffer

        A = as_operator(reuses, shape_in=6, adjoint=lambda y: matrix.T @ y)
        assert_is(A, matrix)
        x = np.ones(6)
        np.testing.assert_allclose(A @ x, matrix.sum(1))
        np.testing.assert_array_equal(x, 1)

    def test_empty_batch(self):
        A = as_operator(np.copy, shape_in=3, adjoint=np.copy)
        assert (A @ np.zeros((3, 0))).shape == A.rmatmat(np.zeros((3, 0))).shape == (3, 0)

    def test_a_class_is_no_operator(self):
        class Described:
            shape = property(lambda self: (3, 3))

            def matvec(self, x):
                return x

        assert as_operator(Described()).shape == (3, 3)
        with pytest.raises(TypeError, match=r"an operator must be a matrix.* got type"):
            as_operator(Described)

    def test_too_large_without_adjoint(self, monkeypatch):
        monkeypatch.setattr(foreign, "MAX_COLUMNS", 5)
        assert as_operator(np.cumsum, shape_in=5).shape == (5, 5)
        with pytest.raises(ValueError, match=r"shape \(6, 6\) must have an adjoint.*5 columns"):
            as_operator(np.cumsum, shape_in=6)
        assert as_operator(np.copy, shape_in=6, adjoint=np.copy).shape == (6, 6)

    def test_shape_must_be_told(self):
        with pytest.raises(TypeError, match="`shape_in` must be given for a function"):
            as_operator(np.cumsum)

    @pytest.mark.parametrize("shape_in", [(0, 2), -1])
    def test_shape_must_have_entries(self, shape_in):
        with pytest.raises(ValueError, match="`shape_in` must be a positive integer"):
            as_operator(np.cumsum, shape_in=shape_in)

    def test_adjoint_must_be_a_function(self):
        with pytest.raises(TypeError, match="`adjoint` must be callable; got ndarray"):
            as_operator(np.cumsum, shape_in=2, adjoint=np.eye(2))

    def test_one_adjoint_is_enough(self, matrix):
        with pytest.raises(TypeError, match="`adjoint` must be None for an operator that already"):
            as_operator(Sigpy(matrix, SHAPE, (4,)), adjoint=np.copy)

    @pytest.mark.parametrize("function", [lambda x: "y", lambda x: None, lambda x: {"y": x}])
    def test_no_numbers(self, function):
        with pytest.raises(TypeError, match="must return a numeric array; got"):
            as_operator(function, shape_in=3)

    def test_no_measurements(self):
        with pytest.raises(ValueError, match=r"must return measurements; got shape \(0,\)"):
            as_operator(lambda x: x[:0], shape_in=3)


class TestLinearity:
    @pytest.mark.parametrize(
        "function",
        [np.abs, np.square, lambda x: x + 1, lambda x: x / np.linalg.norm(x), np.sort, np.sign],
        ids=["abs", "square", "affine", "normalised", "sort", "sign"],
    )
    def test_nonlinear_is_refused(self, function):
        with pytest.raises(ValueError, match=r"must be linear; .* with c = 2, differ by \d"):
            as_operator(function, shape_in=5, adjoint=np.copy)

    def test_noise_is_refused(self, rng):
        with pytest.raises(ValueError, match="must be linear"):
            as_operator(lambda x: x + 1e-3 * rng.standard_normal(5), shape_in=5)

    def test_conjugation_is_not_linear(self):
        with pytest.raises(ValueError, match=r"must be linear; .* with c = \(2\+1j\)"):
            as_operator(lambda x: np.conj(x) + 0j, shape_in=5)

    def test_complex_measurements_of_real_signals_only(self):
        with pytest.raises(ValueError, match="must take complex signals; it raised TypeError"):
            as_operator(np.fft.rfft, shape_in=8)

    def test_zero_is_linear(self):
        A = as_operator(lambda x: 0 * x, shape_in=3, adjoint=lambda y: 0 * y)
        assert_is(A, np.zeros((3, 3)))

    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_not_finite_is_refused(self, bad):
        with pytest.raises(ValueError, match="to a finite signal must be finite; got 3 NaN"):
            as_operator(lambda x: np.full(3, bad), shape_in=3)

    def test_not_finite_on_one_signal_only(self):
        # Random signals miss the unit vector, whose column is computed for want of an adjoint.
        def hole(x):
            return np.where(np.count_nonzero(x) == 1, np.nan, x)

        with pytest.raises(ValueError, match="`matrix` must be finite"):
            as_operator(hole, shape_in=3)


class TestResponses:
    @pytest.mark.parametrize("scale", [1e300, 1e306, 1e-300])
    def test_scale_is_no_lack_of_linearity(self, scale, rng):
        M = scale * rng.standard_normal((3, 6))
        np.testing.assert_allclose(as_operator(aslinearoperator(M)).to_dense(), M, rtol=1e-12)
        with pytest.raises(ValueError, match="relative error"):
            as_operator(lambda x: M @ x, 6, lambda y: 1.01 * M.T @ y)
        with pytest.raises(ValueError, match="must be linear"):
            as_operator(lambda x: M @ np.abs(x), 6, lambda y: M.T @ y)

    def test_a_wrong_length_is_told(self):
        wrong = LinearOperator((3, 4), lambda x: np.zeros(2), lambda y: np.zeros(4), dtype=float)
        with pytest.raises(ValueError, match="a signal of 4 entries with 3 values"):
            as_operator(wrong)
        wrong = LinearOperator((3, 4), lambda x: np.zeros(3), lambda y: np.zeros(3), dtype=float)
        with pytest.raises(ValueError, match="must take 3 measurements to a signal"):
            as_operator(wrong)

        class Short:
            shape, dtype = (3, 4), np.dtype(float)

            def matvec(self, x):
                return np.zeros(2)

        with pytest.raises(ValueError, match="with 3 values; got 2"):
            as_operator(Short())

    def test_other_arguments(self):
        with pytest.raises(TypeError, match="`name` must be a string; got list"):
            as_operator(np.eye(2), name=[[]])
        with pytest.raises(TypeError, match="`shape_in` must be an integer; got ndarray"):
            as_operator(np.eye(4), shape_in=np.zeros((4, 0)))
        assert as_operator(np.eye(4), shape_in=np.array([2, 2])).shape_in == (2, 2)


class TestAdjoint:
    @pytest.mark.parametrize(
        "adjoint",
        [
            lambda M, y: 2 * M.conj().T @ y,
            lambda M, y: -M.conj().T @ y,
            lambda M, y: M.T @ y,
            lambda M, y: np.linalg.pinv(M) @ y,
            lambda M, y: M.conj().T @ y + 1,
            lambda M, y: (M + 1e-6 * np.eye(*M.shape)).conj().T @ y,
        ],
        ids=["scaled", "sign", "transpose", "inverse", "affine", "one part in a million"],
    )
    def test_wrong_is_refused_with_its_error(self, complex_matrix, adjoint):
        M = complex_matrix
        with pytest.raises(ValueError, match=r"relative error is \d\.\de[+-]\d\d, and 1e-10"):
            as_operator(lambda x: M @ x, shape_in=6, adjoint=lambda y: adjoint(M, y))

    def test_wrong_in_one_of_many_entries(self):
        def last_lost(y):
            return np.where(np.arange(10_000) < 9_999, y, 0)

        with pytest.raises(ValueError, match="relative error"):
            as_operator(np.copy, shape_in=10_000, adjoint=last_lost)

    def test_wrong_size(self):
        with pytest.raises(ValueError, match="signals of 3 entries; got 2"):
            as_operator(np.copy, shape_in=3, adjoint=lambda y: y[:2])

    def test_not_finite(self):
        with pytest.raises(ValueError, match=r"response of the adjoint .* must be finite"):
            as_operator(np.copy, shape_in=3, adjoint=lambda y: y * np.nan)

    def test_rounding_is_allowed_for_what_it_is(self, matrix):
        def single(x):
            return (matrix.astype("f4") @ x.astype("f4")).astype(np.float32)

        def back(y):
            return matrix.astype("f4").T @ y.astype("f4")

        assert as_operator(single, shape_in=6, adjoint=back).dtype == np.float32
        with pytest.raises(ValueError, match="must be linear"):
            as_operator(lambda x: single(x).astype(float), shape_in=6, adjoint=back)


def test_no_library_is_imported():
    libraries = ("torch", "deepinv", "pylops", "sigpy", "odl", "pyxu", "scipy.stats")
    code = (
        f"import sys, sensing_theorems.foreign; print([m for m in {libraries} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


class TestRealLibraries:
    """The fakes above against the libraries themselves, where these are installed."""

    def test_pylops(self):
        pylops = pytest.importorskip("pylops")
        difference = np.eye(6, k=1) - np.eye(6)
        difference[-1] = 0
        A = as_operator(pylops.FirstDerivative(6, kind="forward"))
        assert_is(A, difference)
        real_fft = as_operator(pylops.signalprocessing.FFT(8, real=True))
        assert real_fft.shape == (5, 8)

    def test_sigpy(self):
        sigpy = pytest.importorskip("sigpy")
        transform = as_operator(sigpy.linop.FFT((4,), center=False))
        np.testing.assert_allclose(transform.to_dense(), np.fft.fft(np.eye(4)) / 2, atol=1e-15)
        assert as_operator(sigpy.linop.Resize((2, 2), (4, 4))).shape_in == (4, 4)

    def test_odl(self):
        odl = pytest.importorskip("odl")
        space = odl.uniform_discr([0, 0], [1, 1], (3, 3))
        A = as_operator(odl.SamplingOperator(space, [[0, 1], [2, 0]]))
        assert_is(A, np.eye(9)[[2, 3]])
