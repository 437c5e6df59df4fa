"""Where trainings come from: versions, machine and commit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch

from ..sweep.provenance import session

__all__ = ["of_sessions", "training_session"]


def training_session() -> dict[str, Any]:
    """Return a record of what trains now, as plain values."""
    found = session()
    found["versions"]["torch"] = str(torch.__version__)
    found["threads"] = torch.get_num_threads()
    if torch.cuda.is_available():
        found["gpu"] = torch.cuda.get_device_name()
    return found


def of_sessions(sessions: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the record of the first session, with all of them where there were several."""
    distinct: list[dict[str, Any]] = []
    for each in map(dict, sessions):
        if each not in distinct:
            distinct.append(each)
    distinct.sort(key=lambda each: each["started"])
    return {**distinct[0], **({"sessions": distinct} if len(distinct) > 1 else {})}
