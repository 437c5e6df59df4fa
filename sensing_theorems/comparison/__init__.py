"""What training reached beside what was predicted: values that can be printed, saved and drawn.

Nothing here trains a network, or needs a library that does.
"""

from __future__ import annotations

from .agreement import LEARNED, NEAR, UNCHANGED
from .comparison import Comparison
from .history import History

__all__ = ["LEARNED", "NEAR", "UNCHANGED", "Comparison", "History"]
