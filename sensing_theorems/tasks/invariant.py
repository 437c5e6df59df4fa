"""Identification of a random subspace that a cyclic group keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._validate import positive_int
from ..groups.action import GroupAction
from ..groups.element import Element
from ..subspace_batches import identify_subspaces
from ..thresholds import Threshold
from .actions import action_of, listable, maps_of, numbers_of
from .base import Task, outcomes, slices
from .draws import by_stages, gaussian
from .group_bounds import invariant_subspace

__all__ = ["InvariantSubspaceIdentification", "even_copies"]

Array = NDArray[Any]


@dataclass(frozen=True)
class InvariantSubspaceIdentification(Task):
    r"""Whether one Gaussian operator identifies a random subspace that a cyclic group keeps.

    X has :math:`d_j` of the :math:`c_j` copies of each irrep, as evenly as its dimension allows,
    see `even_copies`; which copies they are is random. A trial decides the given X and A by the
    rank of the stack, over all g, of the rows of :math:`A T_g` that vanish on X, as
    `identify_subspaces` does.

    Parameters
    ----------
    action : str
        An orthogonal action of a finite cyclic group, such as ``"shifts:24,stride=4"``.
    k, m : int, optional
        Dimension of the subspace, and rows of A; each here or in the cells. For k = n the subspace
        is R^n, and identified.

    Examples
    --------
    Shifts of 8 samples by 2 have four irreps, twice each. Two dimensions take one copy of the two
    real irreps, and leave others whole: m ≥ k + max (c - d) = 4.

    >>> import numpy as np
    >>> task = InvariantSubspaceIdentification("shifts:8,stride=2", k=2)
    >>> [task({"m": m}, np.random.default_rng(0)) for m in (3, 4)]
    [False, True]
    """

    action: str
    k: int | None = None
    m: int | None = None

    axes: ClassVar[tuple[str, ...]] = ("k", "m")

    def __post_init__(self) -> None:
        super().__post_init__()
        _require_cyclic(action_of(self.action))
        if self.k is not None:
            even_copies(self.action, self.k)

    def many(
        self, cell: Mapping[str, int], rngs: Sequence[np.random.Generator]
    ) -> list[bool | None]:
        """Outcomes of many trials at once; see `Task`."""
        own = self.values(cell)
        copies = even_copies(self.action, own["k"])
        maps = maps_of(self.action)
        order, n, k, m = len(maps), maps.shape[1], own["k"], own["m"]
        first = order if m <= k else min(order, -(-(n - k) // (m - k)))
        found: list[bool | None] = []
        for part in slices(len(rngs), order * m * n):
            bases = np.stack([_subspace(rng, self.action, copies) for rng in rngs[part]])
            found += _decided(bases, gaussian(rngs[part], m, n), maps, first)
        return found

    def check(self, cell: Mapping[str, int]) -> None:
        """Refuse what `values` refuses, maps too large, and a k without an invariant subspace."""
        even_copies(self.action, self.values(cell)["k"])

    def thresholds(self, cell: Mapping[str, int], axis: str) -> tuple[Threshold, ...]:
        """Bounds along m, see `group_bounds.invariant_subspace`."""
        own = self.values(cell, without=axis)
        if axis != "m":
            return ()
        left = zip(_isotypic(self.action), even_copies(self.action, own["k"]), strict=True)
        gap = max(part.multiplicity - d for part, d in left)
        return invariant_subspace(own["k"], gap, numbers_of(self.action))


def _decided(bases: Array, A: Array, maps: Array, first: int) -> list[bool | None]:
    def decide(left: Array, count: int) -> tuple[Array, Array]:
        virtual = A[left][:, None] @ maps[:count]
        found = identify_subspaces(bases[left], virtual)
        return found.needed - found.ranks, found.clear

    return outcomes(*by_stages(len(A), first, len(maps), A.shape[1], decide))


class _Part(NamedTuple):
    """What irreps a real isotypic component is made of: 1, or 2 that are conjugate.

    `basis`, (n, c), is orthonormal, of one of them; complex if there are two.
    """

    basis: Array
    weight: int

    @property
    def multiplicity(self) -> int:
        return int(self.basis.shape[1])


@lru_cache(maxsize=16)
def _isotypic(text: str) -> tuple[_Part, ...]:
    r"""Isotypic components in order of frequency j = 0, 1, …, from projectors.

    .. math:: P_j = \frac{1}{N} \sum_i e^{-2 \pi \mathrm{i} i j / N} T^i
    """
    action = listable(text)
    n, order = action.n, action.order
    step = _generator(action)(np.eye(n)).T
    powers = np.empty((order, n, n))
    powers[0] = np.eye(n)
    for i in range(1, order):
        powers[i] = step @ powers[i - 1]
    projectors = np.fft.fft(powers, axis=0) / order
    parts = []
    for j in range(order // 2 + 1):
        own = 2 * j % order == 0
        projector = projectors[j].real if own else projectors[j]
        count = round(float(np.trace(projector).real))
        if count:
            basis = np.linalg.eigh((projector + projector.conj().T) / 2)[1][:, n - count :]
            parts.append(_Part(basis, 1 if own else 2))
    return tuple(parts)


def _generator(action: GroupAction) -> Element:
    """An element of whose powers all generators are."""
    own: list[Element] = list(action.generators)
    whole = own[0]
    for element in own[1:]:
        whole = whole @ element
    for candidate in (*own, whole):
        powers = {candidate.power(i).key() for i in range(action.order)}
        if all(element.key() in powers for element in own):
            return candidate
    raise ValueError(f"`action` must be generated by one element; none of {action.name} was found.")


def _require_cyclic(action: GroupAction) -> None:
    if not (action.finite and action.is_cyclic and action.orthogonal):
        raise ValueError(
            "`action` must be an orthogonal action of a finite cyclic group; got "
            f"{action.name}, {action.cyclic_text}."
        )


def even_copies(action: str, k: int) -> tuple[int, ...]:
    r"""Copies :math:`d_j` of each irrep in a k-dimensional subspace that a cyclic group keeps.

    Irreps take turns in order of frequency, one copy each, while there are copies and dimensions
    left: one dimension for a real irrep, two for a pair of conjugate ones. If one dimension is
    left at the end and only pairs have copies, a real irrep gives one of its own away.

    Parameters
    ----------
    action : str
        Of a finite cyclic group, orthogonal.
    k : int
        From 1 to n.

    Returns
    -------
    tuple of int
        For the frequencies 0, 1, …, up to half the order, that occur.

    Raises
    ------
    ValueError
        If there is no such subspace, or maps are too large to be listed.

    Examples
    --------
    Quarter turns of 4 × 4 pixels have each irrep four times, and two of the four are conjugate:

    >>> even_copies("quarter_turns:4", 6)
    (2, 1, 2)
    """
    parts, left = _isotypic(action), positive_int(k, "k")
    copies = [0] * len(parts)
    n = sum(part.weight * part.multiplicity for part in parts)
    if left > n:
        raise ValueError(f"`k` must be at most n = {n}; got {k}.")
    moved = True
    while left and moved:
        moved = False
        for j, part in enumerate(parts):
            if copies[j] < part.multiplicity and part.weight <= left:
                copies[j] += 1
                left -= part.weight
                moved = True
    if left:
        whole = [j for j, part in enumerate(parts) if part.weight == 1 and copies[j]]
        if not whole:
            raise ValueError(
                f"`k` must be even, since {action} has no real irreps of one dimension; got {k}."
            )
        copies[max(whole, key=lambda j: copies[j])] -= 1
        pairs = [j for j, part in enumerate(parts) if copies[j] < part.multiplicity]
        pairs = [j for j in pairs if parts[j].weight == 2]
        copies[min(pairs, key=lambda j: copies[j])] += 1
    return tuple(copies)


def _subspace(rng: np.random.Generator, text: str, copies: tuple[int, ...]) -> Array:
    """Orthonormal basis (n, k) of a random invariant subspace with so many copies."""
    columns = []
    for part, d in zip(_isotypic(text), copies, strict=True):
        if d == 0:
            continue
        codes = rng.standard_normal((part.weight, part.multiplicity, d))
        if part.weight == 1:
            columns.append(part.basis @ np.linalg.qr(codes[0])[0])
            continue
        turned = 2**0.5 * part.basis @ np.linalg.qr(codes[0] + 1j * codes[1])[0]
        columns += [turned.real, turned.imag]
    return np.concatenate(columns, axis=1)
