r"""Which transformations bring nothing new: those that map null A to itself.

A is equivariant under g, :math:`A T_g = \tilde T_g A` for some :math:`\tilde T_g`, exactly if
:math:`T_g` maps null A to itself. These g form a subgroup H, and :math:`A T_g` and :math:`A T_{hg}`
have equal null spaces, so that only :math:`|G : H|` of the |G| virtual operators differ.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse.linalg import lsqr

from ._forward import ForwardOperator
from ._probes import probe_rng
from .dense_engines import row_space
from .groups.action import GroupAction
from .problem import as_operators, check_action
from .rows import DENSE_ENTRIES, dense_matrix
from .stacked_rank import joint_operator
from .weak_rows import weak_rows

__all__ = [
    "induced_maps",
    "is_equivariant",
    "random_signal",
    "row_space_projector",
    "same",
    "stays",
]

PROBES = 3
_SAME = 1e-8
_ROUNDING = 1e4
_SVD_WORK = 1e10
_LARGE = 4096


def row_space_projector(A: ForwardOperator) -> Callable[[np.ndarray], np.ndarray]:
    r"""Return the map z ↦ :math:`A^+ A z`, the orthogonal projection on the row space of A.

    Raises
    ------
    ArithmeticError
        When applied, if the least-squares solver cannot reach the accuracy that a verdict needs.
    """
    if A.orthonormal_rows:
        return lambda z: A.rmatvec(A.matvec(z))
    small, large = sorted(A.shape)
    if small**2 * large <= _SVD_WORK and small * large <= DENSE_ENTRIES:
        basis, _ = row_space(A)
        return lambda z: basis.conj().T @ (basis @ z)

    # Well-conditioned operators need a few steps; for others a large one is not worth the wait.
    steps = 1000 if small <= _LARGE else 100

    def project(z: np.ndarray) -> np.ndarray:
        target = A.matvec(z)
        found = lsqr(A, target, atol=1e-14, btol=1e-14, conlim=0, iter_lim=steps)[0]
        size = np.linalg.norm(target)
        if np.linalg.norm(A.matvec(found) - target) > 1e-10 * size:
            raise ArithmeticError(
                f"the row space of this {A.shape[0]} x {A.shape[1]} operator is too "
                "ill-conditioned to be projected on by iteration."
            )
        return found

    return project


def same(A: ForwardOperator) -> float:
    """What counts as zero beside 1, for the precision in which A was given."""
    return max(_SAME, _ROUNDING * float(np.finfo(A.dtype).eps))


def random_signal(n: int, A: ForwardOperator, rng: np.random.Generator) -> np.ndarray:
    """Draw a signal over the field of A."""
    z = rng.standard_normal(n)
    return z + 1j * rng.standard_normal(n) if A.dtype.kind == "c" else z


def is_equivariant(A: Any, action: GroupAction, *, field: str = "real") -> bool:
    r"""Whether :math:`A T_g = \tilde T_g A` for every g and some linear :math:`\tilde T_g`.

    Tested per generator: T must map the row space of A to itself. A random vector of the row space
    leaves it, with probability one, unless all do.

    Parameters
    ----------
    A : operator, (m, n), or a sequence of them, taken as one
        Whatever `as_operator` takes.
    action : GroupAction on R^n
    field : {"real", "complex"}
        Field of the signals; over ℝ a complex row counts as two real ones.

    Returns
    -------
    bool

    Raises
    ------
    ValueError
        If the action is on another R^n.
    ArithmeticError
        If A is too ill-conditioned and too large to decide, or some of its rows are weaker than
        rounding of the others.

    Notes
    -----
    An equivariant A cannot be learned from unless it is injective (Tachella, Chen, Davies, JMLR
    2023: the corollary that A must not be equivariant). The converse fails: see `stacked_rank`.

    Examples
    --------
    >>> import sensing_theorems as st
    >>> blur = st.operators.blur([[1.0, 1.0]], (4, 4))
    >>> st.is_equivariant(blur, st.groups.shifts(4, 4))
    True
    >>> st.is_equivariant(blur, st.groups.quarter_turns(4))
    False
    """
    listed = as_operators(A)
    operator = joint_operator(listed, field)
    check_action(action, operator.shape[1])
    if not stays(operator, action):
        return False
    if weak_rows(listed) is not None:
        raise ArithmeticError(
            "rows of the operator must be of comparable size to decide equivariance; some are "
            "weaker than rounding of the strongest. Scale the rows."
        )
    return True


def stays(
    operator: ForwardOperator,
    action: GroupAction,
    project: Callable[[np.ndarray], np.ndarray] | None = None,
) -> bool:
    """Whether every generator maps random vectors of the row space into it."""
    project = project or row_space_projector(operator)
    rng = probe_rng("equivariance")
    for _ in range(PROBES):
        w = project(random_signal(operator.shape[1], operator, rng))
        for generator in action.generators:
            moved = generator.pull_back(w)
            if np.linalg.norm(moved - project(moved)) > same(operator) * np.linalg.norm(w):
                return False
    return True


def induced_maps(A: Any, action: GroupAction, *, field: str = "real") -> tuple[np.ndarray, ...]:
    r"""What an equivariant operator makes of the generators: :math:`\tilde T_g = A T_g A^+`.

    They act on the measurements, :math:`A T_g = \tilde T_g A`. For a wide A of full row rank they
    are the only maps that do.

    Parameters
    ----------
    A : operator, (m, n), or a sequence of them, taken as one
    action : GroupAction on R^n
    field : {"real", "complex"}
        Field of the signals; over ℝ a complex row counts as two real ones, the real parts first.

    Returns
    -------
    tuple of ndarray, each (m, m)
        One per generator.

    Raises
    ------
    ValueError
        If A is not equivariant, or has more than 2**26 entries.

    Examples
    --------
    >>> import sensing_theorems as st
    >>> keep_even = [[1, 0, 0, 0], [0, 0, 1, 0]]
    >>> step_by_two = st.groups.shifts(4, stride=2)
    >>> st.induced_maps(keep_even, step_by_two)[0].round(12).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    operator = joint_operator(as_operators(A), field)
    if not is_equivariant(operator, action, field=field):
        raise ValueError(
            f"maps of the measurements exist for equivariant operators only; {operator.name} is "
            f"not equivariant to {action.name}."
        )
    matrix = dense_matrix(operator, "induced_maps")
    # On the row space the inverse cannot mistake rounding for a direction, as `pinv` alone would.
    rows = row_space(operator)[0].conj().T
    inverse = rows @ np.linalg.pinv(matrix @ rows)
    return tuple(g.pull_back(matrix) @ inverse for g in action.generators)
