"""What `noise_allows` answers, and the caveats that go with it."""

from __future__ import annotations

from dataclasses import dataclass

from ..judgement import Verdict
from .additive import Additive
from .collision import Collision
from .laws import CorrelatedGaussian, Gaussian, Laplace, Poisson, PoissonGaussian, Uniform

__all__ = [
    "COUNTS",
    "DERIVED",
    "PUBLISHED",
    "UNSURE",
    "Law",
    "NoiseAnswer",
    "determined",
    "otherwise",
]

Law = Gaussian | CorrelatedGaussian | Laplace | Uniform | Poisson | PoissonGaussian | Additive

PUBLISHED = (
    "Tachella, Chen, Davies, JMLR 2023: the statement on noise, as in the EUSIPCO 2024 tutorial"
)
DERIVED = "derived here: see the Notes of noise_allows"
UNSURE = (
    f"{DERIVED}; for learning at an unknown level see Tachella, Davies, Jacques, UNSURE, ICLR 2025"
)
COUNTS = f"{DERIVED}; one count: mixed Poisson laws, as in Teicher 1960"

_SIGNAL = "e is independent of x"
_NONNEGATIVE = "A x >= 0, and the counts are independent given x"
_KNOWN = (
    "the law of y is taken as known exactly; how many measurements it takes, which for smooth "
    "noise can be very many, is another question"
)
_SUPPORT = (
    "the law of A x is determined, hence its support; whether that determines the model is the "
    "noiseless question, for each operator and its own noise"
)
_OTHER = (
    "bounded errors without a law, saturation, rounding and symmetries that hold only roughly "
    "are not covered"
)
_ROWS = "two laws on R^m: the rows of A are taken to be independent, so that A x can have either"


@dataclass(frozen=True)
class NoiseAnswer:
    """Whether the law of y determines the law of A x, and why.

    Attributes
    ----------
    verdict : Verdict
        NOT_IDENTIFIABLE where two laws of the kind that was declared give the same law of y.
    reason : str
        Short code, stable across versions.
    explanation : str
        One or two sentences for people.
    caveats : tuple of str
        What was assumed and what is not covered.
    zeros : str
        What is known of the zeros of the characteristic function phi_e of the noise.
    status : {"published", "derived"}
    source : str
    collision : Collision or None
        A colliding pair of laws, where zeros="interval" was declared and the grid shows the band.
    """

    verdict: Verdict
    reason: str
    explanation: str
    caveats: tuple[str, ...]
    zeros: str
    status: str
    source: str
    collision: Collision | None = None

    def __bool__(self) -> bool:
        raise TypeError("a NoiseAnswer has three answers; compare `verdict` with a Verdict.")

    def __str__(self) -> str:
        lines = [f"{self.verdict} ({self.reason}, {self.status}): {self.explanation}"]
        lines += [f"  zeros: {self.zeros}", f"  source: {self.source}"]
        return "\n".join(lines + [f"  caveat: {caveat}" for caveat in self.caveats])


def determined(law: Law, reason: str, text: str, source: str, *extra: str) -> NoiseAnswer:
    """Answer that the law of A x is determined, with what that assumes."""
    status = "published" if source == PUBLISHED else "derived"
    signal = _NONNEGATIVE if isinstance(law, Poisson | PoissonGaussian) else _SIGNAL
    caveats = (*extra, signal, _KNOWN, _SUPPORT, _OTHER)
    return NoiseAnswer(Verdict.IDENTIFIABLE, reason, text, caveats, law.zeros_text, status, source)


def otherwise(
    law: Law, verdict: Verdict, reason: str, text: str, source: str = DERIVED
) -> NoiseAnswer:
    """Answer anything else, with a colliding pair where one was declared and seen."""
    rows = (_ROWS,) if verdict is Verdict.NOT_IDENTIFIABLE else ()
    seen = None
    if isinstance(law, Additive) and law.zeros == "interval" and law.look.band is not None:
        seen = Collision(*law.look.band)
    return NoiseAnswer(
        verdict, reason, text, (*rows, _SIGNAL, _OTHER), law.zeros_text, "derived", source, seen
    )
