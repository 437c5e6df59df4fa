r"""Whether a stack of any size sees everything, from random signals and a Krylov solver.

The least-squares solution of smallest norm of :math:`S z = S x`, S being the stack, is the visible
part of x. Of a random signal the invisible part has energy :math:`\chi^2` with as many degrees of
freedom as dimensions are lost: none at all if the rank is full, and with probability one some
otherwise. So the question *full or not* gets an answer, the number of lost dimensions an estimate.
The bar for what counts as zero is that of every other method, relative to the Frobenius norm, which
random signals give too; and what the iteration meets between zero and clear makes it unclear.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.sparse.linalg import LinearOperator, lsqr

from ._forward import ForwardOperator
from ._probes import probe_rng
from .groups.action import GroupAction
from .listed import stack_operator
from .rank_result import Losses, RankResult
from .rows import magnitude, precision
from .spectrum import Spectrum
from .tolerance import grey, judge, rounding, threshold

__all__ = ["krylov"]

_PROBES = 8
_STEPS = 2000
# Of the norm of a signal; what iteration leaves of a visible signal is far less.
_INVISIBLE = 1e-6
_PLAIN = 300
_ACCURACY = 1e-15


class _Stack:
    """The stack by its products, over a power of two, and what a random signal tells of its size.

    Attributes
    ----------
    norm : float
        Estimate of the Frobenius norm.
    tolerance : float
        What counts as zero.
    """

    def __init__(self, A: ForwardOperator, action: GroupAction, rng: np.random.Generator) -> None:
        self.n, self.complex = action.n, A.dtype.kind == "c"
        self.rng = rng
        plain = stack_operator(A, action, "krylov")
        signal = self.signal()
        seen = plain.matvec(signal)
        if not np.all(np.isfinite(seen)):
            raise ValueError(
                "the answers of the stack must be finite; they overflow. Scale it down."
            )
        scale = magnitude(seen)
        self.scale = scale if abs(math.log2(scale)) > _PLAIN else 1.0
        self.operator = plain if self.scale == 1.0 else _divided(plain, self.scale)
        # E |S x|^2 = |S|_F^2 |x|^2 / n.
        size = np.linalg.norm(seen / self.scale) / np.linalg.norm(signal)
        self.norm = float(size) * math.sqrt(self.n)
        largest = float(np.abs(seen).max())
        self.tolerance = threshold(self.norm, max(rounding(precision(A), largest), action.rounding))

    def signal(self) -> np.ndarray:
        """A random signal."""
        x = self.rng.standard_normal(self.n)
        return x + 1j * self.rng.standard_normal(self.n) if self.complex else x

    def split(self, x: np.ndarray) -> tuple[np.ndarray, float, bool]:
        """Invisible part of x, smallest singular value met, and whether the iteration ended."""
        left, weakest, ended = x, math.inf, True
        # The second time removes what the first has left of the visible part.
        for turn in range(2):
            target = self.operator.matvec(left)
            if np.linalg.norm(target) <= self.tolerance / 2 * np.linalg.norm(left):
                break
            found = lsqr(
                self.operator, target, atol=_ACCURACY, btol=_ACCURACY, conlim=0, iter_lim=_STEPS
            )
            left = left - found[0]
            if turn == 0:
                ended = found[1] != 7
                # Norm and condition number are those of what the iteration has explored.
                weakest = found[5] / found[6] if found[6] > 0 else math.inf
        return left, float(weakest), ended


def _divided(stack: LinearOperator, scale: float) -> LinearOperator:
    return LinearOperator(
        stack.shape,
        matvec=lambda x: stack.matvec(x) / scale,
        rmatvec=lambda y: stack.rmatvec(y) / scale,
        dtype=stack.dtype,
    )


@dataclass(frozen=True, eq=False)
class _KrylovNullSpace:
    """Null space of a stack known by its products, with one of its vectors."""

    stack: _Stack
    found: np.ndarray

    def project(self, x: np.ndarray) -> np.ndarray:
        """Orthogonal projection of signals (r, n)."""
        hidden = [self.stack.split(row)[0] for row in x]
        return np.array(hidden).reshape(x.shape)

    def vector(self) -> np.ndarray:
        """Return the invisible part of a random signal."""
        return self.found


@dataclass(frozen=True, eq=False)
class _KrylovSource:
    """A null space; neither irreps nor singular values."""

    null: _KrylovNullSpace

    def losses(self) -> Losses:
        """Nothing: the irreps are not looked at."""
        return ()

    def spectrum(self) -> Spectrum | None:
        """Nothing: no singular values are computed."""
        return None

    def null_space(self) -> _KrylovNullSpace:
        """The null space as a projector."""
        return self.null


def krylov(A: ForwardOperator, action: GroupAction, field: str, seed: int) -> RankResult:
    """Rank of the listed stack by projecting random signals, matrix-free.

    Raises
    ------
    ValueError
        If the group has more than 64 elements, or the stack overflows.
    """
    stack = _Stack(A, action, probe_rng("krylov", seed))
    n, relative = action.n, stack.tolerance / stack.norm if stack.norm else 0.0
    # The norm is an estimate, so both turns keep a factor 2 away from where they might be.
    bar = 2 * stack.tolerance * grey(relative)
    shares, best, weakest, ended = [], np.zeros(n), math.inf, True
    for _ in range(_PROBES):
        x = stack.signal()
        hidden, smallest, stopped = stack.split(x)
        shares.append(float(np.linalg.norm(hidden) / np.linalg.norm(x)))
        best = hidden if shares[-1] == max(shares) else best
        weakest, ended = min(weakest, smallest), ended and stopped
        # Two signals of a full stack tell the same as eight; one that does not end tells enough.
        if not ended or (len(shares) == 2 and max(shares) <= _INVISIBLE):
            break
    full = max(shares) <= _INVISIBLE
    witness = best / (np.linalg.norm(best) or 1.0)
    unseen = 0.0 if full else 2 * float(np.linalg.norm(stack.operator.matvec(witness)))
    lost, error = _lost(np.array(shares), stack) if not full else (0, 0.0)
    decided = judge(stack.tolerance, min(weakest, stack.norm), None if full else unseen, stack.norm)
    return RankResult(
        rank=n - lost,
        n=n,
        m=A.shape[0],
        field=field,
        method="krylov",
        clear=ended and decided.clear and weakest > bar,
        gap=decided.gap,
        tolerance=stack.tolerance * stack.scale,
        note="" if ended else f"the iteration did not converge in {_STEPS} steps",
        rank_error=error,
        source=_KrylovSource(_KrylovNullSpace(stack, witness)),
    )


def _lost(shares: np.ndarray, stack: _Stack) -> tuple[int, float]:
    """Estimate of the dimensions lost, of which there is at least one, and its standard error."""
    n = stack.n
    fewest = max(1, n - stack.operator.shape[0])
    lost = min(n, max(fewest, round(float(np.mean(shares**2)) * n)))
    if lost == n and stack.norm == 0.0:
        return n, 0.0
    return lost, math.sqrt((1 if stack.complex else 2) * lost / shares.size)
