r"""Shifts of a periodic image together with a point group: p2, pmm, p4 and p4m on a torus.

The shifts alone have every frequency once; the point group permutes frequencies, and what it makes
of one is one irrep: dimension the size of the orbit, multiplicity 1. All are of real type, since
each orbit holds with f also -f.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import scipy.fft

from .._validate import positive_int, signal_size
from .action import GroupAction
from .irreps import ComplexIrrep, Irreps
from .isotypic import Family, IsotypicTransform
from .signed import SignedPermutation

__all__ = ["wallpaper"]

_TURN, _HALF = ((0, -1), (1, 0)), ((-1, 0), (0, -1))
_FLIP, _FLOP = ((-1, 0), (0, 1)), ((1, 0), (0, -1))
POINT_GROUPS = {
    "p2": (_HALF,),
    "pmm": (_FLIP, _FLOP),
    "p4": (_TURN,),
    "p4m": (_TURN, _FLIP),
}


def wallpaper(size: int, kind: str = "p4m") -> GroupAction:
    r"""All shifts of size × size pixels and a point group about the first pixel.

    Irreps: one per orbit of frequencies under the point group, with s its size and c = 1. The
    generators are the shifts by one pixel along each axis, then those of the point group, in index
    coordinates: (i, j) to (-j, i) for the quarter turn of p4 and p4m, to (-i, j) for the flip.

    Parameters
    ----------
    size : int
        Pixels along each axis.
    kind : {"p2", "pmm", "p4", "p4m"}
        Half turns; flips of both axes; quarter turns; quarter turns and flips.

    Raises
    ------
    ValueError
        If there is no such kind, or `size` is not positive.

    Examples
    --------
    >>> import sensing_theorems as st
    >>> action = st.groups.wallpaper(32, "p4m")
    >>> action.order, str(action.irreps.max_ratio)
    (8192, '1')
    """
    signal_size(size := positive_int(size, "size"), size)
    if not isinstance(kind, str) or kind not in POINT_GROUPS:
        raise ValueError(f"`kind` must be one of {', '.join(POINT_GROUPS)}; got {kind!r}.")
    maps = [np.array(matrix) for matrix in POINT_GROUPS[kind]]
    group = _closed(maps, size)
    i, j = np.divmod(np.arange(size * size), size)
    steps = [(i + 1, j), (i, j + 1)]
    turned = [(m[0, 0] * i + m[0, 1] * j, m[1, 0] * i + m[1, 1] * j) for m in maps]
    generators = tuple(SignedPermutation(a % size * size + b % size) for a, b in steps + turned)
    return GroupAction(
        f"wallpaper({size},kind={kind})",
        size * size,
        generators,
        False,
        (size, size),
        kind="wallpaper",
        _order=size * size * len(group),
        _build=lambda: WallpaperTransform(size, group),
        _table=lambda: _table(size, group),
    )


def _table(size: int, group: list[np.ndarray]) -> Irreps:
    """One irrep per orbit of frequencies, counted through their stabilisers."""
    i, j = np.divmod(np.arange(size * size), size)
    fixed = np.zeros(size * size, dtype=np.int64)
    for m in group:
        fixed += ((m[0, 0] - 1) * i + m[0, 1] * j) % size + (
            m[1, 0] * i + (m[1, 1] - 1) * j
        ) % size == 0
    rows = []
    for held, frequencies in enumerate(np.bincount(fixed).tolist()):
        if frequencies:
            dim = len(group) // held
            rows.append(ComplexIrrep(dim, 1, 1, frequencies // dim))
    return Irreps(tuple(sorted(rows)))


def _closed(maps: list[np.ndarray], size: int) -> list[np.ndarray]:
    """The point group, as it acts modulo the size."""
    found = {(np.eye(2, dtype=int) % size).tobytes(): np.eye(2, dtype=int)}
    front = list(found.values())
    while front:
        products = [m @ element for element in front for m in maps]
        front = []
        for product in products:
            if (product % size).tobytes() not in found:
                found[(product % size).tobytes()] = product
                front.append(product)
    return list(found.values())


class WallpaperTransform(IsotypicTransform):
    """The Fourier transform, sorted by orbits of frequencies.

    Parameters
    ----------
    size : int
    group : list of ndarray, each (2, 2)
        The point group; it acts on frequencies by the transposes, which are the inverses.
    """

    def __init__(self, size: int, group: list[np.ndarray]) -> None:
        self.size, self.n = size, size * size
        f = np.stack(np.divmod(np.arange(self.n), size))
        images = np.stack([(m @ f % size)[0] * size + (m @ f % size)[1] for m in group])
        bases = np.flatnonzero(images.min(axis=0) == np.arange(self.n))
        orbits = np.sort(images[:, bases], axis=0)
        fresh = np.vstack([np.ones((1, bases.size), bool), np.diff(orbits, axis=0) != 0])
        sizes = fresh.sum(axis=0)
        self.orbits = [
            orbits[:, sizes == s].T[fresh[:, sizes == s].T].reshape(-1, s)
            for s in np.unique(sizes).tolist()
        ]

    @cached_property
    def families(self) -> tuple[Family, ...]:
        """Orbits of equal size together."""
        return tuple(
            Family(
                orbits.shape[1],
                1,
                np.ones(orbits.shape[0], dtype=np.int64),
                _Names(orbits[:, 0], self.size),
            )
            for orbits in self.orbits
        )

    def analyze(self, x: np.ndarray) -> list[np.ndarray]:
        """Coordinates of `x`, shape (r, n)."""
        grid = (x.shape[0], self.size, self.size)
        spectrum = scipy.fft.fft2(x.reshape(grid), norm="ortho").reshape(x.shape[0], self.n)
        return [spectrum[:, orbits, None] for orbits in self.orbits]

    def synthesize(self, parts: list[np.ndarray]) -> np.ndarray:
        """Inverse of `analyze`."""
        r = parts[0].shape[0]
        spectrum = np.empty((r, self.n), dtype=np.complex128)
        for part, orbits in zip(parts, self.orbits, strict=True):
            spectrum[:, orbits] = part[..., 0]
        grid = (r, self.size, self.size)
        return scipy.fft.ifft2(spectrum.reshape(grid), norm="ortho").reshape(r, self.n)


class _Names:
    """Label of an orbit by one of its frequencies."""

    def __init__(self, first: np.ndarray, size: int) -> None:
        self.first, self.size = first, size

    def __call__(self, i: int) -> str:
        return "orbit of frequency ({}, {})".format(*divmod(int(self.first[i]), self.size))
