r"""Three orthogonal parts of a signal: seen by A, identifiable with the stack, seen by nobody.

With the orthogonal projectors :math:`P_A` on :math:`\operatorname{null} A` and :math:`P_N` on the
null space :math:`N \subseteq \operatorname{null} A` of the stack,

.. math:: x = \underbrace{(I - P_A) x}_{A^+ A x} + \underbrace{(P_A - P_N) x}_{\text{identifiable}}
              + \underbrace{P_N x}_{\text{unseen}} .
"""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._forward import ForwardOperator
from .._probes import probe_rng
from .._validate import finite_array
from ..equivariance import row_space_projector
from ..rank_result import RankResult
from ..stacked_rank import stacked_rank

__all__ = ["SignalParts", "energy", "psnr", "signal_rows"]

Array = NDArray[Any]
_ROUNDING = 1e-24  # share of the energy, so 1e-12 of the amplitude
_SAME = 1e-7  # of the amplitude, what lies in a row space
_KEPT = 2**26  # entries of all null space bases together
_WORK = 1e10  # of one decomposition: some ten seconds


def energy(x: Array) -> float:
    r"""Energy :math:`\sum |x|^2` of all entries."""
    return float(np.sum(np.abs(x) ** 2))


def psnr(x: Array, errors: float) -> float:
    r"""Peak signal-to-noise ratio of estimates of the signals `x`, in dB.

    .. math:: 10 \log_{10} \frac{\max |x|^2}{\text{mean squared error}}

    Peak and mean are over all signals and entries, a complex entry being one. Errors below
    rounding, :math:`10^{-24}` of the energy, give infinity.

    Parameters
    ----------
    x : ndarray
    errors : float
        Sum of all squared errors.
    """
    if errors <= _ROUNDING * energy(x):
        return math.inf
    return 10.0 * math.log10(float(np.abs(x).max()) ** 2 * x.size / errors)


def signal_rows(value: Any, n: int, field: str, name: str) -> Array:
    """Return signals (N, n) or (N, *shape) as rows, refused if they are none of R^n (or C^n)."""
    x = finite_array(value, name)
    if x.ndim < 2 or x.size == 0 or math.prod(x.shape[1:]) != n:
        raise ValueError(
            f"`{name}` must have shape (N, {n}), or an N before the shape of a signal;"
            f" got {x.shape}."
        )
    if np.iscomplexobj(x) and field == "real":
        raise ValueError(
            f"`{name}` must be real for a problem over the real numbers; got dtype "
            f"{x.dtype}. Ask for a problem of `field` 'complex'."
        )
    return x.reshape(len(x), n).astype(np.result_type(x, np.float64), copy=False)


@dataclass(frozen=True, eq=False)
class SignalParts:
    """Projections of signals on the three parts.

    Parameters
    ----------
    operators : tuple of ForwardOperator, each (m, n)
        Over the field of the signals.
    stack : RankResult
        Of all operators with the symmetry of the signals.
    """

    operators: tuple[ForwardOperator, ...]
    stack: RankResult
    _alone: dict[int, RankResult] = field(default_factory=dict, init=False, repr=False)

    def rank(self, i: int) -> int | None:
        """Rank of operator i by itself; ``None`` where it is unclear, or takes minutes."""
        if self.operators[i].orthonormal_rows:
            return int(self.operators[i].shape[0])
        if self._large(i):
            return None
        found = self._result(i)
        return found.rank if found.clear and not found.rank_error else None

    def _result(self, i: int) -> RankResult:
        if i in self._alone:
            return self._alone[i]
        found = stacked_rank([self.operators[i]], field=self.stack.field)
        if self.stack.n**2 * len(self.operators) <= _KEPT or len(self.operators) == 1:
            self._alone[i] = found
        return found

    def _large(self, i: int) -> bool:
        small, large = sorted(self.operators[i].shape)
        return small**2 * large > _WORK

    def unseen(self, x: Array) -> Array:
        """Part of signals (N, n) in the null space of the stack."""
        return self.stack.invisible_part(x)

    def hidden(self, x: Array, i: int = 0) -> Array:
        """Part of signals (N, n) in the null space of operator i."""
        A = self.operators[i]
        if A.orthonormal_rows:
            return x - A.rmatmat(A.matmat(x.T)).T
        if self._large(i) and i not in self._alone:
            project = row_space_projector(A)
            # What iteration cannot reach with an ill-conditioned A, a decomposition can.
            with suppress(ArithmeticError):
                return x - np.stack([project(row) for row in x])
        return self._result(i).invisible_part(x)

    def identifiable(self, x: Array, i: int = 0) -> Array:
        """Part of signals (N, n) that operator i hides and the stack sees."""
        return self.hidden(x, i) - self.unseen(x)

    def shares(self, x: Array) -> tuple[float, float, float]:
        """Shares of the energy of signals (N, n) in the three parts, the mean over operators."""
        whole, unseen = energy(x), energy(self.unseen(x))
        between = np.mean([energy(self.identifiable(x, i)) for i in range(len(self.operators))])
        second, third = float(between) / whole, unseen / whole
        # Rounding must not leave a share below zero.
        return max(0.0, 1.0 - second - third), second, third

    def distinct(self) -> tuple[int, ...]:
        """Operators whose row space lies in that of no other; of equal ones the first.

        A random signal of one row space lies in another only if, with probability one, the whole
        row space does.
        """
        if len(self.operators) == 1:
            return (0,)
        rng, shape = probe_rng("distinct operators"), (2, self.stack.n)
        x: Array = rng.standard_normal(shape)
        if self.stack.field == "complex":
            x = x + 1j * rng.standard_normal(shape)
        count = len(self.operators)
        seen = np.concatenate([x - self.hidden(x, i) for i in range(count)])
        size = np.linalg.norm(seen.reshape(count, -1), axis=1)
        outside = [self.hidden(seen, i).reshape(count, -1) for i in range(count)]
        # Entry i, j: whether i holds j.
        holds = np.linalg.norm(outside, axis=2) <= _SAME * size
        more = holds & ~(holds.T & np.tri(count, k=-1, dtype=bool))
        np.fill_diagonal(more, False)
        return tuple(int(j) for j in np.flatnonzero(~more.any(axis=0)))

    def errors(self, x: Array, error: Array, operator: Any = None) -> tuple[float, float]:
        r"""Squared errors relative to the signals, in the identifiable and the unseen part.

        .. math:: \frac{\sum \|P (\hat x - x)\|^2}{\sum \|P x\|^2}

        NaN where the signals have next to no energy there. See `Prediction.split`.
        """
        weak = 1e-20 * energy(x)
        wrong = there = 0.0
        for i, chosen in self._assigned(len(x), operator):
            wrong += energy(self.identifiable(error[chosen], i))
            there += energy(self.identifiable(x[chosen], i))
        lost = energy(self.unseen(x))
        return (
            wrong / there if there > weak else math.nan,
            energy(self.unseen(error)) / lost if lost > weak else math.nan,
        )

    def _assigned(self, count: int, operator: Any) -> list[tuple[int, Any]]:
        """Which signals each operator measures: all of them, if nothing is said."""
        last = len(self.operators) - 1
        if operator is None:
            return [(i, slice(None)) for i in range(last + 1)]
        index = np.asarray(operator)
        if index.dtype.kind not in "iu" or index.shape not in ((), (count,)):
            raise ValueError(
                f"`operator` must be an integer, or ({count},) of them; got shape "
                f"{index.shape}, dtype {index.dtype}."
            )
        if index.min() < 0 or index.max() > last:
            raise ValueError(
                f"`operator` must lie in 0, ..., {last}; got {index.min()} to {index.max()}."
            )
        index = np.broadcast_to(index, (count,))
        return [(int(i), index == i) for i in np.unique(index)]
