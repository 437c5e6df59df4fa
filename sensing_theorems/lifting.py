r"""Exact null vectors of integer matrices: p-adic lifting and rational reconstruction.

The solution of :math:`B y = b` is expanded in powers of p, one digit per product with
:math:`B^{-1} \bmod p` (Dixon 1982), until the fractions that it stands for show themselves.
"""

from __future__ import annotations

import math

import numpy as np

from .integers import annihilates
from .modular import inverse, multiply, residues

__all__ = ["null_vectors"]

_EXACT = 2**53
_FIRST_DIGITS = 4


def null_vectors(rows: np.ndarray, columns: np.ndarray, free: np.ndarray, p: int) -> np.ndarray:
    r"""Integer vectors x with ``rows @ x = 0`` and prescribed entries outside the pivots.

    Parameters
    ----------
    rows : ndarray of int64, (r, n)
        Invertible modulo p at `columns`.
    columns : ndarray of int, (r,)
    free : ndarray of int64, (k, n)
        Entries outside `columns`, up to a factor; zero at `columns`.
    p : int
        Prime.

    Returns
    -------
    ndarray of Python integers, (k, n)

    Raises
    ------
    ValueError
        If the entries are too large for exact products in double precision.
    """
    if not columns.size:
        return free.astype(object)
    square = rows[:, columns].astype(np.float64)
    target = -(rows @ free.T).astype(np.float64)
    if np.abs(square).sum(axis=1).max(initial=0) * p >= _EXACT or np.abs(target).max() >= _EXACT:
        raise ValueError(
            f"an exact null vector needs rows whose absolute sum is below 2^53 / {p}; "
            f"got {int(np.abs(square).sum(axis=1).max())}. Scale the rows to smaller integers."
        )
    backwards = inverse(square, p)
    digits: list[np.ndarray] = []
    left, wanted = target, _FIRST_DIGITS
    most = _digits_needed(square, target, p)
    while True:
        while len(digits) < min(wanted, most):
            digit = multiply(backwards, residues(left, p), p)
            # The division has no rest, and the numbers stay below the largest row sum.
            left = (left - square @ digit) / p
            digits.append(digit)
        found = _reconstructed(digits, p, rows, columns, free)
        if found is not None or len(digits) >= most:
            break
        wanted += wanted // 3
    if found is None:
        raise ArithmeticError("no integer null vector was found within the bound of Hadamard.")
    return found


def _digits_needed(square: np.ndarray, target: np.ndarray, p: int) -> int:
    """Digits after which Hadamard's bound makes the fractions unique, and two to spare."""
    sizes = np.linalg.norm(np.concatenate([square, np.abs(target).max(axis=1)[:, None]], 1), axis=1)
    bits = float(np.log2(np.maximum(sizes, 1.0)).sum())
    return math.ceil((2 * bits + 2) / math.log2(p)) + 2


def _reconstructed(
    digits: list[np.ndarray], p: int, rows: np.ndarray, columns: np.ndarray, free: np.ndarray
) -> np.ndarray | None:
    modulus = p ** len(digits)
    # One vector that does not show itself yet speaks for all.
    if _common_fractions(_expansion([d[:, :1] for d in digits], p)[:, 0], modulus) is None:
        return None
    expansion, vectors = _expansion(digits, p), []
    for column, given in zip(expansion.T, free, strict=True):
        fractions = _common_fractions(column, modulus)
        if fractions is None:
            return None
        numerators, denominator = fractions
        vector = given.astype(object) * denominator
        vector[columns] = numerators
        divisor = math.gcd(*vector.tolist())
        vectors.append(vector // divisor)
    found = np.array(vectors, dtype=object).reshape(free.shape)
    return found if annihilates(rows, found.T) else None


def _expansion(digits: list[np.ndarray], p: int) -> np.ndarray:
    r"""Sums :math:`\sum_i d_i p^i` as Python integers, added in pairs so that few are long."""
    level = [digit.astype(np.int64).astype(object) for digit in digits]
    while len(level) > 1:
        level += [np.zeros_like(level[0])] * (len(level) % 2)
        level = [low + high * p for low, high in zip(level[::2], level[1::2], strict=True)]
        p *= p
    return level[0]


def _common_fractions(values: np.ndarray, modulus: int) -> tuple[list[int], int] | None:
    """Numerators over one denominator that give the values modulo `modulus`."""
    bound = math.isqrt(modulus // 2)
    denominator = 1
    numerators: list[int] = []
    for value in values.tolist():
        residue = value * denominator % modulus
        residue -= modulus if 2 * residue > modulus else 0
        if abs(residue) > bound:
            further = _fraction(residue % modulus, modulus, bound // denominator)
            if further is None:
                return None
            residue, factor = further
            denominator *= factor
            numerators = [n * factor for n in numerators]
        numerators.append(residue)
    return numerators, denominator


def _fraction(residue: int, modulus: int, largest: int) -> tuple[int, int] | None:
    """Numerator and denominator of the one small fraction with this residue (Wang 1981)."""
    bound = math.isqrt(modulus // 2)
    old, new, s_old, s_new = modulus, residue, 0, 1
    while new > bound:
        quotient = old // new
        old, new = new, old - quotient * new
        s_old, s_new = s_new, s_old - quotient * s_new
    if s_new == 0 or abs(s_new) > max(1, largest):
        return None
    return (new, s_new) if s_new > 0 else (-new, -s_new)
