"""What a setup of the demo is, how large it is, and where its image comes from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from .. import groups
from ..problem import Problem
from . import images

__all__ = ["ESTIMATED", "FULL", "Setup", "Sizes", "mr", "photo", "random", "shifts", "smaller"]


@dataclass(frozen=True)
class Sizes:
    """Pixels along a side, and numbers of views, of the setups.

    Attributes
    ----------
    image : int
        Where the work grows gently: shifts, and whatever iteration converges on.
    turned, camera, drawn : int
        For tomography under quarter turns, for dense cameras, for lists of dense operators.
    views : int
        Of the tomograph with many views.
    even, odd : (int, int)
        Pixels and views of its small copies under quarter turns, with about the same m/n.
    """

    image: int = 256
    turned: int = 40
    camera: int = 64
    drawn: int = 32
    views: int = 50
    even: tuple[int, int] = (41, 8)
    odd: tuple[int, int] = (47, 9)


FULL = Sizes()


@dataclass(frozen=True, eq=False)
class Setup:
    """One question, with the image that it is asked about.

    Attributes
    ----------
    key, label : str
        Name of its folder; name in the table.
    problem : Problem
    image : ndarray
        A real signal of the problem.
    source : str
        Which image it is and how it came to its size.
    remark : str
        What there is to learn from the answer.
    notes : tuple of str
        What must be said beside the table: smaller sizes, assumptions, cautions.
    """

    key: str
    label: str
    problem: Problem
    image: np.ndarray
    source: str
    remark: str
    notes: tuple[str, ...] = ()


@cache
def mr(size: int) -> tuple[np.ndarray, str]:
    """The MR slice at this size, and how it came to it."""
    small, how = images.shrink(images.mr_slice(), size)
    return small, f"MR slice, {how}"


@cache
def photo(size: int) -> tuple[np.ndarray, str]:
    """The photograph at this size, and how it came to it."""
    small, how = images.shrink(images.photograph(), size)
    return small, f"photograph, {how}"


@cache
def shifts(*shape: int) -> groups.GroupAction:
    """Cyclic shifts, built once per shape."""
    return groups.shifts(*shape)


def random() -> np.random.Generator:
    """Numbers that are the same in every run."""
    return np.random.default_rng(0)


ESTIMATED = (
    "full or deficient is decided; how much is lost is estimated from random signals, since no "
    "symmetry splits so large a stack into small blocks"
)


def smaller(sizes: Sizes, size: int) -> str:
    """Why tomography under quarter turns is smaller than the other setups."""
    full, wide = sizes.image, sizes.image**2 // 4
    return (
        f"{size}x{size}, not {full}x{full}: under quarter turns the blocks have n/4 columns, which "
        f"would be {wide}, and tomography is too ill-conditioned for iteration"
    )
