r"""What a stacked rank reports: the number, how sure it is, and who is not seen."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np

from .groups.isotypic import Family, IsotypicTransform

__all__ = ["BlockNullSpace", "Deficit", "DenseNullSpace", "Losses", "NullSpace", "RankResult"]

# Per family: how much of each multiplicity is missing, shape (count,).
Losses = tuple[tuple[Family, np.ndarray], ...]


class Deficit(NamedTuple):
    """An irrep that the stack does not see completely: rank B_j below its multiplicity c_j."""

    label: str
    dim: int
    multiplicity: int
    rank: int

    @property
    def missing(self) -> int:
        """Dimensions of the signal space that are lost: s_j (c_j - rank B_j)."""
        return self.dim * (self.multiplicity - self.rank)


class NullSpace(Protocol):
    """The signals that no A T_g sees."""

    def project(self, x: np.ndarray) -> np.ndarray:
        """Orthogonal projection of signals (r, n) on the null space."""
        ...

    def vector(self) -> np.ndarray:
        """One non-zero signal of the null space, complex where need be."""
        ...


@dataclass(frozen=True, eq=False)
class DenseNullSpace:
    """Null space with an orthonormal basis in its rows, shape (d, n)."""

    basis: np.ndarray

    def project(self, x: np.ndarray) -> np.ndarray:
        """Orthogonal projection of signals (r, n)."""
        return (x @ self.basis.conj().T) @ self.basis

    def vector(self) -> np.ndarray:
        """Return the last basis vector, which the singular values rate the least visible."""
        return self.basis[-1]


@dataclass(frozen=True, eq=False)
class BlockNullSpace:
    """Null space in isotypic coordinates.

    Parameters
    ----------
    transform : IsotypicTransform
    visible : list of ndarray or None, each (count, c, c)
        Projector on the seen part of every multiplicity space; for c = 1 of shape (count, 1, 1).
    """

    transform: IsotypicTransform
    visible: list[np.ndarray]

    def project(self, x: np.ndarray) -> np.ndarray:
        """Orthogonal projection of signals (r, n)."""
        parts = self.transform.analyze(x)
        hidden = [
            part - part * seen[:, :, 0][:, None]
            if seen.shape[-1] == 1
            else part - part @ seen.transpose(0, 2, 1)
            for part, seen in zip(parts, self.visible, strict=True)
        ]
        return self.transform.synthesize(hidden)

    def vector(self) -> np.ndarray:
        """Return an invisible signal of the first irrep that has one."""
        parts = [
            np.zeros((1, f.count, f.dim, f.multiplicity), dtype=np.complex128)
            for f in self.transform.families
        ]
        for part, seen in zip(parts, self.visible, strict=True):
            hidden = np.eye(seen.shape[-1]) - seen
            lost = np.trace(hidden, axis1=1, axis2=2).real
            if lost.size and lost.max() > 0.5:
                at = int(np.flatnonzero(lost > 0.5)[0])
                columns = hidden[at]
                best = int(np.argmax(np.linalg.norm(columns, axis=0)))
                part[0, at, 0] = columns[:, best]
                break
        return self.transform.synthesize(parts)[0]


@dataclass(frozen=True, eq=False)
class RankResult:
    r"""Rank of the stack :math:`[A T_g]_g` or :math:`[A_1; \dots; A_G]`.

    Attributes
    ----------
    rank, n, m : int
        Rank of the stack; dimension of the signals; rows of A (over ℝ a complex row counts two).
    field : {"real", "complex"}
        Field over which the rank is taken.
    method : str
        ``"blocks"``, ``"sketch"``, ``"spin"`` or ``"dense"``.
    clear : bool
        False when the singular values show no gap at the cut: then neither full nor deficient is
        to be trusted.
    gap, tolerance : float
        See `sensing_theorems.tolerance.Cut`; dimensionless, and in the units of A.
    singular_values : ndarray of shape (n,), or None
        Of the stack, decreasing, where the method computes them.
    lost : tuple of (Family, ndarray)
        Missing multiplicity of every irrep, where the irreps are known; `deficient` names them.
    """

    rank: int
    n: int
    m: int
    field: str
    method: str
    clear: bool
    gap: float
    tolerance: float
    singular_values: np.ndarray | None = None
    lost: Losses = dataclasses.field(default=(), repr=False)
    null_space: NullSpace | None = dataclasses.field(default=None, repr=False)

    @property
    def full(self) -> bool:
        """Whether the stack has rank n: no signal is invisible to all A T_g."""
        return self.rank == self.n

    @property
    def missing(self) -> int:
        """Dimension n - rank of the signals that nobody can see."""
        return self.n - self.rank

    @cached_property
    def deficient(self) -> tuple[Deficit, ...]:
        """Irreps where rank is missing, where the irreps of the action are known."""
        return tuple(
            Deficit(
                family.label(int(i)),
                family.dim,
                family.multiplicity,
                family.multiplicity - int(missing[i]),
            )
            for family, missing in self.lost
            for i in np.flatnonzero(missing)
        )

    @property
    def n_deficient(self) -> int:
        """Number of irreps where rank is missing, without naming them."""
        return sum(int(np.count_nonzero(missing)) for _, missing in self.lost)

    def witness(self) -> np.ndarray | None:
        r"""Unit signal x with :math:`A T_g x = 0` for all g; ``None`` if the rank is full.

        Returns
        -------
        ndarray of shape (n,) or None
            Real over ℝ.
        """
        return self._witness

    @cached_property
    def _witness(self) -> np.ndarray | None:
        if self.full or self.null_space is None:
            return None
        v = self.null_space.vector()
        if self.field == "real":
            # Real operators annihilate the real and the imaginary part one by one.
            v = max(v.real, v.imag, key=np.linalg.norm)
        v = v / np.linalg.norm(v)
        v = self.invisible_part(v)
        return v / np.linalg.norm(v)

    def invisible_part(self, x: np.ndarray) -> np.ndarray:
        r"""Projection of x on :math:`\bigcap_g \operatorname{null}(A T_g)`, shape (..., n)."""
        x = np.asarray(x)
        if x.ndim == 0 or x.shape[-1] != self.n:
            raise ValueError(f"signals must have shape (..., {self.n}); got {x.shape}.")
        if self.full or self.null_space is None:
            return np.zeros_like(x, dtype=np.result_type(x, np.float64))
        hidden = self.null_space.project(x.reshape(-1, self.n)).reshape(x.shape)
        return hidden.real if self.field == "real" and not np.iscomplexobj(x) else hidden

    def visible_part(self, x: np.ndarray) -> np.ndarray:
        r"""The rest of x: what measurements and symmetry together can see, shape (..., n)."""
        return np.asarray(x) - self.invisible_part(x)

    def __str__(self) -> str:
        state = "full" if self.full else f"{self.missing} missing"
        sure = "" if self.clear else ", NUMERICALLY UNCLEAR"
        return (
            f"rank {self.rank} of {self.n} over the {self.field} numbers ({state}; method "
            f"{self.method}, gap {self.gap:.1e}{sure})"
        )
