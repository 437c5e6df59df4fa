"""The command train: the same numbers as in Python, and one line for whatever is wrong."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import numpy as np
import pytest

import sensing_theorems as st
from sensing_theorems import _train_command, cli

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from sensing_theorems.comparison import Comparison  # noqa: E402
from sensing_theorems.equivariant_imaging import signals as sets  # noqa: E402
from sensing_theorems.equivariant_imaging.compare import compare  # noqa: E402
from sensing_theorems.equivariant_imaging.losses.named import NAMES  # noqa: E402
from sensing_theorems.equivariant_imaging.low_dose import LowDoseTomography  # noqa: E402
from sensing_theorems.equivariant_imaging.networks import PRESETS  # noqa: E402
from sensing_theorems.equivariant_imaging.noise import (  # noqa: E402
    GaussianNoise,
    PoissonGaussianNoise,
    PoissonNoise,
)
from sensing_theorems.signal_specs import SIGNALS, load_signals  # noqa: E402
from sensing_theorems.training_files import load_training  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
MASK = np.random.default_rng(0).random((8, 8)) < 0.5
SPEC = {
    "operators": "inpainting:mask.npy",
    "action": "shifts:8x8",
    "signals": "shapes:size=8,count=24,seed=0",
    "test_signals": "shapes:size=8,count=6,seed=1",
    "losses": ["pinv", "mc", "ei", "supervised"],
    "network": "unet-7k",
    "steps": 3,
    "every": 2,
    "batch_size": 4,
    "device": "cpu",
}
SOURCE = """
import numpy as np
print("loading")

def images():
    print("drawing")
    return np.random.default_rng(0).random((24, 8, 8))

def stopped():
    raise KeyboardInterrupt

def broken():
    raise RuntimeError("no such images")

number = 3
"""


def toml(**changes):
    """The spec as TOML, with other values for some keys; None leaves a key out."""
    found = {k: v for k, v in {**SPEC, **changes}.items() if v is not None}
    tables = {k: v for k, v in found.items() if isinstance(v, dict)}
    lines = [f"{k} = {json.dumps(v)}" for k, v in found.items() if k not in tables]
    for name, table in tables.items():
        lines += [f"[{name}]", *(f"{k} = {json.dumps(v)}" for k, v in table.items())]
    return "\n".join(lines)


@pytest.fixture(autouse=True)
def one_thread():
    """Networks of this size are quicker on one thread, and give the same bits everywhere."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A current directory with a spec file, a mask and a module."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "images_of_cli.py").write_text(SOURCE, encoding="utf-8")
    np.save(tmp_path / "mask.npy", MASK)
    written()
    yield tmp_path
    sys.modules.pop("images_of_cli", None)


def written(**changes):
    """Write the spec file, and return its name."""
    Path("spec.toml").write_text(toml(**changes), encoding="utf-8")
    return "spec.toml"


@pytest.fixture
def run(capsys):
    """Run the command line in this process; return exit code, stdout and stderr."""

    def command(*arguments):
        code = cli.main([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return command


@pytest.fixture
def trained(run):
    """Train, and return the JSON as a comparison."""

    def command(*flags, **changes):
        code, out, err = run("train", written(**changes), "--json", "-", *flags)
        assert (code, err) == (0, ""), err
        return Comparison.from_dict(json.loads(out))

    return command


def is_one_line(text: str) -> bool:
    return text.startswith("sensing-theorems: ") and len(text.splitlines()) == 1


def numbers(found: Comparison) -> dict:
    """All of a comparison that does not depend on when and how fast it was made."""
    content = found.to_dict()
    del content["seconds"]
    when = ("started", "sessions")
    content["about"] = {k: v for k, v in content["about"].items() if k not in when}
    return content


def in_python(**changes):
    """What `compare` finds for the spec, without any file."""
    arguments = {
        "operators": st.operators.inpainting(MASK),
        "action": st.groups.shifts(8, 8),
        "signals": sets.shapes(24, 8, 0),
        "test_signals": sets.shapes(6, 8, 1),
        "progress": False,
    }
    rest = {k: v for k, v in SPEC.items() if k not in arguments}
    return compare(**{**arguments, **rest, **changes})


def same(found: Comparison, expected: Comparison) -> bool:
    return found.psnr == expected.psnr and {
        name: run.to_dict() for name, run in {**found.history, **found.warm}.items()
    } == {name: run.to_dict() for name, run in {**expected.history, **expected.warm}.items()}


class TestTrain:
    def test_numbers_are_those_of_python(self, folder, trained):
        found = trained()
        assert same(found, in_python())
        assert list(found.psnr) == SPEC["losses"]

    def test_the_table_has_prediction_and_outcome(self, folder, run):
        code, out, err = run("train", "spec.toml", "--json", "a.json")
        assert (code, err) == (0, "")
        found = Comparison.load("a.json")
        assert out == f"{found}\n"
        assert str(found.prediction.outcome) in out
        for level in found.psnr.values():
            assert f"{level:.2f}" in out

    def test_quiet(self, folder, run):
        assert run("train", "spec.toml", "--json", "a.json", "--quiet") == (0, "", "")
        assert same(Comparison.load("a.json"), in_python())

    def test_flags_win_over_the_file(self, folder, trained):
        flags = ("--steps", "2", "--seed", "5", "--store", "b", "--device", "cpu", "--warm-start")
        losses = ["ei", "supervised"]
        found = trained(*flags, seed=1, store="a", device="cuda:7", losses=losses, warm_steps=1)
        options = {"steps": 2, "seed": 5, "warm_start": True, "warm_steps": 1}
        assert same(found, in_python(losses=losses, **options))
        assert sorted(os.listdir("b")) == ["ei.pt", "ei.warm.pt", "supervised.pt"]
        assert not Path("a").exists()

    def test_a_warm_start_can_be_left_out(self, folder, trained):
        assert not trained("--no-warm-start", warm_start=True, steps=1).warm

    def test_pictures_are_the_same_byte_for_byte(self, folder, run):
        written(losses=["ei", "supervised"], warm_start=True, steps=1, store="a")
        for name in ("a", "b"):
            flags = ("--figure", f"{name}.svg", "--forgetting", f"{name}.PDF")
            assert run("train", "spec.toml", *flags, "--quiet") == (0, "", "")
        assert run("train", "spec.toml", "--figure", "a.png", "--quiet") == (0, "", "")
        starts = {"svg": b"<?x", "PDF": b"%PDF", "png": b"\x89PNG"}
        for suffix, start in starts.items():
            assert Path(f"a.{suffix}").read_bytes().startswith(start)
        for suffix in ("svg", "PDF"):
            assert Path(f"a.{suffix}").read_bytes() == Path(f"b.{suffix}").read_bytes()

    def test_numbers_are_kept_where_nothing_can_be_drawn(self, folder, run, monkeypatch):
        def fail(*arguments):
            raise ValueError("no ink")

        monkeypatch.setattr(_train_command, "_drawn", fail)
        flags = ("--json", "a.json", "--figure", "a.svg")
        assert run("train", written(steps=1), *flags) == (2, "", "sensing-theorems: no ink\n")
        assert Comparison.load("a.json").psnr and not Path("a.svg").exists()

    def test_prints_of_users_go_to_stderr(self, folder, run):
        path = written(signals="images_of_cli:images", test_signals=None, losses="pinv")
        code, out, err = run("train", path, "--json", "-")
        assert (code, err) == (0, "loading\ndrawing\n")
        images = np.random.default_rng(0).random((24, 8, 8))
        expected = in_python(signals=images, test_signals=None, losses="pinv")
        assert same(Comparison.from_dict(json.loads(out)), expected)


RESUMED = {"losses": ["ei", "supervised"], "steps": 5, "warm_start": True, "store": "a"}


class TestResumption:
    def interrupted(self, monkeypatch, after):
        """Have Ctrl-C pressed in a step."""
        from sensing_theorems.equivariant_imaging import training

        taken, advance = [], training._Run.advance

        def counting(self):
            taken.append(1)
            if len(taken) > after:
                raise KeyboardInterrupt
            return advance(self)

        monkeypatch.setattr(training._Run, "advance", counting)

    @pytest.mark.parametrize("after", [3, 8, 11])
    def test_gives_the_same_numbers(self, folder, run, trained, after):
        with pytest.MonkeyPatch.context() as patch:
            self.interrupted(patch, after)
            code, out, err = run("train", written(**RESUMED), "--json", "a.json")
        assert (code, out) == (130, "") and is_one_line(err)
        assert "interrupted. What was trained is kept in a, up to the last multiple of 2" in err
        assert "the same command goes on" in err and not Path("a.json").exists()
        again = trained(**RESUMED)
        whole = trained(**{**RESUMED, "store": None})
        assert numbers(again) == numbers(whole)

    @pytest.mark.parametrize(
        "store, said",
        [
            (None, "interrupted. Nothing is kept: with a directory as --store"),
            ("a", "kept in a yet"),
        ],
    )
    def test_says_where_nothing_is_kept(self, folder, run, monkeypatch, store, said):
        self.interrupted(monkeypatch, 1)
        Path("a.json").write_text("old", encoding="utf-8")
        code, out, err = run("train", written(store=store), "--json", "a.json")
        assert (code, out) == (130, "") and is_one_line(err) and said in err
        assert Path("a.json").read_text(encoding="utf-8") == "old"

    def test_before_the_first_step(self, folder, run):
        code, out, err = run("train", written(signals="images_of_cli:stopped"))
        assert (code, out) == (130, "") and "interrupted. Nothing is kept" in err

    @pytest.mark.parametrize(
        "damage", [lambda content: content[: len(content) // 2], lambda content: b"no checkpoint"]
    )
    def test_of_a_damaged_checkpoint(self, folder, run, damage):
        path = written(store="a", losses=["mc"], steps=2)
        assert run("train", path)[0] == 0
        content = Path("a/mc.pt").read_bytes()
        Path("a/mc.pt").write_bytes(damage(content))
        code, out, err = run("train", path)
        assert (code, out) == (2, "") and is_one_line(err)
        assert os.path.join("a", "mc.pt") in err and "it is damaged" in err

    def test_of_another_training(self, folder, run):
        assert run("train", written(store="a", losses=["mc"], steps=2))[0] == 0
        code, out, err = run("train", "spec.toml", "--seed", "1")
        assert (code, out) == (2, "") and is_one_line(err) and "Choose another store" in err

    @pytest.mark.slow
    @pytest.mark.parametrize("how", ["SIGKILL", "SIGINT"])
    @pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
    def test_after_a_kill(self, folder, trained, how):
        changes = {"losses": ["ei"], "steps": 300, "every": 10, "store": "a"}
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        training = subprocess.Popen(
            [sys.executable, "-m", "sensing_theorems", "train", written(**changes)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A parent that ignores the signal would have the child ignore it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        until = time.monotonic() + 120
        while not Path("a/ei.pt").exists():
            assert training.poll() is None and time.monotonic() < until
            time.sleep(0.01)
        training.send_signal(getattr(signal, how))
        out, err = training.communicate(timeout=60)
        assert (training.returncode, out) == ({"SIGKILL": -9, "SIGINT": 130}[how], "")
        assert how == "SIGKILL" or "is kept in a" in err
        again, whole = trained(**changes), trained(**{**changes, "store": None})
        assert same(again, whole)


class TestSpec:
    def arguments(self, **changes):
        return load_training(written(**changes)).arguments()

    def test_keys_are_arguments_of_compare(self, folder):
        options = {
            "network": "mlp",
            "steps": 7,
            "seed": 3,
            "device": "cpu",
            "warm_start": True,
            "warm_steps": 5,
            "batch_size": 6,
            "learning_rate": 0.25,
            "every": 4,
            "weight": 2,
            "rcond": 0.125,
            "consistent": False,
            "precision": "float64",
            "compile": False,
            "store": "a",
        }
        found = self.arguments(**options)
        assert {key: found[key] for key in options} == options
        assert found["losses"] == tuple(SPEC["losses"]) and found["noise"] is None
        assert np.array_equal(found["signals"], sets.shapes(24, 8, 0))
        assert np.array_equal(found["test_signals"], sets.shapes(6, 8, 1))
        assert found["action"].name == st.groups.shifts(8, 8).name
        rest = ("operators", "signals", "test_signals", "action", "losses", "noise", "progress")
        parameters = compare.__kwdefaults__.keys() | set(
            compare.__code__.co_varnames[: compare.__code__.co_argcount]
        )
        # Operators of files know no semigroup, of which alone theory and training look otherwise.
        assert parameters - {"predicted_by"} == {*options, *rest}

    def test_what_is_left_out_is_left_to_compare(self, folder):
        Path("spec.toml").write_text(
            'operators = "gaussian:m=3,n=4,seed=0"\nsignals = "images_of_cli:images"',
            encoding="utf-8",
        )
        found = load_training("spec.toml").arguments()
        assert set(found) == {"operators", "action", "signals", "noise"}
        assert found["action"] is None

    def test_several_operators(self, folder):
        found = self.arguments(operators=["inpainting:mask.npy", "gaussian:m=3,n=64,seed=0"])
        assert [A.shape for A in found["operators"]] == [(int(MASK.sum()), 64), (3, 64)]

    @pytest.mark.parametrize(
        "noise, law",
        [
            (0.5, 0.5),
            ({"sigma": 0.5}, GaussianNoise(0.5)),
            ({"gamma": 2}, PoissonNoise(2)),
            ({"gamma": 2, "sigma": 0.5}, PoissonGaussianNoise(0.5, 2)),
        ],
    )
    def test_noise(self, folder, noise, law):
        assert self.arguments(noise=noise)["noise"] == law

    def test_low_dose(self, folder):
        changes = {"low_dose": {"photons": 50, "scale": 0.5, "floor": 2}, "rcond": 0.01}
        found = self.arguments(operators="tomography:size=8,views=3", **changes)
        (A,) = found["operators"]
        x = torch.full((1, 8, 8), 0.3)
        lines = st.operators.tomography(8, np.arange(3) * np.pi / 3) @ np.full(64, 0.3)
        assert isinstance(A, LowDoseTomography) and A.linearised.rcond == 0.01
        assert np.allclose(A(x)[0].numpy(), 50 * np.exp(-0.5 * lines), rtol=1e-5)
        assert A.floor == 2

    def test_low_dose_can_be_trained(self, folder, trained):
        found = trained(
            operators="tomography:size=8,views=3",
            action="quarter_turns:8",
            low_dose={"photons": 1000.0},
            noise={"gamma": 1.0},
            rcond=0.01,
            losses=["mc", "rei"],
            steps=1,
        )
        assert "low_dose" in found.about["operators"][0]

    def test_invariant(self, folder):
        found = self.arguments(invariant=True)
        for key, count, seed in (("signals", 24, 0), ("test_signals", 6, 1)):
            images, expected = found[key], sets.shapes(count, 8, seed)
            moved = [
                any(
                    np.array_equal(np.roll(x, (i, j), (0, 1)), y)
                    for i in range(8)
                    for j in range(8)
                )
                for x, y in zip(expected, images, strict=True)
            ]
            assert all(moved) and not np.array_equal(images, expected)
        assert np.array_equal(found["signals"], self.arguments(invariant=True, seed=9)["signals"])


class TestSignals:
    def test_built_in(self, folder):
        assert np.array_equal(
            load_signals("phantoms:seed=4,size=9,count=3"), sets.phantoms(3, 9, 4)
        )
        found = load_signals("mr_patches:size=8,count=3,seed=0,part=test")
        assert np.array_equal(found, sets.mr_patches(3, 8, 0, part="test"))

    def test_digits(self, folder, monkeypatch):
        monkeypatch.setattr(sets, "digits", lambda *arguments, **rest: (arguments, rest))
        found = load_signals("digits:size=9,count=3,seed=0,part=test")
        assert found == ((3, 9, 0), {"part": "test"})

    def test_examples_are_read(self):
        for name, form in SIGNALS.items():
            if name != "digits":
                text = form.example.replace("2000", "2")
                assert load_signals(text).shape == (2, 20, 20)

    def test_files(self, folder):
        images = np.random.default_rng(0).random((3, 8, 8))
        np.savez("a.npz", images=images, labels=np.arange(3))
        np.save("a.npy", images)
        assert np.array_equal(load_signals("a.npz:images"), images)
        assert np.array_equal(load_signals("a.npy"), images)


BAD = {
    "no spec": ((), {}, "required: SPEC"),
    "missing spec": (("none.toml",), {}, "none.toml: No such file"),
    "spec without name": (("",), {}, "SPEC must be the name of a file; got ''"),
    "unknown key": (None, {"sigNals": 1}, "unknown key 'sigNals'; did you mean 'signals'"),
    "no operators": (None, {"operators": None}, "`operators` must be given; it was not"),
    "no signals": (None, {"signals": None}, "`signals` must be given; it was not"),
    "operators a number": (None, {"operators": 3}, "`operators` must be a string, or a list"),
    "no operator": (None, {"operators": []}, "`operators` must be a string, or a list"),
    "unknown operator": (None, {"operators": "blurr:a.npy"}, "did you mean 'blur'?"),
    "steps a string": (None, {"steps": "3"}, "spec.toml: `steps` must be an integer; got '3'"),
    "steps true": (None, {"steps": True}, "`steps` must be an integer; got True"),
    "steps a word": (("spec.toml", "--steps", "few"), {}, "must be an integer; got 'few'"),
    "steps 0": (None, {"steps": 0}, "`steps` must be a positive integer; got 0"),
    "no steps of a warm start": (
        None,
        {"warm_start": True, "warm_steps": 0},
        "`warm_steps` must be a positive integer; got 0",
    ),
    "rate a string": (None, {"learning_rate": "a"}, "`learning_rate` must be a number; got 'a'"),
    "rate 0": (None, {"learning_rate": 0}, "`learning_rate` must be positive; got 0"),
    "warm start a number": (None, {"warm_start": 1}, "`warm_start` must be true or false; got 1"),
    "seed below 0": (("spec.toml", "--seed=-1"), {}, "`seed` must be from 0 to 2^63 - 1; got -1"),
    "seed too large": (None, {"seed": 2**63}, "`seed` must be from 0 to 2^63 - 1"),
    "store without name": (("spec.toml", "--store", ""), {}, "`store` must be the name of a dir"),
    "store a file": (None, {"store": "mask.npy"}, "`store` must be a directory;"),
    "store in a file": (None, {"store": "mask.npy/a"}, "`store` must be a directory;"),
    "unknown loss": (None, {"losses": ["mc", "eii"]}, "got 'eii'"),
    "loss twice": (None, {"losses": ["mc", "mc"]}, "losses must differ; got mc, mc"),
    "loss without noise": (None, {"losses": ["rei"]}, "'rei' must be given the noise"),
    "loss without action": (None, {"action": None}, "'ei' must be given an action"),
    "loss without second operator": (None, {"losses": ["moi"]}, "operators"),
    "warm start without supervision": (
        None,
        {"losses": ["ei"], "warm_start": True},
        "must have a supervised network to start from",
    ),
    "unknown network": (None, {"network": "unet"}, "`network` must be one of 'auto'"),
    "unknown precision": (None, {"precision": "half"}, "`precision` must be among"),
    "unknown device": (("spec.toml", "--device", "abacus"), {}, "got 'abacus'"),
    "missing device": (None, {"device": "cuda:99"}, "got 'cuda:99'"),
    "noise below 0": (None, {"noise": -1}, "`noise` must be positive"),
    "noise a string": (None, {"noise": "a"}, "`noise` must be a number; got 'a'"),
    "noise of no kind": (None, {"noise": {}}, "`noise` must have sigma, gamma, or both"),
    "noise of another kind": (None, {"noise": {"sgima": 1}}, "unknown key of noise: 'sgima'; did"),
    "rcond too large": (None, {"rcond": 2.0}, "rcond"),
    "low dose of another kind": (None, {"low_dose": {"photon": 9}}, "did you mean 'photons'"),
    "no photons": (None, {"low_dose": {"photons": 0}}, "`photons` must be positive"),
    "action of another size": (None, {"action": "shifts:9x9"}, "acts on R^81"),
    "unknown action": (None, {"action": "shift:8x8"}, "did you mean 'shifts'"),
    "invariant without action": (
        None,
        {"invariant": True, "action": None},
        "`invariant` must come with the `action`",
    ),
    "unknown signals": (None, {"signals": "shape:size=8,count=9,seed=0"}, "you mean 'shapes'"),
    "no form of signals": (None, {"signals": "shapes"}, "as in shapes:size=20,count=2000,seed=0"),
    "signals without seed": (None, {"signals": "shapes:size=8,count=9"}, "needs seed, as in"),
    "signals of another size": (None, {"signals": "shapes:size=9,count=9,seed=0"}, "(9, 9, 9)"),
    "small images": (None, {"signals": "shapes:size=4,count=9,seed=0"}, "`size` must be at least"),
    "no part": (None, {"signals": "mr_patches:size=8,count=9,seed=0,part=all"}, "got 'all'"),
    "huge signals": (None, {"signals": "shapes:size=99999,count=99999,seed=0"}, "at most"),
    "missing signals": (None, {"signals": "none.npy"}, "none.npy does not exist"),
    "NaN": (None, {"signals": "nan.npy"}, "`signals` must be finite"),
    "NaN in test signals": (None, {"test_signals": "nan.npy"}, "`test_signals` must be finite"),
    "words": (None, {"signals": "words.npy"}, "`signals` must hold numbers"),
    "too few": (None, {"signals": "one.npy"}, "`signals` must have at least 2 signals; got 1"),
    "module that raises": (
        None,
        {"signals": "images_of_cli:broken"},
        "images_of_cli:broken: RuntimeError: no such images",
    ),
    "no function": (None, {"signals": "images_of_cli:number"}, "'int' object is not callable"),
    "no module": (None, {"signals": "nothing_of_cli:number"}, "No module named 'nothing_of_cli'"),
    "diverged": (
        None,
        {"learning_rate": 1e20, "losses": ["supervised"], "steps": 9},
        "Lower `learning_",
    ),
    "spec as output": (("spec.toml", "--json", "./spec.toml"), {}, "would overwrite spec.toml"),
    "mask as output": (("spec.toml", "--json", "./mask.npy"), {}, "would overwrite mask.npy"),
    "checkpoint as output": (
        ("spec.toml", "--store", "a", "--figure", "a/ei.pt"),
        {},
        "--figure would overwrite a checkpoint of a",
    ),
    "store as output": (("spec.toml", "--store", "a", "--json", "a"), {}, "checkpoint of a;"),
    "one output twice": (
        ("spec.toml", "--warm-start", "--figure", "a.svg", "--forgetting", "./a.svg"),
        {},
        "--forgetting would overwrite the output of --figure",
    ),
    "output without name": (("spec.toml", "--json", ""), {}, "--json must be the name of a file"),
    "no folder": (("spec.toml", "--json", "no/a.json"), {}, "cannot write no/a.json: No such"),
    "folder as output": (("spec.toml", "--json", "."), {}, "not the name of a file"),
    "no picture": (("spec.toml", "--figure", "a.txt"), {}, "--figure must end in .png, .svg, .pdf"),
    "figure on stdout": (("spec.toml", "--figure", "-"), {}, "--figure must end in"),
    "nothing forgotten": (("spec.toml", "--forgetting", "a.svg"), {}, "give --warm-start"),
    "nothing to forget": (
        ("spec.toml", "--forgetting", "a.svg", "--warm-start"),
        {"losses": ["mc", "supervised"]},
        "name one of them besides pinv, mc and supervised",
    ),
    "abbreviated": (("spec.toml", "--ste", "3"), {}, "unrecognized arguments: --ste"),
}


class TestBadTraining:
    @pytest.mark.parametrize("arguments, changes, said", BAD.values(), ids=BAD)
    def test_is_one_line_and_leaves_nothing(self, folder, run, arguments, changes, said):
        images = np.ones((4, 8, 8))
        np.save("one.npy", images[:1])
        np.save("words.npy", np.full((4, 8, 8), "a"))
        images[1, 2, 3] = np.nan
        np.save("nan.npy", images)
        written(**changes)
        before = self.files(folder)
        code, out, err = run("train", *(("spec.toml",) if arguments is None else arguments))
        assert (code, out) == (2, "")
        assert is_one_line(err.replace("loading\n", "")) and said in err
        assert self.files(folder) == before

    @staticmethod
    def files(folder):
        return sorted(path for path in folder.rglob("*") if "__pycache__" not in str(path))

    def test_a_place_to_write_is_looked_for_before_the_work(self, folder, run, monkeypatch):
        monkeypatch.setattr(_train_command, "_compared", lambda *_: pytest.fail("it was trained"))
        assert run("train", "spec.toml", "--figure", "no/a.svg")[0] == 2

    def test_a_training_that_diverges_keeps_nothing_broken(self, folder, run):
        changes = {"losses": ["supervised"], "steps": 9, "every": 1, "store": "a"}
        code, out, err = run("train", written(**changes, learning_rate=1e20))
        assert (code, out) == (2, "") and is_one_line(err)
        assert "must stay finite" in err and not Path("a/supervised.pt").exists()

    def test_without_torch(self, folder):
        code = (
            "import sys; sys.modules['torch'] = None; from sensing_theorems.cli import main; "
            "sys.exit(main(['train', 'spec.toml']))"
        )
        done = python(code)
        assert (done.returncode, done.stdout) == (2, "") and is_one_line(done.stderr)
        assert "pip install 'sensing-theorems[train]'" in done.stderr


def python(code, **options):
    """Run code in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, text=True, capture_output=True, **options
    )


class TestHelp:
    def test_fits_the_page(self, run):
        code, out, err = run("train", "--help")
        assert (code, err) == (0, "") and max(map(len, out.splitlines())) <= 100
        assert "RUNS THE CODE" in out

    def test_names_all_there_is(self, run):
        out = run("train", "--help")[1]
        assert set(re.findall(r"[\w-]+", out)) >= {*NAMES, *SIGNALS, *PRESETS, "mlp", "bfloat16"}
        assert set(self.spec(out)) >= set(SPEC)

    def spec(self, out):
        """The spec file that the help shows."""
        block = out.partition("what it says:\n")[2].partition("A table [low_dose]")[0]
        # Each line is a setting, spaces, and what is to be said of it.
        lines = [re.split(r"\s{3,}", line.strip())[0] for line in block.splitlines()]
        return tomllib.loads("\n".join(line for line in lines if re.match(r"\w+ = ", line)))

    def test_its_spec_file_and_its_examples_run(self, folder, run):
        np.save("mask.npy", np.random.default_rng(0).random((20, 20)) < 0.5)
        out = run("train", "--help")[1]
        found = self.spec(out)
        assert found.pop("network") == "unet-26k" and found.pop("warm_steps") == 400
        found["signals"] = found["signals"].replace("2000", "20")
        found["test_signals"] = found["test_signals"].replace("200", "4")
        lines = [line.split("train ", 1)[1] for line in out.splitlines() if "train inp" in line]
        assert len(lines) == 3
        # Steps of the flags, where there are any, would take their time.
        small = {"network": "unet-7k", "warm_steps": 1, "batch_size": 2, "steps": 1}
        text = toml(**{**dict.fromkeys(SPEC), **found, **small})
        Path("inpainting.toml").write_text(text, encoding="utf-8")
        for number, line in enumerate(lines):
            flags = shlex.split(line.replace("--steps 2000", "--steps 2"))
            code, _, err = run("train", *flags, "--store", f"runs/{number}")
            assert (code, err) == (0, ""), line
        assert all(Path(name).exists() for name in ("long.json", "training.svg", "kept.svg"))

    @pytest.mark.parametrize("arguments", [("train", "--help"), ("train",)])
    def test_loads_the_standard_library_only(self, arguments):
        done = python(
            "import sys; from sensing_theorems.cli import main\n"
            f"main({list(arguments)!r}); print('numpy' in sys.modules)"
        )
        assert done.stdout.splitlines()[-1] == "False"

    def test_a_check_loads_no_torch(self, folder):
        arguments = ["check", "inpainting:mask.npy", "--action", "shifts:8x8"]
        done = python(
            "import sys; from sensing_theorems.cli import main\n"
            f"main({arguments!r}); print('torch' in sys.modules, 'numpy' in sys.modules)"
        )
        assert done.stdout.splitlines()[-1] == "False True"
