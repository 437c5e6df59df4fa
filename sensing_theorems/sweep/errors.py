"""How a sweep ends before its time, with what it had by then."""

from __future__ import annotations

from .diagram import PhaseDiagram

__all__ = ["SweepError", "SweepInterrupted"]


class SweepError(RuntimeError):
    """A task or its workers failed.

    Attributes
    ----------
    diagram : PhaseDiagram
        Everything that was finished before.
    """

    def __init__(self, message: str, diagram: PhaseDiagram) -> None:
        super().__init__(message)
        self.diagram = diagram


class SweepInterrupted(KeyboardInterrupt):
    """Somebody pressed Ctrl-C.

    Attributes
    ----------
    diagram : PhaseDiagram
        Everything that was finished before.
    """

    def __init__(self, message: str, diagram: PhaseDiagram) -> None:
        super().__init__(message)
        self.diagram = diagram
