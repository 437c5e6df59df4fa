"""Comparisons of losses: what they report, repeat, resume and refuse."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

import sensing_theorems as st  # noqa: E402
from sensing_theorems import equivariant_imaging as ei  # noqa: E402
from sensing_theorems.equivariant_imaging.checkpoints import fingerprint  # noqa: E402
from sensing_theorems.equivariant_imaging.seeds import stream  # noqa: E402
from sensing_theorems.equivariant_imaging.setting_up import prepared  # noqa: E402
from sensing_theorems.equivariant_imaging.settings import Settings  # noqa: E402

SIZE = 8
MASK = np.random.default_rng(0).random((SIZE, SIZE)) < 0.5
INPAINTING = st.operators.inpainting(MASK)
SHIFTS = st.groups.shifts(SIZE, SIZE)
IMAGES = ei.signals.shapes(60, SIZE, rng=0)
QUICK = {"network": "unet-7k", "steps": 6, "every": 2, "batch_size": 8}


def compared(losses=("pinv", "ei"), operators=INPAINTING, action=SHIFTS, signals=IMAGES, **rest):
    return ei.compare(operators, action, signals, losses, **{**QUICK, **rest})


def same(a, b):
    """Whether two comparisons hold the same bits."""
    assert a.psnr == b.psnr and a.split.keys() == b.split.keys()
    for runs, others in ((a.history, b.history), (a.warm, b.warm)):
        assert runs.keys() == others.keys()
        for name in runs:
            for field in ("step", "loss", "psnr"):
                one, other = (getattr(run[name], field) for run in (runs, others))
                np.testing.assert_array_equal(one, other)
    return True


class TestReport:
    def test_the_contract(self):
        found = compared(("pinv", "mc", "ei", "supervised"))
        assert list(found.psnr) == ["pinv", "mc", "ei", "supervised"]
        assert set(found.history) == {"mc", "ei", "supervised"}
        assert found.history["ei"].step.tolist() == [0, 2, 4, 6]
        assert set(found.gap_closed) == {"mc", "ei"}
        low, high = found.psnr["pinv"], found.psnr["supervised"]
        assert found.gap_closed["ei"] == pytest.approx((found.psnr["ei"] - low) / (high - low))
        assert found.prediction.outcome.value == "learnable"

    def test_pinv_against_numpy(self):
        tests = ei.signals.shapes(20, SIZE, rng=1)
        found = compared(("pinv",), test_signals=tests)
        error = np.mean((tests * MASK - tests) ** 2)
        assert found.psnr["pinv"] == pytest.approx(
            10 * np.log10(tests.max() ** 2 / error), abs=1e-4
        )
        # The same level as linear algebra predicts, by another route.
        assert found.psnr["pinv"] == pytest.approx(found.prediction.pinv_psnr, abs=1e-3)

    def test_measurement_consistency_teaches_nothing(self):
        found = compared(("pinv", "mc"))
        assert found.psnr["mc"] == pytest.approx(found.psnr["pinv"], abs=1e-3)

    def test_split_against_projectors(self):
        turns = st.groups.quarter_turns(SIZE)
        sparse = st.operators.inpainting(np.random.default_rng(1).random((SIZE, SIZE)) < 0.2)
        tests = IMAGES[-6:]
        found = compared(
            ("pinv", "ei"), sparse, turns, steps=3, learning_rate=1e-2, test_signals=tests
        )
        A = sparse.to_dense()
        stack = np.concatenate([A @ np.asarray(T.matrix().todense()) for T in turns.elements()])
        seen = np.linalg.pinv(stack) @ stack
        hidden = np.eye(SIZE**2) - np.linalg.pinv(A) @ A
        # What A⁺ leaves out is all of both parts.
        assert found.split["pinv"] == pytest.approx((1.0, 1.0), abs=1e-5)
        assert np.linalg.matrix_rank(stack) == found.prediction.stack_rank < SIZE**2
        x = tests.reshape(-1, SIZE**2)
        level = np.sum((x - x @ seen) ** 2) / x.size
        expected = 10 * np.log10(np.abs(x).max() ** 2 / level)
        assert found.prediction.stack_psnr == pytest.approx(expected, abs=1e-6)
        assert np.trace(hidden @ seen) == pytest.approx(found.prediction.stack_rank - A.shape[0])

    def test_several_operators(self):
        masks = [np.roll(MASK, s, 1) for s in range(3)]
        operators = [st.operators.inpainting(mask) for mask in masks]
        tests = IMAGES[-6:]
        found = compared(("pinv", "moi"), operators, None, test_signals=tests)
        error = np.mean([(x * masks[i % 3] - x) ** 2 for i, x in enumerate(tests)])
        expected = 10 * np.log10(tests.max() ** 2 / error)
        assert found.psnr["pinv"] == pytest.approx(expected, abs=1e-4)
        assert found.split["pinv"][0] == pytest.approx(1.0)

    def test_warm_start_begins_at_the_supervised_network(self):
        found = compared(("pinv", "ei", "supervised"), warm_start=True, warm_steps=4)
        assert found.warm["ei"].psnr[0] == found.psnr["supervised"]
        assert found.warm["ei"].step[-1] == 4

    def test_a_table_and_a_picture(self, tmp_path):
        found = compared(("pinv", "ei", "supervised"), warm_start=True)
        assert "EI" in str(found) and "LEARNABLE" in str(found)
        assert found.plot() is not None and found.plot_forgetting() is not None
        found.save(tmp_path / "found.json")
        again = type(found).load(tmp_path / "found.json")
        assert same(found, again) and str(again) == str(found)


class TestInputs:
    def test_tensors_datasets_and_flat_signals(self):
        tensor = torch.as_tensor(IMAGES)
        dataset = torch.utils.data.TensorDataset(tensor)
        flat = IMAGES.reshape(len(IMAGES), -1)
        first = compared()
        for signals in (tensor, dataset, flat):
            assert same(compared(signals=signals), first)

    def test_complex_signals(self, rng):
        signals = IMAGES + 1j * ei.signals.shapes(60, SIZE, rng=5)
        mask = np.repeat(np.arange(SIZE)[:, None] % 2 == 0, SIZE, 1)
        found = compared(operators=st.operators.fourier(mask), signals=signals)
        assert found.psnr["ei"] == pytest.approx(found.psnr["pinv"], abs=0.3)
        assert found.prediction.stack_rank == SIZE**2 // 2

    def test_scalings_are_no_group(self):
        scalings = st.groups.scalings(SIZE, SIZE, by="pixels", direction="out")
        found = compared(action=scalings)
        assert math.isfinite(found.psnr["ei"])

    def test_low_dose(self):
        line_integrals = st.operators.tomography(SIZE, np.arange(3) * np.pi / 3)
        physics = ei.LowDoseTomography(line_integrals, photons=1.0, floor=1e-4, scale=0.2)
        noise = ei.PoissonGaussianNoise(sigma=1e-3, gamma=1e-4)
        action = st.groups.quarter_turns(SIZE)
        found = compared(("pinv", "rei"), physics, action, noise=noise)
        assert found.prediction.operator_rank == np.linalg.matrix_rank(line_integrals.to_dense())
        assert math.isfinite(found.psnr["rei"])

    def test_a_note_where_the_physics_sees_less(self):
        blur = st.operators.blur(np.outer([1, 2, 1], [1, 2, 1]) / 16, (9, 9))
        turns, images = st.groups.quarter_turns(9), ei.signals.shapes(30, 9, rng=0)
        whole, cut = (compared(("pinv",), blur, turns, images, rcond=r) for r in (None, 0.2))
        assert whole.about["notes"] == [] and "Note" not in str(whole)
        kept = np.sum(np.linalg.svd(blur.to_dense(), compute_uv=False) > 0.2)
        assert f"sees {kept} dimensions; the rank of A is 81" in " ".join(str(cut).split())

    def test_vectors(self, rng):
        signals = ei.signals.subspace(200, rng.standard_normal((12, 2)), rng)
        camera = st.operators.gaussian(6, 12, rng)
        found = compared(
            operators=camera, action=st.groups.shifts(12), signals=signals, network="mlp"
        )
        assert found.about["shape"] == [12]

    def test_any_module(self):
        class Two(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.layer = torch.nn.Conv2d(1, 1, 3, padding=1)

            def forward(self, x):
                return self.layer(x)

        class Own(ei.Reconstruction):
            def __init__(self):
                super().__init__()
                self.gain = torch.nn.Parameter(torch.ones(()))

            def forward(self, y, physics):
                return self.gain * physics.backproject(y)

        for network in (Two(), Own()):
            before = [p.clone() for p in network.parameters()]
            assert math.isfinite(compared(network=network).psnr["ei"])
            assert all(map(torch.equal, before, network.parameters()))


class TestRepetition:
    def test_equal_seeds_equal_bits(self):
        assert same(compared(seed=3), compared(seed=3))

    def test_other_seeds_other_numbers(self):
        assert compared(seed=3).psnr["ei"] != compared(seed=4).psnr["ei"]

    def test_losses_do_not_disturb_each_other(self):
        both = compared(("pinv", "supervised", "ei"))
        assert both.psnr["ei"] == compared().psnr["ei"]

    def test_the_global_generators_are_left_alone(self):
        torch.manual_seed(1)
        first = torch.rand(1)
        torch.manual_seed(1)
        compared()
        assert torch.equal(torch.rand(1), first)

    @pytest.mark.parametrize("after", [1, 3, 4])
    def test_goes_on_to_the_same_bits(self, tmp_path, monkeypatch, after):
        losses, settings = ("pinv", "ei", "supervised"), {"warm_start": True, "warm_steps": 4}
        whole = compared(losses, **settings)
        written = ei.Checkpoint.write
        count = 0

        def stopped(self, state):
            nonlocal count
            written(self, state)
            count += 1
            if count == after:
                raise KeyboardInterrupt

        monkeypatch.setattr(ei.Checkpoint, "write", stopped)
        with pytest.raises(KeyboardInterrupt):
            compared(losses, store=tmp_path, **settings)
        monkeypatch.undo()
        assert same(compared(losses, store=tmp_path, **settings), whole)
        # Finished trainings are read, not run again.
        assert same(compared(losses, store=tmp_path, **settings), whole)

    def test_who_trained_is_told_not_who_read_it(self, tmp_path, monkeypatch):
        now = iter(f"2026-01-0{day}T00:00:00+00:00" for day in range(1, 9))
        module = sys.modules["sensing_theorems.equivariant_imaging.compare"]
        real = module.training_session
        monkeypatch.setattr(module, "training_session", lambda: real() | {"started": next(now)})
        written = ei.Checkpoint.write

        def stopped(self, state):
            written(self, state)
            raise KeyboardInterrupt

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(ei.Checkpoint, "write", stopped)
            compared(store=tmp_path)
        resumed = compared(store=tmp_path).about
        started = [session["started"][:10] for session in resumed["sessions"]]
        assert started == ["2026-01-01", "2026-01-02"] and resumed["started"][:10] == started[0]
        assert compared(store=tmp_path).about == resumed
        alone = compared().about
        assert "sessions" not in alone and alone["started"][:10] == "2026-01-04"

    def test_a_checkpoint_of_other_code_is_named(self, tmp_path, monkeypatch):
        module = sys.modules["sensing_theorems.equivariant_imaging.compare"]
        real = module.training_session()
        other = real | {"versions": real["versions"] | {"sensing_theorems": "0.0.9"}}
        with monkeypatch.context() as patch:
            patch.setattr(module, "training_session", lambda: other)
            compared(store=tmp_path)
        with pytest.raises(ValueError, match=r"of other settings \(written by version 0\.0\.9.*\)"):
            compared(store=tmp_path, learning_rate=1e-3)

    def test_what_a_loss_learned_is_kept_too(self, tmp_path, monkeypatch):
        whole = compared(("pinv", "unsure"), noise=0.1)
        written = ei.Checkpoint.write

        def stopped(self, state):
            written(self, state)
            raise KeyboardInterrupt

        monkeypatch.setattr(ei.Checkpoint, "write", stopped)
        with pytest.raises(KeyboardInterrupt):
            compared(("pinv", "unsure"), noise=0.1, store=tmp_path)
        monkeypatch.undo()
        assert same(compared(("pinv", "unsure"), noise=0.1, store=tmp_path), whole)

    def test_goes_on_after_kill_9(self, tmp_path):
        steps = 200
        code = (
            "import numpy as np, torch, sensing_theorems as st\n"
            "from sensing_theorems import equivariant_imaging as ei\n"
            f"torch.set_num_threads({torch.get_num_threads()})\n"
            f"mask = np.random.default_rng(0).random(({SIZE}, {SIZE})) < 0.5\n"
            "ei.compare(st.operators.inpainting(mask), st.groups.shifts(8, 8), "
            f"ei.signals.shapes(60, 8, rng=0), ('pinv', 'ei'), network='unet-7k', steps={steps}, "
            f"every=10, batch_size=8, store={str(tmp_path)!r})\n"
        )
        run = subprocess.Popen([sys.executable, "-c", code])
        deadline = time.monotonic() + 120
        while not (tmp_path / "ei.pt").exists() and time.monotonic() < deadline:
            assert run.poll() is None
            time.sleep(0.01)
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
        kept = torch.load(tmp_path / "ei.pt", weights_only=True)["state"]
        assert 0 < kept["step"] < steps
        settings = {"steps": steps, "every": 10}
        assert same(compared(store=tmp_path, **settings), compared(**settings))

    def test_against_a_plain_loop(self):
        tests, images = IMAGES[-6:], IMAGES[:-6]
        found = compared(signals=images, test_signals=tests, seed=5)
        physics = [ei.as_physics(INPAINTING)]
        measured, held = (ei.measure(physics, x, None, stream(5, 10)) for x in (images, tests))
        f = ei.as_reconstruction("unet-7k", physics[0], seed=5)
        loss = ei.named_loss("ei", physics, ei.as_transforms(SHIFTS, (SIZE, SIZE)))
        schedule = ei.Schedule(6, 8, every=2)
        optimizer = torch.optim.Adam(f.parameters())
        for step in range(6):
            optimizer.param_groups[0]["lr"] = schedule.rate(step)
            batch = measured.draw(8, stream(5, 0, step))
            optimizer.zero_grad()
            value = loss(f, batch.y, batch.physics, rng=stream(5, 1, step))
            value.backward()
            optimizer.step()
        assert found.psnr["ei"] == ei.psnr(f, held, float(np.abs(tests).max()))
        assert found.history["ei"].loss[-1] == float(value.detach())


class TestRefusals:
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"signals": np.full((60, SIZE, SIZE), np.nan)}, "finite"),
            ({"signals": np.ones((60, 5, 5))}, "shape"),
            ({"signals": np.ones((1, SIZE, SIZE))}, "at least 2"),
            ({"test_signals": np.zeros((3, SIZE, SIZE))}, "must not all be zero"),
            ({"operators": [INPAINTING] * 40}, "at least 80 signals"),
            ({"signals": 1e30 * IMAGES}, "finite at the start"),
            ({"warm_steps": 3}, "must be None without `warm_start`"),
            ({"predicted_by": st.groups.shifts(4, 4)}, "signals"),
            ({"seed": 2**63}, "`seed` must lie in"),
            ({"action": st.groups.shifts(4, 4)}, "must be on the operator's signals"),
            ({"losses": ("pinv", "rei")}, "must be given the noise"),
            ({"losses": ("pinv", "best")}, "losses must be among"),
            ({"losses": ("pinv", "ei", "ei")}, "must differ"),
            ({"losses": ("pinv", "moi")}, "at least two"),
            ({"action": None}, "must be given an action"),
            ({"noise": -1.0}, "positive"),
            ({"steps": 0}, "`steps` must be a positive integer"),
            ({"learning_rate": math.inf}, "`learning_rate` must be positive"),
            ({"seed": -1}, "`seed` must lie in"),
            ({"device": "abacus"}, "`device` must be 'auto' or a device"),
            ({"precision": "float8"}, "`precision` must be among"),
            ({"weight": math.nan}, "`weight` must be finite"),
            ({"network": "resnet"}, "`network` must be one of"),
            ({"warm_start": True}, "supervised"),
        ],
    )
    def test_one_clear_line(self, change, words):
        with pytest.raises(ValueError, match=words) as error:
            compared(**change)
        assert "\n" not in str(error.value)

    @pytest.mark.parametrize(
        "change",
        [
            {"losses": 3},
            {"losses": [["ei"]]},
            {"batch_size": 2.5},
            {"steps": "6"},
            {"learning_rate": "fast"},
            {"weight": None},
            {"seed": 1.0},
            {"consistent": "no"},
        ],
    )
    def test_of_another_type(self, change):
        (name,) = change
        with pytest.raises(TypeError, match=f"`{name}` must be") as error:
            compared(**change)
        assert "\n" not in str(error.value)

    def test_a_store_that_is_a_file(self, tmp_path):
        (tmp_path / "taken").write_text("")
        with pytest.raises(ValueError, match="must be a directory"):
            compared(store=tmp_path / "taken")

    def test_physics_of_which_theory_cannot_speak(self):
        class Square(ei.Physics):
            def forward(self, x):
                return x.reshape(len(x), -1) ** 2

            def backproject(self, y):
                return y.reshape(-1, *self.shape_in)

        with pytest.raises(TypeError, match="`linearised`"):
            compared(operators=Square((SIZE, SIZE), SIZE**2), consistent=False)

    def test_a_network_without_parameters(self):
        with pytest.raises(ValueError, match="must have parameters"):
            compared(network=torch.nn.Identity())

    def test_an_action_that_is_none(self):
        with pytest.raises(TypeError, match="must be a GroupAction or a TransformSet"):
            compared(action="shifts")

    def test_a_network_of_another_shape(self):
        with pytest.raises(ValueError, match="must map"):
            compared(network=torch.nn.Conv2d(1, 3, 3, padding=1))

    def test_measurements_that_are_not_finite(self):
        physics = ei.as_physics(INPAINTING)
        good = ei.measure([physics], IMAGES, None, torch.Generator()).batches[0]
        y = good.y.clone()
        y[3, 1] = torch.nan
        with pytest.raises(ValueError, match=rf"must be finite; .* 1 of {y.numel()} numbers"):
            ei.Measured((ei.Batch(y, good.x, physics),))

    def test_diverging_training(self, tmp_path):
        with pytest.raises(ei.TrainingDiverged, match="must stay finite") as error:
            compared(store=tmp_path, learning_rate=1e18, steps=50, every=1)
        # Nothing was kept before the first record.
        assert "ei.pt" not in str(error.value) and "sound at step 0" in str(error.value)
        assert "Lower `learning_rate`" in str(error.value)

    def test_the_last_good_state_is_kept(self, tmp_path, monkeypatch):
        rate = ei.Schedule.rate
        monkeypatch.setattr(
            ei.Schedule, "rate", lambda self, step: 1e18 if step == 3 else rate(self, step)
        )
        with pytest.raises(ei.TrainingDiverged, match=r"sound at step 2.*ei\.pt"):
            compared(store=tmp_path, steps=20)
        kept = torch.load(tmp_path / "ei.pt", weights_only=True)["state"]
        assert kept["step"] == 2 and kept["records"][-1][2] > 0
        assert all(bool(torch.isfinite(value).all()) for value in kept["network"].values())

    def test_a_last_step_that_breaks_everything(self):
        with pytest.raises(ei.TrainingDiverged):
            compared(learning_rate=1e30, steps=1)

    @pytest.mark.parametrize(
        ("change", "what"),
        [
            ({"seed": 1}, "network, settings"),
            ({"learning_rate": 1e-3}, "settings"),
            ({"weight": 2.0}, "settings"),
            ({"signals": IMAGES[::-1]}, "operators, action, signals"),
            ({"action": st.groups.quarter_turns(SIZE)}, "action"),
            ({"network": "unet-26k"}, "network"),
            ({"consistent": False}, "settings"),
        ],
    )
    def test_a_checkpoint_of_something_else(self, tmp_path, change, what):
        compared(store=tmp_path)
        with pytest.raises(ValueError, match="must be of the same operators") as error:
            compared(store=tmp_path, **change)
        assert all(word in str(error.value).split(" is of other ")[1] for word in what.split(", "))

    def test_networks_that_differ_in_code_only(self, tmp_path):
        def network(between):
            torch.manual_seed(0)
            layers = [torch.nn.Conv2d(1, 4, 3, padding=1), between]
            return torch.nn.Sequential(*layers, torch.nn.Conv2d(4, 1, 3, padding=1))

        compared(store=tmp_path, network=network(torch.nn.ReLU()))
        with pytest.raises(ValueError, match="of other network"):
            compared(store=tmp_path, network=network(torch.nn.Tanh()))

    def test_a_warm_start_goes_on_from_a_store_without(self, tmp_path):
        losses = ("pinv", "supervised", "ei")
        cold = compared(losses, store=tmp_path)
        warm = compared(losses, store=tmp_path, warm_start=True)
        assert warm.psnr == cold.psnr and warm.warm

    @pytest.mark.parametrize("damage", [b"", b"nothing", None])
    def test_a_damaged_checkpoint(self, tmp_path, damage):
        compared(store=tmp_path)
        path = tmp_path / "ei.pt"
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2] if damage is None else damage)
        with pytest.raises(ValueError, match="must be a checkpoint"):
            compared(store=tmp_path)


class TestParts:
    def test_training_never_sees_the_test(self):
        signals = np.arange(1, 61.0)[:, None, None] * np.ones((SIZE, SIZE)) / 60
        settings = Settings.of(
            ("ei",), None, None, schedule=ei.Schedule(1), warm=None, seed=0, device="cpu"
        )
        setup = prepared(INPAINTING, SHIFTS, signals, None, settings)
        parts = [part.batches[0].x[:, 0, 0].tolist() for part in (setup.train, setup.test)]
        assert len(parts[1]) == 6 and not set(parts[0]) & set(parts[1])
        assert sorted(parts[0] + parts[1]) == pytest.approx(signals[:, 0, 0].tolist())
        # Sorted signals: both parts reach over all of them.
        assert min(parts[1]) < 0.2 and max(parts[1]) > 0.8

    def test_a_matrix_takes_the_shape_of_the_action(self):
        found = compared(operators=INPAINTING.to_dense())
        assert found.about["shape"] == [SIZE, SIZE]
        assert found.psnr["pinv"] == pytest.approx(compared().psnr["pinv"], abs=1e-4)

    def test_evaluation_is_not_disturbed_by_dropout(self):
        network = torch.nn.Sequential(
            torch.nn.Conv2d(1, 4, 3, padding=1),
            torch.nn.Dropout(0.5),
            torch.nn.Conv2d(4, 1, 3, padding=1),
        )
        assert same(compared(network=network), compared(network=network))


SEEN = set()


class Recording(torch.nn.Module):
    """A network that tells in what precision it was asked."""

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Conv2d(1, 1, 3, padding=1)

    def forward(self, x):
        out = self.layer(x)
        SEEN.add((x.dtype, out.dtype))
        return out


class TestPrecision:
    @pytest.mark.parametrize(
        ("precision", "inner"),
        [
            ("float32", torch.float32),
            ("float64", torch.float64),
            ("bfloat16", torch.bfloat16),
        ],
    )
    def test_networks_compute_in_it(self, precision, inner):
        SEEN.clear()
        compared(network=Recording(), precision=precision)
        outer = torch.float64 if precision == "float64" else torch.float32
        assert SEEN == {(outer, inner)}

    def test_double_is_close_to_single(self):
        single, double = compared(), compared(precision="float64")
        assert double.psnr["ei"] == pytest.approx(single.psnr["ei"], abs=1e-2)

    def test_mixed_keeps_measurements(self):
        found = compared(precision="bfloat16")
        assert found.psnr["ei"] == pytest.approx(compared().psnr["ei"], abs=0.3)

    def test_a_fingerprint_tells_what_is_different(self):
        tensor = torch.arange(4.0)
        assert fingerprint([tensor, "a"]) == fingerprint([tensor.clone(), "a"])
        others = [
            [tensor + 1, "a"],
            [tensor, "b"],
            [tensor.double(), "a"],
            [tensor.reshape(2, 2), "a"],
        ]
        assert len({fingerprint(each) for each in (*others, [tensor, "a"])}) == 5
