"""The question put to every method, and complex signals and models as real ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .._validate import positive_int
from ..groups.action import GroupAction
from ..identification import Explored, Identification, identify
from ..models import GenericSubspace, Model, PieceModel
from ..problem import Problem
from ..rows import precision
from ..tolerance import rounding, threshold

__all__ = ["Question", "as_signal", "is_cone", "real_pieces", "real_signals"]

_LISTED = 2**24  # entries of all virtual operators together
_ROUNDED = 1e-12


@dataclass(frozen=True, eq=False)
class Question:
    """The arguments, checked, and what is made of them when needed."""

    response: Any
    model: Any
    operators: Any
    action: GroupAction | None
    budget: int

    def __post_init__(self) -> None:
        positive_int(self.budget, "budget")
        if self.problem.n != self.model.n:
            raise ValueError(
                f"operators must act on the signals of the model, R^{self.model.n}; got n = "
                f"{self.problem.n}."
            )
        if self.action is not None:
            self.model.require_invariant(self.action)

    @cached_property
    def problem(self) -> Problem:
        """Operators and action, over the field of the model."""
        return Problem(self.operators, self.action, field=self.model.field)

    @cached_property
    def linear(self) -> Identification:
        """Answer to the question without a response."""
        return identify(self.model, self.operators, self.action, budget=self.budget)

    @cached_property
    def entries(self) -> int:
        """Entries of all operators together."""
        return sum(A.shape[0] * A.shape[1] for A in self.problem.singles)

    @cached_property
    def own(self) -> list[np.ndarray] | None:
        """Real matrices (m, N) of the operators themselves; ``None`` if too large."""
        if self.entries > _LISTED:
            return None
        return [_real_map(np.asarray(A.to_dense()), self.model) for A in self.problem.singles]

    @cached_property
    def rows(self) -> list[np.ndarray] | None:
        r"""Real matrices of all :math:`A_g` or :math:`A T_g`; ``None`` if too many to list."""
        if self.action is None:
            return self.own
        if not self.action.finite or self.action.order * self.entries > _LISTED:
            return None
        dense = [np.asarray(A.to_dense()) for A in self.problem.singles]
        elements = self.action.elements()
        return [_real_map(g.pull_back(A), self.model) for g in elements for A in dense]

    @cached_property
    def error(self) -> float:
        """Relative size of a measurement that rounding explains."""
        given = max(rounding(precision(A)) for A in self.problem.singles)
        turned = 0.0 if self.action is None else self.action.rounding
        return max(_ROUNDED, threshold(1.0, given), threshold(1.0, turned))

    def explored(self, method: str) -> Explored:
        """What a method looked at: all (virtual) operators that could be listed."""
        return Explored(method, operators=len(self.rows or self.problem.singles))


def _real_map(A: np.ndarray, model: Model) -> np.ndarray:
    """A complex map as a real one of real and imaginary parts."""
    A = A.astype(np.result_type(A.dtype, np.float64))
    return np.block([[A.real, -A.imag], [A.imag, A.real]]) if model.field == "complex" else A


def real_signals(x: np.ndarray, model: Model) -> np.ndarray:
    """Signals (..., n) of the model as real vectors (..., N), real parts first."""
    return np.concatenate([x.real, x.imag], axis=-1) if model.field == "complex" else x


def as_signal(x: np.ndarray, model: Model) -> np.ndarray:
    """Real vectors (..., N) as signals (..., n) of the model, undoing `real_signals`."""
    return x[..., : model.n] + 1j * x[..., model.n :] if model.field == "complex" else x


def is_cone(model: Model) -> bool:
    """Whether the model contains with x all t x, t > 0; Gaussian laws do not count."""
    if not isinstance(model, PieceModel):
        return isinstance(model, GenericSubspace)
    return not model.pieces.height or not any(np.any(foot) for _, foot in real_pieces(model))


def real_pieces(model: PieceModel) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Real bases (N, k) and signals closest to 0, of every piece."""
    pieces = model.pieces
    for i in range(len(pieces)):
        basis, foot = pieces.basis(i), np.zeros(model.n)
        if pieces.height:
            foot = basis[:-1, -1] * (pieces.height / basis[-1, -1])
            basis = basis[:-1, :-1]
        if model.field == "complex":
            basis = np.block([[basis.real, -basis.imag], [basis.imag, basis.real]])
        yield basis, real_signals(foot, model)
