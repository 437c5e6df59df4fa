"""The look at tangent spaces: whether anything beside the model fits nearby."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .._validate import positive_int
from ..groups.action import GroupAction
from ..judgement import Verdict
from ..tolerance import cut, grey, threshold
from .manifold import Manifold, real_entries
from .projections import Projections

__all__ = ["LocalIdentification", "identify_locally"]

_EPS = float(np.finfo(np.float64).eps)
_LOCAL = {
    "locally_identified": "At all sampled points nothing beside the model fits nearby; distant "
    "branches are not seen by this test.",
    "locally_ambiguous": "At a sampled point the model can be left unnoticed to first order; terms "
    "of higher order may exclude it.",
    "locally_unclear": "At a sampled point rounding, a fold or a singular derivative leaves the "
    "test open.",
}


@dataclass(frozen=True, eq=False)
class LocalIdentification:
    r"""What tangent spaces say at sampled signals; local, hence no verdict on the model.

    Attributes
    ----------
    verdict : Verdict
        Always UNDECIDED.
    reason : {"locally_identified", "locally_ambiguous", "locally_unclear"}
    explanation : str
    parameters : ndarray, shape (p, d)
        The sampled θ.
    states : tuple of {"passes", "fails", "unclear"}
        One per sampled θ.
    smallest : ndarray, shape (p,)
        Smallest singular value that had to be non-zero; 0 where the number of rows is too small.
    dim : int
        Largest rank of the derivative.
    witness : ndarray, shape (n,), or None
        Unit direction, orthogonal to the tangent space, in which the model can be left unnoticed to
        first order.
    witness_at : ndarray, shape (d,), or None
        The θ where it can.
    """

    verdict: Verdict
    reason: str
    explanation: str
    parameters: np.ndarray = field(repr=False)
    states: tuple[str, ...] = field(repr=False)
    smallest: np.ndarray = field(repr=False)
    dim: int
    witness: np.ndarray | None = field(default=None, repr=False)
    witness_at: np.ndarray | None = None

    @property
    def counts(self) -> dict[str, int]:
        """How many points pass, fail, and are unclear."""
        return {state: self.states.count(state) for state in ("passes", "fails", "unclear")}

    @property
    def worst(self) -> np.ndarray:
        """The θ with the smallest singular value, shape (d,)."""
        return np.asarray(self.parameters[int(np.argmin(self.smallest))])

    def __str__(self) -> str:
        counts = ", ".join(f"{count} {state}" for state, count in self.counts.items() if count)
        return (
            f"{self.verdict} ({self.reason}): {self.explanation}\n"
            f"points: {counts}; smallest singular value {self.smallest.min():.2g}"
        )


def identify_locally(
    manifold: Manifold,
    operators: Any,
    action: GroupAction | None = None,
    *,
    points: int = 32,
    rng: Any = 0,
) -> LocalIdentification:
    r"""Look for signals beside the model, near sampled points, that fit all measurements.

    With the tangent space T at x and :math:`C_g` a basis of what is orthogonal to :math:`A_g T`,
    the test asks for

    .. math:: \operatorname{rank}\,[C_g^\top A_g]_g = n - \dim T .

    Parameters
    ----------
    manifold : Manifold
    operators, action
        As for `identify`. A complex operator counts by its real and imaginary parts.
    points : int
        How many θ to draw.
    rng : Generator or int

    Returns
    -------
    LocalIdentification

    Raises
    ------
    TypeError, ValueError
        If an argument is of another type, or sizes disagree.

    Notes
    -----
    Derived. Consistent signals z with certificates :math:`x(\theta_g)` are the zeros of
    :math:`F_g = A_g(z - x(\theta_g))`. At :math:`z = x(\theta)` and all :math:`\theta_g = \theta`
    the kernel of the derivative of F consists of :math:`(v, u_g)` with :math:`A_g v = A_g J u_g`.
    If every :math:`A_g` is one-to-one on T and the rank is n - dim T, it is
    :math:`\{(Jw, w, \dots, w)\}`. As many equations of F as its rank then have a manifold of zeros
    of dimension dim T, which contains, and hence near this point is, the model itself. So a point
    passes if the operators that are one-to-one on T have the rank by themselves.

    An operator that is not one-to-one on T folds the model there, and its equations say nothing.
    Let the coordinates be two operators on the circle: at its top the rank is right, and all of the
    square around it fits. Such points are unclear if the rank needs these operators.

    What passes excludes only signals z near x whose certificates all lie near x as well. Other
    branches are not seen: the lines spanned by the shifts of a vector pass with m = 2, and are not
    identified. What fails may yet be excluded by terms of higher order.
    """
    views = Projections.of(manifold, operators, action)
    thetas = manifold.draw(positive_int(points, "points"), rng)
    tangents = [_tangent(manifold, theta) for theta in thetas]
    dim = max(basis.shape[1] for basis, _ in tangents)
    looks = [_look(views, basis, clear and basis.shape[1] == dim) for basis, clear in tangents]
    states = tuple(look.state for look in looks)
    reason = "locally_identified"
    if "fails" in states:
        reason = "locally_ambiguous"
    elif "unclear" in states:
        reason = "locally_unclear"
    first = states.index("fails") if "fails" in states else None
    return LocalIdentification(
        Verdict.UNDECIDED,
        reason,
        _LOCAL[reason],
        thetas,
        states,
        np.array([look.smallest for look in looks]),
        dim,
        None if first is None else looks[first].witness,
        None if first is None else thetas[first],
    )


@dataclass(frozen=True, eq=False)
class _Look:
    state: str
    smallest: float
    witness: np.ndarray | None = None


def _tangent(manifold: Manifold, theta: np.ndarray) -> tuple[np.ndarray, bool]:
    """Orthonormal basis of the tangent space, and whether its dimension is clear."""
    u, values, _ = np.linalg.svd(
        real_entries(manifold.jacobian(theta), "jacobian"), full_matrices=False
    )
    decision = cut(values, np.dtype(np.float64))
    return u[:, values > decision.tolerance], decision.clear


def _look(views: Projections, basis: np.ndarray, clear: bool) -> _Look:
    """The test at one tangent space, by the projections alone."""
    n, k = basis.shape
    floor = max(views.error, threshold(1.0, _EPS))
    faithful, folded, sure = [np.zeros((0, n))], [np.zeros((0, n))], clear and views.clear
    for rows in views.rows:
        u, values, _ = np.linalg.svd(rows @ basis, full_matrices=True)
        rank = int((values > floor).sum())
        sure = sure and not np.any((values > floor) & (values <= floor * grey(floor)))
        (faithful if rank == k else folded).append(u[:, rank:].T @ rows)
    missing, smallest, one = _rank(np.concatenate(faithful), n - k)
    if missing == 0:
        return _Look("passes" if sure and one else "unclear", smallest)
    stack = np.concatenate(faithful + folded)
    missing, _, two = _rank(stack, n - k)
    if missing and sure and two and views.complete:
        hidden = np.linalg.svd(np.concatenate([stack, basis.T]), full_matrices=True)[2][-missing:]
        return _Look("fails", smallest, hidden[-1])
    return _Look("unclear", smallest)


def _rank(stack: np.ndarray, needed: int) -> tuple[int, float, bool]:
    """Missing rank, the singular value that is needed last, and whether the rank is clear."""
    if needed == 0:
        return 0, 1.0, True
    values = np.linalg.svd(stack, compute_uv=False) if len(stack) else np.zeros(0)
    decision = cut(values, np.dtype(np.float64))
    smallest = float(values[needed - 1]) if len(values) >= needed else 0.0
    return needed - int((values > decision.tolerance).sum()), smallest, decision.clear
