"""What a search for spurious signals finds: the signals, and the answer drawn from them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..judgement import Verdict

__all__ = ["SpuriousPoint", "SpuriousSearch"]


@dataclass(frozen=True, eq=False)
class SpuriousPoint:
    r"""A signal beside the model that fits all measurements, or nearly.

    Attributes
    ----------
    signal : ndarray, shape (n,)
        z.
    parameters : ndarray, shape (L, d)
        θ_g of the signals of the model that the (virtual) operators take z for.
    residual : float
        :math:`\left(\sum_g \|P_g (z - x(\theta_g))\|^2\right)^{1/2}`
    distance : float
        From the model, as a search from many starts found it.
    conditioning : float
        Smallest singular value of the equations in all θ_g, after z was eliminated: the equations
        lead this far for a unit step. Small values say that the point moves far when the operators
        change a little.
    regular : bool
        Whether the equations are independent there, so that an exact solution is near where the
        residual is rounding only.
    """

    signal: np.ndarray = field(repr=False)
    parameters: np.ndarray = field(repr=False)
    residual: float
    distance: float
    conditioning: float
    regular: bool


@dataclass(frozen=True, eq=False)
class SpuriousSearch:
    r"""What a search from random starts found.

    Attributes
    ----------
    verdict : Verdict
        NOT_IDENTIFIABLE where a spurious signal was found, verified numerically: its residual is
        below :math:`10^{-12}`, its distance above :math:`10^{-3}` times the radius of the model.
        Else UNDECIDED.
    reason : {"spurious_points", "none_found", "numerically_unclear"}
    explanation : str
    spurious : tuple of SpuriousPoint
        Different ones; of a continuum, some.
    near_misses : tuple of SpuriousPoint
        Local minima of the residual away from the model, the smallest residual per distance first.
    starts, converged : int
        How many starts were made, and how many came to an end.
    scale : float
        Radius of the model.
    """

    verdict: Verdict
    reason: str
    explanation: str
    spurious: tuple[SpuriousPoint, ...]
    near_misses: tuple[SpuriousPoint, ...]
    starts: int
    converged: int
    scale: float

    @property
    def stability_at_most(self) -> float | None:
        """Smallest residual per distance that was seen: no σ of `Identification` is larger."""
        if self.spurious:
            return 0.0
        return min((p.residual / p.distance for p in self.near_misses), default=None)

    def __str__(self) -> str:
        text = f"{self.verdict} ({self.reason}): {self.explanation}"
        if self.near_misses:
            best = self.near_misses[0]
            text += (
                f"\nnearest miss: residual {best.residual:.2g} at distance {best.distance:.2g} "
                "from the model"
            )
        return text
