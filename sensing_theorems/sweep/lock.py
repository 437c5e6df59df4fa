"""A lock that ends with the process that holds it, however that ends."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path
from typing import IO

__all__ = ["Lock"]

# Locks of a process do not exclude the process itself.
_HELD: set[str] = set()
_GUARD = threading.Lock()
_TAKEN = (errno.EACCES, errno.EAGAIN)


class Lock:
    """Hold a file as long as this process lives or until `release`.

    Record locks, since those of a whole file go on in processes that were forked: orphans of a
    parent that was killed would keep its store locked.

    Raises
    ------
    BlockingIOError
        If somebody else holds it.
    OSError
        If the file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self._name = os.path.realpath(path)
        with _GUARD:
            if self._name in _HELD:
                raise BlockingIOError(f"{path} is held by this process.")
            self._stream = open(self._name, "ab")
            try:
                _hold(self._stream)
            except OSError as error:
                self._stream.close()
                if error.errno in _TAKEN:
                    raise BlockingIOError(f"{path} is held by another process.") from error
                raise
            _HELD.add(self._name)

    def release(self) -> None:
        """Let go; a second time does nothing."""
        if not self._stream.closed:
            self._stream.close()
            _HELD.discard(self._name)


def _hold(stream: IO[bytes]) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        stream.seek(0)
        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        return
    fcntl.lockf(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
