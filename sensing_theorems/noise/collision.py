"""Two laws that no data tell apart once noise erases a band of frequencies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .reals import positive, real_array

__all__ = ["Collision"]

_LARGE, _FAR = 1e300, 1e100


@dataclass(frozen=True)
class Collision:
    r"""Two laws on ℝ that no data tell apart once noise erases a band of frequencies.

    .. math:: p = \pi f \max(\cos\omega x, 0),\quad q = \pi f \max(-\cos\omega x, 0),\quad
              f(x) = \frac{1 - \cos\delta x}{\pi\delta x^2},\quad
              \omega = \tfrac{a+b}{2},\ \delta = \tfrac{b-a}{2}

    Their supports share no interior point, and their characteristic functions agree wherever
    :math:`|t| \notin (a, b)`.

    Parameters
    ----------
    low, high : float
        Ends 0 <= a < b of the band.

    Notes
    -----
    Derived. f has the characteristic function :math:`\Lambda(t/\delta)`, the triangle
    :math:`\Lambda(u) = \max(1 - |u|, 0)`. By the Fourier series
    :math:`\max(\pm\cos\theta, 0) = \frac1\pi \pm \frac12\cos\theta
    + \frac2\pi \sum_{k\ge1} \frac{(-1)^{k+1}}{4k^2-1} \cos 2k\theta`,

    .. math:: \varphi_{p,q}(t) = \sum_{k\ge0} \frac{(-1)^{k+1}}{4k^2-1}
              \Lambda\Bigl(\frac{|t| - 2k\omega}{\delta}\Bigr)
              \pm \frac\pi4 \Lambda\Bigl(\frac{|t| - \omega}{\delta}\Bigr)

    and since :math:`\delta \le \omega` both are 1 at t = 0, so p and q are densities.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "high", positive(self.high, "high"))
        low = 0.0 if self.low == 0 else positive(self.low, "low")
        object.__setattr__(self, "low", low)
        if low >= self.high:
            raise ValueError(f"`low` must be below `high`; got {low} and {self.high}.")

    def densities(self, x: Any) -> tuple[np.ndarray, np.ndarray]:
        """Values of p and q at points x of any shape."""
        x = real_array(x, "x")
        omega, delta = self.low / 2 + self.high / 2, self.high / 2 - self.low / 2
        with np.errstate(over="ignore", under="ignore"):
            angle = np.clip(omega * x, -_LARGE, _LARGE)
            turns = np.clip(delta / (2 * np.pi) * x, -_LARGE, _LARGE)
            wave = np.cos(angle) * (delta / 2) * np.sinc(turns) ** 2
        return np.maximum(wave, 0), np.maximum(-wave, 0)

    def characteristic_functions(self, t: Any) -> tuple[np.ndarray, np.ndarray]:
        """Those of p and q, at frequencies t of any shape."""
        # In units of the band; where a frequency overflows, both are 0.
        unit = np.frexp(self.high)[1]
        low, high = np.ldexp(np.array([self.low, self.high]), -unit)
        with np.errstate(over="ignore", under="ignore"):
            t = np.minimum(np.ldexp(np.abs(real_array(t, "t")), -unit), _FAR)
        omega, delta = (low + high) / 2, (high - low) / 2

        def triangle(u: np.ndarray) -> np.ndarray:
            return np.maximum(1 - np.abs(u) / delta, 0)

        # Triangles 2 omega apart do not overlap, so the nearest is the only one that counts.
        k = np.round(t / (2 * omega))
        with np.errstate(under="ignore"):
            even = (1 - 2 * (k % 2)) / (1 - 4 * k**2) * triangle(t - 2 * k * omega)
        odd = np.pi / 4 * triangle(t - omega)
        return even + odd, even - odd
