"""How many different operators a list holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._forward import ForwardOperator
from .._probes import probe_rng
from .physics import any_operator

__all__ = ["DistinctOperators", "distinct_operators", "group_equal"]

_PROBES = 3


@dataclass(frozen=True)
class DistinctOperators:
    r"""Which operators of a list are the same.

    Attributes
    ----------
    listed, count : int
        Number of operators in the list, and of different ones.
    groups : tuple of tuple of int
        Positions in the list; those of equal operators stand together.
    tolerance : float
        Two operators are equal where their responses to random images differ by at most this
        share.
    """

    listed: int
    count: int
    groups: tuple[tuple[int, ...], ...]
    tolerance: float

    @property
    def representatives(self) -> tuple[int, ...]:
        """Position of the first of each group."""
        return tuple(group[0] for group in self.groups)

    @property
    def explanation(self) -> str:
        """One line for people."""
        if self.count == self.listed:
            return f"all {self.listed} operators are different"
        return (
            f"{self.listed} operators, and only {self.count} different: equal ones show the same "
            "null space and count once. A physics without `rng` draws from a generator of a fixed "
            "seed, so that two of them draw the same: give each its own "
            "`rng=torch.Generator().manual_seed(i)`"
        )

    def __str__(self) -> str:
        return self.explanation


def distinct_operators(
    physics: Sequence[Any], img_size: Sequence[int] | None = None, *, tolerance: float | None = None
) -> DistinctOperators:
    r"""Count the different operators among many.

    Multi-operator imaging needs operators with different null spaces, and a list of random physics
    may hold one operator many times. Operators are compared on Gaussian images :math:`X`:
    :math:`A_i = A_j` if and only if :math:`A_i X = A_j X`, with probability one.

    Parameters
    ----------
    physics : sequence of deepinv.physics.LinearPhysics, or of anything that `as_operator` takes
    img_size : tuple of int, optional
        See `from_physics`.
    tolerance : float, optional
        By default 1e-5 in single precision, 1e-10 in double.

    Raises
    ------
    ValueError
        If there are none, or `tolerance` is negative.
    """
    if tolerance is not None and not tolerance >= 0:
        raise ValueError(f"`tolerance` must not be negative; got {tolerance}.")
    return group_equal([any_operator(one, img_size) for one in physics], tolerance)


def group_equal(
    operators: Sequence[ForwardOperator], tolerance: float | None = None
) -> DistinctOperators:
    """Sort operators into groups of equal ones.

    Raises
    ------
    ValueError
        If there are none.
    """
    if not operators:
        raise ValueError("at least one operator is needed; got an empty sequence.")
    if tolerance is None:
        coarsest = max(float(np.finfo(A.dtype).eps) for A in operators)
        tolerance = 1e-5 if coarsest > 1e-10 else 1e-10
    answers = [A.matmat(_images(A.shape[1])) for A in operators]
    groups: list[list[int]] = []
    for position, answer in enumerate(answers):
        for group in groups:
            if _equal(answers[group[0]], answer, tolerance):
                group.append(position)
                break
        else:
            groups.append([position])
    return DistinctOperators(
        len(operators), len(groups), tuple(map(tuple, groups)), float(tolerance)
    )


def _images(n: int) -> np.ndarray:
    return probe_rng("distinct operators").standard_normal((n, _PROBES))


def _equal(a: np.ndarray, b: np.ndarray, tolerance: float) -> bool:
    if a.shape != b.shape:
        return False
    size = max(float(np.linalg.norm(a)), float(np.linalg.norm(b)))
    return bool(float(np.linalg.norm(a - b)) <= tolerance * size)
