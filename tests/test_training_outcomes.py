"""Small trainings that must come out as predicted: learned, or not, or forgotten."""

from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

import sensing_theorems as st  # noqa: E402
from sensing_theorems import equivariant_imaging as ei  # noqa: E402

SIZE = 16
EVERY_SEED = pytest.mark.parametrize("seed", [0, 1, 2])


def low_frequencies(most):
    f = np.abs(np.fft.fftfreq(SIZE, 1 / SIZE))
    return np.maximum(f[:, None], f[None, :]) <= most


def seen_by_turns(seed):
    """Of every frequency and its quarter turn, up to sign, one at random; and others besides.

    Without others a turn would show nothing that was seen before, and training stays where it is.
    """
    rng, kept = np.random.default_rng(seed), np.zeros((SIZE, SIZE), bool)
    for k in np.ndindex(SIZE, SIZE):
        orbit = [k, (k[1], -k[0] % SIZE)]
        chosen = orbit[rng.integers(2)]
        if not any(kept[place] for place in orbit):
            kept[chosen] = kept[-chosen[0] % SIZE, -chosen[1] % SIZE] = True
    return kept | (rng.random((SIZE, SIZE)) < 0.3)


def trained(operator, action, seed, **settings):
    images = ei.signals.shapes(500, SIZE, rng=seed)
    return ei.compare(
        operator,
        action,
        images,
        **{"losses": ("pinv", "ei"), "network": "unet-7k", "steps": 150, "every": 150} | settings,
        seed=seed,
    )


def gain(found):
    return found.psnr["ei"] - found.psnr["pinv"]


@EVERY_SEED
class TestLearnable:
    def test_random_pixels_and_shifts(self, seed):
        mask = np.random.default_rng(seed).random((SIZE, SIZE)) < 0.5
        found = trained(st.operators.inpainting(mask), st.groups.shifts(SIZE, SIZE), seed)
        assert found.prediction.outcome.value == "learnable" and gain(found) > 2

    def test_a_part_of_k_space_and_quarter_turns(self, seed):
        operator = st.operators.fourier(seen_by_turns(seed))
        found = trained(operator, st.groups.quarter_turns(SIZE), seed)
        assert found.prediction.outcome.value == "learnable" and gain(found) > 2


@EVERY_SEED
class TestNotLearnable:
    def test_low_pass_and_shifts(self, seed):
        operator = st.operators.fourier(low_frequencies(5))
        found = trained(operator, st.groups.shifts(SIZE, SIZE), seed)
        assert found.prediction.outcome.value == "not learnable" and abs(gain(found)) < 0.05
        assert found.history["ei"].loss[-1] < 1e-6

    def test_the_same_part_of_k_space_and_shifts(self, seed):
        operator = st.operators.fourier(seen_by_turns(seed))
        found = trained(operator, st.groups.shifts(SIZE, SIZE), seed)
        assert found.prediction.outcome.value == "not learnable" and abs(gain(found)) < 0.05
        assert found.history["ei"].loss[-1] < 1e-6


class TestForgetting:
    def test_what_nobody_sees_is_forgotten(self):
        operator = st.operators.fourier(low_frequencies(5))
        found = trained(
            operator,
            st.groups.shifts(SIZE, SIZE),
            0,
            losses=("pinv", "ei", "supervised"),
            warm_start=True,
            warm_steps=200,
        )
        known, kept = found.psnr["supervised"], found.warm_psnr["ei"]
        assert known > found.psnr["pinv"] + 4
        assert math.isclose(kept, found.prediction.stack_psnr, abs_tol=0.5)
