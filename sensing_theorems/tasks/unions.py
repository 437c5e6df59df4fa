"""Identification of random unions of subspaces: listed ones, sparse dictionaries, and orbits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .._validate import positive_int
from ..models import SparseDictionary
from ..thresholds import Threshold
from .actions import action_of, listable, maps_of, numbers_of
from .base import Task
from .bounds import subspace, union
from .group_bounds import orbit
from .union_search import Setting, decide_union, looked_at

__all__ = ["DictionaryIdentification", "OrbitIdentification", "UnionIdentification"]

Array = NDArray[Any]


@dataclass(frozen=True)
class UnionIdentification(Task):
    r"""Whether several Gaussian operators identify a union of random subspaces.

    The union has `pieces` pieces, each spanned by k standard normal vectors of R^n. A trial decides
    the given union and operators, by an exhaustive search.

    Parameters
    ----------
    n, k, pieces, G, m : int, optional
        Dimension of signals and of the pieces, number of pieces, number of operators and of their
        rows; each here or in the cells. For k ≥ n the union is R^n, and identified.
    budget : int
        Most subspaces that the search looks at before it gives up.

    Examples
    --------
    >>> import numpy as np
    >>> task = UnionIdentification(n=6, k=1, pieces=4, G=3)
    >>> [task({"m": m}, np.random.default_rng(0)) for m in (2, 3)]
    [False, True]
    """

    n: int | None = None
    k: int | None = None
    pieces: int | None = None
    G: int | None = None
    m: int | None = None
    budget: int = 500_000

    axes: ClassVar[tuple[str, ...]] = ("n", "k", "pieces", "G", "m")
    revision: ClassVar[int] = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "budget", positive_int(self.budget, "budget"))

    def many(
        self, cell: Mapping[str, int], rngs: Sequence[np.random.Generator]
    ) -> list[bool | None]:
        """Outcomes of many trials; see `Task`."""
        own = self.values(cell)
        shape = own["pieces"], own["n"], own["k"]
        return _each(
            rngs, own, lambda rng: np.linalg.qr(rng.standard_normal(shape))[0], self.budget
        )

    def thresholds(self, cell: Mapping[str, int], axis: str) -> tuple[Threshold, ...]:
        """Bounds along m and G; those of one subspace if there is one."""
        own = self.values(cell, without=axis)
        if axis not in ("m", "G"):
            return ()
        return subspace(own, axis) if own["pieces"] == 1 else union(own, axis)


@dataclass(frozen=True)
class DictionaryIdentification(Task):
    r"""Whether several Gaussian operators identify the k-sparse signals of a random dictionary.

    The atoms are standard normal. A trial decides the given dictionary and operators, by an
    exhaustive search.

    Parameters
    ----------
    n, atoms, k, G, m : int, optional
        Dimension of signals, number of atoms, sparsity, number of operators and of their rows;
        each here or in the cells. For k ≥ atoms the model is the span of all atoms; where this is
        R^n, or k ≥ n and atoms ≥ n, it is identified.
    budget : int
        Most subspaces that the search looks at before it gives up.

    Examples
    --------
    >>> import numpy as np
    >>> task = DictionaryIdentification(n=5, atoms=6, k=2, G=3)
    >>> [task({"m": m}, np.random.default_rng(0)) for m in (2, 4)]
    [False, True]
    """

    n: int | None = None
    atoms: int | None = None
    k: int | None = None
    G: int | None = None
    m: int | None = None
    budget: int = 500_000

    axes: ClassVar[tuple[str, ...]] = ("n", "atoms", "k", "G", "m")
    revision: ClassVar[int] = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "budget", positive_int(self.budget, "budget"))

    def many(
        self, cell: Mapping[str, int], rngs: Sequence[np.random.Generator]
    ) -> list[bool | None]:
        """Outcomes of many trials; see `Task`."""
        own = self._values(cell)
        return _each(rngs, own, lambda rng: _sparse(rng, own).pieces.bases, self.budget)

    def check(self, cell: Mapping[str, int]) -> None:
        """Refuse what `values` refuses, and more supports than can be listed."""
        own = self._values(cell)
        if own["k"] < min(own["n"], own["m"]):
            _ = _sparse(np.random.default_rng(0), own).supports

    def _values(self, cell: Mapping[str, int], without: str | None = None) -> dict[str, int]:
        own = self.values(cell, without=without)
        return {**own, "k": min(own["k"], own["atoms"])}

    def thresholds(self, cell: Mapping[str, int], axis: str) -> tuple[Threshold, ...]:
        """Bounds along m and G; those of one subspace if k ≥ atoms."""
        if axis not in ("m", "G"):
            return super().thresholds(cell, axis)
        own = self._values(cell, axis)
        return subspace(own, axis) if own["atoms"] == own["k"] else union(own, axis)


@dataclass(frozen=True)
class OrbitIdentification(Task):
    r"""Whether one Gaussian operator identifies the orbit of a random subspace.

    The model is the union of all :math:`T_g X_0`, where :math:`X_0` is spanned by k standard normal
    vectors. A trial decides the given model and A, by an exhaustive search.

    Parameters
    ----------
    action : str
        An orthogonal action of a finite group, such as ``"shifts:8,stride=2"``.
    k, m : int, optional
        Dimension of the subspace, and rows of A; each here or in the cells. For k ≥ n the model is
        R^n, and identified.
    budget : int
        Most subspaces that the search looks at before it gives up.

    Examples
    --------
    >>> import numpy as np
    >>> task = OrbitIdentification("shifts:6", k=1)
    >>> [task({"m": m}, np.random.default_rng(0)) for m in (2, 3)]
    [False, True]
    """

    action: str
    k: int | None = None
    m: int | None = None
    budget: int = 500_000

    axes: ClassVar[tuple[str, ...]] = ("k", "m")
    revision: ClassVar[int] = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "budget", positive_int(self.budget, "budget"))
        own = action_of(self.action)
        if not (own.finite and own.orthogonal):
            raise ValueError(
                f"`action` must be an orthogonal action of a finite group; got {own.name}."
            )

    def many(
        self, cell: Mapping[str, int], rngs: Sequence[np.random.Generator]
    ) -> list[bool | None]:
        """Outcomes of many trials; see `Task`."""
        own = self.values(cell)
        maps, moving = maps_of(self.action), _moving(self.action)
        n, k, m = maps.shape[1], own["k"], own["m"]
        if k >= n or m <= k:
            return [k >= n] * len(rngs)
        found: list[bool | None] = []
        for rng in rngs:
            pieces = moving @ np.linalg.qr(rng.standard_normal((n, k)))[0]
            seen = looked_at(rng.standard_normal((1, m, n)), pieces)
            if seen is None:
                found.append(None)
                continue
            # Piece i of A T_g is what A sees as piece i: the symmetry of the search is in these.
            rows = seen[0] @ maps[:, None]
            found.append(decide_union(Setting(pieces, rows, seen[1], True), self.budget))
        return found

    def check(self, cell: Mapping[str, int]) -> None:
        """Refuse what `values` refuses, and maps that are too large to be listed."""
        self.values(cell)
        listable(self.action)

    def thresholds(self, cell: Mapping[str, int], axis: str) -> tuple[Threshold, ...]:
        """Bounds along m, see `group_bounds.orbit`."""
        own = self.values(cell, without=axis)
        return orbit(own["k"], numbers_of(self.action)) if axis == "m" else ()


def _sparse(rng: np.random.Generator, own: Mapping[str, int]) -> SparseDictionary:
    return SparseDictionary(rng.standard_normal((own["n"], own["atoms"])), own["k"])


@lru_cache(maxsize=8)
def _moving(text: str) -> Array:
    """Maps of a finite action that take almost every subspace to another place, one for each."""
    kept: list[Array] = []
    for own in maps_of(text):
        # T and -T take a subspace to the same place, and so do equal maps of different elements.
        if not any(min(np.abs(own - one).max(), np.abs(own + one).max()) < 1e-9 for one in kept):
            kept.append(own)
    return np.stack(kept)


def _each(
    rngs: Sequence[np.random.Generator],
    own: Mapping[str, int],
    draw: Callable[[np.random.Generator], Array],
    budget: int,
) -> list[bool | None]:
    """Decide one trial after the other: the pieces (p, n, k) are drawn first."""
    n, k, m = own["n"], own["k"], own["m"]
    if k >= n or m <= k:
        # Everything is in X, or all that is measured of anything is in every A S.
        return [k >= n] * len(rngs)
    found: list[bool | None] = []
    for rng in rngs:
        pieces = draw(rng)
        seen = looked_at(rng.standard_normal((own["G"], m, n)), pieces)
        found.append(None if seen is None else decide_union(Setting(pieces, *seen), budget))
    return found
