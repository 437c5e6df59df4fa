r"""What `identify` answers: the verdict, the spurious signal, and what was explored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..judgement import Verdict

__all__ = ["Ambiguity", "Explored", "Identification"]


@dataclass(frozen=True)
class Explored:
    """How much of the question was gone through.

    Attributes
    ----------
    method : {"rank", "search", "covering", "moments", "signs", "saturation", "polyhedra", "none"}
        The three after "moments" are those of `nonlinear`; "none" looked at nothing.
    nodes, budget : int
        Subspaces that were intersected with the pieces, and how many were allowed; 0 where one
        rank decides.
    open_fraction : float
        Share of all assignments of pieces to operators that was left open, 0 if none.
    operators : int
        (Virtual) operators that were looked at.
    """

    method: str
    nodes: int = 0
    budget: int = 0
    open_fraction: float = 0.0
    operators: int = 1


@dataclass(frozen=True, eq=False)
class Ambiguity:
    r"""What remains open of a model that is not identified.

    Attributes
    ----------
    dim : int
        Dimensions of :math:`\hat X` beyond the model: of its part that was found, if the model is
        a union.
    basis : ndarray, shape (n, d), or (d, n, n) for a Gaussian law
        Orthonormal basis of (the directions of) that part of :math:`\hat X`, the model's own
        directions included where it contains them.
    irreps : tuple of (str, int)
        Irreps of the action in which dimensions are lost, with how many copies; empty where no
        action is given or its irreps are out of reach.
    angles : ndarray
        Principal angles between that part and the model (its nearest piece), radians, increasing;
        right angles where the part has directions to spare.
    """

    dim: int
    basis: np.ndarray = field(repr=False)
    irreps: tuple[tuple[str, int], ...] = ()
    angles: np.ndarray = field(default_factory=lambda: np.zeros(0), repr=False)


@dataclass(frozen=True, eq=False)
class Identification:
    r"""Answer for one model and these operators.

    Attributes
    ----------
    verdict : Verdict
        Whether the largest set consistent with all measurements,
        :math:`\hat X = \bigcap_g (X + \operatorname{null} A_g)`, is the model. IDENTIFIABLE: no
        signal outside the model can be added to it unnoticed. NOT_IDENTIFIABLE: `spurious` can.
    reason, explanation : str
        Short code; one or two sentences. Codes: ``"whole_space"``, ``"full_rank"``,
        ``"rank_deficient"``, ``"no_constraint"`` (subspaces); ``"covering_condition"`` (generic
        ones through masks); ``"search_complete"``, ``"spurious_subspace"``, ``"budget"``,
        ``"group_not_listed"`` (unions); ``"injective_on_covariances"``, ``"support_identified"``,
        ``"moments_agree"``, ``"singular_covariance"`` (Gaussian laws); ``"numerically_unclear"``.
    spurious : ndarray or None
        Signal, shape (n,), consistent with every operator and outside the model; for a Gaussian
        law another covariance, shape (n, n), with the same second moments everywhere. ``None``
        for a `GenericSubspace`, which stands for many.
    explored : Explored
    identified_up_to : Ambiguity or None
        What is ambiguous; ``None`` if nothing is, or nothing is known.
    stability : float or None
        For a subspace and signals z, with :math:`P_g` the projection on the rows of :math:`A_g`
        and :math:`\sigma` this number:
        :math:`\sum_g \operatorname{dist}(P_g z, P_g X)^2 \ge \sigma^2 \operatorname{dist}(z, X)^2`.
        For a union: the smallest singular value (up to a factor :math:`\sqrt k`) that had to be
        non-zero for the answer. A model is learned as badly as this is small. ``None`` where no
        spectrum was computed, or the action is not orthogonal.
    recovery, recovery_reason : Verdict, str
        Whether every single operator is one-to-one on the model.
    twins : pair of ndarray or None
        Two signals of the model that one operator does not tell apart.
    smaller_sets : Verdict
        Whether proper subsets of the model are excluded as well, so that the measurements
        determine the model among all sets: IDENTIFIABLE where an operator is one-to-one on it.
        NOT_IDENTIFIABLE: a proper subset gives the same measurements.
    """

    verdict: Verdict
    reason: str
    explanation: str
    explored: Explored
    spurious: np.ndarray | None = None
    identified_up_to: Ambiguity | None = None
    stability: float | None = None
    recovery: Verdict = Verdict.UNDECIDED
    recovery_reason: str = "not_asked"
    twins: tuple[np.ndarray, np.ndarray] | None = field(default=None, repr=False)
    smaller_sets: Verdict = Verdict.UNDECIDED

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values that JSON can hold."""
        ambiguity = self.identified_up_to
        return {
            "verdict": self.verdict.value,
            "reason": self.reason,
            "explanation": self.explanation,
            "spurious": _plain(self.spurious),
            "explored": dict(vars(self.explored)),
            "identified_up_to": None
            if ambiguity is None
            else {"dim": ambiguity.dim, "irreps": [list(row) for row in ambiguity.irreps]},
            "stability": self.stability,
            "recovery": self.recovery.value,
            "recovery_reason": self.recovery_reason,
            "smaller_sets": self.smaller_sets.value,
        }

    def __str__(self) -> str:
        lines = [f"{self.verdict}: {self.explanation}"]
        ambiguity = self.identified_up_to
        if ambiguity is not None:
            lost = ", ".join(f"{label} ({count})" for label, count in ambiguity.irreps[:4])
            lines.append(f"ambiguous: {ambiguity.dim} dimensions{f', in {lost}' if lost else ''}")
        if self.stability is not None:
            lines.append(f"stability: {self.stability:.2g}")
        lines.append(f"recovery on the known model: {self.recovery} ({self.recovery_reason})")
        if self.verdict is Verdict.IDENTIFIABLE and self.smaller_sets is not Verdict.IDENTIFIABLE:
            state = "fit the measurements as well"
            if self.smaller_sets is Verdict.UNDECIDED:
                state = "are not excluded"
            lines.append(f"beware: smaller sets inside the model {state}")
        return "\n".join(lines)


def _plain(value: np.ndarray | None) -> Any:
    if value is None:
        return None
    if np.iscomplexobj(value):
        return {"real": value.real.tolist(), "imag": value.imag.tolist()}
    return value.tolist()
