"""Measure the rank engine against its peers: `make bench`, or `python benchmarks/run.py`.

Prints a table of ratios; stores the numbers, and figures beside them.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import cost
import draw
import memory
import rank_engine
from threadpoolctl import threadpool_info
from tqdm import tqdm

__all__ = ["environment", "main", "measure", "table"]

PARTS = ("rows", "memory", "cost")
PEERS = ("numpy", "scipy", "numba", "python-flint", "sympy", "sensing-theorems")
FOOTER = """\
Medians over rounds in which both sides have their turn. Not timed, on either side: imports, JIT
compilation, and making operators, actions, `action.irreps`, stacks, and matrices of other
libraries. Where both sides find a rank, it is the same. Memory is what Python's tracemalloc sees
at its peak, beyond the operator."""
QUICK = "QUICK: tiny sizes instead of those named; the ratios say nothing."


def environment() -> dict[str, Any]:
    """What the numbers depend on, and nothing that names the machine."""
    usable = getattr(os, "sched_getaffinity", lambda _: range(os.cpu_count() or 1))
    # NumPy and SciPy bring a library each, mostly the same.
    blas = {
        f"{one['internal_api']} {one['version']} {one.get('architecture', '')}".strip()
        + f", {one['num_threads']} threads"
        for one in threadpool_info()
        if one["user_api"] == "blas"
    }
    return {
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in PEERS},
        "machine": platform.machine(),
        "cpus": len(usable(0)),
        "blas": sorted(blas),
    }


def measure(chosen: Sequence[str], quick: bool) -> dict[str, Any]:
    """Measure what was chosen, with progress on the error stream."""
    found: dict[str, Any] = {
        "date": date.today().isoformat(),
        "quick": quick,
        "environment": environment(),
        "rows": [],
    }
    with tqdm(total=None, bar_format="{desc} [{elapsed}]", disable=None, leave=False) as bar:
        for name in chosen:
            bar.set_description_str(name)
            if name in rank_engine.ROWS:
                found["rows"].append(rank_engine.measure(rank_engine.ROWS[name], quick))
        if "memory" in chosen:
            bar.set_description_str("memory")
            found["memory"] = [memory.measure(case, quick) for case in memory.CASES]
        if "cost" in chosen:
            found["cost"] = cost.measure(quick, bar.set_description_str)
    return found


def _amount(row: dict[str, Any], side: str) -> str:
    if f"{side}_bytes" in row:
        return f"{row[f'{side}_bytes'] / 1e6:,.4g} MB"
    value = row[f"{side}_seconds"]
    return f"{value:.3g} s" if value >= 1 else f"{1e3 * value:.3g} ms"


def _line(row: dict[str, Any]) -> tuple[str, ...]:
    ratio = f"{row['ratio']:,.3g}" if row["ratio"] < 100 else f"{row['ratio']:,.0f}"
    title = f"{row['name']}: {row['task']}"
    sides = (_amount(row, "baseline"), _amount(row, "our"))
    return title, row["baseline"], *sides, ratio, row["aim"], "yes" if row["met"] else "NO"


def table(found: dict[str, Any]) -> str:
    """The ratios for people."""
    head = ("task", "baseline", "baseline", "ours", "ratio", "target", "met")
    lines = [head, *(_line(row) for row in [*found["rows"], *found.get("memory", [])])]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    text = ["  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) for line in lines]
    text.insert(1, "  ".join("-" * w for w in widths))
    for row in found.get("memory", []):
        text.append(f"{row['name']}: the stack would take {row['stack_bytes'] / 1e9:,.3g} GB")
    warning = [QUICK] if found["quick"] else []
    return "\n".join([*warning, *(line.rstrip() for line in text), "", FOOTER])


def _curves(found: dict[str, Any]) -> str:
    """Where each curve of the cost ends."""
    lines = []
    for kind in found["cost"]["kinds"]:
        lines.append(f"\n{kind['label']}, under all shifts of n pixels:")
        for curve in kind["curves"]:
            last = curve["points"][-1] if curve["points"] else {"n": 0, "seconds": 0.0}
            line = f"  {curve['label']}: {last['seconds']:.3g} s at n = {last['n']:,}"
            end = curve["stopped"]
            lines.append(line + (f"; at n = {end['n']:,} stopped: {end['why']}" if end else ""))
    return "\n".join(lines)


def _store(found: dict[str, Any], output: Path) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if all(part in found and found[part] for part in PARTS):
        for name in draw.FIGURES:
            draw.redraw(found, name, output.with_name(f"{name}.svg"))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, store."""
    names = [*rank_engine.ROWS, "memory", "cost"]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--only", nargs="+", choices=names, metavar="NAME", help=f"some of: {', '.join(names)}"
    )
    parser.add_argument("--quick", action="store_true", help="tiny sizes: only to see it run")
    parser.add_argument(
        "--output", type=Path, help="file for the numbers; a full run has benchmarks/results"
    )
    asked = parser.parse_args(arguments)
    found = measure(asked.only or names, asked.quick)
    if found["rows"] or "memory" in found:
        print(table(found))
    if "cost" in found:
        print(_curves(found))
    # Numbers of different runs do not belong into one file, nor quick ones among the others.
    full = not (asked.only or asked.quick)
    output = asked.output or (draw.RESULTS if full else None)
    if output:
        _store(found, output)
        print(f"\n{output.name} and figures stored", file=sys.stderr)


if __name__ == "__main__":
    main()
