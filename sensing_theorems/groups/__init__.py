"""Group actions on R^n: one constructor per way of knowing a group.

=====================  =============================================  ================
constructor            action                                         irreps
=====================  =============================================  ================
`trivial`              identity                                       closed form
`shifts`               cyclic shifts, strides, channels               closed form, FFT
`reflections`          flip of one axis                               orbits
`quarter_turns`        C4 on square images                            orbits
`dihedral`             D4 on square images                            orbits and flip
`polar_rotations`      C_N on a polar grid                            closed form, FFT
`symmetric`            S_n on coordinates                             closed form
`from_permutations`    any (signed) permutations                      cycles / commutant
`direct_sum`           one group on two spaces                        multiplicities add
`product`              two commuting groups on one space              orbits / commutant
=====================  =============================================  ================
"""

from .action import GroupAction
from .element import Element
from .finite import direct_sum, from_permutations, product, symmetric
from .irreps import Irreps
from .lattices import reflections, shifts, trivial
from .rotations import dihedral, polar_rotations, quarter_turns
from .signed import SignedPermutation

__all__ = [
    "Element",
    "GroupAction",
    "Irreps",
    "SignedPermutation",
    "dihedral",
    "direct_sum",
    "from_permutations",
    "polar_rotations",
    "product",
    "quarter_turns",
    "reflections",
    "shifts",
    "symmetric",
    "trivial",
]
