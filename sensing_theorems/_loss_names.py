"""Names of losses: how they are written for people, and which of them use equivariance."""

from __future__ import annotations

import math

__all__ = ["DENOISING", "decibels", "loss_name", "uses_equivariance"]

_NAMES = {"pinv": "pseudo-inverse", "supervised": "supervised", "splitting": "splitting"}
# What keeps to the measurements of one operator, and what needs the ground truth.
DENOISING = ("sure", "unsure", "splitting")
_WITHOUT = {"pinv", "mc", *DENOISING, "supervised"}


def loss_name(loss: str) -> str:
    """Return the name of a loss as it is written for people: EI for ``"ei"``."""
    parts = [part.strip() for part in loss.split("+")]
    return " + ".join(_NAMES.get(part, part.upper()) for part in parts)


def decibels(value: float) -> str:
    """Write a level in dB, without the unit."""
    if math.isnan(value):
        return "–"
    return f"{value:.2f}" if math.isfinite(value) else "∞" if value > 0 else "−∞"


def uses_equivariance(loss: str) -> bool:
    """Whether a loss, or a part of a sum such as ``"mc+ei"``, reaches beyond one operator."""
    return not {part.strip() for part in loss.split("+")} <= _WITHOUT
