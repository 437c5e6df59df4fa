"""A Sphinx renderer that writes formulas as MathML, which browsers draw without any script.

The usual renderer loads a script from elsewhere, so that pages read offline would show bare TeX.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NoReturn

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

__all__ = ["formula", "setup"]

_log = logging.getLogger(__name__)


@cache
def formula(tex: str, display: str) -> str:
    """MathML of a formula; `display` is "inline" or "block".

    Raises
    ------
    ValueError
        If a command is not known, which would show as TeX on the page.
    """
    made = convert(tex, display=display)
    if "\\" in made:
        raise ValueError(f"a formula must be of commands that MathML has; got {tex!r}.")
    return made


def _mathml(node: nodes.Element, display: str) -> str:
    tex = " ".join(node.astext().split())
    try:
        return formula(tex, display)
    except Exception as error:
        # Its errors are of many kinds, and any of them is a formula that readers could not read.
        _log.warning("no MathML for %s: %r", tex, error, location=node)
        return f"<code>{tex}</code>"


def _inline(self: Any, node: nodes.math) -> NoReturn:
    self.body.append(_mathml(node, "inline"))
    raise nodes.SkipNode


def _block(self: Any, node: nodes.math_block) -> NoReturn:
    self.body.append(self.starttag(node, "div", CLASS="math"))
    self.body.append(_mathml(node, "block"))
    if node["number"]:
        number = get_node_equation_number(self, node)
        self.body.append(f'<span class="eqno">({number})</span>')
    self.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer under the name ``mathml``."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
