"""The loop of a sweep: send trials out, take outcomes in, write them down, mend what breaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from time import perf_counter
from typing import Any, NamedTuple

from .blocks import Block, Done, Failure, packed, run_blocks, run_packed
from .diagram import PhaseDiagram
from .errors import SweepError, SweepInterrupted
from .progress import bar
from .provenance import session
from .schedule import Schedule
from .store import Memory, Store
from .tally import tally
from .workers import Crew

__all__ = ["Runner"]

Cells = Sequence[Mapping[str, int]]
# Times that workers may be lost before anything came back from those after them.
_LOSSES = 3
# Seconds between looks, since some systems do not let Ctrl-C end a longer wait.
_LOOK = 1.0


class _Lease(NamedTuple):
    """Blocks that are out, since when, and with whom."""

    blocks: list[Block]
    since: float
    executor: Executor


class Runner:
    """One call of `sweep`, whose arguments are known to be sound."""

    def __init__(
        self,
        task: Callable[..., Any],
        cells: Cells,
        trials: int,
        keep: Store | Memory,
        crew: Crew,
    ) -> None:
        self._task, self._cells, self._trials = task, list(cells), trials
        self._keep, self._crew = keep, crew
        self._seed = keep.specification["seed"]
        self._raw = b""
        self._begun = False
        self._pending: dict[Future[Done], _Lease] = {}
        self._losses = 0

    def diagram(self) -> PhaseDiagram:
        """Counts of all cells, as far as they are known."""
        about = {"specification": self._keep.specification, "sessions": list(self._keep.sessions)}
        return tally(self._cells, self._keep.outcomes, self._trials, about)

    def go(self, refine: str | None, progress: bool | None) -> None:
        """Run what is missing, then what encloses the transition along an axis."""
        todo = self._missing(self._cells)
        self._bar = bar(progress, len(self._cells) * self._trials, self._done(self._cells, todo))
        try:
            self._work(todo)
            while refine is not None and (more := self.diagram().refinement(refine)):
                self._cells += more
                todo = self._missing(more)
                self._bar.total = len(self._cells) * self._trials
                self._bar.update(self._done(more, todo))
                self._work(todo)
        except KeyboardInterrupt:
            self._harvest()
            self._crew.dismiss()
            raise SweepInterrupted(f"interrupted. {self._how_to_go_on()}", self.diagram()) from None
        finally:
            for future in self._pending:
                future.cancel()
            self._bar.close()

    def _missing(self, cells: Cells) -> list[Block]:
        missing = self._keep.outcomes.missing
        return [Block(cell, *part) for cell in cells for part in missing(cell, self._trials)]

    def _done(self, cells: Cells, todo: list[Block]) -> int:
        return len(cells) * self._trials - sum(block.trials for block in todo)

    def _work(self, todo: list[Block]) -> None:
        schedule = Schedule(todo)
        if schedule.left and not self._begun:
            self._begin()
        while schedule.left or self._pending:
            while schedule.left and len(self._pending) < self._crew.at_once:
                self._send(schedule)
            for future in wait(self._pending, _LOOK, FIRST_COMPLETED).done:
                self._receive(future, schedule)

    def _begin(self) -> None:
        """Find whatever stands in the way of the work before the work."""
        self._keep.require_writable()
        if not self._crew.local:
            self._raw = packed(self._task)
        self._keep.note_session(session(workers=self._crew.workers))
        self._begun = True

    def _send(self, schedule: Schedule) -> None:
        blocks, executor = schedule.take(self._crew.workers), self._crew.executor
        rest = self._seed, blocks, schedule.patience
        try:
            if self._crew.local:
                future = executor.submit(run_blocks, self._task, *rest)
            else:
                future = executor.submit(run_packed, self._raw, *rest)
        except (BrokenExecutor, RuntimeError) as error:
            schedule.give_back(blocks)
            self._renew(error, executor)
            return
        self._pending[future] = _Lease(blocks, perf_counter(), executor)

    def _receive(self, future: Future[Done], schedule: Schedule) -> None:
        blocks, since, executor = self._pending.pop(future)
        try:
            done = future.result()
        except BrokenExecutor as error:
            schedule.give_back(blocks)
            self._renew(error, executor)
            return
        except Exception as error:
            raise self._failed(f"{type(error).__name__}: {error}") from error
        self._enter(blocks, done)
        self._losses = 0
        if done.failure is not None:
            raise self._task_failed(done.failure)
        schedule.give_back(blocks[len(done.outcomes) :])
        schedule.learn(sum(map(len, done.outcomes)), done.seconds)
        self._crew.learn(perf_counter() - since - done.seconds, done.seconds)

    def _enter(self, blocks: list[Block], done: Done) -> None:
        pairs = zip(blocks, done.outcomes, strict=False)
        found = [(block.cell, block.first, outcomes) for block, outcomes in pairs]
        if found:
            self._keep.append(found)
            self._bar.update(sum(map(len, done.outcomes)))

    def _harvest(self) -> None:
        """Keep what came back and was not looked at yet."""
        for future, lease in self._pending.items():
            if future.done() and not future.cancelled() and future.exception() is None:
                self._enter(lease.blocks, future.result())

    def _renew(self, error: BaseException, executor: Executor) -> None:
        """Replace workers that were lost; all of their leases come back, the first one renews."""
        if executor is not self._crew.executor:
            return
        self._losses += 1
        if self._losses > _LOSSES or not self._crew.renew():
            raise self._failed(f"workers were lost: {error}") from error

    def _task_failed(self, failure: Failure) -> SweepError:
        cell = ", ".join(f"{name}={value}" for name, value in failure.cell.items())
        last = failure.first + failure.trials - 1
        number = f"trial {last}" if failure.trials == 1 else f"trials {failure.first} to {last}"
        error = self._failed(f"{failure.error} (at {cell}, {number})")
        error.add_note(failure.trace)
        return error

    def _failed(self, text: str) -> SweepError:
        return SweepError(f"{text}. {self._how_to_go_on()}", self.diagram())

    def _how_to_go_on(self) -> str:
        if self._keep.folder is None:
            return "Nothing was stored; with `store` the sweep could go on from here."
        total = len(self._cells) * self._trials
        done = self._done(self._cells, self._missing(self._cells))
        return (
            f"{done} of {total} trials are kept in {self._keep.folder}; run the same sweep again "
            "to go on."
        )
