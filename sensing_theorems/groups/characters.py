r"""Irreducible characters from one eigenvalue problem, and multiplicities from characters.

Convolution by a class function w maps class functions to class functions, and its eigenvectors are
the irreducible characters (Burnside). With :math:`w(g^{-1}) = \overline{w(g)}` and every class
:math:`C_i` scaled by :math:`\sqrt{|C_i|}` its matrix is Hermitian, so that `eigh` gives the whole
table from perfectly conditioned eigenvectors :math:`u`:

.. math:: \chi_i = u_i \sqrt{|G| / |C_i|}, \qquad s = \chi_1 = \sqrt{|G|}\, u_1 > 0 .
"""

from __future__ import annotations

import numpy as np

from .enumeration import ListedGroup

__all__ = ["burnside", "multiplicities", "value_text"]

_WHOLE = 1e-6
# Eigenvectors are known up to rounding errors over this.
_GAP = 1e-9


def burnside(
    group: ListedGroup, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    r"""Draw weights and decompose.

    Returns
    -------
    characters : ndarray of complex128, shape (irreps, classes)
        By degree, then by falling values.
    degrees, indicators : ndarray of int64, shape (irreps,)

    Notes
    -----
    ``None`` where the certificate fails: eigenvalues apart, degrees whole with
    :math:`\sum s^2 = |G|`, indicators 1, 0 or -1 with
    :math:`\sum \nu s = \#\{g : g^2 = 1\}` (Frobenius and Schur).
    """
    root = np.sqrt(group.sizes)
    values, vectors = np.linalg.eigh(_hermitian(group, root, rng))
    gaps = np.diff(values)
    first = np.abs(vectors[0])
    if gaps.size and gaps.min() <= _GAP * np.abs(values).max():
        return None
    if first.min() * np.sqrt(group.order) < 0.5:
        return None
    characters = (vectors * (vectors[0].conj() / first)).T * (np.sqrt(group.order) / root)
    characters = characters[_ordered(characters)].astype(np.complex128)
    degrees = np.round(characters[:, 0].real)
    sums = characters[:, group.square_map] @ group.sizes / group.order
    indicators = np.round(sums.real)
    off = max(np.abs(characters[:, 0] - degrees).max(), np.abs(sums - indicators).max())
    involutions = group.sizes[group.square_map == 0].sum()
    whole = off <= _WHOLE and np.abs(indicators).max() <= 1
    if not whole or degrees @ degrees != group.order or degrees @ indicators != involutions:
        return None
    return characters, degrees.astype(np.int64), indicators.astype(np.int64)


def _hermitian(group: ListedGroup, root: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Lower triangle of convolution by random weights, classes scaled to unit vectors."""
    from .._kernels.finite_groups import class_matrix

    weights = rng.standard_normal(root.size) / root
    # Where all classes are real so are the characters, from a real matrix at a quarter the price.
    if np.any(group.inverse_map != np.arange(root.size)):
        weights = weights + 1j * rng.standard_normal(root.size) / root
        weights = weights + weights[group.inverse_map].conj()
    lower = class_matrix(
        group.rows,
        group.keys,
        group.slots,
        group.members,
        group.starts,
        group.class_of,
        group.inverse_images,
        weights.conj(),
    )
    return lower * root[:, None] / root


def _ordered(characters: np.ndarray) -> np.ndarray:
    """Order by degree, then by falling values: the trivial character comes first."""
    near = np.round(characters, 6)
    return np.lexsort([*-near.imag.T[::-1], *-near.real.T[:0:-1], near[:, 0].real])


def multiplicities(characters: np.ndarray, sizes: np.ndarray, values: np.ndarray) -> np.ndarray:
    r"""Multiplicities :math:`c_j = |G|^{-1} \sum_i |C_i|\,\chi(g_i)\overline{\chi_j(g_i)}`.

    Parameters
    ----------
    characters : ndarray of complex128, shape (irreps, classes)
    sizes : ndarray of int, shape (classes,)
    values : ndarray, shape (classes,)
        The character :math:`\chi`.

    Returns
    -------
    ndarray of int64, shape (irreps,)

    Raises
    ------
    ValueError
        If the values are no character: a multiplicity is negative or no integer.
    ArithmeticError
        If the certificate fails, :math:`\sum_j s_j c_j = \chi(1)` and
        :math:`\sum_j c_j^2 = \langle\chi,\chi\rangle`: in integers, where the values are.
    """
    if values.shape != sizes.shape or values.dtype.kind not in "iufc":
        raise ValueError(
            f"a character must have one number per class, shape {sizes.shape}; "
            f"got shape {values.shape}, dtype {values.dtype}."
        )
    found = characters.conj() @ (sizes * values) / sizes.sum()
    counts = np.round(found.real)
    # What a trace may have been rounded by grows with its size.
    slack = min(_WHOLE * max(1.0, float(np.abs(values).max())), 0.25)
    wrong = ~(np.abs(found - counts) <= slack) | (counts < 0)
    if wrong.any():
        raise ValueError(
            "the values must be a character, with multiplicities 0, 1, 2, …; "
            f"one came out as {value_text(complex(found[wrong][0]))}."
        )
    whole = counts.astype(np.int64)
    degrees = np.round(characters[:, 0].real).astype(np.int64)
    if not _certified(whole, degrees, values, sizes):
        raise ArithmeticError("the multiplicities of this character fail their certificate.")
    return whole


def _certified(
    counts: np.ndarray, degrees: np.ndarray, values: np.ndarray, sizes: np.ndarray
) -> bool:
    """Whether sum s c = chi(1) and sum c^2 = <chi, chi>, in integers where the values are."""
    listed = counts.tolist()
    size = sum(s * c for s, c in zip(degrees.tolist(), listed, strict=True))
    squares, order = sum(c * c for c in listed), int(sizes.sum())
    if values.dtype.kind in "iu":
        # Python's integers: traces of large images have squares beyond 64 bits.
        norm = sum(k * v * v for k, v in zip(sizes.tolist(), values.tolist(), strict=True))
        return bool(size == values[0] and order * squares == norm)
    mean = float(sizes @ np.abs(values) ** 2) / order
    near = bool(abs(size - values[0]) <= _WHOLE * max(1, size))
    return near and abs(squares - mean) <= _WHOLE * max(1, squares)


def value_text(value: complex) -> str:
    """Return a value for people, integers as integers."""
    re, im = round(value.real, 3) + 0.0, round(value.imag, 3) + 0.0
    if im == 0:
        return f"{re:.10g}"
    sign, size = "-" if im < 0 else "+" if re else "", abs(im)
    return (f"{re:.10g}" if re else "") + sign + ("i" if size == 1 else f"{size:.10g}i")
