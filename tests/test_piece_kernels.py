"""Kernels on pieces against eigenvalues by NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from sensing_theorems._kernels.pieces import independent_pairs, independent_pieces

FLOOR = 1e-8


def vectors(rng: np.random.Generator, shape: tuple[int, ...], field: str) -> np.ndarray:
    drawn = rng.standard_normal(shape)
    return drawn + 1j * rng.standard_normal(shape) if field == "complex" else drawn


@pytest.mark.parametrize("field", ["real", "complex"])
class TestIndependentPieces:
    @pytest.mark.parametrize("k", [1, 2, 4])
    def test_bounds_of_the_smallest_eigenvalue(self, rng, field, k):
        Y, dims = vectors(rng, (30, k, 5), field), rng.integers(1, k + 1, 30)
        margins = np.empty(30)
        independent_pieces(Y, dims, False, FLOOR, margins)
        for y, d, margin in zip(Y, dims, margins, strict=True):
            least = np.linalg.eigvalsh(y[:d] @ y[:d].conj().T)[0]
            assert margin <= least * (1 + 1e-9) and margin * d >= least * (1 - 1e-9)

    def test_complement(self, rng, field):
        Y = vectors(rng, (20, 2, 3), field) / 10
        margins = np.empty(20)
        independent_pieces(Y, np.full(20, 2), True, FLOOR, margins)
        for y, margin in zip(Y, margins, strict=True):
            least = np.linalg.eigvalsh(np.eye(2) - y @ y.conj().T)[0]
            assert margin <= least * (1 + 1e-9) <= 2 * margin * (1 + 1e-8)

    def test_dependent_vectors(self, rng, field):
        Y = vectors(rng, (5, 2, 4), field)
        Y[:, 1] = 3 * Y[:, 0] + 1e-6 * Y[:, 1]
        margins = np.empty(5)
        independent_pieces(Y, np.full(5, 2), False, FLOOR, margins)
        assert np.all(margins == 0)

    def test_nothing_to_see(self, rng, field):
        margins = np.empty(2)
        independent_pieces(vectors(rng, (2, 2, 0), field), np.array([0, 1]), False, FLOOR, margins)
        assert margins.tolist() == [1.0, 0.0]


@pytest.mark.parametrize("field", ["real", "complex"])
@pytest.mark.parametrize("flat", [0, 1])
def test_independent_pairs(rng, field, flat):
    p, k, r = 8, 2, 5
    Y, sizes = vectors(rng, (p, k, r), field), np.array([2, 2, 1, 2, 1, 2, 2, 1])
    # Piece 3 shares a direction with piece 0, and 6 is 1 over again; Y[5] is degenerate itself.
    Y[3, 0], Y[6], Y[5, 0] = Y[0, 0], Y[1], 0.0
    own = np.einsum("par,pbr->pab", Y, Y.conj())
    cross = np.einsum("par,qbr->paqb", Y, Y.conj())
    together = np.zeros((p, p), dtype=bool)
    for first in (0, 3):
        independent_pairs(cross[first:], own, sizes, first, flat, FLOOR, together[first:])
    for i in range(p):
        for j in range(i, p):
            a, b = Y[i, : sizes[i]], Y[j, : sizes[j]]
            rows = np.concatenate([a, b]) if i != j else a
            if flat:
                rows = a[:-1]
                if i != j:
                    rows = np.concatenate([a[:-1], b[:-1], a[-1:] - b[-1:]])
            rank = np.linalg.matrix_rank(rows, tol=1e-6) if len(rows) else 0
            assert together[i, j] == (rank < len(rows)), (i, j)
    assert together.any() and not together.all()
