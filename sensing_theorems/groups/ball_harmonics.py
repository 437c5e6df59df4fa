r"""Spherical Bessel functions on the ball: volumes that SO(3) rotates exactly, by coefficients.

.. math:: \psi_{lmq}(r, \omega) = a_{lq}\, j_l(\lambda_{lq}\, r/R)\, Y_{lm}(\omega), \qquad r < R,

with the positive zeros :math:`\lambda_{lq}` of :math:`j_l` and the real spherical harmonics
:math:`Y_{lm}`: for m > 0 a positive multiple of :math:`P_l^m(\cos\theta)\cos m\varphi`, for
m < 0 of :math:`P_l^{|m|}(\cos\theta)\sin|m|\varphi`, so that degree 1 is (y, z, x). Wave numbers
are below the limit of unit voxels, :math:`\lambda/R < \pi`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from scipy.special import spherical_jn

from .._forward import MAX_ENTRIES, ForwardOperator, from_matrix
from .._validate import at_most, positive_int
from .bessel import bessel_zeros

__all__ = ["BallHarmonics"]

_POINTS = 2**14


class BallHarmonics:
    r"""Functions on a ball, orthonormal in :math:`L^2`, below the limit of unit voxels.

    Coefficients come degree by degree; those of degree l as an array (2 l + 1, c_l) in C order, m
    from -l to l. Its multiplicity :math:`c_l` is the number of zeros of :math:`j_l` below
    :math:`\pi R`; :math:`c_0 = R - 1`.

    Parameters
    ----------
    radius : int
        R, in voxels; at least 2.

    Attributes
    ----------
    zeros : tuple of ndarray
        :math:`\lambda_{lq} < \pi R` per degree l.
    multiplicities : tuple of int
        :math:`c_l`.
    n : int
        :math:`\sum_l (2l+1)\, c_l`.

    Raises
    ------
    ValueError
        If `radius` is below 2, where the band holds no function.

    Examples
    --------
    >>> harmonics = BallHarmonics(16)
    >>> harmonics.n, harmonics.multiplicities[:3]
    (8254, (15, 15, 15))
    """

    def __init__(self, radius: int) -> None:
        self.radius = at_most(radius, "radius", 128)
        if self.radius < 2:
            raise ValueError(f"`radius` must be at least 2 to hold a function; got {radius}.")
        self.zeros = tuple(bessel_zeros(0.5, math.pi * self.radius))
        self.multiplicities = tuple(zeros.size for zeros in self.zeros)
        self.n = sum((2 * degree + 1) * c for degree, c in enumerate(self.multiplicities))

    def blocks(self, coefficients: np.ndarray) -> list[np.ndarray]:
        """Views of coefficients (..., n), one (..., 2 l + 1, c_l) per degree."""
        found, start = [], 0
        for degree, c in enumerate(self.multiplicities):
            stop = start + (2 * degree + 1) * c
            part = coefficients[..., start:stop]
            found.append(part.reshape(*part.shape[:-1], 2 * degree + 1, c))
            start = stop
        return found

    def _radial(self, degree: int, r: np.ndarray) -> np.ndarray:
        r"""Normalised radial functions at radii (p,): (p, c_l)."""
        zeros, R = self.zeros[degree], float(self.radius)
        size = math.sqrt(2 / R**3) / np.abs(spherical_jn(degree + 1, zeros))
        return spherical_jn(degree, np.outer(r / R, zeros)) * size

    def evaluate(self, coefficients: np.ndarray, points: np.ndarray) -> np.ndarray:
        """Values of a function at points of space, zero outside the ball.

        Parameters
        ----------
        coefficients : ndarray, shape (..., n)
        points : ndarray, shape (p, 3)
            Coordinates (x, y, z) in voxels, from the centre.

        Returns
        -------
        ndarray, shape (..., p)

        Raises
        ------
        ValueError
            If a shape is another.
        """
        coefficients, points = np.asarray(coefficients), np.asarray(points, dtype=float)
        if points.ndim != 2 or points.shape[1] != 3:
            raise ValueError(f"`points` must have shape (p, 3); got {points.shape}.")
        if coefficients.ndim == 0 or coefficients.shape[-1] != self.n:
            raise ValueError(
                f"coefficients must have shape (..., {self.n}); got {coefficients.shape}."
            )
        values = np.zeros((*coefficients.shape[:-1], len(points)), dtype=coefficients.dtype)
        values = values.astype(np.result_type(values, np.float64))
        r = np.linalg.norm(points, axis=1)
        inside = np.flatnonzero(r < self.radius)
        for start in range(0, inside.size, _POINTS):
            at = inside[start : start + _POINTS]
            values[..., at] = self._values(coefficients, points[at], r[at])
        return values

    def _values(self, coefficients: np.ndarray, points: np.ndarray, r: np.ndarray) -> np.ndarray:
        highest = len(self.zeros) - 1
        height = points[:, 2] / np.where(r > 0, r, 1.0)
        azimuth = np.arctan2(points[:, 1], points[:, 0])
        total = np.zeros((*coefficients.shape[:-1], r.size))
        blocks = self.blocks(coefficients)
        for degree, legendre in enumerate(_legendre(highest, height)):
            harmonics = legendre[:, _sizes(degree)] * _angular(degree, azimuth)
            inner = blocks[degree] @ self._radial(degree, r).T
            total = total + np.sum(harmonics.T * inner, axis=-2)
        return total

    def projection(self, pixels: int | None = None) -> ForwardOperator:
        r"""Line integrals along z, the projections of cryo-EM, as a dense matrix.

        .. math:: (Ax)_{(u,v)} = \int x(u, v, z)\, dz

        at the centres (u, v) of those unit pixels that lie inside the disk, row by row with u to
        the right and v upwards. By Gauss–Legendre quadrature, exact to rounding.

        Parameters
        ----------
        pixels : int, optional
            The grid has pixels × pixels of them, centred; 2 R by default.

        Returns
        -------
        ForwardOperator, (pixels inside the disk, n)

        Raises
        ------
        ValueError
            If the matrix has more than 2**26 entries, or no pixel lies inside.
        """
        count = 2 * self.radius if pixels is None else positive_int(pixels, "pixels")
        doubled = 2 * np.arange(count) - (count - 1)
        u, v = (grid.reshape(-1) for grid in np.meshgrid(doubled, -doubled))
        inside = u**2 + v**2 < (2 * self.radius) ** 2
        u, v = u[inside], v[inside]
        if u.size * self.n > MAX_ENTRIES:
            raise ValueError(
                f"the matrix of a projection may have {MAX_ENTRIES} entries; {u.size} pixels of "
                f"{self.n} coefficients have {u.size * self.n}. Choose a smaller radius."
            )
        rings, number = np.unique(u**2 + v**2, return_inverse=True)
        azimuth = np.arctan2(v, u)
        columns = []
        for degree, integrals in enumerate(self._integrals(np.sqrt(rings) / 2)):
            turned = integrals[number.reshape(-1)][:, _sizes(degree)]
            columns.append((turned * _angular(degree, azimuth)[:, :, None]).reshape(u.size, -1))
        name = f"projection along z of a ball of radius {self.radius}, {u.size} pixels"
        return from_matrix(np.concatenate(columns, axis=1), name=name, generic=False)

    def _integrals(self, distances: np.ndarray) -> Iterator[np.ndarray]:
        """Per degree: integrals along z for azimuth 0, (distances, m = 0, …, l, c_l)."""
        highest = len(self.zeros) - 1
        # Along a chord the integrand has wave numbers up to π, and powers up to the degree.
        nodes, weights = np.polynomial.legendre.leggauss(4 * self.radius + highest + 40)
        half = np.sqrt(self.radius**2 - distances**2)[:, None]
        z = half * nodes
        r = np.hypot(z, distances[:, None])
        height = (z / np.where(r > 0, r, 1.0)).reshape(-1)
        for degree, legendre in enumerate(_legendre(highest, height)):
            table = legendre.reshape(*z.shape, degree + 1) * (half * weights)[:, :, None]
            radial = self._radial(degree, r.reshape(-1)).reshape(*z.shape, -1)
            yield table.transpose(0, 2, 1) @ radial


def _sizes(degree: int) -> np.ndarray:
    return np.abs(np.arange(-degree, degree + 1))


def _angular(degree: int, azimuth: np.ndarray) -> np.ndarray:
    """Sines of |m|φ for m < 0, one for m = 0, cosines for m > 0: (p, 2 l + 1)."""
    angles = np.outer(azimuth, np.arange(1, degree + 1))
    return np.concatenate(
        [np.sin(angles[:, ::-1]), np.ones((azimuth.size, 1)), np.cos(angles)], axis=1
    )


def _legendre(highest: int, x: np.ndarray) -> Iterator[np.ndarray]:
    r"""Associated Legendre functions without sign, for each l = 0, …, `highest`: (p, l + 1).

    Normalised so that times 1, :math:`\cos m\varphi`, :math:`\sin m\varphi` they are orthonormal on
    the sphere; by the three-term recurrence in l, which is stable.
    """
    across = np.sqrt(np.clip(1 - x * x, 0.0, None))
    before = np.zeros((x.size, highest + 1))
    now = np.zeros((x.size, highest + 1))
    now[:, 0] = 1 / math.sqrt(4 * math.pi)
    yield now[:, :1].copy()
    for degree in range(1, highest + 1):
        m = np.arange(degree)
        first = np.sqrt((4 * degree * degree - 1) / (degree * degree - m * m))
        second = np.sqrt(
            ((degree - 1) ** 2 - m * m) / np.where(degree > 1, 4 * (degree - 1) ** 2 - 1, 1)
        )
        following = np.zeros_like(now)
        following[:, :degree] = first * (x[:, None] * now[:, :degree] - second * before[:, :degree])
        # From m = 0 the norm of the azimuthal functions falls from 2π to π.
        step = math.sqrt((2 * degree + 1) / (2 * degree)) * (math.sqrt(2) if degree == 1 else 1.0)
        following[:, degree] = step * across * now[:, degree - 1]
        before, now = now, following
        yield now[:, : degree + 1].copy()
