"""Transforms of tensors against the actions of NumPy, and the laws by which they are drawn."""

from __future__ import annotations

import itertools
import math
import time

import numpy as np
import pytest
import scipy.stats

import sensing_theorems as st

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from sensing_theorems.equivariant_imaging import draws, transforms  # noqa: E402
from sensing_theorems.equivariant_imaging.rolls import rolls_of  # noqa: E402
from sensing_theorems.equivariant_imaging.transforms import as_transforms  # noqa: E402

g = st.groups
TURN = [[0.0, -1.0], [1.0, -1.0]]  # of order 3, and not orthogonal

GROUPS = {
    "shifts": lambda: g.shifts(7),
    "shifts of images": lambda: g.shifts(4, 6),
    "shifts by strides": lambda: g.shifts(4, 6, stride=2),
    "shifts of channels": lambda: g.shifts(3, 4, channels=3),
    "reflections": lambda: g.reflections(4, 5),
    "quarter turns": lambda: g.quarter_turns(4),
    "dihedral": lambda: g.dihedral(4),
    "polar": lambda: g.polar_rotations(3, 6),
    "cube": lambda: g.cube_rotations(3),
    "wallpaper": lambda: g.wallpaper(4),
    "kravchuk": lambda: g.kravchuk_rotations(5),
    "kravchuk of order 7": lambda: g.kravchuk_rotations(6, 7),
    "disk": lambda: g.disk_rotations(6),
    "disk of order 5": lambda: g.disk_rotations(6, 5),
    "ball": lambda: g.ball_rotations(3),
    "signed permutations": lambda: g.from_permutations(
        [[1, 2, 0], [1, 0, 2]], [[1, -1, 1], [1, 1, 1]]
    ),
    "matrices": lambda: g.from_matrices([TURN]),
    "product": lambda: g.product(g.polar_rotations(4, 6), g.reflections(4, 6, axis=0)),
    "direct sum": lambda: g.direct_sum(g.shifts(3), g.shifts(3)),
    "sum of rotations": lambda: g.direct_sum(g.disk_rotations(4), g.kravchuk_rotations(3)),
    "symmetric": lambda: g.symmetric(5),
    "large symmetric": lambda: g.symmetric(30),
    "hyperoctahedral": lambda: g.hyperoctahedral(20),
    "subsets": lambda: g.subsets(14, 3),
    "trivial": lambda: g.trivial(5),
}
SETS = {
    "zooming in": lambda: g.scalings(8, 8),
    "zooming out": lambda: g.scalings(8, 8, direction="out"),
    "zooming in by pixels": lambda: g.scalings(8, 8, by="pixels"),
    "zooming out by pixels": lambda: g.scalings(8, direction="out", by="pixels"),
    "bilinear": lambda: g.interpolated_rotations(12, 12),
    "bicubic": lambda: g.interpolated_rotations(7, 6, "bicubic"),
    "shear": lambda: g.interpolated_rotations(6, 5, "shear"),
    "own maps": lambda: g.approximate_action([np.eye(3), np.ones((3, 3)) / 3]),
}
MADE: dict[str, object] = {}
every_group = pytest.mark.parametrize("name", GROUPS)
every_action = pytest.mark.parametrize("name", [*GROUPS, *SETS])


def action_of(name):
    if name not in MADE:
        MADE[name] = (GROUPS | SETS)[name]()
    return MADE[name]


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def signals(transforms, dtype=torch.float64, count=2):
    return torch.randn(count, *transforms.shape, dtype=dtype, generator=generator(9))


def labels(transforms, count=3):
    rng = generator()
    return [transforms.draw(rng) for _ in range(count)]


def dense(element):
    return element(np.eye(element.n)).T


def as_label(transforms, label):
    """What `GroupAction.apply` calls the element, where it has a name for it."""
    if isinstance(label, tuple) and transforms.action.kind == "so3":
        return np.array(label)
    return label if isinstance(label, int | float) else transforms.element(label)


@every_action
class TestMaps:
    def test_are_those_of_the_action(self, name):
        transforms = as_transforms(action_of(name))
        # Complex signals are taken part by part, so that single precision needs no more.
        for dtype, label in itertools.product(
            (torch.float64, torch.complex64), labels(transforms, 2)
        ):
            x = signals(transforms, dtype)
            y = transforms.apply(label, x)
            X = x.reshape(2, -1).numpy().astype(np.complex128)
            number = as_label(transforms, label)
            both = [transforms.action.apply(number, part) for part in (X.real, X.imag)]
            assert y.shape == x.shape and y.dtype == dtype
            error = np.abs(y.reshape(2, -1).numpy() - both[0] - 1j * both[1]).max()
            assert error <= (1e-11 if dtype == torch.float64 else 3e-5)
            assert torch.equal(transforms.apply(label, x.reshape(2, -1)), y.reshape(2, -1))

    def test_gradients_are_transposes(self, name):
        transforms = as_transforms(action_of(name))
        x = signals(transforms).requires_grad_()
        weight = torch.randn(x.shape, dtype=x.dtype, generator=generator(1))
        for label in labels(transforms):
            x.grad = None
            torch.sum(transforms.apply(label, x) * weight).backward()
            pulled = transforms.element(label).pull_back(weight.reshape(2, -1).numpy())
            assert np.abs(x.grad.reshape(2, -1).numpy() - pulled).max() <= 1e-11

    def test_gradients_have_gradients(self, name):
        transforms = as_transforms(action_of(name))
        (label,) = labels(transforms, 1)
        x = signals(transforms, count=1).requires_grad_()
        assert torch.autograd.gradgradcheck(
            lambda x: transforms.apply(label, x) ** 3, x, fast_mode=True, atol=1e-5
        )


class TestEveryAction:
    def test_sizes_are_checked(self):
        for name in (*GROUPS, *SETS):
            transforms = as_transforms(action_of(name))
            for shape in ((2, transforms.n + 1), (transforms.n,), (), (2, *transforms.shape, 1)):
                with pytest.raises(ValueError, match=r"signals must have shape \(B, .*\); got"):
                    transforms.apply(transforms.draw(generator()), torch.zeros(shape))

    def test_is_described(self):
        for name in (*GROUPS, *SETS):
            action = action_of(name)
            transforms = as_transforms(action)
            assert (transforms.name, transforms.shape) == (action.name, action.shape)
            assert transforms.exact == (name in GROUPS)
            assert transforms.size == (action.order if transforms.exact else len(action))

    def test_is_drawn_alike_from_one_seed(self):
        for name in (*GROUPS, *SETS):
            transforms = as_transforms(action_of(name))
            assert labels(transforms) == labels(transforms)
            hash(labels(transforms)[0])


@every_group
class TestGroups:
    def test_inverse(self, name):
        transforms = as_transforms(action_of(name))
        x = signals(transforms)
        for label in labels(transforms):
            for one, other in (("apply", "inverse"), ("inverse", "apply")):
                there = getattr(transforms, one)(label, x)
                back = getattr(transforms, other)(label, there)
                torch.testing.assert_close(back, x, atol=1e-10, rtol=0)

    def test_the_identity_is_not_drawn(self, name):
        transforms = as_transforms(action_of(name))
        if transforms.size > 1:
            drawn = labels(transforms, 60)
            assert not any(transforms.element(label).is_identity() for label in drawn)
            assert 0 not in drawn
        else:
            assert set(labels(transforms, 5)) == {0}

    def test_composition(self, name):
        transforms = as_transforms(action_of(name))
        a, b = labels(transforms, 2)
        x = signals(transforms)
        both = transforms.element(a) @ transforms.element(b)
        found = transforms.apply(a, transforms.apply(b, x)).reshape(2, -1).numpy()
        np.testing.assert_allclose(found, both(x.reshape(2, -1).numpy()), atol=1e-10)


class TestSets:
    @pytest.mark.parametrize("name", SETS)
    def test_have_no_inverses(self, name):
        transforms = as_transforms(action_of(name))
        with pytest.raises(ValueError, match="maps must form a group to be inverted"):
            transforms.inverse(transforms.draw(generator()), signals(transforms))

    @pytest.mark.parametrize("name", SETS)
    def test_what_moves_nothing_is_not_drawn(self, name):
        transforms = as_transforms(action_of(name))
        action = action_of(name)
        moving = {
            label
            for label in action.labels
            if not np.allclose(dense(action.element(label)), np.eye(action.n))
        }
        assert {transforms.draw(generator(seed)) for seed in range(200)} == moving

    def test_the_identity_alone(self):
        transforms = as_transforms(g.approximate_action([np.eye(3)]))
        assert transforms.draw(generator()) == 0


class TestLaws:
    @pytest.mark.parametrize(
        "action",
        [g.shifts(3, 4), g.dihedral(3), g.symmetric(4), g.scalings(9, 9)],
        ids=lambda action: action.name,
    )
    def test_uniform_among_those_that_move(self, action):
        transforms, rng = as_transforms(action), generator(3)
        count = 200 * (transforms.size - 1)
        drawn = [transforms.draw(rng) for _ in range(count)]
        _, counts = np.unique(drawn, return_counts=True)
        assert counts.size == transforms.size - 1
        assert scipy.stats.chisquare(counts).pvalue > 1e-3

    def test_angles_are_uniform(self):
        transforms, rng = as_transforms(g.kravchuk_rotations(3)), generator(3)
        drawn = np.array([transforms.draw(rng) for _ in range(2000)])
        assert scipy.stats.kstest(drawn / (2 * math.pi), "uniform").pvalue > 1e-3

    def test_rotations_in_space_are_of_haar_measure(self):
        transforms, rng = as_transforms(g.ball_rotations(2)), generator(3)
        R = np.array([transforms.draw(rng) for _ in range(2000)])
        assert np.abs(R @ R.transpose(0, 2, 1) - np.eye(3)).max() < 1e-12
        assert np.linalg.det(R) == pytest.approx(1)
        # Any unit vector goes to a uniform point of the sphere, whose heights are uniform.
        for height in ((R @ [1, 0, 0])[:, 2], (R @ np.full(3, 3**-0.5))[:, 0]):
            assert scipy.stats.kstest((height + 1) / 2, "uniform").pvalue > 1e-3
        # The angle has the density (1 - cos t)/π, and the trace 1 + 2 cos t the mean 0.
        angle = np.arccos(np.clip((np.trace(R, axis1=1, axis2=2) - 1) / 2, -1, 1))
        assert scipy.stats.kstest(angle, lambda t: (t - np.sin(t)) / np.pi).pvalue > 1e-3

    @pytest.mark.parametrize("action", [g.symmetric(3), g.hyperoctahedral(2)])
    def test_orders_of_coordinates_are_uniform(self, action, monkeypatch):
        monkeypatch.setattr(draws, "_LISTED", 0)
        transforms, rng = as_transforms(action), generator(3)
        assert isinstance(transforms._law, draws.Permutations)
        count = 200 * (action.order - 1)
        keys = [transforms.element(transforms.draw(rng)).key() for _ in range(count)]
        _, counts = np.unique(keys, return_counts=True)
        assert counts.size == action.order - 1
        assert scipy.stats.chisquare(counts).pvalue > 1e-3

    def test_words_reach_all(self, monkeypatch):
        monkeypatch.setattr(draws, "_LISTED", 0)
        action = g.cube_rotations(2)
        transforms, rng = as_transforms(action), generator(3)
        assert isinstance(transforms._law, draws.Words)
        keys = [transforms.element(transforms.draw(rng)).key() for _ in range(500)]
        _, counts = np.unique(keys, return_counts=True)
        assert counts.size == 23 and counts.min() > 5

    @pytest.mark.parametrize(
        ("action", "maps"),
        [
            (lambda: g.polygon(2), 2),
            (lambda: g.dihedral(1), 1),
            (lambda: g.reflections(3, 1), 1),
            (lambda: g.dihedral(2), 8),
            (lambda: g.kravchuk_rotations(1), 1),
        ],
    )
    def test_labels_that_move_nothing_are_drawn_again(self, action, maps):
        transforms, rng = as_transforms(action()), generator(3)
        drawn = [
            transforms.element(transforms.draw(rng)) for _ in range(40 * maps if maps > 1 else 3)
        ]
        keys, counts = np.unique([element.key() for element in drawn], return_counts=True)
        assert any(element.is_identity() for element in drawn) == (maps == 1)
        assert len(keys) == max(1, maps - 1)
        assert len(keys) == 1 or scipy.stats.chisquare(counts).pvalue > 1e-3

    def test_any_label_is_uniform_on_a_group_that_is_not_faithful(self):
        """Of four labels of two maps, two act as the identity, of which one is left out."""
        transforms, rng = as_transforms(g.polygon(2)), generator(3)
        drawn = [transforms.any_label(rng) for _ in range(600)]
        labels, counts = np.unique(drawn, return_counts=True)
        assert labels.tolist() == [1, 2, 3]
        assert scipy.stats.chisquare(counts).pvalue > 1e-3

    def test_chance_is_an_argument(self):
        with pytest.raises(TypeError, match=r"`rng` must be a torch.Generator; got int"):
            as_transforms(g.shifts(3)).draw(0)


class TestViews:
    @pytest.mark.parametrize("name", ["shifts", "kravchuk", "ball", "zooming in", "bilinear"])
    def test_conjugated_signals(self, name):
        transforms = as_transforms(action_of(name))
        x = signals(transforms, torch.complex128).conj()
        (label,) = labels(transforms, 1)
        assert torch.equal(transforms.apply(label, x), transforms.apply(label, x.resolve_conj()))


class TestSeeds:
    def test_of_other_devices_are_left_alone(self, monkeypatch):
        from sensing_theorems.interop.linear_maps import drawn_alike

        seeded = []
        monkeypatch.setattr(torch.cuda, "manual_seed_all", seeded.append)
        torch.manual_seed(11)
        before = torch.get_rng_state()
        seeded.clear()
        with drawn_alike(object()):
            first = torch.rand(3)
        assert torch.equal(torch.get_rng_state(), before) and not seeded
        with drawn_alike(object()):
            assert torch.equal(torch.rand(3), first)


class TestChannels:
    def test_are_moved_together(self):
        action = g.shifts(4, 5)
        transforms = as_transforms(action, (3, 4, 5))
        assert transforms.n == 60
        x = signals(transforms)
        expected = action.apply(7, x.reshape(2, 3, 20).numpy()).reshape(x.shape)
        np.testing.assert_array_equal(transforms.apply(7, x).numpy(), expected)
        flat = transforms.apply(7, x.reshape(2, -1))
        np.testing.assert_array_equal(flat.numpy(), expected.reshape(2, -1))

    def test_are_mixed_by_what_acts_on_all(self):
        action = g.symmetric(6)
        transforms = as_transforms(action, (2, 3))
        x = signals(transforms)
        expected = action.apply(5, x.reshape(2, 6).numpy()).reshape(x.shape)
        np.testing.assert_array_equal(transforms.apply(5, x).numpy(), expected)

    @pytest.mark.parametrize("shape", [(4, 4), (20, 3), (3, 5, 5), 19])
    def test_other_shapes_are_refused(self, shape):
        with pytest.raises(ValueError, match="`shape` must have 20 entries for shifts"):
            as_transforms(g.shifts(4, 5), shape)


class TestAsTransforms:
    def test_takes_transforms(self):
        transforms = as_transforms(g.shifts(4, 5))
        assert as_transforms(transforms) is transforms
        assert as_transforms(transforms, (2, 4, 5)).shape == (2, 4, 5)

    @pytest.mark.parametrize("thing", [None, 3, np.eye(2)])
    def test_refuses_other_things(self, thing):
        with pytest.raises(TypeError, match="must be a GroupAction or a TransformSet; got"):
            as_transforms(thing)


class TestWhatIsKept:
    def test_maps_are_made_once_for_each_dtype(self):
        transforms = as_transforms(g.kravchuk_rotations(5, 7))
        x = signals(transforms)
        for _ in range(3):
            transforms.apply(2, x)
            transforms.apply(2, x.float())
        assert len(transforms._kept) == 2

    def test_is_bounded(self, monkeypatch):
        whole = as_transforms(g.dihedral(8))
        x = signals(whole)
        expected = [whole.apply(label, x) for label in range(8)]
        monkeypatch.setattr(transforms, "KEPT", 3 * 4 * 64)
        few = as_transforms(g.dihedral(8))
        for label in (*range(8), *range(8)):
            assert torch.equal(few.apply(label, x), expected[label])
        assert len(few._kept) == 3 and few._held == 3 * 4 * 64

    @pytest.mark.parametrize(
        "action",
        [
            g.shifts(12),
            g.shifts(4, 6),
            g.shifts(4, 6, stride=2),
            g.shifts(3, 4, channels=2),
            g.polar_rotations(3, 8),
        ],
        ids=repr,
    )
    def test_shifts_are_rolled(self, action):
        found = as_transforms(action)
        assert rolls_of(action) is not None
        x = signals(found)
        for label in range(action.order):
            moved = found.apply(label, x)
            expected = action.apply(label, x.reshape(len(x), -1).numpy())
            np.testing.assert_array_equal(moved.reshape(len(x), -1).numpy(), expected)
            assert torch.equal(found.inverse(label, moved), x)
        assert not found._kept

    @pytest.mark.parametrize(
        "action",
        [
            g.dihedral(4),
            g.reflections(4),
            g.quarter_turns(4),
            g.trivial(4),
            g.from_permutations([[1, 2, 0, 3]]),
            g.from_permutations([[1, 2, 3, 0]], signs=[[1, 1, 1, -1]]),
            g.product(g.shifts(6, stride=2), g.shifts(6, stride=3)),
        ],
        ids=repr,
    )
    def test_others_are_not(self, action):
        assert rolls_of(action) is None

    def test_large_groups_of_shifts_are_not_listed(self):
        action = g.shifts(256, 256)
        transforms, rng = as_transforms(action), generator()
        x = torch.randn(2, 256, 256, generator=generator(1))
        took = []
        for _ in range(5):
            start = time.perf_counter()
            label = transforms.draw(rng)
            y = transforms.apply(label, x)
            took.append(time.perf_counter() - start)
            down, right = divmod(label, 256)
            assert torch.equal(y, torch.roll(x, (down, right), (1, 2)))
        # 3 ms on a quiet core; listing 65536 elements takes minutes.
        assert min(took) < 1
        assert "_enumerated" not in vars(action)
