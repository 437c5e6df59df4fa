"""Identification of a random subspace by several random operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ..subspace_batches import identify_subspaces
from ..thresholds import Threshold
from .base import Task, outcomes, slices
from .bounds import subspace
from .draws import by_stages, extended, gaussian

__all__ = ["SubspaceIdentification"]


@dataclass(frozen=True)
class SubspaceIdentification(Task):
    r"""Whether several Gaussian operators identify a random subspace.

    X is spanned by k standard normal vectors of R^n, and G operators have m standard normal rows
    each. A trial decides the given subspace and operators, by the rank of `identify_subspaces`.

    Parameters
    ----------
    n, k, m, G : int, optional
        Dimension of signals, of the subspace, rows of an operator, and number of operators; each
        here or in the cells. For k ≥ n the subspace is R^n, and identified.

    Notes
    -----
    Operators are drawn a few at a time, in a fixed order. Once the rank is n - k and clear, no more
    are drawn, since further ones cannot lower it; nor where all that are left, m rows each, could
    not make it n - k.

    Examples
    --------
    >>> import numpy as np
    >>> task = SubspaceIdentification(n=12, k=3, G=3)
    >>> [task({"m": m}, np.random.default_rng(0)) for m in (5, 6)]
    [False, True]
    >>> [bound.least for bound in task.thresholds({}, "m")]
    [4, 6, 8]
    """

    n: int | None = None
    k: int | None = None
    m: int | None = None
    G: int | None = None

    axes: ClassVar[tuple[str, ...]] = ("n", "k", "m", "G")

    def many(
        self, cell: Mapping[str, int], rngs: Sequence[np.random.Generator]
    ) -> list[bool | None]:
        """Outcomes of many trials at once; see `Task`."""
        own = self.values(cell)
        n, k, m, G = (own[name] for name in self.axes)
        gain = max(m - k, 0)
        if G * gain >= n - k:
            first = 1 if k >= n else -(-(n - k) // gain)
        else:
            # So many that the others could not make up for what is missing.
            first = max(G * m - (n - k), 0) // (m - gain) + 1
        found: list[bool | None] = []
        for part in slices(len(rngs), n * k + first * m * n):
            found += _decided(rngs[part], (n, k), (m, n), first, G)
        return found

    def thresholds(self, cell: Mapping[str, int], axis: str) -> tuple[Threshold, ...]:
        """Bounds along m, G, k and n, see `bounds.subspace`."""
        return subspace(self.values(cell, without=axis), axis)


def _decided(
    rngs: Sequence[np.random.Generator],
    basis: tuple[int, int],
    operator: tuple[int, int],
    first: int,
    total: int,
) -> list[bool | None]:
    bases, drawn = gaussian(rngs, *basis), np.zeros((len(rngs), 0, *operator))
    held = np.arange(len(rngs))

    def decide(left: NDArray[np.int64], count: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        nonlocal drawn, held
        kept = np.isin(held, left, assume_unique=True)
        drawn, held = extended(drawn[kept], [rngs[i] for i in left], count), left
        found = identify_subspaces(bases[left], drawn)
        return found.needed - found.ranks, found.clear

    return outcomes(*by_stages(len(rngs), first, total, operator[0], decide))
