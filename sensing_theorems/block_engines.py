r"""Rank of :math:`[A T_g]_g` in isotypic coordinates, from all rows of A or from a sketch.

Block form (derived here). Over ℂ, :math:`\mathbb{C}^n = \bigoplus_j W_j \otimes \mathbb{C}^{c_j}`
and :math:`T_g = \bigoplus_j D_j(g) \otimes I`. Reshape the restriction of A to component j into
:math:`B_j \in \mathbb{C}^{(m s_j) \times c_j}`. A vector :math:`w \otimes v` is invisible to every
:math:`A T_g` exactly if :math:`B_j v = 0`, because the :math:`D_j(g)` span all matrices on
:math:`W_j` (Burnside), hence

.. math:: \operatorname{rank}[A T_g]_g = \sum_j s_j \operatorname{rank} B_j,

and, the action being orthogonal and the coordinates orthonormal, the singular values of the stack
are :math:`\sqrt{|G|/s_j}\,\sigma(B_j)`, each :math:`s_j` times (Schur orthogonality).
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from ._forward import ForwardOperator
from ._probes import probe_rng
from .block_source import Blocks, BlockSource, block_spectrum, cut_blocks, gather
from .groups.action import GroupAction
from .groups.isotypic import IsotypicTransform
from .rank_result import RankResult
from .rows import Rows, all_rows, precision, random_rows
from .spectrum import Spectrum, root_of_order
from .tolerance import rounding, threshold

__all__ = ["blocks", "sketch"]

_EXTRA_ROWS = (4, 8, 16)
_SPECTRUM_ROWS = 64
_SPECTRUM_FACTOR = 16


def blocks(A: ForwardOperator, action: GroupAction, field: str) -> RankResult:
    """All rows of A in isotypic coordinates; the stack itself is never formed."""
    rows = all_rows(A)
    found = gather(rows, action.transform, A.dtype.kind == "f")
    return _cut(A, action, field, found, rows)[0]


def _cut(
    A: ForwardOperator, action: GroupAction, field: str, found: Blocks, rows: Rows
) -> tuple[RankResult, BlockSource]:
    """Cut the joint spectrum of all blocks."""
    relative = max(rounding(precision(A), rows.largest), action.rounding)
    tolerance = threshold(found.norm, relative)
    ranks, decision = cut_blocks(found, tolerance)
    source = BlockSource(action, found, ranks, tolerance, rows.scale)
    rank = sum(
        family.dim * int(np.dot(view.weights, own))
        for (family, view, _), own in zip(found.by_family(), ranks, strict=True)
    )
    root = root_of_order(action.order)
    result = RankResult(
        rank=rank,
        n=action.n,
        m=A.shape[0],
        field=field,
        method="blocks",
        clear=decision.clear,
        gap=decision.gap,
        tolerance=decision.tolerance * (root or 1.0) * rows.scale / math.sqrt(rows.copies),
        source=source,
    )
    return result, source


@dataclass(frozen=True, eq=False)
class _SketchSource(BlockSource):
    """Blocks of a few combinations of rows; a spectrum takes more of them."""

    A: ForwardOperator
    seed: int

    def spectrum(self) -> Spectrum | None:
        r"""Estimate from q random rows: :math:`\sigma(S B_j)/\sqrt{q}` scatters about σ(B_j).

        For c = 1 by :math:`1/\sqrt{2q}` of itself; else all values of a block lie, with high
        probability, within :math:`\sqrt{c/q}`. With q >= m rows it is exact.
        """
        widest = _widest(self.action.transform)
        q = _SPECTRUM_ROWS if widest == 1 else max(_SPECTRUM_ROWS, _SPECTRUM_FACTOR * widest)
        if q >= self.A.shape[0] and self.A.matrix is not None:
            rows = all_rows(self.A)
        else:
            rows = random_rows(self.A, q, probe_rng("spectrum", self.seed))
        error = 0.0 if rows.copies == 1 else math.sqrt((0.5 if widest == 1 else widest) / q)
        found = gather(rows, self.action.transform, self.blocks.real)
        relative = max(rounding(precision(self.A), rows.largest), self.action.rounding)
        tolerance = threshold(found.norm, relative)
        scale = rows.scale / math.sqrt(rows.copies)
        return block_spectrum(self.action, found, tolerance, scale, error)


def _widest(transform: IsotypicTransform) -> int:
    return max(family.multiplicity for family in transform.families)


def sketch(A: ForwardOperator, action: GroupAction, field: str, seed: int) -> RankResult:
    r"""Blocks of S A for a random S with :math:`\max_j c_j` rows, or a few more.

    Each generic combination of rows adds a dimension to a block until its span is full, so the
    ranks are those of A with probability one; and :math:`\operatorname{rank}(SA) \le
    \operatorname{rank} A` always. A deficit is confirmed by a random signal of the supposed null
    space: A must not see it. What is neither clear nor confirmed is sketched again with more rows.
    """
    widest = _widest(action.transform)
    rng = probe_rng("sketch", seed)
    # Of a single row no coordinate is small enough to matter in double precision.
    first = 0 if widest == 1 and np.finfo(precision(A)).bits == 64 else 4
    for extra in dict.fromkeys((first, *_EXTRA_ROWS)):
        rows = random_rows(A, widest + extra, rng)
        found = gather(rows, action.transform, A.dtype.kind == "f")
        result, source = _cut(A, action, field, found, rows)
        source = _SketchSource(**vars(source), A=A, seed=seed)
        result = dataclasses.replace(result, method="sketch", source=source)
        if result.clear and (result.full or _invisible(A, source, rows, rng)):
            return result
        if rows.copies == 1:  # all rows were taken; more do not exist
            break
    return dataclasses.replace(result, clear=False)


def _invisible(
    A: ForwardOperator, source: BlockSource, rows: Rows, rng: np.random.Generator
) -> bool:
    """Whether A annihilates a random signal of the supposed null space."""
    hidden = source.null_space().sample(rng)
    unseen = A.matvec(hidden) / rows.scale
    size = source.blocks.norm / math.sqrt(rows.copies * A.shape[1])
    bound = 1e5 * np.finfo(precision(A)).eps * size * np.linalg.norm(hidden)
    return bool(np.linalg.norm(unseen) <= bound)
