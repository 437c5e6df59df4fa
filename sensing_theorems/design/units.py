"""What a mask is made of: lines or spokes of k-space, single frequencies, single pixels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from math import atan2, pi, prod
from typing import Any

import numpy as np

from .._validate import array_shape

__all__ = ["KINDS", "Units", "checked_shape", "kept_units", "lines", "points", "spokes", "units_of"]

KINDS = ("cartesian", "radial", "pixels", "fourier")
_NAMES = {
    "cartesian": ("line of k-space", "lines of k-space"),
    "radial": ("spoke of k-space", "spokes of k-space"),
    "pixels": ("pixel", "pixels"),
    "fourier": ("frequency", "frequencies"),
}


@dataclass(frozen=True, eq=False)
class Units:
    """Candidates of which a mask takes some, each a set of entries of an array.

    Attributes
    ----------
    kind : {"cartesian", "radial", "pixels", "fourier"}
    shape : tuple of int
        Of the mask, with n entries in all.
    members : sequence of ndarray of int
        Entries of each unit, in C order. Spokes share some.
    paired : bool
        Whether frequencies f and -f measure the same, as they do of real signals.
    """

    kind: str
    shape: tuple[int, ...]
    members: tuple[np.ndarray, ...]
    paired: bool = True

    @property
    def n(self) -> int:
        """Number of entries of the mask."""
        return prod(self.shape)

    @property
    def count(self) -> int:
        """Number of candidates."""
        return len(self.members)

    @property
    def single(self) -> bool:
        """Whether every unit is one entry."""
        return self.kind in ("pixels", "fourier")

    @property
    def frequencies(self) -> bool:
        """Whether entries are frequencies, and not pixels."""
        return self.kind != "pixels"

    @cached_property
    def cells(self) -> np.ndarray:
        """Entries of every unit, bool, shape (count, n)."""
        cells = np.zeros((self.count, self.n), dtype=bool)
        for own, at in zip(cells, self.members, strict=True):
            own[at] = True
        return cells

    def mask(self, chosen: Iterable[int]) -> np.ndarray:
        """Union of the chosen units, bool, shape (n,)."""
        mask = np.zeros(self.n, dtype=bool)
        for u in chosen:
            mask[self.members[u]] = True
        return mask

    def most_entries(self, number: int) -> int:
        """Number of entries that no mask of so many units exceeds."""
        sizes = sorted((at.size for at in self.members), reverse=True)[:number]
        # All spokes share the zero frequency; other units are disjoint.
        shared = number - 1 if self.kind == "radial" else 0
        return min(self.n, sum(sizes) - shared)

    def text(self, number: int) -> str:
        """Count and name, such as "3 lines of k-space"."""
        return f"{number} {self.name(number)}"

    def name(self, number: int = 2) -> str:
        """Name of one unit, or of several."""
        return _NAMES[self.kind][number != 1]


def points(kind: str, shape: tuple[int, ...], paired: bool = True) -> Units:
    """Single pixels or frequencies; unit i is entry i in C order."""
    return Units(kind, shape, tuple(np.arange(prod(shape))[:, None]), paired)


def lines(shape: tuple[int, ...], axis: int = -1) -> Units:
    """Whole lines of k-space along an axis; unit 0 holds the zero frequency.

    Raises
    ------
    ValueError
        If there are fewer than two axes.
    """
    if len(shape) < 2:
        raise ValueError(f"lines of k-space need at least two axes; got shape {shape}.")
    grid = np.moveaxis(np.arange(prod(shape)).reshape(shape), axis, -1)
    return Units("cartesian", shape, tuple(grid.reshape(-1, shape[axis])))


def spokes(shape: tuple[int, ...]) -> Units:
    r"""All digital lines through the zero frequency, sorted by angle from the last axis.

    A spoke joins the centre with a frequency :math:`(y, x)` of the rim,
    :math:`|y| = \lfloor H/2 \rfloor` or :math:`|x| = \lfloor W/2 \rfloor`, and holds the
    frequencies nearest to :math:`(ty/L, tx/L)` for :math:`t = -L, \dots, L` with
    :math:`L = \max(|y|, |x|)`, halves rounded to even. Of an even side the last frequency is its
    own negative. The spokes of a square grid reach every frequency; there are 2N of them for even
    N > 4, and 2N - 2 for odd N.

    Raises
    ------
    ValueError
        If there are not two axes, each of at least two frequencies.
    """
    if len(shape) != 2 or min(shape) < 2:
        raise ValueError(
            f"spokes need two axes of at least two frequencies each; got shape {shape}."
        )
    tall, wide = shape[0] // 2, shape[1] // 2
    ends = [(y, wide) for y in range(-tall, tall + 1)]
    ends += [(tall, x) for x in range(1 - wide, wide)]
    ends.sort(key=lambda end: atan2(end[0], end[1]) % pi)
    found: dict[bytes, np.ndarray] = {}
    for y, x in ends:
        length = max(abs(y), abs(x))
        t = np.arange(-length, length + 1)
        # Integers first: a rounded quotient could fall to the wrong side of a half.
        row, column = np.rint(t * y / length).astype(int), np.rint(t * x / length).astype(int)
        at = np.unique(row % shape[0] * shape[1] + column % shape[1])
        found.setdefault(at.tobytes(), at)
    return Units("radial", shape, tuple(found.values()))


def units_of(kind: Any, shape: tuple[int, ...]) -> Units:
    """Candidates of a kind on an array.

    Raises
    ------
    ValueError
        If there is no such kind, or none on such an array.
    """
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"`kind` must be one of {', '.join(KINDS)}; got {kind!r}.")
    if kind == "cartesian":
        return lines(shape)
    return spokes(shape) if kind == "radial" else points(kind, shape)


def checked_shape(shape: Any, n: int, default: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of the mask, which must have n entries."""
    if shape is None:
        return default
    shape = array_shape(shape, "shape")
    if prod(shape) != n:
        raise ValueError(
            f"`shape` must have as many entries as the action has coordinates, {n}; got {shape}."
        )
    return shape


def kept_units(keep: Any, units: Units) -> tuple[int, ...]:
    """Numbers of the units that must stay, from a mask or from numbers.

    Raises
    ------
    ValueError
        If the mask has another shape or cuts through units, or a number is out of range or comes
        twice.
    TypeError
        If `keep` holds neither booleans nor integers.
    """
    try:
        given = np.asarray(() if keep is None else keep)
    except ValueError:
        raise ValueError(
            "`keep` must be one array of booleans, or one list of numbers of units; got rows of "
            "different lengths."
        ) from None
    if given.size == 0:
        return ()
    if given.dtype.kind in "iu":
        if given.ndim > 1 or given.min() < 0 or given.max() >= units.count:
            raise ValueError(
                f"`keep` must list units by numbers from 0 to {units.count - 1}; got {keep}."
            )
        once = np.unique(given)
        # A mask of 0 and 1 lists the first two units again and again.
        if once.size < given.size:
            raise ValueError(f"`keep` must list each unit once, or be boolean; got {keep}.")
        return tuple(once.tolist())
    if given.dtype.kind != "b":
        raise TypeError(
            f"`keep` must be a mask of booleans, or numbers of units; got dtype {given.dtype}."
        )
    if given.shape == units.shape:
        wanted = given.reshape(-1)
        inside = tuple(u for u, at in enumerate(units.members) if wanted[at].all())
        if not np.array_equal(units.mask(inside), wanted):
            raise ValueError(f"`keep` must be made of whole {units.name()}; it cuts through some.")
        return inside
    if given.shape == (units.count,):
        return tuple(np.flatnonzero(given).tolist())
    raise ValueError(
        f"`keep` must have the shape of the mask, {units.shape}, or one entry per unit, "
        f"({units.count},); got shape {given.shape}."
    )
