"""Verdicts: the truth table, brute force on random setups, and nothing stronger than proved."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import oracles
import pytest

import sensing_theorems as st
from sensing_theorems import evidence, independence

SMALL = oracles.small_actions(st)
GROUPS = {name: oracles.dense_elements(action) for name, action in SMALL.items()}
NOT, YES, OPEN = st.Verdict.NOT_IDENTIFIABLE, st.Verdict.IDENTIFIABLE, st.Verdict.UNDECIDED
MASK = np.arange(16) < 8


def gaussian(m, n, seed=0):
    return st.operators.gaussian(m, n, seed)


def periodic_mask():
    mask = np.zeros((8, 8), bool)
    mask[::2, ::2] = True
    return mask


class TestTruthTable:
    @pytest.mark.parametrize(
        ("problem", "verdict", "reason"),
        [
            (
                lambda: st.Problem(gaussian(8, 64), st.groups.shifts(64), 2),
                YES,
                "generic_bound_met",
            ),
            (lambda: st.Problem(gaussian(8, 64), st.groups.shifts(64), 3), OPEN, "between_bounds"),
            (lambda: st.Problem(gaussian(8, 64), st.groups.shifts(64)), OPEN, "model_dim_unknown"),
            (
                lambda: st.Problem(gaussian(30, 64), st.groups.shifts(8, 8), 2),
                OPEN,
                "action_not_cyclic",
            ),
            (
                lambda: st.Problem(gaussian(30, 64), st.groups.shifts(8, 8)),
                OPEN,
                "action_not_cyclic",
            ),
            (
                lambda: st.Problem([gaussian(9, 20, s) for s in range(4)], model_dim=3),
                YES,
                "generic_bound_met",
            ),
            (
                lambda: st.Problem([gaussian(9, 20, s) for s in range(4)], model_dim=4),
                OPEN,
                "between_bounds",
            ),
            (lambda: st.Problem([gaussian(4, 20, s) for s in range(4)]), NOT, "rank_deficient"),
            (lambda: st.Problem([gaussian(9, 20)] * 4, model_dim=1), NOT, "rank_deficient"),
            (lambda: st.Problem(gaussian(3, 8)), NOT, "rank_deficient"),
            (lambda: st.Problem(gaussian(8, 8)), YES, "injective"),
            (lambda: st.Problem(np.eye(5)), YES, "injective"),
            (
                lambda: st.Problem(st.operators.inpainting(MASK), st.groups.shifts(16), 1),
                OPEN,
                "structured_operator",
            ),
            (
                lambda: st.Problem(st.operators.inpainting(MASK), st.groups.shifts(16)),
                OPEN,
                "structured_operator",
            ),
            (
                lambda: st.Problem(st.operators.fourier(MASK), st.groups.shifts(16)),
                NOT,
                "equivariant",
            ),
            (
                lambda: st.Problem(np.kron(np.eye(4), [1, 1]), st.groups.shifts(8)),
                NOT,
                "rank_deficient",
            ),
            (
                lambda: st.Problem(st.operators.bernoulli(9, 16, 0), st.groups.shifts(16), 1),
                OPEN,
                "structured_operator",
            ),
            (
                lambda: st.Problem(
                    np.vstack([np.eye(6)[:2], 1e-13 * np.ones((1, 6))]),
                    st.groups.shifts(6, stride=6),
                ),
                NOT,
                "too_few_measurements",
            ),
            (lambda: st.Problem(np.diag([1, 1e-12])), OPEN, "numerically_unclear"),
            (lambda: st.Problem(np.zeros((2, 4)), st.groups.shifts(4)), NOT, "equivariant"),
            (
                lambda: st.Problem(gaussian(9, 16), st.groups.shifts(16), 2, field="complex"),
                OPEN,
                "complex_signals",
            ),
            (
                # 1 = 1/3 + 2/3 is equality, whatever 1/3 is as a float.
                lambda: st.Problem([gaussian(1, 2, s) for s in range(3)], model_dim=1 / 3),
                OPEN,
                "between_bounds",
            ),
        ],
    )
    def test_row(self, problem, verdict, reason):
        report = st.analyze(problem())
        assert (report.verdict, report.reason) == (verdict, reason)
        assert str(report.verdict) in report.headline

    @pytest.mark.parametrize(
        ("problem", "verdict", "reason"),
        [
            (lambda: st.Problem(gaussian(5, 16), model_dim=2), YES, "generic_bound_met"),
            (lambda: st.Problem(gaussian(4, 16), model_dim=2), OPEN, "between_bounds"),
            (lambda: st.Problem(gaussian(4, 16)), OPEN, "model_dim_unknown"),
            (lambda: st.Problem(np.eye(16)[:5], model_dim=2), OPEN, "structured_operator"),
            (lambda: st.Problem(np.eye(4)), YES, "injective"),
            (lambda: st.Problem(np.zeros((1, 4)), model_dim=1), NOT, "zero_operator"),
            (lambda: st.Problem(np.zeros((1, 4)), model_dim=0), OPEN, "between_bounds"),
        ],
    )
    def test_recovery_is_its_own_question(self, problem, verdict, reason):
        report = st.analyze(problem())
        assert (report.recovery, report.recovery_reason) == (verdict, reason)

    def test_all_four_combinations_of_the_two_questions_occur(self):
        identified = st.analyze(st.Problem([gaussian(4, 20, s) for s in range(20)], model_dim=2))
        assert (identified.verdict, identified.recovery) == (YES, OPEN)
        recovered = st.analyze(st.Problem(gaussian(7, 20), model_dim=3))
        assert (recovered.verdict, recovered.recovery) == (NOT, YES)

    def test_complex_operators_are_answered_over_the_stated_field(self):
        rows = np.fft.fft(np.eye(8), norm="ortho")[:3]
        shifts = st.groups.shifts(8)
        over_r = st.analyze(st.Problem(rows, shifts))
        over_c = st.analyze(st.Problem(rows, shifts, field="complex"))
        assert (over_r.rank.rank, over_c.rank.rank) == (5, 3)
        assert over_r.rank.field == "real"
        assert np.isrealobj(over_r.witness)


class TestGenericClaims:
    def test_a_claim_is_believed_where_nothing_contradicts_it(self, rng):
        A = rng.standard_normal((8, 64))
        shifts = st.groups.shifts(64)
        assert st.analyze(st.Problem(A, shifts, 2, generic=True)).verdict is YES
        assert st.analyze(st.Problem(A, shifts, 2)).verdict is OPEN
        assert st.analyze(st.Problem(gaussian(8, 64), shifts, 2, generic=False)).verdict is OPEN

    @pytest.mark.parametrize(
        ("build", "why"),
        [
            (lambda rng: st.operators.inpainting(rng.random(64) < 0.5), "by its construction"),
            (lambda rng: st.operators.bernoulli(30, 64, rng), "by its construction"),
            (lambda rng: np.eye(64)[:30], "exactly zero"),
            (lambda rng: rng.choice([-1.0, 1.0], (30, 64)), "repeats"),
            (lambda rng: np.repeat(rng.standard_normal((15, 64)), 2, axis=0), "repeats"),
            (
                lambda rng: rng.standard_normal((30, 9)) @ rng.standard_normal((9, 64)),
                "rank 9, not 30",
            ),
        ],
    )
    def test_a_claim_that_the_entries_contradict_is_set_aside(self, build, why, rng):
        report = st.analyze(st.Problem(build(rng), st.groups.shifts(64), 1, generic=True))
        assert report.verdict is not YES
        assert why in evidence.refutation(report.problem)

    def test_one_operator_in_disguise_is_one_operator(self, rng):
        A, B = rng.standard_normal((2, 4, 6))
        mixed = np.linalg.qr(rng.standard_normal((4, 4)))[0] @ A
        for operators in ([A, B, B], [A, 2 * A, mixed]):
            report = st.analyze(st.Problem(operators, model_dim=1, generic=True))
            assert report.verdict is not YES
            assert "together have rank 4, not 6" in evidence.refutation(report.problem)

    def test_size_does_not_hide_structure(self):
        # Beyond the size at which every entry is looked at.
        rows = np.eye(4096)[:1100]
        report = st.analyze(st.Problem(rows, st.groups.shifts(4096), 1, generic=True))
        assert (report.verdict, report.reason) == (OPEN, "structured_operator")
        assert "exactly zero" in report.explanation

    def test_disguises_too_large_to_see_are_not_believed(self, rng, monkeypatch):
        A, B = rng.standard_normal((2, 4, 6))
        monkeypatch.setattr(evidence, "_RANK_ENTRIES", 40)
        report = st.analyze(st.Problem([A, B, 2 * B], model_dim=1, generic=True))
        assert (report.verdict, report.reason) == (OPEN, "structured_operator")

    def test_row_scaling_does_not_hide_structure(self, rng):
        c = rng.standard_normal(32)
        rows = np.stack([np.roll(c, k) for k in range(16)]) * rng.standard_normal((16, 1))
        report = st.analyze(st.Problem(rows, st.groups.shifts(32), 2, generic=True))
        assert (report.verdict, report.reason) == (OPEN, "structured_operator")

    def test_the_virtual_operators_of_one_are_not_independent(self, rng):
        # The theorem would say YES, and the exact test finds what it would exclude.
        T = np.eye(7)[:, np.argsort([1, 2, 0, 4, 5, 6, 3])]
        powers = [np.linalg.matrix_power(T, i) for i in range(12)]
        A, v = rng.standard_normal((2, 7)), rng.standard_normal(7)
        operators = [A @ power for power in powers]
        report = st.analyze(st.Problem(operators, model_dim=1, generic=True))
        assert (report.verdict, report.reason) == (OPEN, "structured_operator")
        model = st.models.UnionOfSubspaces([power @ v for power in powers])
        assert st.identify(model, operators).verdict is NOT

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    @pytest.mark.parametrize(("m", "n"), [(2, 7), (5, 7), (5, 20)])
    def test_one_operator_is_seen_under_rows_and_coordinates(self, m, n, dtype, rng):
        A, B = rng.standard_normal((2, m, n))
        cycle = np.roll(np.eye(n), 1, axis=0)
        Q = np.linalg.qr(rng.standard_normal((n, n)))[0]
        turn = Q @ cycle @ Q.T

        def rows():
            return rng.standard_normal((m, 1))

        def mixed(T, i):
            return rng.standard_normal((m, m)) @ A @ np.linalg.matrix_power(T, i)

        some = np.concatenate([rng.standard_normal((m - 1, n)), 3 * A[:1] @ cycle])
        disguises = {
            "agree up to the scale|share entries": [A, B, rows() * A[::-1] @ cycle],
            "have rows that agree|share entries": [A, B, some],
            "row spaces of operators 1 and 3 agree": [A, B, mixed(cycle, 1)],
            "same angles between their rows": [A, B, A @ turn],
            "at the angles of": [mixed(turn, i) for i in range(5)],
        }
        for why, operators in disguises.items():
            claimed = [operator.astype(dtype) for operator in operators]
            said = evidence.refutation(st.Problem(claimed, model_dim=1, generic=True))
            assert any(part in said for part in why.split("|")), (why, said)

    def test_entries_shuffled_over_rows(self, rng):
        A = rng.standard_normal((3, 8))
        for factor in (1, 3):
            B = factor * rng.permutation(A.ravel()).reshape(A.shape)
            assert "entries" in evidence.refutation(st.Problem([A, B], generic=True))

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    @pytest.mark.parametrize("sizes", [[(2, 3)] * 60, [(1, 2)] * 40, [(3, 9), (5, 9), (9, 9)] * 5])
    def test_independent_draws_are_believed(self, sizes, dtype, rng):
        operators = [rng.standard_normal(size).astype(dtype) for size in sizes]
        assert evidence.refutation(st.Problem(operators, generic=True)) is None
        unit = [A / np.linalg.norm(A, axis=1, keepdims=True) for A in operators]
        assert evidence.refutation(st.Problem(unit, generic=True)) is None

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    @pytest.mark.parametrize("law", ["standard_normal", "random"])
    def test_chance_does_not_refute_a_million_entries(self, law, dtype, rng):
        # In single precision thousands of a million independent entries are equal.
        drawn = getattr(rng, law)((2, 500, 1000), dtype=dtype)
        operators = [st.as_operator(A) for A in drawn]
        assert independence.shared_structure(operators, operators) is None
        assert not independence.repeats(np.abs(drawn).ravel(), dtype, 0.01 * drawn.size)
        shuffled = st.as_operator(rng.permutation(drawn[0].ravel()).reshape(500, 1000))
        together = [operators[0], shuffled]
        assert independence.shared_structure(together, together) == "operators share entries"

    def test_a_declaration_is_not_called_a_draw(self, rng):
        A = rng.standard_normal((8, 64))
        declared = st.analyze(st.Problem(A, st.groups.shifts(64), 2, generic=True))
        assert "was declared generic" in declared.explanation
        assert "k = 2; declared generic" in " ".join(str(declared).split())
        drawn = st.analyze(st.Problem(gaussian(8, 64), st.groups.shifts(64), 2))
        assert "was drawn at random" in drawn.explanation
        assert "k = 2; drawn as generic" in " ".join(str(drawn).split())

    def test_operators_drawn_with_one_seed_are_not_independent(self):
        operators = [gaussian(8, 12, 0), gaussian(9, 12, 0), gaussian(10, 12, 1)]
        report = st.analyze(st.Problem(operators, model_dim=1))
        assert report.verdict is OPEN
        assert "share a row" in report.explanation


def random_setup(rng):
    """An operator of any sort, an action, and what they are in dense matrices."""
    name = list(SMALL)[rng.integers(len(SMALL))]
    action = SMALL[name]
    n = action.n
    m = int(rng.integers(1, n + 1))
    chosen = np.isin(np.arange(n), rng.choice(n, size=m, replace=False))
    kind = rng.integers(8)
    if kind == 0:
        A = st.operators.inpainting(chosen)
    elif kind == 1:
        A = st.operators.fourier(chosen, real=bool(rng.integers(2)))
    elif kind == 2:
        A = st.operators.bernoulli(m, n, rng)
    elif kind == 3:
        A = rng.integers(-2, 3, size=(m, n))
    elif kind == 4:
        A = rng.standard_normal((m, 1)) @ rng.standard_normal((1, n))
    elif kind == 5:
        A = np.zeros((m, n))
    elif kind == 6:
        group = list(action.elements())
        rows = rng.standard_normal((m, n))
        A = sum(element.pull_back(rows) for element in group) / len(group)
    else:
        A = st.operators.gaussian(m, n, rng)
    return name, action, A


class TestAgainstBruteForce:
    @pytest.mark.parametrize("seed", range(400))
    def test_rank_verdict_and_witness(self, seed):
        rng = np.random.default_rng([seed, 31])
        name, action, A = random_setup(rng)
        k = float(rng.integers(0, action.n + 1))
        problem = st.Problem(A, action, k)
        report = st.analyze(problem)
        dense = problem.joint.to_dense()
        stack = oracles.stack(dense, GROUPS[name])
        rank, alone = oracles.rank(stack), oracles.rank(dense)
        assert (report.rank.rank, report.rank.clear) == (rank, True)
        if rank < action.n:
            assert report.verdict is NOT
            equivariant = rank == alone and action.order > 1
            assert report.reason == ("equivariant" if equivariant else "rank_deficient")
            assert np.linalg.norm(report.witness) == pytest.approx(1)
            assert np.abs(stack @ report.witness).max() <= 1e-8
        elif alone == action.n:
            assert (report.verdict, report.reason) == (YES, "injective")
        elif problem.operators[0].generic is True and action.is_cyclic:
            m, c = min(dense.shape), action.irreps.max_multiplicity
            assert report.verdict is (YES if m > 2 * k + c + 1 else OPEN)
        else:
            assert report.verdict is OPEN
        assert (report.witness is None) == (rank == action.n)


class TestRepairs:
    def test_every_repair_is_what_it_says(self, rng):
        for seed in range(60):
            name, action, A = random_setup(np.random.default_rng([seed, 77]))
            problem = st.Problem(A, action)
            for repair in st.suggest(problem):
                assert repair.rank == action.n
                if repair.kind == "rows":
                    extra = int(repair.text.split()[0])
                    dense = problem.joint.to_dense()
                    for more, full in ((extra, True), (extra - 1, False)):
                        rows = np.vstack([dense, rng.standard_normal((more, action.n))])
                        stack = oracles.stack(rows, GROUPS[name])
                        assert (oracles.rank(stack) == action.n) is full

    def test_suggested_symmetry_repairs_the_rank(self):
        # A double wedge and its quarter turn cover the Fourier plane; its shifts do not.
        rows, columns = np.abs(np.meshgrid(*[np.fft.fftfreq(8)] * 2, indexing="ij"))
        problem = st.Problem(st.operators.fourier(rows >= columns), st.groups.shifts(8, 8))
        texts = [repair.text for repair in st.suggest(problem) if repair.kind == "action"]
        names = ("quarter_turns", "dihedral")
        assert texts == [f"symmetry {name}(8) instead, if the signals have it" for name in names]
        for action in (st.groups.quarter_turns(8), st.groups.dihedral(8)):
            group = oracles.dense_elements(action)
            assert oracles.rank(oracles.stack(problem.joint.to_dense(), group)) == 64

    def test_more_measurements_meet_the_bound_and_one_fewer_do_not(self):
        problem = st.Problem(gaussian(6, 64), st.groups.shifts(64), 3)
        (repair,) = st.suggest(problem)
        assert repair.verdict is YES
        needed = int(repair.text.split()[0])
        for m, verdict in ((needed, YES), (needed - 1, OPEN)):
            again = st.analyze(st.Problem(gaussian(m, 64, 5), st.groups.shifts(64), 3))
            assert again.verdict is verdict

    def test_rows_for_many_operators_are_one_more_operator(self):
        problem = st.Problem([gaussian(3, 12)] * 4)
        rows = [repair for repair in st.suggest(problem) if repair.kind == "rows"]
        assert "one more operator" in rows[0].text
        assert rows[0].verdict is OPEN

    def test_no_repair_where_nothing_is_broken(self):
        assert st.analyze(st.Problem(np.eye(4))).repairs == ()


class TestPitfalls:
    def test_the_periodic_mask_is_no_success(self):
        report = st.analyze(
            st.Problem(st.operators.inpainting(periodic_mask()), st.groups.shifts(8, 8))
        )
        assert report.verdict is OPEN
        assert report.rank.full
        assert "k ≤ 0 is necessary for linear models" in " ".join(str(report).split())

    def test_enough_rows_and_met_bound_do_not_make_a_structured_operator_identifiable(self):
        low = np.abs(np.fft.fftfreq(16)) < 0.25
        problem = st.Problem(
            st.operators.fourier(low, real=True), st.groups.shifts(16), 1, generic=True
        )
        report = st.analyze(problem)
        assert problem.m > 2 * 1 + 1 + 1
        assert report.verdict is NOT


class TestRendering:
    SETUPS = (
        lambda: st.Problem(gaussian(8, 64), st.groups.shifts(64), 2),
        lambda: st.Problem(st.operators.fourier(MASK), st.groups.shifts(16)),
        lambda: st.Problem(np.diag([1, 1e-12])),
        lambda: st.Problem([gaussian(3, 12, s) for s in range(3)]),
        lambda: st.Problem(np.fft.fft(np.eye(6))[:2], st.groups.shifts(6), field="complex"),
        lambda: st.Problem(gaussian(2, 40), st.groups.symmetric(40), 1),
    )

    @pytest.mark.parametrize("build", SETUPS)
    def test_text_fits_one_screen_and_has_its_sections(self, build):
        text = str(st.analyze(build()))
        lines = text.splitlines()
        assert len(lines) <= 40
        assert max(map(len, lines)) <= 100
        places = [text.index(f"\n  {title}") for title in ("setup", "why", "rank", "not checked")]
        assert places == sorted(places)

    @pytest.mark.parametrize("build", SETUPS)
    def test_json_is_valid_and_says_the_same(self, build):
        report = st.analyze(build())
        plain = json.loads(report.to_json())
        assert plain["schema_version"] == 1
        assert plain["verdict"] == report.verdict.value
        assert plain["rank"]["rank"] == report.rank.rank
        assert [check["key"] for check in plain["checks"]] == list(st.THEOREMS)
        if report.witness is not None and np.isrealobj(report.witness):
            np.testing.assert_allclose(plain["witness"], report.witness)

    def test_equal_questions_get_equal_answers(self):
        build = self.SETUPS[1]
        assert st.analyze(build()).to_json() == st.analyze(build()).to_json()

    def test_almost_every_is_said_beside_every_such_verdict(self):
        report = st.analyze(self.SETUPS[0]())
        assert "almost every" in report.headline
        assert "almost every" in report.explanation

    @pytest.mark.parametrize("k", [np.int64(2), np.float32(2.5), Fraction(5, 2)])
    def test_numbers_of_any_type_are_written(self, k):
        problem = st.Problem(np.eye(4)[:3], st.groups.shifts(4), k, generic=np.bool_(True))
        assert json.loads(st.analyze(problem).to_json())["setup"]["model_dim"] == float(k)

    def test_orders_beyond_all_digits(self):
        report = st.analyze(st.Problem(gaussian(2, 2000), st.groups.symmetric(2000)))
        assert json.loads(report.to_json())["setup"]["order"] is None
        assert "e5735" in str(report)

    def test_too_few_rows_come_with_a_witness_however_unclear(self):
        hilbert = 1 / (np.arange(20)[:, None] + np.arange(40) + 1)
        report = st.analyze(st.Problem(hilbert))
        assert report.reason == "too_few_measurements"
        assert np.abs(hilbert @ report.witness).max() < 1e-8

    def test_verdict_refuses_bool(self):
        with pytest.raises(TypeError, match="three answers"):
            bool(st.Verdict.UNDECIDED)


class TestBadInput:
    @pytest.mark.parametrize(
        ("keywords", "error", "match"),
        [
            ({"model_dim": -1}, ValueError, "between 0 and n"),
            ({"model_dim": 5}, ValueError, "between 0 and n"),
            ({"model_dim": float("nan")}, ValueError, "between 0 and n"),
            ({"model_dim": "2"}, TypeError, "number"),
            ({"model_dim": True}, TypeError, "number"),
            ({"generic": "yes"}, TypeError, "True, False or None"),
            ({"generic": 1}, TypeError, "True, False or None"),
            ({"field": "quaternions"}, ValueError, "'real' or 'complex'"),
            ({"action": "shifts"}, TypeError, "GroupAction"),
            ({"action": st.groups.shifts(5)}, ValueError, "acts on R"),
        ],
    )
    def test_says_what_must_hold(self, keywords, error, match):
        with pytest.raises(error, match=match):
            st.Problem(np.eye(4), **keywords)

    def test_operators_of_different_sizes(self):
        with pytest.raises(ValueError, match="one size n"):
            st.Problem([np.eye(3), np.eye(4)])

    def test_a_nested_list_is_one_matrix(self):
        assert st.Problem([[1.0, 0.0, 0.0]]).rows == (1,)
        with pytest.raises(ValueError, match="rows of one length"):
            st.Problem([[1.0], [1.0, 2.0]])

    def test_analyze_takes_a_problem(self):
        with pytest.raises(TypeError, match="must be a Problem"):
            st.analyze(np.eye(3))


class TestStrength:
    def test_says_how_well_and_not_only_whether(self, rng):
        problem = st.Problem(rng.standard_normal((20, 64)), st.groups.quarter_turns(8))
        report = st.analyze(problem)
        found = report.to_dict()["strength"]
        assert found["noise_limit"] == report.rank.spectrum.noise_limit > 0
        for level, rank in found["effective_rank"].items():
            assert rank == report.rank.effective_rank(float(level))
        assert f"{found['noise_limit']:.2g}" in str(report)
        assert "drowns at a noise level" in report.to_html()

    def test_of_a_sketch_is_marked_as_an_estimate(self, rng):
        mask = rng.random((80, 80)) < 0.5
        report = st.analyze(st.Problem(st.operators.inpainting(mask), st.groups.shifts(80, 80)))
        assert report.rank.method == "sketch"
        assert "each value ± 9%" in str(report)

    def test_is_left_out_where_it_is_dear_or_means_nothing(self, rng):
        deficient = st.analyze(st.Problem(np.zeros((2, 5))))
        assert deficient.strength is None
        weak = st.analyze(st.Problem(np.diag([1.0, 1e-20])))
        assert weak.strength is None
        big = rng.random((400, 400)) < 0.5
        problem = st.Problem(st.operators.inpainting(big), st.groups.shifts(400, 400))
        assert st.analyze(problem).strength is None
