r"""Sweeps: trials of a task in every cell of a grid."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

from .._validate import positive_int
from .diagram import PhaseDiagram
from .grid import grid_cells
from .outcomes import MOST_TRIALS
from .runner import Runner
from .seeds import LARGEST_SEED
from .specification import specification
from .store import kept
from .workers import crew

__all__ = ["sweep"]

Task = Callable[..., Any]


def sweep(
    task: Task,
    grid: Any,
    trials: int,
    seed: int,
    store: str | os.PathLike[str] | None = None,
    executor: Executor | None = None,
    n_jobs: int = 1,
    *,
    refine: str | None = None,
    progress: bool | None = None,
) -> PhaseDiagram:
    r"""Count in every cell of a grid how often a task succeeds.

    A trial is ``task(cell, rng)``, with random numbers that follow from `seed`, the cell and the
    number of the trial alone. Equal arguments give equal counts, bit for bit, whatever the
    executor, the order, how the grid grew, and how often the sweep was interrupted.

    Parameters
    ----------
    task : callable
        ``task(cell, rng) -> bool`` with a dict of integers and a `numpy.random.Generator`. None
        for a trial that cannot be decided; it is counted apart. A method
        ``task.many(cell, rngs)``, if there is one, is given several trials of a cell at once; what
        it returns for each must not depend on the others. A method ``task.check(cell)`` may
        refuse cells before any trial is run. See `sensing_theorems.tasks`.
    grid : mapping from str to integers, or sequence of cells
        Values along each axis, or a list of dicts.
    trials : int
        Per cell. More trials, another time, add to those of the store.
    seed : int
        From 0 to :math:`2^{128} - 1`.
    store : path, optional
        A directory for outcomes, as they come in. A sweep that was stopped, however, goes on from
        there; one of another task, seed or set of axes is refused. One sweep at a time uses it.
    executor : concurrent.futures.Executor, optional
        For example ``client.get_executor()`` of Dask, or a pool of mpi4py. It is not shut down.
    n_jobs : int
        Without an executor: processes on this machine, -1 for one per core. Each uses one thread.
    refine : str, optional
        An axis along which the bracket of every column is then halved, see
        `PhaseDiagram.refinement`: down to neighbouring integers where success turns in a step.
    progress : bool, optional
        Whether to show a bar. By default where standard error is a terminal, and in notebooks.

    Returns
    -------
    PhaseDiagram

    Raises
    ------
    TypeError, ValueError
        For bad arguments, and for a store that cannot be used.
    SweepError
        If the task raises or returns anything else, or its workers are lost again and again.
    SweepInterrupted
        A `KeyboardInterrupt`. Both carry what was finished before as ``diagram``.

    Examples
    --------
    >>> def hit(cell, rng):
    ...     return rng.random() < 1 / cell["k"]
    >>> sweep(hit, {"k": [1, 2, 4]}, trials=100, seed=0).successes
    array([100,  50,  23])
    """
    cells = grid_cells(grid)
    positive_int(trials, "trials")
    if trials > MOST_TRIALS:
        raise ValueError(f"`trials` must be at most {MOST_TRIALS}; got {trials}.")
    if refine is not None and not (isinstance(refine, str) and refine in cells[0]):
        raise ValueError(f"`refine` must be one of {', '.join(cells[0])}; got {refine!r}.")
    if store is not None and not os.fspath(store):
        raise ValueError("`store` must name a directory; got an empty name.")
    own = specification(_callable(task), cells[0], _seed(seed))
    # Not in the middle of the work, hours later.
    check = getattr(task, "check", None)
    if check is not None:
        for cell in cells:
            check(cell)
    workers = crew(executor, n_jobs)
    with kept(store, own) as keep:
        runner = Runner(task, cells, int(trials), keep, workers)
        runner.go(refine, progress)
        return runner.diagram()


def _callable(task: Any) -> Task:
    if not callable(task) or isinstance(task, type):
        raise TypeError(f"`task` must be a function of a cell and an rng; got {task!r}.")
    found: Task = task
    return found


def _seed(seed: Any) -> int:
    # None would be another seed every time.
    if isinstance(seed, bool) or not hasattr(seed, "__index__"):
        raise TypeError(f"`seed` must be an integer; got {type(seed).__name__}.")
    if not 0 <= int(seed) <= LARGEST_SEED:
        raise ValueError(f"`seed` must be an integer from 0 to 2^128 - 1; got {seed}.")
    return int(seed)
