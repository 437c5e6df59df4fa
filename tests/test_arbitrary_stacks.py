"""Stacks without structure: many operators, and transforms that are no group."""

from __future__ import annotations

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy import ndimage

import sensing_theorems as st
from sensing_theorems.stacked_rank import _choose

LISTING = ("gram", "krylov")


def interpolated_rotation(size: int, angle: float) -> np.ndarray:
    """Matrix of a bilinear rotation by an angle in degrees, which is no group element."""
    units = np.eye(size * size).reshape(-1, size, size)
    turned = [ndimage.rotate(unit, angle, reshape=False, order=1) for unit in units]
    return np.stack([image.ravel() for image in turned], axis=1)


def zoom_out(n: int, factor: int) -> np.ndarray:
    """Averages of `factor` neighbours in the middle, zeros around: a scaling of R^n."""
    kept = n // factor
    start = (n - kept) // 2
    T = np.zeros((n, n))
    for i in range(kept):
        T[start + i, factor * i : factor * (i + 1)] = 1 / factor
    return T


def decided(found, stack: np.ndarray) -> None:
    """The answer against brute force: full or not, how many, and who is not seen."""
    rank = oracles.rank(stack)
    assert found.clear
    assert found.full == (rank == found.n)
    assert found.least_rank <= rank <= found.most_rank
    if found.full:
        assert found.witness() is None
    else:
        x = found.witness()
        assert np.linalg.norm(x) == pytest.approx(1)
        assert np.linalg.norm(stack @ x) <= 1e-8 * np.linalg.norm(stack, 2)


class TestLists:
    @pytest.mark.parametrize("method", LISTING)
    @pytest.mark.parametrize("count", [1, 3, 6, 9])
    def test_of_random_operators(self, method, count, rng):
        listed = [rng.standard_normal((4, 24)) for _ in range(count)]
        found = st.stacked_rank(listed, method=method)
        decided(found, np.vstack(listed))
        if method == "gram":
            assert found.rank == min(24, 4 * count)

    @given(
        n=some.integers(1, 12),
        rank=some.integers(0, 12),
        count=some.integers(1, 4),
        seed=some.integers(0, 999),
        kind=some.sampled_from(["real", "complex", "single"]),
    )
    def test_of_any_rank(self, n, rank, count, seed, kind):
        rng = np.random.default_rng(seed)
        rows = rng.standard_normal((min(rank, n), n))
        if kind == "complex":
            rows = rows + 1j * rng.standard_normal(rows.shape)
        listed = [rng.standard_normal((2, len(rows))) @ rows for _ in range(count)]
        if kind == "single":
            listed = [A.astype(np.float32) for A in listed]
        stack = np.vstack(
            [oracles.realified(A.astype(np.result_type(A, float)), "real") for A in listed]
        )
        values = np.linalg.svd(stack, compute_uv=False)
        for method in LISTING:
            found = st.stacked_rank(listed, method=method)
            if found.clear:
                eps = 1e-3 if kind == "single" else 1e-9
                expected = np.count_nonzero(values > eps * max(values.max(initial=0), 1e-300))
                assert found.full == (expected == n)
                assert found.least_rank <= expected <= found.most_rank

    @pytest.mark.parametrize("method", LISTING)
    def test_parts_add_up_and_are_what_brute_force_says(self, method, rng):
        listed = [rng.standard_normal((3, 20)) for _ in range(4)]
        null = np.linalg.svd(np.vstack(listed))[2][12:]
        found = st.stacked_rank(listed, method=method)
        x = rng.standard_normal((2, 3, 20))
        np.testing.assert_allclose(found.invisible_part(x), x @ null.T @ null, atol=1e-8)
        np.testing.assert_allclose(found.visible_part(x) + found.invisible_part(x), x)
        share = np.sum((x @ null.T) ** 2, axis=-1) / np.sum(x**2, axis=-1)
        np.testing.assert_allclose(found.invisible_fraction(x), share, atol=1e-8)

    def test_a_sparse_and_a_matrix_free_operator_beside_a_dense_one(self, rng):
        mask = rng.random((4, 6)) < 0.3
        listed = [
            st.operators.inpainting(mask),
            st.operators.tomography(4, [0.3])
            if mask.size == 16
            else st.operators.downsample((24,), 6),
            st.as_operator(rng.standard_normal((3, 24))),
            st.operators.fourier(rng.random(24) < 0.2),
        ]
        stack = np.vstack([oracles.realified(A.to_dense(), "real") for A in listed])
        for method in (*LISTING, "blocks", "dense"):
            decided(st.stacked_rank(listed, method=method), stack)


class TestTransformsThatAreNoGroup:
    def test_interpolated_rotations_reach_what_quarter_turns_cannot(self, rng):
        size = 10
        A = st.as_operator(rng.standard_normal((20, size**2)))
        turns = [interpolated_rotation(size, angle) for angle in range(0, 360, 20)]
        listed = [A @ st.as_operator(T) for T in turns]
        stack = np.vstack([A.matrix @ T for T in turns])
        for method in ("auto", *LISTING):
            found = st.stacked_rank(listed, method=method)
            assert found.rank == oracles.rank(stack) == 100
        assert st.stacked_rank(A, st.groups.quarter_turns(size)).rank == 80

    def test_direction_of_a_scaling_matters(self):
        # Low-pass rows see fine detail only after it was made coarse.
        n = 24
        low = np.fft.fft(np.eye(n))[:3]
        A = np.vstack([low.real, low.imag[1:]])
        forth = [A, A @ zoom_out(n, 2), A @ zoom_out(n, 3)]
        back = [A, A @ zoom_out(n, 2).T, A @ zoom_out(n, 3).T]
        for listed in (forth, back):
            found = st.stacked_rank(listed, method="gram")
            decided(found, np.vstack(listed))
        assert st.stacked_rank(forth).rank != st.stacked_rank(back).rank


class TestGram:
    def test_small_singular_values_keep_their_digits(self, rng):
        # Squaring alone would leave nothing of values below 1e-8.
        n = 40
        left, right = (np.linalg.qr(rng.standard_normal((s, s)))[0] for s in (60, n))
        values = np.concatenate([np.logspace(0, -9, n - 3), np.zeros(3)])
        A = left[:, :n] * values @ right
        found = st.stacked_rank([A[:30], A[30:]], method="gram")
        np.testing.assert_allclose(found.singular_values[: n - 3], values[: n - 3], rtol=1e-5)
        assert found.singular_values[n - 3 :].max() < 1e-14
        assert (found.rank, found.clear) == (n - 3, True)

    def test_full_is_proved_without_a_decomposition(self, rng, monkeypatch):
        from sensing_theorems import gram_engine

        monkeypatch.setattr(gram_engine._Stack, "decompose", lambda self: pytest.fail("needless"))
        listed = [rng.standard_normal((5, 30)) for _ in range(20)]
        found = st.stacked_rank(listed, method="gram")
        assert found.full
        assert found.clear
        assert found.gap > 1e3

    def test_the_gap_of_a_proof_is_a_lower_bound(self, rng):
        listed = [rng.standard_normal((5, 30)) for _ in range(20)]
        found = st.stacked_rank(listed, method="gram")
        smallest = np.linalg.svd(np.vstack(listed), compute_uv=False)[-1]
        assert found.gap <= smallest / found.tolerance * (1 + 1e-9)

    def test_under_a_group(self, rng):
        for action in (st.groups.quarter_turns(6), st.groups.dihedral(4)):
            for m in (1, 4, 20):
                A = rng.standard_normal((m, action.n))
                decided(
                    st.stacked_rank(A, action, method="gram"),
                    oracles.stack(A, oracles.dense_elements(action)),
                )

    def test_deficits_are_named(self):
        A = np.kron(np.eye(4), [1, 1])
        found = st.stacked_rank(A, st.groups.shifts(8), method="gram")
        assert [d.label for d in found.deficient] == ["frequency 1/2"]


class TestKrylov:
    def test_image_size_under_quarter_turns(self, rng):
        # A pixel is seen if any of its four images is in the mask.
        mask = rng.random((128, 128)) < 0.3
        seen = sum(np.rot90(mask, k) for k in range(4)) > 0
        found = st.stacked_rank(st.operators.inpainting(mask), st.groups.quarter_turns(128))
        assert found.method == "krylov"
        assert found.clear
        assert found.least_rank <= seen.sum() <= found.most_rank
        assert found.rank_error > 0
        image = rng.standard_normal((128, 128))
        np.testing.assert_allclose(
            found.invisible_part(image.ravel()).reshape(image.shape), image * ~seen, atol=1e-8
        )

    def test_a_full_stack_of_image_size(self, rng):
        masks = [rng.random((100, 100)) < 0.5 for _ in range(30)]
        missed = ~np.any(masks, axis=0)
        masks[0] |= missed
        found = st.stacked_rank([st.operators.inpainting(mask) for mask in masks])
        assert found.method == "krylov"
        assert (found.full, found.clear, found.rank_error) == (True, True, 0)

    def test_one_lost_pixel_among_ten_thousand_is_found(self, rng):
        masks = [rng.random((100, 100)) < 0.5 for _ in range(30)]
        for mask in masks:
            mask[37, 61] = False
        masks[0] |= ~np.any(masks, axis=0)
        for mask in masks:
            mask[37, 61] = False
        found = st.stacked_rank([st.operators.inpainting(mask) for mask in masks])
        assert not found.full
        assert found.clear
        assert np.abs(found.witness().reshape(100, 100)[37, 61]) == pytest.approx(1)

    def test_what_does_not_converge_is_not_clear(self):
        response = np.exp(-0.5 * (2 * np.pi * 3 * np.fft.fftfreq(256)) ** 2)
        kernel = np.fft.fftshift(np.fft.ifft(response).real)
        found = st.stacked_rank(st.operators.blur(kernel, (256,)), method="krylov")
        assert not found.clear

    def test_says_how_sure_the_number_is(self, rng):
        found = st.stacked_rank(rng.standard_normal((10, 40)), method="krylov")
        assert "±" in str(found)
        report = st.analyze(st.Problem(rng.standard_normal((10, 40))))
        assert "±" not in str(report)

    def test_the_report_does_not_take_an_estimate_for_a_number(self, rng):
        mask = rng.random((100, 100)) < 0.3
        problem = st.Problem(st.operators.inpainting(mask), st.groups.quarter_turns(100))
        report = st.analyze(problem)
        assert report.verdict is st.Verdict.NOT_IDENTIFIABLE
        assert "about" in report.explanation
        assert report.to_dict()["rank"]["rank_error"] > 0


class TestLimits:
    @pytest.mark.parametrize("method", LISTING)
    def test_groups_are_gone_through_only_up_to_64(self, method):
        with pytest.raises(ValueError, match=r"at most 64; shifts\(81\) has 81"):
            st.stacked_rank(np.eye(81)[:2], st.groups.shifts(81), method=method)

    def test_gram_has_a_largest_size(self):
        mask = np.ones(9000, bool)
        with pytest.raises(ValueError, match="up to 8192; got n = 9000"):
            st.stacked_rank(st.operators.inpainting(mask), method="gram")

    @pytest.mark.parametrize(
        ("shape", "action", "expected"),
        [
            ((10, 400), st.groups.shifts(20, 20), "blocks"),
            ((20_000, 1024), st.groups.shifts(32, 32), "sketch"),
            ((1000, 2500), st.groups.trivial(2500), "blocks"),
            ((2000, 4096), st.groups.trivial(4096), "blocks"),
            ((20_000, 3000), st.groups.trivial(3000), "gram"),
            ((60_000, 5000), st.groups.trivial(5000), "krylov"),
            ((1000, 4096), st.groups.quarter_turns(64), "blocks"),
            ((20_000, 10_000), st.groups.quarter_turns(100), "krylov"),
        ],
    )
    def test_the_choice_of_a_method(self, shape, action, expected):
        class Sized:
            pass

        A = Sized()
        A.shape = shape
        assert _choose(A, action) == expected
