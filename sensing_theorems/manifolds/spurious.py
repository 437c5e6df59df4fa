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
_SOLVED = 1e-12  # residual that rounding explains, beside the size of the model


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
    """Part what fits from what nearly fits."""
    solved = [p for p in found if p.residual <= _SOLVED * search.scale]
    missed = [p for p in found if p.residual > _SOLVED * search.scale]
    missed.sort(key=lambda p: p.residual / p.distance)
    verdict, reason = Verdict.UNDECIDED, "none_found"
    text = f"{starts} starts found no signal beside the model that fits; others may exist."
    if solved and search.views.clear:
        text = f"{len(solved)} signals were found beside the model that fit every operator."
        verdict, reason = Verdict.NOT_IDENTIFIABLE, "spurious_points"
    elif solved:
        text = "Signals were found that fit all rows but those that rounding may have made."
        reason = "numerically_unclear"
    return SpuriousSearch(
        verdict,
        reason,
        text,
        tuple(solved),
        tuple(missed),
        starts,
        converged,
        search.scale,
    )
