"""One question, one function: which models are decided how."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .._forward import ForwardOperator
from .._validate import positive_int
from ..groups.action import GroupAction
from ..judgement import Verdict
from ..models import (
    FiniteSet,
    Gaussian,
    GenericSubspace,
    Model,
    PieceModel,
    Subspace,
    as_model,
)
from ..problem import Problem
from ..second_look import integers_to_count
from ..stacked_rank import stacked_rank
from ..weak_rows import weak_rows
from .answer import Explored, Identification
from .generic import decide_generic
from .linear import decide_subspace
from .moments import decide_gaussian
from .recovery import recovery_of_model
from .unions import decide_union, smaller_finite_sets
from .views import row_bases

__all__ = ["identify"]


def identify(
    model: Model, operators: Any, action: GroupAction | None = None, *, budget: int = 100_000
) -> Identification:
    r"""Decide whether the measurements determine a given model.

    The largest set of signals that is consistent with all measurements is

    .. math:: \hat X = \bigcap_g \left( X + \operatorname{null} A_g \right)

    (Tachella, Chen, Davies, JMLR 2023), and the question is whether it is X itself. Unlike the
    theorems, which speak of almost every operator, the answer holds for the given operators.

    Parameters
    ----------
    model : Model
        See `sensing_theorems.models`. Its field is the field of the signals: a complex operator on
        a real model counts by its real and imaginary parts.
    operators : operator, (m, n), or a sequence of them
        Whatever `as_operator` takes; each signal is seen by one of them.
    action : GroupAction, optional
        A symmetry of the model, so that every :math:`A T_g` is a (virtual) operator. The model must
        be invariant, which is checked.
    budget : int
        For unions: most subspaces to look at before the answer is UNDECIDED; and most pairs of
        pieces that signal recovery looks at more closely.

    Returns
    -------
    Identification
        With an explicit spurious signal where the answer is no. That of a union is proved by a rank
        of its own, which shares nothing with the search.

    Raises
    ------
    TypeError, ValueError
        If an argument is of another type, sizes disagree, the model is not invariant under the
        action, or the matrices of the operators are out of reach.

    Notes
    -----
    Pieces of a union, and atoms, count as one where they are equal up to their last digits. Where
    they are farther apart, and too near to be told from each other, the model is not IDENTIFIABLE.

    Subspaces and Gaussian laws are decided by ranks, generic subspaces seen through masks by a
    covering condition, unions by a search that is exact and may take exponentially long. Ranks are
    numerical; an answer that rounding could turn is UNDECIDED, ``"numerically_unclear"``.

    IDENTIFIABLE speaks of the largest consistent set. Smaller sets can fit as well where no
    operator is one-to-one on the model, see `Identification.smaller_sets`.

    Examples
    --------
    The diagonal of R³ is determined by two generic measurements and cyclic shifts, although no
    theorem on almost every operator says so:

    >>> import numpy as np
    >>> import sensing_theorems as st
    >>> A = st.operators.gaussian(2, 3, rng=0)
    >>> diagonal = st.models.Subspace(np.ones((3, 1)))
    >>> st.identify(diagonal, A, st.groups.shifts(3)).verdict
    <Verdict.IDENTIFIABLE: 'identifiable'>

    Three lines that the shifts exchange are not, with two measurements:

    >>> lines = st.models.UnionOfSubspaces([np.roll([1.0, 2.0, 4.0], i) for i in range(3)])
    >>> answer = st.identify(lines, A, st.groups.shifts(3))
    >>> answer.verdict, bool(lines.distance(answer.spurious) > 0.01)
    (<Verdict.NOT_IDENTIFIABLE: 'not identifiable'>, True)
    """
    model, budget = as_model(model), positive_int(budget, "budget")
    problem = Problem(operators, action, field=model.field)
    if problem.n != model.n:
        raise ValueError(
            f"operators must act on the signals of the model, R^{model.n}; got n = {problem.n}."
        )
    if action is not None:
        model.require_invariant(action)
    if weak_rows(problem.operators) is not None:
        return Identification(
            Verdict.UNDECIDED,
            "numerically_unclear",
            "Some rows of the operators are weaker than rounding of the strongest: scale them if "
            "they are measurements in other units, drop them if they are rounding.",
            Explored("none", operators=0),
        )
    answer = _decided(model, problem.singles, action, budget)
    denied = Verdict.NOT_IDENTIFIABLE in (answer.verdict, answer.recovery, answer.smaller_sets)
    return _undenied(answer) if denied and _rounding_hides(problem) else answer


def _decided(
    model: Model,
    singles: tuple[ForwardOperator, ...],
    action: GroupAction | None,
    budget: int,
) -> Identification:
    if isinstance(model, GenericSubspace):
        return decide_generic(model, singles, action)
    if isinstance(model, Gaussian):
        return decide_gaussian(model, singles, action)
    if isinstance(model, Subspace):
        return decide_subspace(model, singles, action)
    if isinstance(model, PieceModel):
        answer = _union(model, singles, action, budget)
        return _doubted(answer) if model.crowded else answer
    raise TypeError(f"`identify` does not know models of type {type(model).__name__}.")


def _union(
    model: PieceModel,
    operators: tuple[ForwardOperator, ...],
    action: GroupAction | None,
    budget: int,
) -> Identification:
    pieces = model.pieces
    if len(pieces) == 1:
        single = pieces.basis(0)
        offset = None
        if pieces.height:
            offset = single[:-1, -1] * (pieces.height / single[-1, -1])
            single = single[:-1, :-1]
        subspace = Subspace(single, offset)
        subspace.error = max(subspace.error, pieces.error)
        return decide_subspace(subspace, operators, action)
    rows = row_bases(operators, pieces.error)
    answer = decide_union(model, operators, rows, action, budget)
    recovery, each = recovery_of_model(model, rows, budget)
    smaller = Verdict.UNDECIDED
    if any(one.verdict is Verdict.IDENTIFIABLE for one in each):
        smaller = Verdict.IDENTIFIABLE
    elif isinstance(model, FiniteSet):
        smaller = smaller_finite_sets(model.points, operators, action)
    return replace(
        answer,
        recovery=recovery.verdict,
        recovery_reason=recovery.reason,
        twins=recovery.twins,
        smaller_sets=smaller,
    )


def _doubted(answer: Identification) -> Identification:
    """What is left of an answer for a model of which only a part was looked at.

    What is spurious beside pieces, and what is confused on them, remains so if others are added
    that are closer to them than any spurious signal is.
    """
    if answer.verdict is Verdict.IDENTIFIABLE and answer.reason != "whole_space":
        answer = replace(
            answer,
            verdict=Verdict.UNDECIDED,
            reason="numerically_unclear",
            explanation="Pieces of the model are so near to each other, and yet not equal, that "
            "only one of them was looked at; signals between them may fit.",
            stability=None,
        )
    if answer.recovery is Verdict.IDENTIFIABLE:
        answer = replace(answer, recovery=Verdict.UNDECIDED, recovery_reason="numerically_unclear")
    return replace(answer, smaller_sets=Verdict.UNDECIDED)


def _rounding_hides(problem: Problem) -> bool:
    """Whether operators of integers see directions so weakly that only their exact rank tells."""
    if not integers_to_count(problem.operators):
        return False
    ranks = [stacked_rank(A, field=problem.field) for A in problem.operators]
    if problem.action is not None or len(ranks) > 1:
        ranks.append(stacked_rank(problem.operators, problem.action, field=problem.field))
    return not all(rank.clear for rank in ranks)


def _undenied(answer: Identification) -> Identification:
    """What is left of an answer whose spurious signals may be seen after all, if weakly."""
    doubt = "numerically_unclear"
    if answer.verdict is Verdict.NOT_IDENTIFIABLE:
        answer = replace(
            answer,
            verdict=Verdict.UNDECIDED,
            reason=doubt,
            explanation="The operators are integers and see some directions more weakly than "
            "rounding shows, so that what looks spurious may be measured.",
            spurious=None,
            identified_up_to=None,
        )
    if answer.recovery is Verdict.NOT_IDENTIFIABLE:
        answer = replace(answer, recovery=Verdict.UNDECIDED, recovery_reason=doubt, twins=None)
    if answer.smaller_sets is Verdict.NOT_IDENTIFIABLE:
        answer = replace(answer, smaller_sets=Verdict.UNDECIDED)
    return answer
