r"""Kravchuk functions: rotations of square pixel images that are an exact action of SO(2).

The finite oscillator (Wolf et al., arXiv:1512.02246, rotations of pixellated images by Kravchuk
functions). The orthogonal symmetric Kravchuk matrix K of size N + 1 holds, in row k, the discrete
counterpart of the k-th Hermite function; up to signs it is Wigner's :math:`d^{N/2}(\pi/2)`. The
modes :math:`K_k(i) K_l(j)` of an image lie on shells k + l of dimension d + 1, and on each of them
SO(2) acts with the frequencies -d, -d+2, …, d.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np

from .._validate import at_most, positive_int

__all__ = ["KravchukModes", "kravchuk_matrices", "quarter_turn_matrices"]


def kravchuk_matrices(largest: int) -> Iterator[np.ndarray]:
    r"""Orthogonal Kravchuk matrices of sizes 1, 2, …, `largest`, each from the one before.

    .. math:: K'(k,q) = \frac{1}{N\sqrt2}\bigl[\sqrt{(N-k)(N-q)}\,K(k,q) + \sqrt{(N-k)q}\,K(k,q-1)
              + \sqrt{k(N-q)}\,K(k-1,q) - \sqrt{kq}\,K(k-1,q-1)\bigr]

    with K of size N, :math:`0 \le k, q \le N`: the coupling of a spin with a further spin 1/2. It
    is a compression of an orthogonal map, so that rounding adds up and is never amplified.

    Parameters
    ----------
    largest : int

    Yields
    ------
    ndarray, shape (size, size)
        Symmetric and orthogonal; positive first row; :math:`K(k, N-q) = (-1)^k K(k,q)`.

    Examples
    --------
    >>> *_, K = kravchuk_matrices(3)
    >>> print(K.round(4))
    [[ 0.5     0.7071  0.5   ]
     [ 0.7071  0.     -0.7071]
     [ 0.5    -0.7071  0.5   ]]
    """
    K = np.ones((1, 1))
    yield K
    for size in range(1, positive_int(largest, "largest")):
        fall, rise = np.sqrt(np.arange(size, 0, -1)), np.sqrt(np.arange(1, size + 1))
        following = np.zeros((size + 1, size + 1))
        following[:-1, :-1] = np.outer(fall, fall) * K
        following[:-1, 1:] += np.outer(fall, rise) * K
        following[1:, :-1] += np.outer(rise, fall) * K
        following[1:, 1:] -= np.outer(rise, rise) * K
        K = following / (size * math.sqrt(2))
        yield K


class _Shells(NamedTuple):
    """The one or two shells of the same dimension d + 1, and how modes become pairs there."""

    copies: int
    even: np.ndarray
    odd: np.ndarray


class KravchukModes:
    r"""Real orthonormal coordinates of size × size images that SO(2) turns in pairs.

    Frequency :math:`\mu` comes :math:`c_\mu = \text{size} - |\mu|` times. Within a shell the
    generator is tridiagonal, :math:`J = \mathrm{i} P M P^*` with
    :math:`P = \operatorname{diag}(\mathrm{i}^k)` and M the matrix whose eigenvectors are again the
    Kravchuk functions; real parts come from even k and imaginary parts from odd k.

    The orientation is that of ``numpy.rot90``, counter-clockwise with rows downwards. On the lower
    shells, k + l < size, :math:`T_{\pi/2}` is ``rot90``. For odd size it is so on all shells. For
    even size it is :math:`(-1)^{k+l-\text{size}+1}` ``rot90`` on the upper ones: partly
    unavoidable, since ``rot90`` lies in a real action of SO(2) only if its eigenvalue -1 has even
    multiplicity, that is, unless size ≡ 2 (mod 4).

    Parameters
    ----------
    size : int

    Attributes
    ----------
    invariant : int
        Number of coordinates of frequency 0, which come first.
    pairs : ndarray of int, shape (p,)
        Frequencies of the pairs: then come all cosines, then all sines.
    """

    def __init__(self, size: int) -> None:
        self.size = at_most(size, "size", 1024)
        self.n = self.size**2
        frequencies = []
        self.invariant = 0
        for d in range(self.size):
            count = self._count(d)
            self.invariant += count * (d % 2 == 0)
            frequencies.append(np.tile(np.arange(d, 0, -2), count))
        self.pairs = np.concatenate(frequencies).astype(np.int64)

    def _count(self, d: int) -> int:
        """How many shells have dimension d + 1: a lower and an upper one, or the middle one."""
        return 1 if d == self.size - 1 else 2

    @cached_property
    def _plan(self) -> tuple[np.ndarray, np.ndarray, list[_Shells]]:
        """K; where the modes of every shell stand, even ones first; the matrices of the shells."""
        places, shells = [], []
        size = self.size
        for d, K in enumerate(kravchuk_matrices(size)):
            ladder = np.arange(d + 1)
            rows = np.stack([ladder, ladder + size - 1 - d])[: self._count(d)]
            columns = np.stack([d - ladder, size - 1 - ladder])[: self._count(d)]
            flat = rows * size + columns
            places += [flat[:, ::2].reshape(-1), flat[:, 1::2].reshape(-1)]
            weights = np.full(d // 2 + 1, math.sqrt(2))
            weights[-1] = 1.0 if d % 2 == 0 else math.sqrt(2)
            cosine = K[::2, : d // 2 + 1] * weights
            sine = K[1::2, : (d + 1) // 2] * math.sqrt(2)
            cosine[1::2] *= -1
            sine[::2] *= -1
            shells.append(_Shells(self._count(d), cosine, sine))
        return K, np.concatenate(places), shells

    def _sign(self, shells: _Shells) -> np.ndarray:
        """Upper shells of an odd size turn the other way, which makes ``rot90`` right there too."""
        return np.array([1.0, -1.0 if self.size % 2 else 1.0])[: shells.copies, None]

    def _places(self) -> Iterator[tuple[_Shells, slice, slice, slice, slice, slice]]:
        """Per d: shells, their even and odd modes, and invariant, cosine and sine coordinates."""
        mode = fixed = 0
        first, second = self.invariant, self.invariant + self.pairs.size
        for d, shells in enumerate(self._plan[2]):
            even, odd = shells.copies * (d // 2 + 1), shells.copies * ((d + 1) // 2)
            zero = shells.copies * (d % 2 == 0)
            yield (
                shells,
                slice(mode, mode + even),
                slice(mode + even, mode + even + odd),
                slice(fixed, fixed + zero),
                slice(first, first + odd),
                slice(second, second + odd),
            )
            mode, fixed = mode + even + odd, fixed + zero
            first, second = first + odd, second + odd

    def to_modes(self, x: np.ndarray) -> np.ndarray:
        """Coordinates of flattened images, (r, n) -> (r, n)."""
        K, places, _ = self._plan
        r = x.shape[0]
        modes = (K @ x.reshape(r, self.size, self.size) @ K).reshape(r, -1)[:, places]
        out = np.empty_like(modes)
        for shells, even, odd, fixed, first, second in self._places():
            pairs = shells.odd.shape[1]
            real = modes[:, even].reshape(-1, shells.even.shape[0]) @ shells.even
            real = real.reshape(r, shells.copies, -1)
            out[:, first] = real[:, :, :pairs].reshape(r, -1)
            out[:, fixed] = real[:, :, pairs:].reshape(r, -1)
            imaginary = modes[:, odd].reshape(r, shells.copies, pairs) @ shells.odd
            out[:, second] = (imaginary * self._sign(shells)).reshape(r, -1)
        return out

    def from_modes(self, modes: np.ndarray) -> np.ndarray:
        """Inverse of `to_modes`, which is also its transpose."""
        K, places, _ = self._plan
        r = modes.shape[0]
        sorted_modes = np.empty_like(modes)
        for shells, even, odd, fixed, first, second in self._places():
            pairs = shells.odd.shape[1]
            cosine = modes[:, first].reshape(r, shells.copies, pairs)
            zero = modes[:, fixed].reshape(r, shells.copies, -1)
            real = np.concatenate([cosine, zero], axis=2).reshape(-1, shells.even.shape[1])
            sorted_modes[:, even] = (real @ shells.even.T).reshape(r, -1)
            sine = modes[:, second].reshape(r, shells.copies, pairs) * self._sign(shells)
            sorted_modes[:, odd] = (sine @ shells.odd.T).reshape(r, -1)
        images = np.empty_like(modes)
        images[:, places] = sorted_modes
        return (K @ images.reshape(r, self.size, self.size) @ K).reshape(r, -1)


def quarter_turn_matrices(degree: int) -> list[np.ndarray]:
    r"""Real Wigner matrices of the rotation about x that takes z to y, of degrees 0, …, `degree`.

    With one of them, W, every rotation is W and rotations about z:
    :math:`R_y(\beta) = W R_z(\beta) W^\top` in each degree.

    Parameters
    ----------
    degree : int

    Returns
    -------
    list of ndarray, shapes (2 l + 1, 2 l + 1)
        Orthogonal, for the real spherical harmonics in the order m = -l, …, l.
    """
    found = []
    for size, K in enumerate(kravchuk_matrices(2 * degree + 1), start=1):
        if size % 2 == 0:
            continue
        m = np.arange(size) - size // 2
        # d(π/2) in the order m = l, …, -l is K with signs; reversed to m = -l, …, l.
        small = (K * (-1.0) ** np.arange(size))[::-1, ::-1]
        turn = (1j**m)[:, None] * small.T * (-1j) ** m
        basis = _real_basis(size // 2)
        found.append((basis.conj() @ turn @ basis.T).real)
    return found


def _real_basis(degree: int) -> np.ndarray:
    """Rows: real spherical harmonics, m = -l, …, l, in complex ones with Condon–Shortley phase."""
    basis = np.zeros((2 * degree + 1, 2 * degree + 1), dtype=np.complex128)
    basis[degree, degree] = 1.0
    for m in range(1, degree + 1):
        sign = (-1) ** m
        basis[degree + m, degree + m] = sign / math.sqrt(2)
        basis[degree + m, degree - m] = 1 / math.sqrt(2)
        basis[degree - m, degree + m] = -1j * sign / math.sqrt(2)
        basis[degree - m, degree - m] = 1j / math.sqrt(2)
    return basis
