"""Search for the number of samples, by the rank of their equations as they come."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .equations import Dealing, Equations
from .row_span import RowSpan
from .tangents import SUPPORTS, supports_with

__all__ = ["Count", "Search", "TooRareError"]

_BATCH = 1024
_PATIENCE = 100
_Supports = Callable[[int], Iterable[tuple[int, ...]]]


class TooRareError(ArithmeticError):
    """Samples that should be enough in the end were not, for as long as they were dealt."""


class Count(NamedTuple):
    """Samples that determine a component; the first ones with equations as many as parameters."""

    samples: int
    bound: int


class Search:
    """Samples, dealt one by one, until the motions of a model are excluded.

    Parameters
    ----------
    equations : Equations
    rng : numpy.random.Generator

    Attributes
    ----------
    clear : bool
        Whether all ranks so far were clear.
    """

    def __init__(self, equations: Equations, rng: np.random.Generator) -> None:
        self.equations, self.rng, self.clear = equations, rng, True
        self.blocks, self.tangents = equations.blocks, equations.tangents
        self.n_operators = len(equations.measured.rows)
        orbits, per_signal = self.tangents.orbits, self.blocks.per_signal
        self.dealing = Dealing(self.n_operators, orbits, per_signal, rng)
        self._dealt: list[list[int]] = [[] for _ in self.tangents.sizes]
        self._lost = False

    def motion(self, component: int) -> NDArray[Any] | None:
        """Motion of all columns (N, q) that no sample whatever excludes; ``None`` if there is none.

        With k generic codes per operator and support there is nothing more to come: the equations
        are then those of the whole blocks.
        """
        # What an operator sees beside one block alone is the most that it may tell of it.
        most = self._loose(component, self._alone)
        if most is not None or self.blocks.per_signal == 1:
            return most
        found = self._loose(component, self._together)
        # Of many supports some were drawn, and others might tell more.
        count = math.comb(len(self.blocks) - 1, self.blocks.per_signal - 1)
        self.clear &= found is None or count <= SUPPORTS
        return found

    def undecided(self, component: int) -> bool:
        """Whether only samples that lose codes exclude what is left, where `motion` finds none."""
        supports = self._alone if self.blocks.per_signal == 1 else self._together
        return self._lost and self._loose(component, supports, kept=True) is not None

    def _alone(self, block: int) -> Iterable[tuple[int, ...]]:
        return ((block,),)

    def _together(self, block: int) -> Iterable[tuple[int, ...]]:
        return supports_with(block, len(self.blocks), self.blocks.per_signal, self.rng)

    def _loose(
        self, component: int, supports: _Supports, *, kept: bool = False
    ) -> NDArray[Any] | None:
        members, relative = self.tangents.members(component), self.equations.relative
        symmetric = self.tangents.blocks[members[0]].turn is not None
        joint = RowSpan(self.tangents.sizes[component], relative)
        for b in (b for b in members if self.blocks.bases[b].size):
            # Without symmetry the columns of a block move by themselves, and all alike.
            width = self.tangents.blocks[b].complement.shape[1]
            span = joint if symmetric else RowSpan(width, relative)
            for support, g in itertools.product(supports(b), range(self.n_operators)):
                if not span.missing:
                    break
                rows, lost = self.equations.rows(g, support)
                self._lost |= lost and len(rows) > 0
                span.add(self._whole(rows[:0] if kept and lost else rows, b, symmetric))
            self.clear &= span.clear
            if span.missing and not symmetric:
                return self._shown(component, b, span.null[:, -1], symmetric)
        if symmetric and joint.missing:
            return self._shown(component, -1, joint.null[:, -1], symmetric)
        return None

    def _whole(self, rows: NDArray[Any], b: int, symmetric: bool) -> NDArray[Any]:
        """Equations by rows C A for all codes, for the motions of one block."""
        own = self.tangents.blocks[b]
        rows = rows @ own.complement
        if not symmetric:
            return np.asarray(rows)
        columns = self.blocks.bases[b].shape[1]
        found = np.zeros((len(rows) * columns, self.tangents.sizes[own.component]), rows.dtype)
        found[:, own.place] = own.all_equations(rows, columns)
        return found

    def _shown(
        self, component: int, block: int, null: NDArray[Any], symmetric: bool
    ) -> NDArray[Any]:
        columns = []
        for b, basis in enumerate(self.blocks.bases):
            own = self.tangents.blocks[b]
            if symmetric and own.component == component:
                columns.append(own.motion(null, basis.shape[1]))
                continue
            moved = np.zeros(basis.shape, np.result_type(null, own.complement))
            if b == block and not symmetric:
                moved[:, -1] = own.complement @ null
            columns.append(moved)
        return self.blocks.signals(columns)

    def _most(self) -> int:
        """How many samples are dealt at most."""
        widest = max(basis.shape[1] for basis in self.blocks.bases)
        fair = self.n_operators * len(self.blocks) * (1 + widest)
        return 4 * fair + _PATIENCE * (max(self.tangents.sizes) + len(self.blocks))

    def _touching(self, component: int) -> Iterator[int]:
        """Numbers of the samples that speak of a component, dealing more as long as it takes."""
        own, at = self._dealt[component], 0
        most = self._most()
        while True:
            while at < len(own):
                yield own[at]
                at += 1
            if len(self.dealing.supports) >= most:
                raise TooRareError(
                    f"some number of samples suffices, but {most} do not: what tells of the model "
                    "occurs too rarely among the pairs of operators and supports."
                )
            number = len(self.dealing.supports)
            _, support = self.dealing.deal()
            self._dealt[self.tangents.blocks[support[0]].component].append(number)

    def _sample(self, number: int) -> tuple[int, tuple[int, ...]]:
        return number % self.n_operators, self.dealing.supports[number]

    def count(self, component: int) -> Count:
        """Samples that determine a component which some number of samples does determine.

        Samples are taken in as long as they could not yet have made the rank full; so the number
        at which it is full is the smallest.
        """
        size = self.tangents.sizes[component]
        span, waiting, rows, total, bound = RowSpan(size, self.equations.relative), [], 0, 0, 0
        for number in self._touching(component) if size else ():
            found = self.equations.of_sample(*self._sample(number), component, self.rng)
            waiting.append(found)
            rows, total = rows + len(found), total + len(found)
            if total >= size and not bound:
                bound = number + 1
            if rows and (rows >= span.missing or rows >= _BATCH):
                span.add(np.concatenate(waiting))
                waiting, rows = [], 0
            if not span.missing:
                self.clear &= span.clear
                return Count(number + 1, bound)
        return Count(0, 0)

    def lost(self, samples: int) -> list[int]:
        """Rows C A of those of the first samples whose operators lose codes of their supports."""
        pairs = (self.equations.rows(*self._sample(number)) for number in range(samples))
        return [len(rows) for rows, lost in pairs if lost]

    def counting_bound(self) -> int | None:
        """Samples of the richest operators that make as many equations as there are parameters.

        Whatever the dealing, fewer make too few: a sample speaks of one component only, and has at
        most m - k equations. ``None`` where it has none of a component that moves.
        """
        total, most = 0, max(len(rows) for rows in self.equations.measured.rows)
        for component, size in enumerate(self.tangents.sizes):
            members = self.tangents.members(component) if size else []
            widths = [self.blocks.bases[b].shape[1] for b in members]
            richest = most - self.blocks.per_signal * min(widths, default=0)
            if size and richest <= 0:
                return None
            total += -(-size // richest) if size else 0
        return total
