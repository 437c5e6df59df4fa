r"""Elements of SO(3) on shells of spherical harmonics."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .element import Element
from .plane_rotation import largest_cluster, same_image
from .shells import ShellTransform

__all__ = ["BallRotation"]

# Rotation matrices closer than this are the same map.
_SAME = 1e-10


@dataclass(frozen=True, eq=False, repr=False)
class BallRotation(Element):
    r"""Rotation :math:`(T_g f)(x) = f(g^{-1} x)` of functions given in shells of harmonics.

    Parameters
    ----------
    space : ShellTransform
    rotation : array, shape (3, 3)
        g: orthogonal, of determinant 1.

    Raises
    ------
    ValueError
        If the matrix is no rotation.
    """

    space: ShellTransform
    rotation: np.ndarray

    def __post_init__(self) -> None:
        R = np.asarray(self.rotation)
        if R.shape != (3, 3) or R.dtype.kind not in "iuf" or not np.all(np.isfinite(R)):
            raise ValueError(
                "a rotation must be a finite, real (3, 3) matrix, as scipy's Rotation.as_matrix() "
                f"gives it; got {R.dtype}, shape {R.shape}."
            )
        R = R.astype(float)
        defect = float(np.abs(R.T @ R - np.eye(3)).max())
        if not defect <= 1e-8:
            raise ValueError(
                "a rotation must be an orthogonal matrix with determinant 1; got a defect of "
                f"{defect:.1e} from orthogonality."
            )
        if np.linalg.det(R) < 0:
            raise ValueError(
                "a rotation must be an orthogonal matrix with determinant 1; got determinant -1, "
                "a reflection."
            )
        # One step towards the nearest orthogonal matrix, so that long products do not drift.
        R = R @ (1.5 * np.eye(3) - 0.5 * R.T @ R)
        R.setflags(write=False)
        object.__setattr__(self, "rotation", R)

    def __repr__(self) -> str:
        cosine = (float(np.trace(self.rotation)) - 1) / 2
        angle = math.degrees(math.acos(min(1.0, max(-1.0, cosine))))
        return f"<BallRotation by {angle:.6g}° of R^{self.n}>"

    @property
    def n(self) -> int:
        """Dimension of the signals."""
        return self.space.n

    @property
    def angles(self) -> tuple[float, float, float]:
        r""":math:`(\alpha, \beta, \gamma)` with :math:`g = R_z(\alpha) R_y(\beta) R_z(\gamma)`."""
        R = self.rotation
        alpha = math.atan2(R[1, 2], R[0, 2])
        beta = math.atan2(math.hypot(R[0, 2], R[1, 2]), R[2, 2])
        # From what is left when α is undone: where β is near 0 or π, α alone is anything.
        rest = -math.sin(alpha) * R[0] + math.cos(alpha) * R[1]
        return alpha, beta, math.atan2(rest[0], rest[1])

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Apply T to the last axis of `x`, shape (..., n)."""
        x = np.asarray(x)
        return self.space.rotate(x.reshape(-1, self.n), self.angles).reshape(x.shape)

    def pull_back(self, rows: np.ndarray) -> np.ndarray:
        r"""Rows :math:`a \mapsto a\,T`, which is :math:`T^{-1} a`; shape (..., n)."""
        return self.inverse()(rows)

    def __matmul__(self, other: BallRotation) -> BallRotation:
        """Composition: the product of the rotations."""
        if not isinstance(other, BallRotation):
            return NotImplemented
        if self.space.multiplicities != other.space.multiplicities:
            raise ValueError("rotations must belong to one action to be composed.")
        return BallRotation(self.space, self.rotation @ other.rotation)

    def inverse(self) -> BallRotation:
        """Return the inverse, which is also the transpose."""
        return BallRotation(self.space, self.rotation.T)

    def equals(self, other: Any) -> bool:
        """Whether both are the same map; of two different actions, on a random signal."""
        if isinstance(other, BallRotation) and other.space is self.space:
            return (self @ other.inverse()).is_identity()
        return same_image(self, other)

    def is_identity(self) -> bool:
        """Whether T is the identity, up to 1e-10."""
        if len(self.space.multiplicities) == 1:
            return True
        return bool(np.abs(self.rotation - np.eye(3)).max() <= _SAME)

    def key(self) -> tuple[int, ...]:
        """Entries of the rotation in steps of 1e-10."""
        if len(self.space.multiplicities) == 1:
            return (0,)
        return tuple(np.rint(self.rotation.reshape(-1) / _SAME).astype(np.int64).tolist())

    def largest_eigenspace(self) -> int:
        r""":math:`\max_\lambda \operatorname{mult}_\lambda(T)`, up to rounding of the angle."""
        R = self.rotation
        axis = np.array([R[2, 1] - R[1, 2], R[0, 2] - R[2, 0], R[1, 0] - R[0, 1]])
        angle = math.atan2(float(np.linalg.norm(axis)), float(np.trace(R)) - 1)
        return largest_cluster(*self.space.weights, angle)
