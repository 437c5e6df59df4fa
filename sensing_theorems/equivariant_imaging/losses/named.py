"""Losses by the names that the field gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ...files import known
from ..noise import Noise
from ..physics import Physics
from ..transforms import Transforms
from .base import Loss
from .consistency import MeasurementConsistency, Supervised
from .equivariance import Equivariance, MultiOperator
from .equivariant_splitting import EquivariantSplitting
from .splitting import Splitting
from .sure import SURE
from .unsure import UNSURE

__all__ = ["DENOISING", "NAMES", "named_loss"]

NAMES = (
    "mc",
    "ei",
    "moi",
    "moei",
    "sure",
    "rei",
    "unsure",
    "urei",
    "splitting",
    "es",
    "supervised",
)
# Those that no reconstruction can be trained by that explains noisy measurements exactly.
DENOISING = ("sure", "rei", "unsure", "urei")
_PLAIN: Mapping[str, Callable[[], Loss]] = {
    "mc": MeasurementConsistency,
    "splitting": Splitting,
    "supervised": Supervised,
    "unsure": UNSURE,
}


def named_loss(
    name: str,
    physics: Sequence[Physics],
    transforms: Transforms | None = None,
    noise: Noise | None = None,
    weight: float = 1.0,
) -> Loss:
    r"""Return a loss by its name.

    ============  ==================================================================
    mc            measurement consistency
    ei            mc + weight × equivariance (Chen, Tachella, Davies, ICCV 2021)
    moi           mc + weight × other operators (Tachella, Chen, Davies, NeurIPS 2022)
    moei          moi + weight × equivariance
    sure          Stein's unbiased risk estimate of the error of A f(y)
    rei           sure + weight × equivariance under noise (Chen et al., CVPR 2022)
    unsure        as sure, of an unknown level of Gaussian noise
    urei          unsure + weight × equivariance
    splitting     measurements held out
    es            measurements of virtual operators held out
    supervised    mean squared error against the signals
    ============  ==================================================================

    Parameters
    ----------
    name : str
    physics : sequence of Physics
        All operators.
    transforms : Transforms, optional
        Maps under which the signals are invariant.
    noise : Noise, optional
    weight : float
        Of the second term.

    Raises
    ------
    ValueError
        If the name is unknown, or the loss lacks what it needs: transforms, noise, or a second
        operator.
    """
    known(name, NAMES, "loss")
    if name in _PLAIN:
        return _PLAIN[name]()
    if name == "moi":
        return MeasurementConsistency() + weight * MultiOperator(physics)
    if name == "sure":
        return SURE(_given(name, noise))
    if transforms is None:
        raise ValueError(f"loss {name!r} must be given an action on the signals; got None.")
    if name == "es":
        return EquivariantSplitting(transforms, consistency=noise is None)
    if name in ("ei", "moei"):
        first = named_loss("mc" if name == "ei" else "moi", physics, weight=weight)
        return first + weight * Equivariance(transforms)
    first = SURE(_given(name, noise)) if name == "rei" else UNSURE()
    return first + weight * Equivariance(transforms, noise=noise)


def _given(name: str, noise: Noise | None) -> Noise:
    if noise is None:
        raise ValueError(f"loss {name!r} must be given the noise of the measurements; got None.")
    return noise
