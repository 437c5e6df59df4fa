"""Train the same network with several losses, and put what came out beside what theory says."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from .._validate import positive_int
from ..comparison import Comparison, History
from ..prediction import Prediction
from ..sweep.progress import Bar
from .checkpoints import Checkpoint, fingerprint
from .evaluation import estimates, psnr
from .losses.base import Estimator, Loss
from .losses.named import named_loss
from .physics import Physics
from .precision import compiled, in_precision
from .provenance import of_sessions, training_session
from .reconstruction import as_reconstruction
from .seeds import stream
from .setting_up import Setup, prepared
from .settings import PINV, Settings, chosen_device
from .training import Schedule, Trained, train

__all__ = ["compare"]

# Maps of an action that tell it from others.
_PROBES = 4
# A part of the schedule of the warm start, where nothing else is said.
_WARM_SHARE = 0.8


def compare(
    operators: Any,
    action: Any,
    signals: Any,
    losses: Sequence[str] = (PINV, "mc", "ei", "supervised"),
    noise: Any = None,
    network: Any = None,
    steps: int = 500,
    seed: int = 0,
    device: str | torch.device = "auto",
    *,
    test_signals: Any = None,
    predicted_by: Any = None,
    warm_start: bool = False,
    warm_steps: int | None = None,
    batch_size: int = 32,
    learning_rate: float = 5e-3,
    every: int = 25,
    weight: float = 1.0,
    rcond: float | None = None,
    consistent: bool | None = None,
    precision: str = "float32",
    compile: bool = False,
    store: str | os.PathLike[str] | None = None,
    progress: bool | None = None,
) -> Comparison:
    r"""Train one network with several losses, and compare with what theory predicts.

    Parameters
    ----------
    operators : operator, Physics, or sequence of them
        A, (m, n), or A_1, …, A_G; signal i is seen by operator i mod G.
    action : GroupAction, TransformSet or None
        Maps under which the set of signals is invariant, for the losses that use them.
    signals : array, (N, \*shape), torch.Tensor, or torch Dataset
        Ground truth, of the order of 1. Only the supervised loss trains on it; the others see its
        measurements.
    losses : sequence of str
        "pinv" for A⁺y without training, and names of
        `sensing_theorems.equivariant_imaging.losses.named_loss`.
    noise : float or Noise, optional
        A float is the standard deviation of Gaussian noise. Theory speaks of measurements without
        noise: then `agrees` is None.
    network : str, torch.nn.Module or Reconstruction, optional
        See `as_reconstruction`; by default a U-Net of 26 thousand parameters for images, an MLP
        for vectors. Each loss trains a copy, from the same start.
    steps : int
        Of Adam, for each loss.
    seed : int
        Of the network, the batches, the noise, and the chance in losses.
    device : str or torch.device
        "auto" takes a GPU where there is one.
    test_signals : array, (N, \*shape), optional
        Signals that are measured for evaluation; by default a tenth of `signals`, at most 200, are
        set aside, at equal distances.
    predicted_by : GroupAction or TransformSet, optional
        Maps that the prediction looks at, if not those of `action`: of a semigroup, training may
        have to use the opposite direction.
    warm_start : bool
        The forgetting test: after the supervised network is trained, go on from it with each
        unsupervised loss. What the setup cannot identify is forgotten.
    warm_steps : int, optional
        By default 0.8 × `steps`. Step sizes are those from scratch: the first steps of Adam shake
        the network, and the loss restores what it can see.
    batch_size, learning_rate, every
        See `Schedule`.
    weight : float
        Of the second term of losses such as "ei".
    rcond : float, optional
        Singular values below this share of the largest count as zero in A⁺, for noisy data.
    consistent : bool, optional
        Whether f(y) = A⁺y + (I − A⁺A) net, which meets y exactly. By default where there is no
        noise, and no loss that is made for it.
    precision : {"float32", "float64", "bfloat16"}
        With "bfloat16" networks compute in mixed precision, and all else in float32.
    compile : bool
        Hand networks to `torch.compile`.
    store : path, optional
        A directory of checkpoints. The same call goes on from there after any stop, to the same
        bits on a CPU with as many threads.
    progress : bool, optional
        Show a bar; by default in terminals and notebooks.

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError, TypeError
        If sizes disagree, signals or measurements are not finite, a loss lacks what it needs, or a
        checkpoint is of another comparison.
    TrainingDiverged
        If a loss is no longer finite. Checkpoints from before are kept.

    Examples
    --------
    Half of the pixels of images that may be shifted, too few steps to learn anything:

    >>> import numpy as np
    >>> import sensing_theorems as st
    >>> from sensing_theorems.equivariant_imaging import compare, signals
    >>> mask = np.random.default_rng(0).random((8, 8)) < 0.5
    >>> images = signals.shapes(64, 8, rng=0)
    >>> found = compare(
    ...     st.operators.inpainting(mask), st.groups.shifts(8, 8), images, ("pinv", "ei"), steps=2
    ... )
    >>> found.prediction.outcome.value, sorted(found.psnr)
    ('learnable', ['ei', 'pinv'])
    """
    warm = None
    if warm_steps is not None and not warm_start:
        raise ValueError(f"`warm_steps` must be None without `warm_start`; got {warm_steps!r}.")
    if warm_steps is not None:
        warm_steps = positive_int(warm_steps, "warm_steps")
    if warm_start:
        count = max(1, round(_WARM_SHARE * positive_int(steps, "steps")))
        count = count if warm_steps is None else warm_steps
        warm = Schedule(count, batch_size, learning_rate, every=every)
    settings = Settings.of(
        losses,
        noise,
        consistent,
        schedule=Schedule(steps, batch_size, learning_rate, every=every),
        warm=warm,
        seed=seed,
        device=chosen_device(device),
        precision=precision,
        weight=weight,
        rcond=rcond,
        compile=compile,
    )
    setup = prepared(operators, action, signals, test_signals, settings)
    if predicted_by is not None:
        setup = replace(setup, action=predicted_by)
    return _Comparing(setup, settings, network, _directory(store)).run(progress)


@dataclass(frozen=True, eq=False)
class _Comparing:
    setup: Setup
    settings: Settings
    network: Any
    store: Path | None
    # Of whatever trained, now or before a stop.
    _sessions: list[dict[str, Any]] = field(default_factory=list, init=False)

    def run(self, progress: bool | None) -> Comparison:
        """All trainings, one after the other."""
        settings = self.settings
        # What is wrong with a prediction, a network or a loss is told before hours of training.
        prediction = self.setup.prediction
        start = self._start()
        losses = {name: self._loss(name) for name in settings.trained}
        total = len(settings.trained) * settings.schedule.steps
        total += len(settings.warmed) * (settings.warm.steps if settings.warm else 0)
        bar = Bar(progress, total, 0, unit=" steps")
        cold: dict[str, Trained] = {}
        warm: dict[str, Trained] = {}
        networks: dict[str, torch.nn.Module] = {}
        found: dict[str, Estimator] = {PINV: _backproject}
        try:
            for name, loss in losses.items():
                networks[name] = f = copy.deepcopy(start)
                cold[name] = self._train(name, f, loss, settings.schedule, bar.update)
                found[name] = loss.estimator(f)
            schedule = settings.warm or settings.schedule
            for name in settings.warmed:
                loss, f = self._loss(name), copy.deepcopy(networks["supervised"])
                warm[name] = self._train(f"{name}.warm", f, loss, schedule, bar.update)
                found[f"{name}, warm"] = loss.estimator(f)
        finally:
            bar.close()
        return self._found(prediction, start, found, cold, warm)

    def _loss(self, name: str) -> Loss:
        setup, settings = self.setup, self.settings
        return named_loss(name, setup.physics, setup.transforms, settings.noise, settings.weight)

    def _start(self) -> torch.nn.Module:
        settings = self.settings
        start = as_reconstruction(
            self.network,
            self.setup.physics[0],
            consistent=settings.consistent,
            seed=settings.seed,
        )
        return in_precision(start, settings)

    def _train(
        self,
        name: str,
        f: torch.nn.Module,
        loss: Loss,
        schedule: Schedule,
        progress: Callable[[int], None],
    ) -> Trained:
        path = None if self.store is None else self.store / f"{name}.pt"
        setup = self.setup
        marks = {} if path is None else self._marks(name, f, schedule)
        checkpoint = Checkpoint(path, marks, self._session)
        trained = train(
            compiled(f, self.settings),
            loss,
            setup.train,
            schedule,
            seed=self.settings.seed,
            quality=lambda f: psnr(loss.estimator(f), setup.test, setup.peak),
            checkpoint=checkpoint,
            progress=progress,
        )
        self._sessions.extend(checkpoint.sessions)
        return trained

    def _marks(self, name: str, f: torch.nn.Module, schedule: Schedule) -> dict[str, str]:
        """Fingerprints of all that the outcome depends on, whatever it was made from."""
        answers = []
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.settings.seed)
            f.eval()
            answers = [f(batch.y[:1], batch.physics) for batch in self.setup.train.batches]
        return {
            **self._given,
            "network": fingerprint(name, f.state_dict(), answers),
            "settings": fingerprint(vars(schedule), self.settings.about()),
        }

    @cached_property
    def _session(self) -> dict[str, Any]:
        return training_session()

    @cached_property
    def _given(self) -> dict[str, str]:
        setup = self.setup
        batches = [*setup.train.batches, *setup.test.batches]
        seen = [
            (batch.physics.name, batch.physics(batch.x[:1]), batch.physics.backproject(batch.y[:1]))
            for batch in batches
        ]
        moved = []
        if setup.transforms is not None:
            labels = [setup.transforms.draw(stream(0, number)) for number in range(_PROBES)]
            moved = [setup.transforms.apply(label, batches[0].x[:1]) for label in labels]
        return {
            "operators": fingerprint(seen),
            "action": fingerprint(moved),
            "signals": fingerprint([(batch.y, batch.x) for batch in batches]),
        }

    def _found(
        self,
        prediction: Prediction,
        start: torch.nn.Module,
        functions: dict[str, Estimator],
        cold: dict[str, Trained],
        warm: dict[str, Trained],
    ) -> Comparison:
        setup, settings = self.setup, self.settings
        found = {PINV: psnr(_backproject, setup.test, setup.peak)}
        found |= {name: float(trained.history.psnr[-1]) for name, trained in cold.items()}
        return Comparison(
            psnr={name: found[name] for name in dict.fromkeys((PINV, *settings.losses))},
            history=_histories(cold),
            split={name: self._split(f) for name, f in functions.items()},
            prediction=prediction,
            warm=_histories(warm),
            seconds={name: trained.seconds for name, trained in cold.items()}
            | {f"{name}, warm": trained.seconds for name, trained in warm.items()},
            about=self._about(start),
        )

    def _split(self, f: Estimator) -> tuple[float, float]:
        setup = self.setup
        x_hat = setup.in_order(estimates(f, setup.test))
        return setup.prediction.split(setup.test_signals, x_hat, operator=setup.test_operators)

    def _about(self, start: torch.nn.Module) -> dict[str, Any]:
        setup = self.setup
        return {
            "operators": [A.name for A in setup.physics],
            "action": None if setup.action is None else setup.action.name,
            "shape": list(setup.test_signals.shape[1:]),
            "signals": len(setup.train),
            "test_signals": len(setup.test),
            "notes": _notes(setup.physics, setup.prediction),
            "parameters": sum(p.numel() for p in start.parameters() if p.requires_grad),
            "steps": self.settings.schedule.steps,
            "warm_steps": None if self.settings.warm is None else self.settings.warm.steps,
            "batch_size": self.settings.schedule.batch_size,
            "learning_rate": self.settings.schedule.learning_rate,
            **self.settings.about(),
            **of_sessions(self._sessions or [self._session]),
        }


def _notes(physics: Sequence[Physics], prediction: Prediction) -> list[str]:
    """Where the physics is not quite what the prediction speaks of."""
    visibilities = [A.visibility for A in physics if A.visibility is not None]
    if len(visibilities) < len(physics):
        return ["A⁺ is approximate: the operator is large and has no structure that is known."]
    seen = max(round(float(visibility.real.sum())) for visibility in visibilities)
    if prediction.operator_rank is None or seen >= prediction.operator_rank:
        return []
    return [
        f"A⁺ in this precision, or with this `rcond`, sees {seen} dimensions; the rank of A is "
        f"{prediction.operator_rank}."
    ]


def _directory(store: str | os.PathLike[str] | None) -> Path | None:
    """The store, made where it is not there."""
    if store is None:
        return None
    try:
        os.makedirs(store, exist_ok=True)
    except OSError as error:
        raise ValueError(
            f"`store` must be a directory that can be made; {os.fspath(store)}: {error.strerror}."
        ) from error
    return Path(store)


def _backproject(y: torch.Tensor, physics: Any) -> torch.Tensor:
    return physics.backproject(y)


def _histories(trained: dict[str, Trained]) -> dict[str, History]:
    return {name: found.history for name, found in trained.items()}
