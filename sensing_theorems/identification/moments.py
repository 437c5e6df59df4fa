r"""Gaussian laws, from the second moments of their measurements.

.. math:: \Sigma \mapsto (A_g \Sigma A_g^H)_g

is linear on the symmetric (Hermitian) matrices. Injective, it determines every covariance; if not,
a Σ of full rank can be changed along its kernel, and a singular one along the part of the kernel
that lives on its range. Between the two, the support decides: if the range of Σ is identified as a
subspace, every covariance with the same measurements lives on it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .._forward import ForwardOperator
from .._probes import probe_rng
from ..groups.action import GroupAction
from ..judgement import Verdict
from ..models import Gaussian
from ..rows import triangular
from ..tolerance import cut, grey
from .answer import Ambiguity, Explored, Identification
from .linear import decide_subspace
from .views import row_bases

__all__ = ["covariances", "decide_gaussian"]

_UNKNOWNS = 4096
_ENTRIES = 2**26
_PROJECTIONS = 200
_ROUNDS = 8


def decide_gaussian(
    model: Gaussian, operators: tuple[ForwardOperator, ...], action: GroupAction | None
) -> Identification:
    """Decide a Gaussian law by ranks on covariances, and on the subspace that it fills."""
    if action is not None and not action.orthogonal:
        raise ValueError(
            f"a Gaussian law needs an orthogonal action; {action.name} is not. Change coordinates "
            "so that it is."
        )
    support = decide_subspace(model.support, operators, action)
    rows = row_bases(operators)
    bases = [own.basis for own in rows]
    error = max(own.error for own in rows)
    clear = model.clear and all(own.clear for own in rows)
    every = covariances(model.n, action, model.field)
    kernel, least, sure = _kernel(every, bases, error)
    answer = replace(
        support,
        verdict=Verdict.UNDECIDED,
        explored=Explored("moments", operators=len(operators)),
        spurious=None,
        identified_up_to=None,
        stability=least,
        smaller_sets=Verdict.UNDECIDED,
    )
    if not (clear and sure):
        return replace(answer, reason="numerically_unclear", explanation=_UNCLEAR)
    if not len(kernel):
        text = f"Second moments determine all {len(every)} dimensions of covariances."
        return _identified(answer, "injective_on_covariances", text)
    inside, _, certain = _kernel(_on_range(every, model), bases, error)
    if not certain:
        return replace(answer, reason="numerically_unclear", explanation=_UNCLEAR)
    if len(inside):
        return replace(
            answer,
            verdict=Verdict.NOT_IDENTIFIABLE,
            reason="moments_agree",
            explanation=f"{len(kernel)} of {len(every)} dimensions of covariances do not show in "
            "second moments; another covariance gives the same.",
            spurious=_other(model, inside[0]),
            identified_up_to=Ambiguity(len(kernel), kernel),
        )
    beyond = _beyond_range(model, kernel)
    if beyond is not None:
        return replace(
            answer,
            verdict=Verdict.NOT_IDENTIFIABLE,
            reason="moments_agree",
            explanation=f"{len(kernel)} of {len(every)} dimensions of covariances do not show in "
            "second moments; a covariance of full rank gives the same.",
            spurious=beyond,
            identified_up_to=Ambiguity(len(kernel), kernel),
        )
    if support.verdict is Verdict.IDENTIFIABLE:
        text = (
            "The subspace that the signals fill is identified, and second moments determine the "
            "covariances that live on it."
        )
        return _identified(answer, "support_identified", text)
    return replace(
        answer,
        reason="singular_covariance",
        explanation="Second moments do not determine all covariances, and whether they determine "
        "this singular one among the positive semidefinite is not decided by ranks.",
    )


_UNCLEAR = "A rank hangs on rounding: the singular values show no gap."


def _identified(answer: Identification, reason: str, text: str) -> Identification:
    # A law that is determined leaves no room for one on a smaller set either.
    return replace(
        answer,
        verdict=Verdict.IDENTIFIABLE,
        reason=reason,
        explanation=text,
        smaller_sets=Verdict.IDENTIFIABLE,
    )


def covariances(n: int, action: GroupAction | None, field: str) -> np.ndarray:
    r"""Orthonormal basis of the symmetric (Hermitian) matrices that commute with an action.

    Returns
    -------
    ndarray, (D, n, n)
        D = n (n + 1) / 2 over ℝ and n² over ℂ without an action; with one, the sum over its real
        irreps of c (c + 1) / 2, c² or c (2 c - 1) for real, complex and quaternionic type, and of
        :math:`c_j^2` over ℂ.

    Raises
    ------
    ValueError
        If D exceeds 4096, or the basis 2**26 entries.
    """
    count = _dimension(n, action, field)
    if count > _UNKNOWNS or count * n * n > _ENTRIES:
        raise ValueError(
            f"covariances may have at most {_UNKNOWNS} dimensions, and {_ENTRIES} entries of their "
            f"basis; R^{n} has {count}{'' if action is None else ' that commute with the action'}."
        )
    if action is None or action.order == 1:
        return _all_hermitian(n, field)
    rng = probe_rng("covariances")
    basis = np.zeros((0, n * n))
    for _ in range(_ROUNDS):
        if len(basis) == count:
            return basis.reshape(-1, n, n)
        drawn = []
        for _ in range(count - len(basis)):
            M = rng.standard_normal((n, n))
            M = M + 1j * rng.standard_normal((n, n)) if field == "complex" else M
            drawn.append(action.equivariant_average(M + M.conj().T).reshape(-1))
        basis = _real_rows(np.concatenate([basis, np.array(drawn)]))
    raise ArithmeticError(
        f"{count} covariances should commute with {action.name}; averages span {len(basis)}."
    )


def _real_rows(rows: np.ndarray) -> np.ndarray:
    """Orthonormal basis over ℝ of the span of (complex) rows."""
    flat = rows.view(np.float64) if rows.dtype.kind == "c" else rows
    _, values, vh = np.linalg.svd(np.ascontiguousarray(flat), full_matrices=False)
    kept = np.ascontiguousarray(vh[values > 1e-9 * values[0]])
    return kept.view(np.complex128) if rows.dtype.kind == "c" else kept


def _dimension(n: int, action: GroupAction | None, field: str) -> int:
    if action is None or action.order == 1:
        return n * n if field == "complex" else n * (n + 1) // 2
    if field == "complex":
        return action.irreps.commutant_dim
    size = {
        "R": lambda c: c * (c + 1) // 2,
        "C": lambda c: c * c,
        "H": lambda c: c * (2 * c - 1),
    }
    return sum(row.count * size[row.algebra](row.multiplicity) for row in action.irreps.real)


def _all_hermitian(n: int, field: str) -> np.ndarray:
    p, q = np.triu_indices(n)
    number = np.arange(p.size)
    basis = np.zeros((p.size, n, n))
    basis[number, p, q] = basis[number, q, p] = np.where(p == q, 1.0, 0.5**0.5)
    if field != "complex":
        return basis
    p, q = np.triu_indices(n, 1)
    turned = np.zeros((p.size, n, n), np.complex128)
    turned[np.arange(p.size), p, q] = 1j * 0.5**0.5
    turned[np.arange(p.size), q, p] = -1j * 0.5**0.5
    return np.concatenate([basis.astype(np.complex128), turned])


def _on_range(every: np.ndarray, model: Gaussian) -> np.ndarray:
    """Basis of the matrices that live on the range of the covariance."""
    if model.dim == model.n:
        return every
    projector = model.range @ model.range.conj().T
    inner = (projector @ every @ projector).reshape(len(every), -1)
    kept = _real_rows(inner) if np.abs(inner).max() > 1e-9 else inner[:0]
    return kept.reshape(-1, model.n, model.n)


def _kernel(
    every: np.ndarray, bases: list[np.ndarray], error: float
) -> tuple[np.ndarray, float | None, bool]:
    """Matrices that no operator sees, the smallest singular value kept, and whether it is sure."""
    if not len(every):
        return every, None, True
    factor = np.zeros((0, len(every)))
    for basis in bases:
        factor = np.concatenate([factor, _moments(every, basis)])
        if len(factor) > len(every):
            factor = triangular(factor)
    _, values, vh = np.linalg.svd(factor, full_matrices=True)
    values = np.append(values, np.zeros(len(every) - values.size))
    decision = cut(values, np.dtype(np.float64))
    floor = max(decision.tolerance, 4 * error)
    kept = values > floor
    sure = not np.any(kept & (values <= floor * grey(floor)))
    least = float(values[kept].min()) if kept.any() else None
    return np.tensordot(vh[~kept], every, axes=1), least, sure


def _moments(every: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Real coordinates of A E A^H, one column per matrix E."""
    seen = basis @ every @ basis.conj().T
    p, q = np.triu_indices(basis.shape[0])
    weights = np.where(p == q, 1.0, 2.0**0.5)
    upper = (seen[:, p, q] * weights).T
    if upper.dtype.kind == "c":
        return np.concatenate([upper.real, upper.imag])
    return upper


def _beyond_range(model: Gaussian, kernel: np.ndarray) -> np.ndarray | None:
    r"""A positive definite covariance with the same moments as a singular one, if one is found.

    A change Δ of the kernel whose block on null Σ is positive definite gives one: for small t the
    Schur complement of that block in Σ + tΔ is positive definite as well. It is looked for by
    projecting in turns on the blocks and on the matrices with eigenvalues of at least 1.
    """
    outside = np.linalg.svd(model.range, full_matrices=True)[0][:, model.dim :]
    blocks = outside.conj().T @ kernel @ outside
    real = blocks.reshape(len(blocks), -1)
    flat = real if real.dtype.kind != "c" else real.view(np.float64)
    guess = np.eye(outside.shape[1], dtype=blocks.dtype)
    for _ in range(_PROJECTIONS):
        target = guess.reshape(-1) if flat is real else guess.reshape(-1).view(np.float64)
        codes = np.linalg.lstsq(flat.T, target, rcond=None)[0]
        block = np.tensordot(codes, blocks, axes=1)
        values, vectors = np.linalg.eigh(block)
        if values[0] > 1e-3 * values[-1]:
            change = np.tensordot(codes, kernel, axes=1)
            return _positive_step(model, change)
        guess = (vectors * np.maximum(values, 1.0)) @ vectors.conj().T
    return None


def _positive_step(model: Gaussian, change: np.ndarray) -> np.ndarray | None:
    """The covariance after the largest step, of halves, that keeps it clearly positive."""
    step = float(np.linalg.norm(model.covariance, 2) / np.linalg.norm(change, 2))
    for _ in range(60):
        moved = model.covariance + step * change
        values = np.linalg.eigvalsh(moved)
        if values[0] > 1e-9 * values[-1]:
            return np.asarray(moved)
        step /= 2
    return None


def _other(model: Gaussian, change: np.ndarray) -> np.ndarray:
    """Another covariance, half of the way to where it stops being positive."""
    least = np.linalg.eigvalsh(model.covariance)[-model.dim]
    return np.asarray(model.covariance + change * (0.5 * least / np.linalg.norm(change, 2)))
