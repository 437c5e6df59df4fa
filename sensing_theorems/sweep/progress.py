"""A bar that says how far a sweep is."""

from __future__ import annotations

import sys
import warnings
from typing import Any

__all__ = ["bar"]


def bar(shown: bool | None, total: int, done: int) -> Any:
    """Return a tqdm bar over trials, by default only where somebody can see it."""
    with warnings.catch_warnings():
        # Of notebooks without ipywidgets, where a bar of text does as well.
        warnings.simplefilter("ignore")
        from tqdm.auto import tqdm
    if shown is None:
        shown = sys.stderr.isatty() if sys.stderr is not None else False
        shown = shown or "ipykernel" in sys.modules
    return tqdm(total=total, initial=done, unit=" trials", disable=not shown, smoothing=0.05)
