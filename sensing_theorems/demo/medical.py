"""Magnetic resonance and tomography, on the MR slice."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import groups, operators
from ..design.seams import SEAM
from ..problem import Problem
from .setup import ESTIMATED, Setup, Sizes, mr, random, shifts, smaller

__all__ = [
    "ct_even_turns",
    "ct_few_shifts",
    "ct_few_turns",
    "ct_many_shifts",
    "ct_odd_turns",
    "mri_shifts",
    "mri_turns",
]


def _cartesian(size: int) -> np.ndarray:
    """Every fourth line in number: the centre, and others at random; lines run along axis 1."""
    frequency = np.abs(np.fft.fftfreq(size, 1 / size))
    lines = frequency <= size // 24
    others = np.flatnonzero(~lines)
    lines[random().permutation(others)[: size // 4 - np.count_nonzero(lines)]] = True
    return np.repeat(lines[:, None], size, axis=1)


_COMPLEX = "a complex row counts as two real ones: m is twice the number of Fourier samples"


def mri_shifts(sizes: Sizes) -> Setup:
    """Cartesian MRI under shifts."""
    mask = _cartesian(sizes.image)
    pair = np.roll(mask[::-1, ::-1], 1, (0, 1))
    share = 100 * np.mean(mask | pair)
    remark = (
        "A shift only turns the phase of every Fourier coefficient, so that what one view leaves "
        f"out all views leave out. The image is real, and a line measures its mirror line too: "
        f"{np.count_nonzero(mask[:, 0])} of {sizes.image} lines show {share:.0f} % of the plane."
    )
    problem = Problem(operators.fourier(mask), shifts(sizes.image, sizes.image))
    return Setup(
        "mri-shifts",
        "Cartesian MRI x4, shifts",
        problem,
        *mr(sizes.image),
        remark,
        (_COMPLEX,),
    )


def mri_turns(sizes: Sizes) -> Setup:
    """Cartesian MRI under quarter turns."""
    size = sizes.image
    remark = (
        "A quarter turn exchanges the lines with the columns of the Fourier plane. That breaks "
        "equivariance and still is not enough: what lies neither on a measured line nor on a "
        "measured column is seen in no view. Turns by smaller angles do not map pixels to pixels "
        "and are no group action on them."
    )
    problem = Problem(operators.fourier(_cartesian(size)), groups.quarter_turns(size))
    notes = (_COMPLEX, ESTIMATED)
    return Setup("mri-turns", "Cartesian MRI x4, turns", problem, *mr(size), remark, notes)


def _tomograph(size: int, views: int) -> Any:
    return operators.tomography(size, np.arange(views) * np.pi / views)


def _ct_shifts(sizes: Sizes, views: int, key: str) -> Setup:
    size = sizes.image
    remark = (
        "Tomography is called equivariant to shifts, and on paper it is. On pixels with cyclic "
        "shifts it is not, so that the rank condition holds, by the way the image wraps around and "
        "by what falls between two bins. That is no information to build on: what is doubtful here "
        "is the symmetry that was assumed, not the rank."
    )
    problem = Problem(_tomograph(size, views), shifts(size, size))
    label = f"tomography {views} views, shifts"
    return Setup(key, label, problem, *mr(size), remark, (SEAM,))


def ct_many_shifts(sizes: Sizes) -> Setup:
    """Tomography with many views under shifts."""
    return _ct_shifts(sizes, sizes.views, "tomography-many-shifts")


def ct_few_shifts(sizes: Sizes) -> Setup:
    """Tomography with four views under shifts."""
    return _ct_shifts(sizes, 4, "tomography-few-shifts")


def _ct_turns(sizes: Sizes, size: int, views: int, key: str, remark: str, scaled: str) -> Setup:
    problem = Problem(_tomograph(size, views), groups.quarter_turns(size))
    note = f"{smaller(sizes, size)}; {scaled}"
    label = f"tomography {views} views, turns"
    return Setup(key, label, problem, *mr(size), remark, (note,))


_EVEN = (
    "Equally spaced views, if their number is even, are mapped to each other by a quarter turn: "
    "the rows of A only change places. A is equivariant at every size, and the rotations of this "
    "group add nothing."
)


def ct_even_turns(sizes: Sizes) -> Setup:
    """A small copy of the tomograph with many views, their number even, under quarter turns."""
    size, views = sizes.even
    scaled = f"with {views} views m/n stays near that of {sizes.views} views at full size"
    return _ct_turns(sizes, size, views, "tomography-even-turns", _EVEN, scaled)


def ct_odd_turns(sizes: Sizes) -> Setup:
    """The same with an odd number of views."""
    size, views = sizes.odd
    near = round(views * sizes.image / size)
    remark = (
        "With an odd number of views a quarter turn gives as many new ones, halfway between the "
        "old. A half turn only reverses each view, so that two of the four virtual operators "
        "differ: not equivariant, and still far from enough."
    )
    scaled = f"with {views} views m/n stays near that of {near} views at full size"
    return _ct_turns(sizes, size, views, "tomography-odd-turns", remark, scaled)


def ct_few_turns(sizes: Sizes) -> Setup:
    """Tomography with four views under quarter turns."""
    scaled = "4 views give a larger m/n than at full size, and are equivariant at both"
    return _ct_turns(sizes, sizes.turned, 4, "tomography-few-turns", _EVEN, scaled)
