r"""Linear and affine subspaces: one rank decides.

.. math:: \hat X^\perp = \sum_g X^\perp \cap \operatorname{rows}(A_g), \qquad
          X^\perp \cap \operatorname{rows}(A) = \{A^H c : c \perp A X\}

so that X is identified exactly if the stack of :math:`C_g^H A_g`, with :math:`C_g` a basis of what
is orthogonal to :math:`A_g X`, has rank n - k. An invariant X under an action asks for the stack of
all :math:`C^H A T_g`, which isotypic coordinates take apart like any other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from .._forward import ForwardOperator, from_matrix
from .._probes import probe_rng
from ..groups.action import GroupAction
from ..judgement import Verdict
from ..models import Subspace
from ..rank_result import RankResult
from ..rows import DENSE_ENTRIES
from ..stacked_rank import computed_rank
from ..tolerance import grey, rounding, threshold
from .answer import Ambiguity, Explored, Identification
from .views import Rows, row_bases

__all__ = ["Constraints", "constraints", "decide_subspace"]

_LISTED_BASIS = 2048
_ORDINARY = 1e-10


@dataclass(frozen=True, eq=False)
class Constraints:
    r"""What one operator says of a subspace.

    Attributes
    ----------
    rows : ForwardOperator or None
        :math:`C^H A`, with orthonormal rows up to rounding; ``None`` if there are none.
    count : int
        Dimension of :math:`X^\perp \cap \operatorname{rows}(A)`.
    injective : bool
        Whether the operator is one-to-one on the subspace.
    blind : ndarray or None
        Unit vector of the subspace that the operator does not see, if there is one.
    error : float
    clear : bool
    """

    rows: ForwardOperator | None
    count: int
    injective: bool
    blind: np.ndarray | None
    error: float
    clear: bool


def constraints(A: ForwardOperator, model: Subspace) -> Constraints:
    """Constraints of an operator on a subspace that is known up to an error."""
    if A.orthonormal_rows and A.shape[0] * A.shape[1] > DENSE_ENTRIES // 16:
        return _matrix_free(A, model.basis, model.error)
    coarsest = max(A.dtype, model.precision, key=lambda dtype: float(np.finfo(dtype).eps))
    return _dense(row_bases((A,), model.error)[0], coarsest, model.basis)


def _dense(rows: Rows, dtype: np.dtype, basis: np.ndarray) -> Constraints:
    u, values, wh = np.linalg.svd(rows.basis @ basis, full_matrices=True)
    values = np.append(values, np.zeros(basis.shape[1] - values.size))
    kept = values > rows.error
    clear = rows.clear and not np.any(kept & (values <= rows.error * grey(rows.error)))
    rank = int(kept.sum())
    count = rows.basis.shape[0] - rank
    matrix = u[:, rank:].conj().T @ rows.basis
    # They vanish on the subspace, but for rounding, which must not count as rank.
    matrix = matrix - (matrix @ basis) @ basis.conj().T
    if float(np.finfo(dtype).eps) > _ORDINARY:
        # The precision of the entries goes on with what was made of them.
        matrix = matrix.astype(np.complex64 if matrix.dtype.kind == "c" else np.float32)
    kept_rows = from_matrix(np.ascontiguousarray(matrix)) if count else None
    blind = None if rank == basis.shape[1] else basis @ wh[rank].conj()
    return Constraints(kept_rows, count, rank == basis.shape[1], blind, rows.error, clear)


def _matrix_free(A: ForwardOperator, basis: np.ndarray, error: float) -> Constraints:
    error = error + threshold(1.0, rounding(A.dtype)) * np.sqrt(A.shape[0])
    u, values, wh = np.linalg.svd(A.matmat(basis), full_matrices=False)
    kept = values > error
    clear = not np.any(kept & (values <= error * grey(error)))
    u, rank = u[:, kept], int(kept.sum())
    rows = ForwardOperator(
        partial(_project_after, A, u),
        partial(_project_before, A, u),
        shape=A.shape,
        dtype=np.result_type(A.dtype, u.dtype),
        shape_in=A.shape_in,
        name=A.name,
    )
    blind = None if rank == basis.shape[1] else basis @ wh[rank].conj()
    count = A.shape[0] - rank
    return Constraints(rows if count else None, count, blind is None, blind, error, clear)


def _project_after(A: ForwardOperator, u: np.ndarray, X: np.ndarray) -> np.ndarray:
    Y = A.matmat(X)
    return Y - u @ (u.conj().T @ Y)


def _project_before(A: ForwardOperator, u: np.ndarray, Y: np.ndarray) -> np.ndarray:
    return A.rmatmat(Y - u @ (u.conj().T @ Y))


def decide_subspace(
    model: Subspace,
    operators: tuple[ForwardOperator, ...],
    action: GroupAction | None,
) -> Identification:
    """Decide a linear or affine subspace by one rank."""
    n, k = model.n, model.dim
    found = [constraints(A, model) for A in operators]
    answer = _known_model(model, found)
    if k == n:
        return replace(
            answer, verdict=Verdict.IDENTIFIABLE, reason="whole_space", explanation=_WHOLE
        )
    listed = [c.rows for c in found if c.rows is not None]
    if not listed:
        return _nothing_seen(model, answer, all(c.clear for c in found))
    method = "auto" if action is None or action.has_transform else _without_transform(action, n)
    stack = computed_rank(listed, action, field=model.field, method=method)
    stability = _smallest(stack, n - k) if action is None or action.orthogonal else None
    error = max(c.error for c in found)
    certain = stack.clear and all(c.clear for c in found) and stack.rank <= n - k
    certain = certain and _stands_out(stack, n - k, error)
    answer = replace(answer, stability=stability)
    if not certain:
        return replace(answer, reason="numerically_unclear", explanation=_UNCLEAR)
    if stack.rank == n - k:
        return replace(
            answer,
            verdict=Verdict.IDENTIFIABLE,
            reason="full_rank",
            explanation=f"What the operators say of the subspace has rank {n - k} = n - k, so that "
            "it is the largest set that fits.",
        )
    spurious = _outside(stack, model)
    return replace(
        answer,
        verdict=Verdict.NOT_IDENTIFIABLE,
        reason="rank_deficient",
        explanation=f"What the operators say of the subspace has rank {stack.rank}, needs n - k = "
        f"{n - k}: {n - k - stack.rank} dimensions can be added to it unnoticed.",
        spurious=spurious if model.offset is None else model.offset + spurious,
        identified_up_to=_ambiguity(stack, model, spurious, action),
    )


_WHOLE = "The model is the whole space, to which nothing can be added."
_UNCLEAR = (
    "A rank hangs on rounding: the singular values show no gap, or rows of an operator are weaker "
    "than rounding of others."
)


def _without_transform(action: GroupAction, n: int) -> str:
    small = action.finite and action.order * n <= 10**6
    return "dense" if small else "auto"


def _known_model(model: Subspace, found: list[Constraints]) -> Identification:
    """What is to be said of recovery and of smaller sets, which `found` decides."""
    clear = all(c.clear for c in found)
    one_to_one = all(c.injective for c in found)
    smaller = Verdict.IDENTIFIABLE if any(c.injective for c in found) else Verdict.NOT_IDENTIFIABLE
    recovery = Verdict.IDENTIFIABLE if one_to_one else Verdict.NOT_IDENTIFIABLE
    blind = next((c.blind for c in found if c.blind is not None), None)
    twins = None
    if blind is not None:
        foot = np.zeros(model.n) if model.offset is None else model.offset
        twins = (foot + blind, foot - blind)
    return Identification(
        Verdict.UNDECIDED,
        "",
        "",
        Explored("rank", operators=len(found)),
        recovery=recovery if clear else Verdict.UNDECIDED,
        recovery_reason=("one_to_one" if one_to_one else "null_space_meets_model")
        if clear
        else "numerically_unclear",
        twins=twins if clear else None,
        smaller_sets=smaller if clear else Verdict.UNDECIDED,
    )


def _nothing_seen(model: Subspace, answer: Identification, clear: bool) -> Identification:
    """No operator has more measurements than the subspace needs for itself."""
    if not clear:
        return replace(answer, reason="numerically_unclear", explanation=_UNCLEAR)
    x = probe_rng("spurious").standard_normal(model.n)
    z = x - model.basis @ (model.basis.conj().T @ x)
    z = z / np.linalg.norm(z)
    rest = np.linalg.svd(model.basis.conj().T, full_matrices=True)[2][model.dim :].conj().T
    return replace(
        answer,
        verdict=Verdict.NOT_IDENTIFIABLE,
        reason="no_constraint",
        explanation="No operator has measurements beyond those that the subspace fills: every "
        "signal fits.",
        spurious=z if model.offset is None else model.offset + z,
        identified_up_to=Ambiguity(
            model.n - model.dim, rest, angles=np.full(rest.shape[1], np.pi / 2)
        ),
    )


def _stands_out(stack: RankResult, most: int, error: float) -> bool:
    """Whether the smallest singular value is beyond what an error of the rows explains."""
    least = _smallest(stack, most)
    if least is None:
        # No spectrum: nothing vouches for more than ordinary rounding.
        return error < _ORDINARY or stack.rank == 0
    return least > error * grey(error)


def _smallest(stack: RankResult, most: int) -> float | None:
    """Smallest singular value that was kept."""
    values = stack.singular_values
    if values is None or stack.rank == 0:
        return None
    return float(values[min(stack.rank, most) - 1])


def _outside(stack: RankResult, model: Subspace) -> np.ndarray:
    """Unit signal that fits and is orthogonal to the model."""
    x = probe_rng("spurious").standard_normal(model.n)
    for _ in range(2):
        x = stack.invisible_part(x)
        x = x - model.basis @ (model.basis.conj().T @ x)
    return x / np.linalg.norm(x)


def _ambiguity(
    stack: RankResult, model: Subspace, spurious: np.ndarray, action: GroupAction | None
) -> Ambiguity:
    extra = model.n - model.dim - stack.rank
    basis = spurious[:, None]
    if model.n <= _LISTED_BASIS:
        hidden = stack.invisible_part(np.eye(model.n)).T
        hidden = hidden - model.basis @ (model.basis.conj().T @ hidden)
        basis = np.linalg.svd(hidden)[0][:, :extra]
    whole = np.concatenate([model.basis, basis], axis=1)
    angles = np.repeat([0.0, np.pi / 2], [model.dim, basis.shape[1]])
    return Ambiguity(extra, whole, _lost_irreps(stack, model, action), angles)


def _lost_irreps(
    stack: RankResult, model: Subspace, action: GroupAction | None
) -> tuple[tuple[str, int], ...]:
    """Copies of every irrep that the consistent set has beyond those of the model."""
    if action is None or not stack.lost or not action.has_transform:
        return ()
    # A signal of zeros beside the basis: transforms need not know what to do with none.
    parts = action.transform.analyze(np.vstack([model.basis.T, np.zeros((1, model.n))]))
    rows = []
    for (family, missing), part in zip(stack.lost, parts, strict=True):
        own = np.rint(np.sum(np.abs(part) ** 2, axis=(0, 2, 3)) / family.dim).astype(int)
        for i in np.flatnonzero(missing - own > 0):
            rows.append((family.label(int(i)), int(missing[i] - own[i])))
    return tuple(rows)
