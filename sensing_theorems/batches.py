r"""Ranks of thousands of small matrices at once.

An elimination per matrix bounds the two singular values around the rank; most matrices are decided
by these bounds, and only the others need their singular values.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import numpy as np

from ._kernels.small_modular_ranks import ranks_modulo
from ._kernels.small_ranks import certified_ranks
from ._primes import prime
from ._validate import field_dtype, plain_array, require_finite

__all__ = ["BatchRanks", "at_most_threads", "matrix_ranks", "modular_ranks", "share"]

# 0 is no limit.
_LIMIT: ContextVar[int] = ContextVar("most threads", default=0)
_NOT_FINITE = -2
_SAFETY = 64.0
_GREY = 1e3
# Pivots per block of the kernel: longer ones bound more tightly, and take more time.
_BLOCK = 16
# Entries that one task handles: many enough to be worth a thread, few enough to be copied.
_TASK = range(2**14, 2**20)


class BatchRanks(NamedTuple):
    """Ranks of a batch of matrices, and how sure they are.

    Attributes
    ----------
    ranks : ndarray of int64, shape (...)
    clear : ndarray of bool, shape (...)
        False where rounding, or an entry changed in its last digits, could turn the rank.
    """

    ranks: np.ndarray
    clear: np.ndarray


def matrix_ranks(batch: Any, dtype: Any = None) -> BatchRanks:
    r"""Numerical ranks of many small matrices.

    A singular value counts as zero up to :math:`\tau = 64\,\varepsilon\,\|M\|_F`. A rank is clear
    if the smallest value above lies above
    :math:`\tau \min(10^3, (\tau/\sigma_1)^{-1/2})`, and the largest below at or below
    :math:`\tau/2`. Only the zero matrix has a clear rank 0.

    Parameters
    ----------
    batch : array_like, shape (..., r, c)
        Real or complex, finite.
    dtype : dtype, optional
        Precision :math:`\varepsilon` in which the entries are known, if it is not their type;
        the arithmetic is always in double precision. Where the largest entry is so small that
        subnormal numbers are coarser, their spacing over it takes the place of
        :math:`\varepsilon`.

    Returns
    -------
    BatchRanks
        Arrays of the shape (...) of the batch.

    Notes
    -----
    Rows whose sizes differ by many orders of magnitude should be scaled first: unlike
    `stacked_rank`, which looks for them, this rule takes a weak row for rounding of a strong one.

    Each matrix is handled by one thread, so that the ranks do not depend on their number: as many
    as the process may use, or less where ``NUMBA_NUM_THREADS`` says so.

    Examples
    --------
    >>> matrix_ranks([[[1.0, 2.0], [2.0, 4.0]], [[1.0, 2.0], [3.0, 4.0]]]).ranks
    array([1, 2])
    """
    raw = _matrices(batch)
    field = np.complex128 if field_dtype(raw.dtype, "batch").kind == "c" else np.float64
    precision = np.finfo(field_dtype(raw.dtype if dtype is None else dtype, "dtype"))
    ranks, clear = np.zeros(raw.shape[:-2], np.int64), np.ones(raw.shape[:-2], np.bool_)
    if raw.size == 0:
        return BatchRanks(ranks, clear)
    stack = raw.reshape(-1, *raw.shape[-2:])
    # Rows are swept by vector instructions, so they had better be the longer side.
    stack = stack.swapaxes(1, 2) if stack.shape[1] > stack.shape[2] else stack
    stack = np.ascontiguousarray(stack, field)
    found, sure = ranks.reshape(-1), clear.reshape(-1)
    share(lambda part: _certify(stack[part], found[part], precision), stack)
    if found.min() == _NOT_FINITE:
        require_finite(stack, "`batch`")
    left = np.flatnonzero(found < 0)
    rest, some, certain = stack[left], found[left], sure[left]
    share(lambda part: _decompose(rest[part], some[part], certain[part], precision), rest)
    found[left], sure[left] = some, certain
    return BatchRanks(ranks, clear)


def modular_ranks(batch: Any, p: int) -> np.ndarray:
    r"""Ranks of many small integer matrices modulo a prime, never above those over the rationals.

    Parameters
    ----------
    batch : array_like of integers or booleans, shape (..., r, c)
    p : int
        Prime below 2^31.

    Returns
    -------
    ndarray of int64, shape (...)

    Examples
    --------
    >>> modular_ranks([[[1, 2], [3, 4]], [[1, 2], [3, 1]]], p=5)
    array([2, 1])
    """
    p = prime(p, "p", 2, 2**31)
    raw = _matrices(batch)
    if raw.dtype.kind not in "biu":
        raise TypeError(f"`batch` must hold integers; got dtype {raw.dtype}.")
    if raw.dtype == np.uint64:
        raw = raw % np.uint64(p)
    ranks = np.zeros(raw.shape[:-2], np.int64)
    if raw.size:
        stack = np.ascontiguousarray(raw, np.int64).reshape(-1, *raw.shape[-2:])
        found = ranks.reshape(-1)
        share(lambda part: ranks_modulo(stack[part], found[part], p), stack)
    return ranks


def _matrices(batch: Any) -> np.ndarray:
    """Return `batch` as an array of matrices."""
    raw = plain_array(batch, "batch")
    if raw.ndim < 2:
        raise ValueError(f"`batch` must have shape (..., r, c); got {raw.shape}.")
    return raw


@contextmanager
def at_most_threads(count: int) -> Iterator[None]:
    """Let functions of this package use no more threads, inside of a ``with`` block.

    For programs that use their cores otherwise, for example with a process on each.
    """
    token = _LIMIT.set(count)
    try:
        yield
    finally:
        _LIMIT.reset(token)


def _threads() -> int:
    """How many threads to use."""
    usable = getattr(os, "sched_getaffinity", lambda _: range(os.cpu_count() or 1))
    asked = os.environ.get("NUMBA_NUM_THREADS", "")
    limits = [len(usable(0)), int(asked) if asked.isdigit() else 0, _LIMIT.get()]
    return min(limit for limit in limits if limit)


def share(task: Callable[[slice], None], stack: np.ndarray) -> None:
    """Run `task` on slices of `stack`, in threads if there are several.

    Kernels and LAPACK release the GIL. Threads of Numba's own would end the process where it
    forks (GNU OpenMP), or calls from two threads (its workqueue).
    """
    most = min(max(stack.size // _threads() + 1, _TASK.start), _TASK.stop)
    step = -(-most // max(1, stack[:1].size))
    parts = [slice(i, i + step) for i in range(0, len(stack), step)]
    workers = min(_threads(), len(parts))
    if workers < 2:
        for part in parts:
            task(part)
        return
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(task, parts))


def _certify(stack: np.ndarray, ranks: np.ndarray, precision: np.finfo) -> None:
    r"""Ranks where bounds decide: -1 where they do not, -2 where entries are not finite.

    A complex matrix is represented by a real one of twice its rank and :math:`\sqrt2` its norm.
    """
    eps = float(precision.eps)
    relative = _SAFETY * eps
    away = min(_GREY, relative**-0.5)
    # Below, the spacing of subnormal numbers begins to count: left to the singular values.
    lowest = int(precision.minexp) + 1
    unit = float(np.finfo(np.float64).eps)
    if stack.dtype == np.float64:
        floor = max(32 * stack.shape[1] * unit, 2 * (relative * away) ** 2)
        rule = np.array([relative, away, 2 * unit, floor])
        certified_ranks(stack, ranks, rule, lowest, _BLOCK)
        return
    floor = max(64 * stack.shape[1] * unit, (relative * away) ** 2)
    rule = np.array([relative / 2**0.5, away, 2 * unit, floor])
    doubled = np.empty((len(stack), 2 * stack.shape[1], 2 * stack.shape[2]))
    doubled[:, ::2, ::2] = doubled[:, 1::2, 1::2] = stack.real
    doubled[:, 1::2, ::2] = stack.imag
    np.negative(stack.imag, out=doubled[:, ::2, 1::2])
    certified_ranks(doubled, ranks, rule, lowest, _BLOCK)
    decided = ranks >= 0
    ranks[decided] = np.where(ranks[decided] % 2, -1, ranks[decided] // 2)


def _decompose(
    stack: np.ndarray, ranks: np.ndarray, clear: np.ndarray, precision: np.finfo
) -> None:
    """Ranks by the rule itself, from singular values."""
    largest = np.maximum(np.abs(stack.real), np.abs(stack.imag)).max(axis=(1, 2))
    exponents = np.frexp(largest)[1][:, None, None]
    # In two steps: one power of two may itself be out of range.
    halves = exponents // 2
    scaled = stack * np.ldexp(1.0, -halves) * np.ldexp(1.0, halves - exponents)
    values = np.linalg.svd(scaled, compute_uv=False)
    spacing = np.maximum(float(precision.eps), float(precision.smallest_subnormal) / largest)
    tau = _SAFETY * spacing * np.linalg.norm(values, axis=1)
    kept = values > tau[:, None]
    ranks[:] = kept.sum(axis=1)
    smallest = np.where(kept, values, np.inf).min(axis=1)
    lost = np.where(kept, 0.0, values).max(axis=1)
    away = np.minimum(_GREY, (values[:, 0] / tau) ** 0.5)
    clear[:] = (ranks > 0) & (smallest > tau * away) & (lost <= tau / 2)
