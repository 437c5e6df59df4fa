r"""Subgroups: the same signals under fewer transforms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .action import GroupAction
from .continuous import restrict_rotations
from .generated import generated
from .matrices import matrix_action
from .signed import SignedPermutation

__all__ = ["restrict"]


def restrict(action: GroupAction, to: int | Sequence[Any]) -> GroupAction:
    r"""Restriction to the subgroup that some elements generate.

    Multiplicities grow: an irrep of the group may split, and different ones may become equal.

    Parameters
    ----------
    action : GroupAction
    to : sequence of elements, or int
        Elements as `GroupAction.element` takes them; none is looked for in the group. For rotations
        in the plane or in space the number N of rotations, by multiples of 2π/N (in space, about
        the z axis); of :math:`C_M`, N must divide M.

    Returns
    -------
    GroupAction

    Raises
    ------
    TypeError, ValueError
        If `action` is no action, no element is given, or one is none.

    Examples
    --------
    The half turn among the symmetries of a square:

    >>> import sensing_theorems as st
    >>> square = st.groups.dihedral(4)
    >>> half_turn = st.groups.restrict(square, [(2, 0)])
    >>> half_turn.order, half_turn.irreps.max_multiplicity
    (2, 8)
    >>> st.groups.restrict(st.groups.kravchuk_rotations(8), 4).order
    4
    """
    if not isinstance(action, GroupAction):
        raise TypeError(f"`restrict` needs a GroupAction; got {type(action).__name__}.")
    if action.kind in ("so2", "so3"):
        if isinstance(to, list | tuple):
            raise TypeError(f"{action.name} is restricted to a number N of rotations; got a list.")
        return restrict_rotations(action, to)  # type: ignore[arg-type]
    if not isinstance(to, list | tuple) or not to:
        raise TypeError(
            "`to` must be a non-empty list of elements that generate the subgroup; "
            f"got {'an empty one' if to == [] or to == () else type(to).__name__}."
        )
    maps: tuple[Any, ...] = tuple(action.element(g) for g in to)
    name = f"restrict({action.name},{len(maps)} generators)"
    if all(isinstance(g, SignedPermutation) for g in maps):
        return generated(name, maps, action.shape)
    return matrix_action(name, maps, action.shape)
