"""Whether a setup of deepinv can learn from its measurements alone, and what misleads in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from .. import evidence
from .._forward import ForwardOperator, from_matrix
from ..groups.action import GroupAction
from ..groups.semigroups import SemigroupAction
from ..groups.transforms import TransformSet
from ..problem import Problem
from ..report import Report, analyze
from .distinct import DistinctOperators, group_equal
from .physics import any_operator, noise_note
from .transforms import read_transform

__all__ = ["Checked", "check"]

_SPARSE = 0.05  # share of entries other than zero


@dataclass(frozen=True, eq=False)
class Checked:
    """What `check` found.

    Attributes
    ----------
    report : Report
        The answer; see `sensing_theorems.Report`.
    notes : tuple of str
        What in this setup is not what it looks like.
    operators : DistinctOperators
        Which of the physics are the same.
    action : GroupAction, TransformSet or None
        What the transform was read as.
    ranks : tuple of int or None
        Rank of each different operator, the m of the theorems; ``None`` where it is out of reach.
    """

    report: Report
    notes: tuple[str, ...]
    operators: DistinctOperators
    action: GroupAction | TransformSet | None
    ranks: tuple[int | None, ...]

    def __str__(self) -> str:
        if not self.notes:
            return str(self.report)
        return "\n".join([str(self.report), "", "Notes", *(f"  - {note}." for note in self.notes)])


def check(
    physics: Any,
    transform: Any = None,
    img_size: Sequence[int] | None = None,
    *,
    model_dim: float | None = None,
    generic: bool | None = None,
    field: str = "real",
) -> Checked:
    r"""Analyse physics and a transform of deepinv together, and note what misleads.

    Equal operators count once. A transform that is a group action is analysed as one. Another is
    analysed as the list :math:`A T_1, A T_2, \dots` of operators, whose rank n is all that can be
    asked then; no multiplicities are used.

    Parameters
    ----------
    physics : deepinv.physics.LinearPhysics, or a list of them
        Anything else that `as_operator` takes is taken too.
    transform : deepinv.transform.Transform, GroupAction or TransformSet, optional
        Under which the images are assumed invariant.
    img_size : tuple of int, optional
        Shape of an image without its batch, (C, H, W), where the physics does not tell it.
    model_dim : float, optional
        Dimension k of the set of images.
    generic : bool, optional
        Whether the physics were drawn independently from a law with a density, such as Gaussian
        entries; see `Problem`. Their entries cannot tell, and deepinv does not. It says nothing of
        the operators :math:`A T_s` of a transform that is no group action, which share one A.
    field : {"real", "complex"}
        Field of the signals, as of `Problem`. Complex images of deepinv are real ones of two
        channels, for which "real" is right.

    Returns
    -------
    Checked
        With `report`, `notes`, and the whole as text.

    Raises
    ------
    TypeError, ValueError
        As `from_physics` and `from_transform`.
    """
    listed = list(physics) if isinstance(physics, list | tuple) else [physics]
    operators = [any_operator(one, img_size) for one in listed]
    distinct = group_equal(operators)
    kept = [operators[i] for i in distinct.representatives]
    returned = [A.shape[0] for A in kept]
    kept = [_measuring(A) for A in kept]
    action, notes = _read(transform, kept[0].shape_in)
    group = action if isinstance(action, GroupAction) else None
    if isinstance(action, TransformSet):
        seen = [B for A in kept for B in action.stack(A)]
        notes += (_listed_note(action, len(seen)), *_dependent_notes(generic))
    else:
        seen = kept
    own = Problem(kept, group, model_dim, generic, field)
    report = analyze(own if seen is kept else Problem(seen, None, model_dim, field=field))
    ranks = evidence.operator_ranks(own)
    found = (*_rank_notes(kept, returned, ranks), *_equal_notes(distinct), *notes, *_noises(listed))
    return Checked(report, found, distinct, action, ranks)


def _read(
    transform: Any, shape: tuple[int, ...]
) -> tuple[GroupAction | TransformSet | None, tuple[str, ...]]:
    if transform is None or isinstance(transform, GroupAction | TransformSet):
        return transform, ()
    found = read_transform(transform, shape)
    return found.action, found.notes


def _listed_note(action: TransformSet, count: int) -> str:
    text = (
        f"{action.name} was analysed as a list of {count} operators A T_s: the rank of their "
        "stack is a fact about these maps, and theorems on group actions were not used"
    )
    return f"{text}. {action.invariance}" if isinstance(action, SemigroupAction) else text


def _dependent_notes(generic: bool | None) -> tuple[str, ...]:
    if not generic:
        return ()
    return (
        "`generic` was set aside: the operators A T_s share one A, so they are not independent",
    )


def _measuring(A: ForwardOperator) -> ForwardOperator:
    """Return A without rows of zeros, which measure nothing, and sparse where it is."""
    if A.matrix is None or sp.issparse(A.matrix):
        return A
    entries = A.matrix != 0
    measures = np.any(entries, axis=1)
    if not measures.any() or (measures.all() and np.mean(entries) > _SPARSE):
        return A
    matrix = A.matrix[measures]
    if np.mean(entries[measures]) <= _SPARSE:
        matrix = sp.csr_array(matrix)
    return from_matrix(matrix, shape_in=A.shape_in, name=A.name, generic=A.generic)


def _rank_notes(
    operators: Sequence[ForwardOperator], returned: Sequence[int], ranks: Sequence[int | None]
) -> tuple[str, ...]:
    all_of_them = zip(operators, returned, ranks, strict=True)
    short = [one for one in all_of_them if one[2] is not None and one[2] < one[1]]
    if not short:
        return ()
    A, numbers, rank = short[0]
    more = f", and {len(short) - 1} more operators alike" if len(short) > 1 else ""
    return (
        f"m is the rank, not `y.numel()`: {A.name} returns {numbers} numbers and has rank "
        f"{rank}{more}",
    )


def _equal_notes(distinct: DistinctOperators) -> tuple[str, ...]:
    return () if distinct.count == distinct.listed else (distinct.explanation,)


def _noises(listed: Sequence[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(note for one in listed if (note := noise_note(one)) is not None))
