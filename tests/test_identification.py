"""Exact identification: closed forms, brute force over all assignments, and signals that fit."""

from __future__ import annotations

import itertools
import warnings
from fractions import Fraction
from math import ceil

import numpy as np
import pytest

import sensing_theorems as st

models = st.models
YES, NO, OPEN = st.Verdict.IDENTIFIABLE, st.Verdict.NOT_IDENTIFIABLE, st.Verdict.UNDECIDED


def gaussians(rng: np.random.Generator, count: int, m: int, n: int) -> list[np.ndarray]:
    return list(rng.standard_normal((count, m, n)))


def virtual(A: np.ndarray, action) -> list[np.ndarray]:
    """All A T_g, from the matrices of the elements."""
    return [A @ np.asarray(g(np.eye(action.n))).T for g in action.elements()]


def null_rows(matrix: np.ndarray) -> np.ndarray:
    """Rows that span what is orthogonal to the columns of a matrix."""
    u, values, _ = np.linalg.svd(matrix, full_matrices=True)
    rank = int((values > 1e-9 * max(1.0, values.max(initial=0.0))).sum())
    return u[:, rank:].conj().T


def fits(z: np.ndarray, parts: list, operators: list[np.ndarray]) -> float:
    """Largest distance, over operators, of A z from the measurements of the model."""
    worst = 0.0
    for A in operators:
        best = np.inf
        for basis, offset in parts:
            target, columns = A @ (z - offset), A @ basis
            if columns.shape[1]:
                target = target - columns @ np.linalg.lstsq(columns, target, rcond=None)[0]
            best = min(best, float(np.linalg.norm(target)))
        worst = max(worst, best)
    return worst


def all_assignments(parts: list, operators: list[np.ndarray]) -> bool:
    """Whether every assignment of pieces to operators leaves only signals of a single piece.

    All linear equations of an assignment at once; nothing is pruned.
    """
    n = operators[0].shape[1]
    own = [(null_rows(basis) if basis.shape[1] else np.eye(n), a) for basis, a in parts]
    for choice in itertools.product(range(len(parts)), repeat=len(operators)):
        rows, values = [np.zeros((0, n))], [np.zeros(0)]
        for A, i in zip(operators, choice, strict=True):
            basis, a = parts[i]
            C = null_rows(A @ basis) if basis.shape[1] else np.eye(len(A))
            rows.append(C @ A)
            values.append(C @ A @ a)
        M, b = np.concatenate(rows), np.concatenate(values)
        z, *_ = np.linalg.lstsq(M, b, rcond=1e-10)
        if np.linalg.norm(M @ z - b) > 1e-7:
            continue
        _, s, vh = np.linalg.svd(M, full_matrices=True)
        free = vh[int((s > 1e-9 * max(1.0, s.max(initial=0.0))).sum()) :].conj()
        inside = [
            np.linalg.norm(C @ (z - a)) < 1e-7 and np.linalg.norm(C @ free.T) < 1e-7 for C, a in own
        ]
        if not any(inside):
            return False
    return True


def parts_of(bases, offsets=None) -> list:
    n = np.shape(bases[0])[0]
    zero = [np.zeros(n)] * len(bases) if offsets is None else offsets
    return [(np.reshape(b, (n, -1)), a) for b, a in zip(bases, zero, strict=True)]


class TestSubspace:
    @pytest.mark.parametrize("seed", range(20))
    def test_closed_form_of_generic_subspaces(self, seed):
        # Identified exactly if |G| (m - k) >= n - k; 30 cells for each of 20 seeds.
        rng = np.random.default_rng(seed)
        for _ in range(30):
            n = int(rng.integers(2, 14))
            k, G, m = int(rng.integers(1, n)), int(rng.integers(1, 6)), int(rng.integers(1, n + 1))
            basis, operators = rng.standard_normal((n, k)), gaussians(rng, G, m, n)
            found = st.identify(models.Subspace(basis), operators)
            assert found.verdict is (YES if G * max(m - k, 0) >= n - k else NO)
            assert found.recovery is (YES if m >= k else NO)
            assert found.smaller_sets is found.recovery
            if found.verdict is NO:
                assert found.identified_up_to.dim == n - k - G * max(m - k, 0)
                assert fits(found.spurious, parts_of([basis]), operators) < 1e-9
                assert models.Subspace(basis).distance(found.spurious) > 0.99

    @pytest.mark.parametrize(
        ("n", "k", "G", "least"),
        [(50, 10, 10, 14), (50, 10, 5, 18), (784, 12, 40, 32), (784, 12, 10, 90)],
    )
    def test_turns_where_published_experiments_do(self, n, k, G, least):
        rng = np.random.default_rng(n + G)
        X = models.Subspace(rng.standard_normal((n, k)))
        for m, verdict in ((least - 1, NO), (least, YES)):
            assert st.identify(X, gaussians(rng, G, m, n)).verdict is verdict

    def test_agrees_with_brute_force_on_small_integers(self):
        rng = np.random.default_rng(5)
        seen = set()
        for _ in range(300):
            n, k, m, G = rng.integers((2, 1, 1, 1), (6, 3, 4, 4))
            k = min(k, n - 1)
            basis = rng.integers(-1, 2, (n, k)).astype(float)
            if np.linalg.matrix_rank(basis) < k:
                continue
            operators = [rng.integers(-1, 2, (m, n)).astype(float) for _ in range(G)]
            if not all(A.any() for A in operators):
                continue
            found = st.identify(models.Subspace(basis), operators)
            assert found.verdict is (YES if all_assignments(parts_of([basis]), operators) else NO)
            seen.add(found.verdict)
        assert seen == {YES, NO}

    @pytest.mark.parametrize("field", ["real", "complex"])
    def test_complex_operators(self, rng, field):
        # Over R a complex row counts twice; over C it is one row.
        n, k = 8, 2
        basis = rng.standard_normal((n, k))
        if field == "complex":
            basis = basis + 1j * rng.standard_normal((n, k))
        for rows, G in itertools.product((1, 2, 3, 4), (2, 3)):
            A = [
                rng.standard_normal((rows, n)) + 1j * rng.standard_normal((rows, n))
                for _ in range(G)
            ]
            m = rows if field == "complex" else 2 * rows
            found = st.identify(models.Subspace(basis), A)
            assert found.verdict is (YES if G * max(m - k, 0) >= n - k else NO)

    def test_affine_subspace_like_its_direction(self, rng):
        n, k = 7, 2
        basis, a = rng.standard_normal((n, k)), rng.standard_normal(n)
        for G, m in itertools.product((1, 2, 3), (3, 4, 5)):
            operators = gaussians(rng, G, m, n)
            found = st.identify(models.Subspace(basis, a), operators)
            assert found.verdict is (YES if G * (m - k) >= n - k else NO)
            if found.verdict is NO:
                assert fits(found.spurious, parts_of([basis], [a]), operators) < 1e-9

    def test_the_whole_space(self, rng):
        found = st.identify(models.Subspace(np.eye(4)), rng.standard_normal((2, 4)))
        assert found.verdict is YES and found.reason == "whole_space"
        # Yet half of the space fits as well: no operator tells its signals apart.
        assert found.smaller_sets is NO and "beware" in str(found)

    def test_zero_alone(self, rng):
        # X = {0}: identified exactly if the stack has full rank.
        zero = models.Subspace(np.zeros((6, 0)))
        for G, verdict in ((2, NO), (3, YES)):
            assert st.identify(zero, gaussians(rng, G, 2, 6)).verdict is verdict

    def test_smaller_sets_may_fit_where_nothing_is_seen_twice(self):
        # Each mask sees one direction of X and the one outside: X is the largest set, and its
        # diagonal gives the same measurements.
        X = models.Subspace(np.eye(3)[:, :2])
        found = st.identify(X, [np.eye(3)[[0, 2]], np.eye(3)[[1, 2]]])
        assert found.verdict is YES and found.smaller_sets is NO and found.recovery is NO
        x, other = found.twins
        assert np.linalg.norm(x - other) > 1 and X.distance([x, other]).max() < 1e-12

    def test_stability_bounds_the_distance(self, rng):
        n, k = 9, 2
        basis, operators = rng.standard_normal((n, k)), gaussians(rng, 4, 4, n)
        X = models.Subspace(basis)
        sigma = st.identify(X, operators).stability
        rows = [np.linalg.svd(A, full_matrices=False)[2] for A in operators]
        slack = []
        for z in rng.standard_normal((200, n)):
            seen = sum(fits(z, parts_of([basis]), [P]) ** 2 for P in rows)
            slack.append(seen / X.distance(z) ** 2)
        assert min(slack) >= sigma**2 * (1 - 1e-9)
        # It is the best such constant: reached in the worst direction.
        C = np.concatenate([null_rows(P @ basis) @ P for P in rows])
        assert sigma == pytest.approx(np.linalg.svd(C, compute_uv=False)[n - k - 1])

    def test_units_of_rows_do_not_matter(self, rng):
        X = models.Subspace(rng.standard_normal((6, 2)))
        for G, verdict in ((1, NO), (2, YES)):
            operators = [A * 10.0 ** rng.uniform(-3, 3, (4, 1)) for A in gaussians(rng, G, 4, 6)]
            assert st.identify(X, operators).verdict is verdict

    def test_rounding_alone_is_no_constraint(self, rng):
        # Rank 2 of an operator of 4 rows: the others are rounding, and must not count.
        X = models.Subspace(rng.standard_normal((6, 2)))
        A = rng.standard_normal((4, 2)) @ rng.standard_normal((2, 6))
        assert st.identify(X, [A, A.copy()]).verdict is NO

    def test_near_the_tolerance_it_says_so(self, rng):
        basis = rng.standard_normal((6, 2))
        A = rng.standard_normal((3, 6))
        nudged = [A + 1e-13 * E for E in gaussians(rng, 4, 3, 6)]
        found = st.identify(models.Subspace(basis), nudged)
        assert found.verdict is OPEN and found.reason == "numerically_unclear"

    def test_rows_in_units_beyond_rounding(self, rng):
        A = rng.standard_normal((4, 6)) * np.array([1, 1, 1, 1e-20])[:, None]
        found = st.identify(models.Subspace(rng.standard_normal((6, 2))), A)
        assert found.verdict is OPEN and "scale them" in found.explanation

    def test_single_precision(self, rng):
        n, k = 8, 2
        X = models.Subspace(rng.standard_normal((n, k)))
        for m, verdict in ((4, NO), (5, YES)):
            single = [A.astype(np.float32) for A in gaussians(rng, 2, m, n)]
            assert st.identify(X, single).verdict is verdict


def invariant_subspace(action, rng: np.random.Generator, copies: int) -> np.ndarray:
    """Span of the orbits of random signals, each in a random half of the irreps."""
    columns = []
    for _ in range(copies):
        coordinates = action.isotypic(rng.standard_normal(action.n))
        chosen = [j for j in range(len(coordinates)) if rng.random() < 0.5] or [0]
        x = sum(coordinates.component(j) for j in chosen)
        for part in (np.real(x), np.imag(x)):
            columns += [g(part) for g in action.elements()]
    u, values, _ = np.linalg.svd(np.array(columns).T, full_matrices=False)
    found = u[:, values > 1e-9 * values[0]].T
    # Weak columns leave the span by more than rounding; the mean of its projectors does not.
    turned = [g(found) for g in action.elements()]
    share, vectors = np.linalg.eigh(sum(part.T @ part for part in turned) / len(turned))
    return vectors[:, share > 0.5]


INVARIANT = {
    "shifts": lambda: st.groups.shifts(9),
    "shifts 2-D": lambda: st.groups.shifts(3, 4),
    "stride": lambda: st.groups.shifts(12, stride=3),
    "quarter turns": lambda: st.groups.quarter_turns(4),
    "dihedral": lambda: st.groups.dihedral(4),
    "polar": lambda: st.groups.polar_rotations(3, 5),
    "reflection": lambda: st.groups.reflections(9),
    "two channels of S_4": lambda: st.groups.direct_sum(
        st.groups.symmetric(4), st.groups.symmetric(4)
    ),
}


class TestInvariantSubspace:
    @pytest.mark.parametrize("name", INVARIANT)
    def test_closed_form(self, name):
        # m >= k + max (c_j - d_j) / s_j for generic A, where X has d_j copies of irrep j.
        rng, action = np.random.default_rng(sum(map(ord, name))), INVARIANT[name]()
        turned = 0
        for _ in range(6):
            basis = invariant_subspace(action, rng, int(rng.integers(1, 3)))
            k = basis.shape[1]
            if k == action.n:
                continue
            shares = np.sum(action.isotypic(basis.T).energies, axis=0)
            sizes = [
                (f.dim, f.multiplicity) for f in action.transform.families for _ in range(f.count)
            ]
            gap = max(
                Fraction(c * s - round(share), s * s)
                for share, (s, c) in zip(shares, sizes, strict=True)
            )
            least = k + ceil(gap)
            for m, verdict in ((least - 1, NO), (least, YES)):
                A = rng.standard_normal((m, action.n))
                found = st.identify(models.Subspace(basis), A, action)
                assert found.verdict is verdict
                explicit = st.identify(models.Subspace(basis), virtual(A, action))
                assert explicit.verdict is verdict
                turned += 1
                if verdict is NO:
                    assert fits(found.spurious, parts_of([basis]), virtual(A, action)) < 1e-9
                    assert found.identified_up_to.dim == explicit.identified_up_to.dim
        assert turned >= 4

    def test_irreps_that_are_lost(self, rng):
        # Four measurements beside the constants see three of four copies of the other irreps.
        action = st.groups.quarter_turns(4)
        found = st.identify(models.Subspace(np.ones((16, 1))), rng.standard_normal((4, 16)), action)
        lost = dict(found.identified_up_to.irreps)
        assert sum(lost.values()) == found.identified_up_to.dim == 3
        assert set(lost) == {"frequency 1/4", "frequency 1/2", "frequency 3/4"}

    def test_toy_of_the_slides(self, rng):
        # n = 3, m = 2, X = span(1): every published sufficient bound is out of reach.
        diagonal = models.Subspace(np.ones((3, 1)))
        for _ in range(20):
            A = rng.standard_normal((2, 3))
            assert st.identify(diagonal, A, st.groups.shifts(3)).verdict is YES
        assert st.identify(diagonal, rng.standard_normal((1, 3)), st.groups.shifts(3)).verdict is NO

    def test_equivariant_operators_gain_nothing(self):
        action = st.groups.shifts(8)
        low = st.operators.fourier(np.abs(np.fft.fftfreq(8)) < 0.3)
        constants = models.Subspace(np.ones((8, 1)))
        found = st.identify(constants, low, action)
        assert found.verdict is NO and found.identified_up_to.dim == 3

    def test_image_size(self):
        # A third of the pixels of 64 x 64, and a model of low frequencies: no matrix is formed.
        size = 64
        rng = np.random.default_rng(0)
        y, x = np.mgrid[:size, :size]
        waves = [(a, b) for a in range(3) for b in range(-2, 3) if (a, b) > (0, 0)]
        columns = [np.ones(size**2)]
        for a, b in waves:
            phase = 2 * np.pi * (a * y + b * x).reshape(-1) / size
            columns += [np.cos(phase), np.sin(phase)]
        model = models.Subspace(np.array(columns).T)
        action = st.groups.shifts(size, size)
        mask = st.operators.inpainting(rng.random((size, size)) < 0.3)
        assert st.identify(model, mask, action).verdict is YES
        few = np.zeros((size, size), dtype=bool)
        few.reshape(-1)[: model.dim] = True
        assert st.identify(model, st.operators.inpainting(few), action).verdict is NO

    def test_rotations_of_a_disk(self, rng):
        # A continuous group: the constants and one frequency, through generic rows.
        action = st.groups.disk_rotations(8)
        values = action.isotypic(rng.standard_normal(action.n))
        j = values.labels.index(next(t for t in values.labels if "0" in t))
        x = np.real(values.component(j))
        X = models.Subspace(x[:, None])
        c = action.irreps.max_multiplicity
        for m, verdict in ((c, YES), (c - 1, NO)):
            # k = 1, and the fullest irrep has lost one copy to the model: m >= 1 + (c - 1).
            found = st.identify(X, rng.standard_normal((m, action.n)), action)
            full = max(
                row.multiplicity - (1 if row.multiplicity == c else 0)
                for row in action.irreps.complex
            )
            expected = YES if m >= 1 + full else NO
            assert found.verdict is expected and verdict in (YES, NO)


class TestGenericSubspace:
    def test_masks_by_covering_agree_with_a_drawn_subspace(self):
        rng = np.random.default_rng(17)
        seen = set()
        for _ in range(80):
            n = int(rng.integers(4, 10))
            k, L = int(rng.integers(1, n)), int(rng.integers(1, 8))
            masks = [rng.random(n) < rng.uniform(0.3, 0.9) for _ in range(L)]
            if not all(mask.any() for mask in masks):
                continue
            operators = [np.eye(n)[mask] for mask in masks]
            found = st.identify(models.GenericSubspace(n, k), operators)
            drawn = st.identify(models.Subspace(rng.standard_normal((n, k))), operators)
            assert found.verdict is drawn.verdict
            assert (found.reason, found.explored.method) == ("covering_condition", "covering")
            seen.add(found.verdict)
        assert seen == {YES, NO}

    @pytest.mark.parametrize("field", ["real", "complex"])
    def test_closed_form(self, rng, field):
        model = models.GenericSubspace(9, 3, field)
        for G, m in itertools.product((1, 2, 3), (4, 5, 6)):
            found = st.identify(model, gaussians(rng, G, m, 9))
            assert found.verdict is (YES if G * (m - 3) >= 6 else NO)
            assert found.explanation.startswith("For almost every subspace")


class TestUnionOfSubspaces:
    @pytest.mark.parametrize("seed", range(8))
    def test_agrees_with_brute_force(self, seed):
        rng = np.random.default_rng(seed)
        for _ in range(12):
            n, p, G = (int(v) for v in rng.integers((3, 2, 1), (6, 5, 4)))
            bases = [rng.standard_normal((n, int(rng.integers(1, 3)))) for _ in range(p)]
            m = int(rng.integers(1, n))
            operators = gaussians(rng, G, m, n)
            model = models.UnionOfSubspaces(bases)
            found = st.identify(model, operators)
            assert found.verdict is (YES if all_assignments(parts_of(bases), operators) else NO)
            if found.verdict is NO:
                assert fits(found.spurious, parts_of(bases), operators) < 1e-8
                assert model.distance(found.spurious) > 1e-4

    def test_agrees_with_brute_force_on_small_integers(self):
        # Coordinate lines and planes, masks and differences: nothing is generic.
        rng = np.random.default_rng(3)
        seen = set()
        for _ in range(150):
            n, p, G = (int(v) for v in rng.integers((3, 2, 1), (5, 4, 4)))
            bases = []
            while len(bases) < p:
                b = rng.integers(-1, 2, (n, int(rng.integers(1, 3)))).astype(float)
                if np.linalg.matrix_rank(b) == b.shape[1]:
                    bases.append(b)
            operators = [
                rng.integers(-1, 2, (int(rng.integers(1, n)), n)).astype(float) for _ in range(G)
            ]
            if not all(A.any() for A in operators):
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                found = st.identify(models.UnionOfSubspaces(bases), operators)
            assert found.verdict is (YES if all_assignments(parts_of(bases), operators) else NO)
            seen.add(found.verdict)
        assert seen == {YES, NO}

    @pytest.mark.parametrize("field", ["real", "complex"])
    def test_affine_and_complex_pieces(self, field):
        rng = np.random.default_rng(11)
        for _ in range(30):
            n, p, G = (int(v) for v in rng.integers((3, 2, 2), (6, 4, 4)))
            bases, offsets = rng.standard_normal((p, n, 1)), rng.standard_normal((p, n))
            operators = gaussians(rng, G, int(rng.integers(1, n)), n)
            if field == "complex":
                bases = bases + 1j * rng.standard_normal(bases.shape)
                offsets = offsets + 1j * rng.standard_normal(offsets.shape)
            model = models.UnionOfSubspaces(bases, offsets)
            found = st.identify(model, operators)
            parts = parts_of(list(bases), list(offsets))
            assert found.verdict is (YES if all_assignments(parts, operators) else NO)
            if found.verdict is NO:
                assert fits(found.spurious, parts, operators) < 1e-8
                assert model.distance(found.spurious) > 1e-6

    @pytest.mark.parametrize("n", [4, 5, 6, 7, pytest.param(8, marks=pytest.mark.slow)])
    def test_lines_of_an_orbit_turn_at_three(self, n):
        # n lines {T_h v} under n shifts: m = 2 = k + n/|G| never, m = 3 = 2k + max c always,
        # although independent operators on the same lines succeed with two.
        rng = np.random.default_rng(n)
        for _ in range(2):
            v, action = rng.standard_normal(n), st.groups.shifts(n)
            lines = models.UnionOfSubspaces([np.roll(v, i) for i in range(n)])
            A = rng.standard_normal((2, n))
            found = st.identify(lines, A, action)
            assert found.verdict is NO
            parts = parts_of([np.roll(v, i)[:, None] for i in range(n)])
            assert fits(found.spurious, parts, virtual(A, action)) < 1e-8
            assert st.identify(lines, rng.standard_normal((3, n)), action).verdict is YES
            if n < 7:
                assert st.identify(lines, gaussians(rng, n, 2, n)).verdict is YES

    @pytest.mark.parametrize("name", ["shifts", "rotations", "reflection"])
    def test_orbits_agree_with_brute_force(self, name):
        action = {
            "shifts": st.groups.shifts(4),
            "rotations": st.groups.polar_rotations(2, 3),
            "reflection": st.groups.reflections(5),
        }[name]
        rng, n, seen = np.random.default_rng(len(name)), action.n, set()
        for k, m in itertools.product((1, 2), range(1, n)):
            B = rng.standard_normal((n, k))
            orbit = [g(B.T).T for g in action.elements()]
            A = rng.standard_normal((m, n))
            found = st.identify(models.UnionOfSubspaces(orbit), A, action)
            expected = all_assignments(parts_of(orbit), virtual(A, action))
            assert found.verdict is (YES if expected else NO)
            seen.add(found.verdict)
        assert seen == {YES, NO}

    def test_symmetry_changes_the_work_and_not_the_answer(self):
        rng, saved = np.random.default_rng(2), []
        for m, n in ((2, 4), (2, 5), (3, 4), (3, 5), (3, 6), (3, 7)):
            v, action = rng.standard_normal(n), st.groups.shifts(n)
            lines = models.UnionOfSubspaces([np.roll(v, i) for i in range(n)])
            A = rng.standard_normal((m, n))
            short, long = st.identify(lines, A, action), st.identify(lines, virtual(A, action))
            assert short.verdict is long.verdict
            if short.verdict is YES:
                saved.append(long.explored.nodes - short.explored.nodes)
        assert min(saved) >= 0 and max(saved) > 0

    @pytest.mark.parametrize(("N", "c", "k"), [(4, 1, 1), (5, 2, 1), (4, 2, 2), (4, 3, 1)])
    def test_orbit_of_one_subspace(self, N, c, k):
        # The orbit of one generic subspace under C_N with multiplicity c turned at k + max(2, c)
        # in every setting tried when the project was planned.
        rng, action = np.random.default_rng(N + c + k), st.groups.polar_rotations(c, N)
        n = action.n
        B = rng.standard_normal((n, k))
        orbit = models.UnionOfSubspaces([g(B.T).T for g in action.elements()])
        least = k + max(2, c)
        for m, verdict in ((least - 1, NO), (least, YES)):
            assert st.identify(orbit, rng.standard_normal((m, n)), action).verdict is verdict

    def test_generic_operators_at_the_published_bound(self):
        # m >= k + n/|G| suffices for almost every list of operators on a union of subspaces.
        rng = np.random.default_rng(4)
        for _ in range(20):
            n, k, p, G = (int(v) for v in rng.integers((4, 1, 2, 2), (9, 3, 7, 5)))
            m = k + ceil(n / G)
            if m <= n:
                model = models.UnionOfSubspaces(rng.standard_normal((p, n, k)))
                assert st.identify(model, gaussians(rng, G, m, n)).verdict is YES

    def test_one_piece_is_a_subspace(self, rng):
        basis, a, A = rng.standard_normal((5, 2)), rng.standard_normal(5), gaussians(rng, 3, 3, 5)
        for offset in (None, a):
            union = models.UnionOfSubspaces([basis], None if offset is None else [offset])
            one, other = st.identify(union, A), st.identify(models.Subspace(basis, offset), A)
            assert one.verdict is other.verdict is YES and one.reason == "full_rank"

    def test_budget(self, rng):
        model = models.UnionOfSubspaces(rng.standard_normal((7, 7, 1)))
        A = gaussians(rng, 7, 2, 7)
        last = 2.0
        for budget in (1, 7, 50):
            found = st.identify(model, A, budget=budget)
            assert (found.verdict, found.reason) == (OPEN, "budget")
            assert found.explored.nodes == budget
            assert 0 < found.explored.open_fraction <= last
            last = found.explored.open_fraction
        assert "raise `budget`" in str(found)

    def test_a_group_too_large_to_list(self):
        # S_12 on R^12 keeps the coordinate lines; with many rows a few elements are enough.
        lines = models.UnionOfSubspaces(np.eye(12)[:, :, None])
        action, rng = st.groups.symmetric(12), np.random.default_rng(0)
        assert st.identify(lines, rng.standard_normal((8, 12)), action).verdict is YES
        found = st.identify(lines, rng.standard_normal((1, 12)), action)
        assert (found.verdict, found.reason) == (OPEN, "group_not_listed")


class TestNearDegeneracy:
    @pytest.mark.parametrize("kind", ["subspace", "union", "points", "affine"])
    @pytest.mark.parametrize("seed", range(3))
    def test_never_wrong_on_the_way(self, kind, seed):
        # Six equal operators leave a null space open; nudged by d they identify the model for every
        # d > 0, and by less than rounding the question is another one than was asked.
        rng, n = np.random.default_rng(seed), 6
        model = {
            "subspace": lambda: models.Subspace(rng.standard_normal((n, 2))),
            "union": lambda: models.UnionOfSubspaces(rng.standard_normal((3, n, 2))),
            "points": lambda: models.FiniteSet(rng.standard_normal((4, n))),
            "affine": lambda: models.UnionOfSubspaces(
                rng.standard_normal((3, n, 1)), rng.standard_normal((3, n))
            ),
        }[kind]()
        A, changes = rng.standard_normal((4, n)), rng.standard_normal((6, 4, n))
        for d, allowed in (
            (0.0, {NO}),
            (1e-16, {NO}),
            (1e-14, {NO, OPEN}),
            (1e-12, {OPEN}),
            (1e-10, {OPEN, YES}),
            (1e-8, {OPEN, YES}),
            (1e-6, {OPEN, YES}),
            (1e-2, {YES}),
        ):
            found = st.identify(model, [A + d * E for E in changes])
            assert found.verdict in allowed, d


class TestNearPieces:
    """Two atoms at an angle e: another model for every e > 0, of which less and less is seen."""

    gaps = (1e-2, 1e-4, 1e-6, 1e-7, 1e-8, 1e-9, 1e-11, 1e-12)

    @staticmethod
    def atoms(e: float) -> np.ndarray:
        return np.array([[1, 1, 0], [0, e, 0], [0, 0, 1], [0, 0, 0.0]])

    @staticmethod
    def models(e: float) -> list:
        """Models that are not identified by `operators`, for any e > 0, with their parts."""
        D = TestNearPieces.atoms(e)
        planes = [D[:, [0, 2]], D[:, [1, 2]]]
        affine = planes, np.eye(4)[[3, 3]]
        return [
            (models.SparseDictionary, (D, 2), parts_of([*planes, D[:, :2]])),
            (models.UnionOfSubspaces, (planes,), parts_of(planes)),
            (models.UnionOfSubspaces, affine, parts_of(*affine)),
        ]

    operators = (
        np.array([[1.0, 0, 0, 1], [0, 1, 0, 2], [0, 0, 1, 3]]),
        np.array([[1.0, 0, 0, 2], [0, 1, 0, -1], [0, 0, 1, 1]]),
    )

    @pytest.mark.parametrize("number", range(3))
    @pytest.mark.filterwarnings("ignore:.*are kept:UserWarning")
    def test_no_gap_is_clearly_none(self, number):
        for e in self.gaps:
            kind, given, parts = self.models(e)[number]
            if e >= 1e-2:
                assert not all_assignments(parts, self.operators)
            found = st.identify(kind(*given), self.operators)
            assert found.verdict in ({NO} if e >= 1e-4 else {NO, OPEN}), e
            if found.verdict is OPEN:
                assert found.reason == "numerically_unclear"
                assert found.smaller_sets is OPEN and found.recovery is not YES

    @pytest.mark.parametrize("number", range(3))
    @pytest.mark.filterwarnings("ignore:.*are kept:UserWarning")
    def test_duplicates_are_clearly_one(self, number):
        for e in (0.0, 1e-16, 1e-15):
            kind, given, _ = self.models(e)[number]
            found = st.identify(kind(*given), self.operators)
            plane = [self.atoms(0)[:, [0, 2]]]
            own = parts_of(plane, given[1][:1]) if number == 2 else parts_of(plane)
            assert all_assignments(own, self.operators)
            assert (found.verdict, found.recovery, found.smaller_sets) == (YES, YES, YES)

    @pytest.mark.filterwarnings("ignore:.*are kept:UserWarning")
    def test_recovery(self):
        # (1, 0, 0) and (1, e, 0) look alike, whatever e > 0.
        A = np.array([[1.0, 0, 0], [0, 0, 1]])
        for e in self.gaps:
            lines = [[1.0, 0, 0], [1, e, 0]]
            for model in (
                models.SparseDictionary(np.transpose(lines), 1),
                models.UnionOfSubspaces(lines),
                models.UnionOfSubspaces([[0.0, 0, 1]] * 2, lines),
            ):
                found = st.identify(model, A)
                assert found.recovery in ({NO} if e >= 1e-4 else {NO, OPEN}), (e, model)
                assert found.smaller_sets in (NO, OPEN)
        for model in (
            models.SparseDictionary([[1.0, 3], [0, 0], [0, 0]], 1),
            models.UnionOfSubspaces([[1.0, 0, 0], [0.1, 0, 0]]),
        ):
            assert st.identify(model, A).recovery is YES

    @pytest.mark.filterwarnings("ignore:.*are kept:UserWarning")
    def test_what_is_proved_stands(self):
        # One row leaves everything open, whether or not two lines are one; R^2 contains them all.
        lines = [[1.0, 0, 0], [1, 1e-9, 0]]
        found = st.identify(models.UnionOfSubspaces(lines), np.ones((1, 3)))
        assert found.verdict is NO
        assert fits(found.spurious, parts_of(lines), [np.ones((1, 3))]) < 1e-8
        assert models.UnionOfSubspaces(lines).distance(found.spurious) > 1e-3
        plane = models.SparseDictionary(np.array([[1.0, 1, 0], [0, 1e-9, 1]]), 2)
        whole = st.identify(plane, np.eye(2))
        assert (whole.verdict, whole.reason) == (YES, "whole_space")

    @pytest.mark.filterwarnings("ignore:.*are kept:UserWarning")
    def test_single_precision(self):
        # In single precision more is too near to be told, and last digits are larger.
        for e, allowed in ((1e-2, {NO, OPEN}), (1e-3, {NO, OPEN}), (1e-4, {OPEN}), (1e-7, {YES})):
            D = self.atoms(e).astype(np.float32)
            found = st.identify(models.SparseDictionary(D, 2), self.operators)
            assert found.verdict in allowed, e


class TestSparseDictionary:
    def test_agrees_with_the_union_of_its_supports(self):
        rng = np.random.default_rng(8)
        for _ in range(12):
            n, p = (int(v) for v in rng.integers((4, 4), (6, 6)))
            atoms = rng.standard_normal((n, p))
            bases = [atoms[:, list(s)] for s in itertools.combinations(range(p), 2)]
            operators = gaussians(rng, 2, int(rng.integers(2, n)), n)
            one = st.identify(models.SparseDictionary(atoms, 2), operators)
            assert one.verdict is (YES if all_assignments(parts_of(bases), operators) else NO)

    def test_shift_invariant_dictionary(self, rng):
        v, n = rng.standard_normal(6), 6
        D = models.SparseDictionary(np.array([np.roll(v, i) for i in range(n)]).T, 1)
        assert st.identify(D, rng.standard_normal((3, n)), st.groups.shifts(n)).verdict is YES
        assert st.identify(D, rng.standard_normal((2, n)), st.groups.shifts(n)).verdict is NO

    def test_dependent_atoms_are_their_span(self, rng):
        # Atoms of one plane: 2-sparse signals are the plane, and the rank of it decides.
        plane = rng.standard_normal((5, 2))
        D = models.SparseDictionary(plane @ rng.standard_normal((2, 4)), 2)
        for G, verdict in ((2, NO), (3, YES)):
            A = gaussians(rng, G, 3, 5)
            assert st.identify(D, A).verdict is verdict
            assert st.identify(models.Subspace(plane), A).verdict is verdict


class TestFiniteSet:
    @pytest.mark.parametrize("k", [2, 3, 4])
    def test_regular_polygons_fool_k_projections(self, k):
        # Every other corner of a regular 2k-gon, and the rest of them, agree in k projections.
        angles = np.pi * np.arange(2 * k) / k
        corners = np.column_stack([np.cos(angles), np.sin(angles)])
        axes = np.pi * (2 * np.arange(k) + 1) / (2 * k)
        views = [np.array([[np.cos(t), np.sin(t)]]) for t in axes]
        model = models.FiniteSet(corners[::2])
        found = st.identify(model, views)
        assert found.verdict is NO
        assert np.linalg.norm(corners[1::2] - found.spurious, axis=1).min() < 1e-9
        # Heppes: one direction more, and k points are determined.
        assert st.identify(model, [*views, np.array([[np.cos(0.3), np.sin(0.3)]])]).verdict is YES

    def test_agrees_with_brute_force(self):
        rng = np.random.default_rng(21)
        seen = set()
        for _ in range(120):
            n, p, G = (int(v) for v in rng.integers((2, 2, 1), (4, 5, 5)))
            points = np.unique(rng.integers(-2, 3, (p, n)), axis=0).astype(float)
            operators = [rng.integers(-1, 2, (1, n)).astype(float) for _ in range(G)]
            if len(points) < 2 or not all(A.any() for A in operators):
                continue
            found = st.identify(models.FiniteSet(points), operators)
            parts = [(np.zeros((n, 0)), x) for x in points]
            assert found.verdict is (YES if all_assignments(parts, operators) else NO)
            if found.verdict is NO:
                assert fits(found.spurious, parts, operators) < 1e-8
            seen.add((found.verdict, found.recovery, found.smaller_sets))
        assert len(seen) >= 4

    def test_smaller_sets_by_leaving_points_out(self):
        # Four corners of a square through both axes: two opposite ones give the same answers.
        corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
        axes = [np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])]
        found = st.identify(models.FiniteSet(corners), axes)
        assert found.verdict is YES and found.smaller_sets is NO and found.recovery is NO
        two = st.identify(models.FiniteSet(corners[[0, 3]]), axes)
        assert two.verdict is NO and two.smaller_sets is YES

    def test_scale_does_not_matter(self):
        rng = np.random.default_rng(0)
        points, operators = rng.standard_normal((5, 4)), gaussians(rng, 3, 2, 4)
        for scale in (1e-8, 1.0, 1e8):
            assert st.identify(models.FiniteSet(scale * points), operators).verdict is YES
            one = [A[:1] for A in operators]
            assert st.identify(models.FiniteSet(scale * points), one).verdict is NO

    def test_under_an_action(self):
        rng = np.random.default_rng(1)
        v, action = rng.standard_normal(4), st.groups.shifts(4)
        orbit = models.FiniteSet([np.roll(v, i) for i in range(4)])
        for m in (1, 2):
            A = rng.standard_normal((m, 4))
            found = st.identify(orbit, A, action)
            parts = [(np.zeros((4, 0)), x) for x in orbit.points]
            assert found.verdict is (YES if all_assignments(parts, virtual(A, action)) else NO)


class TestRecovery:
    def test_generic_unions_turn_at_twice_the_dimension(self):
        # x - x' fills S_i + S_j of dimension 2k, which a generic A keeps apart from 0 iff m >= 2k.
        rng = np.random.default_rng(6)
        for k, p in ((1, 4), (2, 3), (3, 2)):
            n = 2 * k + 2
            model = models.UnionOfSubspaces(rng.standard_normal((p, n, k)))
            for m, verdict in ((2 * k - 1, NO), (2 * k, YES)):
                A = rng.standard_normal((m, n))
                found = st.identify(model, A)
                assert found.recovery is verdict
                if verdict is NO:
                    x, other = found.twins
                    assert model.distance([x, other]).max() < 1e-9
                    assert np.linalg.norm(A @ (x - other)) < 1e-9 < np.linalg.norm(x - other)

    def test_against_all_pairs(self):
        rng = np.random.default_rng(9)
        seen = set()
        for _ in range(150):
            n, p, m = (int(v) for v in rng.integers((3, 2, 1), (6, 4, 5)))
            bases = []
            while len(bases) < p:
                b = rng.integers(-1, 2, (n, int(rng.integers(1, 3)))).astype(float)
                if np.linalg.matrix_rank(b) == b.shape[1]:
                    bases.append(b)
            A = rng.integers(-1, 2, (m, n)).astype(float)
            if not A.any():
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                found = st.identify(models.UnionOfSubspaces(bases), A)
            rank = np.linalg.matrix_rank
            pairs = [
                np.column_stack(pair) for pair in itertools.combinations_with_replacement(bases, 2)
            ]
            expected = all(rank(A @ both) == rank(both) for both in pairs)
            assert found.recovery is (YES if expected else NO)
            seen.add(found.recovery)
        assert seen == {YES, NO}

    def test_affine_pairs(self):
        # Points of two parallel lines: told apart unless A shows neither their direction nor gap.
        lines = models.UnionOfSubspaces([np.eye(3)[:, :1]] * 2, np.eye(3)[1:])
        for rows, verdict in (([0, 1], YES), ([0, 2], YES), ([1, 2], NO), ([0], NO)):
            found = st.identify(lines, np.eye(3)[rows])
            assert found.recovery is verdict
            if verdict is NO:
                x, other = found.twins
                assert lines.distance([x, other]).max() < 1e-12
                assert np.allclose((x - other)[rows], 0) and np.linalg.norm(x - other) > 0.5

    def test_every_operator_must_be_one_to_one(self, rng):
        model = models.UnionOfSubspaces(rng.standard_normal((3, 6, 1)))
        found = st.identify(model, [rng.standard_normal((4, 6)), rng.standard_normal((1, 6))])
        assert found.recovery is NO and found.smaller_sets is YES


class TestPrecisionAndScale:
    square = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    axes = (np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]))

    @pytest.mark.parametrize("scale", [1e-80, 1e-12, 1.0, 1e12, 1e80])
    def test_units_of_points_do_not_matter(self, scale):
        found = st.identify(models.FiniteSet(scale * self.square), self.axes)
        assert (found.verdict, found.recovery, found.smaller_sets) == (NO, NO, NO)
        assert np.allclose(found.spurious / scale, [1.0, 1.0])

    @pytest.mark.parametrize("scale", [1e-165, 1e160])
    def test_units_beyond_floating_point_are_refused(self, scale):
        with pytest.raises(ValueError, match="Choose another unit"):
            models.FiniteSet(scale * self.square)
        with pytest.raises(ValueError, match="Choose another unit"):
            models.UnionOfSubspaces(np.ones((1, 2, 1)), [[scale, 0.0]])

    @pytest.mark.parametrize(("far", "verdict"), [(1e3, NO), (1e6, NO), (1e10, OPEN), (1e13, OPEN)])
    def test_points_too_near_beside_a_far_one(self, far, verdict):
        # (1, 1, 0) fits whatever the far point is; rounding of the far one may hide it.
        points = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, far]])
        found = st.identify(models.FiniteSet(points), [np.eye(3)[[0, 2]], np.eye(3)[[1, 2]]])
        assert found.verdict is found.recovery is verdict

    @pytest.mark.parametrize("power", [0, 10, 20, 28])
    def test_nearly_dependent_columns(self, power):
        # The same plane by columns that are nearly parallel: exact numbers, and a lost digit each.
        K = 2.0**power
        basis = np.array([[-1, -K], [-2, -2 * K + 2], [1, K]])
        rows = [[[0, 0, 1], [0, 0, -1]], [[1, 1, 1], [1, -1, 1]], [[0, 0, 1], [-1, 0, -1]]]
        operators = [np.array(A, float) for A in rows]
        assert st.identify(models.Subspace(basis), operators).verdict in (YES, OPEN)
        plain = models.Subspace(np.array([[-1.0, 0], [-2, 2], [1, 0]]))
        assert st.identify(plain, operators).verdict is YES

    def test_columns_that_only_rounding_tells_apart(self, rng):
        basis = rng.standard_normal((6, 2))
        near = np.column_stack([basis[:, 0], basis[:, 0] + 1e-13 * basis[:, 1]])
        found = st.identify(models.Subspace(near), gaussians(rng, 4, 3, 6))
        assert found.verdict is OPEN and found.reason == "numerically_unclear"

    def test_more_atoms_than_dimensions(self, rng):
        # Three of four atoms span the plane already: all signals are sparse.
        D = models.SparseDictionary(rng.standard_normal((2, 4)), 3)
        found = st.identify(D, np.eye(2)[:1])
        assert D.dim == 2 and (found.verdict, found.reason) == (YES, "whole_space")

    def test_offsets_inside_their_spans_are_none(self):
        line, plane = np.ones((3, 1)), np.array([[1.0, 2.0], [2.0, -1.0], [1.0, 2.0]])
        lifted = models.UnionOfSubspaces([line, plane[:, :1]], [[2.0, 2, 2], plane[:, 0]])
        assert lifted.pieces.height == 0 and lifted.dim == 1

    def test_single_precision_models(self, rng):
        atoms = rng.standard_normal((5, 6)).astype(np.float32)
        waves = np.array([np.cos(np.pi * np.arange(8) / 4), np.sin(np.pi * np.arange(8) / 4)]).T
        single = [A.astype(np.float32) for A in gaussians(rng, 3, 4, 5)]
        dictionary, points = models.SparseDictionary(atoms, 2), models.FiniteSet(atoms.T)
        assert st.identify(points, single).verdict is YES
        assert st.identify(dictionary, single).verdict in (YES, OPEN)
        for model in (dictionary, points):
            assert st.identify(model, [A[:1] for A in single]).verdict is NO
        few = rng.standard_normal((2, 8)), rng.standard_normal((3, 8))
        for A, verdict in zip(few, (NO, YES), strict=True):
            model = models.Subspace(waves.astype(np.float32))
            assert st.identify(model, A, st.groups.shifts(8)).verdict in (verdict, OPEN)

    def test_a_rotation_of_nothing(self, rng):
        action = st.groups.kravchuk_rotations(4)
        for model in (models.Subspace(np.zeros((16, 0))), models.FiniteSet(np.zeros((1, 16)))):
            assert st.identify(model, rng.standard_normal((3, 16)), action).verdict is NO

    def test_recovery_keeps_to_the_budget(self, rng):
        atoms = rng.standard_normal((9, 12))
        atoms[:, 2] = atoms[:, 0] + atoms[:, 1]
        found = st.identify(models.SparseDictionary(atoms, 2), gaussians(rng, 2, 6, 9), budget=5)
        assert (found.recovery, found.recovery_reason) == (OPEN, "budget")
        more = st.identify(models.SparseDictionary(atoms, 2), gaussians(rng, 2, 6, 9))
        assert more.recovery is YES


class TestOddOperators:
    @pytest.mark.parametrize("count", [1, 2])
    def test_operators_that_see_nothing(self, count):
        # Every signal fits them, and no model but the whole space is left.
        blind = [np.zeros((1, 3))] * count
        for model in (
            models.Subspace(np.eye(3)[:, :1]),
            models.GenericSubspace(3, 1),
            models.UnionOfSubspaces(np.eye(3)[:, :, None]),
            models.SparseDictionary(np.eye(3), 2),
            models.FiniteSet([[1.0, 0, 0], [0, 1.0, 0]]),
            models.FiniteSet([[0.0, 0.0, 0.0]]),
            models.Gaussian(np.eye(3)),
        ):
            assert st.identify(model, blind).verdict is NO
            assert st.identify(model, [*blind, np.eye(3)]).verdict is YES

    def test_whatever_can_be_an_operator(self, rng):
        from scipy import sparse
        from scipy.sparse.linalg import aslinearoperator

        A, B = rng.standard_normal((2, 4, 6))
        lines = models.UnionOfSubspaces(rng.standard_normal((3, 6, 1)))
        answers = {
            st.identify(lines, [kind(A), kind(B)]).verdict
            for kind in (np.array, sparse.csr_array, aslinearoperator)
        }
        assert answers == {YES}


class TestQuestions:
    def test_a_model_of_another_size(self, rng):
        with pytest.raises(ValueError, match=r"R.3; got n = 4"):
            st.identify(models.Subspace(np.ones((3, 1))), rng.standard_normal((2, 4)))

    def test_no_model(self, rng):
        with pytest.raises(TypeError, match="`model` must be a model"):
            st.identify(np.eye(3), rng.standard_normal((2, 3)))

    @pytest.mark.parametrize(
        ("budget", "error"), [(0, ValueError), (-1, ValueError), (1.5, TypeError)]
    )
    def test_budget_is_a_positive_integer(self, rng, budget, error):
        with pytest.raises(error, match="budget"):
            st.identify(models.Subspace(np.eye(3)[:, :1]), np.eye(3), budget=budget)

    def test_a_model_that_is_not_invariant(self, rng):
        with pytest.raises(ValueError, match=r"generator 0 of shifts.4. maps it elsewhere"):
            st.identify(
                models.Subspace(rng.standard_normal((4, 1))), np.eye(4), st.groups.shifts(4)
            )

    def test_answers_refuse_to_be_booleans(self, rng):
        found = st.identify(models.Subspace(np.eye(3)[:, :1]), np.eye(3))
        with pytest.raises(TypeError, match="three answers"):
            bool(found.verdict)

    def test_plain_values(self, rng):
        import json

        for model in (
            models.Subspace(np.eye(4)[:, :2]),
            models.UnionOfSubspaces(rng.standard_normal((3, 4, 1))),
            models.Gaussian(np.eye(4)),
        ):
            found = st.identify(model, rng.standard_normal((2, 4)))
            plain = json.loads(json.dumps(found.to_dict(), allow_nan=False))
            assert plain["verdict"] == found.verdict.value
            assert plain["spurious"] == np.asarray(found.spurious).tolist()

    def test_equal_questions_equal_answers(self, rng):
        model = models.UnionOfSubspaces(rng.standard_normal((3, 5, 2)))
        A = gaussians(rng, 2, 3, 5)
        one, other = st.identify(model, A), st.identify(model, A)
        assert np.array_equal(one.spurious, other.spurious) and str(one) == str(other)


class TestWeaklySeenIntegers:
    """An invertible operator identifies whatever there is, however weakly it sees some of it."""

    @staticmethod
    def models(n):
        e = np.eye(n)
        return [
            st.models.Subspace(e[:, :1]),
            st.models.Subspace(e[:, :1], e[:, 1]),
            st.models.UnionOfSubspaces([e[:, :1], e[:, 1:2]]),
            st.models.SparseDictionary(e, 1),
            st.models.FiniteSet(e[:3]),
        ]

    @pytest.mark.parametrize("which", range(5))
    def test_is_never_denied(self, which):
        for n in (12, 46):
            # Determinant 1, smallest singular value about 2^-n.
            A = np.eye(n, dtype=int) - 2 * np.eye(n, k=1, dtype=int)
            assert st.stacked_rank(A, method="exact").full
            answer = st.identify(self.models(n)[which], A)
            wanted = st.Verdict.IDENTIFIABLE if n == 12 else st.Verdict.UNDECIDED
            assert answer.verdict is wanted
            assert answer.spurious is None and answer.recovery is not st.Verdict.NOT_IDENTIFIABLE

    def test_integers_that_do_not_see_are_denied_still(self):
        A = np.eye(12, dtype=int)[:9] - 2 * np.eye(12, k=1, dtype=int)[:9]
        answer = st.identify(st.models.Subspace(np.eye(12)[:, :1]), A)
        assert answer.verdict is st.Verdict.NOT_IDENTIFIABLE
        # A sees of it no more than of some member of the model.
        A0 = A[:, 0] / np.linalg.norm(A[:, 0])
        seen = A @ answer.spurious
        assert np.abs(seen - A0 * (A0 @ seen)).max() < 1e-9
