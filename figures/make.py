"""Draw the figure of every theorem from stored evidence: `python figures/make.py [KEY …]`.

Evidence lies in `figures/<key>.npz` and is computed where it is missing, or with `--recompute`.
Equal evidence and equal library versions give equal files, byte for byte.
"""

from __future__ import annotations

import argparse
import importlib.metadata
from collections.abc import Sequence
from pathlib import Path

import drawings
import group_drawings
import group_evidence
import matplotlib
import matplotlib.style
import numpy as np
from evidence import EVIDENCE
from threadpoolctl import threadpool_limits

from sensing_theorems.theorems import THEOREMS

# Imported for what they enter into DRAWINGS and EVIDENCE.
_ENTERED = (group_drawings, group_evidence)

__all__ = ["FOLDER", "compute", "load", "main", "redraw", "versions"]

FOLDER = Path(__file__).resolve().parent
STYLE = {"svg.hashsalt": "sensing_theorems", "svg.fonttype": "path", "font.size": 10}


def versions() -> str:
    """Libraries on which the bytes of a drawing depend."""
    needed = ("matplotlib", "numpy", "pillow")
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in needed)


def compute(key: str, folder: Path = FOLDER) -> Path:
    """Compute the evidence for a theorem and store it."""
    path = folder / f"{key}.npz"
    # The matrices are small: a second thread costs more than it brings.
    with threadpool_limits(1):
        found = EVIDENCE[key]()
    np.savez_compressed(path, **found, versions=np.array(versions()))
    return path


def load(key: str, folder: Path = FOLDER) -> dict[str, np.ndarray]:
    """Stored evidence for a theorem."""
    with np.load(folder / f"{key}.npz") as stored:
        return {name: stored[name] for name in stored.files}


def redraw(key: str, target: Path) -> None:
    """Draw a theorem's figure from stored evidence into a file of any format."""
    # Whatever the user's own settings are, the drawing must not depend on them.
    with matplotlib.style.context(["default", STYLE]):
        figure = drawings.draw(key, load(key))
        svg = target.suffix == ".svg"
        about = {"metadata": {"Date": None, "Creator": versions()}} if svg else {"dpi": 110}
        figure.savefig(target, **about)


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw the figures that were asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("keys", nargs="*", metavar="KEY", help="theorem keys; all by default")
    parser.add_argument("--recompute", action="store_true", help="compute the evidence again")
    chosen = parser.parse_args(arguments)
    unknown = sorted(set(chosen.keys) - set(THEOREMS))
    if unknown:
        parser.error(f"unknown key {', '.join(unknown)}; choose from {', '.join(THEOREMS)}")
    for key in chosen.keys or THEOREMS:
        if chosen.recompute or not (FOLDER / f"{key}.npz").exists():
            compute(key)
        redraw(key, FOLDER / f"{key}.svg")
        print(f"figures/{key}.svg")


if __name__ == "__main__":
    main()
