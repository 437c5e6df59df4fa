"""What all tasks of a sweep have in common: values of a cell, and of the task."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from .._validate import positive_int
from ..thresholds import Threshold

__all__ = ["Task", "outcomes", "slices"]

# Entries of the arrays that are held at once.
_ENTRIES = 2**22


@dataclass(frozen=True)
class Task(ABC):
    r"""A yes-or-no experiment with integer parameters, repeated in the cells of a sweep.

    A subclass is a frozen dataclass of plain values. Its fields that are named in `axes` are
    parameters of the experiment: each is given once, in the task or in the cell.

    Attributes
    ----------
    axes : tuple of str
        Names of the parameters: m (rows of an operator), n (dimension of signals), k (of the
        model), G (number of operators), N (number of samples), and others that a task documents.
    optional : tuple of str
        Those of them that may be given nowhere.
    revision : int
        Raised whenever an outcome may change for equal random numbers, so that stores of before
        are not continued.
    """

    axes: ClassVar[tuple[str, ...]] = ()
    optional: ClassVar[tuple[str, ...]] = ()
    revision: ClassVar[int] = 1

    def __post_init__(self) -> None:
        for name in self.axes:
            value = getattr(self, name, None)
            if value is not None:
                object.__setattr__(self, name, positive_int(value, name))

    def __call__(self, cell: Mapping[str, int], rng: np.random.Generator) -> bool | None:
        """Outcome of one trial; ``None`` where it could not be decided."""
        return self.many(cell, [rng])[0]

    @abstractmethod
    def many(
        self, cell: Mapping[str, int], rngs: Sequence[np.random.Generator]
    ) -> list[bool | None]:
        """Outcomes of many trials, each of which depends on its own generator only."""

    def check(self, cell: Mapping[str, int]) -> None:
        """Refuse a cell that has no trials; a sweep asks for all cells before the first trial.

        Raises
        ------
        ValueError, TypeError
            As `values`, and as the task documents.
        """
        self.values(cell)

    def thresholds(self, cell: Mapping[str, int], axis: str) -> tuple[Threshold, ...]:
        """Bounds of the theory along an axis, at the other values; none where none is known."""
        self.values(cell, without=axis)
        return ()

    def names(self) -> tuple[str, ...]:
        """Parameters of this very task: `axes`, unless other values make some meaningless."""
        return self.axes

    def given(self) -> dict[str, int]:
        """Parameters that the task itself fixes."""
        found = {name: getattr(self, name, None) for name in self.axes}
        return {name: value for name, value in found.items() if value is not None}

    def values(self, cell: Mapping[str, int], without: str | None = None) -> dict[str, int]:
        """Parameters at a cell: each from the cell or from the task.

        Parameters
        ----------
        cell : mapping of str to int
        without : str, optional
            A parameter that is left out, whether it is given or not.

        Raises
        ------
        ValueError
            If a name is unknown, a parameter is given twice or is missing, or a value is below 1.
        TypeError
            If a value is no integer.
        """
        if without is not None:
            self._known(without, "the axis")
        own, found = self.given(), {}
        for name, value in cell.items():
            self._known(name, "a cell")
            if name in own:
                raise ValueError(
                    f"`{name}` must be given once; got {own[name]} in the task and {value} in the "
                    "cell."
                )
            found[name] = positive_int(value, name)
        found = {**own, **found}
        found.pop(without, None)  # type: ignore[arg-type]
        for name in self.names():
            if name not in found and name != without and name not in self.optional:
                raise ValueError(f"`{name}` must be given in the task or in the cell; got neither.")
        return found

    def _known(self, name: str, what: str) -> None:
        if name not in self.names():
            raise ValueError(
                f"{what} of {type(self).__name__} must name one of {', '.join(self.names())}; got "
                f"{name!r}."
            )


def outcomes(holds: NDArray[np.bool_], clear: NDArray[np.bool_]) -> list[bool | None]:
    """Booleans of Python, shape (b,): ``None`` where not clear."""
    return [yes if sure else None for yes, sure in zip(holds.tolist(), clear.tolist(), strict=True)]


def slices(count: int, entries: int) -> Iterator[slice]:
    """Slices of `count` trials of so many array entries each, few enough to be held at once."""
    step = max(1, _ENTRIES // max(1, entries))
    return (slice(first, min(first + step, count)) for first in range(0, count, step))
