"""Settings of a comparison, checked before anything is computed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import torch

from ..files import listed
from .losses.named import DENOISING, NAMES
from .noise import Noise, as_noise
from .training import Schedule

__all__ = ["PINV", "Settings", "chosen_device"]

PINV = "pinv"
_MOST = 2**63 - 1
_PRECISIONS = {"float32": torch.float32, "float64": torch.float64, "bfloat16": torch.float32}


@dataclass(frozen=True)
class Settings:
    """Everything about a comparison but operators, action, signals and network.

    `compare` describes them.
    """

    losses: tuple[str, ...]
    schedule: Schedule
    warm: Schedule | None
    noise: Noise | None
    seed: int
    device: torch.device
    precision: str = "float32"
    weight: float = 1.0
    rcond: float | None = None
    consistent: bool = True
    compile: bool = False

    def __post_init__(self) -> None:
        for name in self.losses:
            if name not in (PINV, *NAMES):
                raise ValueError(f"losses must be among {PINV}, {listed(NAMES)}; got {name!r}.")
        if len(set(self.losses)) < len(self.losses):
            raise ValueError(f"losses must differ; got {listed(self.losses)}.")
        if self.warm is not None and "supervised" not in self.losses:
            raise ValueError(
                "a warm start must have a supervised network to start from: name 'supervised' "
                f"among the losses; got {listed(self.losses)}."
            )
        if not 0 <= _integer(self.seed, "seed") <= _MOST:
            raise ValueError(f"`seed` must lie in 0, …, 2^63 - 1; got {self.seed!r}.")
        if not isinstance(self.precision, str) or self.precision not in _PRECISIONS:
            raise ValueError(
                f"`precision` must be among {listed(_PRECISIONS)}; got {self.precision!r}."
            )
        if isinstance(self.weight, bool) or not isinstance(self.weight, Real):
            raise TypeError(f"`weight` must be a number; got {self.weight!r}.")
        if not (math.isfinite(self.weight) and self.weight >= 0):
            raise ValueError(f"`weight` must be finite, not negative; got {self.weight!r}.")

    @property
    def trained(self) -> tuple[str, ...]:
        """Losses that train a network, the supervised one first, since others may start from it."""
        found = [name for name in self.losses if name != PINV]
        return tuple(sorted(found, key=lambda name: name != "supervised"))

    @property
    def warmed(self) -> tuple[str, ...]:
        """Losses that go on from the supervised network."""
        if self.warm is None:
            return ()
        return tuple(name for name in self.trained if name not in ("mc", "supervised"))

    @property
    def real_dtype(self) -> torch.dtype:
        """Of networks, and of real signals."""
        return _PRECISIONS[self.precision]

    def dtype(self, is_complex: bool) -> torch.dtype:
        """Of signals."""
        real = self.real_dtype
        if not is_complex:
            return real
        return torch.complex128 if real == torch.float64 else torch.complex64

    def about(self) -> dict[str, Any]:
        """Plain values for people, and for the fingerprint of all trainings."""
        return {
            "noise": None if self.noise is None else repr(self.noise),
            "seed": self.seed,
            "device": self.device.type,
            "precision": self.precision,
            "weight": self.weight,
            "rcond": self.rcond,
            "consistent": self.consistent,
            "compile": self.compile,
        }

    @classmethod
    def of(cls, losses: Any, noise: Any, consistent: bool | None, **rest: Any) -> Settings:
        """Return settings from what users write: names, a noise level, nothing."""
        if isinstance(losses, str):
            losses = (losses,)
        if not isinstance(losses, Sequence) or not all(isinstance(name, str) for name in losses):
            raise TypeError(f"`losses` must be names of losses; got {losses!r}.")
        if consistent is not None and not isinstance(consistent, bool):
            raise TypeError(f"`consistent` must be True, False or None; got {consistent!r}.")
        found = as_noise(noise)
        if consistent is None:
            consistent = found is None and not set(losses) & set(DENOISING)
        return cls(losses=tuple(losses), noise=found, consistent=bool(consistent), **rest)


def chosen_device(device: str | torch.device) -> torch.device:
    """Return the device: "auto" is a GPU where there is one.

    Raises
    ------
    ValueError
        If there is no such device.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        found = torch.device(device)
        torch.zeros(1, device=found).cpu()
    except (RuntimeError, AssertionError, TypeError, NotImplementedError) as error:
        raise ValueError(
            f"`device` must be 'auto' or a device of this machine; got {device!r}."
        ) from error
    return found


def _integer(value: Any, name: str) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"`{name}` must be an integer; got {value!r}.")
    return int(value)
