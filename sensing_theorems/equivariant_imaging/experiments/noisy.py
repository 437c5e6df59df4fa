"""Experiments with noise: equivariance with and without Stein's unbiased risk estimate."""

from __future__ import annotations

from ..low_dose import LowDoseTomography
from ..noise import PoissonGaussianNoise
from ..physics import as_physics
from .experiment import Experiment, Given
from .setups import mri_for_turns, tomography

__all__ = ["LOW_DOSE", "NOISE_LEVELS", "NOISY", "noisy_mri"]

NOISE_LEVELS = (0.01, 0.05, 0.1, 0.2)
# Levels are predicted for measurements without noise, so there is no forgetting to compare.
_COLD = {"warm_start": False, "warm_steps": None}
_LOSSES = ("pinv", "ei", "rei", "supervised")
# Photons of a ray that meets nothing, and the deviation of the electronic noise in counts.
_PHOTONS, _ELECTRONIC = 1e4, 30.0
_SCALE = 0.25


def noisy_mri(level: float) -> Experiment:
    """Half of k-space under Gaussian noise of a standard deviation."""
    return Experiment(
        f"mri-noise-{level:g}",
        f"MRI, mask made for quarter turns, noise of deviation {level:g}",
        mri_for_turns,
        {"losses": _LOSSES, "noise": level, **_COLD},
    )


def low_dose() -> Given:
    """Views through an object that leaves one photon in a hundred, on counts over I0."""
    given = tomography(7)
    # Small singular values would turn the noise of few photons into the whole image.
    line_integrals = as_physics(given.operators, rcond=0.03)
    physics = LowDoseTomography(line_integrals, photons=1.0, floor=1e-3, scale=_SCALE)
    return given._replace(operators=physics)


NOISY: tuple[Experiment, ...] = tuple(noisy_mri(level) for level in NOISE_LEVELS)
LOW_DOSE = Experiment(
    "ct-low-dose",
    "CT, 7 views, few photons, quarter turns",
    low_dose,
    {
        "losses": _LOSSES,
        "noise": PoissonGaussianNoise(sigma=_ELECTRONIC / _PHOTONS, gamma=1 / _PHOTONS),
        **_COLD,
    },
)
