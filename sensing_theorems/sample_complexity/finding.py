"""The answer to a search, with its proof and its reservations."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._forward import from_matrix
from ..groups.action import GroupAction
from ..models import PieceModel, SparseDictionary, Subspace
from ..problem import Problem
from ..stacked_rank import computed_rank
from .invariants import Copies, copies
from .proof import Attempt, prove
from .result import SampleComplexity
from .search import Search, TooRareError

__all__ = ["finding"]

_PROVED = 2**24

_NONE = (
    "However many signals every operator sees, the model can move in a direction (`motion`) that "
    "changes no set of measurements."
)

_UNDECIDED = (
    "Whether any number of samples suffices, and which, is open: it would take samples of "
    "operators that lose codes of their pieces or supports, from which no equations are taken."
)

_ROUNDING = (
    "Whether any number of samples suffices hangs on what is as small as rounding: in floating "
    "point no number was found."
)


def finding(
    problem: Problem,
    model: PieceModel,
    action: GroupAction | None,
    search: Search,
    rng: np.random.Generator,
) -> SampleComplexity:
    """Run a search, and say what came out."""
    parameters = search.tangents.parameters
    components = range(len(search.tangents.sizes))
    irreps = _copies(model, action)
    notes = _notes_on_irreps(irreps, parameters) + _notes_on_larger(model, action, search)
    motion = next((z for z in map(search.motion, components) if z is not None), None)
    if motion is not None:
        clear = _clear(search, irreps)
        return _none(model, search, search.counting_bound(), [_NONE, *notes], clear, motion)
    if any(map(search.undecided, components)):
        return _none(model, search, None, [_UNDECIDED, *notes], False, None)
    try:
        counts = [search.count(component) for component in components]
    except TooRareError:
        if _clear(search, irreps):
            raise
        return _none(model, search, None, [_ROUNDING], False, None)
    samples, filled = (max(column) for column in zip(*counts, strict=True))
    bound = max(search.counting_bound() or 0, _avoiding(model, action, search))
    bound = max(bound, irreps.least_samples if irreps else 0)
    attempt = _attempt(problem, model, action, search, samples, rng)
    notes = _notes_on_lost(search, samples) + _notes_on(attempt, samples) + notes
    supports, L = np.array(search.dealing.supports[:samples], np.int64), search.n_operators
    return SampleComplexity(
        samples,
        parameters,
        bound,
        tuple(len(range(g, samples, L)) for g in range(L)),
        _clear(search, irreps) and not _doubted(attempt),
        " ".join([_counted(parameters, samples, bound, filled), *notes]),
        model,
        supports.reshape(samples, search.blocks.per_signal),
        attempt.certificate,
        attempt.curve,
    )


def _none(
    model: PieceModel,
    search: Search,
    bound: int | None,
    reasons: list[str],
    clear: bool,
    motion: NDArray[Any] | None,
) -> SampleComplexity:
    supports = np.zeros((0, search.blocks.per_signal), np.int64)
    parameters = search.tangents.parameters
    text = " ".join([_has(parameters), *reasons])
    return SampleComplexity(
        None, parameters, bound, (), clear, text, model, supports, motion=motion
    )


def _clear(search: Search, irreps: Copies | None) -> bool:
    equations, tangents = search.equations, search.tangents
    # Multiplicities are integers: where they are known, they decide on the dimension.
    dimension = tangents.clear if irreps is None else irreps.parameters == tangents.parameters
    return bool(search.clear and equations.clear and equations.measured.clear and dimension)


def _copies(model: PieceModel, action: GroupAction | None) -> Copies | None:
    if action is None or not isinstance(model, Subspace) or model.offset is not None:
        return None
    return copies(model.basis, action)


def _avoiding(model: PieceModel, action: GroupAction | None, search: Search) -> int:
    """Samples without which an atom is avoided by too few, see the Notes of `samples_needed`."""
    if action is not None or not isinstance(model, SparseDictionary):
        return 0
    n, p = model.atoms.shape
    if p == model.sparsity:
        return 0
    free = search.tangents.parameters == p * (n - 1)
    return -(-p * (p - 1) // (p - model.sparsity)) if free and n > 1 else 0


def _attempt(
    problem: Problem,
    model: PieceModel,
    action: GroupAction | None,
    search: Search,
    samples: int,
    rng: np.random.Generator,
) -> Attempt:
    size = max(search.tangents.sizes)
    if action is not None or samples == 0 or size**2 > _PROVED:
        return Attempt(silent=True)
    supports, parameters = search.dealing.supports[:samples], search.tangents.parameters
    attempt = prove(search.blocks, problem.operators, model.field, supports, parameters, rng)
    # What an operator loses up to rounding, exact arithmetic takes for seen.
    silent = attempt.silent or bool(search.lost(samples))
    return attempt._replace(silent=silent)


def _doubted(attempt: Attempt) -> bool:
    return attempt.needed is None and not attempt.silent


def _has(parameters: int) -> str:
    return f"The model has {parameters} parameter{'' if parameters == 1 else 's'}."


def _counted(parameters: int, samples: int, bound: int, filled: int) -> str:
    if parameters == 0:
        return "The model has no parameters: no other model of its kind is near it."
    if samples == bound:
        return f"{_has(parameters)} With fewer samples there are too few equations."
    start = f"{_has(parameters)} Counting alone asks for {bound} samples; in this sequence of them,"
    if samples == filled:
        return f"{start} fewer than {samples} have too few equations."
    return f"{start} the equations of fewer than {samples} are too few or dependent."


def _notes_on_lost(search: Search, samples: int) -> list[str]:
    lost = np.count_nonzero(search.lost(samples))
    if not lost:
        return []
    return [
        f"Operators lose codes in {lost} of the samples, from which no equations are taken; should "
        "these tell something all the same, fewer might do."
    ]


def _notes_on(attempt: Attempt, samples: int) -> list[str]:
    if _doubted(attempt):
        found = "no rank" if attempt.curve is None else f"rank {attempt.curve[-1]} only"
        return [f"Exact arithmetic modulo a prime finds {found} with these samples."]
    if attempt.needed is not None and attempt.needed < samples:
        return [
            f"Read digit by digit, the stored entries would do with {attempt.needed} samples; what "
            "makes the difference is as small as rounding, and was taken for it."
        ]
    return []


def _notes_on_irreps(irreps: Copies | None, parameters: int) -> list[str]:
    if irreps is None or irreps.parameters == parameters:
        return []
    return [f"The irreps of the model make {irreps.parameters} parameters."]


def _notes_on_larger(model: PieceModel, action: GroupAction | None, search: Search) -> list[str]:
    """Whether larger invariant models are consistent, which the dimension of the model excludes."""
    if action is None or not isinstance(model, Subspace) or model.offset is not None:
        return []
    seen = [search.equations.rows(g, (0,))[0] for g in range(search.n_operators)]
    rows = np.concatenate(seen)
    missing = model.n - model.dim
    if len(rows):
        found = computed_rank(from_matrix(rows), action, field=model.field)
        if not found.clear:
            return []
        missing -= found.rank
    if not missing:
        return []
    return [
        f"The number presumes that the dimension of the model is known: a larger invariant one, of "
        f"{model.dim + missing} dimensions, has the same measurements and more."
    ]
