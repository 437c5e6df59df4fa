"""Functions and classes: their names, where they are from, and what belongs to them."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from types import FunctionType, GetSetDescriptorType, MemberDescriptorType, MethodType
from typing import Any

from .code_text import names

__all__ = [
    "compiled_from",
    "defaults",
    "enclosed",
    "globals_of",
    "home",
    "is_found_by_name",
    "members",
    "name_of",
    "own_modules",
    "revision",
]

_PACKAGE = __name__.partition(".")[0]
_STANDARD = Path(functools.__file__).parent
_MADE_IN_PYTHON = 1 << 9  # Py_TPFLAGS_HEAPTYPE
# Packages whose objects may stand for a Python function, and say for which.
_COMPILERS = {"numba", "numpy", "functools", "jax", "jaxlib"}


def name_of(thing: Any) -> str:
    """Module and name; a script has the same name whether it is run or imported."""
    own = getattr(thing, "__qualname__", getattr(thing, "__name__", type(thing).__qualname__))
    module = getattr(thing, "__module__", None)
    if module == "__main__":
        main = sys.modules["__main__"]
        spec, file = getattr(main, "__spec__", None), getattr(main, "__file__", None)
        module = spec.name if spec else Path(file).stem if file else module
    return f"{module}:{own}"


def home(thing: Any) -> str:
    """Name of the module whose variables a function sees, or that a class was made in."""
    if isinstance(thing, FunctionType):
        # Not `__module__`, which a decorator copies from what it wraps.
        return str(thing.__globals__.get("__name__"))
    # A class that was made where there is no module says that it was built in.
    nowhere = thing.__module__ == "builtins" and thing.__flags__ & _MADE_IN_PYTHON
    return "None" if nowhere else str(thing.__module__)


def own_modules(task: Any) -> frozenset[str]:
    """Modules whose code is part of a task: those of the task itself and of what it wraps.

    Those of libraries only if a task is from nowhere else; then of this package and the standard
    library only if it is a function.
    """
    layers = list(_layers(task))
    found = {module for module in map(home, layers) if not _is_never(module)}
    own = {module for module in found if not _is_installed(module)} or found
    return frozenset(own or {home(each) for each in layers if isinstance(each, FunctionType)})


def _is_never(module: str) -> bool:
    top = module.partition(".")[0]
    if top not in sys.stdlib_module_names:
        return top == _PACKAGE
    # A file of the user may have such a name too.
    file = _file(top)
    return file is None or file.is_relative_to(_STANDARD)


def _is_installed(module: str) -> bool:
    file = _file(module)
    return file is not None and not {"site-packages", "dist-packages"}.isdisjoint(file.parts)


def _file(module: str) -> Path | None:
    found = getattr(sys.modules.get(module), "__file__", None)
    return None if found is None else Path(found)


def _layers(task: Any) -> Iterator[Any]:
    """Functions and classes that a task is, from the outside in."""
    while task is not None:
        inner = compiled_from(task)
        if isinstance(task, functools.partial):
            inner = task.func
        elif isinstance(task, MethodType):
            yield from _layers(task.__func__)
            inner = task.__self__
        elif isinstance(task, FunctionType):
            yield task
            inner = getattr(task, "__wrapped__", None)
        elif inner is None:
            yield from (task if isinstance(task, type) else type(task)).__mro__
        task = inner


def compiled_from(thing: Any) -> Any:
    """Return the function that something was compiled from or caches; ``None`` for all others."""
    if isinstance(thing, FunctionType | type):
        return None
    if str(type(thing).__module__).partition(".")[0] not in _COMPILERS:
        return None
    found = getattr(thing, "py_func", getattr(thing, "__wrapped__", None))
    return found if callable(found) else None


def is_found_by_name(function: FunctionType) -> bool:
    """Whether a function is what its module holds under its name, and not one of many."""
    found: Any = sys.modules.get(str(function.__module__))
    for name in function.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is function


def members(kind: type) -> dict[str, Any]:
    """Return what somebody wrote into the body of a class, or has set since."""
    return {
        name: value for name, value in vars(kind).items() if not _is_automatic(kind, name, value)
    }


def _is_automatic(kind: type, name: str, value: Any) -> bool:
    if isinstance(value, GetSetDescriptorType | MemberDescriptorType) or name == "_abc_impl":
        return True
    if name.startswith("__annotate"):
        return True
    if name.startswith("__") and name.endswith("__"):
        # Data such as `__module__` and `__slots__`, and what a dataclass makes from its fields.
        generated = getattr(getattr(value, "__code__", None), "co_filename", None) == "<string>"
        made = is_dataclass(kind) and (generated or hasattr(value, "__wrapped__"))
        return made or not (callable(value) or hasattr(value, "__get__"))
    return issubclass(kind, Enum) and name.startswith("_") and name.endswith("_")


def revision(kind: type) -> int | None:
    """Return the number that stands for the code of a class, if it has one of its own.

    A class that inherits one may do something else. Those of this package keep theirs up to date.
    """
    inherits = str(kind.__module__).partition(".")[0] == _PACKAGE
    found = getattr(kind, "revision", None) if inherits else vars(kind).get("revision")
    if not isinstance(found, int) or isinstance(found, bool):
        return None
    own = [field.name for field in fields(kind)] if is_dataclass(kind) else []
    return None if "revision" in own else found


def enclosed(function: FunctionType) -> dict[str, Any]:
    """Return the variables around a function that it does not assign, as far as they are bound."""
    pairs = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    bound = {}
    for name, cell in pairs:
        try:
            bound[name] = cell.cell_contents
        except ValueError:
            continue
    return {key: bound[key] for key in bound if key not in names(function.__code__).assigned}


def defaults(function: FunctionType) -> dict[str, Any]:
    """Return the defaults of the parameters of a function."""
    code, given = function.__code__, function.__defaults__ or ()
    last = code.co_varnames[code.co_argcount - len(given) : code.co_argcount]
    return {**dict(zip(last, given, strict=True)), **(function.__kwdefaults__ or {})}


def globals_of(function: FunctionType) -> dict[str, Any]:
    """Return the variables of its module that a function reads and does not assign."""
    own = names(function.__code__)
    return {
        name: function.__globals__[name]
        for name in own.read - own.assigned
        if name in function.__globals__
    }
