"""Shifts of arrays, known from their numbers: no permutation is made or kept for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..groups.action import GroupAction
from ..groups.signed import SignedPermutation

__all__ = ["Rolls", "rolls_of"]


@dataclass(frozen=True)
class Rolls:
    r"""A direct product of cyclic groups whose generators roll an array, each along its own axis.

    Attributes
    ----------
    shape : tuple of int
        Of the array.
    axes, steps, periods : tuple of int
        Of each generator, with step times period the side: every number but 0 moves something.
    """

    shape: tuple[int, ...]
    axes: tuple[int, ...]
    steps: tuple[int, ...]
    periods: tuple[int, ...]

    def apply(self, label: int, x: torch.Tensor, *, inverted: bool) -> torch.Tensor:
        r""":math:`T_g x`, or its inverse, of the rows of x, (B, n)."""
        exponents = np.unravel_index(label, self.periods)
        sign = -1 if inverted else 1
        by = [sign * step * int(e) for step, e in zip(self.steps, exponents, strict=True)]
        axes = [1 + axis for axis in self.axes]
        return torch.roll(x.reshape(-1, *self.shape), by, axes).reshape(x.shape)


def rolls_of(action: Any) -> Rolls | None:
    """Return an action as rolls, or ``None`` where it is something else."""
    if not isinstance(action, GroupAction) or action.periods is None:
        return None
    grid = np.arange(action.n).reshape(action.shape)
    found = [_roll(generator, grid) for generator in action.generators]
    if None in found:
        return None
    axes, steps = zip(*found, strict=True)
    sides = [step * period for step, period in zip(steps, action.periods, strict=True)]
    if len(set(axes)) < len(axes) or sides != [action.shape[axis] for axis in axes]:
        return None
    return Rolls(tuple(action.shape), axes, steps, tuple(action.periods))


def _roll(generator: Any, grid: np.ndarray) -> tuple[int, int] | None:
    """Axis and step of a generator."""
    if not isinstance(generator, SignedPermutation) or generator.signs is not None:
        return None
    first = np.unravel_index(int(generator.images[0]), grid.shape)
    moved = np.flatnonzero(first)
    if len(moved) != 1:
        return None
    axis, step = int(moved[0]), int(first[moved[0]])
    rolled = np.roll(grid, -step, axis).reshape(-1)
    return (axis, step) if np.array_equal(rolled, generator.images) else None
