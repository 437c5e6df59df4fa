"""Dimensions, multiplicities, indicators and orders, against GAP.

GAP is found as `benchmarks/gap.py` says: simplest is ``pip install passagemath-gap`` and the
executable that comes with it, driven through pipes without any of Sage. GAP is under the GPL, so
that nothing outside of this test and the benchmarks may ever touch it.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import numpy as np
import oracles
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

import sensing_theorems as st
from sensing_theorems.groups.character_table import character_table, irreps_by_classes
from sensing_theorems.groups.signed import SignedPermutation

pytestmark = pytest.mark.slow

if "GAP" not in os.environ:
    pytest.importorskip("passagemath_gap")

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"


def loaded():
    spec = importlib.util.spec_from_file_location("benchmarks_gap", BENCHMARKS / "gap.py")
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


gap = loaded()
# GAP needs up to minutes for the squares of their classes.
SLOW = ("C_512", "D_512", "D_1024", "p4m 32x32")

SMALL = oracles.small_actions(st)


def asked(generators) -> tuple[int, tuple[tuple[int, int, int, int], ...]]:
    """Order and table of GAP; for signed permutations from the points ±e_i."""
    n = generators[0].n
    signed = any(g.signs is not None for g in generators)
    lists = []
    for g in generators:
        negative = np.zeros(n, bool) if g.signs is None else g.signs < 0
        lifted = np.concatenate([g.images + n * negative, g.images + n * ~negative])
        lists.append((lifted if signed else g.images).tolist())
    _, order, table = gap.measure(lists, n)
    return order, tuple(table)


@some.composite
def signed_groups(draw) -> tuple[SignedPermutation, ...]:
    """One to three random signed permutations of up to eight coordinates, with fixed parts."""
    n = draw(some.integers(1, 8))
    moved = draw(some.integers(1, min(n, 6)))
    maps = []
    for _ in range(draw(some.integers(1, 3))):
        images = [*draw(some.permutations(range(moved))), *range(moved, n)]
        signs = draw(some.lists(some.sampled_from([1, -1]), min_size=n, max_size=n))
        maps.append(SignedPermutation.from_lists(images, signs if draw(some.booleans()) else None))
    return tuple(maps)


@pytest.mark.parametrize("action", SMALL.values(), ids=SMALL.keys())
def test_small_actions(action):
    order, table = asked(action.generators)
    assert order == action.order
    assert table == action.irreps.complex == irreps_by_classes(action.generators).complex


@settings(max_examples=60)
@given(signed_groups())
def test_random_groups(generators):
    order, table = asked(generators)
    found = character_table(generators)
    assert (found.order, found.irreps().complex) == (order, table)
    signs = [np.ones(g.n, int) if g.signs is None else g.signs for g in generators]
    action = st.groups.from_permutations([g.images for g in generators], signs)
    assert (action.order, action.irreps.complex) == (order, table)


@pytest.mark.parametrize("name", [name for name in gap.CASES if name not in SLOW])
def test_cases_of_the_benchmark(name):
    generators = [SignedPermutation.from_lists(p) for p in gap.CASES[name]()]
    action = st.groups.from_permutations([g.images for g in generators])
    order, table = asked(generators)
    assert (action.order, action.irreps.complex) == (order, table)
    if order <= 50_000:
        assert irreps_by_classes(generators).complex == table


def test_refuses_other_degrees():
    with pytest.raises(ValueError, match="act on 3 or 6 points"):
        gap.measure([[1, 0]], 3)
