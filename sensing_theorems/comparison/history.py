"""One run of training: loss and PSNR, step by step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..plain_json import as_number, as_plain, listing, require

__all__ = ["History"]


@dataclass(frozen=True, eq=False)
class History:
    """One run of training.

    Attributes
    ----------
    step : ndarray of int64, (steps,)
        Ascending; 0 is before the first step.
    loss : ndarray of float64, (steps,)
        Value of the loss; NaN where it was not computed.
    psnr : ndarray of float64, (steps,)
        On signals that were not trained on, in dB; NaN where it was not computed.

    Raises
    ------
    ValueError
        If there is no step, steps do not ascend, or sizes differ.
    """

    step: NDArray[np.int64]
    loss: NDArray[np.float64]
    psnr: NDArray[np.float64]

    def __post_init__(self) -> None:
        step = np.array(self.step)
        if step.ndim != 1 or step.size == 0 or step.dtype.kind not in "iu":
            raise ValueError(
                f"`step` must hold integers, at least one; got shape {step.shape}, dtype "
                f"{step.dtype}."
            )
        if step[0] < 0 or np.any(np.diff(step) <= 0):
            raise ValueError(f"`step` must ascend from 0 or more; got {step[:8].tolist()}.")
        object.__setattr__(self, "step", step.astype(np.int64))
        for name in ("loss", "psnr"):
            values = np.array(getattr(self, name), dtype=np.float64)
            if values.shape != step.shape:
                raise ValueError(
                    f"`{name}` must have one value per step, {step.size}; got {values.shape}."
                )
            object.__setattr__(self, name, values)

    @property
    def last(self) -> float:
        """PSNR at the end, in dB: the last that was computed.

        NaN if none was, and after a last step where the loss is NaN too: such a run broke down.
        """
        if np.isnan(self.loss[-1]) and np.isnan(self.psnr[-1]):
            return math.nan
        known = self.psnr[~np.isnan(self.psnr)]
        return float(known[-1]) if known.size else math.nan

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for `from_dict`."""
        return {
            "step": self.step.tolist(),
            "loss": [as_plain(value) for value in self.loss.tolist()],
            "psnr": [as_plain(value) for value in self.psnr.tolist()],
        }

    @classmethod
    def from_dict(cls, content: Any) -> History:
        """Take back what `to_dict` returned.

        Raises
        ------
        TypeError, ValueError
            If it is anything else.
        """
        require(content, ("step", "loss", "psnr"), "a history")
        loss, psnr = (
            np.array([as_number(value, name) for value in listing(content[name], name)])
            for name in ("loss", "psnr")
        )
        return cls(np.array(listing(content["step"], "step")), loss, psnr)
