"""Masked images, the network that is trained on them, and the clocks."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter, process_time

import numpy as np
import torch

import sensing_theorems as st
from sensing_theorems import equivariant_imaging as ei

__all__ = ["POINTWISE", "UNET", "Contest", "Times"]

UNET, POINTWISE = "unet-26k", "three weights"
# Seconds that pass, and seconds of work of this process: on a machine that is shared, less noisy.
Times = np.ndarray
_IMAGES, _TEST_IMAGES = 1024, 100


@dataclass(frozen=True, eq=False)
class Contest:
    """What all contestants are given; half of the pixels are seen.

    The network maps an image and the mask to what is added where the mask is 0.
    """

    batch: int
    shape: tuple[int, int]
    mask: torch.Tensor
    seen: torch.Tensor
    network: torch.nn.Module
    physics: ei.Physics
    train: ei.Measured
    test: ei.Measured

    @classmethod
    def of(
        cls, batch: int, shape: tuple[int, int], device: torch.device, network: str = UNET
    ) -> Contest:
        rng = np.random.default_rng(0)
        keep = rng.permutation(shape[0] * shape[1]).reshape(shape) % 2 == 0
        physics = ei.as_physics(st.operators.inpainting(keep), device=device)
        images = rng.random((_IMAGES + _TEST_IMAGES, *shape))
        train, test = (
            ei.measure([physics], part, None, torch.Generator(), device=device)
            for part in (images[:_IMAGES], images[_IMAGES:])
        )
        mask = torch.from_numpy(keep).to(device, torch.float32)[None, None]
        seen = mask * train.batches[0].x[:, None]
        trained = _network(network, physics, rng).to(device)
        return cls(batch, shape, mask, seen, trained, physics, train, test)

    @property
    def device(self) -> torch.device:
        return self.mask.device

    def clock(self) -> Times:
        """Both clocks, when all is done that was asked for before."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return np.array([perf_counter(), process_time()])

    def draw(self) -> torch.Tensor:
        """A batch of masked images (B, 1, H, W)."""
        return self.seen[torch.randint(len(self.seen), (self.batch,), device=self.device)]


def _network(name: str, physics: ei.Physics, rng: np.random.Generator) -> torch.nn.Module:
    if name == POINTWISE:
        network = last = torch.nn.Conv2d(2, 1, 1)
    else:
        network = ei.as_reconstruction(name, physics).network
        last = network.last
    # Zero in a U-Net otherwise, and then nobody's loss would depend on the other layers.
    weights = rng.normal(0, 0.1, tuple(last.weight.shape))
    last.weight.data.copy_(torch.from_numpy(weights))
    return network
