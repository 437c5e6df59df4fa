"""Settings in TOML files: how they are read, and what is said of a value of another kind."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["about", "read_toml", "required_name", "typed"]

_KINDS = {
    str: "a string",
    int: "an integer",
    float: "a number",
    bool: "true or false",
    dict: "a table",
}


def read_toml(path: str) -> dict[str, Any]:
    """Return what a TOML file holds.

    Raises
    ------
    ValueError
        If it cannot be read, or is none.
    """
    required_name(path, "SPEC", "file")
    try:
        # Editors of Windows begin a file with a mark, which is no TOML.
        with open(path, encoding="utf-8-sig", newline="") as stream:
            return tomllib.loads(stream.read())
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} must be a TOML file: {error}.") from error


@contextmanager
def about(path: str) -> Iterator[None]:
    """Have every error of what is done name the file that it is about."""
    try:
        yield
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: {error}") from error


def typed(value: Any, kind: type, key: str) -> None:
    """Refuse a value, of what is called `key`, that is of another kind."""
    # bool is an int to Python, but true is no number; and 3 is a number to people.
    taken = (int, float) if kind is float else kind
    if not isinstance(value, taken) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"`{key}` must be {_KINDS[kind]}; got {value!r}.")


def required_name(text: str | None, key: str, kind: str) -> None:
    """Refuse a text, of what is called `key`, that can name no file or directory."""
    if text is not None and (not text or "\0" in text):
        raise ValueError(f"{key} must be the name of a {kind}; got {text!r}.")
