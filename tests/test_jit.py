"""The guarded `njit`: a kernel always runs, whatever Numba may or may not write to disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sensing_theorems._kernels import _jit

KERNELS = '''
import sys
sys.path.insert(0, {package!r})
from sensing_theorems._kernels._jit import njit

@njit
def twice(x):
    """2 x"""
    return 2 * x

@njit(fastmath=True)
def thrice(x):
    """3 x"""
    return 3 * x
'''

REPORT = """
import kernels
print(kernels.twice(21), kernels.thrice(14), kernels.twice.__doc__)
print(type(kernels.twice).__name__)
print(getattr(getattr(kernels.twice, "stats", None), "cache_path", None))
"""


@pytest.fixture
def kernel_file(tmp_path) -> Path:
    """Two kernels in a folder of their own, where the test decides what may be written."""
    path = tmp_path / "kernels.py"
    package = str(Path(_jit.__file__).parents[2])
    path.write_text(KERNELS.format(package=package), encoding="utf-8")
    return path


def run(kernel_file: Path, **environment: str) -> list[str]:
    """Import the kernels in a fresh interpreter; return the answers, the type and the cache."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("NUMBA_", "SENSING_THEOREMS_")) and name != "XDG_CACHE_HOME"
    }
    done = subprocess.run(
        [sys.executable, "-B", "-W", "error", "-c", REPORT],
        cwd=kernel_file.parent,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        pytest.fail(done.stderr)
    answers, kind, cache = done.stdout.splitlines()
    assert answers == "42 42 2 x"
    return [kind, cache]


def forbid_writing(folder: Path) -> dict[str, str]:
    """Leave no folder for a cache, even to root, whom file permissions do not stop."""
    blocked = folder / "__pycache__"
    blocked.write_text("a file where Numba wants a folder", encoding="utf-8")
    return {"HOME": str(blocked), "XDG_CACHE_HOME": str(blocked), "LOCALAPPDATA": str(blocked)}


def test_caches_beside_the_kernel(kernel_file):
    kind, cache = run(kernel_file)
    assert kind == "CPUDispatcher"
    assert Path(cache) == kernel_file.parent / "__pycache__"
    assert list(Path(cache).glob("kernels.twice*.nbi"))


def test_read_only_installation_without_a_home(kernel_file):
    nowhere = forbid_writing(kernel_file.parent)
    assert run(kernel_file, **nowhere) == ["CPUDispatcher", "None"]


def test_numba_alone_would_not_even_import_there(kernel_file):
    # Defends the guard: once Numba copes by itself, the helper can go.
    nowhere = forbid_writing(kernel_file.parent)
    source = kernel_file.read_text(encoding="utf-8")
    unguarded = source.replace("sensing_theorems._kernels._jit", "numba")
    kernel_file.write_text(unguarded.replace("@njit\n", "@njit(cache=True)\n"), encoding="utf-8")
    with pytest.raises(pytest.fail.Exception, match="cannot cache function"):
        run(kernel_file, **nowhere)


def test_read_only_folder_falls_back_to_the_home(kernel_file, tmp_path):
    nowhere = forbid_writing(kernel_file.parent)
    home = tmp_path / "home"
    home.mkdir()
    kind, cache = run(kernel_file, **{**nowhere, "HOME": str(home), "XDG_CACHE_HOME": str(home)})
    assert kind == "CPUDispatcher"
    assert home in Path(cache).parents


def test_numba_cache_dir_is_respected(kernel_file, tmp_path):
    chosen = tmp_path / "chosen"
    _, cache = run(kernel_file, NUMBA_CACHE_DIR=str(chosen))
    assert chosen in Path(cache).parents


def test_unwritable_numba_cache_dir_is_not_fatal(kernel_file):
    nowhere = forbid_writing(kernel_file.parent)
    kind, cache = run(kernel_file, NUMBA_CACHE_DIR=nowhere["HOME"], **nowhere)
    assert [kind, cache] == ["CPUDispatcher", "None"]


def test_switch_turns_the_cache_off(kernel_file):
    assert run(kernel_file, SENSING_THEOREMS_NUMBA_CACHE="0") == ["CPUDispatcher", "None"]
    assert not (kernel_file.parent / "__pycache__").exists()


def test_disabled_jit_leaves_plain_python(kernel_file):
    assert run(kernel_file, NUMBA_DISABLE_JIT="1") == ["function", "None"]
    assert not (kernel_file.parent / "__pycache__").exists()


def test_a_moved_installation_still_runs(kernel_file, tmp_path):
    run(kernel_file)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(kernel_file, elsewhere)
    shutil.copytree(kernel_file.parent / "__pycache__", elsewhere / "__pycache__")
    assert run(elsewhere / "kernels.py")[0] == "CPUDispatcher"


def test_cache_is_not_an_option():
    with pytest.raises(TypeError, match="leave it out"):
        _jit.njit(cache=False)


def test_compiles_at_the_first_call_and_not_before():
    @_jit.njit
    def kernel(x):
        return x + 1

    python = getattr(kernel, "py_func", kernel)
    assert python(1) == 2
    assert list(getattr(kernel, "signatures", [])) == []
    assert kernel(1) == 2
