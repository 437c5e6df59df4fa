"""Sweeps: the same counts whoever computes them, in whatever order, however often interrupted."""

from __future__ import annotations

import io
import itertools
import json
import os
import random
import sys
import threading
import time
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

import sensing_theorems as st
from sensing_theorems.sweep.blocks import Block, run_blocks
from sensing_theorems.sweep.schedule import Schedule
from sensing_theorems.sweep.seeds import trial_rngs
from sensing_theorems.sweep.workers import crew

GRID = {"m": range(1, 8), "k": [1, 2, 4]}


def likely(cell, rng):
    """Success that grows with m and falls with k."""
    return rng.random() < 1 / (1 + np.exp(cell["k"] - cell["m"]))


@dataclass(frozen=True)
class Many:
    """The same for several trials at once; refuses to be given them one by one."""

    def __call__(self, cell, rng):
        raise AssertionError("trials come together")

    def many(self, cell, rngs):
        return [likely(cell, rng) for rng in rngs]


def by_hand(grid, trials, seed):
    """Counts of `likely`, in two loops."""
    cells = [dict(zip(grid, cell, strict=True)) for cell in itertools.product(*grid.values())]
    hits = [sum(likely(c, rng) for rng in trial_rngs(seed, c, 0, trials)) for c in cells]
    return np.reshape(hits, [len(values) for values in grid.values()])


@pytest.fixture(scope="module")
def expected():
    return by_hand(GRID, 20, 7)


class Shuffled(Executor):
    """Returns results in another order than they were asked for, some of them late."""

    def __init__(self, seed):
        self._random, self._waiting, self._lock = random.Random(seed), [], threading.Lock()
        self._timer: threading.Timer | None = None

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        with self._lock:
            self._waiting.append((future, fn, args))
            if self._timer is None:
                self._timer = threading.Timer(0.005, self._run)
                self._timer.start()
        return future

    def _run(self):
        with self._lock:
            self._timer = None
            self._random.shuffle(self._waiting)
            waiting, self._waiting = self._waiting, []
        for future, fn, args in waiting:
            if future.set_running_or_notify_cancel():
                future.set_result(fn(*args))


class TestSameCounts:
    def test_serial(self, expected):
        found = st.sweep(likely, GRID, 20, 7)
        np.testing.assert_array_equal(found.successes, expected)
        assert (found.trials == 20).all() and list(found.axes) == ["m", "k"]

    def test_many_trials_at_once(self, expected):
        np.testing.assert_array_equal(st.sweep(Many(), GRID, 20, 7).successes, expected)

    @pytest.mark.parametrize("task", [likely, Many(), lambda cell, rng: likely(cell, rng)])
    def test_processes(self, expected, task):
        np.testing.assert_array_equal(st.sweep(task, GRID, 20, 7, n_jobs=2).successes, expected)

    def test_threads(self, expected):
        with ThreadPoolExecutor(3) as pool:
            found = st.sweep(likely, GRID, 20, 7, executor=pool)
        np.testing.assert_array_equal(found.successes, expected)

    def test_processes_of_the_standard_library(self, expected):
        def task(cell, rng):  # which its own pickle refuses
            return likely(cell, rng)

        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            found = st.sweep(task, GRID, 20, 7, executor=pool)
        np.testing.assert_array_equal(found.successes, expected)

    @pytest.mark.parametrize("seed", range(3))
    def test_any_order_of_results(self, expected, seed):
        found = st.sweep(likely, GRID, 20, 7, executor=Shuffled(seed))
        np.testing.assert_array_equal(found.successes, expected)

    def test_any_order_of_axes_and_values(self, expected):
        found = st.sweep(likely, {"k": [4, 1, 2], "m": range(7, 0, -1)}, 20, 7)
        np.testing.assert_array_equal(found.axes["k"], [1, 2, 4])
        np.testing.assert_array_equal(found.successes, expected.T)

    def test_a_list_of_cells(self, expected):
        cells = [{"m": 3, "k": 2}, {"k": 4, "m": 5}]
        found = st.sweep(likely, cells, 20, 7)
        np.testing.assert_array_equal(found.trials, [[20, 0], [0, 20]])
        assert found.successes[0, 0] == expected[2, 1] and found.successes[1, 1] == expected[4, 2]

    def test_another_seed_differs(self, expected):
        assert (st.sweep(likely, GRID, 20, 8).successes != expected).any()

    def test_a_task_that_writes_to_its_cell(self, expected):
        def task(cell, rng):
            found = likely(cell, rng)
            cell["m"] = -1
            return found

        np.testing.assert_array_equal(st.sweep(task, GRID, 20, 7).successes, expected)


class TestStream:
    @given(
        some.dictionaries(
            some.sampled_from("mkGnN"), some.integers(-(2**31), 2**31 - 1), min_size=1
        )
    )
    @settings(max_examples=30)
    def test_is_that_of_numpy(self, cell):
        from zlib import crc32

        names = sorted(cell)
        key = (
            crc32(",".join(names).encode()),
            *(np.uint32(cell[n] & 0xFFFFFFFF) for n in names),
            4,
        )
        for seed in (5, 2**32, 2**128 - 1):
            words = np.random.SeedSequence(seed, spawn_key=[int(word) for word in key])
            (own,) = trial_rngs(seed, cell, 4, 1)
            assert own.random() == np.random.default_rng(words).random()

    def test_no_two_trials_share_it(self):
        cells = [{"m": m, "k": k} for m in range(-4, 12) for k in range(16)]
        cells += [{"m": m, "G": k} for m in range(16) for k in range(16)]
        states = {
            trial_rngs(seed, cell, trial, 1)[0].bit_generator.state["state"]["state"]
            for seed in (0, 1, 2**32, 2**128 - 1)
            for cell in cells
            for trial in (0, 1, 2**20)
        }
        assert len(states) == 4 * 512 * 3


class TestStore:
    def test_goes_on_where_it_stopped(self, tmp_path, expected):
        calls = []

        def task(cell, rng):
            if len(calls) == 100:
                raise RuntimeError("stop")
            calls.append(1)
            return likely(cell, rng)

        # The task that stops and the one that goes on must count as the same one.
        task_again = Repeated(10**9)
        with pytest.raises(st.SweepError, match="stop"):
            st.sweep(Repeated(100), GRID, 20, 7, store=tmp_path)
        kept = int(st.PhaseDiagram.load(tmp_path).trials.sum())
        assert 0 < kept <= 100
        found = st.sweep(task_again, GRID, 20, 7, store=tmp_path)
        np.testing.assert_array_equal(found.successes, expected)
        assert task_again.calls == expected.size * 20 - kept

    def test_more_trials_and_more_cells_keep_the_old_ones(self, tmp_path, expected):
        first = Repeated(10**9)
        st.sweep(first, {"m": [2, 4], "k": [1, 4]}, 5, 7, store=tmp_path)
        again = Repeated(10**9)
        found = st.sweep(again, GRID, 20, 7, store=tmp_path)
        np.testing.assert_array_equal(found.successes, expected)
        assert again.calls == expected.size * 20 - first.calls
        fewer = st.sweep(Repeated(0), GRID, 20, 7, store=tmp_path)
        assert fewer.same_counts(found)

    def test_fewer_trials_are_the_first_ones(self, tmp_path):
        st.sweep(likely, GRID, 20, 7, store=tmp_path)
        found = st.sweep(likely, GRID, 5, 7, store=tmp_path)
        np.testing.assert_array_equal(found.successes, by_hand(GRID, 5, 7))

    def test_is_loaded(self, tmp_path):
        found = st.sweep(likely, GRID, 20, 7, store=tmp_path)
        assert st.PhaseDiagram.load(tmp_path).same_counts(found)
        found.save(tmp_path / "diagram.json")
        loaded = st.PhaseDiagram.load(tmp_path / "diagram.json")
        assert loaded.same_counts(found) and loaded.provenance == found.provenance

    def test_tells_who_computed_it(self, tmp_path):
        for trials in (5, 10, 10):
            found = st.sweep(likely, GRID, trials, 7, store=tmp_path)
        sessions = found.provenance["sessions"]
        assert len(sessions) == 2  # the third had nothing to do
        assert sessions[0]["versions"]["numpy"] == np.__version__
        assert json.loads(json.dumps(found.provenance)) == found.provenance

    @pytest.mark.parametrize(
        "arguments, match",
        [
            ({"seed": 8}, "seed: 7 in the store, 8 now"),
            ({"task": Many()}, "task.name"),
            ({"grid": {"m": [1]}}, "axes"),
        ],
    )
    def test_of_another_sweep_is_refused(self, tmp_path, arguments, match):
        st.sweep(likely, GRID, 2, 7, store=tmp_path)
        given_ = {"task": likely, "grid": GRID, "trials": 2, "seed": 7} | arguments
        with pytest.raises(ValueError, match=match):
            st.sweep(**given_, store=tmp_path)


class Repeated:
    """`likely`, which counts its calls and stops after some; how many is no part of what it is."""

    revision = 1

    def __init__(self, most):
        state = {"most": most, "calls": 0}
        object.__setattr__(self, "_state", lambda: state)

    __slots__ = ("_state",)

    def __sweep_parameters__(self):
        return {}

    @property
    def calls(self):
        return self._state()["calls"]

    def __call__(self, cell, rng):
        state = self._state()
        if state["calls"] == state["most"]:
            raise RuntimeError("stop")
        state["calls"] += 1
        return likely(cell, rng)


class TestEnds:
    def test_by_a_task_that_raises(self):
        def task(cell, rng):
            return 1 / (cell["m"] - 3) < 9

        with pytest.raises(st.SweepError, match=r"ZeroDivisionError.*\(at m=3, trial") as caught:
            st.sweep(task, {"m": [1, 2, 3]}, 1, 0)
        np.testing.assert_array_equal(caught.value.diagram.trials, [1, 1, 0])
        assert "in task" in "".join(caught.value.__notes__)

    def test_by_a_task_that_raises_elsewhere(self, tmp_path):
        def task(cell, rng):
            raise OSError(cell["m"])

        with pytest.raises(st.SweepError, match=r"OSError: 1 .*run the same sweep again"):
            st.sweep(task, {"m": [1]}, 3, 0, n_jobs=2, store=tmp_path)

    @pytest.mark.parametrize(
        "value, match",
        [
            (1, "int 1"),
            (0.5, "float"),
            ("yes", "str"),
            (np.ones(2) > 0, "ndarray"),
            (st.Verdict.IDENTIFIABLE, "Verdict"),
        ],
    )
    def test_by_a_task_that_returns_no_boolean(self, value, match):
        with pytest.raises(st.SweepError, match=f"True, False, or None .* {match}"):
            st.sweep(lambda cell, rng: value, {"m": [1]}, 1, 0)

    @pytest.mark.parametrize("value", [True, np.True_, np.array(True)])
    def test_not_by_any_kind_of_boolean(self, value):
        assert st.sweep(lambda cell, rng: value, {"m": [1]}, 1, 0).successes == [1]

    def test_by_a_task_that_gives_too_few(self):
        class Few(Many):
            def many(self, cell, rngs):
                return []

        with pytest.raises(st.SweepError, match="must give 1 outcomes; got 0"):
            st.sweep(Few(), {"m": [1]}, 1, 0)

    def test_by_a_task_that_cannot_travel(self):
        lock = threading.Lock()
        with pytest.raises(TypeError, match="cannot be sent to other processes"):
            st.sweep(lambda cell, rng: bool(lock), {"m": [1]}, 1, 0, n_jobs=2)

    def test_by_ctrl_c(self, tmp_path):
        seen = []

        def task(cell, rng):
            if cell["m"] == 3:
                raise KeyboardInterrupt
            seen.append(cell)
            return True

        with pytest.raises(st.SweepInterrupted, match=r"[12] of 4 trials are kept in") as caught:
            st.sweep(task, {"m": [1, 2, 3, 4]}, 1, 0, store=tmp_path)
        kept = caught.value.diagram.trials
        assert kept.sum() >= 1 and not kept[2:].any()
        assert isinstance(caught.value, KeyboardInterrupt)
        assert st.PhaseDiagram.load(tmp_path).trials.sum() == kept.sum()

    def test_by_workers_of_somebody_else_that_are_lost(self):
        class Broken(Executor):
            def submit(self, fn, /, *args, **kwargs):
                future = Future()
                future.set_exception(BrokenExecutor("gone"))
                return future

        with pytest.raises(st.SweepError, match="workers were lost: gone"):
            st.sweep(likely, GRID, 2, 0, executor=Broken())

    def test_by_workers_that_are_lost_again_and_again(self):
        def task(cell, rng):
            os._exit(1)

        with pytest.raises(st.SweepError, match="workers were lost"):
            st.sweep(task, {"m": [1]}, 2, 0, n_jobs=2)

    def test_not_by_one_worker_that_is_lost(self, tmp_path, expected):
        def task(cell, rng):
            if cell == {"m": 4, "k": 1}:
                try:
                    (tmp_path / "once").touch(exist_ok=False)
                except FileExistsError:
                    pass
                else:
                    os._exit(1)
            return likely(cell, rng)

        found = st.sweep(task, GRID, 20, 7, n_jobs=2)
        assert (tmp_path / "once").exists()
        np.testing.assert_array_equal(found.successes, expected)


class TestUndecided:
    def test_is_counted_apart(self, tmp_path):
        def task(cell, rng):
            x = rng.random()
            return None if x < 0.25 else x > 0.5

        draws = [rng.random() for rng in trial_rngs(0, {"m": 1}, 0, 100)]
        for again in range(2):
            found = st.sweep(task, {"m": [1]}, 100, 0, store=tmp_path)
            assert found.undecided == [sum(x < 0.25 for x in draws)], again
            assert found.successes == [sum(x > 0.5 for x in draws)]
            assert found.trials == 100 - found.undecided


class TestRefine:
    def test_encloses_the_step(self, tmp_path):
        def step(cell, rng):
            return cell["m"] >= 3 * cell["k"] + 1

        coarse = {"m": [1, 33, 64], "k": [1, 5, 20]}
        found = st.sweep(step, coarse, 3, 0, refine="m", store=tmp_path)
        along = found.transition("m")
        np.testing.assert_array_equal(along.upper, [4, 16, 61])
        np.testing.assert_array_equal(along.lower, [3, 15, 60])
        assert found.run.sum() < 40
        again = st.sweep(step, coarse, 3, 0, refine="m", store=tmp_path, n_jobs=2)
        assert again.same_counts(found)

    def test_old_cells_stay(self):
        coarse = st.sweep(likely, {"m": [1, 9], "k": [2]}, 50, 3)
        fine = st.sweep(likely, {"m": [1, 9], "k": [2]}, 50, 3, refine="m")
        where = np.isin(fine.axes["m"], [1, 9])
        np.testing.assert_array_equal(fine.successes[where], coarse.successes)
        assert len(fine.axes["m"]) > 2

    def test_needs_an_axis(self):
        with pytest.raises(ValueError, match="`refine` must be one of m, k; got 'n'"):
            st.sweep(likely, GRID, 1, 0, refine="n")


class TestArguments:
    @pytest.mark.parametrize(
        "arguments, match",
        [
            ({"grid": {}}, "at least one axis"),
            ({"grid": {"m": []}}, "at least one value"),
            ({"grid": {"m": [1, 1]}}, "twice"),
            ({"grid": {"m": [1.0]}}, "must hold integers; got 1.0"),
            ({"grid": {"m": [True]}}, "must hold integers"),
            ({"grid": {"m": [2**31]}}, "from -2147483648 to 2147483647"),
            ({"grid": {"m": "12"}}, "must hold integers"),
            ({"grid": {1: [1]}}, "names such as m"),
            ({"grid": [{"m": 1}, {"k": 1}]}, "axes of the first"),
            ({"grid": [{"m": 1}, {"m": 1}]}, "twice"),
            ({"grid": []}, "at least one cell"),
            ({"grid": 5}, "must map names"),
            ({"grid": {"m": range(10**4), "k": range(10**4)}}, "at most 10000000 cells"),
            ({"trials": 0}, "`trials` must be a positive integer"),
            ({"trials": 2.0}, "`trials` must be an integer"),
            ({"seed": None}, "`seed` must be an integer; got NoneType"),
            ({"seed": -1}, "from 0 to"),
            ({"seed": 2**128}, "from 0 to"),
            ({"task": 3}, "`task` must be a function"),
            ({"task": Many}, "`task` must be a function"),
            ({"n_jobs": 0}, "`n_jobs`"),
            ({"n_jobs": 1.5}, "`n_jobs`"),
            ({"n_jobs": -2}, "`n_jobs` must be a positive .* or -1"),
            ({"store": ""}, "`store` must name a directory"),
            ({"executor": 3}, "submit method"),
            ({"executor": Shuffled(0), "n_jobs": 2}, "not both"),
        ],
    )
    def test_in_one_line(self, arguments, match):
        given_ = {"task": likely, "grid": GRID, "trials": 1, "seed": 0} | arguments
        with pytest.raises((ValueError, TypeError), match=match) as caught:
            st.sweep(**given_)
        assert "\n" not in str(caught.value)

    def test_every_cell_is_looked_at_before_the_first_trial(self, tmp_path):
        task = st.tasks.FullRank(n=4, G=2)
        with pytest.raises(ValueError, match="`m` must be a positive integer; got -1"):
            st.sweep(task, {"m": [3, -1]}, 1, 0, store=tmp_path / "run")
        assert not (tmp_path / "run").exists()
        with pytest.raises(ValueError, match="`k` must be at most n = 8"):
            task = st.tasks.InvariantSubspaceIdentification("shifts:8")
            st.sweep(task, {"m": [3], "k": [1, 9]}, 1, 0)

    def test_numbers_of_numpy(self, expected):
        grid = {"m": np.arange(1, 8), "k": np.array([1, 2, 4], np.int8)}
        found = st.sweep(likely, grid, np.int64(20), np.uint8(7))
        np.testing.assert_array_equal(found.successes, expected)


class TestSchedule:
    @given(
        some.lists(some.integers(0, 40), max_size=6),
        some.lists(some.floats(1e-6, 3.0), max_size=60),
    )
    def test_every_trial_goes_out_once(self, counts, times):
        cells = [Block({"m": i}, 3, count) for i, count in enumerate(counts)]
        schedule, seen = Schedule(cells), []
        times = iter([*times, *itertools.repeat(0.01, 500)])
        while schedule.left:
            lease = schedule.take(2)
            done = lease[: max(1, len(lease) // 2)]
            schedule.give_back(lease[len(done) :])
            seen += [(b.cell["m"], t) for b in done for t in range(b.first, b.first + b.trials)]
            schedule.learn(sum(b.trials for b in done), next(times))
        assert seen == [(i, t) for i, count in enumerate(counts) for t in range(3, 3 + count)]

    def test_leases_are_as_long_as_they_should_be(self):
        schedule = Schedule([Block({"m": 1}, 0, 10**6)])
        assert sum(b.trials for b in schedule.take(2)) == 1
        schedule.learn(1, 0.001)
        assert sum(b.trials for b in schedule.take(2)) == 500


class TestCompany:
    """Sweeps beside other sweeps, and beside other users of processes and threads."""

    def test_a_task_that_uses_the_package_by_its_short_name(self):
        shifts = st.groups.shifts(6, stride=2)

        def task(cell, rng):
            return st.stacked_rank(st.operators.gaussian(cell["m"], 6, rng), shifts).full

        found = st.sweep(task, {"m": [1, 2]}, 2, 0, n_jobs=2)
        assert found.successes.tolist() == [0, 2]

    def test_joblib_goes_on_working(self):
        from joblib import Parallel, delayed

        before = Parallel(n_jobs=2)(delayed(abs)(-i) for i in range(4))
        st.sweep(likely, GRID, 2, 7, n_jobs=2)
        assert Parallel(n_jobs=2)(delayed(abs)(-i) for i in range(4)) == before

    def test_a_sweep_that_fails_leaves_others_alone(self):
        def fails(cell, rng):
            raise ValueError("no")

        found = []

        def other():
            def slow(cell, rng):
                time.sleep(0.05)
                return True

            found.append(st.sweep(slow, {"m": range(30)}, 1, 0, n_jobs=2))

        thread = threading.Thread(target=other)
        thread.start()
        with pytest.raises(st.SweepError, match="no"):
            st.sweep(fails, {"m": [1]}, 1, 0, n_jobs=2)
        thread.join()
        assert found[0].successes.sum() == 30

    def test_threads_of_blas_are_given_back(self):
        from threadpoolctl import threadpool_info, threadpool_limits

        def counts():
            return {pool["num_threads"] for pool in threadpool_info()}

        seen = set()

        def task(cell, rng):
            seen.update(counts())
            return True

        limits = threadpool_limits(2)
        try:
            for _ in range(2):
                with ThreadPoolExecutor(3) as pool:
                    st.sweep(SameProcess(task), {"m": range(20)}, 3, 0, executor=pool)
                assert counts() == {2} and seen == {1}
            st.sweep(SameProcess(task), {"m": range(20)}, 3, 0)
            assert counts() == {2} and seen == {1}
        finally:
            limits.unregister()

    def test_a_large_task_travels_once_to_each_worker(self, expected):
        sent = []

        class Counting(Executor):
            def submit(self, fn, /, *args, **kwargs):
                sent.append(args[1])
                future = Future()
                future.set_result(fn(*args, **kwargs))
                return future

            _max_workers = 2

        found = st.sweep(likely, GRID, 20, 7, executor=Counting())
        np.testing.assert_array_equal(found.successes, expected)
        assert len(sent) > 2 and sum(raw is not None for raw in sent) == 2

    def test_a_worker_that_does_not_know_the_task_is_sent_it(self):
        from sensing_theorems.sweep import parcels

        parcel = parcels.Parcel(likely, workers=1)
        (name, raw), again = parcel.label(), parcel.label()
        assert raw is not None and again == (name, None)
        parcels._TASKS.pop(name, None)
        blocks = [Block({"m": 9, "k": 1}, 0, 3)]
        assert parcels.run_parcel(*again, 0, blocks, 9.0) == ([], 0.0, None, True)
        parcel.wanted(1)
        done = parcels.run_parcel(*parcel.label(), 0, blocks, 9.0)
        assert len(done.outcomes[0]) == 3 and not done.unknown
        assert parcels.run_parcel(*again, 0, blocks, 9.0).outcomes == done.outcomes

    def test_what_kills_its_worker_is_named(self):
        def task(cell, rng):
            if cell["m"] == 3:
                os._exit(1)
            return True

        with pytest.raises(st.SweepError, match="lost again and again at m=3, trial") as caught:
            st.sweep(task, {"m": [1, 2, 3, 4]}, 4, 0, n_jobs=2)
        assert "\n" not in str(caught.value)
        assert caught.value.diagram.trials[2] == 0

    def test_a_failure_does_not_wait_for_the_others(self, tmp_path):
        def task(cell, rng):
            (tmp_path / str(cell["m"])).touch()
            if cell["m"] == 0:
                while not (tmp_path / "1").exists():
                    time.sleep(0.01)
                raise ValueError("no")
            time.sleep(30)
            return True

        start = time.monotonic()
        with pytest.raises(st.SweepError, match="no"):
            st.sweep(task, {"m": [0, 1, 2]}, 1, 0, n_jobs=2)
        # Half of what a single one of the others takes.
        assert time.monotonic() - start < 15

    @pytest.mark.parametrize("noted", [True, False], ids=["noted", "cut short by an interrupt"])
    def test_workers_are_killed_without_noise_while_work_is_passed_on(self, noted):
        mine = crew(None, 2)
        first = mine.executor.submit(time.sleep, 0.2)
        # Keeps the pool's own thread, which passes work on, from doing so.
        first.add_done_callback(lambda _: time.sleep(0.5))
        first.result()
        later = [mine.executor.submit(time.sleep, 30) for _ in range(3)]
        # An exception of that thread fails this test too.
        mine.leave(later if noted else [], broken=True)
        assert all(future.done() for future in later)

    def test_what_others_finished_is_kept_when_one_fails(self):
        barrier = threading.Barrier(2)

        def task(cell, rng):
            if cell["m"] < 2:
                barrier.wait(timeout=20)
            if cell["m"] == 0:
                time.sleep(0.2)
                raise ValueError("no")
            return True

        with ThreadPoolExecutor(2) as pool, pytest.raises(st.SweepError) as caught:
            st.sweep(SameProcess(task), {"m": [0, 1]}, 1, 0, executor=pool)
        assert caught.value.diagram.trials.tolist() == [0, 1]


class SameProcess:
    """A task that stays where it is, since a barrier does not travel."""

    kept: dict = {}  # noqa: RUF012

    def __init__(self, task):
        self.key = id(task)
        SameProcess.kept[self.key] = task

    def __call__(self, cell, rng):
        return SameProcess.kept[self.key](cell, rng)


class TestTime:
    """A worker comes back in time, whatever trials turn out to take."""

    @pytest.mark.parametrize("many", [False, True])
    def test_in_the_middle_of_a_block(self, many):
        def slow(cell, rng):
            time.sleep(0.01)
            return True

        task = slow
        if many:
            task = lambda cell, rng: slow(cell, rng)  # noqa: E731
            task.many = lambda cell, rngs: [slow(cell, rng) for rng in rngs]
        blocks = [Block({"m": 1}, 0, 1000), Block({"m": 2}, 0, 5)]
        done = run_blocks(task, 0, blocks, 0.1)
        assert len(done.outcomes) == 1 and 1 <= len(done.outcomes[0]) <= 64
        assert done.seconds < 5.0

    def test_one_trial_is_always_run(self):
        done = run_blocks(likely, 0, [Block({"m": 1, "k": 1}, 7, 3)], -1.0)
        assert [len(marks) for marks in done.outcomes] == [1]

    def test_what_is_left_is_run_later(self, expected):
        class Slow(Many):
            def many(self, cell, rngs):
                time.sleep(0.02)
                return [likely(cell, rng) for rng in rngs]

        found = st.sweep(Slow(), {"m": [1, 2], "k": [1]}, 200, 7)
        np.testing.assert_array_equal(found.successes, by_hand({"m": [1, 2], "k": [1]}, 200, 7))


class TestBar:
    def test_never_stands_in_the_way(self, monkeypatch, expected):
        closed = io.StringIO()
        closed.close()

        class Broken(io.StringIO):
            def write(self, text):
                raise BrokenPipeError

        for stream in (None, closed, Broken()):
            monkeypatch.setattr(sys, "stderr", stream)
            for shown in (None, True, False):
                found = st.sweep(likely, GRID, 20, 7, progress=shown)
                np.testing.assert_array_equal(found.successes, expected)

    def test_shows_trials(self, capsys):
        st.sweep(likely, GRID, 20, 7, progress=True)
        assert "420/420" in capsys.readouterr().err
        st.sweep(likely, GRID, 20, 7)
        assert capsys.readouterr().err == ""

    @pytest.mark.parametrize("running", [False, True])
    def test_by_default_in_a_kernel_that_runs_and_not_where_one_is_only_loaded(
        self, capsys, monkeypatch, running
    ):
        kernels = SimpleNamespace(IPKernelApp=SimpleNamespace(initialized=lambda: running))
        monkeypatch.setitem(sys.modules, "ipykernel", SimpleNamespace(kernelapp=kernels))
        monkeypatch.setitem(sys.modules, "ipykernel.kernelapp", kernels)
        st.sweep(likely, GRID, 20, 7)
        assert ("420/420" in capsys.readouterr().err) is running
