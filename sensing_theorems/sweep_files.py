"""Sweeps as they are written in files: settings in TOML, tasks and axes by name."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

from . import tasks
from .files import known
from .specs import from_module, is_function
from .tasks.base import Task
from .toml_files import about, read_toml, required_name, typed

__all__ = ["Settings", "load_settings", "named_task", "required_name", "task_of"]

_KEYS = {
    "task": str,
    "trials": int,
    "seed": int,
    "store": str,
    "refine": str,
    "parameters": dict,
    "grid": dict,
}
_NEEDED = ("task", "grid", "trials", "seed")
_RANGE = re.compile(r"\s*(-?\d{1,9})\s*:\s*(-?\d{1,9})\s*(?::\s*(\d{1,9})\s*)?")
_MOST = 10**7


@dataclass(frozen=True)
class Settings:
    """Arguments of `sweep`, as a file and flags give them.

    Attributes
    ----------
    task : callable
    grid : dict of str to sequence of int
    trials, seed : int
    store, refine : str or None
    """

    task: Callable[..., Any]
    grid: Mapping[str, Sequence[int]]
    trials: int
    seed: int
    store: str | None = None
    refine: str | None = None


def load_settings(path: str, flags: Mapping[str, Any] | None = None) -> Settings:
    r"""Read the settings of a sweep from a TOML file.

    Parameters
    ----------
    path : str
        Of a file with the keys task, trials, seed, store and refine, and the tables parameters and
        grid. An axis of the grid is an integer, a list of integers, or a string such as
        ``"1:40"`` or, in steps of 3 from 1 up to 40, ``"1:40:3"``.
    flags : mapping of str to Any, optional
        Values of trials, seed, store and refine that win over those of the file.

    Raises
    ------
    ValueError
        If the file cannot be read, or holds a key or a value that is no setting. The code of a
        task ``module:name`` is run, and whatever it raises becomes a ValueError too.
    """
    found = read_toml(path)
    with about(path):
        for key, value in found.items():
            known(key, _KEYS, "key")
            typed(value, _KEYS[key], key)
        found.update(flags or {})
        _sound(found)
        grid = {name: _axis(value, name) for name, value in found["grid"].items()}
        if not grid:
            raise ValueError("`grid` must have at least one axis; got none.")
        refine = found.get("refine")
        if refine is not None:
            known(refine, grid, "axis to refine")
        task = named_task(found["task"], found.get("parameters", {}))
        if isinstance(task, Task):
            # A name that the task does not take would else be found by the first trial.
            task.values({name: values[0] for name, values in grid.items()})
    return Settings(task, grid, found["trials"], found["seed"], found.get("store"), refine)


def _sound(found: Mapping[str, Any]) -> None:
    for key in _NEEDED:
        if key not in found:
            flag = f", or by --{key}" if key in ("trials", "seed") else ""
            raise ValueError(f"`{key}` must be given in the file{flag}; it was not.")
    for key, least in (("trials", 1), ("seed", 0)):
        if found[key] < least:
            raise ValueError(f"`{key}` must be at least {least}; got {found[key]}.")
    required_name(found.get("store"), "`store`", "directory")


def named_task(name: str, parameters: Mapping[str, Any]) -> Callable[..., Any]:
    r"""Return the task of that name, with parameters.

    Parameters
    ----------
    name : str
        A class of `sensing_theorems.tasks`, or ``package.module:name`` for a function
        ``task(cell, rng)`` or a class whose instances are called so. The latter runs the code of
        that module; the current directory is importable.
    parameters : mapping of str to Any
        Fields of the class, or further arguments of the function.

    Raises
    ------
    ValueError
        If there is no such task, or it does not take those parameters.
    """
    if is_function(name):
        task: Callable[..., Any] = from_module(name, lambda found: _bound(found, parameters))
        return task
    known(name, _built_in(), "task")
    kind = _built_in()[name]
    for key in parameters:
        known(key, [field.name for field in fields(kind)], f"parameter of {name}:")
    try:
        return _made(kind, parameters)
    except TypeError as error:
        raise ValueError(f"{name}: {error}") from error


def task_of(specification: Mapping[str, Any]) -> Task | None:
    """Return the built-in task that a sweep was made with; ``None`` for all other tasks.

    Nothing is imported because a specification names it: only classes that
    `sensing_theorems.tasks` exports are considered, in the revision of this version.

    Parameters
    ----------
    specification : mapping
        As in ``PhaseDiagram.provenance["specification"]``.
    """
    found = specification.get("task")
    if not isinstance(found, Mapping) or not isinstance(found.get("parameters"), Mapping):
        return None
    for kind in _built_in().values():
        if found.get("name") == f"{kind.__module__}:{kind.__qualname__}":
            if found.get("revision") != getattr(kind, "revision", None):
                return None
            try:
                return _made(kind, found["parameters"])
            except (TypeError, ValueError):  # of another version
                return None
    return None


def _built_in() -> dict[str, type[Task]]:
    exported = {name: getattr(tasks, name) for name in tasks.__all__}
    return {
        name: kind
        for name, kind in exported.items()
        if isinstance(kind, type) and issubclass(kind, Task) and not inspect.isabstract(kind)
    }


def _made(kind: type[Any], parameters: Mapping[str, Any]) -> Any:
    inspect.signature(kind).bind(**parameters)
    frozen = {k: tuple(v) if isinstance(v, list) else v for k, v in parameters.items()}
    return kind(**frozen)


def _bound(found: Any, parameters: Mapping[str, Any]) -> Callable[..., Any]:
    """Return a task made from what a module holds under some name."""
    made = isinstance(found, type)
    task = _made(found, parameters) if made else found
    rest = {} if made else dict(parameters)
    if not callable(task):
        raise ValueError(f"must be a function of a cell and an rng; got {type(task).__name__}.")
    if rest and hasattr(task, "many"):
        raise ValueError(f"must be a function to take [parameters]; got {type(task).__name__}.")
    try:
        inspect.signature(task).bind({}, None, **rest)
    except TypeError as error:
        names = "".join(f", {key}=..." for key in rest)
        raise ValueError(f"must take (cell, rng{names}): {error}.") from None
    except ValueError:  # compiled functions may not tell
        pass
    return partial(task, **rest) if rest else task


def _axis(value: Any, name: str) -> Sequence[int]:
    """Integers of an axis; a range is not written out, however long it is."""
    if type(value) is int:
        return [value]
    if isinstance(value, list) and value and all(type(entry) is int for entry in value):
        return value
    if isinstance(value, str) and (ends := _RANGE.fullmatch(value)):
        first, last, step = int(ends[1]), int(ends[2]), int(ends[3] or 1)
        if last < first or step < 1:
            raise ValueError(f"`grid.{name}` must be first:last or first:last:step; got {value!r}.")
        if (last - first) // step >= _MOST:
            raise ValueError(f"`grid.{name}` may have at most {_MOST} values; got {value!r}.")
        return range(first, last + 1, step)
    raise ValueError(
        f"`grid.{name}` must be an integer, a list of integers, or a range such as '1:40' or "
        f"'1:40:3'; got {value!r}."
    )
