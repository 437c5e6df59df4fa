"""What the figures show: every theorem tried out at its turning point, from fixed seeds.

One function per theorem key. Each returns plain arrays, which `make.py` stores. Here those on given
operators; those on groups are in `group_evidence.py`.
"""

from __future__ import annotations

from collections.abc import Callable

import exact
import numpy as np
from matplotlib.cbook import get_sample_data

import sensing_theorems as st

__all__ = [
    "EVIDENCE",
    "Arrays",
    "gaussian",
    "generator",
    "hidden",
    "mr_slice",
    "random_mask",
    "random_subspace",
    "register",
]

Arrays = dict[str, np.ndarray]
EVIDENCE: dict[str, Callable[[], Arrays]] = {}


def register(function: Callable[[], Arrays]) -> Callable[[], Arrays]:
    """Enter a function into `EVIDENCE` under its own name, a theorem key."""
    EVIDENCE[function.__name__] = function
    return function


def generator(key: str) -> np.random.Generator:
    """One stream of random numbers per theorem, so that no figure depends on another."""
    return np.random.default_rng(list(key.encode()))


def random_subspace(n: int, k: int, rng: np.random.Generator) -> np.ndarray:
    """Orthonormal basis, (n, k), of a subspace drawn uniformly."""
    return np.linalg.qr(rng.standard_normal((n, k)))[0]


def gaussian(m: int, n: int, rng: np.random.Generator) -> np.ndarray:
    """Entries of a generic operator."""
    return st.operators.gaussian(m, n, rng).to_dense()


def mr_slice(size: int) -> np.ndarray:
    """The MR slice that ships with matplotlib, averaged over blocks to size × size, in [0, 1]."""
    with get_sample_data("s1045.ima.gz") as file:
        image = np.frombuffer(file.read(), dtype=">u2").reshape(256, 256).astype(float)
    block = 256 // size
    small = image.reshape(size, block, size, block).mean(axis=(1, 3))
    return small / small.max()


def both_signs(mask: np.ndarray) -> np.ndarray:
    """Frequencies of a real image that a mask shows: its own and their conjugates."""
    mirrored = np.roll(np.flip(mask), 1, axis=tuple(range(mask.ndim)))
    return mask | mirrored


def hidden(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Part of a real image in the null space of the Fourier rows in `mask`."""
    return np.fft.ifftn(np.fft.fftn(image) * ~both_signs(mask)).real


@register
def measurement_consistency() -> Arrays:
    """Two images with equal Fourier lines, and how much more lines leave free."""
    size, rng = 64, generator("measurement_consistency")
    image = mr_slice(size)
    lines = np.zeros(size, dtype=bool)
    lines[np.r_[0:4, -3:0]] = True
    # Nine more lines, so that a quarter is kept.
    lines[rng.choice(np.arange(4, size - 3), size // 4 - 7, replace=False)] = True
    mask = np.repeat(lines[:, None], size, axis=1)
    other = image + hidden(np.fliplr(image) - image, mask)
    A = st.operators.fourier(mask)
    y, z = A @ image.reshape(-1), A @ other.reshape(-1)
    order = np.argsort(np.abs(np.fft.fftfreq(size)), kind="stable")
    rank, free = [], []
    for kept in range(1, size + 1):
        rows = np.zeros((size, size), dtype=bool)
        rows[order[:kept]] = True
        rank.append(int(both_signs(rows).sum()))
        free.append(np.linalg.norm(hidden(image, rows)) / np.linalg.norm(image))
    return {
        "image": image,
        "other": other,
        "mask": mask,
        "difference": np.abs(y - z).max(),
        "signal": np.abs(y).max(),
        "rank": np.array(rank),
        "free": np.array(free),
    }


@register
def known_model() -> Arrays:
    """How often a generic A is one-to-one on random subspaces, and on a closed polygon."""
    n, subspaces, trials, rng = 16, 6, 200, generator("known_model")
    m, k = np.arange(1, 9), np.arange(1, 4)
    hits = np.zeros((k.size, m.size), dtype=int)
    polygon = np.zeros(m.size, dtype=int)
    for j, rows in enumerate(m):
        for i, dim in enumerate(k):
            for _ in range(trials):
                A = gaussian(rows, n, rng)
                bases = [random_subspace(n, dim, rng) for _ in range(subspaces)]
                hits[i, j] += exact.one_to_one_on_union(A, bases)
        for _ in range(trials):
            corners = gaussian(rows, n, rng) @ rng.standard_normal((n, subspaces))
            polygon[j] += exact.simple_polygon(corners.T)
    return {"m": m, "k": k, "n": n, "hits": hits, "polygon": polygon, "trials": trials}


@register
def stacked_rank() -> Arrays:
    """Rank of ten operators: independent ones, and ten times the same."""
    side, G, draws, rng = 16, 10, 8, generator("stacked_rank")
    n = side * side
    m = np.unique(np.r_[np.arange(2, 64, 3), 25, 26, np.arange(64, 160, 12)])
    kinds = ("gaussian", "masks", "same")
    rank = np.zeros((len(kinds), m.size, draws), dtype=int)
    for j, rows in enumerate(m):
        for d in range(draws):
            masks = [random_mask(n, rows, rng) for _ in range(G)]
            pixels = [st.operators.inpainting(mask) for mask in masks]
            rank[1, j, d] = st.stacked_rank(pixels).rank
        rank[2, j] = st.stacked_rank([pixels[0]] * G).rank
        # One draw tells: almost every tuple has the same rank.
        generic = [st.operators.gaussian(rows, n, rng) for _ in range(G)]
        rank[0, j] = st.stacked_rank(generic).rank
    looks = sum(random_mask(n, 26, rng).astype(int) for _ in range(G))
    same = G * random_mask(n, 26, rng).astype(int)
    shape = (side, side)
    return {
        "m": m,
        "G": G,
        "n": n,
        "kinds": np.array(kinds),
        "rank": rank,
        "looks": looks.reshape(shape),
        "same": same.reshape(shape),
    }


def random_mask(n: int, kept: int, rng: np.random.Generator) -> np.ndarray:
    """Mask, (n,), with so many entries True."""
    mask = np.zeros(n, dtype=bool)
    mask[rng.choice(n, kept, replace=False)] = True
    return mask


@register
def measurement_count() -> Arrays:
    """Rank of G generic operators, for n/G whole and broken."""
    n, rng = 64, generator("measurement_count")
    G, m = np.array([1, 2, 3, 5, 10]), np.arange(1, n + 1)
    rank = np.zeros((G.size, m.size), dtype=int)
    for i, count in enumerate(G):
        for j, rows in enumerate(m):
            operators = [st.operators.gaussian(rows, n, rng) for _ in range(count)]
            rank[i, j] = st.stacked_rank(operators).rank
    return {"n": n, "G": G, "m": m, "rank": rank}


@register
def generic_operators() -> Arrays:
    """How often a random subspace is identified by G generic operators."""
    n, k, trials, rng = 30, 6, 20, generator("generic_operators")
    m, G = np.arange(k + 1, n + 1), np.arange(1, 13)
    hits = np.zeros((G.size, m.size), dtype=int)
    for i, count in enumerate(G):
        for j, rows in enumerate(m):
            for _ in range(trials):
                operators = [gaussian(rows, n, rng) for _ in range(count)]
                basis = random_subspace(n, k, rng)
                hits[i, j] += exact.identified_subspace(operators, basis)
    return {"n": n, "k": k, "m": m, "G": G, "hits": hits, "trials": trials}
