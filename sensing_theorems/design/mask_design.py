r"""Masks that a symmetry makes learnable: the choice with the largest least singular value."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._probes import probe_rng
from .._validate import generator, positive_int
from ..groups.action import GroupAction
from ..operators import fourier, inpainting
from ..rank_result import RankResult
from ..stacked_rank import stacked_rank
from .designed import MaskDesign
from .orbit_gram import OrbitGram
from .search import Found, Gram
from .shortfall import least_units
from .solving import best_units, condition_of, conditions_of, gram_of, random_choices
from .units import Units, checked_shape, kept_units, units_of

__all__ = ["MaskDesign", "design_mask"]


def design_mask(
    kind: str,
    action: GroupAction,
    budget: int,
    *,
    shape: Any = None,
    keep: Any = None,
    rng: Any = None,
) -> MaskDesign:
    r"""Choose the measurements that a symmetry of the signals makes the most of.

    Of all masks S of this kind and budget that hold the kept units, one with a large least
    eigenvalue of

    .. math:: M(S) = \frac{1}{|G|} \sum_{g \in G} T_g^\top A_S^\top A_S\, T_g,

    which is the Gram matrix of the stack of all :math:`A_S T_g` over |G|: an E-optimal design. The
    rank is full exactly if that eigenvalue is positive. Signals are real.

    Parameters
    ----------
    kind : {"cartesian", "radial", "pixels", "fourier"}
        Units of which the mask is made. Whole lines of k-space along the last axis, numbered by
        the other axes in NumPy's order of frequencies (line 0 holds the zero frequency); spokes
        through the zero frequency, numbered by angle, see Notes; single pixels; single
        frequencies, both numbered in C order.
    action : GroupAction on R^n
        Symmetry of the signals. It is a property of the signals, which no choice of a mask gives
        them.
    budget : int
        Number of units, those of `keep` included.
    shape : tuple of int, optional
        Of the mask, with n entries; by default ``action.shape``.
    keep : array of bool or of int, optional
        Units that must stay, such as the centre of k-space: a mask, one boolean per unit, or
        numbers of units, each listed once. What is said of all masks is then said of those that
        hold these units.
    rng : numpy.random.Generator or int, optional
        Breaks ties, starts searches, and draws the random masks. By default always the same.

    Returns
    -------
    MaskDesign
        Where full rank is impossible, too: with the best that was found and the reason.

    Raises
    ------
    ValueError
        If there is no such kind, the budget does not fit, `shape` or `keep` do not match, a unit
        is kept twice, signals are coefficients of functions and no arrays, or the action neither
        permutes entries nor is within the cost of isotypic blocks.
    TypeError
        If `action` is no GroupAction, or another argument is of the wrong type.

    Notes
    -----
    Where the group permutes entries (pixels under signed permutations; frequencies, up to phases,
    under permutations that are affine on the periodic array: shifts, quarter turns, flips,
    wallpaper groups), M is diagonal and its eigenvalues are the shares of the orbits that the mask
    hits, f and -f counted as one orbit (derived here, see `sensing_theorems.design.orbit_gram`).
    Single pixels and frequencies are then optimal: every step adds to the orbit that is covered
    least, `sensing_theorems.design.orbit_gram.water_filling`; where full rank is impossible, the
    rank is the largest. Lines and spokes are enumerated where there are few choices, and otherwise
    grown and exchanged. For other orthogonal actions the blocks of M take the place of orbits, up
    to a cost that the error message names. Their eigenvalues are rounded, and a tiny one cannot be
    told from zero; so trying all choices proves nothing there, and the answer is left open.

    Two limits follow from orbits. Under shifts each orbit is a single pair of f and -f: the
    operator is equivariant, and no mask of frequencies gains anything from them. And a line along
    the last axis hits the diagonal frequencies (k, k) and (-k, -k) only from lines k and -k, which
    quarter turns and flips leave among themselves: whole lines need one of each pair under them as
    without them, while single frequencies need a quarter.

    A spoke joins the zero frequency with a frequency (y, x) of the rim and holds the frequencies
    nearest to (ty/L, tx/L), t = -L, …, L, with L = max(abs y, abs x), halves to even. Spokes share
    the zero frequency and more, which counts once.

    Examples
    --------
    Quarter turns of 16 × 16 pixels: 66 frequencies are enough, and 65 are not.

    >>> import sensing_theorems as st
    >>> turns = st.groups.quarter_turns(16)
    >>> st.design_mask("fourier", turns, 66).learnable
    True
    >>> few = st.design_mask("fourier", turns, 65)
    >>> few.learnable, few.possible, few.rank.missing
    (False, False, 1)
    """
    units, kept, action = _asked(kind, action, budget, shape, keep)
    rng = probe_rng("mask design") if rng is None else generator(rng)
    gram = gram_of(units, action, budget)
    drawn = random_choices(units, budget, kept, rng)
    found, optimal = best_units(gram, units, kept, drawn, rng)
    mask = units.mask(found.chosen).reshape(units.shape)
    operator = fourier(mask) if units.frequencies else inpainting(mask)
    rank = stacked_rank(operator, action)
    values = gram.eigenvalues(mask.reshape(-1))
    possible, reason = _answer(gram, units, action, kept, (found, optimal, rank))
    return MaskDesign(
        kind=units.kind,
        mask=mask,
        budget=len(found.chosen),
        units=found.chosen,
        operator=operator,
        action=action,
        rank=rank,
        condition=_measured(rank, values),
        optimal=optimal or possible is False or _even(gram, units, found),
        possible=possible,
        reason=reason,
        random=conditions_of(gram, units, drawn),
    )


def _even(gram: Gram, units: Units, found: Found) -> bool:
    """Whether the least eigenvalue reaches the largest mean that a mask of this budget can have."""
    largest = units.most_entries(len(found.chosen)) / units.n
    return bool(gram.eigenvalues(units.mask(found.chosen))[0] >= largest - 1e-12)


def _asked(
    kind: Any, action: Any, budget: Any, shape: Any, keep: Any
) -> tuple[Units, tuple[int, ...], GroupAction]:
    if not isinstance(action, GroupAction):
        raise TypeError(f"`action` must be a GroupAction; got {type(action).__name__}.")
    if action.harmonics is not None:
        raise ValueError(
            f"masks are of pixels or of their frequencies; signals of {action.name} are "
            "coefficients of functions."
        )
    units = units_of(kind, checked_shape(shape, action.n, action.shape))
    budget = positive_int(budget, "budget")
    kept = kept_units(keep, units)
    if budget > units.count:
        raise ValueError(
            f"`budget` must be at most the {units.text(units.count)} that there are; got {budget}."
        )
    if len(kept) > budget:
        raise ValueError(
            f"`budget` must be at least the number of units kept, {len(kept)}; got {budget}."
        )
    return units, kept, action


def _measured(rank: RankResult, values: np.ndarray) -> float:
    """Condition from the operator itself where its spectrum is known, else from M."""
    if rank.clear and not rank.full:
        return 0.0
    spectrum = rank.spectrum
    if spectrum is None or spectrum.relative_error or not spectrum.listed:
        return condition_of(values)
    return float(spectrum.values[-1] / spectrum.values[0])


def _answer(
    gram: Gram,
    units: Units,
    action: GroupAction,
    kept: tuple[int, ...],
    known: tuple[Found, bool, RankResult],
) -> tuple[bool | None, str]:
    """Whether the budget can do, and why."""
    found, optimal, rank = known
    budget = len(found.chosen)
    if not rank.clear:
        return None, "The rank is numerically unclear."
    if rank.full:
        own = rank.n <= rank.m and isinstance(gram, OrbitGram) and _alone(gram, units, found)
        alone = " The mask needs no symmetry: it is one-to-one on real signals." if own else ""
        return True, f"Every part of the signals is seen through some element of the group.{alone}"
    needed, why = least_units(gram, units, action, kept)
    which = units.text(budget)
    if kept:
        which += f" that {'hold' if budget > 1 else 'holds'} the kept {units.name(len(kept))}"
    if budget < needed:
        return False, f"No {which} can: {why}."
    if optimal:
        return False, f"No {which} can: all choices were tried."
    return None, (
        f"None of the masks that were tried sees everything; whether {which} can is "
        f"left open, while fewer than {needed} cannot: {why}."
    )


def _alone(gram: OrbitGram, units: Units, found: Found) -> bool:
    """Whether a mask of frequencies holds f or -f for every f."""
    if not units.frequencies:
        return bool(units.mask(found.chosen).all())
    mask = units.mask(found.chosen).reshape(units.shape)
    axes = tuple(range(mask.ndim))
    return bool((mask | np.roll(np.flip(mask, axes), 1, axes)).all())
