r"""Does noise take identifiability away? Whether the law of y determines the law of A x.

Where it does, identifying the model from noisy measurements is the noiseless question: the law of
A x determines its support, which is what the theorems about sets of signals start from. What is
said here is about laws known exactly, that is, about infinitely many measurements.

References
----------
.. [JMLR23] J. Tachella, D. Chen, M. Davies, "Sensing Theorems for Unsupervised Learning in Linear
   Inverse Problems", Journal of Machine Learning Research 24(39), 2023.
.. [UNSURE] J. Tachella, M. Davies, L. Jacques, "UNSURE: self-supervised learning with Unknown Noise
   level and Stein's Unbiased Risk Estimate", ICLR 2025.
.. [Teicher60] H. Teicher, "On the Mixture of Distributions", Annals of Mathematical Statistics
   31(1), 1960.
.. [Gneiting01] T. Gneiting, "Curiosities of Characteristic Functions", Expositiones Mathematicae
   19, 2001.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .judgement import Verdict
from .noise_laws import (
    Additive,
    CorrelatedGaussian,
    Gaussian,
    Laplace,
    Look,
    Poisson,
    PoissonGaussian,
    Uniform,
    positive,
    real_array,
)

__all__ = [
    "Additive",
    "Collision",
    "CorrelatedGaussian",
    "Gaussian",
    "Laplace",
    "Look",
    "NoiseAnswer",
    "Poisson",
    "PoissonGaussian",
    "Uniform",
    "noise_allows",
]

Law = Gaussian | CorrelatedGaussian | Laplace | Uniform | Poisson | PoissonGaussian | Additive

_PUBLISHED = (
    "Tachella, Chen, Davies, JMLR 2023: the statement on noise, as in the EUSIPCO 2024 tutorial"
)
_DERIVED = "derived here: see the Notes of noise_allows"
_UNSURE = (
    f"{_DERIVED}; for learning at an unknown level see Tachella, Davies, Jacques, UNSURE, ICLR 2025"
)
_COUNTS = f"{_DERIVED}; one count: mixed Poisson laws, as in Teicher 1960"


@dataclass(frozen=True)
class Collision:
    r"""Two laws on ℝ that no data tell apart once noise erases a band of frequencies.

    .. math:: p = \pi f \max(\cos\omega x, 0),\quad q = \pi f \max(-\cos\omega x, 0),\quad
              f(x) = \frac{1 - \cos\delta x}{\pi\delta x^2},\quad
              \omega = \tfrac{a+b}{2},\ \delta = \tfrac{b-a}{2}

    Their supports share no interior point, and their characteristic functions agree wherever
    :math:`|t| \notin (a, b)`.

    Parameters
    ----------
    low, high : float
        Ends 0 <= a < b of the band.

    Notes
    -----
    Derived. f has the characteristic function :math:`\Lambda(t/\delta)`, the triangle
    :math:`\Lambda(u) = \max(1 - |u|, 0)`. By the Fourier series
    :math:`\max(\pm\cos\theta, 0) = \frac1\pi \pm \frac12\cos\theta
    + \frac2\pi \sum_{k\ge1} \frac{(-1)^{k+1}}{4k^2-1} \cos 2k\theta`,

    .. math:: \varphi_{p,q}(t) = \sum_{k\ge0} \frac{(-1)^{k+1}}{4k^2-1}
              \Lambda\Bigl(\frac{|t| - 2k\omega}{\delta}\Bigr)
              \pm \frac\pi4 \Lambda\Bigl(\frac{|t| - \omega}{\delta}\Bigr)

    and since :math:`\delta \le \omega` both are 1 at t = 0, so p and q are densities.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "high", positive(self.high, "high"))
        low = 0.0 if self.low == 0 else positive(self.low, "low")
        object.__setattr__(self, "low", low)
        if low >= self.high:
            raise ValueError(f"`low` must be below `high`; got {low} and {self.high}.")

    def densities(self, x: Any) -> tuple[np.ndarray, np.ndarray]:
        """Values of p and q at points x of any shape."""
        x = real_array(x, "x")
        omega, delta = (self.low + self.high) / 2, (self.high - self.low) / 2
        wave = np.cos(omega * x) * (delta / 2) * np.sinc(delta / (2 * np.pi) * x) ** 2
        return np.maximum(wave, 0), np.maximum(-wave, 0)

    def characteristic_functions(self, t: Any) -> tuple[np.ndarray, np.ndarray]:
        """Those of p and q, at frequencies t of any shape."""
        t = np.abs(real_array(t, "t"))
        omega, delta = (self.low + self.high) / 2, (self.high - self.low) / 2

        def triangle(u: np.ndarray) -> np.ndarray:
            return np.maximum(1 - np.abs(u) / delta, 0)

        # Triangles 2 omega apart do not overlap, so the nearest is the only one that counts.
        k = np.round(t / (2 * omega))
        even = (1 - 2 * (k % 2)) / (1 - 4 * k**2) * triangle(t - 2 * k * omega)
        odd = np.pi / 4 * triangle(t - omega)
        return even + odd, even - odd


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


def noise_allows(
    law: Law,
    *,
    bounded: bool | None = None,
    level_known: bool = True,
    thin: bool | None = None,
) -> NoiseAnswer:
    r"""Whether the law of y = A x + e, or of counts of A x, determines the law of A x.

    .. math:: \varphi_y(t) = \varphi_{Ax}(t)\, \varphi_e(t),\quad t \in \mathbb{R}^m

    Parameters
    ----------
    law : Gaussian, CorrelatedGaussian, Laplace, Uniform, Poisson, PoissonGaussian or Additive
        Noise; its measurements are independent unless the covariance says otherwise.
    bounded : bool, optional
        Whether A x lies in a bounded set. ``False`` declares that every unbounded law has to be
        reckoned with; ``None``, that it is not known.
    level_known : bool
        Whether the parameters of the law are known. If not, only the family is, and for `Additive`
        φ up to its scale; the parameters given do not count, but whether there is one std or many.
    thin : bool, optional
        Whether the law of A x leaves out a ball, or lies on a set of volume 0, as it does where
        the model has box dimension k < m. Follows from ``bounded=True``; only asked for where the
        level is unknown.

    Returns
    -------
    NoiseAnswer

    Raises
    ------
    TypeError
        If `law` is no such law, or a flag is no boolean.
    ValueError
        If ``bounded=True`` comes with ``thin=False``.

    Notes
    -----
    Published: φ_e without zeros is enough, since φ_y/φ_e = φ_{Ax}. All that follows is derived.

    *Zeros without interior* (``"isolated_zeros"``). φ_{Ax} is continuous, so its values on a dense
    set determine it. For independent measurements the zeros of φ_e in ℝ^m are a finite union of
    closed sets :math:`\{\varphi(t_i) = 0\}` without interior, and have none.

    *Bounded signals* (``"bounded_signals"``). φ_e is 1 at 0 and continuous, so it determines
    φ_{Ax} near 0, hence all moments of A x; these determine a law of bounded support, for the
    polynomials are dense in the continuous functions on it. Some exponential moment is enough.

    *An interval of zeros* (``"zero_band"``). Put the two laws of `Collision` for that interval on
    one coordinate of A x, and 0 on the others: φ_y is the same, and not even the supports agree.
    The classical pair is a triangle and its periodic extension, which agree on [-1, 1], under noise
    whose φ_e vanishes outside; pairs exist for every open set [Gneiting01]_. With other, correlated
    noise or with linearly dependent rows of A, the unerased frequencies may still suffice.

    *Counts* (``"mixed_poisson"``). For s in [0, 1]^m,
    :math:`E\prod_i s_i^{y_i/\gamma} = E\exp(-\sum_i (1 - s_i)(Ax)_i/\gamma)`: the Laplace transform
    of A x on a box. It is analytic where all real parts are positive, hence known there, and
    determines the law. Read-out noise (``"poisson_gaussian"``) is removed first, by φ_y/φ_e.

    *Level of Gaussian noise.* It is not determined in general: N(0, s²) seen through noise N(0, t²)
    is 0 seen through N(0, s² + t²). For |Ax| <= R and every unit vector u,
    :math:`\log E e^{s\langle u, y\rangle} = \tfrac12 s^2 u^\top\Sigma u + O(R|s|)`, which
    determines Σ. A thin law determines one common σ: of two levels σ' < σ, the lower would make the
    law of A x a convolution with N(0, (σ² - σ'²) I), which charges every ball and no set of
    volume 0.

    *Level of Laplace noise.* If A x is bounded, :math:`E e^{s y_i}` is finite exactly for
    |s| < 1/b. For a thin law and b' < b, :math:`(1 + b'^2t^2)/(1 + b^2t^2) = r + (1 - r)
    \varphi_b(t)`, r = (b'/b)²: the lower scale adds, with a positive probability, Laplace noise to
    every coordinate of A x, which is not thin. Without either, this is a counterexample.

    *Width of uniform noise.* Never determined: on [-1, 1] it is noise on [-1/2, 1/2] added to a
    signal ±1/2.

    *Gain and read-out level.* :math:`\gamma N_i` has a characteristic function of period 2π/γ, of
    modulus 1 at its multiples, so :math:`\sigma^2 = \liminf_{t\to\infty} -2\log|\varphi_{y_i}(t)|
    / t^2`. With σ removed, y_i takes exactly the values γ{0, 1, 2, …}, or only 0 if (Ax)_i = 0.

    Complex measurements are 2m real ones.

    Examples
    --------
    >>> from sensing_theorems import noise
    >>> noise.noise_allows(noise.Uniform(0.5)).reason
    'isolated_zeros'
    >>> print(noise.noise_allows(noise.Gaussian(0.1), level_known=False).verdict)
    UNDECIDED
    """
    _check(law, bounded, level_known, thin)
    bounded = None if bounded is None else bool(bounded)
    thin = None if thin is None else bool(thin)
    if not level_known:
        return _unknown_level(law, bounded, thin)
    if isinstance(law, Poisson | PoissonGaussian):
        return _counts(law)
    return _known_level(law, bounded)


def _check(law: Any, bounded: Any, level_known: Any, thin: Any) -> None:
    """Refuse other arguments."""
    if not isinstance(law, Law):
        raise TypeError(f"`law` must be a law of noise, such as Gaussian; got {_type(law)}.")
    for value, name in ((bounded, "bounded"), (thin, "thin")):
        if value is not None and not isinstance(value, bool | np.bool_):
            raise TypeError(f"`{name}` must be True, False or None; got {value!r}.")
    if not isinstance(level_known, bool | np.bool_):
        raise TypeError(f"`level_known` must be True or False; got {level_known!r}.")
    if bounded and thin is not None and not thin:
        raise ValueError("`thin` must not be False where `bounded` is True, which it follows from.")


def _type(law: Any) -> str:
    return f"the class {law.__name__}" if isinstance(law, type) else type(law).__name__


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


def _yes(law: Law, reason: str, text: str, source: str, *extra: str) -> NoiseAnswer:
    status = "published" if source == _PUBLISHED else "derived"
    signal = _NONNEGATIVE if isinstance(law, Poisson | PoissonGaussian) else _SIGNAL
    caveats = (*extra, signal, _KNOWN, _SUPPORT, _OTHER)
    return NoiseAnswer(Verdict.IDENTIFIABLE, reason, text, caveats, law.zeros_text, status, source)


def _else(
    law: Law, verdict: Verdict, reason: str, text: str, source: str = _DERIVED
) -> NoiseAnswer:
    rows = (_ROWS,) if verdict is Verdict.NOT_IDENTIFIABLE else ()
    seen = None
    if isinstance(law, Additive) and law.zeros == "interval" and law.look.band is not None:
        seen = Collision(*law.look.band)
    return NoiseAnswer(
        verdict, reason, text, (*rows, _SIGNAL, _OTHER), law.zeros_text, "derived", source, seen
    )


def _counts(law: Poisson | PoissonGaussian) -> NoiseAnswer:
    text = (
        "The probability generating function of the counts is the Laplace transform of the law of "
        "A x on a box, which determines it."
    )
    if isinstance(law, Poisson):
        return _yes(law, "mixed_poisson", text, _COUNTS)
    text = f"The read-out noise, whose phi_e has no zero, is divided out. {text}"
    return _yes(law, "poisson_gaussian", text, _COUNTS)


def _known_level(law: Any, bounded: bool | None) -> NoiseAnswer:
    word: tuple[str, ...] = ()
    if isinstance(law, Additive) and law.zeros in ("none", "isolated"):
        word = ("what is said of the zeros of phi_e is your declaration",)
    if law.zero_set == "none":
        text = "phi_e is nowhere 0, so phi_y/phi_e = phi_Ax: the law of y determines that of A x."
        return _yes(law, "nowhere_zero", text, _PUBLISHED, *word)
    if law.zero_set == "isolated":
        text = (
            "The zeros of phi_e contain no open set, and phi_Ax is continuous: phi_y/phi_e "
            "determines it at the zeros, too."
        )
        return _yes(law, "isolated_zeros", text, _DERIVED, *word)
    if bounded:
        text = (
            "A x is bounded, so that its law is determined by phi_Ax near t = 0, where no phi_e "
            "is 0."
        )
        return _yes(law, "bounded_signals", text, _DERIVED)
    if law.zero_set == "interval":
        return _zero_band(law, bounded)
    text = (
        "The zeros of phi_e were only looked at on a grid, which proves nothing; declare `zeros` "
        "if you can prove what they are, or `bounded` if A x is."
    )
    return _else(law, Verdict.UNDECIDED, "numerical", text)


def _zero_band(law: Additive, bounded: bool | None) -> NoiseAnswer:
    band = law.look.band
    ends = "(a, b)" if band is None else f"({band[0]:.4g}, {band[1]:.4g})"
    pair = (
        f"phi_e erases a band {ends} of frequencies t. With omega its centre and delta half its "
        "width, f(x) = (1 - cos(delta x))/(pi delta x^2), the laws pi f max(cos(omega x), 0) and "
        "pi f max(-cos(omega x), 0) of a coordinate of A x differ only there, and so give the "
        "same law of y"
    )
    if bounded is False:
        return _else(law, Verdict.NOT_IDENTIFIABLE, "zero_band", f"{pair}.")
    text = f"{pair}. Both are unbounded: if A x is known to be bounded, its law is determined."
    return _else(law, Verdict.UNDECIDED, "zero_band", text)


def _unknown_level(law: Any, bounded: bool | None, thin: bool | None) -> NoiseAnswer:
    if isinstance(law, Uniform):
        text = (
            "Uniform noise on [-1, 1] around a signal 0 is uniform noise on [-1/2, 1/2] around "
            "signals -1/2 and 1/2, equally likely: an unknown width hides signals, even finitely "
            "many."
        )
        return _else(law, Verdict.NOT_IDENTIFIABLE, "level_unknown", text)
    if isinstance(law, Additive):
        if law.zeros == "interval" and bounded is False:
            return _zero_band(law, bounded)
        text = (
            "With a scale of the noise that is not known, it depends on the family: for Gaussian "
            "noise a bounded A x is enough, for uniform noise it is not."
        )
        return _else(law, Verdict.UNDECIDED, "level_unknown", text, _UNSURE)
    if isinstance(law, Poisson | PoissonGaussian):
        return _gain(law)
    return _scale(law, bounded, thin)


def _gain(law: Poisson | PoissonGaussian) -> NoiseAnswer:
    text = "Noiseless counts take the values 0, gain, 2 gain, …, whose spacing shows the gain."
    if isinstance(law, Poisson):
        return _yes(law, "level_determined", text, _COUNTS)
    text += " At t = 2 pi k/gain they have |phi| = 1, so that |phi_y| shows the read-out level."
    size = -2 * (np.pi * law.std / law.gain) ** 2 / np.log(10)
    faint = f"for this gain and level, the first such |phi_y| is 10^{size:.3g}"
    return _yes(law, "level_determined", text, _COUNTS, faint)


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
        return _yes(law, "level_determined", text, _UNSURE)
    if thin and common:
        text = (
            "A lower level would leave noise in A x, whose law would charge every ball and not "
            "only a set of volume 0: the level, one for all measurements, is determined."
        )
        return _yes(law, "level_determined", text, _UNSURE)
    text = (
        "A signal that is 0 with probability (b'/b)^2, else Laplace of scale b, seen through noise "
        "of scale b' < b, is the signal 0 seen through noise of scale b."
        if laplace
        else "A signal N(0, s^2) seen through noise N(0, t^2) is the signal 0 seen through noise "
        "N(0, s^2 + t^2): without further assumption the level hides part of the signal."
    )
    if bounded is False and thin is False:
        return _else(law, Verdict.NOT_IDENTIFIABLE, "level_unknown", text, _UNSURE)
    text += " A bounded A x excludes this"
    text += ", and so does a model of box dimension k < m." if common else "."
    return _else(law, Verdict.UNDECIDED, "level_unknown", text, _UNSURE)
