"""Transforms of signals in training: elements of a group drawn at random, on batches of tensors."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import torch

from .._validate import array_shape
from ..groups.action import GroupAction
from ..groups.transforms import TransformSet
from .draws import Listed, law_of
from .element_maps import DENSE_SIDE, ElementMap, element_map
from .rolls import rolls_of

__all__ = ["Transforms", "as_transforms"]

KEPT = 2**26  # numbers that the kept maps of one `Transforms` hold together
MOST_KEPT = 4096  # maps, since angles hardly ever come again


class Transforms:
    r"""Maps :math:`T_g` of signals: drawn by label, applied to batches.

    Parameters
    ----------
    action : GroupAction or TransformSet
    shape : tuple of int
        Shape of one signal: with as many entries as the action has coordinates, or with channels
        first, each of which it acts on.

    Attributes
    ----------
    shape, n : tuple of int, int
        Shape and number of entries of a signal.
    name : str
    size : int or float
        Number of labels, that of the identity included; `math.inf` for continuous groups. Where
        several labels have the same map, as the quarter turns of a single pixel, there are fewer
        maps.
    exact : bool
        Whether the maps form a group.

    Notes
    -----
    Maps are made when first applied, and kept for each dtype and device, the latest 2**26 numbers
    in all. Elements that are no permutations are kept as matrices where all of the group fit, up to
    n = 2048; otherwise NumPy applies them, and their transposes are the gradients.
    """

    def __init__(self, action: GroupAction | TransformSet, shape: Sequence[int]) -> None:
        self.action = action
        self.shape = tuple(int(side) for side in shape)
        self.n = math.prod(self.shape)
        if action.n not in (self.n, self.n // self.shape[0]):
            raise ValueError(
                f"`shape` must have {action.n} entries for {action.name}, or channels first with "
                f"{action.n} each; got {self.shape}."
            )
        self.name = action.name
        self.exact = isinstance(action, GroupAction)
        self.size: int | float = len(action) if isinstance(action, TransformSet) else action.order
        self._law = Listed(action) if isinstance(action, TransformSet) else law_of(action)
        self._rolls = rolls_of(action)
        few = self.size * action.n**2 <= KEPT
        self._dense = bool(few and action.n <= DENSE_SIDE)
        self._kept: OrderedDict[Any, ElementMap] = OrderedDict()
        self._held = 0

    def draw(self, rng: torch.Generator) -> Any:
        r"""Draw the label of a map: uniform among those other than the identity.

        Haar measure for SO(2) and SO(3); random words for groups too large to list, see
        `draws.law_of`. Labels that act as the identity are drawn again. If there are no others, one
        of them.

        Parameters
        ----------
        rng : torch.Generator

        Returns
        -------
        label
            A number, an angle, or a tuple; hashable.
        """
        if not isinstance(rng, torch.Generator):
            raise TypeError(f"`rng` must be a torch.Generator; got {type(rng).__name__}.")
        return self._law.draw(rng)

    def any_label(self, rng: torch.Generator) -> Any:
        """Draw a label other than that of the identity, even if it acts as the identity."""
        return self._law.label(rng)

    def element(self, label: Any) -> Any:
        """Return the map of a label in NumPy, an Element or a LinearMap."""
        return self._law.element(label)

    def apply(self, label: Any, x: torch.Tensor) -> torch.Tensor:
        r""":math:`T_g x` for signals (B, *shape) or (B, n), real or complex; differentiable.

        Raises
        ------
        ValueError
            If the shape is another.
        """
        return self._along(label, x, inverted=False)

    def inverse(self, label: Any, x: torch.Tensor) -> torch.Tensor:
        r""":math:`T_g^{-1} x`, of a group.

        Raises
        ------
        ValueError
            If the maps form no group, or the shape is another.
        """
        if not self.exact:
            raise ValueError(f"maps must form a group to be inverted; those of {self.name} do not.")
        return self._along(label, x, inverted=True)

    def _along(self, label: Any, x: torch.Tensor, *, inverted: bool) -> torch.Tensor:
        if x.ndim == 0 or x.shape[1:] not in (self.shape, (self.n,)):
            sides = ", ".join(map(str, self.shape))
            raise ValueError(
                f"signals must have shape (B, {sides}) or (B, {self.n}); got {tuple(x.shape)}."
            )
        if self._rolls is not None and isinstance(label, int) and 0 <= label < self.size:
            rows = x.reshape(-1, self.action.n)
            return self._rolls.apply(label, rows, inverted=inverted).reshape(x.shape)
        own = self._map(label, x)
        # An orthogonal map is inverted by its transpose, which is already there.
        if inverted and not self.action.orthogonal:  # type: ignore[union-attr]
            own = self._map(label, x, inverted=True)
            inverted = False
        function = own.transposed if inverted else own.forward
        return function(x.reshape(-1, self.action.n)).reshape(x.shape)

    def _map(self, label: Any, x: torch.Tensor, inverted: bool = False) -> ElementMap:
        dtype = x.dtype.to_real()
        key = (label, inverted, dtype, x.device)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        element = self.element(label)
        element = element.inverse() if inverted else element
        found = element_map(element, dtype, x.device, dense=self._dense)
        self._kept[key] = found
        self._held += found.cost
        while (self._held > KEPT or len(self._kept) > MOST_KEPT) and len(self._kept) > 1:
            self._held -= self._kept.popitem(last=False)[1].cost
        return found

    def __repr__(self) -> str:
        return f"<Transforms {self.name}: signals {self.shape}, {self.size} maps>"


def as_transforms(action: Any, shape: int | Sequence[int] | None = None) -> Transforms:
    r"""Return an action, or a set of maps, as transforms of batches of tensors.

    Parameters
    ----------
    action : GroupAction, TransformSet or Transforms
    shape : tuple of int, optional
        Shape of one signal; by default that of the action. With channels first, (C, H, W), an
        action on H W coordinates acts on each channel.

    Returns
    -------
    Transforms

    Raises
    ------
    TypeError
        If `action` is neither.
    ValueError
        If the action does not act on signals of that shape.

    Examples
    --------
    >>> import torch
    >>> import sensing_theorems as st
    >>> transforms = as_transforms(st.groups.shifts(4))
    >>> transforms.apply(1, torch.tensor([[1.0, 2.0, 3.0, 4.0]]))
    tensor([[4., 1., 2., 3.]])
    """
    if isinstance(action, Transforms):
        return action if shape is None else as_transforms(action.action, shape)
    if not isinstance(action, GroupAction | TransformSet):
        raise TypeError(
            f"transforms must be a GroupAction or a TransformSet; got {type(action).__name__}."
        )
    return Transforms(action, action.shape if shape is None else array_shape(shape, "shape"))
