"""What a worker does: trials of some cells, one thread each, within a time that it keeps itself."""

from __future__ import annotations

import pickle
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import lru_cache
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from ..batches import at_most_threads
from .outcomes import MARKS
from .seeds import trial_rngs

__all__ = ["Block", "Done", "Failure", "packed", "run_blocks", "run_packed"]


class Block(NamedTuple):
    """Some trials of one cell: those from number `first` on."""

    cell: Mapping[str, int]
    first: int
    trials: int


class Failure(NamedTuple):
    """What a task raised; as text, since not every exception survives the way between processes."""

    cell: Mapping[str, int]
    first: int
    trials: int
    error: str
    trace: str


class Done(NamedTuple):
    """Outcomes of the first blocks of those that were asked for, and the seconds they took."""

    outcomes: list[str]
    seconds: float
    failure: Failure | None


def packed(task: Callable[..., Any]) -> bytes:
    """A task on its way to another process, functions of a notebook included.

    Raises
    ------
    TypeError
        If it holds what cannot travel, such as an open file.
    """
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


@lru_cache(maxsize=4)
def _unpacked(raw: bytes) -> Callable[..., Any]:
    task: Callable[..., Any] = pickle.loads(raw)
    return task


def run_packed(raw: bytes, seed: int, blocks: Sequence[Block], patience: float) -> Done:
    """`run_blocks` with a task that came from another process."""
    try:
        task = _unpacked(raw)
    except Exception as error:
        text = f"a worker cannot load the task: {type(error).__name__}: {error}"
        return Done([], 0.0, Failure(*blocks[0], text, traceback.format_exc()))
    return run_blocks(task, seed, blocks, patience)


def run_blocks(
    task: Callable[..., Any], seed: int, blocks: Sequence[Block], patience: float
) -> Done:
    """Run blocks one after another; none is begun once `patience` seconds have passed."""
    outcomes: list[str] = []
    start = perf_counter()
    with _OneThread() as threads:
        for block in blocks:
            if outcomes and perf_counter() - start > patience:
                break
            threads.look_again()
            try:
                outcomes.append(_marks(task, seed, block))
            except (Exception, SystemExit) as error:
                text = f"{type(error).__name__}: {error}"
                failure = Failure(*block, text, traceback.format_exc())
                return Done(outcomes, perf_counter() - start, failure)
    return Done(outcomes, perf_counter() - start, None)


def _marks(task: Callable[..., Any], seed: int, block: Block) -> str:
    cell = dict(block.cell)
    rngs = trial_rngs(seed, cell, block.first, block.trials)
    many = getattr(task, "many", None)
    # A cell of its own for every trial, since a task may write to what it is given.
    found = [task(dict(cell), rng) for rng in rngs] if many is None else list(many(cell, rngs))
    if len(found) != len(rngs):
        raise ValueError(f"the task must give {len(rngs)} outcomes; got {len(found)}.")
    return "".join(map(_mark, found))


def _mark(outcome: Any) -> str:
    if isinstance(outcome, np.ndarray) and outcome.ndim == 0:
        outcome = outcome[()]
    if outcome is None:
        return MARKS[None]
    if not isinstance(outcome, bool | np.bool_):
        raise TypeError(
            "a task must return True, False, or None where it cannot decide; got "
            f"{type(outcome).__name__} {outcome!r}."
        )
    return MARKS[bool(outcome)]


class _OneThread(ExitStack):
    """Neither BLAS nor kernels start threads: workers fill the cores, and sums keep their order."""

    def __init__(self) -> None:
        super().__init__()
        self._modules = 0
        self.enter_context(at_most_threads(1))

    def look_again(self) -> None:
        """Limit the libraries that were loaded since."""
        if len(sys.modules) != self._modules:
            self._modules = len(sys.modules)
            self.enter_context(_controller(self._modules).limit(limits=1))


@lru_cache(maxsize=1)
def _controller(modules: int) -> Any:
    """Thread pools that are loaded; looked for again only where a module was loaded since."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
