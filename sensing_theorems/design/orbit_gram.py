r"""The learnability Gram matrix of a mask whose entries the group permutes: diagonal.

Let the rows of A be pixels, or frequencies of real signals, and let every :math:`T_g` move
:math:`P_u`, the projection on entry u, to :math:`P_{gu}`. Then

.. math:: M(S) = \frac{1}{|G|} \sum_g T_g^\top A^\top A\, T_g
          = \sum_O \frac{|S \cap O|}{|O|}\, P_O

over the orbits O of entries, and the singular values of the stack are
:math:`\sqrt{|G|\,|S \cap O| / |O|}`, each :math:`|O|` times (derived here).

Proof. The average of :math:`P_u` over the group is :math:`P_O / |O|` by transitivity, and M is
additive in u. A real signal has :math:`|\hat x_f| = |\hat x_{-f}|`, so that f and -f measure the
same two coordinates: the real part of :math:`P_f` is that of :math:`P_{-f}`, and orbits are those
of the group together with f to -f. Of complex signals they are those of the group alone.
"""

from __future__ import annotations

import heapq
from fractions import Fraction

import numpy as np

__all__ = ["OrbitGram", "water_filling"]

SOFT = 1e-3


class OrbitGram:
    """Coverage of orbits by masks.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
        Number of the orbit of every entry.
    share : float
        Share of the entries that masks will have, which sets the scale of `surrogate`.

    Attributes
    ----------
    sizes : ndarray of int, shape (J,)
    """

    exact = True

    def __init__(self, labels: np.ndarray, share: float) -> None:
        self.labels = labels
        self.sizes = np.bincount(labels)
        self.soft = SOFT * share
        self.work = 20.0 * labels.size
        self._order = np.argsort(labels, kind="stable")
        self._starts = np.cumsum([0, *self.sizes[:-1]])

    def counts(self, masks: np.ndarray) -> np.ndarray:
        """Entries of masks (b, n) in every orbit, shape (b, J)."""
        return np.add.reduceat(masks[:, self._order], self._starts, axis=1, dtype=np.int32)

    def eigenvalues(self, mask: np.ndarray) -> np.ndarray:
        """All n eigenvalues of M, increasing."""
        cover = self.counts(mask[None])[0] / self.sizes
        return np.sort(np.repeat(cover, self.sizes))

    def scores(self, masks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Least eigenvalue, and log det of M + soft I, of masks (b, n)."""
        cover = self.counts(masks) / self.sizes
        return cover.min(axis=1), np.log(self.soft + cover) @ self.sizes

    def pull(self, mask: np.ndarray, power: int) -> np.ndarray:
        """What each entry would add to first order, tr (M + soft I)^-power M_u, shape (n,)."""
        cover = self.counts(mask[None])[0] / self.sizes
        return (self.soft + cover)[self.labels] ** -float(power)


def water_filling(
    labels: np.ndarray, kept: np.ndarray, budget: int, rng: np.random.Generator
) -> np.ndarray:
    r"""Entries that maximise the least coverage :math:`\min_O |S \cap O| / |O|`.

    Every step adds to an orbit that is covered least, and of several to the largest. This is
    optimal, however ties are broken (derived here): a least
    coverage of t takes :math:`\max(\lceil t |O| \rceil, k_O)` entries of each orbit, with
    :math:`k_O` of them kept; and as long as the least coverage is below t, a step adds only to an
    orbit with :math:`|S \cap O| < t|O|`, so that no orbit receives more than that before t is
    reached.

    The rank, which is the number of entries in the orbits that are hit, is the largest as well.
    If an orbit stays unhit, then every step went to an unhit orbit, as its coverage is 0, and to
    the largest of these. So the rank is that of the kept entries and the sizes of as many of the
    largest other orbits as there were steps; and no step adds more than one orbit to those hit.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
    kept : ndarray of int
        Entries that must stay.
    budget : int
        Entries in all, kept ones included.
    rng : numpy.random.Generator
        Says which entries of an orbit are taken, on which the spectrum does not depend, and which
        of equal orbits come first.

    Returns
    -------
    ndarray of int, shape (budget,)
    """
    sizes = np.bincount(labels).tolist()
    shuffled = rng.permutation(np.setdiff1d(np.arange(labels.size), kept))
    free: list[list[int]] = [[] for _ in sizes]
    for p, orbit in zip(shuffled.tolist(), labels[shuffled].tolist(), strict=True):
        free[orbit].append(p)
    held = np.bincount(labels[kept], minlength=len(sizes)).tolist()
    ties = rng.permutation(len(sizes)).tolist()
    heap = [
        (Fraction(held[j], sizes[j]), -sizes[j], ties[j], j) for j in range(len(sizes)) if free[j]
    ]
    heapq.heapify(heap)
    chosen = kept.tolist()
    for _ in range(budget - len(chosen)):
        _, size, tie, j = heapq.heappop(heap)
        chosen.append(free[j].pop())
        held[j] += 1
        if free[j]:
            heapq.heappush(heap, (Fraction(held[j], sizes[j]), size, tie, j))
    return np.array(chosen, dtype=np.int64)
