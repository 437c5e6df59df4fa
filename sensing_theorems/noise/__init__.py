r"""Does noise take identifiability away? Whether the law of y determines the law of A x.

Where it does, identifying the model from noisy measurements is the noiseless question: the law of
A x determines its support, which is what the theorems about sets of signals start from. What is
said here is about laws known exactly, that is, about infinitely many measurements.

References
----------
.. [JMLR23] J. Tachella, D. Chen, M. Davies, "Sensing Theorems for Unsupervised Learning in Linear
   Inverse Problems", Journal of Machine Learning Research 24(39), 2023.
.. [UNSURE] J. Tachella, M. Davies, L. Jacques, "UNSURE: self-supervised learning with Unknown Noise
   level and Stein's Unbiased Risk Estimate", ICLR 2025.
.. [Teicher60] H. Teicher, "On the Mixture of Distributions", Annals of Mathematical Statistics
   31(1), 1960.
.. [Gneiting01] T. Gneiting, "Curiosities of Characteristic Functions", Expositiones Mathematicae
   19, 2001.
"""

from .additive import Additive, Look
from .allows import noise_allows
from .answer import NoiseAnswer
from .collision import Collision
from .laws import CorrelatedGaussian, Gaussian, Laplace, Poisson, PoissonGaussian, Uniform

__all__ = [
    "Additive",
    "Collision",
    "CorrelatedGaussian",
    "Gaussian",
    "Laplace",
    "Look",
    "NoiseAnswer",
    "Poisson",
    "PoissonGaussian",
    "Uniform",
    "noise_allows",
]
