"""The forward operator: a linear map, its exact adjoint, and what is honestly known of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import LinearOperator

from ._linear_maps import (
    multiply,
    multiply_adjoint,
    real_backward,
    real_forward,
    stack_backward,
    stack_forward,
)
from ._validate import field_dtype

Array = NDArray[Any]
Map = Callable[[Array], Array]

MAX_ENTRIES = 2**26  # 512 MiB in double precision
_COLUMNS_AT_ONCE = 512


class ForwardOperator(LinearOperator):
    r"""A linear map from signals to measurements, :math:`A \in K^{m \times n}`.

    Parameters
    ----------
    forward : callable, (n, p) -> (m, p)
        :math:`X \mapsto AX`. Where `dtype` is real it is only ever given real arrays.
    backward : callable, (m, p) -> (n, p)
        :math:`Y \mapsto A^H Y`, under the same promise.
    shape : (int, int)
        m and n.
    dtype : dtype
        float32, float64, complex64 or complex128; its kind is the field K.
    shape_in : tuple of int, optional
        Shape of the signal as an array, C order, with product n. By default ``(n,)``.
    name : str
        A few words for people.
    generic : bool or None
        True: the entries were drawn from a law with a density, so that what holds for almost every
        operator holds for this one with probability one. False: known not to be so. None: unknown.
    orthonormal_rows : bool
        True where :math:`A A^H = I` is known.

    Attributes
    ----------
    matrix : ndarray, csr_array or None
        The entries, read-only, where they are stored.
    parts : tuple of ForwardOperator
        Of a stack, the operators that stand above each other.

    Raises
    ------
    ValueError
        If `shape_in` does not have n entries.
    """

    matrix: Any = None
    takes_real = False  # whether a complex operator's `forward` may be given real arrays as well
    parts: tuple[ForwardOperator, ...] = ()

    def __init__(
        self,
        forward: Map,
        backward: Map,
        *,
        shape: tuple[int, int],
        dtype: Any,
        shape_in: tuple[int, ...] | None = None,
        name: str = "operator",
        generic: bool | None = None,
        orthonormal_rows: bool = False,
    ) -> None:
        super().__init__(field_dtype(dtype, "dtype"), (int(shape[0]), int(shape[1])))
        self._forward = forward
        self._backward = backward
        self.shape_in = check_shape_in(shape_in, self.shape[1])
        self.name = name
        self.generic = generic
        self.orthonormal_rows = orthonormal_rows

    def _matmat(self, X: Any) -> Array:
        return self._apply(self._forward, X, self.shape[0])

    def _rmatmat(self, X: Any) -> Array:
        return self._apply(self._backward, X, self.shape[1])

    def _matvec(self, x: Any) -> Array:
        return self._matmat(x.reshape(-1, 1)).reshape(-1)

    def _rmatvec(self, x: Any) -> Array:
        return self._rmatmat(x.reshape(-1, 1)).reshape(-1)

    def _apply(self, function: Map, X: Any, rows: int) -> Array:
        if not isinstance(X, np.ndarray) or X.dtype.kind not in "biufc":
            raise TypeError(f"operators act on numeric arrays; got {type(X).__name__}.")
        if self.dtype.kind == "f" and X.dtype.kind == "c":
            real, imaginary = (self._apply(function, part, rows) for part in (X.real, X.imag))
            return real + 1j * imaginary
        dtype = np.result_type(self.dtype, X)
        if self.takes_real and X.dtype == np.float64 and function is self._forward:
            return function(X)
        if X.shape[1] == 0:  # nothing to ask, and a function of single signals could not tell m
            return np.empty((rows, 0), dtype)
        return function(np.asarray(X, dtype))

    def to_dense(self, max_entries: int = MAX_ENTRIES) -> Array:
        """Return the matrix, (m, n), by applying A or its adjoint to unit vectors.

        Raises
        ------
        ValueError
            If the matrix has more than `max_entries` entries.
        """
        m, n = self.shape
        if m * n > max_entries:
            raise ValueError(
                f"a dense {m} x {n} matrix has {m * n} entries; "
                f"`max_entries` allows {max_entries}. Use the operator without its matrix."
            )
        if self.matrix is not None:
            return self.matrix.toarray() if sparse.issparse(self.matrix) else self.matrix.copy()
        if n <= m:
            return unit_responses(self._matmat, n, self.dtype)
        return unit_responses(self._rmatmat, m, self.dtype).conj().T

    def __sweep_parameters__(self) -> dict[str, Any]:
        """Return what identifies the operator in the specification of a sweep."""
        known = ("shape", "shape_in", "generic", "orthonormal_rows")
        found = {name: getattr(self, name) for name in known} | {"dtype": str(self.dtype)}
        if self.matrix is not None:
            return found | {"entries": self.matrix}
        return found | {"forward": self._forward, "backward": self._backward}

    def __repr__(self) -> str:
        m, n = self.shape
        field = "complex" if self.dtype.kind == "c" else "real"
        return f"<{m}x{n} {field} ForwardOperator: {self.name}>"


def check_shape_in(shape_in: tuple[int, ...] | None, n: int) -> tuple[int, ...]:
    """Return the shape of a signal with n entries, ``(n,)`` unless told."""
    if shape_in is None:
        return (n,)
    if prod(shape_in) != n:
        raise ValueError(
            f"`shape_in` must have as many entries as the operator has columns, {n}; "
            f"got {shape_in}, which has {prod(shape_in)}."
        )
    return tuple(shape_in)


def unit_responses(function: Map, size: int, dtype: Any) -> Array:
    """Return the matrix of a linear `function` of (size, p) arrays, some columns at a time."""
    blocks = []
    for start in range(0, size, _COLUMNS_AT_ONCE):
        unit = np.eye(size, min(_COLUMNS_AT_ONCE, size - start), -start, dtype=dtype)
        blocks.append(function(unit))
    return np.concatenate(blocks, axis=1)


def from_matrix(matrix: Any, **known: Any) -> ForwardOperator:
    """Return the operator of a dense or CSR matrix, (m, n), which it takes over and freezes."""
    if 0 in matrix.shape:
        raise ValueError(f"a matrix must have rows and columns; got shape {matrix.shape}.")
    stored = (matrix.data, matrix.indices, matrix.indptr) if sparse.issparse(matrix) else (matrix,)
    for array in stored:
        array.setflags(write=False)
    operator = ForwardOperator(
        partial(multiply, matrix),
        partial(multiply_adjoint, matrix),
        shape=matrix.shape,
        dtype=matrix.dtype,
        **known,
    )
    operator.matrix = matrix
    return operator


def real_form(operator: ForwardOperator) -> ForwardOperator:
    r"""Return :math:`x \mapsto [\operatorname{Re} Ax;\; \operatorname{Im} Ax]` on real signals.

    Over the reals a complex row counts as two real rows, so the result has shape (2 m, n). A real
    operator is returned as it is.

    Parameters
    ----------
    operator : ForwardOperator, (m, n)

    Returns
    -------
    ForwardOperator, (2 m, n) or the operator itself
        With :math:`(u, v) \mapsto \operatorname{Re} A^H (u + iv)` as its adjoint.
    """
    _require_operator(operator)
    if operator.dtype.kind != "c":
        return operator
    if operator.parts:
        return vertical_stack([real_form(part) for part in operator.parts])
    known: dict[str, Any] = {
        "shape_in": operator.shape_in,
        "name": f"{operator.name}, real and imaginary parts",
        "generic": operator.generic,
    }
    if sparse.issparse(operator.matrix):
        parts = [operator.matrix.real, operator.matrix.imag]
        return from_matrix(sparse.vstack(parts, format="csr"), **known)
    if operator.matrix is not None:
        return from_matrix(np.concatenate([operator.matrix.real, operator.matrix.imag]), **known)
    m, n = operator.shape
    return ForwardOperator(
        partial(real_forward, operator),
        partial(real_backward, operator),
        shape=(2 * m, n),
        dtype=operator.dtype.type().real.dtype,
        **known,
    )


def vertical_stack(operators: Sequence[ForwardOperator]) -> ForwardOperator:
    r"""Return :math:`[A_1; \dots; A_G]`, the measurements of all operators at once.

    The stack is generic only if every operator is and no two of them share a row: the same seed
    used twice gives the same rows, and no theorem on almost every stack covers that.

    Parameters
    ----------
    operators : sequence of ForwardOperator, each (m_g, n)

    Returns
    -------
    ForwardOperator, (m_1 + ... + m_G, n)
        Complex if any of them is.

    Raises
    ------
    ValueError
        If there are none, or if they act on signals of different sizes.
    """
    if not isinstance(operators, Iterable):
        came = type(operators).__name__
        raise TypeError(f"`operators` must be a sequence of ForwardOperators; got {came}.")
    operators = list(operators)
    for operator in operators:
        _require_operator(operator)
    sizes = sorted({operator.shape[1] for operator in operators})
    if len(sizes) != 1:
        raise ValueError(f"operators must act on signals of one size n; got n in {sizes}.")
    if len(operators) == 1:
        return operators[0]
    shapes = {operator.shape_in for operator in operators}
    flags = {operator.generic for operator in operators}
    generic = False if False in flags else None if None in flags else not _share_a_row(operators)
    stack = ForwardOperator(
        partial(stack_forward, operators),
        partial(stack_backward, operators),
        shape=(sum(operator.shape[0] for operator in operators), sizes[0]),
        dtype=np.result_type(*(operator.dtype for operator in operators)),
        shape_in=shapes.pop() if len(shapes) == 1 else None,
        name=f"stack of {len(operators)}: {operators[0].name}, ...",
        generic=generic,
    )
    stack.parts = tuple(operators)
    return stack


def _share_a_row(operators: list[ForwardOperator]) -> bool:
    # Equal rows answer a random signal equally; unequal ones do so with probability zero.
    x = np.random.default_rng(0xA11CE).standard_normal(operators[0].shape[1])
    answers = np.sort(np.concatenate([operator.matvec(x) for operator in operators]))
    rounding = 500 * np.finfo(answers.dtype).eps * np.max(np.abs(answers))
    return bool(np.min(np.abs(np.diff(answers))) <= rounding)


def _require_operator(operator: object) -> None:
    if not isinstance(operator, ForwardOperator):
        raise TypeError(
            f"operators must be ForwardOperators; got {type(operator).__name__}. "
            "Wrap it with as_operator first."
        )
