r"""Signal recovery on a known union: whether an operator is one-to-one on it.

:math:`A x = A x'` for signals of pieces i and j exactly if :math:`x - x'` lies in null A and in
:math:`P_i - P_j = (a_i - a_j) + S_i + S_j`, so that one rank per pair decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .._kernels.pieces import independent_pairs
from ..judgement import Verdict
from ..subspaces import Pieces
from ..tolerance import grey
from .views import Rows

__all__ = ["Recovery", "one_to_one", "recovery_of_union"]

_PAIRS = 50_000_000
_ENTRIES = 2**22
_FLOOR = 1e-8


@dataclass(frozen=True, eq=False)
class Recovery:
    """Answer for one operator: verdict, reason, and two signals that it does not tell apart."""

    verdict: Verdict
    reason: str
    twins: tuple[np.ndarray, np.ndarray] | None = None


def recovery_of_union(pieces: Pieces, rows: list[Rows]) -> tuple[Recovery, list[Recovery]]:
    """Whether all operators are one-to-one, and the answers one by one."""
    each = [one_to_one(pieces, own) for own in rows]
    verdicts = [answer.verdict for answer in each]
    for verdict in (Verdict.NOT_IDENTIFIABLE, Verdict.UNDECIDED):
        if verdict in verdicts:
            return each[verdicts.index(verdict)], each
    return each[0], each


def one_to_one(pieces: Pieces, rows: Rows) -> Recovery:
    """Go through all pairs of pieces."""
    p = len(pieces)
    if p * (p + 1) // 2 > _PAIRS:
        return Recovery(Verdict.UNDECIDED, "budget")
    unclear = not rows.clear
    flat = 1 if pieces.height else 0
    images = np.einsum("rn,pnk->pkr", rows.basis, pieces.bases[:, : rows.basis.shape[1]])
    for first, second in _suspects(images, pieces, flat):
        answer = _pair(pieces, rows, first, second)
        if answer.verdict is Verdict.NOT_IDENTIFIABLE:
            return answer
        unclear = unclear or answer.verdict is Verdict.UNDECIDED
    if unclear:
        return Recovery(Verdict.UNDECIDED, "numerically_unclear")
    return Recovery(Verdict.IDENTIFIABLE, "one_to_one")


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
    u, values, _ = np.linalg.svd(np.concatenate([one, two], axis=1), full_matrices=False)
    span = u[:, values > 1e-10]
    rest = foot - span @ (span.conj().T @ foot)
    size = float(np.linalg.norm(rest))
    apart = size > 1e-10 * max(1.0, float(np.linalg.norm(foot)))
    if apart:
        span = np.column_stack([span, rest / size])
    _, seen, wh = np.linalg.svd(rows.basis @ span, full_matrices=True)
    seen = np.append(seen, np.zeros(span.shape[1] - seen.size))
    lost = wh[seen <= rows.error].conj()
    unclear = np.any((seen > rows.error) & (seen <= rows.error * grey(rows.error)))
    if apart and lost.shape[0]:
        # Differences are the vectors with the full share of the affine direction.
        share = lost[:, -1]
        lost = lost[[int(np.argmax(np.abs(share)))]] if np.abs(share).max() > 1e-9 else lost[:0]
        lost = lost * size / lost[:, -1:] if lost.shape[0] else lost
    if lost.shape[0] == 0:
        if unclear:
            return Recovery(Verdict.UNDECIDED, "numerically_unclear")
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
