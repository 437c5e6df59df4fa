r"""A signal in isotypic coordinates: what lives in which irrep, and what symmetry averages away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .isotypic import Family, IsotypicTransform

if TYPE_CHECKING:
    from .action import GroupAction

__all__ = ["Isotypic", "average_map", "average_matrix", "isotypic"]

_DENSE = 4096


@dataclass(frozen=True, eq=False)
class Isotypic:
    r"""Signals in isotypic coordinates.

    .. math:: \mathbb{C}^n = \bigoplus_j W_j \otimes \mathbb{C}^{c_j}

    Irreps are numbered 0, …, J-1 in the order of the families, and within a family as they come.

    Attributes
    ----------
    transform : IsotypicTransform
    parts : list of ndarray, each (r, count, s, c)
        Coordinates per family of irreps that share s and c.
    shape : tuple of int
        Of the signals, (..., n).
    real : bool
        Whether the signals were real.
    """

    transform: IsotypicTransform
    parts: list[np.ndarray]
    shape: tuple[int, ...]
    real: bool

    def __len__(self) -> int:
        """Number J of irreps."""
        return sum(family.count for family in self.transform.families)

    def _where(self, j: int) -> tuple[int, int, Family]:
        at = range(len(self))[j]  # as a list takes it, negative numbers included
        for number, family in enumerate(self.transform.families):
            if at < family.count:
                return number, at, family
            at -= family.count
        raise IndexError(j)

    def label(self, j: int) -> str:
        """Name of irrep j."""
        _, at, family = self._where(j)
        return family.label(at)

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of all irreps."""
        return tuple(f.label(i) for f in self.transform.families for i in range(f.count))

    @cached_property
    def energies(self) -> np.ndarray:
        r""":math:`\|P_j x\|^2` for every irrep j, shape (..., J); they sum to :math:`\|x\|^2`."""
        squares = [np.sum(np.abs(part) ** 2, axis=(2, 3)) for part in self.parts]
        return np.concatenate(squares, axis=1).reshape(*self.shape[:-1], -1)

    def component(self, j: int) -> np.ndarray:
        r"""The part :math:`P_j x` in irrep j, shape (..., n).

        Real for real signals and a self-conjugate irrep; a conjugate pair has conjugate parts,
        whose sum is real.
        """
        number, at, family = self._where(j)
        kept = [np.zeros_like(part) for part in self.parts]
        kept[number][:, at] = self.parts[number][:, at]
        found = self.transform.synthesize(kept).reshape(self.shape)
        return found.real.copy() if self.real and family.indicators[at] != 0 else found

    def signal(self) -> np.ndarray:
        """The signals, shape (..., n): the inverse of `GroupAction.isotypic`."""
        found = self.transform.synthesize(self.parts).reshape(self.shape)
        return found.real.copy() if self.real else found


def isotypic(action: GroupAction, x: Any) -> Isotypic:
    """Isotypic coordinates of signals (..., n)."""
    x = np.asarray(x)
    if x.ndim == 0 or x.shape[-1] != action.n:
        raise ValueError(f"signals must have shape (..., {action.n}); got {x.shape}.")
    if x.dtype.kind not in "biufc":
        raise TypeError(f"signals must hold numbers; got dtype {x.dtype}.")
    real = x.dtype.kind != "c"
    rows = x.reshape(-1, action.n).astype(np.float64 if real else np.complex128)
    return Isotypic(action.transform, action.transform.analyze(rows), x.shape, real)


def average_matrix(action: GroupAction, M: Any) -> np.ndarray:
    r"""Reynolds average :math:`\frac{1}{|G|} \sum_g T_g M T_g^{-1}`, without listing the group.

    In isotypic coordinates the block of irrep j becomes :math:`I \otimes \frac{1}{s_j} \sum_a
    M_{(j,a,\cdot),(j,a,\cdot)}`, by Schur's orthogonality; all others vanish.
    """
    M, n = np.asarray(M), action.n
    if M.shape != (n, n):
        raise ValueError(f"the matrix must have shape ({n}, {n}); got {M.shape}.")
    if n > _DENSE:
        raise ValueError(f"matrices are averaged for n <= {_DENSE}; got n = {n}. Give a function.")
    if not action.has_transform:
        return _listed_matrix(action, M)
    transform = action.transform
    rest = transform.analyze(np.eye(n))
    averaged = []
    # Columns of M as signals, so that coordinates (n, count, s, c) are those of U M.
    for number, part in enumerate(transform.analyze(M.T)):
        _, count, s, c = part.shape
        rows = part.reshape(n, -1).T
        twice = transform.analyze(rows.conj())[number].conj()
        own = twice.reshape(count, s, c, count, s, c)
        blocks = np.einsum("iabiac->ibc", own) / s
        averaged.append(np.einsum("nisc,ibc->nisb", rest[number], blocks))
    found = transform.synthesize(averaged).T
    return found.real.copy() if M.dtype.kind != "c" else found


def _listed_matrix(action: GroupAction, M: np.ndarray) -> np.ndarray:
    total = np.zeros(M.shape, dtype=np.result_type(M, np.float64))
    count = 0
    for element in action.elements():
        count += 1
        # Columns of T M are T applied to the columns of M; then the inverse from the right.
        total += element.inverse().pull_back(element(M.T).T)
    return total / count


def average_map(
    action: GroupAction, f: Callable[[np.ndarray], np.ndarray]
) -> Callable[[np.ndarray], np.ndarray]:
    r"""Average :math:`x \mapsto \frac{1}{|G|} \sum_g T_g f(T_g^{-1} x)`, which lists the group."""

    def averaged(x: np.ndarray) -> np.ndarray:
        total: Any = 0
        count = 0
        for element in action.elements():
            count += 1
            total = total + element(f(element.inverse()(x)))
        return total / count

    return averaged
