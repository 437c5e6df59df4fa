"""A bar that says how far the work is, and never stands in its way."""

from __future__ import annotations

import sys
import warnings
from typing import Any

__all__ = ["Bar"]


class Bar:
    """A tqdm bar over trials or steps, by default only where somebody can see it.

    What it is written to may be closed in the middle of the work, which then goes on without it.
    """

    def __init__(self, shown: bool | None, total: int, done: int, *, unit: str = " trials") -> None:
        self._bar: Any = None
        if _visible() if shown is None else shown and sys.stderr is not None:
            with warnings.catch_warnings():
                # Of notebooks without ipywidgets, where a bar of text does as well.
                warnings.simplefilter("ignore")
                from tqdm.auto import tqdm
            try:
                self._bar = tqdm(total=total, initial=done, unit=unit, smoothing=0.05)
            except (OSError, ValueError):
                self._bar = None

    def update(self, trials: int) -> None:
        """Go on by so many."""
        self._try("update", trials)

    def extend(self, trials: int, done: int) -> None:
        """Have more to do, some of which is done."""
        if self._bar is not None:
            self._bar.total += trials
        self.update(done)

    def close(self) -> None:
        """Leave the bar as it is."""
        self._try("close")

    def _try(self, step: str, *arguments: int) -> None:
        try:
            if self._bar is not None:
                getattr(self._bar, step)(*arguments)
        except (OSError, ValueError):
            self._bar = None


def _visible() -> bool:
    # That ipykernel is loaded says little: whatever imports it may do so outside of a kernel.
    kernels = sys.modules.get("ipykernel.kernelapp")
    try:
        return bool(kernels and kernels.IPKernelApp.initialized()) or sys.stderr.isatty()
    except (AttributeError, ValueError):  # there is none, or it is closed
        return False
