"""The validation: `python figures/validate.py` trains in every setup and compares with theory.

What came out lies in `figures/validation/`, one JSON file per setup, `gains.json`, and the pictures
and the table that are drawn from them. Checkpoints lie in `--store`: after any stop, the same
command goes on. `--draw` only draws again.
"""

from __future__ import annotations

import argparse
import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from time import perf_counter

import make
import matplotlib.style
import numpy as np
import validation_table
from matplotlib.figure import Figure

from sensing_theorems import plot
from sensing_theorems.comparison import Comparison

__all__ = ["FOLDER", "PICTURES", "comparisons", "draw", "drawn", "gains", "main", "tabled"]

FOLDER = Path(__file__).resolve().parent / "validation"
LOSSES = ("pinv", "ei", "supervised")
FORGETTING = ("deblurring", "mri4-turns", "inpainting-sparse", "inpainting-periodic")


def _compute(store: Path, jobs: int, steps: int, keys: Sequence[str]) -> None:
    # Only here: drawing needs no PyTorch.
    from sensing_theorems.equivariant_imaging import experiments

    chosen = [
        each
        for each in (*experiments.SETUPS, *experiments.NOISY, experiments.LOW_DOSE)
        if not keys or each.key in keys
    ]
    FOLDER.mkdir(exist_ok=True)
    start = perf_counter()
    settings = {"steps": steps, "warm_start": True, "warm_steps": steps // 2, "every": 50}
    found = experiments.run(chosen, store, n_jobs=jobs, losses=LOSSES, **settings)
    for number, (each, comparison) in enumerate(found, 1):
        comparison.save(FOLDER / f"{each.key}.json")
        spent = (perf_counter() - start) / 60
        verdict = {True: "agrees", False: "DISAGREES", None: "-"}[comparison.agrees]
        levels = ", ".join(f"{name} {value:.2f}" for name, value in comparison.psnr.items())
        line = f"{spent:5.1f} min  {number:2}/{len(chosen)}  {each.key}: {levels} dB, {verdict}"
        print(line, flush=True)
    if not keys or "gains" in keys:
        _compute_gains(store / "gains", jobs)
        print(f"{(perf_counter() - start) / 60:5.1f} min  gains")


def _compute_gains(store: Path, jobs: int) -> None:
    from sensing_theorems.equivariant_imaging import experiments

    phase = experiments.GainPhase()
    cells = list(experiments.gains(phase, store, n_jobs=jobs))
    abouts = [found.about for *_, found in cells]
    content = {
        "n": phase.n,
        "k": phase.k,
        "m": list(phase.rows),
        "G": list(phase.counts),
        "gain": [[gain for m, _, gain, _ in cells if m == row] for row in phase.rows],
        "steps": phase.steps,
        "signals": phase.signals,
        "commits": sorted({str(about["commit"]) for about in abouts}),
        "versions": abouts[0]["versions"],
        "started": min(about["started"] for about in abouts),
    }
    (FOLDER / "gains.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _order() -> Mapping[str, str]:
    """Keys and titles of the setups, in order, as they were stored."""
    return json.loads((FOLDER / "titles.json").read_text(encoding="utf-8"))


def _store_titles() -> None:
    from sensing_theorems.equivariant_imaging import experiments

    every = (*experiments.SETUPS, *experiments.NOISY, experiments.LOW_DOSE)
    titles = {each.key: each.title for each in every}
    (FOLDER / "titles.json").write_text(
        json.dumps(titles, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def comparisons(*, noisy: bool = False) -> dict[str, Comparison]:
    """Stored comparisons by title: those of `SETUPS`, or all with noise by key."""
    found = {}
    for key, title in _order().items():
        path = FOLDER / f"{key}.json"
        is_noisy = "noise" in key or key == "ct-low-dose"
        if path.exists() and is_noisy == noisy:
            found[key if noisy else title] = Comparison.load(path)
    return found


def gains() -> dict[str, np.ndarray]:
    """Stored gains over m and G, in dB."""
    content = json.loads((FOLDER / "gains.json").read_text(encoding="utf-8"))
    return {name: np.array(content[name]) for name in ("n", "k", "m", "G", "gain")}


def _overview() -> Figure:
    return plot.plot_validation(comparisons())[0].figure


def _forgetting(key: str) -> Figure:
    return plot.plot_forgetting(Comparison.load(FOLDER / f"{key}.json"), title=_order()[key]).figure


def _noise(prefix: str, title: str) -> Figure:
    found = {
        float(key.rpartition("-")[2]): comparison
        for key, comparison in comparisons(noisy=True).items()
        if key.startswith(f"{prefix}-noise-")
    }
    levels = sorted(found)
    losses = next(iter(found.values())).psnr
    psnr = {loss: [found[level].psnr[loss] for level in levels] for loss in losses}
    return plot.plot_noise_levels(levels, psnr, title=title).figure


def _gains() -> Figure:
    found = gains()
    n, k = int(found["n"]), int(found["k"])
    ax = plot.plot_gains(
        found["G"],
        found["m"],
        found["gain"],
        exact=lambda G: k + (n - k) / G,
        published=lambda G: k + n / G,
        title=f"Gain of training on |G| operators, a subspace of dimension {k} in R{chr(0x2074)}⁸",
    )
    return ax.figure


PICTURES = {
    "overview": _overview,
    **{f"forgetting-{key}": lambda key=key: _forgetting(key) for key in FORGETTING},
    "noise-mri": lambda: _noise("mri", "MRI, mask made for quarter turns"),
    "gains": _gains,
}


def _stored(name: str) -> bool:
    """Whether what a picture shows was computed."""
    kind, _, key = name.partition("-")
    files = {"forgetting": f"{key}.json", "noise": f"{key}-noise-*.json", "gains": "gains.json"}
    return any(FOLDER.glob(files.get(kind, "*.json")))


def drawn(name: str) -> str:
    """A picture as text."""
    buffer = io.StringIO()
    with matplotlib.style.context(["default", make.STYLE]):
        about = {"Date": None, "Creator": make.versions()}
        PICTURES[name]().savefig(buffer, format="svg", metadata=about)
    return buffer.getvalue()


def tabled() -> dict[str, Comparison]:
    """Everything that was stored, by title."""
    noisy = {_order()[key]: each for key, each in comparisons(noisy=True).items()}
    return comparisons() | noisy


def draw() -> Iterator[str]:
    """Draw all pictures and write the table, from what is stored."""
    for name in filter(_stored, PICTURES):
        (FOLDER / f"{name}.svg").write_text(drawn(name), encoding="utf-8")
        yield f"figures/validation/{name}.svg"
    (FOLDER / "README.md").write_text(validation_table.markdown(tabled()), encoding="utf-8")
    yield "figures/validation/README.md"


def main(arguments: Sequence[str] | None = None) -> None:
    """Train where that is not done, and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("keys", nargs="*", metavar="KEY", help="setups, or gains; all by default")
    parser.add_argument("--draw", action="store_true", help="only draw again")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--store", type=Path, default=Path("runs/validation"))
    chosen = parser.parse_args(arguments)
    if not chosen.draw:
        try:
            _compute(chosen.store, chosen.jobs, chosen.steps, chosen.keys)
        except ValueError as error:
            parser.exit(2, f"{error}\n")
        _store_titles()
    for name in draw():
        print(name)


if __name__ == "__main__":
    main()
