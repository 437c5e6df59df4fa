"""Forward operators: constructors, and `as_operator` for everybody else's.

Signals are flattened in C order. `gaussian` alone is `generic`: every other constructor has a
structure, or a discrete law, of which a statement on almost every operator says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import ceil, prod, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft, sparse

from ._forward import (
    ForwardOperator,
    from_matrix,
    real_form,
    vertical_stack,
)
from ._linear_maps import (
    chain,
    circular_filter,
    gather,
    sampled_dft,
    sampled_dft_adjoint,
    scatter,
)
from ._validate import (
    addressable,
    array_shape,
    boolean_mask,
    finite_array,
    flag,
    generator,
    positive_int,
)
from .foreign import as_operator

__all__ = [
    "ForwardOperator",
    "as_operator",
    "bernoulli",
    "blur",
    "downsample",
    "fourier",
    "gaussian",
    "inpainting",
    "real_form",
    "tomography",
    "vertical_stack",
]

Array = NDArray[Any]
Random = np.random.Generator | np.random.SeedSequence | int


def gaussian(m: int, n: int, rng: Random) -> ForwardOperator:
    r"""Independent entries :math:`A_{ij} \sim N(0, 1/n)`, real, shape (m, n).

    The law has a density, so the operator is `generic`.

    Parameters
    ----------
    m, n : int
    rng : numpy.random.Generator or int
        One seed gives one matrix: draw several operators from one generator, not from one seed.

    Raises
    ------
    TypeError
        If `rng` is neither a generator nor a seed.

    Examples
    --------
    >>> gaussian(3, 8, rng=0)
    <3x8 real ForwardOperator: gaussian(3 x 8)>
    """
    m, n = positive_int(m, "m"), positive_int(n, "n")
    addressable(m, n)
    matrix = generator(rng).standard_normal((m, n)) / sqrt(n)
    return from_matrix(matrix, name=f"gaussian({m} x {n})", generic=True)


def bernoulli(m: int, n: int, rng: Random) -> ForwardOperator:
    r"""Independent entries 0 or 1, each with probability 1/2: a single-pixel camera, shape (m, n).

    Not `generic`: the law is discrete, and each single matrix has positive probability.

    Parameters
    ----------
    m, n : int
    rng : numpy.random.Generator or int

    Raises
    ------
    TypeError
        If `rng` is neither a generator nor a seed.
    """
    m, n = positive_int(m, "m"), positive_int(n, "n")
    addressable(m, n)
    matrix = generator(rng).integers(0, 2, (m, n)).astype(np.float64)
    return from_matrix(matrix, name=f"bernoulli({m} x {n})", generic=False)


def inpainting(mask: ArrayLike) -> ForwardOperator:
    r"""The pixels where `mask` is True, in C order: :math:`(Ax)_i = x_{p_i}`, real.

    Parameters
    ----------
    mask : array of bool or of 0 and 1, of any dimension

    Raises
    ------
    ValueError
        If the mask holds other values, or is nowhere True.

    Examples
    --------
    >>> inpainting([[True, False], [True, True]]) @ [1, 2, 3, 4]
    array([1., 3., 4.])
    """
    mask = boolean_mask(mask, "mask")
    name = f"inpainting({np.count_nonzero(mask)} of {mask.size} pixels)"
    return _samples(np.flatnonzero(mask), mask.shape, name)


def fourier(mask: ArrayLike, real: bool = False) -> ForwardOperator:
    r"""Rows of the orthonormal discrete Fourier transform where `mask` is True: single-coil MRI.

    .. math:: (Ax)_k = \prod_a N_a^{-1/2} \sum_j x_j \exp\Bigl(-2 \pi i \sum_a j_a k_a / N_a\Bigr)

    The transform has as many dimensions as the mask, and NumPy's order: ``mask[0, 0]`` is the zero
    frequency. For a mask drawn with that one in the middle, pass ``numpy.fft.ifftshift(mask)``.

    Parameters
    ----------
    mask : array of bool or of 0 and 1, of any dimension, with m entries True and n in all
    real : bool
        Stack real and imaginary parts: real, shape (2 m, n). Otherwise complex, shape (m, n).

    Raises
    ------
    ValueError
        If the mask holds other values, or is nowhere True.
    """
    mask, real = boolean_mask(mask, "mask"), flag(real, "real")
    rows = np.flatnonzero(mask)
    transform = ForwardOperator(
        partial(sampled_dft, rows, mask.shape),
        partial(sampled_dft_adjoint, rows, mask.shape),
        shape=(rows.size, mask.size),
        dtype=np.complex128,
        shape_in=mask.shape,
        name=f"fourier({rows.size} of {mask.size} frequencies)",
        generic=False,
        orthonormal_rows=True,
    )
    transform.takes_real = True
    return real_form(transform) if real else transform


def tomography(size: int, angles: ArrayLike) -> ForwardOperator:
    r"""Parallel-beam line integrals of size x size pixels, real, sparse.

    Pixel (i, j) lies at :math:`x = j - c`, :math:`y = c - i` with :math:`c = (size - 1) / 2`: x to
    the right and y up. At angle :math:`\theta` it is shared linearly between the two bins nearest
    to :math:`s = x \cos\theta + y \sin\theta`. Bins have unit width and are centred like pixels:
    angle 0 gives the sums of the columns from left to right, :math:`\pi / 2` those of the rows
    from bottom to top. Each view keeps the mass of the image, and the view of
    ``numpy.rot90(image)`` at :math:`\theta + \pi / 2` is that of ``image`` at :math:`\theta`.

    The detector covers the diagonal. Bins that no pixel reaches are left out, so that m counts
    measurements; views may therefore differ in length.

    Parameters
    ----------
    size : int
        Pixels along a side.
    angles : array of float, radians, one per view

    Raises
    ------
    ValueError
        If there are no angles, or if they are not finite and one-dimensional.

    Examples
    --------
    >>> tomography(2, [0, np.pi / 2]) @ [1, 2, 3, 4]
    array([4., 6., 7., 3.])
    """
    size = positive_int(size, "size")
    addressable(size, size)
    angles = np.atleast_1d(finite_array(angles, "angles"))
    if angles.ndim != 1 or angles.size == 0 or np.iscomplexobj(angles):
        came = f"shape {angles.shape}, dtype {angles.dtype}"
        raise ValueError(f"`angles` must be a non-empty list of real radians; got {came}.")
    row, column = np.divmod(np.arange(size**2), size)
    centre = (size - 1) / 2
    margin = ceil((sqrt(2) - 1) * centre)
    s = np.outer(column - centre, np.cos(angles)) + np.outer(centre - row, np.sin(angles))
    # One bin to spare, for the right neighbour of the last.
    matrix = _shared_between_bins(s + centre + margin, size + 2 * margin + 1)
    reached = np.diff(matrix.indptr) > 0
    name = f"tomography({angles.size} angles, {size}x{size} pixels)"
    return from_matrix(matrix[reached], shape_in=(size, size), name=name, generic=False)


def blur(kernel: ArrayLike, shape: Sequence[int]) -> ForwardOperator:
    r"""Circular convolution: :math:`(Ax)_i = \sum_k h_k \, x_{i - k + c}`, shape (n, n).

    Parameters
    ----------
    kernel : array, of as many dimensions as `shape` and no larger
        Its centre c is at ``kernel.shape // 2``. A complex kernel gives a complex operator.
    shape : tuple of int
        Shape of the signal.

    Raises
    ------
    ValueError
        If the kernel is not finite, or does not fit into `shape`.

    Examples
    --------
    >>> A = blur([0, 0, 1], (4,))
    >>> np.round(A @ [1, 2, 3, 4], 12)
    array([4., 1., 2., 3.])
    """
    shape = array_shape(shape, "shape")
    addressable(*shape)
    kernel = finite_array(kernel, "kernel")
    if kernel.ndim != len(shape) or any(k > n for k, n in zip(kernel.shape, shape, strict=True)):
        raise ValueError(f"`kernel` must fit into shape {shape}; got shape {kernel.shape}.")
    dtype = np.complex128 if np.iscomplexobj(kernel) else np.float64
    padded = np.zeros(shape, dtype)
    padded[tuple(slice(k) for k in kernel.shape)] = kernel
    centred = np.roll(padded, [-(k // 2) for k in kernel.shape], tuple(range(len(shape))))
    transfer = fft.fftn(centred) if np.iscomplexobj(kernel) else fft.rfftn(centred)
    return ForwardOperator(
        partial(circular_filter, transfer, shape),
        partial(circular_filter, transfer.conj(), shape),
        shape=(prod(shape), prod(shape)),
        dtype=dtype,
        shape_in=shape,
        name=f"blur({_by(kernel.shape)} kernel, {_by(shape)} pixels)",
        generic=False,
    )


def downsample(
    shape: Sequence[int], factor: int | Sequence[int], kernel: ArrayLike | None = None
) -> ForwardOperator:
    r"""Every `factor`-th pixel along each axis, from pixel 0, after a circular blur if given.

    Parameters
    ----------
    shape : tuple of int
        Shape of the signal.
    factor : int or tuple of int
        For all axes, or one for each; divides the side.
    kernel : array, optional
        As for `blur`.

    Raises
    ------
    ValueError
        If a factor does not divide its side, or if the kernel does not fit.

    Examples
    --------
    >>> downsample((6,), 2) @ [0, 1, 2, 3, 4, 5]
    array([0., 2., 4.])
    """
    shape = array_shape(shape, "shape")
    addressable(*shape)
    steps = array_shape(factor, "factor")
    steps = steps * len(shape) if np.ndim(factor) == 0 else steps
    if len(steps) != len(shape) or any(n % f for n, f in zip(shape, steps, strict=True)):
        raise ValueError(f"`factor` must divide every side of shape {shape}; got {factor}.")
    rows = np.arange(prod(shape)).reshape(shape)[tuple(slice(None, None, f) for f in steps)].ravel()
    samples = _samples(rows, shape, f"downsample({_by(shape)} by {_by(steps)})")
    if kernel is None:
        return samples
    blurred = blur(kernel, shape)
    return ForwardOperator(
        partial(chain, blurred.matmat, samples.matmat),
        partial(chain, samples.rmatmat, blurred.rmatmat),
        shape=samples.shape,
        dtype=blurred.dtype,
        shape_in=shape,
        name=f"{samples.name} after {blurred.name}",
        generic=False,
    )


def _by(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape))


def _samples(rows: Array, shape: tuple[int, ...], name: str) -> ForwardOperator:
    samples = ForwardOperator(
        partial(gather, rows),
        partial(scatter, rows, prod(shape)),
        shape=(rows.size, prod(shape)),
        dtype=np.float64,
        shape_in=shape,
        name=name,
        generic=False,
        orthonormal_rows=True,
    )
    places = (np.ones(rows.size), rows, np.arange(rows.size + 1))
    samples.matrix = sparse.csr_array(places, shape=samples.shape)
    return samples


def _shared_between_bins(position: Array, bins: int) -> Any:
    """Return the matrix, (views * bins, n), of pixels at `position`, (n, views), on detectors."""
    # Without this, cos(pi / 2) = 6e-17 would make pixels spill rounding errors into a second bin.
    nearest = np.rint(position)
    position = np.where(np.abs(position - nearest) < 1e-9, nearest, position)
    lower = np.floor(position)
    weight = position - lower
    n, views = position.shape
    first = lower.astype(np.intp) + bins * np.arange(views)
    entries = np.stack([1 - weight, weight], axis=-1).ravel()
    rows = np.stack([first, first + 1], axis=-1).ravel()
    columns = np.arange(0, entries.size + 1, 2 * views)
    matrix = sparse.csc_array((entries, rows, columns), shape=(views * bins, n)).tocsr()
    matrix.eliminate_zeros()
    return matrix
