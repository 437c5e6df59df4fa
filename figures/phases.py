"""Phase diagrams: `python figures/phases.py [NAME …]` draws them again from stored counts.

Counts lie in `figures/phases/<name>-<panel>.json`, pictures beside them. `--recompute` counts anew,
with a store in `--store DIRECTORY` that takes up whatever was stopped.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import make
import matplotlib.style
from matplotlib.figure import Figure

import sensing_theorems as st
from sensing_theorems import plot, tasks

__all__ = ["FIGURES", "Panel", "Picture", "compute", "draw", "load", "main"]

FOLDER = Path(__file__).resolve().parent / "phases"
SEED = 0


@dataclass(frozen=True)
class Panel:
    """A sweep, and where it is drawn."""

    title: str
    task: tasks.Task
    grid: Mapping[str, Sequence[int]]


@dataclass(frozen=True)
class Picture:
    """Panels on a common scale."""

    title: str
    x: str
    y: str
    trials: int
    panels: tuple[Panel, ...]
    columns: int | None = None


def _operators(n: int, k: int, side: int) -> Panel:
    grid = {"m": range(1, side + 1), "G": range(1, side + 1)}
    return Panel(f"n = {n}, k = {k}", tasks.SubspaceIdentification(n=n, k=k), grid)


def _grouped(make_task: Callable[[str], tasks.Task], n: int, k: int) -> Callable[[str, str], Panel]:
    grid = {"m": range(1, n + 1), "k": range(1, k + 1)}
    return lambda title, action: Panel(title, make_task(action), grid)


def _invariant(title: str, action: str) -> Panel:
    grid = {"m": range(1, 26), "k": range(1, 24)}
    return Panel(title, tasks.InvariantSubspaceIdentification(action), grid)


def _orbit(title: str, action: str) -> Panel:
    grid = {"m": range(1, 11), "k": range(1, 7)}
    return Panel(title, tasks.OrbitIdentification(action), grid)


def _algorithm(title: str, algorithm: str) -> Panel:
    grid = {"m": range(1, 21), "G": range(1, 13)}
    return Panel(title, tasks.LowRankRecovery(n=20, k=3, N=100, algorithm=algorithm), grid)


FIGURES: Mapping[str, Picture] = {
    "operators": Picture(
        "A random subspace, |G| random operators",
        "G",
        "m",
        100,
        (_operators(50, 10, 40),),
    ),
    "sizes": Picture(
        "A random subspace, |G| random operators: four sizes, k = n/5",
        "G",
        "m",
        20,
        tuple(_operators(n, n // 5, 20) for n in (10, 15, 20, 25)),
    ),
    "invariant": Picture(
        "An invariant subspace through one random operator",
        "k",
        "m",
        100,
        (
            _invariant("shifts, c = 1", "shifts:24"),
            _invariant("shifts by 4, c = 4", "shifts:24,stride=4"),
            _invariant("quarter turns of 5×5, c = 7", "quarter_turns:5"),
            _invariant("Kravchuk turns of 5×5, c = 5", "kravchuk_rotations:5,order=10"),
        ),
    ),
    "orbits": Picture(
        "All turns of a random k-dimensional subspace, one random operator",
        "k",
        "m",
        20,
        (
            _orbit("7 shifts, c = 1", "shifts:7"),
            _orbit("4 shifts, c = 2", "shifts:8,stride=2"),
            _orbit("4 shifts, c = 3", "shifts:12,stride=3"),
            _orbit("3 shifts, c = 4", "shifts:12,stride=4"),
        ),
    ),
    "samples": Picture(
        "A random subspace of dimension 4 in R²⁰ from N samples",
        "N",
        "m",
        100,
        tuple(
            Panel(
                title,
                tasks.SampleIdentification(n=20, k=4, G=G),
                {"m": range(5, 21), "N": range(2, 66)},
            )
            for title, G in (
                ("an operator per sample", None),
                ("8 operators", 8),
                ("3 operators", 3),
            )
        ),
    ),
    "moments": Picture(
        "The covariance of a Gaussian law on R⁸",
        "G",
        "m",
        100,
        (
            Panel(
                "n = 8",
                tasks.MomentIdentification(n=8),
                {"m": range(1, 9), "G": range(1, 41)},
            ),
        ),
    ),
    "algorithms": Picture(
        "Algorithms beside theory: 100 signals of a 3-dimensional subspace of R²⁰",
        "G",
        "m",
        20,
        (
            _algorithm("Gauss-Newton", "gauss_newton"),
            _algorithm("alternating least squares", "als"),
        ),
    ),
    "dictionary": Picture(
        "Dictionary learning, 1 of 8 atoms, R⁸",
        "G",
        "m",
        20,
        (
            Panel(
                "Gauss-Newton",
                tasks.DictionaryLearning(n=8, atoms=8, k=1, N=200),
                {"m": range(1, 9), "G": range(1, 11)},
            ),
        ),
    ),
    "pursuit": Picture(
        "Orthogonal matching pursuit, n = 100",
        "k",
        "m",
        50,
        (
            Panel(
                "n = 100",
                tasks.MatchingPursuit(n=100),
                {"m": range(1, 81), "k": range(1, 21)},
            ),
        ),
    ),
}


def _file(name: str, number: int) -> Path:
    return FOLDER / f"{name}-{number}.json"


def compute(name: str, jobs: int, store: Path | None) -> None:
    """Run the sweeps of a picture and keep their counts."""
    picture = FIGURES[name]
    FOLDER.mkdir(exist_ok=True)
    for i, panel in enumerate(picture.panels):
        own = None if store is None else store / f"{name}-{i}"
        found = st.sweep(panel.task, panel.grid, picture.trials, SEED, own, n_jobs=jobs)
        found.save(_file(name, i))


def load(name: str) -> list[st.PhaseDiagram]:
    """Stored counts of a picture, panel by panel."""
    return [st.PhaseDiagram.load(_file(name, i)) for i in range(len(FIGURES[name].panels))]


def draw(name: str) -> Figure:
    """A picture from stored counts, and theory from the tasks that they name."""
    picture, diagrams = FIGURES[name], load(name)
    titles = [panel.title for panel in picture.panels]

    def theory(task: tasks.Task) -> Callable[[dict[str, int]], tuple[st.Threshold, ...]]:
        return lambda cell: task.thresholds(cell, picture.y)

    if len(diagrams) == 1:
        (diagram,), (panel,) = diagrams, picture.panels
        ax = plot.plot_phase_diagram(
            diagram, x=picture.x, y=picture.y, thresholds=theory(panel.task), title=picture.title
        )
        return ax.figure
    axes = plot.plot_small_multiples(
        dict(zip(titles, diagrams, strict=True)),
        x=picture.x,
        y=picture.y,
        thresholds={panel.title: theory(panel.task) for panel in picture.panels},
        columns=picture.columns,
        title=picture.title,
    )
    return axes[0].figure


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw the pictures that were asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(FIGURES))
    parser.add_argument("--recompute", action="store_true", help="run the sweeps again")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--store", type=Path, help="directory for what is unfinished")
    chosen = parser.parse_args(arguments)
    unknown = sorted(set(chosen.names) - set(FIGURES))
    if unknown:
        parser.error(f"unknown name {', '.join(unknown)}; choose from {', '.join(FIGURES)}")
    for name in chosen.names or FIGURES:
        if chosen.recompute:
            compute(name, chosen.jobs, chosen.store)
        with matplotlib.style.context(["default", make.STYLE]):
            about = {"Date": None, "Creator": make.versions()}
            draw(name).savefig(FOLDER / f"{name}.svg", metadata=about)
        print(f"figures/phases/{name}.svg")


if __name__ == "__main__":
    main()
