"""What is shipped: one version everywhere, metadata that agree, archives that work on their own."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from configparser import ConfigParser
from email import message_from_string
from email.message import Message
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

import sensing_theorems as st

pytestmark = pytest.mark.compiled

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = Path(st.__file__).resolve().parent
SETUP = ConfigParser(interpolation=None)
SETUP.read(ROOT / "setup.cfg", encoding="utf-8")
EXTRAS = {key: value.split() for key, value in SETUP["options.extras_require"].items()}

# Folders that the tests read: without them the unpacked sdist could not be tested.
FOLDERS = ("benchmarks", "docs", "figures", "notebooks", "sensing_theorems", "tests")
LEFTOVERS = (
    "docs/_build/html/index.html",
    "docs/reference/generated/page.md",
    "docs/tutorials/copied.ipynb",
    "notebooks/.ipynb_checkpoints/old.ipynb",
    "sensing_theorems/_kernels/__pycache__/kernel.nbi",
    "tests/__pycache__/test.pyc",
)


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def classifiers(start: str) -> list[str]:
    lines = SETUP["metadata"]["classifiers"].splitlines()
    return [line.removeprefix(start) for line in lines if line.startswith(start)]


RELEASES = re.findall(r"^## \[([0-9][^]]*)\] - (\d{4}-\d\d-\d\d)$", text("CHANGELOG.md"), re.M)


class TestVersion:
    def test_is_in_normal_form(self):
        assert str(Version(st.__version__)) == st.__version__

    def test_is_the_newest_of_the_changelog(self):
        version, newest = Version(st.__version__), Version(RELEASES[0][0])
        # Between two releases the version is ahead of both, and says by `dev` that it is none.
        assert version > newest if version.is_devrelease else version == newest

    def test_changelog_goes_back_in_time(self):
        versions = [Version(version) for version, _ in RELEASES]
        days = [day for _, day in RELEASES]
        assert versions == sorted(set(versions), reverse=True)
        assert days == sorted(days, reverse=True)

    def test_changes_to_come_have_a_place(self):
        assert re.findall(r"^## \[(.*?)\]", text("CHANGELOG.md"), re.M)[0] == "Unreleased"

    def test_citation_is_of_the_newest_release(self):
        cited = re.findall(r"^(version|date-released): (\S+)$", text("CITATION.cff"), re.M)
        version, day = RELEASES[0]
        assert dict(cited) == {"version": version, "date-released": day}


class TestMetadata:
    def test_pythons_are_the_classified_ones(self):
        named = [v for v in classifiers("Programming Language :: Python :: ") if "." in v]
        minors = [int(version.removeprefix("3.")) for version in named]
        allowed = SpecifierSet(SETUP["options"]["python_requires"])
        assert minors == list(range(minors[0], minors[-1] + 1))
        assert f"3.{minors[0]}" in allowed and f"3.{minors[0] - 1}" not in allowed
        assert f"Python 3.{minors[0]}–3.{minors[-1]}" in text("README.md")

    def test_linters_read_the_code_as_the_oldest_python(self):
        oldest = SETUP["options"]["python_requires"].removeprefix(">=")
        target = tomllib.loads(text("pyproject.toml"))["tool"]["ruff"]["target-version"]
        assert target == "py" + oldest.replace(".", "")

    def test_licence_is_one(self):
        licence = SETUP["metadata"]["license_expression"]
        assert f"\nlicense: {licence}\n" in text("CITATION.cff")
        assert licence in text("README.md")
        assert (ROOT / SETUP["metadata"]["license_files"]).is_file()

    def test_keywords_are_one(self):
        cited = re.search(r"^keywords:\n((?:  - .*\n)+)", text("CITATION.cff"), re.M)
        assert cited is not None
        ours = SETUP["metadata"]["keywords"].split(", ")
        assert [line.removeprefix("  - ") for line in cited[1].splitlines()] == ours

    def test_every_extra_that_is_named_exists(self):
        pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *PACKAGE.rglob("*.py")]
        named = set()
        for page in pages:
            for found in re.findall(
                r"(?:sensing-theorems|['\" ]\.)\[([a-z,]+)\]", page.read_text(encoding="utf-8")
            ):
                named |= set(found.split(","))
        assert "train" in named
        assert named - set(EXTRAS) == set()

    def test_the_readme_lists_the_extras_of_users(self):
        listed = re.search(r"# extras: ([a-z ]+)$", text("README.md"), re.M)
        assert listed is not None
        # `bench` serves the clone alone: the benchmarks are run by make.
        assert set(listed[1].split()) == set(EXTRAS) - {"bench"}


def imports(folder: Path) -> set[str]:
    """Top-level modules that the sources name, but for those of Python and of the package."""
    found = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - {"sensing_theorems"}


class TestDependencies:
    CORE = SETUP["options"]["install_requires"].split()

    def test_what_is_imported_is_declared(self):
        declared = {*self.CORE, *EXTRAS["train"], *EXTRAS["dask"], *EXTRAS["sweep"]}
        # joblib and Dask both require cloudpickle, and need the one that we then use.
        assert imports(PACKAGE) <= declared | {"cloudpickle"}

    def test_what_is_declared_is_imported(self):
        assert set(self.CORE) <= imports(PACKAGE)

    @pytest.mark.parametrize("extra", ["train", "dask", "sweep"])
    def test_the_tests_have_what_users_may_have(self, extra):
        assert set(EXTRAS[extra]) <= set(EXTRAS["test"])


def copied_tree(target: Path) -> Path:
    """The tree as a clone has it, with what earlier work may have left in it."""
    if not (ROOT / "sensing_theorems").is_dir():
        pytest.skip("the sources are not beside the tests")
    left = ("_build", "build", "demo-output", "dist", "generated", "runs", "__pycache__")
    ignored = shutil.ignore_patterns(".*", "*.egg-info", *left)
    tree = Path(shutil.copytree(ROOT, target, ignore=ignored))
    for path in (tree / "docs" / "tutorials").glob("*.ipynb"):
        path.unlink()
    return tree


def build(kind: str, tree: Path, folder: Path) -> Path:
    """Let the backend build in a process of its own, as installers do, but without a network."""
    folder.mkdir(exist_ok=True)
    code = f"from setuptools import build_meta; build_meta.build_{kind}({str(folder)!r})"
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tree, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (found,) = folder.iterdir()
    return found


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    pytest.importorskip("setuptools", minversion="77")
    return copied_tree(tmp_path_factory.mktemp("clone") / "tree")


@pytest.fixture(scope="module")
def kept(tree) -> set[str]:
    """Files of the clone, listed before anything is built in it."""
    return files(tree)


@pytest.fixture(scope="module")
def unpacked(tree, kept, tmp_path_factory) -> Path:
    """The sdist, unpacked; built where leftovers of earlier work lie about."""
    for name in LEFTOVERS:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text("left over", encoding="utf-8")
    archive = build("sdist", tree, tmp_path_factory.mktemp("archives") / "sdist")
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(archive) as stream:
        stream.extractall(folder, filter="data")
    assert [path.name for path in folder.iterdir()] == [f"sensing_theorems-{st.__version__}"]
    return folder / f"sensing_theorems-{st.__version__}"


@pytest.fixture(scope="module")
def wheel(unpacked, tmp_path_factory) -> Path:
    """Built from the sdist, which must therefore be complete."""
    return build("wheel", unpacked, tmp_path_factory.mktemp("archives") / "wheel")


@pytest.mark.slow
class TestArchives:
    def test_sdist_has_what_the_tests_read(self, kept, unpacked):
        shipped = {name for name in files(unpacked) if name.split("/")[0] in FOLDERS}
        assert shipped == {name for name in kept if name.split("/")[0] in FOLDERS}

    def test_sdist_has_every_file_of_the_root(self, kept, unpacked):
        assert {name for name in kept if "/" not in name} <= files(unpacked)

    def test_wheel_is_the_package_and_nothing_else(self, kept, wheel):
        with zipfile.ZipFile(wheel) as stream:
            names = {name for name in stream.namelist() if ".dist-info/" not in name}
        assert names == {name for name in kept if name.startswith("sensing_theorems/")}
        assert "sensing_theorems/py.typed" in names

    def test_wheel_comes_out_the_same_again(self, unpacked, wheel, tmp_path):
        assert build("wheel", unpacked, tmp_path / "again").read_bytes() == wheel.read_bytes()

    def test_wheel_is_for_every_platform(self, wheel):
        assert wheel.name == f"sensing_theorems-{st.__version__}-py3-none-any.whl"

    def test_metadata_say_what_setup_says(self, wheel):
        metadata = metadata_of(wheel)
        needed = [Requirement(line) for line in metadata.get_all("Requires-Dist", [])]
        assert metadata["Version"] == st.__version__
        assert metadata["Requires-Python"] == SETUP["options"]["python_requires"]
        assert set(metadata.get_all("Provides-Extra", [])) == set(EXTRAS)
        assert [r.name for r in needed if r.marker is None] == TestDependencies.CORE
        assert metadata.get_payload() == text("README.md")


def metadata_of(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as stream:
        (name,) = [name for name in stream.namelist() if name.endswith(".dist-info/METADATA")]
        return message_from_string(stream.read(name).decode("utf-8"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """Programs of a fresh environment: the wheel, beside the libraries of this one."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, symlinks=True)
    programs = home / ("Scripts" if os.name == "nt" else "bin")
    paths = {"base": str(home), "platbase": str(home)}
    inside = Path(sysconfig.get_path("purelib", "venv", vars=paths))
    # A line of a .pth file adds that folder alone: no editable install follows from there.
    outside = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (inside / "libraries.pth").write_text("\n".join(outside), encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--python", str(programs / "python"), "install"]
    options = ["--quiet", "--no-deps", "--no-index", "--ignore-installed"]
    subprocess.run([*pip, *options, str(wheel)], check=True, capture_output=True)
    return programs


@pytest.mark.slow
class TestInstalled:
    @pytest.fixture
    def run(self, installed, tmp_path):
        """Run a program of the environment in an empty folder."""
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}

        def program(name, *arguments):
            return subprocess.run(
                [installed / name, *arguments],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
            )

        return program

    def test_it_is_the_wheel_that_runs(self, run, installed):
        found = run("python", "-c", "import sensing_theorems as st; print(st.__file__)")
        assert Path(found.stdout.strip()).is_relative_to(installed.parent)

    def test_doctor(self, run):
        found = run("sensing-theorems", "doctor")
        assert found.returncode == 0, found.stderr
        assert found.stdout.startswith(f"sensing_theorems {st.__version__}: the core works")

    @pytest.mark.parametrize("m, code", [(5, 0), (4, 3)])  # m > 2k + max c + 1 = 4 for k = 1
    def test_check_turns_at_the_bound(self, run, tmp_path, m, code):
        np.save(tmp_path / "A.npy", np.random.default_rng(0).standard_normal((m, 6)))
        found = run(
            "sensing-theorems", *"check A.npy --action shifts:6 --model-dim 1 --generic".split()
        )
        assert found.returncode == code, found.stderr
