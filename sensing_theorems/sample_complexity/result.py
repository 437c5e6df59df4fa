"""What a search for the number of samples reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..models import PieceModel
from .proof import SampleCertificate

__all__ = ["SampleComplexity"]


@dataclass(frozen=True, eq=False)
class SampleComplexity:
    r"""Number of noiseless samples that determine a model.

    Attributes
    ----------
    samples : int or None
        Smallest number N of samples for which the model is generically, locally identifiable, in
        one sequence of them: see `samples_needed`. ``None`` if no number suffices, which `motion`
        shows, or without a `motion`, if it is open whether any does.
    parameters : int
        Dimension P of the family of models around the given one.
    counting_bound : int or None
        Number of samples without which there are fewer equations than parameters, whichever
        operators and pieces or atoms they are dealt; ``None`` where no number of samples makes as
        many, or it is open whether any suffices.
    per_operator : tuple of int
        How many of the samples each operator gets; empty where `samples` is ``None``.
    clear : bool
        False where a spectrum showed no gap, exact arithmetic casts doubt on the number, or it is
        open whether any suffices.
    explanation : str
        One or more sentences for people.
    model : PieceModel
        Where the Jacobian was taken: the given model, or the subspace that was drawn.
    supports : ndarray of int, shape (N, s)
        Which pieces of the model, or atoms, the samples use.
    certificate : SampleCertificate or None
        Proof, to be checked with its `verify`, for models without symmetry. ``None`` elsewhere, and
        where exact arithmetic says otherwise or nothing: the number then rests on floating point.
    curve : ndarray of int, shape (N + 1,), or None
        Rank of the equations after 0, ..., N samples, modulo a prime.
    motion : ndarray, shape (n, columns), or None
        Where no number suffices: a direction in which the basis, atoms or points (one per column)
        can move while every signal of the moved model keeps the measurements of one of the model.
    """

    samples: int | None
    parameters: int
    counting_bound: int | None
    per_operator: tuple[int, ...]
    clear: bool
    explanation: str
    model: PieceModel = field(repr=False)
    supports: NDArray[np.int64] = field(repr=False)
    certificate: SampleCertificate | None = field(default=None, repr=False)
    curve: NDArray[Any] | None = field(default=None, repr=False)
    motion: NDArray[Any] | None = field(default=None, repr=False)

    def __str__(self) -> str:
        open_or_none = "no number of samples was found", "no number of samples suffices"
        number = open_or_none[self.motion is not None]
        if self.samples is not None:
            number = f"{self.samples} sample{'' if self.samples == 1 else 's'}"
            if len(self.per_operator) > 1:
                low, high = min(self.per_operator), max(self.per_operator)
                number += f", {low if low == high else f'{low} or {high}'} per operator"
        sure = "" if self.clear else " UNCLEAR."
        proof = "" if self.certificate is None else f" Proof: {self.certificate}."
        return f"{number}. {self.explanation}{proof}{sure}"
