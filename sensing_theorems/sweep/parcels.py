"""How a task gets to workers of other processes: once to each, however large it is."""

from __future__ import annotations

import hashlib
import pickle
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from .blocks import Block, Done, Failure, run_blocks

__all__ = ["Parcel", "run_parcel"]

_KEPT = 4
_TASKS: dict[str, Callable[..., Any]] = {}


class Parcel:
    """A task that is sent along until every worker has had it.

    Parameters
    ----------
    task : callable
        Functions of a notebook included.
    workers : int
        How many workers there are. One that does not know the task yet says so, and is sent it.

    Raises
    ------
    TypeError
        If the task holds what cannot travel, such as an open file.
    """

    def __init__(self, task: Callable[..., Any], workers: int) -> None:
        self._raw = _packed(task)
        self._name = hashlib.sha256(self._raw).hexdigest()
        self._left = workers

    def wanted(self, workers: int) -> None:
        """Send the task to so many workers more, which do not know it."""
        self._left += workers

    def label(self) -> tuple[str, bytes | None]:
        """Name of the task, and the task itself as long as it is wanted."""
        if not self._left:
            return self._name, None
        self._left -= 1
        return self._name, self._raw


def _packed(task: Callable[..., Any]) -> bytes:
    try:
        import cloudpickle
    except ImportError:  # joblib brought its own before 1.6
        from joblib.externals import cloudpickle

    try:
        return bytes(cloudpickle.dumps(task))
    except Exception as error:
        # Whatever the task holds may raise whatever it likes.
        raise TypeError(
            f"the task cannot be sent to other processes: {error}. Use n_jobs=1, or build what "
            "it needs inside of it."
        ) from error


def run_parcel(
    name: str, raw: bytes | None, seed: int, blocks: Sequence[Block], patience: float
) -> Done:
    """`run_blocks` with a task that comes from another process, or came before."""
    task = _TASKS.get(name)
    if task is None:
        if raw is None:
            return Done([], unknown=True)
        try:
            task = pickle.loads(raw)
        except Exception as error:
            text = f"a worker cannot load the task: {type(error).__name__}: {error}"
            return Done([], failure=Failure(blocks[0], text, traceback.format_exc()))
        while len(_TASKS) >= _KEPT:
            _TASKS.pop(next(iter(_TASKS)), None)
        _TASKS[name] = task
    return run_blocks(task, seed, blocks, patience)
