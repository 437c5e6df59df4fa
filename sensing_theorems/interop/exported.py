"""A finite group of ours as a transform of deepinv."""

from __future__ import annotations

import functools
from typing import Any

from ..groups.action import GroupAction
from .imports import require_deepinv, require_torch
from .tensor_maps import signal_map

__all__ = ["to_transform"]

_KEPT = 1024  # maps held ready


def to_transform(action: GroupAction, *, n_trans: int = 1, rng: Any = None) -> Any:
    r"""Return a deepinv Transform that draws uniformly among the elements other than the identity.

    Every map is exact, and so is its inverse; deepinv's equivariance losses and `symmetrize` take
    it. The identity is left out, since it teaches nothing.

    Parameters
    ----------
    action : GroupAction
        Finite, of order at least 2. `TransformSet` is refused: its maps have no inverses.
    n_trans : int
        Different elements that are drawn for each image, at most :math:`|G| - 1`.
    rng : torch.Generator, optional
        A generator of the default seed, as in deepinv, if not given.

    Returns
    -------
    deepinv.transform.Transform
        On images (B, C, H, W), or any (B, ...) with n entries, whose parameter `element` holds
        numbers of elements; `.action` is the action.

    Raises
    ------
    TypeError
        If `action` is no GroupAction.
    ValueError
        If the group is continuous, trivial, too large to list, or has fewer elements than
        `n_trans`.
    ImportError
        Without deepinv.
    """
    if not isinstance(action, GroupAction):
        raise TypeError(
            "`action` must be a GroupAction, whose maps have inverses; got "
            f"{type(action).__name__}."
        )
    if not action.finite:
        raise ValueError(f"`action` must be finite; {action.name} is continuous.")
    if action.order < 2:
        raise ValueError(f"`action` must have more than the identity; got {action.name}.")
    if not 1 <= n_trans < action.order:
        raise ValueError(
            f"`n_trans` must lie in 1, …, |G| - 1 = {action.order - 1}; got {n_trans}."
        )
    action.element(1)  # refuses groups that are too large to list
    return _group_transform()(action, n_trans, rng)


def _inverse_number(action: GroupAction, number: int) -> int:
    """Number of the inverse of an element."""
    if action.periods is not None and action.is_cyclic and len(action.periods) == 1:
        return -number % action.order
    key = action.element(number).inverse().key()
    return _numbers(action)[key]


@functools.lru_cache(maxsize=8)
def _numbers(action: GroupAction) -> dict[Any, int]:
    return {element.key(): i for i, element in reversed(list(enumerate(action.elements())))}


@functools.cache
def _group_transform() -> Any:
    """The subclass of deepinv's, made when that is there."""
    deepinv, torch = require_deepinv(), require_torch()

    base: Any = deepinv.transform.Transform

    class GroupTransform(base):
        """Elements of a finite group, drawn uniformly without the identity."""

        def __init__(self, action: GroupAction, n_trans: int, rng: Any) -> None:
            super().__init__(n_trans=n_trans, rng=rng, flatten_video_input=False)
            self.action = action
            self._map = functools.lru_cache(maxsize=_KEPT)(
                lambda number: signal_map(action.element(number))
            )

        def _get_params(self, x: Any) -> dict[str, Any]:
            most = self.action.order - 1
            if self.n_trans == 1:
                drawn = torch.randint(most, (1,), generator=self.rng, device=self.rng.device)
            else:
                drawn = torch.randperm(most, generator=self.rng, device=self.rng.device)
            return {"element": 1 + drawn[: self.n_trans]}

        def _transform(self, x: Any, element: Any = (), **kwargs: Any) -> Any:
            return torch.cat([self._map(int(number)).to(x.device)(x) for number in element])

        def invert_params(self, params: dict[str, Any]) -> dict[str, Any]:
            """Parameters of the inverse maps."""
            inverse = [_inverse_number(self.action, int(number)) for number in params["element"]]
            return super().invert_params(params) | {"element": torch.tensor(inverse)}

    return GroupTransform
