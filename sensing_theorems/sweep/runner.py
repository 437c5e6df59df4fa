"""The loop of a sweep: send trials out, take outcomes in, write them down, mend what breaks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import suppress
from time import perf_counter
from typing import Any, NamedTuple

from .blocks import Block, Done, Failure, run_blocks
from .diagram import PhaseDiagram
from .errors import SweepError, SweepInterrupted
from .one_thread import one_thread
from .parcels import Parcel, run_parcel
from .progress import Bar
from .provenance import session
from .schedule import Schedule
from .store import Memory, Store
from .tally import tally
from .workers import Crew

__all__ = ["Runner"]

Cells = Sequence[Mapping[str, int]]
# Times that a block may be lost when it is all that its worker has.
_LOSSES = 2
# Seconds between looks, since some systems do not let Ctrl-C end a longer wait.
_LOOK = 1.0


class _Lease(NamedTuple):
    """Blocks that are out, since when, with whom, and whether nothing else is."""

    blocks: list[Block]
    since: float
    executor: Executor
    alone: bool


class _StopError(Exception):
    """The sweep cannot go on; with what a task printed of it, if anything."""

    def __init__(self, message: str, trace: str = "") -> None:
        super().__init__(message)
        self.trace = trace


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
        self._parcel: Parcel | None = None
        self._begun = False
        self._pending: dict[Future[Done], _Lease] = {}
        # Of these one was with a worker that was lost: they go out one by one, to tell which.
        self._suspects: deque[Block] = deque()
        self._losses = 0

    def diagram(self) -> PhaseDiagram:
        """Counts of all cells, as far as they are known."""
        about = {"specification": self._keep.specification, "sessions": list(self._keep.sessions)}
        return tally(self._cells, self._keep.outcomes, self._trials, about)

    def go(self, refine: str | None, progress: bool | None) -> None:
        """Run what is missing, then what encloses the transition along an axis."""
        todo = self._missing(self._cells)
        self._bar = Bar(progress, len(self._cells) * self._trials, self._done(self._cells, todo))
        well = False
        try:
            # Held here too: pools of BLAS obey the thread that limits them first, and executors
            # may run tasks in threads of this process, side by side.
            with one_thread():
                self._rounds(todo, refine)
            well = True
        except KeyboardInterrupt:
            with suppress(ValueError):  # it may have been removed
                self._keep.look_again()
                self._harvest()
            raise SweepInterrupted(f"interrupted. {self._how_to_go_on()}", self.diagram()) from None
        except _StopError as stop:
            self._harvest()
            error = SweepError(f"{stop}. {self._how_to_go_on()}", self.diagram())
            if stop.trace:
                error.add_note(stop.trace)
            raise error from stop.__cause__
        finally:
            self._crew.leave(list(self._pending), broken=not well)
            self._bar.close()

    def _rounds(self, todo: list[Block], refine: str | None) -> None:
        self._work(todo)
        while refine is not None and (more := self.diagram().refinement(refine)):
            self._cells += more
            todo = self._missing(more)
            self._bar.extend(len(more) * self._trials, self._done(more, todo))
            self._work(todo)

    def _missing(self, cells: Cells) -> list[Block]:
        missing = self._keep.outcomes.missing
        return [Block(cell, *part) for cell in cells for part in missing(cell, self._trials)]

    def _done(self, cells: Cells, todo: list[Block]) -> int:
        return len(cells) * self._trials - sum(block.trials for block in todo)

    def _work(self, todo: list[Block]) -> None:
        schedule = Schedule(todo)
        if schedule.left and not self._begun:
            self._begin()
        while schedule.left or self._suspects or self._pending:
            self._fill(schedule)
            for future in wait(self._pending, _LOOK, FIRST_COMPLETED).done:
                self._receive(future, schedule)

    def _begin(self) -> None:
        """Find whatever stands in the way of the work before the work."""
        self._keep.require_writable()
        if not self._crew.local:
            self._parcel = Parcel(self._task, self._crew.workers)
        self._keep.note_session(session(workers=self._crew.workers))
        self._begun = True

    def _fill(self, schedule: Schedule) -> None:
        if self._suspects:
            if not self._pending:
                self._send([self._suspects.popleft()], schedule, alone=True)
            return
        while schedule.left and len(self._pending) < self._crew.at_once and not self._suspects:
            self._send(schedule.take(self._crew.workers), schedule)

    def _send(self, blocks: list[Block], schedule: Schedule, alone: bool = False) -> None:
        executor, patience = self._crew.executor, schedule.patience
        lease = _Lease(blocks, perf_counter(), executor, alone)
        try:
            if self._parcel is None:
                future = executor.submit(run_blocks, self._task, self._seed, blocks, patience)
            else:
                name, raw = self._parcel.label()
                future = executor.submit(run_parcel, name, raw, self._seed, blocks, patience)
        except (BrokenExecutor, RuntimeError) as error:
            self._lost(lease, error)
            return
        except Exception as error:
            raise _StopError(f"the executor takes no work: {error}") from error
        self._pending[future] = lease

    def _receive(self, future: Future[Done], schedule: Schedule) -> None:
        lease = self._pending.pop(future)
        try:
            done = future.result()
        except BrokenExecutor as error:
            self._lost(lease, error)
            return
        except Exception as error:
            raise _StopError(f"{type(error).__name__}: {error}") from error
        left = self._enter(lease.blocks, done)
        if done.failure is not None:
            raise _task_failed(done.failure)
        if done.unknown and self._parcel is not None:
            self._parcel.wanted(1)
        if lease.alone:
            self._losses = 0 if done.outcomes else self._losses
            self._suspects.extendleft(reversed(left))
        else:
            schedule.give_back(left)
        schedule.learn(sum(map(len, done.outcomes)), done.seconds)
        self._crew.learn(perf_counter() - lease.since - done.seconds, done.seconds)

    def _enter(self, blocks: list[Block], done: Done) -> list[Block]:
        """Keep what came back; what is left to be done."""
        pairs = list(zip(blocks, done.outcomes, strict=False))
        found = [(block.cell, block.first, marks) for block, marks in pairs if marks]
        if found:
            self._keep.append(found)
            self._bar.update(sum(len(marks) for *_, marks in found))
        left = [block.after(len(marks)) for block, marks in pairs] + blocks[len(pairs) :]
        return [block for block in left if block.trials]

    def _harvest(self) -> None:
        """Keep what came back and was not looked at yet."""
        for future, lease in self._pending.items():
            if future.done() and not future.cancelled() and future.exception() is None:
                self._enter(lease.blocks, future.result())

    def _lost(self, lease: _Lease, error: BaseException) -> None:
        """Replace workers that were lost, and find out which block did it, if one did."""
        self._suspects.extendleft(reversed(lease.blocks))
        self._losses += lease.alone
        if self._losses >= _LOSSES:
            where = _place(lease.blocks[0])
            raise _StopError(f"workers were lost again and again at {where}: {_first(error)}")
        if lease.executor is not self._crew.executor:
            return
        if not self._crew.renew():
            raise _StopError(f"workers were lost: {_first(error)}") from error
        if self._parcel is not None:
            self._parcel.wanted(self._crew.workers)

    def _how_to_go_on(self) -> str:
        if self._keep.folder is None:
            return "Nothing was stored; with `store` the sweep could go on from here."
        total = len(self._cells) * self._trials
        done = self._done(self._cells, self._missing(self._cells))
        return (
            f"{done} of {total} trials are kept in {self._keep.folder}; run the same sweep again "
            "to go on."
        )


def _task_failed(failure: Failure) -> _StopError:
    return _StopError(f"{failure.error} (at {_place(failure.block)})", failure.trace)


def _place(block: Block) -> str:
    cell = ", ".join(f"{name}={value}" for name, value in block.cell.items())
    last = block.first + block.trials - 1
    number = f"trial {last}" if block.trials == 1 else f"trials {block.first} to {last}"
    return f"{cell}, {number}"


def _first(error: BaseException) -> str:
    """Return the first line of what loky explains at length."""
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
