"""Which measurements to take: masks that a symmetry of the signals makes the most of."""

from .mask_design import MaskDesign, design_mask

__all__ = ["MaskDesign", "design_mask"]
