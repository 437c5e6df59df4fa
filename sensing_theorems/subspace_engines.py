r"""The dimension of what operators tell about subspaces, for many at once.

Reflections of each A X, in coordinates of which k are left out, certify full rank: the usual answer
for operators in general position. What stays open is scaled and looked at in all coordinates, and
then step by step, where operators lose dimensions of X.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._kernels.subspaces import LANES, full_ranks, full_ranks_by_groups, left_null_spaces
from ._validate import require_finite
from .batches import matrix_ranks, share
from .tolerance import cut, grey, threshold

__all__ = ["by_reflections", "by_singular_values", "certify", "nothing_remains"]

Array = NDArray[Any]

# Entries of operators that are worked on at once, few enough to stay in a cache.
_BLOCK = 2**17
# Entries of a null space above which LAPACK, one matrix at a time, is quicker.
_SMALL = 2000
# Largest square of a norm of which products do not overflow.
_HIGHEST = 1e100


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
    full = np.zeros(b, np.bool_)
    rounding = 32.0 * max(L * (m - k), n) * float(np.finfo(np.float64).eps)
    rule = np.array([_lowest(dtype), _HIGHEST, _away(dtype), rounding])
    # Of lanes, as many as a cache has room for.
    group = max(1, max(1, _BLOCK // (LANES * m * n)) * LANES // L)

    def task(part: slice) -> None:
        bases, operators = _frozen(X[part]), _frozen(A[part])
        with np.errstate(all="ignore"):
            if m * (m - k) <= _SMALL:
                full_ranks_by_groups(bases, operators, group, rule, full[part])
            else:
                sizes = _squares(operators.reshape(*operators.shape[:2], m * n))
                found = _null_spaces(bases, operators)
                full_ranks(bases, operators, sizes, *found, rule, full[part])

    share(task, np.broadcast_to(0, (b, L * m * n)))
    return full


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
        with np.errstate(all="ignore"):
            spaces, inverses = _null_spaces(turned.swapaxes(1, 2), rows)
            stacks[part, 1:, 1:] = (spaces @ rows).reshape(-1, L * (m - k), n)
            squares = _squares(rows.reshape(*rows.shape[:2], m * n))
            condition = np.sqrt(squares * k) * inverses
            sound = np.all(condition * _away(dtype) < 1.0, axis=1)
            stacks[part, 0, 0] = np.sqrt(np.sum(squares * (1.0 + condition) ** 2, axis=1))
        sizes[part] = np.sqrt(np.sum(squares, axis=1))
        fine[part] = one & other & sound

    share(task, stacks)
    stacks[~fine], sizes[~fine] = 0.0, 0.0
    found = matrix_ranks(stacks, dtype)
    stacks[:, 0, 0] = sizes
    again = matrix_ranks(stacks, dtype)
    return found.ranks - 1, fine & found.clear & again.clear & (found.ranks == again.ranks)


def _null_spaces(X: Array, A: Array) -> tuple[Array, Array]:
    """Left null spaces (b, L, m - k, m) of all A X, and norms (b, L) of the pseudo-inverses."""
    (b, L, m, n), k = A.shape, X.shape[2]
    images = (A.reshape(b, L * m, n) @ X).reshape(b * L, m, k)
    if m * (m - k) <= _SMALL:
        spaces, inverses = np.empty((b * L, m - k, m)), np.empty(b * L)
        left_null_spaces(np.ascontiguousarray(images), spaces, inverses)
    else:
        q, r = np.linalg.qr(images, mode="complete")
        spaces = np.ascontiguousarray(q[:, :, k:].swapaxes(1, 2))
        known = np.isfinite(r).all(axis=(1, 2))[:, None, None]
        values = np.linalg.svd(np.where(known, r[:, :k], 0.0), compute_uv=False)
        inverses = k**0.5 / values[:, -1]
    return spaces.reshape(b, L, m - k, m), inverses.reshape(b, L)


def _frozen(array: Array) -> Array:
    """A contiguous read-only view: of one type, for which kernels are compiled once."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


def _away(dtype: np.dtype[Any]) -> float:
    """How much of a norm a singular value must be to be clear of rounding."""
    relative = threshold(1.0, float(np.finfo(dtype).eps))
    return relative * grey(relative)


def _squares(rows: Array) -> Array:
    """Squared norms of vectors (..., r)."""
    return np.asarray((rows[..., None, :] @ rows[..., :, None])[..., 0, 0])


def _lowest(dtype: np.dtype[Any]) -> float:
    """Smallest square of a norm of which no digits are lost, nor were by subnormal entries."""
    limits = np.finfo(dtype)
    return max(1.0 / _HIGHEST, float(limits.smallest_normal / limits.eps) ** 2)


def _unit_rows(matrices: Array, dtype: np.dtype[Any]) -> tuple[Array, NDArray[np.bool_]]:
    """Rows of (b, ..., r, n) scaled to norm 1 or left at zero; and whether all of them could be."""
    with np.errstate(all="ignore"):
        squares = _squares(np.ascontiguousarray(matrices))
        sound = (squares > _lowest(dtype)) & (squares < _HIGHEST)
        unit = matrices * np.where(sound, 1.0 / np.sqrt(squares), 0.0)[..., None]
    sound |= ~matrices.any(axis=-1)
    return unit, np.all(sound, axis=tuple(range(1, sound.ndim)))


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
