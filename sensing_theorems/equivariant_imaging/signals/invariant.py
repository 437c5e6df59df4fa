r"""Any signals, moved at random until their law is invariant."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._validate import finite_array, generator
from ...groups.action import GroupAction
from ...groups.transforms import TransformSet

__all__ = ["make_invariant"]


def make_invariant(signals: Any, action: GroupAction | TransformSet, rng: Any) -> NDArray[Any]:
    r"""Move every signal by its own uniformly random element of the group.

    Parameters
    ----------
    signals : array_like, shape (N, *shape) or (N, n)
        With as many entries each as `action` acts on.
    action : GroupAction or TransformSet
        SO(2) is drawn by a uniform angle and SO(3) by Haar measure.
    rng : numpy.random.Generator or int

    Returns
    -------
    ndarray, of the shape of `signals`

    Raises
    ------
    ValueError
        If the shape does not fit, or the group is too large to list and not a product of cyclic
        ones.
    TypeError
        If `action` is neither.

    Notes
    -----
    *Exactness (derived here).* For a compact group, :math:`T_h T_g x = T_{hg} x` with g uniform,
    and hg is as uniform: the law of the moved signals is exactly invariant, whatever the law of x,
    up to the rounding of the maps. It may have other signals than before in it, though: the answer
    is the average of the law over the group.

    Maps that are no group are drawn uniformly from those listed. Of a semigroup of scalings, the
    *set* of signals becomes one with :math:`T_s X \subseteq X`, as the theory of the stack asks,
    exactly if products of listed factors are listed (`closed`), up to their scale; the *law* does
    not become invariant, since factors only grow. Of an `ApproximateAction` the law is invariant up
    to ``action.defects.composition``.
    """
    array, rng = finite_array(signals, "signals"), generator(rng)
    if not isinstance(action, GroupAction | TransformSet):
        raise TypeError(
            f"`action` must be a GroupAction or a TransformSet; got {type(action).__name__}."
        )
    if array.ndim < 2 or math.prod(array.shape[1:]) != action.n:
        raise ValueError(
            f"`signals` must be (N, ...) with {action.n} entries each, those of {action.name}; got "
            f"shape {array.shape}."
        )
    flat = array.reshape(len(array), action.n)
    moved = (
        _by_group(flat, action, rng)
        if isinstance(action, GroupAction)
        else _listed(flat, action, rng)
    )
    return moved.reshape(array.shape)


def _listed(x: NDArray[Any], maps: TransformSet, rng: np.random.Generator) -> NDArray[Any]:
    labels = np.asarray(maps.labels)
    return _grouped(x, labels[rng.integers(len(labels), size=len(x))], maps)


def _by_group(x: NDArray[Any], action: GroupAction, rng: np.random.Generator) -> NDArray[Any]:
    if action.finite and action.periods is not None:
        # By exponents: the order may be beyond what one integer holds.
        words = np.stack([rng.integers(p, size=len(x)) for p in action.periods], axis=1)
        kinds, which = np.unique(words, axis=0, return_inverse=True)
        moved = np.empty(x.shape, np.result_type(x, np.float64))
        for number, word in enumerate(kinds.tolist()):
            rows = np.flatnonzero(which.reshape(-1) == number)
            moved[rows] = action.apply(tuple(word), x[rows])
        return moved
    if action.finite:
        next(action.elements())  # refuses, in words, a group that is too large to list
        return _grouped(x, rng.integers(action.order, size=len(x)), action)
    if action.kind == "so2":
        angles = rng.uniform(0, 2 * np.pi, len(x)).tolist()
        return np.stack([action.apply(a, row) for a, row in zip(angles, x, strict=True)])
    if action.kind == "so3":
        return np.stack([action.apply(_rotation(rng), row) for row in x])
    raise ValueError(f"elements of {action.name} cannot be drawn uniformly; restrict it first.")


def _grouped(x: NDArray[Any], labels: NDArray[Any], maps: Any) -> NDArray[Any]:
    """Signals, each by the map of its label, all of one label at once."""
    moved = np.empty(x.shape, np.result_type(x, np.float64))
    for label in np.unique(labels).tolist():
        moved[labels == label] = maps.apply(label, x[labels == label])
    return moved


def _rotation(rng: np.random.Generator) -> NDArray[np.float64]:
    """Haar-distributed rotation of space, from a unit quaternion."""
    w, x, y, z = (q := rng.standard_normal(4)) / np.linalg.norm(q)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
