"""Memory that a rank takes beyond its operator, against the operator and against the stack."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from timing import added_memory

import sensing_theorems as st

__all__ = ["CASES", "Case", "measure"]

TARGET = 4.0


class Case(NamedTuple):
    """Dense rows under an action, in full size and in quick."""

    name: str
    method: str
    rows: tuple[int, int]
    action: Callable[..., st.GroupAction]
    shape: tuple[tuple[int, ...], tuple[int, ...]]


CASES = (
    Case("turns-32", "blocks", (259, 7), st.groups.quarter_turns, ((32,), (4,))),
    Case("shifts-32", "blocks", (1000, 20), st.groups.shifts, ((32, 32), (4, 4))),
    Case("shifts-256", "sketch", (200, 20), st.groups.shifts, ((256, 256), (4, 4))),
    Case("polar-256", "sketch", (2000, 20), st.groups.polar_rotations, ((256, 256), (4, 4))),
)


def measure(case: Case, quick: bool) -> dict[str, Any]:
    """Peak of what a rank allocates, over the bytes of the operator that was handed in."""
    m, shape = case.rows[quick], case.shape[quick]
    n = case.action(*shape).n
    A = st.as_operator(np.random.default_rng(11).standard_normal((m, n)))

    def once(action: st.GroupAction) -> None:
        st.stacked_rank(A, action, method=case.method)

    once(case.action(*shape))  # compiles
    # A new one, so that what an action keeps for later is counted too.
    action = case.action(*shape)
    _ = action.irreps
    added = added_memory(lambda: once(action))
    given = A.matrix.nbytes
    return {
        "name": case.name,
        "task": f"{action.name}, {m} rows",
        "method": case.method,
        "baseline": "the operator itself",
        "baseline_bytes": given,
        "our_bytes": added,
        "stack_bytes": action.order * given,
        "ratio_of": "ours/baseline",
        "ratio": added / given,
        "target": TARGET,
        "aim": f"<= {TARGET:g}x the memory",
        "met": bool(added <= TARGET * given),
    }
