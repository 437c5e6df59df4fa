"""The rows of the table: a task, the peer that a user would take for it, and the ratio aimed at.

Each row prepares two functions of no arguments, the baseline and ours. Where both return a rank,
the two must agree.
"""

from __future__ import annotations

import flint
import numpy as np
import scipy.fft
from contest import ROWS, Pair, measure, row
from scipy.sparse.linalg import LinearOperator, eigsh
from sympy import ZZ
from sympy.polys.matrices import DomainMatrix
from timing import Function

import sensing_theorems as st
from sensing_theorems.modular import PRIMES

__all__ = ["ROWS", "measure", "pulled_back"]


def ready(action: st.GroupAction) -> st.GroupAction:
    """An action with its irreps at hand: they are the user's once, and belong to no timing."""
    _ = action.irreps
    return action


def pulled_back(A: np.ndarray, action: st.GroupAction) -> np.ndarray:
    """The stack of all A T_g, (|G| m, n)."""
    return np.concatenate([g.pull_back(A) for g in action.elements()])


def _image(A: st.ForwardOperator, side: int, rng: np.random.Generator) -> Pair:
    action = ready(st.groups.shifts(side, side))
    image, y = rng.standard_normal((side, side)), rng.standard_normal(A.shape[0])
    y = y.astype(A.dtype)

    def one_pass() -> None:
        A.rmatvec(y)
        scipy.fft.fft2(image)

    return Pair(one_pass, lambda: st.stacked_rank(A, action).rank)


@row(
    "shifts-inpainting",
    "1,048,576 shifts of a 1024x1024 mask, 50 % of the pixels",
    "scipy: one adjoint and one fft2",
    at_most=3,
)
def _inpainting(quick: bool) -> Pair:
    side, rng = 8 if quick else 1024, np.random.default_rng(1)
    return _image(st.operators.inpainting(rng.random((side, side)) < 0.5), side, rng)


@row(
    "shifts-mri",
    "1,048,576 shifts of a 1024x1024 Fourier mask, 30 %",
    "scipy: one adjoint and one fft2",
    at_most=3,
)
def _mri(quick: bool) -> Pair:
    side, rng = 8 if quick else 1024, np.random.default_rng(2)
    return _image(st.operators.fourier(rng.random((side, side)) < 0.3), side, rng)


def _by_svd(stack: np.ndarray) -> int:
    values = np.linalg.svd(stack, compute_uv=False)
    return int((values > values[0] * max(stack.shape) * np.finfo(float).eps).sum())


def _against_svd(m: int, action: st.GroupAction, seed: int) -> Pair:
    rows = np.random.default_rng(seed).standard_normal((m, action.n))
    stack, A = pulled_back(rows, action), st.as_operator(rows)
    return Pair(lambda: _by_svd(stack), lambda: st.stacked_rank(A, action).rank)


@row(
    "shifts-gaussian",
    "1024 shifts of 4 Gaussian rows, 32x32",
    "numpy.linalg.svd of the stack, 4096x1024",
    at_least=1000,
)
def _shifts(quick: bool) -> Pair:
    return _against_svd(4, ready(st.groups.shifts(*(2 * (4 if quick else 32,)))), 3)


@row(
    "quarter-turns",
    "4 quarter turns of 259 Gaussian rows, 32x32",
    "numpy.linalg.svd of the stack, 1036x1024",
    at_least=10,
)
def _quarter_turns(quick: bool) -> Pair:
    m, side = (7, 4) if quick else (259, 32)
    return _against_svd(m, ready(st.groups.quarter_turns(side)), 4)


@row(
    "polar-rotations",
    "256 rotations of 2000 Gaussian rows, 256x256 polar",
    "numpy: sketch of 260 rows, FFT, QR of 256 blocks",
    at_most=2,
)
def _polar(quick: bool) -> Pair:
    m, side = (20, 4) if quick else (2000, 256)
    rng, action = np.random.default_rng(5), ready(st.groups.polar_rotations(side, side))
    rows = rng.standard_normal((m, side * side))
    weights = rng.standard_normal((side + 4, m))
    A = st.as_operator(rows)
    matrix = A.matrix
    del rows  # of which the operator may hold a copy: a gigabyte

    def by_hand() -> None:
        sketch = (weights @ matrix).reshape(-1, side, side)
        blocks = scipy.fft.fft(sketch, axis=2)
        for j in range(side):
            np.linalg.qr(blocks[:, :, j], mode="r")

    return Pair(by_hand, lambda: st.stacked_rank(A, action).rank)


def _batch(side: int, quick: bool) -> Pair:
    count, side = (6, 4) if quick else (10_000, side)
    batch = np.random.default_rng(6).standard_normal((count, side, side))
    return Pair(lambda: np.linalg.matrix_rank(batch), lambda: st.matrix_ranks(batch).ranks)


@row("batch-32", "ranks of 10,000 Gaussian 32x32", "numpy.linalg.matrix_rank", at_least=10)
def _batch_32(quick: bool) -> Pair:
    return _batch(32, quick)


@row("batch-64", "ranks of 10,000 Gaussian 64x64", "numpy.linalg.matrix_rank", at_least=8)
def _batch_64(quick: bool) -> Pair:
    return _batch(64, quick)


def _modular(n: int, quick: bool) -> Pair:
    n, p = 20 if quick else n, PRIMES[0]
    matrix = np.random.default_rng(7).integers(0, p, (n, n))
    theirs = flint.nmod_mat(n, n, matrix.ravel().tolist(), p)
    return Pair(theirs.rank, lambda: st.modular_rank(matrix, p))


@row("modular-1000", "rank modulo 8388593, 1000x1000", "python-flint nmod_mat.rank", at_most=1)
def _modular_1000(quick: bool) -> Pair:
    return _modular(1000, quick)


@row("modular-2000", "rank modulo 8388593, 2000x2000", "python-flint nmod_mat.rank", at_most=1)
def _modular_2000(quick: bool) -> Pair:
    return _modular(2000, quick)


def _proved(n: int) -> tuple[np.ndarray, Function]:
    matrix = np.random.default_rng(8).integers(0, 2, (n, n))
    A = st.as_operator(matrix.astype(float))
    return matrix, lambda: st.stacked_rank(A, method="exact").rank


@row("exact-numpy", "proved rank of 1000x1000 zeros and ones", "numpy matrix_rank", at_most=3)
def _exact_numpy(quick: bool) -> Pair:
    matrix, ours = _proved(20 if quick else 1000)
    return Pair(lambda: np.linalg.matrix_rank(matrix), ours)


@row(
    "exact-flint",
    "proved rank of 1000x1000 zeros and ones",
    "python-flint fmpz_mat.rank",
    at_most=2,
)
def _exact_flint(quick: bool) -> Pair:
    matrix, ours = _proved(20 if quick else 1000)
    return Pair(flint.fmpz_mat(*matrix.shape, matrix.ravel().tolist()).rank, ours)


@row(
    "exact-sympy",
    "proved rank of 200x200 zeros and ones",
    "sympy DomainMatrix.rank over QQ",
    at_least=10,
)
def _exact_sympy(quick: bool) -> Pair:
    matrix, ours = _proved(8 if quick else 200)
    entries = [[ZZ(int(x)) for x in line] for line in matrix]
    return Pair(DomainMatrix(entries, matrix.shape, ZZ).to_field().rank, ours)


@row(
    "list-gram",
    "stack of 200 Gaussian operators 50x1024",
    "numpy.linalg.matrix_rank of the stack",
    at_most=1,
)
def _list(quick: bool) -> Pair:
    count, m, n = (5, 3, 12) if quick else (200, 50, 1024)
    rows = np.random.default_rng(9).standard_normal((count * m, n))
    operators = [st.as_operator(part) for part in np.split(rows, count)]
    return Pair(
        lambda: np.linalg.matrix_rank(rows),
        lambda: st.stacked_rank(operators, method="gram").rank,
    )


@row(
    "turns-krylov",
    "4 quarter turns of a 256x256 mask, 80 %: full or not",
    "scipy eigsh, smallest eigenvalue of the matrix-free stack",
    at_most=3,
)
def _krylov(quick: bool) -> Pair:
    side, rng = 8 if quick else 256, np.random.default_rng(10)
    action = ready(st.groups.quarter_turns(side))
    mask = (rng.random((side, side)) < 0.8).astype(float)
    A = st.operators.inpainting(mask.astype(bool))

    def normal(x: np.ndarray) -> np.ndarray:
        x = x.reshape(side, side)
        return sum(np.rot90(mask * np.rot90(x, k), -k) for k in range(4)).ravel()

    product = LinearOperator((side * side, side * side), matvec=normal, dtype=float)

    def smallest() -> None:
        start = np.random.default_rng(0).standard_normal(side * side)
        eigsh(product, k=1, which="SA", v0=start, return_eigenvectors=False)

    return Pair(smallest, lambda: st.stacked_rank(A, action, method="krylov").rank)
