"""Inpainting, single-pixel cameras, blur and super-resolution, on the photograph."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import operators
from ..problem import Problem
from .setup import Setup, Sizes, photo, random, shifts

__all__ = [
    "antialiased",
    "box_average",
    "decimation",
    "gaussian_blur",
    "gaussian_camera",
    "inpainting",
    "inpainting_periodic",
    "low_pass",
    "single_pixel",
]


def inpainting(sizes: Sizes) -> Setup:
    """Half of the pixels, at random, under shifts."""
    size = sizes.image
    half = random().permutation(size**2).reshape(size, size) < size**2 // 2
    remark = (
        "Every pixel is seen in some shifted view, and no shift but the identity keeps the mask. "
        "That is all that can be said: a mask is no generic operator, and shifts along two axes "
        "are no cyclic group, so that the published bound is silent twice."
    )
    problem = Problem(operators.inpainting(half), shifts(size, size))
    return Setup("inpainting-random", "inpainting 50 %, shifts", problem, *photo(size), remark)


def inpainting_periodic(sizes: Sizes) -> Setup:
    """Every second pixel along both axes under shifts."""
    size = sizes.image
    even = np.arange(size) % 2 == 0
    remark = (
        "Full rank, and a trap: shifts by two pixels map the mask to itself, so that all the "
        "shifts give four different operators only. Their measurements add up to n exactly, with "
        "nothing left over for a model of positive dimension."
    )
    problem = Problem(operators.inpainting(np.outer(even, even)), shifts(size, size))
    return Setup(
        "inpainting-periodic", "inpainting periodic, shifts", problem, *photo(size), remark
    )


def single_pixel(sizes: Sizes) -> Setup:
    """Binary patterns under shifts."""
    size = sizes.camera
    m = size**2 // 8
    remark = (
        "Random patterns of 0 and 1 have full rank with shifts. They are random but not generic: "
        "a theorem on almost every matrix says nothing about a countable set of them."
    )
    problem = Problem(operators.bernoulli(m, size**2, random()), shifts(size, size))
    note = (
        f"{size}x{size}, not {sizes.image}x{sizes.image}: the patterns are a dense matrix, (n/8, n)"
    )
    return Setup(
        "single-pixel-camera",
        "single-pixel camera, shifts",
        problem,
        *photo(size),
        remark,
        (note,),
    )


def gaussian_camera(sizes: Sizes) -> Setup:
    """Gaussian patterns under a group of shifts that is cyclic."""
    size = sizes.drawn
    image, how = photo(size)
    n = (size - 1) * size
    remark = (
        f"With {size - 1} x {size} pixels the sides have no common divisor, the shifts are a "
        "cyclic group, and Gaussian patterns are generic: here the published bound speaks. What is "
        "missing is the dimension of the model, which no measurement tells."
    )
    problem = Problem(operators.gaussian(n // 4, n, random()), shifts(size - 1, size))
    note = f"{size - 1}x{size}: a dense matrix, (n/4, n)"
    return Setup(
        "gaussian-camera",
        "Gaussian camera, shifts",
        problem,
        image[:-1],
        f"{how}, without the last row",
        remark,
        (note,),
    )


def gaussian_blur(sizes: Sizes) -> Setup:
    """Blur with a Gaussian of standard deviation 2 under shifts."""
    size = sizes.image
    reach = np.arange(-min(16, size // 2 - 1), min(16, size // 2 - 1) + 1)
    profile = np.exp(-(reach**2) / 8.0)
    kernel = np.outer(profile, profile) / profile.sum() ** 2
    remark = (
        "No frequency is lost exactly, but the transfer falls below the rounding errors of the "
        "computation. Full and deficient cannot be told apart, and any real noise decides it: the "
        "fine detail is gone."
    )
    problem = Problem(operators.blur(kernel, (size, size)), shifts(size, size))
    note = "the rank is marked ? because no gap in the spectrum supports it"
    return Setup("blur-gaussian", "Gaussian blur, shifts", problem, *photo(size), remark, (note,))


def _from_band(band: np.ndarray) -> np.ndarray:
    """Kernel of the ideal filter that passes `band`, its origin where `blur` wants it."""
    return np.fft.fftshift(np.fft.ifftn(band).real)


def _frequencies(size: int) -> tuple[np.ndarray, np.ndarray]:
    f = np.fft.fftfreq(size, 1 / size)
    return np.broadcast_to(f[:, None], (size, size)), np.broadcast_to(f, (size, size))


def low_pass(sizes: Sizes) -> Setup:
    """Ideal low-pass filter under shifts."""
    size = sizes.image
    band = np.hypot(*_frequencies(size)) <= size / 8
    remark = (
        "A blur commutes with shifts: A is equivariant, and what the filter stops is out of reach "
        "however often the image is shifted."
    )
    problem = Problem(operators.blur(_from_band(band), (size, size)), shifts(size, size))
    return Setup("blur-low-pass", "ideal low-pass blur, shifts", problem, *photo(size), remark)


def _super_resolution(sizes: Sizes, kernel: Any, key: str, label: str, remark: str) -> Setup:
    size = sizes.image
    A = operators.downsample((size, size), 2, kernel)
    return Setup(key, label, Problem(A, shifts(size, size)), *photo(size), remark)


def decimation(sizes: Sizes) -> Setup:
    """Every second pixel, no filter, under shifts."""
    remark = (
        "The same operator as the periodic mask. Shifts by one pixel read the other pixels, which "
        "makes the rank full; shifts by two bring nothing new."
    )
    label = "x2 decimation, shifts"
    return _super_resolution(sizes, None, "x2-decimation", label, remark)


def box_average(sizes: Sizes) -> Setup:
    """Means over 2 x 2 pixels under shifts."""
    remark = (
        "A mean over two pixels cancels the alternating signal, in either direction. Those lines "
        "of the Fourier plane are lost to every view; nearly all else is seen."
    )
    label = "x2 box average, shifts"
    return _super_resolution(sizes, np.full((2, 2), 0.25), "x2-box-average", label, remark)


def antialiased(sizes: Sizes) -> Setup:
    """Ideal antialiasing before decimation, under shifts."""
    size = sizes.image
    vertical, horizontal = _frequencies(size)
    band = np.maximum(np.abs(vertical), np.abs(horizontal)) < size / 4
    remark = (
        "The filter that makes downsampling look good makes it impossible to learn from shifts: "
        "without aliasing the operator is equivariant, and the fine detail is in no view."
    )
    label = "x2 antialiased, shifts"
    return _super_resolution(sizes, _from_band(band), "x2-antialiased", label, remark)
