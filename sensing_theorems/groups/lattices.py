r"""Actions on arrays: identity, cyclic shifts, flips."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from .._validate import integer, positive_int, signal_size
from .abelian import AbelianTransform
from .action import GroupAction
from .irreps import ComplexIrrep, Irreps
from .orbit_types import OrbitType, cyclic_orbit_types
from .orders import product_order
from .signed import SignedPermutation

__all__ = ["abelian_action", "reflections", "shifts", "trivial"]


def abelian_action(
    name: str,
    generators: tuple[SignedPermutation, ...],
    types: Sequence[OrbitType] | Callable[[], Sequence[OrbitType]],
    shape: tuple[int, ...],
    periods: tuple[int, ...] | None = None,
    table: Callable[[], Irreps] | None = None,
) -> GroupAction:
    """Action of a commutative group from its orbit types; order derived unless `periods` say it.

    Where the `table` is known without them, orbits are walked only when coordinates are asked for.
    """
    transform = AbelianTransform(generators[0].n, types)
    periods = periods or transform.independent_periods
    order, cyclic = transform.order_and_cyclic() if periods is None else product_order(periods)
    return GroupAction(
        name,
        transform.n,
        generators,
        cyclic,
        shape,
        periods,
        kind="abelian",
        parts=transform,
        _order=order,
        _build=lambda: transform,
        _table=table,
    )


def lattice_irreps(orbits: int, periods: tuple[int, ...]) -> Irreps:
    """Table of a product of cyclic groups that moves so many orbits freely: every frequency."""
    # A character is real if it is ±1 on every generator.
    real = math.prod(2 - t % 2 for t in periods)
    others = math.prod(periods) - real
    rows = [ComplexIrrep(1, orbits, 0, others)] if others else []
    return Irreps((*rows, ComplexIrrep(1, orbits, 1, real)))


def trivial(n: int) -> GroupAction:
    r"""The identity on R^n: no symmetry is assumed.

    One irrep with s = 1, c = n, so the necessary bound is m >= n.

    Parameters
    ----------
    n : int
        Number of coordinates.

    Returns
    -------
    GroupAction
    """
    n = signal_size(positive_int(n, "n"))
    types = [OrbitType.plain(np.arange(n).reshape(n, 1))]
    identity = SignedPermutation.identity(n)
    return abelian_action(f"trivial({n})", (identity,), types, (n,), (1,))


def shifts(*shape: int, stride: int | tuple[int, ...] = 1, channels: int = 1) -> GroupAction:
    r"""Cyclic shifts of an array, by multiples of `stride` in each axis.

    The generator of axis i is ``numpy.roll(x, stride_i, axis=i)``. With strides dividing the
    shape there are :math:`|G| = \prod_i N_i/\text{stride}_i` elements, and every character has
    multiplicity :math:`c = \text{channels} \cdot \prod_i \text{stride}_i`. The group is cyclic
    exactly when the :math:`N_i/\text{stride}_i` are pairwise coprime.

    Parameters
    ----------
    *shape : int
        Array shape, flattened in C order.
    stride : int or tuple of int
        Step per axis, in pixels; must divide the axis.
    channels : int
        Number of arrays moved together, channel first.

    Raises
    ------
    ValueError
        If no axis is given, or a stride does not divide its axis.

    Examples
    --------
    >>> import sensing_theorems as st
    >>> st.groups.shifts(28, 28).order
    784
    >>> st.groups.shifts(16, stride=4).irreps.max_multiplicity
    4
    """
    if not shape:
        raise ValueError("`shifts` needs at least one axis, as in shifts(28, 28); got none.")
    sizes = tuple(positive_int(size, "size") for size in shape)
    channels = positive_int(channels, "channels")
    steps = tuple(stride) if isinstance(stride, tuple | list) else (stride,) * len(sizes)
    if len(steps) != len(sizes):
        raise ValueError(f"stride must have one entry per axis, {len(sizes)}; got {len(steps)}.")
    steps = tuple(positive_int(step, "stride") for step in steps)
    for size, step in zip(sizes, steps, strict=True):
        if size % step:
            raise ValueError(f"stride must divide its axis; got stride {step} on axis {size}.")
    whole = (channels, *sizes) if channels > 1 else sizes
    grid = np.arange(signal_size(channels, *sizes)).reshape(channels, *sizes)
    generators = tuple(
        SignedPermutation(np.roll(grid, -step, axis=1 + axis).reshape(-1))
        for axis, step in enumerate(steps)
    )
    periods = tuple(size // step for size, step in zip(sizes, steps, strict=True))

    def types() -> list[OrbitType]:
        pairs = (v for pair in zip(periods, steps, strict=True) for v in pair)
        k = len(sizes)
        axes = (0, *range(2, 2 * k + 1, 2), *range(1, 2 * k + 1, 2))
        split = grid.reshape(channels, *pairs).transpose(axes)
        return [OrbitType.plain(split.reshape(-1, *periods))]

    text = "x".join(map(str, sizes))
    text += "" if set(steps) == {1} else ",stride=" + "x".join(map(str, dict.fromkeys(steps)))
    text += "" if channels == 1 else f",channels={channels}"
    return abelian_action(
        f"shifts({text})",
        generators,
        types,
        whole,
        periods,
        lambda: lattice_irreps(channels * math.prod(steps), periods),
    )


def reflections(*shape: int, axis: int = -1) -> GroupAction:
    """Flip along one axis: |G| = 2, the even and the odd character.

    Parameters
    ----------
    *shape : int
        Array shape, flattened in C order.
    axis : int
        The axis that is reversed.

    Raises
    ------
    ValueError
        If no axis is given or `axis` does not exist.
    """
    if not shape:
        raise ValueError("`reflections` needs at least one axis, as in reflections(28, 28).")
    sizes = tuple(positive_int(size, "size") for size in shape)
    axis = integer(axis, "axis")
    if not -len(sizes) <= axis < len(sizes):
        raise ValueError(f"axis must lie in -{len(sizes)}, …, {len(sizes) - 1}; got {axis}.")
    grid = np.arange(signal_size(*sizes)).reshape(sizes)
    flip = SignedPermutation(np.flip(grid, axis).reshape(-1).copy())
    types = cyclic_orbit_types(flip, 2)
    name = f"reflections({'x'.join(map(str, sizes))},axis={axis})"
    return abelian_action(name, (flip,), types, sizes, (2,))
