r"""Learning a dictionary from incomplete measurements of sparse signals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._validate import positive_int
from ..thresholds import Threshold
from ._descent import Fit, fit_dictionary
from ._recovery import collected, dealt, one_of, share, zero_or_more
from .base import Task
from .bounds import dictionary

__all__ = ["DictionaryLearning", "DictionaryProblem"]

UPDATES = ("gauss_newton", "mod")
CODINGS = ("pairs", "omp")

# Share of the energy of the measurements below which an error is rounding.
_ZERO = 1e-12


class DictionaryProblem(NamedTuple):
    r"""Incomplete measurements :math:`y_i = A_{g_i} D z_i` of sparse signals.

    Attributes
    ----------
    dictionary : ndarray of float64, shape (n, atoms)
        The true D, with unit columns.
    codes : ndarray of float64, shape (atoms, N)
        The true sparse :math:`z_i`.
    sparsity : int
        Number of coefficients k of each.
    operators : ndarray of float64, shape (G, m, n)
    measurements : ndarray of float64, shape (m, N)
        Sample i is seen through operator i mod G.
    """

    dictionary: NDArray[np.float64]
    codes: NDArray[np.float64]
    sparsity: int
    operators: NDArray[np.float64]
    measurements: NDArray[np.float64]


@dataclass(frozen=True)
class DictionaryLearning(Task):
    r"""Whether a dictionary is learned from incomplete measurements of sparse signals.

    The unit columns of D are random directions in R^n. N signals :math:`D z_i` have k standard
    normal coefficients at random places, and are dealt in turn to G Gaussian operators of m rows.
    Known are the :math:`y_i = A_{g_i} D z_i`, the operators, k and the number of atoms.

    Parameters
    ----------
    n, atoms, k, m, G, N : int, optional
        Dimension of signals, number of atoms, of coefficients, rows of an operator, number of
        operators and of samples; each here or in the cells. For k ≥ n or k ≥ atoms > 1 D is not
        unique; there, and for k = atoms = 1, a trial counts as a failure.
    update : {"gauss_newton", "mod"}
        How a dictionary is fitted to given supports: by damped Gauss-Newton steps for dictionary
        and coefficients together, or for the dictionary alone, with coefficients kept.
    coding : {"pairs", "omp"}
        Sparse codes by orthogonal matching pursuit, which begins with the best of all pairs of
        atoms, or with the best atom.
    iterations : int
        Most steps of coding and update in one attempt.
    restarts : int
        Further attempts. Each puts the least-norm solution of a poorly explained measurement into
        the place of an atom, and is kept if the error falls.
    tolerance : float
        An atom d is found if :math:`|d^\top \hat d| \ge 1 - \text{tolerance}`.

    Notes
    -----
    A trial succeeds if all atoms are found, up to order and sign, by different columns of the
    result. "mod" is the method of optimal directions (Engan, Aase, Husøy 1999) with operators in
    its normal equations, of which a damped step is taken. Dictionary and coefficients together are
    fitted to fixed supports in simultaneous codeword optimisation (Dai, Xu, Wang 2012), there by
    gradients.

    The thresholds say where no algorithm can learn D: it must be that

    .. math:: G m \ge n, \qquad m \ge k + 1, \qquad G (m - 1) \ge n - 1, \qquad
              N (m - k) \ge \text{atoms} \cdot (n - 1)

    see `bounds.dictionary`. None says where it can. They speak of D exactly, as tolerance → 0: with
    a large tolerance or few samples a trial may succeed by chance below them.

    Examples
    --------
    >>> import numpy as np
    >>> task = DictionaryLearning(n=6, atoms=6, k=1, G=5, N=100)
    >>> [task({"m": m}, np.random.default_rng(0)) for m in (1, 6)]
    [False, True]
    """

    n: int | None = None
    atoms: int | None = None
    k: int | None = None
    m: int | None = None
    G: int | None = None
    N: int | None = None
    update: str = "gauss_newton"
    coding: str = "pairs"
    iterations: int = 100
    restarts: int = 30
    tolerance: float = 0.01

    axes: ClassVar[tuple[str, ...]] = ("n", "atoms", "k", "m", "G", "N")

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.update, "update", UPDATES)
        one_of(self.coding, "coding", CODINGS)
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
        n, p = problem.dictionary.shape
        if problem.sparsity >= min(n, p):
            return False
        found = correlations(problem.dictionary, self.solve(problem, rng))
        return bool(found.min() >= 1 - self.tolerance)

    def draw(self, cell: Mapping[str, int], rng: np.random.Generator) -> DictionaryProblem:
        """Draw the problem of one trial."""
        own = self.values(cell)
        n, p, k, m, G, N = (own[name] for name in self.axes)
        k, G = min(k, p), min(G, N)
        dictionary = rng.standard_normal((n, p))
        dictionary /= np.linalg.norm(dictionary, axis=0)
        codes = np.zeros((p, N))
        places = np.argsort(rng.random((N, p)), axis=1)[:, :k]
        codes[places.T, np.arange(N)] = rng.standard_normal((k, N))
        operators = rng.standard_normal((G, m, n))
        seen = collected(operators @ dealt(dictionary @ codes, G), N)
        return DictionaryProblem(dictionary, codes, k, operators, seen)

    def solve(self, problem: DictionaryProblem, rng: np.random.Generator) -> NDArray[np.float64]:
        """Dictionary learned from operators and measurements, shape (n, atoms)."""
        p, k, operators = len(problem.codes), problem.sparsity, problem.operators
        signals = np.ascontiguousarray(dealt(problem.measurements, len(operators)).mT)
        rules = self.coding == "pairs", self.update == "gauss_newton", self.iterations, _ZERO
        start = np.transpose([_guess(operators, signals, rng) for _ in range(p)])
        best = Fit(start, (), math.inf)
        for _ in range(self.restarts + 1):
            found = fit_dictionary(start, operators, signals, k, *rules)
            if found.error < best.error:
                best = found
            if best.error <= 10 * _ZERO:
                break
            start = _exchanged(best, operators, signals, rng)
        return best.factor

    def thresholds(self, cell: Mapping[str, int], axis: str) -> tuple[Threshold, ...]:
        """Bounds along m, G and N that no algorithm passes, see `bounds.dictionary`."""
        return dictionary(self.values(cell, without=axis), axis)


def correlations(true: NDArray[Any], found: NDArray[Any]) -> NDArray[np.float64]:
    r""":math:`|d^\top \hat d|` of true and found unit columns, in the best pairing of them."""
    from scipy.optimize import linear_sum_assignment

    products = np.abs(true.T @ found)
    return np.asarray(products[linear_sum_assignment(products, maximize=True)])


def _guess(
    operators: NDArray[Any],
    signals: NDArray[Any],
    rng: np.random.Generator,
    chance: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Direction of the least-norm solution for a measurement, and some noise."""
    (G, N), n = signals.shape[:2], operators.shape[2]
    g, i = divmod(int(rng.choice(G * N, p=chance)), N)
    guess = np.linalg.pinv(operators[g]) @ signals[g, i]
    guess /= max(np.linalg.norm(guess), 1e-300)
    guess += 0.3 * rng.standard_normal(n) / math.sqrt(n)
    return np.asarray(guess / np.linalg.norm(guess))


def _exchanged(
    fit: Fit, operators: NDArray[Any], signals: NDArray[Any], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Put what explains a badly explained measurement in the place of an atom.

    Half of the time it is one of the two that are most alike, which may share the work of one.
    """
    changed, errors = fit.factor.copy(), fit.codes[2]
    p = changed.shape[1]
    alike = np.abs(changed.T @ changed) - 2 * np.eye(p)
    twin = np.unravel_index(int(np.argmax(alike)), alike.shape)[int(rng.integers(2))]
    leaving = int(twin) if rng.random() < 0.5 else int(rng.integers(p))
    changed[:, leaving] = _guess(operators, signals, rng, (errors / errors.sum()).ravel())
    return changed
