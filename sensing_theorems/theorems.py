r"""The theorems, one function each, in the order of the papers.

Every function takes a `Problem` and returns a `Check`: the two sides of its condition for this
problem, and whether it holds. Three kinds, told apart everywhere:

* *necessary*: where it fails, no method can identify the model, whatever it is;
* *exact*: a property of the given operator that decides what it says;
* *sufficient*: holds for almost every operator, so it decides only for operators that are generic,
  and its failure says nothing.

Published statements cite their paper. Those with status ``"derived"`` were derived for this
package; their proof is in the docstring, and they never decide a verdict.

References
----------
.. [JMLR23] J. Tachella, D. Chen, M. Davies, "Sensing Theorems for Unsupervised Learning in Linear
   Inverse Problems", Journal of Machine Learning Research 24(39), 2023.
.. [NeurIPS22] J. Tachella, D. Chen, M. Davies, "Unsupervised Learning From Incomplete Measurements
   for Inverse Problems", NeurIPS 2022.
.. [SYC91] T. Sauer, J. Yorke, M. Casdagli, "Embedology", Journal of Statistical Physics 65, 1991.
"""

from __future__ import annotations

import itertools
from fractions import Fraction

from . import evidence
from .check import THEOREMS, Answer, Check, Number, Theorem, theorem
from .groups.action import GroupAction
from .groups.element import Element
from .groups.orders import order_text
from .problem import Problem

__all__ = [
    "THEOREMS",
    "Check",
    "Number",
    "Theorem",
    "any_group",
    "cyclic_group",
    "effective_group",
    "equivariant_operator",
    "generic_operators",
    "irrep_multiplicity",
    "known_model",
    "measurement_consistency",
    "measurement_count",
    "stacked_rank",
    "virtual_rank",
]


@theorem(
    "exact",
    "f(y) = A⁺y + v(y) fits all measurements for every v into null A; unique only if rank A = n",
    "the null-space result in Tachella, Chen, Davies, JMLR 2023",
)
def measurement_consistency(problem: Problem) -> Answer:
    r"""Freedom that measurement consistency leaves: the null space of A.

    .. math:: A f(y) = y \quad\text{for}\quad f(y) = A^+ y + v(y),\ v: \mathbb{R}^m \to
              \operatorname{null} A \text{ arbitrary}

    for data with :math:`A A^+ y = y`. Sides: the largest rank of an operator against n. Where they
    are equal, that operator alone shows every signal, and nothing has to be learned.
    """
    ranks = evidence.operator_ranks(problem)
    known = [r for r in ranks if r is not None]
    bound = max(evidence.measurements(problem))
    if known and max(known) == problem.n:
        return True, problem.n, problem.n, "an operator is injective"
    if bound >= problem.n:
        return None, None, problem.n, "the rank of A was not computed, or shows no gap"
    free = problem.n - bound
    return False, bound, problem.n, f"at least {free} dimensions of the signal are free"


@theorem(
    "sufficient",
    "m > 2k: almost every A is one-to-one on a known model of box dimension k",
    "Sauer, Yorke, Casdagli 1991; used in Tachella, Chen, Davies, JMLR 2023",
    target="recovery",
)
def known_model(problem: Problem) -> Answer:
    r"""Signal recovery on a known model.

    .. math:: m > 2k

    for almost every :math:`A \in \mathbb{R}^{m \times n}`, since X - X has box dimension at most
    2k. With several operators each signal is seen by one of them, so the smallest m counts.
    """
    m = min(evidence.measurements(problem))
    k = problem.exact_dim
    if k is None:
        return None, m, None, "k is unknown"
    rhs = 2 * k
    return _sufficient(problem, m > rhs, m, rhs, f"m = {m}, k = {float(k):g}")


@theorem(
    "necessary",
    "rank [A_1; …; A_G] = n",
    "Tachella, Chen, Davies, JMLR 2023, necessary condition for several operators",
)
def stacked_rank(problem: Problem) -> Answer:
    r"""Necessary for several operators.

    .. math:: \operatorname{rank}[A_1; \dots; A_{|G|}] = n

    Where it fails, a signal v is invisible to all of them, and X and X + span(v) give the same
    measurement sets. Exact for the given operators.
    """
    if problem.action is not None:
        return None, None, problem.n, "the operators come with a group: see virtual_rank"
    return _rank_condition(problem)


@theorem(
    "necessary",
    "m_1 + … + m_G ≥ n, hence m ≥ n/|G|",
    "Tachella, Chen, Davies, JMLR 2023, necessary condition for several operators",
)
def measurement_count(problem: Problem) -> Answer:
    r"""Count of measurements, the dimension shadow of the rank condition.

    .. math:: \sum_g m_g \ge n, \quad\text{for equal sizes}\quad m \ge n/|G|

    Under an action, |G| virtual operators :math:`A T_g` of m rows each.
    """
    G, m = problem.order, sum(evidence.measurements(problem))
    if problem.action is None:
        return m >= problem.n, m, problem.n, f"{len(problem.operators)} operators"
    rhs = Fraction(problem.n, G) if problem.action.finite else Fraction(0)
    return m >= rhs, m, rhs, f"m = {m}, |G| = {order_text(G)}"


@theorem(
    "necessary",
    "rank [A T_g]_{g in G} = n",
    "Tachella, Chen, Davies, JMLR 2023, necessary condition for a group action",
)
def virtual_rank(problem: Problem) -> Answer:
    r"""Necessary under a group action.

    .. math:: \operatorname{rank}[A T_g]_{g \in G} = n

    Exact for the given operator. Where it fails, the invisible signals form a G-invariant subspace
    that can be added to the model without changing a measurement.
    """
    if problem.action is None:
        return None, None, problem.n, "no action was given: see stacked_rank"
    return _rank_condition(problem)


def _rank_condition(problem: Problem) -> Answer:
    found = evidence.stack(problem)
    holds = found.full if found.clear else None
    unclear = "" if found.clear else f"; {found.note or 'the singular values show no gap'}"
    about = f"rank ± {found.rank_error:.1f}, " if found.rank_error else ""
    detail = f"{about}method {found.method}, gap {found.gap:.1e}{unclear}"
    return holds, found.rank, problem.n, detail


@theorem(
    "necessary",
    "m ≥ max_j c_j/s_j over the irreps of the action (complex multiplicities)",
    "Tachella, Chen, Davies, JMLR 2023, necessary condition for a group action",
)
def irrep_multiplicity(problem: Problem) -> Answer:
    r"""Count per irrep, the dimension shadow of the rank condition under a group.

    .. math:: m \ge \max_j c_j / s_j \ge n/|G|

    with dimensions :math:`s_j` and multiplicities :math:`c_j` over ℂ. Necessary only: a structured
    A of many rows can still fail the rank.
    """
    table = evidence.irreps(problem)
    m = sum(evidence.measurements(problem))
    if table is None:
        return None, m, None, _no_irreps(problem)
    rhs = table.max_ratio
    return m >= rhs, m, rhs, f"m = {m}, max c/s = {rhs}"


@theorem(
    "necessary",
    "A is not equivariant to the whole group, unless rank A = n",
    "Tachella, Chen, Davies, JMLR 2023, corollary on equivariant operators",
)
def equivariant_operator(problem: Problem) -> Answer:
    r"""An equivariant operator cannot be learned from.

    .. math:: A T_g = \tilde T_g A \ \forall g \;\Rightarrow\;
              \operatorname{rank}[A T_g]_g = \operatorname{rank} A

    Sides: rank of the stack against rank of A. The converse fails: see `virtual_rank`.
    """
    if problem.action is None:
        return None, None, None, "no action was given"
    found, same = evidence.stack(problem), evidence.equivariant(problem)
    if same is None or not found.clear:
        return None, None, None, "equivariance could not be decided numerically"
    if same:
        detail = "A is equivariant: the group brings nothing new"
        return found.full, found.rank, found.rank, detail
    ranks = evidence.operator_ranks(problem)
    alone = ranks[0] if len(ranks) == 1 else None
    return True, found.rank, alone, "A is not equivariant"


@theorem(
    "sufficient",
    "m > k + n/|G|: identifiable for almost every A_1, …, A_|G|",
    "Tachella, Chen, Davies, NeurIPS 2022, sufficient condition for several operators",
)
def generic_operators(problem: Problem) -> Answer:
    r"""Sufficient for independent operators.

    .. math:: m > k + n/|G|

    for almost every tuple of operators. With unequal numbers of rows it is applied to the G'
    largest, m being the smallest of these, for the best G'. It speaks of independent operators and
    not of the :math:`A T_g` of one A.
    """
    if len(problem.operators) < 2:
        return None, None, None, "one operator: the statement speaks of independent ones"
    k = problem.exact_dim
    if k is None:
        return None, min(evidence.measurements(problem)), None, "k is unknown"
    m, G = max(largest_subsets(problem), key=lambda s: s[0] - Fraction(problem.n, s[1]))
    rhs = k + Fraction(problem.n, G)
    return _sufficient(problem, m > rhs, m, rhs, f"m = {m}, k = {float(k):g}, {G} operators")


def largest_subsets(problem: Problem) -> list[tuple[int, int]]:
    """Smallest number of rows among the G' largest operators, with G'."""
    sizes = sorted(evidence.measurements(problem), reverse=True)
    return [(m, G) for G, m in enumerate(sizes, start=1)]


@theorem(
    "sufficient",
    "m > 2k + max_j c_j + 1: identifiable for almost every A, G cyclic",
    "Tachella, Chen, Davies, JMLR 2023, sufficient condition for a compact cyclic group",
)
def cyclic_group(problem: Problem) -> Answer:
    r"""Sufficient under a cyclic group and a G-invariant model.

    .. math:: m > 2k + \max_j c_j + 1

    for almost every A. Shifts along two axes are not a cyclic group unless the sizes are coprime.
    With several operators it is applied to the one with most rows.

    A compact group counts as cyclic if one element generates a dense subgroup, as of the rotations
    of the plane. An action of a finite group that is not orthogonal becomes so in other
    coordinates, and almost every A stays almost every A there.
    """
    m = max(evidence.measurements(problem))
    table = evidence.irreps(problem)
    if problem.action is None or table is None:
        return None, m, None, _no_irreps(problem)
    if not problem.action.is_cyclic:
        return None, m, None, f"{problem.action.name} is not known to be cyclic"
    k = problem.exact_dim
    if k is None:
        return None, m, None, "k is unknown"
    rhs = 2 * k + table.max_multiplicity + 1
    detail = f"m = {m}, k = {float(k):g}, max c = {table.max_multiplicity}"
    return _sufficient(problem, m > rhs, m, rhs, detail)


@theorem(
    "sufficient",
    "m > 2k + min_h max_λ mult_λ(T_h): identifiable for almost every A, any compact G",
    "derived here from the proof for cyclic groups, applied to the subgroup of one element",
    status="derived",
)
def any_group(problem: Problem) -> Answer:
    r"""Sufficient for any finite or compact group, through its best single element.

    .. math:: m > 2k + \min_{h \in G} \max_\lambda \operatorname{mult}_\lambda(T_h)

    Notes
    -----
    Derived here, not published. A G-invariant model is invariant under the cyclic group of each h,
    so it is enough to prove the cyclic case with :math:`c = \max_\lambda
    \operatorname{mult}_\lambda(T_h)` and without the "+1". Proof sketch: a spurious z gives
    :math:`v_i = z - x_i'` with :math:`A T^i v_i = 0`. Let r be the first index at which
    :math:`T^r v_r` depends on the earlier :math:`T^i v_i`; then :math:`p(T) z = q(a, x')` for a
    polynomial p of degree r. Each root of p is either no eigenvalue of T (one free parameter, no
    kernel) or an eigenvalue (no parameter, kernel of dimension at most c >= 1), so the bad set has
    dimension at most (r+1) k + r max(1, c), against r m equations; r = 1 is the worst case. Only
    some h are tried, which keeps the bound valid and may leave it loose.
    """
    m = max(evidence.measurements(problem))
    if problem.action is None:
        return None, m, None, "no action was given"
    c, name = best_element(problem.action)
    k = problem.exact_dim
    if k is None:
        return None, m, None, f"k is unknown; best element: {name}, multiplicity {c}"
    rhs = 2 * k + c
    detail = f"m = {m}, k = {float(k):g}, best element: {name}, multiplicity {c}"
    return _sufficient(problem, m > rhs, m, rhs, detail)


@theorem(
    "necessary",
    "|G:H| (rank A - k) ≥ n - k for linear models on which A is one-to-one; H keeps null A",
    "derived here: only |G:H| of the virtual operators differ",
    status="derived",
)
def effective_group(problem: Problem) -> Answer:
    r"""Count with the effective group: elements that map null A to itself bring nothing new.

    .. math:: |G:H|\,(r - k) \ge n - k, \qquad H = \{g : T_g \operatorname{null} A =
              \operatorname{null} A\},\ r = \operatorname{rank} A

    Notes
    -----
    Derived here, not published. Proof sketch: let X be a k-dimensional G-invariant subspace with
    A one-to-one on X. The largest set consistent with all data is the subspace
    :math:`\bigcap_g (X + \operatorname{null} A T_g)`. Each term has codimension r - k, and
    :math:`A T_g` and :math:`A T_{hg}` give the same term for h in H, so the codimension of the
    intersection is at most |G:H| (r - k); identification needs n - k. For k = 0 this is
    :math:`r\,|G:H| \ge n`, which holds for every model. It counts dimensions only: invariant
    subspaces that it admits may still not be identified.
    """
    ranks = evidence.operator_ranks(problem)
    if problem.action is None or len(ranks) > 1:
        return None, None, None, "stated for one operator and a group"
    # H is the dearer of the two, and of no use without the rank.
    subgroup = None if ranks[0] is None else evidence.stabilising_subgroup(problem)
    if subgroup is None or ranks[0] is None:
        return None, None, None, "H or rank A was not computed, or shows no gap"
    k = problem.exact_dim or Fraction(0)
    if not isinstance(subgroup.index, int):
        return None, None, problem.n - k, f"H: {subgroup.name}; |G:H| = ∞ bounds nothing"
    lhs, rhs = subgroup.index * (ranks[0] - k), problem.n - k
    limit = _linear_limit(subgroup.index, ranks[0], problem.n)
    reach = (
        "no linear model at all" if limit is None else f"k ≤ {limit} is necessary for linear models"
    )
    detail = f"H: {subgroup.name}, |G:H| = {subgroup.index}, rank A = {ranks[0]}; {reach}"
    return lhs >= rhs, lhs, rhs, detail


def _linear_limit(index: int, rank: int, n: int) -> int | None:
    """Largest k with index·(rank - k) >= n - k."""
    if index * rank < n:
        return None
    return rank if index == 1 else min(rank, (index * rank - n) // (index - 1))


def _sufficient(problem: Problem, met: bool, lhs: Number, rhs: Number, detail: str) -> Answer:
    """Answer of an almost-every theorem: silent unless the operators are generic and real."""
    if problem.field == "complex":
        return None, lhs, rhs, f"{detail}; the theorem is stated for real signals"
    if evidence.is_generic(problem):
        return met, lhs, rhs, detail
    why = evidence.refutation(problem) if evidence.claimed_generic(problem) else None
    silent = why or "nobody says that the operators are generic"
    word = "met" if met else "not met"
    return None, lhs, rhs, f"{detail}; inequality {word}, theorem silent: {silent}"


def _no_irreps(problem: Problem) -> str:
    return "no action was given" if problem.action is None else "the irreps are not known"


def best_element(action: GroupAction) -> tuple[int, str]:
    """Smallest largest-eigenvalue multiplicity among a few elements, and the element."""
    generators = action.generators
    tried: list[tuple[str, Element]] = [(f"generator {i + 1}", g) for i, g in enumerate(generators)]
    for i, j in itertools.combinations(range(len(generators)), 2):
        tried.append((f"generators {i + 1}·{j + 1}", generators[i] @ generators[j]))
    if len(generators) > 2:
        whole = generators[0]
        for g in generators[1:]:
            whole = whole @ g
        tried.append(("product of the generators", whole))
    return min(((h.largest_eigenspace(), name) for name, h in tried), key=lambda found: found[0])
