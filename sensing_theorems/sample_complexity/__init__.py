"""Sample complexity: how many noiseless samples determine a model, for these very operators."""

from .needed import samples_needed
from .proof import SampleCertificate
from .result import SampleComplexity

__all__ = ["SampleCertificate", "SampleComplexity", "samples_needed"]
