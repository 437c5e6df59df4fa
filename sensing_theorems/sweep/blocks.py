"""What a worker does: trials of some cells, for as long as it was asked to."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from .one_thread import one_thread
from .outcomes import MARKS
from .seeds import trial_rngs

__all__ = ["Block", "Done", "Failure", "run_blocks"]

# Trials of a new cell that are run together before their time is known.
_AT_FIRST = 64


class Block(NamedTuple):
    """Some trials of one cell: those from number `first` on."""

    cell: Mapping[str, int]
    first: int
    trials: int

    def after(self, done: int) -> Block:
        """Return what is left of it after the first `done` trials."""
        return Block(self.cell, self.first + done, self.trials - done)


class Failure(NamedTuple):
    """What a task raised; as text, since not every exception survives the way between processes."""

    block: Block
    error: str
    trace: str


class Done(NamedTuple):
    """Outcomes of the first trials of those that were asked for, and the seconds they took.

    `unknown` says that the task itself has not come here yet.
    """

    outcomes: list[str]
    seconds: float = 0.0
    failure: Failure | None = None
    unknown: bool = False


def run_blocks(
    task: Callable[..., Any], seed: int, blocks: Sequence[Block], patience: float
) -> Done:
    """Run blocks one after another, until all are done or `patience` seconds have passed.

    The last of the outcomes may be of the first trials of a block only; at least one trial is run.
    """
    outcomes: list[str] = []
    start = perf_counter()
    with one_thread() as threads:
        for block in blocks:
            if outcomes and perf_counter() - start > patience:
                break
            threads.look_again()
            outcomes.append("")
            try:
                for marks in _parts(task, seed, block, start + patience):
                    outcomes[-1] += marks
            except (Exception, SystemExit) as error:
                failure = _failure(block.after(len(outcomes[-1])), error)
                return Done(outcomes, perf_counter() - start, failure)
    return Done(outcomes, perf_counter() - start)


def _parts(task: Callable[..., Any], seed: int, block: Block, end: float) -> Iterator[str]:
    """Outcomes of a block in one or more parts, until a moment has passed."""
    many = getattr(task, "many", None)
    size = 1 if many is None else min(block.trials, _AT_FIRST)
    while block.trials:
        start = perf_counter()
        rngs = trial_rngs(seed, block.cell, block.first, min(size, block.trials))
        # A cell of its own every time, since a task may write to what it is given.
        own = dict(block.cell)
        found = [task(own, rngs[0])] if many is None else list(many(own, rngs))
        if len(found) != len(rngs):
            raise ValueError(f"the task must give {len(rngs)} outcomes; got {len(found)}.")
        yield "".join(map(_mark, found))
        block, now = block.after(len(rngs)), perf_counter()
        if now > end:
            return
        if many is not None:
            size = max(1, int(len(rngs) * (end - now) / max(now - start, 1e-6)))


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


def _failure(block: Block, error: BaseException) -> Failure:
    name = type(error).__name__
    try:
        text = f"{name}: {error}"
    except Exception:  # its own __str__ fails
        text = name
    many = min(block.trials, _AT_FIRST)
    return Failure(block._replace(trials=many), text, traceback.format_exc())
