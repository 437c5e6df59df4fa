"""The question: operators, the symmetry of the signals, and what is known of the model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from numbers import Real
from typing import Any

import numpy as np

from ._forward import ForwardOperator, real_form, vertical_stack
from ._validate import choice, plain_array
from .groups.action import GroupAction
from .groups.transforms import TransformSet
from .operators import as_operator

__all__ = ["Problem", "as_operators", "check_action"]


def as_operators(operators: Any) -> tuple[ForwardOperator, ...]:
    """Return one operator (a nested list is a matrix), or a sequence of them, as a tuple."""
    if isinstance(operators, Sequence) and not isinstance(operators, str | bytes):
        if not operators:
            raise ValueError("at least one operator is needed; got an empty sequence.")
        if all(isinstance(row, list | tuple) for row in operators):
            # Nested lists of numbers are one matrix, as they are to numpy.
            return (as_operator(plain_array(operators, "operators")),)
        return tuple(as_operator(operator) for operator in operators)
    return (as_operator(operators),)


def check_action(action: Any, n: int) -> None:
    """Refuse what is no action on R^n."""
    if isinstance(action, TransformSet):
        raise TypeError(
            "`action` must be a GroupAction, since the theorems are about groups; got "
            f"{action.name}, which is none. `stacked_rank` takes it."
        )
    if not isinstance(action, GroupAction):
        raise TypeError(
            "`action` must be a GroupAction, as the constructors of sensing_theorems.groups "
            f"return; got {type(action).__name__}."
        )
    if action.n != n:
        raise ValueError(
            f"the action must be on the operator's signals, R^{n}; {action.name} acts on "
            f"R^{action.n}."
        )


@dataclass(frozen=True, eq=False)
class Problem:
    r"""A sensing problem: everything that a theorem may use.

    Parameters
    ----------
    operators : operator or sequence of operators
        A, (m, n), or A_1, …, A_G with a common n; whatever `as_operator` takes.
    action : GroupAction, optional
        A symmetry under which the set of signals is invariant, :math:`T_g X = X`. This is an
        assumption on the signals, which nobody but the user can make.
    model_dim : float, optional
        Box-counting dimension k of the set of signals, 0 <= k <= n. Leave it out if unknown:
        reports say which k each bound covers.
    generic : bool, optional
        Whether the operators were drawn independently from a law with a density, which is what
        "almost every" asks. ``None`` takes the word of the constructors. A claim that the entries
        contradict is set aside.
    field : {"real", "complex"}
        Field of the signals. Over ℝ a complex row counts as two real ones.

    Raises
    ------
    ValueError
        If sizes disagree, there is no operator, or `model_dim` lies outside 0, …, n.
    TypeError
        If an argument is of another type.

    Examples
    --------
    >>> import sensing_theorems as st
    >>> camera = st.operators.bernoulli(20, 64, rng=0)
    >>> st.Problem(camera, st.groups.shifts(8, 8)).m
    20
    """

    operators: Any
    action: GroupAction | None = None
    model_dim: float | None = None
    generic: bool | None = None
    field: str = "real"

    def __post_init__(self) -> None:
        object.__setattr__(self, "operators", as_operators(self.operators))
        choice(self.field, "field", ("real", "complex"))
        if len({operator.shape[1] for operator in self.operators}) > 1:
            sizes = [operator.shape[1] for operator in self.operators]
            raise ValueError(f"operators must act on signals of one size n; got n in {sizes}.")
        if self.action is not None:
            check_action(self.action, self.n)
        if self.generic is not None:
            if not isinstance(self.generic, bool | np.bool_):
                raise TypeError(f"`generic` must be True, False or None; got {self.generic!r}.")
            object.__setattr__(self, "generic", bool(self.generic))
        self._check_model_dim()

    def _check_model_dim(self) -> None:
        k = self.model_dim
        if k is None:
            return
        if isinstance(k, bool | np.bool_) or not isinstance(k, Real):
            raise TypeError(f"`model_dim` must be a number; got {type(k).__name__}.")
        if not math.isfinite(k) or not 0 <= k <= self.n:
            raise ValueError(f"`model_dim` must lie between 0 and n = {self.n}; got {k}.")
        object.__setattr__(self, "model_dim", int(k) if k == int(k) else float(k))

    @property
    def exact_dim(self) -> Fraction | None:
        """The fraction k that was meant: 1/3 as a float must not slip past a strict bound."""
        if self.model_dim is None:
            return None
        return Fraction(self.model_dim).limit_denominator(10**9)

    @property
    def n(self) -> int:
        """Dimension of the signals."""
        return int(self.operators[0].shape[1])

    @property
    def rows(self) -> tuple[int, ...]:
        """Number of rows m_g of each operator, over the field of the signals."""
        double = self.field == "real"
        return tuple(
            int(a.shape[0]) * (2 if double and a.dtype.kind == "c" else 1) for a in self.operators
        )

    @property
    def m(self) -> int:
        """Rows of all operators together, over the field of the signals."""
        return sum(self.rows)

    @cached_property
    def joint(self) -> ForwardOperator:
        """All operators as one, over the field of the signals."""
        A = vertical_stack(self.operators)
        return real_form(A) if self.field == "real" else A

    @cached_property
    def singles(self) -> tuple[ForwardOperator, ...]:
        """Every operator, over the field of the signals."""
        if self.field == "real":
            return tuple(real_form(a) for a in self.operators)
        return self.operators

    @property
    def order(self) -> int:
        """Number of (virtual) operators: |G| for an action, else how many operators there are."""
        return len(self.operators) if self.action is None else self.action.order

    @property
    def shape_in(self) -> tuple[int, ...]:
        """Array shape of a signal: the operator's, or the action's if that says more."""
        own = self.operators[0].shape_in
        if len(own) == 1 and self.action is not None:
            return self.action.shape
        return own
