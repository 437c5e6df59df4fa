r"""How elements of a group are drawn: a label each, of which the element is made when it is needed.

Every law takes a `torch.Generator` and draws on its device, so that the labels of one seed are the
same wherever the signals are.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from ..groups.action import GroupAction
from ..groups.signed import SignedPermutation
from .rolls import rolls_of

__all__ = ["Angles", "Listed", "Numbers", "Permutations", "SpatialRotations", "Words", "law_of"]

_LISTED = 2**24  # entries of all elements together, up to which a group is enumerated
_ROUNDS = 8
_LARGEST_STEP = 2**12
_TRIES = 100


def law_of(action: GroupAction) -> Any:
    r"""Return how the elements of an action are drawn.

    ===============================  =========================================================
    C_N, lattices, listable groups   uniform among the numbers 1, …, \|G\|-1
    SO(2)                            uniform angle
    SO(3)                            Haar, from a uniform unit quaternion
    all orders of coordinates        uniform permutation, and signs
    other groups                     random words in the generators
    ===============================  =========================================================

    Only the last is not uniform: see `Words`.
    """
    if not action.finite:
        return {"so2": Angles, "so3": SpatialRotations}.get(action.kind, Words)(action)
    if action.kind in ("symmetric", "hyperoctahedral") and action.order * action.n > _LISTED:
        return Permutations(action)
    if action.order < 2**62 and action.periods is not None:
        return Numbers(action)
    return Numbers(action) if action.order * action.n <= _LISTED else Words(action)


class Numbers:
    """Uniform among the elements other than number 0, the identity, by their numbers."""

    def __init__(self, action: GroupAction) -> None:
        self.action = action
        # Rolls are applied by their numbers: their permutations are never needed.
        self._faithful = rolls_of(action) is not None
        self._latest: tuple[Any, Any] = (object(), None)

    def draw(self, rng: torch.Generator) -> Any:
        """Draw a label that moves something; after a hundred tries, any."""
        if self._faithful:
            return self.label(rng)
        # Labels that act as the identity are a subgroup: all, or at most every second one.
        for _ in range(_TRIES):
            label = self.label(rng)
            element = self._made(label)
            # What was drawn is applied next.
            self._latest = label, element
            if label == 0 or not element.is_identity():
                break
        return label

    def label(self, rng: torch.Generator) -> Any:
        """Draw a number; 0 where there is no other."""
        if self.action.order == 1:
            return 0
        return int(torch.randint(1, self.action.order, (), generator=rng, device=rng.device))

    def element(self, label: Any) -> Any:
        """Return the element of a label."""
        latest, element = self._latest
        return element if latest is label else self._made(label)

    def _made(self, label: Any) -> Any:
        return self.action.element(label)


class Angles(Numbers):
    """Uniform angle in [0, 2π)."""

    def label(self, rng: torch.Generator) -> float:
        """Draw an angle, in radians."""
        share = torch.rand((), generator=rng, device=rng.device, dtype=torch.float64)
        return float(share) * 2 * math.pi


class SpatialRotations(Numbers):
    """Haar measure of SO(3): a uniform unit quaternion, of four normal numbers."""

    def label(self, rng: torch.Generator) -> tuple[tuple[float, ...], ...]:
        """Draw a rotation matrix, as three rows."""
        normal = torch.randn(4, generator=rng, device=rng.device, dtype=torch.float64)
        w, x, y, z = (normal / torch.linalg.vector_norm(normal)).tolist()
        return (
            (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
            (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
            (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
        )

    def _made(self, label: Any) -> Any:
        return self.action.element(np.asarray(label, dtype=float))


class Permutations(Numbers):
    """Uniform among all orders of the coordinates, and all signs where the group has them."""

    def label(self, rng: torch.Generator) -> tuple[int, ...]:
        """Draw images, followed by signs, of the coordinates that are moved together."""
        order = torch.randperm(self._degree, generator=rng, device=rng.device)
        label = tuple(order.tolist())
        if self.action.kind == "hyperoctahedral":
            bits = torch.randint(0, 2, (self._degree,), generator=rng, device=rng.device)
            label += tuple((2 * bits - 1).tolist())
        return label

    def _made(self, label: Any) -> SignedPermutation:
        if self.action.kind == "hyperoctahedral":
            return SignedPermutation.from_lists(label[: self._degree], label[self._degree :])
        images = np.arange(self.action.n)
        for start in self.action.parts[1]:
            images[start : start + self._degree] = start + np.asarray(label)
        return SignedPermutation(images)

    @property
    def _degree(self) -> int:
        if self.action.kind == "hyperoctahedral":
            return self.action.n
        return int(self.action.parts[0])


class Words(Numbers):
    r"""Random words :math:`\prod_{r \le 8} T_1^{a_{r1}} \cdots T_k^{a_{rk}}`, not the identity.

    Exponents are uniform below :math:`2^{12}`. That is close to uniform for commuting generators,
    of which one round does, and for groups that eight rounds mix; no more is claimed.
    """

    def label(self, rng: torch.Generator) -> tuple[tuple[int, ...], ...]:
        """Draw exponents, round by round."""
        shape = (_ROUNDS, len(self.action.generators))
        drawn = torch.randint(0, _LARGEST_STEP, shape, generator=rng, device=rng.device)
        return tuple(map(tuple, drawn.tolist()))

    def _made(self, label: Any) -> Any:
        found = self.action.identity
        for exponents in label:
            found = found @ self.action.element(tuple(exponents))
        return found


class Listed:
    """Uniform among the labels of maps that do not act as the identity, if there are any."""

    def __init__(self, maps: Any) -> None:
        self.maps = maps
        x = np.random.default_rng(0x51).standard_normal((1, maps.n))
        moving = [
            label
            for label, one in zip(maps.labels, maps.maps, strict=True)
            if np.abs(one(x) - x).max() > 1e-12
        ]
        self.labels = tuple(moving) or maps.labels

    def label(self, rng: torch.Generator) -> Any:
        """Draw a label."""
        at = torch.randint(0, len(self.labels), (), generator=rng, device=rng.device)
        return self.labels[int(at)]

    draw = label

    def element(self, label: Any) -> Any:
        """Return the map of a label."""
        return self.maps.element(label)
