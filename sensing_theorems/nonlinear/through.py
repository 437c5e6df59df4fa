"""One question, one function: which responses and models are decided how."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..groups.action import GroupAction
from ..identification import Identification
from ..models import FiniteSet, Gaussian, GenericSubspace, Model, as_model
from .assignments import decide_points
from .linear import decide_cone, decide_gaussian, decide_invertible
from .local import decide_generic, decide_pieces
from .question import Question, is_cone
from .responses import Clip, Invertible, Sign

__all__ = ["identify_through"]


def identify_through(
    response: Invertible | Sign | Clip,
    model: Model,
    operators: Any,
    action: GroupAction | None = None,
    *,
    budget: int = 100_000,
    among_cones: bool = True,
) -> Identification:
    r"""Decide whether measurements h(A_g x) determine a given model.

    Parameters
    ----------
    response : Invertible, Sign or Clip
    model, operators, action
        As for `identify`.
    budget : int
        As for `identify`; a linear program, where a clipped `FiniteSet` needs them, counts as 50.
    among_cones : bool
        For `Clip` and a model that contains with x all t x, t > 0: whether this is known to the
        learner, so that only such sets have to be excluded.

    Returns
    -------
    Identification
        `stability` is that of the linear question where it decides. Reasons beside those of
        `identify`: ``"identified_among_cones"``, ``"saturated_directions"``,
        ``"finitely_many_signs"``, ``"amplitude_lost"``, ``"vanishing_measurements"``,
        ``"saturated_combination"``, ``"same_answers"``, ``"saturation"``, ``"not_listed"``.

    Raises
    ------
    TypeError, ValueError
        As `identify`; also if an `Invertible` response is not monotone on measurements of the
        model.

    Notes
    -----
    All that follows is derived here. [OneBit]_ and [Saturated]_ give conditions for almost every
    operator, and for sets of signals of any kind.

    *Invertible.* :math:`h(A_g z) = h(A_g x)` says :math:`A_g z = A_g x`: the linear question.

    *Clip, cones.* h is the identity on an open box around 0, and its values are inside the box only
    there, so that the part of :math:`h(A_g X)` inside the box is the part of :math:`A_g X` inside
    it. If X is a cone, this part determines :math:`A_g X`. Among cones the linear question is left.
    Without that knowledge :math:`\hat X_h` agrees with :math:`\hat X` only where no measurement
    saturates, and beyond holds signals that are told apart by saturated measurements alone.

    *Locally constant measurements.* Let x be in a piece S of the model, and W the null space of the
    rows of all :math:`A_g` whose answers near :math:`A_g x` change: for Sign those that are 0 at x,
    for Clip those that do not saturate. All x + d with small d in W give the same answers as x. Far
    out in a generic direction of S only rows that are constant on S are left, and W contains the
    directions of S. If it contains others, they lead out of the model. If it contains no others and
    S is all of the model (or there is one operator), then what these rows say of z puts it into S.
    Unless S is a single point, for almost every operator no row is constant on S, and W is the
    whole space. So finitely many signs never identify exactly a proper subset whose complement
    comes arbitrarily close to one of its signals at which no measurement vanishes. (They identify
    the single point 0, at which all of them vanish.)

    *Clip, Gaussian laws.* The density of :math:`A_g x` on its range, inside the box, determines its
    covariance.

    Examples
    --------
    >>> import numpy as np
    >>> import sensing_theorems as st
    >>> from sensing_theorems.nonlinear import Clip, Sign, identify_through
    >>> A = st.operators.gaussian(2, 3, rng=0)
    >>> diagonal, shifts = st.models.Subspace(np.ones((3, 1))), st.groups.shifts(3)
    >>> identify_through(Clip(-1, 1), diagonal, A, shifts).reason
    'identified_among_cones'
    >>> answer = identify_through(Sign(), diagonal, A, shifts)
    >>> answer.reason, bool(diagonal.distance(answer.spurious) > 0.01)
    ('finitely_many_signs', True)
    """
    if not isinstance(response, Invertible | Sign | Clip):
        raise TypeError(
            f"`response` must be Invertible, Sign or Clip; got {type(response).__name__}."
        )
    if not isinstance(among_cones, bool | np.bool_):
        raise TypeError(f"`among_cones` must be True or False; got {among_cones!r}.")
    question = Question(response, as_model(model), operators, action, budget)
    if isinstance(response, Invertible):
        return decide_invertible(question)
    if isinstance(model, Gaussian):
        return decide_gaussian(question)
    if isinstance(response, Clip) and among_cones and is_cone(model):
        return decide_cone(question)
    if isinstance(model, GenericSubspace):
        return decide_generic(question)
    if isinstance(response, Clip) and isinstance(model, FiniteSet):
        return decide_points(question)
    return decide_pieces(question)
