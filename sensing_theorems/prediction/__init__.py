r"""What training without ground truth should reach, from linear algebra alone.

`predict` takes a problem, and signals if there are any, and says whether a network that is trained
on measurements alone should recover what A hides, all of it, a part or nothing, and up to which
level in dB. A prediction of training is no verdict on identifiability: it says where such training
ends, rests on the rank of the stack, and is tested by `sensing_theorems.comparison`.
"""

from __future__ import annotations

from .outcome import Outcome
from .predicting import predict
from .prediction import Prediction

__all__ = ["Outcome", "Prediction", "predict"]
