r"""Pseudo-inverses of operators too large for a matrix, by conjugate gradients.

Hestenes and Stiefel, J. Res. Nat. Bur. Stand. 49 (1952): from zero, on a consistent semi-definite
system, the iterates converge to the solution of least norm.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from .adjoint_pairs import linear
from .maps import OperatorMaps

__all__ = ["IterativeInverse", "solve"]

MOST_STEPS = 1000
_RELATIVE = {torch.float64: 1e-7, torch.float32: 1e-5}


def solve(gram: Callable[[torch.Tensor], torch.Tensor], b: torch.Tensor) -> torch.Tensor:
    r"""Solution of least norm of :math:`Gx = b` for each row b, in the range of a semi-definite G.

    A row is finished when its residual, as it is updated, is 1e-7 of b in double precision, 1e-5
    in single precision; all stop after 1000 steps.

    Parameters
    ----------
    gram : callable, (B, n) -> (B, n)
    b : tensor, (B, n)

    Returns
    -------
    tensor, (B, n)
    """
    x = torch.zeros_like(b)
    residual, direction = b.clone(), b.clone()
    size = _squared(residual)
    enough = size * _RELATIVE[size.dtype] ** 2
    for _ in range(MOST_STEPS):
        running = size > enough
        if not bool(running.any()):
            break
        image = gram(direction)
        curvature = _squared(direction, image)
        step = torch.where(running & (curvature > 0), size / curvature, torch.zeros_like(size))
        x = x + step * direction
        residual = residual - step * image
        following = torch.where(running, _squared(residual), size)
        ratio = torch.where(running, following / size, torch.zeros_like(size))
        direction = residual + ratio * direction
        size = following
    return x


def _squared(a: torch.Tensor, b: torch.Tensor | None = None) -> torch.Tensor:
    return torch.sum(a.conj() * (a if b is None else b), dim=1, keepdim=True).real


class IterativeInverse(torch.nn.Module):
    r""":math:`A^+ y = (A^H A)^+ A^H y` by conjugate gradients, see `solve`.

    Ill-conditioned operators, such as tomography, use all steps of `solve`: then :math:`A A^+ y` is
    y up to about 1e-3 of its size, and :math:`A^+` is a linear map to that accuracy only.

    Its gradient is the adjoint, :math:`(A^+)^H g = (A A^H)^+ A g`, solved by the same rule. Both
    systems are consistent, whatever y and g.

    Parameters
    ----------
    maps : OperatorMaps
    real : bool
        Whether signals are real; then real parts of :math:`A^H y` are taken.
    """

    def __init__(self, maps: OperatorMaps, *, real: bool) -> None:
        super().__init__()
        self.maps = maps
        self.diagonal = None
        self.to_real = real and maps.has_complex

    def forward(self, y: torch.Tensor) -> torch.Tensor:
        r""":math:`A^+ y`, (B, m) -> (B, n)."""
        return linear(y, self._solved, self._solved_adjoint)

    def visible(self, x: torch.Tensor) -> torch.Tensor:
        r""":math:`A^+ A x`, (B, n)."""
        return linear(x, self._projected, self._projected)

    def _adjoint(self, y: torch.Tensor) -> torch.Tensor:
        x = self.maps.adjoint(y)
        return x.real if self.to_real else x

    def _solved(self, y: torch.Tensor) -> torch.Tensor:
        return solve(lambda x: self._adjoint(self.maps(x)), self._adjoint(y))

    def _solved_adjoint(self, g: torch.Tensor) -> torch.Tensor:
        return solve(lambda y: self.maps(self._adjoint(y)), self.maps(g))

    def _projected(self, x: torch.Tensor) -> torch.Tensor:
        return self._solved(self.maps(x))
