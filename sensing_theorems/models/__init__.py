r"""Signal models that can be decided exactly: subspaces, unions of them, finite sets, Gaussians.

A model is a set X of signals, or for `Gaussian` a law. Signals are columns of a basis and rows of a
list of points. A complex basis makes a complex model, in :math:`\mathbb{C}^n`; else X lies in
:math:`\mathbb{R}^n`.
"""

from .base import Model, PieceModel, as_model
from .dictionary import SparseDictionary
from .finite import FiniteSet
from .gaussian import Gaussian
from .subspace import GenericSubspace, Subspace
from .union import UnionOfSubspaces

__all__ = [
    "FiniteSet",
    "Gaussian",
    "GenericSubspace",
    "Model",
    "PieceModel",
    "SparseDictionary",
    "Subspace",
    "UnionOfSubspaces",
    "as_model",
]
