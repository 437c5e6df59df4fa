"""The learnability spectrum, by irrep: against explicit stacks, closed forms, and noise levels."""

from __future__ import annotations

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as some

import sensing_theorems as st

SMALL = oracles.small_actions(st)


def explicit(A: np.ndarray, action) -> np.ndarray:
    stack = oracles.stack(A, oracles.dense_elements(action))
    values = np.linalg.svd(stack, compute_uv=False)
    return np.concatenate([values, np.zeros(max(0, action.n - values.size))])[: action.n]


class TestByIrrep:
    @pytest.mark.parametrize("name", SMALL)
    def test_rows_with_their_dimensions_are_the_singular_values_of_the_stack(self, name, rng):
        action = SMALL[name]
        for m in (1, 2, action.n):
            A = rng.standard_normal((m, action.n))
            spectrum = st.stacked_rank(A, action, method="blocks").spectrum
            repeated = np.concatenate([np.repeat(row.values, row.dim) for row in spectrum])
            np.testing.assert_allclose(np.sort(repeated)[::-1], explicit(A, action), atol=1e-10)
            assert len(list(spectrum)) == len(spectrum)

    def test_shifts_see_each_frequency_as_strongly_as_the_transform_of_the_rows(self, rng):
        A = rng.standard_normal((3, 12))
        spectrum = st.stacked_rank(A, st.groups.shifts(12)).spectrum
        strength = np.linalg.norm(np.fft.fft(A, axis=1), axis=0)
        for row in spectrum:
            frequency = row.label.removeprefix("frequency ")
            top, _, bottom = frequency.partition("/")
            index = 12 * int(top) // int(bottom or 1)
            np.testing.assert_allclose(row.values, [strength[index]])

    def test_restricting_to_one_irrep_leaves_its_row_alone(self, rng):
        # Rows of A that live in one character give signals there, and nothing elsewhere.
        n, k = 10, 3
        wave = np.cos(2 * np.pi * k * np.arange(n) / n)
        spectrum = st.stacked_rank(wave[None], st.groups.shifts(n)).spectrum
        seen = {row.label for row in spectrum if row.values[0] > 1e-12}
        assert seen == {"frequency 3/10", "frequency 7/10"}

    def test_weakest_come_first(self, rng):
        A = rng.standard_normal((3, 64))
        spectrum = st.stacked_rank(A, st.groups.shifts(8, 8)).spectrum
        rows = spectrum.weakest(5)
        lows = [row.values.min() for row in rows]
        assert lows == sorted(lows)
        assert lows[0] == pytest.approx(spectrum.values[-1])

    def test_a_group_too_large_for_floats_has_gains_and_no_list(self, rng):
        found = st.stacked_rank(rng.standard_normal((1, 200)), st.groups.symmetric(200))
        assert found.full
        assert not found.spectrum.listed
        assert found.singular_values is None
        assert found.effective_rank(0) == 200


class TestEffectiveRank:
    @given(
        m=some.integers(1, 4),
        level=some.floats(0, 1.5),
        name=some.sampled_from(sorted(SMALL)),
        seed=some.integers(0, 99),
    )
    def test_counts_what_stands_above_the_noise(self, m, level, name, seed):
        action = SMALL[name]
        A = np.random.default_rng(seed).standard_normal((m, action.n))
        values = explicit(A, action)
        bar = level * values[0]
        if np.any(np.abs(values - bar) < 1e-9 * values[0]):
            return
        for method in ("blocks", "dense"):
            found = st.stacked_rank(A, action, method=method)
            assert found.effective_rank(level) == np.count_nonzero(values > bar)

    def test_no_noise_gives_the_rank_and_all_noise_nothing(self, rng):
        for m in (1, 3):
            found = st.stacked_rank(rng.standard_normal((m, 64)), st.groups.quarter_turns(8))
            assert found.effective_rank(0) == found.rank
            assert found.effective_rank(1) == 0

    def test_full_rank_is_worth_nothing_beyond_the_noise_limit(self, rng):
        found = st.stacked_rank(rng.standard_normal((20, 64)), st.groups.quarter_turns(8))
        limit = found.spectrum.noise_limit
        assert found.full
        assert found.effective_rank(0.999 * limit) == 64
        assert found.effective_rank(1.001 * limit) < 64

    @given(seed=some.integers(0, 999))
    def test_at_the_noise_limit_itself_a_direction_is_lost(self, seed):
        A = np.random.default_rng(seed).standard_normal((6, 6))
        found = st.stacked_rank(A)
        if found.full and found.clear:
            assert found.effective_rank(found.spectrum.noise_limit) < 6

    def test_a_deficient_stack_has_no_noise_limit(self):
        low = np.abs(np.fft.fftfreq(16)) < 0.25
        found = st.stacked_rank(st.operators.fourier(low), st.groups.shifts(16))
        assert found.spectrum.noise_limit == 0

    def test_of_a_blur_counts_the_frequencies_that_pass(self):
        response = np.exp(-0.5 * (2 * np.pi * 1.5 * np.fft.fftfreq(32)) ** 2)
        kernel = np.fft.fftshift(np.fft.ifft(response).real)
        found = st.stacked_rank(st.operators.blur(kernel, (32,)), st.groups.shifts(32))
        for level in (1e-8, 1e-4, 1e-2, 0.5):
            assert found.effective_rank(level) == np.count_nonzero(response > level)

    def test_scaling_the_operator_changes_nothing(self, rng):
        A = rng.standard_normal((2, 16))
        plain = st.stacked_rank(A, st.groups.shifts(16)).effective_rank(0.3)
        assert st.stacked_rank(1e150 * A, st.groups.shifts(16)).effective_rank(0.3) == plain

    @pytest.mark.parametrize("level", [-0.1, np.nan])
    def test_refuses_no_level(self, level):
        with pytest.raises(ValueError, match="number >= 0"):
            st.stacked_rank(np.eye(3)).effective_rank(level)

    def test_refuses_where_there_are_no_singular_values(self):
        with pytest.raises(ValueError, match="method 'spin' has not"):
            st.stacked_rank(np.eye(3), method="spin").effective_rank(0.1)


class TestOfASketch:
    @pytest.mark.parametrize(
        "action", [st.groups.shifts(16, 16), st.groups.polar_rotations(8, 32)], ids=["c=1", "c=8"]
    )
    def test_estimates_scatter_as_they_say(self, action, rng):
        A = rng.standard_normal((500, 256)) * np.linspace(0.1, 3, 256)
        exact = st.stacked_rank(A, action, method="blocks").spectrum
        found = st.stacked_rank(A, action, method="sketch")
        estimate = found.spectrum
        assert found.singular_values is None
        assert 0 < estimate.relative_error < 0.5
        for ours, theirs in zip(estimate.gains, exact.gains, strict=True):
            # A maximum over all irreps, hence a few standard deviations.
            assert np.abs(ours / theirs - 1).max() < 5 * estimate.relative_error

    def test_of_nothing_is_nothing(self):
        found = st.stacked_rank(np.zeros((3, 12)), st.groups.shifts(12), method="sketch")
        assert found.effective_rank(0) == 0

    def test_of_few_rows_is_exact(self, rng):
        A = rng.standard_normal((20, 64))
        action = st.groups.shifts(8, 8)
        estimate = st.stacked_rank(A, action, method="sketch").spectrum
        assert estimate.relative_error == 0
        np.testing.assert_allclose(
            estimate.values, st.stacked_rank(A, action, method="blocks").singular_values
        )

    def test_equal_seed_equal_spectrum(self, rng):
        A = rng.standard_normal((300, 64))
        pair = [st.stacked_rank(A, st.groups.shifts(64), method="sketch").spectrum for _ in "ab"]
        np.testing.assert_array_equal(pair[0].values, pair[1].values)
