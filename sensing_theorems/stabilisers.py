r"""The subgroup that brings nothing new: elements that map null A to itself, and their cosets."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.fft

from ._forward import ForwardOperator
from ._probes import probe_rng
from .equivariance import PROBES, random_signal, row_space_projector, same, stays
from .groups.action import GroupAction
from .groups.continuous import restrict_rotations
from .problem import as_operators, check_action
from .stacked_rank import joint_operator

__all__ = ["Stabiliser", "stabiliser"]

_LISTED = 2**27


@dataclass(frozen=True, eq=False)
class Stabiliser:
    """The subgroup H of elements that map null A to itself.

    Attributes
    ----------
    order, index : int, or math.inf
        |H|, and :math:`|G : H|`, the number of virtual operators with different null spaces.
    name : str
        H in words, such as ``"shifts by multiples of (2, 2)"``.
    """

    order: float
    index: float
    name: str


def stabiliser(A: Any, action: GroupAction, *, field: str = "real") -> Stabiliser | None:
    r"""Find :math:`H = \{g : T_g \operatorname{null} A = \operatorname{null} A\}`.

    The virtual operators :math:`A T_g` and :math:`A T_{hg}`, h in H, have equal null spaces: only
    |G : H| of them differ, which is the effective order of the group.

    Parameters
    ----------
    A : operator, (m, n), or a sequence of them, taken as one
    action : GroupAction on R^n
    field : {"real", "complex"}
        Field of the signals; over ℝ a complex row counts as two real ones.

    Returns
    -------
    Stabiliser or None
        ``None`` where the group is too large to be listed, and neither a lattice of shifts nor
        SO(2).

    Raises
    ------
    ValueError
        If the action is on another R^n.
    ArithmeticError
        If A is too ill-conditioned and too large to decide.

    Notes
    -----
    With w random in the row space and u random in null A, :math:`\langle w, T_g u \rangle`
    vanishes for g in H, and with probability one for no other g. For shifts all |G| products are
    one FFT.

    Examples
    --------
    Every other sample stays what it is under shifts by two, and only then:

    >>> import numpy as np
    >>> import sensing_theorems as st
    >>> found = st.stabiliser(st.operators.inpainting(np.arange(8) % 2 == 0), st.groups.shifts(8))
    >>> found.order, found.index, found.name
    (4, 2, 'multiples of 2 steps')
    """
    A = joint_operator(as_operators(A), field)
    check_action(action, A.shape[1])
    if not action.finite:
        return _of_rotations(A, action)
    lattice = _is_lattice(action)
    if not lattice and action.order * action.n > _LISTED:
        return None
    project = row_space_projector(A)
    rng = probe_rng("stabiliser")
    worst = np.zeros(action.order)
    for _ in range(PROBES):
        w = project(random_signal(A.shape[1], A, rng))
        z = random_signal(A.shape[1], A, rng)
        u = z - project(z)
        scale = np.linalg.norm(w) * np.linalg.norm(u)
        if scale <= same(A) * np.linalg.norm(z) ** 2:
            # The null space or the row space is {0}, and every element keeps it.
            return Stabiliser(action.order, 1, "all of the group")
        products = _lattice_products(u, w, action) if lattice else _listed_products(u, w, action)
        worst = np.maximum(worst, np.abs(products) / scale)
    inside = worst <= same(A)
    order = int(inside.sum())
    if action.order % order:
        raise ArithmeticError(
            f"{order} of {action.order} elements seem to preserve null A, which is no subgroup: "
            "the operator is too ill-conditioned to decide."
        )
    return Stabiliser(order, action.order // order, _in_words(inside, action))


def _of_rotations(A: ForwardOperator, action: GroupAction) -> Stabiliser | None:
    """Closed subgroup of SO(2): all of it, or the rotations by multiples of 2π/N."""
    project = row_space_projector(A)
    if stays(A, action, project):
        return Stabiliser(math.inf, 1, "all of the group")
    if action.kind != "so2":
        return None
    # <w, T u> is a trigonometric polynomial in the angle, with no more zeros than twice its degree.
    for N in range(2 * int(action.parts.pairs.max(initial=0)), 1, -1):
        if stays(A, restrict_rotations(action, N), project):
            return Stabiliser(N, math.inf, f"rotations by multiples of 2π/{N}")
    return Stabiliser(1, math.inf, "the identity alone")


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
