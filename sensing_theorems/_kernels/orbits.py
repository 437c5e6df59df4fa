r"""Orbits of commuting signed permutations."""

from __future__ import annotations

import numpy as np

from ._jit import njit

__all__ = ["abelian_orbits"]


@njit
def abelian_orbits(
    images: np.ndarray, signs: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    r"""Walk every orbit of commuting generators in mixed-radix order.

    On the orbit of a base vector :math:`e_0` the generators satisfy
    :math:`T_i^{t_i} e_0 = \sigma_i \prod_{j<i} T_j^{a_{ij}} e_0` with the smallest
    :math:`t_i \ge 1`, so that its points are :math:`T^{e} e_0`, :math:`0 \le e_i < t_i`, with
    :math:`e_1` running fastest.

    Parameters
    ----------
    images, signs : ndarray of int64, shape (k, n)
        :math:`T_i e_p = ` ``signs[i, p]`` :math:`e_{\text{images}[i, p]}`.

    Returns
    -------
    points, transport : ndarray of int64, shape (n,)
        Orbits one after the other, and the sign with which each point is reached.
    starts : ndarray of int64, shape (n_orbits,)
    periods, flips : ndarray of int64, shape (n_orbits, k)
        t_i, and 1 where sigma_i = -1.
    relations : ndarray of int64, shape (n_orbits, k, k)
        a_ij, zero for j >= i.
    """
    k, n = images.shape
    points = np.empty(n, np.int64)
    transport = np.empty(n, np.int64)
    place = np.full(n, -1, np.int64)
    owner = np.full(n, -1, np.int64)
    starts = np.empty(n, np.int64)
    periods = np.ones((n, k), np.int64)
    flips = np.zeros((n, k), np.int64)
    relations = np.zeros((n, k, k), np.int64)
    filled = 0
    n_orbits = 0
    for base in range(n):
        if owner[base] >= 0:
            continue
        start = filled
        starts[n_orbits] = start
        points[filled] = base
        transport[filled] = 1
        owner[base] = n_orbits
        place[base] = 0
        filled += 1
        for i in range(k):
            layer = filled - start
            copy = start
            while True:
                head = images[i, points[copy]]
                sign = signs[i, points[copy]] * transport[copy]
                if owner[head] == n_orbits:
                    landing = place[head]
                    flips[n_orbits, i] = 1 if sign != transport[start + landing] else 0
                    for j in range(i):
                        relations[n_orbits, i, j] = landing % periods[n_orbits, j]
                        landing //= periods[n_orbits, j]
                    break
                for q in range(layer):
                    source = points[copy + q]
                    target = images[i, source]
                    points[filled] = target
                    transport[filled] = signs[i, source] * transport[copy + q]
                    owner[target] = n_orbits
                    place[target] = filled - start
                    filled += 1
                copy += layer
                periods[n_orbits, i] += 1
        n_orbits += 1
    return (
        points,
        transport,
        starts[:n_orbits],
        periods[:n_orbits],
        flips[:n_orbits],
        relations[:n_orbits],
    )
