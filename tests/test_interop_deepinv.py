"""deepinv itself against what the adapter says of it: maps, ranks and losses by a second route."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from torchvision_shim import import_deepinv

import sensing_theorems as st
from sensing_theorems.interop import deepinv as door
from sensing_theorems.interop import imports, tensor_maps

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def deepinv():
    torch.set_num_threads(1)
    return import_deepinv()


@pytest.fixture
def images():
    return torch.rand(2, 1, 6, 6, generator=seeded(7))


def seeded(number):
    return torch.Generator().manual_seed(number)


def dense(physics, shape):
    """Matrix of a physics from unit images, one by one and in a loop of its own."""
    columns = []
    for unit in torch.eye(int(np.prod(shape))):
        y = physics.A(unit.reshape(1, *shape))
        parts = [y] if isinstance(y, torch.Tensor) else list(y)
        columns.append(np.concatenate([part.numpy().ravel() for part in parts]))
    return np.stack(columns, axis=1)


def svd_rank(matrix, tolerance=1e-4):
    values = np.linalg.svd(np.asarray(matrix, float), compute_uv=False)
    return int(np.sum(values > tolerance * values[0]))


def all_maps(transform, shape, parameters):
    """Dense matrices of a transform, from unit images one by one."""
    units = torch.eye(int(np.prod(shape))).reshape(-1, 1, *shape)
    for params in parameters:
        columns = [transform.transform(unit, **params).numpy().ravel() for unit in units]
        yield np.stack(columns, axis=1)


def inpainting(deepinv, shape, keep=0.5, seed=0):
    return deepinv.physics.Inpainting(mask=keep, img_size=shape, rng=seeded(seed))


class TestImport:
    def test_nothing_is_loaded_before_it_is_needed(self):
        code = (
            "import sys, sensing_theorems.interop.deepinv;"
            "print([m for m in ('torch', 'deepinv', 'torchvision') if m in sys.modules])"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr

    @pytest.mark.parametrize(
        "error",
        [
            RuntimeError("operator torchvision::nms does not exist"),
            ImportError("No module named 'deepinv'"),
        ],
    )
    def test_one_error_for_all_reasons(self, monkeypatch, error):
        def fails(name):
            raise error

        monkeypatch.setattr(imports.importlib, "import_module", fails)
        with pytest.raises(ImportError, match=r"deepinv must be importable: install .*torchvision"):
            imports.require_deepinv()
        with pytest.raises(ImportError, match="deepinv must be importable.*" + str(error)[:15]):
            door.from_transform(None, (1, 2, 2))


class TestFromPhysics:
    @pytest.mark.parametrize(
        ("make", "shape"),
        [
            (lambda p: p.Inpainting(mask=0.5, img_size=(1, 9, 9), rng=seeded(0)), (1, 9, 9)),
            (lambda p: p.Demosaicing(img_size=(6, 6)), (3, 6, 6)),
            (lambda p: p.MRI(mask=torch.eye(8), img_size=(2, 8, 8)), (2, 8, 8)),
            (lambda p: p.SinglePixelCamera(m=20, img_size=(1, 8, 8)), (1, 8, 8)),
            (lambda p: p.CompressedSensing(m=20, img_size=(1, 7, 7), rng=seeded(0)), (1, 7, 7)),
            (lambda p: p.Downsampling(img_size=(1, 8, 8), factor=2, filter=None), (1, 8, 8)),
            (lambda p: p.Blur(torch.ones(1, 1, 3, 3) / 9, padding="valid"), (1, 8, 8)),
        ],
        ids=["inpainting", "demosaicing", "mri", "single pixel", "gaussian", "every other", "blur"],
    )
    def test_matrix_and_rank_are_those_of_unit_images(self, deepinv, make, shape):
        physics = make(deepinv.physics)
        matrix = dense(physics, shape)
        A = door.from_physics(physics, shape)
        np.testing.assert_allclose(A.to_dense(), matrix, atol=1e-6)
        assert (A.dtype, A.shape_in, A.generic) == (np.float32, shape, None)
        found = door.measurement_rank(physics, shape)
        assert (found.rank, found.m, found.n) == (svd_rank(matrix), *matrix.shape)

    def test_measurements_are_the_rank_and_not_numel(self, deepinv):
        physics = inpainting(deepinv, (1, 20, 20))
        kept = int(physics.mask.sum())
        assert physics(torch.ones(1, 1, 20, 20)).numel() == 400 > kept
        assert door.measurement_rank(physics).rank == kept

    def test_stacked_physics(self, deepinv):
        parts = [inpainting(deepinv, (1, 8, 8), 0.3, seed) for seed in (1, 2)]
        A = door.from_physics(parts[0].stack(parts[1]), (1, 8, 8))
        np.testing.assert_allclose(A.to_dense(), np.vstack([dense(p, (1, 8, 8)) for p in parts]))
        union = (parts[0].mask + parts[1].mask > 0).sum()
        assert st.stacked_rank(A).rank == int(union)

    def test_noise_is_left_out(self, deepinv):
        physics = deepinv.physics.Denoising(deepinv.physics.GaussianNoise(0.5))
        np.testing.assert_array_equal(door.from_physics(physics, (1, 3, 3)).to_dense(), np.eye(9))

    def test_double_precision_where_the_physics_has_it(self, deepinv):
        kernel = torch.tensor([[0.05, 0.1, 0.05], [0.1, 0.4, 0.1], [0.05, 0.1, 0.05]])
        physics = deepinv.physics.Blur(kernel[None, None], padding="circular").double()
        A = door.from_physics(physics, (1, 8, 8))
        ours = st.operators.blur(kernel.double().numpy(), (8, 8))
        assert A.dtype == np.float64
        np.testing.assert_allclose(A.to_dense(), ours.to_dense(), atol=1e-14)

    def test_size_must_be_told(self, deepinv):
        physics = deepinv.physics.Blur(torch.ones(1, 1, 3, 3))
        with pytest.raises(TypeError, match=r"`img_size` must be given, \(C, H, W\), since Blur"):
            door.from_physics(physics)

    def test_size_must_fit(self, deepinv):
        with pytest.raises(ValueError, match=r"MRI must take images of shape \(2, 9, 9\); it ra"):
            door.from_physics(deepinv.physics.MRI(mask=torch.eye(8), img_size=(2, 8, 8)), (2, 9, 9))

    def test_nonlinear(self, deepinv):
        physics = deepinv.physics.Physics(A=lambda x: x**2)
        with pytest.raises(TypeError, match=r"must be a linear physics.*; got Physics"):
            door.from_physics(physics, (1, 3, 3))
        squares = deepinv.physics.LinearPhysics(A=lambda x: x**2, A_adjoint=lambda y: y)
        with pytest.raises(ValueError, match="must be linear"):
            door.from_physics(squares, (1, 3, 3))


class TestDistinct:
    def test_ten_masks_without_generators_are_one(self, deepinv):
        ten = [deepinv.physics.Inpainting(mask=0.5, img_size=(1, 28, 28)) for _ in range(10)]
        found = door.distinct_operators(ten)
        assert (found.listed, found.count, found.groups) == (10, 1, (tuple(range(10)),))
        assert "only 1 different" in str(found) and "rng=torch.Generator()" in found.explanation
        pixels = int(ten[0].mask.sum())
        gram = sum(np.diag(p.mask.numpy().ravel() ** 2) for p in ten)
        assert pixels == svd_rank(gram) < 784
        assert st.stacked_rank([door.from_physics(p) for p in ten]).rank == pixels

    def test_with_generators_they_see_almost_everything(self, deepinv):
        ten = [inpainting(deepinv, (1, 28, 28), seed=seed) for seed in range(10)]
        assert door.distinct_operators(ten).count == 10
        seen = int((sum(p.mask for p in ten) > 0).sum())
        assert st.stacked_rank([door.from_physics(p) for p in ten]).rank == seen > 780

    def test_groups_and_tolerance(self, deepinv):
        one, two = (inpainting(deepinv, (1, 6, 6), seed=seed) for seed in (0, 1))
        found = door.distinct_operators([one, two, one, two])
        assert (found.groups, found.representatives) == (((0, 2), (1, 3)), (0, 1))
        matrix = np.eye(3)
        assert door.distinct_operators([matrix, matrix + 1e-9]).count == 2
        assert door.distinct_operators([matrix, matrix + 1e-9], tolerance=1e-6).count == 1
        assert door.distinct_operators([matrix, matrix[:2]]).count == 2
        assert str(door.distinct_operators([one])) == "all 1 operators are different"

    def test_wrong_arguments(self):
        with pytest.raises(ValueError, match="at least one operator is needed"):
            door.distinct_operators([])
        with pytest.raises(ValueError, match=r"`tolerance` must not be negative; got -1"):
            door.distinct_operators([np.eye(2)], tolerance=-1)


def shift_params(shape):
    sides = [range(side) for side in shape[-2:]]
    return [
        {"y_shift": torch.tensor([a]), "x_shift": torch.tensor([b])}
        for a in sides[0]
        for b in sides[1]
    ]


def flip_params(axes):
    nan = float("nan")
    rows = {1: [[nan], [axes[0]]]}
    rows[2] = [[nan, nan], [axes[0], nan], [axes[-1], nan], [axes[0], axes[-1]]]
    return [{"dims": torch.tensor([row], dtype=torch.float)} for row in rows[len(axes)]]


def turn_params(step=90):
    return [{"theta": torch.tensor([float(angle)])} for angle in range(0, 360, step)]


EXACT = {
    "shift": (lambda t: t.Shift(), shift_params, 16),
    "one axis": (lambda t: t.Reflect(dim=[-1]), lambda shape: flip_params([-1]), 2),
    "both axes": (lambda t: t.Reflect(), lambda shape: flip_params([-2, -1]), 4),
    "turns": (lambda t: t.Rotate(multiples=90), lambda shape: turn_params(), 4),
    "half turns": (lambda t: t.Rotate(multiples=180), lambda shape: turn_params(180), 2),
}


class TestExactTransforms:
    @pytest.mark.parametrize("channels", [1, 2, 3])
    @pytest.mark.parametrize("name", EXACT)
    def test_group_is_the_set_of_all_maps(self, deepinv, rng, name, channels):
        make, params, order = EXACT[name]
        shape = (channels, 4, 4)
        transform = make(deepinv.transform)
        x = torch.rand(2, *shape, generator=seeded(1))
        action = door.from_transform(transform, x)
        maps = list(all_maps(transform, shape, params(shape)))
        assert action.order == order == len(maps)
        ours = {T.matrix().toarray().tobytes() for T in action.elements()}
        assert ours == {np.ascontiguousarray(T, dtype=float).tobytes() for T in maps}
        A = rng.standard_normal((2, action.n))
        expected = svd_rank(np.concatenate([A @ T for T in maps]), 1e-9)
        assert st.stacked_rank(A, action).rank == expected

    @pytest.mark.parametrize("name", EXACT)
    def test_everything_drawn_is_in_the_group(self, deepinv, name):
        make, _, _ = EXACT[name]
        transform = make(deepinv.transform)
        action = door.from_transform(transform, (1, 4, 4))
        known = {tuple(T(np.arange(16.0))) for T in action.elements()}
        x = torch.arange(16.0).reshape(1, 1, 4, 4)
        drawn = {tuple(transform(x).numpy().ravel()) for _ in range(60)}
        assert drawn <= known and len(drawn) > 1

    def test_named_actions_are_ours(self, deepinv):
        t, g = deepinv.transform, st.groups
        assert door.from_transform(t.Shift(), (3, 4, 6)).same_as(g.shifts(4, 6, channels=3))
        turns = door.from_transform(t.Rotate(multiples=90, positive=True), (1, 5, 5))
        assert turns.same_as(g.quarter_turns(5)) and turns.name == "quarter_turns(5)"
        square = door.from_transform(t.Rotate(multiples=90) * t.Reflect(), (1, 4, 4))
        assert square.same_as(g.dihedral(4))

    @pytest.mark.parametrize("size", [4, 5])
    def test_combinations_generate(self, deepinv, size):
        t = deepinv.transform
        turns, flip = t.Rotate(multiples=90), t.Reflect(dim=[-1])
        for both in (turns * flip, turns + flip, turns | flip):
            assert door.from_transform(both, (2, size, size)).order == 8
        assert door.from_transform(turns * t.Shift(), (1, size, size)).order == 4 * size**2

    def test_small_shifts_generate_all(self, deepinv):
        small = deepinv.transform.Shift(shift_max=0.25)
        with pytest.warns(UserWarning, match=r"draws 16 shifts, which generate 64"):
            action = door.from_transform(small, (1, 8, 8))
        assert action.same_as(st.groups.shifts(8, 8))
        flat = deepinv.transform.Shift(shift_max=0.5)
        assert door.from_transform(flat, (1, 1, 6)).order == 6

    def test_identity_and_no_shift(self, deepinv):
        assert door.from_transform(deepinv.transform.Identity(), (1, 3, 3)).order == 1
        still = deepinv.transform.Shift(shift_max=0.1)
        assert door.from_transform(still, (1, 3, 3)).order == 1

    def test_video(self, deepinv):
        x = torch.rand(1, 2, 3, 4, 4)
        action = door.from_transform(deepinv.transform.Shift(), x)
        params = {"y_shift": torch.tensor([1]), "x_shift": torch.tensor([3])}
        moved = deepinv.transform.Shift().transform(x, **params).numpy().ravel()
        np.testing.assert_allclose(action.apply((1, 3), x.numpy().ravel()), moved)

    def test_a_name_proves_nothing(self, deepinv):
        class Blurred(deepinv.transform.Shift):
            def _transform(self, x, **params):
                y = super()._transform(x, **params)
                return (y + y.roll(1, -1)) / 2

        class Scaled(deepinv.transform.Reflect):
            def _transform(self, x, **params):
                return super()._transform(x, **params) * (1 + 1e-3 * x.abs().mean())

        for liar in (Blurred(), Scaled()):
            with pytest.raises(ValueError, match="must permute the pixels of every image"):
                door.from_transform(liar, torch.rand(1, 1, 4, 4))

    def test_given_images_are_asked_too(self, deepinv):
        class Moody(deepinv.transform.Reflect):
            def _transform(self, x, **params):
                return x if (x == 0.5).any() else super()._transform(x, **params)

        x = torch.rand(1, 1, 4, 4)
        assert door.from_transform(Moody(dim=[-1]), x).order == 2
        x[0, 0, 0, 0] = 0.5
        with pytest.raises(ValueError, match="must permute"):
            door.from_transform(Moody(dim=[-1]), x)

    def test_generators_are_left_as_they_were(self, deepinv):
        t = deepinv.transform
        both = t.Rotate(multiples=90, rng=seeded(3)) * t.Reflect(rng=seeded(4))
        states = [p.rng.get_state() for p in (both.t1, both.t2)]
        common = torch.get_rng_state()
        door.from_transform(both, (1, 4, 4))
        assert all(
            torch.equal(a, p.rng.get_state())
            for a, p in zip(states, (both.t1, both.t2), strict=True)
        )
        assert torch.equal(common, torch.get_rng_state())


class TestInexactTransforms:
    def test_rotate_four_is_not_c4(self, deepinv, rng):
        transform = deepinv.transform.Rotate(n_trans=4, interpolation_mode="nearest")
        with pytest.warns(UserWarning) as caught:
            action = door.from_transform(transform, (1, 6, 6))
        texts = [str(w.message) for w in caught]
        assert "is no group action" in texts[0] and "not the group C4" in texts[0]
        assert "36 of 360 angles" in texts[1]
        with pytest.raises(ValueError, match="multiplicities are defined for groups"):
            action.irreps  # noqa: B018
        A = rng.standard_normal((3, 36))
        params = turn_params(10)
        expected = np.concatenate([A @ T for T in all_maps(transform, (1, 6, 6), params)])
        found = st.stacked_rank(A, action)
        assert found.rank == svd_rank(expected, 1e-9) == 36
        assert st.stacked_rank(A, st.groups.quarter_turns(6)).rank == 12

    def test_quarter_turns_drawn_unevenly(self, deepinv):
        t = deepinv.transform
        uneven = t.Rotate(n_trans=4, multiples=90)
        with pytest.warns(UserWarning, match=r"8 angles, of which only 4 are different modulo"):
            assert door.from_transform(uneven, (1, 4, 4)).order == 4
        x = torch.rand(1, 1, 4, 4)
        complete = [len({tuple(y.ravel().tolist()) for y in uneven(x)}) == 4 for _ in range(60)]
        assert 0 < sum(complete) < 40  # about 23 percent
        even = t.Rotate(n_trans=4, multiples=90, positive=True)
        assert len({tuple(y.ravel().tolist()) for y in even(x)}) == 4
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            door.from_transform(even, x)

    @pytest.mark.parametrize("channels", [1, 2])
    @pytest.mark.parametrize("mode", ["nearest", "bilinear"])
    def test_maps_and_defects(self, deepinv, mode, channels):
        transform = deepinv.transform.Rotate(multiples=60, interpolation_mode=mode)
        shape = (channels, 5, 5)
        with pytest.warns(UserWarning, match="no group action"):
            action = door.from_transform(transform, shape)
        maps = list(all_maps(transform, shape, turn_params(60)))
        for ours, theirs in zip(action, maps, strict=True):
            np.testing.assert_allclose(ours.matrix().toarray(), theirs, atol=1e-6)
        worst = max(np.linalg.norm(T.T @ T - np.eye(len(T)), 2) for T in maps)
        assert action.defects.orthogonality == pytest.approx(worst, abs=1e-4) and worst > 0.5

    def test_rectangles_have_no_quarter_turns(self, deepinv):
        turns = deepinv.transform.Rotate(multiples=90)
        with pytest.warns(UserWarning, match="need square images"):
            found = door.from_transform(turns, (1, 4, 6))
        assert not isinstance(found, st.GroupAction) and len(found) == 4
        assert door.from_transform(deepinv.transform.Rotate(multiples=180), (1, 4, 6)).order == 2

    def test_angles_of_no_polygon(self, deepinv):
        some = deepinv.transform.Rotate(limits=30, multiples=10, interpolation_mode="bilinear")
        with pytest.warns(UserWarning, match="draws from 5 angles"):
            found = door.from_transform(some, (1, 4, 4))
        assert type(found) is st.groups.TransformSet and len(found) == 5

    @pytest.mark.filterwarnings("ignore:torch.meshgrid")
    def test_scale(self, deepinv):
        transform = deepinv.transform.Scale(rng=seeded(5))
        state = transform.rng.get_state()
        with pytest.warns(UserWarning, match="Scale is no group action"):
            found = door.from_transform(transform, (2, 6, 6))
        assert torch.equal(state, transform.rng.get_state())
        transform.rng.manual_seed(0)
        torch.manual_seed(0)
        params = transform.get_params(torch.zeros(1, 2, 6, 6))
        x = torch.rand(1, 2, 6, 6)
        expected = transform.transform(x, **params).numpy().ravel()
        np.testing.assert_allclose(found.apply(1, x.numpy().ravel()), expected, atol=1e-5)
        np.testing.assert_array_equal(found.apply(0, x.numpy().ravel()), x.numpy().ravel())

    def test_what_cannot_be_put_together(self, deepinv):
        t = deepinv.transform
        with pytest.raises(ValueError, match=r"different parameters.*both have dims"):
            door.from_transform(t.Reflect(dim=[-1]) * t.Reflect(dim=[-2]), (1, 4, 4))
        inexact = t.Rotate(multiples=60, interpolation_mode="bilinear")
        with pytest.raises(ValueError, match="both are exact group actions; Rotate is none"):
            door.from_transform(inexact * t.Shift(), (1, 4, 4))

    def test_what_is_refused(self, deepinv):
        t = deepinv.transform
        with pytest.raises(TypeError, match=r"must be one of Shift, .* got ShiftTime"):
            door.from_transform(t.ShiftTime(), (1, 4, 4))
        with pytest.raises(ValueError, match=r"must be an image .* got shape \(4, 4\)"):
            door.from_transform(t.Shift(), (4, 4))
        growing = t.Rotate(multiples=60, interpolation_mode="bilinear", constant_shape=False)
        with pytest.raises(ValueError, match=r"images of the shape it is given, \(1, 4, 4\)"):
            door.from_transform(growing, (1, 4, 4))
        with pytest.raises(ValueError, match="at most 4096 pixels and channels"):
            door.from_transform(t.Rotate(multiples=60, interpolation_mode="bilinear"), (1, 65, 65))
        assert door.from_transform(t.Shift(), (1, 65, 65)).order == 65**2


def adjoint_error(physics, x):
    y = physics.A(x)
    v = torch.randn(y.shape, generator=seeded(9), dtype=y.dtype)
    gap = (y * v).sum() - (x * physics.A_adjoint(v)).sum()
    return abs(float(gap)) / float(y.norm() * v.norm())


class TestToTransform:
    def test_equivariance_loss_by_hand(self, deepinv, images):
        action = st.groups.shifts(6, 6)
        transform = door.to_transform(action, rng=seeded(2))
        physics = inpainting(deepinv, (1, 6, 6))
        loss = deepinv.loss.EILoss(transform, apply_noise=False)
        found = loss(images, physics, lambda y, physics: 3 * physics.A_adjoint(y))
        number = 1 + int(torch.randint(35, (1,), generator=seeded(2)))
        moved = action.apply(number, images.numpy().reshape(2, 36).astype(float))
        mask = physics.mask.numpy().reshape(1, 36)
        assert float(found) == pytest.approx(np.mean((3 * mask * moved - moved) ** 2), rel=1e-5)

    def test_gradient_is_the_transpose(self, deepinv, images):
        action = st.groups.dihedral(6)
        transform = door.to_transform(action)
        x = images.requires_grad_()
        weights = torch.rand(2, 1, 6, 6, generator=seeded(3))
        (transform.transform(x, element=torch.tensor([5])) * weights).sum().backward()
        expected = action.element(5).pull_back(weights.numpy().reshape(2, 36))
        np.testing.assert_allclose(x.grad.reshape(2, 36), expected, rtol=1e-6)

    def test_draws_are_uniform_without_the_identity(self, deepinv, images):
        transform = door.to_transform(st.groups.quarter_turns(6), rng=seeded(1))
        drawn = torch.cat([transform.get_params(images)["element"] for _ in range(900)])
        counts = np.bincount(drawn.numpy(), minlength=4)
        # 300 each, with a standard deviation of 14.
        assert counts[0] == 0 and np.all(np.abs(counts[1:] - 300) < 71)

    def test_several_at_once_are_different(self, deepinv, images):
        transform = door.to_transform(st.groups.dihedral(6), n_trans=7)
        assert sorted(transform.get_params(images)["element"].tolist()) == list(range(1, 8))
        assert transform(images).shape == (14, 1, 6, 6)

    @pytest.mark.parametrize(
        "action",
        [
            st.groups.shifts(6, 6),
            st.groups.dihedral(6),
            st.groups.quarter_turns(6),
            st.groups.from_permutations([np.roll(np.arange(36), 1)], [[-1] + [1] * 35]),
            st.groups.kravchuk_rotations(6, order=5),
        ],
        ids=lambda a: a.name,
    )
    def test_inverse_undoes(self, deepinv, images, action):
        transform = door.to_transform(action, n_trans=3)
        params = transform.get_params(images)
        back = transform.inverse(transform.transform(images, **params), batchwise=False, **params)
        assert torch.allclose(back, images.repeat(3, 1, 1, 1), atol=1e-5)
        assert torch.allclose(transform.identity(images, average=True), images, atol=1e-5)

    def test_round_trip(self, deepinv):
        action = st.groups.wallpaper(4, "p4")
        assert door.from_transform(door.to_transform(action), (1, 4, 4)) is action
        with pytest.raises(ValueError, match=r"acts on R\^16; images of shape \(1, 5, 5\)"):
            door.from_transform(door.to_transform(action), (1, 5, 5))

    def test_chained_with_deepinv(self, deepinv, images):
        both = door.to_transform(st.groups.quarter_turns(6)) * deepinv.transform.Shift()
        assert both(images).shape == images.shape
        assert door.from_transform(both, images).order == 4 * 36

    def test_what_is_refused(self, deepinv):
        with pytest.raises(ValueError, match="must be finite"):
            door.to_transform(st.groups.disk_rotations(8))
        with pytest.raises(ValueError, match="more than the identity; got trivial"):
            door.to_transform(st.groups.trivial(4))
        with pytest.raises(ValueError, match=r"`n_trans` must lie in 1, .* = 3; got 4"):
            door.to_transform(st.groups.quarter_turns(3), n_trans=4)
        with pytest.raises(TypeError, match="must be a GroupAction, whose maps have inverses"):
            door.to_transform(st.groups.interpolated_rotations(4, 8))
        with pytest.raises(ValueError, match="too many to enumerate"):
            door.to_transform(st.groups.symmetric(30))


class TestVirtualPhysics:
    def test_against_dense_products(self, deepinv, images):
        physics = inpainting(deepinv, (1, 6, 6))
        action = st.groups.dihedral(6)
        matrix = dense(physics, (1, 6, 6))
        for g, virtual in enumerate(door.to_virtual_physics(physics, action)):
            expected = matrix @ action.element(g).matrix().toarray()
            np.testing.assert_allclose(dense(virtual, (1, 6, 6)), expected, atol=1e-6)
            back = virtual.A_dagger(virtual.A(images)).reshape(2, 36).numpy()
            kept = np.linalg.pinv(expected) @ expected @ images.reshape(2, 36).numpy().T
            np.testing.assert_allclose(back, kept.T, atol=1e-5)

    @pytest.mark.parametrize(
        "action",
        [
            st.groups.shifts(6, 6),
            st.groups.kravchuk_rotations(6, order=3),
            st.groups.interpolated_rotations(6, 5),
            st.groups.scalings(6, 6, factors=(2,)),
        ],
        ids=lambda a: a.name,
    )
    def test_adjoint(self, deepinv, rng, images, action):
        named = action.labels if hasattr(action, "labels") else range(min(action.order, 5))
        for A in (inpainting(deepinv, (1, 6, 6)), rng.standard_normal((7, 36))):
            for virtual in door.to_virtual_physics(A, action, named, img_size=(1, 6, 6)):
                assert adjoint_error(virtual, images) < 1e-5

    def test_noise_is_kept(self, deepinv):
        noise = deepinv.physics.GaussianNoise(0.25)
        physics = deepinv.physics.Denoising(noise)
        (virtual,) = door.to_virtual_physics(
            physics, st.groups.shifts(40, 40), [3], img_size=(1, 40, 40)
        )
        assert virtual.noise_model is noise
        assert float(virtual(torch.zeros(1, 1, 40, 40)).std()) == pytest.approx(0.25, rel=0.1)

    def test_multi_operator_losses(self, deepinv, images):
        A = st.operators.gaussian(9, 36, rng=0)
        action = st.groups.quarter_turns(6)
        virtual = door.to_virtual_physics(A, action, img_size=(1, 6, 6))
        weight = torch.tensor(0.5, requires_grad=True)

        def model(y, physics, **kwargs):
            return weight * physics.A_adjoint(y)

        losses = [
            deepinv.loss.MOILoss(virtual, rng=seeded(1)),
            deepinv.loss.MOEILoss(door.to_transform(action), virtual, rng=seeded(1)),
        ]
        for loss in losses:
            (gradient,) = torch.autograd.grad(loss(images, virtual[0], model), weight)
            assert torch.isfinite(gradient) and float(gradient) != 0
        g = int(torch.randint(4, (1,), generator=seeded(1)))
        T = action.element(g).matrix().toarray()
        x = images.reshape(2, 36).numpy().T
        AT = A.to_dense() @ T
        by_hand = np.mean((0.5 * AT.T @ AT @ x - x) ** 2)
        losses[0].rng.manual_seed(1)
        value = float(losses[0](images, virtual[0], model).detach())
        assert value == pytest.approx(by_hand, rel=1e-4)
        y = virtual[2].A(images)
        assert float(deepinv.loss.MCLoss()(y, images, virtual[2])) == 0

    def test_complex_operators_answer_in_real_numbers(self, deepinv, images):
        A = st.operators.fourier(np.arange(36).reshape(6, 6) % 3 == 0)
        physics = door.to_physics(A, (1, 6, 6))
        y = A.to_dense() @ images.reshape(2, 36).numpy().T
        np.testing.assert_allclose(
            physics.A(images).numpy(), np.concatenate([y.real, y.imag]).T, atol=1e-5
        )
        assert adjoint_error(physics, images) < 1e-5

    def test_operators_without_matrix(self, deepinv, rng, monkeypatch):
        matrix = rng.standard_normal((5, 36))
        monkeypatch.setattr(tensor_maps, "_DENSE", 0)
        physics = door.to_physics(matrix, (1, 6, 6))
        x = torch.rand(2, 1, 6, 6, dtype=torch.double, generator=seeded(0), requires_grad=True)
        np.testing.assert_allclose(
            physics.A(x).detach(), x.detach().reshape(2, 36).numpy() @ matrix.T
        )
        assert torch.autograd.gradcheck(physics.A, x)
        assert torch.autograd.gradgradcheck(lambda x: physics.A(x) ** 2, x)

    def test_what_is_refused(self, deepinv):
        physics = inpainting(deepinv, (1, 6, 6))
        with pytest.raises(TypeError, match="`action` must be a GroupAction or a TransformSet"):
            door.to_virtual_physics(physics, "C4")
        with pytest.raises(ValueError, match=r"images of shape \(1, 6, 6\), R\^36; .* on R\^25"):
            door.to_virtual_physics(physics, st.groups.shifts(5, 5))
        with pytest.raises(ValueError, match="`elements` must be given for more than 4096"):
            door.to_virtual_physics(physics, st.groups.symmetric(36))
        with pytest.raises(ValueError, match=r"`img_size` must have n = 36 entries; got \(1, 5"):
            door.to_physics(np.ones((2, 36)), (1, 5, 5))


class TestCheck:
    def test_learnable_by_shifts(self, deepinv):
        physics = inpainting(deepinv, (1, 8, 8))
        found = door.check(physics, deepinv.transform.Shift(), model_dim=3)
        kept = int(physics.mask.sum())
        assert found.ranks == (kept,) and found.report.rank.full
        assert found.action.same_as(st.groups.shifts(8, 8)) and found.report.problem.order == 64
        assert f"deepinv.Inpainting returns 64 numbers and has rank {kept}" in found.notes[0]
        assert str(found).startswith(str(found.report)) and "Notes\n  - m is the rank" in str(found)

    def test_equal_operators_count_once(self, deepinv):
        ten = [deepinv.physics.Inpainting(mask=0.5, img_size=(1, 8, 8)) for _ in range(10)]
        found = door.check(ten)
        assert found.report.problem.order == found.operators.count == 1
        assert found.report.verdict is st.Verdict.NOT_IDENTIFIABLE
        assert any("10 operators, and only 1 different" in note for note in found.notes)
        own = [inpainting(deepinv, (1, 8, 8), seed=seed) for seed in range(10)]
        assert door.check(own).report.problem.order == 10

    def test_a_transform_that_is_no_group(self, deepinv):
        physics = inpainting(deepinv, (1, 6, 6))
        transform = deepinv.transform.Rotate(n_trans=4, multiples=30, interpolation_mode="bilinear")
        found = door.check(physics, transform)
        maps = all_maps(transform, (1, 6, 6), turn_params(30))
        stacked = np.concatenate([dense(physics, (1, 6, 6)) @ T for T in maps])
        assert found.report.rank.rank == svd_rank(stacked, 1e-5)
        assert found.report.problem.action is None and found.report.irreps is None
        text = " ".join(found.notes)
        assert "is no group action" in text and "list of 12 operators A T_s" in text

    def test_physics_may_be_declared_generic(self, deepinv):
        physics = deepinv.physics.CompressedSensing(m=14, img_size=(1, 4, 5), rng=seeded(0))
        action = deepinv.transform.Shift()
        A, shifts = dense(physics, (1, 4, 5)), st.groups.shifts(4, 5)  # cyclic
        for k, claim in ((2, None), (2, False), (2, True), (7, True)):
            found = door.check(physics, action, model_dim=k, generic=claim)
            expected = st.analyze(st.Problem(A, shifts, k, claim))
            assert (found.report.verdict, found.report.reason) == (
                expected.verdict,
                expected.reason,
            )
            assert (found.report.verdict is st.Verdict.IDENTIFIABLE) is (k == 2 and claim is True)
        with pytest.raises(TypeError, match="`generic` must be True, False or None"):
            door.check(physics, action, generic="yes")

    def test_a_claim_that_the_entries_contradict_is_set_aside(self, deepinv):
        physics = inpainting(deepinv, (1, 8, 8))
        found = door.check(physics, deepinv.transform.Shift(), model_dim=1, generic=True)
        assert found.report.verdict is st.Verdict.UNDECIDED

    def test_operators_that_share_one_are_not_generic(self, deepinv):
        A, zoom = np.random.default_rng(0).standard_normal((3, 15)), st.groups.scalings(15)
        plain, claimed = (door.check(A, zoom, model_dim=1, generic=g) for g in (None, True))
        assert str(claimed.report) == str(plain.report)
        assert claimed.report.problem.generic is None
        assert "`generic` was set aside" in claimed.notes[-1]
        assert not any("set aside" in note for note in plain.notes)

    @pytest.mark.parametrize("field", ["real", "complex"])
    def test_field_of_the_signals(self, deepinv, rng, field):
        A = rng.standard_normal((3, 6)) + 1j * rng.standard_normal((3, 6))
        found = door.check(A, field=field)
        assert found.report.problem.field == field
        stacked = np.vstack([A.real, A.imag]) if field == "real" else A
        rank = np.linalg.matrix_rank(stacked)
        assert found.report.rank.rank == found.ranks[0] == rank
        assert rank == {"real": 6, "complex": 3}[field]

    def test_a_comparison_names_the_reader_of_transforms(self, deepinv):
        from sensing_theorems.equivariant_imaging import compare

        with pytest.raises(TypeError, match=r"interop\.deepinv\.from_transform`\); got Shift\.$"):
            compare(np.eye(4), deepinv.transform.Shift(), np.zeros((8, 4)))

    def test_noise_is_told(self, deepinv):
        physics = deepinv.physics.Denoising(deepinv.physics.GaussianNoise(0.1))
        found = door.check(physics, img_size=(1, 4, 4))
        assert found.report.verdict is st.Verdict.IDENTIFIABLE
        assert "GaussianNoise of Denoising was not applied" in found.notes[0]
        assert str(door.check(np.eye(3))) == str(door.check(np.eye(3)).report)

    @pytest.mark.parametrize("rotate", [False, True])
    def test_mri_on_two_channels(self, deepinv, rotate):
        mask = torch.zeros(8, 8)
        mask[:, ::2] = 1
        physics = deepinv.physics.MRI(mask=mask, img_size=(2, 8, 8))
        t = deepinv.transform
        transform = t.Rotate(multiples=90) if rotate else t.Shift()
        found = door.check(physics, transform)
        params = turn_params() if rotate else shift_params((2, 8, 8))
        A = dense(physics, (2, 8, 8))
        gram = sum(T.T @ A.T @ A @ T for T in all_maps(transform, (2, 8, 8), params))
        expected = int(np.sum(np.linalg.eigvalsh(gram) > 1e-4))
        assert found.report.rank.rank == expected
        assert found.ranks == (64,) and (expected > 64) is rotate

    def test_ours_is_taken_too(self, deepinv):
        A = st.operators.inpainting(np.arange(16).reshape(4, 4) < 8)
        found = door.check(A, st.groups.shifts(4, 4))
        assert found.report.rank.full and found.notes == ()


def test_page(deepinv, capsys):
    page = (ROOT / "docs" / "interop.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python deepinv\n(.*?)```\n```\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == page.count("```python deepinv\n") == 3
    names = {}
    for code, output in blocks:
        exec(code, names)
        assert capsys.readouterr().out == output
