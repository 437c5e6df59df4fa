"""Estimates of dimension: laws first, then known sets, then how often an interval is right."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.spatial.distance import cdist

from sensing_theorems.intrinsic_dimension import (
    DimensionEstimate,
    intrinsic_dimension,
    measured_dimension,
    neighbours,
)
from sensing_theorems.intrinsic_dimension.estimators import two_nn
from sensing_theorems.intrinsic_dimension.nets import nets

METHODS = ("two_nn", "mle", "correlation", "box")
NEAR = ("two_nn", "mle", "correlation")


def isometry(rng, k: int, n: int) -> np.ndarray:
    """Rows are orthonormal: x -> x @ isometry keeps distances."""
    return np.linalg.qr(rng.standard_normal((n, k)))[0].T


def sphere(rng, N: int, k: int) -> np.ndarray:
    points = rng.standard_normal((N, k + 1))
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def swiss_roll(rng, N: int) -> np.ndarray:
    # Uniform in arc length would need an inverse; the density only has to be smooth.
    t, height = rng.uniform(4.7, 14.1, N), rng.uniform(0, 21, N)
    return np.column_stack([t * np.cos(t), height, t * np.sin(t)])


def cantor(level: int) -> np.ndarray:
    """Left ends of the intervals of the middle-third construction."""
    points = np.zeros(1)
    for j in range(1, level + 1):
        points = np.concatenate([points, points + 2 * 3.0**-j])
    return points


def cantor_dust(level: int) -> np.ndarray:
    line = cantor(level)
    return np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)


def sorted_distances(points: np.ndarray) -> np.ndarray:
    """To all other points, by the whole matrix."""
    return np.sort(cdist(points, points), axis=1)[:, 1:]


def contains(found: DimensionEstimate, k: float) -> bool:
    return found.interval[0] <= k <= found.interval[1]


class TestAgainstIndependentComputations:
    def test_two_nn_maximises_the_likelihood_of_its_censored_sample(self, rng):
        points = rng.random((211, 3))
        r = sorted_distances(points)
        logs = np.sort(np.log(r[:, 1] / r[:, 0]))
        kept, rest = logs[:189], 211 - 189  # floor(0.9 * 211) = 189

        def minus_log_likelihood(d: float) -> float:
            return -(189 * np.log(d) - d * kept.sum() - rest * d * kept[-1])

        best = minimize_scalar(minus_log_likelihood, bounds=(0.1, 20), options={"xatol": 1e-10})
        found = intrinsic_dimension(points)
        assert found.dimension == pytest.approx(best.x, rel=1e-6)
        assert found.dimension == pytest.approx(189 / (kept.sum() + rest * kept[-1]), rel=1e-9)

    def test_mle_with_two_neighbours_is_the_closed_form_of_two_nn(self, rng):
        points = rng.random((150, 2))
        r = sorted_distances(points)
        found = intrinsic_dimension(points, "mle", neighbours=2)
        assert found.dimension == pytest.approx(150 / np.log(r[:, 1] / r[:, 0]).sum(), rel=1e-9)

    def test_mle_averages_the_inverses_of_local_estimates(self, rng):
        points, k = sphere(rng, 150, 2), 7
        local = [
            1 / np.mean([np.log(row[k - 1] / row[j]) for j in range(k - 1)])
            for row in sorted_distances(points)
        ]
        found = intrinsic_dimension(points, "mle", neighbours=k)
        assert found.dimension == pytest.approx(1 / np.mean(1 / np.array(local)), rel=1e-9)

    @pytest.mark.parametrize("n", [3, 40])
    def test_correlation_by_counting_pairs(self, n, rng):
        points = rng.random((150, 3)) @ isometry(rng, 3, n)
        r = sorted_distances(points)
        radii = np.geomspace(np.median(r[:, 0]), np.median(r[:, 9]), 8)
        sums = [
            sum(r[i, j] <= e * (1 + 1e-9) for i in range(150) for j in range(40)) for e in radii
        ]
        x = np.column_stack([np.log(radii), np.ones(8)])
        slope = np.linalg.lstsq(x, np.log(sums), rcond=None)[0][0]
        found = intrinsic_dimension(points, "correlation")
        assert found.dimension == pytest.approx(slope, rel=1e-6)
        assert found.scales == pytest.approx((radii[0], radii[-1]), rel=1e-9)

    def test_nets_are_separated_and_maximal(self, rng):
        points = rng.random((400, 2))
        seen = np.random.default_rng(5)
        scales, sizes = nets(points, np.random.default_rng(5))
        assert np.all((sizes >= 8) & (sizes <= 40)) and np.all(np.diff(scales) < 0)
        scale, found = float(np.linalg.norm(points - points.mean(0), axis=1).max()), {}
        while scale * 2**-0.125 >= scales[-1] * 0.999:
            scale *= 2**-0.125
            order, chosen = seen.permutation(400), []
            for i in order:
                if all(math.dist(points[i], points[j]) > scale for j in chosen):
                    chosen.append(i)
            found[scale] = len(chosen)
        for scale, size in zip(scales, sizes, strict=True):
            assert found[min(found, key=lambda s: abs(s - scale))] == size

    def test_interval_is_the_spread_over_disjoint_parts(self, rng):
        # N = 40: parts of 20 and of 10, hence 1 + 3 degrees of freedom; t at 0.975 is 2.7764.
        points = rng.random((40, 2))
        found = intrinsic_dimension(points, rng=3)
        again, squares = np.random.default_rng(3), 0.0
        again.permutation(40)
        for size, parts in ((20, 2), (10, 4)):
            order = again.permutation(40).reshape(parts, size)
            logs = [np.log(two_nn(points[some]).dimension) for some in order]
            squares += size * np.var(logs) * parts
        width = 2.7764451 * math.sqrt(squares / 4 / 40)
        assert np.log(found.interval) == pytest.approx(
            [math.log(found.dimension) - width, math.log(found.dimension) + width], rel=1e-6
        )


class TestNeighbours:
    @pytest.mark.parametrize("n", [1, 2, 13, 60])
    def test_both_routes_find_the_same(self, n, rng):
        points = rng.standard_normal((90, n))
        brute = cdist(points, points)
        np.fill_diagonal(brute, np.inf)
        for route in (neighbours.nearest, neighbours._nearest_by_products):
            distances, indices = route(points, 5)
            np.testing.assert_allclose(distances, np.sort(brute, axis=1)[:, :5], rtol=1e-12)
            np.testing.assert_array_equal(indices, np.argsort(brute, axis=1)[:, :5])

    def test_of_tight_clusters_far_apart(self, rng):
        # Inner products cancel here: squared distances 1e-18 beside squared norms 1.
        centres = rng.standard_normal((4, 20))
        points = np.repeat(centres, 30, axis=0) + 1e-9 * rng.standard_normal((120, 20))
        distances, _ = neighbours.nearest(points, 3)
        np.testing.assert_allclose(distances, sorted_distances(points)[:, :3], rtol=1e-12)
        radii = np.array([4e-9, 6e-9, 3.0])
        expected = [np.sum(sorted_distances(points) <= radius) for radius in radii]
        assert neighbours.pairs_within(points, radii).tolist() == expected

    def test_in_blocks(self, rng, monkeypatch):
        points = rng.standard_normal((100, 15))
        whole = neighbours.nearest(points, 4), neighbours.pairs_within(points, np.array([4.0, 5.0]))
        monkeypatch.setattr(neighbours, "_BLOCK", 700)
        parts = neighbours.nearest(points, 4), neighbours.pairs_within(points, np.array([4.0, 5.0]))
        np.testing.assert_allclose(whole[0], parts[0], rtol=1e-12)
        np.testing.assert_array_equal(whole[1], parts[1])


class TestInvariance:
    """A similarity of Euclidean space changes no estimate, and scales all distances."""

    @pytest.mark.parametrize("method", METHODS)
    @pytest.mark.parametrize("n", [4, 25])
    def test_under_rotation_scale_and_translation(self, method, n, rng):
        points = sphere(rng, 260, 2)
        moved = 7.3 * points @ isometry(rng, 3, n) + rng.standard_normal(n)
        one, other = intrinsic_dimension(points, method), intrinsic_dimension(moved, method)
        assert other.dimension == pytest.approx(one.dimension, rel=1e-9)
        assert other.interval == pytest.approx(one.interval, rel=1e-9)
        assert other.scales == pytest.approx([7.3 * at for at in one.scales], rel=1e-9)
        for (at, value), (there, again) in zip(one.profile, other.profile, strict=True):
            assert (there, again) == pytest.approx((7.3 * at, value), rel=1e-9)

    @pytest.mark.parametrize("method", METHODS)
    @pytest.mark.parametrize("scale", [1e-300, 1e-160, 1e160, 1e300, 1.7e308])
    def test_over_the_whole_range_of_numbers(self, method, scale, rng):
        points = rng.random((220, 2))
        one, other = (
            intrinsic_dimension(points, method),
            intrinsic_dimension(points * scale, method),
        )
        assert other.dimension == pytest.approx(one.dimension, rel=1e-9)
        assert other.interval == pytest.approx(one.interval, rel=1e-9)

    @pytest.mark.parametrize("method", METHODS)
    def test_shape_of_a_sample_does_not_matter(self, method, rng):
        points = rng.random((220, 3, 2))
        assert intrinsic_dimension(points, method) == intrinsic_dimension(
            points.reshape(220, 6), method
        )

    @pytest.mark.parametrize("method", METHODS)
    def test_a_complex_entry_is_two_coordinates(self, method, rng):
        z = rng.standard_normal((220, 3)) + 1j * rng.standard_normal((220, 3))
        found = intrinsic_dimension(z, method)
        pair = intrinsic_dimension(np.concatenate([z.real, z.imag], axis=1), method)
        assert found.dimension == pytest.approx(pair.dimension, rel=1e-9)
        assert found.coordinates == pair.coordinates == 6

    @pytest.mark.parametrize("method", NEAR)
    def test_order_of_the_samples_moves_only_the_interval(self, method, rng):
        points = rng.random((300, 3))
        one, other = (intrinsic_dimension(x, method) for x in (points, points[::-1]))
        assert other.dimension == pytest.approx(one.dimension, rel=1e-9)
        assert other.interval != one.interval

    @pytest.mark.parametrize("method", METHODS)
    def test_seed_decides(self, method, rng):
        points = rng.random((300, 2))
        one, again, other = (intrinsic_dimension(points, method, rng=seed) for seed in (1, 1, 2))
        assert one == again
        assert one.interval != other.interval


class TestKnownSets:
    @pytest.mark.parametrize("k", range(1, 7))
    def test_linear_subspaces(self, k):
        covered, seen = 0, []
        for seed in range(10):
            rng = np.random.default_rng([k, seed])
            data = rng.standard_normal((400, k)) @ isometry(rng, k, 12)
            found = intrinsic_dimension(data, interval=0.99)
            covered += contains(found, k)
            seen.append(found.dimension)
        # Two misses of ten have a probability of 0.0001 at 99 %, more where bias sets in.
        assert covered >= 8
        # Four standard errors of the mean, of sqrt(1.65 / 400 / 10) = 0.02 each.
        assert np.mean(seen) == pytest.approx(k, rel=0.08)

    @pytest.mark.parametrize("method", ["mle", "correlation"])
    @pytest.mark.parametrize("k", range(1, 7))
    def test_linear_subspaces_from_more_neighbours(self, k, method):
        seen = []
        for seed in range(5):
            rng = np.random.default_rng([k, seed])
            data = rng.standard_normal((400, k)) @ isometry(rng, k, 12)
            seen.append(intrinsic_dimension(data, method).dimension)
        # The density falls over ten neighbours: the more, the higher the dimension.
        assert np.mean(seen) == pytest.approx(k, rel=0.03 + 0.02 * k)

    @pytest.mark.parametrize("method", NEAR)
    @pytest.mark.parametrize(
        "k, draw",
        [
            (1, lambda rng: sphere(rng, 1500, 1)),
            (2, lambda rng: sphere(rng, 1500, 2)),
            (2, lambda rng: swiss_roll(rng, 1500)),
            (3, lambda rng: sphere(rng, 1500, 3)),
        ],
        ids=["circle", "sphere", "swiss roll", "three-sphere"],
    )
    def test_manifolds(self, k, draw, method):
        seen = [
            intrinsic_dimension(draw(np.random.default_rng(seed)), method, interval=0.99)
            for seed in range(5)
        ]
        assert sum(contains(found, k) for found in seen) >= 4
        assert np.mean([found.dimension for found in seen]) == pytest.approx(k, rel=0.05)

    @pytest.mark.parametrize("k, draw", [(1, sphere), (2, sphere)])
    def test_manifolds_by_boxes(self, k, draw, rng):
        found = intrinsic_dimension(draw(rng, 4000, k), "box")
        assert found.dimension == pytest.approx(k, rel=0.12)
        assert "biased low" in found.note

    def test_mesh_boxes_of_the_cantor_dust(self):
        # Two routes to the set itself: at scale 3^-j it meets 4^j boxes of the triadic mesh.
        dust = cantor_dust(6)
        for j in range(7):
            boxes = np.unique(np.floor(dust * 3**j + 1e-9), axis=0)
            assert len(boxes) == 4**j

    @pytest.mark.parametrize("method", METHODS)
    @pytest.mark.parametrize("line", [True, False], ids=["line", "dust"])
    def test_cantor_sets(self, method, line, rng):
        k = math.log(2) / math.log(3) * (1 if line else 2)
        digits = 2 * rng.integers(0, 2, (3000, 1 if line else 2, 30))
        found = intrinsic_dimension(digits @ 3.0 ** -np.arange(1, 31), method)
        # The set looks the same only at every third of a scale: slopes swing around k.
        assert found.dimension == pytest.approx(k, abs=0.15 * k)

    def test_box_counts_the_whole_cantor_dust(self):
        found = intrinsic_dimension(cantor_dust(6), "box")
        assert found.dimension == pytest.approx(math.log(4) / math.log(3), rel=0.15)

    @pytest.mark.parametrize("method", METHODS)
    def test_a_finite_set(self, method, rng):
        some = rng.standard_normal((30, 4))[rng.integers(0, 30, 1000)]
        found = intrinsic_dimension(some, method)
        assert (found.dimension, found.interval, found.n_samples) == (0.0, (0.0, 0.0), 30)
        assert "finite set" in found.note

    @pytest.mark.parametrize("value", [0.0, 1e300, -3.7])
    def test_a_single_signal(self, value):
        found = intrinsic_dimension(np.full((50, 3), value))
        assert (found.dimension, found.interval, found.profile) == (0.0, (0.0, 0.0), ())
        assert "All samples are equal" in found.note


class TestIntervals:
    def test_coverage_of_two_nn(self):
        """Nominal 95 %: edges of the square shift the estimate by a fifth of its error."""
        inside, logs, N = 0, [], 200
        for seed in range(200):
            found = intrinsic_dimension(np.random.default_rng(seed).random((N, 2)), rng=seed)
            inside += contains(found, 2)
            logs.append(math.log(found.dimension))
        # The shift costs half a per cent: 200 p = 189, and four standard deviations are 13.
        assert 176 <= inside <= 199
        # The gamma law of independent ratios would give 1 / 0.9: it leaves out that near points
        # share neighbours. A variance of 200 draws is off by a tenth.
        assert 1.15 / 0.9 < np.var(logs) * N < 2 / 0.9

    @pytest.mark.slow
    @pytest.mark.parametrize("method", NEAR)
    @pytest.mark.parametrize("k", [1, 2])
    def test_coverage_without_edges(self, method, k):
        # Binomial of 300 at 0.95: four standard deviations are 15.
        inside = sum(
            contains(
                intrinsic_dimension(sphere(np.random.default_rng(s), 300, k), method, rng=s), k
            )
            for s in range(300)
        )
        assert 270 <= inside <= 299

    @pytest.mark.parametrize("method", METHODS)
    def test_wider_for_more_confidence(self, method, rng):
        points = rng.random((400, 2))
        low, high = (intrinsic_dimension(points, method, interval=p).interval for p in (0.5, 0.99))
        assert high[0] <= low[0] < low[1] < high[1]

    @pytest.mark.parametrize("method", NEAR)
    def test_narrower_for_more_samples(self, method, rng):
        few, many = (intrinsic_dimension(sphere(rng, N, 2), method) for N in (200, 3200))
        ratio = np.diff(np.log(few.interval))[0] / np.diff(np.log(many.interval))[0]
        # sqrt(16) = 4, with standard errors known to a quarter at worst.
        assert 2 < ratio < 8


class TestProfile:
    def test_halves_the_samples(self, rng):
        found = intrinsic_dimension(sphere(rng, 1600, 2))
        # 1600 / 2^7 = 12.5 is the last size that is not below ten.
        assert len(found.profile) == 8
        assert found.profile[0][1] == pytest.approx(found.dimension, rel=1e-12)
        # In two dimensions half the points lie a factor sqrt(2) farther apart.
        steps = np.diff(np.log([at for at, _ in found.profile]))
        assert np.mean(steps) == pytest.approx(np.log(2) / 2, rel=0.1)

    @pytest.mark.parametrize("method", NEAR)
    def test_noise_is_of_full_dimension_at_small_distances(self, method, rng):
        circle = sphere(rng, 1500, 1) @ isometry(rng, 2, 20)
        found = intrinsic_dimension(circle + 0.01 * rng.standard_normal((1500, 20)), method)
        values = [value for _, value in found.profile]
        assert values[0] > 5 and values[-1] < 2
        assert "noise raises it" in found.note and found.profile[0][0] < 0.1 < found.profile[-1][0]

    def test_of_boxes_ascends_in_distance(self, rng):
        found = intrinsic_dimension(sphere(rng, 1000, 1), "box")
        at = [distance for distance, _ in found.profile]
        assert len(at) == 4 and at == sorted(at)
        assert found.scales[0] < at[0] < at[-1] < found.scales[1]


class TestNotes:
    def test_says_that_it_is_an_estimate(self, rng):
        for method in METHODS:
            assert (
                "finite data determine no" in intrinsic_dimension(rng.random((250, 2)), method).note
            )

    @pytest.mark.parametrize("shift", [0.0, 1e-17])
    def test_repeated_samples_are_dropped(self, shift, rng):
        points = rng.random((300, 2))
        once = intrinsic_dimension(points)
        twice = intrinsic_dimension(np.concatenate([points, points[:40] + shift]))
        assert (twice.dimension, twice.n_samples) == (pytest.approx(once.dimension), 300)
        assert "40 of 340 samples repeat others" in twice.note

    def test_rounding_follows_the_precision(self, rng):
        points = rng.random((300, 2)) + 1
        near = np.concatenate([points, points + 1e-7])
        assert intrinsic_dimension(near.astype(np.float32)).n_samples == 300
        assert intrinsic_dimension(near).n_samples == 600

    def test_chains_of_equal_samples_shrink_to_one(self, rng):
        points = np.concatenate([np.zeros((64, 1)), rng.random((50, 1)) + 1])
        points[:64, 0] = 1e-17 * np.arange(64)
        assert intrinsic_dimension(points).n_samples == 51

    def test_too_few_samples_for_so_many_dimensions(self, rng):
        # 2 log10 100 = 4
        assert "Eckmann" in intrinsic_dimension(rng.random((100, 9))).note
        assert "Eckmann" not in intrinsic_dimension(rng.random((100, 2))).note

    def test_rounded_data(self, rng):
        found = intrinsic_dimension(np.round(rng.random((200, 2)), 2))
        assert "two nearest neighbours at one distance" in found.note

    @pytest.mark.parametrize("size", [40, 80, 160])
    def test_integers_are_said_to_bias(self, size):
        for seed in range(3):
            rng = np.random.default_rng(seed)
            plane = size * rng.random((400, 2)) @ isometry(rng, 2, 6)
            exact, rounded = (intrinsic_dimension(x) for x in (plane, np.round(plane)))
            assert "Rounding biases" not in exact.note and contains(exact, 2)
            assert "Rounding biases the estimate" in rounded.note
            assert rounded.dimension > exact.dimension

    def test_fine_rounding_is_not(self, rng):
        plane = rng.random((400, 2))
        assert "Rounding" not in intrinsic_dimension(np.round(plane, 4)).note
        assert "Rounding" not in intrinsic_dimension(plane.astype(np.float32)).note

    @pytest.mark.parametrize("method", METHODS)
    @pytest.mark.parametrize("k", [2, 5])
    def test_intervals_that_know_no_bias(self, method, k, rng):
        note = intrinsic_dimension(rng.standard_normal((400, k)), method).note
        said = f"interval of '{method}' knows no bias" in note
        assert said == (k == 5 and method in ("mle", "correlation"))

    def test_the_bias_is_there(self):
        # What the note says of a cube: of 100 intervals, 2 and 0 held the dimension 5.
        for method in ("mle", "correlation"):
            cubes = [np.random.default_rng([s, 5]).random((400, 5)) for s in range(12)]
            found = [intrinsic_dimension(cube, method) for cube in cubes]
            assert sum(contains(one, 5) for one in found) <= 3
            assert all("knows no bias" in one.note for one in found)

    def test_more_than_its_coordinates(self):
        found = [intrinsic_dimension(np.random.default_rng(s).random((60, 1))) for s in range(6)]
        assert {f.dimension > 1 for f in found} == {True, False}
        for one in found:
            assert ("exceeds the number of coordinates, 1" in one.note) is (one.dimension > 1)

    def test_reads_as_a_sentence(self, rng):
        text = str(intrinsic_dimension(sphere(rng, 400, 1)))
        assert text.startswith("dimension about ") and "(95 %: " in text and "two_nn, 400" in text

    def test_is_frozen(self, rng):
        with pytest.raises(FrozenInstanceError):
            intrinsic_dimension(rng.random((30, 2))).dimension = 3.0


class TestMeasured:
    def test_a_generic_operator_shows_the_dimension(self, rng):
        signals = np.concatenate([sphere(rng, 1200, 2), np.zeros((1200, 17))], axis=1)
        signals = signals @ isometry(rng, 20, 20)
        clean = intrinsic_dimension(signals)
        found = measured_dimension(signals @ rng.standard_normal((20, 7)))
        assert contains(clean, 2) and contains(found, 2)
        assert found.lower_bound is False and "almost every A" in found.note

    @pytest.mark.parametrize("m", [1, 2, 3])
    def test_fewer_measurements_than_dimensions_show_no_more(self, m, rng):
        signals = rng.standard_normal((1000, 5)) @ rng.standard_normal((5, 12))
        found = measured_dimension(signals @ rng.standard_normal((12, m)))
        assert found.dimension == pytest.approx(m, rel=0.15)
        assert found.interval[0] <= m
        assert found.lower_bound is True and "a lower bound" in found.note
        assert "at least about" in str(found)

    def test_turns_where_twice_the_upper_end_is_below_m(self, rng):
        data = sphere(rng, 300, 2)
        high = measured_dimension(data).interval[1]
        for m, bound in ((math.floor(2 * high), True), (math.floor(2 * high) + 1, False)):
            padded = np.concatenate([data, np.zeros((300, m - 3))], axis=1)
            found = measured_dimension(padded)
            assert found.interval[1] == pytest.approx(high)
            assert found.lower_bound is bound

    def test_the_derived_ceiling(self, rng):
        # k / (1 + k / m) = b at k = b m / (m - b), from the inequality of Falconer and Howroyd.
        found = measured_dimension(np.concatenate([sphere(rng, 900, 1), np.zeros((900, 6))], 1))
        b, m = found.interval[1], 8
        k = float(found.note.split("k <= ")[1].split(";")[0])
        assert k / (1 + k / m) == pytest.approx(b, abs=0.01)
        assert b < k < 2 * b < m

    def test_the_largest_of_several_operators(self, rng):
        signals = rng.standard_normal((3, 500, 3)) @ rng.standard_normal((3, 10))
        flat = signals[0] @ rng.standard_normal((10, 1)) @ np.ones((1, 4))
        seen = [flat, signals[1] @ rng.standard_normal((10, 7)), signals[2][:400, :2]]
        found = measured_dimension(seen, rng=4)
        source = np.random.default_rng(4)
        single = [intrinsic_dimension(y, interval=1 - 0.05 / 3, rng=source) for y in seen]
        assert found.operators == tuple(single)
        assert found.dimension == max(one.dimension for one in single) == single[1].dimension
        assert found.interval == tuple(max(one.interval[end] for one in single) for end in (0, 1))
        assert (found.level, found.n_samples, found.coordinates) == (0.95, 1400, 7)

    def test_one_operator_however_it_is_given(self, rng):
        data = rng.random((60, 2))
        found = measured_dimension(data)
        assert measured_dimension([data]) == found
        assert measured_dimension(data.tolist()) == found
        assert measured_dimension(list(data)) == found
        assert found.dimension == intrinsic_dimension(data).dimension

    def test_complex_measurements_count_twice(self, rng):
        angles = rng.uniform(0, 2 * np.pi, 500)
        found = measured_dimension(np.exp(1j * angles)[:, None] * np.array([1.0, 2.0]))
        assert found.coordinates == 4 and contains(found, 1)


class TestBadInput:
    @pytest.mark.parametrize("estimate", [intrinsic_dimension, measured_dimension])
    @pytest.mark.parametrize(
        "data, error, words",
        [
            (np.ones(30), ValueError, r"one sample per row.*got shape \(30,\)"),
            (3.0, ValueError, r"one sample per row.*got shape \(\)"),
            (np.ones((0, 3)), ValueError, r"none empty; got shape \(0, 3\)"),
            (np.ones((30, 0)), ValueError, r"none empty; got shape \(30, 0\)"),
            (np.full((30, 2), np.nan), ValueError, "must be finite; got 60"),
            (np.full((30, 2), np.inf), ValueError, "must be finite; got 60"),
            (np.ma.masked_equal(np.eye(30), 1), ValueError, "behind a mask"),
            (np.full((30, 2), "a"), TypeError, "real or complex numbers"),
            (np.full((30, 2), None), TypeError, "real or complex numbers"),
            (np.full((30, 2), 2**60), ValueError, r"integers up to 2\^53"),
            (np.ones((10, 2)), ValueError, "at least 20 distinct samples; got 1"),
            (np.eye(19), ValueError, "at least 20 distinct samples; got 19"),
            (np.tile(np.eye(9), (4, 1)), ValueError, "at least 20 distinct samples; got 9"),
            (np.eye(40), ValueError, "nearest distances that differ"),
        ],
    )
    def test_data(self, estimate, data, error, words):
        with pytest.raises(error, match=words):
            estimate(data)

    @pytest.mark.parametrize("method, least", [("mle", 44), ("correlation", 44), ("box", 200)])
    def test_too_few_samples_for_a_method(self, method, least, rng):
        with pytest.raises(ValueError, match=f"at least {least} distinct samples; got {least - 1}"):
            intrinsic_dimension(rng.random((least - 1, 1)), method)
        assert intrinsic_dimension(rng.random((least, 1)), method).dimension > 0.5

    def test_too_few_samples_for_boxes_in_many_dimensions(self, rng):
        with pytest.raises(ValueError, match=r"more samples for 'box'.*got enough for \d scales"):
            intrinsic_dimension(rng.random((200, 12)), "box")

    @pytest.mark.parametrize(
        "arguments, error, words",
        [
            ({"method": "pca"}, ValueError, "one of two_nn, mle, correlation, box; got 'pca'"),
            ({"method": 2}, TypeError, "`method` must be a string; got int"),
            ({"method": ["mle"]}, TypeError, "`method` must be a string; got list"),
            ({"interval": 0.0}, ValueError, "between 0 and 1; got 0"),
            ({"interval": 95}, ValueError, "between 0 and 1; got 95"),
            ({"interval": np.nan}, ValueError, "between 0 and 1; got nan"),
            ({"interval": True}, TypeError, "`interval` must be a number; got bool"),
            ({"interval": "0.9"}, TypeError, "`interval` must be a number; got str"),
            ({"neighbours": 3}, ValueError, "left out for 'two_nn'; got 3"),
            ({"method": "box", "neighbours": 3}, ValueError, "left out for 'box'; got 3"),
            ({"method": "mle", "neighbours": 1}, ValueError, "at least 2; got 1"),
            ({"method": "mle", "neighbours": -4}, ValueError, "positive integer; got -4"),
            ({"method": "mle", "neighbours": True}, TypeError, "an integer; got bool"),
            ({"method": "mle", "neighbours": 2.5}, TypeError, "an integer; got float"),
            ({"method": "mle", "neighbours": 40}, ValueError, "at least 164 distinct samples"),
            ({"rng": None}, TypeError, "`rng` must be"),
            ({"rng": True}, TypeError, "`rng` must be"),
        ],
    )
    @pytest.mark.parametrize("estimate", [intrinsic_dimension, measured_dimension])
    def test_arguments(self, estimate, arguments, error, words, rng):
        with pytest.raises(error, match=words):
            estimate(rng.random((100, 2)), **arguments)

    def test_measurements(self, rng):
        with pytest.raises(ValueError, match="at least one array; got an empty sequence"):
            measured_dimension([])
        with pytest.raises(ValueError, match=r"`measurements\[1\]` must be finite"):
            measured_dimension([rng.random((30, 2)), np.full((30, 2), np.nan)])
        with pytest.raises(ValueError, match=r"`measurements\[1\]` must hold at least 20"):
            measured_dimension([rng.random((30, 2)), rng.random((3, 2))])

    def test_arguments_after_the_method_need_their_names(self, rng):
        with pytest.raises(TypeError, match="positional"):
            intrinsic_dimension(rng.random((30, 2)), "two_nn", 0.9)
