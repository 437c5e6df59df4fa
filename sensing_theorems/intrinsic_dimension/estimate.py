"""An estimate of a dimension as a value."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DimensionEstimate"]


@dataclass(frozen=True)
class DimensionEstimate:
    """An estimate of a dimension, and what it rests on.

    Attributes
    ----------
    dimension : float
        May exceed the number of coordinates by chance.
    interval : tuple of float
        Lower and upper end.
    level : float
        Nominal coverage of the interval.
    method : str
    n_samples : int
        Samples that were used: distinct ones.
    coordinates : int
        Real coordinates of a sample; a complex entry makes two.
    scales : tuple of float
        Range of the distances that decided, in the units of the data.
    profile : tuple of (float, float)
        Distance and the estimate there, from the smallest distance to the largest. Noise raises
        the estimates at distances up to its size; a dimension shows as a plateau.
    lower_bound : bool
        Whether the signals may have a larger dimension than what was seen of them; False for clean
        data, and where almost every operator would have shown it.
    operators : tuple of DimensionEstimate
        The estimates that were combined, one per operator; empty for clean data.
    note : str
        What an estimate from these data cannot say.
    """

    dimension: float
    interval: tuple[float, float]
    level: float
    method: str
    n_samples: int
    coordinates: int
    scales: tuple[float, float]
    profile: tuple[tuple[float, float], ...]
    lower_bound: bool
    operators: tuple[DimensionEstimate, ...]
    note: str

    def __str__(self) -> str:
        least = "at least about" if self.lower_bound else "about"
        low, high = self.interval
        return (
            f"dimension {least} {self.dimension:.2f} ({100 * self.level:g} %: {low:.2f} to "
            f"{high:.2f}; {self.method}, {self.n_samples} samples). {self.note}"
        )
