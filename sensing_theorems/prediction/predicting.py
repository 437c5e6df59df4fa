"""From a problem to a prediction: ranks, levels and the verdict of the theorems."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from .. import evidence
from ..groups.semigroups import SemigroupAction
from ..groups.transforms import TransformSet, matrix_map
from ..judgement import Verdict, identification, run_checks
from ..model_dims import max_model_dims
from ..problem import Problem
from ..rank_result import RankResult
from ..stacked_rank import stacked_rank
from .outcome import Count, count_operators, judge, weakness
from .prediction import Prediction
from .signal_parts import SignalParts, energy, psnr, signal_rows

__all__ = ["predict"]


def predict(
    problem: Problem, signals: Any = None, *, transforms: TransformSet | None = None
) -> Prediction:
    r"""Predict what training without ground truth reaches, before anything is trained.

    With r the rank of A and R that of the stack of all :math:`A T_g` (or of all operators):

    * r = n, of several operators for each: LEARNABLE trivially, A shows everything.
    * R = r < n: NOT_LEARNABLE, symmetry brings nothing new; of several operators, R is the rank of
      each of them.
    * r < R < n: PARTLY. The level is that of x without its part in the null space of the stack.
    * R = n: LEARNABLE, unless fewer than all :math:`A T_g` differ and count too little:
      :math:`|G:H| (r - k) \ge n - k` must admit k = 1, or `model_dim`, where H keeps null A (see
      `theorems.effective_group`; for operators without an action
      :math:`\sum_i \max(r_i - k, 0) \ge n - k` over those whose row space lies in no other's).
      Else OPEN. For `transforms`, and for several operators with an action, nothing is counted:
      there LEARNABLE rests on R = n alone, which is necessary, and the reason says so.
    * A rank that shows no numerical gap, or R = n with no r known: OPEN.

    This predicts the outcome of training a network with measurement consistency and an equivariance
    loss (or several operators). It is no verdict on identifiability, which is `analyze`'s.

    Parameters
    ----------
    problem : Problem
    signals : ndarray, (N, n) or (N, *shape), optional
        Examples of the signals, from which levels in dB are computed.
    transforms : TransformSet, optional
        Maps that are no group, such as scalings, in place of an action. The stack holds A itself
        and all :math:`A T_s`. A rank below n limits what training can see; a rank of n is only
        necessary, and a prediction of LEARNABLE from it is a guess.

    Returns
    -------
    Prediction

    Raises
    ------
    TypeError
        If an argument is of another type.
    ValueError
        If sizes disagree, signals are complex over the reals or all zero, or `transforms` come
        beside an action.

    Notes
    -----
    Why the level is where training ends (derived here). Let N be the null space of the stack and f
    a reconstruction, and let :math:`f' = f + v` with v into N.

    (a) *Measurements carry nothing about N.* Since :math:`A T_g v = 0` for all g,
    :math:`A f' = A f` and

    .. math:: f'(A T_g f'(y)) - T_g f'(y) = \bigl[f(A T_g f(y)) - T_g f(y)\bigr]
              + \bigl[v(A T_g f(y)) - T_g v(y)\bigr] .

    Every v that is equivariant in the measurements, :math:`v(A T_g f(y)) = T_g v(y)`, leaves both
    losses as they are; nothing prefers the true one.

    (b) *Nothing holds a component in N up.* Let all :math:`T_g` be orthogonal and map N to
    itself. For a group of orthogonal maps the second follows: :math:`A T_g (T_h v) = A T_{gh} v
    = 0`. `transforms` that are no group, such as scalings, need not do either, and for them the
    level is a guess. Let f take values orthogonal to N, where such :math:`T_g` keep them. Then the
    first bracket is orthogonal to N and the second lies in it, and for :math:`f + s v` the loss is
    :math:`L_0 + s^2 L_v`. It falls towards s = 0 wherever v is not exactly equivariant, so that
    even a network that started from the truth is pulled down to the level. That a trained network
    follows is an observation and no theorem.

    The exception: if f after A is measurement consistent and exactly equivariant,
    :math:`f(A T_g x) = T_g f(A x)`, then :math:`f(A T_g f(A x)) = T_g f(A f(A x)) = T_g f(A x)`:
    the loss is identically zero, and nothing is learned or forgotten.

    Examples
    --------
    >>> import numpy as np
    >>> import sensing_theorems as st
    >>> from sensing_theorems.prediction import predict
    >>> low = st.operators.fourier(np.abs(np.fft.fftfreq(16)) < 0.25)
    >>> found = predict(st.Problem(low, st.groups.shifts(16)))
    >>> found.outcome, found.operator_rank, found.stack_rank
    (<Outcome.NOT_LEARNABLE: 'not learnable'>, 7, 7)
    """
    if not isinstance(problem, Problem):
        raise TypeError(f"`problem` must be a Problem; got {type(problem).__name__}.")
    stack = _stack(problem, transforms)
    parts = SignalParts(problem.singles, stack)
    ranks = _operator_ranks(problem, parts)
    count = count_operators(problem, ranks, parts) if transforms is None else Count(None, None)
    outcome, reason = judge(problem, ranks, stack, count)
    known = [rank for rank in ranks if rank is not None]
    found = Prediction(
        outcome=outcome,
        reason=reason + weakness(stack),
        operator_rank=max(known) if len(known) == len(ranks) else None,
        stack_rank=stack.rank,
        n=problem.n,
        effective_order=count.order,
        verdict=_verdict(problem, transforms, stack, ranks),
        max_model_dim=max_model_dims(problem) if transforms is None else {},
        parts=parts,
    )
    return found if signals is None else _with_levels(found, parts, signals)


def _with_levels(found: Prediction, parts: SignalParts, signals: Any) -> Prediction:
    x = signal_rows(signals, found.n, parts.stack.field, "signals")
    if not x.any():
        raise ValueError("`signals` must not all be zero; got no other.")
    hidden = float(np.mean([energy(parts.hidden(x, i)) for i in range(len(parts.operators))]))
    return replace(
        found,
        pinv_psnr=psnr(x, hidden),
        stack_psnr=psnr(x, energy(parts.unseen(x))),
        energy_split=parts.shares(x),
    )


def _stack(problem: Problem, transforms: TransformSet | None) -> RankResult:
    if transforms is None:
        return evidence.stack(problem)
    if not isinstance(transforms, TransformSet):
        came = type(transforms).__name__
        raise TypeError(
            f"`transforms` must be a TransformSet; got {came}. An action belongs to the problem."
        )
    if problem.action is not None:
        raise ValueError(
            "`transforms` come in place of an action; got a problem with "
            f"{problem.action.name} beside {transforms.name}."
        )
    return stacked_rank(list(problem.operators), _with_identity(transforms), field=problem.field)


def _with_identity(transforms: TransformSet) -> TransformSet:
    """The set with the identity among its maps, since what A sees itself is seen."""
    x = np.random.default_rng(0).standard_normal(transforms.n)
    if any(np.allclose(T(x), x, rtol=0.0, atol=1e-12) for T in transforms):
        return transforms
    return TransformSet(
        name=f"{transforms.name} and the identity",
        n=transforms.n,
        shape=transforms.shape,
        maps=(matrix_map(sp.eye_array(transforms.n, format="csr")), *transforms.maps),
        labels=(min(transforms.labels) - 1, *transforms.labels),
    )


def _operator_ranks(problem: Problem, parts: SignalParts) -> tuple[int | None, ...]:
    ranks = evidence.operator_ranks(problem)
    return tuple(parts.rank(i) if rank is None else rank for i, rank in enumerate(ranks))


def _verdict(
    problem: Problem,
    transforms: TransformSet | None,
    stack: RankResult,
    ranks: tuple[int | None, ...],
) -> Verdict:
    if transforms is None:
        return identification(problem, run_checks(problem)).verdict
    if problem.n in ranks:
        return Verdict.IDENTIFIABLE
    necessary = isinstance(transforms, SemigroupAction) and transforms.closed
    lost = necessary and stack.clear and not stack.full
    return Verdict.NOT_IDENTIFIABLE if lost else Verdict.UNDECIDED
