"""What objects consist of, apart from their class."""

from __future__ import annotations

import copyreg
import functools
import inspect
import io
import logging
import pickle
import random
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from types import MappingProxyType
from typing import Any

import numpy as np

__all__ = ["is_instrument", "is_left_out", "package", "state"]

# Modules of what a task reports to or waits for, and does not compute with.
_INSTRUMENTS = {"_thread", "threading", "logging", "matplotlib", "tqdm", "weakref"}
_NEW = (copyreg.__newobj__, copyreg.__newobj_ex__)  # type: ignore[attr-defined]


def package(thing: Any) -> str:
    """Name of the package that a function or class says it is from."""
    return str(getattr(thing, "__module__", None)).partition(".")[0]


def is_left_out(name: str, value: Any) -> bool:
    """Whether a variable is a cache, by its name and by what it holds."""
    named = name.lower().endswith(("cache", "memo"))
    return named and (value is None or isinstance(value, Mapping | list | set))


def is_instrument(thing: Any) -> bool:
    """Whether something has a state that no outcome depends on: a logger, lock, file or figure."""
    if isinstance(thing, io.IOBase):
        return not isinstance(thing, io.BytesIO | io.StringIO)
    return isinstance(thing, logging.Filterer) or package(type(thing)) in _INSTRUMENTS


def state(thing: Any) -> dict[str, Any]:
    r"""Return what an object consists of, by name.

    Fields and attributes, or what it is pickled with; without what it has cached.

    Raises
    ------
    TypeError
        If there is no saying.
    """
    hook = getattr(type(thing), "__sweep_parameters__", None)
    if hook is not None:
        return dict(hook(thing))
    for kind, parts in _SPECIAL.items():
        if isinstance(thing, kind):
            return parts(thing)
    sparse = sys.modules.get("scipy.sparse")
    if sparse is not None and sparse.issparse(thing):
        return _entries(thing)
    if is_dataclass(thing):
        found = {f.name: getattr(thing, f.name) for f in fields(thing) if hasattr(thing, f.name)}
        found |= getattr(thing, "__dict__", {})
    else:
        found = _pickled(thing)
    return {str(name): found[name] for name in found if not _is_cached(thing, name)}


def _is_cached(thing: Any, name: Any) -> bool:
    held = inspect.getattr_static(type(thing), str(name), None)
    return isinstance(held, functools.cached_property)


def _pickled(thing: Any) -> dict[str, Any]:
    """Return what `pickle` would make an object from."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        known = copyreg.dispatch_table.get(type(thing))
        try:
            found: Any = thing.__reduce_ex__(4) if known is None else known(thing)
            if isinstance(found, str):
                pickle.dumps(thing)  # refuses a name that does not lead back to the object
                return {"name": found}
        except Exception as error:
            raise TypeError(str(error)) from error
    padded: list[Any] = [*found, None, None, None]
    make, arguments, own, items, pairs = padded[:5]
    parts = _attributes(own)
    if make in _NEW:
        arguments = arguments[1:]
    elif make is not type(thing):
        parts["made by"] = make
    if items is not None:
        parts["items"] = list(items)
    if pairs is not None:
        parts["pairs"] = dict(pairs)
    return {str(i): argument for i, argument in enumerate(arguments)} | parts


def _attributes(own: Any) -> dict[str, Any]:
    """Return the state of an object: its ``__dict__``, that and its slots, or something else."""
    if own is None:
        return {}
    if isinstance(own, dict):
        return dict(own)
    if isinstance(own, tuple) and len(own) == 2 and isinstance(own[1], dict):
        if own[0] is None or isinstance(own[0], dict):
            return {**(own[0] or {}), **own[1]}
    return {"state": own}


def _generator(thing: Any) -> dict[str, Any]:
    """Return the seed, which stays as it is when numbers are drawn."""
    bits = getattr(thing, "bit_generator", thing)
    seed = getattr(bits, "seed_seq", None)
    about = {"kind": type(bits).__name__}
    if not isinstance(seed, np.random.SeedSequence):
        return about | {"state": bits.state}
    return about | {"entropy": seed.entropy, "spawn_key": list(seed.spawn_key)}


def _stream(thing: Any) -> dict[str, Any]:
    """Return the state of an old generator; of those that all share, in any state, nothing."""
    shared = (np.random.random.__self__, random.random.__self__)  # type: ignore[attr-defined]
    if any(thing is one for one in shared):
        return {}
    return {"state": thing.getstate() if isinstance(thing, random.Random) else thing.get_state()}


def _vectorized(thing: Any) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in ("pyfunc", "otypes", "signature", "excluded")}


def _entries(matrix: Any) -> dict[str, Any]:
    """Return the entries of a sparse matrix, whatever it has found out about them."""
    rows = matrix.tocoo(copy=True)
    rows.sum_duplicates()
    indices = getattr(rows, "coords", None) or (rows.row, rows.col)
    # How wide the indices are is up to SciPy.
    indices = [np.asarray(axis, np.int64) for axis in indices]
    return {"shape": list(matrix.shape), "indices": indices, "entries": rows.data}


_SPECIAL: dict[type[Any], Callable[[Any], dict[str, Any]]] = {
    Enum: lambda member: {"member": member.name, "value": member.value},
    MappingProxyType: lambda proxy: {"pairs": dict(proxy)},
    np.random.Generator: _generator,
    np.random.BitGenerator: _generator,
    np.random.RandomState: _stream,
    random.Random: _stream,
    np.vectorize: _vectorized,
}
