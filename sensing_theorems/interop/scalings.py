"""Scalings of deepinv: random factors about random centres, interpolated."""

from __future__ import annotations

from math import prod
from typing import Any

import scipy.sparse as sp

from ..groups.transforms import TransformSet, matrix_map
from .imports import require_torch
from .linear_maps import drawn_alike, matrix_of

__all__ = ["read_scale"]

_DRAWS = 16


def read_scale(transform: Any, shape: tuple[int, ...]) -> tuple[TransformSet, tuple[str, ...]]:
    """Return the identity and sampled scalings as matrices, and what they are not."""
    torch = require_torch()
    with drawn_alike(transform):
        image = torch.zeros(1, *shape)
        draws = [transform.get_params(image) for _ in range(_DRAWS)]
    n = prod(shape)
    maps = [matrix_map(sp.eye_array(n, format="csr"))]
    for params in draws:
        one = {name: value[:1] for name, value in params.items()}
        maps.append(matrix_map(matrix_of(transform, shape, one)))
    name = f"Scale({_DRAWS} draws, {'x'.join(map(str, shape))})"
    note = (
        f"Scale is no group action: {_DRAWS} draws of factor and centre were computed beside the "
        "identity, and more may see more. Bounds from multiplicities do not apply"
    )
    return TransformSet(name, n, shape, tuple(maps), tuple(range(len(maps)))), (note,)
