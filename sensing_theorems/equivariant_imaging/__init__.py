"""Equivariant imaging: train networks on measurements alone, and see whether they obey the theory.

`compare` trains one network with several losses and puts what comes out beside what
`sensing_theorems.predict` says. Its parts are of use on their own: `physics` and `transforms` turn
operators and actions into differentiable maps of tensors, `losses` take any f(y, physics),
`networks` are small, and `signals` need no download. Needs PyTorch, the extra `train`.
"""

try:
    import torch as _torch  # noqa: F401
except ImportError as error:
    raise ImportError(
        "equivariant imaging needs PyTorch: pip install 'sensing-theorems[train]'."
    ) from error

from . import experiments, losses, networks, signals
from .checkpoints import Checkpoint
from .compare import compare
from .evaluation import estimates, psnr
from .losses.named import named_loss
from .low_dose import LowDoseTomography
from .measured import Batch, Measured, measure
from .noise import GaussianNoise, Noise, PoissonGaussianNoise, PoissonNoise, as_noise
from .physics import LinearPhysics, Physics, as_physics
from .reconstruction import Reconstruction, Reconstructor, as_reconstruction
from .training import Schedule, Trained, TrainingDiverged, train
from .transforms import Transforms, as_transforms

__all__ = [
    "Batch",
    "Checkpoint",
    "GaussianNoise",
    "LinearPhysics",
    "LowDoseTomography",
    "Measured",
    "Noise",
    "Physics",
    "PoissonGaussianNoise",
    "PoissonNoise",
    "Reconstruction",
    "Reconstructor",
    "Schedule",
    "Trained",
    "TrainingDiverged",
    "Transforms",
    "as_noise",
    "as_physics",
    "as_reconstruction",
    "as_transforms",
    "compare",
    "estimates",
    "experiments",
    "losses",
    "measure",
    "named_loss",
    "networks",
    "psnr",
    "signals",
    "train",
]
