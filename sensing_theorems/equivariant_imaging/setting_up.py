"""What a comparison works on: physics, transforms, and signals in two parts, measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..foreign import as_operator
from ..groups.transforms import TransformSet
from ..prediction import Prediction, predict
from ..problem import Problem, as_operators
from .measured import Measured, measure
from .physics import LinearPhysics, Physics, as_physics
from .seeds import stream
from .settings import Settings
from .signals import checked_signals
from .transforms import Transforms, as_transforms

__all__ = ["Setup", "prepared"]

_TRAIN_NOISE, _TEST_NOISE = 10, 11
# Of the signals, where no others are given for the test.
_HELD_OUT, _AT_MOST = 10, 200


@dataclass(frozen=True, eq=False)
class Setup:
    """Operators, symmetry and measured signals.

    Attributes
    ----------
    physics : tuple of Physics
    transforms : Transforms or None
    train, test : Measured
    test_signals : ndarray, (N, *shape)
    action : GroupAction, TransformSet or None
        What the prediction looks at.
    """

    physics: tuple[Physics, ...]
    transforms: Transforms | None
    train: Measured
    test: Measured
    test_signals: NDArray[np.number]
    action: Any

    @property
    def peak(self) -> float:
        """The largest modulus of a test signal."""
        return float(np.abs(self.test_signals).max())

    @cached_property
    def prediction(self) -> Prediction:
        """What theory says beforehand, of the linearised operators where they are not linear."""
        operators = [_linear(A).operator for A in self.physics]
        field = "complex" if np.iscomplexobj(self.test_signals) else "real"
        if isinstance(self.action, TransformSet):
            return predict(
                Problem(operators, field=field), self.test_signals, transforms=self.action
            )
        return predict(Problem(operators, action=self.action, field=field), self.test_signals)

    @property
    def test_operators(self) -> NDArray[np.intp]:
        """Which operator saw each test signal, in the order of `test_signals`."""
        return np.arange(len(self.test_signals)) % len(self.physics)

    def in_order(self, estimates: Sequence[torch.Tensor]) -> NDArray[np.number]:
        """Estimates of all test signals, (N, *shape), in the order of `test_signals`."""
        found = np.empty_like(self.test_signals)
        for index, x in enumerate(estimates):
            found[index :: len(self.physics)] = x.cpu().numpy()
        return found


def prepared(
    operators: Any, action: Any, signals: Any, test_signals: Any, settings: Settings
) -> Setup:
    """Check what `compare` is given, and measure the signals.

    Raises
    ------
    ValueError, TypeError
        As `compare`.
    """
    given = _operators(operators)
    shape = _shape(given, action)
    found = [_shaped(A, shape) for A in given]
    x = checked_signals(signals, shape, name="signals")
    if test_signals is None:
        x, held = _parted(x, len(found))
    else:
        held = checked_signals(test_signals, shape, name="test_signals")
    if not held.any():
        raise ValueError("test signals must not all be zero; got no other.")
    is_complex = np.iscomplexobj(x) or np.iscomplexobj(held)
    if is_complex:
        x, held = x.astype(np.complex128), held.astype(np.complex128)
    dtype = settings.dtype(is_complex)
    physics = tuple(
        as_physics(A, dtype=dtype, device=settings.device, rcond=settings.rcond) for A in found
    )
    return Setup(
        physics,
        None if action is None else as_transforms(action, shape),
        _measured(physics, x, _TRAIN_NOISE, settings),
        _measured(physics, held, _TEST_NOISE, settings),
        held,
        action,
    )


def _measured(
    physics: Sequence[Physics], x: NDArray[np.number], purpose: int, settings: Settings
) -> Measured:
    rng = stream(settings.seed, purpose)
    return measure(physics, x, settings.noise, rng, device=settings.device)


def _operators(operators: Any) -> Sequence[Any]:
    if isinstance(operators, Physics):
        return [operators]
    listed = isinstance(operators, Sequence) and len(operators) > 0
    if listed and any(isinstance(A, Physics) for A in operators):
        return list(operators)
    return as_operators(operators)


def _shape(operators: Sequence[Any], action: Any) -> tuple[int, ...]:
    """Shape of a signal: that of the operators, unless they do not know more than n."""
    shapes = {tuple(A.shape_in) for A in operators}
    if len(shapes) > 1:
        raise ValueError(f"operators must act on signals of one shape; got {sorted(shapes)}.")
    shape = shapes.pop()
    n = int(np.prod(shape))
    if action is None:
        return shape
    acts_on = getattr(action, "n", None)
    if acts_on is None:
        raise TypeError(
            "`action` must be a GroupAction or a TransformSet, as the constructors of "
            "sensing_theorems.groups return, or None (transforms of deepinv are read by "
            f"`interop.deepinv.from_transform`); got {type(action).__name__}."
        )
    if acts_on != n:
        raise ValueError(
            f"the action must be on the operator's signals, R^{n}; {action.name} acts on "
            f"R^{acts_on}."
        )
    return tuple(action.shape) if len(shape) == 1 else shape


def _shaped(operator: Any, shape: tuple[int, ...]) -> Any:
    """The operator on signals of that shape, which its action may have told."""
    return operator if isinstance(operator, Physics) else as_operator(operator, shape_in=shape)


def _parted(
    x: NDArray[np.number], n_operators: int
) -> tuple[NDArray[np.number], NDArray[np.number]]:
    """Signals for training and for the test, which are taken at equal distances."""
    count = max(min(max(1, len(x) // _HELD_OUT), _AT_MOST), n_operators)
    if count > len(x) // 2:
        raise ValueError(
            f"there must be at least {2 * n_operators} signals for {n_operators} operators, a part "
            f"of them for the test; got {len(x)}."
        )
    # Every so many, since those at the end of a sorted list would be of another kind.
    places = (np.arange(count) * len(x)) // count
    return np.delete(x, places, axis=0), x[places]


def _linear(physics: Physics) -> LinearPhysics:
    linear = physics if isinstance(physics, LinearPhysics) else getattr(physics, "linearised", None)
    if not isinstance(linear, LinearPhysics):
        raise TypeError(
            "a Physics that is not linear must have a LinearPhysics as `linearised`, of which "
            f"theory speaks; {physics.name} has none."
        )
    return linear
