"""Signals that a user brings: arrays, tensors or a torch Dataset."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._validate import array_shape, finite_array

__all__ = ["checked_signals"]


def checked_signals(
    signals: Any, shape: Any, *, name: str = "signals", minimum: int = 2
) -> NDArray[Any]:
    r"""Signals of any origin as one array, or what is wrong with them.

    Parameters
    ----------
    signals : array_like, tensor, or Dataset
        An array or tensor (N, *shape); (N, n) with n entries per signal; or (N, 1, H, W) for shape
        (H, W). Or anything with ``len(signals)`` and ``signals[i]``, such as a torch Dataset, whose
        items are signals, or tuples that begin with one.
    shape : tuple of int
        Of one signal: that of the operator.
    name : str
        What errors call it.
    minimum : int
        Fewest signals that are accepted.

    Returns
    -------
    ndarray, shape (N, *shape)
        float64, or complex128 for complex signals. Values are not rescaled.

    Raises
    ------
    TypeError
        If there are neither numbers nor items in it.
    ValueError
        If the shape is another, entries are not finite, or there are too few.
    """
    shape = array_shape(shape, "shape")
    raw = _gathered(signals, name)
    if raw.ndim == 0 or len(raw) < minimum:
        came = "a single number" if raw.ndim == 0 else len(raw)
        raise ValueError(f"`{name}` must have at least {minimum} signals; got {came}.")
    if not _fits(raw.shape[1:], shape):
        raise ValueError(
            f"`{name}` must have shape (N, {', '.join(map(str, shape))}), or (N, "
            f"{math.prod(shape)}); got {raw.shape}."
        )
    array = finite_array(raw, name).reshape(-1, *shape)
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64, copy=False)


def _fits(came: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    return came in (shape, (math.prod(shape),)) or (len(shape) == 2 and came == (1, *shape))


def _gathered(signals: Any, name: str) -> NDArray[Any]:
    if isinstance(signals, np.ndarray) or _is_tensor(signals):
        return _array(signals, name)
    if isinstance(signals, str | bytes | dict) or not (
        hasattr(signals, "__len__") and hasattr(signals, "__getitem__")
    ):
        raise TypeError(
            f"`{name}` must be an array, a tensor, or a Dataset with `__len__` and `__getitem__`; "
            f"got {type(signals).__name__}."
        )
    items = [signals[i] for i in range(len(signals))]
    # Rows of plain numbers are tuples too, and no pair of signal and label.
    items = [item[0] if _is_pair(item) else item for item in items]
    arrays = [_array(item, name) for item in items]
    shapes = sorted({array.shape for array in arrays})
    if len(shapes) > 1:
        raise ValueError(
            f"`{name}` must have signals of one shape; got {', '.join(map(str, shapes[:4]))}."
        )
    return np.stack(arrays) if arrays else np.zeros((0,))


def _is_tensor(value: Any) -> bool:
    """Whether it is a torch tensor, found without importing torch."""
    return hasattr(value, "detach") and hasattr(value, "numpy")


def _is_pair(item: Any) -> bool:
    return (
        isinstance(item, tuple | list)
        and len(item) > 0
        and (_is_tensor(item[0]) or isinstance(item[0], np.ndarray))
    )


def _array(value: Any, name: str) -> NDArray[Any]:
    if _is_tensor(value):
        value = value.detach().cpu().numpy()
    array = np.asarray(value)
    if array.dtype.kind not in "biufc":
        raise TypeError(f"`{name}` must hold numbers; got dtype {array.dtype}.")
    return array
