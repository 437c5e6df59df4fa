r"""The value that says what training should come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..groups.orders import order_text
from ..judgement import Verdict
from ..plain_json import as_number, as_plain
from .outcome import Outcome
from .signal_parts import SignalParts, signal_rows

__all__ = ["Prediction"]

SCHEMA_VERSION = 1
_NUMBERS = ("operator_rank", "effective_order", "pinv_psnr", "stack_psnr")


@dataclass(frozen=True, eq=False)
class Prediction:
    r"""What `predict` found; a prediction of training, no verdict on identifiability.

    Attributes
    ----------
    outcome : Outcome
    reason : str
        In one or two sentences.
    operator_rank : int or None
        Rank of A, the largest of several; ``None`` where it is unclear or takes minutes.
    stack_rank, n : int
    effective_order : int, math.inf or None
        How many of the virtual operators differ: cosets of the elements that keep null A; without
        an action, the operators whose row space lies in no other's, equal ones counted once.
        ``None`` where it is not known.
    verdict : Verdict
        Of `analyze`, on model identification.
    max_model_dim : dict of str to int or None
        See `Report.max_model_dim`.
    pinv_psnr, stack_psnr : float or None
        In dB, of :math:`A^+ A x`, and of x without its part in the null space of the stack: the
        level that perfect learning of all that is identifiable reaches. Mean errors over several
        operators. ``None`` without signals.
    energy_split : tuple of three floats, or None
        Shares of the signals' energy: seen by A, identifiable but hidden from A, seen by nobody.
    """

    outcome: Outcome
    reason: str
    operator_rank: int | None
    stack_rank: int
    n: int
    effective_order: float | None
    verdict: Verdict
    max_model_dim: Mapping[str, int | None]
    pinv_psnr: float | None = None
    stack_psnr: float | None = None
    energy_split: tuple[float, float, float] | None = None
    parts: SignalParts | None = field(default=None, repr=False)

    def __bool__(self) -> bool:
        raise TypeError("a Prediction has four answers; look at its `outcome` instead.")

    def split(self, x_true: Any, x_hat: Any, operator: Any = None) -> tuple[float, float]:
        r"""Relative squared errors of estimates: identifiable part, and what nobody sees.

        .. math:: \frac{\sum \|P (\hat x - x)\|^2}{\sum \|P x\|^2}

        with P the orthogonal projector on the part of null A that the stack sees, and on the null
        space of the stack. 0 is perfect and 1 as good as nothing; the second is predicted to be
        near 1 or above.

        Parameters
        ----------
        x_true, x_hat : ndarray, (N, n) or (N, *shape)
        operator : int or ndarray of int, (N,), optional
            Which of several operators measured each signal; by default errors are averaged over
            them.

        Returns
        -------
        identifiable, unseen : float
            NaN where the signals have less than :math:`10^{-20}` of their energy there.

        Raises
        ------
        ValueError
            If shapes disagree, or the prediction was read from a file, which holds no projectors.
        """
        if self.parts is None:
            raise ValueError(
                "splitting errors needs the operators, which a saved prediction does not hold; got "
                "one from a file: call `predict` again."
            )
        kind = self.parts.stack.field
        x, found = (
            signal_rows(value, self.n, kind, name)
            for value, name in ((x_true, "x_true"), (x_hat, "x_hat"))
        )
        if x.shape != found.shape:
            raise ValueError(
                f"`x_hat` must have as many signals as `x_true`, {len(x)}; got {len(found)}."
            )
        return self.parts.errors(x, found - x, operator)

    def to_dict(self) -> dict[str, Any]:
        """Everything but the projectors as plain values, for `from_dict`."""
        numbers = {name: as_plain(getattr(self, name)) for name in _NUMBERS}
        return {
            "schema_version": SCHEMA_VERSION,
            "outcome": self.outcome.value,
            "reason": self.reason,
            "verdict": self.verdict.value,
            "stack_rank": self.stack_rank,
            "n": self.n,
            **numbers,
            "max_model_dim": dict(self.max_model_dim),
            "energy_split": None if self.energy_split is None else list(self.energy_split),
        }

    @classmethod
    def from_dict(cls, content: Any) -> Prediction:
        """Take back what `to_dict` returned; the projectors that `split` needs are not in it.

        Raises
        ------
        TypeError, ValueError
            If it is anything else.
        """
        if not isinstance(content, dict):
            raise TypeError(f"a prediction must be a dict; got {type(content).__name__}.")
        if (version := content.get("schema_version")) != SCHEMA_VERSION:
            raise ValueError(f"`schema_version` must be {SCHEMA_VERSION}; got {version!r}.")
        names = {f for f in cls.__dataclass_fields__ if f != "parts"}
        if missing := sorted(names ^ (content.keys() - {"schema_version"})):
            raise ValueError(f"it must hold what a prediction has; got other {', '.join(missing)}.")
        found = {name: content[name] for name in names}
        for name in (*_NUMBERS, "stack_rank", "n"):
            if found[name] is not None or name in ("stack_rank", "n"):
                found[name] = as_number(found[name], name)
        shares = found["energy_split"]
        if shares is not None:
            first, second, third = (as_number(share, "energy_split") for share in shares)
            found["energy_split"] = (first, second, third)
        found["outcome"], found["verdict"] = Outcome(found["outcome"]), Verdict(found["verdict"])
        found["max_model_dim"] = dict(found["max_model_dim"])
        return cls(**found)

    def __str__(self) -> str:
        order = (
            ""
            if self.effective_order is None
            else (f"; effective order {order_text(self.effective_order)}")
        )
        alone = "unknown" if self.operator_rank is None else self.operator_rank
        lines = [
            f"prediction  {self.outcome} by training: {self.reason}",
            f"ranks       A {alone}, stack {self.stack_rank}, n {self.n}{order}",
            f"theorems    {self.verdict}",
        ]
        if self.pinv_psnr is not None and self.stack_psnr is not None:
            lines.append(
                f"PSNR        pseudo-inverse {self.pinv_psnr:.2f} dB, all but what nobody sees "
                f"{self.stack_psnr:.2f} dB"
            )
        if self.energy_split is not None:
            seen, between, lost = (100 * share for share in self.energy_split)
            lines.append(
                f"energy      {seen:.1f} % seen by A, {between:.1f} % identifiable, {lost:.1f} % "
                "seen by nobody"
            )
        return "\n".join(lines)
