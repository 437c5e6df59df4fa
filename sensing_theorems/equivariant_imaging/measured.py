"""Signals, each seen through one operator: what a training is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from .noise import Noise
from .physics import Physics

__all__ = ["Batch", "Measured", "measure"]

# Of signals that are measured at once.
_TOGETHER = 512


@dataclass(frozen=True, eq=False)
class Batch:
    """Measurements of some signals through one operator, with the signals.

    Attributes
    ----------
    y : torch.Tensor, (B, m)
    x : torch.Tensor, (B, *shape)
    physics : Physics
    """

    y: torch.Tensor
    x: torch.Tensor
    physics: Physics


@dataclass(frozen=True, eq=False)
class Measured:
    """Signals seen through operators, one batch for each operator.

    Attributes
    ----------
    batches : tuple of Batch
        Empty ones are left out.

    Raises
    ------
    ValueError
        If measurements are not finite.
    """

    batches: tuple[Batch, ...]

    def __post_init__(self) -> None:
        for batch in self.batches:
            y = torch.view_as_real(batch.y) if batch.y.is_complex() else batch.y
            bad = int(torch.logical_not(torch.isfinite(y)).sum())
            if bad:
                raise ValueError(
                    f"measurements must be finite; of those of {batch.physics.name} {bad} of "
                    f"{y.numel()} numbers are not."
                )

    def __len__(self) -> int:
        return sum(len(batch.y) for batch in self.batches)

    def draw(self, size: int, rng: torch.Generator) -> Batch:
        """Return a random batch, of one operator, which is drawn as often as it has signals.

        Parameters
        ----------
        size : int
            At most so many signals, drawn with replacement.
        rng : torch.Generator
            On the CPU.
        """
        chosen = self.batches[0]
        if len(self.batches) > 1:
            counts = torch.tensor([float(len(batch.y)) for batch in self.batches])
            chosen = self.batches[int(torch.multinomial(counts, 1, generator=rng))]
        places = torch.randint(len(chosen.y), (size,), generator=rng).to(chosen.y.device)
        return Batch(chosen.y[places], chosen.x[places], chosen.physics)


def measure(
    physics: Sequence[Physics],
    signals: NDArray[np.number],
    noise: Noise | None,
    rng: torch.Generator,
    *,
    device: torch.device | str = "cpu",
) -> Measured:
    r"""Measure signal i through operator i mod G: :math:`y_i = A_{i \bmod G}\, x_i + e_i`.

    Parameters
    ----------
    physics : sequence of Physics
        On `device`, and of one dtype.
    signals : ndarray, (N, *shape)
    noise : Noise or None
    rng : torch.Generator
        Of the noise.
    device : torch.device

    Raises
    ------
    ValueError
        If there are fewer signals than operators, or measurements are not finite.
    """
    if len(signals) < len(physics):
        raise ValueError(
            f"there must be a signal for each of {len(physics)} operators; got {len(signals)}."
        )
    batches = []
    for index, A in enumerate(physics):
        part = np.ascontiguousarray(signals[index :: len(physics)])
        x = torch.as_tensor(part).to(device, A.dtype)
        y = torch.cat([_measured(A, some, noise, rng) for some in x.split(_TOGETHER)])
        batches.append(Batch(y, x, A))
    return Measured(tuple(batches))


def _measured(
    physics: Physics, x: torch.Tensor, noise: Noise | None, rng: torch.Generator
) -> torch.Tensor:
    with torch.no_grad():
        y = physics(x)
        return y if noise is None else noise(y, rng)
