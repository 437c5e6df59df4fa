"""What the command `train` does, once its arguments are parsed."""

from __future__ import annotations

import json
import os
import re
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from io import BytesIO
from typing import TYPE_CHECKING, Any

from .files import replaced
from .toml_files import required_name
from .training_files import Training, load_training

if TYPE_CHECKING:
    from .comparison import Comparison

__all__ = ["train"]

_FLAGS = ("steps", "seed", "store", "device", "warm_start")
_OUTPUTS = ("json", "figure", "forgetting")
_FIGURES = (".png", ".svg", ".pdf")
# What a file says of the time of its making; without it, equal trainings give equal files.
_UNDATED: dict[str, dict[str, None]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
_EVERY = 25

Style = Callable[[], AbstractContextManager[None]]


def train(arguments: Namespace, style: Style) -> str:
    """Run the training that the arguments describe and write the files they ask for.

    Parameters
    ----------
    arguments : Namespace
    style : callable
        Returns a context in which figures are drawn.

    Returns
    -------
    str
        What is to be printed.
    """
    given = {key: getattr(arguments, key) for key in _FLAGS}
    training = load_training(arguments.spec, {k: v for k, v in given.items() if v is not None})
    wanted = _outputs(arguments, training)
    _possible(training.store)
    path = wanted.pop("json", None)
    with ExitStack() as stack:
        sinks = {kind: stack.enter_context(replaced(name)) for kind, name in wanted.items()}
        # Closed before anything is drawn: whatever goes wrong then, the numbers are there.
        with replaced(path) if path else nullcontext() as sink:
            with _told(training):
                found = _compared(training, False if arguments.quiet else None)
            if sink is not None:
                sink.write(f"{_dumped(found)}\n".encode())
        for kind, figure in sinks.items():
            with style():
                figure.write(_drawn(found, kind, wanted[kind]))
    if arguments.json == "-":
        return _dumped(found)
    return "" if arguments.quiet else str(found)


def _compared(training: Training, progress: bool | None) -> Comparison:
    # Here, so that what is wrong with the file is said before PyTorch is loaded.
    from .equivariant_imaging.compare import compare

    return compare(**training.arguments(), progress=progress)


@contextmanager
def _told(training: Training) -> Iterator[None]:
    """Have an interruption say what is kept, and how to go on."""
    try:
        yield
    except KeyboardInterrupt as stop:
        store = training.store
        if store is None:
            raise KeyboardInterrupt(
                "interrupted. Nothing is kept: with a directory as --store, or as `store` in the "
                "file, the same command would go on from there."
            ) from stop
        if not _checkpoints(store):
            raise KeyboardInterrupt(f"interrupted. Nothing is kept in {store} yet.") from stop
        every = training.options.get("every", _EVERY)
        raise KeyboardInterrupt(
            f"interrupted. What was trained is kept in {store}, up to the last multiple of {every} "
            "steps; the same command goes on from there."
        ) from stop


def _checkpoints(store: str) -> bool:
    try:
        return any(name.endswith(".pt") for name in os.listdir(store))
    except OSError:
        return False


def _outputs(arguments: Namespace, training: Training) -> dict[str, str]:
    """Files to be written, no two of them the same and none of them needed otherwise."""
    asked = {kind: getattr(arguments, kind) for kind in _OUTPUTS}
    files = {kind: path for kind, path in asked.items() if path is not None}
    if files.get("json") == "-":
        del files["json"]
    taken = _inputs(arguments.spec, training)
    for kind, path in files.items():
        required_name(path, f"--{kind}", "file")
        where = os.path.realpath(path)
        if where in taken or _in_store(where, training.store):
            what = taken.get(where, f"a checkpoint of {training.store}")
            raise ValueError(f"--{kind} would overwrite {what}; name another file.")
        if kind != "json" and not path.lower().endswith(_FIGURES):
            raise ValueError(f"--{kind} must end in {', '.join(_FIGURES)}; got {path!r}.")
        if not os.path.exists(path) or os.path.isfile(path):
            taken[where] = f"the output of --{kind}"
    if "forgetting" in files and not training.forgets:
        raise ValueError(
            "--forgetting must have losses that go on from the supervised network: give "
            "--warm-start, and name one of them besides pinv, mc and supervised."
        )
    return files


def _inputs(spec: str, training: Training) -> dict[str, str]:
    """Files that are read, each under its real path."""
    given = (*training.operators, training.action, training.signals, training.test_signals)
    # Paths may hold the signs that join actions, so both readings are guarded.
    pieces = [
        piece
        for text in filter(None, given)
        for cuts in ("[:,=]", "[:,=+*]")
        for piece in (text, *re.split(cuts, text))
    ]
    taken = {os.path.realpath(piece): piece for piece in pieces if os.path.isfile(piece)}
    return {**taken, os.path.realpath(spec): spec}


def _in_store(where: str, store: str | None) -> bool:
    """Whether a real path is the store, or may be that of a checkpoint in it."""
    if store is None:
        return False
    inside = os.path.realpath(store)
    return where == inside or (os.path.dirname(where) == inside and where.endswith(".pt"))


def _possible(store: str | None) -> None:
    """Refuse, before the work, a store that could take no checkpoint after it."""
    if store is None:
        return
    place = os.path.realpath(store)
    while not os.path.exists(place):
        place = os.path.dirname(place)
    if not os.path.isdir(place):
        raise ValueError(f"`store` must be a directory; {place} is none.")
    if not os.access(place, os.W_OK | os.X_OK):
        raise ValueError(f"`store` must be a directory to write to; {place} is write-protected.")


def _drawn(found: Comparison, kind: str, path: str) -> bytes:
    axes: Any = found.plot()[0] if kind == "figure" else found.plot_forgetting()
    suffix = path.rpartition(".")[2].lower()
    buffer = BytesIO()
    axes.get_figure(root=True).savefig(
        buffer, format=suffix, dpi=150, metadata=_UNDATED.get(suffix, {})
    )
    return buffer.getvalue()


def _dumped(found: Comparison) -> str:
    return json.dumps(found.to_dict(), indent=1, ensure_ascii=False, allow_nan=False)
