r"""Wreath products on blocks: each block moves on its own, and blocks are permuted.

A video whose frames are shuffled and each shifted at will, or patches in any order: b blocks under
:math:`G \wr S_b = G^b \rtimes S_b`. With :math:`\mathbb{C}^p = \bigoplus_j W_j \otimes
\mathbb{C}^{c_j}` for one block, every non-trivial :math:`W_j` becomes one irrep of dimension
:math:`b s_j` (induced from the stabiliser of one block), with the same multiplicity and type; the
trivial one, :math:`c_0` times, becomes :math:`1 \oplus \text{std}_{b-1}`, each :math:`c_0` times.
"""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
import scipy.fft
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from .._validate import positive_int, signal_size
from .action import GroupAction
from .finite import check_permutations
from .generated import Generated
from .irreps import ComplexIrrep, Irreps
from .isotypic import Family, IsotypicTransform
from .signed import SignedPermutation

__all__ = ["wreath"]


def wreath(inner: GroupAction, copies: int) -> GroupAction:
    r"""The wreath product of `inner` with the symmetric group, on that many blocks.

    Parameters
    ----------
    inner : GroupAction
        Of signed permutations on :math:`\mathbb{R}^p`: what may happen to a block.
    copies : int
        Number of blocks b; signals are b × p, block first.

    Raises
    ------
    TypeError, ValueError
        If `inner` is no action, or none of signed permutations.

    Examples
    --------
    Five frames of 8 × 8 pixels, each shifted at will, in any order:

    >>> import sensing_theorems as st
    >>> action = st.groups.wreath(st.groups.shifts(8, 8), 5)
    >>> action.n, action.irreps.max_multiplicity
    (320, 1)
    """
    copies = positive_int(copies, "copies")
    check_permutations("wreath", inner)
    if copies == 1:
        return inner
    p = inner.n
    rest = SignedPermutation.identity(signal_size(p, copies - 1))
    blocks = np.arange(p * copies).reshape(copies, p)
    cycle = SignedPermutation(np.roll(blocks, -1, axis=0).reshape(-1))
    swap = SignedPermutation(blocks[[1, 0, *range(2, copies)]].reshape(-1))
    generators = (*(g.beside(rest) for g in inner.generators), cycle, swap)
    return GroupAction(
        f"wreath({inner.name},copies={copies})",
        p * copies,
        generators,
        False,
        (copies, *inner.shape),
        kind="wreath",
        _order=lambda: _image_order(inner) ** copies * math.factorial(copies),
        _build=lambda: WreathTransform(inner, copies),
        _table=lambda: _table(inner, copies),
    )


def _image_order(inner: GroupAction) -> int:
    """Number of different maps: a named action may count more where the space is degenerate."""
    if inner.kind == "abelian":
        return inner.parts.order_and_cyclic()[0]
    return Generated(inner.generators).order()


def _invariant(inner: GroupAction) -> np.ndarray:
    """Basis of the invariant signals, one per orbit that no element maps to its negative."""
    p = inner.n
    sources, targets = [], []
    for g in inner.generators:
        negative = np.zeros(p, bool) if g.signs is None else g.signs < 0
        for half in (False, True):
            sources.append(np.arange(p) + p * half)
            targets.append(g.images + p * (negative ^ half))
    source, target = np.concatenate(sources), np.concatenate(targets)
    graph = sp.coo_array((np.ones(source.size, np.int8), (source, target)), shape=(2 * p, 2 * p))
    label = connected_components(graph, directed=False)[1]
    plus, minus = label[:p], label[p:]
    rows = []
    for number in np.unique(np.minimum(plus, minus)[plus != minus]):
        row = np.zeros(p)
        row[plus == number], row[minus == number] = 1.0, -1.0
        rows.append(row)
    return np.array(rows).reshape(-1, p)


def _table(inner: GroupAction, copies: int) -> Irreps:
    trivial = len(_invariant(inner))
    counts = {(r.dim, r.multiplicity, r.indicator): r.count for r in inner.irreps.complex}
    if trivial:
        counts[1, trivial, 1] -= 1
    found: dict[tuple[int, int, int], int] = {}
    for (dim, multiplicity, indicator), count in counts.items():
        key = (dim * copies, multiplicity, indicator)
        found[key] = found.get(key, 0) + count
    if trivial:
        for dim in (1, copies - 1):
            found[dim, trivial, 1] = found.get((dim, trivial, 1), 0) + 1
    return Irreps(tuple(ComplexIrrep(*key, found[key]) for key in sorted(found) if found[key]))


class WreathTransform(IsotypicTransform):
    """Isotypic coordinates of every block, and the cosine transform across invariant parts.

    Parameters
    ----------
    inner : GroupAction
        Of one block.
    copies : int
        Number b of blocks, at least 2.
    """

    def __init__(self, inner: GroupAction, copies: int) -> None:
        self.inner, self.copies, self.n = inner.transform, copies, inner.n * copies
        invariant = _invariant(inner)
        self.trivial: tuple[int, int] | None = None
        if len(invariant):
            # An invariant signal has coordinates in the trivial irrep alone.
            sizes = [np.abs(part).sum(axis=(0, 2, 3)) for part in self.inner.analyze(invariant[:1])]
            family = int(np.argmax([size.max(initial=0.0) for size in sizes]))
            self.trivial = (family, int(np.argmax(sizes[family])))

    @cached_property
    def _kept(self) -> list[np.ndarray]:
        """Per family of a block: the irreps other than the trivial one."""
        kept = [np.arange(family.count) for family in self.inner.families]
        if self.trivial is not None:
            kept[self.trivial[0]] = np.delete(kept[self.trivial[0]], self.trivial[1])
        return kept

    @cached_property
    def families(self) -> tuple[Family, ...]:
        """Those of a block, induced; then the trivial irrep and the standard one."""
        found = []
        for family, kept in zip(self.inner.families, self._kept, strict=True):
            if not kept.size:
                continue
            names = [f"any block, {family.label(int(i))}" for i in kept]
            indicators = family.indicators[kept]
            dim = family.dim * self.copies
            found.append(Family(dim, family.multiplicity, indicators, names.__getitem__))
        if self.trivial is not None:
            c, one = self.inner.families[self.trivial[0]].multiplicity, np.ones(1, dtype=np.int64)
            found.append(Family(1, c, one, lambda i: "trivial"))
            found.append(Family(self.copies - 1, c, one, lambda i: "invariant of blocks, mean 0"))
        return tuple(found)

    def analyze(self, x: np.ndarray) -> list[np.ndarray]:
        """Coordinates of `x`, shape (r, n)."""
        r, b = x.shape[0], self.copies
        blocks = self.inner.analyze(x.reshape(r * b, -1))
        split = [part.reshape(r, b, *part.shape[1:]) for part in blocks]
        parts = []
        for part, kept in zip(split, self._kept, strict=True):
            if not kept.size:
                continue
            chosen = part[:, :, kept].transpose(0, 2, 1, 3, 4)
            parts.append(chosen.reshape(r, kept.size, b * part.shape[3], part.shape[4]))
        if self.trivial is not None:
            modes = _cosines(split[self.trivial[0]][:, :, self.trivial[1], 0], scipy.fft.dct)
            parts += [modes[:, None, :1], modes[:, None, 1:]]
        return parts

    def synthesize(self, parts: list[np.ndarray]) -> np.ndarray:
        """Inverse of `analyze`."""
        r, b = parts[0].shape[0], self.copies
        blocks, queue = [], iter(parts)
        for kept, family in zip(self._kept, self.inner.families, strict=True):
            whole = np.zeros(
                (r, b, family.count, family.dim, family.multiplicity), dtype=np.complex128
            )
            shape = (r, kept.size, b, family.dim, family.multiplicity)
            if kept.size:
                whole[:, :, kept] = next(queue).reshape(shape).transpose(0, 2, 1, 3, 4)
            blocks.append(whole)
        if self.trivial is not None:
            modes = np.concatenate([parts[-2][:, 0], parts[-1][:, 0]], axis=1)
            blocks[self.trivial[0]][:, :, self.trivial[1], 0] = _cosines(modes, scipy.fft.idct)
        stacked = [whole.reshape(r * b, *whole.shape[2:]) for whole in blocks]
        return self.inner.synthesize(stacked).reshape(r, self.n)


def _cosines(values: np.ndarray, transform: object) -> np.ndarray:
    """Orthonormal cosine transform, or its inverse, along axis 1 of complex values."""
    found = [transform(part, axis=1, norm="ortho") for part in (values.real, values.imag)]  # type: ignore[operator]
    return found[0] + 1j * found[1]
