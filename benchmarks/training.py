"""Measure a step of training against a plain loop of PyTorch, and against deepinv.

`python benchmarks/training.py` prints and stores; run it on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import statistics
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from run import environment
from threadpoolctl import threadpool_limits
from tqdm import tqdm
from training_check import import_or_reason, loss_and_gradient, require_equal_work
from training_contest import POINTWISE, UNET, Contest, Times
from training_loops import (
    DEEPINV_LOSSES,
    OURS,
    PLAIN,
    TRAINER,
    WITH_RECORDS,
    contestants,
)

__all__ = ["CASES", "MARKS", "RATIOS", "README", "RESULTS", "Case", "main", "markdown", "measure"]

RESULTS = Path(__file__).resolve().parent / "results" / "training.json"
README = RESULTS.parents[1] / "README.md"
MARKS = ("<!-- training -->\n", "<!-- /training -->\n")
RATIOS = (
    (OURS, PLAIN, 1.05),
    (OURS, DEEPINV_LOSSES, 1.0),
    (OURS, TRAINER, 1.0),
    (WITH_RECORDS, PLAIN, None),
    (WITH_RECORDS, TRAINER, None),
)
QUICK = "QUICK: tiny sizes; the ratios say nothing."
FOOTER = """\
A step is: draw a batch, both terms of the loss, gradient, Adam. Not timed: imports, making
networks, operators, data sets and loaders, and the first steps in a process. Ratios are medians of
those of the rounds, in each of which all have their turn; in brackets the least and the largest.
Work is the processor time of the process, which other programs disturb less."""


class Case(NamedTuple):
    """Batches of images, how often they are drawn, and what is trained."""

    batch: int
    height: int
    width: int
    steps: int
    rounds: int
    network: str = UNET

    @property
    def name(self) -> str:
        return f"{self.batch} x {self.height} x {self.width}, {self.network}"


CASES = {
    # With three weights it is the loops that are measured, and little besides.
    "cpu": (
        Case(32, 20, 20, 25, 25),
        Case(64, 28, 28, 25, 11),
        Case(32, 20, 20, 100, 15, POINTWISE),
        Case(64, 28, 28, 100, 9, POINTWISE),
    ),
    "cuda": (Case(64, 128, 128, 200, 5), Case(16, 256, 256, 200, 5)),
    "quick": (Case(4, 8, 6, 3, 2), Case(4, 8, 6, 3, 2, POINTWISE)),
}


def utilisation(device: torch.device) -> int | None:
    """Per cent of the last moments in which the GPU was at work, where torch can tell."""
    if device.type != "cuda":
        return None
    try:
        return int(torch.cuda.utilization(device))
    except (ImportError, RuntimeError):
        return None


def measure(
    case: Case, device: torch.device, deepinv: Any, told: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Seconds per step of all contestants, and ratios of ours to those of others."""
    contest = Contest.of(case.batch, (case.height, case.width), device, case.network)
    losses = require_equal_work(loss_and_gradient(contest, deepinv), device)
    runs = contestants(deepinv)
    for prepare in runs:
        prepare(contest, 3)()
    times: dict[str, list[Times]] = {}
    busy: dict[str, list[int]] = {}
    for turn in range(case.rounds):
        told(f"{case.name}, round {turn + 1} of {case.rounds}")
        # Another one begins each time, so that a clock that slows down meets all alike.
        at = turn % len(runs)
        for prepare in (*runs[at:], *runs[:at]):
            for name, time in prepare(contest, case.steps)().items():
                times.setdefault(name, []).append(time / case.steps)
                share = utilisation(device)
                if share is not None:
                    busy.setdefault(name, []).append(share)
    middle = {name: np.median(rounds, axis=0).tolist() for name, rounds in times.items()}
    return {
        "name": case.name,
        **case._asdict(),
        "losses": losses,
        "seconds_per_step": {name: seconds for name, (seconds, _) in middle.items()},
        "work_per_step": {name: work for name, (_, work) in middle.items()},
        "utilisation": {name: statistics.median(shares) for name, shares in busy.items()},
        "rows": _rows(times, case),
    }


def _rows(times: dict[str, list[Times]], case: Case) -> list[dict[str, Any]]:
    """Ratios of our times to those of others, from the times of every round."""
    rows = []
    for ours, baseline, target in RATIOS:
        if baseline not in times:
            continue
        target = target if case.network == UNET else None
        seconds, work = (np.array(times[ours]) / np.array(times[baseline])).T
        ratio = float(np.median(seconds))
        rows.append(
            {
                "ours": ours,
                "baseline": baseline,
                "ratio": ratio,
                "ratio_range": [float(seconds.min()), float(seconds.max())],
                "ratio_of_work": float(np.median(work)),
                "range_of_work": [float(work.min()), float(work.max())],
                "target": target,
                "met": None if target is None else ratio <= target,
            }
        )
    return rows


def text(case: dict[str, Any]) -> str:
    """Times and ratios of a case, for people."""
    lines = [f"{case['name']}, {case['rounds']} rounds of {case['steps']} steps"]
    for name, seconds in case["seconds_per_step"].items():
        line = (
            f"  {name:<18} {1e3 * seconds:8.2f} ms a step, {case['batch'] / seconds:7,.0f} images/s"
        )
        line += f", work {1e3 * case['work_per_step'][name]:.2f} ms"
        share = case["utilisation"].get(name)
        lines.append(line + ("" if share is None else f", GPU busy {share:.0f} %"))
    for row in case["rows"]:
        line = f"  {row['ours']} / {row['baseline']}: {_span(row['ratio'], row['ratio_range'])}"
        line += f", of work {_span(row['ratio_of_work'], row['range_of_work'])}"
        if row["target"] is not None:
            line += f"; at most {row['target']:g}: {'yes' if row['met'] else 'NO'}"
        lines.append(line)
    return "\n".join(lines)


def _span(middle: float, ends: list[float]) -> str:
    return f"{middle:.3f} [{ends[0]:.3f}, {ends[1]:.3f}]"


def markdown(found: dict[str, Any]) -> str:
    """Times of a step and ratios, as a table."""
    head = "batch, network", "peer", "peer's step", "", "step", "ratio", "of work", "target"
    lines = [head, ("---",) * len(head)]
    for case in found["cases"]:
        times = {name: f"{1e3 * time:.3g} ms" for name, time in case["seconds_per_step"].items()}
        for row in case["rows"]:
            ours, peer = row["ours"], row["baseline"]
            target = "" if row["target"] is None else f"≤ {row['target']:g}"
            ratios = f"{row['ratio']:.3f}", f"{row['ratio_of_work']:.3f}"
            lines.append((case["name"], peer, times[peer], ours, times[ours], *ratios, target))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _store(found: dict[str, Any], output: Path) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if output == RESULTS:
        before, rest = README.read_text(encoding="utf-8").split(MARKS[0])
        after = rest.split(MARKS[1])[1]
        renewed = before + MARKS[0] + markdown(found) + MARKS[1] + after
        README.write_text(renewed, encoding="utf-8")


def surroundings(device: torch.device, deepinv: Any) -> dict[str, Any]:
    """What the numbers depend on."""
    found = environment()
    found["versions"]["torch"] = torch.__version__
    found["versions"]["deepinv"] = importlib.metadata.version("deepinv") if deepinv else None
    found["threads"] = torch.get_num_threads()
    found["device"] = torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, store."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: only to see it run")
    parser.add_argument("--rounds", type=int, help="other than usual; stores nothing by itself")
    parser.add_argument("--output", type=Path, help="file for the numbers; a full run has its own")
    asked = parser.parse_args(arguments)
    if asked.device == "cuda" and not torch.cuda.is_available():
        parser.error("torch sees no GPU")
    device = torch.device(asked.device)
    torch.set_num_threads(1)
    deepinv, why = import_or_reason()
    if deepinv is None:
        print(f"without deepinv, which is not there to be compared with: {why}", file=sys.stderr)
    found: dict[str, Any] = {"date": date.today().isoformat(), "quick": asked.quick}
    found["cases"] = []
    if asked.quick:
        print(QUICK)
    with (
        threadpool_limits(1),
        tqdm(total=None, bar_format="{desc} [{elapsed}]", disable=None, leave=False) as bar,
    ):
        found["environment"] = surroundings(device, deepinv)
        for case in CASES["quick" if asked.quick else asked.device]:
            case = case._replace(rounds=asked.rounds or case.rounds)
            found["cases"].append(measure(case, device, deepinv, bar.set_description_str))
            print(text(found["cases"][-1]), flush=True)
    print(f"\n{FOOTER}")
    full = asked.device == "cpu" and deepinv is not None and not (asked.quick or asked.rounds)
    output = asked.output or (RESULTS if full else None)
    if output:
        _store(found, output)
        print(f"\n{output.name} stored", file=sys.stderr)


if __name__ == "__main__":
    main()
