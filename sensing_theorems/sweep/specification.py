"""What makes two sweeps the same: the task, its parameters and its code, the axes and the seed."""

from __future__ import annotations

import ast
import functools
import hashlib
import inspect
import json
import sys
import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

__all__ = ["describe_task", "differences", "digest", "specification"]

_DEEPEST = 8


def specification(task: Callable[..., Any], axes: Iterable[str], seed: int) -> dict[str, Any]:
    """Everything that the outcome of a trial depends on, as plain JSON."""
    return {"task": describe_task(task), "axes": sorted(axes), "seed": seed}


def digest(value: Any) -> str:
    """Return a short hash of plain JSON."""
    return _hash(json.dumps(value, sort_keys=True).encode())


def differences(stored: Any, now: Any, path: str = "") -> list[str]:
    """Where two specifications differ, as ``path: a in the store, b now``."""
    if isinstance(stored, Mapping) and isinstance(now, Mapping):
        found = []
        for key in sorted({*stored, *now}):
            below = f"{path}.{key}" if path else str(key)
            found += differences(stored.get(key), now.get(key), below)
        return found
    return [] if stored == now else [f"{path}: {_short(stored)} in the store, {_short(now)} now"]


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def describe_task(task: Callable[..., Any]) -> dict[str, Any]:
    r"""Name, parameters and code of a task, as plain JSON.

    Parameters are the fields of a dataclass or another object, what a function encloses, its
    defaults, and the arguments of a `functools.partial`; large ones by a hash. Code is that of the
    function or class without comments, docstrings and layout, and of what it calls in the same
    module; a class that has a ``revision`` is known by that number instead. What a task uses of
    other modules is not looked at.

    Examples
    --------
    >>> def hit(cell, rng, share=0.5):
    ...     return rng.random() < share
    >>> describe_task(hit)["parameters"]
    {'share': 0.5}
    """
    return _Reader().callable(task)


class _Reader:
    """Walks through what a task is made of; remembers where it was, since functions may recurse."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def callable(self, task: Any, depth: int = 0) -> dict[str, Any]:
        task = getattr(task, "py_func", task)  # compiled by Numba
        if isinstance(task, functools.partial):
            found = self.callable(task.func, depth + 1)
            given = {str(i): value for i, value in enumerate(task.args)} | task.keywords
            found["parameters"] = {**found["parameters"], **self._values(given, depth + 1)}
            return found
        if inspect.ismethod(task):
            owner = self.callable(task.__self__, depth + 1)
            return {**owner, "name": f"{owner['name']}.{task.__name__}"}
        if isinstance(task, FunctionType):
            return self._function(task, depth)
        kind = task if isinstance(task, type) else type(task)
        state = {} if isinstance(task, type) else self._values(_state(task), depth + 1)
        found = {"name": _name(kind), "parameters": state}
        revision = getattr(kind, "revision", None)
        return found | ({"code": _code(kind)} if revision is None else {"revision": revision})

    def _function(self, function: FunctionType, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {"name": _name(function), "parameters": {}}
        if id(function) in self._seen or depth > _DEEPEST:
            return found
        self._seen.add(id(function))
        found["code"] = _code(function)
        try:
            used = inspect.getclosurevars(function)
        except ValueError:  # a variable that is still to be bound
            return found
        signature = inspect.signature(function).parameters.values()
        defaults = {p.name: p.default for p in signature if p.default is not p.empty}
        held, helpers = dict(used.nonlocals), {}
        for name, value in used.globals.items():
            if isinstance(value, FunctionType | type) or hasattr(value, "py_func"):
                if getattr(value, "__module__", None) == function.__module__:
                    helpers[name] = value
            elif not isinstance(value, ModuleType):
                held[name] = value
        found["parameters"] = self._values(defaults | held, depth + 1)
        if helpers:
            found["uses"] = {name: self.callable(helpers[name], depth + 1) for name in helpers}
        return found

    def _values(self, values: Mapping[str, Any], depth: int) -> dict[str, Any]:
        return {str(name): self._value(values[name], depth) for name in values}

    def _value(self, value: Any, depth: int) -> Any:
        if value is None or isinstance(value, bool | int | str):
            return value
        if isinstance(value, float | np.generic):
            return value if isinstance(value, float) and np.isfinite(value) else repr(value)
        if isinstance(value, np.ndarray):
            about = f"{value.dtype} {value.shape}"
            raw = repr(value.tolist()).encode() if value.dtype.hasobject else value.tobytes()
            return {"array": about, "sha256": _hash(raw)}
        if depth > _DEEPEST or (id(value) in self._seen and not callable(value)):
            return _name(type(value))
        if isinstance(value, list | tuple):
            return [self._value(item, depth + 1) for item in value]
        if isinstance(value, set | frozenset):
            return sorted((self._value(item, depth + 1) for item in value), key=json.dumps)
        if isinstance(value, Mapping):
            return self._values(value, depth + 1)
        if isinstance(value, ModuleType):
            return value.__name__
        if callable(value):
            return self.callable(value, depth + 1)
        self._seen.add(id(value))
        return {"type": _name(type(value)), **self._values(_state(value), depth + 1)}


def _name(thing: Any) -> str:
    own = getattr(thing, "__qualname__", type(thing).__qualname__)
    module = getattr(thing, "__module__", None)
    if module == "__main__":
        # A script is the same whether it is run or imported.
        file = getattr(sys.modules["__main__"], "__file__", None)
        module = Path(file).stem if file else module
    return f"{module}:{own}"


def _state(thing: Any) -> dict[str, Any]:
    if is_dataclass(thing):
        return {field.name: getattr(thing, field.name) for field in fields(thing)}
    return dict(getattr(thing, "__dict__", {}))


def _code(thing: Any) -> str | None:
    """Return a hash of what code does: of its text without layout, or of its instructions."""
    lambda_ = getattr(thing, "__name__", "") == "<lambda>"  # its text is that of the whole line
    try:
        if not lambda_:
            tree = ast.parse(textwrap.dedent(inspect.getsource(thing)))
            return _hash(ast.unparse(_undocumented(tree)).encode())
    except (OSError, TypeError, SyntaxError):
        pass
    code = getattr(thing, "__code__", None)
    return None if code is None else _hash(repr(_instructions(code)).encode())


def _undocumented(tree: ast.AST) -> ast.AST:
    for node in ast.walk(tree):
        documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        if isinstance(node, documented) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return tree


def _instructions(code: CodeType) -> tuple[Any, ...]:
    return code.co_code, code.co_names, code.co_varnames, tuple(map(_constant, code.co_consts))


def _constant(constant: Any) -> Any:
    if isinstance(constant, CodeType):
        return _instructions(constant)
    # Sets of strings come in another order in every process.
    return repr(sorted(map(repr, constant)) if isinstance(constant, frozenset) else constant)


def _hash(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:16]
