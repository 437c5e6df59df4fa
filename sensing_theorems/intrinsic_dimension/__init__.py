r"""For users who do not know the dimension k of their signals: estimates of it, with intervals.

Finite data never determine a box-counting dimension: any finite set of samples has dimension 0,
and lies in sets of every dimension. What stands here is an estimate, and decides no verdict.
"""

from .estimate import DimensionEstimate
from .measurements import measured_dimension
from .signals import intrinsic_dimension

__all__ = ["DimensionEstimate", "intrinsic_dimension", "measured_dimension"]
