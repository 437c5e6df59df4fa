"""Kernels: compiled, as plain Python, and against what NumPy says in another way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from sensing_theorems._kernels.orbits import abelian_orbits

plain_orbits = getattr(abelian_orbits, "py_func", abelian_orbits)


def powers(cycles: list[int], exponents: list[list[int]]) -> np.ndarray:
    """Commuting permutations: on every cycle, each generator is a power of one rotation."""
    n = sum(cycles)
    images = np.empty((len(exponents[0]), n), dtype=np.int64)
    start = 0
    for length, steps in zip(cycles, exponents, strict=True):
        for k, step in enumerate(steps):
            images[k, start : start + length] = start + (np.arange(length) + step) % length
        start += length
    return images


commuting = some.lists(some.integers(1, 6), min_size=1, max_size=5).flatmap(
    lambda cycles: some.tuples(
        some.just(cycles),
        some.lists(
            some.lists(some.integers(0, 5), min_size=2, max_size=2),
            min_size=len(cycles),
            max_size=len(cycles),
        ),
        some.lists(some.booleans(), min_size=2, max_size=2),
    )
)


@given(commuting)
def test_orbits_satisfy_their_relations(case):
    cycles, exponents, negative = case
    images = powers(cycles, exponents)
    # A global sign commutes with everything and makes signed orbits.
    signs = np.ones_like(images)
    signs[np.array(negative)] = -1
    compiled = abelian_orbits(images, signs)
    for ours, theirs in zip(compiled, plain_orbits(images, signs), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    points, transport, starts, periods, flips, relations = compiled
    n = images.shape[1]
    np.testing.assert_array_equal(np.sort(points), np.arange(n))
    assert np.prod(periods, axis=1).sum() == n

    def moved(i: int, times: int, point: int, sign: int) -> tuple[int, int]:
        for _ in range(times):
            point, sign = images[i, point], sign * signs[i, point]
        return point, sign

    for orbit, start in enumerate(starts):
        base = (int(points[start]), 1)
        for i in range(2):
            left = moved(i, periods[orbit, i], *base)
            right = moved(0, relations[orbit, i, 0], *base)
            assert left[0] == right[0]
            assert (left[1] != right[1]) == bool(flips[orbit, i])
        for e2 in range(periods[orbit, 1]):
            for e1 in range(periods[orbit, 0]):
                place = start + e1 + periods[orbit, 0] * e2
                reached = moved(0, e1, *moved(1, e2, *base))
                assert reached == (points[place], transport[place])


@pytest.mark.parametrize("n", [1, 5, 100])
def test_one_cycle_is_one_orbit(n):
    images = np.roll(np.arange(n), -1)[None]
    points, _, starts, periods, _, _ = abelian_orbits(images, np.ones_like(images))
    assert starts.tolist() == [0]
    assert periods.tolist() == [[n]]
    np.testing.assert_array_equal(points, np.arange(n))
