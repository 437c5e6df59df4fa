r"""Rank of the stack: the necessary condition, decided for a given operator."""

from __future__ import annotations

from typing import Any

from . import block_engines, dense_engines
from ._forward import ForwardOperator, real_form, vertical_stack
from .groups.action import GroupAction
from .groups.commutant import COMMUTANT_LIMIT
from .groups.lattices import trivial
from .problem import as_operators, check_action
from .rank_result import Deficit, RankResult
from .rows import DENSE_ENTRIES

__all__ = ["Deficit", "RankResult", "stacked_rank"]

METHODS = ("auto", "blocks", "sketch", "spin", "dense")
_ALL_ROWS = 2**22


def stacked_rank(
    operators: Any,
    action: GroupAction | None = None,
    *,
    method: str = "auto",
    field: str = "real",
    seed: int = 0,
) -> RankResult:
    r"""Rank of :math:`[A T_g]_{g \in G}`, or of :math:`[A_1; \dots; A_G]`.

    Rank n is necessary for model identification: a signal v that no :math:`A T_g` sees can be
    added to every signal of the model without changing any measurement (Tachella, Chen, Davies,
    JMLR 2023; the statement on the rank of the stacked operators).

    Parameters
    ----------
    operators : operator or sequence of operators
        A, (m, n), or A_1, …, A_G with a common n. Anything that `as_operator` takes.
    action : GroupAction, optional
        Symmetry of the signals; ``None`` stacks the operators as they are.
    method : {"auto", "blocks", "sketch", "spin", "dense"}
        "blocks" uses all rows in isotypic coordinates and gives the whole spectrum; "sketch" a few
        random combinations of rows, for image sizes; "spin" closes the row space under the
        generators; "dense" lists every element.
    field : {"real", "complex"}
        Field of the signals. Over ℝ a complex row counts as two real ones.
    seed : int
        Of the sketch; equal input, equal answer.

    Returns
    -------
    RankResult

    Notes
    -----
    The rank is numerical: relative to the strongest row. Rows in units that differ by many orders
    of magnitude should be scaled first, since a weak row cannot be told from rounding.

    Raises
    ------
    ValueError
        For an unknown method or field, an action of another n, or a size beyond the method.

    Examples
    --------
    Eight pixels out of sixteen, seen through all shifts, show everything; eight low frequencies
    do not, however often they are shifted.

    >>> import numpy as np
    >>> import sensing_theorems as st
    >>> mask = np.arange(16) < 8
    >>> st.stacked_rank(st.operators.inpainting(mask), st.groups.shifts(16)).rank
    16
    >>> low = np.abs(np.fft.fftfreq(16)) < 0.25
    >>> st.stacked_rank(st.operators.fourier(low), st.groups.shifts(16)).rank
    7
    """
    if method not in METHODS:
        raise ValueError(f"`method` must be one of {', '.join(METHODS)}; got {method!r}.")
    A = joint_operator(operators, field)
    action = trivial(A.shape[1]) if action is None else action
    check_action(action, A.shape[1])
    if method == "auto":
        method = _choose(A, action)
    if method == "sketch":
        return block_engines.sketch(A, action, field, seed)
    engines = {
        "blocks": block_engines.blocks,
        "spin": dense_engines.spin,
        "dense": dense_engines.dense,
    }
    return engines[method](A, action, field)


def joint_operator(operators: Any, field: str) -> ForwardOperator:
    """All operators as one, over the stated field."""
    if field not in ("real", "complex"):
        raise ValueError(f"`field` must be 'real' or 'complex'; got {field!r}.")
    A = vertical_stack(as_operators(operators))
    return real_form(A) if field == "real" else A


def _choose(A: ForwardOperator, action: GroupAction) -> str:
    m, n = A.shape
    if action.kind == "generic" and n > COMMUTANT_LIMIT:
        return "spin"
    if m * n <= _ALL_ROWS:
        return "blocks"
    widest = max(f.multiplicity for f in action.transform.families)
    # With few more rows than the sketch would take, all rows cost little and tell more.
    few = m <= 4 * widest and m * n <= DENSE_ENTRIES
    return "blocks" if few else "sketch"
