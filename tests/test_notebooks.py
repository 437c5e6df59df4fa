"""The course: copies that agree with their sources, rules that every notebook keeps, and runs."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import sensing_theorems as st

pytestmark = pytest.mark.compiled

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
# By notebook and exercise: answers that are right in another form, and answers that are wrong, of
# the right kind or not. An answer is code, and may use what the notebook has defined by then.
LEVEL = "10 * np.log10(rows.max() ** 2 / np.mean(rank.invisible_part(rows) ** 2))"
FULL = "st.stacked_rank(st.operators.fourier(one), turns)"
RIGHT: dict[str, dict[int, list[str]]] = {
    "01_the_null_space": {
        1: ["v = (face - (A.H @ (A @ face)).real).reshape(48, 48)"],
        2: ["hidden = 1680.0"],
        3: ["end = (first + noise - (A.H @ (A @ noise)).real).reshape(48, 48)"],
    },
    "02_what_symmetry_adds": {
        1: ["needed = (8, 1, 6, 11)", "needed = np.arange(4.0)"],
        2: ["small_kernel = np.array([1, 0, -1])"],
        3: ["row = [3, -1, -1, -1] + 8 * [0]"],
    },
    "03_counting_with_irreps": {
        1: ["P = np.einsum('ja,abc->jbc', np.fft.fft(np.eye(4)) / 4, T)"],
        2: ["least = np.float64(9)"],
    },
    "04_how_many_measurements": {
        1: ["necessary, sufficient = 256.0, np.int64(317)"],
        2: [
            "answers = dict(zip(more, 'Yes No undecided No UNDECIDED yes'.split()))",
        ],
    },
    "05_measuring_a_transition": {
        2: ["trials = np.ceil(z**2 * 99)", "trials = 381.0", "trials = np.array(381)"],
        3: ["contour = np.array([46.6, 31.4, 26.6])"],
    },
    "06_does_training_obey": {
        1: [f"level = np.{kind}({LEVEL})" for kind in ("float32", "array")],
    },
    "07_your_own_setup": {
        1: [f"answers = np.array([{FULL}.full for one in drawn])"],
        2: ["fewest = 3 + 252 / 4"],
    },
}
WRONG: dict[str, dict[int, list[str]]] = {
    "01_the_null_space": {
        1: ["v = 0 * face", "v = face", "v = 'nothing'", "v = None"],
        2: ["hidden = 48 * 48", "hidden = '1680'", "hidden = [1680]"],
        3: ["end = first", "end = noise", "end = 3", "end = None"],
    },
    "02_what_symmetry_adds": {
        1: [f"needed = {a}" for a in ("[]", "4", "[0, 4, 8]", "[0, 1, 2, 3, 4]", "[0.5]", "['a']")],
        2: [f"small_kernel = {a}" for a in ("1", "[]", "[1]", "[1] * 13", "[0, 0]", "['a']")],
        3: [f"row = {a}" for a in ("[0] * 12", "[1] + [0] * 11", "[1, -1]", "['a'] * 12", "1")],
    },
    "03_counting_with_irreps": {
        1: [
            "P = [sum(1j ** (j * a) * T[a] for a in range(4)) / 4 for j in range(4)]",
            "P = [sum(1j ** (-j * a) * T[a] for a in range(4)) for j in range(4)]",
            "P = np.zeros((4, 25, 25))",
            "P = [7, 6, 6, 6]",
            "P = 'projectors'",
        ],
        2: ["least = 16", "least = '9'", "least = [9]", "least = None"],
        3: [
            "chosen = np.zeros((6, 24), dtype=bool)",
            "chosen = np.ones((6, 24), dtype=bool)",
            "chosen = np.eye(6, 24)",
            "chosen = spoke",
            "chosen = rings",
            "chosen = None",
        ],
    },
    "04_how_many_measurements": {
        1: ["necessary, sufficient = 256, 316", "necessary, sufficient = '256', [317]"],
        2: [
            "answers = {}",
            "answers = ['no'] * 6",
            "answers = dict.fromkeys(more, 'no')",
            "answers = dict.fromkeys(more)",
        ],
        3: [
            "camera = None",
            "camera = [[1.0]]",
            "camera = ops.gaussian(24, 600, 0)",
            "camera = ops.gaussian(22, 600, 0)",
            "camera = ops.bernoulli(23, 600, 0)",
            "camera = rng.standard_normal((23, 600))",
            "camera = rng.standard_normal(600)",
        ],
    },
    "05_measuring_a_transition": {
        1: ["low, high = 0 * s, 0 * s + 1", "low, high = 0, 1", "low, high = 'ab'"],
        2: [f"trials = {a}" for a in ("380", "382", "380.3", "0", "'381'", "[381]", "None")],
        3: [f"contour = {a}" for a in ("[50, 34, 29]", "'abc'", "['a', 'b', 'c']", "47")],
    },
    "06_does_training_obey": {
        1: [f"level = {a}" for a in ("0", "30.0", "'20'", "[20.0]", "None")],
        2: [f"choice = {a}" for a in ("['quarter turns']", "'turns'", "None", "offers")],
    },
    "07_your_own_setup": {
        1: [f"answers = {a}" for a in ("[True] * 20", "[False] * 20", "True", "[]", "None")],
        2: [f"fewest = {a}" for a in ("65", "67", "66.5", "0", "1", "1000", "'66'", "[66]")],
    },
}

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


def plain(text: str) -> str:
    """Python of a cell, without what is for IPython alone."""
    return re.sub(r"^(\s*)%.*$", r"\1pass", text, flags=re.M)


def runnable(cell: Any) -> ast.Module:
    """Syntax tree of a cell."""
    return ast.parse(plain(cell.source))


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
        """Untouched; and at each check with every answer alone, as if the others were skipped."""
        if stem in TORCH:
            pytest.importorskip("torch")
        notebook = nbformat.read(HOME / "student" / f"{stem}.ipynb", as_version=4)
        notebook.cells = list(tried(stem, notebook.cells))
        for cell in code(kernel(stem, notebook, allow_errors=True)):
            errors = [o for o in cell.outputs if o.output_type == "error"]
            answer = cell.metadata.get("answer", "an untouched exercise")
            wrong = cell.metadata.get("wrong", "check" in tags(cell))
            assert bool(errors) == wrong, (answer, cell.source, errors)
            for error in errors:
                assert error.ename == "AssertionError", (answer, error.ename, error.evalue)
                assert len(error.evalue.split()) >= 4, (answer, error.evalue)


# Kept among the built-in names, which outlive the user's.
KEEP = "import builtins\nbuiltins.kept_names = dict(globals())"
RESTORE = (
    "(lambda own, names: (own.clear(), own.update(names)))"
    "(globals(), __import__('builtins').kept_names);"
)


def tried(stem: str, cells: list[Any]) -> Iterator[Any]:
    """Cells of a student's copy; after each check, that check again with each answer.

    Names are put back afterwards, so that nothing below rests on an answer, or on a check.
    """
    solutions = [c for c in build.instructor(source(stem)).cells if "solution" in tags(c)]
    exercise, number = "", 0
    for cell in cells:
        yield cell
        if "exercise" in tags(cell):
            exercise = cell.source
        if "check" not in tags(cell):
            continue
        number += 1
        right = [solutions[number - 1].source, *RIGHT.get(stem, {}).get(number, [])]
        wrong = WRONG[stem][number]
        yield nbformat.v4.new_code_cell(KEEP)
        for answer in (*wrong, *right):
            yield nbformat.v4.new_code_cell(f"{exercise}\n{answer}")
            told = {"answer": answer, "wrong": answer in wrong}
            yield nbformat.v4.new_code_cell(cell.source, metadata=told)
            yield nbformat.v4.new_code_cell(RESTORE)


@pytest.mark.torch
@pytest.mark.parametrize(
    ("rows", "shape"), [(60, (40, 12, 12)), (None, (40, 256)), (None, (12, 16, 16))]
)
def test_the_template_takes_other_files(
    rows: int | None,
    shape: tuple[int, ...],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """All but the exercises, with files that no symmetry holds for, and a training of two steps."""
    pytest.importorskip("torch")
    plt = pytest.importorskip("matplotlib.pyplot")
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    np.save("my_images.npy", rng.integers(0, 256, shape, dtype=np.uint8))
    n = int(np.prod(shape[1:]))
    if rows:
        np.save("my_operator.npy", rng.standard_normal((rows, n)))
    space: dict[str, Any] = {"__name__": "template"}
    try:
        for cell in code(build.instructor(source("07_your_own_setup"))):
            if not {"exercise", "solution", "check"} & set(tags(cell)):
                text = cell.source.replace('"steps": 100', '"steps": 2')
                exec(compile(plain(text), cell.id, "exec"), space)
    finally:
        plt.close("all")
        if "kept" in space:
            space["kept"].cleanup()
    assert space["problem"].n == n and space["report"].rank.n == n
    assert list(space["found"]) == (["operator"] if rows else ["operator", "design"])
    assert "dimension of the model" in capsys.readouterr().out


def test_shares_of_lines_that_the_last_notebook_names() -> None:
    """By listing the choices of lines, each of which must meet all nine pairs of opposite ones."""
    shares = []
    for count in range(11, 16):
        drawn = list(combinations(range(16), count))
        full = sum(len({min(k, -k % 16) for k in one}) == 9 for one in drawn)
        shares.append(f"{full / len(drawn):.3f}".rstrip("0"))
    text = " ".join(source("07_your_own_setup").read_text(encoding="utf-8").split("\n# "))
    assert f"{', '.join(shares[:4])} and {shares[4]}" in text
