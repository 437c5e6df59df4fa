"""Identification of a covariance from the covariances of measurements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..batches import matrix_ranks
from ..thresholds import Threshold
from .base import Task, outcomes, slices
from .bounds import moments
from .draws import by_stages, extended

__all__ = ["MomentIdentification"]

Array = NDArray[Any]

_UNKNOWNS = 4096


@dataclass(frozen=True)
class MomentIdentification(Task):
    r"""Whether Gaussian operators determine the covariance of signals that fill R^n.

    .. math:: \Sigma \mapsto (A_1 \Sigma A_1^\top, \dots, A_G \Sigma A_G^\top)

    on the symmetric (n, n) matrices is one-to-one: then, and only then, a Gaussian law whose
    covariance has full rank is determined, as `identify` decides for a `Gaussian`.

    Parameters
    ----------
    n, m, G : int, optional
        Dimension of signals, rows of an operator, and number of operators; each here or in the
        cells. n (n + 1)/2 may be 4096 at most.

    Notes
    -----
    Operators are drawn a few at a time, in a fixed order, until the rank is full, or
    all that are left could not make it so.

    Examples
    --------
    >>> import numpy as np
    >>> task = MomentIdentification(n=6, m=2)
    >>> [task({"G": G}, np.random.default_rng(0)) for G in (6, 7)]
    [False, True]
    """

    n: int | None = None
    m: int | None = None
    G: int | None = None

    axes: ClassVar[tuple[str, ...]] = ("n", "m", "G")

    def many(
        self, cell: Mapping[str, int], rngs: Sequence[np.random.Generator]
    ) -> list[bool | None]:
        """Outcomes of many trials at once; see `Task`."""
        self.check(cell)
        own = self.values(cell)
        n, m, G = (own[name] for name in self.axes)
        unknowns = n * (n + 1) // 2
        first = min(G, -(-unknowns // (m * (m + 1) // 2)))
        found: list[bool | None] = []
        for part in slices(len(rngs), first * m * (m + 1) // 2 * unknowns):
            found += _decided(rngs[part], (m, n), first, G)
        return found

    def check(self, cell: Mapping[str, int]) -> None:
        """Refuse what `values` refuses, and covariances that are too large."""
        n = self.values(cell)["n"]
        unknowns = n * (n + 1) // 2
        if unknowns > _UNKNOWNS:
            raise ValueError(f"covariances may have {_UNKNOWNS} entries; n = {n} makes {unknowns}.")

    def thresholds(self, cell: Mapping[str, int], axis: str) -> tuple[Threshold, ...]:
        """Bounds along m and G, see `bounds.moments`."""
        return moments(self.values(cell, without=axis), axis)


def _decided(
    rngs: Sequence[np.random.Generator], shape: tuple[int, int], first: int, total: int
) -> list[bool | None]:
    drawn, held = np.zeros((len(rngs), 0, *shape)), np.arange(len(rngs))
    rows, unknowns = (size * (size + 1) // 2 for size in shape)

    def decide(left: Array, count: int) -> tuple[Array, Array]:
        nonlocal drawn, held
        kept = np.isin(held, left, assume_unique=True)
        drawn, held = extended(drawn[kept], [rngs[i] for i in left], count), left
        equations = _equations(drawn)
        found = matrix_ranks(equations.reshape(len(left), -1, unknowns))
        return unknowns - found.ranks, found.clear

    return outcomes(*by_stages(len(rngs), first, total, rows, decide))


def _equations(A: Array) -> Array:
    r"""Products :math:`a_p^\top \Sigma a_q`, p ≤ q, as rows (..., m (m + 1)/2, n (n + 1)/2).

    In orthonormal coordinates of symmetric matrices.
    """
    m, n = A.shape[-2:]
    p, q = np.triu_indices(m)
    i, j = np.triu_indices(n)
    left, right = A[..., p, :], A[..., q, :]
    rows = left[..., i] * right[..., j] + left[..., j] * right[..., i]
    return np.asarray(rows * np.where(i == j, 0.5, 0.5**0.5))
