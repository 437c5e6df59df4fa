"""Rotations of deepinv: quarter turns, which are exact, and all others, which are not."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..groups.approximate import ApproximateAction
from ..groups.signed import SignedPermutation
from ..groups.transforms import TransformSet, matrix_map
from .imports import require_torch
from .linear_maps import LARGEST, matrix_of, permutation_of

__all__ = ["read_rotate"]

_MAPS = 36
_ENTRIES = 2**26  # computed for all maps together

Found = tuple[tuple[SignedPermutation, ...], TransformSet | None, tuple[str, ...]]


def read_rotate(transform: Any, shape: tuple[int, ...], x: Any) -> Found:
    """Return permutations if all angles give one, else the maps; and notes."""
    draws, angles = _angles(transform)
    if all(angle % 90 == 0 for angle in angles):
        found = [permutation_of(transform, shape, _theta(angle), x) for angle in angles if angle]
        exact = tuple(p for p in found if p is not None)
        if len(exact) == len(found):
            notes = _uneven(transform, draws, angles)
            # One that generates the others spares the rest.
            step = np.gcd.reduce([*map(int, angles), 360])
            first = [p for a, p in zip([a for a in angles if a], exact, strict=True) if a == step]
            return tuple(first[:1]) or exact, None, notes
    return (), *_listed(transform, shape, angles)


def _theta(angle: float) -> dict[str, Any]:
    return {"theta": require_torch().tensor([float(angle)])}


def _angles(transform: Any) -> tuple[np.ndarray, list[float]]:
    """Angles that are drawn, and the different ones in degrees, counted from 0 to 360."""
    up = np.arange(0, transform.limits, transform.multiples, dtype=float)
    draws = up if transform.positive else np.concatenate([up, -up])
    return draws, sorted({round(float(angle % 360), 9) % 360 for angle in draws})


def _uneven(transform: Any, draws: np.ndarray, angles: list[float]) -> tuple[str, ...]:
    if transform.n_trans < 2 or len(draws) == len(angles):
        return ()
    return (
        f"{type(transform).__name__}(n_trans={transform.n_trans}, "
        f"multiples={transform.multiples:g}) draws from {len(draws)} angles, of which only "
        f"{len(angles)} are different modulo 360: its draws repeat turns and leave out others. "
        "`positive=True` draws each once",
    )


def _listed(
    transform: Any, shape: tuple[int, ...], angles: list[float]
) -> tuple[TransformSet, tuple[str, ...]]:
    n, kind = prod(shape), type(transform).__name__
    most = int(min(_MAPS, max(8, _ENTRIES // min(n, LARGEST) ** 2)))
    size = len(angles)
    circle = np.allclose(angles, np.arange(size) * 360 / size, atol=1e-6)
    if circle:
        step = next(d for d in range(1, size + 1) if size % d == 0 and size // d <= most)
        kept = angles[::step]
    else:
        kept = [angles[size * i // min(size, most)] for i in range(min(size, most))]
    maps = tuple(matrix_map(matrix_of(transform, shape, _theta(angle))) for angle in kept)
    name = f"{kind}({len(kept)} angles, {'x'.join(map(str, shape))})"
    labels = tuple(range(len(kept)))
    listed = (ApproximateAction if circle else TransformSet)(name, n, shape, maps, labels)
    return listed, (_no_group(transform, size, shape), *_thinned(size, len(kept)))


def _no_group(transform: Any, size: int, shape: tuple[int, ...]) -> str:
    kind = type(transform).__name__
    if transform.multiples % 90 == 0:
        return (
            f"{kind} is no group action on images of {shape[-2]} x {shape[-1]} pixels: quarter "
            "turns need square images. Bounds from multiplicities do not apply"
        )
    return (
        f"{kind}(n_trans={transform.n_trans}, multiples={transform.multiples:g}) is no group "
        f"action: it draws from {size} angles and interpolates, so that maps do not compose and "
        "have no exact inverse. It is not the group C4 of quarter turns, which "
        "`Rotate(multiples=90, positive=True)` draws. Bounds from multiplicities do not apply"
    )


def _thinned(size: int, kept: int) -> tuple[str, ...]:
    if kept == size:
        return ()
    return (
        f"{kept} of {size} angles were computed, evenly spread: with all of them the rank can "
        "only be larger",
    )
