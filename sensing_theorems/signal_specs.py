"""Sets of signals as one writes them in a file: built-in ones, arrays in files, functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ._forms import Form, count, natural, word
from .files import is_array_file, known, read_array
from .specs import from_module, is_function

__all__ = ["SIGNALS", "load_signals"]


def _drawn(name: str, *, size: int, count: int, seed: int, **rest: Any) -> NDArray[np.float64]:
    # Here, so that reading a file needs no PyTorch.
    from .equivariant_imaging import signals

    images: NDArray[np.float64] = getattr(signals, name)(count, size, seed, **rest)
    return images


def _entries(*, size: int, count: int, **_: Any) -> int:
    return size * size * count


def _form(name: str, example: str, **takes: Callable[[str], Any]) -> Form:
    needs = {"size": count, "count": count, "seed": natural}
    return Form(partial(_drawn, name), example, needs=needs, takes=takes, entries=_entries)


SIGNALS: Mapping[str, Form] = {
    "shapes": _form("shapes", "shapes:size=20,count=2000,seed=0"),
    "digits": _form("digits", "digits:size=20,count=2000,seed=0,part=train", part=word),
    "phantoms": _form("phantoms", "phantoms:size=20,count=2000,seed=0"),
    "mr_patches": _form("mr_patches", "mr_patches:size=20,count=2000,seed=0,part=train", part=word),
}


def load_signals(text: str) -> Any:
    """Return the signals that `text` describes; code is run only for ``module:function``.

    Parameters
    ----------
    text : str
        ``name:...`` with one of `SIGNALS`; a file that holds an array (N, ...), see `read_array`;
        or ``package.module:function`` for a function that takes nothing and returns signals.

    Raises
    ------
    ValueError
        If there are no such signals.
    ImportError
        If the library that a set of signals comes with is missing.
    """
    name, colon, rest = (part.strip() for part in text.partition(":"))
    if name in SIGNALS:
        try:
            return SIGNALS[name].read(rest)
        except (ValueError, TypeError) as error:
            raise ValueError(f"signals {name}: {error}") from error
    if is_array_file(text):
        array = read_array(text)
        return np.asarray(array.toarray() if sparse.issparse(array) else array)
    if colon and "=" in rest:
        known(name, SIGNALS, "signals")
    if is_function(text):
        return from_module(text, lambda found: found())
    raise ValueError(
        "signals must be a file (.npy, .npz, .mat), module:function, or one of "
        f"{', '.join(form.example for form in SIGNALS.values())}; got {text!r}."
    )
