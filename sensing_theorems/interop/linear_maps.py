"""What a transform of images does, read off the images that it returns."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._probes import probe_rng
from ..groups.signed import SignedPermutation
from .imports import require_torch

__all__ = ["drawn_alike", "image_shape", "matrix_of", "permutation_of", "transformed"]

LARGEST = 4096  # pixels and channels of an image whose maps are computed entry by entry
_AT_ONCE = 512
_SAME = 1e-4  # of the size of an image, in single precision and with Fourier interpolation
_WHOLE = 2**23  # up to which single precision tells whole numbers apart


def image_shape(x: Any) -> tuple[int, ...]:
    """Return the shape of an image without its batch, of an array or a tuple of integers.

    Raises
    ------
    ValueError
        If there are not three to five axes: (C, H, W), (B, C, H, W) or (B, C, T, H, W).
    """
    shape = tuple(int(side) for side in (x.shape if hasattr(x, "shape") else x))
    if not 3 <= len(shape) <= 5 or min(shape) < 1:
        raise ValueError(
            "`x` must be an image (B, C, H, W), a video (B, C, T, H, W), or the shape of one, with "
            f"or without B for images; got shape {shape}."
        )
    return shape if len(shape) == 3 else shape[1:]


@contextlib.contextmanager
def drawn_alike(transform: Any) -> Iterator[None]:
    """Draw from a fixed seed inside, and leave the transform's generators as they were."""
    torch = require_torch()
    held, waiting = [], [transform]
    while waiting:
        one = waiting.pop()
        waiting += [getattr(one, name) for name in ("t1", "t2") if hasattr(one, name)]
        if isinstance(getattr(one, "rng", None), torch.Generator):
            held.append((one.rng, one.rng.get_state()))
    common = torch.get_rng_state()
    try:
        # `torch.manual_seed` would seed the generators of all GPUs too, which nothing restores.
        torch.default_generator.manual_seed(0)
        for rng, _ in held:
            rng.manual_seed(0)
        yield
    finally:
        torch.set_rng_state(common)
        for rng, state in held:
            rng.set_state(state)


def transformed(transform: Any, images: np.ndarray, params: Mapping[str, Any]) -> np.ndarray:
    """Return the images (b, *shape) after one map, flattened: (b, n).

    Raises
    ------
    ValueError
        If the transform answers with images of another shape.
    """
    torch = require_torch()
    x = torch.from_numpy(np.ascontiguousarray(images, dtype=np.float32))
    with torch.no_grad():
        y = transform.transform(x, **params)[: len(images)]
    if tuple(y.shape) != tuple(x.shape):
        raise ValueError(
            f"a transform must return images of the shape it is given, {tuple(x.shape[1:])}; "
            f"{type(transform).__name__} returned {tuple(y.shape[1:])}."
        )
    return y.reshape(len(images), -1).numpy().astype(np.float64)


def permutation_of(
    transform: Any, shape: tuple[int, ...], params: Mapping[str, Any], x: Any = None
) -> SignedPermutation | None:
    """Return the permutation of pixels that a map is, or ``None`` if it is none.

    It is read off the image 1, ..., n and then compared on random images and on `x`.
    """
    n = prod(shape)
    if n > _WHOLE:
        raise ValueError(f"images may have at most {_WHOLE} entries; got shape {shape}.")
    numbered = np.arange(1.0, n + 1).reshape(1, *shape)
    seen = np.rint(transformed(transform, numbered, params)[0]).astype(np.int64) - 1
    if not np.array_equal(np.sort(seen), np.arange(n)):
        return None
    found = SignedPermutation(seen).inverse()  # pixel i of the result shows pixel seen[i]
    agree = _agrees(transform, shape, params, found, x)
    return found if agree else None


def matrix_of(transform: Any, shape: tuple[int, ...], params: Mapping[str, Any]) -> sp.csr_array:
    """Return the matrix (n, n) of one linear map, from its action on unit images.

    Raises
    ------
    ValueError
        If images are too large, or the map is not linear or mixes the images of a batch.
    """
    n = prod(shape)
    if n > LARGEST:
        raise ValueError(
            "a transform that is no permutation must be computed entry by entry, for at most "
            f"{LARGEST} pixels and channels; got shape {shape}."
        )
    blocks = []
    for start in range(0, n, _AT_ONCE):
        count = min(_AT_ONCE, n - start)
        units = np.eye(count, n, start).reshape(count, *shape)
        blocks.append(sp.csr_array(transformed(transform, units, params)))
    matrix = sp.csr_array(sp.vstack(blocks).T)
    if not _agrees(transform, shape, params, lambda x: (matrix @ x.T).T, None):
        raise ValueError(
            "a transform must be linear and treat the images of a batch alike; "
            f"{type(transform).__name__} does not."
        )
    return matrix


def _agrees(
    transform: Any, shape: tuple[int, ...], params: Mapping[str, Any], candidate: Any, x: Any
) -> bool:
    """Whether the candidate does to random images, and to `x`, what the transform does."""
    trials = [probe_rng("transforms").standard_normal((count, *shape)) for count in (1, 2)]
    if hasattr(x, "shape") and not np.iscomplexobj(x):
        trials.append(np.asarray(x, dtype=np.float64).reshape(-1, *shape))
    for images in trials:
        expected = candidate(images.reshape(len(images), -1))
        error = np.linalg.norm(transformed(transform, images, params) - expected)
        if not error <= _SAME * max(np.linalg.norm(images), np.finfo(float).tiny):
            return False
    return True
