"""Tomography with few photons: counts behind an absorbing object."""

from __future__ import annotations

from typing import Any

import torch

from .physics import LinearPhysics, Physics, as_physics

__all__ = ["LowDoseTomography"]


class LowDoseTomography(Physics):
    r"""Expected counts :math:`y = I_0 \exp(-s\,Ax)` behind an object of attenuation x.

    The law of Beer and Lambert: y is positive, and counts are Poisson of that mean. Networks start
    from the pseudo-inverse of the logarithm,

    .. math:: \hat x = A^+ \bigl(-\log(\max(y, y_0)/I_0)\bigr) / s.

    Parameters
    ----------
    physics : LinearPhysics, or what `as_physics` takes
        Line integrals A, of real signals.
    photons : float
        :math:`I_0`, expected counts of a ray that meets nothing.
    floor : float
        :math:`y_0 > 0`, in counts: smaller ones, such as none at all, are taken for it.
    scale : float
        s, attenuation per unit of Ax.

    Raises
    ------
    ValueError
        If a number is not positive and finite, or signals or line integrals are complex.

    Notes
    -----
    :math:`\hat x = A^+ A x` where no count is below the floor: the law is then inverted exactly.
    """

    def __init__(
        self, physics: Any, *, photons: float = 1e5, floor: float = 1.0, scale: float = 1.0
    ) -> None:
        linearised = as_physics(physics) if not isinstance(physics, Physics) else physics
        if not isinstance(linearised, LinearPhysics) or linearised.measurement_dtype.is_complex:
            raise ValueError(
                "line integrals must be linear and real, of real signals; got "
                f"{type(linearised).__name__} of {linearised.measurement_dtype}."
            )
        for name, value in (("photons", photons), ("floor", floor), ("scale", scale)):
            if not 0 < value < float("inf"):
                raise ValueError(f"`{name}` must be positive and finite; got {value}.")
        name = f"low_dose({linearised.name}, {photons:g} photons)"
        super().__init__(linearised.shape_in, linearised.m, name=name, dtype=linearised.dtype)
        self._linearised = linearised
        self.photons, self.floor, self.scale = float(photons), float(floor), float(scale)
        self.register_buffer("visibility", linearised.visibility, persistent=False)

    @property
    def linearised(self) -> LinearPhysics:
        """The line integrals A."""
        return self._linearised

    @property
    def rcond(self) -> float | None:
        """Share of the largest singular value of A below which others count as zero."""
        return self._linearised.rcond

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        r""":math:`I_0 \exp(-s\,Ax)`, in counts, (B, *shape_in) -> (B, m)."""
        return self.photons * torch.exp(-self.scale * self._linearised(x))

    def backproject(self, y: torch.Tensor) -> torch.Tensor:
        r""":math:`A^+(-\log(\max(y, y_0)/I_0))/s`, (B, m) -> (B, *shape_in)."""
        counts = self._measurements(y).clamp_min(self.floor)
        return self._linearised.backproject(-torch.log(counts / self.photons)) / self.scale

    def visible(self, x: torch.Tensor) -> torch.Tensor:
        r""":math:`A^+ A x`, which the line integrals see, (B, *shape_in)."""
        return self._linearised.visible(x)

    def moved(self, dtype: torch.dtype, device: Any) -> LowDoseTomography:
        """Return the physics for signals of another dtype, made anew, on a device."""
        if dtype == self.dtype:
            return self.to(device)
        return LowDoseTomography(
            self._linearised.moved(dtype, device),
            photons=self.photons,
            floor=self.floor,
            scale=self.scale,
        )
