"""The cells of a sweep."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

import numpy as np

from .seeds import cell_limits

__all__ = ["grid_cells"]

_MOST = 10**7


def grid_cells(grid: Any) -> list[dict[str, int]]:
    """Cells of a grid, all with the same axes.

    Parameters
    ----------
    grid : mapping from str to integers, or sequence of such mappings to single integers
        Values along each axis, of which all combinations are cells; or the cells themselves.

    Raises
    ------
    TypeError, ValueError
        If it is no grid, is empty, or names a cell twice.
    """
    if isinstance(grid, Mapping):
        names = [_name(name) for name in grid]
        values = [_values(grid[name], name) for name in names]
        size = 1
        for along in values:
            size *= len(along)
        if not names or not size:
            raise ValueError("`grid` must have at least one axis with at least one value.")
        if size > _MOST:
            raise ValueError(f"`grid` may have at most {_MOST} cells; got {size}.")
        return [dict(zip(names, cell, strict=True)) for cell in product(*values)]
    if isinstance(grid, str | bytes) or not isinstance(grid, Iterable):
        raise TypeError(
            "`grid` must map names of axes to integers, or be a list of cells; got "
            f"{type(grid).__name__}."
        )
    return _listed(list(grid))


def _listed(cells: list[Any]) -> list[dict[str, int]]:
    if not cells:
        raise ValueError("`grid` must have at least one cell; got none.")
    found = []
    for cell in cells:
        if not isinstance(cell, Mapping) or not cell:
            raise TypeError(f"a cell must map names of axes to integers; got {cell!r}.")
        found.append({_name(name): _integer(cell[name], name) for name in cell})
        if sorted(found[-1]) != sorted(found[0]):
            raise ValueError(f"all cells must have the axes of the first; got {found[-1]}.")
    if len({tuple(sorted(cell.items())) for cell in found}) < len(found):
        raise ValueError("`grid` must not name a cell twice.")
    return found


def _name(name: Any) -> str:
    if not isinstance(name, str) or not name.isidentifier():
        raise TypeError(f"axes must have names such as m or k; got {name!r}.")
    return name


def _values(values: Any, name: str) -> list[int]:
    if np.ndim(values) == 0 and hasattr(values, "__index__"):
        values = [values]
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise TypeError(f"axis {name} must hold integers; got {values!r}.")
    found = [_integer(value, name) for value in values]
    if len(set(found)) < len(found):
        raise ValueError(f"axis {name} must not hold a value twice; got {found}.")
    return found


def _integer(value: Any, name: str) -> int:
    low, high = cell_limits()
    if isinstance(value, bool | np.bool_ | np.ndarray) or not hasattr(value, "__index__"):
        raise TypeError(f"axis {name} must hold integers; got {value!r}.")
    number = operator.index(value)
    if not low <= number <= high:
        raise ValueError(f"axis {name} must hold integers from {low} to {high}; got {number}.")
    return number
