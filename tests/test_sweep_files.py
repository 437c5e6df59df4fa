"""Settings of sweeps in TOML files, and tasks by name."""

from __future__ import annotations

import json
import sys
from dataclasses import fields

import numpy as np
import pytest

import sensing_theorems as st
from sensing_theorems import tasks
from sensing_theorems.sweep.specification import specification
from sensing_theorems.sweep_files import load_settings, named_task, task_of
from sensing_theorems.tasks.base import Task

SPEC = """
task = "SubspaceIdentification"
trials = 20
seed = 3
[parameters]
n = 12
k = 3
[grid]
m = "4:9"
G = [1, 2, 5]
"""
SOURCE = """
def coin(cell, rng, share=0.5):
    return bool(rng.random() < share)

def lonely():
    return True

class Coin:
    def __init__(self, share):
        self.share = share

    def __call__(self, cell, rng):
        return bool(rng.random() < self.share)

class Several(Coin):
    def many(self, cell, rngs):
        return [self(cell, rng) for rng in rngs]

fair = Coin(0.5)
several = Several(0.5)
number = 3
"""
BUILT_IN = [
    kind
    for kind in map(tasks.__dict__.get, tasks.__all__)
    if kind is not Task and isinstance(kind, type) and issubclass(kind, Task)
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A current directory with a spec file, and modules, sound and unsound."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "spec.toml").write_text(SPEC, encoding="utf-8")
    (tmp_path / "coins_of_files.py").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "leaving_of_files.py").write_text("raise SystemExit(7)", encoding="utf-8")
    yield tmp_path
    for name in ("coins_of_files", "leaving_of_files"):
        sys.modules.pop(name, None)


def written(folder, **changes):
    """The spec file with other lines for some keys; None leaves a key out."""
    lines = SPEC.strip().splitlines()
    for key, value in changes.items():
        places = [i for i, line in enumerate(lines) if line.split(" =")[0] == key]
        line = [] if value is None else [f"{key} = {value}"]
        if places:
            lines[places[0] : places[0] + 1] = line
        else:
            lines[:0] = line
    (folder / "spec.toml").write_text("\n".join(lines), encoding="utf-8")
    return "spec.toml"


class TestSettings:
    def test_are_what_the_file_says(self, folder):
        found = load_settings(written(folder, store='"runs/a"', refine='"m"'))
        assert found.task == tasks.SubspaceIdentification(n=12, k=3)
        assert {name: list(values) for name, values in found.grid.items()} == {
            "m": [4, 5, 6, 7, 8, 9],
            "G": [1, 2, 5],
        }
        assert (found.trials, found.seed, found.store, found.refine) == (20, 3, "runs/a", "m")

    def test_flags_win(self, folder):
        flags = {"trials": 7, "seed": 0, "store": "b", "refine": "G"}
        found = load_settings(written(folder, store='"a"', refine='"m"'), flags)
        assert {key: getattr(found, key) for key in flags} == flags

    def test_flags_may_stand_for_what_is_not_there(self, folder):
        found = load_settings(written(folder, trials=None), {"trials": 5})
        assert (found.trials, found.seed) == (5, 3)
        assert found.store is None and found.refine is None

    @pytest.mark.parametrize(
        "text, values",
        [
            ('"1:40:3"', range(1, 41, 3)),  # 1 + 3 * 13 = 40: both ends
            ('"1:9:5"', [1, 6]),
            ('"11:40:8"', [11, 19, 27, 35]),  # up to 40
            ('" 2 : 4 "', [2, 3, 4]),
            ('"-2:1"', [-2, -1, 0, 1]),
            ('"7:7"', [7]),
            ("7", [7]),
            ("[9, 4]", [9, 4]),
        ],
    )
    def test_forms_of_an_axis(self, folder, text, values):
        path = written(folder, task='"coins_of_files:coin"', n=None, k=None, m=text)
        assert list(load_settings(path).grid["m"]) == list(values)

    def test_of_an_editor_that_marks_its_files(self, folder):
        text = (folder / "spec.toml").read_text(encoding="utf-8").replace("\n", "\r\n")
        (folder / "spec.toml").write_bytes(b"\xef\xbb\xbf" + text.encode())
        assert load_settings("spec.toml").seed == 3

    def test_any_seed_that_a_sweep_takes(self, folder):
        assert load_settings(written(folder, seed=2**127)).seed == 2**127


BAD = {
    "unknown key": ({"trails": 3}, "unknown key 'trails'; did you mean 'trials'"),
    "trials a string": ({"trials": '"20"'}, "`trials` must be an integer; got '20'"),
    "trials a float": ({"trials": "20.0"}, "`trials` must be an integer; got 20.0"),
    "trials true": ({"trials": "true"}, "`trials` must be an integer; got True"),
    "trials 0": ({"trials": "0"}, "`trials` must be at least 1; got 0"),
    "seed below 0": ({"seed": "-1"}, "`seed` must be at least 0; got -1"),
    "no trials": ({"trials": None}, "`trials` must be given in the file, or by --trials"),
    "no seed": ({"seed": None}, "`seed` must be given in the file, or by --seed"),
    "no task": ({"task": None}, "`task` must be given in the file; it was not"),
    "task a number": ({"task": "3"}, "`task` must be a string; got 3"),
    "store a number": ({"store": "3"}, "`store` must be a string; got 3"),
    "store empty": ({"store": '""'}, "`store` must be the name of a directory; got ''"),
    "store with a null byte": (
        {"store": '"a\\u0000b"'},
        "`store` must be the name of a directory; got 'a\\x00b'",
    ),
    "refine a list": ({"refine": '["m"]'}, "`refine` must be a string; got ['m']"),
    "unknown task": ({"task": '"SubspaceIdentificaton"'}, "mean 'SubspaceIdentification'"),
    "unknown parameter": ({"k": None, "n": "12\nkk = 3"}, "parameter of SubspaceIdentification"),
    "bad parameter": ({"n": "0"}, "`n` must be a positive integer; got 0"),
    "parameter a float": ({"n": "12.5"}, "`n` must be an integer; got float"),
    "parameter and axis": ({"k": "3\nm = 5"}, "`m` must be given once"),
    "neither": ({"k": None}, "`k` must be given in the task or in the cell"),
    "unknown axis": ({"G": "3\nq = 3"}, "'q'"),
    "refine no axis": ({"refine": '"M"'}, "unknown axis to refine 'M'. Known: m, G"),
    "axis a float": ({"m": "4.5"}, "`grid.m` must be an integer, a list of integers, or a range"),
    "axis true": ({"m": "true"}, "`grid.m` must be an integer, a list"),
    "axis of floats": ({"m": "[4, 5.0]"}, "`grid.m` must be an integer, a list"),
    "axis of booleans": ({"m": "[4, true]"}, "`grid.m` must be an integer, a list"),
    "axis empty": ({"m": "[]"}, "`grid.m` must be an integer, a list"),
    "axis a word": ({"m": '"few"'}, "'1:40' or '1:40:3'; got 'few'"),
    "axis from above": ({"m": '"9:4"'}, "`grid.m` must be first:last or first:last:step"),
    "axis without steps": ({"m": '"4:9:0"'}, "`grid.m` must be first:last or first:last:step"),
    "axis too long": ({"m": '"1:999999999"'}, "`grid.m` may have at most 10000000 values"),
    "no TOML": ({"m": "'"}, "spec.toml must be a TOML file: "),
    "no module": ({"task": '"no_module_here:f"'}, "No module named 'no_module_here'"),
    "module that leaves": ({"task": '"leaving_of_files:f"'}, "importing leaving_of_files"),
    "no function": ({"task": '"coins_of_files:cion"'}, "did you mean 'coin'"),
    "no callable": (
        {"task": '"coins_of_files:number"'},
        "a function of a cell and an rng; got int",
    ),
    "wrong arguments": ({"task": '"coins_of_files:lonely"', "n": None, "k": None}, "(cell, rng)"),
    "wrong keyword": ({"task": '"coins_of_files:coin"'}, "(cell, rng, n=..., k=...)"),
    "object with parameters": ({"task": '"coins_of_files:several"'}, "to take [parameters]"),
    "class that takes none": ({"task": '"coins_of_files:Coin"'}, "TypeError: "),
}


class TestBadSettings:
    @pytest.mark.parametrize("changes, said", BAD.values(), ids=BAD)
    def test_is_one_line_with_the_name_of_the_file(self, folder, changes, said):
        with pytest.raises(ValueError) as caught:
            load_settings(written(folder, **changes))
        text = str(caught.value)
        assert text.startswith("spec.toml") and said in text and "\n" not in text

    @pytest.mark.parametrize("table", ["grid", "parameters"])
    def test_tables_must_be_tables(self, folder, table):
        (folder / "spec.toml").write_text(f"{table} = 3\n", encoding="utf-8")
        with pytest.raises(ValueError, match=f"`{table}` must be a table; got 3"):
            load_settings("spec.toml")

    def test_a_grid_has_axes(self, folder):
        (folder / "spec.toml").write_text(SPEC.partition("m =")[0], encoding="utf-8")
        with pytest.raises(ValueError, match="at least one axis"):
            load_settings("spec.toml")

    def test_no_file(self, folder):
        with pytest.raises(ValueError, match=r"none\.toml: No such file"):
            load_settings("none.toml")
        with pytest.raises(ValueError, match=r"Is a directory|Permission denied"):
            load_settings(".")

    def test_no_name(self, folder):
        with pytest.raises(ValueError, match="SPEC must be the name of a file; got ''"):
            load_settings("")

    def test_flags_are_looked_at_too(self, folder):
        with pytest.raises(ValueError, match="`store` must be the name of a directory; got ''"):
            load_settings("spec.toml", {"store": ""})

    def test_no_text(self, folder):
        (folder / "spec.toml").write_bytes(b"\xff\xfe\x00")
        with pytest.raises(ValueError, match="must be a TOML file"):
            load_settings("spec.toml")


class TestNamedTask:
    def test_functions_take_further_arguments(self, folder):
        task = named_task("coins_of_files:coin", {"share": 0.9})
        draws = [np.random.default_rng(seed).random() < 0.9 for seed in range(20)]
        assert [task({"m": 1}, np.random.default_rng(seed)) for seed in range(20)] == draws

    def test_parameters_are_part_of_the_specification(self, folder):
        def about(share):
            task = named_task("coins_of_files:coin", {"share": share})
            return specification(task, ["m"], 0)["task"]["parameters"]

        assert about(0.9) == {"share": 0.9} and about(0.8) == {"share": 0.8}

    def test_classes_are_made_and_objects_taken(self, folder):
        assert named_task("coins_of_files:Coin", {"share": 1.0})({}, np.random.default_rng(0))
        fair = named_task("coins_of_files:fair", {})
        assert fair is sys.modules["coins_of_files"].fair

    def test_a_built_in_task_by_its_full_name(self):
        name = f"{tasks.SubspaceIdentification.__module__}:SubspaceIdentification"
        task = named_task(name, {"n": 12, "k": 3})
        assert task == named_task("SubspaceIdentification", {"n": 12, "k": 3})


def samples(kind):
    """Parameters of a built-in task: small integers, and an action where there must be one."""
    given = {"n": 12, "k": 3, "m": 4}
    taken = [field.name for field in fields(kind)]
    found = {name: value for name, value in given.items() if name in taken}
    if "action" in taken and kind is not tasks.FullRank:
        found = {"action": "shifts:12,stride=4", "k": 3}
    return found


class TestTaskOf:
    @pytest.mark.parametrize("kind", BUILT_IN, ids=lambda kind: kind.__name__)
    def test_is_the_task_that_was_swept(self, kind):
        task = named_task(kind.__name__, samples(kind))
        stored = json.loads(json.dumps(specification(task, ["G"], 0)))
        assert task_of(stored) == task

    def test_other_tasks_are_none(self, folder):
        for task in (named_task("coins_of_files:coin", {}), lambda cell, rng: True):
            assert task_of(specification(task, ["m"], 0)) is None

    @pytest.mark.parametrize(
        "stored",
        [
            {},
            {"task": None},
            {"task": {"name": 3, "parameters": {}}},
            {"task": {"name": "os:system", "parameters": {"command": "false"}}},
            {"task": {"name": "sensing_theorems.tasks.base:Task", "parameters": {}}},
        ],
    )
    def test_nothing_else_is_made(self, stored):
        assert task_of(stored) is None

    @pytest.mark.parametrize(
        "change",
        [
            {"parameters": {"n": 0}},
            {"parameters": {"size": 3}},
            {"parameters": None},
            {"revision": -1},
        ],
    )
    def test_other_versions_are_none(self, change):
        stored = specification(st.tasks.SubspaceIdentification(n=12, k=3), ["m"], 0)
        assert task_of(stored) is not None
        assert task_of({"task": {**stored["task"], **change}}) is None
