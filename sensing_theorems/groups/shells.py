r"""Isotypic coordinates of SO(3): shells of spherical harmonics, and multiplicities in general."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from .isotypic import Family, IsotypicTransform
from .kravchuk import quarter_turn_matrices

__all__ = ["ShellTransform", "class_function_multiplicities"]


class ShellTransform(IsotypicTransform):
    r"""Isotypic coordinates of SO(3): signals are given in them.

    Degree l has dimension :math:`2l+1`, real type, and acts as :math:`D_l(g) \otimes I` on an array
    (2 l + 1, c_l), with m from -l to l in the real spherical harmonics.

    Parameters
    ----------
    multiplicities : sequence of int
        :math:`c_l \ge 0` for l = 0, 1, ….

    Raises
    ------
    ValueError
        If one is negative, or none is positive.
    """

    def __init__(self, multiplicities: Sequence[int]) -> None:
        self.multiplicities = tuple(int(c) for c in multiplicities)
        if min(self.multiplicities, default=0) < 0 or not any(self.multiplicities):
            raise ValueError(
                "multiplicities must be at least 0, and one of them positive; "
                f"got {self.multiplicities}."
            )
        sizes = [(2 * degree + 1) * c for degree, c in enumerate(self.multiplicities)]
        self.n = sum(sizes)
        ends = np.cumsum([0, *sizes]).tolist()
        self._parts = [
            (degree, c, slice(*ends[degree : degree + 2]))
            for degree, c in enumerate(self.multiplicities)
            if c
        ]

    @cached_property
    def families(self) -> tuple[Family, ...]:
        """One irrep per degree."""
        one, itself = np.ones(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
        return tuple(
            Family(2 * degree + 1, c, one, [f"degree {degree}"].__getitem__, itself)
            for degree, c, _ in self._parts
        )

    def analyze(self, x: np.ndarray) -> list[np.ndarray]:
        """Coordinates of `x`, shape (r, n): a reshape."""
        return [
            x[:, part].reshape(x.shape[0], 1, 2 * degree + 1, c).astype(np.complex128)
            for degree, c, part in self._parts
        ]

    def synthesize(self, parts: list[np.ndarray]) -> np.ndarray:
        """Inverse of `analyze`."""
        return np.concatenate([part.reshape(part.shape[0], -1) for part in parts], axis=1)

    @cached_property
    def weights(self) -> tuple[np.ndarray, np.ndarray]:
        r"""Frequencies m in ℤ of rotations about an axis, and how often each comes.

        Of :math:`\pm m` it is :math:`\sum_{l \ge |m|} c_l`.
        """
        counts = np.cumsum(self.multiplicities[::-1])[::-1]
        m = np.arange(1 - len(counts), len(counts))
        return m, counts[np.abs(m)]

    @cached_property
    def axis_order(self) -> np.ndarray:
        """Coordinates for rotations about z: those of m = 0, then m > 0, then m < 0, (n,)."""
        zero, positive, negative = [], [], []
        for degree, c, part in self._parts:
            index = np.arange(part.start, part.stop).reshape(2 * degree + 1, c)
            zero.append(index[degree])
            positive.append(index[degree + 1 :].reshape(-1))
            negative.append(index[:degree][::-1].reshape(-1))
        return np.concatenate(zero + positive + negative)

    @cached_property
    def axis_frequencies(self) -> np.ndarray:
        """Frequency m of each pair in the order of `axis_order`."""
        repeated = [np.repeat(np.arange(1, degree + 1), c) for degree, c, _ in self._parts]
        return np.concatenate(repeated)

    @cached_property
    def _quarters(self) -> list[np.ndarray]:
        return quarter_turn_matrices(len(self.multiplicities) - 1)

    def rotate(self, x: np.ndarray, angles: tuple[float, float, float]) -> np.ndarray:
        r"""Signals (r, n) rotated by :math:`R_z(\alpha) R_y(\beta) R_z(\gamma)`."""
        alpha, beta, gamma = angles
        out = np.empty(x.shape, dtype=np.result_type(x, np.float64))
        for degree, c, part in self._parts:
            W = self._quarters[degree]
            block = _about_z(x[:, part].reshape(-1, 2 * degree + 1, c), gamma)
            block = W @ _about_z(W.T @ block, beta)
            out[:, part] = _about_z(block, alpha).reshape(x.shape[0], -1)
        return out


def _about_z(block: np.ndarray, angle: float) -> np.ndarray:
    """Coefficients (r, 2 l + 1, c) of functions rotated about z."""
    degree = block.shape[1] // 2
    m = np.arange(-degree, degree + 1)
    # Row -m holds the sine beside the cosine of row m; the sign of m makes both lines one.
    cos, sin = np.cos(m * angle)[:, None], np.sin(m * angle)[:, None]
    return block * cos - block[:, ::-1] * sin


def class_function_multiplicities(chi: Callable[[np.ndarray], Any], degree: int) -> tuple[int, ...]:
    r"""Multiplicities of the irreps of SO(3) in a representation, from its character.

    .. math:: c_l = \frac1\pi \int_0^\pi \chi(\omega)\, \chi_l(\omega)\, (1 - \cos\omega)\, d\omega,
              \qquad \chi_l(\omega) = \sum_{m=-l}^{l} \cos m\omega

    by equispaced quadrature, exact for trigonometric polynomials of the degree stated.

    Parameters
    ----------
    chi : callable
        Character at rotation angles :math:`\omega \in [0, \pi]`, (k,) -> (k,).
    degree : int
        No irrep of a higher degree occurs.

    Returns
    -------
    tuple of int
        :math:`c_0, …, c_{\text{degree}}`.

    Raises
    ------
    ArithmeticError
        If these are no multiplicities of a representation of dimension :math:`\chi(0)`: `chi` is
        no character, or has irreps of a higher degree.

    Examples
    --------
    Matrices under rotation have a trace, an axial vector and a traceless symmetric part.

    >>> class_function_multiplicities(lambda w: (1 + 2 * np.cos(w)) ** 2, 2)
    (1, 1, 1)
    """
    count = 2 * degree + 2
    turns = 2 * math.pi * np.arange(count) / count
    values = np.asarray(chi(np.minimum(turns, 2 * math.pi - turns)), dtype=float)
    waves = np.cos(np.outer(np.arange(degree + 1), turns))
    characters = 2 * np.cumsum(waves, axis=0) - 1
    found = characters @ (values * (1 - np.cos(turns))) / count
    rounded = np.rint(found)
    size = float(np.abs(values).max(initial=1.0))
    dimension = float((2 * np.arange(degree + 1) + 1) @ rounded)
    if (
        np.abs(found - rounded).max() > 1e-9 * size
        or rounded.min() < 0
        or abs(dimension - values[0]) > 1e-9 * size
    ):
        raise ArithmeticError(
            f"`chi` must be the character of a representation of degree at most {degree}; its "
            f"multiplicities come out as {np.array2string(found, precision=6, threshold=12)}."
        )
    return tuple(int(c) for c in rounded)
