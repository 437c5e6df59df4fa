r"""Orbits of any group of signed permutations: of points, up to equivalence, and of pairs."""

from __future__ import annotations

import numpy as np

from ._jit import njit

__all__ = ["cycle_lengths", "equivalent_orbits", "label_pairs", "products"]


@njit
def cycle_lengths(images: np.ndarray, signs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Number of cycles of every length, closing with a plus and with a minus sign.

    Parameters
    ----------
    images : ndarray of int64, shape (n,)
    signs : ndarray of int8, shape (n,)
        :math:`T e_p = ` ``signs[p]`` :math:`e_{\text{images}[p]}`.

    Returns
    -------
    plus, minus : ndarray of int64, shape (n + 1,)
    """
    n = images.size
    plus, minus = np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64)
    seen = np.zeros(n, np.bool_)
    for base in range(n):
        at, length, sign = base, 0, 1
        while not seen[at]:
            seen[at] = True
            sign *= signs[at]
            at = images[at]
            length += 1
        if length:
            if sign > 0:
                plus[length] += 1
            else:
                minus[length] += 1
    return plus, minus


@njit
def equivalent_orbits(
    images: np.ndarray, signs: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    r"""Sort coordinates by orbit, and orbits that carry equal representations side by side.

    Two orbits are equivalent if a signed bijection :math:`\varphi e_p = \sigma_p e_{\varphi(p)}`
    satisfies :math:`\varphi T_g = T_g \varphi` for every generator. It is determined by the image
    of one point, so that all are tried.

    Parameters
    ----------
    images, signs : ndarray of int64, shape (k, n)
        :math:`T_g e_p = ` ``signs[g, p]`` :math:`e_{\text{images}[g, p]}`.

    Returns
    -------
    points, carried : ndarray of int64, shape (n,)
        Orbits one after the other; position i of an orbit is the image of position i of the first
        orbit of its type, with this sign.
    starts, types : ndarray of int64, shape (n_orbits,)
        Where each orbit begins, and the number of its type; types count from 0 as they come.
    """
    k, n = images.shape
    points = np.empty(n, np.int64)
    carried = np.ones(n, np.int64)
    starts = np.empty(n, np.int64)
    types = np.empty(n, np.int64)
    first = np.empty(n, np.int64)  # orbit number of the first orbit of each type
    sizes = np.empty(n, np.int64)
    # How the walk reached a point of the orbit: from which position, by which generator.
    parent = np.empty(n, np.int64)
    step = np.empty(n, np.int64)
    place = np.full(n, -1, np.int64)
    trial = np.empty(n, np.int64)
    trial_sign = np.empty(n, np.int64)
    filled, n_orbits, n_types = 0, 0, 0
    for base in range(n):
        if place[base] >= 0:
            continue
        start = filled
        points[filled], parent[filled], step[filled] = base, -1, -1
        place[base] = filled
        filled += 1
        at = start
        while at < filled:
            for g in range(k):
                target = images[g, points[at]]
                if place[target] < 0:
                    place[target] = filled
                    points[filled], parent[filled], step[filled] = target, at, g
                    filled += 1
            at += 1
        size = filled - start
        own = -1
        for t in range(n_types):
            if sizes[first[t]] != size:
                continue
            origin = starts[first[t]]
            for candidate in range(start, filled):
                trial[0], trial_sign[0] = points[candidate], 1
                for i in range(1, size):
                    above = parent[origin + i] - origin
                    g = step[origin + i]
                    source = points[origin + above]
                    trial[i] = images[g, trial[above]]
                    trial_sign[i] = trial_sign[above] * signs[g, trial[above]] * signs[g, source]
                agrees = True
                for i in range(size):
                    source = points[origin + i]
                    for g in range(k):
                        j = place[images[g, source]] - origin
                        if images[g, trial[i]] != trial[j] or (
                            signs[g, trial[i]] * trial_sign[i] != signs[g, source] * trial_sign[j]
                        ):
                            agrees = False
                            break
                    if not agrees:
                        break
                if agrees:
                    own = t
                    break
            if own >= 0:
                break
        if own < 0:
            own = n_types
            first[own] = n_orbits
            n_types += 1
        else:
            for i in range(size):
                points[start + i], carried[start + i] = trial[i], trial_sign[i]
                place[trial[i]] = start + i
        starts[n_orbits], types[n_orbits], sizes[n_orbits] = start, own, size
        n_orbits += 1
    return points, carried, starts[:n_orbits], types[:n_orbits]


@njit
def label_pairs(
    images: np.ndarray, signs: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    r"""Orbitals: orbits of index pairs (p, q), with the sign of each pair.

    The matrices :math:`A_k` with entry :math:`\pm 1` on the pairs of orbital k commute with every
    :math:`T_g` and form a basis of all that do. A pair that some element maps to its own negative
    carries no invariant.

    Parameters
    ----------
    images, signs : ndarray of int64, shape (k, n)
        :math:`T_g e_p = ` ``signs[g, p]`` :math:`e_{\text{images}[g, p]}`.

    Returns
    -------
    labels : ndarray of int32, shape (n, n)
        Number of the orbital; -1 where it vanishes.
    entries : ndarray of int8, shape (n, n)
        The entry of :math:`A_k`; 0 where it vanishes. It is 1 at the first pair.
    firsts, sizes : ndarray of int64, shape (d,)
        First pair p n + q of every orbital in row-major order, and its number of pairs.
    """
    k, n = images.shape
    labels = np.full((n, n), -2, np.int32)
    entries = np.zeros((n, n), np.int8)
    rows, columns = np.empty(n * n, np.int32), np.empty(n * n, np.int32)
    firsts = np.empty(n * n, np.int64)
    sizes = np.empty(n * n, np.int64)
    d = 0
    for p in range(n):
        for q in range(n):
            if labels[p, q] != -2:
                continue
            labels[p, q], entries[p, q] = d, 1
            rows[0], columns[0] = p, q
            head, filled, alive = 0, 1, True
            while head < filled:
                a, b = rows[head], columns[head]
                head += 1
                for g in range(k):
                    c, e = images[g, a], images[g, b]
                    entry = entries[a, b] * signs[g, a] * signs[g, b]
                    if labels[c, e] == -2:
                        labels[c, e], entries[c, e] = d, entry
                        rows[filled], columns[filled] = c, e
                        filled += 1
                    elif entries[c, e] != entry:
                        alive = False
            if alive:
                firsts[d], sizes[d] = p * n + q, filled
                d += 1
            else:
                for i in range(filled):
                    labels[rows[i], columns[i]], entries[rows[i], columns[i]] = -1, 0
    return labels, entries, firsts[:d].copy(), sizes[:d].copy()


@njit
def products(
    labels: np.ndarray,
    entries: np.ndarray,
    firsts: np.ndarray,
    weights: np.ndarray,
    from_left: bool,
) -> np.ndarray:
    r"""Coefficients of :math:`X A_j` or :math:`A_j X` in the basis of orbitals, for every j.

    With :math:`X = \sum_i w_i A_i` and the first pair (p, q) of orbital k,

    .. math:: (X A_j)_{pq} = \sum_z X_{pz} (A_j)_{zq}, \qquad
              (A_j X)_{pq} = \sum_z (A_j)_{pz} X_{zq}

    Parameters
    ----------
    labels, entries, firsts : ndarrays
        As `label_pairs` returns them.
    weights : ndarray of complex128, shape (d,)
        w.
    from_left : bool
        Whether X stands on the left.

    Returns
    -------
    ndarray of complex128, shape (d, d)
        Entry (k, j).
    """
    n, d = labels.shape[0], firsts.size
    out = np.zeros((d, d), np.complex128)
    for k in range(d):
        p, q = firsts[k] // n, firsts[k] % n
        for z in range(n):
            i, j = labels[p, z], labels[z, q]
            if i < 0 or j < 0:
                continue
            entry = entries[p, z] * entries[z, q]
            if from_left:
                out[k, j] += weights[i] * entry
            else:
                out[k, i] += weights[j] * entry
    return out
