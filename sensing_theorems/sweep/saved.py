"""The JSON file of a phase diagram."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from ..files import listed, replaced

__all__ = ["path_of", "read_content", "stamped", "unstamped", "write_content"]

SCHEMA_VERSION = 1


def stamped(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return content with the version of its form."""
    return {"schema_version": SCHEMA_VERSION, **content}


def unstamped(content: Any, names: Sequence[str]) -> list[Any]:
    """Return the values under these names, refused if there is anything else, or another version.

    Raises
    ------
    TypeError, ValueError
    """
    if not isinstance(content, dict):
        raise TypeError(f"a phase diagram must be a dict; got {type(content).__name__}.")
    version = content.get("schema_version")
    if type(version) is not int or version != SCHEMA_VERSION:
        raise ValueError(f"`schema_version` must be {SCHEMA_VERSION}; got {version!r}.")
    if content.keys() != {"schema_version", *names}:
        came = listed(sorted(content.keys() - {"schema_version"})) or "nothing else"
        raise ValueError(f"it must hold {', '.join(names)}; got {came}.")
    return [content[name] for name in names]


def write_content(path: str | os.PathLike[str], content: Mapping[str, Any]) -> None:
    """Write JSON to a file, which is replaced as a whole or not at all."""
    with replaced(path_of(path)) as stream:
        stream.write(json.dumps(content, allow_nan=False).encode())


def read_content(path: str | os.PathLike[str]) -> Any:
    """Return the JSON in a file.

    Raises
    ------
    ValueError
        If there is no such file, or if it is truncated or no JSON.
    """
    name = path_of(path)
    try:
        with open(name, encoding="utf-8") as stream:
            return json.load(stream, parse_constant=_refuse)
    except OSError as error:
        raise ValueError(f"cannot read {name}: {error.strerror}.") from error
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = "it is truncated, or no JSON."
        raise ValueError(f"{name} is no phase diagram: {reason}") from error
    except ValueError as error:
        raise ValueError(f"{name} is no phase diagram: {error}") from error


def path_of(path: str | os.PathLike[str]) -> str:
    """Return a path as text."""
    # Open would take an integer for a file that is open already.
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"`path` must be a path; got {type(path).__name__}.")
    return os.fspath(path)


def _refuse(constant: str) -> None:
    raise ValueError(f"its numbers must be finite; got {constant}.")
