"""One thread per worker: workers fill the cores, and sums keep their order."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from ..batches import at_most_threads

__all__ = ["one_thread"]


class _Limit:
    """Holds the thread pools of BLAS and OpenMP, which belong to the whole process, at one thread.

    Threads that work side by side share it: the first one sets it, and the last one lifts it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._modules = 0
        self._set = ExitStack()
        self._controller: Any = None

    def enter(self) -> None:
        with self._lock:
            self._users += 1
            self._limit(anew=self._users == 1)

    def leave(self) -> None:
        with self._lock:
            self._users -= 1
            if not self._users:
                self._set.close()

    def look_again(self) -> None:
        """Limit the libraries that were loaded since."""
        if len(sys.modules) != self._modules:
            with self._lock:
                self._limit(anew=True)

    def _limit(self, anew: bool) -> None:
        if len(sys.modules) != self._modules:
            from threadpoolctl import ThreadpoolController

            self._controller = ThreadpoolController()
            self._modules = len(sys.modules)
        if anew:
            self._set.enter_context(self._controller.limit(limits=1))


_LIMIT = _Limit()


@contextmanager
def one_thread() -> Iterator[_Limit]:
    """Neither BLAS nor kernels start threads, inside of a ``with`` block.

    A library that is loaded later is limited from the next call of ``look_again`` on.
    """
    _LIMIT.enter()
    try:
        with at_most_threads(1):
            yield _LIMIT
    finally:
        _LIMIT.leave()
