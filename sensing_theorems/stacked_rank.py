r"""Rank of the stack: the necessary condition, decided for a given operator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import block_engines, dense_engines, gram_engine, krylov_engine
from ._forward import ForwardOperator, real_form, vertical_stack
from ._validate import choice
from .groups.action import GroupAction
from .groups.lattices import trivial
from .groups.transforms import TransformSet
from .listed import LISTED
from .problem import as_operators, check_action
from .rank_result import Deficit, RankResult
from .rows import DENSE_ENTRIES
from .second_look import second_look

__all__ = ["METHODS", "Deficit", "RankResult", "computed_rank", "stacked_rank"]

METHODS = ("auto", "blocks", "sketch", "spin", "dense", "gram", "krylov", "exact")
_ALL_ROWS = 2**22
_WORK = 1e10  # of one decomposition per block: some ten seconds
_GRAM = 4096  # beyond it a decomposition of the Gram matrix takes minutes


def stacked_rank(
    operators: Any,
    action: GroupAction | TransformSet | None = None,
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
    action : GroupAction or TransformSet, optional
        Symmetry of the signals; ``None`` stacks the operators as they are. Transforms that are no
        group, such as scalings and interpolated rotations, are stacked one by one.
    method : {"auto", "blocks", "sketch", "spin", "dense", "gram", "krylov", "exact"}
        "blocks" uses all rows in isotypic coordinates and gives the whole spectrum; "sketch" a few
        random combinations of rows, for image sizes; "spin" closes the row space under the
        generators; "dense" lists every element. Two are for stacks without much structure, of at
        most 64 elements: "gram" accumulates an n × n matrix, for n <= 8192; "krylov" projects
        random signals by iteration, at any size, and estimates how much is lost. "exact" takes
        integers: it computes modulo a prime and proves what it says, see `RankResult.certificate`.
    field : {"real", "complex"}
        Field of the signals. Over ℝ a complex row counts as two real ones.
    seed : int
        Of the sketch; equal input, equal answer.

    Returns
    -------
    RankResult

    Notes
    -----
    The rank is numerical: what rounding of the entries, relative to the Frobenius norm of A, could
    bring down to zero counts as zero. Rows, or columns, weaker than rounding of the strongest make
    the result unclear if the rank hangs on them, and so do integers, up to n = 512, whose rank is
    larger modulo a prime. Exact zeros and ones need no such care: see "exact".

    Full rank is a proof up to rounding, since no computation sees more than A has. A deficit found
    by a sketch is confirmed by a signal that A does not see.

    Of transforms that are no group the result is that of the list ``transforms.stack(A)``, which
    is also what a certificate of it speaks of. Rank n is necessary for a semigroup as well, see
    `sensing_theorems.groups.semigroups`; for maps that only resemble a group it is a fact about
    the stack, and no more.

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
    return _ranked(operators, action, method, field, seed, given=True)


def computed_rank(
    rows: Any,
    action: GroupAction | None = None,
    *,
    method: str = "auto",
    field: str = "real",
) -> RankResult:
    """Rank as `stacked_rank` finds it, of rows that were computed: weak columns are rounding."""
    return _ranked(rows, action, method, field, 0, given=False)


def _ranked(
    operators: Any,
    action: GroupAction | TransformSet | None,
    method: str,
    field: str,
    seed: int,
    *,
    given: bool,
) -> RankResult:
    choice(method, "method", METHODS)
    listed = as_operators(operators)
    transforms = action if isinstance(action, TransformSet) else None
    A = _joined(listed, transforms, field)
    action = trivial(A.shape[1]) if action is None or isinstance(action, TransformSet) else action
    check_action(action, A.shape[1])
    method = _choose(A, action) if method == "auto" else method
    found = _run(method, A, action, field, seed)
    if not found.clear or method == "exact":
        return found

    def again(others: Sequence[ForwardOperator]) -> RankResult:
        return _run(method, _joined(others, transforms, field), action, field, seed)

    scalable = given and transforms is None
    return second_look(found, listed, action if scalable else None, again)


def _run(method: str, A: ForwardOperator, action: GroupAction, field: str, seed: int) -> RankResult:
    if method in ("sketch", "krylov"):
        drawn = {"sketch": block_engines.sketch, "krylov": krylov_engine.krylov}
        return drawn[method](A, action, field, seed)
    if method == "exact":
        # It brings a compiled kernel along, which the others start without.
        from .exact_engine import exact

        return exact(A, action, field)
    engines = {
        "blocks": block_engines.blocks,
        "spin": dense_engines.spin,
        "dense": dense_engines.dense,
        "gram": gram_engine.gram,
    }
    return engines[method](A, action, field)


def _joined(
    operators: Sequence[ForwardOperator], transforms: TransformSet | None, field: str
) -> ForwardOperator:
    """All operators as one, each after every transform."""
    if transforms is not None:
        # Units are told by the rows of A: those of A T_s may vanish, and are rounding then.
        operators = [seen for A in operators for seen in transforms.stack(A)]
    return joint_operator(operators, field)


def joint_operator(operators: Any, field: str) -> ForwardOperator:
    """All operators as one, over the stated field."""
    choice(field, "field", ("real", "complex"))
    A = vertical_stack(as_operators(operators))
    return real_form(A) if field == "real" else A


def _choose(A: ForwardOperator, action: GroupAction) -> str:
    m, n = A.shape
    if not action.has_transform:
        return "spin" if n <= _GRAM and m * n <= DENSE_ENTRIES else "krylov"
    families = action.transform.families
    widest = max(f.multiplicity for f in families)
    work = sum(f.count * f.multiplicity * min(m * f.dim, f.multiplicity) ** 2 for f in families)
    sketched = min(m, widest + 4) * n
    if action.order <= LISTED and (work > _WORK or sketched > DENSE_ENTRIES):
        if n > _GRAM:
            return "krylov"
        # With too few rows no Cholesky factor spares the eigenvalues of the Gram matrix, and
        # blocks are flat: an SVD of them costs less.
        few = m * action.order < n and m * n <= DENSE_ENTRIES
        return "blocks" if few else "gram"
    if m * n <= _ALL_ROWS:
        return "blocks"
    # With few more rows than the sketch would take, all rows cost little and tell more.
    return "blocks" if m <= 4 * widest and m * n <= DENSE_ENTRIES else "sketch"
