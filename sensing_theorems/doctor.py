"""A look at the installation: versions, threads, a sum with a known answer, caches, extras."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module, metadata
from importlib.util import find_spec
from time import perf_counter

__all__ = ["examine"]

CORE = ("numpy", "scipy", "sympy", "matplotlib", "numba", "joblib", "threadpoolctl", "tqdm")
EXTRAS = ("torch", "torchvision", "deepinv", "dask", "xarray")
_PATIENCE = 60.0  # seconds for the import of an extra
_OK, _NOTE, _BAD = "ok", "--", "FAILS"

Row = tuple[str, str, str]


def examine() -> tuple[bool, str]:
    """Look at everything.

    Returns
    -------
    bool, str
        Whether the core works, and a report for people. What is missing among the extras does no
        harm to the core.
    """
    # Started first, since each loads a large library while we look at the rest.
    asked = {name: _ask(name) for name in EXTRAS if _installed(name)}
    rows = [*_core(), *_checks()]
    rows += [_answer(name, asked.get(name)) for name in EXTRAS]
    healthy = all(state != _BAD for _, state, _ in rows)
    lines = [f"  {name:<15}{state:<7}{said}" for name, state, said in rows]
    end = "the core works" if healthy else "the core does NOT work"
    return healthy, "\n".join([f"sensing_theorems {_version()}: {end}", "", *lines])


def _version() -> str:
    from . import __version__

    return __version__


def _core() -> Iterator[Row]:
    yield "python", _OK, f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    for name in CORE:
        try:
            import_module(name)
            yield name, _OK, metadata.version(name)
        except Exception as error:
            # A broken installation raises whatever the library raises while it loads.
            yield name, _BAD, _said(error)


def _checks() -> Iterator[Row]:
    looks: dict[str, Callable[[], str]] = {
        "rank": _rank_check,
        "kernel": _kernel_check,
    }
    for name, look in looks.items():
        start = perf_counter()
        try:
            said = look()
            yield name, _OK, f"{said} ({perf_counter() - start:.2f} s)"
        except Exception as error:
            yield name, _BAD, _said(error)
    for name, note in (("threads", _threads), ("numba cache", _cache)):
        try:
            yield name, *note()
        except Exception as error:
            yield name, _NOTE, _said(error)


def _rank_check() -> str:
    """Low frequencies stay the same under shifts; pixels do not."""
    import numpy as np

    from .groups.lattices import shifts
    from .operators import fourier, inpainting
    from .stacked_rank import stacked_rank

    low = np.abs(np.fft.fftfreq(16)) < 0.25
    found = [stacked_rank(make(low), shifts(16)).rank for make in (fourier, inpainting)]
    _require(found, [7, 16], "ranks")
    return "ranks 7 and 16 of 16, as the theory has them"


def _kernel_check() -> str:
    """Orbits of quarter turns, by the compiled walk and by NumPy."""
    import numpy as np

    from .groups.orbit_types import OrbitType, cyclic_orbit_types, orbit_types
    from .groups.rotations import quarter_turns

    def described(types: list[OrbitType]) -> list[tuple[int, ...]]:
        orbits = [np.sort(orbit) for t in types for orbit in t.index.reshape(-1, t.size)]
        return sorted(tuple(orbit.tolist()) for orbit in orbits)

    (turn,) = quarter_turns(9).generators
    _require(described(orbit_types([turn])), described(cyclic_orbit_types(turn, 4)), "orbits")
    return "compiled code and NumPy agree"


def _require(found: object, expected: object, what: str) -> None:
    if found != expected:
        raise ArithmeticError(f"{what} must be {expected}; got {found}")


def _threads() -> tuple[str, str]:
    from threadpoolctl import threadpool_info

    pools = [
        f"{pool['internal_api']} {pool.get('version') or ''}".strip() + f" x{pool['num_threads']}"
        for pool in threadpool_info()
    ]
    return _OK, f"{', '.join(dict.fromkeys(pools)) or 'no thread pools'}; {os.cpu_count()} cores"


def _cache() -> tuple[str, str]:
    from ._kernels.orbits import abelian_orbits

    if not hasattr(abelian_orbits, "stats"):
        return _NOTE, "compilation is turned off (NUMBA_DISABLE_JIT)"
    # None where no folder is writable, or where the cache was turned off.
    folder = abelian_orbits.stats.cache_path
    if folder is None or not os.access(folder, os.W_OK):
        return _NOTE, "no writable folder: kernels are compiled again in every process"
    return _OK, f"writable, {folder}"


def _installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _ask(name: str) -> subprocess.Popen[str]:
    # In a process of its own: a torch and a torchvision that do not fit raise RuntimeError, other
    # mismatches crash, and what was half imported would stay behind.
    code = f"import {name}\nprint(getattr({name}, '__version__', 'version unknown'))"
    return subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _answer(name: str, process: subprocess.Popen[str] | None) -> Row:
    if process is None:
        return name, _NOTE, "not installed"
    try:
        out, err = process.communicate(timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return name, _NOTE, f"installed, but its import takes more than {_PATIENCE:.0f} s"
    if process.returncode == 0:
        return name, _OK, (out.split() or ["version unknown"])[-1]
    last = (err.strip() or f"it ends with code {process.returncode}").splitlines()[-1]
    return name, _NOTE, f"installed, but it cannot be imported: {last[:200]}"


def _said(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]
