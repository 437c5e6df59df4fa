"""The table of the validation: prediction and outcome side by side, in Markdown."""

from __future__ import annotations

import math
from collections.abc import Mapping

from sensing_theorems.comparison import Comparison

__all__ = ["excerpt", "markdown"]

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
    "MRI ×4, shifts",
    "MRI ×4, quarter turns",
    "MRI, mask made for quarter turns",
    "CT, 8 views, quarter turns",
)
_UNSUPERVISED = ("rei", "ei", "moi", "mc")


def markdown(comparisons: Mapping[str, Comparison]) -> str:
    """The table, under a line that says what its columns are."""
    lines = [
        "# Validation",
        "",
        "Written by `make validate`. PSNR in dB on 200 images that were not trained on. *Level",
        "predicted*: all that the stack sees, and nothing else. *From supervised*: where the",
        "unsupervised loss ends that starts from the supervised network.",
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
    """The rows that the front page quotes."""
    head = "| setup | predicted | rank | A⁺y | EI | supervised | level | from supervised |"
    lines = [head, "|---|---|---|---:|---:|---:|---:|---:|"]
    for title in _QUOTED:
        title, predicted, ranks, pinv, learned, supervised, _, level, warm, _ = _row(
            title, comparisons[title]
        )
        learned = learned.partition(" ")[2]
        cells = (title, predicted, ranks, pinv, learned, supervised, level, warm)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _row(title: str, found: Comparison) -> tuple[str, ...]:
    predicted = found.prediction
    name = next((loss for loss in _UNSUPERVISED if loss in found.psnr), "pinv")
    warm = found.warm_psnr.get(name)
    closed = found.gap_closed.get(name, math.nan)
    level = predicted.stack_psnr
    return (
        title,
        predicted.outcome.value,
        f"{predicted.operator_rank} → {predicted.stack_rank} of {predicted.n}",
        _dB(found.psnr["pinv"]),
        f"{name.upper()} {_dB(found.psnr[name])}",
        _dB(found.psnr.get("supervised")),
        "–" if math.isnan(closed) else f"{round(100 * closed)} %",
        "no limit" if level is None or math.isinf(level) else _dB(level),
        _dB(warm),
        {True: "yes", False: "**no**", None: "–"}[found.agrees],
    )


def _dB(value: float | None) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:.2f}"
