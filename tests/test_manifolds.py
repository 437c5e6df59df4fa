"""Manifolds: against exact answers for subspaces, polynomial roots for curves, and fine grids."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

import sensing_theorems as st
from sensing_theorems.manifolds import Manifold, descent, identify_locally, search_spurious
from sensing_theorems.manifolds.distances import bracket, descended

YES, NO, OPEN = st.Verdict.IDENTIFIABLE, st.Verdict.NOT_IDENTIFIABLE, st.Verdict.UNDECIDED
TURN = 2 * np.pi


def coefficients(rng, n: int = 3, degree: int = 2) -> np.ndarray:
    """Of cosines and sines, (2, degree, n), falling with the frequency."""
    return rng.standard_normal((2, degree, n)) / np.arange(1, degree + 1)[:, None]


def steepest(c: np.ndarray) -> float:
    """A bound of the slope, by the triangle inequality over frequencies and that of Cauchy."""
    return float(np.arange(1, c.shape[1] + 1) @ np.sqrt((c**2).sum(axis=(0, 2))))


def closed_curve(c: np.ndarray, proven: bool = True) -> Manifold:
    k = np.arange(1, c.shape[1] + 1)
    return Manifold(
        lambda t: np.cos(k * t[0]) @ c[0] + np.sin(k * t[0]) @ c[1],
        lambda t: ((-k * np.sin(k * t[0])) @ c[0] + (k * np.cos(k * t[0])) @ c[1])[:, None],
        (0.0, TURN),
        lipschitz=steepest(c) if proven else None,
    )


def at(c: np.ndarray, w) -> np.ndarray:
    """The curve at w = e^{it}, for complex t as well."""
    k, w = np.arange(1, c.shape[1] + 1), np.asarray(w)[..., None]
    return (w**k + w**-k) / 2 @ c[0] + (w**k - w**-k) / 2j @ c[1]


def fine(c: np.ndarray, count: int = 20_000) -> np.ndarray:
    return at(c, np.exp(1j * np.linspace(0, TURN, count))).real


def flat(basis: np.ndarray) -> Manifold:
    k = basis.shape[1]
    return Manifold(lambda t: basis @ t, lambda t: basis, (-np.ones(k), np.ones(k)))


def circle() -> Manifold:
    return Manifold(
        lambda t: np.array([np.cos(t[0]), np.sin(t[0])]),
        lambda t: np.array([[-np.sin(t[0])], [np.cos(t[0])]]),
        (0.0, TURN),
    )


def sphere() -> Manifold:
    return Manifold(
        lambda t: np.array(
            [np.cos(t[0]) * np.cos(t[1]), np.sin(t[0]) * np.cos(t[1]), np.sin(t[1])]
        ),
        lambda t: np.array(
            [
                [-np.sin(t[0]) * np.cos(t[1]), -np.cos(t[0]) * np.sin(t[1])],
                [np.cos(t[0]) * np.cos(t[1]), -np.sin(t[0]) * np.sin(t[1])],
                [0.0, np.cos(t[1])],
            ]
        ),
        ([0.0, -1.5], [TURN, 1.5]),
    )


def shifted_lines(v: np.ndarray, **constant: float) -> Manifold:
    """Segments of the lines that the shifts of v span, one after the other, as a closed curve."""
    n = len(v)

    def line(t):
        return np.roll(v, int(np.floor(t[0])) % n)

    return Manifold(
        lambda t: np.sin(TURN * t[0]) * line(t),
        lambda t: TURN * np.cos(TURN * t[0]) * line(t)[:, None],
        (0.0, float(n)),
        **constant,
    )


def steps_along(c: np.ndarray, t: float, one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """All s, also complex, such that x(t) + s one lies on the curve plus span(two), but s = 0.

    The condition is a trigonometric polynomial in the parameter of the curve.
    """
    degree, normal, x = c.shape[1], np.cross(one, two), at(c, np.exp(1j * t)).real
    a, b = c @ normal
    polynomial = np.zeros(2 * degree + 1, complex)
    k = np.arange(1, degree + 1)
    polynomial[degree - k], polynomial[degree + k] = -(a - 1j * b) / 2, -(a + 1j * b) / 2
    polynomial[degree] = normal @ x
    w = np.roots(polynomial)
    w = np.delete(w, np.argmin(np.abs(w - np.exp(1j * t))))
    along = one - (one @ two) * two
    return (at(c, w) - x) @ along / (along @ one)


def spurious_by_roots(c: np.ndarray, operators: list[np.ndarray], apart: float) -> np.ndarray:
    """Spurious points of a curve in R^3 and three operators of two rows, from sign changes.

    z = x(t) + s n_1 fits the others if a step to the second is one to the third. The product of
    all differences is real, and changes its sign only where two real ones meet.
    """
    one, two, three = (np.linalg.svd(A)[2][-1] for A in operators)

    def gaps(t):
        s = steps_along(c, t, one, two)
        return s, s[:, None] - steps_along(c, t, one, three)[None]

    grid = np.linspace(0, TURN, 2000) + 0.0123
    values = np.array([np.prod(gaps(t)[1]).real for t in grid])
    found = []
    for i in np.flatnonzero(values[:-1] * values[1:] < 0):
        t = brentq(lambda t: np.prod(gaps(t)[1]).real, grid[i], grid[i + 1], xtol=1e-13)
        s, gap = gaps(t)
        found.append(at(c, np.exp(1j * t)).real + s[np.argmin(np.abs(gap).min(axis=1))].real * one)
    grid = fine(c)
    away = [np.linalg.norm(grid - z, axis=1).min() for z in found]
    # Where the curve crosses itself in a projection, z is on the curve.
    return np.array(found)[np.array(away) > apart]


class TestClosedCurves:
    """A curve in R^3, three generic operators of two rows: m = k + n/G exactly."""

    @pytest.mark.parametrize("seed", range(3))
    def test_spurious_points_like_those_from_polynomial_roots(self, seed):
        rng = np.random.default_rng(seed)
        c, operators = coefficients(rng), list(rng.standard_normal((3, 2, 3)))
        found = search_spurious(closed_curve(c), operators, starts=150)
        points = np.array([p.signal for p in found.spurious])
        expected = spurious_by_roots(c, operators, 1e-3 * found.scale)
        assert (found.verdict, found.reason) == (NO, "spurious_points")
        assert len(points) == len(expected) >= 2
        for z in expected:
            assert np.linalg.norm(points - z, axis=1).min() < 1e-9

    @pytest.mark.parametrize("seed", range(3))
    def test_every_point_fits_and_is_off_the_curve(self, seed):
        rng = np.random.default_rng(seed)
        c, operators = coefficients(rng), list(rng.standard_normal((4, 2, 3)))
        grid, found = fine(c), search_spurious(closed_curve(c), operators[:3], starts=60)
        spacing = np.linalg.norm(np.diff(grid, axis=0), axis=1).max()
        for p in found.spurious:
            for A in operators[:3]:
                fit = np.linalg.norm((grid - p.signal) @ A.T, axis=1).min()
                assert fit < spacing * np.linalg.norm(A, 2)
            away = np.linalg.norm(grid - p.signal, axis=1).min()
            assert p.distance_at_most == pytest.approx(away, abs=spacing)
            assert away / 2.1 < p.distance_at_least < away
            assert p.residual < 1e-12 and p.regular and p.conditioning > 0
            # A fourth operator refutes it.
            fit = np.linalg.norm((grid - p.signal) @ operators[3].T, axis=1).min()
            assert fit > spacing / 2 * np.linalg.norm(operators[3], 2)

    @pytest.mark.parametrize("seed", range(2))
    def test_a_fourth_operator_leaves_near_misses(self, seed):
        rng = np.random.default_rng(seed)
        c, operators = coefficients(rng), list(rng.standard_normal((4, 2, 3)))
        found = search_spurious(closed_curve(c), operators, starts=60)
        assert (found.verdict, found.reason, found.spurious) == (OPEN, "none_found", ())
        best = found.near_misses[0]
        assert found.stability_at_most == pytest.approx(best.residual / best.distance_at_least)
        unproven = search_spurious(closed_curve(c, proven=False), operators, starts=60)
        assert unproven.stability_at_most is None and unproven.near_misses
        ratios = [p.residual / p.distance_at_most for p in found.near_misses]
        assert ratios == sorted(ratios) and ratios[0] > 1e-9
        # The residual on a fine grid is no smaller at any minimum, and no larger.
        P = [np.linalg.svd(A, full_matrices=False)[2] for A in operators]
        grid = fine(c)
        fit = [np.linalg.norm((grid - best.signal) @ p.T, axis=1).min() for p in P]
        assert np.linalg.norm(fit) == pytest.approx(best.residual, rel=1e-2, abs=1e-3)
        assert "nearest miss" in str(found)

    def test_points_differ(self, rng):
        found = search_spurious(
            closed_curve(coefficients(rng)), list(rng.standard_normal((3, 2, 3))), starts=60
        )
        points = [p.signal for p in (*found.spurious, *found.near_misses)]
        for i, z in enumerate(points):
            assert all(np.linalg.norm(z - other) > 1e-6 * found.scale for other in points[:i])

    def test_the_same_seed_finds_the_same(self, rng):
        curve, operators = closed_curve(coefficients(rng)), list(rng.standard_normal((3, 2, 3)))
        one, two = (search_spurious(curve, operators, starts=20, rng=7) for _ in range(2))
        np.testing.assert_array_equal(one.spurious[0].signal, two.spurious[0].signal)

    def test_rows_and_coordinates_do_not_matter(self, rng):
        c, operators = coefficients(rng), list(rng.standard_normal((3, 2, 3)))
        q = np.linalg.qr(rng.standard_normal((3, 3)))[0]
        mixed = [rng.standard_normal((2, 2)) @ A @ q.T for A in operators]
        one = search_spurious(closed_curve(c), operators, starts=150)
        two = search_spurious(closed_curve(c @ q.T), mixed, starts=150, rng=1)
        points = np.array([p.signal for p in two.spurious]) @ q
        assert len(one.spurious) == len(points)
        for p in one.spurious:
            near = int(np.argmin(np.linalg.norm(points - p.signal, axis=1)))
            np.testing.assert_allclose(points[near], p.signal, atol=1e-9)
            assert two.spurious[near].conditioning == pytest.approx(p.conditioning, rel=1e-6)

    def test_passes_locally(self, rng):
        curve, operators = closed_curve(coefficients(rng)), list(rng.standard_normal((3, 2, 3)))
        look = identify_locally(curve, operators)
        assert (look.verdict, look.reason) == (OPEN, "locally_identified")
        assert look.counts == {"passes": 32, "fails": 0, "unclear": 0} and look.dim == 1

    @pytest.mark.parametrize("m", [2, 3])
    def test_under_a_group(self, m, rng):
        # x_j(t) = g(t + 2 pi j / 5): a shift by one moves t.
        n, waves = 5, rng.standard_normal((2, 2))
        phase = TURN * np.arange(n) / n
        c = np.array(
            [
                [
                    a * np.cos(k * phase) + b * np.sin(k * phase)
                    for k, (a, b) in enumerate(waves, 1)
                ],
                [
                    b * np.cos(k * phase) - a * np.sin(k * phase)
                    for k, (a, b) in enumerate(waves, 1)
                ],
            ]
        )
        curve, A, action = closed_curve(c), rng.standard_normal((m, n)), st.groups.shifts(n)
        shifted = np.roll(curve.point(np.array([0.3])), -1)
        np.testing.assert_allclose(curve.point(np.array([0.3 + TURN / n])), shifted, atol=1e-12)
        found, grid = search_spurious(curve, A, action, starts=30), fine(c)
        assert (found.verdict, bool(found.spurious)) == ((NO, True) if m == 2 else (OPEN, False))
        spacing = np.linalg.norm(np.diff(grid, axis=0), axis=1).max()
        for p in found.spurious:
            for g in action.elements():
                fit = np.linalg.norm((grid - g(p.signal)) @ A.T, axis=1).min()
                assert fit < spacing * np.linalg.norm(A, 2)


class TestSubspaces:
    CASES = ((6, 2, 3, 3), (6, 2, 4, 3), (6, 2, 4, 1), (5, 3, 3, 9), (5, 3, 4, 2), (4, 4, 1, 1))

    @pytest.mark.parametrize(("n", "k", "m", "count"), CASES)
    def test_both_agree_with_the_exact_answer(self, n, k, m, count, rng):
        basis, operators = rng.standard_normal((n, k)), list(rng.standard_normal((count, m, n)))
        exact = st.identify(st.models.Subspace(basis), operators)
        look = identify_locally(flat(basis), operators, points=3)
        found = search_spurious(flat(basis), operators, starts=10)
        if exact.verdict is YES:
            assert look.counts["passes"] == 3 and not found.spurious
            if exact.stability is not None:
                np.testing.assert_allclose(look.smallest, exact.stability)
        else:
            assert look.counts["fails"] == 3 and found.verdict is NO
            assert found.stability_at_most == 0
            # To first order is exact for a subspace: the witness fits.
            for A in operators:
                c = np.linalg.lstsq(A @ basis, A @ look.witness, rcond=None)[0]
                np.testing.assert_allclose(A @ (basis @ c - look.witness), 0, atol=1e-9)
            assert np.abs(basis.T @ look.witness).max() < 1e-9

    def test_stability_is_no_larger_than_what_the_search_saw(self, rng):
        # For a subspace every residual per distance is at least the stability.
        basis, operators = rng.standard_normal((5, 1)), list(rng.standard_normal((3, 3, 5)))
        exact = st.identify(st.models.Subspace(basis), operators)
        found = search_spurious(flat(basis), operators, starts=10)
        assert found.verdict is OPEN
        assert all(p.residual / p.distance_at_most >= exact.stability for p in found.near_misses)

    def test_complex_operators_count_twice(self, rng):
        basis = rng.standard_normal((6, 2))
        A = list(rng.standard_normal((3, 2, 6)) + 1j * rng.standard_normal((3, 2, 6)))
        real = [np.concatenate([a.real, a.imag]) for a in A]
        one, two = (identify_locally(flat(basis), some, points=2) for some in (A, real))
        np.testing.assert_allclose(one.smallest, two.smallest)
        assert one.counts == two.counts


class TestShiftedLines:
    """The union of the n lines spanned by shifts: no branch of it is seen by a local test."""

    def test_two_measurements_pass_locally_and_are_not_enough(self, rng):
        n = 4
        v, A, action = rng.standard_normal(n), rng.standard_normal((2, n)), st.groups.shifts(n)
        lines = st.models.UnionOfSubspaces([np.roll(v, i) for i in range(n)])
        assert st.identify(lines, A, action).verdict is NO
        look = identify_locally(shifted_lines(v), A, action, points=8)
        assert look.reason == "locally_identified"
        found = search_spurious(shifted_lines(v), A, action, starts=300)
        # Multiples fit as well: dependent equations do not show that exact solutions are near.
        assert (found.verdict, found.reason, found.spurious) == (OPEN, "candidates", ())
        assert found.candidates
        for p in found.candidates:
            assert lines.distance(p.signal) > 1e-4 and not p.regular
            for g in action.elements():
                off = [
                    np.linalg.norm(y - A @ x * (y @ (A @ x)) / np.sum((A @ x) ** 2))
                    for y in [A @ g(p.signal)]
                    for x in (np.roll(v, i) for i in range(n))
                ]
                assert min(off) < 1e-9

    def test_dependent_equations_stay_open_at_any_distance(self, rng):
        v, A, action = rng.standard_normal(4), rng.standard_normal((2, 4)), st.groups.shifts(4)
        model = shifted_lines(v, lipschitz=TURN * float(np.linalg.norm(v)) * (1 + 1e-12))
        found = search_spurious(model, A, action, starts=300)
        assert (found.verdict, found.reason) == (OPEN, "numerically_unclear")
        assert all(p.distance_at_least > 0 and not p.regular for p in found.candidates)
        assert "up to rounding" in str(found)

    def test_three_are(self, rng):
        v, A, action = rng.standard_normal(4), rng.standard_normal((3, 4)), st.groups.shifts(4)
        lines = st.models.UnionOfSubspaces([np.roll(v, i) for i in range(4)])
        assert st.identify(lines, A, action).verdict is YES
        assert not search_spurious(shifted_lines(v), A, action, starts=100).spurious


class TestSurfaces:
    def test_a_sphere_lies_in_its_cylinders(self, rng):
        # Two rows see a disk: all signals of the intersection of the cylinders fit.
        q = [np.linalg.qr(rng.standard_normal((3, 3)))[0][:2] for _ in range(4)]
        found = search_spurious(sphere(), q, starts=30)
        assert found.verdict is NO
        for p in found.spurious:
            assert all(np.linalg.norm(A @ p.signal) <= 1 + 1e-9 for A in q)
            assert p.distance_at_most == pytest.approx(abs(np.linalg.norm(p.signal) - 1), abs=1e-9)
        look = identify_locally(sphere(), q, points=5)
        assert (look.reason, look.counts["fails"]) == ("locally_ambiguous", 5)
        # In R^3, to the tangent plane at x nothing is orthogonal but x.
        x = sphere().point(look.witness_at)
        assert abs(look.witness @ x) == pytest.approx(1)

    def test_injective_operators_leave_nothing(self, rng):
        A = rng.standard_normal((3, 3))
        assert search_spurious(sphere(), A, starts=10).verdict is OPEN
        assert identify_locally(sphere(), A, points=5).reason == "locally_identified"

    def test_what_no_operator_sees(self, rng):
        found = search_spurious(circle(), [np.eye(2)[:1], 2 * np.eye(2)[:1]], starts=1)
        assert found.verdict is NO
        # The pole of a sphere is a singular point of its parameters.
        pole = Manifold(sphere().function, sphere().jacobian, lambda rng: [0.2, np.pi / 2])
        assert identify_locally(pole, np.eye(3), points=2).dim == 1


class TestFolds:
    """The circle seen by one coordinate at a time: everything in the square fits."""

    OPERATORS = (np.array([[0.0, 1.0]]), np.array([[1.0, 0.0]]))

    def test_the_top_is_unclear(self):
        top = Manifold(circle().function, circle().jacobian, lambda rng: np.pi / 2)
        look = identify_locally(top, self.OPERATORS, points=2)
        assert look.reason == "locally_unclear" and look.counts["unclear"] == 2
        # The stack of all C A has rank n - k = 1 there: alone it would let the point pass.
        assert abs(self.OPERATORS[0] @ top.tangent(np.array([np.pi / 2]))) < 1e-15

    def test_other_points_fail(self):
        look = identify_locally(circle(), self.OPERATORS, points=6)
        assert look.counts["fails"] == 6

    def test_the_square_fits(self):
        found = search_spurious(circle(), self.OPERATORS, starts=30)
        assert found.verdict is NO
        assert all(np.abs(p.signal).max() <= 1 + 1e-12 for p in found.spurious)


def product(frequency: int, d: int = 2, proven: bool = False) -> Manifold:
    """Of d closed curves (cos t, sin t, 2 cos ft, 2 sin ft), one after the other in R^{4d}."""

    def point(t):
        waves = [np.cos(t), np.sin(t), 2 * np.cos(frequency * t), 2 * np.sin(frequency * t)]
        return np.array(waves).T.ravel()

    def slope(t):
        f = frequency
        waves = [-np.sin(t), np.cos(t), -2 * f * np.sin(f * t), 2 * f * np.cos(f * t)]
        J = np.zeros((4 * d, d))
        for j, column in enumerate(np.array(waves).T):
            J[4 * j : 4 * j + 4, j] = column
        return J

    # Columns are orthogonal, of length (1 + 4 f^2)^(1/2).
    bound = (1 + 4 * frequency**2) ** 0.5 if proven else None
    return Manifold(point, slope, (np.zeros(d), np.full(d, TURN)), lipschitz=bound)


class TestNoFalseProof:
    """An upper bound of a distance, which any search gives, proves nothing."""

    @pytest.mark.parametrize(("frequency", "d"), [(5, 2), (20, 2), (50, 2), (20, 3), (50, 6)])
    def test_a_product_of_curves_seen_one_by_one_is_identified(self, frequency, d):
        # Every signal that fits is a product of points of the curves: a point of the model.
        eye = np.eye(4 * d)
        operators = [eye[4 * j : 4 * j + 4] for j in range(d)]
        found = search_spurious(product(frequency, d), operators, starts=50)
        assert (found.verdict, found.spurious, found.candidates) == (OPEN, (), ())

    @pytest.mark.parametrize("proven", [False, True])
    def test_not_even_where_every_descent_fails(self, proven, monkeypatch):
        monkeypatch.setattr(descent, "descended", lambda *args, **options: 1.0)
        eye = np.eye(8)
        found = search_spurious(product(5, proven=proven), [eye[:4], eye[4:]], starts=8)
        assert found.verdict is OPEN and not found.spurious
        if not proven:
            assert found.reason == "candidates" and len(found.candidates) == 8
            assert "`lipschitz`" in str(found)
            assert {p.distance_at_least for p in found.candidates} == {0.0}
            assert {p.dimension for p in found.candidates} == {2}

    def test_the_same_curve_is_refuted_only_with_a_constant(self, rng):
        c, operators = coefficients(rng), list(rng.standard_normal((3, 2, 3)))
        with_, without = (
            search_spurious(closed_curve(c, proven), operators, starts=40)
            for proven in (True, False)
        )
        assert (with_.verdict, without.verdict) == (NO, OPEN)
        assert without.reason == "candidates"
        for p, q in zip(with_.spurious, without.candidates, strict=True):
            np.testing.assert_allclose(p.signal, q.signal, atol=1e-9)

    def test_a_cylinder_seen_from_its_axis_is_identified(self):
        # The model contains all that the operators do not see: no dimension is added.
        def point(t):
            return np.array([np.cos(t[0]), np.sin(t[0]), t[1]])

        def slope(t):
            return np.array([[-np.sin(t[0]), 0.0], [np.cos(t[0]), 0.0], [0.0, 1.0]])

        rows, box = [np.eye(3)[:2], np.array([[1.0, 1, 0], [1, -1, 0]])], ([0.0, -1], [TURN, 1])
        assert search_spurious(Manifold(point, slope, box), rows, starts=5).verdict is OPEN
        # Cut off at both ends it is not.
        found = search_spurious(Manifold(point, slope, box, lipschitz=1.0), rows, starts=5)
        assert found.verdict is NO and found.spurious[0].dimension == 2
        z = found.spurious[0].signal
        away = np.hypot(np.linalg.norm(z[:2]) - 1, max(abs(z[2]) - 1, 0))
        assert away / 2.1 < found.spurious[0].distance_at_least <= away

    def test_certificates_lie_in_the_box(self):
        # The upper half circle: the two coordinates let half of the square fit, and no more.
        half = Manifold(circle().function, circle().jacobian, (0.0, np.pi), lipschitz=1.0)
        found = search_spurious(half, [np.eye(2)[:1], np.eye(2)[1:]], starts=30)
        assert found.verdict is NO
        for p in found.spurious:
            assert np.all((p.parameters >= 0) & (p.parameters <= np.pi))
            assert -1e-12 <= p.signal[1] <= 1 + 1e-12


class TestDistances:
    @pytest.mark.parametrize("seed", range(4))
    def test_bracket_the_distance_on_a_fine_grid(self, seed):
        rng = np.random.default_rng(seed)
        c, z = coefficients(rng), 2 * rng.standard_normal(3)
        away = np.linalg.norm(fine(c, 200_000) - z, axis=1).min()
        lower, upper = bracket(closed_curve(c), z, enough=1e-9)
        assert 0.5 * upper <= lower <= away <= upper + 1e-4

    def test_bracket_the_distance_of_a_surface(self):
        # The norm of the derivative of the sphere is 1 at most.
        ball = Manifold(sphere().function, sphere().jacobian, sphere().domain, lipschitz=1.0)
        for z in ([0.3, 0.0, 0.0], [2.0, 1.0, -2.0]):
            lower, upper = bracket(ball, np.array(z), enough=1e-9)
            assert lower <= abs(np.linalg.norm(z) - 1) <= upper <= 2 * lower

    def test_of_a_point_of_the_model_there_is_no_lower_bound(self, rng):
        model = product(5, proven=True)
        z = model.point(rng.uniform(0, TURN, 2))
        lower, upper = bracket(model, z, enough=1e-3)
        assert lower == 0 and upper > 0

    def test_mixtures_find_products(self, rng):
        # Each coordinate from another parameter: by itself none of them is near.
        model, thetas = product(50, 3), rng.uniform(0, TURN, (3, 3))
        z = model.point(np.diag(thetas))
        known = thetas, np.array([model.point(theta) for theta in thetas])
        upper = descended(model, z, thetas, known, enough=1e-9, thorough=False)
        assert upper < 1e-12


class TestContinuousGroups:
    def test_some_elements_may_be_enough_to_pass(self, rng):
        action = st.groups.kravchuk_rotations(3)
        parts = action.isotypic(rng.standard_normal((9, 9)))
        fixed = parts.component(parts.labels.index("frequency 0")).real
        basis = np.linalg.svd(fixed.T)[0][:, :3]
        model = flat(basis)
        assert identify_locally(model, rng.standard_normal((7, 9)), action, points=2).counts[
            "passes"
        ]
        few = identify_locally(model, rng.standard_normal((3, 9)), action, points=2)
        assert few.counts["unclear"] == 2
        with pytest.raises(ValueError, match="finite group small enough"):
            search_spurious(model, rng.standard_normal((7, 9)), action)


class TestArguments:
    def test_refuses_a_wrong_derivative(self):
        def wrong(t):
            return np.array([[np.sin(t[0])], [np.cos(t[0])]])

        with pytest.raises(ValueError, match=r"entry \(0, 0\) is .*, and differences give"):
            Manifold(circle().function, wrong, (0.0, TURN))

    @pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
    def test_takes_right_ones_in_any_units(self, scale):
        steep = Manifold(
            lambda t: scale * np.array([np.exp(t[0]), np.sin(50 * t[0])]),
            lambda t: scale * np.array([[np.exp(t[0])], [50 * np.cos(50 * t[0])]]),
            (0.0, 3.0),
        )
        assert (steep.n, steep.d) == (2, 1)

    def test_refuses_shapes(self):
        good = circle()
        with pytest.raises(ValueError, match=r"`jacobian` must return shape \(n, d\) = \(2, 1\)"):
            Manifold(good.function, lambda t: np.zeros(2), (0.0, 1.0))
        with pytest.raises(ValueError, match=r"`function` must return a signal \(n,\)"):
            Manifold(lambda t: 1.0, good.jacobian, (0.0, 1.0))
        with pytest.raises(ValueError, match="`domain` must have corners"):
            Manifold(good.function, good.jacobian, ([0.0, 1.0], [1.0]))
        with pytest.raises(ValueError, match="low < high"):
            Manifold(good.function, good.jacobian, (1.0, 1.0))
        with pytest.raises(ValueError, match="one shape"):
            Manifold(good.function, good.jacobian, lambda rng: rng.standard_normal((2, 2)))

    def test_refuses_constants(self):
        good, box = circle(), (0.0, TURN)
        for bad in (0.0, -1.0, np.inf, np.nan):
            with pytest.raises(ValueError, match="`lipschitz` must be positive and finite; got"):
                Manifold(good.function, good.jacobian, box, lipschitz=bad)
        for bad in (True, "1", 1j):
            with pytest.raises(TypeError, match="`lipschitz` must be a real number; got"):
                Manifold(good.function, good.jacobian, box, lipschitz=bad)
        with pytest.raises(ValueError, match="norm of every derivative, which is 1 at theta"):
            Manifold(good.function, good.jacobian, box, lipschitz=0.99)
        with pytest.raises(ValueError, match="must come with a box"):
            Manifold(good.function, good.jacobian, lambda rng: 0.3, lipschitz=1.0)

    def test_refuses_types(self):
        good = circle()
        with pytest.raises(TypeError, match="`function` must be a function"):
            Manifold(3, good.jacobian, (0.0, 1.0))
        with pytest.raises(TypeError, match="`jacobian` must be a function"):
            Manifold(good.function, None, (0.0, 1.0))
        with pytest.raises(TypeError, match="`domain` must be a pair"):
            Manifold(good.function, good.jacobian, 1.0)
        with pytest.raises(TypeError, match="`function` must hold real numbers"):
            Manifold(lambda t: 1j * good.function(t), good.jacobian, (0.0, 1.0))

    def test_refuses_values(self, rng):
        good = circle()
        with pytest.raises(ValueError, match="`function` must be finite"):
            Manifold(lambda t: np.array([np.nan, t[0]]), good.jacobian, (0.0, 1.0))
        with pytest.raises(ValueError, match="`domain` must be finite"):
            Manifold(good.function, good.jacobian, (0.0, np.inf))
        for run in (identify_locally, search_spurious):
            with pytest.raises(ValueError, match=r"signals of the manifold, R\^2; got n = 3"):
                run(good, np.eye(3))
            with pytest.raises(TypeError, match="`manifold` must be a Manifold"):
                run(st.models.Subspace(np.eye(2)[:, :1]), np.eye(2))
            with pytest.raises(TypeError, match="`rng` must be"):
                run(good, np.eye(2), rng=None)
        with pytest.raises(ValueError, match="`points` must be a positive integer"):
            identify_locally(good, np.eye(2), points=0)
        with pytest.raises(TypeError, match="`starts` must be an integer"):
            search_spurious(good, np.eye(2), starts=True)

    def test_functions_that_end_somewhere(self):
        # Starts that run out of the domain of the root are dropped.
        arc = Manifold(
            lambda t: (
                np.array([t[0], np.sqrt(1 - t[0] ** 2)]) if abs(t[0]) < 1 else np.full(2, np.nan)
            ),
            lambda t: np.array([[1.0], [-t[0] / np.sqrt(max(1 - t[0] ** 2, 1e-300))]]),
            (-0.9, 0.9),
        )
        found = search_spurious(arc, [np.eye(2)[:1], np.eye(2)[1:]], starts=10)
        assert found.converged <= found.starts == 10
