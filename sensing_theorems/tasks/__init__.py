"""Experiments that phase diagrams repeat: draw operators and a model, and decide or try."""

from .base import Task
from .dictionary_learning import DictionaryLearning
from .invariant import InvariantSubspaceIdentification, even_copies
from .low_rank import LowRankRecovery
from .matching_pursuit import MatchingPursuit
from .moments import MomentIdentification
from .ranks import FullRank
from .samples import SampleIdentification
from .subspaces import SubspaceIdentification
from .unions import DictionaryIdentification, OrbitIdentification, UnionIdentification

__all__ = [
    "DictionaryIdentification",
    "DictionaryLearning",
    "FullRank",
    "InvariantSubspaceIdentification",
    "LowRankRecovery",
    "MatchingPursuit",
    "MomentIdentification",
    "OrbitIdentification",
    "SampleIdentification",
    "SubspaceIdentification",
    "Task",
    "UnionIdentification",
    "even_copies",
]
