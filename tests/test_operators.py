"""Forward operators: each constructor against a definition written out, and shared laws."""

from __future__ import annotations

import itertools
import math
import pickle
from functools import reduce

import numpy as np
import pytest
import scipy.linalg
from scipy import sparse
from scipy.sparse.linalg import LinearOperator

from sensing_theorems import operators as ops
from sensing_theorems.operators import ForwardOperator, real_form, vertical_stack


def half(rng, *shape):
    """A mask with half of its entries True, rounded up."""
    mask = np.arange(math.prod(shape)) % 2 == 0
    return rng.permutation(mask).reshape(shape)


def complex_normal(rng, *shape):
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


CASES = {
    "gaussian": lambda rng: ops.gaussian(5, 12, rng),
    "gaussian, tall": lambda rng: ops.gaussian(12, 5, rng),
    "bernoulli": lambda rng: ops.bernoulli(5, 12, rng),
    "inpainting": lambda rng: ops.inpainting(half(rng, 4, 5)),
    "inpainting, cube": lambda rng: ops.inpainting(half(rng, 2, 3, 4)),
    "fourier": lambda rng: ops.fourier(half(rng, 4, 5)),
    "fourier, line": lambda rng: ops.fourier(half(rng, 7)),
    "fourier, real": lambda rng: ops.fourier(half(rng, 4, 5), real=True),
    "tomography": lambda rng: ops.tomography(5, rng.uniform(-9, 9, 4)),
    "blur": lambda rng: ops.blur(rng.standard_normal((3, 2)), (5, 4)),
    "blur, odd last axis": lambda rng: ops.blur(rng.standard_normal((2, 3)), (4, 5)),
    "blur, complex": lambda rng: ops.blur(complex_normal(rng, 3), (6,)),
    "downsample": lambda rng: ops.downsample((4, 6), (2, 3)),
    "downsample, blur": lambda rng: ops.downsample((4, 6), 2, rng.standard_normal((3, 3))),
    "downsample, complex blur": lambda rng: ops.downsample((6,), 2, complex_normal(rng, 3)),
    "dense, single": lambda rng: ops.as_operator(rng.standard_normal((4, 6)).astype("f4")),
    "dense, complex": lambda rng: ops.as_operator(complex_normal(rng, 4, 6)),
    "dense, complex single": lambda rng: ops.as_operator(complex_normal(rng, 4, 6).astype("c8")),
    "sparse": lambda rng: ops.as_operator(sparse.random_array((4, 6), density=0.5, rng=rng)),
    "sparse, complex": lambda rng: ops.as_operator(
        sparse.csc_array(np.triu(complex_normal(rng, 4, 6)))
    ),
    "stack": lambda rng: vertical_stack([ops.gaussian(2, 6, rng), ops.inpainting(half(rng, 6))]),
    "stack, mixed fields": lambda rng: vertical_stack(
        [ops.inpainting(half(rng, 2, 3)), ops.fourier(half(rng, 2, 3))]
    ),
    "real form of a stack": lambda rng: real_form(
        vertical_stack([ops.inpainting(half(rng, 6)), ops.fourier(half(rng, 6))])
    ),
}


@pytest.fixture(params=CASES)
def A(request, rng) -> ForwardOperator:
    return CASES[request.param](rng)


def tolerance(A):
    return 1e-5 if np.finfo(A.dtype).bits == 32 else 1e-12


class TestEveryOperator:
    def test_is_a_linear_operator_that_knows_itself(self, A):
        assert isinstance(A, LinearOperator)
        assert math.prod(A.shape_in) == A.shape[1]
        assert A.dtype in (np.float32, np.float64, np.complex64, np.complex128)
        assert A.generic in (True, False, None)
        field = "complex" if A.dtype.kind == "c" else "real"
        assert repr(A) == f"<{A.shape[0]}x{A.shape[1]} {field} ForwardOperator: {A.name}>"

    @pytest.mark.parametrize("signals", ["real", "complex"])
    def test_adjoint(self, A, rng, signals):
        draw = complex_normal if signals == "complex" else lambda rng, *s: rng.standard_normal(s)
        x, y = draw(rng, A.shape[1]), draw(rng, A.shape[0])
        scale = np.linalg.norm(A @ x) * np.linalg.norm(y)
        assert abs(np.vdot(y, A @ x) - np.vdot(A.rmatvec(y), x)) <= tolerance(A) * scale
        np.testing.assert_allclose(A.H @ y, A.rmatvec(y))

    def test_matrix(self, A, rng):
        matrix = A.to_dense()
        X, Y = complex_normal(rng, A.shape[1], 3), complex_normal(rng, A.shape[0], 3)
        kind = dict(atol=10 * tolerance(A))
        np.testing.assert_allclose(A @ X, matrix @ X, **kind)
        np.testing.assert_allclose(A.rmatmat(Y), matrix.conj().T @ Y, **kind)
        np.testing.assert_allclose(A.T @ Y, matrix.T @ Y, **kind)
        assert matrix.dtype == A.dtype

    def test_batch_is_column_by_column(self, A, rng):
        X, Y = rng.standard_normal((A.shape[1], 4)), rng.standard_normal((A.shape[0], 4))
        kind = dict(atol=tolerance(A))
        np.testing.assert_allclose(A @ X, np.stack([A @ x for x in X.T], 1), **kind)
        np.testing.assert_allclose(A.rmatmat(Y), np.stack([A.rmatvec(y) for y in Y.T], 1), **kind)
        np.testing.assert_allclose(A @ X[:, :1], (A @ X[:, 0])[:, np.newaxis], **kind)

    def test_empty_batch(self, A):
        assert (A @ np.zeros((A.shape[1], 0))).shape == (A.shape[0], 0)
        assert A.rmatmat(np.zeros((A.shape[0], 0))).shape == (A.shape[1], 0)

    def test_real_signals_of_a_real_operator_stay_real(self, A):
        y = A @ np.ones(A.shape[1], dtype=int)
        assert y.dtype.kind == A.dtype.kind
        assert A.rmatvec(y).dtype.kind == A.dtype.kind

    def test_leaves_its_argument_alone(self, A, rng):
        x = rng.standard_normal(A.shape[1])
        x.setflags(write=False)
        np.testing.assert_array_equal(A @ x, A @ x)

    def test_orthonormal_rows_where_claimed(self, A):
        gram = A.to_dense() @ A.to_dense().conj().T
        if A.orthonormal_rows:
            np.testing.assert_allclose(gram, np.eye(A.shape[0]), atol=1e-12)

    def test_only_gaussian_is_generic(self, A):
        assert (A.generic is True) == A.name.startswith("gaussian")

    def test_travels_to_another_process(self, A):
        copy = pickle.loads(pickle.dumps(A))
        np.testing.assert_array_equal(copy.to_dense(), A.to_dense())
        assert (copy.name, copy.shape_in, copy.generic) == (A.name, A.shape_in, A.generic)

    def test_wrong_sizes_are_refused(self, A):
        with pytest.raises(ValueError, match=r"(?i)dimension mismatch"):
            A @ np.ones(A.shape[1] + 1)

    def test_text_is_refused(self, A):
        with pytest.raises(TypeError, match="numeric arrays"):
            A @ np.full(A.shape[1], "x")


class TestToDense:
    def test_refuses_what_does_not_fit(self):
        with pytest.raises(ValueError, match="12 entries; `max_entries` allows 11"):
            ops.inpainting([1, 1, 1, 0]).to_dense(max_entries=11)

    @pytest.mark.parametrize("m", [600, 1100])  # more columns, or more rows, than one block of 512
    def test_in_blocks(self, rng, m):
        mask = np.arange(1100) < m
        np.testing.assert_array_equal(ops.inpainting(mask).to_dense(), np.eye(1100)[mask])


class TestForwardOperator:
    def test_shape_in_must_fit(self):
        with pytest.raises(ValueError, match=r"as many entries .* 4; got \(3, 2\), which has 6"):
            ForwardOperator(np.copy, np.copy, shape=(4, 4), dtype=float, shape_in=(3, 2))

    def test_integers_are_computed_in_double_precision(self):
        A = ForwardOperator(np.copy, np.copy, shape=(4, 4), dtype=int)
        assert A.dtype == np.float64

    def test_text_is_no_field(self):
        with pytest.raises(TypeError, match="real or complex numbers"):
            ForwardOperator(np.copy, np.copy, shape=(4, 4), dtype=str)


class TestGaussian:
    def test_variance(self, rng):
        # The mean of the squares of mn independent N(0, 1/n) has standard deviation sqrt(2/mn)/n.
        m, n = 200, 50
        squares = ops.gaussian(m, n, rng).to_dense() ** 2
        assert abs(squares.mean() - 1 / n) < 5 * np.sqrt(2 / (m * n)) / n

    def test_one_seed_one_matrix(self):
        one, two = ops.gaussian(3, 4, 7), ops.gaussian(3, 4, np.random.default_rng(7))
        np.testing.assert_array_equal(one.to_dense(), two.to_dense())

    @pytest.mark.parametrize("draw", [ops.gaussian, ops.bernoulli])
    @pytest.mark.parametrize(
        "rng", [None, np.random.RandomState(0), True, 1.0, "0", np.array([1, 2]), np.array([1])]
    )
    def test_chance_is_an_argument(self, draw, rng):
        with pytest.raises(TypeError, match=r"`rng` must be a numpy\.random\.Generator"):
            draw(2, 3, rng)

    @pytest.mark.parametrize("draw", [ops.gaussian, ops.bernoulli])
    def test_sizes(self, draw):
        with pytest.raises(ValueError, match="`m` must be a positive integer; got 0"):
            draw(0, 3, 0)
        with pytest.raises(TypeError, match="`n` must be an integer; got float"):
            draw(2, 3.0, 0)
        with pytest.raises(TypeError, match="`n` must be an integer; got bool"):
            draw(2, True, 0)
        with pytest.raises(TypeError, match="`m` must be an integer; got ndarray"):
            draw(np.array([2, 3]), 4, 0)
        with pytest.raises(ValueError, match="at most 2\\^40 entries"):
            draw(10**30, 4, 0)

    def test_a_whole_number_is_a_seed_in_whatever_it_comes(self):
        expected = ops.gaussian(2, 3, 5).to_dense()
        for seed in (np.int64(5), np.array(5), np.random.SeedSequence(5)):
            np.testing.assert_array_equal(ops.gaussian(2, 3, seed).to_dense(), expected)


class TestBernoulli:
    def test_fair_coins(self, rng):
        entries = ops.bernoulli(200, 50, rng).to_dense()
        assert set(np.unique(entries)) == {0, 1}
        assert abs(entries.mean() - 0.5) < 5 * 0.5 / np.sqrt(entries.size)

    def test_is_not_generic(self, rng):
        assert ops.bernoulli(3, 4, rng).generic is False


MASKED = [ops.inpainting, ops.fourier]


class TestInpainting:
    def test_a_mask_that_hides_is_refused(self):
        with pytest.raises(ValueError, match="hide entries behind a mask"):
            ops.inpainting(np.ma.masked_array([1, 1, 0], [0, 1, 0]))

    def test_is_indexing(self, rng):
        mask, x = half(rng, 3, 4, 2), rng.standard_normal((3, 4, 2))
        A = ops.inpainting(mask)
        np.testing.assert_array_equal(A @ x.ravel(), x[mask])
        assert A.shape_in == (3, 4, 2)
        assert A.name == "inpainting(12 of 24 pixels)"

    def test_zero_filling_is_the_adjoint(self, rng):
        mask, x = half(rng, 4, 4), rng.standard_normal((4, 4))
        A = ops.inpainting(mask)
        np.testing.assert_array_equal(A.rmatvec(A @ x.ravel()), (x * mask).ravel())

    def test_keeps_its_own_mask(self):
        mask = np.array([True, False])
        A = ops.inpainting(mask)
        mask[:] = True
        np.testing.assert_array_equal(A.to_dense(), [[1, 0]])

    @pytest.mark.parametrize("build", MASKED)
    @pytest.mark.parametrize("dtype", [bool, int, float, np.uint8])
    def test_zeros_and_ones_are_booleans(self, build, dtype):
        mask = np.array([[1, 0, 1], [0, 0, 1]])
        np.testing.assert_array_equal(
            build(mask.astype(dtype)).to_dense(), build(mask == 1).to_dense()
        )

    @pytest.mark.parametrize("build", MASKED)
    @pytest.mark.parametrize("values", [[0, 2], [0.5, 1], [np.nan, 1], 1, True])
    def test_other_values_are_refused(self, build, values):
        with pytest.raises(ValueError, match="array of booleans, or of 0 and 1; got shape"):
            build(values)

    @pytest.mark.parametrize("build", MASKED)
    @pytest.mark.parametrize("values", [np.zeros((3, 3)), [], [False]])
    def test_nothing_measured_is_refused(self, build, values):
        with pytest.raises(ValueError, match="True somewhere"):
            build(values)

    @pytest.mark.parametrize("build", MASKED)
    @pytest.mark.parametrize("values", ["mask", None, [1j]])
    def test_other_types_are_refused(self, build, values):
        with pytest.raises(TypeError, match="booleans, or 0 and 1; got dtype"):
            build(values)


class TestFourier:
    def test_flags_are_no_words(self):
        with pytest.raises(TypeError, match="`real` must be True or False; got 'no'"):
            ops.fourier([1, 0], real="no")

    @pytest.mark.parametrize("shape", [(6,), (4, 5), (2, 3, 4)])
    def test_against_the_sum(self, rng, shape):
        def transform(n):
            j = np.arange(n)
            return np.exp(-2j * np.pi * np.outer(j, j) / n) / np.sqrt(n)

        mask = half(rng, *shape)
        dense = reduce(np.kron, [transform(n) for n in shape])[mask.ravel()]
        np.testing.assert_allclose(ops.fourier(mask).to_dense(), dense, atol=1e-14)

    def test_first_entry_is_the_zero_frequency(self, rng):
        mask, x = np.zeros((3, 4)), rng.standard_normal(12)
        mask[0, 0] = 1
        np.testing.assert_allclose(ops.fourier(mask) @ x, [x.sum() / np.sqrt(12)])

    def test_real_stacks_real_and_imaginary_parts(self, rng):
        mask, x = half(rng, 4, 5), rng.standard_normal(20)
        y = ops.fourier(mask) @ x
        A = ops.fourier(mask, real=True)
        np.testing.assert_allclose(A @ x, np.concatenate([y.real, y.imag]))
        assert A.shape == (20, 20)
        assert A.shape_in == (4, 5)
        # The zero frequency has no imaginary part, so that rows of the real form may vanish.
        assert not A.orthonormal_rows


def line_integrals(image, angle):
    """Tomography by its definition, pixel by pixel: {bin: value}."""
    size, c, sums = len(image), (len(image) - 1) / 2, {}
    for i, j in itertools.product(range(size), repeat=2):
        s = (j - c) * math.cos(angle) + (c - i) * math.sin(angle)
        for bin in (math.floor(s + c), math.floor(s + c) + 1):
            share = 1 - abs(s + c - bin)
            if share > 1e-9:
                sums[bin] = sums.get(bin, 0) + share * image[i, j]
    return [sums[bin] for bin in sorted(sums)]


class TestTomography:
    @pytest.mark.parametrize("size", [1, 2, 5, 8])
    def test_against_the_definition(self, rng, size):
        image, angles = rng.standard_normal((size, size)), rng.uniform(-7, 7, 5)
        views = [line_integrals(image, angle) for angle in angles]
        np.testing.assert_allclose(
            ops.tomography(size, angles) @ image.ravel(), np.concatenate(views), atol=1e-12
        )

    @pytest.mark.parametrize("size", [4, 5])
    @pytest.mark.parametrize("turns", [0, 4, -4, 400])
    def test_right_angles_are_exact_sums(self, size, turns):
        image = np.arange(1.0, size**2 + 1).reshape(size, size)
        columns, rows = image.sum(0), image.sum(1)
        expected = [columns, rows[::-1], columns[::-1], rows]
        for quarter, sums in enumerate(expected):
            A = ops.tomography(size, (quarter + turns) * np.pi / 2)
            np.testing.assert_array_equal(A @ image.ravel(), sums)

    @pytest.mark.parametrize("size", [2, 5, 8])
    def test_two_views_know_the_mass_twice(self, size):
        A = ops.tomography(size, [0, np.pi / 2])
        assert A.shape == (2 * size, size**2)
        assert np.linalg.matrix_rank(A.to_dense()) == 2 * size - 1

    def test_every_view_keeps_the_mass(self, rng):
        x = rng.standard_normal(36)
        for angle in np.linspace(0, 7, 29):
            assert np.isclose((ops.tomography(6, [angle]) @ x).sum(), x.sum())

    @pytest.mark.parametrize("size", [4, 5])
    def test_turning_image_and_beam_together_changes_nothing(self, rng, size):
        image = rng.standard_normal((size, size))
        for angle in [0, np.pi / 4, 1, *rng.uniform(-4, 4, 20)]:
            turned = ops.tomography(size, [angle + np.pi / 2]) @ np.rot90(image).ravel()
            straight = ops.tomography(size, [angle]) @ image.ravel()
            np.testing.assert_allclose(turned, straight, atol=1e-12)

    @pytest.mark.parametrize("size", [4, 5])
    def test_opposite_beams_are_mirrored(self, rng, size):
        image = rng.standard_normal(size**2)
        for angle in rng.uniform(-4, 4, 10):
            there, back = (ops.tomography(size, [a]) @ image for a in (angle, angle + np.pi))
            np.testing.assert_allclose(there, back[::-1], atol=1e-12)

    def test_no_row_is_zero(self):
        A = ops.tomography(7, np.linspace(0, np.pi, 9))
        assert np.abs(A.to_dense()).sum(1).min() > 0
        assert sparse.issparse(A.matrix)
        assert A.shape_in == (7, 7)

    @pytest.mark.parametrize("angles", [[], [[0, 1]], [1j]])
    def test_bad_angles(self, angles):
        with pytest.raises(ValueError, match="non-empty list of real radians; got shape"):
            ops.tomography(4, angles)

    def test_angles_without_end(self):
        with pytest.raises(ValueError, match="`angles` must be finite; got 1 NaN"):
            ops.tomography(4, [0, np.nan])

    @pytest.mark.parametrize("size", [4.0, (4, 4), None])
    def test_size_is_one_integer(self, size):
        with pytest.raises(TypeError, match="`size` must be an integer"):
            ops.tomography(size, [0])


class TestBlur:
    @pytest.mark.parametrize("kernel", [(1,), (2,), (3,), (7,)])
    def test_line_is_a_circulant_matrix(self, rng, kernel):
        h = rng.standard_normal(kernel)
        column = np.roll(np.pad(h, (0, 7 - len(h))), -(len(h) // 2))
        np.testing.assert_allclose(
            ops.blur(h, (7,)).to_dense(), scipy.linalg.circulant(column), atol=1e-14
        )

    @pytest.mark.parametrize(
        "kernel, shape", [((3, 2), (5, 4)), ((4, 5), (4, 5)), ((2, 1, 3), (3, 2, 3))]
    )
    @pytest.mark.parametrize(
        "draw", [lambda rng, s: rng.standard_normal(s), lambda r, s: complex_normal(r, *s)]
    )
    def test_is_a_sum_of_shifts(self, rng, kernel, shape, draw):
        h, x = draw(rng, kernel), rng.standard_normal(shape)
        axes = tuple(range(len(shape)))
        centre = np.array(kernel) // 2
        shifted = [h[k] * np.roll(x, tuple(k - centre), axes) for k in np.ndindex(kernel)]
        np.testing.assert_allclose(ops.blur(h, shape) @ x.ravel(), sum(shifted).ravel(), atol=1e-13)

    def test_keeps_its_own_kernel(self):
        kernel = np.array([1.0])
        A = ops.blur(kernel, (3,))
        kernel[0] = 2
        np.testing.assert_allclose(A.to_dense(), np.eye(3), atol=1e-15)

    @pytest.mark.parametrize("kernel", [np.ones(5), np.ones((2, 2)), 1.0])
    def test_kernel_must_fit(self, kernel):
        with pytest.raises(ValueError, match=r"`kernel` must fit into shape \(4,\); got shape"):
            ops.blur(kernel, (4,))

    def test_kernel_must_be_finite(self):
        with pytest.raises(ValueError, match="`kernel` must be finite"):
            ops.blur([1, np.inf], (4,))

    @pytest.mark.parametrize(
        "shape, error, match",
        [
            ((4, 0), ValueError, "`shape` must be a positive integer; got 0"),
            ((), ValueError, "at least one axis"),
            ("44", TypeError, "tuple of integers; got str"),
            (4.0, TypeError, "tuple of integers; got float"),
        ],
    )
    def test_bad_shapes(self, shape, error, match):
        with pytest.raises(error, match=match):
            ops.blur([1], shape)


class TestDownsample:
    def test_factors_may_be_an_array(self):
        expected = ops.downsample((4, 6), (2, 3)).to_dense()
        np.testing.assert_array_equal(ops.downsample((4, 6), np.array([2, 3])).to_dense(), expected)

    @pytest.mark.parametrize(
        "build",
        [
            lambda N: ops.tomography(N, [0]),
            lambda N: ops.blur([1], (N,)),
            lambda N: ops.downsample((N,), 2),
        ],
    )
    def test_sizes_beyond_every_machine(self, build):
        with pytest.raises(ValueError, match="at most 2\\^40 entries"):
            build(10**30)

    @pytest.mark.parametrize("factor", [2, (2, 3), (1, 6), 1])
    def test_is_slicing(self, rng, factor):
        x = rng.standard_normal((4, 6))
        a, b = (factor, factor) if isinstance(factor, int) else factor
        A = ops.downsample((4, 6), factor)
        np.testing.assert_array_equal(A @ x.ravel(), x[::a, ::b].ravel())
        assert A.orthonormal_rows

    def test_blurs_first(self, rng):
        kernel, x = rng.standard_normal((3, 3)), rng.standard_normal(24)
        blurred = (ops.blur(kernel, (4, 6)) @ x).reshape(4, 6)
        A = ops.downsample((4, 6), 2, kernel)
        np.testing.assert_allclose(A @ x, blurred[::2, ::2].ravel())
        assert not A.orthonormal_rows

    @pytest.mark.parametrize("factor", [5, (2, 5), (2,), (2, 2, 1)])
    def test_factor_must_divide(self, factor):
        with pytest.raises(ValueError, match=r"divide every side of shape \(4, 6\)"):
            ops.downsample((4, 6), factor)

    def test_factor_must_be_an_integer(self):
        with pytest.raises(TypeError, match="`factor` must be"):
            ops.downsample((4, 6), 2.0)


class TestRealForm:
    @pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
    def test_is_the_stack_of_both_parts(self, rng, kind):
        matrix = complex_normal(rng, 3, 5)
        A = real_form(ops.as_operator(kind(matrix)))
        np.testing.assert_array_equal(A.to_dense(), np.concatenate([matrix.real, matrix.imag]))
        assert A.dtype == np.float64

    def test_of_a_real_operator_is_itself(self, rng):
        A = ops.gaussian(2, 4, rng)
        assert real_form(A) is A

    @pytest.mark.parametrize("m, n", [(2, 6), (3, 6), (4, 6)])
    def test_a_complex_row_counts_as_two(self, rng, m, n):
        A = ops.as_operator(complex_normal(rng, m, n))
        assert np.linalg.matrix_rank(A.to_dense()) == min(m, n)
        assert np.linalg.matrix_rank(real_form(A).to_dense()) == min(2 * m, n)

    @pytest.mark.parametrize(
        "frequencies, rank",
        # Of a real signal, frequency k tells what -k tells, and 0 and n/2 are real.
        [([0], 1), ([3], 1), ([1], 2), ([1, 5], 2), ([1, 2], 4), (range(6), 6)],
    )
    def test_rank_over_the_reals(self, frequencies, rank):
        mask = np.isin(np.arange(6), list(frequencies))
        assert np.linalg.matrix_rank(real_form(ops.fourier(mask)).to_dense()) == rank

    def test_single_precision_stays(self, rng):
        A = ops.as_operator(complex_normal(rng, 3, 5).astype(np.complex64))
        assert real_form(A).dtype == np.float32

    def test_other_types_are_refused(self):
        with pytest.raises(TypeError, match=r"ForwardOperators; got ndarray\. Wrap it with as_op"):
            real_form(np.eye(2))


class TestVerticalStack:
    def test_is_the_stack(self, rng):
        parts = [ops.gaussian(2, 6, rng), ops.fourier(half(rng, 6)), ops.inpainting(half(rng, 6))]
        A = vertical_stack(parts)
        np.testing.assert_allclose(A.to_dense(), np.concatenate([p.to_dense() for p in parts]))
        assert A.dtype == np.complex128
        assert A.name.startswith("stack of 3: gaussian")

    def test_of_one_is_itself(self, rng):
        A = ops.gaussian(2, 6, rng)
        assert vertical_stack([A]) is A

    def test_signal_shape_where_all_agree(self, rng):
        flat, square = ops.gaussian(2, 4, rng), ops.inpainting(np.eye(2))
        assert vertical_stack([square, square]).shape_in == (2, 2)
        assert vertical_stack([flat, square]).shape_in == (4,)

    @pytest.mark.parametrize(
        "flags, generic",
        [("gg", True), ("gs", False), ("gu", None), ("su", False), ("uu", None)],
    )
    def test_generic(self, rng, flags, generic):
        kinds = {
            "g": lambda: ops.gaussian(2, 4, rng),
            "s": lambda: ops.bernoulli(2, 4, rng),
            "u": lambda: ops.as_operator(rng.standard_normal((2, 4))),
        }
        assert vertical_stack([kinds[flag]() for flag in flags]).generic is generic

    @pytest.mark.parametrize("sizes", [(3, 3), (2, 5)])
    def test_one_seed_used_twice_is_not_generic(self, sizes):
        # A generator fills row by row, so that even stacks of unequal m share their first rows.
        assert vertical_stack([ops.gaussian(m, 8, rng=3) for m in sizes]).generic is False

    def test_large_independent_stack_stays_generic(self, rng):
        assert vertical_stack([ops.gaussian(500, 40, rng) for _ in range(4)]).generic is True

    def test_sizes_must_agree(self, rng):
        with pytest.raises(ValueError, match=r"signals of one size n; got n in \[4, 5\]"):
            vertical_stack([ops.gaussian(2, 5, rng), ops.gaussian(2, 4, rng)])

    def test_nothing_to_stack(self):
        with pytest.raises(ValueError, match="one size n"):
            vertical_stack([])
        for none in (None, ops.gaussian(2, 2, 0)):
            with pytest.raises(TypeError, match="must be a sequence of ForwardOperators"):
                vertical_stack(none)

    def test_other_types_are_refused(self, rng):
        with pytest.raises(TypeError, match="got ndarray"):
            vertical_stack([ops.gaussian(2, 2, rng), np.eye(2)])


class TestMatrices:
    """`as_operator` on what has entries."""

    @pytest.mark.parametrize("dtype", [bool, np.int8, np.uint64, float, ">f8", np.longdouble])
    def test_numbers_are_computed_in_double_precision(self, dtype):
        A = ops.as_operator(np.array([[1, 0], [1, 1]], dtype))
        assert A.dtype == np.float64
        np.testing.assert_array_equal(A.to_dense(), [[1, 0], [1, 1]])

    @pytest.mark.parametrize("dtype", [np.float32, np.complex64, np.complex128])
    def test_precision_and_field_stay(self, dtype):
        assert ops.as_operator(np.eye(2, dtype=dtype)).dtype == dtype

    @pytest.mark.parametrize("kind", ["csr", "csc", "coo", "lil", "dok", "bsr", "dia"])
    def test_sparse_stays_sparse(self, kind):
        for build in (sparse.eye_array, sparse.eye):
            A = ops.as_operator(build(3, format=kind))
            assert sparse.issparse(A.matrix)
            np.testing.assert_array_equal(A.to_dense(), np.eye(3))

    def test_entries_given_twice_add_up(self):
        A = ops.as_operator(sparse.coo_array(([1, 2], ([0, 0], [1, 1])), shape=(1, 2)))
        np.testing.assert_array_equal(A.to_dense(), [[0, 3]])
        unsorted = sparse.csr_array(([1, 2, 3], [1, 0, 1], [0, 3]), shape=(1, 2))
        assert ops.as_operator(unsorted).matrix.has_canonical_format

    @pytest.mark.parametrize("kind", [np.array, sparse.csr_array])
    def test_is_a_copy(self, kind):
        matrix = kind(np.eye(2))
        A = ops.as_operator(matrix)
        matrix[0, 0] = 5
        assert A.to_dense()[0, 0] == 1

    @pytest.mark.parametrize("kind", [np.array, sparse.csr_array])
    def test_entries_are_frozen(self, kind):
        A = ops.as_operator(kind(np.eye(2)))
        stored = A.matrix.data if sparse.issparse(A.matrix) else A.matrix
        with pytest.raises(ValueError, match="read-only"):
            stored[0] = 5
        A.to_dense()[0] = 5
        np.testing.assert_array_equal(A @ [1, 2], [1, 2])

    def test_what_becomes_an_array(self):
        class Table:
            def __array__(self, dtype=None, copy=None):
                return np.eye(2)

        np.testing.assert_array_equal(ops.as_operator(Table()).to_dense(), np.eye(2))

    def test_name_and_signal_shape(self):
        A = ops.as_operator(np.ones((2, 6)), shape_in=(2, 3), name="camera")
        assert (A.shape_in, A.name, A.generic) == ((2, 3), "camera", None)

    def test_operators_pass_through(self, rng):
        A = ops.gaussian(2, 6, rng)
        assert ops.as_operator(A) is A
        B = ops.as_operator(A, shape_in=(2, 3), name="camera")
        assert (B.shape_in, B.name, B.generic) == ((2, 3), "camera", True)
        assert (A.shape_in, A.name) == ((6,), "gaussian(2 x 6)")

    @pytest.mark.parametrize("shape", [(3,), (2, 2, 2), ()])
    def test_vectors_and_cubes_are_refused(self, shape):
        with pytest.raises(ValueError, match=r"two-dimensional, \(m, n\); got shape"):
            ops.as_operator(np.ones(shape))

    def test_sparse_vectors_are_refused(self):
        with pytest.raises(ValueError, match=r"two-dimensional, \(m, n\)"):
            ops.as_operator(sparse.coo_array(np.ones(3)))

    @pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
    @pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
    def test_no_rows_or_columns_are_refused(self, kind, shape):
        with pytest.raises(ValueError, match="must have rows and columns; got shape"):
            ops.as_operator(kind(np.ones(shape)))

    @pytest.mark.parametrize("bad", [np.nan, np.inf, complex(0, np.nan)])
    @pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
    def test_not_finite_is_refused(self, kind, bad):
        with pytest.raises(ValueError, match="`matrix` must be finite; got 1 NaN or infinite"):
            ops.as_operator(kind(np.array([[1, bad]])))

    def test_hidden_entries_are_refused(self):
        with pytest.raises(ValueError, match="behind a mask"):
            ops.as_operator(np.ma.array(np.eye(2), mask=np.eye(2)))

    @pytest.mark.parametrize("dtype", [object, str, "M8[s]"])
    def test_other_entries_are_refused(self, dtype):
        with pytest.raises(TypeError, match="real or complex numbers; got dtype"):
            ops.as_operator(np.zeros((2, 2), dtype))

    @pytest.mark.parametrize("obj", ["A.npy", None, {}, [[1, 0]], 3, object(), ForwardOperator])
    def test_other_things_are_refused(self, obj):
        with pytest.raises(TypeError, match="an operator must be a matrix") as error:
            ops.as_operator(obj)
        assert "\n" not in str(error.value)

    def test_a_matrix_has_its_adjoint(self):
        with pytest.raises(TypeError, match="`adjoint` must be None"):
            ops.as_operator(np.eye(2), adjoint=np.copy)

    @pytest.mark.parametrize("shape_in", [(2, 2), 4])
    def test_signal_shape_must_fit(self, shape_in):
        with pytest.raises(ValueError, match="as many entries as the operator has columns, 3"):
            ops.as_operator(np.eye(3), shape_in=shape_in)
