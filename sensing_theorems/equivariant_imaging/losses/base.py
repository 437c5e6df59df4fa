"""What a loss is, and how losses add."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from numbers import Real
from typing import Any

import torch

from ..physics import Physics

__all__ = ["Estimator", "Evaluation", "Loss", "Sum"]

Estimator = Callable[[torch.Tensor, Physics], torch.Tensor]


class Evaluation:
    """All that a loss may look at; the parts of a sum share one, and with it the estimate.

    Parameters
    ----------
    f : callable
        From measurements and their physics to signals (B, *shape).
    y : torch.Tensor, (B, m)
    physics : Physics
    x_hat : torch.Tensor, (B, *shape), optional
        f(y, physics), if it is known already.
    x : torch.Tensor, (B, *shape), optional
        Ground truth.
    rng : torch.Generator, optional
        By default the global one of torch.
    """

    def __init__(
        self,
        f: Estimator,
        y: torch.Tensor,
        physics: Physics,
        *,
        x_hat: torch.Tensor | None = None,
        x: torch.Tensor | None = None,
        rng: torch.Generator | None = None,
    ) -> None:
        self.f, self.y, self.physics, self.x = f, y, physics, x
        self.rng = torch.default_generator if rng is None else rng
        if x_hat is not None:
            self.x_hat = x_hat

    @cached_property
    def x_hat(self) -> torch.Tensor:
        """f(y, physics), computed when it is first asked for.

        Raises
        ------
        ValueError
            If f returns another shape than (B, *shape).
        """
        x_hat = self.f(self.y, self.physics)
        expected = (len(self.y), *self.physics.shape_in)
        if tuple(x_hat.shape) != expected:
            raise ValueError(f"`f` must return signals {expected}; got {tuple(x_hat.shape)}.")
        return x_hat

    @cached_property
    def y_hat(self) -> torch.Tensor:
        """A f(y, physics), the noise-free measurements of the estimate."""
        return self.physics(self.x_hat)


class Loss:
    """Base of all losses: define `value`, and `state` and `load` if something is learned.

    Attributes
    ----------
    name : str
        Short, as it stands in logs.

    Examples
    --------
    >>> from sensing_theorems.equivariant_imaging.losses import MeasurementConsistency, Supervised
    >>> loss = MeasurementConsistency() + 0.5 * Supervised()
    >>> loss.name
    'mc + sup'
    """

    name: str = "loss"
    # So that a weight which is a NumPy scalar leaves the product to `__rmul__`.
    __array_ufunc__ = None

    def value(self, at: Evaluation) -> torch.Tensor:
        """Return the loss, a tensor without axes that gradients pass through."""
        raise NotImplementedError("a Loss must define `value(at)`.")

    def values(self, at: Evaluation) -> dict[str, torch.Tensor]:
        """Return the value of each summand, by its name and before its weight."""
        return {self.name: self.value(at)}

    def estimator(self, f: Estimator) -> Estimator:
        """Return what is to be evaluated once f is trained: f itself, or an average over it."""
        return f

    def total(self, terms: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Return the loss, from what `terms` returned."""
        return terms[self.name]

    def __call__(
        self,
        f: Estimator,
        y: torch.Tensor,
        physics: Physics,
        *,
        x_hat: torch.Tensor | None = None,
        x: torch.Tensor | None = None,
        rng: torch.Generator | None = None,
    ) -> torch.Tensor:
        """Return the loss of f at measurements (B, m); see `Evaluation` for the arguments."""
        return self.value(Evaluation(f, y, physics, x_hat=x_hat, x=x, rng=rng))

    def terms(
        self,
        f: Estimator,
        y: torch.Tensor,
        physics: Physics,
        *,
        x_hat: torch.Tensor | None = None,
        x: torch.Tensor | None = None,
        rng: torch.Generator | None = None,
    ) -> dict[str, torch.Tensor]:
        """Return the value of each summand, by its name and before its weight, for logs.

        ``loss.total(loss.terms(...))`` is ``loss(...)``, at the cost of one evaluation. Where two
        summands have one name, the second is called "name 2".
        """
        return self.values(Evaluation(f, y, physics, x_hat=x_hat, x=x, rng=rng))

    def state(self) -> dict[str, Any]:
        """Return what was learned, as plain values and tensors; nothing by default."""
        return {}

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned.

        Raises
        ------
        ValueError
            If it is of another loss.
        """
        require_keys(state, (), self.name)

    def __add__(self, other: Loss) -> Sum:
        if not isinstance(other, Loss):
            return NotImplemented
        return Sum([(1.0, self), (1.0, other)])

    def __mul__(self, weight: float) -> Sum:
        if not isinstance(weight, Real):
            return NotImplemented
        return Sum([(weight, self)])

    __rmul__ = __mul__

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.name}>"


class Sum(Loss):
    r"""A weighted sum of losses.

    .. math:: \mathcal L = \sum_j w_j \mathcal L_j

    Parameters
    ----------
    parts : sequence of (float, Loss)
        Weights and summands. A summand that is a sum itself is taken apart.

    Attributes
    ----------
    parts : dict of str to (float, Loss)
        By the name under which `terms` gives the value.

    Raises
    ------
    ValueError
        If there is no summand, or a weight is negative or not finite.
    TypeError
        If a weight is no real number, or a summand no loss.
    """

    def __init__(self, parts: Sequence[tuple[float, Loss]]) -> None:
        if not parts:
            raise ValueError("a Sum must have a summand; got none.")
        self.parts: dict[str, tuple[float, Loss]] = {}
        names = []
        for weight, loss in _flat(parts):
            names.append(loss.name)
            count = names.count(loss.name)
            self.parts[loss.name if count == 1 else f"{loss.name} {count}"] = (weight, loss)
        self.name = " + ".join(names)

    def value(self, at: Evaluation) -> torch.Tensor:
        """Return the weighted sum."""
        return self.total(self.values(at))

    def values(self, at: Evaluation) -> dict[str, torch.Tensor]:
        """Return the value of each summand, by its name and before its weight."""
        return {key: loss.value(at) for key, (_, loss) in self.parts.items()}

    def total(self, terms: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Return the weighted sum, from what `terms` returned."""
        first, *rest = [weight * terms[key] for key, (weight, _) in self.parts.items()]
        for each in rest:
            first = first + each
        return first

    def state(self) -> dict[str, Any]:
        """Return what each summand has learned, by its name."""
        return {key: loss.state() for key, (_, loss) in self.parts.items()}

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned."""
        require_keys(state, self.parts, self.name)
        for key, (_, loss) in self.parts.items():
            loss.load(state[key])

    def __repr__(self) -> str:
        return "<Sum: " + " + ".join(f"{w:g} {key}" for key, (w, _) in self.parts.items()) + ">"


def require_keys(state: Mapping[str, Any], keys: Any, name: str) -> None:
    """Refuse a state that is not of this loss."""
    if set(state) != set(keys):
        raise ValueError(
            f"a state of {name} must have the keys {sorted(keys)}; got {sorted(state)}."
        )


def _flat(parts: Sequence[tuple[float, Loss]]) -> list[tuple[float, Loss]]:
    flat: list[tuple[float, Loss]] = []
    for weight, loss in parts:
        if not isinstance(loss, Loss):
            raise TypeError(f"a summand must be a Loss; got {type(loss).__name__}.")
        if isinstance(weight, bool) or not isinstance(weight, Real):
            raise TypeError(f"a weight must be a real number; got {type(weight).__name__}.")
        if not (math.isfinite(weight) and weight >= 0):
            raise ValueError(f"a weight must be finite and at least 0; got {weight!r}.")
        inner = loss.parts.values() if isinstance(loss, Sum) else [(1.0, loss)]
        flat += [(float(weight) * w, each) for w, each in inner]
    return flat
