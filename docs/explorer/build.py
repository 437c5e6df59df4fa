"""Write docs/explorer.html, and test vectors, from the sources in this folder and from the package.

Tables that have no closed form, the statements of the theorems, and every expected number come from
`sensing_theorems`; ``--check`` compares without writing and returns 1 if something is stale.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
from vectors import vectors

import sensing_theorems as st
from sensing_theorems.groups.bessel import bessel_zeros
from sensing_theorems.render.elements import STYLE

HERE = Path(__file__).resolve().parent
PAGE, VECTORS = HERE.parent / "explorer.html", HERE / "vectors.json"
SCRIPTS = ("numbers", "groups", "modalities", "bounds", "facts", "state", "words", "chart", "page")
DISKS, BALLS = range(2, 257), range(2, 129)
EXAMPLES: dict[str, dict[str, object]] = {
    "Inpainting, all shifts": {"group": "shifts", "size": "28x28", "amount": 64, "k": 12},
    "Accelerated MRI, shifts": {
        "look": "mri_cartesian",
        "group": "shifts",
        "size": "64x64",
        "k": 40,
    },
    "CT of 50 views, rotations": {
        "look": "ct",
        "group": "kravchuk_rotations",
        "size": "128x128",
        "amount": 50,
        "k": 200,
    },
    "Forty random operators": {
        "look": "several",
        "size": "28x28",
        "operators": 40,
        "amount": 32,
        "k": 12,
    },
    "Deblurring, shifts": {"look": "blur", "group": "shifts", "size": "64x64", "k": 40},
}


def below(zeros: Sequence[np.ndarray], limits: np.ndarray) -> np.ndarray:
    """Number of zeros below every limit, as `bessel_zeros` counts them, order by order."""
    return np.array([np.searchsorted(z, limits * (1 - 1e-14)) for z in zeros])


@cache
def tables() -> dict[str, Any]:
    """Dimensions that count Bessel zeros, and what is said of every theorem that is used."""
    limits = math.pi / 2 * np.array(DISKS)
    counts = below(bessel_zeros(0, limits[-1]), limits)
    disks = 2 * counts.sum(axis=0) - counts[0]
    limits = math.pi * np.array(BALLS)
    counts = below(bessel_zeros(0.5, limits[-1]), limits)
    # About an axis, every degree l has the frequency 0 once, so that all copies add up.
    balls = np.stack([(2 * np.arange(len(counts)) + 1) @ counts, counts.sum(axis=0)], axis=1)
    used = ("measurement_count", "irrep_multiplicity", "known_model", "generic_operators")
    statements = {
        key: {
            **{name: getattr(st.theorems.THEOREMS[key], name) for name in ("kind", "status")},
            # As files lie in the repository; the build of the site leads them to its own pages.
            "link": f"explanation/statements.md#{key.replace('_', '-')}",
        }
        for key in (*used, "cyclic_group", "any_group")
    }
    return {"disk": disks.tolist(), "ball": balls.tolist(), "theorems": statements}


def example(text: str, setup: dict[str, object]) -> str:
    """A link that shows a setup."""
    return f'<li><a href="#{escape(urlencode({"look": "inpainting", **setup}))}">{text}</a></li>'


def page() -> str:
    """The whole page."""
    parts = {
        "style": STYLE.lstrip() + source("explorer.css"),
        "examples": "\n".join(example(*item) for item in EXAMPLES.items()),
        # Nothing in the tables may end the element that holds them.
        "tables": json.dumps(tables(), ensure_ascii=False, separators=(",", ":")).replace(
            "<", "\\u003c"
        ),
        "script": "".join(bare(source(f"{name}.js")) for name in SCRIPTS),
    }
    text = source("template.html")
    for name, content in parts.items():
        text = text.replace("{{" + name + "}}", content)
    return text


def source(name: str) -> str:
    """Text of one file of this folder."""
    return (HERE / name).read_text(encoding="utf-8")


def bare(script: str) -> str:
    """The script without comments and with half the indent, which is all that the page carries."""
    comments = r"/\*\*.*?\*/ ?|^ *//.*?$|\n(?=\n)"
    text = re.sub(comments, "", script, flags=re.DOTALL | re.MULTILINE)
    return re.sub("^ +", lambda indent: " " * (len(indent[0]) // 2), text, flags=re.MULTILINE)


def listed() -> str:
    """Vectors as JSON, one a line."""
    rows = (json.dumps(v, ensure_ascii=False, sort_keys=True) for v in vectors())
    return "[\n" + ",\n".join(rows) + "\n]\n"


def main(arguments: Sequence[str]) -> int:
    """Write both files, or with ``--check`` say which ones are stale."""
    stale = []
    for path, text in ((PAGE, page()), (VECTORS, listed())):
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path.name)
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
    if stale and "--check" in arguments:
        sys.stderr.write(
            f"{', '.join(stale)} must be written anew: python docs/explorer/build.py\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
