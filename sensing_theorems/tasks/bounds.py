r"""Bounds on m, G, k and other parameters, for several independent operators.

Each function takes what one statement speaks of, and returns its turning points along one axis;
an axis that a statement does not mention has none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from ..thresholds import Threshold

__all__ = ["dictionary", "full_rank", "moments", "samples", "subspace", "union", "whole_space"]

Cell = Mapping[str, int]
Value = Fraction | int | float


def whole_space(axis: str) -> tuple[Threshold, ...]:
    """A model that is all of R^n: nothing is left outside, so that it is always identified."""
    return (Threshold("exact", "derived", f"{axis} ≥ 1, as k ≥ n leaves nothing outside", 1),)


def _ratio(a: int, b: int) -> Value:
    """a/b for a > 0, infinite where b is not positive: so many of b would never make a."""
    return Fraction(a, b) if b > 0 else math.inf


def full_rank(cell: Cell, axis: str, generic: bool) -> tuple[Threshold, ...]:
    r"""G operators of m rows have a stack of rank n only if :math:`G m \ge n`.

    Necessary: Tachella, Chen, Davies, JMLR 2023. For Gaussian operators also sufficient, since the
    stack is a Gaussian matrix of G m rows (derived here).
    """
    kinds = [("necessary", "published")] + [("exact", "derived")] * generic
    if axis == "n":
        value: Value = cell["G"] * cell["m"]
        return tuple(Threshold(*kind, "n ≤ G m", value, upper=True) for kind in kinds)
    if axis not in ("m", "G"):
        return ()
    other = "G" if axis == "m" else "m"
    value, text = Fraction(cell["n"], cell[other]), f"{axis} ≥ n/{other}"
    return tuple(Threshold(*kind, text, value) for kind in kinds)


def subspace(cell: Cell, axis: str) -> tuple[Threshold, ...]:
    r"""Bounds for a k-dimensional subspace seen by G operators of m rows.

    ======================  =====================================================================
    :math:`G m \ge n`       necessary, for any model but R^n: Tachella, Chen, Davies, JMLR 2023
    :math:`G (m-k) \ge n-k` exact for almost all operators and k < n: derived here
    :math:`G (m-k) > n`     sufficient, for almost all operators: Tachella, Chen, Davies,
                            NeurIPS 2022, "m > k + n/G"
    ======================  =====================================================================

    Proof of the exact one: :math:`\hat X^\perp = \sum_g X^\perp \cap R_g`, with row spaces
    :math:`R_g` in general position. Each term is a generic subspace of :math:`X^\perp`, of
    dimension max(m - k, 0), so that their sum has dimension min(n - k, G max(m - k, 0)).
    """
    if axis != "k" and axis != "n" and cell["k"] >= cell["n"]:
        return whole_space(axis)
    if axis in ("m", "G"):
        exact = _exact(cell, axis)
        return (*full_rank(cell, axis, False), exact, _sufficient(cell, axis, True))
    if axis == "k":
        n, m, G = cell["n"], cell["m"], cell["G"]
        most: Value = Fraction(G * m - n, G - 1) if G > 1 else math.inf if m >= n else -math.inf
        text = "k ≤ (G m − n)/(G − 1), for k < n"
        # A subspace of k >= n dimensions is R^n, and identified.
        exact = Threshold("exact", "derived", text, most, upper=True, below=n)
        least = m - Fraction(n, G)
        text = "k < m − n/G"
        return exact, Threshold("sufficient", "published", text, least, strict=True, upper=True)
    if axis == "n":
        m, G, k = cell["m"], cell["G"], cell["k"]
        # A subspace of k dimensions is R^n, and identified, up to n = k.
        text = "n ≤ G m or n ≤ k"
        needed = Threshold("necessary", "published", text, max(k, G * m), upper=True)
        most = k + G * max(m - k, 0)
        text = "n ≤ k + G (m − k) or n ≤ k"
        exact = Threshold("exact", "derived", text, most, upper=True)
        text, value = "n < G (m − k) or n ≤ k", max(k + 1, G * (m - k))
        enough = Threshold("sufficient", "published", text, value, strict=True, upper=True)
        return needed, exact, enough
    return ()


def _exact(cell: Cell, axis: str, kind: str = "exact") -> Threshold:
    n, k = cell["n"], cell["k"]
    if axis == "m":
        return Threshold(kind, "derived", "m ≥ k + (n − k)/G", k + Fraction(n - k, cell["G"]))
    return Threshold(kind, "derived", "G ≥ (n − k)/(m − k)", _ratio(n - k, cell["m"] - k))


def _sufficient(cell: Cell, axis: str, strict: bool) -> Threshold:
    n, k = cell["n"], cell["k"]
    sign, status = (">", "published") if strict else ("≥", "derived")
    if axis == "m":
        value: Value = k + Fraction(n, cell["G"])
        return Threshold("sufficient", status, f"m {sign} k + n/G", value, strict=strict)
    value = _ratio(n, cell["m"] - k)
    return Threshold("sufficient", status, f"G {sign} n/(m − k)", value, strict=strict)


def union(cell: Cell, axis: str) -> tuple[Threshold, ...]:
    r"""Bounds for a union of k-dimensional subspaces seen by G operators of m rows.

    ========================  ===================================================================
    :math:`G m \ge n`         necessary: Tachella, Chen, Davies, JMLR 2023
    :math:`G (m-k) \ge n-k`   necessary for almost all operators: derived here
    :math:`G (m-k) \ge n`     sufficient for almost all operators and cones: derived here
    :math:`G (m-k) > n`       sufficient for almost all operators: Tachella, Chen, Davies,
                              NeurIPS 2022, "m > k + n/G"
    ========================  ===================================================================

    Proofs. Where the second fails, a piece S alone leaves :math:`\bigcap_g (S + N_g)` of more than
    k dimensions, which no other piece contains (see `subspace`). For the third, a signal z outside
    the cone X is consistent if :math:`A_g (z - x_g) = 0` with :math:`x_g \in X` for all g. Up to a
    common factor these tuples have n + G k - 1 dimensions, and all :math:`z - x_g \ne 0`, so that
    m G equations exclude them for almost all operators if :math:`m G \ge n + G k`.
    """
    if axis not in ("m", "G"):
        return ()
    if cell["k"] >= cell["n"]:
        return whole_space(axis)
    own = _exact(cell, axis, "necessary"), _sufficient(cell, axis, False)
    return (*full_rank(cell, axis, False), *own, _sufficient(cell, axis, True))


def moments(cell: Cell, axis: str) -> tuple[Threshold, ...]:
    r"""Bounds for the covariance of signals that fill R^n, seen by G operators of m rows.

    .. math:: G\, m (m+1) \ge n (n+1), \qquad G \ge 3 \text{ or } m \ge n

    Both necessary, derived here. The first counts the entries of the :math:`A_g \Sigma A_g^\top`
    and of :math:`\Sigma`. For the second, u and v in the null spaces of two operators make
    :math:`u v^\top + v u^\top`, which neither sees.
    """
    if axis not in ("m", "G"):
        return ()
    n, whole = cell["n"], cell["n"] * (cell["n"] + 1)
    if axis == "G":
        m = cell["m"]
        count = Fraction(whole, m * (m + 1))
        value: Value = count if m >= n else max(count, Fraction(3))
        text = "G ≥ n(n + 1)/(m(m + 1)), and G ≥ 3 if m < n"
    else:
        G = cell["G"]
        # The least m with m (m + 1) >= n (n + 1) / G, in integers.
        need = -(-whole // G)
        least = (math.isqrt(4 * need + 1) - 1) // 2
        value = n if G < 3 else least + (least * (least + 1) < need)
        text = "m(m + 1) ≥ n(n + 1)/G, and m ≥ n if G < 3"
    return (Threshold("necessary", "derived", text, value),)


def samples(cell: Cell, axis: str) -> tuple[Threshold, ...]:
    r"""Bounds for N samples that determine a k-dimensional subspace locally.

    .. math:: N (m - k) \ge k (n - k)

    necessary, derived here: every sample gives m - k equations for k (n - k) unknowns. Dealt in
    turn to G operators, there must be enough of them, :math:`G (m - k) \ge n - k`; and where j of
    them cannot be left out, :math:`(G - j)(m - k) < n - k`, any j must see k samples, or a motion
    :math:`u \varphi^\top` is left, with u unseen by the others and :math:`\varphi` orthogonal to
    the codes of the j (derived here, see `samples_needed`).
    """
    if axis not in ("N", "m"):
        return ()
    n, k = cell["n"], cell["k"]
    if k >= n:
        return whole_space(axis)
    if axis == "m":
        value: Value = k + Fraction(k * (n - k), cell["N"])
        return (Threshold("necessary", "derived", "m ≥ k + k(n − k)/N", value),)
    m, G = cell["m"], cell.get("G")
    count = _ratio(k * (n - k), m - k)
    found = (Threshold("necessary", "derived", "N ≥ k(n − k)/(m − k)", count),)
    if G is None:
        return found
    if G * (m - k) < n - k:
        return (*found, Threshold("necessary", "derived", "G (m − k) ≥ n − k", math.inf))
    # The least j with (G - j)(m - k) < n - k.
    j = G - (n - k - 1) // (m - k)
    rounds, rest = divmod(k, j)
    least = rounds * G + (G - j + rest if rest else 0)
    text = "k samples through any j operators, (G − j)(m − k) < n − k"
    return (*found, Threshold("necessary", "derived", text, least))


def dictionary(cell: Cell, axis: str) -> tuple[Threshold, ...]:
    r"""Necessary bounds on learning p atoms, k < min(n, p), from N samples through G operators.

    ==============================  =============================================================
    :math:`G m \ge n`               Tachella, Chen, Davies, JMLR 2023
    :math:`m \ge k + 1`             derived here
    :math:`G (m - 1) \ge n - 1`     derived here
    :math:`N (m - k) \ge p (n - 1)` derived here
    ==============================  =============================================================

    Nothing is sufficient here for every N: that no larger model fits, as `union` asks, leaves other
    dictionaries, and random supports may miss an atom, however many samples there are.

    Proofs, for almost all draws. If v is in all null spaces, D and :math:`D + v w^\top` measure
    the same. With m ≤ k rows, any k atoms of almost every other dictionary explain any measurement.
    If :math:`A_g u = c_g A_g d` for all g, with an atom d, then d + t u with coefficients divided
    by :math:`1 + t c_g` measures the same; modulo d these are m - 1 linear equations per operator
    for the n - 1 dimensions of u. In the last, each sample gives m equations for its k
    coefficients, and the atoms have n - 1 parameters each up to scale; where these are more, the
    solutions with the same supports are at least a curve, along which D changes, since for m ≥ k
    coefficients follow from D.
    """
    if axis not in ("m", "G", "N"):
        return ()
    n, k, p = cell["n"], cell["k"], cell["atoms"]
    if k >= min(n, p):
        return (Threshold("necessary", "derived", "k < n and k < atoms", math.inf),)
    if axis == "m":
        G, N = cell["G"], cell["N"]
        found: dict[str, Value] = {
            "m ≥ k + 1": k + 1,
            "m ≥ 1 + (n − 1)/G": 1 + Fraction(n - 1, G),
            "m ≥ k + atoms(n − 1)/N": k + Fraction(p * (n - 1), N),
        }
    else:
        m = cell["m"]
        lines, count = _ratio(n - 1, m - 1), _ratio(p * (n - 1), m - k)
        if axis == "G":
            found = {"G ≥ (n − 1)/(m − 1)": lines}
            other, fails = "N (m − k) ≥ atoms(n − 1)", cell["N"] < count
        else:
            found = {"N ≥ atoms(n − 1)/(m − k)": count}
            other, fails = "G (m − 1) ≥ n − 1", cell["G"] < lines
        if fails:
            found[other] = math.inf
    derived = (Threshold("necessary", "derived", text, value) for text, value in found.items())
    return (*(full_rank(cell, axis, False) if axis != "N" else ()), *derived)
