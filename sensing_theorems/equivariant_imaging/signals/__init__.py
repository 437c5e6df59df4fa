"""Signals whose law is invariant, and how exactly: NumPy only, and no download.

====================  =====================================================================
signals               law exactly invariant under
====================  =====================================================================
`shapes`              circular shifts and D4
`digits`              circular shifts
`phantoms`            D4 on pixels; before pixels, all rotations of the plane
`mr_patches`          D4
`subspace`, `union`   orthogonal maps that keep, or permute, the subspaces
`make_invariant`      the group it is given, for any signals
====================  =====================================================================
"""

from .checked import checked_signals
from .digits import digits
from .invariant import make_invariant
from .linear import invariant_subspace, invariant_union, subspace, union
from .patches import mr_patches
from .phantoms import phantoms
from .shapes import shapes

__all__ = [
    "checked_signals",
    "digits",
    "invariant_subspace",
    "invariant_union",
    "make_invariant",
    "mr_patches",
    "phantoms",
    "shapes",
    "subspace",
    "union",
]
