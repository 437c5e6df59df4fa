"""That contestants do equal work: their losses and gradients for one batch and one shift."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any

import torch
from training_contest import Contest
from training_loops import (
    DEEPINV_LOSSES,
    OURS,
    PLAIN,
    ByHand,
    ForDeepinv,
    deepinv_losses,
    deepinv_total,
    inpainting,
    reconstructor,
)

import sensing_theorems as st
from sensing_theorems import equivariant_imaging as ei

__all__ = ["import_or_reason", "loss_and_gradient", "require_equal_work"]

Found = dict[str, tuple[float, torch.Tensor]]
# Of the loss, and of the largest entry of the gradient. A GPU may convolve with ten bits.
_ROUNDING = {"cpu": 1e-4, "cuda": 3e-2}


class _Always:
    """The same shift whenever one is drawn."""

    def __init__(self, transforms: ei.Transforms, label: int) -> None:
        self.transforms, self.label = transforms, label

    def draw(self, rng: torch.Generator) -> int:
        return self.label

    def apply(self, label: int, x: torch.Tensor) -> torch.Tensor:
        return self.transforms.apply(label, x)


def loss_and_gradient(contest: Contest, deepinv: Any, shift: tuple[int, int] = (3, 5)) -> Found:
    """Loss and gradient of each for one batch and one shift, by its name."""
    y = contest.seen[: contest.batch]
    flat = contest.train.batches[0].y[: contest.batch]
    down, right = (by % side for by, side in zip(shift, contest.shape, strict=True))
    plain, ours = ByHand(contest), reconstructor(contest)
    shifts = ei.as_transforms(st.groups.shifts(*contest.shape))
    always = _Always(shifts, down * contest.shape[1] + right)
    loss = ei.named_loss("ei", [contest.physics], always)
    found = {
        PLAIN: _evaluated(plain, plain.loss(y, (down, right))),
        OURS: _evaluated(ours, loss(ours, flat, contest.physics)),
    }
    if deepinv is not None:
        f = ForDeepinv(contest)
        moved = partial(deepinv.transform.Shift().transform, x_shift=[right], y_shift=[down])
        total = deepinv_total(deepinv_losses(deepinv, moved), f, y, inpainting(contest, deepinv))
        found[DEEPINV_LOSSES] = _evaluated(f, total)
    return found


def require_equal_work(found: Found, device: torch.device) -> dict[str, float]:
    """Return the losses; a difference ends the run."""
    value, gradient = found[PLAIN]
    tolerance = _ROUNDING[device.type]
    for name, (other, others) in found.items():
        apart = float((others - gradient).abs().max() / gradient.abs().max())
        if not (abs(other - value) <= tolerance * value and apart <= tolerance):
            raise RuntimeError(
                f"{name} has the loss {other:.8g}, and a gradient {apart:.1e} away from that of "
                f"the plain loop, whose loss is {value:.8g}"
            )
    return {name: other for name, (other, _) in found.items()}


def import_or_reason() -> tuple[Any, str]:
    """Return deepinv, or None and what is wrong with it."""
    import pytest

    sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))
    from torchvision_shim import import_deepinv

    try:
        return import_deepinv(), ""
    except pytest.skip.Exception as missing:
        return None, str(missing)


def _evaluated(f: torch.nn.Module, value: torch.Tensor) -> tuple[float, torch.Tensor]:
    gradients = torch.autograd.grad(value, list(f.parameters()))
    return float(value.detach()), torch.cat([each.flatten() for each in gradients])
