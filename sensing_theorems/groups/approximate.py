r"""Maps that are almost a group action, and two numbers that say how far from it they are.

The stack :math:`[A T_k]_k` and its rank need no group. Multiplicities are not defined: only for
defects far below 1 is an almost-representation near a true one (Kazhdan, Israel J. Math. 1982).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse.linalg import LinearOperator, eigsh

from .._validate import array_shape
from ..foreign import as_operator
from .transforms import LinearMap, Rows, TransformSet

__all__ = ["ApproximateAction", "Defects", "approximate_action"]

_ALL = 16  # maps of which all pairs are measured
_SOME = 64
_DENSE = 64
_ACCURACY = 1e-6
_ROUNDING = 1e-11


class Defects(NamedTuple):
    r"""How far maps :math:`T_k` are from an orthogonal action of a cyclic group.

    Attributes
    ----------
    composition : float
        Largest spectral norm :math:`\|T_a T_b - T_{a+b}\|_2`, with a + b modulo the number of maps.
    orthogonality : float
        Largest spectral norm :math:`\|T_a^\top T_a - I\|_2`.
    """

    composition: float
    orthogonality: float


@dataclass(frozen=True, eq=False, repr=False)
class ApproximateAction(TransformSet):
    r"""Maps :math:`T_k`, k = 0, …, N-1, that stand for the powers of one transform of order N.

    `interpolated_rotations` and `approximate_action` build it.
    """

    @property
    def generators(self) -> tuple[LinearMap, ...]:
        """The map that stands for one step."""
        return (self.maps[1 % len(self)],)

    @cached_property
    def defects(self) -> Defects:
        r"""Distance from an orthogonal action, see `Defects`; computed when first asked for.

        Up to 16 maps all pairs are measured. Of more, the pairs (1, b) and (a, a) are, with at
        most 64 values of a and b, evenly spread: both defects are lower bounds then. Norms are
        computed by Lanczos iteration, from below, to a relative accuracy of about 1e-6. A norm
        below 1e-11 is rounding, and stands for its order of magnitude.
        """
        size = len(self)
        pairs = [(a, b) for a in range(size) for b in range(size)]
        some = _spread(size, _SOME)
        if size > _ALL:
            pairs = [(1, b) for b in some] + [(a, a) for a in some]
        return Defects(
            max(self._composition(a, b) for a, b in pairs),
            max(self._orthogonality(a) for a in some),
        )

    def _composition(self, a: int, b: int) -> float:
        first, second, both = self.maps[a], self.maps[b], self.maps[(a + b) % len(self)]
        return _norm(
            self.n,
            lambda x: first(second(x)) - both(x),
            lambda x: second.pull_back(first.pull_back(x)) - both.pull_back(x),
        )

    def _orthogonality(self, a: int) -> float:
        symmetric = partial(_gram_defect, self.maps[a])
        return _norm(self.n, symmetric, symmetric)

    def _why(self) -> str:
        return (
            "its maps compose only approximately, see `defects`, and multiplicities are defined "
            "for groups. `stacked_rank` takes it as it is. Rotations that are exact: "
            "quarter_turns and dihedral (pixels), polar_rotations (polar grid), "
            "kravchuk_rotations (all angles on pixels, orthogonal), disk_rotations "
            "(Fourier-Bessel)."
        )


def _spread(size: int, count: int) -> list[int]:
    """At most `count` numbers below `size`, evenly."""
    return [size * i // min(size, count) for i in range(min(size, count))]


def _gram_defect(T: LinearMap, x: np.ndarray) -> np.ndarray:
    return T.pull_back(T(x)) - x


def _norm(n: int, forward: Rows, backward: Rows) -> float:
    """Spectral norm of a map on R^n, given with its transpose."""
    if n <= _DENSE:
        return float(np.linalg.norm(forward(np.eye(n)), 2))
    start = np.random.default_rng(0).standard_normal(n)
    share = float(np.linalg.norm(forward(start)) / np.linalg.norm(start))
    if share <= _ROUNDING:
        # A map that vanishes gives Lanczos iteration no direction, and noise has no eigenvectors.
        return share
    squared = LinearOperator((n, n), matvec=lambda x: backward(forward(x.ravel())), dtype=float)
    largest = eigsh(squared, 1, which="LA", v0=start, tol=_ACCURACY, return_eigenvectors=False)
    return math.sqrt(max(float(largest[0]), 0.0))


def approximate_action(
    maps: Sequence[Any],
    *,
    name: str = "approximate_action",
    shape: int | Sequence[int] | None = None,
) -> ApproximateAction:
    r"""Any maps that stand for the powers of one transform, so that `defects` can be measured.

    Parameters
    ----------
    maps : sequence of operators, each (n, n) and real
        ``maps[k]`` stands for :math:`g^k`, k = 0, …, N-1, with :math:`g^N` the identity. Dense or
        sparse matrices, and whatever else `as_operator` takes.
    name : str
    shape : tuple of int, optional
        Array shape of a signal; by default (n,).

    Raises
    ------
    ValueError
        If there are no maps, they are not square of one size and real, or `shape` has other than n
        entries.

    Examples
    --------
    Averages of neighbours, for the shift by half a pixel on a circle of two:

    >>> import numpy as np
    >>> eye, swap = np.eye(2), np.eye(2)[::-1]
    >>> halves = approximate_action([eye, (eye + swap) / 2, swap, (eye + swap) / 2])
    >>> round(halves.defects.composition, 6)
    1.0
    """
    operators = [as_operator(T) for T in maps]
    sizes = sorted({T.shape for T in operators})
    if len(sizes) != 1 or sizes[0][0] != sizes[0][1]:
        raise ValueError(f"maps must be square matrices of one size, at least one; got {sizes}.")
    if any(T.dtype.kind == "c" for T in operators):
        raise ValueError("maps must be real; got complex entries.")
    n = sizes[0][1]
    axes = (n,) if shape is None else array_shape(shape, "shape")
    if math.prod(axes) != n:
        raise ValueError(f"`shape` must have as many entries as a signal, {n}; got {axes}.")
    made = tuple(
        LinearMap(n, partial(_rows, T.matmat), partial(_rows, T.rmatmat), T.matrix)
        for T in operators
    )
    return ApproximateAction(name, n, axes, made, tuple(range(len(made))))


def _rows(function: Any, x: np.ndarray) -> np.ndarray:
    return function(x.T).T
