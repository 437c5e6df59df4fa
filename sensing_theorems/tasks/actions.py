"""Actions of tasks, which are given as on the command line and made once per process."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..groups.action import GroupAction
from ..specs import parse_action
from .group_bounds import Multiplicities, multiplicities

__all__ = ["action_of", "listable", "maps_of", "numbers_of"]

_ENTRIES = 2**24


@lru_cache(maxsize=32)
def _parsed(text: str) -> GroupAction:
    return parse_action(text)


def action_of(text: str) -> GroupAction:
    """Return the action that a text such as ``"shifts:24,stride=4"`` describes.

    Raises
    ------
    TypeError
        If it is no text.
    ValueError
        If it is malformed.
    """
    if not isinstance(text, str):
        raise TypeError(f"`action` must be a text such as 'shifts:24'; got {type(text).__name__}.")
    return _parsed(text)


@lru_cache(maxsize=32)
def numbers_of(text: str) -> Multiplicities:
    """Multiplicities of the action that a text describes."""
    return multiplicities(action_of(text))


def listable(text: str) -> GroupAction:
    r"""Return an action all of whose maps may be held as matrices, (\|G\|, n, n).

    Raises
    ------
    ValueError
        If the group is continuous, or there are more than 2**24 entries.
    """
    action = action_of(text)
    if not action.finite:
        raise ValueError(
            f"`action` must be of a finite group; got {action.name}. Restrict it by `order`."
        )
    if action.order * action.n**2 > _ENTRIES:
        raise ValueError(
            f"the maps of an action may have {_ENTRIES} entries as matrices; those of "
            f"{action.name} have {action.order * action.n**2}."
        )
    return action


@lru_cache(maxsize=8)
def maps_of(text: str) -> np.ndarray:
    r"""All maps :math:`T_g` of a finite action as matrices, (\|G\|, n, n), the identity first.

    Raises
    ------
    ValueError
        As `listable`.
    """
    action = listable(text)
    whole = np.eye(action.n)
    maps = np.stack([element(whole).T for element in action.elements()])
    maps.flags.writeable = False
    return maps
