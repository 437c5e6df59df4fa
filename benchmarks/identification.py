"""Measure exact identification against plain NumPy: `python benchmarks/identification.py`.

Prints a table of ratios; a full run stores the numbers.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from contest import Pair, Row, measure
from run import environment, table
from tqdm import tqdm

from sensing_theorems.subspace_batches import identify_subspaces

__all__ = ["RESULTS", "ROWS", "main"]

# Not those of `contest`, all of which a run of the rank engine measures.
ROWS: dict[str, Row] = {}
RESULTS = Path(__file__).resolve().parent / "results" / "identification.json"
_AT_LEAST = 1e-10  # of the largest singular value


def row(
    name: str, task: str, baseline: str, *, at_least: float
) -> Callable[[Callable[[bool], Pair]], Callable[[bool], Pair]]:
    """Enter a function, from `quick` to a pair, into `ROWS`."""

    def enter(prepare: Callable[[bool], Pair]) -> Callable[[bool], Pair]:
        ROWS[name] = Row(name, task, baseline, at_least, True, prepare)
        return prepare

    return enter


def _by_svd(basis: np.ndarray, operators: np.ndarray) -> int:
    """What is known of the complement of a subspace, by the singular values of every step."""
    values = np.linalg.svd(basis, compute_uv=False)
    dim = int((values > _AT_LEAST * values[0]).sum())
    blocks = []
    for A in operators:
        u, values, _ = np.linalg.svd(A @ basis)
        blocks.append(u[:, int((values > _AT_LEAST * values[0]).sum()) :].T @ A)
    values = np.linalg.svd(np.concatenate(blocks), compute_uv=False)
    return int((values > _AT_LEAST * values[0]).sum()) - (len(basis) - dim)


@row(
    "subspaces",
    "10,000 subspace decisions at n = 50, k = 10, 5 operators, m from 16 to 20",
    "numpy.linalg.svd in a loop",
    at_least=20,
)
def _subspaces(quick: bool) -> Pair:
    count, rng = 5 if quick else 2000, np.random.default_rng(1)
    # On both sides of the turning point m = k + (n - k) / 5 = 18, and at it.
    cells = [
        (rng.standard_normal((count, 50, 10)), rng.standard_normal((count, 5, m, 50)))
        for m in range(16, 21)
    ]

    def loop() -> list[int]:
        pairs = [pair for cell in cells for pair in zip(*cell, strict=True)]
        return [_by_svd(basis, operators) for basis, operators in pairs]

    def ours() -> list[int]:
        found = [identify_subspaces(*cell) for cell in cells]
        return np.concatenate([one.ranks - one.needed for one in found]).tolist()

    return Pair(loop, ours)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, store."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=list(ROWS), metavar="NAME")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: only to see it run")
    parser.add_argument("--output", type=Path, help="file for the numbers; a full run has its own")
    asked = parser.parse_args(arguments)
    found: dict[str, Any] = {
        "date": date.today().isoformat(),
        "quick": asked.quick,
        "environment": environment(),
        "rows": [],
    }
    for name in tqdm(asked.only or list(ROWS), disable=None, leave=False):
        found["rows"].append(measure(ROWS[name], asked.quick))
    print(table(found))
    full = not (asked.only or asked.quick)
    output = asked.output or (RESULTS if full else None)
    if output:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        print(f"\n{output.name} stored")


if __name__ == "__main__":
    main()
