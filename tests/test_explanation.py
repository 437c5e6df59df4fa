"""The explanation: every theorem is there as the registry has it, and what pages say is true."""

from __future__ import annotations

import contextlib
import io
import itertools
import math
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import sensing_theorems as st

pytestmark = pytest.mark.compiled

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "explanation"
STATEMENTS = (PAGES / "statements.md").read_text(encoding="utf-8")

every_key = pytest.mark.parametrize("key", st.THEOREMS)


def section(key):
    """Text below a theorem's target, up to the next heading of the same rank."""
    target = f"({key.replace('_', '-')})=\n"
    assert STATEMENTS.count(target) == 1
    head, _, body = STATEMENTS.split(target)[1].partition("\n")
    return head, re.split(r"\n(?:## |\([a-z-]+\)=)", body)[0]


@every_key
class TestEveryTheorem:
    def test_says_what_the_registry_says(self, key):
        theorem, (head, text) = st.THEOREMS[key], section(key)
        assert head == f"## {key.replace('_', ' ').capitalize()}"
        assert f"> {theorem.statement}\n" in text
        status = "published" if theorem.status == "published" else "derived here"
        assert f"**Kind and status**: {theorem.kind}, {status}. Field: ℝ" in text
        assert f"- **Source**: {theorem.source}." in text
        assert f"`st.theorems.{key}`" in text

    def test_says_when_it_is_silent_and_shows_it(self, key):
        _, text = section(key)
        assert "*Silent*" in text and f"(../../figures/{key}.svg)" in text
        (block,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
        assert 1 < len(block.splitlines()) <= 6
        assert f"theorems.{key}(" in block

    def test_derived_ones_are_proved(self, key):
        if st.THEOREMS[key].status == "derived":
            _, text = section(key)
            anchor = key.replace("_", "-")
            assert f"(derived.md#{anchor})" in text
            proofs = (PAGES / "derived.md").read_text(encoding="utf-8")
            heading = f"\n## {key.replace('_', ' ').capitalize()}\n"
            assert "*Proof.*" in proofs.split(heading)[1].split("\n## ")[0]


def test_no_theorem_number_is_quoted():
    for page in PAGES.glob("*.md"):
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"\b(Theorem|Proposition|Corollary|Lemma) \d", text), page.name


TABLE = (PAGES / "multiplicities.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
    for line in TABLE.split("<!-- multiplicities -->\n")[1].split("<!-- /")[0].splitlines()[2:]
]


class TestMultiplicities:
    """The table of groups, against the package and against traces."""

    every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])

    @staticmethod
    def action(row):
        return eval(
            row[6].strip("`"), {name: getattr(st.groups, name) for name in st.groups.__all__}
        )

    def test_is_read(self):
        assert len(ROWS) == 21 and all(len(row) == 7 for row in ROWS)

    @every_row
    def test_row_is_what_the_package_finds(self, row):
        action = self.action(row)
        order = math.inf if row[3] == "∞" else int(row[3])
        table = action.irreps
        found = action.order, table.max_ratio, table.max_multiplicity, action.is_cyclic
        assert found == (order, Fraction(row[1]), int(row[2]), row[4] == "yes")

    @every_row
    def test_cyclic_bound_is_above_that_of_independent_operators(self, row):
        action = self.action(row)
        if action.finite and action.is_cyclic:
            assert action.irreps.max_multiplicity * action.order >= action.n

    @every_row
    def test_row_agrees_with_traces(self, row):
        action = self.action(row)
        if not action.finite:
            return
        # Burnside's count, over matrices: the mean of |tr|² is the sum of c².
        units = np.eye(action.n)
        maps = [np.column_stack([g(unit) for unit in units]) for g in action.generators]
        listed = [units]
        for one in listed:
            products = (one @ g for g in maps)
            listed += [p for p in products if not any(np.allclose(p, q) for q in listed)]
        assert len(listed) == action.order
        mean = np.mean([np.trace(one) ** 2 for one in listed])
        assert round(mean) == action.irreps.commutant_dim

    @pytest.mark.parametrize("N", [4, 6, 8])
    def test_closed_forms_for_even_sides(self, N):
        n = N * N
        assert st.groups.quarter_turns(N).irreps.max_multiplicity == n // 4
        square = st.groups.dihedral(N).irreps
        assert square.max_ratio == max(Fraction(n + 2 * N, 8), Fraction(n, 8))
        assert square.max_multiplicity == max(n // 4, (n + 2 * N) // 8)
        assert st.groups.kravchuk_rotations(N).irreps.max_multiplicity == N

    @pytest.mark.parametrize("N", [3, 5, 7])
    def test_closed_forms_for_odd_sides(self, N):
        n = N * N
        assert st.groups.quarter_turns(N).irreps.max_multiplicity == (n + 3) // 4
        square = st.groups.dihedral(N).irreps
        assert square.max_ratio == Fraction(n + 3 + 4 * N, 8)
        assert square.max_multiplicity == max((n + 3 + 4 * N) // 8, (n - 1) // 4)


@pytest.fixture(scope="module")
def printed():
    """Output of the examples of pitfalls.md, by title."""
    text = (PAGES / "pitfalls.md").read_text(encoding="utf-8")
    names, found = {}, {}
    for part in text.split("\n## "):
        out = io.StringIO()
        for block in re.findall(r"```python\n(.*?)```", part, re.DOTALL):
            with contextlib.redirect_stdout(out):
                exec(block, names)
        found[part.splitlines()[0]] = out.getvalue()
    return found


class TestPitfalls:
    """What the page prints is what it says."""

    @pytest.mark.parametrize(
        ("title", "lines"),
        [
            ("Real irreps", ["2 4 of 6", "3 6 of 6", "c/s = 2", "1 4 of 8", "2 8 of 8"]),
            ("c or c/s", ["3 4"]),
            ("Enough rows, and not the rank", ["81 36 81", "96 -> 96", "6 -> 144"]),
            ("2-D shifts are not cyclic", ["False True", "multiplicity 6"]),
            (
                "Not equivariant, and still nothing learned",
                ["8 True 107", "7 False 143", "k ≤ 0", "8 -> 16\n7 -> 7"],
            ),
            ("Virtual operators are not independent", ["2 NOT", "3 IDENT", "independent IDENT"]),
            ("Strict or not", ["3 NOT IDENTIFIABLE", "4 UNDECIDED 0"]),
            ('A silent theorem is no "no"', ["UNDECIDED\nIDENTIFIABLE"]),
            ('"Almost every" mask', ["None", "inequality met"]),
            ("Real and complex counts", ["[2, 1]"]),
            ("Infinite groups", ["0 8"]),
            ("A set is not a law", ["True\nNOT IDENTIFIABLE IDENTIFIABLE"]),
            ("Larger sets and smaller sets", ["IDENTIFIABLE larger; NOT IDENTIFIABLE smaller"]),
            ("Full rank without overlap", ["16 0.0"]),
            ("Zooming in, zooming out", ["in 15\nout 3"]),
        ],
    )
    def test_shows_it(self, printed, title, lines):
        for line in lines:
            assert line in printed[title]

    def test_every_example_prints(self, printed):
        silent = [title for title, text in printed.items() if not text]
        assert silent[0] == "# Pitfalls" and len(silent) == 3

    def test_zero_loss_with_an_error(self, printed):
        (error,) = re.findall(r"below 1e-20: True, error (\S+)", printed["A loss near zero"])
        assert float(error) > 1


class TestProofs:
    """Statements that have no home elsewhere in the tests, by numbers."""

    def test_counting_for_one_subspace(self, rng):
        n, k = 12, 3
        for G in (2, 3, 4):
            for m in range(1, n):
                X = np.linalg.qr(rng.standard_normal((n, n)))[0]
                basis, across = X[:, :k], X[:, k:]
                seen = []
                for A in rng.standard_normal((G, m, n)):
                    u, s, _ = np.linalg.svd(A @ basis)
                    free = u[:, np.sum(s > 1e-9) :]
                    seen.append(free.T @ A @ across)
                rank = np.linalg.matrix_rank(np.concatenate(seen)) if seen[0].size else 0
                assert (rank == n - k) == (G * (m - k) >= n - k)

    def test_ei_is_a_bootstrap(self, rng):
        A, n = rng.standard_normal((3, 6)), 6
        f = np.linalg.pinv(A) + (np.eye(n) - np.linalg.pinv(A) @ A) @ rng.standard_normal((n, 3))
        F, I = f @ A, np.eye(n)  # noqa: E741
        np.testing.assert_allclose(A @ F, A, atol=1e-12)
        np.testing.assert_allclose(F @ F, F, atol=1e-12)
        T, x = np.roll(I, 1, axis=0), rng.standard_normal(n)
        term = f @ (A @ T @ F @ x) - T @ F @ x
        other = (F - I) @ T @ x + (F - I) @ T @ (F - I) @ x
        np.testing.assert_allclose(term, other, atol=1e-12)
        assert np.linalg.norm(term) > 0.1

    def test_reynolds_average_is_equivariant(self, rng):
        A, W = rng.standard_normal((2, 5)), rng.standard_normal((5, 2))
        maps = [np.roll(np.eye(5), g, axis=0) for g in range(5)]

        def f(y, B):
            return np.tanh(W @ y) * (B.T @ y)

        def R(y, B):
            return sum(T @ f(y, B @ T) for T in maps) / 5

        y = rng.standard_normal(2)
        for T in maps:
            np.testing.assert_allclose(R(y, A @ T), T.T @ R(y, A), atol=1e-12)
        assert np.linalg.norm(f(y, A @ maps[1]) - maps[1].T @ f(y, A)) > 0.01

    def test_two_operators_never_show_a_covariance(self, rng):
        A, B = rng.standard_normal((2, 4, 5))
        u, v = (np.linalg.svd(C)[2][-1] for C in (A, B))
        S = np.outer(u, v) + np.outer(v, u)
        for C in (A, B):
            np.testing.assert_allclose(C @ S @ C.T, 0, atol=1e-12)
        assert np.linalg.norm(S) > 0.1

    @pytest.mark.parametrize("k", [2, 3, 4])
    def test_corners_of_a_polygon_agree_on_k_lines(self, k):
        corners = np.exp(1j * np.pi * np.arange(2 * k) / k)
        first, second = corners[::2], corners[1::2]
        for line in range(k):
            direction = np.exp(1j * np.pi * (line + 0.5) / k)
            shadows = [np.sort((p * direction.conjugate()).real) for p in (first, second)]
            np.testing.assert_allclose(*shadows, atol=1e-12)
        assert np.abs(first[:, None] - second).min() > 0.5

    def test_the_first_guess_on_orbits_is_refuted_by_the_stored_counts(self):
        found = st.PhaseDiagram.load(ROOT / "figures" / "phases" / "orbits-0.json")
        n, c = 7, 1
        turns = {}
        for column, k in enumerate(found.axes["k"].tolist()):
            reached = np.flatnonzero(found.rate[:, column] >= 0.5)
            turns[k] = int(found.axes["m"][reached[0]])
        guess = {k: min(n, k + max(2, c)) for k in turns}
        assert turns[1] == guess[1] and turns[3] == guess[3] - 1
        observed = {k: k + 2 if k in (1, n - 2) else min(n, k + c) for k in turns}
        assert turns == observed

    def test_a_rank_one_more_is_needed_than_counting_says(self):
        # G (m - k) >= n - k and not G m >= n: shown where they differ.
        operators = [st.operators.gaussian(4, 8, rng=seed) for seed in range(2)]
        assert st.stacked_rank(operators).full
        model = st.models.GenericSubspace(8, 2)
        assert st.identify(model, operators).verdict is st.Verdict.NOT_IDENTIFIABLE

    def test_choosing_a_mask_by_what_was_seen_hides_an_error(self, rng):
        x = rng.standard_normal((4000, 2))
        mean = x * [1, 0]
        wrong = mean - np.outer(x[:, 0] > 0, [0, 100])
        rows = np.arange(len(x))

        def losses(entry):
            return [np.mean((R - x)[rows, entry] ** 2) for R in (mean, wrong)]

        chosen, drawn = np.where(x[:, 0] > 0, 0, 1), rng.integers(2, size=len(x))
        assert losses(chosen)[0] == losses(chosen)[1]
        right, error = losses(drawn)
        assert error > right + 1000

    def test_singular_values_ask_for_an_orthonormal_basis(self, rng):
        a = rng.standard_normal(3)
        stack = np.array([a[list(p)] for p in itertools.permutations(range(3))])
        found = np.linalg.svd(stack, compute_uv=False)
        slanted = np.array([[1.0, -1, 0], [0, 1, -1]])
        basis = np.linalg.qr(slanted.T)[0].T
        value = math.sqrt(6 / 2) * np.linalg.norm(basis @ a)
        assert np.sum(np.isclose(found, value)) == 2
        assert not np.isclose(found, math.sqrt(6 / 2) * np.linalg.norm(slanted @ a)).any()

    def test_mean_of_squares_has_the_rank_of_the_stack(self):
        operators = [st.operators.gaussian(2, 9, rng=seed).to_dense() for seed in range(4)]
        mean = sum(A.T @ A for A in operators) / 4
        assert np.linalg.matrix_rank(mean) == st.stacked_rank(operators).rank == 8

    @pytest.mark.parametrize("views", [2, 6, 7])
    def test_equispaced_views_keep_to_turns_of_the_grid(self, views):
        A = st.operators.tomography(8, np.arange(views) * np.pi / views)
        half = st.groups.from_permutations([list(range(63, -1, -1))])
        assert st.is_equivariant(A, half)
        assert st.is_equivariant(A, st.groups.quarter_turns(8)) == (views % 2 == 0)

    def test_affine_subspaces_turn_where_linear_ones_do(self, rng):
        n, k, G = 9, 3, 2
        basis, offset = rng.standard_normal((n, k)), rng.standard_normal(n)
        linear, affine = st.models.Subspace(basis), st.models.Subspace(basis, offset)
        for m in range(1, n):
            operators = [st.operators.gaussian(m, n, rng=seed) for seed in range(G)]
            found = [st.identify(model, operators).verdict for model in (linear, affine)]
            assert found[0] is found[1]
            assert (found[0] is st.Verdict.IDENTIFIABLE) == (m >= k + (n - k) / G)


class TestLosses:
    """Formulas for noise, by exact means."""

    def test_r2r_is_supervised_at_a_noisier_input(self, rng):
        m, level = 5, 0.3
        H, signal, I = rng.standard_normal((m, m)), rng.standard_normal(m), np.eye(m)  # noqa: E741
        away = np.sum(((H - I) @ signal) ** 2)
        for a in (0.1, 1, 3):
            # What multiplies e and w in h(y + a w) - (y - w/a).
            r2r = away + level**2 * (np.sum((H - I) ** 2) + np.sum((a * H + I / a) ** 2))
            supervised = away + level**2 * (1 + a**2) * np.sum(H**2)
            assert r2r == pytest.approx(supervised + m * level**2 * (1 + a**-2))
        sure = away + level**2 * (np.sum((H - I) ** 2) - m + 2 * np.trace(H))
        assert sure == pytest.approx(away + level**2 * np.sum(H**2))

    @pytest.mark.parametrize("level", [0.4, 0.8])
    def test_unsure_has_the_error_that_is_said(self, level):
        # Signals ±1, and sums over a fine grid of measurements.
        y, step = np.linspace(-8, 8, 40001, retstep=True)
        given = [np.exp(-((y - x) ** 2) / (2 * level**2)) / level for x in (-1, 1)]
        given = np.array(given) / math.sqrt(2 * math.pi)
        density = given.mean(axis=0)
        mean = (given[1] - given[0]) / given.sum(axis=0)
        mmse = 1 - np.sum(mean**2 * density) * step
        score = (mean - y) / level**2  # Tweedie
        eta = 1 / (np.sum(score**2 * density) * step)
        assert eta == pytest.approx(level**2 / (1 - mmse / level**2))
        f = y + eta * score
        error = sum(
            np.sum((f - x) ** 2 * p) * step / 2 for x, p in zip((-1, 1), given, strict=True)
        )
        assert error == pytest.approx(level**2 * (1 / (1 - mmse / level**2) - 1))
        assert error > mmse
