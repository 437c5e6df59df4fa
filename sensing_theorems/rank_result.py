r"""What a stacked rank reports: the number, how sure it is, and who is not seen."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from .groups.isotypic import Family
from .null_space import NullSpace
from .spectrum import Spectrum

if TYPE_CHECKING:
    from .certificate import Certificate
    from .lattice_proof import LatticeCertificate

    Proof = Certificate | LatticeCertificate

__all__ = ["Deficit", "Losses", "RankResult", "Source"]

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


class Source(Protocol):
    """What an engine can still tell when asked; most users ask for the rank alone."""

    def losses(self) -> Losses:
        """Missing multiplicity of every irrep, or nothing where the irreps are not known."""
        ...

    def spectrum(self) -> Spectrum | None:
        """Singular values of the stack, or ``None`` where the engine has none."""
        ...

    def null_space(self) -> NullSpace:
        """The signals that nobody sees."""
        ...


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
        ``"blocks"``, ``"sketch"``, ``"spin"``, ``"dense"``, ``"gram"``, ``"krylov"`` or
        ``"exact"``.
    clear : bool
        False when the singular values show no gap at the cut, or when it hangs on rows beyond the
        reach of floating point: then neither full nor deficient is to be trusted. With a
        `rank_error`, clear speaks of full or deficient, and not of the number.
    gap, tolerance : float
        See `sensing_theorems.tolerance.Cut`; dimensionless, and in the units of the stack. Where a
        bound decided before any singular value was computed, the gap is a lower bound.
    note : str
        Why the result is not clear, where it is something else than the gap.
    rank_error : float
        Standard error of a rank that was estimated from random signals; 0 for a rank that was
        computed.
    certificate : Certificate, LatticeCertificate or None
        Of method ``"exact"``: a proof that can be checked without the engine.
    """

    rank: int
    n: int
    m: int
    field: str
    method: str
    clear: bool
    gap: float
    tolerance: float
    note: str = ""
    rank_error: float = 0.0
    certificate: Certificate | LatticeCertificate | None = dataclasses.field(
        default=None, repr=False
    )
    source: Source | None = dataclasses.field(default=None, repr=False)

    @property
    def full(self) -> bool:
        """Whether the stack has rank n: no signal is invisible to all A T_g."""
        return self.rank == self.n

    @property
    def missing(self) -> int:
        """Dimension n - rank of the signals that nobody can see."""
        return self.n - self.rank

    @property
    def least_rank(self) -> int:
        """Rank that the stack has at least: five standard errors below an estimate."""
        return max(0, math.floor(self.rank - 5 * self.rank_error))

    @property
    def most_rank(self) -> int:
        """Rank that the stack has at most: five standard errors above an estimate."""
        most = self.n if self.full else self.n - 1
        return min(most, math.ceil(self.rank + 5 * self.rank_error))

    @cached_property
    def lost(self) -> Losses:
        """Pairs (family, missing multiplicity of each irrep), where the irreps are known."""
        return () if self.source is None else self.source.losses()

    @cached_property
    def spectrum(self) -> Spectrum | None:
        r"""Singular values of the stack by irrep, computed when first asked for.

        From all rows for "blocks", "dense" and "gram". A "sketch" estimates it from more random
        rows, see `Spectrum.relative_error`. ``None`` for "spin", "krylov" and "exact".
        """
        return None if self.source is None else self.source.spectrum()

    @cached_property
    def singular_values(self) -> np.ndarray | None:
        """Singular values of the stack, shape (n,), decreasing; ``None`` where only estimated."""
        found = None if self.method == "sketch" else self.spectrum
        return found.values if found is not None and found.listed else None

    def invisible_fraction(self, x: np.ndarray) -> np.ndarray:
        """Share of the energy of signals (..., n) that nobody sees, shape (...)."""
        hidden = self.invisible_part(x)
        energy = np.sum(np.abs(np.asarray(x)) ** 2, axis=-1)
        return np.sum(np.abs(hidden) ** 2, axis=-1) / np.where(energy > 0, energy, 1.0)

    def effective_rank(self, noise_level: float) -> int:
        """Rank that is worth something at a noise level: see `Spectrum.effective_rank`.

        Raises
        ------
        ValueError
            If the method has no spectrum, or `noise_level` is negative or no number.
        """
        if self.spectrum is None:
            raise ValueError(
                f"an effective rank needs singular values, which method '{self.method}' has not; "
                "use 'blocks', 'sketch', 'dense' or 'gram'."
            )
        return self.spectrum.effective_rank(noise_level)

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

    @cached_property
    def null_space(self) -> NullSpace | None:
        """The signals that nobody sees; ``None`` if the rank is full."""
        return None if self.full or self.source is None else self.source.null_space()

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
        if self.null_space is None:
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
        if self.null_space is None:
            return np.zeros_like(x, dtype=np.result_type(x, np.float64))
        if x.size == 0:
            return np.zeros(x.shape, dtype=np.result_type(x, np.float64))
        hidden = self.null_space.project(x.reshape(-1, self.n)).reshape(x.shape)
        return hidden.real if self.field == "real" and not np.iscomplexobj(x) else hidden

    def visible_part(self, x: np.ndarray) -> np.ndarray:
        r"""The rest of x: what measurements and symmetry together can see, shape (..., n)."""
        return np.asarray(x) - self.invisible_part(x)

    def __str__(self) -> str:
        about = f" ± {self.rank_error:.1f}" if self.rank_error else ""
        state = "full" if self.full else f"{self.missing}{about} missing"
        sure = "" if self.clear else ", NUMERICALLY UNCLEAR"
        return (
            f"rank {self.rank}{about} of {self.n} over the {self.field} numbers ({state}; method "
            f"{self.method}, gap {self.gap:.1e}{sure})"
        )
