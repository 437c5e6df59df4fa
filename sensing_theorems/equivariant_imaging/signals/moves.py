"""Random moves of arrays of images, each by its own uniform element of a group."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["dihedral_moves", "shift_moves"]


def dihedral_moves(images: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
    """Square images (N, H, H), each by its own uniform element of D4.

    Two flips and the exchange of the axes, each or not, are the eight elements, every one once.
    """
    count, size, _ = images.shape
    flip, mirror, swap = rng.integers(2, size=(3, count, 1, 1))
    i, j = np.arange(size)[:, None], np.arange(size)[None, :]
    i, j = np.where(flip, size - 1 - i, i), np.where(mirror, size - 1 - j, j)
    i, j = np.where(swap, j, i), np.where(swap, i, j)
    return images[np.arange(count)[:, None, None], i, j]


def shift_moves(images: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
    """Images (N, H, W), each by its own uniform circular shift."""
    count, height, width = images.shape
    i = (np.arange(height) + rng.integers(height, size=(count, 1))) % height
    j = (np.arange(width) + rng.integers(width, size=(count, 1))) % width
    return images[np.arange(count)[:, None, None], i[:, :, None], j[:, None, :]]
