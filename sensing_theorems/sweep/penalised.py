r"""The likelihood of a logistic curve with Firth's penalty, and its maximum."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Cells", "Maximum", "climb", "constant", "penalised"]

Array = NDArray[np.float64]

_STEPS = 200
_HALVINGS = 40
_LONGEST = 4.0


class Cells(NamedTuple):
    """Columns of cells, arrays of shape (C, L)."""

    x: Array
    successes: Array
    trials: Array


class Maximum(NamedTuple):
    """Where the penalised log-likelihood of each column is largest, arrays of shape (C,)."""

    intercept: Array
    slope: Array
    value: Array
    converged: NDArray[np.bool_]


def penalised(a: Array, b: Array, cells: Cells) -> Array:
    r"""Penalised log-likelihood :math:`\ell(a, b) + \tfrac12 \log\det I(a, b)`, shape (C,)."""
    return _step(a, b, cells, True)[0]


def constant(cells: Cells) -> Array:
    """Penalised log-likelihood of the best constant probability, (Y + 1) / (N + 2), shape (C,)."""
    _, y, n = cells
    p = (y.sum(-1) + 1) / (n.sum(-1) + 2)
    return penalised(np.log(p / (1 - p)), 0 * p, cells)


def climb(a: Array, b: Array, cells: Cells, *, fixed: bool = False) -> Maximum:
    r"""Maximise over a and b, or over b alone where the intercept a is fixed.

    By Newton's steps, halved until they ascend. Where the function is not concave, the steps are
    those of a fit to h/2 more successes in h more trials, with the leverages h of the moment. The
    unit of x should be about the distance of the cells where p turns.
    """
    tolerance = 1e-6 if fixed else 1e-10
    value, da, db = _step(a, b, cells, fixed)
    done = stuck = np.zeros(a.shape, np.bool_)
    for _ in range(_STEPS):
        step = np.maximum(np.abs(da), np.abs(db))
        # A longer one may end where all weights are rounded to 0, and no step leads back.
        length = np.where(done, 0.0, _LONGEST / np.maximum(step, _LONGEST))
        for _ in range(_HALVINGS):
            new = _step(a + length * da, b + length * db, cells, fixed)
            worse = new[0] < value - 1e-13 * np.abs(value)
            if not worse.any():
                break
            length = np.where(worse, length / 2, length)
        else:
            length = np.where(worse, 0.0, length)
            stuck = stuck | (worse & (step > 1e-5 * (np.abs(a) + np.abs(b))))
            new = _step(a + length * da, b + length * db, cells, fixed)
        a, b = a + length * da, b + length * db
        done = done | (length * step <= tolerance * (np.abs(a) + np.abs(b)))
        value, da, db = new
        if done.all():
            break
    return Maximum(a, b, value, done & ~stuck)


def _step(a: Array, b: Array, cells: Cells, fixed: bool) -> tuple[Array, Array, Array]:
    """Penalised log-likelihood at (a, b), and the step from there, each of shape (C,)."""
    x, y, n = cells
    # Where no weight is left after rounding, the value is -inf or the step 0.
    with np.errstate(all="ignore"):
        t = a[:, None] + b[:, None] * x
        size, small = np.abs(t), np.exp(-np.abs(t))
        p, pq = np.where(t >= 0, 1.0, small) / (1 + small), small / (1 + small) ** 2
        soft = np.log1p(small)
        half_log_det, mean, parts = _information(np.log(n) - size - 2 * soft, x)
        # -log p = max(-t, 0) + soft
        losses = n * soft + np.where(t >= 0, n - y, y) * size
        value = half_log_det - losses.sum(-1)
        value = np.where(np.isnan(value), -math.inf, value)
        h, g, v = parts[0] + parts[2], 1 - 2 * p, x if fixed else x - mean
        score = y - n * p + h * g / 2
        turns = np.array([(g * parts).sum(-1), (g * parts * v).sum(-1)])
        exact = _moments(n * pq - h * (1 - 6 * pq) / 2, v)
        exact += np.einsum("rkc,skc->rsc", turns, turns)[[0, 0, 1], [0, 1, 1]] / 2
        rough = _moments((n + h) * pq, v)
        slopes = score.sum(-1), (score * v).sum(-1)
        if fixed:
            bb = np.where(exact[2] > 0, exact[2], rough[2])
            return value, 0 * a, np.nan_to_num(slopes[1] / bb)
        convex = (exact[0] > 0) & (exact[0] * exact[2] > exact[1] ** 2)
        aa, ab, bb = np.where(convex, exact, rough)
        db = (aa * slopes[1] - ab * slopes[0]) / (aa * bb - ab * ab)
        da = (slopes[0] - ab * db) / aa - mean[:, 0] * db
    return value, np.nan_to_num(da), np.nan_to_num(db)


def _moments(w: Array, v: Array) -> Array:
    """Sums of w, w v and w v^2, shape (3, C)."""
    return np.array([w.sum(-1), (w * v).sum(-1), (w * v * v).sum(-1)])


def _information(log_weights: Array, x: Array) -> tuple[Array, Array, Array]:
    """Half of log det I, shape (C,); mean of x, (C, 1); and parts of the leverages, (3, C, L).

    With e0, e1 an orthonormal basis of 1 and x in the inner product of the weights w, the parts
    are w e0^2, sqrt(2) w e0 e1 and w e1^2.
    """
    # Relative to the largest weight: a product of two that are small would underflow.
    top = log_weights.max(-1, keepdims=True)
    w = np.exp(log_weights - top)
    total = w.sum(-1, keepdims=True)
    mean = (w * x).sum(-1, keepdims=True) / total
    far = x - mean
    spread = (w * far * far).sum(-1, keepdims=True)
    parts = np.array([w / total, w * far * np.sqrt(2 / total / spread), w * far * far / spread])
    return (top + np.log(total * spread) / 2)[:, 0], mean, parts
