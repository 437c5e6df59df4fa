"""Stores: what is written stays, what is torn is cut off, what does not fit is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sensing_theorems.sweep.lock import Lock
from sensing_theorems.sweep.outcomes import Outcomes
from sensing_theorems.sweep.store import Store
from sensing_theorems.sweep.store_file import read_store

OWN = {"task": {"name": "some:task"}, "axes": ["k", "m"], "seed": 0}
BLOCKS = [({"m": 1, "k": 2}, 0, "01?"), ({"m": 2, "k": 2}, 5, "11"), ({"m": 1, "k": 2}, 3, "0")]


@pytest.fixture
def folder(tmp_path):
    """A store with three blocks."""
    store = Store(tmp_path / "run", OWN)
    store.note_session({"started": "now"})
    store.append(BLOCKS)
    store.close()
    return tmp_path / "run"


def counts(folder, cell=BLOCKS[0][0]):
    return tuple(read_store(folder).outcomes.counts(cell))


class TestWritten:
    def test_is_read(self, folder):
        found = read_store(folder)
        assert found.specification == OWN and found.sessions == [{"started": "now"}]
        assert counts(folder) == (1, 3, 1)
        assert counts(folder, {"k": 2, "m": 2}) == (2, 2, 0)

    def test_is_opened_again_and_grows(self, folder):
        before = (folder / "cells.jsonl").read_bytes()
        store = Store(folder, OWN)
        store.append([({"m": 1, "k": 2}, 4, "1")])
        store.close()
        assert (folder / "cells.jsonl").read_bytes().startswith(before)
        assert counts(folder) == (2, 4, 1)

    def test_is_one_line_of_json_each(self, folder):
        lines = (folder / "cells.jsonl").read_text().splitlines()
        assert [sorted(json.loads(line))[0] for line in lines[1:]] == ["session"] + ["cell"] * 3


class TestTorn:
    def test_at_every_byte(self, folder):
        path = folder / "cells.jsonl"
        raw = path.read_bytes()
        for length in range(len(raw)):
            path.write_bytes(raw[:length])
            whole = raw[:length].count(b"\n")
            store = Store(folder, OWN)
            kept = sum(sum(store.outcomes.counts(cell)[1:]) for cell in store.outcomes.cells())
            store.append([({"m": 9, "k": 9}, 0, "1")])
            store.close()
            assert kept == [0, 0, 0, 3, 5, 6][whole]
            assert counts(folder, {"m": 9, "k": 9}) == (1, 1, 0)

    def test_zeros_of_a_lost_power_supply(self, folder):
        with open(folder / "cells.jsonl", "ab") as stream:
            stream.write(bytes(300) + b"\n" + bytes(20))
        store = Store(folder, OWN)
        store.close()
        assert counts(folder) == (1, 3, 1)
        assert b"\0" not in (folder / "cells.jsonl").read_bytes()

    def test_reading_changes_nothing(self, folder):
        path = folder / "cells.jsonl"
        path.write_bytes(path.read_bytes() + b'{"cell": {"m"')
        before = path.read_bytes()
        assert counts(folder) == (1, 3, 1)
        assert path.read_bytes() == before


class TestRefused:
    def test_another_sweep(self, folder):
        with pytest.raises(ValueError, match=r"another sweep; seed: 0 in the store, 1 now\. Name"):
            Store(folder, {**OWN, "seed": 1})

    def test_a_second_one_at_the_same_time(self, folder):
        store = Store(folder, OWN)
        with pytest.raises(ValueError, match="in use by another sweep"):
            Store(folder, OWN)
        store.close()
        Store(folder, OWN).close()

    @pytest.mark.parametrize(
        "line, match",
        [
            ("garbage", "line 3 is damaged, and lines follow it"),
            ("{}", "line 3 is damaged: it must be of a cell; got None"),
            ('{"cell": {"m": 1}, "first": 0, "outcomes": "1"}', "must have the axes k, m"),
            ('{"cell": {"m": 1, "k": 2}, "first": 0, "outcomes": "1"}', "trial 0 .* two outcomes"),
            ('{"cell": {"m": 1, "k": 2}, "first": -1, "outcomes": "1"}', "must be integers"),
            ('{"cell": {"m": 1, "k": 2.5}, "first": 0, "outcomes": "1"}', "must be integers"),
            ('{"cell": {"m": 1, "k": 2}, "first": 1e99, "outcomes": "1"}', "must be integers"),
            ('{"cell": {"m": 1, "k": 2}, "first": 999999999999, "outcomes": "1"}', "at most"),
            ('{"cell": {"m": 1, "k": 2}, "first": 0, "outcomes": "x"}', "must be 0, 1 or"),
            ('{"cell": {"m": 1, "k": 2}, "first": 0}', "damaged"),
            ('{"cell": 7, "first": 0, "outcomes": "1"}', "damaged"),
        ],
    )
    def test_a_line_in_the_middle(self, folder, line, match):
        path = folder / "cells.jsonl"
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join([*lines[:2], line + "\n", *lines[2:]]))
        with pytest.raises(ValueError, match=match):
            Store(folder, OWN)
        # It did not keep what it refused.
        path.write_text("".join(lines))
        Store(folder, OWN).close()

    @pytest.mark.parametrize(
        "content", ["hello", "hello\nworld\n", '{"a": 1}\n', "[1]\n", '{"sensing_theorems": 1}\n']
    )
    def test_what_is_no_store(self, tmp_path, content):
        (tmp_path / "cells.jsonl").write_text(content)
        with pytest.raises(ValueError, match=r"no store of a sweep|damaged"):
            Store(tmp_path, OWN)
        assert (tmp_path / "cells.jsonl").read_text() == content

    def test_a_header_that_was_changed(self, folder):
        path = folder / "cells.jsonl"
        path.write_text(path.read_text().replace('"seed": 0', '"seed": 1'))
        with pytest.raises(ValueError, match="line 1 is damaged"):
            Store(folder, {**OWN, "seed": 1})

    def test_a_place_that_is_a_file(self, tmp_path):
        (tmp_path / "file").write_text("mine")
        store = Store(tmp_path / "file", OWN)
        with pytest.raises(ValueError, match=r"cannot write to the store .*: File exists"):
            store.require_writable()
        assert (tmp_path / "file").read_text() == "mine"

    def test_no_store_at_all(self, tmp_path):
        with pytest.raises(ValueError, match=r"holds no sweep: there is no cells\.jsonl"):
            read_store(tmp_path)


class TestNotWritable:
    """As a user without rights meets it; root has them everywhere."""

    @pytest.fixture
    def refusing(self, monkeypatch):
        opened = os.open

        def refuse(path, flags, *rest, **named):
            if flags & os.O_RDWR:
                raise PermissionError(13, "Permission denied", str(path))
            return opened(path, flags, *rest, **named)

        monkeypatch.setattr(os, "open", refuse)

    def test_is_read_all_the_same(self, folder, refusing):
        store = Store(folder, OWN)
        assert tuple(store.outcomes.counts(BLOCKS[0][0])) == (1, 3, 1)
        with pytest.raises(ValueError, match=r"cannot write to the store .*: Permission denied"):
            store.require_writable()
        store.close()

    @pytest.mark.parametrize("room", [0, 1, 30])
    def test_a_full_disk_loses_nothing_that_was_stored(self, folder, monkeypatch, room):
        store, write = Store(folder, OWN), os.write
        before = (folder / "cells.jsonl").read_bytes()
        left = [room]

        def full(descriptor, raw):
            if not left[0]:
                raise OSError(28, "No space left on device")
            done = write(descriptor, bytes(raw)[: left[0]])
            left[0] -= done
            return done

        monkeypatch.setattr(os, "write", full)
        with pytest.raises(ValueError, match=r"No space left on device. What was stored"):
            store.append([({"m": 7, "k": 7}, 0, "1")])
        assert (folder / "cells.jsonl").read_bytes() == before
        monkeypatch.setattr(os, "write", write)
        store.append([({"m": 7, "k": 7}, 0, "1")])
        store.close()
        assert counts(folder, {"m": 7, "k": 7}) == (1, 1, 0)

    def test_ctrl_c_in_the_middle_of_a_line(self, folder, monkeypatch):
        store, write = Store(folder, OWN), os.write
        before = (folder / "cells.jsonl").read_bytes()

        def interrupted(descriptor, raw):
            if len(raw) < 20:
                raise KeyboardInterrupt
            return write(descriptor, raw[:-10])

        monkeypatch.setattr(os, "write", interrupted)
        with pytest.raises(KeyboardInterrupt):
            store.append(BLOCKS[:1])
        monkeypatch.setattr(os, "write", write)
        assert (folder / "cells.jsonl").read_bytes() == before
        store.close()

    def test_ctrl_c_after_a_line(self, folder, monkeypatch):
        store = Store(folder, OWN)

        def interrupted(descriptor):
            raise KeyboardInterrupt

        monkeypatch.setattr(os, "fsync", interrupted)
        with pytest.raises(KeyboardInterrupt):
            store.append([({"m": 7, "k": 7}, 0, "1")])
        assert tuple(store.outcomes.counts({"m": 7, "k": 7})) == (0, 0, 0)
        store.look_again()
        assert tuple(store.outcomes.counts({"m": 7, "k": 7})) == (1, 1, 0)
        store.close()


class TestLock:
    def test_ends_with_its_process(self, tmp_path):
        code = (
            "import sys, os; from pathlib import Path\n"
            "from sensing_theorems.sweep.lock import Lock\n"
            "held = Lock(Path(sys.argv[1]))\n"
            "print('held', flush=True); sys.stdin.read()"
        )
        holder = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "lock")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        with holder:
            assert holder.stdout.readline() == b"held\n"
            with pytest.raises(BlockingIOError):
                Lock(tmp_path / "lock")
            holder.kill()
        Lock(tmp_path / "lock").release()

    @pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
    @pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
    def test_does_not_go_on_in_a_fork(self, tmp_path):
        lock = Lock(tmp_path / "lock")
        ready, child = os.pipe(), os.fork()
        if child == 0:
            os.close(ready[1])
            os.read(ready[0], 1)
            os._exit(0)
        os.close(ready[0])
        lock.release()
        try:
            Lock(tmp_path / "lock").release()
        finally:
            os.close(ready[1])
            os.waitpid(child, 0)

    def test_threads_do_not_both_hold_it(self, tmp_path):
        before = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        try:
            for number in range(50):
                held, barrier = [], threading.Barrier(4)
                path = tmp_path / str(number)

                def take(held=held, barrier=barrier, path=path):
                    barrier.wait()
                    try:
                        held.append(Lock(path))
                    except BlockingIOError:
                        pass

                threads = [threading.Thread(target=take) for _ in range(4)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                assert len(held) == 1
                held[0].release()
        finally:
            sys.setswitchinterval(before)


class TestRemoved:
    def test_is_noticed(self, folder):
        store = Store(folder, OWN)
        (folder / "cells.jsonl").unlink()
        with pytest.raises(ValueError, match="was removed or replaced while in use"):
            store.append(BLOCKS[:1])
        store.close()


class TestOutcomes:
    @given(some.lists(some.tuples(some.integers(0, 30), some.integers(1, 8)), max_size=8))
    def test_what_is_missing_is_what_was_not_added(self, parts):
        outcomes, known, cell = Outcomes(), set(), {"m": 1}
        for first, count in parts:
            # A function of the number of the trial, as outcomes are.
            text = "".join("01?"[number % 3] for number in range(first, first + count))
            outcomes.add(cell, first, text)
            known |= set(range(first, first + count))
        ranges = outcomes.missing(cell, 25)
        missing = {number for first, count in ranges for number in range(first, first + count)}
        assert missing == set(range(25)) - known
        assert all(count > 0 for _, count in ranges)
        expected = [
            sum(number % 3 == kind for number in known if number < 25) for kind in (1, 0, 2)
        ]
        found = outcomes.counts(cell, 25)
        assert found == (expected[0], expected[0] + expected[1], expected[2])
