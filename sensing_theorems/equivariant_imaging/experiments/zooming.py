r"""Super-resolution with scalings: images that look alike from near and from afar.

Theory and training use opposite directions. If every image, zoomed in, is again one, the operators
:math:`A T_s` that look at enlarged images see what A alone does not: the rank of their stack. What
can be computed from an estimate without inventing detail is a *smaller* image; training shows
shrunk estimates to A. On images without a smallest scale both are the same symmetry.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from ... import groups
from ...groups.transforms import LinearMap, TransformSet, matrix_map

__all__ = ["shifted_scalings"]


def shifted_scalings(size: int, direction: str) -> TransformSet:
    r"""Scalings by 1 and 2 of images that were shifted in all ways, :math:`T_s S_g`.

    Parameters
    ----------
    size : int
        Pixels along a side, a multiple of 4 that halves about its centre.
    direction : {"in", "out"}
        Whether images are enlarged or shrunk, see `groups.scalings`.
    """
    zooms = groups.scalings(size, size, factors=(2,), direction=direction, by="pixels")
    maps = [_moved(zooms.element(s).matrix(), g, size) for s in (1, 2) for g in range(size**2)]
    name = f"shifted_scalings({size}, {direction})"
    return TransformSet(name, size**2, (size, size), tuple(maps), tuple(range(len(maps))))


def _moved(zoom: sp.csr_array, g: int, size: int) -> LinearMap:
    shown = np.roll(np.arange(size**2).reshape(size, size), divmod(g, size), (0, 1)).ravel()
    return matrix_map(sp.csr_array(sp.csc_array(zoom)[:, np.argsort(shown)]))
