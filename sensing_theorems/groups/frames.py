r"""Matrix groups as permutation groups: a finite group permutes the orbit of a basis.

The orbit :math:`\Omega` of the unit vectors under the generators is finite exactly if the group is.
The group permutes it faithfully, and :math:`T_g e_i` is the vector to which g moves :math:`e_i`: so
elements are multiplied, compared and counted exactly, and matrices are read off without drift.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from .element import Element

__all__ = ["FrameMap", "OrbitFrame", "orbit_frame"]

ORBIT_LIMIT = 20_000
_ENTRIES = 2**24


@dataclass(frozen=True, eq=False)
class OrbitFrame:
    """The orbit of the unit vectors.

    Attributes
    ----------
    vectors : ndarray, (N, n)
    units : ndarray of int, (n,)
        Where the unit vectors stand among them.
    tol : float
        Below it differences are rounding.
    rounding : float
        By how much the matrices as read off may differ from those of a group, in norm.
    """

    vectors: np.ndarray
    units: np.ndarray
    tol: float
    rounding: float

    @cached_property
    def projector(self) -> np.ndarray:
        r"""Orthogonal projector of :math:`\mathbb{R}^N` whose image carries the action.

        With the vectors as columns of P, :math:`P^\top (PP^\top)^{-1} P`: it commutes with the
        permutations, and P maps its image to :math:`\mathbb{R}^n` equivariantly.
        """
        whitened = self.whitened
        return whitened.T @ whitened

    @cached_property
    def whitened(self) -> np.ndarray:
        r""":math:`(PP^\top)^{-1/2} P`, (n, N): the vectors in an invariant inner product."""
        values, basis = np.linalg.eigh(self.vectors.T @ self.vectors)
        root = (basis / np.sqrt(values)) @ basis.T
        return root @ self.vectors.T


@dataclass(frozen=True, eq=False)
class FrameMap(Element):
    """A matrix of a finite group, known by how it permutes the orbit.

    Attributes
    ----------
    frame : OrbitFrame
    images : ndarray of int, (N,)
    """

    frame: OrbitFrame = field(repr=False)
    images: np.ndarray = field(repr=False)

    @property
    def n(self) -> int:
        """Dimension of the signals."""
        return int(self.frame.units.size)

    @cached_property
    def dense(self) -> np.ndarray:
        """The matrix T, (n, n)."""
        return self.frame.vectors[self.images[self.frame.units]].T

    @property
    def rounding(self) -> float:  # type: ignore[override]
        """That of the frame."""
        return self.frame.rounding

    @cached_property
    def orthogonal(self) -> bool:  # type: ignore[override]
        r"""Whether :math:`T^\top T = I` up to the tolerance."""
        defect = np.abs(self.dense.T @ self.dense - np.eye(self.n)).max()
        return bool(defect <= self.n * self.frame.tol)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Apply T to the last axis of `x`, shape (..., n)."""
        return np.asarray(x) @ self.dense.T

    def pull_back(self, rows: np.ndarray) -> np.ndarray:
        r"""Rows :math:`a \mapsto a\,T`; shape (..., n)."""
        return np.asarray(rows) @ self.dense

    def __matmul__(self, other: FrameMap) -> FrameMap:
        """Composition: ``(self @ other)(x) == self(other(x))``."""
        if not isinstance(other, FrameMap) or other.frame is not self.frame:
            raise ValueError("elements of different matrix groups cannot be multiplied.")
        return FrameMap(self.frame, self.images[other.images])

    def equals(self, other: Any) -> bool:
        """Whether both are the same map; of two different groups, up to the tolerance."""
        if not isinstance(other, FrameMap) or other.n != self.n:
            return False
        if other.frame is self.frame:
            return bool(np.array_equal(self.images, other.images))
        return bool(np.abs(self.dense - other.dense).max() <= max(self.frame.tol, other.frame.tol))

    def inverse(self) -> FrameMap:
        """Return the inverse."""
        return FrameMap(self.frame, np.argsort(self.images))

    def is_identity(self) -> bool:
        """Whether T is the identity: it moves no vector of the orbit."""
        return bool(np.array_equal(self.images, np.arange(self.images.size)))

    def key(self) -> bytes:
        """Hashable form, equal exactly for equal maps."""
        return self.images.tobytes()

    def matrix(self) -> np.ndarray:
        """Return T as a dense (n, n) array."""
        return self.dense.copy()

    def largest_eigenspace(self) -> int:
        r""":math:`\max_\lambda \operatorname{mult}_\lambda(T)`: all are roots of unity."""
        seen, order = np.zeros(self.images.size, bool), 1
        for start in range(self.images.size):
            length, at = 0, start
            while not seen[at]:
                seen[at], at, length = True, self.images[at], length + 1
            order = math.lcm(order, max(length, 1))
        angles = np.angle(np.linalg.eigvals(self.dense)) / (2 * np.pi)
        return int(np.unique(np.rint(angles * order) % order, return_counts=True)[1].max())


def orbit_frame(matrices: Sequence[np.ndarray], tol: float) -> tuple[OrbitFrame, np.ndarray]:
    """Orbit of the unit vectors, and the permutations (k, N) of it.

    Raises
    ------
    ValueError
        If the orbit grows beyond the limit, so that the group is infinite or too large.
    """
    n = matrices[0].shape[0]
    limit = min(ORBIT_LIMIT, _ENTRIES // n)
    found = _Found(n, tol)
    units = np.array([found.number(unit) for unit in np.eye(n)])
    images: list[list[int]] = [[] for _ in matrices]
    done = 0
    while done < len(found.vectors):
        front = np.array(found.vectors[done:])
        done = len(found.vectors)
        for own, matrix in zip(images, matrices, strict=True):
            for vector in front @ matrix.T:
                own.append(found.number(vector))
                if len(found.vectors) > limit:
                    raise ValueError(
                        "the matrices must generate a finite group under which the unit vectors "
                        f"have at most {limit} images; these have more, so that the group is "
                        f"infinite, beyond this limit, or given less exactly than tol = {tol:g}."
                    )
    permutations = np.array(images)
    if any(np.unique(row).size != row.size for row in permutations):
        raise ValueError(
            f"the matrices must permute the orbit of the unit vectors up to tol = {tol:g}; some "
            "vectors are so close that it cannot tell them apart."
        )
    vectors = np.array(found.vectors)
    missed = max(
        float(np.abs(vectors[row] - vectors @ matrix.T).max())
        for row, matrix in zip(permutations, matrices, strict=True)
    )
    return OrbitFrame(vectors, units, tol, math.sqrt(n) * missed), permutations


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
                        f"images of the unit vectors must be equal up to tol = {self.tol:g} or "
                        f"clearly different; two of them are {apart:.1e} apart. The matrices are "
                        "given less exactly than tol, or generate an infinite group."
                    )
        self.cells.setdefault(cell, []).append(len(self.vectors))
        self.vectors.append(vector)
        return len(self.vectors) - 1
