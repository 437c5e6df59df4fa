"""A report as HTML: one page that can be mailed, and a fragment for notebooks.

Nothing is loaded from elsewhere: styles are inline, pictures are base64 PNG. Whatever a user may
have named passes through `html.escape`. The page says what the report says and no more.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from .. import evidence
from ..groups.orders import order_text
from .elements import listed, page, pairs, table, tag, tone
from .gallery import figures, witness
from .text import covered_line, number, setup_line, strength_line, witness_line

if TYPE_CHECKING:
    import numpy as np

    from ..repair import Repair
    from ..report import Report
    from ..theorems import Check

__all__ = ["fragment", "render"]

_MOST_ROWS = 40


def render(report: Report, image: np.ndarray | None = None) -> str:
    """One self-contained page: verdicts, evidence, pictures, limits, in a fixed order.

    Parameters
    ----------
    report : Report
    image : ndarray, optional
        A real signal, of any shape with n entries, to split into what measurements and symmetry
        see and what nobody sees.

    Raises
    ------
    ValueError
        If `image` does not hold n finite numbers.
    """
    sections = [
        ("Verdict", _verdicts(report)),
        ("Setup", _setup(report)),
        ("Why", _why(report)),
        ("Pictures", figures(report, image)),
        ("Witness", witness(report)),
        ("All checks", _checks(report)),
        ("Which models the bounds cover", _covered(report)),
        ("Irreps of the action", _irreps(report)),
        ("What would change the answer", _repairs(report)),
        ("Assumed", listed(report.assumptions)),
        ("Not checked", listed(report.not_checked)),
        ("Computed by", _provenance(report)),
    ]
    parts = [tag("p", "sensing_theorems: report", "soft small"), tag("h1", escape(report.headline))]
    for title, body in sections:
        key = title.lower().replace(" ", "-")
        parts.append(tag("section", f"{tag('h2', title, id=key)}\n{body}", aria_labelledby=key))
    return page(report.headline, "\n".join(parts))


def _verdicts(report: Report) -> str:
    asked = (
        (
            "Model identification: do the measurements determine the set of signals?",
            report.verdict,
            report.reason,
            report.explanation,
        ),
        (
            "Signal recovery: with the set known, does a measurement determine its signal?",
            report.recovery,
            report.recovery_reason,
            report.recovery_explanation,
        ),
    )
    cards = [
        tag(
            "div",
            tag("p", escape(question), "soft small")
            + tag("strong", escape(str(verdict)))
            + tag("p", f"{escape(text)} <code>[{escape(reason)}]</code>"),
            f"card {tone(verdict)}",
        )
        for question, verdict, reason, text in asked
    ]
    return tag("div", "\n".join(cards), "cards")


def _span(values: Sequence[int]) -> str:
    low, high = min(values), max(values)
    return str(low) if low == high else f"{low} to {high}"


def _setup(report: Report) -> str:
    problem, action = report.problem, report.problem.action
    names = list(dict.fromkeys(operator.name for operator in problem.operators))
    shown = "; ".join(names[:4]) + ("; …" if len(names) > 4 else "")
    count = len(problem.operators)
    shape = " x ".join(map(str, problem.shape_in))
    rows: list[tuple[str, object]] = [
        ("operators" if count > 1 else "operator", f"{count}: {shown}" if count > 1 else shown),
        ("measurements m", _measurements(report)),
        ("signal", f"{shape}, n = {problem.n}, over the {problem.field} numbers"),
    ]
    if action is None:
        rows.append(("symmetry", "none assumed"))
    else:
        rows.append(
            ("symmetry", f"{action.name}, |G| = {order_text(action.order)}, {action.cyclic_text}")
        )
    k = "unknown" if problem.model_dim is None else f"{problem.model_dim:g}"
    rows.append(("model dimension k", k))
    rows.append(("generic", _generic(report)))
    return pairs(rows)


def _measurements(report: Report) -> str:
    """Rows as real numbers, and what else may be meant by m."""
    problem = report.problem
    each = " each" if len(problem.operators) > 1 else ""
    text = f"{_span(problem.rows)}{each}"
    raw = [operator.shape[0] for operator in problem.operators]
    if tuple(raw) != problem.rows:
        text += f" real numbers, from {_span(raw)} complex rows"
    independent = evidence.measurements(problem)
    if independent != problem.rows:
        text += f"; the checks count those that can be independent: {_span(independent)}"
    return text


def _generic(report: Report) -> str:
    """Who says that the operators are generic."""
    if not report.claimed_generic:
        return "no, as declared" if report.problem.generic is False else "no: nobody says so"
    drawn = evidence.drawn_at_random(report.problem)
    return "yes: drawn at random" if drawn else "yes: declared so"


def _why(report: Report) -> str:
    found = report.rank
    about = f" ± {found.rank_error:.1f}" if found.rank_error else ""
    rows: list[tuple[str, object]] = [
        ("rank of the stack", f"{found.rank}{about} of {found.n}, {found.missing}{about} missing"),
        ("gap at the cut", _gap(found.gap)),
        ("tolerance", f"{found.tolerance:.2g}"),
        ("clear", "yes" if found.clear else "no: the number is not to be trusted"),
    ]
    if report.strength is not None:
        rows.append(("strength", strength_line(report)))
    if found.n_deficient and report.problem.action is not None:
        more = found.n_deficient - len(report.lost_irreps)
        names = ", ".join(report.lost_irreps) + (f", and {more} more" if more else "")
        rows.append(("irreps not fully seen", f"{found.n_deficient}: {names}"))
    return _deciding(report) + pairs(rows)


def _gap(value: float) -> str:
    return f"{value:.2g}" if math.isfinite(value) else "infinite: what was cut off is exactly zero"


def _deciding(report: Report) -> str:
    """The published checks on which the verdict on identification rests."""
    positive = tone(report.verdict) == "yes"
    kinds = ("exact", "sufficient") if positive else ("necessary",)
    rows = [
        (
            tag("code", escape(check.key)),
            escape(check.statement) + "<br>" + tag("span", escape(check.source), "soft small"),
            *(escape(number(value)) for value in (check.lhs, check.rhs, check.margin)),
        )
        for check in report.checks
        if check.status == "published" and check.target == "identification"
        if check.kind in kinds and check.holds is positive
    ]
    if tone(report.verdict) == "open" or not rows:
        return tag(
            "p", "No published statement decides; the checks below say where each one stops."
        )
    word = "holds" if positive else "fails"
    head = ("check", "statement", "left", "right", "margin")
    caption = f"What {word}; each alone decides:" if len(rows) > 1 else f"What {word}, and decides:"
    return table(head, rows, "wide", caption=caption, numbers=head[2:])


def _checks(report: Report) -> str:
    head = ("check", "statement", "left", "right", "margin", "holds", "detail")
    caption = (
        "A necessary check that fails decides against; a sufficient one that fails says nothing; "
        "an exact one speaks of A alone, without symmetry or model: no says that something is left "
        "to learn; silent: the theorem does not apply, or a number is unknown. Derived statements "
        "are ours, not published, and decide no verdict."
    )
    rows = [_check_row(check) for check in report.checks]
    return table(head, rows, "wide", caption=caption, numbers=("left", "right", "margin"))


def _check_row(check: Check) -> list[str]:
    derived = "kind derived" if check.status == "derived" else "kind"
    word, tone = {True: ("yes", "yes"), False: ("no", "no"), None: ("silent", "open")}[check.holds]
    # Only a necessary check rules something out.
    if check.holds is False and check.kind != "necessary":
        tone = "open"
    name = tag("code", escape(check.key)) + "<br>" + tag("span", escape(check.kind), "kind")
    return [
        name
        + tag("span", escape(check.status), derived)
        + tag("span", escape(check.target), "kind"),
        escape(check.statement) + "<br>" + tag("span", escape(check.source), "soft small"),
        escape(number(check.lhs)),
        escape(number(check.rhs)),
        escape(number(check.margin)),
        tag("span", word, f"pill {tone}"),
        escape(check.detail),
    ]


def _covered(report: Report) -> str:
    about = {check.key: check for check in report.checks}
    rows = [
        [
            tag("code", escape(key)),
            escape(about[key].target if key in about else ""),
            escape(about[key].status if key in about else ""),
            "none" if k is None else f"k ≤ {k}",
        ]
        for key, k in report.max_model_dim.items()
    ]
    claim = (
        "They count as generic here; the checks above say whether that stands."
        if report.claimed_generic
        else "Nobody says that of the operators given here, so that no bound covers them."
    )
    caption = (
        "For almost every operator with as many measurements: the bounds speak of operators drawn "
        f"from a law with a density. {claim}"
    )
    return table(("bound", "of", "status", "models covered"), rows, "narrow", caption=caption)


def _irreps(report: Report) -> str:
    found = report.irreps
    if found is None:
        none = report.problem.action is None
        return tag("p", "No symmetry was assumed." if none else "They are not known.")
    kinds = {1: "real", 0: "complex", -1: "quaternionic"}
    over_c = [
        (*map(str, (r.count, r.dim, r.multiplicity)), kinds[r.indicator]) for r in found.complex
    ]
    over_r = [(*map(str, (r.count, r.dim, r.multiplicity)), escape(r.algebra)) for r in found.real]
    head = ("irreps", "dimension s", "multiplicity c")
    most = f"max c = {found.max_multiplicity}, max c/s = {found.max_ratio}"
    captions = (f"Over ℂ, as in the theorems: {most}.", "Over ℝ, for comparison only.")
    return "".join(
        table((*head, last), rows[:_MOST_ROWS], "narrow", caption=caption, numbers=head)
        for last, rows, caption in zip(("type", "algebra"), (over_c, over_r), captions, strict=True)
    )


def _repairs(report: Report) -> str:
    if not report.repairs:
        return tag("p", "No change was analysed and found to help.")
    rows = [
        [
            escape(r.text) + (f"; {escape(r.note)}" if r.note else ""),
            f"{r.rank} of {report.rank.n}",
            "–" if r.condition is None else f"{r.condition:.2g}",
            tag("span", escape(str(r.verdict)), f"pill {tone(r.verdict)}")
            + f" <code>[{escape(r.reason)}]</code>{_margin(r)}",
        ]
        for r in report.repairs
    ]
    caption = (
        "Each change was made and analysed anew; the verdict is the one after it. The condition is "
        "the smallest over the largest singular value of the stack."
    )
    head = ("change", "rank", "condition", "verdict afterwards")
    return table(head, rows, "wide", caption=caption)


def _provenance(report: Report) -> str:
    rows: list[tuple[str, object]] = list(report.provenance.items())
    rows += [("method", report.rank.method), ("tolerance", f"{report.rank.tolerance:.3g}")]
    return pairs(rows)


_FRAGMENT_STYLE = """
.sensing-theorems{max-width:60rem;line-height:1.45}
.sensing-theorems .st-verdict{font-weight:700;font-size:1.1em;border-left:.35em solid;
padding:.1em .6em;margin:.2em 0 .5em}
.sensing-theorems .st-no{border-color:#c0392b}.sensing-theorems .st-yes{border-color:#1e8449}
.sensing-theorems .st-open{border-color:#b9770e}
.sensing-theorems dl{display:grid;grid-template-columns:max-content 1fr;gap:.15em 1em;margin:0}
.sensing-theorems dt{opacity:.75}.sensing-theorems dd{margin:0}
"""


def _margin(repair: Repair) -> str:
    return "" if repair.margin is None else f", bound exceeded by {number(repair.margin)}"


def _repair_line(repair: Repair) -> str:
    """What to change, the verdict after it, and on what it hangs."""
    said = f"{repair.text}: {repair.verdict} [{repair.reason}]{_margin(repair)}"
    return f"{said}; {repair.note}" if repair.note else said


def fragment(report: Report) -> str:
    """Verdict, reason and the main numbers for a notebook: small, without pictures."""
    rows = [
        ("setup", setup_line(report)),
        ("why", f"{report.explanation} [{report.reason}]"),
        ("rank", str(report.rank)),
        ("recovery", f"{report.recovery}: {report.recovery_explanation}"),
        ("k covered", covered_line(report)),
        *(("repair", _repair_line(r)) for r in report.repairs),
        ("not checked", ", ".join(report.not_checked)),
    ]
    if report.witness is not None:
        rows.insert(3, ("witness", witness_line(report)))
    said = tag("div", escape(report.headline), f"st-verdict st-{tone(report.verdict)}")
    body = f"<style>{_FRAGMENT_STYLE}</style>{said}{pairs(rows)}"
    return tag("div", body, "sensing-theorems")
