"""Unions of subspaces, sparse dictionaries and finite sets: decided by a search."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from .._forward import ForwardOperator
from .._probes import probe_rng
from ..groups.action import GroupAction
from ..judgement import Verdict
from ..models import PieceModel
from ..subspaces import Pieces, residual_norms
from .answer import Ambiguity, Explored, Identification
from .search import Found, Search
from .views import Rows, Views

__all__ = ["decide_union", "mismatch", "smaller_finite_sets"]

_DRAWS = 16
# A spurious signal must be this much further from the model than from being consistent.
_APART = 1e3
_CONSISTENT = 1e-9


def decide_union(
    model: PieceModel,
    operators: tuple[ForwardOperator, ...],
    rows: list[Rows],
    action: GroupAction | None,
    budget: int,
) -> Identification:
    """Search for a spurious subspace; see `Search`."""
    pieces = model.pieces
    views = Views(rows, pieces, action)
    search = Search(views, budget)
    unclear = not all(r.clear for r in rows)
    for found in search.leaves():
        if views.complete:
            spurious = _signal(found, model)
            if spurious is not None and mismatch(model, operators, action, spurious) < 1.0:
                return _not_identified(spurious, found, search, pieces)
        unclear = unclear or found.unclear or views.complete
        if not views.complete:
            return _answer(search, Verdict.UNDECIDED, "group_not_listed", _NOT_LISTED)
    if search.open_fraction > 0:
        text = (
            f"The budget of {budget} nodes left {search.open_fraction:.2g} of all assignments "
            "open; raise `budget`."
        )
        return _answer(search, Verdict.UNDECIDED, "budget", text)
    if unclear:
        text = "Rounding could turn the answer: a branch ended only within the tolerance."
        return _answer(search, Verdict.UNDECIDED, "numerically_unclear", text)
    text = "Every signal that all operators take for part of the model lies in one of its pieces."
    return _answer(search, Verdict.IDENTIFIABLE, "search_complete", text, search.margin)


_NOT_LISTED = (
    "Signals outside the model fit the elements that were looked at; the group has too many to "
    "list, and others may refute them."
)


def _answer(
    search: Search, verdict: Verdict, reason: str, text: str, stability: float | None = None
) -> Identification:
    return Identification(verdict, reason, text, _explored(search), stability=stability)


def _explored(search: Search) -> Explored:
    return Explored("search", search.nodes, search.budget, search.open_fraction, search.views.count)


def _signal(found: Found, model: PieceModel) -> np.ndarray | None:
    """A signal of a leaf far from the model, or ``None`` if none stands out of rounding."""
    rng, pieces = probe_rng("spurious"), model.pieces
    codes = rng.standard_normal((_DRAWS, found.basis.shape[1]))
    if pieces.height:
        # Signals are the vectors with the right last entry: as near to it as possible, and random.
        last = found.basis[-1]
        point = last.conj() * (pieces.height / np.vdot(last, last).real)
        codes = codes - np.outer(codes @ last, last.conj()) / np.vdot(last, last).real
        codes = point + codes * np.linalg.norm(point)
    drawn = (codes @ found.basis.T)[:, : model.n]
    if not pieces.height:
        drawn = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    apart = model.distance(drawn)
    best = int(np.argmax(apart / np.maximum(1.0, np.linalg.norm(drawn, axis=1))))
    size = max(float(np.linalg.norm(drawn[best])), pieces.height)
    floor = max(_APART * found.error, _APART * _CONSISTENT)
    return drawn[best] if apart[best] > floor * size else None


def mismatch(
    model: PieceModel,
    operators: tuple[ForwardOperator, ...],
    action: GroupAction | None,
    z: np.ndarray,
) -> float:
    r"""How badly a signal fits the measurements of a model, in units of what rounding explains.

    .. math:: \max_g \min_i \operatorname{dist}(A_g z, A_g P_i)
              / (10^{-9} \|A_g\| \max(\|z\|, h))

    Computed from the operators themselves by least squares, and by nothing that the search uses.
    """
    pieces, worst = model.pieces, 0.0
    elements = [None] if action is None else action.elements()
    dense = [np.asarray(A.to_dense()) for A in operators]
    images = [_images(A, pieces) for A in dense]
    size = max(float(np.linalg.norm(z)), pieces.height)
    for element in elements:
        moved = z if element is None else element(z)
        for A, (spans, feet) in zip(dense, images, strict=True):
            target, best = A @ moved, np.inf
            for span, foot in zip(spans, feet, strict=True):
                best = min(best, float(residual_norms(span, target - foot)))
            scale = float(np.linalg.norm(A, 2)) * size
            worst = max(worst, best / (_CONSISTENT * scale) if scale else 0.0)
    return worst


def _images(A: np.ndarray, pieces: Pieces) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Orthonormal bases of A S_i, and A a_i, one by one."""
    spans: list[np.ndarray] = []
    feet: list[np.ndarray] = []
    for i in range(len(pieces)):
        basis = pieces.basis(i)
        foot = np.zeros(A.shape[0], A.dtype)
        if pieces.height:
            up = basis[:, -1]
            foot = A @ (up[:-1] * (pieces.height / up[-1]))
            basis = basis[:-1, :-1]
        u, values, _ = np.linalg.svd(A @ basis, full_matrices=False)
        spans.append(u[:, values > 1e-11 * np.linalg.norm(A, 2)])
        feet.append(foot)
    return spans, feet


def _not_identified(
    spurious: np.ndarray, found: Found, search: Search, pieces: Pieces
) -> Identification:
    basis = found.basis
    if pieces.height:
        # Directions are the vectors of last entry 0.
        last = basis[-1] / np.linalg.norm(basis[-1])
        rest = np.linalg.svd(last[None].conj(), full_matrices=True)[2][1:].conj().T
        basis = (basis @ rest)[:-1]
    i = int(np.argmax(pieces.energies(found.basis)))
    cosines = np.linalg.svd(pieces.basis(i).conj().T @ found.basis, compute_uv=False)
    angles = np.full(found.basis.shape[1], np.pi / 2)
    angles[: cosines.size] = np.arccos(np.clip(cosines, -1.0, 1.0))[: angles.size]
    flat = 1 if pieces.height else 0
    extra = max(0, basis.shape[1] - (int(pieces.dims[i]) - flat))
    return Identification(
        Verdict.NOT_IDENTIFIABLE,
        "spurious_subspace",
        f"A set of dimension {basis.shape[1]} outside the model gives every operator nothing but "
        "measurements of the model.",
        _explored(search),
        spurious=spurious,
        identified_up_to=Ambiguity(extra, basis, angles=angles),
        stability=search.margin,
    )


def smaller_finite_sets(
    points: np.ndarray, operators: tuple[ForwardOperator, ...], action: GroupAction | None
) -> Verdict:
    """Whether a proper subset of some points gives every operator the same measurements.

    One exists exactly if a point can be left out, because every virtual operator confuses it with
    another. Under an action :math:`A T_g x` is the answer to the point :math:`T_g x`: all points of
    an orbit must then be confused by all operators.
    """
    confused = np.ones(len(points), dtype=bool)
    for A in operators:
        answers = _plain_rows(A.matmat(points.T).T)
        apart = cKDTree(answers).query(answers, k=2)[0][:, 1]
        size = np.linalg.norm(A.to_dense(), 2) * np.linalg.norm(points, axis=1).max()
        if np.any((apart > _CONSISTENT * size) & (apart < _APART * _CONSISTENT * size)):
            return Verdict.UNDECIDED
        confused &= apart <= _CONSISTENT * size
    if action is not None:
        tree = cKDTree(_plain_rows(points))
        for _ in range(len(points)):
            spread = confused.copy()
            for element in action.generators:
                spread &= confused[tree.query(_plain_rows(element(points)))[1]]
            if np.array_equal(spread, confused):
                break
            confused = spread
    return Verdict.NOT_IDENTIFIABLE if confused.any() else Verdict.IDENTIFIABLE


def _plain_rows(rows: np.ndarray) -> np.ndarray:
    """Complex coordinates as pairs of real ones."""
    return np.concatenate([rows.real, rows.imag], axis=1) if rows.dtype.kind == "c" else rows
