"""Noise: characteristic functions against chance and integrals, and every answer by its proof."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy import integrate, special

from sensing_theorems import noise
from sensing_theorems.judgement import Verdict

YES, NO, OPEN = Verdict.IDENTIFIABLE, Verdict.NOT_IDENTIFIABLE, Verdict.UNDECIDED
T = np.linspace(-9, 9, 37)


def triangle(t: np.ndarray) -> np.ndarray:
    return np.maximum(1 - np.abs(t), 0)


def periodic_triangle(t: np.ndarray) -> np.ndarray:
    """The triangle on [-1, 1], continued with period 2."""
    return np.abs(1 - np.mod(np.abs(t), 2))


def fejer(x: np.ndarray) -> np.ndarray:
    """The density (1 - cos x)/(pi x^2), whose characteristic function is the triangle."""
    return np.sinc(x / (2 * np.pi)) ** 2 / (2 * np.pi)


def sech(t: np.ndarray) -> np.ndarray:
    return 1 / np.cosh(t)


def band_limited(**declared: str) -> noise.Additive:
    return noise.Additive(triangle, "band-limited", **declared)


def atoms(moments: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Prony: w_1 r_1^k + w_2 r_2^k for k = 0, …, 3, as roots r and weights w."""
    hankel = np.array([[moments[0], moments[1]], [moments[1], moments[2]]])
    c = np.linalg.solve(hankel, -moments[2:])
    roots = np.roots([1, c[1], c[0]])
    return roots, np.linalg.solve(np.vander(roots, 2, increasing=True).T, moments[:2])


SCALAR = [
    (noise.Gaussian(0.7), lambda rng, n: 0.7 * rng.standard_normal(n)),
    (noise.Laplace(0.4), lambda rng, n: rng.laplace(0, 0.4, n)),
    (noise.Uniform(1.6), lambda rng, n: rng.uniform(-0.8, 0.8, n)),
]
DENSITIES = [
    (noise.Gaussian(0.7), lambda e: np.exp(-(e**2) / 0.98) / np.sqrt(0.98 * np.pi), 9),
    (noise.Laplace(0.4), lambda e: np.exp(-e / 0.4) / 0.8, 20),
    (noise.Uniform(1.6), lambda e: 1 / 1.6, 0.8),
]


class TestCharacteristicFunctions:
    @pytest.mark.parametrize(("law", "draw"), SCALAR)
    def test_are_means_of_exponentials(self, law, draw, rng):
        e = draw(rng, 100_000)
        phi = law.characteristic_function(T)
        for t, value in zip(T, phi, strict=True):
            wave = np.exp(1j * t * e)
            for part, expected in ((wave.real, value), (wave.imag, 0)):
                error = 5 * part.std() / np.sqrt(e.size) + 1e-12
                assert abs(part.mean() - expected) < error

    @pytest.mark.parametrize(("law", "density", "end"), DENSITIES)
    def test_are_integrals(self, law, density, end):
        # The densities are even.
        for t in T:
            half, _ = integrate.quad(lambda e, t=t: 2 * density(e) * np.cos(t * e), 0, end)
            assert law.characteristic_function(t) == pytest.approx(half, abs=1e-9)

    def test_of_each_measurement_multiply(self, rng):
        std, t = rng.random(4) + 0.1, rng.standard_normal((3, 2, 4))
        phi = noise.Gaussian(std).characteristic_function(t)
        one = [noise.Gaussian(s).characteristic_function(t[..., i]) for i, s in enumerate(std)]
        np.testing.assert_allclose(phi, np.prod(one, axis=0))
        joint = noise.CorrelatedGaussian(np.diag(std**2)).characteristic_function(t)
        np.testing.assert_allclose(phi, joint)

    def test_of_correlated_and_singular_noise(self, rng):
        B = rng.standard_normal((3, 2))
        t, e = rng.standard_normal((5, 3)), rng.standard_normal((200_000, 2)) @ B.T
        phi = noise.CorrelatedGaussian(B @ B.T).characteristic_function(t)
        waves = np.cos(e @ t.T)
        assert np.all(np.abs(waves.mean(axis=0) - phi) < 5 * waves.std(axis=0) / np.sqrt(len(e)))
        silent = np.cross(B[:, 0], B[:, 1])
        assert noise.CorrelatedGaussian(B @ B.T).characteristic_function(silent) == pytest.approx(1)

    @given(some.floats(-1e3, 1e3), some.floats(1e-3, 1e3))
    def test_laws(self, t, size):
        for law in (noise.Gaussian(size), noise.Laplace(size), noise.Uniform(size)):
            phi = law.characteristic_function([0.0, t, -t])
            assert phi[0] == 1 and phi[1] == phi[2] and abs(phi[1]) <= 1

    def test_scale(self):
        for family in (noise.Gaussian, noise.Laplace, noise.Uniform):
            unit, triple = family(1.0), family(3.0)
            np.testing.assert_allclose(
                triple.characteristic_function(T), unit.characteristic_function(3 * T), rtol=1e-9
            )

    def test_extreme_sizes(self):
        far = [0.0, 1e300, 5e-324]
        for family in (noise.Gaussian, noise.Laplace, noise.Uniform):
            for size in (1e-300, 1e300):
                phi = family(size).characteristic_function(far)
                assert phi[0] == phi[2] == 1 and abs(phi[1]) <= 1

    @pytest.mark.parametrize(
        ("sigma", "t", "expected"),
        [
            ([[1e10, 1e10], [1e10, 1e10]], [[1e300, -1e300], [1e300, 1e300]], [1, 0]),
            ([[1e200, -1e199], [-1e199, 1e200]], [1e200, 1e200], 0),
            ([[1e-300, 0], [0, 1.0]], [1e150, 1e-160], np.exp(-0.5)),
            ([[0.3, 0.3], [0.3, 0.3]], [1e308, -1e308], 1),
            ([[0, 0], [0, 1e308]], [1.7e308, 0], 1),
            (np.full((3, 3), 0.7), [1e200, 1e200, -2e200], 1),
        ],
    )
    def test_extreme_covariances(self, sigma, t, expected):
        phi = noise.CorrelatedGaussian(sigma).characteristic_function(t)
        np.testing.assert_allclose(phi, expected, rtol=1e-12)

    @given(some.integers(1, 5), some.integers(0, 5), some.integers(0, 2**32 - 1))
    def test_of_every_covariance(self, m, rank, seed):
        rng = np.random.default_rng(seed)
        B = rng.standard_normal((m, rank)) * 10.0 ** rng.integers(-3, 4, (m, 1))
        t = rng.standard_normal((3, m)) / (1 + np.linalg.norm(B))
        phi = noise.CorrelatedGaussian(B @ B.T).characteristic_function(t)
        np.testing.assert_allclose(phi, np.exp(-0.5 * ((t @ B) ** 2).sum(axis=1)), atol=1e-9)

    @pytest.mark.parametrize(
        ("gain", "t", "mean", "expected"),
        [
            (1e-10, 1e300, 0.0, 1),
            (1e300, 1e300, 0.0, 1),
            (1e-300, 1e-3, 1e3, np.exp(1j)),  # counts so fine that y is its mean
            (1e-10, 0.0, 1e300, 1),
            (1.0, 2.0, 1e306, 0),
            (5e-324, 1.0, 2.0, np.exp(2j)),
        ],
    )
    def test_extreme_counts(self, gain, t, mean, expected):
        phi = noise.Poisson(gain).conditional_characteristic_function(t, mean)
        assert phi == pytest.approx(expected, abs=1e-12)

    @pytest.mark.parametrize("gain", [5e-324, 1e-10, 1.0, 1e300])
    def test_counts_never_exceed_one(self, gain):
        t, mean = np.array([0.0, 5e-324, 1.0, 1e300, -1.7e308]), np.array([[0.0], [1.0], [1.7e308]])
        phi = noise.Poisson(gain).conditional_characteristic_function(t, mean)
        assert np.all(np.abs(phi) <= 1 + 1e-12) and np.all(phi[:, 0] == 1) and np.all(phi[0] == 1)

    def test_second_derivative_is_the_variance(self):
        h = 1e-3
        for law, variance in (
            (noise.Gaussian(0.7), 0.49),
            (noise.Laplace(0.4), 2 * 0.4**2),
            (noise.Uniform(1.6), 1.6**2 / 12),
        ):
            phi = law.characteristic_function(h)
            assert 2 * (1 - phi) / h**2 == pytest.approx(variance, rel=1e-5)

    def test_of_counts_given_their_mean(self, rng):
        gain, mean = 0.5, 3.2
        k = np.arange(80)
        mass = np.exp(k * np.log(mean / gain) - mean / gain - special.gammaln(k + 1))
        exact = np.exp(1j * gain * np.outer(T, k)) @ mass
        phi = noise.Poisson(gain).conditional_characteristic_function(T, mean)
        np.testing.assert_allclose(phi, exact, atol=1e-12)
        both = noise.PoissonGaussian(gain, 0.3).conditional_characteristic_function(T, mean)
        np.testing.assert_allclose(both, exact * np.exp(-0.045 * T**2), atol=1e-12)
        y = gain * rng.poisson(mean / gain, 100_000) + 0.3 * rng.standard_normal(100_000)
        wave = np.exp(2j * y)
        expected = noise.PoissonGaussian(gain, 0.3).conditional_characteristic_function(2.0, mean)
        assert abs(wave.mean() - expected) < 5 / np.sqrt(y.size)


class TestAnswers:
    @pytest.mark.parametrize("bounded", [None, False, True])
    @pytest.mark.parametrize(
        ("law", "reason", "status"),
        [
            (noise.Gaussian(0.1), "nowhere_zero", "published"),
            (noise.Gaussian([0.1, 0.3]), "nowhere_zero", "published"),
            (noise.CorrelatedGaussian([[1.0, 1.0], [1.0, 1.0]]), "nowhere_zero", "published"),
            (noise.Laplace(2), "nowhere_zero", "published"),
            (noise.Additive(sech, zeros="none"), "nowhere_zero", "published"),
            (noise.Uniform(0.5), "isolated_zeros", "derived"),
            (noise.Additive(np.cos, zeros="isolated"), "isolated_zeros", "derived"),
            (noise.Poisson(0.5), "mixed_poisson", "derived"),
            (noise.PoissonGaussian(0.5, 0.1), "poisson_gaussian", "derived"),
        ],
    )
    def test_yes_at_a_known_level(self, law, reason, status, bounded):
        answer = noise.noise_allows(law, bounded=bounded)
        assert (answer.verdict, answer.reason, answer.status) == (YES, reason, status)
        assert (answer.status == "published") == ("JMLR 2023" in answer.source)

    @pytest.mark.parametrize("phi", [triangle, sech, np.cos, lambda t: np.exp(3j * t)])
    def test_a_grid_proves_nothing(self, phi):
        law = noise.Additive(phi)
        for bounded in (None, False):
            answer = noise.noise_allows(law, bounded=bounded)
            assert (answer.verdict, answer.reason) == (OPEN, "numerical")
            assert "nothing was declared" in answer.zeros
        answer = noise.noise_allows(law, bounded=True)
        assert (answer.verdict, answer.reason) == (YES, "bounded_signals")

    @pytest.mark.parametrize(("bounded", "verdict"), [(None, OPEN), (False, NO), (True, YES)])
    def test_where_noise_erases_a_band(self, bounded, verdict):
        answer = noise.noise_allows(band_limited(zeros="interval"), bounded=bounded)
        reason = "bounded_signals" if bounded else "zero_band"
        assert (answer.verdict, answer.reason, answer.status) == (verdict, reason, "derived")
        if bounded:
            assert answer.collision is None
        else:
            assert answer.collision == noise.Collision(1.0, 8.0)
            assert "(1, 8)" in answer.explanation

    @pytest.mark.parametrize(
        ("law", "flags", "verdict"),
        [
            (noise.Gaussian(1), {}, OPEN),
            (noise.Gaussian(1), {"bounded": False}, OPEN),
            (noise.Gaussian(1), {"bounded": False, "thin": False}, NO),
            (noise.Gaussian(1), {"bounded": True}, YES),
            (noise.Gaussian(1), {"thin": True}, YES),
            (noise.Gaussian(1), {"bounded": False, "thin": True}, YES),
            (noise.Gaussian([1, 2]), {"bounded": True}, YES),
            (noise.Gaussian([1, 2]), {"thin": True}, OPEN),
            (noise.CorrelatedGaussian(np.eye(2)), {"bounded": True}, YES),
            (noise.CorrelatedGaussian(np.eye(2)), {"thin": True}, OPEN),
            (noise.Laplace(1), {}, OPEN),
            (noise.Laplace(1), {"bounded": False, "thin": False}, NO),
            (noise.Laplace(1), {"bounded": True}, YES),
            (noise.Laplace(1), {"thin": True}, YES),
            (noise.Uniform(1), {}, NO),
            (noise.Uniform(1), {"bounded": True}, NO),
            (noise.Uniform(1), {"thin": True}, NO),
            (noise.Poisson(1), {}, YES),
            (noise.PoissonGaussian(1, 1), {}, YES),
            (noise.PoissonGaussian(1, 1), {"bounded": False, "thin": False}, YES),
            (noise.Additive(sech, zeros="none"), {"bounded": True}, OPEN),
            (band_limited(), {"bounded": False}, OPEN),
            (band_limited(zeros="interval"), {"bounded": False}, NO),
            (band_limited(zeros="interval"), {}, OPEN),
        ],
    )
    def test_at_an_unknown_level(self, law, flags, verdict):
        answer = noise.noise_allows(law, level_known=False, **flags)
        assert answer.verdict is verdict and answer.status == "derived"
        if verdict is YES:
            assert answer.reason == "level_determined"
        else:
            assert answer.reason in ("level_unknown", "zero_band")

    def test_knowing_the_level_never_hurts(self):
        laws = [noise.Gaussian(1), noise.Laplace(1), noise.Uniform(1), noise.Poisson(1)]
        laws += [noise.PoissonGaussian(1, 1), noise.Additive(sech), band_limited(zeros="interval")]
        order = {NO: 0, OPEN: 1, YES: 2}
        for law in laws:
            for bounded in (None, False, True):
                known, unknown = (
                    noise.noise_allows(law, bounded=bounded, level_known=k) for k in (True, False)
                )
                # A "no" at a known level is a "no" without it; a "yes" without it is one with it.
                assert unknown.verdict is not YES or known.verdict is YES
                assert known.verdict is not NO or unknown.verdict is NO
                assert order[known.verdict] >= order[unknown.verdict]

    def test_knowing_more_of_the_signal_never_hurts(self):
        order = {NO: 0, OPEN: 1, YES: 2}
        for law in (noise.Gaussian(1), noise.Laplace(1), noise.Uniform(1), band_limited()):
            for level in (True, False):
                chain = [
                    {"bounded": False, "thin": False},
                    {"bounded": False},
                    {},
                    {"bounded": None, "thin": True},
                    {"bounded": True},
                ]
                grades = [
                    order[noise.noise_allows(law, level_known=level, **flags).verdict]
                    for flags in chain
                ]
                assert grades == sorted(grades)

    def test_words(self):
        answer = noise.noise_allows(noise.Gaussian(1), level_known=False)
        assert "N(0, s^2 + t^2)" in answer.explanation and "UNSURE" in answer.source
        assert "k < m" in answer.explanation
        several = noise.noise_allows(noise.Gaussian([1, 2]), level_known=False)
        assert "k < m" not in several.explanation
        text = str(noise.noise_allows(noise.Uniform(1)))
        assert text.startswith("IDENTIFIABLE (isolated_zeros, derived): ")
        for part in ("zeros: ", "source: derived here", "caveat: e is independent of x", "support"):
            assert part in text
        counts = noise.noise_allows(noise.Poisson(1))
        assert any("A x >= 0" in caveat for caveat in counts.caveats)
        refusal = noise.noise_allows(noise.Uniform(1), level_known=False)
        assert any("rows of A" in caveat for caveat in refusal.caveats)

    def test_a_faint_read_out_level_is_said_to_be(self):
        def size(std: float) -> float:
            answer = noise.noise_allows(noise.PoissonGaussian(2.0, std), level_known=False)
            return float(answer.caveats[0].rpartition("^")[2])

        # |phi_y| = exp(-std^2 t^2/2) at t = 2 pi/2.
        assert size(1.0) == pytest.approx(-(np.pi**2) / 2 * np.log10(np.e), rel=1e-2)
        assert size(10.0) < -200

    def test_has_no_truth_value(self):
        with pytest.raises(TypeError, match="three answers"):
            bool(noise.noise_allows(noise.Gaussian(1)))

    def test_flags_of_numpy(self):
        law = band_limited(zeros="interval")
        assert noise.noise_allows(law, bounded=np.bool_(False)).verdict is NO
        assert noise.noise_allows(law, bounded=np.bool_(True)).verdict is YES

    def test_can_be_sent_to_workers(self):
        answer = noise.noise_allows(noise.Laplace(1))
        assert pickle.loads(pickle.dumps(answer)) == answer
        assert pickle.loads(pickle.dumps(noise.Uniform(2))) == noise.Uniform(2)


class TestDeconvolution:
    """Where the answer is yes, the law of A x is found from that of y."""

    A, B, WEIGHT = -0.7, 1.1, 0.3

    def measured(self, law: noise.Uniform, t: np.ndarray) -> np.ndarray:
        """phi_y by integration of the density of y, two boxes of the noise's width."""
        nodes, weights = np.polynomial.legendre.leggauss(60)
        parts = [
            share * np.exp(1j * np.outer(t, at + law.width / 2 * nodes)) @ weights / 2
            for at, share in ((self.A, self.WEIGHT), (self.B, 1 - self.WEIGHT))
        ]
        return parts[0] + parts[1]

    def test_two_points_seen_through_uniform_noise(self):
        law = noise.Uniform(3.0)
        # None of the frequencies is a zero 2 pi k/3; they lie on both sides of the first.
        t = 1.3 * np.arange(4)
        roots, weights = atoms(self.measured(law, t) / law.characteristic_function(t))
        order = np.argsort(np.angle(roots))
        np.testing.assert_allclose(np.angle(roots[order]) / 1.3, [self.A, self.B], atol=1e-9)
        np.testing.assert_allclose(weights[order], [self.WEIGHT, 1 - self.WEIGHT], atol=1e-9)

    def test_at_a_zero_by_continuity(self):
        law = noise.Uniform(3.0)
        zero = 2 * np.pi / 3
        assert abs(self.measured(law, np.array([zero]))[0]) < 1e-12
        t = zero + np.array([-1e-4, 1e-4])
        around = self.measured(law, t) / law.characteristic_function(t)
        exact = sum(w * np.exp(1j * zero * at) for at, w in ((self.A, self.WEIGHT), (self.B, 0.7)))
        assert abs(around.mean() - exact) < 1e-7

    @pytest.mark.parametrize(("law", "draw"), SCALAR)
    def test_from_a_sample(self, law, draw, rng):
        n = 200_000
        y = np.where(rng.random(n) < self.WEIGHT, self.A, self.B) + draw(rng, n)
        t = 0.9 * np.arange(4)
        phi = np.exp(1j * np.outer(t, y)).mean(axis=1) / law.characteristic_function(t)
        roots, weights = atoms(phi)
        order = np.argsort(np.angle(roots))
        np.testing.assert_allclose(np.angle(roots[order]) / 0.9, [self.A, self.B], atol=0.1)
        np.testing.assert_allclose(weights[order].real, [self.WEIGHT, 0.7], atol=0.1)

    def test_moments_of_a_bounded_signal_from_frequencies_near_zero(self):
        # Noise that erases |t| >= 1; a signal 0 or 1 with mean 0.7 from |t| < 1/10.
        h = 0.05
        t = h * np.arange(-2, 3)
        y = (0.3 + 0.7 * np.exp(1j * t)) * triangle(t)
        phi = y / band_limited().characteristic_function(t)
        mean = (phi @ [1, -8, 0, 8, -1] / (12j * h)).real
        square = -(phi @ [-1, 16, -30, 16, -1] / (12 * h**2)).real
        assert mean == pytest.approx(0.7, abs=1e-5)
        # Mean of z^2 equal to mean of z, within [0, 1]: only 0 and 1 are taken.
        assert square == pytest.approx(mean, abs=1e-5)


class TestCollision:
    @pytest.mark.parametrize(("low", "high"), [(1.0, 3.0), (0.0, 2.0), (5.0, 6.0)])
    def test_closed_forms_against_sums(self, low, high):
        pair = noise.Collision(low, high)
        h, count = 0.05, 400_000
        x = h * np.arange(-count, count + 1)
        densities = pair.densities(x)
        t = np.array([0.0, 0.3, low, (low + high) / 2, 0.3 * low + 0.7 * high, high, 4.7, 8.1])
        for density, phi in zip(densities, pair.characteristic_functions(t), strict=True):
            assert density.min() >= 0
            sums = np.array([h * np.sum(density * np.cos(s * x)) for s in t])
            # Beyond the last point lies less than 2/(pi delta x); aliases lie near 2 pi/h = 126.
            np.testing.assert_allclose(sums, phi, atol=2e-3)
            assert phi[0] == pytest.approx(1, abs=1e-15)

    def test_supports_share_no_interior(self):
        p, q = noise.Collision(1.0, 3.0).densities(np.linspace(-50, 50, 10_001))
        assert np.all(p * q == 0) and p.max() > 0 and q.max() > 0

    @given(some.floats(0, 5), some.floats(0.1, 5))
    def test_agree_off_the_band_and_only_there(self, low, width):
        pair = noise.Collision(low, low + width)
        t = np.linspace(-20, 20, 2001)
        p, q = pair.characteristic_functions(t)
        inside = (np.abs(t) > low + 1e-6) & (np.abs(t) < low + width - 1e-6)
        outside = (np.abs(t) <= low) | (np.abs(t) >= low + width)
        np.testing.assert_allclose(p[outside], q[outside], atol=1e-12)
        assert np.all(p[inside] > q[inside])
        assert max(np.abs(p).max(), np.abs(q).max()) <= 1 + 1e-12

    def test_both_are_positive_definite(self):
        lags = np.abs(np.subtract.outer(np.arange(60), np.arange(60))) * 0.15
        for gram in noise.Collision(1.0, 3.0).characteristic_functions(lags):
            assert np.linalg.eigvalsh(gram)[0] > -1e-12

    def test_noise_makes_them_one(self):
        law = band_limited(zeros="interval")
        pair = noise.noise_allows(law, bounded=False).collision
        t = np.linspace(-7.9, 7.9, 3001)
        p, q = pair.characteristic_functions(t)
        blur = law.characteristic_function(t)
        np.testing.assert_allclose(p * blur, q * blur, atol=1e-15)
        assert np.abs(p - q).max() > 1

    def test_noise_makes_them_one_as_densities(self):
        # Another route: the noise has the density of Fejér, and nothing is transformed.
        pair, h = noise.Collision(1.0, 8.0), 0.02
        e = h * np.arange(-100_000, 100_001)
        for y in (0.0, 0.8, 3.1):
            p, q = (h * np.sum(density * fejer(e)) for density in pair.densities(y - e))
            assert p == pytest.approx(q, abs=1e-7) and p > 1e-3
        before, after = pair.densities(np.array(0.1))
        assert abs(before - after) > 1e-2

    def test_the_classical_pair(self):
        # A density and a lattice law: 1/2 at 0, 2/(pi k)^2 at pi k for odd k.
        t = np.linspace(-6, 6, 1201)
        k = np.arange(1, 20_001, 2)
        series = 0.5 + 2 * np.cos(np.pi * np.outer(t, k)) @ (2 / (np.pi * k) ** 2)
        np.testing.assert_allclose(series, periodic_triangle(t), atol=1e-4)
        x = 0.05 * np.arange(-400_000, 400_001)
        sums = [0.05 * np.sum(fejer(x) * np.cos(s * x)) for s in (0.0, 0.4, 1.5)]
        np.testing.assert_allclose(sums, triangle(np.array([0.0, 0.4, 1.5])), atol=1e-4)
        blur = band_limited().characteristic_function(t)
        np.testing.assert_allclose(triangle(t) * blur, periodic_triangle(t) * blur, atol=1e-15)
        assert np.abs(triangle(t) - periodic_triangle(t)).max() == pytest.approx(1)

    def test_on_one_of_several_measurements(self, rng):
        # phi_y(t) = phi(t_1) phi_e(t_1) … phi_e(t_m), since the other coordinates of A x are 0.
        law, pair = band_limited(zeros="interval"), noise.Collision(1.0, 8.0)
        t = rng.uniform(-1.5, 1.5, (500, 3))
        blur = np.prod(law.characteristic_function(t), axis=1)
        p, q = pair.characteristic_functions(t[:, 0])
        np.testing.assert_allclose(p * blur, q * blur, atol=1e-15)
        assert np.count_nonzero(blur) > 50 and np.abs(p - q).max() > 0.05

    @pytest.mark.parametrize(
        ("low", "high", "words"),
        [(2, 2, "below"), (3, 2, "below"), (-1, 2, "`low` must be positive"), (1, 0, "`high`")],
    )
    def test_refuses_other_bands(self, low, high, words):
        with pytest.raises(ValueError, match=words):
            noise.Collision(low, high)

    @pytest.mark.parametrize(
        "band", [(0, 1e308), (1e308, 1.5e308), (0, 1e-310), (0, 5e-324), (1e-300, 1.7e308)]
    )
    def test_extreme_bands(self, band):
        pair = noise.Collision(*band)
        p, q = pair.densities([0, 1e308, 1.0, 5e-324])
        assert np.all(p >= 0) and np.all(q >= 0) and np.all(p * q == 0)
        one, two = pair.characteristic_functions([0, 1e308, -1.7e308, 1.0])
        assert one[0] == two[0] == 1
        assert np.all(np.abs(one) <= 1) and np.all(np.abs(two) <= 1)

    @pytest.mark.parametrize("unit", [2.0**-1000, 2.0**1000])
    def test_units_do_not_matter(self, unit):
        small, plain = noise.Collision(1.5 * unit, 2.5 * unit), noise.Collision(1.5, 2.5)
        for one, two in zip(
            small.characteristic_functions(unit * T), plain.characteristic_functions(T), strict=True
        ):
            np.testing.assert_array_equal(one, two)


class TestCounts:
    GAIN, MEANS, SHARES = 0.5, np.array([1.5, 4.0]), np.array([0.3, 0.7])

    def mass(self, count: int = 120) -> np.ndarray:
        """Law of N for a mean drawn from two points, term by term."""
        k, rate = np.arange(count)[:, None], self.MEANS / self.GAIN
        return np.exp(k * np.log(rate) - rate - special.gammaln(k + 1)) @ self.SHARES

    def test_generating_function_is_the_laplace_transform(self):
        s = np.linspace(0, 1, 21)
        sums = s[:, None] ** np.arange(120) @ self.mass()
        laplace = np.exp(-np.outer((1 - s) / self.GAIN, self.MEANS)) @ self.SHARES
        np.testing.assert_allclose(sums, laplace, atol=1e-13)

    def test_of_several_measurements(self):
        points = np.array([[1.0, 3.0], [2.5, 0.0]])
        k = np.arange(80)
        rates = points / self.GAIN
        log = special.xlogy(k, rates[..., None]) - rates[..., None] - special.gammaln(k + 1)
        joint = np.einsum("a,ai,aj->ij", self.SHARES, np.exp(log[:, 0]), np.exp(log[:, 1]))
        for s in np.random.default_rng(1).random((10, 2)):
            sums = (s[0] ** k) @ joint @ (s[1] ** k)
            laplace = self.SHARES @ np.exp(-points @ (1 - s) / self.GAIN)
            assert sums == pytest.approx(laplace, abs=1e-13)

    def test_two_means_are_found(self):
        # Laplace transform at lambda = 0, h, 2h, 3h with 3h <= 1/gain.
        h = 0.6
        s = 1 - self.GAIN * h * np.arange(4)
        roots, weights = atoms(s[:, None] ** np.arange(120) @ self.mass())
        order = np.argsort(-np.log(roots))
        np.testing.assert_allclose(-np.log(roots[order]) / h, self.MEANS, atol=1e-7)
        np.testing.assert_allclose(weights[order], self.SHARES, atol=1e-7)

    def test_by_simulation(self, rng):
        n = 200_000
        x = np.where(rng.random(n) < self.SHARES[0], *self.MEANS)
        y = self.GAIN * rng.poisson(x / self.GAIN)
        for s in (0.3, 0.6, 0.9):
            power = s ** (y / self.GAIN)
            laplace = np.exp(-(1 - s) / self.GAIN * self.MEANS) @ self.SHARES
            assert abs(power.mean() - laplace) < 5 * power.std() / np.sqrt(n)

    def test_spacing_shows_the_gain(self, rng):
        x = np.where(rng.random(50_000) < self.SHARES[0], *self.MEANS)
        values = np.unique(self.GAIN * rng.poisson(x / self.GAIN))
        # Every count up to the largest common one is seen.
        np.testing.assert_allclose(values[:15], self.GAIN * np.arange(15))

    def test_read_out_level_is_a_lower_limit(self):
        std, law = 0.2, noise.PoissonGaussian(self.GAIN, 0.2)
        t = np.linspace(0.5, 60, 4000)
        phi = self.SHARES @ law.conditional_characteristic_function(t, self.MEANS[:, None])
        # The second route: the law of N, transformed term by term.
        sums = np.exp(1j * self.GAIN * np.outer(t, np.arange(120))) @ self.mass()
        np.testing.assert_allclose(phi, sums * np.exp(-0.5 * (std * t) ** 2), atol=1e-12)
        level = -2 * np.log(np.abs(phi)) / t**2
        assert level.min() >= std**2 * (1 - 1e-9)
        at = 2 * np.pi / self.GAIN * np.arange(1, 4)
        peaks = self.SHARES @ law.conditional_characteristic_function(at, self.MEANS[:, None])
        np.testing.assert_allclose(-2 * np.log(np.abs(peaks)) / at**2, std**2, rtol=1e-9)


class TestLevels:
    def test_gaussian_signal_hides_in_gaussian_noise(self):
        s, t = 0.6, 0.8
        seen = noise.Gaussian(s).characteristic_function(T) * noise.Gaussian(
            t
        ).characteristic_function(T)
        np.testing.assert_allclose(seen, noise.Gaussian(1.0).characteristic_function(T))

    def test_laplace_signal_hides_in_laplace_noise(self):
        b, lower = 1.0, 0.6
        r = (lower / b) ** 2
        wide, narrow = (noise.Laplace(v).characteristic_function(T) for v in (b, lower))
        np.testing.assert_allclose((r + (1 - r) * wide) * narrow, wide, rtol=1e-14)

    def test_two_points_hide_in_uniform_noise(self):
        wide, narrow = (noise.Uniform(w).characteristic_function(T) for w in (2.0, 1.0))
        np.testing.assert_allclose(np.cos(T / 2) * narrow, wide, atol=1e-15)
        y = np.linspace(-1.49, 1.49, 300)
        halves = sum(0.5 * (np.abs(y - z) < 0.5) for z in (-0.5, 0.5))
        np.testing.assert_array_equal(halves, 0.5 * (np.abs(y) < 1))

    def test_bounded_signal_shows_the_gaussian_level(self):
        std, points, shares = 0.8, np.array([-1.0, 2.0]), np.array([0.4, 0.6])
        y = np.linspace(-30, 60, 90_001)
        density = shares @ np.exp(-0.5 * ((y - points[:, None]) / std) ** 2)
        with np.errstate(divide="ignore"):
            log = np.log(density / (std * np.sqrt(2 * np.pi)) * (y[1] - y[0]))
        for s in (5.0, 20.0, 40.0):
            growth = special.logsumexp(log + s * y)
            # |log E exp(s A x)| <= R s, and here R = 2.
            assert abs(2 * growth / s**2 - std**2) <= 2 * 2.0 / s + 1e-9
            exact = s**2 * std**2 / 2 + special.logsumexp(s * points, b=shares)
            assert growth == pytest.approx(exact, rel=1e-9)

    def test_bounded_signal_shows_the_laplace_scale(self):
        b, points, shares = 0.5, np.array([-1.0, 2.0]), np.array([0.4, 0.6])

        def partial(s: float, end: float) -> float:
            """E exp(s y) over y in [2, end], where the density of y is a multiple of exp(-y/b)."""
            weight = shares @ np.exp(points / b) / (2 * b)
            value, _ = integrate.quad(lambda y: weight * np.exp((s - 1 / b) * y), 2, end)
            return value

        # Below 1/b = 2 the integral settles, at and above it grows without end.
        assert partial(1.9, 400) == pytest.approx(partial(1.9, 200), rel=1e-6)
        assert partial(2.0, 400) > 1.9 * partial(2.0, 200)
        assert partial(2.1, 400) > 1e6 * partial(2.1, 200)

    def test_a_thin_signal_may_hide_in_levels_of_their_own(self):
        # Why several unknown levels are left open: N(0, 1) on the first axis of the plane, thin,
        # seen at levels (1, 1), is 0 seen at levels (sqrt 2, 1).
        t = np.stack([T, T[::-1]], axis=-1)
        signal = np.exp(-0.5 * T**2)
        seen = signal * noise.Gaussian([1.0, 1.0]).characteristic_function(t)
        np.testing.assert_allclose(seen, noise.Gaussian([2**0.5, 1]).characteristic_function(t))


class TestGrid:
    def test_sees_a_band(self):
        look = band_limited().look
        assert look.band == (1.0, look.reach) and look.smallest == 0 and not look.changes_sign
        assert "zero, or too small to tell, from 1 to 8" in band_limited().zeros_text

    def test_sees_the_first_of_two_bands(self):
        # A law with a lattice part: Λ summed at even multiples, which leaves gaps.
        pair = noise.Collision(1.5, 2.5)
        law = noise.Additive(lambda t: pair.characteristic_functions(t)[0])
        low, high = law.look.band
        assert low == pytest.approx(0.5, abs=0.02) and high == pytest.approx(1.5, abs=0.02)

    @pytest.mark.parametrize("width", [1e-3, 1.0, 1e3])
    def test_sees_isolated_zeros_at_every_scale(self, width):
        law = noise.Additive(noise.Uniform(width).characteristic_function)
        look = law.look
        zeros = 2 * np.pi / width * np.arange(1, 1 + len(look.dips))
        assert len(look.dips) >= 5 and look.band is None and look.changes_sign
        np.testing.assert_allclose(look.dips, zeros, atol=look.reach / 4096)
        assert "dips near t = " in law.zeros_text

    def test_sees_zeros_that_are_touched(self):
        half = noise.Uniform(1.0)
        look = noise.Additive(lambda t: half.characteristic_function(t) ** 2).look
        assert look.dips[0] == pytest.approx(2 * np.pi, rel=1e-2) and not look.changes_sign

    def test_sees_none(self):
        look = noise.Additive(noise.Laplace(2.0).characteristic_function).look
        assert look.dips == () and look.band is None and look.smallest > 1e-4
        assert "stays above" in str(look)

    def test_takes_underflow_for_nothing(self):
        # Gaussian noise is nowhere 0, and the grid cannot tell: hence no proof.
        law = noise.Additive(noise.Gaussian(1).characteristic_function)
        assert law.look.band is not None
        assert "or too small to tell" in law.zeros_text
        assert noise.noise_allows(law, bounded=False).verdict is OPEN

    def test_a_shift_changes_nothing(self):
        plain, moved = band_limited().look, noise.Additive(lambda t: triangle(t) * np.exp(2j * t))
        assert moved.look.band == plain.band

    def test_of_samples(self):
        t = np.linspace(0, 4, 201)
        half = noise.Additive((t, triangle(t)), zeros="interval")
        both = noise.Additive((np.linspace(-4, 4, 401), triangle(np.linspace(-4, 4, 401))))
        assert half.look == both.look and half.look.band == (1.0, 4.0)
        at = np.array([-2.5, -0.31, 0.0, 0.31, 4.0])
        np.testing.assert_allclose(half.characteristic_function(at), triangle(at), atol=1e-12)
        assert noise.noise_allows(half, bounded=False).verdict is NO
        moved = noise.Additive((t, np.exp(1j * t)))
        np.testing.assert_allclose(moved.characteristic_function(-t), np.exp(-1j * t), atol=1e-15)
        with pytest.raises(ValueError, match="within the samples, up to 4"):
            half.characteristic_function(4.5)

    @given(some.lists(some.tuples(some.floats(-3, 3), some.floats(0.1, 1)), min_size=1, max_size=4))
    def test_takes_every_discrete_law(self, atoms):
        points, shares = np.array(atoms).T
        shares = shares / shares.sum()
        law = noise.Additive(lambda t: np.exp(1j * np.multiply.outer(t, points)) @ shares)
        assert noise.noise_allows(law, bounded=True).verdict is YES


class TestContradictions:
    """Values that contradict what was declared of the zeros."""

    GRID = np.arange(6.0)

    @pytest.mark.parametrize(
        ("values", "allowed"),
        [
            ([1, 0.3, 0, 0, 0.1, 0.1], {"interval"}),
            ([1, 0.3, 0, 0.1, 0, 0.1], {"interval", "isolated"}),
            ([1, 0.5, 0.25, 0.1, 0, 0], {"interval"}),
            ([1, 0.5, 0.3, 0.2, 0.1, 0.05], {"interval", "isolated", "none"}),
            ([1, 1e-87, 1e-200, 1e-290, 0, 0], {"interval"}),
        ],
    )
    def test_of_samples_that_lines_join(self, values, allowed):
        for zeros in ("none", "isolated", "interval"):
            if zeros in allowed:
                assert noise.Additive((self.GRID, values), zeros=zeros).zero_set == zeros
            else:
                with pytest.raises(ValueError, match=f"not be '{zeros}', since phi is exactly 0"):
                    noise.Additive((self.GRID, values), zeros=zeros)

    def test_of_functions(self):
        for zeros in ("none", "isolated"):
            with pytest.raises(ValueError, match="exactly 0 at 3585 frequencies in a row, from 1 "):
                noise.Additive(triangle, zeros=zeros)
        # The periodic triangle touches 0 at odd t, which are points of the grid.
        with pytest.raises(ValueError, match="not be 'none', since phi is exactly 0 at 1 freq"):
            noise.Additive(periodic_triangle, zeros="none")
        assert noise.Additive(periodic_triangle, zeros="isolated").look.smallest == 0

    @pytest.mark.parametrize("std", [1e-3, 1.0, 1e4])
    def test_underflow_contradicts_nothing(self, std):
        gaussian = noise.Gaussian(std).characteristic_function
        law = noise.Additive(gaussian, zeros="none")
        noise.Additive(
            lambda t: np.where(np.abs(gaussian(t)) < 1e-120, 0, gaussian(t)), zeros="none"
        )
        assert noise.noise_allows(law).verdict is YES

    @pytest.mark.parametrize("q", [30, 300, 1000])
    def test_samples_obey_bochner(self, q):
        t = np.linspace(0, 3, q)
        for good in (triangle(t), np.exp(1j * t), np.cos(7 * t), sech(t)):
            noise.Additive((t, good))
        for bad in (np.exp(-(t**4)), 1 - 0.02 * t**2 * (t < 2)):
            with pytest.raises(ValueError, match="positive definite"):
                noise.Additive((t, bad))

    def test_two_near_ones_exclude_a_near_minus_one(self):
        # |phi(s + t) - phi(s) phi(t)| <= ((1 - |phi(s)|^2) (1 - |phi(t)|^2))^(1/2)
        with pytest.raises(ValueError, match="positive definite"):
            noise.Additive((np.arange(4.0), [1, 0.99, -0.99, 0.9]))
        both = [0.9, -0.99, 0.99, 1, 0.99, -0.99, 0.9]
        with pytest.raises(ValueError, match="positive definite"):
            noise.Additive((np.arange(-3.0, 4), both))


class TestRefusals:
    @pytest.mark.parametrize("bad", [0, -1.0, np.nan, np.inf, 10**400])
    def test_values_of_parameters(self, bad):
        for make in (noise.Gaussian, noise.Laplace, noise.Uniform, noise.Poisson):
            with pytest.raises(ValueError, match="must be positive and finite; got"):
                make(bad)
        with pytest.raises(ValueError, match="`std` must be positive and finite"):
            noise.PoissonGaussian(1.0, bad)
        with pytest.raises(ValueError, match="`gain` must be positive and finite"):
            noise.PoissonGaussian(bad, 1.0)

    @pytest.mark.parametrize("bad", [True, "1", None, 1j, [1.0]])
    def test_types_of_parameters(self, bad):
        for make in (noise.Laplace, noise.Uniform, noise.Poisson):
            with pytest.raises(TypeError, match="must be a real number; got"):
                make(bad)

    @pytest.mark.parametrize(
        ("bad", "error", "words"),
        [
            ([0.1, 0.0], ValueError, "`std` must be positive; got a least value of 0"),
            ([], ValueError, "have shape"),
            ([[0.1]], ValueError, r"got shape \(1, 1\)"),
            ([np.nan], ValueError, "`std` must be finite"),
            ([1j], TypeError, "real numbers"),
            ([True], TypeError, "real numbers; got dtype bool"),
            (True, TypeError, "real number; got bool"),
            ("a", TypeError, "must hold real or complex numbers"),
            (None, TypeError, "must hold real or complex numbers"),
            (np.ma.masked_equal([1.0, 2.0], 1.0), ValueError, "behind a mask"),
        ],
    )
    def test_standard_deviations(self, bad, error, words):
        with pytest.raises(error, match=words):
            noise.Gaussian(bad)

    @pytest.mark.parametrize(
        ("bad", "words"),
        [
            ([[1.0, 2.0]], r"shape \(m, m\); got \(1, 2\)"),
            ([[1.0, 0.5], [0.0, 1.0]], "symmetric"),
            ([[1.0, 2.0], [2.0, 1.0]], "semidefinite; got an eigenvalue of -1"),
            ([[np.nan]], "finite"),
            (np.zeros((0, 0)), "shape"),
        ],
    )
    def test_covariances(self, bad, words):
        with pytest.raises(ValueError, match=words):
            noise.CorrelatedGaussian(bad)

    def test_frequencies(self):
        for law in (noise.Gaussian(1), noise.Laplace(1), noise.Uniform(1), band_limited()):
            with pytest.raises(ValueError, match="`t` must be finite"):
                law.characteristic_function([np.nan])
            with pytest.raises(TypeError, match="`t` must hold real numbers"):
                law.characteristic_function(1j)
        with pytest.raises(ValueError, match=r"shape \(\.\.\., 2\) for 2 measurements; got \(3,\)"):
            noise.Gaussian([1, 2]).characteristic_function([1.0, 2.0, 3.0])
        with pytest.raises(ValueError, match="`mean` must be non-negative; got -1"):
            noise.Poisson(1).conditional_characteristic_function(1.0, -1.0)

    @pytest.mark.parametrize(
        ("phi", "error", "words"),
        [
            (3.0, TypeError, "must be a function, or a pair"),
            ("phi", TypeError, "must be a function, or a pair"),
            (lambda t: 0.5 * triangle(t), ValueError, "must be 1 at t = 0; got 0.5"),
            (lambda t: 1 + t**2, ValueError, "must not exceed 1"),
            (lambda t: np.where(t < 0, 1, sech(t)), ValueError, "hermitian"),
            (lambda t: 1.0 * (np.abs(t) < 1), ValueError, "positive definite"),
            (lambda t: np.exp(-(t**4)), ValueError, "positive definite"),
            (lambda t: np.sin(t) / t, ValueError, "must be finite; got 1 NaN"),
            (lambda t: 1.0, ValueError, "of the shape"),
            (lambda t: t[:2], ValueError, "of the shape"),
            (lambda t: t.astype(str), ValueError, "must return numbers"),
            (lambda: 1.0, TypeError, "must take an array of frequencies"),
            ((T, T, T), TypeError, "a pair"),
            ((T, T[:3]), ValueError, "one shape"),
            (([0.0, 1.0], [1.0, 0.5]), ValueError, "q >= 3"),
            (([0.0, 1.0, 1.0], [1.0, 0.5, 0.5]), ValueError, "must increase"),
            (([0.5, 1.0, 2.0], [1.0, 0.5, 0.5]), ValueError, "start at 0"),
            (([-1.0, 0.0, 1.0], [0.2, 1.0, 0.5]), ValueError, "hermitian"),
            (([0.0, 1.0, 2.0], [0.9, 0.5, 0.5]), ValueError, "must be 1 at t = 0"),
            (([0.0, 1.0, 2.0], [1.0, 1.5, 0.5]), ValueError, "must not exceed 1"),
            (([0.0, 1.0, 2.0], [1.0, np.nan, 0.5]), ValueError, "`values` must be finite"),
        ],
    )
    def test_what_is_no_characteristic_function(self, phi, error, words):
        with pytest.raises(error, match=words):
            noise.Additive(phi)

    def test_declarations(self):
        with pytest.raises(ValueError, match="`zeros` must be 'none', 'isolated'"):
            noise.Additive(triangle, zeros="some")
        with pytest.raises(ValueError, match="must not be 'none', since phi changes sign"):
            noise.Additive(np.cos, zeros="none")
        with pytest.raises(TypeError, match="`name` must be a string; got int"):
            noise.Additive(triangle, 3)

    @pytest.mark.parametrize("law", [0.1, None, "gaussian", noise.Gaussian, triangle])
    def test_laws(self, law):
        with pytest.raises(TypeError, match="`law` must be a law of noise"):
            noise.noise_allows(law)

    @pytest.mark.parametrize(
        "flags", [{"bounded": 1}, {"bounded": "yes"}, {"thin": 0}, {"level_known": None}]
    )
    def test_flags(self, flags):
        with pytest.raises(TypeError, match=f"`{next(iter(flags))}` must be True"):
            noise.noise_allows(noise.Gaussian(1), **flags)

    def test_flags_that_contradict(self):
        with pytest.raises(ValueError, match="`thin` must not be False"):
            noise.noise_allows(noise.Gaussian(1), bounded=True, thin=False)
