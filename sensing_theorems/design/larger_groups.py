"""Groups that act on the same array and contain a given one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from ..groups.action import GroupAction
from ..groups.families import polygon
from ..groups.lattices import shifts
from ..groups.rotations import dihedral
from ..groups.signed import SignedPermutation
from ..groups.wallpaper import wallpaper
from .torus import linear_part

__all__ = ["contains", "larger_groups"]

_LISTED = 2**22
_EXTRA = {
    "shifts": "shifts by every pixel",
    "dihedral": "quarter turns and flips",
    "polygon": "shifts and flips",
    "p2": "shifts and half turns",
    "pmm": "shifts and both flips, of rows and of columns",
    "p4": "shifts and quarter turns",
    "p4m": "shifts, quarter turns and flips",
}


def larger_groups(action: GroupAction, shape: tuple[int, ...]) -> Iterator[tuple[str, GroupAction]]:
    """Groups that contain the given one and more, each with its elements in words.

    Shifts by one pixel, the dihedral groups of an image and of a circle, and shifts together with
    a point group, as far as they are defined on this shape; the smaller ones first.
    """
    candidates = [("shifts", shifts(*shape))]
    if len(shape) == 1 and shape[0] > 2:
        candidates.append(("polygon", polygon(shape[0])))
    if len(shape) == 2 and shape[0] == shape[1] > 1:
        candidates.append(("dihedral", dihedral(shape[0])))
        kinds = ("p2", "pmm", "p4", "p4m")
        candidates += [(kind, wallpaper(shape[0], kind)) for kind in kinds]
    for key, larger in candidates:
        if contains(larger, action, shape) and not contains(action, larger, shape):
            yield _EXTRA[key], larger


def contains(larger: GroupAction, smaller: GroupAction, shape: tuple[int, ...]) -> bool:
    """Whether every generator of `smaller` is known to be an element of `larger`.

    Decided for groups that hold all shifts, by linear parts, and for groups that are small enough
    to be listed; other groups contain, as far as is known here, only what they share generators
    with.
    """
    if larger.n != smaller.n:
        return False
    linear = _linear_parts(larger, shape)
    if linear is not None:
        parts = [_linear_part(g, shape) for g in smaller.generators]
        return all(part is not None and part.tobytes() in linear for part in parts)
    listed = larger.finite and larger.order * larger.n <= _LISTED
    known = larger.elements() if listed else larger.generators
    keys = {g.key() for g in known if isinstance(g, SignedPermutation)}
    return all(isinstance(g, SignedPermutation) and g.key() in keys for g in smaller.generators)


def _linear_part(g: object, shape: tuple[int, ...]) -> np.ndarray | None:
    if not isinstance(g, SignedPermutation) or (g.signs is not None and (g.signs < 0).any()):
        return None
    return linear_part(g.images, shape)


def _linear_parts(action: GroupAction, shape: tuple[int, ...]) -> set[bytes] | None:
    """Linear parts of a group of affine maps that holds all shifts; ``None`` for others."""
    if not _holds_shifts(action, shape):
        return None
    sides = np.array(shape)[:, None]
    parts = [_linear_part(g, shape) for g in action.generators]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    one = np.eye(len(shape), dtype=np.int64) % sides
    found, front = {one.tobytes()}, [one]
    while front:
        products = [a @ b % sides for a, b in itertools.product(known, front)]
        front = []
        for product in products:
            if product.tobytes() not in found:
                found.add(product.tobytes())
                front.append(product)
    return found


def _holds_shifts(action: GroupAction, shape: tuple[int, ...]) -> bool:
    """Whether the shifts by one pixel are among the generators."""
    keys = {g.key() for g in action.generators if isinstance(g, SignedPermutation)}
    return all(g.key() in keys for g in shifts(*shape).generators)
