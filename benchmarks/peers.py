"""What a user could do about the rank under 2-D shifts, from brute force to a good idea.

Every peer has one way to be ready, outside of the timing, and one to answer: with a rank, or with
`None` where it only tells full from deficient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.fft
from scipy.linalg import interpolative
from scipy.sparse.linalg import LinearOperator, eigsh
from timing import Function

import sensing_theorems as st

__all__ = ["KINDS", "PEERS", "Peer", "Task", "shape_of"]

KINDS = {
    "mask": "Half of the pixels: A has n/2 rows",
    "gaussian": "4 Gaussian rows",
}
_EIGHT = 8  # bytes of a real number
_CHUNK = 2**23  # entries, 64 MB


def shape_of(power: int) -> tuple[int, int]:
    """Height and width of an image of 2^power pixels."""
    return 2 ** (power - power // 2), 2 ** (power // 2)


@dataclass(frozen=True, eq=False)
class Task:
    """An operator on images of 2^power pixels, the symmetry being all shifts."""

    kind: str
    power: int

    @property
    def n(self) -> int:
        return 2**self.power

    @property
    def m(self) -> int:
        return self.n // 2 if self.kind == "mask" else 4

    @property
    def stack_bytes(self) -> int:
        return self.n * self.m * self.n * _EIGHT

    @cached_property
    def pixels(self) -> np.ndarray:
        """Which pixels the mask keeps, increasing: exactly half of them."""
        rng = np.random.default_rng(self.power)
        return np.sort(rng.permutation(self.n)[: self.n // 2])

    @cached_property
    def operator(self) -> st.ForwardOperator:
        if self.kind == "mask":
            return st.operators.inpainting(np.isin(np.arange(self.n), self.pixels))
        rng = np.random.default_rng(self.power)
        return st.as_operator(rng.standard_normal((self.m, self.n)))

    @cached_property
    def dense(self) -> np.ndarray:
        if self.kind == "gaussian":
            return np.array(self.operator.matrix)
        rows = np.zeros((self.m, self.n))
        rows[np.arange(self.m), self.pixels] = 1.0
        return rows

    def see(self, images: np.ndarray) -> np.ndarray:
        """A on images (r, n), one per row."""
        return images[:, self.pixels] if self.kind == "mask" else images @ self.dense.T

    def see_back(self, seen: np.ndarray) -> np.ndarray:
        """The transpose of A on measurements (r, m), one per row."""
        if self.kind == "gaussian":
            return seen @ self.dense
        images = np.zeros((len(seen), self.n))
        images[:, self.pixels] = seen
        return images

    def stacked(self, elements: range) -> np.ndarray:
        """Rows of A T_g for some elements, one below the other."""
        height, width = shape_of(self.power)
        # Twice in each direction, an image holds all its shifts as windows.
        twice = np.tile(self.dense.reshape(-1, height, width), (1, 2, 2))
        out = np.empty((len(elements), self.m, height, width))
        for place, element in enumerate(elements):
            i, j = divmod(element, width)
            out[place] = twice[:, i : i + height, j : j + width]
        return out.reshape(-1, self.n)


@dataclass(frozen=True)
class Peer:
    """A way to the rank: what it is called, the bytes that it must hold, and how it goes."""

    label: str
    needs: Callable[[Task], int]
    prepare: Callable[[Task], Function]


def _ours(task: Task) -> Function:
    action = st.groups.shifts(*shape_of(task.power))
    _ = action.irreps, task.operator
    return lambda: st.stacked_rank(task.operator, action).rank


def _explicit(task: Task) -> Function:
    stack = task.stacked(range(task.n))
    return lambda: int(np.linalg.matrix_rank(stack))


def _gram(task: Task) -> Function:
    # So many elements at a time that their rows fill some 64 MB.
    step = max(1, _CHUNK // (task.m * task.n))

    def rank() -> int:
        gram = np.zeros((task.n, task.n))
        for first in range(0, task.n, step):
            rows = task.stacked(range(first, min(first + step, task.n)))
            gram += rows.T @ rows
        values = np.linalg.eigvalsh(gram)
        return int((values > values[-1] * task.n * np.finfo(float).eps).sum())

    _ = task.dense
    return rank


def _windows(x: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """All shifts of an image x, as a view (height, width, height, width)."""
    twice = np.tile(x.reshape(shape), (2, 2))[:-1, :-1]
    return np.lib.stride_tricks.sliding_window_view(twice, shape)


def _put_back(parts: Iterator[np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    """The sum of images, each shifted back: the transpose of `_windows`."""
    height, width = shape
    twice = np.zeros((2 * height, 2 * width))
    for i, images in enumerate(parts):
        for j, image in enumerate(images.reshape(-1, height, width)):
            twice[i : i + height, j : j + width] += image
    return twice.reshape(2, height, 2, width).sum(axis=(0, 2)).ravel()


def _interpolative(task: Task) -> Function:
    shape = shape_of(task.power)

    def forward(x: np.ndarray) -> np.ndarray:
        moved = _windows(x, shape)
        return np.concatenate([task.see(part.reshape(-1, task.n)).ravel() for part in moved])

    def backward(y: np.ndarray) -> np.ndarray:
        parts = y.reshape(shape[0], shape[1], task.m)
        return _put_back((task.see_back(part) for part in parts), shape)

    size = (task.n * task.m, task.n)
    stack = LinearOperator(size, matvec=forward, rmatvec=backward, dtype=float)
    return lambda: int(interpolative.estimate_rank(stack, 1e-10, rng=0))


def _eigsh(task: Task) -> Function:
    shape, start = shape_of(task.power), np.random.default_rng(0).standard_normal(task.n)

    def normal(x: np.ndarray) -> np.ndarray:
        moved = (part.reshape(-1, task.n) for part in _windows(x, shape))
        return _put_back((task.see_back(task.see(images)) for images in moved), shape)

    product = LinearOperator((task.n, task.n), matvec=normal, dtype=float)

    def smallest() -> None:
        eigsh(product, k=1, which="SA", v0=start, return_eigenvectors=False)

    _ = task.pixels if task.kind == "mask" else task.dense
    return smallest


def _by_frequency(task: Task) -> Function:
    def rank() -> int:
        rows = task.dense.reshape(task.m, *shape_of(task.power))
        spectra = scipy.fft.fft2(rows).reshape(task.m, task.n)
        largest = np.abs(spectra).max()
        # One column per frequency. A common threshold: by its own, no column would be zero.
        blocks = spectra.T[:, :, None]
        return int(np.linalg.matrix_rank(blocks, tol=1e-10 * largest).sum())

    _ = task.dense
    return rank


PEERS = {
    "ours": Peer("stacked_rank (this package)", lambda task: 0, _ours),
    "frequency": Peer(
        "NumPy by hand, per frequency",
        lambda task: task.m * task.n * 3 * _EIGHT,
        _by_frequency,
    ),
    "eigsh": Peer(
        "SciPy eigsh: full or not",
        # A row of shifts at a time, which is little.
        lambda task: 4 * task.n * shape_of(task.power)[1] * _EIGHT,
        _eigsh,
    ),
    "interpolative": Peer(
        "SciPy estimate_rank",
        lambda task: task.n * (2 * task.m + task.n) * _EIGHT,
        _interpolative,
    ),
    "gram": Peer(
        "NumPy Gram, eigvalsh",
        lambda task: 2 * task.n**2 * _EIGHT,
        _gram,
    ),
    "explicit": Peer(
        "NumPy matrix_rank of the stack",
        lambda task: 2 * task.stack_bytes,
        _explicit,
    ),
}
