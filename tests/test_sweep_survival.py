"""Sweeps that are killed, starved and cut off: what was finished stays, and counts are the same.

Every sweep runs in a process of its own, which is then treated badly.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

import sensing_theorems as st

pytestmark = [
    pytest.mark.compiled,
    pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX"),
]

ROOT = Path(__file__).resolve().parents[1]
GRID = {"m": range(1, 13), "k": [1, 2, 4, 8]}
TRIALS = 25
SCRIPT = f"""
import os, sys, time
from pathlib import Path
import numpy as np
import sensing_theorems as st

def task(cell, rng):
    Path(PIDS, str(os.getpid())).touch()
    hit = rng.random() < 1 / (1 + np.exp(cell["k"] - cell["m"]))
    time.sleep(float(os.environ.get("PAUSE", "0.001")))
    return hit

def run(store, **arguments):
    return st.sweep(task, {GRID!r}, {TRIALS}, 3, store=store, **arguments)

PIDS = os.environ["PIDS"]
if __name__ == "__main__":
    print("ready", flush=True)
    found = run(sys.argv[1], n_jobs=int(sys.argv[2]))
    print("finished", int(found.trials.sum()), flush=True)
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A directory with the script, the store to be, and a note of every process that worked."""
    (tmp_path / "pids").mkdir()
    (tmp_path / "killed.py").write_text(textwrap.dedent(SCRIPT), encoding="utf-8")
    monkeypatch.setenv("PIDS", str(tmp_path / "pids"))
    return tmp_path


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """Counts of a serial run that nobody disturbed."""
    folder = tmp_path_factory.mktemp("expected")
    (folder / "pids").mkdir()
    (folder / "killed.py").write_text(textwrap.dedent(SCRIPT), encoding="utf-8")
    environment = {**os.environ, "PIDS": str(folder / "pids")}
    command = [sys.executable, "killed.py", "store", "1"]
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return st.PhaseDiagram.load(folder / "store")


def start(place, jobs, pause=0.001):
    """The sweep, in a session of its own, once it has begun; slow where it must not end soon."""
    process = subprocess.Popen(
        [sys.executable, "killed.py", "store", str(jobs)],
        cwd=place,
        env={**os.environ, "PAUSE": str(pause)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell may have started these tests in the background, where it has SIGINT ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout.readline() == "ready\n"
    return process


def finish(place, jobs):
    """Run the sweep to its end; what it said."""
    process = start(place, jobs)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


def trials_kept(place):
    try:
        return int(st.PhaseDiagram.load(place / "store").trials.sum())
    except ValueError:
        return 0


def wait_for(condition, seconds=60.0):
    """Whether something came true within some time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state != "Z"
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def workers(place):
    return [int(path.name) for path in (place / "pids").iterdir()]


def assert_same(place, expected):
    assert st.PhaseDiagram.load(place / "store").same_counts(expected)


class TestParentKilled:
    def test_at_ten_random_moments(self, place, expected):
        moments = random.Random(11)
        kept = [0]
        for _ in range(10):
            process = start(place, 2)
            time.sleep(moments.uniform(0.0, 1.0))
            process.kill()
            process.communicate()
            # Nothing that was stored is lost.
            kept.append(trials_kept(place))
            assert kept[-1] >= kept[-2]
        assert "finished" in finish(place, 2)
        assert_same(place, expected)
        assert wait_for(lambda: not any(map(alive, workers(place))))

    def test_leaves_no_orphans(self, place):
        process = start(place, 2, pause=0.02)
        assert wait_for(lambda: trials_kept(place) > 0)
        assert any(map(alive, set(workers(place)) - {process.pid}))
        process.kill()
        process.communicate()
        assert wait_for(lambda: not any(map(alive, workers(place))))

    def test_alone(self, place, expected):
        process = start(place, 1, pause=0.02)
        assert wait_for(lambda: trials_kept(place) > 0)
        process.kill()
        process.communicate()
        assert 0 < trials_kept(place) < expected.trials.sum()
        finish(place, 1)
        assert_same(place, expected)


class TestWorkerKilled:
    def test_is_replaced(self, place, expected):
        process = start(place, 2, pause=0.005)
        assert wait_for(lambda: len(workers(place)) >= 2 and trials_kept(place) > 0)
        os.kill(workers(place)[0], signal.SIGKILL)
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert "finished" in out
        assert_same(place, expected)


class TestInterrupted:
    @pytest.mark.parametrize("jobs", [1, 2])
    def test_says_how_to_go_on(self, place, expected, jobs):
        process = start(place, jobs, pause=0.02)
        assert wait_for(lambda: trials_kept(place) > 0)
        # As a terminal does it: the whole group is told.
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode != 0
        assert "run the same sweep again to go on" in err.splitlines()[-1]
        assert f"{trials_kept(place)} of {expected.trials.sum()} trials" in err
        assert wait_for(lambda: not any(map(alive, workers(place))))
        finish(place, jobs)
        assert_same(place, expected)


class TestTornLine:
    def test_is_computed_again(self, place, expected):
        finish(place, 1)
        path = place / "store" / "cells.jsonl"
        raw = path.read_bytes()
        for cut in (1, 7, len(raw) // 2):
            path.write_bytes(raw[:-cut])
            finish(place, 1)
            assert_same(place, expected)


class TestTwoParents:
    def test_the_second_refuses(self, place, expected):
        first = start(place, 1, pause=0.05)
        assert wait_for(lambda: trials_kept(place) > 0)
        second = start(place, 1)
        _, err = second.communicate(timeout=60)
        assert second.returncode != 0 and "is in use by another sweep" in err
        first.kill()
        first.communicate()
        finish(place, 1)
        assert_same(place, expected)


class TestFullDisk:
    def test_keeps_what_was_stored(self, place, expected):
        # A limit on the size of files stands for a small disk: writing fails in the middle.
        limited = (
            "import resource, signal, sys\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (2500, resource.RLIM_INFINITY))\n"
            "import killed; killed.run('store')"
        )
        done = subprocess.run(
            [sys.executable, "-c", limited], cwd=place, capture_output=True, text=True
        )
        assert done.returncode != 0
        assert "cannot write to the store store: File too large" in done.stderr.splitlines()[-1]
        assert "run the same sweep again to go on" in done.stderr.splitlines()[-1]
        assert (place / "store" / "cells.jsonl").stat().st_size <= 2500
        finish(place, 1)
        assert_same(place, expected)


class TestReadOnly:
    def test_is_refused_before_the_work_and_read_after(self, place, expected):
        finish(place, 1)
        path = place / "store" / "cells.jsonl"
        whole = path.read_bytes()
        # In a process that may not write anywhere: no descriptor can be opened for writing.
        code = textwrap.dedent(
            """
            import os, sys
            real = os.open
            def guarded(path, flags, *rest, **named):
                if flags & (os.O_WRONLY | os.O_RDWR):
                    raise OSError(30, "Read-only file system", str(path))
                return real(path, flags, *rest, **named)
            os.open = guarded
            import killed
            found = killed.run("store")
            print(int(found.trials.sum()))
            """
        )
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, cwd=place, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert int(done.stdout) == expected.trials.sum()
        for path_pid in (place / "pids").iterdir():
            path_pid.unlink()
        path.write_bytes(whole[: len(whole) // 2])
        done = subprocess.run(command, cwd=place, capture_output=True, text=True)
        assert "cannot write to the store store: Read-only file system" in done.stderr
        assert workers(place) == []  # no trial was run in vain


class TestDask:
    @pytest.fixture(scope="class")
    def cluster(self):
        """Two worker processes on this machine, reached over loopback."""
        distributed = pytest.importorskip("distributed")
        with (
            distributed.LocalCluster(
                n_workers=2,
                threads_per_worker=1,
                processes=True,
                dashboard_address=None,
                host="127.0.0.1",
            ) as cluster,
            distributed.Client(cluster) as client,
        ):
            yield client

    @pytest.mark.filterwarnings("ignore")
    def test_gives_the_same_counts(self, cluster, place, expected, monkeypatch):
        monkeypatch.syspath_prepend(str(place))
        task = task_of(place)
        found = st.sweep(task, GRID, TRIALS, 3, executor=cluster.get_executor())
        assert found.same_counts(expected)
        assert len(workers(place)) == 2 and os.getpid() not in workers(place)

    @pytest.mark.filterwarnings("ignore")
    def test_a_worker_may_be_killed(self, cluster, place, expected):
        task, victim = task_of(place), []

        def kill_one():
            if wait_for(lambda: len(workers(place)) >= 2):
                victim.append(workers(place)[0])
                os.kill(victim[0], signal.SIGKILL)

        import threading

        killer = threading.Thread(target=kill_one)
        killer.start()
        found = st.sweep(task, GRID, TRIALS, 3, place / "store", executor=cluster.get_executor())
        killer.join()
        assert victim and found.same_counts(expected)
        assert_same(place, expected)


def task_of(place):
    """The task of the script, which travels by value since no worker can import it."""
    pids = str(place / "pids")

    def task(cell, rng):
        Path(pids, str(os.getpid())).touch()
        hit = rng.random() < 1 / (1 + np.exp(cell["k"] - cell["m"]))
        time.sleep(0.001)
        return hit

    return task
