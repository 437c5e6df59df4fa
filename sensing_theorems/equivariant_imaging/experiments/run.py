"""Many experiments side by side, each a process of its own, kept as they come."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from joblib import Parallel, delayed

from ...comparison import Comparison
from ..compare import compare
from .experiment import Experiment

__all__ = ["run", "run_one"]


def run(
    experiments: Sequence[Experiment],
    store: str | os.PathLike[str],
    *,
    n_jobs: int = 2,
    **settings: Any,
) -> Iterator[tuple[Experiment, Comparison]]:
    """Yield experiments with their outcomes, in order.

    Parameters
    ----------
    experiments : sequence of Experiment
    store : path
        Of checkpoints, a directory for each key. The same call goes on from there.
    n_jobs : int
        Number of processes, of one thread each: on small images that is quicker than threads, and
        gives the same bits on any number of cores.
    **settings
        Further arguments of `compare`; those of an experiment win.
    """
    work = (delayed(run_one)(each, store, **settings) for each in experiments)
    # Spread by the length of a training, of which each is too long to be handed out in batches.
    found = Parallel(n_jobs=n_jobs, batch_size=1, return_as="generator")(work)
    yield from zip(experiments, found, strict=True)


def run_one(experiment: Experiment, store: str | os.PathLike[str], **settings: Any) -> Comparison:
    """Outcome of one experiment, on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        given = experiment.build()
        return compare(
            given.operators,
            given.action,
            given.signals,
            test_signals=given.test_signals,
            predicted_by=given.predicted_by,
            store=Path(store) / experiment.key,
            progress=False,
            **{**settings, **experiment.settings},
        )
    finally:
        torch.set_num_threads(threads)
