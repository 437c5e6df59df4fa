"""Isotypic blocks: gathered from rows, cut, and what they tell when asked for more than a rank."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from .groups.action import GroupAction
from .groups.isotypic import Family, IsotypicTransform, View
from .null_space import BlockNullSpace
from .rank_result import Losses
from .rows import gram_matrix, positive_definite, triangular
from .spectrum import Spectrum
from .tolerance import Cut, grey, judge

__all__ = ["BlockSource", "Blocks", "block_spectrum", "cut_blocks", "gather"]

_ENTRIES = 2**22
# Blocks beyond this size are bounded one by one, by a factorisation instead of an inverse.
_LARGE = 64
_SURE = grey(0.0)


@dataclass(frozen=True, eq=False)
class Blocks:
    r"""The blocks :math:`\overline{B_j}` of every irrep that is looked at.

    Attributes
    ----------
    transform : IsotypicTransform
    real : bool
        Whether the rows were real: then one of each conjugate pair is looked at.
    found : list of ndarray, each (k, rows, c)
        Per family. Where c = 1 one row, the norm.
    norm : float
        Frobenius norm of the rows.
    """

    transform: IsotypicTransform
    real: bool
    found: list[np.ndarray]
    norm: float

    @property
    def views(self) -> tuple[View, ...]:
        """Irreps that are looked at."""
        if self.real:
            return self.transform.views
        return tuple(family.whole for family in self.transform.families)

    def by_family(self) -> Iterator[tuple[Family, View, np.ndarray]]:
        """Families with their views and blocks."""
        return zip(self.transform.families, self.views, self.found, strict=True)


def gather(batches: Iterable[np.ndarray], transform: IsotypicTransform, real: bool) -> Blocks:
    """Blocks of the given rows, reduced as they come to about as many rows as columns."""
    families = transform.families
    waiting: list[list[np.ndarray]] = [[] for _ in families]
    squares = 0.0
    for rows in batches:
        squares += float(np.vdot(rows, rows).real)
        # A row functional a has coordinates conj(U^H conj(a)) in the unitary basis U.
        parts = transform.analyze_real(rows) if real else transform.analyze(rows.conj())
        views = transform.views if real else [family.whole for family in families]
        for kept, part, family, view in zip(waiting, parts, families, views, strict=True):
            kept.append(_block(part, family.multiplicity, bool(view.real.all())))
            if family.multiplicity == 1 or sum(b.shape[1] for b in kept) > 4 * kept[0].shape[2]:
                kept[:] = [_reduced(kept)]
    return Blocks(transform, real, [_reduced(kept) for kept in waiting], math.sqrt(squares))


def _block(part: np.ndarray, c: int, real: bool) -> np.ndarray:
    """Coordinates (r, k, s, c) as blocks (k, r s, c); for c = 1 their norm alone."""
    r, k, s, _ = part.shape
    if c > 1:
        part = part.real if real else part
        return part.transpose(1, 0, 2, 3).reshape(k, r * s, c)
    squared = part.real**2
    squared += part.imag**2
    return np.sqrt(squared.sum(axis=(0, 2)) if r * s > 1 else squared[0, :, 0])[:, None]


def _reduced(kept: list[np.ndarray]) -> np.ndarray:
    block = kept[0] if len(kept) == 1 else np.concatenate(kept, axis=1)
    if block.shape[-1] == 1:
        return block if block.shape[1] == 1 else np.linalg.norm(block, axis=1, keepdims=True)
    return triangular(block) if block.shape[1] > 2 * block.shape[2] else block


def _parts(block: np.ndarray, view: View) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Blocks of real and of other irreps apart: real signals have real coordinates in the first."""
    for chosen, real in ((view.real, True), (~view.real, False)):
        at = np.flatnonzero(chosen)
        if at.size:
            part = block.real if real else block
            yield at, part if at.size == block.shape[0] else part[at]


def _smallest_bound(block: np.ndarray) -> np.ndarray:
    """Lower bounds of the smallest singular value of every block (k, r, c); 0 where none is found.

    A flat block is taken for its transpose, whose singular values are the same.
    """
    if block.shape[1] < block.shape[2]:
        block = block.transpose(0, 2, 1)
    k, _, c = block.shape
    if c > _LARGE:
        return np.array([_bound_by_cholesky(one) for one in block])
    step = max(1, _ENTRIES // (c * c))
    pieces = [_bounds_by_inverse(block[start : start + step]) for start in range(0, k, step)]
    return np.concatenate(pieces)


def _bounds_by_inverse(block: np.ndarray) -> np.ndarray:
    r"""Bounds :math:`(1 - \|I - X S B\|) / (\|X\| \|S\|)` for blocks (k, r, c) with r >= c.

    S folds the rows onto the first c, so that :math:`\|S\|^2` is the number of layers; and
    :math:`\sigma_{\min}(SB) \le \|S\|\,\sigma_{\min}(B)`. X is what the solver takes for the
    inverse; with its residual the bound holds however badly the elimination went.
    """
    _, r, c = block.shape
    square = block[:, :c].copy()
    for low in range(c, r, c):
        layer = block[:, low : low + c]
        square[:, : layer.shape[1]] += layer
    try:
        inverse = np.linalg.inv(square)
    except np.linalg.LinAlgError:
        return np.zeros(block.shape[0])
    with np.errstate(all="ignore"):
        size = np.linalg.norm(inverse, axis=(1, 2))
        residual = np.linalg.norm(inverse @ square - np.eye(c), axis=(1, 2))
        # What the products themselves may have rounded away.
        residual += 4 * c * np.finfo(float).eps * size * np.linalg.norm(square, axis=(1, 2))
        found = (1 - residual) / (size * math.sqrt(math.ceil(r / c)))
    return np.where(np.isfinite(found) & (residual < 1), found, 0.0)


def _bound_by_cholesky(block: np.ndarray) -> float:
    r"""Bound of a large block (r, c), r >= c, of which :math:`B^H B - \tau^2 I` has a factor.

    The factor exists in floating point only if :math:`\sigma_{\min}^2 \ge \tau^2` up to
    :math:`c\,\varepsilon \|B\|_F^2`, which :math:`\tau^2` exceeds 64 times; a tenth of an inverse.
    """
    gram = gram_matrix(block)
    floor = 64 * len(gram) * np.finfo(float).eps * float(np.trace(gram).real)
    return 0.99 * math.sqrt(floor) if positive_definite(gram, floor) else 0.0


class _Tally:
    """What decides about a cut: the smallest value kept, the largest lost, the largest of all."""

    def __init__(self, tolerance: float) -> None:
        self.tolerance = tolerance
        self.kept, self.lost, self.largest = math.inf, -1.0, 0.0

    def count(self, values: np.ndarray, s: int) -> np.ndarray:
        """Enter singular values (k, d) of blocks with s_j = s; return the ranks (k,)."""
        unit = 1 / math.sqrt(s)
        seen = values > self.tolerance / unit
        self.largest = max(self.largest, unit * float(values.max(initial=0.0)))
        if seen.all():
            self.kept = min(self.kept, unit * float(values.min(initial=math.inf)))
        else:
            # Faster than reductions with a condition, which no vector instructions serve.
            self.kept = min(self.kept, unit * float(np.where(seen, values, math.inf).min()))
            self.lost = max(self.lost, unit * float(np.where(seen, 0.0, values).max()))
        return seen[:, 0].astype(np.int64) if values.shape[1] == 1 else seen.sum(axis=1)

    def prove(self, block: np.ndarray, s: int) -> np.ndarray:
        """Enter what bounds can prove; return where the blocks (k, r, c) have their full rank."""
        unit = 1 / math.sqrt(s)
        bounds = unit * _smallest_bound(block)
        proven = bounds > self.tolerance * _SURE
        if proven.any():
            self.kept = min(self.kept, float(bounds[proven].min()))
            size = np.linalg.norm(block.reshape(block.shape[0], -1), axis=1).max()
            self.largest = max(self.largest, unit * float(size) / math.sqrt(min(block.shape[1:])))
        return proven

    def ranks(self, family: Family, view: View, block: np.ndarray) -> np.ndarray:
        """Ranks of the blocks of a family, (k,)."""
        c = family.multiplicity
        if c == 1:
            return self.count(block[:, :, 0].real, family.dim)
        ranks = np.empty(block.shape[0], dtype=np.int64)
        full = min(block.shape[1:])
        if full < c:
            self.lost = max(self.lost, 0.0)
        for at, part in _parts(block, view):
            proven = self.prove(part, family.dim)
            ranks[at[proven]] = full
            if not proven.all():
                values = np.linalg.svd(part[~proven], compute_uv=False)
                ranks[at[~proven]] = self.count(values, family.dim)
        return ranks

    def verdict(self) -> Cut:
        """The cut, judged."""
        lost = None if self.lost < 0 else self.lost
        return judge(self.tolerance, self.kept, lost, self.largest)


def cut_blocks(blocks: Blocks, tolerance: float) -> tuple[list[np.ndarray], Cut]:
    """Ranks of all blocks per family, (k,), and how clear the joint cut is."""
    tally = _Tally(tolerance)
    ranks = [tally.ranks(*about) for about in blocks.by_family()]
    return ranks, tally.verdict()


@dataclass(frozen=True, eq=False)
class BlockSource:
    """What blocks tell beyond the rank.

    Parameters
    ----------
    action : GroupAction
    blocks : Blocks
    ranks : list of ndarray, each (k,)
        Per family, at the irreps looked at.
    tolerance, scale : float
        Of the blocks; the units of A are `scale` times those of the blocks.
    """

    action: GroupAction
    blocks: Blocks
    ranks: list[np.ndarray]
    tolerance: float
    scale: float

    def losses(self) -> Losses:
        """Missing multiplicity of every irrep."""
        return tuple(
            (family, family.spread(view, family.multiplicity - ranks))
            for (family, view, _), ranks in zip(self.blocks.by_family(), self.ranks, strict=True)
        )

    def spectrum(self) -> Spectrum | None:
        """Singular values of the stack, from those of the blocks."""
        return block_spectrum(self.action, self.blocks, self.tolerance, self.scale)

    def null_space(self) -> BlockNullSpace:
        """Unseen part of every multiplicity space that is not seen completely."""
        places, hidden = [], []
        for (family, _, block), ranks in zip(self.blocks.by_family(), self.ranks, strict=True):
            at = np.flatnonzero(ranks < family.multiplicity)
            places.append(at)
            one = family.multiplicity == 1
            hidden.append(
                np.broadcast_to(1.0, (at.size, 1, 1)) if one else _hidden(block, ranks, at)
            )
        return BlockNullSpace(self.blocks.transform, places, hidden, self.blocks.real)


def _hidden(block: np.ndarray, ranks: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Projectors on the null spaces of the conjugates of some blocks (k, r, c)."""
    c = block.shape[2]
    vh = np.linalg.svd(block[at], full_matrices=False)[2]
    rows = vh * (np.arange(vh.shape[1]) < ranks[at][:, None])[:, :, None]
    return (np.eye(c) - rows.conj().transpose(0, 2, 1) @ rows).conj()


def block_spectrum(
    action: GroupAction, blocks: Blocks, tolerance: float, scale: float, error: float = 0.0
) -> Spectrum:
    """Singular values of every block, spread from the irreps looked at to all."""
    gains = []
    for family, view, block in blocks.by_family():
        values = np.zeros((block.shape[0], family.multiplicity))
        if family.multiplicity == 1:
            values[:, 0] = block[:, 0, 0].real
        else:
            for at, part in _parts(block, view):
                found = np.linalg.svd(part, compute_uv=False)
                values[at, : found.shape[1]] = found
        gains.append(family.spread(view, values * (scale / math.sqrt(family.dim))))
    families = blocks.transform.families
    return Spectrum(families, gains, action.order, tolerance * scale, error)
