"""How many samples a model takes: the question, and the answer in words."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._validate import generator
from ..groups.action import GroupAction
from ..models import Gaussian, GenericSubspace, PieceModel, as_model
from ..problem import Problem
from .equations import Equations, Measured
from .finding import finding
from .invariants import invariant_tangents
from .result import SampleComplexity
from .search import Search
from .tangents import Blocks, Tangents, blocks_of

__all__ = ["samples_needed"]

PARAMETERS = 5000


def samples_needed(
    model: Any, operators: Any, action: GroupAction | None = None, *, rng: Any = 0
) -> SampleComplexity:
    r"""Smallest number of noiseless samples that determine a model, dealt to given operators.

    Samples :math:`y_t = A_{t \bmod L}\, x_t` come from signals of the model with generic codes. The
    number is the first N for which the Jacobian of all measurements excludes every motion of the
    model: with :math:`C_t` the left null space of :math:`A_{g_t} B_{S_t}`,

    .. math:: C_t A_{g_t}\, \delta B_{S_t}\, c_t = 0,\ t < N \quad\Longrightarrow\quad \delta B = 0.

    Parameters
    ----------
    model : Subspace, GenericSubspace, UnionOfSubspaces, SparseDictionary or FiniteSet
        Where the Jacobian is taken. Its parameters are those of the models of its kind, modulo
        what leaves the set of signals where it is: k (n - k) of a subspace, p (n - 1) of a
        dictionary of p atoms, n of a point. A `GenericSubspace` is drawn by `rng`.
    operators : operator or sequence of operators
        A_1, ..., A_L, each (m_g, n).
    action : GroupAction, optional
        A symmetry that the model has and whose having the learner knows: the parameters are those
        of the invariant models around it.
    rng : numpy.random.Generator or int
        For the codes, and for the dealing: the order in which pieces and atoms are used. Every
        operator goes through all of them before it meets one again, see `Dealing`.

    Returns
    -------
    SampleComplexity

    Raises
    ------
    TypeError
        For what is no model, or a Gaussian.
    ValueError
        If sizes disagree, the action does not keep the model or does not permute its pieces or
        atoms, or there are more than 5000 parameters that share equations.

    Notes
    -----
    Derived here. Measurements are linear in the motion of B and in the codes, each by itself. So
    along an analytic curve of models :math:`B + \epsilon^q \delta B + \dots` and codes
    :math:`c + \epsilon\, \delta c + \dots` with constant measurements, the term of order q reads
    :math:`A (\delta B\, c + B\, \delta c_q) = 0`, which C turns into the equation above: where it
    has no solution but 0, no other model near the given one has these samples, with codes nearby.
    Where :math:`A B_S` is one-to-one, :math:`A B'_S c' = A B_S c` keeps c' near c, for B' near B.

    An operator that loses codes, :math:`A B_S v = 0` for some :math:`v \ne 0`, has the same samples
    from codes c + v, and finitely many of them can be explained by motions with
    :math:`C A\, \delta B_S (c + v) = 0`. So no equations are taken from such samples, and where
    there are some, the number found is an upper bound. Where the others leave a motion, it is open
    whether any number suffices: `samples` is ``None``, without a `motion`, and not `clear`.

    Conversely a motion that all codes of all operators allow moves the whole set of measurements
    nowhere, to all orders: then no number suffices.

    Every sample gives :math:`m_g - k` equations, hence :math:`N (m - k) \ge k (n - k)`. For generic
    operators and a subspace, some number suffices exactly if :math:`L (m - k) \ge n - k`, and
    counting is mostly right. It is too low for few operators: if j of them can be left out such
    that the others do not see all of the complement, :math:`(L - j)(m - k) < n - k`, then these j
    must see k samples, or a motion :math:`u \varphi^H` is left, with u in the null space of the
    others and :math:`\varphi` orthogonal to the codes of the j. So two operators with
    :math:`m < n` need 2k samples.

    For a dictionary, :math:`N (m - s) \ge p (n - 1)` and :math:`N (p - s) \ge p (p - 1)`: motions
    of the atoms along an atom b escape the samples that use b, and give one equation for each
    other sample, so that every b must be avoided by p - 1 samples.

    The number found is that of one sequence of operators and supports; above `counting_bound`,
    which is the same for all, another sequence might do with fewer. For pieces it is
    :math:`\sum_i \lceil k_i (n - k_i) / \max_g (m_g - k_i) \rceil`, and pieces of different
    dimensions seldom take turns as it would have them.

    Under an action, :math:`A T_g x` is the sample :math:`T_g x` again, so that virtual operators
    are no further samples. A subspace with :math:`d_j` of the :math:`c_j` copies of the irrep j has
    :math:`\sum_j d_j (c_j - d_j)` parameters over ℂ, and :math:`N \ge d_j / s_j` wherever it can
    move, since the codes of a sample span at most :math:`s_j` dimensions of the copies. An irrep
    that the model has not at all, or altogether, does not move. With one operator and
    :math:`s_j = 1`, counting is too low where some irreps J share a direction of measurements,
    :math:`\sum_J (c_j - d_j) > (|J| - 1)(m - k)`: they then take :math:`\sum_J d_j` samples.

    Examples
    --------
    >>> import sensing_theorems as st
    >>> cameras = [st.operators.gaussian(5, 12, rng=seed) for seed in range(8)]
    >>> found = st.samples_needed(st.models.GenericSubspace(12, 3), cameras)
    >>> found.samples, found.parameters
    (14, 27)
    >>> found.certificate.samples
    14
    """
    rng = generator(rng)
    problem, model = _checked(model, operators, action, rng)
    if action is not None and all(g.is_identity() for g in action.generators):
        action = None
    blocks = blocks_of(model)
    if action is None:
        _check_size(max(_unknowns(blocks)))
        tangents = Tangents.free(blocks, rng)
    else:
        tangents = invariant_tangents(blocks, action, rng)
    _check_size(max(tangents.sizes))
    measured = Measured(problem.operators, model.field, bool(blocks.height))
    search = Search(Equations(blocks, tangents, measured), rng)
    return finding(problem, model, action, search, rng)


def _unknowns(blocks: Blocks) -> list[int]:
    """Entries that can move, of blocks that share equations."""
    own = [basis.shape[1] * (blocks.ambient - basis.shape[1]) for basis in blocks.bases]
    return own if blocks.per_signal == 1 else [sum(own)]


def _check_size(parameters: int) -> None:
    if parameters > PARAMETERS:
        raise ValueError(
            f"models may have at most {PARAMETERS} parameters that share equations; this one has "
            f"{parameters}."
        )


def _checked(
    model: Any, operators: Any, action: GroupAction | None, rng: np.random.Generator
) -> tuple[Problem, PieceModel]:
    model = as_model(model)
    if isinstance(model, Gaussian):
        raise TypeError(
            "`model` must be a set of signals; a Gaussian is a law, and its second moments are no "
            "function of finitely many samples. Its `support` is a subspace, which is."
        )
    problem = Problem(operators, action, field=model.field)
    if problem.n != model.n:
        raise ValueError(
            f"operators must act on the signals of the model, of size {model.n}; got {problem.n}."
        )
    if action is not None:
        model.require_invariant(action)
    if isinstance(model, GenericSubspace):
        model = model.draw(rng)
    if not isinstance(model, PieceModel):
        raise TypeError(f"`model` must be a union of pieces; got {type(model).__name__}.")
    return problem, model
