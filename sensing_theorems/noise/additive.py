"""Noise given by its characteristic function, and what a grid shows of the zeros of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from .._validate import finite_array, require_finite
from .reals import real_array
from .refusals import refuse_indefinite, refuse_zeros

__all__ = ["Additive", "Look"]

# At or below it, |phi| is zero or too small to tell; and how far phi may miss the laws of one.
_ZERO, _SLACK = 1e-12, 1e-6
# Grid points on each side of 0, how many units they reach, and how many make an interval.
_POINTS, _REACH, _RUN = 4096, 16, 8
# Size of the matrices that must be positive definite, and what may fall to 0 by rounding.
_MATRIX, _UNDERFLOW = 256, 1e-100


@dataclass(frozen=True)
class Look:
    """What a grid of frequencies shows of the zeros of a characteristic function; no proof.

    Attributes
    ----------
    reach : float
        The grid covers |t| <= reach.
    smallest : float
        Least value of |phi| on it.
    dips : tuple of float
        Frequencies t > 0 near which |phi| dips below 1/20 of what is next to it (16 points).
    band : (float, float) or None
        The first run of at least 8 grid points t > 0 with |phi| <= 1e-12. Further out, a phi that
        is nowhere 0 falls below as well.
    changes_sign : bool
        Whether phi is real and takes both signs, so that it does have a zero.
    """

    reach: float
    smallest: float
    dips: tuple[float, ...]
    band: tuple[float, float] | None
    changes_sign: bool

    def __str__(self) -> str:
        where = f"for |t| up to {self.reach:.4g}, "
        if self.band is not None:
            low, high = self.band
            return f"{where}|phi_e| is zero, or too small to tell, from {low:.4g} to {high:.4g}"
        if self.dips:
            near = ", ".join(f"{t:.4g}" for t in self.dips[:3])
            return f"{where}|phi_e| dips near t = {near}{', …' * (len(self.dips) > 3)}"
        return f"{where}|phi_e| stays above {self.smallest:.2g}"


@dataclass(frozen=True, eq=False)
class Additive:
    r"""Independent noise of a law that the user gives by its characteristic function.

    .. math:: \varphi(t) = E\, e^{ite}, \qquad
              \varphi_e(t_1, \dots, t_m) = \varphi(t_1) \cdots \varphi(t_m)

    Parameters
    ----------
    phi : callable, or pair (frequencies, values) of array_like, shapes (q,)
        φ as a function of an array of real frequencies; or values of φ at increasing frequencies
        that start at 0, or lie symmetric about it.
    name : str
    zeros : {"none", "isolated", "interval"}, optional
        What you can prove of the zeros of φ: it has none; they contain no interval; they contain
        one. A grid cannot prove any of it.

    Raises
    ------
    ValueError
        If φ is not 1 at 0, exceeds 1, is not hermitian, φ(-t) = conj φ(t), not finite, or, for a
        function or samples that are equally spaced, not positive definite (Bochner), on the grid
        and up to 1e-6. If values contradict `zeros`: "none" where φ changes sign or is exactly 0;
        "isolated" where it is exactly 0 at two samples in a row, between which it is linear, or
        at 8 points of the grid of a function. In a function, zeros next to values of 1e-100 and
        below count as underflow.
    TypeError
        If an argument is of another type.

    Notes
    -----
    The grid of a function has 4096 steps up to 16 units, the unit being the least power of two at
    which |φ| has fallen half of its way. Between samples φ is taken to be linear.
    """

    phi: Any
    name: str = "additive noise"
    zeros: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise TypeError(f"`name` must be a string; got {type(self.name).__name__}.")
        if self.zeros not in (None, "none", "isolated", "interval"):
            raise ValueError(
                f"`zeros` must be 'none', 'isolated', 'interval' or None; got {self.zeros!r}."
            )
        if not callable(self.phi):
            object.__setattr__(self, "phi", _samples(self.phi))
        if self.look.changes_sign and self.zeros == "none":
            raise ValueError("`zeros` must not be 'none', since phi changes sign.")
        if self.zeros in ("none", "isolated"):
            # Samples are joined by lines; of a function, exact zeros may be underflow.
            run, floor = (_RUN, _UNDERFLOW) if callable(self.phi) else (2, 0.0)
            refuse_zeros(*self._seen, self.zeros, run=run, floor=floor)

    @property
    def zero_set(self) -> str:
        """What was declared of the zeros, or "unknown"."""
        return self.zeros or "unknown"

    @property
    def zeros_text(self) -> str:
        """What is known of the zeros, and what the grid shows."""
        declared = {"none": "no zero", "isolated": "no interval of zeros"}
        if self.zeros is None:
            return f"nothing was declared; {self.look}"
        return f"declared: {declared.get(self.zeros, 'an interval of zeros')}; {self.look}"

    def characteristic_function(self, t: Any) -> np.ndarray:
        """Of one measurement, for t of any shape, within the samples if there are any."""
        t = real_array(t, "t")
        if callable(self.phi):
            return _call(self.phi, t)
        known, values = self.phi
        if t.size and np.abs(t).max() > known[-1]:
            raise ValueError(
                f"`t` must lie within the samples, up to {known[-1]:g}; got {np.abs(t).max():g}."
            )
        found = np.interp(np.abs(t), known, values)
        return np.where(t < 0, np.conj(found), found)

    @cached_property
    def _seen(self) -> tuple[np.ndarray, np.ndarray]:
        """Frequencies from 0 on, and the values there."""
        if not callable(self.phi):
            return self.phi[0], self.phi[1]
        t = np.linspace(0, _REACH * _unit(self.phi), _POINTS + 1)
        values = _call(self.phi, t)
        _hermitian(values, _call(self.phi, -t))
        return t, values

    @cached_property
    def look(self) -> Look:
        """What a grid shows of the zeros."""
        t, values = self._seen
        found = _look(t, values)
        if callable(self.phi):
            refuse_indefinite(values[: _POINTS // 4 : _POINTS // 256], _SLACK)
        elif np.allclose(np.diff(t), t[1], rtol=1e-9, atol=0):
            refuse_indefinite(values[:_MATRIX], _SLACK)
            refuse_indefinite(values[:: -(-len(values) // _MATRIX)], _SLACK)
        return found


def _call(phi: Callable[[np.ndarray], Any], t: np.ndarray, finite: bool = True) -> np.ndarray:
    """Values of a user's function."""
    try:
        with np.errstate(all="ignore"):
            values = np.asarray(phi(t))
    except (TypeError, ValueError) as error:
        raise TypeError(f"`phi` must take an array of frequencies; it raised: {error}") from error
    if values.shape != t.shape or values.dtype.kind not in "biufc":
        raise ValueError(
            f"`phi` must return numbers of the shape {t.shape} of its frequencies; got shape "
            f"{values.shape}, dtype {values.dtype}."
        )
    if finite:
        require_finite(values, "values of `phi`")
    return values.astype(np.complex128)


def _unit(phi: Callable[[np.ndarray], Any]) -> float:
    """Least power of two at which |phi| has fallen half of its way."""
    powers = 2.0 ** np.arange(-40, 41)
    fallen = np.nan_to_num(1 - np.abs(_call(phi, powers, finite=False)), nan=0, posinf=0, neginf=0)
    # A law in one point never falls.
    return float(powers[np.argmax(fallen >= fallen.max() / 2)]) if fallen.max() > _SLACK else 1.0


def _samples(pair: Any) -> tuple[np.ndarray, np.ndarray]:
    """Samples at frequencies t >= 0."""
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise TypeError(
            f"`phi` must be a function, or a pair (frequencies, values); got {type(pair).__name__}."
        )
    t = real_array(pair[0], "frequencies")
    values = finite_array(pair[1], "values").astype(np.complex128)
    if t.ndim != 1 or t.shape != values.shape or t.size < 3:
        raise ValueError(
            "`frequencies` and `values` must have one shape (q,), q >= 3; got "
            f"{t.shape} and {values.shape}."
        )
    half = t.size // 2
    symmetric = t.size % 2 == 1 and t[half] == 0 and np.allclose(t, -t[::-1])
    if np.any(np.diff(t) <= 0) or not (t[0] == 0 or symmetric):
        raise ValueError("`frequencies` must increase, and start at 0 or be symmetric about it.")
    if symmetric:
        _hermitian(values, values[::-1])
        t, values = t[half:], values[half:]
    for array in (t, values):
        array.setflags(write=False)
    return t, values


def _hermitian(values: np.ndarray, opposite: np.ndarray) -> None:
    """Refuse values at t and -t that are not conjugate."""
    miss = float(np.abs(opposite - np.conj(values)).max())
    if miss > _SLACK:
        raise ValueError(
            f"`phi` must be hermitian, phi(-t) = conj(phi(t)); it misses by {miss:.3g}."
        )


def _look(t: np.ndarray, values: np.ndarray) -> Look:
    """Look at samples at t >= 0, which begin at 0."""
    size = np.abs(values)
    if abs(values[0] - 1) > _SLACK:
        raise ValueError(f"`phi` must be 1 at t = 0; got {values[0]:.6g}.")
    if size.max() > 1 + _SLACK:
        raise ValueError(f"`phi` must not exceed 1 in absolute value; got {size.max():.6g}.")
    edges = np.flatnonzero(np.diff(np.concatenate([[0], size <= _ZERO, [0]])))
    runs = [(a, b) for a, b in edges.reshape(-1, 2) if b - a >= _RUN]
    near = np.lib.stride_tricks.sliding_window_view(np.pad(size, _REACH), 2 * _REACH + 1)
    low = size[1:-1] < near.max(axis=-1)[1:-1] / 20
    low &= (size[1:-1] <= size[:-2]) & (size[1:-1] <= size[2:])
    dips = [i for i in np.flatnonzero(low) + 1 if not any(a <= i < b for a, b in runs)]
    seen = np.sign(values.real[size > _SLACK])
    real = bool(np.abs(values.imag).max() <= _SLACK)
    return Look(
        reach=float(t[-1]),
        smallest=float(size.min()),
        dips=tuple(float(t[i]) for i in dips),
        band=(float(t[runs[0][0]]), float(t[runs[0][1] - 1])) if runs else None,
        changes_sign=real and bool(np.any(seen < 0)),
    )
