"""Networks in mixed precision, and compiled ones."""

from __future__ import annotations

import torch

from .reconstruction import Reconstructor
from .settings import Settings

__all__ = ["MixedPrecision", "compiled", "in_precision"]


class MixedPrecision(torch.nn.Module):
    """A network that computes in bfloat16 where that does no harm, and answers in float32.

    Only the network does: transforms, operators and losses need all their digits.
    """

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Answer of the network, in the precision of x."""
        with torch.autocast(x.device.type, torch.bfloat16):
            return self.network(x).to(x.dtype)


def in_precision(f: torch.nn.Module, settings: Settings) -> torch.nn.Module:
    """Return f on the device and in the precision of the settings."""
    f = f.to(device=settings.device, dtype=settings.real_dtype)
    if isinstance(f, Reconstructor) and settings.precision == "bfloat16":
        f.network = MixedPrecision(f.network)
    return f


def compiled(f: torch.nn.Module, settings: Settings) -> torch.nn.Module:
    """Return f, its network handed to `torch.compile` if the settings say so."""
    # Of each copy, since copies of a compiled module are not compiled.
    if settings.compile:
        (f.network if isinstance(f, Reconstructor) else f).compile()
    return f
