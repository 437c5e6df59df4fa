"""Walks through what a task is made of: values, functions, classes and objects."""

from __future__ import annotations

import functools
import json
import math
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from .code_text import code_digest, short_hash
from .members import (
    compiled_from,
    defaults,
    enclosed,
    globals_of,
    home,
    is_found_by_name,
    members,
    name_of,
    own_modules,
    revision,
)
from .state import is_instrument, is_left_out, state

__all__ = ["Reader"]

# Characters; longer descriptions of data are kept as a hash.
_LONGEST = 2000
_CODE = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, type, types.ModuleType)
Described = dict[str, Any]


class Reader:
    """Describes one task; what is met again counts by its name, and its number among those."""

    def __init__(self, task: Any) -> None:
        self._task = task
        self._own = own_modules(task)
        # Things are kept as well, so that no other can get their number.
        self._seen: dict[int, tuple[Any, Described]] = {}
        self._counts: dict[str, int] = {}
        self._path: list[str] = []

    def describe(self) -> Described:
        """Return the description of the task."""
        try:
            return dict(self._value(self._task))
        except RecursionError:
            raise TypeError("the task holds too deep a nest to be described.") from None

    def _value(self, value: Any) -> Any:
        """Return plain JSON that is equal for equal values of one type, and for no others."""
        if value is None or type(value) is bool:
            return value
        for kinds, describe in _ATOMS:
            if type(value) in kinds:
                return describe(value)
        if isinstance(value, np.generic):
            raw = str(value) if value.dtype.names is None else value.tobytes().hex()
            return {"name": f"numpy:{value.dtype}", "value": raw}
        if type(value) is np.ndarray:
            return self._array(value)
        if type(value) in (tuple, list, dict, set, frozenset):
            return self._container(value)
        return self._thing(value)

    def _array(self, value: np.ndarray) -> Described:
        about = f"{value.dtype} {value.shape}"
        if value.dtype.hasobject:
            return {"array": about, "items": self._value(value.tolist())}
        return {"array": about, "sha256": short_hash(value.tobytes())}

    def _container(self, value: Any) -> Any:
        kind = name_of(type(value))
        if isinstance(value, set | frozenset):
            return _shortened({"name": kind, "items": self._unordered(value)}, kind)
        if isinstance(value, tuple):
            return _shortened({"name": kind, "items": [self._value(item) for item in value]}, kind)
        if again := self._met(value, kind):
            return again
        if isinstance(value, list):
            return _shortened([self._value(item) for item in value], kind)
        if all(type(key) is str for key in value) and value.keys().isdisjoint({"name", "array"}):
            return _shortened(self._values(value), kind)
        texts = {json.dumps(self._value(key), sort_keys=True): value[key] for key in value}
        return _shortened({"name": kind, "items": self._values(texts)}, kind)

    def _unordered(self, items: Iterable[Any]) -> list[Any]:
        """Return descriptions that do not depend on which item comes first."""
        seen, counts, found = dict(self._seen), dict(self._counts), []
        for item in items:
            found.append(self._value(item))
            if len(self._seen) > len(seen):
                self._seen, self._counts = dict(seen), dict(counts)
        return sorted(found, key=lambda item: json.dumps(item, sort_keys=True))

    def _variables(self, values: Mapping[str, Any]) -> Described:
        return self._values({k: v for k, v in values.items() if not is_left_out(k, v)})

    def _values(self, values: Mapping[str, Any]) -> Described:
        found = {}
        for name in sorted(values):
            self._path.append(name)
            found[name] = self._value(values[name])
            self._path.pop()
        return found

    def _met(self, thing: Any, name: str) -> Described | None:
        if id(thing) in self._seen:
            return self._seen[id(thing)][1]
        count = self._counts.get(name, 0)
        self._counts[name] = count + 1
        self._seen[id(thing)] = thing, {"name": name, "again": count}
        return None

    def _thing(self, value: Any) -> Any:
        for kinds, describe in _DESCRIBED:
            if isinstance(value, kinds):
                return describe(self, value)
        inner = compiled_from(value)
        if inner is not None:
            return self._value(inner)
        return {"name": name_of(type(value))} if is_instrument(value) else self._object(value)

    def _object(self, thing: Any) -> Described:
        kind = type(thing)
        if again := self._met(thing, name_of(kind)):
            return again
        try:
            parts = state(thing)
        except TypeError as error:
            where = f" in {'.'.join(self._path)}" if self._path else ""
            raise TypeError(
                f"the task cannot be told from others: it uses a {name_of(kind)}{where}, whose "
                "state cannot be described. Make it within the task, or give what holds it a "
                "method `__sweep_parameters__` that returns a dict of what matters."
            ) from error
        found: Described = {"name": name_of(kind), "parameters": self._variables(parts)}
        number = revision(kind)
        if number is not None:
            return found | {"revision": number}
        return found | ({"class": self._class(kind)} if home(kind) in self._own else {})

    def _class(self, kind: type) -> Described:
        name, number = name_of(kind), revision(kind)
        if home(kind) not in self._own:
            return {"name": name} | ({} if number is None else {"revision": number})
        if again := self._met(kind, name):
            return again
        found: Described = {"name": name, "members": self._variables(members(kind))}
        above = [base for base in kind.__bases__ if base is not object]
        above += [type(kind)] if home(type(kind)) in self._own else []
        return found | ({"bases": [self._class(base) for base in above]} if above else {})

    def _function(self, function: types.FunctionType) -> Described:
        name, own = name_of(function), home(function) in self._own
        if not own and function.__module__ not in self._own and is_found_by_name(function):
            return {"name": name}
        if again := self._met(function, name):
            return again
        found: Described = {"name": name, "parameters": {}}
        held, used = enclosed(function), dict[str, Any]()
        if own:
            found["code"] = code_digest(function.__code__)
            held |= defaults(function)
            for key, value in globals_of(function).items():
                is_code = isinstance(value, _CODE) or compiled_from(value) is not None
                (used if is_code else held)[key] = value
        found["parameters"] = self._variables(held)
        attributes = dict(vars(function))
        wrapped = attributes.pop("__wrapped__", None)
        more = {"uses": used, "attributes": attributes}
        found |= {key: self._values(parts) for key, parts in more.items() if parts}
        return found if wrapped is None else found | {"wraps": self._value(wrapped)}

    def _partial(self, task: functools.partial[Any]) -> Described:
        given = {str(i): value for i, value in enumerate(task.args)} | task.keywords
        found = dict(self._value(task.func))
        # Keywords take the place of defaults, but not of what an object holds.
        place = "parameters" if isinstance(task.func, types.FunctionType) else "arguments"
        found[place] = {**found.get(place, {}), **self._values(given)}
        return found | ({"attributes": self._values(vars(task))} if vars(task) else {})

    def _method(self, method: types.MethodType) -> Described:
        owner, of = method.__self__, self._value(method.__self__)
        name = name_of(owner if isinstance(owner, type) else type(owner))
        found = of if isinstance(of, dict) and of.get("name") == name else {"of": of}
        own = {"name": f"{name}.{method.__name__}", "method": self._value(method.__func__)}
        return {**found, **own}

    def _builtin(self, function: Any) -> Described:
        owner = getattr(function, "__self__", None)
        free = owner is None or isinstance(owner, types.ModuleType)
        return {"name": name_of(function)} | ({} if free else {"of": self._value(owner)})

    def _descriptor(self, thing: Any) -> Described:
        parts = ("__func__", "fget", "fset", "fdel", "func")
        held = {part: getattr(thing, part, None) for part in parts}
        found = {part: self._value(value) for part, value in held.items() if value is not None}
        return {"name": name_of(type(thing)), **found}


def _shortened(found: Any, kind: str) -> Any:
    text = json.dumps(found, sort_keys=True)
    return found if len(text) <= _LONGEST else {"name": kind, "hash": short_hash(text.encode())}


def _float(value: Any) -> Any:
    plain = float(value)
    return plain if math.isfinite(plain) else {"name": "builtins:float", "value": repr(plain)}


def _integer(value: int) -> Any:
    # Longer ones cannot be written in decimals.
    return value if value.bit_length() < 1000 else {"name": "builtins:int", "value": hex(value)}


def _bytes(value: Any) -> Described:
    return {"name": name_of(type(value)), "length": len(value), "sha256": short_hash(bytes(value))}


_ATOMS: tuple[tuple[tuple[type, ...], Callable[[Any], Any]], ...] = (
    ((str,), lambda value: _shortened(value, "builtins:str")),
    ((int,), _integer),
    ((float, np.float64), _float),
    ((bytes, bytearray), _bytes),
)
_DESCRIBED: tuple[tuple[Any, Callable[[Reader, Any], Any]], ...] = (
    (types.ModuleType, lambda reader, module: module.__name__),
    (types.FunctionType, Reader._function),
    (type, Reader._class),
    (types.MethodType, Reader._method),
    (functools.partial, Reader._partial),
    ((staticmethod, classmethod, property, functools.cached_property), Reader._descriptor),
    (
        (
            types.BuiltinFunctionType,
            types.MethodWrapperType,
            types.WrapperDescriptorType,
            types.MethodDescriptorType,
            types.ClassMethodDescriptorType,
        ),
        Reader._builtin,
    ),
)
