"""Forward operators on tensors: every map that they are made of, translated into torch.

NumPy operators act on columns, (n, p); these modules act on batches of rows, (B, n). A module is
made from the very operator, so that one description of the physics serves the theorems and the
training. What is made of other maps runs in NumPy, with its adjoint as its gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from .._forward import ForwardOperator
from .adjoint_pairs import linear, on_columns, over_parts
from .stored import stored
from .twins import TWINS

__all__ = ["OperatorMaps", "Translation"]


class Translation:
    """Translates operators in one precision; what several maps share is stored once.

    Parameters
    ----------
    precision : torch.dtype
        float32 or float64, of real entries and of the parts of complex ones.
    """

    def __init__(self, precision: torch.dtype) -> None:
        self.precision = precision
        # What was translated is kept beside its translation, so that no other gets its number.
        self._found: dict[int, tuple[Any, torch.nn.Module]] = {}

    def array(self, array: Any) -> torch.nn.Module:
        """Return an array, dense or sparse, as a module that holds it in a buffer."""
        return self._once(array, lambda: stored(array, self.precision))

    def operator(self, operator: ForwardOperator) -> OperatorMaps:
        """Return the maps of an operator."""
        found = self._once(operator, lambda: OperatorMaps(operator, self))
        return found

    def map(self, function: Any) -> torch.nn.Module:
        """Return the twin of one map; a LookupError where it is not one of those with a twin."""
        if isinstance(function, partial) and function.func in TWINS and not function.keywords:
            return TWINS[function.func](self, *function.args)
        owner = getattr(function, "__self__", None)
        name = getattr(function, "__name__", "")
        if isinstance(owner, ForwardOperator) and name in ("matmat", "rmatmat"):
            return _OneWay(self.operator(owner), name == "rmatmat")
        raise LookupError(f"{function!r} has no twin in torch.")

    def _once(self, thing: Any, make: Callable[[], torch.nn.Module]) -> torch.nn.Module:
        if id(thing) not in self._found:
            self._found[id(thing)] = thing, make()
        return self._found[id(thing)][1]


class OperatorMaps(torch.nn.Module):
    r"""A forward operator on batches: ``forward`` is :math:`x \mapsto Ax`, ``adjoint`` its adjoint.

    As with the operator itself, complex tensors pass through real maps part by part.

    Parameters
    ----------
    operator : ForwardOperator, (m, n)
    translation : Translation

    Attributes
    ----------
    native : bool
        Whether both maps run in torch. Otherwise NumPy computes them.
    """

    def __init__(self, operator: ForwardOperator, translation: Translation) -> None:
        super().__init__()
        self.operator = operator
        self.has_complex = operator.dtype.kind == "c"
        self.precision = translation.precision
        try:
            self.ahead = translation.map(operator._forward)
            self.back = translation.map(operator._backward)
            self.native = True
        except LookupError:
            self.ahead = _InNumPy(operator.matmat, operator.rmatmat)
            self.back = _InNumPy(operator.rmatmat, operator.matmat)
            self.native = False

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        r""":math:`Ax` of the rows of `x`, (B, n) -> (B, m)."""
        takes_real = self.native and self.operator.takes_real
        return self._through(self.ahead, x, takes_real)

    def adjoint(self, y: torch.Tensor) -> torch.Tensor:
        r""":math:`A^H y` of the rows of `y`, (B, m) -> (B, n)."""
        return self._through(self.back, y, False)

    def _through(self, module: torch.nn.Module, z: torch.Tensor, takes_real: bool) -> torch.Tensor:
        if not self.has_complex:
            return over_parts(module, z)
        return module(z if takes_real else z.to(self.precision.to_complex()))


class _InNumPy(torch.nn.Module):
    def __init__(self, function: Any, adjoint: Any) -> None:
        super().__init__()
        self.function, self.adjoint = partial(on_columns, function), partial(on_columns, adjoint)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return linear(x, self.function, self.adjoint)


class _OneWay(torch.nn.Module):
    def __init__(self, maps: OperatorMaps, back: bool) -> None:
        super().__init__()
        self.maps, self.goes_back = maps, back

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.maps.adjoint(x) if self.goes_back else self.maps(x)
