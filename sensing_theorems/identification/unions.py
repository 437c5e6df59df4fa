"""Unions of subspaces, sparse dictionaries and finite sets: decided by a search."""

from __future__ import annotations

import numpy as np
import scipy.linalg
from scipy.spatial import cKDTree

from .._forward import ForwardOperator, vertical_stack
from .._probes import probe_rng
from ..groups.action import GroupAction
from ..judgement import Verdict
from ..models import FiniteSet, PieceModel
from ..rows import precision, triangular
from ..subspaces import Pieces, real_coordinates, residual_norms
from ..tolerance import grey, threshold
from .answer import Ambiguity, Explored, Identification
from .search import Found, Search
from .views import Rows, Views

__all__ = ["consistent_near", "decide_union", "smaller_finite_sets"]

_DRAWS = 16
# Distance from the model, beside its own size, from which on a signal counts as outside.
_APART = 1e-6
_SEEN = 1e-11
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
    unclear = not all(own.clear for own in rows)
    for found in search.leaves():
        if not views.complete:
            return _answer(search, Verdict.UNDECIDED, "group_not_listed", _NOT_LISTED)
        spurious = _signal(found, model)
        if spurious is not None:
            spurious = consistent_near(model, operators, action, spurious)
        if spurious is not None:
            return _not_identified(spurious, found, search, pieces)
        unclear = True
    # Pieces of unions that are so close have been dropped: see `PieceModel.crowded`.
    crowded = isinstance(model, FiniteSet) and _crowded(model.points)
    unclear = unclear or search.doubtful or crowded
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


def _crowded(points: np.ndarray) -> bool:
    """Whether points are so near to each other, beside the largest, that they may pass for one."""
    plain = real_coordinates(points)
    apart = cKDTree(plain).query(plain, k=2)[0][:, 1]
    return bool(apart.min() < _APART * np.linalg.norm(plain, axis=1).max())


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
    return drawn[best] if apart[best] > _APART * size else None


def consistent_near(
    model: PieceModel,
    operators: tuple[ForwardOperator, ...],
    action: GroupAction | None,
    z: np.ndarray,
) -> np.ndarray | None:
    r"""A signal next to z that fits the measurements and is not of the model, or ``None``.

    Every operator is assigned the piece whose measurements are nearest to those of z. What this
    asks of a signal is one linear system :math:`C_g^H A_g (z - a_{i_g}) = 0`, made of the operators
    themselves and of nothing that the search has computed; its rank decides.
    """
    pieces, factor = model.pieces, np.zeros((0, model.pieces.ambient))
    elements = [None] if action is None else list(action.elements())
    moved = pieces.lift(np.array([z if g is None else g(z) for g in elements]))
    for A in operators:
        matrix = np.asarray(A.to_dense())
        matrix = matrix / (np.linalg.norm(matrix, 2) or 1.0)
        lifted = matrix if not pieces.height else scipy.linalg.block_diag(matrix, 1.0)
        for element, i in zip(elements, _nearest(moved @ lifted.T, lifted, pieces), strict=True):
            rows = _complement(lifted @ pieces.basis(int(i))).conj().T @ lifted
            if element is not None:
                n = element.n
                rows = np.concatenate([element.pull_back(rows[:, :n]), rows[:, n:]], axis=1)
            factor = np.concatenate([factor, rows])
            if len(factor) > 4 * factor.shape[1]:
                factor = triangular(factor)
    _, values, vh = np.linalg.svd(factor, full_matrices=True)
    values = np.append(values, np.zeros(vh.shape[0] - values.size))
    # Operators of norm 1: what is far below says nothing, even if nothing else does.
    norm = max(1.0, float(np.linalg.norm(values)))
    eps = float(np.finfo(precision(vertical_stack(operators))).eps)
    tolerance = max(threshold(norm, eps), 10 * pieces.error * norm)
    kept = values > tolerance
    least = float(values[kept].min(initial=np.inf))
    if kept.all() or least <= tolerance * grey(tolerance):
        return None
    free = vh[~kept].conj()
    near = (free.conj() @ pieces.lift(z)) @ free
    if pieces.height:
        if abs(near[-1]) < 0.5 * pieces.height:
            return None
        near = near[:-1] * (pieces.height / near[-1])
    # Null vectors are off by rounding over the smallest singular value that was kept.
    error = tolerance / min(1.0, least)
    apart = model.distance(near) > max(_APART, 100 * error) * max(
        float(np.linalg.norm(near)), pieces.height
    )
    if not apart:
        return None
    return near if model.field == "complex" else near.real


def _nearest(answers: np.ndarray, lifted: np.ndarray, pieces: Pieces) -> np.ndarray:
    """The piece whose measurements are nearest to each answer (E, r)."""
    best, nearest = np.full(len(answers), np.inf), np.zeros(len(answers), dtype=int)
    for i in range(len(pieces)):
        u, values, _ = np.linalg.svd(lifted @ pieces.basis(i), full_matrices=False)
        miss = residual_norms(u[:, values > _SEEN], answers)
        nearest = np.where(miss < best, i, nearest)
        best = np.minimum(miss, best)
    return nearest


def _complement(columns: np.ndarray) -> np.ndarray:
    """Orthonormal columns that span what is orthogonal to some columns of norm at most 1."""
    u, values, _ = np.linalg.svd(columns, full_matrices=True)
    return u[:, int((values > _SEEN).sum()) :]


def _not_identified(
    spurious: np.ndarray, found: Found, search: Search, pieces: Pieces
) -> Identification:
    basis, i = found.basis, int(np.argmax(pieces.energies(found.basis)))
    own = pieces.basis(i)
    if pieces.height:
        # Directions are the vectors of last entry 0.
        last = basis[-1] / np.linalg.norm(basis[-1])
        rest = np.linalg.svd(last[None], full_matrices=True)[2][1:].conj().T
        basis, own = (basis @ rest)[:-1], own[:-1, :-1]
    cosines = np.linalg.svd(own.conj().T @ basis, compute_uv=False)
    angles = np.full(basis.shape[1], np.pi / 2)
    angles[: cosines.size] = np.arccos(np.clip(cosines, -1.0, 1.0))
    extra = max(0, basis.shape[1] - own.shape[1])
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
    if _crowded(points):
        return Verdict.UNDECIDED
    confused = np.ones(len(points), dtype=bool)
    for A in operators:
        answers = real_coordinates(A.matmat(points.T).T)
        apart = cKDTree(answers).query(answers, k=2)[0][:, 1]
        size = np.linalg.norm(A.to_dense(), 2) * np.linalg.norm(points, axis=1).max()
        if size == 0.0:
            continue
        if np.any((apart > _CONSISTENT * size) & (apart < _APART * size)):
            return Verdict.UNDECIDED
        confused &= apart <= _CONSISTENT * size
    if action is not None:
        tree = cKDTree(real_coordinates(points))
        for _ in range(len(points)):
            spread = confused.copy()
            for element in action.generators:
                spread &= confused[tree.query(real_coordinates(element(points)))[1]]
            if np.array_equal(spread, confused):
                break
            confused = spread
    return Verdict.NOT_IDENTIFIABLE if confused.any() else Verdict.IDENTIFIABLE
