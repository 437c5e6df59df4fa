"""Where trainings come from: versions, machine and commit."""

from __future__ import annotations

from typing import Any

import torch

from ..sweep.provenance import session

__all__ = ["training_session"]


def training_session() -> dict[str, Any]:
    """Return a record of what trains now, as plain values."""
    found = session()
    found["versions"]["torch"] = torch.__version__
    found["threads"] = torch.get_num_threads()
    if torch.cuda.is_available():
        found["gpu"] = torch.cuda.get_device_name()
    return found
