"""The pictures of a report as HTML, every one with its caption and a text in its place.

matplotlib is loaded only when a picture is drawn, so that reports can be made without it.
"""

from __future__ import annotations

import base64
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from .elements import tag

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..report import Report
    from .pictures import Split

__all__ = ["figures", "witness"]

_NOTHING = "What nobody sees: nothing."


def figures(report: Report, image: np.ndarray | None) -> str:
    """The split of `image` where one is given, the irreps and the spectrum where they are known."""
    from . import charts, pictures

    doubt = "" if report.rank.clear else " The rank is numerically unclear, and so is this."
    found = [] if image is None else _split(pictures.split(report, image), doubt)
    if report.rank.n_deficient and (drawn := charts.irreps_seen(report)) is not None:
        text = f"What the stack sees of every irrep: rank {report.rank.rank} of {report.rank.n}."
        found.append(_figure(drawn, "Rank per irrep of the action", text + doubt))
    if (drawn := charts.spectrum(report)) is not None:
        text = "Singular values of the stack, largest first, and the tolerance that cuts them."
        found.append(_figure(drawn, "Singular values on a logarithmic axis", text))
    said = ""
    if report.problem.action is not None and report.rank.lost and not report.rank.n_deficient:
        said = tag("p", f"Every irrep of the action is seen completely.{doubt}")
    elif not found:
        said = tag("p", "Nothing to draw: neither irreps nor a spectrum are known.")
    return said + tag("div", "\n".join(found), "pictures")


def _split(parts: Split, doubt: str) -> list[str]:
    from . import pictures

    seen, lost = pictures.percent(1 - parts.share), pictures.percent(parts.share)
    flat = not pictures.is_image(parts.image)
    colours = "" if flat else f"; blue below zero, red above, full colour from {parts.reach:.3g}"
    lost_text = f"What nobody sees: {lost} of the energy{colours}." if parts.share else _NOTHING
    said = (
        ("The image", "The image."),
        (
            "The visible part of the image",
            f"What measurements and symmetry see: {seen} of the energy, on the same scale.{doubt}",
        ),
        ("The invisible part of the image", lost_text + doubt),
    )
    drawn = pictures.panels(parts)
    css = "plot" if flat else "image"
    return [_figure(figure, *texts, css) for figure, texts in zip(drawn, said, strict=True)]


def _figure(figure: Figure, alt: str, caption: str, css: str = "plot") -> str:
    from . import pictures

    coded = base64.b64encode(pictures.png(figure, 160)).decode("ascii")
    image = f'<img alt="{escape(alt)}" src="data:image/png;base64,{coded}">'
    return tag("figure", image + tag("figcaption", escape(caption)), css)


def witness(report: Report) -> str:
    """The invisible signal, and what comes out when it is measured once more."""
    found = report.witness
    if found is None:
        full = report.rank.full and report.rank.clear
        none = "None: no signal is invisible to all views."
        unclear = "None is offered, because the rank is numerically unclear."
        return tag("p", none if full else unclear)
    from . import pictures

    image = pictures.is_image(found.reshape(report.problem.shape_in))
    css, scale = ("image", ", zero in white.") if image else ("plot", ".")
    parts = pictures.witness(report)
    whole = "; the imaginary part is zero" if np.iscomplexobj(found) and len(parts) == 1 else ""
    drawn = [
        _figure(figure, f"{name} of an invisible signal", name + whole + scale, css)
        for figure in parts
        for name in [str(figure.get_label())]
    ]
    size, views = _measured(report, found)
    text = (
        f"A signal of unit norm, peak {float(np.abs(found).max()):.2g}, that no view measures. "
        "Any multiple of it can be added to any signal without a trace in the data. Measured "
        f"again through {views}: the largest norm of the data is {size:.1e}."
    )
    return tag("p", escape(text)) + tag("div", "\n".join(drawn), "pictures")


def _measured(report: Report, found: np.ndarray) -> tuple[float, str]:
    """Largest norm of the witness's data, through the identity and every generator."""
    problem = report.problem
    moved, views = [found], "all operators"
    if problem.action is not None:
        generators = problem.action.generators
        moved += [generator(found) for generator in generators]
        views = f"the identity and {len(generators)} generator{'s' * (len(generators) > 1)}"
    return max(float(np.linalg.norm(problem.joint.matvec(x))) for x in moved), views
