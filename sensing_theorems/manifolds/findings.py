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
    distance_at_most : float
        Distance from the nearest signal of the model that a search from many starts found: an upper
        bound, which proves nothing where z is part of the model and all starts missed that.
    distance_at_least : float
        Proven lower bound of the distance from the model, by `Manifold.lipschitz`; 0 where there is
        none. It holds for the exact solution nearby if `regular`, else for z. Computed for signals
        that fit and for the nearest miss.
    dimension : int
        Of the set of exact solutions around it, as far as that is clear, else 0. Above d it proves
        that almost all of them, arbitrarily near, are beside the model, whose dimension is d.
    conditioning : float
        Smallest singular value of the equations in all θ_g, after z was eliminated: the equations
        lead this far for a unit step. Small values say that the point moves far when the operators
        change a little.
    regular : bool
        Whether an exact solution is near if the residual is rounding: the equations are clearly
        independent there, or z differs from the model by what no operator sees.
    """

    signal: np.ndarray = field(repr=False)
    parameters: np.ndarray = field(repr=False)
    residual: float
    distance_at_most: float
    distance_at_least: float
    dimension: int
    conditioning: float
    regular: bool


@dataclass(frozen=True, eq=False)
class SpuriousSearch:
    r"""What a search from random starts found.

    Attributes
    ----------
    verdict : Verdict
        NOT_IDENTIFIABLE where a signal was found that fits, with a residual below
        :math:`10^{-12}` times the radius of the model, and a lower bound of its distance or a
        count of dimensions shows that it, or what is arbitrarily near, is beside the model. Else
        UNDECIDED.
    reason : {"spurious_points", "candidates", "none_found", "numerically_unclear"}
    explanation : str
    spurious : tuple of SpuriousPoint
        Those signals, different ones; of a continuum, some.
    candidates : tuple of SpuriousPoint
        Signals that fit all measurements, and that no search found in the model, at distances up to
        :math:`10^{-3}` times its radius; nothing proves that they are not part of it.
    near_misses : tuple of SpuriousPoint
        Local minima of the residual away from the model, as far as the search saw, the smallest
        residual per distance first.
    starts, converged : int
        How many starts were made, and how many came to an end.
    scale : float
        Radius of the model.
    """

    verdict: Verdict
    reason: str
    explanation: str
    spurious: tuple[SpuriousPoint, ...]
    candidates: tuple[SpuriousPoint, ...]
    near_misses: tuple[SpuriousPoint, ...]
    starts: int
    converged: int
    scale: float

    @property
    def stability_at_most(self) -> float | None:
        """Smallest residual per proven distance: no σ of `Identification` is larger.

        ``None`` where no distance was proven.
        """
        if self.spurious:
            return 0.0
        known = [p for p in self.near_misses if p.distance_at_least > 0]
        return min((p.residual / p.distance_at_least for p in known), default=None)

    def __str__(self) -> str:
        text = f"{self.verdict} ({self.reason}): {self.explanation}"
        if self.near_misses:
            best = self.near_misses[0]
            text += (
                f"\nnearest miss: residual {best.residual:.2g} at distance up to "
                f"{best.distance_at_most:.2g} from the model"
            )
        return text
