"""The dimension of a set of signals, as far as measurements alone show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from .._validate import generator
from .estimate import DimensionEstimate
from .samples import estimate_from, level_of, neighbours_of

__all__ = ["measured_dimension"]


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
    level, count, rng = level_of(interval), neighbours_of(method, neighbours), generator(rng)
    arrays = _as_arrays(measurements)
    each = 1 - (1 - level) / len(arrays)
    found = tuple(
        estimate_from(array, name, method, each, count, rng) for name, array in arrays.items()
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
