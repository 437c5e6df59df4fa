"""What a phase diagram may hold: coordinates, counts and a provenance; and unions of counts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["checked_axes", "checked_counts", "checked_provenance", "difference", "union"]

Integers = NDArray[np.int64]

_KINDS = {"specification": dict, "sessions": list, "selected": dict}


def checked_axes(value: Any) -> dict[str, Integers]:
    """Return ascending coordinates of at least one axis."""
    if not isinstance(value, Mapping):
        raise TypeError(f"`axes` must be a dict; got {type(value).__name__}.")
    if not value:
        raise ValueError("`axes` must hold at least one axis; got none.")
    axes = {}
    for name, values in value.items():
        if not isinstance(name, str) or not name.isidentifier():
            raise ValueError(f"the name of an axis must be an identifier; got {name!r}.")
        axes[name] = line = _integers(values, name)
        if line.ndim != 1 or not line.size:
            raise ValueError(f"`{name}` must be a list of values; got shape {line.shape}.")
        if np.any(np.diff(line) <= 0):
            raise ValueError(f"`{name}` must be ascending and distinct; got others.")
    return axes


def checked_counts(value: Any, name: str, shape: tuple[int, ...]) -> Integers:
    """Return integers of the given shape, none of them negative."""
    counts = _integers(value, name)
    if counts.shape != shape:
        raise ValueError(f"`{name}` must have the shape {shape} of the axes; got {counts.shape}.")
    if counts.min() < 0:
        raise ValueError(f"`{name}` must not be negative; got {counts.min()}.")
    return counts


def checked_provenance(value: Any) -> dict[str, Any]:
    """Return a copy of a dict that is plain JSON."""
    if not isinstance(value, Mapping):
        raise TypeError(f"`provenance` must be a dict; got {type(value).__name__}.")
    try:
        provenance: dict[str, Any] = json.loads(json.dumps(dict(value), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise type(error)(f"`provenance` must be plain JSON; got this: {error}.") from None
    for key, kind in _KINDS.items():
        if not isinstance(provenance.get(key, kind()), kind):
            came = type(provenance[key]).__name__
            raise TypeError(f"`{key}` of a provenance must be a {kind.__name__}; got {came}.")
    return provenance


def union(
    first: tuple[dict[str, Integers], Integers], second: tuple[dict[str, Integers], Integers]
) -> tuple[dict[str, Integers], Integers]:
    """Unite two grids and their counts, shape (3, ...): successes, trials and undecided.

    Raises
    ------
    ValueError
        If both hold a cell with different counts.
    """
    axes = {name: np.union1d(first[0][name], second[0][name]) for name in first[0]}
    united = np.zeros((3, *map(len, axes.values())), np.int64)
    for own, counts in (first, second):
        lines = [np.searchsorted(axes[name], own[name]) for name in axes]
        cells: Any = np.ix_(np.arange(3), *lines)
        held = united[cells]
        run = counts.any(axis=0)
        clash = np.argwhere(run & held.any(axis=0) & (held != counts).any(axis=0))
        if len(clash):
            place = ", ".join(
                f"{name} = {own[name][i]}" for name, i in zip(axes, clash[0], strict=True)
            )
            raise ValueError(f"both diagrams hold the cell {place}, with different counts.")
        united[cells] = np.where(run, counts, held)
    return axes, united


def difference(ours: Any, theirs: Any, path: str) -> str:
    """Say where two JSON values differ first; an empty text where they do not."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(ours.keys() | theirs.keys()):
            if text := difference(ours.get(key), theirs.get(key), f"{path}.{key}"):
                return text
        return ""
    if json.dumps(ours) == json.dumps(theirs):
        return ""
    return f"`{path}` is {json.dumps(ours)} in one and {json.dumps(theirs)} in the other"


def _integers(value: Any, name: str) -> Integers:
    """Return a read-only copy of integers that floating point does not round."""
    if np.ma.is_masked(value):
        raise ValueError(f"`{name}` must not hide entries behind a mask; fill them first.")
    # As objects, since NumPy would take booleans among integers for integers.
    raw = value if isinstance(value, np.ndarray) else np.array(value, dtype=object)
    if raw.dtype.kind == "O":
        for item in raw.ravel():
            if not isinstance(item, int | np.integer) or isinstance(item, bool):
                raise TypeError(f"`{name}` must hold integers; got {type(item).__name__}.")
    elif raw.dtype.kind not in "iu":
        raise TypeError(f"`{name}` must hold integers; got dtype {raw.dtype}.")
    if raw.size and max(-int(raw.min()), int(raw.max())) > 2**53:
        raise ValueError(f"`{name}` must hold integers up to 2^53; got larger ones.")
    array = np.array(raw, dtype=np.int64, order="C")
    array.flags.writeable = False
    return array
