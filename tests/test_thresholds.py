"""Turning points: against the inequalities tried one integer after the other."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from fractions import Fraction

import pytest

from sensing_theorems import tasks
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
)
from sensing_theorems.thresholds import Threshold

Rule = Callable[..., bool]


def found(task: Task, cell: Mapping[str, int], axis: str) -> dict[tuple[str, str], Threshold]:
    """Thresholds by kind and status; the last where there are several of one."""
    return {(one.kind, one.status): one for one in task.thresholds(cell, axis)}


def turns_at(bound: Threshold, holds: Callable[[int], bool], most: int = 400) -> None:
    """The bound is where the inequality begins, or ends, to hold."""
    met = [value for value in range(1, most) if holds(value)]
    if bound.upper:
        limit = bound.most
        assert met == [value for value in range(1, most) if value <= limit]
    else:
        limit = bound.least
        assert met == [value for value in range(1, most) if value >= limit]


def ordered(bounds: tuple[Threshold, ...]) -> None:
    """What is enough is no less than what is exact, and that no less than what is needed."""
    rank = {"necessary": 0, "exact": 1, "sufficient": 2}
    for one, other in itertools.combinations(bounds, 2):
        if rank[one.kind] == rank[other.kind]:
            continue
        low, high = sorted((one, other), key=lambda bound: rank[bound.kind])
        assert low.upper == high.upper
        if high.upper:
            assert max(high.most, 0) <= max(low.most, 0)
        else:
            assert low.least <= high.least


class TestThreshold:
    def test_least_integer(self):
        for value, strict, least in (
            (Fraction(7, 2), False, 4),
            (Fraction(7, 2), True, 4),
            (4, False, 4),
            (4, True, 5),
            (4.0, True, 5),
            (math.inf, False, math.inf),
            (-math.inf, False, -math.inf),
        ):
            assert Threshold("exact", "derived", "m ≥ x", value, strict).least == least

    def test_largest_integer(self):
        for value, strict, most in (
            (Fraction(7, 2), False, 3),
            (Fraction(-7, 2), True, -4),
            (4, False, 4),
            (4, True, 3),
            (-math.inf, True, -math.inf),
            (math.inf, False, math.inf),
        ):
            assert Threshold("exact", "derived", "k ≤ x", value, strict, upper=True).most == most

    def test_text_holds_symbols_and_numbers(self):
        bound = Threshold("sufficient", "published", "m > k + n/G", Fraction(21), strict=True)
        assert str(bound) == "sufficient (published): m > k + n/G, from 22 on"
        upper = Threshold("exact", "derived", "k ≤ x", Fraction(7, 2), upper=True)
        assert str(upper) == "exact (derived): k ≤ x, up to 3"
        assert str(Threshold("exact", "derived", "m ≥ x", math.inf)).endswith("never met")
        assert str(Threshold("exact", "derived", "k ≤ x", math.inf, upper=True)).endswith(
            "always met"
        )

    def test_refuses_other_words_and_numbers(self):
        with pytest.raises(ValueError, match="`kind` must be one of necessary, exact, suff"):
            Threshold("likely", "derived", "m ≥ 1", 1)
        with pytest.raises(ValueError, match="`status` must be one of published, derived"):
            Threshold("exact", "guessed", "m ≥ 1", 1)
        with pytest.raises(ValueError, match="`value` must be a number; got NaN"):
            Threshold("exact", "derived", "m ≥ 1", math.nan)
        with pytest.raises(ValueError, match="`least` must be asked of lower bounds"):
            _ = Threshold("exact", "derived", "k ≤ 1", 1, upper=True).least
        with pytest.raises(ValueError, match="`most` must be asked of upper bounds"):
            _ = Threshold("exact", "derived", "m ≥ 1", 1).most


EVERY = (
    DictionaryIdentification(),
    DictionaryLearning(),
    FullRank(),
    FullRank(law="masks"),
    FullRank(action="shifts:6"),
    InvariantSubspaceIdentification("shifts:6,stride=2"),
    LowRankRecovery(),
    LowRankRecovery(law="masks"),
    MatchingPursuit(),
    MatchingPursuit(law="signs"),
    MomentIdentification(),
    OrbitIdentification("shifts:6"),
    SampleIdentification(),
    SubspaceIdentification(),
    UnionIdentification(),
)


class TestEveryAxis:
    def test_all_tasks_are_here(self):
        known = {name for name in tasks.__all__ if name != "Task" and name[0].isupper()}
        assert {type(task).__name__ for task in EVERY} == known

    @pytest.mark.parametrize("task", EVERY, ids=repr)
    def test_has_bounds_or_none_with_and_without_what_may_be_left_out(self, task):
        for axis in task.names():
            others = [name for name in task.names() if name != axis]
            for values in itertools.product((1, 2, 5), repeat=len(others)):
                cell = dict(zip(others, values, strict=True))
                for left in (set(), set(task.optional)):
                    here = {name: value for name, value in cell.items() if name not in left}
                    found = task.thresholds(here, axis)
                    assert all(isinstance(bound, Threshold) for bound in found)
                    ordered(found)

    @pytest.mark.parametrize("task", EVERY, ids=repr)
    def test_what_is_missing_is_said(self, task):
        for axis in task.names():
            needed = [x for x in task.names() if x != axis and x not in task.optional]
            if needed:
                with pytest.raises(ValueError, match="must be given in the task or in the cell"):
                    task.thresholds({}, axis)


class TestSubspace:
    RULES: Mapping[tuple[str, str], Rule] = {
        ("necessary", "published"): lambda n, k, m, G: G * m >= n,
        ("exact", "derived"): lambda n, k, m, G: m > k and G * (m - k) >= n - k,
        ("sufficient", "published"): lambda n, k, m, G: m > k and G * (m - k) > n,
    }

    @pytest.mark.parametrize("axis", ["m", "G", "n"])
    def test_along_m_G_and_n(self, axis):
        for n, k, m, G in itertools.product((5, 8, 30), (1, 2, 4), (1, 3, 5, 7), (1, 2, 5)):
            cell = {"n": n, "k": k, "m": m, "G": G}
            del cell[axis]
            bounds = found(SubspaceIdentification(), cell, axis)
            assert set(bounds) == set(self.RULES)
            for key, rule in self.RULES.items():

                def holds(x: int, rule: Rule = rule, cell: Mapping[str, int] = cell) -> bool:
                    # A space of k dimensions is all of R^n up to n = k.
                    return rule(**cell, **{axis: x}) or (axis == "n" and x <= cell["k"])

                turns_at(bounds[key], holds)

    def test_along_k(self):
        for n, m, G in itertools.product((5, 8, 30), (1, 3, 5, 7, 40), (1, 2, 5)):
            bounds = found(SubspaceIdentification(n=n, m=m, G=G), {}, "k")
            for key, rule in self.RULES.items():
                if key in bounds:
                    met = [k for k in range(1, n) if rule(n, k, m, G)]
                    if key[0] == "exact" and m >= n:
                        # k >= m: the operators are one-to-one, and nothing is to be counted.
                        met = list(range(1, n))
                    assert met == [k for k in range(1, n) if k <= bounds[key].most]

        text = bounds["exact", "derived"].statement
        # From k = n on the model is R^n, and identified.
        assert text.endswith("for k < n")

    def test_an_exact_bound_along_k_speaks_of_what_it_decides(self, rng):
        task = SubspaceIdentification(n=4, m=3, G=2)
        exact = found(task, {}, "k")["exact", "derived"]
        outcomes = {k: task({"k": k}, rng) for k in range(1, 7)}
        assert exact.below == 4
        for k, outcome in outcomes.items():
            assert outcome is (k <= exact.most if k < exact.below else True)

    def test_numbers_of_the_papers_phase_diagram(self):
        task = SubspaceIdentification(n=50, k=10)
        for G, exact, published in ((10, 14, 16), (5, 18, 21)):
            bounds = found(task, {"G": G}, "m")
            assert bounds["exact", "derived"].least == exact
            assert bounds["sufficient", "published"].least == published

    def test_whole_space_is_always_identified(self):
        for axis in ("m", "G"):
            cell = {"n": 5, "k": 6, "m": 1, "G": 1}
            del cell[axis]
            (only,) = SubspaceIdentification().thresholds(cell, axis)
            assert (only.kind, only.least) == ("exact", 1)

    def test_other_axes_are_refused(self):
        with pytest.raises(ValueError, match="the axis of SubspaceIdentification must name one"):
            SubspaceIdentification(n=5, k=1, G=2).thresholds({}, "q")


class TestFullRank:
    def test_count(self):
        for n, m, G in itertools.product((1, 6, 7), (1, 2, 7), (1, 3, 9)):
            for axis in ("n", "m", "G"):
                cell = {"n": n, "m": m, "G": G}
                del cell[axis]
                bounds = found(FullRank(), cell, axis)
                assert len(bounds) == 2
                for bound in bounds.values():
                    turns_at(bound, lambda x: _count(**cell, **{axis: x}))  # noqa: B023

    @pytest.mark.parametrize("law", ["bernoulli", "masks"])
    def test_only_necessary_where_entries_are_few(self, law):
        for task in (FullRank(n=6, G=2, law=law), FullRank(action="shifts:6", law=law)):
            assert [bound.kind for bound in task.thresholds({}, "m")] == ["necessary"]

    def test_ratio_under_an_action(self):
        # Multiplicities of three reflections of 7 entries: (7 + 1)/2 even ones.
        bounds = FullRank(action="reflections:7").thresholds({}, "m")
        assert [bound.least for bound in bounds] == [4, 4]


def _count(n: int, m: int, G: int) -> bool:
    return G * m >= n


class TestUnion:
    def test_order_and_counts(self):
        for n, k, G in itertools.product((6, 9), (1, 2), (1, 2, 3, 7)):
            task = UnionIdentification(n=n, k=k, G=G, pieces=4)
            counts = [bound.least for bound in task.thresholds({}, "m")]
            assert counts == [
                -(-n // G),
                k - (-(n - k) // G),
                k - (-n // G),
                k + n // G + 1,
            ]
            same = DictionaryIdentification(n=n, k=k, G=G, atoms=7).thresholds({}, "m")
            assert [bound.least for bound in same] == counts

    def test_one_piece_is_a_subspace(self):
        own = UnionIdentification(n=9, k=2, G=3, pieces=1).thresholds({}, "m")
        assert own == SubspaceIdentification(n=9, k=2, G=3).thresholds({}, "m")
        own = DictionaryIdentification(n=9, k=7, G=3, atoms=2).thresholds({}, "m")
        assert own == SubspaceIdentification(n=9, k=2, G=3).thresholds({}, "m")


class TestMoments:
    def test_count(self):
        for n, value in itertools.product((1, 2, 5, 6, 40), (1, 2, 3, 7)):

            def holds(m, G, n=n):
                return G * m * (m + 1) >= n * (n + 1) and (G >= 3 or m >= n)

            (bound,) = MomentIdentification(n=n, G=value).thresholds({}, "m")
            turns_at(bound, lambda m: holds(m, value))  # noqa: B023
            (bound,) = MomentIdentification(n=n, m=value).thresholds({}, "G")
            turns_at(bound, lambda G: holds(value, G), 1000)  # noqa: B023


class TestSamples:
    def test_count(self):
        for n, k, m in ((12, 3, 5), (8, 2, 7), (8, 2, 2), (8, 2, 9)):
            (bound,) = SampleIdentification(n=n, k=k, m=m).thresholds({}, "N")
            turns_at(bound, lambda N: N * (m - k) >= k * (n - k))  # noqa: B023
            (bound,) = SampleIdentification(n=n, k=k, N=9).thresholds({}, "m")
            turns_at(bound, lambda m: 9 * (m - k) >= k * (n - k))  # noqa: B023
        assert SampleIdentification(n=8, k=2, m=5).thresholds({"N": 9}, "G") == ()
        assert SampleIdentification(n=8, m=5, N=9).thresholds({}, "k") == ()
        assert SampleIdentification(k=8, m=5, N=9).thresholds({}, "n") == ()

    def test_few_operators(self):
        for n, k, m, G in itertools.product((9, 12), (2, 3, 5), (6, 7, 9), (1, 2, 3, 5)):
            bounds = SampleIdentification(n=n, k=k, m=m, G=G).thresholds({}, "N")
            turns_at(bounds[1], lambda N: _all_see_enough(N, n, k, m, G), 60)  # noqa: B023


def _all_see_enough(N: int, n: int, k: int, m: int, G: int) -> bool:
    """Whether any operators that the others cannot replace are dealt k of N samples."""
    if G * (m - k) < n - k:
        return False
    dealt = [len(range(g, N, G)) for g in range(G)]
    return all(
        sum(chosen) >= k
        for j in range(1, G + 1)
        if (G - j) * (m - k) < n - k
        for chosen in itertools.combinations(dealt, j)
    )


class TestUnderAGroup:
    ACTIONS = ("shifts:6", "shifts:8,stride=2", "quarter_turns:3", "polygon:5", "dihedral:3")

    def test_orbit_numbers(self):
        # shifts of 8 by 2: c = 2, cyclic; k = 3.
        bounds = OrbitIdentification("shifts:8,stride=2", k=3).thresholds({}, "m")
        assert [bound.least for bound in bounds] == [2, 5, 8, 10]
        bounds = OrbitIdentification("shifts:6", k=1).thresholds({}, "m")
        assert [bound.least for bound in bounds] == [1, 2, 3, 3, 5]
        # Nothing is published for groups that are not cyclic.
        bounds = OrbitIdentification("dihedral:3", k=1).thresholds({}, "m")
        assert [bound.status for bound in bounds] == ["published", "derived", "derived"]

    def test_invariant_numbers(self):
        # Two dimensions take a copy of each real irrep, of which there are 2 each.
        task = InvariantSubspaceIdentification("shifts:8,stride=2", k=2)
        assert [bound.least for bound in task.thresholds({}, "m")] == [2, 4, 7, 8]


class TestOrder:
    """Necessary, exact and sufficient bounds never contradict each other."""

    def test_of_several_operators(self):
        for n, k, m, G in itertools.product(range(1, 9), range(1, 9), range(1, 9), range(1, 5)):
            cell = {"n": n, "k": k, "m": m, "G": G}
            for axis in ("m", "G"):
                here = {name: value for name, value in cell.items() if name != axis}
                ordered(SubspaceIdentification().thresholds(here, axis))
                ordered(UnionIdentification(pieces=3).thresholds(here, axis))
                ordered(DictionaryIdentification(atoms=9).thresholds(here, axis))
            here = {name: value for name, value in cell.items() if name != "k"}
            ordered(SubspaceIdentification().thresholds(here, "k"))

    def test_along_n(self):
        for k, m, G in itertools.product(range(1, 6), range(1, 9), range(1, 5)):
            ordered(SubspaceIdentification(k=k, m=m, G=G).thresholds({}, "n"))
            ordered(LowRankRecovery(k=k, m=m, G=G, N=k * G).thresholds({}, "n"))

    def test_of_a_known_dictionary(self):
        for n, own, atoms in itertools.product(range(1, 7), range(1, 9), (None, 1, 3, 4, 9)):
            ordered(MatchingPursuit(n=n, k=own, atoms=atoms).thresholds({}, "m"))
            ordered(MatchingPursuit(n=n, m=own, atoms=atoms).thresholds({}, "k"))

    @pytest.mark.parametrize("action", TestUnderAGroup.ACTIONS)
    def test_under_a_group(self, action):
        for k in range(1, 13):
            ordered(OrbitIdentification(action, k=k).thresholds({}, "m"))
        ordered(FullRank(action=action).thresholds({}, "m"))

    @pytest.mark.parametrize("action", TestUnderAGroup.ACTIONS[:3])
    def test_of_invariant_subspaces(self, action):
        task = InvariantSubspaceIdentification(action)
        for k in range(1, 7):
            ordered(task.thresholds({"k": k}, "m"))
