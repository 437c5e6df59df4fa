"""Which trials go out next, and how many at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from .blocks import Block

__all__ = ["Schedule"]

# A worker that is sent less spends its time on being sent; what is under way is lost when killed.
_SHORTEST, _LONGEST = 0.05, 0.5
# Beside a first call, which compiles, later ones are as nothing.
_FIRST = 1


class Schedule:
    """Blocks in the order of the cells, cut to what a worker does in a fraction of a second.

    Outcomes do not depend on how they are cut, so that measured times may decide it.

    Parameters
    ----------
    blocks : iterable of Block
        All that is to be done.
    """

    def __init__(self, blocks: Iterable[Block]) -> None:
        self._queue = deque(block for block in blocks if block.trials > 0)
        self.left = sum(block.trials for block in self._queue)
        self._per_trial: float | None = None

    @property
    def patience(self) -> float:
        """Seconds after which a worker begins no further block."""
        return 2 * _LONGEST

    def take(self, workers: int) -> list[Block]:
        """Blocks for one worker, shorter towards the end, so that none is waited for long."""
        room, lease = self._room(workers), []
        while self._queue and room > 0:
            cell, first, count = self._queue.popleft()
            now = min(count, room)
            lease.append(Block(cell, first, now))
            if now < count:
                self._queue.appendleft(Block(cell, first + now, count - now))
            room -= now
        self.left -= sum(block.trials for block in lease)
        return lease

    def _room(self, workers: int) -> int:
        if self._per_trial is None:
            return _FIRST
        share = self.left * self._per_trial / (4 * workers)
        seconds = min(max(share, _SHORTEST), _LONGEST)
        return max(1, int(seconds / self._per_trial))

    def learn(self, trials: int, seconds: float) -> None:
        """Take note of how long trials took."""
        if trials:
            self._per_trial = max(seconds / trials, 1e-7)

    def give_back(self, blocks: Sequence[Block]) -> None:
        """Put blocks that were not done in front of the others."""
        self._queue.extendleft(reversed(blocks))
        self.left += sum(block.trials for block in blocks)
