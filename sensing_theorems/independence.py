"""Whether operators can be independent draws: what almost no two of those have in common."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from ._forward import ForwardOperator

__all__ = ["ENTRIES", "repeats", "shared_structure", "some_rows"]

ENTRIES = 2**22  # looked at, of one operator
_POOLED = 2**23  # values compared across operators
_DIGITS = 12
_EQUAL = 10.0**-_DIGITS
_POSITIONS = 16  # at which two sorted lists are compared
_NEIGHBOURS = 3
_CHANCE = 1e-3  # expected coincidences of independent draws from which on we would not look


def some_rows(A: ForwardOperator) -> np.ndarray:
    """All rows of a small operator; of a large one a few, spread evenly, the first and last too."""
    m, n = A.shape
    if m * n <= ENTRIES:
        return A.to_dense()
    chosen = np.unique(np.linspace(0, m - 1, max(2, ENTRIES // (8 * n))).astype(int))
    unit = np.zeros((m, chosen.size), dtype=A.dtype)
    unit[chosen, np.arange(chosen.size)] = 1
    return A.rmatmat(unit).conj().T


def repeats(values: np.ndarray, dtype: np.dtype, allowed: float, kept: float = 1.0) -> bool:
    """Whether more than `allowed` of the values repeat, beyond what a precision does by chance.

    In single precision a million independent draws have thousands of pairs in common. Where only a
    part of the possible values was `kept`, each still had all others to meet.
    """
    equal = max(float(np.finfo(dtype).eps), 4 * _EQUAL)
    chance = equal * values.size**2 / (2 * kept)
    return values.size - np.unique(values).size > kept * allowed + chance


def shared_structure(operators: Sequence[ForwardOperator], singles: Sequence) -> str | None:
    r"""Return what independent draws from laws with a density share with probability zero.

    Parameters
    ----------
    operators : sequence of ForwardOperator, each (m_g, n)
        Of at most 2**22 entries; of larger ones only some rows are looked at.
    singles : sequence of ForwardOperator
        The same over the field of the signals.

    Returns
    -------
    str or None
        ``None`` is no proof of independence.

    Notes
    -----
    Compared are the absolute values of the entries; the rows, up to the scale and the order of
    their entries; the angles between the rows of one operator, which no orthogonal T changes; the
    diagonal of the projector on each row space, which a signed permutation T only reorders and no
    mixing of rows changes; and the principal angles between the row spaces of pairs, which are
    those of another pair in a list of :math:`M_i A T^i` with an orthogonal T, if two pairs lie
    equally far apart. Not seen are two such operators with mixed rows and a T that is no signed
    permutation, a list in which no two pairs lie equally far apart, a T that is not orthogonal, and
    operators of which only a part of the row space agrees. In single precision chance also hides
    entries that were rescaled and put into other rows, and pairs with a single angle.
    """
    loose = max(float(np.finfo(A.dtype).eps) for A in operators)
    dense = [some_rows(A) for A in operators]
    said = _entries(dense) if len(dense) > 1 else None
    said = said or _rows(dense, loose)
    if said or len(dense) == 1:
        return said
    spaces = [_row_space(A) for A in singles]
    return _inner_angles(dense, loose) or _diagonals(spaces, loose) or _pairs(spaces, loose)


def _entries(dense: list[np.ndarray]) -> str | None:
    """Entries of one operator in another: as they are, over the largest, over that of the row."""
    total = sum(rows.size for rows in dense)
    few = 0.01 * min(rows.size for rows in dense)
    every = 2 * (total // _POOLED) + 1
    coarsest = max((rows.dtype for rows in dense), key=lambda dtype: float(np.finfo(dtype).eps))
    for scaled in (_as_they_are, _over_the_largest, _over_the_row):
        # The same values are left out of every operator, so that equal ones stay together.
        pooled = np.concatenate([_thinned(scaled(rows), every) for rows in dense])
        if repeats(pooled, coarsest, few, 1 / every):
            return "operators share entries"
    return None


def _as_they_are(rows: np.ndarray) -> np.ndarray:
    return np.abs(rows).astype(float).ravel()


def _over_the_largest(rows: np.ndarray) -> np.ndarray:
    values = _as_they_are(rows)
    values = np.round(values / values.max(), _DIGITS)
    return values[(values > 0) & (values < 1)]


def _over_the_row(rows: np.ndarray) -> np.ndarray:
    values = np.round(_unit_rows(rows), _DIGITS)
    return values[(values > 0) & (values < 1)]


def _unit_rows(rows: np.ndarray) -> np.ndarray:
    """Absolute values over the largest of each row."""
    sizes = np.abs(rows).astype(float)
    return sizes / _largest(sizes)


def _largest(sizes: np.ndarray) -> np.ndarray:
    largest = sizes.max(axis=1, keepdims=True)
    return np.where(largest > 0, largest, 1.0)


def _normalised(rows: np.ndarray) -> np.ndarray:
    """Rows of norm one in double precision, whatever their scale."""
    rows = rows.astype(np.result_type(rows, np.float64))
    rows = rows / _largest(np.abs(rows))
    size = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(size > 0, size, 1.0)


def _thinned(values: np.ndarray, every: int) -> np.ndarray:
    return values[values.view(np.int64) % every == 0]


def _rows(dense: list[np.ndarray], loose: float) -> str | None:
    n = dense[0].shape[1]
    if n == 1:
        return None
    # The largest is one in every row.
    marks = [_sampled(np.sort(_unit_rows(rows), axis=1)[:, :-1]) for rows in dense]
    owners = np.repeat(np.arange(len(dense)), [len(rows) for rows in dense])
    found = _coincidence(np.concatenate(marks), 8 * loose, n**-0.5)
    if found is None:
        return None
    i, j = sorted(int(owners[row]) + 1 for row in found)
    where = "the operator has two rows" if i == j else f"operators {i} and {j} have rows"
    return f"{where} that agree up to the scale and the order of their entries"


def _inner_angles(dense: list[np.ndarray], loose: float) -> str | None:
    groups: dict[int, list[tuple[int, np.ndarray]]] = defaultdict(list)
    for i, rows in enumerate(dense, start=1):
        scaled = _normalised(rows)
        upper = np.triu_indices(len(rows), 1)
        cosines = np.sort(np.abs(scaled @ scaled.conj().T)[upper])
        # Orthogonal rows tell nothing: they may be a choice of basis.
        if cosines.size and cosines[-1] > 1e3 * loose:
            groups[len(rows)].append((i, _sampled(cosines)))
    n = dense[0].shape[1]
    for m, marks in groups.items():
        found = _coincidence(np.stack([mark for _, mark in marks]), 8 * loose, n**-0.5 / m)
        if found is not None:
            i, j = sorted(marks[k][0] for k in found)
            return f"operators {i} and {j} have the same angles between their rows"
    return None


def _row_space(A: ForwardOperator) -> np.ndarray:
    """Orthonormal columns that span the rows of A, (n, m), of full rank as we know by now."""
    basis: np.ndarray = np.linalg.qr(_normalised(A.to_dense()).conj().T)[0]
    return basis


def _diagonals(spaces: list[np.ndarray], loose: float) -> str | None:
    """Row spaces whose projectors have one diagonal, up to order."""
    known, marks = [], []
    for i, basis in enumerate(spaces, start=1):
        n, m = basis.shape
        if m < n:
            diagonal = np.sort(np.sum(np.abs(basis) ** 2, axis=1))
            # Of the smaller of the space and its complement, which vary more.
            diagonal = diagonal if 2 * m <= n else (1 - diagonal)[::-1]
            marks.append(_sampled((diagonal / diagonal[-1])[:-1]))
            known.append(i)
    if len(known) < 2:
        return None
    found = _coincidence(np.stack(marks), max(1e-8, 100 * loose), 1 / spaces[0].shape[0])
    if found is None:
        return None
    i, j = sorted(known[k] for k in found)
    return f"the row spaces of operators {i} and {j} agree up to an order of the coordinates"


def _pairs(spaces: list[np.ndarray], loose: float) -> str | None:
    """Pairs of row spaces at the same principal angles."""
    groups: dict[tuple[int, ...], list[tuple[str, np.ndarray]]] = defaultdict(list)
    for (i, P), (j, Q) in itertools.combinations(enumerate(spaces, start=1), 2):
        n, sizes = P.shape[0], tuple(sorted((P.shape[1], Q.shape[1])))
        common = max(0, sum(sizes) - n)
        if common < sizes[0]:
            cosines = np.linalg.svd(P.conj().T @ Q, compute_uv=False)[common:]
            groups[sizes].append((f"{i} and {j}", _sampled(cosines)))
    for marks in groups.values():
        if len(marks) < 2:
            continue
        stacked = np.stack([mark for _, mark in marks])
        found = _coincidence(stacked, max(1e-8, 100 * loose), 1 / spaces[0].shape[0])
        if found is not None:
            first, second = (marks[k][0] for k in sorted(found))
            return f"operators {first} have row spaces at the angles of operators {second}"
    return None


def _sampled(ordered: np.ndarray) -> np.ndarray:
    """Some entries along the last axis, evenly spread: what differs, differs there."""
    length = ordered.shape[-1]
    chosen = np.unique(np.linspace(0, length - 1, min(length, _POSITIONS)).astype(int))
    return ordered[..., chosen]


def _coincidence(marks: np.ndarray, loose: float, width: float) -> tuple[int, int] | None:
    """Two rows of `marks` that are equal, by the loosest tolerance that chance does not meet.

    Entries of independent draws are about `width` apart.
    """
    count, size = marks.shape
    for tolerance in (max(loose, _EQUAL), _EQUAL):
        near = min(1.0, 10 * tolerance / width)
        chance = 2 * math.log(count) + math.lgamma(size + 1) + size * math.log(near)
        if chance < math.log(_CHANCE):
            return _closest(marks, tolerance)
    return None


def _closest(marks: np.ndarray, tolerance: float) -> tuple[int, int] | None:
    order = np.argsort(marks.sum(axis=1), kind="stable")
    for step in range(1, min(_NEIGHBOURS, len(order) - 1) + 1):
        apart = np.abs(marks[order[step:]] - marks[order[:-step]]).max(axis=1)
        near = int(np.argmin(apart))
        if apart[near] <= tolerance:
            return int(order[near]), int(order[near + step])
    return None
