"""Everybody else's operators, recognised by what they offer, never by importing their library.

What cannot be read off entries is tested on random signals: linearity, finiteness, the adjoint.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import partial
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ._forward import (
    MAX_ENTRIES,
    ForwardOperator,
    Map,
    check_shape_in,
    from_matrix,
    unit_responses,
)
from ._validate import array_shape, field_dtype, finite_array, require_finite, require_whole
from .libraries import HAS_ADJOINT, Found, read

__all__ = ["as_operator"]

Array = NDArray[Any]

MAX_COLUMNS = 4096  # of a matrix that is computed for want of an adjoint


def as_operator(
    obj: Any,
    shape_in: int | Sequence[int] | None = None,
    adjoint: Callable[[Array], Array] | None = None,
    name: str | None = None,
) -> ForwardOperator:
    r"""Return `obj` as a ForwardOperator, having tested what cannot be read off its entries.

    A matrix is copied and kept as it is, dense or sparse. A LinearOperator, an operator of pylops,
    sigpy, pyxu or ODL, a deepinv physics and a plain function are applied to random signals: they
    must be linear, finite, and satisfy :math:`\langle Ax, y \rangle = \langle x, A^H y \rangle`.
    Without an adjoint, one is taken from the matrix, which is then computed, column by column.

    Nothing is known to be `generic` here, since entries do not tell how they came about. And m is
    the number of values that `obj` returns: a library that answers with zeros where it measures
    nothing returns more values than it has measurements.

    Parameters
    ----------
    obj : array (m, n), sparse array, LinearOperator, operator of a library, or callable
        A callable takes one array of shape `shape_in` and returns one array.
    shape_in : int or tuple of int, optional
        Shape of the signal. Needed for callables, and for physics that do not tell it.
    adjoint : callable, optional
        For callables and for operators that have none: takes what A returns to a signal.
    name : str, optional

    Raises
    ------
    TypeError
        If `obj` is nothing that acts linearly, or holds no numbers.
    ValueError
        If entries or responses are not finite, if `obj` is not linear, if the adjoint is not one,
        or if shapes do not agree.

    Examples
    --------
    >>> as_operator(np.cumsum, shape_in=(3,)).to_dense()
    array([[1., 0., 0.],
           [1., 1., 0.],
           [1., 1., 1.]])
    """
    shape = None if shape_in is None else array_shape(shape_in, "shape_in")
    if not (name is None or isinstance(name, str)):
        raise TypeError(f"`name` must be a string; got {type(name).__name__}.")
    array_like = hasattr(type(obj), "__array__") and not hasattr(type(obj), "matvec")
    if not (isinstance(obj, ForwardOperator) or array_like or sparse.issparse(obj)):
        return _tested(read(obj, shape, adjoint), name or _label(obj))
    if adjoint is not None:
        raise TypeError(HAS_ADJOINT)
    if not isinstance(obj, ForwardOperator):
        return from_matrix(_entries(obj), shape_in=shape, name=name or "matrix")
    if shape is None and name is None:
        return obj
    operator = copy.copy(obj)
    operator.shape_in = obj.shape_in if shape is None else check_shape_in(shape, obj.shape[1])
    operator.name = name or obj.name
    return operator


def _entries(obj: Any) -> Any:
    if not sparse.issparse(obj):
        obj = finite_array(obj, "matrix")
    if len(obj.shape) != 2:
        raise ValueError(f"a matrix must be two-dimensional, (m, n); got shape {obj.shape}.")
    if not sparse.issparse(obj):
        return obj
    require_whole(sparse.csr_array(obj).data, "matrix")
    matrix = sparse.csr_array(obj, dtype=field_dtype(obj.dtype, "matrix"), copy=True)
    # Otherwise SciPy would do this later, in place, in arrays that are read-only by then.
    matrix.sum_duplicates()
    require_finite(matrix.data, "`matrix`")
    return matrix


def _tested(found: Found, name: str) -> ForwardOperator:
    rng = np.random.default_rng(0xAD01)
    n = prod(found.shape_in)
    forward, backward = found.forward, found.backward
    y = _first_response(found, rng.standard_normal((n, 1)))
    if not y.size:
        raise ValueError(f"an operator must return measurements; got shape {found.shape_out}.")
    has_complex = "c" in (y.dtype.kind, np.dtype(found.dtype).kind)
    if has_complex:
        if found.real_signals:
            backward = backward and partial(_over_complex_adjoint, backward)
            forward = partial(_over_complex, forward)
        # Asked again, since some libraries answer real signals in single precision (sigpy).
        y = _complex_response(forward, rng.standard_normal((n, 1)) + 0j)
    dtype = field_dtype(y.dtype if found.dtype is None else found.dtype, "operator")
    operator = ForwardOperator(
        forward,
        backward or _no_adjoint,
        shape=(len(y), n),
        dtype=np.result_type(dtype, np.complex64) if has_complex else dtype,
        shape_in=found.shape_in,
        name=name,
    )
    unit = _probe_unit(y)
    _require_linear(operator, unit, rng)
    if backward is None:
        return _from_columns(operator)
    _require_adjoint(operator, unit, rng)
    return operator


def _first_response(found: Found, x: Array) -> Array:
    must = f"an operator must answer a signal of {len(x)} entries with {prod(found.shape_out)} "
    try:
        y = found.forward(x)
    except ValueError as error:
        raise ValueError(f"{must}values; it raised ValueError: {error}") from error
    if len(y) != prod(found.shape_out):
        raise ValueError(f"{must}values; got {len(y)}.")
    return y


def _probe_unit(y: Array) -> float:
    """Power of two that keeps squares of responses like `y` in range; mostly 1."""
    with np.errstate(over="ignore", invalid="ignore"):
        exponent = int(np.frexp(np.max(np.abs(y)))[1])
    largest = np.finfo(field_dtype(y.dtype, "operator")).maxexp
    return 1.0 if 4 * abs(exponent) < largest else 2.0 ** -max(exponent, 8 - largest)


def _complex_response(forward: Map, x: Array) -> Array:
    try:
        return forward(x)
    except (TypeError, ValueError) as error:
        raise ValueError(
            "an operator with complex measurements must take complex signals; it raised "
            f"{type(error).__name__}. For real signals, return real and imaginary parts instead."
        ) from error


def _random(rng: np.random.Generator, shape: tuple[int, int], dtype: np.dtype[Any]) -> Array:
    real = rng.standard_normal(shape)
    return real + 1j * rng.standard_normal(shape) if dtype.kind == "c" else real


def _tolerance(dtype: np.dtype[Any]) -> float:
    return 1e-5 if np.finfo(dtype).bits == 32 else 1e-10


def _require_linear(operator: ForwardOperator, unit: float, rng: np.random.Generator) -> None:
    n, c = operator.shape[1], 2 + 1j if operator.dtype.kind == "c" else 2
    x, z = (unit * _random(rng, (n, 1), operator.dtype) for _ in range(2))
    Ax, Az, both = (operator.matmat(signal) for signal in (x, z, c * x + z))
    for response in (Ax, Az, both):
        require_finite(response, "the response of the operator to a finite signal")
    size = abs(c) * np.linalg.norm(Ax) + np.linalg.norm(Az)
    error = np.linalg.norm(both - c * Ax - Az) / (size or 1)
    if not error <= _tolerance(operator.dtype):
        raise ValueError(
            f"an operator must be linear; A(cx + z) and c A(x) + A(z), with c = {c}, differ by "
            f"{error:.1e} of their size."
        )


def _require_adjoint(operator: ForwardOperator, unit: float, rng: np.random.Generator) -> None:
    (m, n), dtype = operator.shape, operator.dtype
    X, Y = _random(rng, (n, 2), dtype), _random(rng, (m, 2), dtype)
    AX, AHY = operator.matmat(unit * X), operator.rmatmat(unit * Y)
    if AHY.shape != X.shape:
        raise ValueError(f"the adjoint must return signals of {n} entries; got {len(AHY)}.")
    require_finite(AHY, "the response of the adjoint to finite measurements")
    size = [np.outer(*(np.linalg.norm(Z, axis=0) for Z in pair)) for pair in ((Y, AX), (AHY, X))]
    gap = np.abs(Y.conj().T @ AX - AHY.conj().T @ X)
    error = np.max(gap / np.maximum(np.maximum(*size), np.finfo(float).tiny))
    if not error <= _tolerance(dtype):
        raise ValueError(
            f"the adjoint must satisfy <Ax, y> = <x, A^H y>; the relative error is {error:.1e}, "
            f"and {_tolerance(dtype):.0e} is allowed in {dtype}."
        )


def _no_adjoint(Y: Array) -> Array:
    raise NotImplementedError


def _from_columns(operator: ForwardOperator) -> ForwardOperator:
    m, n = operator.shape
    if n > MAX_COLUMNS or m * n > MAX_ENTRIES:
        raise ValueError(
            f"an operator of shape ({m}, {n}) must have an adjoint, since its matrix is too large "
            f"to compute (at most {MAX_COLUMNS} columns, {MAX_ENTRIES} entries); pass `adjoint`."
        )
    matrix = finite_array(unit_responses(operator.matmat, n, operator.dtype), "matrix")
    return from_matrix(matrix, shape_in=operator.shape_in, name=operator.name)


def _over_complex(forward: Map, X: Array) -> Array:
    return forward(X.real) + 1j * forward(X.imag)


def _over_complex_adjoint(backward: Map, Y: Array) -> Array:
    # On real signals the adjoint is Re A^H; the imaginary part of A^H y is Re A^H (-iy).
    return backward(Y).real + 1j * backward(-1j * Y).real


def _label(obj: Any) -> str:
    kind = type(obj)
    library = kind.__module__.partition(".")[0]
    return getattr(obj, "__name__", None) or f"{library}.{kind.__name__}"
