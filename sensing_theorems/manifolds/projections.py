"""The (virtual) operators by their orthonormal rows, as both questions look through them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..groups.action import GroupAction
from ..identification.views import row_bases, some_elements
from ..problem import Problem
from ..tolerance import threshold
from .manifold import Manifold

__all__ = ["Projections"]

_LISTED = 2**22  # entries of all virtual operators together


@dataclass(frozen=True, eq=False)
class Projections:
    """Orthonormal rows of all (virtual) operators, or of some of them."""

    rows: list[np.ndarray]
    error: float
    clear: bool
    complete: bool

    @classmethod
    def of(cls, manifold: Any, operators: Any, action: GroupAction | None) -> Projections:
        """Check the arguments, and list all A T_g, or some of them where they are too many."""
        if not isinstance(manifold, Manifold):
            raise TypeError(f"`manifold` must be a Manifold; got {type(manifold).__name__}.")
        problem = Problem(operators, action)
        if problem.n != manifold.n:
            raise ValueError(
                f"operators must act on the signals of the manifold, R^{manifold.n}; got n = "
                f"{problem.n}."
            )
        own = row_bases(problem.singles)
        error = max(base.error for base in own)
        clear, size = all(base.clear for base in own), sum(base.basis.size for base in own)
        if action is None:
            return cls([base.basis for base in own], error, clear, True)
        complete = action.finite and action.order * size <= _LISTED
        elements = action.elements() if complete else some_elements(action)
        rows = [
            g.pull_back(base.basis) if g.orthogonal else _orthonormal(g.pull_back(base.basis))
            for g in elements
            for base in own
        ]
        return cls(rows, max(error, threshold(1.0, action.rounding)), clear, complete)


def _orthonormal(rows: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.qr(rows.T)[0]).T
