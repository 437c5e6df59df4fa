"""The report: verdicts with everything that a reader needs to check them."""

from __future__ import annotations

import json
import math
import platform
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
import scipy

from . import evidence
from .check import Check, Number
from .design.seams import SEAM, owed_to_pixels
from .groups.irreps import Irreps
from .groups.orders import order_text
from .judgement import Verdict, identification, recovery, run_checks
from .model_dims import max_model_dims
from .problem import Problem
from .rank_result import RankResult
from .render import html, text
from .repairs import Repair, suggest

__all__ = ["SCHEMA_VERSION", "Report", "Verdict", "analyze"]

SCHEMA_VERSION = 1
_NAMED_IRREPS = 4
_LISTED_WITNESS = 4096
_NOISE = (0.001, 0.01, 0.1)
_SPECTRUM_ENTRIES = 2**17
_SPECTRUM_WORK = 1e9
# Readers of JSON may hold numbers in double precision.
_JSON_INTEGER = 2**53

_NOT_CHECKED = (
    "noise",
    "symmetries that hold only approximately",
    "the number of samples",
    "whether a network trained on such data finds the model",
)


@dataclass(frozen=True, eq=False)
class Report:
    """What `analyze` found.

    Attributes
    ----------
    problem : Problem
        The question, as it was asked.
    verdict, reason, explanation : Verdict, str, str
        On model identification: is the set of signals determined by the measurements?
    recovery, recovery_reason, recovery_explanation : Verdict, str, str
        On signal recovery: with the set known, is each signal determined by its measurement?
    checks : tuple of Check
        One per theorem, in the papers' order.
    rank : RankResult
        Of the stack, with singular values and the invisible signals.
    irreps : Irreps or None
        Of the action, where known.
    max_model_dim : dict of str to int or None
        Largest k that each sufficient bound covers for generic operators of this size.
    repairs : tuple of Repair
        Changes that were analysed and found to help.
    assumptions, not_checked : tuple of str
        In plain words.
    """

    problem: Problem
    verdict: Verdict
    reason: str
    explanation: str
    recovery: Verdict
    recovery_reason: str
    recovery_explanation: str
    checks: tuple[Check, ...]
    rank: RankResult
    irreps: Irreps | None
    max_model_dim: dict[str, int | None]
    repairs: tuple[Repair, ...]
    assumptions: tuple[str, ...]
    not_checked: tuple[str, ...] = _NOT_CHECKED
    provenance: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def witness(self) -> np.ndarray | None:
        """Unit signal, shape (n,), that no (virtual) operator sees; ``None`` if there is none."""
        # Too few rows leave a null space that is certain, whatever the spectrum looks like.
        certain = self.rank.clear or self.reason == "too_few_measurements"
        return self.rank.witness() if certain else None

    @property
    def claimed_generic(self) -> bool:
        """Whether somebody said that the operators are generic."""
        return evidence.claimed_generic(self.problem)

    @property
    def generic(self) -> bool:
        """Whether theorems on almost every operator were applied: claimed, and not refuted."""
        return evidence.is_generic(self.problem)

    @cached_property
    def lost_irreps(self) -> list[str]:
        """Names of the first few irreps that are not seen completely."""
        named = (
            f"{family.label(int(i))} ({family.multiplicity - int(missing[i])} of "
            f"{family.multiplicity})"
            for family, missing in self.rank.lost
            for i in np.flatnonzero(missing)
        )
        return list(islice(named, _NAMED_IRREPS))

    @cached_property
    def strength(self) -> dict[str, Any] | None:
        """How well the stack sees: noise limit and effective ranks; ``None`` if dear or unclear.

        Levels are standard deviations of the noise over what the best seen unit signal gives.
        """
        if not self.rank.clear or not _spectrum_is_cheap(self.problem, self.rank):
            return None
        found = self.rank.spectrum
        if found is None or found.largest == 0.0:
            return None
        return {
            "noise_limit": found.noise_limit,
            "effective_rank": {str(level): found.effective_rank(level) for level in _NOISE},
            "relative_error": found.relative_error,
        }

    @property
    def headline(self) -> str:
        """Verdict in words that cannot be taken for more than they say."""
        if self.verdict is Verdict.IDENTIFIABLE and self.reason == "generic_bound_met":
            return f"{self.verdict} from measurements alone (almost every operator of this size)"
        if self.verdict is Verdict.UNDECIDED:
            missing = {
                "structured_operator": "no theorem covers this operator",
                "numerically_unclear": "numerically unclear",
                "model_dim_unknown": "the dimension of the model is unknown",
                "between_bounds": "between the necessary and the sufficient bound",
                "complex_signals": "the sufficient theorems are stated for real signals",
                "action_not_cyclic": "the theorem asks for a cyclic group",
            }[self.reason]
            return f"{self.verdict}: {missing}"
        return f"{self.verdict} from measurements alone"

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values that JSON can hold; non-finite numbers become ``None``."""
        problem, found, proof = self.problem, self.rank, self.rank.certificate
        return {
            "schema_version": SCHEMA_VERSION,
            "verdict": self.verdict.value,
            "reason": self.reason,
            "explanation": self.explanation,
            "recovery": self.recovery.value,
            "recovery_reason": self.recovery_reason,
            "recovery_explanation": self.recovery_explanation,
            "setup": {
                "operators": [operator.name for operator in problem.operators],
                "rows": list(problem.rows),
                "n": problem.n,
                "shape": list(problem.shape_in),
                "field": problem.field,
                "action": None if problem.action is None else problem.action.name,
                "order": problem.order if problem.order < _JSON_INTEGER else None,
                "order_text": order_text(problem.order),
                "cyclic": None if problem.action is None else problem.action.is_cyclic,
                "model_dim": problem.model_dim,
                "declared_generic": self.claimed_generic,
            },
            "irreps": None if self.irreps is None else irreps_dict(self.irreps),
            "rank": {
                "rank": found.rank,
                "n": found.n,
                "m": found.m,
                "full": found.full,
                "rank_error": found.rank_error,
                "clear": found.clear,
                "note": found.note,
                "proved": None if proof is None else [proof.lower, proof.upper],
                "gap": _finite(found.gap),
                "tolerance": _finite(found.tolerance),
                "method": found.method,
                "field": found.field,
                "n_deficient": found.n_deficient,
                "deficient": self.lost_irreps,
            },
            "strength": self.strength,
            "witness": _listed(self.witness) if found.n <= _LISTED_WITNESS else None,
            "checks": [_check_dict(check) for check in self.checks],
            "max_model_dim": dict(self.max_model_dim),
            "repairs": [_repair_dict(repair) for repair in self.repairs],
            "assumptions": list(self.assumptions),
            "not_checked": list(self.not_checked),
            "provenance": dict(self.provenance),
        }

    def to_json(self) -> str:
        """Return `to_dict` as JSON text."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False)

    def to_html(self, image: np.ndarray | None = None) -> str:
        """One self-contained page with pictures.

        Parameters
        ----------
        image : ndarray, optional
            A real signal to split into what is seen and what nobody sees.
        """
        return html.render(self, image)

    def _repr_html_(self) -> str:
        return html.fragment(self)

    def __str__(self) -> str:
        return text.render(self)


def _spectrum_is_cheap(problem: Problem, found: RankResult) -> bool:
    """Whether singular values take no longer than the rank did, or about a second."""
    if found.method in ("dense", "gram"):
        return problem.n <= _LISTED_WITNESS
    table = evidence.irreps(problem) if problem.action is not None else None
    widest = problem.n if table is None else table.max_multiplicity
    if found.method == "sketch":
        return widest * problem.n <= _SPECTRUM_ENTRIES
    return found.method == "blocks" and widest**2 * min(problem.n, 4 * widest) <= _SPECTRUM_WORK


def irreps_dict(table: Irreps) -> dict[str, Any]:
    """Both tables of an action as plain values."""
    return {
        "complex": [list(row) for row in table.complex],
        "real": [list(row) for row in table.real],
        "max_multiplicity": table.max_multiplicity,
        "max_ratio": float(table.max_ratio),
        "commutant_dim": table.commutant_dim,
    }


def _check_dict(check: Check) -> dict[str, Any]:
    plain = asdict(check)
    for side in ("lhs", "rhs", "margin"):
        value = plain[side]
        if value is not None:
            plain[side] = _plain(value)
    return plain


def _plain(value: Number) -> float:
    return int(value) if value == int(value) else float(value)


def _repair_dict(repair: Repair) -> dict[str, Any]:
    missing, left = repair.deficit
    return {
        "kind": repair.kind,
        "text": repair.text,
        "rank": repair.rank,
        "verdict": repair.verdict.value,
        "reason": repair.reason,
        "missing_before": missing,
        "missing_after": left,
        "extra": repair.extra,
        "margin": None if repair.margin is None else _plain(repair.margin),
        "condition": repair.condition,
        "note": repair.note,
    }


def _listed(witness: np.ndarray | None) -> dict[str, list[float]] | list[float] | None:
    if witness is None:
        return None
    if np.iscomplexobj(witness):
        return {"real": witness.real.tolist(), "imag": witness.imag.tolist()}
    return witness.tolist()


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def analyze(problem: Problem) -> Report:
    r"""Decide what is decidable for these operators, and say which theorem covers the rest.

    Model identification and signal recovery are answered separately. NOT_IDENTIFIABLE rests on the
    rank of the stack for the given operators, with a witness. IDENTIFIABLE rests on an injective
    operator, or on a published sufficient bound for operators that are generic. Everything else is
    UNDECIDED, with what is missing.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    Report

    Examples
    --------
    >>> import sensing_theorems as st
    >>> A = st.operators.gaussian(10, 64, rng=0)
    >>> report = st.analyze(st.Problem(A, st.groups.shifts(64), model_dim=3))
    >>> report.verdict, report.reason
    (<Verdict.IDENTIFIABLE: 'identifiable'>, 'generic_bound_met')
    """
    if not isinstance(problem, Problem):
        raise TypeError(f"`problem` must be a Problem; got {type(problem).__name__}.")
    checks = run_checks(problem)
    model, signal = identification(problem, checks), recovery(problem, checks)
    certain = model.verdict is Verdict.IDENTIFIABLE
    return Report(
        problem=problem,
        verdict=model.verdict,
        reason=model.reason,
        explanation=model.explanation,
        recovery=signal.verdict,
        recovery_reason=signal.reason,
        recovery_explanation=signal.explanation,
        checks=tuple(checks.values()),
        rank=evidence.stack(problem),
        irreps=evidence.irreps(problem),
        max_model_dim=max_model_dims(problem),
        repairs=() if certain else suggest(problem),
        assumptions=_assumptions(problem),
        provenance=_provenance(),
    )


def _assumptions(problem: Problem) -> tuple[str, ...]:
    said = ["the measurement sets are known exactly: no noise, samples without end"]
    if problem.action is not None and problem.action.order > 1:
        said.append(f"the set of signals is unchanged by every element of {problem.action.name}")
    if problem.model_dim is not None:
        said.append(f"the set of signals has box-counting dimension {problem.model_dim:g}")
    if evidence.is_generic(problem):
        drawn = all(A.generic is True for A in problem.operators)
        claim = "" if drawn else ", as was declared"
        said.append(f"the operators were drawn independently from a law with a density{claim}")
    if evidence.stack(problem).full and owed_to_pixels(problem):
        said.append(SEAM)
    return tuple(said)


def _provenance() -> dict[str, Any]:
    from . import __version__

    return {
        "sensing_theorems": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "seed": 0,
    }
