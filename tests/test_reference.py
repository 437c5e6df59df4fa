"""Exact answers of GAP and of hand derivations, kept in tests/data, by every route that applies.

Rows are those of `Irreps.complex` and `Irreps.real`; generators are 0-based one-line forms with
signs, T e_i = signs[i] e_{p[i]}.
"""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import oracles
import pytest

import sensing_theorems as st
from sensing_theorems.groups.character_table import irreps_by_classes
from sensing_theorems.groups.commutant import CommutantTransform
from sensing_theorems.groups.generated import Generated
from sensing_theorems.groups.irreps import Irreps

STORED = json.loads((Path(__file__).parent / "data" / "representations.json").read_text())
CASES = {case["id"]: case for case in STORED["cases"]}
every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


def action_of(case) -> st.GroupAction:
    return st.groups.from_permutations(case["generators"], signs=case.get("signs"))


def rows(table) -> list[list]:
    return sorted(map(list, table))


class TestFiniteGroups:
    @every_case
    def test_tables_order_and_bounds(self, case):
        action = action_of(case)
        table = action.irreps
        assert rows(table.complex) == sorted(case["complex"])
        assert rows(table.real) == sorted(case["real"])
        assert action.order == case["order"]
        assert table.commutant_dim == case["commutant_dim"]
        assert table.max_multiplicity == case["max_c"]
        assert table.max_ratio == Fraction(case["max_c_over_s"])
        assert -(-table.max_ratio // 1) == case["necessary_m"]

    @every_case
    def test_by_orbitals(self, case):
        assert rows(Generated(action_of(case).generators).irreps.complex) == sorted(case["complex"])

    @pytest.mark.parametrize(
        "case",
        [c for c in CASES.values() if c["order"] <= 5000],
        ids=[c["id"] for c in CASES.values() if c["order"] <= 5000],
    )
    def test_by_classes(self, case):
        assert rows(irreps_by_classes(action_of(case).generators).complex) == sorted(
            case["complex"]
        )

    @every_case
    def test_by_bases(self, case):
        transform = CommutantTransform.of(action_of(case).generators)
        assert rows(Irreps.from_families(transform.families).complex) == sorted(case["complex"])

    @every_case
    def test_ranks_of_almost_every_operator(self, case, rng):
        action = action_of(case)
        for m, expected in case["generic_stack_rank"].items():
            A = rng.standard_normal((int(m), case["n"]))
            assert action.irreps.generic_rank(int(m)) == expected
            for method in ("blocks", "spin"):
                assert st.stacked_rank(A, action, method=method).rank == expected


class TestGivenOperators:
    @pytest.mark.parametrize("case", STORED["stack_rank_cases"], ids=lambda case: case["id"])
    @pytest.mark.parametrize("method", ["auto", "blocks", "spin", "dense", "exact"])
    def test_rank_and_equivariance(self, case, method):
        action, A = action_of(CASES[case["case"]]), np.array(case["A"])
        found = st.stacked_rank(A, action, method=method)
        assert (found.rank, found.full) == (case["stack_rank"], case["full_rank"])
        assert st.is_equivariant(A, action) == case["equivariant"]
        assert np.linalg.matrix_rank(A) == case["rank_A"]


class TestContinuousGroups:
    def test_kravchuk(self):
        case = next(c for c in STORED["compact_cases"] if c["id"] == "SO2_kravchuk_5")
        table = st.groups.kravchuk_rotations(5).irreps
        counts: dict[tuple[int, int, int], int] = {}
        for frequency, s, c in case["complex"]:
            key = (s, c, int(frequency == 0))
            counts[key] = counts.get(key, 0) + 1
        assert {tuple(r)[:3]: r.count for r in table.complex} == counts
        assert table.max_multiplicity == case["max_c"]

    def test_oracle_agrees_with_itself(self):
        # Guards the stored file: sizes add up whatever route filled it.
        for case in STORED["cases"]:
            assert sum(s * c * count for s, c, _, count in case["complex"]) == case["n"]
            if case["order"] <= 300:
                group = oracles.dense_elements(action_of(case))
                assert len(group) == case["order"]
