"""Losses against those of deepinv: values, and gradients of a weight, on equal random numbers."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")
pytestmark = [
    pytest.mark.torch,
    # Of their masks, whose inverse nobody asks for here.
    pytest.mark.filterwarnings("ignore:At least one input physics is a Decomposable"),
]

from torchvision_shim import import_deepinv  # noqa: E402

from sensing_theorems.equivariant_imaging import losses as el  # noqa: E402
from sensing_theorems.equivariant_imaging.losses import divergence as steps  # noqa: E402
from sensing_theorems.equivariant_imaging.losses.splitting import draw_split  # noqa: E402
from sensing_theorems.equivariant_imaging.noise import (  # noqa: E402
    GaussianNoise,
    PoissonGaussianNoise,
    PoissonNoise,
)
from sensing_theorems.equivariant_imaging.physics import Physics  # noqa: E402

H, W, M, B = 4, 5, 12, 6
EXACT = {"rtol": 1e-5, "atol": 1e-7}


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=1):
    return torch.randn(*shape, generator=seeded(seed))


def orthonormal(seed):
    return torch.linalg.qr(normal(H * W, M, seed=seed))[0].T.contiguous()


class Ours(Physics):
    """Orthonormal rows: the adjoint is the pseudo-inverse."""

    linear = True

    def __init__(self, A):
        super().__init__((1, H, W), M)
        self.register_buffer("A", A)
        self.visibility = (A * A).sum(0).reshape(1, H, W)

    def forward(self, x):
        return x.flatten(1) @ self.A.T

    def adjoint(self, y):
        return (y @ self.A).reshape(-1, 1, H, W)

    backproject = adjoint

    def visible(self, x):
        return self.adjoint(self.forward(x))


class Rolls:
    """Shifts of images, of which one is always drawn."""

    exact, name, size = True, "shifts", math.inf

    def __init__(self, by=(1, 2)):
        self.by = by

    def draw(self, rng):
        return self.by

    def apply(self, label, x):
        return x.roll(label, (-2, -1))

    def inverse(self, label, x):
        return x.roll([-side for side in label], (-2, -1))


class Network(torch.nn.Module):
    """One weight matrix around the adjoint, for either kind of physics."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(0.4 * normal(H * W, H * W, seed=3))

    def forward(self, y, physics, **kwargs):
        ours = isinstance(physics, Physics)
        z = (physics.adjoint if ours else physics.A_adjoint)(y)
        return z + torch.tanh(z.flatten(1) @ self.weight).reshape(z.shape)


@pytest.fixture(scope="module")
def dinv():
    return import_deepinv()


@pytest.fixture
def y():
    # Above zero, as counts are.
    return 0.2 + normal(B, M, seed=5).abs()


def theirs(dinv, A):
    # Measurements of theirs are images (B, 1, 1, M), so that masks of images fit them.
    return dinv.physics.LinearPhysics(
        A=lambda x, **kwargs: (x.flatten(1) @ A.T).reshape(-1, 1, 1, M),
        A_adjoint=lambda y, **kwargs: (y.flatten(1) @ A).reshape(-1, 1, H, W),
        img_size=(1, H, W),
    )


def as_image(y):
    return y.reshape(-1, 1, 1, M)


def shift_of(dinv, by):
    class Fixed(dinv.transform.Transform):
        """The same shift whenever one is asked for."""

        def _get_params(self, x):
            return {"by": [by]}

        def _transform(self, x, by=(), **kwargs):
            return x.roll(by[0], (-2, -1))

        def inverse(self, x, by=(), **kwargs):
            return x.roll([-side for side in by[0]], (-2, -1))

        def iterate_params(self, params):
            return [params]

    return Fixed()


class FixedMask:
    def __init__(self, mask):
        self.mask = mask

    def step(self, *args, **kwargs):
        return {"mask": self.mask}


def agree(ours, theirs, network, **tolerance):
    """Both values, and both gradients with respect to the weights, which are not zero."""
    tolerance = tolerance or EXACT
    theirs = theirs.mean()
    assert torch.allclose(ours, theirs, **tolerance)
    gradients = [torch.autograd.grad(value, network.weight)[0] for value in (ours, theirs)]
    assert gradients[1].abs().max() > 1e-4
    scale = float(gradients[1].abs().max())
    assert torch.allclose(*gradients, rtol=tolerance["rtol"], atol=tolerance["rtol"] * scale)


A = orthonormal(1)


def test_measurement_consistency(dinv, y):
    network, physics = Network(), theirs(dinv, A)
    ours = el.MeasurementConsistency()(network, y, Ours(A))
    x_net = network(as_image(y), physics)
    agree(ours, dinv.loss.MCLoss()(as_image(y), x_net, physics), network)


def test_supervised(dinv, y):
    network, physics, x = Network(), theirs(dinv, A), normal(B, 1, H, W, seed=8)
    ours = el.Supervised()(network, y, Ours(A), x=x)
    agree(ours, dinv.loss.SupLoss()(network(as_image(y), physics), x), network)


@pytest.mark.parametrize("sigma", [None, 0.2])
def test_equivariance(dinv, y, sigma):
    network, physics = Network(), theirs(dinv, A)
    ours = el.Equivariance(Rolls(), noise=sigma)(network, y, Ours(A), rng=seeded(4))
    if sigma is not None:
        physics.noise_model = dinv.physics.GaussianNoise(sigma, rng=seeded(4))
    loss = dinv.loss.EILoss(shift_of(dinv, (1, 2)), apply_noise=sigma is not None)
    agree(ours, loss(network(as_image(y), physics), physics, network), network)


def test_multi_operator(dinv, y):
    network, other = Network(), orthonormal(2)
    operators = [Ours(A), Ours(other)]
    ours = el.MultiOperator(operators)(network, y, operators[0])
    physics = theirs(dinv, A)
    # Theirs draws the present operator as well; it has no choice here.
    loss = dinv.loss.MOILoss([theirs(dinv, other)], apply_noise=False)
    agree(ours, loss(network(as_image(y), physics), physics, network), network)


def risks(dinv, y, ours, loss, seed=9):
    """One random direction for both."""
    network, physics = Network(), theirs(dinv, A)
    loss.rng = seeded(seed)
    value = loss(
        y=as_image(y),
        x_net=network(as_image(y), physics),
        physics=physics,
        model=network,
    )
    return ours(network, y, Ours(A), rng=seeded(seed)), value, network


def test_sure_gaussian(dinv, y):
    loss = dinv.loss.SureGaussianLoss(sigma=0.2, tau=0.01)
    agree(*risks(dinv, y, el.SURE(GaussianNoise(0.2), tau=0.01), loss))


def test_sure_poisson(dinv, y):
    loss = dinv.loss.SurePoissonLoss(gain=0.3, tau=0.01)
    agree(*risks(dinv, y, el.SURE(PoissonNoise(0.3), tau=0.01), loss))


def test_sure_mixed(dinv, y):
    loss = dinv.loss.SurePGLoss(sigma=0.2, gain=0.3, tau1=0.01)
    agree(*risks(dinv, y, el.SURE(PoissonGaussianNoise(0.2, 0.3), tau=0.01), loss))


def test_sure_mixed_of_second_order(dinv, y):
    """Theirs leaves out γ² y of the weight of second derivatives; the rest agrees."""
    loss = dinv.loss.SurePGLoss(sigma=0.2, gain=0.3, tau1=0.05, tau2=0.1, second_derivative=True)
    noise = PoissonGaussianNoise(0.2, 0.3)
    ours, value, network = risks(dinv, y, el.SURE(noise, tau=0.05, order=2, tau2=0.1), loss)
    rng = seeded(9)
    steps.signs(y, rng)  # the direction of the first derivative comes before
    missing = steps.second_divergence(el.Evaluation(network, y, Ours(A), rng=rng), 0.3**2 * y, 0.1)
    assert abs(missing.item()) > 1e-4
    # Their law has 0.7236 for the probability of a value, ours all its digits.
    agree(ours + missing, value, network, rtol=1e-3, atol=1e-5)


def test_unsure(dinv, y):
    """Values differ by η, which no gradient sees; their momentum is computed, but not used."""
    theirs_loss = dinv.loss.SureGaussianLoss(
        sigma=0.2, tau=0.01, unsure=True, step_size=0.1, momentum=0.0
    )
    ours_loss = el.UNSURE(sigma=0.2, tau=0.01, step=0.1, momentum=0.0)
    for seed in range(3):
        before = ours_loss.eta
        ours, value, network = risks(dinv, y, ours_loss, theirs_loss, seed)
        agree(ours - before, value, network)
        assert ours_loss.eta != before
        assert math.isclose(ours_loss.eta, theirs_loss.sigma2.item(), rel_tol=1e-5)


def test_splitting(dinv, y):
    network, physics = Network(), theirs(dinv, A)
    ours = el.Splitting(0.7)(network, y, Ours(A), rng=seeded(6))
    kept = draw_split(y, 0.7, seeded(6))
    loss = dinv.loss.SplittingLoss(mask_generator=FixedMask(as_image(kept.float())))
    model = loss.adapt_model(network).train()
    x_net = model(as_image(y), physics, update_parameters=True)
    agree(ours, loss(x_net, as_image(y), physics, model), network)


def test_split_average(dinv, y):
    """At evaluation: with one mask, what their adapted model returns."""
    network, physics = Network(), theirs(dinv, A)
    found = el.split_average(network, keep=0.7, samples=1, seed=6)(y, Ours(A))
    kept = draw_split(y, 0.7, seeded(6))
    loss = dinv.loss.SplittingLoss(mask_generator=FixedMask(as_image(kept.float())))
    model = loss.adapt_model(network).eval()
    assert torch.allclose(found, model(as_image(y), physics), atol=1e-6)


def test_equivariant_splitting(dinv, y):
    network, physics = Network(), theirs(dinv, A)
    ours = el.EquivariantSplitting(Rolls(), keep=0.7)(network, y, Ours(A), rng=seeded(6))
    kept = draw_split(y, 0.7, seeded(6))
    loss = dinv.loss.EquivariantSplittingLoss(
        mask_generator=FixedMask(as_image(kept.float())), transform=shift_of(dinv, (1, 2))
    )
    model = loss.adapt_model(network).train()
    x_net = model(as_image(y), physics, update_parameters=True)
    agree(ours, loss(x_net, as_image(y), physics, model), network)
