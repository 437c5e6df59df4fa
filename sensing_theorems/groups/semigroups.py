r"""Scalings: a semigroup, for which the stack is meaningful and multiplicities are not.

**Statement** (derived here). Let S be a semigroup of linear maps with identity, and X a set of
signals with :math:`T_s X \subseteq X` for all s. If :math:`\operatorname{rank}[A T_s]_{s \in S} <
n`, then X cannot be told from a set that contains whole lines: rank n is necessary for the
identification of a model that contains none.

*Proof sketch.* Let :math:`N = \bigcap_s \operatorname{null}(A T_s)`. For v in N all
:math:`A T_s T_r v = A T_{sr} v` vanish, so :math:`T_r N \subseteq N`, and :math:`X + N` obeys the
assumption as X does. Since S has an identity, :math:`N \subseteq \operatorname{null}(A)`, and
:math:`A(X + N) = A X`: both explain all measurements. No inverses are used, which bounds on m need.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import scipy.fft
import scipy.sparse as sp

from .._validate import MOST_POINTS, array_shape, at_most, choice, signal_size
from .transforms import LinearMap, TransformSet, matrix_map

__all__ = ["SemigroupAction", "scalings"]


@dataclass(frozen=True, eq=False, repr=False)
class SemigroupAction(TransformSet):
    r"""Scalings :math:`T_s` with :math:`T_a T_b = T_{ab}`, not invertible; see `scalings`.

    Parameters
    ----------
    direction : {"in", "out"}
        Whether the maps enlarge or shrink the images.
    closed : bool
        Whether products of listed maps are listed, up to a factor, as necessity asks for.
    """

    direction: str
    closed: bool

    @property
    def invariance(self) -> str:
        """What has to be true of the signals for the rank of the stack to be necessary."""
        text = (
            "A stack of rank n is necessary where T_s X is contained in X: every image of X, "
            f"zoomed {self.direction}, is again one. Training that shrinks images (Scale-EI) "
            "assumes the opposite for zooming out, X contained in T_s X: every image is another "
            "one zoomed out."
        )
        if self.closed:
            return text
        return f"{text} Products of these maps are not all listed, and may see what these do not."

    @property
    def generators(self) -> tuple[LinearMap, ...]:
        """Maps whose factor is no product of other listed factors."""
        proper = [s for s in self.labels if s > 1]
        composite = {a * b for a, b in itertools.product(proper, repeat=2)}
        found = [self.element(s) for s in proper if s not in composite]
        return tuple(found) or self.maps

    def _why(self) -> str:
        return (
            "scalings are not invertible and form no group, so there are neither characters nor "
            "multiplicities. `stacked_rank` takes them as they are: a full stack is necessary "
            "where T_s X lies in X."
        )


def scalings(
    *shape: int, factors: Sequence[int] | None = None, direction: str = "in", by: str = "fourier"
) -> SemigroupAction:
    r"""Scalings of an array by integer factors, the same in all axes; exactly a semigroup.

    **By Fourier**: an array is the samples of a periodic trigonometric polynomial on the unit
    cube. Zooming out repeats the image, zooming in averages over all shifts by whole periods:

    .. math::

        (T_s x)(t) = x(s t), \qquad
        (T_s x)(t) = \frac{1}{s^d} \sum_{k \in \{0, \dots, s-1\}^d} x\Bigl(\frac{t + k}{s}\Bigr).

    The first takes the frequency f to s f, and drops what leaves the band; the second takes f to
    f/s if s divides f, and drops it otherwise. They are transposes of each other. The highest
    frequency of an even side, whose phase is not known, is dropped unless s = 1. All factors beyond
    the band act alike, by the mean; one of them is listed.

    **By pixels**: zooming in crops the centre, of size N/s, and repeats every pixel s times in each
    axis. Zooming out averages blocks of s pixels in each axis, and puts the small image into the
    centre of zeros. In one axis, with :math:`o_s = (N - N/s)/2`,

    .. math::

        (T_s x)_i = x_{o_s + \lfloor i/s \rfloor}, \qquad
        (T_s x)_{o_s + i} = \frac{1}{s} \sum_{j < s} x_{s i + j}.

    Parameters
    ----------
    *shape : int
        Array shape, flattened in C order.
    factors : sequence of int, optional
        Factors s >= 1. The identity, s = 1, is added, and so are products that do something new
        (Fourier) or are exact (pixels). By default all integers, or all exact powers of two.
    direction : {"in", "out"}
        Zooming in enlarges details, zooming out shrinks them.
    by : {"fourier", "pixels"}

    Returns
    -------
    SemigroupAction, with the factors as labels

    Raises
    ------
    ValueError
        If no axis is given, an option is unknown, the array or a factor is too large, or a crop is
        not on the grid: by pixels s must divide every side, and so must 2 s for even s.
    TypeError
        If a side or a factor is no integer.

    Notes
    -----
    *Exactness by pixels (derived).* The crop is on the grid if s divides N and :math:`N (s-1)/s`
    is even: of even s exactly if 2 s divides N. Then :math:`T_a T_b = T_{ab}` if b divides
    :math:`o_a = N (a-1)/(2a)`, by :math:`\lfloor (o_a + j)/b \rfloor = o_a/b + \lfloor j/b \rfloor`
    and :math:`o_b + o_a/b = o_{ab}`. It does so whenever the crop of ab is on the grid: if ab is
    even, 2ab divides N; if it is odd, ab divides N and a - 1 is even.

    Examples
    --------
    Zooming in brings details into the reach of low frequencies, zooming out does not.

    >>> import numpy as np
    >>> import sensing_theorems as st
    >>> A = st.operators.fourier(np.abs(np.fft.fftfreq(15, 1 / 15)) <= 1)
    >>> st.stacked_rank(A, st.groups.scalings(15, direction="in")).rank
    15
    >>> st.stacked_rank(A, st.groups.scalings(15, direction="out")).rank
    3
    """
    shape = array_shape(shape, "shape")
    n = signal_size(*shape)
    choice(direction, "direction", ("in", "out"))
    choice(by, "by", ("fourier", "pixels"))
    given = None if factors is None else _given(factors)
    if by == "fourier":
        labels, closed, build = _fourier_factors(shape, given), True, _fourier_map
    else:
        labels, build = _pixel_factors(shape, given), _pixel_map
        closed = _is_closed(shape, labels)
    identity = matrix_map(sp.eye_array(n, format="csr"))
    maps = (identity, *(build(shape, s, direction) for s in labels[1:]))
    name = f"scalings({'x'.join(map(str, shape))}, {direction}, by {by})"
    return SemigroupAction(name, n, shape, maps, labels, direction, closed)


def _given(factors: Sequence[int]) -> tuple[int, ...]:
    listed = {at_most(s, "factors", MOST_POINTS) for s in array_shape(factors, "factors")}
    return tuple(sorted(listed - {1}))


def _products(given: Sequence[int], keep: Callable[[int], bool]) -> tuple[int, ...]:
    """1, the given factors, and all of their products that are kept."""
    found = front = {1}
    while front:
        front = {s * g for s in front for g in given if keep(s * g)} - found
        found = found | front
    return tuple(sorted(found.union(given)))


def _fourier_factors(shape: tuple[int, ...], given: tuple[int, ...] | None) -> tuple[int, ...]:
    band = max((side - 1) // 2 for side in shape)
    if given is None:
        return tuple(range(1, max(band + 1, 2) + 1)) if max(shape) > 1 else (1,)
    found = _products(given, lambda s: s <= band)
    if not given or found[-1] > band:
        return found
    # All products beyond the band are the same map, without which the set would not be closed.
    return (*found, min(s * g for s in found for g in given if s * g > band))


def _fourier_map(shape: tuple[int, ...], s: int, direction: str) -> LinearMap:
    low, high = [], []
    for side in shape:
        reach = (side - 1) // 2 // s
        kept = np.arange(-reach, reach + 1)
        low.append(kept % side)
        high.append(s * kept % side)
    forth, back = partial(_moved, shape, low, high), partial(_moved, shape, high, low)
    return LinearMap(math.prod(shape), *((back, forth) if direction == "in" else (forth, back)))


def _moved(
    shape: tuple[int, ...], source: list[np.ndarray], target: list[np.ndarray], x: np.ndarray
) -> np.ndarray:
    """Signals (r, n) with the coefficients at `source` moved to `target`, and no others."""
    axes = tuple(range(1, 1 + len(shape)))
    spectrum = scipy.fft.fftn(x.reshape(-1, *shape), axes=axes)
    moved = np.zeros_like(spectrum)
    moved[(slice(None), *np.ix_(*target))] = spectrum[(slice(None), *np.ix_(*source))]
    y = scipy.fft.ifftn(moved, axes=axes).reshape(x.shape)
    return y if x.dtype.kind == "c" else y.real


def _pixel_factors(shape: tuple[int, ...], given: tuple[int, ...] | None) -> tuple[int, ...]:
    def exact(s: int) -> bool:
        return all(side % (s if s % 2 else 2 * s) == 0 for side in shape)

    sides = "x".join(map(str, shape))
    if given is None:
        found = _products((2,) if exact(2) else (), exact)
        if len(found) == 1:
            raise ValueError(
                "powers of two by pixels need sides that 4 divides, so that the centre lies on the "
                f"grid; got {sides}. Give other `factors`, or scale by='fourier'."
            )
        return found
    for s in given:
        if not exact(s):
            raise ValueError(
                f"zooming pixels by {s} needs sides that {s if s % 2 else 2 * s} divides, so that "
                f"the centre lies on the grid; got {sides}."
            )
    return _products(given, exact)


def _enlarged(side: int, s: int) -> np.ndarray:
    """Which pixel every pixel of the enlarged axis shows."""
    return (side - side // s) // 2 + np.arange(side) // s


def _pixel_map(shape: tuple[int, ...], s: int, direction: str) -> LinearMap:
    shown = np.arange(math.prod(shape)).reshape(shape)
    shown = shown[np.ix_(*(_enlarged(side, s) for side in shape))].reshape(-1)
    n = shown.size
    matrix = sp.csr_array((np.ones(n), (np.arange(n), shown)), shape=(n, n))
    return matrix_map(matrix if direction == "in" else sp.csr_array(matrix.T) / s ** len(shape))


def _is_closed(shape: tuple[int, ...], factors: tuple[int, ...]) -> bool:
    """Whether products are listed; zooming out is zooming in transposed, up to a factor."""
    tables = [tuple(_enlarged(side, s) for side in shape) for s in factors]
    listed = {tuple(axis.tobytes() for axis in table) for table in tables}
    return all(
        tuple(outer[inner].tobytes() for inner, outer in zip(first, second, strict=True)) in listed
        for first, second in itertools.product(tables, repeat=2)
    )
