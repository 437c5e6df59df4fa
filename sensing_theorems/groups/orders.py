"""Orders of groups: of direct products, and as people read them."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["order_text", "product_order"]


def order_text(order: float) -> str:
    """Order of a group for people; |S_n| soon exceeds what floating point can hold."""
    if not isinstance(order, int):
        return "∞"
    if order < 10**9:
        return str(order)
    digits = int(math.log10(order))
    # From the leading digits alone: a long integer may not be turned into text as a whole.
    leading = order // 10 ** (digits - 2)
    while leading >= 1000:
        leading, digits = leading // 10, digits + 1
    return f"{leading / 100:.2f}e{digits}"


def product_order(periods: Sequence[int]) -> tuple[int, bool]:
    """Order of a direct product of cyclic groups, and whether it is cyclic (coprime orders)."""
    order = math.prod(periods)
    return order, math.lcm(*periods) == order
