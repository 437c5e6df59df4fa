"""The course: copies that agree with their sources, rules that every notebook keeps, and runs."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import sensing_theorems as st

pytestmark = pytest.mark.site

HOME = Path(__file__).parents[1] / "notebooks"
STEMS = [path.stem for path in sorted((HOME / "src").glob("[0-9][0-9]_*.py"))]
COURSE = [
    "01_the_null_space",
    "02_what_symmetry_adds",
    "03_counting_with_irreps",
    "04_how_many_measurements",
    "05_measuring_a_transition",
    "06_does_training_obey",
    "07_your_own_setup",
]
# Those that take longer than a fast test may.
SLOW = {"06_does_training_obey"}
TORCH = {"06_does_training_obey", "07_your_own_setup"}
SECONDS = {"06_does_training_obey": 180}
CELL_LINES, FIRST_CELLS = 10, 6

pytest.importorskip("jupytext")
nbformat = pytest.importorskip("nbformat")


def _load(path: Path) -> ModuleType:
    # Not by import, which may write bytecode beside it while a run of a notebook looks for changes.
    module = ModuleType("notebook_build")
    module.__file__ = str(path)
    exec(compile(path.read_text(encoding="utf-8"), path, "exec"), module.__dict__)
    return module


build = _load(HOME / "build.py")


def source(stem: str) -> Path:
    return HOME / "src" / f"{stem}.py"


def tags(cell: Any) -> list[str]:
    return list(cell.metadata.get("tags", []))


def code(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def runnable(cell: Any) -> ast.Module:
    """Syntax tree of a cell; what begins with % is for IPython alone."""
    return ast.parse(re.sub(r"^(\s*)%.*$", r"\1pass", cell.source, flags=re.M))


def assigned(cell: Any, *, open_only: bool = False) -> set[str]:
    """Names that a cell assigns at its top level; of an exercise, those left open with ``...``."""
    names: set[str] = set()
    for node in runnable(cell).body:
        if not isinstance(node, ast.Assign | ast.AugAssign):
            continue
        values = [n.value for n in ast.walk(node.value) if isinstance(n, ast.Constant)]
        if open_only and ... not in values:
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        found = [n for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)]
        names |= {n.id for n in found}
    return names


def statements(cell: Any) -> list[str]:
    """Lines of a cell that count: not the empty ones, nor imports."""
    tree = runnable(cell)
    imports = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
    skipped = {at for n in imports for at in range(n.lineno, (n.end_lineno or n.lineno) + 1)}
    lines = enumerate(cell.source.splitlines(), start=1)
    return [line for at, line in lines if line.strip() and at not in skipped]


def test_course_is_complete() -> None:
    assert STEMS == COURSE


class TestCopies:
    @pytest.mark.parametrize("stem", STEMS)
    def test_equal_what_the_source_gives(self, stem: str) -> None:
        for path, text in build.copies(source(stem)).items():
            assert path.read_text(encoding="utf-8") == text, (
                f"{path.name} is stale: run python notebooks/build.py"
            )

    def test_nothing_lies_there_without_a_source(self) -> None:
        stems = {path.stem for path in (*HOME.glob("*.ipynb"), *(HOME / "student").glob("*.ipynb"))}
        assert stems == set(STEMS)

    @pytest.mark.parametrize("stem", STEMS)
    @pytest.mark.parametrize("folder", ["", "student"])
    def test_hold_no_outputs(self, stem: str, folder: str) -> None:
        notebook = nbformat.read(HOME / folder / f"{stem}.ipynb", as_version=4)
        nbformat.validate(notebook)
        for cell in code(notebook):
            assert cell.outputs == [] and cell.execution_count is None

    @pytest.mark.parametrize("stem", STEMS)
    def test_students_copy_is_what_nbconvert_would_make(self, stem: str) -> None:
        preprocessors = pytest.importorskip("nbconvert.preprocessors")
        removing = preprocessors.TagRemovePreprocessor(remove_cell_tags={"solution"}, enabled=True)
        expected, _ = removing.preprocess(build.instructor(source(stem)), {})
        first, *rest = build.student(source(stem)).cells
        assert first.source == build.STUDENT
        assert [cell.id for cell in rest] == [cell.id for cell in expected.cells]


class TestBuild:
    TEXT = '# %% [markdown]\n# # Title\n\n# %% tags=["solution"]\nx = 1\n\n# %%\nx = 2\n'

    @pytest.fixture
    def home(self, tmp_path: Path) -> Path:
        (tmp_path / "src").mkdir()
        (tmp_path / "src" / "01_a.py").write_text(self.TEXT, encoding="utf-8")
        return tmp_path

    def test_check_names_what_is_stale_and_writes_nothing(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert build.main(["--check"], home) == 1
        assert "01_a.ipynb" in capsys.readouterr().out
        assert not (home / "01_a.ipynb").exists()

    def test_written_once_all_is_current(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert build.main([], home) == 0
        capsys.readouterr()
        assert build.main(["--check"], home) == 0
        assert build.main([], home) == 0
        assert capsys.readouterr().out == ""

    def test_an_edited_copy_is_stale(self, home: Path) -> None:
        build.main([], home)
        copy = home / "student" / "01_a.ipynb"
        copy.write_text(copy.read_text(encoding="utf-8").replace("x = 2", "x = 3"), "utf-8")
        assert list(build.stale(home)) == [copy]

    def test_a_copy_without_a_source_is_named_and_kept(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        build.main([], home)
        (home / "02_b.ipynb").write_text("{}", encoding="utf-8")
        assert build.main([], home) == 1
        assert "no source" in capsys.readouterr().out
        assert (home / "02_b.ipynb").exists()

    def test_without_jupytext_it_says_what_to_install(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setitem(sys.modules, "jupytext", None)
        assert build.main(["--check"]) == 2
        assert "pip install" in capsys.readouterr().err


@pytest.mark.parametrize("stem", STEMS)
class TestRules:
    def cells(self, stem: str) -> list[Any]:
        return list(build.instructor(source(stem)).cells)

    def exercises(self, stem: str) -> Iterator[list[Any]]:
        """Markdown, exercise, solution and check of each exercise."""
        cells = self.cells(stem)
        for at, cell in enumerate(cells):
            if "exercise" in tags(cell):
                yield cells[at - 1 : at + 3]

    def test_exercises_come_with_solution_and_check(self, stem: str) -> None:
        found = list(self.exercises(stem))
        assert len(found) >= 2
        for number, (text, *rest) in enumerate(found, start=1):
            assert f"### Exercise {number}." in text.source
            assert [tags(cell) for cell in rest] == [
                ["exercise"],
                ["solution", "hide-input"],
                ["check"],
            ]
        every = [tag for cell in self.cells(stem) for tag in tags(cell)]
        for tag in ("exercise", "solution", "hide-input", "check"):
            assert every.count(tag) == len(found)

    def test_the_solution_sets_what_the_exercise_asks_for(self, stem: str) -> None:
        for _, exercise, solution, check in self.exercises(stem):
            asked = assigned(exercise, open_only=True)
            assert asked and asked <= assigned(solution)
            assert "your turn" in exercise.source
            used = {n.id for n in ast.walk(runnable(check)) if isinstance(n, ast.Name)}
            assert asked & used

    def test_checks_are_asserts_with_hints(self, stem: str) -> None:
        for *_, check in self.exercises(stem):
            asserts = [n for n in ast.walk(runnable(check)) if isinstance(n, ast.Assert)]
            assert asserts and all(a.msg is not None for a in asserts)

    def test_cells_are_short(self, stem: str) -> None:
        for cell in code(build.instructor(source(stem))):
            assert len(statements(cell)) <= CELL_LINES, cell.source

    def test_all_begin_alike(self, stem: str) -> None:
        title, imports = self.cells(stem)[:2]
        assert title.source.startswith(f"# {int(stem[:2])}. ")
        assert "**Question.**" in title.source
        assert imports.source == self.cells(STEMS[0])[1].source

    def test_names_theorems_that_exist(self, stem: str) -> None:
        text = "\n".join(cell.source for cell in self.cells(stem))
        named = set(re.findall(r"st\.theorems\.(\w+)", text))
        assert named
        assert named <= set(st.THEOREMS)
        linked = re.findall(r"\[`(\w+)`\]\(\.\./explanation/statements\.md#([\w-]+)\)", text)
        assert all(anchor == key.replace("_", "-") for key, anchor in linked)
        assert {key for key, _ in linked} <= named

    def test_points_to_the_next_and_to_no_absolute_path(self, stem: str) -> None:
        cells = self.cells(stem)
        text = "\n".join(cell.source for cell in cells)
        assert not re.search(r"(?<![\w.])/(home|work|tmp|usr|root|Users)/|[A-Z]:\\", text)
        following = COURSE[COURSE.index(stem) + 1 :][:1]
        for name in following:
            assert f"({name}.ipynb)" in cells[-1].source
        assert "What to remember" in cells[-1].source


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Run a notebook as a reader does, without leaving anything in the repository."""
    pytest.importorskip("ipykernel")
    nbclient = pytest.importorskip("nbclient")
    for name, value in {
        "IPYTHONDIR": str(tmp_path / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "OMP_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }.items():
        monkeypatch.setenv(name, value)

    def run(stem: str, notebook: Any, **options: Any) -> Any:
        client = nbclient.NotebookClient(
            notebook,
            timeout=SECONDS.get(stem, 60),
            kernel_name="python3",
            resources={"metadata": {"path": str(HOME)}},
            **options,
        )
        before = sorted(HOME.rglob("*"))
        executed = client.execute()
        assert sorted(HOME.rglob("*")) == before
        return executed

    return run


def marks(stem: str) -> list[pytest.MarkDecorator]:
    return [pytest.mark.slow] * (stem in SLOW) + [pytest.mark.torch] * (stem in TORCH)


@pytest.mark.parametrize("stem", [pytest.param(stem, marks=marks(stem)) for stem in STEMS])
class TestRuns:
    def test_instructors_copy_runs_and_shows_a_figure_early(self, stem: str, kernel: Any) -> None:
        if stem in TORCH:
            pytest.importorskip("torch")
        notebook = kernel(stem, nbformat.read(HOME / f"{stem}.ipynb", as_version=4))
        shown = [
            number
            for number, cell in enumerate(notebook.cells)
            for output in cell.get("outputs", [])
            if "image/png" in output.get("data", {})
        ]
        assert shown and shown[0] < FIRST_CELLS
        for cell in code(notebook):
            for output in cell.outputs:
                assert output.get("name") != "stderr", output.text

    def test_students_copy_fails_at_the_checks_alone_and_shows_hints(
        self, stem: str, kernel: Any
    ) -> None:
        if stem in TORCH:
            pytest.importorskip("torch")
        notebook = nbformat.read(HOME / "student" / f"{stem}.ipynb", as_version=4)
        for cell in code(kernel(stem, notebook, allow_errors=True)):
            errors = [o for o in cell.outputs if o.output_type == "error"]
            assert bool(errors) == ("check" in tags(cell)), cell.source
            for error in errors:
                assert error.ename == "AssertionError", error.ename
                assert len(error.evalue.split()) >= 4, error.evalue
