"""How long unions of subspaces take: `python benchmarks/unions.py`, or `--quick`.

Random planes of R^64 through 16 Gaussian operators of m rows: 64 of them, and the most that fit
into a minute.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from pathlib import Path
from typing import Any

import numpy as np

import sensing_theorems as st

RESULTS = Path(__file__).with_name("results") / "unions.json"
MINUTE = 60.0
GROWTH = 2**0.5


def decide(p: int, m: int, n: int = 64, operators: int = 16) -> dict[str, Any]:
    """Time one union of p planes."""
    rng = np.random.default_rng(p * m)
    union = st.models.UnionOfSubspaces(rng.standard_normal((p, n, 2)))
    rows = list(rng.standard_normal((operators, m, n)))
    start = time.perf_counter()
    found = st.identify(union, rows, budget=10**8)
    seconds = time.perf_counter() - start
    return {
        "planes": p,
        "m": m,
        "verdict": found.verdict.value,
        "nodes": found.explored.nodes,
        "seconds": seconds,
    }


def largest(m: int, limit: float, n: int = 64, operators: int = 16) -> dict[str, Any]:
    """Grow the union until it takes longer than a limit; the last that did not."""
    p, last = 16.0, decide(16, m, n, operators)
    while True:
        p *= GROWTH
        found = decide(round(p), m, n, operators)
        if found["seconds"] > limit:
            return last
        last = found


def main() -> None:
    """Measure, print, and store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny sizes; stores nothing")
    quick = parser.parse_args().quick
    n, operators, limit = (12, 3, 0.2) if quick else (64, 16, MINUTE)
    rows = [40, 34, 24] if not quick else [8, 6, 5]
    decide(8, rows[0], n, operators)  # compiles
    fixed = [decide(64 if not quick else 8, m, n, operators) for m in rows]
    most = [largest(m, limit, n, operators) for m in rows[1:]]
    for title, found in (("fixed", fixed), ("largest", most)):
        for row in found:
            print(
                f"{title:8} {row['planes']:6} planes, m = {row['m']}: {row['seconds']:7.2f} s, "
                f"{row['nodes']} nodes, {row['verdict']}"
            )
    if not quick:
        stored = {"python": platform.python_version(), "fixed": fixed, "largest": most}
        RESULTS.write_text(json.dumps(stored, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
