"""Full rank of several operators, or of one under a group action."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..batches import matrix_ranks
from ..groups.isotypic import IsotypicTransform
from ..operators import as_operator
from ..stacked_rank import stacked_rank
from ..thresholds import Threshold
from .actions import action_of, numbers_of
from .base import Task, outcomes, slices
from .bounds import full_rank
from .draws import by_stages
from .group_bounds import full_rank_under

__all__ = ["FullRank"]

Array = NDArray[Any]

_LAWS = ("gaussian", "bernoulli", "masks")


@dataclass(frozen=True)
class FullRank(Task):
    r"""Whether the stack of random operators has rank n.

    .. math:: \operatorname{rank}[A_1; \dots; A_G] = n \quad\text{or}\quad
              \operatorname{rank}[A T_g]_{g \in G} = n

    Parameters
    ----------
    n, m, G : int, optional
        Dimension of signals, rows of an operator, and number of operators; each here or in the
        cells.
    law : {"gaussian", "bernoulli", "masks"}
        Standard normal entries; entries 0 or 1 with probability 1/2; or m of the n coordinates, all
        of them where m > n.
    action : str, optional
        Such as ``"quarter_turns:6"``: one operator A, and all its :math:`A T_g`. Then n and the
        number of operators are those of the action, and only m is a parameter.

    Notes
    -----
    Rows that show single coordinates have full rank if they cover all coordinates, which is counted
    and not computed. Under an action the blocks of isotypic coordinates decide, where there are
    any, so that groups may be large or continuous.

    Operators are drawn a few at a time, in a fixed order, until the rank is full, or
    all that are left could not make it so.

    Examples
    --------
    >>> import numpy as np
    >>> task = FullRank(n=12, G=3)
    >>> [task({"m": m}, np.random.default_rng(0)) for m in (3, 4)]
    [False, True]
    >>> task = FullRank(action="quarter_turns:4")
    >>> [task({"m": m}, np.random.default_rng(0)) for m in (3, 4)]
    [False, True]
    """

    n: int | None = None
    m: int | None = None
    G: int | None = None
    law: str = "gaussian"
    action: str | None = None

    axes: ClassVar[tuple[str, ...]] = ("n", "m", "G")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.law not in _LAWS:
            raise ValueError(f"`law` must be one of {', '.join(_LAWS)}; got {self.law!r}.")
        if self.action is not None:
            action_of(self.action)
            if self.n is not None or self.G is not None:
                raise ValueError("`n` and `G` must be left to the action, if there is one.")

    def names(self) -> tuple[str, ...]:
        """Only m under an action."""
        return self.axes if self.action is None else ("m",)

    def many(
        self, cell: Mapping[str, int], rngs: Sequence[np.random.Generator]
    ) -> list[bool | None]:
        """Outcomes of many trials at once; see `Task`."""
        own = self.values(cell)
        if self.action is not None:
            n = action_of(self.action).n
            parts = slices(len(rngs), own["m"] * n)
            return [
                one
                for part in parts
                for one in _under(self.action, self._drawn(rngs[part], 1, own["m"], n)[:, 0])
            ]
        n, m, G = (own[name] for name in self.axes)
        if self.law == "masks":
            return [_covers(rng, n, m, G) for rng in rngs]
        first = min(G, -(-n // m))
        found: list[bool | None] = []
        for part in slices(len(rngs), first * m * n):
            found += self._decided(rngs[part], (m, n), first, G)
        return found

    def _decided(
        self,
        rngs: Sequence[np.random.Generator],
        shape: tuple[int, int],
        first: int,
        total: int,
    ) -> list[bool | None]:
        drawn, held = np.zeros((len(rngs), 0, *shape)), np.arange(len(rngs))

        def decide(left: Array, count: int) -> tuple[Array, Array]:
            nonlocal drawn, held
            own = drawn[np.isin(held, left, assume_unique=True)]
            more = self._drawn([rngs[i] for i in left], count - own.shape[1], *shape)
            drawn, held = np.concatenate([own, more], axis=1), left
            found = matrix_ranks(drawn.reshape(len(left), -1, shape[1]))
            return shape[1] - found.ranks, found.clear

        return outcomes(*by_stages(len(rngs), first, total, shape[0], decide))

    def _drawn(self, rngs: Sequence[np.random.Generator], count: int, m: int, n: int) -> Array:
        """Operators of each trial, (b, count, m, n)."""
        drawn = np.zeros((len(rngs), count, m, n))
        for one, rng in zip(drawn, rngs, strict=True):
            if self.law == "gaussian":
                rng.standard_normal(out=one)
            elif self.law == "bernoulli":
                one[:] = rng.integers(0, 2, one.shape)
            else:
                for rows in one:
                    rows[np.arange(min(m, n)), _pixels(rng, n, m)] = 1.0
        return drawn

    def thresholds(self, cell: Mapping[str, int], axis: str) -> tuple[Threshold, ...]:
        """Bounds along m, G and n, exact for the Gaussian law."""
        own, generic = self.values(cell, without=axis), self.law == "gaussian"
        if self.action is not None:
            return full_rank_under(numbers_of(self.action), generic)
        return full_rank(own, axis, generic)


def _pixels(rng: np.random.Generator, n: int, m: int) -> Array:
    return rng.permutation(n)[:m]


def _covers(rng: np.random.Generator, n: int, m: int, G: int) -> bool:
    """Whether G masks of m random coordinates cover all n."""
    seen = np.zeros(n, np.bool_)
    for _ in range(G):
        seen[_pixels(rng, n, m)] = True
        if seen.all():
            return True
    return False


def _under(text: str, drawn: Array) -> list[bool | None]:
    """Whether the stacks of all A T_g have rank n, for operators (b, m, n)."""
    action = action_of(text)
    if action.has_transform:
        return _by_blocks(action.transform, drawn)
    found = [stacked_rank(as_operator(A), action) for A in drawn]
    return [one.full if one.clear else None for one in found]


def _by_blocks(transform: IsotypicTransform, drawn: Array) -> list[bool | None]:
    r"""The stack has rank :math:`\sum_j s_j \operatorname{rank} B_j`; full if all blocks are.

    A corner tells each block what size the operator has: one that is rounding alone has rank 0.
    """
    b, m, n = drawn.shape
    sizes = np.linalg.norm(drawn, axis=(1, 2))
    lost, unclear = np.zeros(b, np.bool_), np.zeros(b, np.bool_)
    for part in transform.analyze_real(drawn.reshape(b * m, n)):
        _, count, s, c = part.shape
        blocks = part.reshape(b, m, count, s, c).swapaxes(1, 2).reshape(b, count, m * s, c)
        framed = np.zeros((b, count, m * s + 1, c + 1), part.dtype)
        framed[..., 1:, 1:] = blocks
        framed[..., 0, 0] = sizes[:, None]
        found = matrix_ranks(framed)
        lost |= np.any(found.clear & (found.ranks <= c), axis=1)
        unclear |= ~np.all(found.clear, axis=1)
    return outcomes(~lost, lost | ~unclear)
