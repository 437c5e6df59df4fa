"""Integer operators, read from floats row by row, up to factors that no rank sees."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from ._forward import ForwardOperator
from .rows import leaves

__all__ = ["INTEGER_ENTRIES", "annihilates", "combined_rows", "integer_entries", "integer_matrix"]

INTEGER_ENTRIES = 2**24
_EXACT = 2**53
_LARGEST = 2**31
_PARTS = 64


def integer_matrix(A: ForwardOperator) -> np.ndarray:
    """Rows of A, each multiplied by a number that makes all its entries coprime integers.

    Floats are read as the fractions that they are rounded from, if these have a common denominator
    of at most 64 beside the smallest entry of the row, as averages of three pixels have; and else
    as the dyadic numbers that they are. A factor of a row changes no null space.

    Parameters
    ----------
    A : ForwardOperator, real, (m, n)

    Returns
    -------
    ndarray of int64, (m, n)

    Raises
    ------
    ValueError
        If A is complex or too large, or a row is no multiple of integers below 2^31.
    """
    m, n = A.shape
    if A.dtype.kind == "c":
        raise ValueError(
            "method 'exact' needs real entries; got a complex operator. Over the real numbers its "
            "real and imaginary parts are taken: field='real'."
        )
    if m * n > INTEGER_ENTRIES:
        raise ValueError(
            f"method 'exact' needs the {m} x {n} matrix of A, {m * n} entries; it takes at most "
            f"{INTEGER_ENTRIES}."
        )
    matrix = _moderate(np.asarray(A.to_dense()))
    rows = _by_smallest(matrix, 1)
    for parts in range(2, _PARTS + 1):
        rest = np.flatnonzero(~_integral(rows))
        if not rest.size:
            break
        rows[rest] = _by_smallest(matrix[rest], parts)
    rest = np.flatnonzero(~_integral(rows))
    rows[rest] = _by_power_of_two(matrix[rest])
    bad = np.flatnonzero(~_integral(rows))
    if bad.size:
        raise ValueError(
            "method 'exact' needs rows that are multiples of integers below 2^31; row "
            f"{bad[0]} is none. Scale the rows to integers."
        )
    whole = rows.astype(np.int64)
    divisors = np.gcd.reduce(whole, axis=1)
    return whole // np.maximum(divisors, 1)[:, None]


def _moderate(matrix: np.ndarray) -> np.ndarray:
    """Rows multiplied by powers of two, so that their entries are about 1: nothing is rounded."""
    largest = np.abs(matrix).max(axis=1, keepdims=True)
    return np.ldexp(matrix, -np.frexp(largest)[1])


def integer_entries(A: ForwardOperator) -> Any:
    """Integers of an operator that stores them, dense or sparse, at any size.

    Returns
    -------
    ndarray or csr_array of int64, (m, n)

    Raises
    ------
    ValueError
        If A stores no entries, or some are no integers below 2^31.
    """
    parts = [part.matrix for part in leaves(A)]
    if any(part is None for part in parts):
        raise ValueError(
            "method 'exact' at this size needs an operator that stores its entries, such as a mask "
            "or a matrix; got one that is known by its products alone."
        )
    stored = [part.data if sparse.issparse(part) else part for part in parts]
    if any(v.dtype.kind == "c" or not _whole(v) for v in stored):
        raise ValueError("method 'exact' at this size needs entries that are integers below 2^31.")
    if any(sparse.issparse(part) for part in parts):
        return sparse.vstack([sparse.csr_array(part) for part in parts], "csr").astype(np.int64)
    return np.concatenate(parts).astype(np.int64)


def combined_rows(weights: np.ndarray, matrix: Any, p: int) -> np.ndarray:
    """Integer combinations (q, m) of integer rows (m, n), modulo p, in [0, p).

    Raises
    ------
    ValueError
        If a sum could exceed 64 bits.
    """
    largest = int(abs(matrix).sum(axis=0).max())
    if largest * p >= 2**63:
        raise ValueError(f"columns must have absolute sums below 2^63 / {p}; got {largest}.")
    return (matrix.T @ (weights % p).T).T % p


def _whole(values: np.ndarray) -> bool:
    return bool(np.all((values == np.rint(values)) & (np.abs(values) < _LARGEST)))


def _integral(rows: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return np.all((rows == np.rint(rows)) & (np.abs(rows) < _LARGEST), axis=1)


def _by_smallest(matrix: np.ndarray, parts: int) -> np.ndarray:
    """Multiples of a part of the smallest entry of each row, NaN where entries are none."""
    size = np.where(matrix == 0, np.inf, np.abs(matrix)).min(axis=1)
    # In the precision of the entries, which are the fractions rounded to just that.
    unit = np.where(np.isfinite(size), size, 1.0)[:, None].astype(matrix.dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        rounded = np.rint(matrix / unit * matrix.dtype.type(parts))
        # A quotient may round to an integer; multiplied back it must give the entry itself.
        exact = rounded * unit / matrix.dtype.type(parts) == matrix
    return np.where(exact, rounded, np.nan).astype(np.float64)


def _by_power_of_two(matrix: np.ndarray) -> np.ndarray:
    matrix = matrix.astype(np.float64)
    mantissa, exponent = np.frexp(matrix)
    digits = (mantissa * _EXACT).astype(np.int64)
    lowest = np.log2(np.where(digits == 0, 1, digits & -digits)).astype(np.int64)
    place = np.where(digits == 0, 2000, exponent - 53 + lowest).min(axis=1, initial=2000)
    with np.errstate(over="ignore"):
        return np.ldexp(matrix, -np.where(place == 2000, 0, place)[:, None])


def annihilates(matrix: np.ndarray, vectors: np.ndarray) -> bool:
    """Whether an integer matrix times integer vectors is zero, exactly, without big products.

    The vectors are split into limbs, so short that sums of products with the rows fit into 64 bits;
    these are added with a carry.

    Parameters
    ----------
    matrix : ndarray of int64, (m, n), absolute row sums below 2^50
    vectors : ndarray of Python integers, (n, k)

    Raises
    ------
    ValueError
        If a row is too long.
    """
    longest = int(np.abs(matrix).sum(axis=1).max(initial=0)).bit_length()
    if longest > 50:
        raise ValueError(f"absolute row sums must be below 2^50; got one of {longest} bits.")
    bits = min(24, 61 - longest)
    mask, small = (1 << bits) - 1, longest + bits < 53
    left, carry = vectors, np.zeros((matrix.shape[0], vectors.shape[1]), dtype=np.int64)
    while np.any((left != 0) & (left != -1)):
        limb = (left & mask).astype(np.int64)
        total = _product(matrix, limb, small) + carry
        if np.any(total & mask):
            return False
        carry, left = total >> bits, left >> bits
    return not np.any(_product(matrix, left.astype(np.int64), small) + carry)


def _product(matrix: np.ndarray, limb: np.ndarray, small: bool) -> np.ndarray:
    if small:
        return (matrix.astype(np.float64) @ limb.astype(np.float64)).astype(np.int64)
    return matrix @ limb
