"""Checks of arguments: each returns the value in the form we compute with, or says what came."""

from __future__ import annotations

import operator
from collections.abc import Collection
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_POINTS = 2**26
_MOST_ADDRESSED = 2**40


def integer(value: Any, name: str) -> int:
    """Return `value` as an int."""
    # bool is an int to Python; a mask passed for a size must not count as one.
    if isinstance(value, (bool, np.bool_)) or not is_integer(value):
        raise TypeError(f"`{name}` must be an integer; got {type(value).__name__}.")
    return operator.index(value)


def is_integer(value: Any) -> bool:
    """Whether Python takes `value` for one integer: arrays claim to be one, whatever they hold."""
    try:
        operator.index(value)
    except (TypeError, ValueError):
        return False
    return True


def positive_int(value: object, name: str) -> int:
    """Return `value` as an int that is at least 1."""
    number = integer(value, name)
    if number < 1:
        raise ValueError(f"`{name}` must be a positive integer; got {number}.")
    return number


def at_most(value: object, name: str, most: int) -> int:
    """Return `value` as an int from 1 to `most`."""
    number = positive_int(value, name)
    if number > most:
        raise ValueError(f"`{name}` must be at most {most}; got {number}.")
    return number


def signal_size(*factors: int) -> int:
    """Return the product of the factors, refused where an array of that size is out of reach."""
    n = prod(factors)
    if n > MOST_POINTS:
        raise ValueError(f"signals may have at most {MOST_POINTS} entries; got {n}.")
    return n


def addressable(*sides: int) -> None:
    """Refuse arrays beyond the reach of any machine: NumPy speaks of dimensions then."""
    size = prod(sides)
    if size > _MOST_ADDRESSED:
        raise ValueError(f"arrays may have at most 2^40 entries; got {size}.")


def choice(value: object, name: str, options: Collection[str]) -> str:
    """Return `value`, one of some strings."""
    if not isinstance(value, str):
        raise TypeError(f"`{name}` must be a string; got {type(value).__name__}.")
    if value not in options:
        if len(options) == 2:
            known = " or ".join(repr(option) for option in options)
        else:
            known = f"one of {', '.join(options)}"
        raise ValueError(f"`{name}` must be {known}; got {value!r}.")
    return value


def flag(value: object, name: str) -> bool:
    """Return `value`, True or False: "no" is true to Python."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"`{name}` must be True or False; got {value!r}.")
    return bool(value)


def array_shape(value: Any, name: str) -> tuple[int, ...]:
    """Return `value`, an integer or a sequence of them, as the shape of a non-empty array."""
    if is_integer(value):
        return (positive_int(value, name),)
    listed = hasattr(value, "__iter__") and not (hasattr(value, "ndim") and value.ndim == 0)
    if isinstance(value, (str, bytes, dict)) or not listed:
        raise TypeError(f"`{name}` must be a tuple of integers; got {type(value).__name__}.")
    shape = tuple(positive_int(side, name) for side in value)
    if not shape:
        raise ValueError(f"`{name}` must have at least one axis; got ().")
    return shape


def field_dtype(dtype: Any, name: str) -> np.dtype[Any]:
    """Return the real or complex type we compute in for entries of `dtype`."""
    try:
        dtype = np.dtype(dtype)
    except (TypeError, ValueError) as error:
        raise TypeError(f"`{name}` must be a dtype; got {dtype!r}.") from error
    if dtype.kind not in "biufc":
        raise TypeError(f"`{name}` must hold real or complex numbers; got dtype {dtype}.")
    if dtype.kind == "c":
        return np.dtype(np.complex64 if dtype.itemsize <= 8 else np.complex128)
    return np.dtype(np.float32 if dtype.kind == "f" and dtype.itemsize <= 4 else np.float64)


def finite_array(value: Any, name: str) -> NDArray[Any]:
    """Return a C-ordered floating copy of `value`, all of whose entries are finite."""
    raw = plain_array(value, name)
    require_whole(raw, name)
    array = np.array(raw, dtype=field_dtype(raw.dtype, name), order="C")
    require_finite(array, f"`{name}`")
    return array


def plain_array(value: Any, name: str) -> NDArray[Any]:
    """Return `value` as an array, without what a mask or rows of unequal length would hide."""
    if np.ma.is_masked(value):
        raise ValueError(f"`{name}` must not hide entries behind a mask; fill them first.")
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ValueError(
            f"`{name}` must be an array of numbers, with rows of one length; got a "
            f"{type(value).__name__} that is none."
        ) from error


def require_whole(array: NDArray[Any], name: str) -> None:
    """Refuse integers that double precision would round."""
    if array.dtype.kind in "iu" and array.size:
        low, high = int(array.min()), int(array.max())
        if max(-low, high) > 2**53:
            raise ValueError(
                f"`{name}` must hold integers up to 2^53, which floating point does not round; got "
                f"some from {low} to {high}."
            )


def require_finite(array: NDArray[Any], what: str) -> None:
    """Refuse NaN and infinity."""
    bad = array.size - np.count_nonzero(np.isfinite(array))
    if bad:
        raise ValueError(f"{what} must be finite; got {bad} NaN or infinite entries.")


def generator(rng: Any) -> np.random.Generator:
    """Return `rng`, a Generator or a seed, as a Generator; None is no seed."""
    if isinstance(rng, (np.random.Generator, np.random.SeedSequence)):
        return np.random.default_rng(rng)
    if isinstance(rng, (bool, np.bool_)) or not is_integer(rng):
        came = "None" if rng is None else type(rng).__name__
        raise TypeError(f"`rng` must be a numpy.random.Generator or an integer seed; got {came}.")
    if (seed := operator.index(rng)) < 0:
        raise ValueError(f"`rng` must be at least 0; got {seed}.")
    return np.random.default_rng(seed)


def boolean_mask(value: Any, name: str) -> NDArray[np.bool_]:
    """Return `value`, booleans or 0 and 1, as a boolean array that is True somewhere."""
    raw = plain_array(value, name)
    if raw.dtype.kind not in "biuf":
        raise TypeError(f"`{name}` must hold booleans, or 0 and 1; got dtype {raw.dtype}.")
    mask = raw == 1
    if raw.ndim == 0 or not np.all(mask | (raw == 0)):
        came = f"shape {raw.shape}, values from {raw.min()} to {raw.max()}"
        raise ValueError(f"`{name}` must be an array of booleans, or of 0 and 1; got {came}.")
    if not mask.any():
        raise ValueError(f"`{name}` must be True somewhere; got none of {raw.size} entries.")
    return mask
