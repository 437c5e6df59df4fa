"""Values as JSON holds them, where infinite numbers and NaN are written as text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["as_number", "as_plain", "item", "listing", "named", "plain", "require"]

_TEXTS = ("nan", "inf", "-inf")


def as_plain(value: float | None) -> float | str | None:
    """Return a number as JSON can hold it: infinite ones and NaN as text, ``None`` as it is."""
    if value is None:
        return None
    if math.isfinite(value):
        return int(value) if isinstance(value, int) else float(value)
    return str(float(value))


def as_number(value: Any, name: str) -> float:
    """Take back what `as_plain` returned, other than ``None``.

    Raises
    ------
    TypeError
        If it is anything else.
    """
    if isinstance(value, str) and value in _TEXTS:
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"`{name}` must be a number; got {value!r}.")
    return value


def plain(value: Any, name: str) -> Any:
    """Return a value as JSON holds it: NumPy numbers as numbers, infinite ones as text.

    Raises
    ------
    TypeError
        If JSON cannot hold it.
    """
    value = value.tolist() if isinstance(value, np.ndarray | np.generic) else value
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return as_plain(value)
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: plain(item, name) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, name) for item in value]
    raise TypeError(f"`{name}` must be plain JSON; got {type(value).__name__} in it.")


def item(value: Any) -> Any:
    """Return a number of NumPy as one of Python, and anything else as it is."""
    # NumPy's numbers are no int to Python, and 0-dimensional arrays no numbers.
    return value.item() if hasattr(value, "item") and np.ndim(value) == 0 else value


def named(value: Any, name: str) -> dict[str, Any]:
    """Return a dict whose keys are all text."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise TypeError(f"`{name}` must be a dict with names; got {type(value).__name__}.")
    return dict(value)


def listing(value: Any, name: str) -> list[Any]:
    """Return a list."""
    if not isinstance(value, list):
        raise TypeError(f"`{name}` must be a list; got {type(value).__name__}.")
    return value


def require(content: Any, names: Sequence[str], what: str) -> None:
    """Refuse what is no dict of exactly these names."""
    if not isinstance(content, dict):
        raise TypeError(f"{what} must be a dict; got {type(content).__name__}.")
    if content.keys() != set(names):
        other = ", ".join(sorted(map(str, content.keys() ^ set(names))))
        raise ValueError(f"{what} must hold {', '.join(names)}; other are {other}.")
