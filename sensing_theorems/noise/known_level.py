"""Noise of known parameters: zeros of its characteristic function, and counts."""

from __future__ import annotations

from typing import Any

from ..judgement import Verdict
from .additive import Additive
from .answer import COUNTS, DERIVED, PUBLISHED, NoiseAnswer, determined, otherwise
from .laws import Poisson, PoissonGaussian

__all__ = ["at_known_level", "of_counts", "zero_band"]


def of_counts(law: Poisson | PoissonGaussian) -> NoiseAnswer:
    """Answer for counts: their law shows a Laplace transform."""
    text = (
        "The probability generating function of the counts is the Laplace transform of the law of "
        "A x on a box, which determines it."
    )
    if isinstance(law, Poisson):
        return determined(law, "mixed_poisson", text, COUNTS)
    text = f"The read-out noise, whose phi_e has no zero, is divided out. {text}"
    return determined(law, "poisson_gaussian", text, COUNTS)


def at_known_level(law: Any, bounded: bool | None) -> NoiseAnswer:
    """Answer for additive noise, by the zeros of phi_e."""
    word: tuple[str, ...] = ()
    if isinstance(law, Additive) and law.zeros in ("none", "isolated"):
        word = ("what is said of the zeros of phi_e is your declaration",)
    if law.zero_set == "none":
        text = "phi_e is nowhere 0, so phi_y/phi_e = phi_Ax: the law of y determines that of A x."
        return determined(law, "nowhere_zero", text, PUBLISHED, *word)
    if law.zero_set == "isolated":
        text = (
            "The zeros of phi_e contain no open set, and phi_Ax is continuous: phi_y/phi_e "
            "determines it at the zeros, too."
        )
        return determined(law, "isolated_zeros", text, DERIVED, *word)
    if bounded:
        text = (
            "A x is bounded, so that its law is determined by phi_Ax near t = 0, where no phi_e "
            "is 0."
        )
        return determined(law, "bounded_signals", text, DERIVED)
    if law.zero_set == "interval":
        return zero_band(law, bounded)
    text = (
        "The zeros of phi_e were only looked at on a grid, which proves nothing; declare `zeros` "
        "if you can prove what they are, or `bounded` if A x is."
    )
    return otherwise(law, Verdict.UNDECIDED, "numerical", text)


def zero_band(law: Additive, bounded: bool | None) -> NoiseAnswer:
    """Answer for noise that erases a band of frequencies, by the laws of `Collision`."""
    band = law.look.band
    ends = "(a, b)" if band is None else f"({band[0]:.4g}, {band[1]:.4g})"
    pair = (
        f"phi_e erases a band {ends} of frequencies t. With omega its centre and delta half its "
        "width, f(x) = (1 - cos(delta x))/(pi delta x^2), the laws pi f max(cos(omega x), 0) and "
        "pi f max(-cos(omega x), 0) of a coordinate of A x differ only there, and so give the "
        "same law of y"
    )
    if bounded is False:
        return otherwise(law, Verdict.NOT_IDENTIFIABLE, "zero_band", f"{pair}.")
    text = f"{pair}. Both are unbounded: if A x is known to be bounded, its law is determined."
    return otherwise(law, Verdict.UNDECIDED, "zero_band", text)
