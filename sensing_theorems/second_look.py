"""What rounding may have hidden from a rank: weak rows, weak columns, and integers.

A joint decomposition cannot tell values below the rounding of its largest entries from zero. Three
changes that leave the true rank alone show whether a rank hangs on that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from ._forward import ForwardOperator, from_matrix
from .groups.action import GroupAction
from .groups.signed import SignedPermutation
from .integers import integer_matrix
from .rank_result import RankResult
from .tolerance import grey, rounding, threshold
from .weak_rows import even_rows, weak_rows

__all__ = ["integers_to_count", "second_look"]

Again = Callable[[Sequence[ForwardOperator]], RankResult]

# Numbers of an operator that is stored, and its columns, up to which looking takes no time.
_QUICK = 2**20
_INTEGERS = 512

_ROWS = (
    "some rows are weaker than rounding of the strongest, and the rank hangs on them: scale them "
    "if they are measurements in other units, drop them if they are rounding"
)
_COLUMNS = (
    "some entries of the signal are seen more weakly than rounding of the strongest, and the rank "
    "hangs on them: change their unit if they are measured, drop the columns if they are rounding"
)
_WHOLE = (
    "the entries are integers, and their exact rank is larger: directions are seen more weakly "
    "than rounding would show. Method 'exact' proves it"
)


def second_look(
    found: RankResult,
    operators: Sequence[ForwardOperator],
    action: GroupAction | None,
    again: Again,
) -> RankResult:
    r"""The result, no longer clear where a rank of the same stack in other units is another.

    Scaling rows, and columns by one factor for each orbit of coordinates, changes no rank: a
    diagonal D that is constant on orbits commutes with signed permutations, so that
    :math:`A D T_g = A T_g D` (derived here).

    Parameters
    ----------
    found : RankResult
        Clear, and not of method "exact".
    operators : sequence of ForwardOperator
    action : GroupAction or None
        ``None`` where columns may be rounding, and for transforms that are no group: then rows
        alone are looked at.
    again : callable
        Takes other operators, returns their rank by the same method.
    """
    rows = weak_rows(operators)
    if rows is not None:
        scaled = [even_rows(A, powers) for A, powers in zip(operators, rows, strict=True)]
        if _differ(found, again(scaled)):
            return replace(found, clear=False, note=_ROWS)
    if found.full or action is None:
        return found
    columns = _weak_columns(operators, action)
    if columns is not None and _differ(found, again([_columns(A, columns) for A in operators])):
        return replace(found, clear=False, note=_COLUMNS)
    if _more_by_integers(found, operators, action):
        return replace(found, clear=False, note=_WHOLE)
    return found


def _differ(found: RankResult, other: RankResult) -> bool:
    agree = other.least_rank <= found.most_rank and found.least_rank <= other.most_rank
    return not (agree and other.clear and other.full == found.full)


def _stored(operators: Sequence[ForwardOperator]) -> list[np.ndarray] | None:
    matrices = [A.matrix for A in operators if isinstance(A.matrix, np.ndarray)]
    small = sum(matrix.size for matrix in matrices) <= _QUICK
    return matrices if small and len(matrices) == len(operators) else None


def _signed(action: GroupAction) -> list[SignedPermutation] | None:
    signed = [g for g in action.generators if isinstance(g, SignedPermutation)]
    return signed if len(signed) == len(action.generators) else None


def _weak_columns(operators: Sequence[ForwardOperator], action: GroupAction) -> np.ndarray | None:
    """Exponents of two, one for each orbit, (n,); ``None`` where no column is too weak."""
    matrices, generators = _stored(operators), _signed(action)
    if matrices is None or generators is None:
        return None
    sizes = np.max([np.abs(matrix).max(axis=0, initial=0.0) for matrix in matrices], axis=0)
    sizes = sizes.astype(float)
    n = sizes.size
    orbit = np.arange(n)
    if generators:
        pairs = np.concatenate([g.images for g in generators])
        start = np.tile(np.arange(n), len(generators))
        graph = csr_array((np.ones(pairs.size, dtype=np.int8), (start, pairs)), shape=(n, n))
        orbit = connected_components(graph, directed=False)[1]
    largest = np.zeros(n)
    np.maximum.at(largest, orbit, sizes)
    sizes = largest[orbit]
    relative = max(threshold(1.0, rounding(A.dtype)) for A in operators)
    bar = relative * grey(relative) * sizes.max()
    if not np.any((sizes > 0) & (sizes < bar)):
        return None
    return -np.round(np.log2(np.where(sizes > 0, sizes, 1.0))).astype(int)


def _columns(A: ForwardOperator, powers: np.ndarray) -> ForwardOperator:
    """Multiply the columns of a stored operator by powers of two, exactly."""
    matrix = np.asarray(A.matrix)
    if matrix.dtype.kind == "c":
        both = np.ldexp(matrix.real, powers) + 1j * np.ldexp(matrix.imag, powers)
        return from_matrix(both, name=A.name)
    floats = matrix.astype(np.result_type(matrix, np.float32))
    return from_matrix(np.ldexp(floats, powers), name=A.name)


def _more_by_integers(
    found: RankResult, operators: Sequence[ForwardOperator], action: GroupAction
) -> bool:
    """Whether the stack of integers has a larger rank modulo a prime, hence a larger one."""
    if _signed(action) is None or not integers_to_count(operators):
        return False
    if found.rank >= min(found.n, sum(A.shape[0] for A in operators) * action.order):
        return False
    # They bring a compiled kernel along, which other ranks start without.
    from .modular import PRIMES, residues
    from .spinning import Span

    rows = np.concatenate([integer_matrix(A) for A in operators])
    return Span(residues(rows, PRIMES[0]), action, PRIMES[0]).rank > found.rank


def integers_to_count(operators: Sequence[ForwardOperator]) -> bool:
    """Whether all are stored integers, few enough, among which a direction may be seen weakly."""
    matrices = _stored(operators)
    if matrices is None or operators[0].shape[1] > _INTEGERS:
        return False
    # Of rows with one entry each, ranks count columns: nothing is small there.
    plain = all(np.count_nonzero(matrix, axis=1).max(initial=0) <= 1 for matrix in matrices)
    return not plain and all(_whole(matrix) for matrix in matrices)


def _whole(matrix: np.ndarray) -> bool:
    if matrix.dtype.kind not in "biuf" or np.abs(matrix).max(initial=0) >= 2**31:
        return False
    return matrix.dtype.kind != "f" or bool(np.all(matrix == np.rint(matrix)))
