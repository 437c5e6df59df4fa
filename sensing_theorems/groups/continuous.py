r"""Continuous rotations that are exact actions: of pixels, of the disk, and of the ball.

Interpolated rotations of pixels are no group action. These are: the finite oscillator on square
images (Kravchuk), and rotations of functions on a disk or a ball below the band limit, given by
their coefficients. SO(2) is monothetic: the powers of the rotation by the golden angle
:math:`\pi(3 - \sqrt5)` are dense, so that one generator stands for all angles. SO(3) is generated,
densely, by golden rotations about two axes.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from .._validate import at_most
from .action import GroupAction
from .ball_harmonics import BallHarmonics
from .ball_rotation import BallRotation
from .disk_harmonics import DiskHarmonics
from .frequencies import FrequencyTransform
from .kravchuk import KravchukModes
from .plane_rotation import Rotation
from .shells import ShellTransform

__all__ = [
    "ball_rotations",
    "disk_rotations",
    "kravchuk_rotations",
    "restrict_rotations",
    "rotations_beside",
]

_GOLDEN = math.pi * (3 - math.sqrt(5))


def kravchuk_rotations(size: int, order: int | None = None) -> GroupAction:
    r"""Rotations of size × size pixels by the finite oscillator: exact, orthogonal, any angle.

    Wolf et al., arXiv:1512.02246 (rotations of pixellated images by Kravchuk functions). Frequency
    :math:`\mu` has multiplicity :math:`\text{size} - |\mu|`, so that the largest is
    :math:`\sqrt n`, at :math:`\mu = 0`.

    Parameters
    ----------
    size : int
        At most 1024.
    order : int, optional
        N, for the N rotations by multiples of 2π/N; by default all angles, SO(2).

    Returns
    -------
    GroupAction
        Its elements are given by an angle in radians, or under C_N by a number 0, …, N-1.

    Raises
    ------
    TypeError, ValueError
        If a size is no positive integer, or beyond its limit.

    Notes
    -----
    Smooth images in the middle of the square turn as they should, counter-clockwise as by
    ``numpy.rot90``; near the corners the finite oscillator bends space. By π/2 it is ``rot90``
    exactly for odd size, and up to signs on some fine modes for even size: see `KravchukModes`.

    Examples
    --------
    >>> import numpy as np
    >>> import sensing_theorems as st
    >>> action = st.groups.kravchuk_rotations(28)
    >>> action.irreps.max_multiplicity
    28
    >>> turned = action.apply(np.pi / 6, np.zeros(784))  # by 30 degrees
    >>> action.element(np.pi / 6)
    <Rotation by 30° of R^784>
    """
    modes = KravchukModes(size)
    order = _checked_order(order)
    space = FrequencyTransform(
        modes.invariant,
        modes.pairs,
        order=order,
        to_modes=modes.to_modes,
        from_modes=modes.from_modes,
        basis="Kravchuk",
        # Measured: 4e-14 at size 256, and in proportion to the size.
        rounding=modes.size * float(np.finfo(float).eps),
    )
    name = f"kravchuk_rotations({modes.size}{_suffix(order)})"
    return _plane(name, space, (modes.size, modes.size))


def disk_rotations(size: int, order: int | None = None) -> GroupAction:
    r"""Rotations of functions on a disk, given by their Fourier–Bessel coefficients.

    Frequency :math:`\nu` has as many copies as :math:`J_\nu` has zeros below the band limit
    :math:`\pi\,\text{size}/2` of size × size pixels; about size/2 for :math:`\nu = 0`.

    Parameters
    ----------
    size : int
        From 2 to 1024.
    order : int, optional
        N, for the N rotations by multiples of 2π/N; by default all angles, SO(2).

    Returns
    -------
    GroupAction
        With `DiskHarmonics` as its `harmonics`, which turn coefficients into images and back.

    Examples
    --------
    >>> import sensing_theorems as st
    >>> action = disk_rotations(64)
    >>> action.n, action.irreps.max_multiplicity
    (2474, 32)
    """
    harmonics = DiskHarmonics(size)
    order = _checked_order(order)
    space = FrequencyTransform(
        harmonics.invariant, harmonics.frequencies, order=order, basis="disk"
    )
    name = f"disk_rotations({harmonics.size}{_suffix(order)})"
    return _plane(name, space, (space.n,), harmonics)


def ball_rotations(radius: int) -> GroupAction:
    r"""Rotations of functions on a ball, given by their spherical Bessel coefficients: SO(3).

    Degree l has dimension 2 l + 1 and as many copies as :math:`j_l` has zeros below the band limit
    :math:`\pi R`; R - 1 for l = 0.

    Parameters
    ----------
    radius : int
        R in voxels, from 2 to 128.

    Returns
    -------
    GroupAction
        Its elements are given by a rotation matrix (3, 3), as in ``action.apply(R, x)``. With
        `BallHarmonics` as its `harmonics`, which evaluate and project.

    Examples
    --------
    >>> import sensing_theorems as st
    >>> action = ball_rotations(16)
    >>> action.n, action.irreps.max_ratio
    (8254, Fraction(15, 1))
    """
    harmonics = BallHarmonics(radius)
    space = ShellTransform(harmonics.multiplicities)
    cos, sin = math.cos(_GOLDEN), math.sin(_GOLDEN)
    about_z = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, cos, -sin], [0.0, sin, cos]])
    return GroupAction(
        f"ball_rotations({harmonics.radius})",
        space.n,
        (BallRotation(space, about_z), BallRotation(space, about_x)),
        False,
        (space.n,),
        kind="so3",
        parts=space,
        harmonics=harmonics,
        _order=math.inf,
        _build=lambda: space,
        _at=partial(BallRotation, space),
    )


def rotations_beside(a: GroupAction, b: GroupAction) -> GroupAction:
    """Direct sum of two actions of SO(2), or of one C_N: both turn by the same angle."""
    if a.parts.order != b.parts.order:
        raise ValueError(
            "`direct_sum` needs two actions of one group, SO(2) or the same C_N; got "
            f"{a.name} and {b.name}."
        )
    space = a.parts.beside(b.parts)
    return _plane(f"direct_sum({a.name}, {b.name})", space, (space.n,))


def restrict_rotations(action: GroupAction, order: int) -> GroupAction:
    r"""The N rotations by multiples of 2π/N among all: a finite group on the same signals.

    .. math:: c^{(N)}_j = \sum_{\mu \equiv j \bmod N} c_\mu

    so that N rotations are as good as all of them only if N exceeds twice the highest frequency.

    Parameters
    ----------
    action : GroupAction
        Of SO(2), or of SO(3), of which the rotations about z are taken: every degree l then has the
        frequencies -l, …, l.
    order : int
        N.

    Returns
    -------
    GroupAction

    Raises
    ------
    ValueError
        If the action is of another group.

    Examples
    --------
    >>> import sensing_theorems as st
    >>> restrict_rotations(kravchuk_rotations(5), 4).irreps.max_multiplicity
    7
    """
    order = at_most(order, "order", 2**31)
    space = action.parts
    if action.kind == "so2":
        if space.order is not None and space.order % order:
            raise ValueError(
                f"C_{space.order} contains C_N for N that divides {space.order}; got {order}."
            )
        space = space.restricted(order)
    elif action.kind == "so3":
        index, inverse = space.axis_order, np.argsort(space.axis_order)
        pairs = space.axis_frequencies
        space = FrequencyTransform(
            space.n - 2 * pairs.size,
            pairs,
            order=order,
            to_modes=lambda x: x[:, index],
            from_modes=lambda modes: modes[:, inverse],
            basis="ball about z",
        )
    else:
        raise ValueError(
            f"only rotations in the plane or in space can be restricted to C_N; got {action.name}."
        )
    name = f"{action.name.partition(',')[0].removesuffix(')')},order={order})"
    return _plane(name, space, action.shape, action.harmonics)


def _checked_order(order: int | None) -> int | None:
    return None if order is None else at_most(order, "order", 2**31)


def _suffix(order: int | None) -> str:
    return "" if order is None else f",order={order}"


def _plane(
    name: str, space: FrequencyTransform, shape: tuple[int, ...], harmonics: Any = None
) -> GroupAction:
    order = space.order
    return GroupAction(
        name,
        space.n,
        (Rotation(space, _GOLDEN if order is None else 1),),
        True,
        shape,
        None if order is None else (order,),
        kind="so2",
        parts=space,
        harmonics=harmonics,
        _order=math.inf if order is None else order,
        _build=lambda: space,
        _at=partial(Rotation, space) if order is None else None,
    )
