"""The figures: drawn from stored evidence, the same every time, and the evidence is true.

What the evidence says is checked twice: against the theorem, at every stored cell, and against
ranks over a prime field or plain stacks, which share no code with what computed it.
"""

from __future__ import annotations

import itertools
import math
import re
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest

import sensing_theorems as st

pytestmark = pytest.mark.compiled

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "figures"
sys.path.insert(0, str(FOLDER))

import evidence  # noqa: E402
import exact  # noqa: E402
import group_evidence  # noqa: E402
import make  # noqa: E402
import rotation  # noqa: E402
import spurious  # noqa: E402

every_key = pytest.mark.parametrize("key", st.THEOREMS)
P = 2**31 - 1


@pytest.fixture(scope="module")
def stored():
    return {key: make.load(key) for key in st.THEOREMS}


class TestRotation:
    """The picture that shows what an exact action is, on a small image."""

    def test_only_one_of_them_comes_back(self, rng):
        image = rng.random((12, 12))
        exact, bicubic = rotation.turned(image).values()
        np.testing.assert_allclose(exact[-1], image, atol=1e-10)
        assert np.linalg.norm(bicubic[-1] - image) > 0.1 * np.linalg.norm(image)
        sizes = [np.linalg.norm(one) for one in exact]
        np.testing.assert_allclose(sizes, np.linalg.norm(image))

    def test_is_drawn(self, rng):
        figure = rotation.draw(rng.random((12, 12)))
        assert len(figure.axes) == 8
        assert (FOLDER / "rotation.png").stat().st_size < 300_000
        assert "(rotation.png)" in (FOLDER / "README.md").read_text(encoding="utf-8")


class TestSpurious:
    """The picture of a closed curve: every point is off it, and on it in every view."""

    def test_points_fit_and_are_not_of_the_curve(self):
        model, three, search = spurious.found()
        assert search.verdict is st.Verdict.NOT_IDENTIFIABLE and len(search.spurious) >= 2
        angles = np.linspace(0, 2 * np.pi, 20_001)
        line = np.array([model.function(np.array([t])) for t in angles])
        step = np.linalg.norm(np.diff(line, axis=0), axis=1).max()
        for point in search.spurious:
            assert np.linalg.norm(line - point.signal, axis=1).min() > 10 * step
            for A in three:
                assert np.linalg.norm((line - point.signal) @ A.T, axis=1).min() < step

    def test_is_drawn(self):
        assert len(spurious.draw().axes) == 4
        assert (FOLDER / "spurious.png").stat().st_size < 300_000
        assert "(spurious.png)" in (FOLDER / "README.md").read_text(encoding="utf-8")


class TestTwoSearches:
    """The search behind the figures and that of the package were written apart."""

    @pytest.mark.parametrize("seed", range(6))
    def test_agree(self, seed):
        rng = np.random.default_rng(seed)
        for _ in range(6):
            n, p, G, k = (int(v) for v in rng.integers((4, 2, 2, 1), (7, 6, 5, 3)))
            m = int(rng.integers(k + 1, n))
            bases = [np.linalg.qr(rng.standard_normal((n, k)))[0] for _ in range(p)]
            operators = list(rng.standard_normal((G, m, n)))
            found = st.identify(st.models.UnionOfSubspaces(bases), operators)
            other = exact.identified_union(operators, bases).identified
            assert (found.verdict is st.Verdict.IDENTIFIABLE) is other
            assert found.verdict is not st.Verdict.UNDECIDED


class TestFiles:
    def test_every_theorem_and_nothing_else(self):
        keys = sorted(st.THEOREMS)
        for suffix in ("svg", "npz"):
            assert sorted(path.stem for path in FOLDER.glob(f"*.{suffix}")) == keys
        assert sorted(make.EVIDENCE) == keys
        assert sorted(make.drawings.DRAWINGS) == keys

    @every_key
    def test_are_small(self, key):
        assert (FOLDER / f"{key}.npz").stat().st_size < 200_000
        assert (FOLDER / f"{key}.svg").stat().st_size < 200_000

    @every_key
    def test_gallery_shows_it(self, key):
        gallery = (FOLDER / "README.md").read_text(encoding="utf-8")
        assert f"({key}.svg)" in gallery
        theorem = st.THEOREMS[key]
        assert f"## `{key}`: {theorem.kind}, {theorem.status}" in gallery

    @every_key
    def test_evidence_says_what_it_was_made_with(self, key, stored):
        assert re.fullmatch(r"matplotlib \S+, numpy \S+, pillow \S+", str(stored[key]["versions"]))


class TestRedraw:
    @every_key
    def test_same_bytes_whatever_the_settings(self, key, tmp_path):
        make.redraw(key, tmp_path / "one.svg")
        with matplotlib.rc_context({"font.size": 20, "svg.hashsalt": "other", "lines.marker": "x"}):
            make.redraw(key, tmp_path / "two.svg")
        assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()

    @every_key
    def test_committed_drawing_is_that_of_the_evidence(self, key, tmp_path):
        committed = (FOLDER / f"{key}.svg").read_bytes()
        if make.versions().encode() not in committed:
            pytest.skip("drawn with other versions of the libraries")
        make.redraw(key, tmp_path / "now.svg")
        assert (tmp_path / "now.svg").read_bytes() == committed

    @every_key
    def test_no_trace_of_the_machine(self, key):
        text = (FOLDER / f"{key}.svg").read_text(encoding="utf-8")
        assert "<dc:date>" not in text
        assert str(ROOT) not in text

    def test_other_formats(self, tmp_path):
        make.redraw("known_model", tmp_path / "figure.png")
        assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")

    def test_unknown_key(self, capsys):
        with pytest.raises(SystemExit) as stopped:
            make.main(["no_theorem"])
        assert stopped.value.code == 2
        assert "unknown key no_theorem; choose from measurement_consistency" in (
            capsys.readouterr().err
        )


QUICK = ("measurement_consistency", "irrep_multiplicity", "equivariant_operator")


def same_evidence(key, folder, stored):
    make.compute(key, folder)
    fresh = make.load(key, folder)
    assert fresh.keys() == stored[key].keys()
    for name in fresh.keys() - {"versions", "difference"}:
        now, then = fresh[name], stored[key][name]
        if now.dtype.kind != "f":
            assert np.array_equal(now, then), name
        elif name == "outcomes":
            # The two last columns are singular values near zero, which rounding moves.
            assert np.array_equal(now[:, :5], then[:, :5])
        else:
            np.testing.assert_allclose(now, then, atol=1e-12)


class TestRecompute:
    @pytest.mark.parametrize("key", QUICK)
    def test_gives_the_stored_evidence(self, key, tmp_path, stored):
        same_evidence(key, tmp_path, stored)

    @pytest.mark.slow
    @pytest.mark.parametrize("key", sorted(set(st.THEOREMS) - set(QUICK)))
    def test_gives_the_stored_evidence_of_the_others(self, key, tmp_path, stored):
        same_evidence(key, tmp_path, stored)


class TestTurningPoints:
    """Every stored cell is on the side of the theorem where it belongs."""

    def test_measurement_consistency(self, stored):
        d = stored["measurement_consistency"]
        assert d["difference"] < 1e-12 * d["signal"]
        assert np.linalg.norm(d["other"] - d["image"]) > 0.2 * np.linalg.norm(d["image"])
        n = d["image"].size
        assert (d["free"][d["rank"] < n] > 1e-3).all()
        assert (d["free"][d["rank"] == n] < 1e-12).all() and d["rank"].max() == n

    def test_known_model(self, stored):
        d = stored["known_model"]
        m, k = d["m"], d["k"][:, None]
        assert np.array_equal(d["hits"], d["trials"] * (m >= 2 * k))
        # A polygon is no cone: at m = 2k some draws cross, and beyond it none.
        assert np.array_equal(d["polygon"][m > 2], np.full((m > 2).sum(), d["trials"]))
        assert d["polygon"][0] == 0 and 0 < d["polygon"][1] < d["trials"]

    def test_stacked_rank(self, stored):
        d = stored["stacked_rank"]
        m, most = d["m"][:, None], np.minimum(d["G"] * d["m"], d["n"])[:, None]
        gaussian, masks, same = d["rank"]
        assert (gaussian == most).all()
        assert (same == m).all()
        assert (m <= masks).all() and (masks <= most).all() and (masks[m[:, 0] == 26] < 256).all()
        assert int(m[np.argmax(gaussian[:, 0] == d["n"]), 0]) == math.ceil(d["n"] / d["G"])

    def test_measurement_count(self, stored):
        d = stored["measurement_count"]
        assert np.array_equal(d["rank"], np.minimum(np.outer(d["G"], d["m"]), d["n"]))
        full = d["m"][np.argmax(d["rank"] == d["n"], axis=1)]
        assert full.tolist() == [math.ceil(d["n"] / G) for G in d["G"]]
        assert any(d["n"] % d["G"])

    def test_virtual_rank(self, stored):
        d = stored["virtual_rank"]
        group, kind, alone, stack = d["points"].T
        fourier_under_shifts = (group == 0) & (kind >= 2)
        assert np.array_equal(stack[fourier_under_shifts], alone[fourier_under_shifts])
        assert np.array_equal(stack[kind == 3], alone[kind == 3])
        assert (stack[(group == 0) & (kind < 2)] == d["n"]).all()
        turned = (group == 1) & (kind == 0)
        assert np.array_equal(stack[turned], np.minimum(4 * alone[turned], d["n"]))
        assert {63, 64} <= set(alone[turned].tolist()) and d["ratios"].tolist() == [1, 64]

    def test_irrep_multiplicity(self, stored):
        d = stored["irrep_multiplicity"]
        assert np.array_equal(d["rank"], d["generic"])
        full = d["m"][np.argmax(d["rank"] == d["n"][:, None], axis=1)]
        assert full.tolist() == [math.ceil(ratio) for ratio in d["ratio"]]
        assert (d["ratio"] % 1 > 0).any()

    def test_equivariant_operator(self, stored):
        d = stored["equivariant_operator"]
        assert d["clear"].all()
        assert np.array_equal(d["stack"] == d["alone"], d["equivariant"])
        assert (d["stack"][d["equivariant"]] < d["n"]).all()
        off = ~d["equivariant"]
        assert (d["stack"][off] > d["alone"][off]).all()
        # The converse of the corollary fails: not equivariant, and still short of n.
        (blocks,) = np.flatnonzero(np.char.startswith(d["names"], "2 × 2 block averages"))
        assert off[blocks] and d["stack"][blocks] == 225

    def test_generic_operators(self, stored):
        d = stored["generic_operators"]
        n, k, G = int(d["n"]), int(d["k"]), d["G"][:, None]
        assert np.array_equal(d["hits"], d["trials"] * (G * (d["m"] - k) >= n - k))
        assert (d["hits"][G * (d["m"] - k) > n] == d["trials"]).all()

    @pytest.mark.parametrize("key", ["cyclic_group", "any_group"])
    def test_orbits(self, key, stored):
        actions = group_evidence.cyclic_actions if key == "cyclic_group" else None
        actions = list((actions or group_evidence.finite_actions)())
        rows = stored[key]["outcomes"]
        assert stored[key]["names"].tolist() == [action.name for action in actions]
        for a, k, m, yes, draws, kept, dropped in rows:
            action = actions[int(a)]
            assert yes in (0, draws)
            assert kept > 1e-7 and dropped < 1e-11
            if m < action.irreps.max_ratio or action.order * (m - k) < action.n - k:
                assert yes == 0
            problem = st.Problem(np.eye(action.n)[: int(m)], action, model_dim=k)
            bound = st.THEOREMS[key].function(problem).rhs
            if m > bound:
                assert yes == draws
        for a, k in {(a, k) for a, k, *_ in rows}:
            answers = rows[(rows[:, 0] == a) & (rows[:, 1] == k)]
            assert (np.diff(answers[:, 2]) == 1).all() and (np.diff(answers[:, 3]) >= 0).all()

    def test_effective_group(self, stored):
        d = stored["effective_group"]
        n = int(d["n"])
        for period, r, generic, invariant in d["rows"].tolist():
            mask = np.arange(n) % period < r * period // n
            reach = [k for k in range(r + 1) if period * (r - k) >= n - k]
            assert generic == max(reach) and invariant <= generic
            A = st.operators.inpainting(mask)
            for k, holds in ((generic, True), (generic + 1, False)):
                problem = st.Problem(A, st.groups.shifts(n), model_dim=k)
                assert st.theorems.effective_group(problem).holds is holds


def rank_mod_p(matrix):
    """Rank over GF(P), by elimination."""
    return eliminated(matrix, matrix.shape[1])[0]


def eliminated(matrix, columns):
    """Rank of the first columns over GF(P), and the rows that vanish there."""
    M, rank = np.asarray(matrix, dtype=np.int64) % P, 0
    for c in range(columns):
        pivots = np.flatnonzero(M[rank:, c])
        if pivots.size == 0:
            continue
        M[[rank, rank + pivots[0]]] = M[[rank + pivots[0], rank]]
        M[rank] = M[rank] * pow(int(M[rank, c]), -1, P) % P
        below = M[rank + 1 :, c : c + 1].copy()
        M[rank + 1 :] = (M[rank + 1 :] - below * M[rank] % P) % P
        rank += 1
        if rank == len(M):
            break
    return rank, M[rank:]


def left_open(A, X):
    """Rows of the row space of A that vanish on X, over GF(P)."""
    return eliminated(np.concatenate([A @ X, A], axis=1), X.shape[1])[1][:, X.shape[1] :]


def union_is_identified(operators, bases):
    """Every tuple of subspaces, by ranks over GF(P) alone."""
    n = operators[0].shape[1]
    rows = [[left_open(A, X) for X in bases] for A in operators]
    outside = [left_open(np.eye(n, dtype=int), X) for X in bases]

    def spurious(g, stack):
        rank = rank_mod_p(stack) if len(stack) else 0
        if rank == n or any(rank_mod_p(np.concatenate([stack, o])) == rank for o in outside):
            return False
        if g == len(operators):
            return True
        return any(spurious(g + 1, np.concatenate([stack, more])) for more in rows[g])

    return not spurious(0, np.zeros((0, n), dtype=int))


def integers(rng, *shape):
    return rng.integers(-999, 1000, shape)


class TestIndependently:
    """A few cells again, by other means."""

    def test_images_with_equal_measurements(self, stored):
        d = stored["measurement_consistency"]
        side = len(d["image"])
        for f in np.flatnonzero(d["mask"][:, 0]):
            wave = np.exp(-2j * np.pi * f * np.arange(side) / side)
            line = [np.fft.fft(wave @ image) for image in (d["image"], d["other"])]
            np.testing.assert_allclose(*line, atol=1e-10)

    def test_both_images_come_from_the_shipped_slice(self, stored):
        image = stored["measurement_consistency"]["image"]
        assert image.max() == 1 and np.array_equal(image, evidence.mr_slice(64))
        coarse = evidence.mr_slice(16) * evidence.mr_slice(256).max()
        assert abs(np.corrcoef(coarse.ravel(), image[2::4, 2::4].ravel())[0, 1]) > 0.9

    @pytest.mark.parametrize(("k", "m", "holds"), [(1, 1, 0), (1, 2, 1), (2, 3, 0), (2, 4, 1)])
    def test_known_model(self, k, m, holds, stored, rng):
        d = stored["known_model"]
        cell = d["hits"][list(d["k"]).index(k), list(d["m"]).index(m)]
        A = integers(rng, m, 16)
        pairs = itertools.combinations([integers(rng, 16, k) for _ in range(6)], 2)
        one_to_one = all(rank_mod_p(A @ np.hstack(pair)) == 2 * k for pair in pairs)
        assert one_to_one == bool(holds) == (cell == d["trials"])

    def test_masks_see_the_pixels_that_they_see(self, stored):
        d = stored["stacked_rank"]
        n, m = int(d["n"]), 26
        assert (d["same"] > 0).sum() == m and d["looks"].sum() == d["G"] * m
        seen = d["rank"][1, list(d["m"]).index(m)].mean() / n
        # Each of G masks misses a pixel with probability 1 - m/n.
        assert abs(seen - (1 - (1 - m / n) ** d["G"])) < 0.03

    @pytest.mark.parametrize("limit", [0, 1, 2])
    def test_low_frequencies_stay(self, limit, stored):
        side = 16
        f = np.fft.fftfreq(side, 1 / side)
        rows = [
            np.outer(*(np.exp(-2j * np.pi * a * np.arange(side) / side) for a in pair)).reshape(-1)
            for pair in itertools.product(f[np.abs(f) <= limit], repeat=2)
        ]
        stack = np.concatenate(
            [np.rot90(np.array(rows).reshape(-1, side, side), i, (1, 2)) for i in range(4)]
        ).reshape(-1, side * side)
        assert np.linalg.matrix_rank(stack) == (2 * limit + 1) ** 2
        points = stored["virtual_rank"]["points"].tolist()
        assert [1, 3, (2 * limit + 1) ** 2, (2 * limit + 1) ** 2] in points

    def test_block_averages_under_shifts(self, stored):
        side = 16
        first = np.zeros((side, side))
        first[:2, :2] = 0.25
        # Shifting by single pixels covers the shifts by two that A itself holds.
        moved = [
            np.roll(first, (i, j), (0, 1)).reshape(-1)
            for i, j in itertools.product(range(side), repeat=2)
        ]
        d = stored["equivariant_operator"]
        (at,) = np.flatnonzero(d["names"] == "2 × 2 block averages, shifts")
        assert np.linalg.matrix_rank(moved) == d["stack"][at] == 225

    @pytest.mark.parametrize("G", [1, 2, 5, 12])
    def test_generic_operators(self, G, stored, rng):
        d = stored["generic_operators"]
        n, k = int(d["n"]), int(d["k"])
        hits = d["hits"][list(d["G"]).index(G)]
        turn = int(d["m"][np.argmax(hits == d["trials"])])
        for m in (turn - 1, turn):
            X = integers(rng, n, k)
            rows = [left_open(integers(rng, m, n), X) for _ in range(G)]
            assert (rank_mod_p(np.concatenate(rows)) == n - k) == (m == turn)

    @pytest.mark.parametrize(
        ("key", "panel", "k"),
        [
            ("cyclic_group", 1, 1),
            ("cyclic_group", 1, 2),
            ("cyclic_group", 2, 1),
            ("any_group", 0, 1),
            ("any_group", 0, 3),
            ("any_group", 2, 1),
        ],
    )
    def test_orbits(self, key, panel, k, stored, rng):
        make_actions = {
            "cyclic_group": group_evidence.cyclic_actions,
            "any_group": group_evidence.finite_actions,
        }
        action = list(make_actions[key]())[panel]
        rows = stored[key]["outcomes"]
        for _, _, m, yes, *_ in rows[(rows[:, 0] == panel) & (rows[:, 1] == k)]:
            A, X = integers(rng, int(m), action.n), integers(rng, action.n, k)
            T = [g.matrix().toarray().astype(int) for g in action.elements()]
            outcome = union_is_identified([A @ t for t in T], [t @ X for t in T])
            assert outcome == bool(yes)

    @pytest.mark.parametrize(("N", "k", "turn"), [(3, 1, 3), (4, 1, 3), (4, 2, 3), (5, 1, 3)])
    def test_orbits_of_all_shifts(self, N, k, turn, rng):
        T = [np.roll(np.eye(N, dtype=int), i, axis=0) for i in range(N)]
        for m in (turn - 1, turn):
            A, X = integers(rng, m, N), integers(rng, N, k)
            outcome = union_is_identified([A @ t for t in T], [t @ X for t in T])
            assert outcome == (m == turn)

    @pytest.mark.parametrize("period", [4, 6])
    def test_periodic_masks(self, period, stored, rng):
        d = stored["effective_group"]
        n = int(d["n"])
        for _, r, generic, _ in d["rows"][d["rows"][:, 0] == period].tolist():
            mask = np.arange(n) % period < r * period // n
            masks = [np.eye(n, dtype=int)[np.roll(mask, i)] for i in range(n)]
            for k in (generic, generic + 1):
                X = integers(rng, n, k) if k else np.zeros((n, 0), dtype=int)
                rows = np.concatenate([left_open(A, X) for A in masks])
                assert (rank_mod_p(rows) == n - k) == (k == generic)


class TestExact:
    """The tests of identification on models with known answers."""

    def test_the_toy_of_three_coordinates(self):
        A = np.eye(3)[:2]
        shifted = [np.roll(A, i, axis=1) for i in range(3)]
        line = np.ones((3, 1)) / np.sqrt(3)
        assert exact.identified_subspace(shifted, line)
        assert not exact.identified_subspace(shifted[:1], line)

    def test_two_lines_and_their_mixtures(self):
        e = np.eye(4)
        lines = [e[:, :1], e[:, 2:3]]
        assert exact.identified_union([e], lines).identified
        # Neither operator sees both lines, so their sum could be a signal too.
        assert exact.identified_union([e[:2], e[2:]], lines).identified is False

    def test_gives_up_at_the_limit(self, rng):
        found = group_evidence.orbit_outcome(st.groups.shifts(6), 2, 3, rng)
        assert found.identified is True
        A, X = rng.standard_normal((3, 6)), evidence.random_subspace(6, 2, rng)
        shifts = list(st.groups.shifts(6).elements())
        operators, bases = [g.pull_back(A) for g in shifts], [g(X.T).T for g in shifts]
        assert exact.identified_union(operators, bases, limit=100).identified is None

    def test_polygons(self):
        square = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
        assert exact.simple_polygon(square)
        assert not exact.simple_polygon(square[[0, 2, 1, 3]])
        assert not exact.simple_polygon(square[:, :1])
        assert exact.simple_polygon(np.c_[square[[0, 2, 1, 3]], [0, 1, 2, 3]])
