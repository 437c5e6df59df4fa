"""A deepinv physics as an operator, and how much it measures."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from .._forward import MAX_ENTRIES, ForwardOperator, from_matrix, unit_responses
from .._validate import array_shape, require_finite
from ..foreign import as_operator
from ..rank_result import RankResult
from ..stacked_rank import stacked_rank

__all__ = ["any_operator", "from_physics", "image_size", "measurement_rank", "noise_note"]

_MATERIALISED = 4096  # columns up to which all unit images are measured at once


def from_physics(physics: Any, img_size: Sequence[int] | None = None) -> ForwardOperator:
    r"""Return the linear map :math:`A` of a deepinv physics, without its noise.

    Linearity and the adjoint are tested on random images. Up to n = 4096 pixels and channels the
    matrix is computed, :math:`A e_1, \dots, A e_n` in batches, so that ranks need no more calls.
    Physics compute in single precision, and the operator says so: ranks then count as zero what
    rounding of single precision may hide. ``physics.double()`` makes them sharper.

    The number of rows is that of the numbers which the physics returns, and **not** the number of
    measurements: many physics answer with zeros where they measure nothing. `measurement_rank`
    counts those.

    Parameters
    ----------
    physics : deepinv.physics.LinearPhysics
        Stacked physics too: the parts of a TensorList stand above each other.
    img_size : tuple of int, optional
        Shape of an image without its batch, (C, H, W). Needed where the physics does not tell it:
        `Blur`, `Downsampling`, `Tomography` and others.

    Returns
    -------
    ForwardOperator, (m, n), float32

    Raises
    ------
    TypeError
        If `physics` has no `A` and `A_adjoint`, or nobody says what an image is.
    ValueError
        If the physics does not take such images, is not linear, or its adjoint is not one.

    Examples
    --------
    >>> from_physics("blur")
    Traceback (most recent call last):
      ...
    TypeError: `physics` must be a linear physics, with `A` and `A_adjoint`; got str.
    """
    shape = image_size(physics, img_size)
    try:
        A = as_operator(physics, shape_in=shape)
    except (RuntimeError, IndexError, AssertionError) as error:
        first = str(error).splitlines()[0] if str(error) else ""
        raise ValueError(
            f"{type(physics).__name__} must take images of shape {shape}; it raised "
            f"{type(error).__name__}: {first}"
        ) from error
    m, n = A.shape
    if n > _MATERIALISED or m * n > MAX_ENTRIES:
        return A
    matrix = unit_responses(A.matmat, n, A.dtype)
    require_finite(matrix, "the response of the physics to unit images")
    return from_matrix(matrix, shape_in=A.shape_in, name=A.name)


def image_size(physics: Any, img_size: Sequence[int] | None) -> tuple[int, ...]:
    """Return the shape of an image, as told or as the physics says.

    Raises
    ------
    TypeError
        If `physics` is no linear physics, or there is no shape.
    """
    kinds = sys.modules.get("deepinv.physics")
    nonlinear = kinds is not None and (
        isinstance(physics, kinds.Physics) and not isinstance(physics, kinds.LinearPhysics)
    )
    if nonlinear or not (hasattr(physics, "A") and hasattr(physics, "A_adjoint")):
        raise TypeError(
            "`physics` must be a linear physics, with `A` and `A_adjoint`; got "
            f"{type(physics).__name__}."
        )
    told = getattr(physics, "img_size", None) if img_size is None else img_size
    if told is None:
        raise TypeError(
            f"`img_size` must be given, (C, H, W), since {type(physics).__name__} does not tell "
            "it; got None."
        )
    return array_shape(told, "img_size")


def measurement_rank(physics: Any, img_size: Sequence[int] | None = None) -> RankResult:
    r"""How many measurements a physics makes: :math:`\operatorname{rank} A`.

    This is the m of every theorem. ``y.numel()`` counts zeros and repetitions too: an inpainting
    physics returns the whole image.

    Parameters
    ----------
    physics : deepinv.physics.LinearPhysics
    img_size : tuple of int, optional
        See `from_physics`.

    Returns
    -------
    RankResult
        `rank`, `n`, and `m`, the number of values returned; with singular values.
    """
    return stacked_rank(from_physics(physics, img_size))


def noise_note(physics: Any) -> str | None:
    """What the physics does after A, in words; ``None`` for nothing that is known."""
    model = getattr(physics, "noise_model", None)
    if model is None or type(model).__name__ in ("ZeroNoise", "Identity", "function"):
        return None
    return (
        f"{type(model).__name__} of {type(physics).__name__} was not applied: the answer is about "
        "measurement sets that are known exactly"
    )


def any_operator(obj: Any, img_size: Sequence[int] | None = None) -> ForwardOperator:
    """Return a physics by `from_physics`, and anything else by `as_operator`."""
    if isinstance(obj, ForwardOperator) or not hasattr(obj, "A_adjoint"):
        return as_operator(obj, shape_in=None if isinstance(obj, ForwardOperator) else img_size)
    return from_physics(obj, img_size)
