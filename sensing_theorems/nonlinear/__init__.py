r"""Identification through a response: measurements y = h(A_g x), with h acting entry by entry.

A signal z cannot be told from the model X exactly if it lies in

.. math:: \hat X_h = \bigcap_g \{z : h(A_g z) = h(A_g x) \text{ for some } x \in X\},

which contains the linear :math:`\hat X = \bigcap_g (X + \operatorname{null} A_g)`: what linear
measurements confuse, no response tells apart. On a complex measurement h acts on the real and on
the imaginary part.

References
----------
.. [OneBit] J. Tachella, L. Jacques, "Learning to Reconstruct Signals From Binary Measurements",
   Transactions on Machine Learning Research, 2023, arXiv 2303.08691.
.. [Saturated] V. Sechaud, L. Jacques, P. Abry, J. Tachella, "Learning to reconstruct from saturated
   data: audio declipping and high-dynamic range imaging", arXiv 2602.22279.
.. [Cover65] T. M. Cover, "Geometrical and Statistical Properties of Systems of Linear Inequalities
   with Applications in Pattern Recognition", IEEE Transactions on Electronic Computers, 1965.
"""

from .one_bit import OneBitBound, one_bit_bound
from .responses import Clip, Invertible, Sign
from .through import identify_through

__all__ = ["Clip", "Invertible", "OneBitBound", "Sign", "identify_through", "one_bit_bound"]
