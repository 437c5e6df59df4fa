"""A report as plain text that fits one screen."""

from __future__ import annotations

import textwrap
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from ..evidence import drawn_at_random
from ..groups.orders import order_text

if TYPE_CHECKING:
    from ..report import Report

__all__ = ["number", "render", "setup_line", "strength_line", "witness_line"]

_WIDTH = 96
_INDENT = 14


def render(report: Report) -> str:
    """Sections in fixed order: setup, verdicts, evidence, witness, bounds, repairs, limits."""
    lines = [f"{report.headline}", ""]
    lines += _section("setup", setup_line(report))
    lines += _section("why", f"{report.explanation} [{report.reason}]")
    lines += _section("rank", str(report.rank))
    if report.strength is not None:
        lines += _section("strength", strength_line(report))
    if report.rank.n_deficient:
        lines += _section("lost", lost_line(report))
    if report.witness is not None:
        lines += _section("witness", witness_line(report))
    lines += _section("recovery", f"{report.recovery}: {report.recovery_explanation}")
    for check in report.checks:
        if check.status == "derived" and check.lhs is not None and check.rhs is not None:
            sides = f"{number(check.lhs)} against {number(check.rhs)}"
            lines += _section("derived", f"{check.key}: {sides}; {check.detail}")
    lines += _section("k covered", covered_line(report))
    for repair in report.repairs:
        lines += _section("repair", str(repair))
    lines += _section("assumed", "; ".join(report.assumptions))
    lines += _section("not checked", ", ".join(report.not_checked))
    lines += _section("computed by", provenance_line(report))
    return "\n".join(lines)


def _section(title: str, text: str) -> list[str]:
    body = textwrap.wrap(text, _WIDTH - _INDENT, break_on_hyphens=False) or [""]
    head = f"  {title:<{_INDENT - 2}}{body[0]}"
    return [head, *(" " * _INDENT + line for line in body[1:])]


def strength_line(report: Report) -> str:
    """How well the stack sees, in noise levels relative to the direction seen best."""
    found = report.strength
    if found is None:
        return "not computed"
    ranks = ", ".join(f"{float(k):.1%}: {v}" for k, v in found["effective_rank"].items())
    limit = found["noise_limit"]
    weakest = f"the weakest direction drowns at a noise level of {limit:.2g}; " if limit else ""
    error = found["relative_error"]
    about = f" (from a sketch, each value ± {error:.0%})" if error else ""
    return f"{weakest}dimensions above noise of {ranks}{about}"


def setup_line(report: Report) -> str:
    """Operators, action, irreps and what was declared, echoed."""
    problem = report.problem
    names = {operator.name for operator in problem.operators}
    count = len(problem.operators)
    what = next(iter(names)) if len(names) == 1 else f"{min(names)}, …"
    parts = [f"{count} operators, {what}" if count > 1 else what]
    rows = (
        problem.rows[0]
        if len(set(problem.rows)) == 1
        else f"{min(problem.rows)}–{max(problem.rows)}"
    )
    parts.append(f"m = {rows} over the {problem.field} numbers, n = {problem.n}")
    if problem.action is None:
        parts.append("no symmetry assumed")
    else:
        size = order_text(problem.action.order)
        cyclic = problem.action.cyclic_text
        parts.append(f"symmetry {problem.action.name}, |G| = {size}, {cyclic}")
        if report.irreps is not None:
            table = report.irreps
            parts.append(f"max c = {table.max_multiplicity}, max c/s = {table.max_ratio}")
    k = "k unknown" if problem.model_dim is None else f"k = {problem.model_dim:g}"
    parts.append(k)
    parts.append(_generic(report))
    return "; ".join(parts)


def _generic(report: Report) -> str:
    """Who says that the operators are generic."""
    if not report.claimed_generic:
        return "not declared generic"
    return "drawn as generic" if drawn_at_random(report.problem) else "declared generic"


def lost_line(report: Report) -> str:
    """Which irreps the stack does not see, the first few by name."""
    names = report.lost_irreps
    rest = report.rank.n_deficient - len(names)
    more = f", and {rest} more" if rest > 0 else ""
    count = report.rank.n_deficient
    irreps = "1 irrep is" if count == 1 else f"{count} irreps are"
    return f"{irreps} not seen completely: {', '.join(names)}{more}"


def witness_line(report: Report) -> str:
    """Say what the witness is and where to get it."""
    shape = "x".join(map(str, report.problem.shape_in))
    peak = float(np.abs(np.asarray(report.witness)).max())
    return (
        f"a unit signal of shape {shape} (peak {peak:.2g}) that no view measures; "
        "`report.witness` holds it"
    )


def covered_line(report: Report) -> str:
    """Return the k that each sufficient bound covers for generic operators."""
    if not report.max_model_dim:
        return "the sufficient theorems are stated for real signals"
    covered = [
        f"{key} {'none' if k is None else f'k ≤ {k}'}" for key, k in report.max_model_dim.items()
    ]
    whom = "almost every operator with as many measurements"
    aside = "" if report.generic else ", not a statement about this one"
    return f"{', '.join(covered)} (for {whom}{aside})"


def provenance_line(report: Report) -> str:
    """Versions, method, tolerance."""
    p = report.provenance
    return (
        f"sensing_theorems {p['sensing_theorems']}, numpy {p['numpy']}, scipy {p['scipy']}; "
        f"method {report.rank.method}, tolerance {report.rank.tolerance:.1e}, seed {p['seed']}"
    )


def number(value: float | Fraction | None) -> str:
    """Integers as they are, fractions with at most four digits."""
    if value is None:
        return "–"
    as_float = float(value)
    return str(int(as_float)) if as_float == int(as_float) else f"{as_float:.4g}"
