"""The search for signals beside the model that fit all measurements."""

from __future__ import annotations

from typing import Any

from .._validate import generator, positive_int
from ..groups.action import GroupAction
from ..judgement import Verdict
from .descent import Search
from .findings import SpuriousPoint, SpuriousSearch
from .manifold import Manifold
from .projections import Projections

__all__ = ["search_spurious"]

_CHECKED = 8


def search_spurious(
    manifold: Manifold,
    operators: Any,
    action: GroupAction | None = None,
    *,
    starts: int = 200,
    rng: Any = 0,
) -> SpuriousSearch:
    r"""Search for signals beside the model that fit all measurements.

    .. math:: \min_{z, \theta_1, \dots, \theta_L} \sum_g \|P_g (z - x(\theta_g))\|^2

    by damped Gauss-Newton steps from random starts. For fixed θ the best z solves a linear problem
    and is eliminated.

    A signal z that fits refutes the model where it is proven to be off it: with
    `Manifold.lipschitz` by a lower bound of its distance; or by dimensions, see Notes. Otherwise it
    is a candidate, and the verdict UNDECIDED: no search proves that z is not part of the model.

    Parameters
    ----------
    manifold : Manifold
    operators, action
        As for `identify`; the group must be small enough to be listed.
    starts : int
        More find more, and never all for certain.
    rng : Generator or int

    Returns
    -------
    SpuriousSearch

    Raises
    ------
    TypeError, ValueError
        If an argument is of another type, sizes disagree, or the group cannot be listed.

    Notes
    -----
    *Distance* (derived). The model is the image of a box. Cut it into boxes of centre c and
    half-diagonal r: none of :math:`\|x(c) - z\| - L r > 0` has a θ with x(θ) = z.

    *Dimension* (derived). With z eliminated, consistent signals are the zeros θ of some equations.
    Where these are independent, the zeros are a manifold; and where z on it has a derivative of
    rank r > d, consistent signals contain a surface of dimension r. The model, the image of
    d parameters under a smooth function, has Hausdorff dimension d at most: almost all of the
    surface is beside it. This needs no Lipschitz constant. The same holds for x(θ) plus what no
    operator sees.

    Both are verified in floating point: that an exact solution exists near a residual of rounding
    is taken from equations whose singular values are within a factor of 10⁵.

    Near-misses are reported since they tell how badly conditioned an identified model is: by the
    number of equations, a curve in R³ seen by three generic operators of two rows has isolated
    spurious points, and a fourth operator refutes them, if only barely.
    """
    views = Projections.of(manifold, operators, action)
    if not views.complete:
        raise ValueError(
            "`action` must be a finite group small enough to list all A T_g; got "
            f"{None if action is None else action.name}."
        )
    search, rng = Search.of(manifold, views, generator(rng)), generator(rng)
    starts, converged = positive_int(starts, "starts"), 0
    found: list[SpuriousPoint] = search.invisible(manifold.draw(_CHECKED, rng))
    for _ in range(starts):
        point = search.descend(manifold.draw(len(views.rows), rng), found)
        converged += point is not False
        if isinstance(point, SpuriousPoint):
            found.append(point)
    return _concluded(found, search, starts, converged)


def _concluded(
    found: list[SpuriousPoint], search: Search, starts: int, converged: int
) -> SpuriousSearch:
    """Part what is proven from what fits, and that from what nearly fits."""
    solved = [p for p in found if search.solved(p)]
    proven = [p for p in solved if search.clear and _is_beside(p, search.manifold.d)]
    open_ = [p for p in solved if p not in proven]
    verdict, reason = Verdict.UNDECIDED, "none_found"
    text = f"{starts} starts found no signal beside the model that fits; others may exist."
    if proven:
        text = f"{len(proven)} signals were found beside the model that fit every operator."
        verdict, reason = Verdict.NOT_IDENTIFIABLE, "spurious_points"
    elif solved and not search.clear:
        text = "Signals were found that fit all rows but those that rounding may have made."
        reason = "numerically_unclear"
    elif solved and all(p.distance_at_least > 0 for p in solved):
        text = (
            f"{len(solved)} signals beside the model fit every operator up to rounding; dependent "
            "equations leave open whether others fit exactly."
        )
        reason = "numerically_unclear"
    elif solved:
        text = (
            f"{len(solved)} signals fit every operator, and no search found them in the model, "
            "which does not prove that they are beside it"
        )
        text += "." if search.manifold.lipschitz else "; `lipschitz` of the Manifold may."
        reason = "candidates"
    missed = _missed([p for p in found if not search.solved(p)], search)
    return SpuriousSearch(
        verdict,
        reason,
        text,
        tuple(proven),
        tuple(open_),
        tuple(missed),
        starts,
        converged,
        search.scale,
    )


def _is_beside(point: SpuriousPoint, d: int) -> bool:
    return point.regular and (point.distance_at_least > 0 or point.dimension > d)


def _missed(points: list[SpuriousPoint], search: Search) -> list[SpuriousPoint]:
    """Near-misses in order, the first of them with a proven distance if there is a way."""
    points.sort(key=lambda p: p.residual / p.distance_at_most)
    while points:
        best = search.bounded(points[0])
        if isinstance(best, SpuriousPoint):
            return [best, *points[1:]]
        del points[0]
    return points
