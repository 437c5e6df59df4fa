"""Where results come from: versions, machine, time, and the commit they were made at."""

from __future__ import annotations

import platform
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

__all__ = ["session"]

_LIBRARIES = ("numpy", "scipy", "numba")
_PATIENCE = 5.0


def session(**about: Any) -> dict[str, Any]:
    """Return a record of what computes now, as plain JSON."""
    from .. import __version__

    versions = {name: metadata.version(name) for name in _LIBRARIES}
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "versions": {"sensing_theorems": __version__, **versions},
        "commit": _commit(),
        **about,
    }


def _commit() -> str | None:
    """Commit of the current directory, marked where it has changes; None outside of git."""
    commit = _git("rev-parse", "HEAD")
    if commit is None:
        return None
    return f"{commit} with changes" if _git("status", "--porcelain", "-uno") else commit


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments], capture_output=True, text=True, timeout=_PATIENCE, check=True
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return done.stdout.strip()
