"""The benchmarks run, name their peers, and draw from numbers alone. No speed is asked for."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import matplotlib
import pytest

pytestmark = pytest.mark.compiled

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "benchmarks"
STORED = FOLDER / "results" / "rank_engine.json"
sys.path.insert(0, str(FOLDER))

pytest.importorskip("flint")
import draw  # noqa: E402
import irreps  # noqa: E402
import peers  # noqa: E402
import rank_engine  # noqa: E402
import run  # noqa: E402

ROW = {
    "name",
    "task",
    "baseline",
    "baseline_seconds",
    "our_seconds",
    "ratio_of",
    "ratio",
    "ratio_range",
    "target",
    "aim",
    "met",
    "rounds",
}


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """What a quick run stores and prints: in a process of its own, as `make bench` runs it."""
    output = tmp_path_factory.mktemp("bench") / "numbers.json"
    done = subprocess.run(
        [sys.executable, str(FOLDER / "run.py"), "--quick", "--output", str(output)],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        pytest.fail(done.stderr)
    return json.loads(output.read_text(encoding="utf-8")), done.stdout, output.parent


@pytest.fixture(scope="module", params=["quick", "stored"])
def found(request):
    """Numbers of a quick run, and those that are kept."""
    if request.param == "quick":
        return request.getfixturevalue("quick")[0]
    return json.loads(STORED.read_text(encoding="utf-8"))


class TestNumbers:
    def test_every_row_names_a_baseline_and_has_a_ratio(self, found):
        assert [row["name"] for row in found["rows"]] == list(rank_engine.ROWS)
        for row in found["rows"]:
            assert row.keys() == ROW
            assert row["baseline"] == rank_engine.ROWS[row["name"]].baseline != ""
            assert row["baseline_seconds"] > 0 and row["our_seconds"] > 0

    def test_ratios_are_those_of_the_numbers(self, found):
        for row in found["rows"] + found["memory"]:
            unit = "seconds" if "our_seconds" in row else "bytes"
            ratio = row[f"our_{unit}"] / row[f"baseline_{unit}"]
            faster = row["ratio_of"] == "baseline/ours"
            assert row["ratio"] == pytest.approx(1 / ratio if faster else ratio)
            apart = row["ratio"] - row["target"]
            assert row["met"] == (apart >= 0 if faster else apart <= 0)

    def test_memory_is_beside_that_of_the_stack(self, found):
        for row in found["memory"]:
            assert row["our_bytes"] > 0
            assert row["stack_bytes"] > row["baseline_bytes"] > 0

    def test_every_curve_goes_on_or_says_why_not(self, found):
        assert [kind["name"] for kind in found["cost"]["kinds"]] == list(peers.KINDS)
        for kind in found["cost"]["kinds"]:
            sizes = [point["n"] for point in kind["curves"][0]["points"]]
            for curve in kind["curves"]:
                own = [point["n"] for point in curve["points"]]
                assert own == sizes[: len(own)] != []
                assert all(point["seconds"] > 0 for point in curve["points"])
                assert (curve["stopped"] is None) == (own == sizes)

    def test_peers_that_find_a_rank_find_the_same(self, found):
        for kind in found["cost"]["kinds"]:
            ours = {point["n"]: point["rank"] for point in kind["curves"][0]["points"]}
            for curve in kind["curves"]:
                ranks = {point["n"]: point["rank"] for point in curve["points"]}
                assert all(rank in (None, ours[n]) for n, rank in ranks.items())

    def test_says_with_what_it_was_measured(self, found):
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", found["date"])
        machine = found["environment"]
        assert machine["cpus"] >= 1
        assert machine["versions"].keys() == set(run.PEERS)
        assert str(ROOT) not in json.dumps(found)


class TestRun:
    def test_prints_every_row_and_what_is_not_timed(self, quick):
        _, printed, _ = quick
        assert printed.startswith("QUICK")
        assert all(f"\n{name}: " in printed for name in rank_engine.ROWS)
        assert "Not timed, on either side" in printed

    def test_what_is_kept_was_no_quick_run(self):
        assert json.loads(STORED.read_text(encoding="utf-8"))["quick"] is False

    def test_one_row_stores_nothing(self, capsys):
        before = STORED.read_bytes()
        run.main(["--quick", "--only", "shifts-gaussian"])
        assert "shifts-gaussian" in capsys.readouterr().out
        assert STORED.read_bytes() == before

    def test_unknown_row(self, capsys):
        with pytest.raises(SystemExit) as stopped:
            run.main(["--only", "nothing"])
        assert stopped.value.code == 2
        assert "invalid choice: 'nothing'" in capsys.readouterr().err


@pytest.mark.parametrize("name", draw.FIGURES)
class TestFigures:
    def test_same_bytes_whatever_the_settings(self, name, found, tmp_path):
        draw.redraw(found, name, tmp_path / "one.svg")
        with matplotlib.rc_context({"font.size": 20, "svg.hashsalt": "other"}):
            draw.redraw(found, name, tmp_path / "two.svg")
        assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()

    def test_a_run_draws_them(self, name, quick):
        assert (quick[2] / f"{name}.svg").stat().st_size > 0

    def test_kept_drawing_is_that_of_the_numbers(self, name, tmp_path):
        kept = STORED.with_name(f"{name}.svg").read_bytes()
        if draw.versions().encode() not in kept:
            pytest.skip("drawn with other versions of the libraries")
        draw.redraw(json.loads(STORED.read_text(encoding="utf-8")), name, tmp_path / "now.svg")
        assert (tmp_path / "now.svg").read_bytes() == kept
        assert str(ROOT).encode() not in kept


class TestIrreps:
    """Multiplicities against GAP: what the table says where GAP is not there."""

    def test_our_times_stand_alone(self, monkeypatch):
        monkeypatch.setattr(irreps.gap, "available", lambda: False)
        (row,) = irreps.measure(["S_12 from generators"])
        assert row["ratio"] is None and row["our_seconds"] > 0
        assert "–" in irreps.table([row])

    def test_different_tables_end_the_run(self):
        ours = irreps.st.groups.symmetric(4).irreps
        irreps._check("same", [(1, 1, 0, 1), (3, 1, 0, 1)], ours)
        with pytest.raises(RuntimeError, match="different tables"):
            irreps._check("other", [(1, 2, 0, 1), (2, 1, 0, 1)], ours)

    def test_every_stored_row_is_measured(self):
        stored = json.loads(irreps.RESULTS.read_text(encoding="utf-8"))["rows"]
        assert [row["name"] for row in stored] == [*irreps.ROWS, *irreps.QUOTED]
        written = (irreps.RESULTS.parents[1] / "README.md").read_text(encoding="utf-8")
        assert all(f"| {row['name']} |" in written for row in stored)


class TestIdentification:
    def test_subspaces_against_a_loop(self, tmp_path):
        output = tmp_path / "numbers.json"
        done = subprocess.run(
            [
                sys.executable,
                str(FOLDER / "identification.py"),
                "--quick",
                "--output",
                str(output),
            ],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        (row,) = json.loads(output.read_text(encoding="utf-8"))["rows"]
        assert row.keys() == ROW and "numpy.linalg.svd" in row["baseline"]

    def test_unions(self):
        done = subprocess.run(
            [sys.executable, str(FOLDER / "unions.py"), "--quick"], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        lines = done.stdout.splitlines()
        assert [line.split()[0] for line in lines] == ["fixed"] * 3 + ["largest"] * 2


class TestSweeps:
    def test_a_quick_run_measures_and_stores_nothing(self):
        stored = FOLDER / "results" / "sweeps.json"
        before = stored.read_bytes()
        compiled = {key: value for key, value in os.environ.items() if key != "NUMBA_DISABLE_JIT"}
        done = subprocess.run(
            [sys.executable, str(FOLDER / "sweeps.py"), "--quick"],
            capture_output=True,
            text=True,
            env=compiled,
        )
        assert done.returncode == 0, done.stderr
        assert "overhead" in done.stdout and "the speed of the loop" in done.stdout
        assert stored.read_bytes() == before
        kept = json.loads(before)
        assert kept["diagram"]["trials"] == 160_000 and len(kept["sending"]) == 3


@pytest.mark.torch
class TestTraining:
    """A step of training against a plain loop, and against deepinv where that can be imported."""

    @pytest.fixture
    def training(self):
        pytest.importorskip("torch")
        import training

        return training

    @pytest.fixture
    def contest(self, training):
        torch = pytest.importorskip("torch")
        return training.Contest.of(4, (8, 6), torch.device("cpu"))

    def test_a_quick_run_measures_all_and_stores_nothing_by_itself(self, training, tmp_path):
        before = training.RESULTS.read_bytes(), training.README.read_bytes()
        output = tmp_path / "numbers.json"
        done = subprocess.run(
            [sys.executable, str(FOLDER / "training.py"), "--quick", "--output", str(output)],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("QUICK") and "ours / plain loop" in done.stdout
        assert (training.RESULTS.read_bytes(), training.README.read_bytes()) == before
        found = json.loads(output.read_text(encoding="utf-8"))
        assert str(ROOT) not in json.dumps(found)
        for case in found["cases"]:
            for row in case["rows"]:
                for ratio, ends in (("ratio", "ratio_range"), ("ratio_of_work", "range_of_work")):
                    assert 0 < row[ends][0] <= row[ratio] <= row[ends][1]
            times = case["seconds_per_step"]
            assert times["ours"] < times["ours, with records"]

    def test_says_so_where_deepinv_is_missing(self):
        pytest.importorskip("torch")
        hidden = (
            f"import sys; sys.modules['deepinv'] = None; sys.path.insert(0, {str(FOLDER)!r}); "
            "import training; training.main(['--quick'])"
        )
        done = subprocess.run([sys.executable, "-c", hidden], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "without deepinv" in done.stderr and "ModuleNotFoundError" in done.stderr
        assert "ours / plain loop" in done.stdout and "deepinv losses" not in done.stdout

    @pytest.mark.parametrize("shift", [(3, 5), (0, 1), (7, 0)])
    def test_all_do_equal_work(self, training, contest, shift):
        from torchvision_shim import import_deepinv

        found = training.loss_and_gradient(contest, import_deepinv(), shift)
        assert list(found) == ["plain loop", "ours", "deepinv losses"]
        assert found["ours"][1].abs().max() > 1e-3
        values = training.require_equal_work(found, contest.device)
        assert values["ours"] > 1e-3

    def test_unequal_work_ends_the_run(self, training, contest):
        found = training.loss_and_gradient(contest, None)
        value, gradient = found["ours"]
        for other in ((1.001 * value, gradient), (value, gradient.roll(1)), (math.nan, gradient)):
            with pytest.raises(RuntimeError, match="ours has the loss"):
                training.require_equal_work(found | {"ours": other}, contest.device)

    def test_evaluation_is_not_part_of_a_step(self, training, contest, monkeypatch):
        import training_loops

        monkeypatch.setattr(training_loops.ei, "psnr", lambda *_: time.sleep(0.2) or 0.0)
        times = training_loops.contestants(None)[1](contest, 26)()
        # After 25 and 26 steps; that of the start is in neither.
        assert 0.4 < times["ours, with records"][0] - times["ours"][0] < 0.6
        assert 0 < times["ours"][1] <= 1.05 * times["ours"][0]

    def test_what_is_kept_was_a_full_run(self, training):
        found = json.loads(training.RESULTS.read_text(encoding="utf-8"))
        assert found["quick"] is False and found["environment"]["threads"] == 1
        assert len(found["cases"]) == len(training.CASES["cpu"])
        for case, kept in zip(training.CASES["cpu"], found["cases"], strict=True):
            assert kept["name"] == case.name and kept["rounds"] == case.rounds
            peers = {row["baseline"] for row in kept["rows"]}
            assert peers == {"plain loop", "deepinv losses", "deepinv Trainer"}

    def test_the_table_is_that_of_the_numbers(self, training):
        found = json.loads(training.RESULTS.read_text(encoding="utf-8"))
        start, end = training.MARKS
        written = training.README.read_text(encoding="utf-8").split(start)[1].split(end)[0]
        assert written == training.markdown(found)
