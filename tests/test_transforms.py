"""Transforms that are no group: scalings, interpolated rotations, and their stacks."""

from __future__ import annotations

import itertools
import math
import pickle

import numpy as np
import oracles
import pytest

import sensing_theorems as st
from sensing_theorems.groups.transforms import LinearMap

METHODS = ("auto", "gram", "krylov", "dense", "blocks", "spin")


def dense(T: LinearMap) -> np.ndarray:
    matrix = T.matrix()
    return matrix.toarray() if hasattr(matrix, "toarray") else matrix


def stacked(A: np.ndarray, transforms) -> np.ndarray:
    return np.vstack([oracles.realified(A, "real") @ dense(T) for T in transforms.maps])


SETS = {
    "fourier in": st.groups.scalings(15),
    "fourier out": st.groups.scalings(15, direction="out"),
    "fourier even": st.groups.scalings(12, direction="out"),
    "fourier 2-D": st.groups.scalings(6, 9, factors=(2, 3)),
    "fourier 3-D": st.groups.scalings(3, 4, 5, direction="out"),
    "pixels in": st.groups.scalings(16, by="pixels"),
    "pixels out": st.groups.scalings(8, 8, by="pixels", direction="out"),
    "pixels odd": st.groups.scalings(9, by="pixels", factors=(3,)),
    "pixels mixed": st.groups.scalings(24, by="pixels", factors=(2, 3)),
    "bilinear": st.groups.interpolated_rotations(7, 5),
    "bicubic": st.groups.interpolated_rotations(6, 7, "bicubic"),
    "shear odd": st.groups.interpolated_rotations(7, 9, "shear"),
    "shear even": st.groups.interpolated_rotations(6, 9, "shear"),
}
SEMIGROUPS = {name: found for name, found in SETS.items() if hasattr(found, "direction")}
ROTATIONS = ("bilinear", "bicubic", "shear")
every_set = pytest.mark.parametrize("transforms", SETS.values(), ids=SETS.keys())
every_semigroup = pytest.mark.parametrize("scaling", SEMIGROUPS.values(), ids=SEMIGROUPS.keys())
every_method = pytest.mark.parametrize("method", ROTATIONS)


class TestTransformSet:
    @every_set
    def test_pull_back_is_the_transpose(self, transforms, rng):
        x, y = rng.standard_normal((2, transforms.n))
        for T in transforms:
            assert T(x) @ y == pytest.approx(x @ T.pull_back(y), rel=1e-10, abs=1e-12)

    @every_set
    def test_maps_are_their_matrices(self, transforms, rng):
        n = transforms.n
        x = rng.standard_normal((2, 3, n))
        z = x + 1j * rng.standard_normal(x.shape)
        assert len(transforms) == len(transforms.maps) == len(transforms.labels)
        for label, T in zip(transforms.labels, transforms.maps, strict=True):
            M = dense(T)
            assert M.shape == (n, n)
            for signals in (x, z):
                np.testing.assert_allclose(transforms.apply(label, signals), signals @ M.T)
                np.testing.assert_allclose(T.pull_back(signals), signals @ M)
            assert T(x).dtype == np.float64
            assert T(x[:, :0]).shape == (2, 0, n)

    @every_set
    def test_the_first_map_is_the_identity(self, transforms, rng):
        x = rng.standard_normal(transforms.n)
        np.testing.assert_array_equal(transforms.maps[0](x), x)

    @every_set
    def test_workers_can_receive_it(self, transforms, rng):
        x = rng.standard_normal(transforms.n)
        again = pickle.loads(pickle.dumps(transforms))
        np.testing.assert_array_equal(again.maps[-1](x), transforms.maps[-1](x))

    @every_set
    def test_stack_has_an_operator_for_every_map(self, transforms, rng):
        n = transforms.n
        real = rng.standard_normal((3, n))
        mask = rng.random(transforms.shape) < 0.5
        mask.flat[0] = True
        kinds = [real, real + 1j * rng.standard_normal((3, n)), real.astype(np.float32)]
        for A in (*kinds, st.operators.inpainting(mask), st.operators.fourier(mask)):
            operator = st.as_operator(A)
            listed = transforms.stack(A)
            assert len(listed) == len(transforms)
            for seen, T in zip(listed, transforms, strict=True):
                assert seen.shape == operator.shape
                assert seen.dtype == operator.dtype
                expected = operator.to_dense() @ dense(T)
                tolerance = 1e-5 if operator.dtype == np.float32 else 1e-12
                np.testing.assert_allclose(seen.to_dense(), expected, atol=tolerance)
                np.testing.assert_allclose(
                    seen.rmatmat(np.eye(len(expected))), expected.conj().T, atol=tolerance
                )

    def test_entries_that_would_be_too_many_are_not_kept(self, rng, monkeypatch):
        from sensing_theorems.groups import transforms as module

        monkeypatch.setattr(module, "_STORED", 10)
        A, scaling = rng.standard_normal((3, 15)), SETS["fourier in"]
        assert all(seen.matrix is None for seen in scaling.stack(A))
        np.testing.assert_allclose(
            np.vstack([seen.to_dense() for seen in scaling.stack(A)]), stacked(A, scaling)
        )
        assert st.stacked_rank(A, scaling).rank == oracles.rank(stacked(A, scaling))

    def test_generators_make_the_rest(self):
        labels = SETS["fourier in"].labels
        made = SETS["fourier in"].generators
        assert made == tuple(SETS["fourier in"].element(s) for s in labels if s in (2, 3, 5, 7))
        assert SETS["bilinear"].generators == (SETS["bilinear"].maps[1],)
        assert len(st.groups.interpolated_rotations(3, 1).generators) == 1
        assert len(st.groups.scalings(1).generators) == 1

    @pytest.mark.parametrize("attribute", ["irreps", "transform", "order", "is_cyclic"])
    @pytest.mark.parametrize(
        ("kind", "why"),
        [
            ("fourier in", "scalings are not invertible"),
            ("bilinear", "compose only approximately.*kravchuk_rotations"),
        ],
    )
    def test_refuses_what_only_groups_have(self, attribute, kind, why):
        with pytest.raises(ValueError, match=f"{why}.*"):
            getattr(SETS[kind], attribute)
        with pytest.raises(ValueError, match="stacked_rank"):
            getattr(SETS[kind], attribute)

    def test_refuses_labels_and_signals_that_do_not_fit(self):
        with pytest.raises(ValueError, match=r"labelled 1, 2, 3, .*; got 99"):
            SETS["fourier in"].apply(99, np.zeros(15))
        with pytest.raises(ValueError, match=r"shape \(..., 15\); got \(14,\)"):
            SETS["fourier in"].apply(1, np.zeros(14))
        with pytest.raises(ValueError, match=r"signals, R\^4; scalings.* is on R\^15"):
            SETS["fourier in"].stack(np.eye(4))
        one = SETS["bilinear"].maps[0]
        with pytest.raises(ValueError, match="2 maps and 1 labels"):
            st.groups.TransformSet("twice", 49, (49,), (one, one), (0,))

    def test_a_matrix_of_an_image_is_refused(self):
        scaling = st.groups.scalings(128, 128, factors=(2,))
        with pytest.raises(ValueError, match="16384 x 16384"):
            scaling.element(2).matrix()

    def test_says_what_it_is(self):
        assert "scalings(15, in, by fourier): n=15, 8 maps" in repr(SETS["fourier in"])
        plain = st.groups.TransformSet("plain", 49, (49,), SETS["bilinear"].maps[:2], (0, 1))
        assert "2 maps" in repr(plain)
        assert plain.generators == plain.maps
        with pytest.raises(ValueError, match="form no group"):
            plain.irreps  # noqa: B018


class TestScalings:
    @every_semigroup
    def test_products_are_maps_of_the_product(self, scaling):
        matrices = {s: dense(scaling.element(s)) for s in scaling.labels}
        for a, b in itertools.product(scaling.labels, repeat=2):
            if a * b in matrices:
                np.testing.assert_allclose(matrices[a] @ matrices[b], matrices[a * b], atol=1e-13)

    @every_semigroup
    def test_closed_means_that_products_are_listed_up_to_a_factor(self, scaling):
        listed = [dense(T) for T in scaling.maps]
        products = [a @ b for a, b in itertools.product(listed, repeat=2)]

        def parallel(a, b):
            size = np.linalg.norm(a) * np.linalg.norm(b)
            return abs(np.sum(a * b)) >= (1 - 1e-12) * size

        closed = all(any(parallel(p, T) for T in listed) for p in products)
        assert scaling.closed == closed

    def test_sizes_that_are_closed_under_powers_of_two(self):
        # The two pixels of the centre fill the image in the end, if the side is a power of two.
        assert st.groups.scalings(16, by="pixels").labels == (1, 2, 4, 8)
        assert st.groups.scalings(16, by="pixels").closed
        assert st.groups.scalings(28, 28, by="pixels").labels == (1, 2)
        assert not st.groups.scalings(28, 28, by="pixels").closed
        assert st.groups.scalings(27, by="pixels", factors=[3]).labels == (1, 3, 9, 27)
        assert st.groups.scalings(27, by="pixels", factors=[3]).closed

    @pytest.mark.parametrize("shape", [(15,), (16,), (7, 10), (3, 4, 5)])
    def test_zooming_out_is_zooming_in_transposed(self, shape):
        into, out = (st.groups.scalings(*shape, direction=d) for d in ("in", "out"))
        for a, b in zip(into, out, strict=True):
            np.testing.assert_allclose(dense(a), dense(b).T, atol=1e-13)

    @pytest.mark.parametrize("n", [15, 16])
    def test_cosines_by_fourier(self, n):
        t, band = np.arange(n) / n, (n - 1) // 2
        into, out = (st.groups.scalings(n, direction=d) for d in ("in", "out"))
        for s, f, phase in itertools.product(range(2, band + 1), range(band + 1), (0.0, 0.7)):
            wave = np.cos(2 * np.pi * f * t + phase)
            faster = np.cos(2 * np.pi * s * f * t + phase) * (s * f <= band)
            slower = np.cos(2 * np.pi * f / s * t + phase) * (f % s == 0)
            np.testing.assert_allclose(out.apply(s, wave), faster, atol=1e-12)
            np.testing.assert_allclose(into.apply(s, wave), slower, atol=1e-12)

    def test_the_highest_frequency_of_an_even_side_is_kept_by_the_identity_alone(self):
        wave = np.cos(np.pi * np.arange(8))
        for direction in ("in", "out"):
            scaling = st.groups.scalings(8, direction=direction)
            np.testing.assert_array_equal(scaling.apply(1, wave), wave)
            for s in scaling.labels[1:]:
                np.testing.assert_allclose(scaling.apply(s, wave), 0, atol=1e-15)

    def test_the_formulas_of_the_documentation(self, rng):
        """Samples of a polynomial and of its scaled versions, from the polynomial itself."""
        shape, s = (5, 7), 2
        f = np.stack(np.meshgrid(*(np.arange(-(N // 2), N // 2 + 1) for N in shape)), -1)
        f = f.reshape(-1, 2)
        low = np.all(np.abs(s * f) <= np.array(shape) // 2, axis=1)
        c = np.array([1, 1j]) @ rng.standard_normal((2, len(f)))
        t = np.stack(np.meshgrid(*(np.arange(N) / N for N in shape), indexing="ij"), -1)

        def polynomial(t, c):
            return (np.exp(2j * np.pi * t @ f.T) @ c).real

        out = st.groups.scalings(*shape, factors=(s,), direction="out")
        np.testing.assert_allclose(
            out.apply(s, polynomial(t, c * low).ravel()).reshape(shape),
            polynomial(s * t, c * low),
            atol=1e-12,
        )
        into = st.groups.scalings(*shape, factors=(s,), direction="in")
        shifts = itertools.product(range(s), repeat=2)
        mean = sum(polynomial((t + np.array(k)) / s, c) for k in shifts) / s**2
        np.testing.assert_allclose(
            into.apply(s, polynomial(t, c).ravel()).reshape(shape), mean, atol=1e-12
        )

    def test_pixels_explicitly(self):
        x = np.arange(8.0)
        into = st.groups.scalings(8, by="pixels")
        out = st.groups.scalings(8, by="pixels", direction="out")
        np.testing.assert_array_equal(into.apply(2, x), [2, 2, 3, 3, 4, 4, 5, 5])
        np.testing.assert_array_equal(into.apply(4, x), [3, 3, 3, 3, 4, 4, 4, 4])
        np.testing.assert_array_equal(out.apply(2, x), [0, 0, 0.5, 2.5, 4.5, 6.5, 0, 0])
        np.testing.assert_array_equal(out.apply(4, x), [0, 0, 0, 1.5, 5.5, 0, 0, 0])

    def test_pixels_of_an_image(self, rng):
        x = rng.standard_normal((8, 12))
        into = st.groups.scalings(8, 12, by="pixels")
        centre = x[2:6, 3:9]
        np.testing.assert_array_equal(
            into.apply(2, x.ravel()).reshape(x.shape), np.kron(centre, np.ones((2, 2)))
        )
        small = np.zeros_like(x)
        small[2:6, 3:9] = x.reshape(4, 2, 6, 2).mean(axis=(1, 3))
        out = st.groups.scalings(8, 12, by="pixels", direction="out")
        np.testing.assert_allclose(out.apply(2, x.ravel()).reshape(x.shape), small)

    def test_out_shrinks_and_in_enlarges(self):
        bump = np.exp(-((np.arange(32) - 15.5) ** 2) / 18)
        bright = [
            np.count_nonzero(st.groups.scalings(32, by="pixels", direction=d).apply(2, bump) > 0.5)
            for d in ("out", "in")
        ]
        assert bright[0] < np.count_nonzero(bump > 0.5) < bright[1]

    def test_factors(self):
        assert st.groups.scalings(15).labels == (1, 2, 3, 4, 5, 6, 7, 8)
        # 8 is the first product beyond the band, and stands for all of them.
        assert st.groups.scalings(15, factors=(3, 2)).labels == (1, 2, 3, 4, 6, 8)
        assert st.groups.scalings(15, factors=(2, 20)).labels == (1, 2, 4, 20)
        assert st.groups.scalings(15, factors=(1,)).labels == (1,)
        assert st.groups.scalings(5, 9).labels == (1, 2, 3, 4, 5)
        assert [st.groups.scalings(n).labels for n in (1, 2, 3)] == [(1,), (1, 2), (1, 2)]
        assert st.groups.scalings(24, by="pixels", factors=(2, 3)).labels == (1, 2, 3, 4, 6, 12)

    def test_beyond_the_band_only_the_mean_is_left(self, rng):
        x = rng.standard_normal(15)
        for direction in ("in", "out"):
            found = st.groups.scalings(15, factors=(8, 50), direction=direction)
            for s in (8, 50):
                np.testing.assert_allclose(found.apply(s, x), x.mean())

    @pytest.mark.parametrize(
        ("shape", "options", "what"),
        [
            ((), {}, "at least one axis"),
            ((8,), {"direction": "up"}, "'in' or 'out'; got 'up'"),
            ((8,), {"by": "wavelets"}, "'fourier' or 'pixels'; got 'wavelets'"),
            ((8,), {"factors": ()}, "`factors` must have at least one"),
            ((8,), {"factors": (0,)}, "positive integer; got 0"),
            ((12,), {"factors": (4,), "by": "pixels"}, "by 4 needs sides that 8 divides"),
            ((9, 6), {"factors": (9,), "by": "pixels"}, "by 9 needs sides that 9 .*got 9x6"),
            ((9,), {"by": "pixels"}, "that 4 divides.*got 9"),
        ],
    )
    def test_refuses(self, shape, options, what):
        with pytest.raises(ValueError, match=what):
            st.groups.scalings(*shape, **options)

    def test_refuses_factors_that_are_no_integers(self):
        with pytest.raises(TypeError, match="`factors` must be an integer; got float"):
            st.groups.scalings(8, factors=(1.5,))

    def test_exact_crops_are_exactly_those_on_the_grid(self):
        for n, s in itertools.product(range(1, 40), range(2, 12)):
            on_grid = n % s == 0 and (n - n // s) % 2 == 0
            try:
                st.groups.scalings(n, factors=(s,), by="pixels")
            except ValueError:
                assert not on_grid
            else:
                assert on_grid

    def test_says_what_must_be_true_of_the_signals(self):
        for name, scaling in SEMIGROUPS.items():
            assert "necessary where T_s X is contained in X" in scaling.invariance
            assert f"zoomed {scaling.direction}" in scaling.invariance
            assert "Scale-EI" in scaling.invariance
            assert ("not all listed" in scaling.invariance) == (not scaling.closed), name


class TestStackOfScalings:
    LOW = np.abs(np.fft.fftfreq(15, 1 / 15)) <= 1

    @pytest.mark.parametrize("method", METHODS)
    @pytest.mark.parametrize(("direction", "rank"), [("in", 15), ("out", 3)])
    def test_direction_matters(self, method, direction, rank):
        # Zooming in brings every frequency to 1; zooming out brings only 0 and 1 to 0 and 1.
        A = st.operators.fourier(self.LOW)
        scaling = st.groups.scalings(15, direction=direction)
        found = st.stacked_rank(A, scaling, method=method)
        assert found.clear
        assert found.least_rank <= rank <= found.most_rank
        assert found.full == (rank == 15)
        if method != "krylov":
            assert found.rank == rank == oracles.rank(stacked(A.to_dense(), scaling))

    def test_a_square_of_low_frequencies(self):
        # Scaling is common to both axes: only multiples of the nine frequencies are seen, the eight
        # directions by their band of 4, and the mean.
        low = np.abs(np.fft.fftfreq(9, 1 / 9)) <= 1
        A = st.operators.fourier(np.outer(low, low))
        found = st.stacked_rank(A, st.groups.scalings(9, 9))
        assert (found.rank, found.clear) == (8 * 4 + 1, True)
        assert st.stacked_rank(A, st.groups.scalings(9, 9, direction="out")).rank == 9

    @every_semigroup
    @pytest.mark.parametrize("method", ["auto", "gram", "dense"])
    def test_against_brute_force(self, scaling, method, rng):
        A = rng.standard_normal((2, scaling.n))
        found = st.stacked_rank(A, scaling, method=method)
        stack = stacked(A, scaling)
        assert found.rank == oracles.rank(stack)
        assert found.clear
        if not found.full:
            assert np.linalg.norm(stack @ found.witness()) < 1e-10

    @pytest.mark.parametrize("name", [n for n, scaling in SEMIGROUPS.items() if scaling.closed])
    def test_the_null_space_is_invariant(self, name, rng):
        # The reason why full rank is necessary.
        scaling = SEMIGROUPS[name]
        found = st.stacked_rank(rng.standard_normal((1, scaling.n)), scaling)
        assert not found.full
        for T in scaling:
            hidden = T(found.witness())
            np.testing.assert_allclose(found.invisible_part(hidden), hidden, atol=1e-9)

    def test_several_operators_are_stacked_one_by_one(self, rng):
        scaling = SETS["fourier in"]
        listed = [rng.standard_normal((1, 15)), rng.standard_normal((2, 15)) + 1j]
        found = st.stacked_rank(listed, scaling)
        assert found.rank == oracles.rank(np.vstack([stacked(A, scaling) for A in listed]))

    def test_over_the_complex_numbers(self):
        A = st.operators.fourier(np.fft.fftfreq(15, 1 / 15) == 1)
        # Multiples of one frequency; over the reals the opposite ones come for free.
        assert st.stacked_rank(A, st.groups.scalings(15), field="complex").rank == 7
        assert st.stacked_rank(A, st.groups.scalings(15)).rank == 14

    @pytest.mark.parametrize("direction", ["in", "out"])
    def test_exactly(self, direction, rng):
        scaling = st.groups.scalings(8, 8, by="pixels", direction=direction)
        mask = rng.random((8, 8)) < 0.4
        A = st.operators.inpainting(mask)
        found = st.stacked_rank(A, scaling, method="exact")
        assert found.rank == oracles.rank(stacked(A.to_dense(), scaling))
        assert found.certificate.verify(scaling.stack(A))

    def test_measurements_in_other_units_do_not_confuse_it(self):
        A = np.vstack([np.fft.fft(np.eye(15))[1].real, 1e-17 * np.fft.fft(np.eye(15))[1].imag])
        found = st.stacked_rank(A, st.groups.scalings(15, direction="in"))
        assert not found.clear
        assert "weaker than rounding" in found.note

    def test_image_size(self):
        low = np.abs(np.fft.fftfreq(32, 1 / 32)) <= 3
        A = st.operators.fourier(np.outer(low, low))
        into, out = (st.groups.scalings(32, 32, direction=d) for d in ("in", "out"))
        assert st.stacked_rank(A, out).rank == 49
        frequencies = itertools.product(range(-15, 16), repeat=2)
        # A frequency is seen if some common divisor brings it below 4.
        seen = sum(math.gcd(*f) * 3 >= max(map(abs, f)) for f in frequencies)
        assert st.stacked_rank(A, into).rank == seen

    def test_problems_are_about_groups(self):
        A = st.operators.fourier(self.LOW)
        for transforms in (SETS["fourier in"], st.groups.interpolated_rotations(3, 5)):
            with pytest.raises(TypeError, match=r"about groups; got .*`stacked_rank` takes"):
                st.Problem(A, transforms)
        with pytest.raises(TypeError, match="must be a GroupAction, as the constructors"):
            st.stacked_rank(A, "scalings")
        with pytest.raises(ValueError, match=r"signals, R\^15; scalings.* is on R\^9"):
            st.stacked_rank(A, st.groups.scalings(9))


def blob(size: int, x: float, y: float, width: float) -> np.ndarray:
    """A Gaussian about (x, y), to the right of the centre and up."""
    right = np.arange(size) - (size - 1) / 2
    return np.exp(-((right - x) ** 2 + (-right[:, None] - y) ** 2) / (2 * width**2)).ravel()


class TestInterpolatedRotations:
    @every_method
    @pytest.mark.parametrize("size", [1, 6, 7])
    @pytest.mark.parametrize("order", [1, 2, 4, 8, 12])
    def test_quarter_turns_are_numpys(self, method, size, order, rng):
        x = rng.standard_normal((size, size))
        turns = st.groups.interpolated_rotations(size, order, method)
        for k in range(order):
            if 4 * k % order == 0:
                turned = np.rot90(x, 4 * k // order).ravel()
                np.testing.assert_array_equal(turns.apply(k, x.ravel()), turned)

    @every_method
    def test_a_blob_goes_round_counter_clockwise(self, method):
        size, order, (x, y) = 21, 9, (3.0, 1.0)
        turns = st.groups.interpolated_rotations(size, order, method)
        for k in range(order):
            c, s = math.cos(2 * math.pi * k / order), math.sin(2 * math.pi * k / order)
            expected = blob(size, c * x - s * y, s * x + c * y, 2.0)
            # Half of the largest second derivative, 1/4, at half a pixel off in two directions.
            np.testing.assert_allclose(turns.apply(k, blob(size, x, y, 2.0)), expected, atol=0.07)

    def test_smooth_images_tell_the_methods_apart(self):
        size, order, (x, y) = 21, 9, (2.0, 1.0)
        errors = {}
        for method in ROTATIONS:
            turns = st.groups.interpolated_rotations(size, order, method)
            worst = 0.0
            for k in range(1, order):
                c, s = math.cos(2 * math.pi * k / order), math.sin(2 * math.pi * k / order)
                expected = blob(size, c * x - s * y, s * x + c * y, 2.0)
                worst = max(worst, np.abs(turns.apply(k, blob(size, x, y, 2.0)) - expected).max())
            errors[method] = worst
        assert errors["bicubic"] < errors["bilinear"] / 10
        assert errors["shear"] < errors["bicubic"]

    def test_bilinear_keeps_linear_functions(self):
        # Inside, where all four pixels around exist.
        size, order = 9, 5
        right = np.arange(size) - 4.0
        plane = (2 * right - 3 * -right[:, None]).ravel()
        inside = (np.hypot(right, right[:, None]) <= 3).ravel()
        turns = st.groups.interpolated_rotations(size, order)
        for k in range(order):
            c, s = math.cos(2 * math.pi * k / order), math.sin(2 * math.pi * k / order)
            expected = ((2 * c + 3 * s) * right + (2 * s - 3 * c) * -right[:, None]).ravel()
            np.testing.assert_allclose(turns.apply(k, plane)[inside], expected[inside], atol=1e-12)

    def test_splines_pass_through_the_pixels(self):
        # A tiny angle changes little; without the prefilter it would blur.
        from sensing_theorems.groups.interpolation import _bicubic, _rotation

        tiny = _rotation(9, 1, 10**9, _bicubic)
        np.testing.assert_allclose(dense(tiny), np.eye(81), atol=1e-6)

    @pytest.mark.parametrize("size", [6, 7])
    def test_shears_are_orthogonal_and_turned_back_by_their_transposes(self, size):
        turns = st.groups.interpolated_rotations(size, 10, "shear")
        for k in range(10):
            T = dense(turns.element(k))
            np.testing.assert_allclose(T.T @ T, np.eye(size**2), atol=1e-13)
        # Up to 45 degrees, beyond which quarter turns come in on one side.
        back = dense(turns.element(9))
        np.testing.assert_allclose(back, dense(turns.element(1)).T, atol=1e-13)

    def test_refuses(self):
        with pytest.raises(ValueError, match="one of bilinear, bicubic, shear; got 'nearest'"):
            st.groups.interpolated_rotations(8, 8, "nearest")
        with pytest.raises(ValueError, match="`size` must be a positive integer; got 0"):
            st.groups.interpolated_rotations(0, 8)
        with pytest.raises(TypeError, match="`order` must be an integer"):
            st.groups.interpolated_rotations(8, 2.5)

    @every_method
    @pytest.mark.parametrize("method_of_rank", ["auto", "gram", "dense"])
    def test_stacks_reach_what_quarter_turns_cannot(self, method, method_of_rank, rng):
        A = rng.standard_normal((12, 49))
        turns = st.groups.interpolated_rotations(7, 9, method)
        found = st.stacked_rank(A, turns, method=method_of_rank)
        assert found.rank == oracles.rank(stacked(A, turns)) == 49
        assert st.stacked_rank(A, st.groups.quarter_turns(7)).rank == 48


def defects_by_definition(matrices: list[np.ndarray]) -> tuple[float, float]:
    count, eye = len(matrices), np.eye(len(matrices[0]))
    pairs = itertools.product(range(count), repeat=2)
    return (
        max(
            np.linalg.norm(matrices[a] @ matrices[b] - matrices[(a + b) % count], 2)
            for a, b in pairs
        ),
        max(np.linalg.norm(T.T @ T - eye, 2) for T in matrices),
    )


class TestDefects:
    @every_method
    @pytest.mark.parametrize("size", [6, 7, 9, 12])
    def test_are_what_they_are_defined_as(self, method, size):
        # Sizes on both sides of where decompositions give way to iteration.
        turns = st.groups.interpolated_rotations(size, 5, method)
        expected = defects_by_definition([dense(T) for T in turns])
        np.testing.assert_allclose(turns.defects, expected, rtol=1e-5, atol=1e-12)
        assert turns.defects is turns.defects

    @every_method
    @pytest.mark.parametrize("size", [5, 16])
    def test_vanish_for_quarter_turns(self, method, size):
        turns = st.groups.interpolated_rotations(size, 4, method)
        assert turns.defects == (0.0, 0.0)

    @pytest.mark.parametrize(
        ("method", "composition", "orthogonality"),
        [("bilinear", 0.85, 1.0), ("bicubic", 1.03, 1.0), ("shear", 2.0, 2e-15)],
    )
    def test_at_17_x_17(self, method, composition, orthogonality):
        # Measured elsewhere for turns by 30, 45 and 75 degrees: far from a group, all of them.
        turns = st.groups.interpolated_rotations(17, 24, method)
        a, b, both = (dense(turns.element(k)) for k in (2, 3, 5))
        assert np.linalg.norm(a @ b - both, 2) == pytest.approx(composition, abs=0.01)
        found = st.groups.interpolated_rotations(17, 8, method).defects
        assert found.composition > composition - 0.01
        if method == "shear":
            assert found.orthogonality < 100 * orthogonality
        else:
            # Corners leave the image, and nothing of them is left.
            assert found.orthogonality == pytest.approx(orthogonality, abs=0.01)

    def test_of_many_maps_are_a_lower_bound(self):
        turns = st.groups.interpolated_rotations(6, 20)
        found = turns.defects
        composition, orthogonality = defects_by_definition([dense(T) for T in turns])
        assert 0.9 * composition <= found.composition <= composition + 1e-9
        assert found.orthogonality == pytest.approx(orthogonality)
        assert st.groups.interpolated_rotations(4, 300).defects.composition > 0.5

    def test_of_a_true_group_beyond_decompositions(self, rng):
        # Conjugated by a random rotation, so that all entries are rounded.
        basis = np.linalg.qr(rng.standard_normal((100, 100)))[0]
        shift = [basis @ np.roll(np.eye(100), 25 * k, axis=0) @ basis.T for k in range(4)]
        found = st.groups.approximate_action(shift).defects
        assert max(found) < 1e-11

    def test_of_a_perturbed_group_are_the_perturbation(self, rng):
        for n in (16, 80):
            maps = [np.roll(np.eye(n), n // 4 * k, axis=0) for k in range(4)]
            maps[2] = maps[2] + 0.01 * np.outer(np.eye(n)[0], np.eye(n)[1])
            found = st.groups.approximate_action(maps).defects
            np.testing.assert_allclose(found, defects_by_definition(maps), rtol=1e-5)
            assert 0.01 <= found.composition < 0.03


class TestApproximateAction:
    def test_of_dense_and_sparse_maps(self, rng):
        from scipy import sparse

        maps = [np.eye(6), sparse.random_array((6, 6), density=0.5, rng=rng), np.ones((6, 6))]
        found = st.groups.approximate_action(maps, name="mine", shape=(2, 3))
        assert (found.name, found.n, found.shape, found.labels) == ("mine", 6, (2, 3), (0, 1, 2))
        for T, given in zip(found, maps, strict=True):
            plain = given.toarray() if sparse.issparse(given) else given
            np.testing.assert_array_equal(dense(T), plain)
            x = rng.standard_normal((4, 6))
            np.testing.assert_allclose(T(x), x @ plain.T)
            np.testing.assert_allclose(T.pull_back(x), x @ plain)
        A = rng.standard_normal((2, 6))
        assert st.stacked_rank(A, found).rank == oracles.rank(stacked(A, found))

    def test_later_changes_of_the_maps_do_not_matter(self):
        given = np.eye(3)
        found = st.groups.approximate_action([given])
        given[:] = 0
        np.testing.assert_array_equal(found.apply(0, np.ones(3)), np.ones(3))

    @pytest.mark.parametrize(
        ("maps", "options", "what"),
        [
            ([], {}, "at least one; got"),
            ([np.ones((2, 3))], {}, "square matrices of one size"),
            ([np.eye(2), np.eye(3)], {}, "square matrices of one size"),
            ([1j * np.eye(2)], {}, "must be real"),
            ([np.full((2, 2), np.nan)], {}, "must be finite"),
            ([np.eye(4)], {"shape": (2, 3)}, r"as many entries as a signal, 4; got \(2, 3\)"),
        ],
    )
    def test_refuses(self, maps, options, what):
        with pytest.raises(ValueError, match=what):
            st.groups.approximate_action(maps, **options)


def test_hasattr_sees_no_irreps():
    zooms = st.groups.scalings(8)
    assert not hasattr(zooms, "irreps") and hasattr(zooms, "maps")
