"""Almost every subspace of a dimension, for the given operators."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .._forward import ForwardOperator
from .._probes import probe_rng
from ..covering import Covering, covering_condition
from ..groups.action import GroupAction
from ..judgement import Verdict
from ..models import GenericSubspace
from ..rows import DENSE_ENTRIES
from .answer import Explored, Identification
from .linear import decide_subspace

__all__ = ["decide_generic"]


def decide_generic(
    model: GenericSubspace,
    operators: tuple[ForwardOperator, ...],
    action: GroupAction | None,
) -> Identification:
    """Decide a random subspace, and masks by the covering condition as well."""
    drawn = decide_subspace(model.draw(probe_rng("generic subspace")), operators, action)
    # Signals of the subspace that was drawn would be no evidence for others.
    drawn = replace(drawn, spurious=None, twins=None)
    masks = _masks(operators) if action is None or action.order == 1 else None
    if masks is None:
        return replace(drawn, explanation=f"For almost every subspace: {drawn.explanation}")
    return _by_covering(drawn, covering_condition(masks, model.dim), len(operators))


def _by_covering(drawn: Identification, found: Covering, count: int) -> Identification:
    explored = Explored("covering", operators=count)
    if found.verdict is Verdict.IDENTIFIABLE:
        text = (
            f"{found.needed} of the sub-masks cover enough: every q of them at least q + k "
            "coordinates, so that the masks identify almost every subspace."
        )
        return replace(
            drawn,
            verdict=Verdict.IDENTIFIABLE,
            reason="covering_condition",
            explanation=text,
            explored=explored,
        )
    text = (
        f"The masks cover too little: their groups determine {found.rank} of the {found.needed} "
        "dimensions beside a subspace, whatever the subspace is in general position."
    )
    return replace(
        drawn,
        verdict=Verdict.NOT_IDENTIFIABLE,
        reason="covering_condition",
        explanation=text,
        explored=explored,
    )


def _masks(operators: tuple[ForwardOperator, ...]) -> np.ndarray | None:
    """Which coordinates each operator shows, if every row shows a single one."""
    masks = []
    for A in operators:
        if A.shape[0] * A.shape[1] > DENSE_ENTRIES:
            return None
        matrix = A.to_dense()
        if np.any(np.count_nonzero(matrix, axis=1) > 1):
            return None
        masks.append(np.any(matrix != 0, axis=0))
    return np.array(masks)
