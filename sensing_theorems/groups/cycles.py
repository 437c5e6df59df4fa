r"""One signed permutation: multiplicities of the group it generates, from its cycles alone.

A cycle of length l has the eigenvalues :math:`z^l = 1`, or :math:`z^l = -1` where it closes with a
minus sign, each once. The frequency of reduced denominator d is thus carried by the cycles with
:math:`d \mid l`, or with :math:`d \mid 2l` and :math:`2l/d` odd; there are :math:`\varphi(d)` such
frequencies, real only for d up to 2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from .irreps import ComplexIrrep, Irreps
from .signed import SignedPermutation

__all__ = ["cycle_counts", "cycle_irreps", "cycle_order"]

# Number of cycles by length, and by whether they close with a minus sign.
Counts = Mapping[tuple[int, bool], int]


def cycle_counts(generator: SignedPermutation) -> Counts:
    """Cycles of a signed permutation."""
    # Numba is imported only here, so that the named actions start cold without it.
    from .._kernels.orbitals import cycle_lengths

    plus, minus = cycle_lengths(*generator.both)
    found = {(int(length), False): int(plus[length]) for length in plus.nonzero()[0]}
    found |= {(int(length), True): int(minus[length]) for length in minus.nonzero()[0]}
    return found


def cycle_order(counts: Counts) -> int:
    """Order of the generator: twice a length where the cycle closes with a minus sign."""
    return math.lcm(*(length * (1 + half) for length, half in counts))


def cycle_irreps(counts: Counts) -> Irreps:
    """Table of the cyclic group, exact."""
    present = {key: count for key, count in counts.items() if count}
    denominators = {d for length, half in present for d in _divisors(length * (1 + half))}
    rows: dict[tuple[int, int, int], int] = {}
    for d in denominators:
        c = sum(
            count
            for (length, half), count in present.items()
            if (2 * length % d == 0 and 2 * length // d % 2 if half else length % d == 0)
        )
        if c:
            key = (1, c, int(d <= 2))
            rows[key] = rows.get(key, 0) + _totient(d)
    return Irreps(tuple(ComplexIrrep(*key, rows[key]) for key in sorted(rows)))


def _divisors(number: int) -> list[int]:
    small = [d for d in range(1, math.isqrt(number) + 1) if number % d == 0]
    return [*small, *(number // d for d in small)]


def _totient(number: int) -> int:
    result, rest, p = number, number, 2
    while p * p <= rest:
        if rest % p == 0:
            result -= result // p
            while rest % p == 0:
                rest //= p
        p += 1
    return result - result // rest if rest > 1 else result
