"""The commands sweep and plot: the same counts as in Python, and one line for whatever is wrong."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

import sensing_theorems as st
from sensing_theorems import _plot_command, _sweep_commands, _usage, cli, tasks
from sensing_theorems.sweep.tally import stored_diagram
from sensing_theorems.tasks.base import Task

ROOT = Path(__file__).resolve().parents[1]
TASK = tasks.SubspaceIdentification(n=12, k=3)
GRID = {"m": list(range(4, 13)), "G": [1, 2, 5]}
SPEC = """
task = "SubspaceIdentification"
trials = 10
seed = 3
[parameters]
n = 12
k = 3
[grid]
m = "4:12"
G = [1, 2, 5]
"""
COIN = """
task = "coins_of_cli:coin"
trials = 10
seed = 0
[parameters]
share = 0.1
[grid]
m = "1:9"
"""
SOURCE = """
print("loading")
def coin(cell, rng, share):
    print("tossing")
    return bool(rng.random() < share * cell["m"])

def broken(cell, rng):
    if cell["m"] == 3:
        raise RuntimeError("no such coin")
    return True

def stopped(cell, rng):
    if cell["m"] == 6:
        raise KeyboardInterrupt
    return bool(rng.random() < 0.1 * cell["m"])

def slow(cell, rng):
    import time
    time.sleep(0.02)
    return bool(rng.random() < 0.1 * cell["m"])
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A current directory with spec files and a module."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    texts = {
        "spec.toml": SPEC,
        "coin.toml": COIN,
        "broken.toml": COIN.replace(":coin", ":broken").replace("share = 0.1", ""),
        "stopped.toml": COIN.replace(":coin", ":stopped").replace("share = 0.1", ""),
        "empty.toml": 'store = ""\n' + SPEC,
        "null.toml": 'store = "a\\u0000b"\n' + SPEC,
        "slow.toml": COIN.replace(":coin", ":slow").replace("share = 0.1", ""),
        "bad.toml": SPEC.replace("trials", "trails"),
        "stored.toml": 'store = "runs/a"\n' + SPEC,
        "coins_of_cli.py": SOURCE,
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    yield tmp_path
    sys.modules.pop("coins_of_cli", None)


@pytest.fixture
def run(capsys):
    """Run the command line in this process; return exit code, stdout and stderr."""

    def command(*arguments):
        code = cli.main([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return command


@pytest.fixture
def stored(folder, run):
    """A current directory with the store ``runs/a`` of a sweep over m and G."""
    assert run("sweep", "stored.toml", "--quiet") == (0, "", "")
    return folder


def is_one_line(text: str) -> bool:
    return text.startswith("sensing-theorems: ") and len(text.splitlines()) == 1


def rows_of(out: str) -> list[list[str]]:
    return [re.split(r"\s{2,}", line.strip()) for line in out.splitlines()]


class TestSweep:
    def test_counts_are_those_of_python(self, folder, run):
        code, out, err = run("sweep", "stored.toml")
        expected = st.sweep(TASK, GRID, trials=10, seed=3)
        assert (code, err) == (0, "") and out.startswith(f"{expected}\n")
        assert stored_diagram("runs/a").same_counts(expected)

    def test_flags_win_over_the_file(self, folder, run):
        flags = ("--store", "b", "--trials", "4", "--seed", "5")
        code, out, _ = run("sweep", "stored.toml", *flags, "--json", "-")
        found = st.PhaseDiagram.from_dict(json.loads(out))
        assert code == 0 and found.same_counts(st.sweep(TASK, GRID, trials=4, seed=5))
        assert (folder / "b" / "cells.jsonl").exists() and not (folder / "runs").exists()

    def test_json_on_stdout_is_all_there_is(self, folder, run):
        code, out, err = run("sweep", "spec.toml", "--json", "-")
        found = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
        assert (code, err) == (0, "") and list(found["axes"]) == ["m", "G"]
        assert st.PhaseDiagram.from_dict(found).same_counts(st.sweep(TASK, GRID, 10, 3))

    def test_json_in_a_file_goes_with_the_text(self, folder, run):
        code, out, _ = run("sweep", "spec.toml", "--json", "a.json")
        assert code == 0 and out.startswith("PhaseDiagram(")
        assert st.PhaseDiagram.load("a.json").same_counts(st.sweep(TASK, GRID, 10, 3))

    def test_quiet(self, folder, run):
        assert run("sweep", "spec.toml", "--json", "a.json", "--quiet") == (0, "", "")
        assert (folder / "a.json").exists()

    def test_goes_on_from_what_is_left_of_a_store(self, stored, run):
        whole = stored_diagram("runs/a")
        path = stored / "runs/a/cells.jsonl"
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join(lines[: len(lines) // 2]) + lines[-1][:-3])
        assert np.count_nonzero(stored_diagram("runs/a").run) < np.count_nonzero(whole.run)
        assert run("sweep", "stored.toml")[0] == 0
        assert stored_diagram("runs/a").same_counts(whole)

    def test_more_trials_add_to_those_of_the_store(self, stored, run):
        assert run("sweep", "stored.toml", "--trials", "15", "--quiet")[0] == 0
        assert stored_diagram("runs/a").same_counts(st.sweep(TASK, GRID, trials=15, seed=3))

    def test_refines(self, folder, run):
        (folder / "spec.toml").write_text(SPEC.replace('"4:12"', "[4, 12]"), encoding="utf-8")
        code, out, _ = run("sweep", "spec.toml", "--json", "-", "--refine", "m")
        found = st.PhaseDiagram.from_dict(json.loads(out)).transition("m")
        assert code == 0 and np.all(found.upper - found.lower == 1)

    def test_a_function_of_the_current_directory(self, folder, run):
        code, out, err = run("sweep", "coin.toml", "--json", "-")
        sys.path.insert(0, str(folder))
        from coins_of_cli import coin

        def task(cell, rng):
            return coin(cell, rng, 0.1)

        expected = st.sweep(task, {"m": range(1, 10)}, trials=10, seed=0)
        assert code == 0 and json.loads(out)["successes"] == expected.successes.tolist()
        assert err == "loading\n" + "tossing\n" * 90

    def test_processes_give_equal_counts_and_print_on_stderr(self, folder, run):
        done = separately("sweep", "coin.toml", "--json", "-", "--jobs", "2")
        here = json.loads(run("sweep", "coin.toml", "--json", "-")[1])
        assert done.returncode == 0
        assert json.loads(done.stdout)["successes"] == here["successes"]
        assert "tossing" in done.stderr


def separately(*arguments, **options):
    """Run the command line in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "sensing_theorems", *arguments]
    return subprocess.run(command, env=environment, text=True, capture_output=True, **options)


class TestTable:
    def test_shows_brackets_beside_the_theory(self, folder, run):
        rows = rows_of(run("sweep", "spec.toml", "--json", "a.json")[1])
        head = next(row for row in rows if row[0] == "G")
        assert head == ["G", "50 %", "95 % band", "between", "(1)", "(2)", "(3)"]
        exact = next(row[0][:3] for row in rows if "exact" in row[0])
        for G in GRID["G"]:
            row = next(row for row in rows if row[0] == str(G))
            # m >= k + (n - k)/G, see `bounds.subspace`
            least = 3 + -(-9 // G)
            assert row[head.index(exact)] == f">= {least}"
            assert row[3] == f"{least - 1} and {least}"
            assert row[1] == f"{least - 0.5:.2f}"

    def test_is_along_the_axis_that_is_refined(self, folder, run):
        out = run("sweep", "spec.toml", "--json", "a.json", "--refine", "G")[1]
        assert "where success turns along G:" in out
        rows = rows_of(out)
        assert {row[0] for row in rows} >= {str(m) for m in GRID["m"]}

    @pytest.mark.parametrize(
        "m, flags, axis",
        [
            ('"4:12"', (), "m"),
            ("5", (), "G"),
            ('"4:12"', ("--transition", "G"), "G"),
            ('"4:12"', ("--refine", "G"), "G"),
            ('"4:12"', ("--refine", "G", "--transition", "m"), "m"),
        ],
    )
    def test_is_along_m_unless_another_is_named(self, folder, run, m, flags, axis):
        text = SPEC.replace('m = "4:12"\nG = [1, 2, 5]', f"G = [1, 2, 5]\nm = {m}")
        (folder / "spec.toml").write_text(text, encoding="utf-8")
        code, out, _ = run("sweep", "spec.toml", "--json", "a.json", *flags)
        assert code == 0 and f"where success turns along {axis}:" in out
        found = st.PhaseDiagram.load("a.json").transition(axis)
        assert len(rows_of(out)) == 3 + found.found.size + 1 + out.count("\n  (")

    def test_says_where_nothing_turns(self, folder, run):
        text = SPEC.replace('"4:12"', "[1, 2]").replace("[1, 2, 5]", "[1, 40]")
        (folder / "spec.toml").write_text(text, encoding="utf-8")
        rows = rows_of(run("sweep", "spec.toml", "--json", "a.json")[1])
        assert next(row for row in rows if row[0] == "40")[1] == "below"

    def test_is_cut_after_a_screen(self, folder, run):
        text = SPEC.replace('"4:12"', "[4, 12]").replace("[1, 2, 5]", '"1:40"')
        (folder / "spec.toml").write_text(text, encoding="utf-8")
        out = run("sweep", "spec.toml", "--json", "a.json", "--trials", "1")[1]
        assert "... and 15 more" in out and len(out.splitlines()) < 35

    def test_a_single_column_without_theory(self, folder, run):
        rows = rows_of(run("sweep", "coin.toml", "--json", "a.json")[1])
        found = st.PhaseDiagram.load("a.json").transition()
        assert rows[-2] == ["50 %", "95 % band", "between"]
        assert rows[-1][0] == f"{float(found.location):.2f}"
        assert rows[-1][2] == f"{float(found.lower):.0f} and {float(found.upper):.0f}"


BAD_SWEEP = {
    "no spec": ((), "required: SPEC"),
    "missing spec": (("none.toml",), "none.toml: No such file"),
    "bad spec": (("bad.toml",), "bad.toml: unknown key 'trails'; did you mean 'trials'"),
    "spec without name": (("",), "SPEC must be the name of a file; got ''"),
    "json without name": (("spec.toml", "--json", ""), "--json must be the name of a file; got ''"),
    "store without name": (
        ("spec.toml", "--store", ""),
        "spec.toml: `store` must be the name of a directory; got ''",
    ),
    "store in the file without name": (
        ("empty.toml", "--json", "a.json"),
        "empty.toml: `store` must be the name of a directory; got ''",
    ),
    "store with a null byte": (
        ("null.toml",),
        "null.toml: `store` must be the name of a directory; got 'a\\x00b'",
    ),
    "json with a null byte": (
        ("spec.toml", "--json", "a\0b"),
        "--json must be the name of a file; got 'a\\x00b'",
    ),
    "no transition": (("stored.toml", "--transition", "q"), "unknown axis of --transition 'q'"),
    "transition without name": (("stored.toml", "--transition", ""), "axis of --transition ''"),
    "folder of the store": (("spec.toml", "--store", "b", "--json", "b"), "would overwrite b;"),
    "nothing kept": (("spec.toml",), "--store, or by `store` in spec.toml, or a file by --json"),
    "trials a word": (("spec.toml", "--trials", "few"), "must be an integer; got 'few'"),
    "trials 0": (("stored.toml", "--trials", "0"), "`trials` must be at least 1; got 0"),
    "seed below 0": (("stored.toml", "--seed=-1"), "`seed` must be at least 0; got -1"),
    "seed too large": (("stored.toml", f"--seed={2**128}"), "from 0 to 2^128 - 1"),
    "jobs 0": (("stored.toml", "--jobs", "0"), "`n_jobs` must be a positive number"),
    "no axis": (("stored.toml", "--refine", "q"), "unknown axis to refine 'q'"),
    "two crews": (("stored.toml", "--jobs", "2", "--dask", "tcp://h:1"), "not both; got --jobs 2"),
    "spec as output": (("stored.toml", "--json", "./stored.toml"), "would overwrite stored.toml"),
    "store as output": (("stored.toml", "--json", "runs/a/cells.jsonl"), "would overwrite"),
    "folder as output": (("stored.toml", "--json", "."), "not the name of a file"),
    "no folder": (("stored.toml", "--json", "no/a.json"), "cannot write no/a.json: No such file"),
    "address": (("stored.toml", "--dask", "nowhere"), "no Dask scheduler answers at 'nowhere'"),
    "abbreviated": (("stored.toml", "--tri", "3"), "unrecognized arguments: --tri"),
}


class TestBadSweep:
    @pytest.mark.parametrize("arguments, said", BAD_SWEEP.values(), ids=BAD_SWEEP)
    def test_is_one_line_and_leaves_nothing(self, folder, run, arguments, said):
        if "--dask" in arguments:
            pytest.importorskip("distributed")
        before = sorted(folder.rglob("*"))
        code, out, err = run("sweep", *arguments)
        assert (code, out) == (2, "")
        assert is_one_line(err) and said in err
        assert sorted(folder.rglob("*")) == before

    def test_another_sweep_of_the_same_store(self, stored, run):
        code, out, err = run("sweep", "stored.toml", "--seed", "4")
        assert (code, out) == (2, "") and is_one_line(err)
        assert "seed: 3 in the store, 4 now" in err

    def test_a_task_that_fails_says_where(self, folder, run):
        code, out, err = run("sweep", "broken.toml", "--store", "b", "--json", "b.json")
        line = err.splitlines()[-1]
        assert (code, out) == (2, "") and is_one_line(line)
        assert "RuntimeError: no such coin (at m=3, trial" in line and "kept in b" in line
        assert not (folder / "b.json").exists()
        # Cells before the failure are there.
        assert stored_diagram("b").trials[0] > 0

    def test_what_was_finished_is_in_the_file(self, folder, run):
        code, out, err = run("sweep", "broken.toml", "--json", "b.json")
        line = err.splitlines()[-1]
        assert (code, out) == (2, "") and is_one_line(line)
        assert "no such coin" in line and "What was finished before is in b.json." in line
        found = st.PhaseDiagram.load("b.json")
        assert found.successes[0] == found.trials[0] > 0 and not found.run[3:].any()

    def test_nothing_goes_to_stdout_of_what_was_finished(self, folder, run):
        code, out, err = run("sweep", "broken.toml", "--json", "-")
        assert (code, out) == (2, "") and "What was finished" not in err

    def test_without_dask(self, folder, run, monkeypatch):
        monkeypatch.setitem(sys.modules, "distributed", None)
        code, out, err = run("sweep", "stored.toml", "--dask", "tcp://127.0.0.1:1")
        assert (code, out) == (2, "") and is_one_line(err)
        assert "needs Dask: pip install 'sensing-theorems[dask]'" in err

    def test_a_scheduler_that_does_not_answer(self, folder):
        pytest.importorskip("distributed")
        code = (
            "import sys; from sensing_theorems import cli; cli._PATIENCE = 0.5; "
            "sys.exit(cli.main(sys.argv[1:]))"
        )
        arguments = ("sweep", "stored.toml", "--dask", "tcp://127.0.0.1:1")
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            env=environment,
            text=True,
            capture_output=True,
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert is_one_line(done.stderr) and "no Dask scheduler answers at" in done.stderr


CLUSTER = """
import os, sys
from distributed import LocalCluster

if __name__ == "__main__":
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A scheduler with a worker that does not know the current directory of the tests."""
    pytest.importorskip("distributed")
    script = tmp_path_factory.mktemp("cluster") / "cluster.py"
    script.write_text(CLUSTER, encoding="utf-8")
    cluster = subprocess.Popen(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=script.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    yield cluster.stdout.readline().strip()
    cluster.communicate("", timeout=60)


@pytest.mark.slow
class TestDask:
    def test_equal_counts(self, folder, address):
        done = separately("sweep", "spec.toml", "--json", "-", "--dask", address)
        assert (done.returncode, done.stderr) == (0, "")
        found = st.PhaseDiagram.from_dict(json.loads(done.stdout))
        assert found.same_counts(st.sweep(TASK, GRID, 10, 3))

    def test_a_module_of_the_current_directory_travels(self, folder, run, address):
        done = separately("sweep", "coin.toml", "--json", "-", "--dask", address)
        here = json.loads(run("sweep", "coin.toml", "--json", "-")[1])
        assert json.loads(done.stdout)["successes"] == here["successes"]

    def test_a_task_that_fails_there(self, folder, address):
        done = separately("sweep", "broken.toml", "--json", "-", "--dask", address)
        assert (done.returncode, done.stdout) == (2, "")
        line = done.stderr.splitlines()[-1]
        assert is_one_line(line) and "RuntimeError: no such coin (at m=3, trial" in line


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
class TestInterruption:
    def test_is_130_and_the_store_can_go_on(self, folder, run):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        sweep = subprocess.Popen(
            [sys.executable, "-m", "sensing_theorems", "sweep", "slow.toml", "--store", "b"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A parent that ignores the signal would have the child ignore it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        path, until = folder / "b/cells.jsonl", time.monotonic() + 60
        while not (path.exists() and b"outcomes" in path.read_bytes()):
            assert sweep.poll() is None and time.monotonic() < until
            time.sleep(0.02)
        sweep.send_signal(signal.SIGINT)
        out, err = sweep.communicate(timeout=60)
        line = err.splitlines()[-1]
        assert (sweep.returncode, out) == (130, "")
        assert (
            is_one_line(line) and "interrupted. " in line and "of 90 trials are kept in b" in line
        )
        assert 0 < stored_diagram("b").trials.sum() < 90
        assert run("sweep", "slow.toml", "--store", "b")[0] == 0
        from coins_of_cli import slow

        expected = st.sweep(slow, {"m": range(1, 10)}, trials=10, seed=0)
        assert stored_diagram("b").same_counts(expected)

    def test_leaves_what_was_finished_in_the_file(self, folder, run):
        code, out, err = run("sweep", "stopped.toml", "--json", "a.json")
        line = err.splitlines()[-1]
        assert (code, out) == (130, "") and is_one_line(line)
        assert "interrupted. " in line and "What was finished before is in a.json." in line
        from coins_of_cli import stopped

        found = st.PhaseDiagram.load("a.json")
        assert list(found.axes["m"]) == list(range(1, 10)) and not found.run[5:].any()
        again = st.sweep(stopped, {"m": [1]}, trials=int(found.trials[0]), seed=0)
        assert found.successes[0] == again.successes[0]

    def test_before_anything_was_finished_leaves_an_old_file(self, folder, run):
        text = (folder / "stopped.toml").read_text(encoding="utf-8").replace('"1:9"', "6")
        (folder / "stopped.toml").write_text(text, encoding="utf-8")
        (folder / "a.json").write_text("old", encoding="utf-8")
        assert run("sweep", "stopped.toml", "--json", "a.json")[0] == 130
        assert (folder / "a.json").read_text(encoding="utf-8") == "old"

    def test_with_a_store_leaves_an_old_file(self, folder, run):
        (folder / "a.json").write_text("old", encoding="utf-8")
        code, _, err = run("sweep", "stopped.toml", "--json", "a.json", "--store", "b")
        assert code == 130 and "are kept in b" in err and "a.json" not in err
        assert (folder / "a.json").read_text(encoding="utf-8") == "old"

    def test_without_a_word_of_its_own(self, folder, run, monkeypatch):
        def interrupt(*arguments):
            raise KeyboardInterrupt

        monkeypatch.setattr(_sweep_commands, "load_settings", interrupt)
        assert run("sweep", "spec.toml") == (130, "", "sensing-theorems: interrupted.\n")


class TestPlot:
    def drawn(self, monkeypatch):
        """Axes that are drawn from now on."""
        kept = []
        draw = _plot_command._drawn
        monkeypatch.setattr(
            _plot_command, "_drawn", lambda axes, kind: kept.append(axes) or draw(axes, kind)
        )
        return kept

    def test_lies_in_the_store(self, stored, run):
        path = os.path.join("runs/a", "phase.svg")
        assert run("plot", "runs/a") == (0, f"{path}\n", "")
        assert (stored / path).read_bytes().startswith(b"<?xml")
        assert sorted(os.listdir("runs/a")) == ["cells.jsonl", "lock", "phase.svg"]

    def test_lies_beside_a_json_file(self, stored, run):
        stored_diagram("runs/a").save("runs/b.json")
        assert run("plot", "runs/b.json") == (0, f"{os.path.join('runs', 'b.svg')}\n", "")

    @pytest.mark.parametrize(
        "suffix, start", [("png", b"\x89PNG"), ("PDF", b"%PDF"), ("svg", b"<?x")]
    )
    def test_is_the_same_byte_for_byte(self, stored, run, suffix, start):
        for name in ("a", "b"):
            assert run("plot", "runs/a", "--out", f"{name}.{suffix}")[0] == 0
        assert (stored / f"a.{suffix}").read_bytes() == (stored / f"b.{suffix}").read_bytes()
        assert (stored / f"a.{suffix}").read_bytes().startswith(start)
        assert not (stored / "runs/a/phase.svg").exists()

    def test_does_not_depend_on_settings_of_the_user(self, stored, run):
        import matplotlib

        run("plot", "runs/a", "--out", "a.svg")
        with matplotlib.rc_context({"font.size": 20, "svg.hashsalt": None}):
            run("plot", "runs/a", "--out", "b.svg")
        assert (stored / "a.svg").read_bytes() == (stored / "b.svg").read_bytes()

    def test_m_runs_upwards_with_its_theory(self, stored, run, monkeypatch):
        kept = self.drawn(monkeypatch)
        assert run("plot", "runs/a", "--title", "twelve")[0] == 0
        labels = kept[0].get_legend_handles_labels()[1]
        assert kept[0].get_ylabel().startswith("rows m") and kept[0].get_title() == "twelve"
        for bound in TASK.thresholds({"G": 2}, "m"):
            assert any(bound.statement in label for label in labels)

    def test_axes_as_asked_for(self, stored, run, monkeypatch):
        kept = self.drawn(monkeypatch)
        assert run("plot", "runs/a", "--x", "m", "--no-theory")[0] == 0
        assert run("plot", "runs/a", "--transition", "G")[0] == 0
        assert kept[0].get_xlabel().startswith("rows m")
        assert kept[1].get_ylabel().startswith("number |G|")
        labels = [ax.get_legend_handles_labels()[1] for ax in kept]
        statements = [bound.statement for bound in TASK.thresholds({"m": 5}, "G")]
        assert not any(text in label for text in statements for label in labels[0])
        assert any(text in label for text in statements for label in labels[1])

    def test_a_single_axis_is_a_curve(self, stored, run, monkeypatch):
        kept = self.drawn(monkeypatch)
        assert run("plot", "runs/a", "--fix", "G=2")[0] == 0
        labels = kept[0].get_legend_handles_labels()[1]
        assert kept[0].get_ylabel() == "share of trials that succeed"
        at = {float(line.get_xdata()[0]) for line in kept[0].lines if len(line.get_xdata()) == 2}
        # The theory is that at G = 2, which the diagram itself does not hold any more.
        exact = next(b for b in TASK.thresholds({"G": 2}, "m") if b.kind == "exact")
        assert float(exact.value) in at and any(exact.statement in label for label in labels)

    @pytest.mark.parametrize("flag", ["--x", "--y"])
    def test_a_single_axis_may_be_named(self, stored, run, monkeypatch, flag):
        kept = self.drawn(monkeypatch)
        assert run("plot", "runs/a", "--fix", "G=5", flag, "m")[0] == 0
        assert kept[0].get_xlabel().startswith("rows m")
        assert kept[0].get_ylabel() == "share of trials that succeed"

    def test_without_m_the_first_axis_runs_upwards_as_in_the_table(self, folder, run, monkeypatch):
        text = COIN.replace('m = "1:9"', "N = [1, 2]\nq = [1, 2, 3]").replace(":coin", ":constant")
        (folder / "spec.toml").write_text(text, encoding="utf-8")
        source = "def constant(cell, rng, share):\n    return cell['N'] > 1\n"
        (folder / "coins_of_cli.py").write_text(source, encoding="utf-8")
        out = run("sweep", "spec.toml", "--store", "c")[1]
        kept = self.drawn(monkeypatch)
        assert run("plot", "c")[0] == 0
        assert "where success turns along N:" in out and kept[0].get_ylabel().startswith("number N")

    def test_axes_of_one_value_are_drawn_where_they_are_named(self, folder, run, monkeypatch):
        (folder / "spec.toml").write_text(SPEC.replace("[1, 2, 5]", "2"), encoding="utf-8")
        assert run("sweep", "spec.toml", "--store", "c", "--quiet")[0] == 0
        kept = self.drawn(monkeypatch)
        assert run("plot", "c")[0] == 0
        assert run("plot", "c", "--x", "G")[0] == 0
        assert [ax.get_xlabel()[:6] for ax in kept] == ["rows m", "number"]

    def test_a_third_axis_has_panels(self, folder, run, monkeypatch):
        text = SPEC.replace("n = 12\n", "") + "n = [6, 12]\n"
        (folder / "spec.toml").write_text(text, encoding="utf-8")
        assert run("sweep", "spec.toml", "--store", "c", "--trials", "2", "--quiet")[0] == 0
        code, out, err = run("plot", "c")
        assert (code, out) == (2, "") and is_one_line(err)
        assert "fix 1 of m, G, n by --fix NAME=VALUE, or" in err and "--over NAME" in err
        assert "fix n by --fix" in run("plot", "c", "--x", "m", "--y", "G")[2]
        kept = self.drawn(monkeypatch)
        assert run("plot", "c", "--over", "n")[0] == 0
        assert run("plot", "c", "--fix", "n=6")[0] == 0
        titles = [ax.get_title() for ax in kept[0].figure.axes]
        assert "n = 6" in titles and "n = 12" in titles

    def test_ratios(self, folder, run, monkeypatch):
        text = SPEC.replace("k = 3\n", "").replace("G = [1, 2, 5]", 'G = 2\nk = "1:6"')
        (folder / "spec.toml").write_text(text, encoding="utf-8")
        assert run("sweep", "spec.toml", "--store", "c", "--trials", "2", "--quiet")[0] == 0
        kept = self.drawn(monkeypatch)
        assert run("plot", "c", "--delta-rho")[0] == 0
        assert "m/n" in kept[0].get_xlabel() and "k/m" in kept[0].get_ylabel()
        labels = kept[0].get_legend_handles_labels()[1]
        exact = next(b for b in TASK.thresholds({"G": 2}, "m") if b.kind == "exact")
        assert any(exact.statement in label for label in labels)

    def test_other_tasks_have_no_theory(self, folder, run):
        assert run("sweep", "coin.toml", "--store", "c", "--quiet")[0] == 0
        sys.modules.pop("coins_of_cli")
        (folder / "coins_of_cli.py").write_text("raise SystemExit(5)", encoding="utf-8")
        assert run("plot", "c")[0] == 0

    def test_while_a_sweep_writes(self, stored, run):
        with open("runs/a/cells.jsonl", "ab") as stream:
            stream.write(b'{"cell": {"m": 4, "G"')
        before = (stored / "runs/a/cells.jsonl").read_bytes()
        assert run("plot", "runs/a")[0] == 0
        assert (stored / "runs/a/cells.jsonl").read_bytes() == before


BAD_PLOT = {
    "no store": ((), "required: STORE"),
    "missing store": (("none",), "none: No such file"),
    "no sweep in it": ((".",), "holds no sweep: there is no cells.jsonl"),
    "another file": (("spec.toml",), "spec.toml is no phase diagram"),
    "kind of picture": (("runs/a", "--out", "a.txt"), "--out must end in .png, .svg, .pdf"),
    "no folder": (("runs/a", "--out", "no/a.svg"), "cannot write no/a.svg: No such file"),
    "unknown x": (("runs/a", "--x", "q"), "unknown axis of --x 'q'"),
    "unknown y": (("runs/a", "--y", "q"), "unknown axis of --y 'q'"),
    "unknown transition": (("runs/a", "--transition", "q"), "unknown axis of --transition 'q'"),
    "unknown over": (("runs/a", "--over", "q"), "unknown axis of --over 'q'"),
    "x twice": (("runs/a", "--x", "m", "--y", "m"), "must be two axes; got 'm' twice"),
    "fix malformed": (("runs/a", "--fix", "G"), "--fix must be written as in n=50; got 'G'"),
    "fix a word": (("runs/a", "--fix", "G=few"), "--fix must be written as in n=50; got 'G=few'"),
    "fix twice": (("runs/a", "--fix", "G=1", "--fix", "G=2"), "one value; got 1 and 2"),
    "fix no axis": (("runs/a", "--fix", "q=1"), "unknown axis of --fix 'q'"),
    "fix no value": (("runs/a", "--fix", "G=3"), "`G` must be one of 1, 2, 5; got 3"),
    "fix all": (("runs/a", "--fix", "G=1", "m=4"), "at least one axis must remain"),
    "no source": (("",), "STORE must be the name of a directory or file; got ''"),
    "out without name": (("runs/a", "--out", ""), "--out must be the name of a file; got ''"),
    "no ratios": (("runs/a", "--delta-rho"), "--delta-rho needs the axes m and k; got m, G."),
    "ratios fixed": (
        ("runs/a", "--delta-rho", "--fix", "m=5"),
        "--delta-rho needs the axes m and k; got G: do not fix m.",
    ),
    "ratios with axes": (
        ("runs/a", "--delta-rho", "--y", "G"),
        "--delta-rho draws m and k: leave out --x and --y; got --y G.",
    ),
    "too few for panels": (
        ("runs/a", "--over", "G"),
        "--over needs two axes beside it; got m: leave --over out.",
    ),
    "too few for panels along m": (("runs/a", "--over", "m"), "got G: leave --over out."),
    "nothing for panels": (
        ("runs/a", "--fix", "G=5", "--over", "m"),
        "got none: leave --over out, or fix fewer axes.",
    ),
    "panels of what is drawn": (
        ("runs/a", "--over", "m", "--x", "m"),
        "--over must be an axis that panels do not draw; got 'm'",
    ),
    "one axis twice": (
        ("runs/a", "--fix", "G=5", "--x", "m", "--y", "m"),
        "--x and --y must be two axes; got 'm' twice",
    ),
}


class TestBadPlot:
    @pytest.mark.parametrize("arguments, said", BAD_PLOT.values(), ids=BAD_PLOT)
    def test_is_one_line_and_leaves_nothing(self, stored, run, arguments, said):
        before = sorted(stored.rglob("*"))
        code, out, err = run("plot", *arguments)
        assert (code, out) == (2, "")
        assert is_one_line(err) and said in err
        assert sorted(stored.rglob("*")) == before

    def test_more_axes_than_can_be_drawn(self, folder, run):
        text = SPEC.replace("n = 12\nk = 3", "").replace(
            "[1, 2, 5]", "[1, 2]\nn = [8, 9]\nk = [2, 3]"
        )
        (folder / "spec.toml").write_text(text.replace('"4:12"', "[4, 5]"), encoding="utf-8")
        assert run("sweep", "spec.toml", "--store", "c", "--trials", "1", "--quiet")[0] == 0
        err = run("plot", "c")[2]
        assert is_one_line(err) and "`" not in err and "fix 2 of m, G, n, k by --fix" in err
        # What is advised does it.
        assert "or 1 of them and draw one panel for each value of one by --over NAME" in err
        assert run("plot", "c", "--fix", "n=8", "k=2")[0] == 0
        assert run("plot", "c", "--fix", "n=8", "--over", "k")[0] == 0
        assert "fix 1 of m, G, k by --fix NAME=VALUE." in run("plot", "c", "--over", "n")[2]
        assert "fix n and k by --fix" in run("plot", "c", "--x", "m", "--y", "G")[2]
        assert "fix G and n by --fix" in run("plot", "c", "--delta-rho")[2]
        assert "fix G by --fix NAME=VALUE." in run("plot", "c", "--delta-rho", "--over", "n")[2]
        assert run("plot", "c", "--delta-rho", "--over", "n", "--fix", "G=1")[0] == 0
        err = run("plot", "c", "--fix", "n=8", "k=2", "m=4", "--transition", "m")[2]
        assert is_one_line(err) and "unknown axis of --transition 'm'. Known: G." in err
        err = run("plot", "c", "--fix", "n=8", "--over", "k", "--transition", "k")[2]
        assert is_one_line(err)
        assert "--transition must be an axis that is drawn, of m, G; got 'k'" in err

    @pytest.mark.parametrize("title", [r"$\undefined$", "$x^{$"])
    def test_a_title_that_is_no_formula(self, stored, run, title):
        code, out, err = run("plot", "runs/a", "--title", title)
        assert (code, out) == (2, "") and is_one_line(err) and "title" in err

    def test_a_store_that_cannot_take_the_picture(self, stored, run):
        (stored / "runs/a/phase.svg").mkdir()
        code, _, err = run("plot", "runs/a")
        assert code == 2 and is_one_line(err) and "Name another file by --out." in err
        assert run("plot", "runs/a", "--out", "a.svg")[0] == 0

    @pytest.mark.skipif(
        not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
    )
    def test_a_store_that_is_read_only(self, stored, run):
        (stored / "runs/a").chmod(0o555)
        try:
            code, _, err = run("plot", "runs/a")
            assert code == 2 and is_one_line(err) and "--out" in err
            assert run("plot", "runs/a", "--out", "a.svg")[0] == 0
        finally:
            (stored / "runs/a").chmod(0o755)


class TestHelp:
    def test_lists_the_tasks_that_there_are(self):
        exported = {name: getattr(tasks, name) for name in tasks.__all__}
        kinds = {
            name: kind
            for name, kind in exported.items()
            if isinstance(kind, type) and issubclass(kind, Task) and kind is not Task
        }
        assert set(_usage.TASKS) == set(kinds)
        for name, kind in kinds.items():
            axes, rest = (text.split() for text in _usage.TASKS[name])
            assert axes == list(kind.axes), name
            assert rest == [f.name for f in fields(kind) if f.name not in kind.axes], name

    @pytest.mark.parametrize("command", ["sweep", "plot"])
    def test_fits_the_page(self, run, command):
        code, out, err = run(command, "--help")
        assert (code, err) == (0, "") and max(map(len, out.splitlines())) <= 100
        assert f"sensing-theorems {command} " in out and "examples:" in out

    def test_warns_of_running_code(self, run):
        assert "RUNS THE CODE" in run("sweep", "--help")[1]

    def spec_file(self, run):
        """The lines of the spec file that the help shows."""
        out = run("sweep", "--help")[1]
        block = out.partition("what it says:\n")[2].partition("tasks   ")[0]
        # Each line is a setting, spaces, and what is to be said of it.
        lines = [re.split(r"\s{3,}", line.strip())[0] for line in block.splitlines()]
        return "\n".join(line for line in lines if re.match(r"\[\w+\]$|\w+ = ", line))

    def test_its_spec_file_is_one(self, folder, run):
        (folder / "help.toml").write_text(self.spec_file(run), encoding="utf-8")
        from sensing_theorems.sweep_files import load_settings

        found = load_settings("help.toml")
        assert found.task == tasks.SubspaceIdentification(n=50, k=10)
        assert {name: list(v) for name, v in found.grid.items()} == {
            "m": list(range(11, 41)),
            "G": [1, 2, 5, 10],
        }

    def test_its_pictures_can_be_drawn_of_its_sweep(self, folder, run):
        text = self.spec_file(run).replace('"11:40"', "[11, 25, 40]")
        (folder / "subspaces.toml").write_text(text, encoding="utf-8")
        flags = ("--trials", "1", "--json", "subspaces.json", "--quiet")
        assert run("sweep", "subspaces.toml", *flags) == (0, "", "")
        lines = [
            line.split("plot ", 1)[1]
            for line in run("plot", "--help")[1].splitlines()
            if line.startswith("  sensing-theorems plot ")
        ]
        assert len(lines) > 3
        for line in lines:
            code, _, err = run("plot", *shlex.split(line))
            assert (code, err) == (0, ""), line

    @pytest.mark.parametrize("command", ["sweep", "plot"])
    def test_tells_of_the_axis_of_the_transition(self, run, command):
        out = " ".join(run(command, "--help")[1].split())
        assert "--transition AXIS" in out and "or else the first" in out

    def test_tells_which_numbers_of_processes_there_are(self, folder, run):
        out = " ".join(run("sweep", "--help")[1].split())
        assert "number of processes, positive, or -1 for one per core" in out
        before = sorted(folder.rglob("*"))
        code, _, err = run("sweep", "stored.toml", "--jobs", "-5")
        assert code == 2 and is_one_line(err) and "-1 for one per core; got -5" in err
        assert sorted(folder.rglob("*")) == before

    @pytest.mark.parametrize("arguments", [("sweep", "--help"), ("plot", "--help"), ("sweep",)])
    def test_loads_the_standard_library_only(self, arguments):
        code = (
            "import sys; from sensing_theorems.cli import main\n"
            f"main({list(arguments)!r}); print('numpy' in sys.modules)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
        )
        assert done.stdout.splitlines()[-1] == "False"
