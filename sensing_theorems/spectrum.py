r"""The learnability spectrum: how well the stack sees each part of the signals.

Full rank says that every signal leaves a trace; singular values say how strong a trace. The stack
of all :math:`A T_g` has the singular values :math:`\sqrt{|G|/s_j}\,\sigma(B_j)`, each :math:`s_j`
times, so that they come irrep by irrep.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from .groups.isotypic import Family

__all__ = ["Spectrum", "SpectrumRow", "root_of_order"]

_LOG_LARGEST = 300.0


def root_of_order(order: int) -> float | None:
    r""":math:`\sqrt{|G|}`, or ``None`` for a group so large that floating point cannot hold it.

    Of such a group the average over the elements is looked at in place of their sum.
    """
    log_root = 0.5 * math.log(order)
    return math.exp(log_root) if log_root < _LOG_LARGEST else None


class SpectrumRow(NamedTuple):
    """Singular values of the stack in one irrep: c_j of them, each s_j times, decreasing."""

    label: str
    dim: int
    values: np.ndarray


@dataclass(frozen=True, eq=False)
class Spectrum:
    r"""Singular values of the stack, irrep by irrep.

    Iterating gives one `SpectrumRow` per irrep.

    Parameters
    ----------
    families : sequence of Family
    gains : sequence of ndarray, each (count, c)
        :math:`\sigma(B_j)/\sqrt{s_j}`, decreasing along c: the root mean square, over the group, of
        what one measurement gives for a unit signal in that direction. In the units of A.
    order : int
        |G|, or 1 where all rows of the stack are listed.
    tolerance : float
        Gains at or below it count as zero.
    relative_error : float
        0 for singular values of all rows. Of a sketch: about how much its estimates scatter,
        relative to each value. Where c = 1 a standard deviation at most; where c > 1 about what
        the values nearest to the edges are off by.
    """

    families: Sequence[Family]
    gains: Sequence[np.ndarray]
    order: int
    tolerance: float
    relative_error: float = 0.0

    def __iter__(self) -> Iterator[SpectrumRow]:
        for family, gains in zip(self.families, self.gains, strict=True):
            for i in range(family.count):
                yield self._row(family, gains, i)

    def __len__(self) -> int:
        return sum(family.count for family in self.families)

    def _row(self, family: Family, gains: np.ndarray, i: int) -> SpectrumRow:
        return SpectrumRow(family.label(i), family.dim, gains[i] * self.root)

    @property
    def listed(self) -> bool:
        """Whether floating point can hold the singular values of a stack of |G| operators."""
        return root_of_order(self.order) is not None

    @property
    def root(self) -> float:
        r"""Factor from gains to singular values: :math:`\sqrt{|G|}`, or 1 if that overflows."""
        return root_of_order(self.order) or 1.0

    @cached_property
    def values(self) -> np.ndarray:
        r"""All n singular values, decreasing, each repeated :math:`s_j` times."""
        repeated = [
            np.repeat(gains.reshape(-1), family.dim)
            for family, gains in zip(self.families, self.gains, strict=True)
        ]
        with np.errstate(over="ignore"):
            return np.sort(np.concatenate(repeated))[::-1] * self.root

    @cached_property
    def largest(self) -> float:
        """Largest gain: the direction that is seen best."""
        return max(float(gains.max(initial=0.0)) for gains in self.gains)

    @property
    def noise_limit(self) -> float:
        """Noise level at which the weakest direction drowns: the smallest gain over the largest.

        Whatever rank the noiseless stack has, `effective_rank` is below n from there on.
        """
        smallest = min(float(gains.min(initial=np.inf)) for gains in self.gains)
        if smallest <= self.tolerance or self.largest == 0.0:
            return 0.0
        # Rounded up, so that at this very level the weakest direction has drowned.
        return float(np.nextafter(smallest / self.largest, np.inf))

    def effective_rank(self, noise_level: float) -> int:
        r"""Dimension of what stands above the noise.

        .. math:: \sum_j s_j \,\#\{i : \sigma_i(B_j)/\sqrt{s_j} >
                  \eta\, \max_j \sigma_1(B_j)/\sqrt{s_j}\}

        Parameters
        ----------
        noise_level : float
            :math:`\eta`: standard deviation of the noise on a measurement, over what the best
            seen unit signal gives (root mean square over the group). Dimensionless; 0 gives the
            rank, 1 gives 0.

        Returns
        -------
        int

        Raises
        ------
        ValueError
            If `noise_level` is negative or no number.
        """
        level = float(noise_level)
        if not level >= 0:
            raise ValueError(f"`noise_level` must be a number >= 0; got {noise_level}.")
        bar = max(self.tolerance, level * self.largest)
        return sum(
            family.dim * int(np.count_nonzero(gains > bar))
            for family, gains in zip(self.families, self.gains, strict=True)
        )

    def weakest(self, count: int = 10) -> list[SpectrumRow]:
        """Rows of the irreps that hold the smallest singular values, the smallest first."""
        lows = [gains.min(axis=1, initial=np.inf) for gains in self.gains]
        joint = np.concatenate(lows)
        starts = np.cumsum([0, *(low.size for low in lows)])
        rows = []
        for at in np.argsort(joint, kind="stable")[:count]:
            number = int(np.searchsorted(starts, at, side="right")) - 1
            rows.append(
                self._row(self.families[number], self.gains[number], int(at - starts[number]))
            )
        return rows
