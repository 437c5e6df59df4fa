"""The rank of the stack, by every method, against brute force."""

from __future__ import annotations

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as some

import sensing_theorems as st
from sensing_theorems._probes import probe_rng

SMALL = oracles.small_actions(st)
GROUPS = {name: oracles.dense_elements(action) for name, action in SMALL.items()}
METHODS = ("auto", "blocks", "sketch", "spin", "dense")
LISTED = (*METHODS, "gram")


def matrices(kind: str, m: int, action, rng: np.random.Generator) -> np.ndarray:
    """Operators of every sort that users bring, as arrays."""
    n = action.n
    if kind == "gaussian":
        return rng.standard_normal((m, n))
    if kind == "complex":
        return rng.standard_normal((m, n)) + 1j * rng.standard_normal((m, n))
    if kind == "mask":
        return np.eye(n)[rng.choice(n, size=m, replace=False)]
    if kind == "fourier":
        return np.fft.fft(np.eye(n), norm="ortho")[rng.choice(n, size=m, replace=False)]
    if kind == "integer":
        return rng.integers(-1, 2, size=(m, n)).astype(float)
    if kind == "rank deficient":
        return rng.standard_normal((m, 1)) @ rng.standard_normal((1, n))
    if kind == "symmetric":
        # An orbit average has rows that every element leaves alone.
        rows = rng.standard_normal((m, n))
        group = list(action.elements())
        return sum(element.pull_back(rows) for element in group) / len(group)
    return np.zeros((m, n))


KINDS = (
    "gaussian",
    "complex",
    "mask",
    "fourier",
    "integer",
    "rank deficient",
    "symmetric",
    "zero",
)


class TestAgainstBruteForce:
    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("name", SMALL)
    def test_rank_witness_deficits_and_spectrum(self, name, kind, rng):
        action = SMALL[name]
        for m in {1, 2, 1 + action.n // 2, action.n}:
            A = matrices(kind, min(m, action.n), action, rng)
            for field in ("real", "complex"):
                stack = oracles.stack(A, GROUPS[name], field)
                expected = oracles.rank(stack)
                for method in LISTED if action.order <= 64 else METHODS:
                    found = st.stacked_rank(A, action, method=method, field=field)
                    assert (found.rank, found.clear) == (expected, True), (method, field)
                    self.check_evidence(found, stack)

    @staticmethod
    def check_evidence(found, stack):
        n = found.n
        assert sum(d.missing for d in found.deficient) == n - found.rank
        x = found.witness()
        assert (x is None) == found.full
        if x is not None:
            assert np.linalg.norm(x) == pytest.approx(1)
            assert np.abs(stack @ x).max() <= 1e-8
            assert np.isrealobj(x) or found.field == "complex"
        if found.singular_values is not None:
            values = np.linalg.svd(stack, compute_uv=False)
            padded = np.concatenate([values, np.zeros(max(0, n - values.size))])[:n]
            np.testing.assert_allclose(found.singular_values, padded, atol=1e-10)

    @pytest.mark.parametrize("name", SMALL)
    def test_visible_and_invisible_parts(self, name, rng):
        action = SMALL[name]
        A = rng.standard_normal((1, action.n))
        null = np.linalg.svd(oracles.stack(A, GROUPS[name]))[2]
        for method in METHODS:
            found = st.stacked_rank(A, action, method=method)
            x = rng.standard_normal((2, 3, action.n))
            basis = null[found.rank :]
            np.testing.assert_allclose(found.invisible_part(x), x @ basis.T @ basis, atol=1e-9)
            np.testing.assert_allclose(found.visible_part(x) + found.invisible_part(x), x)

    @pytest.mark.parametrize("name", SMALL)
    def test_generic_rank(self, name, rng):
        # sum_j s_j min(m s_j, c_j), from the multiplicities alone.
        action = SMALL[name]
        for m in range(1, min(action.n, 6) + 1):
            A = rng.standard_normal((m, action.n))
            assert st.stacked_rank(A, action).rank == action.irreps.generic_rank(m)


class TestPublishedExamples:
    """Small cases of the literature whose answer is known by hand."""

    def test_one_pixel_under_shifts_is_enough(self):
        mask = np.zeros(8, bool)
        mask[3] = True
        found = st.stacked_rank(st.operators.inpainting(mask), st.groups.shifts(8))
        assert found.full

    def test_block_averages_miss_the_highest_frequency(self):
        # Not equivariant, and still deficient: 1 + w^k vanishes at k = 4.
        A = np.kron(np.eye(4), [1, 1])
        found = st.stacked_rank(A, st.groups.shifts(8))
        assert found.rank == 7
        assert [d.label for d in found.deficient] == ["frequency 1/2"]
        np.testing.assert_allclose(np.abs(found.witness() * np.sqrt(8)), np.ones(8), atol=1e-12)

    def test_decimation_sees_all_and_antialiased_decimation_half(self):
        shifts = st.groups.shifts(16)
        plain = st.operators.downsample((16,), 2)
        assert st.stacked_rank(plain, shifts).rank == 16
        keep = np.abs(np.fft.fftfreq(16)) < 0.25
        kernel = np.fft.fftshift(np.fft.ifft(keep).real)
        smooth = st.operators.downsample((16,), 2, kernel)
        assert st.stacked_rank(smooth, shifts).rank == keep.sum() == 7

    def test_low_pass_fourier_rows_outnumber_the_bound_and_fail(self):
        # m = 96 rows against max c = 6: the count says nothing, the rank says it.
        size = 12
        frequencies = np.fft.fftfreq(size) * size
        low = (np.abs(frequencies)[:, None] < 5) & (np.abs(frequencies)[None] < 6)
        A = st.operators.fourier(low)
        found = st.stacked_rank(A, st.groups.shifts(size, size))
        assert found.rank == low.sum() < size**2

    def test_two_view_tomography_is_blind_to_shifts_and_quarter_turns(self):
        A = st.operators.tomography(8, [0, np.pi / 2])
        for action in (st.groups.shifts(8, 8), st.groups.quarter_turns(8)):
            assert st.stacked_rank(A, action).rank == 15

    def test_the_slides_toy(self):
        A = np.eye(3)[:2]
        assert st.stacked_rank(A).rank == 2
        assert st.stacked_rank(A, st.groups.symmetric(3)).rank == 3

    def test_dihedral_ratio_and_multiplicity_differ(self, rng):
        # D4 on 4x4: max c = 4 and max c/s = 3; three rows are enough.
        action = st.groups.dihedral(4)
        assert (action.irreps.max_multiplicity, action.irreps.max_ratio) == (4, 3)
        assert not st.stacked_rank(rng.standard_normal((2, 16)), action).full
        assert st.stacked_rank(rng.standard_normal((3, 16)), action).full


class TestManyOperators:
    def test_rank_of_a_list(self, rng):
        listed = [rng.standard_normal((2, 7)) for _ in range(3)]
        found = st.stacked_rank(listed)
        assert found.rank == oracles.rank(np.vstack(listed)) == 6
        assert np.abs(np.vstack(listed) @ found.witness()).max() < 1e-12

    def test_copies_of_one_operator_are_one_operator(self, rng):
        A = rng.standard_normal((3, 9))
        assert st.stacked_rank([A] * 10).rank == 3

    def test_list_under_an_action(self, rng):
        listed = [rng.standard_normal((1, 8)), np.eye(8)[:1]]
        action = st.groups.shifts(8, stride=4)
        stack = oracles.stack(np.vstack(listed), oracles.dense_elements(action))
        assert st.stacked_rank(listed, action).rank == oracles.rank(stack)


class TestImageSize:
    """256 x 256 under shifts: 65,536 virtual operators, closed-form answers."""

    shifts = st.groups.shifts(256, 256)

    def test_inpainting_is_full(self, rng):
        found = st.stacked_rank(st.operators.inpainting(rng.random((256, 256)) < 0.5), self.shifts)
        assert found.full
        assert found.clear

    def test_fourier_rank_is_the_number_of_conjugate_pairs_seen(self, rng):
        mask = rng.random((256, 256)) < 0.2
        mirrored = np.roll(mask[::-1, ::-1], 1, axis=(0, 1))
        found = st.stacked_rank(st.operators.fourier(mask), self.shifts)
        assert found.rank == (mask | mirrored).sum()
        assert found.clear
        x = found.witness()
        seen = np.fft.fft2(x.reshape(256, 256), norm="ortho")
        assert np.abs(seen[mask | mirrored]).max() < 1e-12

    def test_blur_rank_is_the_number_of_frequencies_passed(self):
        passed = np.abs(np.fft.fftfreq(256))[:, None] + np.abs(np.fft.fftfreq(256)) < 0.3
        kernel = np.fft.fftshift(np.fft.ifft2(passed).real)
        found = st.stacked_rank(st.operators.blur(kernel, (256, 256)), self.shifts)
        assert found.rank == passed.sum()
        assert found.clear

    def test_polar_rotations_by_sketch(self, rng):
        action = st.groups.polar_rotations(24, 64)
        A = rng.standard_normal((200, action.n))
        A[100:] = A[:100]
        for method in ("blocks", "sketch"):
            assert st.stacked_rank(A, action, method=method).rank == action.n
        assert st.stacked_rank(A[:20], action).rank == 20 * 64


class TestNumerics:
    def test_no_gap_is_not_clear(self, rng):
        rows = np.fft.fft(np.eye(16), norm="ortho")[:4]
        noise = rng.standard_normal((8, 16))
        A = np.vstack([rows.real, rows.imag])
        shifts = st.groups.shifts(16)
        assert st.stacked_rank(A, shifts).clear
        for method in ("blocks", "dense"):
            assert not st.stacked_rank(A + 1e-13 * noise, shifts, method=method).clear

    def test_a_steadily_falling_spectrum_is_not_clear(self):
        response = np.exp(-0.5 * (2 * np.pi * 3 * np.fft.fftfreq(64)) ** 2)
        kernel = np.fft.fftshift(np.fft.ifft(response).real)
        found = st.stacked_rank(st.operators.blur(kernel, (64,)), st.groups.shifts(64))
        assert not found.clear

    def test_answer_turns_once_as_a_singular_value_falls(self):
        A = np.eye(6)
        ranks, clear = [], []
        for exponent in range(17):
            A[5, 5] = 10.0**-exponent
            found = st.stacked_rank(A)
            ranks.append(found.rank)
            clear.append(found.clear)
        assert sorted(ranks, reverse=True) == ranks
        assert ranks[0] == 6
        assert ranks[-1] == 5
        turn = ranks.index(5)
        assert clear[0]
        assert not clear[turn - 1]

    @pytest.mark.parametrize("scale", [1e-150, 1e-12, 1e12, 1e150])
    @pytest.mark.parametrize("method", METHODS)
    def test_scaling_changes_nothing(self, scale, method, rng):
        action = SMALL["dihedral odd"]
        A = rng.standard_normal((2, action.n))
        plain = st.stacked_rank(A, action, method=method)
        scaled = st.stacked_rank(scale * A, action, method=method)
        assert (scaled.rank, scaled.clear) == (plain.rank, plain.clear)
        if plain.singular_values is not None:
            np.testing.assert_allclose(
                scaled.singular_values / scale, plain.singular_values, rtol=1e-9, atol=1e-12
            )

    def test_repeated_rows_change_nothing(self, rng):
        action = SMALL["stride"]
        A = rng.standard_normal((1, action.n))
        for method in METHODS:
            assert st.stacked_rank(np.repeat(A, 7, axis=0), action, method=method).rank == (
                st.stacked_rank(A, action).rank
            )

    def test_single_precision_has_its_own_tolerance(self, rng):
        A = rng.standard_normal((3, 1)) @ rng.standard_normal((1, 12))
        found = st.stacked_rank(A.astype(np.float32), st.groups.shifts(12, stride=3))
        exact = st.stacked_rank(A, st.groups.shifts(12, stride=3))
        assert found.rank == exact.rank
        assert found.tolerance > 1e5 * exact.tolerance

    def test_tall_single_precision_operators_are_not_cut_short(self, rng):
        spread = np.diag(np.append(np.ones(31), 0.04))
        A = (rng.standard_normal((20_000, 32)) @ spread).astype(np.float32)
        found = st.stacked_rank(A)
        assert (found.full, found.clear) == (True, True)

    def test_a_value_on_either_side_of_the_cut_is_not_clear(self):
        cut = st.stacked_rank(np.diag(np.append(np.ones(9), 0.0))).tolerance
        for factor, full in ((0.7, False), (1.5, True), (100.0, True)):
            found = st.stacked_rank(np.diag(np.append(np.ones(9), factor * cut)))
            assert (found.full, found.clear) == (full, False)

    @pytest.mark.parametrize("method", METHODS)
    def test_single_precision_witnesses_are_invisible(self, method, rng):
        A = rng.standard_normal((3, 64)).astype(np.float32)
        action = st.groups.quarter_turns(8)
        x = st.stacked_rank(A, action, method=method).witness()
        stack = oracles.stack(A.astype(float), oracles.dense_elements(action))
        assert np.abs(stack @ x).max() <= 1e-8
        assert np.linalg.norm(x) == pytest.approx(1, abs=1e-12)

    def test_equal_seed_equal_answer(self, rng):
        A = rng.standard_normal((50, 64))
        action = st.groups.shifts(8, 8)
        first, second = (st.stacked_rank(A, action, method="sketch", seed=3) for _ in range(2))
        assert (first.gap, first.tolerance) == (second.gap, second.tolerance)

    def test_probes_are_no_users_stream(self):
        draws = probe_rng("sketch").standard_normal(4)
        for seed in range(20):
            assert not np.allclose(draws, np.random.default_rng(seed).standard_normal(4))

    @given(
        rows=some.lists(
            some.lists(some.integers(-3, 3), min_size=6, max_size=6), min_size=1, max_size=5
        ),
        name=some.sampled_from(["shifts", "stride", "reflections", "dihedral"]),
    )
    def test_integer_operators_have_their_exact_rank(self, rows, name):
        # Exact rank over the rationals, by fraction-free elimination.
        action = {
            "shifts": st.groups.shifts(6),
            "stride": st.groups.shifts(6, stride=2),
            "reflections": st.groups.reflections(2, 3),
            "dihedral": st.groups.from_permutations([[1, 2, 3, 4, 5, 0], [5, 4, 3, 2, 1, 0]]),
        }[name]
        A = np.array(rows)
        stack = oracles.stack(A, oracles.dense_elements(action)).astype(int)
        exact = oracles.exact_rank(stack.tolist())
        for method in METHODS:
            found = st.stacked_rank(A, action, method=method)
            assert found.rank == exact
            assert found.clear


class TestBadInput:
    @pytest.mark.parametrize(
        ("arguments", "keywords", "error", "match"),
        [
            ((np.eye(3),), {"method": "svd"}, ValueError, "one of auto"),
            ((np.eye(3),), {"field": "rational"}, ValueError, "'real' or 'complex'"),
            ((np.eye(3), st.groups.shifts(4)), {}, ValueError, "acts on R"),
            ((np.eye(3), "shifts"), {}, TypeError, "GroupAction"),
            (([],), {}, ValueError, "at least one operator"),
            (([np.eye(3), np.eye(4)],), {}, ValueError, "one size n"),
            ((np.full((2, 2), np.nan),), {}, ValueError, "finite"),
            ((np.ones(3),), {}, ValueError, "two-dimensional"),
        ],
    )
    def test_says_what_must_hold(self, arguments, keywords, error, match):
        with pytest.raises(error, match=match):
            st.stacked_rank(*arguments, **keywords)

    def test_signals_of_another_length(self):
        found = st.stacked_rank(np.eye(3)[:2])
        with pytest.raises(ValueError, match="shape"):
            found.invisible_part(np.zeros(4))

    def test_beyond_the_reach_of_a_method(self, rng):
        mask = st.operators.inpainting(rng.random((256, 256)) < 0.5)
        with pytest.raises(ValueError, match="'sketch' works on larger"):
            st.stacked_rank(mask, st.groups.shifts(256, 256), method="dense")
        with pytest.raises(ValueError, match="smaller image or a larger group"):
            st.stacked_rank(mask, st.groups.quarter_turns(256), method="sketch")


def test_complex_rows_of_real_bases_keep_their_imaginary_parts(rng):
    # The irreps of S_3 on this sum are real, and so is the basis; the null space is not.
    moved = st.groups.from_permutations([[1, 2, 0], [1, 0, 2]])
    action = st.groups.direct_sum(moved, st.groups.trivial(2))
    A, x = np.array([[1, 0, 0, 1j, 0]]), np.arange(1.0, 6.0)
    found = [
        st.stacked_rank(A, action, field="complex", method=m).visible_part(x)
        for m in ("blocks", "dense")
    ]
    np.testing.assert_allclose(*found, atol=1e-12)


class TestSecondLook:
    """Directions seen more weakly than rounding shows are not called lost without a doubt."""

    @staticmethod
    def invertible(n):
        """Determinant 1, and a smallest singular value of about 2^-n."""
        return np.eye(n, dtype=int) - 2 * np.eye(n, k=1, dtype=int)

    def test_integers_of_full_rank(self):
        assert st.stacked_rank(self.invertible(20)).full
        found = st.stacked_rank(self.invertible(46))
        assert not found.clear and "integers" in found.note
        proved = st.stacked_rank(self.invertible(46), method="exact")
        assert proved.full and proved.clear
        report = st.analyze(st.Problem(self.invertible(46)))
        assert report.verdict is st.Verdict.UNDECIDED

    def test_large_integers(self):
        A = np.array([[10**8, 10**8 + 1], [10**8 - 1, 10**8]])
        assert not st.stacked_rank(A).clear and not st.stacked_rank(A.astype(float)).clear

    def test_under_an_action(self):
        twice = np.kron(self.invertible(46), np.eye(2, dtype=int))
        flips = st.groups.from_permutations([np.arange(92) ^ 1])
        found = st.stacked_rank(twice, flips)
        assert not found.clear and "integers" in found.note

    @pytest.mark.parametrize("kind", [int, float])
    def test_integers_that_are_deficient(self, kind):
        rng = np.random.default_rng(0)
        A = (rng.integers(-5, 6, (30, 12)) @ rng.integers(-5, 6, (12, 40))).astype(kind)
        found = st.stacked_rank(A)
        assert (found.rank, found.clear) == (12, True)
        shifts = st.groups.shifts(40, stride=10)
        few, shifts = np.tile(A[:2, :20], 2), st.groups.shifts(40, stride=10)
        turned, proved = (st.stacked_rank(few, shifts, method=how) for how in ("auto", "exact"))
        assert turned.clear and turned.rank == proved.rank < 40

    @pytest.mark.parametrize(("power", "clear"), [(-10, True), (-60, False)])
    def test_a_weak_entry_of_the_signal(self, power, clear):
        signs = st.groups.from_permutations([[0, 1]], [[1, -1]])
        found = st.stacked_rank([[1.0, 2.0**power]], signs)
        assert found.clear is clear and found.full is clear
        both = st.stacked_rank([[1.0, 2.0**power], [1.0, -(2.0**power)]])
        assert both.clear is clear and both.full is clear

    def test_a_weak_entry_that_does_not_matter(self):
        alone = st.stacked_rank([[1.0, 1.0, 1e-30]])
        assert alone.clear and alone.rank == 1
