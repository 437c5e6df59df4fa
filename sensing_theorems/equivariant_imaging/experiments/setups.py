r"""Small setups of all kinds, 20 x 20 pixels: learnable ones, others, and some in between.

Signals obey the stated symmetry exactly: their law does not change under the maps.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ... import groups, operators
from ..signals import make_invariant, phantoms, shapes
from .experiment import Experiment, Given
from .zooming import shifted_scalings

__all__ = ["SETUPS", "SIZE"]

SIZE = 20
N_TRAIN, N_TEST = 4000, 200
_TRAIN, _TEST, _OPERATOR = 0, 1, 2

Action = Any


def _rng(purpose: int) -> np.random.Generator:
    return np.random.default_rng((2024, purpose))


def _images(operator: Any, action: Action) -> Given:
    """Three shapes each, whose law does not change under shifts and the symmetries of a square."""
    train, test = (
        shapes(count, SIZE, _rng(purpose))
        for count, purpose in ((N_TRAIN, _TRAIN), (N_TEST, _TEST))
    )
    return Given(operator, action, train, test)


def _phantoms(operator: Any) -> Given:
    """Phantoms, whose law does not change under Kravchuk rotations by multiples of 45 degrees."""
    action = groups.kravchuk_rotations(SIZE, order=8)
    train, test = (
        make_invariant(phantoms(count, SIZE, _rng(purpose)), action, _rng(purpose))
        for count, purpose in ((N_TRAIN, _TRAIN), (N_TEST, _TEST))
    )
    return Given(operator, action, train, test)


def shifts() -> Action:
    """All circular shifts."""
    return groups.shifts(SIZE, SIZE)


def turns() -> Action:
    """Quarter turns."""
    return groups.quarter_turns(SIZE)


def inpainting(share: float, action: Action) -> Given:
    """Random pixels."""
    mask = _rng(_OPERATOR).random((SIZE, SIZE)) < share
    return _images(operators.inpainting(mask), action())


def periodic_inpainting() -> Given:
    """Every second pixel of every second row: demosaicing, but for the colours."""
    mask = np.zeros((SIZE, SIZE), bool)
    mask[::2, ::2] = True
    return _images(operators.inpainting(mask), shifts())


def _low_frequencies(most: int) -> NDArray[np.bool_]:
    f = np.abs(np.fft.fftfreq(SIZE, 1 / SIZE))
    return np.maximum(f[:, None], f[None, :]) <= most


def deblurring() -> Given:
    """An ideal low-pass filter: frequencies up to 7 of 10."""
    return _images(operators.fourier(_low_frequencies(7)), shifts())


def _antialiased() -> Any:
    kernel = np.fft.fftshift(np.fft.ifft2(_low_frequencies(4)).real)
    return operators.downsample((SIZE, SIZE), 2, kernel=kernel)


def super_resolution() -> Given:
    """Every second pixel in each axis, after a filter that prevents aliasing."""
    return _images(_antialiased(), shifts())


def aliased_super_resolution() -> Given:
    """Means of blocks of 2 x 2 pixels: aliasing is information."""
    return _images(operators.downsample((SIZE, SIZE), 2, kernel=np.full((2, 2), 0.25)), shifts())


def _cartesian(acceleration: int) -> NDArray[np.bool_]:
    """Whole lines of k-space: those in the middle, and others at random."""
    lines = np.zeros(SIZE, bool)
    kept = SIZE // acceleration
    middle = np.r_[0, 1, SIZE - 1] if acceleration > 2 else np.r_[0, 1, 2, SIZE - 1, SIZE - 2]
    lines[middle] = True
    rest = np.flatnonzero(~lines)
    lines[_rng(_OPERATOR).choice(rest, max(0, kept - lines.sum()), replace=False)] = True
    return np.repeat(lines[:, None], SIZE, axis=1)


def mri(acceleration: int, action: Action) -> Given:
    """Single-coil Cartesian MRI of real images."""
    return _images(operators.fourier(_cartesian(acceleration)), action())


def _turned_by_turns() -> NDArray[np.bool_]:
    """Of each frequency k and its quarter turn, up to sign, one at random."""
    rng = _rng(_OPERATOR)
    kept = np.full((SIZE, SIZE), -1)
    for k in np.ndindex(SIZE, SIZE):
        if kept[k] < 0:
            turned = (k[1], -k[0] % SIZE)
            coin = int(rng.integers(2))
            for place, value in ((turned, 1 - coin), (k, coin)):
                kept[place] = kept[-place[0] % SIZE, -place[1] % SIZE] = value
            if turned in (k, (-k[0] % SIZE, -k[1] % SIZE)):
                kept[k] = 1
    return kept > 0


def complementary_mri() -> Given:
    """Half of k-space, chosen so that quarter turns show the other half, and nothing twice."""
    return _images(operators.fourier(_turned_by_turns()), turns())


def mri_for_turns() -> Given:
    """That half and three in ten of the others: quarter turns show all of it, and some twice."""
    more = _rng(_OPERATOR).random((SIZE, SIZE)) < 0.3
    return _images(operators.fourier(_turned_by_turns() | more), turns())


def kravchuk_mri(acceleration: int) -> Given:
    """Cartesian MRI of phantoms under exact rotations of pixels by multiples of 45 degrees."""
    return _phantoms(operators.fourier(_cartesian(acceleration)))


def _views(count: int) -> Any:
    return operators.tomography(SIZE, np.arange(count) * np.pi / count)


def tomography(views: int) -> Given:
    """Views spread evenly over half a turn; an even number of them is moved into itself."""
    return _images(_views(views), turns())


def kravchuk_tomography(views: int) -> Given:
    """The same of phantoms under exact rotations of pixels by multiples of 45 degrees."""
    return _phantoms(_views(views))


def scaled_super_resolution() -> Given:
    """Training shrinks what it estimates; theory looks at enlarged images."""
    given = _images(_antialiased(), shifted_scalings(SIZE, "out"))
    return given._replace(predicted_by=shifted_scalings(SIZE, "in"))


def single_pixel() -> Given:
    """A quarter as many binary patterns as pixels."""
    camera = operators.bernoulli(SIZE**2 // 4, SIZE**2, rng=_rng(_OPERATOR))
    return _images(camera, shifts())


def several_masks(count: int, *, copies: int = 1) -> Given:
    """Several masks of 30 % of the pixels, each of them so many times, and no symmetry."""
    rng = _rng(_OPERATOR)
    masks = [rng.random((SIZE, SIZE)) < 0.3 for _ in range(count)]
    return _images([operators.inpainting(mask) for mask in masks * copies], None)


_MOI = {"losses": ("pinv", "mc", "moi", "supervised")}

SETUPS: tuple[Experiment, ...] = (
    Experiment(
        "inpainting", "inpainting, 50 % of the pixels, shifts", partial(inpainting, 0.5, shifts)
    ),
    Experiment(
        "inpainting-sparse",
        "inpainting, 25 % of the pixels, shifts",
        partial(inpainting, 0.25, shifts),
    ),
    Experiment(
        "inpainting-turns",
        "inpainting, 25 % of the pixels, quarter turns",
        partial(inpainting, 0.25, turns),
    ),
    Experiment(
        "inpainting-periodic", "inpainting, every second pixel, shifts", periodic_inpainting
    ),
    Experiment("deblurring", "deblurring, ideal low-pass, shifts", deblurring),
    Experiment("super-resolution", "super-resolution ×2, antialiased, shifts", super_resolution),
    Experiment(
        "super-resolution-aliased",
        "super-resolution ×2, means of blocks, shifts",
        aliased_super_resolution,
    ),
    Experiment(
        "super-resolution-scalings",
        "super-resolution ×2, antialiased, shifts and scalings",
        scaled_super_resolution,
    ),
    Experiment("mri2-shifts", "MRI ×2, shifts", partial(mri, 2, shifts)),
    Experiment("mri2-turns", "MRI ×2, quarter turns", partial(mri, 2, turns)),
    Experiment("mri2-kravchuk", "MRI ×2, Kravchuk rotations", partial(kravchuk_mri, 2)),
    Experiment("mri4-shifts", "MRI ×4, shifts", partial(mri, 4, shifts)),
    Experiment("mri4-turns", "MRI ×4, quarter turns", partial(mri, 4, turns)),
    Experiment("mri4-kravchuk", "MRI ×4, Kravchuk rotations", partial(kravchuk_mri, 4)),
    Experiment("mri-designed", "MRI, mask made for quarter turns", mri_for_turns),
    Experiment(
        "mri-complementary", "MRI ×2, quarter turns show just the other half", complementary_mri
    ),
    Experiment("ct-even", "CT, 8 views, quarter turns", partial(tomography, 8)),
    Experiment("ct-odd", "CT, 7 views, quarter turns", partial(tomography, 7)),
    Experiment("ct-kravchuk", "CT, 7 views, Kravchuk rotations", partial(kravchuk_tomography, 7)),
    Experiment("single-pixel", "single-pixel camera, m = n/4, shifts", single_pixel),
    Experiment(
        "moi-same",
        "ten times the same mask of 30 %, no symmetry",
        partial(several_masks, 1, copies=10),
        _MOI,
    ),
    *(
        Experiment(
            f"moi-{count}",
            f"{count} masks of 30 %, no symmetry",
            partial(several_masks, count),
            _MOI,
        )
        for count in (2, 4, 10)
    ),
)
