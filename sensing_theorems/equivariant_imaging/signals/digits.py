"""Handwritten digits on a torus: real signals, and a law exactly invariant under shifts."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._validate import generator, positive_int
from .moves import shift_moves
from .parts import checked_part

__all__ = ["digits"]

_SIDE = 8
_TRAIN = 1347  # three quarters of the 1797


def digits(count: int, size: int, rng: Any, *, part: str = "train") -> NDArray[np.float64]:
    r"""Images of one handwritten digit of 8 x 8 pixels each, anywhere on a circular canvas.

    The digits are the 1797 test images of the UCI set "Optical Recognition of Handwritten Digits"
    (Alpaydin and Kaynak 1998), as they ship with scikit-learn.

    Parameters
    ----------
    count : int
        Number of images; digits are drawn with replacement.
    size : int
        Pixels along a side, at least 8.
    rng : numpy.random.Generator or int
    part : {"train", "test"}
        1347 digits are for training and the other 450 for testing, none for both.

    Returns
    -------
    ndarray, shape (count, size, size)
        Grey levels from 0 to 1.

    Raises
    ------
    ImportError
        If scikit-learn is not installed.
    ValueError
        If `size` is below 8, or `part` is neither.

    Notes
    -----
    Places are uniform on the torus, so that the law is exactly invariant under circular shifts, of
    the digits themselves as an empirical law also. It is not invariant under flips or rotations.
    """
    count, size, rng = positive_int(count, "count"), positive_int(size, "size"), generator(rng)
    if size < _SIDE:
        raise ValueError(f"`size` must be at least {_SIDE}, that of a digit; got {size}.")
    first, stop = (0, _TRAIN) if checked_part(part) == "train" else (_TRAIN, len(_stored()))
    images = np.zeros((count, size, size))
    images[:, :_SIDE, :_SIDE] = _stored()[rng.integers(first, stop, size=count)]
    return shift_moves(images, rng)


@cache
def _stored() -> NDArray[np.float64]:
    """All digits, in an order of our own: neighbours in the set may be by one writer."""
    try:
        datasets = importlib.import_module("sklearn.datasets")
    except ImportError as missing:
        raise ImportError(
            "the digits must come from scikit-learn, which is not installed: "
            "`pip install scikit-learn`. `shapes` needs NumPy only."
        ) from missing
    images = np.asarray(datasets.load_digits().images, dtype=float) / 16
    return images[np.random.default_rng(0).permutation(len(images))]
