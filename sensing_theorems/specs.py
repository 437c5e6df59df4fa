"""Operators and actions as one writes them on a command line.

Both are ``name:argument,key=value,...`` with the names and arguments of the constructors. An
operator may also be a file that holds a matrix, or ``package.module:function``.
"""

from __future__ import annotations

import inspect
import json
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from importlib import import_module
from math import comb, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from . import groups, operators
from ._forms import (
    Form,
    axes,
    count,
    integer,
    natural,
    one_or_more,
    positive,
    sizes,
    word,
    yes,
)
from ._forward import ForwardOperator
from .files import is_array_file, known, read_array
from .groups.action import GroupAction
from .operators import as_operator

__all__ = [
    "ACTIONS",
    "OPERATORS",
    "from_module",
    "is_function",
    "load_operator",
    "load_operators",
    "mask_hint",
    "parse_action",
]

Array = NDArray[Any]

_NAMED = re.compile(r"\s*(?P<name>\w+)\s*:(?P<rest>.*)", re.DOTALL)
_FUNCTION = re.compile(r"[^\W\d]\w*(?:\.\w+)*:[^\W\d]\w*(?:\.\w+)*")
# A sign joins two actions only where another one follows, so that paths may hold signs.
_PLUS, _TIMES = (re.compile(rf"{sign}(?=\s*\w+\s*:)") for sign in (r"\+", r"\*"))


def _array(path: str) -> Array:
    array = read_array(path)
    return np.asarray(array.toarray() if sparse.issparse(array) else array)


def _one_array(path: str) -> tuple[Array]:
    return (_array(path),)


def _generators(path: str) -> tuple[Any, Any]:
    """Lists of images, and lists of signs or None, from a JSON file."""
    try:
        with open(path, encoding="utf-8-sig") as stream:
            found = json.load(stream)
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} must be a JSON file: {error}.") from error
    if not isinstance(found, dict):
        found = {"generators": found}
    for key in found:
        known(key, ("generators", "signs"), f"entry of {path}:")
    lists = found.get("generators"), found.get("signs")
    if not _is_table(lists[0]) or not (lists[1] is None or _is_table(lists[1])):
        raise ValueError(
            f"{path} must hold lists of integers in a list, or in an object as 'generators' and, "
            "for signs, as 'signs'."
        )
    return lists


def _is_table(value: Any) -> bool:
    # bool is an int to Python, but true is no coordinate.
    return isinstance(value, list) and all(
        isinstance(row, list) and all(type(entry) is int and abs(entry) < 2**31 for entry in row)
        for row in value
    )


def _pixels(*shape: int, channels: int = 1, **_: Any) -> int:
    return prod(shape) * channels


def _subsets(degree: int, size: int) -> int:
    return comb(degree, size) * size


def _matrix_entries(m: int, n: int, **_: Any) -> int:
    return m * n


def _fourier(mask: Array, centred: bool = False) -> ForwardOperator:
    return operators.fourier(np.fft.ifftshift(mask) if centred else mask)


def _tomography(size: int, views: int) -> ForwardOperator:
    return operators.tomography(size, np.arange(views) * (np.pi / views))


def _gaussian(m: int, n: int, seed: int) -> ForwardOperator:
    return operators.gaussian(m, n, rng=seed)


def _bernoulli(m: int, n: int, seed: int) -> ForwardOperator:
    return operators.bernoulli(m, n, rng=seed)


_DRAWN = {"m": count, "n": count, "seed": natural}

ACTIONS: Mapping[str, Form] = {
    "shifts": Form(
        groups.shifts,
        "shifts:28x28,stride=2",
        sizes,
        takes={"stride": one_or_more, "channels": count},
        entries=_pixels,
    ),
    "reflections": Form(
        groups.reflections,
        "reflections:28x28,axis=0",
        sizes,
        takes={"axis": integer},
        entries=_pixels,
    ),
    "quarter_turns": Form(
        groups.quarter_turns, "quarter_turns:28", axes(1), entries=lambda size: size * size
    ),
    "dihedral": Form(groups.dihedral, "dihedral:28", axes(1), entries=lambda size: size * size),
    "polar_rotations": Form(
        groups.polar_rotations, "polar_rotations:16x32", axes(2), entries=_pixels
    ),
    # The order n! is computed in full.
    "symmetric": Form(groups.symmetric, "symmetric:12", axes(1), entries=_pixels, most=10_000),
    "subsets": Form(groups.subsets, "subsets:8x2", axes(2), entries=_subsets),
    "hyperoctahedral": Form(
        groups.hyperoctahedral, "hyperoctahedral:12", axes(1), entries=_pixels, most=10_000
    ),
    "polygon": Form(groups.polygon, "polygon:12", axes(1), entries=_pixels),
    "wallpaper": Form(
        groups.wallpaper,
        "wallpaper:32,kind=p4m",
        axes(1),
        takes={"kind": word},
        entries=lambda size, **_: size * size,
    ),
    "cube_rotations": Form(
        groups.cube_rotations, "cube_rotations:16", axes(1), entries=lambda size: size**3
    ),
    "kravchuk_rotations": Form(
        groups.kravchuk_rotations,
        "kravchuk_rotations:32,order=8",
        axes(1),
        takes={"order": count},
        entries=lambda size, **_: size * size,
    ),
    "disk_rotations": Form(
        groups.disk_rotations,
        "disk_rotations:64,order=8",
        axes(1),
        takes={"order": count},
        entries=lambda size, **_: size * size,
    ),
    "ball_rotations": Form(
        groups.ball_rotations, "ball_rotations:16", axes(1), entries=lambda radius: 8 * radius**3
    ),
    "trivial": Form(groups.trivial, "trivial:64", axes(1), entries=_pixels),
    "permutations": Form(groups.from_permutations, "permutations:generators.json", _generators),
    "matrices": Form(
        groups.from_matrices, "matrices:generators.npy", _one_array, takes={"tol": positive}
    ),
}

_NO_GROUPS = ("scalings", "interpolated_rotations", "approximate_action")

OPERATORS: Mapping[str, Form] = {
    "fourier": Form(_fourier, "fourier:mask.npy", _one_array, takes={"centred": yes}),
    "inpainting": Form(operators.inpainting, "inpainting:mask.npy", _one_array),
    "gaussian": Form(
        _gaussian, "gaussian:m=64,n=784,seed=0", needs=_DRAWN, entries=_matrix_entries
    ),
    "bernoulli": Form(
        _bernoulli, "bernoulli:m=64,n=784,seed=0", needs=_DRAWN, entries=_matrix_entries
    ),
    "tomography": Form(
        _tomography,
        "tomography:size=64,views=50",
        needs={"size": count, "views": count},
        entries=lambda size, views: size * size * views,
    ),
    "blur": Form(
        operators.blur,
        "blur:kernel.npy,shape=64x64",
        _one_array,
        needs={"shape": sizes},
        entries=lambda kernel, shape: prod(shape),
    ),
    "downsample": Form(
        operators.downsample,
        "downsample:shape=64x64,factor=2",
        needs={"shape": sizes, "factor": one_or_more},
        takes={"kernel": _array},
        entries=lambda shape, **_: prod(shape),
    ),
}


def parse_action(text: str) -> GroupAction:
    """Return the action that `text` describes.

    Parameters
    ----------
    text : str
        Such as ``shifts:28x28,stride=2``. ``+`` joins actions to a direct sum, ``*`` to a product,
        which binds more tightly.

    Raises
    ------
    ValueError
        If `text` is malformed, or if the constructor refuses what it says.

    Examples
    --------
    >>> parse_action("shifts:8x8+shifts:8x8")
    <GroupAction direct_sum(shifts(8x8), shifts(8x8)): n=128, |G|=64>
    """
    terms = [
        reduce(groups.product, map(_one_action, _TIMES.split(term))) for term in _PLUS.split(text)
    ]
    return reduce(groups.direct_sum, terms)


def _one_action(text: str) -> GroupAction:
    found = _NAMED.fullmatch(text)
    name = text.strip() if found is None else found["name"]
    if name in _NO_GROUPS:
        raise ValueError(
            f"an action must be a group action, which {name} is not: it has no irreps, and is used "
            f"from Python, where `stacked_rank` and `compare` take st.groups.{name}(...)."
        )
    known(name, ACTIONS, "action", every=True)
    try:
        return ACTIONS[name].read("" if found is None else found["rest"].strip())
    except (ValueError, TypeError) as error:
        raise ValueError(f"action {name}: {error}") from error


def load_operators(text: str) -> tuple[ForwardOperator, ...]:
    """Return the operators that `text` describes: one, unless a function returns several.

    Code is run only for ``module:function``.

    Parameters
    ----------
    text : str
        ``name:...`` with one of `OPERATORS`; a matrix in a file, see `read_array`; or
        ``package.module:function`` for a function that takes nothing and returns what
        `as_operator` takes, or a sequence of such. A nested list of numbers is one matrix.

    Raises
    ------
    ValueError
        If there is no such operator, or if it is none.
    """
    if _is_built_in(text):
        name, _, rest = (part.strip() for part in text.partition(":"))
        try:
            return (OPERATORS[name].read(rest),)
        except (ValueError, TypeError) as error:
            raise ValueError(f"operator {name}: {error}") from error
    found = _NAMED.fullmatch(text)
    # One letter before a colon is a drive.
    if found is not None and len(found["name"]) > 1 and not os.path.exists(text):
        if "=" in found["rest"] or is_array_file(found["rest"]):
            known(found["name"], OPERATORS, "operator")
    if is_array_file(text):
        return (_from_file(text),)
    if is_function(text):
        made: tuple[ForwardOperator, ...] = from_module(text, lambda found: _returned(found, text))
        return made
    raise ValueError(
        "an operator must be a file (.npy, .npz, .mtx, .mat), module:function, or one of "
        f"{', '.join(form.example for form in OPERATORS.values())}; got {text!r}."
    )


def load_operator(text: str) -> ForwardOperator:
    """Return the one operator that `text` describes, as `load_operators` reads it.

    Raises
    ------
    ValueError
        If there is no such operator, or if there are several.
    """
    found = load_operators(text)
    if len(found) != 1:
        raise ValueError(f"{text} must return one operator; got {len(found)}.")
    return found[0]


def _is_built_in(text: str) -> bool:
    found = _NAMED.fullmatch(text)
    return found is not None and found["name"] in OPERATORS


def _from_file(text: str) -> ForwardOperator:
    array = read_array(text)
    try:
        return as_operator(array, name=os.path.basename(text))
    except (ValueError, TypeError) as error:
        hint = _hint(text) if array.ndim != 2 and _is_mask(array) else ""
        raise ValueError(f"{text}: {error}{hint}") from error


def mask_hint(text: str, operator: ForwardOperator, n: int) -> str:
    """Return a hint where a mask, of other than n columns, was given for a matrix; or nothing."""
    # The name of a built-in operator ends as that of its file does.
    plain = is_array_file(text) and not _is_built_in(text) and operator.matrix is not None
    return _hint(text) if plain and operator.shape[1] != n and _is_mask(operator.matrix) else ""


def _is_mask(array: Any) -> bool:
    values = array.data if sparse.issparse(array) else array
    return values.dtype.kind in "biuf" and bool(np.all((values == 0) | (values == 1)))


def _hint(text: str) -> str:
    return f" It holds only 0 and 1: a mask is given as inpainting:{text} or fourier:{text}."


def is_function(text: str) -> bool:
    """Whether `text` has the form ``package.module:name``."""
    return _FUNCTION.fullmatch(text) is not None


def from_module(text: str, make: Callable[[Any], Any]) -> Any:
    """Run the code of a module; return what `make` makes of ``module:name`` in it.

    The current directory is importable.

    Raises
    ------
    ValueError
        If there is no such name. Whatever the module or `make` raises becomes one too.
    """
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    module, _, name = text.partition(":")
    step = f"importing {module}"
    try:
        found: Any = import_module(module)
        for part in name.split("."):
            if not hasattr(found, part):
                known(part, [n for n in dir(found) if not n.startswith("_")], f"name in {module}:")
            found = getattr(found, part)
        step = text
        return make(found)
    except (Exception, SystemExit) as error:
        # It is somebody else's code, which may raise anything.
        kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
        raise ValueError(f"{step}: {kind}{error}") from error


def _returned(found: Any, text: str) -> tuple[ForwardOperator, ...]:
    """Return the operators that a function returns."""
    if not callable(found) or isinstance(found, type) or not _takes_nothing(found):
        name = text.partition(":")[2]
        raise ValueError(
            f"must be a function without arguments; got {type(found).__name__} {name}."
        )
    made = found()
    if not isinstance(made, Sequence) or isinstance(made, str | bytes):
        return (_named(made, text),)
    if not made:
        raise ValueError("at least one operator must be returned; got an empty sequence.")
    if all(isinstance(row, list | tuple) for row in made):
        # Nested lists of numbers are one matrix, as they are to numpy.
        return (_named(np.asarray(made), text),)
    return tuple(_one_of(made, number, text) for number in range(len(made)))


def _one_of(made: Sequence[Any], number: int, text: str) -> ForwardOperator:
    try:
        return _named(made[number], f"{text}[{number}]")
    except (ValueError, TypeError) as error:
        raise ValueError(f"operator {number + 1} of {len(made)}: {error}") from error


def _named(made: Any, name: str) -> ForwardOperator:
    # Ours have a name that says more.
    return as_operator(made, name=None if isinstance(made, ForwardOperator) else name)


def _takes_nothing(function: Any) -> bool:
    try:
        inspect.signature(function).bind()
    except TypeError:
        return False
    except ValueError:  # compiled functions may not tell
        return True
    return True
