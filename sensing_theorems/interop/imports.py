"""deepinv and torch, imported when they are needed and not before."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["require_deepinv", "require_torch"]

_DEEPINV = (
    "deepinv must be importable: install `deepinv>=0.5` with a torch and a torchvision that were "
    "built for each other; importing it raised {}: {}"
)


def require_deepinv() -> Any:
    """Return the package deepinv with its physics and transforms.

    Raises
    ------
    ImportError
        If it is missing or cannot start. A torchvision that was built for another torch raises a
        RuntimeError, which is told in the same way.
    """
    try:
        deepinv = importlib.import_module("deepinv")
        importlib.import_module("deepinv.physics")
        importlib.import_module("deepinv.transform")
    except (ImportError, RuntimeError) as error:
        reason = str(error).splitlines()[0] if str(error) else "no reason given"
        raise ImportError(_DEEPINV.format(type(error).__name__, reason)) from error
    return deepinv


def require_torch() -> Any:
    """Return torch.

    Raises
    ------
    ImportError
        If it is missing.
    """
    try:
        return importlib.import_module("torch")
    except ImportError as error:
        raise ImportError(f"torch must be importable: install `torch`; {error}") from error
