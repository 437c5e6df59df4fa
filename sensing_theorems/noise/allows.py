"""One question, one function: which laws of noise let the law of A x be determined."""

from __future__ import annotations

from typing import Any

import numpy as np

from .answer import Law, NoiseAnswer
from .known_level import at_known_level, of_counts
from .laws import Poisson, PoissonGaussian
from .unknown_level import at_unknown_level

__all__ = ["noise_allows"]


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
    law of A x a convolution with N(0, (σ² - σ'²) I), which has a density, so gives every set of
    volume 0 probability 0.

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
        return at_unknown_level(law, bounded, thin)
    if isinstance(law, Poisson | PoissonGaussian):
        return of_counts(law)
    return at_known_level(law, bounded)


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
