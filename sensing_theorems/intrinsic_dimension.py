r"""For users who do not know the dimension k of their signals: estimates of it, with intervals.

Finite data never determine a box-counting dimension: any finite set of samples has dimension 0,
and lies in sets of every dimension. What stands here is an estimate, and decides no verdict.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from scipy.special import stdtrit

from ._validate import generator, positive_int
from .dimension_estimators import ESTIMATORS, Cloud, Fit, as_cloud, nets

__all__ = ["DimensionEstimate", "intrinsic_dimension", "measured_dimension"]

_METHODS = (*ESTIMATORS, "box")
_NEIGHBOURS = 10
_BOX_SAMPLES = 200
_LEAST_SCALES = 4
# How often every sample must have come before they are taken for all of a finite set.
_REPEATS = 5
# Parts of one size that are fitted: many enough for their spread, few enough to be quick.
_PARTS = 32
_TIES = 0.05
_NO_PROOF = "An estimate: finite data determine no box dimension."


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


def intrinsic_dimension(
    data: Any,
    method: str = "two_nn",
    *,
    interval: float = 0.95,
    neighbours: int | None = None,
    rng: Any = 0,
) -> DimensionEstimate:
    r"""Estimate the dimension of a set of signals from examples of them.

    An estimate only: finite data never determine a box-counting dimension, and no verdict rests
    on it.

    Parameters
    ----------
    data : array_like, shape (N, \*signal_shape)
        One clean example per row, drawn independently. Real or complex; :math:`\mathbb{C}^n`
        counts as :math:`\mathbb{R}^{2n}`, so that a complex line has dimension 2.
    method : {"two_nn", "mle", "correlation", "box"}
        By ratios of two distances [1]_, which needs density and curvature to be constant over the
        shortest distances only; by maximum likelihood from several [2]_ [3]_, which has a narrower
        interval and a larger bias; by the correlation sum [4]_; by the sizes of separated subsets
        [5]_, which needs a number of samples exponential in k.
    interval : float
        Nominal coverage of the interval, between 0 and 1.
    neighbours : int, optional
        How many are looked at by "mle" and "correlation", at least 2; 10 by default.
    rng : Generator or int
        Draws the parts into which the samples are divided.

    Returns
    -------
    DimensionEstimate

    Raises
    ------
    ValueError
        If distinct samples are too few (20 for "two_nn", 4 (neighbours + 1) for "mle" and
        "correlation", 200 for "box"), all distances tie, entries are not finite, or an argument is
        out of range.
    TypeError
        If an argument is of another type.

    Notes
    -----
    **Which dimension.** All but "box" estimate a dimension of the distribution of the data, which
    is at most the box-counting dimension of the set.

    **Intervals** are of the form :math:`\hat d\,e^{\pm t s}`, with Student's t and a standard
    error s from the spread of the estimates of disjoint random parts of the samples, which are
    independent of each other. The variance of such sums over near neighbours is proportional to
    1/N in the limit (Penrose and Yukich [6]_), so that parts of any size tell it. To take the
    ratios of distances for independent, whose sum would have a gamma law, leaves out that near
    points share neighbours: measured here, that gives two thirds of the true variance, in every
    dimension up to eight. Intervals know nothing of bias, which is negative near edges and in high
    dimension, and grows with the number of neighbours. That of "box" is the spread of slopes over
    the scales, whose coverage is not known.

    **Cost.** :math:`O(N \log N)` for up to twelve coordinates, :math:`O(N^2 D)` for more.

    References
    ----------
    .. [1] E. Facco, M. d'Errico, A. Rodriguez, A. Laio, Estimating the intrinsic dimension of
       datasets by a minimal neighborhood information, Scientific Reports 7, 2017.
    .. [2] E. Levina, P. Bickel, Maximum likelihood estimation of intrinsic dimension, NIPS 2004.
    .. [3] D. MacKay, Z. Ghahramani, Comments on "Maximum likelihood estimation of intrinsic
       dimension", 2005.
    .. [4] P. Grassberger, I. Procaccia, Measuring the strangeness of strange attractors,
       Physica D 9, 1983.
    .. [5] B. Kégl, Intrinsic dimension estimation using packing numbers, NIPS 2002.
    .. [6] M. Penrose, J. Yukich, Limit theory for point processes in manifolds, Annals of Applied
       Probability 23, 2013.

    Examples
    --------
    >>> import numpy as np
    >>> from sensing_theorems.intrinsic_dimension import intrinsic_dimension
    >>> angles = np.random.default_rng(0).uniform(0, 2 * np.pi, (2000, 2))
    >>> torus = np.concatenate([np.cos(angles), np.sin(angles)], axis=1)
    >>> found = intrinsic_dimension(torus)
    >>> round(found.dimension), found.interval[0] < 2 < found.interval[1]
    (2, True)
    """
    level, count = _level(interval), _neighbours(method, neighbours)
    return _estimate(data, "data", method, level, count, generator(rng))


def measured_dimension(
    measurements: Any,
    method: str = "two_nn",
    *,
    interval: float = 0.95,
    neighbours: int | None = None,
    rng: Any = 0,
) -> DimensionEstimate:
    r"""Estimate, from measurements alone, how large the dimension of the signals must be.

    .. math:: \dim A_g X \le \dim X = k, \qquad g = 1, \dots, G

    since a linear map is Lipschitz. Every operator gives a lower bound, of which the largest is
    returned. An estimate only, as in `intrinsic_dimension`.

    Parameters
    ----------
    measurements : array_like, or sequence of arrays, shapes (N_g, \*measurement_shape)
        What one operator measured, or one array for each operator, which may have measured other
        signals than the others. Under a group action with a single A, give one array: the virtual
        operators see nothing new, since :math:`A T_g X = A X`.
    method, interval, neighbours, rng
        See `intrinsic_dimension`.

    Returns
    -------
    DimensionEstimate
        With the largest of the estimates; an interval for the largest dimension, from intervals
        that all hold together (Bonferroni); and the estimates in ``operators``. ``lower_bound`` is
        False only if twice the upper end is below the largest number m of measurements, and
        then still for almost every A only.

    Raises
    ------
    ValueError, TypeError
        As `intrinsic_dimension`, and if there is no array.

    Notes
    -----
    **When the bound is sharp.** Almost every linear map to :math:`\mathbb{R}^m` with m > 2k is
    one-to-one on a compact set of box dimension k, and an embedding on compact smooth manifolds,
    whose dimension it then preserves (Sauer, Yorke and Casdagli 1991). The Hausdorff dimension of
    almost every image is min(m, k) (Marstrand 1954, Mattila 1975). **The box dimension may fall**:
    it is preserved by almost every map if the Assouad dimension is at most m (Falconer, Fraser and
    Shmerkin 2021), as for finite unions of subspaces, and otherwise known only to be at least
    k / (1 + (1/m - 1/n) k) (Falconer and Howroyd 1996).

    Derived: for almost every A, an image of box dimension b < m thus comes from a set with
    :math:`k \le b m / (m - b)`, which 2b < m makes less than 2b. Solve the last inequality for k
    and drop 1/n.

    Nothing of this is known for a structured A, which may flatten the very signals at hand. Noise
    in the measurements raises the estimate towards m at distances up to its size.

    The largest of several estimates is biased upwards, by about their standard error.

    Examples
    --------
    >>> import numpy as np
    >>> from sensing_theorems.intrinsic_dimension import measured_dimension
    >>> rng = np.random.default_rng(0)
    >>> signals = rng.standard_normal((2, 800, 2)) @ rng.standard_normal((2, 30))
    >>> seen = [x @ rng.standard_normal((30, 9)) for x in signals]
    >>> found = measured_dimension(seen)
    >>> round(found.dimension), len(found.operators), found.lower_bound
    (2, 2, False)
    """
    level, count, rng = _level(interval), _neighbours(method, neighbours), generator(rng)
    arrays = _as_arrays(measurements)
    each = 1 - (1 - level) / len(arrays)
    found = tuple(
        _estimate(array, name, method, each, count, rng) for name, array in arrays.items()
    )
    best = max(found, key=lambda estimate: estimate.dimension)
    low, high = (max(estimate.interval[end] for estimate in found) for end in (0, 1))
    m = max(estimate.coordinates for estimate in found)
    return replace(
        best,
        interval=(low, high),
        level=level,
        n_samples=sum(estimate.n_samples for estimate in found),
        lower_bound=2 * high >= m,
        operators=found,
        note=f"{best.note} {_seen(high, m)}",
    )


def _seen(high: float, m: int) -> str:
    if 2 * high < m:
        return (
            f"Seen through operators: with m = {m} measurements, almost every A preserves the "
            "dimension of a smooth manifold or a union of subspaces as small as this one, and that "
            f"of any set to within k <= {high * m / (m - high):.2f}; a structured A need not."
        )
    return (
        f"Seen through operators: a lower bound, since m = {m} measurements do not exceed twice "
        f"the upper end {high:.2f}."
    )


def _as_arrays(measurements: Any) -> dict[str, Any]:
    """Arrays by the names that errors call them; rows, or nested lists, are one array."""
    several = isinstance(measurements, Sequence) and not isinstance(measurements, str | bytes)
    if several and not len(measurements):
        raise ValueError("`measurements` must hold at least one array; got an empty sequence.")
    if several and any(getattr(array, "ndim", 0) > 1 for array in measurements):
        return {f"measurements[{g}]": array for g, array in enumerate(measurements)}
    return {"measurements": measurements}


def _level(interval: Any) -> float:
    if isinstance(interval, bool | np.bool_) or not isinstance(interval, Real):
        raise TypeError(f"`interval` must be a number; got {type(interval).__name__}.")
    level = float(interval)
    if not 0 < level < 1:
        raise ValueError(f"`interval` must lie between 0 and 1; got {interval}.")
    return level


def _neighbours(method: Any, neighbours: Any) -> int:
    """How many neighbours a method looks at."""
    if not isinstance(method, str):
        raise TypeError(f"`method` must be a string; got {type(method).__name__}.")
    if method not in _METHODS:
        raise ValueError(f"`method` must be one of {', '.join(_METHODS)}; got {method!r}.")
    if method in ("two_nn", "box"):
        if neighbours is not None:
            raise ValueError(f"`neighbours` must be left out for {method!r}; got {neighbours!r}.")
        return 2
    count = _NEIGHBOURS if neighbours is None else positive_int(neighbours, "neighbours")
    if count < 2:
        raise ValueError(f"`neighbours` must be at least 2; got {count}.")
    return count


def _estimate(
    data: Any, name: str, method: str, level: float, neighbours: int, rng: np.random.Generator
) -> DimensionEstimate:
    cloud = as_cloud(data, name)
    part = 10 if method == "two_nn" else 2 * (neighbours + 1)
    notes = [_NO_PROOF, *_repetitions(cloud, name, _BOX_SAMPLES if method == "box" else 2 * part)]
    N, D = cloud.points.shape
    if _is_finite(cloud):
        found = _Found(0.0, (0.0, 0.0), (0.0, 0.0), [], [])
    elif method == "box":
        found = _by_boxes(*nets(cloud.points, rng), name, level)
    else:
        fit = partial(ESTIMATORS[method], neighbours=neighbours)
        found = _by_parts([*_steps(cloud.points, fit, part, rng)], name, level)
    notes += found.notes
    if found.dimension > 2 * np.log10(N):
        notes.append(
            f"Above about 2 log10 N = {2 * np.log10(N):.1f} the number of samples limits an "
            "estimate (Eckmann and Ruelle 1992): this one is likely too low."
        )
    if found.dimension > D:
        notes.append(f"By chance it exceeds the number of coordinates, {D}.")
    # Distances near the largest number may have no number in the units of the data.
    with np.errstate(over="ignore"):
        scales = np.ldexp(found.scales, cloud.exponent).tolist()
        at = np.ldexp([at for at, _ in found.profile], cloud.exponent).tolist()
    return DimensionEstimate(
        dimension=found.dimension,
        interval=found.interval,
        level=level,
        method=method,
        n_samples=N,
        coordinates=D,
        scales=(scales[0], scales[1]),
        profile=tuple(zip(at, (value for _, value in found.profile), strict=True)),
        lower_bound=False,
        operators=(),
        note=" ".join(notes),
    )


class _Found(NamedTuple):
    """What is known of a cloud, in its units; see `DimensionEstimate`."""

    dimension: float
    interval: tuple[float, float]
    scales: tuple[float, float]
    profile: list[tuple[float, float]]
    notes: list[str]


def _is_finite(cloud: Cloud) -> bool:
    """Whether the samples look like all of a finite set."""
    return len(cloud.points) == 1 or int(cloud.counts.min()) >= _REPEATS


def _repetitions(cloud: Cloud, name: str, least: int) -> list[str]:
    """Say what repeats, and refuse too few samples."""
    N, total = len(cloud.points), int(cloud.counts.sum())
    if total < least or (N < least and not _is_finite(cloud)):
        raise ValueError(f"`{name}` must hold at least {least} distinct samples; got {N}.")
    if N == 1:
        return ["All samples are equal, and one signal has dimension 0."]
    if _is_finite(cloud):
        return [
            f"Each of the {N} distinct samples came {cloud.counts.min()} times or more: unless "
            "rows were copied, they are all of a finite set, whose dimension is 0."
        ]
    if N < total:
        return [f"{total - N} of {total} samples repeat others within rounding and were dropped."]
    return []


class _Step(NamedTuple):
    """Estimates from parts of one size."""

    distance: float
    logs: np.ndarray
    size: float
    whole: Fit

    @property
    def mean(self) -> float:
        return float(np.exp(self.logs.mean()))


def _steps(
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


def _by_parts(steps: list[_Step], name: str, level: float) -> _Found:
    """Estimate from all points, with the error that the spread over parts of them shows."""
    whole = steps[0].whole
    if not np.isfinite(whole.dimension):
        raise ValueError(
            f"`{name}` must have nearest distances that differ; got equal ones nearly everywhere, "
            "as on a grid."
        )
    notes = []
    if whole.ties > _TIES:
        notes.append(
            f"{100 * whole.ties:.0f} % of the samples have two nearest neighbours at one distance, "
            "as rounded data have, which biases estimates from near neighbours."
        )
    profile = [(step.distance, step.mean) for step in steps]
    scales, freedom = (whole.low, whole.high), sum(len(step.logs) - 1 for step in steps)
    if freedom == 0:
        return _Found(whole.dimension, (0.0, float("inf")), scales, profile, notes)
    spread = sum(step.size * ((step.logs - step.logs.mean()) ** 2).sum() for step in steps)
    error = (spread / freedom / steps[0].size) ** 0.5
    width = float(np.exp(stdtrit(freedom, (1 + level) / 2) * error))
    interval = (whole.dimension / width, whole.dimension * width)
    return _Found(whole.dimension, interval, scales, profile, notes + _trend(steps, error))


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


def _by_boxes(scales: np.ndarray, sizes: np.ndarray, name: str, level: float) -> _Found:
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
    return _Found(
        dimension=slope,
        interval=(max(0.0, slope - width), slope + width),
        scales=(float(scales[-1]), float(scales[0])),
        profile=[
            (float(np.exp(-x[run].mean())), value) for run, value in zip(runs, slopes, strict=True)
        ],
        notes=["Box counting is biased low; its interval is the spread of slopes over scales."],
    )
