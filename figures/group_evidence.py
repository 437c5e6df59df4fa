"""Evidence on group actions: the stack of A T_g, its irreps, and orbits as models."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import exact
import numpy as np
from evidence import Arrays, gaussian, generator, random_mask, random_subspace, register

import sensing_theorems as st

__all__ = ["cyclic_actions", "finite_actions", "orbit_outcome", "shifted_masks", "vector_fields"]


@register
def virtual_rank() -> Arrays:
    """Rank of the A T_g against rank A, for rows of four kinds and two groups."""
    side, rng = 16, generator("virtual_rank")
    n = side * side
    actions = [st.groups.shifts(side, side), st.groups.quarter_turns(side)]
    radius = np.maximum(*np.meshgrid(*[np.abs(np.fft.fftfreq(side, 1 / side))] * 2))
    rows: list[tuple[int, int, int, int]] = []
    for a, action in enumerate(actions):
        for m in (1, 2, 4, 8, 16, 24, 32, 48, 56, 63, 64, 65, 80, 96, 128, 160, 192, 224):
            for kind, A in enumerate(
                (
                    st.operators.gaussian(m, n, rng),
                    st.operators.inpainting(random_mask(n, m, rng).reshape(side, side)),
                    st.operators.fourier(random_mask(n, (m + 1) // 2, rng).reshape(side, side)),
                )
            ):
                rows.append((a, kind, st.stacked_rank(A).rank, st.stacked_rank(A, action).rank))
        for limit in range(8):
            A = st.operators.fourier(radius <= limit)
            rows.append((a, 3, st.stacked_rank(A).rank, st.stacked_rank(A, action).rank))
    ratios = [float(action.irreps.max_ratio) for action in actions]
    return {"points": np.array(rows), "n": n, "ratios": np.array(ratios)}


def vector_fields(copies: int) -> st.GroupAction:
    """D4 turning and flipping arrows: one irrep of dimension 2, and so a broken max c/s."""
    pairs = np.arange(2 * copies).reshape(copies, 2)
    turned, same = pairs[:, ::-1].reshape(-1), pairs.reshape(-1)
    signs = [[1, -1] * copies, [1, -1] * copies]
    return st.groups.from_permutations([turned.tolist(), same.tolist()], signs)


@register
def irrep_multiplicity() -> Arrays:
    """Rank of the A T_g of a generic A with one row more at a time."""
    rng = generator("irrep_multiplicity")
    actions = {
        "shifts by 4, n = 32": st.groups.shifts(32, stride=4),
        "polar rotations, 6 × 16": st.groups.polar_rotations(6, 16),
        "dihedral, 8 × 8 pixels": st.groups.dihedral(8),
        "quarter turns, 8 × 8 pixels": st.groups.quarter_turns(8),
        "dihedral, 5 arrows": vector_fields(5),
    }
    m = np.arange(1, 19)
    rank = np.zeros((len(actions), m.size), dtype=int)
    for i, action in enumerate(actions.values()):
        for j, rows in enumerate(m):
            rank[i, j] = st.stacked_rank(gaussian(rows, action.n, rng), action).rank
    tables = [action.irreps for action in actions.values()]
    return {
        "names": np.array(list(actions)),
        "n": np.array([table.n for table in tables]),
        "m": m,
        "rank": rank,
        "generic": np.array([[table.generic_rank(int(rows)) for rows in m] for table in tables]),
        "ratio": np.array([float(table.max_ratio) for table in tables]),
    }


@register
def equivariant_operator() -> Arrays:
    """Rank of the A T_g against rank A, with and without equivariance."""
    side, rng = 16, generator("equivariant_operator")
    n, square = side * side, (side, side)
    shifts, turns = st.groups.shifts(*square), st.groups.quarter_turns(side)
    lines = np.repeat(random_mask(side, 5, rng)[:, None], side, axis=1)
    box = np.ones((2, 2)) / 4
    degrees = np.deg2rad
    setups = [
        ("Fourier lines, shifts", st.operators.fourier(lines), shifts),
        ("2 × 2 blur, shifts", st.operators.blur(box, square), shifts),
        ("2 × 2 blur, turns", st.operators.blur(box, square), turns),
        (
            "CT, 4 even views, turns",
            st.operators.tomography(side, degrees([0, 45, 90, 135])),
            turns,
        ),
        ("CT, 2 views, turns", st.operators.tomography(side, degrees([0, 90])), turns),
        ("Fourier lines, turns", st.operators.fourier(lines), turns),
        (
            "CT, 4 uneven views, turns",
            st.operators.tomography(side, degrees([0, 20, 50, 70])),
            turns,
        ),
        ("40 Gaussian rows, turns", st.operators.gaussian(40, n, rng), turns),
        ("every 2nd pixel, turns", st.operators.downsample(square, 2), turns),
        ("every 2nd pixel, shifts", st.operators.downsample(square, 2), shifts),
        ("2 × 2 block averages, shifts", st.operators.downsample(square, 2, box), shifts),
        ("20 random pixels, shifts", st.operators.inpainting(random_mask(n, 20, rng)), shifts),
    ]
    return {
        "names": np.array([name for name, _, _ in setups]),
        "alone": np.array([st.stacked_rank(A).rank for _, A, _ in setups]),
        "stack": np.array([st.stacked_rank(A, action).rank for _, A, action in setups]),
        "clear": np.array([st.stacked_rank(A, action).clear for _, A, action in setups]),
        "equivariant": np.array([st.is_equivariant(A, action) for _, A, action in setups]),
        "n": n,
    }


def orbit_outcome(action: st.GroupAction, k: int, m: int, rng: np.random.Generator) -> exact.Search:
    """Whether the orbit of one random k-dimensional subspace is identified by one random A."""
    A, basis = gaussian(m, action.n, rng), random_subspace(action.n, k, rng)
    elements = list(action.elements())
    operators = [g.pull_back(A) for g in elements]
    return exact.identified_union(operators, [g(basis.T).T for g in elements])


def _orbits(key: str, actions: list[st.GroupAction], dims: list[int]) -> Arrays:
    """Outcomes for m from k + 1 up to one row past the first success."""
    rng, rows = generator(key), []
    for a, action in enumerate(actions):
        for k in range(1, dims[a] + 1):
            for m in range(k + 1, action.n + 1):
                found = [orbit_outcome(action, k, m, rng) for _ in range(4)]
                answers = [search.identified for search in found]
                if None in answers:
                    raise RuntimeError(f"{action.name}, k = {k}, m = {m}: search given up")
                kept, dropped = min(s.kept for s in found), max(s.dropped for s in found)
                rows.append((a, k, m, sum(answers), len(found), kept, dropped))
                if rows[-1][3] == len(found) and len(rows) > 1 and rows[-2][2] == m - 1:
                    break
    return {"outcomes": np.array(rows), "names": np.array([action.name for action in actions])}


@register
def cyclic_group() -> Arrays:
    """Outcomes for orbits of one subspace under shifts."""
    return _orbits("cyclic_group", list(cyclic_actions()), [3, 3, 3])


def cyclic_actions() -> Iterator[st.GroupAction]:
    """Shifts of multiplicity 1, 2 and 4, small enough for an exhaustive search."""
    yield st.groups.shifts(6)
    yield st.groups.shifts(8, stride=2)
    yield st.groups.shifts(12, stride=4)


@register
def any_group() -> Arrays:
    """Outcomes for orbits of one subspace under groups that are not cyclic."""
    return _orbits("any_group", list(finite_actions()), [3, 3, 2])


def finite_actions() -> Iterator[st.GroupAction]:
    """Groups that are not cyclic: shifts of 2 × 2 pixels, dihedral, symmetric."""
    yield st.groups.shifts(2, 2, channels=2)
    yield st.groups.dihedral(3)
    yield st.groups.direct_sum(st.groups.symmetric(3), st.groups.symmetric(3))


@register
def effective_group() -> Arrays:
    """Largest linear model identified by the shifts of a periodic mask."""
    n, draws, rng = 24, 4, generator("effective_group")
    rows = []
    for period in (4, 6, 24):
        for kept in range(1, period):
            mask = np.arange(n) % period < kept
            operators = shifted_masks(mask, period)
            r = int(mask.sum())
            passed = [
                all(
                    exact.identified_subspace(operators, random_subspace(n, k, rng))
                    for _ in range(draws)
                )
                for k in range(r + 1)
            ]
            rows.append(
                (period, r, passed.index(False) - 1, largest_invariant(operators[0], period))
            )
    return {"n": n, "rows": np.array(rows)}


def shifted_masks(mask: np.ndarray, period: int) -> list[np.ndarray]:
    """The A T_g that differ, for the pixels in a mask of this period and all shifts."""
    A = np.eye(mask.size)[mask]
    return [np.roll(A, shift, axis=1) for shift in range(period)]


def largest_invariant(A: np.ndarray, period: int) -> int:
    """Largest dimension of an identified, shift-invariant subspace on which A is one-to-one."""
    n = A.shape[1]
    parts = [harmonic(n, f) for f in range(n // 2 + 1)]
    choices = itertools.product((False, True), repeat=len(parts))
    empty = np.zeros((0, n))
    bases = [np.concatenate([empty, *itertools.compress(parts, chosen)]) for chosen in choices]
    for basis in sorted(bases, key=len, reverse=True):
        if len(basis) > len(A) or np.linalg.matrix_rank(A @ basis.T) < len(basis):
            continue
        # The subspace is invariant, so what A T_g leaves open of it are the shifted rows.
        rows = exact.seen_rows(A, basis.T)
        stack = np.concatenate([np.roll(rows, shift, axis=1) for shift in range(period)])
        if stack.size and np.linalg.matrix_rank(stack, tol=exact.ZERO) == n - len(basis):
            return len(basis)
    raise RuntimeError("not even {0} is identified")


def harmonic(n: int, frequency: int) -> np.ndarray:
    """Orthonormal rows, (1, n) or (2, n), that span one real irrep of the shifts."""
    angle = 2 * np.pi * frequency * np.arange(n) / n
    rows = np.stack([np.cos(angle), np.sin(angle)])
    rows = rows[np.abs(rows).max(axis=1) > exact.ZERO]
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
