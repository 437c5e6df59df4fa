"""Measure multiplicities against GAP's best route: `make bench-irreps`.

GAP must be there, see `gap.py`; where it is not, our times are given alone. Figures of escnn and
RepLAB, which need environments of their own, are quoted as they were measured for this project.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import gap
import numpy as np
from run import environment

import sensing_theorems as st

__all__ = ["ROWS", "main", "measure", "table"]

RESULTS = Path(__file__).resolve().parent / "results" / "irreps.json"
_ROUNDS = 5

Lists = list[np.ndarray]


def _undeclared(name: str) -> tuple[Callable[[], Lists], Callable[[Lists], Any]]:
    return gap.CASES[name], lambda lists: st.groups.from_permutations(lists).irreps


def _declared(name: str, build: Callable[[], Any]) -> tuple[Callable[[], Lists], Any]:
    return gap.CASES[name], lambda lists: build().irreps


# Name: generators for GAP, what we do, the ratio aimed at.
ROWS: dict[str, tuple[Callable[[], Lists], Callable[[Lists], Any], float]] = {
    "C_256, declared": (*_declared("C_256", lambda: st.groups.shifts(256)), 1000),
    "C_512, declared": (*_declared("C_512", lambda: st.groups.shifts(512)), 1000),
    "C_256, from generators": (*_undeclared("C_256"), 10),
    "D_64, from generators": (*_undeclared("D_64"), 4),
    "D_256, from generators": (*_undeclared("D_256"), 4),
    "D_512, from generators": (*_undeclared("D_512"), 4),
    "D_1024, from generators": (*_undeclared("D_1024"), 4),
    "D_512, declared": (*_declared("D_512", lambda: st.groups.polygon(512)), 1000),
    "S_8 on 28 pairs": (*_undeclared("S_8 on 28 pairs"), 200),
    "M_24 on 24 points": (*_undeclared("M_24"), 200),
    "S_12 from generators": (*_undeclared("S_12"), 200),
    "C4 on 256x256 pixels, declared": (
        *_declared("C4 on 256x256", lambda: st.groups.quarter_turns(256)),
        50,
    ),
    "C4 on 256x256 pixels, from generators": (*_undeclared("C4 on 256x256"), 1),
    "p4m 16x16, from generators": (*_undeclared("p4m 16x16"), 2 / 3),
    "p4m 32x32, from generators": (*_undeclared("p4m 32x32"), 2 / 3),
    "p4m 32x32, declared": (*_declared("p4m 32x32", lambda: st.groups.wallpaper(32)), 500),
}


def _turns(size: int) -> Lists:
    return [st.groups.quarter_turns(size).generators[0].images]


def _basis(lists: Lists) -> Any:
    action = st.groups.from_permutations(lists)
    coordinates = action.isotypic(np.eye(action.n))
    return coordinates.parts


# Name: generators, seconds of the peer as measured before, the peer, the ratio aimed at.
QUOTED: dict[str, tuple[Callable[[], Lists], float, str, float]] = {
    "isotypic basis of C_32": (lambda: [np.roll(np.arange(32), -1)], 1.4, "escnn 1.0.11", 100),
    "isotypic basis of C4 on 6x6": (lambda: _turns(6), 2.04, "escnn 1.0.11", 100),
    "real, complex or quaternionic, C4 on 16x16": (
        lambda: _turns(16),
        18.9,
        "RepLAB 1.0.2-dev",
        100,
    ),
}


def _seconds(function: Callable[[], Any]) -> float:
    function()
    times = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        function()
        once = time.perf_counter() - start
        loops = max(1, round(0.02 / max(once, 1e-7)))
        start = time.perf_counter()
        for _ in range(loops):
            function()
        times.append((time.perf_counter() - start) / loops)
    return statistics.median(times)


def measure(names: Sequence[str]) -> list[dict[str, Any]]:
    """Time both sides; where GAP is there, tables must be equal."""
    found = []
    for name in names:
        if name in QUOTED:
            lists, theirs, peer, target = QUOTED[name]
            generators = lists()
            ours = _seconds(lambda generators=generators: _basis(generators))
            found.append(_row(name, f"{peer} (quoted)", theirs, ours, target))
            continue
        build, own, target = ROWS[name]
        generators = build()
        theirs = None
        if gap.available():
            answers = [
                gap.measure(generators, len(generators[0]), indicators=False) for _ in range(3)
            ]
            theirs = statistics.median(seconds for seconds, _, _ in answers)
            _check(name, answers[0][2], own(generators))
        ours = _seconds(lambda own=own, generators=generators: own(generators))
        found.append(_row(name, "GAP", theirs, ours, target))
    return found


def _check(name: str, theirs: list[tuple[int, int, int, int]], ours: st.Irreps) -> None:
    def counted(rows: Any) -> dict[tuple[int, int], int]:
        counts: dict[tuple[int, int], int] = {}
        for s, c, _, count in rows:
            counts[s, c] = counts.get((s, c), 0) + count
        return counts

    if counted(theirs) != counted(ours.complex):
        raise RuntimeError(f"{name}: GAP and we find different tables.")


def _row(name: str, peer: str, theirs: float | None, ours: float, target: float) -> dict[str, Any]:
    ratio = None if theirs is None else theirs / ours
    return {
        "name": name,
        "peer": peer,
        "peer_seconds": theirs,
        "our_seconds": ours,
        "ratio": ratio,
        "target": target,
        "met": None if ratio is None else bool(ratio >= target),
    }


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    for unit, scale in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The ratios for people."""
    lines = [("task", "peer", "peer", "ours", "ratio", "target", "met")]
    for row in rows:
        ratio = "–" if row["ratio"] is None else f"{row['ratio']:,.3g}"
        met = "–" if row["met"] is None else "yes" if row["met"] else "NO"
        aim = f">= {row['target']:.3g}"
        times = (_time(row["peer_seconds"]), _time(row["our_seconds"]))
        lines.append((row["name"], row["peer"], *times, ratio, aim, met))
    widths = [max(len(line[i]) for line in lines) for i in range(7)]
    return "\n".join(
        "  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and store a full run."""
    names = [*ROWS, *QUOTED]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME")
    asked = parser.parse_args(arguments)
    rows = measure(asked.only or names)
    print(table(rows))
    if not gap.available():
        print("GAP is not there: `make gap` puts it into an environment of its own.")
    elif not asked.only:
        found = {"date": date.today().isoformat(), "environment": environment(), "rows": rows}
        RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        print(f"\n{RESULTS.name} stored")


if __name__ == "__main__":
    main()
