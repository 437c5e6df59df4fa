r"""Signal recovery on a known union: whether an operator is one-to-one on it.

:math:`A x = A x'` for signals of pieces i and j exactly if :math:`x - x'` lies in null A and in
:math:`P_i - P_j = (a_i - a_j) + S_i + S_j`, so that one rank per pair decides.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .._kernels.pieces import independent_pairs, independent_pieces
from ..judgement import Verdict
from ..models import PieceModel, SparseDictionary
from ..subspaces import Pieces, orthonormal
from ..tolerance import grey
from .views import Rows

__all__ = ["Recovery", "recovery_of_model"]

_PAIRS = 50_000_000
_ENTRIES = 2**22
_BATCH = 2**14
_ROUNDING, _SAME, _NEAR = 1e-14, 1e-11, 1e-6
_FLOOR = 1e-8


@dataclass(frozen=True, eq=False)
class Recovery:
    """Answer for one operator: verdict, reason, and two signals that it does not tell apart."""

    verdict: Verdict
    reason: str
    twins: tuple[np.ndarray, np.ndarray] | None = None


def recovery_of_model(
    model: PieceModel, rows: list[Rows], budget: int
) -> tuple[Recovery, list[Recovery]]:
    """Whether all operators are one-to-one on a union, and the answers one by one."""
    each = [_one_to_one(model, own, budget) for own in rows]
    verdicts = [answer.verdict for answer in each]
    for verdict in (Verdict.NOT_IDENTIFIABLE, Verdict.UNDECIDED):
        if verdict in verdicts:
            return each[verdicts.index(verdict)], each
    return each[0], each


def _one_to_one(model: PieceModel, rows: Rows, budget: int) -> Recovery:
    """Go through what plainly independent images do not settle, as far as the budget goes."""
    unclear, looked = not rows.clear, 0
    for answer in _answers(model, rows):
        looked += 1
        if answer.verdict is Verdict.NOT_IDENTIFIABLE or answer.reason == "budget":
            return answer
        unclear = unclear or answer.verdict is Verdict.UNDECIDED
        if looked == budget:
            return Recovery(Verdict.UNDECIDED, "budget")
    if unclear:
        return Recovery(Verdict.UNDECIDED, "numerically_unclear")
    return Recovery(Verdict.IDENTIFIABLE, "one_to_one")


def _answers(model: PieceModel, rows: Rows) -> Iterator[Recovery]:
    """Answers for pairs of pieces, or atoms of two supports, that need a closer look."""
    pieces = model.pieces
    if isinstance(model, SparseDictionary) and len(pieces) == model.n_supports:
        yield from _of_atoms(model, rows)
        return
    if len(pieces) * (len(pieces) + 1) // 2 > _PAIRS:
        yield Recovery(Verdict.UNDECIDED, "budget")
        return
    flat = 1 if pieces.height else 0
    images = np.einsum("rn,pnk->pkr", rows.basis, pieces.bases[:, : rows.basis.shape[1]])
    for first, second in _suspects(images, pieces, flat):
        yield _pair(pieces, rows, first, second)


def _of_atoms(model: SparseDictionary, rows: Rows) -> Iterator[Recovery]:
    """Differences of s-sparse signals are the 2s-sparse ones: one rank per 2s atoms."""
    p = model.atoms.shape[1]
    size = min(2 * model.sparsity, p)
    if math.comb(p, size) > _PAIRS:
        yield Recovery(Verdict.UNDECIDED, "budget")
        return
    atoms = model.atoms.astype(np.result_type(model.atoms, np.float64))
    images = np.ascontiguousarray((rows.basis @ atoms).T)
    subsets = itertools.combinations(range(p), size)
    while chunk := list(itertools.islice(subsets, _BATCH)):
        chosen = np.array(chunk)
        margins = np.empty(len(chosen))
        dims = np.full(len(chosen), size)
        independent_pieces(images[chosen], dims, False, _FLOOR, margins)
        for number in np.flatnonzero(margins <= _FLOOR):
            yield _of_support(atoms[:, chosen[number]], model.sparsity, rows)


def _of_support(atoms: np.ndarray, sparsity: int, rows: Rows) -> Recovery:
    """Whether the operator sees all of the span of some atoms."""
    span, error = orthonormal(atoms)
    _, seen, wh = np.linalg.svd(rows.basis @ span, full_matrices=True)
    seen = np.append(seen, np.zeros(span.shape[1] - seen.size))
    floor = rows.error + error
    if np.any((seen > floor) & (seen <= floor * grey(floor))):
        return Recovery(Verdict.UNDECIDED, "numerically_unclear")
    lost = wh[seen <= floor].conj()
    if not len(lost):
        return Recovery(Verdict.IDENTIFIABLE, "one_to_one")
    codes = np.linalg.lstsq(atoms, span @ lost[0], rcond=None)[0]
    twins = atoms[:, :sparsity] @ codes[:sparsity], -atoms[:, sparsity:] @ codes[sparsity:]
    return Recovery(Verdict.NOT_IDENTIFIABLE, "null_space_meets_differences", twins)


def _suspects(images: np.ndarray, pieces: Pieces, flat: int) -> Iterator[tuple[int, int]]:
    """Pairs (i, j), i <= j, whose images are not plainly independent."""
    p, k, _ = images.shape
    dims = pieces.dims
    if flat:
        # Affine pieces are told by the differences of their points, all at the same height.
        last = np.arange(p), dims - 1
        images = images.copy()
        images[last] /= pieces.bases[last[0], -1, last[1], None]
    own = np.einsum("par,pbr->pab", images, images.conj())
    flattened = images.reshape(p * k, -1)
    step = max(1, _ENTRIES // (p * k * k))
    for start in range(0, p, step):
        rows = flattened[start * k : (start + step) * k]
        cross = (rows @ flattened.conj().T).reshape(-1, k, p, k)
        together = np.zeros((len(cross), p), dtype=bool)
        independent_pairs(cross, own, dims, start, flat, _FLOOR, together)
        for c, other in np.argwhere(together):
            yield start + int(c), int(other)


def _pair(pieces: Pieces, rows: Rows, i: int, j: int) -> Recovery:
    """Decide one pair by singular values."""
    n = rows.basis.shape[1]
    flat = 1 if pieces.height else 0
    one, two = (pieces.basis(q)[:n, : pieces.dims[q] - flat] for q in (i, j))
    foot = np.zeros(n)
    if flat:
        foot = _foot(pieces, i) - _foot(pieces, j)
    scale = pieces.height or 1.0
    u, values, _ = np.linalg.svd(np.concatenate([one, two], axis=1), full_matrices=False)
    kept = values > _SAME
    # Directions that the pieces nearly share are known as badly as they are short.
    floor = min(1.0, rows.error / float(values[kept].min(initial=1.0)))
    span = u[:, kept]
    rest = foot - span @ (span.conj().T @ foot)
    size = float(np.linalg.norm(rest))
    # Planes may meet, in which case nothing is left; points that nearly do are not told apart.
    met = _ROUNDING * scale if u.shape[1] else 0.0
    unclear = bool(np.any(kept & (values < _NEAR))) or met < size < _NEAR * scale
    apart = size > met
    if apart:
        span = np.column_stack([span, rest / size])
    _, seen, wh = np.linalg.svd(rows.basis @ span, full_matrices=True)
    seen = np.append(seen, np.zeros(span.shape[1] - seen.size))
    lost = wh[seen <= floor].conj()
    unclear = unclear or bool(np.any((seen > floor) & (seen <= floor * grey(floor))))
    if unclear:
        return Recovery(Verdict.UNDECIDED, "numerically_unclear")
    if apart and lost.shape[0]:
        # Differences are the vectors with the full share of the affine direction.
        share = lost[:, -1]
        lost = lost[[int(np.argmax(np.abs(share)))]] if np.abs(share).max() > 1e-9 else lost[:0]
        lost = lost * size / lost[:, -1:] if lost.shape[0] else lost
    if lost.shape[0] == 0:
        return Recovery(Verdict.IDENTIFIABLE, "one_to_one")
    return Recovery(
        Verdict.NOT_IDENTIFIABLE,
        "null_space_meets_differences",
        _twins(span @ lost[0], one, two, pieces, (i, j)),
    )


def _foot(pieces: Pieces, i: int) -> np.ndarray:
    up = pieces.basis(i)[:, -1]
    return np.asarray(up[:-1] * (pieces.height / up[-1]))


def _twins(
    difference: np.ndarray,
    one: np.ndarray,
    two: np.ndarray,
    pieces: Pieces,
    pair: tuple[int, int],
) -> tuple[np.ndarray, np.ndarray]:
    """Signals of both pieces with a given difference."""
    feet = [_foot(pieces, i) if pieces.height else np.zeros(difference.size) for i in pair]
    target = difference - feet[0] + feet[1]
    columns = np.concatenate([one, -two], axis=1)
    codes = np.linalg.lstsq(columns, target, rcond=None)[0] if columns.shape[1] else np.zeros(0)
    k = one.shape[1]
    return feet[0] + one @ codes[:k], feet[1] + two @ codes[k:]
