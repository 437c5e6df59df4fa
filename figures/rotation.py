"""Draw an MR slice turned exactly and by interpolation: `python figures/rotation.py`."""

from __future__ import annotations

from pathlib import Path

import matplotlib.style
import numpy as np
from matplotlib.figure import Figure

import sensing_theorems as st
from sensing_theorems.demo.images import mr_slice, shrink

__all__ = ["SIZE", "draw", "main", "turned"]

SIZE = 128
STEPS = 12
SHOWN = (0, 1, 3, 12)


def turned(image: np.ndarray) -> dict[str, list[np.ndarray]]:
    """The image after 0, …, 12 turns by 30 degrees, each applied to the one before."""
    exact = st.groups.kravchuk_rotations(len(image), order=STEPS).generators[0]
    bicubic = st.groups.interpolated_rotations(len(image), STEPS, method="bicubic").maps[1]
    found = {}
    for name, step in (("Kravchuk", exact), ("bicubic", bicubic)):
        images = [image.reshape(-1)]
        for _ in range(STEPS):
            images.append(step(images[-1]))
        found[name] = [one.reshape(image.shape) for one in images]
    return found


def draw(image: np.ndarray) -> Figure:
    """One row per way to turn; below each image its norm, and what a full turn has changed."""
    figure = Figure(figsize=(7.2, 5.0), layout="constrained")
    axes = figure.subplots(2, len(SHOWN))
    for row, (name, images) in zip(axes, turned(image).items(), strict=True):
        for ax, step in zip(row, SHOWN, strict=True):
            ax.imshow(images[step], cmap="gray", vmin=0, vmax=1)
            ax.set(xticks=[], yticks=[])
            ax.set_title("the slice" if step == 0 else f"{step} × 30°")
            size = np.linalg.norm(image)
            text = f"norm {np.linalg.norm(images[step]) / size:.4f}"
            if step == STEPS:
                text += f"\noff by {np.linalg.norm(images[step] - image) / size:.0e}"
            ax.set_xlabel(text)
        row[0].set_ylabel(name)
    return figure


def main() -> None:
    """Draw the picture beside this file."""
    image, _ = shrink(mr_slice(), SIZE)
    with matplotlib.style.context("default"):
        draw(image).savefig(
            Path(__file__).with_suffix(".png"), dpi=110, metadata={"Software": None}
        )
    print("figures/rotation.png")


if __name__ == "__main__":
    main()
