r"""Whether a stack of any size sees everything, from random signals and a Krylov solver.

The least-squares solution of smallest norm of :math:`S z = S x`, S being the stack, is the visible
part of x. Of a random signal the invisible part has energy :math:`\chi^2` with as many degrees of
freedom as dimensions are lost: none at all if the rank is full, and with probability one some
otherwise. So the question *full or not* gets an answer, the number of lost dimensions an estimate.
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
from .spectrum import Spectrum
from .tolerance import rounding

__all__ = ["krylov"]

_PROBES = 8
_STEPS = 2000
# Of the norm of a signal; what iteration leaves of a visible signal is far less.
_INVISIBLE = 1e-6
_UNSEEN = 1e-9


@dataclass(frozen=True, eq=False)
class _KrylovNullSpace:
    """Null space of a stack known by its products, with one of its vectors."""

    stack: LinearOperator
    found: np.ndarray
    accuracy: float

    def project(self, x: np.ndarray) -> np.ndarray:
        """Orthogonal projection of signals (r, n)."""
        return np.stack([_hidden(self.stack, row, self.accuracy)[0] for row in x])

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


def _hidden(stack: LinearOperator, x: np.ndarray, accuracy: float) -> tuple[np.ndarray, bool]:
    """Invisible part of x, and whether the iteration came to an end by itself."""
    left, ended = x, True
    # The second time removes what the first has left of the visible part.
    for _ in range(2):
        target = stack.matvec(left)
        if not np.any(target):
            break
        solution, stopped = lsqr(
            stack, target, atol=accuracy, btol=accuracy, conlim=0, iter_lim=_STEPS
        )[:2]
        left = left - solution
        ended = ended and stopped in (0, 1, 2, 4, 5)
    return left, ended


def _random(n: int, complex_field: bool, rng: np.random.Generator) -> np.ndarray:
    x = rng.standard_normal(n)
    return x + 1j * rng.standard_normal(n) if complex_field else x


def krylov(A: ForwardOperator, action: GroupAction, field: str, seed: int) -> RankResult:
    """Rank of the listed stack by projecting random signals, matrix-free.

    Raises
    ------
    ValueError
        If the group has more than 64 elements.
    """
    stack = stack_operator(A, action, "krylov")
    n, rng = action.n, probe_rng("krylov", seed)
    precision = rounding(A.dtype)
    accuracy = max(1e-13, precision)
    x = _random(n, A.dtype.kind == "c", rng)
    gain = float(np.linalg.norm(stack.matvec(x)) / np.linalg.norm(x))
    parts, ended = [], True
    for number in range(_PROBES):
        x = x if number == 0 else _random(n, A.dtype.kind == "c", rng)
        hidden, stopped = _hidden(stack, x, accuracy)
        ended = ended and stopped
        share = float(np.linalg.norm(hidden) / np.linalg.norm(x))
        parts.append((share, hidden))
        # Two signals of a full stack tell the same as eight; one that does not end tells enough.
        if not ended or (number == 1 and max(p[0] for p in parts) <= _INVISIBLE):
            break
    best = max(parts, key=lambda part: part[0])
    full = best[0] <= _INVISIBLE
    unit = best[1] / (np.linalg.norm(best[1]) or 1.0)
    unseen = float(np.linalg.norm(stack.matvec(unit)))
    allowed = max(_UNSEEN, 1e3 * precision) * gain
    shares = np.array([share for share, _ in parts]) ** 2
    fewest = max(1, n - stack.shape[0])
    lost = 0 if full else min(n, max(fewest, round(float(shares.mean()) * n)))
    spread = 0.0 if full else math.sqrt(2 * lost / shares.size)
    clear = ended and (full or unseen <= allowed)
    return RankResult(
        rank=n - lost,
        n=n,
        m=A.shape[0],
        field=field,
        method="krylov",
        clear=clear,
        gap=_gap(best[0], full, unseen, gain),
        tolerance=allowed,
        note="" if ended else f"the iteration did not converge in {_STEPS} steps",
        rank_error=spread,
        source=_KrylovSource(_KrylovNullSpace(stack, unit, accuracy)),
    )


def _gap(share: float, full: bool, unseen: float, gain: float) -> float:
    """By how much the answer is away from the other one."""
    if full:
        return _INVISIBLE / share if share > 0 else math.inf
    return gain / unseen if unseen > 0 else math.inf
