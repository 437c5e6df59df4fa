"""Several operators without a symmetry, and the toy of three coordinates."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from .. import groups, operators
from ..judgement import identification, run_checks
from ..problem import Problem
from ..stacked_rank import stacked_rank
from .setup import ESTIMATED, Setup, Sizes, photo, random

__all__ = ["ten_gaussian", "ten_masks", "ten_same", "toy"]


def _masks(sizes: Sizes, count: int) -> list[np.ndarray]:
    """Pixel numbers of masks that keep 80 %, in the order in which they are read."""
    rng, n = random(), sizes.image**2
    return [rng.permutation(n)[: round(0.8 * n)] for _ in range(count)]


def _alone(operator: Any) -> str:
    problem = Problem(operator)
    answer = identification(problem, run_checks(problem))
    found = stacked_rank(operator)
    about = "about " if found.rank_error else ""
    return f"Each of them alone: rank {about}{found.rank} of {found.n}, {answer.verdict}."


def _reader(pixels: np.ndarray, size: int, gains: np.ndarray) -> Any:
    """Operator that reads these pixels in this order with these gains."""
    entries = (gains, (np.arange(pixels.size), pixels))
    matrix = sparse.csr_array(entries, shape=(pixels.size, size**2))
    return operators.as_operator(matrix, shape_in=(size, size))


def ten_masks(sizes: Sizes) -> Setup:
    """Ten different masks, no symmetry."""
    size = sizes.image
    kept = [np.isin(np.arange(size**2), p).reshape(size, size) for p in _masks(sizes, 10)]
    readers = [operators.inpainting(mask) for mask in kept]
    remark = (
        "No symmetry is assumed; the operators themselves differ, and between them every pixel is "
        f"read. {_alone(readers[0])} Masks are no generic operators, so that no bound follows."
    )
    return Setup(
        "ten-masks", "ten masks at random", Problem(readers), *photo(size), remark, (ESTIMATED,)
    )


def ten_same(sizes: Sizes) -> Setup:
    """One mask ten times, in disguise."""
    size, rng = sizes.image, random()
    (pixels,) = _masks(sizes, 1)
    readers = [
        _reader(rng.permutation(pixels), size, rng.uniform(0.5, 2.0, pixels.size))
        for _ in range(10)
    ]
    remark = (
        "Ten matrices with different entries: the pixels are read in another order and with other "
        "gains. They have one null space, so that ten of them see what one sees. "
        f"{_alone(readers[0])}"
    )
    return Setup(
        "ten-masks-same",
        "ten masks, secretly one",
        Problem(readers),
        *photo(size),
        remark,
        (ESTIMATED,),
    )


def ten_gaussian(sizes: Sizes) -> Setup:
    """Ten Gaussian operators and a model dimension that is assumed."""
    size, rng = sizes.drawn, random()
    n, k = size**2, size**2 // 10
    drawn = [operators.gaussian(n // 4, n, rng) for _ in range(10)]
    remark = (
        f"The published theorem at work: {n // 4} > k + n/10 for k = {k}. It holds for almost "
        f"every ten operators, and if the images do form a set of dimension {k} at most. "
        f"{_alone(drawn[0])}"
    )
    notes = (
        f"{size}x{size}: without a symmetry nothing splits the stack, which is taken as it is",
        f"assumes a model of dimension {k}, which nobody has checked for these images",
    )
    return Setup(
        "ten-gaussian",
        "ten Gaussian operators",
        Problem(drawn, model_dim=k),
        *photo(size),
        remark,
        notes,
    )


def toy(sizes: Sizes) -> Setup:
    """Two of three coordinates, all permutations, a line as the model."""
    remark = (
        "The model is the line through (1, 1, 1). Each permuted view leaves a plane of candidates, "
        "and the planes meet in that line, as a drawing shows. The theorems cannot say so: the "
        "sufficient bound asks for a cyclic group and for m > 4, of which there are but three."
    )
    action = groups.symmetric(3)
    problem = Problem(operators.inpainting([True, True, False]), action, model_dim=1)
    return Setup("toy", "toy n=3, m=2, permutations", problem, np.ones(3), "(1, 1, 1)", remark)
