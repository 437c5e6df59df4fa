"""What the commands `sweep` and `plot` do, once their arguments are parsed."""

from __future__ import annotations

import json
import math
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from io import BytesIO
from itertools import product
from typing import TYPE_CHECKING, Any

from .files import known, replaced
from .sweep import run
from .sweep.diagram import PhaseDiagram
from .sweep.errors import SweepError
from .sweep.tally import stored_diagram
from .sweep_files import Settings, load_settings, task_of
from .thresholds import Threshold

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot", "sweep"]

_FIGURES = (".png", ".svg", ".pdf")
# What a file says of the time of its making; without it, equal diagrams give equal files.
_UNDATED = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}, ".png": {}}
_ROWS = 25
_FLAGS = ("trials", "seed", "store", "refine")

Connect = Callable[[str], AbstractContextManager[Executor]]
Theory = Callable[[dict[str, int]], Sequence[Threshold]]


def sweep(arguments: Namespace, connect: Connect) -> str:
    """Run the sweep that the arguments describe and write the files they ask for.

    Parameters
    ----------
    arguments : Namespace
    connect : callable
        Takes the address of a scheduler, and returns an executor as a context.

    Returns
    -------
    str
        What is to be printed.
    """
    given = {key: getattr(arguments, key) for key in _FLAGS}
    settings = load_settings(arguments.spec, {k: v for k, v in given.items() if v is not None})
    _keeps_something(settings, arguments)
    with ExitStack() as stack:
        path = None if arguments.json in (None, "-") else arguments.json
        sink = stack.enter_context(replaced(path)) if path else None
        executor = None
        if arguments.dask is not None:
            executor = stack.enter_context(connect(arguments.dask))
            _carry(settings.task)
        diagram = _swept(settings, arguments, executor)
        if sink is not None:
            sink.write(f"{_dumped(diagram)}\n".encode())
    if arguments.json == "-":
        return _dumped(diagram)
    axis = settings.refine or next(iter(settings.grid))
    return "" if arguments.quiet else f"{diagram}\n\n{_table(diagram, axis, settings.task)}"


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


def _keeps_something(settings: Settings, arguments: Namespace) -> None:
    """Refuse what would be lost, or would take the place of what is needed."""
    if settings.store is None and arguments.json is None:
        raise ValueError(
            "nothing would be kept of this sweep: name a directory by --store, or by `store` in "
            f"{arguments.spec}, or a file by --json."
        )
    if arguments.dask is not None and arguments.jobs != 1:
        raise ValueError(f"give --dask or --jobs, not both; got --jobs {arguments.jobs}.")
    if arguments.json in (None, "-"):
        return
    taken = [arguments.spec]
    if settings.store is not None:
        taken += [os.path.join(settings.store, name) for name in ("cells.jsonl", "lock")]
    for path in taken:
        if os.path.realpath(path) == os.path.realpath(arguments.json):
            raise ValueError(f"--json would overwrite {path}; name another file.")


def _swept(settings: Settings, arguments: Namespace, executor: Executor | None) -> PhaseDiagram:
    try:
        with _workers_on_stderr():
            return run.sweep(
                settings.task,
                settings.grid,
                settings.trials,
                settings.seed,
                settings.store,
                executor,
                arguments.jobs,
                refine=settings.refine,
                progress=False if arguments.quiet else None,
            )
    except SweepError as error:
        # It says all that can be said: a task or its workers failed, and what is kept.
        raise ValueError(str(error)) from error


def _carry(task: Any) -> None:
    """Let a module that is a file of the current directory travel, since workers have others."""
    import cloudpickle  # which Dask brings

    module = sys.modules.get(getattr(getattr(task, "func", task), "__module__", ""))
    file = getattr(module, "__file__", None)
    if file and os.path.realpath(os.path.dirname(file)) == os.path.realpath(os.curdir):
        cloudpickle.register_pickle_by_value(module)


@contextmanager
def _workers_on_stderr() -> Iterator[None]:
    """Send what tasks print in other processes, which inherit descriptors, to standard error."""
    kept = None
    with suppress(OSError):
        kept = os.dup(1)
        os.dup2(2, 1)
    try:
        yield
    finally:
        if kept is not None:
            os.dup2(kept, 1)
            os.close(kept)


def _dumped(diagram: PhaseDiagram) -> str:
    return json.dumps(diagram.to_dict(), ensure_ascii=False, allow_nan=False)


def _table(diagram: PhaseDiagram, axis: str, task: Any) -> str:
    """Where half succeed along an axis, column by column, beside the theory."""
    transition = diagram.transition(axis)
    others = {name: values.tolist() for name, values in diagram.axes.items() if name != axis}
    cells = [dict(zip(others, place, strict=True)) for place in product(*others.values())]
    known_bounds = getattr(task, "thresholds", lambda cell, axis: ())
    bounds = [tuple(known_bounds(cell, axis)) for cell in cells[:_ROWS]]
    marks: dict[str, str] = {}
    for bound in (bound for column in bounds for bound in column):
        marks.setdefault(_label(bound), f"({len(marks) + 1})")
    flat = {
        name: getattr(transition, name).reshape(-1)
        for name in ("found", "side", "location", "low", "high", "lower", "upper")
    }
    rows = [(*others, "50 %", "95 % band", "between", *marks.values())]
    for i, (cell, column) in enumerate(zip(cells, bounds, strict=False)):
        where = _where({name: array[i].item() for name, array in flat.items()})
        said = {_label(bound): _turn(bound) for bound in column}
        rows.append((*map(str, cell.values()), *where, *(said.get(key, "") for key in marks)))
    left = len(cells) - len(bounds)
    more = [f"  ... and {left} more; --json and `plot` show all"] if left else []
    legend = [f"  {mark} {label}" for label, mark in marks.items()]
    return "\n".join([f"where success turns along {axis}:", *_aligned(rows), *more, *legend])


def _where(at: Mapping[str, Any]) -> tuple[str, str, str]:
    """Location, band and bracket of one column."""
    if not at["found"]:
        return {1: "above", -1: "below", 0: "unclear"}[at["side"]], "", ""
    between = f"{at['lower']:.0f} and {at['upper']:.0f}"
    if math.isnan(at["location"]):
        return "no fit", "", between
    return f"{at['location']:.2f}", f"{at['low']:.2f} to {at['high']:.2f}", between


def _label(bound: Threshold) -> str:
    status = "derived here" if bound.status == "derived" else bound.status
    return f"{bound.kind}, {status}: {bound.statement}"


def _turn(bound: Threshold) -> str:
    """The integers that meet a bound."""
    value = bound.most if bound.upper else bound.least
    if math.isinf(value):
        return "always" if (value > 0) == bound.upper else "never"
    return f"{'<=' if bound.upper else '>='} {value}"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  " + "   ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]


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
