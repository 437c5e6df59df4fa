"""Load deepinv beside a torchvision that was built for another torch."""

from __future__ import annotations

import sys
import warnings
from types import ModuleType
from typing import Any

import pytest

# A library of operators is gone with its last reference.
_KEPT: list[Any] = []


def import_deepinv() -> ModuleType:
    """Return deepinv, or skip the test that asks for it and say why."""
    torch = pytest.importorskip("torch")
    with warnings.catch_warnings():
        # Other people's deprecations at import are no failure of ours.
        warnings.simplefilter("ignore")
        try:
            _let_torchvision_load(torch)
            import deepinv
        except (RuntimeError, ImportError) as error:
            pytest.skip(f"deepinv cannot be imported: {type(error).__name__}: {error}")
    return deepinv


def _let_torchvision_load(torch: Any) -> None:
    """Declare the operators of detection, which a mismatched build registers and does not have."""
    try:
        import torchvision
    except RuntimeError:
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        library = torch.library.Library("torchvision", "FRAGMENT")
        _KEPT.append(library)
        for operator in ("nms", "qnms"):
            library.define(f"{operator}(Tensor dets, Tensor scores, float iou) -> Tensor")
        import torchvision  # noqa: F401
