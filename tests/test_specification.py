"""When two sweeps count as the same."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import sensing_theorems as st
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


# Imports every source as a module of one name, and describes its task; after it was used as well.
DRIVER = """
import importlib.util, json, sys
from pathlib import Path
from sensing_theorems.sweep.specification import describe_task

def describe(name, text):
    path = Path(sys.argv[1]) / f"{abs(hash((name, text)))}.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("own", path)
    sys.modules["own"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if isinstance(module.task, list):
        return [describe_task(task) for task in module.task]
    before = describe_task(module.task)
    getattr(module, "use", lambda: None)()
    return before, describe_task(module.task)

texts = json.loads(sys.stdin.read())
print(json.dumps({name: describe(name, texts[name]) for name in texts}))
"""


def run(code, *arguments, text=None, **environment):
    done = subprocess.run(
        [sys.executable, *code, *map(str, arguments)],
        cwd=ROOT,
        input=text,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def described(folder, texts, hash_seed):
    """Descriptions of the tasks of several files, before and after use, in a process of its own."""
    clean = {name: textwrap.dedent(text) for name, text in texts.items()}
    text, seed = json.dumps(clean), str(hash_seed)
    return run(["-c", DRIVER], folder, text=text, PYTHONHASHSEED=seed)


# What a task reaches, with @@ for what is changed.
REACHED = {
    "a helper": """
        def h(): return @@
        def task(c, r): return h() > 1
    """,
    "its own code": "def task(c, r): return @@ > 1",
    "a default": "def task(c, r, k=@@): return k > 1",
    "a default by keyword": "def task(c, r, *, k=@@): return k > 1",
    "helper in a generator expression": """
        def h(i): return @@
        def task(c, r): return all(h(i) > 1 for i in range(3))
    """,
    "helper in a list": """
        def h(i): return @@
        def task(c, r): return len([h(i) > 1 for i in range(3)]) > 2
    """,
    "helper in a lambda": """
        def h(i): return @@
        def task(c, r): return max(range(3), key=lambda i: h(i)) > 1
    """,
    "helper in a function within": """
        def h(i): return @@
        def task(c, r):
            def inner(): return h(1)
            return inner() > 1
    """,
    "global in a generator expression": """
        K = @@
        def task(c, r): return all(K > 1 for i in range(3))
    """,
    "global of a helper's helper": """
        K = @@
        def g(): return sum(K for i in range(2))
        def h(): return g()
        def task(c, r): return h() > 1
    """,
    "a private global": """
        _TABLE = {"a": @@}
        def task(c, r): return _TABLE["a"] > 1
    """,
    "lambda": """
        h = lambda: @@
        def task(c, r): return h() > 1
    """,
    "table of functions": """
        def a(): return @@
        TABLE = {"a": a}
        def task(c, r): return TABLE["a"]() > 1
    """,
    "helper of a class": """
        def h(): return @@
        class Task:
            def __call__(self, c, r): return self.inner() > 1
            def inner(self): return h()
        task = Task()
    """,
    "global of a class": """
        K = @@
        class Task:
            def __call__(self, c, r): return K > 1
        task = Task()
    """,
    "method of a base": """
        class Base:
            def p(self): return @@
        class Middle(Base): pass
        class Task(Middle):
            def __call__(self, c, r): return self.p() > 1
        task = Task()
    """,
    "property": """
        class Task:
            @property
            def p(self): return @@
            def __call__(self, c, r): return self.p > 1
        task = Task()
    """,
    "cached property": """
        import functools
        class Task:
            @functools.cached_property
            def p(self): return @@
            def __call__(self, c, r): return self.p > 1
        task = Task()
    """,
    "class method": """
        class Task:
            @classmethod
            def p(cls): return @@
            def __call__(self, c, r): return self.p() > 1
        task = Task()
    """,
    "metaclass": """
        class Meta(type):
            def p(cls): return @@
        class Task(metaclass=Meta):
            def __call__(self, c, r): return type(self).p() > 1
        task = Task()
    """,
    "helper of a bound method": """
        def h(): return @@
        class Tool:
            def run(self, c, r): return h() > 1
        task = Tool().run
    """,
    "object of a bound method": """
        class Tool:
            def __init__(self, k): self.k = k
            def run(self, c, r): return self.k > 1
        task = Tool(@@).run
    """,
    "helper of a static method": """
        def g(): return @@
        class H:
            @staticmethod
            def h(): return g()
        def task(c, r): return H.h() > 1
    """,
    "helper of a partial of an object": """
        import functools
        def h(): return @@
        class Task:
            def __call__(self, c, r, z): return h() > z
        task = functools.partial(Task(), z=1)
    """,
    "field of the name of a keyword": """
        import functools
        class Task:
            def __init__(self, z): self.z = z
            def __call__(self, c, r, z): return self.z > z
        task = functools.partial(Task(@@), z=1)
    """,
    "body of a decorator": """
        import functools
        def deco(f):
            @functools.wraps(f)
            def w(c, r): return f(c, r) and @@ > 1
            return w
        @deco
        def task(c, r): return True
    """,
    "argument of a decorator": """
        import functools
        K = @@
        def deco(k):
            def outer(f):
                @functools.wraps(f)
                def w(*a): return f(*a) and k > 1
                return w
            return outer
        @deco(K)
        def h(): return True
        def task(c, r): return h()
    """,
    "what a library's decorator wraps": """
        import contextlib
        @contextlib.contextmanager
        def h(): yield @@
        def task(c, r):
            with h() as k: return k > 1
    """,
    "helper behind lru_cache": """
        import functools
        @functools.lru_cache
        def h(): return @@
        def task(c, r): return h() > 1
    """,
    "helper behind singledispatch": """
        import functools
        @functools.singledispatch
        def h(x): return 1
        @h.register(int)
        def _(x): return @@
        def task(c, r): return h(1) > 1
    """,
    "helper that is compiled": """
        import numba
        @numba.njit
        def h(): return @@
        def task(c, r): return h() > 1
    """,
    "helper that is vectorized": """
        import numba
        @numba.vectorize
        def h(x): return x + @@
        def task(c, r): return h(0.0) > 1
    """,
    "generalised ufunc": """
        import numba
        @numba.guvectorize("(n)->(n)")
        def h(x, y): y[0] = @@
        def task(c, r): return h is None
    """,
    "class of a global object": """
        class Tool:
            def p(self): return @@
        TOOLS = [(Tool(),)]
        def task(c, r): return TOOLS[0][0].p() > 1
    """,
    "class of an enclosed object": """
        class Tool:
            def p(self): return @@
        def make(tool):
            def task(c, r): return tool.p() > 1
            return task
        task = make(Tool())
    """,
    "class of a field": """
        from dataclasses import dataclass
        class Tool:
            def p(self): return @@
        @dataclass
        class Task:
            tool: object
            def __call__(self, c, r): return self.tool.p() > 1
        task = Task(Tool())
    """,
    "attribute beside the fields": """
        from dataclasses import dataclass
        @dataclass
        class Task:
            n: int
            def __call__(self, c, r): return self.more > 1
        task = Task(1)
        task.more = @@
    """,
    "attribute of a class, from outside": """
        class Task:
            k = 0
            def __call__(self, c, r): return self.k > 1
        Task.k = @@
        task = Task()
    """,
    "attribute of a class, computed": """
        K = @@
        class Task:
            k = K
            def __call__(self, c, r): return self.k > 1
        task = Task()
    """,
    "many of a function": """
        def task(c, r): return True
        def many(c, rs): return [@@ > 1] * len(rs)
        task.many = many
    """,
    "class without a text": """
        exec("class T:\\n    def __call__(self, c, r): return @@ > 1\\ntask = T()")
    """,
    "class without a module": """
        made = {}
        exec("class T:\\n    def __call__(self, c, r): return @@ > 1\\ntask = T()", made)
        task = made["task"]
    """,
    "task of this package, overridden": """
        import sensing_theorems as st
        class Task(st.tasks.FullRank):
            def many(self, c, rs): return [@@ > 1] * len(rs)
        task = Task(n=4)
    """,
    "value of an enumeration": """
        from enum import Enum
        class Kind(Enum):
            A = @@
        def task(c, r): return Kind.A.value > 1
    """,
    "method of an enumeration": """
        from enum import Enum
        class Kind(Enum):
            A = 0
            def p(self): return @@
        KIND = Kind.A
        def task(c, r): return KIND.p() > 1
    """,
    "what is in a named tuple": """
        from collections import namedtuple
        Point = namedtuple("Point", "x y")
        P = Point(0, @@)
        def task(c, r): return P.y > 1
    """,
    "function in a set": """
        def h(): return @@
        HELPERS = {h, len}
        def task(c, r): return len(HELPERS) > 1
    """,
}
# Two tasks of which one must not be taken for the other.
OTHERS = {
    "another library": ("import math as m", "import cmath as m", "def task(c, r): return m.pi"),
    "another built-in": ("f = min", "f = max", "def task(c, r): return f(1, 2)"),
    "another function of a library": (
        "from numpy import sin as f",
        "from numpy import cos as f",
        "def task(c, r): return f(1)",
    ),
    "which of two closures": (
        "PAIR = lambda a, b: [a, b, a]",
        "PAIR = lambda a, b: [a, b, b]",
        """
        def make(k): return lambda: k
        HELPERS = PAIR(make(1), make(2))
        def task(c, r): return HELPERS[2]() > 1
        """,
    ),
}
# Two ways to write one task; or one way only, and a use that must not matter.
SAME = {
    "comments, docstrings and layout": (
        """
        LEVELS = {"low": 1, "high": 2}
        class Tool:
            def p(self, x): return x
        def task(cell, rng):
            '''Say what it does.'''
            if cell["m"] > 1: return False
            return cell["m"] in {"a", "b", "c"} and LEVELS  # for no reason
        """,
        """
        "A module."
        LEVELS = {"high": 2, "low": 1}  # moved
        class Tool:
            "A tool."
            def p(self, x):
                "Return it."
                return x
        def task(
            cell,
            rng,
        ):
            if cell["m"] > 1:

                return False
            return (cell["m"]
                in {"a", "b", "c"}
                    and LEVELS)
        """,
    ),
    "what it does not use": (
        "def task(c, r): return r.mean > 1",
        """
        mean = 3
        def other(): return mean
        def task(c, r): return r.mean > 1
        """,
    ),
    "an action that is used": """
        import numpy as np
        import sensing_theorems as st
        shifts = st.groups.shifts(8, stride=2)
        def task(c, r):
            return st.stacked_rank(st.operators.gaussian(c["m"], 8, r), shifts).full
        def use(): task({"m": 2}, np.random.default_rng(0)), shifts.irreps, list(shifts.elements())
    """,
    "an operator that is used": """
        import numpy as np
        import sensing_theorems as st
        A = st.operators.gaussian(3, 8, np.random.default_rng(0))
        def task(c, r): return bool((A @ np.ones(8))[0] > 0)
        def use(): task({}, None), A.to_dense(), A.T, A.H
    """,
    "caches": """
        import functools
        CACHE = {}
        _memo = None
        @functools.lru_cache
        def h(): return 3
        class Tool:
            def __init__(self): self._cache = {}
            @functools.cached_property
            def table(self): return [1, 2]
            def p(self): self._cache[1] = 2; return self.table
        TOOL = Tool()
        def task(c, r): return (CACHE, _memo, h(), TOOL.p())
        def use():
            global _memo
            _memo = [3]
            CACHE[1] = task({}, None)
    """,
    "variables that it assigns": """
        COUNT, TABLE = 0, None
        def make():
            calls = 0
            def count():
                nonlocal calls
                calls += 1
                return calls
            return count
        count = make()
        def task(c, r):
            global COUNT, TABLE
            COUNT += count()
            if TABLE is None: TABLE = [1]
            return True
        def use(): task({}, None)
    """,
    "loggers, locks, streams and figures": """
        import logging, sys, threading
        import matplotlib.figure
        log, lock, out = logging.getLogger("own"), threading.Lock(), sys.stderr
        figure = matplotlib.figure.Figure()
        def task(c, r): return (log, lock, out, figure)
        def use(): logging.getLogger("own.more"), lock.acquire(), figure.subplots()
    """,
    "generators and vectorized functions": """
        import numpy as np
        rng, old = np.random.default_rng(3), np.random.RandomState(3)
        from random import random
        from numpy.random import rand
        twice = np.vectorize(lambda x: 2 * x)
        def task(c, r): return (rng, old, twice, random, rand)
        def use(): rng.random(), twice([1, 2]), random(), rand()
    """,
    "compiled functions that are used": """
        import numba
        @numba.njit
        def h(x): return x + 1
        @numba.vectorize
        def v(x): return x + 1
        def task(c, r): return h(v(1.0)) > 1
        def use(): task({}, None)
    """,
    "sparse matrices that are used": """
        import scipy.sparse as sp
        A = sp.csr_array(([1.0, 2.0, 3.0], ([0, 0, 1], [1, 1, 0])), shape=(2, 2))
        B = sp.coo_array(([1.0, 2.0], ([1, 0], [0, 0])), shape=(2, 2))
        def task(c, r): return (A, B)
        def use(): A.sort_indices(), A.has_canonical_format, B.sum_duplicates(), B.tocsr()
    """,
    "what an object says of itself": """
        class Tool:
            def __init__(self): self.level, self.calls = 1, 0
            def __sweep_parameters__(self): return {"level": self.level}
        tool = Tool()
        def task(c, r): return tool.level > 0
        def use(): tool.calls = 3
    """,
    "sets": """
        WORDS = {"a", "b", "c", ("d", frozenset("xyz"))}
        class Tool: pass
        TOOLS = {Tool, len, Tool().__init__}
        def task(c, r): return c["m"] in {"u", "v", "w"} and WORDS and TOOLS
        h = lambda c: c in {"u", "v", "w"}
        task.check = h
    """,
}


VALUES = """
import datetime, decimal, enum, fractions, functools, operator, pathlib, random
import re, types
import numpy as np, scipy.sparse as sp, sensing_theorems as st
from collections import OrderedDict, defaultdict, deque
class Slots:
    __slots__ = ("a",)
    def __init__(self, a): self.a = a
class Kind(enum.Enum):
    A, B = 1, 2
class Whole(int): pass
def deep(x, times):
    for _ in range(times): x = [x]
    return x
def loop(k):
    x = [k]; x.append(x); return x
def operator_of(k):
    forward, backward = (lambda X: k * X), (lambda Y: k * Y)
    return st.as_operator(forward, shape_in=2, adjoint=backward)
def make(x): return lambda c, r: bool(x)
task = [make(x) for x in (@@)]
"""
# No two in a row may be taken for each other.
ROWS = [
    "True, 1, 1.0, '1', np.int64(1), np.float32(1), Whole(1), 'True', None, 'None', 1 + 0j, b'1'",
    "float('nan'), 'nan', float('inf'), -float('inf'), 0.0, -0.0, np.float32('nan')",
    "[1, 2], (1, 2), {1, 2}, frozenset({1, 2}), [1, 2.0], deque([1, 2]), np.array([1, 2])",
    "{1: 2}, {'1': 2}, {1.0: 2}, {True: 2}, {(1,): 2}, OrderedDict({'1': 2}), [[1, 2]]",
    "{1: 'a', '1': 'b'}, {1: 'b', '1': 'a'}, {'name': 1}, {'array': 1}, {'items': {'name': 1}}",
    "1 + 2j, 3j, 2j + 1.5",
    "b'a', b'b', bytearray(b'a'), bytearray(b'b'), 'a', ''",
    "range(3), range(9), slice(3), slice(4), slice(3, None), [0, 1, 2]",
    "fractions.Fraction(1, 2), fractions.Fraction(1, 3), decimal.Decimal(1), decimal.Decimal(2)",
    "pathlib.Path('a'), pathlib.Path('b'), pathlib.PurePosixPath('a'), 'a'",
    "datetime.date(2020, 1, 1), datetime.date(2021, 1, 1), datetime.datetime(2020, 1, 1)",
    "re.compile('a'), re.compile('b'), re.compile('a', re.I)",
    "Kind.A, Kind.B, 1, 'A', Kind, Slots(1), Slots(2), Slots",
    "min, max, np.sin, np.cos, np.add, [].append, ''.join, 'a'.join, int, float, np, re",
    "np.dtype('f4'), np.dtype('f8'), np.float32",
    "functools.partial(np.add, 1), functools.partial(np.multiply, 1), functools.partial(np.add, 2)",
    "operator.itemgetter(1), operator.itemgetter(2), operator.attrgetter('a')",
    "np.zeros(2), np.zeros((2, 1)), np.zeros(2, np.int64), np.ones(2), np.zeros(2, np.float32)",
    "np.array([1, None]), np.array([2, None]), np.array([1, '1'], object)",
    "np.ma.array([1, 2], mask=[0, 1]), np.ma.array([1, 2], mask=[0, 0]), np.array([1, 2])",
    "np.random.default_rng(0), np.random.default_rng(1), np.random.default_rng(0).random,"
    " np.random.RandomState(0), np.random.RandomState(1), random.Random(0), random.Random(1)",
    "sp.eye_array(3), 2 * sp.eye_array(3), sp.eye_array(3, 4), sp.eye_array(3).tocsr()",
    "deep(1, 30), deep(2, 30), deep(1, 31), loop(1), loop(2), [1, [1]]",
    "defaultdict(int, a=1), defaultdict(float, a=1), types.MappingProxyType({'a': 1})",
    "'x' * 5000, 'x' * 5001, list(range(5000)), list(range(5001)), 10**5000, 10**5000 + 1",
    "st.groups.shifts(8), st.groups.shifts(8, stride=2), st.groups.reflections(8)",
    "st.groups.disk_rotations(4), st.groups.disk_rotations(5), st.groups.ball_rotations(2)",
    "st.as_operator(np.eye(2)), st.as_operator(2 * np.eye(2)), operator_of(1), operator_of(2)",
    "np.vectorize(lambda x: x), np.vectorize(lambda x: -x)",
]


def texts():
    found = {}
    for name, text in REACHED.items():
        found |= {f"1 {name}": text.replace("@@", "1"), f"2 {name}": text.replace("@@", "2")}
    for name, (one, other, rest) in OTHERS.items():
        rest = textwrap.dedent(rest)
        found |= {f"1 {name}": f"{one}\n{rest}", f"2 {name}": f"{other}\n{rest}"}
    for name, text in SAME.items():
        ways = (text,) if isinstance(text, str) else text
        found |= {f"{i} {name}": way for i, way in enumerate(ways)}
    return found | {row: VALUES.replace("@@", row) for row in ROWS}


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Descriptions of all tasks of the tables, from two processes."""
    rows = texts()
    calls = [
        (tmp_path_factory.mktemp("tasks"), rows, 1),
        (tmp_path_factory.mktemp("tasks"), dict(reversed(rows.items())), 2),
    ]
    with ThreadPoolExecutor() as threads:
        return list(threads.map(lambda call: described(*call), calls))


class TestFiles:
    @pytest.mark.parametrize("name", [*REACHED, *OTHERS])
    def test_a_change_is_noticed(self, tables, name):
        first, second = tables
        (one, _), (other, _) = first[f"1 {name}"], second[f"2 {name}"]
        assert digest(one) != digest(other) and differences(one, other)

    @pytest.mark.parametrize("name", SAME)
    def test_no_change_is_none(self, tables, name):
        found = [task for table in tables for i in (0, 1) for task in table.get(f"{i} {name}", ())]
        assert len(found) in (4, 8)
        assert [differences(found[0], other) for other in found] == [[]] * len(found)

    @pytest.mark.parametrize("name", [*REACHED, *OTHERS])
    def test_other_processes_agree(self, tables, name):
        first, second = tables
        for i in (1, 2):
            assert first[f"{i} {name}"] == second[f"{i} {name}"]

    def test_run_or_imported(self, tmp_path):
        text = """
            import json
            from dataclasses import dataclass
            from sensing_theorems.sweep.specification import describe_task
            class Tool:
                def p(self): return 1
            @dataclass
            class Task:
                tool: Tool
                def __call__(self, c, r): return helper(self.tool)
            def helper(tool): return tool.p()
            task = Task(Tool())
            if __name__ in ("__main__", "script"):
                print(json.dumps(describe_task(task)))
        """
        (tmp_path / "script.py").write_text(textwrap.dedent(text), encoding="utf-8")
        imported = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import script"
        with ThreadPoolExecutor() as threads:
            found = list(threads.map(run, ([tmp_path / "script.py"], ["-c", imported])))
        assert found[0] == found[1] and found[0]["name"] == "script:Task"
        assert found[0]["class"]["members"]["__call__"]["uses"]["helper"]["code"]

    def test_a_file_that_was_edited_and_not_loaded_again(self, tmp_path, monkeypatch):
        path = tmp_path / "edited.py"
        path.write_text("def task(c, r): return 1\n\ndef later(c, r): return 3\n", encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        import edited

        before = describe_task(edited.task)
        later = "def task(c, r):\n    return 2\n# More\ndef later(c, r): return 3\n"
        path.write_text(later, encoding="utf-8")
        os.utime(path, (1, 1))
        # What is run is what was loaded, and what was not edited is what it was.
        assert describe_task(edited.task) == before
        own = describe_task(edited.later)
        monkeypatch.delitem(sys.modules, "edited")
        import edited as again

        assert describe_task(again.task) != before and describe_task(again.later) == own


class TestValues:
    @pytest.mark.parametrize("row", ROWS)
    def test_every_value_is_itself_alone(self, tables, row):
        one, other = ([digest(task) for task in table[row]] for table in tables)
        assert one == other and len(set(one)) == len(one)


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

    def test_order_of_axes(self):
        assert specification(plain, ["m", "k"], 0) == specification(plain, ["k", "m"], 0)

    @pytest.mark.parametrize(
        "task",
        [st.tasks.FullRank(n=4), functools.partial(plain, share=0.2), Revised(2).__call__],
    )
    def test_nothing_differs(self, task):
        assert differences(specification(task, ["m"], 0), specification(task, ["m"], 0)) == []


class TestDifferent:
    @pytest.mark.parametrize(
        "one, other, where",
        [
            (enclosing(0.3), enclosing(0.4), "parameters.share: 0.3 in the store, 0.4 now"),
            (enclosing(1), enclosing(True), "parameters.share: 1 in the store, true now"),
            (enclosing(1), enclosing(1.0), "parameters.share: 1 in the store, 1.0 now"),
            (Frozen(5), Frozen(6), "parameters.n: 5 in the store, 6 now"),
            (Revised(2), Revised(4), "parameters.n"),
            (functools.partial(plain, share=1.0), plain, "parameters.share: 1.0 in the store"),
            (enclosing(1, np.zeros(3)), enclosing(1, np.ones(3)), "parameters.table.sha256"),
            (enclosing(1, [Frozen(1)]), enclosing(1, [Frozen(2)]), "table.0.parameters.n: 1 in"),
            (lambda cell, rng: True, lambda cell, rng: False, "code"),
        ],
    )
    def test_is_named(self, one, other, where):
        found = differences(describe_task(one), describe_task(other))
        assert any(where in line for line in found), found

    def test_of_another_task_only_the_name(self):
        (found,) = differences(specification(plain, ["m"], 0), specification(Frozen(5), ["m"], 0))
        assert found.startswith('task.name: "') and found.endswith(':Frozen" now')

    def test_seed_and_axes(self):
        found = differences(specification(plain, ["m"], 0), specification(plain, ["m", "k"], 1))
        assert found == ['axes: ["m"] in the store, ["k", "m"] now', "seed: 0 in the store, 1 now"]

    def test_what_is_missing(self):
        assert differences({"a": None}, {}) == ["a: null in the store, nothing now"]

    @pytest.mark.parametrize("before, after", [({}, {"a": 1}), ([], [1]), ({"a": 1}, {})])
    def test_what_was_filled_can_be_left_out(self, before, after):
        one, other = describe_task(enclosing(1, before)), describe_task(enclosing(1, after))
        (found,) = differences(one, other)
        assert "parameters.table" in found and "left out where its name ends in `cache`" in found

    def test_what_was_changed_is_not_called_filled(self):
        found = differences(describe_task(enclosing(1)), describe_task(enclosing(2)))
        assert found == ["parameters.share: 1 in the store, 2 now"]


class TestRevisions:
    @pytest.mark.parametrize("kind", [st.tasks.SubspaceIdentification, st.tasks.FullRank])
    def test_tasks_of_this_package_have_name_parameters_and_revision(self, kind):
        task = kind(n=12, G=2)
        name = f"{kind.__module__}:{kind.__qualname__}"
        own = {name: getattr(task, name) for name in kind.__dataclass_fields__ if name != "axes"}
        parameters = {key: own[key] for key in own if key not in ("optional", "revision")}
        found = {"name": name, "parameters": parameters, "revision": kind.revision}
        assert describe_task(task) == found

    def test_stands_for_the_code(self):
        found = describe_task(Revised(1))
        assert found["revision"] == 3 and "class" not in found

    def test_is_not_inherited(self):
        class Heir(Revised):
            def __call__(self, cell, rng):
                return False

        found = describe_task(Heir(1))
        assert "revision" not in found and found["class"]["members"]["__call__"]["code"]

    def test_a_field_is_none(self):
        @dataclass
        class Task:
            revision: int = 1

            def __call__(self, cell, rng):
                return True

        found = describe_task(Task())
        assert found["parameters"] == {"revision": 1} and "class" in found


class TestAnythingCanBeDescribed:
    def test_a_function_that_calls_itself(self):
        found = describe_task(recursive)
        assert found["uses"]["recursive"] == {"name": found["name"], "again": 0}

    def test_an_object_that_holds_itself(self):
        class Loop:
            def __init__(self):
                self.me, self.all = self, [self]

            def __call__(self, cell, rng):
                return True

        json.dumps(describe_task(Loop()), allow_nan=False)

    def test_nodes_that_all_know_each_other(self):
        nodes = [Revised(i) for i in range(60)]
        for node in nodes:
            node.others = nodes[:]
        json.dumps(describe_task(enclosing(1, nodes)))

    def test_what_is_left_out(self):
        def task(cell, rng, cache={}, seen_memo=None, use_cache=True, size_cache=3):  # noqa: B006
            return bool(cache or seen_memo or use_cache or size_cache)

        found = describe_task(task)
        assert found["parameters"] == {"use_cache": True, "size_cache": 3}

    def test_a_dict_with_a_key_of_that_name_is_whole(self):
        one, other = ({"table": {"cache": {}, "k": k}} for k in (1, 2))
        found = differences(describe_task(enclosing(one)), describe_task(enclosing(other)))
        assert found == ["parameters.share.table.k: 1 in the store, 2 now"]
        assert describe_task(enclosing(one))["parameters"]["share"]["table"]["cache"] == {}

    def test_many_values_are_short(self):
        held = {"text": "x" * 10**6, "list": list(range(10**5)), "array": np.zeros(10**6)}
        assert len(json.dumps(describe_task(enclosing(held)))) < 2000


class TestRefusals:
    @pytest.mark.parametrize(
        "make, kind",
        [
            (lambda: (x for x in "ab"), "generator"),
            (lambda: memoryview(b"ab"), "memoryview"),
            (lambda: np.frompyfunc(helper, 1, 1), "ufunc"),
        ],
    )
    def test_what_has_no_saying(self, make, kind):
        told = rf"it uses a [a-z]+:{kind} in share\.tool, whose state cannot be described"
        with pytest.raises(TypeError, match=told):
            describe_task(enclosing({"tool": make()}))

    def test_an_object_may_say_it(self):
        class Tool:
            def __init__(self, level):
                self.level, self.steps = level, (x for x in "ab")

            def __sweep_parameters__(self):
                return {"level": self.level}

        one, other = (describe_task(enclosing(Tool(k))) for k in (1, 2))
        found = differences(one, other)
        assert found == ["parameters.share.parameters.level: 1 in the store, 2 now"]

    def test_too_deep(self):
        nest = []
        for _ in range(5000):
            nest = [nest]
        with pytest.raises(TypeError, match="holds too deep a nest"):
            describe_task(enclosing(nest))


def recursive(cell, rng):
    return cell["m"] < 1 or recursive({"m": cell["m"] - 1}, rng)
