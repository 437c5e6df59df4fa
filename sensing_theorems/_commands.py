"""What the commands do, once their arguments are parsed."""

from __future__ import annotations

import json
import math
import os
import re
from argparse import Namespace
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from ._validate import finite_array
from .files import read_array, replaced
from .groups.action import GroupAction
from .groups.orders import order_text
from .judgement import Verdict
from .problem import Problem
from .report import SCHEMA_VERSION, Report, analyze, irreps_dict
from .specs import load_operators, mask_hint, parse_action
from .stacked_rank import stacked_rank

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["check", "irreps"]

_FIGURES = (".png", ".svg", ".pdf")
_LARGEST = 10**300
_EXIT = {Verdict.IDENTIFIABLE: 0, Verdict.NOT_IDENTIFIABLE: 1, Verdict.UNDECIDED: 3}


def check(arguments: Namespace) -> tuple[int, str]:
    """Analyse what the arguments describe and write the files they ask for.

    Returns
    -------
    int, str
        Exit code, and what is to be printed.
    """
    wanted = _outputs(arguments)
    with ExitStack() as stack:
        sinks = {kind: stack.enter_context(replaced(path)) for kind, path in wanted.items()}
        problem = _problem(arguments)
        image = None if arguments.image is None else _image(arguments.image, problem)
        report = _analyzed(problem, arguments.method)
        found = report.to_dict()
        if image is not None:
            share = _invisible_share(report, image)
            found["image"] = {"file": arguments.image, "invisible_share": share}
        for kind, sink in sinks.items():
            sink.write(_rendered(kind, wanted[kind], report, found, image))
    code = 0 if arguments.exit_zero else _EXIT[report.verdict]
    if arguments.json == "-":
        return code, _dumped(found)
    return code, "" if arguments.quiet else f"{report}{_image_line(found)}"


def irreps(arguments: Namespace) -> str:
    """Multiplicities of the action that the arguments describe; what is to be printed."""
    with ExitStack() as stack:
        wanted = _outputs(arguments)
        sinks = {kind: stack.enter_context(replaced(path)) for kind, path in wanted.items()}
        action = parse_action(arguments.action)
        found = _action_dict(action)
        for kind, sink in sinks.items():
            if kind == "json":
                sink.write(_as_bytes(_dumped(found) + "\n"))
            else:
                sink.write(_drawn(_irreps_figure(action), wanted[kind]))
    return _dumped(found) if arguments.json == "-" else _action_text(action)


def _outputs(arguments: Namespace) -> dict[str, str]:
    """Files to be written, no two of them the same and none of them an input."""
    asked = vars(arguments)
    files = {k: asked[k] for k in ("json", "html", "figure") if asked.get(k) is not None}
    if files.get("json") == "-":
        del files["json"]
    if "-" in files.values():
        raise ValueError("only --json takes - for standard output; name a file.")
    given = [*asked.get("operators", ()), asked["action"], asked.get("image")]
    # Paths may hold the signs that join actions, so both readings are guarded.
    pieces = [
        piece
        for text in filter(None, given)
        for cuts in ("[:,=]", "[:,=+*]")
        for piece in (text, *re.split(cuts, text))
    ]
    taken = {os.path.realpath(piece): piece for piece in pieces if os.path.isfile(piece)}
    for kind, path in files.items():
        where = os.path.realpath(path)
        if where in taken:
            raise ValueError(f"--{kind} would overwrite {taken[where]}; name another file.")
        if not os.path.exists(path) or os.path.isfile(path):
            taken[where] = f"the output of --{kind}"
    if "figure" in files and not files["figure"].lower().endswith(_FIGURES):
        raise ValueError(f"--figure must end in {', '.join(_FIGURES)}; got {files['figure']!r}.")
    return files


def _problem(arguments: Namespace) -> Problem:
    action = None if arguments.action is None else parse_action(arguments.action)
    loaded = [(text, A) for text in arguments.operators for A in load_operators(text)]
    try:
        return Problem(
            [A for _, A in loaded],
            action,
            model_dim=arguments.model_dim,
            generic=arguments.generic or None,
            field=arguments.field,
        )
    except ValueError as error:
        if action is None:
            raise
        hints = (mask_hint(text, A, action.n) for text, A in loaded)
        raise ValueError(f"{error}{next(filter(None, hints), '')}") from error


def _image(path: str, problem: Problem) -> np.ndarray:
    image = finite_array(np.asarray(read_array(path)), path)
    if image.size != problem.n or np.iscomplexobj(image) or not image.any():
        came = "zeros" if not image.any() else f"shape {image.shape}, dtype {image.dtype}"
        raise ValueError(f"--image must hold n = {problem.n} real numbers, not all 0; got {came}.")
    return image.reshape(problem.shape_in)


def _analyzed(problem: Problem, method: str) -> Report:
    """Analyse; with a chosen method, two methods must agree before the verdict stands."""
    if method == "auto":
        return analyze(problem)
    ours = stacked_rank(problem.operators, problem.action, method=method, field=problem.field)
    report = analyze(problem)
    theirs = report.rank
    agree = ours.least_rank <= theirs.most_rank and theirs.least_rank <= ours.most_rank
    if agree and (ours.full, ours.clear) == (theirs.full, theirs.clear):
        return replace(report, rank=ours)
    return replace(
        report,
        rank=ours,
        verdict=Verdict.UNDECIDED,
        reason="numerically_unclear",
        explanation=f"Two methods disagree: {ours}; {theirs}.",
        repairs=(),
    )


def _invisible_share(report: Report, image: np.ndarray) -> float | None:
    """Share of the energy of an image that nobody can see; None where the rank is unclear."""
    if not report.rank.clear:
        return None
    return float(report.rank.invisible_fraction(image.reshape(-1)))


def _image_line(found: Mapping[str, Any]) -> str:
    if "image" not in found:
        return ""
    share, file = found["image"]["invisible_share"], found["image"]["file"]
    said = (
        "not split, since the rank is numerically unclear"
        if share is None
        else f"{100 * share:.3g} % of the energy of {file} cannot be seen by anybody"
    )
    return f"\n  {'image':<12}{said}"


def _rendered(
    kind: str, path: str, report: Report, found: dict[str, Any], image: np.ndarray | None
) -> bytes:
    if kind == "json":
        return _as_bytes(_dumped(found) + "\n")
    if kind == "html":
        return _as_bytes(report.to_html(image))
    return _drawn(_figure(report, image), path)


def _drawn(figure: Figure, path: str) -> bytes:
    buffer = BytesIO()
    figure.savefig(buffer, format=path.rpartition(".")[2].lower(), dpi=150)
    return buffer.getvalue()


def _irreps_figure(action: GroupAction) -> Figure:
    # Here, since matplotlib takes longer to load than most tables take.
    from .plot import plot_irreps

    axes = plot_irreps(action)
    axes.set_title(action.name)
    return axes.get_figure(root=True)  # type: ignore[return-value]  # it has one


def _figure(report: Report, image: np.ndarray | None) -> Figure:
    """Split of the image; without one, what is seen of every irrep, or else what is not seen."""
    # Here, since matplotlib takes longer to load than most checks take.
    from .render import charts, pictures

    if image is not None:
        return pictures.split_figure(pictures.split(report, image))
    drawn = [charts.irreps_seen(report), *pictures.witness(report), charts.spectrum(report)]
    for figure in filter(None, drawn):
        return figure
    raise ValueError("--figure has nothing to draw here; give an --image to be split.")


def _as_bytes(text: str) -> bytes:
    # Names of files may hold bytes that are no text.
    return text.encode("utf-8", "replace")


def _dumped(found: Mapping[str, Any]) -> str:
    return json.dumps(found, indent=2, ensure_ascii=False, allow_nan=False)


def _action_dict(action: GroupAction) -> dict[str, Any]:
    """Tables of an action as plain values; an order of hundreds of digits becomes ``None``."""
    table = action.irreps
    return {
        "schema_version": SCHEMA_VERSION,
        "action": action.name,
        "n": action.n,
        "order": action.order if action.finite and action.order < _LARGEST else None,
        "finite": action.finite,
        "cyclic": action.is_cyclic,
        **irreps_dict(table),
        "least_m": math.ceil(table.max_ratio),
    }


def _action_text(action: GroupAction) -> str:
    """Tables of an action with aligned columns."""
    table = action.irreps
    order = order_text(action.order)
    if action.finite and action.order >= 10**9:
        exact = action.order < 10**12
        order = str(action.order) if exact else f"10^{math.log10(action.order):.1f}"
    kinds = {1: "real", 0: "complex", -1: "quaternionic"}
    over_c = [(r.dim, r.multiplicity, kinds[r.indicator], r.count) for r in table.complex]
    least = math.ceil(table.max_ratio)
    return "\n".join(
        [
            f"{action.name}: n = {action.n}, |G| = {order}, {action.cyclic_text}",
            "",
            *_columns("over C", ("dim s", "multiplicity c", "type", "count"), over_c),
            "",
            *_columns("over R", ("dim", "multiplicity", "algebra", "count"), table.real),
            "",
            f"  max c {table.max_multiplicity}, max c/s {table.max_ratio}, dimension of the "
            f"commutant {table.commutant_dim} (over C)",
            f"  necessary: m >= {least}, the smallest integer not below max c/s; it is not "
            "sufficient",
        ]
    )


def _columns(title: str, heads: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> list[str]:
    """Lines of a table, the title before its head."""
    cells = [heads, *(tuple(map(str, row)) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "   ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in cells
    ]
    return [f"  {title if i == 0 else '':<8} {line}" for i, line in enumerate(lines)]
