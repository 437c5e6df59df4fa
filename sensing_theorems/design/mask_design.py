r"""Masks that a symmetry makes learnable: the choice with the largest least singular value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .._forward import ForwardOperator
from .._probes import probe_rng
from .._validate import generator, positive_int
from ..groups.action import GroupAction
from ..operators import fourier, inpainting
from ..rank_result import RankResult
from ..stacked_rank import stacked_rank
from .orbit_gram import OrbitGram
from .search import Found, Gram
from .shortfall import least_units
from .solving import best_units, condition_of, conditions_of, gram_of, random_choices
from .units import Units, checked_shape, kept_units, units_of

__all__ = ["MaskDesign", "design_mask"]


@dataclass(frozen=True, eq=False)
class MaskDesign:
    r"""A mask, with what the rank engine says about it.

    Attributes
    ----------
    kind : {"cartesian", "radial", "pixels", "fourier"}
    mask : ndarray of bool
        In the order that `operators.fourier` or `operators.inpainting` takes.
    budget : int
        Number of units: lines, spokes, pixels or frequencies.
    units : tuple of int
        Numbers of the chosen units, see `design_mask`.
    operator : ForwardOperator, (m, n)
        Of the mask.
    action : GroupAction
        The symmetry that the signals are assumed to have.
    rank : RankResult
        Of the stack over all :math:`A T_g` for real signals, computed from the operator anew.
    condition : float
        Smallest over largest singular value of that stack; 0 where the rank is not full.
    optimal : bool
        Whether no mask of this kind and budget has a larger least singular value. False means
        that it was found by a search which does not prove that.
    possible : bool or None
        Whether some mask of this kind and budget has full rank: True if this one has, False if it
        was proved that none has, ``None`` if none was found and none ruled out.
    reason : str
    random : ndarray of float, shape (20,)
        Conditions of random masks of the same kind and budget, decreasing; 0 where the rank is
        not full. Searches start from the best of them too, so that none has a larger least
        singular value than the design.
    """

    kind: str
    mask: np.ndarray
    budget: int
    units: tuple[int, ...]
    operator: ForwardOperator = field(repr=False)
    action: GroupAction
    rank: RankResult
    condition: float
    optimal: bool
    possible: bool | None
    reason: str
    random: np.ndarray = field(repr=False)

    @property
    def learnable(self) -> bool | None:
        """Whether the stack has rank n, so that no signal is invisible; ``None`` if unclear.

        It is necessary for model identification, and for a mask no theorem makes it sufficient.
        """
        return self.rank.full if self.rank.clear else None

    def __str__(self) -> str:
        size = "x".join(map(str, self.mask.shape))
        seen = np.count_nonzero(self.random)
        said = {True: "nothing stays invisible", False: "not learnable", None: "unclear"}
        how = "optimal" if self.optimal else "the best found"
        others = f"{seen} of {self.random.size} random masks see everything"
        if seen:
            others += f", conditions up to {self.random[0]:.3g}"
        return (
            f"{_units_text(self)} on {size}, {self.action.name}: {said[self.learnable]}\n"
            f"  {self.rank}\n"
            f"  condition {self.condition:.3g}, {how}; {others}\n"
            f"  {self.reason}"
        )


def _units_text(design: MaskDesign) -> str:
    return Units(design.kind, design.mask.shape, ()).text(design.budget)


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

    Of all masks S of this kind and budget, one with a large least eigenvalue of

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
        numbers of units.
    rng : numpy.random.Generator or int, optional
        Breaks ties, starts searches, and draws the random masks. By default always the same.

    Returns
    -------
    MaskDesign
        Where full rank is impossible, too: with the best that was found and the reason.

    Raises
    ------
    ValueError
        If there is no such kind, the budget does not fit, `shape` or `keep` do not match, signals
        are coefficients of functions and no arrays, or the action neither permutes entries nor
        is within the cost of isotypic blocks.
    TypeError
        If `action` is no GroupAction, or another argument is of the wrong type.

    Notes
    -----
    Where the group permutes entries (pixels under signed permutations; frequencies, up to phases,
    under permutations that are affine on the periodic array: shifts, quarter turns, flips,
    wallpaper groups), M is diagonal and its eigenvalues are the shares of the orbits that the mask
    hits, f and -f counted as one orbit (derived here, see `sensing_theorems.design.orbit_gram`).
    Single pixels and frequencies are then optimal: every step adds to the orbit that is covered
    least, `sensing_theorems.design.orbit_gram.water_filling`. Lines and spokes are enumerated
    where there are few choices, and otherwise grown and exchanged. For other orthogonal actions
    the blocks of M take the place of orbits, up to a cost that the error message names.

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
    (False, False, 4)
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
        optimal=optimal or possible is False or bool(values[0] >= mask.mean() - 1e-12),
        possible=possible,
        reason=reason,
        random=conditions_of(gram, units, drawn),
    )


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
    if budget < needed:
        return False, f"No {units.text(budget)} can: {why}."
    if optimal:
        return False, f"No {units.text(budget)} can: all choices were tried."
    return None, (
        f"None of the masks that were tried sees everything; whether {units.text(budget)} can is "
        f"left open, while fewer than {needed} cannot: {why}."
    )


def _alone(gram: OrbitGram, units: Units, found: Found) -> bool:
    """Whether a mask of frequencies holds f or -f for every f."""
    if not units.frequencies:
        return bool(units.mask(found.chosen).all())
    mask = units.mask(found.chosen).reshape(units.shape)
    axes = tuple(range(mask.ndim))
    return bool((mask | np.roll(np.flip(mask, axes), 1, axes)).all())
