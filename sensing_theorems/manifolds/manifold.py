r"""Images of smooth functions: where parameters are drawn, and whether the derivative is one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

import numpy as np

from .._probes import probe_rng
from .._validate import finite_array, generator, positive_int

__all__ = ["Manifold", "real_entries"]

_CHECKED = 8
_SLOPES = 64
_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Manifold:
    r"""The image of :math:`\mathbb{R}^d`, or of a box, under a smooth function.

    Parameters
    ----------
    function : callable, (d,) -> (n,)
        Signal of a parameter θ; real.
    jacobian : callable, (d,) -> (n, d)
        Its derivative, which is compared with differences of the function.
    domain : (low, high) or callable
        Where parameters are drawn: a box with corners (d,), numbers if d = 1; or a function from a
        `numpy.random.Generator` to a parameter. Unless `lipschitz` is given, solutions may lie
        elsewhere.
    lipschitz : float, optional
        A constant L that you can prove,

        .. math:: \|x(\theta) - x(\theta')\| \le L\,\|\theta - \theta'\|
                  \quad\text{for all } \theta, \theta' \text{ in the box,}

        in units of the signal per unit of θ. It declares that the model is the image of the box
        `domain`, as that of one period of a periodic function is, and lets `search_spurious` prove
        how far a signal is from it. Derivatives at drawn parameters can only refute it.

    Attributes
    ----------
    n, d : int
        Numbers of entries of a signal and of a parameter.

    Raises
    ------
    TypeError
        If an argument is of another type.
    ValueError
        If shapes disagree, values are not finite, or the derivative is wrong; if `lipschitz` is not
        positive and finite, comes without a box, or is below the norm of a derivative.

    Examples
    --------
    >>> import numpy as np
    >>> circle = Manifold(
    ...     lambda t: np.array([np.cos(t[0]), np.sin(t[0])]),
    ...     lambda t: np.array([[-np.sin(t[0])], [np.cos(t[0])]]),
    ...     (0.0, 2 * np.pi),
    ... )
    >>> circle.n, circle.d
    (2, 1)
    """

    function: Callable[[np.ndarray], Any]
    jacobian: Callable[[np.ndarray], Any]
    domain: Any
    lipschitz: float | None = field(default=None, kw_only=True)
    n: int = field(init=False)
    d: int = field(init=False)

    def __post_init__(self) -> None:
        for name in ("function", "jacobian"):
            if not callable(getattr(self, name)):
                came = type(getattr(self, name)).__name__
                raise TypeError(f"`{name}` must be a function of a parameter; got {came}.")
        if not callable(self.domain):
            object.__setattr__(self, "domain", _box(self.domain))
        thetas = self.draw(_CHECKED, probe_rng("manifold"))
        object.__setattr__(self, "d", thetas.shape[1])
        first = real_entries(self.function(thetas[0]), "function")
        if first.ndim != 1 or first.size == 0:
            raise ValueError(f"`function` must return a signal (n,); got shape {first.shape}.")
        object.__setattr__(self, "n", first.size)
        for theta in thetas:
            self._check(theta)
        if self.lipschitz is not None:
            self._check_lipschitz()

    def draw(self, count: int, rng: Any) -> np.ndarray:
        """Draw parameters (count, d) from the domain."""
        count, rng = positive_int(count, "count"), generator(rng)
        if not callable(self.domain):
            low, high = self.domain
            return rng.uniform(low, high, (count, low.size))
        drawn = [np.atleast_1d(real_entries(self.domain(rng), "domain")) for _ in range(count)]
        shapes = {theta.shape for theta in drawn}
        if len(shapes) > 1 or drawn[0].ndim != 1 or drawn[0].size == 0:
            raise ValueError(f"`domain` must draw parameters of one shape (d,); got {shapes}.")
        return np.array(drawn)

    def point(self, theta: np.ndarray) -> np.ndarray:
        """Signal (n,) of a parameter (d,)."""
        return np.asarray(self.function(theta), dtype=float)

    def tangent(self, theta: np.ndarray) -> np.ndarray:
        """Derivative (n, d) at a parameter (d,)."""
        return np.asarray(self.jacobian(theta), dtype=float)

    def _check(self, theta: np.ndarray) -> None:
        """Compare the derivative with central differences, whose error two steps tell."""
        J = real_entries(self.jacobian(theta), "jacobian")
        if J.shape != (self.n, self.d):
            raise ValueError(
                f"`jacobian` must return shape (n, d) = ({self.n}, {self.d}); got {J.shape}."
            )
        for j in range(self.d):
            step = _EPS ** (1 / 3) * max(1.0, abs(theta[j]))
            near, far = (self._difference(theta, j, s * step) for s in (1.0, 2.0))
            size = float(np.abs(real_entries(self.function(theta), "function")).max())
            error = np.abs(near - far) + 1e-5 * np.abs(J).max() + 1e2 * _EPS * size / step
            wrong = np.abs(near - J[:, j]) - error
            i = int(np.argmax(wrong))
            if wrong[i] > 0:
                raise ValueError(
                    f"`jacobian` must be the derivative of `function`; at theta = {theta} entry "
                    f"({i}, {j}) is {J[i, j]:.6g}, and differences give {near[i]:.6g}."
                )

    def _check_lipschitz(self) -> None:
        bound = self.lipschitz
        if isinstance(bound, bool | np.bool_) or not isinstance(bound, Real):
            raise TypeError(f"`lipschitz` must be a real number; got {type(bound).__name__}.")
        if not 0 < bound < float("inf"):
            raise ValueError(f"`lipschitz` must be positive and finite; got {bound}.")
        if callable(self.domain):
            raise ValueError("`lipschitz` must come with a box (low, high) as `domain`.")
        for theta in self.draw(_SLOPES, probe_rng("lipschitz")):
            norm = float(np.linalg.norm(real_entries(self.jacobian(theta), "jacobian"), 2))
            if norm > bound * (1 + 1e-9):
                raise ValueError(
                    f"`lipschitz` must be at least the norm of every derivative, which is "
                    f"{norm:.6g} at theta = {theta}; got {bound}."
                )

    def _difference(self, theta: np.ndarray, j: int, step: float) -> np.ndarray:
        move = np.zeros(self.d)
        move[j] = step
        ends = [real_entries(self.function(theta + sign * move), "function") for sign in (1, -1)]
        if ends[0].shape != (self.n,):
            raise ValueError(f"`function` must return shape ({self.n},); got {ends[0].shape}.")
        return (ends[0] - ends[1]) / (2 * step)


def _box(value: Any) -> tuple[np.ndarray, np.ndarray]:
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise TypeError(f"`domain` must be a pair (low, high) or a function; got {value!r}.")
    low, high = (np.atleast_1d(real_entries(end, "domain")) for end in value)
    if low.ndim != 1 or low.shape != high.shape or low.size == 0:
        raise ValueError(f"`domain` must have corners (d,); got {low.shape} and {high.shape}.")
    if not np.all(low < high):
        raise ValueError(f"`domain` must have low < high in every entry; got {low} and {high}.")
    return low, high


def real_entries(value: Any, name: str) -> np.ndarray:
    """Return `value` as an array of finite real numbers in double precision."""
    array = finite_array(value, name)
    if array.dtype.kind == "c":
        raise TypeError(f"`{name}` must hold real numbers; got dtype {array.dtype}.")
    return array.astype(float)
