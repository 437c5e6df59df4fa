"""Trials of identification: against dense stacks and `identify`, and at bounds."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from dataclasses import asdict

import numba
import numpy as np
import pytest

import sensing_theorems as st
from sensing_theorems.identification import identify
from sensing_theorems.judgement import Verdict
from sensing_theorems.models import Gaussian, SparseDictionary, Subspace, UnionOfSubspaces
from sensing_theorems.tasks import (
    DictionaryIdentification,
    DictionaryLearning,
    FullRank,
    InvariantSubspaceIdentification,
    LowRankRecovery,
    MatchingPursuit,
    MomentIdentification,
    OrbitIdentification,
    SampleIdentification,
    SubspaceIdentification,
    Task,
    UnionIdentification,
    even_copies,
)
from sensing_theorems.tasks import base as task_base
from sensing_theorems.tasks.actions import action_of, maps_of
from sensing_theorems.tasks.invariant import _isotypic, _subspace
from sensing_theorems.tasks.union_search import Setting, decide_union, looked_at

# As plain Python, a kernel takes a microsecond per operation.
SLOW = bool(numba.config.DISABLE_JIT)
ANSWERS = {Verdict.IDENTIFIABLE: True, Verdict.NOT_IDENTIFIABLE: False, Verdict.UNDECIDED: None}

# Cells on both sides of a turning point, and degenerate ones.
CASES: list[tuple[Task, list[Mapping[str, int]]]] = [
    (FullRank(n=7), [{"m": 2, "G": 3}, {"m": 2, "G": 4}, {"m": 9, "G": 1}]),
    (FullRank(n=3, law="bernoulli"), [{"m": 1, "G": 3}, {"m": 1, "G": 5}, {"m": 4, "G": 1}]),
    (FullRank(n=5, law="masks"), [{"m": 2, "G": 3}, {"m": 3, "G": 4}, {"m": 7, "G": 1}]),
    (FullRank(action="quarter_turns:3"), [{"m": 2}, {"m": 3}]),
    (FullRank(action="shifts:6", law="bernoulli"), [{"m": 1}, {"m": 2}]),
    (FullRank(action="shifts:6,stride=2", law="masks"), [{"m": 1}, {"m": 3}]),
    (SubspaceIdentification(n=9, k=2), [{"m": 4, "G": 3}, {"m": 5, "G": 3}, {"m": 2, "G": 4}]),
    (SubspaceIdentification(n=4), [{"k": 4, "m": 1, "G": 1}, {"k": 2, "m": 6, "G": 1}]),
    (InvariantSubspaceIdentification("shifts:8,stride=2"), [{"k": 2, "m": 3}, {"k": 2, "m": 4}]),
    (OrbitIdentification("shifts:4", k=1), [{"m": 1}, {"m": 2}, {"m": 3}, {"m": 5}]),
    (UnionIdentification(n=5, pieces=3, G=2), [{"k": 1, "m": 3}, {"k": 2, "m": 2}]),
    (DictionaryIdentification(n=4, atoms=5, G=3), [{"k": 2, "m": 3}, {"k": 5, "m": 1}]),
    (MomentIdentification(n=4, m=2), [{"G": 3}, {"G": 4}]),
    (SampleIdentification(n=6, k=2, m=4), [{"N": 3}, {"N": 4}, {"N": 4, "G": 2}]),
]


def trials(count: int, seed: int = 0) -> list[np.random.Generator]:
    return [np.random.default_rng((seed, i)) for i in range(count)]


def exact(task: Task, cell: Mapping[str, int], axis: str = "m") -> int:
    (bound,) = (one for one in task.thresholds(cell, axis) if one.kind == "exact")
    return int(bound.least)


@pytest.mark.parametrize("task, cells", CASES, ids=lambda one: type(one).__name__)
class TestEveryTask:
    def test_grouping_does_not_matter(self, task, cells, monkeypatch):
        for cell in cells:
            whole = task.many(cell, trials(9))
            assert whole == [task(cell, rng) for rng in trials(9)]
            assert whole == task.many(cell, trials(9)[:4]) + task.many(cell, trials(9)[4:])
            assert all(answer is None or type(answer) is bool for answer in whole)
            monkeypatch.setattr(task_base, "_ENTRIES", 100)
            assert whole == task.many(cell, trials(9))
            monkeypatch.undo()
            assert task.many(cell, []) == []

    def test_travels(self, task, cells):
        again = pickle.loads(pickle.dumps(task))
        assert again == task and again.many(cells[0], trials(3)) == task.many(cells[0], trials(3))
        assert type(task)(**json.loads(json.dumps(asdict(task)))) == task

    def test_bounds_that_decide_are_met(self, task, cells):
        for cell in cells:
            for axis in cell:
                here = {name: value for name, value in cell.items() if name != axis}
                for bound in task.thresholds(here, axis):
                    met = cell[axis] <= bound.most if bound.upper else cell[axis] >= bound.least
                    if bound.upper and axis == "k" and cell["k"] >= task.values(cell)["n"]:
                        continue
                    answers = set(task.many(cell, trials(6)))
                    assert met or bound.kind == "sufficient" or answers == {False}
                    assert not met or bound.kind == "necessary" or answers == {True}


class TestParameters:
    def test_each_is_given_once(self):
        task = SubspaceIdentification(n=9, k=2)
        with pytest.raises(ValueError, match="`k` must be given once; got 2 in the task and 3"):
            task({"k": 3, "m": 4, "G": 2}, np.random.default_rng(0))
        with pytest.raises(ValueError, match="`G` must be given in the task or in the cell"):
            task({"m": 4}, np.random.default_rng(0))
        with pytest.raises(ValueError, match="a cell of SubspaceIdentification must name one of"):
            task({"m": 4, "G": 2, "q": 1}, np.random.default_rng(0))
        with pytest.raises(ValueError, match="`m` must be a positive integer; got 0"):
            task({"m": 0, "G": 2}, np.random.default_rng(0))
        with pytest.raises(TypeError, match="`m` must be an integer; got float"):
            task({"m": 4.0, "G": 2}, np.random.default_rng(0))
        with pytest.raises(TypeError, match="`m` must be an integer; got bool"):
            task({"m": True, "G": 2}, np.random.default_rng(0))

    def test_of_the_task_are_checked_at_once(self):
        with pytest.raises(ValueError, match="`n` must be a positive integer; got 0"):
            SubspaceIdentification(n=0)
        with pytest.raises(ValueError, match="`budget` must be a positive integer"):
            UnionIdentification(budget=0)
        with pytest.raises(ValueError, match="`law` must be one of gaussian, bernoulli, masks"):
            FullRank(law="uniform")
        assert json.dumps(asdict(SubspaceIdentification(n=np.int64(9)))) == (
            '{"n": 9, "k": null, "m": null, "G": null}'
        )

    @pytest.mark.parametrize(
        "kind", [FullRank, InvariantSubspaceIdentification, OrbitIdentification]
    )
    def test_actions_are_read_at_once(self, kind):
        with pytest.raises(ValueError, match=r"unknown action .shift."):
            kind(action="shift:6")
        with pytest.raises(TypeError, match="`action` must be a text such as 'shifts:24'; got int"):
            kind(action=6)

    def test_actions_that_do_not_fit(self):
        with pytest.raises(ValueError, match="orthogonal action of a finite cyclic group; got di"):
            InvariantSubspaceIdentification("dihedral:3")
        for kind in (InvariantSubspaceIdentification, OrbitIdentification):
            with pytest.raises(ValueError, match=r"orthogonal action of a finite .*disk_rotations"):
                kind("disk_rotations:8")
        with pytest.raises(ValueError, match="`n` and `G` must be left to the action"):
            FullRank(n=6, action="shifts:6")
        with pytest.raises(ValueError, match="a cell of FullRank must name one of m; got 'G'"):
            FullRank(action="shifts:6").many({"m": 1, "G": 2}, trials(1))
        with pytest.raises(ValueError, match="the maps of an action may have"):
            maps_of("shifts:1024")


class TestCheck:
    """What is refused before the first trial is what a trial refuses."""

    TASKS: tuple[Task, ...] = (
        *(task for task, _ in CASES),
        DictionaryIdentification(budget=100),
        UnionIdentification(budget=100),
        MomentIdentification(),
        LowRankRecovery(restarts=0, iterations=2),
        LowRankRecovery(law="masks", restarts=0, iterations=2),
        DictionaryLearning(restarts=0, iterations=2),
        MatchingPursuit(),
        InvariantSubspaceIdentification("quarter_turns:2"),
        InvariantSubspaceIdentification("shifts:300"),
        InvariantSubspaceIdentification("shifts:2x3"),
        OrbitIdentification("shifts:300"),
        OrbitIdentification("trivial:2", budget=100),
    )

    @staticmethod
    def refusal(call: object) -> str | None:
        try:
            call()  # type: ignore[operator]
        except (TypeError, ValueError) as error:
            return str(error)
        return None

    def both(self, task: Task, cell: Mapping[str, int]) -> str | None:
        said = self.refusal(lambda: task.check(cell))
        assert said == self.refusal(lambda: task.many(cell, trials(1))), (task, cell)
        return said

    def test_random_cells(self, rng):
        seen = set()
        for _ in range(60 if SLOW else 500):
            task = self.TASKS[int(rng.integers(len(self.TASKS)))]
            free = [name for name in task.names() if name not in task.given()]
            cell = {name: int(rng.integers(0 if rng.random() < 0.1 else 1, 9)) for name in free}
            seen.add(self.both(task, cell) is None)
        assert seen == {True, False}

    def test_what_is_too_large(self):
        for task, cell, words in (
            (MomentIdentification(n=91, m=2), {"G": 3}, "may have 4096 entries"),
            (OrbitIdentification("shifts:300"), {"k": 1, "m": 1}, "the maps of an action may"),
            (InvariantSubspaceIdentification("shifts:300"), {"k": 1, "m": 1}, "the maps of an"),
            (InvariantSubspaceIdentification("shifts:6"), {"k": 7, "m": 1}, "at most n = 6"),
            (DictionaryIdentification(n=9, atoms=30), {"k": 8, "m": 9, "G": 1}, "taken apart into"),
        ):
            assert words in str(self.both(task, cell))
        # Where no supports are listed, as many as there are do not matter.
        for cell in ({"n": 9, "k": 8, "m": 8}, {"n": 8, "k": 8, "m": 9}):
            assert self.both(DictionaryIdentification(atoms=30, G=1), cell) is None


class TestFullRank:
    @pytest.mark.parametrize("law", ["gaussian", "bernoulli", "masks"])
    def test_against_singular_values(self, law):
        seen = set()
        for m, G in ((1, 3), (1, 4), (2, 2), (2, 3), (3, 2)):
            task = FullRank(n=4, law=law, m=m, G=G)
            for answer, rng in zip(task.many({}, trials(20)), trials(20), strict=True):
                if law == "gaussian":
                    stack = rng.standard_normal((G * m, 4))
                elif law == "masks":
                    stack = np.concatenate([np.eye(4)[rng.permutation(4)[:m]] for _ in range(G)])
                else:
                    first = min(G, -(-4 // m))
                    parts, count = [rng.integers(0, 2, (first, m, 4))], first
                    while count < G:
                        more = min(G, 2 * count) - count
                        parts, count = [*parts, rng.integers(0, 2, (more, m, 4))], count + more
                    stack = np.concatenate(parts).reshape(-1, 4)
                assert answer == (np.linalg.matrix_rank(stack) == 4)
                seen.add(answer)
        assert seen == {True, False}

    @pytest.mark.parametrize("text", ["shifts:6,stride=2", "quarter_turns:3", "dihedral:3"])
    @pytest.mark.parametrize("law", ["gaussian", "bernoulli", "masks"])
    def test_under_an_action_against_the_stack(self, text, law):
        maps, seen = maps_of(text), set()
        n = maps.shape[1]
        for m in range(1, 5):
            task = FullRank(action=text, law=law, m=m)
            drawn = task._drawn(trials(10), 1, m, n)[:, 0]
            stacks = (drawn[:, None] @ maps).reshape(10, -1, n)
            expected = (np.linalg.matrix_rank(stacks) == n).tolist()
            assert task.many({}, trials(10)) == expected
            seen |= set(expected)
        assert False in seen and (True in seen or text == "quarter_turns:3" or law != "gaussian")

    def test_turns_at_the_ratio(self):
        for text in (
            "quarter_turns:5",
            "dihedral:4",
            "disk_rotations:6",
            "symmetric:4+symmetric:4",
        ):
            task = FullRank(action=text)
            bound = exact(task, {})
            for m in (bound - 1, bound):
                if m:
                    assert task.many({"m": m}, trials(4)) == [m >= bound] * 4

    def test_actions_without_isotypic_coordinates(self, tmp_path, rng):
        # Quarter turns in coordinates that are not orthogonal: two pairs of conjugate irreps.
        change = np.eye(4) + 0.3 * rng.standard_normal((4, 4))
        turn = np.kron([[0.0, -1.0], [1.0, 0.0]], np.eye(2))
        np.save(tmp_path / "turn.npy", (change @ turn @ np.linalg.inv(change))[None])
        task = FullRank(action=f"matrices:{tmp_path / 'turn.npy'}")
        assert not action_of(task.action).has_transform
        assert exact(task, {}) == 2
        assert task.many({"m": 1}, trials(2)) == [False, False]
        assert task.many({"m": 2}, trials(2)) == [True, True]


class TestSubspaceIdentification:
    def test_turns_at_the_exact_bound(self):
        for n, k in ((12, 3), (9, 1), (10, 7)):
            task = SubspaceIdentification(n=n, k=k)
            for G in range(1, 8):
                bound = exact(task, {"G": G})
                for m in (bound - 1, bound):
                    answers = task.many({"m": m, "G": G}, trials(5))
                    assert answers == [m >= bound] * 5

    def test_against_identify_with_all_operators(self):
        for n, k, m, G in ((8, 2, 4, 3), (8, 2, 4, 2), (8, 2, 5, 5), (6, 3, 2, 2), (5, 2, 7, 1)):
            task = SubspaceIdentification(n=n, k=k, m=m, G=G)
            for answer, rng in zip(task.many({}, trials(4)), trials(4), strict=True):
                basis, operators = rng.standard_normal((n, k)), rng.standard_normal((G, m, n))
                known = identify(Subspace(basis), list(operators))
                assert answer == ANSWERS[known.verdict]

    def test_more_operators_are_drawn_where_the_first_are_unclear(self):
        """The first two operators are the same, so that a third one is asked for."""

        class Twice:
            def __init__(self) -> None:
                self.rng, self.last = np.random.default_rng(0), None

            def standard_normal(self, out: np.ndarray) -> None:
                self.rng.standard_normal(out=out)
                if out.ndim == 3 and self.last is None:
                    out[1] = out[0]
                    self.last = out

        # Two operators of 5 rows are enough for n = 8, k = 2, if they differ.
        task = SubspaceIdentification(n=8, k=2, m=5)
        assert task.many({"G": 2}, [Twice()]) == [False]  # type: ignore[list-item]
        assert task.many({"G": 3}, [Twice()]) == [True]  # type: ignore[list-item]

    def test_whole_space(self):
        task = SubspaceIdentification(n=3, m=1, G=1)
        assert task.many({"k": 3}, trials(2)) == task.many({"k": 5}, trials(2)) == [True, True]


class TestInvariantSubspaceIdentification:
    @pytest.mark.parametrize(
        "text",
        [
            "shifts:24",
            "shifts:24,stride=6",
            "quarter_turns:6",
            "kravchuk_rotations:6,order=8",
            "shifts:3x4",
        ],
    )
    def test_turns_at_the_exact_bound_for_every_k(self, text):
        task = InvariantSubspaceIdentification(text)
        for k in range(1, action_of(text).n + 1, 7 if SLOW else 1):
            bound = exact(task, {"k": k})
            for m in (bound - 1, bound):
                if m:
                    assert task.many({"k": k, "m": m}, trials(3)) == [m >= bound] * 3

    @pytest.mark.parametrize(
        "text", ["shifts:6", "quarter_turns:4", "kravchuk_rotations:4,order=6"]
    )
    def test_subspaces_are_invariant_and_have_their_copies(self, text):
        action = action_of(text)
        for k in range(1, action.n + 1):
            copies = even_copies(text, k)
            basis = _subspace(np.random.default_rng(k), text, copies)
            assert basis.shape == (action.n, k)
            np.testing.assert_allclose(basis.T @ basis, np.eye(k), atol=1e-12)
            for element in action.generators:
                moved = element(basis.T).T
                np.testing.assert_allclose(basis @ (basis.T @ moved), moved, atol=1e-9)
            for part, d in zip(_isotypic(text), copies, strict=True):
                # The share of each irrep, by the trace of projectors.
                share = np.linalg.norm(part.basis.conj().T @ basis) ** 2
                assert share == pytest.approx(d, abs=1e-9)

    @pytest.mark.parametrize("text", ["shifts:6", "shifts:12,stride=3", "quarter_turns:5"])
    def test_isotypic_components_against_the_table(self, text):
        expected: list[int] = []
        for row in action_of(text).irreps.complex:
            expected += [row.multiplicity] * row.count
        found: list[int] = []
        for part in _isotypic(text):
            found += [part.multiplicity] * part.weight
        assert sorted(found) == sorted(expected)

    def test_copies_are_even(self):
        for k in range(1, 25):
            copies = even_copies("shifts:24,stride=6", k)
            assert copies[0] + 2 * copies[1] + copies[2] == k
            assert max(copies) - min(copies) <= 2

    def test_against_identify(self):
        text = "shifts:6,stride=2"
        for k, m in ((1, 2), (1, 3), (3, 4), (3, 5), (2, 9), (4, 2)):
            task = InvariantSubspaceIdentification(text, k=k, m=m)
            for answer, rng in zip(task.many({}, trials(3)), trials(3), strict=True):
                basis = _subspace(rng, text, even_copies(text, k))
                A = rng.standard_normal((m, 6))
                known = identify(Subspace(basis), A, action_of(text))
                assert answer == ANSWERS[known.verdict]

    def test_dimensions_that_do_not_exist(self, tmp_path):
        with pytest.raises(ValueError, match="`k` must be at most n = 6; got 7"):
            InvariantSubspaceIdentification("shifts:6", k=7)
        # Quarter turns of the plane: one pair of conjugate irreps.
        path = tmp_path / "turn.npy"
        np.save(path, np.kron([[0.0, -1.0], [1.0, 0.0]], np.eye(2))[None])
        text = f"matrices:{path}"
        assert even_copies(text, 2) == (1,)
        with pytest.raises(ValueError, match="`k` must be even"):
            InvariantSubspaceIdentification(text, k=3)

    def test_a_real_irrep_gives_way(self):
        # Shifts of 6 by 2: real irreps of multiplicity 2, pairs of 2; k = 5 fills both reals.
        assert even_copies("shifts:6,stride=2", 5) == (1, 2)


def orbit_turn(n: int, c: int, k: int) -> int:
    """Where orbits turn under a cyclic group that has every irrep c times, as measured."""
    late = c == 1 and ((k == 1 and n >= 3) or (k == n - 2 and n % 2))
    return min(n, k + c + bool(late))


class TestOrbitIdentification:
    def test_against_identify(self):
        for text, k, m in (
            ("shifts:4", 1, 2),
            ("shifts:4", 2, 3),
            ("shifts:6,stride=2", 2, 3),
            ("shifts:6,stride=2", 2, 4),
            ("quarter_turns:2", 1, 2),
            ("reflections:5", 2, 4),
            ("reflections:5", 2, 5),
            ("symmetric:3", 1, 2),
        ):
            action = action_of(text)
            task = OrbitIdentification(text, k=k, m=m)
            for answer, rng in zip(task.many({}, trials(3)), trials(3), strict=True):
                basis = np.linalg.qr(rng.standard_normal((action.n, k)))[0]
                A = rng.standard_normal((1, m, action.n))[0]
                pieces = UnionOfSubspaces([g(basis.T).T for g in action.elements()])
                assert answer == ANSWERS[identify(pieces, A, action).verdict]

    @pytest.mark.parametrize(
        "N, c", [(2, 1), (3, 1), (5, 1), (6, 1), (2, 2), (3, 2), (4, 2), (3, 3)]
    )
    def test_turns_where_it_was_measured(self, N, c):
        n = N * c
        task = OrbitIdentification(f"shifts:{n},stride={c}")
        for k in range(1, n):
            turn = orbit_turn(n, c, k)
            for m in {max(1, turn - 1), turn}:
                assert task.many({"k": k, "m": m}, trials(2)) == [m >= turn] * 2

    @pytest.mark.slow
    @pytest.mark.parametrize("N, c", [(7, 1), (8, 1), (6, 2), (4, 3), (3, 4), (2, 5), (2, 6)])
    def test_turns_where_it_was_measured_in_larger_spaces(self, N, c):
        n = N * c
        task = OrbitIdentification(f"shifts:{n},stride={c}", budget=10**8)
        for k in range(1, n):
            turn = orbit_turn(n, c, k)
            for m in {max(1, turn - 1), turn}:
                assert task.many({"k": k, "m": m}, trials(1)) == [m >= turn]

    def test_the_reflected_assignment_is_spurious(self):
        """For lines, two rows and every irrep once: a(i) = -i, by the proof in `orbit`."""
        for n in (3, 4, 7, 16):
            rng = np.random.default_rng(n)
            A, x = rng.standard_normal((2, n)), rng.standard_normal(n)
            rows = []
            for i in range(n):
                y = A @ np.roll(x, -i)
                rows.append((y[0] * A[1] - y[1] * A[0]) @ np.roll(np.eye(n), i, axis=0))
            _, values, vh = np.linalg.svd(np.array(rows))
            assert values[-1] < 1e-10 * values[0] < values[-2]
            lines = np.stack([np.roll(x, i) for i in range(n)])
            cosines = np.abs(lines @ vh[-1]) / np.linalg.norm(x)
            assert cosines.max() < 1 - 1e-6

    def test_budget_leaves_it_open(self):
        task = OrbitIdentification("shifts:6", k=2, m=3, budget=10)
        assert task.many({}, trials(2)) == [None, None]

    def test_maps_that_keep_a_subspace_make_one_piece(self):
        # Both elements of a group of order 2 on one pixel are the identity.
        task = OrbitIdentification("reflections:1+trivial:3", k=2)
        assert task.many({"m": 3}, trials(2)) == [False, False]
        assert task.many({"m": 4}, trials(2)) == [True, True]


class TestUnions:
    def test_against_identify(self):
        for n, k, pieces, G, m in (
            (5, 1, 4, 3, 2),
            (5, 1, 4, 3, 3),
            (6, 2, 3, 2, 4),
            (4, 1, 1, 3, 2),
        ):
            task = UnionIdentification(n=n, k=k, pieces=pieces, G=G, m=m)
            for answer, rng in zip(task.many({}, trials(5)), trials(5), strict=True):
                model = UnionOfSubspaces(np.linalg.qr(rng.standard_normal((pieces, n, k)))[0])
                known = identify(model, list(rng.standard_normal((G, m, n))))
                assert answer == ANSWERS[known.verdict]

    def test_dictionaries_against_identify(self):
        for n, k, atoms, G, m in (
            (5, 2, 6, 3, 3),
            (5, 2, 6, 3, 4),
            (4, 1, 6, 4, 2),
            (6, 2, 2, 2, 4),
        ):
            task = DictionaryIdentification(n=n, k=k, atoms=atoms, G=G, m=m)
            for answer, rng in zip(task.many({}, trials(4)), trials(4), strict=True):
                model = SparseDictionary(rng.standard_normal((n, atoms)), k)
                known = identify(model, list(rng.standard_normal((G, m, n))))
                assert answer == ANSWERS[known.verdict]

    def test_small_integers_against_identify(self):
        """Where nothing is generic: pieces meet, operators see them by chance."""
        rng, seen = np.random.default_rng(5), set()
        for _ in range(60):
            bases = rng.integers(-1, 2, (3, 4, 1)).astype(float)
            A = rng.integers(-1, 2, (3, rng.integers(2, 4), 4)).astype(float)
            if np.any(np.linalg.matrix_rank(A) < A.shape[1]) or not bases.any(axis=1).all():
                continue
            unit = bases / np.linalg.norm(bases, axis=1, keepdims=True)
            cosines = np.abs(unit[:, :, 0] @ unit[:, :, 0].T) - np.eye(3)
            found = looked_at(A, unit)
            if cosines.max() > 0.99 or found is None:
                continue
            known = identify(UnionOfSubspaces(unit), list(A)).verdict
            answer = decide_union(Setting(unit, *found), 10**6)
            assert answer in (None, ANSWERS[known])
            seen.add(answer)
        assert seen >= {True, False}

    def test_near_degenerate_data_against_integers(self):
        """A line in space, by two rows of integers that depend but for a change of 2^-s."""
        rng, seen = np.random.default_rng(0), set()
        base = np.array([[[-1, 0, 1], [1, -1, -1]], [[1, 1, -1], [0, 0, 1]]])
        for i in range(600):
            s, count = int(rng.integers(8, 49)), 1 + i % 2
            b = np.array([0, 1, 1]) * 2**s + rng.integers(-3, 4, 3)
            A = base[:count] * 2**s + rng.integers(-3, 4, (count, 2, 3))
            exact: list[list[int]] = []
            for one in A.tolist():
                y = [sum(a * x for a, x in zip(row, b.tolist(), strict=True)) for row in one]
                exact.append([y[0] * q - y[1] * p for p, q in zip(*one, strict=True)])
            u, v = exact[0], exact[-1]
            known = any(u[p] * v[q] != u[q] * v[p] for p, q in ((0, 1), (0, 2), (1, 2)))
            unit = (b / np.linalg.norm(b)).reshape(1, 3, 1)
            found = looked_at(A / 2.0**s, unit)
            answer = None if found is None else decide_union(Setting(unit, *found), 10**6)
            assert answer in (None, known)
            seen.add((answer, count))
        assert seen == {(True, 2), (None, 2), (False, 1)}

    def test_random_unions_are_never_left_open(self):
        for n, k, pieces, G in ((6, 2, 4, 2), (6, 1, 4, 3), (5, 3, 3, 2)):
            task = UnionIdentification(n=n, k=k, pieces=pieces, G=G)
            answers = {m: set(task.many({"m": m}, trials(20))) for m in range(1, n + 1)}
            assert set.union(*answers.values()) == {True, False}
            assert all(len(own) == 1 for own in answers.values())

    def test_a_rank_that_is_not_clear_stays_open(self, rng):
        A, pieces = rng.standard_normal((2, 3, 5)), np.linalg.qr(rng.standard_normal((2, 5, 1)))[0]
        A[1, 2] = A[1, 1] * (1 + 1e-15)
        assert looked_at(A, pieces) is None


class TestMomentIdentification:
    def test_against_identify(self):
        for n, m, G in ((4, 2, 4), (4, 2, 3), (5, 3, 2), (5, 3, 3), (3, 4, 1), (3, 2, 2)):
            task = MomentIdentification(n=n, m=m, G=G)
            for answer, rng in zip(task.many({}, trials(3)), trials(3), strict=True):
                operators = rng.standard_normal((G, m, n))
                known = identify(Gaussian(np.eye(n)), list(operators))
                assert answer == ANSWERS[known.verdict]

    def test_against_products(self):
        """Columns are the measurements of every symmetric matrix of a basis."""
        n, m = 4, 2
        for G in (2, 3, 4, 5):
            task = MomentIdentification(n=n, m=m, G=G)
            for answer, rng in zip(task.many({}, trials(3)), trials(3), strict=True):
                A = rng.standard_normal((G, m, n))
                columns = []
                for i in range(n):
                    for j in range(i, n):
                        S = np.zeros((n, n))
                        S[i, j] = S[j, i] = 1.0
                        columns.append((A @ S @ A.swapaxes(1, 2)).reshape(-1))
                assert answer == (np.linalg.matrix_rank(np.array(columns)) == len(columns))

    def test_lines_turn_where_counting_says(self):
        # m = 2 and n >= 4: generic lines impose independent conditions on quadrics.
        for n in (4, 6, 9):
            least = -(-n * (n + 1) // 6)
            task = MomentIdentification(n=n, m=2)
            assert task.many({"G": least - 1}, trials(3)) == [False] * 3
            assert task.many({"G": least}, trials(3)) == [True] * 3

    def test_two_operators_never_suffice(self):
        for n in (3, 6):
            task = MomentIdentification(n=n, G=2)
            assert task.many({"m": n - 1}, trials(3)) == [False] * 3
            assert task.many({"m": n}, trials(3)) == [True] * 3

    def test_too_many_entries(self):
        with pytest.raises(ValueError, match="may have 4096 entries; n = 91 makes 4186"):
            MomentIdentification(n=91, m=2, G=3).many({}, trials(1))


class TestSampleIdentification:
    @pytest.mark.parametrize(
        "n, k, m, G", [(12, 3, 5, 8), (8, 2, 5, 2), (9, 3, 6, 3), (7, 1, 3, 4), (6, 2, 6, 1)]
    )
    def test_turns_where_samples_needed_says(self, n, k, m, G):
        operators = [st.operators.gaussian(m, n, rng=seed) for seed in range(G)]
        needed = st.samples_needed(st.models.GenericSubspace(n, k), operators).samples
        task = SampleIdentification(n=n, k=k, m=m, G=G)
        assert task.many({"N": needed - 1}, trials(3)) == [False] * 3
        assert task.many({"N": needed}, trials(3)) == [True] * 3
        assert task.many({"N": 3 * needed}, trials(3)) == [True] * 3

    def test_too_few_operators(self):
        # G (m - k) = 4 < n - k = 6: no number of samples is enough.
        task = SampleIdentification(n=8, k=2, m=4, G=2)
        assert task.many({"N": 40}, trials(2)) == [False, False]
        (_, bound) = task.thresholds({}, "N")
        assert bound.least == float("inf")

    def test_counting_turns_with_fresh_operators(self):
        for n, k, m in ((10, 2, 4), (8, 3, 4), (7, 2, 9)):
            least = max(k, -(-k * (n - k) // (m - k)))
            task = SampleIdentification(n=n, k=k, m=m)
            assert task.many({"N": least - 1}, trials(4)) == [False] * 4
            assert task.many({"N": least}, trials(4)) == [True] * 4

    def test_against_the_jacobian(self):
        """Numerical derivative of the projections that measurements of a moved basis leave."""
        n, k, m, N, step = 5, 2, 3, 6, 1e-6
        for N, rng in zip((5, 6, 7), trials(3), strict=True):
            task = SampleIdentification(n=n, k=k, m=m, N=N)
            (answer,) = task.many({}, [np.random.default_rng((0, N - 5))])
            whole = np.linalg.qr(rng.standard_normal((n, k)), mode="complete")[0]
            B, Q = whole[:, :k], whole[:, k:]
            codes, A = rng.standard_normal((N, k)), rng.standard_normal((N, m, n))

            def left(Z: np.ndarray) -> np.ndarray:
                moved = B + Q @ Z  # noqa: B023
                rest = []
                for c, a in zip(codes, A, strict=True):  # noqa: B023
                    u = np.linalg.qr(a @ moved)[0]
                    y = a @ B @ c  # noqa: B023
                    rest.append(y - u @ (u.T @ y))
                return np.concatenate(rest)

            columns = []
            for i in range(n - k):
                for j in range(k):
                    Z = np.zeros((n - k, k))
                    Z[i, j] = step
                    columns.append((left(Z) - left(-Z)) / (2 * step))
            values = np.linalg.svd(np.array(columns), compute_uv=False)
            assert answer == bool((values > 1e-6).sum() == k * (n - k))

    def test_degenerate_cells(self):
        task = SampleIdentification(n=4, m=2, N=1)
        assert task.many({"k": 4}, trials(1)) == [True]
        assert task.many({"k": 2}, trials(1)) == [False]
