"""What the command `sweep` does, once its arguments are parsed."""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from typing import Any

from ._transition_table import transition_table, usual_axis
from .files import known, replaced
from .sweep import run
from .sweep.diagram import PhaseDiagram
from .sweep.errors import SweepError, SweepInterrupted
from .sweep_files import Settings, load_settings, required_name

__all__ = ["sweep"]

_FLAGS = ("trials", "seed", "store", "refine")

Connect = Callable[[str], AbstractContextManager[Executor]]


def sweep(arguments: Namespace, connect: Connect) -> str:
    """Run the sweep that the arguments describe and write the files they ask for.

    Parameters
    ----------
    arguments : Namespace
    connect : callable
        Takes the address of a scheduler, and returns an executor as a context.

    Returns
    -------
    str
        What is to be printed.
    """
    given = {key: getattr(arguments, key) for key in _FLAGS}
    settings = load_settings(arguments.spec, {k: v for k, v in given.items() if v is not None})
    _keeps_something(settings, arguments)
    axis = settings.refine or usual_axis(settings.grid)
    if arguments.transition is not None:
        axis = arguments.transition
        known(axis, settings.grid, "axis of --transition")
    try:
        diagram = _written(settings, arguments, connect)
    except SweepError as error:
        # It says all that can be said: a task or its workers failed, and what is kept.
        raise ValueError(str(error)) from error
    if arguments.json == "-":
        return _dumped(diagram)
    if arguments.quiet:
        return ""
    return f"{diagram}\n\n{transition_table(diagram, axis, settings.task)}"


def _keeps_something(settings: Settings, arguments: Namespace) -> None:
    """Refuse what would be lost, or would take the place of what is needed."""
    required_name(arguments.json, "--json", "file")
    if settings.store is None and arguments.json is None:
        raise ValueError(
            "nothing would be kept of this sweep: name a directory by --store, or by `store` in "
            f"{arguments.spec}, or a file by --json."
        )
    if arguments.dask is not None and arguments.jobs != 1:
        raise ValueError(f"give --dask or --jobs, not both; got --jobs {arguments.jobs}.")
    if arguments.json in (None, "-"):
        return
    taken = [arguments.spec]
    if settings.store is not None:
        inside = [os.path.join(settings.store, name) for name in ("cells.jsonl", "lock")]
        taken += [settings.store, *inside]
    for path in taken:
        if os.path.realpath(path) == os.path.realpath(arguments.json):
            raise ValueError(f"--json would overwrite {path}; name another file.")


def _written(settings: Settings, arguments: Namespace, connect: Connect) -> PhaseDiagram:
    """Run the sweep, and write its diagram to the file that is asked for."""
    path = None if arguments.json == "-" else arguments.json
    stop: SweepError | SweepInterrupted | None = None
    with ExitStack() as stack:
        executor = None
        if arguments.dask is not None:
            executor = stack.enter_context(connect(arguments.dask))
            _carry(settings.task)
        sink = stack.enter_context(replaced(path)) if path else None
        try:
            diagram = _swept(settings, arguments, executor)
        except (SweepError, SweepInterrupted) as error:
            # A store has it all, and the file may be the result of an earlier sweep.
            if sink is None or settings.store is not None or not error.diagram.run.any():
                raise
            diagram, stop = error.diagram, error
        if sink is not None:
            sink.write(f"{_dumped(diagram)}\n".encode())
    if stop is not None:
        raise type(stop)(f"{stop} What was finished before is in {path}.", diagram) from stop
    return diagram


def _swept(settings: Settings, arguments: Namespace, executor: Executor | None) -> PhaseDiagram:
    with _workers_on_stderr():
        return run.sweep(
            settings.task,
            settings.grid,
            settings.trials,
            settings.seed,
            settings.store,
            executor,
            arguments.jobs,
            refine=settings.refine,
            progress=False if arguments.quiet else None,
        )


def _carry(task: Any) -> None:
    """Let a module that is a file of the current directory travel, since workers have others."""
    import cloudpickle  # which Dask brings

    module = sys.modules.get(getattr(getattr(task, "func", task), "__module__", ""))
    file = getattr(module, "__file__", None)
    if file and os.path.realpath(os.path.dirname(file)) == os.path.realpath(os.curdir):
        cloudpickle.register_pickle_by_value(module)


@contextmanager
def _workers_on_stderr() -> Iterator[None]:
    """Send what tasks print in other processes, which inherit descriptors, to standard error."""
    kept = None
    with suppress(OSError):
        kept = os.dup(1)
        os.dup2(2, 1)
    try:
        yield
    finally:
        if kept is not None:
            os.dup2(kept, 1)
            os.close(kept)


def _dumped(diagram: PhaseDiagram) -> str:
    return json.dumps(diagram.to_dict(), ensure_ascii=False, allow_nan=False)
