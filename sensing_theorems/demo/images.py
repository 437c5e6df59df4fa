"""The two images of the demo, and the only two ways in which it changes their size."""

from __future__ import annotations

import gzip

import matplotlib.image
import numpy as np
from matplotlib import cbook

__all__ = ["mr_slice", "photograph", "shrink"]

_SLICE = (256, 256)


def mr_slice() -> np.ndarray:
    """The MR slice that ships with matplotlib: 256 x 256 pixels, scaled to a maximum of 1."""
    with gzip.open(cbook.get_sample_data("s1045.ima.gz", asfileobj=False)) as stored:
        pixels = np.frombuffer(stored.read(), dtype=">u2").reshape(_SLICE).astype(float)
    return pixels / pixels.max()


def photograph() -> np.ndarray:
    """The portrait that ships with matplotlib: its upper 512 x 512 pixels, mean of the colours."""
    path = cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
    colours = np.asarray(matplotlib.image.imread(path), dtype=float)[:512, :512]
    grey = colours.mean(axis=2)
    return grey / grey.max()


def shrink(image: np.ndarray, size: int) -> tuple[np.ndarray, str]:
    """Crop the centre to a multiple of `size`, average equal square blocks; say what was done.

    Parameters
    ----------
    image : ndarray, square
    size : int
        Pixels along a side afterwards, at most as many as before.

    Returns
    -------
    ndarray, (size, size)
    str

    Examples
    --------
    >>> import numpy as np
    >>> shrink(np.arange(25.0).reshape(5, 5), 2)
    (array([[ 3.,  5.],
           [13., 15.]]), 'centre 4x4 pixels, averaged over 2x2 blocks')
    """
    factor = image.shape[0] // size
    side = factor * size
    margin = (image.shape[0] - side) // 2
    cut = image[margin : margin + side, margin : margin + side]
    small = cut.reshape(size, factor, size, factor).mean(axis=(1, 3))
    said = [] if side == image.shape[0] else [f"centre {side}x{side} pixels"]
    said += [] if factor == 1 else [f"averaged over {factor}x{factor} blocks"]
    return small, ", ".join(said) or "as it is"
