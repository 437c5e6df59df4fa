r"""Which transformations bring nothing new: those that map null A to itself.

A is equivariant under g, :math:`A T_g = \tilde T_g A` for some :math:`\tilde T_g`, exactly if
:math:`T_g` maps null A to itself. These g form a subgroup H, and :math:`A T_g` and :math:`A T_{hg}`
have equal null spaces, so that only :math:`|G : H|` of the |G| virtual operators differ.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.fft
from scipy.sparse.linalg import lsqr

from ._forward import ForwardOperator
from ._probes import probe_rng
from .dense_engines import row_space
from .groups.action import GroupAction
from .problem import as_operators, check_action
from .rows import DENSE_ENTRIES
from .stacked_rank import joint_operator
from .weak_rows import weak_rows

__all__ = ["Stabiliser", "is_equivariant", "row_space_projector", "stabiliser"]

_PROBES = 3
_SAME = 1e-8
_ROUNDING = 1e4
_SVD_WORK = 1e10
_LARGE = 4096
_LISTED = 2**27


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


def _same(A: ForwardOperator) -> float:
    """What counts as zero beside 1, for the precision in which A was given."""
    return max(_SAME, _ROUNDING * float(np.finfo(A.dtype).eps))


def _random(n: int, A: ForwardOperator, rng: np.random.Generator) -> np.ndarray:
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
    if not _stays(operator, action):
        return False
    if weak_rows(listed) is not None:
        raise ArithmeticError(
            "rows of the operator must be of comparable size to decide equivariance; some are "
            "weaker than rounding of the strongest. Scale the rows."
        )
    return True


def _stays(operator: ForwardOperator, action: GroupAction) -> bool:
    """Whether every generator maps random vectors of the row space into it."""
    project = row_space_projector(operator)
    rng = probe_rng("equivariance")
    for _ in range(_PROBES):
        w = project(_random(operator.shape[1], operator, rng))
        for generator in action.generators:
            moved = generator.pull_back(w)
            if np.linalg.norm(moved - project(moved)) > _same(operator) * np.linalg.norm(w):
                return False
    return True


@dataclass(frozen=True, eq=False)
class Stabiliser:
    """The subgroup H of elements that map null A to itself.

    Attributes
    ----------
    order : int
        |H|.
    index : int
        :math:`|G : H|`, the number of virtual operators with different null spaces.
    name : str
        H in words, such as ``"shifts by multiples of (2, 2)"``.
    """

    order: int
    index: int
    name: str


def stabiliser(A: ForwardOperator, action: GroupAction) -> Stabiliser | None:
    r"""Find :math:`H = \{g : T_g \operatorname{null} A = \operatorname{null} A\}`.

    With w random in the row space and u random in null A, :math:`\langle w, T_g u \rangle`
    vanishes for g in H, and with probability one for no other g. For shifts all |G| products are
    one FFT.

    Returns
    -------
    Stabiliser or None
        ``None`` where the group is too large to be listed and is no lattice of shifts.

    Raises
    ------
    ArithmeticError
        If A is too ill-conditioned and too large to decide.
    """
    lattice = _is_lattice(action)
    if not lattice and action.order * action.n > _LISTED:
        return None
    project = row_space_projector(A)
    rng = probe_rng("stabiliser")
    worst = np.zeros(action.order)
    for _ in range(_PROBES):
        w = project(_random(A.shape[1], A, rng))
        z = _random(A.shape[1], A, rng)
        u = z - project(z)
        scale = np.linalg.norm(w) * np.linalg.norm(u)
        if scale <= _same(A) * np.linalg.norm(z) ** 2:
            # The null space or the row space is {0}, and every element keeps it.
            return Stabiliser(action.order, 1, "all of the group")
        products = _lattice_products(u, w, action) if lattice else _listed_products(u, w, action)
        worst = np.maximum(worst, np.abs(products) / scale)
    inside = worst <= _same(A)
    order = int(inside.sum())
    if action.order % order:
        raise ArithmeticError(
            f"{order} of {action.order} elements seem to preserve null A, which is no subgroup: "
            "the operator is too ill-conditioned to decide."
        )
    return Stabiliser(order, action.order // order, _in_words(inside, action))


def _is_lattice(action: GroupAction) -> bool:
    return (
        action.kind == "abelian"
        and len(action.parts.types) == 1
        and action.parts.types[0].periods == action.periods
    )


def _lattice_products(u: np.ndarray, w: np.ndarray, action: GroupAction) -> np.ndarray:
    orbits = action.parts.types[0]
    hidden, seen = orbits.forward(u[None])[0], orbits.forward(w[None])[0]
    cross = np.sum(seen.conj() * hidden, axis=0).reshape(action.periods)
    return scipy.fft.fftn(cross).reshape(-1)


def _listed_products(u: np.ndarray, w: np.ndarray, action: GroupAction) -> np.ndarray:
    return np.array([np.vdot(w, element(u)) for element in action.elements()])


def _in_words(inside: np.ndarray, action: GroupAction) -> str:
    if inside.all():
        return "all of the group"
    if inside.sum() == 1:
        return "the identity alone"
    if not _is_lattice(action) or action.periods is None:
        return f"a subgroup of order {int(inside.sum())}"
    axes = np.argwhere(inside.reshape(action.periods))
    steps = [
        int(np.gcd.reduce(np.append(axes[:, i], period))) for i, period in enumerate(action.periods)
    ]
    if math.prod(p // s for p, s in zip(action.periods, steps, strict=True)) == inside.sum():
        text = str(steps[0]) if len(steps) == 1 else str(tuple(steps))
        return f"multiples of {text} steps"
    return f"a sheared lattice of {int(inside.sum())} steps"
