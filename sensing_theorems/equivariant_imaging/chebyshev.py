r"""Approximate pseudo-inverses of operators too large for a matrix: a fixed polynomial.

The Chebyshev iteration of Flanders and Shortley (1950), and of Golub and Varga, Numer. Math. 3
(1961), with a number of steps and weights that are fixed beforehand. Unlike conjugate gradients, it
is a linear map.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch

from .._forward import ForwardOperator
from .._probes import probe_rng
from .adjoint_pairs import linear
from .maps import OperatorMaps

__all__ = ["SHARE", "PolynomialInverse", "largest_singular_value", "weights"]

SHARE = 0.01
LEAST_SHARE = 1e-4  # below which steps are too many, and single precision too coarse
ERROR = 1e-5
_MARGIN = 1.05  # the iteration grows without bound on singular values beyond its interval
_STEPS = 40

TensorMap = Callable[[torch.Tensor], torch.Tensor]


class PolynomialInverse(torch.nn.Module):
    r"""A linear map near :math:`A^+`: what is inverted, and what is damped, is fixed beforehand.

    .. math::
        \tilde A y = p(A^H A) A^H y = \sum_i \frac{q(s_i)}{s_i} \langle u_i, y \rangle v_i,
        \qquad q(s) = 1 - \frac{T_k\bigl((1 + a - 2 s^2/b^2)/(1 - a)\bigr)}
                               {T_k\bigl((1 + a)/(1 - a)\bigr)},

    with singular triples :math:`s_i, u_i, v_i` of A, the Chebyshev polynomial :math:`T_k`, b a
    bound of :math:`\|A\|`, and :math:`\sqrt a\, b` the share `share` of :math:`\|A\|`.

    ``visible`` is :math:`\tilde A A`, symmetric with eigenvalues :math:`q(s_i)`, and the gradient
    of ``forward`` is :math:`\tilde A^H`, exactly.

    Parameters
    ----------
    operator : ForwardOperator, (m, n)
    maps : OperatorMaps
        Of the operator.
    real : bool
        Whether signals are real; then real parts of :math:`A^H y` are taken.
    share : float
        Singular values from `share` times the largest on are inverted, with relative error 1e-5.
        Smaller ones are damped, the more the smaller. The number of steps, with an A and an
        :math:`A^H` each, is about 6.4 / `share`.

    Notes
    -----
    *What q does (derived here).* T_k lies in [-1, 1] on [-1, 1], so that
    :math:`|1 - q(s)| \le 1/T_k((1+a)/(1-a)) \le 10^{-5}` where :math:`a b^2 \le s^2 \le b^2`; k is
    the least that does. Beyond 1, T_k grows: below the share q falls from there to q(0) = 0.

    *Error in x.* :math:`\tilde A A x` differs from :math:`A^+ A x` by :math:`(1 - q(s_i))` of each
    component :math:`\langle v_i, x \rangle` with :math:`s_i > 0`: by 1e-5 for operators without
    singular values between 0 and the share, and by up to all of a component below it.

    *Consistency.* A reconstruction :math:`z + r - \tilde A A r` with :math:`z = \tilde A y`
    satisfies :math:`A f(y) - A z = A (1 - \tilde A A) r`, whose norm is at most
    :math:`\max_i s_i (1 - q(s_i)) \|r\| \le \max(10^{-5}, \text{share}) \|A\| \|r\|`. The maximum
    is near 0.2 of the share.

    *Bound.* b is 1.05 times the largest singular value that 40 steps of Golub and Kahan find from
    a random start, never more than :math:`\|A\|`.
    """

    def __init__(
        self, operator: ForwardOperator, maps: OperatorMaps, *, real: bool, share: float = SHARE
    ) -> None:
        super().__init__()
        self.maps = maps
        self.diagonal = None
        self.to_real = real and maps.has_complex
        self.bound = _MARGIN * largest_singular_value(operator, real=real)
        self.weights = weights((share / _MARGIN) ** 2)

    def forward(self, y: torch.Tensor) -> torch.Tensor:
        r""":math:`\tilde A y`, (B, m) -> (B, n)."""
        return linear(y, self._inverted, self._inverted_adjoint)

    def visible(self, x: torch.Tensor) -> torch.Tensor:
        r""":math:`\tilde A A x`, (B, n)."""
        return linear(x, self._projected, self._projected)

    def _back(self, y: torch.Tensor) -> torch.Tensor:
        x = self.maps.adjoint(y)
        return x.real if self.to_real else x

    def _inverted(self, y: torch.Tensor) -> torch.Tensor:
        return self._iterated(self.maps, self._back, y)

    # p(A^H A) A^H has the adjoint A p(A^H A) = p(A A^H) A: the same steps, with A and A^H swapped.
    def _inverted_adjoint(self, g: torch.Tensor) -> torch.Tensor:
        return self._iterated(self._back, self.maps, g)

    def _projected(self, x: torch.Tensor) -> torch.Tensor:
        return self._inverted(self.maps(x))

    def _iterated(self, ahead: TensorMap, back: TensorMap, y: torch.Tensor) -> torch.Tensor:
        if self.bound == 0:
            return torch.zeros_like(back(y))
        # Divided by the bound after each map, numbers stay of the size of signals in any units.
        y = y / self.bound
        (_, first), *others = self.weights
        change = back(y) * (first / self.bound)
        x = change
        for keep, step in others:
            residual = y - ahead(x) / self.bound
            change = keep * change + back(residual) * (step / self.bound)
            x = x + change
        return x


def weights(a: float) -> list[tuple[float, float]]:
    r"""Weights of the Chebyshev iteration for :math:`Gx = b` with eigenvalues from a to 1.

    Step i is :math:`d \leftarrow \kappa_i d + \tau_i (b - Gx)`, :math:`x \leftarrow x + d`.

    Parameters
    ----------
    a : float
        Between 0 and 1.

    Returns
    -------
    list of (float, float)
        :math:`(\kappa_i, \tau_i)`: as many as make the error at most 1e-5 of the first.
    """
    middle, half = (1 + a) / 2, (1 - a) / 2
    count = math.ceil(math.acosh(1 / ERROR) / math.acosh(middle / half))
    found, ratio = [(0.0, 1 / middle)], half / middle
    for _ in range(count - 1):
        following = 1 / (2 * middle / half - ratio)
        found.append((following * ratio, 2 * following / half))
        ratio = following
    return found


def largest_singular_value(operator: ForwardOperator, *, real: bool) -> float:
    r"""Lower bound of :math:`\|A\|`, as a rule sharp to well below a percent.

    Parameters
    ----------
    operator : ForwardOperator, (m, n)
    real : bool
        Whether signals are real: then of :math:`[\operatorname{Re} A;\, \operatorname{Im} A]`.

    Notes
    -----
    Bidiagonalisation of Golub and Kahan, SIAM J. Numer. Anal. 2 (1965), from a random start. The
    loss of orthogonality repeats singular values, and makes none larger.
    """
    m, n = operator.shape
    v = probe_rng("largest singular value").standard_normal((n, 1))
    v, u, beta = v / np.linalg.norm(v), np.zeros((m, 1)), 0.0
    diagonal: list[float] = []
    above: list[float] = []
    for _ in range(_STEPS):
        u = operator.matmat(v) - beta * u
        alpha = float(np.linalg.norm(u))
        diagonal.append(alpha)
        if alpha <= 1e-12 * max(diagonal):
            break
        u = u / alpha
        back = operator.rmatmat(u)
        w = (back.real if real else back) - alpha * v
        beta = float(np.linalg.norm(w))
        if beta <= 1e-12 * max(diagonal):
            break
        above.append(beta)
        v = w / beta
    small = np.diag(diagonal) + np.diag(above[: len(diagonal) - 1], 1)
    return float(np.linalg.norm(small, 2))
