"""Whether training came to what was predicted: the rules, with their margins in dB."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .._loss_names import DENOISING, loss_name, uses_equivariance
from ..prediction.outcome import Outcome

if TYPE_CHECKING:
    from .comparison import Comparison

__all__ = ["LEARNED", "NEAR", "UNCHANGED", "can_judge", "disagreements"]

UNCHANGED = 0.05  # a gain below it, in dB, is none
LEARNED = 2.0  # a gain above it, in dB, is a clear one
NEAR = 0.5  # within it, in dB, two levels are one


def can_judge(comparison: Comparison) -> bool:
    """Whether there is a prediction that can fail, and a loss that can make it fail."""
    predicted = comparison.prediction
    if predicted.outcome is Outcome.OPEN or predicted.operator_rank == predicted.n:
        return False
    # Levels are those of measurements without noise.
    if comparison.about.get("noise") is not None:
        return False
    # Where even ground truth teaches little, training was too short, or there is little to learn.
    taught = comparison.psnr.get("supervised", math.inf) - comparison.psnr["pinv"]
    if predicted.outcome is Outcome.LEARNABLE and taught <= LEARNED:
        return False
    return any(
        math.isfinite(gain) or (warm is not None and math.isfinite(warm))
        for _, gain, warm in _runs(comparison)
    )


def _runs(comparison: Comparison) -> Iterator[tuple[str, float, float | None]]:
    """Loss, gain over what needs no equivariance, and where the warm run ended."""
    warm = comparison.warm_psnr
    # What a network gains by denoising is no gain of the equivariance.
    base = max(comparison.psnr.get(loss, -math.inf) for loss in ("pinv", *DENOISING))
    for loss in sorted({*comparison.psnr, *warm}):
        if uses_equivariance(loss):
            gain = comparison.psnr.get(loss, math.nan) - base
            # A run that broke down ends at NaN, which must not pass for agreement.
            if loss in comparison.psnr and not math.isfinite(gain):
                gain = -math.inf
            yield loss, gain, warm.get(loss)


def disagreements(comparison: Comparison) -> tuple[str, ...]:
    """Sentences on every loss that came out otherwise than predicted; see `Comparison.agrees`."""
    if not can_judge(comparison):
        return ()
    rule = {
        Outcome.NOT_LEARNABLE: _not_learnable,
        Outcome.PARTLY: _partly,
        Outcome.LEARNABLE: _learnable,
    }[comparison.prediction.outcome]
    return tuple(said for run in _runs(comparison) for said in rule(comparison, *run))


def _not_learnable(
    comparison: Comparison, loss: str, gain: float, warm: float | None
) -> Iterator[str]:
    if abs(gain) >= UNCHANGED:
        yield f"{_gained(loss, gain)}, where nothing was to be learned."
    yield from _off_level(comparison, loss, warm)


def _partly(comparison: Comparison, loss: str, gain: float, warm: float | None) -> Iterator[str]:
    if gain <= UNCHANGED:
        yield f"{_gained(loss, gain)}, where a part was to be learned."
    yield from _off_level(comparison, loss, warm)


def _learnable(comparison: Comparison, loss: str, gain: float, warm: float | None) -> Iterator[str]:
    supervised = comparison.psnr.get("supervised", math.nan)
    lost = math.nan if warm is None else supervised - warm
    if gain <= LEARNED and not lost <= NEAR:
        yield f"{_gained(loss, gain)}, where more than {LEARNED:g} dB was expected."
    # From a good start, a loss must not lead below where it leads by itself.
    reached = comparison.psnr.get(loss, supervised)
    if warm is not None and not warm >= min(supervised, reached) - NEAR:
        yield (
            f"{loss_name(loss)} did not keep the supervised {supervised:.2f} dB: it went to "
            f"{warm:.2f} dB."
        )


def _gained(loss: str, gain: float) -> str:
    if gain == -math.inf:
        return f"{loss_name(loss)} broke down"
    return f"{loss_name(loss)} gained {gain:.2f} dB"


def _off_level(comparison: Comparison, loss: str, warm: float | None) -> Iterator[str]:
    level = comparison.prediction.stack_psnr
    if warm is None or level is None:
        return
    kept = comparison.kept_psnr
    # What the supervised network lacks besides, training need not find.
    lowest = level if kept is None else min(kept, level)
    if warm != level and not lowest - NEAR <= warm <= level + NEAR:
        between = "" if level - lowest <= NEAR else f"{lowest:.2f} to "
        yield (
            f"{loss_name(loss)} went from the supervised network to {warm:.2f} dB, and not to the "
            f"predicted {between}{level:.2f} dB."
        )
