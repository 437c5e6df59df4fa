"""Noise of which only the family is known: whether the law of y shows its parameters."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..judgement import Verdict
from .additive import Additive
from .answer import COUNTS, UNSURE, NoiseAnswer, determined, otherwise
from .known_level import zero_band
from .laws import Laplace, Poisson, PoissonGaussian, Uniform

__all__ = ["at_unknown_level"]


def at_unknown_level(law: Any, bounded: bool | None, thin: bool | None) -> NoiseAnswer:
    """Answer where the parameters of the law are unknown, family by family."""
    if isinstance(law, Uniform):
        text = (
            "Uniform noise on [-1, 1] around a signal 0 is uniform noise on [-1/2, 1/2] around "
            "signals -1/2 and 1/2, equally likely: an unknown width hides signals, even finitely "
            "many."
        )
        return otherwise(law, Verdict.NOT_IDENTIFIABLE, "level_unknown", text)
    if isinstance(law, Additive):
        if law.zeros == "interval" and bounded is False:
            return zero_band(law, bounded)
        text = (
            "With a scale of the noise that is not known, it depends on the family: for Gaussian "
            "noise a bounded A x is enough, for uniform noise it is not."
        )
        return otherwise(law, Verdict.UNDECIDED, "level_unknown", text, UNSURE)
    if isinstance(law, Poisson | PoissonGaussian):
        return _gain(law)
    return _scale(law, bounded, thin)


def _gain(law: Poisson | PoissonGaussian) -> NoiseAnswer:
    text = "Noiseless counts take the values 0, gain, 2 gain, …, whose spacing shows the gain."
    if isinstance(law, Poisson):
        return determined(law, "level_determined", text, COUNTS)
    text += " At t = 2 pi k/gain they have |phi| = 1, so that |phi_y| shows the read-out level."
    size = -2 * (np.pi * law.std / law.gain) ** 2 / np.log(10)
    faint = f"for this gain and level, the first such |phi_y| is 10^{size:.3g}"
    return determined(law, "level_determined", text, COUNTS, faint)


def _scale(law: Any, bounded: bool | None, thin: bool | None) -> NoiseAnswer:
    """Gaussian and Laplace noise of unknown level."""
    common = isinstance(law, Laplace) or law.common
    laplace = isinstance(law, Laplace)
    if bounded:
        text = (
            "A x is bounded, so that E exp(s y_i) is finite for |s| < 1/scale only, which shows "
            "the scale."
            if laplace
            else "A x is bounded, so that log E exp(s <u, y>) grows as s^2/2 times the variance of "
            "<u, e>, in every direction u, which shows the level."
        )
        return determined(law, "level_determined", text, UNSURE)
    if thin and common:
        text = (
            "A lower level would leave noise in A x, whose law would then have a density and give "
            "sets of volume 0 probability 0: the level, one for all measurements, is determined."
        )
        return determined(law, "level_determined", text, UNSURE)
    text = (
        "A signal that is 0 with probability (b'/b)^2, else Laplace of scale b, seen through noise "
        "of scale b' < b, is the signal 0 seen through noise of scale b."
        if laplace
        else "A signal N(0, s^2) seen through noise N(0, t^2) is the signal 0 seen through noise "
        "N(0, s^2 + t^2): without further assumption the level hides part of the signal."
    )
    if bounded is False and thin is False:
        return otherwise(law, Verdict.NOT_IDENTIFIABLE, "level_unknown", text, UNSURE)
    text += " A bounded A x excludes this"
    text += ", and so does a model of box dimension k < m." if common else "."
    return otherwise(law, Verdict.UNDECIDED, "level_unknown", text, UNSURE)
