"""Equivariant imaging of masked images: by hand, with this package, and with deepinv.

Everyone trains the same network from the same weights, on batches of the same images, with a
random shift for each batch. A contestant prepares itself outside of the timing, and returns what
is to be timed.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch.nn.functional import mse_loss
from training_contest import Contest, Times

import sensing_theorems as st
from sensing_theorems import equivariant_imaging as ei

__all__ = [
    "DEEPINV_LOSSES",
    "OURS",
    "PLAIN",
    "TRAINER",
    "WITH_RECORDS",
    "ByHand",
    "ForDeepinv",
    "contestants",
    "deepinv_losses",
    "deepinv_total",
    "inpainting",
    "reconstructor",
]

PLAIN, OURS, WITH_RECORDS = "plain loop", "ours", "ours, with records"
DEEPINV_LOSSES, TRAINER = "deepinv losses", "deepinv Trainer"
Run = Callable[[], dict[str, Times]]
Prepare = Callable[[Contest, int], Run]
_RATE = 5e-3
_EVERY = 25  # as `compare` has it


class ByHand(torch.nn.Module):
    """What one writes for this problem and no other."""

    def __init__(self, contest: Contest) -> None:
        super().__init__()
        self.network = copy.deepcopy(contest.network)
        self.mask, self.hidden = contest.mask, 1 - contest.mask

    def forward(self, y: torch.Tensor) -> torch.Tensor:
        r = self.network(torch.cat([y, self.mask.expand_as(y)], 1))
        return y + self.hidden * r

    def loss(self, y: torch.Tensor, shift: tuple[int, int]) -> torch.Tensor:
        x = self(y)
        moved = torch.roll(x, shift, (-2, -1))
        return mse_loss(self.mask * x, y) + mse_loss(self(self.mask * moved), moved)


def _plain(contest: Contest, steps: int) -> Run:
    f = ByHand(contest)
    optimizer = torch.optim.Adam(f.parameters(), lr=_RATE)
    height, width = contest.shape

    def run() -> dict[str, Times]:
        start = contest.clock()
        for _ in range(steps):
            y = contest.draw()
            shift = int(torch.randint(height, ())), int(torch.randint(width, ()))
            optimizer.zero_grad()
            f.loss(y, shift).backward()
            optimizer.step()
        return {PLAIN: contest.clock() - start}

    return run


def reconstructor(contest: Contest) -> ei.Reconstructor:
    return ei.Reconstructor(copy.deepcopy(contest.network))


class _Stopwatch:
    """Time in steps alone, and with the records of the history but that of the start.

    `Trained.seconds` would not do: it knows one of the clocks, and a GPU is still at work on the
    steps when it is read.
    """

    def __init__(self, contest: Contest, steps: int) -> None:
        self.contest, self.steps, self.done = contest, steps, 0
        self.alone = np.zeros(2)
        self.started: Times | None = None

    def evaluate(self, f: torch.nn.Module) -> float:
        """Quality for the history, after which steps begin or go on."""
        found = ei.psnr(f, self.contest.test, 1.0)
        self.begun = self.contest.clock()
        self.started = self.begun if self.started is None else self.started
        return found

    def count(self, steps: int) -> None:
        """Stop the clock where a record comes next."""
        self.done += steps
        if self.done % _EVERY == 0 or self.done == self.steps:
            self.alone += self.contest.clock() - self.begun


def _ours(contest: Contest, steps: int) -> Run:
    f = reconstructor(contest)
    # Made anew, as `compare` does, so that no shift is known from the round before.
    loss = ei.named_loss(
        "ei", [contest.physics], ei.as_transforms(st.groups.shifts(*contest.shape))
    )
    schedule = ei.Schedule(steps, contest.batch, _RATE, every=_EVERY)
    watch = _Stopwatch(contest, steps)

    def run() -> dict[str, Times]:
        ei.train(f, loss, contest.train, schedule, quality=watch.evaluate, progress=watch.count)
        return {OURS: watch.alone, WITH_RECORDS: contest.clock() - watch.started}

    return run


class ForDeepinv(torch.nn.Module):
    """The same reconstruction in terms of a physics of deepinv."""

    def __init__(self, contest: Contest) -> None:
        super().__init__()
        self.network = copy.deepcopy(contest.network)

    def forward(self, y: torch.Tensor, physics: Any, **_: Any) -> torch.Tensor:
        # For a mask the pseudo-inverse, and in deepinv quicker than `A_dagger`.
        z = physics.A_adjoint(y)
        r = self.network(torch.cat([z, physics.mask.expand_as(z)], 1))
        return z + r - physics.A_adjoint(physics.A(r))


def inpainting(contest: Contest, deepinv: Any) -> Any:
    return deepinv.physics.Inpainting(
        (1, *contest.shape), mask=contest.mask[0], device=contest.device
    )


def deepinv_losses(deepinv: Any, transform: Any) -> list[Any]:
    return [deepinv.loss.MCLoss(), deepinv.loss.EILoss(transform, apply_noise=False)]


def deepinv_total(losses: list[Any], f: Any, y: torch.Tensor, physics: Any) -> torch.Tensor:
    x_net = f(y, physics)
    return sum(loss(x_net=x_net, y=y, physics=physics, model=f) for loss in losses)


def _with_losses(deepinv: Any, contest: Contest, steps: int) -> Run:
    f, physics = ForDeepinv(contest), inpainting(contest, deepinv)
    losses = deepinv_losses(deepinv, deepinv.transform.Shift())
    optimizer = torch.optim.Adam(f.parameters(), lr=_RATE)

    def run() -> dict[str, Times]:
        start = contest.clock()
        for _ in range(steps):
            y = contest.draw()
            optimizer.zero_grad()
            deepinv_total(losses, f, y, physics).backward()
            optimizer.step()
        return {DEEPINV_LOSSES: contest.clock() - start}

    return run


def _trainer(deepinv: Any, contest: Contest, steps: int) -> Run:
    f, on_gpu = ForDeepinv(contest), contest.device.type == "cuda"
    images = deepinv.datasets.TensorDataset(y=contest.seen.cpu(), use_dict_output=True)
    drawn = torch.utils.data.RandomSampler(images, True, steps * contest.batch)
    trainer = deepinv.Trainer(
        f,
        inpainting(contest, deepinv),
        torch.optim.Adam(f.parameters(), lr=_RATE),
        torch.utils.data.DataLoader(images, contest.batch, sampler=drawn, pin_memory=on_gpu),
        epochs=1,
        losses=deepinv_losses(deepinv, deepinv.transform.Shift()),
        metrics=None,
        compute_train_metrics=False,
        device=contest.device,
        save_path=None,
        verbose=False,
        show_progress_bar=False,
        freq_update_progress_bar=steps,
        non_blocking_transfers=on_gpu,
    )

    def run() -> dict[str, Times]:
        start = contest.clock()
        trainer.train()
        return {TRAINER: contest.clock() - start}

    return run


def contestants(deepinv: Any) -> list[Prepare]:
    """All of them, or those that are there."""
    peers = [] if deepinv is None else [partial(_with_losses, deepinv), partial(_trainer, deepinv)]
    return [_plain, _ours, *peers]
