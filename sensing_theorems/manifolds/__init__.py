r"""Models given by a function: what a look at tangent spaces and a numerical search can say.

A manifold is the image X of a smooth map :math:`x : \mathbb{R}^d \to \mathbb{R}^n`, or of a box
under one. Its largest consistent set :math:`\hat X = \bigcap_g (X + \operatorname{null} A_g)`
(Tachella, Chen, Davies, JMLR 2023) is out of exact reach: neither function of this package ever
answers IDENTIFIABLE. Under a group action the model is assumed to be invariant, which is not
checked.

Residuals and distances are in the units of the signals: operators count by the orthogonal
projections :math:`P_g` on their rows.
"""

from .findings import SpuriousPoint, SpuriousSearch
from .local import LocalIdentification, identify_locally
from .manifold import Manifold
from .spurious import search_spurious

__all__ = [
    "LocalIdentification",
    "Manifold",
    "SpuriousPoint",
    "SpuriousSearch",
    "identify_locally",
    "search_spurious",
]
