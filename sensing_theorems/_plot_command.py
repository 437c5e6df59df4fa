"""What the command `plot` does, once its arguments are parsed."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from .files import known, replaced
from .sweep.diagram import PhaseDiagram
from .sweep.tally import stored_diagram
from .sweep_files import task_of
from .thresholds import Threshold

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot"]

_FIGURES = (".png", ".svg", ".pdf")
# What a file says of the time of its making; without it, equal diagrams give equal files.
_UNDATED = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}, ".png": {}}

Theory = Callable[[dict[str, int]], Sequence[Threshold]]


def plot(arguments: Namespace) -> str:
    """Draw the diagram that the arguments name; return the name of the file that it is in."""
    stored = os.path.isdir(arguments.source)
    diagram = stored_diagram(arguments.source) if stored else PhaseDiagram.load(arguments.source)
    if arguments.fix:
        diagram = diagram.select(**_fixed(arguments.fix))
    target = arguments.out or _beside(arguments.source, stored)
    kind = os.path.splitext(target)[1].lower()
    if kind not in _FIGURES:
        raise ValueError(f"--out must end in {', '.join(_FIGURES)}; got {target!r}.")
    drawn = _drawn(_axes(diagram, arguments), kind)
    try:
        with replaced(target) as sink:
            sink.write(drawn)
    except ValueError as error:
        hint = "" if arguments.out else " Name another file by --out."
        raise ValueError(f"{error}{hint}") from error
    return str(target)


def _fixed(pieces: Sequence[str]) -> dict[str, int]:
    """Read values of axes, written as ``n=50``."""
    fixed: dict[str, int] = {}
    for piece in pieces:
        name, _, value = (part.strip() for part in piece.partition("="))
        try:
            number = int(value)
        except ValueError:
            raise ValueError(f"--fix must be written as in n=50; got {piece!r}.") from None
        if fixed.setdefault(name, number) != number:
            raise ValueError(f"--fix must give {name!r} one value; got {fixed[name]} and {number}.")
    return fixed


def _beside(source: str, stored: bool) -> str:
    return os.path.join(source, "phase.svg") if stored else f"{os.path.splitext(source)[0]}.svg"


def _axes(diagram: PhaseDiagram, arguments: Namespace) -> Axes:
    """Draw what the number of axes asks for; one of the axes drawn."""
    # Here, since matplotlib takes longer to load than most stores take to be read.
    from .plot import phase, small_multiples, transitions

    for name in ("x", "y", "over", "transition"):
        if getattr(arguments, name) is not None:
            known(getattr(arguments, name), diagram.axes, f"axis of --{name}")
    free = [name for name, values in diagram.axes.items() if len(values) > 1]
    task = None if arguments.no_theory else task_of(diagram.provenance.get("specification", {}))
    x, y, over = arguments.x, arguments.y, arguments.over
    if len(free) < 2 and not (x or y or over or arguments.delta_rho):
        axis = arguments.transition or next(iter(free or diagram.axes))
        theory = _theory(task, diagram, axis)
        return transitions.plot_transition_curve(
            diagram, axis=axis, thresholds=theory, title=arguments.title
        )
    free = [name for name in free if name != over]
    if len(free) > 2:
        ways = f"{len(free) - 2} of them by --fix NAME=VALUE"
        ways += "" if over else ", or draw one panel for each value of one by --over NAME"
        raise ValueError(f"two axes can be drawn; got {', '.join(free)}: fix {ways}.")
    if not (x or y or arguments.delta_rho):
        y = arguments.transition or ("m" if "m" in free else None)
    scale = "delta-rho" if arguments.delta_rho else "integers"
    drawn: dict[str, Any] = {"x": x, "y": y, "axes": scale, "title": arguments.title}
    first, size = diagram, None
    if over is not None:
        value = int(diagram.axes[over][0])
        first, size = diagram.select(**{over: value}), value if over == "n" else None
    plane = phase.chosen_plane(first, x, y, scale, size)
    drawn["transition"] = phase.chosen_axis(plane, arguments.transition)
    drawn["thresholds"] = _theory(task, diagram, drawn["transition"])
    if over is None:
        return phase.plot_phase_diagram(diagram, **drawn)
    return small_multiples.plot_small_multiples(diagram, over=over, **drawn)[0]


def _theory(task: Any, diagram: PhaseDiagram, axis: str) -> Theory | tuple[()]:
    """Thresholds along an axis, at what was fixed of a diagram too."""
    if task is None:
        return ()
    fixed = diagram.provenance.get("selected", {})
    return lambda cell: task.thresholds({**fixed, **cell}, axis)


def _drawn(axes: Axes, kind: str) -> bytes:
    buffer = BytesIO()
    figure = axes.get_figure(root=True)
    figure.savefig(buffer, format=kind[1:], dpi=150, metadata=_UNDATED[kind])  # type: ignore[union-attr]  # it has one
    return buffer.getvalue()
