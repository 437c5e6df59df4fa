"""Everybody else's operators, recognised by what they offer, never by importing their library.

What cannot be read off entries is tested on random signals: linearity, finiteness, the adjoint.
"""

from __future__ import annotations

import copy
import inspect
import sys
from collections.abc import Callable, Sequence
from functools import partial
from math import prod
from typing import Any, NamedTuple

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
from ._validate import array_shape, field_dtype, finite_array, require_finite

__all__ = ["as_operator"]

Array = NDArray[Any]

MAX_COLUMNS = 4096  # of a matrix that is computed for want of an adjoint
_HAS_ADJOINT = "`adjoint` must be None for an operator that already has one."


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
    array_like = hasattr(type(obj), "__array__") and not hasattr(type(obj), "matvec")
    if not (isinstance(obj, ForwardOperator) or array_like or sparse.issparse(obj)):
        return _tested(_read(obj, shape, adjoint), name or _label(obj))
    if adjoint is not None:
        raise TypeError(_HAS_ADJOINT)
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
    matrix = sparse.csr_array(obj, dtype=field_dtype(obj.dtype, "matrix"), copy=True)
    # Otherwise SciPy would do this later, in place, in arrays that are read-only by then.
    matrix.sum_duplicates()
    require_finite(matrix.data, "`matrix`")
    return matrix


class _Found(NamedTuple):
    """What a library tells: maps of batches, (n, p) -> (m, p) and back, and a signal's shape."""

    forward: Map
    backward: Map | None
    shape_in: tuple[int, ...]
    shape_out: tuple[int, ...]
    dtype: Any = None  # as declared
    real_signals: bool = False  # complex measurements, but linear over the reals only


def _tested(found: _Found, name: str) -> ForwardOperator:
    rng = np.random.default_rng(0xAD01)
    n = prod(found.shape_in)
    forward, backward = found.forward, found.backward
    y = forward(rng.standard_normal((n, 1)))
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
    _require_linear(operator, rng)
    if backward is None:
        return _from_columns(operator)
    _require_adjoint(operator, rng)
    return operator


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


def _require_linear(operator: ForwardOperator, rng: np.random.Generator) -> None:
    n, c = operator.shape[1], 2 + 1j if operator.dtype.kind == "c" else 2
    x, z = (_random(rng, (n, 1), operator.dtype) for _ in range(2))
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


def _require_adjoint(operator: ForwardOperator, rng: np.random.Generator) -> None:
    (m, n), dtype = operator.shape, operator.dtype
    X, Y = _random(rng, (n, 2), dtype), _random(rng, (m, 2), dtype)
    AX, AHY = operator.matmat(X), operator.rmatmat(Y)
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


def _read(obj: Any, shape_in: tuple[int, ...] | None, adjoint: Any) -> _Found:
    for names, reader in () if isinstance(obj, type) else _PROTOCOLS:
        # Statically, for a property may raise (ODL) or compute (sigpy) when it is asked for.
        if all(inspect.getattr_static(obj, name, None) is not None for name in names):
            found = reader(obj, shape_in)
            break
    else:
        found = _read_function(obj, shape_in)
    if shape_in is not None:
        found = found._replace(shape_in=check_shape_in(shape_in, prod(found.shape_in)))
    if adjoint is None:
        return found
    if found.backward is not None:
        raise TypeError(_HAS_ADJOINT)
    if not callable(adjoint):
        raise TypeError(f"`adjoint` must be callable; got {type(adjoint).__name__}.")
    return found._replace(backward=partial(_by_columns, adjoint, found.shape_out))


def _read_function(function: Any, shape_in: tuple[int, ...] | None) -> _Found:
    if not callable(function) or isinstance(function, type):
        came = repr(function) if function is None else type(function).__name__
        raise TypeError(
            "an operator must be a matrix, a LinearOperator, an operator of a known library, or a "
            f"function; got {came}."
        )
    if shape_in is None:
        raise TypeError("`shape_in` must be given for a function: the shape of a signal; got None.")
    x = np.random.default_rng(0xAD02).standard_normal(shape_in)
    shape_out = _numbers(function(x)).shape
    return _Found(partial(_by_columns, function, shape_in), None, shape_in, shape_out)


def _read_linear_operator(operator: Any, shape_in: tuple[int, ...] | None) -> _Found:
    m, n = (int(side) for side in operator.shape)
    forward = getattr(operator, "matmat", None) or partial(_by_columns, operator.matvec, (n,))
    dtype = None if getattr(operator, "dtype", None) is None else np.dtype(operator.dtype)
    return _Found(
        forward,
        _adjoint_of(operator, m, dtype),
        tuple(getattr(operator, "dims", (n,))),  # pylops
        (m,),
        dtype,
        not getattr(operator, "clinear", True),  # pylops: real signals, complex measurements
    )


def _adjoint_of(operator: Any, m: int, dtype: Any) -> Map | None:
    if not hasattr(operator, "rmatvec"):
        return None
    try:
        operator.rmatvec(np.zeros(m, dtype))
    except NotImplementedError:
        return None
    return getattr(operator, "rmatmat", None) or partial(_by_columns, operator.rmatvec, (m,))


def _read_sigpy(operator: Any, shape_in: tuple[int, ...] | None) -> _Found:
    into, out = tuple(operator.ishape), tuple(operator.oshape)
    return _Found(
        partial(_by_columns, operator, into), partial(_by_columns, operator.H, out), into, out
    )


def _read_pyxu(operator: Any, shape_in: tuple[int, ...] | None) -> _Found:
    into, out = tuple(operator.dim_shape), tuple(operator.codim_shape)
    return _Found(
        partial(_by_columns, operator.apply, into),
        partial(_by_columns, operator.adjoint, out),
        into,
        out,
    )


def _read_odl(operator: Any, shape_in: tuple[int, ...] | None) -> _Found:
    into, out = tuple(operator.domain.shape), tuple(operator.range.shape)
    try:
        # ODL's adjoint belongs to weighted inner products, and its own export to SciPy keeps it so.
        scale = _odl_weight(operator.domain) / _odl_weight(operator.range)
        adjoint = partial(_odl_apply, operator.adjoint, scale)
    except NotImplementedError:
        adjoint = None
    return _Found(
        partial(_by_columns, partial(_odl_apply, operator, 1.0), into),
        adjoint and partial(_by_columns, adjoint, out),
        into,
        out,
        real_signals=np.dtype(operator.domain.dtype).kind == "f",
    )


def _odl_weight(space: Any) -> float:
    # One number for all constant weightings, however nested; others fail the test of the adjoint.
    one = space.element(np.ones(space.shape))
    return float(np.real(space.inner(one, one))) / prod(space.shape)


def _odl_apply(operator: Any, scale: float, x: Array) -> Array:
    return scale * operator(x).asarray()


def _read_deepinv(physics: Any, shape_in: tuple[int, ...] | None) -> _Found:
    shape_in = shape_in or getattr(physics, "img_size", None)
    if shape_in is None:
        raise TypeError("`shape_in` must be given for this physics, (channels, ...); got None.")
    shape_in = tuple(shape_in)
    torch = _torch()
    with torch.no_grad():
        sample = physics.A(_to_tensor(physics, np.zeros((1, *shape_in))))
    parts = [sample] if isinstance(sample, torch.Tensor) else list(sample)
    shapes = [tuple(part.shape[1:]) for part in parts]
    # Several operators answer with a TensorList, and their adjoint expects one.
    kind = None if isinstance(sample, torch.Tensor) else type(sample)
    return _Found(
        partial(_physics_forward, physics, shape_in),
        partial(_physics_adjoint, physics, shapes, kind),
        shape_in,
        (sum(map(prod, shapes)),),
        real_signals=True,
    )


def _torch() -> Any:
    torch = sys.modules.get("torch")
    if torch is None:
        raise TypeError(
            "an operator with `A` and `A_adjoint` is read as a deepinv physics, and torch is not "
            "loaded; pass its function `A` and `adjoint` instead."
        )
    return torch


def _to_tensor(physics: Any, array: Array) -> Any:
    single = np.complex64 if np.iscomplexobj(array) else np.float32
    tensor = _torch().from_numpy(np.array(array, single, order="C"))
    held = [*getattr(physics, "buffers", tuple)(), *getattr(physics, "parameters", tuple)()]
    return tensor.to(held[0].device) if held else tensor


def _to_columns(response: Any) -> Array:
    parts = [response] if isinstance(response, _torch().Tensor) else list(response)
    rows = [part.detach().cpu().numpy().reshape(part.shape[0], -1) for part in parts]
    return np.concatenate(rows, axis=1).T


def _physics_forward(physics: Any, shape_in: tuple[int, ...], X: Array) -> Array:
    with _torch().no_grad():
        return _to_columns(physics.A(_to_tensor(physics, X.T.reshape(-1, *shape_in))))


def _physics_adjoint(
    physics: Any, shapes: list[tuple[int, ...]], kind: Callable[[list[Any]], Any] | None, Y: Array
) -> Array:
    ends = np.cumsum([prod(shape) for shape in shapes])
    parts = [
        _to_tensor(physics, part.T.reshape(-1, *shape))
        for part, shape in zip(np.split(Y, ends[:-1]), shapes, strict=True)
    ]
    with _torch().no_grad():
        return _to_columns(physics.A_adjoint(kind(parts) if kind else parts[0]))


def _by_columns(function: Callable[[Array], Any], shape: tuple[int, ...], X: Array) -> Array:
    # Copies on both sides: a function may overwrite what it is given, or reuse what it returned.
    columns = [np.array(_numbers(function(x.reshape(shape)))) for x in np.array(X.T, order="C")]
    return np.stack([column.ravel() for column in columns], axis=1)


def _numbers(value: Any) -> Array:
    array = np.asarray(value)
    if array.dtype.kind not in "biufc":
        raise TypeError(f"an operator must return a numeric array; got {type(value).__name__}.")
    return array


def _label(obj: Any) -> str:
    kind = type(obj)
    library = kind.__module__.partition(".")[0]
    return getattr(obj, "__name__", None) or f"{library}.{kind.__name__}"


_PROTOCOLS: tuple[tuple[tuple[str, ...], Callable[[Any, tuple[int, ...] | None], _Found]], ...] = (
    (("shape", "matvec"), _read_linear_operator),
    (("ishape", "oshape", "H"), _read_sigpy),
    (("dim_shape", "codim_shape", "apply", "adjoint"), _read_pyxu),
    (("domain", "range", "adjoint"), _read_odl),
    (("A", "A_adjoint"), _read_deepinv),
)
