r"""Whether operators identify a subspace: many small decisions at once."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import subspace_engines as engines
from ._validate import field_dtype, require_finite, require_whole
from .batches import share
from .judgement import Verdict

__all__ = ["SubspaceBatch", "identify_subspaces"]

# Entries of the arrays that are held at once.
_CHUNK = 2**24
# Entries of a stack above which its singular values are found faster than bounds of them.
_LARGE = 2**15


class SubspaceBatch(NamedTuple):
    r"""Decisions on many subspaces.

    Attributes
    ----------
    ranks : ndarray of int64, shape (...)
        Dimension of :math:`\sum_g (X^\perp \cap R_g)`, what is known of
        :math:`X^\perp`.
    clear : ndarray of bool, shape (...)
        False where rounding, or an entry changed in its last digits, could turn the decision.
    needed : ndarray of int64, shape (...)
        :math:`n - \dim X`.
    """

    ranks: NDArray[np.int64]
    clear: NDArray[np.bool_]
    needed: NDArray[np.int64]

    @property
    def identified(self) -> NDArray[np.bool_]:
        """Whether the largest set that is consistent with all measurements is clearly X itself."""
        return self.clear & (self.ranks == self.needed)

    @property
    def verdicts(self) -> NDArray[np.object_]:
        """An array of `Verdict`: undecided where a rank is not clear."""
        found = np.full(self.ranks.shape, Verdict.UNDECIDED, dtype=object)
        found[self.clear & (self.ranks < self.needed)] = Verdict.NOT_IDENTIFIABLE
        found[self.identified] = Verdict.IDENTIFIABLE
        return found


def identify_subspaces(bases: Any, operators: Any, *, dtype: Any = None) -> SubspaceBatch:
    r"""Decide, for many subspaces X and operators at once, whether measurements determine X.

    The largest set with the measurements :math:`A_g X` for all g is a subspace, and

    .. math:: \hat X^\perp = \sum_g (X^\perp \cap R_g), \qquad
              X^\perp \cap R_g = \{A_g^* c : c \perp A_g X\}

    with the row spaces :math:`R_g`. It is X where the rank of all :math:`C_g^* A_g` together,
    :math:`C_g` a left null space of :math:`A_g X`, is :math:`n - \dim X`.

    Parameters
    ----------
    bases : array_like, shape (B, n, k) or (n, k)
        Columns span the subspaces; they may be dependent. Complex bases span complex subspaces.
    operators : array_like, shape (B, L, m, n) or (L, m, n)
        Operators of each subspace, or of all. Rows of zeros change nothing, so that operators with
        fewer rows can be filled up. A complex row on real signals counts as two real rows.
    dtype : dtype, optional
        Precision in which entries are known, if it is not the coarser one of their types. The
        arithmetic is always in double precision.

    Returns
    -------
    SubspaceBatch
        Arrays of shape (B,), or () for one basis and one list of operators.

    Raises
    ------
    TypeError
        For entries that are no real or complex numbers.
    ValueError
        For shapes that disagree, an axis without entries, or entries that are not finite.

    Notes
    -----
    What counts as zero is relative to the size of the operators, not of what an operator leaves on
    :math:`X^\perp`, which may be rounding alone. With rows of A and columns of X scaled to norm 1,
    rounding moves the :math:`C_g^* A_g` by a few :math:`\varepsilon s`,

    .. math:: s^2 = \sum_g \|A_g\|_F^2 (1 + \kappa_g)^2, \qquad
              \kappa_g = \|A_g\|_F \|X\|_F \|(A_g X)^+\|_F,

    since a change of :math:`A_g X` by E turns its null space by at most
    :math:`\|E\| \|(A_g X)^+\|`. Singular values up to :math:`64\,\varepsilon\,s` count as zero, by
    the rule of `matrix_ranks` for a matrix with the further entry s. The rank is clear if it is by
    this rule, and also with all :math:`\kappa_g = 0`: then large condition numbers make it unclear
    rather than small. In single precision little is clear.

    Full rank needs no scaling, and not all columns: with k coordinates left out, a rank can only
    be lost, and :math:`n - k` is the most there can be.

    For almost all operators the rank is :math:`\min(n - k, L \max(m - k, 0))`: then X is
    identified if and only if :math:`L (m - k) \ge n - k`.

    Examples
    --------
    >>> found = identify_subspaces([[1.0], [1.0], [1.0]], [[[1, 0, 0], [0, 1, 0]]])
    >>> int(found.ranks), int(found.needed), str(found.verdicts[()])
    (1, 2, 'NOT IDENTIFIABLE')
    """
    X, A, shape, dtype = _arguments(bases, operators, dtype)
    fold = 2 if X.dtype.kind == "c" else 1
    X, A = _as_real(X, A)
    count = int(np.prod(shape))
    X = np.broadcast_to(X, (count, *X.shape[1:]))
    A = np.broadcast_to(A, (count, *A.shape[1:]))
    found = np.zeros((3, count), np.int64)
    step = max(1, _CHUNK // (A.shape[1] * A.shape[2] * (1 + X.shape[1])))
    for i in range(0, count, step):
        part = slice(i, i + step)
        _decide(X[part], A[part], dtype, found[:, part])
    ranks, clear, dims = found
    whole = (ranks % fold == 0) & (dims % fold == 0)
    needed = X.shape[1] // fold - dims // fold
    sure = (clear == 1) & whole
    return SubspaceBatch((ranks // fold).reshape(shape), sure.reshape(shape), needed.reshape(shape))


def _decide(
    X: NDArray[Any], A: NDArray[Any], dtype: np.dtype[Any], found: NDArray[np.int64]
) -> None:
    """Fill in ranks, whether they are clear, and dimensions of real subspaces, shape (3, b)."""
    (L, m, n), k = A.shape[1:], X.shape[2]
    if k >= n or m <= k:
        sure = engines.nothing_remains(X, A, dtype)
        found[:, sure] = np.array([[0], [1], [min(n, k)]])
    else:
        sure = engines.certify(X, A, dtype)
        found[:, sure] = np.array([[min(n - k, L * (m - k))], [1], [k]])
    left = np.flatnonzero(~sure)
    if left.size and k < min(m, n) and L * (m - k) * n <= _LARGE:
        ranks, sure = engines.by_reflections(X[left], A[left], dtype)
        found[0, left[sure]] = ranks[sure]
        found[1:, left[sure]] = np.array([[1], [k]])
        left = left[~sure]
    require_finite(X[left], "`bases`")
    require_finite(A[left], "`operators`")

    def task(part: slice) -> None:
        for i in left[part]:
            found[:, i] = engines.by_singular_values(X[i], A[i], dtype)

    share(task, np.broadcast_to(0, (left.size, L * m * n)))


def _arguments(
    bases: Any, operators: Any, dtype: Any
) -> tuple[NDArray[Any], NDArray[Any], tuple[int, ...], np.dtype[Any]]:
    """Arrays with a batch axis each, the shape of the answer, and the precision of the entries."""
    X, A = (
        _array(bases, "bases", "(B, n, k) or (n, k)", 2),
        _array(operators, "operators", "(B, L, m, n) or (L, m, n)", 3),
    )
    if A.shape[-1] != X.shape[-2]:
        raise ValueError(
            f"`operators` must have n = {X.shape[-2]} columns, as many as `bases` have rows; got "
            f"{A.shape[-1]}."
        )
    if X.ndim == 3 and A.ndim == 4 and len(X) != len(A):
        raise ValueError(
            f"`bases` and `operators` must have batches of one length; got {len(X)} and {len(A)}."
        )
    shape = X.shape[:1] if X.ndim == 3 else A.shape[:1] if A.ndim == 4 else ()
    known = [field_dtype(X.dtype, "bases"), field_dtype(A.dtype, "operators")]
    if dtype is None:
        dtype = max(known, key=lambda one: float(np.finfo(one).eps))
    X, A = (
        array.astype(np.complex128 if one.kind == "c" else np.float64, copy=False)
        for array, one in zip((X, A), known, strict=True)
    )
    X, A = (X if X.ndim == 3 else X[None]), (A if A.ndim == 4 else A[None])
    return X, A, shape, np.dtype(np.finfo(field_dtype(dtype, "dtype")).dtype)


def _array(value: Any, name: str, shapes: str, least: int) -> NDArray[Any]:
    """Return `value` as an array of `least` axes or one more, none but the first of length 0."""
    if np.ma.is_masked(value):
        raise ValueError(f"`{name}` must not hide entries behind a mask; fill them first.")
    try:
        raw = np.asarray(value)
    except ValueError as error:
        raise ValueError(
            f"`{name}` must be an array of shape {shapes}; got arrays of different shapes."
        ) from error
    if raw.ndim not in (least, least + 1) or 0 in raw.shape[-least:]:
        raise ValueError(f"`{name}` must have shape {shapes}, none of it 0; got {raw.shape}.")
    field_dtype(raw.dtype, name)
    require_whole(raw, name)
    return raw


def _as_real(X: NDArray[Any], A: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Real subspaces and operators; complex subspaces become real ones of twice the dimension."""
    if X.dtype.kind == "c":
        return _doubled(X), _doubled(A)
    if A.dtype.kind == "c":
        return X, np.concatenate([A.real, A.imag], axis=2)
    return X, A


def _doubled(matrices: NDArray[Any]) -> NDArray[Any]:
    """Real matrices (..., 2 r, 2 c) that do to real and imaginary parts what complex ones do."""
    return np.block([[matrices.real, -matrices.imag], [matrices.imag, matrices.real]])
