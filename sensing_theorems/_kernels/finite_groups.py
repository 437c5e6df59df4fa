r"""Finite groups of permutations, element by element.

A base is a list of points :math:`b_1, \dots, b_r` that only the identity fixes all of; an element
is known by its key, the images :math:`g(b_1), \dots, g(b_r)`. Keys are found by open addressing,
and a hit always compares the whole key: a hash decides nothing.
"""

from __future__ import annotations

import numpy as np

from ._jit import njit

__all__ = ["class_matrix", "conjugacy_classes", "cycle_orders", "enumerate_elements", "find_all"]

_MIX = 1327217885
_LOW = 0x7FFFFFFF


@njit
def _find(key: np.ndarray, keys: np.ndarray, slots: np.ndarray) -> int:
    """Return the element with this key, or -1 - (the free slot where it would go)."""
    mixed = 0
    for t in range(key.size):
        # Factors stay below 2^31, so that plain Python integers of NumPy do not overflow either.
        mixed = (mixed ^ int(key[t])) * _MIX
        mixed = (mixed ^ (mixed >> 31)) & _LOW
    slot = mixed & (slots.size - 1)
    while slots[slot] >= 0:
        g = slots[slot]
        same = True
        for t in range(key.size):
            if keys[g, t] != key[t]:
                same = False
                break
        if same:
            return int(g)
        slot = (slot + 1) & (slots.size - 1)
    return -1 - slot


@njit
def _listed(keys: np.ndarray, count: int, capacity: int) -> np.ndarray:
    """Slots for the first `count` keys, at most half full with `capacity` of them."""
    size = 16
    while size < 2 * capacity:
        size *= 2
    slots = np.full(size, -1, np.int32)
    for g in range(count):
        slots[-1 - _find(keys[g], keys, slots)] = g
    return slots


@njit
def _keys(rows: np.ndarray, count: int, base: np.ndarray) -> np.ndarray:
    """Images of the base under the first `count` elements, with room for all rows."""
    keys = np.empty((rows.shape[0], base.size), rows.dtype)
    for t in range(base.size):
        keys[:count, t] = rows[:count, base[t]]
    return keys


@njit
def _difference(outer: np.ndarray, inner: np.ndarray, other: np.ndarray) -> int:
    """First point where outer∘inner differs from `other`, or -1."""
    for p in range(inner.size):
        if outer[inner[p]] != other[p]:
            return p
    return -1


@njit
def _longer(array: np.ndarray, length: int) -> np.ndarray:
    """Copy with room for `length` rows."""
    larger = np.empty((length, array.shape[1]), array.dtype)
    larger[: array.shape[0]] = array
    return larger


@njit
def enumerate_elements(
    generators: np.ndarray, limit: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, bool]:
    r"""List the group that permutations generate, breadth first.

    A product :math:`s g` whose key is known is compared point by point; where it differs, the
    keys told too little and that point joins the base. Every new base point is moved by something
    that fixes the others, so that there are at most :math:`\log_2 |G|` of them.

    Takes images (k, points) of uint16 or int32, and the largest order.

    Returns
    -------
    rows : ndarray, shape (order, points)
        Images under every element; the identity is row 0.
    products : ndarray of int32, shape (order, k)
        Number of :math:`s_i g`.
    base, keys, slots : ndarray, shapes (r,), (order, r) and a power of two
        What finds an element.
    complete : bool
        False where the group is larger than `limit`.
    """
    k, points = generators.shape
    rows = np.empty((min(64, limit), points), generators.dtype)
    products = np.empty((rows.shape[0], k), np.int32)
    rows[0] = np.arange(points)
    base = np.empty(0, np.int64)
    keys = _keys(rows, 1, base)
    slots = _listed(keys, 1, rows.shape[0])
    key = np.empty(0, generators.dtype)
    count, head = 1, 0
    while head < count:
        for i in range(k):
            for t in range(base.size):
                key[t] = generators[i, rows[head, base[t]]]
            g = _find(key, keys, slots)
            if g >= 0:
                p = _difference(generators[i], rows[head], rows[g])
                if p >= 0:
                    base = np.append(base, p)
                    keys = _keys(rows, count, base)
                    slots = _listed(keys, count, rows.shape[0])
                    key = np.append(key, generators[i, rows[head, p]])
                    # Only g shared the shorter key, so that this one is new.
                    g = _find(key, keys, slots)
            if g < 0:
                if count == limit:
                    return rows[:count], products[:count], base, keys[:count], slots, False
                if count == rows.shape[0]:
                    room = min(2 * count, limit)
                    rows, products = _longer(rows, room), _longer(products, room)
                    keys = _longer(keys, room)
                    slots = _listed(keys, count, room)
                    g = _find(key, keys, slots)
                for p in range(points):
                    rows[count, p] = generators[i, rows[head, p]]
                keys[count] = key
                slots[-1 - g] = count
                g = count
                count += 1
            products[head, i] = g
        head += 1
    return rows[:count], products[:count], base, keys[:count], slots, True


@njit
def find_all(wanted: np.ndarray, keys: np.ndarray, slots: np.ndarray) -> np.ndarray:
    """Numbers (q,) of the elements with keys `wanted` (q, r); negative where there is none."""
    found = np.empty(wanted.shape[0], np.int64)
    for q in range(wanted.shape[0]):
        found[q] = _find(wanted[q], keys, slots)
    return found


@njit
def conjugacy_classes(
    generators: np.ndarray,
    moved: np.ndarray,
    rows: np.ndarray,
    keys: np.ndarray,
    slots: np.ndarray,
) -> tuple[np.ndarray, int]:
    r"""Orbits of the elements under :math:`g \mapsto s g s^{-1}`, for all generators s.

    Takes :math:`s_i^{-1}(b_t)` as `moved` (k, r). Returns the class (order,) of each element,
    numbered in the order of their first elements, and how many there are.
    """
    k, r = moved.shape
    owner = np.full(rows.shape[0], -1, np.int32)
    stack = np.empty(rows.shape[0], np.int32)
    key = np.empty(r, keys.dtype)
    number = 0
    for first in range(rows.shape[0]):
        if owner[first] >= 0:
            continue
        owner[first] = number
        stack[0] = first
        filled = 1
        while filled:
            filled -= 1
            g = stack[filled]
            for i in range(k):
                for t in range(r):
                    key[t] = generators[i, rows[g, moved[i, t]]]
                h = _find(key, keys, slots)
                if owner[h] < 0:
                    owner[h] = number
                    stack[filled] = h
                    filled += 1
        number += 1
    return owner, number


@njit
def cycle_orders(rows: np.ndarray, base: np.ndarray) -> np.ndarray:
    """Orders (q,) of elements (q, points): least common multiples of the cycles of the base."""
    orders = np.ones(rows.shape[0], np.int64)
    for g in range(rows.shape[0]):
        for start in base:
            length, p = 1, int(rows[g, start])
            while p != start:
                p = int(rows[g, p])
                length += 1
            a, b = orders[g], length
            while b:
                a, b = b, a % b
            orders[g] *= length // a
    return orders


@njit
def class_matrix(
    rows: np.ndarray,
    keys: np.ndarray,
    slots: np.ndarray,
    members: np.ndarray,
    starts: np.ndarray,
    owner: np.ndarray,
    inverses: np.ndarray,
    weights: np.ndarray,
) -> np.ndarray:
    r"""Lower triangle of :math:`M_{ij} = \sum_{y \in C_j} v(y g_i^{-1})` for a class function v.

    With :math:`v(g) = w(g^{-1})` this is convolution by w, on the values of class functions at the
    representatives :math:`g_i`. The other triangle follows from
    :math:`|C_i| M_{ij}(v) = |C_j| M_{ji}(v \circ {}^{-1})`; where classes grow, this one is the
    cheaper.

    Takes the elements class by class as `members` (order,), where each class begins as `starts`
    (classes + 1,), the class of each element as `owner` (order,), :math:`g_i^{-1}(b_t)` as
    `inverses` (classes, r), and v as `weights` (classes,), which decide the type of the result
    (classes, classes); it is zero above the diagonal.
    """
    number, r = inverses.shape
    matrix = np.zeros((number, number), weights.dtype)
    column = np.empty(number, weights.dtype)
    key = np.empty(r, keys.dtype)
    for j in range(number):
        column[:] = 0
        for m in range(starts[j], starts[j + 1]):
            row = rows[members[m]]
            for i in range(j, number):
                for t in range(r):
                    key[t] = row[inverses[i, t]]
                column[i] += weights[owner[_find(key, keys, slots)]]
        for i in range(j, number):
            matrix[i, j] = column[i]
    return matrix
