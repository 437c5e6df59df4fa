"""Noise, and losses: laws, closed forms, and Monte Carlo with its own interval."""

from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from sensing_theorems.equivariant_imaging import losses as el  # noqa: E402
from sensing_theorems.equivariant_imaging.losses import divergence as steps  # noqa: E402
from sensing_theorems.equivariant_imaging.losses.splitting import draw_split  # noqa: E402
from sensing_theorems.equivariant_imaging.noise import (  # noqa: E402
    GaussianNoise,
    Noise,
    PoissonGaussianNoise,
    PoissonNoise,
    as_noise,
)
from sensing_theorems.equivariant_imaging.physics import Physics, as_physics  # noqa: E402
from sensing_theorems.equivariant_imaging.transforms import as_transforms  # noqa: E402
from sensing_theorems.groups import polygon  # noqa: E402
from sensing_theorems.operators import fourier  # noqa: E402

DOUBLE = torch.float64


class Dense(Physics):
    """A matrix, with its pseudo-inverse from the singular values."""

    linear = True

    def __init__(self, A, shape_in=None):
        super().__init__(shape_in or (A.shape[1],), A.shape[0], dtype=A.dtype)
        self.register_buffer("A", A)
        self.register_buffer("inverse", torch.linalg.pinv(A))
        self.visibility = (self.inverse @ A).diagonal().real.reshape(self.shape_in)

    def forward(self, x):
        return x.reshape(len(x), -1) @ self.A.T

    def adjoint(self, y):
        return (y @ self.A.conj()).reshape(-1, *self.shape_in)

    def backproject(self, y):
        return (y @ self.inverse.T).reshape(-1, *self.shape_in)

    def visible(self, x):
        return self.backproject(self.forward(x))


class Rolls:
    """Circular shifts of vectors."""

    exact, name = True, "shifts"

    def __init__(self, n):
        self.n = self.size = n
        self.shape = (n,)

    def draw(self, rng):
        return int(torch.randint(1, self.n, (), generator=rng))

    def apply(self, label, x):
        return x.roll(label, -1)

    def inverse(self, label, x):
        return x.roll(-label, -1)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=1, dtype=DOUBLE):
    return torch.randn(*shape, generator=seeded(seed), dtype=dtype)


def orthonormal_rows(m, n, dtype=DOUBLE):
    return torch.linalg.qr(normal(n, m, dtype=dtype))[0].mH.contiguous()


class Tanh(torch.nn.Module):
    """A small network without any symmetry."""

    def __init__(self, n, dtype=DOUBLE):
        super().__init__()
        self.W = torch.nn.Parameter(0.5 * normal(n, n, seed=7, dtype=dtype))

    def forward(self, y, physics):
        z = physics.backproject(y)
        return z + torch.tanh(z @ self.W)


def identity(y, physics):
    return y


def within(differences, sigmas=5.0):
    """Whether the mean of independent differences is 0, up to their own standard error."""
    differences = np.asarray(differences)
    error = differences.std(ddof=1) / math.sqrt(len(differences))
    return abs(differences.mean()) <= sigmas * error


class TestNoise:
    @pytest.mark.parametrize(
        ("noise", "variance"),
        [
            (GaussianNoise(0.3), lambda u: 0.09 + 0 * u),
            (PoissonNoise(0.2), lambda u: 0.2 * u),
            (PoissonGaussianNoise(0.3, 0.2), lambda u: 0.2 * u + 0.09),
        ],
        ids=["gaussian", "poisson", "mixed"],
    )
    def test_mean_variance_and_its_estimate(self, noise, variance):
        u = torch.tensor([0.05, 1.0, 7.0], dtype=DOUBLE)
        y = noise(u.expand(40_000, 3), seeded())
        for i in range(3):
            error = y[:, i] - u[i]
            assert within(error)
            assert within(error**2 - variance(u)[i])
            assert within(error**2 - noise.variance(y).expand_as(y)[:, i])
        assert y.dtype == DOUBLE

    def test_counts_are_multiples_of_the_gain(self):
        y = PoissonNoise(0.25)(torch.full((1000,), 0.7, dtype=DOUBLE), seeded())
        assert torch.equal(4 * y, (4 * y).round())

    def test_complex_parts_have_the_noise_each_and_independently(self):
        u = torch.full((40_000,), 2 + 1j, dtype=torch.complex128)
        e = GaussianNoise(0.5)(u, seeded()) - u
        assert within(e.real**2 - 0.25)
        assert within(e.imag**2 - 0.25)
        assert within(e.real * e.imag)

    def test_chance_is_the_generator(self):
        u = torch.ones(5)
        for noise in (GaussianNoise(1.0), PoissonNoise(1.0), PoissonGaussianNoise(1.0, 1.0)):
            assert torch.equal(noise(u, seeded(3)), noise(u, seeded(3)))
            assert not torch.equal(noise(u, seeded(3)), noise(u, seeded(4)))

    @pytest.mark.parametrize(
        "noise", [GaussianNoise(0.3), PoissonNoise(0.2), PoissonGaussianNoise(0.3, 0.2)]
    )
    def test_gradients_pass_as_through_additive_noise(self, noise):
        u = torch.ones(4, dtype=DOUBLE, requires_grad=True)
        y = noise(u, seeded())
        (y**2).sum().backward()
        assert torch.allclose(u.grad, 2 * y.detach())
        assert torch.allclose(y.detach(), noise(u.detach(), seeded()))

    @pytest.mark.parametrize("bad", [0, -1.0, math.nan, math.inf])
    def test_parameters_are_positive(self, bad):
        for make in (
            GaussianNoise,
            PoissonNoise,
            as_noise,
            lambda v: PoissonGaussianNoise(v, 1.0),
            lambda v: PoissonGaussianNoise(1.0, v),
        ):
            with pytest.raises(ValueError, match="must be positive and finite; got"):
                make(bad)

    def test_other_types_are_refused(self):
        with pytest.raises(TypeError, match="`sigma` must be a real number; got str"):
            GaussianNoise("0.1")
        for bad in ("0.1", True, [0.1]):
            with pytest.raises(TypeError, match="a standard deviation or a Noise; got"):
                as_noise(bad)
        assert as_noise(None) is None
        assert as_noise(0.5) == GaussianNoise(0.5)
        assert as_noise(PoissonNoise(1)) == PoissonNoise(1.0)

    @pytest.mark.parametrize("noise", [PoissonNoise(0.1), PoissonGaussianNoise(0.1, 0.1)])
    def test_intensities_are_real_and_not_negative(self, noise):
        with pytest.raises(TypeError, match="must be real where noise is of counts"):
            noise(torch.ones(2, dtype=torch.complex64), seeded())
        with pytest.raises(TypeError, match="must be real where noise is of counts"):
            noise.variance(torch.ones(2, dtype=torch.complex64))
        with pytest.raises(ValueError, match=r"must be non-negative intensities; got -0\.1"):
            noise(torch.tensor([1.0, -0.1]), seeded())
        with pytest.raises(ValueError, match="must be non-negative intensities; got nan"):
            noise(torch.tensor([1.0, math.nan]), seeded())
        rounded = noise(torch.tensor([1.0, -1e-7]), seeded())
        assert torch.equal(rounded, noise(torch.tensor([1.0, 0.0]), seeded()))

    def test_admissible_is_the_nearest(self):
        u = torch.tensor([1.0, -0.1])
        assert GaussianNoise(1.0).admissible(u) is u
        assert PoissonNoise(1.0).admissible(u).tolist() == [1.0, 0.0]
        assert PoissonGaussianNoise(1.0, 1.0).admissible(u).tolist() == [1.0, 0.0]

    def test_integers_are_refused(self):
        for noise in (GaussianNoise(1.0), PoissonNoise(1.0)):
            with pytest.raises(TypeError, match=r"must be floating-point; got torch\.int64"):
                noise(torch.ones(2, dtype=torch.int64), seeded())

    def test_a_law_of_ones_own_must_say_how(self):
        with pytest.raises(NotImplementedError, match="__call__"):
            Noise()(torch.ones(1), seeded())
        with pytest.raises(NotImplementedError, match="variance"):
            Noise().variance(torch.ones(1))


class Constant(el.Loss):
    def __init__(self, name, number):
        self.name, self.number = name, number

    def value(self, at):
        return torch.tensor(self.number)


class TestSum:
    physics = Dense(normal(3, 5))

    def call(self, loss, f=None, **given):
        f = f or (lambda y, physics: physics.backproject(y))
        return loss(f, normal(2, 3), self.physics, **given)

    def test_weights_and_flattening(self):
        a, b, c = Constant("a", 1.0), Constant("b", 10.0), Constant("c", 100.0)
        total = a + 2 * (b + c * 3) + np.float64(0.5) * a
        assert isinstance(total, el.Sum)
        assert [weight for weight, _ in total.parts.values()] == [1.0, 2.0, 6.0, 0.5]
        assert float(self.call(total)) == 1 + 20 + 600 + 0.5
        assert total.name == "a + b + c + a"
        assert repr(total) == "<Sum: 1 a + 2 b + 6 c + 0.5 a 2>"

    def test_terms_are_values_before_their_weight(self):
        total = Constant("a", 1.0) + 2 * Constant("b", 10.0) + Constant("a", 5.0)
        f = lambda y, physics: physics.backproject(y)  # noqa: E731
        terms = total.terms(f, normal(2, 3), self.physics)
        assert {key: float(value) for key, value in terms.items()} == {"a": 1, "b": 10, "a 2": 5}
        assert float(total.total(terms)) == 26
        single = Constant("a", 3.0)
        assert float(single.total(single.terms(f, normal(2, 3), self.physics))) == 3

    def test_the_estimate_is_computed_once(self):
        calls = []

        def f(y, physics):
            calls.append(len(y))
            return physics.backproject(y)

        loss = el.MeasurementConsistency() + el.Supervised() + el.MeasurementConsistency()
        self.call(loss, f, x=torch.zeros(2, 5, dtype=DOUBLE))
        assert calls == [2]
        self.call(loss, f, x=torch.zeros(2, 5, dtype=DOUBLE), x_hat=torch.ones(2, 5, dtype=DOUBLE))
        assert calls == [2]

    def test_refusals(self):
        a = Constant("a", 1.0)
        with pytest.raises(ValueError, match="finite and at least 0; got -1"):
            -1.0 * a
        with pytest.raises(ValueError, match="finite and at least 0; got nan"):
            math.nan * a
        with pytest.raises(TypeError, match="real number; got bool"):
            True * a
        with pytest.raises(TypeError):
            "2" * a
        with pytest.raises(TypeError):
            a + 1
        with pytest.raises(TypeError, match="must be a Loss; got int"):
            el.Sum([(1.0, 3)])
        with pytest.raises(ValueError, match="must have a summand"):
            el.Sum([])

    def test_the_shape_of_the_estimate(self):
        with pytest.raises(ValueError, match=r"must return signals \(2, 5\); got \(2, 3\)"):
            self.call(el.MeasurementConsistency(), identity)

    def test_states_go_to_the_summand_they_are_of(self):
        first = el.MeasurementConsistency() + el.UNSURE(sigma=0.5) + 2 * el.UNSURE(sigma=0.25)
        again = el.MeasurementConsistency() + el.UNSURE() + 2 * el.UNSURE()
        again.load(first.state())
        assert again.state() == first.state()
        assert [loss.eta for _, loss in list(again.parts.values())[1:]] == [0.25, 0.0625]
        with pytest.raises(ValueError, match="must have the keys"):
            again.load({})
        with pytest.raises(ValueError, match="must have the keys"):
            el.MeasurementConsistency().load({"eta": 1})


class TestConsistency:
    def test_values_by_hand(self):
        physics = Dense(torch.tensor([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0]]))
        y = torch.tensor([[1.0, 2.0], [0.0, 4.0]])
        x_hat = torch.tensor([[1.0, 0.0, 5.0], [2.0, 2.0, -5.0]])
        value = el.MeasurementConsistency()(None, y, physics, x_hat=x_hat)
        assert float(value) == (0 + 4 + 4 + 0) / 4
        x = torch.tensor([[1.0, 0.0, 2.0], [2.0, 2.0, -5.0]])
        assert float(el.Supervised()(None, y, physics, x_hat=x_hat, x=x)) == 9 / 6

    def test_the_null_space_is_free(self):
        physics = Dense(normal(3, 5))
        x = normal(4, 5, seed=2)
        hidden = normal(4, 5, seed=3)
        moved = x + hidden - physics.visible(hidden)
        value = el.MeasurementConsistency()(None, physics(x), physics, x_hat=moved)
        assert float(value) < 1e-25
        assert float(el.Supervised()(None, physics(x), physics, x_hat=moved, x=x)) > 0.01

    def test_complex_entries_count_as_two(self):
        A = normal(3, 5, dtype=torch.complex128)
        y, x = normal(2, 3, dtype=torch.complex128), normal(2, 5, seed=2, dtype=torch.complex128)
        value = el.MeasurementConsistency()(None, y, Dense(A), x_hat=x)
        error = (y - x @ A.T).abs() ** 2
        assert torch.isclose(value, error.mean() / 2)

    def test_truth_is_asked_for(self):
        physics = Dense(normal(3, 5))
        with pytest.raises(ValueError, match="must be given the ground truth `x`; got None"):
            el.Supervised()(None, normal(2, 3), physics, x_hat=normal(2, 5))
        with pytest.raises(ValueError, match=r"shape \(2, 5\) of the estimates; got \(1, 5\)"):
            el.Supervised()(None, normal(2, 3), physics, x_hat=normal(2, 5), x=normal(1, 5))


class TestEquivariance:
    def test_against_the_formula(self):
        physics, f, rolls = Dense(normal(3, 5)), Tanh(5), Rolls(5)
        y = normal(4, 3, seed=2)
        value = el.Equivariance(rolls, count=3)(f, y, physics, rng=seeded(5))
        rng, expected = seeded(5), []
        for _ in range(3):
            x = f(y, physics).roll(rolls.draw(rng), 1)
            expected.append(((f(x @ physics.A.T, physics) - x) ** 2).mean())
        assert torch.isclose(value, sum(expected) / 3)

    def test_zero_where_the_operator_commutes_however_wrong_the_estimate(self):
        # The circulant averages all entries: it commutes with shifts, and sees one dimension.
        physics = Dense(torch.full((5, 5), 0.2, dtype=DOUBLE))
        f = lambda y, physics: physics.backproject(y)  # noqa: E731
        x = normal(4, 5, seed=2)
        loss = el.Equivariance(Rolls(5), count=4)
        assert float(loss(f, physics(x), physics, rng=seeded())) < 1e-25
        assert float(el.Supervised()(f, physics(x), physics, x=x)) > 0.1

    def test_gradients_flow_through_both_sides(self):
        physics, f, rolls = Dense(normal(3, 5)), Tanh(5), Rolls(5)
        y = normal(4, 3, seed=2)
        value = el.Equivariance(rolls)(f, y, physics, rng=seeded(5))
        found = torch.autograd.grad(value, f.W)[0]
        step, W = 1e-6, f.W.detach().clone()
        with torch.no_grad():
            ends = []
            for sign in (1, -1):
                f.W.copy_(W)
                f.W[1, 2] += sign * step
                ends.append(float(el.Equivariance(rolls)(f, y, physics, rng=seeded(5))))
        assert math.isclose(float(found[1, 2]), (ends[0] - ends[1]) / (2 * step), rel_tol=1e-6)

    def test_noise_is_on_the_second_measurement(self):
        # f ∘ A is the identity, so what is left is the noise.
        physics = Dense(torch.eye(5, dtype=DOUBLE))
        loss = el.Equivariance(Rolls(5), noise=0.3)
        y = normal(5, 5)
        errors = [float(loss(identity, y, physics, rng=seeded(i))) - 0.09 for i in range(400)]
        assert within(errors)
        assert not within([e + 0.09 for e in errors])

    def test_negative_estimates_are_no_intensities(self):
        physics = Dense(torch.eye(5, dtype=DOUBLE))
        loss = el.Equivariance(Rolls(5), noise=PoissonNoise(0.1))
        assert math.isfinite(float(loss(identity, normal(4, 5), physics, rng=seeded())))

    def test_refusals(self):
        with pytest.raises(TypeError, match="must be Transforms, with `draw` and `apply`"):
            el.Equivariance("shifts")
        with pytest.raises(ValueError, match="`count` must be a positive integer; got 0"):
            el.Equivariance(Rolls(5), count=0)


class TestMultiOperator:
    operators = tuple(Dense(normal(3, 5, seed=s)) for s in (1, 2, 3))

    def test_draws_each_of_the_others_equally_often(self):
        loss, asked = el.MultiOperator(self.operators), []

        def f(y, physics):
            asked.append(next(i for i, each in enumerate(self.operators) if each is physics))
            return physics.backproject(y)

        rng, x_hat = seeded(), normal(2, 5)
        for _ in range(400):
            loss(f, normal(2, 3), self.operators[1], x_hat=x_hat, rng=rng)
        assert set(asked) == {0, 2}
        assert within([1.0 if i else -1.0 for i in asked])

    def test_against_the_formula(self):
        f, y = Tanh(5), normal(4, 3, seed=9)
        loss = el.MultiOperator(self.operators[:2])
        x = f(y, self.operators[0])
        expected = ((f(x @ self.operators[1].A.T, self.operators[1]) - x) ** 2).mean()
        assert torch.isclose(loss(f, y, self.operators[0]), expected)

    def test_refusals(self):
        for same in (self.operators[:1], self.operators[:1] * 3):
            with pytest.raises(ValueError, match="two operators, each its own object; got 1"):
                el.MultiOperator(same)
        with pytest.raises(ValueError, match="signals of one shape"):
            el.MultiOperator([self.operators[0], Dense(normal(3, 6))])


U = torch.tensor([0.4, 0.8, 1.5, 2.5], dtype=DOUBLE)
NOISES = {
    "gaussian": GaussianNoise(0.3),
    "poisson": PoissonNoise(0.2),
    "mixed": PoissonGaussianNoise(0.3, 0.2),
}
LINEAR = 0.3 * normal(4, 4, seed=4) + 0.5 * torch.eye(4, dtype=DOUBLE)


def linear(y, physics):
    return y @ LINEAR.T


def affine_in_its_own(y, physics):
    """Not linear, but h_i is affine in y_i: the expansion of counts ends with its first term."""
    return 0.5 * y * torch.tanh(y.roll(1, -1)) + torch.sin(2 * y.roll(-1, -1))


def quadratic(y, physics):
    return 0.2 * y**2 + 0.1 * y * y.roll(1, -1)


def smooth(y, physics):
    return torch.tanh(y) + 0.2 * torch.sin(3 * y.roll(1, -1))


def differences(noise, f, loss, *, subtract=0.0, rounds=150, batch=200, u=U):
    """SURE minus the error against the truth, of independent batches."""
    physics, rng = Dense(torch.eye(u.numel(), dtype=u.dtype)), seeded(11)
    found = []
    for _ in range(rounds):
        y = noise(u.expand(batch, -1), rng)
        truth = (torch.view_as_real(u - f(y, None)) if u.is_complex() else u - f(y, None)) ** 2
        found.append(float(loss(f, y, physics, rng=rng) - truth.mean()) - subtract)
    return found


class WithoutDivergence(el.SURE):
    def value(self, at):
        return ((at.y - at.y_hat) ** 2 - self.noise.variance(at.y)).mean()


class TestSURE:
    @pytest.mark.parametrize("noise", NOISES.values(), ids=NOISES)
    @pytest.mark.parametrize("f", [linear, affine_in_its_own])
    def test_is_unbiased(self, noise, f):
        assert within(differences(noise, f, el.SURE(noise, tau=1e-4)))
        assert not within(differences(noise, f, WithoutDivergence(noise)))

    @pytest.mark.parametrize("noise", NOISES.values(), ids=NOISES)
    def test_is_unbiased_for_linear_estimates_with_any_step(self, noise):
        assert within(differences(noise, linear, el.SURE(noise)))
        assert within(differences(noise, linear, el.SURE(noise, tau=10.0)))

    def test_gaussian_is_unbiased_for_smooth_estimates(self):
        assert within(differences(NOISES["gaussian"], smooth, el.SURE(0.3, tau=1e-4)))

    @pytest.mark.parametrize("noise", [NOISES["poisson"], PoissonGaussianNoise(0.6, 0.2)])
    def test_the_second_order_is_exact_for_quadratic_estimates(self, noise):
        """And the first misses the mean of γ² y + 2 γ σ² times the second derivative."""
        sigma = getattr(noise, "sigma", 0.0)
        missed = float((0.04 * U + 2 * 0.2 * sigma**2).mean()) * 0.4
        once, twice = el.SURE(noise, tau=1e-3), el.SURE(noise, tau=1e-3, order=2)
        assert within(differences(noise, quadratic, twice))
        first = differences(noise, quadratic, once)
        assert not within(first)
        assert within([d - missed for d in first])
        if sigma:
            assert not within([d - 0.4 * 0.04 * float(U.mean()) for d in first])

    def test_closed_form_of_linear_estimates(self):
        """E SURE = tr(R uu^T R^T)/m + σ² ‖L‖²/m, with R = I - L."""
        R = torch.eye(4, dtype=DOUBLE) - LINEAR
        expected = float(((R @ U) ** 2).mean() + 0.09 * (LINEAR**2).sum() / 4)
        physics, rng, loss = Dense(torch.eye(4, dtype=DOUBLE)), seeded(2), el.SURE(0.3)
        values = [
            float(loss(linear, GaussianNoise(0.3)(U.expand(200, -1), rng), physics, rng=rng))
            for _ in range(300)
        ]
        assert within([v - expected for v in values])

    def test_complex_measurements_are_twice_as_many(self):
        u = torch.tensor([1 + 2j, -0.5j, 0.3], dtype=torch.complex128)
        noise = GaussianNoise(0.4)

        def f(y, physics):
            # Neither analytic nor the same in both parts, so that a wrong count would show.
            return torch.complex(0.5 * torch.tanh(y.real), 0.1 * y.imag + 0.1 * y.real)

        assert within(differences(noise, f, el.SURE(noise, tau=1e-4), u=u))
        # The deviation of an entry as a whole, of both its parts.
        whole = el.SURE(0.4 * math.sqrt(2), tau=1e-4)
        assert not within(differences(noise, f, whole, u=u))

    def test_the_divergence_is_that_of_the_jacobian(self):
        physics, f = Dense(normal(3, 5)), Tanh(5)
        y = normal(1, 3, seed=2)
        h = lambda v: physics(f(v[None], physics))[0]  # noqa: E731
        expected = torch.autograd.functional.jacobian(h, y[0]).trace() / 3
        f.requires_grad_(False)
        many = y.expand(20_000, 3)
        at = el.Evaluation(f, many, physics, rng=seeded())
        one = torch.ones((), dtype=DOUBLE)
        for gaussian in (True, False):
            errors = [
                float(steps.divergence(at, one, 1e-5, gaussian=gaussian) - expected)
                for _ in range(20)
            ]
            assert within(errors)

    def test_directions_have_their_moments(self):
        like = torch.empty(100_000, dtype=DOUBLE)
        b, c = steps.signs(like, seeded()), steps.skewed(like, seeded(1))
        assert set(b.tolist()) == {-1.0, 1.0}
        assert within(b)
        assert all(within(x) for x in (c, c**2 - 1, c**3 - 1))

    def test_the_step_is_a_tenth_of_the_noise(self):
        y = torch.full((10, 4), 2.0)
        step = lambda noise, y: float(steps.step_length(y, noise.variance(y)))  # noqa: E731
        assert math.isclose(step(GaussianNoise(0.3), y), 0.03, rel_tol=1e-6)
        mixed = step(PoissonGaussianNoise(0.3, 0.2), y)
        assert math.isclose(mixed, math.sqrt(0.49) / 10, rel_tol=1e-6)
        assert step(PoissonNoise(0.2), 0 * y) == 1.0
        tiny = step(GaussianNoise(1e-9), y)
        assert math.isclose(tiny, 2 * math.sqrt(torch.finfo(torch.float32).eps), rel_tol=1e-6)

    @pytest.mark.parametrize("sigma", [1e-3, 0.1])
    def test_rounding_in_single_precision_does_not_show(self, sigma):
        loss, y = el.SURE(sigma), normal(200, 4) + 3
        single = Dense(torch.eye(4))
        double = Dense(torch.eye(4, dtype=DOUBLE))
        # Drawn in one precision, the directions would differ from those of the other.
        f32 = lambda v, physics: torch.tanh(v)  # noqa: E731
        at32 = [float(loss(f32, y.float(), single, rng=seeded(i))) for i in range(200)]
        at64 = [float(loss(f32, y, double, rng=seeded(i))) for i in range(200)]
        assert abs(np.mean(at32) - np.mean(at64)) < 5e-2 * sigma**2 + 1e-6

    def test_refusals(self):
        with pytest.raises(ValueError, match="must know the noise; got None"):
            el.SURE(None)
        with pytest.raises(ValueError, match="`tau` must be positive"):
            el.SURE(0.1, tau=0.0)
        with pytest.raises(ValueError, match="`order` must be 1 or 2; got 3"):
            el.SURE(PoissonNoise(0.1), order=3)
        with pytest.raises(ValueError, match="must be 1 for Gaussian noise"):
            el.SURE(0.1, order=2)
        y = torch.ones(2, 4, dtype=torch.complex128)
        with pytest.raises(TypeError, match="must be real where noise is of counts"):
            el.SURE(PoissonNoise(0.1))(identity, y, Dense(torch.eye(4)), x_hat=y)


class TestUNSURE:
    def test_the_saddle_point_of_gaussian_signals(self):
        """All is closed form: W = I - η S^{-1}, tr W = 0, η = σ² / (1 - MMSE / σ²)."""
        sigma2, powers = 0.04, torch.tensor([1.0, 0.3, 0.0, 0.0], dtype=DOUBLE)
        y = normal(500, 4) * (powers + sigma2).sqrt()
        # A sample with exactly that covariance, so that nothing is left to chance but b.
        L = torch.linalg.cholesky(y.T @ y / 500)
        y = torch.linalg.solve_triangular(L, y.T, upper=False).T * (powers + sigma2).sqrt()
        mmse = float((powers * sigma2 / (powers + sigma2)).mean())
        expected = sigma2 / (1 - mmse / sigma2)
        S = torch.diag(powers + sigma2)
        assert math.isclose(expected, 4 / float(torch.linalg.inv(S).trace()), rel_tol=1e-12)

        physics = Dense(torch.eye(4, dtype=DOUBLE))
        W = torch.eye(4, dtype=DOUBLE, requires_grad=True)
        loss, rng = el.UNSURE(sigma=0.3, step=3e-3, momentum=0.5), seeded(3)
        etas, estimates = [], []
        for step in range(1500):
            value = loss(lambda y, physics, W=W: y @ W.T, y, physics, rng=rng)
            gradient = torch.autograd.grad(value, W)[0]
            with torch.no_grad():
                W -= 0.5 * gradient
            if step >= 700:
                etas.append(loss.eta)
                estimates.append(W.detach().clone())
        assert math.isclose(np.mean(etas), expected, rel_tol=0.01)
        saddle = torch.eye(4, dtype=DOUBLE) - expected * torch.linalg.inv(S)
        mean = torch.stack(estimates).mean(0)
        assert torch.allclose(mean, saddle, atol=0.02)
        assert abs(float(mean.trace())) < 0.01

    def test_ascent_by_hand(self):
        loss = el.UNSURE(sigma=0.5, step=0.1, momentum=0.75, tau=1e-3)
        physics, y = Dense(torch.eye(4, dtype=DOUBLE)), normal(2000, 4)
        velocity, eta, seen = None, 0.25, []
        for i in range(3):
            f = lambda v, physics, c=i + 1: c * v  # noqa: E731
            value = float(loss(f, y, physics, rng=seeded(i)))
            b = torch.randn(2000, 4, generator=seeded(i), dtype=DOUBLE)
            g = 2 * (i + 1) * float((b**2).mean())
            seen.append((value, float((i * y).square().mean()) + eta * g))
            velocity = g if velocity is None else 0.75 * velocity + 0.25 * g
            eta += 0.1 * velocity
            assert math.isclose(loss.eta, eta, rel_tol=1e-9)
        assert all(math.isclose(a, b, rel_tol=1e-9) for a, b in seen)

    def test_nothing_is_learned_without_gradients(self):
        loss, physics = el.UNSURE(), Dense(torch.eye(4, dtype=DOUBLE))
        before = loss.state()
        with torch.no_grad():
            loss(identity, normal(5, 4), physics, rng=seeded())
        assert loss.state() == before
        loss(identity, normal(5, 4), physics, rng=seeded())
        assert loss.state() != before

    def test_goes_on_as_if_never_stopped(self):
        physics, losses = Dense(torch.eye(4, dtype=DOUBLE)), [el.UNSURE(), el.UNSURE()]
        for loss in losses:
            for i in range(2):
                loss(smooth, normal(5, 4), physics, rng=seeded(i))
        resumed = el.UNSURE(sigma=3.0)
        resumed.load(losses[1].state())
        assert all(v is None or isinstance(v, float) for v in resumed.state().values())
        values = [
            float(loss(smooth, normal(5, 4), physics, rng=seeded(7)))
            for loss in (losses[0], resumed)
        ]
        assert values[0] == values[1]
        assert losses[0].state() == resumed.state()

    def test_refusals(self):
        for bad in ({"sigma": 0.0}, {"step": -1.0}, {"tau": 0.0}):
            with pytest.raises(ValueError, match="must be positive and finite"):
                el.UNSURE(**bad)
        for bad in (-0.1, 1.0, math.nan):
            with pytest.raises(ValueError, match="`momentum` must be at least 0 and below 1"):
                el.UNSURE(momentum=bad)


class TestSplitPhysics:
    kept = torch.tensor([True, False, True])

    def test_is_the_masked_matrix(self):
        A = normal(3, 5)
        physics = Dense(A)
        split = el.SplitPhysics(physics, self.kept)
        MA = self.kept[:, None] * A
        x, y = normal(2, 5, seed=2), normal(2, 3, seed=3)
        assert torch.allclose(split(x), x @ MA.T)
        assert torch.allclose(split.adjoint(y), y @ MA)
        assert (split.m, split.n, split.shape_in, split.linear) == (3, 5, (5,), True)

    def test_pseudo_inverse_of_orthonormal_rows(self):
        A = orthonormal_rows(3, 5)
        split = el.SplitPhysics(Dense(A), self.kept)
        pinv = torch.linalg.pinv(self.kept[:, None] * A)
        x, y = normal(2, 5, seed=2), normal(2, 3, seed=3)
        assert torch.allclose(split.backproject(y), y @ pinv.T)
        assert torch.allclose(split.visible(x), x @ (pinv @ (self.kept[:, None] * A)).T)

    def test_what_is_backprojected_explains_what_is_kept(self):
        physics = Dense(normal(3, 5))
        split = el.SplitPhysics(physics, self.kept)
        y, r = normal(2, 3, seed=3), normal(2, 5, seed=2)
        x = split.backproject(y) + r - split.visible(r)
        assert torch.allclose(split(x), self.kept * y)
        assert not torch.allclose(physics(x), y)

    def test_with_dependent_rows_what_they_took_from_others_is_missing(self):
        A = normal(3, 5)
        A[2] = A[0] - 2 * A[1]
        split = el.SplitPhysics(Dense(A), self.kept)
        y = normal(2, 5, seed=2) @ A.T
        missing = (~self.kept * y) @ (A @ torch.linalg.pinv(A)).T * self.kept
        assert torch.allclose(split(split.backproject(y)), self.kept * y - missing)
        assert not torch.allclose(missing, torch.zeros(()).double())

    def test_half_of_a_frequency_kept_without_its_opposite(self):
        physics = as_physics(fourier([False, True, False, True]), dtype=DOUBLE)
        y = physics(normal(2, 4))
        kept = torch.tensor([True, False])
        split = el.SplitPhysics(physics, kept)
        assert torch.allclose(split(split.backproject(y)), 0.5 * kept * y)
        alone = as_physics(fourier([False, True, False, False]), dtype=DOUBLE)
        assert torch.allclose(alone(alone.backproject(y[:, :1])), y[:, :1])

    def test_visibility_of_sampled_pixels_is_exact(self):
        A = torch.eye(6, dtype=DOUBLE)[[0, 2, 3]]
        kept = torch.tensor([[True, False, True], [False, False, True]])
        found = el.SplitPhysics(Dense(A, (2, 3)), kept).visibility
        assert found.reshape(2, 6).tolist() == [[1, 0, 0, 1, 0, 0], [0, 0, 0, 1, 0, 0]]

    def test_visibility_of_others_is_that_of_the_mean_split(self):
        physics = Dense(normal(3, 5))
        found = el.SplitPhysics(physics, self.kept).visibility
        assert torch.allclose(found, 2 / 3 * physics.visibility[None])
        pinv, splits = torch.linalg.pinv(physics.A), []
        for kept in ([1, 1, 0], [1, 0, 1], [0, 1, 1]):
            splits.append((pinv @ torch.diag(torch.tensor(kept).double()) @ physics.A).diagonal())
        assert torch.allclose(found[0], torch.stack(splits).mean(0))

    def test_refusals(self):
        physics = Dense(normal(3, 5))
        with pytest.raises(TypeError, match=r"`kept` must be boolean; got torch\.float64"):
            el.SplitPhysics(physics, torch.ones(3, dtype=DOUBLE))
        with pytest.raises(ValueError, match=r"shape \(3,\) or \(B, 3\); got \(4,\)"):
            el.SplitPhysics(physics, torch.ones(4, dtype=torch.bool))
        physics.linear = False
        with pytest.raises(ValueError, match="must have linear physics; got Dense"):
            el.SplitPhysics(physics, self.kept)


class TestSplitting:
    def test_splits_have_the_share_and_are_uniform(self):
        kept = draw_split(torch.empty(6000, 5), 0.6, seeded())
        assert kept.sum(1).tolist() == [3] * 6000
        for i in range(5):
            assert within(kept[:, i].double() - 0.6)
            assert within((kept[:, i] & kept[:, i - 1]).double() - 0.3)
        for keep, count in ((0.01, 1), (0.99, 4)):
            assert draw_split(torch.empty(1, 5), keep, seeded()).sum() == count

    @pytest.mark.parametrize("dtype", [DOUBLE, torch.complex128])
    def test_is_the_error_on_what_was_held_out(self, dtype):
        physics, f = Dense(normal(4, 6, dtype=dtype)), Tanh(6, dtype)
        y = normal(3, 4, seed=2, dtype=dtype)
        value = el.Splitting(0.5)(f, y, physics, rng=seeded(5))
        kept, errors = draw_split(y, 0.5, seeded(5)), []
        for i in range(3):
            M = torch.diag(kept[i].to(dtype))
            part = Dense(M @ physics.A)
            part.inverse = physics.inverse @ M
            error = y[i] - physics(f((y[i] * kept[i])[None], part))[0]
            errors += [e.abs() ** 2 for e, k in zip(error, kept[i], strict=True) if not k]
        expected = sum(errors) / len(errors) / (2 if dtype.is_complex else 1)
        assert torch.isclose(value, expected)

    def test_does_not_see_what_it_is_judged_by(self):
        y = normal(3, 4)

        def f(given, physics):
            assert torch.equal(given != 0, physics.kept)
            return given

        value = el.Splitting(0.5)(f, y, Dense(torch.eye(4, dtype=DOUBLE)), rng=seeded())
        kept = draw_split(y, 0.5, seeded())
        assert torch.isclose(value, (y[~kept] ** 2).mean())

    def test_average_at_evaluation(self):
        physics, y = Dense(normal(4, 6)), normal(3, 4, seed=2)
        f = el.split_average(Tanh(6), keep=0.5, samples=3, seed=4)
        rng, found = seeded(4), []
        for _ in range(3):
            kept = draw_split(y, 0.5, rng)
            found.append(Tanh(6)(kept * y, el.SplitPhysics(physics, kept)))
        assert torch.allclose(f(y, physics), sum(found) / 3)
        assert torch.equal(f(y, physics), f(y, physics))

    def test_refusals(self):
        for bad in (0.0, 1.0, -0.2, math.nan):
            for make in (
                el.Splitting,
                lambda v: el.split_average(identity, keep=v),
                lambda v: el.EquivariantSplitting(Rolls(5), keep=v),
            ):
                with pytest.raises(ValueError, match="strictly between 0 and 1; got"):
                    make(bad)
        with pytest.raises(TypeError, match="must be a real number; got str"):
            el.Splitting("0.5")
        with pytest.raises(ValueError, match="at least two measurements; got 1"):
            el.Splitting()(identity, normal(2, 1), Dense(torch.eye(1, dtype=DOUBLE)))
        with pytest.raises(ValueError, match="`samples` must be a positive integer"):
            el.split_average(identity, samples=0)


class AllRolls(Rolls):
    """Shifts of which each is drawn in turn, so that the mean over the group is exact."""

    size = math.inf

    def __init__(self, n):
        super().__init__(n)
        self.size, self.turn = math.inf, -1

    def draw(self, rng):
        self.turn += 1
        return self.turn % self.n


class TestEquivariantSplitting:
    def test_transformed_physics_is_the_product(self):
        A, rolls = normal(3, 5), Rolls(5)
        T = rolls.apply(2, torch.eye(5, dtype=DOUBLE)).T
        moved, expected = el.TransformedPhysics(Dense(A), rolls, 2), Dense(A @ T)
        x, y = normal(2, 5, seed=2), normal(2, 3, seed=3)
        assert torch.allclose(moved(x), expected(x))
        assert torch.allclose(moved.adjoint(y), expected.adjoint(y))
        assert torch.allclose(moved.backproject(y), expected.backproject(y))
        assert torch.allclose(moved.visible(x), expected.visible(x))
        assert torch.allclose(moved.visibility[0], expected.visibility)

    def test_the_average_is_equivariant_in_the_pair(self):
        """R(y, A T_h) = T_h^{-1} R(y, A), which f itself violates."""
        physics, f, rolls = Dense(normal(3, 5)), Tanh(5), Rolls(5)
        y = normal(2, 3, seed=2)
        R = lambda A: el.reynolds_average(f, AllRolls(5), count=5)(y, A)  # noqa: E731
        for h in range(1, 5):
            moved = el.TransformedPhysics(physics, rolls, h)
            assert torch.allclose(R(moved), rolls.inverse(h, R(physics)))
            assert not torch.allclose(f(y, moved), rolls.inverse(h, f(y, physics)))

    def test_its_loss_is_the_same_for_every_transformed_operator(self):
        physics, f, rolls = Dense(normal(3, 5)), Tanh(5), Rolls(5)
        y = normal(2, 3, seed=2)
        f.requires_grad_(False)
        values = [
            float(el.EquivariantSplitting(AllRolls(5), keep=0.5, count=5)(f, y, A, rng=seeded()))
            for A in (physics, *(el.TransformedPhysics(physics, rolls, h) for h in range(1, 5)))
        ]
        assert np.allclose(values, values[0])

    @pytest.mark.parametrize("consistency", [True, False])
    def test_against_the_formula(self, consistency):
        physics, f = Dense(orthonormal_rows(3, 5)), Tanh(5)
        y = normal(1, 3, seed=2)
        loss = el.EquivariantSplitting(AllRolls(5), keep=0.5, count=5, consistency=consistency)
        kept = draw_split(y, 0.5, seeded(3))[0]
        x = 0
        for g in range(5):
            T = Rolls(5).apply(g, torch.eye(5, dtype=DOUBLE)).T
            part = Dense(torch.diag(kept.double()) @ physics.A @ T)
            x = x + f((y * kept), part) @ T.T / 5
        error = (y - physics(x))[0] ** 2
        expected = error[~kept].mean() + (error[kept].mean() if consistency else 0)
        assert torch.isclose(loss(f, y, physics, rng=seeded(3)), expected)

    def test_the_identity_is_drawn_as_often_as_any_other(self):
        physics, y, seen = Dense(torch.eye(4, dtype=DOUBLE)), normal(1, 4), []

        def f(y, physics):
            seen.append(not isinstance(physics, el.TransformedPhysics))
            return y

        el.reynolds_average(f, Rolls(4), count=2000)(y, physics)
        assert within([s - 0.25 for s in seen])

    def test_the_identity_is_drawn_as_often_as_it_acts(self):
        """Two of the four labels of polygon(2) act as it, and two swap the vertices."""
        physics, y = Dense(torch.eye(2, dtype=DOUBLE)), torch.tensor([[1.0, 0.0]], dtype=DOUBLE)
        # f does not commute with the swap, and tells by its answer which of the two came.
        f = lambda y, physics: torch.tensor([[1.0, 0.0]], dtype=DOUBLE)  # noqa: E731
        found = el.reynolds_average(f, as_transforms(polygon(2)), count=2000)(y, physics)
        assert (found - 0.5).abs().max() < 4 * 0.5 / math.sqrt(2000)

    def test_only_groups(self):
        class Semigroup(Rolls):
            exact = False

        for make in (el.EquivariantSplitting, lambda t: el.reynolds_average(identity, t)):
            with pytest.raises(ValueError, match="must be of a group of orthogonal maps; got shif"):
                make(Semigroup(5))
