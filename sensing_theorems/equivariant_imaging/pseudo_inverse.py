r"""Pseudo-inverses of forward operators on batches, by structure where there is one.

Over the field of the signals: where real signals have complex measurements, :math:`A^+` is that of
the real form, :math:`M = [\operatorname{Re} A;\, \operatorname{Im} A]`.
"""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

import numpy as np

from .._forward import ForwardOperator
from .._linear_maps import circular_filter, gather, real_forward, sampled_dft
from .chebyshev import LEAST_SHARE, SHARE, PolynomialInverse
from .inverses import (
    AdjointInverse,
    DenseInverse,
    FilterInverse,
    RealFormInverse,
    SelectionInverse,
    Zero,
)
from .maps import OperatorMaps, Translation
from .stored import DENSE_ENTRIES

__all__ = ["pseudo_inverse"]


def pseudo_inverse(
    operator: ForwardOperator,
    translation: Translation,
    *,
    real: bool,
    rcond: float | None = None,
) -> Any:
    r"""Return :math:`A^+` as a module, by the first route that fits.

    =========================  ==========================================================
    selected coordinates       a mask, see `SelectionInverse`
    rows of a Fourier transf.  weighted adjoint, see `AdjointInverse`
    circular convolution       division in the Fourier domain, see `FilterInverse`
    orthonormal rows           :math:`A^+ = A^H`
    up to 2**24 entries        singular values in double precision, see `DenseInverse`
    otherwise                  approximation by a polynomial, see `PolynomialInverse`
    =========================  ==========================================================

    Parameters
    ----------
    operator : ForwardOperator, (m, n)
    translation : Translation
    real : bool
        Whether signals are real. Real operators treat complex tensors part by part.
    rcond : float, optional
        Singular values up to `rcond` times the largest count as zero; by default those that
        rounding explains, in the coarser one of the precisions of operator and tensors. The
        polynomial inverts from `rcond` times the largest on, by default 0.01, and damps the rest.

    Returns
    -------
    torch.nn.Module
        With ``forward(y)``, :math:`A^+ y`, ``visible(x)``, :math:`A^+ A x`, and ``diagonal``, that
        of :math:`A^+ A` as an array (n,), or None. A complex operator on real signals takes
        complex `y`, (B, m), and returns real signals.

    Raises
    ------
    ValueError
        If `rcond` is below 1e-4 for an operator that is too large for its singular values.

    Warns
    -----
    UserWarning
        If the operator is too large for its singular values, and `rcond` is not given.
    """
    forward: Any = operator._forward
    route = getattr(forward, "func", None) if isinstance(forward, partial) else None
    has_complex = operator.dtype.kind == "c"
    over_reals = real and has_complex
    maps = translation.operator(operator)
    if route is real_forward:
        inner = pseudo_inverse(forward.args[0], translation, real=True, rcond=rcond)
        return RealFormInverse(inner)
    if route is sampled_dft:
        return _fourier_inverse(maps, *forward.args, over_reals=over_reals)
    if route is circular_filter:
        transfer, shape = forward.args
        zero = Zero(operator, translation.precision, rcond)
        return FilterInverse(translation, transfer, shape, zero, whole=has_complex, real=real)
    if route is gather:
        return SelectionInverse(maps, *forward.args)
    m, n = operator.shape
    small = m * n * (1 + over_reals) <= DENSE_ENTRIES
    if operator.orthonormal_rows and not over_reals:
        return AdjointInverse(maps, _squared_columns(operator) if small else None)
    if small:
        matrix = operator.to_dense()
        if over_reals:
            matrix = np.concatenate([matrix.real, matrix.imag])
        zero = Zero(operator, translation.precision, rcond)
        found = DenseInverse(matrix, zero, translation.precision)
        return RealFormInverse(found, apart=True) if over_reals else found
    return PolynomialInverse(operator, maps, real=real, share=_share(operator, rcond))


def _share(operator: ForwardOperator, rcond: float | None) -> float:
    m, n = operator.shape
    if rcond is None:
        warnings.warn(
            f"{operator.name} of {m} x {n} entries is too large for its singular values: in place "
            f"of A^+ stands a polynomial that damps those below {SHARE:g} of the largest. Give "
            "`rcond` to choose that share.",
            UserWarning,
            stacklevel=5,
        )
        return SHARE
    if rcond < LEAST_SHARE:
        raise ValueError(
            f"`rcond` must be at least {LEAST_SHARE:g} for an operator of {m} x {n} entries, which "
            f"is too large for its singular values; got {rcond}."
        )
    return rcond


def _fourier_inverse(
    maps: OperatorMaps, rows: np.ndarray, shape: tuple[int, ...], *, over_reals: bool
) -> AdjointInverse:
    n = maps.operator.shape[1]
    if not over_reals:
        return AdjointInverse(maps, np.full(n, rows.size / n))
    places = np.unravel_index(rows, shape)
    opposite = np.ravel_multi_index(
        tuple(-k % side for k, side in zip(places, shape, strict=True)), shape
    )
    weights = np.where(np.isin(opposite, rows), 1.0, 2.0)
    seen = np.union1d(rows, opposite).size
    return AdjointInverse(maps, np.full(n, seen / n), weights)


def _squared_columns(operator: ForwardOperator) -> np.ndarray:
    matrix = operator.to_dense() if operator.matrix is None else operator.matrix
    return np.asarray((abs(matrix) ** 2).sum(axis=0)).reshape(-1)
