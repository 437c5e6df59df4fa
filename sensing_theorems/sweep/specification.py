"""What makes two sweeps the same: the task, its parameters and its code, the axes and the seed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from .code_text import short_hash
from .description import Reader

__all__ = ["describe_task", "differences", "digest", "specification"]

_MISSING = object()
_HINT = "what a task fills as it runs is left out where its name ends in `cache`"


def specification(task: Callable[..., Any], axes: Iterable[str], seed: int) -> dict[str, Any]:
    """Everything that the outcome of a trial depends on, as plain JSON."""
    return {"task": describe_task(task), "axes": sorted(axes), "seed": seed}


def digest(value: Any) -> str:
    """Return a short hash of plain JSON."""
    return short_hash(json.dumps(value, sort_keys=True).encode())


def describe_task(task: Callable[..., Any]) -> dict[str, Any]:
    r"""Name, parameters and code of a task, as plain JSON.

    Equal for equal tasks in every process, whether their file is run or imported, and after they
    were used. Two sweeps are the same if this is.

    Parameters are the fields of a dataclass, what another object would be pickled with, what a
    function encloses, its defaults, the globals that it reads, and the arguments of a
    `functools.partial`. They are compared by value and type; large ones are kept as a hash.

    Code is that of the task and of every function, class and method that it reaches in its own
    module, without comments, docstrings and layout. What it takes from other modules counts by name
    only; objects made there, by their class and state. A class with its own integer attribute
    ``revision`` is known by that number instead.

    Left out are values of `functools.cached_property` and `functools.lru_cache`; what is named
    ``cache`` or ``memo``, or ends so, and is None, a dict, a list or a set; variables that a
    function itself assigns with ``global`` or ``nonlocal``. Of loggers, locks, open files and
    figures only the type counts; of a `numpy.random.Generator` the seed. An object with a method
    ``__sweep_parameters__`` that returns a dict is described by that.

    Raises
    ------
    TypeError
        If the task holds something whose state cannot be described.

    Examples
    --------
    >>> def hit(cell, rng, share=0.5):
    ...     return rng.random() < share
    >>> describe_task(hit)["parameters"]
    {'share': 0.5}
    """
    return Reader(task).describe()


def differences(stored: Any, now: Any, path: str = "") -> list[str]:
    """Where two specifications differ, as ``path: a in the store, b now``."""
    found = list(_differences(stored, now, path))
    lines = [f"{at}: {_short(a)} in the store, {_short(b)} now" for at, a, b in found]
    filled = [i for i, (at, *pair) in enumerate(found) if _is_filled(at, pair)]
    if filled and not any(at.rpartition(".")[2] in ("code", "name") for at, _, _ in found):
        lines[filled[-1]] += f" ({_HINT})"
    return lines


def _differences(stored: Any, now: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(stored, Mapping) and isinstance(now, Mapping):
        # Of things with different names nothing else is worth a comparison.
        named = stored.get("name", now.get("name")) != now.get("name", stored.get("name"))
        for key in ["name"] if named else sorted({*stored, *now}):
            below = f"{path}.{key}" if path else str(key)
            yield from _differences(stored.get(key, _MISSING), now.get(key, _MISSING), below)
    elif _are_lists_of_mappings(stored, now):
        for i, pair in enumerate(zip(stored, now, strict=True)):
            yield from _differences(*pair, f"{path}.{i}")
    elif _text(stored) != _text(now):
        yield path, stored, now


def _are_lists_of_mappings(stored: Any, now: Any) -> bool:
    if not (isinstance(stored, list) and isinstance(now, list) and len(stored) == len(now)):
        return False
    return any(isinstance(item, Mapping) for item in [*stored, *now])


def _is_filled(path: str, pair: list[Any]) -> bool:
    """Whether a difference looks as if something had been filled between two sweeps."""
    grown = _MISSING in pair or any(isinstance(value, Mapping | list) for value in pair)
    return "parameters." in path and (grown or path.endswith(".hash"))


def _text(value: Any) -> str:
    # As text, since True, 1 and 1.0 are equal in Python.
    return "nothing" if value is _MISSING else json.dumps(value, sort_keys=True)


def _short(value: Any) -> str:
    text = _text(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
