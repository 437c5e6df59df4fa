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
`subsets`              S_n on subsets, such as edges of a graph       closed form
`hyperoctahedral`      all orders and signs of the coordinates        closed form
`polygon`              D_N on the corners of a polygon                closed form
`wallpaper`            shifts with p2, pmm, p4 or p4m                 closed form, FFT
`wreath`               blocks that move, and change places            closed form
`kravchuk_rotations`   SO(2), or C_N, exactly on pixels               closed form
`disk_rotations`       SO(2), or C_N, on Fourier–Bessel functions     closed form
`ball_rotations`       SO(3) on spherical Bessel functions            closed form
`cube_rotations`       24 rotations of a cube of voxels               orbits / orbitals
`from_permutations`    any (signed) permutations                      orbits / orbitals
`from_matrices`        matrices that generate a finite group          orbitals
`direct_sum`           one group on two spaces                        multiplicities add
`regular`              a small group on itself                        character table
`restrict`             a subgroup of another action                   as its generators
`product`              two commuting groups on one space              orbits / orbitals
=====================  =============================================  ================

Transforms that are no group, a `TransformSet` each: no irreps, but `stacked_rank` takes them.

========================  =============================================================
`scalings`                `SemigroupAction`: zooming in or out by integers
`interpolated_rotations`  `ApproximateAction`: any angle on pixels, with its two defects
`approximate_action`      `ApproximateAction`: your own maps, as powers of one
========================  =============================================================
"""

from .action import GroupAction
from .approximate import ApproximateAction, approximate_action
from .ball_harmonics import BallHarmonics
from .character_table import CharacterTable, character_table
from .continuous import ball_rotations, disk_rotations, kravchuk_rotations
from .disk_harmonics import DiskHarmonics
from .element import Element
from .families import hyperoctahedral, polygon, subsets
from .finite import direct_sum, from_permutations, product, symmetric
from .interpolation import interpolated_rotations
from .irreps import Irreps
from .lattices import reflections, shifts, trivial
from .matrices import from_matrices
from .regular import regular
from .restriction import restrict
from .rotations import cube_rotations, dihedral, polar_rotations, quarter_turns
from .semigroups import SemigroupAction, scalings
from .signed import SignedPermutation
from .transforms import TransformSet
from .wallpaper import wallpaper
from .wreath import wreath

__all__ = [
    "ApproximateAction",
    "BallHarmonics",
    "CharacterTable",
    "DiskHarmonics",
    "Element",
    "GroupAction",
    "Irreps",
    "SemigroupAction",
    "SignedPermutation",
    "TransformSet",
    "approximate_action",
    "ball_rotations",
    "character_table",
    "cube_rotations",
    "dihedral",
    "direct_sum",
    "disk_rotations",
    "from_matrices",
    "from_permutations",
    "hyperoctahedral",
    "interpolated_rotations",
    "kravchuk_rotations",
    "polar_rotations",
    "polygon",
    "product",
    "quarter_turns",
    "reflections",
    "regular",
    "restrict",
    "scalings",
    "shifts",
    "subsets",
    "symmetric",
    "trivial",
    "wallpaper",
    "wreath",
]
