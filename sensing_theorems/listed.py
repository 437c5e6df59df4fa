"""The stack as it stands: rows of every A T_g, or its action on signals, one element at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.sparse.linalg import LinearOperator

from ._forward import ForwardOperator
from .groups.action import GroupAction
from .groups.orders import order_text
from .rows import Rows, all_rows

__all__ = ["LISTED", "listed_rows", "stack_operator"]

LISTED = 64


def _check_listed(action: GroupAction, method: str) -> None:
    if action.order > LISTED:
        raise ValueError(
            f"method '{method}' goes through all elements of the group, at most {LISTED}; "
            f"{action.name} has {order_text(action.order)}. Methods 'blocks' and 'sketch' do not."
        )


def listed_rows(A: ForwardOperator, action: GroupAction, method: str) -> Rows:
    """Rows of every A T_g, batch by batch.

    Raises
    ------
    ValueError
        If the group has more than 64 elements.
    """
    _check_listed(action, method)
    rows = all_rows(A)
    elements = list(action.elements())

    def moved() -> Iterator[np.ndarray]:
        for batch in rows.raw:
            for element in elements:
                yield batch if element.is_identity() else element.pull_back(batch)

    return Rows(moved(), rows.scale, action.order)


def stack_operator(A: ForwardOperator, action: GroupAction, method: str) -> LinearOperator:
    """The stack of all A T_g as an operator, (|G| m, n).

    Raises
    ------
    ValueError
        If the group has more than 64 elements.
    """
    _check_listed(action, method)
    elements = list(action.elements())
    (m, n), order = A.shape, len(elements)

    def forward(x: np.ndarray) -> np.ndarray:
        moved = np.stack([element(x.reshape(-1)) for element in elements], axis=1)
        return A.matmat(moved).T.reshape(-1)

    def backward(y: np.ndarray) -> np.ndarray:
        seen = A.rmatmat(y.reshape(order, m).T)
        total = np.zeros(n, dtype=seen.dtype)
        for element, column in zip(elements, seen.T, strict=True):
            total += element.pull_back(column)
        return total

    dtype = np.result_type(A.dtype, np.float64)
    return LinearOperator((order * m, n), matvec=forward, rmatvec=backward, dtype=dtype)
