r"""Bounds on the rows m of one operator, seen through a group action.

Dimensions :math:`s_j` and multiplicities :math:`c_j` of irreps are those over ℂ.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from ..groups.action import GroupAction
from ..theorems import best_element
from ..thresholds import Threshold
from .bounds import whole_space

__all__ = ["Multiplicities", "full_rank_under", "invariant_subspace", "multiplicities", "orbit"]


class Multiplicities(NamedTuple):
    r"""What bounds ask of an action.

    Attributes
    ----------
    n : int
    ratio : Fraction
        :math:`\max_j c_j/s_j`.
    best : int
        :math:`\min_h \max_\lambda \operatorname{mult}_\lambda(T_h)` over the elements that were
        tried: :math:`\max_j c_j` if the group is cyclic.
    cyclic : bool
    regular : bool
        Whether the group is finite and cyclic, and has every irrep once.
    """

    n: int
    ratio: Fraction
    best: int
    cyclic: bool
    regular: bool


def multiplicities(action: GroupAction) -> Multiplicities:
    """Collect what bounds ask of an action."""
    table, cyclic = action.irreps, action.is_cyclic
    most = table.max_multiplicity
    best = most if cyclic else best_element(action)[0]
    regular = cyclic and action.finite and action.order == action.n and most == 1
    return Multiplicities(action.n, table.max_ratio, best, cyclic, regular)


def full_rank_under(own: Multiplicities, generic: bool) -> tuple[Threshold, ...]:
    r"""The stack of all :math:`A T_g` has rank n only if :math:`m \ge \max_j c_j/s_j`.

    Necessary: Tachella, Chen, Davies, JMLR 2023. For a Gaussian A also sufficient: the rank is
    :math:`\sum_j s_j \operatorname{rank} B_j` with generic blocks :math:`B_j` of
    :math:`m s_j \times c_j` entries (derived here, see `Irreps.generic_rank`).
    """
    kinds = [("necessary", "published")] + [("exact", "derived")] * generic
    return tuple(Threshold(*kind, "m ≥ max c/s", own.ratio) for kind in kinds)


def invariant_subspace(k: int, gap: int, own: Multiplicities) -> tuple[Threshold, ...]:
    r"""Bounds for a k-dimensional subspace that a cyclic group keeps, with :math:`d_j` copies.

    .. math:: m \ge k + \max_j \frac{c_j - d_j}{s_j}

    exact for almost all A and k < n, derived here: the rows of A that vanish on X are, for generic
    A, m - k generic vectors of :math:`X^\perp`, which has :math:`c_j - d_j` copies; their orbit
    spans it exactly if :math:`(m - k) s_j \ge c_j - d_j` for all j, as in `full_rank_under`.

    Parameters
    ----------
    k : int
    gap : int
        :math:`\max_j (c_j - d_j)`; :math:`s_j = 1` since the group is cyclic.
    own : Multiplicities
    """
    if k >= own.n:
        return whole_space("m")
    exact = Threshold("exact", "derived", "m ≥ k + max (c − d)/s", k + gap)
    return (*full_rank_under(own, False), exact, *_cyclic(k, own, False))


def orbit(k: int, own: Multiplicities) -> tuple[Threshold, ...]:
    r"""Bounds for the union of all :math:`T_g X_0`, with a random k-dimensional :math:`X_0`.

    .. math:: m \ge \min(n,\; k + \max_j c_j/s_j)

    is necessary for almost all A and :math:`X_0`, k < n; derived here. Where the group has every
    irrep once and is cyclic of order n ≥ 3, as of the shifts, k = 1 needs m ≥ 3 (derived here).

    Notes
    -----
    Proof of the first. Let m < n, m > k, and let W be the m - k dimensions of row A that vanish on
    :math:`X_0`, generic in :math:`X_0^\perp`. All z orthogonal to the orbit of W have
    :math:`T_g z \in X_0 + \operatorname{null} A` for all g, so that they are consistent. They are
    an invariant subspace Z with :math:`c_j - \min(c_j, s_j (m-k))` copies of the irrep j. If
    :math:`s_j (m - k) < c_j`, this is more than the :math:`c_j - \min(c_j, s_j (n - k))` of the
    largest invariant subspace in :math:`X_0`; hence Z is in no piece :math:`T_g X_0`. For m ≤ k,
    :math:`X_0 + \operatorname{null} A` is everything.

    Proof of the second. Change coordinates so that T is the shift of R^n. Let m = 2, with rows p
    and q of A, and let :math:`X_0` be spanned by x. With the reversal :math:`(J x)_i = x_{-i}` and
    circulant matrices :math:`F_p, F_q`, which commute, :math:`\langle p, T^i z \rangle =
    (F_p J z)_i`. Consistent is every z with :math:`A T^i z` parallel to :math:`A T^{a(i)} x` for
    some function a, that is

    .. math:: (D_{\beta \circ a} F_p - D_{\alpha \circ a} F_q)\, J z = 0, \qquad
              \alpha = F_p J x,\ \beta = F_q J x,

    with diagonal matrices D. For a(i) = i, x solves it, so that the matrix is singular. For
    a(i) = -i, J on both sides makes it :math:`D_\beta F_p^\top - D_\alpha F_q^\top`, whose
    transpose :math:`F_p D_\beta - F_q D_\alpha = F_p (D_\beta D_\alpha^{-1} - F_q F_p^{-1})
    D_\alpha` is singular as well, since :math:`D_\beta F_p - D_\alpha F_q =
    D_\alpha (D_\beta D_\alpha^{-1} - F_q F_p^{-1}) F_p` is. The z found is in no :math:`T^h X_0`:
    for n ≥ 3 some i has :math:`i + h \ne -i` modulo n, and :math:`A T^{i+h} x` is not parallel to
    :math:`A T^{-i} x`.

    Measured, and not proved: where a cyclic group has every irrep c times, outcomes turn at
    :math:`m = \min(n, k + c)`, up to n = 12 for c > 1 and n = 8 for c = 1; but for c = 1 they turn
    at k + 2 where k = 1, n ≥ 3, and where k = n - 2 and n is odd. The spurious signals of the last
    case belong to a(i) = i/2 modulo n.

    For given k, m and action almost all draws have one outcome, since null spaces of matrices that
    depend rationally on A and :math:`X_0` decide.
    """
    if k >= own.n:
        return whole_space("m")
    value = min(Fraction(own.n), k + own.ratio)
    found = Threshold("necessary", "derived", "m ≥ min(n, k + max c/s)", value)
    lines: tuple[Threshold, ...] = ()
    if own.regular and k == 1 and own.n >= 3:
        text = "m ≥ 3, for k = 1 and every irrep once"
        lines = (Threshold("necessary", "derived", text, 3),)
    return (*full_rank_under(own, False), found, *lines, *_cyclic(k, own, True))


def _cyclic(k: int, own: Multiplicities, cone: bool) -> tuple[Threshold, ...]:
    r"""Sufficient bounds on any invariant model of dimension k.

    Published for cyclic groups: :math:`m > 2k + \max_j c_j + 1` (Tachella, Chen, Davies, JMLR
    2023). Derived here: :math:`m > 2k + c` with the best c of a single element, for any group, see
    `sensing_theorems.any_group`. On cones equality is enough, since bad tuples can be scaled, and
    m ≥ n always is.
    """
    value = 2 * k + own.best
    found: tuple[Threshold, ...] = ()
    if own.cyclic:
        text = "m > 2k + max c + 1"
        found = (Threshold("sufficient", "published", text, value + 1, strict=True),)
    if cone:
        text = "m ≥ min(n, 2k + min max mult T_h)"
        return (Threshold("sufficient", "derived", text, min(own.n, value)), *found)
    text = "m > 2k + min max mult T_h"
    return (Threshold("sufficient", "derived", text, value, strict=True), *found)
