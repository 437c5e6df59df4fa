"""The site: ``python -m sphinx -W --keep-going -b html docs docs/_build/html``.

``DOCS_NOTEBOOKS=off`` leaves the notebooks as they are; else they are executed, once per change.
"""

from __future__ import annotations

import os
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx

DOCS = Path(__file__).resolve().parent
sys.path[:0] = [str(DOCS), str(DOCS.parent)]

import pages  # noqa: E402

import sensing_theorems as st  # noqa: E402

project = "sensing_theorems"
author = "The sensing_theorems developers"
copyright = author
version = release = st.__version__
language = "en"

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "myst_nb",
    "mathml",
]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
highlight_language = "text"
exclude_patterns = ["_build", "explorer", "**.ipynb_checkpoints"]
default_role = "py:obj"
html_math_renderer = "mathml"

# Types stand in the docstrings, with shapes and units; signatures are easier to read without.
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autosummary_generate = False
napoleon_google_docstring = False
# Lists of fields link every word of a type, so that the n of (m, n) would lead to `Problem.n`.
napoleon_use_param = False
napoleon_custom_sections = [("Attributes", "params_style")]
napoleon_use_rtype = False
napoleon_use_admonition_for_examples = False

myst_enable_extensions = ["dollarmath", "deflist", "colon_fence"]
myst_heading_anchors = 3
myst_update_mathjax = False
nb_execution_mode = "off" if os.environ.get("DOCS_NOTEBOOKS") == "off" else "cache"
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_merge_streams = True
nb_render_image_options = {"alt": "What the cell above draws; the text beneath says what is seen"}

html_theme = "furo"
html_title = "sensing_theorems"
html_static_path = ["_static"]
html_css_files = ["site.css"]
templates_path = ["_templates"]
html_extra_path = [name for name in ("explorer.html",) if (DOCS / name).is_file()]
html_show_sourcelink = False
html_copy_source = False
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/explorer.html",
        "sidebar/scroll-end.html",
    ]
}
html_context = {"explorer": bool(html_extra_path)}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
linkcheck_ignore = [r"http://localhost.*"]


def gather(app: Sphinx) -> None:
    """Bring the pages that lie elsewhere."""
    pages.copy_pages()
    pages.copy_notebooks()
    pages.write_help()


def lead_to_copies(app: Sphinx, docname: str, content: list[str]) -> None:
    """Rewrite links of a page that leave the site."""
    path = Path(app.env.doc2path(docname)).relative_to(DOCS.parent).as_posix()
    if path.endswith(".md") and path not in pages.COPIES.values():
        content[0] = pages.rebased(content[0], path, path)


def lead_to_html(app: Sphinx, exception: Exception | None) -> None:
    """Rewrite links of pages that were copied as they are."""
    for name in html_extra_path:
        page = Path(app.outdir) / name
        if exception is None and page.is_file():
            page.write_text(pages.for_the_site(page.read_text(encoding="utf-8")), encoding="utf-8")


# Formulas, code and its output, in which every sign is what it is.
_VERBATIM = re.compile(
    r"``.+?``|:math:`[^`]+`|\.\. math::.*?(?=\n\n\S|\n\n\Z|\Z)|>>> .*?(?=\n\s*\n|\Z)", re.DOTALL
)
_SIGNS = (
    # |G| would be the name of a substitution, and (N, *shape) the start of emphasis.
    (re.compile(r"\|"), r"\\|"),
    (re.compile(r"(?<![\w*\\])\*(?=[\w.]+\))"), r"\\*"),
    # Sources are a list where they stand: two pages may name the same one.
    (re.compile(r"(\[\w+\])_\b"), r"\1"),
    (re.compile(r"^( *)\.\. (?=\[\w+\] )", re.MULTILINE), r"\1*  "),
)


def plain_signs(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    """Let signs in a docstring be read as they stand, not as markup."""
    text, at, parts = "\n".join(lines), 0, []

    def plain(piece: str) -> str:
        for sign, written in _SIGNS:
            piece = sign.sub(written, piece)
        return piece

    for verbatim in _VERBATIM.finditer(text):
        parts += [plain(text[at : verbatim.start()]), verbatim[0]]
        at = verbatim.end()
    lines[:] = "".join([*parts, plain(text[at:])]).split("\n")


def keep_colons(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    """Let a property be described by a sentence with a colon, which is no "type: text"."""
    if what == "property":
        # An empty comment: napoleon looks for the colon in the first line only.
        lines[:0] = ["..", ""]


@cache
def _homes(names: tuple[str, ...]) -> dict[str, str | None]:
    """From a bare name to the one full name that ends with it; None if there are several."""
    found: dict[str, str | None] = {}
    for name in names:
        # The names of the package itself win over equal ones further down.
        short, top = name.rpartition(".")[2], name.count(".") == 1
        found[short] = name if top or short not in found else None
    return found


def resolve_bare(
    app: Sphinx, env: Any, node: pending_xref, contnode: nodes.Element
) -> nodes.Element | None:
    """Docstrings write `analyze`, wherever it lives: link it where only one name can be meant."""
    if node.get("refdomain") != "py":
        return None
    domain = env.domains.python_domain
    target = node["reftarget"].removeprefix("st.").removeprefix("sensing_theorems.")
    full = f"sensing_theorems.{target}"
    if full not in domain.objects:
        top = [n for n in sorted(domain.objects, key=lambda n: -n.count("."))]
        full = _homes(tuple(top)).get(target) or ""
    if full not in domain.objects:
        return None
    return domain.resolve_xref(env, node["refdoc"], app.builder, "obj", full, node, contnode)


def setup(app: Sphinx) -> None:
    """Connect all that happens while the site is built."""
    app.connect("builder-inited", gather)
    app.connect("source-read", lead_to_copies)
    app.connect("build-finished", lead_to_html)
    app.connect("autodoc-process-docstring", keep_colons, priority=400)
    app.connect("autodoc-process-docstring", plain_signs)
    app.connect("missing-reference", resolve_bare)
