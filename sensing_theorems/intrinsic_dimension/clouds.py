"""Samples as distinct points of a Euclidean space."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .._validate import finite_array
from ..tolerance import rounding, threshold
from .neighbours import nearest

__all__ = ["Cloud", "as_cloud"]


class Cloud(NamedTuple):
    """Distinct points, in units in which the largest entry of the data is below one.

    Attributes
    ----------
    points : ndarray, shape (N, D)
        Real, centred, in the order of the data.
    counts : ndarray of int, shape (N,)
        How often each came.
    exponent : int
        The unit is 2 to this power.
    """

    points: np.ndarray
    counts: np.ndarray
    exponent: int


def as_cloud(data: Any, name: str) -> Cloud:
    r"""Return samples, one per row, as distinct points of a Euclidean space.

    Samples count as equal where rounding explains their distance: up to
    :math:`64\,\varepsilon\max_i\|x_i\|`, with the precision in which they were given.

    Parameters
    ----------
    data : array_like, shape (N, ...)
        Real or complex; a complex entry makes two coordinates.
    name : str
        For errors.
    """
    array = finite_array(data, name)
    if array.ndim < 2 or array.size == 0:
        raise ValueError(
            f"`{name}` must hold one sample per row, (N, ...), none empty; got shape {array.shape}."
        )
    flat = array.reshape(len(array), -1)
    flat = flat.view(flat.real.dtype).astype(np.float64)
    largest = float(np.abs(flat).max())
    exponent = int(np.frexp(largest)[1])
    # In two steps: one power of two may itself be out of range.
    points = np.ldexp(np.ldexp(flat, -(exponent // 2)), exponent // 2 - exponent)
    equal = threshold(float(np.linalg.norm(points, axis=1).max()), rounding(array.dtype, largest))
    _, first, counts = np.unique(points, axis=0, return_index=True, return_counts=True)
    order = np.argsort(first)
    points, counts = points[first[order]], counts[order]
    return Cloud(*_merge(points - points.mean(axis=0), counts, equal), exponent)


def _merge(points: np.ndarray, counts: np.ndarray, equal: float) -> tuple[np.ndarray, np.ndarray]:
    """Keep one of the points that lie within rounding; each round halves these or more."""
    while len(points) > 1:
        distances, indices = nearest(points, 1)
        close = np.flatnonzero(distances[:, 0] <= equal)
        if close.size == 0:
            break
        links = (np.ones(close.size), (close, indices[close, 0]))
        groups = coo_array(links, shape=(len(points), len(points)))
        labels = connected_components(groups, directed=False)[1]
        first = np.sort(np.unique(labels, return_index=True)[1])
        counts = np.bincount(labels, counts)[labels[first]].astype(np.int64)
        points = points[first]
    return points, counts
