"""What all models have in common, and what all finite unions of affine subspaces have."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._validate import finite_array, generator, positive_int
from ..groups.action import GroupAction
from ..subspaces import Pieces, residual_norms, same_up_to

__all__ = ["Model", "PieceModel", "as_model"]


class Model(ABC):
    """A set of signals, or a law of them.

    Attributes
    ----------
    n : int
        Dimension of the signals.
    dim : int
        Box-counting dimension k of bounded parts of the model, over its field.
    field : {"real", "complex"}
    precision : dtype
        Of the entries that the model was given by.
    """

    n: int
    dim: int
    field: str
    precision: np.dtype[Any] = np.dtype(np.float64)

    @abstractmethod
    def offender(self, action: GroupAction) -> int | None:
        """Number of a generator that does not map the model to itself; ``None`` if all do."""

    def require_invariant(self, action: GroupAction) -> None:
        """Refuse an action that does not keep the model.

        Raises
        ------
        ValueError
            With the number of the offending generator.
        """
        if action.n != self.n:
            raise ValueError(
                f"the action must be on the signals of the model, R^{self.n}; {action.name} acts "
                f"on R^{action.n}."
            )
        number = self.offender(action)
        if number is not None:
            raise ValueError(
                f"the model must be invariant under the action; generator {number} of "
                f"{action.name} maps it elsewhere."
            )


class PieceModel(Model):
    """A finite union of affine subspaces.

    Attributes
    ----------
    pieces : Pieces
        The union, by orthonormal bases.
    crowded : bool
        Whether pieces that are closer together than can be told apart, and yet not equal up to
        rounding, were taken for one. What lies outside these pieces lies outside the model; that
        they are identified says nothing.
    """

    pieces: Pieces
    crowded: bool = False

    def distance(self, x: Any) -> NDArray[Any]:
        """Euclidean distances of signals (..., n) from the model, shape (...)."""
        x = finite_array(x, "x")
        if x.ndim == 0 or x.shape[-1] != self.n:
            raise ValueError(f"signals must have shape (..., {self.n}); got {x.shape}.")
        return np.asarray(self.pieces.distances(x).min(axis=0))

    def sample(self, count: int, rng: Any) -> NDArray[Any]:
        """Draw signals (count, n), with Gaussian coefficients, from pieces drawn uniformly."""
        rng, pieces = generator(rng), self.pieces
        codes = rng.standard_normal((positive_int(count, "count"), pieces.bases.shape[2]))
        if self.field == "complex":
            codes = codes + 1j * rng.standard_normal(codes.shape)
        chosen = rng.integers(len(pieces), size=count)
        if pieces.height:
            ups = pieces.bases[chosen, -1, pieces.dims[chosen] - 1]
            codes[np.arange(count), pieces.dims[chosen] - 1] = pieces.height / ups
        return np.asarray(np.einsum("tnk,tk->tn", pieces.bases[chosen], codes)[:, : self.n])

    def offender(self, action: GroupAction) -> int | None:
        """Number of a generator that moves the model; ``None`` if none does."""
        pieces, close = self.pieces, self.closeness(action)
        for number, element in enumerate(action.generators):
            for i in range(len(pieces)):
                if not _is_piece(_moved(pieces, i, element), int(pieces.dims[i]), pieces, close):
                    return number
        return None

    def closeness(self, action: GroupAction) -> float:
        """Distance, beside a signal of norm 1, that rounding of model and action explains."""
        return max(same_up_to(self.precision), 1e4 * action.rounding, 100 * self.pieces.error)


def _moved(pieces: Pieces, i: int, element: Any) -> NDArray[Any]:
    """Basis of a piece after T, orthonormal; the last entry of a lifted one stays."""
    basis = pieces.basis(i)
    n = element.n
    image = np.concatenate([element(basis[:n].T).T, basis[n:]])
    return np.linalg.qr(image)[0]


def _is_piece(moved: NDArray[Any], dim: int, pieces: Pieces, close: float) -> bool:
    energies = pieces.energies(moved)
    for j in np.flatnonzero((pieces.dims == dim) & (dim - energies < 1e-4)):
        if residual_norms(pieces.basis(int(j)), moved.T).max(initial=0.0) <= close:
            return True
    return dim == 0


def as_model(model: Any) -> Model:
    """Return `model`, refused if it is none."""
    if not isinstance(model, Model):
        raise TypeError(
            "`model` must be a model, such as those of sensing_theorems.models; got "
            f"{type(model).__name__}."
        )
    return model
