"""What training reached beside what was predicted: a value that can be printed, saved and drawn."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from ..files import replaced
from ..plain_json import as_number, as_plain, item, named, plain, require
from ..prediction.prediction import Prediction
from . import agreement
from .agreement import LEARNED, NEAR, UNCHANGED
from .history import History
from .table import setup_name, table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["LEARNED", "NEAR", "UNCHANGED", "Comparison", "History"]

SCHEMA_VERSION = 1
_ROUNDING = 1e-9  # of the errors, what two levels in dB cannot tell apart
_KIND = "sensing_theorems.Comparison"


@dataclass(frozen=True, eq=False)
class Comparison:
    r"""Levels that several losses reached on one problem, and what was predicted of them.

    Attributes
    ----------
    psnr : dict of str to float
        In dB on held-out signals, by loss. Always holds ``"pinv"``, the pseudo-inverse;
        ``"supervised"`` is the level with ground truth.
    prediction : Prediction
    history : dict of str to History
        Of the runs from scratch.
    split : dict of str to (float, float)
        See `Prediction.split`: relative squared errors in the identifiable part of null A and in
        the null space of the stack.
    warm : dict of str to History
        Of runs that continue from the supervised network without ground truth. Step 0 is their
        start. They tell what a loss keeps from what an optimiser finds.
    seconds : dict of str to float
    about : dict
        Operators, action, settings, seed, device, and the session that trained: when, on what, with
        which versions and commit. ``sessions`` lists all of them where a stop lay between. Plain
        JSON; infinite numbers in it become text.

    Raises
    ------
    TypeError, ValueError
        If there is no ``"pinv"``, or something is of another kind.

    Examples
    --------
    >>> import numpy as np
    >>> import sensing_theorems as st
    >>> from sensing_theorems.comparison import Comparison
    >>> from sensing_theorems.prediction import predict
    >>> low = st.operators.fourier(np.abs(np.fft.fftfreq(16)) < 0.25)
    >>> found = Comparison(
    ...     psnr={"pinv": 20.0, "ei": 20.01, "supervised": 26.0},
    ...     prediction=predict(st.Problem(low, st.groups.shifts(16))),
    ... )
    >>> found.agrees
    True
    """

    psnr: Mapping[str, float]
    prediction: Prediction
    history: Mapping[str, History] = field(default_factory=dict)
    split: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    warm: Mapping[str, History] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.prediction, Prediction):
            came = type(self.prediction).__name__
            raise TypeError(f"`prediction` must be a Prediction; got {came}.")
        for name in ("psnr", "seconds"):
            numbers = named(getattr(self, name), name)
            found = {key: float(as_number(item(v), name)) for key, v in numbers.items()}
            object.__setattr__(self, name, found)
        if "pinv" not in self.psnr:
            raise ValueError(f"`psnr` must hold 'pinv'; got {', '.join(self.psnr) or 'nothing'}.")
        for name in ("history", "warm"):
            runs = named(getattr(self, name), name)
            if not all(isinstance(run, History) for run in runs.values()):
                raise TypeError(f"`{name}` must hold a History for each loss; got something else.")
            object.__setattr__(self, name, runs)
        split = {key: _pair(value) for key, value in named(self.split, "split").items()}
        object.__setattr__(self, "split", split)
        object.__setattr__(self, "about", plain(named(self.about, "about"), "about"))

    @property
    def setup(self) -> str:
        """Operators and action in a line, as far as `about` says."""
        return setup_name(self)

    @property
    def gap_closed(self) -> dict[str, float]:
        r"""Share of the way from the pseudo-inverse to supervised training, by loss.

        .. math:: \frac{\text{psnr} - \text{pinv}}{\text{supervised} - \text{pinv}}

        of levels in dB; NaN without a supervised level, or where it is no higher.
        """
        low, high = self.psnr["pinv"], self.psnr.get("supervised", math.nan)
        gap = high - low
        return {
            loss: (value - low) / gap if gap > 0 and math.isfinite(gap) else math.nan
            for loss, value in self.psnr.items()
            if loss not in ("pinv", "supervised")
        }

    @property
    def warm_psnr(self) -> dict[str, float]:
        """Where the runs from the supervised network ended, in dB."""
        return {loss: run.last for loss, run in self.warm.items()}

    @property
    def kept_psnr(self) -> float | None:
        r"""Level of the supervised network without what nobody sees, in dB.

        Where a run from the supervised network ends that forgets the null space of the stack, and
        keeps all else: with :math:`e` its relative error in the identifiable part, the mean
        squared error is

        .. math:: e\,(\text{mse}_{A^+} - \text{mse}_{\text{stack}}) + \text{mse}_{\text{stack}} ,

        since the parts are orthogonal (derived here). The predicted level is that of e = 0. Errors
        in what A sees are left out; consistent networks have none without noise. With several
        operators both levels are means over them. ``None`` without levels, or without a finite
        error of a supervised network.
        """
        found, split = self.prediction, self.split.get("supervised")
        if found.pinv_psnr is None or found.stack_psnr is None or split is None:
            return None
        unseen, hidden = (10 ** (-level / 10) for level in (found.stack_psnr, found.pinv_psnr))
        identifiable = max(hidden - unseen, 0.0)
        if math.isfinite(split[0]):
            error = unseen + split[0] * identifiable
        elif math.isnan(split[0]) and identifiable <= _ROUNDING * hidden:
            # All of null A is unseen: there is nothing to be wrong in.
            error = unseen
        else:
            return None
        return -10 * math.log10(error) if error > 0 else math.inf

    @property
    def agrees(self) -> bool | None:
        """Whether training came to what was predicted; ``None`` where that cannot be said.

        Asked of every loss that reaches beyond one operator: all but ``"mc"``, ``"sure"``,
        ``"unsure"``, ``"splitting"``, ``"supervised"`` and sums of these. A gain is over the
        pseudo-inverse, or over the best of SURE, UNSURE and splitting where it is higher, since
        denoising needs no equivariance; "warm" is the end of the run from the supervised network.

        * NOT_LEARNABLE: gains and losses stay below `UNCHANGED` = 0.05 dB, and warm ends within
          `NEAR` = 0.5 dB of the predicted level, which is that of the pseudo-inverse.
        * PARTLY: gains exceed `UNCHANGED`, and warm ends between `kept_psnr` and the predicted
          level, or within `NEAR` of one of them. A supervised level that lies in between too leaves
          open whether anything was forgotten.
        * LEARNABLE: gains exceed `LEARNED` = 2 dB, or warm keeps the supervised level within
          `NEAR`; and warm does not end below what the loss reaches from scratch by more.
        * ``None`` if the prediction is OPEN, A has rank n, no loss is asked, there is noise, of
          which the prediction does not speak, or the supervised network gains no `LEARNED`.
        """
        return not self.disagreements if agreement.can_judge(self) else None

    @property
    def disagreements(self) -> tuple[str, ...]:
        """What came out otherwise than predicted, a sentence each."""
        return agreement.disagreements(self)

    def plot(self, ax: Axes | None = None) -> list[Axes]:
        """Draw all levels and runs: see `sensing_theorems.plot.plot_training`."""
        from ..plot import plot_training

        return plot_training(self, ax)

    def plot_forgetting(self, ax: Axes | None = None) -> Axes:
        """Draw what is kept of a supervised network: `sensing_theorems.plot.plot_forgetting`."""
        from ..plot import plot_forgetting

        return plot_forgetting(self, ax)

    def __str__(self) -> str:
        return table(self)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, for `from_dict`; infinite numbers and NaN as text."""
        return {
            "kind": _KIND,
            "schema_version": SCHEMA_VERSION,
            "psnr": {loss: as_plain(value) for loss, value in self.psnr.items()},
            "prediction": self.prediction.to_dict(),
            "history": {loss: run.to_dict() for loss, run in self.history.items()},
            "split": {loss: [as_plain(part) for part in two] for loss, two in self.split.items()},
            "warm": {loss: run.to_dict() for loss, run in self.warm.items()},
            "seconds": {loss: as_plain(value) for loss, value in self.seconds.items()},
            "about": plain(self.about, "about"),
        }

    @classmethod
    def from_dict(cls, content: Any) -> Comparison:
        """Take back what `to_dict` returned.

        Raises
        ------
        TypeError, ValueError
            If it is anything else.
        """
        names = [f.name for f in fields(cls)]
        if isinstance(content, dict) and content.get("kind") != _KIND:
            raise ValueError(f"`kind` must be {_KIND!r}; got {content.get('kind')!r}.")
        if isinstance(content, dict) and content.get("schema_version") != SCHEMA_VERSION:
            version = content.get("schema_version")
            raise ValueError(f"`schema_version` must be {SCHEMA_VERSION}; got {version!r}.")
        require(content, ("kind", "schema_version", *names), "a comparison")
        runs = {
            name: {loss: History.from_dict(run) for loss, run in named(content[name], name).items()}
            for name in ("history", "warm")
        }
        return cls(
            psnr=content["psnr"],
            prediction=Prediction.from_dict(content["prediction"]),
            history=runs["history"],
            split=content["split"],
            warm=runs["warm"],
            seconds=content["seconds"],
            about=content["about"],
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything to a JSON file, which is replaced as a whole or not at all.

        Raises
        ------
        TypeError
            If `path` is no path.
        ValueError
            If there cannot be such a file.
        """
        name = _path(path)
        content = json.dumps(self.to_dict(), allow_nan=False, ensure_ascii=False, indent=1)
        with replaced(name) as stream:
            stream.write(content.encode())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Comparison:
        """Read what `save` wrote.

        Raises
        ------
        TypeError
            If `path` is no path.
        ValueError
            If there is no such file, if it is truncated, or if it holds anything else.
        """
        name = _path(path)
        try:
            with open(name, encoding="utf-8") as stream:
                content = json.load(stream)
        except OSError as error:
            raise ValueError(f"cannot read {name}: {error.strerror}.") from error
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{name} is no comparison: it is truncated, or no JSON.") from error
        try:
            return cls.from_dict(content)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{name} is no comparison: {error}") from error


def _pair(value: Any) -> tuple[float, float]:
    value = value.tolist() if isinstance(value, np.ndarray) else value
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        raise TypeError(f"`split` must hold two numbers for each loss; got {value!r}.")
    first, second = (float(as_number(item(part), "split")) for part in value)
    return first, second


def _path(path: str | os.PathLike[str]) -> str:
    # Open would take an integer for a file that is open already.
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"`path` must be a path; got {type(path).__name__}.")
    return os.fspath(path)
