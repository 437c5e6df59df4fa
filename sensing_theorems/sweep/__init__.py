"""Sweeps over a grid of cells, on any executor, that survive being killed; and what they count."""

from .diagram import PhaseDiagram
from .errors import SweepError, SweepInterrupted
from .run import sweep
from .transition import Transition

__all__ = ["PhaseDiagram", "SweepError", "SweepInterrupted", "Transition", "sweep"]
