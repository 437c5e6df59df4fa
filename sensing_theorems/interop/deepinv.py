r"""Check setups of deepinv, and hand actions of ours to its losses.

=====================  ========================================================================
function               from, to
=====================  ========================================================================
`check`                physics and a transform, to a report with notes on what misleads
`from_physics`         LinearPhysics, to ForwardOperator
`measurement_rank`     LinearPhysics, to the number of measurements it makes
`distinct_operators`   list of physics, to how many are different
`from_transform`       Transform, to GroupAction or TransformSet
`to_transform`         finite GroupAction, to Transform
`to_physics`           operator, to LinearPhysics
`to_virtual_physics`   operator and action, to the LinearPhysics A T_g
=====================  ========================================================================

deepinv 0.5 or newer is imported when a function needs it, and not before: earlier ones shift along
the other axis, and undo reflections wrongly.
"""

from __future__ import annotations

from .checking import Checked, check
from .distinct import DistinctOperators, distinct_operators
from .exported import to_transform
from .physics import from_physics, measurement_rank
from .transforms import from_transform
from .virtual import to_physics, to_virtual_physics

__all__ = [
    "Checked",
    "DistinctOperators",
    "check",
    "distinct_operators",
    "from_physics",
    "from_transform",
    "measurement_rank",
    "to_physics",
    "to_transform",
    "to_virtual_physics",
]
