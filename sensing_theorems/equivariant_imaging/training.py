"""The loop: batches, a loss, Adam; the same numbers whether or not it was interrupted."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from time import perf_counter
from typing import Any

import numpy as np
import torch

from .._validate import positive_int
from ..comparison import History
from .checkpoints import Checkpoint
from .losses.base import Loss
from .measured import Measured
from .seeds import stream

__all__ = ["Schedule", "Trained", "TrainingDiverged", "train"]

_BATCHES, _CHANCE = 0, 1
# Losses are means of squares of images, of the order of 1 at most unless something goes wrong.
_EXPLODED = 1e6


class TrainingDiverged(ArithmeticError):
    """The loss is no longer finite, or a million times what it was at first."""


@dataclass(frozen=True)
class Schedule:
    r"""How to train: Adam with a step size that falls along half a cosine.

    .. math::
        \eta_t = \eta \Bigl(r + (1 - r) \frac{1 + \cos(\pi t / T)}{2}\Bigr), \quad t = 0, …, T - 1

    Attributes
    ----------
    steps : int
        Number T of steps.
    batch_size : int
        Signals per step, drawn with replacement.
    learning_rate : float
        Step size :math:`\eta` at first.
    final_rate : float
        Share r of it that is left at the end; 1 for a constant step size.
    every : int
        Steps between two records of the history, and between two checkpoints.
    """

    steps: int = 500
    batch_size: int = 32
    learning_rate: float = 5e-3
    final_rate: float = 0.1
    every: int = 25

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "every"):
            object.__setattr__(self, name, positive_int(getattr(self, name), name))
        for name in ("learning_rate", "final_rate"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, Real):
                raise TypeError(f"`{name}` must be a number; got {value!r}.")
            object.__setattr__(self, name, float(value))
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise ValueError(f"`learning_rate` must be positive; got {self.learning_rate!r}.")
        if not 0 <= self.final_rate <= 1:
            raise ValueError(f"`final_rate` must lie in [0, 1]; got {self.final_rate!r}.")

    def rate(self, step: int) -> float:
        """Step size at step 0, …, T - 1."""
        falling = (1 + math.cos(math.pi * step / self.steps)) / 2
        return self.learning_rate * (self.final_rate + (1 - self.final_rate) * falling)


@dataclass(frozen=True, eq=False)
class Trained:
    """What a training did.

    Attributes
    ----------
    history : History
        At steps 0, `every`, 2 `every`, …, T: the loss of the step before (at 0, of the first), and
        the quality.
    seconds : float
        In steps alone, without evaluation.
    """

    history: History
    seconds: float


def train(
    f: torch.nn.Module,
    loss: Loss,
    measured: Measured,
    schedule: Schedule,
    *,
    seed: int = 0,
    quality: Callable[[torch.nn.Module], float] = lambda f: math.nan,
    checkpoint: Checkpoint | None = None,
    progress: Callable[[int], None] = lambda steps: None,
) -> Trained:
    r"""Minimise a loss over the parameters of f, in place.

    Parameters
    ----------
    f : torch.nn.Module
        Called as ``f(y, physics)``.
    loss : Loss
    measured : Measured
    schedule : Schedule
    seed : int
        Of batches, and of the chance in losses. Equal seeds give equal bits on one CPU with equally
        many threads, also where the training went on from a checkpoint.
    quality : callable, optional
        What the history records of f, for example the PSNR on other signals.
    checkpoint : Checkpoint, optional
        Where to go on from, and what to keep after every `schedule.every` steps.
    progress : callable, optional
        Told after each step how many there were.

    Returns
    -------
    Trained

    Raises
    ------
    TrainingDiverged
        If the loss is not finite or explodes. The last checkpoint is kept, from before.
    """
    checkpoint = Checkpoint() if checkpoint is None else checkpoint
    run = _Run(f, loss, measured, schedule, seed, checkpoint.path)
    # Dropout and the like draw from the global generators, which are no affair of ours.
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        kept = checkpoint.read()
        if kept is not None:
            run.restore(kept)
            progress(run.step)
        else:
            run.record(run.value_now(), quality)
        while run.step < schedule.steps:
            value = run.advance()
            progress(1)
            if run.step % schedule.every == 0 or run.step == schedule.steps:
                run.require_sound(float(value))
                run.stop_watch()
                run.require_sound(run.value_now())
                run.record(float(value), quality)
                checkpoint.write(run.state())
    f.eval()
    return Trained(run.history(), run.seconds)


class _Run:
    """The state of a training."""

    def __init__(
        self,
        f: torch.nn.Module,
        loss: Loss,
        measured: Measured,
        schedule: Schedule,
        seed: int,
        path: str | None,
    ) -> None:
        self.f, self.loss, self.measured = f, loss, measured
        self.schedule, self.seed, self.path = schedule, seed, path
        parameters = list(f.parameters())
        if not parameters:
            raise ValueError("a network must have parameters to be trained; got none.")
        self.optimizer = torch.optim.Adam(parameters, lr=schedule.learning_rate)
        self.step = 0
        self.seconds, self._begun = 0.0, perf_counter()
        self.records: list[tuple[int, float, float]] = []
        f.train()
        self._synchronous = all(p.device.type == "cpu" for p in parameters)

    def _value(self) -> torch.Tensor:
        batch = self.measured.draw(self.schedule.batch_size, stream(self.seed, _BATCHES, self.step))
        chance = stream(self.seed, _CHANCE, self.step)
        # Dropout and the like draw from the global generators. `torch.manual_seed` would note down
        # a traceback for devices that are not there.
        torch.default_generator.manual_seed(chance.initial_seed())
        if not self._synchronous:
            torch.cuda.manual_seed_all(chance.initial_seed())
        return self.loss(self.f, batch.y, batch.physics, x=batch.x, rng=chance)

    def value_now(self) -> float:
        """Loss of the next step, before it is taken."""
        with torch.no_grad():
            learned = self.loss.state()
            value = float(self._value())
            self.loss.load(learned)
        if not self.records and not math.isfinite(value):
            raise ValueError(
                f"the loss of {self.loss.name} must be finite at the start; got {value}. Signals "
                "are best scaled to numbers of the order of 1."
            )
        return value

    def advance(self) -> torch.Tensor:
        """Take one step and return the loss before it."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.schedule.rate(self.step)
        self.optimizer.zero_grad(set_to_none=True)
        value = self._value()
        if self._synchronous and not math.isfinite(value.item()):
            self.require_sound(value.item())
        value.backward()
        self.optimizer.step()
        self.step += 1
        return value.detach()

    def stop_watch(self) -> None:
        """Add what the steps since the last record took; a GPU must have been waited for."""
        self.seconds += perf_counter() - self._begun

    def require_sound(self, value: float) -> None:
        """Refuse to go on with a loss that is not finite, or with one that explodes."""
        first = max(abs(self.records[0][1]), 1e-3)
        if math.isfinite(value) and abs(value) <= _EXPLODED * first:
            return
        good = self.records[-1][0]
        where = (
            ""
            if self.path is None or good == 0
            else f" The state of step {good} is in {self.path}."
        )
        raise TrainingDiverged(
            f"the loss must stay finite and below {_EXPLODED:.0e} times its first value; "
            f"that of {self.loss.name} is {value:.3g} at step {self.step}, and was sound at step "
            f"{good}.{where} Lower `learning_rate` ({self.schedule.learning_rate:g})."
        )

    def record(self, value: float, quality: Callable[[torch.nn.Module], float]) -> None:
        """Add to the history, with the quality of what was learned so far."""
        self.f.eval()
        self.records.append((self.step, value, quality(self.f)))
        self.f.train()
        self._begun = perf_counter()

    def history(self) -> History:
        """What was recorded."""
        step, value, quality = zip(*self.records, strict=True)
        return History(np.array(step), np.array(value), np.array(quality))

    def state(self) -> dict[str, Any]:
        """All that is needed to go on."""
        return {
            "step": self.step,
            "seconds": self.seconds,
            "records": self.records,
            "network": self.f.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "loss": self.loss.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self.step, self.seconds = state["step"], state["seconds"]
        self._begun = perf_counter()
        self.records = [tuple(record) for record in state["records"]]
        self.f.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.loss.load(state["loss"])
