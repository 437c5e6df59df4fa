"""Estimates with an interval, from the spread over parts of the samples or over scales."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

from .estimators import Fit

__all__ = ["Found", "by_boxes", "by_parts", "steps_of"]

_LEAST_SCALES = 4
# Parts of one size that are fitted: many enough for their spread, few enough to be quick.
_PARTS = 32
# Parts of distances that tie where data are taken for rounded; by chance almost none do.
_TIES, _REPEATED = 0.01, 0.5


class Found(NamedTuple):
    """What is known of a cloud, in its units; see `DimensionEstimate`."""

    dimension: float
    interval: tuple[float, float]
    scales: tuple[float, float]
    profile: list[tuple[float, float]]
    notes: list[str]


class _Step(NamedTuple):
    """Estimates from parts of one size."""

    distance: float
    logs: np.ndarray
    size: float
    whole: Fit

    @property
    def mean(self) -> float:
        return float(np.exp(self.logs.mean()))


def steps_of(
    points: np.ndarray, fit: partial[Fit], least: int, rng: np.random.Generator
) -> Iterator[_Step]:
    """Fit all points, then 2, 4, 8, … disjoint parts, with at least `least` points each."""
    parts = 1
    while len(points) // parts >= least:
        indices = np.array_split(rng.permutation(len(points)), parts)[:_PARTS]
        fits = [fit(points[some]) for some in indices]
        # A part all of whose distances tie says nothing.
        kept = [part for part in fits if parts == 1 or np.isfinite(part.dimension)]
        if kept:
            distance = float(np.mean([(part.low * part.high) ** 0.5 for part in kept]))
            logs = np.log([part.dimension for part in kept])
            yield _Step(distance, logs, len(points) / parts, kept[0])
        parts *= 2


def by_parts(steps: list[_Step], name: str, level: float) -> Found:
    """Estimate from all points, with the error that the spread over parts of them shows."""
    whole = steps[0].whole
    if not np.isfinite(whole.dimension):
        raise ValueError(
            f"`{name}` must have nearest distances that differ; got equal ones nearly everywhere, "
            "as on a grid."
        )
    notes = _rounded(whole)
    profile = [(step.distance, step.mean) for step in steps]
    scales, freedom = (whole.low, whole.high), sum(len(step.logs) - 1 for step in steps)
    if freedom == 0:
        return Found(whole.dimension, (0.0, float("inf")), scales, profile, notes)
    spread = sum(step.size * ((step.logs - step.logs.mean()) ** 2).sum() for step in steps)
    error = (spread / freedom / steps[0].size) ** 0.5
    width = float(np.exp(stdtrit(freedom, (1 + level) / 2) * error))
    interval = (whole.dimension / width, whole.dimension * width)
    return Found(whole.dimension, interval, scales, profile, notes + _trend(steps, error))


def _rounded(whole: Fit) -> list[str]:
    """Say where distances tie as those of rounded data do."""
    if whole.ties > _TIES:
        what = (
            f"{100 * whole.ties:.0f} % of the samples have two nearest neighbours at one distance"
        )
    elif whole.repeated > _REPEATED:
        what = f"{100 * whole.repeated:.0f} % of the nearest distances equal others"
    else:
        return []
    return [
        f"{what}: the data look rounded, as to integers. Rounding biases the estimate, mostly "
        "upwards, and the interval does not know it."
    ]


def _trend(steps: list[_Step], error: float) -> list[str]:
    """Say where the estimate depends on the distance by more than chance and a tenth."""
    first = steps[0]
    for step in steps[:0:-1]:
        change = np.log(first.mean / step.mean)
        chance = error * (1 + first.size / (step.size * len(step.logs))) ** 0.5
        if abs(change) > max(4 * chance, 0.1):
            return [
                f"The estimate goes from {first.mean:.1f} to {step.mean:.1f} as distances grow "
                f"{step.distance / first.distance:.1f}-fold: noise raises it at small ones, edges "
                "and bends change it at large ones; see `profile`."
            ]
    return []


def by_boxes(scales: np.ndarray, sizes: np.ndarray, name: str, level: float) -> Found:
    """Slope of log size against log scale, and its spread over consecutive runs of scales."""
    if len(scales) < _LEAST_SCALES:
        raise ValueError(
            f"`{name}` must hold more samples for 'box', whose number grows exponentially with "
            f"the dimension; got enough for {len(scales)} scales."
        )
    x, y = -np.log(scales), np.log(sizes)
    runs = np.array_split(np.arange(len(x)), min(4, len(x) // 2))[::-1]
    slopes = [float(np.polyfit(x[run], y[run], 1)[0]) for run in runs]
    slope = float(np.polyfit(x, y, 1)[0])
    error = float(np.std(slopes, ddof=1)) / len(runs) ** 0.5
    width = float(stdtrit(len(runs) - 1, (1 + level) / 2)) * error
    return Found(
        dimension=slope,
        interval=(max(0.0, slope - width), slope + width),
        scales=(float(scales[-1]), float(scales[0])),
        profile=[
            (float(np.exp(-x[run].mean())), value) for run, value in zip(runs, slopes, strict=True)
        ],
        notes=["Box counting is biased low; its interval is the spread of slopes over scales."],
    )
