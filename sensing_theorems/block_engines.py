r"""Rank of :math:`[A T_g]_g` in isotypic coordinates, from all rows of A or from a sketch.

Block form (derived here). Over ℂ, :math:`\mathbb{C}^n = \bigoplus_j W_j \otimes \mathbb{C}^{c_j}`
and :math:`T_g = \bigoplus_j D_j(g) \otimes I`. Reshape the restriction of A to component j into
:math:`B_j \in \mathbb{C}^{(m s_j) \times c_j}`. A vector :math:`w \otimes v` is invisible to every
:math:`A T_g` exactly if :math:`B_j v = 0`, because the :math:`D_j(g)` span all matrices on
:math:`W_j` (Burnside), hence

.. math:: \operatorname{rank}[A T_g]_g = \sum_j s_j \operatorname{rank} B_j,

and, the action being orthogonal, the singular values of the stack are
:math:`\sqrt{|G|/s_j}\,\sigma(B_j)`, each :math:`s_j` times (Schur orthogonality).
"""

from __future__ import annotations

import math

import numpy as np

from ._forward import ForwardOperator
from ._probes import probe_rng
from .dense_engines import DENSE_ENTRIES, dense_matrix, magnitude, triangular
from .groups.action import GroupAction
from .groups.isotypic import Family
from .rank_result import BlockNullSpace, RankResult
from .tolerance import cut

__all__ = ["blocks", "sketch"]

_BATCH = 2**22
_OVERSAMPLING = 4
_SKETCHES = 3
_LOG_LARGEST = 300.0


def _reduced(block: np.ndarray) -> np.ndarray:
    """Triangular factor of tall blocks (count, rows, c): same singular values, at most c rows."""
    if block.shape[-1] == 1:
        return np.linalg.norm(block, axis=1, keepdims=True)
    if block.shape[1] <= block.shape[2]:
        return block
    return triangular(block)


def _isotypic_blocks(rows: np.ndarray, action: GroupAction) -> list[np.ndarray]:
    """B_j of every irrep, (count, at most c, c), from the rows of A, (m, n), a batch at a time."""
    transform = action.transform
    collected: list[list[np.ndarray]] = [[] for _ in transform.families]
    step = max(1, _BATCH // action.n)
    for start in range(0, rows.shape[0], step):
        # A row functional a has coordinates conj(U^H conj(a)) in the unitary basis U.
        parts = transform.analyze(rows[start : start + step].conj())
        for kept, part in zip(collected, parts, strict=True):
            r, count, s, c = part.shape
            block = part.conj().transpose(1, 0, 2, 3).reshape(count, r * s, c)
            kept.append(block)
            if sum(b.shape[1] for b in kept) > 4 * c:
                kept[:] = [_reduced(np.concatenate(kept, axis=1))]
    return [_reduced(np.concatenate(kept, axis=1)) for kept in collected]


def _from_blocks(
    found: list[np.ndarray], scale: float, m: int, action: GroupAction, about: dict
) -> RankResult:
    """Cut the joint spectrum of all blocks and describe what falls below."""
    families = action.transform.families
    pairs = [_singular(b, f, about["real"]) for b, f in zip(found, families, strict=True)]
    spectra, bases = [values for values, _ in pairs], [vh for _, vh in pairs]
    weighted = [s / math.sqrt(f.dim) for s, f in zip(spectra, families, strict=True)]
    joint = np.concatenate(
        [_padded(s, f).reshape(-1) for s, f in zip(weighted, families, strict=True)]
    )
    decision = cut(joint, about["dtype"])
    rank, lost, visible = 0, [], []
    for values, vh, family in zip(weighted, bases, families, strict=True):
        seen = values > decision.tolerance
        ranks = seen.sum(axis=1)
        rank += family.dim * int(ranks.sum())
        lost.append(family.multiplicity - ranks)
        rows = vh * seen[:, :, None]
        visible.append(rows.conj().transpose(0, 2, 1) @ rows)
    log_root = 0.5 * math.log(action.order)
    # Of a group whose order floating point cannot hold, the spectrum is that of the average.
    listed = about["method"] == "blocks" and log_root < _LOG_LARGEST
    root = math.exp(log_root) if log_root < _LOG_LARGEST else 1.0
    full_spectrum = None
    if listed:
        repeated = [
            np.repeat(_padded(s, f).reshape(-1), f.dim)
            for s, f in zip(weighted, families, strict=True)
        ]
        with np.errstate(over="ignore"):
            full_spectrum = np.sort(np.concatenate(repeated))[::-1] * root * scale
    return RankResult(
        rank=rank,
        n=action.n,
        m=m,
        field=about["field"],
        method=about["method"],
        clear=decision.clear,
        gap=decision.gap,
        tolerance=decision.tolerance * root * scale,
        singular_values=full_spectrum,
        lost=tuple(zip(families, lost, strict=True)),
        null_space=BlockNullSpace(action.transform, visible),
    )


def _singular(block: np.ndarray, family: Family, real: bool) -> tuple[np.ndarray, np.ndarray]:
    """Singular values and right vectors of every block, each conjugate pair decomposed once."""
    if family.multiplicity == 1:
        return np.abs(block[:, :1, 0]), np.ones((family.count, 1, 1))
    partners = family.partners
    if not real or partners is None:
        _, values, vh = np.linalg.svd(block, full_matrices=False)
        return values, vh
    here = np.arange(family.count)
    own, first = partners == here, partners > here
    k = min(block.shape[1:])
    values = np.empty((family.count, k))
    vh = np.empty((family.count, k, family.multiplicity), dtype=np.complex128)
    if own.any():
        # Real signals have real coordinates, up to rounding, in an irrep of real characters.
        _, values[own], vh[own] = np.linalg.svd(block[own].real, full_matrices=False)
    if first.any():
        _, values[first], vh[first] = np.linalg.svd(block[first], full_matrices=False)
        values[partners[first]], vh[partners[first]] = values[first], vh[first].conj()
    return values, vh


def _padded(values: np.ndarray, family: Family) -> np.ndarray:
    """Spectra (count, k) filled with the zeros that a flat block does not list, (count, c)."""
    short = family.multiplicity - values.shape[1]
    return np.pad(values, ((0, 0), (0, short))) if short else values


def blocks(A: ForwardOperator, action: GroupAction, field: str) -> RankResult:
    """All rows of A in isotypic coordinates; the stack itself is never formed."""
    matrix = dense_matrix(A, "blocks")
    scale = magnitude(matrix)
    found = _isotypic_blocks(matrix / scale, action)
    about = {"field": field, "method": "blocks", "dtype": A.dtype, "real": A.dtype.kind == "f"}
    return _from_blocks(found, scale, A.shape[0], action, about)


def sketch(A: ForwardOperator, action: GroupAction, field: str, seed: int) -> RankResult:
    r"""Blocks of S A for a random S with a few more than :math:`\max_j c_j` rows.

    Each generic combination of rows adds a dimension to a block until its span is full, so the
    ranks are those of A with probability one; and :math:`\operatorname{rank}(SA) \le
    \operatorname{rank} A` always. A deficit is confirmed by a random signal of the supposed null
    space: A must not see it.
    """
    m, n = A.shape
    transform = action.transform
    widest = max(f.multiplicity for f in transform.families)
    rng = probe_rng("sketch", seed)
    for attempt in range(1, _SKETCHES + 1):
        q = min(m, widest + _OVERSAMPLING * attempt)
        if q * n > DENSE_ENTRIES:
            raise ValueError(
                f"multiplicity {widest} on R^{n} needs a sketch of {q} x {n} = {q * n} entries; at "
                f"most {DENSE_ENTRIES} are taken. Choose a smaller image or a larger group."
            )
        weights = rng.standard_normal((m, q))
        if A.dtype.kind == "c":
            weights = weights + 1j * rng.standard_normal((m, q))
        rows = A.rmatmat(weights).conj().T
        scale = magnitude(rows)
        found = _isotypic_blocks(rows / scale, action)
        about = {"field": field, "method": "sketch", "dtype": A.dtype, "real": A.dtype.kind == "f"}
        result = _from_blocks(found, scale, m, action, about)
        if result.full or _invisible(A, result, rng):
            return result
    return RankResult(
        **{name: getattr(result, name) for name in ("rank", "n", "m", "field", "method", "gap")},
        clear=False,
        tolerance=result.tolerance,
        lost=result.lost,
        null_space=result.null_space,
    )


def _invisible(A: ForwardOperator, result: RankResult, rng: np.random.Generator) -> bool:
    """Whether A annihilates a random signal of the supposed null space."""
    x = rng.standard_normal(A.shape[1])
    hidden = result.invisible_part(x)
    seen, unseen = A.matvec(x), A.matvec(hidden)
    scale = magnitude(seen)
    size = np.linalg.norm(seen / scale) / np.linalg.norm(x)
    bound = 1e5 * np.finfo(A.dtype).eps * size * np.linalg.norm(hidden)
    return bool(np.linalg.norm(unseen / scale) <= bound)
