r"""Four ways to the rank of :math:`[A T_g]_g`.

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
import scipy.linalg

from ._forward import ForwardOperator
from ._probes import probe_rng
from .groups.action import GroupAction
from .groups.commutant import COMMUTANT_LIMIT
from .groups.isotypic import Family
from .rank_result import BlockNullSpace, DenseNullSpace, Losses, RankResult
from .tolerance import cut, relative_tolerance

__all__ = ["DENSE_ENTRIES", "blocks", "dense", "sketch", "spin"]

DENSE_ENTRIES = 2**26
_BATCH = 2**22
_OVERSAMPLING = 4
_SKETCHES = 3
_LOG_LARGEST = 300.0


def _magnitude(rows: np.ndarray) -> float:
    """Power of two near the largest entry, so that squares neither overflow nor vanish."""
    largest = float(np.abs(rows).max(initial=0.0))
    return 2.0 ** math.floor(math.log2(largest)) if largest > 0 else 1.0


def _reduced(block: np.ndarray) -> np.ndarray:
    """Triangular factor of tall blocks (count, rows, c): same singular values, at most c rows."""
    if block.shape[-1] == 1:
        return np.linalg.norm(block, axis=1, keepdims=True)
    if block.shape[1] <= block.shape[2]:
        return block
    return _triangular(block)


def _triangular(matrix: np.ndarray) -> np.ndarray:
    """R of the QR decomposition, which has the singular values of the matrix."""
    return np.asarray(np.linalg.qr(matrix, mode="r"))


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
    spectra, bases = [], []
    for block, family in zip(found, families, strict=True):
        if family.multiplicity == 1:
            spectra.append(np.abs(block[:, :1, 0]))
            bases.append(np.ones((family.count, 1, 1)))
        else:
            _, values, vh = np.linalg.svd(block, full_matrices=False)
            spectra.append(values)
            bases.append(vh)
    weighted = [s / math.sqrt(f.dim) for s, f in zip(spectra, families, strict=True)]
    joint = np.concatenate(
        [_padded(s, f).reshape(-1) for s, f in zip(weighted, families, strict=True)]
    )
    size = max(m, action.n)
    decision = cut(joint, size, about["dtype"])
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
        full_spectrum = np.sort(np.concatenate(repeated))[::-1] * (root * scale)
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


def _padded(values: np.ndarray, family: Family) -> np.ndarray:
    """Spectra (count, k) filled with the zeros that a flat block does not list, (count, c)."""
    short = family.multiplicity - values.shape[1]
    return np.pad(values, ((0, 0), (0, short))) if short else values


def blocks(A: ForwardOperator, action: GroupAction, field: str) -> RankResult:
    """All rows of A in isotypic coordinates; the stack itself is never formed."""
    matrix = _dense_matrix(A, "blocks")
    scale = _magnitude(matrix)
    found = _isotypic_blocks(matrix / scale, action)
    about = {"field": field, "method": "blocks", "dtype": A.dtype}
    return _from_blocks(found, scale, A.shape[0], action, about)


def _dense_matrix(A: ForwardOperator, method: str) -> np.ndarray:
    m, n = A.shape
    if m * n > DENSE_ENTRIES:
        raise ValueError(
            f"method '{method}' needs the {m} x {n} matrix of A, {m * n} entries; it takes at most "
            f"{DENSE_ENTRIES}. Method 'sketch' works on larger operators."
        )
    return A.to_dense(DENSE_ENTRIES)


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
        rows = A.rmatmat(weights.astype(A.dtype)).conj().T
        scale = _magnitude(rows)
        found = _isotypic_blocks(rows / scale, action)
        about = {"field": field, "method": "sketch", "dtype": A.dtype}
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
    scale = np.linalg.norm(A.matvec(x)) / np.linalg.norm(x)
    bound = 1e5 * np.finfo(A.dtype).eps * scale * np.linalg.norm(hidden)
    return bool(np.linalg.norm(A.matvec(hidden)) <= bound)


def dense(A: ForwardOperator, action: GroupAction, field: str) -> RankResult:
    """Every row of every A T_g, reduced by QR as it comes, then one SVD."""
    matrix = _dense_matrix(A, "dense")
    n = action.n
    scale = _magnitude(matrix)
    matrix = matrix / scale
    factor = np.zeros((0, n), dtype=matrix.dtype)
    waiting: list[np.ndarray] = []
    for element in action.elements():
        waiting.append(element.pull_back(matrix))
        if sum(w.shape[0] for w in waiting) > 4 * n:
            factor = _triangular(np.concatenate([factor, *waiting]))
            waiting = []
    stack = np.concatenate([factor, *waiting])
    if stack.shape[0] > n:
        stack = _triangular(stack)
    _, values, vh = scipy.linalg.svd(stack, full_matrices=True)
    values = np.concatenate([values, np.zeros(n - values.size)])
    decision = cut(values, max(action.order * A.shape[0], n), A.dtype)
    rank = int((values > decision.tolerance).sum())
    # Rows of vh are conjugate to the vectors that A annihilates.
    null = DenseNullSpace(vh[rank:].conj())
    return RankResult(
        rank=rank,
        n=n,
        m=A.shape[0],
        field=field,
        method="dense",
        clear=decision.clear,
        gap=decision.gap,
        tolerance=decision.tolerance * scale,
        singular_values=values * scale,
        lost=_dense_losses(null.basis, action),
        null_space=null,
    )


def spin(A: ForwardOperator, action: GroupAction, field: str) -> RankResult:
    """Row space of A closed under the generators, with re-orthogonalisation at every step."""
    matrix = _dense_matrix(A, "spin")
    n = action.n
    _, values, vh = scipy.linalg.svd(matrix / _magnitude(matrix), full_matrices=False)
    decision = cut(values, max(A.shape), A.dtype)
    kept = values > decision.tolerance
    basis, clear, gap = vh[kept], decision.clear, decision.gap
    # A direction found with singular value s carries the rounding of its matrix divided by s.
    error = relative_tolerance(max(A.shape), A.dtype)
    error *= values[0] / values[kept][-1] if basis.size else 1.0
    new = basis
    while new.shape[0] and basis.shape[0] < n:
        images = np.concatenate([g.pull_back(new) for g in action.generators])
        for _ in range(2):
            images = images - (images @ basis.conj().T) @ basis
        _, values, vh = scipy.linalg.svd(images, full_matrices=False)
        kept = values > error
        new = vh[kept]
        if new.size:
            smallest = float(values[kept][-1])
            lost = float(values[~kept].max(initial=0.0))
            gap = min(gap, smallest / lost if lost > 0 else smallest / error)
            clear = clear and smallest > error * min(1e3, error**-0.5)
            error /= smallest
        basis = np.concatenate([basis, new])
    null = DenseNullSpace(_complement(basis, n))
    return RankResult(
        rank=basis.shape[0],
        n=n,
        m=A.shape[0],
        field=field,
        method="spin",
        clear=clear,
        gap=gap,
        tolerance=error,
        lost=_dense_losses(null.basis, action),
        null_space=null,
    )


def _complement(basis: np.ndarray, n: int) -> np.ndarray:
    """Orthonormal basis, in rows, of what is orthogonal to the conjugate rows of `basis`."""
    if basis.shape[0] == 0:
        return np.eye(n)
    full, _ = scipy.linalg.qr(basis.conj().T, mode="full")
    return full[:, basis.shape[0] :].T


def _dense_losses(null_basis: np.ndarray, action: GroupAction) -> Losses:
    """Missing multiplicities in a null space given by orthonormal rows, where irreps are known."""
    if null_basis.shape[0] == 0 or (action.kind == "generic" and action.n > COMMUTANT_LIMIT):
        return ()
    families = action.transform.families
    parts = action.transform.analyze(null_basis)
    # The null space is invariant: its part in W (x) C^c is W (x) K, of energy s dim K.
    return tuple(
        (family, np.rint(np.sum(np.abs(part) ** 2, axis=(0, 2, 3)) / family.dim).astype(int))
        for family, part in zip(families, parts, strict=True)
    )
