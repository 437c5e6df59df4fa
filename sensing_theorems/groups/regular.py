r"""A finite group acting on functions on itself."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np

from .action import GroupAction
from .character_table import character_table
from .commutant import CommutantTransform
from .enumeration import ListedGroup
from .irreps import ComplexIrrep, Irreps
from .lattices import abelian_action
from .orbit_types import orbit_types
from .signed import SignedPermutation

__all__ = ["REGULAR_LIMIT", "regular"]

REGULAR_LIMIT = 20_000


def regular(action: GroupAction) -> GroupAction:
    r"""The regular representation on :math:`\mathbb{R}^{|G|}`: :math:`T_s e_g = e_{sg}`.

    Every irrep occurs as often as its dimension, :math:`c_j = s_j`, so that
    :math:`\max_j c_j / s_j = 1`.

    Parameters
    ----------
    action : GroupAction
        By signed permutations; what acts is the group of these maps, numbered breadth first from
        the identity.

    Returns
    -------
    GroupAction
        Generators in the order of `action`.

    Raises
    ------
    ValueError
        If the group has more than 20 000 elements.
    TypeError
        If a generator is no signed permutation.

    Examples
    --------
    >>> import sensing_theorems as st
    >>> print(regular(st.groups.symmetric(3)).irreps)
    over C: 2 x (s=1, c=1, real) + 1 x (s=2, c=2, real)
    over R: 2 x (s=1, c=1, R) + 1 x (s=2, c=2, R)
    n = 6, max c = 2, max c/s = 1, commutant dimension 6
    """
    if not isinstance(action, GroupAction):
        raise TypeError(f"`regular` needs a GroupAction; got {type(action).__name__}.")
    group = ListedGroup.of(action.generators, limit=REGULAR_LIMIT)
    maps = tuple(
        SignedPermutation(np.ascontiguousarray(column)) for column in group.products.T.astype(int)
    )
    name, n = f"regular({action.name})", group.order
    if all((a @ b).equals(b @ a) for a, b in itertools.combinations(maps, 2)):
        return abelian_action(name, maps, orbit_types(maps), (n,))

    def irreps() -> Irreps:
        table = character_table(group)
        counts = Counter(zip(table.degrees.tolist(), table.indicators.tolist(), strict=True))
        return Irreps(tuple(ComplexIrrep(s, s, v, counts[s, v]) for s, v in sorted(counts)))

    def transform() -> CommutantTransform:
        real = bool(np.all(character_table(group).indicators == 1))
        return CommutantTransform.of(maps, real)

    return GroupAction(name, n, maps, False, (n,), _order=n, _build=transform, _table=irreps)
