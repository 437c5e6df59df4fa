"""Physics in torch against the NumPy operators that they come from, and against dense matrices."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import sensing_theorems as st
from sensing_theorems import _linear_maps
from sensing_theorems import operators as op
from sensing_theorems._forward import from_matrix

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from scipy import sparse  # noqa: E402

from sensing_theorems.equivariant_imaging import (  # noqa: E402
    chebyshev,
    inverses,
    pseudo_inverse,
    stored,
    twins,
)
from sensing_theorems.equivariant_imaging.low_dose import LowDoseTomography  # noqa: E402
from sensing_theorems.equivariant_imaging.physics import (  # noqa: E402
    LinearPhysics,
    Physics,
    as_physics,
)

DTYPES = (torch.float32, torch.float64, torch.complex64, torch.complex128)
KERNEL = np.random.default_rng(1).standard_normal((3, 3))
COMPLEX = KERNEL + 1j * np.random.default_rng(2).standard_normal((3, 3))
MASK = np.random.default_rng(3).random((5, 6)) < 0.4
EVEN = np.random.default_rng(4).random((6, 6)) < 0.6


def complex_matrix(m, n):
    rng = np.random.default_rng(5)
    return rng.standard_normal((m, n)) + 1j * rng.standard_normal((m, n))


def shear(x):
    """Linear on signals (3, 4), without an adjoint of its own."""
    return np.roll(x, 1, axis=0)[:2] + 2 * x[1:]


def shear_adjoint(y):
    padded = np.zeros((3, 4), y.dtype)
    padded[:2] = y
    back = np.roll(padded, -1, axis=0)
    back[1:] += 2 * y
    return back


OPERATORS = {
    "gaussian": op.gaussian(5, 12, rng=0),
    "tall": op.gaussian(9, 4, rng=0),
    "single precision": st.as_operator(np.float32(op.gaussian(4, 9, rng=1).to_dense())),
    "complex matrix": st.as_operator(complex_matrix(4, 10)),
    "real form of a matrix": op.real_form(st.as_operator(complex_matrix(3, 10))),
    "unitary": from_matrix(np.linalg.qr(complex_matrix(8, 8))[0][:3], orthonormal_rows=True),
    "rank deficient": st.as_operator(np.outer(np.arange(4), np.arange(6)) + 1.0),
    "zero": st.as_operator(np.zeros((2, 3))),
    "inpainting": op.inpainting(MASK),
    "fourier": op.fourier(MASK),
    "fourier, even sides": op.fourier(EVEN),
    "fourier, three axes": op.fourier(np.random.default_rng(5).random((2, 3, 4)) < 0.5),
    "fourier, real form": op.fourier(MASK, real=True),
    "tomography": op.tomography(6, [0, 0.3, 1.0]),
    "blur": op.blur(KERNEL, (5, 6)),
    "blur with zeros": op.blur(np.ones((2, 2)), (6, 4)),
    "blur, narrow": op.blur(np.ones((1, 2)) * [2, 1], (3, 2)),
    "blur, complex": op.blur(COMPLEX, (5, 6)),
    "blur, real form": op.real_form(op.blur(COMPLEX, (4, 4))),
    "downsample": op.downsample((6, 6), 2),
    "downsample after blur": op.downsample((6, 6), 2, KERNEL),
    "stack": op.vertical_stack([op.inpainting(MASK), op.blur(KERNEL, (5, 6))]),
    "stack of mixed fields": op.vertical_stack([op.inpainting(MASK), op.fourier(MASK)]),
    "real form of a stack": op.real_form(
        op.vertical_stack([op.inpainting(MASK), op.fourier(MASK)])
    ),
    "function": st.as_operator(shear, shape_in=(3, 4), adjoint=shear_adjoint),
    "stack with a function": op.vertical_stack(
        [st.as_operator(shear, shape_in=(3, 4), adjoint=shear_adjoint), op.gaussian(2, 12, rng=0)]
    ),
}
NATIVE = [name for name in OPERATORS if "function" not in name]
every_operator = pytest.mark.parametrize("A", OPERATORS.values(), ids=OPERATORS)
every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: str(dtype)[6:])
# Both fields and both precisions for every operator: crosswise, which is half of all pairs.
PAIRS = {name: (DTYPES[place % 2], DTYPES[3 - place % 2]) for place, name in enumerate(OPERATORS)}


def in_both_dtypes(test):
    """One test for the two pairs of an operator: half of the time goes into starting tests."""

    def both(self, name):
        for dtype in PAIRS[name]:
            test(self, OPERATORS[name], dtype)

    return pytest.mark.parametrize("name", OPERATORS)(both)


def tensor(shape, dtype, seed=0):
    return torch.randn(shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def field_matrix(A, dtype):
    """The matrix over the field of the signals."""
    # Otherwise a matrix in single precision would be inverted in it.
    M = A.to_dense().astype(np.complex128 if A.dtype.kind == "c" else np.float64)
    over_reals = not dtype.is_complex and A.dtype.kind == "c"
    return np.concatenate([M.real, M.imag]) if over_reals else M


def rows(physics, y, A):
    """Measurements as rows over the field of the signals."""
    y = y.detach().numpy()
    over_reals = not physics.dtype.is_complex and A.dtype.kind == "c"
    return np.concatenate([y.real, y.imag], axis=1) if over_reals else y


def single(dtype):
    return dtype in (torch.float32, torch.complex64)


def close(found, expected, dtype, scale=1.0):
    found = found.detach().numpy()
    error = np.abs(found.reshape(expected.shape) - expected).max()
    assert error <= (3e-5 if single(dtype) else 1e-11) * max(1.0, scale)


def pinv(M, dtype):
    return np.linalg.pinv(M, rcond=1e-5 if single(dtype) else 1e-11)


class TestTwins:
    def test_every_map_has_one(self):
        assert set(twins.TWINS) == {getattr(_linear_maps, name) for name in _linear_maps.__all__}

    def test_every_twin_is_used_by_some_operator_below(self):
        seen = set()
        for A in OPERATORS.values():
            for maps in as_physics(A)._maps.modules():
                seen.add(type(maps))
        assert set(twins.TWINS.values()) <= seen

    @pytest.mark.parametrize("name", NATIVE)
    def test_run_in_torch(self, name):
        assert as_physics(OPERATORS[name])._maps.native

    def test_what_has_none_runs_through_numpy(self):
        assert not as_physics(OPERATORS["function"])._maps.native

    def test_what_is_shared_is_stored_once(self):
        physics = as_physics(OPERATORS["gaussian"])
        held = {buffer.data_ptr() for buffer in physics._maps.buffers()}
        assert len(held) == 1


class TestLinearPhysics:
    @in_both_dtypes
    def test_measures_as_the_operator(self, A, dtype):
        physics, x = as_physics(A, dtype=dtype), tensor((3, *A.shape_in), dtype)
        y = physics(x)
        assert y.shape == (3, A.shape[0]) and y.dtype == physics.measurement_dtype
        assert y.dtype.is_complex == (dtype.is_complex or A.dtype.kind == "c")
        X = x.reshape(3, -1).numpy()
        close(y, X @ A.to_dense().T, dtype, 10)
        close(y, A.matmat(X.T).T, dtype, 10)

    @in_both_dtypes
    def test_adjoint(self, A, dtype):
        physics = as_physics(A, dtype=dtype)
        x, y = tensor((1, *A.shape_in), dtype), tensor((1, A.shape[0]), physics.measurement_dtype)
        back = physics.adjoint(y)
        assert back.shape == x.shape and back.dtype == dtype
        left = torch.sum(physics(x).conj() * y)
        right = torch.sum(x.conj() * back)
        gap = left - right if dtype.is_complex else left.real - right
        assert abs(gap) <= (1e-4 if single(dtype) else 1e-11) * (1 + abs(left))

    @in_both_dtypes
    def test_pseudo_inverse(self, A, dtype):
        physics = as_physics(A, dtype=dtype)
        y = tensor((3, A.shape[0]), physics.measurement_dtype)
        M = field_matrix(A, dtype)
        P = pinv(M, dtype)
        size = np.linalg.norm(P, 2)
        found = physics.backproject(y)
        assert found.shape == (3, *A.shape_in) and found.dtype == dtype
        close(found, (rows(physics, y, A) @ P.T).reshape(found.shape), dtype, 10 * size)

    @in_both_dtypes
    def test_visible_part(self, A, dtype):
        physics, x = as_physics(A, dtype=dtype), tensor((3, *A.shape_in), dtype)
        M = field_matrix(A, dtype)
        V = pinv(M, dtype) @ M
        close(physics.visible(x), (x.reshape(3, -1).numpy() @ V.T).reshape(x.shape), dtype, 10)
        close(physics.visibility, np.diag(V).real.reshape(A.shape_in), dtype)
        seen = physics.visible(x)
        close(physics.visible(seen), seen.numpy(), dtype, 10)
        close(physics(seen), physics(x).numpy(), dtype, 10)


def test_orthonormal_rows_are_said_where_the_adjoint_inverts():
    said = []
    for name, A in OPERATORS.items():
        physics = as_physics(A, dtype=PAIRS[name][1])
        y = tensor((2, A.shape[0]), physics.measurement_dtype)
        if physics.orthonormal_rows:
            close(physics.backproject(y), physics.adjoint(y).numpy(), physics.dtype)
            said.append(name)
    assert {"unitary", "inpainting", "fourier"} <= set(said)


@every_operator
class TestGradients:
    def test_of_all_maps(self, A):
        # Real operators take complex signals part by part.
        complex_too = (torch.complex128,) if A.dtype.kind == "c" else ()
        for dtype in (torch.float64, *complex_too):
            physics = as_physics(A, dtype=dtype)
            x = tensor((2, *A.shape_in), dtype).requires_grad_()
            y = tensor((2, A.shape[0]), physics.measurement_dtype, 1).requires_grad_()
            check = {"fast_mode": True, "atol": 1e-5}
            assert torch.autograd.gradcheck(physics, x, **check)
            assert torch.autograd.gradcheck(physics.visible, x, **check)
            assert torch.autograd.gradcheck(physics.adjoint, y, **check)
            assert torch.autograd.gradcheck(physics.backproject, y, **check)

    def test_of_gradients(self, A):
        physics = as_physics(A, dtype=torch.float64)
        x = tensor((1, *A.shape_in), torch.float64).requires_grad_()

        def cubed(x):
            y = physics(x)
            return torch.view_as_real(y) ** 3 if y.is_complex() else y**3

        assert torch.autograd.gradgradcheck(cubed, x, fast_mode=True, atol=1e-5)


class TestLargeOperators:
    """The routes of large operators, on small ones."""

    @pytest.fixture(autouse=True)
    def nothing_is_small(self, monkeypatch):
        monkeypatch.setattr(stored, "DENSE_ENTRIES", 0)
        monkeypatch.setattr(pseudo_inverse, "DENSE_ENTRIES", 0)

    @every_dtype
    def test_sparse_matrices_stay_sparse(self, dtype):
        M = sparse.random_array((7, 9), density=0.4, rng=np.random.default_rng(0), format="csr")
        for A in (st.as_operator(M), st.as_operator(sparse.csr_array(M * (1 + 2j)))):
            physics = as_physics(A, dtype=dtype, rcond=0.1)
            kinds = {type(module) for module in physics._maps.modules()}
            assert stored.StoredSparse in kinds and stored.Stored not in kinds
            x, y = tensor((3, 9), dtype), tensor((3, 7), physics.measurement_dtype)
            close(physics(x), x.numpy() @ A.to_dense().T, dtype, 10)
            back = y.numpy() @ A.to_dense().conj()
            close(physics.adjoint(y), back if dtype.is_complex else back.real, dtype, 10)

    def test_sparse_gradients(self):
        M = sparse.random_array((7, 9), density=0.4, rng=np.random.default_rng(0), format="csr")
        physics = as_physics(sparse.csr_array(M * (1 + 2j)), dtype=torch.float64, rcond=0.1)
        x = tensor((2, 9), torch.float64).requires_grad_()
        assert torch.autograd.gradcheck(physics, x)


class TestPolynomialInverse:
    """Approximate pseudo-inverses, on operators small enough for their singular values."""

    SHARE = 0.2

    @pytest.fixture(autouse=True)
    def nothing_is_small(self, monkeypatch):
        monkeypatch.setattr(stored, "DENSE_ENTRIES", 0)
        monkeypatch.setattr(pseudo_inverse, "DENSE_ENTRIES", 0)

    def kept(self, values, physics):
        """q(s) in closed form."""
        k, b = len(physics._inverse.weights), physics._inverse.bound
        a = (self.SHARE / 1.05) ** 2

        def T(z):
            outside = np.sign(z) ** k * np.cosh(k * np.arccosh(np.maximum(np.abs(z), 1)))
            return np.where(np.abs(z) > 1, outside, np.cos(k * np.arccos(np.clip(z, -1, 1))))

        return 1 - T((1 + a - 2 * (values / b) ** 2) / (1 - a)) / T((1 + a) / (1 - a))

    @in_both_dtypes
    def test_is_the_polynomial(self, A, dtype):
        physics = as_physics(A, dtype=dtype, rcond=self.SHARE)
        if not isinstance(physics._inverse, chebyshev.PolynomialInverse):
            return
        assert physics.visibility is None
        M = field_matrix(A, dtype)
        left, values, right = np.linalg.svd(M, full_matrices=False)
        if not values.any():
            assert not physics.backproject(torch.ones(1, physics.m, dtype=dtype)).any()
            return
        q = self.kept(values, physics)
        assert np.abs(1 - q[values >= self.SHARE * values[0]]).max() <= 1.01e-5
        V = (right.conj().T * q) @ right
        positive = np.where(values > 1e-9 * values[0], values, np.inf)
        P = (right.conj().T * (q / positive)) @ left.conj().T
        y, x = tensor((3, A.shape[0]), physics.measurement_dtype), tensor((3, *A.shape_in), dtype)
        size = np.linalg.norm(P, 2)
        close(physics.backproject(y), rows(physics, y, A) @ P.T, dtype, 10 * size)
        close(physics.visible(x), x.reshape(3, -1).numpy() @ V.T, dtype, 10)

    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    def test_is_linear_with_its_adjoint_as_its_gradient(self, dtype):
        """Of tomography, whose singular values fall to rounding and make iterations drift."""
        A = op.tomography(12, np.linspace(0, np.pi, 8, endpoint=False))
        physics = as_physics(A, dtype=dtype, rcond=0.05)
        y, e = tensor((1, physics.m), dtype), tensor((1, physics.m), dtype, 1)
        w = tensor((1, 12, 12), dtype, 2)
        back, near = physics.backproject, (2e-4 if single(dtype) else 1e-10)
        both = back(y + 3 * e)
        assert (both - back(y) - 3 * back(e)).norm() <= near * both.norm()
        y.requires_grad_()
        torch.sum(w * back(y)).backward()
        gap = torch.sum(w * back(e)) - torch.sum(y.grad * e)
        assert gap.abs() <= near * y.grad.norm() * e.norm()
        symmetric = torch.sum(w * physics.visible(both)) - torch.sum(physics.visible(w) * both)
        assert symmetric.abs() <= near * w.norm() * both.norm()

    @pytest.mark.parametrize("scale", [1e-8, 1e8])
    def test_units_do_not_matter(self, scale):
        M = OPERATORS["gaussian"].to_dense()
        one, other = as_physics(M, rcond=0.1), as_physics(scale * M, rcond=0.1)
        y = tensor((2, 5), torch.float32)
        torch.testing.assert_close(other.backproject(scale * y), one.backproject(y))

    def test_a_network_changes_measurements_as_little_as_it_says(self):
        A = op.tomography(12, np.linspace(0, np.pi, 8, endpoint=False))
        physics = as_physics(A, dtype=torch.float64, rcond=self.SHARE)
        r = tensor((5, 12, 12), torch.float64)
        gap = physics(r - physics.visible(r)).norm(dim=1)
        allowed = self.SHARE * np.linalg.norm(A.to_dense(), 2) * r.flatten(1).norm(dim=1)
        assert (gap <= 0.3 * allowed).all() and (gap > 1e-4 * allowed).all()

    @pytest.mark.parametrize("name", ["gaussian", "tomography", "complex matrix", "zero"])
    @pytest.mark.parametrize("real", [True, False])
    def test_norm(self, name, real):
        A = OPERATORS[name]
        M = field_matrix(A, torch.float64 if real else torch.complex128)
        found = chebyshev.largest_singular_value(A, real=real)
        assert found == pytest.approx(np.linalg.norm(M, 2), rel=1e-3)

    def test_gradients(self):
        A = OPERATORS["stack of mixed fields"]
        physics = as_physics(A, dtype=torch.float64, rcond=self.SHARE)
        y = tensor((2, physics.m), torch.complex128).requires_grad_()
        x = tensor((2, *physics.shape_in), torch.float64).requires_grad_()
        assert torch.autograd.gradcheck(physics.backproject, y, fast_mode=True)
        assert torch.autograd.gradcheck(physics.visible, x, fast_mode=True)

    def test_says_that_it_approximates_unless_told_how(self):
        with pytest.warns(UserWarning, match=r"of 5 x 12 entries is too large .* below 0.01 of"):
            as_physics(OPERATORS["gaussian"])
        with pytest.raises(ValueError, match=r"`rcond` must be at least 0.0001 for an op"):
            as_physics(OPERATORS["gaussian"], rcond=1e-5)


class TestGramRoute:
    @pytest.mark.parametrize("name", ["gaussian", "tall", "complex matrix", "rank deficient"])
    @pytest.mark.parametrize("dtype", [torch.float64, torch.complex128])
    def test_agrees_with_singular_values(self, name, dtype, monkeypatch):
        A = OPERATORS[name]
        direct = as_physics(A, dtype=dtype)
        monkeypatch.setattr(inverses, "GRAM_ENTRIES", 0)
        gram = as_physics(A, dtype=dtype)
        y = tensor((3, A.shape[0]), direct.measurement_dtype)
        size = float(direct.backproject(y).abs().max())
        assert (gram.backproject(y) - direct.backproject(y)).abs().max() <= 1e-9 * size
        torch.testing.assert_close(gram.visibility, direct.visibility, atol=1e-9, rtol=0)


class TestSmallSingularValues:
    MATRIX = np.diag([1.0, 1e-2, 1e-9])

    @pytest.mark.parametrize(
        ("dtype", "rcond", "rank"),
        [
            (torch.float64, None, 3),
            (torch.float32, None, 2),
            (torch.float64, 1e-3, 2),
            (torch.float64, 0.1, 1),
            (torch.float32, 0.1, 1),
        ],
    )
    def test_count_as_zero_by_precision_or_as_told(self, dtype, rcond, rank):
        physics = as_physics(self.MATRIX, dtype=dtype, rcond=rcond)
        assert physics.visibility.sum().item() == pytest.approx(rank)

    def test_of_a_blur(self):
        A = op.blur([1.0, 1.0, 0.0], (8,))
        values = np.abs(np.fft.fft([1.0, 1.0, 0, 0, 0, 0, 0, 0]))
        kept = np.sum(values > 0.4 * values.max())
        physics = as_physics(A, dtype=torch.float64, rcond=0.4)
        assert physics.visibility.sum().item() == pytest.approx(kept)
        P = np.linalg.pinv(A.to_dense(), rcond=0.4)
        y = tensor((2, 8), torch.float64)
        close(physics.backproject(y), y.numpy() @ P.T, torch.float64)

    @pytest.mark.parametrize("side", [16, 256])
    def test_of_a_blur_do_not_depend_on_the_size_of_the_image(self, side):
        """The least transfer is 0.0006 of the largest on any even number of pixels."""
        A = op.blur([[0.4994, 1, 0.4994]], (side, side))
        assert as_physics(A).visibility.min() == 1

    def test_of_a_blur_are_cut_where_rounding_explains_them(self):
        offsets = np.arange(-6, 7)
        row = np.exp(-(offsets**2) / (2 * 1.1**2))
        transfer = np.abs(np.fft.fft(np.roll(np.pad(row, (0, 19)), -6)))
        values = np.outer(transfer, transfer) / transfer.max() ** 2
        A = op.blur(np.outer(row, row), (32, 32))
        for dtype, eps in ((torch.float32, 2.0**-23), (torch.float64, 2.0**-52)):
            seen = as_physics(A, dtype=dtype).visibility.mean().item()
            assert seen == pytest.approx(np.mean(values > 64 * eps))

    @pytest.mark.parametrize("rcond", [-0.1, 0.5, float("nan")])
    def test_share_is_checked(self, rcond):
        with pytest.raises(ValueError, match=r"`rcond` must lie in \[0, 0.5\); got"):
            as_physics(self.MATRIX, rcond=rcond)


class TestForeignOperators:
    """Operators of other libraries: the same numbers and gradients as their matrices."""

    def check(self, obj):
        A = st.as_operator(obj)
        M, dtype = A.to_dense(), torch.float64
        physics, dense = as_physics(obj, dtype=dtype), as_physics(M, dtype=dtype)
        x = tensor((2, *A.shape_in), dtype).requires_grad_()
        z = x.detach().reshape(2, -1).clone().requires_grad_()
        y = physics(x)
        close(y, dense(z).detach().numpy(), torch.float32)
        weight = tensor(tuple(y.shape), y.dtype)
        for found, signals in ((y, x), (dense(z), z)):
            torch.sum((found * weight.conj()).abs() ** 2).backward()
            assert signals.grad is not None
        close(x.grad, z.grad.reshape(x.shape).numpy(), torch.float32, float(z.grad.abs().max()))

    @pytest.mark.filterwarnings("ignore")
    def test_pylops(self):
        pylops = pytest.importorskip("pylops")
        self.check(pylops.FirstDerivative(dims=(5, 4)))
        self.check(pylops.signalprocessing.FFT(dims=8, real=False, dtype=np.complex128))

    @pytest.mark.filterwarnings("ignore")
    def test_sigpy(self):
        sigpy = pytest.importorskip("sigpy")
        self.check(sigpy.linop.FFT((4, 4)))

    @pytest.mark.filterwarnings("ignore")
    def test_odl(self):
        odl = pytest.importorskip("odl")
        space = odl.uniform_discr([0, 0], [1, 1], [4, 5])
        self.check(odl.PartialDerivative(space, axis=0, pad_mode="constant"))

    @pytest.mark.filterwarnings("ignore")
    def test_deepinv(self):
        try:
            deepinv = pytest.importorskip("deepinv")
        except RuntimeError:
            pytest.skip("deepinv cannot be imported beside this torchvision")
        self.check(deepinv.physics.Inpainting((1, 4, 5), mask=torch.ones(1, 4, 5).tril()))

    def test_conjugated_and_negated_views(self):
        """torch reads them so only when it must; NumPy never."""
        from scipy.sparse.linalg import aslinearoperator

        physics = as_physics(aslinearoperator(complex_matrix(3, 5)), dtype=torch.complex128)
        y, x = tensor((2, 3), torch.complex128), tensor((2, 5), torch.complex128)
        assert torch.equal(physics.adjoint(y.conj()), physics.adjoint(y.conj().resolve_conj()))
        assert torch.equal(physics(x.conj()), physics(x.conj().resolve_conj()))
        real = as_physics(OPERATORS["function"], dtype=torch.float64)
        negated = tensor((1, 3, 4), torch.complex128).conj().imag
        assert torch.equal(real(negated), real(negated.resolve_neg()))

    def test_scipy(self):
        from scipy.sparse.linalg import aslinearoperator

        self.check(aslinearoperator(np.random.default_rng(0).standard_normal((3, 5))))


class TestMeasurementsAndSignals:
    PHYSICS = as_physics(op.inpainting(MASK), dtype=torch.float64)

    @pytest.mark.parametrize("shape", [(5, 6), (2, 30), (1, 1, 5, 6), (2, 6, 5), (0, 5, 6), ()])
    def test_signals_of_other_shapes_are_refused(self, shape):
        for function in (self.PHYSICS, self.PHYSICS.visible):
            with pytest.raises(
                ValueError, match=r"signals must have shape .*\(B, 5, 6\), B >= 1; got"
            ):
                function(torch.zeros(shape, dtype=torch.float64))

    def test_measurements_of_other_shapes_are_refused(self):
        m = self.PHYSICS.m
        for function in (self.PHYSICS.adjoint, self.PHYSICS.backproject):
            for shape in ((m,), (2, m + 1), (2, m, 1), (0, m)):
                with pytest.raises(ValueError, match=rf"shape \(B, m\) = \(B, {m}\), B >= 1; got"):
                    function(torch.zeros(shape, dtype=torch.float64))

    def test_other_precisions_are_refused(self):
        with pytest.raises(TypeError, match=r"signals must have dtype torch.float64; got"):
            self.PHYSICS(torch.zeros(1, 5, 6))
        with pytest.raises(TypeError, match=r"must have dtype torch.float64; got torch.complex128"):
            self.PHYSICS.adjoint(torch.zeros(1, self.PHYSICS.m, dtype=torch.complex128))

    def test_real_tensors_pass_for_complex_ones(self):
        physics = as_physics(op.fourier(MASK), dtype=torch.complex64)
        x = tensor((2, 5, 6), torch.float32)
        torch.testing.assert_close(physics(x), physics(x + 0j))


class TestAsPhysics:
    @pytest.mark.parametrize("dtype", [torch.int64, torch.float16, torch.bool, "float32"])
    def test_dtype_is_checked(self, dtype):
        with pytest.raises(TypeError, match="must be a floating or complex torch dtype; got"):
            as_physics(np.eye(2), dtype=dtype)

    @pytest.mark.parametrize("bad", [np.nan, np.inf, complex(0, np.nan)])
    def test_what_is_not_finite_is_refused(self, bad):
        with pytest.raises(ValueError, match="must be finite"):
            as_physics(np.array([[1.0, bad]]))

    def test_is_single_precision_unless_told(self):
        assert as_physics(np.eye(2)).dtype == torch.float32

    def test_a_physics_comes_back(self):
        physics = as_physics(op.fourier(MASK))
        assert as_physics(physics) is physics
        double = as_physics(physics, dtype=torch.float64)
        x = tensor((1, 5, 6), torch.float64)
        close(double(x), op.fourier(MASK).matmat(x.reshape(1, -1).numpy().T).T, torch.float64)
        with pytest.raises(ValueError, match="`rcond` must be None for a physics"):
            as_physics(physics, rcond=0.1)

    def test_a_cast_is_refused(self):
        physics = as_physics(op.fourier(MASK))
        with pytest.raises(TypeError, match=r"must keep its dtype; make another one"):
            physics.double()
        assert physics.to("cpu") is physics and physics.float() is physics

    def test_nothing_of_the_operator_goes_into_checkpoints(self):
        for A in OPERATORS.values():
            assert not as_physics(A).state_dict()

    def test_all_buffers_move(self):
        for A in OPERATORS.values():
            moved = as_physics(A, device="meta")
            assert {buffer.device.type for buffer in moved.buffers()} <= {"meta"}

    @pytest.mark.parametrize("name", NATIVE)
    def test_is_copied_and_pickled(self, name):
        physics = as_physics(OPERATORS[name])
        x = tensor((1, *physics.shape_in), torch.float32)
        for other in (copy.deepcopy(physics), pickle.loads(pickle.dumps(physics))):
            assert torch.equal(other(x), physics(x))
            assert torch.equal(other.backproject(other(x)), physics.backproject(physics(x)))

    def test_loading_is_deterministic(self):
        for A in OPERATORS.values():
            one, two = as_physics(A), as_physics(A)
            for a, b in zip(one.buffers(), two.buffers(), strict=True):
                assert torch.equal(a, b)

    def test_the_base_class_measures_nothing(self):
        with pytest.raises(NotImplementedError):
            Physics((2,), 1)(torch.zeros(1, 2))
        with pytest.raises(NotImplementedError):
            Physics((2,), 1).backproject(torch.zeros(1, 1))


class TestLowDoseTomography:
    A = op.tomography(6, np.linspace(0, np.pi, 4, endpoint=False))

    def test_law(self):
        physics = LowDoseTomography(as_physics(self.A, dtype=torch.float64), photons=50, scale=0.3)
        x = tensor((2, 6, 6), torch.float64).abs()
        expected = 50 * np.exp(-0.3 * x.reshape(2, -1).numpy() @ self.A.to_dense().T)
        close(physics(x), expected, torch.float64)
        assert (physics(x) > 0).all() and not physics.linear

    def test_is_inverted_up_to_the_null_space(self):
        physics = LowDoseTomography(as_physics(self.A, dtype=torch.float64), scale=0.2)
        x = tensor((2, 6, 6), torch.float64).abs()
        V = np.linalg.pinv(self.A.to_dense()) @ self.A.to_dense()
        expected = (x.reshape(2, -1).numpy() @ V.T).reshape(x.shape)
        close(physics.backproject(physics(x)), expected, torch.float64, 100)
        close(physics.visible(x), expected, torch.float64)
        close(physics.visibility, np.diag(V).reshape(6, 6), torch.float64)

    def test_counts_below_the_floor_are_taken_for_it(self):
        physics = LowDoseTomography(self.A, photons=100, floor=2)
        none = physics.backproject(torch.zeros(1, physics.m))
        assert torch.isfinite(none).all()
        assert torch.equal(none, physics.backproject(torch.full((1, physics.m), 2.0)))

    def test_gradients(self):
        physics = LowDoseTomography(as_physics(self.A, dtype=torch.float64), photons=10, scale=0.1)
        x = tensor((1, 6, 6), torch.float64).abs().requires_grad_()
        assert torch.autograd.gradcheck(physics, x)
        y = physics(x).detach().requires_grad_()
        assert torch.autograd.gradcheck(physics.backproject, y)

    def test_comes_back_in_another_precision(self):
        physics = LowDoseTomography(self.A, photons=7, floor=0.5, scale=2)
        double = as_physics(physics, dtype=torch.float64)
        assert isinstance(double.linearised, LinearPhysics)
        assert (double.photons, double.floor, double.scale) == (7, 0.5, 2)
        x = tensor((1, 6, 6), torch.float64).abs() / 10
        torch.testing.assert_close(double(x).float(), physics(x.float()))

    @pytest.mark.parametrize("name", ["photons", "floor", "scale"])
    @pytest.mark.parametrize("value", [0.0, -1.0, float("inf"), float("nan")])
    def test_numbers_are_checked(self, name, value):
        with pytest.raises(ValueError, match=f"`{name}` must be positive and finite; got"):
            LowDoseTomography(self.A, **{name: value})

    def test_line_integrals_are_real_and_linear(self):
        for physics in (op.fourier(MASK), LowDoseTomography(self.A)):
            with pytest.raises(ValueError, match="line integrals must be linear and real"):
                LowDoseTomography(physics)
