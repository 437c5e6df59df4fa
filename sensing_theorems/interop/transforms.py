r"""A transform of deepinv as a group action, where it is one, and as a list of maps where not.

What a class is called proves nothing: every permutation is read off images that the transform
returns, and compared on others. The group that is returned is the one that the drawn maps
generate, since a set that is invariant under maps is invariant under all their products.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from math import prod
from typing import Any, NamedTuple

from ..groups.action import GroupAction
from ..groups.lattices import reflections, shifts, trivial
from ..groups.rotations import quarter_turns
from ..groups.signed import SignedPermutation
from ..groups.transforms import TransformSet
from .generated_groups import generated_by, refuse_shared_parameters, square_group
from .imports import require_deepinv, require_torch
from .linear_maps import image_shape, permutation_of
from .rotations import read_rotate
from .scalings import read_scale

__all__ = ["Reading", "from_transform", "read_transform"]

Shape = tuple[int, ...]


class Reading(NamedTuple):
    """An action or a list of maps, and what its user should know."""

    action: GroupAction | TransformSet
    notes: tuple[str, ...] = ()


def from_transform(transform: Any, x: Any) -> GroupAction | TransformSet:
    r"""Return the group that a deepinv transform draws from, or the list of its maps.

    ==================================  =========================================================
    transform                           result
    ==================================  =========================================================
    `Shift`                             `shifts`, of all channels together; of one axis if the
                                        other cannot move. A small `shift_max` draws few shifts,
                                        which generate the same group
    `Reflect`                           flips of the axes in `dim`
    `Rotate`, multiples of 90 degrees   `quarter_turns` on square images
    `Rotate`, other angles              `ApproximateAction` if the angles are those of a regular
                                        polygon, else `TransformSet`
    `RotateViaShear`                    as `Rotate`
    `Scale`                             `TransformSet` of sampled factors and centres
    `t1 * t2`, `t1 + t2`, `t1 | t2`     the group that both generate, where both are exact
    ==================================  =========================================================

    Parameters
    ----------
    transform : deepinv.transform.Transform
        Also what `to_transform` returned.
    x : tensor or array (B, C, H, W), or a shape
        Example images, on which permutations are compared as well; or (C, H, W) alone.

    Returns
    -------
    GroupAction, or TransformSet
        The second has no multiplicities; `stacked_rank` takes it.

    Raises
    ------
    TypeError
        If the transform is of another kind.
    ValueError
        If the maps are not linear, are too large to compute, change the shape, or cannot be put
        together.

    Warns
    -----
    UserWarning
        If the transform is no group action, or draws from the group unevenly.
    """
    found = read_transform(transform, image_shape(x), x)
    for note in found.notes:
        warnings.warn(note, UserWarning, stacklevel=2)
    return found.action


def read_transform(transform: Any, shape: Shape, x: Any = None) -> Reading:
    """Return the action of a transform on images of this shape, and notes.

    Raises
    ------
    TypeError, ValueError
        As `from_transform`.
    """
    kinds = require_deepinv().transform
    if isinstance(getattr(transform, "action", None), GroupAction):
        return _exported(transform, shape, x)
    if hasattr(transform, "t1") and hasattr(transform, "t2"):
        return _combined(transform, shape, x)
    readers = {
        "Shift": _read_shift,
        "Reflect": _read_reflect,
        "Rotate": _read_rotate,
        "RotateViaShear": _read_rotate,
        "Scale": _read_scale,
        "Identity": _read_identity,
    }
    for name, reader in readers.items():
        if hasattr(kinds, name) and isinstance(transform, getattr(kinds, name)):
            return reader(transform, shape, x)
    raise TypeError(
        f"`transform` must be one of {', '.join(readers)} of deepinv, or these combined by "
        f"*, + and |; got {type(transform).__name__}."
    )


def _required(transform: Any, shape: Shape, params: Mapping[str, Any], x: Any) -> SignedPermutation:
    found = permutation_of(transform, shape, params, x)
    if found is None:
        raise ValueError(
            f"{type(transform).__name__} must permute the pixels of every image for {params}; it "
            "does not."
        )
    return found


def _read_identity(transform: Any, shape: Shape, x: Any) -> Reading:
    _required(transform, shape, {}, x)
    return Reading(replace(trivial(prod(shape)), shape=shape))


def _read_shift(transform: Any, shape: Shape, x: Any) -> Reading:
    torch = require_torch()
    *front, height, width = shape
    reach = [int(transform.shift_max * side) for side in (height, width)]
    keys = ("y_shift", "x_shift")
    found = []
    for axis in (0, 1):
        steps = {key: torch.tensor([int(key == keys[axis])]) for key in keys}
        if reach[axis]:
            found.append(_required(transform, shape, steps, x))
    text = "x".join(map(str, shape[-2:]))
    action = generated_by(f"shifts({text}) along one axis", shape, found)
    if all(reach):
        whole = shifts(height, width, channels=prod(front))
        if not all(a.equals(b) for a, b in zip(whole.generators, found, strict=True)):
            raise ValueError("Shift must roll images as numpy.roll does; it does not.")
        action = whole
    few = prod(min(2 * r, side) if r else 1 for r, side in zip(reach, shape[-2:], strict=True))
    notes = []
    if few < action.order:
        notes.append(
            f"Shift(shift_max={transform.shift_max:g}) draws {few} shifts, which generate "
            f"{action.order}: invariance under them is the same assumption, but a loss sees only "
            f"those {few}"
        )
    return Reading(action, tuple(notes))


def _read_reflect(transform: Any, shape: Shape, x: Any) -> Reading:
    torch = require_torch()
    axes = [transform.dim] if isinstance(transform.dim, int) else list(transform.dim)
    found = [
        _required(transform, shape, {"dims": torch.tensor([[float(axis)]])}, x) for axis in axes
    ]
    name = f"reflections({'x'.join(map(str, shape))},axes={','.join(map(str, axes))})"
    if (
        len(axes) == 1
        and axes[0] < 0
        and found[0].equals((one := reflections(*shape, axis=axes[0])).generators[0])
    ):
        return Reading(one)
    return Reading(generated_by(name, shape, found))


def _read_rotate(transform: Any, shape: Shape, x: Any) -> Reading:
    permutations, maps, notes = read_rotate(transform, shape, x)
    if maps is not None:
        return Reading(maps, notes)
    size = "x".join(map(str, shape))
    found = generated_by(f"rotations by multiples of 90 degrees({size})", shape, permutations)
    if prod(shape[:-2]) == 1 and shape[-1] == shape[-2]:
        plain = quarter_turns(shape[-1])
        found = plain if plain.same_as(found) else found
    return Reading(found, notes)


def _read_scale(transform: Any, shape: Shape, x: Any) -> Reading:
    return Reading(*read_scale(transform, shape))


def _exported(transform: Any, shape: Shape, x: Any) -> Reading:
    torch = require_torch()
    action = transform.action
    if action.n != prod(shape):
        raise ValueError(
            f"{action.name} acts on R^{action.n}; images of shape {shape} have {prod(shape)} "
            "entries."
        )
    for number in sorted({1, action.order - 1} - {0}):
        seen = permutation_of(transform, shape, {"element": torch.tensor([number])}, x)
        if seen is not None and not seen.equals(action.element(number)):
            raise ValueError(f"the transform must act as {action.name}; it does not.")
    return Reading(action)


def _combined(transform: Any, shape: Shape, x: Any) -> Reading:
    refuse_shared_parameters(transform, shape)
    one, two = (read_transform(part, shape, x) for part in (transform.t1, transform.t2))
    for part, found in ((transform.t1, one), (transform.t2, two)):
        if not isinstance(found.action, GroupAction):
            raise ValueError(
                "transforms are put together where both are exact group actions; "
                f"{type(part).__name__} is none. Pass the two one by one."
            )
    name = f"generated by {one.action.name} and {two.action.name}"
    generators = (*one.action.generators, *two.action.generators)
    action = square_group(shape, generators) or generated_by(name, shape, generators)
    return Reading(action, (*one.notes, *two.notes))
