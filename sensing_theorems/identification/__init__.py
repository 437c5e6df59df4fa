"""Exact identification: what the theorems leave open, decided for this operator and this model."""

from .answer import Ambiguity, Explored, Identification
from .decide import identify

__all__ = ["Ambiguity", "Explored", "Identification", "identify"]
