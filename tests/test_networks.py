"""Networks and reconstructions: sizes, consistency, seeds, and whatever module a user brings."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from sensing_theorems.equivariant_imaging import networks, reconstruction  # noqa: E402

DOUBLE = torch.float64


class Dense(torch.nn.Module):
    """A stand-in for linear physics: a matrix and its pseudo-inverse, both written out."""

    def __init__(self, shape_in, m, *, dtype=DOUBLE, seed=0):
        super().__init__()
        self.shape_in, self.n, self.m, self.dtype = shape_in, math.prod(shape_in), m, dtype
        rng = torch.Generator().manual_seed(seed)
        self.register_buffer("A", torch.randn(m, self.n, generator=rng, dtype=dtype))
        self.register_buffer("inverse", torch.linalg.pinv(self.A))
        seen = torch.diagonal(self.inverse @ self.A).real.reshape(shape_in)
        self.register_buffer("visibility", seen)

    def forward(self, x):
        return x.reshape(-1, self.n) @ self.A.T

    def backproject(self, y):
        return (y @ self.inverse.T).reshape(-1, *self.shape_in)

    def visible(self, x):
        return self.backproject(self(x))


class Clipped(torch.nn.Module):
    """Nonlinear physics without a projector."""

    shape_in, n, m, dtype, visibility = (4, 4), 16, 16, DOUBLE, None

    def forward(self, x):
        return x.reshape(-1, 16).clamp(0, 1)

    def backproject(self, y):
        return y.reshape(-1, 4, 4)


def shaken(module, seed=0):
    """The module with random weights everywhere, the last layer included."""
    rng = torch.Generator().manual_seed(seed)
    for weight in module.parameters():
        weight.data.normal_(0, 0.3, generator=rng)
    return module


def drawn(physics, count=3, seed=1):
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(count, *physics.shape_in, generator=rng, dtype=physics.dtype)


class TestUNet:
    @pytest.mark.parametrize(
        ("name", "wanted"), [("unet-7k", 6_500), ("unet-26k", 26_000), ("unet-100k", 102_000)]
    )
    def test_presets_have_the_size_of_their_name(self, name, wanted):
        made = networks.named_network(name, (20, 20), channels_in=2, channels_out=1)
        assert sum(p.numel() for p in made.parameters()) == pytest.approx(wanted, rel=0.1)

    @pytest.mark.parametrize("sides", [(8, 8), (7, 5), (1, 1), (3, 10), (2, 1)])
    @pytest.mark.parametrize("depth", [0, 1, 3])
    def test_any_sides(self, sides, depth):
        net = shaken(networks.unet(3, 2, width=4, depth=depth))
        out = net(torch.randn(2, 3, *sides))
        assert out.shape == (2, 2, *sides)
        assert torch.isfinite(out).all()

    @pytest.mark.parametrize("depth", [0, 1, 2])
    @torch.no_grad()
    def test_commutes_with_coarse_shifts_only(self, depth):
        net = shaken(networks.unet(2, 1, width=4, depth=depth)).double()
        x = torch.randn(2, 2, 8, 12, dtype=DOUBLE)

        def defect(shift):
            moved = torch.roll(net(x), shift, (2, 3))
            return float(
                (net(torch.roll(x, shift, (2, 3))) - moved).abs().max() / moved.abs().max()
            )

        assert defect((2**depth, -(2**depth))) < 1e-12
        if depth:
            assert defect((1, 0)) > 1e-3

    def test_signals_of_a_batch_do_not_see_each_other(self):
        net = shaken(networks.unet(2, 1)).double()
        x = torch.randn(5, 2, 9, 9, dtype=DOUBLE)
        torch.testing.assert_close(net(x)[3:4], net(x[3:4]))

    def test_starts_at_zero_and_learns_from_there(self):
        net = networks.named_network("unet-7k", (8, 8), seed=3)
        x = torch.randn(4, 1, 8, 8, generator=torch.Generator().manual_seed(0))
        assert torch.count_nonzero(net(x)) == 0
        optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
        values = []
        for _ in range(30):
            loss = (net(x) - torch.roll(x, 1, 3)).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            values.append(float(loss.detach()))
        assert values[-1] < 0.5 * values[0]

    def test_every_weight_receives_a_gradient(self):
        net = shaken(networks.unet(2, 1, width=4, depth=2))
        net(torch.randn(2, 2, 8, 8)).square().sum().backward()
        assert all(p.grad is not None and p.grad.abs().max() > 0 for p in net.parameters())

    def test_refuses_no_channels(self):
        with pytest.raises(ValueError, match="`channels_in` must be a positive integer; got 0"):
            networks.unet(0, 1)
        with pytest.raises(ValueError, match="`depth` must not be negative; got -1"):
            networks.unet(1, 1, depth=-1)


class TestMLP:
    def test_is_its_formula(self):
        net = shaken(networks.MLP(6, 6, (5,))).double()
        x = torch.randn(4, 2, 3, dtype=DOUBLE)
        z = x.reshape(4, 6)
        first = net.hidden[0]
        hidden = net.hidden[1](z @ first.weight.T + first.bias)
        by_hand = hidden @ net.last.weight.T + net.last.bias + z @ net.bypass.weight.T
        torch.testing.assert_close(net(x), by_hand.reshape(4, 2, 3))

    def test_refuses_other_sizes(self):
        with pytest.raises(ValueError, match="n_in = 6 entries; got \\(5,\\)"):
            networks.MLP(6, 6)(torch.zeros(2, 5))
        with pytest.raises(ValueError, match="`shape_out` must have n_out = 6 entries"):
            networks.MLP(6, 6, shape_out=(1, 5))


class TestNamedNetwork:
    def test_auto_looks_at_the_axes(self):
        assert isinstance(networks.named_network("auto", (8, 8)), networks.UNet)
        assert isinstance(networks.named_network("auto", (3, 8, 8)), networks.UNet)
        assert isinstance(networks.named_network("auto", (8,)), networks.MLP)
        assert isinstance(networks.named_network("auto", (2, 3, 4, 5)), networks.MLP)

    @pytest.mark.parametrize("name", ["unet-7k", "mlp"])
    def test_the_seed_decides_and_the_global_generator_is_left_alone(self, name):
        def weights(seed):
            made = networks.named_network(name, (6, 6), seed=seed)
            return torch.nn.utils.parameters_to_vector(made.parameters())

        torch.manual_seed(11)
        before = torch.random.get_rng_state()
        first = weights(1)
        assert torch.equal(torch.random.get_rng_state(), before)
        torch.rand(3)
        assert torch.equal(weights(1), first)
        assert not torch.equal(weights(2), first)

    def test_the_generators_of_other_devices_are_left_alone(self, monkeypatch):
        seeded = []
        monkeypatch.setattr(torch.cuda, "manual_seed_all", seeded.append)
        networks.named_network("unet-7k", (6, 6), seed=1)
        assert not seeded

    def test_refusals(self):
        with pytest.raises(ValueError, match=r"'unet-26k'.* or a module; got 'resnet'"):
            networks.named_network("resnet", (8, 8))
        with pytest.raises(ValueError, match=r"U-Net must have signals \(H, W\).* got \(8,\)"):
            networks.named_network("unet-7k", (8,))


class TestChannels:
    @pytest.mark.parametrize("shape", [(5,), (4, 3), (2, 4, 3), (2, 2, 4, 3)])
    @pytest.mark.parametrize("dtype", [torch.float32, torch.complex64])
    def test_there_and_back(self, shape, dtype):
        x = torch.randn(2, *shape, dtype=dtype)
        channels = reconstruction.as_channels(x, shape)
        assert not channels.is_complex()
        back = reconstruction.from_channels(channels, shape, is_complex=x.is_complex())
        assert torch.equal(back, x)

    def test_real_parts_come_first(self):
        x = torch.randn(2, 3, 4, 5, dtype=torch.complex64)
        channels = reconstruction.as_channels(x, (3, 4, 5))
        assert torch.equal(channels, torch.cat([x.real, x.imag], 1))


SHAPES = [(6, 5), (2, 4, 5), (9,), (2, 2, 2, 3)]


class TestConsistency:
    @pytest.mark.parametrize("shape", SHAPES)
    @pytest.mark.parametrize("dtype", [torch.float64, torch.complex128])
    @pytest.mark.parametrize("name", ["auto", "mlp"])
    def test_any_weights_explain_the_measurements(self, shape, dtype, name):
        physics = Dense(shape, 5, dtype=dtype)
        f = shaken(reconstruction.as_reconstruction(name, physics))
        x = drawn(physics)
        y = physics(x)
        x_hat = f(y, physics)
        assert x_hat.shape == x.shape and x_hat.dtype == dtype
        torch.testing.assert_close(physics(x_hat), y)
        # The network does fill the null space.
        assert (x_hat - physics.backproject(y)).abs().max() > 1e-3

    def test_measurements_out_of_range_are_met_as_far_as_they_can_be(self):
        physics = Dense((3,), 5)
        f = shaken(reconstruction.as_reconstruction("mlp", physics))
        y = torch.randn(2, 5, dtype=DOUBLE)
        nearest = torch.linalg.lstsq(physics.A, y.T).solution
        torch.testing.assert_close(physics(f(y, physics)), (physics.A @ nearest).T)

    def test_without_it_the_residual_is_added_whole(self):
        physics = Dense((6, 6), 10)
        f = shaken(reconstruction.as_reconstruction(None, physics, consistent=False))
        y = physics(drawn(physics))
        z = physics.backproject(y)
        given = torch.stack([z, physics.visibility.expand_as(z)], 1)
        torch.testing.assert_close(f(y, physics), z + f.network(given)[:, 0])
        assert (physics(f(y, physics)) - y).abs().max() > 1e-3

    @pytest.mark.parametrize("shape", SHAPES)
    def test_presets_start_at_the_pseudo_inverse(self, shape):
        physics = Dense(shape, 5)
        f = reconstruction.as_reconstruction(None, physics)
        y = physics(drawn(physics))
        assert torch.equal(f(y, physics), physics.backproject(y))

    def test_follows_the_physics_it_is_given(self):
        first, second = Dense((4, 4), 6, seed=0), Dense((4, 4), 6, seed=1)
        f = shaken(reconstruction.as_reconstruction(None, first))
        y = torch.randn(2, 6, dtype=DOUBLE)
        for physics in (first, second):
            torch.testing.assert_close(physics(f(y, physics)), y)
        other = Dense((4, 4), 6, seed=0)
        other.visibility = second.visibility
        assert not torch.allclose(f(y, other), f(y, first))


class TestUserModules:
    def test_is_copied(self):
        physics, net = Dense((6, 6), 9), torch.nn.Conv2d(1, 1, 3, padding=1).double()
        f = reconstruction.as_reconstruction(net, physics)
        shaken(f)
        assert f.network is not net
        assert not torch.equal(f.network.weight, net.weight)
        same = reconstruction.as_reconstruction(net, physics)
        assert torch.equal(same.network.weight, net.weight)

    @pytest.mark.parametrize(
        ("shape", "dtype", "channels_in", "visibility"),
        [
            ((6, 6), torch.float64, 1, 0),
            ((6, 6), torch.float64, 2, 1),
            ((6, 6), torch.complex128, 2, 0),
            ((6, 6), torch.complex128, 3, 1),
            ((3, 6, 6), torch.float64, 3, 0),
            ((3, 6, 6), torch.float64, 4, 1),
            ((3, 6, 6), torch.float64, 6, 3),
        ],
    )
    def test_gets_the_channels_that_it_asks_for(self, shape, dtype, channels_in, visibility):
        physics = Dense(shape, 9, dtype=dtype)
        out = (shape[0] if len(shape) == 3 else 1) * (2 if dtype.is_complex else 1)
        net = torch.nn.Sequential(
            torch.nn.Conv2d(channels_in, 7, 1), torch.nn.ReLU(), torch.nn.Conv2d(7, out, 1)
        ).double()
        f = reconstruction.as_reconstruction(net, physics)
        assert f.visibility == visibility
        y = physics(drawn(physics))
        torch.testing.assert_close(physics(f(y, physics)), y)

    def test_channels_in_goes_before_convolutions(self):
        class Own(torch.nn.Module):
            channels_in = 2

            def forward(self, x):
                return x[:, :1] * x[:, 1:]

        physics = Dense((4, 4), 3)
        f = reconstruction.as_reconstruction(Own(), physics, consistent=False)
        z = physics.backproject(physics(drawn(physics)))
        torch.testing.assert_close(f(physics(drawn(physics)), physics), z + z * physics.visibility)

    def test_vectors_and_linear_layers(self):
        physics = Dense((7,), 3)
        net = torch.nn.Sequential(torch.nn.Linear(7, 9), torch.nn.Tanh(), torch.nn.Linear(9, 7))
        f = reconstruction.as_reconstruction(net.double(), physics)
        assert f.visibility == 0
        assert f(physics(drawn(physics)), physics).shape == (3, 7)

    def test_a_reconstruction_is_copied_as_it_is(self):
        class Half(reconstruction.Reconstruction):
            def __init__(self):
                super().__init__()
                self.factor = torch.nn.Parameter(torch.tensor(0.5, dtype=DOUBLE))

            def forward(self, y, physics):
                return self.factor * physics.backproject(y)

        own, physics = Half(), Dense((4, 4), 3)
        f = reconstruction.as_reconstruction(own, physics)
        assert type(f) is Half and f.factor is not own.factor
        y = physics(drawn(physics))
        torch.testing.assert_close(f(y, physics), physics.backproject(y) / 2)


class TestRefusals:
    def test_another_shape_comes_out(self):
        physics = Dense((6, 6), 9)
        f = reconstruction.as_reconstruction(torch.nn.Conv2d(1, 1, 3).double(), physics)
        with pytest.raises(ValueError, match=r"\(2, 1, 6, 6\).*got \(2, 1, 4, 4\)"):
            f(torch.zeros(2, 9, dtype=DOUBLE), physics)

    def test_no_tensor_comes_out(self):
        class Pair(torch.nn.Module):
            def forward(self, x):
                return x, x

        physics = Dense((6, 6), 9)
        with pytest.raises(TypeError, match="must return a tensor; got tuple"):
            reconstruction.as_reconstruction(Pair(), physics)(
                torch.zeros(2, 9, dtype=DOUBLE), physics
            )

    def test_channels_that_fit_no_signal(self):
        with pytest.raises(ValueError, match=r"must take 1 channels.* it takes 3"):
            reconstruction.as_reconstruction(torch.nn.Conv2d(3, 1, 1), Dense((6, 6), 9))

    @pytest.mark.parametrize("given", [3, torch.nn.Conv2d, lambda y, physics: y])
    def test_no_network(self, given):
        with pytest.raises(TypeError, match="`network` must be None, the name of a preset"):
            reconstruction.as_reconstruction(given, Dense((6, 6), 9))

    def test_consistency_needs_a_projector(self):
        with pytest.raises(ValueError, match=r"must have linear physics.*Clipped"):
            reconstruction.as_reconstruction(None, Clipped())
        f = reconstruction.as_reconstruction(None, Clipped(), consistent=False)
        y = torch.rand(2, 16, dtype=DOUBLE)
        assert torch.equal(f(y, Clipped()), y.reshape(2, 4, 4))

    def test_visibility_that_is_not_known(self):
        physics = Dense((4, 4), 3)
        f = reconstruction.as_reconstruction(None, physics)
        physics.visibility = None
        with pytest.raises(ValueError, match="must know its `visibility`; got None from Dense"):
            f(torch.zeros(1, 3, dtype=DOUBLE), physics)

    def test_the_base_does_nothing(self):
        with pytest.raises(NotImplementedError, match="must define `forward"):
            reconstruction.Reconstruction()(None, None)
