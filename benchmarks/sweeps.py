"""Measure sweeps: a published diagram, its loop in NumPy, and what sending trials around costs.

`python benchmarks/sweeps.py` prints and stores; run it on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from run import environment
from threadpoolctl import threadpool_limits

import sensing_theorems as st
from sensing_theorems.sweep.seeds import trial_rngs

RESULTS = Path(__file__).resolve().parent / "results" / "sweeps.json"
TASK = st.tasks.SubspaceIdentification(n=50, k=10)
Cell = Mapping[str, int]


def seconds(function: Callable[[], Any]) -> tuple[float, Any]:
    """Time of a call, and what it returns."""
    start = time.perf_counter()
    found = function()
    return time.perf_counter() - start, found


def diagram(side: int, trials: int, jobs: int) -> tuple[float, st.PhaseDiagram]:
    """The published diagram, (m, G) at n = 50 and k = 10, with a store as users have it."""
    grid = {"m": range(1, side + 1), "G": range(1, side + 1)}
    with tempfile.TemporaryDirectory() as store:
        return seconds(lambda: st.sweep(TASK, grid, trials, seed=0, store=store, n_jobs=jobs))


def by_matrix_rank(cell: Cell, rng: np.random.Generator) -> bool:
    """A trial as one writes it with NumPy: what is known of the complement, and its rank."""
    n, k = 50, 10
    basis = rng.standard_normal((n, k))
    blocks = []
    for _ in range(cell["G"]):
        A = rng.standard_normal((cell["m"], n))
        image = A @ basis
        free = np.linalg.svd(image)[0][:, np.linalg.matrix_rank(image) :]
        blocks.append(free.T @ A)
    known = np.concatenate(blocks)
    return len(known) >= n - k and bool(np.linalg.matrix_rank(known) == n - k)


def loop(cells: list[dict[str, int]], trials: int) -> list[int]:
    """Successes of a plain loop, with the random numbers of the sweep."""
    return [
        sum(by_matrix_rank(cell, rng) for rng in trial_rngs(0, cell, 0, trials)) for cell in cells
    ]


def against_numpy(count: int, trials: int, rounds: int) -> dict[str, Any]:
    """Both sides in one process and one thread, in turns, on random cells of the diagram."""
    chosen = np.random.default_rng(0).choice(1600, count, replace=False).tolist()
    cells = [{"m": 1 + at // 40, "G": 1 + at % 40} for at in chosen]
    times = []
    st.sweep(TASK, cells[:2], 1, seed=0)  # compiles
    with threadpool_limits(1):
        for _ in range(rounds):
            theirs, hits = seconds(lambda: loop(cells, trials))
            # As many trials of the fast side as fill a time that can be measured.
            own, _ = seconds(lambda: st.sweep(TASK, cells, 50 * trials, seed=0))
            few = st.sweep(TASK, cells, trials, seed=0)
            if few.successes.sum() != sum(hits):
                raise RuntimeError(
                    f"the loop finds {sum(hits)} hits, we find {few.successes.sum()}"
                )
            times.append((theirs / trials, own / (50 * trials)))
    ratios = sorted(theirs / own for theirs, own in times)
    return {
        "cells": len(cells),
        "numpy_ms_per_trial": 1e3 * float(np.median([t for t, _ in times])) / len(cells),
        "our_ms_per_trial": 1e3 * float(np.median([o for _, o in times])) / len(cells),
        "ratio": ratios[len(ratios) // 2],
        "ratio_range": [ratios[0], ratios[-1]],
    }


def busy(cell: Cell, rng: np.random.Generator) -> bool:
    """Work for as many microseconds as the cell says, whatever the machine does meanwhile."""
    end = time.process_time() + cell["us"] * 1e-6
    while time.process_time() < end:
        pass
    return bool(rng.random() < 0.5)


def sending(us: int, trials: int, cells: int, jobs: int) -> dict[str, Any]:
    """What is left of `jobs` cores, and what a trial costs beside its work."""
    grid = {"us": [us], "cell": range(cells)}
    work = us * 1e-6 * trials * cells

    def run(n_jobs: int) -> float:
        with tempfile.TemporaryDirectory() as store:
            return seconds(lambda: st.sweep(busy, grid, trials, 0, store, n_jobs=n_jobs))[0]

    plain = seconds(
        lambda: [
            busy({"us": us}, np.random.default_rng(i)) for i in range(cells) for _ in range(trials)
        ]
    )[0]
    alone = run(1)
    # Starts the workers, which end when they are idle for ten seconds.
    st.sweep(busy, {"us": [1], "cell": range(4)}, 1, seed=0, n_jobs=jobs)
    together = run(jobs)
    return {
        "us_per_trial": us,
        "trials_per_cell": trials,
        "jobs": jobs,
        "seconds_of_work": work,
        "loop": plain,
        "serial": alone,
        "parallel": together,
        "overhead": alone / plain - 1,
        "efficiency": plain / (jobs * together),
    }


def main() -> None:
    """Measure, print, store."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="tiny sizes; stores nothing")
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    quick = asked.quick
    found: dict[str, Any] = {"date": date.today().isoformat(), "environment": environment()}
    found["sending"] = [
        sending(us, trials, 4 if quick else cells, asked.jobs)
        for us, trials, cells in ((1000, 50, 200), (50_000, 1, 200), (1000, 1, 4000))
    ]
    for row in found["sending"]:
        print(
            f"{row['us_per_trial']} us x {row['trials_per_cell']} per cell: overhead "
            f"{row['overhead']:.1%}, efficiency with {asked.jobs} workers {row['efficiency']:.2f}"
        )
    found["numpy"] = against_numpy(4 if quick else 100, 1 if quick else 2, 1 if quick else 7)
    print(
        f"loop over matrix_rank {found['numpy']['numpy_ms_per_trial']:.2f} ms, sweep "
        f"{found['numpy']['our_ms_per_trial']:.3f} ms per trial, each on one core: "
        f"{found['numpy']['ratio']:.1f}x"
    )
    time_of_all, counted = diagram(4 if quick else 40, 2 if quick else 100, asked.jobs)
    trials = int(counted.trials.sum())
    per_trial = 1e3 * time_of_all / trials
    ratio = found["numpy"]["numpy_ms_per_trial"] / per_trial
    found["diagram"] = {
        "seconds": time_of_all,
        "jobs": asked.jobs,
        "trials": trials,
        "ratio_to_loop": ratio,
    }
    print(
        f"diagram n=50, k=10: {trials} trials in {time_of_all:.1f} s with {asked.jobs} workers, "
        f"{ratio:.1f}x the speed of the loop"
    )
    if not quick:
        RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
