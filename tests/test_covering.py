"""Masks and a subspace in general position: the count against brute force, and against ranks."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy.sparse.csgraph import connected_components

from sensing_theorems._kernels import matchings as kernels
from sensing_theorems.batches import matrix_ranks, modular_ranks
from sensing_theorems.covering import Covering, covering_condition
from sensing_theorems.judgement import Verdict

# As plain Python, a kernel takes a microsecond per operation.
SLOW = bool(numba.config.DISABLE_JIT)
PRIME = 8388593


def mask_of(n: int, *sets: tuple[int, ...]) -> np.ndarray:
    masks = np.zeros((len(sets), n), bool)
    for mask, chosen in zip(masks, sets, strict=True):
        mask[list(chosen)] = True
    return masks


def by_brute_force(masks: np.ndarray, k: int) -> int:
    """Largest number of (k + 1)-sets inside masks, any q of which cover q + k coordinates."""
    sets = {
        chosen
        for mask in masks
        for chosen in itertools.combinations(np.flatnonzero(mask).tolist(), k + 1)
    }
    covers = [sum(1 << i for i in chosen) for chosen in sorted(sets)]
    # Independent sets of each size from those one smaller: all of their subsets are independent.
    layer = {frozenset([i]): cover for i, cover in enumerate(covers)}
    size = 1 if layer else 0
    while layer:
        larger = {}
        for members, union in layer.items():
            for i in range(max(members) + 1, len(covers)):
                grown, cover = members | {i}, union | covers[i]
                if cover.bit_count() >= len(grown) + k and all(
                    grown - {j} in layer for j in members
                ):
                    larger[grown] = cover
        size += bool(larger)
        layer = larger
    return size


def bordered(masks: np.ndarray, bases: np.ndarray) -> np.ndarray:
    """Matrices of rank sum_g rank A_g X + dim sum_g (X^perp with R_g), one per basis (B, n, k)."""
    B, n, k = bases.shape
    L = masks.shape[-2]
    masks = np.broadcast_to(masks, (B, L, n))
    found = np.zeros((B, L, n, n + L * k), bases.dtype)
    for g in range(L):
        shown = masks[:, g, :, None]
        found[:, g, :, :n] = shown * np.eye(n, dtype=bases.dtype)
        found[:, g, :, n + g * k : n + (g + 1) * k] = shown * bases
    return found.reshape(B, L * n, n + L * k)


def seen(masks: np.ndarray, k: int) -> np.ndarray:
    """Sum of the ranks of A_g X for X in general position."""
    return np.minimum(masks.sum(axis=-1), k).sum(axis=-1)


def drawn(rng, count: int, L: int, n: int) -> np.ndarray:
    return rng.random((count, L, n)) < rng.uniform(0.2, 0.9, (count, L, 1))


class TestByBruteForce:
    @given(some.data())
    @settings(max_examples=30 if SLOW else 200)
    def test_over_all_subsets_of_submasks(self, data):
        n = data.draw(some.integers(2, 5))
        k = data.draw(some.integers(1, n))
        rows = some.lists(some.booleans(), min_size=n, max_size=n)
        masks = np.array(data.draw(some.lists(rows, min_size=1, max_size=4)))
        assert covering_condition(masks, k).rank == by_brute_force(masks, k)

    def test_over_all_partitions(self, rng):
        # The rank is the least total of |union| - k over all ways to group masks that tell.
        def partitions(items):
            if not items:
                yield []
                return
            for rest in partitions(items[1:]):
                yield [[items[0]], *rest]
                for i in range(len(rest)):
                    yield [*rest[:i], [items[0], *rest[i]], *rest[i + 1 :]]

        for masks in drawn(rng, 60, 5, 9):
            for k in (1, 2, 3, 4):
                telling = np.flatnonzero(masks.sum(axis=1) > k).tolist()
                least = min(
                    sum(int(masks[block].any(axis=0).sum()) - k for block in blocks)
                    for blocks in partitions(telling)
                )
                assert covering_condition(masks, k).rank == least


class TestAgainstRanks:
    @pytest.mark.parametrize("n, k, L", [(5, 1, 3), (6, 2, 4), (7, 3, 3), (9, 2, 6), (9, 5, 4)])
    def test_of_random_subspaces(self, n, k, L, rng):
        count = 5 if SLOW else 500
        masks = drawn(rng, count, L, n)
        found = matrix_ranks(bordered(masks, rng.standard_normal((count, n, k))))
        counted = [covering_condition(one, k).rank for one in masks]
        assert found.clear.mean() > 0.9
        expected = found.ranks - seen(masks, k)
        np.testing.assert_array_equal(np.array(counted)[found.clear], expected[found.clear])

    @pytest.mark.parametrize("n, k, L", [(6, 1, 4), (8, 2, 5), (8, 3, 4), (10, 4, 5)])
    def test_modulo_a_prime(self, n, k, L, rng):
        count = 3 if SLOW else 100
        masks = drawn(rng, count, L, n)
        bases = rng.integers(0, PRIME, (count, n, k))
        # The residues are in general position, but for a chance of about 100 in a million.
        expected = modular_ranks(bordered(masks, bases), PRIME) - seen(masks, k)
        assert [covering_condition(one, k).rank for one in masks] == expected.tolist()

    def test_of_complex_subspaces(self, rng):
        n, k, L, count = 6, 2, 4, 5 if SLOW else 200
        masks = drawn(rng, count, L, n)
        bases = rng.standard_normal((count, n, k)) + 1j * rng.standard_normal((count, n, k))
        found = matrix_ranks(bordered(masks, bases))
        counted = np.array([covering_condition(one, k).rank for one in masks])
        expected = found.ranks - seen(masks, k)
        np.testing.assert_array_equal(counted[found.clear], expected[found.clear])

    @pytest.mark.skipif(SLOW, reason="a rank of a thousand rows")
    def test_of_large_masks(self, rng):
        n, k, L = 120, 7, 6
        masks = np.array([rng.permutation(n) < m for m in (20, 25, 30, 30, 40, 50)])
        found = covering_condition(masks, k)
        basis = rng.integers(0, PRIME, (1, n, k))
        assert found.rank + seen(masks, k) == modular_ranks(bordered(masks, basis), PRIME)[0]
        assert found.verify(masks) and 0 < found.rank < found.needed
        assert L == len(masks)


class TestKnownDesigns:
    def test_one_dimension_is_connectedness(self, rng):
        # X = span(x): ratios x_i / x_j are known inside of each connected part.
        for masks in drawn(rng, 50, 6, 12):
            links = masks.T.astype(int) @ masks.astype(int)
            parts = connected_components(links, directed=False)[0]
            assert covering_condition(masks, 1).rank == 12 - parts

    @pytest.mark.parametrize("common, verdict", [(2, "IDENTIFIABLE"), (1, "NOT_IDENTIFIABLE")])
    def test_two_masks_must_share_k_coordinates(self, common, verdict):
        masks = mask_of(9 - common, range(5), range(5 - common, 9 - common))
        found = covering_condition(masks, 2)
        assert found.verdict is Verdict[verdict]
        assert len(found.blocks) == (1 if common == 2 else 2)

    def test_lines_in_a_plane(self):
        # Four lines, six points of intersection: two lines share one point, fewer than k = 2.
        lines = list(itertools.combinations(range(4), 2))
        points = mask_of(6, *[[i for i, p in enumerate(lines) if a in p] for a in range(4)])
        found = covering_condition(points, 2)
        assert found.verdict is Verdict.IDENTIFIABLE
        assert [block.tolist() for block in found.blocks] == [[0, 1, 2, 3]]
        three = covering_condition(points[:3], 2)
        assert (three.rank, three.needed) == (3, 4)
        assert [block.tolist() for block in three.blocks] == [[0], [1], [2]]

    @pytest.mark.parametrize("k", [1, 2, 3])
    def test_submasks_with_a_common_base_turn_at_the_last(self, k):
        n = 7
        masks = mask_of(n, *[(*range(k), j) for j in range(k, n)])
        assert covering_condition(masks, k).verdict is Verdict.IDENTIFIABLE
        less = covering_condition(masks[1:], k)
        assert (less.rank, less.verdict) == (n - k - 1, Verdict.NOT_IDENTIFIABLE)

    def test_disjoint_masks_add_up(self):
        masks = mask_of(15, range(5), range(5, 11), range(11, 14))
        found = covering_condition(masks, 2)
        assert (found.rank, found.needed) == (3 + 4 + 1, 13)
        assert [block.tolist() for block in found.blocks] == [[0], [1], [2]]

    def test_one_mask_that_shows_everything(self):
        found = covering_condition(np.ones((1, 5)), 3)
        assert found.verdict is Verdict.IDENTIFIABLE
        assert found.accepted.tolist() == [[0, 1, 2, 3], [0, 1, 2, 4]]

    def test_masks_of_k_coordinates_tell_nothing(self):
        masks = mask_of(4, (0, 1), (1, 2), (2, 3), (0, 3))
        found = covering_condition(masks, 2)
        assert (found.rank, found.blocks, found.accepted.shape) == (0, (), (0, 3))
        assert found.verify(masks)
        dark = covering_condition(np.zeros((2, 4), bool), 1)
        assert dark.verdict is Verdict.NOT_IDENTIFIABLE

    def test_everything_needs_no_mask(self):
        found = covering_condition(mask_of(3, (0,)), 3)
        assert (found.needed, found.rank, found.verdict) == (0, 0, Verdict.IDENTIFIABLE)

    def test_a_coordinate_that_nobody_sees(self, rng):
        masks = rng.random((30, 12)) < 0.6
        assert covering_condition(masks, 3).verdict is Verdict.IDENTIFIABLE
        masks[:, 7] = False
        found = covering_condition(masks, 3)
        assert (found.rank, len(found.blocks)) == (found.needed - 1, 1)


class TestLaws:
    def test_more_masks_never_tell_less(self, rng):
        for masks in drawn(rng, 40, 6, 10):
            ranks = [covering_condition(masks[:L], 3).rank for L in range(1, 7)]
            assert ranks == sorted(ranks)
            grown = masks | (rng.random(masks.shape) < 0.1)
            assert covering_condition(grown, 3).rank >= ranks[-1]

    def test_names_do_not_matter(self, rng):
        for masks in drawn(rng, 40, 6, 10):
            for k in (1, 3):
                found = covering_condition(masks, k)
                order = rng.permutation(6)
                mixed = covering_condition(masks[order][:, rng.permutation(10)], k)
                assert mixed.rank == found.rank
                ours = {frozenset(block.tolist()) for block in found.blocks}
                theirs = {frozenset(order[block].tolist()) for block in mixed.blocks}
                assert ours == theirs

    def test_an_image_is_a_vector(self, rng):
        masks = rng.random((5, 3, 4)) < 0.5
        image, vector = covering_condition(masks, 2), covering_condition(masks.reshape(5, 12), 2)
        np.testing.assert_array_equal(image.accepted, vector.accepted)
        assert image.verify(masks)
        assert covering_condition(masks.astype(float), 2).rank == image.rank


class TestCertificates:
    @pytest.fixture
    def masks(self) -> np.ndarray:
        return mask_of(12, range(6), (4, 5, 6, 7), (6, 7, 8, 9, 10), (9, 10, 11), (0, 11))

    @pytest.fixture
    def found(self, masks) -> Covering:
        return covering_condition(masks, 2)

    def test_hold(self, rng, found, masks):
        assert found.verify(masks) and found.rank == 10
        for some_masks in drawn(rng, 60, 5, 10):
            for k in (1, 2, 4):
                one = covering_condition(some_masks, k)
                assert one.verify(some_masks)
                assert len(one.accepted) == one.rank == len(one.sources)
                members = np.sort(np.concatenate([[], *one.blocks])).tolist()
                assert members == np.flatnonzero(some_masks.sum(axis=1) > k).tolist()

    def test_submasks_cover_enough(self, rng):
        for masks in drawn(rng, 20, 4, 9):
            found = covering_condition(masks, 3)
            for q in range(1, found.rank + 1):
                for rows in itertools.combinations(found.accepted, q):
                    assert len(np.unique(rows)) >= q + 3

    def test_do_not_hold_for_other_masks(self, found, masks):
        fewer = masks.copy()
        fewer[0, 3] = False
        for other in (fewer, masks[:4, :11], masks[:3]):
            assert not found.verify(other)
        # The last mask tells nothing, and a mask that tells more cannot raise the largest rank.
        assert found.verify(masks[:4]) and found.verify(np.vstack([masks[:3], masks[3] | masks[4]]))
        short, more = covering_condition(masks[:2], 2), masks[:2].copy()
        assert short.verify(masks[:2])
        more[1, 9] = True
        assert not short.verify(more)

    def test_do_not_hold_for_other_certificates(self, found, masks):
        accepted = found.accepted.copy()
        accepted[1] = accepted[0]
        twice = found.accepted.copy()
        twice[0, 2] = twice[0, 1]
        for change in (
            {"accepted": accepted},
            {"accepted": twice},
            {"accepted": found.accepted[1:], "sources": found.sources[1:]},
            {"accepted": found.accepted[:, :2]},
            {"sources": np.roll(found.sources, 1)},
            {"sources": found.sources - 10},
            {"blocks": found.blocks[1:]},
            {"blocks": (*found.blocks, found.blocks[0])},
            {"model_dim": 1},
        ):
            assert not replace(found, **change).verify(masks)

    def test_fail_where_submasks_cover_too_little(self):
        # Three sub-masks inside of four coordinates: independent ones are two.
        masks = mask_of(7, range(4), (4, 5, 6))
        sets = np.array([[0, 1, 2], [0, 1, 3], [0, 2, 3]])
        blocks = (np.array([0]), np.array([1]))
        claimed = Covering(7, 2, sets, np.zeros(3, int), blocks)
        assert not claimed.verify(masks)


class TestKernel:
    def test_as_plain_python(self, rng):
        plain = getattr(kernels.extend_matching, "py_func", kernels.extend_matching)
        n, k = 9, 2
        for masks in drawn(rng, 10, 4, n):
            lines = [np.flatnonzero(mask) for mask in masks if mask.sum() > k]
            bases = np.array([line[:k] for line in lines]).reshape(-1, k)
            states = []
            for kernel in (kernels.extend_matching, plain):
                edges, owner, count = np.zeros((n - k, 3), int), np.full(n, -1), 0
                for number, line in enumerate(lines):
                    if count < n - k:
                        count = kernel(line, bases, number, edges, owner, count)
                states.append((count, edges.tolist(), owner.tolist()))
                for edge in range(count):
                    assert owner[edges[edge, 2]] == edge
            assert states[0] == states[1]


class TestArguments:
    def test_refused(self):
        masks = np.ones((2, 3), bool)
        with pytest.raises(ValueError, match=r"shape \(L, n\) or \(L, \*shape\); got \(3,\)"):
            covering_condition(masks[0], 1)
        with pytest.raises(ValueError, match="must be an array of booleans"):
            covering_condition(2 * masks.astype(int), 1)
        with pytest.raises(ValueError, match="must be an array of booleans"):
            covering_condition(np.full((2, 3), np.nan), 1)
        with pytest.raises(TypeError, match="must hold booleans"):
            covering_condition(np.array([["a", "b"]]), 1)
        with pytest.raises(ValueError, match="behind a mask"):
            covering_condition(np.ma.masked_equal(masks.astype(int), 1), 1)
        with pytest.raises(ValueError, match="True somewhere"):
            covering_condition(np.ones((0, 3), bool), 1)
        with pytest.raises(ValueError, match="`model_dim` must be at most 3; got 4"):
            covering_condition(masks, 4)
        with pytest.raises(ValueError, match="`model_dim` must be a positive integer; got 0"):
            covering_condition(masks, 0)
        with pytest.raises(TypeError, match="`model_dim` must be an integer; got bool"):
            covering_condition(masks, True)


@pytest.mark.skipif(SLOW, reason="a mask of eight thousand pixels")
def test_of_images(rng):
    masks = np.array([rng.permutation(128 * 128) < 8192 for _ in range(20)]).reshape(20, 128, 128)
    found = covering_condition(masks, 60)
    assert found.rank == np.count_nonzero(masks.any(axis=0)) - 60
