"""The protocols of other libraries, each read as two maps of batches and the shape of a signal."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from functools import partial
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._forward import Map, check_shape_in

__all__ = ["HAS_ADJOINT", "Found", "read"]

Array = NDArray[Any]

_DOUBLE = {"torch.float64"}
_FLOATING = {"torch.float32", "torch.float64"}

HAS_ADJOINT = "`adjoint` must be None for an operator that already has one."


class Found(NamedTuple):
    """What a library tells: maps of batches, (n, p) -> (m, p) and back, and a signal's shape."""

    forward: Map
    backward: Map | None
    shape_in: tuple[int, ...]
    shape_out: tuple[int, ...]
    dtype: Any = None  # as declared
    real_signals: bool = False  # complex measurements, but linear over the reals only


def read(obj: Any, shape_in: tuple[int, ...] | None, adjoint: Any) -> Found:
    """Recognise an operator by what it offers, a plain function last."""
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
        raise TypeError(HAS_ADJOINT)
    if not callable(adjoint):
        raise TypeError(f"`adjoint` must be callable; got {type(adjoint).__name__}.")
    return found._replace(backward=partial(_by_columns, adjoint, found.shape_out))


def _read_function(function: Any, shape_in: tuple[int, ...] | None) -> Found:
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
    return Found(partial(_by_columns, function, shape_in), None, shape_in, shape_out)


def _read_linear_operator(operator: Any, shape_in: tuple[int, ...] | None) -> Found:
    m, n = (int(side) for side in operator.shape)
    forward = getattr(operator, "matmat", None) or partial(_by_columns, operator.matvec, (n,))
    dtype = None if getattr(operator, "dtype", None) is None else np.dtype(operator.dtype)
    return Found(
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
    except ValueError as error:
        raise ValueError(
            f"the adjoint must take {m} measurements to a signal; it raised ValueError: {error}"
        ) from error
    return getattr(operator, "rmatmat", None) or partial(_by_columns, operator.rmatvec, (m,))


def _read_sigpy(operator: Any, shape_in: tuple[int, ...] | None) -> Found:
    into, out = tuple(operator.ishape), tuple(operator.oshape)
    return Found(
        partial(_by_columns, operator, into), partial(_by_columns, operator.H, out), into, out
    )


def _read_pyxu(operator: Any, shape_in: tuple[int, ...] | None) -> Found:
    into, out = tuple(operator.dim_shape), tuple(operator.codim_shape)
    return Found(
        partial(_by_columns, operator.apply, into),
        partial(_by_columns, operator.adjoint, out),
        into,
        out,
    )


def _read_odl(operator: Any, shape_in: tuple[int, ...] | None) -> Found:
    into, out = tuple(operator.domain.shape), tuple(operator.range.shape)
    try:
        # ODL's adjoint belongs to weighted inner products, and its own export to SciPy keeps it so.
        adjoint = partial(_odl_apply, operator.adjoint, _odl_scale(operator))
    except NotImplementedError:
        adjoint = None
    return Found(
        partial(_by_columns, partial(_odl_apply, operator, 1.0), into),
        adjoint and partial(_by_columns, adjoint, out),
        into,
        out,
        real_signals=np.dtype(operator.domain.dtype).kind == "f",
    )


def _odl_scale(operator: Any) -> float:
    # One number for all constant weightings, however nested; others fail the test that follows.
    # Measured, since some of ODL (matrices, the discrete Fourier transform) leave weights out.
    x = np.random.default_rng(0xAD03).standard_normal(operator.domain.shape)
    y = operator(x).asarray()
    back = float(np.real(np.vdot(x, operator.adjoint(y).asarray())))
    measured = float(np.linalg.norm(y)) ** 2 / back if back else 1.0
    expected = _odl_weight(operator.domain) / _odl_weight(operator.range)
    # Without the rounding of the measurement, so that entries stay what they are.
    return next((s for s in (expected, 1.0) if abs(measured - s) <= 1e-10 * s), measured)


def _odl_weight(space: Any) -> float:
    one = space.element(np.ones(space.shape))
    return float(np.real(space.inner(one, one))) / prod(space.shape)


def _odl_apply(operator: Any, scale: float, x: Array) -> Array:
    return scale * operator(x).asarray()


def _read_deepinv(physics: Any, shape_in: tuple[int, ...] | None) -> Found:
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
    return Found(
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
    held = [*getattr(physics, "buffers", tuple)(), *getattr(physics, "parameters", tuple)()]
    # Single precision, as physics are made, unless all of this one was moved to double.
    kinds = {str(getattr(t, "dtype", "")) for t in held} & _FLOATING
    precision = np.float64 if kinds and kinds <= _DOUBLE else np.float32
    dtype = np.result_type(precision, np.complex64) if np.iscomplexobj(array) else precision
    tensor = _torch().from_numpy(np.array(array, dtype, order="C"))
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


_PROTOCOLS: tuple[tuple[tuple[str, ...], Callable[[Any, tuple[int, ...] | None], Found]], ...] = (
    (("shape", "matvec"), _read_linear_operator),
    (("ishape", "oshape", "H"), _read_sigpy),
    (("dim_shape", "codim_shape", "apply", "adjoint"), _read_pyxu),
    (("domain", "range", "adjoint"), _read_odl),
    (("A", "A_adjoint"), _read_deepinv),
)
