r"""Where theory puts the turning points of phase diagrams.

Bounds hold for almost all draws of what an experiment draws. Published ones are

* m ≥ n/G and, under a group, m ≥ max c/s, necessary; m > k + n/G, sufficient for G independent
  operators; m > 2k + max c + 1, sufficient under a cyclic group: J. Tachella, D. Chen, M. Davies,
  JMLR 24(39), 2023, and NeurIPS 2022;
* m > 2k, sufficient for one operator and a known model: T. Sauer, J. Yorke, M. Casdagli, Journal of
  Statistical Physics 65, 1991.

All others were derived for this package; docstrings of tasks and of their bounds hold the proofs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

__all__ = ["Threshold"]

_KINDS = ("necessary", "exact", "sufficient")
_STATUSES = ("published", "derived")


@dataclass(frozen=True)
class Threshold:
    r"""A bound on one integer parameter, at given values of the others.

    Attributes
    ----------
    kind : {"necessary", "exact", "sufficient"}
        What happens, for almost all draws of operators and models: where a necessary bound is not
        met none succeeds; where a sufficient one is met all do; an exact one is both.
    status : {"published", "derived"}
        Derived statements were derived for this package; their proof is in a docstring.
    statement : str
        The inequality in symbols, such as ``"m ≥ k + (n − k)/G"``.
    value : Fraction, int or float
        Where it turns; infinite, for a lower bound, where nothing meets it.
    strict : bool
        Whether equality does not meet it.
    upper : bool
        Whether the inequality bounds the parameter from above.
    below : int, optional
        The statement speaks of smaller values of the parameter only; met or not, it says nothing
        of this one and of larger ones.

    Examples
    --------
    >>> bound = Threshold("sufficient", "published", "m > k + n/G", Fraction(21), strict=True)
    >>> bound.least
    22
    >>> print(bound)
    sufficient (published): m > k + n/G, from 22 on
    """

    kind: str
    status: str
    statement: str
    value: Fraction | int | float
    strict: bool = False
    upper: bool = False
    below: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in _KINDS:
            raise ValueError(f"`kind` must be one of {', '.join(_KINDS)}; got {self.kind!r}.")
        if self.status not in _STATUSES:
            raise ValueError(
                f"`status` must be one of {', '.join(_STATUSES)}; got {self.status!r}."
            )
        if self.value != self.value:
            raise ValueError("`value` must be a number; got NaN.")

    @property
    def least(self) -> int | float:
        """Least integer that meets a lower bound; infinite where none does.

        Raises
        ------
        ValueError
            If the bound is an upper one.
        """
        if self.upper:
            raise ValueError(f"`least` must be asked of lower bounds; got {self.statement}.")
        if math.isinf(self.value):
            return float(self.value)
        return math.floor(self.value) + 1 if self.strict else math.ceil(self.value)

    @property
    def most(self) -> int | float:
        """Largest integer that meets an upper bound; minus infinity where none does.

        Raises
        ------
        ValueError
            If the bound is a lower one.
        """
        if not self.upper:
            raise ValueError(f"`most` must be asked of upper bounds; got {self.statement}.")
        if math.isinf(self.value):
            return float(self.value)
        return math.ceil(self.value) - 1 if self.strict else math.floor(self.value)

    def __str__(self) -> str:
        number = self.most if self.upper else self.least
        where = f"up to {number}" if self.upper else f"from {number} on"
        where = "never met" if number == (-math.inf if self.upper else math.inf) else where
        where = "always met" if number == (math.inf if self.upper else -math.inf) else where
        return f"{self.kind} ({self.status}): {self.statement}, {where}"
