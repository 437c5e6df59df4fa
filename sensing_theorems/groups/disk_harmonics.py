r"""Fourier–Bessel functions on the disk: images that SO(2) rotates exactly, by their coefficients.

.. math:: \psi_{\nu q}(r, \varphi) = a_{\nu q}\, J_\nu(\lambda_{\nu q}\, r/R)
          \begin{cases}\cos\nu\varphi\\ \sin\nu\varphi\end{cases}, \qquad r < R,

with the positive zeros :math:`\lambda_{\nu q}` of :math:`J_\nu`, the eigenfunctions of the
Laplacian that vanish on the rim. The band limit of pixels, wave numbers :math:`\lambda/R < \pi`, is
the usual one (as in steerable bases for cryo-EM, Zhao & Singer).
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np
from scipy.special import jv

from .._forward import ForwardOperator
from .._validate import at_most
from .bessel import bessel_zeros

__all__ = ["DiskHarmonics"]

_STEPS = 500


class DiskHarmonics:
    r"""Fourier–Bessel functions, orthonormal in :math:`L^2` of the disk inscribed in the image.

    Coefficients come in the order :math:`\nu = 0` by increasing q; the cosines of
    :math:`\nu = 1, 2, …`, each by increasing q; the sines in the same order. SO(2) leaves the first
    alone and turns each (cosine, sine) pair by :math:`\nu\theta`: the multiplicity of
    :math:`\pm\nu` is the number of zeros of :math:`J_\nu` below :math:`\pi R`, and largest for
    :math:`\nu = 0`: size/2, up to one.

    Parameters
    ----------
    size : int
        Images have size × size pixels of side 1 and R = size/2; at least 2.

    Attributes
    ----------
    zeros : tuple of ndarray
        :math:`\lambda_{\nu q} < \pi R` per :math:`\nu`.
    n, invariant : int
        Number of all coefficients, and of those of :math:`\nu = 0`.
    frequencies : ndarray of int, shape (p,)
        :math:`\nu` of every (cosine, sine) pair; n = invariant + 2 p.

    Raises
    ------
    ValueError
        If `size` is below 2, where the band holds no function.

    Notes
    -----
    At the Nyquist limit the functions of the pixels' grid are no longer orthogonal: the singular
    values of `synthesis` spread, see `analysis`.

    Examples
    --------
    >>> harmonics = DiskHarmonics(64)
    >>> harmonics.n, harmonics.invariant
    (2474, 32)
    """

    def __init__(self, size: int) -> None:
        self.size = at_most(size, "size", 1024)
        if self.size < 2:
            raise ValueError(
                f"`size` must be at least 2 for a function below the limit; got {size}."
            )
        self.radius = self.size / 2
        self.zeros = tuple(bessel_zeros(0, math.pi * self.radius))
        counts = [zeros.size for zeros in self.zeros]
        self.invariant = counts[0]
        self.frequencies = np.repeat(np.arange(1, len(counts)), counts[1:])
        self.n = self.invariant + 2 * self.frequencies.size

    @cached_property
    def _pixels(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Inside pixels by increasing radius: flat index, e^{iφ}, ring number; radii of rings."""
        doubled = 2 * np.arange(self.size) - (self.size - 1)
        x, y = np.meshgrid(doubled, -doubled)
        squared = (x * x + y * y).reshape(-1)
        inside = np.flatnonzero(squared < self.size**2)
        index = inside[np.argsort(squared[inside], kind="stable")]
        rings, number = np.unique(squared[index], return_inverse=True)
        z = (x + 1j * y).reshape(-1)[index]
        centre = np.abs(z) == 0
        phase = np.where(centre, 1.0, z) / np.where(centre, 1.0, np.abs(z))
        return index, phase, number.reshape(-1), np.sqrt(rings) / 2

    @cached_property
    def _nodes(self) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
        """Chebyshev nodes in (0, 1), and from them to the rings, for even and for odd functions.

        Radial functions are entire, with wave numbers up to πR: so many nodes, and some more, give
        them to rounding, and spare a Bessel function for every ring.
        """
        limit = math.pi * self.radius
        half = math.ceil((limit + 10 * limit ** (1 / 3) + 20) / 2)
        angles = (2 * np.arange(2 * half) + 1) * (math.pi / (4 * half))
        gaps = self._pixels[3][:, None] / self.radius - np.cos(angles)
        terms = np.sin(angles) * (-1.0) ** np.arange(2 * half) / np.where(gaps == 0, 1e-300, gaps)
        terms /= terms.sum(axis=1, keepdims=True)
        mirrored = terms[:, : half - 1 : -1]
        return np.cos(angles[:half]), (terms[:, :half] + mirrored, terms[:, :half] - mirrored)

    @cached_property
    def _radial(self) -> list[np.ndarray]:
        r"""Per order, :math:`a_{\nu q} J_\nu(\lambda_{\nu q} r/R)` at the nodes, (nodes, c)."""
        tables = []
        for order, zeros in enumerate(self.zeros):
            angular = 1.0 if order == 0 else math.sqrt(2)
            size = angular / (math.sqrt(math.pi) * self.radius * np.abs(jv(order + 1, zeros)))
            tables.append(jv(order, np.outer(self._nodes[0], zeros)) * size)
        return tables

    def _on_rings(self, order: int, coefficients: np.ndarray) -> np.ndarray:
        """Radial functions of an order, combined: (c, r) -> (rings, r)."""
        return self._nodes[1][order % 2] @ (self._radial[order] @ coefficients)

    def _from_rings(self, order: int, values: np.ndarray) -> np.ndarray:
        """Transpose of `_on_rings`."""
        return self._radial[order].T @ (self._nodes[1][order % 2].T @ values)

    def _part(self, order: int) -> tuple[slice, slice]:
        """Where the cosines and the sines of an order stand; the former twice for order 0."""
        if order == 0:
            return slice(0, self.invariant), slice(0, self.invariant)
        start = self.invariant + int(np.searchsorted(self.frequencies, order))
        stop, shift = start + self.zeros[order].size, self.frequencies.size
        return slice(start, stop), slice(start + shift, stop + shift)

    def synthesis(self, coefficients: np.ndarray) -> np.ndarray:
        """Images at the pixel centres, zero outside the disk.

        Parameters
        ----------
        coefficients : ndarray, shape (..., n)

        Returns
        -------
        ndarray, shape (..., size, size)

        Raises
        ------
        ValueError
            If the last axis has not n entries.
        """
        c = _checked(coefficients, (self.n,))
        if np.iscomplexobj(c):
            return self.synthesis(c.real) + 1j * self.synthesis(c.imag)
        batch = c.reshape(-1, self.n).T
        index, step, ring, _ = self._pixels
        values = np.zeros((index.size, batch.shape[1]))
        phase = np.ones((index.size, 1), dtype=np.complex128)
        for order in range(len(self.zeros)):
            cosines, sines = self._part(order)
            values += phase.real * self._on_rings(order, batch[cosines])[ring]
            if order:
                values += phase.imag * self._on_rings(order, batch[sines])[ring]
            phase *= step[:, None]
        images = np.zeros((batch.shape[1], self.size**2))
        images[:, index] = values.T
        return images.reshape(*c.shape[:-1], self.size, self.size)

    def adjoint(self, images: np.ndarray) -> np.ndarray:
        """Transpose of `synthesis`: images (..., size, size) to coefficients (..., n)."""
        x = _checked(images, (self.size, self.size))
        if np.iscomplexobj(x):
            return self.adjoint(x.real) + 1j * self.adjoint(x.imag)
        index, step, ring, _ = self._pixels
        values = x.reshape(-1, self.size**2)[:, index].T
        starts = np.flatnonzero(np.diff(ring, prepend=-1))
        c = np.empty((self.n, values.shape[1]))
        phase = np.ones((index.size, 1), dtype=np.complex128)
        for order in range(len(self.zeros)):
            cosines, sines = self._part(order)
            if order:
                c[sines] = self._from_rings(order, np.add.reduceat(phase.imag * values, starts))
            c[cosines] = self._from_rings(order, np.add.reduceat(phase.real * values, starts))
            phase *= step[:, None]
        return c.T.reshape(*x.shape[:-2], self.n)

    def analysis(self, images: np.ndarray) -> np.ndarray:
        """Coefficients whose images are nearest: a left inverse of `synthesis`.

        Conjugate gradients on the normal equations.

        Parameters
        ----------
        images : ndarray, shape (..., size, size)

        Returns
        -------
        ndarray, shape (..., n)

        Raises
        ------
        ArithmeticError
            If the iteration does not converge.
        """
        right = self.adjoint(images)
        c, residual, direction = np.zeros_like(right), right.copy(), right.copy()
        energy = np.sum(np.abs(residual) ** 2, axis=-1, keepdims=True)
        goal = 1e-28 * energy
        for _ in range(_STEPS):
            if np.all(energy <= goal):
                return c
            image = self.adjoint(self.synthesis(direction))
            curvature = np.sum((direction.conj() * image).real, axis=-1, keepdims=True)
            step = energy / np.where(curvature > 0, curvature, 1.0)
            c, residual = c + step * direction, residual - step * image
            before, energy = energy, np.sum(np.abs(residual) ** 2, axis=-1, keepdims=True)
            direction = residual + energy / np.where(before > 0, before, 1.0) * direction
        raise ArithmeticError(f"conjugate gradients did not converge in {_STEPS} steps.")

    @cached_property
    def operator(self) -> ForwardOperator:
        """`synthesis` as an operator from coefficients to flattened images, (size², n)."""
        pixels, shape = self.size**2, (self.size, self.size)
        return ForwardOperator(
            lambda X: self.synthesis(X.T).reshape(-1, pixels).T,
            lambda Y: self.adjoint(Y.T.reshape(-1, *shape)).T,
            shape=(pixels, self.n),
            dtype=np.float64,
            name=f"disk harmonics on {self.size}x{self.size} pixels",
            generic=False,
        )


def _checked(array: Any, shape: tuple[int, ...]) -> np.ndarray:
    x = np.asarray(array)
    if x.dtype.kind not in "biufc" or x.ndim < len(shape) or x.shape[-len(shape) :] != shape:
        wanted = ", ".join(["...", *map(str, shape)])
        raise ValueError(
            f"the array must be numeric, of shape ({wanted}); got {x.dtype}, shape {x.shape}."
        )
    return x if x.dtype.kind == "c" else x.astype(np.float64, copy=False)
