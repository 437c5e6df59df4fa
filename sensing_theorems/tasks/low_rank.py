r"""Recovery of a matrix of low rank, whose columns are seen through several operators."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._validate import positive_int
from ..thresholds import Threshold
from ._descent import Fit, fit_subspace
from ._recovery import by_some_algorithm, collected, dealt, one_of, share, zero_or_more
from .base import Task
from .bounds import samples, subspace

__all__ = ["LowRankProblem", "LowRankRecovery"]

ALGORITHMS = ("gauss_newton", "als")
LAWS = ("gaussian", "masks")

# Squared residual, as a share of the measurements, at which iterations stop.
_ZERO = 1e-20


class LowRankProblem(NamedTuple):
    r"""Incomplete measurements :math:`y_i = A_{g_i} x_i` of signals in a subspace.

    Attributes
    ----------
    signals : ndarray of float64, shape (n, N)
        The true :math:`x_i`.
    rank : int
        Dimension of the subspace.
    operators : ndarray of float64, shape (G, m, n)
        As many as samples at most.
    measurements : ndarray of float64, shape (m, N)
        Sample i is seen through operator i mod G.
    """

    signals: NDArray[np.float64]
    rank: int
    operators: NDArray[np.float64]
    measurements: NDArray[np.float64]


@dataclass(frozen=True)
class LowRankRecovery(Task):
    r"""Whether signals in a random subspace are recovered from incomplete measurements alone.

    N signals are standard normal combinations of k standard normal vectors of R^n, dealt in turn to
    G operators of m rows: low-rank matrix sensing by columns, or matrix completion. Known are the
    :math:`y_i = A_{g_i} x_i`, the operators and k.

    Parameters
    ----------
    n, k, m, G, N : int, optional
        Dimension of signals and of the subspace, rows of an operator, number of operators and of
        samples; each here or in the cells. For k ≥ n the subspace is R^n.
    law : {"gaussian", "masks"}
        Operators with standard normal entries, or each with m random coordinates, all for m ≥ n.
    algorithm : {"gauss_newton", "als"}
        Damped Gauss-Newton steps for the subspace, with the best codes eliminated; or alternating
        least squares for subspace and codes.
    iterations : int
        Most steps in one attempt.
    restarts : int
        Further attempts, from random subspaces; the first begins with the dominant left singular
        vectors of the :math:`A_{g_i}^\top y_i`. What leaves the least residual is kept.
    tolerance : float
        Largest :math:`\|\hat X - X\|_F / \|X\|_F` of a success.

    Notes
    -----
    Alternating least squares from a spectral start is the method of Jain, Netrapalli and Sanghavi,
    "Low-rank matrix completion using alternating minimization" (2013). Elimination of one factor
    is that of Golub and Pereyra (1973) in the approximation of Kaufman (1975); Gauss-Newton steps
    for both factors are studied by Zilber and Nadler, "GNMR: a provable one-line algorithm for low
    rank matrix recovery" (2022). Operators that are shared by samples make the normal equations
    :math:`\sum_g C_g C_g^\top \otimes A_g^\top P_g A_g` cheap.

    The thresholds say where recovery is possible, whatever the algorithm. With
    :math:`N \ge k G` Gaussian samples and Gaussian operators, every operator sees :math:`A_g X` for
    certain, so that the bounds for the subspace X hold; with fewer, or with masks, only the
    necessary ones do. A subspace that is identified is not R^n, so m > k, and almost all operators
    are one-to-one on it. For k ≥ n or N ≤ k nothing is to be learned: each signal is recovered by
    itself, where m ≥ n.

    Proof of :math:`G (m-k) \ge n-k`, for k < n and N > k. If it fails, some u outside X lies in all
    :math:`X + \operatorname{null} A_g`, as in `bounds.subspace`: with a basis B of X,
    :math:`A_g u = A_g B w_g`. Then :math:`B' = B + u \varphi^\top`, for any small
    :math:`\varphi`, has :math:`A_g B' = A_g B (I + w_g \varphi^\top)`, so that each signal B c has
    a twin :math:`B' (I + w_g \varphi^\top)^{-1} c` with the same measurements.

    Bounds speak of exact recovery, as tolerance → 0: with a large tolerance a trial may succeed by
    chance where a necessary one is not met.

    Examples
    --------
    >>> import numpy as np
    >>> task = LowRankRecovery(n=12, k=2, G=5, N=60)
    >>> [task({"m": m}, np.random.default_rng(0)) for m in (3, 4)]
    [False, True]
    """

    n: int | None = None
    k: int | None = None
    m: int | None = None
    G: int | None = None
    N: int | None = None
    law: str = "gaussian"
    algorithm: str = "gauss_newton"
    iterations: int = 100
    restarts: int = 5
    tolerance: float = 1e-4

    axes: ClassVar[tuple[str, ...]] = ("n", "k", "m", "G", "N")

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.law, "law", LAWS)
        one_of(self.algorithm, "algorithm", ALGORITHMS)
        object.__setattr__(self, "iterations", positive_int(self.iterations, "iterations"))
        object.__setattr__(self, "restarts", zero_or_more(self.restarts, "restarts"))
        share(self.tolerance, "tolerance")

    def many(
        self, cell: Mapping[str, int], rngs: Sequence[np.random.Generator]
    ) -> list[bool | None]:
        """Outcomes of many trials; see `Task`."""
        return [self._one(cell, rng) for rng in rngs]

    def _one(self, cell: Mapping[str, int], rng: np.random.Generator) -> bool:
        problem = self.draw(cell, rng)
        away = np.linalg.norm(self.solve(problem, rng) - problem.signals)
        return bool(away <= self.tolerance * np.linalg.norm(problem.signals))

    def draw(self, cell: Mapping[str, int], rng: np.random.Generator) -> LowRankProblem:
        """Draw the problem of one trial."""
        own = self.values(cell)
        n, k, m, G, N = (own[name] for name in self.axes)
        k, G = min(k, n), min(G, N)
        signals = rng.standard_normal((n, k)) @ rng.standard_normal((k, N))
        if self.law == "gaussian":
            operators = rng.standard_normal((G, m, n))
        else:
            seen = np.sort(np.argsort(rng.random((G, n)), axis=1)[:, :m], axis=1)
            operators = np.eye(n)[seen]
        measurements = collected(operators @ dealt(signals, G), N)
        return LowRankProblem(signals, k, operators, measurements)

    def solve(self, problem: LowRankProblem, rng: np.random.Generator) -> NDArray[np.float64]:
        """Signals recovered from operators and measurements, shape (n, N)."""
        _, k, operators, measurements = problem
        signals = dealt(measurements, len(operators))
        start, best = _spectral(operators, signals, k), Fit(signals[0], (), math.inf)
        for _ in range(self.restarts + 1):
            found = fit_subspace(
                start, operators, signals, self.algorithm == "gauss_newton", self.iterations, _ZERO
            )
            if found.error < best.error:
                best = found
            if best.error <= 1e4 * _ZERO:
                break
            start = rng.standard_normal(start.shape)
        factor, codes = best.factor, best.codes[0]
        return np.asarray(collected(factor @ codes, measurements.shape[1]))

    def thresholds(self, cell: Mapping[str, int], axis: str) -> tuple[Threshold, ...]:
        """Bounds along m, G, k, n and N on what any algorithm can do."""
        return by_some_algorithm(self._bounds(self.values(cell, without=axis), axis))

    def _bounds(self, own: Mapping[str, int], axis: str) -> tuple[Threshold, ...]:
        n, k, m, N = (own.get(name, math.nan) for name in ("n", "k", "m", "N"))
        if k >= n or N <= k or (axis == "n" and m <= k):
            return _one_by_one(own, axis)
        if axis == "N":
            return _by_number(own, self.law == "gaussian")
        if axis == "k":
            return _by_dimension(own)
        found = subspace(own, axis)
        if self.law != "gaussian" or axis == "G" or N < k * own["G"]:
            found = tuple(
                replace(one, kind="necessary") for one in found if one.kind != "sufficient"
            )
        return found + (samples(own, axis) if axis == "m" else ())


def _spectral(operators: NDArray[Any], signals: NDArray[Any], k: int) -> NDArray[np.float64]:
    """Dominant left singular vectors of all back-projected samples."""
    n = operators.shape[2]
    seen = np.matmul(operators.mT, signals)
    moments = np.matmul(seen, seen.mT).sum(axis=0)
    return np.asarray(np.linalg.eigh(moments)[1][:, n - k :])


def _one_by_one(own: Mapping[str, int], axis: str) -> tuple[Threshold, ...]:
    """Every signal has to be recovered by itself, as there are too few or they fill R^n."""
    if axis == "m":
        return (Threshold("exact", "derived", "m ≥ n, each signal by itself", own["n"]),)
    if axis == "n":
        text = "n ≤ m, each signal by itself"
        return (Threshold("exact", "derived", text, own["m"], upper=True),)
    if axis not in ("G", "N"):
        return ()
    least = 1 if own["m"] >= own["n"] else math.inf
    return (Threshold("exact", "derived", f"{axis} ≥ 1 if m ≥ n", least),)


def _by_dimension(own: Mapping[str, int]) -> tuple[Threshold, ...]:
    """Bound on the dimension of the subspace; with m ≥ n rows any dimension will do."""
    n, m, G = own["n"], own["m"], own["G"]
    most = math.inf if m >= n else Fraction(G * m - n, G - 1) if G > 1 else -math.inf
    return (Threshold("necessary", "derived", "k ≤ (G m − n)/(G − 1)", most, upper=True),)


def _by_number(own: Mapping[str, int], generic: bool) -> tuple[Threshold, ...]:
    r"""Bounds on the number of samples: k for every operator are enough, if operators are."""
    n, k, m, G = own["n"], own["k"], own["m"], own["G"]
    if m >= n:
        return _one_by_one(own, "N")
    found = samples(own, "N")
    if generic and G * (m - k) >= n - k:
        return (*found, Threshold("sufficient", "derived", "N ≥ k G", k * G))
    return found
