"""Responses: against linear programs, brute force over assignments, and arcs of the circle."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.optimize import linprog

import sensing_theorems as st
from sensing_theorems.nonlinear import Clip, Invertible, Sign, identify_through, one_bit_bound

models = st.models
YES, NO, OPEN = st.Verdict.IDENTIFIABLE, st.Verdict.NOT_IDENTIFIABLE, st.Verdict.UNDECIDED
BOX = Clip(-1.0, 1.5)


def virtual(A: np.ndarray, action) -> list[np.ndarray]:
    """All A T_g, from the matrices of the elements."""
    return [A @ np.asarray(g(np.eye(action.n))).T for g in action.elements()]


def same_answers(response, A, basis, foot, z) -> bool:
    """Whether foot + basis c is answered like z for some c, by a linear program in c."""
    v, free, shift = A @ z, A @ basis, A @ foot
    small = 1e-9 * (1 + np.abs(v).max())
    if isinstance(response, Sign):
        over, under, margin = v > small, v < -small, 1e-7 * np.abs(v[np.abs(v) > small]).min()
        high, low = margin, -margin
    else:
        over, under = v >= response.high - small, v <= response.low + small
        high, low = response.high, response.low
    equal = ~(over | under)
    # One unknown more, always 0: a point has none, and a program must have some.
    found = linprog(
        np.zeros(basis.shape[1] + 1),
        np.c_[np.r_[-free[over], free[under]], np.zeros(np.sum(~equal))],
        np.r_[shift[over] - high, low - shift[under]],
        np.c_[free[equal], np.zeros(equal.sum())] if equal.any() else None,
        (v - shift)[equal] if equal.any() else None,
        bounds=[(None, None)] * basis.shape[1] + [(0, 0)],
        method="highs",
    )
    return found.status == 0


def fits(response, operators, parts, z) -> bool:
    """Whether every operator answers z like some signal of some part."""
    return all(any(same_answers(response, A, *part, z) for part in parts) for A in operators)


def parts_of(*bases) -> list:
    return [(np.reshape(b, (len(b), -1)), np.zeros(len(b))) for b in bases]


def points_of(points) -> list:
    return [(np.zeros((len(x), 0)), x) for x in points]


class TestInvertible:
    RESPONSES = (
        Invertible(lambda t: 7 * np.exp(-t), "absorption"),
        Invertible(lambda t: t**3 + t, "cubic"),
        Invertible(lambda t: np.float32(1) * t, "linear"),
        Invertible(np.cbrt, "root"),
    )

    @pytest.mark.parametrize("response", RESPONSES, ids=lambda r: r.name)
    @pytest.mark.parametrize(("m", "verdict"), [(3, NO), (4, YES)])
    def test_leaves_the_linear_question(self, response, m, verdict, rng):
        # Subspaces: G (m - k) >= n - k, here 3 (m - 2) >= 4.
        operators, model = list(rng.standard_normal((3, m, 6))), models.Subspace(np.eye(6)[:, :2])
        linear = st.identify(model, operators)
        answer = identify_through(response, model, operators)
        assert answer.verdict is linear.verdict is verdict
        assert (answer.reason, answer.recovery) == (linear.reason, linear.recovery)
        assert answer.explanation.endswith(linear.explanation)
        if verdict is NO:
            for A in operators:
                c = np.linalg.lstsq(A[:, :2], A @ answer.spurious, rcond=None)[0]
                np.testing.assert_allclose(response(A[:, :2] @ c), response(A @ answer.spurious))

    def test_of_every_model(self, rng):
        response, A = Invertible(np.exp), rng.standard_normal((2, 3))
        for model in (
            models.Gaussian(np.diag([1.0, 2.0, 0.0])),
            models.GenericSubspace(3, 1),
            models.FiniteSet(rng.standard_normal((3, 3))),
            models.UnionOfSubspaces(np.eye(3)[:, :, None]),
            models.Subspace(np.array([[1.0], [1j], [0]])),
        ):
            operators = [A, rng.standard_normal((2, 3))]
            answer = identify_through(response, model, operators)
            assert answer.verdict is st.identify(model, operators).verdict

    @pytest.mark.parametrize(
        ("h", "match"),
        [
            (np.sin, "strictly monotone"),
            (np.round, "strictly monotone"),
            (lambda t: np.maximum(t, 0), "strictly monotone"),
            (np.sqrt, "finite on its domain; it is nan at -10"),
            (lambda t: 1 / t, "finite|monotone"),
            (lambda t: t / np.linalg.norm(t), "entry by entry"),
            (np.cumsum, "monotone|entry by entry"),
        ],
    )
    def test_refuses_what_is_none(self, h, match):
        with pytest.raises(ValueError, match=match):
            Invertible(h)

    @pytest.mark.parametrize("h", [3.0, None, "exp"])
    def test_refuses_what_is_no_function(self, h):
        with pytest.raises(TypeError, match="`h` must be a function"):
            Invertible(h)

    @pytest.mark.parametrize("h", [lambda t: 1.0, lambda t: t[:-1], lambda t: t + 0j, np.isnan])
    def test_refuses_what_is_not_real_and_of_the_shape(self, h):
        with pytest.raises(TypeError, match="real numbers of the shape"):
            Invertible(h)

    def test_refuses_a_response_that_saturates_on_the_model(self, rng):
        response = Invertible(lambda t: np.clip(t, -20, 20), "ramp")
        A, points = rng.standard_normal((2, 3)), rng.standard_normal((3, 3))
        assert identify_through(response, models.FiniteSet(points), A).recovery is YES
        with pytest.raises(ValueError, match="strictly monotone"):
            identify_through(response, models.FiniteSet(200 * points), A)

    def test_domains(self):
        assert Invertible(np.sqrt, domain=(0, 5)).domain == (0.0, 5.0)
        for domain in ((1, 1), (2, 1), (0, np.inf), (np.nan, 1)):
            with pytest.raises(ValueError, match="`domain` must be"):
                Invertible(np.exp, domain=domain)
        for domain in (3, (1, 2, 3), ("a", "b"), (True, 2)):
            with pytest.raises(TypeError, match="`domain` must be"):
                Invertible(np.exp, domain=domain)


class TestSign:
    @pytest.mark.parametrize(("n", "k"), [(2, 1), (4, 1), (4, 3), (6, 2)])
    def test_no_proper_subspace_is_identified(self, n, k, rng):
        operators, basis = list(rng.standard_normal((4, 2 * n, n))), rng.standard_normal((n, k))
        answer = identify_through(Sign(), models.Subspace(basis), operators)
        assert (answer.verdict, answer.reason) == (NO, "finitely_many_signs")
        z = answer.spurious
        assert models.Subspace(basis).distance(z) > 1e-3 * np.linalg.norm(z)
        assert fits(Sign(), operators, parts_of(basis), z)
        # Though the linear question has the answer yes.
        assert st.identify(models.Subspace(basis), operators).verdict is YES

    def test_the_spurious_signal_has_the_signs_of_one_near_it(self, rng):
        basis, A = rng.standard_normal((5, 2)), rng.standard_normal((40, 5))
        z = identify_through(Sign(), models.Subspace(basis), A).spurious
        x = basis @ np.linalg.lstsq(basis, z, rcond=None)[0]
        np.testing.assert_array_equal(np.sign(A @ x), np.sign(A @ z))

    def test_on_the_circle_it_lies_in_the_arc(self, rng):
        # In R^2 the signals with the signs of x fill the arc between the nearest normals of rows.
        A, angle = rng.standard_normal((6, 2)), 0.7
        model = models.Subspace([[math.cos(angle)], [math.sin(angle)]])
        z = identify_through(Sign(), model, A).spurious
        ends = np.arctan2(A[:, 1], A[:, 0]) + np.pi / 2
        turn = np.mod(ends - angle + np.pi / 2, np.pi) - np.pi / 2
        away = np.mod(np.arctan2(z[1], z[0]) - angle + np.pi / 2, np.pi) - np.pi / 2
        assert turn[turn < 0].max() < away < turn[turn > 0].min() and abs(away) > 1e-3

    def test_under_a_group(self, rng):
        A, action = rng.standard_normal((3, 4)), st.groups.shifts(4)
        basis = np.array([[1.0, 0], [0, 1], [1, 0], [0, 1]])
        answer = identify_through(Sign(), models.Subspace(basis), A, action)
        assert answer.verdict is NO and answer.explored.operators == 4
        assert fits(Sign(), virtual(A, action), parts_of(basis), answer.spurious)

    def test_the_whole_space(self, rng):
        answer = identify_through(Sign(), models.Subspace(np.eye(3)), rng.standard_normal((2, 3)))
        assert (answer.verdict, answer.reason) == (YES, "whole_space")

    @pytest.mark.parametrize(("given", "verdict"), [(2, YES), (1, NO), (0, NO)])
    def test_measurements_that_vanish_confine(self, given, verdict, rng):
        q, _ = np.linalg.qr(rng.standard_normal((5, 5)))
        basis, rest = q[:, :3], q[:, 3:]
        A = np.r_[rest[:, :given].T, rng.standard_normal((4, 5))]
        answer = identify_through(Sign(), models.Subspace(basis), A)
        assert answer.verdict is verdict
        if verdict is YES:
            assert answer.reason == "vanishing_measurements"
        else:
            assert np.abs(rest[:, :given].T @ answer.spurious).max(initial=0) < 1e-12
            assert fits(Sign(), [A], parts_of(basis), answer.spurious)

    def test_nearly_vanishing_measurements_do_not(self, rng):
        A = np.array([[1e-7, 1.0], [1.0, 0.3]])
        answer = identify_through(Sign(), models.Subspace([[1.0], [0.0]]), A)
        assert answer.verdict is NO and np.sign(A @ answer.spurious)[0] != 0

    def test_of_pieces(self, rng):
        operators = list(rng.standard_normal((3, 4, 4)))
        lines = rng.standard_normal((3, 4, 1))
        union = identify_through(Sign(), models.UnionOfSubspaces(lines), operators)
        assert union.verdict is NO and fits(Sign(), operators, parts_of(*lines), union.spurious)
        sparse = models.SparseDictionary(np.eye(4), 2)
        z = identify_through(Sign(), sparse, operators).spurious
        pairs = [np.eye(4)[:, list(s)] for s in itertools.combinations(range(4), 2)]
        assert fits(Sign(), operators, parts_of(*pairs), z) and np.count_nonzero(z) == 4

    def test_of_affine_and_finite_models(self, rng):
        operators = list(rng.standard_normal((3, 4, 4)))
        basis, foot = rng.standard_normal((4, 2)), rng.standard_normal(4)
        model = models.Subspace(basis, foot)
        z = identify_through(Sign(), model, operators).spurious
        assert fits(Sign(), operators, [(basis, foot)], z) and model.distance(z) > 1e-3
        points = rng.standard_normal((5, 4))
        answer = identify_through(Sign(), models.FiniteSet(points), operators)
        assert fits(Sign(), operators, points_of(points), answer.spurious)

    def test_of_one_point_at_zero(self, rng):
        # sign(A z) = 0 says A z = 0.
        A, zero = rng.standard_normal((3, 3)), models.FiniteSet([[0.0, 0, 0]])
        assert identify_through(Sign(), zero, A).verdict is YES
        assert identify_through(Sign(), zero, A[:2]).verdict is NO

    def test_unions_that_vanishing_measurements_leave_open(self):
        # Operators that see zeros on different lines: what each alone confines to the union.
        lines = models.UnionOfSubspaces(np.eye(2)[:, :, None])
        answer = identify_through(Sign(), lines, [np.eye(2), np.eye(2)[::-1]])
        assert (answer.verdict, answer.reason) == (OPEN, "vanishing_measurements")
        assert identify_through(Sign(), lines, np.eye(2)).verdict is YES

    def test_of_complex_signals(self, rng):
        A = rng.standard_normal((4, 3)) + 1j * rng.standard_normal((4, 3))
        b = rng.standard_normal(3) + 1j * rng.standard_normal(3)
        model = models.Subspace(b[:, None])
        z = identify_through(Sign(), model, A).spurious
        real = np.block([[A.real, -A.imag], [A.imag, A.real]])
        basis = np.array([np.r_[b.real, b.imag], np.r_[-b.imag, b.real]]).T
        assert z.dtype.kind == "c" and model.distance(z) > 1e-3
        assert fits(Sign(), [real], [(basis, np.zeros(6))], np.r_[z.real, z.imag])

    def test_recovery_is_lost(self, rng):
        A, basis = rng.standard_normal((8, 3)), rng.standard_normal((3, 2))
        answer = identify_through(Sign(), models.Subspace(basis), A)
        one, two = answer.twins
        assert answer.recovery is answer.smaller_sets is NO
        np.testing.assert_array_equal(np.sign(A @ one), np.sign(A @ two))
        assert np.linalg.norm(one - two) > 1e-3

    def test_finite_sets_may_be_recovered(self):
        corners = np.array(list(itertools.product([-1.0, 1.0], repeat=3)))
        answer = identify_through(Sign(), models.FiniteSet(corners), np.eye(3))
        assert (answer.recovery, answer.smaller_sets) == (YES, YES)
        answer = identify_through(Sign(), models.FiniteSet(corners), np.eye(3)[:2])
        assert (answer.recovery, answer.smaller_sets) == (NO, NO)
        one, two = answer.twins
        np.testing.assert_array_equal(np.sign(one[:2]), np.sign(two[:2]))

    def test_gaussian_laws_lose_their_amplitude(self, rng):
        sigma = np.diag([1.0, 2.0, 3.0])
        answer = identify_through(Sign(), models.Gaussian(sigma), np.eye(3))
        np.testing.assert_allclose(answer.spurious, 4 * sigma)
        # Orthant probabilities of a law, by the arcsine formula, depend on correlations only.
        correlation = [s[0, 1] / math.sqrt(s[0, 0] * s[1, 1]) for s in (sigma, answer.spurious)]
        assert correlation[0] == pytest.approx(correlation[1])

    def test_generic_subspaces(self, rng):
        answer = identify_through(Sign(), models.GenericSubspace(5, 2), rng.standard_normal((9, 5)))
        assert answer.verdict is NO and answer.spurious is None
        assert answer.explanation.startswith("For almost every subspace")

    def test_continuous_groups(self, rng):
        action = st.groups.kravchuk_rotations(3)
        parts = action.isotypic(rng.standard_normal((9, 9)))
        fixed = parts.component(parts.labels.index("frequency 0")).real
        u, values, _ = np.linalg.svd(fixed.T)
        basis = u[:, : int((values > 1e-9).sum())]
        model, A = models.Subspace(basis), rng.standard_normal((6, 9))
        answer = identify_through(Sign(), model, A, action)
        assert (answer.verdict, answer.reason) == (OPEN, "not_listed")
        # What the linear measurements leave open stays open.
        assert identify_through(Sign(), model, basis[:, :1].T, action).verdict is NO


class TestClip:
    @pytest.mark.parametrize(("m", "verdict"), [(3, NO), (4, YES)])
    def test_cones_turn_where_linear_measurements_do(self, m, verdict, rng):
        operators, basis = list(rng.standard_normal((3, m, 6))), rng.standard_normal((6, 2))
        answer = identify_through(BOX, models.Subspace(basis), operators)
        linear = st.identify(models.Subspace(basis), operators)
        assert answer.verdict is linear.verdict is verdict
        assert answer.reason == ("identified_among_cones" if verdict is YES else linear.reason)
        if verdict is NO:
            z = answer.spurious
            for A in operators:
                np.testing.assert_array_equal(BOX(A @ z), A @ z)
            assert fits(BOX, operators, parts_of(basis), z)
            assert models.Subspace(basis).distance(z) > 1e-3

    @pytest.mark.parametrize("kind", ["union", "dictionary", "zero offsets"])
    def test_other_cones(self, kind, rng):
        operators = list(rng.standard_normal((4, 2, 3)))
        model = {
            "union": models.UnionOfSubspaces(np.eye(3)[:, :, None]),
            "dictionary": models.SparseDictionary(rng.standard_normal((3, 4)), 1),
            "zero offsets": models.UnionOfSubspaces(np.eye(3)[:, :, None], np.zeros((3, 3))),
        }[kind]
        assert identify_through(BOX, model, operators).reason == "identified_among_cones"
        assert identify_through(BOX, model, operators[:1]).verdict is NO
        assert identify_through(BOX, model, operators, among_cones=False).verdict is NO

    def test_who_does_not_know_of_the_cone_cannot_tell(self, rng):
        operators, basis = list(rng.standard_normal((3, 4, 5))), rng.standard_normal((5, 2))
        model = models.Subspace(basis)
        answer = identify_through(BOX, model, operators, among_cones=False)
        assert (answer.verdict, answer.reason) == (NO, "saturated_directions")
        z = answer.spurious
        assert fits(BOX, operators, parts_of(basis), z) and model.distance(z) > 1e-3
        assert all(np.any(A @ z != BOX(A @ z)) for A in operators)
        # The part of the ray that does not saturate gives it away.
        assert not fits(BOX, operators, parts_of(basis), 1e-3 * z)

    def test_unsaturated_signals_are_told_apart_as_by_linear_measurements(self, rng):
        operators, basis = list(rng.standard_normal((3, 3, 4))), rng.standard_normal((4, 1))
        for _ in range(20):
            z = 0.1 * rng.standard_normal(4)
            inside = 0.1 * basis @ rng.standard_normal(1)
            assert not fits(BOX, operators, parts_of(basis), z)
            assert fits(BOX, operators, parts_of(basis), inside)

    def test_recovery_is_lost(self, rng):
        A, basis = rng.standard_normal((5, 4)), rng.standard_normal((4, 2))
        answer = identify_through(BOX, models.Subspace(basis), A)
        assert (answer.recovery, answer.recovery_reason) == (NO, "saturation")
        one, two = answer.twins
        np.testing.assert_allclose(BOX(A @ one), BOX(A @ two))
        assert np.linalg.norm(one - two) > 1e-3
        assert st.identify(models.Subspace(basis), A).recovery is YES

    def test_the_whole_space(self):
        for known in (True, False):
            answer = identify_through(
                BOX, models.Subspace(np.eye(2)), [[1.0, 0.0]], among_cones=known
            )
            assert (answer.verdict, answer.reason) == (YES, "whole_space")

    def test_affine_models(self, rng):
        operators = list(rng.standard_normal((4, 3, 4)))
        basis, foot = rng.standard_normal((4, 1)), 0.1 * rng.standard_normal(4)
        model = models.Subspace(basis, foot)
        answer = identify_through(BOX, model, operators)
        assert st.identify(model, operators).verdict is YES
        assert (answer.verdict, answer.reason) == (NO, "saturated_directions")
        assert fits(BOX, operators, [(basis, foot)], answer.spurious)
        assert model.distance(answer.spurious) > 1e-3

    @pytest.mark.parametrize(("height", "verdict"), [(0.5, YES), (1.5, OPEN), (2.0, NO)])
    def test_a_line_held_by_a_constant_measurement(self, height, verdict):
        # A row that is constant on the line confines it, unless it saturates.
        model = models.Subspace([[1.0], [0.0]], [0.0, height])
        answer = identify_through(BOX, model, np.eye(2))
        assert answer.verdict is verdict
        if verdict is NO:
            assert answer.spurious[1] > 1.5

    def test_gaussian_laws(self, rng):
        operators = list(rng.standard_normal((7, 2, 6)))
        model = models.Gaussian(np.eye(6))
        for some in (operators, operators[:6]):
            answer = identify_through(BOX, model, some)
            assert answer.verdict is st.identify(model, some).verdict
        assert identify_through(BOX, model, operators).recovery is NO

    def test_generic_subspaces(self, rng):
        A = rng.standard_normal((2, 3))
        answer = identify_through(BOX, models.GenericSubspace(3, 1), A, among_cones=False)
        assert answer.verdict is NO and answer.spurious is None


def every_assignment(points, operators, box: Clip) -> bool:
    """Whether only the points give every operator clipped answers of points, by brute force.

    One linear program per assignment and direction, with equations as equations.
    """
    n = points.shape[1]
    for choice in itertools.product(points, repeat=len(operators)):
        E, e, C, c = [], [], [], []
        for A, x in zip(operators, choice, strict=True):
            for a, v in zip(A, A @ x, strict=True):
                if box.low < v < box.high:
                    E.append(a), e.append(v)
                else:
                    C.append(-a if v >= box.high else a)
                    c.append(-box.high if v >= box.high else box.low)
        for direction in np.r_[np.eye(n), -np.eye(n)]:
            found = linprog(direction, C or None, c or None, E or None, e or None, bounds=(-50, 50))
            if found.status == 2:
                break
            if np.linalg.norm(points - found.x, axis=1).min() > 1e-5:
                return False
    return True


class TestClippedPoints:
    def test_without_saturation_the_question_is_linear(self, rng):
        points = rng.standard_normal((4, 3))
        for m in (1, 2):
            operators = list(rng.standard_normal((3, m, 3)))
            wide = 1.01 * max(np.abs(A @ points.T).max() for A in operators)
            answer = identify_through(Clip(-wide, wide), models.FiniteSet(points), operators)
            linear = st.identify(models.FiniteSet(points), operators)
            assert (answer.verdict, answer.reason) == (linear.verdict, linear.reason)

    def test_like_brute_force_over_assignments(self):
        seen = set()
        for seed in range(14):
            rng = np.random.default_rng(seed)
            points, operators = rng.standard_normal((3, 2)), list(rng.standard_normal((3, 2, 2)))
            box = Clip(-1.3, 1.2)
            answer = identify_through(box, models.FiniteSet(points), operators)
            expected = YES if every_assignment(points, operators, box) else NO
            assert answer.verdict is expected
            seen.add((answer.verdict, answer.reason))
            if expected is NO:
                assert fits(box, operators, points_of(points), answer.spurious)
                assert np.linalg.norm(points - answer.spurious, axis=1).min() > 1e-6
        # All ways to an answer were gone.
        assert {reason for _, reason in seen} >= {
            "saturated_directions",
            "saturated_combination",
            "search_complete",
        }

    @pytest.mark.parametrize("scale", [1e-8, 1e8])
    def test_units_do_not_matter(self, scale):
        for seed in range(4):
            rng = np.random.default_rng(seed)
            points, operators = rng.standard_normal((3, 2)), list(rng.standard_normal((3, 2, 2)))
            one = identify_through(Clip(-1.3, 1.2), models.FiniteSet(points), operators)
            box = Clip(-1.3 * scale, 1.2 * scale)
            two = identify_through(box, models.FiniteSet(scale * points), operators)
            assert (one.verdict, one.reason) == (two.verdict, two.reason)

    def test_the_edge_counts_as_saturated(self):
        point = models.FiniteSet([[1.5, 0.0]])
        answer = identify_through(BOX, point, np.eye(2))
        assert answer.verdict is NO and answer.spurious[0] > 1.5
        assert identify_through(BOX, models.FiniteSet([[1.4, 0.0]]), np.eye(2)).verdict is YES

    def test_under_a_group(self, rng):
        A, action, x = np.array([[1.0, 0.2, 0.0], [0.3, 1.0, 0.5]]), st.groups.shifts(3), None
        for bound in (5.0, 2.0, 0.5):
            x = np.array([np.roll([1.0, 2.0, 0.5], i) for i in range(3)])
            box = Clip(-bound, bound)
            answer = identify_through(box, models.FiniteSet(x), A, action)
            expected = every_assignment(x, virtual(A, action), box)
            assert answer.verdict is (YES if expected else NO)

    def test_a_small_budget_leaves_it_open(self):
        rng = np.random.default_rng(1)
        points, operators = rng.standard_normal((4, 3)), list(rng.standard_normal((4, 2, 3)))
        model, box = models.FiniteSet(points), Clip(-1.2, 1.2)
        assert identify_through(box, model, operators).reason == "search_complete"
        answer = identify_through(box, model, operators, budget=200)
        assert answer.verdict is OPEN and answer.reason == "budget"


class TestOneBitBound:
    def test_orders(self):
        bound = one_bit_bound(10, 100, 50, 40)
        assert bound.error_order == 100 / (50 * 40)
        assert bound.sufficient_order(0.5) == pytest.approx((10 + 100 / 40) / 0.5)
        assert bound.constant is None and "unknown" in bound.status

    def test_of_continuous_groups(self):
        bound = one_bit_bound(3, 20, 5, math.inf)
        assert bound.error_order == bound.error_at_least == 0
        assert bound.sufficient_order(0.1) == pytest.approx(30)
        assert one_bit_bound(3, 20, 5, math.factorial(400)).error_order == 0

    @pytest.mark.parametrize(("n", "p"), [(2, 5), (3, 5), (3, 2), (4, 4)])
    def test_counts_the_cells(self, n, p, rng):
        # Sign patterns of random signals are the cells of p hyperplanes.
        signs = np.sign(rng.standard_normal((60_000, n)) @ rng.standard_normal((n, p)))
        cells = len(np.unique(signs, axis=0))
        r = one_bit_bound(1, n, p, 1).error_at_least
        assert 2 / math.sin(r) ** (n - 1) == pytest.approx(cells)

    def test_on_the_circle_some_arc_is_as_wide(self, rng):
        for p in (3, 10, 40):
            angles = np.sort(np.mod(rng.uniform(0, np.pi, p), np.pi))
            widest = np.diff(np.append(angles, angles[0] + np.pi)).max()
            assert widest / 2 >= one_bit_bound(1, 2, p, 1).error_at_least

    def test_on_the_sphere_some_cell_is_as_wide(self, rng):
        rows, x = rng.standard_normal((12, 3)), rng.standard_normal((4000, 3))
        x /= np.linalg.norm(x, axis=1, keepdims=True)
        _, cell = np.unique(x @ rows.T > 0, axis=0, return_inverse=True)
        # A cell lies in the cap around any of its points that is as wide as the cell.
        widest = max(
            np.arccos(np.clip((x[cell == c] @ x[cell == c].T).min(), -1, 1))
            for c in range(cell.max() + 1)
        )
        assert widest >= one_bit_bound(1, 3, 4, 3).error_at_least

    def test_falls_like_the_order(self):
        one, two = (one_bit_bound(1, 10, m, 1) for m in (10_000, 20_000))
        assert one.error_at_least / two.error_at_least == pytest.approx(2, rel=1e-2)

    def test_refuses(self):
        with pytest.raises(ValueError, match="`model_dim` must be at most n = 3; got 4"):
            one_bit_bound(4, 3, 2, 1)
        for bad in (0, -1):
            with pytest.raises(ValueError, match="positive integer"):
                one_bit_bound(1, 3, bad, 1)
        for bad in (True, 1.5, math.nan, "2"):
            with pytest.raises(TypeError, match="`order` must be an integer"):
                one_bit_bound(1, 3, 2, bad)
        for bad in (0, 1, 2.0):
            with pytest.raises(ValueError, match="`delta` must lie between 0 and 1"):
                one_bit_bound(1, 3, 2, 1).sufficient_order(bad)


class TestArguments:
    MODEL = models.Subspace([[1.0], [1.0], [1.0]])

    def test_refuses(self, rng):
        A = rng.standard_normal((2, 3))
        with pytest.raises(TypeError, match="`response` must be Invertible, Sign or Clip; got uf"):
            identify_through(np.sign, self.MODEL, A)
        with pytest.raises(TypeError, match="`response` must be"):
            identify_through(Sign, self.MODEL, A)
        with pytest.raises(TypeError, match="`model` must be a model"):
            identify_through(Sign(), np.eye(3), A)
        with pytest.raises(ValueError, match=r"signals of the model, R\^3; got n = 4"):
            identify_through(Sign(), self.MODEL, np.ones((2, 4)))
        with pytest.raises(ValueError, match="invariant under the action"):
            identify_through(BOX, models.Subspace([[1.0], [0], [0]]), A, st.groups.shifts(3))
        with pytest.raises(ValueError, match="`budget` must be a positive integer"):
            identify_through(BOX, self.MODEL, A, budget=0)
        with pytest.raises(TypeError, match="`among_cones` must be True or False"):
            identify_through(BOX, self.MODEL, A, among_cones=1)
        with pytest.raises(ValueError, match="finite"):
            identify_through(Sign(), self.MODEL, np.full((2, 3), np.nan))

    @pytest.mark.parametrize(("low", "high"), [(0, 1), (-1, 0), (1, 2), (1, -1)])
    def test_clips_around_zero(self, low, high):
        with pytest.raises(ValueError, match="`low` < 0 < `high` must hold"):
            Clip(low, high)

    def test_clips_at_finite_numbers(self):
        with pytest.raises(ValueError, match="`high` must be finite"):
            Clip(-1, np.inf)
        with pytest.raises(TypeError, match="`low` must be a number; got str"):
            Clip("-1", 1)
