"""Brute force, written without the package: every element, every row, one dense decomposition."""

from __future__ import annotations

import numpy as np


def elements(generators: list[np.ndarray]) -> list[np.ndarray]:
    """All products of the generator matrices, by closing the set."""
    n = generators[0].shape[0]
    found = {np.eye(n).tobytes(): np.eye(n)}
    front = list(found.values())
    while front:
        following = []
        for element in front:
            for generator in generators:
                candidate = generator @ element + 0.0
                if candidate.tobytes() not in found:
                    found[candidate.tobytes()] = candidate
                    following.append(candidate)
        front = following
    return list(found.values())


def dense_elements(action) -> list[np.ndarray]:
    """All matrices of a finite action, from its generators alone."""
    return elements([g.matrix().toarray() for g in action.generators])


def realified(A: np.ndarray, field: str) -> np.ndarray:
    if field == "real" and np.iscomplexobj(A):
        return np.vstack([A.real, A.imag])
    return A


def stack(A: np.ndarray, group: list[np.ndarray], field: str = "real") -> np.ndarray:
    return np.vstack([realified(A, field) @ T for T in group])


def rank(matrix: np.ndarray) -> int:
    values = np.linalg.svd(matrix, compute_uv=False)
    if values.size == 0 or values[0] == 0:
        return 0
    kept = values > 1e-9 * values[0]
    # The oracle is only an oracle where nothing lies near its own cut.
    assert not np.any((values > 1e-13 * values[0]) & (values < 1e-7 * values[0]))
    return int(kept.sum())


def exact_rank(rows: list[list[int]]) -> int:
    """Rank over the rationals, by fraction-free elimination."""
    rows = [row for row in {tuple(row) for row in rows} if any(row)]
    rank = 0
    while rows:
        pivot = rows.pop()
        column = next(i for i, value in enumerate(pivot) if value)
        rank += 1
        reduced = {
            tuple(pivot[column] * r - row[column] * p for r, p in zip(row, pivot, strict=True))
            for row in rows
        }
        rows = [row for row in reduced if any(row)]
    return rank


def character_table_multiplicities(action) -> int:
    """Sum of c_j², as the average of |trace|² over the group."""
    group = dense_elements(action)
    return round(sum(np.trace(T) ** 2 for T in group) / len(group))


def small_actions(st) -> dict[str, object]:
    """One of everything, small enough to list."""
    g = st.groups
    return {
        "trivial": g.trivial(9),
        "shifts": g.shifts(12),
        "shifts 2-D": g.shifts(4, 6),
        "shifts coprime": g.shifts(3, 4),
        "shifts 3-D": g.shifts(2, 3, 2),
        "stride": g.shifts(8, stride=2),
        "stride and channels": g.shifts(4, 4, stride=2, channels=2),
        "reflections": g.reflections(3, 5),
        "reflections axis 0": g.reflections(4, 4, axis=0),
        "quarter turns even": g.quarter_turns(4),
        "quarter turns odd": g.quarter_turns(5),
        "dihedral even": g.dihedral(4),
        "dihedral odd": g.dihedral(5),
        "polar": g.polar_rotations(3, 5),
        "symmetric": g.symmetric(5),
        "symmetric 2": g.symmetric(2),
        "channels": g.direct_sum(g.shifts(6), g.shifts(6)),
        "shifts and constants": g.direct_sum(g.shifts(6), g.trivial(3)),
        "shifts of two lengths": g.direct_sum(g.shifts(6), g.shifts(4)),
        "dihedral channels": g.direct_sum(g.dihedral(3), g.dihedral(4)),
        "dihedral and constants": g.direct_sum(g.dihedral(3), g.trivial(2)),
        "symmetric channels": g.direct_sum(g.symmetric(4), g.symmetric(4)),
        "symmetric and constants": g.direct_sum(g.symmetric(4), g.trivial(2)),
        "product": g.product(g.polar_rotations(4, 6), g.reflections(4, 6, axis=0)),
        "cycles 4+3": g.from_permutations([[1, 2, 3, 0, 5, 6, 4]]),
        "two commuting": g.from_permutations([[1, 2, 0, 3, 4], [0, 1, 2, 4, 3]]),
        "related generators": g.from_permutations([[1, 2, 3, 0], [2, 3, 0, 1]]),
        "signed cycle": g.from_permutations([[1, 2, 0]], signs=[[1, 1, -1]]),
        "vectors under C4": g.from_permutations(
            [[1, 0, 3, 2, 5, 4]], signs=[[1, -1, 1, -1, 1, -1]]
        ),
        "not commuting": g.from_permutations([[1, 2, 0, 3], [0, 1, 3, 2]]),
        "quaternions": g.from_permutations(
            [[1, 0, 3, 2], [2, 3, 0, 1]], signs=[[1, -1, 1, -1], [1, -1, -1, 1]]
        ),
    }
