"""Experiments that put predictions to the test: setups, noise, several operators.

`SETUPS` are the rows of the validation, `NOISY` and `LOW_DOSE` those with noise, and `GainPhase` is
a diagram over the number of operators and their rows.
"""

from .experiment import Experiment, Given
from .noisy import LOW_DOSE, NOISE_LEVELS, NOISY
from .phase import GainPhase, gains
from .run import run, run_one
from .setups import SETUPS, SIZE

__all__ = [
    "LOW_DOSE",
    "NOISE_LEVELS",
    "NOISY",
    "SETUPS",
    "SIZE",
    "Experiment",
    "GainPhase",
    "Given",
    "gains",
    "run",
    "run_one",
]
