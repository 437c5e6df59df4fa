"""An experiment: operators, symmetry and signals, named, and built when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Experiment", "Given"]


class Given(NamedTuple):
    """What `compare` is given.

    Attributes
    ----------
    operators : operator or list of operators
    action : GroupAction, TransformSet or None
    signals, test_signals : ndarray, (N, *shape)
    predicted_by : GroupAction, TransformSet or None
        The maps that theory looks at, where they are others.
    """

    operators: Any
    action: Any
    signals: NDArray[np.float64]
    test_signals: NDArray[np.float64]
    predicted_by: Any = None


@dataclass(frozen=True)
class Experiment:
    """A row of the validation.

    Attributes
    ----------
    key : str
        Name of its files.
    title : str
        A few words for people.
    build : callable
        Returns what is compared.
    settings : mapping
        Further arguments of `compare`.
    note : str
        What a reader of the outcome has to know.
    """

    key: str
    title: str
    build: Callable[[], Given]
    settings: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    note: str = ""
