r"""Linear maps without group structure, which can be stacked all the same.

The stack :math:`[A T_s]_s` and its rank need no group. Orders, irreps and multiplicities do: a
`TransformSet` refuses them and says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from numbers import Real
from typing import Any, NoReturn

import numpy as np
import scipy.sparse as sp

from .._forward import MAX_ENTRIES, ForwardOperator, from_matrix
from ..foreign import as_operator

__all__ = ["LinearMap", "TransformSet", "matrix_map"]

Rows = Callable[[np.ndarray], np.ndarray]

_STORED = 2**24  # entries of all A T_s together, beyond which they are computed when asked for


@dataclass(frozen=True, eq=False)
class LinearMap:
    r"""A real linear map :math:`T` on :math:`\mathbb{R}^n`, invertible or not.

    Parameters
    ----------
    n : int
        Dimension of the signals.
    forward, backward : callable, (r, n) -> (r, n)
        Rows :math:`x \mapsto T x` and :math:`a \mapsto a\,T`, real or complex.
    entries : ndarray or csr_array, optional
        The matrix, where it is stored.
    """

    n: int
    forward: Rows = field(repr=False)
    backward: Rows = field(repr=False)
    entries: Any = field(default=None, repr=False)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Apply T to the last axis of `x`, shape (..., n)."""
        return self._along(self.forward, x)

    def pull_back(self, rows: np.ndarray) -> np.ndarray:
        r"""Rows :math:`a \mapsto a\,T`, so that `pull_back(A)` is :math:`A T`; shape (..., n).

        On one signal it is the transpose, :math:`x \mapsto T^\top x`.
        """
        return self._along(self.backward, rows)

    def _along(self, function: Rows, x: np.ndarray) -> np.ndarray:
        x = np.asarray(x)
        if x.ndim == 0 or x.shape[-1] != self.n:
            raise ValueError(f"signals must have shape (..., {self.n}); got {x.shape}.")
        if x.size == 0:
            return x.astype(np.result_type(x, np.float64))
        return function(x.reshape(-1, self.n)).reshape(x.shape)

    def matrix(self) -> Any:
        """Return T as a sparse or dense (n, n) array.

        Raises
        ------
        ValueError
            If it is not stored and would have more than 2**26 entries.
        """
        if self.entries is not None:
            return self.entries.copy()
        if self.n**2 > MAX_ENTRIES:
            raise ValueError(
                f"a matrix of at most {MAX_ENTRIES} entries can be computed; this one has "
                f"{self.n} x {self.n}. Apply the map instead."
            )
        return self(np.eye(self.n)).T


def matrix_map(matrix: Any) -> LinearMap:
    """Return the map of a dense or CSR matrix (n, n), which it takes over."""
    return LinearMap(
        matrix.shape[1], partial(_times, matrix), partial(_times, matrix.T), entries=matrix
    )


def _times(matrix: Any, x: np.ndarray) -> np.ndarray:
    return (matrix @ x.T).T


class NotAGroupError(ValueError, AttributeError):
    """Asked for what only a group has; `hasattr` takes it for a missing attribute."""


@dataclass(frozen=True, eq=False)
class TransformSet:
    r"""A finite list of linear maps :math:`T_s` on :math:`\mathbb{R}^n`, without group structure.

    `stacked_rank` takes one in place of an action, and computes the rank of
    :math:`[A T_s]_s`. The theorems on multiplicities are about groups and do not apply.

    Parameters
    ----------
    name : str
        Text such as ``"scalings(28x28)"``.
    n : int
        Dimension of the signals, flattened in C order.
    shape : tuple of int
        Array shape of a signal.
    maps : tuple of LinearMap
        The :math:`T_s`. Each is callable on (..., n) and has `pull_back` and `matrix`.
    labels : tuple of int
        The parameter s of each map, by which `apply` finds it.

    Raises
    ------
    ValueError
        If there are no maps, or labels do not name them one by one.
    """

    name: str
    n: int
    shape: tuple[int, ...]
    maps: tuple[LinearMap, ...] = field(repr=False)
    labels: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.maps or not len(self.maps) == len(self.labels) == len(set(self.labels)):
            raise ValueError(
                "a set of transforms must have maps, and as many different labels; "
                f"got {len(self.maps)} maps and {len(self.labels)} labels."
            )

    def __len__(self) -> int:
        return len(self.maps)

    def __iter__(self) -> Iterator[LinearMap]:
        return iter(self.maps)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}: n={self.n}, {len(self)} maps>"

    @property
    def generators(self) -> tuple[LinearMap, ...]:
        """Maps of which the others are made; without more knowledge, all of them."""
        return self.maps

    def element(self, s: int) -> LinearMap:
        r"""Return the map :math:`T_s` with the label s.

        Raises
        ------
        ValueError
            If no map has that label.
        """
        if isinstance(s, bool | np.bool_) or not isinstance(s, Real):
            raise TypeError(f"a label must be a number; got {type(s).__name__}.")
        if s not in self.labels:
            listed = ", ".join(map(str, self.labels[:8])) + (", …" if len(self) > 8 else "")
            raise ValueError(f"{self.name} has maps labelled {listed}; got {s!r}.")
        return self.maps[self.labels.index(s)]

    def apply(self, s: int, x: np.ndarray) -> np.ndarray:
        r""":math:`T_s x` for signals `x` of shape (..., n); see `labels` for `s`."""
        return self.element(s)(x)

    def stack(self, A: Any) -> tuple[ForwardOperator, ...]:
        r"""Operators :math:`A T_s`, one for every s, in the order of `labels`.

        Parameters
        ----------
        A : operator, (m, n)
            Anything that `as_operator` takes.

        Returns
        -------
        tuple of ForwardOperator, each (m, n)
            With entries where A and the map have theirs and they are not too many.

        Raises
        ------
        ValueError
            If A acts on signals of another size.
        """
        A = as_operator(A)
        if A.shape[1] != self.n:
            raise ValueError(
                f"the transforms must be on the operator's signals, R^{A.shape[1]}; {self.name} "
                f"is on R^{self.n}."
            )
        stored = A.shape[0] * self.n * len(self) <= _STORED
        shape_in = A.shape_in if len(A.shape_in) > 1 else self.shape
        return tuple(
            _after(A, T, stored, shape_in=shape_in, name=f"{A.name} after {self.name} [{label}]")
            for T, label in zip(self.maps, self.labels, strict=True)
        )

    @property
    def irreps(self) -> NoReturn:
        """Refused: only a group action has irreps."""
        raise self._refusal("irreps")

    @property
    def transform(self) -> NoReturn:
        """Refused: only a group action has isotypic coordinates."""
        raise self._refusal("isotypic transform")

    @property
    def order(self) -> NoReturn:
        """Refused: only a group has an order; `len` counts the maps."""
        raise self._refusal("order of a group")

    @property
    def is_cyclic(self) -> NoReturn:
        """Refused: only a group is cyclic or not."""
        raise self._refusal("cyclic group")

    def _refusal(self, what: str) -> NotAGroupError:
        return NotAGroupError(f"{self.name} has no {what}: {self._why()}")

    def _why(self) -> str:
        return "its maps form no group. `stacked_rank` takes it as it is."


def _after(A: ForwardOperator, T: LinearMap, stored: bool, **known: Any) -> ForwardOperator:
    """The operator A T; the entries keep the precision in which A was given."""
    sparse = sp.issparse(A.matrix)
    if sparse and sp.issparse(T.entries):
        product = sp.csr_array(A.matrix @ T.entries, dtype=A.dtype)
        product.sum_duplicates()
        return from_matrix(product, **known)
    if A.matrix is not None and not sparse and stored:
        return from_matrix(np.array(T.pull_back(A.matrix), A.dtype, order="C"), **known)
    return ForwardOperator(
        partial(_seen, A, T), partial(_drawn_back, A, T), shape=A.shape, dtype=A.dtype, **known
    )


def _seen(A: ForwardOperator, T: LinearMap, X: np.ndarray) -> np.ndarray:
    return A.matmat(T(X.T).T)


def _drawn_back(A: ForwardOperator, T: LinearMap, Y: np.ndarray) -> np.ndarray:
    return T.pull_back(A.rmatmat(Y).T).T
