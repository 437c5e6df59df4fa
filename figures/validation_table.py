"""The table of the validation: prediction and outcome side by side, in Markdown."""

from __future__ import annotations

import math
from collections.abc import Mapping

from sensing_theorems.comparison import NEAR, UNCHANGED, Comparison

__all__ = ["excerpt", "forgetting", "markdown"]

_HEAD = (
    "setup",
    "predicted",
    "rank A → stack of n",
    "A⁺y",
    "unsupervised",
    "supervised",
    "gap closed",
    "level predicted",
    "from supervised",
    "agrees",
)
_QUOTED = (
    "inpainting, 50 % of the pixels, shifts",
    "deblurring, ideal low-pass, shifts",
    "MRI ×4, quarter turns",
    "MRI, mask made for quarter turns",
    "MRI ×2, quarter turns",
    "ten times the same mask of 30 %, no symmetry",
)
_UNSUPERVISED = ("rei", "ei", "moi", "mc")


def markdown(comparisons: Mapping[str, Comparison]) -> str:
    """The table, under a line that says what its columns are."""
    lines = [
        "# Validation",
        "",
        "Written by `make validate`. PSNR in dB on 200 images that were not trained on. *Level",
        "predicted*: all that the stack sees, and nothing else. *From supervised*: where the",
        "unsupervised loss ends that starts from the supervised network. With noise no level is",
        "predicted; what is asked there is that REI does not fall below EI.",
        "",
        "| " + " | ".join(_HEAD) + " |",
        "|---|---|---|" + "---:|" * 6 + "---|",
    ]
    lines += ["| " + " | ".join(_row(title, each)) + " |" for title, each in comparisons.items()]
    wrong = [
        f"- {title}: {said}" for title, each in comparisons.items() for said in each.disagreements
    ]
    if wrong:
        lines += ["", "What came out otherwise:", "", *wrong]
    return "\n".join(lines) + "\n"


def excerpt(comparisons: Mapping[str, Comparison]) -> str:
    """The rows that the front page quotes, and how many of all agree."""
    head = ("setup", "predicted", "rank", "A⁺y", "trained", "supervised", "level", "warm", "agrees")
    lines = ["| " + " | ".join(head) + " |", "|---|---|---|" + "---:|" * 5 + "---|"]
    for title in _QUOTED:
        row = _row(title, comparisons[title])
        lines.append("| " + " | ".join((*row[:6], *row[7:])) + " |")
    judged = [each.agrees for each in comparisons.values() if each.agrees is not None]
    near, limited = forgetting(comparisons)
    lines += [
        "",
        f"{sum(judged)} of {len(judged)} setups agree. Of {limited} that are not or only partly "
        f"learnable, {near} end within {NEAR} dB of the level when training goes on from the "
        "supervised network (*warm*).",
    ]
    return "\n".join(lines) + "\n"


def forgetting(comparisons: Mapping[str, Comparison]) -> tuple[int, int]:
    """How many warm runs end within `NEAR` of the predicted level, of those that should."""
    off = []
    for found in comparisons.values():
        level = found.prediction.stack_psnr
        if found.warm_psnr and level is not None and math.isfinite(level):
            (warm,) = (found.warm_psnr[name] for name in found.warm_psnr)
            off.append(abs(warm - level))
    return sum(value <= NEAR for value in off), len(off)


def _row(title: str, found: Comparison) -> tuple[str, ...]:
    predicted = found.prediction
    name = next((loss for loss in _UNSUPERVISED if loss in found.psnr), "pinv")
    warm = found.warm_psnr.get(name)
    closed = found.gap_closed.get(name, math.nan)
    level = predicted.stack_psnr
    learned = f"{name.upper()} {_dB(found.psnr[name])}"
    agrees = {True: "yes", False: "**no**", None: "–"}[found.agrees]
    if {"ei", "rei"} <= found.psnr.keys():
        learned += f", EI {_dB(found.psnr['ei'])}"
        below = found.psnr["rei"] < found.psnr["ei"] - UNCHANGED
        agrees = "**REI < EI**" if below else "REI ≥ EI"
    return (
        title,
        predicted.outcome.value,
        f"{predicted.operator_rank} → {predicted.stack_rank} of {predicted.n}",
        _dB(found.psnr["pinv"]),
        learned,
        _dB(found.psnr.get("supervised")),
        "–" if math.isnan(closed) else f"{round(100 * closed)} %",
        "no limit" if level is None or math.isinf(level) else _dB(level),
        _dB(warm),
        agrees,
    )


def _dB(value: float | None) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:.2f}"
