"""The file of a store: a header, then a line for every session and every block of outcomes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from .outcomes import Outcomes
from .specification import digest

__all__ = ["CELLS", "Stored", "header", "read_store"]

CELLS = "cells.jsonl"
_FORMAT = 1
_START = '{"sensing_theorems": "sweep", '


def header(specification: Mapping[str, Any]) -> dict[str, Any]:
    """First line of a store; its digest tells whether the specification is what was written."""
    own = dict(specification)
    about = {"sensing_theorems": "sweep", "format": _FORMAT}
    return {**about, "digest": digest(own), "specification": own}


class Stored(NamedTuple):
    """What a store holds."""

    specification: dict[str, Any] | None
    sessions: list[dict[str, Any]]
    outcomes: Outcomes
    length: int  # bytes up to the end of the last whole line


def read_store(folder: str | os.PathLike[str]) -> Stored:
    """Read a store, whether or not somebody writes to it at the moment.

    Raises
    ------
    ValueError
        If there is none, or if a line that others follow is damaged.
    """
    path = Path(folder) / CELLS
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise ValueError(f"{folder} holds no sweep: there is no {CELLS} in it.") from None
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}.") from error
    return _parsed(raw, path)


def _parsed(raw: bytes, path: Path) -> Stored:
    *lines, torn = raw.split(b"\n")
    length = len(raw) - len(torn)
    found = Stored(None, [], Outcomes(), length)
    if not lines:
        if not (_START.encode().startswith(torn) or torn.startswith(_START.encode())):
            raise ValueError(f"{path} is no store of a sweep.")
        return found
    if not _is_whole(lines[0]):
        raise ValueError(f"{path}, line 1 is damaged: it says what sweep this is the store of.")
    about = json.loads(lines[0])
    if about.get("sensing_theorems") != "sweep" or about.get("format") != _FORMAT:
        raise ValueError(f"{path} is no store of a sweep, or one of another version.")
    own = about.get("specification")
    if not isinstance(own, dict) or about.get("digest") != digest(own):
        raise ValueError(f"{path}, line 1 is damaged: its specification is not what was written.")
    axes = own.get("axes")
    if not isinstance(axes, list):
        raise ValueError(f"{path}, line 1 is damaged: it names no axes.")
    # What a lost power supply leaves of the last lines may be anything.
    while len(lines) > 1 and not _is_whole(lines[-1]):
        length -= len(lines.pop()) + 1
    for number, raw_line in enumerate(lines[1:], 2):
        line = _line(raw_line, number, path)
        if isinstance(line.get("session"), dict):
            found.sessions.append(line["session"])
            continue
        try:
            found.outcomes.add(line.get("cell"), line.get("first"), line.get("outcomes"), axes)
        except ValueError as error:
            raise ValueError(f"{path}, line {number} is damaged: {error}.") from error
    return found._replace(specification=own, length=length)


def _is_whole(raw: bytes) -> bool:
    try:
        return isinstance(json.loads(raw), dict)
    except ValueError:
        return False


def _line(raw: bytes, number: int, path: Path) -> dict[str, Any]:
    if not _is_whole(raw):
        raise ValueError(
            f"{path}, line {number} is damaged, and lines follow it. Remove that line to go on: "
            "what it held is computed again."
        )
    return dict(json.loads(raw))
