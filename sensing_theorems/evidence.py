"""What can be computed about a problem, each thing once, for all theorems that ask for it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from ._forward import ForwardOperator
from .dense_engines import operator_rank
from .equivariance import Stabiliser, is_equivariant, stabiliser
from .groups.action import Irreps
from .problem import Problem
from .rank_result import RankResult
from .stacked_rank import stacked_rank

__all__ = [
    "claimed_generic",
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


@_once
def operator_ranks(problem: Problem) -> tuple[int | None, ...]:
    """Rank of every single operator; ``None`` where it is too large for a dense decomposition."""
    if len(problem.operators) == 1 and problem.action is None:
        return (stack(problem).rank if stack(problem).clear else None,)
    ranks = [_rank_alone(A) for A in problem.singles]
    if ranks == [None] and equivariant(problem) and stack(problem).clear:
        # The virtual operators of an equivariant A all have its row space.
        return (stack(problem).rank,)
    return tuple(ranks)


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
    most = stack(problem).rank if stack(problem).clear else problem.n
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
    if stack(problem).rank > problem.m:
        # An equivariant operator would give the stack its own rank, at most its number of rows.
        return False
    try:
        return is_equivariant(list(problem.operators), problem.action, field=problem.field)
    except ArithmeticError:
        return None


@_once
def stabilising_subgroup(problem: Problem) -> Stabiliser | None:
    """H, the elements that map null A to itself; ``None`` if it could not be found."""
    if problem.action is None:
        return None
    try:
        return stabiliser(problem.joint, problem.action)
    except ArithmeticError:
        return None


def claimed_generic(problem: Problem) -> bool:
    """Whether the user, or else every constructor, says that the operators are generic."""
    if problem.generic is not None:
        return problem.generic
    return all(A.generic is True for A in problem.operators)


@_once
def refutation(problem: Problem) -> str | None:
    """Why a claim of genericity cannot be true: a property that almost no operator has.

    Entries drawn from a law with a density are, with probability one, non-zero and different from
    each other, and the ranks are as large as the sizes allow.
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
    return _structured_stack(problem)


def _structured_entries(A: ForwardOperator) -> str | None:
    if A.generic is True or A.shape[0] * A.shape[1] > _RANK_ENTRIES:
        return None
    entries = np.abs(A.to_dense()).reshape(-1)
    if not entries.all():
        return "the operator has entries that are exactly zero"
    if np.unique(entries).size < 0.99 * entries.size:
        return "the operator repeats its entries"
    return None


def _structured_stack(problem: Problem) -> str | None:
    found = stack(problem)
    table = irreps(problem)
    if problem.action is None:
        most = min(problem.m, problem.n)
    elif table is not None:
        most = table.generic_rank(min(problem.m, problem.n))
    else:
        return None
    if found.clear and found.rank < most:
        return f"the stack has rank {found.rank}, not the {most} of almost every operator"
    return None


def is_generic(problem: Problem) -> bool:
    """Whether theorems on almost every operator may be applied: claimed, and not refuted."""
    return claimed_generic(problem) and refutation(problem) is None
