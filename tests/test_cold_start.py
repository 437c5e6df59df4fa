"""What a check loads from a cold start: modules are counted, since times depend on the machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.compiled

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("numba", "llvmlite", "sympy", "matplotlib", "torch", "joblib", "scipy.stats", "pandas")


def loaded(*arguments: str) -> tuple[int, set[str]]:
    """Exit code of the command line in a fresh interpreter, and the modules that it loaded."""
    code = (
        "import sys\n"
        "from sensing_theorems.cli import main\n"
        f"print(main({list(arguments)!r}), *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    number, *modules = done.stdout.splitlines()[-1].split()
    return int(number), set(modules)


@pytest.fixture(scope="module")
def mask(tmp_path_factory) -> str:
    """A mask of 256 x 256 pixels with half of them."""
    path = tmp_path_factory.mktemp("masks") / "mask.npy"
    np.save(path, np.random.default_rng(0).random((256, 256)) < 0.5)
    return str(path)


@pytest.mark.parametrize(
    "operator, action, code",
    [
        ("inpainting", "shifts:256x256", 3),
        ("fourier", "shifts:256x256", 1),
        ("inpainting", "shifts:256x256,stride=2", 3),
    ],
)
def test_check_of_an_image(mask, operator, action, code):
    found, modules = loaded("check", f"{operator}:{mask}", "--action", action, "--quiet")
    assert found == code
    assert modules & set(HEAVY) == set()
    assert modules & {"scipy.io", "multiprocessing"} == set()


@pytest.mark.parametrize("action", ["quarter_turns:8", "dihedral:8", "polar_rotations:8x8"])
def test_check_under_rotations(action):
    _, modules = loaded("check", "gaussian:m=9,n=64,seed=0", "--action", action, "--model-dim=1")
    assert modules & set(HEAVY) == set()


@pytest.mark.parametrize("arguments", [("--help",), ("check", "--help"), ("--version",), ("no",)])
def test_usage_loads_the_standard_library_only(arguments):
    _, modules = loaded(*arguments)
    assert modules & {"numpy", "scipy", *HEAVY} == set()


def test_bad_usage_is_found_before_anything_is_loaded():
    code, modules = loaded("check", "A.npy", "--model-dim", "few")
    assert code == 2
    assert "numpy" not in modules
