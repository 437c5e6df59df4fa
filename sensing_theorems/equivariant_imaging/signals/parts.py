"""Which half of a finite stock of images signals are taken from."""

from __future__ import annotations

from typing import Any

__all__ = ["checked_part"]


def checked_part(part: Any) -> str:
    """Return `part` if it is "train" or "test"."""
    if part not in ("train", "test"):
        raise ValueError(f"`part` must be 'train' or 'test'; got {part!r}.")
    return str(part)
