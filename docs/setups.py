"""The table of classical setups in identification.md: run this file to write it anew.

For every setup the least number of rows m, for generic rows: by the necessary condition, by the
exact answer for the model, and by the published sufficient bound.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import sensing_theorems as st

PAGE = Path(__file__).with_name("identification.md")
MARKS = ("<!-- setups -->\n", "<!-- /setups -->\n")
SEEDS = range(3)


class Setup(NamedTuple):
    """A model, and how it is looked at.

    Attributes
    ----------
    model : callable
        From a Generator to a model.
    k : int
        Its dimension, as the published bound takes it.
    action : GroupAction or None
    operators : int
        How many different ones; 1 under an action.
    """

    text: str
    model: Callable[[np.random.Generator], Any]
    k: int
    action: Any = None
    operators: int = 1


def orbit(action: Any, columns: np.ndarray) -> list[np.ndarray]:
    """Images of a basis (n, k) under all elements."""
    return [g(columns.T).T for g in action.elements()]


def invariant(action: Any, irreps: list[int]) -> np.ndarray:
    """Span of all signals of some irreps and their conjugates."""
    parts = action.isotypic(np.eye(action.n))
    columns = np.concatenate([parts.component(j) for j in irreps])
    u, values, _ = np.linalg.svd(np.concatenate([columns.real, columns.imag]).T)
    return u[:, : int((values > 1e-9).sum())]


def setups() -> Iterator[Setup]:
    """A dozen classical setups."""
    m = st.models
    three, shifts = st.groups.shifts(3), st.groups.shifts(32)
    ones = m.Subspace(np.ones((3, 1)))
    yield Setup("the diagonal of R³, shifts", lambda rng: ones, 1, three)
    for G in (10, 5):
        yield Setup(
            f"a random subspace, n = 50, k = 10, {G} operators",
            lambda rng: m.Subspace(rng.standard_normal((50, 10))),
            10,
            operators=G,
        )
    band = m.Subspace(invariant(shifts, [0, 1, 2]))
    yield Setup("low frequencies of 32 samples, k = 5, shifts", lambda rng: band, 5, shifts)
    square = st.groups.shifts(6, 6)
    flat = m.Subspace(np.ones((36, 1)))
    yield Setup("constant images of 6×6, 2-D shifts", lambda rng: flat, 1, square)
    turns = st.groups.quarter_turns(6)
    still = m.Subspace(invariant(turns, [0]))
    yield Setup("images of 6×6 that quarter turns keep, k = 9", lambda rng: still, 9, turns)
    dihedral = st.groups.dihedral(6)
    even = m.Subspace(np.ones((36, 1)))
    yield Setup("constant images of 6×6, D₄", lambda rng: even, 1, dihedral)
    polar = st.groups.polar_rotations(4, 8)
    rings = m.Subspace(invariant(polar, [0]))
    yield Setup("rings on a polar grid 4×8, k = 4, rotations", lambda rng: rings, 4, polar)
    six = st.groups.shifts(6)
    yield Setup(
        "six lines, an orbit of shifts",
        lambda rng: m.UnionOfSubspaces(orbit(six, rng.standard_normal((6, 1)))),
        1,
        six,
    )
    rotations = st.groups.polar_rotations(2, 5)
    yield Setup(
        "five planes of R¹⁰, an orbit of rotations with c = 2",
        lambda rng: m.UnionOfSubspaces(orbit(rotations, rng.standard_normal((10, 2)))),
        2,
        rotations,
    )
    yield Setup(
        "eight planes of R⁸, 4 operators",
        lambda rng: m.UnionOfSubspaces(rng.standard_normal((8, 8, 2))),
        2,
        operators=4,
    )
    yield Setup(
        "2-sparse in 8 atoms of R⁶, 3 operators",
        lambda rng: m.SparseDictionary(rng.standard_normal((6, 8)), 2),
        2,
        operators=3,
    )
    yield Setup(
        "six points of R⁶, 3 operators",
        lambda rng: m.FiniteSet(rng.standard_normal((6, 6))),
        0,
        operators=3,
    )
    yield Setup(
        "a Gaussian law on R⁶, 7 operators",
        lambda rng: m.Gaussian(np.eye(6)),
        6,
        operators=7,
    )


def n_of(setup: Setup) -> int:
    """Dimension of the signals."""
    return int(setup.model(np.random.default_rng(0)).n)


def exact(setup: Setup) -> int:
    """Least m that identifies the model, the same for every seed."""
    found = set()
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        model = setup.model(rng)
        for m in range(1, model.n + 1):
            rows = list(rng.standard_normal((setup.operators, m, model.n)))
            answer = st.identify(model, rows, setup.action)
            if answer.verdict is st.Verdict.IDENTIFIABLE:
                found.add(m)
                break
            if answer.verdict is st.Verdict.UNDECIDED:
                raise RuntimeError(f"{setup.text}: {answer}")
    if len(found) != 1:
        raise RuntimeError(f"{setup.text}: seeds disagree, {found}.")
    return found.pop()


def bounds(setup: Setup) -> tuple[int, int | None]:
    """Least m by the necessary condition and by the published sufficient bound."""
    n, k = n_of(setup), setup.k
    if setup.action is None:
        least = math.ceil(n / setup.operators)
        return least, k + math.floor(n / setup.operators) + 1
    irreps = setup.action.irreps
    published = 2 * k + irreps.max_multiplicity + 2 if setup.action.is_cyclic else None
    return math.ceil(irreps.max_ratio), published


def table() -> str:
    """The table in Markdown."""
    lines = ["| setup | necessary | exact | published |", "|---|---|---|---|"]
    for setup in setups():
        necessary, published = bounds(setup)
        n = n_of(setup)
        said = "silent" if published is None else f"m ≥ {published}"
        said += ", beyond n" if published is not None and published > n else ""
        lines.append(f"| {setup.text} | m ≥ {necessary} | m ≥ {exact(setup)} | {said} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the table into the page."""
    head, rest = PAGE.read_text(encoding="utf-8").split(MARKS[0])
    tail = rest.split(MARKS[1])[1]
    PAGE.write_text(head + MARKS[0] + table() + MARKS[1] + tail, encoding="utf-8")


if __name__ == "__main__":
    main()
