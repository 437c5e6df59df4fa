"""Experiments with noise: equivariance with and without Stein's unbiased risk estimate."""

from __future__ import annotations

from functools import partial

from ..low_dose import LowDoseTomography
from ..noise import PoissonGaussianNoise
from ..physics import as_physics
from .experiment import Experiment, Given
from .setups import inpainting, mri_for_turns, shifts, tomography

__all__ = ["LOW_DOSE", "NOISE_LEVELS", "NOISY", "noisy"]

NOISE_LEVELS = (0.01, 0.05, 0.1, 0.2)
_LOSSES = ("pinv", "ei", "rei", "supervised")
# Photons of a ray that meets nothing, and the deviation of the electronic noise in counts.
_PHOTONS, _ELECTRONIC = 1e4, 30.0
_SCALE = 0.25


def noisy(title: str, key: str, level: float, build: partial[Given]) -> Experiment:
    """Return an experiment under Gaussian noise of a standard deviation."""
    return Experiment(
        f"{key}-noise-{level:g}",
        f"{title}, noise of deviation {level:g}",
        build,
        {"losses": _LOSSES, "noise": level, "warm_start": False},
    )


def low_dose() -> Given:
    """Views through an object that leaves one photon in a hundred, on counts over I0."""
    given = tomography(7)
    # Small singular values would turn the noise of few photons into the whole image.
    line_integrals = as_physics(given.operators, rcond=0.03)
    physics = LowDoseTomography(line_integrals, photons=1.0, floor=1e-3, scale=_SCALE)
    return given._replace(operators=physics)


NOISY: tuple[tuple[str, tuple[Experiment, ...]], ...] = (
    (
        "inpainting, 50 % of the pixels, shifts",
        tuple(
            noisy("inpainting", "inpainting", level, partial(inpainting, 0.5, shifts))
            for level in NOISE_LEVELS
        ),
    ),
    (
        "MRI ×2, mask made for quarter turns",
        tuple(noisy("MRI", "mri", level, partial(mri_for_turns)) for level in NOISE_LEVELS),
    ),
)
LOW_DOSE = Experiment(
    "ct-low-dose",
    "CT, 7 views, few photons, quarter turns",
    low_dose,
    {
        "losses": _LOSSES,
        "noise": PoissonGaussianNoise(sigma=_ELECTRONIC / _PHOTONS, gamma=1 / _PHOTONS),
        "warm_start": False,
    },
)
