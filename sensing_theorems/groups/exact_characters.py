r"""Character tables proved modulo a prime, after Dixon and Schneider.

At an element of order o a character is a sum of o-th roots of unity,

.. math:: \chi(g^l) = \sum_k m_k\, \omega^{kl}, \qquad
          m_k = \frac1o \sum_l \chi(g^l)\, \omega^{-kl} \in \{0, \dots, s\},

so that whole numbers :math:`m_k` say exactly what it is. Rounding proposes them. Modulo a prime
:math:`p \equiv 1` (mod exponent), roots of unity are residues, and integer weights give a class
matrix: if it has the proposed values as eigenvectors with different eigenvalues, these are the
irreducible characters modulo p up to factors, the norm :math:`\langle\chi,\chi\rangle = 1` and
:math:`0 < s < p/2` leave the factor 1, and the second formula gives back the very same
:math:`m_k < p`.
"""

from __future__ import annotations

import math

import numpy as np

from .._primes import is_prime
from .enumeration import ListedGroup

__all__ = ["proved_characters"]

# Below what products of balanced residues in double precision can take.
_TOP = 2**26
_DRAWS = 8
_WHOLE = 1e-3


def proved_characters(
    group: ListedGroup, characters: np.ndarray, degrees: np.ndarray, indicators: np.ndarray
) -> np.ndarray:
    """Return the characters to the last digits, once they are proved.

    Parameters
    ----------
    group : ListedGroup
    characters : ndarray of complex128, shape (irreps, classes)
        Near the true ones.
    degrees, indicators : ndarray of int64, shape (irreps,)

    Raises
    ------
    ArithmeticError
        If the characters are not what they seem.
    """
    exponent = math.lcm(*group.element_orders.tolist())
    p = _prime(exponent, group.order)
    values, modular = _summed(group, characters, _root(p, exponent), p)
    if not (
        np.array_equal(modular[:, 0], degrees)
        and _orthonormal(group, modular, indicators, p)
        and _eigenvectors(group, modular, p)
    ):
        raise ArithmeticError(f"the character table is not confirmed modulo {p}.")
    return values


def _prime(exponent: int, order: int) -> int:
    """Largest prime below 2^26 that is 1 modulo `exponent`; it must be above the order."""
    p = (_TOP - 2) // exponent * exponent + 1
    while not is_prime(p):
        p -= exponent
        if p <= order:
            raise ArithmeticError(f"there is no prime 1 + k {exponent} between {order} and {_TOP}.")
    return p


def _root(p: int, exponent: int) -> int:
    """A residue whose order is exactly `exponent`."""
    primes = [q for q in range(2, exponent + 1) if exponent % q == 0 and is_prime(q)]
    for a in range(2, p):
        root = pow(a, (p - 1) // exponent, p)
        if all(pow(root, exponent // q, p) != 1 for q in primes):
            return root
    return 1


def _powers(root: int, number: int, p: int) -> np.ndarray:
    """Powers 0, …, number - 1 of a residue."""
    listed = [1]
    for _ in range(number - 1):
        listed.append(listed[-1] * root % p)
    return np.array(listed)


def _summed(
    group: ListedGroup, characters: np.ndarray, root: int, p: int
) -> tuple[np.ndarray, np.ndarray]:
    """Characters as sums of roots of unity: in doubles, and modulo p, from 0 to p - 1."""
    from ..modular import multiply, residues

    orders = group.element_orders
    exponent = math.lcm(*orders.tolist())
    maps = group.power_maps(int(orders.max()))
    exact, modular = np.zeros_like(characters), np.full(characters.shape, -1)
    for c in np.argsort(orders, kind="stable"):
        if modular[0, c] >= 0:
            continue
        o = int(orders[c])
        classes = maps[:o, c]
        parts = np.fft.fft(characters[:, classes], axis=1) / o
        counts = np.round(parts.real)
        if np.abs(parts - counts).max() > _WHOLE or counts.min() < 0:
            raise ArithmeticError("the characters are not near sums of roots of unity.")
        turns = np.outer(np.arange(o), np.arange(o)) % o
        unity = _powers(pow(root, exponent // o, p), o, p)[turns]
        sums = multiply(residues(counts, p), residues(unity, p), p).astype(np.int64) % p
        # Powers of smaller order came before, and both sums must give the same residues there.
        known = modular[0, classes] >= 0
        if not np.array_equal(sums[:, known], modular[:, classes[known]]):
            raise ArithmeticError("the characters of an element and its powers do not agree.")
        modular[:, classes] = sums
        if not np.array_equal(modular[:, classes], sums):
            raise ArithmeticError("the characters of an element and its powers do not agree.")
        exact[:, classes] = counts @ np.exp(2j * np.pi * turns / o)
    return np.where(np.abs(exact.imag) < 1e-12, exact.real, exact), modular


def _orthonormal(group: ListedGroup, modular: np.ndarray, indicators: np.ndarray, p: int) -> bool:
    """Whether each character has norm 1 and its indicator, modulo p."""
    inverse = pow(group.order, -1, p)
    # Products of three residues would not fit into 64 bits.
    squares = modular * modular[:, group.inverse_map] % p
    norms = squares @ group.sizes % p * inverse % p
    types = modular[:, group.square_map] @ group.sizes % p * inverse % p
    return bool(np.all(norms == 1) and np.array_equal(types, indicators % p))


def _eigenvectors(group: ListedGroup, modular: np.ndarray, p: int) -> bool:
    """Whether convolution by one class function has these eigenvectors, no eigenvalue twice."""
    from ..modular import multiply, residues

    columns = residues(modular.T, p)
    for seed in range(_DRAWS):
        weights = np.random.default_rng(seed).integers(p, size=group.sizes.size)
        images = multiply(residues(_convolution(group, weights, p), p), columns, p)
        images = images.astype(np.int64) % p
        inverses = np.array([pow(int(s), -1, p) for s in modular[:, 0]])
        eigenvalues = images[0] * inverses % p
        if np.unique(eigenvalues).size == eigenvalues.size:
            return np.array_equal(images, modular.T * eigenvalues % p)
    return False


def _convolution(group: ListedGroup, weights: np.ndarray, p: int) -> np.ndarray:
    """Class matrix modulo p, both triangles."""
    from .._kernels.finite_groups import class_matrix

    def lower(v: np.ndarray) -> np.ndarray:
        return (
            class_matrix(
                group.rows,
                group.keys,
                group.slots,
                group.members,
                group.starts,
                group.class_of,
                group.inverse_images,
                v,
            )
            % p
        )

    inverses = np.array([pow(int(s), -1, p) for s in group.sizes])
    mirrored = lower(weights[group.inverse_map]) * group.sizes[:, None] % p * inverses % p
    matrix = lower(weights)
    return matrix + np.triu(mirrored.T, 1)
