r"""The orbit of a basis under some matrices, closed up to rounding."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg

from .frames import OrbitFrame

__all__ = ["ULPS", "orbit_frame"]

ORBIT_LIMIT = 20_000
_ENTRIES = 2**24

# In units of the last place: entries that differ by no more are equal.
ULPS = 64.0
# The same for vectors of an orbit: at least, beside the size of matrices and vectors, and per
# factor of the words that lead to them.
_BASE, _AMPLIFIED, _STEP = 1024.0, 64.0, 16.0
_NEAR = 1e-8
# What eigenvectors or exponentials of a few hundred dimensions may have lost.
_COMPUTED = 1e-11


def orbit_frame(
    matrices: Sequence[np.ndarray], tol: float | None, eps: float
) -> tuple[OrbitFrame, np.ndarray]:
    """Orbit of the unit vectors, or of roots, and the permutations (k, N) of it.

    Vectors that differ by more than rounding are taken for equal only if the group is not finite
    otherwise: one that is oblique by less than `tol` is another than the orthogonal one beside it.

    Parameters
    ----------
    matrices : sequence of ndarray, each (n, n)
    tol : float or None
        How exactly they are known; ``None`` for no worse than rounding of their type.
    eps : float
        Relative precision of that type.

    Raises
    ------
    ValueError
        If the orbit grows beyond the limit, so that the group is infinite or too large.
    """
    loose = _orbit(matrices, max(_NEAR, ULPS * eps) if tol is None else tol)
    rounding = loose.rounding(eps)
    if loose.missed <= rounding:
        return loose.frame(eps), loose.permutations
    try:
        strict = _orbit(matrices, rounding)
        if strict.missed <= strict.rounding(eps):
            return strict.frame(eps), strict.permutations
    except ValueError:
        # It is told below, with what the matrices miss.
        pass
    if tol is None and loose.missed > _COMPUTED:
        raise ValueError(
            "the matrices must generate a finite group up to rounding of their entries; images of "
            f"the basis that should be equal are {loose.missed:.1e} apart. Pass `tol` if the "
            "matrices are known no better."
        )
    return loose.frame(eps), loose.permutations


@dataclass(frozen=True, eq=False)
class _Orbit:
    """An orbit as it was found: `missed` is the largest distance of vectors taken for equal."""

    vectors: np.ndarray
    basis: np.ndarray
    seeds: np.ndarray
    permutations: np.ndarray
    tol: float
    missed: float
    rounds: int
    norm: float

    def rounding(self, eps: float) -> float:
        """Largest distance of equal vectors that rounding of the matrices explains."""
        size = float(np.abs(self.vectors).max()) * self.norm
        return eps * (max(_BASE, _AMPLIFIED * size) + _STEP * self.rounds)

    def frame(self, eps: float) -> OrbitFrame:
        """The frame that it makes."""
        back = np.linalg.inv(self.seeds.T)
        size = float(np.linalg.norm(back, 2)) * max(1.0, float(np.linalg.norm(self.seeds, 2)))
        missed = math.sqrt(back.shape[0]) * self.missed * size
        close = missed + eps * (ULPS + _STEP * self.rounds) * size
        return OrbitFrame(self.vectors, self.basis, back, self.tol, missed, close)


def _orbit(matrices: Sequence[np.ndarray], tol: float) -> _Orbit:
    """Close the orbit, with vectors that differ by at most `tol` taken for equal."""
    n = matrices[0].shape[0]
    limit = min(ORBIT_LIMIT, _ENTRIES // n)
    found = _Found(n, tol)
    seeds = _roots(matrices)
    seeds = np.eye(n) if seeds is None else seeds
    basis = np.array([found.number(seed) for seed in seeds])
    images: list[list[int]] = [[] for _ in matrices]
    done = rounds = 0
    while done < len(found.vectors):
        front = np.array(found.vectors[done:])
        done, rounds = len(found.vectors), rounds + 1
        for own, matrix in zip(images, matrices, strict=True):
            for vector in front @ matrix.T:
                own.append(found.number(vector))
                if len(found.vectors) > limit:
                    raise ValueError(
                        "the matrices must generate a finite group under which the unit vectors "
                        f"(of reflections: their roots) have at most {limit} images; these have "
                        "more, so that the group is infinite, beyond this limit, or given less "
                        f"exactly than tol = {tol:g}."
                    )
    permutations = np.array(images)
    if any(np.unique(row).size != row.size for row in permutations):
        raise ValueError(
            f"the matrices must permute the orbit of the basis up to tol = {tol:g}; some "
            "vectors are so close that it cannot tell them apart."
        )
    vectors = np.array(found.vectors)
    missed = max(
        float(np.abs(vectors[row] - vectors @ matrix.T).max())
        for row, matrix in zip(permutations, matrices, strict=True)
    )
    norm = max(1.0, *(float(np.linalg.norm(matrix, 2)) for matrix in matrices))
    return _Orbit(vectors, basis, seeds, permutations, tol, missed, rounds, norm)


def _roots(matrices: Sequence[np.ndarray]) -> np.ndarray | None:
    """Roots (n, n) of generating reflections that span; ``None`` if some are none, or do not."""
    n, roots = matrices[0].shape[0], []
    for matrix in matrices:
        u, s, _ = np.linalg.svd(np.eye(n) - matrix)
        if n > 1 and s[1] > 1e-6 * s[0]:
            return None
        roots.append(u[:, 0])
    if len(roots) < n:
        return None
    _, triangle, order = scipy.linalg.qr(np.array(roots).T, pivoting=True)
    if abs(triangle[n - 1, n - 1]) < 1e-3:
        return None
    return np.array(roots)[order[:n]]


class _Found:
    """Vectors found so far; asks which of them a new one is, up to rounding."""

    def __init__(self, n: int, tol: float) -> None:
        self.tol = tol
        self.vectors: list[np.ndarray] = []
        self.cells: dict[int, list[int]] = {}
        self.direction = np.random.default_rng(0).uniform(0.5, 1.5, n)
        # Equal vectors, up to rounding, fall into the same cell or into neighbours.
        self.width = 4 * tol * float(np.abs(self.direction).sum())

    def number(self, vector: np.ndarray) -> int:
        """Where the vector stands; a new one is put at the end."""
        cell = math.floor(float(vector @ self.direction) / self.width)
        for near in (cell, cell - 1, cell + 1):
            for i in self.cells.get(near, ()):
                apart = np.abs(self.vectors[i] - vector).max()
                if apart <= self.tol:
                    return i
                if apart <= 10 * self.tol:
                    raise ValueError(
                        f"images of the basis must be equal up to tol = {self.tol:g} or "
                        f"clearly different; two of them are {apart:.1e} apart. The matrices are "
                        "given less exactly than tol, need a smaller one, or generate an infinite "
                        "group."
                    )
        self.cells.setdefault(cell, []).append(len(self.vectors))
        self.vectors.append(vector)
        return len(self.vectors) - 1
