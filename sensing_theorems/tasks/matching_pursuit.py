r"""Recovery of a sparse signal by orthogonal matching pursuit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._kernels.pursuit import pursue
from ..thresholds import Threshold
from ._recovery import by_some_algorithm, one_of, share
from .base import Task

__all__ = ["MatchingPursuit", "SparseProblem"]

LAWS = ("gaussian", "signs")


class SparseProblem(NamedTuple):
    r"""Measurements y = A D z of a sparse signal.

    Attributes
    ----------
    dictionary : ndarray of float64, shape (n, atoms)
        D, with unit columns.
    codes : ndarray of float64, shape (atoms,)
        The true z.
    sparsity : int
    operator : ndarray of float64, shape (m, n)
    measurements : ndarray of float64, shape (m,)
    """

    dictionary: NDArray[np.float64]
    codes: NDArray[np.float64]
    sparsity: int
    operator: NDArray[np.float64]
    measurements: NDArray[np.float64]


@dataclass(frozen=True)
class MatchingPursuit(Task):
    r"""Whether orthogonal matching pursuit recovers a sparse signal of a known dictionary.

    A signal has k standard normal coefficients at random places and is seen through one random
    operator of m rows. Known are operator, dictionary, k and y = A D z.

    Parameters
    ----------
    n, m, k : int, optional
        Dimension of signals, rows of the operator, number of coefficients; each here or in the
        cells.
    atoms : int, optional
        Number of atoms, random directions of R^n; without it, they are the unit vectors.
    law : {"gaussian", "signs"}
        Entries of the operator: standard normal, or 1 and -1 with equal chances.
    tolerance : float
        Largest :math:`\|\hat x - x\| / \|x\|` of a success.

    Notes
    -----
    Orthogonal matching pursuit is due to Pati, Rezaiifar and Krishnaprasad (1993), and was studied
    with random measurements by Tropp and Gilbert, "Signal recovery from random measurements via
    orthogonal matching pursuit" (2007). A trial succeeds if its k steps find the support, and the
    signal. With m ≤ k rows any k independent columns explain y, so that it counts as a failure.

    The thresholds say where recovery is possible at all. Published is m > 2k for all signals and
    almost every A (Sauer, Yorke, Casdagli 1991, for sets of dimension k). On unions of subspaces
    equality is enough, derived here: differences x - x' are a cone, and 2k - 1 dimensional up to
    scale; with n of more atoms, k ≥ n, any signal is explained. For almost every signal, if it has
    fewer than all coefficients, k < min(m, n) is necessary; derived here: else the columns of any
    support span R^min(m, n). Bounds speak of exact recovery, as tolerance → 0; but where these are
    not met, a trial counts as a failure at any tolerance.

    Examples
    --------
    >>> import numpy as np
    >>> task = MatchingPursuit(n=100, k=5)
    >>> [task({"m": m}, np.random.default_rng(0)) for m in (8, 80)]
    [False, True]
    >>> [bound.least for bound in task.thresholds({}, "m")]
    [6, 10, 11]
    """

    n: int | None = None
    m: int | None = None
    k: int | None = None
    atoms: int | None = None
    law: str = "gaussian"
    tolerance: float = 1e-6

    axes: ClassVar[tuple[str, ...]] = ("n", "m", "k", "atoms")
    optional: ClassVar[tuple[str, ...]] = ("atoms",)

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.law, "law", LAWS)
        share(self.tolerance, "tolerance")

    def many(
        self, cell: Mapping[str, int], rngs: Sequence[np.random.Generator]
    ) -> list[bool | None]:
        """Outcomes of many trials; see `Task`."""
        return [self._one(cell, rng) for rng in rngs]

    def _one(self, cell: Mapping[str, int], rng: np.random.Generator) -> bool:
        problem = self.draw(cell, rng)
        D, codes, k, A, _ = problem
        if not k < min(A.shape) and not k == len(codes) <= min(A.shape):
            return False
        found = self.solve(problem)
        x = D @ codes
        near = np.linalg.norm(D @ found - x) <= self.tolerance * np.linalg.norm(x)
        return bool(near and np.array_equal(found != 0, codes != 0))

    def draw(self, cell: Mapping[str, int], rng: np.random.Generator) -> SparseProblem:
        """Draw the problem of one trial; a signal has no more coefficients than there are atoms."""
        own = self.values(cell)
        n, m = own["n"], own["m"]
        dictionary = np.eye(n)
        if "atoms" in own:
            dictionary = rng.standard_normal((n, own["atoms"]))
            dictionary /= np.linalg.norm(dictionary, axis=0)
        atoms = dictionary.shape[1]
        k, codes = min(own["k"], atoms), np.zeros(atoms)
        codes[rng.permutation(atoms)[:k]] = rng.standard_normal(k)
        if self.law == "gaussian":
            operator = rng.standard_normal((m, n))
        else:
            operator = rng.choice(np.array([-1.0, 1.0]), size=(m, n))
        return SparseProblem(dictionary, codes, k, operator, operator @ (dictionary @ codes))

    def solve(self, problem: SparseProblem) -> NDArray[np.float64]:
        """Coefficients found by orthogonal matching pursuit, shape (atoms,)."""
        D, codes, k, A, y = problem
        matrix = A @ D
        support, values = np.zeros(k, np.int64), np.zeros(k)
        pursue(matrix, np.linalg.norm(matrix, axis=0), y, 0, support, values)
        found = np.zeros(len(codes))
        found[support[support >= 0]] = values[support >= 0]
        return found

    def thresholds(self, cell: Mapping[str, int], axis: str) -> tuple[Threshold, ...]:
        """Bounds along m and k on what any algorithm can do."""
        own = self.values(cell, without=axis)
        if axis not in ("m", "k"):
            return ()
        enough = _sufficient(own, axis) if self.law == "gaussian" else ()
        return (*_necessary(own, axis), *by_some_algorithm(enough))


def _necessary(own: Mapping[str, int], axis: str) -> tuple[Threshold, ...]:
    """Recovery of almost every signal; with all coefficients in use, only their number counts."""
    n, atoms = own["n"], own.get("atoms", own["n"])
    if axis == "k":
        most = own["m"] if own["m"] < n else n
        if atoms <= most:
            return (Threshold("necessary", "derived", "k ≤ atoms", math.inf, upper=True),)
        return (Threshold("necessary", "derived", "k ≤ min(m, n) − 1", most - 1, upper=True),)
    k = min(own["k"], atoms)
    if k < atoms:
        least = k + 1 if k < n else math.inf
        return (Threshold("necessary", "derived", "m ≥ k + 1", least),)
    least = k if k <= n else math.inf
    return (Threshold("necessary", "derived", "m ≥ k, all atoms are in use", least),)


def _sufficient(own: Mapping[str, int], axis: str) -> tuple[Threshold, ...]:
    """Recovery through Gaussian operators, unless n of more atoms explain any signal."""
    n, atoms = own["n"], own.get("atoms", own["n"])
    if axis == "k":
        half, also = Fraction(own["m"], 2), " and k < n" if atoms > n else ""
        most, below = half, half
        if atoms > n:
            most, below = min(half, Fraction(n - 1)), min(half, Fraction(n))
        return (
            Threshold("sufficient", "derived", f"k ≤ m/2{also}", most, upper=True),
            Threshold("sufficient", "published", f"k < m/2{also}", below, strict=True, upper=True),
        )
    k = min(own["k"], atoms)
    if k >= n and atoms > n:
        return ()
    return (
        Threshold("sufficient", "derived", "m ≥ 2k", 2 * k),
        Threshold("sufficient", "published", "m > 2k", 2 * k, strict=True),
    )
