"""The rules of the house: what an import costs, which names exist, how the code is written."""

from __future__ import annotations

import ast
import itertools
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sensing_theorems as st

pytestmark = pytest.mark.compiled

ROOT = Path(__file__).resolve().parents[1]
# Not the folder beside the tests: a release is tested where that is gone.
PACKAGE = Path(st.__file__).resolve().parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
SPEAKING = ("cli", "demo")
ROOMS = {"cli", "demo", "plot", "equivariant_imaging", "interop"}


def python(code: str, **environment: str) -> str:
    """Run `code` in a fresh interpreter and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        pytest.fail(done.stderr)
    return done.stdout.strip()


def loaded(code: str, candidates: tuple[str, ...]) -> list[str]:
    """Which of the candidate modules are loaded after `code`."""
    return python(
        f"{code}\nimport sys\nprint(*(m for m in {candidates} if m in sys.modules))"
    ).split()


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room(path: Path) -> str:
    """Name of the direct child of the package that a file belongs to."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def every_source(*, without: tuple[str, ...] = ()) -> pytest.MarkDecorator:
    files = [path for path in SOURCES if room(path) not in without]
    return pytest.mark.parametrize("path", files, ids=module_name)


class TestImportBudget:
    def test_the_package_alone_loads_nothing_heavy(self):
        heavy = ("numpy", "scipy", "sympy", "numba", "matplotlib", "torch", "joblib")
        assert loaded("import sensing_theorems", heavy) == []

    def test_the_package_alone_is_quick(self):
        clock = (
            "from time import perf_counter as t; a = t(); import sensing_theorems; print(t() - a)"
        )
        # Best of five: the question is what the import costs, not how busy the machine is.
        assert min(float(python(clock)) for _ in range(5)) < 0.05

    def test_the_whole_core_loads_no_room(self):
        core = sorted({*st._HOME, *st._SUBMODULES} - ROOMS)
        rooms = ("matplotlib", "torch", "deepinv", "dask", "xarray", "sympy", "scipy.stats")
        assert (
            loaded(f"import sensing_theorems as st\nfor n in {core}: getattr(st, n)", rooms) == []
        )


class TestPublicNames:
    @pytest.mark.parametrize("name", st.__all__)
    def test_resolves(self, name):
        value = getattr(st, name)
        assert value is getattr(st, name)
        assert name in dir(st)

    def test_submodules_are_modules(self):
        for name in st._SUBMODULES:
            assert getattr(st, name) is sys.modules[f"sensing_theorems.{name}"]

    def test_type_checkers_see_the_same_names(self):
        tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
        block = next(
            node
            for node in tree.body
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        )
        homes = {}
        for statement in block.body:
            for alias in statement.names:
                homes[alias.asname] = statement.module
        expected = {name: f"sensing_theorems.{home}" for name, home in st._HOME.items()}
        assert homes == {**expected, **dict.fromkeys(st._SUBMODULES, "sensing_theorems")}

    def test_unknown_names_are_refused(self):
        with pytest.raises(AttributeError, match="no attribute 'analyse'"):
            st.analyse  # noqa: B018


class TestNameSharedWithItsModule:
    """`st.stacked_rank` is the function, in whatever order things were imported."""

    STEPS = (
        "import sensing_theorems.stacked_rank",
        "from sensing_theorems.stacked_rank import RankResult",
        "import importlib; importlib.import_module('sensing_theorems.stacked_rank')",
        "from sensing_theorems import stacked_rank",
        "import sensing_theorems as st; st.stacked_rank",
        "import sensing_theorems as st; st.analyze",
    )

    def test_every_order(self):
        # One interpreter for all orders, since each new one would load NumPy and Numba again.
        orders = [order for r in (1, 2, 3) for order in itertools.permutations(self.STEPS, r)]
        wrong = f"""
import sys, types
for order in {orders}:
    for name in [name for name in sys.modules if name.split(".")[0] == "sensing_theorems"]:
        del sys.modules[name]
    for step in order:
        exec(step, {{}})
    import sensing_theorems as st
    from sensing_theorems import stacked_rank
    module = sys.modules["sensing_theorems.stacked_rank"]
    if not isinstance(stacked_rank, types.FunctionType):
        print("not the function:", order)
    if not (st.stacked_rank is stacked_rank is module.stacked_rank):
        print("not the same function:", order)
"""
        assert python(wrong) == ""

    def test_workers_can_receive_it(self):
        assert pickle.loads(pickle.dumps(st.stacked_rank)) is st.stacked_rank

    def test_after_the_module_was_loaded_again(self):
        again = (
            "import importlib, sys, sensing_theorems.stacked_rank\n"
            "importlib.reload(sys.modules['sensing_theorems.stacked_rank'])\n"
            "del sys.modules['sensing_theorems.stacked_rank']\n"
            "import sensing_theorems as st, sensing_theorems.stacked_rank\n"
            "print(type(st.stacked_rank).__name__)"
        )
        assert python(again) == "function"


class TestSources:
    @every_source(without=SPEAKING)
    def test_neither_prints_nor_asserts(self, path):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            where = f"{module_name(path)}, line {getattr(node, 'lineno', 0)}"
            assert not isinstance(node, ast.Assert), f"raise instead of assert: {where}"
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id != "print", f"return or log instead of print: {where}"

    @every_source()
    def test_every_public_function_has_a_docstring(self, path):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), f"{module_name(path)} does not say what it is for"
        missing = [node.name for node in public_definitions(tree) if not ast.get_docstring(node)]
        assert missing == []

    @every_source(without=tuple(ROOMS))
    def test_takes_names_from_the_module_that_defines_them(self, path):
        # The lazy package hides from the import contract which module a name comes from.
        depth = len(path.relative_to(PACKAGE).parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module, node.level) in {
                ("sensing_theorems", 0),
                (None, depth),
            }:
                assert {alias.name for alias in node.names}.isdisjoint(st._HOME)


def public_definitions(tree: ast.Module) -> list[ast.FunctionDef | ast.ClassDef]:
    """Functions, classes and methods without an underscore; overloads share one docstring."""
    found = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.append(node)
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            found += [inner for inner in node.body if isinstance(inner, ast.FunctionDef)]
    return [
        node
        for node in found
        if not node.name.startswith("_")
        and not {"overload", "typing.overload"} & {ast.unparse(d) for d in node.decorator_list}
    ]


class TestProject:
    @pytest.mark.parametrize(
        "target",
        "help demo test test-slow test-nojit test-gap coverage lint figures notebooks docs "
        "explorer validate dist release-check bench bench-irreps bench-identify bench-sweeps "
        "bench-training gap clean".split(),
    )
    def test_make_knows(self, target):
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
        assert phony and target in phony[1].split()
        assert re.search(rf"^{target}:.*  ## \S", makefile, re.MULTILINE)

    def test_what_the_package_needs_is_not_pinned(self):
        from configparser import ConfigParser

        settings = ConfigParser(interpolation=None)
        settings.read(ROOT / "setup.cfg", encoding="utf-8")
        needed = settings["options"]["install_requires"].split()
        for extra in settings["options.extras_require"].values():
            needed += extra.split()
        assert [name for name in needed if not re.fullmatch(r"[a-z][a-z0-9-]*", name)] == []

    def test_python_dash_m_is_the_command_line(self):
        assert "check" in python(
            "import runpy, sys; sys.argv = ['st', '--help']\n"
            "runpy.run_module('sensing_theorems', run_name='__main__')"
        )
