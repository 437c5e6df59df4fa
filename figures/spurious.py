"""Draw a closed curve, and what three views take for part of it: `python figures/spurious.py`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from sensing_theorems.manifolds import Manifold, SpuriousSearch, search_spurious

__all__ = ["curve", "draw", "main", "views"]

SEED = 4
COLOURS = ("#0072b2", "#d55e00", "#009e73")


def curve(rng: np.random.Generator) -> Manifold:
    """A random closed curve in R³: trigonometric, of degree 2."""
    a, b = rng.standard_normal((2, 3, 2)) / [1, 2]
    orders = np.arange(1, 3)

    def point(theta: np.ndarray) -> np.ndarray:
        return a @ np.cos(orders * theta[0]) + b @ np.sin(orders * theta[0])

    def slope(theta: np.ndarray) -> np.ndarray:
        turned = b @ (orders * np.cos(orders * theta[0])) - a @ (orders * np.sin(orders * theta[0]))
        return turned[:, None]

    # The slope is a sum of k (b_k cos kt - a_k sin kt).
    steepest = orders @ np.linalg.norm(np.concatenate([a, b]), axis=0)
    return Manifold(point, slope, (0.0, 2 * np.pi), lipschitz=float(steepest))


def views(rng: np.random.Generator, count: int) -> list[np.ndarray]:
    """Operators of two orthonormal rows."""
    return [np.linalg.qr(rng.standard_normal((3, 2)))[0].T for _ in range(count)]


def found() -> tuple[Manifold, list[np.ndarray], SpuriousSearch]:
    """The curve, three views, and what fits them."""
    rng = np.random.default_rng(SEED)
    model = curve(rng)
    three = views(rng, 3)
    return model, three, search_spurious(model, three, starts=200, rng=0)


def draw() -> Figure:
    """The curve in space with its spurious points; one of them in each of the three views."""
    model, three, search = found()
    line = np.array([model.function(np.array([t])) for t in np.linspace(0, 2 * np.pi, 400)])
    points = np.array([point.signal for point in search.spurious])
    chosen = int(np.argmax([point.distance_at_most for point in search.spurious]))
    figure = Figure(figsize=(9.0, 3.0), layout="constrained")
    space = figure.add_subplot(1, 4, 1, projection="3d")
    space.plot(*line.T, color="black")
    space.scatter(*points.T, color=COLOURS[1], s=14)
    space.scatter(*points[chosen], color=COLOURS[1], s=60, marker="*")
    space.set_title(f"{len(points)} spurious points", fontsize=9)
    space.set_box_aspect(np.ptp(np.concatenate([line, points]), axis=0), zoom=1.5)
    space.set_axis_off()
    for number, A in enumerate(three):
        ax = figure.add_subplot(1, 4, number + 2)
        ax.plot(*(A @ line.T), color="black", linewidth=1)
        ax.plot(*(A @ points.T), ".", color=COLOURS[1], markersize=5)
        ax.plot(*(A @ points[chosen]), "*", color=COLOURS[1], markersize=11)
        ax.set_title(f"view {number + 1}", fontsize=9)
        ax.set_aspect("equal")
        ax.set_xticks([])
        ax.set_yticks([])
    return figure


def main() -> None:
    """Write the picture beside this file."""
    draw().savefig(Path(__file__).with_name("spurious.png"), dpi=120)


if __name__ == "__main__":
    main()
