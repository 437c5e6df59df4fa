"""How far finitely many signs can identify a model: orders of magnitude, and a bound."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .._validate import positive_int
from .responses import number

__all__ = ["OneBitBound", "one_bit_bound"]


@dataclass(frozen=True)
class OneBitBound:
    r"""How far signs of m measurements per operator can identify a model of dimension k.

    Attributes
    ----------
    model_dim, n, m : int
    order : int or float
        |G|, or the number of operators; `math.inf` for a continuous group.
    error_order : float
        n/(m |G|): the best error of identification, up to a constant.
    error_at_least : float
        Angle in radians that some direction cannot be told up to, whatever the operators are;
        derived, see `one_bit_bound`.
    constant : None
        The published constants are not known here, nor the logarithms.
    status, source : str
    """

    model_dim: int
    n: int
    m: int
    order: int | float
    error_order: float
    error_at_least: float
    constant: None = None
    status: str = "orders only: constants and logarithms are unknown"
    source: str = (
        "Tachella, Jacques, TMLR 2023 (arXiv 2303.08691): necessary and sufficient numbers of "
        "measurements for identifying a set of signals from binary data. The abstract was read, "
        "the orders are reported and were not compared with the text."
    )

    def sufficient_order(self, delta: float) -> float:
        r"""Rows of Gaussian operators for an error δ: (k + n/|G|)/δ, up to constants.

        Parameters
        ----------
        delta : float
            Error for signals of norm 1, 0 < δ < 1.
        """
        delta = number(delta, "delta")
        if not 0 < delta < 1:
            raise ValueError(f"`delta` must lie between 0 and 1; got {delta}.")
        return (self.model_dim + self.n / self.order) / delta


def one_bit_bound(model_dim: int, n: int, m: int, order: int | float) -> OneBitBound:
    r"""Orders of magnitude for identification from signs, of signals of norm 1.

    Parameters
    ----------
    model_dim : int
        Box-counting dimension k of the set of signals, 1 <= k <= n.
    n, m : int
        Dimension of the signals; rows of each operator.
    order : int or math.inf
        |G|.

    Raises
    ------
    TypeError, ValueError
        If a number is no positive integer, or k > n.

    Notes
    -----
    `error_at_least` is derived. The p = m |G| hyperplanes cut the sphere of R^n into at most
    :math:`N = 2 \sum_{i<n} \binom{p-1}{i}` cells [Cover65]_. If every cell lay in a cap of angular
    radius r < π/2, then :math:`N \cdot \tfrac12 \sin^{n-1} r \ge 1`, since a cap takes at most that
    share of the sphere. So some cell lies in no cap smaller than

    .. math:: r = \arcsin (2/N)^{1/(n-1)},

    and all its directions have the same signs. For p ≫ n this is of the order n/(m |G|). It speaks
    of the worst model: one that consists of a direction in that cell.

    Examples
    --------
    >>> from sensing_theorems.nonlinear import one_bit_bound
    >>> bound = one_bit_bound(10, 100, 50, 40)
    >>> bound.error_order, bound.sufficient_order(0.1), round(bound.error_at_least, 4)
    (0.05, 125.0, 0.0193)
    """
    k, n, m = (
        positive_int(value, name) for value, name in ((model_dim, "model_dim"), (n, "n"), (m, "m"))
    )
    if k > n:
        raise ValueError(f"`model_dim` must be at most n = {n}; got {k}.")
    if order != math.inf or isinstance(order, bool):
        order = positive_int(order, "order")
    return OneBitBound(k, n, m, order, n / (m * order), _cell_radius(n, m * order))


def _cell_radius(n: int, p: int | float) -> float:
    """Angle r with N sin(r)^(n-1) = 2, for the number N of cells of p hyperplanes."""
    if n == 1 or p > 1e300:
        return 0.0
    i, p = np.arange(min(n, p)), float(p)
    lower, upper = np.cumsum(np.log(np.maximum(i, 1))), np.log(np.maximum(p - i, 1))
    logs = np.append(0.0, np.cumsum(upper[1:]))[: len(i)] - lower
    total = float(logs.max() + np.log(np.exp(logs - logs.max()).sum()))
    return math.asin(math.exp(-total / (n - 1)))
