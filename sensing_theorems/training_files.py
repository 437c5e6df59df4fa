"""Trainings as they are written in TOML files, with the arguments of `compare` as keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .files import known
from .signal_specs import load_signals
from .specs import load_operators, parse_action
from .toml_files import about, read_toml, required_name, typed

__all__ = ["Training", "load_training"]

# Those that `compare` takes as they are.
_OPTIONS = {
    "network": str,
    "steps": int,
    "seed": int,
    "device": str,
    "warm_start": bool,
    "warm_steps": int,
    "batch_size": int,
    "learning_rate": float,
    "every": int,
    "weight": float,
    "rcond": float,
    "consistent": bool,
    "precision": str,
    "compile": bool,
    "store": str,
}
_OTHERS = {"action": str, "signals": str, "test_signals": str, "invariant": bool, "low_dose": dict}
_LISTS = ("operators", "losses")
_NEEDED = ("operators", "signals")
_NOISE = ("sigma", "gamma")
_LOW_DOSE = ("photons", "scale", "floor")
_NOT_WARMED = ("pinv", "mc", "supervised")
_LARGEST_SEED = 2**63 - 1
# Of the elements that move signals and test signals.
_MOVED, _TEST_MOVED = 0, 1


@dataclass(frozen=True)
class Training:
    """What is trained, as a file and flags say it.

    Attributes
    ----------
    operators : tuple of str
        See `load_operators`.
    signals : str
        See `load_signals`.
    action : str or None
        See `parse_action`.
    test_signals : str or None
    invariant : bool
        Whether every signal is moved by a random element of the action.
    low_dose : mapping of str to float, or None
        Settings of `LowDoseTomography`, which then measures behind the operators.
    noise : float, mapping of str to float, or None
        Standard deviation of Gaussian noise; or sigma, gamma or both.
    losses : tuple of str, or None
    options : mapping of str to Any
        Further arguments of `compare`.
    """

    operators: tuple[str, ...]
    signals: str
    action: str | None = None
    test_signals: str | None = None
    invariant: bool = False
    low_dose: Mapping[str, float] | None = None
    noise: float | Mapping[str, float] | None = None
    losses: tuple[str, ...] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def store(self) -> str | None:
        """The directory of checkpoints."""
        return self.options.get("store")

    @property
    def forgets(self) -> bool:
        """Whether some loss goes on from the supervised network."""
        others = self.losses is None or set(self.losses) - set(_NOT_WARMED)
        return bool(self.options.get("warm_start") and others)

    def arguments(self) -> dict[str, Any]:
        """Build all that the file names, as arguments of `compare`.

        Raises
        ------
        ValueError
            If something cannot be built. Code that is named as ``module:function`` is run, and
            whatever it raises becomes a ValueError too.
        ImportError
            If PyTorch is missing, or what a set of signals comes from.
        """
        action = None if self.action is None else parse_action(self.action)
        options = dict(self.options)
        built: dict[str, Any] = {"operators": self._physics(options), "action": action}
        built["signals"] = self._moved(load_signals(self.signals), action, _MOVED)
        if self.test_signals is not None:
            held = load_signals(self.test_signals)
            built["test_signals"] = self._moved(held, action, _TEST_MOVED)
        if self.losses is not None:
            built["losses"] = self.losses
        return {**built, "noise": self._noise(), **options}

    def _physics(self, options: dict[str, Any]) -> list[Any]:
        operators: list[Any] = [A for text in self.operators for A in load_operators(text)]
        if self.low_dose is None:
            return operators
        from .equivariant_imaging.low_dose import LowDoseTomography
        from .equivariant_imaging.physics import as_physics

        rcond = options.get("rcond")
        counted = [
            LowDoseTomography(as_physics(A, rcond=rcond), **self.low_dose) for A in operators
        ]
        if any(getattr(A, "rcond", None) != rcond for A in counted):
            # It is in their pseudo-inverse, and not for `compare` to choose.
            del options["rcond"]
        return counted

    def _noise(self) -> Any:
        if not isinstance(self.noise, Mapping):
            return self.noise
        from .equivariant_imaging import noise as laws

        made = {
            ("sigma",): laws.GaussianNoise,
            ("gamma",): laws.PoissonNoise,
            _NOISE: laws.PoissonGaussianNoise,
        }
        return made[tuple(key for key in _NOISE if key in self.noise)](**self.noise)

    def _moved(self, signals: Any, action: Any, seed: int) -> Any:
        if not self.invariant:
            return signals
        from .equivariant_imaging.signals import make_invariant

        return make_invariant(np.asarray(signals), action, seed)


def load_training(path: str, flags: Mapping[str, Any] | None = None) -> Training:
    r"""Read what is trained from a TOML file; nothing is built yet.

    Parameters
    ----------
    path : str
        Of a file with the arguments of `compare` as keys. ``noise`` may be a table with ``sigma``
        and ``gamma``; a table ``low_dose`` has ``photons``, ``scale`` and ``floor``; ``invariant``
        has signals moved by random elements of the action.
    flags : mapping of str to Any, optional
        Values that win over those of the file.

    Raises
    ------
    ValueError
        If the file cannot be read, or holds a key or a value that is no setting.
    """
    found = read_toml(path)
    with about(path):
        kinds = {**_OPTIONS, **_OTHERS}
        for key, value in found.items():
            known(key, (*_LISTS, *_OTHERS, "noise", *_OPTIONS), "key", every=True)
            if key in kinds:
                typed(value, kinds[key], key)
        found.update(flags or {})
        _sound(found)
        return Training(
            operators=_strings(found["operators"], "operators"),
            signals=found["signals"],
            action=found.get("action"),
            test_signals=found.get("test_signals"),
            losses=_strings(found["losses"], "losses") if "losses" in found else None,
            invariant=found.get("invariant", False),
            low_dose=_low_dose(found.get("low_dose")),
            noise=_noise(found.get("noise")),
            options={key: found[key] for key in _OPTIONS if key in found},
        )


def _sound(found: Mapping[str, Any]) -> None:
    for key in _NEEDED:
        if key not in found:
            raise ValueError(f"`{key}` must be given; it was not.")
    required_name(found.get("store"), "`store`", "directory")
    if not 0 <= found.get("seed", 0) <= _LARGEST_SEED:
        raise ValueError(f"`seed` must be from 0 to 2^63 - 1; got {found['seed']}.")
    if found.get("invariant") and "action" not in found:
        raise ValueError("`invariant` must come with the `action` that moves signals; got none.")


def _strings(value: Any, key: str) -> tuple[str, ...]:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not listed or not all(isinstance(s, str) for s in listed):
        raise ValueError(f"`{key}` must be a string, or a list of strings; got {value!r}.")
    return tuple(listed)


def _numbers(table: Mapping[str, Any], names: Sequence[str], key: str) -> dict[str, float]:
    for name, value in table.items():
        known(name, names, f"key of {key}:")
        typed(value, float, f"{key}.{name}")
    return dict(table)


def _low_dose(table: Mapping[str, Any] | None) -> dict[str, float] | None:
    return None if table is None else _numbers(table, _LOW_DOSE, "low_dose")


def _noise(value: Any) -> float | dict[str, float] | None:
    if not isinstance(value, dict):
        if value is not None:
            typed(value, float, "noise")
        return value
    if not value:
        raise ValueError("`noise` must have sigma, gamma, or both; got none.")
    return _numbers(value, _NOISE, "noise")
