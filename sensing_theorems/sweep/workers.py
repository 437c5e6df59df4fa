"""Who runs trials: this process, processes of its own, or any executor."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, wait
from contextlib import suppress
from typing import Any

import numpy as np

__all__ = ["Crew", "crew"]

# Seconds after which a worker process without work ends.
_IDLE = 10
_LOOK = 0.5
# Seconds for which workers that are to be killed may keep the parent waiting.
_PATIENCE = 5
_MOST_AT_ONCE = 1024
_GUESS = 32

# Pools that no sweep uses at the moment, by process and size: starting workers takes about a
# second. Not joblib's own, which would be shared with whatever else runs in this process.
_RESTING: dict[tuple[int, int], list[Executor]] = {}
_GUARD = threading.Lock()


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
    executor : Executor
    workers : int
        How many work side by side; for executors that do not tell, a guess that grows while
        results come back without waiting.
    local : bool
        Whether tasks need not travel.
    """

    def __init__(self, executor: Executor, workers: int | None) -> None:
        self.executor = executor
        self.local = isinstance(executor, _Here)
        self._known = workers is not None
        self.workers = workers or _GUESS

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
        return False

    def leave(self, pending: list[Future[Any]], broken: bool) -> None:
        """Let workers go, those of our own in the middle of their work if need be."""
        for future in pending:
            future.cancel()


class _Own(Crew):
    """Processes of this package on this machine."""

    def __init__(self, jobs: int) -> None:
        with _GUARD:
            resting = _RESTING.get((os.getpid(), jobs), [])
            executor = resting.pop() if resting else None
        super().__init__(executor or _started(jobs), jobs)

    def renew(self) -> bool:
        self.leave([], broken=True)
        self.executor = _started(self.workers)
        return True

    def leave(self, pending: list[Future[Any]], broken: bool) -> None:
        # Not cancelled, since loky itself ends what is pending as it goes.
        if not broken:
            with _GUARD:
                _RESTING.setdefault((os.getpid(), self.workers), []).append(self.executor)
            return
        try:
            _settle(self.executor)
        finally:
            with suppress(Exception):
                self.executor.shutdown(kill_workers=True)  # type: ignore[call-arg]


def _settle(executor: Executor) -> None:
    """Wait until all that was submitted is on its way to the workers.

    A pool of loky that is told to kill its workers forgets what it still has to pass on, looks for
    it all the same, and its thread ends with a traceback. Work is passed on in order, so what
    comes last tells of all the rest, also of what an interrupt kept us from noting.
    """
    with suppress(Exception):  # a broken pool takes nothing, and has nothing to pass on
        last = executor.submit(int)
        if last.cancel():
            wait([last], _PATIENCE)


def _started(jobs: int) -> Executor:
    from joblib.externals.loky import ProcessPoolExecutor

    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    made: Executor = ProcessPoolExecutor(
        jobs, timeout=_IDLE, initializer=_prepare, initargs=(os.getpid(),), env=one
    )
    return made


def crew(executor: Any, n_jobs: Any) -> Crew:
    """Workers for a sweep.

    Raises
    ------
    TypeError, ValueError
        If there is no such executor or number.
    """
    if executor is not None:
        if isinstance(executor, type) or not callable(getattr(executor, "submit", None)):
            raise TypeError(
                "`executor` must have the submit method of concurrent.futures.Executor; got "
                f"{executor!r}."
            )
        if n_jobs != 1:
            raise ValueError(f"give `executor` or `n_jobs`, not both; got n_jobs={n_jobs}.")
        told = getattr(executor, "_max_workers", None)
        return Crew(executor, told if isinstance(told, int) and told > 0 else None)
    jobs = _jobs(n_jobs)
    return Crew(_Here(), 1) if jobs == 1 else _Own(jobs)


def _jobs(n_jobs: Any) -> int:
    if isinstance(n_jobs, bool) or not isinstance(n_jobs, int | np.integer):
        raise TypeError(f"`n_jobs` must be an integer; got {n_jobs!r}.")
    if n_jobs < 1 and n_jobs != -1:
        raise ValueError(
            "`n_jobs` must be a positive number of processes, or -1 for one per core; got "
            f"{n_jobs}."
        )
    if n_jobs > 0:
        return int(n_jobs)
    from joblib import cpu_count

    return int(cpu_count())


def _prepare(parent: int) -> None:
    """Leave Ctrl-C to the parent, and do not outlive it."""
    with suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK)
    os._exit(1)
