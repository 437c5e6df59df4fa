"""The form in which every theorem answers: a `Check`, and the registry that lists them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from .problem import Problem

__all__ = ["THEOREMS", "Answer", "Check", "Number", "Theorem", "theorem"]

Number = int | Fraction


@dataclass(frozen=True)
class Theorem:
    """A statement of the theory and where it is stated.

    Attributes
    ----------
    key : str
        Name of the function, of its test class, its figure and its README row.
    kind : {"necessary", "exact", "sufficient"}
    status : {"published", "derived"}
    target : {"identification", "recovery"}
    statement, source : str
        In one line each.
    """

    key: str
    kind: str
    status: str
    target: str
    statement: str
    source: str
    function: Callable[[Problem], Check]


@dataclass(frozen=True)
class Check:
    """A theorem applied to a problem.

    Attributes
    ----------
    key, kind, status, target, statement, source : str
        See `Theorem`.
    holds : bool or None
        Whether the condition holds; ``None`` where the theorem does not apply or a number that it
        needs is unknown.
    lhs, rhs : int, Fraction or None
        The two sides of the condition.
    margin : int, Fraction or None
        lhs - rhs: how far the condition is from turning.
    detail : str
        What was put in, and why the theorem is silent where it is.
    """

    key: str
    kind: str
    status: str
    target: str
    statement: str
    source: str
    holds: bool | None
    lhs: Number | None
    rhs: Number | None
    margin: Number | None
    detail: str

    @property
    def exceeds(self) -> bool:
        """Whether both sides are known and the left one is strictly larger."""
        return self.margin is not None and self.margin > 0

    def __bool__(self) -> bool:
        raise TypeError("a Check has three answers; compare `holds` with True, False or None.")


THEOREMS: dict[str, Theorem] = {}
Answer = tuple[bool | None, Number | None, Number | None, str]


def theorem(
    kind: str,
    statement: str,
    source: str,
    *,
    status: str = "published",
    target: str = "identification",
) -> Callable[[Callable[[Problem], Answer]], Callable[[Problem], Check]]:
    """Register a condition and turn its bare answer into a `Check`."""

    def register(condition: Callable[[Problem], Answer]) -> Callable[[Problem], Check]:
        key = condition.__name__

        def check(problem: Problem) -> Check:
            holds, lhs, rhs, detail = condition(problem)
            margin = None if lhs is None or rhs is None else lhs - rhs
            return Check(
                key, kind, status, target, statement, source, holds, lhs, rhs, margin, detail
            )

        check.__name__ = check.__qualname__ = key
        check.__doc__ = condition.__doc__
        check.__module__ = condition.__module__
        THEOREMS[key] = Theorem(key, kind, status, target, statement, source, check)
        return check

    return register
