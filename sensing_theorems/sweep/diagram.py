r"""Phase diagrams: how often something succeeds, over a grid of integers."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..files import known, listed
from .counts import checked_axes, checked_counts, checked_provenance, difference, union
from .location import locate
from .proportion import wilson
from .refinement import halvings
from .saved import path_of, read_content, stamped, unstamped, write_content
from .transition import Transition

if TYPE_CHECKING:
    import xarray

__all__ = ["PhaseDiagram"]

_COUNTS = ("successes", "trials", "undecided")


@dataclass(frozen=True, eq=False, repr=False)
class PhaseDiagram:
    r"""Successes and trials of every cell of a grid.

    Attributes
    ----------
    axes : dict of str to ndarray of int64
        Coordinates of the cells along each axis, ascending and distinct.
    successes, trials, undecided : ndarray of int64
        Successes, decided trials, and trials that could not be decided, of each cell; their axes
        are in the order of `axes`. A cell without any trial was not run.
    provenance : dict
        Where the counts come from, as plain JSON: a ``"specification"`` of everything that an
        outcome depends on, and the ``"sessions"`` that ran them.

    Raises
    ------
    TypeError
        For coordinates or counts that are no integers, or a provenance that is no JSON.
    ValueError
        For counts that are negative, do not go together or have another shape than the axes, or
        for coordinates that are not ascending.

    Examples
    --------
    >>> found = PhaseDiagram({"m": [4, 8, 9, 12]}, [0, 1, 20, 20], [20] * 4, [0] * 4)
    >>> found
    PhaseDiagram(m from 4 to 12 (4 values); 4 of 4 cells run, 20 trials each, none undecided)
    >>> print(found.transition())
    success rate 0.5 at m = 8.41, 95 % band 8.00 to 9.00, between the cells 8 and 9, rising
    """

    axes: dict[str, NDArray[np.int64]]
    successes: NDArray[np.int64]
    trials: NDArray[np.int64]
    undecided: NDArray[np.int64]
    provenance: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        axes = checked_axes(self.axes)
        shape = tuple(map(len, axes.values()))
        object.__setattr__(self, "axes", axes)
        for name in _COUNTS:
            object.__setattr__(self, name, checked_counts(getattr(self, name), name, shape))
        if np.any(self.successes > self.trials):
            raise ValueError("`successes` must not exceed `trials`; got a cell with more of them.")
        object.__setattr__(self, "provenance", checked_provenance(self.provenance))

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of values of each axis."""
        return tuple(self.trials.shape)

    @property
    def rate(self) -> NDArray[np.float64]:
        """Successes among decided trials; NaN where there are none."""
        with np.errstate(invalid="ignore"):
            return self.successes / self.trials

    @property
    def run(self) -> NDArray[np.bool_]:
        """Whether any trial of a cell was run, decided or not."""
        return self.trials + self.undecided > 0

    def cells(self) -> Iterator[dict[str, int]]:
        """Yield the cells that were run."""
        for place in np.argwhere(self.run):
            lines = zip(self.axes.items(), place, strict=True)
            yield {name: int(values[i]) for (name, values), i in lines}

    def interval(self, confidence: float = 0.95) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Wilson intervals of the rates, widened by undecided trials: see `wilson`.

        Parameters
        ----------
        confidence : float
            Strictly between 0 and 1.

        Returns
        -------
        low, high : ndarray of float64
            Of the shape of the counts. NaN where no trial was run.

        Raises
        ------
        TypeError, ValueError
            If `confidence` is no number strictly between 0 and 1.

        Examples
        --------
        >>> low, high = PhaseDiagram({"m": [4, 8]}, [0, 15], [20, 15], [0, 5]).interval()
        >>> low.round(2), high.round(2)
        (array([0.  , 0.53]), array([0.16, 1.  ]))
        """
        return wilson(self.successes, self.trials, confidence, self.undecided)

    def transition(
        self, axis: str | None = None, level: float = 0.5, confidence: float = 0.95
    ) -> Transition:
        """Where the probability of success passes `level` along an axis: see `Transition`.

        Parameters
        ----------
        axis : str, optional
            May be left out where there is only one.
        level, confidence : float
            Strictly between 0 and 1.

        Raises
        ------
        TypeError, ValueError
            If there is no such axis, or a number is not strictly between 0 and 1.
        """
        return locate(self.axes, self._counts, self._axis(axis), level, confidence)

    def refinement(self, axis: str | None = None, level: float = 0.5) -> list[dict[str, int]]:
        """Cells that halve the brackets of the transition along an axis.

        Returns
        -------
        list of dict
            For each column with a transition, one cell that was not run: the middle of the
            largest gap inside of the bracket. None where all cells there were run, or where the
            fit of decided trials is at least four times as wide as their largest gap there and
            its band is bounded, so that more trials tell more.

        Raises
        ------
        TypeError, ValueError
            If there is no such axis, or `level` is no number strictly between 0 and 1.
        """
        return halvings(self.axes, self._counts, self._axis(axis), level)

    def select(self, **fixed: int) -> PhaseDiagram:
        """Cells at one value of some axes, without these axes.

        Raises
        ------
        TypeError
            If a value is no integer.
        ValueError
            If there is no such axis or value, or if no axis remains.

        Examples
        --------
        >>> found = PhaseDiagram({"m": [4, 8], "G": [2, 3]}, [[0, 1], [5, 5]], [[5] * 2] * 2,
        ...                      [[0] * 2] * 2)
        >>> found.select(G=3)
        PhaseDiagram(m from 4 to 8 (2 values); 2 of 2 cells run, 5 trials each, none undecided)
        """
        where: list[int | slice] = [slice(None)] * len(self.axes)
        for name, value in fixed.items():
            values = self.axes[self._axis(name)].tolist()
            if isinstance(value, bool) or not hasattr(value, "__index__"):
                raise TypeError(f"`{name}` must be an integer; got {type(value).__name__}.")
            if value not in values:
                raise ValueError(
                    f"`{name}` must be one of {listed(map(str, values))}; got {value}."
                )
            where[list(self.axes).index(name)] = values.index(value)
        axes = {name: values for name, values in self.axes.items() if name not in fixed}
        if not axes:
            raise ValueError("at least one axis must remain; got a value for each.")
        selected = self.provenance.get("selected", {})
        selected = {**selected, **{name: int(value) for name, value in fixed.items()}}
        provenance = {**self.provenance, "selected": selected} if selected else self.provenance
        successes, trials, undecided = self._counts[(slice(None), *where)]
        return PhaseDiagram(axes, successes, trials, undecided, provenance)

    def merge(self, other: PhaseDiagram) -> PhaseDiagram:
        """Cells of both diagrams, over the union of their axes.

        Raises
        ------
        TypeError
            If `other` is no phase diagram.
        ValueError
            If axes or specifications differ, or both hold a cell with different counts.

        Examples
        --------
        >>> few = PhaseDiagram({"m": [4, 8]}, [0, 5], [5, 5], [0, 0])
        >>> few.merge(PhaseDiagram({"m": [6]}, [2], [5], [0])).successes
        array([0, 2, 5])
        """
        _require_diagram(other)
        if list(self.axes) != list(other.axes):
            names = ", ".join(self.axes), ", ".join(other.axes)
            raise ValueError(f"`other` must have the axes {names[0]}; got {names[1]}.")
        ours, theirs = self.provenance, other.provenance
        for key in ("specification", "selected"):
            if text := difference(ours.get(key, {}), theirs.get(key, {}), key):
                raise ValueError(f"diagrams of different sweeps must not be merged: {text}.")
        axes, counts = union((self.axes, self._counts), (other.axes, other._counts))
        provenance = {**theirs, **ours}
        if sessions := ours.get("sessions", []) + theirs.get("sessions", []):
            provenance["sessions"] = [s for i, s in enumerate(sessions) if s not in sessions[:i]]
        successes, trials, undecided = counts
        return PhaseDiagram(axes, successes, trials, undecided, provenance)

    def same_counts(self, other: PhaseDiagram) -> bool:
        """Whether axes and counts are equal, wherever they come from.

        Raises
        ------
        TypeError
            If `other` is no phase diagram.
        """
        _require_diagram(other)
        return (
            list(self.axes) == list(other.axes)
            and all(np.array_equal(self.axes[name], other.axes[name]) for name in self.axes)
            and np.array_equal(self._counts, other._counts)
        )

    def to_xarray(self, confidence: float = 0.95) -> xarray.Dataset:
        """Counts, rates and Wilson intervals over the axes, as an ``xarray.Dataset``.

        The specification is a JSON string among its attributes, so that netCDF-3 can hold all.

        Raises
        ------
        ImportError
            If xarray is not installed.
        TypeError, ValueError
            If `confidence` is no number strictly between 0 and 1.
        ValueError
            If an axis has the name of one of the arrays.
        """
        try:
            import xarray
        except ImportError as error:
            need = "to_xarray needs xarray: pip install 'sensing-theorems[sweep]'."
            raise ImportError(need) from error
        low, high = self.interval(confidence)
        arrays = dict(zip(_COUNTS, self._counts, strict=True))
        arrays |= {"rate": self.rate, "low": low, "high": high}
        if taken := [name for name in self.axes if name in arrays]:
            raise ValueError(f"no axis may be named {listed(arrays)} here; got {listed(taken)}.")
        specification = json.dumps(self.provenance.get("specification", {}))
        return xarray.Dataset(
            {name: (tuple(self.axes), array) for name, array in arrays.items()},
            coords={name: values.copy() for name, values in self.axes.items()},
            attrs={"specification": specification, "confidence": float(confidence)},
        )

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON, for `from_dict`."""
        counts = {name: getattr(self, name).tolist() for name in _COUNTS}
        axes = {name: values.tolist() for name, values in self.axes.items()}
        return stamped({"axes": axes, **counts, "provenance": checked_provenance(self.provenance)})

    @classmethod
    def from_dict(cls, content: Any) -> PhaseDiagram:
        """Take back what `to_dict` returned.

        Raises
        ------
        TypeError, ValueError
            If it is anything else.
        """
        return cls(*unstamped(content, ("axes", *_COUNTS, "provenance")))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything to a JSON file, which is replaced as a whole or not at all.

        Raises
        ------
        TypeError
            If `path` is no path.
        ValueError
            If there cannot be such a file.

        Examples
        --------
        >>> found = PhaseDiagram({"m": [4, 8]}, [0, 5], [5, 5], [0, 0])
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     found.save(f"{folder}/found.json")
        ...     PhaseDiagram.load(f"{folder}/found.json").same_counts(found)
        True
        """
        write_content(path, self.to_dict())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> PhaseDiagram:
        """Read what `save` wrote, or all that a store holds, also while a sweep writes to it.

        Raises
        ------
        TypeError
            If `path` is no path.
        ValueError
            If there is no such file, or if it holds anything else.
        """
        name = path_of(path)
        if os.path.isdir(name):
            from .tally import stored_diagram

            return stored_diagram(name)
        content = read_content(name)
        try:
            return cls.from_dict(content)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{name} is no phase diagram: {error}") from error

    @property
    def _counts(self) -> NDArray[np.int64]:
        return np.stack([self.successes, self.trials, self.undecided])

    def _axis(self, name: str | None) -> str:
        if name is None:
            if len(self.axes) > 1:
                raise ValueError(f"`axis` must be one of {', '.join(self.axes)}; got none of them.")
            return next(iter(self.axes))
        known(str(name), self.axes, "axis")
        return name

    def __repr__(self) -> str:
        spans = ", ".join(f"{name} {_span(values)}" for name, values in self.axes.items())
        cells, undecided = int(self.run.sum()), int(self.undecided.sum())
        each = np.unique((self.trials + self.undecided)[self.run])
        most = f" {each[0]} to {each[-1]} trials each," if each.size > 1 else ""
        most = f" {each[0]} trial{'s' if each[0] > 1 else ''} each," if each.size == 1 else most
        return (
            f"PhaseDiagram({spans}; {cells} of {self.run.size} cells run,{most} "
            f"{undecided or 'none'} undecided)"
        )


def _span(values: NDArray[np.int64]) -> str:
    if len(values) == 1:
        return f"= {values[0]}"
    return f"from {values[0]} to {values[-1]} ({len(values)} values)"


def _require_diagram(other: object) -> None:
    if not isinstance(other, PhaseDiagram):
        raise TypeError(f"`other` must be a PhaseDiagram; got {type(other).__name__}.")
