"""Separated subsets of a cloud, whose sizes grow as the number of mesh boxes."""

from __future__ import annotations

import numpy as np

__all__ = ["nets"]

_BOXES = range(8, 2048)


def nets(points: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    r"""Sizes of maximal separated subsets over all scales that the number of points resolves.

    Points more than :math:`\varepsilon` apart, to which none can be added: no fewer than the balls
    of radius :math:`\varepsilon` that are needed to cover all, no more than there are disjoint
    balls of half that radius. Their number thus grows as that of mesh boxes, whatever the axes.

    Parameters
    ----------
    points : ndarray, shape (N, D)
        Distinct.
    rng : Generator
        Draws the order in which points are taken.

    Returns
    -------
    scales, sizes : ndarray
        Scales descend by a factor of :math:`2^{1/8}`; sizes lie from 8 to N/10, at most 2048.
    """
    most = min(len(points) // 10, _BOXES.stop)
    scale = float(np.linalg.norm(points - points.mean(axis=0), axis=1).max())
    scales, sizes = [], []
    size = 0
    while size <= most:
        if size >= _BOXES.start:
            scales.append(scale)
            sizes.append(size)
        scale *= 2**-0.125
        size = _net(points[rng.permutation(len(points))], scale, most)
    return np.array(scales), np.array(sizes)


def _net(left: np.ndarray, scale: float, most: int) -> int:
    """Size of the separated subset that takes points as they come, counted up to `most` + 1."""
    size = 0
    while len(left) and size <= most:
        size += 1
        gaps = left - left[0]
        left = left[np.einsum("ij,ij->i", gaps, gaps) > scale**2]
    return size
