"""The command line: ``sensing-theorems check``, ``irreps``, ``sweep``, ``plot``, and so on.

Only the standard library is imported here; each command imports what it needs, so that ``--help``
answers at once and a check loads no more than the check.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from typing import Any, NoReturn

from . import __version__
from ._usage import CHECK, CODES, IRREPS, PLOT, PROG, SWEEP, TRAIN

__all__ = ["main"]

METHODS = ("auto", "blocks", "sketch", "spin", "dense", "gram", "krylov", "exact")
BAD_INPUT, INTERRUPTED = 2, 130
_LONGEST = 1000
# Seconds after which a scheduler that does not answer is given up.
_PATIENCE = 10


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the name of the program; by default those of the process.

    Returns
    -------
    int
        Exit code. ``check`` answers 0, 1 or 3 for identifiable, not identifiable and undecided;
        bad usage or input is 2, with one line on standard error.
    """
    try:
        # Collected, since whatever is printed before an error would not be one line.
        with warnings.catch_warnings(record=True) as collected:
            arguments = _parser().parse_args(argv)
            code = arguments.run(arguments)
        for text in dict.fromkeys(str(warning.message) for warning in collected):
            _say(f"warning: {text}")
        return code
    except SystemExit as stop:  # --help and --version
        _silence_if_closed()
        return stop.code if isinstance(stop.code, int) else 0
    except KeyboardInterrupt as stop:
        # That of a sweep or a training says what is kept, and how to go on.
        _say(str(stop) or "interrupted.")
        return INTERRUPTED
    except Exception as error:
        if sys.flags.dev_mode:
            raise
        _say(_in_words(error))
        return BAD_INPUT


def _in_words(error: Exception) -> str:
    """What went wrong, without a traceback."""
    if isinstance(error, MemoryError):
        return f"this needs more memory than there is. {error}"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}." if error.filename else f"{error.strerror}."
    ours = isinstance(error, ValueError | TypeError | ImportError | ArithmeticError)
    # We raise ArithmeticError itself, or a kind of our own.
    theirs = isinstance(error, OverflowError | ZeroDivisionError | FloatingPointError)
    if ours and not theirs and str(error):
        return str(error)
    return f"unexpected {type(error).__name__}: {error} (`python -X dev` shows where)"


def _say(text: str) -> None:
    """One line on standard error."""
    line = " ".join(text.split())[:_LONGEST]
    with suppress(OSError, ValueError, AttributeError):
        print(f"{PROG}: {line}", file=sys.stderr, flush=True)


def _show(text: str) -> None:
    """Print on standard output, whatever its encoding, and whether or not somebody still reads."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        print(text.encode(encoding, "replace").decode(encoding), flush=True)
    except BrokenPipeError:
        _silence()
    except OSError as error:
        _silence()
        raise ValueError(f"cannot write to standard output: {error.strerror}.") from error


def _silence_if_closed() -> None:
    try:
        sys.stdout.flush()
    except (OSError, AttributeError):
        _silence()


def _silence() -> None:
    # At exit Python flushes what could not be written, and complains about it on stderr.
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Report bad usage as all other bad input, in one line."""
        raise ValueError(f"{message} (see `{self.prog} --help`)")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=PROG,
        description="Can a signal model be learned from measurements alone?",
        epilog=CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"{PROG} {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, run: Callable[..., int], about: str, epilog: str = "") -> _Parser:
        added = commands.add_parser(
            name,
            help=about,
            description=about[0].upper() + about[1:] + ".",
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        added.set_defaults(run=run)
        return added

    _add_check(command("check", _check, "decide whether a sensing setup is learnable", CHECK))
    irreps = command("irreps", _irreps, "list the multiplicities of a group action", IRREPS)
    irreps.add_argument("action", metavar="SPEC", help="such as shifts:28x28")
    irreps.add_argument("--json", metavar="FILE|-", help="write JSON to FILE, or to stdout")
    irreps.add_argument("--figure", metavar="FILE", help="draw the multiplicities: png, svg or pdf")
    _add_sweep(command("sweep", _sweep, "repeat an experiment over a grid of cells", SWEEP))
    _add_plot(command("plot", _plot, "draw the phase diagram of a sweep", PLOT))
    _add_train(
        command("train", _train, "train without ground truth, beside what theory says", TRAIN)
    )
    command("doctor", _doctor, "look at the installation; exit code 1 if the core does not work")
    return parser


def _add_check(check: argparse.ArgumentParser) -> None:
    add = check.add_argument
    add("operators", nargs="+", metavar="OPERATOR", help="forward operators, see below")
    add("--action", metavar="SPEC", help="symmetry of the signals; left out: none is assumed")
    add("--model-dim", type=_dimension, metavar="K", help="box-counting dimension of the model")
    add(
        "--generic",
        action="store_true",
        help="the operators were drawn independently from a law with a density",
    )
    add("--field", choices=("real", "complex"), default="real", help="of the signals")
    add("--method", choices=METHODS, default="auto", help="of the rank; must agree with auto")
    add("--image", metavar="FILE", help="array: how much of it is seen, and in pictures which part")
    add("--json", metavar="FILE|-", help="write JSON to FILE, or instead of the text to stdout")
    add("--html", metavar="FILE", help="write a self-contained page with pictures")
    add("--figure", metavar="FILE", help="draw how much of the image, or of every irrep, is seen")
    add("--exit-zero", action="store_true", help="exit code 0 for every verdict")
    add("--quiet", action="store_true", help="no text report on stdout")


def _add_sweep(sweep: argparse.ArgumentParser) -> None:
    add = sweep.add_argument
    add("spec", metavar="SPEC", help="TOML file, see below")
    add("--store", metavar="DIR", help="where outcomes are kept as they come in")
    add("--trials", type=_integer, metavar="N", help="per cell")
    add("--seed", type=_integer, metavar="S", help="of all random numbers")
    add("--refine", metavar="AXIS", help="enclose the transition along this axis")
    add(
        "--transition",
        metavar="AXIS",
        help="axis of the table; left out: that of --refine, or m, or else the first",
    )
    add(
        "--jobs",
        type=_integer,
        default=1,
        metavar="N",
        help="number of processes, positive, or -1 for one per core",
    )
    add("--dask", metavar="ADDRESS", help="work on the workers of this Dask scheduler")
    add("--json", metavar="FILE|-", help="write JSON to FILE, or instead of the text to stdout")
    add("--quiet", action="store_true", help="no text on stdout, and no bar")


def _add_plot(plot: argparse.ArgumentParser) -> None:
    add = plot.add_argument
    add("source", metavar="STORE", help="directory of a sweep, or its JSON file")
    add("--out", metavar="FILE", help="svg, png or pdf; left out: STORE/phase.svg, or FILE.svg")
    add("--x", metavar="AXIS", help="axis that runs to the right")
    add("--y", metavar="AXIS", help="axis that runs upwards; left out: m, or else the first")
    add("--fix", nargs="+", action="extend", metavar="NAME=VALUE", help="one value of an axis")
    add("--over", metavar="AXIS", help="one panel for each value of this axis")
    add("--transition", metavar="AXIS", help="axis of the transition and the theory; usually --y")
    add("--delta-rho", action="store_true", help="draw m and k as m/n and k/m")
    add("--no-theory", action="store_true", help="draw counts only")
    add("--title", metavar="TEXT")


def _add_train(train: argparse.ArgumentParser) -> None:
    add = train.add_argument
    add("spec", metavar="SPEC", help="TOML file, see below")
    add("--steps", type=_integer, metavar="N", help="of every training")
    add("--seed", type=_integer, metavar="S", help="of networks, batches and noise")
    add("--store", metavar="DIR", help="where checkpoints are kept; the same command goes on there")
    add("--device", metavar="NAME", help="auto, cpu, cuda, ...")
    add(
        "--warm-start",
        action=argparse.BooleanOptionalAction,
        help="go on from the supervised network with every other loss: what is forgotten?",
    )
    add("--json", metavar="FILE|-", help="write JSON to FILE, or instead of the text to stdout")
    add("--figure", metavar="FILE", help="draw the trainings and their levels: png, svg or pdf")
    add("--forgetting", metavar="FILE", help="draw what a warm start kept: png, svg or pdf")
    add("--quiet", action="store_true", help="no text on stdout, and no bar")


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be an integer; got {text!r}.") from None


def _dimension(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number; got {text!r}.") from None


def _check(arguments: argparse.Namespace) -> int:
    # A user's function may print, and stdout is for the report.
    with redirect_stdout(sys.stderr):
        from ._commands import check

        code, text = check(arguments)
    if text:
        _show(text)
    return code


def _irreps(arguments: argparse.Namespace) -> int:
    from ._commands import irreps

    _show(irreps(arguments))
    return 0


def _sweep(arguments: argparse.Namespace) -> int:
    # A task may print, and stdout is for the result.
    with redirect_stdout(sys.stderr):
        from ._sweep_commands import sweep

        text = sweep(arguments, _scheduler)
    if text:
        _show(text)
    return 0


@contextmanager
def _scheduler(address: str) -> Iterator[Any]:
    """Executor of a Dask cluster, whose own messages are kept from standard error."""
    try:
        from distributed import Client
    except ImportError as error:
        raise ImportError("--dask needs Dask: pip install 'sensing-theorems[dask]'.") from error
    before = logging.root.manager.disable
    logging.disable()
    try:
        try:
            client = Client(address, timeout=_PATIENCE)
        except (OSError, ValueError, TypeError) as error:
            raise ValueError(f"no Dask scheduler answers at {address!r}: {error}.") from error
        with client:
            yield client.get_executor()
    finally:
        logging.disable(before)


@contextmanager
def _same_style() -> Iterator[None]:
    """Whatever the user's own settings are, equal diagrams are to give equal files."""
    from matplotlib import style

    with style.context(["default", {"svg.hashsalt": PROG, "svg.fonttype": "path"}]):
        yield


def _plot(arguments: argparse.Namespace) -> int:
    from ._plot_command import plot

    with _same_style():
        _show(plot(arguments))
    return 0


def _train(arguments: argparse.Namespace) -> int:
    # Functions of the user may print, and stdout is for the result.
    with redirect_stdout(sys.stderr):
        from ._train_command import train

        text = train(arguments, _same_style)
    if text:
        _show(text)
    return 0


def _doctor(arguments: argparse.Namespace) -> int:
    from .doctor import examine

    healthy, text = examine()
    _show(text)
    return 0 if healthy else 1
