"""Cost of a rank against the size of the image, for us and for peers, each until it stops.

Peers work in a process of their own, so that what takes too long can be ended.
"""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from peers import KINDS, PEERS, Task
from timing import seconds

__all__ = ["SECONDS_LIMIT", "measure"]

SECONDS_LIMIT = 20.0
BYTES_LIMIT = 8e9
_ENOUGH = 2.0
_REPEATS = 7
_START = 120.0  # for imports, compilation and whatever a task needs to be ready


def measure(quick: bool, report: Callable[[str], None]) -> dict[str, Any]:
    """Curves of all peers, for both kinds of operators."""
    powers = range(3, 5) if quick else range(8, 21)
    curves: dict[str, list[dict[str, Any]]] = {}
    worker = _Worker()
    for kind in KINDS:
        found: dict[str, dict[str, Any]] = {
            name: {"name": name, "label": peer.label, "points": [], "stopped": None}
            for name, peer in PEERS.items()
        }
        # Size by size, so that drift of the machine meets all of them.
        for power in powers:
            for name, curve in found.items():
                if curve["stopped"] is None:
                    _extend(curve, Task(kind, power), worker)
                    report(f"cost: {kind}, n = {2**power}, {name}")
        curves[kind] = list(found.values())
    worker.end()
    return {
        "limits": {"seconds": SECONDS_LIMIT, "bytes": BYTES_LIMIT},
        "kinds": [{"name": k, "label": v, "curves": curves[k]} for k, v in KINDS.items()],
    }


def _extend(curve: dict[str, Any], task: Task, worker: _Worker) -> None:
    """Add a point to a curve, or say why it stops."""
    needs = PEERS[curve["name"]].needs(task)
    if needs > BYTES_LIMIT:
        curve["stopped"] = {"n": task.n, "why": f"needs {needs / 1e9:.2g} GB"}
        return
    answer = worker.ask(curve["name"], task.kind, task.power)
    if isinstance(answer, str):
        curve["stopped"] = {"n": task.n, "why": answer}
    else:
        median, rank = answer
        curve["points"].append({"n": task.n, "seconds": median, "rank": rank})


class _Worker:
    """A process that times one task after the other, and is replaced when it hangs."""

    def __init__(self) -> None:
        # Not a fork, which would share the threads of BLAS in an unknown state.
        self._context = multiprocessing.get_context("spawn")
        self._begin()

    def _begin(self) -> None:
        self._pipe, theirs = self._context.Pipe()
        self._process = self._context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def ask(self, name: str, kind: str, power: int) -> tuple[float, int | None] | str:
        """Median seconds and the rank, or why there are none."""
        self._pipe.send((name, kind, power))
        try:
            if not self._pipe.poll(_START):
                return self._over("not ready in time")
            self._pipe.recv()
            if not self._pipe.poll(SECONDS_LIMIT):
                return self._over(f"over {SECONDS_LIMIT:g} s")
            self._pipe.recv()
            answer: tuple[float, int | None] | str = self._pipe.recv()
        except EOFError:
            return self._over("the process died")
        return answer

    def _over(self, why: str) -> str:
        self._process.kill()
        self.end()
        self._begin()
        return why

    def end(self) -> None:
        """Let the process go."""
        self._pipe.close()
        self._process.join()


def _serve(pipe: Connection) -> None:
    """Answer until the other end closes: when ready, after a first call, and with the median."""
    warm: set[tuple[str, str]] = set()
    while True:
        try:
            name, kind, power = pipe.recv()
        except EOFError:
            return
        if (name, kind) not in warm:
            PEERS[name].prepare(Task(kind, 3))()  # compiles
            warm.add((name, kind))
        function = PEERS[name].prepare(Task(kind, power))
        pipe.send("ready")
        try:
            start = time.perf_counter()
            rank = function()
            first = time.perf_counter() - start
            pipe.send("once")
            pipe.send((_median(function, first), rank))
        except (ArithmeticError, MemoryError, RuntimeError, ValueError) as error:
            pipe.send("failed")
            pipe.send(f"{type(error).__name__}")


def _median(function: Callable[[], Any], first: float) -> float:
    """Median of later calls, or the first one where it is long enough to tell."""
    if first > _ENOUGH:
        return first
    loops = max(1, int(0.01 / max(first, 1e-7)))
    repeats = max(2, min(_REPEATS, int(_ENOUGH / first)))
    return statistics.median(seconds(function, loops) for _ in range(repeats))
