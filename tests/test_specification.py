"""When two sweeps count as the same."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from sensing_theorems.sweep.specification import describe_task, differences, digest, specification

ROOT = Path(__file__).resolve().parents[1]
LEVEL = 0.5


def helper(x):
    return x > LEVEL


def plain(cell, rng, share=0.5):
    return helper(rng.random() * share)


def enclosing(share, table=None):
    def task(cell, rng):
        return rng.random() < share and table is None

    return task


@dataclass(frozen=True)
class Frozen:
    n: int
    share: float = 0.5

    def __call__(self, cell, rng):
        return rng.random() < self.share


class Revised:
    revision = 3

    def __init__(self, n):
        self.n = n

    def __call__(self, cell, rng):
        return True


def module(tmp_path, name, text):
    """A function `task` from a file that is written, imported and forgotten."""
    (tmp_path / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")
    code = (
        f"import sys, json; sys.path.insert(0, {str(tmp_path)!r})\n"
        f"from {name} import task\n"
        "from sensing_theorems.sweep.specification import describe_task\n"
        "print(json.dumps(describe_task(task), sort_keys=True))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class TestSame:
    @pytest.mark.parametrize(
        "make",
        [
            lambda: plain,
            lambda: enclosing(0.3),
            lambda: enclosing(0.3, np.arange(4.0)),
            lambda: Frozen(5),
            lambda: functools.partial(plain, share=0.2),
            lambda: Revised(2),
            lambda: lambda cell, rng: rng.random() in {0.1, 0.2},
        ],
    )
    def test_made_twice(self, make):
        one, other = describe_task(make()), describe_task(make())
        assert one == other and digest(one) == digest(other)
        assert json.loads(json.dumps(one)) == one

    def test_in_another_process_and_another_layout(self, tmp_path):
        first = """
            LEVELS = {"low": 1, "high": 2}
            def task(cell, rng):
                '''Say what it does.'''
                return cell["m"] in {"a", "b", "c"}  # for no reason
        """
        second = """
            LEVELS = {"low": 1, "high": 2}
            # moved down
            def task(
                cell,
                rng,
            ):
                return (cell["m"]
                    in {"a", "b", "c"})
        """
        assert module(tmp_path, "same", first) == module(tmp_path, "same", second)

    def test_order_of_axes(self):
        assert specification(plain, ["m", "k"], 0) == specification(plain, ["k", "m"], 0)


class TestDifferent:
    @pytest.mark.parametrize(
        "one, other, where",
        [
            (enclosing(0.3), enclosing(0.4), "parameters.share: 0.3 in the store, 0.4 now"),
            (Frozen(5), Frozen(6), "parameters.n: 5 in the store, 6 now"),
            (Revised(2), Revised(4), "parameters.n"),
            (functools.partial(plain, share=1.0), plain, "parameters.share: 1.0 in the store"),
            (enclosing(1, np.zeros(3)), enclosing(1, np.ones(3)), "parameters.table.sha256"),
            (plain, Frozen(5), "name: "),
            (lambda cell, rng: True, lambda cell, rng: False, "code"),
        ],
    )
    def test_is_named(self, one, other, where):
        found = differences(describe_task(one), describe_task(other))
        assert any(where in line for line in found), found

    def test_seed_and_axes(self):
        found = differences(specification(plain, ["m"], 0), specification(plain, ["m", "k"], 1))
        assert found == ['axes: ["m"] in the store, ["k", "m"] now', "seed: 0 in the store, 1 now"]

    BASE = """
        LEVEL = 1
        def inner(x):
            return x > LEVEL
        def task(cell, rng):
            return inner(cell["m"])
    """

    @pytest.mark.parametrize(
        "old, new, where",
        [
            ("x > LEVEL", "x >= LEVEL", "uses.inner.code"),
            ("LEVEL = 1", "LEVEL = 2", "uses.inner.parameters.LEVEL: 1 in the store, 2 now"),
            ('cell["m"]', 'cell["k"]', "code"),
        ],
    )
    def test_code_of_a_module(self, tmp_path, old, new, where):
        one = module(tmp_path, "one", self.BASE)
        other = module(tmp_path, "one", self.BASE.replace(old, new))
        assert any(line.startswith(where) for line in differences(one, other))

    def test_a_revision_stands_for_the_code(self):
        found = describe_task(Revised(1))
        assert found["revision"] == 3 and "code" not in found


class TestAnythingCanBeDescribed:
    def test_a_function_that_calls_itself(self):
        found = describe_task(recursive)
        assert found["uses"]["recursive"]["parameters"] == {}

    def test_an_object_that_holds_itself(self):
        class Loop:
            def __init__(self):
                self.me, self.all = self, [self]

            def __call__(self, cell, rng):
                return True

        json.dumps(describe_task(Loop()))

    def test_odd_values(self):
        held = {"nan": float("nan"), "set": {2, 1}, "rng": np.random.default_rng(0), "np": np}
        found = describe_task(enclosing(held))
        assert json.loads(json.dumps(found, allow_nan=False)) == found


def recursive(cell, rng):
    return cell["m"] < 1 or recursive({"m": cell["m"] - 1}, rng)
