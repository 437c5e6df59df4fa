"""What every physics has: sizes, the dtype of signals, and checks of what it is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import torch

__all__ = ["Physics", "real_precision"]

_REAL = {
    torch.float32: torch.float32,
    torch.float64: torch.float64,
    torch.complex64: torch.float32,
    torch.complex128: torch.float64,
}


class Physics(torch.nn.Module):
    r"""What is measured of a signal, without noise: a base class.

    Parameters
    ----------
    shape_in : tuple of int
        Shape of one signal; batches are (B, *shape_in).
    m : int
        Number of measurements of one signal; batches are (B, m). A complex one counts once.
    name : str
    dtype : torch.dtype
        Of signals: float32, float64, complex64 or complex128.
    measurement_dtype : torch.dtype, optional
        Of measurements; by default that of signals.

    Attributes
    ----------
    n : int
        Entries of a signal.
    linear : bool
    visibility : tensor of shape `shape_in`, or None
        Between 0 and 1: how much of a unit signal in one entry :math:`A^+ A` keeps there.

    Raises
    ------
    TypeError
        If the dtype is another.
    """

    linear = False
    visibility: torch.Tensor | None

    def __init__(
        self,
        shape_in: Sequence[int],
        m: int,
        *,
        name: str = "physics",
        dtype: torch.dtype = torch.float32,
        measurement_dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.shape_in = tuple(int(side) for side in shape_in)
        self.n, self.m, self.name = prod(self.shape_in), int(m), name
        self.precision = real_precision(dtype)
        self.dtype = dtype
        self.measurement_dtype = dtype if measurement_dtype is None else measurement_dtype
        self.register_buffer("visibility", None, persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Measurements without noise, (B, m), of signals (B, *shape_in)."""
        raise NotImplementedError

    def backproject(self, y: torch.Tensor) -> torch.Tensor:
        """Estimate from which networks start, (B, *shape_in), of measurements (B, m)."""
        raise NotImplementedError

    def moved(self, dtype: torch.dtype, device: Any) -> Physics:
        """Return the physics for signals of another dtype, on a device; itself if it can be."""
        if dtype != self.dtype:
            raise TypeError(f"this physics must be made anew for {dtype}; it is of {self.dtype}.")
        return self.to(device)

    def _apply(self, fn: Callable[[torch.Tensor], torch.Tensor], recurse: bool = True) -> Any:
        # A cast would round what was computed in double precision, and drop imaginary parts.
        if fn(torch.zeros(1, dtype=self.precision)).dtype != self.precision:
            raise TypeError(
                f"a physics of {self.dtype} must keep its dtype; make another one with "
                "as_physics(physics, dtype=...)."
            )
        return super()._apply(fn, recurse)

    def _signals(self, x: torch.Tensor) -> torch.Tensor:
        """Return signals as rows, (B, n), having checked them."""
        if x.ndim == 0 or x.shape[1:] != self.shape_in or not len(x):
            raise ValueError(
                f"signals must have shape (B, *shape_in) = (B, {_sides(self.shape_in)}), B >= 1; "
                f"got {tuple(x.shape)}."
            )
        return _cast(x, self.dtype, "signals").reshape(x.shape[0], self.n)

    def _measurements(self, y: torch.Tensor) -> torch.Tensor:
        if y.ndim != 2 or y.shape[1] != self.m or not len(y):
            raise ValueError(
                f"measurements must have shape (B, m) = (B, {self.m}), B >= 1; "
                f"got {tuple(y.shape)}."
            )
        return _cast(y, self.measurement_dtype, "measurements")

    def extra_repr(self) -> str:
        """Return name, sizes and dtype."""
        return f"{self.name}: ({_sides(self.shape_in)}) -> ({self.m}), {self.dtype}"


def real_precision(dtype: Any) -> torch.dtype:
    """Return float32 or float64, the precision of a dtype of signals."""
    if dtype not in _REAL:
        raise TypeError(
            "`dtype` must be a floating or complex torch dtype; got "
            f"{dtype if isinstance(dtype, torch.dtype) else repr(dtype)}."
        )
    return _REAL[dtype]


def _cast(z: torch.Tensor, dtype: torch.dtype, what: str) -> torch.Tensor:
    if z.dtype == dtype:
        return z
    if z.dtype == _REAL[dtype]:
        return z.to(dtype)
    raise TypeError(f"{what} must have dtype {dtype}; got {z.dtype}.")


def _sides(shape: tuple[int, ...]) -> str:
    return ", ".join(map(str, shape))
