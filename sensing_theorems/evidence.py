"""What can be computed about a problem, each thing once, for all theorems that ask for it."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from ._forward import ForwardOperator, vertical_stack
from .dense_engines import operator_rank
from .equivariance import is_equivariant
from .groups.irreps import Irreps
from .independence import repeats, shared_structure, some_rows
from .problem import Problem
from .rank_result import RankResult
from .stabilisers import Stabiliser, stabiliser
from .stacked_rank import stacked_rank
from .weak_rows import weak_rows

__all__ = [
    "claimed_generic",
    "drawn_at_random",
    "equivariant",
    "irreps",
    "is_generic",
    "measurements",
    "operator_ranks",
    "refutation",
    "stabilising_subgroup",
    "stack",
]

T = TypeVar("T")
_RANK_ENTRIES = 2**22
# Changes of a setup share their operators, whose ranks need not be found again.
_RANKS: WeakKeyDictionary[ForwardOperator, int | None] = WeakKeyDictionary()


def _once(function: Callable[[Problem], T]) -> Callable[[Problem], T]:
    """Remember the answer for as long as the problem lives."""
    known: WeakKeyDictionary[Problem, T] = WeakKeyDictionary()

    @functools.wraps(function)
    def remembered(problem: Problem) -> T:
        if problem not in known:
            known[problem] = function(problem)
        return known[problem]

    return remembered


@_once
def stack(problem: Problem) -> RankResult:
    """Rank of the stacked operators."""
    return stacked_rank(list(problem.operators), problem.action, field=problem.field)


def _certain_rank(problem: Problem) -> int | None:
    """Rank of the stack, unless it is unclear or only an estimate."""
    found = stack(problem)
    return found.rank if found.clear and not found.rank_error else None


@_once
def operator_ranks(problem: Problem) -> tuple[int | None, ...]:
    """Rank of every single operator; ``None`` where it is too large for a dense decomposition."""
    if len(problem.operators) == 1 and problem.action is None:
        return (_certain_rank(problem),)
    if _has_weak_rows(problem):
        return (None,) * len(problem.operators)
    ranks = [_rank_alone(A) for A in problem.singles]
    if ranks == [None] and equivariant(problem):
        # The virtual operators of an equivariant A all have its row space.
        return (_certain_rank(problem),)
    return tuple(ranks)


@_once
def _has_weak_rows(problem: Problem) -> bool:
    """Whether some rows are beyond the reach of rounding: then no rank of one operator is sure."""
    return weak_rows(problem.operators) is not None


def _rank_alone(A: ForwardOperator) -> int | None:
    if A not in _RANKS:
        if A.orthonormal_rows:
            _RANKS[A] = A.shape[0]
        else:
            small = A.shape[0] * A.shape[1] <= _RANK_ENTRIES
            _RANKS[A] = operator_rank(A) if small else None
    return _RANKS[A]


@_once
def measurements(problem: Problem) -> tuple[int, ...]:
    """Number m of independent measurements of every operator.

    The rank where it is known, and otherwise the smaller of the number of rows and the rank of the
    stack: repeated and dependent rows measure nothing.
    """
    most = _certain_rank(problem)
    most = problem.n if most is None else most
    return tuple(
        min(rows, most) if rank is None else rank
        for rows, rank in zip(problem.rows, operator_ranks(problem), strict=True)
    )


@_once
def irreps(problem: Problem) -> Irreps | None:
    """Irreps of the action, where it has one and they are within reach."""
    if problem.action is None:
        return None
    try:
        return problem.action.irreps
    except ValueError:
        return None


@_once
def equivariant(problem: Problem) -> bool | None:
    """Whether all operators together are equivariant; ``None`` if that could not be decided."""
    if problem.action is None:
        return None
    if not stack(problem).clear:
        return None
    if stack(problem).least_rank > problem.m:
        # An equivariant operator would give the stack its own rank, at most its number of rows.
        return False
    try:
        same = is_equivariant(list(problem.operators), problem.action, field=problem.field)
    except ArithmeticError:
        return None
    small = problem.m * problem.n <= _RANK_ENTRIES
    if same and _has_weak_rows(problem):
        return None
    if same and small and _rank_alone(problem.joint) != stack(problem).rank:
        # Equivariant up to the precision of the probes, and not up to that of the rank.
        return None
    return same


@_once
def stabilising_subgroup(problem: Problem) -> Stabiliser | None:
    """H, the elements that map null A to itself; ``None`` if it could not be found."""
    if problem.action is None:
        return None
    try:
        found = stabiliser(problem.joint, problem.action, field=problem.field)
    except ArithmeticError:
        return None
    rank = operator_ranks(problem)[0]
    if found is not None and stack(problem).clear and len(problem.operators) == 1:
        # The virtual operators of one coset have one row space, so the stack cannot have more.
        if rank is not None and found.index * rank < stack(problem).least_rank:
            return None
    return found


def claimed_generic(problem: Problem) -> bool:
    """Whether the user, or else every constructor, says that the operators are generic."""
    if problem.generic is not None:
        return problem.generic
    return drawn_at_random(problem)


def drawn_at_random(problem: Problem) -> bool:
    """Whether every operator comes from a constructor that draws its entries."""
    return all(A.generic is True for A in problem.operators)


@_once
def refutation(problem: Problem) -> str | None:
    """Why a claim of genericity cannot be true: a property that almost no operator has.

    Entries drawn from a law with a density are, with probability one, non-zero and different from
    each other, also across operators, and the ranks are as large as the sizes allow. A property
    that was not looked for refutes nothing: see `independence.shared_structure`.
    """
    if any(A.generic is False for A in problem.operators):
        return "the operator is structured by its construction"
    if problem.joint.generic is False:
        return "two operators share a row"
    for A in problem.operators:
        said = _structured_entries(A)
        if said:
            return said
    for A, rank in zip(problem.singles, operator_ranks(problem), strict=True):
        if rank is not None and rank < min(A.shape):
            return f"the operator has rank {rank}, not {min(A.shape)}"
    return _dependent_pair(problem) or _not_independent(problem) or _structured_stack(problem)


def _dependent_pair(problem: Problem) -> str | None:
    """Two operators not known to be independent draws: of too small a joint rank, or too large."""
    if drawn_at_random(problem):
        return None
    for (i, A), (j, B) in itertools.combinations(enumerate(problem.singles, start=1), 2):
        most = min(A.shape[0] + B.shape[0], problem.n)
        if (A.shape[0] + B.shape[0]) * problem.n > _RANK_ENTRIES:
            # One could be the other, rescaled or mixed: what cannot be seen is not believed.
            return f"operators {i} and {j} are too large to see whether they are independent"
        found = operator_rank(vertical_stack([A, B]))
        if found is not None and found < most:
            return f"operators {i} and {j} together have rank {found}, not {most}"
    return None


def _structured_entries(A: ForwardOperator) -> str | None:
    if A.generic is True:
        return None
    entries = np.abs(some_rows(A))
    if not entries.all():
        return "the operator has entries that are exactly zero"
    # The scale of a row leaves its null space alone, so structure is looked for without it.
    rows = np.round(entries / entries.max(axis=1, keepdims=True), 12)
    for values in (entries, rows[rows < 1]):
        if repeats(values, A.dtype, 0.01 * values.size):
            return "the operator repeats its entries"
    return None


def _not_independent(problem: Problem) -> str | None:
    """Operators of full joint rank that are one in disguise all the same."""
    if drawn_at_random(problem):
        return None
    return shared_structure(problem.operators, problem.singles)


def _structured_stack(problem: Problem) -> str | None:
    found = stack(problem)
    table = irreps(problem)
    if problem.action is None:
        most = min(problem.m, problem.n)
    elif table is not None:
        most = table.generic_rank(min(problem.m, problem.n))
    else:
        return None
    if found.clear and not found.full and found.most_rank < most:
        return f"the stack has rank {found.rank}, not the {most} of almost every operator"
    return None


def is_generic(problem: Problem) -> bool:
    """Whether theorems on almost every operator may be applied: claimed, and not refuted."""
    return claimed_generic(problem) and refutation(problem) is None
