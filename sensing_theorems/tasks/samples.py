"""Local identification of a random subspace from finitely many samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..batches import matrix_ranks
from ..thresholds import Threshold
from .base import Task, outcomes, slices
from .bounds import samples
from .draws import by_stages, gaussian

__all__ = ["SampleIdentification"]

Array = NDArray[Any]


@dataclass(frozen=True)
class SampleIdentification(Task):
    r"""Whether N noiseless samples exclude every small motion of a random subspace.

    A motion :math:`\delta B = Q Z` of a basis B, with Q orthogonal to it, agrees with the samples
    :math:`A_t B c_t` to first order if

    .. math:: C_t A_t\, Q Z\, c_t = 0, \quad C_t A_t B = 0, \qquad t = 1, \dots, N

    and the answer is yes if Z = 0 alone does: N (m - k) equations for k (n - k) unknowns. Bases,
    codes :math:`c_t` and operators are standard normal.

    Parameters
    ----------
    n, k, m, N : int, optional
        Dimension of signals, of the subspace, rows of an operator, and number of samples; each here
        or in the cells. For m ≤ k < n samples give no equations, and the answer is no; for k ≥ n
        nothing can move.
    G : int, optional
        Number of operators, to which samples are dealt in turn; by default every sample has its
        own.

    Notes
    -----
    What is decided is whether other models *near* the subspace fit the samples, as in
    `samples_needed`, which searches for the least N.

    Examples
    --------
    >>> import numpy as np
    >>> task = SampleIdentification(n=12, k=3, m=5, G=8)
    >>> [task({"N": N}, np.random.default_rng(0)) for N in (13, 14)]
    [False, True]
    """

    n: int | None = None
    k: int | None = None
    m: int | None = None
    N: int | None = None
    G: int | None = None

    axes: ClassVar[tuple[str, ...]] = ("n", "k", "m", "N", "G")
    optional: ClassVar[tuple[str, ...]] = ("G",)

    def many(
        self, cell: Mapping[str, int], rngs: Sequence[np.random.Generator]
    ) -> list[bool | None]:
        """Outcomes of many trials at once; see `Task`."""
        own = self.values(cell)
        n, k, m, N = (own[name] for name in self.axes[:4])
        if k >= n or m <= k:
            return [k >= n] * len(rngs)
        first = min(N, -(-k * (n - k) // (m - k)))
        found: list[bool | None] = []
        entries = first * (m - k) * k * (n - k) + m * n * min(own.get("G", N), N)
        for part in slices(len(rngs), entries):
            found += _decided(rngs[part], own, first)
        return found

    def thresholds(self, cell: Mapping[str, int], axis: str) -> tuple[Threshold, ...]:
        """Bounds along N and m, see `bounds.samples`."""
        return samples(self.values(cell, without=axis), axis)


def _decided(
    rngs: Sequence[np.random.Generator], own: Mapping[str, int], first: int
) -> list[bool | None]:
    n, k, m, N = (own[name] for name in ("n", "k", "m", "N"))
    B = gaussian(rngs, n, k)
    whole = np.linalg.qr(B, mode="complete")[0]
    B, Q = whole[..., :k], whole[..., k:]
    codes = gaussian(rngs, N, k)
    rows, held = np.zeros((len(rngs), 0, m - k, n - k)), np.arange(len(rngs))
    shared = own.get("G", N)

    def decide(left: Array, count: int) -> tuple[Array, Array]:
        nonlocal rows, held
        rows, held = rows[np.isin(held, left, assume_unique=True)], left
        more = min(count, shared) - rows.shape[1]
        A = gaussian([rngs[i] for i in left], more, m, n)
        rows = np.concatenate([rows, _seen_outside(A, B[left], Q[left])], axis=1)
        dealt = rows[:, np.arange(count) % shared]
        equations = np.einsum("btk,btri->btrki", codes[left, :count], dealt)
        found = matrix_ranks(equations.reshape(len(left), -1, k * (n - k)))
        return k * (n - k) - found.ranks, found.clear

    return outcomes(*by_stages(len(rngs), first, N, m - k, decide))


def _seen_outside(A: Array, B: Array, Q: Array) -> Array:
    r"""The :math:`C A Q` with orthonormal :math:`C \perp A B`, (b, r, m - k, n - k)."""
    k = B.shape[-1]
    complement = np.linalg.qr(A @ B[:, None], mode="complete")[0][..., k:]
    return np.asarray(complement.swapaxes(2, 3) @ A @ Q[:, None])
