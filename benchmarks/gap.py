"""GAP's best route to the multiplicities of a group that permutations generate.

GAP is found through the variable GAP, on the PATH, or where `pip install passagemath-gap` puts its
executable; nothing here needs the Python part of that package. One process answers all questions,
and the clock runs inside it, so that neither its start nor the passage of generators counts.

``python benchmarks/gap.py [name ...]`` times the cases below.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

__all__ = ["CASES", "available", "executable", "measure"]

_END = "@end@"
_PROGRAM = """
SetPrintFormattingStatus("*stdout*", false);;
Measure := function(gens, n, signed, typed)
  local start, G, tbl, irr, classes, chi, found, time, types;
  start := NanosecondsSinceEpoch();
  G := Group(gens);
  ConjugacyClasses(G);
  tbl := CharacterTable(G);
  # Irr would go on with all power maps, which takes up to 20 times as long.
  irr := [];
  if IsSolvableGroup(G) then irr := IrrBaumClausen(G); fi;
  if Length(irr) < NrConjugacyClasses(G) then irr := Irr(tbl); fi;
  if signed then
    # chi_2n - chi_n: of the points +-e_i, less that of the n pairs.
    classes := List(ConjugacyClasses(tbl), Representative);
    chi := ClassFunction(tbl, List(classes, g -> Number([1 .. 2 * n], i -> i ^ g = i)
      - Number([1 .. n], i -> (i ^ g - i) mod n = 0)));
  else
    # A natural character counts moved points only.
    chi := NaturalCharacter(G) + (n - NrMovedPoints(G)) * TrivialCharacter(tbl);
  fi;
  found := MatScalarProducts(tbl, irr, [chi])[1];
  time := NanosecondsSinceEpoch() - start;
  types := List(irr, chi -> 0);
  if typed then types := Indicator(tbl, irr, 2); fi;
  Print([time, Size(G), TransposedMat([List(irr, DegreeOfCharacter), found, types])], "\\n");
end;;
"""


def executable() -> str | None:
    """GAP's executable, or `None` where there is none."""
    spec = importlib.util.find_spec("passagemath_gap")
    bundled = Path(spec.origin).parents[1] / "gap" / "gap" if spec and spec.origin else None
    for candidate in (os.environ.get("GAP"), shutil.which("gap"), bundled):
        if candidate and os.access(candidate, os.X_OK):
            return str(candidate)
    return None


def available() -> bool:
    """Whether GAP can be asked."""
    return executable() is not None


@functools.cache
def _process() -> subprocess.Popen[str]:
    found = executable()
    if found is None:
        raise RuntimeError("GAP must be installed (pip install passagemath-gap); found none.")
    root = Path(found).resolve().parent
    # Out of a wheel it does not know where its library is; an installed one does.
    library = ["-l", str(root)] if (root / "lib" / "init.g").exists() else []
    # -A: without packages; -T: an error must end the line, not wait for an answer.
    gap = subprocess.Popen(
        [found, "-q", "-A", "-T", *library],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    _ask(gap, _PROGRAM)
    return gap


def _ask(gap: subprocess.Popen[str], text: str) -> str:
    """What GAP prints in answer to some statements."""
    gap.stdin.write(f'{text}\nPrint("\\n{_END}\\n");\n')
    gap.stdin.flush()
    lines = list(itertools.takewhile(lambda line: line.strip() != _END, gap.stdout))
    return "".join(lines).strip()


def measure(
    generators: Sequence[Sequence[int]], n: int, *, indicators: bool = True
) -> tuple[float, int, list[tuple[int, int, int, int]]]:
    """Seconds of GAP, order of the group, and its table (dim, multiplicity, indicator, count).

    Generators are 0-based one-line forms on the n points of a permutation action, or on 2n points
    for a signed one: i is e_i and n + i is -e_i. The indicators come after the clock has stopped,
    since they need the squares of all classes (97 s for D_1024); left out, they are all 0.
    """
    listed = [[int(p) + 1 for p in images] for images in generators]
    if any(len(images) not in (n, 2 * n) for images in listed):
        raise ValueError(f"generators must act on {n} or {2 * n} points.")
    signed = len(listed[0]) == 2 * n
    gap = _process()
    for i, images in enumerate(listed):
        # A pipe passes lines of a few thousand characters.
        chunks = (images[j : j + 500] for j in range(0, len(images), 500))
        rows = ",\n".join(", ".join(map(str, chunk)) for chunk in chunks)
        _ask(gap, f"g{i} := PermList([{rows}]);;")
    names = ", ".join(f"g{i}" for i in range(len(listed)))
    asked = f"[{names}], {n}, {str(signed).lower()}, {str(indicators).lower()}"
    answer = _ask(gap, f"Measure({asked});")
    try:
        nanoseconds, order, rows = ast.literal_eval(answer)
    except (SyntaxError, ValueError):
        raise RuntimeError(f"GAP must answer with a table; it said: {answer[:300]}") from None
    counts: dict[tuple[int, int, int], int] = {}
    for dim, multiplicity, indicator in rows:
        if multiplicity:
            key = (dim, multiplicity, indicator)
            counts[key] = counts.get(key, 0) + 1
    return nanoseconds / 1e9, order, [(*key, counts[key]) for key in sorted(counts)]


def _cyclic(n: int) -> list[np.ndarray]:
    return [np.roll(np.arange(n), -1)]


def _dihedral(n: int) -> list[np.ndarray]:
    return [np.roll(np.arange(n), -1), -np.arange(n) % n]


def _symmetric(n: int) -> list[np.ndarray]:
    return [np.roll(np.arange(n), -1), np.array([1, 0, *range(2, n)])]


def _pairs(n: int) -> list[np.ndarray]:
    pairs = list(itertools.combinations(range(n), 2))
    place = {frozenset(pair): i for i, pair in enumerate(pairs)}
    return [
        np.array([place[frozenset((int(p[a]), int(p[b])))] for a, b in pairs])
        for p in _symmetric(n)
    ]


def _mathieu() -> list[np.ndarray]:
    """M_24 on the projective line over GF(23), where 23 is the point at infinity."""
    squares = {i * i % 23 for i in range(1, 23)}
    shift = [*((i + 1) % 23 for i in range(23)), 23]
    turn = [23, *(-pow(i, -1, 23) % 23 for i in range(1, 23)), 0]
    ninth = pow(9, -1, 23)
    cube = [i**3 * (ninth if i in squares or i == 0 else 9) % 23 for i in range(23)]
    return [np.array(shift), np.array(turn), np.array([*cube, 23])]


def _quarter_turns(size: int) -> list[np.ndarray]:
    # A pixel goes where its number shows up in the turned image.
    return [np.argsort(np.rot90(np.arange(size**2).reshape(size, size)), axis=None)]


def _p4m(size: int) -> list[np.ndarray]:
    y, x = np.mgrid[:size, :size]
    moved = ((y + 1, x), (y, x + 1), (x, -y), (x, y))
    return [(a % size * size + b % size).ravel() for a, b in moved]


CASES: dict[str, Callable[[], list[np.ndarray]]] = {
    "C_256": lambda: _cyclic(256),
    "C_512": lambda: _cyclic(512),
    "D_64": lambda: _dihedral(64),
    "D_256": lambda: _dihedral(256),
    "D_512": lambda: _dihedral(512),
    "D_1024": lambda: _dihedral(1024),
    "S_8 on 28 pairs": lambda: _pairs(8),
    "M_24": _mathieu,
    "S_12": lambda: _symmetric(12),
    "C4 on 256x256": lambda: _quarter_turns(256),
    "p4m 16x16": lambda: _p4m(16),
    "p4m 32x32": lambda: _p4m(32),
}


def main(names: Sequence[str]) -> None:
    """Print the best of three times of GAP for each case."""
    if not available():
        print("GAP is not there; pip install passagemath-gap, or set GAP to its executable.")
        return
    for name in names or CASES:
        generators = CASES[name]()
        answers = [measure(generators, len(generators[0]), indicators=False) for _ in range(3)]
        seconds, order, table = min(answers)
        largest = max(row[1] for row in table)
        print(f"{name:16} {seconds:10.4f} s   |G| = {order}, max c = {largest}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
