"""What the command `plot` does, once its arguments are parsed."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from ._transition_table import usual_axis
from .files import known, replaced
from .sweep.diagram import PhaseDiagram
from .sweep.tally import stored_diagram
from .sweep_files import required_name, task_of
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
    required_name(arguments.source, "STORE", "directory or file")
    required_name(arguments.out, "--out", "file")
    stored = os.path.isdir(arguments.source)
    diagram = stored_diagram(arguments.source) if stored else PhaseDiagram.load(arguments.source)
    if arguments.fix:
        fixed = _fixed(arguments.fix)
        for name in fixed:
            known(name, diagram.axes, "axis of --fix")
        diagram = diagram.select(**fixed)
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

    x, y, drawn = _chosen(diagram, arguments)
    task = None if arguments.no_theory else task_of(diagram.provenance.get("specification", {}))
    title, over = arguments.title, arguments.over
    if len(drawn) == 1:
        theory = _theory(task, diagram, drawn[0])
        return transitions.plot_transition_curve(
            diagram, axis=drawn[0], thresholds=theory, title=title
        )
    if x is None and y is None:
        y = arguments.transition or usual_axis({name: diagram.axes[name] for name in drawn})
    scale = "delta-rho" if arguments.delta_rho else "integers"
    how: dict[str, Any] = {"x": x, "y": y, "axes": scale, "title": title}
    first, size = diagram, None
    if over is not None:
        value = int(diagram.axes[over][0])
        first, size = diagram.select(**{over: value}), value if over == "n" else None
    plane = phase.chosen_plane(first, x, y, scale, size)
    how["transition"] = phase.chosen_axis(plane, arguments.transition)
    how["thresholds"] = _theory(task, diagram, how["transition"])
    if over is None:
        return phase.plot_phase_diagram(diagram, **how)
    return small_multiples.plot_small_multiples(diagram, over=over, **how)[0]


def _chosen(
    diagram: PhaseDiagram, arguments: Namespace
) -> tuple[str | None, str | None, list[str]]:
    """Axes that run to the right and upwards, as far as they are named, and the one or two drawn.

    Whatever plots would refuse is refused here, in terms of flags.
    """
    for name in ("x", "y", "over", "transition"):
        if getattr(arguments, name) is not None:
            known(getattr(arguments, name), diagram.axes, f"axis of --{name}")
    x, y = _ratios(diagram, arguments) if arguments.delta_rho else (arguments.x, arguments.y)
    over, along = arguments.over, arguments.transition
    if x is not None and x == y:
        raise ValueError(f"--x and --y must be two axes; got {x!r} twice.")
    if over is not None and over in (x, y):
        raise ValueError(f"--over must be an axis that panels do not draw; got {over!r}.")
    drawn = _drawn_axes(diagram, (x, y), arguments)
    if along is not None and along not in drawn:
        raise ValueError(
            f"--transition must be an axis that is drawn, of {', '.join(drawn)}; got {along!r}."
        )
    return x, y, drawn


def _drawn_axes(
    diagram: PhaseDiagram, named: tuple[str | None, str | None], arguments: Namespace
) -> list[str]:
    """One or two axes; those of one value only where there is nothing else to draw."""
    left = {name: v for name, v in diagram.axes.items() if name != arguments.over}
    drawn = [name for name, values in left.items() if len(values) > 1 or name in named]
    if len(drawn) > 2:
        raise ValueError(_too_many(drawn, named, arguments.over))
    if arguments.over is None:
        return drawn or [arguments.transition or usual_axis(left)]
    drawn += [name for name in left if name not in drawn][: 2 - len(drawn)]
    if len(drawn) < 2:
        fewer = ", or fix fewer axes" if arguments.fix else ""
        came = ", ".join(left) or "none"
        raise ValueError(f"--over needs two axes beside it; got {came}: leave --over out{fewer}.")
    return drawn


def _ratios(diagram: PhaseDiagram, arguments: Namespace) -> tuple[str, str]:
    if arguments.x not in (None, "m") or arguments.y not in (None, "k"):
        given = " ".join(f"--{a} {getattr(arguments, a)}" for a in "xy" if getattr(arguments, a))
        raise ValueError(f"--delta-rho draws m and k: leave out --x and --y; got {given}.")
    if not {"m", "k"} <= set(diagram.axes):
        fixed = [name for name in "mk" if name in diagram.provenance.get("selected", {})]
        free = f": do not fix {' and '.join(fixed)}" if fixed else ""
        raise ValueError(
            f"--delta-rho needs the axes m and k; got {', '.join(diagram.axes)}{free}."
        )
    return "m", "k"


def _too_many(drawn: list[str], named: tuple[str | None, str | None], over: str | None) -> str:
    """Say how two axes can be left of more."""
    spare, count = [name for name in drawn if name not in named], len(drawn) - 2
    which = " and ".join(spare) if count == len(spare) else f"{count} of {', '.join(spare)}"
    ways = f"fix {which} by --fix NAME=VALUE"
    if over is None:
        other = f"{count - 1} of them and draw" if count > 1 else "draw"
        ways += f", or {other} one panel for each value of one by --over NAME"
    return f"two axes can be drawn; got {', '.join(drawn)}: {ways}."


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
