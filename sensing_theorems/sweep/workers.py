"""Who runs trials: this process, processes of its own, or any executor."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from typing import Any

from .._validate import positive_int

__all__ = ["Crew", "crew"]

# Seconds after which a worker process without work ends.
_IDLE = 10
_LOOK = 0.5
_MOST_AT_ONCE = 1024


class _Here(Executor):
    """Runs what is submitted at once, in this process."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Return a future that is done."""
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class Crew:
    """An executor, and how much it can be given at once.

    Attributes
    ----------
    workers : int
        How many work side by side; for executors that do not tell, a guess that grows while
        results come back without waiting.
    local : bool
        Whether tasks need not travel.
    """

    def __init__(
        self, executor: Executor, workers: int | None, make: Callable[[], Executor] | None
    ):
        self.executor, self._make = executor, make
        self.local = isinstance(executor, _Here)
        self._known = workers is not None
        self.workers = workers or 32

    @property
    def at_once(self) -> int:
        """Leases that may be out: for every worker one at work and one at hand."""
        return 1 if self.local else 2 * self.workers

    def learn(self, waited: float, worked: float) -> None:
        """Take note of how long a lease waited beside what it took."""
        if not self._known and waited < worked and self.at_once < _MOST_AT_ONCE:
            self.workers += 1

    def renew(self) -> bool:
        """Replace workers that were killed; False for an executor that is not ours."""
        if self._make is None:
            return False
        self.executor = self._make()
        return True

    def dismiss(self) -> None:
        """End workers of our own in the middle of their work."""
        if self._make is not None:
            with suppress(Exception):
                self.executor.shutdown(kill_workers=True)  # type: ignore[call-arg]


def crew(executor: Any, n_jobs: Any) -> Crew:
    """Workers for a sweep.

    Raises
    ------
    TypeError, ValueError
        If there is no such executor or number.
    """
    if executor is not None:
        if not callable(getattr(executor, "submit", None)):
            raise TypeError(
                "`executor` must have the submit method of concurrent.futures.Executor; got "
                f"{type(executor).__name__}."
            )
        if n_jobs != 1:
            raise ValueError(f"give `executor` or `n_jobs`, not both; got n_jobs={n_jobs}.")
        return Crew(executor, getattr(executor, "_max_workers", None), None)
    jobs = _jobs(n_jobs)
    if jobs == 1:
        return Crew(_Here(), 1, None)

    def make() -> Executor:
        from joblib.externals.loky import get_reusable_executor

        one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        made = get_reusable_executor(
            jobs, timeout=_IDLE, initializer=_prepare, initargs=(os.getpid(),), env=one
        )
        return made

    return Crew(make(), jobs, make)


def _jobs(n_jobs: Any) -> int:
    if isinstance(n_jobs, bool) or not hasattr(n_jobs, "__index__") or n_jobs == 0:
        raise ValueError(
            "`n_jobs` must be a positive number of processes, or -1 for one per core; got "
            f"{n_jobs!r}."
        )
    if n_jobs > 0:
        return positive_int(n_jobs, "n_jobs")
    from joblib import cpu_count

    return max(1, cpu_count() + 1 + int(n_jobs))


def _prepare(parent: int) -> None:
    """Leave Ctrl-C to the parent, and do not outlive it."""
    with suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK)
    os._exit(1)
