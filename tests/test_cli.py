"""The command line: one verdict or one line, whatever comes in."""

from __future__ import annotations

import io
import json
import os
import pickle
import subprocess
import sys
from configparser import ConfigParser
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import sensing_theorems as st
from sensing_theorems import _commands, cli
from sensing_theorems.stacked_rank import METHODS

ROOT = Path(__file__).resolve().parents[1]
SHIFTS = ("--action", "shifts:4x4")
SOUND = ("check", "A.npy", *SHIFTS)


@pytest.fixture
def folder(tmp_path, monkeypatch, rng):
    """A current directory with operators, sound and unsound."""
    monkeypatch.chdir(tmp_path)
    matrix = rng.standard_normal((8, 16))
    spoiled = matrix.copy()
    spoiled[0, 0] = np.nan
    arrays = {
        "A": matrix,
        "nan": spoiled,
        "inf": np.where(np.isnan(spoiled), np.inf, spoiled),
        "rows": matrix[:0],
        "vector": matrix[0],
        "cube": matrix.reshape(2, 4, 16),
        "words": np.array([["a", "b"]]),
        "mask": np.arange(16).reshape(4, 4) % 3 == 0,
        "low": np.abs(np.fft.fftfreq(16)) < 0.25,
        "image": rng.random((4, 4)),
        "small": rng.random((3, 3)),
    }
    for name, array in arrays.items():
        np.save(f"{name}.npy", array)
    np.save("objects.npy", np.array([[1, None]], dtype=object), allow_pickle=True)
    (tmp_path / "pickle.npy").write_bytes(pickle.dumps(matrix))
    (tmp_path / "cut.npy").write_bytes((tmp_path / "A.npy").read_bytes()[:-20])
    (tmp_path / "g.json").write_text("[[1, 0], [0")
    return tmp_path


@pytest.fixture
def run(capsys):
    """Run the command line in this process; return exit code, stdout and stderr."""

    def command(*arguments):
        code = cli.main([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return command


def separately(*arguments, **options):
    """Run the command line in a process of its own."""
    inherited = {**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})}
    return subprocess.run(
        [sys.executable, "-m", "sensing_theorems", *map(str, arguments)],
        env=inherited,
        text=True,
        **{"capture_output": True, **options},
    )


def is_one_line(text: str) -> bool:
    return text.startswith("sensing-theorems: ") and len(text.splitlines()) == 1


BAD = {
    "NaN": (("check", "nan.npy", *SHIFTS), "must be finite; got 1"),
    "infinity": (("check", "inf.npy", *SHIFTS), "must be finite; got 1"),
    "no rows": (("check", "rows.npy", *SHIFTS), "must have rows and columns"),
    "vector": (("check", "vector.npy", *SHIFTS), "must be two-dimensional"),
    "cube": (("check", "cube.npy", *SHIFTS), "must be two-dimensional"),
    "strings": (("check", "words.npy", *SHIFTS), "must hold real or complex numbers"),
    "objects": (("check", "objects.npy", *SHIFTS), "pickled objects, which are refused"),
    "pickle": (("check", "pickle.npy", *SHIFTS), "pickled objects, which are refused"),
    "truncated": (("check", "cut.npy", *SHIFTS), "cut.npy cannot be read: it is damaged"),
    "wrong n": (("check", "A.npy", "--action", "shifts:5x5"), "shifts(5x5) acts on R^25"),
    "mask as matrix": (("check", "mask.npy", *SHIFTS), "given as inpainting:mask.npy or"),
    "two sizes": (("check", "A.npy", "gaussian:m=2,n=9,seed=0"), "one size n; got n in [16, 9]"),
    "malformed action": (("check", "A.npy", "--action", "shifts:4x"), "integers joined by x"),
    "unknown action": (("check", "A.npy", "--action", "shift:4x4"), "did you mean 'shifts'"),
    "unknown key": (("check", "A.npy", "--action", "shifts:4x4,step=2"), "unknown key 'step'"),
    "negative size": (("irreps", "shifts:-4"), "positive integers"),
    "malformed JSON": (("irreps", "permutations:g.json"), "must be a JSON file"),
    "k above n": ((*SOUND, "--model-dim", "17"), "must lie between 0 and n = 16; got 17"),
    "k below 0": ((*SOUND, "--model-dim=-1"), "must lie between 0 and n = 16; got -1"),
    "k is NaN": ((*SOUND, "--model-dim", "nan"), "must lie between 0 and n = 16; got nan"),
    "k is no number": ((*SOUND, "--model-dim", "few"), "must be a number; got 'few'"),
    "missing file": (("check", "none.npy", *SHIFTS), "none.npy does not exist"),
    "missing mask": (("check", "fourier:none.npy", *SHIFTS), "none.npy does not exist"),
    "missing module": (("check", "not_a_module:make", *SHIFTS), "No module named 'not_a_module'"),
    "missing function": (("check", "json:lodas", *SHIFTS), "did you mean 'loads'"),
    "function with arguments": (("check", "json:loads", *SHIFTS), "a function without arguments"),
    "missing generators": (("irreps", "permutations:no.json"), "No such file"),
    "no operator": (("check", "readme.txt", *SHIFTS), "an operator must be a file"),
    "line breaks": (("check", "a\nb\r\u2028c", *SHIFTS), "an operator must be a file"),
    "image of another size": ((*SOUND, "--image", "small.npy"), "must hold n = 16 real numbers"),
    "missing image": ((*SOUND, "--image", "none.npy"), "none.npy does not exist"),
    "missing folder": ((*SOUND, "--json", "no/a.json"), "cannot write no/a.json: No such file"),
    "file for a folder": ((*SOUND, "--html", "A.npy/a.html"), "cannot write A.npy/a.html: Not a"),
    "folder for a file": ((*SOUND, "--json", "."), "not the name of a file"),
    "no name": ((*SOUND, "--json="), "not the name of a file"),
    "page on stdout": ((*SOUND, "--html", "-"), "only --json takes -"),
    "input as output": ((*SOUND, "--json", "A.npy"), "would overwrite A.npy"),
    "mask as output": (("check", "inpainting:mask.npy", "--json", "./mask.npy"), "would overwrite"),
    "one output twice": (
        (*SOUND, "--json", "o", "--html", "./o"),
        "overwrite the output of --json",
    ),
    "kind of figure": ((*SOUND, "--figure", "a.txt"), "must end in .png, .svg, .pdf"),
    "no arguments": ((), "required: COMMAND"),
    "no operators": (("check", *SHIFTS), "required: OPERATOR"),
    "no value": (("check", "A.npy", "--action"), "expected one argument"),
    "unknown command": (("chek", "A.npy"), "invalid choice: 'chek'"),
    "unknown option": ((*SOUND, "--fast"), "unrecognized arguments: --fast"),
    "abbreviated option": ((*SOUND, "--gen"), "unrecognized arguments: --gen"),
    "unknown method": ((*SOUND, "--method", "magic"), "invalid choice: 'magic'"),
    "unknown field": ((*SOUND, "--field", "finite"), "invalid choice: 'finite'"),
    "too large a method": (
        ("check", "gaussian:m=2,n=16,seed=0", "--action", "symmetric:16", "--method", "dense"),
        "too many to enumerate",
    ),
}


class TestBadInput:
    @pytest.mark.parametrize("arguments, said", BAD.values(), ids=BAD)
    def test_is_one_line_and_exit_code_2(self, folder, run, arguments, said):
        before = sorted(folder.iterdir())
        code, out, err = run(*arguments)
        assert (code, out) == (2, "")
        assert is_one_line(err) and said in err and "Traceback" not in err
        assert sorted(folder.iterdir()) == before

    @pytest.mark.parametrize("name", ["NaN", "pickle", "missing module", "missing folder"])
    def test_in_a_process_of_its_own(self, folder, name):
        arguments, said = BAD[name]
        done = separately(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert is_one_line(done.stderr) and said in done.stderr

    def test_masks_that_are_called_masks_are_not_told_to_be(self, folder, run):
        said = "R^16; shifts(5x5) acts on R^25.\n"
        for name in ("inpainting", "fourier"):
            code, _, err = run("check", f"{name}:mask.npy", "--action", "shifts:5x5")
            assert code == 2 and is_one_line(err) and err.endswith(said)

    def test_long_input_is_cut(self, folder, run):
        _, _, err = run("check", "x" * 100_000, *SHIFTS)
        assert is_one_line(err) and len(err) < 1100

    def test_outputs_are_refused_before_the_work(self, folder, run, monkeypatch):
        monkeypatch.setattr(_commands, "analyze", lambda problem: pytest.fail("too late"))
        monkeypatch.setattr(_commands, "load_operators", lambda text: pytest.fail("too late"))
        assert run(*SOUND, "--json", "no/a.json")[0] == 2

    @pytest.mark.parametrize(
        "error, said",
        [
            (MemoryError("8 PiB"), "needs more memory than there is. 8 PiB"),
            (RuntimeError("a defect"), "unexpected RuntimeError: a defect"),
            (OverflowError("too large"), "unexpected OverflowError: too large"),
            (ArithmeticError("too ill-conditioned"), "sensing-theorems: too ill-conditioned\n"),
            (PermissionError(13, "Permission denied", "A.npy"), "A.npy: Permission denied."),
            (KeyError("a"), "unexpected KeyError: 'a'"),
            (ValueError(), "unexpected ValueError"),
            (ValueError("two\nlines"), "two lines"),
        ],
    )
    def test_failures_inside_are_one_line_too(self, folder, run, monkeypatch, error, said):
        def fail(problem):
            raise error

        monkeypatch.setattr(_commands, "analyze", fail)
        code, out, err = run(*SOUND, "--json", "a.json")
        assert (code, out) == (2, "")
        assert is_one_line(err) and said in err
        assert not (folder / "a.json").exists()


class TestVerdict:
    @pytest.mark.parametrize(
        "code, arguments",
        [
            (0, ("check", "gaussian:m=12,n=16,seed=0", "--action", "shifts:16", "--model-dim=3")),
            (0, ("check", "A.npy", "--action", "shifts:16", "--model-dim=2", "--generic")),
            (0, ("check", *(f"gaussian:m=8,n=16,seed={s}" for s in range(3)), "--model-dim=1")),
            (0, ("check", "gaussian:m=16,n=16,seed=0")),
            (1, ("check", "fourier:low.npy", "--action", "shifts:16")),
            (1, ("check", "gaussian:m=4,n=16,seed=0", "--action", "reflections:16")),
            (1, ("check", "A.npy")),
            (1, ("check", "A.npy", "A.npy", "A.npy")),
            (3, ("check", "inpainting:mask.npy", *SHIFTS)),
            (3, ("check", "A.npy", *SHIFTS)),
            (3, ("check", "A.npy", "--action", "shifts:16", "--generic", "--model-dim=6")),
        ],
    )
    def test_sets_the_exit_code(self, folder, run, code, arguments):
        found, out, err = run(*arguments)
        assert (found, err) == (code, "")
        first = {0: "IDENTIFIABLE from", 1: "NOT IDENTIFIABLE from", 3: "UNDECIDED: "}[code]
        assert out.startswith(first)
        assert run(*arguments, "--exit-zero")[0] == 0
        assert run(*arguments, "--quiet") == (code, "", "")

    def test_is_that_of_the_library(self, folder, run):
        operator = st.operators.fourier(np.load("low.npy"))
        report = st.analyze(st.Problem(operator, st.groups.shifts(16), model_dim=2))
        arguments = ("check", "fourier:low.npy", "--action", "shifts:16", "--model-dim", "2")
        assert run(*arguments)[1] == f"{report}\n"
        assert json.loads(run(*arguments, "--json", "-")[1]) == json.loads(report.to_json())

    def test_in_a_process_of_its_own(self, folder):
        done = separately("check", "fourier:low.npy", "--action", "shifts:16")
        assert (done.returncode, done.stderr) == (1, "")
        assert done.stdout.startswith("NOT IDENTIFIABLE")

    def test_over_the_complex_numbers(self, folder, run):
        arguments = ("check", "fourier:low.npy", "--action", "shifts:16", "--json", "-")
        assert json.loads(run(*arguments)[1])["setup"]["rows"] == [14]
        found = json.loads(run(*arguments, "--field", "complex")[1])
        assert (found["setup"]["rows"], found["rank"]["field"]) == ([7], "complex")


class TestMethod:
    def test_choices_are_those_of_the_rank(self):
        assert cli.METHODS == METHODS

    @pytest.mark.parametrize("method", [m for m in METHODS if m != "exact"])
    def test_every_method_agrees(self, folder, run, method):
        arguments = ("check", "fourier:low.npy", "--action", "shifts:16", "--json", "-")
        code, out, _ = run(*arguments, "--method", method)
        found = json.loads(out)["rank"]
        assert (code, found["rank"]) == (1, 7)
        assert method in ("auto", found["method"])

    def test_integers_are_decided_exactly(self, folder, run):
        np.save("pairs.npy", np.kron(np.eye(8), [1, 1]))
        arguments = ("check", "pairs.npy", "--action", "shifts:16", "--json", "-")
        code, out, _ = run(*arguments, "--method", "exact")
        found = json.loads(out)["rank"]
        assert (code, found["rank"], found["proved"]) == (1, 15, [15, 15])

    def test_exact_refuses_what_is_no_integer(self, folder, run):
        code, out, err = run("check", "fourier:low.npy", "--method", "exact")
        assert (code, out) == (2, "")
        assert "multiples of integers" in err and err.count("\n") == 1

    def test_two_methods_that_disagree_decide_nothing(self, folder, run, monkeypatch):
        wrong = st.stacked_rank(np.eye(16))
        monkeypatch.setattr(_commands, "stacked_rank", lambda *_, **__: wrong)
        arguments = ("check", "fourier:low.npy", "--action", "shifts:16", "--method", "dense")
        code, out, _ = run(*arguments)
        assert code == 3 and out.startswith("UNDECIDED: numerically unclear")
        assert "Two methods disagree" in out


class TestJson:
    def test_stdout_holds_nothing_else(self, folder, run):
        code, out, err = run(*SOUND, "--json", "-")
        assert (code, err) == (3, "")
        found = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
        assert found["schema_version"] == 1
        assert (found["verdict"], found["reason"]) == ("undecided", "structured_operator")
        assert found["setup"]["operators"] == ["A.npy"]
        assert {"checks", "rank", "witness", "repairs", "max_model_dim", "provenance"} <= set(found)

    def test_a_file_goes_with_the_text(self, folder, run):
        code, out, _ = run(*SOUND, "--json", "a.json")
        assert code == 3 and out.startswith("UNDECIDED")
        written = (folder / "a.json").read_text(encoding="utf-8")
        assert json.loads(written) == json.loads(run(*SOUND, "--json", "-")[1])

    @pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux only")
    def test_survives_names_that_are_no_text(self, folder, run):
        name = os.fsdecode(b"\xff.npy")
        np.save(name, np.load("A.npy"))
        code, out, err = run("check", name, *SHIFTS, "--json", "a.json", "--html", "a.html")
        assert (code, err) == (3, "") and "?.npy" in out
        written = json.loads((folder / "a.json").read_text(encoding="utf-8"))
        assert written["setup"]["operators"] == ["?.npy"]

    def test_survives_terminals_that_know_only_ascii(self, folder):
        done = separately(*SOUND, "--json", "-", env={"PYTHONIOENCODING": "ascii"})
        assert (done.returncode, done.stderr) == (3, "")
        assert json.loads(done.stdout)["verdict"] == "undecided"

    def test_a_chatty_function_goes_to_stderr(self, folder, run, monkeypatch):
        monkeypatch.syspath_prepend(str(folder))
        source = "import numpy\nprint('loading')\ndef make():\n    print('making')\n    "
        (folder / "chatty.py").write_text(f"{source}return numpy.eye(4, 16)")
        code, out, err = run("check", "chatty:make", *SHIFTS, "--json", "-")
        assert (code, err) == (3, "loading\nmaking\n")
        assert json.loads(out)["setup"]["operators"] == ["chatty:make"]
        del sys.modules["chatty"]

    def test_a_function_may_return_several_operators(self, folder, run, monkeypatch, rng):
        monkeypatch.syspath_prepend(str(folder))
        (folder / "several.py").write_text(
            "import numpy\ndef make():\n    A = numpy.load('A.npy')\n    return [A[:3], A[3:]]"
        )
        matrix = rng.standard_normal((9, 16))
        np.save("more.npy", matrix)
        code, out, err = run("check", "several:make", "more.npy", "--model-dim=1", "--json", "-")
        operators = [*np.split(np.load("A.npy"), [3]), matrix]
        report = st.analyze(st.Problem(operators, model_dim=1))
        found = json.loads(out)
        assert (code, err) == (3, "") and report.verdict is st.Verdict.UNDECIDED
        names = ["several:make[0]", "several:make[1]", "more.npy"]
        assert (found["setup"]["operators"], found["setup"]["rows"]) == (names, [3, 5, 9])
        assert found["rank"]["rank"] == report.rank.rank == 16
        del sys.modules["several"]

    def test_warnings_become_lines(self, folder, run, monkeypatch):
        import warnings

        def warn(problem):
            for _ in range(2):
                warnings.warn("beware\nof this", RuntimeWarning, stacklevel=1)
            return st.analyze(problem)

        monkeypatch.setattr(_commands, "analyze", warn)
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            code, out, err = run(*SOUND, "--json", "-")
        assert code == 3 and json.loads(out)
        assert err == "sensing-theorems: warning: beware of this\n"


class TestImage:
    def test_says_how_much_is_seen(self, folder, run):
        arguments = ("check", "fourier:low.npy", "--action", "shifts:16", "--image", "image.npy")
        found = json.loads(run(*arguments, "--json", "-")[1])["image"]
        spectrum = np.abs(np.fft.fft(np.load("image.npy").ravel())) ** 2
        lost = spectrum[~np.load("low.npy")].sum() / spectrum.sum()
        assert found["file"] == "image.npy"
        assert found["invisible_share"] == pytest.approx(lost, rel=1e-9)
        assert f"{100 * lost:.3g} % of the energy of image.npy" in run(*arguments)[1]

    def test_is_not_split_by_a_rank_that_is_unclear(self, folder, run):
        unclear = np.diag(np.logspace(0, -13, 16))
        np.save("unclear.npy", unclear)
        code, out, _ = run("check", "unclear.npy", "--image", "image.npy")
        assert code == 3 and "not split, since the rank is numerically unclear" in out


class TestFiles:
    def test_everything_at_once(self, folder, run):
        outputs = ("--json", "a.json", "--html", "a.html", "--figure", "a.PNG")
        code, out, err = run(*SOUND, "--image", "image.npy", *outputs)
        assert (code, err) == (3, "") and out.startswith("UNDECIDED")
        assert "</html>" in (folder / "a.html").read_text(encoding="utf-8").lower()
        assert (folder / "a.PNG").read_bytes().startswith(b"\x89PNG")
        assert json.loads((folder / "a.json").read_text(encoding="utf-8"))

    @pytest.mark.parametrize(
        "arguments",
        [
            ("check", "A.npy"),
            ("check", "gaussian:m=16,n=16,seed=0"),
            ("check", "fourier:low.npy", "--action", "shifts:16", "--field", "complex"),
            ("check", "A.npy", "--action", "dihedral:4"),
        ],
    )
    @pytest.mark.parametrize("suffix, start", [("svg", b"<?xml"), ("pdf", b"%PDF")])
    def test_figures_without_an_image(self, folder, run, arguments, suffix, start):
        _, out, err = run(*arguments, "--figure", f"a.{suffix}")
        assert out and err == ""
        assert (folder / f"a.{suffix}").read_bytes().startswith(start)

    def test_the_image_is_what_is_drawn(self, folder, run, monkeypatch):
        from sensing_theorems.render import pictures

        drawn = []
        split = pictures.split
        monkeypatch.setattr(pictures, "split", lambda *given: drawn.append(given) or split(*given))
        assert run(*SOUND, "--image", "image.npy", "--figure", "a.png")[0] == 3
        np.testing.assert_array_equal(drawn[0][1], np.load("image.npy"))

    def test_all_of_them_or_none(self, folder, run, monkeypatch):
        def fail(report, image):
            raise RuntimeError("no page")

        monkeypatch.setattr(st.Report, "to_html", fail)
        (folder / "a.json").write_text("before")
        listing = sorted(folder.iterdir())
        assert run(*SOUND, "--json", "a.json", "--html", "a.html")[0] == 2
        assert (folder / "a.json").read_text() == "before"
        assert sorted(folder.iterdir()) == listing

    @pytest.mark.skipif(not os.path.exists("/dev/stdout"), reason="needs devices")
    def test_devices_are_written_to(self, folder):
        done = separately(*SOUND, "--quiet", "--json", "/dev/stdout")
        assert (done.returncode, done.stderr) == (3, "")
        assert json.loads(done.stdout)["verdict"] == "undecided"

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full")
    def test_a_full_disk_is_one_line(self, folder, run):
        code, out, err = run(*SOUND, "--json", "/dev/full")
        assert (code, out) == (2, "")
        assert is_one_line(err) and "cannot write /dev/full: No space left" in err

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full")
    def test_a_full_stdout_is_one_line(self, folder):
        with open("/dev/full", "w") as full:
            done = separately(*SOUND, stdout=full, stderr=subprocess.PIPE, capture_output=False)
        assert done.returncode == 2
        assert is_one_line(done.stderr) and "standard output: No space left" in done.stderr


class TestInterruption:
    def test_is_one_line_and_leaves_nothing_behind(self, folder, run, monkeypatch):
        def interrupt(problem):
            raise KeyboardInterrupt

        monkeypatch.setattr(_commands, "analyze", interrupt)
        before = sorted(folder.iterdir())
        assert run(*SOUND, "--json", "a.json") == (130, "", "sensing-theorems: interrupted.\n")
        assert sorted(folder.iterdir()) == before

    @pytest.mark.parametrize("arguments", [SOUND, (*SOUND, "--json", "-"), ("--help",)])
    def test_a_reader_that_left_is_no_error(self, folder, arguments):
        ours, theirs = os.pipe()
        os.close(ours)
        with os.fdopen(theirs, "w") as stream:
            done = separately(
                *arguments, stdout=stream, stderr=subprocess.PIPE, capture_output=False
            )
        assert (done.returncode, done.stderr) == (0 if "--help" in arguments else 3, "")


class TestIrreps:
    def test_prints_both_tables(self, run):
        code, out, err = run("irreps", "quarter_turns:5")
        assert (code, err) == (0, "")
        rows = [line.split() for line in out.splitlines()]
        assert rows[0][:6] == ["quarter_turns(5):", "n", "=", "25,", "|G|", "="]
        assert ["1", "6", "real", "1"] in rows and ["1", "6", "complex", "2"] in rows
        assert ["2", "6", "C", "1"] in rows and ["1", "7", "R", "1"] in rows
        assert "max c 7, max c/s 7" in out and "m >= 7" in out

    def test_columns_are_aligned(self, run):
        out = run("irreps", "shifts:28x28")[1]
        _, over_c, over_r, _ = out.split("\n\n")
        for table in (over_c, over_r):
            assert len({len(line) for line in table.splitlines()}) == 1

    @pytest.mark.parametrize("spec", ["shifts:4x6", "dihedral:5", "symmetric:6", "trivial:3"])
    def test_json_is_what_the_library_says(self, tmp_path, run, spec):
        from sensing_theorems.specs import parse_action

        action = parse_action(spec)
        code, out, _ = run("irreps", spec, "--json", "-")
        found = json.loads(out)
        assert (code, found["schema_version"]) == (0, 1)
        assert (found["n"], found["order"]) == (action.n, action.order)
        assert found["cyclic"] == action.is_cyclic
        assert found["complex"] == [list(row) for row in action.irreps.complex]
        assert found["real"] == [list(row) for row in action.irreps.real]
        assert found["least_m"] == np.ceil(float(action.irreps.max_ratio))
        path = tmp_path / "a.json"
        code, text, _ = run("irreps", spec, "--json", path)
        assert json.loads(path.read_text(encoding="utf-8")) == found and action.name in text

    def test_orders_beyond_all_numbers(self, run):
        assert "|G| = 10^5735.5" in run("irreps", "symmetric:2000")[1]
        assert json.loads(run("irreps", "symmetric:2000", "--json", "-")[1])["order"] is None

    def test_a_continuous_group_has_no_number(self, run):
        code, out, _ = run("irreps", "kravchuk_rotations:6")
        assert code == 0 and "|G| = ∞, generated densely" in out and "m >= 6" in out
        found = json.loads(run("irreps", "ball_rotations:3", "--json", "-")[1])
        assert (found["order"], found["finite"], found["cyclic"]) == (None, False, False)

    @pytest.mark.parametrize("suffix, head", [("svg", b"<?xml"), ("png", b"\x89PNG")])
    def test_figure(self, tmp_path, run, suffix, head):
        path = tmp_path / f"irreps.{suffix}"
        code, out, _ = run("irreps", "wallpaper:6,kind=p4", "--figure", path)
        assert code == 0 and "commutant" in out
        assert path.read_bytes().startswith(head)

    def test_refused_specs_leave_no_figure(self, tmp_path, run):
        path = tmp_path / "irreps.svg"
        code, _, err = run("irreps", "wallpaper:6,kind=p6", "--figure", path)
        assert code == 2 and "p2, pmm, p4, p4m" in err and not path.exists()
        code, _, err = run("irreps", "shifts:4", "--figure", tmp_path / "irreps.txt")
        assert code == 2 and "must end in" in err


class TestDoctor:
    def test_finds_this_installation_well(self, run):
        code, out, err = run("doctor")
        assert (code, err) == (0, "")
        rows = {line.split()[0]: line for line in out.splitlines()[2:]}
        assert {"python", "numpy", "scipy", "sympy", "matplotlib", "numba", "torch"} <= set(rows)
        for name in ("python", "numpy", "scipy", "sympy", "matplotlib", "rank", "kernel"):
            assert " ok " in rows[name]
        assert np.__version__ in rows["numpy"]

    def test_reports_extras_that_do_not_load(self, tmp_path):
        # What a torchvision beside a torch that it was not built for does.
        (tmp_path / "torchvision.py").write_text("raise RuntimeError('nms does not exist')")
        (tmp_path / "xarray.py").write_text("import os; os._exit(3)")
        (tmp_path / "dask.py").write_text("__version__ = '1.2.3'")
        done = separately("doctor", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        rows = {line.split()[0]: line for line in done.stdout.splitlines()[2:]}
        assert "cannot be imported: RuntimeError: nms does not exist" in rows["torchvision"]
        assert "cannot be imported: it ends with code 3" in rows["xarray"]
        assert "ok     1.2.3" in rows["dask"]

    def test_a_broken_core_is_exit_code_1(self, run, monkeypatch):
        from sensing_theorems import doctor

        def fail(name):
            raise ImportError("the library is for another machine")

        monkeypatch.setattr(doctor, "import_module", fail)
        code, out, err = run("doctor")
        assert (code, err) == (1, "")
        assert "the core does NOT work" in out and "for another machine" in out

    def test_a_wrong_answer_is_exit_code_1(self, run, monkeypatch):
        from sensing_theorems import doctor

        monkeypatch.setattr(doctor, "_kernel_check", lambda: doctor._require(1, 2, "orbits"))
        code, out, _ = run("doctor")
        assert code == 1 and "orbits must be 2; got 1" in out


class TestEntry:
    @pytest.mark.parametrize("arguments", [("--help",), ("check", "--help"), ("irreps", "--help")])
    def test_help(self, run, arguments):
        code, out, err = run(*arguments)
        assert (code, err) == (0, "")
        assert "usage: sensing-theorems" in out and max(map(len, out.splitlines())) <= 100

    def test_help_warns_of_running_code(self, run):
        assert "RUNS THE CODE" in run("check", "--help")[1]

    def test_version(self, run):
        assert run("--version") == (0, f"sensing-theorems {st.__version__}\n", "")

    def test_console_script(self, monkeypatch, capsys):
        settings = ConfigParser(interpolation=None)
        settings.read(ROOT / "setup.cfg", encoding="utf-8")
        name, target = settings["options.entry_points"]["console_scripts"].strip().split(" = ")
        module, function = target.split(":")
        assert name == cli.PROG
        monkeypatch.setattr(sys, "argv", [name, "--version"])
        assert getattr(import_module(module), function)() == 0
        assert st.__version__ in capsys.readouterr().out

    def test_stdout_may_be_missing(self, folder, monkeypatch):
        monkeypatch.setattr(sys, "stdout", None)
        assert cli.main(SOUND) == 3
        assert cli.main(["--version"]) == 0

    def test_stdout_may_be_any_stream(self, folder, monkeypatch):
        monkeypatch.setattr(sys, "stdout", stream := io.StringIO())
        assert cli.main(SOUND) == 3
        assert stream.getvalue().startswith("UNDECIDED")
