"""A mask that was designed, with what is known about it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .._forward import ForwardOperator
from ..groups.action import GroupAction
from ..rank_result import RankResult
from .units import Units

__all__ = ["MaskDesign"]


@dataclass(frozen=True, eq=False)
class MaskDesign:
    r"""A mask, with what the rank engine says about it.

    Attributes
    ----------
    kind : {"cartesian", "radial", "pixels", "fourier"}
    mask : ndarray of bool
        In the order that `operators.fourier` or `operators.inpainting` takes.
    budget : int
        Number of units: lines, spokes, pixels or frequencies.
    units : tuple of int
        Numbers of the chosen units, see `design_mask`.
    operator : ForwardOperator, (m, n)
        Of the mask.
    action : GroupAction
        The symmetry that the signals are assumed to have.
    rank : RankResult
        Of the stack over all :math:`A T_g` for real signals, computed from the operator anew.
    condition : float
        Smallest over largest singular value of that stack; 0 where the rank is not full.
    optimal : bool
        Whether no mask of this kind and budget that holds the kept units has a larger least
        singular value. False means that it was found by a search which does not prove that.
    possible : bool or None
        Whether some mask of this kind and budget that holds the kept units has full rank: True if
        this one has, False if it was proved that none has, ``None`` if none was found and none
        ruled out.
    reason : str
    random : ndarray of float, shape (20,)
        Conditions of random masks with the same kind, budget and kept units, decreasing; 0 where
        the rank is not full. Searches start from the best of them too, so that none has a larger
        least singular value than the design.
    """

    kind: str
    mask: np.ndarray
    budget: int
    units: tuple[int, ...]
    operator: ForwardOperator = field(repr=False)
    action: GroupAction
    rank: RankResult
    condition: float
    optimal: bool
    possible: bool | None
    reason: str
    random: np.ndarray = field(repr=False)

    @property
    def learnable(self) -> bool | None:
        """Whether the stack has rank n, so that no signal is invisible; ``None`` if unclear.

        It is necessary for model identification. For a mask no theorem makes it sufficient, unless
        the mask is one-to-one on the signals by itself, as `reason` then says.
        """
        return self.rank.full if self.rank.clear else None

    def __str__(self) -> str:
        size = "x".join(map(str, self.mask.shape))
        seen = np.count_nonzero(self.random)
        said = {True: "nothing stays invisible", False: "not learnable", None: "unclear"}
        how = "optimal" if self.optimal else "the best found"
        others = f"{seen} of {self.random.size} random masks see everything"
        if seen:
            others += f", conditions up to {self.random[0]:.3g}"
        return (
            f"{_units_text(self)} on {size}, {self.action.name}: {said[self.learnable]}\n"
            f"  {self.rank}\n"
            f"  condition {self.condition:.3g}, {how}; {others}\n"
            f"  {self.reason}"
        )


def _units_text(design: MaskDesign) -> str:
    return Units(design.kind, design.mask.shape, ()).text(design.budget)
