r"""The dimension of what operators tell about subspaces, for many at once.

Reflections of each A X, in coordinates of which k are left out, certify full rank: the usual answer
for operators in general position. What stays open is scaled and looked at in all coordinates, and
then step by step, where operators lose dimensions of X.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._kernels.subspaces import LANES, are_definite, left_null_spaces
from ._validate import require_finite
from .batches import _share, matrix_ranks
from .tolerance import cut, grey, threshold

__all__ = ["by_reflections", "by_singular_values", "certify", "nothing_remains"]

Array = NDArray[Any]

# Entries of operators that are worked on at once, few enough to stay in a cache.
_BLOCK = 2**17
# Entries of a null space above which LAPACK, one matrix at a time, is quicker.
_SMALL = 2000
# Squared norms that neither overflow nor lose digits in products.
_SQUARES = (1e-100, 1e100)


def nothing_remains(X: Array, A: Array, dtype: np.dtype[Any]) -> NDArray[np.bool_]:
    """Whether X is clearly everything, or else every A X clearly has m dimensions: the rank is 0.

    The corner of the matrices tells their rank what size the operators have.
    """
    require_finite(X, "`bases`")
    require_finite(A, "`operators`")
    (b, L, m, n), k = A.shape, X.shape[2]
    turned, sound = _unit_rows(X.swapaxes(1, 2), dtype)
    own = matrix_ranks(turned, dtype)
    sure = sound & own.clear & (own.ranks == min(n, k))
    if k < n:
        rows, sound = _unit_rows(A, dtype)
        images = np.zeros((b, L, 1 + m, 1 + k))
        images[:, :, 0, 0] = np.sqrt(m * k)
        images[:, :, 1:, 1:] = rows @ turned[:, None].swapaxes(2, 3)
        seen = matrix_ranks(images, dtype)
        sure &= sound & np.all(seen.clear & (seen.ranks == 1 + m), axis=1)
    return sure


def certify(X: Array, A: Array, dtype: np.dtype[Any]) -> NDArray[np.bool_]:
    """Whether the rank is the largest there can be, n - k or L (m - k), and clear.

    For this nothing needs to be scaled, and coordinates may be left out: of singular values, that
    can only make the least one smaller.
    """
    (b, L, m, n), k = A.shape, X.shape[2]
    certain = np.zeros(b, np.bool_)
    # Full lanes for the kernel.
    step = max(1, max(1, _BLOCK // (LANES * m * n)) * LANES // L)

    def task(part: slice) -> None:
        start, stop, _ = part.indices(b)
        room = None
        for i in range(start, stop, step):
            block = slice(i, min(i + step, stop))
            if room is None or len(room.images) != block.stop - i:
                room = _Room(block.stop - i, L, m, n, k)
            certain[block] = _full(X[block], A[block], room, dtype)

    _share(task, np.broadcast_to(0, (b, L * m * n)))
    return certain


class _Room:
    """Arrays that blocks share: asking the system for new ones takes as long as filling them."""

    def __init__(self, b: int, L: int, m: int, n: int, k: int) -> None:
        least = min(L * (m - k), n - k)
        self.images, self.spaces = np.empty((b, L * m, k)), np.empty((b, L, m - k, m))
        self.inverses, self.rows = np.empty((b, L)), np.empty((b, L, m - k, n - k))
        self.columns, self.grams = np.empty((b, n - k, L * (m - k))), np.empty((b, least, least))


def _full(X: Array, A: Array, room: _Room, dtype: np.dtype[Any]) -> NDArray[np.bool_]:
    """The answers of `certify` for one block."""
    X, A = np.ascontiguousarray(X), np.ascontiguousarray(A)
    (b, L, m, n), k = A.shape, X.shape[2]
    with np.errstate(all="ignore"):
        scale, fine = _vanishing(X, A, room, dtype)
        np.matmul(room.spaces, A[..., : n - k], out=room.rows)
        rows, columns = room.rows.reshape(b, L * (m - k), n - k), room.columns
        columns[:] = rows.swapaxes(1, 2)
        np.matmul(*((rows, columns) if L * (m - k) <= n - k else (columns, rows)), out=room.grams)
        squares = np.trace(room.grams, axis1=1, axis2=2)
        rounding = 32.0 * max(rows.shape[1:]) * float(np.finfo(np.float64).eps)
        floors = rounding * squares + 2.0 * _away(dtype) ** 2 * (scale**2 + squares)
        definite = np.zeros(b, np.bool_)
        are_definite(room.grams, floors, definite)
    return definite & fine


def by_reflections(
    X: Array, A: Array, dtype: np.dtype[Any]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Ranks, and whether they are clear, with X of k dimensions that every A sees.

    What counts as nothing beside s must also be nothing beside the operators alone, lest large
    condition numbers hide what the operators do tell.
    """
    (b, L, m, n), k = A.shape, X.shape[2]
    stacks = np.zeros((b, 1 + L * (m - k), 1 + n))
    sizes, fine = np.zeros(b), np.zeros(b, np.bool_)

    def task(part: slice) -> None:
        turned, one = _unit_rows(X[part].swapaxes(1, 2), dtype)
        rows, other = _unit_rows(A[part], dtype)
        room = _Room(len(rows), L, m, n, k)
        with np.errstate(all="ignore"):
            columns = np.ascontiguousarray(turned.swapaxes(1, 2))
            scale, sound = _vanishing(columns, rows, room, dtype)
            stacks[part, 1:, 1:] = (room.spaces @ rows).reshape(-1, L * (m - k), n)
        stacks[part, 0, 0], sizes[part] = scale, np.sqrt(_squares(rows.reshape(len(rows), -1)))
        fine[part] = one & other & sound

    _share(task, stacks)
    stacks[~fine], sizes[~fine] = 0.0, 0.0
    found = matrix_ranks(stacks, dtype)
    stacks[:, 0, 0] = sizes
    again = matrix_ranks(stacks, dtype)
    return found.ranks - 1, fine & found.clear & again.clear & (found.ranks == again.ranks)


def _vanishing(
    X: Array, A: Array, room: _Room, dtype: np.dtype[Any]
) -> tuple[Array, NDArray[np.bool_]]:
    """Fill in C_g^T; return the scale s (b,) of rounding in C_g^T A_g, and where all is fine."""
    (b, L, m, n), k = A.shape, X.shape[2]
    sizes, own = _squares(A.reshape(b, L, -1)), _squares(X.reshape(b, -1))
    sound = np.all(_ordinary(sizes, dtype), axis=1) & _ordinary(own, dtype)
    images = np.matmul(A.reshape(b, L * m, n), X, out=room.images).reshape(b * L, m, k)
    _null_spaces(images, room.spaces.reshape(b * L, m - k, m), room.inverses.reshape(b * L))
    condition = np.sqrt(sizes * own[:, None]) * room.inverses
    fine = sound & np.all(condition * _away(dtype) < 1.0, axis=1)
    return np.sqrt(np.sum(sizes * (1.0 + condition) ** 2, axis=1)), fine


def _away(dtype: np.dtype[Any]) -> float:
    """How much of a norm a singular value must be to be clear of rounding."""
    relative = threshold(1.0, float(np.finfo(dtype).eps))
    return relative * grey(relative)


def _squares(rows: Array) -> Array:
    """Squared norms of vectors (..., r)."""
    return np.asarray((rows[..., None, :] @ rows[..., :, None])[..., 0, 0])


def _ordinary(squares: Array, dtype: np.dtype[Any]) -> NDArray[np.bool_]:
    """Whether squared norms are neither extreme nor, in `dtype`, of subnormal entries; or NaN."""
    limits = np.finfo(dtype)
    coarse = float(limits.smallest_normal / limits.eps) ** 2
    return (squares > max(_SQUARES[0], coarse)) & (squares < _SQUARES[1])


def _unit_rows(matrices: Array, dtype: np.dtype[Any]) -> tuple[Array, NDArray[np.bool_]]:
    """Rows of (b, ..., r, n) scaled to norm 1 or left at zero; and whether all of them could be."""
    with np.errstate(all="ignore"):
        squares = _squares(np.ascontiguousarray(matrices))
        sound = _ordinary(squares, dtype)
        unit = matrices * np.where(sound, 1.0 / np.sqrt(squares), 0.0)[..., None]
    sound |= ~matrices.any(axis=-1)
    return unit, np.all(sound, axis=tuple(range(1, sound.ndim)))


def _null_spaces(images: Array, spaces: Array, inverses: Array) -> None:
    """Left null spaces (b, m - k, m) of (b, m, k) matrices, and norms of the pseudo-inverses."""
    m, k = images.shape[1:]
    if m * (m - k) <= _SMALL:
        left_null_spaces(images, spaces, inverses)
        return
    q, r = np.linalg.qr(images, mode="complete")
    spaces[:] = q[:, :, k:].swapaxes(1, 2)
    known = np.isfinite(r).all(axis=(1, 2))[:, None, None]
    inverses[:] = k**0.5 / np.linalg.svd(np.where(known, r[:, :k], 0.0), compute_uv=False)[:, -1]


def by_singular_values(X: Array, A: Array, dtype: np.dtype[Any]) -> tuple[int, bool, int]:
    """Rank, whether it is clear, and dim X: step by step, for one subspace (n, k).

    Rows of A are made orthonormal, so that of operators of lower rank no rounding is left.
    """
    columns, entry = _scaled(X.T)
    own, spread, clear = _span(columns, dtype, entry)
    dim = len(own)
    inside, outside = own.T, np.linalg.qr(own.T, mode="complete")[0][:, dim:]
    squares, bounds, blocks = 0.0, 0.0, [np.zeros((0, len(X) - dim))]
    for operator in A:
        rows, least = _scaled(operator)
        entry = min(entry, least)
        rows, turn, sure = _span(rows, dtype, entry)
        clear, size = clear and sure, len(rows) ** 0.5
        u, kept = np.eye(len(rows)), np.zeros(0)
        if len(rows) and dim:
            u, kept, _ = np.linalg.svd(rows @ inside)
        seen, sure = _above(kept, size, (turn + spread) * size, dtype, entry)
        clear = clear and sure
        blocks.append(u[:, seen:].T @ rows @ outside)
        moved = (turn + spread) * size / kept[seen - 1] if seen else 0.0
        squares, bounds = squares + size**2, bounds + size**2 * (turn + moved) ** 2
    stack = np.concatenate(blocks)
    if stack.size == 0:
        return 0, clear, dim
    values = np.asarray(np.linalg.svd(stack, compute_uv=False))
    rank, sure = _above(values, squares**0.5, bounds**0.5, dtype, entry)
    return rank, clear and sure, dim


def _span(rows: Array, dtype: np.dtype[Any], entry: float) -> tuple[Array, float, bool]:
    """Orthonormal rows of the same span, how much rounding turns them, and whether r is clear."""
    if rows.size == 0:
        return rows, 1.0, True
    values, turned = np.linalg.svd(rows, full_matrices=False)[1:]
    own = cut(values, dtype, entry)
    rank = int((values > own.tolerance).sum())
    spread = float(np.linalg.norm(values) / values[max(rank, 1) - 1])
    return turned[:rank], spread, own.clear


def _above(
    values: Array, size: float, bound: float, dtype: np.dtype[Any], entry: float
) -> tuple[int, bool]:
    """How many values are more than rounding beside `bound`; clear if so beside `size` as well."""
    found = []
    for corner in (bound, size):
        own = cut(np.append(values, corner), dtype, entry)
        found.append((int((values > own.tolerance).sum()), own.clear))
    return found[0][0], found[0][1] and found[1] == found[0]


def _scaled(rows: Array) -> tuple[Array, float]:
    """Rows that are not zero, scaled to norm 1, and the least of their largest entries."""
    largest = np.abs(rows).max(axis=1, initial=0.0)
    rows, largest = rows[largest > 0], largest[largest > 0]
    # A power of two first, since squares of very large and small numbers are out of range.
    rows = np.ldexp(rows, -np.frexp(largest)[1][:, None])
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return rows, float(largest.min(initial=1.0))
