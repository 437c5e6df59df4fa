"""Groups that the permutations of several transforms generate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import Any

from ..groups.action import GroupAction
from ..groups.generated import generated
from ..groups.lattices import trivial
from ..groups.rotations import dihedral
from ..groups.signed import SignedPermutation
from .imports import require_torch
from .linear_maps import drawn_alike

__all__ = ["generated_by", "refuse_shared_parameters", "square_group"]

Shape = tuple[int, ...]


def generated_by(name: str, shape: Shape, generators: Sequence[SignedPermutation]) -> GroupAction:
    """Return the named group on arrays of this shape."""
    moving = [g for g in generators if not g.is_identity()]
    if not moving:
        return replace(trivial(prod(shape)), shape=shape)
    return replace(generated(name, tuple(moving), shape), shape=shape)


def square_group(shape: Shape, generators: Sequence[SignedPermutation]) -> GroupAction | None:
    """Return the symmetries of the square, if these are their turns and flips."""
    if prod(shape[:-2]) != 1 or shape[-1] != shape[-2] or shape[-1] < 2:
        return None
    whole = dihedral(shape[-1])
    turn, flip = whole.generators
    known = {g.key() for g in whole.elements()}
    given = {g.key() for g in generators}
    return whole if given <= known and {turn.key(), flip.key()} <= given else None


def refuse_shared_parameters(transform: Any, shape: Shape) -> None:
    """Refuse two transforms that would be handed the same values.

    Raises
    ------
    ValueError
        If parameters of both have one name.
    """
    torch = require_torch()
    with drawn_alike(transform):
        names = [
            set(part.get_params(torch.zeros(1, *shape))) for part in (transform.t1, transform.t2)
        ]
    if shared := sorted(names[0] & names[1]):
        raise ValueError(
            "transforms that are put together must have different parameters, since deepinv hands "
            f"the same value to both; both have {', '.join(shared)}."
        )
