r"""All elements and conjugacy classes of a group that signed permutations generate.

A signed permutation of R^n permutes the 2n points :math:`\pm e_i`, so that all is integer work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from .signed import SignedPermutation

__all__ = ["ELEMENT_LIMIT", "ENTRY_LIMIT", "ListedGroup"]

ELEMENT_LIMIT = 200_000
ENTRY_LIMIT = 100_000_000


@dataclass(frozen=True, eq=False)
class ListedGroup:
    r"""A finite group of signed permutations with all its elements; build it with `of`.

    Points are 0, …, n-1 for :math:`e_i`, and where there are signs n, …, 2n-1 for :math:`-e_i`.

    Parameters
    ----------
    generators : tuple of SignedPermutation
    rows : ndarray, shape (order, points)
        Images of the points under every element; the identity is number 0.
    products : ndarray of int32, shape (order, k)
        Number of :math:`s_i g`, for generator i and element g.
    base : ndarray of int64, shape (r,)
        Points that only the identity fixes all of.
    class_of : ndarray of int32, shape (order,)
        Class of every element. Classes are numbered by size, then by the order of their elements;
        class 0 is the identity.

    Examples
    --------
    >>> cycle, swap = ([1, 2, 3, 0], [1, 0, 2, 3])
    >>> group = ListedGroup.of([SignedPermutation.from_lists(p) for p in (cycle, swap)])
    >>> group.order, group.sizes.tolist(), group.element_orders.tolist()
    (24, [1, 3, 6, 6, 8], [1, 2, 2, 4, 3])
    """

    generators: tuple[SignedPermutation, ...]
    rows: np.ndarray = field(repr=False)
    products: np.ndarray = field(repr=False)
    base: np.ndarray = field(repr=False)
    keys: np.ndarray = field(repr=False)
    slots: np.ndarray = field(repr=False)
    class_of: np.ndarray = field(repr=False)

    @classmethod
    def of(
        cls, generators: Sequence[SignedPermutation], *, limit: int = ELEMENT_LIMIT
    ) -> ListedGroup:
        """List the group and its classes.

        Parameters
        ----------
        generators : sequence of SignedPermutation
            At least one, on the same R^n.
        limit : int
            Largest order to be listed; enumeration stops there.

        Raises
        ------
        ValueError
            If there is no generator, they act on different spaces, or the group is larger than
            `limit`, or has more than 2e8 images of points.
        TypeError
            If a generator is no signed permutation.
        """
        maps = _checked(generators)
        signed = any(g.signs is not None for g in maps)
        points = maps[0].n * (2 if signed else 1)
        # Sixteen bits halve the memory, and nearly every space fits.
        kind = np.uint16 if points <= 2**16 else np.int32
        lifted = np.stack([_lifted(g, signed) for g in maps]).astype(kind)
        from .._kernels.finite_groups import enumerate_elements

        most = max(1, min(limit, ENTRY_LIMIT // points))
        rows, products, base, keys, slots, complete = enumerate_elements(lifted, most)
        if not complete:
            raise ValueError(
                f"the elements can be listed for groups of order at most {limit}, and at most "
                f"{ENTRY_LIMIT} images of points; this group has more than {most} elements on "
                f"{points} points."
            )
        class_of = _classes(lifted, rows, base, keys, slots)
        return cls(maps, rows, products, base, keys, slots, class_of)

    @property
    def n(self) -> int:
        """Dimension of the space."""
        return self.generators[0].n

    @property
    def order(self) -> int:
        """Number of elements."""
        return int(self.rows.shape[0])

    @property
    def signed(self) -> bool:
        r"""Whether the points are :math:`\pm e_i`."""
        return bool(self.rows.shape[1] == 2 * self.n)

    @cached_property
    def sizes(self) -> np.ndarray:
        """Class sizes |C_i|, increasing; shape (classes,)."""
        return np.bincount(self.class_of)

    @cached_property
    def members(self) -> np.ndarray:
        """Elements, class by class; shape (order,)."""
        return np.argsort(self.class_of, kind="stable")

    @cached_property
    def starts(self) -> np.ndarray:
        """Where each class begins in `members`, and the order at last; shape (classes + 1,)."""
        return np.append(0, np.cumsum(self.sizes))

    @cached_property
    def representatives(self) -> np.ndarray:
        """Number of the first element of each class; shape (classes,)."""
        return self.members[self.starts[:-1]]

    @cached_property
    def element_orders(self) -> np.ndarray:
        """Order of the elements of each class; shape (classes,)."""
        from .._kernels.finite_groups import cycle_orders

        return cycle_orders(self.rows[self.representatives], self.base)

    @cached_property
    def inverse_images(self) -> np.ndarray:
        r""":math:`g_i^{-1}(b_t)` for the class representatives; int64, shape (classes, r)."""
        images = self.rows[self.representatives].astype(np.int64)
        inverse = np.empty_like(images)
        np.put_along_axis(inverse, images, np.arange(images.shape[1])[None], axis=1)
        return inverse[:, self.base]

    @cached_property
    def inverse_map(self) -> np.ndarray:
        r"""Class of :math:`g_i^{-1}`; shape (classes,)."""
        return self.classes_of_images(self.inverse_images)

    @cached_property
    def square_map(self) -> np.ndarray:
        r"""Class of :math:`g_i^2`; shape (classes,)."""
        return self.power_maps(3)[2]

    def power_maps(self, number: int) -> np.ndarray:
        r"""Class of :math:`g_i^l`, l = 0, …, number - 1; shape (number, classes)."""
        rows = self.rows[self.representatives]
        images = np.broadcast_to(self.base, (rows.shape[0], self.base.size))
        maps = np.empty((number, rows.shape[0]), np.int32)
        for power in range(number):
            maps[power] = self.classes_of_images(images)
            images = np.take_along_axis(rows, images.astype(np.int64), axis=1)
        return maps

    def classes_of_images(self, images: np.ndarray) -> np.ndarray:
        """Class of elements given by their images of the base, shape (q, r)."""
        from .._kernels.finite_groups import find_all

        found = find_all(images.astype(self.keys.dtype), self.keys, self.slots)
        return self.class_of[found]

    def element(self, g: int) -> SignedPermutation:
        """Element number g, as a map."""
        images = self.rows[g, : self.n].astype(np.int64)
        if not self.signed:
            return SignedPermutation(images)
        signs = np.where(images < self.n, 1, -1).astype(np.int8)
        return SignedPermutation(images % self.n, signs)

    def word(self, g: int) -> tuple[int, ...]:
        r"""A shortest :math:`(i_1, \dots, i_l)` with :math:`g = s_{i_1} \cdots s_{i_l}`."""
        letters = []
        while g:
            parent, letter = divmod(int(self._origins[g]), len(self.generators))
            letters.append(letter)
            g = parent
        return tuple(letters)

    @cached_property
    def _origins(self) -> np.ndarray:
        """Where in `products`, flattened, each element first shows up."""
        return np.unique(self.products, return_index=True)[1]

    def traces(self, weights: np.ndarray | None = None) -> np.ndarray:
        r"""Traces at the class representatives, :math:`\sum_i w_i\,\langle e_i, T_g e_i\rangle`.

        Parameters
        ----------
        weights : ndarray of int, shape (n,), optional
            How often each coordinate counts; once, where left out.

        Returns
        -------
        ndarray of int64, shape (classes,)
        """
        images = self.rows[self.representatives, : self.n].astype(np.int64)
        own = np.arange(self.n)
        fixed = (images == own).astype(np.int64)
        if self.signed:
            fixed -= images == own + self.n
        return fixed.sum(axis=1) if weights is None else fixed @ np.asarray(weights, np.int64)


def _checked(generators: Sequence[SignedPermutation]) -> tuple[SignedPermutation, ...]:
    """Generators as a tuple, refused where they cannot generate a group of signed permutations."""
    maps = tuple(generators)
    if not maps:
        raise ValueError("a group needs at least one generator; got none.")
    for g in maps:
        if not isinstance(g, SignedPermutation):
            raise TypeError(f"generators must be signed permutations; got {type(g).__name__}.")
    if len({g.n for g in maps}) > 1:
        raise ValueError(f"generators must act on the same R^n; got n = {[g.n for g in maps]}.")
    return maps


def _lifted(g: SignedPermutation, signed: bool) -> np.ndarray:
    """Images of the points; where signed, of all ±e_i."""
    if not signed:
        return g.images
    negative = np.zeros(g.n, dtype=bool) if g.signs is None else g.signs < 0
    return np.concatenate([g.images + g.n * negative, g.images + g.n * ~negative])


def _classes(
    generators: np.ndarray, rows: np.ndarray, base: np.ndarray, keys: np.ndarray, slots: np.ndarray
) -> np.ndarray:
    """Class of every element, classes by size, then by the order of their elements."""
    from .._kernels.finite_groups import conjugacy_classes, cycle_orders

    moved = np.argsort(generators, axis=1)[:, base]
    owner, number = conjugacy_classes(generators, moved, rows, keys, slots)
    sizes = np.bincount(owner)
    first = np.unique(owner, return_index=True)[1]
    ranked = np.lexsort((cycle_orders(rows[first], base), sizes))
    place = np.empty(number, np.int32)
    place[ranked] = np.arange(number)
    return place[owner]
