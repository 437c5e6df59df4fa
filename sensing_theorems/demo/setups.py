"""All setups of the demo, in the order of the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from . import medical, optics, several
from .setup import FULL, Setup, Sizes

__all__ = ["FULL", "SETUPS", "Setup", "Sizes", "setups"]

SETUPS: tuple[Callable[[Sizes], Setup], ...] = (
    medical.mri_shifts,
    medical.mri_turns,
    medical.ct_many_shifts,
    medical.ct_even_turns,
    medical.ct_odd_turns,
    medical.ct_few_shifts,
    medical.ct_few_turns,
    optics.inpainting,
    optics.inpainting_periodic,
    optics.single_pixel,
    optics.gaussian_camera,
    optics.gaussian_blur,
    optics.low_pass,
    optics.decimation,
    optics.box_average,
    optics.antialiased,
    several.ten_masks,
    several.ten_same,
    several.ten_gaussian,
    several.toy,
)


def setups(sizes: Sizes = FULL) -> Iterator[Setup]:
    """All setups, each built when it is asked for."""
    return (build(sizes) for build in SETUPS)
